/* SIGSEGV and SIGBUS while guest code runs: exact guest registers, then out of the code to the run loop.
 *
 * The registers come from the state map of the instruction that faulted: in eval from its values, in emitted code from
 * machine registers and spills.  A write to a guarded page drops the page's units; if the unit that writes is one of
 * them, its instruction is begun again, alone, because what follows it may have changed. */
#include "xtask.h"
#include "xjit.h"

#include <sched.h>
#include <ucontext.h>
#include <unistd.h>

static _Thread_local XThread *current;

XThread *xthread_current(void)
{
	return current;
}

void xthread_take_back(XThread *mine, XThread *child)
{
	__atomic_store_n(&child->where, IN_VM, __ATOMIC_RELEASE);
	current = mine;
	copy_end();
}

static NORETURN void not_the_guest(int sig)
{
	static const char text[] = "pvm: the virtual machine itself has failed (memory fault); please report this\n";
	ssize_t n = write(2, text, sizeof text - 1);

	(void)n;
	signal(sig, SIG_DFL);
	raise(sig);
	_exit(EXIT_VM);
}

/* ---- registers --------------------------------------------------------------------------------------- */

void xfault_state(Regfile *r, u32 slot, u8 type, u64 lo, u64 hi)
{
	u32 k = (slot - REG_OFF(slot)) / 8;

	r->slot[k] = ocode_type_size[type] < 8 ? lo & (((u64)1 << ocode_type_size[type] * 8) - 1) : lo;
	if (ocode_type_size[type] == 16)
		r->slot[k + 1] = hi;
}

/* Eval: the map of the access, or of the call whose helper faulted. */
static u64 eval_state(XThread *t)
{
	const OFunc *f;
	u32 map = ocode_eval_map(&t->eval, &f);
	const OMap *m = &f->map.p[map];
	u64 bits[XS_COUNT][2];

	if (!map)
		return xquick_unit(t)->pc;
	for (u32 k = 0; k < m->n; k++) /* they may be in slots that others go to */
		if (f->slot.p[m->slots + k].val)
			ocode_eval_value(&t->eval, f->slot.p[m->slots + k].val, bits[k]);
	for (u32 k = 0; k < m->n; k++) {
		const OSlotVal *s = &f->slot.p[m->slots + k];
		if (s->val)
			xfault_state(&t->r, s->slot, f->ins.p[s->val].type, bits[k][0], bits[k][1]);
	}
	return xquick_unit(t)->pc + m->pc;
}

/* Makes the register file exact for the instruction that runs, and sets its pc. */
void xfault_exact(XThread *t, void *uc)
{
	u64 pc = t->where == IN_EVAL ? eval_state(t) : xjit_state(t, uc);

	t->r.slot[XS_PC] = t->task->o.mode == X86_32 ? (u32)pc : pc;
}

void xthread_leave(XThread *t, const XTrap *why)
{
	t->why = *why;
	t->trapped = true;
	t->where = IN_VM;
	siglongjmp(t->run->top, 1);
}

/* A helper raises with X86_RAISE; it has set XS_PC, and the register file is exact. */
void xfault_trap(Regfile *r, u64 code)
{
	XThread *t = (XThread *)r;

	if (t->where == IN_VM || code < X86_RAISE)
		die(EXIT_VM, "trap %llu at %llx is no x86 exit", (unsigned long long)code, (unsigned long long)r->slot[XS_PC]);
	xthread_leave(t, &(XTrap){ .kind = (XExit)(code - X86_RAISE), .pc = r->slot[XS_PC] }); /* its error: see deliver */
}

/* ---- the handler ------------------------------------------------------------------------------------------ */

#ifdef __x86_64__
static bool by_write(XThread *t, void *uc, const Region *r)
{
	return ((ucontext_t *)uc)->uc_mcontext.gregs[REG_ERR] & 2;
}

static u64 exact_address(XThread *t, u64 addr) { return addr; }

/* The host's own: present, write, user. */
static u32 error_code(const XTrap *w, void *uc)
{
	return ((ucontext_t *)uc)->uc_mcontext.gregs[REG_ERR] & 7;
}
#else
static u32 error_code(const XTrap *w, void *uc)
{
	return 4u | (w->write ? 2u : 0) | (w->mapped ? 1u : 0);
}

/* What is mapped can be read. */
static bool by_write(XThread *t, void *uc, const Region *r)
{
	return t->where == IN_EVAL ? t->eval.store : r && r->prot;
}

/* Where the access began, or the page into which it went on. */
static u64 exact_address(XThread *t, u64 addr)
{
	if (t->where != IN_EVAL)
		return addr;
	return page_of(t->eval.fault) == page_of(addr) ? t->eval.fault : addr & ~(u64)(GUEST_PAGE - 1);
}
#endif

static bool runs_on_page(XThread *t, void *uc, u64 page)
{
	const Unit *u = xquick_unit(t);

	if (t->where == IN_JIT)
		return xjit_on_page(t, uc, page);
	return t->where == IN_EVAL && page_of(u->lo) <= page && page <= page_of(u->end - 1);
}

typedef struct Writer { XThread *t; void *uc; } Writer;

