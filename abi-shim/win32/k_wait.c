/* kernel32: events, mutexes, semaphores, threads, and waiting for them; locks of a word.  One lock and one condition serve
 * all of a process's objects. */
#include "handlers.h"
#include "filetime.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

enum { INFINITE_ = 0xffffffffu };
enum { WAIT_TIMEOUT_ = 258, WAIT_FAILED_ = -1, WAIT_ABANDONED_ = 0x80 };

static void changed(WTask *k)
{
	pthread_cond_broadcast(&k->changed);
}

/* ---- objects ------------------------------------------------------------------------------------------- */

static u64 create(WThread *t, WObj *o)
{
	error_set(t, 0);
	return handle_new(t->task, o);
}

u64 w_CreateEvent(WThread *t, const u64 *a)
{
	WObj *o = obj_new(WK_EVENT);

	o->manual = a[1];
	o->signaled = a[2];
	return create(t, o);
}

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

u64 w_CreateMutex(WThread *t, const u64 *a)
{
	WObj *o = obj_new(WK_MUTEX);

	o->owner = a[1] ? t : NULL;
	o->count = a[1] != 0;
	return create(t, o);
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

u64 w_CreateSemaphore(WThread *t, const u64 *a)
{
	if ((i32)a[1] < 0 || (i32)a[2] <= 0 || (i32)a[1] > (i32)a[2])
		return fail(t, W_INVALID_PARAMETER);
	WObj *o = obj_new(WK_SEMAPHORE);
	o->count = (u32)a[1];
	o->most = (u32)a[2];
	return create(t, o);
}

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

/* ---- threads --------------------------------------------------------------------------------------------- */

static void *run_thread(void *arg)
{
	enum { ATTACH = 2, DETACH = 3 };
	WThread *t = arg;
	WTask *k = t->task;

	module_tls(t);
	module_notify(t, ATTACH);
	u64 status = call_guest(t, t->start, 1, (u64[]){t->param});
	if (!t->ended)
		t->obj->status = (u32)status;
	t->ended = false;
	module_notify(t, DETACH);
	task_lock(t);
	t->obj->signaled = true;
	WThread **p = &k->threads;
	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	k->nthread--;
	changed(k);
	task_unlock(t);
	obj_drop(t->obj);
	guest_unmap(k->x, t->stack_low, t->stack_high - t->stack_low);
	xthread_free(t->x);
	free(t);
	return NULL;
}

static bool go(WThread *n)
{
	if (pthread_create(&n->host, NULL, run_thread, n) != 0)
		return false;
	pthread_detach(n->host);
	return true;
}

static u64 start_thread(WThread *t, u64 stack, u64 start, u64 param, u64 flags, u64 id)
{
	enum { SUSPENDED = 4 };
	Err e = {0};
	WThread *n = thread_new(t->task, stack, &e);

	if (!n)
		return fail(t, W_NOT_ENOUGH_MEMORY);
	n->start = start;
	n->param = param;
	n->obj = obj_new(WK_THREAD);
	n->obj->status = 259; /* still active */
	n->obj->manual = true;
	obj_keep(n->obj);
	u64 h = handle_new(t->task, n->obj);
	if (id)
		mem_put_u32(t, id, n->tid);
	if (flags & SUSPENDED)
		n->obj->data = n;
	else if (!go(n))
		return fail(t, W_NOT_ENOUGH_MEMORY);
	return h;
}

u64 w_CreateThread(WThread *t, const u64 *a) { return start_thread(t, a[1], a[2], a[3], a[4], a[5]); }

/* Only a thread that has not begun is suspended here: the result is how often it was. */
u64 w_ResumeThread(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_THREAD);

	if (!o) {
		error_set(t, W_INVALID_HANDLE);
		return 0xffffffff;
	}
	WThread *n = o->data;
	o->data = NULL;
	if (n)
		go(n);
	obj_drop(o);
	return n != NULL;
}

