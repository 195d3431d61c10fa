/* Futexes in every operation, and what is built on them: robust mutexes whose owner thread or process has died, mutexes
 * with priority inheritance, and robust lists. */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifdef __i386__
#define TIME64 422
#else
#define TIME64 SYS_futex
#endif

static uint32_t *word; /* several, on a page that processes share */

static long futex(uint32_t *w, int op, uint32_t v, const void *t, uint32_t *w2, uint32_t v3)
{
	long r = syscall(SYS_futex, w, op, v, t, w2, v3);
	return r < 0 ? -errno : r;
}

static void say(const char *what, long r)
{
	printf("%s %ld %s\n", what, r, r < 0 ? strerror(-r) : "");
}

/* Repeats the operation until it has met so many threads: they may still be on their way into the kernel. */
static long meet(long want, uint32_t *w, int op, uint32_t v, const void *t, uint32_t *w2, uint32_t v3)
{
	long sum = 0, r = 0;

	for (int i = 0; i < 2000 && sum < want && r >= 0; i++) {
		if ((r = futex(w, op, v, t, w2, v3)) > 0)
			sum += r;
		else
			usleep(1000);
	}
	return r < 0 ? r : sum;
}

static void until(volatile int *what, int n)
{
	for (int i = 0; i < 2000 && *what < n; i++)
		usleep(1000);
}

/* ---- single operations, and their errors ---- */

static void errors(void)
{
	struct timespec soon = {0, 5000000}, bad = {0, 2000000000};
	struct { int64_t s, n; } soon64 = {0, 5000000};

	*word = 7;
	say("wait on another value", futex(word, FUTEX_WAIT, 8, NULL, NULL, 0));
	say("wait in time", futex(word, FUTEX_WAIT, 7, &soon, NULL, 0));
	say("wait private", futex(word, FUTEX_WAIT_PRIVATE, 7, &soon, NULL, 0));
	say("wait bitset", futex(word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 7, &soon, NULL, ~0u)); /* long ago */
	say("no bits", futex(word, FUTEX_WAIT_BITSET, 7, &soon, NULL, 0));
	say("bad time", futex(word, FUTEX_WAIT, 7, &bad, NULL, 0));
	errno = 0;
	say("wait 64", syscall(TIME64, word, FUTEX_WAIT, 7, &soon64, NULL, 0) < 0 ? -errno : 0);
	say("not aligned", futex((uint32_t *)((char *)word + 1), FUTEX_WAIT, 7, &soon, NULL, 0));
	say("nowhere", futex((uint32_t *)16, FUTEX_WAIT, 7, &soon, NULL, 0));
	say("bad time pointer", futex(word, FUTEX_WAIT, 7, (void *)16, NULL, 0));
	say("wake nobody", futex(word, FUTEX_WAKE, 1, NULL, NULL, 0));
	say("requeue nobody", futex(word, FUTEX_REQUEUE, 1, (void *)1, word + 1, 0));
	say("requeue another value", futex(word, FUTEX_CMP_REQUEUE, 1, (void *)1, word + 1, 8));
	say("no operation", futex(word, 77, 0, NULL, NULL, 0));
	word[1] = 3;
	/* word[1] += 4, and wake there if it was 3 */
	say("wake and add", futex(word, FUTEX_WAKE_OP, 1, (void *)1, word + 1, FUTEX_OP(FUTEX_OP_ADD, 4, FUTEX_OP_CMP_EQ, 3)));
	printf("added %u\n", word[1]);
}

/* ---- waking ---- */

static volatile int woken;

static void *wait_set(void *bits)
{
	long r = futex(word, FUTEX_WAIT_BITSET_PRIVATE, 7, NULL, NULL, (uint32_t)(long)bits);

	__atomic_fetch_add(&woken, 1, 5);
	return (void *)r;
}

static void bitsets(void)
{
	pthread_t t[4];
	long sum = 0;

	*word = 7;
	woken = 0;
	for (long i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, wait_set, (void *)(i % 2 + 1));
	say("wake bit 1", meet(2, word, FUTEX_WAKE_BITSET_PRIVATE, 10, NULL, NULL, 2));
	until(&woken, 2);
	printf("woken %d\n", woken);
	usleep(50000); /* all are asleep, so that one is woken and one moved */
	say("requeue", futex(word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)10, word + 1, 7));
	until(&woken, 3);
	printf("woken %d\n", woken);
	say("wake at the other", futex(word + 1, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0));
	for (int i = 0; i < 4; i++) {
		void *r;
		pthread_join(t[i], &r);
		sum += (long)r;
	}
	printf("waits %ld\n", sum);
}

struct waiter { uint64_t val, uaddr; uint32_t flags, nothing; };

static void *wait_many(void *p)
{
	struct waiter w[3] = {{0}};

	for (int i = 0; i < 3; i++)
		w[i] = (struct waiter){i, (uintptr_t)(word + 4 + i), 2 | 128, 0};
	errno = 0;
	long r = syscall(SYS_futex_waitv, w, 3, 0, NULL, 0);
	return (void *)(r < 0 ? -errno : r);
}

