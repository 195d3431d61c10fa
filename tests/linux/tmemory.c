/* Memory and several threads: mapping and unmapping beside each other, calls into memory that goes away, code that is
 * written by one thread and run by others, forks while others allocate, programs executed from a thread. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N = 4, PAGE = 4096, RWX = PROT_READ | PROT_WRITE | PROT_EXEC };

static pthread_t th[N];

static long run(void *(*fn)(void *))
{
	long sum = 0;

	for (long i = 0; i < N; i++)
		pthread_create(&th[i], NULL, fn, (void *)i);
	for (int i = 0; i < N; i++) {
		void *r;
		pthread_join(th[i], &r);
		sum += (long)r;
	}
	return sum;
}

static char *map(size_t n, int prot)
{
	return mmap(NULL, n, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* ---- mapping ---- */

static void *map_much(void *p)
{
	long bad = 0;

	for (int i = 0; i < 400; i++) {
		size_t n = PAGE * (1 + (i + (long)p) % 7);
		char *m = map(n, PROT_READ | PROT_WRITE);
		bad += m[0] || m[n - 1];
		memset(m, 1 + (int)(long)p, n);
		mprotect(m, PAGE, PROT_READ);
		bad += m[0] != 1 + (long)p || m[n - 1] != 1 + (long)p;
		mprotect(m, PAGE, PROT_READ | PROT_WRITE);
		char *q = mremap(m, n, 2 * n, MREMAP_MAYMOVE);
		bad += q[n - 1] != 1 + (long)p || q[2 * n - 1];
		munmap(q, 2 * n);
	}
	return (void *)bad;
}

static void *allocate(void *p)
{
	char *m[64] = {0};
	long bad = 0;
	unsigned seed = (unsigned)(long)p;

	for (int i = 0; i < 4000; i++) {
		seed = seed * 1103515245 + 12345;
		int k = seed >> 8 & 63;
		size_t n = 16 + (seed >> 16) % 5000;
		if (m[k])
			bad += m[k][0] != (char)k;
		free(m[k]);
		m[k] = malloc(n);
		memset(m[k], k, n);
	}
	for (int k = 0; k < 64; k++)
		free(m[k]);
	return (void *)bad;
}

/* ---- calls into memory that comes and goes: EFAULT or done, nothing else ---- */

static char *shifting;
static volatile int stop;

