/* stage: what single steps of a machine cost, in numbers to lay beside the native ones.
 *
 *   stage syscall          ns a call of getppid
 *   stage rewrite          ns for patching a function of two instructions and calling it
 *   stage atomics N        ns for an addition, by N threads at once to one variable of all
 *   stage apart N          likewise, each to a variable of its own
 *
 * Prints one number: processor time for the first two, the clock's for threads. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(clockid_t c)
{
	struct timespec t;

	clock_gettime(c, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double calls(void)
{
	enum { N = 1000000 };
	double start = now(CLOCK_PROCESS_CPUTIME_ID);

	for (int i = 0; i < N; i++)
		syscall(SYS_getppid);
	return (now(CLOCK_PROCESS_CPUTIME_ID) - start) / N;
}

static double rewrites(void)
{
	enum { N = 100000 };
	static const unsigned char body[] = {0xb8, 0, 0, 0, 0, 0xc3}; /* mov eax, imm32; ret */
	unsigned char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long long sum = 0;

	if (p == MAP_FAILED)
		exit(1);
	memcpy(p, body, sizeof body);
	double start = now(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < N; i++) {
		memcpy(p + 1, &i, 4);
		__asm__ volatile("" ::: "memory");
		sum += ((int (*)(void))(uintptr_t)p)();
	}
	double took = now(CLOCK_PROCESS_CPUTIME_ID) - start;
	if (sum != (long long)N * (N - 1) / 2)
		exit(1);
	return took / N;
}

enum { MAX_THREADS = 16, ADDITIONS = 20000000 };
static _Alignas(128) atomic_long counter[MAX_THREADS * 16];

static void *add(void *c)
{
	for (int i = 0; i < ADDITIONS; i++)
		atomic_fetch_add((atomic_long *)c, 1);
	return NULL;
}

static double threads(int n, int apart)
{
	pthread_t t[MAX_THREADS];
	double start = now(CLOCK_MONOTONIC);

	for (int i = 0; i < n; i++)
		if (pthread_create(&t[i], NULL, add, &counter[apart * 16 * i]) != 0)
			exit(1);
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	return (now(CLOCK_MONOTONIC) - start) / ((double)n * ADDITIONS);
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 1;
	double v;

	if (argc < 2 || n < 1 || n > MAX_THREADS)
		return 2;
	if (strcmp(argv[1], "syscall") == 0)
		v = calls();
	else if (strcmp(argv[1], "rewrite") == 0)
		v = rewrites();
	else
		v = threads(n, strcmp(argv[1], "apart") == 0);
	printf("%.1f\n", v);
	return 0;
}
