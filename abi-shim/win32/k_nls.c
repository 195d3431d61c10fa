/* kernel32: mapping, comparing and classing text. */
#include "handlers.h"
#include "nls.h"

#include <stdlib.h>

/* A string of UTF-16 with its length, or to its NUL (which then counts if with_nul). */
static const u8 *units_at(WThread *t, u64 at, i64 n, bool with_nul, size_t *out)
{
	u64 units = n < 0 ? mem_wcslen(t, at) + with_nul : (u64)n;

	*out = units;
	return mem_in(t, at, 2 * units);
}

/* The units of an ANSI string, to be freed. */
static u8 *units_of(WThread *t, u64 at, i64 n, bool with_nul, size_t *out)
{
	u64 bytes = n < 0 ? mem_strlen(t, at) + with_nul : (u64)n;
	const char *s = mem_in(t, at, bytes);
	u8 *w = xmalloc(2 * bytes + 2);

	*out = text_to_wide(s, bytes, w, bytes);
	return w;
}

/* ---- classes ------------------------------------------------------------------------------------------- */

static u64 string_type(WThread *t, u64 which, u64 at, u64 n, u64 to)
{
	enum { CTYPE3 = 4 };
	size_t units;

	if (!at || (which != 1 && which != 2 && which != CTYPE3))
		return fail(t, W_INVALID_PARAMETER);
	const u8 *w = units_at(t, at, (i64)(i32)n, true, &units);
	u8 *p = mem_out(t, to, 2 * units);
	for (size_t i = 0; i < units; i++)
		st16(p + 2 * i, nls_type((u32)which, ld16(w + 2 * i)));
	return 1;
}

u64 w_GetStringTypeW(WThread *t, const u64 *a) { return string_type(t, a[0], a[1], a[2], a[3]); }
u64 w_GetStringTypeExW(WThread *t, const u64 *a) { return string_type(t, a[1], a[2], a[3], a[4]); }

u64 w_GetStringTypeA(WThread *t, const u64 *a)
{
	size_t units;
	u8 *w = units_of(t, a[2], (i64)(i32)a[3], true, &units);
	u8 *p = mem_out(t, a[4], 2 * units);

	for (size_t i = 0; i < units; i++)
		st16(p + 2 * i, nls_type((u32)a[1], ld16(w + 2 * i)));
	free(w);
	return 1;
}

/* ---- mapping --------------------------------------------------------------------------------------------- */

enum { LOWER = 0x100, UPPER = 0x200, SORT_KEY = 0x400, BYTE_REVERSE = 0x800, HASH = 0x40000 };

static u16 map_unit(u16 c, u64 flags)
{
	enum { HALF = 0x400000, FULL = 0x800000, HIRAGANA = 0x100000, KATAKANA = 0x200000 };

	if (flags & LOWER)
		c = (u16)nls_lower(c);
	if (flags & UPPER)
		c = (u16)nls_upper(c);
	if (flags & FULL && c > 32 && c < 127)
		c = (u16)(c + 0xfee0);
	if (flags & HALF && c >= 0xff01 && c <= 0xff5e)
		c = (u16)(c - 0xfee0);
	if (flags & HIRAGANA && c >= 0x30a1 && c <= 0x30f6)
		c = (u16)(c - 0x60);
	if (flags & KATAKANA && c >= 0x3041 && c <= 0x3096)
		c = (u16)(c + 0x60);
	return flags & BYTE_REVERSE ? (u16)(c << 8 | c >> 8) : c;
}

static u64 sort_key(WThread *t, u64 flags, const u8 *w, size_t n, u64 to, u64 room)
{
	Buf key = {0};

	nls_sort_key(w, n, (u32)flags, &key);
	u64 need = key.n;
	if (room >= need)
		memcpy(mem_out(t, to, need), key.p, need);
	buf_free(&key);
	return !room || need <= room ? need : fail(t, W_INSUFFICIENT_BUFFER);
}

static u64 map_string(WThread *t, u64 flags, const u8 *w, size_t units, u64 to, u64 room)
{
	if (flags & SORT_KEY)
		return sort_key(t, flags, w, units, to, room);
	if (!room)
		return units;
	if (units > room)
		return fail(t, W_INSUFFICIENT_BUFFER);
	u8 *p = mem_out(t, to, 2 * units);
	for (size_t i = 0; i < units; i++)
		st16(p + 2 * i, map_unit(ld16(w + 2 * i), flags));
	return units;
}

/* The locale is the only one there is. */
static u64 map_wide(WThread *t, u64 flags, u64 from, u64 n, u64 to, u64 room)
{
	size_t units;

	if (!from || !n || (i64)(i32)room < 0)
		return fail(t, W_INVALID_PARAMETER);
	const u8 *w = units_at(t, from, (i64)(i32)n, !(flags & SORT_KEY), &units);
	return map_string(t, flags, w, units, to, room);
}

u64 w_LCMapStringW(WThread *t, const u64 *a) { return map_wide(t, a[1], a[2], a[3], a[4], a[5]); }

