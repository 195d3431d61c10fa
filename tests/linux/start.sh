#!/bin/sh
# How processes begin, native and under pvm: registers and stack at the first instruction, ELF files of all layouts,
# scripts, and what execve says to files that cannot be run.  Ends with "N passed, N failed".
set -u
pvm=${PVM:-$PWD/out/pvm}
out=$PWD/out/tests/start
here=$PWD/tests/linux/start
passed=0 failed=0
rm -rf "$out"
mkdir -p "$out"
cd "$out" || exit 1

[ "$(uname -m)" = x86_64 ] || { echo "SKIPPED: the oracle of tests/linux is an x86-64 processor"; echo "0 passed, 0 failed"; exit 0; }

# both NAME COMMAND...: the same output and status?
both() {
	name=$1
	shift
	env -i A=1 LONG=abcdefghij "$@" >want 2>&1 </dev/null
	echo "status $?" >>want
	env -i A=1 LONG=abcdefghij timeout 60 "$pvm" "$@" >got 2>&1 </dev/null
	echo "status $?" >>got
	if cmp -s want got; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL start: $name"
		diff want got | head -6
	fi
}

# build NAME FLAGS...: with the compiler $cc; what it cannot build is said.
build() {
	$cc -O1 -w -Wl,--no-warn-rwx-segments "$@" || { echo "FAIL start: $cc does not build $*"; failed=$((failed + 1)); return 1; }
}

programs() {
	bare="-nostdlib -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -msse"
	for layout in "-static -no-pie -fno-pie" "-static-pie -fpie" "-static -no-pie -fno-pie -Wl,-z,execstack" "-static -no-pie -fno-pie -Wl,-N" \
		"-static -no-pie -fno-pie -Wl,-n" "-static -no-pie -fno-pie -Wl,-z,noseparate-code" "-static-pie -fpie -Wl,-z,max-page-size=0x200000" \
		"-static -no-pie -fno-pie -Wl,-Ttext-segment=0x10000000" "-static -no-pie -fno-pie -s"; do
		build -o stack $bare $layout "$here/stack.c" && both "stack $cc $layout" ./stack x 'y z' ''
	done
	for layout in -static -static-pie "-no-pie" "" "-static -Wl,-z,noseparate-code" "-Wl,-z,now" "-static -Wl,-z,max-page-size=65536"; do
		case $layout in -static*) ;; *) [ -n "$dynamic" ] || continue ;; esac
		build -o tls $layout "$here/tls.c" && both "tls $cc $layout" ./tls
	done
}

# Scripts of all kinds, and files that are none.
scripts() {
	printf '#!%s/stack\n' "$out" >plain
	printf '#!%s/stack  an argument with blanks \t\n' "$out" >arg
	printf '#! \t %s/stack x' "$out" >no-newline
	printf '#!%s/plain nested\n' "$out" >nest1
	for i in 2 3 4 5 6; do printf '#!%s/nest%d\n' "$out" $((i - 1)) >nest$i; done
	printf '#!%s/stack\r\n' "$out" >crlf
	printf '#!\n' >nothing
	printf '#!' >shortest
	printf '#!/nowhere/at/all\n' >nowhere
	printf '#!stack\n' >relative
	{ printf '#!%s/stack ' "$out"; head -c 400 /dev/zero | tr '\0' x; echo; } >long-arg
	{ printf '#!/'; head -c 400 /dev/zero | tr '\0' x; echo; } >long-name
	printf '#!%s/self\n' "$out" >self
	printf 'echo text\n' >text
	: >empty
	head -c 100 stack >cut
	printf '\177ELF' >magic
	cp stack forbidden
	mkdir -p dir
	chmod 755 plain arg no-newline nest? crlf nothing shortest nowhere relative long-arg long-name self text empty cut magic
	chmod 644 forbidden
}

cc=gcc dynamic=1
build -static -o exec "$here/exec.c"
programs
build -o stack -static -no-pie -fno-pie $bare "$here/stack.c"
build -o pie -static-pie -fpie $bare "$here/stack.c"
gcc -w -o dyn "$here/tls.c"
scripts
for f in plain arg no-newline nest1 nest2 nest3 nest4 nest5 nest6 crlf nothing shortest nowhere relative long-arg long-name self \
	text empty cut magic forbidden dir missing stack pie dyn dir/../stack; do
	both "execve $f" ./exec ./$f
done
for f in plain arg nest4; do
	both "script $f" ./$f x y
done
ld=$(readelf -l dyn | sed -n 's/.*interpreter: \(.*\)\]/\1/p')
both "ld.so as a program" "$ld" ./dyn
both "ld.so lists" "$ld" --version
if command -v i686-linux-gnu-gcc >/dev/null; then
	cc=i686-linux-gnu-gcc dynamic=
	programs
	both "execve of i386 programs" ./exec ./stack ./tls
	build -static -o exec32 "$here/exec.c" && both "execve by i386 programs" ./exec32 ./stack ./plain ./pie ./missing ./text
else
	echo "SKIPPED: i386 programs (gcc-i686-linux-gnu is not installed)"
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
