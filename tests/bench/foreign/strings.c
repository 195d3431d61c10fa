/* The C library's memcpy, strlen, memchr, strcmp. */
#include "bench.h"

static char from[1 << 14], to[1 << 14];

static long work(long n)
{
	static const int size[] = { 3, 8, 17, 40, 100, 300, 1000, 5000, 16000 };
	long sum = 0;
	void *(*volatile copy)(void *, const void *, size_t) = memcpy;
	size_t (*volatile length)(const char *) = strlen;
	int (*volatile compare)(const char *, const char *) = strcmp;
	void *(*volatile find)(const void *, int, size_t) = memchr;

	for (int i = 0; i < (int)sizeof from; i++)
		from[i] = (char)('a' + i % 25);
	for (long r = 0; r < n * 120; r++)
		for (unsigned k = 0; k < sizeof size / sizeof *size; k++) {
			int m = size[k];
			copy(to, from, (size_t)m);
			to[m] = 0;
			sum += (long)length(to) + compare(to, from);
			sum += (char *)find(from, 'y', (size_t)m) != NULL;
		}
	return sum;
}
