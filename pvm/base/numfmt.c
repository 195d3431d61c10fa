/* numfmt: doubles to decimal and back, exactly.
 *
 * All of it stands on one operation: a double is m * 2^e, and so an integer times a power of ten, whose digits
 * can be written out whole (at most 770).  Rounding them, finding the shortest that still reads back, and
 * deciding which double a text is nearest to are then comparisons of digit strings, with nothing approximate
 * in them.  Steele and White, "How to print floating-point numbers accurately" (1990) and Clinger, "How to read
 * floating-point numbers accurately" (1990) treat the same questions with fractions. */
#include "base.h"

enum { WORDS = 96, DIGITS = WORDS * 9, READ_DIGITS = 800 };

/* A decimal number 0.d[0]d[1]...d[n-1] x 10^exp; no leading and no trailing zeros; n = 0 is zero. */
typedef struct Dec {
	int n, exp;
	char d[DIGITS];
} Dec;

static void dec_strip(Dec *x)
{
	while (x->n > 0 && x->d[x->n - 1] == '0')
		x->n--;
}

/* ---- the exact value --------------------------------------------------------------------------- */

/* A natural number in base 10^9, least word first. */
typedef struct Big {
	int n;
	u32 w[WORDS];
} Big;

static void big_mul(Big *b, u32 f)
{
	u64 carry = 0;

	for (int i = 0; i < b->n; i++) {
		carry += (u64)b->w[i] * f;
		b->w[i] = (u32)(carry % 1000000000u);
		carry /= 1000000000u;
	}
	if (carry)
		b->w[b->n++] = (u32)carry;
}

/* b *= base^k, as many factors at a time as fit below 2^30. */
static void big_mulpow(Big *b, u32 base, int k)
{
	int step = base == 2 ? 29 : 12;
	u32 f = base == 2 ? 1u << 29 : 244140625u;

	for (; k >= step; k -= step)
		big_mul(b, f);
	for (f = 1; k > 0; k--)
		f *= base;
	big_mul(b, f);
}

static void put9(char *out, u32 v)
{
	for (int i = 8; i >= 0; i--, v /= 10)
		out[i] = (char)('0' + v % 10);
}

/* x = m * 2^e, exactly.  m < 2^56, -1076 <= e <= 971. */
static void dec_exact(Dec *x, u64 m, int e)
{
	Big b = {0};
	char top[9];
	int skip = 0;

	x->n = x->exp = 0;
	if (!m)
		return;
	/* Fewer factors to multiply by: an even m takes twos off a negative exponent. */
	for (; e < 0 && !(m & 1); e++)
		m >>= 1;
	for (; m; m /= 1000000000u)
		b.w[b.n++] = (u32)(m % 1000000000u);
	big_mulpow(&b, e < 0 ? 5 : 2, e < 0 ? -e : e); /* m / 2^k = m * 5^k / 10^k */
	put9(top, b.w[b.n - 1]);
	while (top[skip] == '0')
		skip++;
	x->n = 9 - skip;
	memcpy(x->d, top + skip, (size_t)x->n);
	for (int i = b.n - 2; i >= 0; i--, x->n += 9)
		put9(x->d + x->n, b.w[i]);
	x->exp = x->n + (e < 0 ? e : 0);
	dec_strip(x);
}

/* |d| = *m * 2^result. */
static int split(u64 bits, u64 *m)
{
	int e = (int)(bits >> 52 & 0x7ff);

	*m = bits & 0xfffffffffffffull;
	if (!e)
		return -1074;
	*m |= 1ull << 52;
	return e - 1075;
}

/* ---- writing ----------------------------------------------------------------------------------- */

/* Adds one unit to the last of x's digits. */
static void dec_up(Dec *x)
{
	while (x->n > 0 && x->d[x->n - 1] == '9')
		x->n--;
	if (x->n > 0) {
		x->d[x->n - 1]++;
	} else {
		x->d[x->n++] = '1';
		x->exp++;
	}
}

