/* Formatted text as Microsoft's libraries write it.  msvcrt.dll and ucrtbase.dll differ: the older has exponents of three
 * digits, seventeen digits of a number at most, and its own words for what is no number. */
#include "crt.h"

#include <math.h>
#include <stdlib.h>

typedef struct Spec {
	bool left, plus, space, alt, zero, has_prec;
	u32 width, prec;
	u8 size;           /* bytes of an integer: 1, 2, 4, 8 */
	bool wide, narrow; /* l and h, for text */
	u16 kind;
} Spec;

typedef struct Args {
	WThread *t;
	u64 va;
	u32 flags;
	CText *out;
} Args;

static u64 next_arg(Args *g, u32 size)
{
	u32 word = g->t->wide ? 8 : 4;
	u64 v = word == 8 || size == 8 ? (u64)mem_u32(g->t, g->va) | (u64)mem_u32(g->t, g->va + 4) << 32 : mem_u32(g->t, g->va);

	g->va += word == 8 || size == 8 ? 8 : 4;
	return v;
}

/* ---- the conversion's words -------------------------------------------------------------------------------- */

static const u16 *read_number(const u16 *s, Args *g, u32 *out, bool *negative)
{
	u64 v = 0;

	if (*s == '*') {
		i32 n = (i32)next_arg(g, 4);
		*negative = n < 0;
		*out = MIN(n < 0 ? 0u - (u32)n : (u32)n, 1u << 20);
		return s + 1;
	}
	for (; *s >= '0' && *s <= '9'; s++)
		v = MIN(v * 10 + (u64)(*s - '0'), 1u << 20);
	*out = (u32)v;
	return s;
}

static const u16 *read_size(const u16 *s, Spec *f, const WThread *t)
{
	for (;; s++) {
		if (s[0] == 'I' && s[1] == '6' && s[2] == '4') {
			f->size = 8;
			s += 2;
		} else if (s[0] == 'I' && s[1] == '3' && s[2] == '2') {
			s += 2;
		} else if (*s == 'I' || *s == 'z' || *s == 't') {
			f->size = t->wide ? 8 : 4;
		} else if (*s == 'j') {
			f->size = 8;
		} else if (*s == 'l') {
			f->size = s[1] == 'l' ? 8 : f->size;
			f->wide = true;
			s += s[1] == 'l';
		} else if (*s == 'h') {
			f->size = s[1] == 'h' ? 1 : 2;
			f->narrow = true;
			s += s[1] == 'h';
		} else if (*s == 'w') {
			f->wide = true;
		} else if (*s != 'L') {
			return s;
		}
	}
}

static const u16 *read_spec(const u16 *s, Spec *f, Args *g)
{
	bool negative = false;

	*f = (Spec){.size = 4};
	for (;; s++) {
		if (*s == '-')
			f->left = true;
		else if (*s == '+')
			f->plus = true;
		else if (*s == ' ')
			f->space = true;
		else if (*s == '#')
			f->alt = true;
		else if (*s == '0')
			f->zero = true;
		else
			break;
	}
	s = read_number(s, g, &f->width, &negative);
	f->left |= negative;
	if (*s == '.') {
		negative = false;
		s = read_number(s + 1, g, &f->prec, &negative);
		f->has_prec = !negative;
	}
	s = read_size(s, f, g->t);
	f->kind = *s;
	return *s ? s + 1 : s;
}

/* ---- output --------------------------------------------------------------------------------------------------- */

static void put_many(CText *out, u16 c, u32 n)
{
	for (u32 i = 0; i < n; i++)
		vec_push(&out->u, c);
}

static void put_ascii(CText *out, const char *s, u32 n)
{
	for (u32 i = 0; i < n; i++)
		vec_push(&out->u, (u8)s[i]);
}

/* A sign or prefix, zeros, digits; padded to the width. */
static void put_padded(CText *out, const Spec *f, const char *prefix, u32 zeros, const char *s, u32 n)
{
	u32 len = (u32)strlen(prefix) + zeros + n, pad = f->width > len ? f->width - len : 0;

	if (f->zero && !f->left) {
		zeros += pad;
		pad = 0;
	}
	if (!f->left)
		put_many(out, ' ', pad);
	put_ascii(out, prefix, (u32)strlen(prefix));
	put_many(out, '0', zeros);
	put_ascii(out, s, n);
	if (f->left)
		put_many(out, ' ', pad);
}

