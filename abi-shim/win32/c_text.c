/* The C library's formatted output: to streams and to memory, by the rules of each of the many names. */
#include "crt.h"

#include <stdlib.h>

enum { OLD = CF_MSVCRT, OLD_W = CF_MSVCRT | CF_WIDE };

/* ---- to streams ---------------------------------------------------------------------------------------------- */

static u64 print(WThread *t, u32 flags, CFile *f, u64 format, u64 va)
{
	CText out = {0};

	crt_format(t, flags, format, va, &out);
	bool ok = f != NULL;
	if (ok && flags & CF_WIDE) {
		ok = crt_put_wide(f, out.u.p, out.u.n);
	} else if (ok) {
		u8 *p = xmalloc(out.u.n + 1u);
		for (u32 i = 0; i < out.u.n; i++)
			p[i] = (u8)out.u.p[i];
		ok = crt_put(f, p, out.u.n);
		free(p);
	}
	crt_done(f);
	u64 n = out.u.n;
	vec_free(&out.u);
	return ok ? n : (u64)-1;
}

u64 w_printf(WThread *t, const u64 *a) { return print(t, OLD, crt_std(t, 1), a[0], t->va); }
u64 w_vprintf(WThread *t, const u64 *a) { return print(t, OLD, crt_std(t, 1), a[0], a[1]); }
u64 w_fprintf(WThread *t, const u64 *a) { return print(t, OLD, crt_file(t, a[0]), a[1], t->va); }
u64 w_vfprintf(WThread *t, const u64 *a) { return print(t, OLD, crt_file(t, a[0]), a[1], a[2]); }
u64 w_wprintf(WThread *t, const u64 *a) { return print(t, OLD_W, crt_std(t, 1), a[0], t->va); }
u64 w_vwprintf(WThread *t, const u64 *a) { return print(t, OLD_W, crt_std(t, 1), a[0], a[1]); }
u64 w_fwprintf(WThread *t, const u64 *a) { return print(t, OLD_W, crt_file(t, a[0]), a[1], t->va); }
u64 w_vfwprintf(WThread *t, const u64 *a) { return print(t, OLD_W, crt_file(t, a[0]), a[1], a[2]); }

/* ---- to memory --------------------------------------------------------------------------------------------------- */

/* What happens when the text and its NUL do not fit. */
enum Full { FULL_NEVER, FULL_OLD, FULL_CUT, FULL_LENGTH, FULL_INVALID };

static void put_units(WThread *t, u64 at, const CText *s, u64 n, bool end, bool wide)
{
	u8 *p = mem_out(t, at, (n + end) * (wide ? 2 : 1));

	for (u64 i = 0; i < n; i++) {
		if (wide)
			st16(p + 2 * i, s->u.p[i]);
		else
			p[i] = (u8)s->u.p[i];
	}
	if (end)
		memset(p + n * (wide ? 2 : 1), 0, wide ? 2 : 1);
}

/* FULL_OLD is _snprintf's way: no NUL when there is no room for it, -1 when the text itself is too long. */
static u64 to_memory(WThread *t, u32 flags, u64 at, u64 room, u64 format, u64 va, enum Full full)
{
	CText out = {0};
	bool wide = flags & CF_WIDE;
	u64 r;

	crt_format(t, flags, format, va, &out);
	u64 n = out.u.n;
	r = n;
	if (!at || (full != FULL_NEVER && n >= room)) {
		if (at && room)
			put_units(t, at, &out, full == FULL_INVALID ? 0 : full == FULL_OLD ? MIN(n, room) : room - 1, full != FULL_OLD, wide);
		r = full == FULL_LENGTH || (!at && full != FULL_INVALID) || (full == FULL_OLD && n == room) ? n : (u64)-1;
	} else {
		put_units(t, at, &out, n, true, wide);
	}
	vec_free(&out.u);
	if (full == FULL_INVALID && r == (u64)-1)
		crt_errno(t, ERANGE);
	return r;
}

