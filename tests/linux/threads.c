/* Threads: creation and joining, in storms too; mutexes, conditions, locks for readers, barriers, semaphores, thread-local
 * variables, atomics of every width, thread numbers, and cancelling. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { N = 8 };

static pthread_t th[N];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static __thread long own = 5;
static __thread char big[3000];

static void all(void *(*fn)(void *))
{
	for (long i = 0; i < N; i++)
		if (pthread_create(&th[i], NULL, fn, (void *)i))
			printf("no thread\n");
}

static long join_all(void)
{
	long sum = 0;

	for (int i = 0; i < N; i++) {
		void *r;
		pthread_join(th[i], &r);
		sum += (long)r;
	}
	return sum;
}

/* ---- creation ---- */

static void *twice(void *p)
{
	own += (long)p;
	memset(big, (int)own, sizeof big);
	return (void *)(2 * own + big[2999]);
}

static void storm(void)
{
	long sum = 0;

	for (int k = 0; k < 1250; k++) { /* 10,000 threads */
		all(twice);
		sum += join_all();
	}
	printf("storm %ld own %ld\n", sum, own);
}

static void *detached(void *p)
{
	sem_post(p);
	return NULL;
}

static void many_at_once(void)
{
	pthread_attr_t a;
	pthread_t t;
	sem_t s;
	int n = 0;

	sem_init(&s, 0, 0);
	pthread_attr_init(&a);
	pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&a, 65536);
	for (int i = 0; i < 300; i++)
		n += pthread_create(&t, &a, detached, &s) == 0;
	for (int i = 0; i < n; i++)
		sem_wait(&s);
	printf("detached %d\n", n);
}

/* ---- locks ---- */

static long counter;

