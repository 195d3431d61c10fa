/* Scheduling: processors, attributes. */
#include "layouts.h"

#include <sys/syscall.h>

enum { SET_BYTES = 1024 };

/* A set of processors is a string of bytes on both widths; the guest's lengths are multiples of its words. */
i64 sched_get_cpus(LThread *t, const u64 *a)
{
	u64 set[SET_BYTES / 8] = {0};
	u8 raw[SET_BYTES];
	u32 word = t->wide ? 8 : 4;

	if (a[1] & (word - 1))
		return -EINVAL;
	i64 n = HOST(t, SYS_sched_getaffinity, a[0], SET_BYTES, set);
	if (n < 0)
		return n;
	for (u32 i = 0; i < SET_BYTES / 8; i++)
		st64(raw + 8 * i, set[i]);
	for (u64 i = a[1]; i < SET_BYTES; i++)
		if (raw[i])
			return -EINVAL;
	n = MIN(n, (i64)a[1]);
	return n <= 0 ? -EINVAL : xguest_write(t->x, a[2], raw, (size_t)n) ? n : -EFAULT;
}

i64 sched_set_cpus(LThread *t, const u64 *a)
{
	u64 set[SET_BYTES / 8];
	u8 raw[SET_BYTES] = {0};

	if (!xguest_read(t->x, a[2], raw, MIN(a[1], SET_BYTES)))
		return -EFAULT;
	for (u32 i = 0; i < SET_BYTES / 8; i++)
		set[i] = ld64(raw + 8 * i);
	return HOST(t, SYS_sched_setaffinity, a[0], SET_BYTES, set);
}

/* The first form has 48 bytes, the second 56; size 0 means the first. */
i64 sched_set_attr(LThread *t, const u64 *a)
{
	enum { FIRST = 48 };
	struct LSchedAttr attr = {0};
	u8 raw[56] = {0};

	if (!a[1] || (i32)a[0] < 0 || a[2])
		return -EINVAL;
	if (!xguest_read(t->x, a[1], raw, 4))
		return -EFAULT;
	u32 size = ld32(raw) ? ld32(raw) : FIRST;
	if (size < FIRST || size > GUEST_PAGE)
		return -E2BIG;
	if (!xguest_read(t->x, a[1], raw, MIN(size, sizeof raw)))
		return -EFAULT;
	layout_get(LK_sched_attr, true, raw, &attr);
	attr.size = MIN(size, sizeof attr);
	return HOST(t, SYS_sched_setattr, a[0], &attr, a[2]);
}

i64 sched_get_attr(LThread *t, const u64 *a)
{
	struct LSchedAttr attr = {0};
	u8 raw[56];
	u64 n = MIN(a[2], sizeof raw);

	if (!a[1] || a[2] > GUEST_PAGE)
		return -EINVAL;
	i64 r = HOST(t, SYS_sched_getattr, a[0], &attr, n, a[3]);
	if (r < 0)
		return r;
	layout_put(LK_sched_attr, true, &attr, raw);
	return xguest_write(t->x, a[1], raw, n) ? r : -EFAULT;
}

/* i386's nice: an increment, and no result but success. */
i64 sched_nice(LThread *t, const u64 *a)
{
	i64 by = (i64)a[0], now = 20 - HOST(t, SYS_getpriority, 0, 0);

	by = by < -40 ? -40 : by > 40 ? 40 : by;
	i64 to = now + by, r = HOST(t, SYS_setpriority, 0, 0, to < -20 ? -20 : to > 19 ? 19 : to);
	return r == -EACCES ? -EPERM : r;
}
