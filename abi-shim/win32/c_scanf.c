/* Formatted input: scanf and its family, of bytes and of UTF-16, from streams and from memory. */
#include "crt.h"

#include <stdlib.h>

typedef struct Scan {
	WThread *t;
	u32 flags;
	CSource *s;
	u64 va;
	u32 taken;     /* characters */
	bool over;     /* the input ended before anything could be matched */
} Scan;

typedef struct Field {
	bool drop, wide, narrow;
	u32 width;     /* 0: none */
	u8 size;
	u16 kind;
} Field;

static i32 get(Scan *c)
{
	i32 v = c->s->next(c->s);

	c->taken += v >= 0;
	return v;
}

static void unget(Scan *c, i32 v)
{
	if (v < 0)
		return;
	c->s->back(c->s, v);
	c->taken--;
}

static u64 next_arg(Scan *c)
{
	u64 v = mem_word(c->t, c->va);

	c->va += c->t->wide ? 8 : 4;
	return v;
}

static bool is_blank(i32 v) { return v == ' ' || (v >= 9 && v <= 13); }

static void skip_blanks(Scan *c)
{
	i32 v;

	do
		v = get(c);
	while (is_blank(v));
	unget(c, v);
}

/* ---- fields -------------------------------------------------------------------------------------------------- */

static const u16 *read_field(const u16 *p, Field *f, const WThread *t)
{
	*f = (Field){.size = 4};
	for (f->drop = *p == '*', p += f->drop; *p >= '0' && *p <= '9'; p++)
		f->width = MIN(f->width * 10 + (*p - '0'), 1u << 20);
	for (;; p++) {
		if (*p == 'l') {
			f->size = p[1] == 'l' || f->wide ? 8 : 4;
			p += p[1] == 'l';
			f->wide = true;
		} else if (*p == 'h') {
			f->size = p[1] == 'h' ? 1 : 2;
			p += p[1] == 'h';
			f->narrow = true;
		} else if (*p == 'I' && (p[1] == '6' || p[1] == '3')) {
			f->size = p[1] == '6' ? 8 : 4;
			p += 2;
		} else if (*p == 'I' || *p == 'z' || *p == 't') {
			f->size = t->wide ? 8 : 4;
		} else if (*p == 'j' || *p == 'L') {
			f->size = 8;
			f->wide = true;
		} else if (*p == 'w') {
			f->wide = true;
		} else {
			break;
		}
	}
	f->kind = *p;
	return *p ? p + 1 : p;
}

static void store(Scan *c, u64 at, u64 v, u32 size)
{
	u8 raw[8];

	st64(raw, v);
	memcpy(mem_out(c->t, at, size), raw, size);
}

static int digit(i32 c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'z' ? (c | 32) - 'a' + 10 : 99;
}

static bool scan_integer(Scan *c, const Field *f)
{
	int base = f->kind == 'd' || f->kind == 'u' ? 10 : f->kind == 'o' ? 8 : f->kind == 'i' ? 0 : 16;
	u32 left = f->width ? f->width : ~0u;
	bool negative = false, any = false;
	u64 v = 0;
	i32 x = get(c);

	if (left > 1 && (x == '-' || x == '+')) {
		negative = x == '-';
		left--;
		x = get(c);
	}
	if (left && x == '0' && base != 10 && base != 8) {
		any = true;
		x = --left ? get(c) : -1;
		if (left && (x | 32) == 'x' && base != 8) {
			base = 16;
			x = --left ? get(c) : -1;
		} else if (!base) {
			base = 8;
		}
	}
	base = base ? base : 10;
	for (; left && digit(x) < base; x = --left ? get(c) : -1) {
		v = v * (u64)base + (u64)digit(x);
		any = true;
	}
	unget(c, x);
	if (any && !f->drop)
		store(c, next_arg(c), negative ? 0 - v : v, f->kind == 'p' ? (c->t->wide ? 8 : 4) : f->size);
	return any;
}

