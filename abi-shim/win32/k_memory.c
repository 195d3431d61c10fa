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

/* Memory begins at multiples of 64 KiB: there where the program asks for it, or anywhere. */
static u64 reserve(WThread *t, u64 at, u64 size, int prot)
{
	u64 start = at & ~(u64)(GRAIN - 1);
	XMapReq r = {.at = start, .size = round_up(at + size, GUEST_PAGE) - start, .prot = prot, .fd = -1, .fixed = true, .noreplace = true};

	if (!at)
		return mem_map(t->task, size, prot);
	i64 got = guest_map(t->task->x, &r);
	return got < 0 ? 0 : (u64)got;
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

/* The reservation that begins at `at` reaches as far as mappings follow each other without a name; its size is kept by
 * nobody else. */
static u64 extent(WThread *t, u64 at)
{
	u64 end = at;
	XMapping m;

	while (guest_mapping(t->task->x, end, &m) && m.at <= end && !m.name[0] && !(end > at && end % GRAIN == 0 && m.at == end))
		end = m.at + m.size;
	return end - at;
}

u64 w_VirtualFree(WThread *t, const u64 *a)
{
	u64 start = a[0] & ~(u64)(GUEST_PAGE - 1), size = round_up(a[0] + a[1], GUEST_PAGE) - start;

	if (a[2] & MEM_RELEASE)
		return !a[1] && guest_unmap(t->task->x, a[0], extent(t, a[0])) >= 0 ? 1 : fail(t, W_INVALID_PARAMETER);
	if (!a[1])
		size = extent(t, a[0]);
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

/* MEMORY_BASIC_INFORMATION. */
u64 w_VirtualQuery(WThread *t, const u64 *a)
{
	enum { COMMIT = 0x1000, FREE = 0x10000, PRIVATE = 0x20000, IMAGE = 0x1000000 };
	u64 start = a[0] & ~(u64)(GUEST_PAGE - 1), size = t->wide ? 48 : 28, word = t->wide ? 8 : 4;
	const WModule *m = module_at(t->task, a[0]);
	XMapping map;
	bool any = guest_mapping(t->task->x, start, &map), here = any && map.at <= start;

	if (a[2] < size || (t->wide && a[0] >> 47))
		return fail(t, W_INVALID_PARAMETER);
	memset(mem_out(t, a[1], size), 0, size);
	u64 end = here ? map.at + map.size : any ? map.at : t->wide ? (u64)1 << 47 : 0x7fff0000;
	mem_put_word(t, a[1], start);
	mem_put_word(t, a[1] + word, !here ? 0 : m ? m->base : map.at);
	mem_put_u32(t, a[1] + 2 * word, here ? page_of(map.prot) : 0);
	mem_put_word(t, a[1] + (t->wide ? 24 : 12), end - start);
	u8 *p = mem_out(t, a[1] + (t->wide ? 32 : 16), 12);
	st32(p, here ? COMMIT : FREE);
	st32(p + 4, here ? page_of(map.prot) : 1);
	st32(p + 8, !here ? 0 : m ? IMAGE : PRIVATE);
	return size;
}
