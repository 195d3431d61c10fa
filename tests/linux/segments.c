/* i386: segments that are not flat, by thread descriptors and local ones: limits, those that grow down, what may be written,
 * empty selectors, bases of all; and what is hidden in a register when its descriptor changes. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <asm/ldt.h>

#ifdef __i386__
static sigjmp_buf back;

static void on(int sig, siginfo_t *si, void *context)
{
	ucontext_t *u = context;

	printf(" signal %d code %d trap %d error %x\n", sig, si->si_code, u->uc_mcontext.gregs[REG_TRAPNO], u->uc_mcontext.gregs[REG_ERR]);
	siglongjmp(back, 1);
}

static struct user_desc desc(unsigned entry, unsigned base, unsigned limit, unsigned flags)
{
	struct user_desc d;
	unsigned v[4] = {entry, base, limit, flags};

	memcpy(&d, v, sizeof d);
	return d;
}

static int local(unsigned entry, unsigned base, unsigned limit, unsigned flags)
{
	struct user_desc d = desc(entry, base, limit, flags);

	return syscall(SYS_modify_ldt, 0x11, &d, sizeof d);
}

static int thread(unsigned entry, unsigned base, unsigned limit, unsigned flags)
{
	struct user_desc d = desc(entry, base, limit, flags);
	int r = syscall(SYS_set_thread_area, &d);

	printf("thread area %u %x: %d", entry == ~0u ? 0 : entry, flags, r);
	d.base_addr = d.limit = 0;
	r = syscall(SYS_get_thread_area, &d);
	memcpy(&flags, (char *)&d + 12, 4);
	printf(", %d: %x %x %x\n", r, d.base_addr, d.limit, flags);
	return d.entry_number * 8 + 3;
}

/* %0 is eax, %1 sel in ebx, %2 at in edx. */
#define TRY(what, insn, sel, at) do { \
	printf("%s:", what); \
	if (!sigsetjmp(back, 1)) { \
		unsigned v = 0; \
		__asm__ volatile(insn : "+a"(v) : "b"(sel), "d"(at) : "ecx", "esi", "edi", "memory", "cc"); \
		printf(" %x\n", v); \
	} \
} while (0)

static void through_fs(unsigned sel, const unsigned *at, unsigned n)
{
	printf("--- selector %x\n", sel);
	for (unsigned k = 0; k < n; k++) {
		printf("%x ", at[k]);
		TRY("load", "mov %1, %%fs\nmovl %%fs:(%2), %0", sel, at[k]);
		TRY("byte", "mov %1, %%fs\nmovzbl %%fs:(%2), %0", sel, at[k]);
		TRY("store", "mov %1, %%fs\nmovl %0, %%fs:(%2)", sel, at[k]);
		TRY("add", "mov %1, %%fs\naddl $1, %%fs:(%2)", sel, at[k]);
		TRY("vector", "mov %1, %%fs\nmovups %%fs:(%2), %%xmm0", sel, at[k]);
		TRY("x87", "mov %1, %%fs\nfilds %%fs:(%2)\nfstp %%st", sel, at[k]);
		TRY("lods", "mov %1, %%fs\nmov %2, %%esi\nfs lodsl", sel, at[k]);
	}
}

/* A loop that becomes hot before the segment changes under it. */
static void warm(unsigned sel)
{
	unsigned sum = 0, k = 0;

	__asm__ volatile("mov %2, %%fs\n1: addl %%fs:(,%1,4), %0\ninc %1\nand $3, %1\njnz 1b\nsubl $1, 16(%3)\njnz 1b" : "+r"(sum), "+r"(k) : "r"(sel), "r"(0x10000000) : "memory", "cc");
	printf("sum %u\n", sum);
}

static void others(unsigned sel, unsigned low)
{
	printf("--- es, ds, ss %x\n", sel);
	TRY("es", "push %%es\nmov %1, %%es\nmov %2, %%edi\nmov $3, %%ecx\nrep stosl\npop %%es\nmov %%ecx, %0", sel, low);
	__asm__ volatile("push %ss\npop %es");
	TRY("ds", "push %%ds\nmov %1, %%ds\nmovl (%2), %0\npop %%ds", sel, low);
	__asm__ volatile("push %ss\npop %ds");
	TRY("es past", "push %%es\nmov %1, %%es\nmov %2, %%edi\nmov $3000, %%ecx\nrep stosl\npop %%es\nmov %%ecx, %0", sel, low);
	__asm__ volatile("push %ss\npop %es");
}

