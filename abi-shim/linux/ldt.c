/* Descriptors of the guest's own: modify_ldt, set_thread_area and get_thread_area.  Linux: arch/x86/kernel/ldt.c and tls.c. */
#include "layouts.h"

#include <stdlib.h>

enum { READ = 0, WRITE_OLD = 1, READ_DEFAULT = 2, WRITE = 0x11 };
/* Bits of user_desc's flags. */
enum { SEG_32BIT = 1, CONTENTS_SHIFT = 1, READ_EXEC_ONLY = 8, IN_PAGES = 16, NOT_PRESENT = 32, USEABLE = 64 };
enum { CONFORMING = 3, EMPTY = READ_EXEC_ONLY | NOT_PRESENT };
/* The three descriptors that Linux keeps for a thread, at 12 to 14 as 64-bit kernels have them. */
enum { TLS_FIRST = 12, TLS_COUNT = 3 };

/* What there is, in the processor's form; the rest of the room becomes zeros. */
static i64 read_table(LThread *t, u64 at, u64 room)
{
	const XLdt *ldt = t->task->ldt;
	u64 n = MIN(room, (u64)8 * X86_LDT_MOST);

	if (!ldt || !ldt->n)
		return 0;
	for (u64 k = 0; k < n; k += 8) {
		u8 raw[8];
		st64(raw, k / 8 < ldt->n ? ldt->desc[k / 8] : 0);
		if (!xguest_write(t->x, at + k, raw, MIN(n - k, (u64)8)))
			return -EFAULT;
	}
	return (i64)n;
}

static i64 read_default(LThread *t, u64 at, u64 room)
{
	static const u8 zero[128];
	u64 n = MIN(room, t->wide ? sizeof zero : 5 * 8u);

	return xguest_write(t->x, at, zero, n) ? (i64)n : -EFAULT;
}

/* A data or code segment of privilege 3. */
static u64 descriptor(const struct LUserDesc *d, bool old)
{
	u32 contents = d->flags >> CONTENTS_SHIFT & 3, type = (d->flags & READ_EXEC_ONLY ? 0 : 2) | contents << 2 | 1;
	u32 access = type | 0x70 | (d->flags & NOT_PRESENT ? 0 : 0x80); /* 0x70: no system segment, privilege 3 */
	u32 size = (d->flags & USEABLE && !old ? 1 : 0) | (d->flags & SEG_32BIT ? 4 : 0) | (d->flags & IN_PAGES ? 8 : 0);

	return x86_descriptor(d->base, d->limit, access, size);
}

static bool is_empty(const struct LUserDesc *d, bool old)
{
	return d->base == 0 && d->limit == 0 && (old || (d->flags & 0x7f) == EMPTY);
}

static XLdt *table(LTask *k)
{
	if (!k->ldt)
		k->ldt = xcalloc(1, sizeof *k->ldt);
	for (LThread *t = k->threads; t; t = t->next)
		*xreg(t->x, XS_LDT) = (u64)(uintptr_t)k->ldt;
	return k->ldt;
}

/* Of ds, es, fs and gs the first `count` get the new descriptor if they hold the selector; where that cannot be, they become
 * empty. */
static void reload(LThread *t, u32 sel, u32 count)
{
	static const u8 order[] = {XS_DS, XS_ES, XS_FS, XS_GS};
	Regfile *r = (Regfile *)(void *)t->x;
	enum XMode mode = t->task->wide ? X86_64 : X86_32;

	for (u32 k = 0; k < count; k++) {
		u32 now = (u16)*xreg(t->x, XS_SEL + order[k]);
		if ((now | 3) != (sel | 3))
			continue;
		if (x86_load_segment(r, mode, order[k], now) != XE_JUMP)
			x86_load_segment(r, mode, order[k], 0);
		r->slot[XS_ERROR] = 0;
	}
}

