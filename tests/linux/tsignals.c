/* Signals and threads: to one thread and to the process, masks, waiting, restarting, alternate stacks, timers, identities
 * that change in all threads, and processes that end while threads run or wait. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static sem_t ready, got;
static volatile int by_tid, value, code, count;
static pthread_t main_thread;

static void handler(int sig, siginfo_t *si, void *u)
{
	by_tid = syscall(SYS_gettid);
	value = si->si_value.sival_int;
	code = si->si_code;
	count++;
	sem_post(&got);
}

static void set(int sig, int flags)
{
	struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

	sigaction(sig, &a, NULL);
}

static void block(int how, int sig)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	pthread_sigmask(how, &s, NULL);
}

/* ---- to whom ---- */

static volatile int stop, its_tid;

static void *spin(void *p)
{
	its_tid = syscall(SYS_gettid);
	sem_post(&ready);
	while (!stop)
		;
	return NULL;
}

static void *sleeper(void *p)
{
	its_tid = syscall(SYS_gettid);
	sem_post(&ready);
	while (!stop)
		usleep(1000);
	return NULL;
}

static void directed(void *(*fn)(void *))
{
	pthread_t t;
	union sigval v = {.sival_int = 42};

	stop = 0;
	pthread_create(&t, NULL, fn, NULL);
	sem_wait(&ready);
	pthread_kill(t, SIGUSR1);
	sem_wait(&got);
	printf("kill one: there %d code %d\n", by_tid == its_tid, code);
	pthread_sigqueue(t, SIGUSR1, v);
	sem_wait(&got);
	printf("queue one: there %d code %d value %d\n", by_tid == its_tid, code, value);
	syscall(SYS_tkill, its_tid, SIGUSR1);
	sem_wait(&got);
	printf("tkill: there %d code %d\n", by_tid == its_tid, code);
	/* The first thread blocks it: the other one gets it. */
	block(SIG_BLOCK, SIGUSR1);
	kill(getpid(), SIGUSR1);
	sem_wait(&got);
	printf("process: there %d code %d\n", by_tid == its_tid, code);
	v.sival_int = 43;
	sigqueue(getpid(), SIGUSR1, v);
	sem_wait(&got);
	printf("process: there %d code %d value %d\n", by_tid == its_tid, code, value);
	block(SIG_UNBLOCK, SIGUSR1);
	stop = 1;
	pthread_join(t, NULL);
	for (int i = 0; i < 1000 && syscall(SYS_tgkill, getpid(), its_tid, 0) == 0; i++)
		usleep(1000);
	printf("gone: %s\n", strerror(errno));
}

/* ---- a storm: none is lost ---- */

static volatile int hits[4];

static void hit(int sig, siginfo_t *si, void *u)
{
	__atomic_fetch_add(&hits[si->si_value.sival_int & 3], 1, 5);
}

static void *shoot(void *p)
{
	union sigval v = {.sival_int = (int)(long)p};

	for (int i = 0; i < 500; i++)
		while (sigqueue(getpid(), SIGRTMIN + 1, v))
			sched_yield();
	return NULL;
}

static void storm(void)
{
	pthread_t t[4];
	struct sigaction a = {.sa_sigaction = hit, .sa_flags = SA_SIGINFO | SA_RESTART};

	sigaction(SIGRTMIN + 1, &a, NULL);
	for (long i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, shoot, (void *)i);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < 1000 && hits[0] + hits[1] + hits[2] + hits[3] < 2000; i++)
		usleep(1000);
	printf("storm %d %d %d %d\n", hits[0], hits[1], hits[2], hits[3]);
}

/* ---- waiting ---- */

/* Whether the first thread sleeps. */
static int asleep(void)
{
	char state = 0, name[40];

	sprintf(name, "/proc/self/task/%d/stat", (int)getpid());
	FILE *f = fopen(name, "r");
	if (!f || fscanf(f, "%*d %*[^)]) %c", &state) != 1)
		printf("no state\n");
	if (f)
		fclose(f);
	return state == 'S';
}

static void *kill_later(void *p)
{
	for (int n = 0; n < 3; n = asleep() ? n + 1 : 0)
		usleep(3000);
	pthread_kill(main_thread, SIGUSR1);
	return NULL;
}

static pthread_t later(void)
{
	pthread_t t;

	pthread_create(&t, NULL, kill_later, NULL);
	return t;
}

static void finish(const char *what, long r, pthread_t t)
{
	printf("%s %ld %s count %d\n", what, r, r < 0 ? strerror(errno) : "", count);
	if (!pthread_equal(t, pthread_self()))
		pthread_join(t, NULL);
	while (sem_trywait(&got) == 0)
		;
}

static int before; /* the count as this thread is made, which may come to run late */

/* When the signal has been there and the first thread reads again. */
static void *write_later(void *fd)
{
	while (count == before)
		usleep(1000);
	usleep(20000);
	return (void *)(long)write((int)(long)fd, "x", 1);
}

