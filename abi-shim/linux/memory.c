/* Memory: brk, mmap and what belongs to them, on run's address space. */
#include "layouts.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* The guest's numbers. */
enum {
	GM_SHARED = 1, GM_PRIVATE = 2, GM_TYPE = 15, GM_FIXED = 0x10, GM_ANONYMOUS = 0x20, GM_32BIT = 0x40, GM_GROWSDOWN = 0x100, GM_NOREPLACE = 0x100000,
	GR_MAYMOVE = 1, GR_FIXED = 2, GR_DONTUNMAP = 4
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

	if (a[0] < k->brk_start || new < a[0] || (new > old && new - k->brk_start > k->data_limit.rlim_cur))
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
	LTask *k = t->task->space;

	thread_lock(k);
	i64 r = set_brk(k, a);
	thread_unlock(k);
	return r;
}

static i64 map(LThread *t, u64 at, u64 size, u64 prot, u64 flags, i64 fd, u64 offset)
{
	u64 type = flags & GM_TYPE;
	bool fixed = flags & (GM_FIXED | GM_NOREPLACE);

	if (!(flags & GM_ANONYMOUS) && !(offset & (GUEST_PAGE - 1)) && HOST(t, SYS_fcntl, fd, F_GETFD) < 0)
		return -EBADF;
	if (!size || offset & (GUEST_PAGE - 1) || (type != GM_SHARED && type != GM_PRIVATE && type != 3))
		return -EINVAL;
	if (page_up(size) < size)
		return -ENOMEM;
	if (fixed && at & (GUEST_PAGE - 1))
		return -EINVAL;
	XMapReq r = {
		.at = at & ~(u64)(GUEST_PAGE - 1), .size = page_up(size), .offset = offset, .prot = prot_of(prot),
		.fd = flags & GM_ANONYMOUS ? -1 : (int)fd, .shared = type != GM_PRIVATE,
		.fixed = fixed, .noreplace = flags & GM_NOREPLACE, .low32 = flags & GM_32BIT,
		.grows = flags & GM_GROWSDOWN && flags & GM_ANONYMOUS
	};
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

/* MREMAP_DONTUNMAP: the pages go elsewhere, and fresh ones take their place. */
static i64 move_pages(LThread *t, const u64 *a)
{
	XTask *x = t->task->x;
	u64 size = page_up(a[1]);
	XMapping m;

	if (!(a[3] & GR_MAYMOVE) || size != page_up(a[2]) || a[4] & (GUEST_PAGE - 1))
		return -EINVAL;
	if (!guest_mapping(x, a[0], &m) || m.at > a[0] || m.at + m.size < a[0] + size)
		return -EFAULT;
	if (m.shared || (m.name && m.name[0] == '/'))
		return -EINVAL;
	XMapReq r = {.at = a[4], .size = size, .prot = m.prot, .fd = -1, .fixed = a[3] & GR_FIXED};
	i64 to = guest_map(x, &r);
	if (to < 0)
		return to;
	i64 at = guest_remap(x, a[0], size, size, (u64)to, true, true);
	if (at < 0) {
		guest_unmap(x, (u64)to, size);
		return at;
	}
	r.at = a[0];
	r.fixed = true;
	i64 fresh = guest_map(x, &r);
	return fresh < 0 ? fresh : at;
}

i64 mem_mremap(LThread *t, const u64 *a)
{
	if (a[3] & GR_DONTUNMAP && !(a[0] & (GUEST_PAGE - 1)) && a[2] && !(a[3] & ~7ull) && page_up(a[1]) >= a[1])
		return move_pages(t, a);
	if (a[0] & (GUEST_PAGE - 1) || !a[2] || page_up(a[2]) < a[2] || page_up(a[1]) < a[1] || a[3] & ~3ull)
		return -EINVAL;
	return guest_remap(t->task->x, a[0], page_up(a[1]), page_up(a[2]), a[4], a[3] & GR_MAYMOVE, a[3] & GR_FIXED);
}

/* ---- advice ---------------------------------------------------------------------------------------- */

/* Calls fn on each mapped part of a range; -ENOMEM if there were holes, else fn's first error or 0. */
typedef i64 PartFn(LThread *t, void *host, u64 at, u64 size, u64 arg);
static i64 each_part(LThread *t, u64 at, u64 size, PartFn *fn, u64 arg)
{
	u64 end = at + size;
	i64 holes = 0, r = 0;
	XMapping m;

	while (at < end && r >= 0) {
		if (!guest_mapping(t->task->x, at, &m) || m.at >= end)
			return -ENOMEM;
		if (m.at > at)
			holes = -ENOMEM;
		at = MAX(at, m.at);
		u64 n = MIN(end, m.at + m.size) - at;
		void *p = xguest_mapped(t->x, at, n);
		r = p ? fn(t, p, at, n, arg) : -ENOMEM;
		at += n;
	}
	return r < 0 ? r : holes;
}

/* Pages that may come back different from what they are. */
static bool changes_contents(u64 advice)
{
	enum { DONTNEED = 4, FREE = 8, REMOVE = 9 };

	return advice == DONTNEED || advice == FREE || advice == REMOVE;
}

static i64 advise(LThread *t, void *host, u64 at, u64 size, u64 advice)
{
	if (changes_contents(advice))
		guest_written(t->task->x, at, size);
	return madvise(host, size, (int)advice) == 0 ? 0 : -errno;
}

/* The host has the guest's pages as its own, so that its kernel can take the advice. */
i64 mem_madvise(LThread *t, const u64 *a)
{
	enum { HWPOISON = 100, SOFT_OFFLINE };
	u64 size = page_up(a[1]);

	if (a[0] & (GUEST_PAGE - 1) || size < a[1] || a[0] + size < a[0])
		return -EINVAL;
	if (a[2] == HWPOISON || a[2] == SOFT_OFFLINE)
		return -EPERM;
	if (!size)
		return madvise(NULL, 0, (int)a[2]) == 0 ? 0 : -errno;
	if (sysconf(_SC_PAGESIZE) != GUEST_PAGE && changes_contents(a[2]))
		return -EINVAL;
	return each_part(t, a[0], size, advise, a[2]);
}

/* For itself only. */
i64 mem_process_madvise(LThread *t, const u64 *a)
{
	enum { COLD = 20, PAGEOUT };
	struct iovec v[IOV_MAX_GUEST];
	u32 size = layout_size(LK_iovec, t->wide);
	struct LIovec g;
	i64 done = 0;

	if (a[4] || (a[3] != COLD && a[3] != PAGEOUT && a[3] != MADV_WILLNEED))
		return -EINVAL;
	if (a[2] > COUNT(v))
		return -EINVAL;
	i64 r = HOST(t, SYS_pidfd_send_signal, a[0], 0, 0, 0);
	for (u64 i = 0; r >= 0 && i < a[2]; i++) {
		if (layout_read(t, LK_iovec, a[1] + i * size, &g) < 0)
			return done ? done : -EFAULT;
		r = each_part(t, g.at & ~(u64)(GUEST_PAGE - 1), page_up(g.size), advise, a[3]);
		done += r < 0 ? 0 : (i64)g.size;
	}
	return done ? done : r;
}

/* ---- what is in memory ------------------------------------------------------------------------------ */

i64 mem_msync(LThread *t, const u64 *a)
{
	u64 size = page_up(a[1]);

	if (a[0] & (GUEST_PAGE - 1) || a[2] & ~(u64)(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || (a[2] & MS_ASYNC && a[2] & MS_SYNC))
		return -EINVAL;
	if (size < a[1])
		return -ENOMEM;
	void *p = size ? xguest_mapped(t->x, a[0], size) : NULL;
	if (!p)
		return size ? -ENOMEM : 0;
	return HOST(t, SYS_msync, p, size, a[2]);
}

i64 mem_mincore(LThread *t, const u64 *a)
{
	u64 size = page_up(a[1]), n = size / GUEST_PAGE;
	i64 r = 0;

	if (a[0] & (GUEST_PAGE - 1))
		return -EINVAL;
	if (size < a[1] || size >> 47)
		return -ENOMEM;
	void *p = xguest_mapped(t->x, a[0], size);
	u8 *out = n ? xguest_pin(t->x, a[2], n, GP_WRITE) : NULL;
	if (n && !p)
		return -ENOMEM;
	if (n && !out)
		return -EFAULT;
	if (n)
		r = HOST(t, SYS_mincore, p, size, out);
	return r;
}

static i64 lock_part(LThread *t, void *host, u64 at, u64 size, u64 flags)
{
	return HOST(t, SYS_mlock2, host, size, flags);
}

static i64 unlock_part(LThread *t, void *host, u64 at, u64 size, u64 arg)
{
	return HOST(t, SYS_munlock, host, size);
}

static i64 lock_range(LThread *t, u64 at, u64 size, PartFn *fn, u64 flags)
{
	u64 from = at & ~(u64)(GUEST_PAGE - 1), end = page_up(at + size);

	if (at + size < at || end < at)
		return -EINVAL;
	return end == from ? 0 : each_part(t, from, end - from, fn, flags);
}

i64 mem_mlock(LThread *t, const u64 *a)
{
	return lock_range(t, a[0], a[1], lock_part, 0);
}

i64 mem_mlock2(LThread *t, const u64 *a)
{
	return a[2] & ~1ull ? -EINVAL : lock_range(t, a[0], a[1], lock_part, a[2]);
}

i64 mem_munlock(LThread *t, const u64 *a)
{
	return lock_range(t, a[0], a[1], unlock_part, 0);
}

/* What the guest has now; what it will have is locked by the host's kernel with the machine's own. */
i64 mem_mlockall(LThread *t, const u64 *a)
{
	enum { CURRENT = 1, FUTURE = 2, ONFAULT = 4 };

	if (!a[0] || a[0] & ~7ull || a[0] == ONFAULT)
		return -EINVAL;
	if (a[0] & FUTURE)
		return HOST(t, SYS_mlockall, a[0] | ONFAULT);
	i64 r = each_part(t, 0, t->task->wide ? 0x7ffffffff000 : 0xfffff000, lock_part, a[0] & ONFAULT ? 1 : 0);
	return r == -ENOMEM ? 0 : r;
}

/* ---- protection keys: the guest's processor has none ------------------------------------------------- */

i64 mem_pkey_alloc(LThread *t, const u64 *a)
{
	return a[0] || a[1] & ~3ull ? -EINVAL : -ENOSPC;
}

i64 mem_pkey_free(LThread *t, const u64 *a)
{
	return -EINVAL;
}

i64 mem_pkey_mprotect(LThread *t, const u64 *a)
{
	return (i64)a[3] == -1 ? mem_mprotect(t, a) : -EINVAL;
}

/* ---- memory policy ---------------------------------------------------------------------------------- */

/* A set of nodes is a string of bytes; the kernel counts one bit more than it looks at. */
enum { NODES = 1024 };
typedef struct Nodes {
	unsigned long set[NODES / 8 / sizeof(unsigned long)];
} Nodes;

static i64 read_nodes(LThread *t, u64 at, u64 maxnode, Nodes *out)
{
	u32 word = t->wide ? 64 : 32;
	u8 raw[NODES / 8] = {0};

	memset(out, 0, sizeof *out);
	if (!at || maxnode <= 1)
		return 0;
	u64 bytes = ((maxnode - 1) + word - 1) / word * word / 8;
	if (bytes > GUEST_PAGE)
		return -EINVAL;
	if (!xguest_read(t->x, at, raw, MIN(bytes, sizeof raw)))
		return -EFAULT;
	for (u32 i = 0; i < NODES; i++)
		if (raw[i / 8] >> i % 8 & 1 && i < maxnode - 1)
			out->set[i / (8 * sizeof(long))] |= 1ul << i % (8 * sizeof(long));
	return 0;
}

static i64 write_nodes(LThread *t, u64 at, u64 maxnode, const Nodes *n)
{
	u32 word = t->wide ? 64 : 32;
	u8 raw[NODES / 8] = {0};
	u64 bytes = MIN(((maxnode - 1) + word - 1) / word * word / 8, sizeof raw);

	for (u32 i = 0; i < NODES; i++)
		raw[i / 8] |= (u8)((n->set[i / (8 * sizeof(long))] >> i % (8 * sizeof(long)) & 1) << i % 8);
	return xguest_write(t->x, at, raw, bytes) ? 0 : -EFAULT;
}

i64 mem_set_policy(LThread *t, const u64 *a)
{
	Nodes n;
	i64 r = read_nodes(t, a[1], a[2], &n);

	return r < 0 ? r : HOST(t, SYS_set_mempolicy, a[0], a[1] ? &n : NULL, a[1] ? MIN(a[2], NODES) : a[2]);
}

i64 mem_get_policy(LThread *t, const u64 *a)
{
	Nodes n = {{0}};
	int mode = 0;
	void *at = a[3] ? xguest_mapped(t->x, a[3], 1) : NULL;
	i64 r = HOST(t, SYS_get_mempolicy, &mode, a[1] ? &n : NULL, a[1] ? NODES : 0, a[3] ? at ? at : hostp(8) : NULL, a[4]);

	if (r < 0)
		return r;
	if (a[1] && a[2] < 2)
		return -EINVAL;
	if (a[0] && layout_write(t, LK_int, a[0], &mode) < 0)
		return -EFAULT;
	return a[1] ? write_nodes(t, a[1], a[2], &n) : 0;
}

i64 mem_mbind(LThread *t, const u64 *a)
{
	u64 size = page_up(a[1]);
	Nodes n;
	i64 r = read_nodes(t, a[3], a[4], &n);

	if (r < 0)
		return r;
	if (a[0] & (GUEST_PAGE - 1))
		return -EINVAL;
	void *p = xguest_mapped(t->x, a[0], size);
	return p ? HOST(t, SYS_mbind, p, size, a[2], a[3] ? &n : NULL, a[3] ? MIN(a[4], NODES) : a[4], a[5]) : -EFAULT;
}

i64 mem_migrate_pages(LThread *t, const u64 *a)
{
	Nodes from, to;
	i64 r = read_nodes(t, a[2], a[1], &from);

	if (r == 0)
		r = read_nodes(t, a[3], a[1], &to);
	return r < 0 ? r : HOST(t, SYS_migrate_pages, a[0], MIN(a[1], NODES), &from, &to);
}
