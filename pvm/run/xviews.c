/* Views: mappings that show the same bytes of one object (a file, shared memory) at several addresses.
 *
 * A guest's JIT may write code through one view and run it through another.  So what guards and drops the units of a page
 * does it for every view: a page of a shared view is guarded while any view of it has units.  XTask.viewed says whether
 * there has been an object with two views of which one can be written to; without, nobody looks for any. */
#include "xtask.h"

#include <sys/stat.h>

Object view_object(XTask *t, const XMapReq *r)
{
	struct stat st;

	if (r->object)
		return (Object){SYSV_OBJECT, r->object};
	if (r->fd < 0)
		return r->shared ? (Object){OWN_OBJECT, ++t->objects} : (Object){0, 0};
	if (fstat(r->fd, &st) != 0 || !S_ISREG(st.st_mode))
		return (Object){0, 0};
	return (Object){(u64)st.st_dev, (u64)st.st_ino};
}

static bool same_object(const Region *a, const Region *b)
{
	return a->object.id == b->object.id && a->object.device == b->object.device;
}

/* Where q shows the bytes that r has at [from, to); false: nowhere. */
static bool shows(const Region *q, const Region *r, u64 from, u64 to, Pin *there)
{
	u64 lo = from - r->at + r->offset, hi = to - r->at + r->offset;

	if (!same_object(q, r) || lo >= q->offset + (q->end - q->at) || hi <= q->offset)
		return false;
	there->at = q->at + (MAX(lo, q->offset) - q->offset);
	there->end = q->at + (MIN(hi, q->offset + (q->end - q->at)) - q->offset);
	return true;
}

bool view_each(XTask *t, u64 at, u64 size, ViewFn *fn, void *ctx)
{
	u64 end = at + size;
	bool found = false;
	const Region *r;
	Pin v;

	for (u64 a = at; !found && a < end; a = r->end) {
		u32 k = xspace_find(t, a);
		if (k == t->region.n || t->region.p[k].at >= end)
			break;
		r = &t->region.p[k];
		for (u32 q = 0; r->object.id && !found && q < t->region.n; q++)
			if (q != k && shows(&t->region.p[q], r, MAX(at, r->at), MIN(end, r->end), &v))
				found = fn(t, &t->region.p[q], v.at, v.end - v.at, ctx);
	}
	return found;
}

static bool has_units(XTask *t, const Region *r, u64 at, u64 size, void *ctx)
{
	return unit_on_page(t, page_of(at));
}

static bool guard_other(XTask *t, const Region *r, u64 at, u64 size, void *any)
{
	xspace_guard(t, page_of(at), unit_on_page(t, page_of(at)) || (r->shared && *(bool *)any));
	return false;
}

void view_guard(XTask *t, u64 page)
{
	bool own = unit_on_page(t, page), any = own;
	u64 at = page * GUEST_PAGE;
	const Region *r = t->viewed ? xspace_at(t, at) : NULL;

	if (r && r->object.id) {
		any = any || view_each(t, at, GUEST_PAGE, has_units, NULL);
		view_each(t, at, GUEST_PAGE, guard_other, &any);
		own = own || (any && r->shared);
	}
	xspace_guard(t, page, own);
}

static bool drop_other(XTask *t, const Region *r, u64 at, u64 size, void *ctx)
{
	unit_drop_pages(t, at, size);
	return false;
}

void view_drop(XTask *t, u64 at, u64 size)
{
	if (t->viewed)
		view_each(t, at, size, drop_other, NULL);
}

static bool one_writes(XTask *t, const Region *r, u64 at, u64 size, void *ctx)
{
	return (r->shared && r->prot & GP_WRITE) || *(bool *)ctx;
}

void view_made(XTask *t, u64 at, u64 size)
{
	u64 end = at + size;

	for (u32 k = xspace_find(t, at); k < t->region.n && t->region.p[k].at < end; k++) {
		const Region *r = &t->region.p[k];
		u64 from = MAX(at, r->at), n = MIN(end, r->end) - from;
		bool writes = r->shared && r->prot & GP_WRITE;
		if (!r->object.id || !view_each(t, from, n, one_writes, &writes))
			continue;
		t->viewed = true;
		unit_drop_range(t, from, n);
	}
}
