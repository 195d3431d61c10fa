/* kernel32: events, mutexes, semaphores, threads, and waiting for them; locks of a word.  One lock and one condition serve
 * all of a process's objects. */
#include "async.h"
#include "handlers.h"
#include "filetime.h"

#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

enum { INFINITE_ = 0xffffffffu };
enum { WAIT_TIMEOUT_ = 258, WAIT_FAILED_ = -1, WAIT_ABANDONED_ = 0x80, WAIT_APC = 0xc0 };

static void changed(WTask *k)
{
	pthread_cond_broadcast(&k->changed);
}

/* ---- objects ------------------------------------------------------------------------------------------- */

/* A new object, or the one that has its name already (o is then given up).  name NULL or empty: it has none. */
static u64 create(WThread *t, WObj *o, char *name)
{
	WObj *old = NULL;
	bool clash = name && name[0] && !name_take(t->task, o, name, &old);

	free(name);
	error_set(t, clash && old ? W_ALREADY_EXISTS : 0);
	if (!clash)
		return handle_new(t->task, o);
	obj_drop(o);
	return old ? handle_new(t->task, old) : fail(t, W_INVALID_HANDLE);
}

static u64 open_named(WThread *t, char *name, WKind kind)
{
	WObj *o = name ? name_find(t->task, name, kind) : NULL;

	free(name);
	return o ? handle_new(t->task, o) : fail(t, W_FILE_NOT_FOUND);
}

u64 w_OpenEvent(WThread *t, const u64 *a) { return open_named(t, arg_string(t, a, 2), WK_EVENT); }
u64 w_OpenMutex(WThread *t, const u64 *a) { return open_named(t, arg_string(t, a, 2), WK_MUTEX); }
u64 w_OpenSemaphore(WThread *t, const u64 *a) { return open_named(t, arg_string(t, a, 2), WK_SEMAPHORE); }
u64 w_OpenWaitableTimer(WThread *t, const u64 *a) { return open_named(t, arg_string(t, a, 2), WK_TIMER); }

WObj *event_new(bool manual)
{
	WObj *o = obj_new(WK_EVENT);

	o->manual = manual;
	return o;
}

static u64 new_event(WThread *t, bool manual, bool signaled, char *name)
{
	WObj *o = event_new(manual);

	o->signaled = signaled;
	return create(t, o, name);
}

u64 w_CreateEvent(WThread *t, const u64 *a) { return new_event(t, a[1], a[2], arg_string(t, a, 3)); }
u64 w_CreateEventEx(WThread *t, const u64 *a) { return new_event(t, a[2] & 1, a[2] & 2, arg_string(t, a, 1)); }

static u64 set_event(WThread *t, u64 h, bool on)
{
	WObj *o = handle_get(t->task, h, WK_EVENT);

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	task_lock(t);
	o->signaled = on;
	changed(t->task);
	task_unlock(t);
	obj_drop(o);
	return 1;
}

u64 w_SetEvent(WThread *t, const u64 *a) { return set_event(t, a[0], true); }
u64 w_ResetEvent(WThread *t, const u64 *a) { return set_event(t, a[0], false); }

/* Lets those go on who wait for now, and nobody else. */
u64 w_PulseEvent(WThread *t, const u64 *a)
{
	if (!set_event(t, a[0], true))
		return 0;
	sched_yield();
	return set_event(t, a[0], false);
}

static u64 new_mutex(WThread *t, bool owned, char *name)
{
	WObj *o = obj_new(WK_MUTEX);

	o->owner = owned ? t : NULL;
	o->count = owned;
	return create(t, o, name);
}

u64 w_CreateMutex(WThread *t, const u64 *a) { return new_mutex(t, a[1], arg_string(t, a, 2)); }
u64 w_CreateMutexEx(WThread *t, const u64 *a) { return new_mutex(t, a[2] & 1, arg_string(t, a, 1)); }

/* The thread is over: its mutexes are free, and who gets one is told. */
void mutex_abandon(WThread *t)
{
	WTask *k = t->task;

	for (u32 i = 0; i < k->handle.n; i++) {
		WObj *o = k->handle.p[i].o;
		if (o && o->kind == WK_MUTEX && o->owner == t) {
			o->owner = NULL;
			o->count = 0;
			o->abandoned = true;
		}
	}
}

u64 w_ReleaseMutex(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_MUTEX);

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	task_lock(t);
	bool mine = o->owner == t;
	if (mine && !--o->count) {
		o->owner = NULL;
		changed(t->task);
	}
	task_unlock(t);
	obj_drop(o);
	return mine ? 1 : fail(t, W_NOT_OWNER);
}

