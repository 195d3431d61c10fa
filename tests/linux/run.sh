#!/bin/sh
# Linux programs, native and under pvm: the same output and status.  Small C programs of this folder, static, for x86-64
# and (with gcc-i686-linux-gnu) i386, by eval and by jit.  Ends with "N passed, N failed".
set -u
pvm=${PVM:-$PWD/out/pvm}
modes=${MODES:-eval jit}
out=${OUT:-out/tests/linux}
here=tests/linux
passed=0 failed=0
mkdir -p "$out"

[ "$(uname -m)" = x86_64 ] || { echo "SKIPPED: the oracle of tests/linux is an x86-64 processor"; echo "0 passed, 0 failed"; exit 0; }

# same NAME PROGRAM [ARGUMENT...]
same() {
	name=$1
	shift
	timeout 60 "$@" >"$out/$name.want" 2>"$out/$name.want2" </dev/null
	echo "status $?" >>"$out/$name.want"
	for mode in $modes; do
		timeout 60 "$pvm" --exec=$mode "$@" >"$out/$name.$mode" 2>"$out/$name.${mode}2" </dev/null
		echo "status $?" >>"$out/$name.$mode"
		if cmp -s "$out/$name.want" "$out/$name.$mode"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			echo "FAIL $name ($mode)"
			diff "$out/$name.want" "$out/$name.$mode" | head -5
			head -2 "$out/$name.${mode}2"
		fi
	done
}

programs() {
	for src in "$here"/*.c; do
		n=$(basename "$src" .c)
		$2 -O1 -w -static -o "$out/$n-$1" "$src" || { echo "FAIL $src does not compile by $2"; failed=$((failed + 1)); continue; }
		same "$n-$1" "$PWD/$out/$n-$1"
	done
}

programs amd64 gcc
if ! command -v i686-linux-gnu-gcc >/dev/null; then
	echo "SKIPPED: i386 programs (gcc-i686-linux-gnu is not installed)"
else
	programs i386 i686-linux-gnu-gcc
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
