/* Numbers as text, byte for byte as Free Pascal 3.2.2 writes them.
 *
 * Free Pascal makes 17 correctly rounded digits first and rounds these, not the number, once more to what was
 * asked for, half away from zero.  That second rounding has one more rule: a digit 4 that stands before nothing
 * but 9s up to a last-but-one digit of 8 or 9 counts as a 5, so that 1.005 with 2 decimals gives 1.01.  The rule
 * looks at the digits that are there, and these are fewer than 17 when the number is exact or when the first
 * rounding carried. */
#include "abi.h"

enum {
	DIGITS = 17, EXP_DIGITS = 3,       /* of a real of 64 bits */
	SINGLE_DIGITS = 10, SINGLE_EXP = 2, /* of one of 32 bits */
	MAX_WIDTH = 255, MAX_DECIMALS = 216,
	SPECIAL_WIDTH = 24, /* of an infinity or NaN when no width is given */
	MORE = 100          /* enough digits to see whether a number of 4 and more is exact */
};

typedef struct Digits {
	char d[DIGITS + 1];
	int most, exp; /* digits there are at most, and digits of the exponent */
	int n;   /* digits there are */
	int dot; /* value = 0.DIGITS x 10^dot */
} Digits;

u32 format_uint(u64 u, char *out)
{
	char tmp[24];
	u32 n = 0, len = 0;

	do
		tmp[n++] = (char)('0' + u % 10);
	while (u /= 10);
	while (n)
		out[len++] = tmp[--n];
	return len;
}

u32 format_int(i64 v, char *out)
{
	if (v >= 0)
		return format_uint((u64)v, out);
	*out = '-';
	return 1 + format_uint(0 - (u64)v, out + 1);
}

/* Makes the 17 digits and finds how many of them Free Pascal has. */
static void make_digits(double d, Digits *g)
{
	char more[MORE];
	int dot;

	g->n = 0;
	g->dot = 1;
	if (d == 0)
		return;
	f64_digits(d, g->most, g->d, &g->dot);
	g->n = g->most;
	if (g->d[g->most - 1] != '0')
		return;
	f64_digits(d, MORE, more, &dot);
	if (more[g->most] >= '5') { /* carried: the zeros are gone */
		while (g->n > 1 && g->d[g->n - 1] == '0')
			g->n--;
	} else if (d >= 4 && d < 18446744073709551616.0) {
		for (int i = g->most; i < MORE; i++)
			if (more[i] != '0')
				return;
		while (g->n > 1 && g->n > g->dot && g->d[g->n - 1] == '0')
			g->n--;
	}
}

/* Whether the digits from `keep` on round up. */
static bool rounds_up(const Digits *g, int keep)
{
	if (g->d[keep] != '4' || keep >= g->n - 3 || g->d[g->n - 2] < '8')
		return g->d[keep] >= '5';
	for (int i = keep + 1; i < g->n - 2; i++)
		if (g->d[i] != '9')
			return false;
	return true;
}

/* Keeps `keep` digits (0 <= keep < n). */
static void round_digits(Digits *g, int keep)
{
	bool up = rounds_up(g, keep);

	g->n = keep;
	if (!up)
		return;
	while (g->n > 0) {
		if (++g->d[g->n - 1] <= '9')
			return;
		g->n--;
	}
	g->d[0] = '1';
	g->n = 1;
	g->dot++;
}

static u32 pad(char *out, int blanks)
{
	if (blanks <= 0)
		return 0;
	memset(out, ' ', (size_t)blanks);
	return (u32)blanks;
}

static char digit(const Digits *g, int i)
{
	return i >= 0 && i < g->n ? g->d[i] : '0';
}

/* False when the text would be longer than Free Pascal's strings. */
static bool put_fixed(Digits g, bool minus, int width, int decimals, char *out, u32 *len)
{
	int cut = g.dot + decimals;

	if (cut < 0)
		g.n = 0;
	else if (cut < g.n)
		round_digits(&g, cut);
	int before = MAX(g.dot, 1);
	if (g.n == 0)
		before = 1, g.dot = 1;
	int total = minus + before + (decimals ? decimals + 1 : 0);
	if (total > MAX_WIDTH)
		return false;
	u32 n = pad(out, width - total);
	if (minus)
		out[n++] = '-';
	for (int i = g.dot - before; i < g.dot; i++)
		out[n++] = digit(&g, i);
	if (decimals)
		out[n++] = '.';
	for (int i = g.dot; i < g.dot + decimals; i++)
		out[n++] = digit(&g, i);
	*len = n;
	return true;
}

static u32 put_exponent(Digits g, bool minus, int width, char *out)
{
	int want = width < 0 ? g.most : width - 4 - g.exp;

	want = MIN(MAX(want, 2), g.most);
	if (want < g.n)
		round_digits(&g, want);
	u32 n = pad(out, width - (want + 4 + g.exp));
	out[n++] = minus ? '-' : ' ';
	for (int i = 0; i < want; i++) {
		out[n++] = digit(&g, i);
		if (i == 0)
			out[n++] = '.';
	}
	int e = g.n ? g.dot - 1 : 0;
	out[n++] = 'E';
	out[n++] = e < 0 ? '-' : '+';
	e = e < 0 ? -e : e;
	if (g.exp == EXP_DIGITS)
		out[n++] = (char)('0' + e / 100);
	out[n++] = (char)('0' + e / 10 % 10);
	out[n++] = (char)('0' + e % 10);
	return n;
}

static u32 put_special(double d, int width, char *out)
{
	const char *s = d != d ? "Nan" : d < 0 ? "-Inf" : "+Inf";
	int len = (int)strlen(s);
	u32 n = pad(out, (width < 0 ? SPECIAL_WIDTH : width) - len);

	memcpy(out + n, s, (size_t)len);
	return n + (u32)len;
}

u32 format_real(double d, bool single, i32 width, i32 decimals, char *out)
{
	Digits g = { .most = single ? SINGLE_DIGITS : DIGITS, .exp = single ? SINGLE_EXP : EXP_DIGITS };
	u32 n;

	width = width < -1 ? 0 : MIN(width, MAX_WIDTH);
	decimals = MIN(decimals, MAX_DECIMALS);
	if (d != d || d - d != 0)
		return put_special(d, width, out);
	bool minus = f64_u64(d) >> 63;
	make_digits(minus ? -d : d, &g);
	if (decimals >= 0 && put_fixed(g, minus, width, decimals, out, &n))
		return n;
	return put_exponent(g, minus, width, out);
}