/* Threads that run are not stopped: said as an error, which callers take for a thread that has ended. */
u64 w_SuspendThread(WThread *t, const u64 *a)
{
	error_set(t, W_NOT_SUPPORTED);
	return 0xffffffff;
}

/* Leaves all that the host has on its stack for this thread; it is the thread's own call that ends. */
u64 w_ExitThread(WThread *t, const u64 *a)
{
	if (t->task->nthread == 1)
		process_exit(t, (u32)a[0]);
	t->obj->status = (u32)a[0];
	t->ended = true;
	return 0;
}

static u64 exit_code(WThread *t, u64 h, u64 to, WKind kind)
{
	WObj *o = handle_get(t->task, h, kind);

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	mem_put_u32(t, to, o->status);
	obj_drop(o);
	return 1;
}

u64 w_GetExitCodeThread(WThread *t, const u64 *a) { return exit_code(t, a[0], a[1], WK_THREAD); }

/* ---- waiting ----------------------------------------------------------------------------------------------- */

/* True if the object is there for this thread, which then has it. */
static bool take(WThread *t, WObj *o, bool only_look)
{
	switch (o->kind) {
	case WK_TIMER:
		if (o->due && o->due <= clock_ns(CLOCK_MONOTONIC)) {
			o->signaled = true;
			o->due = o->period ? o->due + o->period : 0;
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
	default:
		return true; /* files are always ready */
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

/* Sleeps as wait_changed does, but only until the first of the timers is due. */
static bool wait_timed(WTask *k, WObj **o, u32 n, u64 ms, const struct timespec *end)
{
	u64 first = ~(u64)0, now = 0;

	for (u32 i = 0; i < n; i++)
		if (o[i]->kind == WK_TIMER && o[i]->due && o[i]->due < first)
			first = o[i]->due;
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

/* The index of the object that was there, or of the first when it was for all; -1: the time is over. */
static i32 wait_for(WThread *t, WObj **o, u32 n, bool all, u64 ms)
{
	WTask *k = t->task;
	struct timespec end = wait_deadline(ms);
	i32 got = -1;

	task_lock(t);
	do {
		u32 ready = 0;
		for (u32 i = 0; i < n && got < 0; i++) {
			ready += take(t, o[i], all);
			if (!all && ready)
				got = (i32)i;
		}
		if (all && ready == n) {
			for (u32 i = 0; i < n; i++)
				take(t, o[i], false);
			got = 0;
		}
	} while (got < 0 && wait_timed(k, o, n, ms, &end));
	task_unlock(t);
	return got;
}

u64 w_WaitForSingleObject(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_NONE);

	if (!o) {
		error_set(t, W_INVALID_HANDLE);
		return (u32)WAIT_FAILED_;
	}
	i32 r = wait_for(t, &o, 1, false, a[1]);
	obj_drop(o);
	return r < 0 ? WAIT_TIMEOUT_ : (u32)r;
}

u64 w_WaitForMultipleObjects(WThread *t, const u64 *a)
{
	WObj *o[64];
	u64 word = t->wide ? 8 : 4;
	u32 n = 0;
	i32 r = -2;

	for (; n < a[0] && n < COUNT(o); n++)
		if (!(o[n] = handle_get(t->task, mem_word(t, a[1] + word * n), WK_NONE)))
			break;
	if (n && n == a[0])
		r = wait_for(t, o, n, a[2], a[3]);
	else
		error_set(t, W_INVALID_HANDLE);
	while (n)
		obj_drop(o[--n]);
	return r == -2 ? (u32)WAIT_FAILED_ : r < 0 ? WAIT_TIMEOUT_ : (u32)r;
}

/* ---- timers ------------------------------------------------------------------------------------------------ */

static u64 new_timer(WThread *t, bool manual)
{
	WObj *o = obj_new(WK_TIMER);

	o->manual = manual;
	return create(t, o);
}

u64 w_CreateWaitableTimer(WThread *t, const u64 *a) { return new_timer(t, a[1]); }
u64 w_CreateWaitableTimerEx(WThread *t, const u64 *a) { return new_timer(t, a[2] & 1); }

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
