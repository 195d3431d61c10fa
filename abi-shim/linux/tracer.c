/* A tracer's waits: the host's stops of its tracees, made the guest's or answered at once.  See tracee.h. */
#include "layouts.h"

#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the host is to tell of: the guest's wishes, and every execve, behind which a tracee's LThread is gone. */
#define HOST_OPTIONS (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEVFORKDONE | \
	PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL)

i64 host_ptrace(long request, i64 tid, u64 at, u64 data)
{
	i64 r = syscall(SYS_ptrace, request, tid, at, data);

	return r < 0 ? -errno : r;
}

/* ---- the table ------------------------------------------------------------------------------------------ */

LTraced *tracer_any(LTask *k, i64 tid)
{
	for (u32 i = 0; i < k->traced.n; i++)
		if (k->traced.p[i].tid == tid)
			return &k->traced.p[i];
	return NULL;
}

void tracer_remove(LTask *k, i32 tid)
{
	thread_lock(k);
	for (u32 i = 0; i < k->traced.n; i++)
		if (k->traced.p[i].tid == tid)
			k->traced.p[i--] = k->traced.p[--k->traced.n];
	thread_unlock(k);
}

/* A number of /proc/TID/status; 0: it is not there. */
static i32 status_number(i64 tid, const char *name)
{
	char path[64], line[256];
	i32 v = 0;
	size_t n = strlen(name);

	snprintf(path, sizeof path, "/proc/%lld/status", (long long)tid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, name, n) == 0)
			v = (i32)atoi(line + n);
	if (f)
		fclose(f);
	return v;
}

LTraced *tracer_add(LThread *t, i32 tid)
{
	LTask *k = t->task;
	LTraced *p = tracer_any(k, tid);

	if (p)
		return p;
	thread_lock(k);
	vec_push(&k->traced, ((LTraced){.tid = tid, .tracer = t->tid, .tgid = status_number(tid, "Tgid:"), .wide = true}));
	p = &k->traced.p[k->traced.n - 1];
	thread_unlock(k);
	return p;
}

u64 tracer_host_options(u64 options)
{
	return (options & HOST_OPTIONS) | PTRACE_O_TRACEEXEC;
}

i64 tracer_options(LTraced *p, u64 options)
{
	i64 r = host_ptrace(PTRACE_SETOPTIONS, p->tid, 0, tracer_host_options(options));

	if (r == 0)
		p->options = options;
	return r;
}

/* ---- what stops mean --------------------------------------------------------------------------------------- */

/* Goes on by itself: the guest hears nothing. */
static bool answer(LTraced *p, int sig)
{
	host_ptrace(PTRACE_CONT, p->tid, 0, (u64)sig);
	return false;
}

/* In place of a SIGSTOP, which no handler takes: the tracee is told to stop for it at its next safe point. */
static bool ask_to_stop(LTraced *p, siginfo_t *si)
{
	siginfo_t message = {.si_signo = SIGBUS, .si_code = TRACEE_CODE};
	u64 base = p->at + offsetof(LThread, tracee);
	const u32 on[3] = {1, p->seized, (u32)p->options};
	u32 asked = 0;

	si->si_signo = SIGSTOP;
	peer_read(p->tid, base + offsetof(LTracee, asked), &asked, sizeof asked);
	asked |= ASKED_SIGNAL;
	peer_write(p->tid, base, on, sizeof on);
	peer_write(p->tid, base + offsetof(LTracee, asked_si), si, sizeof *si);
	peer_write(p->tid, base + offsetof(LTracee, asked), &asked, sizeof asked);
	message.si_value.sival_int = TRACEE_MESSAGE;
	host_ptrace(PTRACE_SETSIGINFO, p->tid, 0, (u64)(uintptr_t)&message);
	return answer(p, SIGBUS);
}

static bool known(LTraced *p)
{
	return p->at || peer_find(p);
}

static u32 tracee_word(const LTraced *p, size_t field)
{
	u32 v = 0;

	if (p->at)
		peer_read(p->tid, p->at + offsetof(LThread, tracee) + field, &v, sizeof v);
	return v;
}

/* It has stopped itself. */
static bool stopped_itself(LTraced *p, u64 at, int *status)
{
	if (!peer_learn(p, at))
		return answer(p, 0);
	p->at_stop = true;
	*status = (int)tracee_word(p, offsetof(LTracee, status)) << 8 | 0x7f;
	return true;
}

