/* x87's numbers taken apart, rounded and put together, and the four operations and the square root on them. */
#include "soft80.h"

typedef unsigned __int128 u128;

enum { BIAS = 16383, E_MIN = 1 - BIAS, E_MAX = BIAS, WRAP = 24576 /* of exponents that are not masked */ };

static const u64 TOP = 1ull << 63, QUIET = 1ull << 62;
const F80 soft80_nan = { 3ull << 62, 0xffff };

/* ---- taking apart ---------------------------------------------------------------------------------- */

Num80 soft80_num(F80 a)
{
	u32 exp = a.se & 0x7fff;
	Num80 n = { .neg = a.se >> 15, .m = a.m, .e = (i32)exp - BIAS, .cls = C80_FINITE };

	if (exp == 0x7fff)
		n.cls = !(a.m & TOP) ? C80_BAD : a.m == TOP ? C80_INF : a.m & QUIET ? C80_QNAN : C80_SNAN;
	else if (exp && !(a.m & TOP))
		n.cls = C80_BAD;
	else if (!exp && !a.m)
		n.cls = C80_ZERO;
	else if (!exp) {
		int shift = __builtin_clzll(a.m);
		n.denormal = true;
		n.m <<= shift;
		n.e = E_MIN - shift;
	}
	return n;
}

/* A float or double: its fraction at the top of 63 bits, its exponent without bias. */
static Num80 of_float(bool neg, u32 exp, u32 exp_max, i32 bias, u64 frac)
{
	Num80 n = { .neg = neg, .m = TOP | frac, .e = (i32)exp - bias, .cls = C80_FINITE };

	if (exp == exp_max)
		n.cls = !frac ? C80_INF : n.m & QUIET ? C80_QNAN : C80_SNAN;
	else if (!exp && !frac)
		n.cls = C80_ZERO;
	else if (!exp) {
		int shift = __builtin_clzll(frac);
		n.denormal = true;
		n.m = frac << shift;
		n.e = 1 - bias - shift;
	}
	return n;
}

Num80 soft80_of_f32(u32 a)
{
	return of_float(a >> 31, a >> 23 & 0xff, 0xff, 127, (u64)(a & 0x7fffff) << 40);
}

Num80 soft80_of_f64(u64 a)
{
	return of_float(a >> 63, a >> 52 & 0x7ff, 0x7ff, 1023, (a & 0xfffffffffffff) << 11);
}

Num80 soft80_of_int(i64 a)
{
	u64 m = a < 0 ? 0 - (u64)a : (u64)a;
	int shift = m ? __builtin_clzll(m) : 0;

	return (Num80){ .cls = m ? C80_FINITE : C80_ZERO, .neg = a < 0, .e = 63 - shift, .m = m << shift };
}

/* ---- putting together ------------------------------------------------------------------------------ */

static F80 make(bool neg, u32 exp, u64 m)
{
	return (F80){ m, (u16)(exp | (u32)neg << 15) };
}

F80 soft80_zero(bool neg) { return make(neg, 0, 0); }
F80 soft80_inf(bool neg) { return make(neg, 0x7fff, TOP); }

F80 soft80_pack(Num80 a)
{
	switch (a.cls) {
	case C80_ZERO: return soft80_zero(a.neg);
	case C80_INF: return soft80_inf(a.neg);
	case C80_QNAN:
	case C80_SNAN: return make(a.neg, 0x7fff, a.m | QUIET);
	case C80_BAD: return soft80_nan;
	case C80_FINITE: break;
	}
	return a.e < E_MIN ? make(a.neg, 0, a.m >> (E_MIN - a.e)) : make(a.neg, (u32)(a.e + BIAS), a.m);
}

/* ---- rounding -------------------------------------------------------------------------------------- */

bool soft80_goes_up(u8 rc, bool neg, bool odd, u64 rest, bool more)
{
	switch (rc) {
	case X87_NEAREST: return rest > TOP || (rest == TOP && (more || odd));
	case X87_DOWN: return neg && (rest || more);
	case X87_UP: return !neg && (rest || more);
	default: return false;
	}
}

/* Keeps `bits` of m; true: a carry went out at the top.  Sets *inexact and *up. */
static bool round_bits(u8 rc, Raw80 *r, u8 bits, bool *inexact, bool *up)
{
	u32 drop = 64u - bits;
	u64 unit = 1ull << drop, rest = drop ? r->m << bits : r->rest;
	bool more = drop && r->rest;

	r->m &= ~(unit - 1);
	*inexact = rest || more;
	*up = soft80_goes_up(rc, r->neg, r->m & unit, rest, more);
	r->rest = 0;
	if (*up)
		r->m += unit;
	return *up && !r->m;
}

static void shift_right(Raw80 *r, u32 n)
{
	u128 v = (u128)r->m << 64 | r->rest;

	if (n >= 128)
		v = v != 0;
	else if (n)
		v = v >> n | ((v << (128 - n)) != 0);
	r->m = (u64)(v >> 64);
	r->rest = (u64)v;
}