u64 w_LCMapStringA(WThread *t, const u64 *a)
{
	size_t units;

	if (!a[2] || !a[3])
		return fail(t, W_INVALID_PARAMETER);
	u8 *w = units_of(t, a[2], (i64)(i32)a[3], !(a[1] & SORT_KEY), &units);
	u64 r = 0;
	if (a[1] & SORT_KEY) {
		r = sort_key(t, a[1], w, units, a[4], a[5]);
	} else {
		for (size_t i = 0; i < units; i++)
			st16(w + 2 * i, map_unit(ld16(w + 2 * i), a[1]));
		r = text_from_wide(w, units, a[5] ? mem_out(t, a[4], a[5]) : NULL, a[5]);
		if (a[5] && r > a[5])
			r = fail(t, W_INSUFFICIENT_BUFFER);
	}
	free(w);
	return r;
}

/* Canonical forms are the text itself: what is composed stays so. */
u64 w_FoldStringW(WThread *t, const u64 *a) { return map_wide(t, 0, a[1], a[2], a[3], a[4]); }
u64 w_NormalizeString(WThread *t, const u64 *a) { return map_wide(t, 0, a[1], a[2], a[3], a[4]); }

/* ---- comparing --------------------------------------------------------------------------------------------- */

enum { LESS = 1, EQUAL, GREATER };

static u64 compare_wide(WThread *t, u64 flags, u64 x, u64 nx, u64 y, u64 ny)
{
	size_t n, m;

	if (!x || !y)
		return fail(t, W_INVALID_PARAMETER);
	const u8 *p = units_at(t, x, (i64)(i32)nx, false, &n), *q = units_at(t, y, (i64)(i32)ny, false, &m);
	return (u64)(EQUAL + nls_compare(p, n, q, m, (u32)flags));
}

u64 w_CompareStringW(WThread *t, const u64 *a) { return compare_wide(t, a[1], a[2], a[3], a[4], a[5]); }

static int compare_ansi(WThread *t, u64 x, i64 nx, u64 y, i64 ny, u64 flags)
{
	size_t n, m;
	u8 *p = units_of(t, x, nx, false, &n), *q = units_of(t, y, ny, false, &m);
	int r = nls_compare(p, n, q, m, (u32)flags);

	free(p);
	free(q);
	return r;
}

u64 w_CompareStringA(WThread *t, const u64 *a)
{
	if (!a[2] || !a[4])
		return fail(t, W_INVALID_PARAMETER);
	return (u64)(EQUAL + compare_ansi(t, a[2], (i64)(i32)a[3], a[4], (i64)(i32)a[5], a[1]));
}

u64 w_CompareStringOrdinal(WThread *t, const u64 *a)
{
	size_t n, m, i = 0;

	if (!a[0] || !a[2])
		return fail(t, W_INVALID_PARAMETER);
	const u8 *p = units_at(t, a[0], (i64)(i32)a[1], false, &n), *q = units_at(t, a[2], (i64)(i32)a[3], false, &m);
	for (; i < n && i < m; i++) {
		u32 c = ld16(p + 2 * i), d = ld16(q + 2 * i);
		if (a[4])
			c = nls_upper(c), d = nls_upper(d);
		if (c != d)
			return c < d ? LESS : GREATER;
	}
	return n < m ? LESS : n > m ? GREATER : EQUAL;
}

/* Null pointers are empty, and less. */
static u64 lstrcmp(WThread *t, const u64 *a, bool wide, u64 flags)
{
	if (!a[0] || !a[1])
		return (u64)(i64)((a[0] != 0) - (a[1] != 0));
	return (u64)(i64)(wide ? (int)compare_wide(t, flags, a[0], ~0u, a[1], ~0u) - EQUAL : compare_ansi(t, a[0], -1, a[1], -1, flags));
}

u64 w_lstrcmpA(WThread *t, const u64 *a) { return lstrcmp(t, a, false, 0); }
u64 w_lstrcmpW(WThread *t, const u64 *a) { return lstrcmp(t, a, true, 0); }
u64 w_lstrcmpiA(WThread *t, const u64 *a) { return lstrcmp(t, a, false, 1); }
u64 w_lstrcmpiW(WThread *t, const u64 *a) { return lstrcmp(t, a, true, 1); }

/* ---- copying ------------------------------------------------------------------------------------------------- */

static u64 copy(WThread *t, u64 to, u64 from, u64 n, u64 unit)
{
	memmove(mem_out(t, to, (n + 1) * unit), mem_in(t, from, n * unit), n * unit);
	memset(mem_out(t, to + n * unit, unit), 0, unit);
	return to;
}

u64 w_lstrcpyA(WThread *t, const u64 *a) { return copy(t, a[0], a[1], mem_strlen(t, a[1]), 1); }
u64 w_lstrcpyW(WThread *t, const u64 *a) { return copy(t, a[0], a[1], mem_wcslen(t, a[1]), 2); }

u64 w_lstrcatA(WThread *t, const u64 *a)
{
	copy(t, a[0] + mem_strlen(t, a[0]), a[1], mem_strlen(t, a[1]), 1);
	return a[0];
}

u64 w_lstrcatW(WThread *t, const u64 *a)
{
	copy(t, a[0] + 2 * mem_wcslen(t, a[0]), a[1], mem_wcslen(t, a[1]), 2);
	return a[0];
}

u64 w_lstrcpynA(WThread *t, const u64 *a) { return a[2] ? copy(t, a[0], a[1], MIN(mem_strlen(t, a[1]), a[2] - 1), 1) : 0; }
u64 w_lstrcpynW(WThread *t, const u64 *a) { return a[2] ? copy(t, a[0], a[1], MIN(mem_wcslen(t, a[1]), a[2] - 1), 2) : 0; }
