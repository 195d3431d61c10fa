#!/bin/sh
# make bench: pvm beside gcc and Free Pascal.  sh tests/bench/run.sh [REPETITIONS [PROGRAM...]]
set -eu
reps=${1:-5}
[ $# -gt 0 ] && shift
dir=out/bench
here=tests/bench
mkdir -p $dir
# What is there in both languages.
programs=${*:-$(cd $here && for c in *.c; do [ ! -f "${c%.c}.pas" ] || echo "${c%.c}"; done)}
awk -f $here/words.awk >$dir/words.in
: >$dir/plan
for p in $programs; do
	gcc -O2 -o $dir/$p.gcc $here/$p.c -lm
	out/pvm build $here/$p.pas -o $dir/$p.pco
	out/pvm build --no-checks $here/$p.pas -o $dir/$p.nochecks.pco
	in=/dev/null
	[ -f $dir/$p.in ] && in=$dir/$p.in
	row() { printf '%s\t%s\t%s\t%s\n' "$p" "$1" "$in" "$2" >>$dir/plan; }
	row "gcc -O2" $dir/$p.gcc
	row "jit" "out/pvm --exec=jit $dir/$p.pco"
	row "jit no checks" "out/pvm --exec=jit $dir/$p.nochecks.pco"
	row "interp" "out/pvm --exec=interp $dir/$p.pco"
	if command -v fpc >/dev/null; then
		for v in "fpc:" "fpcr:-Croi"; do
			fpc -Mobjfpc -O3 -CF64 ${v#*:} -v0 -FU$dir -o$dir/$p.${v%%:*} $here/$p.pas >/dev/null
		done
		row "fpc -O3" $dir/$p.fpc
		row "fpc -O3 -Croi" $dir/$p.fpcr
	fi
done
[ "$(uname -s)" = Linux ] && sed -n 's/^model name[^:]*: /on /p' /proc/cpuinfo | head -1
echo "processor time as a ratio to gcc -O2, which is in milliseconds; medians of $reps, +- half the spread"
out/tests/bench ratios "$reps" $dir/plan

echo
echo "starting: the clock's time of a program that says hello"
out/pvm build $here/hello.pas -o $dir/hello.pco
: >$dir/plan
p=hello in=/dev/null
row "pvm hello.pco" "out/pvm $dir/hello.pco"
row "pvm hello.pas" "out/pvm $here/hello.pas"
if command -v fpc >/dev/null; then
	fpc -O2 -v0 -FU$dir -o$dir/hello.fpc $here/hello.pas >/dev/null
	row "fpc, native" $dir/hello.fpc
fi
out/tests/bench times 41 $dir/plan

echo
awk -v n=1250 -f $here/big.awk >$dir/big.pas
lines=$(wc -l <$dir/big.pas)
echo "the front end, on a made program of $lines lines"
: >$dir/plan
p=big
row "compile to .pco" "out/pvm build $dir/big.pas -o $dir/big.pco"
row "and to machine code, run" "out/pvm --exec=jit --hot=0 $dir/big.pas"
out/tests/bench times 7 $dir/plan | tee $dir/front
awk -v lines="$lines" '/ ms/ { for (i = 2; i <= NF; i++) if ($i == "ms") t = $(i - 1); sub(/ +[0-9.]+ ms.*/, ""); printf "%s: %d lines a second\n", $0, lines / t * 1000 }' $dir/front
