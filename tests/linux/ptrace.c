/* ptrace: a tracer and its tracees, from TRACEME to SEIZE: stops and their statuses, registers, memory, system calls looked at
 * and changed, events of new processes and threads, signals taken and given, steps, and what is refused. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <unistd.h>

#ifdef __x86_64__
#define NR(r) (r).orig_rax
#define RESULT(r) (r).rax
#define PC(r) (r).rip
#define ARG1(r) (r).rdi
#define ARG2(r) (r).rsi
#define FLAGS(r) (r).eflags
#else
#define NR(r) (r).orig_eax
#define RESULT(r) (r).eax
#define PC(r) (r).eip
#define ARG1(r) (r).ebx
#define ARG2(r) (r).ecx
#define FLAGS(r) (r).eflags
#endif

typedef struct user_regs_struct Regs;

static volatile int shared_word = 77, handled;
static char text[64] = "a text in the tracee";

static long pt(int request, pid_t pid, long addr, long data)
{
	return syscall(SYS_ptrace, request, pid, addr, data);
}

static const char *error(long r)
{
	return r < 0 ? strerrorname_np(errno) : "fine";
}

/* What waitpid says, in words. */
static int wait_show(const char *what, pid_t pid)
{
	int st = 0;
	pid_t r = waitpid(pid, &st, __WALL);

	if (r < 0)
		printf("%s: %s\n", what, strerrorname_np(errno));
	else if (WIFSTOPPED(st))
		printf("%s: %sstopped, signal %d%s, event %d\n", what, pid == -1 || r == pid ? "" : "wrong, ", WSTOPSIG(st) & 0x7f, WSTOPSIG(st) & 0x80 ? " + 0x80" : "", st >> 16);
	else if (WIFEXITED(st))
		printf("%s: exited %d\n", what, WEXITSTATUS(st));
	else
		printf("%s: killed by %d\n", what, WTERMSIG(st));
	return st;
}

static Regs regs_of(pid_t pid)
{
	Regs r;

	memset(&r, 0, sizeof r);
	if (pt(PTRACE_GETREGS, pid, 0, (long)&r) < 0)
		printf("no registers: %s\n", strerrorname_np(errno));
	return r;
}

static pid_t traced(void (*fn)(void))
{
	pid_t pid = fork();

	if (pid)
		return pid;
	pt(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	fn();
	_exit(0);
}

static void on_signal(int sig) { handled++; }

static void end(pid_t pid)
{
	pt(PTRACE_CONT, pid, 0, 0);
	wait_show("end", pid);
}

/* ---- memory and registers ------------------------------------------------------------------------------ */

static void exit_by_word(void) { _exit(shared_word); }

static void memory(void)
{
	pid_t pid = traced(exit_by_word);
	char buf[64], path[64];
	long word = 0;
	struct iovec near = {buf, 20}, far = {text, 20};

	wait_show("memory", pid);
	printf("peek %ld", pt(PTRACE_PEEKDATA, pid, (long)text, (long)&word));
	printf(" %d, nowhere %s\n", memcmp(&word, text, sizeof word), error(pt(PTRACE_PEEKDATA, pid, 16, (long)&word)));
	printf("poke nowhere %s\n", error(pt(PTRACE_POKEDATA, pid, 16, 1)));
	word = pt(PTRACE_PEEKDATA, pid, (long)&shared_word & -8, (long)&word);
	near.iov_len = far.iov_len = strlen(text) + 1;
	printf("readv %zd", process_vm_readv(pid, &near, 1, &far, 1, 0));
	printf(" '%s'\n", buf);
	int fd;
	snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDWR);
	memset(buf, 0, sizeof buf);
	printf("mem %zd", pread(fd, buf, 6, (off_t)(uintptr_t)text));
	printf(" '%s', ", buf);
	int v = 42;
	printf("%zd, nowhere %s\n", pwrite(fd, &v, 4, (off_t)(uintptr_t)&shared_word), error(pread(fd, buf, 4, 16)));
	close(fd);
	Regs r = regs_of(pid);
	printf("registers in a call: %d, result %ld\n", (int)NR(r) == SYS_tgkill || (int)NR(r) == SYS_tkill, (long)RESULT(r));
	struct user_regs_struct set;
	struct iovec io = {&set, sizeof set};
	printf("regset %s %zu %d\n", error(pt(PTRACE_GETREGSET, pid, NT_PRSTATUS, (long)&io)), io.iov_len, memcmp(&set, &r, sizeof r));
	io.iov_len = 8;
	printf("short regset %s %zu\n", error(pt(PTRACE_GETREGSET, pid, NT_PRSTATUS, (long)&io)), io.iov_len);
	io.iov_len = sizeof set;
	printf("no regset %s\n", error(pt(PTRACE_GETREGSET, pid, 0x7777, (long)&io)));
	struct user_fpregs_struct fp;
	printf("fpregs %s\n", error(pt(PTRACE_GETFPREGS, pid, 0, (long)&fp)));
	printf("peekuser %s", error(pt(PTRACE_PEEKUSER, pid, offsetof(struct user, regs) + ((char *)&PC(r) - (char *)&r), (long)&word)));
	printf(" %d, odd %s, far %s\n", word == (long)PC(r), error(pt(PTRACE_PEEKUSER, pid, 3, (long)&word)), error(pt(PTRACE_PEEKUSER, pid, 5000, (long)&word)));
	end(pid);
}

