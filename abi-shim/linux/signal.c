/* Signals.  The host's kernel keeps the mask, the pending set and the order; what it delivers waits in a queue until the
 * thread is at a safe point, and meanwhile everything else is blocked, so that the queue holds one signal (the
 * few from SIGSEGV and SIGBUS apart, which are run's). */
#include "layouts.h"

#include <sys/syscall.h>
#include <ucontext.h>

enum { GSA_NOCLDSTOP = 1, GSA_NOCLDWAIT = 2, GSA_SIGINFO = 4, GSA_RESTART = 0x10000000, GSA_NODEFER = 0x40000000 };
enum { GSA_RESETHAND = -0x7fffffff - 1 };
enum { G_DFL = 0, G_IGN = 1 };

#define BIT(sig) (1ull << ((sig) - 1))
/* Never blocked in the host: run needs them. */
#define KEPT (BIT(SIGSEGV) | BIT(SIGBUS))
#define UNBLOCKABLE (BIT(SIGKILL) | BIT(SIGSTOP))

/* ---- masks ------------------------------------------------------------------------------------------ */

u64 signal_host_mask(u64 guest)
{
	return guest & ~KEPT;
}

static void set_host_mask(u64 mask)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
}

u64 signal_wait_mask(LThread *t, u64 guest)
{
	t->waits = true;
	t->wait_mask = guest & ~UNBLOCKABLE;
	return signal_host_mask(t->wait_mask);
}

void signal_block(void)
{
	set_host_mask(~KEPT);
}

void signal_unblock(const LThread *t)
{
	if (!t->queued)
		set_host_mask(signal_host_mask(t->mask));
}

/* ---- from the host ---------------------------------------------------------------------------------- */

void signal_enqueue(LThread *t, int sig, const siginfo_t *si)
{
	u64 n = __atomic_fetch_add(&t->queued, 1, __ATOMIC_RELAXED); /* handlers of run's signals may be interrupted */

	if (n >= COUNT(t->queue)) {
		__atomic_fetch_sub(&t->queued, 1, __ATOMIC_RELAXED);
		return;
	}
	t->queue[n].sig = sig;
	t->queue[n].si = *si;
	xthread_kick(t->x);
}

/* A signal is in the queue: the host's call does not begin, and no other signal comes meanwhile. */
static void interrupt(void *context)
{
	ucontext_t *u = context;
	u64 all = ~KEPT;

	host_interrupt(context);
	memcpy(&u->uc_sigmask, &all, 8); /* the kernel's set: libc's is larger than what is there */
}

static void on_signal(int sig, siginfo_t *si, void *context)
{
	XThread *x = xthread_current();

	if (!x)
		return;
	signal_enqueue(lthread(x), sig, si);
	interrupt(context);
}

/* The host cannot block run's signals. */
void signal_stray(XThread *x, int sig, siginfo_t *si, void *uc)
{
	LThread *t = lthread(x);

	if (tracee_message(t, sig, si)) {
		if (t->queued)
			interrupt(uc);
		return;
	}
	if (t->mask & BIT(sig)) {
		t->held_info[sig == SIGSEGV] = *si;
		t->held |= BIT(sig);
	} else {
		signal_enqueue(t, sig, si);
	}
}

static void release(LThread *t, int sig)
{
	if (!(t->held & BIT(sig) & ~t->mask))
		return;
	t->held &= ~BIT(sig);
	signal_enqueue(t, sig, &t->held_info[sig == SIGSEGV]);
}

void signal_set_mask(LThread *t, u64 mask)
{
	t->mask = mask & ~UNBLOCKABLE;
	set_host_mask(signal_host_mask(t->mask));
	release(t, SIGSEGV);
	release(t, SIGBUS);
}

/* run's signals are run's. */
static bool is_ours(int sig)
{
	return sig != SIGSEGV && sig != SIGBUS && sig != SIGKILL && sig != SIGSTOP;
}

/* libc does not let two signals out of its hands: it cancels threads by the one and changes their identity by the other.
 * The VM asks for neither, and the guest's libc does both, so they are the guest's; libc is passed by.  The kernel's struct
 * is made from one that libc has set: handler, flags, where a handler returns to (not on RISC-V), mask. */
