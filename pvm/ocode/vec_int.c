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
void vec_PMOVMSKB(VIn *v) { v->d.q[0] = byte_signs(v->a.q[0]) | byte_signs(v->a.q[1]) << 8; }
void vec_MOVMSKPS(VIn *v) { v->d.q[0] = sign_bits(&v->a, 32); }
void vec_MOVMSKPD(VIn *v) { v->d.q[0] = sign_bits(&v->a, 64); }

#define BITS(op, expr) void vec_##op(VIn *v) { \
	for (u32 k = 0; k < 2; k++) { u64 a = v->a.q[k], b = v->b.q[k]; v->d.q[k] = expr; } }
BITS(PAND, a & b)
BITS(PANDN, ~a & b)
BITS(POR, a | b)
BITS(PXOR, a ^ b)

/* ---- lane by lane -------------------------------------------------------------------------------------- */

static i32 saturate(i32 x, u32 w)
{
	i32 max = (1 << (w - 1)) - 1;

	return x > max ? max : x < -max - 1 ? -max - 1 : x;
}

static i32 saturate_unsigned(i32 x, u32 w)
{
	i32 max = (1 << w) - 1;

	return x < 0 ? 0 : x > max ? max : x;
}

/* a, b unsigned and sa, sb signed lanes of W bits; the result's low bits are kept. */
#define LANES(op, w, expr) void vec_##op(VIn *v) { \
	enum { W = w }; \
	VLanes x = {v->a}, y = {v->b}, d; \
	for (u32 k = 0; k < 128 / W; k++) { \
		u##w a = x.u##w[k], b = y.u##w[k]; \
		i##w sa = (i##w)a, sb = (i##w)b; \
		(void)a, (void)b, (void)sa, (void)sb, (void)W; \
		d.u##w[k] = (u##w)(expr); \
	} \
	v->d = d.v; }
#define LANES_BW(op, expr) LANES(op##B, 8, expr) LANES(op##W, 16, expr)
#define LANES_BWD(op, expr) LANES_BW(op, expr) LANES(op##D, 32, expr)
#define LANES_BWDQ(op, expr) LANES_BWD(op, expr) LANES(op##Q, 64, expr)

LANES_BWDQ(PADD, a + b)
LANES_BWDQ(PSUB, a - b)
LANES_BWDQ(PCMPEQ, a == b ? -1 : 0)
LANES_BWDQ(PCMPGT, sa > sb ? -1 : 0)
LANES_BW(PADDS, saturate(sa + sb, W))
LANES_BW(PADDUS, saturate_unsigned(a + b, W))
LANES_BW(PSUBS, saturate(sa - sb, W))
LANES_BW(PSUBUS, a > b ? a - b : 0)
LANES_BW(PAVG, (a + b + 1) >> 1)
LANES_BWD(PMINS, sa < sb ? a : b)
LANES_BWD(PMINU, a < b ? a : b)
LANES_BWD(PMAXS, sa > sb ? a : b)
LANES_BWD(PMAXU, a > b ? a : b)
LANES_BWD(PABS, sa < 0 ? 0 - a : a)
LANES_BWD(PSIGN, sb < 0 ? 0 - a : sb ? a : 0)
LANES(PMULLW, 16, (u32)a * b)
LANES(PMULLD, 32, a * b)
LANES(PMULHW, 16, sa * sb >> 16)
LANES(PMULHUW, 16, (u32)a * b >> 16)
LANES(PMULHRSW, 16, ((sa * sb >> 14) + 1) >> 1)
LANES(PMULUDQ, 64, (u64)(u32)a * (u32)b)
LANES(PMULDQ, 64, (i64)(i32)a * (i32)b)
LANES(PMADDWD, 32, (i64)(i16)a * (i16)b + (sa >> 16) * (sb >> 16))
LANES(PMADDUBSW, 16, saturate((u8)a * (i8)b + (a >> 8) * (sb >> 8), 16))

/* ---- sums over lanes ----------------------------------------------------------------------------------- */

static u64 difference(u64 a, u64 b) { return a < b ? b - a : a - b; }