static void *shift(void *p)
{
	while (!stop) {
		mmap(shifting, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		mprotect(shifting, PAGE, PROT_READ);
		mprotect(shifting, PAGE, PROT_NONE);
	}
	return NULL;
}

static void into_shifting(void)
{
	pthread_t t;
	int z = open("/dev/zero", O_RDONLY), odd = 0;
	struct timespec ts;

	shifting = map(PAGE, PROT_READ | PROT_WRITE);
	stop = 0;
	pthread_create(&t, NULL, shift, NULL);
	for (int i = 0; i < 2000; i++) {
		long r = read(z, shifting, PAGE);
		odd += r < 0 ? errno != EFAULT : r != PAGE && r > PAGE;
		r = syscall(SYS_clock_gettime, CLOCK_MONOTONIC, shifting + 8);
		odd += r < 0 && errno != EFAULT;
		r = access(shifting, F_OK);
		odd += r == 0 || (errno != EFAULT && errno != ENOENT);
		r = syscall(SYS_futex, shifting, 0, 1, NULL, NULL, 0);
		odd += r == 0 || (errno != EFAULT && errno != EAGAIN);
	}
	stop = 1;
	pthread_join(t, NULL);
	close(z);
	printf("shifting: odd %d\n", odd);
}

static __thread sigjmp_buf back;

static void caught(int sig)
{
	siglongjmp(back, 1);
}

static void *touch(void *p)
{
	volatile long faults = 0, values = 0;

	for (int i = 0; i < 300; i++)
		if (sigsetjmp(back, 1) == 0) {
			shifting[(long)p * 8] = 1;
			values++;
		} else
			faults++;
	return (void *)(faults + values);
}

static void touch_shifting(void)
{
	pthread_t t;
	struct sigaction a = {.sa_handler = caught};

	sigaction(SIGSEGV, &a, NULL);
	stop = 0;
	pthread_create(&t, NULL, shift, NULL);
	printf("touched %ld\n", run(touch));
	stop = 1;
	pthread_join(t, NULL);
	signal(SIGSEGV, SIG_DFL);
}

/* ---- code ---- */

/* mov eax, n; ret */
static void emit(unsigned char *at, int n)
{
	at[0] = 0xb8;
	memcpy(at + 1, &n, 4);
	at[5] = 0xc3;
}

typedef int Fn(void);

/* Each thread has its own page of code and writes it again and again. */
static void *own_code(void *p)
{
	unsigned char *code = (unsigned char *)map(PAGE, RWX);
	long bad = 0;

	for (int i = 0; i < 500; i++) {
		emit(code + i % 8 * 16, i);
		bad += ((Fn *)(code + i % 8 * 16))() != i;
	}
	munmap(code, PAGE);
	return (void *)bad;
}

/* All have the same page, each its own function there, with data between. */
static unsigned char *shared;

static void *same_page(void *p)
{
	unsigned char *mine = shared + (long)p * 64;
	volatile int *data = (int *)(shared + (long)p * 64 + 32);
	long bad = 0;

	*data = 0;
	for (int i = 0; i < 3000; i++) {
		emit(mine, i);
		++*data;
		bad += ((Fn *)mine)() != i;
		bad += *data != i + 1;
	}
	return (void *)bad;
}

/* One patches an instruction's number with one store, the others run it: they see old or new ones, never less than
 * before, and the last one for certain. */
static void *patch(void *p)
{
	if (p == NULL) {
		for (int i = 1; i <= 1000; i++) {
			__atomic_store_n((int *)(shared + 4), i, __ATOMIC_SEQ_CST);
			if (i % 16 == 0)
				sched_yield();
		}
		return NULL;
	}
	long bad = 0;
	for (int last = 0, now; last < 1000; last = now) {
		now = ((Fn *)(shared + 3))();
		bad += now < last;
	}
	return (void *)bad;
}

/* Data beside code that runs: no store is lost. */
static void *beside(void *p)
{
	volatile unsigned *counter = (unsigned *)(shared + 2048 + (long)p * 4);
	long bad = 0;

	for (int i = 0; i < 2000; i++) {
		if (p) {
			++*counter;
			if (i % 8 == 0) /* ... nor one by the kernel */
				bad += syscall(SYS_clock_gettime, CLOCK_MONOTONIC, shared + 3072 + (long)p * 64) != 0;
		} else if (i % 4 == 0)
			bad += ((Fn *)(shared + i % 64 * 16))() != i % 64;
	}
	return (void *)(bad + (p ? *counter - 2000 : 0));
}

/* The kernel writes into a page while code there runs: read must not fail for that. */
static int feed[2];

static void *read_beside(void *p)
{
	long bad = 0;

	for (int i = 0; i < 200; i++) {
		char *to = (char *)shared + 2048;
		bad += read(feed[0], to, 8) != 8 || memcmp(to, "12345678", 8) != 0;
		memset(to, 0, 8);
	}
	stop = 1;
	return (void *)bad;
}

static void *run_beside(void *p)
{
	long bad = 0;

	for (int i = 0; !stop; i++)
		bad += ((Fn *)(shared + i % 64 * 16))() != i % 64;
	return (void *)bad;
}

static void reading(void)
{
	pthread_t r, c;
	void *bad[2];

	stop = 0;
	pipe(feed);
	pthread_create(&r, NULL, read_beside, NULL);
	pthread_create(&c, NULL, run_beside, NULL);
	for (int i = 0; i < 200; i++) {
		usleep(i % 4 * 100);
		if (write(feed[1], "12345678", 8) != 8)
			printf("write\n");
	}
	pthread_join(r, &bad[0]);
	pthread_join(c, &bad[1]);
	printf("reading beside code: bad %ld %ld\n", (long)bad[0], (long)bad[1]);
}

static void code(void)
{
	printf("own code: bad %ld\n", run(own_code));
	shared = (unsigned char *)map(PAGE, RWX);
	printf("same page: bad %ld\n", run(same_page));
	emit(shared + 3, 0); /* its number is aligned */
	printf("patched: bad %ld\n", run(patch));
	for (int i = 0; i < 64; i++)
		emit(shared + i * 16, i);
	printf("beside: bad %ld\n", run(beside));
	reading();
}

/* ---- processes ---- */

static void *churn(void *p)
{
	while (!stop)
		free(malloc(100 + (long)p));
	return NULL;
}

static void forks(void)
{
	int good = 0, status;

	stop = 0;
	for (long i = 0; i < N; i++)
		pthread_create(&th[i], NULL, churn, (void *)i);
	for (int i = 0; i < 30; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			char *m = malloc(5000); /* libc's locks are free */
			pthread_t t;
			memset(m, 1, 5000);
			stop = 1;
			if (pthread_create(&t, NULL, churn, NULL) || pthread_join(t, NULL))
				_exit(2);
			exit(3);
		}
		waitpid(pid, &status, 0);
		good += WIFEXITED(status) && WEXITSTATUS(status) == 3;
	}
	stop = 1;
	for (int i = 0; i < N; i++)
		pthread_join(th[i], NULL);
	printf("forks %d\n", good);
}

