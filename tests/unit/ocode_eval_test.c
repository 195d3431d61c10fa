/* Unit tests of folding and evaluating O-code, against arithmetic in other C: exact integers in 128 bits, and
 * the host's long double where it holds every i64. */
#include "pvm/ocode/ocode.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

typedef __int128 wide;

static const u64 ints[] = {
	0, 1, 2, 3, 7, 8, 15, 31, 32, 63, 64, 100, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000,
	0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x100000000, 0x123456789abcdef0, 0x7fffffffffffffff,
	0x8000000000000000, 0x8000000000000001, 0xfffffffffffffffe, 0xffffffffffffffff,
};

static const double floats[] = {
	0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.49999999999999994, 1e-310, 5e-324, -5e-324, 1e-45, 1e300, -1e300, 1e38,
	3.4028234663852886e38, 3.4028235677973366e38, DBL_MAX, -DBL_MAX, DBL_MIN, 2147483647.0, 2147483648.0, -2147483648.0,
	-2147483649.0, 2147483647.5, -2147483648.5, 4294967295.0, 4294967296.0, 4294967295.5, -0.9, 9007199254740993.0, 9223372036854774784.0,
	9223372036854775808.0, -9223372036854775808.0, -9223372036854777856.0, 18446744073709549568.0, 18446744073709551616.0,
	INFINITY, -INFINITY, NAN, 4503599627370495.5, 4503599627370496.5, 8388607.5, 0.1,
};

/* ---- running ------------------------------------------------------------------------------------ */

static OFunc *module[8];
static jmp_buf trapped;
static u32 trap_code, trap_map;
static u64 trap_val, exit_kind, exit_pc;

static u64 on_call(OEvalEnv *env, u32 func, const u64 *args)
{
	return ocode_eval(env, module[func], args);
}

static void on_trap(OEvalEnv *env, u32 code, const OFunc *f, u32 map, const u64 *vals)
{
	trap_code = code;
	trap_map = map;
	trap_val = map && f->map.p[map].n ? vals[f->slot.p[f->map.p[map].slots].val] : 0;
	longjmp(trapped, 1);
}

static void on_exit_(OEvalEnv *env, u32 kind, u64 pc)
{
	exit_kind = kind;
	exit_pc = pc;
}

static u8 memory[256] __attribute__((aligned(16)));
static Regfile regs;
static OEvalEnv env = {.t = &regs, .call = on_call, .trap = on_trap, .exit = on_exit_, .guest_lo = 16, .guest_hi = sizeof memory};

static OFunc *parse(const char *text)
{
	Err e = {0};
	OFunc *f = ocode_parse(&text, &e);

	if (!f || !ocode_check(f, &e))
		fail_msg("%s", e.msg);
	return f;
}

/* Runs f; false when it trapped. */
static bool run(const OFunc *f, const u64 *args, u64 *out)
{
	regs.mem = memory;
	if (setjmp(trapped))
		return false;
	*out = ocode_eval(&env, f, args);
	return true;
}

static bool run_text(const char *text, u64 a, u64 b, u64 *out)
{
	OFunc *f = parse(text);
	u64 args[2] = {a, b};
	bool ok = run(f, args, out);

	ocode_free(f);
	return ok;
}

/* A function that is one operation with one or two operands. */
static OFunc *one_op(OOp op, u8 type, u8 atype, u32 aux, bool two)
{
	OFunc *f = ocode_new(ocode_ops[op].name, 0, type);
	u32 b = ocode_block(f);
	Err e = {0};

	vec_push(&f->order, b);
	vec_push(&f->param, atype);
	OVal x = ocode_param(f, b, atype), y = 0;
	if (two) {
		vec_push(&f->param, atype);
		y = ocode_param(f, b, atype);
	}
	OVal v = ocode_emit(f, b, op, type, aux, x, y, 0);
	ocode_emit(f, b, O_RET, OT_VOID, 1, v, 0, 0);
	if (!ocode_check(f, &e))
		fail_msg("%s", e.msg);
	return f;
}

/* ---- integers ----------------------------------------------------------------------------------- */

static wide sign(u64 v, u32 w)
{
	wide s = (wide)v & (((wide)1 << w) - 1);

	return s >> (w - 1) ? s - ((wide)1 << w) : s;
}

static wide unsign(u64 v, u32 w)
{
	return (wide)v & (((wide)1 << w) - 1);
}

