#!/bin/sh
# redis and PostgreSQL native, under pvm and under Debian's qemu-user, by turns.
#     sh tests/bench/servers.sh [ROUNDS [redis|pgbench|single...]]
# All servers run at once and only one has work at a time, from native clients.  Medians of: requests a second of the
# server's processor time (first), and of the clock (behind it), both in thousands.  On a computer with other work the first
# is the one to look at.
set -u
rounds=${1:-5}
[ $# -gt 0 ] && shift
what=${*:-redis pgbench single}
pvm=${PVM:-$PWD/out/pvm}
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
variants="native pvm qemu"
top=$(mktemp -d)
pids= as=
trap 'kill -INT $pids 2>/dev/null; wait 2>/dev/null; rm -rf "$top"' EXIT
chmod 755 "$top"
base=$((25000 + $$ % 5000))
tick=$(getconf CLK_TCK)
[ "$(id -u)" = 0 ] && as="setpriv --reuid nobody --clear-groups"

has() { for w in $1; do [ "$w" = "$2" ] && return 0; done; return 1; }
runner() { case $1 in native) ;; pvm) echo "$pvm" ;; qemu) command -v qemu-x86_64 ;; esac; }
port() { case $1 in native) echo $base ;; pvm) echo $((base + 1)) ;; qemu) echo $((base + 2)) ;; esac; }
wait_for() { for i in $(seq 300); do "$@" >/dev/null 2>&1 && return; sleep 0.2; done; echo "not there: $*"; exit 1; }
# cpu PID: us of processor time, of it, of the children it has, and of those that have ended
cpu() {
	now=$1 children=$(pgrep -P $1)
	for p in $children; do now="$now $p"; done
	{ for p in $now; do cat /proc/$p/task/*/schedstat 2>/dev/null; done; sed 's/.*) //; s/^/children /' /proc/$1/stat; } |
		awk -v tick=$tick '/^children/ { s += ($15 + $16) * 1e6 / tick; next } { s += $1 / 1000 } END { printf "%d\n", s }'
}
ms() { date +%s%3N; }

# measure LABEL VARIANT PID COUNT COMMAND...: a line of the log
measure() {
	label=$1 variant=$2 pid=$3 count=$4
	shift 4
	c=$(cpu $pid) began=$(ms)
	timeout 300 "$@" >"$top/out" 2>&1 || { echo "FAIL $label $variant"; return; }
	took=$(($(ms) - began)) c=$(($(cpu $pid) - c))
	echo "$label $variant $count $c $took" >>"$top/log"
}

# Lines of "label variant count us ms" as a table of medians, with the ratio of pvm to qemu.
table() {
	awk -v variants="$variants" '
		function median(a, n, i, j, x) {
			for (i = 2; i <= n; i++) { x = a[i]; for (j = i - 1; j > 0 && a[j] > x; j--) a[j + 1] = a[j]; a[j + 1] = x }
			return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
		}
		{ if (!($1 in seen)) { seen[$1] = 1; order[++rows] = $1 } k = $1 " " $2; m = ++n[k]; byc[k, m] = $3 * 1000 / ($4 > 0 ? $4 : 1); byt[k, m] = $3 / $5 }
		END {
			nv = split(variants, v, " ")
			printf "%-22s", "requests/s, thousands"; for (i = 1; i <= nv; i++) printf "%18s", v[i]; printf "%12s\n", "pvm/qemu"
			for (r = 1; r <= rows; r++) {
				printf "%-22s", order[r]
				for (i = 1; i <= nv; i++) {
					k = order[r] " " v[i]
					for (m = 1; m <= n[k]; m++) { a[m] = byc[k, m]; b[m] = byt[k, m] }
					c[i] = n[k] ? median(a, n[k]) : 0; w[i] = n[k] ? median(b, n[k]) : 0
					printf "%10.2f %7.2f", c[i], w[i]
				}
				printf "%6.2f %5.2f\n", c[3] ? c[2] / c[3] : 0, w[3] ? w[2] / w[3] : 0
			}
		}' "$top/log"
}

if has "$what" redis; then
	for v in $variants; do
		(cd "$top" && exec $(runner $v) "$(command -v redis-server)" --port $(port $v) --save "" >/dev/null 2>&1) &
		eval redis_$v=$!
		pids="$pids $!"
	done
	for v in $variants; do wait_for redis-cli -p $(port $v) ping; done
	: >"$top/log"
	for round in $(seq 0 $rounds); do
		for t in ping_mbulk set get incr lpush rpush lpop sadd hset spop zadd zpopmin lrange_100 mset; do
			for v in $variants; do
				eval pid=\$redis_$v
				n=40000
				[ $t = lrange_100 ] && n=8000
				measure $t $v $pid $n redis-benchmark -p $(port $v) -n $n -c 20 -r 10000 -q -t $t
			done
		done
		[ $round -gt 0 ] || : >"$top/log" # the first one warms
	done
	table
fi
# start_postgres VARIANT: with pgbench's tables; false if it does not come up
start_postgres() {
	d=$top/$1
	mkdir "$d"
	[ -z "$as" ] || chown nobody "$d"
	$as $bin/initdb -D "$d/db" -U pg --no-sync --locale=C.UTF-8 -A trust >/dev/null 2>&1
	(cd "$d" && exec $as $(runner $1) $bin/postgres -D "$d/db" -p $(port $1) -k "$d" -c listen_addresses= -c fsync=off -c autovacuum=off >"$d/log" 2>&1) &
	pg=$!
	pids="$pids $pg"
	for i in $(seq 100); do
		psql -X -h "$d" -p $(port $1) -U pg -d postgres -c 'select 1' >/dev/null 2>&1 && break
		[ $i = 100 ] && return 1
		sleep 0.2
	done
	$bin/pgbench -h "$d" -p $(port $1) -U pg -i -s 1 -q postgres >/dev/null 2>&1
}

if has "$what" pgbench; then
	up=
	for v in $variants; do
		if start_postgres $v; then up="$up $v"; eval pg_$v=$pg; else echo "$v: PostgreSQL does not come up: $(grep -v LOG: "$top/$v/log" | tail -1)"; fi
	done
	: >"$top/log"
	for round in $(seq 0 $rounds); do
		for mode in tpcb-like select-only simple-update; do
			for v in $up; do
				eval pid=\$pg_$v
				n=1000
				[ $mode = select-only ] && n=10000
				measure pgbench-$mode $v $pid $n $bin/pgbench -h "$top/$v" -p $(port $v) -U pg -n -b $mode -c 2 -j 1 -t $((n / 2)) postgres
			done
		done
		[ $round -gt 0 ] || : >"$top/log"
	done
	table
fi

# One process that reads pgbench's statements: qemu's cannot fork where PostgreSQL does.
if has "$what" single; then
	[ -d "$top/native" ] || start_postgres native
	kill -INT ${pg_native:-} $pg 2>/dev/null
	for i in $(seq 100); do [ -e "$top/native/db/postmaster.pid" ] || break; sleep 0.1; done
	n=300 # more are too many for qemu 7.2, which dies on the way
	awk -v n=$n 'BEGIN { srand(1); for (i = 0; i < n; i++) {
		a = int(rand() * 100000) + 1; t = int(rand() * 10) + 1; d = int(rand() * 10000) - 5000
		print "begin"; print "update pgbench_accounts set abalance = abalance + " d " where aid = " a; print "select abalance from pgbench_accounts where aid = " a
		print "update pgbench_tellers set tbalance = tbalance + " d " where tid = " t; print "update pgbench_branches set bbalance = bbalance + " d " where bid = 1"
		print "insert into pgbench_history (tid, bid, aid, delta, mtime) values (" t ", 1, " a ", " d ", current_timestamp)"; print "end" } }' >"$top/sql"
	: >"$top/log"
	for round in $(seq $rounds); do
		for v in $variants; do
			rm -rf "$top/one"
			cp -a "$top/native/db" "$top/one"
			sh -c "$as $(runner $v) $bin/postgres --single -D '$top/one' -F -c autovacuum=off postgres <'$top/sql' >'$top/out' 2>&1; times" | tail -1 |
				awk -v v=$v -v n=$n '{ for (i = 1; i <= 2; i++) { split($i, p, /[ms]/); s += p[1] * 60 + p[2] } printf "postgres--single %s %d %d %d\n", v, n, s * 1e6, s * 1e3 }' >>"$top/log"
			[ "$(grep -c 'abalance = ' "$top/out")" -ge $n ] || echo "FAIL $v: $(tail -1 "$top/out")"
		done
	done
	table
fi
