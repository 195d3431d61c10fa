/* kernel32: jobs -- processes that are counted, limited and ended together.  What the members start themselves in another
 * process of the host is not counted here. */
#include "async.h"
#include "handlers.h"

#include <stdlib.h>
#include <unistd.h>

enum { KILL_ON_CLOSE = 0x2000, NEW_PROCESS = 6, EXIT_PROCESS = 7, ALL_GONE = 4 };
enum { ACCOUNTING = 1, BASIC_LIMIT = 2, PROCESS_LIST = 3, PORT = 7, ACCOUNTING_IO = 8, EXTENDED_LIMIT = 9 };

typedef struct Job {
	VEC(WObj *) member;   /* kept */
	u32 active, total, flags;
	WObj *port;
	u64 key;
	u8 limits[144];       /* as they were set */
} Job;

static void tell(WTask *k, const Job *j, u32 what, u32 pid)
{
	if (j->port)
		port_post(k, j->port, j->key, pid, what, 0);
}

static void kill_all(WTask *k, Job *j, u32 status)
{
	for (u32 i = 0; i < j->member.n; i++)
		if (j->member.p[i] != k->self)
			process_kill(k, j->member.p[i], status);
}

static void job_free(WObj *o)
{
	Job *j = o->data;

	if (j->flags & KILL_ON_CLOSE)
		kill_all(o->task, j, 0);
	for (u32 i = 0; i < j->member.n; i++) {
		if (j->member.p[i]->job == o)
			j->member.p[i]->job = NULL;
		obj_drop(j->member.p[i]);
	}
	vec_free(&j->member);
	if (j->port)
		obj_drop(j->port);
	free(j);
}

/* The process ends with its handles still open: so do the members of jobs that say so. */
void job_end(WTask *k)
{
	for (u32 i = 0; i < k->handle.n; i++) {
		WObj *o = k->handle.p[i].o;
		if (o && o->kind == WK_JOB && ((Job *)o->data)->flags & KILL_ON_CLOSE)
			kill_all(k, o->data, 0);
	}
}

u64 w_CreateJobObject(WThread *t, const u64 *a)
{
	WObj *o = obj_new(WK_JOB), *old = NULL;
	char *name = arg_string(t, a, 1);

	o->task = t->task;
	o->data = xcalloc(1, sizeof(Job));
	o->destroy = job_free;
	bool fresh = !name || !name[0] || name_take(t->task, o, name, &old);
	free(name);
	error_set(t, fresh ? 0 : W_ALREADY_EXISTS);
	if (!fresh)
		obj_drop(o);
	return fresh || old ? handle_new(t->task, fresh ? o : old) : fail(t, W_INVALID_HANDLE);
}

static void add(WTask *k, WObj *job, WObj *process)
{
	Job *j = job->data;

	obj_keep(process);
	process->job = job;
	vec_push(&j->member, process);
	j->active += !process->signaled;
	j->total++;
	tell(k, j, NEW_PROCESS, process->pid);
}

u64 w_AssignProcessToJobObject(WThread *t, const u64 *a)
{
	WObj *job = handle_get(t->task, a[0], WK_JOB), *p = handle_object(t, a[1]);
	bool ok = job && p && p->kind == WK_PROCESS;

	task_lock(t);
	if (ok && p->job != job)
		add(t->task, job, p);
	task_unlock(t);
	if (job)
		obj_drop(job);
	if (p)
		obj_drop(p);
	return ok ? 1 : fail(t, W_INVALID_HANDLE);
}

void job_inherit(WTask *k, WObj *process, u32 flags)
{
	enum { BREAKAWAY = 0x1000000 };

	pthread_mutex_lock(&k->lock);
	if (k->self->job && !(flags & BREAKAWAY))
		add(k, k->self->job, process);
	pthread_mutex_unlock(&k->lock);
}

void job_ended(WTask *k, WObj *process)
{
	pthread_mutex_lock(&k->lock);
	Job *j = process->job ? process->job->data : NULL;
	if (j && j->active) {
		j->active--;
		tell(k, j, EXIT_PROCESS, process->pid);
		if (!j->active)
			tell(k, j, ALL_GONE, 0);
	}
	pthread_mutex_unlock(&k->lock);
}

u64 w_IsProcessInJob(WThread *t, const u64 *a)
{
	WObj *p = handle_object(t, a[0]), *job = a[1] ? handle_get(t->task, a[1], WK_JOB) : NULL;
	bool in = p && (job ? p->job == job : p->job != NULL);

	if (p)
		obj_drop(p);
	if (job)
		obj_drop(job);
	if (!p)
		return 0;
	mem_put_u32(t, a[2], in);
	return 1;
}

