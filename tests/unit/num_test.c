/* base's numbers against glibc, which rounds correctly: printf for writing, strtod for reading. */
#include "pvm/base/base.h"
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

static u64 seed = 88172645463325252ull;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

/* The corners: powers of two and ten with neighbours, the ends of the normal and the subnormal range. */
static u32 hard(double *v, u32 max)
{
	static const double fixed[] = {
		5e-324, 2.2250738585072014e-308, 2.2250738585072009e-308, 1.7976931348623157e308, 0.1, 0.3, 0.5, 1.5, 2.5,
		0.125, 9.5, 99.5, 999999.5, 9007199254740991.0, 9007199254740993.0, 1e23, 8.5e22, 9.999999999999999e22,
		5e-5, 123456789.0, 4503599627370497.5, 2.5e-5, 0.99999999999999989, 6.02214076e23, 2.98023223876953125e-8
	};
	u32 n = 0;

	for (u32 i = 0; i < COUNT(fixed); i++)
		v[n++] = fixed[i];
	for (u32 e = 0; e < 2047 && n + 3 < max; e++)
		for (int k = -1; k <= 1; k++)
			if (e || k > 0)
				v[n++] = u64_f64(((u64)e << 52) + (u64)(i64)k);
	for (int e = -300; e <= 300 && n + 3 < max; e++)
		for (int k = -1; k <= 1; k++) {
			char s[16];
			snprintf(s, sizeof s, "1e%d", e);
			v[n++] = u64_f64(f64_u64(strtod(s, NULL)) + (u64)(i64)k);
		}
	return n;
}

static double hardv[10000];
static u32 nhard;

/* The i-th number to try: the hard ones first, then random bits, then numbers as programs use them. */
static double pick(u32 i)
{
	u64 bits;

	if (i < nhard)
		return hardv[i];
	if (i % 3 == 0)
		return (double)(rnd() >> (rnd() % 60)) / (double)(1u << (rnd() % 30));
	if (i % 3 == 1)
		return (double)(rnd() % 100000000 + 1) / 1000.0;
	do
		bits = rnd() & 0x7fffffffffffffffull;
	while (bits >= 0x7ff0000000000000ull || !bits);
	return u64_f64(bits);
}

static void expect_text(const char *what, double d, const char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		fail_msg("%s of %a: got %s, glibc has %s", what, d, got, want);
}

static void test_digits(void **state)
{
	static const int lengths[] = { 17, 1, 2, 6, 15, 16, 18, 40, 770, 800 };

	for (u32 i = 0; i < 250000; i++) {
		char got[900], want[900], digits[801];
		int n = lengths[i < nhard ? rnd() % COUNT(lengths) : rnd() % 7], e;
		double d = pick(i);

		if (d == 0)
			continue;
		f64_digits(d, n, digits, &e);
		digits[n] = 0;
		snprintf(got, sizeof got, "%c%s%.*se%+03d", digits[0], n > 1 ? "." : "", n - 1, digits + 1, e - 1);
		snprintf(want, sizeof want, "%.*e", n - 1, d);
		expect_text("digits", d, got, want);
	}
}

static void test_fixed(void **state)
{
	static const int places[] = { 0, 1, 2, 5, 10, 17, 30, 300, 700 };

	for (u32 i = 0; i < 250000; i++) {
		char got[1100], want[1100];
		int p = places[i < nhard ? rnd() % COUNT(places) : rnd() % 7];
		double d = pick(i);
		int n = f64_fixed(d, p, got);

		got[n] = 0;
		snprintf(want, sizeof want, "%.*f", p, d);
		expect_text("fixed", d, got, want);
	}
	for (u32 i = 0; i < 1000; i++) { /* every tie of one and two places: rounds to even */
		char got[400], want[400];
		double d = i / 8.0;

		got[f64_fixed(d, (int)(i % 3), got)] = 0;
		snprintf(want, sizeof want, "%.*f", (int)(i % 3), d);
		expect_text("fixed", d, got, want);
	}
	{
		char got[400];
		assert_int_equal(f64_fixed(0, 3, got), 5);
		assert_memory_equal(got, "0.000", 5);
	}
}

