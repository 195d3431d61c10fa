/* The real CPU: all registers are loaded, the sequence runs, and a jump or a fault brings everything back.
 *
 * 32-bit sequences are entered by a far jump to Linux's 32-bit code segment. */
#include "fuzz.h"

#include <asm/ldt.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

typedef struct Cpu {
	_Alignas(64) u8 fx[FX_SIZE];
	u64 gpr[16], flags, fs, gs;
	u16 sel[6];
} Cpu;
Cpu fuzz_cpu_in, fuzz_cpu_out;
u64 fuzz_host_sp, fuzz_host_fs;
struct { u32 off; u16 sel; } __attribute__((packed, aligned(8))) fuzz_far = { CODE_AT, 0x23 };
extern char fuzz_exit[], fuzz_tail[];
void fuzz_enter64(void), fuzz_enter32(void);

__asm__(
	".text\n"
	".macro SAVE_HOST\n"
	"	push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n pushfq\n"
	"	mov %rsp, fuzz_host_sp(%rip)\n"
	"	rdfsbase %rax\n mov %rax, fuzz_host_fs(%rip)\n"
	"	mov fuzz_cpu_in+992(%rip), %fs\n mov fuzz_cpu_in+994(%rip), %gs\n"
	"	mov $7, %eax\n xor %edx, %edx\n xrstor64 fuzz_cpu_in(%rip)\n"
	"	mov fuzz_cpu_in+832(%rip), %rax\n mov fuzz_cpu_in+840(%rip), %rcx\n mov fuzz_cpu_in+848(%rip), %rdx\n"
	"	mov fuzz_cpu_in+856(%rip), %rbx\n mov fuzz_cpu_in+872(%rip), %rbp\n mov fuzz_cpu_in+880(%rip), %rsi\n"
	"	mov fuzz_cpu_in+888(%rip), %rdi\n mov fuzz_cpu_in+896(%rip), %r8\n mov fuzz_cpu_in+904(%rip), %r9\n"
	"	mov fuzz_cpu_in+912(%rip), %r10\n mov fuzz_cpu_in+920(%rip), %r11\n mov fuzz_cpu_in+928(%rip), %r12\n"
	"	mov fuzz_cpu_in+936(%rip), %r13\n mov fuzz_cpu_in+944(%rip), %r14\n mov fuzz_cpu_in+952(%rip), %r15\n"
	".endm\n"
	/* What TF steps through is short. */
	".macro GO\n"
	"	pushq fuzz_cpu_in+960(%rip)\n popfq\n mov fuzz_cpu_in+864(%rip), %rsp\n"
	".endm\n"
	"fuzz_enter64:\n SAVE_HOST\n"
	"	mov fuzz_cpu_in+968(%rip), %rax\n wrfsbase %rax\n mov fuzz_cpu_in+976(%rip), %rax\n wrgsbase %rax\n"
	"	mov fuzz_cpu_in+832(%rip), %rax\n GO\n jmp *fuzz_entry(%rip)\n"
	"fuzz_enter32:\n SAVE_HOST\n mov fuzz_cpu_in+984(%rip), %es\n mov fuzz_cpu_in+990(%rip), %ds\n"
	"	mov fuzz_cpu_in+988(%rip), %ss\n GO\n ljmp *fuzz_far(%rip)\n"
	".globl fuzz_exit\nfuzz_exit:\n"
	"	mov %rax, fuzz_cpu_out+832(%rip)\n mov %rcx, fuzz_cpu_out+840(%rip)\n mov %rdx, fuzz_cpu_out+848(%rip)\n"
	"	mov %rbx, fuzz_cpu_out+856(%rip)\n mov %rsp, fuzz_cpu_out+864(%rip)\n mov %rbp, fuzz_cpu_out+872(%rip)\n"
	"	mov %rsi, fuzz_cpu_out+880(%rip)\n mov %rdi, fuzz_cpu_out+888(%rip)\n mov %r8, fuzz_cpu_out+896(%rip)\n"
	"	mov %r9, fuzz_cpu_out+904(%rip)\n mov %r10, fuzz_cpu_out+912(%rip)\n mov %r11, fuzz_cpu_out+920(%rip)\n"
	"	mov %r12, fuzz_cpu_out+928(%rip)\n mov %r13, fuzz_cpu_out+936(%rip)\n mov %r14, fuzz_cpu_out+944(%rip)\n"
	"	mov %r15, fuzz_cpu_out+952(%rip)\n"
	"	mov fuzz_host_sp(%rip), %rsp\n pushfq\n popq fuzz_cpu_out+960(%rip)\n"
	"fuzz_tail:\n"
	"	mov %es, fuzz_cpu_out+984(%rip)\n mov %ss, fuzz_cpu_out+988(%rip)\n mov %ds, fuzz_cpu_out+990(%rip)\n"
	"	mov %fs, fuzz_cpu_out+992(%rip)\n mov %gs, fuzz_cpu_out+994(%rip)\n"
	"	rdfsbase %rax\n mov %rax, fuzz_cpu_out+968(%rip)\n rdgsbase %rax\n mov %rax, fuzz_cpu_out+976(%rip)\n"
	"	mov $0x2b, %eax\n mov %eax, %ds\n mov %eax, %es\n mov %eax, %ss\n"
	"	xor %eax, %eax\n mov %eax, %fs\n mov %eax, %gs\n mov fuzz_host_fs(%rip), %rax\n wrfsbase %rax\n"
	"	mov $7, %eax\n xor %edx, %edx\n xsave64 fuzz_cpu_out(%rip)\n"
	"	fninit\n vzeroupper\n ldmxcsr fuzz_mxcsr(%rip)\n"
	"	popfq\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n");
