#!/bin/sh
# What the translator and the compiler make of known code, in instructions, against the counts that are kept here: a change
# shows what it does in its diff.  sh tests/codegen/run.sh [--write]   Ends with "N passed, N failed".
#
# x86.txt: host instructions for guest instructions and loops.  loops.txt: the innermost loops of the benchmark programs in
# Pascal, in amd64 instructions, with checks and without.
set -u
here=tests/codegen out=out/tests/codegen passed=0 failed=0
mkdir -p $out
[ "$(uname -m)" = x86_64 ] || { echo "SKIPPED: the back end that is counted is amd64's"; echo "0 passed, 0 failed"; exit 0; }

# A jump backwards with no other one between its goal and itself is an innermost loop.
loops() {
	for p in tests/bench/*.pas; do
		for checks in "" --no-checks; do
			out/pvm dump --stage=asm $checks "$p" | awk -v name="$(basename "$p" .pas)" -v checks="${checks:-checks}" '
				/^[^ ].*: [0-9]+ bytes/ { f = $1; n = 0; split("", at); last = -1; count = ""; next }
				/^ +[0-9a-f]+  / {
					at[$1] = n++
					goal = $NF
					for (i = 1; i <= NF; i++) if ($i ~ /^0x/) { goal = substr($i, 3); break }
					if ($3 ~ /^j/ && (goal in at) && at[goal] < n - 1 && at[goal] > last) {
						print name, checks, f, n - at[goal]
						last = at[goal]
					}
				}'
		done
	done
}

[ -x $out/x86 ] || { echo "$out/x86 is not built"; echo "0 passed, 1 failed"; exit 1; }
$out/x86 $here/x86.txt >$out/x86.txt
loops >$out/loops.txt
for t in x86 loops; do
	if [ "${1:-}" = --write ]; then
		cp $out/$t.txt $here/$t.txt
	elif diff $here/$t.txt $out/$t.txt; then
		passed=$((passed + 1))
	else
		echo "FAIL codegen $t: if the change is meant, sh tests/codegen/run.sh --write"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