static bool stopped_by_signal(LTraced *p, int *status)
{
	int sig = WSTOPSIG(*status);
	siginfo_t si;
	u32 stopping;

	if (host_ptrace(PTRACE_GETSIGINFO, p->tid, 0, (u64)(uintptr_t)&si) < 0) { /* with its whole process */
		stopping = tracee_word(p, offsetof(LTracee, stopping));
		*status = (stopping ? (int)stopping : sig) << 8 | 0x7f;
		return true;
	}
	if (sig == SIGSEGV && si.si_code == TRACEE_CODE)
		return stopped_itself(p, (u64)(uintptr_t)si.si_value.sival_ptr, status);
	if (sig == SIGTRAP && !p->at && !peer_ready(p->tid)) { /* execve */
		return answer(p, 0);
	}
	if (sig != SIGSTOP || tracee_word(p, offsetof(LTracee, stopping)))
		return answer(p, sig);
	return (p->own && !p->announced) || !known(p) ? answer(p, 0) : ask_to_stop(p, &si);
}

static void add_child(LThread *t, LTraced *parent)
{
	unsigned long tid = 0;
	bool seized = parent->seized;
	u64 options = parent->options;

	if (host_ptrace(PTRACE_GETEVENTMSG, parent->tid, 0, (u64)(uintptr_t)&tid) < 0)
		return;
	LTraced *p = tracer_add(t, (i32)tid);
	if (p->announced)
		return;
	p->own = true;
	p->seized = seized;
	p->options = options;
}

/* An event that the host tells. */
static bool stopped_by_event(LThread *t, i32 tid, int *status)
{
	int event = *status >> 16, sig = WSTOPSIG(*status);
	LTraced *p = tracer_any(t->task, tid);
	bool vforks = tracee_word(p, offsetof(LTracee, vforks));

	switch (event) {
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_CLONE:
		add_child(t, p);
		p = tracer_any(t->task, tid);
		return (event == PTRACE_EVENT_VFORK && vforks) || answer(p, 0);
	case PTRACE_EVENT_VFORK_DONE:
		return vforks || answer(p, 0);
	case PTRACE_EVENT_EXEC:
		p->at = 0;
		return answer(p, 0);
	case PTRACE_EVENT_EXIT:
		return (p->announced && !tracee_word(p, offsetof(LTracee, exits))) || answer(p, 0);
	case PTRACE_EVENT_STOP:
		return sig != SIGTRAP || p->listens || answer(p, 0);
	default:
		return p->announced || answer(p, 0);
	}
}

/* True: the guest is to see it, as *status then says; false: it has gone on, or nobody knows it. */
static bool judge(LThread *t, i32 tid, int *status)
{
	LTraced *p = tracer_any(t->task, tid);
	int host = *status;

	if (!WIFSTOPPED(*status)) {
		bool show = !p || !p->own || p->announced;
		if (p)
			tracer_remove(t->task, tid);
		return show;
	}
	if (!p) {
		if (status_number(tid, "TracerPid:") != getpid())
			return true;
		p = tracer_add(t, tid);
		p->own = status_number(tid, "PPid:") != getpid();
		if (!p->own)
			tracer_options(p, 0);
	}
	p->at_stop = false;
	bool show = *status >> 16 ? stopped_by_event(t, tid, status) : stopped_by_signal(p, status);
	p = tracer_any(t->task, tid);
	p->stopped = show;
	p->status = host;
	p->listens = p->listens && !show;
	return show;
}

/* ---- waiting --------------------------------------------------------------------------------------------------- */

/* What the guest has seen. */
static void announce(LThread *t, i64 tid, int status)
{
	LTraced *p = WIFSTOPPED(status) ? tracer_any(t->task, tid) : NULL;
	unsigned long child = 0;

	if (!p)
		return;
	p->announced = true;
	int event = status >> 16;
	if (event != PTRACE_EVENT_FORK && event != PTRACE_EVENT_VFORK && event != PTRACE_EVENT_CLONE)
		return;
	if (p->at_stop)
		peer_read(p->tid, p->at + offsetof(LThread, tracee) + offsetof(LTracee, message), &child, sizeof child);
	else
		host_ptrace(PTRACE_GETEVENTMSG, p->tid, 0, (u64)(uintptr_t)&child);
	p = tracer_any(t->task, (i64)child);
	if (p)
		p->announced = true;
}