static i64 write_entry(LThread *t, u64 at, u64 size, bool old)
{
	struct LUserDesc d;

	if (size != 16)
		return -EINVAL;
	if (layout_read(t, LK_user_desc, at, &d) < 0)
		return -EFAULT;
	bool conforming = (d.flags >> CONTENTS_SHIFT & 3) == CONFORMING;
	if (d.entry >= X86_LDT_MOST || (conforming && (old || !(d.flags & NOT_PRESENT))))
		return -EINVAL;
	thread_lock(t->task);
	XLdt *ldt = table(t->task);
	ldt->desc[d.entry] = is_empty(&d, old) ? 0 : descriptor(&d, old);
	ldt->n = MAX(ldt->n, (u64)d.entry + 1);
	reload(t, d.entry << 3 | 4, 2);
	thread_unlock(t->task);
	return 0;
}

/* The kernel's result is an unsigned int, also where it is an error. */
i64 ldt_modify(LThread *t, const u64 *a)
{
	switch ((u32)a[0]) {
	case READ: return (u32)read_table(t, a[1], a[2]);
	case READ_DEFAULT: return (u32)read_default(t, a[1], a[2]);
	case WRITE_OLD: return (u32)write_entry(t, a[1], a[2], true);
	case WRITE: return (u32)write_entry(t, a[1], a[2], false);
	}
	return (u32)-ENOSYS;
}

/* ---- a thread's three -------------------------------------------------------------------------------- */

static bool is_okay(const struct LUserDesc *d)
{
	bool zero = d->base == 0 && d->limit == 0 && (d->flags & 0x7f) == 0;

	return zero || is_empty(d, false) || ((d->flags & SEG_32BIT) && (d->flags >> CONTENTS_SHIFT & 3) <= 1 && !(d->flags & NOT_PRESENT));
}

static u64 *thread_descriptor(LThread *t, u32 entry)
{
	return entry >= TLS_FIRST && entry < TLS_FIRST + TLS_COUNT ? xreg(t->x, XS_TLS + entry - TLS_FIRST) : NULL;
}

static i64 set_thread(LThread *t, struct LUserDesc *d, bool find)
{
	if (!is_okay(d))
		return -EINVAL;
	if (find && d->entry == ~0u) {
		u32 k = TLS_FIRST;
		while (k < TLS_FIRST + TLS_COUNT && *thread_descriptor(t, k))
			k++;
		if (k == TLS_FIRST + TLS_COUNT)
			return -ESRCH;
		d->entry = k;
	}
	u64 *to = thread_descriptor(t, d->entry);
	if (!to)
		return -EINVAL;
	*to = d->flags & SEG_32BIT ? descriptor(d, false) : 0;
	reload(t, d->entry << 3, 4);
	return 0;
}

i64 ldt_set_thread_area(LThread *t, const u64 *a)
{
	return a[0] ? set_thread(t, hostp(a[0]), true) : -EFAULT;
}

i64 ldt_get_thread_area(LThread *t, const u64 *a)
{
	struct LUserDesc *d = hostp(a[0]);

	if (!d)
		return -EFAULT;
	const u64 *from = thread_descriptor(t, d->entry);
	if (!from)
		return -EINVAL;
	u32 type = (u32)(*from >> 40) & 0xf, size = (u32)(*from >> 52) & 0xf;
	bool there = *from >> 47 & 1;
	d->base = (u32)(*from >> 16 & 0xffffff) | (u32)(*from >> 56) << 24;
	d->limit = (u32)(*from & 0xffff) | (u32)(*from >> 32 & 0xf0000);
	d->flags = (size & 4 ? SEG_32BIT : 0) | (type >> 2) << CONTENTS_SHIFT | (type & 2 ? 0 : READ_EXEC_ONLY) | (size & 8 ? IN_PAGES : 0) |
		(there ? 0 : NOT_PRESENT) | (size & 1 ? USEABLE : 0);
	return 0;
}

i64 thread_set_tls(LThread *t, u64 at)
{
	struct LUserDesc d;

	if (t->wide) {
		*xreg(t->x, XS_BASE + XS_FS) = at;
		return 0;
	}
	return layout_read(t, LK_user_desc, at, &d) < 0 ? -EFAULT : set_thread(t, &d, false);
}
