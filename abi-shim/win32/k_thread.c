/* kernel32: threads -- starting, ending, suspending, their registers.
 *
 * A thread that is to stop stops where it next comes out of guest code: at a safe point that xthread_kick leads to, or behind
 * the call that it is in.  Whoever suspends waits until it is there or in a call, so that its registers are exact. */
#include "async.h"
#include "handlers.h"
#include "filetime.h"
#include "seh.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

enum { STILL_ACTIVE = 259 };

/* ---- starting and ending -------------------------------------------------------------------------------- */

WObj *thread_object(WThread *t)
{
	WObj *o = obj_new(WK_THREAD);

	o->manual = true;
	o->status = STILL_ACTIVE;
	o->data = t;
	t->obj = o;
	return o;
}

/* Nobody finds the thread from now on, and those who wait for it go on. */
static void retire(WThread *t)
{
	WTask *k = t->task;

	task_lock(t);
	t->obj->signaled = true;
	t->obj->data = NULL;
	WThread **p = &k->threads;
	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	k->nthread--;
	mutex_abandon(t);
	pthread_cond_broadcast(&k->changed);
	task_unlock(t);
}

static void *run_thread(void *arg)
{
	enum { ATTACH = 2, DETACH = 3 };
	WThread *t = arg;
	WTask *k = t->task;

	thread_park(t);
	module_tls(t);
	module_notify(t, ATTACH);
	if (t->body) {
		t->body(t);
	} else {
		u64 status = call_guest(t, t->start, 1, (u64[]){t->param});
		if (!t->ended)
			t->obj->status = (u32)status;
	}
	t->ended = false;
	fls_notify(t);
	module_notify(t, DETACH);
	retire(t);
	obj_drop(t->obj);
	guest_unmap(k->x, t->stack_low, t->stack_high - t->stack_low);
	xthread_free(t->x);
	free(t);
	return NULL;
}

bool thread_go(WThread *n)
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
	n->suspend = (flags & SUSPENDED) != 0;
	obj_keep(thread_object(n));
	u64 h = handle_new(t->task, n->obj);
	if (id)
		mem_put_u32(t, id, n->tid);
	return thread_go(n) ? h : fail(t, W_NOT_ENOUGH_MEMORY);
}

u64 w_CreateThread(WThread *t, const u64 *a) { return start_thread(t, a[1], a[2], a[3], a[4], a[5]); }