static void *count(void *p)
{
	for (int i = 0; i < 3000; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static int turn;

static void *take_turns(void *p)
{
	for (int round = 0; round < 50; round++) {
		pthread_mutex_lock(&lock);
		while (turn % N != (long)p)
			pthread_cond_wait(&cond, &lock);
		turn++;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static long pair[2];

static void *read_and_write(void *p)
{
	long bad = 0;

	for (int i = 0; i < 500; i++) {
		if ((i + (long)p) % 4 == 0) {
			pthread_rwlock_wrlock(&rw);
			pair[0]++;
			pair[1]--;
		} else {
			pthread_rwlock_rdlock(&rw);
			bad += pair[0] + pair[1] != 0;
		}
		pthread_rwlock_unlock(&rw);
	}
	return (void *)bad;
}

static pthread_barrier_t barrier;
static int stage[N];

static void *march(void *p)
{
	long bad = 0, serial = 0;

	for (int k = 1; k <= 30; k++) {
		stage[(long)p] = k;
		serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
		for (int i = 0; i < N; i++)
			bad += stage[i] != k;
		pthread_barrier_wait(&barrier);
	}
	return (void *)(serial + 1000 * bad);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int inits;

static void init(void)
{
	usleep(1000);
	inits++;
}

static void *only_once(void *p)
{
	pthread_once(&once, init);
	return (void *)(long)inits;
}

static void timed(void)
{
	struct timespec ts;
	pthread_mutexattr_t a;
	pthread_mutex_t m;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += 20000000;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	pthread_mutex_lock(&lock);
	printf("condition %d\n", pthread_cond_timedwait(&cond, &lock, &ts) == ETIMEDOUT);
	pthread_mutex_unlock(&lock);
	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&m, &a);
	pthread_mutex_lock(&m);
	printf("again %d\n", pthread_mutex_lock(&m));
	printf("timed %d\n", pthread_mutex_timedlock(&m, &ts));
	pthread_mutex_unlock(&m);
	printf("not mine %d\n", pthread_mutex_unlock(&m));
}

/* ---- atomics ---- */

static uint8_t a8;
static uint16_t a16;
static uint32_t a32, spin, bits;
static uint64_t a64;
/* Across a cache line's end, as x86 allows. */
static struct { char pad[62]; uint32_t v; } __attribute__((packed, aligned(64))) split;
static volatile long unlocked_a, unlocked_b;

static void *atomics(void *p)
{
	for (int i = 0; i < 2000; i++) {
		__atomic_fetch_add(&a8, 1, 5);
		__atomic_fetch_add(&a16, 3, 5);
		__atomic_fetch_sub(&a32, 1, 5);
		__atomic_fetch_add(&a64, 0x100000001ull, 5);
		__asm__ volatile("lock incl %0" : "+m"(split.v));
		__asm__ volatile("lock xorl %1, %0" : "+m"(bits) : "r"(1u << (long)p));
		while (__atomic_exchange_n(&spin, 1, 5))
			sched_yield();
		unlocked_a++;
		unlocked_b--;
		__atomic_store_n(&spin, 0, 5);
	}
	return NULL;
}

/* ---- memory order: what one thread stores in order, another sees in order ---- */

static volatile long data, flag;

static void *publish(void *p)
{
	for (long i = 1; i <= 20000; i++) {
		data = i;
		flag = i;
	}
	return NULL;
}

static void *observe(void *p)
{
	long bad = 0, f;

	do {
		f = flag;
		bad += data < f;
	} while (f < 20000);
	return (void *)bad;
}

static void ordered(void)
{
	pthread_t w, r;
	void *bad;

	pthread_create(&r, NULL, observe, NULL);
	pthread_create(&w, NULL, publish, NULL);
	pthread_join(w, NULL);
	pthread_join(r, &bad);
	printf("out of order %ld\n", (long)bad);
}

/* ---- the rest ---- */

static void *numbers(void *p)
{
	return (void *)(long)(syscall(SYS_gettid) != getpid());
}

static void cleanup(void *p)
{
	++*(int *)p;
}

static int cleaned;

static void *forever(void *p)
{
	pthread_cleanup_push(cleanup, &cleaned);
	if (p)
		for (;;)
			pause();
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	for (;;)
		;
	pthread_cleanup_pop(0);
	return NULL;
}

static void cancelled(void *arg)
{
	pthread_t t;
	void *r;

	pthread_create(&t, NULL, forever, arg);
	usleep(3000);
	pthread_cancel(t);
	pthread_join(t, &r);
	printf("cancelled %d cleaned %d\n", r == PTHREAD_CANCELED, cleaned);
}

static pthread_key_t key;

static void destroy(void *p)
{
	pthread_mutex_lock(&lock);
	counter += (long)p;
	pthread_mutex_unlock(&lock);
}

static void *with_key(void *p)
{
	pthread_setspecific(key, (void *)((long)p + 1));
	pthread_exit(pthread_getspecific(key));
}

static void *last(void *p)
{
	usleep(20000);
	printf("the first thread has gone\n");
	return NULL;
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	storm();
	many_at_once();
	all(count);
	join_all();
	printf("counter %ld\n", counter);
	all(take_turns);
	join_all();
	printf("turns %d\n", turn);
	all(read_and_write);
	long torn = join_all();
	printf("torn %ld, %ld\n", torn, pair[0]);
	pthread_barrier_init(&barrier, NULL, N);
	all(march);
	printf("barrier %ld\n", join_all());
	all(only_once);
	printf("once %ld\n", join_all());
	timed();
	all(atomics);
	join_all();
	printf("atomics %u %u %u %llx %u %u %ld %ld\n", a8, a16, a32, (long long)a64, split.v, bits, unlocked_a, unlocked_b);
	ordered();
	all(numbers);
	printf("numbers %ld\n", join_all());
	cancelled(NULL);
	cancelled("asleep");
	counter = 0;
	pthread_key_create(&key, destroy);
	all(with_key);
	printf("keys %ld", join_all());
	printf(" %ld\n", counter);
	pthread_create(&th[0], NULL, last, NULL);
	pthread_exit(NULL);
}
