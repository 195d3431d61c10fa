# needs: od
# modes: jit eval
echo "--- files"
mkdir -p a/b/c; cd a; echo one >f1; echo two >f2; cp -a f1 b/; mv f2 b/c/; ln f1 hard; ln -s f1 soft; link f1 h2; unlink h2
ls -R; stat -c '%n %s %h %F %a' f1 hard soft b; readlink soft; realpath --relative-to=. b/c; test -L soft; echo $?
cp -r b d; rm -r b; rmdir d/c 2>&1; find . | sort; cd ..; rm -rf a; install -D -m 751 /dev/null i/j; stat -c %A i/j; mkfifo p; stat -c %F p
touch -d '2001-02-03 04:05:06 UTC' t; stat -c %Y t; date -u -r t; chmod u=rw,go= t; stat -c %a t; truncate -s 12345 t; stat -c %s t; du -b t
dd if=/dev/zero of=z bs=1k count=5 status=none; cksum z; sync z; shred -n 1 -u z; ls z 2>&1; mktemp -u xXXXXX | wc -c; mknod q p; ls -l q | cut -c1
echo "--- text"
seq 1 50 >n; head -3 n; tail -2 n; tac n | head -2; sed -n 7p n; nl n | head -2; wc n; sort -rn n | head -2; shuf n | sort -n | cmp - n; tail -c 5 n
printf 'b 2\na 10\nc 1\na 2\n' >s; sort s; sort -k2n s; sort -u -k1,1 s; cut -d' ' -f2 s; uniq -c s; sort s | uniq -w1 -d
printf '1 x\n2 y\n' >j1; printf '1 p\n2 q\n' >j2; join j1 j2; paste j1 j2; comm j1 j2; paste -sd+ n | head -c 20; echo
tr a-z A-Z <s; tr -d '\n' <s; tr -s ' ' <s; echo; fold -w 7 <s; fmt -w 20 <<END
This is a longer line that has to be wrapped by fmt at twenty columns.
END
expand -t4 <<END
a	b	c
END
printf 'a       b\n' | unexpand -a; pr -t -2 -l 5 n | head -3; ptx -w 30 <s | head -2; csplit -s n 10 20; wc -l xx*; split -n 3 n part; wc -c part*
column=5; numfmt --to=iec 1234567 1024; numfmt --from=si 12k; printf '%s %d %o %x %e %g\n' s -5 8 255 1234.5 0.0001; echo a:b | tr : '\n' | tsort
echo "--- digests"
seq 1 10000 >d; md5sum d; sha1sum d; sha224sum d; sha256sum d; sha384sum d; sha512sum d; b2sum d; cksum d; sum d; base64 d | md5sum; base32 d | md5sum
basenc --base16 <s; base64 -d <<END
aGVsbG8gd29ybGQK
END
sha256sum d >c; sha256sum -c c; od -A x -t x1z s | head -2; od -t d4 -N 16 d; od -t f8 -N 16 d
echo "--- numbers"
factor 2 97 360 1000000007 18446744073709551557 1237940039285380274899124357; expr 7 \* 6; expr length abc; expr substr hello 2 3; expr abc : 'a\(.\)'
seq -s, 0 0.25 1; seq -w 8 11; seq 5 -2 1; expr 10 / 0 2>&1; test 3 -gt 2; echo $?; [ -f d -a -s d ]; echo $?
echo "--- names and processes"
basename /a/b.c .c; dirname /a/b.c; pathchk abc; echo $?; pwd -P | wc -l; env -i X=1 env; printenv HOME; id -u; nproc --all >/dev/null; echo $?; uname -s
timeout 0.2 sleep 5; echo $?; nice -n 5 nice; nohup true 2>/dev/null; echo $?; true; false; echo $?; sleep 0.01; yes n | head -2; tee x y </dev/null; stdbuf -oL echo hi
date -u -d '2024-02-29 12:34:56' '+%F %T %s %j %U %a %b'; date -u -d '1 Jan 2000 + 100 days' +%F; env sh -c 'exit 7'; echo $?; echo x | xargs -I{} echo '<{}>'; tty
dircolors -b | head -1 | cut -c1-10; stty -a </dev/null 2>&1 | head -1; users | wc -l; groups | wc -l; who </dev/null | wc -l; df / | wc -l; arch | wc -l
chroot 2>&1 | head -1; kill -l 9; sort --parallel=1 -R n | wc -l; cat -A s; cat -n s | tail -1; chown --version | head -1; chgrp "$(id -g)" s; echo $?
