#!/bin/sh
# Random Pascal programs, on every executor and by Free Pascal: output and exit status must agree.
#
#   sh tests/random.sh [FIRST [LAST]]      seeds; 1 to 100 if not given, 1 to 5000 is the long run
#
# A program that differs stays in out/random.  Without Free Pascal the executors are compared with each other.
set -u
first=${1:-1} last=${2:-100} dir=out/random
mkdir -p $dir
passed=0 failed=0 alone=0
oracle=no
command -v fpc >/dev/null && oracle=yes
[ $oracle = yes ] || echo "random: Free Pascal is not installed; the executors are compared with each other only"

# compare EXECUTOR: with what is in want, at first what Free Pascal's program or the first executor gave
compare() {
	timeout 60 out/pvm --exec=$1 --hot=0 $p.pco >$dir/got 2>$dir/err
	got=$?
	if [ -z "$want" ]; then
		want=$got
		mv $dir/got $dir/want
		return 0
	fi
	[ $got = $want ] && cmp -s $dir/want $dir/got && return 0
	echo "FAIL $p.pas on $1: status $got, not $want: $(head -1 $dir/err)"
	return 1
}

seed=$first
while [ "$seed" -le "$last" ]; do
	p=$dir/r$seed want=
	seed=$((seed + 1))
	if ! out/tests/randpas $((seed - 1)) >$p.pas; then
		failed=$((failed + 1))
		continue
	fi
	# At -O2 Free Pascal 3.2.2 now and then makes a program that crashes; at -O1 it gives what unoptimised code gives.
	if [ $oracle = no ]; then
		:
	elif fpc -v0 -O1 -Mobjfpc -o$p $p.pas >$dir/fpc.log 2>&1; then
		timeout 20 $p >$dir/want 2>/dev/null
		want=$?
	else
		echo "$p.pas: without an oracle, Free Pascal does not compile it: $(grep -m1 Error $dir/fpc.log)"
		alone=$((alone + 1))
	fi
	if out/pvm build $p.pas -o $p.pco && compare interp && compare eval && compare jit; then
		passed=$((passed + 1))
		rm -f $p.pas
	else
		failed=$((failed + 1))
	fi
	rm -f $p $p.o $p.pco
done
[ $alone = 0 ] || echo "$alone of them by the executors alone"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
