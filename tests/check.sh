#!/bin/sh
# All tests: sh tests/check.sh.  The last line counts passed and failed; the status is 1 if any failed.
# Each part prints its failures and one line of its own, and runs even if another has failed.
set -u
make=${MAKE:-make}
log=out/check.log
passed=0 failed=0
mkdir -p out/tests
programs=$(ls tests/pascal/*.pas examples/*.pas 2>/dev/null)
errors=$(ls tests/errors/*.pas 2>/dev/null)

# Takes over the numbers that a part printed; a part without any failed as a whole.
sum() {
	set -- "$1" $(awk '
		/^[0-9]+ passed, [0-9]+ failed$/ { p += $1; f += $3; n++ }
		/^\[  PASSED  \] [0-9]+ test/ { p += $4; n++ }
		/^\[  FAILED  \] [0-9]+ test/ { f += $4; n++ }
		END { print p + 0, f + 0, n + 0 }' "$log")
	[ "$4" -gt 0 ] || { cat "$log"; set -- "$1" 0 1; }
	passed=$((passed + $2))
	failed=$((failed + $3))
	echo "$1: $2 passed, $3 failed"
}

# Runs the unit tests of one build.
units() {
	ran=0
	for t in "$1"/unit/*_test; do
		[ -x "$t" ] || continue
		ran=$((ran + 1))
		"$t" >out/unit.log 2>&1
		status=$?
		grep -E '^\[  (PASSED|FAILED)  \] [0-9]+ test' out/unit.log >>"$log"
		[ $status = 0 ] && continue
		echo "FAIL $t (status $status)"
		grep -vE '^\[( RUN|       OK|==)' out/unit.log | head -40
		# A program that died has not counted what it did not reach.
		grep -q '^\[  FAILED  \] [0-9]' out/unit.log || echo "0 passed, 1 failed" >>"$log"
	done
	[ $ran -gt 0 ] || { echo "no unit tests in $1"; echo "0 passed, 1 failed" >>"$log"; }
}

part() {
	name=$1
	shift
	: >"$log"
	"$@"
	sum "$name"
}

run_programs() { out/tests/run $programs >"$log" 2>&1; grep -v '^[0-9]* passed' "$log"; }
run_random() { sh tests/random.sh 1 100 >"$log" 2>&1; grep -v '^[0-9]* passed' "$log"; }
run_errors() { out/tests/run --modes=interp $errors >"$log" 2>&1; grep -v '^[0-9]* passed' "$log"; }
run_lint() { sh tests/lint.sh >"$log" 2>&1; grep -v '^[0-9]* passed' "$log"; }
run_linux() { { sh tests/linux/start.sh; sh tests/linux/backtrace.sh; sh tests/linux/run.sh; } >"$log" 2>&1; grep -v "^[0-9]* passed" "$log"; }
run_real() { sh tests/linux/real.sh --short >"$log" 2>&1; grep -v '^[0-9]* passed' "$log"; }
run_csmith() { sh tests/x86/csmith.sh 10 >"$log" 2>&1; grep -v '^[0-9]* passed' "$log"; }
# Every form of instruction from 200 states, sequences, and sequences in loops that become regions, in machine code; the unit
# tests do so on the evaluator.
run_x86() {
	for args in "--mode 64 --forms 200" "--mode 32 --forms 200" "--mode 64 --count 50000 --seed 2" "--mode 32 --count 50000 --seed 2" \
		"--mode 64 --rounds 40 --count 8000 --seed 31 --skip 8000" "--mode 32 --rounds 40 --count 8000 --seed 31"; do
		if out/tests/x86/fuzz --jit $args; then echo "1 passed, 0 failed"; else echo "0 passed, 1 failed"; fi
	done >"$log" 2>&1
	grep -v '^[0-9]* passed' "$log"
}
run_amd() { sh tests/x86/amd.sh >"$log" 2>&1; grep -v '^[0-9]* passed' "$log"; }
run_win32() { sh tests/win32/run.sh >"$log" 2>&1; grep -v '^[0-9]* passed' "$log"; }
run_root() { sh tests/linux/root.sh >"$log" 2>&1; grep -v '^[0-9]* passed' "$log"; }
run_robust() { sh tests/linux/robust.sh >"$log" 2>&1; grep -v '^[0-9]* passed' "$log"; }
run_trace() { sh tests/linux/trace.sh >"$log" 2>&1; grep -v '^[0-9]* passed' "$log"; }
run_docs() { sh tests/docs.sh >"$log" 2>&1; grep -v '^[0-9]* passed' "$log"; }

run_san() {
	if $make -s -j2 SAN=1 CFLAGS='-O1 -g' all unit >out/san.log 2>&1; then
		units out/san
	else
		tail -20 out/san.log
		echo "0 passed, 1 failed" >>"$log"
	fi
}

# x87 in integers against this processor's, and its transcendental functions.
run_soft_x87() {
	$make -s out/tests/x86/fuzz out/tests/x86/functions || { echo "0 passed, 1 failed" >"$log"; return; }
	good=0 bad=0
	for family in x87arith x87move x87func x87ctl; do
		for mode in 64 32; do
			if out/tests/x86/fuzz --soft-x87 --family $family --mode $mode --count 50000 >out/soft.log; then good=$((good + 1)); else bad=$((bad + 1)); cat out/soft.log; fi
		done
	done
	if out/tests/x86/functions 50000 >out/soft.log; then good=$((good + 1)); else bad=$((bad + 1)); cat out/soft.log; fi
	echo "$good passed, $bad failed" >"$log"
}

# What this processor does with random instructions, for the evaluators of the others.
record() {
	$make -s out/tests/x86/fuzz && for mode in 64 32; do
		out/tests/x86/fuzz --mode $mode --seed 5 --count 1000 --record out/tests/x86/record$mode >/dev/null || return 1
	done
}

# Programs for x86 on another architecture: random instructions, a third of the tour of busybox (each architecture
# another one; two applets take minutes there), and C
# programs.  qemu loses a variable without "=".
cross_x86() {
	triple=$1 cpu=$2 third=$3
	for mode in 64 32; do
		if "qemu-$cpu" out/$triple/tests/x86/replay out/tests/x86/record$mode >out/replay.log; then
			echo "1 passed, 0 failed" >>"$log"
		else
			head -20 out/replay.log
			echo "0 passed, 1 failed" >>"$log"
		fi
	done
	printf '#!/bin/sh\nexec qemu-%s "%s" --via=%s "$@"\n' "$cpu" "$PWD/out/$triple/pvm" "$(command -v "qemu-$cpu")" >out/$triple/run
	chmod 755 out/$triple/run
	mkdir -p "out/tests/linux-$cpu"
	ln -sfn ../linux/i386 "out/tests/linux-$cpu/i386"
	PVM=$PWD/out/$triple/run MODES=eval OUT=out/tests/linux-$cpu SHARE=$third/3 TIMES=6 DROP="^env 'odd'" LEAVE='mkpasswd\|bzip2' \
		PROGRAMS="files ids memory procs signals times" sh tests/linux/run.sh >out/cross.log 2>&1
	grep -v '^[0-9]* passed' out/cross.log
	tail -1 out/cross.log >>"$log"
}

# One architecture under qemu: modules built here run there with the same output, modules built there are the same bytes,
# and programs for x86 do what they do here.  All of it lies where no guest's program does.
run_cross() {
	triple=$1 cpu=$2 third=$3
	if ! $make -s -j2 CROSS="$triple" CFLAGS=-O1 LDFLAGS='-static -no-pie -Wl,-Ttext-segment=0x70000000' all out/$triple/tests/x86/replay >out/cross.log 2>&1; then
		tail -20 out/cross.log
		echo "0 passed, 1 failed" >"$log"
		return
	fi
	there=out/$triple/pvm
	out/tests/run --with="qemu-$cpu" --pvm="$there" --builder=out/pvm --modes=pco $programs >"$log" 2>&1
	grep -v '^[0-9]* passed' "$log"
	same=0 differ=0
	for p in $(ls examples/*.pas | head -5); do
		out/pvm build "$p" -o out/tests/here.pco && "qemu-$cpu" "$there" build "$p" -o out/tests/there.pco
		if cmp out/tests/here.pco out/tests/there.pco; then same=$((same + 1)); else differ=$((differ + 1)); fi
	done
	echo "$same passed, $differ failed" >>"$log"
	[ "$(uname -m)" != x86_64 ] || cross_x86 "$triple" "$cpu" "$third"
}

run_codegen() { sh tests/codegen/run.sh >"$log" 2>&1; grep -v '^[0-9]* passed' "$log"; }

part "unit tests" units out
part "program tests" run_programs
part "error tests" run_errors
part "random programs" run_random
part "Linux programs" run_linux
part "Linux programs below a root" run_root
part "strace" run_trace
part "Linux programs on a computer that refuses" run_robust
part "real Linux programs" run_real
part "Windows programs" run_win32
if [ "$(uname -m)" = x86_64 ]; then
	part "counts of instructions" run_codegen
	part "x86 against the processor" run_x86
else
	echo "x86 against the processor: SKIPPED, this is no x86-64"
fi
part "csmith programs" run_csmith
part "AMD's own instructions" run_amd
part "unit tests, sanitized" run_san
third=0
[ "$(uname -m)" != x86_64 ] || { part "x87 in integers" run_soft_x87; record; }
for cpu in aarch64 riscv64 s390x; do
	if command -v "$cpu-linux-gnu-gcc" >/dev/null && command -v "qemu-$cpu" >/dev/null; then
		part "$cpu" run_cross "$cpu-linux-gnu" "$cpu" $third
	else
		echo "$cpu: SKIPPED, no cross compiler or no qemu-user (sh tests/deps.sh cross)"
	fi
	third=$((third + 1))
done
part "lint" run_lint
part "documents" run_docs
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
