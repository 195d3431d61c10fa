/* msvcrt: wide strings, and what compilers call for conversions. */
#include "crt.h"

#include <math.h>

static u16 unit(WThread *t, u64 at, u64 i)
{
	return ld16(mem_in(t, at + 2 * i, 2));
}

u64 w_wcscmp(WThread *t, const u64 *a)
{
	for (u64 i = 0;; i++) {
		u16 x = unit(t, a[0], i), y = unit(t, a[1], i);
		if (x != y)
			return x < y ? (u64)-1 : 1;
		if (!x)
			return 0;
	}
}

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

u64 w_wcsstr(WThread *t, const u64 *a)
{
	u64 n = mem_wcslen(t, a[0]), k = mem_wcslen(t, a[1]);
	const u8 *s = mem_in(t, a[0], 2 * n), *p = mem_in(t, a[1], 2 * k);

	for (u64 i = 0; i + k <= n; i++)
		if (memcmp(s + 2 * i, p, 2 * k) == 0)
			return a[0] + 2 * i;
	return 0;
}

/* Takes the number on top of the x87 stack: cut to a whole number of 64 bits. */
u64 w_ftol(WThread *t, const u64 *a)
{
	u64 *s = xreg(t->x, 0), top = s[XS_FTOP] & 7, m = s[XS_ST + 2 * top];
	u32 e = (u32)s[XS_ST + 2 * top + 1];
	int shift = 16383 + 63 - (int)(e & 0x7fff);

	s[XS_FTAG] &= ~((u64)1 << top);
	s[XS_FTOP] = (top + 1) & 7;
	if (shift <= 0) /* too large: what the processor stores */
		return (u64)1 << 63;
	u64 v = shift > 63 ? 0 : m >> shift;
	return e & 0x8000 ? 0 - v : v;
}
