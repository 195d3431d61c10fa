/* Unit tests of vector operations: the rows' text and types, published examples, softfp against the host.  Each row
 * against a real processor: tests/x86/fuzz. */
#include "pvm/ocode/softfp.h"
#include "pvm/ocode/ocode.h"

#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

static u64 seed = 1;

static u64 rnd(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return seed ^ seed >> 29;
}

static OVec vec(OVop row, OVec a, OVec b, OVec c, u32 n)
{
	OVec d;
	u32 fpc = 0;

	ocode_vec(row, &d, &a, &b, &c, n, &fpc);
	return d;
}

/* ---- text and types ------------------------------------------------------------------------------------- */

static OVal operand(OFunc *f, u32 b, char letter)
{
	return letter == 'v' ? ocode_emit(f, b, O_GET, OT_V128, 0, 0, 0, REG_SLOT(64)) :
		ocode_emit_const(f, b, letter == 'i' ? OT_I32 : OT_I64, 5);
}

/* A function with the row alone, from the register file to the register file. */
static OFunc *with_row(OVop row, OVal *at)
{
	const OVopInfo *i = &ocode_vops[row];
	OFunc *f = ocode_new("row", 1, OT_VOID);
	u32 b = ocode_block(f);
	OVal v[3] = {0};

	vec_push(&f->order, b);
	for (u32 k = 0; k < i->args; k++)
		v[k] = operand(f, b, i->sig[2 + k]);
	if (i->args < 3 && strchr(i->sig, 'n'))
		v[2] = 3;
	*at = ocode_emit(f, b, ocode_vop_op(row), i->sig[0] == 'v' ? OT_V128 : i->sig[0] == 'i' ? OT_I32 : OT_I64, row, v[0], v[1], v[2]);
	ocode_emit(f, b, O_PUT, OT_VOID, 0, *at, 0, REG_SLOT(68));
	ocode_emit(f, b, O_RET, OT_VOID, 0, 0, 0, 0);
	return f;
}

static void test_rows(void **state)
{
	for (u32 row = 0; row < VO_COUNT; row++) {
		OVal at;
		OFunc *f = with_row((OVop)row, &at);
		Buf a = {0}, b = {0};
		Err e = {0};
		if (!ocode_check(f, &e))
			fail_msg("%s", e.msg);
		ocode_print(f, &a);
		buf_u8(&a, 0);
		const char *text = (const char *)a.p;
		OFunc *g = ocode_parse(&text, &e);
		if (!g)
			fail_msg("%s", e.msg);
		ocode_print(g, &b);
		buf_u8(&b, 0);
		assert_string_equal((char *)a.p, (char *)b.p);
		f->ins.p[at].aux = VO_COUNT;
		assert_false(ocode_check(f, &e));
		f->ins.p[at].aux = (u16)row;
		f->ins.p[at].type = OT_F64;
		assert_false(ocode_check(f, &e));
		buf_free(&a);
		buf_free(&b);
		ocode_free(f);
		ocode_free(g);
	}
}

/* The evaluator gives what the row's function gives, and leaves the sticky flags. */
static void test_eval(void **state)
{
	static Regfile t;

	for (u32 row = 0; row < VO_COUNT; row++) {
		OVal at;
		OFunc *f = with_row((OVop)row, &at);
		const OVopInfo *i = &ocode_vops[row];
		OEvalEnv env = {.t = &t};
		OVec v = {{rnd(), rnd()}}, five = {{5, 0}}, want;
		u32 fpc = 0x1f80;
		t.slot[64] = v.q[0];
		t.slot[65] = v.q[1];
		t.slot[68] = t.slot[69] = 0;
		t.slot[REG_FPC] = 0x1f80;
		ocode_eval(&env, f, NULL);
		ocode_vec((OVop)row, &want, i->sig[2] == 'v' ? &v : &five, i->sig[3] == 'v' ? &v : &five, &v, 3, &fpc);
		assert_true(t.slot[68] == want.q[0]);
		assert_true(i->sig[0] != 'v' || t.slot[69] == want.q[1]);
		assert_int_equal(t.slot[REG_FPC], i->flags & V_FP ? fpc : 0x1f80);
		ocode_free(f);
	}
}

/* ---- published examples --------------------------------------------------------------------------------- */

static OVec bytes(const char *hex)
{
	OVec v = {{0, 0}};

	for (u32 k = 0; k < 16; k++) {
		char two[3] = {hex[2 * k], hex[2 * k + 1], 0};
		v.q[k / 8] |= (u64)strtoul(two, NULL, 16) << 8 * (k % 8);
	}
	return v;
}

static bool same(OVec a, OVec b) { return a.q[0] == b.q[0] && a.q[1] == b.q[1]; }

