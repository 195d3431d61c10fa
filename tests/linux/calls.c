/* The ways into the kernel: SYSCALL, INT 80 and SYSENTER, whose way back is the vDSO's. */
#include "show.h"
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __i386__
/* As __kernel_vsyscall does it: the stack has what the vDSO takes off it, and the sixth argument on top. */
static long enter(long nr, long a, long b, long c, long d, long e, long f)
{
	long v[7] = {nr, a, b, c, d, e, f}, *p = v;

	__asm__ volatile(
		"push %%ebp\n push %%ebx\n"
		"push $1f\n"
		"mov (%%eax), %%ecx\n push %%ecx\n"
		"mov 4(%%eax), %%ebx\n mov 8(%%eax), %%ecx\n mov 12(%%eax), %%edx\n mov 16(%%eax), %%esi\n mov 20(%%eax), %%edi\n"
		"mov 24(%%eax), %%ebp\n"
		"pop %%eax\n"
		"push %%ecx\n push %%edx\n push %%ebp\n mov %%esp, %%ebp\n"
		"sysenter\n"
		"1: pop %%ebx\n pop %%ebp"
		: "+a"(p) : : "ecx", "edx", "esi", "edi", "memory");
	return (long)p;
}

static void sysenter(void)
{
	int *p;

	printf("sysenter: %d\n", enter(SYS_getpid, 0, 0, 0, 0, 0, 0) == getpid());
	p = (int *)enter(SYS_mmap2, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*p = 7;
	printf("six arguments: %d\n", *p);
	printf("none: %ld\n", enter(100000, 1, 2, 3, 4, 5, 6));
}
#else
static void sysenter(void)
{
	long r = SYS_getpid, rcx, r11;

	__asm__ volatile("std\n syscall\n 1: cld\n lea 1b(%%rip), %%rdx\n sub %%rdx, %%rcx" : "+a"(r), "=c"(rcx), "=r"(r11) : : "rdx", "r11", "memory");
	printf("syscall: %d, rcx %ld\n", r == getpid(), rcx);
	r = 100000;
	__asm__ volatile("std\n syscall\n cld\n mov %%r11, %1" : "+a"(r), "=r"(r11) : : "rcx", "r11", "memory");
	printf("none: %ld, direction %d\n", r, (int)(r11 >> 10 & 1));
}
#endif

static long int80(long nr, long a)
{
	long r = nr;

	__asm__ volatile("int $0x80" : "+a"(r) : "b"(a) : "memory");
	return r;
}

/* The processor's number, as RDTSCP and a descriptor's limit have it. */
static void processor(void)
{
	unsigned low, high, number, limit = 0;
	cpu_set_t last, all;

	sched_getaffinity(0, sizeof all, &all);
	CPU_ZERO(&last);
	for (int k = CPU_SETSIZE; k-- > 0 && !CPU_COUNT(&last);)
		if (CPU_ISSET(k, &all))
			CPU_SET(k, &last);
	sched_setaffinity(0, sizeof last, &last);
	__asm__ volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(number));
	__asm__ volatile("lsl %1, %0" : "+r"(limit) : "r"(0x7b));
	printf("processor %u %u %d\n", number, limit, (int)(number & 0xfff) == sched_getcpu());
}

int main(void)
{
	sysenter();
	processor();
	printf("int 80: %d %ld\n", int80(20, 0) == getpid(), int80(100000, 0));
	return 0;
}