/* Shortest: reads back, no shorter precision of printf does, and of that length printf's is the nearest. */
static void test_shortest(void **state)
{
	for (u32 i = 0; i < 200000; i++) {
		char digits[18], text[60], want[60];
		double d = pick(i);
		int e, n, p = 0;

		if (d == 0)
			continue;
		n = f64_shortest(d, digits, &e);
		assert_int_equal(strlen(digits), n);
		snprintf(text, sizeof text, "0.%se%d", digits, e);
		if (strtod(text, NULL) != d)
			fail_msg("shortest of %a gives %s", d, text);
		do
			snprintf(want, sizeof want, "%.*e", p, d);
		while (strtod(want, NULL) != d && ++p < 17);
		if (n > p + 1)
			fail_msg("shortest of %a: %s, but %s does", d, text, want);
		/* glibc's nearest of that length reads back too, unless d is at an uneven gap. */
		if (n == p + 1 && strtod(want, NULL) == d && fabsl(strtold(want, NULL) - (long double)d) < fabsl(strtold(text, NULL) - d))
			fail_msg("shortest of %a: %s, but %s is nearer", d, text, want);
	}
}

static void check_parse(const char *s)
{
	double got = -1, want = strtod(s, NULL);

	if (!f64_parse(s, strlen(s), &got))
		fail_msg("%s is refused", s);
	if (f64_u64(got) != f64_u64(want))
		fail_msg("%s: got %a, strtod has %a", s, got, want);
}

static void test_parse(void **state)
{
	static char s[2000];

	for (u32 i = 0; i < 250000; i++) {
		double d = pick(i);
		snprintf(s, sizeof s, "%.*e", (int)(rnd() % 20), d);
		check_parse(s);
		if (i % 8 == 0) {
			snprintf(s, sizeof s, "-%llue%d", (unsigned long long)rnd() >> rnd() % 64, (int)(rnd() % 700) - 350);
			check_parse(s);
		}
	}
}

/* The exact midpoint of two neighbours, one digit above it and one below. */
static void test_parse_halves(void **state)
{
	static char s[2000];

	for (u32 i = 0; i < nhard + 20000; i++) {
		double d = pick(i), up = u64_f64(f64_u64(d) + 1);
		int e, n;

		if (up >= INFINITY || d == 0)
			continue;
		/* long double holds the midpoint of two doubles, subnormal ones included. */
		n = snprintf(s, sizeof s, "%.800Le", ((long double)d + up) / 2);
		check_parse(s);
		e = (int)(strchr(s, 'e') - s);
		s[e - 1] = '1';
		check_parse(s);
		assert_true(n > 800);
	}
}

static void test_parse_edges(void **state)
{
	static const char *good[] = {
		"0", "-0", "+1", "00012.5000", "1e400", "-1e400", "1e-400", "0e999999999999", "1e99999999999999999999",
		"1e-99999999999999999999", "4.9406564584124654e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
		"1.7976931348623158e308", "1.7976931348623159e308", "0.000000000000000000000000000000000000001e39",
		"179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692"
		"887910946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842"
		"914819860834936475292719074168444365510704342711559699508093042880.000"
	};
	static const char *bad[] = { "", "-", "+", ".5", "5.", "e5", "1e", "1e+", "1.e5", "1x", " 1", "1 ", "--1", "0x10", "nan", "inf", "1e5.0" };
	static char big[3000];
	double d;

	for (u32 i = 0; i < COUNT(good); i++)
		check_parse(good[i]);
	for (u32 i = 0; i < COUNT(bad); i++)
		if (f64_parse(bad[i], strlen(bad[i]), &d))
			fail_msg("'%s' is taken for %g", bad[i], d);
	memset(big, '1', 2500); /* more digits than are kept, and an exponent that brings it back */
	strcpy(big + 2500, "e-2400");
	check_parse(big);
	strcpy(big, "9007199254740993."); /* a midpoint whose only excess is far behind */
	memset(big + 17, '0', 1500);
	strcpy(big + 1517, "1");
	check_parse(big);
	big[1517] = '0';
	check_parse(big);
}

