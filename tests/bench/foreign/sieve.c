/* Primes by Eratosthenes's sieve. */
#include "bench.h"

static unsigned char composite[20000];

static long work(long n)
{
	long count = 0;

	for (long k = 0; k < n * 4; k++) {
		memset(composite, 0, sizeof composite);
		for (unsigned i = 2; i < sizeof composite; i++) {
			if (composite[i])
				continue;
			count++;
			for (unsigned j = 2 * i; j < sizeof composite; j += i)
				composite[j] = 1;
		}
	}
	return count;
}