/* Keeps `keep` digits; a tie goes to the even one. */
static void dec_round(Dec *x, int keep)
{
	bool up;

	if (keep >= x->n)
		return;
	if (keep < 0) {
		x->n = 0;
		return;
	}
	up = x->d[keep] > '5' || (x->d[keep] == '5' && (x->n > keep + 1 || (keep > 0 && (x->d[keep - 1] & 1))));
	x->n = keep;
	if (up)
		dec_up(x);
	dec_strip(x);
}

void f64_digits(double d, int ndigits, char *digits, int *exp10)
{
	Dec x;
	u64 m;
	int e = split(f64_u64(d), &m);

	dec_exact(&x, m, e);
	dec_round(&x, ndigits);
	memcpy(digits, x.d, (size_t)x.n);
	memset(digits + x.n, '0', (size_t)(ndigits - x.n));
	*exp10 = x.exp;
}

int f64_fixed(double d, int places, char *out)
{
	Dec x;
	u64 m;
	int e = split(f64_u64(d), &m), n = 0;

	dec_exact(&x, m, e);
	dec_round(&x, x.exp + places);
	if (!x.n)
		x.exp = 0;
	if (x.exp <= 0)
		out[n++] = '0';
	for (int i = 0; i < x.exp; i++)
		out[n++] = i < x.n ? x.d[i] : '0';
	if (places > 0)
		out[n++] = '.';
	for (int i = x.exp; i < x.exp + places; i++)
		out[n++] = i >= 0 && i < x.n ? x.d[i] : '0';
	return n;
}

/* -1, 0, 1 as a < b, a = b, a > b. */
static int dec_cmp(const Dec *a, const Dec *b)
{
	int c;

	if (!a->n || !b->n)
		return (a->n > 0) - (b->n > 0);
	if (a->exp != b->exp)
		return a->exp < b->exp ? -1 : 1;
	c = memcmp(a->d, b->d, (size_t)MIN(a->n, b->n));
	return c ? (c < 0 ? -1 : 1) : (a->n > b->n) - (a->n < b->n);
}

/* Is x between the neighbours' midpoints?  An even mantissa wins the ties, so that its ends belong to it. */
static bool within(const Dec *lo, const Dec *x, const Dec *hi, bool ends)
{
	int l = dec_cmp(lo, x), h = dec_cmp(x, hi);

	return ends ? l <= 0 && h <= 0 : l < 0 && h < 0;
}

/* Of the n-digit decimals only v's two neighbours can be the answer; the first n at which one of them
 * still reads back as v is the shortest. */
int f64_shortest(double d, char digits[18], int *exp10)
{
	Dec v, lo, hi, down, up, near;
	u64 m;
	int e = split(f64_u64(d), &m), n;
	bool ends = !(m & 1), narrow = m == 1ull << 52 && e > -1074;

	dec_exact(&v, m, e);
	dec_exact(&lo, 4 * m - (narrow ? 1 : 2), e - 2); /* below a power of two the doubles lie closer */
	dec_exact(&hi, 4 * m + 2, e - 2);
	for (n = 1; n < 17 && n < v.n; n++) {
		down = v;
		down.n = n;
		up = down;
		dec_up(&up);
		dec_strip(&down);
		near = v;
		dec_round(&near, n);
		if (within(&lo, &near, &hi, ends))
			break;
		near = dec_cmp(&near, &down) == 0 ? up : down;
		if (within(&lo, &near, &hi, ends))
			break;
	}
	if (n >= 17 || n >= v.n) {
		near = v;
		dec_round(&near, 17);
	}
	memcpy(digits, near.d, (size_t)near.n);
	digits[near.n] = 0;
	*exp10 = near.exp;
	return near.n;
}

/* ---- reading ----------------------------------------------------------------------------------- */

static bool digit(const char *s, size_t n, size_t i)
{
	return i < n && s[i] >= '0' && s[i] <= '9';
}

/* Takes a digit in.  Beyond READ_DIGITS only "something follows" matters: no midpoint of two doubles has
 * so many digits. */
static void dec_push(Dec *x, char c)
{
	if (x->n < READ_DIGITS)
		x->d[x->n++] = c;
	else if (c != '0')
		x->d[READ_DIGITS - 1] |= 1;
}

