#!/bin/sh
# Servers under load for a long time: no request is lost, no thread stands still, no memory leaks.
#     sh tests/linux/soak.sh [MINUTES]
# redis-server and PostgreSQL run under pvm, redis-benchmark and pgbench without.  Each round's requests are counted on both
# sides: INCR by the counter's value, transactions by the rows and the balances that they have left.  A line a minute says
# what there was so far: requests, errors, memory (KiB, of all processes of a server) and threads.  The memory at the end may
# be more than after the first third by a tenth and 4 MiB.  Ends with "N passed, N failed".
set -u
minutes=${1:-30}
pvm=${PVM:-$PWD/out/pvm}
run="$pvm ${PVM_FLAGS:---exec=jit}"
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
top=$(mktemp -d)
as=
errors=0 incs=0 trans=0 requests=0 rounds=0 failed=0 passed=0

for p in redis-server redis-benchmark redis-cli setpriv "$bin/postgres"; do
	command -v "$p" >/dev/null || { echo "SKIPPED: no $p"; echo "0 passed, 0 failed"; exit 0; }
done
chmod 755 "$top"
mkdir "$top/pg"
[ "$(id -u)" = 0 ] && { chown nobody "$top/pg"; as="setpriv --reuid nobody --clear-groups"; }
port=$((24000 + $$ % 5000))
cd "$top" || exit 1

cli() { timeout 60 redis-cli -p $port "$@" 2>/dev/null | tr -d '\r'; }
sql() { timeout 120 psql -X -h "$top/pg" -p $port -U pg -d postgres -Atqc "$1" 2>/dev/null; }
wait_for() { for i in $(seq 300); do "$@" >/dev/null 2>&1 && return; sleep 0.2; done; echo "not there: $*"; exit 1; }
ok() { if [ "$1" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL $2"; fi; }

$run "$(command -v redis-server)" --port $port --save "" >redis.log 2>&1 &
redis=$!
$as $bin/initdb -D "$top/pg/db" -U pg --no-sync --locale=C.UTF-8 -A trust >/dev/null 2>&1
(cd "$top/pg" && exec $as $run "$bin/postgres" -D "$top/pg/db" -p $port -k "$top/pg" -c listen_addresses= -c fsync=off -c max_wal_size=128MB -c shared_buffers=16MB) >pg.log 2>&1 &
postgres=$!
trap 'kill -INT $postgres 2>/dev/null; kill $redis 2>/dev/null; wait; rm -rf "$top"' EXIT
wait_for cli ping
wait_for sql "select 1"
$bin/pgbench -h "$top/pg" -p $port -U pg -i -s 2 -q postgres >/dev/null 2>&1

# memory PID: proportional, of it and its children
memory() { cat /proc/$1/smaps_rollup $(pgrep -P $1 | sed 's,.*,/proc/&/smaps_rollup,') 2>/dev/null | awk '/^Pss:/ { s += $2 } END { print s + 0 }'; }
threads() { for p in $1 $(pgrep -P $1); do ls /proc/$p/task 2>/dev/null; done | wc -l; }

one_round() {
	n=20000
	timeout 300 redis-benchmark -p $port -n $n -c 20 -r 1000 -q -t set,get,lpush,lpop,sadd,hset,mset >out 2>&1 || errors=$((errors + 1))
	grep -qi 'error\|refused' out && errors=$((errors + 1))
	timeout 300 redis-benchmark -p $port -n $n -c 20 -q incr total >out 2>&1 || errors=$((errors + 1))
	incs=$((incs + n))
	requests=$((requests + 8 * n))
	timeout 300 $bin/pgbench -h "$top/pg" -p $port -U pg -n -c 4 -j 2 -t 500 postgres >out 2>&1 || errors=$((errors + 1))
	grep -q 'actually processed: 2000/2000' out || errors=$((errors + 1))
	trans=$((trans + 2000))
	rounds=$((rounds + 1))
}

begin=$(date +%s) next=0 third=
while :; do
	now=$(($(date +%s) - begin))
	[ $now -ge $((minutes * 60)) ] && break
	one_round
	[ $((now / 60)) -ge $next ] || continue
	next=$((now / 60 + 1))
	sleep 1
	r=$(memory $redis) p=$(memory $postgres)
	echo "$((now / 60)) min: $rounds rounds, $requests requests, $trans transactions, $errors errors; redis $r KiB $(threads $redis) threads, postgres $p KiB $(threads $postgres) processes"
	[ -z "$third" ] && [ $now -ge $((minutes * 20)) ] && third=1 r1=$r p1=$p
done
ok "$([ "$errors" = 0 ] && echo y)" "$errors errors"
ok "$([ "$(cli get total)" = $incs ] && echo y)" "redis counts $(cli get total) of $incs"
ok "$([ "$(sql 'select count(*) from pgbench_history')" = $trans ] && echo y)" "postgres counts $(sql 'select count(*) from pgbench_history') of $trans"
ok "$([ "$(sql 'select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history)')" = t ] && echo y)" "balances"
[ -z "$third" ] || for m in "redis $r1 $r" "postgres $p1 $p"; do
	set -- $m
	ok "$([ "$3" -le $(($2 * 11 / 10 + 4096)) ] && echo y)" "$1 has grown from $2 to $3 KiB"
done
kill -INT $postgres; kill $redis
timeout 60 sh -c "while kill -0 $redis 2>/dev/null || kill -0 $postgres 2>/dev/null; do sleep 0.2; done"
ok "$([ $? = 0 ] && echo y)" "they do not end"
ok "$(grep -qE 'PANIC|terminated by|virtual machine' pg.log redis.log || echo y)" "$(grep -E 'PANIC|terminated by|virtual machine' pg.log redis.log | head -3)"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
