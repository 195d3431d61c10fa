# needs: redis-server redis-cli redis-benchmark
# seconds: 600
# Servers under load: no request is lost.
wait_for() { for i in $(seq 100); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; echo "not there: $*"; }
echo "--- redis"
p=$((20000 + $$ % 10000))
redis-server --port $p --save "" --appendonly yes >/dev/null 2>&1 &
wait_for redis-cli -p $p ping
redis-benchmark -p $p -n 5000 -c 20 -q -t set,get,incr,lpush,sadd 2>&1 | tr '\r' '\n' | grep -c 'requests per second'
for i in 1 2 3; do redis-cli -p $p incr n; done
redis-cli -p $p llen mylist; redis-cli -p $p get counter:__rand_int__
idle() { ! redis-cli -p $p info persistence | grep -q '_in_progress:1\|scheduled:1'; }
redis-cli -p $p bgrewriteaof; wait_for idle; redis-cli -p $p bgsave; wait_for idle
redis-cli -p $p info persistence | grep -a '_status:' | tr -d '\r'
redis-cli -p $p lrange mylist 0 1; redis-cli -p $p shutdown; wait; echo $?
redis-server --port $p --save "" --appendonly yes >/dev/null 2>&1 &
wait_for redis-cli -p $p get n
redis-cli -p $p get n; redis-cli -p $p shutdown; wait; echo $?
