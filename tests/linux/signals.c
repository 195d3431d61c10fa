/* Signals: handlers, masks, siginfo, alternate stacks, restarting, faults, and deaths by signal. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int count;
static sigjmp_buf back;
static char *alt;

static void plain(int sig)
{
	count += sig;
}

static void with_info(int sig, siginfo_t *si, void *u)
{
	char here;

	printf("info %d code %d pid %d on alt %d\n", sig, si->si_code, si->si_pid == getpid(), &here > alt && &here < alt + 65536);
	count++;
}

static void fault(int sig, siginfo_t *si, void *u)
{
	printf("fault %d code %d addr %ld\n", sig, si->si_code, sig == SIGSEGV && si->si_addr < (void *)4096 ? (long)si->si_addr : 0);
	fflush(stdout);
	siglongjmp(back, 1);
}

static void set(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	struct sigaction a = {0};

	a.sa_sigaction = fn;
	a.sa_flags = SA_SIGINFO | flags;
	sigaction(sig, &a, NULL);
}

static void faults(void)
{
	volatile int zero = 0, *bad = (int *)12;

	set(SIGSEGV, fault, 0);
	set(SIGFPE, fault, 0);
	set(SIGILL, fault, 0);
	set(SIGTRAP, fault, 0);
	set(SIGBUS, fault, 0);
	if (!sigsetjmp(back, 1))
		*bad = 1;
	if (!sigsetjmp(back, 1))
		printf("%d\n", 1 / zero);
	if (!sigsetjmp(back, 1))
		__asm__ volatile("ud2");
	if (!sigsetjmp(back, 1))
		__asm__ volatile("int3");
	char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!sigsetjmp(back, 1)) {
		struct sigaction a;
		sigaction(SIGSEGV, NULL, &a);
		printf("siginfo %d\n", !!(a.sa_flags & SA_SIGINFO));
		mprotect(page, 4096, PROT_NONE);
		printf("%d\n", *(volatile char *)page);
	}
}

static void deaths(int sig)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		signal(sig, SIG_DFL);
		raise(sig);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	printf("child %s %d\n", WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

int main(void)
{
	struct sigaction a = {0};
	sigset_t set1, old;
	char b;
	int p[2];

	setvbuf(stdout, NULL, _IONBF, 0);
	a.sa_handler = plain;
	sigaction(SIGUSR1, &a, NULL);
	raise(SIGUSR1);
	printf("count %d\n", count);
	sigemptyset(&set1);
	sigaddset(&set1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set1, &old);
	raise(SIGUSR1);
	sigpending(&set1);
	printf("blocked %d pending %d\n", count, sigismember(&set1, SIGUSR1));
	sigsuspend(&old);
	printf("suspended %d errno %d\n", count, errno);
	sigprocmask(SIG_SETMASK, &old, NULL);

	alt = malloc(65536);
	stack_t ss = {.ss_sp = alt, .ss_size = 65536};
	sigaltstack(&ss, NULL);
	set(SIGUSR2, with_info, SA_ONSTACK);
	kill(getpid(), SIGUSR2);
	union sigval v = {.sival_int = 7};
	sigqueue(getpid(), SIGUSR2, v);

	/* A timer interrupts a read: once restarted, once not. */
	if (pipe(p))
		return 1;
	for (int restart = 0; restart < 2; restart++) {
		struct itimerval it = {.it_value.tv_usec = 30000};
		a.sa_flags = restart ? SA_RESTART : 0;
		sigaction(SIGALRM, &a, NULL);
		if (restart && fork() == 0) {
			usleep(100000);
			_exit(write(p[1], "x", 1) != 1);
		}
		setitimer(ITIMER_REAL, &it, NULL);
		int r = read(p[0], &b, 1);
		printf("read %d %s count %d\n", r, r < 0 ? strerror(errno) : "", count);
	}
	wait(NULL);
	faults();
	deaths(SIGTERM);
	deaths(SIGKILL);
	deaths(SIGABRT);
	deaths(SIGSEGV);
	signal(SIGTERM, SIG_IGN);
	raise(SIGTERM);
	deaths(SIGCHLD);
	return 0;
}