/* In 128 bits nothing overflows.  False: not defined (a trap for the checked ones). */
static bool want_int(OOp op, u32 w, u64 x, u64 y, u64 *out)
{
	wide sa = sign(x, w), sb = sign(y, w), a = unsign(x, w), b = unsign(y, w), r = 0;
	u32 n = (u32)(b % w);
	bool fits = true;

	switch (op) {
	case O_ADD: r = sa + sb; break;
	case O_SUB: r = sa - sb; break;
	case O_MUL: r = (wide)((unsigned __int128)a * (unsigned __int128)b); break;
	case O_MULHS: r = sa * sb >> w; break;
	case O_MULHU: r = (wide)((unsigned __int128)a * (unsigned __int128)b >> w); break;
	case O_DIVS: if (!b) return false; r = sa / sb; fits = sign((u64)r, w) == r; break;
	case O_DIVU: if (!b) return false; r = a / b; break;
	case O_REMS: if (!b) return false; r = sa % sb; break;
	case O_REMU: if (!b) return false; r = a % b; break;
	case O_AND: r = a & b; break;
	case O_OR: r = a | b; break;
	case O_XOR: r = a ^ b; break;
	case O_SHL: r = (wide)((unsigned __int128)a << n); break;
	case O_SHRU: r = a >> n; break;
	case O_SHRS: r = sa >> n; break;
	case O_ROTL: for (r = a; n--;) r = unsign((u64)(r << 1), w) | (r >> (w - 1) & 1); break;
	case O_ROTR: for (r = a; n--;) r = r >> 1 | (r & 1) << (w - 1); break;
	case O_NEG: r = -sa; break;
	case O_NOT: r = -1 - sa; break;
	case O_CLZ: for (r = 0; r < w && !(a >> (w - 1 - (u32)r) & 1); r++) ; break;
	case O_CTZ: for (r = 0; r < w && !(a >> (u32)r & 1); r++) ; break;
	case O_POPCNT: for (; a; a >>= 1) r += a & 1; break;
	case O_BSWAP: for (u32 k = 0; k < w; k += 8) r = r << 8 | (a >> k & 255); break;
	case O_SEXT8: r = sign(x, 8); break;
	case O_SEXT16: r = sign(x, 16); break;
	case O_SEXT32: r = sign(x, 32); break;
	case O_ADDO: r = sa + sb; fits = sign((u64)r, w) == r; break;
	case O_SUBO: r = sa - sb; fits = sign((u64)r, w) == r; break;
	case O_MULO: r = sa * sb; fits = sign((u64)r, w) == r && r >= -((wide)1 << 63) && r < (wide)1 << 63; break;
	default: fail_msg("%s has no reference", ocode_ops[op].name);
	}
	*out = (u64)unsign((u64)r, w);
	return fits;
}

static void check_int_op(OOp op, u8 type)
{
	u32 w = ocode_type_size[type] * 8u;
	bool two = ocode_ops[op].form != OF_UN, traps = ocode_ops[op].form == OF_BINT;
	OFunc *f = one_op(op, type, type, traps ? TRAP_OVERFLOW : 0, two);

	for (u32 k = 0; k < COUNT(ints); k++)
		for (u32 j = 0; j < (two ? COUNT(ints) : 1); j++) {
			u64 args[2] = {(u64)unsign(ints[k], w), (u64)unsign(ints[j], w)}, want = 0, got = 0, folded = 0;
			bool defined = want_int(op, w, args[0], args[1], &want);
			bool fold = ocode_fold(op, type, type, 0, args[0], args[1], &folded);
			if (fold != defined || (fold && folded != want))
				fail_msg("fold %s %s %llx, %llx = %llx, not %llx", ocode_ops[op].name, ocode_type_names[type], (unsigned long long)args[0],
					(unsigned long long)args[1], (unsigned long long)folded, (unsigned long long)want);
			if (!defined && !traps)
				continue;
			assert_int_equal(run(f, args, &got), defined);
			if (defined)
				assert_true(got == want);
			else
				assert_int_equal(trap_code, TRAP_OVERFLOW);
		}
	ocode_free(f);
}

static void test_integer_ops(void **state)
{
	for (OOp op = O_ADD; op <= O_SEXT32; op++)
		for (u8 type = OT_I8; type <= OT_I64; type++) {
			u32 least = op == O_BSWAP || op == O_SEXT8 ? 2 : op == O_SEXT16 ? 4 : op == O_SEXT32 ? 8 : 1;
			if (op == O_ICMP || op == O_EXTS || op == O_EXTU || op == O_TRUNC || ocode_type_size[type] < least)
				continue;
			check_int_op(op, type);
		}
}

static bool want_icmp(u32 cc, wide sa, wide sb, wide a, wide b)
{
	switch (cc) {
	case CC_EQ: return a == b;
	case CC_NE: return a != b;
	case CC_LTS: return sa < sb;
	case CC_LES: return sa <= sb;
	case CC_GTS: return sa > sb;
	case CC_GES: return sa >= sb;
	case CC_LTU: return a < b;
	case CC_LEU: return a <= b;
	case CC_GTU: return a > b;
	default: return a >= b;
	}
}

static void test_integer_compares(void **state)
{
	for (u8 type = OT_I8; type <= OT_I64; type++)
		for (u32 cc = 0; cc < CC_COUNT; cc++) {
			u32 w = ocode_type_size[type] * 8u;
			OFunc *f = one_op(O_ICMP, OT_I32, type, cc, true);
			for (u32 k = 0; k < COUNT(ints) * COUNT(ints); k++) {
				u64 x = ints[k / COUNT(ints)], y = ints[k % COUNT(ints)], got;
				u64 args[2] = {(u64)unsign(x, w), (u64)unsign(y, w)};
				assert_true(run(f, args, &got));
				assert_int_equal(got, want_icmp(cc, sign(x, w), sign(y, w), unsign(x, w), unsign(y, w)));
			}
			ocode_free(f);
		}
}

