/* The C library: numbers in text, and text of numbers. */
#include "crt.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <sys/random.h>

/* The beginning of a guest's text as bytes: what is not ASCII ends a number. */
static char *text_of(WThread *t, u64 at, bool wide, char *small, size_t size)
{
	size_t n = 0;
	u32 c;

	for (; n + 1 < size; n++) {
		c = wide ? ld16(mem_in(t, at + 2 * n, 2)) : *(u8 *)mem_in(t, at + n, 1);
		if (!c || c > 127)
			break;
		small[n] = (char)c;
	}
	small[n] = 0;
	return small;
}

enum { DIGITS = 2000 };

/* Spaces, sign, and for whom it is: `wide` texts have units of two bytes. */
static u64 scan_integer(WThread *t, u64 at, u64 end_at, int base, bool wide, bool is_signed, u32 bits)
{
	char s[DIGITS], *p = s, *end;
	u64 most = ~(u64)0 >> (64 - bits), least = is_signed ? (u64)1 << (bits - 1) : 0;

	text_of(t, at, wide, s, sizeof s);
	while (isspace((u8)*p))
		p++;
	bool minus = *p == '-';
	errno = 0;
	char *digits = p + (*p == '-' || *p == '+');
	u64 v = isalnum((u8)*digits) ? strtoull(digits, &end, base) : (end = s, 0);
	if (end == digits)
		end = s;
	if (end_at)
		mem_put_word(t, end_at, at + (u64)(end - s) * (wide ? 2 : 1));
	u64 limit = !is_signed ? most : minus ? least : least - 1;
	if (errno == ERANGE || v > limit) {
		crt_errno(t, ERANGE);
		return !is_signed ? most : minus ? 0 - least : least - 1;
	}
	return minus ? 0 - v : v;
}

static bool from_wide(const WThread *t) { return t->row->name[0] == 'w' || strstr(t->row->name, "wc") || strstr(t->row->name, "wto"); }

u64 w_atoi(WThread *t, const u64 *a) { return scan_integer(t, a[0], 0, 10, from_wide(t), true, 32); }
u64 w_atoi64(WThread *t, const u64 *a) { return scan_integer(t, a[0], 0, 10, from_wide(t), true, 64); }
u64 w_strtol(WThread *t, const u64 *a) { return scan_integer(t, a[0], a[1], (int)a[2], from_wide(t), true, 32); }
u64 w_strtoul(WThread *t, const u64 *a) { return scan_integer(t, a[0], a[1], (int)a[2], from_wide(t), false, 32); }
u64 w_strtoi64(WThread *t, const u64 *a) { return scan_integer(t, a[0], a[1], (int)a[2], from_wide(t), true, 64); }
u64 w_strtoui64(WThread *t, const u64 *a) { return scan_integer(t, a[0], a[1], (int)a[2], from_wide(t), false, 64); }

double crt_number(const char *s, size_t *used)
{
	char *end;
	const char *p = s + strspn(s, " \t\n\v\f\r");

	/* Names of what is no number are known, but not with a tail in parentheses. */
	double d = strtod(p, &end);
	*used = end == p ? 0 : (size_t)(end - s);
	return d;
}

static double scan_real(WThread *t, u64 at, u64 end_at, bool wide)
{
	char s[DIGITS];
	size_t used;

	text_of(t, at, wide, s, sizeof s);
	errno = 0;
	double d = crt_number(s, &used);
	if (errno == ERANGE && (isinf(d) || d == 0))
		crt_errno(t, ERANGE);
	if (end_at)
		mem_put_word(t, end_at, at + used * (wide ? 2 : 1));
	return d;
}

u64 w_atof(WThread *t, const u64 *a) { return f64_u64(scan_real(t, a[0], 0, from_wide(t))); }
u64 w_strtod(WThread *t, const u64 *a) { return f64_u64(scan_real(t, a[0], a[1], from_wide(t))); }
u64 w_strtof(WThread *t, const u64 *a) { return f32_u32((float)scan_real(t, a[0], a[1], from_wide(t))); }