static void put_integer(CText *out, Spec *f, u64 v)
{
	bool is_signed = f->kind == 'd' || f->kind == 'i';
	u32 base = f->kind == 'o' ? 8 : f->kind == 'x' || f->kind == 'X' || f->kind == 'p' ? 16 : 10, n = 0;
	const char *digits = f->kind == 'x' ? "0123456789abcdef" : "0123456789ABCDEF", *prefix = "";
	char s[24];
	u32 shift = 64 - 8 * f->size;

	v = is_signed ? (u64)((i64)(v << shift) >> shift) : v << shift >> shift;
	bool negative = is_signed && (i64)v < 0;
	if (negative)
		v = 0 - v;
	if (f->alt && base == 16 && v && f->kind != 'p')
		prefix = f->kind == 'x' ? "0x" : "0X";
	else if (is_signed)
		prefix = negative ? "-" : f->plus ? "+" : f->space ? " " : "";
	for (u64 left = v; left; left /= base)
		s[sizeof s - ++n] = digits[left % base];
	if (!n && !(f->has_prec && !f->prec))
		s[sizeof s - ++n] = '0';
	if (f->alt && base == 8 && (!n || s[sizeof s - n] != '0'))
		s[sizeof s - ++n] = '0';
	if (f->has_prec)
		f->zero = false;
	put_padded(out, f, prefix, f->has_prec && f->prec > n ? f->prec - n : 0, s + sizeof s - n, n);
}

/* ---- real numbers ------------------------------------------------------------------------------------------------ */

static const char *sign_of(const Spec *f, double d)
{
	return signbit(d) ? "-" : f->plus ? "+" : f->space ? " " : "";
}

static void put_special(Args *g, Spec *f, double d)
{
	bool big = f->kind < 'a', old = g->flags & CF_MSVCRT, quiet = f64_u64(d) >> 51 & 1, indefinite = f64_u64(d) == 0xfff8000000000000ull;
	const char *s = isinf(d) ? (old ? "1.#INF" : big ? "INF" : "inf") : indefinite ? (old ? "1.#IND" : big ? "NAN(IND)" : "nan(ind)") :
		quiet ? (old ? "1.#QNAN" : big ? "NAN" : "nan") : old ? "1.#SNAN" : big ? "NAN(SNAN)" : "nan(snan)";
	u32 n = (u32)strlen(s), prec = f->has_prec ? f->prec : 6;

	/* The old library cuts the digits behind the point as a number's. */
	f->zero = false;
	put_padded(g->out, f, sign_of(f, d), 0, s, old && f->kind == 'f' && prec + 2 < n ? prec + 2 : n);
}

/* The exponent has three digits in the old library, two elsewhere. */
static u32 widen_exponent(char *s, u32 n)
{
	char *e = memchr(s, 'e', n);

	if (!e)
		e = memchr(s, 'E', n);
	if (!e || n - (u32)(e - s) >= 5)
		return n;
	memmove(e + 3, e + 2, n - (u32)(e + 2 - s));
	e[2] = '0';
	return n + 1;
}


/* Exactly between two numbers of the wanted length, the older libraries go up, where the host goes to the even one.  Told by
 * one more digit being 5 and all that follow 0: sixty more are enough for a double. */
static bool is_tie(char kind, u32 prec, double d)
{
	char form[8] = "%.*f", s[1600];

	form[3] = kind;
	u32 n = (u32)snprintf(s, sizeof s, form, (int)prec + 1, d);
	u32 end = kind == 'f' ? n : (u32)(strchr(s, 'e') - s);
	if (s[end - 1] != '5')
		return false;
	n = (u32)snprintf(s, sizeof s, form, (int)prec + 61, d);
	u32 last = kind == 'f' ? n : (u32)(strchr(s, 'e') - s);
	return strspn(s + end, "0") >= last - end;
}

/* Digits of %e or %f with round-half-up; never of what is no number. */
static u32 digits_of(char *s, size_t size, char kind, bool alt, u32 prec, double d, bool half_up)
{
	char form[8];

	snprintf(form, sizeof form, "%%%s.*%c", alt ? "#" : "", kind);
	u32 n = (u32)snprintf(s, size, form, (int)prec, d);
	if (!half_up || !is_tie(kind, prec, d))
		return n;
	double up = nextafter(d, INFINITY); /* the next number is no tie, and above it */
	return (u32)snprintf(s, size, form, (int)prec, up);
}

