/* Linux's asynchronous file requests.  A context's handle in the guest is the address of a page of its own, as the
 * kernel's is: libaio looks there for a ring, and asks by calls when its magic number is missing.
 *
 * A request stays with the host until it is done, so the host gets a copy, whose address comes back in the event. */
#include "layouts.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum { CMD_PREAD, CMD_PWRITE, CMD_FSYNC, CMD_FDSYNC, CMD_POLL = 5, CMD_NOOP, CMD_PREADV, CMD_PWRITEV, BATCH = 1024 };

typedef struct Request {
	struct LIocb host;       /* first: the host's name for it */
	u64 guest, data;
	struct Request *next;
} Request;

typedef struct Context {
	u64 handle;              /* the guest's */
	unsigned long host;
	Request *request;
	struct Context *next;
} Context;

static Context *contexts;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* With the lock held. */
static Context *find(u64 handle)
{
	Context *c = contexts;

	while (c && c->handle != handle)
		c = c->next;
	return c;
}

static Request *find_request(Context *c, u64 guest)
{
	Request *q = c->request;

	while (q && q->guest != guest)
		q = q->next;
	return q;
}

static void forget(Context *c, Request *q)
{
	Request **p = &c->request;

	while (*p && *p != q)
		p = &(*p)->next;
	if (*p)
		*p = q->next;
	free(q);
}

i64 aio_setup(LThread *t, const u64 *a)
{
	u32 word = t->wide ? 8 : 4;
	unsigned long host = 0;
	u8 raw[8];

	if (!xguest_read(t->x, a[1], raw, word))
		return -EFAULT;
	if (t->wide ? ld64(raw) : ld32(raw))
		return -EINVAL;
	i64 r = HOST(t, SYS_io_setup, a[0], &host);
	if (r < 0)
		return r;
	XMapReq q = {.size = GUEST_PAGE, .prot = GP_READ, .fd = -1, .name = "/[aio]"};
	i64 at = guest_map(t->task->x, &q);
	st64(raw, (u64)at);
	if (at < 0 || !xguest_write(t->x, a[1], raw, word)) {
		HOST(t, SYS_io_destroy, host);
		return at < 0 ? at : -EFAULT;
	}
	Context *c = xcalloc(1, sizeof *c);
	pthread_mutex_lock(&lock);
	*c = (Context){(u64)at, host, NULL, contexts};
	contexts = c;
	pthread_mutex_unlock(&lock);
	return 0;
}

i64 aio_destroy(LThread *t, const u64 *a)
{
	pthread_mutex_lock(&lock);
	Context **p = &contexts, *c = find(a[0]);
	while (*p && *p != c)
		p = &(*p)->next;
	if (c)
		*p = c->next;
	pthread_mutex_unlock(&lock);
	if (!c)
		return -EINVAL;
	i64 r = HOST(t, SYS_io_destroy, c->host); /* waits for what is under way */
	while (c->request)
		forget(c, c->request);
	guest_unmap(t->task->x, a[0], GUEST_PAGE);
	free(c);
	return r < 0 ? r : 0;
}

/* ---- submitting ------------------------------------------------------------------------------------- */

/* The buffers of a request, as host pointers.  v is needed until the host has taken the request. */
static i64 pin_buffers(LThread *t, struct LIocb *q, struct iovec *v)
{
	int prot = q->opcode == CMD_PREAD || q->opcode == CMD_PREADV ? GP_WRITE : GP_READ;

	switch (q->opcode) {
	case CMD_PREAD: case CMD_PWRITE:
		q->buf = (u64)(uintptr_t)(q->size >> 47 ? NULL : xguest_pin(t->x, q->buf, q->size, prot));
		return q->buf ? 0 : -EFAULT;
	case CMD_PREADV: case CMD_PWRITEV: {
		i64 r = iov_read(t, q->buf, q->size, prot, v);
		q->buf = (u64)(uintptr_t)v;
		return r;
	}
	case CMD_FSYNC: case CMD_FDSYNC: case CMD_POLL: case CMD_NOOP:
		return 0;
	default:
		call_missing(t, "iocb", q->opcode);
		return -EINVAL;
	}
}