/* ---- system calls ------------------------------------------------------------------------------------------ */

static void make_calls(void)
{
	syscall(SYS_getppid);
	handled = (int)syscall(SYS_getpid) == 1234;
	long r = syscall(SYS_dup2, 99, 100);
	_exit(handled * 10 + (r == -1 && errno == ENXIO ? 1 : 0) + (syscall(SYS_alarm, 5) == 0 ? 2 : 0));
}

static void calls(void)
{
	pid_t pid = traced(make_calls);
	struct __ptrace_syscall_info info;
	Regs r;

	wait_show("calls", pid);
	printf("options %s, unknown ones %s\n", error(pt(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD)), error(pt(PTRACE_SETOPTIONS, pid, 0, 1 << 30)));
	for (int i = 0; i < 7; i++) {
		pt(PTRACE_SYSCALL, pid, 0, 0);
		wait_show(i & 1 ? "leave" : "enter", pid);
		r = regs_of(pid);
		memset(&info, 0, sizeof info);
		long n = pt(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, (long)&info);
		printf("  call %ld, result %ld, info %ld op %d nr %ld\n", (long)NR(r), i == 3 || i == 1 ? 0L : (long)RESULT(r), n, info.op, info.op == 1 ? (long)info.entry.nr : 0L);
		if (i == 3) { /* getpid */
			RESULT(r) = 1234;
			pt(PTRACE_SETREGS, pid, 0, (long)&r);
		}
		if (i == 4)   { /* dup2 is not made */
			NR(r) = -1;
			pt(PTRACE_SETREGS, pid, 0, (long)&r);
		}
		if (i == 5) {
			RESULT(r) = -ENXIO;
			pt(PTRACE_SETREGS, pid, 0, (long)&r);
		}
		if (i == 6) { /* alarm becomes a getpid of 5 */
			NR(r) = SYS_getppid;
			ARG1(r) = 0;
			pt(PTRACE_SETREGS, pid, 0, (long)&r);
		}
	}
	pt(PTRACE_SYSCALL, pid, 0, 0);
	wait_show("leave", pid);
	r = regs_of(pid);
	printf("changed call gives our number: %d\n", (pid_t)RESULT(r) == getpid());
	end(pid);
}

/* ---- signals -------------------------------------------------------------------------------------------------- */

static void take_signals(void)
{
	siginfo_t si;
	sigset_t set;

	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, SIG_IGN);
	raise(SIGUSR1); /* the tracer takes it away */
	raise(SIGUSR2); /* ignored, but seen */
	raise(SIGCHLD); /* as well */
	raise(SIGTERM); /* becomes SIGUSR1 */
	raise(SIGUSR1);
	if (handled != 2)
		_exit(100 + handled);
	volatile int *p = (int *)16;
	*p = 1;
}

