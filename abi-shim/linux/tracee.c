/* A guest that another guest traces: where it stops, and how it goes on.  See tracee.h. */
#include "layouts.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RAX = 0, TF = 0x100, SYSGOOD = 0x80 };
/* What the kernel tells itself of an interrupted call; tracers see it in the result. */
enum { ERESTARTSYS = 512, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_BLOCK = 516 };

/* ---- single steps --------------------------------------------------------------------------------------- */

/* TF is set for the tracer while the guest runs, and is not there when somebody looks. */
static void disarm(LThread *t)
{
	if (t->tracee.forced_tf)
		xthread_set_eflags(t->x, xthread_eflags(t->x) & ~(u64)TF);
	t->tracee.forced_tf = 0;
}

static void arm(LThread *t)
{
	LTracee *e = &t->tracee;
	u64 flags = xthread_eflags(t->x);

	if (!e->on || !(e->how == HOW_STEP || e->how == HOW_EMULATE_STEP || debug_active(e)) || flags & TF)
		return;
	xthread_set_eflags(t->x, flags | TF);
	e->forced_tf = 1;
}

/* ---- stopping -------------------------------------------------------------------------------------------- */

static void raise_stop(const LThread *t)
{
	siginfo_t si = {.si_signo = SIGSEGV, .si_code = TRACEE_CODE};

	si.si_value.sival_ptr = (void *)(uintptr_t)t;
	syscall(SYS_rt_tgsigqueueinfo, getpid(), t->tid, SIGSEGV, &si);
}

/* What tracers have written is not what has been translated. */
static void forget_written(LTask *k)
{
	LWritten *w = &k->written;

	thread_lock(k);
	u32 head = __atomic_load_n(&w->head, __ATOMIC_ACQUIRE);
	if (head - w->tail > TRACEE_RING)
		guest_written(k->x, 0, ~(u64)0 >> 16);
	else
		for (u32 i = w->tail; i != head; i++)
			guest_written(k->x, w->range[i % TRACEE_RING].at, w->range[i % TRACEE_RING].n);
	w->tail = head;
	thread_unlock(k);
}

/* Stops, until the tracer lets it go on; also when there is no tracer any more. */
static void stop(LThread *t, LStop kind, int status)
{
	LTracee *e = &t->tracee;

	disarm(t);
	e->status = status;
	e->signal = 0;
	e->answered = 0;
	__atomic_store_n(&e->stop, kind, __ATOMIC_RELEASE);
	while (__atomic_load_n(&e->on, __ATOMIC_ACQUIRE) && !__atomic_load_n(&e->answered, __ATOMIC_ACQUIRE))
		raise_stop(t);
	e->stop = STOP_NONE;
	forget_written(t->task);
	if (e->remask)
		signal_set_mask(t, t->mask);
	e->remask = 0;
	debug_begin(t);
	arm(t);
}

/* What PTRACE_GETSIGINFO says of stops that no signal has caused. */
static void own_info(LThread *t, int code)
{
	t->tracee.si = (siginfo_t){.si_signo = SIGTRAP, .si_code = code, .si_pid = getpid(), .si_uid = getuid()};
}

static void stop_by_event(LThread *t, int event, u64 message, LStop kind)
{
	own_info(t, SIGTRAP | event << 8);
	t->tracee.message = message;
	stop(t, kind, SIGTRAP | event << 8);
}

void tracee_event(LThread *t, int event, u64 message)
{
	if (t->tracee.on && t->tracee.options >> event & 1)
		stop_by_event(t, event, message, STOP_EVENT);
}

bool tracee_seccomp(LThread *t, u32 data)
{
	LTracee *e = &t->tracee;

	if (!e->on || !(e->options & PTRACE_O_TRACESECCOMP))
		return false;
	stop_by_event(t, PTRACE_EVENT_SECCOMP, data, STOP_SECCOMP);
	return true;
}

/* ---- signals ------------------------------------------------------------------------------------------------ */

int tracee_signal(LThread *t, int sig, siginfo_t *si)
{
	LTracee *e = &t->tracee;

	e->si = *si;
	e->si.si_signo = sig;
	stop(t, STOP_SIGNAL, sig);
	if (!e->answered || e->signal == sig) {
		*si = e->answered ? e->si : *si;
		return sig;
	}
	sig = e->signal;
	*si = (siginfo_t){.si_signo = sig, .si_code = SI_USER, .si_pid = getppid(), .si_uid = getuid()};
	if (sig && t->mask >> (sig - 1) & 1) {
		syscall(SYS_tgkill, getpid(), t->tid, sig);
		return 0;
	}
	return sig;
}

void tracee_interrupted(LThread *t)
{
	LTracee *e = &t->tracee;

	if (!e->on)
		return;
	if (e->seized)
		stop_by_event(t, PTRACE_EVENT_STOP, 0, STOP_EVENT);
}