/* FIPS 197, appendix B. */
static void test_aes(void **state)
{
	static const u8 rcon[10] = {1, 2, 4, 8, 16, 32, 64, 128, 0x1b, 0x36};
	OVec none = {{0, 0}}, key[11], s = bytes("3243f6a8885a308d313198a2e0370734"), plain = s;

	key[0] = bytes("2b7e151628aed2a6abf7158809cf4f3c");
	for (u32 k = 0; k < 10; k++) {
		OVec a = key[k], t = vec(VO_PXOR, a, vec(VO_PSLLDQ, a, none, none, 4), none, 0);
		t = vec(VO_PXOR, t, vec(VO_PSLLDQ, t, none, none, 8), none, 0);
		key[k + 1] = vec(VO_PXOR, t, vec(VO_PSHUFD, vec(VO_AESKEYGENASSIST, a, none, none, rcon[k]), none, none, 0xff), none, 0);
	}
	s = vec(VO_PXOR, s, key[0], none, 0);
	for (u32 k = 1; k < 10; k++)
		s = vec(VO_AESENC, s, key[k], none, 0);
	s = vec(VO_AESENCLAST, s, key[10], none, 0);
	assert_true(same(s, bytes("3925841d02dc09fbdc118597196a0b32")));
	s = vec(VO_PXOR, s, key[10], none, 0);
	for (u32 k = 9; k > 0; k--)
		s = vec(VO_AESDEC, s, vec(VO_AESIMC, key[k], none, none, 0), none, 0);
	assert_true(same(vec(VO_AESDECLAST, s, key[0], none, 0), plain));
}

/* ---- softfp against the host's arithmetic --------------------------------------------------------------------- */

static double number(void)
{
	static const double v[] = {0.0, 1.0, 0.5, 3.0, 0x1p-1022, 0x1p-1074, 0x1.fffffffffffffp1023, INFINITY, 0x1.8p-1030, 1e308, 7e-310};
	u64 r = rnd();
	double d = r & 3 ? u64_f64(r & 4 ? rnd() : (rnd() & 0x800fffffffffffff) | (u64)(1000 + rnd() % 48) << 52) : v[(r >> 8) % COUNT(v)];

	return r & 8 ? -d : d;
}

static bool agree(u64 got, volatile double want)
{
	return isnan(want) ? sf_is_nan(&sf64, got) : got == f64_u64(want);
}

static u32 host_flags(void)
{
	int e = fetestexcept(FE_ALL_EXCEPT);

	return (e & FE_INVALID ? FPC_INVALID : 0) | (e & FE_DIVBYZERO ? FPC_DIVZERO : 0) | (e & FE_OVERFLOW ? FPC_OVERFLOW : 0) |
		(e & FE_UNDERFLOW ? FPC_UNDERFLOW : 0) | (e & FE_INEXACT ? FPC_INEXACT : 0);
}

/* Results, and but for hosts that find tiny numbers before rounding, flags. */
static void test_arithmetic(void **state)
{
	static const int mode[4] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};

	for (u32 k = 0; k < 400000; k++) {
		volatile double a = number(), b = number(), c = number(), want[6];
		u32 rc = k & 3;
		u64 x = f64_u64(a), y = f64_u64(b), z = f64_u64(c);
		for (u32 op = 0; op < 6; op++) {
			u32 csr = rc << FPC_ROUND_SHIFT | FPC_MASKS;
			u64 got = op == 0 ? sf_add(&sf64, x, y, &csr) : op == 1 ? sf_sub(&sf64, x, y, &csr) : op == 2 ? sf_mul(&sf64, x, y, &csr) :
				op == 3 ? sf_div(&sf64, x, y, &csr) : op == 4 ? sf_sqrt(&sf64, x, &csr) : sf_fma(&sf64, x, y, z, false, false, &csr);
			fesetround(mode[rc]);
			feclearexcept(FE_ALL_EXCEPT);
			want[op] = op == 0 ? a + b : op == 1 ? a - b : op == 2 ? a * b : op == 3 ? a / b : op == 4 ? sqrt(a) : fma(a, b, c);
			u32 flags = host_flags();
			fesetround(FE_TONEAREST);
			if (!agree(got, want[op]))
				fail_msg("op %u mode %u: %a %a %a: %a, not %a", op, rc, a, b, c, u64_f64(got), want[op]);
#ifdef __x86_64__
			if (op != 5 && !isnan(a) && !isnan(b))
				assert_int_equal(csr & 63 & ~FPC_DENORMAL, (int)flags);
#else
			(void)flags;
#endif
		}
	}
}

static void test_conversions(void **state)
{
	for (u32 k = 0; k < 200000; k++) {
		double d = k & 1 ? number() : (double)(i64)rnd() / (double)(1 + rnd() % 1000);
		u32 csr = FPC_MASKS;
		u64 f = sf_convert(&sf64, &sf32, f64_u64(d), &csr);
		assert_true(isnan(d) ? sf_is_nan(&sf32, f) : f == f32_u32((float)d));
		if (!isnan(d) && fabs(d) < 0x1p62)
			assert_true((i64)sf_to_int(&sf64, f64_u64(d), 64, SF_ZERO, &csr) == (i64)d);
		assert_true(sf_from_int(&sf64, (i64)f64_u64(d), &csr) == f64_u64((double)(i64)f64_u64(d)));
		assert_true(agree(sf_round(&sf64, f64_u64(d), SF_DOWN, true, &csr), floor(d)));
		assert_true(agree(sf_round(&sf64, f64_u64(d), SF_NEAREST, true, &csr), nearbyint(d)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_eval),
		cmocka_unit_test(test_aes),
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_conversions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
