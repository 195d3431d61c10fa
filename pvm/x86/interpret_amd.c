/* What AMD's processors alone had: 3DNow! with its extensions, and SSE4a, in C.
 *
 * AMD, 3DNow! Technology Manual (21928): singles to the nearest, never an exception; denormals are zeros, what is too small
 * becomes zero and what is too large the largest number; infinities and NaNs are no operands.  Reciprocals need to be right
 * in 14 bits and roots in 15 before the steps that refine them: here they are right at once, and the steps keep them. */
#include "interpret.h"

enum { SIGN = 0x80000000u, INFINITE = 0x7f800000, LARGEST = 0x7f7fffff, FPC = 0x9fc0 /* masked, DAZ and FTZ */ };

typedef struct Pair { u32 lo, hi; } Pair;

static Pair pair(u64 v)
{
	return (Pair){ (u32)v, (u32)(v >> 32) };
}

/* ---- one single ------------------------------------------------------------------------------------- */

static u32 clamp(u32 v)
{
	return (v & ~SIGN) == INFINITE ? (v & SIGN) | LARGEST : v;
}

static u32 arith(OVop op, u32 a, u32 b)
{
	OVec x = {{ a, 0 }}, y = {{ b, 0 }}, d;
	u32 fpc = FPC;

	ocode_vec(op, &d, &x, &y, &y, 0, &fpc);
	return clamp((u32)d.q[0]);
}

static bool is_zero(u32 v)
{
	return !(v & INFINITE);
}

/* A sum that is zero has the sign of the first, where that is not zero itself. */
static u32 add(u32 a, u32 b)
{
	u32 v = arith(VO_ADDSS, a, b);

	return is_zero(v) && !is_zero(a) && (a ^ b) == SIGN ? a & SIGN : v;
}

static u32 subtract(u32 a, u32 b)
{
	return add(a, b ^ SIGN);
}

static u32 multiply(u32 a, u32 b)
{
	return arith(VO_MULSS, a, b);
}

/* In order, as whole numbers; zeros are one. */
static i64 rank(u32 v)
{
	i64 n = v & ~SIGN;

	return is_zero(v) ? 0 : v & SIGN ? -n : n;
}

static u32 larger(u32 a, u32 b, bool want)
{
	u32 v = (rank(a) > rank(b)) == want ? a : b;

	return is_zero(v) ? 0 : v;
}

static u32 max(u32 a, u32 b) { return larger(a, b, true); }
static u32 min(u32 a, u32 b) { return larger(a, b, false); }
static u32 equal(u32 a, u32 b) { return rank(a) == rank(b) ? ~0u : 0; }
static u32 greater(u32 a, u32 b) { return rank(a) > rank(b) ? ~0u : 0; }
static u32 greater_equal(u32 a, u32 b) { return rank(a) >= rank(b) ? ~0u : 0; }
static u32 from_second(u32 a, u32 b) { return subtract(b, a); }
static u32 keep(u32 a, u32 b) { (void)a; return b; }

static u32 reciprocal(u32 v)
{
	const u32 one = 0x3f800000;

	return is_zero(v) ? (v & SIGN) | LARGEST : arith(VO_DIVSS, one, v);
}

/* Of the number without its sign, which the result gets. */
static u32 reciprocal_root(u32 v)
{
	return is_zero(v) ? (v & SIGN) | LARGEST : (v & SIGN) | reciprocal(arith(VO_SQRTSS, v & ~SIGN, v & ~SIGN));
}

/* Towards zero, at most `most` and at least -most - 1. */
static u32 to_int(u32 v, i64 most)
{
	i32 exp = (i32)(v >> 23 & 0xff) - 127;
	u64 sig = (v & 0x7fffff) | 0x800000;
	i64 n = exp < 0 ? 0 : exp > 31 ? most + 1 : (i64)(exp > 23 ? sig << (exp - 23) : sig >> (23 - exp));

	return (u32)(v & SIGN ? MAX(-n, -most - 1) : MIN(n, most));
}

/* Towards zero. */
static u32 from_int(u32 v)
{
	u32 n = v & SIGN ? 0 - v : v;

	if (!n)
		return 0;
	u32 top = 31 - (u32)__builtin_clz(n), sig = top > 23 ? n >> (top - 23) : n << (23 - top);
	return (v & SIGN) | (top + 127) << 23 | (sig & 0x7fffff);
}

/* ---- 3DNow! ------------------------------------------------------------------------------------------ */