static void show_info(pid_t pid)
{
	siginfo_t si;

	memset(&si, 0, sizeof si);
	long r = pt(PTRACE_GETSIGINFO, pid, 0, (long)&si);
	printf("  info %s: %d, code %d, from the tracee %d\n", error(r), si.si_signo, si.si_code, si.si_code <= 0 && si.si_pid == pid);
}

static void signals(void)
{
	pid_t pid = traced(take_signals);
	static const int answer[] = {0, SIGUSR2, SIGCHLD, SIGUSR1, SIGUSR1, SIGSEGV};

	wait_show("signals", pid);
	show_info(pid);
	pt(PTRACE_CONT, pid, 0, 0);
	for (int i = 0; i < 6; i++) {
		int st = wait_show("signal", pid);
		if (!WIFSTOPPED(st))
			return;
		show_info(pid);
		printf("  %s\n", error(pt(PTRACE_CONT, pid, 0, answer[i])));
	}
	wait_show("last", pid);
	printf("nobody: %s\n", error(pt(PTRACE_CONT, pid, 0, 0)));
}

/* ---- steps and breakpoints ------------------------------------------------------------------------------------- */

static __attribute__((noinline)) int breakable(int n)
{
	__asm__ volatile("nop");
	return n + 1;
}

static void run_breakable(void)
{
	int n = 0;

	for (int i = 0; i < 50; i++)
		n = breakable(n);
	_exit(n);
}

