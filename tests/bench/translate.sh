#!/bin/sh
# make bench, cold code: what translating x86 code costs, stage by stage, and programs that start and end at once.
# sh tests/bench/translate.sh [REPETITIONS]
set -eu
reps=${1:-15}
dir=out/bench
mkdir -p $dir
[ "$(uname -m)" = x86_64 ] || { echo "SKIPPED: cold code is measured on an x86-64 processor"; exit 0; }
busybox=$(command -v busybox) || { echo "SKIPPED: cold code (busybox-static is not installed)"; exit 0; }

echo "translating what can be reached in busybox, in the processor's time"
out/tests/translate "$busybox" "$reps"

# start PROGRAM COMMAND...: the lines of the plan.
start() {
	name=$1
	shift
	printf '%s\tnative\t/dev/null\t%s\n' "$name" "$*"
	printf '%s\tpvm\t/dev/null\tout/pvm %s\n' "$name" "$*"
	printf '%s\tpvm jit\t/dev/null\tout/pvm --exec=jit %s\n' "$name" "$*"
	! command -v qemu-x86_64 >/dev/null || printf '%s\tqemu\t/dev/null\tqemu-x86_64 %s\n' "$name" "$*"
}

printf '.globl _start\n_start:\tmov $60, %%eax\n\txor %%edi, %%edi\n\tsyscall\n' >$dir/nothing.s
gcc -nostdlib -static -o $dir/nothing $dir/nothing.s
{
	start nothing $dir/nothing
	start "busybox true" "$busybox" true
	start "bash -c :" /bin/bash -c :
	start "perl -e 1" /usr/bin/perl -e 1
	[ ! -x /usr/bin/python3 ] || start "python3 -c pass" /usr/bin/python3 -c pass
} >$dir/plan
echo
echo "starting and ending: processor time as a ratio to the native run, which is in milliseconds; medians of $reps"
out/tests/bench ratios "$reps" $dir/plan
