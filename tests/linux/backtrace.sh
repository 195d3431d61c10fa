#!/bin/sh
# `pvm --backtrace`: programs that die, in both widths; functions and lines of each call are known.  Then `pvm info`, `dis`
# and `dump` of ELF files, damaged ones too.  Ends with "N passed, N failed".
set -u
pvm=${PVM:-$PWD/out/pvm}
out=out/tests/backtrace
src=tests/linux/start/crash.c
passed=0 failed=0
mkdir -p $out

[ "$(uname -m)" = x86_64 ] || { echo "SKIPPED: the programs of tests/linux need an x86-64 compiler"; echo "0 passed, 0 failed"; exit 0; }

# calls PROGRAM STATUS WANT ARGUMENT...: the calls that are the program's own, innermost first.
calls() {
	program=$1 status=$2 want=$3
	shift 3
	got=$(timeout 60 "$pvm" --backtrace "$program" "$@" 2>&1 >/dev/null; echo "status $?")
	is=$(echo "$got" | sed -n 's/^  #[0-9]* *0x[0-9a-f]* \([a-z_]*\)[.a-z]*+0x[0-9a-f]* (.*crash.c:\([0-9]*\)) in .*/\1:\2/p; s/^\(status .*\)/\1/p' | tr '\n' ' ')
	if [ "$is" = "$want status $status " ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL backtrace of $program $*: wanted '$want status $status', got '$is'"
		echo "$got" | head -20
	fi
}

# check NAME COMMAND...
check() {
	name=$1
	shift
	if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL $name"; fi
}

programs() {
	for flags in "-O0 -static" "-O2 -static" $2; do
		$1 -g -w -D_GNU_SOURCE $flags -o $out/crash $src || { failed=$((failed + 1)); continue; }
		calls $out/crash 139 "fault:17 compare:29 middle:37 main:53" s
		calls $out/crash 134 "fault:18 compare:29 middle:37 main:53" a
		calls $out/crash 136 "fault:19 compare:29 middle:37 main:53" f
		calls $out/crash 132 "fault:20 compare:29 middle:37 main:53" i
		calls $out/crash 139 "fault:21 compare:29 middle:37 main:53" j
		calls $out/crash 135 "fault:22 compare:29 middle:37 main:53" r
		calls $out/crash 139 "fault:17 compare:29 middle:37 on_signal:43 main:51" s handler
	done
	# Without tables, by frame pointers; qsort, which has none, is not in the way of an abort in a handler.
	$1 -w -O1 -static -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-omit-frame-pointer -fno-optimize-sibling-calls -o $out/crash $src
	n=$(timeout 60 "$pvm" --backtrace $out/crash s 2>&1 | grep -cE '#[01] .* (fault|compare)\+0x')
	if [ "$n" = 2 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL backtrace by frame pointers ($1)"; fi
}

programs gcc "-O1 -fpie -pie"
if command -v i686-linux-gnu-gcc >/dev/null; then
	programs i686-linux-gnu-gcc ""
else
	echo "SKIPPED: i386 programs (gcc-i686-linux-gnu is not installed)"
fi
# Debugging information that has been damaged: the guest dies as before.
gcc -g -w -O1 -static -o $out/crash $src
size=$(stat -c %s $out/crash)
begin=$(readelf -SW $out/crash | sed -n 's/.* \.debug_aranges *PROGBITS *[0-9a-f]* \([0-9a-f]*\) .*/\1/p')
for seed in 1 2 3 4 5 6 7 8 9 10; do
	cp $out/crash $out/broken
	awk -v s=$seed -v n=$((size - 0x$begin)) 'BEGIN { srand(s); for (i = 0; i < 300; i++) print int(rand() * n), int(rand() * 256) }' |
	while read -r at v; do
		printf "\\$(printf %o $v)" | dd of=$out/broken bs=1 seek=$((0x$begin + at)) conv=notrunc status=none
	done
	timeout 60 "$pvm" --backtrace $out/broken s >/dev/null 2>&1
	died=$?
	timeout 60 "$pvm" dis --func=middle $out/broken >/dev/null 2>&1
	status=$?
	check "damaged symbols, seed $seed" test $status -le 127 # perhaps the name is gone
	check "damaged debugging information, seed $seed" test $died = 139
done

# The listing against objdump's: the same places and bytes of instructions.
gcc -g -w -O2 -o $out/crash $src
"$pvm" dis --func=middle $out/crash | sed -n 's/^ *\([0-9a-f]*\)  \([0-9a-f]*\) .*/\1 \2/p' >$out/got
objdump -d --insn-width=15 --disassemble=middle $out/crash |
	sed -n 's/^ *\([0-9a-f]*\):\t\(\([0-9a-f][0-9a-f] \)*\) *\t.*/\1 \2/p' | sed 's/ //2g' >$out/want
check "pvm dis and objdump" cmp $out/want $out/got
check "names of what is called" test "$("$pvm" dis --func=compare $out/crash | grep -c 'call .*; fault$')" = 1
at=$(nm $out/crash | awk '$3 == "middle" { print $1 }')
check "a function by address" test "$("$pvm" dis --func=0x$at $out/crash)" = "$("$pvm" dis --func=middle $out/crash)"
for stage in ocode opt regs asm; do
	check "dump --stage=$stage" test "$("$pvm" dump --stage=$stage --func=middle $out/crash | grep -c 'unit at')" = 2
done
printf 'int f(void) { return 1; }\n' >$out/lib.c
gcc -shared -o $out/libgone.so $out/lib.c && printf 'int f(void);int main(void) { return f(); }\n' >$out/main.c &&
	gcc -o $out/needy $out/main.c -L$out -lgone -Wl,-rpath,'$ORIGIN'
"$pvm" info $out/needy >$out/got
check "info, all there" test $? = 0
rm $out/libgone.so
"$pvm" info $out/needy >$out/got
check "info, a library missing" test $?-"$(grep -c 'libgone.so  MISSING' $out/got)" = 126-1
for n in 10 60 100 700 3000 9000; do
	head -c $n $out/crash >$out/cut
	for what in info dis "dump --stage=opt"; do
		line=$("$pvm" $what $out/cut 2>&1)
		check "pvm $what of $n bytes of a program" test $? -ge 2 -a "$(echo "$line" | wc -l)" = 1
	done
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