/* The state of one that has not been asked for; false: it runs. */
static bool look(LThread *t, i32 tid)
{
	siginfo_t si = {0};
	int status;

	if (syscall(SYS_waitid, P_PID, tid, &si, WSTOPPED | WNOHANG | WNOWAIT | __WALL, NULL) != 0 || !si.si_pid)
		return false;
	status = si.si_status << 8 | 0x7f;
	return judge(t, tid, &status);
}

/* A wait for one of several tracees must not leave the others at stops that are not theirs. */
static bool serve_others(LThread *t, i64 but)
{
	bool others = false;

	for (u32 i = 0; i < t->task->traced.n; i++) {
		const LTraced *p = &t->task->traced.p[i];
		if (p->tracer != t->tid || p->stopped || p->tid == but)
			continue;
		others = true;
		look(t, p->tid);
	}
	return others;
}

static i64 nap(LThread *t)
{
	struct timespec ts = {.tv_nsec = 500000};

	return HOST(t, SYS_ppoll, NULL, 0, &ts, NULL, 0);
}

/* The entry has been seen: what has ended is found although the signal for it is in the queue. */
static i64 found_already(i64 pid, int *status, u64 options, struct rusage *ru)
{
	i64 r = syscall(SYS_wait4, pid, status, options | WNOHANG, ru);

	return r > 0 ? r : LR_AGAIN;
}

i64 tracer_wait(LThread *t, i64 pid, int *status, u64 options, struct rusage *ru)
{
	for (;;) {
		int s = 0;
		bool polls = pid != -1 && t->task->traced.n && !(options & WNOHANG) && serve_others(t, pid);
		i64 r = HOST(t, SYS_wait4, pid, &s, options | (polls ? WNOHANG : 0), ru);
		if (r == LR_AGAIN && t->tracee.on)
			r = found_already(pid, &s, options, ru);
		if (r == 0 && polls) {
			if ((r = nap(t)) < 0)
				return r;
			continue;
		}
		if (r <= 0)
			return r;
		if (!judge(t, (i32)r, &s))
			continue;
		announce(t, r, s);
		*status = s;
		return r;
	}
}

i64 tracer_waitid(LThread *t, u64 type, u64 id, siginfo_t *si, u64 options, struct rusage *ru)
{
	for (;;) {
		memset(si, 0, sizeof *si);
		i64 r = HOST(t, SYS_waitid, type, id, si, options, ru);
		bool stop = si->si_code == CLD_TRAPPED || si->si_code == CLD_STOPPED, end = si->si_code == CLD_EXITED ||
			si->si_code == CLD_KILLED || si->si_code == CLD_DUMPED;
		if (r < 0 || !si->si_pid || !(stop || (end && !(options & WNOWAIT))))
			return r;
		int s = stop ? si->si_status << 8 | 0x7f : 0;
		if (!judge(t, si->si_pid, &s))
			continue;
		announce(t, si->si_pid, s);
		if (stop)
			si->si_status = s >> 8;
		return r;
	}
}

LTraced *tracer_find(LThread *t, i64 tid)
{
	LTraced *p = tracer_any(t->task, tid);

	if (!p || p->tracer != t->tid)
		return NULL;
	if (!p->stopped)
		look(t, (i32)tid);
	p = tracer_any(t->task, tid);
	return p && p->stopped ? p : NULL;
}

/* ---- going on ------------------------------------------------------------------------------------------------------ */

/* The host's events that are the guest's happen inside of a call. */
static bool of_call(int event)
{
	return event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_VFORK_DONE;
}

i64 tracer_go(LTraced *p, LHow how, int sig)
{
	u64 base = p->at + offsetof(LThread, tracee);
	const u32 go = how, answered = 1, quiet = !p->at_stop && !of_call(p->status >> 16);
	const i32 signal = sig;

	if (p->at)
		peer_write(p->tid, base + offsetof(LTracee, how), &go, sizeof go);
	if (p->at && quiet)
		peer_write(p->tid, base + offsetof(LTracee, quiet), &quiet, sizeof quiet);
	if (p->at && p->at_stop) {
		peer_write(p->tid, base + offsetof(LTracee, signal), &signal, sizeof signal);
		peer_write(p->tid, base + offsetof(LTracee, answered), &answered, sizeof answered);
	}
	p->stopped = p->at_stop = false;
	return host_ptrace(PTRACE_CONT, p->tid, 0, 0);
}
