/* The C library: kinds of characters, and conversion between bytes (UTF-8) and UTF-16. */
#include "crt.h"

#include <locale.h>
#include <stdlib.h>
#include <wctype.h>

enum { UPPER = 1, LOWER = 2, DIGIT = 4, SPACE = 8, PUNCT = 0x10, CONTROL = 0x20, BLANK = 0x40, HEX = 0x80, ALPHA = 0x100 };

static locale_t unicode(void)
{
	static locale_t l;

	if (!l)
		l = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
	return l;
}

/* A capital and its small letter are one unit each, or they stay what they are. */
u16 text_case(u16 c, bool up)
{
	if (c < 128)
		return (u16)(up ? c >= 'a' && c <= 'z' ? c - 32 : c : c >= 'A' && c <= 'Z' ? c + 32 : c);
	if (!unicode() || (c >= 0xd800 && c < 0xe000) || c == 0x130 || c == 0x131 || c == 0x17f)
		return c;
	wint_t r = up ? towupper_l(c, unicode()) : towlower_l(c, unicode());
	return r < 0x10000 && r >= 128 ? (u16)r : c;
}

static u32 kind_ascii(u32 c)
{
	u32 k = 0;

	if (c > 127)
		return 0;
	if (c >= 'A' && c <= 'Z')
		k |= UPPER | ALPHA;
	if (c >= 'a' && c <= 'z')
		k |= LOWER | ALPHA;
	if (c >= '0' && c <= '9')
		k |= DIGIT;
	if (c == ' ' || (c >= 9 && c <= 13))
		k |= SPACE;
	if (c == ' ' || c == 9)
		k |= BLANK;
	if (c < 32 || c == 127)
		k |= CONTROL;
	if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f'))
		k |= HEX;
	if (c > 32 && c < 127 && !(k & (ALPHA | DIGIT)))
		k |= PUNCT;
	return k;
}

static u32 kind_wide(u32 c)
{
	locale_t l = unicode();

	if (c < 128 || !l || (c >= 0xd800 && c < 0xe000))
		return kind_ascii(c);
	return (iswupper_l(c, l) ? UPPER : 0) | (iswlower_l(c, l) ? LOWER : 0) | (iswalpha_l(c, l) ? ALPHA : 0) | (iswspace_l(c, l) || c == 0xa0 ? SPACE : 0) |
		(iswpunct_l(c, l) ? PUNCT : 0) | (iswcntrl_l(c, l) ? CONTROL : 0) | (iswblank_l(c, l) || c == 0xa0 ? BLANK : 0);
}

#define CLASS(name, mask) \
	u64 w_is##name(WThread *t, const u64 *a) { return kind_ascii((u32)a[0]) & (mask); } \
	u64 w_isw##name(WThread *t, const u64 *a) { return kind_wide((u16)a[0]) & (mask); }
CLASS(space, SPACE)
CLASS(digit, DIGIT)
CLASS(upper, UPPER)
CLASS(lower, LOWER)
CLASS(alpha, ALPHA)
CLASS(alnum, ALPHA | DIGIT)
CLASS(xdigit, HEX)
CLASS(cntrl, CONTROL)
CLASS(punct, PUNCT)
CLASS(graph, PUNCT | ALPHA | DIGIT)
CLASS(blank, BLANK)

u64 w_isprint(WThread *t, const u64 *a) { return (u32)a[0] >= 32 && (u32)a[0] < 127; }
u64 w_iswprint(WThread *t, const u64 *a) { return a[0] == ' ' || kind_wide((u16)a[0]) & (PUNCT | ALPHA | DIGIT | BLANK); }
u64 w_isascii(WThread *t, const u64 *a) { return (u32)a[0] < 128; }
u64 w_iscsym(WThread *t, const u64 *a) { return a[0] == '_' || kind_ascii((u32)a[0]) & (ALPHA | DIGIT); }
u64 w_iscsymf(WThread *t, const u64 *a) { return a[0] == '_' || kind_ascii((u32)a[0]) & ALPHA; }
u64 w_isctype(WThread *t, const u64 *a) { return kind_ascii((u32)a[0]) & (u32)a[1]; }
u64 w_iswctype(WThread *t, const u64 *a) { return kind_wide((u16)a[0]) & (u32)a[1]; }

