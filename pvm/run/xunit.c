/* Units: guest code translated a basic block at a time, found by pc, and dropped when its bytes change.
 *
 * A page with units is write-protected where the guest could write it; the first write drops the page's units and opens
 * it again.  Invariant: a page is guarded exactly while it (or another view of a shared one, xviews.c) has units and its
 * region is writable. */
#include "xtask.h"
#include "xjit.h"
#include "../opt/opt.h"

#include <stdlib.h>
#include <time.h>

u64 xtime(const XTask *t)
{
	struct timespec ts;

	if (!t->o.stats)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000u + (u64)ts.tv_nsec;
}

/* ---- translating ------------------------------------------------------------------------------------ */

/* The guest bytes that a unit is made from, read at once. */
typedef struct Bytes {
	u64 pc;
	size_t n;
	u8 p[UNIT_INSNS * 15 + 15];
} Bytes;

static size_t fetch(void *ctx, u64 at, u8 *buf, size_t n)
{
	const Bytes *b = ctx;
	u64 off = at - b->pc;

	n = off < b->n ? MIN(n, b->n - off) : 0;
	memcpy(buf, b->p + off, n);
	return n;
}

static void check_after(void *ctx, const OFunc *f, const char *pass)
{
	Err e = {0};

	if (!ocode_check(f, &e))
		die(EXIT_VM, "unit at %llx: wrong O-code behind %s: %s", (unsigned long long)((Unit *)ctx)->pc, pass, e.msg);
}

static Unit *lower(XTask *t, Bytes *b, u32 max_insns, bool jit, bool step, bool careful)
{
	XUnitReq req = { .pc = b->pc, .mode = t->o.mode, .max_insns = max_insns, .x87 = jit && (t->x87 || !t->jit), .step = step, .careful = careful, .flat = t->flat, .fetch = fetch, .ctx = b };
	XUnit x;
	Unit *u = xcalloc(1, sizeof *u);
	u64 start = xtime(t);

	x86_lower(&req, &x);
	u64 lowered = xtime(t);
	*u = (Unit){ .pc = b->pc, .lo = b->pc, .end = x.end, .insns = x.insns, .func = x.func };
	if (t->o.check_ocode)
		check_after(u, x.func, "lowering");
	/* The level-1 passes cost five times as much and make basic blocks some percent faster. */
	opt_unit(u->func, !jit || !t->jit, t->o.check_ocode ? check_after : NULL, u);
	t->stat.lower += lowered - start;
	t->stat.opt += xtime(t) - lowered;
	return u;
}

static void read_code(XTask *t, u64 pc, Bytes *b)
{
	b->pc = pc;
	b->n = xmem_fetch(t, pc, b->p, sizeof b->p);
}

void unit_free(Unit *u)
{
	if (u->func)
		ocode_free(u->func);
	ocode_quick_free(u->quick);
	free(u);
}

Unit *unit_once(XThread *th, u64 pc, bool step)
{
	XTask *t = th->task;
	const u64 *s = th->r.slot;
	bool careful = s[XS_CARE] || (s[XS_EFLAGS] & X86_AC) || (step && t->o.mode == X86_32); /* stepped: the next one, too, may be in the unit */
	Bytes b;

	pthread_mutex_lock(&t->lock);
	read_code(t, pc, &b);
	t->stat.once++;
	Unit *u = lower(t, &b, 1, false, step, careful);
	pthread_mutex_unlock(&t->lock);
	return u;
}

/* ---- pages ----------------------------------------------------------------------------------------------- */

static u64 last_page(const Unit *u)
{
	return page_of(u->end > u->lo ? u->end - 1 : u->lo);
}

static Unit *page_units(const XTask *t, u64 page)
{
	const u64 *head = map_get(&t->page, page);

	return head ? (Unit *)(uintptr_t)*head : NULL;
}

bool unit_on_page(const XTask *t, u64 page)
{
	return page_units(t, page) != NULL;
}

