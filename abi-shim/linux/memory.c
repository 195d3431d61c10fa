/* Memory: brk, mmap and what belongs to them, on run's address space. */
#include "layouts.h"

#include <sys/mman.h>
#include <unistd.h>

/* The guest's numbers. */
enum {
	GM_SHARED = 1, GM_PRIVATE = 2, GM_TYPE = 15, GM_FIXED = 0x10, GM_ANONYMOUS = 0x20, GM_32BIT = 0x40, GM_NOREPLACE = 0x100000,
	GR_MAYMOVE = 1, GR_FIXED = 2, GA_DONTNEED = 4, GA_FREE = 8
};

static u64 page_up(u64 v)
{
	return (v + GUEST_PAGE - 1) & ~(u64)(GUEST_PAGE - 1);
}

static int prot_of(u64 guest)
{
	return (guest & PROT_READ ? GP_READ : 0) | (guest & PROT_WRITE ? GP_WRITE : 0) | (guest & PROT_EXEC ? GP_EXEC : 0);
}

static i64 set_brk(LTask *k, const u64 *a)
{
	u64 old = page_up(k->brk), new = page_up(a[0]);

	if (a[0] < k->brk_start || new < a[0])
		return (i64)k->brk;
	if (new > old) {
		XMapReq r = {.at = old, .size = new - old, .prot = GP_READ | GP_WRITE, .fd = -1, .fixed = true, .noreplace = true, .name = "[heap]"};
		if (guest_map(k->x, &r) < 0)
			return (i64)k->brk;
	} else if (new < old) {
		guest_unmap(k->x, new, old - new);
	}
	k->brk = a[0];
	return (i64)k->brk;
}

/* brk gives the old end when it cannot do what is asked. */
i64 mem_brk(LThread *t, const u64 *a)
{
	thread_lock(t->task);
	i64 r = set_brk(t->task, a);
	thread_unlock(t->task);
	return r;
}

static i64 map(LThread *t, u64 at, u64 size, u64 prot, u64 flags, i64 fd, u64 offset)
{
	u64 type = flags & GM_TYPE;
	bool fixed = flags & (GM_FIXED | GM_NOREPLACE);

	if (!size || offset & (GUEST_PAGE - 1) || (type != GM_SHARED && type != GM_PRIVATE && type != 3))
		return -EINVAL;
	if (page_up(size) < size)
		return -ENOMEM;
	if (fixed && at & (GUEST_PAGE - 1))
		return -EINVAL;
	XMapReq r = {
		.at = at & ~(u64)(GUEST_PAGE - 1), .size = page_up(size), .offset = offset, .prot = prot_of(prot),
		.fd = flags & GM_ANONYMOUS ? -1 : (int)fd, .shared = type != GM_PRIVATE,
		.fixed = fixed, .noreplace = flags & GM_NOREPLACE, .low32 = flags & GM_32BIT
	};
	if (!(flags & GM_ANONYMOUS) && fd < 0)
		return -EBADF;
	return guest_map(t->task->x, &r);
}

i64 mem_mmap(LThread *t, const u64 *a)
{
	return map(t, a[0], a[1], a[2], a[3], (i64)a[4], a[5]);
}

i64 mem_mmap2(LThread *t, const u64 *a)
{
	return map(t, a[0], a[1], a[2], a[3], (i64)a[4], a[5] * GUEST_PAGE);
}

/* i386's first mmap takes its arguments in memory. */
i64 mem_old_mmap(LThread *t, const u64 *a)
{
	u8 raw[24];

	if (!xguest_read(t->x, a[0], raw, sizeof raw))
		return -EFAULT;
	return map(t, ld32(raw), ld32(raw + 4), ld32(raw + 8), ld32(raw + 12), (i32)ld32(raw + 16), ld32(raw + 20));
}

i64 mem_munmap(LThread *t, const u64 *a)
{
	if (a[0] & (GUEST_PAGE - 1) || !a[1] || page_up(a[1]) < a[1])
		return -EINVAL;
	return guest_unmap(t->task->x, a[0], page_up(a[1]));
}

i64 mem_mprotect(LThread *t, const u64 *a)
{
	if (a[0] & (GUEST_PAGE - 1) || page_up(a[1]) < a[1])
		return -EINVAL;
	return a[1] ? guest_protect(t->task->x, a[0], page_up(a[1]), prot_of(a[2])) : 0;
}

i64 mem_mremap(LThread *t, const u64 *a)
{
	if (a[0] & (GUEST_PAGE - 1) || !a[2] || page_up(a[2]) < a[2] || page_up(a[1]) < a[1] || a[3] & ~3ull)
		return -EINVAL;
	return guest_remap(t->task->x, a[0], page_up(a[1]), page_up(a[2]), a[4], a[3] & GR_MAYMOVE, a[3] & GR_FIXED);
}

/* Only the advice that changes what programs see must be taken: pages that come back as new. */
i64 mem_madvise(LThread *t, const u64 *a)
{
	u64 size = page_up(a[1]);

	if (a[0] & (GUEST_PAGE - 1) || size < a[1])
		return -EINVAL;
	if (!size || (a[2] != GA_DONTNEED && a[2] != GA_FREE))
		return 0;
	void *p = xguest_pin(t->x, a[0], size, a[2] == GA_FREE ? GP_WRITE : 0);
	if (!p)
		return -ENOMEM;
	guest_written(t->task->x, a[0], size);
	if (sysconf(_SC_PAGESIZE) != GUEST_PAGE)
		return a[2] == GA_FREE ? 0 : -EINVAL;
	return madvise(p, size, (int)a[2]) ? -errno : 0;
}

i64 mem_msync(LThread *t, const u64 *a)
{
	u64 size = page_up(a[1]);

	if (a[0] & (GUEST_PAGE - 1))
		return -EINVAL;
	void *p = size ? xguest_pin(t->x, a[0], size, GP_READ) : NULL;
	if (!p)
		return size ? -ENOMEM : 0;
	return msync(p, size, (int)a[2]) ? -errno : 0;
}

/* All of it is in memory, as far as a program can tell. */
i64 mem_mincore(LThread *t, const u64 *a)
{
	u64 n = page_up(a[1]) / GUEST_PAGE;

	if (a[0] & (GUEST_PAGE - 1))
		return -EINVAL;
	if (!xguest_pin(t->x, a[0], a[1], GP_READ))
		return -ENOMEM;
	u8 *out = xguest_pin(t->x, a[2], n, GP_WRITE);
	if (!out)
		return -EFAULT;
	memset(out, 1, n);
	return 0;
}

/* mlock and munlock change nothing that can be seen. */
i64 mem_nothing(LThread *t, const u64 *a)
{
	return 0;
}