u64 w_sprintf(WThread *t, const u64 *a) { return to_memory(t, OLD, a[0], 0, a[1], t->va, FULL_NEVER); }
u64 w_vsprintf(WThread *t, const u64 *a) { return to_memory(t, OLD, a[0], 0, a[1], a[2], FULL_NEVER); }
u64 w_snprintf(WThread *t, const u64 *a) { return to_memory(t, OLD, a[0], a[1], a[2], t->va, FULL_OLD); }
u64 w_vsnprintf(WThread *t, const u64 *a) { return to_memory(t, OLD, a[0], a[1], a[2], a[3], FULL_OLD); }
u64 w_snwprintf(WThread *t, const u64 *a) { return to_memory(t, OLD_W, a[0], a[1], a[2], t->va, FULL_OLD); }
u64 w_vsnwprintf(WThread *t, const u64 *a) { return to_memory(t, OLD_W, a[0], a[1], a[2], a[3], FULL_OLD); }
u64 w_swprintf(WThread *t, const u64 *a) { return to_memory(t, OLD_W, a[0], 0, a[1], t->va, FULL_NEVER); }
u64 w_vswprintf(WThread *t, const u64 *a) { return to_memory(t, OLD_W, a[0], 0, a[1], a[2], FULL_NEVER); }
u64 w_sprintf_s(WThread *t, const u64 *a) { return to_memory(t, OLD, a[0], a[1], a[2], t->va, FULL_INVALID); }
u64 w_vsprintf_s(WThread *t, const u64 *a) { return to_memory(t, OLD, a[0], a[1], a[2], a[3], FULL_INVALID); }
u64 w_swprintf_s(WThread *t, const u64 *a) { return to_memory(t, OLD_W, a[0], a[1], a[2], t->va, FULL_INVALID); }
u64 w_vswprintf_s(WThread *t, const u64 *a) { return to_memory(t, OLD_W, a[0], a[1], a[2], a[3], FULL_INVALID); }

/* _snprintf_s(buffer, room, count, format, ...): a text longer than `count` is cut; _TRUNCATE is -1. */
static u64 cut(WThread *t, u32 flags, u64 at, u64 room, u64 count, u64 format, u64 va)
{
	u64 word = t->wide ? ~(u64)0 : 0xffffffff;
	bool truncate = count == word;

	if (truncate || count < room)
		return to_memory(t, flags, at, truncate ? room : count + 1, format, va, FULL_CUT);
	return to_memory(t, flags, at, room, format, va, FULL_INVALID);
}

u64 w_snprintf_s(WThread *t, const u64 *a) { return cut(t, OLD, a[0], a[1], a[2], a[3], t->va); }
u64 w_vsnprintf_s(WThread *t, const u64 *a) { return cut(t, OLD, a[0], a[1], a[2], a[3], a[4]); }
u64 w_snwprintf_s(WThread *t, const u64 *a) { return cut(t, OLD_W, a[0], a[1], a[2], a[3], t->va); }
u64 w_vsnwprintf_s(WThread *t, const u64 *a) { return cut(t, OLD_W, a[0], a[1], a[2], a[3], a[4]); }

static u64 length(WThread *t, u32 flags, u64 format, u64 va) { return to_memory(t, flags, 0, 0, format, va, FULL_LENGTH); }

u64 w_scprintf(WThread *t, const u64 *a) { return length(t, OLD, a[0], t->va); }
u64 w_vscprintf(WThread *t, const u64 *a) { return length(t, OLD, a[0], a[1]); }
u64 w_scwprintf(WThread *t, const u64 *a) { return length(t, OLD_W, a[0], t->va); }
u64 w_vscwprintf(WThread *t, const u64 *a) { return length(t, OLD_W, a[0], a[1]); }

/* ---- ucrtbase's few functions behind all names; the first argument has the options ------------------------------------ */

static u32 wide_row(const WThread *t) { return strstr(t->row->name, "wprintf") ? CF_WIDE : 0; }

static u32 options(const WThread *t, u64 v) { return ((u32)v & 0x3f) | wide_row(t); }

u64 w_stdio_vfprintf(WThread *t, const u64 *a) { return print(t, options(t, a[0]), crt_file(t, a[1]), a[2], a[4]); }

u64 w_stdio_vsprintf(WThread *t, const u64 *a)
{
	enum Full full = a[0] & CF_STANDARD ? FULL_LENGTH : a[0] & CF_TERMINATE ? FULL_OLD : FULL_CUT;

	return to_memory(t, options(t, a[0]), a[1], a[2], a[3], a[5], full);
}

u64 w_stdio_vsprintf_s(WThread *t, const u64 *a) { return to_memory(t, options(t, a[0]), a[1], a[2], a[3], a[5], FULL_INVALID); }
u64 w_stdio_vsnprintf_s(WThread *t, const u64 *a) { return cut(t, options(t, a[0]), a[1], a[2], a[3], a[4], a[6]); }