u64 fuzz_entry = CODE_AT;
u32 fuzz_mxcsr = 0x1f80;

static volatile bool in_guest;
static State stepped; /* steps and trace */
static bool stepping;
static volatile u64 runs, runs_at_alarm;
static End how;
static u64 fault_pc;

static void take(ucontext_t *uc)
{
	static const u8 of[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
		REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };
	greg_t *g = uc->uc_mcontext.gregs;

	for (int k = 0; k < 16; k++)
		fuzz_cpu_out.gpr[k] = (u64)g[of[k]];
	fuzz_cpu_out.flags = (u64)g[REG_EFL];
	fault_pc = (u64)g[REG_RIP];
	g[REG_RIP] = (greg_t)(uintptr_t)fuzz_tail;
	g[REG_RSP] = (greg_t)fuzz_host_sp;
	g[REG_EFL] &= ~(greg_t)0x40500;
	g[REG_CSGSFS] = (g[REG_CSGSFS] & ~(greg_t)0xffff) | 0x33;
	in_guest = false;
}

/* Handlers run with the guest's AC. */
static void without_ac(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp\n pushfq\n andl $~0x40000, (%%rsp)\n popfq\n lea 128(%%rsp), %%rsp" : : : "cc", "memory");
}

/* A single step: true if the sequence goes on.  The first one is the jump to the sequence. */
static bool on_step(ucontext_t *uc)
{
	u64 pc = (u64)uc->uc_mcontext.gregs[REG_RIP];

	if (pc - CODE_AT >= 4096) {
		if (pc == (u64)(uintptr_t)fuzz_exit || stepped.steps)
			uc->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)0x100;
		return true;
	}
	fuzz_stepped(&stepped, pc);
	return stepped.steps <= MOST_STEPS;
}

/* By the code byte: below a hypervisor the kernel does not always learn that a trap is a single step. */
static bool behind_int1(const ucontext_t *uc)
{
	u64 pc = (u64)uc->uc_mcontext.gregs[REG_RIP];

	return pc - CODE_AT - 1 < 4096 && *(const u8 *)(uintptr_t)(pc - 1) == 0xf1;
}

static void on_fault(int sig, siginfo_t *si, void *p)
{
	ucontext_t *uc = p;

	without_ac();
	if (!in_guest) {
		signal(sig, SIG_DFL);
		return;
	}
	if (stepping && uc->uc_mcontext.gregs[REG_TRAPNO] == 1 && (si->si_code == TRAP_TRACE || !behind_int1(uc))) {
		if (on_step(uc))
			return;
		how = (End){ .vector = END_STEPS };
		take(uc);
		return;
	}
	how = (End){ .vector = (int)uc->uc_mcontext.gregs[REG_TRAPNO], .addr = (u64)(uintptr_t)si->si_addr, .error = (u32)uc->uc_mcontext.gregs[REG_ERR] };
	take(uc);
}

/* A sequence that has run through a whole period loops. */
static void on_alarm(int sig, siginfo_t *si, void *p)
{
	(void)sig, (void)si;
	without_ac();
	if (in_guest && runs == runs_at_alarm) {
		how = (End){ .vector = END_TIMEOUT };
		take(p);
	}
	runs_at_alarm = runs;
}

static void handle(int sig, void (*fn)(int, siginfo_t *, void *))
{
	struct sigaction sa = { .sa_sigaction = fn, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART };

	sigaction(sig, &sa, NULL);
}

