/* What the vDSO gives: the functions by name, and the same time as the kernel's. */
#include "show.h"
#include <elf.h>
#include <link.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>

static void *find(const char *name)
{
	const char *base = (void *)getauxval(AT_SYSINFO_EHDR);
	const ElfW(Ehdr) *e = (void *)base;
	const ElfW(Phdr) *p = (void *)(base + e->e_phoff);
	const ElfW(Dyn) *d = NULL;
	unsigned long load = 0;
	const ElfW(Sym) *sym = NULL;
	const char *str = NULL;
	const unsigned *hash = NULL;

	for (int i = 0; i < e->e_phnum; i++) {
		if (p[i].p_type == PT_LOAD)
			load = (unsigned long)base + p[i].p_offset - p[i].p_vaddr;
		if (p[i].p_type == PT_DYNAMIC)
			d = (void *)(base + p[i].p_offset);
	}
	for (; d->d_tag != DT_NULL; d++) {
		void *v = (void *)(load + d->d_un.d_ptr);
		if (d->d_tag == DT_SYMTAB) sym = v;
		if (d->d_tag == DT_STRTAB) str = v;
		if (d->d_tag == DT_HASH) hash = v;
	}
	if (!hash)
		return NULL;
	for (unsigned i = 0; i < hash[1]; i++)
		if (sym[i].st_shndx && strcmp(str + sym[i].st_name, name) == 0)
			return (void *)(load + sym[i].st_value);
	return NULL;
}

int main(void)
{
	int (*gettime)(clockid_t, struct timespec *) = find("__vdso_clock_gettime");
	int (*day)(struct timeval *, void *) = find("__vdso_gettimeofday");
	time_t (*seconds)(time_t *) = find("__vdso_time");
	struct timespec a, b, c;
	struct timeval tv;

	printf("found %d %d %d\n", gettime != NULL, day != NULL, seconds != NULL);
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &a);
	printf("%d\n", gettime(CLOCK_MONOTONIC, &b));
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &c);
	long long x = a.tv_sec * 1000000000ll + a.tv_nsec, y = b.tv_sec * 1000000000ll + b.tv_nsec, z = c.tv_sec * 1000000000ll + c.tv_nsec;
	printf("in order %d\n", x <= y && y <= z);
	printf("bad clock %d\n", gettime(12345, &b));
	printf("%d\n", day(&tv, NULL));
	time_t t = time(NULL), u = seconds(NULL);
	printf("near %d %d\n", u - t <= 1, tv.tv_sec - t <= 1);
	unsigned cpu = 99999;
	printf("getcpu %d", getcpu(&cpu, NULL));
	printf(" %d\n", cpu < 4096);
	long long last = 0, back = 0;
	for (int i = 0; i < 100000; i++) {
		clock_gettime(CLOCK_MONOTONIC, &a);
		long long now = a.tv_sec * 1000000000ll + a.tv_nsec;
		back += now < last;
		last = now;
	}
	printf("never back %lld\n", back);
#ifdef __i386__
	long pid;
	__asm__ volatile("call *%1" : "=a"(pid) : "r"(getauxval(AT_SYSINFO)), "a"(SYS_getpid));
	printf("by AT_SYSINFO %d\n", pid == getpid());
	printf("named %d\n", find("__kernel_vsyscall") && find("__kernel_sigreturn") && find("__kernel_rt_sigreturn"));
#endif
	return 0;
}