/* The real stop of the whole process. */
void tracee_group_stop(LThread *t, int sig)
{
	t->tracee.stopping = (u32)sig;
	syscall(SYS_tgkill, getpid(), t->tid, SIGSTOP);
	t->tracee.stopping = t->tracee.quiet = 0;
}

bool tracee_message(LThread *t, int sig, const siginfo_t *si)
{
	LTracee *e = &t->tracee;

	if (si->si_code != TRACEE_CODE)
		return false;
	if (sig == SIGSEGV) { /* it has come here: nobody traces */
		e->on = 0;
		return true;
	}
	if (e->on && !t->task->catches)
		signal_catch_all(t->task);
	if (e->asked & ASKED_SIGNAL)
		signal_enqueue(t, e->asked_si.si_signo, &e->asked_si);
	if (e->asked & ASKED_STOP)
		signal_enqueue(t, 0, si);
	e->asked = 0;
	xthread_kick(t->x);
	return true;
}

/* ---- handlers ------------------------------------------------------------------------------------------------- */

void tracee_before_handler(LThread *t)
{
	disarm(t);
}

/* Stepping, the first instruction of a handler is one to stop at. */
void tracee_after_handler(LThread *t)
{
	LTracee *e = &t->tracee;

	if (!e->on)
		return;
	if (e->how == HOW_STEP || e->how == HOW_EMULATE_STEP) {
		own_info(t, SIGTRAP);
		stop(t, STOP_EVENT, SIGTRAP);
	} else {
		arm(t);
	}
}

bool tracee_step(LThread *t, siginfo_t *si)
{
	LTracee *e = &t->tracee;
	u64 at = 0;

	if (debug_hit(t, &at)) {
		si->si_code = TRAP_HWBKPT;
		si->si_addr = hostp(at);
		return true;
	}
	return !e->forced_tf || e->how == HOW_STEP || e->how == HOW_EMULATE_STEP;
}

/* ---- system calls --------------------------------------------------------------------------------------------- */

static u64 narrow(const LThread *t, i64 v)
{
	return t->task->wide ? (u64)v : (u32)v;
}

static void stop_at_call(LThread *t, LStop kind)
{
	LTracee *e = &t->tracee;
	int status = SIGTRAP | (e->options & PTRACE_O_TRACESYSGOOD ? SYSGOOD : 0);

	own_info(t, status);
	e->message = kind == STOP_ENTRY ? 1 : 2;
	stop(t, kind, status);
	if (e->signal)
		syscall(SYS_tgkill, getpid(), t->tid, e->signal);
}

bool tracee_enter(LThread *t, u64 *nr)
{
	LTracee *e = &t->tracee;
	u32 how = e->how;

	e->call = (i64)*nr;
	e->quiet = 0;
	if (how == HOW_CONT || how == HOW_STEP)
		return true;
	*xreg(t->x, RAX) = narrow(t, -ENOSYS);
	stop_at_call(t, STOP_ENTRY);
	*nr = t->wide ? (u64)e->call : (u32)e->call;
	return how == HOW_SYSCALL && (i32)*nr != -1;
}

/* How the kernel would begin an interrupted call again. */
static i64 restart_code(const LRow *row, bool once)
{
	static const struct { const char *name; i16 code; } rows[] = {
		{"nanosleep", ERESTART_BLOCK}, {"clock_nanosleep", ERESTART_BLOCK}, {"poll", ERESTART_BLOCK}, {"futex", ERESTART_BLOCK},
		{"ppoll", ERESTARTNOHAND}, {"old_select", ERESTARTNOHAND}, {"select", ERESTARTNOHAND}, {"pselect6", ERESTARTNOHAND},
		{"pause", ERESTARTNOHAND}, {"rt_sigsuspend", ERESTARTNOHAND}
	};

	for (u32 i = 0; once && i < COUNT(rows); i++)
		if (strncmp(row->name, rows[i].name, strlen(rows[i].name)) == 0)
			return -rows[i].code;
	return once ? -EINTR : -ERESTARTSYS;
}

/* Sleeps and polls go on by restart_syscall with what is left of their time. */
static i64 begin_again(LThread *t, const LRow *row, i64 code)
{
	if (code == -ERESTART_BLOCK && strncmp(row->name, "clock", 5) == 0 && t->raw[1] & TIMER_ABSTIME)
		code = -ERESTARTNOHAND;
	t->again = code == -ERESTART_BLOCK && row->name[0] != 'f' ? row : NULL;
	memcpy(t->again_raw, t->raw, sizeof t->raw);
	return code;
}

bool tracee_goes_on(const LThread *t, const LRow *row, i64 r, bool once)
{
	i64 code = r == -EINTR && t->tracee.on && !t->queued ? restart_code(row, once) : 0;

	return code == -ERESTARTNOHAND || code == -ERESTARTSYS;
}