static void map_at(u64 at, size_t n, int prot)
{
	if (mmap((void *)(uintptr_t)at, n, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
}

/* By the 32-bit system call, which 64-bit processes may make, with what is below 4 GiB. */
static void thread_descriptors(void)
{
	struct user_desc *d = (struct user_desc *)(uintptr_t)DATA_AT;
	enum { SET_THREAD_AREA = 243, FIRST = 12 };

	for (u32 k = 0; k < 3; k++) {
		long r = SET_THREAD_AREA;
		*d = (struct user_desc){ .entry_number = FIRST + k, .base_addr = fuzz_tls[k], .limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1 };
		__asm__ volatile("int $0x80" : "+a"(r) : "b"(d) : "memory", "r8", "r9", "r10", "r11");
		if (r) {
			fprintf(stderr, "fuzz: no thread descriptors\n");
			exit(2);
		}
	}
}

static void local_descriptors(void)
{
	for (u32 k = 0; k < COUNT(fuzz_ldt); k++) {
		const FuzzDesc *f = &fuzz_ldt[k];
		struct user_desc d = { .entry_number = k, .base_addr = f->base, .limit = f->limit, .seg_32bit = f->flags >> 2 & 1, .limit_in_pages = f->flags >> 3,
			.contents = f->access >> 2 & 3, .read_exec_only = !(f->access & 2), .seg_not_present = !(f->access & 0x80) };
		if (syscall(SYS_modify_ldt, 0x11, &d, sizeof d) != 0) {
			fprintf(stderr, "fuzz: no local descriptors\n");
			exit(2);
		}
	}
}

/* The code page is written through a second mapping, so that sequences that write it fault. */
static u8 *code_alias;

void native_init(void)
{
	int fd = memfd_create("code", 0);

	if (fd < 0 || ftruncate(fd, 4096))
		exit(2);
	code_alias = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mmap((void *)(uintptr_t)CODE_AT, 4096, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
		exit(2);
	close(fd);
	map_at(LOW_AT, 4096, PROT_READ | PROT_WRITE);
	u8 *low = (u8 *)(uintptr_t)LOW_AT;
	memcpy(low, "\xff\x25\2\0\0\0", 6); /* the pointers are aligned, for EFLAGS.AC */
	st64(low + 8, (u64)(uintptr_t)fuzz_exit);
	mprotect(low, 4096, PROT_READ | PROT_EXEC);
	map_at(RO_AT, DATA_AT - RO_AT, PROT_READ | PROT_WRITE);
	memcpy((u8 *)(uintptr_t)RO_AT, fuzz_readonly(), DATA_AT - RO_AT);
	mprotect((u8 *)(uintptr_t)RO_AT, DATA_AT - RO_AT, PROT_READ);
	map_at(DATA_AT, DATA_SIZE, PROT_READ | PROT_WRITE);
	__asm__ volatile("mov %0, %%ds\n mov %0, %%es" : : "r"(0x2b));
	thread_descriptors();
	local_descriptors();
	native_signals();
}

/* Takes the signals; again where somebody else (cmocka, before each test) has taken them. */
void native_signals(void)
{
	static u8 stack[65536];

	sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = sizeof stack }, NULL);
	static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
	for (u32 k = 0; k < COUNT(faults); k++)
		handle(faults[k], on_fault);
	handle(SIGVTALRM, on_alarm);
	struct itimerval t = { { 0, 200000 }, { 0, 200000 } };
	setitimer(ITIMER_VIRTUAL, &t, NULL);
}

void fuzz_page(const Case *c, u32 size, u8 *page)
{
	u8 *p = page + size;

	memset(page, 0, 4096);
	fuzz_layout(c, page);
	if (c->mode == X86_64) {
		u32 at = (size + 6 + 7) & ~7u;
		memcpy(p, "\xff\x25", 2);
		st32(p + 2, at - (size + 6));
		st64(page + at, (u64)(uintptr_t)fuzz_exit);
	} else {
		*p = 0xea;
		st32(p + 1, LOW_AT);
		st16(p + 5, 0x33);
	}
}

End native_run(const Case *c, u32 size, State *out)
{
	u8 *data = (u8 *)(uintptr_t)DATA_AT;

	fuzz_page(c, size, code_alias);
	memcpy(fuzz_cpu_in.fx, c->in.fx, FX_SIZE);
	memcpy(fuzz_cpu_in.gpr, c->in.gpr, sizeof c->in.gpr);
	fuzz_cpu_in.flags = c->in.flags | 0x202 | (c->step ? 0x100 : 0);
	memcpy(data, c->in.data, DATA_SIZE);
	fuzz_cpu_in.fs = c->in.fs;
	fuzz_cpu_in.gs = c->in.gs;
	memcpy(fuzz_cpu_in.sel, c->in.sel, sizeof c->in.sel);
	stepped.steps = 0;
	stepped.trace = 0;
	stepping = c->step;
	how = (End){ .vector = END_OK };
	fault_pc = CODE_AT + size;
	runs++;
	in_guest = true;
	if (c->mode == X86_64)
		fuzz_enter64();
	else
		fuzz_enter32();
	in_guest = false;
	memcpy(out->fx, fuzz_cpu_out.fx, FX_SIZE);
	memcpy(out->gpr, fuzz_cpu_out.gpr, sizeof out->gpr);
	out->flags = fuzz_cpu_out.flags;
	out->fs = fuzz_cpu_out.fs;
	out->gs = fuzz_cpu_out.gs;
	memcpy(out->sel, fuzz_cpu_out.sel, sizeof out->sel);
	out->steps = stepped.steps;
	out->trace = stepped.trace;
	out->pc = fault_pc;
	memcpy(out->data, data, DATA_SIZE);
	return how;
}
