# needs: openssl
# seconds: 600
# s_server and s_client on this machine's own address; that speed gives its numbers.
p=$((21000 + $$ % 10000))
openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c -days 2 -subj /CN=localhost 2>/dev/null
try() { for i in $(seq 50); do "$@" 2>/dev/null && return; sleep 0.1; done; echo "failed: $*"; }
serve() { openssl s_server -accept 127.0.0.1:$p -cert c -key k -naccept 1 "$@" >/dev/null 2>&1 & server=$!; }
# ask TEXT OPTION...: what the server says to it, in `got`
ask() {
	text=$1
	shift
	try sh -c "(printf '$text'; sleep 1) | openssl s_client -connect 127.0.0.1:$p -CAfile c $* >got"
	wait $server
	echo $?
	p=$((p + 1))
}
for v in tls1_2 tls1_3; do
	echo "--- $v"
	serve -$v -www; ask 'GET / HTTP/1.0\r\n\r\n' -verify_return_error -servername localhost -$v
	grep -a -E '^ *(Verify return code|Protocol|New, )|Cipher is|^HTTP|^Secure Reneg' got | sed 's/ *$//' | sort -u
done
echo "--- a file"; seq 20000 >big
serve -WWW; ask 'GET /big HTTP/1.0\r\n\r\n' -quiet -verify_quiet -ign_eof; tr -d '\r' <got | sed '1,/^$/d' | md5sum
echo "--- suites"
for s in ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-CHACHA20-POLY1305 AES128-SHA256; do
	serve -tls1_2 -cipher $s -rev; ask 'stressed\n' -quiet -no_ign_eof -verify_quiet; echo "$s $(cat got)"
done
echo "--- speed"
openssl speed -seconds 1 -bytes 1024 sha256 2>/dev/null | grep -c '^sha256.*k *$'
openssl speed -seconds 1 -bytes 1024 -evp aes-128-gcm 2>/dev/null | grep -ci '^aes-128-gcm.*k *$'
openssl speed -seconds 1 rsa1024 2>/dev/null | grep -c '^rsa 1024'
openssl speed -seconds 1 ecdhx25519 2>/dev/null | grep -c 'X25519'
openssl speed -seconds 1 -multi 2 -bytes 256 md5 2>/dev/null | grep -c '^md5'
