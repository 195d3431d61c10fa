/* Guest memory for handlers: checked against the table of regions, and copied so that a fault (a file that has become
 * shorter, another guest thread that unmaps) is an answer, not a death. */
#include "xtask.h"

#include <endian.h>

static _Thread_local sigjmp_buf *volatile copying;

/* Calls fn(ctx); false if it faults. */
static bool guarded(void (*fn)(void *ctx), void *ctx)
{
	sigjmp_buf here, *volatile before = copying;

	if (sigsetjmp(here, 0)) {
		copying = before;
		return false;
	}
	copying = &here;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	fn(ctx);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	copying = before;
	return true;
}

typedef struct Copy {
	void *to;
	const void *from;
	size_t n;
} Copy;

static void copy(void *ctx)
{
	const Copy *c = ctx;

	memcpy(c->to, c->from, c->n);
}

bool copy_guarded(void *to, const void *from, size_t n)
{
	return guarded(copy, &(Copy){to, from, n});
}

void copy_fault(void)
{
	if (copying)
		siglongjmp(*copying, 1);
}

void copy_end(void)
{
	copying = NULL;
}

/* How many of n bytes from `at` on have all of `prot`; GP_READ is had by all that is not PROT_NONE. */
static u64 reach(const XTask *t, u64 at, u64 n, int prot)
{
	u64 end = at;
	const Region *r;

	while (end - at < n && (r = xspace_at(t, end)) && r->prot && (prot & ~GP_READ & ~r->prot) == 0)
		end = r->end;
	return MIN(end - at, n);
}

/* For writing, the units on the pages go first, so that the host lets the write pass.  pin: none come there until
 * xguest_unpin. */
static bool open_range(XThread *th, u64 at, u64 n, int prot, bool pin)
{
	XTask *t = th->task;

	if (n > t->hi || at > t->hi - n)
		return false;
	pthread_mutex_lock(&t->lock);
	bool ok = reach(t, at, n, prot) == n;
	if (ok && (prot & GP_WRITE))
		unit_drop_range(t, at, n);
	if (ok && pin && (prot & GP_WRITE) && t->nthread > 1) {
		vec_push(&th->pin, ((Pin){at, at + n}));
		t->npin++;
	}
	pthread_mutex_unlock(&t->lock);
	return ok;
}

void xguest_unpin(XThread *th)
{
	if (!th->pin.n)
		return;
	pthread_mutex_lock(&th->task->lock);
	th->task->npin -= th->pin.n;
	th->pin.n = 0;
	pthread_mutex_unlock(&th->task->lock);
}

static bool pinned(XTask *t, const Region *r, u64 at, u64 size, void *ctx)
{
	for (const XThread *th = t->threads; th; th = th->next)
		for (u32 k = 0; k < th->pin.n; k++)
			if (page_of(th->pin.p[k].at) <= page_of(at + size - 1) && page_of(th->pin.p[k].end - 1) >= page_of(at))
				return true;
	return false;
}

bool xmem_pinned(XTask *t, u64 at, u64 size)
{
	return pinned(t, NULL, at, size, NULL) || (t->viewed && view_each(t, at, size, pinned, NULL));
}

bool xguest_read(XThread *t, u64 at, void *to, size_t n)
{
	return n == 0 || (open_range(t, at, n, GP_READ, false) && copy_guarded(to, xhost(t->task, at), n));
}

bool xguest_write(XThread *t, u64 at, const void *from, size_t n)
{
	return n == 0 || (open_range(t, at, n, GP_WRITE, false) && copy_guarded(xhost(t->task, at), from, n));
}

typedef struct Swap {
	u32 *word, was, to;
} Swap;

static void swap(void *ctx)
{
	Swap *s = ctx;

	swap32(s->word, &s->was, s->to);
}

bool xguest_swap32(XThread *t, u64 at, u32 *was, u32 to)
{
	Swap s = {(u32 *)(void *)xhost(t->task, at), htole32(*was), htole32(to)};

	if (at % 4 || !open_range(t, at, 4, GP_WRITE, false) || !guarded(swap, &s))
		return false;
	*was = le32toh(s.was);
	return true;
}

i64 xguest_string(XThread *t, u64 at, char *to, size_t max)
{
	size_t done = 0;

	while (done < max) {
		size_t n = GUEST_PAGE - (at + done) % GUEST_PAGE;
		n = MIN(n, max - done);
		if (!xguest_read(t, at + done, to + done, n))
			return -1;
		const char *nul = memchr(to + done, 0, n);
		if (nul)
			return nul - to;
		done += n;
	}
	return -2;
}

void *xguest_pin(XThread *t, u64 at, u64 n, int prot)
{
	return n && !open_range(t, at, n, prot, true) ? NULL : xhost(t->task, at);
}

u64 xguest_reach(XThread *th, u64 at, u64 n, int prot)
{
	XTask *t = th->task;

	if (at >= t->hi)
		return 0;
	pthread_mutex_lock(&t->lock);
	n = reach(t, at, MIN(n, t->hi - at), prot);
	pthread_mutex_unlock(&t->lock);
	return n;
}

void *xguest_mapped(XThread *th, u64 at, u64 n)
{
	XTask *t = th->task;
	u64 end = at;

	if (n > t->hi || at > t->hi - n)
		return NULL;
	pthread_mutex_lock(&t->lock);
	for (const Region *r; end - at < n && (r = xspace_at(t, end));)
		end = r->end;
	pthread_mutex_unlock(&t->lock);
	return end - at < n ? NULL : xhost(t, at);
}

void guest_written(XTask *t, u64 at, u64 size)
{
	pthread_mutex_lock(&t->lock);
	unit_drop_range(t, at, size);
	pthread_mutex_unlock(&t->lock);
}

size_t xmem_fetch(void *task, u64 at, u8 *buf, size_t n)
{
	XTask *t = task;

	if (at >= t->hi)
		return 0;
	n = (size_t)reach(t, at, MIN(n, t->hi - at), GP_EXEC);
	while (n && !copy_guarded(buf, xhost(t, at), n)) { /* the end of the file lies between two pages */
		u64 page = GUEST_PAGE - at % GUEST_PAGE;
		n = n > page ? (size_t)page : 0;
	}
	return n;
}
