/* Thread-local data from the template, zeroed memory behind it, and large zeroed data whose borders are odd. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

__thread int first = 42;
__thread char text[13] = "hello, tls";
__thread __attribute__((aligned(64))) double aligned = 2.5;
__thread char zero[5003];
char big[3 * 4096 + 77], last = 7;
static const char ro[9001] = {[9000] = 5};

static unsigned sum(const char *p, size_t n)
{
	unsigned s = 0;

	while (n--)
		s += *p++ != 0;
	return s;
}

int main(void)
{
	printf("%d %s %g %d %u\n", first, text, aligned, (int)((uintptr_t)&aligned & 63), sum(zero, sizeof zero));
	printf("%u %d %d\n", sum(big, sizeof big), last, ro[9000]);
	memset(big, 1, sizeof big);
	memset(zero, 1, sizeof zero);
	first++;
	printf("%u %u %d %s\n", sum(big, sizeof big), sum(zero, sizeof zero), first, text);
	return 3;
}