static void several(void)
{
	pthread_t t;
	void *r;

	for (int i = 0; i < 3; i++)
		word[4 + i] = i;
	pthread_create(&t, NULL, wait_many, NULL);
	say("wake the third", meet(1, word + 6, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
	pthread_join(t, &r);
	say("waited for", (long)r);
	word[5] = 9;
	say("another value", (long)wait_many(NULL));
}

/* ---- priority inheritance ---- */

static void *lock_pi(void *p)
{
	long r = futex(word, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
	int mine = (*word & FUTEX_TID_MASK) == (uint32_t)syscall(SYS_gettid);

	futex(word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
	return (void *)(r * 10 + mine);
}

static void *wait_requeue(void *p)
{
	long r = futex(word + 1, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 5, NULL, word, 0);
	int mine = (*word & FUTEX_TID_MASK) == (uint32_t)syscall(SYS_gettid);

	if (r == 0)
		futex(word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
	return (void *)(r * 10 + mine);
}

static void inherit(void)
{
	struct timespec soon = {1, 0};
	pthread_t t;
	void *r;

	*word = 0;
	word[1] = 5;
	say("lock", futex(word, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
	say("lock again", futex(word, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
	say("try again", futex(word, FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
	printf("mine %d\n", *word == (uint32_t)syscall(SYS_gettid));
	pthread_create(&t, NULL, lock_pi, NULL);
	for (int i = 0; i < 2000 && !(*(volatile uint32_t *)word & FUTEX_WAITERS); i++)
		usleep(1000);
	printf("waiters %d\n", !!(*word & FUTEX_WAITERS));
	say("unlock", futex(word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
	pthread_join(t, &r);
	printf("other %ld, free %d\n", (long)r, !(*word & FUTEX_TID_MASK));
	say("unlock not mine", futex(word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
	*word = 0;
	say("lock 2", futex(word, FUTEX_LOCK_PI2 | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0));
	pthread_create(&t, NULL, wait_requeue, NULL);
	say("requeue", meet(1, word + 1, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, (void *)1, word, 5));
	say("unlock", futex(word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
	pthread_join(t, &r);
	printf("requeued %ld\n", (long)r);
	*word = 1; /* init's: not to be waited for by this one */
	r = (void *)futex(word, FUTEX_LOCK_PI_PRIVATE, 0, &soon, NULL, 0);
	printf("of another process %d\n", (long)r < 0);
}

/* ---- owners that die ---- */

static pthread_mutex_t *shared;

static void make(int protocol)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setprotocol(&a, protocol);
	for (int i = 0; i < 3; i++)
		pthread_mutex_init(&shared[i], &a);
}

static void *die_holding(void *p)
{
	for (int i = 0; i < 3; i++)
		pthread_mutex_lock(&shared[i]);
	pthread_mutex_unlock(&shared[1]);
	return p;
}

static void look(const char *what)
{
	for (int i = 0; i < 3; i++) {
		int r = pthread_mutex_lock(&shared[i]);
		printf("%s %d", what, r);
		if (r == EOWNERDEAD && i != 2)
			printf(" consistent %d", pthread_mutex_consistent(&shared[i]));
		printf(" unlock %d", pthread_mutex_unlock(&shared[i]));
		printf(" then %d\n", r = pthread_mutex_trylock(&shared[i]));
		if (r == 0)
			pthread_mutex_unlock(&shared[i]);
	}
}

static void dead_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, die_holding, NULL);
	pthread_join(t, NULL);
	look("dead thread");
}

/* how: 0 exit_group, 1 exec, 2 a fatal signal */
static void *dies(void *how)
{
	die_holding(NULL);
	if (how == (void *)1)
		execl("/bin/true", "true", NULL);
	if (how == (void *)2)
		abort();
	_exit(0);
}

static void dead_process(long how)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t t;
		if (how == 1) /* another thread's number would change first */
			dies((void *)how);
		pthread_create(&t, NULL, dies, (void *)how);
		pthread_join(t, NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	printf("child %x\n", status & 0x7f ? 0x100 : status);
	look(how == 0 ? "exit_group" : how == 1 ? "exec" : "abort");
}

static void lists(void)
{
	void *head, *other;
	size_t n = 0;

	errno = 0;
	long r = syscall(SYS_get_robust_list, 0, &head, &n);
	printf("list %ld size %d\n", r, n == 3 * sizeof(long));
	r = syscall(SYS_get_robust_list, getpid(), &other, &n);
	printf("same %d\n", r == 0 && head == other);
	say("bad size", syscall(SYS_set_robust_list, head, 5) < 0 ? -errno : 0);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	shared = (pthread_mutex_t *)(word + 256);
	errors();
	bitsets();
	several();
	inherit();
	lists();
	for (int pi = 0; pi < 2; pi++) {
		int protocol = pi ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE;
		make(protocol);
		dead_thread();
		for (int how = 0; how < 3; how++) {
			make(protocol);
			dead_process(how);
		}
	}
	return 0;
}
