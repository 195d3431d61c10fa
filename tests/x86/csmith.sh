#!/bin/sh
# Random C programs by csmith, for both widths: the native run against pvm's.  csmith.sh [N [FIRST]]
# Seed k chooses the compiler's options as well; one in ten of the short ones runs by eval too.  A program that takes more
# than a second of CPU time natively says nothing and is skipped: seeds are taken until N programs of each width have been
# compared.  The last line counts the comparisons.
set -u
n=${1:-10} first=${2:-1}
pvm=${PVM:-$PWD/out/pvm}
out=${OUT:-out/tests/csmith}
mkdir -p "$out"
passed=0 failed=0 skipped=0
done64=0 done32=0

command -v csmith >/dev/null || { echo "SKIPPED: no csmith (sh tests/deps.sh test)"; echo "0 passed, 0 failed"; exit 0; }
[ "$(uname -m)" = x86_64 ] || { echo "SKIPPED: the oracle of csmith programs is an x86-64 processor"; echo "0 passed, 0 failed"; exit 0; }
include=/usr/include/csmith
[ -e $include/csmith.h ] || include=$(dirname "$(find /usr/include -name csmith.h | head -1)")

# Compiler options, one set a line; -march=haswell makes AVX2, FMA and BMI of loops.
options() {
	sed -n "$(($1 % 8 + 1))p" <<-END
	-O0
	-O1
	-O2
	-O3
	-Os
	-O2 -march=haswell
	-O3 -march=haswell
	-O3 -mavx2 -ffast-math
	END
}

# same NAME MODE: the program that has run natively, under pvm.
same() {
	timeout 60 "$pvm" --exec="$2" "$out/$1" >"$out/$1.$2" 2>&1 </dev/null
	echo "status $?" >>"$out/$1.$2"
	if cmp -s "$out/$1.want" "$out/$1.$2"; then
		passed=$((passed + 1))
		rm -f "$out/$1.$2"
	else
		failed=$((failed + 1))
		echo "FAIL $1 ($2; seed $k, $opts)"
	fi
}

# try COMPILER WIDTH
try() {
	name=$k-$2
	opts=$(options $((k + $2)))
	# shellcheck disable=SC2086
	$1 $opts -w -static -I"$include" -o "$out/$name" "$out/$k.c" || { echo "FAIL $name does not compile"; failed=$((failed + 1)); return; }
	(ulimit -t 1; exec "$out/$name") >"$out/$name.want" 2>/dev/null </dev/null
	status=$?
	if [ $status = 137 ] || [ $status = 152 ]; then # SIGKILL or SIGXCPU
		skipped=$((skipped + 1))
	else
		echo "status $status" >>"$out/$name.want"
		eval "done$2=\$((done$2 + 1))"
		before=$failed
		same "$name" jit
		if [ $((k % 10)) = 0 ] && timeout 0.02 "$out/$name" >/dev/null 2>&1 </dev/null; then
			same "$name" eval
		fi
		[ "$failed" = "$before" ] || return
	fi
	rm -f "$out/$name" "$out/$name".*
}

want32=$n
command -v i686-linux-gnu-gcc >/dev/null || want32=0
k=$first
while [ "$done64" -lt "$n" ] || [ "$done32" -lt "$want32" ]; do
	failed_before=$failed
	(cd "$out" && csmith --seed "$k" --float --max-funcs 6 -o "$k.c") # it leaves a file where it runs
	[ "$done64" -ge "$n" ] || try gcc 64
	[ "$done32" -ge "$want32" ] || try i686-linux-gnu-gcc 32
	[ "$failed" != "$failed_before" ] || rm -f "$out/$k.c"
	k=$((k + 1))
done
rm -f "$out/platform.info"
echo "csmith: seeds $first to $((k - 1)), $done64 programs of 64 bits and $done32 of 32, $skipped left out as too long"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