static void test_integer_conversions(void **state)
{
	for (u8 from = OT_I8; from <= OT_I64; from++)
		for (u8 to = OT_I8; to <= OT_I64; to++) {
			u32 w = ocode_type_size[from] * 8u, w2 = ocode_type_size[to] * 8u;
			if (from == to)
				continue;
			OFunc *f = one_op(to > from ? O_EXTS : O_TRUNC, to, from, 0, false), *g = to > from ? one_op(O_EXTU, to, from, 0, false) : NULL;
			for (u32 k = 0; k < COUNT(ints); k++) {
				u64 a = (u64)unsign(ints[k], w), got;
				assert_true(run(f, &a, &got));
				assert_true(got == (u64)unsign((u64)sign(a, w), w2));
				if (g) {
					assert_true(run(g, &a, &got));
					assert_true(got == a);
				}
			}
			ocode_free(f);
			ocode_free(g);
		}
}

/* ---- floating point ----------------------------------------------------------------------------- */

static u64 bits_of(u8 type, double d)
{
	return type == OT_F64 ? f64_u64(d) : f32_u32((float)d);
}

static double number(u8 type, u64 bits)
{
	return type == OT_F64 ? u64_f64(bits) : (double)u32_f32((u32)bits);
}

/* Any NaN is as good as another. */
static bool same(u8 type, u64 a, u64 b)
{
	return a == b || (isnan(number(type, a)) && isnan(number(type, b)));
}

static double min_or_max(OOp op, double a, double b)
{
	if (isnan(a) || isnan(b))
		return NAN;
	if (a == b)
		return op == O_FMIN ? (signbit(a) ? a : b) : signbit(a) ? b : a;
	return (op == O_FMIN) == (a < b) ? a : b;
}

/* In long double + - * / and sqrt would be rounded twice; here they are what the compiler makes of the types. */
static u64 want_float(OOp op, u8 type, u64 x, u64 y)
{
	volatile double a = number(type, x), b = number(type, y);
	volatile float fa = (float)a, fb = (float)b;
	bool f64 = type == OT_F64;

	switch (op) {
	case O_FADD: return f64 ? f64_u64(a + b) : f32_u32(fa + fb);
	case O_FSUB: return f64 ? f64_u64(a - b) : f32_u32(fa - fb);
	case O_FMUL: return f64 ? f64_u64(a * b) : f32_u32(fa * fb);
	case O_FDIV: return f64 ? f64_u64(a / b) : f32_u32(fa / fb);
	case O_FSQRT: return f64 ? f64_u64(sqrt(a)) : f32_u32(sqrtf(fa));
	case O_FMIN: case O_FMAX: return bits_of(type, min_or_max(op, a, b));
	case O_FCEIL: return bits_of(type, ceil(a));
	case O_FFLOOR: return bits_of(type, floor(a));
	case O_FTRUNC: return bits_of(type, trunc(a));
	case O_FNEAR: return bits_of(type, nearbyint(a));
	default: fail_msg("%s has no reference", ocode_ops[op].name);
	}
	return 0;
}

static void check_float_op(OOp op, u8 type)
{
	bool two = ocode_ops[op].form == OF_BIN;
	OFunc *f = one_op(op, type, type, 0, two);

	for (u32 k = 0; k < COUNT(floats); k++)
		for (u32 j = 0; j < (two ? COUNT(floats) : 1); j++) {
			u64 args[2] = {bits_of(type, floats[k]), bits_of(type, floats[j])}, got = 0;
			assert_true(run(f, args, &got));
			if (!same(type, got, want_float(op, type, args[0], args[1])))
				fail_msg("%s %s %g, %g = %g", f->name, ocode_type_names[type], floats[k], floats[j], number(type, got));
		}
	ocode_free(f);
}

static void test_float_ops(void **state)
{
	static const u8 ops[] = {O_FADD, O_FSUB, O_FMUL, O_FDIV, O_FMIN, O_FMAX, O_FSQRT, O_FCEIL, O_FFLOOR, O_FTRUNC, O_FNEAR};

	for (u32 k = 0; k < COUNT(ops); k++) {
		check_float_op(ops[k], OT_F64);
		check_float_op(ops[k], OT_F32);
	}
}