enum { LIBC_FIRST = 32, LIBC_LAST = 33, KERNEL_WORDS = 4, KERNEL_RESTORER = 0x04000000 };
#ifdef __riscv
enum { KERNEL_MASK = 2 };
#else
enum { KERNEL_MASK = 3 };
#endif

static bool ignored_by_default(int sig)
{
	return sig == SIGCHLD || sig == SIGURG || sig == SIGWINCH || sig == SIGCONT;
}

static bool kills(int sig)
{
	return !ignored_by_default(sig) && sig != SIGSTOP && sig != SIGTSTP && sig != SIGTTIN && sig != SIGTTOU;
}

static void set_host_action(const LTask *k, int sig, const LAction *a)
{
	u64 w[KERNEL_WORDS];

	if (!is_ours(sig) || syscall(SYS_rt_sigaction, SIGSEGV, NULL, w, 8) != 0)
		return;
	w[0] = a->handler > G_IGN || k->catches || (a->handler == G_DFL && k->own_robust && kills(sig)) ? (u64)(uintptr_t)on_signal : a->handler;
	w[1] &= KERNEL_RESTORER;
	bool reaps = k->catches && sig == SIGCHLD && a->handler == G_IGN;
	w[1] |= SA_SIGINFO | SA_ONSTACK | (reaps ? SA_NOCLDWAIT : 0) | (a->flags & GSA_NOCLDSTOP ? SA_NOCLDSTOP : 0) | (a->flags & GSA_NOCLDWAIT ? SA_NOCLDWAIT : 0);
	w[KERNEL_MASK] = ~KEPT;
	syscall(SYS_rt_sigaction, sig, w, NULL, 8);
}

/* What the process has inherited: ignored signals and the mask. */
void signal_init(LTask *k)
{
	LThread *t = &k->thread;

	for (int sig = 1; sig <= NSIG_GUEST; sig++) {
		u64 w[KERNEL_WORDS];
		if (is_ours(sig) && syscall(SYS_rt_sigaction, sig, NULL, w, 8) == 0 && w[0] == G_IGN)
			k->action[sig].handler = G_IGN;
	}
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &t->mask, 8);
	t->alt_flags = SS_DISABLE;
}

void signal_catch_fatal(LTask *k)
{
	thread_lock(k);
	bool was = k->own_robust;
	k->own_robust = true;
	for (int sig = 1; sig <= NSIG_GUEST && !was; sig++)
		if (k->action[sig].handler == G_DFL && kills(sig))
			set_host_action(k, sig, &k->action[sig]);
	thread_unlock(k);
}

void signal_catch_all(LTask *k)
{
	k->catches = true;
	for (int sig = 1; sig <= NSIG_GUEST; sig++)
		set_host_action(k, sig, &k->action[sig]);
}

void signal_before_exec(LTask *k)
{
	bool was = k->catches;

	k->catches = false;
	for (int sig = 1; was && sig <= NSIG_GUEST; sig++)
		if (k->action[sig].handler == G_IGN)
			set_host_action(k, sig, &k->action[sig]);
	k->catches = was;
}

static void *nothing(void *p)
{
	return p;
}

void signal_first_thread(LTask *k)
{
	pthread_t t;

	if (pthread_create(&t, NULL, nothing, NULL) == 0)
		pthread_join(t, NULL);
	signal_block(); /* libc has opened its two */
	for (int sig = LIBC_FIRST; sig <= LIBC_LAST; sig++)
		set_host_action(k, sig, &k->action[sig]);
}

static i64 set_action(LThread *t, u64 sig, const LAction *new, LAction *old)
{
	LAction *a = &t->task->action[sig <= NSIG_GUEST ? sig : 0];

	if (sig < 1 || sig > NSIG_GUEST || (new && (sig == SIGKILL || sig == SIGSTOP)))
		return -EINVAL;
	thread_lock(t->task);
	if (old)
		*old = *a;
	if (new) {
		*a = *new;
		a->mask &= ~UNBLOCKABLE;
		set_host_action(t->task, (int)sig, a);
	}
	thread_unlock(t->task);
	return 0;
}

