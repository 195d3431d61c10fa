/* The address space of a foreign program: a sorted table of regions is the authority; host mappings follow it.
 *
 * A 64-bit guest's addresses are the host's own.  What the table does not hold belongs to the VM or to nobody, so new
 * mappings there are made with MAP_FIXED_NOREPLACE, which the host refuses where the VM has something.  An i386 guest
 * lives in a window of 4 GiB that is reserved whole, with a tail for accesses that begin below its end. */
#include "xtask.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static const u64 GIB4 = (u64)1 << 32;
static const u64 HIGHEST_64 = 0x7ffffffff000, HIGHEST_32 = 0xffffe000; /* as Linux has them */
static const u64 LOWEST = 65536;

static u64 page_up(u64 n)
{
	return (n + GUEST_PAGE - 1) & ~(u64)(GUEST_PAGE - 1);
}

static bool windowed(const XTask *t)
{
	return t->o.mode == X86_32;
}

/* ---- the table -------------------------------------------------------------------------------------- */

u32 xspace_find(const XTask *t, u64 at)
{
	u32 lo = 0, hi = t->region.n;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;
		if (t->region.p[mid].end > at)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

const Region *xspace_at(const XTask *t, u64 at)
{
	u32 k = xspace_find(t, at);

	return k < t->region.n && t->region.p[k].at <= at ? &t->region.p[k] : NULL;
}

static void insert(XTask *t, u32 k, Region r)
{
	vec_push(&t->region, r);
	memmove(t->region.p + k + 1, t->region.p + k, (t->region.n - 1 - k) * sizeof r);
	t->region.p[k] = r;
}

/* Makes `at` a border between regions. */
static void cut(XTask *t, u64 at)
{
	u32 k = xspace_find(t, at);

	if (k == t->region.n || t->region.p[k].at >= at)
		return;
	Region tail = t->region.p[k];
	tail.offset += tail.file || tail.shared ? at - tail.at : 0;
	tail.at = at;
	t->region.p[k].end = at;
	insert(t, k + 1, tail);
}

static bool joins(const Region *a, const Region *b)
{
	return a->end == b->at && a->prot == b->prot && a->shared == b->shared && a->file == b->file && a->grows == b->grows && a->name == b->name && a->object.id == b->object.id &&
		(a->file ? a->offset + (a->end - a->at) == b->offset : !a->shared);
}

/* Joins the neighbours from the one before `at` to the one behind `end`. */
static void join(XTask *t, u64 at, u64 end)
{
	for (u32 k = xspace_find(t, at ? at - 1 : 0); k + 1 < t->region.n && t->region.p[k].at <= end;) {
		Region *r = &t->region.p[k];
		if (!joins(r, r + 1)) {
			k++;
			continue;
		}
		r->end = r[1].end;
		t->region.n--;
		memmove(r + 1, r + 2, (t->region.n - 1 - k) * sizeof *r);
	}
}

static void erase(XTask *t, u64 at, u64 end)
{
	if (!t->region.n)
		return;
	cut(t, at);
	cut(t, end);
	u32 from = xspace_find(t, at), to = from;
	while (to < t->region.n && t->region.p[to].at < end)
		to++;
	memmove(t->region.p + from, t->region.p + to, (t->region.n - to) * sizeof *t->region.p);
	t->region.n -= to - from;
}

static void add(XTask *t, Region r)
{
	insert(t, xspace_find(t, r.at), r);
	join(t, r.at, r.end);
}

static bool is_free(const XTask *t, u64 at, u64 end)
{
	u32 k = xspace_find(t, at);

	return k == t->region.n || t->region.p[k].at >= end;
}

static bool is_whole(const XTask *t, u64 at, u64 end)
{
	for (u32 k = xspace_find(t, at); k < t->region.n && t->region.p[k].at <= at; k++) {
		at = t->region.p[k].end;
		if (at >= end)
			return true;
	}
	return at >= end;
}

/* A gap of n bytes, as high as possible below `top`; 0 = none. */
static u64 gap_below(const XTask *t, u64 n, u64 top)
{
	u32 k = xspace_find(t, top - 1);

	if (k < t->region.n && t->region.p[k].at < top)
		top = t->region.p[k].at;
	for (;; k--) {
		u64 low = MAX(k ? t->region.p[k - 1].end : 0, LOWEST);
		if (top > low && top - low >= n)
			return top - n;
		if (!k)
			return 0;
		top = t->region.p[k - 1].at;
	}
}

/* ---- the host ------------------------------------------------------------------------------------------ */

/* Guest code is never executed where it lies, and x86 can read what it can write or execute. */
static int host_prot(int prot)
{
	return (prot ? PROT_READ : 0) | (prot & GP_WRITE ? PROT_WRITE : 0);
}

void xspace_guard(XTask *t, u64 page, bool guard)
{
	const Region *r = xspace_at(t, page * GUEST_PAGE);

	if (r && (r->prot & GP_WRITE))
		mprotect(xhost(t, page * GUEST_PAGE), GUEST_PAGE, host_prot(guard ? r->prot & ~GP_WRITE : r->prot));
}

/* What a range becomes when nothing is mapped there any more. */
static void give_back(XTask *t, u64 at, u64 size)
{
	if (!windowed(t))
		munmap(xhost(t, at), size);
	else if (mmap(xhost(t, at), size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
		die(EXIT_VM, "cannot reserve guest memory: %s", strerror(errno));
}

static i64 host_map(XTask *t, const XMapReq *r, void *at, int flags)
{
	flags |= (r->shared ? MAP_SHARED : MAP_PRIVATE) | (r->fd < 0 ? MAP_ANONYMOUS : 0) | MAP_NORESERVE;
	void *p = mmap(at, page_up(r->size), host_prot(r->prot), flags, r->fd, (off_t)r->offset);

	return p == MAP_FAILED ? -errno : (i64)((uintptr_t)p - (uintptr_t)t->mem);
}

/* Calls fn on what is not mapped in [at, end) until it fails; returns where it stopped. */
static u64 each_hole(XTask *t, u64 at, u64 end, bool (*fn)(XTask *t, u64 at, u64 size))
{
	for (u32 k = xspace_find(t, at); at < end; k++) {
		u64 stop = k < t->region.n ? MIN(t->region.p[k].at, end) : end;
		if (at < stop && !fn(t, at, stop - at))
			return at;
		at = stop == end ? end : t->region.p[k].end;
	}
	return end;
}

static bool claim_hole(XTask *t, u64 at, u64 size)
{
	void *want = xhost(t, at);
	void *p = mmap(want, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (p != MAP_FAILED && p != want) /* a kernel that does not know the flag */
		munmap(p, size);
	return p == want;
}

static bool release_hole(XTask *t, u64 at, u64 size)
{
	give_back(t, at, size);
	return true;
}

/* Takes the holes of a range for the guest, so that it can be replaced as a whole; false where the VM has something. */
static bool claim(XTask *t, u64 at, u64 end)
{
	u64 done = windowed(t) ? end : each_hole(t, at, end, claim_hole);

	if (done < end)
		each_hole(t, at, done, release_hole);
	return done == end;
}

/* ---- mapping ------------------------------------------------------------------------------------------ */

static u32 name_of(XTask *t, const XMapReq *r)
{
	char link[64], path[4096];
	ssize_t n;

	if (r->name)
		return *r->name ? intern(&t->names, r->name, strlen(r->name)) : 0;
	if (r->fd < 0)
		return 0;
	snprintf(link, sizeof link, "/proc/self/fd/%d", r->fd);
	n = readlink(link, path, sizeof path);
	return n > 0 ? intern(&t->names, path, (size_t)n) : 0;
}

static i64 enter(XTask *t, const XMapReq *r, i64 at)
{
	if (at < 0)
		return at;
	u64 end = (u64)at + page_up(r->size);
	unit_drop_range(t, (u64)at, end - (u64)at);
	erase(t, (u64)at, end);
	add(t, (Region){ .at = (u64)at, .end = end, .offset = r->fd < 0 ? 0 : r->offset, .prot = r->prot, .shared = r->shared,
		.file = r->fd >= 0, .grows = r->grows, .name = name_of(t, r), .object = view_object(t, r) });
	view_made(t, (u64)at, end - (u64)at);
	return at;
}

static i64 map_fixed(XTask *t, const XMapReq *r)
{
	u64 end = r->at + page_up(r->size);

	if (r->noreplace && !is_free(t, r->at, end))
		return -EEXIST;
	if (!claim(t, r->at, end))
		return r->noreplace ? -EEXIST : -ENOMEM;
	i64 at = host_map(t, r, xhost(t, r->at), MAP_FIXED);
	if (at < 0)
		each_hole(t, r->at, end, release_hole);
	return enter(t, r, at);
}

/* Below `top`, around what the VM may have there. */
static i64 map_below(XTask *t, const XMapReq *r, u64 top)
{
	u64 n = page_up(r->size);
	i64 at;

	for (u32 tries = 0; tries < 4096; tries++) {
		u64 gap = top > n ? gap_below(t, n, top) : 0;
		if (!gap)
			return -ENOMEM;
		if (windowed(t))
			return enter(t, r, host_map(t, r, xhost(t, gap), MAP_FIXED));
		at = host_map(t, r, xhost(t, gap), MAP_FIXED_NOREPLACE);
		if (at == (i64)gap)
			return enter(t, r, at);
		if (at >= 0)
			munmap(xhost(t, (u64)at), n);
		else if (at != -EEXIST && at != -EPERM)
			return at;
		top = gap + n > LOWEST + (1 << 20) ? gap + n - (1 << 20) : 0;
	}
	return -ENOMEM;
}

static i64 map_anywhere(XTask *t, const XMapReq *r)
{
	u64 n = page_up(r->size);
	i64 at;

	if (r->at && r->at % GUEST_PAGE == 0 && r->at >= t->lo && r->at <= t->hi - n && is_free(t, r->at, r->at + n)) {
		XMapReq there = *r;
		there.noreplace = true;
		at = map_fixed(t, &there);
		if (at >= 0)
			return at;
	}
	if (windowed(t))
		return map_below(t, r, r->low32 ? (u64)1 << 31 : r->stack ? t->hi : 0xf7000000);
	if (r->low32)
		return map_below(t, r, (u64)1 << 31);
	at = host_map(t, r, NULL, r->stack ? MAP_STACK : 0);
	if (at >= 0 && (u64)at + n > t->hi) {
		munmap(xhost(t, (u64)at), n);
		return -ENOMEM;
	}
	return enter(t, r, at);
}

static bool in_space(const XTask *t, u64 at, u64 size)
{
	return size <= t->hi && at <= t->hi - size;
}

void guest_limit(XTask *t, u64 bytes)
{
	t->o.limit = bytes;
}

/* Whether the guest may have so many bytes more than it has outside of [at, end), which they replace. */
static bool is_allowed(const XTask *t, u64 at, u64 end, u64 more)
{
	u64 sum = more;

	if (!t->o.limit)
		return true;
	for (u32 k = 0; k < t->region.n; k++) {
		const Region *r = &t->region.p[k];
		u64 from = MAX(at, r->at), to = MIN(end, r->end);
		sum += r->end - r->at - (from < to ? to - from : 0);
	}
	return sum <= t->o.limit;
}

i64 guest_map(XTask *t, const XMapReq *r)
{
	i64 at;

	if (!r->size || ((r->fixed || r->noreplace) && r->at % GUEST_PAGE) || r->offset % GUEST_PAGE)
		return -EINVAL;
	if (r->size > t->hi)
		return -ENOMEM;
	if ((r->fixed || r->noreplace) && !in_space(t, r->at, page_up(r->size)))
		return -ENOMEM;
	if ((r->fixed || r->noreplace) && r->at < t->lo && !windowed(t))
		return -EPERM;
	pthread_mutex_lock(&t->lock);
	if (!is_allowed(t, r->at, r->fixed ? r->at + page_up(r->size) : r->at, page_up(r->size)))
		at = -ENOMEM;
	else
		at = r->fixed || r->noreplace ? map_fixed(t, r) : map_anywhere(t, r);
	pthread_mutex_unlock(&t->lock);
	return at;
}

/* Linux's gap below a stack (mm/mmap.c): so many bytes are free, or what is there cannot be accessed. */
static bool keeps_gap(const XTask *t, u64 at)
{
	const u64 gap = 256 * GUEST_PAGE;
	u32 k = xspace_find(t, at > gap ? at - gap : 0);

	return k == t->region.n || t->region.p[k].at >= at || !t->region.p[k].prot || t->region.p[k].grows;
}

bool guest_grow_down(XTask *t, u64 addr, u64 most)
{
	u64 at = addr & ~(u64)(GUEST_PAGE - 1);
	bool done = false;

	pthread_mutex_lock(&t->lock);
	u32 k = xspace_find(t, addr);
	if (k < t->region.n && t->region.p[k].at > addr && t->region.p[k].grows && t->region.p[k].end - at <= most && at >= LOWEST && keeps_gap(t, at)) {
		const Region *r = &t->region.p[k];
		XMapReq q = { .at = at, .size = r->at - at, .prot = r->prot, .fd = -1, .fixed = true, .noreplace = true, .grows = true, .name = "" };
		done = guest_map(t, &q) >= 0;
	}
	pthread_mutex_unlock(&t->lock);
	return done;
}

/* ---- unmapping and protecting ------------------------------------------------------------------------------ */

/* Calls fn on each mapped part of [at, end). */
static i64 each_part(XTask *t, u64 at, u64 end, i64 (*fn)(XTask *t, u64 at, u64 size, int prot), int prot)
{
	i64 bad = 0;

	for (u32 k = xspace_find(t, at); !bad && k < t->region.n && t->region.p[k].at < end; k++) {
		u64 from = MAX(at, t->region.p[k].at), to = MIN(end, t->region.p[k].end);
		bad = fn(t, from, to - from, prot);
	}
	return bad;
}

static i64 unmap_part(XTask *t, u64 at, u64 size, int prot)
{
	give_back(t, at, size);
	return 0;
}

i64 guest_unmap(XTask *t, u64 at, u64 size)
{
	if (at % GUEST_PAGE || !size || !in_space(t, at, size))
		return -EINVAL;
	u64 end = at + page_up(size);
	pthread_mutex_lock(&t->lock);
	unit_drop_range(t, at, end - at);
	each_part(t, at, end, unmap_part, 0);
	erase(t, at, end);
	pthread_mutex_unlock(&t->lock);
	return 0;
}

static i64 protect_part(XTask *t, u64 at, u64 size, int prot)
{
	return mprotect(xhost(t, at), size, host_prot(prot)) == 0 ? 0 : -errno;
}

static i64 protect(XTask *t, u64 at, u64 end, int prot)
{
	unit_drop_range(t, at, end - at);
	i64 bad = each_part(t, at, end, protect_part, prot);
	if (bad)
		return bad;
	cut(t, at);
	cut(t, end);
	for (u32 k = xspace_find(t, at); k < t->region.n && t->region.p[k].at < end; k++)
		t->region.p[k].prot = prot;
	join(t, at, end);
	if (prot & GP_WRITE)
		view_made(t, at, end - at);
	return 0;
}

i64 guest_protect(XTask *t, u64 at, u64 size, int prot)
{
	if (at % GUEST_PAGE)
		return -EINVAL;
	if (!size)
		return 0;
	if (!in_space(t, at, size))
		return -ENOMEM;
	u64 end = at + page_up(size);
	pthread_mutex_lock(&t->lock);
	i64 r = is_whole(t, at, end) ? protect(t, at, end, prot) : -ENOMEM;
	pthread_mutex_unlock(&t->lock);
	return r;
}

/* ---- moving ----------------------------------------------------------------------------------------------------- */

/* Grows where it is, with what follows it free. */
static bool grow_here(XTask *t, const Region *r, u64 end, u64 more)
{
	if (!in_space(t, end, more) || !is_free(t, end, end + more))
		return false;
	if (!windowed(t))
		return mremap(xhost(t, r->at), end - r->at, end - r->at + more, 0) != MAP_FAILED;
	if (r->file || r->shared)
		return false;
	XMapReq q = { .at = end, .size = more, .prot = r->prot, .fd = -1 };
	return host_map(t, &q, xhost(t, end), MAP_FIXED) >= 0;
}

static i64 move(XTask *t, u64 at, u64 old_size, u64 new_size, u64 to, bool fixed)
{
	Region r = *xspace_at(t, at);

	if (fixed) {
		guest_unmap(t, to, new_size);
		if (!claim(t, to, to + new_size))
			return -ENOMEM;
	} else if (windowed(t)) {
		to = gap_below(t, new_size, 0xf7000000);
		if (!to)
			return -ENOMEM;
	}
	void *p = mremap(xhost(t, at), old_size, new_size, MREMAP_MAYMOVE | (fixed || windowed(t) ? MREMAP_FIXED : 0), xhost(t, to));
	if (p == MAP_FAILED)
		return -errno;
	if (windowed(t) && old_size)
		give_back(t, at, old_size);
	r.offset += r.file || r.shared ? at - r.at : 0;
	r.at = (u64)((uintptr_t)p - (uintptr_t)t->mem);
	r.end = r.at + new_size;
	erase(t, at, at + old_size);
	erase(t, r.at, r.end);
	add(t, r);
	view_made(t, r.at, new_size);
	return (i64)r.at;
}

static i64 remap(XTask *t, u64 at, u64 old_size, u64 new_size, u64 to, bool may_move, bool fixed)
{
	const Region *r = xspace_at(t, at);

	if (!r || r->end < at + old_size)
		return -EFAULT;
	if (!old_size) /* only what is shared can be had twice */
		return !r->shared ? -EINVAL : may_move ? move(t, at, 0, new_size, to, fixed) : -ENOMEM;
	unit_drop_range(t, at, old_size);
	if (!fixed && new_size <= old_size) {
		if (new_size < old_size)
			guest_unmap(t, at + new_size, old_size - new_size);
		return (i64)at;
	}
	if (!fixed && r->end == at + old_size && grow_here(t, r, r->end, new_size - old_size)) {
		Region more = *r;
		more.offset += more.file || more.shared ? more.end - more.at : 0;
		more.at = more.end;
		more.end = at + new_size;
		add(t, more);
		view_made(t, at, new_size);
		return (i64)at;
	}
	return may_move ? move(t, at, old_size, new_size, to, fixed) : -ENOMEM;
}

i64 guest_remap(XTask *t, u64 at, u64 old_size, u64 new_size, u64 to, bool may_move, bool fixed)
{
	if (at % GUEST_PAGE || !new_size || (fixed && (to % GUEST_PAGE || !may_move)))
		return -EINVAL;
	if (!in_space(t, at, old_size) || new_size > t->hi || (fixed && !in_space(t, to, new_size)))
		return fixed ? -EINVAL : -EFAULT;
	old_size = page_up(old_size);
	new_size = page_up(new_size);
	if (fixed && to < at + old_size && at < to + new_size)
		return -EINVAL;
	pthread_mutex_lock(&t->lock);
	i64 r = is_allowed(t, at, at + old_size, new_size) ? remap(t, at, old_size, new_size, to, may_move, fixed) : -ENOMEM;
	pthread_mutex_unlock(&t->lock);
	return r;
}

/* ---- asking -------------------------------------------------------------------------------------------------------- */

bool guest_mapping(XTask *t, u64 from, XMapping *m)
{
	pthread_mutex_lock(&t->lock);
	u32 k = xspace_find(t, from);
	bool found = k < t->region.n;
	if (found) {
		const Region *r = &t->region.p[k];
		*m = (XMapping){ .at = r->at, .size = r->end - r->at, .offset = r->offset, .prot = r->prot, .shared = r->shared,
			.name = r->name ? intern_str(&t->names, r->name) : "" };
	}
	pthread_mutex_unlock(&t->lock);
	return found;
}

/* A name, a page at a time: what lies behind its end need not be there. */
static void read_far_name(const Intern *names, u32 id, XFarRead *read, void *ctx, char *name, size_t size)
{
	u64 at = 0;
	size_t n = 0, piece;

	name[0] = 0;
	if (!id || id > names->str.n || !read(ctx, (u64)(uintptr_t)(names->str.p + id - 1), &at, sizeof at))
		return;
	do {
		piece = MIN(size - 1 - n, GUEST_PAGE - (at + n) % GUEST_PAGE);
		if (!read(ctx, at + n, name + n, piece))
			piece = 0;
		n += piece;
		name[n] = 0;
	} while (piece && strlen(name) == n && n + 1 < size);
}

bool guest_far_mapping(u64 task, u32 index, XFarRead *read, void *ctx, XMapping *m, char *name, size_t size)
{
	XTask t;
	Region r;

	if (!read(ctx, task + offsetof(XTask, region), &t.region, sizeof t.region) ||
	    !read(ctx, task + offsetof(XTask, names), &t.names, sizeof t.names) || index >= t.region.n ||
	    !read(ctx, (u64)(uintptr_t)(t.region.p + index), &r, sizeof r))
		return false;
	read_far_name(&t.names, r.name, read, ctx, name, size);
	*m = (XMapping){ .at = r.at, .size = r.end - r.at, .offset = r.offset, .prot = r.prot, .shared = r.shared, .name = name };
	return true;
}

/* ---- beginning and end ------------------------------------------------------------------------------------------------ */

bool xspace_new(XTask *t, Err *e)
{
	if (sysconf(_SC_PAGESIZE) != GUEST_PAGE)
		return err_set(e, EXIT_UNSUPPORTED, "Linux programs need a host with pages of 4 KiB; this one has %ld bytes", sysconf(_SC_PAGESIZE));
	t->lo = LOWEST;
	t->hi = windowed(t) ? HIGHEST_32 : HIGHEST_64;
	if (!windowed(t))
		return true;
	t->lo = 0;
	void *p = mmap(NULL, GIB4 + WINDOW_TAIL, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return err_set(e, EXIT_UNSUPPORTED, "4 GiB of address space for an i386 program are not to be had: %s", strerror(errno));
	t->mem = p;
	return true;
}

void xspace_free(XTask *t)
{
	if (windowed(t) && t->mem)
		munmap(t->mem, GIB4 + WINDOW_TAIL);
	else if (!windowed(t))
		each_part(t, 0, t->hi, unmap_part, 0);
	vec_free(&t->region);
	intern_free(&t->names);
}
