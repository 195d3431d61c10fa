# A tour of busybox: each line is one test, run by its shell in an empty directory.  What a line prints, and its status,
# must be the same native and under pvm.  $bb is the busybox in use.
echo hello world; printf '%d %s %x\n' 42 str 255
$bb seq 1 5 | $bb wc
$bb seq 1 100 | $bb sort -rn | $bb head -3
$bb seq 1 100 | $bb tail -2; $bb seq 5 | $bb tac
printf 'b\na\nc\na\n' | $bb sort | $bb uniq -c
printf 'a:b:c\n' | $bb cut -d: -f2; printf 'x y\n' | $bb awk '{print $2, $1, NR, length($0)}'
$bb seq 1 20 | $bb awk 'BEGIN { s = 0 } { s += $1 * $1 } END { printf "%d %.3f\n", s, sqrt(s) }'
printf 'foo bar\n' | $bb sed 's/o\+/0/g; s/\(b\)ar/\1az/'
printf 'one\ntwo\nthree\n' | $bb grep -n 't[wh]'
printf 'abc' | $bb md5sum; printf 'abc' | $bb sha1sum; printf 'abc' | $bb sha256sum; printf 'abc' | $bb sha512sum
printf 'abc' | $bb cksum; printf 'abc' | $bb sha3sum; printf 'abc' | $bb crc32
$bb seq 1 2000 >a; $bb gzip -c a | $bb gunzip -c | $bb cmp - a && echo same
$bb seq 1 2000 >a; $bb bzip2 -c a | $bb bunzip2 -c | $bb md5sum
$bb seq 1 500 >a; $bb tar cf t.tar a; $bb rm a; $bb tar xf t.tar; $bb wc -l a
$bb mkdir -p d/e; $bb touch d/e/f d/g; $bb find d | $bb sort; $bb rm -r d; $bb ls
echo x >a; $bb cp a b; $bb mv b c; $bb ln -s c l; $bb ln c h; $bb cat l; $bb readlink l; $bb ls -1; $bb stat -c '%s %h %F' c
echo text >a; $bb chmod 640 a; $bb stat -c %a a; $bb test -r a && echo readable; $bb [ 1 -lt 2 ] && echo less
$bb expr 3 + 4 \* 5; $bb basename /a/b.c .c; $bb dirname /a/b/c; $bb factor 360 97 1000000007
printf 'abc\n' | $bb tr a-c A-C; printf 'abc\n' | $bb rev; printf '1 2\n3 4\n' | $bb paste -s
printf 'hello' | $bb od -c; printf 'hello' | $bb hexdump -C; printf 'hello' | $bb xxd
printf 'hello\n' | $bb base64; printf 'aGVsbG8K' | $bb base64 -d; printf 'hi' | $bb uuencode x
printf 'a\nb\n' >x; printf 'a\nc\n' >y; $bb diff x y; $bb comm x y; echo $?
printf '1 a\n2 b\n' >x; $bb nl x; $bb fold -w 2 x; $bb expand x; $bb split -l 1 x p; $bb ls
$bb env -i A=1 B=2 $bb env | $bb sort; $bb printenv HOME; $bb true; echo $?; $bb false; echo $?
$bb seq 3 | $bb xargs -n 1 echo item; $bb yes | $bb head -2; $bb seq 3 | $bb tee f; $bb cat f
$bb date -u -d @86400 '+%Y-%m-%d %H:%M:%S'; $bb cal 2 2024 | $bb head -4; $bb sleep 0.01; echo slept
$bb dd if=/dev/zero bs=1000 count=3 2>/dev/null | $bb wc -c; $bb truncate -s 100 z; $bb stat -c %s z; $bb du -k z | $bb wc -l
for i in 1 2 3; do case $i in 2) continue;; *) echo $i;; esac; done; f() { return 7; }; f; echo $?
(exit 3); echo $?; x=$(echo sub); echo ${x#s}; echo $((1 << 40)); set -- a b; echo $# "$@"
$bb sh -c 'kill -TERM $$'; echo $?; trap 'echo trapped' USR1; kill -USR1 $$; echo after
cat <<END | $bb sort
pear
END
$bb sh -c 'echo err >&2; echo out' 2>&1 | $bb sort; exec 3>f3; echo three >&3; exec 3>&-; $bb cat f3
sleep 0.05 & wait $!; echo done $?; echo a | { read v; echo got $v; }; $bb timeout 5 $bb echo intime
$bb printf '#!%s sh\necho script $0 $1\n' $bb >s; $bb chmod 755 s; ./s arg
$bb dc -e '2 10 ^ p'; echo '2^64; 10/3' | $bb bc; $bb uname -s; $bb nproc >/dev/null; echo $?
$bb awk 'BEGIN { for (i = 0; i < 3000; i++) a[i % 7] += i; for (k = 0; k < 7; k++) print k, a[k] }'
$bb vi --help 2>&1 | $bb head -1; $bb ed --help 2>&1 | $bb head -1; printf '1p\n' | $bb ed a 2>&1; $bb which sh >/dev/null; echo $?
printf 'PK' | $bb strings -n 2; $bb cmp a b 2>&1; $bb realpath .. >/dev/null && echo ok; $bb mktemp -u /tmp/abcXXXXXX | $bb wc -c
$bb id -u; $bb whoami; $bb logname 2>/dev/null; $bb tty; $bb pwd | $bb wc -l; $bb ps 2>/dev/null | $bb wc -l >/dev/null; echo end
$bb cpio --help 2>&1 | $bb head -1; echo a >a; echo a | $bb cpio -o -H newc 2>/dev/null | $bb wc -c; $bb shuf -i 1-1; $bb tsort </dev/null; echo $?
$bb lzma --help 2>&1 | $bb head -1; $bb unexpand </dev/null; $bb sum a 2>/dev/null; echo; $bb usleep 10; $bb ttysize; $bb install -m 600 /dev/null q; $bb stat -c %a q
echo a >a; echo b >b; $bb ar -rc l.a a b 2>/dev/null; $bb ar -t l.a; $bb ar -p l.a b; $bb link a c; $bb unlink a; $bb ls; $bb rmdir none 2>&1; $bb mkfifo p; $bb stat -c %F p
printf 'a\r\nb\r\n' >d; $bb dos2unix d; $bb od -c d; $bb unix2dos d; $bb cksum d; printf 'x\n' | $bb egrep '^(x|y)$'; printf 'a.b\n' | $bb fgrep a.b; $bb getopt -o ab: -l long -- -a -b v --long rest
$bb ipcalc -bnm 192.168.5.77/20; $bb mkpasswd -m sha512 -S abcdefgh secret; $bb mkpasswd -m md5 -S abcdefgh secret; $bb hostid | $bb wc -c; $bb cryptpw 2>&1 | $bb head -1 | $bb wc -l
$bb fallocate -l 400000 img; $bb mke2fs img | $bb tail -3 | $bb wc -l; $bb truncate -s 2000000 fat; $bb mkdosfs fat; $bb dd if=img bs=1024 skip=1 count=1 2>/dev/null | $bb hexdump -s 56 -n 2; $bb shred -n 1 -z img; $bb md5sum img
$bb seq 10 >x; $bb sed 5d x >y; $bb diff -u x y | $bb sed 1,2d >d; printf -- '--- x\n+++ x\n' | $bb cat - d >p; $bb patch x p; $bb cmp x y && echo patched; $bb uuencode x n | $bb uudecode -o - | $bb cmp - x; echo $?
$bb seq 300 | $bb xz 2>&1 | $bb wc -c; $bb seq 3000 | $bb lzop -c | $bb lzop -dc | $bb md5sum; $bb seq 3000 | $bb gzip | $bb zcat | $bb md5sum; $bb seq 9 | $bb bzip2 | $bb bzcat | $bb tail -1; printf '\3757zXZ\0\0' | $bb unxz 2>&1 | $bb wc -l
$bb mkdir r; printf '#!/bin/sh\necho run $1\n' >r/one; $bb chmod 755 r/one; $bb run-parts -a arg --list r; $bb taskset 1 $bb echo tasked; $bb setsid $bb echo own session; $bb time $bb true 2>&1 | $bb wc -l; $bb nice -n 3 $bb echo niced 2>&1; $bb start-stop-daemon -S -x $bb -- echo started
echo hi >index.html; $bb httpd -f -p 127.0.0.1:18573 & h=$!; until $bb wget -q -O - http://127.0.0.1:18573/index.html 2>/dev/null; do $bb usleep 50000; done; $bb wget -q -O - http://127.0.0.1:18573/none; echo $?; { kill $h; wait $h; } 2>/dev/null; echo $?
$bb seq 30 | $bb more | $bb tail -1; $bb seq 5 | $bb less | $bb head -1; $bb sync; $bb stty 2>&1 | $bb head -1; $bb df . | $bb wc -l; $bb uptime | $bb wc -l; $bb pidof nothing-of-this-name; echo $?; echo t | $bb ts | $bb wc -w; $bb nologin 2>/dev/null; echo $?
$bb ash -c 'for f in a b; do echo $f; done | while read x; do echo "<$x>"; done; set -- $(getopts a: o -a v && echo $o $OPTARG); echo $*'; $bb chgrp "$($bb id -g)" . && echo group; $bb rpm 2>&1 | $bb wc -l; $bb dpkg-deb --help 2>&1 | $bb head -1; p=$((20000 + $$ % 20000)); $bb mkfifo hold; exec 9<>hold; $bb nc -l -p $p <hold >got & until echo over nc | $bb nc 127.0.0.1 $p 2>/dev/null; do $bb usleep 50000; done; wait; $bb cat got