static u64 new_semaphore(WThread *t, i32 count, i32 most, char *name)
{
	if (count < 0 || most <= 0 || count > most) {
		free(name);
		return fail(t, W_INVALID_PARAMETER);
	}
	WObj *o = obj_new(WK_SEMAPHORE);
	o->count = (u32)count;
	o->most = (u32)most;
	return create(t, o, name);
}

u64 w_CreateSemaphore(WThread *t, const u64 *a) { return new_semaphore(t, (i32)a[1], (i32)a[2], arg_string(t, a, 3)); }

u64 w_ReleaseSemaphore(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_SEMAPHORE);

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	task_lock(t);
	u32 was = o->count;
	bool ok = (i32)a[1] > 0 && o->most - was >= (u32)a[1];
	if (ok)
		o->count += (u32)a[1];
	changed(t->task);
	task_unlock(t);
	obj_drop(o);
	if (ok && a[2])
		mem_put_u32(t, a[2], was);
	return ok ? 1 : fail(t, 298);
}

/* ---- waiting ----------------------------------------------------------------------------------------------- */

/* True if the object is there for this thread, which then has it. */
static bool take(WThread *t, WObj *o, bool only_look)
{
	switch (o->kind) {
	case WK_TIMER:
		if (o->due && o->due <= clock_ns(CLOCK_MONOTONIC)) {
			o->signaled = true;
			o->due = o->period ? o->due + o->period : 0;
			if (o->apc)
				apc_queue(t->task, o->owner, o->apc, o->key, (u32)filetime_now(), filetime_now() >> 32);
		}
		/* fall through */
	case WK_EVENT:
		if (o->signaled && !o->manual && !only_look) {
			o->signaled = false;
			return true;
		}
		return o->signaled;
	case WK_MUTEX:
		if (o->owner && o->owner != t)
			return false;
		if (!only_look) {
			o->owner = t;
			o->count++;
		}
		return true;
	case WK_SEMAPHORE:
		if (!o->count)
			return false;
		o->count -= !only_look;
		return true;
	case WK_THREAD:
	case WK_PROCESS:
		return o->signaled;
	case WK_NOTIFY:
		return notify_take(o, only_look);
	case WK_FILE:
		return o->console ? poll(&(struct pollfd){.fd = o->fd, .events = POLLIN}, 1, 0) > 0 : !o->overlapped || o->signaled;
	default:
		return true;
	}
}

struct timespec wait_deadline(u64 ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (ms == INFINITE_)
		return ts;
	ts.tv_sec += (time_t)(ms / 1000);
	ts.tv_nsec += (long)(ms % 1000) * 1000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_nsec -= 1000000000;
		ts.tv_sec++;
	}
	return ts;
}

bool wait_changed(WTask *k, u64 ms, const struct timespec *end)
{
	if (ms == INFINITE_)
		return pthread_cond_wait(&k->changed, &k->lock) == 0;
	return ms && pthread_cond_timedwait(&k->changed, &k->lock, end) == 0;
}

bool wait_try(WThread *t, WObj *o) { return take(t, o, false); }

/* When to look again without having been told: timers are due then, and consoles tell nobody.  Nanoseconds of
 * CLOCK_MONOTONIC; all ones: never. */
static u64 look_again(WObj **o, u32 n)
{
	enum { CONSOLE_STEP = 20000000 };
	u64 first = ~(u64)0;

	for (u32 i = 0; i < n; i++) {
		if (o[i]->kind == WK_TIMER && o[i]->due && o[i]->due < first)
			first = o[i]->due;
		if ((o[i]->kind == WK_FILE && o[i]->console) || o[i]->kind == WK_NOTIFY)
			first = MIN(first, clock_ns(CLOCK_MONOTONIC) + CONSOLE_STEP);
	}
	return first;
}

/* Timers with a routine for this thread: those that are due queue it.  When the next one is due; all ones: never. */
static u64 own_timers(WThread *t)
{
	WTask *k = t->task;
	u64 next = ~(u64)0;

	for (u32 i = 0; i < k->handle.n; i++) {
		WObj *o = k->handle.p[i].o;
		if (!o || o->kind != WK_TIMER || !o->apc || o->owner != t)
			continue;
		take(t, o, true);
		if (o->due)
			next = MIN(next, o->due);
	}
	return next;
}

