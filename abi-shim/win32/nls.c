/* Classes, case and order of characters.  Case and classes are the host's (C.UTF-8); the order is that of Windows's word sort in
 * its outline: accents count less than letters, case less than accents, hyphens and apostrophes least. */
#include "nls.h"

#include <locale.h>
#include <stdlib.h>
#include <wctype.h>

static locale_t locale(void)
{
	static locale_t l;

	if (!l)
		l = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
	return l;
}

u32 nls_lower(u32 c)
{
	if (c < 128 || !locale())
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	return (u32)towlower_l((wint_t)c, locale());
}

u32 nls_upper(u32 c)
{
	if (c < 128 || !locale())
		return c >= 'a' && c <= 'z' ? c - 32 : c;
	return c == 0xdf || c == 0x131 ? c : (u32)towupper_l((wint_t)c, locale());
}

/* ---- classes ------------------------------------------------------------------------------------------- */

enum { UPPER = 1, LOWER = 2, DIGIT = 4, SPACE = 8, PUNCT = 0x10, CNTRL = 0x20, BLANK = 0x40, XDIGIT = 0x80, ALPHA = 0x100, DEFINED = 0x200 };

static u16 type1(u16 c)
{
	static const struct { int (*is)(wint_t, locale_t); u16 bit; } map[] = {
		{iswupper_l, UPPER | ALPHA}, {iswlower_l, LOWER | ALPHA}, {iswdigit_l, DIGIT}, {iswspace_l, SPACE}, {iswpunct_l, PUNCT}, {iswcntrl_l, CNTRL},
		{iswblank_l, BLANK}, {iswxdigit_l, XDIGIT}, {iswalpha_l, ALPHA}
	};
	u16 t = 0;

	if (c >= 0xd800 && c < 0xe000)
		return 0;
	for (u32 i = 0; locale() && i < COUNT(map); i++)
		if (map[i].is((wint_t)c, locale()))
			t |= map[i].bit;
	if (c == 0xa0)
		t = SPACE | BLANK;
	if (t & ALPHA && iswdigit_l((wint_t)c, locale()))
		t &= (u16)~ALPHA;
	return t ? t | DEFINED : 0;
}

/* Directions. */
static u16 type2(u16 c)
{
	enum { LEFT = 1, RIGHT = 2, NUMBER = 3, SEPARATOR = 4, TERMINATOR = 5, COMMON = 7, BLOCK = 8, SEGMENT = 9, WHITE = 10, OTHER = 11 };
	u16 t = type1(c);

	if (c >= 0x590 && c < 0x700)
		return RIGHT;
	if (t & ALPHA)
		return LEFT;
	if (t & DIGIT)
		return NUMBER;
	if (c < 128 && c && strchr("+-", c))
		return SEPARATOR;
	if ((c < 128 && c && strchr("#$%", c)) || (c >= 0xa2 && c <= 0xa5))
		return TERMINATOR;
	if (c < 128 && c && strchr(",./:", c))
		return COMMON;
	if (c == '\n' || c == '\r' || c == 0x85 || c == 0x2029)
		return BLOCK;
	if (c == '\t' || c == 0xb || c == 0x1f)
		return SEGMENT;
	if (t & SPACE)
		return WHITE;
	return t & PUNCT ? OTHER : 0;
}

static u16 type3(u16 c)
{
	enum { NONSPACING = 1, DIACRITIC = 2, SYMBOL = 8, KATAKANA = 0x10, HIRAGANA = 0x20, HALF = 0x40, FULL = 0x80, IDEOGRAPH = 0x100, LETTER = 0x8000 };
	u32 accent;
	u16 t1 = type1(c), t = t1 & ALPHA ? LETTER : t1 & PUNCT ? SYMBOL : 0;

	nls_base(c, &accent);
	return (u16)(t | (accent ? DIACRITIC : 0) | (c >= 0x300 && c < 0x370 ? NONSPACING : 0) | (c > 32 && c < 127 ? HALF : 0) |
		(c >= 0x3040 && c < 0x30a0 ? HIRAGANA | FULL : 0) | (c >= 0x30a0 && c < 0x3100 ? KATAKANA | FULL : 0) |
		(c >= 0x4e00 && c < 0xa000 ? IDEOGRAPH | FULL : 0) | (c >= 0xff01 && c < 0xff5f ? FULL : 0));
}

