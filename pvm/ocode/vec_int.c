/* Rows of vops.def that work on integers and bits. */
#include "vec.h"

/* ---- to and from other types --------------------------------------------------------------------------- */

void vec_MOVD(VIn *v) { v->d = (OVec){{(u32)v->a.q[0], 0}}; }
void vec_MOVQ(VIn *v) { v->d = (OVec){{v->a.q[0], 0}}; }
void vec_MOVD_R(VIn *v) { v->d.q[0] = (u32)v->a.q[0]; }
void vec_MOVQ_R(VIn *v) { v->d.q[0] = v->a.q[0]; }
void vec_MOVQ_V(VIn *v) { v->d = (OVec){{v->a.q[0], 0}}; }
void vec_MOVSS(VIn *v) { v->d = v->a; set_lane(&v->d, 32, 0, v->b.q[0]); }
void vec_MOVSD(VIn *v) { v->d = (OVec){{v->b.q[0], v->a.q[1]}}; }

#define EXTRACT(op, w) void vec_##op(VIn *v) { v->d.q[0] = lane(&v->a, w, v->n & (128 / w - 1)); }
EXTRACT(PEXTRB, 8)
EXTRACT(PEXTRW, 16)
EXTRACT(PEXTRD, 32)
EXTRACT(PEXTRQ, 64)
#define INSERT(op, w) void vec_##op(VIn *v) { v->d = v->a; set_lane(&v->d, w, v->n & (128 / w - 1), v->b.q[0]); }
INSERT(PINSRB, 8)
INSERT(PINSRW, 16)
INSERT(PINSRD, 32)
INSERT(PINSRQ, 64)

static u64 sign_bits(const OVec *a, u32 w)
{
	u64 r = 0;

	for (u32 k = 0; k < 128 / w; k++)
		r |= lane(a, w, k) >> (w - 1) << k;
	return r;
}
void vec_PMOVMSKB(VIn *v) { v->d.q[0] = sign_bits(&v->a, 8); }
void vec_MOVMSKPS(VIn *v) { v->d.q[0] = sign_bits(&v->a, 32); }
void vec_MOVMSKPD(VIn *v) { v->d.q[0] = sign_bits(&v->a, 64); }

#define BITS(op, expr) void vec_##op(VIn *v) { \
	for (u32 k = 0; k < 2; k++) { u64 a = v->a.q[k], b = v->b.q[k]; v->d.q[k] = expr; } }
BITS(PAND, a & b)
BITS(PANDN, ~a & b)
BITS(POR, a | b)
BITS(PXOR, a ^ b)

/* ---- lane by lane -------------------------------------------------------------------------------------- */

static i64 saturate(i64 x, u32 w)
{
	i64 max = (i64)(lane_mask(w) >> 1);

	return x > max ? max : x < -max - 1 ? -max - 1 : x;
}

static i64 saturate_unsigned(i64 x, u32 w)
{
	return x < 0 ? 0 : x > (i64)lane_mask(w) ? (i64)lane_mask(w) : x;
}

/* a, b unsigned and sa, sb signed lanes of W bits; the result's low bits are kept. */
#define LANES(op, w, expr) void vec_##op(VIn *v) { \
	enum { W = w }; \
	for (u32 k = 0; k < 128 / W; k++) { \
		u64 a = lane(&v->a, W, k), b = lane(&v->b, W, k); \
		i64 sa = lane_signed(&v->a, W, k), sb = lane_signed(&v->b, W, k); \
		(void)a, (void)b, (void)sa, (void)sb; \
		set_lane(&v->d, W, k, (u64)(expr)); \
	} }
#define LANES_BW(op, expr) LANES(op##B, 8, expr) LANES(op##W, 16, expr)
#define LANES_BWD(op, expr) LANES_BW(op, expr) LANES(op##D, 32, expr)
#define LANES_BWDQ(op, expr) LANES_BWD(op, expr) LANES(op##Q, 64, expr)

LANES_BWDQ(PADD, a + b)
LANES_BWDQ(PSUB, a - b)
LANES_BWDQ(PCMPEQ, a == b ? ~(u64)0 : 0)
LANES_BWDQ(PCMPGT, sa > sb ? ~(u64)0 : 0)
LANES_BW(PADDS, saturate(sa + sb, W))
LANES_BW(PADDUS, saturate_unsigned((i64)(a + b), W))
LANES_BW(PSUBS, saturate(sa - sb, W))
LANES_BW(PSUBUS, saturate_unsigned((i64)a - (i64)b, W))
LANES_BW(PAVG, (a + b + 1) >> 1)
LANES_BWD(PMINS, sa < sb ? a : b)
LANES_BWD(PMINU, a < b ? a : b)
LANES_BWD(PMAXS, sa > sb ? a : b)
LANES_BWD(PMAXU, a > b ? a : b)
LANES_BWD(PABS, sa < 0 ? 0 - a : a)
LANES_BWD(PSIGN, sb < 0 ? 0 - a : sb ? a : 0)
LANES(PMULLW, 16, a * b)
LANES(PMULLD, 32, a * b)
LANES(PMULHW, 16, sa * sb >> 16)
LANES(PMULHUW, 16, a * b >> 16)
LANES(PMULHRSW, 16, ((sa * sb >> 14) + 1) >> 1)
LANES(PMULUDQ, 64, (u64)(u32)a * (u32)b)
LANES(PMULDQ, 64, (i64)(i32)a * (i32)b)
LANES(PMADDWD, 32, (i64)(i16)a * (i16)b + (sa >> 16) * (sb >> 16))
LANES(PMADDUBSW, 16, saturate((i64)(u8)a * (i8)b + (i64)(a >> 8) * (sb >> 8), 16))

