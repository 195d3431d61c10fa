/* Rows of vops.def that work on floating point; softfp.c does the arithmetic. */
#include "vec.h"

/* ---- arithmetic: PS PD on all lanes, SS SD on the lowest, where the rest of a stays ------------------------- */

/* x, y, z: lanes of a, b, c; f: their format. */
#define PACKED(op, fmt, w, expr) void vec_##op(VIn *v) { \
	const SfFmt *f = &fmt; \
	for (u32 k = 0; k < 128 / w; k++) { \
		u64 x = lane(&v->a, w, k), y = lane(&v->b, w, k), z = lane(&v->c, w, k); \
		(void)x, (void)y, (void)z; \
		set_lane(&v->d, w, k, expr); \
	} }
#define SCALAR(op, fmt, w, rest, expr) void vec_##op(VIn *v) { \
	const SfFmt *f = &fmt; \
	u64 x = lane(&v->a, w, 0), y = lane(&v->b, w, 0), z = lane(&v->c, w, 0); \
	(void)x, (void)y, (void)z; \
	v->d = v->rest; \
	set_lane(&v->d, w, 0, expr); }
#define ALL4(op, expr) \
	PACKED(op##PS, sf32, 32, expr) PACKED(op##PD, sf64, 64, expr) \
	SCALAR(op##SS, sf32, 32, a, expr) SCALAR(op##SD, sf64, 64, a, expr)

ALL4(ADD, sf_add(f, x, y, &v->csr))
ALL4(SUB, sf_sub(f, x, y, &v->csr))
ALL4(MUL, sf_mul(f, x, y, &v->csr))
ALL4(DIV, sf_div(f, x, y, &v->csr))
ALL4(MIN, sf_min(f, x, y, &v->csr))
ALL4(MAX, sf_max(f, x, y, &v->csr))
PACKED(SQRTPS, sf32, 32, sf_sqrt(f, x, &v->csr))
PACKED(SQRTPD, sf64, 64, sf_sqrt(f, x, &v->csr))
SCALAR(SQRTSS, sf32, 32, a, sf_sqrt(f, y, &v->csr))
SCALAR(SQRTSD, sf64, 64, a, sf_sqrt(f, y, &v->csr))

#define FUSED(op, neg_product, neg_addend) \
	PACKED(op##PS, sf32, 32, sf_fma(f, x, y, z, neg_product, neg_addend, &v->csr)) \
	PACKED(op##PD, sf64, 64, sf_fma(f, x, y, z, neg_product, neg_addend, &v->csr)) \
	SCALAR(op##SS, sf32, 32, c, sf_fma(f, x, y, z, neg_product, neg_addend, &v->csr)) \
	SCALAR(op##SD, sf64, 64, c, sf_fma(f, x, y, z, neg_product, neg_addend, &v->csr))
FUSED(FMADD, false, false)
FUSED(FMSUB, false, true)
FUSED(FNMADD, true, false)
FUSED(FNMSUB, true, true)
PACKED(FMADDSUBPS, sf32, 32, sf_fma(f, x, y, z, false, !(k & 1), &v->csr))
PACKED(FMADDSUBPD, sf64, 64, sf_fma(f, x, y, z, false, !(k & 1), &v->csr))
PACKED(FMSUBADDPS, sf32, 32, sf_fma(f, x, y, z, false, k & 1, &v->csr))
PACKED(FMSUBADDPD, sf64, 64, sf_fma(f, x, y, z, false, k & 1, &v->csr))

PACKED(ADDSUBPS, sf32, 32, k & 1 ? sf_add(f, x, y, &v->csr) : sf_sub(f, x, y, &v->csr))
PACKED(ADDSUBPD, sf64, 64, k & 1 ? sf_add(f, x, y, &v->csr) : sf_sub(f, x, y, &v->csr))

#define HORIZONTAL(op, fmt, w, fn) void vec_##op(VIn *v) { \
	enum { N = 128 / w }; \
	for (u32 k = 0; k < N; k++) { \
		const OVec *s = k < N / 2 ? &v->a : &v->b; \
		set_lane(&v->d, w, k, fn(&fmt, lane(s, w, 2 * k % N), lane(s, w, 2 * k % N + 1), &v->csr)); \
	} }
HORIZONTAL(HADDPS, sf32, 32, sf_add)
HORIZONTAL(HADDPD, sf64, 64, sf_add)
HORIZONTAL(HSUBPS, sf32, 32, sf_sub)
HORIZONTAL(HSUBPD, sf64, 64, sf_sub)

/* The products, then sums of neighbours, then the sum of those; lanes not chosen are +0.  Which of several NaNs comes out
 * depends on the lane: processors add the other way round in some. */
static void dot(VIn *v, const SfFmt *f, u32 w)
{
	u32 n = 128 / w;
	u64 p[4] = {0};

	for (u32 k = 0; k < n; k++)
		if (v->n >> (4 + k) & 1)
			p[k] = sf_mul(f, lane(&v->a, w, k), lane(&v->b, w, k), &v->csr);
	for (u32 k = 0; k < n; k++) {
		bool turned = n == 4 ? !(k & 1) : k & 1;
		u64 sum = sf_add(f, p[turned], p[!turned], &v->csr);
		if (n == 4) {
			u64 high = sf_add(f, p[2 + turned], p[3 - turned], &v->csr);
			sum = k < 2 ? sf_add(f, sum, high, &v->csr) : sf_add(f, high, sum, &v->csr);
		}
		set_lane(&v->d, w, k, v->n >> k & 1 ? sum : 0);
	}
}
void vec_DPPS(VIn *v) { dot(v, &sf32, 32); }
void vec_DPPD(VIn *v) { dot(v, &sf64, 64); }

/* ---- estimates ----------------------------------------------------------------------------------------- */

/* Hardware gives 1 / a and 1 / sqrt(a) to some 12 bits, each maker other ones.  On a machine that has the instructions
 * they say what they say; elsewhere the result is what Intel's processors give: that of the middle of a stretch of
 * operands, rounded.  They take denormals as zeros, give zeros for them, and set no flags. */
#if defined __x86_64__
#include <immintrin.h>

static u64 reciprocal(u64 x)
{
	return (u32)_mm_cvtsi128_si32(_mm_castps_si128(_mm_rcp_ss(_mm_castsi128_ps(_mm_cvtsi32_si128((i32)x)))));
}

static u64 reciprocal_root(u64 x)
{
	return (u32)_mm_cvtsi128_si32(_mm_castps_si128(_mm_rsqrt_ss(_mm_castsi128_ps(_mm_cvtsi32_si128((i32)x)))));
}
#else
static u64 estimate(u64 sign, i32 exp, u32 q)
{
	return sign | (exp > 0 ? (u64)exp << 23 | (q - 4096) << 11 : 0);
}

/* NaNs, infinities, zeros and denormals; root: numbers below zero, too. */
static bool estimate_special(u64 x, bool root, u64 *out)
{
	u64 sign = x & 0x80000000, most = x & 0x7fffffff;

	if (most > 0x7f800000)
		*out = x | 0x400000;
	else if (most < 0x800000)
		*out = sign | 0x7f800000;
	else if (root && sign)
		*out = 0xffc00000;
	else if (most == 0x7f800000)
		*out = sign;
	else
		return false;
	return true;
}

/* 2^13 / m, where m is in the middle of a 2048th of [1, 2). */
static u64 reciprocal(u64 x)
{
	u32 n = 4097 + 2 * ((u32)x >> 12 & 2047);
	u64 out;

	return estimate_special(x, false, &out) ? out : estimate(x & 0x80000000, 253 - (i32)(x >> 23 & 255), ((1u << 26) / n + 1) >> 1);
}

/* 2^13 / sqrt(m), where m is in the middle of a 1024th of [1, 2), or twice that. */
static u64 reciprocal_root(u64 x)
{
	i32 exp = (i32)(x >> 23 & 255) - 127;
	u64 n = (u64)(2049 + 2 * ((u32)x >> 13 & 1023)) << (exp & 1), out;
	u32 q = 4096;

	if (estimate_special(x, true, &out))
		return out;
	for (u32 bit = 2048; bit; bit >>= 1) { /* the largest q with (q - 1/2)^2 <= 2^37 / n */
		u64 odd = 2 * (q + bit) - 1;
		if (odd * odd * n <= (u64)1 << 39)
			q += bit;
	}
	return estimate(0, 126 - (exp >> 1), q);
}
#endif

PACKED(RCPPS, sf32, 32, ((void)f, reciprocal(x)))
SCALAR(RCPSS, sf32, 32, a, ((void)f, reciprocal(y)))
PACKED(RSQRTPS, sf32, 32, ((void)f, reciprocal_root(x)))
SCALAR(RSQRTSS, sf32, 32, a, ((void)f, reciprocal_root(y)))

/* ---- comparisons --------------------------------------------------------------------------------------- */

/* For the predicates 0 to 15 (bit 4 turns quiet into signalling and back): the relations for which each holds, a bit
 * each, and whether it is quiet. */
enum { R_LT = 1 << SF_LT, R_EQ = 1 << SF_EQ, R_GT = 1 << SF_GT, R_UN = 1 << SF_UNORDERED };
static const struct { u8 holds; bool quiet; } predicate[16] = {
	{R_EQ, true}, {R_LT, false}, {R_LT | R_EQ, false}, {R_UN, true},
	{R_LT | R_GT | R_UN, true}, {R_EQ | R_GT | R_UN, false}, {R_GT | R_UN, false}, {R_LT | R_EQ | R_GT, true},
	{R_EQ | R_UN, true}, {R_LT | R_UN, false}, {R_LT | R_EQ | R_UN, false}, {0, true},
	{R_LT | R_GT, true}, {R_EQ | R_GT, false}, {R_GT, false}, {R_LT | R_EQ | R_GT | R_UN, true},
};

static u64 holds(const SfFmt *f, u32 n, u64 x, u64 y, u32 *csr)
{
	bool quiet = predicate[n & 15].quiet != (n >> 4 & 1);

	return predicate[n & 15].holds >> sf_compare(f, x, y, quiet, csr) & 1 ? ~(u64)0 : 0;
}
ALL4(CMP, holds(f, v->n, x, y, &v->csr))

static void order(VIn *v, const SfFmt *f, u32 w, bool quiet)
{
	static const u8 flags[] = {[SF_LT] = 1, [SF_EQ] = 64, [SF_GT] = 0, [SF_UNORDERED] = 69};

	v->d.q[0] = flags[sf_compare(f, lane(&v->a, w, 0), lane(&v->b, w, 0), quiet, &v->csr)];
}
void vec_COMISS(VIn *v) { order(v, &sf32, 32, false); }
void vec_UCOMISS(VIn *v) { order(v, &sf32, 32, true); }
void vec_COMISD(VIn *v) { order(v, &sf64, 64, false); }
void vec_UCOMISD(VIn *v) { order(v, &sf64, 64, true); }

/* ---- conversions --------------------------------------------------------------------------------------- */

static enum SfRound mode_of(u32 n, u32 csr) { return n & 4 ? sf_mode(csr) : (enum SfRound)(n & 3); }

#define ROUND(x) sf_round(f, x, mode_of(v->n, v->csr), v->n & 8, &v->csr)
PACKED(ROUNDPS, sf32, 32, ROUND(x))
PACKED(ROUNDPD, sf64, 64, ROUND(x))
SCALAR(ROUNDSS, sf32, 32, a, ROUND(y))
SCALAR(ROUNDSD, sf64, 64, a, ROUND(y))

PACKED(CVTDQ2PS, sf32, 32, sf_from_int(f, (i32)x, &v->csr))
PACKED(CVTPS2DQ, sf32, 32, sf_to_int(f, x, 32, sf_mode(v->csr), &v->csr))
PACKED(CVTTPS2DQ, sf32, 32, sf_to_int(f, x, 32, SF_ZERO, &v->csr))
SCALAR(CVTSS2SD, sf64, 64, a, sf_convert(&sf32, f, (u32)y, &v->csr))
SCALAR(CVTSD2SS, sf32, 32, a, sf_convert(&sf64, f, v->b.q[0], &v->csr))
SCALAR(CVTSI2SS, sf32, 32, a, sf_from_int(f, (i32)v->b.q[0], &v->csr))
SCALAR(CVTSI2SD, sf64, 64, a, sf_from_int(f, (i32)v->b.q[0], &v->csr))
SCALAR(CVTSI2SSQ, sf32, 32, a, sf_from_int(f, (i64)v->b.q[0], &v->csr))
SCALAR(CVTSI2SDQ, sf64, 64, a, sf_from_int(f, (i64)v->b.q[0], &v->csr))

#define TO_INT(op, fmt, w, width, mode) void vec_##op(VIn *v) { \
	v->d.q[0] = sf_to_int(&fmt, lane(&v->a, w, 0), width, mode, &v->csr); }
TO_INT(CVTSS2SI, sf32, 32, 32, sf_mode(v->csr))
TO_INT(CVTSS2SIQ, sf32, 32, 64, sf_mode(v->csr))
TO_INT(CVTSD2SI, sf64, 64, 32, sf_mode(v->csr))
TO_INT(CVTSD2SIQ, sf64, 64, 64, sf_mode(v->csr))
TO_INT(CVTTSS2SI, sf32, 32, 32, SF_ZERO)
TO_INT(CVTTSS2SIQ, sf32, 32, 64, SF_ZERO)
TO_INT(CVTTSD2SI, sf64, 64, 32, SF_ZERO)
TO_INT(CVTTSD2SIQ, sf64, 64, 64, SF_ZERO)

void vec_CVTDQ2PD(VIn *v)
{
	for (u32 k = 0; k < 2; k++)
		v->d.q[k] = sf_from_int(&sf64, lane_signed(&v->a, 32, k), &v->csr);
}

void vec_CVTPS2PD(VIn *v)
{
	for (u32 k = 0; k < 2; k++)
		v->d.q[k] = sf_convert(&sf32, &sf64, lane(&v->a, 32, k), &v->csr);
}

/* f64 lanes to 32-bit lanes of the low half. */
#define NARROW(op, expr) void vec_##op(VIn *v) { \
	u64 lo = (u32)expr(v->a.q[0]), hi = expr(v->a.q[1]); \
	v->d = (OVec){{lo | hi << 32, 0}}; }
#define TO_DQ(x) sf_to_int(&sf64, x, 32, sf_mode(v->csr), &v->csr)
#define TO_DQ_ZERO(x) sf_to_int(&sf64, x, 32, SF_ZERO, &v->csr)
#define TO_PS(x) sf_convert(&sf64, &sf32, x, &v->csr)
NARROW(CVTPD2DQ, TO_DQ)
NARROW(CVTTPD2DQ, TO_DQ_ZERO)
NARROW(CVTPD2PS, TO_PS)

/* f16 takes no notice of DAZ and says nothing of denormals. */
void vec_CVTPH2PS(VIn *v)
{
	u32 csr = v->csr & ~(u32)FPC_DAZ;

	for (u32 k = 0; k < 4; k++)
		set_lane(&v->d, 32, k, sf_convert(&sf16, &sf32, lane(&v->a, 16, k), &csr));
	v->csr |= csr & FPC_INVALID;
}

/* A denormal f32 that raises underflow always is inexact too, whatever its bits; so processors have it. */
static u32 tiny(u32 lane, u32 csr)
{
	bool denormal = !(lane & 0x7f800000) && (lane & 0x7fffff) && !(csr & FPC_DAZ);

	return denormal && !(csr & FPC_UNDERFLOW << 7) ? FPC_INEXACT : 0;
}

void vec_CVTPS2PH(VIn *v)
{
	u32 csr = (v->csr & ~(u32)(FPC_FTZ | 3 << FPC_ROUND_SHIFT)) | (u32)mode_of(v->n, v->csr) << FPC_ROUND_SHIFT;
	OVec d = {{0, 0}};

	for (u32 k = 0; k < 4; k++) {
		u32 a = (u32)lane(&v->a, 32, k);
		csr |= tiny(a, csr);
		set_lane(&d, 16, k, sf_convert(&sf32, &sf16, a, &csr));
	}
	v->csr |= csr & 63;
	v->d = d;
}
