/* The host's system calls.  A signal that comes before the host's kernel has been entered must not be slept through:
 * the stub tests LThread.queued, and the signal handler moves a thread that stands between the test and the entry to
 * the stub's end, which then says that nothing was done.  Four instructions a host, therefore assembler. */
#include "abi.h"

#include <ucontext.h>
#include <unistd.h>

/* Both sides of the stub: [begin, call] is the stretch in which nothing has been done yet. */
extern const char host_stub_begin[], host_stub_call[], host_stub_abort[];
i64 host_stub(const volatile u64 *queued, long nr, const u64 *args);

#if defined(__x86_64__)
__asm__(".text\n.globl host_stub\n.hidden host_stub\n.hidden host_stub_begin\n.hidden host_stub_call\n.hidden host_stub_abort\n"
	".globl host_stub_begin, host_stub_call, host_stub_abort\n"
	"host_stub:\nhost_stub_begin:\n"
	"	cmpq $0, (%rdi)\n	jne host_stub_abort\n"
	"	movq %rsi, %rax\n	movq %rdx, %r11\n"
	"	movq (%r11), %rdi\n	movq 8(%r11), %rsi\n	movq 16(%r11), %rdx\n"
	"	movq 24(%r11), %r10\n	movq 32(%r11), %r8\n	movq 40(%r11), %r9\n"
	"host_stub_call:\n	syscall\n	ret\n"
	"host_stub_abort:\n	movq $-512, %rax\n	ret\n");
#define UC_PC(u) (u)->uc_mcontext.gregs[REG_RIP]
#elif defined(__aarch64__)
__asm__(".text\n.globl host_stub, host_stub_begin, host_stub_call, host_stub_abort\n"
	".hidden host_stub\n.hidden host_stub_begin\n.hidden host_stub_call\n.hidden host_stub_abort\n"
	"host_stub:\nhost_stub_begin:\n"
	"	ldr x9, [x0]\n	cbnz x9, host_stub_abort\n"
	"	mov x8, x1\n	mov x9, x2\n"
	"	ldp x0, x1, [x9]\n	ldp x2, x3, [x9, 16]\n	ldp x4, x5, [x9, 32]\n"
	"host_stub_call:\n	svc 0\n	ret\n"
	"host_stub_abort:\n	mov x0, -512\n	ret\n");
#define UC_PC(u) (u)->uc_mcontext.pc
#elif defined(__riscv)
__asm__(".text\n.globl host_stub, host_stub_begin, host_stub_call, host_stub_abort\n"
	".hidden host_stub\n.hidden host_stub_begin\n.hidden host_stub_call\n.hidden host_stub_abort\n"
	"host_stub:\nhost_stub_begin:\n"
	"	ld t0, 0(a0)\n	bnez t0, host_stub_abort\n"
	"	mv a7, a1\n	mv t1, a2\n"
	"	ld a0, 0(t1)\n	ld a1, 8(t1)\n	ld a2, 16(t1)\n	ld a3, 24(t1)\n	ld a4, 32(t1)\n	ld a5, 40(t1)\n"
	"host_stub_call:\n	ecall\n	ret\n"
	"host_stub_abort:\n	li a0, -512\n	ret\n");
#define UC_PC(u) (u)->uc_mcontext.__gregs[0]
#elif defined(__s390x__)
__asm__(".text\n.globl host_stub, host_stub_begin, host_stub_call, host_stub_abort\n"
	".hidden host_stub\n.hidden host_stub_begin\n.hidden host_stub_call\n.hidden host_stub_abort\n"
	"host_stub:\n	stmg %r6, %r7, 48(%r15)\n"
	"host_stub_begin:\n"
	"	lg %r0, 0(%r2)\n	ltgr %r0, %r0\n	jne host_stub_abort\n"
	"	lgr %r1, %r3\n	lgr %r0, %r4\n	lgr %r7, %r4\n"
	"	lmg %r2, %r6, 0(%r7)\n	lg %r7, 40(%r7)\n"
	"host_stub_call:\n	svc 0\n	lmg %r6, %r7, 48(%r15)\n	br %r14\n"
	"host_stub_abort:\n	lghi %r2, -512\n	lmg %r6, %r7, 48(%r15)\n	br %r14\n");
#define UC_PC(u) (u)->uc_mcontext.psw.addr
#else
#error "host.c: this host needs a stub of its own"
#endif

i64 host_call(LThread *t, long nr, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	const u64 args[6] = {a, b, c, d, e, f};

	return host_stub(&t->queued, nr, args);
}

void host_interrupt(void *ucontext)
{
	ucontext_t *u = ucontext;
	uintptr_t pc = (uintptr_t)UC_PC(u);

	if (pc >= (uintptr_t)host_stub_begin && pc <= (uintptr_t)host_stub_call)
		UC_PC(u) = (__typeof__(UC_PC(u)))(uintptr_t)host_stub_abort;
}