/* Sign operations and the canonical NaN are exact in the bits, payloads of NaNs included. */
static void test_float_bits(void **state)
{
	static const u64 nans[] = {0x7ff8000000000000, 0xfff8000000000000, 0x7ff0000000000001, 0xffffffffffffffff, 0x8000000000000000, 0x3ff0000000000000};
	static const u64 nans32[] = {0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff, 0x80000000, 0x3f800000};
	u64 r;

	for (u32 k = 0; k < COUNT(nans); k++) {
		u64 a = nans[k], b = nans32[k];
		assert_true(ocode_fold(O_FNEG, OT_F64, OT_F64, 0, a, 0, &r) && r == (a ^ (u64)1 << 63));
		assert_true(ocode_fold(O_FABS, OT_F64, OT_F64, 0, a, 0, &r) && r == (a & INT64_MAX));
		assert_true(ocode_fold(O_FCPYSGN, OT_F64, OT_F64, 0, a, (u64)1 << 63, &r) && r == (a | (u64)1 << 63));
		assert_true(ocode_fold(O_FCANON, OT_F64, OT_F64, 0, a, 0, &r) && r == (k < 4 ? F64_NAN : a));
		assert_true(ocode_fold(O_FNEG, OT_F32, OT_F32, 0, b, 0, &r) && r == (b ^ 0x80000000));
		assert_true(ocode_fold(O_FABS, OT_F32, OT_F32, 0, b, 0, &r) && r == (b & INT32_MAX));
		assert_true(ocode_fold(O_FCPYSGN, OT_F32, OT_F32, 0, b, 0, &r) && r == (b & INT32_MAX));
		assert_true(ocode_fold(O_FCANON, OT_F32, OT_F32, 0, b, 0, &r) && r == (k < 4 ? F32_NAN : b));
		assert_true(ocode_fold(O_BITS, OT_I64, OT_F64, 0, a, 0, &r) && r == a);
		assert_true(ocode_fold(O_BITS, OT_F32, OT_I32, 0, b, 0, &r) && r == b);
		assert_true(ocode_fold(O_COPY, OT_F32, OT_F32, 0, b, 0, &r) && r == b);
	}
}

static bool want_fcmp(u32 cc, double a, double b)
{
	int order = isnan(a) || isnan(b) ? 2 : a < b ? -1 : a > b;

	switch (cc) {
	case FC_EQ: return order == 0;
	case FC_NE: return order != 0;
	case FC_LT: return order == -1;
	case FC_LE: return order == -1 || order == 0;
	case FC_GT: return order == 1;
	case FC_GE: return order == 1 || order == 0;
	case FC_ULT: return order == -1 || order == 2;
	case FC_ULE: return order != 1;
	case FC_UGT: return order == 1 || order == 2;
	case FC_UGE: return order != -1;
	case FC_ORD: return order != 2;
	default: return order == 2;
	}
}

static void test_float_compares(void **state)
{
	for (u8 type = OT_F32; type <= OT_F64; type++)
		for (u32 cc = 0; cc < FC_COUNT; cc++) {
			OFunc *f = one_op(O_FCMP, OT_I32, type, cc, true);
			for (u32 k = 0; k < COUNT(floats) * COUNT(floats); k++) {
				u64 args[2] = {bits_of(type, floats[k / COUNT(floats)]), bits_of(type, floats[k % COUNT(floats)])}, got;
				assert_true(run(f, args, &got));
				assert_int_equal(got, want_fcmp(cc, number(type, args[0]), number(type, args[1])));
			}
			ocode_free(f);
		}
}

static void test_float_to_int(void **state)
{
	for (u8 from = OT_F32; from <= OT_F64; from++)
		for (u32 k = 0; k < COUNT(floats); k++) {
			u64 a = bits_of(from, floats[k]), r = 0;
			long double t = truncl(number(from, a));
			bool ok = !isnan(t);
			assert_int_equal(ocode_fold(O_FTOS, OT_I32, from, 0, a, 0, &r), ok && t >= -0x1p31L && t < 0x1p31L);
			assert_true(!(ok && t >= -0x1p31L && t < 0x1p31L) || r == (u32)(i32)t);
			assert_int_equal(ocode_fold(O_FTOU, OT_I32, from, 0, a, 0, &r), ok && t >= 0 && t < 0x1p32L);
			assert_true(!(ok && t >= 0 && t < 0x1p32L) || r == (u32)t);
			assert_int_equal(ocode_fold(O_FTOS, OT_I64, from, 0, a, 0, &r), ok && t >= -0x1p63L && t < 0x1p63L);
			assert_true(!(ok && t >= -0x1p63L && t < 0x1p63L) || r == (u64)(i64)t);
			assert_int_equal(ocode_fold(O_FTOU, OT_I64, from, 0, a, 0, &r), ok && t >= 0 && t < 0x1p64L);
			assert_true(!(ok && t >= 0 && t < 0x1p64L) || r == (u64)t);
		}
}

