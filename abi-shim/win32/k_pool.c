/* kernel32: pools of threads -- work, timers and waits whose functions run on threads of the machine's choice -- and the
 * older queues of timers and registered waits.
 *
 * A thread of the host's watches timers and waits, and queues what has to run; guest threads take it from there, are made as
 * they are needed, and end when there has been nothing to do for a while. */
#include "handlers.h"
#include "filetime.h"

#include <stdlib.h>

enum { WORKERS = 32, IDLE_MS = 10000 };
typedef enum Kind { WORK, SIMPLE, TIMER, WAIT, OLD_WORK, OLD_TIMER, OLD_WAIT } Kind;

/* What an object of the pool is: its handle's `data`. */
typedef struct Job {
	WObj *o;
	struct Job *next;      /* of those that are watched */
	bool watched;
	Kind kind;
	u64 fn, context, handle;
	u32 queued, running;
	u64 due, period;       /* CLOCK_MONOTONIC in ns; 0: not set; ns */
	WObj *target;          /* waits: for what; kept */
	bool once;             /* waits: not set again by itself */
} Job;

typedef struct Item {
	struct Item *next;
	WObj *o;               /* kept */
	u64 result;            /* of waits: 0, or 258 when the time was over */
} Item;

/* All under the task's lock. */
static Item *first, **last = &first;
static Job *watched;
static u32 workers, idle;
static bool watching;

/* ---- running ------------------------------------------------------------------------------------------- */

static void call(WThread *t, const Job *j, u64 result)
{
	u64 self = j->handle;

	switch (j->kind) {
	case WORK:
	case TIMER:
		call_guest(t, j->fn, 3, (u64[]){t->teb, j->context, self});
		break;
	case SIMPLE:
		call_guest(t, j->fn, 2, (u64[]){t->teb, j->context});
		break;
	case WAIT:
		call_guest(t, j->fn, 4, (u64[]){t->teb, j->context, self, result});
		break;
	case OLD_WORK:
		call_guest(t, j->fn, 1, (u64[]){j->context});
		break;
	case OLD_TIMER:
		call_guest(t, j->fn, 2, (u64[]){j->context, 1});
		break;
	case OLD_WAIT:
		call_guest(t, j->fn, 2, (u64[]){j->context, result != 0});
		break;
	}
}

static Item *next_item(WThread *t)
{
	WTask *k = t->task;
	struct timespec end = wait_deadline(IDLE_MS);

	idle++;
	while (!first && wait_changed(k, IDLE_MS, &end))
		;
	idle--;
	Item *i = first;
	if (i && !(first = i->next))
		last = &first;
	return i;
}

static void work(WThread *t)
{
	for (;;) {
		task_lock(t);
		Item *i = next_item(t);
		if (!i)
			workers--;
		Job *j = i ? i->o->data : NULL;
		if (j)
			j->queued--, j->running++;
		task_unlock(t);
		if (!i)
			return;
		call(t, j, i->result);
		task_lock(t);
		j->running--;
		pthread_cond_broadcast(&t->task->changed);
		if (t->ended)
			workers--;
		task_unlock(t);
		obj_drop(i->o);
		free(i);
		if (t->ended)
			return;
	}
}

/* With the lock held. */
static void queue(WTask *k, Job *j, u64 result)
{
	Item *i = xmalloc(sizeof *i);
	Err e = {0};

	*i = (Item){NULL, j->o, result};
	obj_keep(j->o);
	j->queued++;
	*last = i;
	last = &i->next;
	pthread_cond_broadcast(&k->changed);
	if (idle || workers >= WORKERS)
		return;
	WThread *n = thread_new(k, 0, &e);
	if (!n)
		return;
	thread_object(n);
	n->body = work;
	workers += thread_go(n);
}

/* ---- watching ------------------------------------------------------------------------------------------------- */

static void unwatch(Job *j)
{
	Job **p = &watched;

	if (!j->watched)
		return;
	while (*p != j)
		p = &(*p)->next;
	*p = j->next;
	j->watched = false;
}

/* Queues what is due or signaled; when to look again. */
static u64 look(WThread *t)
{
	u64 now = clock_ns(CLOCK_MONOTONIC), soonest = now + 1000000000;

	for (Job *j = watched, *next; j; j = next) {
		next = j->next;
		bool there = j->target && wait_try(t, j->target), due = j->due && j->due <= now;
		if (there || due)
			queue(t->task, j, there ? 0 : 258);
		if (due && !j->target && j->period)
			j->due = MAX(j->due + j->period, now);
		else if (j->target && (there || due) && !j->once)
			j->due = j->period ? now + j->period : 0; /* a registered wait begins again */
		else if (there || due)
			unwatch(j);
		if (j->watched && j->due)
			soonest = MIN(soonest, j->due);
		if (j->watched && j->target)
			soonest = MIN(soonest, now + 20000000);
	}
	return soonest;
}

