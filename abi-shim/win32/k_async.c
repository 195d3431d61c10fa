/* Overlapped operations, their thread, and the calls that are queued for threads which wait alertably. */
#include "sock.h"
#include "handlers.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STATUS_PENDING_ 0x103u

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* never held while guest code or another lock is asked for */
static WAsync *pending;
static int wake = -1;

/* ---- telling ------------------------------------------------------------------------------------------- */

static u64 word_of(const WThread *t) { return t->wide ? 8 : 4; }

static void signal_event(WThread *t, u64 overlapped)
{
	u64 h = mem_word(t, overlapped + 2 * word_of(t) + 8) & ~(u64)1;
	WObj *o = h ? handle_get(t->task, h, WK_EVENT) : NULL;

	if (!o)
		return;
	pthread_mutex_lock(&t->task->lock);
	o->signaled = true;
	pthread_mutex_unlock(&t->task->lock);
	obj_drop(o);
}

/* An event with its lowest bit set keeps the operation from the port. */
static bool wants_port(WThread *t, const WAsync *p, bool was_pending)
{
	return p->o->port && !(mem_word(t, p->overlapped + 2 * word_of(t) + 8) & 1) && (was_pending || !p->o->skip_port);
}

/* Sockets have errors of their own. */
static u32 op_error(const WAsync *p, int e)
{
	return p->o->socket && e != ECANCELED ? sock_error(e) : async_error(e);
}

void async_done(WThread *t, const WAsync *p, i64 r, bool was_pending)
{
	WTask *k = t->task;
	u32 error = r < 0 ? op_error(p, (int)-r) : 0, status = error ? error_to_status(error) : 0, bytes = r < 0 ? 0 : (u32)r;

	if (!p->overlapped)
		return;
	mem_put_word(t, p->overlapped + word_of(t), bytes);
	mem_put_word(t, p->overlapped, status);
	if (!p->apc)
		signal_event(t, p->overlapped);
	if (p->apc && p->caller)
		apc_queue(k, p->caller, p->apc, error, bytes, p->overlapped);
	else if ((r >= 0 || was_pending) && wants_port(t, p, was_pending))
		port_post(k, p->o->port, p->o->key, p->overlapped, bytes, status);
	pthread_mutex_lock(&k->lock);
	p->o->signaled = true;
	pthread_cond_broadcast(&k->changed);
	pthread_mutex_unlock(&k->lock);
}

static void free_data(WAsync *p)
{
	if (p->object)
		obj_drop(p->data);
	else
		free(p->data);
}

/* The guest may have taken its OVERLAPPED away meanwhile: that ends nobody. */
static void tell(WThread *t, WAsync *p, i64 r)
{
	WFault f;

	t->fault = &f;
	if (!_setjmp(f.env))
		async_done(t, p, r, true);
	t->fault = NULL;
	free_data(p);
	obj_drop(p->o);
	free(p);
}

/* ---- the thread ------------------------------------------------------------------------------------------ */

static i64 attempt(WThread *t, WAsync *p)
{
	WFault f;
	i64 r = -EFAULT;

	t->fault = &f;
	if (!_setjmp(f.env))
		r = p->go(t, p);
	t->fault = NULL;
	return r;
}

/* Descriptors of all that is pending, the first being the one that wakes. */
static u32 gather(struct pollfd **v, WAsync ***who)
{
	u32 n = 1;

	pthread_mutex_lock(&lock);
	for (WAsync *p = pending; p; p = p->next)
		n++;
	*v = xrealloc(*v, n * sizeof **v);
	*who = xrealloc(*who, n * sizeof **who);
	(*v)[0] = (struct pollfd){.fd = wake, .events = POLLIN};
	n = 1;
	for (WAsync *p = pending; p; p = p->next, n++) {
		(*v)[n] = (struct pollfd){.fd = p->fd, .events = p->events};
		(*who)[n] = p;
	}
	pthread_mutex_unlock(&lock);
	return n;
}

