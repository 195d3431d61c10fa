/* Who a process is: groups, capabilities, and i386's identities of 16 bits (larger ones show as 65534). */
#include "layouts.h"

#include <sys/syscall.h>

enum { GROUPS_MAX = 65536 / 4 };

static u32 id16(u32 id)
{
	return id > 0xffff ? 0xfffe : id;
}

static i64 get_groups(LThread *t, const u64 *a, u32 size)
{
	u32 ids[GROUPS_MAX];
	u8 raw[4];
	i64 n = HOST(t, SYS_getgroups, (i64)a[0] > GROUPS_MAX ? GROUPS_MAX : (i64)a[0], ids);

	for (i64 i = 0; i < n && (i64)a[0] > 0; i++) {
		st32(raw, size == 2 ? id16(ids[i]) : ids[i]);
		if (!xguest_write(t->x, a[1] + (u64)i * size, raw, size))
			return -EFAULT;
	}
	return n;
}

static i64 set_groups(LThread *t, const u64 *a, u32 size)
{
	u32 ids[GROUPS_MAX];
	u8 raw[4] = {0};

	if (a[0] > GROUPS_MAX)
		return HOST(t, SYS_setgroups, a[0], 0);
	for (u64 i = 0; i < a[0]; i++) {
		if (!xguest_read(t->x, a[1] + i * size, raw, size))
			return HOST(t, SYS_setgroups, a[0], 0); /* EPERM comes before EFAULT */
		ids[i] = size == 2 ? ld16(raw) : ld32(raw);
	}
	return HOST(t, SYS_setgroups, a[0], ids);
}

i64 id_getgroups(LThread *t, const u64 *a) { return get_groups(t, a, 4); }
i64 id_setgroups(LThread *t, const u64 *a) { return set_groups(t, a, 4); }
i64 id_getgroups16(LThread *t, const u64 *a) { return get_groups(t, a, 2); }
i64 id_setgroups16(LThread *t, const u64 *a) { return set_groups(t, a, 2); }

static i64 get_three(LThread *t, const u64 *a, long nr)
{
	u32 id[3];
	u8 raw[2];
	i64 r = HOST(t, nr, &id[0], &id[1], &id[2]);

	for (u32 i = 0; r == 0 && i < 3; i++) {
		st16(raw, (u16)id16(id[i]));
		if (!xguest_write(t->x, a[i], raw, 2))
			r = -EFAULT;
	}
	return r;
}

i64 id_getresuid16(LThread *t, const u64 *a) { return get_three(t, a, SYS_getresuid); }
i64 id_getresgid16(LThread *t, const u64 *a) { return get_three(t, a, SYS_getresgid); }

/* ---- capabilities ------------------------------------------------------------------------------------- */

/* How many words of data a version of the header has; 0: unknown.  <linux/capability.h> */
static u32 cap_words(int version)
{
	return (u32)version == 0x19980330 ? 3 : (u32)version == 0x20071026 || (u32)version == 0x20080522 ? 6 : 0;
}

/* The kernel writes the version it prefers into a header that it does not know. */
i64 id_capget(LThread *t, const u64 *a)
{
	struct Two head;
	struct LCaps data;
	u8 raw[sizeof data];

	if (layout_read(t, LK_cap_header, a[0], &head) < 0)
		return -EFAULT;
	u32 n = cap_words(head.a);
	i64 r = HOST(t, SYS_capget, &head, a[1] ? &data : NULL);
	if (!n && layout_write(t, LK_cap_header, a[0], &head) < 0)
		return -EFAULT;
	for (u32 i = 0; i < n; i++)
		st32(raw + 4 * i, data.w[i]);
	return r < 0 || !a[1] || !n || xguest_write(t->x, a[1], raw, 4 * n) ? r : -EFAULT;
}

i64 id_capset(LThread *t, const u64 *a)
{
	struct Two head;
	struct LCaps data = {{0}};
	u8 raw[sizeof data];

	if (layout_read(t, LK_cap_header, a[0], &head) < 0)
		return -EFAULT;
	u32 n = cap_words(head.a);
	if (n && !xguest_read(t->x, a[1], raw, 4 * n))
		return -EFAULT;
	for (u32 i = 0; i < n; i++)
		data.w[i] = ld32(raw + 4 * i);
	i64 r = HOST(t, SYS_capset, &head, &data);
	return n || layout_write(t, LK_cap_header, a[0], &head) == 0 ? r : -EFAULT;
}