/* Sleeps as wait_changed does, but not beyond the time to look again. */
static bool wait_timed(WThread *t, WObj **o, u32 n, u64 ms, const struct timespec *end, u64 timer)
{
	WTask *k = t->task;
	u64 first = MIN(look_again(o, n), timer), now = 0;

	if (first == ~(u64)0)
		return wait_changed(k, ms, end);
	now = clock_ns(CLOCK_MONOTONIC);
	struct timespec at;
	clock_gettime(CLOCK_REALTIME, &at);
	u64 ns = (u64)at.tv_nsec + (first > now ? first - now : 0);
	at.tv_sec += (time_t)(ns / 1000000000);
	at.tv_nsec = (long)(ns % 1000000000);
	bool sooner = ms == INFINITE_ || at.tv_sec < end->tv_sec || (at.tv_sec == end->tv_sec && at.tv_nsec < end->tv_nsec);
	if (!sooner)
		return wait_changed(k, ms, end);
	pthread_cond_timedwait(&k->changed, &k->lock, &at);
	return true;
}

/* Takes what is there, with the lock held: the index of the object (all: of none but the first), -1: not yet. */
static i32 take_ready(WThread *t, WObj **o, u32 n, bool all)
{
	u32 ready = 0;

	for (u32 i = 0; i < n; i++) {
		bool there = take(t, o[i], all);
		if (there && !all)
			return (i32)i;
		ready += there;
	}
	if (!all || ready < n)
		return -1;
	for (u32 i = 0; i < n; i++)
		take(t, o[i], false);
	return 0;
}

/* True for a mutex whose owner has ended with it; that is told once. */
static bool was_abandoned(WObj **o, u32 n, bool all, i32 got)
{
	bool any = false;

	for (u32 i = all ? 0 : (u32)got; i < (all ? n : (u32)got + 1); i++) {
		any |= o[i]->abandoned;
		o[i]->abandoned = false;
	}
	return any;
}

u64 wait_objects(WThread *t, WObj **o, u32 n, bool all, u64 ms, bool alertable)
{
	struct timespec end = wait_deadline(ms);
	bool in_time = true;
	u64 r = WAIT_TIMEOUT_;

	task_lock(t);
	while (r == WAIT_TIMEOUT_) {
		u64 timer = alertable ? own_timers(t) : ~(u64)0;
		i32 got = take_ready(t, o, n, all);
		if (got >= 0)
			r = (u64)got | (was_abandoned(o, n, all, got) ? WAIT_ABANDONED_ : 0);
		else if (alertable && t->apc)
			r = WAIT_APC;
		else if (in_time)
			in_time = wait_timed(t, o, n, ms, &end, timer);
		else
			break;
	}
	task_unlock(t);
	if (r == WAIT_APC)
		apc_run(t);
	return r;
}

static u64 wait_one(WThread *t, u64 h, u64 ms, bool alertable)
{
	WObj *o = handle_object(t, h);

	if (!o)
		return (u32)WAIT_FAILED_;
	u64 r = wait_objects(t, &o, 1, false, ms, alertable);
	obj_drop(o);
	return r;
}

u64 w_WaitForSingleObject(WThread *t, const u64 *a) { return wait_one(t, a[0], a[1], false); }
u64 w_WaitForSingleObjectEx(WThread *t, const u64 *a) { return wait_one(t, a[0], a[1], a[2]); }

static u64 wait_many(WThread *t, const u64 *a, bool alertable)
{
	WObj *o[64];
	u64 word = t->wide ? 8 : 4, r = (u32)WAIT_FAILED_;
	u32 n = 0;

	if (!a[0] || a[0] > COUNT(o)) {
		error_set(t, W_INVALID_PARAMETER);
		return r;
	}
	while (n < a[0] && (o[n] = handle_object(t, mem_word(t, a[1] + word * n))))
		n++;
	if (n == a[0])
		r = wait_objects(t, o, n, a[2], a[3], alertable);
	while (n)
		obj_drop(o[--n]);
	return r;
}

u64 w_WaitForMultipleObjects(WThread *t, const u64 *a) { return wait_many(t, a, false); }
u64 w_WaitForMultipleObjectsEx(WThread *t, const u64 *a) { return wait_many(t, a, a[4]); }