static void test_int_to_float(void **state)
{
	static const u64 close[] = {0x7fffffbfffffffff, 0x4000004000000001, 0x4000004000000000, 0x20000000000001, 0x1000001, 0x1000003, 0xffffff7fffffffff};

	for (u32 k = 0; k < COUNT(ints) + COUNT(close); k++) {
		u64 a = k < COUNT(ints) ? ints[k] : close[k - COUNT(ints)], r;
		assert_true(ocode_fold(O_STOF, OT_F64, OT_I64, 0, a, 0, &r) && r == f64_u64((double)(long double)(i64)a));
		assert_true(ocode_fold(O_UTOF, OT_F64, OT_I64, 0, a, 0, &r) && r == f64_u64((double)(long double)a));
		assert_true(ocode_fold(O_STOF, OT_F32, OT_I64, 0, a, 0, &r) && r == f32_u32((float)(long double)(i64)a));
		assert_true(ocode_fold(O_UTOF, OT_F32, OT_I64, 0, a, 0, &r) && r == f32_u32((float)(long double)a));
		assert_true(ocode_fold(O_STOF, OT_F64, OT_I32, 0, (u32)a, 0, &r) && r == f64_u64((double)(i32)(u32)a));
		assert_true(ocode_fold(O_UTOF, OT_F32, OT_I32, 0, (u32)a, 0, &r) && r == f32_u32((float)(long double)(u32)a));
	}
}

static void test_float_widths(void **state)
{
	for (u32 k = 0; k < COUNT(floats); k++) {
		u64 d = f64_u64(floats[k]), s = f32_u32((float)floats[k]), r;
		assert_true(ocode_fold(O_FDEM, OT_F32, OT_F64, 0, d, 0, &r) && same(OT_F32, r, s));
		assert_true(ocode_fold(O_FPROM, OT_F64, OT_F32, 0, s, 0, &r) && same(OT_F64, r, f64_u64((double)(float)floats[k])));
	}
}

/* Each operation without effect has been asked above, or is one of these. */
static void test_fold_knows_every_pure_op(void **state)
{
	for (u32 op = 1; op < O_COUNT; op++) {
		u64 r;
		bool known = false;
		for (u8 t = OT_I8; t < OT_COUNT; t++)
			for (u8 ta = OT_I8; ta < OT_COUNT; ta++)
				known |= ocode_fold(op, t, ta, 0, 1, 1, &r);
		bool vector = op >= O_VEC1 && op <= O_VEC3; /* vec_test.c */
		bool other = op == O_CONST || op == O_VCONST || op == O_SELECT || vector;
		if (known != ((ocode_ops[op].props & OP_PURE || ocode_ops[op].form == OF_BINT) && !other))
			fail_msg("%s", ocode_ops[op].name);
	}
}

/* ---- 128 bits ----------------------------------------------------------------------------------- */

static void test_i128(void **state)
{
	static const char text[] =
		"func \"w\"(i64, i64) i64 #0 {\n@1(%1 i64, %2 i64):\n"
		"  %3 = exts i128 %1\n  %4 = exts i128 %2\n  %5 = mul i128 %3, %4\n"
		"  %6 = const i128 64\n  %7 = shrs i128 %5, %6\n  jmp @2(%7)\n"
		"@2(%8 i128):\n  %9 = trunc i64 %8\n  ret %9\n}\n";
	u64 r;

	for (u32 k = 0; k < COUNT(ints) * COUNT(ints); k++) {
		u64 a = ints[k / COUNT(ints)], b = ints[k % COUNT(ints)];
		assert_true(run_text(text, a, b, &r));
		assert_true(r == (u64)((wide)(i64)a * (i64)b >> 64));
	}
	static const char compare[] = "func \"w\"(i64, i64) i64 #0 {\n@1(%1 i64, %2 i64):\n  %3 = vconst i128 0x10000000000000005\n"
		"  %4 = extu i128 %1\n  %5 = icmp.gtu %3, %4\n  %6 = select i128 %3, %4, %5\n  %7 = trunc i64 %6\n  ret %7\n}\n";
	assert_true(run_text(compare, UINT64_MAX, 0, &r));
	assert_int_equal(r, 5);
}

static void test_v128_in_memory(void **state)
{
	u64 r;

	for (u32 k = 0; k < 16; k++)
		memory[32 + k] = (u8)(k + 1);
	assert_true(run_text("func \"v\"(i32, i32) i32 #0 {\n@1(%1 i32, %2 i32):\n  %3 = load v128 [%1 + 0], guest 16 fault\n"
		"  %4 = vconst i128 0xff000000000000000000000000000001\n  %5 = bits i128 %3\n  %6 = xor i128 %5, %4\n  %7 = bits v128 %6\n"
		"  store [%2 + 16], %7, guest 16 fault\n  ret %1\n}\n",
		32, 48, &r));
	assert_int_equal(memory[64], 0);
	assert_int_equal(memory[65], 2);
	assert_int_equal(memory[79], 16 ^ 0xff);
}

/* ---- memory ------------------------------------------------------------------------------------- */