u64 w_atodbl(WThread *t, const u64 *a)
{
	mem_put_u64(t, a[0], f64_u64(scan_real(t, a[1], 0, false)));
	return 0;
}

/* ---- text of numbers ----------------------------------------------------------------------------------------- */

static u32 digits_of(u64 v, u32 base, bool minus, char *out)
{
	char s[66];
	u32 n = 0, k = 0;

	do
		s[n++] = "0123456789abcdefghijklmnopqrstuvwxyz"[v % base];
	while (v /= base);
	if (minus)
		s[n++] = '-';
	while (n)
		out[k++] = s[--n];
	out[k] = 0;
	return k;
}

static void put_text(WThread *t, u64 at, const char *s, u32 n, bool wide)
{
	u8 *p = mem_out(t, at, (n + 1) * (wide ? 2 : 1));

	for (u32 i = 0; i <= n; i++) {
		if (wide)
			st16(p + 2 * i, (u8)s[i]);
		else
			p[i] = (u8)s[i];
	}
}

static u64 to_text(WThread *t, u64 v, u64 at, u64 base, bool is_signed, u32 bits)
{
	char s[70];
	bool minus = is_signed && base == 10 && (i64)v < 0;

	if (base < 2 || base > 36)
		return at;
	v = minus ? 0 - v : bits == 32 ? (u32)v : v;
	put_text(t, at, s, digits_of(v, (u32)base, minus, s), strchr(t->row->name, 'w') != NULL);
	return at;
}

u64 w_itoa(WThread *t, const u64 *a) { return to_text(t, a[0], a[1], a[2], true, 32); }
u64 w_ultoa(WThread *t, const u64 *a) { return to_text(t, a[0], a[1], a[2], false, 32); }
u64 w_i64toa(WThread *t, const u64 *a) { return to_text(t, a[0], a[1], a[2], true, 64); }
u64 w_ui64toa(WThread *t, const u64 *a) { return to_text(t, a[0], a[1], a[2], false, 64); }

static u64 to_text_s(WThread *t, const u64 *a, bool is_signed, u32 bits)
{
	char s[70];
	bool minus = is_signed && a[3] == 10 && (i64)a[0] < 0;
	u64 v = minus ? 0 - a[0] : bits == 32 ? (u32)a[0] : a[0];

	if (!a[1] || a[3] < 2 || a[3] > 36 || digits_of(v, (u32)a[3], minus, s) >= a[2]) {
		crt_errno(t, a[1] ? ERANGE : EINVAL);
		crt_invalid(t);
		return a[1] ? ERANGE : EINVAL;
	}
	put_text(t, a[1], s, (u32)strlen(s), strchr(t->row->name, 'w') != NULL);
	return 0;
}

u64 w_itoa_s(WThread *t, const u64 *a) { return to_text_s(t, a, true, 32); }
u64 w_ultoa_s(WThread *t, const u64 *a) { return to_text_s(t, a, false, 32); }
u64 w_i64toa_s(WThread *t, const u64 *a) { return to_text_s(t, a, true, 64); }
u64 w_ui64toa_s(WThread *t, const u64 *a) { return to_text_s(t, a, false, 64); }

/* _gcvt(value, digits, buffer): %g, whose exponent has three digits and no point at the end is missing. */
u64 w_gcvt(WThread *t, const u64 *a)
{
	char s[400];
	u32 n = (u32)snprintf(s, sizeof s, "%.*g", (int)MIN(MAX((i32)a[1], 1), 300), u64_f64(a[0]));

	if (!strpbrk(s, ".en"))
		s[n++] = '.', s[n] = 0;
	put_text(t, a[2], s, n, false);
	return a[2];
}