u64 w_TerminateJobObject(WThread *t, const u64 *a)
{
	WObj *job = handle_get(t->task, a[0], WK_JOB);

	if (!job)
		return fail(t, W_INVALID_HANDLE);
	bool own = t->task->self->job == job;
	kill_all(t->task, job->data, (u32)a[1]);
	obj_drop(job);
	if (own) {
		t->task->ending = true;
		process_exit(t, (u32)a[1]);
	}
	return 1;
}

/* ---- limits and numbers ------------------------------------------------------------------------------------ */

static u32 limit_size(const WThread *t, u64 cls)
{
	return cls == EXTENDED_LIMIT ? (t->wide ? 144 : 112) : cls == BASIC_LIMIT ? (t->wide ? 64 : 48) : 0;
}

/* The flags are the word behind two times; all else is kept, and not enforced. */
static u64 set_limits(WThread *t, Job *j, const u64 *a)
{
	u32 size = limit_size(t, a[1]);

	if (a[3] < size)
		return fail(t, 24);
	memcpy(j->limits, mem_in(t, a[2], size), size);
	j->flags = ld32(j->limits + 16);
	return 1;
}

static u64 set_port(WThread *t, Job *j, u64 at)
{
	u64 word = t->wide ? 8 : 4;
	WObj *port = handle_get(t->task, mem_word(t, at + word), WK_PORT);

	if (!port)
		return fail(t, W_INVALID_HANDLE);
	if (j->port)
		obj_drop(j->port);
	j->port = port;
	j->key = mem_word(t, at);
	return 1;
}

u64 w_SetInformationJobObject(WThread *t, const u64 *a)
{
	enum { UI = 4, CPU_RATE = 15 };
	WObj *job = handle_get(t->task, a[0], WK_JOB);
	u64 r = 1;

	if (!job)
		return fail(t, W_INVALID_HANDLE);
	if (limit_size(t, a[1]))
		r = set_limits(t, job->data, a);
	else if (a[1] == PORT)
		r = set_port(t, job->data, a[2]);
	else if (a[1] != UI && a[1] != CPU_RATE)
		r = fail(t, W_INVALID_PARAMETER);
	obj_drop(job);
	return r;
}

/* Four times, faults, how many processes there were, are, were ended. */
static u64 put_accounting(WThread *t, const Job *j, const u64 *a)
{
	u32 size = a[1] == ACCOUNTING ? 48 : 96;

	if (a[3] < size)
		return fail(t, 24);
	u8 *p = mem_out(t, a[2], size);
	memset(p, 0, size);
	st32(p + 36, j->total);
	st32(p + 40, j->active);
	if (a[4])
		mem_put_u32(t, a[4], size);
	return 1;
}

static u64 put_list(WThread *t, const Job *j, const u64 *a)
{
	u64 word = t->wide ? 8 : 4, room = a[3] < 8 ? 0 : (a[3] - 8) / word;
	u32 n = 0;

	for (u32 i = 0; i < j->member.n; i++) {
		if (j->member.p[i]->signaled)
			continue;
		if (n < room)
			mem_put_word(t, a[2] + 8 + word * n, j->member.p[i]->pid);
		n++;
	}
	mem_put_u32(t, a[2], n);
	mem_put_u32(t, a[2] + 4, (u32)MIN((u64)n, room));
	if (a[4])
		mem_put_u32(t, a[4], (u32)(8 + word * MIN((u64)n, room)));
	return n <= room ? 1 : fail(t, W_MORE_DATA);
}

u64 w_QueryInformationJobObject(WThread *t, const u64 *a)
{
	WObj *job = a[0] ? handle_get(t->task, a[0], WK_JOB) : t->task->self->job;
	u32 size = limit_size(t, a[1]);
	u64 r = 1;

	if (!job)
		return fail(t, a[0] ? W_INVALID_HANDLE : W_ACCESS_DENIED);
	if (!a[0])
		obj_keep(job);
	const Job *j = job->data;
	if (a[1] == ACCOUNTING || a[1] == ACCOUNTING_IO)
		r = put_accounting(t, j, a);
	else if (a[1] == PROCESS_LIST)
		r = put_list(t, j, a);
	else if (!size)
		r = fail(t, W_INVALID_PARAMETER);
	else if (a[3] < size)
		r = fail(t, 24);
	else
		memcpy(mem_out(t, a[2], size), j->limits, size);
	obj_drop(job);
	return r;
}