/* Takes it off the list; false: it has been cancelled. */
static bool take_off(const WAsync *what)
{
	pthread_mutex_lock(&lock);
	WAsync **p = &pending;
	while (*p && *p != what)
		p = &(*p)->next;
	bool found = *p != NULL;
	if (found)
		*p = what->next;
	pthread_mutex_unlock(&lock);
	return found;
}

static void put_back(WAsync *p)
{
	pthread_mutex_lock(&lock);
	p->next = NULL;
	WAsync **end = &pending;
	while (*end)
		end = &(*end)->next;
	*end = p;
	pthread_mutex_unlock(&lock);
}

static void *run(void *arg)
{
	WThread *t = arg;
	struct pollfd *v = NULL;
	WAsync **who = NULL;

	for (;;) {
		u32 n = gather(&v, &who);
		u64 count;
		if (poll(v, n, -1) < 0)
			continue;
		if (v[0].revents && read(wake, &count, sizeof count) < 0)
			continue;
		for (u32 i = 1; i < n; i++) {
			if (!v[i].revents || !take_off(who[i]))
				continue;
			i64 r = attempt(t, who[i]);
			if (r == -EAGAIN)
				put_back(who[i]);
			else
				tell(t, who[i], r);
		}
	}
	return NULL;
}

/* A thread for the machine's own work: it can reach guest memory, but has no stack there. */
WThread *thread_helper(WTask *k)
{
	WThread *t = xcalloc(1, sizeof *t);

	t->task = k;
	t->wide = k->wide;
	t->x = xthread_new(k->x);
	*xthread_data(t->x) = t;
	return t;
}

void async_watch(WTask *k, const WAsync *what)
{
	static const u64 one = 1;
	WAsync *p = xmalloc(sizeof *p);
	pthread_t host;

	*p = *what;
	obj_keep(p->o);
	put_back(p);
	pthread_mutex_lock(&lock);
	if (wake < 0) {
		wake = eventfd(0, EFD_CLOEXEC);
		if (pthread_create(&host, NULL, run, thread_helper(k)) == 0)
			pthread_detach(host);
	}
	pthread_mutex_unlock(&lock);
	if (write(wake, &one, sizeof one) < 0)
		die(EXIT_VM, "no thread for operations: %s", strerror(errno));
}

/* ---- the calls' side ------------------------------------------------------------------------------------------ */

u64 async_start(WThread *t, const WAsync *what, u64 count)
{
	WAsync p = *what;
	u64 event = mem_word(t, p.overlapped + 2 * word_of(t) + 8) & ~(u64)1;
	WObj *o = event && !p.apc ? handle_get(t->task, event, WK_EVENT) : NULL;

	if (o) {
		o->signaled = false;
		obj_drop(o);
	}
	p.caller = t;
	p.o->signaled = false;
	mem_put_word(t, p.overlapped, STATUS_PENDING_);
	mem_put_word(t, p.overlapped + word_of(t), 0);
	i64 r = p.go(t, &p);
	if (r == -EAGAIN) {
		async_watch(t->task, &p);
		return fail(t, W_IO_PENDING);
	}
	async_done(t, &p, r, false);
	free_data(&p);
	if (count && r >= 0)
		mem_put_u32(t, count, (u32)r);
	return r < 0 ? fail(t, op_error(&p, (int)-r)) : 1;
}

u32 async_cancel(WTask *k, WObj *o, u64 overlapped)
{
	WAsync *mine = NULL, *next;
	u32 n = 0;

	pthread_mutex_lock(&lock);
	for (WAsync **p = &pending; *p;) {
		if ((*p)->o == o && (*p)->overlapped && (!overlapped || (*p)->overlapped == overlapped)) {
			WAsync *found = *p;
			*p = found->next;
			found->next = mine;
			mine = found;
			n++;
		} else {
			p = &(*p)->next;
		}
	}
	pthread_mutex_unlock(&lock);
	WThread *t = mine ? thread_helper(k) : NULL;
	for (; mine; mine = next) {
		next = mine->next;
		tell(t, mine, -ECANCELED);
	}
	if (t) {
		xthread_free(t->x);
		free(t);
	}
	return n;
}

