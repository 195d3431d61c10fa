/* Quicksort that compares through a function pointer. */
#include "bench.h"

static unsigned v[2000];

static int less(const void *a, const void *b) { return *(const unsigned *)a < *(const unsigned *)b; }
static int more(const void *a, const void *b) { return *(const unsigned *)a > *(const unsigned *)b; }

static void sort(unsigned *p, long n, int (*before)(const void *, const void *))
{
	while (n > 1) {
		unsigned pivot = p[n / 2];
		long i = 0, j = n - 1;
		while (i <= j) {
			while (before(&p[i], &pivot))
				i++;
			while (before(&pivot, &p[j]))
				j--;
			if (i <= j) {
				unsigned t = p[i];
				p[i++] = p[j];
				p[j--] = t;
			}
		}
		sort(p, j + 1, before);
		p += i;
		n -= i;
	}
}

static long work(long n)
{
	int (*volatile order[2])(const void *, const void *) = { less, more };

	for (long k = 0; k < n; k++) {
		unsigned x = (unsigned)k + 1;
		for (unsigned i = 0; i < 2000; i++)
			v[i] = x = x * 1664525 + 1013904223;
		sort(v, 2000, order[k & 1]);
		mix(v[1000]);
	}
	return 0;
}