u16 nls_type(u32 which, u16 c)
{
	return which == 1 ? type1(c) : which == 2 ? type2(c) : type3(c);
}

/* ---- order ------------------------------------------------------------------------------------------------- */

/* U+00C0 to U+017F: the letter that each one is built on; '.' for those that are their own. */
static const char bases[] = "AAAAAA.CEEEEIIII.NOOOOO.OUUUUY..aaaaaa.ceeeeiiii.nooooo.ouuuuy.y"
	"AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHh..IiIiIiIiI...JjKk.LlLlLl..LlNnNnNn...OoOoOo..RrRrRrSsSsSsSsTtTt..UuUuUuUuUuUuWwYyYZzZzZz.";

u16 nls_base(u16 c, u32 *accent)
{
	*accent = 0;
	if (c < 0xc0 || c > 0x17f || bases[c - 0xc0] == '.')
		return c;
	*accent = c;
	return (u16)bases[c - 0xc0];
}

enum { IGNORE_CASE = 1, IGNORE_ACCENT = 2, IGNORE_SYMBOLS = 4, LINGUISTIC_CASE = 0x10, LINGUISTIC_ACCENT = 0x20, STRING_SORT = 0x1000 };

/* Symbols in their order come before digits, these before letters. */
static u32 weight(u16 c)
{
	static const char symbols[] = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";
	u32 accent, base = nls_lower(nls_base(c, &accent));
	const char *s = c && c < 128 ? strchr(symbols, c) : NULL;

	if (c < 32)
		return 1 + c;
	if (c == ' ' || c == 0xa0)
		return 40;
	if (s)
		return 50 + (u32)(s - symbols);
	if (base >= '0' && base <= '9')
		return 0x1000 + base;
	return (type1((u16)base) & ALPHA ? 0x2000u : 0x200u) + base;
}

static bool skipped(u16 c, u32 flags)
{
	if ((c == '-' || c == '\'') && !(flags & STRING_SORT))
		return true;
	return flags & IGNORE_SYMBOLS && type1(c) & (PUNCT | SPACE);
}

void nls_sort_key(const u8 *w, size_t n, u32 flags, Buf *out)
{
	bool no_accent = flags & (IGNORE_ACCENT | LINGUISTIC_ACCENT), no_case = flags & (IGNORE_CASE | LINGUISTIC_CASE);
	Buf accents = {0}, cases = {0}, marks = {0};

	for (size_t i = 0; i < n; i++) {
		u16 c = ld16(w + 2 * i);
		u32 accent, v = weight(c);
		if (skipped(c, flags)) {
			buf_u8(&marks, (u8)(i + 2 > 255 ? 255 : i + 2));
			buf_u8(&marks, (u8)(c & 0x7f));
			continue;
		}
		nls_base(c, &accent);
		buf_u8(out, (u8)(2 + (v >> 12))), buf_u8(out, (u8)(2 + (v >> 6 & 63))), buf_u8(out, (u8)(2 + (v & 63)));
		buf_u8(&accents, (u8)(2 + (accent ? nls_lower(accent) & 0x7f : 0)));
		buf_u8(&cases, nls_lower(c) != c ? 3 : 2);
	}
	buf_u8(out, 1);
	if (!no_accent)
		buf_bytes(out, accents.p, accents.n);
	buf_u8(out, 1);
	if (!no_case)
		buf_bytes(out, cases.p, cases.n);
	buf_u8(out, 1);
	buf_bytes(out, marks.p, marks.n);
	buf_u8(out, 0);
	buf_free(&accents);
	buf_free(&cases);
	buf_free(&marks);
}

int nls_compare(const u8 *a, size_t na, const u8 *b, size_t nb, u32 flags)
{
	Buf x = {0}, y = {0};

	nls_sort_key(a, na, flags, &x);
	nls_sort_key(b, nb, flags, &y);
	int r = memcmp(x.p, y.p, MIN(x.n, y.n));
	if (!r)
		r = (x.n > y.n) - (x.n < y.n);
	buf_free(&x);
	buf_free(&y);
	return (r > 0) - (r < 0);
}
