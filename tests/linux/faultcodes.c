/* What a signal's frame says of the fault: the trap's number, its error code, the address of the last page fault, which later
 * signals show too; and EFLAGS.AC, with which accesses that are not aligned raise SIGBUS. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>

#ifdef __x86_64__
#define R "r"
#define SKIP "lea -128(%%rsp), %%rsp\n" /* the red zone */
#define BACK "\nlea 128(%%rsp), %%rsp"
#define CR2(m) ((m).gregs[REG_CR2])
#define REG_PC REG_RIP
#else
#define R "e"
#define SKIP
#define BACK
#define CR2(m) ((m).cr2)
#define REG_PC REG_EIP
#endif
#define FLAGS(how) SKIP "pushf\n" how ", (%%" R "sp)\npopf" BACK
#define CLOBBERS "eax", "ecx", "edx", "esi", "memory", "cc"

static sigjmp_buf back;
static const char *what;

static void on(int sig, siginfo_t *si, void *context)
{
	__asm__ volatile(FLAGS("andl $~0x40000") : : : "memory", "cc"); /* handlers keep AC */
	ucontext_t *u = context;
	const mcontext_t *m = &u->uc_mcontext;

	printf("%s: signal %d code %d trap %d error %lx cr2 %lx address %s\n", what, sig, si->si_code, (int)m->gregs[REG_TRAPNO], (long)m->gregs[REG_ERR],
		(unsigned long)CR2(*m), sig == SIGUSR1 ? "-" : si->si_addr == (void *)m->gregs[REG_PC] ? "pc" : si->si_addr ? "other" : "none");
	if (sig != SIGUSR1)
		siglongjmp(back, 1);
}

/* One instruction with an address in [er]di. */
#define T(name, insn) do { \
	what = name; \
	if (!sigsetjmp(back, 1)) { \
		__asm__ volatile(SKIP insn BACK : : "D"(p) : CLOBBERS); \
		printf("%s: nothing\n", what); \
	} \
	__asm__ volatile("cld\nfninit"); \
} while (0)
/* The same with AC. */
#define A(name, insn) T(name, "pushf\norl $0x40000, (%%" R "sp)\npopf\n" insn "\npushf\nandl $~0x40000, (%%" R "sp)\npopf")

static void pages(void)
{
	char *none = mmap((void *)0x20000000, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	char *ro = mmap((void *)0x20002000, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	char *at[] = {(char *)16, none, ro, ro + 4096, none + 4090};

	ro[0] = 1;
	mprotect(ro, 8192, PROT_READ);
	for (unsigned k = 0; k < sizeof at / sizeof *at; k++) {
		char *p = at[k];
		printf("--- %p\n", p);
		T("load", "movl (%%" R "di), %%eax");
		T("store", "movl %%eax, (%%" R "di)");
		T("add", "addl $1, (%%" R "di)");
		T("lock add", "lock addl $1, (%%" R "di)");
		T("xchg", "xchgl %%eax, (%%" R "di)");
		T("cmpxchg", "cmpxchgl %%eax, (%%" R "di)");
		T("bts", "btsl $1, (%%" R "di)");
		T("cmp", "cmpl $1, (%%" R "di)");
		T("inc", "incb (%%" R "di)");
		T("movs", "mov %%" R "di, %%" R "si\nmovsb");
		T("stos", "stosb");
		T("rep stos", "mov $5000, %%ecx\nrep stosb");
		T("jmp", "jmp *%%" R "di");
		T("16 bytes", "movups %%xmm0, (%%" R "di)");
		T("shl", "shll $1, (%%" R "di)");
		T("shl by 0", "xor %%ecx, %%ecx\nshll %%cl, (%%" R "di)");
		T("xadd", "xaddl %%eax, (%%" R "di)");
		T("pop", "push %%" R "ax\npop (%%" R "di)");
		T("fstp", "fldz\nfstps (%%" R "di)");
	}
}

static void others(void)
{
	char *p = NULL;

	T("hlt", "hlt");
	T("int", "int $0x33");
	T("selector", "mov $0x1234, %%eax\nmov %%eax, %%fs");
	T("local selector", "mov $0x1237, %%eax\nmov %%eax, %%fs");
	T("ud2", "ud2");
	T("div", "xor %%ecx, %%ecx\ndiv %%ecx");
	T("int3", "int3");
#ifdef __x86_64__
	T("not canonical", "mov $0x8000000000000000, %%rax\nmov (%%rax), %%eax");
	T("not canonical, stack", "mov %%rbp, %%rsi\nmov $0x8000000000000000, %%rbp\nmov (%%rbp), %%eax\nmov %%rsi, %%rbp");
	T("the kernel's", "mov $0xffffffff81000000, %%rax\nmov (%%rax), %%eax");
#endif
	what = "later";
	raise(SIGUSR1);
}

static void alignment(void)
{
	static char __attribute__((aligned(64))) room[512];

	for (unsigned off = 1; off <= 8; off *= 2) {
		char *p = room + off;
		printf("--- %u\n", off);
		A("1", "movb (%%" R "di), %%al");
		A("2", "movw (%%" R "di), %%ax");
		A("4", "movl (%%" R "di), %%eax");
		A("4 stored", "movl %%eax, (%%" R "di)");
		A("8", "movq (%%" R "di), %%xmm0");
		A("16", "movups (%%" R "di), %%xmm0");
		A("16 aligned", "movaps (%%" R "di), %%xmm0");
		A("float", "flds (%%" R "di)");
		A("double", "fldl (%%" R "di)");
		A("extended", "fldt (%%" R "di)");
		A("environment", "fnstenv (%%" R "di)");
		A("fxsave", "fxsave (%%" R "di)");
		A("maskmovdqu", "pcmpeqd %%xmm1, %%xmm1\nmaskmovdqu %%xmm1, %%xmm0");
		A("movs", "mov %%" R "di, %%" R "si\nmovsl");
		A("bt", "mov $100, %%eax\nbtl %%eax, (%%" R "di)");
		A("lock", "lock addl $1, (%%" R "di)");
		A("push", "pushw (%%" R "di)\nlea 2(%%" R "sp), %%" R "sp");
		A("stack", "lea -1(%%" R "sp), %%" R "sp\nmov (%%" R "sp), %%eax\nlea 1(%%" R "sp), %%" R "sp");
	}
}

int main(void)
{
	struct sigaction a = {.sa_sigaction = on, .sa_flags = SA_SIGINFO | SA_NODEFER};

	for (int sig = 1; sig < 32; sig++)
		sigaction(sig, &a, NULL);
	what = "first";
	raise(SIGUSR1);
	pages();
	others();
	alignment();
	return 0;
}
