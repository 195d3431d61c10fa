/* Faults: an access outside guest memory that emitted code (or a handler for it) makes is the guest's run-time
 * error 216; every other fault is the VM's. */
#include "task.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { ALT_STACK = 64 << 10, RED_ZONE = 256 };

static Thread *guest_thread; /* the one that runs P-code */

static NORETURN void not_the_guest(int sig)
{
	static const char text[] = "pvm: the virtual machine itself has failed (memory fault); please report this\n";
	ssize_t n = write(2, text, sizeof text - 1);

	(void)n;
	signal(sig, SIG_DFL);
	_exit(EXIT_VM);
}

#if defined(__x86_64__)
/* Lets the interrupted code go on in t->trap(t, TRAP_MEMORY), on its own stack. */
static void go_to_trap(Thread *th, ucontext_t *uc)
{
	greg_t *r = uc->uc_mcontext.gregs;

	if (jit_inside(th->task, (u64)r[REG_RIP])) {
		th->r.exit_fp = (u64)r[REG_RBP];
		th->r.exit_pc = (u64)r[REG_RIP];
		th->fault = true;
	}
	r[REG_RSP] = (greg_t)((((u64)r[REG_RSP] - RED_ZONE) & ~(u64)15) - 8);
	r[REG_RDI] = (greg_t)(uintptr_t)&th->r;
	r[REG_RSI] = TRAP_MEMORY;
	r[REG_RIP] = (greg_t)(uintptr_t)th->r.trap;
}
#else
static void go_to_trap(Thread *th, ucontext_t *uc)
{
	not_the_guest(SIGSEGV);
}
#endif

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	Thread *th = guest_thread;
	u64 addr = (u64)(uintptr_t)si->si_addr;

	if (!th || addr - (u64)(uintptr_t)th->r.mem >= th->task->reserved)
		not_the_guest(sig);
	go_to_trap(th, uc);
}

void fault_install(Task *t)
{
	struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
	stack_t alt = {.ss_size = ALT_STACK};

	guest_thread = t->thread;
	alt.ss_sp = mmap(NULL, ALT_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (alt.ss_sp == MAP_FAILED || sigaltstack(&alt, NULL) != 0 || sigaction(SIGSEGV, &sa, NULL) != 0 ||
		sigaction(SIGBUS, &sa, NULL) != 0)
		die(EXIT_VM, "cannot handle memory faults");
}
