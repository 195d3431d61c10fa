/* modify_ldt: local descriptors, which fs and gs may name.  Linux: arch/x86/kernel/ldt.c. */
#include "layouts.h"

#include <stdlib.h>

enum { READ = 0, WRITE_OLD = 1, READ_DEFAULT = 2, WRITE = 0x11 };
/* Bits of user_desc's flags. */
enum { SEG_32BIT = 1, CONTENTS_SHIFT = 1, READ_EXEC_ONLY = 8, IN_PAGES = 16, NOT_PRESENT = 32, USEABLE = 64 };
enum { CONFORMING = 3, EMPTY = READ_EXEC_ONLY | NOT_PRESENT };

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
	u64 access = type | 0x70 | (d->flags & NOT_PRESENT ? 0 : 0x80); /* 0x70: no system segment, privilege 3 */
	u64 size = (d->flags & USEABLE && !old ? 1 : 0) | (d->flags & SEG_32BIT ? 4 : 0) | (d->flags & IN_PAGES ? 8 : 0);

	return (d->limit & 0xffff) | (u64)(d->base & 0xffffff) << 16 | access << 40 | (u64)(d->limit >> 16 & 0xf) << 48 | size << 52 | (u64)(d->base >> 24) << 56;
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
	for (u32 seg = XS_FS; seg <= XS_GS; seg++)
		if (*xreg(t->x, XS_SEL + seg) >> 2 == (d.entry << 1 | 1))
			*xreg(t->x, XS_BASE + seg) = d.base;
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