static void *watcher(void *arg)
{
	WThread *t = arg;
	WTask *k = t->task;

	pthread_mutex_lock(&k->lock);
	for (;;) {
		u64 at = look(t), now = clock_ns(CLOCK_MONOTONIC), ns = at > now ? at - now : 0;
		struct timespec ts;
		clock_gettime(CLOCK_REALTIME, &ts);
		ns += (u64)ts.tv_nsec;
		ts.tv_sec += (time_t)(ns / 1000000000);
		ts.tv_nsec = (long)(ns % 1000000000);
		pthread_cond_timedwait(&k->changed, &k->lock, &ts);
	}
	return NULL;
}

/* With the lock held. */
static void watch(WTask *k, Job *j)
{
	pthread_t host;

	if (!j->watched) {
		j->watched = true;
		j->next = watched;
		watched = j;
	}
	if (!watching && pthread_create(&host, NULL, watcher, thread_helper(k)) == 0) {
		pthread_detach(host);
		watching = true;
	}
	pthread_cond_broadcast(&k->changed);
}

/* ---- objects ---------------------------------------------------------------------------------------------------- */

static void job_free(WObj *o)
{
	Job *j = o->data;

	if (j->target)
		obj_drop(j->target);
	free(j);
}

static Job *new_job(WThread *t, Kind kind, u64 fn, u64 context)
{
	WObj *o = obj_new(WK_POOL);
	Job *j = xcalloc(1, sizeof *j);

	*j = (Job){.o = o, .kind = kind, .fn = fn, .context = context};
	o->data = j;
	o->destroy = job_free;
	return j;
}

static u64 make(WThread *t, Kind kind, u64 fn, u64 context)
{
	Job *j = new_job(t, kind, fn, context);

	return j->handle = handle_new(t->task, j->o);
}

/* The object's job, kept; NULL: it is none. */
static Job *job_of(WThread *t, u64 h)
{
	WObj *o = handle_get(t->task, h, WK_POOL);

	if (!o)
		error_set(t, W_INVALID_HANDLE);
	return o ? o->data : NULL;
}

u64 w_CreateThreadpoolWork(WThread *t, const u64 *a) { return make(t, WORK, a[0], a[1]); }
u64 w_CreateThreadpoolTimer(WThread *t, const u64 *a) { return make(t, TIMER, a[0], a[1]); }
u64 w_CreateThreadpoolWait(WThread *t, const u64 *a) { return make(t, WAIT, a[0], a[1]); }

u64 w_SubmitThreadpoolWork(WThread *t, const u64 *a)
{
	Job *j = job_of(t, a[0]);

	if (!j)
		return 0;
	task_lock(t);
	queue(t->task, j, 0);
	task_unlock(t);
	obj_drop(j->o);
	return 0;
}

static u64 submit_new(WThread *t, Kind kind, u64 fn, u64 context)
{
	Job *j = new_job(t, kind, fn, context);

	task_lock(t);
	queue(t->task, j, 0);
	task_unlock(t);
	obj_drop(j->o);
	return 1;
}

u64 w_TrySubmitThreadpoolCallback(WThread *t, const u64 *a) { return submit_new(t, SIMPLE, a[0], a[1]); }
u64 w_QueueUserWorkItem(WThread *t, const u64 *a) { return submit_new(t, OLD_WORK, a[0], a[1]); }

/* A time as FILETIME says it: negative from now on, else since 1601. */
static u64 due_at(WThread *t, u64 at)
{
	i64 due = (i64)(mem_u32(t, at) | (u64)mem_u32(t, at + 4) << 32), from_now = due < 0 ? -due : due - (i64)filetime_now();

	return clock_ns(CLOCK_MONOTONIC) + (from_now > 0 ? (u64)from_now * 100 : 0);
}

u64 w_SetThreadpoolTimer(WThread *t, const u64 *a)
{
	Job *j = job_of(t, a[0]);
	u64 due = a[1] ? due_at(t, a[1]) : 0;

	if (!j)
		return 0;
	task_lock(t);
	j->due = due;
	j->period = a[2] * 1000000;
	if (due)
		watch(t->task, j);
	else
		unwatch(j);
	task_unlock(t);
	obj_drop(j->o);
	return due != 0;
}

u64 w_SetThreadpoolWait(WThread *t, const u64 *a)
{
	Job *j = job_of(t, a[0]);
	WObj *target = a[1] ? handle_object(t, a[1]) : NULL;
	u64 due = a[2] ? due_at(t, a[2]) : 0;

	if (!j)
		return 0;
	task_lock(t);
	WObj *old = j->target;
	unwatch(j);
	j->target = target;
	j->due = due;
	j->once = true;
	if (target)
		watch(t->task, j);
	task_unlock(t);
	if (old)
		obj_drop(old);
	obj_drop(j->o);
	return 0;
}