void async_forget(WObj *o)
{
	WAsync *mine = NULL, *next;

	pthread_mutex_lock(&lock);
	for (WAsync **p = &pending; *p;) {
		WAsync *found = *p;
		if (found->o != o || found->overlapped) {
			p = &found->next;
			continue;
		}
		*p = found->next;
		found->next = mine;
		mine = found;
	}
	pthread_mutex_unlock(&lock);
	for (; mine; mine = next) {
		next = mine->next;
		free_data(mine);
		obj_drop(mine->o);
		free(mine);
	}
}

static u64 cancel(WThread *t, u64 h, u64 overlapped)
{
	WObj *o = handle_object(t, h);

	if (!o)
		return 0;
	u32 n = async_cancel(t->task, o, overlapped);
	obj_drop(o);
	return n || !overlapped ? 1 : fail(t, W_NOT_FOUND);
}

u64 w_CancelIo(WThread *t, const u64 *a) { return cancel(t, a[0], 0); }
u64 w_CancelIoEx(WThread *t, const u64 *a) { return cancel(t, a[0], a[1]); }

/* Waits until the operation is done, if asked to. */
u64 w_GetOverlappedResultEx(WThread *t, const u64 *a)
{
	WTask *k = t->task;
	struct timespec end = wait_deadline(a[3]);

	task_lock(t);
	while ((u32)mem_word(t, a[1]) == STATUS_PENDING_ && a[3] && wait_changed(k, a[3], &end))
		;
	task_unlock(t);
	u32 status = (u32)mem_word(t, a[1]);
	mem_put_u32(t, a[2], (u32)mem_word(t, a[1] + word_of(t)));
	if (status == STATUS_PENDING_)
		return fail(t, a[3] ? 258 : W_IO_INCOMPLETE);
	return status & 0x80000000u ? fail(t, error_from_status(status)) : 1;
}

u64 w_GetOverlappedResult(WThread *t, const u64 *a)
{
	return w_GetOverlappedResultEx(t, (u64[]){a[0], a[1], a[2], a[3] ? 0xffffffff : 0});
}

/* ---- queued calls --------------------------------------------------------------------------------------------- */

struct WApc {
	struct WApc *next;
	u64 fn, arg[3];
};

bool apc_queue(WTask *k, WThread *to, u64 fn, u64 a0, u64 a1, u64 a2)
{
	struct WApc *apc = xmalloc(sizeof *apc);
	bool there = false;

	*apc = (struct WApc){NULL, fn, {a0, a1, a2}};
	pthread_mutex_lock(&k->lock);
	for (WThread *t = k->threads; t; t = t->next)
		there |= t == to;
	if (there) {
		struct WApc **end = &to->apc;
		while (*end)
			end = &(*end)->next;
		*end = apc;
		pthread_cond_broadcast(&k->changed);
	}
	pthread_mutex_unlock(&k->lock);
	if (!there)
		free(apc);
	return there;
}

bool apc_run(WThread *t)
{
	bool any = false;

	for (;; any = true) {
		task_lock(t);
		struct WApc *apc = t->apc;
		if (apc)
			t->apc = apc->next;
		task_unlock(t);
		if (!apc || t->ended)
			return any;
		u64 fn = apc->fn, arg[3] = {apc->arg[0], apc->arg[1], apc->arg[2]};
		free(apc);
		call_guest(t, fn, 3, arg);
	}
}

u64 w_QueueUserAPC(WThread *t, const u64 *a)
{
	WThread *to = thread_by_handle(t, a[1]);

	if (!to)
		return fail(t, W_INVALID_HANDLE);
	return apc_queue(t->task, to, a[0], a[2], 0, 0);
}
