/* A hash table with open addresses. */
#include "bench.h"

enum { CAP = 1 << 15 };
static struct { uint32_t key, val; } slot[CAP];

static uint32_t *find(uint32_t key)
{
	uint32_t h = key * 2654435761u >> 17;

	while (slot[h].key && slot[h].key != key)
		h = (h + 1) % CAP;
	slot[h].key = key;
	return &slot[h].val;
}

static long work(long n)
{
	uint32_t x = 1;
	long sum = 0;

	for (long k = 0; k < n * 40000; k++) {
		x = x * 1664525 + 1013904223;
		sum += (long)++*find((x >> 12) % 20000 + 1);
	}
	return sum;
}
