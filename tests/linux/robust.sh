#!/bin/sh
# What happens when the computer refuses: little address space, no room on the disk, few files and processes, fork bombs,
# kill -9.  The machine either runs the program or says in one line why not (125 to 127), never dies by a signal of its own,
# and leaves nothing behind.  Ends with "N passed, N failed".
set -u
pvm=${PVM:-$PWD/out/pvm}
passed=0 failed=0
top=$(mktemp -d)
trap 'umount "$top/full" 2>/dev/null; rm -rf "$top"' EXIT
[ "$(uname -m)" = x86_64 ] || { echo "SKIPPED: needs an x86-64 host"; echo "0 passed, 0 failed"; exit 0; }

cat >"$top/hello.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
	char *p = malloc(100000);
	p[5] = 1;
	puts("hello");
	return 3;
}
END
programs=
gcc -O1 -static -o "$top/hello64" "$top/hello.c" && programs=$top/hello64
command -v i686-linux-gnu-gcc >/dev/null && i686-linux-gnu-gcc -O1 -static -o "$top/hello32" "$top/hello.c" && programs="$programs $top/hello32"

good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $*"; }

# clean WHAT STATUS OUTPUT: the program's own result, or one line and a status of the machine's.
clean() {
	case $2:$3 in
	3:hello) good ;;
	12[567]:*) [ "$(printf '%s\n' "$3" | wc -l)" -le 1 ] && good || bad "$1: $3" ;;
	*) bad "$1: status $2: $3" ;;
	esac
}

for p in $programs; do
	for mib in 16 32 64 128 192 256 512 1024 4096 8192; do
		out=$( (ulimit -v $((mib * 1024)); exec "$pvm" "$p") 2>&1)
		clean "RLIMIT_AS $mib MiB" $? "$out"
	done
	for blocks in 0 1 100 100000; do
		out=$( (ulimit -f $blocks; exec "$pvm" "$p") 2>&1)
		clean "RLIMIT_FSIZE $blocks" $? "$out"
	done
	for files in 3 4 5 10; do
		out=$( (ulimit -n $files; exec "$pvm" "$p") 2>&1)
		clean "RLIMIT_NOFILE $files" $? "$out"
	done
	for kib in 64 256 1024; do
		out=$( (ulimit -s $kib; exec "$pvm" "$p") 2>&1)
		clean "RLIMIT_STACK $kib" $? "$out"
	done
done

# same WANT COMMAND...: what it prints
same() {
	want=$1
	shift
	got=$(timeout 60 "$@" 2>/dev/null)
	[ "$got" = "$want" ] && good || bad "$*: $got"
}
same "forked 0" "$pvm" /bin/sh -c 'ulimit -f 0; (exit 0); echo forked $?'
same "refused" "$pvm" --limit-mem 64M /bin/sh -c 'ulimit -v 20000; head -c 50000000 /dev/zero | tail -c 40000000 >/dev/null || echo refused'

# A full disk: as without the machine.
mkdir "$top/full"
if mount -t tmpfs -o size=1m none "$top/full" 2>/dev/null; then
	mkdir -p "$top/result"
	for run in "" "$pvm"; do
		(cd "$top/full" && $run /bin/sh -c 'dd if=/dev/zero of=x bs=64k count=100 2>/dev/null; echo $?; wc -c <x; rm -f x; echo z >z; cat z; rm z') >"$top/result/${run:+pvm}out" 2>/dev/null
	done
	cmp -s "$top/result/out" "$top/result/pvmout" && good || bad "a full disk"
	umount "$top/full"
else
	echo "SKIPPED: a full disk (tmpfs cannot be mounted)"
fi

# A fork bomb is held, and the machine's other programs are not harmed.
if command -v bash >/dev/null; then
	mark=bomb$$
	(sleep 1; pgrep -c -f "[b]omb$$ " >"$top/most") &
	timeout -s KILL 20 "$pvm" --limit-pids 30 "$(command -v bash)" -c "b() { : $mark ; b | b & }; b; sleep 2; echo survived" >"$top/bomb" 2>/dev/null
	wait
	most=$(cat "$top/most")
	[ "$most" -ge 2 ] && [ "$most" -le 30 ] && good || bad "fork bomb: $most processes"
	sleep 5
	left=$(pgrep -c -f "[b]omb$$ ")
	[ "$left" -le 30 ] && good || bad "fork bomb: $left are left"
	for pid in $(pgrep -f "[b]omb$$ "); do kill -9 "$pid"; done
fi

# kill -9 leaves no file and no process.
before=$(ls /dev/shm /tmp | sort)
i=0
while [ $i -lt 10 ]; do
	"$pvm" --limit-pids 5 /bin/sh -c 'while :; do :; done' &
	pid=$!
	sleep 0.2
	kill -9 $pid
	wait $pid 2>/dev/null
	i=$((i + 1))
done
after=$(ls /dev/shm /tmp | sort)
new=$(printf '%s\n%s\n' "$before" "$after" | sort | uniq -u | grep -i pvm- | grep -v "$(basename "$top")")
[ -z "$new" ] && good || bad "kill -9 left $new"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