/* The masks of the classes, by name. */
u64 w_wctype(WThread *t, const u64 *a)
{
	static const struct { const char *name; u32 mask; } map[] = {
		{"alnum", ALPHA | DIGIT}, {"alpha", ALPHA}, {"cntrl", CONTROL}, {"digit", DIGIT}, {"graph", PUNCT | ALPHA | DIGIT}, {"lower", LOWER},
		{"print", PUNCT | ALPHA | DIGIT | BLANK}, {"punct", PUNCT}, {"space", SPACE}, {"upper", UPPER}, {"xdigit", HEX}
	};
	const char *s = mem_in(t, a[0], mem_strlen(t, a[0]) + 1);

	for (u32 i = 0; i < COUNT(map); i++)
		if (strcmp(map[i].name, s) == 0)
			return map[i].mask;
	return 0;
}

u64 w_tolower(WThread *t, const u64 *a) { return a[0] >= 'A' && a[0] <= 'Z' ? a[0] + 32 : a[0]; }
u64 w_toupper(WThread *t, const u64 *a) { return a[0] >= 'a' && a[0] <= 'z' ? a[0] - 32 : a[0]; }

/* The tables that macros of old headers index, from -1 on; before them a unit for EOF. */
static u64 table(WThread *t, bool wide)
{
	static u64 at[2];

	if (at[wide])
		return at[wide];
	u64 p = wheap_zalloc(t, 2 * 257);
	for (u32 c = 0; p && c < 256; c++)
		st16(mem_out(t, p + 2 + 2 * c, 2), (u16)(wide ? kind_wide(c) : kind_ascii(c)));
	return at[wide] = p + 2;
}

/* _pctype is a variable that points to the table. */
u64 w_pctype_func(WThread *t, const u64 *a) { return table(t, false); }
u64 w_pwctype_func(WThread *t, const u64 *a) { return table(t, true); }

/* ---- bytes to UTF-16 and back ------------------------------------------------------------------------------------ */

static u64 widen(WThread *t, u64 to, u64 from, u64 n, u64 room)
{
	const char *s = mem_in(t, from, n);
	size_t units = text_to_wide(s, n, NULL, 0);

	if (!to)
		return units;
	size_t fit = MIN((u64)units, room);
	text_to_wide(s, n, mem_out(t, to, 2 * fit), fit);
	if (units < room)
		st16(mem_out(t, to + 2 * units, 2), 0);
	return fit;
}

static u64 narrow(WThread *t, u64 to, u64 from, u64 units, u64 room)
{
	const u8 *w = mem_in(t, from, 2 * units);
	size_t n = text_from_wide(w, units, NULL, 0);

	if (!to)
		return n;
	size_t fit = MIN((u64)n, room);
	text_from_wide(w, units, mem_out(t, to, fit), fit);
	if (n < room)
		*(u8 *)mem_out(t, to + n, 1) = 0;
	return fit;
}

u64 w_mbstowcs(WThread *t, const u64 *a) { return widen(t, a[0], a[1], mem_strlen(t, a[1]), a[2]); }
u64 w_wcstombs(WThread *t, const u64 *a) { return narrow(t, a[0], a[1], mem_wcslen(t, a[1]), a[2]); }