void signal_reset(LTask *k)
{
	for (int sig = 1; sig <= NSIG_GUEST; sig++) {
		LAction *a = &k->action[sig];
		if (a->handler > G_IGN) {
			*a = (LAction){0};
			set_host_action(k, sig, a);
		}
	}
}

/* ---- to the guest ----------------------------------------------------------------------------------- */

/* Signals that dump core: something went wrong in the program. */
static bool is_accident(int sig)
{
	return sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE || sig == SIGABRT || sig == SIGTRAP || sig == SIGSYS || sig == SIGQUIT;
}

/* Dies as the guest does: what waits for the process sees the signal. */
void signal_die(LThread *t, int sig)
{
	u64 none = ~BIT(sig);

	thread_robust_all(t->task);
	if (t->task->o.strace)
		fprintf(t->task->trace, "[%d] +++ killed by SIG%s +++\n", (int)t->tid, sigabbrev_np(sig) ? sigabbrev_np(sig) : "?");
	if (t->task->o.fatal && is_accident(sig))
		t->task->o.fatal(t->x, sig);
	fflush(NULL);
	signal(sig, SIG_DFL);
	set_host_mask(none);
	syscall(SYS_tgkill, getpid(), t->tid, sig);
	_exit(128 + sig);
}

/* Enters the handler, or does what the signal does without one.  False: no room for the frame. */
static void deliver_one(LThread *t, int sig, siginfo_t *si, const XTrap *why)
{
	int first = sig;

	if (t->tracee.on && !(sig = tracee_signal(t, sig, si)))
		return;
	why = sig == first ? why : NULL;
	thread_lock(t->task);
	LAction a = t->task->action[sig];
	thread_unlock(t->task);
	bool forced = why && (a.handler == G_IGN || t->mask & BIT(sig));

	if (t->task->o.strace)
		trace_signal(t, sig, si);
	if (a.handler == G_DFL && !why && ignored_by_default(sig))
		return;
	if (a.handler == G_IGN && !why)
		return;
	if (a.handler == G_DFL && !kills(sig)) {
		if (t->tracee.on)
			tracee_group_stop(t, sig);
		else
			syscall(SYS_kill, getpid(), SIGSTOP);
		return;
	}
	if (a.handler == G_DFL || forced)
		signal_die(t, sig);
	tracee_before_handler(t);
	tracee_restart(t, &a);
	if (!frame_push(t, sig, &a, si, why))
		signal_die(t, SIGSEGV);
	if (a.flags & (u32)GSA_RESETHAND) {
		a.handler = G_DFL;
		set_action(t, (u64)sig, &a, NULL);
	}
	if (t->waits) /* the frame has the mask from before */
		t->mask = t->wait_mask;
	t->waits = false;
	t->mask |= a.mask | (a.flags & GSA_NODEFER ? 0 : BIT(sig));
	t->mask &= ~UNBLOCKABLE;
	tracee_after_handler(t);
}

bool signal_deliver(LThread *t)
{
	while (t->queued) {
		LSignal s = t->queue[0];
		u64 n = t->queued - 1;
		memmove(t->queue, t->queue + 1, n * sizeof *t->queue);
		t->queued = n;
		if (s.sig)
			deliver_one(t, s.sig, &s.si, NULL);
		else
			tracee_interrupted(t);
	}
	tracee_restart(t, NULL);
	set_host_mask(signal_host_mask(t->mask));
	return true;
}

/* Also how a new thread gets its mask. */
bool signal_pending(XThread *x)
{
	LThread *t = lthread(x);

	t->tracee.call = -1;
	if (t->tracee.first)
		tracee_first(t);
	return signal_deliver(t);
}

bool signal_restarts(LThread *t)
{
	thread_lock(t->task);
	LAction a = t->task->action[t->queue[0].sig];
	thread_unlock(t->task);
	return a.handler <= G_IGN || a.flags & GSA_RESTART;
}

/* ---- faults ------------------------------------------------------------------------------------------ */

static int fpe_code(u64 raised)
{
	return raised & 1 ? FPE_FLTINV : raised & 4 ? FPE_FLTDIV : raised & 8 ? FPE_FLTOVF : raised & 0x12 ? FPE_FLTUND :
		raised & 0x20 ? FPE_FLTRES : 0;
}