/* A call that waits has begun, if its entry has been seen, although the host's has not.  What has been interrupted without a
 * signal of the guest's, by a message of its tracer, begins again as well. */
i64 tracee_result(LThread *t, const LRow *row, i64 r, bool once)
{
	if (r == LR_AGAIN && once)
		r = -EINTR;
	return r == LR_AGAIN ? -ERESTARTNOINTR : r == -EINTR ? begin_again(t, row, restart_code(row, once)) : r;
}

void tracee_leave(LThread *t)
{
	LTracee *e = &t->tracee;
	bool quiet = e->quiet;

	e->quiet = 0;
	if (quiet)
		return;
	if (e->how == HOW_SYSCALL) {
		stop_at_call(t, STOP_EXIT);
	} else if (e->forced_tf && e->how == HOW_STEP) {
		siginfo_t si = {.si_code = TRAP_BRKPT, .si_addr = hostp(*xreg(t->x, XS_PC))};
		if (tracee_signal(t, SIGTRAP, &si))
			signal_die(t, SIGTRAP);
	}
}

/* The call is made again: its instruction, two bytes long in all forms, stands before the pc. */
static void repeat(LThread *t, bool block)
{
	enum { RESTART64 = 219, RESTART32 = 0 };

	*xreg(t->x, XS_PC) -= 2;
	*xreg(t->x, RAX) = block && t->again ? (t->wide ? RESTART64 : RESTART32) : narrow(t, t->tracee.call);
}

/* a: the action whose handler is about to begin; NULL: none is. */
void tracee_restart(LThread *t, const LAction *a)
{
	enum { RESTART = 0x10000000 };
	LTracee *e = &t->tracee;
	i64 r = t->task->wide ? (i64)*xreg(t->x, RAX) : (i32)*xreg(t->x, RAX);

	if (e->call == -1 || r > -ERESTARTSYS || r < -ERESTART_BLOCK)
		return;
	if (a && r != -ERESTARTNOINTR && !(r == -ERESTARTSYS && a->flags & RESTART))
		*xreg(t->x, RAX) = narrow(t, -EINTR);
	else
		repeat(t, r == -ERESTART_BLOCK);
	if (!a)
		t->waits = false;
	e->call = -1;
}

/* ---- beginnings --------------------------------------------------------------------------------------------------- */

void tracee_born(LThread *child, const LTracee *parent, int event)
{
	LTracee of = *parent;
	bool traced = of.on && event && of.options >> event & 1;

	child->tracee = (LTracee){.on = traced, .seized = of.seized, .options = of.options, .first = traced, .call = -1};
}

/* Behind execve, whose end the tracer sees, too. */
static void first_after_exec(LThread *t, u64 nr)
{
	LTracee *e = &t->tracee;
	siginfo_t si = {.si_code = SI_USER, .si_pid = getpid(), .si_uid = getuid()};
	bool event = e->options & PTRACE_O_TRACEEXEC;

	e->call = (i64)nr;
	*xreg(t->x, RAX) = narrow(t, -ENOSYS);
	if (event)
		stop_by_event(t, PTRACE_EVENT_EXEC, (u64)t->tid, STOP_EVENT);
	*xreg(t->x, RAX) = 0;
	if (e->on)
		tracee_leave(t);
	if (e->on && !event && !e->seized)
		tracee_signal(t, SIGTRAP, &si);
	e->call = -1;
}

void tracee_first(LThread *t)
{
	LTracee *e = &t->tracee;
	siginfo_t si = {.si_code = SI_USER};
	u32 first = e->first;

	e->first = 0;
	if (!e->on || !first)
		return;
	if (first > 1)
		first_after_exec(t, first - 2);
	else if (e->seized)
		stop_by_event(t, PTRACE_EVENT_STOP, 0, STOP_EVENT);
	else
		tracee_signal(t, SIGSTOP, &si);
	e->quiet = 1; /* the call that has made it ended before */
}

/* Handed to the program that is executed: on, seized, options, how, call. */
void tracee_tell(const LThread *t, char *out, size_t size)
{
	const LTracee *e = &t->tracee;

	snprintf(out, size, "%u:%x:%u:%lld", e->seized, e->options, e->how, (long long)e->call);
}

bool tracee_take(LThread *t, const char *s)
{
	LTracee *e = &t->tracee;
	long long call;

	if (sscanf(s, "%u:%x:%u:%lld", &e->seized, &e->options, &e->how, &call) != 4 || e->how > HOW_EMULATE_STEP || call < 0 || call > 1000)
		return false;
	e->on = 1;
	e->first = (u32)call + 2;
	signal_catch_all(t->task);
	xthread_kick(t->x);
	return true;
}