static bool scan_real(Scan *c, const Field *f)
{
	u32 left = f->width ? MIN(f->width, 1000u) : 1000;
	char s[1002];
	size_t n = 0, used;
	i32 x;

	while (left-- && (x = get(c)) >= 0) {
		bool fits = digit(x) < 36 || x == '.' || x == '-' || x == '+';
		if (fits && (x == '-' || x == '+') && n && (s[n - 1] | 32) != 'e' && (s[n - 1] | 32) != 'p')
			fits = false;
		if (fits && digit(x) >= 10 && digit(x) < 36 && !strchr("eEpPxXaAbBcCdDfFiInNtTyY", x))
			fits = false;
		if (!fits) {
			unget(c, x);
			break;
		}
		s[n++] = (char)x;
	}
	s[n] = 0;
	double d = crt_number(s, &used);
	while (n > used)
		unget(c, (u8)s[--n]);
	if (!used)
		return false;
	if (!f->drop && (f->wide || f->size == 8))
		store(c, next_arg(c), f64_u64(d), 8);
	else if (!f->drop)
		store(c, next_arg(c), f32_u32((float)d), 4);
	return true;
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

/* A set of characters in brackets, as a list of ranges. */
typedef struct Set {
	const u16 *p, *end;
	bool without;
} Set;

static const u16 *read_set(const u16 *p, Set *s)
{
	*s = (Set){.without = *p == '^'};
	p += s->without;
	s->p = p;
	if (*p == ']')
		p++;
	while (*p && *p != ']')
		p++;
	s->end = p;
	return *p ? p + 1 : p;
}

static bool in_set(const Set *s, i32 v)
{
	bool in = false;

	for (const u16 *p = s->p; p < s->end; p++) {
		if (p + 2 < s->end && p[1] == '-') {
			in |= v >= MIN(p[0], p[2]) && v <= MAX(p[0], p[2]);
			p += 2;
		} else {
			in |= v == *p;
		}
	}
	return in != s->without;
}

static bool text_is_wide(const Scan *c, const Field *f)
{
	bool other = f->kind == 'S' || f->kind == 'C', wide = c->flags & CF_WIDE;

	if (f->wide || f->narrow)
		return f->wide;
	if (wide && !(c->flags & (CF_WIDE_LEGACY | CF_MSVCRT)))
		return other;
	return wide != other;
}

/* Characters that were read to memory, as bytes or units.  False: they do not fit in the room of the secure functions. */
static bool put_text(Scan *c, const Field *f, const u16 *u, u32 n, bool end)
{
	bool to_wide = text_is_wide(c, f), from_wide = c->flags & CF_WIDE;
	u64 at = next_arg(c), room = c->flags & CF_SECURE ? (u32)next_arg(c) : ~(u64)0;
	Buf out = {0};

	for (u32 i = 0; i < n; i++) {
		if (to_wide)
			buf_u16(&out, u[i]);
		else if (!from_wide || u[i] < 0x80)
			buf_u8(&out, (u8)u[i]);
		else {
			u8 raw[2];
			char mb[4];
			st16(raw, u[i]);
			buf_bytes(&out, mb, text_from_wide(raw, 1, mb, sizeof mb));
		}
	}
	if (end && to_wide)
		buf_u16(&out, 0);
	else if (end)
		buf_u8(&out, 0);
	bool fits = out.n / (to_wide ? 2 : 1) <= room;
	if (fits)
		memcpy(mem_out(c->t, at, out.n), out.p, out.n);
	else if (room)
		memset(mem_out(c->t, at, to_wide ? 2 : 1), 0, to_wide ? 2 : 1);
	buf_free(&out);
	return fits;
}

static bool scan_text(Scan *c, const Field *f, const Set *set)
{
	bool chars = f->kind == 'c' || f->kind == 'C', ok = true;
	u32 left = f->width ? f->width : chars ? 1 : ~0u;
	VEC(u16) u = {0};
	i32 x = -1;

	for (; left; left--) {
		x = get(c);
		if (x < 0 || (set ? !in_set(set, x) : !chars && is_blank(x)))
			break;
		vec_push(&u, (u16)x);
	}
	if (left)
		unget(c, x);
	if (!u.n || (chars && left))
		ok = false;
	else if (!f->drop)
		ok = put_text(c, f, u.p, u.n, !chars);
	vec_free(&u);
	return ok;
}

/* One field; *set is raised when it was stored. */
static bool scan_field(Scan *c, const Field *f, const Set *set, i32 *fields)
{
	bool ok;

	if (f->kind == 'n') {
		if (!f->drop)
			store(c, next_arg(c), c->taken, f->size);
		return true;
	}
	if (f->kind != 'c' && f->kind != 'C' && f->kind != '[')
		skip_blanks(c);
	i32 x = get(c);
	c->over = x < 0;
	unget(c, x);
	if (c->over)
		return false;
	switch (f->kind) {
	case 'd': case 'i': case 'u': case 'x': case 'X': case 'o': case 'p':
		ok = scan_integer(c, f);
		break;
	case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case 'a': case 'A':
		ok = scan_real(c, f);
		break;
	case 's': case 'S': case 'c': case 'C': case '[':
		ok = scan_text(c, f, set);
		break;
	default:
		return false;
	}
	*fields += ok && !f->drop;
	return ok;
}

static bool match(Scan *c, u16 want)
{
	i32 x = get(c);

	if (x == want)
		return true;
	unget(c, x);
	c->over = x < 0;
	return false;
}

i32 crt_scan(WThread *t, u32 flags, CSource *s, u64 format, u64 va)
{
	bool wide = flags & CF_WIDE, ok = true;
	u64 n = wide ? mem_wcslen(t, format) : mem_strlen(t, format);
	u16 *text = xcalloc(n + 1, sizeof *text);
	Scan c = {.t = t, .flags = flags, .s = s, .va = va};
	i32 fields = 0;

	for (u64 i = 0; i < n; i++)
		text[i] = wide ? ld16(mem_in(t, format + 2 * i, 2)) : *(u8 *)mem_in(t, format + i, 1);
	for (const u16 *p = text; ok && *p;) {
		Field f;
		Set set;
		if (is_blank(*p)) {
			skip_blanks(&c);
			p++;
		} else if (*p != '%') {
			ok = match(&c, *p++);
		} else if (p[1] == '%') {
			skip_blanks(&c);
			ok = match(&c, '%');
			p += 2;
		} else {
			p = read_field(p + 1, &f, t);
			if (f.kind == '[')
				p = read_set(p, &set);
			ok = scan_field(&c, &f, f.kind == '[' ? &set : NULL, &fields);
		}
	}
	free(text);
	return !fields && c.over ? -1 : fields;
}

/* ---- sources --------------------------------------------------------------------------------------------------------- */

static i32 from_memory(CSource *s)
{
	if (s->at >= s->end)
		return -1;
	i32 c = s->wide ? ld16(mem_in(s->t, s->at, 2)) : *(u8 *)mem_in(s->t, s->at, 1);
	if (!c)
		return -1;
	s->at += s->wide ? 2 : 1;
	return c;
}

static void to_memory(CSource *s, i32 c)
{
	s->at -= s->wide ? 2 : 1;
}

static i32 from_stream(CSource *s)
{
	if (!s->wide)
		return crt_getc(s->file);
	u32 c = crt_getwc(s->file);
	return c == CRT_EOF ? -1 : (i32)c;
}

static void to_stream(CSource *s, i32 c)
{
	s->file->back = c + 1;
}

static u64 scan_memory(WThread *t, u32 flags, u64 at, u64 units, u64 format, u64 va)
{
	bool wide = flags & CF_WIDE;
	CSource s = {.next = from_memory, .back = to_memory, .t = t, .at = at, .wide = wide};

	s.end = units > (~(u64)0 - at) / 2 ? ~(u64)0 : at + units * (wide ? 2 : 1);
	return (u64)(i64)crt_scan(t, flags, &s, format, va);
}

static u64 scan_stream(WThread *t, u32 flags, CFile *f, u64 format, u64 va)
{
	CSource s = {.next = from_stream, .back = to_stream, .t = t, .file = f, .wide = flags & CF_WIDE};
	u64 r = f ? (u64)(i64)crt_scan(t, flags, &s, format, va) : (u64)-1;

	crt_done(f);
	return r;
}

enum { ALL = -1, OLD = CF_MSVCRT, OLD_S = CF_MSVCRT | CF_SECURE, OLD_W = CF_MSVCRT | CF_WIDE, OLD_WS = OLD_W | CF_SECURE };

u64 w_sscanf(WThread *t, const u64 *a) { return scan_memory(t, OLD, a[0], (u64)ALL, a[1], t->va); }
u64 w_sscanf_s(WThread *t, const u64 *a) { return scan_memory(t, OLD_S, a[0], (u64)ALL, a[1], t->va); }
u64 w_vsscanf(WThread *t, const u64 *a) { return scan_memory(t, OLD, a[0], (u64)ALL, a[1], a[2]); }
u64 w_swscanf(WThread *t, const u64 *a) { return scan_memory(t, OLD_W, a[0], (u64)ALL, a[1], t->va); }
u64 w_swscanf_s(WThread *t, const u64 *a) { return scan_memory(t, OLD_WS, a[0], (u64)ALL, a[1], t->va); }
u64 w_fscanf(WThread *t, const u64 *a) { return scan_stream(t, OLD, crt_file(t, a[0]), a[1], t->va); }
u64 w_fscanf_s(WThread *t, const u64 *a) { return scan_stream(t, OLD_S, crt_file(t, a[0]), a[1], t->va); }
u64 w_vfscanf(WThread *t, const u64 *a) { return scan_stream(t, OLD, crt_file(t, a[0]), a[1], a[2]); }
u64 w_fwscanf(WThread *t, const u64 *a) { return scan_stream(t, OLD_W, crt_file(t, a[0]), a[1], t->va); }
u64 w_scanf(WThread *t, const u64 *a) { return scan_stream(t, OLD, crt_std(t, 0), a[0], t->va); }
u64 w_scanf_s(WThread *t, const u64 *a) { return scan_stream(t, OLD_S, crt_std(t, 0), a[0], t->va); }
u64 w_wscanf(WThread *t, const u64 *a) { return scan_stream(t, OLD_W, crt_std(t, 0), a[0], t->va); }

/* The options of __stdio_common_*scanf: 1 secure, 2 legacy wide specifiers, 4 as msvcrt. */
static u32 scan_flags(WThread *t, u64 options)
{
	bool wide = strstr(t->row->name, "wscanf") != NULL;

	return (wide ? (u32)CF_WIDE : 0) | (options & 1 ? (u32)CF_SECURE : 0) | (options & 2 ? CF_WIDE_LEGACY : 0) | (options & 4 ? CF_MSVCRT : 0);
}

u64 w_stdio_vsscanf(WThread *t, const u64 *a) { return scan_memory(t, scan_flags(t, a[0]), a[1], a[2], a[3], a[5]); }
u64 w_stdio_vfscanf(WThread *t, const u64 *a) { return scan_stream(t, scan_flags(t, a[0]), crt_file(t, a[1]), a[2], a[4]); }