/* [digits] of the mantissa; false when it has none. */
static bool scan_digits(const char *s, size_t n, size_t *i, Dec *x, i64 *exp, bool fraction)
{
	size_t from = *i;

	for (; digit(s, n, *i); ++*i) {
		if (x->n || s[*i] != '0') {
			dec_push(x, s[*i]);
			*exp += !fraction;
		} else {
			*exp -= fraction;
		}
	}
	return *i > from;
}

static bool scan_exponent(const char *s, size_t n, size_t *i, i64 *exp)
{
	i64 v = 0;
	bool minus = false;

	++*i;
	if (*i < n && (s[*i] == '+' || s[*i] == '-'))
		minus = s[(*i)++] == '-';
	if (!digit(s, n, *i))
		return false;
	for (; digit(s, n, *i); ++*i)
		v = MIN(v * 10 + (s[*i] - '0'), (i64)1 << 50);
	*exp += minus ? -v : v;
	return true;
}

static bool scan(const char *s, size_t n, bool *minus, Dec *x)
{
	size_t i = 0;
	i64 exp = 0;

	x->n = 0;
	*minus = n > 0 && s[0] == '-';
	if (n > 0 && (s[0] == '+' || s[0] == '-'))
		i++;
	if (!scan_digits(s, n, &i, x, &exp, false))
		return false;
	if (i < n && s[i] == '.') {
		i++;
		if (!scan_digits(s, n, &i, x, &exp, true))
			return false;
	}
	if (i < n && (s[i] == 'e' || s[i] == 'E') && !scan_exponent(s, n, &i, &exp))
		return false;
	x->exp = (int)MAX(MIN(exp, 100000), -100000);
	dec_strip(x);
	return i == n;
}

static const double ten[] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
};

/* A few units off at most; infinite or zero at the ends of the range. */
static double guess(const Dec *x)
{
	u64 m = 0;
	int i, e;
	double d;

	for (i = 0; i < x->n && i < 19; i++)
		m = m * 10 + (u64)(x->d[i] - '0');
	d = (double)m;
	for (e = x->exp - i; e > 22; e -= 22)
		d *= 1e22;
	for (; e < -22; e += 22)
		d /= 1e22;
	return e < 0 ? d / ten[-e] : d * ten[e];
}

/* Compares x with the point halfway between the double of these bits and the next. */
static int cmp_half(const Dec *x, u64 bits)
{
	Dec half;
	u64 m;
	int e = split(bits, &m);

	dec_exact(&half, 2 * m + 1, e - 1);
	return dec_cmp(x, &half);
}

/* The nearest double: the bits of doubles are in order, so search from the guess outwards for the first
 * whose upper midpoint is not below x.  The guess decides how long it takes, not what comes out. */
static u64 nearest(const Dec *x)
{
	const u64 max = 0x7fefffffffffffffull;
	u64 lo = 0, hi = max + 1, mid = MIN(f64_u64(guess(x)), max), step = 1;
	int c;

	while (lo < hi) {
		c = cmp_half(x, mid);
		if (c == 0)
			return mid + (mid & 1);
		if (c > 0)
			lo = mid + 1;
		else
			hi = mid;
		if (lo == 0) /* nothing known from below yet */
			mid = hi > step ? hi - step : 0;
		else if (hi == max + 1)
			mid = MIN(lo + step - 1, max);
		else
			mid = lo + (hi - lo) / 2;
		step *= 2;
	}
	return lo;
}

bool f64_parse(const char *s, size_t n, double *out)
{
	Dec x;
	bool minus;
	u64 m = 0;
	double d;

	if (!scan(s, n, &minus, &x))
		return false;
	if (!x.n || x.exp < -330) {
		d = 0;
	} else if (x.exp > 310) {
		d = u64_f64(0x7ff0000000000000ull);
	} else if (x.n <= 15 && x.exp - x.n <= 22 && x.exp - x.n >= -22) {
		/* Both factors are exact, so that the one rounding is the right one. */
		for (int i = 0; i < x.n; i++)
			m = m * 10 + (u64)(x.d[i] - '0');
		d = x.exp < x.n ? (double)m / ten[x.n - x.exp] : (double)m * ten[x.exp - x.n];
	} else {
		d = u64_f64(nearest(&x));
	}
	*out = minus ? -d : d;
	return true;
}