static void put_on_page(XTask *t, Unit *u, u64 page)
{
	u64 *head = map_put(&t->page, page);

	bool first = !*head;

	u->next[page != page_of(u->lo)] = (Unit *)(uintptr_t)*head;
	*head = (u64)(uintptr_t)u;
	if (first) {
		t->npage++;
		view_guard(t, page);
	}
}

static void take_off_page(XTask *t, Unit *u, u64 page)
{
	u64 *head = map_get(&t->page, page);
	Unit *p = (Unit *)(uintptr_t)*head, *before = NULL;

	for (; p != u; p = p->next[page != page_of(p->lo)])
		before = p;
	Unit *next = u->next[page != page_of(u->lo)];
	if (before)
		before->next[page != page_of(before->lo)] = next;
	else
		*head = (u64)(uintptr_t)next;
	if (!*head) {
		t->npage--;
		view_guard(t, page);
	}
}

/* ---- cold units ------------------------------------------------------------------------------------------ */

/* Compiling costs as much as evaluating twenty times, and most units of a short program run once.  So units are
 * evaluated first; those that are new keep their O-code for a while.  With several threads, no O-code is given up. */
static bool may_stay_cold(const XThread *th, const Unit *u)
{
	const XTask *t = th->task;

	if (!t->jit || u->runs >= t->o.cold || t->nthread > 1 || th->r.fpu_live)
		return false;
	for (u32 v = 1; u->func && v < u->func->ins.n && t->x87; v++) /* that is for machine code only */
		if (u->func->ins.p[v].op == O_HCALL && (u->func->ins.p[v].aux & OHCALL_X87))
			return false;
	return true;
}

/* To leave it to evaluation at first pays as long as three units of five stay cold (measured: so it is with the whole of
 * busybox true, and with the start of shells, perl and python). */
static bool begins_cold(const XThread *th, const Unit *u)
{
	const XTask *t = th->task;

	return 5 * t->nwarmed <= 2 * t->ncold + 400 && may_stay_cold(th, u);
}

static void forget_warm(XTask *t, Unit *u)
{
	if (u->warm)
		t->warm[u->warm - 1] = NULL;
	u->warm = 0;
}

static void keep_warm(XTask *t, Unit *u)
{
	Unit *oldest = t->warm[t->warm_at];

	if (oldest) {
		ocode_free(oldest->func);
		oldest->func = NULL;
		oldest->warm = 0;
	}
	t->warm[t->warm_at] = u;
	u->warm = t->warm_at + 1;
	t->warm_at = (t->warm_at + 1) % WARM;
}

/* ---- dropping ---------------------------------------------------------------------------------------------- */

enum { MUCH = 4096 /* dropped units that cannot be freed yet */ };

/* No way may lead to the unit any more before its page is open: another thread could write there, call what it wrote, and
 * run what was there before. */
static void drop(XTask *t, Unit *u)
{
	u64 *known = map_put(&t->unit, u->pc);

	if (*known == (u64)(uintptr_t)u) /* a region may have its place */
		*known = 0;
	if (t->jit)
		xjit_drop(t, u);
	xquick_drop(t, u);
	take_off_page(t, u, page_of(u->lo));
	if (last_page(u) != page_of(u->lo))
		take_off_page(t, u, last_page(u));
	forget_warm(t, u);
	u->dead = true;
	u->garbage = t->garbage;
	t->garbage = u;
	t->ngarbage++;
	u->dropped = ++t->life;
	t->stat.dropped++;
}

static void drop_page(XTask *t, u64 page)
{
	Unit *u;

	while ((u = page_units(t, page)))
		drop(t, u);
}

