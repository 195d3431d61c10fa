# needs: psql setpriv
# seconds: 900
# initdb, the server, psql and pgbench; root runs them as nobody, since they refuse to be root's.
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1); [ -x "$bin/postgres" ] || { echo "no postgres"; exit; }
p=$((23000 + $$ % 10000)) as=
chmod 755 .. .; mkdir pg
[ "$(id -u)" = 0 ] && { chown nobody pg; as="setpriv --reuid nobody --clear-groups"; }
cd pg; here=$PWD db=$PWD/db
sql() { $as psql -X -h "$here" -p $p -U pg -d postgres -Atq -c "$1" 2>&1; }
bench() { $as $bin/pgbench -h "$here" -p $p -U pg "$@" postgres 2>/dev/null; }
start() { $as $bin/pg_ctl -D "$db" -w -t 60 -l "$here/server.log" -o "-p $p -k $here -c listen_addresses= -c fsync=off" start >/dev/null 2>&1 </dev/null; echo "started $?"; }
stop() { $as $bin/pg_ctl -D "$db" -w -t 60 -m $1 stop >/dev/null 2>&1; echo "stopped $?"; }
echo "--- initdb"; $as $bin/initdb -D "$db" -U pg --no-sync --locale=C.UTF-8 -A trust 2>&1 | grep -c 'ok$'; cat "$db/PG_VERSION"
start
echo "--- SQL"
sql "create table t(a int primary key, b text, c numeric, d timestamptz default '2020-01-01 UTC'); insert into t select i, md5(i::text), i * 1.1 from generate_series(1, 5000) i; create index on t(b); analyze t"
sql "select count(*), sum(c), min(b), max(b) from t"; sql "select a, b from t where b like 'ab%' order by b limit 3"; sql "explain (costs off) select * from t where a = 5"
sql "with recursive f(a, b, n) as (select 0::numeric, 1::numeric, 1 union all select b, a + b, n + 1 from f where n < 150) select max(a) from f"
sql "select jsonb_build_object('a', array_agg(a order by a)) from t where a < 6"; sql "select to_char(d, 'YYYY-MM-DD') from t limit 1"; sql "select regexp_replace('abc', '(b)', '<\\1>'), 1/3.0, sqrt(2::float8), exp(1::numeric)"
sql "select 1/0"; sql "insert into t values (1)"; sql "select nothing"
sql "create function f(n int) returns int language plpgsql as \$\$ declare s int := 0; begin for i in 1..n loop s := s + i; end loop; return s; end \$\$"; sql "select f(1000)"
sql "begin; delete from t; rollback; select count(*) from t"; sql "copy (select a from t where a < 4) to stdout"
sql "set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0; select count(*), sum(a) from t where c > 100"
sql "set jit_above_cost = 0; set jit_inline_above_cost = 0; set jit_optimize_above_cost = 0; select sum(a * 2 + length(b)) from t"
echo "--- several clients"; clients=
for i in 1 2 3 4; do (for k in 1 2 3 4 5; do sql "update t set c = c + 1 where a = 7"; done) & clients="$clients $!"; done; wait $clients; sql "select c from t where a = 7"
echo "--- pgbench"; bench -i -s 1 -q >/dev/null; echo $?; bench -c 4 -j 2 -t 50 | grep -E 'actually processed|failed'; sql "select count(*) from pgbench_history"
sql "select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history), (select sum(bbalance) from pgbench_branches) = (select sum(delta) from pgbench_history)"
echo "--- restart"; stop fast; start; sql "select count(*) from t"; sql "vacuum full t"; sql "select count(*) from t"
echo "--- after a crash"; sql "insert into t select i, 'x', 0 from generate_series(10001, 10100) i"; stop immediate; start; sql "select count(*) from t"; stop smart; $as $bin/pg_controldata "$db" | grep -a 'cluster state'
grep -aE 'PANIC|terminated by' server.log
