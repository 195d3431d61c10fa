/* Formatted text as Microsoft's library writes it: I64 and I32, wide strings by %S and %ls, exponents of three digits,
 * pointers as all their digits in capitals. */
#include "crt.h"

#include <math.h>
#include <stdlib.h>

typedef struct Spec {
	bool left, plus, space, alt, zero, has_prec;
	u32 width, prec;
	u8 size;      /* bytes of an integer: 1, 2, 4, 8 */
	bool wide, narrow; /* l and h, for text */
	char kind;
} Spec;

typedef struct Args {
	WThread *t;
	u64 va;
} Args;

static u64 next_arg(Args *g, u32 size)
{
	u32 word = g->t->wide ? 8 : 4;
	u64 v = word == 8 || size == 8 ? (u64)mem_u32(g->t, g->va) | (u64)mem_u32(g->t, g->va + 4) << 32 : mem_u32(g->t, g->va);

	g->va += word == 8 ? 8 : size == 8 ? 8 : 4;
	return v;
}

static const char *read_number(const char *s, Args *g, u32 *out, bool *negative)
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

static const char *read_size(const char *s, Spec *f, const WThread *t)
{
	for (;; s++) {
		if (strncmp(s, "I64", 3) == 0) {
			f->size = 8;
			s += 2;
		} else if (strncmp(s, "I32", 3) == 0) {
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

static const char *read_spec(const char *s, Spec *f, Args *g)
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

/* A sign or prefix, zeros, digits; padded to the width. */
static void put_padded(Buf *out, const Spec *f, const char *prefix, u32 zeros, const char *s, u32 n)
{
	u32 len = (u32)strlen(prefix) + zeros + n, pad = f->width > len ? f->width - len : 0;

	if (f->zero && !f->left) {
		zeros += pad;
		pad = 0;
	}
	for (u32 i = 0; i < pad && !f->left; i++)
		buf_u8(out, ' ');
	buf_bytes(out, prefix, strlen(prefix));
	for (u32 i = 0; i < zeros; i++)
		buf_u8(out, '0');
	buf_bytes(out, s, n);
	for (u32 i = 0; i < pad && f->left; i++)
		buf_u8(out, ' ');
}

static void put_integer(Buf *out, Spec *f, u64 v)
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

static void put_special(Buf *out, Spec *f, double d)
{
	const char *prefix = signbit(d) ? "-" : f->plus ? "+" : f->space ? " " : "";
	const char *s = isinf(d) ? "1.#INF" : signbit(d) ? "1.#IND" : "1.#QNAN";
	u32 n = (u32)strlen(s), prec = f->has_prec ? f->prec : 6;

	/* The digits behind the point are cut or filled up as a number's are. */
	f->zero = false;
	put_padded(out, f, prefix, 0, s, f->kind == 'f' && prec + 2 < n ? prec + 2 : n);
}

/* The exponent has three digits here, two elsewhere. */
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

static void put_real(Buf *out, Spec *f, double d)
{
	char form[8] = "%", *p = form + 1, s[1500];
	u32 prec = MIN(f->has_prec ? f->prec : 6, 1000u);

	if (!isfinite(d)) {
		put_special(out, f, d);
		return;
	}
	if (f->alt)
		*p++ = '#';
	strcpy(p, ".*");
	p[2] = f->kind;
	p[3] = 0;
	u32 n = (u32)snprintf(s, sizeof s - 1, form, (int)prec, fabs(d));
	n = f->kind == 'f' || f->kind == 'F' || (f->kind | 32) == 'a' ? n : widen_exponent(s, n);
	put_padded(out, f, signbit(d) ? "-" : f->plus ? "+" : f->space ? " " : "", 0, s, n);
}

static void put_text(Buf *out, const Spec *f, Args *g, bool wide)
{
	u64 at = next_arg(g, 0), n = 0;
	char *s;

	if (!g->t->wide)
		at = (u32)at;
	if (!at) {
		s = strdup("(null)");
	} else if (wide) {
		while ((!f->has_prec || n < f->prec) && ld16(mem_in(g->t, at + 2 * n, 2)))
			n++;
		s = mem_wstrn(g->t, at, n);
	} else if (f->has_prec) {
		while (n < f->prec && *(u8 *)mem_in(g->t, at + n, 1))
			n++;
		s = xmalloc(n + 1);
		memcpy(s, mem_in(g->t, at, n), n);
		s[n] = 0;
	} else {
		s = mem_str(g->t, at);
	}
	n = strlen(s);
	put_padded(out, f, "", 0, s, f->has_prec && n > f->prec && !wide ? f->prec : (u32)n);
	free(s);
}

static void put_one(Buf *out, Spec *f, Args *g)
{
	char c;

	switch (f->kind) {
	case 'd': case 'i': case 'u': case 'x': case 'X': case 'o':
		put_integer(out, f, next_arg(g, f->size));
		return;
	case 'p':
		f->size = g->t->wide ? 8 : 4;
		f->has_prec = true;
		f->prec = 2u * f->size;
		put_integer(out, f, next_arg(g, f->size));
		return;
	case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case 'a': case 'A':
		put_real(out, f, u64_f64(next_arg(g, 8)));
		return;
	case 'c': case 'C':
		c = (char)next_arg(g, 4);
		put_padded(out, f, "", 0, &c, 1);
		return;
	case 's':
		put_text(out, f, g, f->wide);
		return;
	case 'S':
		put_text(out, f, g, !f->narrow);
		return;
	case 'n':
		next_arg(g, 0); /* nothing is stored: Microsoft's library has it off */
		return;
	default:
		buf_u8(out, (u8)f->kind);
	}
}

void crt_format(WThread *t, const char *format, u64 va, Buf *out)
{
	Args g = {t, va};
	Spec f;

	for (const char *s = format; *s;) {
		if (*s != '%') {
			buf_u8(out, (u8)*s++);
			continue;
		}
		s = read_spec(s + 1, &f, &g);
		if (f.kind)
			put_one(out, &f, &g);
	}
}