static u64 join(u32 lo, u32 hi)
{
	return lo | (u64)hi << 32;
}

static u64 each(u32 (*fn)(u32, u32), Pair a, Pair b)
{
	return join(fn(a.lo, b.lo), fn(a.hi, b.hi));
}

static u64 words(u64 a, u64 b)
{
	u64 v = 0;

	for (u32 k = 0; k < 64; k += 16)
		v |= (u64)(u16)(((i32)(i16)(a >> k) * (i16)(b >> k) + 0x8000) >> 16) << k;
	return v;
}

static u64 averages(u64 a, u64 b)
{
	u64 v = 0;

	for (u32 k = 0; k < 64; k += 8)
		v |= (((a >> k & 0xff) + (b >> k & 0xff) + 1) >> 1) << k;
	return v;
}

static u64 across(const XRun *r, Pair a, Pair b)
{
	switch (r->i.op) {
	case XI_PFACC: return join(add(a.lo, a.hi), add(b.lo, b.hi));
	case XI_PFNACC: return join(subtract(a.lo, a.hi), subtract(b.lo, b.hi));
	case XI_PFPNACC: return join(subtract(a.lo, a.hi), add(b.lo, b.hi));
	case XI_PFRCP: return join(reciprocal(b.lo), reciprocal(b.lo));
	case XI_PFRSQRT: return join(reciprocal_root(b.lo), reciprocal_root(b.lo));
	case XI_PI2FD: return join(from_int(b.lo), from_int(b.hi));
	case XI_PI2FW: return join(from_int((u32)(i16)b.lo), from_int((u32)(i16)b.hi));
	case XI_PF2ID: return join(to_int(b.lo, 0x7fffffff), to_int(b.hi, 0x7fffffff));
	case XI_PF2IW: return join(to_int(b.lo, 0x7fff), to_int(b.hi, 0x7fff));
	default: return join(b.hi, b.lo); /* pswapd */
	}
}

static u64 now(const XRun *r, u64 a, u64 b)
{
	u32 (*fn)(u32, u32) = NULL;

	switch (r->i.op) {
	case XI_PFADD: fn = add; break;
	case XI_PFSUB: fn = subtract; break;
	case XI_PFSUBR: fn = from_second; break;
	case XI_PFMUL: fn = multiply; break;
	case XI_PFMAX: fn = max; break;
	case XI_PFMIN: fn = min; break;
	case XI_PFCMPEQ: fn = equal; break;
	case XI_PFCMPGT: fn = greater; break;
	case XI_PFCMPGE: fn = greater_equal; break;
	case XI_PFRCPIT1: case XI_PFRCPIT2: case XI_PFRSQIT1: fn = keep; break;
	case XI_PMULHRW: return words(a, b);
	case XI_PAVGUSB: return averages(a, b);
	}
	return fn ? each(fn, pair(a), pair(b)) : across(r, pair(a), pair(b));
}

void xr_now3d(XRun *r)
{
	u64 *d = xr_slot(r, XS_ST + 2u * r->i.opnd[0].reg);
	const XOperand *o = &r->i.opnd[1];
	u64 b = o->kind == XK_MEM ? xr_load(r, xr_address(r), 8) : *xr_slot(r, XS_ST + 2u * o->reg);

	d[0] = now(r, d[0], b);
	d[1] = 0xffff;
	*xr_slot(r, XS_FTOP) = 0;
	*xr_slot(r, XS_FTAG) = 0xff;
}

/* ---- SSE4a ------------------------------------------------------------------------------------------- */

/* A field of 64 bits: 6 bits of length, of which 0 is 64, and 6 of place. */
static u64 field(u64 length)
{
	length &= 63;
	return length ? ((u64)1 << length) - 1 : ~0ull;
}

void xr_sse4a(XRun *r)
{
	bool imm = r->i.opnd[r->i.nopnd - 1].kind == XK_IMM, insert = r->i.op == XI_INSERTQ;
	u64 *d = xr_slot(r, XS_VEC + 4u * r->i.opnd[0].reg);
	const u64 *s = xr_slot(r, XS_VEC + 4u * r->i.opnd[imm && !insert ? 0 : 1].reg);
	u64 length = imm ? r->i.imm : s[insert], at = (imm ? r->i.imm2 : s[insert] >> 8) & 63, mask = field(length);

	d[0] = insert ? (d[0] & ~(mask << at)) | (s[0] & mask) << at : d[0] >> at & mask;
}