static void test_minmax(void **state)
{
	double nan = u64_f64(F64_NAN), inf = INFINITY;

	assert_true(f64_u64(f64_min(0.0, -0.0)) == f64_u64(-0.0) && f64_u64(f64_min(-0.0, 0.0)) == f64_u64(-0.0));
	assert_true(f64_u64(f64_max(0.0, -0.0)) == 0 && f64_u64(f64_max(-0.0, 0.0)) == 0);
	assert_true(f64_u64(f64_max(-0.0, -0.0)) == f64_u64(-0.0) && f64_u64(f64_min(0.0, 0.0)) == 0);
	assert_true(f64_u64(f64_min(nan, 1)) == F64_NAN && f64_u64(f64_min(1, -nan)) == F64_NAN);
	assert_true(f64_u64(f64_max(nan, inf)) == F64_NAN && f64_u64(f64_max(inf, nan)) == F64_NAN);
	assert_true(f64_min(-inf, 3) == -inf && f64_max(-inf, 3) == 3 && f64_min(1, 2) == 1 && f64_max(2, 1) == 2);
	assert_true(f32_u32(f32_min(0.0f, -0.0f)) == 0x80000000u && f32_u32(f32_max(-0.0f, 0.0f)) == 0);
	assert_true(f32_u32(f32_min(NAN, 1)) == F32_NAN && f32_u32(f32_max(1, NAN)) == F32_NAN);
	assert_true(f32_min(1, 2) == 1 && f32_max(1, 2) == 2);
}

static void test_nearest(void **state)
{
	static const double v[] = { 0.5, -0.5, 1.5, 2.5, -2.5, 0.49999999999999994, 4503599627370495.5, 4503599627370497.0, 1e300, -0.0, 0.0 };

	for (u32 i = 0; i < COUNT(v); i++)
		assert_true(f64_u64(f64_nearest(v[i])) == f64_u64(rint(v[i])));
	for (u32 i = 0; i < 100000; i++) {
		double d = u64_f64(rnd());
		float f = u32_f32((u32)rnd());
		assert_true(f64_u64(f64_nearest(d)) == f64_canon(rint(d)));
		assert_true(f32_u32(f32_nearest(f)) == f32_canon(rintf(f)));
	}
	assert_true(f64_u64(f64_nearest(INFINITY)) == f64_u64(INFINITY));
}

static void test_convert(void **state)
{
	i32 i;
	u32 u;
	i64 l;
	u64 ul;

	assert_true(f64_to_i32(2147483647.9, &i) && i == INT32_MAX && !f64_to_i32(2147483648.0, &i));
	assert_true(f64_to_i32(-2147483648.9, &i) && i == INT32_MIN && !f64_to_i32(-2147483649.0, &i) && !f64_to_i32(NAN, &i));
	assert_true(f64_to_u32(-0.9, &u) && u == 0 && !f64_to_u32(-1, &u) && f64_to_u32(4294967295.9, &u) && u == UINT32_MAX);
	assert_true(!f64_to_u32(4294967296.0, &u) && !f64_to_u32(NAN, &u));
	assert_true(f64_to_i64(-9223372036854775808.0, &l) && l == INT64_MIN && !f64_to_i64(-9223372036854777856.0, &l));
	assert_true(f64_to_i64(9223372036854774784.0, &l) && l == 9223372036854774784ll && !f64_to_i64(9223372036854775808.0, &l));
	assert_true(f64_to_u64(18446744073709549568.0, &ul) && ul == 18446744073709549568ull && !f64_to_u64(18446744073709551616.0, &ul));
	assert_true(f64_to_u64(-0.5, &ul) && ul == 0 && !f64_to_u64(-1, &ul) && !f64_to_u64(INFINITY, &ul) && !f64_to_i64(NAN, &l));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digits), cmocka_unit_test(test_fixed), cmocka_unit_test(test_shortest),
		cmocka_unit_test(test_parse), cmocka_unit_test(test_parse_halves), cmocka_unit_test(test_parse_edges),
		cmocka_unit_test(test_minmax), cmocka_unit_test(test_nearest), cmocka_unit_test(test_convert)
	};

	nhard = hard(hardv, COUNT(hardv));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
