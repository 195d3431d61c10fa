#!/bin/sh
# Single steps native, under pvm and under Debian's qemu-user, by turns, in ns; medians.
#     sh tests/bench/stage.sh [ROUNDS]
# The aims: a system call at most 200 ns over the native one, rewriting code and calling it at most 10,000 ns, and additions
# by two threads that take what they take natively, as a ratio to those by one.
set -eu
rounds=${1:-5}
dir=out/bench/stage
mkdir -p $dir
gcc -O2 -static -pthread -o $dir/stage64 tests/bench/stage.c
command -v i686-linux-gnu-gcc >/dev/null && i686-linux-gnu-gcc -O2 -static -pthread -o $dir/stage32 tests/bench/stage.c
: >$dir/log
for round in $(seq $rounds); do
	for w in 64 32; do
		[ -x $dir/stage$w ] || continue
		qemu=qemu-x86_64
		[ $w = 64 ] || qemu=qemu-i386
		for what in syscall rewrite "atomics 1" "atomics 2" "apart 1" "apart 2"; do
			for v in native pvm qemu; do
				case $v in native) run= ;; pvm) run=out/pvm ;; qemu) run=$qemu ;; esac
				echo "$(echo $what | tr ' ' -)-$w $v $($run $dir/stage$w $what)" >>$dir/log
			done
		done
	done
done
printf '%-16s%12s%12s%12s\n' ns native pvm qemu
cut -d' ' -f1 $dir/log | awk '!seen[$0]++' | while read -r k; do
	printf '%-16s' "$k"
	for v in native pvm qemu; do
		printf '%12s' "$(awk -v k="$k" -v v=$v '$1 == k && $2 == v { print $3 }' $dir/log | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }')"
	done
	echo
done
