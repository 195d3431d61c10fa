# needs: gdb gcc
# widths: 64
# seconds: 500
# Programs are of a fixed address; those of the C library and of the stack are masked, and numbers of processes.
mask() { sed -E 's/0x0*7[0-9a-f]{9,}/ADDR/g; s/(LWP|process|pid|Process|Thread) [0-9]+/\1 N/g; s/ {2,}/  /g; /^(warning: )?(Error disabling address|Using host libthread)/d'; }
cat >a.c <<'END'
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
struct point { int x, y; const char *name; double w[3]; };
static int total;
static volatile int done;
static pthread_barrier_t bar;
int fact(int n)
{
	if (n < 2)
		return 1;
	int r = n * fact(n - 1);
	return r;
}
int add(struct point *p, int n)
{
	for (int i = 0; i < n; i++) {
		p->x += i;
		total += p->x;
	}
	return total;
}
void on_usr1(int sig)
{
	done++;
}
void *worker(void *arg)
{
	long id = (long)arg;
	pthread_barrier_wait(&bar);
	while (done < 2)
		usleep(1000);
	return (void *)(id * 2);
}
int main(int argc, char **argv)
{
	struct point p = { 1, 2, "origin", { 0.5, 1.25, -3 } };
	pthread_t t[3];
	void *r;
	printf("fact %d\n", fact(5));
	fflush(stdout);
	total = 10;
	int s = add(&p, 3);
	signal(SIGUSR1, on_usr1);
	raise(SIGUSR1);
	pthread_barrier_init(&bar, NULL, 4);
	for (long i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, worker, (void *)i);
	pthread_barrier_wait(&bar);
	usleep(20000);
	done++;
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], &r);
	if (argc > 1 && strcmp(argv[1], "abort") == 0)
		abort();
	if (argc > 1)
		*(volatile int *)16 = s;
	return 3;
}
END
gcc -g -O0 -no-pie -pthread -o a a.c
g() { timeout 60 gdb -nx -q -batch -ex 'set pagination off' -ex 'set confirm off' -ex 'set print thread-events off' "$@" 2>&1 </dev/null | mask; }
echo "--- run, break, backtrace, step, finish"
g -ex 'break fact if n == 2' -ex run -ex bt -ex 'info args' -ex 'info registers rip' -ex 'x/3i $pc' -ex step -ex step -ex finish -ex up -ex 'info frame' -ex delete -ex 'break add' -ex continue -ex 'print *p' -ex 'print p->w[1] + 1' -ex 'ptype p' -ex next -ex next -ex 'print p->x' -ex 'set var p->x = 100' -ex finish -ex kill ./a
echo "--- watching"
g -ex 'break add' -ex run -ex 'watch total' -ex continue -ex continue -ex continue -ex 'info watchpoints' -ex 'delete' -ex 'watch p->x if p->x > 2' -ex continue -ex kill ./a
g -ex 'set can-use-hw-watchpoints 0' -ex 'break add' -ex run -ex 'watch total' -ex continue -ex continue -ex kill ./a
g -ex start -ex 'hbreak add' -ex continue -ex bt -ex 'tbreak *main+4' -ex 'info breakpoints' -ex stepi -ex 'x/i $pc' -ex nexti -ex 'x/i $pc' -ex 'until 22' -ex 'advance 25' -ex kill ./a
echo "--- signals"
g -ex 'handle SIGUSR1 stop print pass' -ex 'break on_usr1' -ex run -ex 'print $_siginfo.si_signo' -ex 'print $_siginfo.si_code' -ex continue -ex 'bt -2' -ex 'info signals SIGUSR1' -ex 'handle SIGUSR1 nostop noprint nopass' -ex 'delete' -ex 'set var done = 1' -ex continue ./a
g -ex 'handle SIGUSR1 nostop noprint' -ex run -ex 'bt -1' -ex 'print $_siginfo._sifields._sigfault.si_addr' -ex 'print $_exitcode' -ex 'continue' --args ./a crash
g -ex 'handle SIGUSR1 nostop noprint' -ex run -ex 'bt -1' -ex continue --args ./a abort
echo "--- threads"
g -ex 'break 56' -ex run -ex 'info threads' -ex 'thread apply all bt -1' -ex 'thread 2' -ex 'frame function worker' -ex 'print id' -ex 'set scheduler-locking on' -ex 'next' -ex 'set scheduler-locking off' -ex 'break worker' -ex 'delete' -ex continue ./a | grep -v 'nanosleep\|^\[Switching'
echo "--- calls of the system, and children"
cat >c.c <<'END'
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
int work(int n) { return n * 3; }
int main(void) { int st; pid_t p = fork(); if (p == 0) { work(7); execl("/bin/echo", "echo", "executed", NULL); } waitpid(p, &st, 0); write(1, "end\n", 4); return WEXITSTATUS(st) + 4; }
END
gcc -g -O0 -no-pie -o c c.c
g -ex 'catch syscall write' -ex 'run >/dev/null' -ex 'bt -1' -ex continue -ex continue ./c
g -ex 'catch fork' -ex 'catch exec' -ex 'run >/dev/null' -ex continue ./c
g -ex 'set follow-fork-mode child' -ex 'break work' -ex 'run >/dev/null' -ex 'bt' -ex finish -ex continue ./c
g -ex 'set detach-on-fork off' -ex 'break work' -ex 'run >/dev/null' -ex 'info inferiors' -ex 'inferior 2' -ex continue -ex 'kill inferiors 1' ./c
echo "--- attach and detach"
cat >l.c <<'END'
#include <unistd.h>
volatile int n = 5;
int turn(void) { n++; return n; }
int main(void) { while (n < 100) { turn(); pause(); } return n; }
END
gcc -g -O0 -no-pie -o l l.c
./l & p=$!; sleep 0.3
g -p $p -ex 'bt -1' -ex 'print n' -ex 'set var n = 200' -ex 'info proc cmdline' -ex 'info proc exe' -ex detach
g -p $p -ex 'print n' -ex 'break turn' -ex 'detach'
kill -CONT $p; kill -TERM $p; wait $p; echo $?
echo "--- without symbols, and core"
strip -o bare a; g -ex 'starti' -ex 'info files' -ex 'x/2i $pc' -ex 'info auxv' -ex kill ./bare | grep -v 'ADDR\|is \.\|AT_BASE\|HWCAP\|AT_ENTRY\|RSEQ\|MINSIGSTK\|^2[78] '
g -ex 'break add' -ex run -ex 'info registers cs ss ds es fs gs' -ex 'print $st0' -ex 'print $mxcsr' -ex 'print/x $ymm0.v8_int32[7]' -ex kill ./a
echo "--- a program for i386"
cat >i.c <<'END'
#include <signal.h>
static int total; static double d = 1.5;
void h(int s) { total += 100; }
int fact(int n) { if (n < 2) return 1; int r = n * fact(n - 1); total += r; return r; }
int main(void) { d *= 2; int s = fact(5); signal(SIGUSR1, h); raise(SIGUSR1); *(volatile int *)16 = s; return 4; }
END
if i686-linux-gnu-gcc -g -O0 -static -no-pie -fno-pie -w -o i i.c 2>/dev/null; then
	g -ex 'break fact if n == 2' -ex run -ex bt -ex 'info registers eax eip cs ss ds' -ex 'x/3i $pc' -ex finish -ex 'print d' -ex delete -ex 'watch total' -ex continue -ex continue -ex delete -ex 'break h' -ex 'handle SIGUSR1 nostop noprint' -ex continue -ex 'bt 1' -ex finish -ex continue -ex 'print $_siginfo._sifields._sigfault.si_addr' -ex 'x/i $pc' -ex continue ./i | grep -v '__kernel_\|in ?? ()'
fi
