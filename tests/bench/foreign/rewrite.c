/* Code that rewrites itself: a function is patched, called some thousand times, patched again. */
#include <sys/mman.h>
#include "bench.h"

static long work(long n)
{
	static const unsigned char body[] = { 0xb8, 0, 0, 0, 0, /* mov eax, imm32 */ 0x05, 1, 0, 0, 0, /* add eax, 1 */ 0xc3 };
	unsigned char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long sum = 0;

	if (p == MAP_FAILED)
		return -1;
	memcpy(p, body, sizeof body);
	for (long k = 0; k < n * 4; k++) {
		int v = (int)(k & 1023);
		memcpy(p + 1, &v, 4);
		__asm__ volatile("" ::: "memory");
		for (int i = 0; i < 10000; i++)
			sum += ((int (*)(void))(uintptr_t)p)() + i;
	}
	return sum & 0x7fffffff;
}