/* The old library knows seventeen digits of a number; zeros follow. */
static u32 cut_fixed(char *s, size_t size, u32 prec, double d)
{
	char e[40];

	snprintf(e, sizeof e, "%.16e", d);
	int exp = atoi(strchr(e, 'e') + 1), n = 0;
	char dig[18];
	dig[0] = e[0];
	memcpy(dig + 1, e + 2, 16);
	int keep = exp + 1 + (int)prec; /* digits that are shown */
	if (keep < 17 || exp > 300 || (size_t)exp + prec + 4 > size)
		return 0;
	for (int i = exp < 0 ? exp : 0; i < keep; i++) {
		if (i == exp + 1 && prec)
			s[n++] = '.';
		s[n++] = i >= 0 && i < 17 ? dig[i] : '0';
	}
	return (u32)n;
}

/* %g: the shorter of the two, without zeros at the end. */
static u32 put_short(char *s, size_t size, const Spec *f, u32 prec, double d, bool half_up)
{
	char e[1600];

	prec = prec ? prec : 1;
	digits_of(e, sizeof e, 'e', false, prec - 1, d, half_up);
	int exp = d == 0 ? 0 : atoi(strchr(e, 'e') + 1);
	bool fixed = exp >= -4 && exp < (int)prec;
	u32 n = digits_of(s, size, fixed ? 'f' : 'e', f->alt, fixed ? (u32)((int)prec - 1 - exp) : prec - 1, d, half_up);
	if (f->alt || !memchr(s, '.', n))
		return n;
	u32 end = fixed ? n : (u32)((char *)memchr(s, 'e', n) - s), keep = end;
	while (s[keep - 1] == '0')
		keep--;
	keep -= s[keep - 1] == '.';
	memmove(s + keep, s + end, n - end);
	return n - (end - keep);
}

/* %a: the mantissa has thirteen digits, unless fewer are asked for. */
static u32 put_hex(char *s, size_t size, const Spec *f, double d)
{
	char form[8];

	snprintf(form, sizeof form, "%%%s.*a", f->alt ? "#" : "");
	return (u32)snprintf(s, size, form, (int)(f->has_prec ? MIN(f->prec, 1000u) : 13), d);
}

static void put_real(Args *g, Spec *f, double d)
{
	char s[1700];
	u32 prec = MIN(f->has_prec ? f->prec : 6, 1000u), n = 0;
	char kind = (char)(f->kind | 32);
	bool old = g->flags & CF_MSVCRT, half_up = old || !(g->flags & CF_ROUND);
	double v = fabs(d);

	if (!isfinite(d)) {
		put_special(g, f, d);
		return;
	}
	if (kind == 'f' && old)
		n = cut_fixed(s, sizeof s, prec, v);
	if (!n)
		n = kind == 'g' ? put_short(s, sizeof s, f, prec, v, half_up) : kind == 'a' ? put_hex(s, sizeof s, f, v) :
			digits_of(s, sizeof s, kind, f->alt, prec, v, half_up);
	if ((kind == 'e' || kind == 'g') && g->flags & (CF_MSVCRT | CF_THREE_DIGITS))
		n = widen_exponent(s, n);
	for (u32 i = 0; f->kind < 'a' && i < n; i++)
		s[i] = s[i] >= 'a' && s[i] <= 'z' ? (char)(s[i] - 32) : s[i];
	char prefix[4];
	snprintf(prefix, sizeof prefix, "%s%s", sign_of(f, d), kind == 'a' ? f->kind == 'a' ? "0x" : "0X" : "");
	put_padded(g->out, f, prefix, 0, s + (kind == 'a' ? 2 : 0), n - (kind == 'a' ? 2 : 0));
}

/* ---- texts ----------------------------------------------------------------------------------------------------------- */

static bool out_wide(const Args *g) { return g->flags & CF_WIDE; }

/* Appends n units or bytes of the guest as the output has them. */
static void put_units(Args *g, const u8 *p, u64 n, bool wide)
{
	CText *out = g->out;

	if (wide == out_wide(g)) {
		for (u64 i = 0; i < n; i++)
			vec_push(&out->u, wide ? ld16(p + 2 * i) : p[i]);
		return;
	}
	size_t need = wide ? text_from_wide(p, n, NULL, 0) : text_to_wide((const char *)p, n, NULL, 0);
	u8 *raw = xmalloc(2 * need + 1);
	if (wide)
		text_from_wide(p, n, (char *)raw, need);
	else
		text_to_wide((const char *)p, n, raw, need);
	for (size_t i = 0; i < need; i++)
		vec_push(&out->u, wide ? raw[i] : ld16(raw + 2 * i));
	free(raw);
}

