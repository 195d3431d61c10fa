/* kernel32: heaps and pages. */
#include "handlers.h"

enum { HEAP_ZERO = 8 };

u64 w_HeapAlloc(WThread *t, const u64 *a)
{
	u64 p = a[1] & HEAP_ZERO ? wheap_zalloc(t, a[2]) : wheap_alloc(t, a[2]);

	return p ? p : fail(t, W_NOT_ENOUGH_MEMORY);
}

u64 w_HeapReAlloc(WThread *t, const u64 *a)
{
	enum { IN_PLACE = 16 };
	i64 old = wheap_size(t, a[2]);

	if (old < 0)
		return fail(t, W_INVALID_PARAMETER);
	if (a[1] & IN_PLACE && a[3] > (u64)old)
		return fail(t, W_NOT_ENOUGH_MEMORY);
	u64 p = wheap_realloc(t, a[2], a[3]);
	if (!p)
		return fail(t, W_NOT_ENOUGH_MEMORY);
	if (a[1] & HEAP_ZERO && a[3] > (u64)old)
		memset(mem_out(t, p + (u64)old, a[3] - (u64)old), 0, a[3] - (u64)old);
	return p;
}

u64 w_HeapFree(WThread *t, const u64 *a)
{
	return !a[2] || wheap_free(t, a[2]) ? 1 : fail(t, W_INVALID_PARAMETER);
}

u64 w_HeapSize(WThread *t, const u64 *a)
{
	return (u64)wheap_size(t, a[2]);
}

u64 w_HeapValidate(WThread *t, const u64 *a)
{
	return !a[2] || wheap_size(t, a[2]) >= 0;
}

/* All heaps are one; a heap of its own has a handle of its own. */
u64 w_HeapCreate(WThread *t, const u64 *a)
{
	return handle_new(t->task, obj_new(WK_HEAP));
}

u64 w_LocalAlloc(WThread *t, const u64 *a)
{
	enum { ZERO = 0x40 };
	u64 p = a[0] & ZERO ? wheap_zalloc(t, a[1]) : wheap_alloc(t, a[1]);

	return p ? p : fail(t, W_NOT_ENOUGH_MEMORY);
}

u64 w_LocalFree(WThread *t, const u64 *a)
{
	if (!a[0] || wheap_free(t, a[0]))
		return 0;
	error_set(t, W_INVALID_HANDLE);
	return a[0];
}

u64 w_LocalReAlloc(WThread *t, const u64 *a)
{
	enum { ZERO = 0x40, MODIFY = 0x80 };

	if (a[2] & MODIFY)
		return a[0];
	return w_HeapReAlloc(t, (u64[]){0, a[2] & ZERO ? HEAP_ZERO : 0, a[0], a[1]});
}

/* Handles of memory are its address: nothing moves. */
u64 w_GlobalLock(WThread *t, const u64 *a) { return wheap_size(t, a[0]) >= 0 ? a[0] : fail(t, W_INVALID_HANDLE); }

u64 w_LocalSize(WThread *t, const u64 *a)
{
	i64 n = wheap_size(t, a[0]);

	return n >= 0 ? (u64)n : fail(t, W_INVALID_HANDLE);
}

u64 w_GetProcessHeaps(WThread *t, const u64 *a)
{
	if (a[0])
		mem_put_word(t, a[1], t->task->heap);
	return 1;
}

/* Which kind: the usual one. */
u64 w_HeapQueryInformation(WThread *t, const u64 *a)
{
	if (a[1] != 0 || a[3] < 4)
		return fail(t, a[1] ? W_INVALID_PARAMETER : W_INSUFFICIENT_BUFFER);
	mem_put_u32(t, a[2], 2);
	if (a[4])
		mem_put_word(t, a[4], 4);
	return 1;
}

/* ---- pages ------------------------------------------------------------------------------------------------ */

enum { GRAIN = 65536, MEM_COMMIT = 0x1000, MEM_RESERVE = 0x2000, MEM_DECOMMIT = 0x4000, MEM_RELEASE = 0x8000 };