static void test_loads(void **state)
{
	u64 r;

	for (u32 k = 0; k < 8; k++)
		memory[40 + k] = (u8)(0x81 + k);
	static const struct { const char *type, *mem; u64 want; } loads[] = {
		{"i32", "1", 0x81}, {"i32", "1 signed", 0xffffff81}, {"i32", "2", 0x8281}, {"i32", "2 signed", 0xffff8281},
		{"i32", "4", 0x84838281}, {"i64", "4", 0x84838281}, {"i64", "4 signed", 0xffffffff84838281}, {"i64", "8", 0x8887868584838281},
		{"i8", "1", 0x81}, {"i16", "1 signed", 0xff81}, {"i32", "4 big", 0x81828384}, {"i16", "2 big atomic", 0x8182},
		{"i64", "8 big tso", 0x8182838485868788}, {"f64", "8 align 8", 0x8887868584838281}, {"f32", "4 const", 0x84838281},
	};
	for (u32 k = 0; k < COUNT(loads); k++) {
		char text[300];
		snprintf(text, sizeof text, "func \"l\"(i32, i32) %s #0 {\n@1(%%1 i32, %%2 i32):\n  %%3 = load %s [%%1 + 8], guest %s fault\n  ret %%3\n}\n",
			loads[k].type, loads[k].type, loads[k].mem);
		assert_true(run_text(text, 32, 0, &r));
		assert_true(r == loads[k].want);
	}
}

static void test_stores(void **state)
{
	static const struct { const char *mem; u8 want[8]; } stores[] = {
		{"1", {8, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee}}, {"2", {8, 7, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee}},
		{"4 tso", {8, 7, 6, 5, 0xee, 0xee, 0xee, 0xee}}, {"8 atomic", {8, 7, 6, 5, 4, 3, 2, 1}},
		{"8 big", {1, 2, 3, 4, 5, 6, 7, 8}}, {"2 big", {7, 8, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee}},
	};
	u64 r;

	for (u32 k = 0; k < COUNT(stores); k++) {
		char text[300];
		snprintf(text, sizeof text, "func \"s\"(i32, i64) i32 #0 {\n@1(%%1 i32, %%2 i64):\n  store [%%1 + 5], %%2, guest %s fault\n  ret %%1\n}\n", stores[k].mem);
		memset(memory, 0xee, sizeof memory);
		assert_true(run_text(text, 100, 0x0102030405060708, &r));
		assert_memory_equal(memory + 105, stores[k].want, 8);
		assert_int_equal(memory[104], 0xee);
	}
}

/* The first and the last address that are in reach, and those beside them; the offset does not wrap. */
static void test_bounds(void **state)
{
	static const char text[] = "func \"b\"(i32, i32) i32 #0 {\n@1(%1 i32, %2 i32):\n  %3 = load i32 [%1 + 4], guest 4 fault !1\n  ret %3\n"
		"!1 = func 0 pc 3 before {0: %2}\n}\n";
	u64 r;

	assert_true(run_text(text, 12, 0, &r));
	assert_false(run_text(text, 11, 77, &r));
	assert_int_equal(trap_code, TRAP_MEMORY);
	assert_int_equal(trap_map, 1);
	assert_int_equal(trap_val, 77);
	assert_true(run_text(text, sizeof memory - 8, 0, &r));
	assert_false(run_text(text, sizeof memory - 7, 0, &r));
	assert_false(run_text(text, 0xffffffff, 0, &r));
	assert_false(run_text(text, 0xfffffffc, 0, &r));
	assert_false(run_text("func \"b\"(i64, i32) i32 #0 {\n@1(%1 i64, %2 i32):\n  store [%1 + 0], %2, guest 4\n  ret %2\n}\n", UINT64_MAX - 1, 0, &r));
}

static void test_vm_memory(void **state)
{
	u64 cell = 0x1122334455667788, r;

	assert_true(run_text("func \"v\"(i64, i64) i64 #0 {\n@1(%1 i64, %2 i64):\n  %3 = load i64 [%1 + 0], vm 8\n  %4 = add i64 %3, %2\n"
		"  store [%1 + 0], %4, vm 8\n  ret %3\n}\n", (u64)(uintptr_t)&cell, 1, &r));
	assert_true(r == 0x1122334455667788);
	assert_true(cell == 0x1122334455667789);
}

static void test_atomics(void **state)
{
	static const char text[] = "func \"a\"(i32, i32) i32 #0 {\n@1(%1 i32, %2 i32):\n  %3 = xadd i32 [%1 + 0], %2, guest 4 atomic fault\n"
		"  %4 = xchg i32 [%1 + 4], %3, guest 4 atomic fault\n  %5 = cas i32 [%1 + 8], %4, %2, guest 4 atomic fault\n  fence\n  ret %5\n}\n";
	u64 r;

	st32(memory + 64, 0xffffffff);
	st32(memory + 68, 7);
	st32(memory + 72, 7);
	assert_true(run_text(text, 64, 2, &r));
	assert_int_equal(ld32(memory + 64), 1);
	assert_int_equal(ld32(memory + 68), 0xffffffff);
	assert_int_equal(ld32(memory + 72), 2);
	assert_int_equal(r, 7);
	assert_true(run_text(text, 64, 5, &r)); /* what is expected is not there */
	assert_int_equal(ld32(memory + 72), 2);
	assert_int_equal(r, 2);
}