void unit_drop_pages(XTask *t, u64 at, u64 size)
{
	u64 first = page_of(at), last = size ? page_of(at + size - 1) : first;

	if (!t->npage || !size)
		return;
	if (last - first <= t->page.cap) {
		for (u64 p = first; p <= last; p++)
			drop_page(t, p);
		return;
	}
	for (u32 k = 0; k < t->page.cap; k++)
		if (t->page.used[k] && t->page.key[k] >= first && t->page.key[k] <= last)
			drop_page(t, t->page.key[k]);
}

void unit_drop_range(XTask *t, u64 at, u64 size)
{
	unit_drop_pages(t, at, size);
	if (t->npage)
		view_drop(t, at, size);
}

void unit_drop_all(XTask *t)
{
	unit_drop_pages(t, 0, t->hi);
}

/* A thread counts as running a unit from unit_get on, which has the lock too, until it is back in the run loop; and with
 * quick code all that was there when it came. */
static bool runs(const XTask *t, const Unit *u)
{
	for (const XThread *th = t->threads; th; th = th->next)
		if ((th->unit == u || (u->quick && th->seen < u->dropped)) && __atomic_load_n(&th->where, __ATOMIC_ACQUIRE) != IN_VM)
			return true;
	return false;
}

/* Threads that have not come for a unit for long are called. */
static void call_others(XTask *t)
{
	for (XThread *th = t->threads; th; th = th->next)
		__atomic_fetch_or(&th->r.pending, 2, __ATOMIC_RELEASE);
}

void unit_collect(XTask *t)
{
	Unit *kept = NULL;

	t->life++;
	while (t->garbage) {
		Unit *u = t->garbage;
		t->garbage = u->garbage;
		if (!runs(t, u)) {
			t->ngarbage--;
			unit_free(u);
			continue;
		}
		u->garbage = kept;
		kept = u;
	}
	t->garbage = kept;
	if (t->ngarbage > MUCH)
		call_others(t);
}

void unit_end(XTask *t)
{
	unit_drop_all(t);
	unit_collect(t);
	map_free(&t->unit);
	map_free(&t->page);
}

/* ---- finding ------------------------------------------------------------------------------------------------ */

/* Another thread may have written while the bytes were read: once the page is guarded, they are compared. */
static bool still_same(XTask *t, const Unit *u, const Bytes *b)
{
	Bytes now;
	size_t n = (size_t)(u->end - u->pc);

	if (t->nthread == 1)
		return true;
	read_code(t, b->pc, &now);
	return now.n >= MIN(n, b->n) && memcmp(now.p, b->p, MIN(n, b->n)) == 0;
}

static void publish(XTask *t, Unit *u)
{
	*map_put(&t->unit, u->pc) = (u64)(uintptr_t)u;
	put_on_page(t, u, page_of(u->lo));
	if (last_page(u) != page_of(u->lo))
		put_on_page(t, u, last_page(u));
	t->stat.units++;
	t->stat.insns += u->insns;
}

/* A unit that only says that there is no instruction is not kept: nothing tells when one comes to be there. */
static Unit *translate(XThread *th, u64 pc)
{
	XTask *t = th->task;
	Bytes b;
	u32 max = UNIT_INSNS;

	for (;;) {
		read_code(t, pc, &b);
		Unit *u = lower(t, &b, MAX(max, 1u), max, false, false);
		if (!u->insns)
			return th->single = u;
		u->cold = max == UNIT_INSNS && begins_cold(th, u);
		if (u->cold) {
			u->runs = 1;
			t->ncold++;
			keep_warm(t, u);
		} else if (t->jit && max && !xjit_compile(t, u, false, &max)) {
			unit_free(u);
			continue;
		}
		t->stat.compiled += u->code != NULL;
		publish(t, u);
		if (still_same(t, u, &b))
			return u;
		drop(t, u);
	}
}

