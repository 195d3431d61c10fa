/* 80-bit floating point. */
#include "bench.h"

static long work(long n)
{
	long double s = 0, x = 1.0L / 3, p[16];

	for (int i = 0; i < 16; i++)
		p[i] = 1.0L / (i + 1);
	for (long k = 0; k < n * 4000; k++) {
		long double t = 0;
		for (int i = 0; i < 16; i++)
			t = t * x + p[i];
		s += t / (x + 2);
		x = t - (int)t;
	}
	mixd((double)s);
	return 0;
}
