/* Objects and the handles that name them.  Handles are multiples of four, from four on, as programs expect. */
#include "handlers.h"
#include "async.h"

#include <stdlib.h>
#include <unistd.h>

WObj *obj_new(WKind kind)
{
	WObj *o = xcalloc(1, sizeof *o);

	o->kind = kind;
	o->refs = 1;
	o->fd = -1;
	return o;
}

WObj *obj_file(int fd, const char *path)
{
	WObj *o = obj_new(WK_FILE);

	o->fd = fd;
	o->path = path ? strdup(path) : NULL;
	o->stream = lseek(fd, 0, SEEK_CUR) < 0;
	o->console = isatty(fd);
	return o;
}

void obj_keep(WObj *o)
{
	__atomic_fetch_add(&o->refs, 1, __ATOMIC_RELAXED);
}

void obj_drop(WObj *o)
{
	if (__atomic_sub_fetch(&o->refs, 1, __ATOMIC_ACQ_REL))
		return;
	name_forget(o);
	if (o->destroy)
		o->destroy(o);
	if (o->port)
		obj_drop(o->port);
	if (o->process)
		obj_drop(o->process);
	if (o->socket)
		sock_forget(o);
	if (o->watch)
		close(o->watch - 1);
	if (o->fd > 2)
		close(o->fd);
	if (o->delete_on_close && o->path && unlink(o->path) != 0)
		rmdir(o->path);
	free(o->path);
	free(o);
}

/* ---- handles ------------------------------------------------------------------------------------------ */

static u64 index_of(u64 h)
{
	return (h & ~(u64)3) / 4 - 1;
}

/* The handle's entry, with the lock held; NULL: there is none. */
static WHandle *entry(WTask *k, u64 h)
{
	u64 i = index_of(h);

	return h && i < k->handle.n && k->handle.p[i].o ? &k->handle.p[i] : NULL;
}

u64 handle_new(WTask *k, WObj *o)
{
	u32 i = 0;

	pthread_mutex_lock(&k->lock);
	while (i < k->handle.n && k->handle.p[i].o)
		i++;
	if (i == k->handle.n)
		vec_push(&k->handle, ((WHandle){o, 0}));
	else
		k->handle.p[i] = (WHandle){o, 0};
	pthread_mutex_unlock(&k->lock);
	return 4 * ((u64)i + 1);
}

bool handle_put(WTask *k, u64 h, WObj *o, u32 flags)
{
	enum { MOST = 1 << 20 };
	u64 i = index_of(h);

	if (!h || i >= MOST || entry(k, h))
		return false;
	while (k->handle.n <= i)
		vec_push(&k->handle, ((WHandle){NULL, 0}));
	k->handle.p[i] = (WHandle){o, flags};
	return true;
}

bool handle_flags(WTask *k, u64 h, u32 change, u32 to, u32 *now)
{
	pthread_mutex_lock(&k->lock);
	WHandle *e = entry(k, h);
	if (e) {
		e->flags = (e->flags & ~change) | (to & change);
		*now = e->flags;
	}
	pthread_mutex_unlock(&k->lock);
	return e != NULL;
}

WObj *handle_get(WTask *k, u64 h, WKind kind)
{
	WObj *o = NULL;

	pthread_mutex_lock(&k->lock);
	const WHandle *e = entry(k, h);
	if (e && (kind == WK_NONE || e->o->kind == kind)) {
		o = e->o;
		obj_keep(o);
	}
	pthread_mutex_unlock(&k->lock);
	return o;
}

/* Operations under way of an object that no handle names any more are cancelled. */
bool handle_close(WTask *k, u64 h)
{
	WObj *o = NULL;
	bool named = false;

	pthread_mutex_lock(&k->lock);
	WHandle *e = entry(k, h);
	if (e && !(e->flags & HANDLE_PROTECTED)) {
		o = e->o;
		e->o = NULL;
	}
	for (u32 i = 0; o && i < k->handle.n; i++)
		named |= k->handle.p[i].o == o;
	pthread_mutex_unlock(&k->lock);
	if (!o)
		return false;
	if (!named)
		async_cancel(k, o, 0);
	if (!named && o->socket)
		async_forget(o);
	obj_drop(o);
	return true;
}

/* ---- handlers ----------------------------------------------------------------------------------------- */

u64 w_CloseHandle(WThread *t, const u64 *a)
{
	return (i64)a[0] < 0 || handle_close(t->task, a[0]) ? 1 : fail(t, W_INVALID_HANDLE);
}

u64 w_SetHandleInformation(WThread *t, const u64 *a)
{
	u32 now;

	return handle_flags(t->task, a[0], (u32)a[1], (u32)a[2], &now) ? 1 : fail(t, W_INVALID_HANDLE);
}

u64 w_GetHandleInformation(WThread *t, const u64 *a)
{
	u32 now;

	if (!handle_flags(t->task, a[0], 0, 0, &now))
		return fail(t, W_INVALID_HANDLE);
	mem_put_u32(t, a[1], now);
	return 1;
}

WObj *handle_object(WThread *t, u64 h)
{
	WObj *o = (i64)h == -2 ? t->obj : (i64)h == -1 ? t->task->self : NULL;

	if (o)
		obj_keep(o);
	else if (!(o = handle_get(t->task, h, WK_NONE)))
		error_set(t, W_INVALID_HANDLE);
	return o;
}

/* Only within this process, or from it into itself: those of others are theirs. */
u64 w_DuplicateHandle(WThread *t, const u64 *a)
{
	enum { CLOSE_SOURCE = 1 };
	WObj *from = handle_object(t, a[0]), *to = a[3] ? handle_object(t, a[2]) : NULL;
	bool own = from == t->task->self && (!a[3] || to == t->task->self);
	u32 flags = a[5] ? HANDLE_INHERIT : 0;

	if (from)
		obj_drop(from);
	if (to)
		obj_drop(to);
	if (!own)
		return fail(t, from && (to || !a[3]) ? W_NOT_SUPPORTED : W_INVALID_HANDLE);
	WObj *o = handle_object(t, a[1]);
	if (!o)
		return 0;
	if (a[3]) {
		u64 h = handle_new(t->task, o);
		handle_flags(t->task, h, ~0u, flags, &flags);
		mem_put_word(t, a[3], h);
	} else {
		obj_drop(o);
	}
	if (a[6] & CLOSE_SOURCE)
		handle_close(t->task, a[1]);
	return 1;
}

u64 w_CompareObjectHandles(WThread *t, const u64 *a)
{
	WObj *x = handle_object(t, a[0]), *y = handle_object(t, a[1]);
	bool same = x && x == y;

	if (x)
		obj_drop(x);
	if (y)
		obj_drop(y);
	return same;
}
