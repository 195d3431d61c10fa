/* Objects and the handles that name them.  Handles are multiples of four, from four on, as programs expect. */
#include "w32.h"

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

void obj_keep(WObj *o)
{
	__atomic_fetch_add(&o->refs, 1, __ATOMIC_RELAXED);
}

void obj_drop(WObj *o)
{
	if (__atomic_sub_fetch(&o->refs, 1, __ATOMIC_ACQ_REL))
		return;
	if (o->destroy)
		o->destroy(o);
	if (o->port)
		obj_drop(o->port);
	if (o->fd > 2)
		close(o->fd);
	if (o->delete_on_close && o->path)
		unlink(o->path);
	free(o->path);
	free(o);
}

u64 handle_new(WTask *k, WObj *o)
{
	u32 i = 0;

	pthread_mutex_lock(&k->lock);
	while (i < k->handle.n && k->handle.p[i])
		i++;
	if (i == k->handle.n)
		vec_push(&k->handle, o);
	else
		k->handle.p[i] = o;
	pthread_mutex_unlock(&k->lock);
	return 4 * ((u64)i + 1);
}

WObj *handle_get(WTask *k, u64 h, WKind kind)
{
	WObj *o = NULL;
	u64 i = (h & ~(u64)3) / 4 - 1;

	pthread_mutex_lock(&k->lock);
	if (h && i < k->handle.n && k->handle.p[i] && (kind == WK_NONE || k->handle.p[i]->kind == kind)) {
		o = k->handle.p[i];
		obj_keep(o);
	}
	pthread_mutex_unlock(&k->lock);
	return o;
}

bool handle_close(WTask *k, u64 h)
{
	WObj *o = NULL;
	u64 i = (h & ~(u64)3) / 4 - 1;

	pthread_mutex_lock(&k->lock);
	if (h && i < k->handle.n) {
		o = k->handle.p[i];
		k->handle.p[i] = NULL;
	}
	pthread_mutex_unlock(&k->lock);
	if (o)
		obj_drop(o);
	return o != NULL;
}