static bool runs_in_view(XTask *task, const Region *r, u64 at, u64 size, void *ctx)
{
	const Writer *w = ctx;

	return runs_on_page(w->t, w->uc, page_of(at));
}

/* Another thread that begins the code cache again holds the lock until this one is out of emitted code: then the
 * instruction is begun again later. */
static void lock_or_leave(XThread *t, void *uc)
{
	while (pthread_mutex_trylock(&t->task->lock) != 0) {
		if (t->where != IN_VM && __atomic_load_n(&t->task->flushing, __ATOMIC_ACQUIRE)) {
			xfault_exact(t, uc);
			__atomic_store_n(&t->where, IN_VM, __ATOMIC_RELEASE);
			siglongjmp(t->run->top, 1);
		}
		sched_yield();
	}
}

/* A write to a guarded page; false: it was not one. */
static bool code_written(XThread *t, void *uc, u64 addr)
{
	XTask *task = t->task;
	u64 page = page_of(addr);

	lock_or_leave(t, uc);
	const Region *r = xspace_at(task, addr);
	bool yes = r && (r->prot & GP_WRITE) && by_write(t, uc, r);
	bool again = yes && runs_on_page(t, uc, page);
	if (yes && !again && task->viewed)
		again = view_each(task, page * GUEST_PAGE, GUEST_PAGE, runs_in_view, &(Writer){t, uc});
	if (again)
		xfault_exact(t, uc);
	if (yes)
		unit_drop_range(task, page * GUEST_PAGE, GUEST_PAGE);
	pthread_mutex_unlock(&task->lock);
	if (again) {
		t->once = true;
		t->where = IN_VM;
		siglongjmp(t->run->top, 1);
	}
	return yes;
}

/* The instruction at XS_PC; with the lock held. */
static bool faulting_insn(XThread *t, XInsn *i)
{
	u8 code[15];
	bool cut;
	u64 pc = t->r.slot[XS_PC];

	return x86_decode(code, xmem_fetch(t->task, pc, code, sizeof code), pc, t->task->o.mode, i, &cut);
}

static NORETURN void guest_fault(XThread *t, int sig, siginfo_t *si, void *uc, u64 addr)
{
	XTrap why = { .kind = XE_MEMORY, .addr = addr, .bus = sig == SIGBUS };
	XInsn i;

	lock_or_leave(t, uc);
	xfault_exact(t, uc);
	const Region *r = xspace_at(t->task, addr);
	why.mapped = r != NULL;
	bool decoded = faulting_insn(t, &i);
	pthread_mutex_unlock(&t->task->lock);
	why.write = by_write(t, uc, r) || (decoded && x86_modifies(&i)); /* these are loaded first */
	why.error = error_code(&why, uc) | (why.write ? 2u : 0) | (addr >= USER_END ? 1u : 0);
#ifdef SI_KERNEL
	if (si->si_code == SI_KERNEL) /* an address that is not canonical, or not aligned */
		why = (XTrap){ .kind = decoded && x86_faults_on_stack(&t->r, &i) ? XE_SS : XE_GP };
#endif
	why.pc = t->r.slot[XS_PC];
	xthread_leave(t, &why);
}

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	XThread *t = current;
	u64 addr = (u64)((uintptr_t)si->si_addr - (t ? (uintptr_t)t->task->mem : 0));

	if (si->si_code <= 0) { /* somebody has sent it */
		if (t && t->task->o.signal)
			t->task->o.signal(t, sig, si, uc);
		return;
	}
#ifdef SI_KERNEL
	bool no_address = si->si_code == SI_KERNEL; /* the host has a #GP, or a #SS */
#else
	bool no_address = false;
#endif
	if (t && t->where == IN_JIT && xjit_fault(t, uc, (u64)(uintptr_t)si->si_addr))
		return;
	bool outside = t && t->task->mem && !no_address && addr >= ((u64)1 << 32) + WINDOW_TAIL;
	if (t && t->task->mem)
		addr = (u32)addr;
	if (t && !outside)
		addr = exact_address(t, addr);
	/* A copy to guest memory may meet a page that another thread has just translated. */
	if (sig == SIGSEGV && t && !no_address && !outside && code_written(t, uc, addr))
		return;
	copy_fault();
	if (!t || outside || t->where == IN_VM)
		not_the_guest(sig);
	guest_fault(t, sig, si, uc, addr);
}

/* ---- installing -------------------------------------------------------------------------------------------- */

void xfault_install(void)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

	sigemptyset(&sa.sa_mask);
	if (sigaction(SIGSEGV, &sa, NULL) != 0 || sigaction(SIGBUS, &sa, NULL) != 0)
		die(EXIT_VM, "cannot handle memory faults");
}

void xfault_enter(XThread *t, Run *run)
{
	stack_t alt = { .ss_sp = t->alt_stack, .ss_size = ALT_STACK };

	run->before = current;
	if (current != t && sigaltstack(&alt, &run->stack) != 0)
		die(EXIT_VM, "cannot take a signal stack");
	current = t;
}

void xfault_leave(const Run *run)
{
	if (run->before != current)
		sigaltstack(&run->stack, NULL);
	current = run->before;
}
