/* The value of a pure operation on constants: the one place in portable C that knows what operations compute.
 * The evaluator runs on it and the optimiser folds with it.
 *
 * Operands and results are 64-bit patterns, zero-extended; 128-bit types are not folded (wide.c). */
#include "types.h"

#include <math.h>

/* ---- integers ----------------------------------------------------------------------------------- */

/* The high half of a 64 x 64-bit product, from four 32-bit ones. */
static u64 mul_high_unsigned(u64 a, u64 b)
{
	u64 al = (u32)a, ah = a >> 32, bl = (u32)b, bh = b >> 32;
	u64 mid = ah * bl + (al * bl >> 32), mid2 = al * bh + (u32)mid;

	return ah * bh + (mid >> 32) + (mid2 >> 32);
}

static u64 mul_high_signed(u64 a, u64 b)
{
	return mul_high_unsigned(a, b) - ((i64)a < 0 ? b : 0) - ((i64)b < 0 ? a : 0);
}

static u64 mul_high(OOp op, u32 w, u64 a, u64 b)
{
	if (w == 64)
		return op == O_MULHS ? mul_high_signed(a, b) : mul_high_unsigned(a, b);
	if (op == O_MULHS)
		return (u64)(sign_extend(a, w) * sign_extend(b, w)) >> w;
	return a * b >> w;
}

static bool divide(OOp op, u32 w, u64 a, u64 b, u64 *out)
{
	i64 sa = sign_extend(a, w), sb = sign_extend(b, w);

	if (!b)
		return false;
	switch (op) {
	case O_DIVU: *out = a / b; return true;
	case O_REMU: *out = a % b; return true;
	/* MIN / -1 has no quotient, and C says nothing of MIN % -1. */
	case O_DIVS: *out = sb == -1 ? 0 - a : (u64)(sa / sb); return sb != -1 || a != (u64)1 << (w - 1);
	default: *out = sb == -1 ? 0 : (u64)(sa % sb); return true;
	}
}

/* False on signed overflow. */
static bool checked(OOp op, u32 w, u64 a, u64 b, u64 *out)
{
	i64 sa = sign_extend(a, w), sb = sign_extend(b, w), r;
	bool over = op == O_ADDO ? __builtin_add_overflow(sa, sb, &r) :
		op == O_SUBO ? __builtin_sub_overflow(sa, sb, &r) : __builtin_mul_overflow(sa, sb, &r);

	*out = (u64)r;
	return !over && r == sign_extend((u64)r, w);
}

static u64 rotate_left(u64 a, u32 w, u32 n)
{
	return n ? a << n | a >> (w - n) : a;
}

static bool fold_int(OOp op, u32 w, u64 a, u64 b, u64 *out)
{
	u32 n = (u32)b & (w - 1);

	switch (op) {
	case O_ADD: *out = a + b; return true;
	case O_SUB: *out = a - b; return true;
	case O_MUL: *out = a * b; return true;
	case O_MULHS: case O_MULHU: *out = mul_high(op, w, a, b); return true;
	case O_DIVS: case O_DIVU: case O_REMS: case O_REMU: return divide(op, w, a, b, out);
	case O_AND: *out = a & b; return true;
	case O_OR: *out = a | b; return true;
	case O_XOR: *out = a ^ b; return true;
	case O_SHL: *out = a << n; return true;
	case O_SHRU: *out = a >> n; return true;
	case O_SHRS: *out = (u64)(sign_extend(a, w) >> n); return true;
	case O_ROTL: *out = rotate_left(a, w, n); return true;
	case O_ROTR: *out = rotate_left(a, w, (w - n) & (w - 1)); return true;
	case O_NEG: *out = 0 - a; return true;
	case O_NOT: *out = ~a; return true;
	case O_CLZ: *out = a ? (u32)__builtin_clzll(a) - (64 - w) : w; return true;
	case O_CTZ: *out = a ? (u32)__builtin_ctzll(a) : w; return true;
	case O_POPCNT: *out = (u32)__builtin_popcountll(a); return true;
	case O_BSWAP: *out = __builtin_bswap64(a) >> (64 - w); return true;
	case O_ADDO: case O_SUBO: case O_MULO: return checked(op, w, a, b, out);
	case O_SEXT8: *out = (u64)sign_extend(a, 8); return true;
	case O_SEXT16: *out = (u64)sign_extend(a, 16); return true;
	case O_SEXT32: *out = (u64)sign_extend(a, 32); return true;
	default: return false;
	}
}

static bool fold_icmp(u32 cc, u32 w, u64 a, u64 b, u64 *out)
{
	i64 sa = sign_extend(a, w), sb = sign_extend(b, w);

	switch (cc) {
	case CC_EQ: *out = a == b; return true;
	case CC_NE: *out = a != b; return true;
	case CC_LTS: *out = sa < sb; return true;
	case CC_LES: *out = sa <= sb; return true;
	case CC_GTS: *out = sa > sb; return true;
	case CC_GES: *out = sa >= sb; return true;
	case CC_LTU: *out = a < b; return true;
	case CC_LEU: *out = a <= b; return true;
	case CC_GTU: *out = a > b; return true;
	case CC_GEU: *out = a >= b; return true;
	default: return false;
	}
}

/* ---- floating point ----------------------------------------------------------------------------- */

