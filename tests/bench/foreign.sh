#!/bin/sh
# make bench, the translator's part: Linux programs native, under pvm (jit and eval) and under Debian's qemu-user.
# sh tests/bench/foreign.sh [REPETITIONS [PROGRAM...]]; PROGRAM as "fib-64" or "perl".  PARTS="jit qemu" leaves eval out.
set -eu
reps=${1:-3}
[ $# -gt 0 ] && shift
dir=out/bench/foreign
here=tests/bench/foreign
parts=${PARTS:-jit eval qemu}
cut=20 # eval does one 20th of the rounds
mkdir -p $dir
[ "$(uname -m)" = x86_64 ] || { echo "SKIPPED: the programs of tests/bench/foreign are for an x86-64 processor"; exit 0; }

# row PROGRAM QEMU EVAL-COMMAND COMMAND...: the lines of the plan.  EVAL-COMMAND: - for none.
row() {
	name=$1 qemu=$2 small=$3
	shift 3
	printf '%s\tnative\t/dev/null\t%s\n' "$name" "$*"
	for part in $parts; do
		case $part in
		jit) printf '%s\tpvm jit\t/dev/null\tout/pvm --exec=jit %s\n' "$name" "$*" ;;
		eval) [ "$small" = - ] || printf '%s\tpvm eval/%s\t/dev/null\tout/pvm --exec=eval %s\t%s\n' "$name" $cut "$small" "$small" ;;
		qemu) printf '%s\tqemu\t/dev/null\t%s %s\n' "$name" "$qemu" "$*" ;;
		esac
	done
}

# build NAME WIDTH COMPILER...: unless it is newer than its source.
build() {
	exe=$dir/$1-$2 src=$here/$1.c
	shift 2
	[ "$exe" -nt "$src" ] && [ "$exe" -nt $here/bench.h ] || "$@" -O2 -static -o "$exe" "$src" -lm -pthread
}

small_rows() {
	for src in "$here"/*.c; do
		n=$(basename "$src" .c)
		build "$n" 64 gcc
		build "$n" 32 i686-linux-gnu-gcc -msse2
	done
	for width in 64 32; do
		qemu=qemu-x86_64
		[ $width = 64 ] || qemu=qemu-i386
		for src in "$here"/*.c; do
			exe=$dir/$(basename "$src" .c)-$width
			row "$(basename "$exe")" $qemu "$exe $((1000 / cut))" "$exe 1000"
		done
	done
}

# The system's own programs, on made input.
real_rows() {
	data=$dir/lines
	[ -f $data ] || awk 'BEGIN { srand(7); for (i = 0; i < 200000; i++) printf "%d line %d of %s\n", int(rand() * 1e6), i, substr("abcdefghijklmnopqrstuvwxyz", 1 + int(rand() * 20)) }' >$data
	cat >$dir/a.py <<-'END'
		import json, re
		d = {}
		for i in range(60000):
		    d["k%d" % (i % 5000)] = [i, str(i), i * 0.5]
		s = json.dumps(d)
		e = json.loads(s)
		print(len(s), sum(v[0] for v in e.values()), len(re.findall(r"k\d+7", s)), sum(x * x for x in range(200000)))
	END
	cat >$dir/a.pl <<-'END'
		my %h; my $n = 0;
		for my $i (1 .. 200000) { my $k = "key" . ($i * 7 % 10007); $h{$k} += $i; $n++ if $k =~ /^key(\d)\d*\1$/; }
		my $s = 0; $s = ($s * 31 + $h{$_}) % 1000003 for sort keys %h; print "$n $s\n";
	END
	cat >$dir/a.sql <<-'END'
		create table t (a integer primary key, b text, c real);
		with recursive n (i) as (select 1 union all select i + 1 from n where i < 60000) insert into t select i, 'row ' || (i * 7919 % 60000), i * 0.25 from n;
		create index x on t (b);
		select count(*), sum(c), max(b) from t where b like 'row 1%';
		select sum(length(p.b) + q.a) from t p join t q on p.b = q.b where p.a % 3 = 0;
	END
	gcc -E -P $here/sha256.c >$dir/cc1.i
	row busybox-sha qemu-x86_64 - /bin/busybox sha256sum $data $data $data $data
	row busybox-sort qemu-x86_64 - /bin/busybox sort -n $data
	row busybox-gzip qemu-x86_64 - /bin/busybox gzip -c $data
	row python3 qemu-x86_64 - /usr/bin/python3 -I $dir/a.py
	row perl qemu-x86_64 - /usr/bin/perl $dir/a.pl
	row sqlite3 qemu-x86_64 - /usr/bin/sqlite3 -batch -init $dir/a.sql :memory: .quit
	row cc1 qemu-x86_64 - "$(gcc -print-prog-name=cc1)" -quiet -O2 -w $dir/cc1.i -o -
}

{ small_rows; real_rows; } >$dir/all
cp $dir/all $dir/plan
if [ $# -gt 0 ]; then
	: >$dir/plan
	for p in "$@"; do
		awk -F '\t' -v p="$p" '$1 == p' $dir/all >>$dir/plan
	done
fi
sed -n 's/^model name[^:]*: /on /p' /proc/cpuinfo | head -1
echo "Linux programs: processor time as a ratio to the native run, which is in milliseconds; medians of $reps, +- half the spread"
out/tests/bench ratios "$reps" $dir/plan