static void *fork_and_exit(void *p)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (p)
			pthread_exit(NULL); /* the last thread: status 0 */
		_exit(5);
	}
	waitpid(pid, &status, 0);
	return (void *)(long)WEXITSTATUS(status);
}

static void *execute(void *p)
{
	usleep(1000);
	execl("/bin/sh", "sh", "-c", "exit 6", NULL);
	return NULL;
}

static void programs(void)
{
	extern char **environ;
	char *sh[] = {"sh", "-c", "exit 4", NULL};
	int status;
	pid_t pid;

	printf("forks in threads %ld\n", run(fork_and_exit));
	pid = fork();
	if (pid == 0) {
		run(execute);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	printf("exec %d\n", WEXITSTATUS(status));
	printf("spawn %d", posix_spawn(&pid, "/bin/sh", NULL, NULL, sh, environ));
	waitpid(pid, &status, 0);
	printf(" status %d\n", WEXITSTATUS(status));
	printf("spawn nothing %d\n", posix_spawn(&pid, "/does/not/exist", NULL, NULL, sh, environ));
}

/* vfork's child writes its parent's memory. */
static void vforks(void)
{
	static volatile int seen;
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		seen = 42;
		_exit(8);
	}
	waitpid(pid, &status, 0);
	printf("vfork %d %d\n", seen, WEXITSTATUS(status));
}

/* Its child has its own memory again, and threads. */
static void deep_vforks(void)
{
	static volatile int seen;
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		pid_t child = fork();
		if (child == 0) {
			pthread_t t;
			char *old = sbrk(0);
			seen = 1;
			sbrk(1 << 20);
			memset(old, 1, 1 << 20);
			stop = 1;
			_exit(pthread_create(&t, NULL, churn, NULL) || pthread_join(t, NULL) ? 1 : 7);
		}
		waitpid(child, &status, 0);
		_exit(WIFSIGNALED(status) ? 100 + WTERMSIG(status) : WEXITSTATUS(status) + 1);
	}
	waitpid(pid, &status, 0);
	printf("deep vfork %d %d\n", seen, WEXITSTATUS(status));
}

/* clone with memory in common and without waiting */
static volatile int cloned;

static int clone_fn(void *p)
{
	cloned = 1 + (getppid() == (pid_t)(long)p);
	return 9;
}

static void clones(void)
{
	int status;
	char *stack = map(65536, PROT_READ | PROT_WRITE);
	pid_t pid = clone(clone_fn, stack + 65536, CLONE_VM | SIGCHLD, (void *)(long)getpid());

	if (pid < 0)
		printf("clone: %s\n", strerror(errno));
	waitpid(pid, &status, 0);
	printf("clone %d %d\n", cloned, WEXITSTATUS(status));
}

/* ---- limits ---- */

static void *idle(void *p)
{
	while (!stop)
		usleep(1000);
	return NULL;
}

static void limits(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct rlimit r = {.rlim_cur = 3u << 30, .rlim_max = 3u << 30};
		pthread_t t[400];
		pthread_attr_t a;
		int n = 0, bad = 0;
		pthread_attr_init(&a);
		pthread_attr_setstacksize(&a, 256 << 20);
		if (sizeof(long) == 8) /* the VM of an i386 program needs more than the program */
			setrlimit(RLIMIT_AS, &r);
		stop = 0;
		while (n < 400 && !(bad = pthread_create(&t[n], &a, idle, NULL)))
			n++;
		stop = 1;
		printf("some %d then %s\n", n > 0, strerror(bad));
		for (int i = 0; i < n; i++)
			pthread_join(t[i], NULL);
		printf("again %d\n", pthread_create(&t[0], &a, idle, NULL));
		pthread_join(t[0], NULL);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	printf("limits %d\n", status);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	printf("mapping: bad %ld\n", run(map_much));
	printf("allocating: bad %ld\n", run(allocate));
	into_shifting();
	touch_shifting();
	code();
	forks();
	programs();
	vforks();
	deep_vforks();
	clones();
	limits();
	return 0;
}