/* A cold unit is to run once more. */
static Unit *again(XThread *th, Unit *u)
{
	XTask *t = th->task;
	Bytes b;
	u32 max;

	if (u->func && may_stay_cold(th, u)) {
		u->runs++;
		return u;
	}
	forget_warm(t, u);
	t->nwarmed++;
	if (!u->func) {
		read_code(t, u->pc, &b);
		Unit *same = lower(t, &b, UNIT_INSNS, true, false, false);
		u->func = same->func;
		same->func = NULL;
		unit_free(same);
	}
	u->cold = false;
	u->runs = t->o.cold;
	if (xjit_compile(t, u, true, &max)) {
		t->stat.compiled++;
		return u;
	}
	drop(t, u);
	return translate(th, u->pc);
}

/* Code on a page into which another thread has the kernel write, which no guard must hinder: an instruction at a time. */
static Unit *find(XThread *th, u64 pc)
{
	XTask *t = th->task;
	const u64 *known = map_get(&t->unit, pc);

	if (known && *known) {
		Unit *u = (Unit *)(uintptr_t)*known;
		return u->cold ? again(th, u) : u;
	}
	if (t->npin && xmem_pinned(t, pc, UNIT_INSNS * 15))
		return th->single = unit_once(th, pc, false);
	return translate(th, pc);
}

/* ---- regions ------------------------------------------------------------------------------------------------- */

static Unit *unit_at(const XTask *t, u64 pc)
{
	const u64 *known = map_get(&t->unit, pc);

	return known ? (Unit *)(uintptr_t)*known : NULL;
}

static bool has_run(void *task, u64 pc)
{
	return unit_at(task, pc) != NULL;
}

/* The pages of blocks that have run are guarded: their bytes stay as they are. */
static Unit *lower_loop(XTask *t, u64 pc)
{
	XUnitReq req = { .pc = pc, .mode = t->o.mode, .max_insns = UNIT_INSNS, .x87 = t->x87, .flat = t->flat, .fetch = xmem_fetch, .ctx = t };
	XRegionReq blocks;
	XUnit x;
	u64 start = xtime(t);

	if (!x86_find_region(&req, has_run, &blocks) || !x86_lower_region(&req, &blocks, &x))
		return NULL;
	u64 lowered = xtime(t);
	Unit *u = xcalloc(1, sizeof *u);
	*u = (Unit){ .pc = pc, .lo = blocks.lo, .end = blocks.hi, .insns = x.insns, .func = x.func, .region = true };
	if (t->o.check_ocode)
		check_after(u, x.func, "lowering");
	opt_run(u->func, 1, t->o.check_ocode ? check_after : NULL, u);
	t->stat.lower += lowered - start;
	t->stat.opt += xtime(t) - lowered;
	return u;
}

/* The unit at the beginning of a hot loop, with all of the loop in it; u itself if that cannot be done. */
static Unit *whole_loop(XThread *th, Unit *u)
{
	XTask *t = th->task;
	u32 max;
	u64 pc = u->pc, flushes = t->stat.flushes;

	u->region = true; /* once is enough */
	Unit *r = lower_loop(t, pc);
	if (!r)
		return u;
	bool ok = xjit_compile(t, r, false, &max), alone = t->stat.flushes != flushes; /* then what has run is no longer known */
	if (!ok || alone) {
		unit_free(r);
		return alone ? translate(th, pc) : u;
	}
	publish(t, r);
	drop(t, u); /* in this order the page stays guarded */
	t->stat.regions++;
	return r;
}

Unit *unit_get(XThread *th, u64 pc)
{
	XTask *t = th->task;

	pthread_mutex_lock(&t->lock);
	if (t->garbage)
		unit_collect(t);
	Unit *u = find(th, pc);
	if (u->code && xjit_is_hot(th, u))
		u = whole_loop(th, u);
	if (u->code)
		xjit_reached(th, u);
	else if (u != th->single)
		xquick_reached(th, u);
	th->way = NULL;
	th->seen = t->life;
	th->unit = u;
	th->where = u->code ? IN_JIT : IN_EVAL;
	pthread_mutex_unlock(&t->lock);
	return u;
}
