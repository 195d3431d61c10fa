/* Local descriptors: what modify_ldt says, and GS through one of them. */
#include "show.h"
#include <asm/ldt.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static long modify(int func, void *p, unsigned long n)
{
	long r = syscall(SYS_modify_ldt, func, p, n);

	return r == -1 ? -errno : (int)r;
}

static unsigned through_gs(unsigned sel, unsigned offset)
{
	unsigned v, old;

	__asm__ volatile("mov %%gs, %1\n mov %2, %%gs\n mov %%gs:(%3), %0\n mov %1, %%gs" : "=&r"(v), "=&r"(old) : "r"(sel), "r"((unsigned long)offset));
	return v;
}

static void rights(unsigned sel)
{
	unsigned r = 0, limit = 0;
	unsigned char ok;

	__asm__("lar %2, %0\n setz %1" : "+r"(r), "=q"(ok) : "r"(sel));
	__asm__("lsl %1, %0" : "+r"(limit) : "r"(sel));
	printf("selector %x: %d %x %x\n", sel, ok, r, limit);
}

int main(void)
{
	static const unsigned flags[] = {0x51, 0x11, 0x41, 0x59, 0x28, 0x71, 0x57, 0x15};
	unsigned *p = mmap((void *)0x10000000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	struct user_desc d = {0};
	unsigned char raw[64];

	p[3] = 12345;
	printf("read %ld\n", modify(0, raw, sizeof raw));
	printf("default %ld\n", modify(2, raw, 40));
	for (unsigned k = 0; k < sizeof flags / sizeof *flags; k++) {
		unsigned v[4] = {k, k ? 0x10000000 + 4 * k : 0x10000000, 0xfffff - k, flags[k]};
		memcpy(&d, v, sizeof v);
		printf("write %x: %ld\n", flags[k], modify(0x11, &d, sizeof d));
		rights(8 * k + 7);
	}
	printf("gs %u %u\n", through_gs(7, 12), through_gs(8 + 7, 8));
	printf("old %ld, far %ld, what %ld\n", modify(1, &d, 8), (d.entry_number = 8192, modify(1, &d, sizeof d)), modify(7, &d, sizeof d));
	memset(raw, 0, sizeof raw);
	printf("read %ld:", modify(0, raw, sizeof raw));
	for (unsigned k = 0; k < sizeof raw; k++)
		printf(" %02x", raw[k]);
	printf("\n");
	return 0;
}