/* Takes what has not begun off the queue, if asked to, and waits for the rest; not for itself. */
static void settle(WThread *t, Job *j, bool cancel)
{
	task_lock(t);
	for (Item **p = &first; cancel && *p;) {
		Item *i = *p;
		if (i->o != j->o) {
			p = &i->next;
			continue;
		}
		*p = i->next;
		j->queued--;
		obj_drop(i->o);
		free(i);
	}
	for (last = &first; *last; last = &(*last)->next)
		;
	while (j->queued + j->running > (t->body == work && j->running))
		pthread_cond_wait(&t->task->changed, &t->task->lock);
	task_unlock(t);
}

u64 w_WaitForThreadpoolCallbacks(WThread *t, const u64 *a)
{
	Job *j = job_of(t, a[0]);

	if (!j)
		return 0;
	settle(t, j, a[1]);
	obj_drop(j->o);
	return 0;
}

/* Closing sets nothing again; what is queued still runs. */
u64 w_CloseThreadpoolObject(WThread *t, const u64 *a)
{
	Job *j = job_of(t, a[0]);

	if (!j)
		return 0;
	task_lock(t);
	unwatch(j);
	task_unlock(t);
	handle_close(t->task, a[0]);
	obj_drop(j->o);
	return 0;
}

/* ---- the older kinds ---------------------------------------------------------------------------------------------- */

u64 w_CreateTimerQueue(WThread *t, const u64 *a) { return handle_new(t->task, obj_new(WK_HEAP)); }

/* Where to, queue, function, parameter, due, period, flags. */
u64 w_CreateTimerQueueTimer(WThread *t, const u64 *a)
{
	Job *j = new_job(t, OLD_TIMER, a[2], a[3]);

	j->handle = handle_new(t->task, j->o);
	mem_put_word(t, a[0], j->handle);
	task_lock(t);
	j->due = clock_ns(CLOCK_MONOTONIC) + a[4] * 1000000;
	j->period = a[5] * 1000000;
	watch(t->task, j);
	task_unlock(t);
	return 1;
}

u64 w_ChangeTimerQueueTimer(WThread *t, const u64 *a)
{
	Job *j = job_of(t, a[1]);

	if (!j)
		return 0;
	task_lock(t);
	j->due = clock_ns(CLOCK_MONOTONIC) + a[2] * 1000000;
	j->period = a[3] * 1000000;
	watch(t->task, j);
	task_unlock(t);
	obj_drop(j->o);
	return 1;
}

/* An event of -1 waits for what runs; another is set when it is over. */
static u64 end_job(WThread *t, u64 h, u64 event)
{
	Job *j = job_of(t, h);

	if (!j)
		return 0;
	task_lock(t);
	unwatch(j);
	bool busy = j->queued + j->running;
	task_unlock(t);
	if (event)
		settle(t, j, false);
	handle_close(t->task, h);
	obj_drop(j->o);
	if (event && event != W_INVALID_HANDLE_VALUE)
		w_SetEvent(t, &event);
	return !busy || event ? 1 : fail(t, W_IO_PENDING);
}

u64 w_DeleteTimerQueueTimer(WThread *t, const u64 *a) { return end_job(t, a[1], a[2]); }

u64 w_DeleteTimerQueueEx(WThread *t, const u64 *a)
{
	if (a[1] && a[1] != W_INVALID_HANDLE_VALUE)
		w_SetEvent(t, a + 1);
	return handle_close(t->task, a[0]) ? 1 : fail(t, W_INVALID_HANDLE);
}

/* Where to, object, function, context, milliseconds, flags. */
u64 w_RegisterWaitForSingleObject(WThread *t, const u64 *a)
{
	enum { ONCE = 8 };
	WObj *target = handle_object(t, a[1]);

	if (!target)
		return 0;
	Job *j = new_job(t, OLD_WAIT, a[2], a[3]);
	j->target = target;
	j->once = a[5] & ONCE;
	j->period = a[4] == 0xffffffff ? 0 : a[4] * 1000000;
	j->due = j->period ? clock_ns(CLOCK_MONOTONIC) + j->period : 0;
	j->handle = handle_new(t->task, j->o);
	mem_put_word(t, a[0], j->handle);
	task_lock(t);
	watch(t->task, j);
	task_unlock(t);
	return 1;
}

u64 w_UnregisterWait(WThread *t, const u64 *a) { return end_job(t, a[0], 0); }
u64 w_UnregisterWaitEx(WThread *t, const u64 *a) { return end_job(t, a[0], a[1]); }