u64 w_SignalObjectAndWait(WThread *t, const u64 *a)
{
	WObj *o = handle_object(t, a[0]);
	u64 r = 0;

	if (!o)
		return (u32)WAIT_FAILED_;
	if (o->kind == WK_EVENT)
		r = set_event(t, a[0], true);
	else if (o->kind == WK_MUTEX)
		r = w_ReleaseMutex(t, a);
	else if (o->kind == WK_SEMAPHORE)
		r = w_ReleaseSemaphore(t, (u64[]){a[0], 1, 0});
	else
		fail(t, W_INVALID_HANDLE);
	obj_drop(o);
	return r ? wait_one(t, a[1], a[2], a[3]) : (u32)WAIT_FAILED_;
}

/* Nothing to wait for but the time, and queued calls. */
u64 w_SleepEx(WThread *t, const u64 *a)
{
	if (!a[1])
		return w_Sleep(t, a);
	u64 r = wait_objects(t, NULL, 0, false, a[0], true);
	return r == WAIT_APC ? r : 0;
}

/* While the bytes there are as they were, and nobody has woken. */
u64 w_WaitOnAddress(WThread *t, const u64 *a)
{
	struct timespec end = wait_deadline(a[3]);
	bool in_time = true;
	u8 was[8];

	if (a[2] != 1 && a[2] != 2 && a[2] != 4 && a[2] != 8)
		return fail(t, W_INVALID_PARAMETER);
	memcpy(was, mem_in(t, a[1], a[2]), a[2]);
	task_lock(t);
	while (in_time && memcmp(mem_in(t, a[0], a[2]), was, a[2]) == 0)
		in_time = wait_changed(t->task, a[3], &end);
	task_unlock(t);
	return in_time ? 1 : fail(t, 1460);
}

u64 w_WakeByAddress(WThread *t, const u64 *a)
{
	task_lock(t);
	changed(t->task);
	task_unlock(t);
	return 0;
}

/* ---- timers ------------------------------------------------------------------------------------------------ */

static u64 new_timer(WThread *t, bool manual, char *name)
{
	WObj *o = obj_new(WK_TIMER);

	o->manual = manual;
	return create(t, o, name);
}

u64 w_CreateWaitableTimer(WThread *t, const u64 *a) { return new_timer(t, a[1], arg_string(t, a, 2)); }
u64 w_CreateWaitableTimerEx(WThread *t, const u64 *a) { return new_timer(t, a[2] & 1, arg_string(t, a, 1)); }

/* Due in 100 ns: negative from now on, else since 1601; the period in milliseconds. */
u64 w_SetWaitableTimer(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_TIMER);

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	i64 due = (i64)((u64)mem_u32(t, a[1]) | (u64)mem_u32(t, a[1] + 4) << 32), from_now = -due;
	if (due >= 0)
		from_now = due - (i64)filetime_now();
	task_lock(t);
	o->signaled = false;
	o->apc = a[3];
	o->key = a[4];
	o->owner = t;
	o->due = clock_ns(CLOCK_MONOTONIC) + (from_now > 0 ? (u64)from_now * 100 : 0);
	o->period = a[2] * 1000000;
	changed(t->task);
	task_unlock(t);
	obj_drop(o);
	return 1;
}

u64 w_CancelWaitableTimer(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_TIMER);

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	task_lock(t);
	o->due = 0;
	task_unlock(t);
	obj_drop(o);
	return 1;
}

/* ---- locks of a word ------------------------------------------------------------------------------------------ */

/* SRWLOCK: 0 free, all ones: one owner, else how many share it. */
static bool srw_take(WThread *t, u64 at, bool shared)
{
	u64 all = t->wide ? ~(u64)0 : 0xffffffff, v = mem_word(t, at);

	if (shared ? v == all : v)
		return false;
	mem_put_word(t, at, shared ? v + 1 : all);
	return true;
}

static u64 srw_wait(WThread *t, u64 at, bool shared)
{
	task_lock(t);
	while (!srw_take(t, at, shared))
		pthread_cond_wait(&t->task->changed, &t->task->lock);
	task_unlock(t);
	return 0;
}

static u64 srw_leave(WThread *t, u64 at, bool shared)
{
	task_lock(t);
	u64 v = mem_word(t, at);
	mem_put_word(t, at, shared && v ? v - 1 : 0);
	changed(t->task);
	task_unlock(t);
	return 0;
}

static u64 srw_try(WThread *t, u64 at, bool shared)
{
	task_lock(t);
	bool ok = srw_take(t, at, shared);
	task_unlock(t);
	return ok;
}