/* Which signal a trap is, as Linux's handlers of the processor's exceptions have it. */
static int fault_signal(LThread *t, const XTrap *w, siginfo_t *si)
{
	u64 pc = w->pc, fsw = *xreg(t->x, XS_FSW), fcw = *xreg(t->x, XS_FCW), mxcsr = *xreg(t->x, XS_MXCSR);

	si->si_addr = hostp(pc);
	switch (w->kind) {
	case XE_UD: si->si_code = ILL_ILLOPN; return SIGILL;
	case XE_DE: si->si_code = FPE_INTDIV; return SIGFPE;
	case XE_FPE: si->si_code = fpe_code(fsw & ~fcw); return SIGFPE;
	case XE_SIMD: si->si_code = fpe_code(mxcsr & ~(mxcsr >> 7)); return SIGFPE;
	case XE_INT3: si->si_code = SI_KERNEL; si->si_addr = NULL; return SIGTRAP;
	case XE_STEP: si->si_code = TRAP_TRACE; return SIGTRAP;
	case XE_INT: si->si_code = TRAP_BRKPT; return SIGTRAP;
	case XE_NP: case XE_SS: si->si_code = SI_KERNEL; si->si_addr = NULL; return SIGBUS;
	case XE_AC: si->si_code = BUS_ADRALN; si->si_addr = NULL; return SIGBUS;
	case XE_MEMORY:
		si->si_addr = hostp(w->addr);
		si->si_code = w->bus ? BUS_ADRERR : w->mapped ? SEGV_ACCERR : SEGV_MAPERR;
		return w->bus ? SIGBUS : SIGSEGV;
	default: si->si_code = SI_KERNEL; si->si_addr = NULL; return SIGSEGV;
	}
}

bool signal_fault(LThread *t, const XTrap *why)
{
	siginfo_t si = {0};
	int sig = fault_signal(t, why, &si);

	si.si_signo = sig;
	t->tracee.call = -1;
	if (why->kind == XE_STEP && !tracee_step(t, &si))
		return true;
	deliver_one(t, sig, &si, why);
	tracee_restart(t, NULL);
	set_host_mask(signal_host_mask(t->mask));
	return true;
}

/* ---- calls ------------------------------------------------------------------------------------------- */

i64 sig_action(LThread *t, const u64 *a)
{
	return a[3] == 8 ? set_action(t, a[0], hostp(a[1]), hostp(a[2])) : -EINVAL;
}

i64 sig_old_action(LThread *t, const u64 *a)
{
	return set_action(t, a[0], hostp(a[1]), hostp(a[2]));
}

/* Between reading the old mask and setting the new one a signal may come: then the call begins anew behind it. */
static i64 change_mask(LThread *t, u64 how, const u64 *set, u64 *old)
{
	u64 mask = t->mask;

	if (set && how > 2)
		return -EINVAL;
	set_host_mask(~KEPT);
	if (t->queued)
		return LR_AGAIN;
	if (old)
		*old = mask;
	if (set)
		mask = how == 0 ? mask | *set : how == 1 ? mask & ~*set : *set;
	signal_set_mask(t, mask);
	return 0;
}

i64 sig_procmask(LThread *t, const u64 *a)
{
	return a[3] == 8 ? change_mask(t, a[0], hostp(a[1]), hostp(a[2])) : -EINVAL;
}

i64 sig_old_procmask(LThread *t, const u64 *a)
{
	const int *set = hostp(a[1]);
	u64 new = set ? (u32)*set : 0, old = 0;
	i64 r;

	if (set && a[0] == 2)
		new |= t->mask & ~0xffffffffull;
	r = change_mask(t, a[0], set ? &new : NULL, &old);
	if (r == 0 && a[2])
		*(int *)hostp(a[2]) = (int)old;
	return r;
}

i64 sig_return(LThread *t, const u64 *a)
{
	if (!frame_pop(t, true))
		signal_die(t, SIGSEGV);
	return LR_NO_RESULT;
}

i64 sig_old_return(LThread *t, const u64 *a)
{
	if (!frame_pop(t, false))
		signal_die(t, SIGSEGV);
	return LR_NO_RESULT;
}