/* ---- sums over lanes ----------------------------------------------------------------------------------- */

static u64 difference(u64 a, u64 b) { return a < b ? b - a : a - b; }

void vec_PSADBW(VIn *v)
{
	for (u32 h = 0; h < 2; h++) {
		u64 sum = 0;
		for (u32 k = 8 * h; k < 8 * h + 8; k++)
			sum += difference(lane(&v->a, 8, k), lane(&v->b, 8, k));
		v->d.q[h] = sum;
	}
}

void vec_MPSADBW(VIn *v)
{
	u32 from_a = v->n & 4, from_b = (v->n & 3) * 4;

	for (u32 k = 0; k < 8; k++) {
		u64 sum = 0;
		for (u32 j = 0; j < 4; j++)
			sum += difference(lane(&v->a, 8, from_a + k + j), lane(&v->b, 8, from_b + j));
		set_lane(&v->d, 16, k, sum);
	}
}

/* x and y: neighbouring lanes, signed. */
#define HORIZONTAL(op, w, expr) void vec_##op(VIn *v) { \
	enum { W = w, N = 128 / w }; \
	for (u32 k = 0; k < N; k++) { \
		const OVec *s = k < N / 2 ? &v->a : &v->b; \
		i64 x = lane_signed(s, W, 2 * k % N), y = lane_signed(s, W, 2 * k % N + 1); \
		set_lane(&v->d, W, k, (u64)(expr)); \
	} }
HORIZONTAL(PHADDW, 16, x + y)
HORIZONTAL(PHADDD, 32, x + y)
HORIZONTAL(PHADDSW, 16, saturate(x + y, W))
HORIZONTAL(PHSUBW, 16, x - y)
HORIZONTAL(PHSUBD, 32, x - y)
HORIZONTAL(PHSUBSW, 16, saturate(x - y, W))

void vec_PHMINPOSUW(VIn *v)
{
	u64 min = UINT16_MAX, at = 0;

	for (u32 k = 8; k-- > 0;)
		if (lane(&v->a, 16, k) <= min) {
			min = lane(&v->a, 16, k);
			at = k;
		}
	v->d = (OVec){{min | at << 16, 0}};
}

/* ---- shifts -------------------------------------------------------------------------------------------- */

static u64 left(u64 a, u64 n, u32 w) { return n < w ? a << n : 0; }
static u64 right(u64 a, u64 n, u32 w) { return n < w ? a >> n : 0; }
static u64 right_signed(i64 a, u64 n, u32 w) { return (u64)(a >> MIN(n, (u64)w - 1)); }

#define SHIFTS(op, w, expr) \
	LANES(op, w, (expr(a, v->b.q[0], W))) \
	LANES(op##I, w, (expr(a, v->n, W)))
SHIFTS(PSLLW, 16, left)
SHIFTS(PSLLD, 32, left)
SHIFTS(PSLLQ, 64, left)
SHIFTS(PSRLW, 16, right)
SHIFTS(PSRLD, 32, right)
SHIFTS(PSRLQ, 64, right)
LANES(PSRAW, 16, right_signed(sa, v->b.q[0], W))
LANES(PSRAWI, 16, right_signed(sa, v->n, W))
LANES(PSRAD, 32, right_signed(sa, v->b.q[0], W))
LANES(PSRADI, 32, right_signed(sa, v->n, W))
LANES(PSLLVD, 32, left(a, b, W))
LANES(PSLLVQ, 64, left(a, b, W))
LANES(PSRLVD, 32, right(a, b, W))
LANES(PSRLVQ, 64, right(a, b, W))
LANES(PSRAVD, 32, right_signed(sa, b, W))

/* Byte k of b and, above it, a; zeros behind. */
static u64 byte_of_two(const OVec *b, const OVec *a, u32 k)
{
	return k < 16 ? lane(b, 8, k) : k < 32 ? lane(a, 8, k - 16) : 0;
}

void vec_PALIGNR(VIn *v)
{
	for (u32 k = 0; k < 16; k++)
		set_lane(&v->d, 8, k, byte_of_two(&v->b, &v->a, k + v->n));
}

void vec_PSLLDQ(VIn *v)
{
	for (u32 k = 0; k < 16; k++)
		set_lane(&v->d, 8, k, k < v->n ? 0 : lane(&v->a, 8, k - v->n));
}

void vec_PSRLDQ(VIn *v)
{
	for (u32 k = 0; k < 16; k++)
		set_lane(&v->d, 8, k, k + v->n > 15 ? 0 : lane(&v->a, 8, k + v->n));
}

/* ---- order of lanes ------------------------------------------------------------------------------------ */

#define UNPACK(op, w, from) void vec_##op(VIn *v) { \
	for (u32 k = 0; k < 128 / w; k++) \
		set_lane(&v->d, w, k, lane(k & 1 ? &v->b : &v->a, w, k / 2 + (from))); }