/* Digits without a point: of %e (ecvt) or %f (fcvt); where the point belongs; the sign. */
static u64 digits(WThread *t, const u64 *a, bool fixed)
{
	static u64 buffer;
	char s[700], out[700];
	double d = fabs(u64_f64(a[0]));
	int count = MIN(MAX((i32)a[1], 0), 300), point = 0;
	u32 n = 0;

	if (!buffer)
		buffer = wheap_zalloc(t, 1024);
	snprintf(s, sizeof s, fixed ? "%.*f" : "%.*e", fixed ? count : MAX(count - 1, 0), d);
	const char *dot = strchr(s, '.'), *e = strchr(s, 'e');
	point = fixed ? (int)(dot ? dot - s : (long)strlen(s)) : d == 0 ? 0 : atoi(e + 1) + 1;
	for (const char *p = s; *p && *p != 'e'; p++)
		if (*p != '.')
			out[n++] = *p;
	const char *from = out;
	while (fixed && n > 1 && *from == '0' && point > 0 && point < (int)n + 1 && d != 0 && d < 1) {
		from++, n--, point--;
		while (n > 0 && *from == '0')
			from++, n--, point--;
	}
	put_text(t, buffer, from, 0, false);
	memcpy(mem_out(t, buffer, n), from, n);
	*(u8 *)mem_out(t, buffer + n, 1) = 0;
	mem_put_u32(t, a[2], (u32)point);
	mem_put_u32(t, a[3], signbit(u64_f64(a[0])) != 0);
	return buffer;
}

u64 w_ecvt(WThread *t, const u64 *a) { return digits(t, a, false); }
u64 w_fcvt(WThread *t, const u64 *a) { return digits(t, a, true); }

/* ---- whole numbers --------------------------------------------------------------------------------------------- */

u64 w_abs(WThread *t, const u64 *a) { return (u32)((i64)a[0] < 0 ? 0 - a[0] : a[0]); }
u64 w_abs64(WThread *t, const u64 *a) { return (i64)a[0] < 0 ? 0 - a[0] : a[0]; }

/* div_t is returned in a register pair as one number of 64 bits: the quotient below. */
u64 w_div(WThread *t, const u64 *a)
{
	i32 x = (i32)a[0], y = (i32)a[1];

	if (!y || (x == INT32_MIN && y == -1))
		return 0;
	return (u32)(x / y) | (u64)(u32)(x % y) << 32;
}

u64 w_rotl(WThread *t, const u64 *a) { return (u32)((u32)a[0] << (a[1] & 31) | (u64)(u32)a[0] >> (32 - (a[1] & 31))); }
u64 w_rotr(WThread *t, const u64 *a) { return (u32)((u64)(u32)a[0] >> (a[1] & 31) | (u64)(u32)a[0] << (32 - (a[1] & 31))); }
u64 w_rotl64(WThread *t, const u64 *a) { return a[0] << (a[1] & 63) | a[0] >> (-a[1] & 63); }
u64 w_rotr64(WThread *t, const u64 *a) { return a[0] >> (a[1] & 63) | a[0] << (-a[1] & 63); }
u64 w_byteswap_ushort(WThread *t, const u64 *a) { return __builtin_bswap16((u16)a[0]); }
u64 w_byteswap_ulong(WThread *t, const u64 *a) { return __builtin_bswap32((u32)a[0]); }
u64 w_byteswap_uint64(WThread *t, const u64 *a) { return __builtin_bswap64(a[0]); }

/* Microsoft's generator: programs that print what it gives expect these numbers.  Each thread has its own. */
static _Thread_local u32 rand_state = 1;

u64 w_srand(WThread *t, const u64 *a)
{
	rand_state = (u32)a[0];
	return 0;
}

u64 w_rand(WThread *t, const u64 *a)
{
	rand_state = rand_state * 214013 + 2531011;
	return rand_state >> 16 & 0x7fff;
}

u64 w_rand_s(WThread *t, const u64 *a)
{
	u8 raw[4];

	if (!a[0] || getrandom(raw, sizeof raw, 0) != sizeof raw)
		return EINVAL;
	memcpy(mem_out(t, a[0], 4), raw, 4);
	return 0;
}