/* The kernel puts the mask back when the handler (ours) has returned, so the guest's stays as it is. */
i64 sig_suspend(LThread *t, const u64 *a)
{
	u64 mask = a[0] ? signal_wait_mask(t, *(u64 *)hostp(a[0])) : 0;

	return a[0] ? HOST(t, SYS_rt_sigsuspend, &mask, 8) : -EFAULT;
}

i64 sig_pause(LThread *t, const u64 *a)
{
	u64 mask = signal_host_mask(t->mask);

	return HOST(t, SYS_rt_sigsuspend, &mask, 8);
}

i64 sig_pending(LThread *t, const u64 *a)
{
	u64 set = 0;
	u8 raw[8];

	if (a[1] > 8)
		return -EINVAL;
	i64 r = HOST(t, SYS_rt_sigpending, &set, 8);
	st64(raw, set | t->held);
	return r < 0 || xguest_write(t->x, a[0], raw, a[1]) ? r : -EFAULT;
}

i64 sig_timedwait(LThread *t, const u64 *a)
{
	siginfo_t si = {0};
	u8 raw[SIGINFO_SIZE];
	i64 sig = a[0] ? HOST(t, SYS_rt_sigtimedwait, a[0], &si, a[2], 8) : -EFAULT;

	if (sig < 0 || !a[1])
		return sig;
	siginfo_put(t->wide, &si, raw);
	return xguest_write(t->x, a[1], raw, SIGINFO_SIZE) ? sig : -EFAULT;
}

/* i386's first forms: System V's handlers, which are good for one signal, and sets of 32 bits. */
i64 sig_signal(LThread *t, const u64 *a)
{
	LAction new = {.handler = a[1], .flags = (u32)GSA_RESETHAND | GSA_NODEFER}, old = {0};
	i64 r = set_action(t, a[0], &new, &old);

	return r < 0 ? r : (i64)old.handler;
}

i64 sig_old_pending(LThread *t, const u64 *a)
{
	u64 set = 0;
	u8 raw[4];
	i64 r = HOST(t, SYS_rt_sigpending, &set, 8);

	st32(raw, (u32)set);
	return r < 0 || xguest_write(t->x, a[0], raw, 4) ? r : -EFAULT;
}

static i64 queue_info(LThread *t, u64 at, int sig, siginfo_t *si)
{
	u8 raw[SIGINFO_SIZE];

	if (!xguest_read(t->x, at, raw, sizeof raw))
		return -EFAULT;
	siginfo_get(t->wide, raw, si);
	si->si_signo = sig;
	return 0;
}

i64 sig_queueinfo(LThread *t, const u64 *a)
{
	siginfo_t si;
	i64 r = queue_info(t, a[2], (int)a[1], &si);

	return r < 0 ? r : HOST(t, SYS_rt_sigqueueinfo, a[0], a[1], &si);
}

i64 sig_tgqueueinfo(LThread *t, const u64 *a)
{
	siginfo_t si;
	i64 r = queue_info(t, a[3], (int)a[2], &si);

	return r < 0 ? r : HOST(t, SYS_rt_tgsigqueueinfo, a[0], a[1], a[2], &si);
}

static bool on_alt_stack(const LThread *t)
{
	u64 sp = *xreg(t->x, 4);

	return sp > t->alt_at && sp - t->alt_at <= t->alt_size;
}

i64 sig_altstack(LThread *t, const u64 *a)
{
	const struct LStack *new = hostp(a[0]);
	struct LStack *old = hostp(a[1]);
	enum { MIN_SIZE = 2048 };
	bool on = !(t->alt_flags & SS_DISABLE) && on_alt_stack(t);

	if (old)
		*old = (struct LStack){t->alt_at, t->alt_flags & SS_DISABLE ? SS_DISABLE : on ? SS_ONSTACK : 0, t->alt_size};
	if (!new)
		return 0;
	if (on)
		return -EPERM;
	if (new->flags & ~(SS_DISABLE | SS_ONSTACK))
		return -EINVAL;
	if (new->flags & SS_DISABLE) {
		t->alt_at = t->alt_size = 0;
		t->alt_flags = SS_DISABLE;
		return 0;
	}
	if (new->size < MIN_SIZE)
		return -ENOMEM;
	t->alt_at = new->sp;
	t->alt_size = new->size;
	t->alt_flags = 0;
	return 0;
}