/* mbstowcs_s(&converted, to, room, from, most): the count has the NUL. */
static u64 convert_s(WThread *t, const u64 *a, bool wide)
{
	u64 unit = wide ? 2 : 1, need, most = a[4];

	if (!a[3])
		return EINVAL;
	need = wide ? widen(t, 0, a[3], mem_strlen(t, a[3]), 0) : narrow(t, 0, a[3], mem_wcslen(t, a[3]), 0);
	bool truncate = most == (t->wide ? ~(u64)0 : 0xffffffff);
	u64 n = MIN(need, truncate && a[2] ? a[2] - 1 : most);
	if (a[1] && n >= a[2]) {
		if (a[2])
			memset(mem_out(t, a[1], unit), 0, unit);
		mem_put_u32(t, w_errno(t, NULL), ERANGE);
		crt_invalid(t);
		return ERANGE;
	}
	if (a[1]) {
		if (wide)
			widen(t, a[1], a[3], mem_strlen(t, a[3]), n);
		else
			narrow(t, a[1], a[3], mem_wcslen(t, a[3]), n);
		memset(mem_out(t, a[1] + unit * n, unit), 0, unit);
	}
	if (a[0])
		mem_put_word(t, a[0], n + 1);
	return a[1] && n < need && truncate ? 80 : 0;
}

u64 w_mbstowcs_s(WThread *t, const u64 *a) { return convert_s(t, a, true); }
u64 w_wcstombs_s(WThread *t, const u64 *a) { return convert_s(t, a, false); }

/* Bytes of the character at `at`, of at most n; 0: none is whole. */
static u64 char_bytes(WThread *t, u64 at, u64 n)
{
	if (!n)
		return 0;
	u8 c = *(const u8 *)mem_in(t, at, 1);
	u64 k = c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1;
	return k <= n ? k : 0;
}

u64 w_mbtowc(WThread *t, const u64 *a)
{
	u64 n = a[1] ? char_bytes(t, a[1], a[2]) : 0;

	if (!a[1] || !a[2])
		return 0;
	if (!n || n == 4)
		return (u64)-1;
	u8 w[4];
	text_to_wide(mem_in(t, a[1], n), n, w, 2);
	if (a[0])
		st16(mem_out(t, a[0], 2), ld16(w));
	return ld16(w) ? n : 0;
}

u64 w_mblen(WThread *t, const u64 *a) { return w_mbtowc(t, (u64[]){0, a[0], a[1]}); }

u64 w_wctomb(WThread *t, const u64 *a)
{
	u8 w[2];
	char s[4];

	if (!a[0])
		return 0;
	st16(w, (u16)a[1]);
	size_t n = text_from_wide(w, 1, s, sizeof s);
	memcpy(mem_out(t, a[0], n), s, n);
	return n;
}

u64 w_wctomb_s(WThread *t, const u64 *a)
{
	u64 n = w_wctomb(t, (u64[]){a[1], a[3]});

	if (a[0])
		mem_put_u32(t, a[0], (u32)n);
	return 0;
}

u64 w_wcrtomb(WThread *t, const u64 *a) { return a[0] ? w_wctomb(t, a) : 1; }

/* -2: the character is not whole yet; nothing is kept of it. */
u64 w_mbrtowc(WThread *t, const u64 *a)
{
	if (!a[1])
		return 0;
	if (a[2] && !char_bytes(t, a[1], a[2]))
		return (u64)-2;
	return w_mbtowc(t, a);
}

u64 w_mbrlen(WThread *t, const u64 *a) { return w_mbrtowc(t, (u64[]){0, a[0], a[1]}); }

u64 w_btowc(WThread *t, const u64 *a) { return (i32)a[0] == -1 || a[0] > 127 ? CRT_EOF : a[0]; }
u64 w_wctob(WThread *t, const u64 *a) { return a[0] < 128 ? a[0] : (u64)-1; }

u64 w_mbsrtowcs(WThread *t, const u64 *a)
{
	u64 from = mem_word(t, a[1]), n = mem_strlen(t, from), r = widen(t, a[0], from, n, a[2]);

	if (a[0])
		mem_put_word(t, a[1], r < a[2] ? 0 : from + n);
	return r;
}

u64 w_wcsrtombs(WThread *t, const u64 *a)
{
	u64 from = mem_word(t, a[1]), n = mem_wcslen(t, from), r = narrow(t, a[0], from, n, a[2]);

	if (a[0])
		mem_put_word(t, a[1], r < a[2] ? 0 : from + 2 * n);
	return r;
}