/* Rounds a number whose exponent is within the range. */
static F80 round_normal(Env80 *v, Raw80 r, u8 bits)
{
	bool inexact, up;

	if (round_bits(v->rc, &r, bits, &inexact, &up)) {
		r.m = TOP;
		r.e++;
	}
	v->raised |= inexact ? X87_PE : 0;
	v->up = up;
	return make(r.neg, (u32)(r.e + BIAS), r.m);
}

static F80 overflow(Env80 *v, Raw80 r, u8 bits)
{
	v->raised |= X87_OE;
	if (!(v->masked & X87_OE)) {
		r.e -= WRAP;
		if (r.e > E_MAX) { /* only FSCALE goes so far */
			v->raised |= X87_PE;
			v->up = true;
			return soft80_inf(r.neg);
		}
		return round_normal(v, r, bits);
	}
	v->raised |= X87_PE;
	v->up = v->rc == X87_NEAREST || v->rc == (r.neg ? X87_DOWN : X87_UP);
	return v->up ? soft80_inf(r.neg) : make(r.neg, 0x7ffe, ~((1ull << (64 - bits)) - 1));
}

/* Tiny: its exponent, even after rounding, is below the least. */
static F80 underflow(Env80 *v, Raw80 r, u8 bits)
{
	bool inexact, up;

	if (!(v->masked & X87_UE)) {
		v->raised |= X87_UE;
		r.e += WRAP;
		if (r.e < E_MIN) {
			v->raised |= X87_PE;
			return soft80_zero(r.neg);
		}
		return round_normal(v, r, bits);
	}
	shift_right(&r, (u32)(E_MIN - r.e));
	round_bits(v->rc, &r, bits, &inexact, &up);
	v->raised |= inexact ? X87_UE | X87_PE : 0;
	v->up = up;
	return make(r.neg, r.m >> 63, r.m);
}

F80 soft80_round(Env80 *v, Raw80 r, u8 bits)
{
	Raw80 probe = r;
	bool inexact, up, carry = round_bits(v->rc, &probe, bits, &inexact, &up);

	if (r.e + carry > E_MAX)
		return overflow(v, r, bits);
	return r.e + carry < E_MIN ? underflow(v, r, bits) : round_normal(v, r, bits);
}

/* ---- special operands ------------------------------------------------------------------------------ */

F80 soft80_invalid(Env80 *v)
{
	v->raised |= X87_IE;
	return soft80_nan;
}

static bool is_nan(const Num80 *a)
{
	return a->cls == C80_QNAN || a->cls == C80_SNAN;
}

/* Of two NaNs a quiet one wins over a signalling one, else the larger significand, else the positive one. */
static const Num80 *choose_nan(const Num80 *a, const Num80 *b)
{
	if (!b || !is_nan(b))
		return a;
	if (!is_nan(a))
		return b;
	if (a->cls != b->cls)
		return a->cls == C80_QNAN ? a : b;
	if (a->m != b->m)
		return a->m > b->m ? a : b;
	return a->neg ? b : a;
}

bool soft80_nans(Env80 *v, const Num80 *a, const Num80 *b, F80 *out)
{
	if (a->cls == C80_BAD || (b && b->cls == C80_BAD)) {
		*out = soft80_invalid(v);
		return true;
	}
	if (!is_nan(a) && !(b && is_nan(b)))
		return false;
	if (a->cls == C80_SNAN || (b && b->cls == C80_SNAN))
		v->raised |= X87_IE;
	*out = soft80_pack(*choose_nan(a, b));
	return true;
}

bool soft80_denormals(Env80 *v, const Num80 *a, const Num80 *b)
{
	if (!a->denormal && !(b && b->denormal))
		return false;
	v->raised |= X87_DE;
	return !(v->masked & X87_DE);
}

/* ---- arithmetic ------------------------------------------------------------------------------------ */

/* Brings the leading one of v to the top; e is for the case that it is there. */
static Raw80 normal(bool neg, i32 e, u128 v)
{
	u64 hi = (u64)(v >> 64);
	int shift = hi ? __builtin_clzll(hi) : 64 + __builtin_clzll((u64)v);

	v <<= shift;
	return (Raw80){ .neg = neg, .e = e - shift, .m = (u64)(v >> 64), .rest = (u64)v };
}

static F80 add_magnitudes(Env80 *v, const Num80 *a, const Num80 *b)
{
	Raw80 small = { .m = b->m };

	shift_right(&small, (u32)(a->e - b->e));
	u128 x = (u128)a->m << 64, y = (u128)small.m << 64 | small.rest, sum = x + y;
	Raw80 r = { a->neg, a->e, (u64)(sum >> 64), (u64)sum };
	if (sum < x) { /* a carry */
		shift_right(&r, 1);
		r.m |= TOP;
		r.e++;
	}
	return soft80_round(v, r, v->bits);
}