u64 w_CreateRemoteThread(WThread *t, const u64 *a)
{
	WObj *o = handle_object(t, a[0]);
	bool own = o == t->task->self;

	if (!o)
		return 0;
	obj_drop(o);
	return own ? start_thread(t, a[2], a[3], a[4], a[5], a[6]) : fail(t, W_ACCESS_DENIED);
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

u64 w_FreeLibraryAndExitThread(WThread *t, const u64 *a)
{
	w_FreeLibrary(t, a);
	return w_ExitThread(t, a + 1);
}

u64 w_GetExitCodeThread(WThread *t, const u64 *a)
{
	WObj *o = thread_handle(t, a[0]);

	if (!o)
		return 0;
	mem_put_u32(t, a[1], o->status);
	obj_drop(o);
	return 1;
}

/* The thread never runs again; like on Windows, what it had stays as it was. */
u64 w_TerminateThread(WThread *t, const u64 *a)
{
	WThread *n = thread_by_handle(t, a[0]);

	if (!n)
		return fail(t, W_INVALID_HANDLE);
	if (n == t)
		return w_ExitThread(t, a + 1);
	thread_suspend(t, n);
	obj_keep(n->obj);
	n->obj->status = (u32)a[1];
	task_lock(t);
	WThread **p = &t->task->threads;
	while (*p && *p != n)
		p = &(*p)->next;
	if (*p) {
		*p = n->next;
		t->task->nthread--;
		n->obj->signaled = true;
		n->obj->data = NULL;
		mutex_abandon(n);
		pthread_cond_broadcast(&t->task->changed);
	}
	task_unlock(t);
	obj_drop(n->obj);
	return 1;
}

/* ---- who is meant ------------------------------------------------------------------------------------------- */

WObj *thread_handle(WThread *t, u64 h)
{
	WObj *o = handle_object(t, h);

	if (!o || o->kind == WK_THREAD)
		return o;
	obj_drop(o);
	error_set(t, W_INVALID_HANDLE);
	return NULL;
}

WThread *thread_by_handle(WThread *t, u64 h)
{
	WObj *o = thread_handle(t, h);
	WThread *n = o ? o->data : NULL;

	if (o)
		obj_drop(o);
	return n;
}

u64 w_OpenThread(WThread *t, const u64 *a)
{
	WObj *o = NULL;

	task_lock(t);
	for (WThread *n = t->task->threads; n && !o; n = n->next)
		if (n->tid == (u32)a[2] && (o = n->obj))
			obj_keep(o);
	task_unlock(t);
	return o ? handle_new(t->task, o) : fail(t, W_INVALID_PARAMETER);
}

u64 w_GetThreadId(WThread *t, const u64 *a)
{
	const WThread *n = thread_by_handle(t, a[0]);

	return n ? n->tid : fail(t, W_INVALID_HANDLE);
}

/* ---- suspending ----------------------------------------------------------------------------------------------- */

/* A context that was set while the thread was in a call is its own from here on. */
static void take_context(WThread *t)
{
	if (!t->context)
		return;
	seh_get(t, t->context, t->context_parts);
	free(t->context);
	t->context = NULL;
}

void thread_park(WThread *t)
{
	WTask *k = t->task;

	if (!__atomic_load_n(&t->suspend, __ATOMIC_SEQ_CST))
		return;
	pthread_mutex_lock(&k->lock);
	take_context(t);
	t->parked = true;
	pthread_cond_broadcast(&k->changed);
	while (t->suspend)
		pthread_cond_wait(&k->changed, &k->lock);
	t->parked = false;
	pthread_mutex_unlock(&k->lock);
}

void thread_enter(WThread *t)
{
	__atomic_store_n(&t->in_call, true, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&t->suspend, __ATOMIC_SEQ_CST))
		return;
	pthread_mutex_lock(&t->task->lock);
	pthread_cond_broadcast(&t->task->changed);
	pthread_mutex_unlock(&t->task->lock);
}

void thread_leave(WThread *t)
{
	__atomic_store_n(&t->in_call, false, __ATOMIC_SEQ_CST);
	thread_park(t);
}

u32 thread_suspend(WThread *t, WThread *n)
{
	WTask *k = t->task;

	task_lock(t);
	u32 was = __atomic_fetch_add(&n->suspend, 1, __ATOMIC_SEQ_CST);
	xthread_kick(n->x);
	while (n != t && n->suspend && !n->parked && !__atomic_load_n(&n->in_call, __ATOMIC_SEQ_CST))
		pthread_cond_wait(&k->changed, &k->lock);
	task_unlock(t);
	return was;
}

static u64 no_thread(WThread *t)
{
	error_set(t, W_INVALID_HANDLE);
	return 0xffffffff;
}

u64 w_SuspendThread(WThread *t, const u64 *a)
{
	WThread *n = thread_by_handle(t, a[0]);

	return n ? thread_suspend(t, n) : no_thread(t);
}

u64 w_ResumeThread(WThread *t, const u64 *a)
{
	WObj *o = thread_handle(t, a[0]);
	bool child = o && o->process;

	if (!o)
		return no_thread(t);
	WThread *n = o->data;
	u64 first = child && process_resume(o);
	obj_drop(o);
	if (child)
		return first;
	if (!n)
		return no_thread(t);
	task_lock(t);
	u32 was = n->suspend;
	if (was)
		__atomic_fetch_sub(&n->suspend, 1, __ATOMIC_SEQ_CST);
	pthread_cond_broadcast(&t->task->changed);
	task_unlock(t);
	return was;
}

/* ---- registers -------------------------------------------------------------------------------------------------- */

static u64 flags_at(const WThread *t, u64 context)
{
	return context + (t->wide ? 0x30 : 0);
}