static void waiting(void)
{
	struct timespec ts = {2, 0};
	sigset_t none, usr;
	siginfo_t si;
	pthread_t t, w;
	int p[2], q = epoll_create1(0);
	char c;
	struct epoll_event ev;
	fd_set fds;

	sigemptyset(&none);
	sigemptyset(&usr);
	sigaddset(&usr, SIGUSR1);
	set(SIGUSR1, 0);
	pipe(p);
	count = 0;
	t = later();
	finish("read", read(p[0], &c, 1), t);
	t = later();
	finish("sleep", nanosleep(&ts, NULL), t);
	t = later();
	finish("poll", poll(NULL, 0, 2000), t);
	set(SIGUSR1, SA_RESTART);
	before = count;
	pthread_create(&w, NULL, write_later, (void *)(long)p[1]);
	t = later();
	finish("read again", read(p[0], &c, 1), t);
	pthread_join(w, NULL);
	t = later();
	finish("poll again", poll(NULL, 0, 2000), t);
	block(SIG_BLOCK, SIGUSR1);
	t = later();
	finish("ppoll", ppoll(NULL, 0, &ts, &none), t);
	t = later();
	FD_ZERO(&fds);
	finish("pselect", pselect(0, NULL, NULL, NULL, &ts, &none), t);
	t = later();
	finish("epoll_pwait", epoll_pwait(q, &ev, 1, 2000, &none), t);
	t = later();
	finish("sigsuspend", sigsuspend(&none), t);
	t = later();
	finish("sigwaitinfo", sigwaitinfo(&usr, &si) == SIGUSR1, t);
	printf("from here %d code %d\n", si.si_pid == getpid(), si.si_code);
	ts.tv_sec = 0;
	ts.tv_nsec = 1000000;
	printf("sigtimedwait %d", sigtimedwait(&usr, &si, &ts));
	printf(" %s\n", strerror(errno));
	int fd = signalfd(-1, &usr, SFD_CLOEXEC);
	struct signalfd_siginfo info;
	t = later();
	finish("signalfd", read(fd, &info, sizeof info), t);
	printf("number %u pid %d\n", info.ssi_signo, info.ssi_pid == (unsigned)getpid());
	close(fd);
	/* What is pending already is not waited for. */
	pthread_kill(main_thread, SIGUSR1);
	sigset_t pend;
	sigpending(&pend);
	printf("pending %d\n", sigismember(&pend, SIGUSR1));
	finish("pending sigsuspend", sigsuspend(&none), pthread_self());
	block(SIG_UNBLOCK, SIGUSR1);
}

/* The mask of the call is there while the handler runs; the one from before comes back behind it. */
static void masks(int sig)
{
	sigset_t s;

	pthread_sigmask(SIG_BLOCK, NULL, &s);
	printf("in handler: usr1 %d usr2 %d term %d\n", sigismember(&s, SIGUSR1), sigismember(&s, SIGUSR2), sigismember(&s, SIGTERM));
}

static void nested_masks(void)
{
	struct sigaction a = {.sa_handler = masks};
	sigset_t s, term;

	sigaction(SIGUSR1, &a, NULL);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	block(SIG_BLOCK, SIGUSR2);
	block(SIG_BLOCK, SIGUSR1);
	pthread_kill(main_thread, SIGUSR1);
	sigsuspend(&term);
	pthread_sigmask(SIG_BLOCK, NULL, &s);
	printf("behind: usr1 %d usr2 %d term %d\n", sigismember(&s, SIGUSR1), sigismember(&s, SIGUSR2), sigismember(&s, SIGTERM));
	block(SIG_UNBLOCK, SIGUSR1);
	block(SIG_UNBLOCK, SIGUSR2);
}

/* ---- alternate stacks ---- */

static __thread char *low;
static __thread int on;

static void where(int sig)
{
	char here;

	on = &here > low && &here < low + 65536;
}

static void *own_stack(void *p)
{
	stack_t ss = {.ss_sp = low = malloc(65536), .ss_size = 65536}, old;

	sigaltstack(NULL, &old);
	sigaltstack(&ss, NULL);
	raise(SIGUSR2);
	return (void *)(long)(on + 10 * (old.ss_flags == SS_DISABLE));
}

static void stacks(void)
{
	struct sigaction a = {.sa_handler = where, .sa_flags = SA_ONSTACK};
	pthread_t t[4];
	long sum = 0;

	sigaction(SIGUSR2, &a, NULL);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, own_stack, NULL);
	for (int i = 0; i < 4; i++) {
		void *r;
		pthread_join(t[i], &r);
		sum += (long)r;
	}
	printf("stacks %ld\n", sum);
}

/* ---- faults in threads ---- */

static void fault(int sig, siginfo_t *si, void *u)
{
	by_tid = syscall(SYS_gettid);
	pthread_exit((void *)((long)si->si_addr + sig));
}

static void *crash(void *p)
{
	*(volatile long *)p = 1;
	return NULL;
}

