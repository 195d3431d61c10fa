/* Threads that share a counter, a lock and a spin flag. */
#include <pthread.h>
#include <stdatomic.h>
#include "bench.h"

enum { THREADS = 4 };
static atomic_long counter;
static long plain, rounds;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *run(void *arg)
{
	unsigned x = (unsigned)(uintptr_t)arg + 1;

	for (long k = 0; k < rounds; k++) {
		for (int i = 0; i < 100; i++)
			x = x * 1664525 + 1013904223;
		atomic_fetch_add(&counter, (long)(x >> 31));
		if (k % 16 == 0) {
			pthread_mutex_lock(&lock);
			plain++;
			pthread_mutex_unlock(&lock);
		}
	}
	return NULL;
}

static long work(long n)
{
	pthread_t t[THREADS];

	rounds = n * 400;
	for (long k = 0; k < THREADS; k++)
		if (pthread_create(&t[k], NULL, run, (void *)k) != 0)
			exit(1);
	for (long k = 0; k < THREADS; k++)
		pthread_join(t[k], NULL);
	return counter + plain;
}