void vec_PSADBW(VIn *v)
{
	VLanes a = {v->a}, b = {v->b};

	for (u32 h = 0; h < 2; h++) {
		u32 sum = 0;
		for (u32 k = 8 * h; k < 8 * h + 8; k++)
			sum += (u32)__builtin_abs(a.u8[k] - b.u8[k]);
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

/* All lanes by the same n; if that is too much, by as much as can be, and `keep` says whether anything is left then. */
#define SHIFT(op, w, type, count, operation, keep) void vec_##op(VIn *v) { \
	u64 count_ = (count); \
	u32 n = count_ < w ? (u32)count_ : w - 1; \
	VLanes x = {v->a}, d; \
	for (u32 k = 0; k < 128 / w; k++) \
		d.u##w[k] = (u##w)((type)x.u##w[k] operation n); \
	v->d = count_ < w || keep ? d.v : (OVec){{0, 0}}; }
#define SHIFTS(op, w, type, operation, keep) \
	SHIFT(op, w, type, v->b.q[0], operation, keep) \
	SHIFT(op##I, w, type, v->n, operation, keep)
SHIFTS(PSLLW, 16, u16, <<, false)
SHIFTS(PSLLD, 32, u32, <<, false)
SHIFTS(PSLLQ, 64, u64, <<, false)
SHIFTS(PSRLW, 16, u16, >>, false)
SHIFTS(PSRLD, 32, u32, >>, false)
SHIFTS(PSRLQ, 64, u64, >>, false)
SHIFTS(PSRAW, 16, i16, >>, true)
SHIFTS(PSRAD, 32, i32, >>, true)
LANES(PSLLVD, 32, left(a, b, W))
LANES(PSLLVQ, 64, left(a, b, W))
LANES(PSRLVD, 32, right(a, b, W))
LANES(PSRLVQ, 64, right(a, b, W))
LANES(PSRAVD, 32, right_signed(sa, b, W))

/* Bytes in order, lowest first. */
static void to_bytes(u8 *to, const OVec *v)
{
	st64(to, v->q[0]);
	st64(to + 8, v->q[1]);
}

/* The 16 bytes at n of b and, above it, a; zeros behind. */
static OVec bytes_of_two(const OVec *b, const OVec *a, u32 n)
{
	u8 p[48] = {0};

	n = MIN(n, 32);
	to_bytes(p, b);
	to_bytes(p + 16, a);
	return (OVec){{ld64(p + n), ld64(p + n + 8)}};
}

void vec_PALIGNR(VIn *v) { v->d = bytes_of_two(&v->b, &v->a, v->n); }
void vec_PSLLDQ(VIn *v) { v->d = bytes_of_two(&(OVec){{0, 0}}, &v->a, 16 - MIN(v->n, 16)); }
void vec_PSRLDQ(VIn *v) { v->d = bytes_of_two(&v->a, &(OVec){{0, 0}}, v->n); }

/* ---- order of lanes ------------------------------------------------------------------------------------ */

#define UNPACK(op, w, from) void vec_##op(VIn *v) { \
	VLanes a = {v->a}, b = {v->b}, d; \
	for (u32 k = 0; k < 64 / w; k++) { \
		LANE(d, w, 2 * k) = LANE(a, w, k + (from)); \
		LANE(d, w, 2 * k + 1) = LANE(b, w, k + (from)); \
	} \
	v->d = d.v; }
UNPACK(PUNPCKLBW, 8, 0)
UNPACK(PUNPCKLWD, 16, 0)
UNPACK(PUNPCKLDQ, 32, 0)
UNPACK(PUNPCKLQDQ, 64, 0)
UNPACK(PUNPCKHBW, 8, 8)
UNPACK(PUNPCKHWD, 16, 4)
UNPACK(PUNPCKHDQ, 32, 2)
UNPACK(PUNPCKHQDQ, 64, 1)

#define PACK(op, w, wide, limit) void vec_##op(VIn *v) { \
	VLanes a = {v->a}, b = {v->b}, d; \
	for (u32 k = 0; k < 64 / w; k++) { \
		LANE(d, w, k) = (u##w)limit((i##wide)LANE(a, wide, k), w); \
		LANE(d, w, k + 64 / w) = (u##w)limit((i##wide)LANE(b, wide, k), w); \
	} \
	v->d = d.v; }
PACK(PACKSSWB, 8, 16, saturate)
PACK(PACKUSWB, 8, 16, saturate_unsigned)
PACK(PACKSSDW, 16, 32, saturate)
PACK(PACKUSDW, 16, 32, saturate_unsigned)

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
	VLanes a = {v->a}, b = {v->b}, d;

	for (u32 k = 0; k < 16; k++) {
		u8 at = LANE(b, 8, k);
		LANE(d, 8, k) = at & 0x80 ? 0 : LANE(a, 8, at & 15);
	}
	v->d = d.v;
}

/* Lane k of four, from the four lanes of w bits that begin at `from`, by two bits of n each. */
#define CHOOSE4(op, w, from) void vec_##op(VIn *v) { \
	VLanes a = {v->a}, d = a; \
	for (u32 k = 0; k < 4; k++) \
		LANE(d, w, (from) + k) = LANE(a, w, (from) + (v->n >> 2 * k & 3)); \
	v->d = d.v; }
CHOOSE4(PSHUFD, 32, 0)
CHOOSE4(PSHUFLW, 16, 0)
CHOOSE4(PSHUFHW, 16, 4)

void vec_SHUFPS(VIn *v)
{
	VLanes a = {v->a}, b = {v->b}, d;

	for (u32 k = 0; k < 2; k++) {
		LANE(d, 32, k) = LANE(a, 32, v->n >> 2 * k & 3);
		LANE(d, 32, k + 2) = LANE(b, 32, v->n >> (2 * k + 4) & 3);
	}
	v->d = d.v;
}

void vec_SHUFPD(VIn *v) { v->d = (OVec){{v->a.q[v->n & 1], v->b.q[v->n >> 1 & 1]}}; }

void vec_MOVSLDUP(VIn *v)
{
	v->n = 0xa0;
	vec_PSHUFD(v);
}

void vec_MOVSHDUP(VIn *v)
{
	v->n = 0xf5;
	vec_PSHUFD(v);
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