static void faults(void)
{
	struct sigaction a = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
	pthread_t t;
	void *r;

	sigaction(SIGSEGV, &a, NULL);
	for (long i = 0; i < 20; i++) {
		pthread_create(&t, NULL, crash, (void *)(64 + i));
		pthread_join(t, &r);
	}
	printf("fault %ld elsewhere %d\n", (long)r, by_tid != getpid());
	signal(SIGSEGV, SIG_DFL);
}

/* Signals of faults may be sent, too, and blocked. */
static void sent(void)
{
	int sigs[2] = {SIGSEGV, SIGBUS};
	sigset_t pend;

	for (int i = 0; i < 2; i++) {
		set(sigs[i], 0);
		count = code = 0;
		pthread_kill(main_thread, sigs[i]);
		printf("sent %d", count);
		block(SIG_BLOCK, sigs[i]);
		pthread_kill(main_thread, sigs[i]);
		sigpending(&pend);
		printf(" blocked %d pending %d", count, sigismember(&pend, sigs[i]));
		block(SIG_UNBLOCK, sigs[i]);
		sigpending(&pend);
		printf(" unblocked %d pending %d from here %d\n", count, sigismember(&pend, sigs[i]), code <= 0);
		signal(sigs[i], SIG_DFL);
	}
}

/* ---- timers ---- */

static void tick(union sigval v)
{
	value = v.sival_int;
	by_tid = syscall(SYS_gettid);
	sem_post(&got);
}

static void timers(void)
{
	struct sigevent e = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = tick, .sigev_value.sival_int = 77};
	struct itimerspec soon = {.it_value = {0, 5000000}};
	timer_t id;

	if (timer_create(CLOCK_MONOTONIC, &e, &id))
		printf("no timer: %s\n", strerror(errno));
	else {
		timer_settime(id, 0, &soon, NULL);
		sem_wait(&got);
		printf("timer %d elsewhere %d\n", value, by_tid != getpid());
		timer_delete(id);
	}
	set(SIGUSR1, SA_RESTART);
	stop = 0;
	pthread_t t;
	pthread_create(&t, NULL, spin, NULL);
	sem_wait(&ready);
	struct sigevent f = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 78};
	f._sigev_un._tid = its_tid;
	if (timer_create(CLOCK_MONOTONIC, &f, &id))
		printf("no timer: %s\n", strerror(errno));
	else {
		timer_settime(id, 0, &soon, NULL);
		sem_wait(&got);
		printf("timer %d there %d code %d\n", value, by_tid == its_tid, code);
		timer_delete(id);
	}
	stop = 1;
	pthread_join(t, NULL);
}

/* ---- identity ---- */

static void *my_gid(void *p)
{
	sem_post(&ready);
	while (!stop)
		usleep(500);
	return (void *)(long)syscall(SYS_getegid);
}

static void identity(void)
{
	pthread_t t[3];
	int same = 0;
	gid_t want = geteuid() == 0 ? 12345 : getegid();

	stop = 0;
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, my_gid, NULL);
	for (int i = 0; i < 3; i++)
		sem_wait(&ready);
	printf("setegid %d\n", setegid(want));
	stop = 1;
	for (int i = 0; i < 3; i++) {
		void *r;
		pthread_join(t[i], &r);
		same += (gid_t)(long)r == want;
	}
	printf("same in %d threads\n", same);
	if (geteuid() == 0)
		setegid(getgid());
}

/* ---- ends ---- */

static void *wait_forever(void *p)
{
	int fd[2];
	char c;

	sem_post(&ready);
	pipe(fd);
	return (void *)(long)read(fd[0], &c, 1);
}

static void *spin_forever(void *p)
{
	sem_post(&ready);
	for (;;)
		;
}

static void *end(void *how)
{
	if (how == (void *)0)
		exit(7);
	if (how == (void *)1)
		abort();
	if (how == (void *)2)
		execl("/bin/sh", "sh", "-c", "exit 9", NULL);
	if (how == (void *)3)
		*(volatile int *)8 = 1;
	if (how == (void *)4)
		kill(getpid(), SIGTERM);
	pause();
	return NULL;
}

static void ends(long how)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t t;
		for (int i = 0; i < 4; i++)
			pthread_create(&t, NULL, i & 1 ? wait_forever : spin_forever, NULL);
		for (int i = 0; i < 4; i++)
			sem_wait(&ready);
		pthread_create(&t, NULL, end, (void *)how);
		pause();
		_exit(1);
	}
	waitpid(pid, &status, 0);
	printf("end %ld: %s %d\n", how, WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	main_thread = pthread_self();
	sem_init(&ready, 0, 0);
	sem_init(&got, 0, 0);
	set(SIGUSR1, SA_RESTART);
	directed(spin);
	directed(sleeper);
	storm();
	waiting();
	nested_masks();
	stacks();
	faults();
	sent();
	timers();
	identity();
	for (int how = 0; how < 5; how++)
		ends(how);
	return 0;
}