static F80 sub_magnitudes(Env80 *v, const Num80 *a, const Num80 *b)
{
	Raw80 small = { .m = b->m };

	shift_right(&small, (u32)(a->e - b->e));
	u128 d = ((u128)a->m << 64) - ((u128)small.m << 64 | small.rest);
	return d ? soft80_round(v, normal(a->neg, a->e, d), v->bits) : soft80_zero(v->rc == X87_DOWN);
}

F80 soft80_add(Env80 *v, Num80 a, Num80 b)
{
	F80 out;

	if (soft80_nans(v, &a, &b, &out))
		return out;
	if (a.cls == C80_INF && b.cls == C80_INF && a.neg != b.neg)
		return soft80_invalid(v);
	if (soft80_denormals(v, &a, &b))
		return soft80_nan;
	if (a.cls == C80_INF || b.cls == C80_INF)
		return soft80_inf(a.cls == C80_INF ? a.neg : b.neg);
	if (a.cls == C80_ZERO && b.cls == C80_ZERO)
		return soft80_zero(a.neg == b.neg ? a.neg : v->rc == X87_DOWN);
	if (a.cls == C80_ZERO || (b.cls != C80_ZERO && (a.e < b.e || (a.e == b.e && a.m < b.m)))) {
		Num80 t = a;
		a = b;
		b = t;
	}
	if (b.cls == C80_ZERO)
		return soft80_round(v, (Raw80){ a.neg, a.e, a.m, 0 }, v->bits);
	return a.neg == b.neg ? add_magnitudes(v, &a, &b) : sub_magnitudes(v, &a, &b);
}

/* A NaN keeps its sign. */
F80 soft80_sub(Env80 *v, Num80 a, Num80 b)
{
	if (!is_nan(&b))
		b.neg = !b.neg;
	return soft80_add(v, a, b);
}

F80 soft80_mul(Env80 *v, Num80 a, Num80 b)
{
	bool neg = a.neg != b.neg;
	F80 out;

	if (soft80_nans(v, &a, &b, &out))
		return out;
	if ((a.cls == C80_INF && b.cls == C80_ZERO) || (a.cls == C80_ZERO && b.cls == C80_INF))
		return soft80_invalid(v);
	if (soft80_denormals(v, &a, &b))
		return soft80_nan;
	if (a.cls == C80_INF || b.cls == C80_INF)
		return soft80_inf(neg);
	if (a.cls == C80_ZERO || b.cls == C80_ZERO)
		return soft80_zero(neg);
	return soft80_round(v, normal(neg, a.e + b.e + 1, (u128)a.m * b.m), v->bits);
}

static Raw80 quotient(bool neg, const Num80 *a, const Num80 *b)
{
	bool less = a->m < b->m;
	u128 n = (u128)a->m << (less ? 64 : 63), rem = n % b->m << 64;
	u64 rest = (u64)(rem / b->m);

	return (Raw80){ neg, a->e - b->e - less, (u64)(n / b->m), rest | (rem % b->m != 0) };
}

F80 soft80_div(Env80 *v, Num80 a, Num80 b)
{
	bool neg = a.neg != b.neg;
	F80 out;

	if (soft80_nans(v, &a, &b, &out))
		return out;
	if ((a.cls == C80_INF && b.cls == C80_INF) || (a.cls == C80_ZERO && b.cls == C80_ZERO))
		return soft80_invalid(v);
	if (b.cls == C80_ZERO && a.cls != C80_INF) {
		v->raised |= X87_ZE;
		return soft80_inf(neg);
	}
	if (soft80_denormals(v, &a, &b))
		return soft80_nan;
	if (a.cls == C80_INF)
		return soft80_inf(neg);
	if (b.cls == C80_INF || a.cls == C80_ZERO)
		return soft80_zero(neg);
	return soft80_round(v, quotient(neg, &a, &b), v->bits);
}

/* The largest s with s * s <= n. */
static u64 root(u128 n, u128 *rem)
{
	u128 bit = (u128)1 << 126, s = 0;

	for (; bit; bit >>= 2) {
		if (n >= s + bit) {
			n -= s + bit;
			s = (s >> 1) + bit;
		} else {
			s >>= 1;
		}
	}
	*rem = n;
	return (u64)s;
}

F80 soft80_sqrt(Env80 *v, Num80 a)
{
	u128 rem;
	F80 out;

	if (soft80_nans(v, &a, NULL, &out))
		return out;
	if (a.cls == C80_ZERO)
		return soft80_zero(a.neg);
	if (a.neg)
		return soft80_invalid(v);
	if (soft80_denormals(v, &a, NULL))
		return soft80_nan;
	if (a.cls == C80_INF)
		return soft80_inf(false);
	/* e is made even; what is left over decides on which side of the middle the root lies, where it never is. */
	u64 s = root((u128)a.m << (a.e & 1 ? 64 : 63), &rem);
	return soft80_round(v, (Raw80){ false, a.e >> 1, s, rem > s ? 3ull << 62 : rem ? 1ull << 62 : 0 }, v->bits);
}