/* Of every width, at each place within 8 bytes; the neighbours stay. */
static void test_atomics_of_every_width(void **state)
{
	static const struct { const char *type; u32 width; } types[] = {{"i8", 1}, {"i16", 2}, {"i32", 4}, {"i64", 8}};

	for (u32 k = 0; k < COUNT(types); k++)
		for (u32 at = 0; at < 8; at += types[k].width) {
			u32 w = types[k].width;
			char text[500];
			u64 r;
			snprintf(text, sizeof text, "func \"a\"(i32, %s) %s #0 {\n@1(%%1 i32, %%2 %s):\n  %%3 = xadd %s [%%1 + 0], %%2, guest %u atomic\n"
				"  %%4 = add %s %%3, %%2\n  %%5 = cas %s [%%1 + 0], %%4, %%2, guest %u atomic\n  %%6 = sub %s %%5, %%3\n  ret %%6\n}\n", types[k].type,
				types[k].type, types[k].type, types[k].type, w, types[k].type, types[k].type, w, types[k].type);
			memset(memory + 64, 0xff, 8);
			assert_true(run_text(text, 64 + at, 0x23, &r));
			assert_int_equal(r, 0x23); /* what cas found, less what xadd found */
			for (u32 j = 0; j < 8; j++)
				assert_int_equal(memory[64 + j], j == at ? 0x23 : j > at && j < at + w ? 0 : 0xff);
		}
}

static void test_slots(void **state)
{
	char text[400];
	u64 r;

	regs.slot[3] = 0x8877665544332211;
	snprintf(text, sizeof text, "func \"s\"(i32, i64) i64 #0 {\n@1(%%1 i32, %%2 i64):\n  put slot %u, %%1\n  %%3 = get i16 slot %u\n  %%4 = extu i64 %%3\n"
		"  put slot %u, %%2\n  ret %%4\n}\n", REG_SLOT(3) + 4, REG_SLOT(3) + 2, REG_SLOT(4));
	assert_true(run_text(text, 0xaabbccdd, 42, &r));
	assert_int_equal(r, 0x4433);
	assert_true(regs.slot[3] == 0xaabbccdd44332211);
	assert_int_equal(regs.slot[4], 42);
}

/* ---- control ------------------------------------------------------------------------------------ */

static void test_edges_copy_at_once(void **state)
{
	u64 r;

	assert_true(run_text("func \"swap\"(i32, i32) i32 #0 {\n@1(%1 i32, %2 i32):\n  %3 = const i32 3\n  %4 = const i32 1\n  jmp @2(%1, %2, %3)\n"
		"@2(%5 i32, %6 i32, %7 i32) loop:\n  %8 = sub i32 %7, %4\n  br %8, @2(%6, %5, %8), @3\n@3:\n  %9 = sub i32 %5, %6\n  ret %9\n}\n", 10, 3, &r));
	assert_int_equal(r, 7); /* swapped twice */
}

static void test_switch(void **state)
{
	static const u64 in[] = {0, 1, 2, 3, 0xffffffff}, want[] = {10, 20, 30, 30, 30};
	u64 r;

	for (u32 k = 0; k < COUNT(in); k++) {
		assert_true(run_text("func \"sw\"(i32, i32) i32 #0 {\n@1(%1 i32, %2 i32):\n  %3 = const i32 10\n  %4 = const i32 20\n  %5 = const i32 30\n"
			"  switch %1, @2(%3), @2(%4), else @2(%5)\n@2(%6 i32):\n  ret %6\n}\n", in[k], 0, &r));
		assert_int_equal(r, want[k]);
	}
}

static u64 host_row(Regfile *t, const u64 *args)
{
	assert_ptr_equal(t, &regs);
	return args[0] * 10 + args[1] + 0xffffffff00000000; /* the upper half is not part of an i32 */
}

static void test_calls(void **state)
{
	static OHostFn *const host[] = {NULL, host_row};
	OEntry entry = {.func = 0};
	u64 r;

	regs.host = host;
	module[0] = parse("func \"fib\"(i32) i32 #0 {\n@1(%1 i32):\n  %2 = const i32 2\n  %3 = icmp.lts %1, %2\n  br %3, @2, @3\n@2:\n  ret %1\n@3:\n"
		"  %4 = const i32 1\n  %5 = sub i32 %1, %4\n  %6 = call i32 #0(%5)\n  %7 = sub i32 %1, %2\n  %8 = call i32 #0(%7)\n  %9 = add i32 %6, %8\n"
		"  ret %9\n}\n");
	assert_true(run(module[0], (u64[]){20}, &r));
	assert_int_equal(r, 6765);
	assert_true(run_text("func \"i\"(i64, i32) i32 #1 {\n@1(%1 i64, %2 i32):\n  %3 = calli i32 %1(%2)\n  ret %3\n}\n", (u64)(uintptr_t)&entry, 10, &r));
	assert_int_equal(r, 55);
	assert_true(run_text("func \"h\"(i32, i32) i32 #1 {\n@1(%1 i32, %2 i32):\n  %3 = hcall i32 #1(%1, %2)\n  hcall #1(%1, %2)\n  ret %3\n}\n", 4, 2, &r));
	assert_int_equal(r, 42);
	ocode_free(module[0]);
}

