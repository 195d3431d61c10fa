# needs: openssl
seq 1 3000 >d
echo "--- digests"; for h in md5 sha1 sha256 sha512 sha3-256 blake2b512 rmd160 sm3; do openssl dgst -$h d 2>&1; done; openssl dgst -sha256 -hmac key d
echo "--- ciphers"
for c in aes-128-cbc aes-256-ctr aes-256-cbc camellia-128-cbc chacha20 des-ede3-cbc aria-128-cbc sm4-cbc; do openssl enc -$c -K 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff -iv 0102030405060708090a0b0c0d0e0f10 -in d -out e 2>/dev/null; md5sum e; openssl enc -d -$c -K 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff -iv 0102030405060708090a0b0c0d0e0f10 -in e 2>/dev/null | cmp - d; done
openssl enc -aes-256-cbc -pbkdf2 -pass pass:x -S 0102030405060708 -in d | md5sum; openssl passwd -6 -salt abc secret; openssl passwd -1 -salt abc secret; openssl base64 -in d | md5sum
echo "--- keys"
openssl genrsa -out k 1024 2>/dev/null; openssl rsa -in k -check -noout 2>&1; openssl rsa -in k -pubout -out p 2>/dev/null; openssl dgst -sha256 -sign k -out s d; openssl dgst -sha256 -verify p -signature s d; echo x >>d; openssl dgst -sha256 -verify p -signature s d 2>&1 | head -1 | cut -d: -f2-
for a in prime256v1 secp384r1 secp521r1; do openssl ecparam -name $a -genkey -noout -out k; openssl ec -in k -pubout -out p 2>/dev/null; openssl dgst -sha256 -sign k -out s d; openssl dgst -sha256 -verify p -signature s d; done
for a in ED25519 X25519 ED448; do openssl genpkey -algorithm $a -out k; openssl pkey -in k -noout -text | head -1; done; openssl prime 1000000007; openssl prime -generate -bits 64 | wc -l
echo "--- certificates"
openssl req -x509 -newkey rsa:1024 -nodes -keyout k -out c -days 1 -subj /CN=test 2>/dev/null; openssl x509 -in c -noout -subject; openssl verify -CAfile c c; openssl asn1parse -in c | head -4; openssl s_client -connect 127.0.0.1:1 2>&1 | head -1 | wc -l; openssl rand -hex 8 | wc -c; openssl list -digest-algorithms | wc -l
