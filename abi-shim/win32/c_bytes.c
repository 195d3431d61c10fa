/* The C library: more of strings of bytes -- with room known, changed in place, in words. */
#include "crt.h"

#include <stdlib.h>

enum { ERR_RANGE = 34, ERR_INVALID = 22, STRUNCATE = 80 };

static u8 byte(WThread *t, u64 at) { return *(const u8 *)mem_in(t, at, 1); }
static void put(WThread *t, u64 at, u8 c) { *(u8 *)mem_out(t, at, 1) = c; }

u64 w_strnlen(WThread *t, const u64 *a)
{
	u64 n = 0;

	while (a[0] && n < a[1] && byte(t, a[0] + n))
		n++;
	return n;
}

u64 w_strncat(WThread *t, const u64 *a)
{
	u64 at = a[0] + mem_strlen(t, a[0]), n = 0;

	for (u8 c; n < a[2] && (c = byte(t, a[1] + n)); n++)
		put(t, at + n, c);
	put(t, at + n, 0);
	return a[0];
}

/* ---- with room known ------------------------------------------------------------------------------------- */

static u64 refuse(WThread *t, u64 to, u64 room, u32 e)
{
	if (to && room)
		put(t, to, 0);
	mem_put_u32(t, w_errno(t, NULL), e);
	crt_invalid(t);
	return e;
}

/* Puts at most `most` bytes of `from` behind the `old` ones that are there; _TRUNCATE cuts. */
static u64 append_s(WThread *t, u64 to, u64 room, u64 old, u64 from, u64 most)
{
	u64 n = 0;
	bool truncate = most == (t->wide ? ~(u64)0 : 0xffffffff);

	if (!to || !room || (!from && most))
		return refuse(t, to, room, ERR_INVALID);
	while (n < most && byte(t, from + n) && old + n < room)
		n++;
	bool full = old + n >= room;
	if (full && !truncate)
		return refuse(t, to, room, ERR_RANGE);
	n -= full;
	memmove(mem_out(t, to + old, n + 1), mem_in(t, from, n), n);
	put(t, to + old + n, 0);
	return full ? STRUNCATE : 0;
}

u64 w_strcpy_s(WThread *t, const u64 *a) { return append_s(t, a[0], a[1], 0, a[2], ~(u64)0 >> 1); }
u64 w_strcat_s(WThread *t, const u64 *a) { return append_s(t, a[0], a[1], w_strnlen(t, a), a[2], ~(u64)0 >> 1); }
u64 w_strncpy_s(WThread *t, const u64 *a) { return append_s(t, a[0], a[1], 0, a[2], a[3]); }
u64 w_strncat_s(WThread *t, const u64 *a) { return append_s(t, a[0], a[1], w_strnlen(t, a), a[2], a[3]); }

u64 w_memcpy_s(WThread *t, const u64 *a)
{
	if (!a[3])
		return 0;
	if (!a[0] || !a[2] || a[3] > a[1]) {
		if (a[0])
			memset(mem_out(t, a[0], a[1]), 0, a[1]);
		return refuse(t, 0, 0, a[0] && a[2] ? ERR_RANGE : ERR_INVALID);
	}
	memmove(mem_out(t, a[0], a[3]), mem_in(t, a[2], a[3]), a[3]);
	return 0;
}

u64 w_memccpy(WThread *t, const u64 *a)
{
	for (u64 i = 0; i < a[3]; i++) {
		u8 c = byte(t, a[1] + i);
		put(t, a[0] + i, c);
		if (c == (u8)a[2])
			return a[0] + i + 1;
	}
	return 0;
}

/* ---- in place -------------------------------------------------------------------------------------------------- */

static u64 fold(WThread *t, u64 s, bool up)
{
	u64 n = mem_strlen(t, s);
	u8 *p = mem_out(t, s, n);

	for (u64 i = 0; i < n; i++)
		if (p[i] >= (up ? 'a' : 'A') && p[i] <= (up ? 'z' : 'Z'))
			p[i] ^= 32;
	return s;
}

u64 w_strlwr(WThread *t, const u64 *a) { return fold(t, a[0], false); }
u64 w_strupr(WThread *t, const u64 *a) { return fold(t, a[0], true); }

u64 w_strlwr_s(WThread *t, const u64 *a)
{
	fold(t, a[0], false);
	return 0;
}

u64 w_strupr_s(WThread *t, const u64 *a)
{
	fold(t, a[0], true);
	return 0;
}

u64 w_strrev(WThread *t, const u64 *a)
{
	u64 n = mem_strlen(t, a[0]);
	u8 *p = mem_out(t, a[0], n);

	for (u64 i = 0; i < n / 2; i++) {
		u8 c = p[i];
		p[i] = p[n - 1 - i];
		p[n - 1 - i] = c;
	}
	return a[0];
}

u64 w_strset(WThread *t, const u64 *a)
{
	u64 n = mem_strlen(t, a[0]);

	memset(mem_out(t, a[0], n), (int)a[1], n);
	return a[0];
}

u64 w_strnset(WThread *t, const u64 *a)
{
	u64 n = w_strnlen(t, (u64[]){a[0], a[2]});

	memset(mem_out(t, a[0], n), (int)a[1], n);
	return a[0];
}

u64 w_swab(WThread *t, const u64 *a)
{
	for (u64 i = 0; i + 1 < a[2]; i += 2) {
		u8 x = byte(t, a[0] + i), y = byte(t, a[0] + i + 1);
		put(t, a[1] + i, y);
		put(t, a[1] + i + 1, x);
	}
	return 0;
}

/* ---- words -------------------------------------------------------------------------------------------------------- */

static u64 span(WThread *t, u64 s, u64 set, bool in)
{
	u64 n = 0, k = mem_strlen(t, set);
	const char *p = mem_in(t, set, k);

	for (u8 c; (c = byte(t, s + n)) && (memchr(p, c, k) != NULL) == in;)
		n++;
	return n;
}

static u64 token(WThread *t, u64 s, u64 set, u64 *at)
{
	s = s ? s : *at;
	if (!s)
		return 0;
	s += span(t, s, set, true);
	if (!byte(t, s)) {
		*at = 0;
		return 0;
	}
	u64 end = s + span(t, s, set, false);
	*at = byte(t, end) ? end + 1 : 0;
	if (*at)
		put(t, end, 0);
	return s;
}

u64 w_strtok(WThread *t, const u64 *a)
{
	static _Thread_local u64 at;

	return token(t, a[0], a[1], &at);
}

u64 w_strtok_s(WThread *t, const u64 *a)
{
	u64 at = mem_word(t, a[2]), r = token(t, a[0], a[1], &at);

	mem_put_word(t, a[2], at);
	return r;
}

/* In the C locale a text's key is itself. */
u64 w_strxfrm(WThread *t, const u64 *a)
{
	u64 n = mem_strlen(t, a[1]);

	if (n < a[2])
		memcpy(mem_out(t, a[0], n + 1), mem_in(t, a[1], n + 1), n + 1);
	return n;
}

/* The code page has no lead bytes of two, so characters are bytes to these functions. */
u64 w_mbsinc(WThread *t, const u64 *a) { return a[0] + 1; }
u64 w_mbsdec(WThread *t, const u64 *a) { return a[1] > a[0] ? a[1] - 1 : 0; }
