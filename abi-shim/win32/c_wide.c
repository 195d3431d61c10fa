/* The C library: strings of UTF-16. */
#include "crt.h"

#include <stdlib.h>
#include <wctype.h>

static u16 unit(WThread *t, u64 at, u64 i) { return ld16(mem_in(t, at + 2 * i, 2)); }

u64 w_wcslen(WThread *t, const u64 *a) { return mem_wcslen(t, a[0]); }

u64 w_wcsnlen(WThread *t, const u64 *a)
{
	u64 n = 0;

	while (a[0] && n < a[1] && unit(t, a[0], n))
		n++;
	return n;
}

/* ---- comparing ------------------------------------------------------------------------------------------- */

static u64 compare(WThread *t, u64 x, u64 y, u64 most, bool fold)
{
	for (u64 i = 0; i < most; i++) {
		u16 c = unit(t, x, i), d = unit(t, y, i);
		if (fold) {
			c = text_case(c, false);
			d = text_case(d, false);
		}
		if (c != d)
			return c < d ? (u64)-1 : 1;
		if (!c)
			break;
	}
	return 0;
}

u64 w_wcscmp(WThread *t, const u64 *a) { return compare(t, a[0], a[1], ~(u64)0, false); }
u64 w_wcsncmp(WThread *t, const u64 *a) { return compare(t, a[0], a[1], a[2], false); }
u64 w_wcsicmp(WThread *t, const u64 *a) { return compare(t, a[0], a[1], ~(u64)0, true); }
u64 w_wcsnicmp(WThread *t, const u64 *a) { return compare(t, a[0], a[1], a[2], true); }

u64 w_wmemcmp(WThread *t, const u64 *a)
{
	for (u64 i = 0; i < a[2]; i++)
		if (unit(t, a[0], i) != unit(t, a[1], i))
			return unit(t, a[0], i) < unit(t, a[1], i) ? (u64)-1 : 1;
	return 0;
}

/* ---- copying ---------------------------------------------------------------------------------------------- */

static u64 copy(WThread *t, u64 to, u64 from)
{
	u64 n = 2 * mem_wcslen(t, from) + 2;

	memmove(mem_out(t, to, n), mem_in(t, from, n), n);
	return to;
}

u64 w_wcscpy(WThread *t, const u64 *a) { return copy(t, a[0], a[1]); }

u64 w_wcscat(WThread *t, const u64 *a)
{
	copy(t, a[0] + 2 * mem_wcslen(t, a[0]), a[1]);
	return a[0];
}

u64 w_wcsncpy(WThread *t, const u64 *a)
{
	u8 *p = mem_out(t, a[0], 2 * a[2]);
	u64 n = 0;

	for (u16 c; n < a[2] && (c = unit(t, a[1], n)); n++)
		st16(p + 2 * n, c);
	memset(p + 2 * n, 0, 2 * (a[2] - n));
	return a[0];
}

u64 w_wcsncat(WThread *t, const u64 *a)
{
	u64 at = a[0] + 2 * mem_wcslen(t, a[0]), n = 0;

	for (u16 c; n < a[2] && (c = unit(t, a[1], n)); n++)
		st16(mem_out(t, at + 2 * n, 2), c);
	st16(mem_out(t, at + 2 * n, 2), 0);
	return a[0];
}

u64 w_wmemset(WThread *t, const u64 *a)
{
	u8 *p = mem_out(t, a[0], 2 * a[2]);

	for (u64 i = 0; i < a[2]; i++)
		st16(p + 2 * i, (u16)a[1]);
	return a[0];
}

u64 w_wcsdup(WThread *t, const u64 *a)
{
	u64 n = a[0] ? 2 * mem_wcslen(t, a[0]) + 2 : 0, p = n ? wheap_alloc(t, n) : 0;

	if (p)
		memcpy(mem_out(t, p, n), mem_in(t, a[0], n), n);
	return p;
}

/* ---- searching -------------------------------------------------------------------------------------------- */

u64 w_wcschr(WThread *t, const u64 *a)
{
	for (u64 i = 0;; i++) {
		u16 c = unit(t, a[0], i);
		if (c == (u16)a[1])
			return a[0] + 2 * i;
		if (!c)
			return 0;
	}
}

u64 w_wcsrchr(WThread *t, const u64 *a)
{
	for (u64 i = mem_wcslen(t, a[0]) + 1; i-- > 0;)
		if (unit(t, a[0], i) == (u16)a[1])
			return a[0] + 2 * i;
	return 0;
}

u64 w_wmemchr(WThread *t, const u64 *a)
{
	for (u64 i = 0; i < a[2]; i++)
		if (unit(t, a[0], i) == (u16)a[1])
			return a[0] + 2 * i;
	return 0;
}

u64 w_wcsstr(WThread *t, const u64 *a)
{
	u64 n = mem_wcslen(t, a[0]), k = mem_wcslen(t, a[1]);
	const u8 *s = mem_in(t, a[0], 2 * n), *p = mem_in(t, a[1], 2 * k);

	for (u64 i = 0; i + k <= n; i++)
		if (memcmp(s + 2 * i, p, 2 * k) == 0)
			return a[0] + 2 * i;
	return 0;
}

static bool has(WThread *t, u64 set, u16 c)
{
	for (u64 i = 0;; i++) {
		u16 d = unit(t, set, i);
		if (!d || d == c)
			return d != 0;
	}
}

/* How many units at the beginning are (or are not) in the set. */
static u64 span(WThread *t, u64 s, u64 set, bool in)
{
	u64 n = 0;

	for (u16 c; (c = unit(t, s, n)) && has(t, set, c) == in;)
		n++;
	return n;
}

