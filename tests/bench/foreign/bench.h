/* What the programs share: a count of rounds from the command line, and a checksum in the end. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t sum_ = 14695981039346656037ull;
static inline void mix(uint64_t v) { sum_ = (sum_ ^ v) * 1099511628211ull; }
static inline void mixd(double d) { uint64_t v; memcpy(&v, &d, 8); mix(v); }
static long work(long n);

/* `work` does n rounds; a round takes a thousandth of what a whole run does. */
int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 1000;

	mix((uint64_t)work(n));
	printf("%016llx\n", (unsigned long long)sum_);
	return 0;
}