u64 w_GetThreadContext(WThread *t, const u64 *a)
{
	WThread *n = thread_by_handle(t, a[0]);

	if (!n)
		return fail(t, W_INVALID_HANDLE);
	u32 flags = mem_u32(t, flags_at(t, a[1]));
	seh_put(n, mem_out(t, a[1], seh_context_size(t)));
	mem_put_u32(t, flags_at(t, a[1]), flags);
	return 1;
}

u64 w_SetThreadContext(WThread *t, const u64 *a)
{
	WThread *n = thread_by_handle(t, a[0]);
	u64 size = seh_context_size(t);

	if (!n)
		return fail(t, W_INVALID_HANDLE);
	u32 parts = mem_u32(t, flags_at(t, a[1])) & (SEH_CONTROL | SEH_INTEGER | SEH_FLOATING);
	const u8 *p = mem_in(t, a[1], size);
	task_lock(t);
	if (n->parked) {
		seh_get(n, p, parts);
	} else { /* in a call, whose result comes first */
		n->context = xrealloc(n->context, size);
		memcpy(n->context, p, size);
		n->context_parts = parts;
		if (n == t)
			take_context(n), t->moved = true;
	}
	task_unlock(t);
	return 1;
}

/* ---- what is known of them ------------------------------------------------------------------------------------------ */

u64 w_SwitchToThread(WThread *t, const u64 *a) { return sched_yield() == 0; }
u64 w_GetCurrentProcessorNumber(WThread *t, const u64 *a) { return (u64)MAX(sched_getcpu(), 0); }

u64 w_SetThreadPriority(WThread *t, const u64 *a)
{
	WObj *o = thread_handle(t, a[0]);

	if (!o)
		return 0;
	o->count = (u32)a[1];
	obj_drop(o);
	return 1;
}

u64 w_GetThreadPriority(WThread *t, const u64 *a)
{
	WObj *o = thread_handle(t, a[0]);
	u64 r = o ? (u64)(i64)(i32)o->count : 0x7fffffff;

	if (o)
		obj_drop(o);
	return r;
}

u64 w_SetThreadAffinityMask(WThread *t, const u64 *a)
{
	u32 cpus = (u32)sysconf(_SC_NPROCESSORS_ONLN);
	u64 all = cpus >= 64 ? ~(u64)0 : ((u64)1 << cpus) - 1;

	return a[1] & all ? all : fail(t, W_INVALID_PARAMETER);
}

u64 w_GetCurrentThreadStackLimits(WThread *t, const u64 *a)
{
	mem_put_word(t, a[0], t->stack_low);
	mem_put_word(t, a[1], t->stack_high);
	return 0;
}

/* A thread's description: kept with it. */
u64 w_SetThreadDescription(WThread *t, const u64 *a)
{
	WObj *o = thread_handle(t, a[0]);

	if (!o)
		return 0x80070006; /* E_HANDLE */
	free(o->path);
	o->path = mem_wstr(t, a[1]);
	obj_drop(o);
	return 0;
}

u64 w_GetThreadDescription(WThread *t, const u64 *a)
{
	WObj *o = thread_handle(t, a[0]);

	if (!o)
		return 0x80070006;
	mem_put_word(t, a[1], wheap_wstring(t, o->path ? o->path : ""));
	obj_drop(o);
	return 0;
}

/* Creation, end, kernel, user: only the times of the process and of the calling thread are known. */
u64 w_GetThreadTimes(WThread *t, const u64 *a)
{
	WThread *n = thread_by_handle(t, a[0]);
	u64 used = n == t ? clock_ns(CLOCK_THREAD_CPUTIME_ID) / 100 : 0;

	if (!n)
		return fail(t, W_INVALID_HANDLE);
	mem_put_u64(t, a[1], filetime_now());
	mem_put_u64(t, a[2], 0);
	mem_put_u64(t, a[3], 0);
	mem_put_u64(t, a[4], used);
	return 1;
}

u64 w_QueryThreadCycleTime(WThread *t, const u64 *a)
{
	mem_put_u64(t, a[1], clock_ns(CLOCK_THREAD_CPUTIME_ID));
	return 1;
}