u64 w_wcsspn(WThread *t, const u64 *a) { return span(t, a[0], a[1], true); }
u64 w_wcscspn(WThread *t, const u64 *a) { return span(t, a[0], a[1], false); }

u64 w_wcspbrk(WThread *t, const u64 *a)
{
	u64 n = span(t, a[0], a[1], false);

	return unit(t, a[0], n) ? a[0] + 2 * n : 0;
}

/* The next word; `at` is where the search goes on, and is kept at `state`. */
static u64 token(WThread *t, u64 s, u64 set, u64 *at)
{
	s = s ? s : *at;
	if (!s)
		return 0;
	s += 2 * span(t, s, set, true);
	if (!unit(t, s, 0)) {
		*at = 0;
		return 0;
	}
	u64 end = s + 2 * span(t, s, set, false);
	*at = unit(t, end, 0) ? end + 2 : 0;
	if (*at)
		st16(mem_out(t, end, 2), 0);
	return s;
}

static _Thread_local u64 token_at;

u64 w_wcstok_old(WThread *t, const u64 *a) { return token(t, a[0], a[1], &token_at); }

u64 w_wcstok_s(WThread *t, const u64 *a)
{
	u64 at = a[2] ? mem_word(t, a[2]) : token_at, r = token(t, a[0], a[1], &at);

	if (a[2])
		mem_put_word(t, a[2], at);
	else
		token_at = at;
	return r;
}

/* ---- case --------------------------------------------------------------------------------------------------- */

static u64 fold(WThread *t, u64 s, bool up)
{
	u64 n = mem_wcslen(t, s);
	u8 *p = mem_out(t, s, 2 * n);

	for (u64 i = 0; i < n; i++)
		st16(p + 2 * i, text_case(ld16(p + 2 * i), up));
	return s;
}

u64 w_wcslwr(WThread *t, const u64 *a) { return fold(t, a[0], false); }
u64 w_wcsupr(WThread *t, const u64 *a) { return fold(t, a[0], true); }

static u64 fold_s(WThread *t, const u64 *a, bool up)
{
	fold(t, a[0], up);
	return 0;
}

u64 w_wcslwr_s(WThread *t, const u64 *a) { return fold_s(t, a, false); }
u64 w_wcsupr_s(WThread *t, const u64 *a) { return fold_s(t, a, true); }
u64 w_towlower(WThread *t, const u64 *a) { return a[0] == CRT_EOF ? CRT_EOF : text_case((u16)a[0], false); }
u64 w_towupper(WThread *t, const u64 *a) { return a[0] == CRT_EOF ? CRT_EOF : text_case((u16)a[0], true); }

u64 w_wcsrev(WThread *t, const u64 *a)
{
	u64 n = mem_wcslen(t, a[0]);
	u8 *p = mem_out(t, a[0], 2 * n);

	for (u64 i = 0; i < n / 2; i++) {
		u16 c = ld16(p + 2 * i);
		st16(p + 2 * i, ld16(p + 2 * (n - 1 - i)));
		st16(p + 2 * (n - 1 - i), c);
	}
	return a[0];
}

u64 w_wcsset(WThread *t, const u64 *a)
{
	u64 n = mem_wcslen(t, a[0]);

	w_wmemset(t, (u64[]){a[0], a[1], n});
	return a[0];
}

/* ---- with room known ------------------------------------------------------------------------------------------ */

enum { ERR_RANGE = 34, ERR_INVALID = 22, STRUNCATE = 80 };

static u64 refuse(WThread *t, u64 to, u64 room, u32 e)
{
	if (to && room)
		st16(mem_out(t, to, 2), 0);
	mem_put_u32(t, w_errno(t, NULL), e);
	crt_invalid(t);
	return e;
}

/* Puts `n` units of `from` behind the `old` ones that are there; most = ~0 and too little room is cut by _TRUNCATE. */
static u64 append_s(WThread *t, u64 to, u64 room, u64 old, u64 from, u64 most)
{
	u64 all = t->wide ? ~(u64)0 : 0xffffffff, n = 0;
	bool truncate = most == all;

	if (!to || !room || (!from && most))
		return refuse(t, to, room, ERR_INVALID);
	while (n < most && unit(t, from, n) && old + n < room)
		n++;
	if (old + n >= room && !truncate)
		return refuse(t, to, room, ERR_RANGE);
	bool cut = old + n >= room;
	n -= cut;
	memmove(mem_out(t, to + 2 * old, 2 * n + 2), mem_in(t, from, 2 * n), 2 * n);
	st16(mem_out(t, to + 2 * (old + n), 2), 0);
	return cut ? STRUNCATE : 0;
}

/* wcscpy_s(to, room, from): never cut. */
u64 w_wcscpy_s(WThread *t, const u64 *a) { return append_s(t, a[0], a[1], 0, a[2], ~(u64)0 >> 1); }
u64 w_wcscat_s(WThread *t, const u64 *a) { return append_s(t, a[0], a[1], w_wcsnlen(t, a), a[2], ~(u64)0 >> 1); }
u64 w_wcsncpy_s(WThread *t, const u64 *a) { return append_s(t, a[0], a[1], 0, a[2], a[3]); }
u64 w_wcsncat_s(WThread *t, const u64 *a) { return append_s(t, a[0], a[1], w_wcsnlen(t, a), a[2], a[3]); }

u64 w_wmemcpy_s(WThread *t, const u64 *a)
{
	if (!a[3])
		return 0;
	if (!a[0] || !a[2] || a[3] > a[1])
		return refuse(t, a[0], a[1], a[0] && a[2] ? ERR_RANGE : ERR_INVALID);
	memmove(mem_out(t, a[0], 2 * a[3]), mem_in(t, a[2], 2 * a[3]), 2 * a[3]);
	return 0;
}