static void stack(unsigned sel, unsigned top)
{
	printf("--- stack %x\n", sel);
	TRY("ss", "mov %%ss, %%ecx\nmov %%esp, %%edi\nmov %1, %%ss\nmov %2, %%esp\npush $77\npush $78\npop %0\ncall 1f\n1: pop %%esi\npush %%ebp\nmov %%esp, %%ebp\nenter $8, $0\nleave\nmovl (%%ebp), %%esi\npop %%ebp\nmov %%ecx, %%ss\nmov %%edi, %%esp",
		sel, top);
}

int main(void)
{
	static const unsigned at[] = {0, 4, 12, 13, 0xffc, 0xffd, 0xfff, 0x1000, 0x1ffc, 0x1ffd, 0xfffc, 0xffff, 0x10000, 0xfffffffc}, empty = 0;
	unsigned *p = mmap((void *)0x10000000, 0x4000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	struct sigaction a = {.sa_sigaction = on, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
	static char room[65536];
	stack_t alt = {.ss_sp = room, .ss_size = sizeof room};

	setvbuf(stdout, NULL, _IONBF, 0);
	sigaltstack(&alt, NULL);
	sigaction(SIGSEGV, &a, NULL);
	sigaction(SIGBUS, &a, NULL);
	for (unsigned k = 0; k < 0x1000; k++)
		p[k] = k + 1;
	unsigned t = thread(~0u, 0x10000000, 15, 0x41), f;
	p[4] = 20000;
	warm(t);
	through_fs(t, at, 5);
	p[4] = 20000;
	warm(t);
	thread(t / 8, 0x10000000, 0xfffff, 0x51);
	through_fs(t, at, 5);
	__asm__ volatile("mov %0, %%fs" : : "r"(t));
	thread(t / 8, 0x10000004, 11, 0x41); /* a register that has it gets it */
	TRY("reloaded", "movl %%fs:(%2), %0", 0, 0);
	TRY("reloaded", "movl %%fs:(%2), %0", 0, 12);
	thread(t / 8, 0, 0, 0x28);
	__asm__ volatile("mov %%fs, %0" : "=r"(f));
	printf("fs %x\n", f);
	through_fs(empty, at, 2);
	thread(t / 8, 0, 0, 0x79);
	thread(t / 8, 0, 0, 0x45);
	thread(99, 0, 0, 0x51);
	static const struct { unsigned base, limit, flags; } ldt[] = {
		{0x10000000, 0xfff, 0x41}, {0x10000000, 0xfff, 0x43}, {0x10000000, 1, 0x51}, {0x10000000, 0, 0x53}, {0x10000000, 0xfff, 0x49},
		{0x10000000, 0xfff, 0x45}, {0x10000000, 0xfff, 0x4d}, {0x10000000, 0x7ff, 0x42}, {0x10000000, 0xfff, 0x61}, {0, 0xfffff, 0x51}
	};
	for (unsigned k = 0; k < sizeof ldt / sizeof *ldt; k++) {
		printf("local %d\n", local(k, ldt[k].base, ldt[k].limit, ldt[k].flags));
		through_fs(8 * k + 7, at, sizeof at / sizeof *at);
	}
	others(7, 16);
	others(15, 0x1000);
	others(3 * 8 + 7, 0x1000);
	stack(2 * 8 + 7, 0x1800);
	stack(3 * 8 + 7, 0x3000);
	stack(7, 0x1800);
	stack(6 * 8 + 7, 0x1800);
	stack(9 * 8 + 7, 0x10001800);
	__asm__ volatile("mov %0, %%ds\nmov %0, %%es" : : "r"(9 * 8 + 7));
	local(9, 0, 0xffffe, 0x51);
	__asm__ volatile("mov %%ds, %0" : "=r"(f));
	printf("ds %x\n", f);
	return 0;
}
#else
int main(void) { return 0; }
#endif