UNPACK(PUNPCKLBW, 8, 0)
UNPACK(PUNPCKLWD, 16, 0)
UNPACK(PUNPCKLDQ, 32, 0)
UNPACK(PUNPCKLQDQ, 64, 0)
UNPACK(PUNPCKHBW, 8, 8)
UNPACK(PUNPCKHWD, 16, 4)
UNPACK(PUNPCKHDQ, 32, 2)
UNPACK(PUNPCKHQDQ, 64, 1)

#define PACK(op, w, limit) void vec_##op(VIn *v) { \
	enum { N = 128 / w }; \
	for (u32 k = 0; k < N; k++) \
		set_lane(&v->d, w, k, (u64)limit(lane_signed(k < N / 2 ? &v->a : &v->b, 2 * w, k % (N / 2)), w)); }
PACK(PACKSSWB, 8, saturate)
PACK(PACKUSWB, 8, saturate_unsigned)
PACK(PACKSSDW, 16, saturate)
PACK(PACKUSDW, 16, saturate_unsigned)

#define EXTEND(name, from, to) \
	void vec_PMOVSX##name(VIn *v) { for (u32 k = 0; k < 128 / to; k++) set_lane(&v->d, to, k, (u64)lane_signed(&v->a, from, k)); } \
	void vec_PMOVZX##name(VIn *v) { for (u32 k = 0; k < 128 / to; k++) set_lane(&v->d, to, k, lane(&v->a, from, k)); }
EXTEND(BW, 8, 16)
EXTEND(BD, 8, 32)
EXTEND(BQ, 8, 64)
EXTEND(WD, 16, 32)
EXTEND(WQ, 16, 64)
EXTEND(DQ, 32, 64)

void vec_PSHUFB(VIn *v)
{
	for (u32 k = 0; k < 16; k++) {
		u64 at = lane(&v->b, 8, k);
		set_lane(&v->d, 8, k, at & 0x80 ? 0 : lane(&v->a, 8, at & 15));
	}
}

/* Lane k of four, from the four lanes of w bits that begin at `from`, by two bits of n each. */
static void choose4(VIn *v, u32 w, u32 from)
{
	v->d = v->a;
	for (u32 k = 0; k < 4; k++)
		set_lane(&v->d, w, from + k, lane(&v->a, w, from + (v->n >> 2 * k & 3)));
}
void vec_PSHUFD(VIn *v) { choose4(v, 32, 0); }
void vec_PSHUFLW(VIn *v) { choose4(v, 16, 0); }
void vec_PSHUFHW(VIn *v) { choose4(v, 16, 4); }

void vec_SHUFPS(VIn *v)
{
	for (u32 k = 0; k < 4; k++)
		set_lane(&v->d, 32, k, lane(k < 2 ? &v->a : &v->b, 32, v->n >> 2 * k & 3));
}

void vec_SHUFPD(VIn *v) { v->d = (OVec){{v->a.q[v->n & 1], v->b.q[v->n >> 1 & 1]}}; }

void vec_MOVSLDUP(VIn *v)
{
	v->n = 0xa0;
	choose4(v, 32, 0);
}

void vec_MOVSHDUP(VIn *v)
{
	v->n = 0xf5;
	choose4(v, 32, 0);
}

void vec_INSERTPS(VIn *v)
{
	v->d = v->a;
	set_lane(&v->d, 32, v->n >> 4 & 3, lane(&v->b, 32, v->n >> 6 & 3));
	for (u32 k = 0; k < 4; k++)
		if (v->n >> k & 1)
			set_lane(&v->d, 32, k, 0);
}

void vec_PBLENDW(VIn *v)
{
	for (u32 k = 0; k < 8; k++)
		set_lane(&v->d, 16, k, lane(v->n >> k & 1 ? &v->b : &v->a, 16, k));
}

#define BLEND(op, w) void vec_##op(VIn *v) { \
	for (u32 k = 0; k < 128 / w; k++) \
		set_lane(&v->d, w, k, lane(lane_signed(&v->c, w, k) < 0 ? &v->b : &v->a, w, k)); }
BLEND(PBLENDVB, 8)
BLEND(BLENDVPS, 32)
BLEND(BLENDVPD, 64)