/* Pads what was put since `from` to the width. */
static void pad_text(CText *out, u32 from, const Spec *f)
{
	u32 n = out->u.n - from, pad = f->width > n ? f->width - n : 0;

	put_many(out, f->zero && !f->left ? '0' : ' ', pad);
	if (f->left)
		return;
	memmove(out->u.p + from + pad, out->u.p + from, n * sizeof *out->u.p);
	for (u32 i = 0; i < pad; i++)
		out->u.p[from + i] = f->zero ? '0' : ' ';
}

static void put_text(Args *g, const Spec *f, bool wide)
{
	u64 at = next_arg(g, 0), n = 0, size = wide ? 2 : 1;
	u32 from = g->out->u.n;
	u64 most = f->has_prec ? f->prec : ~(u64)0;

	if (!g->t->wide)
		at = (u32)at;
	if (!at) {
		put_units(g, (const u8 *)"(null)", MIN(most, 6u), false);
	} else {
		if (f->has_prec)
			while (n < most && (wide ? ld16(mem_in(g->t, at + 2 * n, 2)) : *(u8 *)mem_in(g->t, at + n, 1)))
				n++;
		else
			n = wide ? mem_wcslen(g->t, at) : mem_strlen(g->t, at);
		put_units(g, mem_in(g->t, at, n * size), n, wide);
	}
	if (g->out->u.n - from > most)
		g->out->u.n = from + (u32)most;
	pad_text(g->out, from, f);
}

static void put_char(Args *g, const Spec *f, bool wide)
{
	u8 raw[2];
	u32 from = g->out->u.n;

	st16(raw, (u16)next_arg(g, 4));
	put_units(g, raw, 1, wide);
	pad_text(g->out, from, f);
}

/* A pointer to a counted string, ANSI_STRING or UNICODE_STRING. */
static void put_counted(Args *g, const Spec *f)
{
	u64 at = next_arg(g, 0), n = at ? ld16(mem_in(g->t, at, 2)) : 0;
	u64 p = at ? mem_word(g->t, at + (g->t->wide ? 8 : 4)) : 0;
	u32 from = g->out->u.n;

	if (p)
		put_units(g, mem_in(g->t, p, n), f->wide ? n / 2 : n, f->wide);
	pad_text(g->out, from, f);
}

/* Text is of the function's own kind for %s of the old and legacy functions; %S is the other kind.  The standard's wide
 * functions take %s as narrow. */
static bool text_is_wide(const Args *g, const Spec *f)
{
	bool other = f->kind == 'S' || f->kind == 'C';

	if (f->wide || f->narrow)
		return f->wide;
	if (out_wide(g) && !(g->flags & (CF_WIDE_LEGACY | CF_MSVCRT)))
		return other;
	return out_wide(g) != other;
}

static void put_one(Args *g, Spec *f)
{
	switch (f->kind) {
	case 'd': case 'i': case 'u': case 'x': case 'X': case 'o':
		put_integer(g->out, f, next_arg(g, f->size));
		return;
	case 'p':
		f->size = g->t->wide ? 8 : 4;
		f->has_prec = true;
		f->prec = 2u * f->size;
		put_integer(g->out, f, next_arg(g, f->size));
		return;
	case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case 'a': case 'A':
		put_real(g, f, u64_f64(next_arg(g, 8)));
		return;
	case 'c': case 'C':
		put_char(g, f, text_is_wide(g, f));
		return;
	case 's': case 'S':
		put_text(g, f, text_is_wide(g, f));
		return;
	case 'Z':
		put_counted(g, f);
		return;
	case 'n':
		next_arg(g, 0); /* nothing is stored: Microsoft's library has it off */
		return;
	default:
		vec_push(&g->out->u, f->kind);
	}
}

/* The format as units, with a NUL. */
static u16 *read_format(WThread *t, u64 format, bool wide)
{
	u64 n = wide ? mem_wcslen(t, format) : mem_strlen(t, format);
	u16 *u = xmalloc((n + 1) * sizeof *u);
	const u8 *p = mem_in(t, format, (n + 1) * (wide ? 2 : 1));

	for (u64 i = 0; i <= n; i++)
		u[i] = wide ? ld16(p + 2 * i) : p[i];
	return u;
}

void crt_format(WThread *t, u32 flags, u64 format, u64 va, CText *out)
{
	Args g = {t, va, flags, out};
	u16 *text = read_format(t, format, flags & CF_WIDE);
	Spec f;

	for (const u16 *s = text; *s;) {
		if (*s != '%') {
			vec_push(&out->u, *s++);
			continue;
		}
		s = read_spec(s + 1, &f, &g);
		if (f.kind)
			put_one(&g, &f);
	}
	free(text);
}
