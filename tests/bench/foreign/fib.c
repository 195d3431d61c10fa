/* Calls and returns. */
#include "bench.h"

__attribute__((noinline, optimize("no-optimize-sibling-calls,no-inline"))) static long fib(long n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static long work(long n)
{
	long s = 0;

	for (long k = 0; k < n * 10; k++)
		s += fib(18);
	return s;
}