u64 w_AcquireSRWLockExclusive(WThread *t, const u64 *a) { return srw_wait(t, a[0], false); }
u64 w_AcquireSRWLockShared(WThread *t, const u64 *a) { return srw_wait(t, a[0], true); }
u64 w_ReleaseSRWLockExclusive(WThread *t, const u64 *a) { return srw_leave(t, a[0], false); }
u64 w_ReleaseSRWLockShared(WThread *t, const u64 *a) { return srw_leave(t, a[0], true); }
u64 w_TryAcquireSRWLockExclusive(WThread *t, const u64 *a) { return srw_try(t, a[0], false); }
u64 w_TryAcquireSRWLockShared(WThread *t, const u64 *a) { return srw_try(t, a[0], true); }

u64 w_InitWord(WThread *t, const u64 *a)
{
	mem_put_word(t, a[0], 0);
	return 0;
}

/* CONDITION_VARIABLE: counts wakings.  Each wakes all, who look again at what they wait for. */
u64 w_WakeConditionVariable(WThread *t, const u64 *a)
{
	task_lock(t);
	mem_put_word(t, a[0], mem_word(t, a[0]) + 1);
	changed(t->task);
	task_unlock(t);
	return 0;
}

static bool wait_word(WThread *t, u64 at, u64 was, u64 ms)
{
	struct timespec end = wait_deadline(ms);
	bool in_time = true;

	while (in_time && mem_word(t, at) == was)
		in_time = wait_changed(t->task, ms, &end);
	return in_time;
}

u64 w_SleepConditionVariableCS(WThread *t, const u64 *a)
{
	task_lock(t);
	u64 was = mem_word(t, a[0]);
	w_LeaveCriticalSection(t, a + 1);
	bool ok = wait_word(t, a[0], was, a[2]);
	task_unlock(t);
	w_EnterCriticalSection(t, a + 1);
	return ok ? 1 : fail(t, 1460);
}

u64 w_SleepConditionVariableSRW(WThread *t, const u64 *a)
{
	bool shared = a[3] & 1;

	task_lock(t);
	u64 was = mem_word(t, a[0]);
	srw_leave(t, a[1], shared);
	bool ok = wait_word(t, a[0], was, a[2]);
	task_unlock(t);
	srw_wait(t, a[1], shared);
	return ok ? 1 : fail(t, 1460);
}

/* INIT_ONCE: 0 new, 1 in work, 2 done (the context is in the other bits). */
u64 w_InitOnceExecuteOnce(WThread *t, const u64 *a)
{
	WTask *k = t->task;

	task_lock(t);
	while ((mem_word(t, a[0]) & 3) == 1)
		pthread_cond_wait(&k->changed, &k->lock);
	u64 state = mem_word(t, a[0]);
	if (!(state & 3))
		mem_put_word(t, a[0], 1);
	task_unlock(t);
	if (!(state & 3)) {
		bool ok = call_guest(t, a[1], 3, (u64[]){a[0], a[2], a[3]}) & 0xffffffff;
		state = ok ? (a[3] ? mem_word(t, a[3]) & ~(u64)3 : 0) | 2 : 0;
		task_lock(t);
		mem_put_word(t, a[0], state);
		changed(k);
		task_unlock(t);
		return ok;
	}
	if (a[3])
		mem_put_word(t, a[3], state & ~(u64)3);
	return 1;
}

u64 w_InitOnceBeginInitialize(WThread *t, const u64 *a)
{
	enum { CHECK_ONLY = 1, ASYNC = 2 };
	WTask *k = t->task;
	bool in_work = true;
	u64 state;

	task_lock(t);
	while (((state = mem_word(t, a[0])) & 3) == 1 && !(a[1] & (CHECK_ONLY | ASYNC)))
		pthread_cond_wait(&k->changed, &k->lock);
	if ((state & 3) == 2)
		in_work = false;
	else if (!(a[1] & CHECK_ONLY))
		mem_put_word(t, a[0], a[1] & ASYNC ? 3 : 1);
	task_unlock(t);
	mem_put_u32(t, a[2], in_work);
	if (a[3] && !in_work)
		mem_put_word(t, a[3], state & ~(u64)3);
	return in_work && a[1] & CHECK_ONLY ? fail(t, 31) : 1;
}

u64 w_InitOnceComplete(WThread *t, const u64 *a)
{
	enum { ASYNC = 2, FAILED = 4 };

	task_lock(t);
	u64 state = mem_word(t, a[0]) & 3;
	bool ok = state == 1 || (state == 3 && a[1] & ASYNC);
	if (ok)
		mem_put_word(t, a[0], a[1] & FAILED ? 0 : (a[2] & ~(u64)3) | 2);
	changed(t->task);
	task_unlock(t);
	return ok ? 1 : fail(t, 31);
}