static const struct { u32 page; int prot; } pages[] = {
	{0x02, GP_READ}, {0x04, GP_READ | GP_WRITE}, {0x08, GP_READ | GP_WRITE}, {0x10, GP_EXEC}, {0x20, GP_READ | GP_EXEC},
	{0x40, GP_READ | GP_WRITE | GP_EXEC}, {0x80, GP_READ | GP_WRITE | GP_EXEC}, {0x01, 0}
};

static int prot_of(u32 page)
{
	for (u32 i = 0; i < COUNT(pages); i++)
		if (pages[i].page == (page & 0xff))
			return pages[i].prot;
	return -1;
}

static u32 page_of(int prot)
{
	static const u32 by[8] = {1, 2, 4, 4, 0x10, 0x20, 0x40, 0x40};

	return by[prot & 7];
}

static u64 round_up(u64 v, u64 to)
{
	return (v + to - 1) & ~(to - 1);
}

/* What has been reserved, by address; nobody else keeps where a reservation ends.  Under the task's lock. */
typedef struct Reservation {
	u64 at, size;
} Reservation;

static VEC(Reservation) reserved;

/* The first that ends behind an address. */
static u32 reservation_from(u64 at)
{
	u32 lo = 0, hi = reserved.n;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;
		if (reserved.p[mid].at + reserved.p[mid].size <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void reservation_add(WThread *t, u64 at, u64 size)
{
	task_lock(t);
	u32 i = reservation_from(at);
	vec_push(&reserved, ((Reservation){0, 0}));
	memmove(reserved.p + i + 1, reserved.p + i, (reserved.n - 1 - i) * sizeof *reserved.p);
	reserved.p[i] = (Reservation){at, size};
	task_unlock(t);
}

/* The one that an address lies in; size 0: there is none. */
static Reservation reservation_at(WThread *t, u64 at, bool take)
{
	Reservation r = {0, 0};

	task_lock(t);
	u32 i = reservation_from(at);
	if (i < reserved.n && reserved.p[i].at <= at) {
		r = reserved.p[i];
		if (take) {
			reserved.n--;
			memmove(reserved.p + i, reserved.p + i + 1, (reserved.n - i) * sizeof *reserved.p);
		}
	}
	task_unlock(t);
	return r;
}

/* Memory begins at multiples of 64 KiB: there where the program asks for it, or anywhere. */
static u64 reserve(WThread *t, u64 at, u64 size, int prot)
{
	u64 start = at & ~(u64)(GRAIN - 1);
	XMapReq r = {.at = start, .size = round_up(at + size, GUEST_PAGE) - start, .prot = prot, .fd = -1, .fixed = true, .noreplace = true};

	if (!at) {
		start = mem_map(t->task, size, prot);
		r.size = size;
	} else if (guest_map(t->task->x, &r) < 0) {
		return 0;
	}
	if (start)
		reservation_add(t, start, r.size);
	return start;
}

u64 w_VirtualAlloc(WThread *t, const u64 *a)
{
	int prot = prot_of((u32)a[3]);
	XMapping m;

	if (prot < 0 || !a[1] || a[1] >> 47)
		return fail(t, W_INVALID_PARAMETER);
	u64 size = round_up(a[1], GUEST_PAGE);
	if (a[2] & MEM_RESERVE || !a[0]) {
		u64 at = reserve(t, a[0], size, a[2] & MEM_COMMIT ? prot : 0);
		return at ? at : fail(t, a[0] ? W_INVALID_ADDRESS : W_NOT_ENOUGH_MEMORY);
	}
	u64 start = a[0] & ~(u64)(GUEST_PAGE - 1);
	if (!guest_mapping(t->task->x, start, &m) || m.at > start)
		return fail(t, W_INVALID_ADDRESS);
	if (guest_protect(t->task->x, start, round_up(a[0] + a[1], GUEST_PAGE) - start, prot) < 0)
		return fail(t, W_NOT_ENOUGH_MEMORY);
	return start;
}

u64 w_VirtualFree(WThread *t, const u64 *a)
{
	u64 start = a[0] & ~(u64)(GUEST_PAGE - 1), size = round_up(a[0] + a[1], GUEST_PAGE) - start;
	Reservation whole = reservation_at(t, a[0], false);

	if (!whole.size)
		return fail(t, W_INVALID_ADDRESS);
	if (a[2] & MEM_RELEASE) {
		if (a[1] || a[0] != whole.at)
			return fail(t, a[1] ? W_INVALID_PARAMETER : W_INVALID_ADDRESS);
		reservation_at(t, a[0], true);
		return guest_unmap(t->task->x, whole.at, whole.size) >= 0 ? 1 : fail(t, W_INVALID_PARAMETER);
	}
	if (!a[1])
		size = whole.at + whole.size - start;
	if (start + size > whole.at + whole.size)
		return fail(t, W_INVALID_PARAMETER);
	XMapReq r = {.at = start, .size = size, .fd = -1, .fixed = true};
	return guest_map(t->task->x, &r) >= 0 ? 1 : fail(t, W_INVALID_PARAMETER);
}

u64 w_VirtualProtect(WThread *t, const u64 *a)
{
	u64 start = a[0] & ~(u64)(GUEST_PAGE - 1);
	int prot = prot_of((u32)a[2]);
	XMapping m;

	if (prot < 0 || !a[1])
		return fail(t, W_INVALID_PARAMETER);
	if (!guest_mapping(t->task->x, start, &m) || m.at > start)
		return fail(t, W_INVALID_ADDRESS);
	mem_put_u32(t, a[3], page_of(m.prot));
	return guest_protect(t->task->x, start, round_up(a[0] + a[1], GUEST_PAGE) - start, prot) >= 0 ? 1 : fail(t, W_INVALID_ADDRESS);
}

/* MEMORY_BASIC_INFORMATION: pages of one kind from here on.  Within a reservation, pages that nobody may touch count as not
 * committed. */
u64 w_VirtualQuery(WThread *t, const u64 *a)
{
	enum { COMMIT = 0x1000, RESERVE = 0x2000, FREE = 0x10000, PRIVATE = 0x20000, MAPPED = 0x40000, IMAGE = 0x1000000 };
	u64 start = a[0] & ~(u64)(GUEST_PAGE - 1), size = t->wide ? 48 : 28, word = t->wide ? 8 : 4;
	const WModule *m = module_at(t->task, a[0]);
	Reservation r = reservation_at(t, start, false);
	XMapping map;
	bool any = guest_mapping(t->task->x, start, &map), here = any && map.at <= start;

	if (a[2] < size || (t->wide && a[0] >> 47))
		return fail(t, W_INVALID_PARAMETER);
	memset(mem_out(t, a[1], size), 0, size);
	u64 end = here ? map.at + map.size : any ? map.at : t->wide ? (u64)1 << 47 : 0x7fff0000;
	if (here && r.size)
		end = MIN(end, r.at + r.size);
	bool open = here && (map.prot || !r.size);
	mem_put_word(t, a[1], start);
	mem_put_word(t, a[1] + word, !here ? 0 : m ? m->base : r.size ? r.at : map.at);
	mem_put_u32(t, a[1] + 2 * word, here ? m ? 0x80 : r.size ? 4 : page_of(map.prot) : 0);
	mem_put_word(t, a[1] + (t->wide ? 24 : 12), end - start);
	u8 *p = mem_out(t, a[1] + (t->wide ? 32 : 16), 12);
	st32(p, !here ? FREE : open ? COMMIT : RESERVE);
	st32(p + 4, !here ? 1 : open ? page_of(map.prot) : 0);
	st32(p + 8, !here ? 0 : m ? IMAGE : strcmp(map.name, "[view]") == 0 ? MAPPED : PRIVATE);
	return size;
}