static i64 submit_one(LThread *t, Context *c, u64 guest)
{
	struct iovec v[IOV_MAX_GUEST];
	Request *q = xcalloc(1, sizeof *q);
	struct LIocb *host = &q->host;
	i64 r = layout_read(t, LK_iocb, guest, host);

	q->guest = guest;
	q->data = host->data;
	if (r == 0)
		r = pin_buffers(t, host, v);
	if (r == 0) {
		q->next = c->request;
		c->request = q;
		r = HOST(t, SYS_io_submit, c->host, 1, &host);
		if (r == 1)
			return 1;
	}
	forget(c, q);
	return r;
}

i64 aio_submit(LThread *t, const u64 *a)
{
	u32 word = t->wide ? 8 : 4;
	i64 n = (i64)a[1], r = 0, i = 0;
	u8 raw[8];

	if (n < 0)
		return -EINVAL;
	pthread_mutex_lock(&lock);
	Context *c = find(a[0]);
	for (; c && i < n; i++) {
		r = xguest_read(t->x, a[2] + (u64)i * word, raw, word) ? submit_one(t, c, t->wide ? ld64(raw) : ld32(raw)) : -EFAULT;
		if (r < 0)
			break;
	}
	pthread_mutex_unlock(&lock);
	return !c ? -EINVAL : i ? i : r;
}

/* ---- events ----------------------------------------------------------------------------------------- */

/* Gives an event to the guest in its own terms. */
static i64 put_event(LThread *t, u64 handle, struct LIoEvent *e, u64 at)
{
	Request *q = hostp(e->obj);

	e->obj = q->guest;
	e->data = q->data;
	pthread_mutex_lock(&lock);
	Context *c = find(handle);
	if (c)
		forget(c, q);
	pthread_mutex_unlock(&lock);
	return layout_write(t, LK_io_event, at, e);
}

static i64 get_events(LThread *t, const u64 *a, const void *sig)
{
	struct LIoEvent e[BATCH];
	i64 most = (i64)a[2], n;
	u32 size = layout_size(LK_io_event, t->wide);

	pthread_mutex_lock(&lock);
	Context *c = find(a[0]);
	unsigned long host = c ? c->host : 0;
	pthread_mutex_unlock(&lock);
	if (!c)
		return -EINVAL;
	if ((i64)a[1] < 0 || most < (i64)a[1])
		return -EINVAL;
	n = HOST(t, SYS_io_pgetevents, host, MIN((i64)a[1], BATCH), MIN(most, BATCH), e, a[4], sig);
	for (i64 i = 0; i < n; i++)
		if (put_event(t, a[0], &e[i], a[3] + (u64)i * size) < 0)
			return -EFAULT;
	return n;
}

i64 aio_getevents(LThread *t, const u64 *a)
{
	return get_events(t, a, NULL);
}

/* A mask of signals for the time of waiting: a pointer to it and its size. */
i64 aio_pgetevents(LThread *t, const u64 *a)
{
	struct { const u64 *mask; u64 size; } sig = {NULL, 8};
	u32 word = t->wide ? 8 : 4;
	u8 raw[16];
	u64 mask;

	if (a[5]) {
		if (!xguest_read(t->x, a[5], raw, 2 * word))
			return -EFAULT;
		u64 at = t->wide ? ld64(raw) : ld32(raw);
		if (at && !xguest_read(t->x, at, raw, 8))
			return -EFAULT;
		mask = signal_wait_mask(t, ld64(raw));
		sig.mask = at ? &mask : NULL;
	}
	return get_events(t, a, a[5] ? &sig : NULL);
}

i64 aio_cancel(LThread *t, const u64 *a)
{
	struct LIoEvent e;
	struct LIocb guest;

	if (layout_read(t, LK_iocb, a[1], &guest) < 0)
		return -EFAULT;
	pthread_mutex_lock(&lock);
	Context *c = find(a[0]);
	Request *q = c ? find_request(c, a[1]) : NULL;
	unsigned long host = c ? c->host : 0;
	pthread_mutex_unlock(&lock);
	if (!q)
		return -EINVAL;
	return HOST(t, SYS_io_cancel, host, &q->host, &e);
}