static void test_traps_and_exits(void **state)
{
	static const char text[] = "func \"t\"(i32, i32) i32 #0 {\n@1(%1 i32, %2 i32):\n  trapif %1, 201 !1\n  br %2, @2, @3\n@2:\n  trap 227\n"
		"@3:\n  %3 = const i64 4096\n  exit 9, %3\n!1 = func 0 pc 5 before {0: %2}\n}\n";
	u64 r = 5;

	assert_false(run_text(text, 1, 33, &r));
	assert_int_equal(trap_code, 201);
	assert_int_equal(trap_val, 33);
	assert_false(run_text(text, 0, 1, &r));
	assert_int_equal(trap_code, 227);
	assert_int_equal(trap_map, 0);
	assert_true(run_text(text, 0, 0, &r));
	assert_int_equal(exit_kind, 9);
	assert_int_equal(exit_pc, 4096);
}

static void test_stack_limit(void **state)
{
	char here;
	u64 r;

	module[0] = parse("func \"deep\"(i32) i32 #0 {\n@1(%1 i32):\n  %2 = call i32 #0(%1)\n  ret %2\n}\n");
	regs.host_sp_limit = (u64)(uintptr_t)&here - 200000;
	assert_false(run(module[0], (u64[]){0}, &r));
	assert_int_equal(trap_code, TRAP_STACK);
	regs.host_sp_limit = 0;
	ocode_free(module[0]);
}

/* ---- random functions --------------------------------------------------------------------------- */

static u32 rnd_state = 7;
static u32 rnd(u32 n)
{
	rnd_state = rnd_state * 1664525u + 1013904223u;
	return (rnd_state >> 8) % n;
}

/* Straight code of integer operations, with the value that each must have. */
static void random_function(u32 round)
{
	enum { N = 60 };
	OFunc *f = ocode_new("random", round, OT_I64);
	u64 want[N + 1] = {0}, args[4], got;
	OVal val[N + 1];
	u32 b = ocode_block(f), n = 0;

	vec_push(&f->order, b);
	for (; n < 4; n++) {
		vec_push(&f->param, OT_I64);
		val[n] = ocode_param(f, b, OT_I64);
		want[n] = args[n] = ints[rnd(COUNT(ints))];
	}
	while (n < N) {
		u32 x = rnd(n), y = rnd(n);
		OOp op = O_ADD + rnd(O_POPCNT - O_ADD + 1);
		if (rnd(8) == 0) {
			want[n] = ints[rnd(COUNT(ints))];
			val[n] = ocode_emit_const(f, b, OT_I64, want[n]);
			n++;
		} else if (want_int(op, 64, want[x], want[y], &want[n])) {
			u32 second = ocode_ops[op].form == OF_UN ? 0 : val[y];
			val[n++] = ocode_emit(f, b, op, OT_I64, 0, val[x], second, 0);
		}
		if (rnd(6) == 0) { /* carry all into a new block */
			u32 to = ocode_block(f), e = ocode_edge(f, to, val, n);
			vec_push(&f->order, to);
			ocode_emit(f, b, O_JMP, OT_VOID, 0, e, 0, 0);
			for (u32 k = 0; k < n; k++)
				val[k] = ocode_param(f, to, OT_I64);
			b = to;
		}
	}
	ocode_emit(f, b, O_RET, OT_VOID, 1, val[N - 1], 0, 0);

	Buf text = {0};
	ocode_print(f, &text);
	buf_u8(&text, 0);
	OFunc *g = parse((char *)text.p);
	assert_true(run(f, args, &got));
	assert_true(got == want[N - 1]);
	assert_true(run(g, args, &got));
	assert_true(got == want[N - 1]);
	buf_free(&text);
	ocode_free(f);
	ocode_free(g);
}

static void test_random_functions(void **state)
{
	for (u32 round = 0; round < 300; round++)
		random_function(round);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integer_ops),
		cmocka_unit_test(test_integer_compares),
		cmocka_unit_test(test_integer_conversions),
		cmocka_unit_test(test_float_ops),
		cmocka_unit_test(test_float_bits),
		cmocka_unit_test(test_float_compares),
		cmocka_unit_test(test_float_to_int),
		cmocka_unit_test(test_int_to_float),
		cmocka_unit_test(test_float_widths),
		cmocka_unit_test(test_fold_knows_every_pure_op),
		cmocka_unit_test(test_i128),
		cmocka_unit_test(test_v128_in_memory),
		cmocka_unit_test(test_loads),
		cmocka_unit_test(test_stores),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_vm_memory),
		cmocka_unit_test(test_atomics),
		cmocka_unit_test(test_atomics_of_every_width),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_edges_copy_at_once),
		cmocka_unit_test(test_switch),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_traps_and_exits),
		cmocka_unit_test(test_stack_limit),
		cmocka_unit_test(test_random_functions),
	};
	return cmocka_run_group_tests_name("ocode_eval", tests, NULL, NULL);
}
