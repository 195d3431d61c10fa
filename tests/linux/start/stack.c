/* What a process finds at its first instruction: registers, and the stack that the kernel has laid out.  No libc: the
 * entry is ours.  Addresses are printed relative to what they belong to, so that two runs can be compared. */
typedef unsigned long word;

enum { NULL_ = 0, PHDR = 3, BASE = 7, ENTRY = 9, UID = 11, EGID = 14, PLATFORM = 15, HWCAP = 16, RANDOM = 25, HWCAP2 = 26,
	RSEQ_SIZE = 27, RSEQ_ALIGN = 28, EXECFN = 31, SYSINFO = 32, SYSINFO_EHDR = 33, MINSIGSTKSZ = 51 };

word entry_regs[32];
static word headers; /* where the program headers are */

#ifdef __x86_64__
#define SYS_WRITE 1
#define SYS_EXIT 60
static const char names[][6] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8", "r9", "r10", "r11", "r12", "r13",
	"r14", "r15", "flags", "cs", "ss", "ds", "es", "fs", "gs", ""};
__asm__(".globl _start\n_start:\n"
	"lea entry_regs(%rip), %r11\n" /* r11 is lost: it is what SYSRET destroys, too */
	"mov %rax, (%r11); mov %rbx, 8(%r11); mov %rcx, 16(%r11); mov %rdx, 24(%r11); mov %rsi, 32(%r11)\n"
	"mov %rdi, 40(%r11); mov %rbp, 48(%r11); mov %r8, 56(%r11); mov %r9, 64(%r11); mov %r10, 72(%r11)\n"
	"mov %r12, 88(%r11); mov %r13, 96(%r11); mov %r14, 104(%r11); mov %r15, 112(%r11)\n"
	"pushf; popq 120(%r11); movw %cs, 128(%r11); movw %ss, 136(%r11); movw %ds, 144(%r11); movw %es, 152(%r11)\n"
	"movw %fs, 160(%r11); movw %gs, 168(%r11); mov %rsp, %rdi; and $-16, %rsp; call body\n");
static long call3(long n, long a, long b, long c)
{
	long r;
	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return r;
}
#else
#define SYS_WRITE 4
#define SYS_EXIT 1
/* An array of arrays: nobody relocates pointers here. */
static const char names[][6] = {"eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "flags", "cs", "ss", "ds", "es", "fs", "gs", ""};
__asm__(".globl _start\n_start:\n"
	"pushl %eax; pushf; call 1f\n1: popl %eax; add $(entry_regs - 1b), %eax\n"
	"movl %ebx, 4(%eax); movl %ecx, 8(%eax); movl %edx, 12(%eax); movl %esi, 16(%eax); movl %edi, 20(%eax); movl %ebp, 24(%eax)\n"
	"popl 28(%eax); popl (%eax); movw %cs, 32(%eax); movw %ss, 36(%eax); movw %ds, 40(%eax); movw %es, 44(%eax)\n"
	"movw %fs, 48(%eax); movw %gs, 52(%eax); movl %esp, %eax; and $-16, %esp; sub $12, %esp; pushl %eax; call body\n");
static long call3(long n, long a, long b, long c)
{
	long r;
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(n), "b"(a), "c"(b), "d"(c) : "memory");
	return r;
}
#endif

static void put(const char *s)
{
	long n = 0;

	while (s[n])
		n++;
	call3(SYS_WRITE, 1, (long)s, n);
}

static void hex(const char *name, word v)
{
	char buf[20], *p = buf + 19;

	*p = 0;
	do
		*--p = "0123456789abcdef"[v & 15];
	while (v >>= 4);
	put(name);
	put(" ");
	put(p);
	put("\n");
}

static const char *end_of(const char *s)
{
	while (*s)
		s++;
	return s + 1;
}

static const char *strings(const char *what, char **v, const char *next)
{
	for (; *v; v++) {
		put(what);
		put(*v);
		put(next && *v != next ? " (not behind the one before)\n" : "\n");
		next = end_of(*v);
	}
	return next;
}

static void aux(word type, word v, const char *last)
{
	switch (type) {
	case SYSINFO: case SYSINFO_EHDR: case RSEQ_SIZE: case RSEQ_ALIGN: case MINSIGSTKSZ:
		return; /* depend on the kernel's build and on the processor's state */
	case PHDR:
		headers = v;
		v &= 4095;
		break;
	case ENTRY:
		v -= headers;
		break;
	case BASE:
		v = v != 0;
		break;
	case RANDOM:
		v = v > (word)&v && v < (word)last;
		break;
	case HWCAP: case HWCAP2:
		v = v != 0;
		break;
	case PLATFORM:
		put("platform "); put((const char *)v);
		hex(" below the strings:", v < (word)last);
		return;
	case EXECFN:
		put("execfn "); put((const char *)v);
		hex(" behind the environment:", (const char *)v == last);
		hex("to the end of the stack:", -(word)end_of((const char *)v) & 4095);
		return;
	}
	hex("aux", type);
	hex("  =", v);
}

void body(word *sp)
{
	word argc = *sp;
	char **argv = (char **)(sp + 1), **envp = argv + argc + 1;
	float one = 1, three = 3;
	unsigned short cw;
	unsigned mxcsr = 0;

	for (int i = 0; names[i][0]; i++)
		if (names[i][1] != '1' || names[i][2] != '1')
			hex(names[i], entry_regs[i]);
	__asm__ volatile("fnstcw %0" : "=m"(cw));
	hex("x87 control", cw);
#ifdef __SSE__
	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
#endif
	hex("mxcsr", mxcsr);
	hex("quotient", one / three > 0.33f);
	hex("sp modulo 16", (word)sp & 15);
	hex("argc", argc);
	const char *next = strings("argv ", argv, 0);
	hex("behind argv", (word)argv[argc]);
	next = strings("env ", envp, next);
	word *a = (word *)envp;
	while (*a++)
		;
	for (; *a != NULL_; a += 2)
		aux(*a, a[1], next);
	hex("last", a[1]);
	call3(SYS_EXIT, 0, 0, 0);
}