static void steps(void)
{
	pid_t pid = traced(run_breakable);
	long word, before = 0, moved = 0;
	Regs r;

	wait_show("steps", pid);
	r = regs_of(pid);
	for (int i = 0; i < 100; i++) {
		unsigned long pc = PC(r);
		pt(PTRACE_SINGLESTEP, pid, 0, 0);
		int st;
		waitpid(pid, &st, 0);
		if (!WIFSTOPPED(st) || WSTOPSIG(st) != SIGTRAP || st >> 16)
			printf("step %d: %x\n", i, st);
		r = regs_of(pid);
		moved += PC(r) != pc;
		if (FLAGS(r) & 0x100)
			printf("TF shows\n");
	}
	printf("moved %ld\n", moved);
	show_info(pid);
	pt(PTRACE_PEEKTEXT, pid, (long)breakable, (long)&before);
	word = (before & ~0xffL) | 0xcc;
	printf("break %s\n", error(pt(PTRACE_POKETEXT, pid, (long)breakable, word)));
	for (int i = 0; i < 2; i++) {
		pt(PTRACE_CONT, pid, 0, 0);
		wait_show("at", pid);
		show_info(pid);
		r = regs_of(pid);
		printf("  behind it: %d\n", PC(r) == (unsigned long)breakable + 1);
		PC(r) = (unsigned long)breakable;
		pt(PTRACE_SETREGS, pid, 0, (long)&r);
		pt(PTRACE_POKETEXT, pid, (long)breakable, before);
		pt(PTRACE_SINGLESTEP, pid, 0, 0);
		wait_show("over", pid);
		pt(PTRACE_POKETEXT, pid, (long)breakable, word);
	}
	pt(PTRACE_POKETEXT, pid, (long)breakable, before);
	end(pid);
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static void *thread(void *p) { handled = 5; return p; }

static void make_processes(void)
{
	pthread_t t;
	int st;

	pid_t pid = fork();
	if (pid == 0)
		_exit(1);
	waitpid(pid, &st, 0);
	pid = vfork();
	if (pid == 0)
		_exit(2);
	waitpid(pid, &st, 0);
	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	usleep(20000);
	_exit(handled);
}

enum { MOST = 8 };

/* Stops of several processes come in any order: each one's are listed by itself. */
static void events(bool all)
{
	struct { pid_t pid; char text[400]; } of[MOST] = {{0}};
	pid_t pid = traced(make_processes), who;
	int n = 0, st;

	wait_show("events", pid);
	pt(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEVFORKDONE | (all ? PTRACE_O_TRACEEXIT : 0));
	of[n++].pid = pid;
	pt(PTRACE_CONT, pid, 0, 0);
	while ((who = waitpid(-1, &st, __WALL)) > 0) {
		unsigned long message = 0;
		int i = 0, sig = WIFSTOPPED(st) ? WSTOPSIG(st) : 0;
		while (i < n && of[i].pid != who)
			i++;
		if (i == n)
			of[n++].pid = who;
		char *to = of[i].text + strlen(of[i].text);
		if (WIFSTOPPED(st) && st >> 16) {
			pt(PTRACE_GETEVENTMSG, who, 0, (long)&message);
			sprintf(to, " event %d", st >> 16);
			if (st >> 16 == PTRACE_EVENT_EXIT)
				sprintf(to + strlen(to), " of %lx", message);
			sig = 0;
		} else if (WIFSTOPPED(st)) {
			sprintf(to, " signal %d", sig);
			sig = sig == SIGSTOP ? 0 : sig;
		} else {
			sprintf(to, " end %x;", st);
			continue;
		}
		pt(PTRACE_CONT, who, 0, sig);
	}
	for (int i = 0; i < n; i++)
		if (i == 0 || !strstr(of[i].text, "never"))
			printf("process%s:%s\n", i ? "" : " 0", of[i].text);
}

/* ---- execve --------------------------------------------------------------------------------------------------------- */

static char self[4096];

static void execute(void)
{
	char *argv[] = {self, "leave", NULL};

	execv(self, argv);
}

static void exec_events(bool event)
{
	pid_t pid = traced(execute);
	unsigned long message = 0;
	siginfo_t si;

	wait_show("exec", pid);
	pt(PTRACE_SETOPTIONS, pid, 0, event ? PTRACE_O_TRACEEXEC : 0);
	pt(PTRACE_CONT, pid, 0, 0);
	wait_show("done", pid);
	pt(PTRACE_GETEVENTMSG, pid, 0, (long)&message);
	Regs r = regs_of(pid);
	printf("message %d, call %ld, result %ld, flags %lx\n", event ? message == pid : 0, (long)NR(r), (long)RESULT(r), (long)FLAGS(r));
	end(pid);
}

/* ---- attaching -------------------------------------------------------------------------------------------------------- */

/* Waits for SIGUSR1, which is blocked but for that: none is lost before the wait begins. */
static void rest(void)
{
	sigset_t none;

	sigemptyset(&none);
	while (!handled)
		sigsuspend(&none);
	_exit(9);
}

static bool sleeps(pid_t pid)
{
	char name[64], state = 0;
	FILE *f;

	snprintf(name, sizeof name, "/proc/%d/stat", pid);
	if (!(f = fopen(name, "r")))
		return false;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(f);
	return state == 'S';
}

/* A child that waits: it has been asleep for some time. */
static pid_t resting(void)
{
	sigset_t usr1;
	int p[2];
	char c;

	if (pipe(p))
		exit(1);
	pid_t pid = fork();
	if (pid == 0) {
		sigemptyset(&usr1);
		sigaddset(&usr1, SIGUSR1);
		sigprocmask(SIG_BLOCK, &usr1, NULL);
		signal(SIGUSR1, on_signal);
		if (write(p[1], "x", 1) != 1)
			_exit(1);
		rest();
	}
	if (read(p[0], &c, 1) != 1)
		exit(1);
	close(p[0]);
	close(p[1]);
	for (int in_a_row = 0, all = 0; in_a_row < 5 && all < 2000; all++) {
		usleep(5000);
		in_a_row = sleeps(pid) ? in_a_row + 1 : 0;
	}
	return pid;
}

static void attaching(void)
{
	pid_t pid = resting();
	Regs r;

	printf("attach %s\n", error(pt(PTRACE_ATTACH, pid, 0, 0)));
	wait_show("attached", pid);
	printf("again %s, self %s\n", error(pt(PTRACE_ATTACH, pid, 0, 0)), error(pt(PTRACE_ATTACH, getpid(), 0, 0)));
	r = regs_of(pid);
	printf("in pause: %d, %ld\n", (long)NR(r) == SYS_pause || (long)NR(r) == SYS_rt_sigsuspend, (long)RESULT(r));
	printf("detach %s\n", error(pt(PTRACE_DETACH, pid, 0, 0)));
	usleep(20000);
	kill(pid, SIGUSR1);
	wait_show("detached", pid);

	pid = resting();
	printf("seize %s, with data at an address %s\n", error(pt(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD)), error(pt(PTRACE_SEIZE, pid, 8, 0)));
	printf("not stopped: %s\n", error(pt(PTRACE_GETREGS, pid, 0, (long)&r)));
	printf("interrupt %s\n", error(pt(PTRACE_INTERRUPT, pid, 0, 0)));
	wait_show("interrupted", pid);
	r = regs_of(pid);
	printf("in pause: %d, %ld\n", (long)NR(r) == SYS_pause || (long)NR(r) == SYS_rt_sigsuspend, (long)RESULT(r));
	pt(PTRACE_SYSCALL, pid, 0, 0);
	wait_show("pauses again", pid);
	kill(pid, SIGUSR1);
	pt(PTRACE_CONT, pid, 0, 0);
	wait_show("signal", pid);
	pt(PTRACE_CONT, pid, 0, SIGUSR1);
	wait_show("end", pid);

	pid = resting();
	pt(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL);
	kill(pid, SIGSTOP);
	wait_show("stop", pid);
	pt(PTRACE_CONT, pid, 0, SIGSTOP);
	wait_show("whole process", pid);
	printf("info %s, listen %s\n", error(pt(PTRACE_GETSIGINFO, pid, 0, (long)&r)) , error(pt(PTRACE_LISTEN, pid, 0, 0)));
	kill(pid, SIGCONT);
	wait_show("goes on", pid);
	pt(PTRACE_CONT, pid, 0, 0);
	wait_show("SIGCONT", pid);
	pt(PTRACE_CONT, pid, 0, SIGCONT);
	kill(pid, SIGKILL);
	wait_show("killed", pid);
	printf("nobody: %s\n", error(pt(PTRACE_ATTACH, pid, 0, 0)));
}

/* A tracer that dies leaves its tracee running. */
static void lost_tracer(void)
{
	pid_t pid = resting(), tracer = fork();

	if (tracer == 0) {
		pt(PTRACE_SEIZE, pid, 0, 0);
		pt(PTRACE_INTERRUPT, pid, 0, 0);
		waitpid(pid, NULL, __WALL);
		_exit(3);
	}
	wait_show("tracer", tracer);
	kill(pid, SIGUSR1);
	wait_show("its tracee", pid);
}

/* ---- seccomp ------------------------------------------------------------------------------------------------------------- */

static void filtered(void)
{
	struct sock_filter code[] = {
		{BPF_LD | BPF_W | BPF_ABS, 0, 0, 0}, {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_getppid},
		{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRACE | 55}, {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}
	};
	struct sock_fprog prog = {4, code};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
	_exit(syscall(SYS_getppid) == 33 ? 44 : 1);
}

static void seccomp(void)
{
	pid_t pid = traced(filtered);
	unsigned long message = 0;
	Regs r;

	wait_show("seccomp", pid);
	pt(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP);
	pt(PTRACE_CONT, pid, 0, 0);
	wait_show("looks", pid);
	pt(PTRACE_GETEVENTMSG, pid, 0, (long)&message);
	r = regs_of(pid);
	printf("message %lu, call %d\n", message, (long)NR(r) == SYS_getppid);
	NR(r) = -1;
	RESULT(r) = 33;
	pt(PTRACE_SETREGS, pid, 0, (long)&r);
	end(pid);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return 21;
	setvbuf(stdout, NULL, _IONBF, 0);
	if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
		return 1;
	memory();
	calls();
	signals();
	steps();
	events(false);
	events(true);
	exec_events(false);
	exec_events(true);
	attaching();
	lost_tracer();
	seccomp();
	printf("nobody: %s %s\n", error(pt(PTRACE_CONT, 1, 0, 0)), error(pt(PTRACE_PEEKDATA, 99999999, 0, 0)));
	return 0;
}