static bool fold_fcmp(u32 cc, double a, double b, u64 *out)
{
	switch (cc) {
	case FC_EQ: *out = a == b; return true;
	case FC_NE: *out = a != b; return true;
	case FC_LT: *out = a < b; return true;
	case FC_LE: *out = a <= b; return true;
	case FC_GT: *out = a > b; return true;
	case FC_GE: *out = a >= b; return true;
	case FC_ULT: *out = !(a >= b); return true;
	case FC_ULE: *out = !(a > b); return true;
	case FC_UGT: *out = !(a <= b); return true;
	case FC_UGE: *out = !(a < b); return true;
	case FC_ORD: *out = a == a && b == b; return true;
	case FC_UNO: *out = a != a || b != b; return true;
	default: return false;
	}
}

/* Sign operations work on the bits, so that NaNs keep theirs. */
static bool fold_sign(OOp op, u64 sign, u64 a, u64 b, u64 *out)
{
	switch (op) {
	case O_FNEG: *out = a ^ sign; return true;
	case O_FABS: *out = a & ~sign; return true;
	case O_FCPYSGN: *out = (a & ~sign) | (b & sign); return true;
	default: return false;
	}
}

static bool fold_f64(OOp op, u64 abits, u64 bbits, u64 *out)
{
	double a = u64_f64(abits), b = u64_f64(bbits), r;

	switch (op) {
	case O_FADD: r = a + b; break;
	case O_FSUB: r = a - b; break;
	case O_FMUL: r = a * b; break;
	case O_FDIV: r = a / b; break;
	case O_FMIN: r = f64_min(a, b); break;
	case O_FMAX: r = f64_max(a, b); break;
	case O_FSQRT: r = sqrt(a); break;
	case O_FCEIL: r = ceil(a); break;
	case O_FFLOOR: r = floor(a); break;
	case O_FTRUNC: r = trunc(a); break;
	case O_FNEAR: r = f64_nearest(a); break;
	case O_FCANON: *out = a != a ? F64_NAN : abits; return true;
	default: return fold_sign(op, (u64)1 << 63, abits, bbits, out);
	}
	*out = f64_u64(r);
	return true;
}

static bool fold_f32(OOp op, u64 abits, u64 bbits, u64 *out)
{
	float a = u32_f32((u32)abits), b = u32_f32((u32)bbits), r;

	switch (op) {
	case O_FADD: r = a + b; break;
	case O_FSUB: r = a - b; break;
	case O_FMUL: r = a * b; break;
	case O_FDIV: r = a / b; break;
	case O_FMIN: r = f32_min(a, b); break;
	case O_FMAX: r = f32_max(a, b); break;
	case O_FSQRT: r = sqrtf(a); break;
	case O_FCEIL: r = ceilf(a); break;
	case O_FFLOOR: r = floorf(a); break;
	case O_FTRUNC: r = truncf(a); break;
	case O_FNEAR: r = f32_nearest(a); break;
	case O_FCANON: *out = a != a ? F32_NAN : abits; return true;
	default: return fold_sign(op, (u64)1 << 31, abits, bbits, out);
	}
	*out = f32_u32(r);
	return true;
}

/* ---- conversions -------------------------------------------------------------------------------- */

/* f32 widens exactly, so that both go through f64. */
static bool to_int(OOp op, u8 type, double d, u64 *out)
{
	i32 s32 = 0;
	u32 u32_ = 0;
	i64 s64 = 0;
	bool ok;

	if (op == O_FTOU) {
		if (type == OT_I64)
			return f64_to_u64(d, out);
		ok = f64_to_u32(d, &u32_);
		*out = u32_;
	} else if (type == OT_I64) {
		ok = f64_to_i64(d, &s64);
		*out = (u64)s64;
	} else {
		ok = f64_to_i32(d, &s32);
		*out = (u32)s32;
	}
	return ok;
}

/* From the integer straight to the type: through f64 an i64 would be rounded twice on its way to f32. */
static u64 from_int(OOp op, u8 type, u32 w, u64 a)
{
	i64 s = sign_extend(a, w);

	if (type == OT_F64)
		return f64_u64(op == O_STOF ? (double)s : (double)a);
	return f32_u32(op == O_STOF ? (float)s : (float)a);
}

static bool fold_convert(OOp op, u8 type, u8 atype, u64 a, u64 *out)
{
	u32 w = ocode_type_size[atype] * 8u;

	switch (op) {
	case O_EXTS: *out = (u64)sign_extend(a, w); return true;
	case O_EXTU: case O_TRUNC: case O_BITS: case O_COPY: *out = a; return true;
	case O_FPROM: *out = f64_u64(u32_f32((u32)a)); return true;
	case O_FDEM: *out = f32_u32((float)u64_f64(a)); return true;
	case O_STOF: case O_UTOF: *out = from_int(op, type, w, a); return true;
	case O_FTOS: case O_FTOU: return to_int(op, type, atype == OT_F64 ? u64_f64(a) : (double)u32_f32((u32)a), out);
	default: return false;
	}
}

bool ocode_fold(OOp op, OType type, OType atype, u32 aux, u64 a, u64 b, u64 *out)
{
	u32 w = ocode_type_size[type] * 8u;

	if (type == OT_VOID || atype == OT_VOID || type_is_wide(type) || type_is_wide(atype))
		return false;
	if (op == O_ICMP)
		return fold_icmp(aux, ocode_type_size[atype] * 8u, a, b, out);
	if (op == O_FCMP)
		return atype == OT_F64 ? fold_fcmp(aux, u64_f64(a), u64_f64(b), out) :
			fold_fcmp(aux, u32_f32((u32)a), u32_f32((u32)b), out);
	bool ok = atype == OT_F64 ? fold_f64(op, a, b, out) : atype == OT_F32 ? fold_f32(op, a, b, out) : fold_int(op, w, a, b, out);
	if (!ok && !fold_convert(op, type, atype, a, out))
		return false;
	*out = low_bits(*out, w);
	return true;
}
