/* x87's numbers to floats, doubles, integers and packed decimals, and to integral values. */
#include "soft80.h"

typedef unsigned __int128 u128;

static const u64 TOP = 1ull << 63;

/* ---- floats and doubles ---------------------------------------------------------------------------- */

typedef struct Float { u8 bits, ebits; } Float; /* significand with its integer bit, exponent */

static u64 put(Float f, bool neg, u64 exp, u64 frac)
{
	return (u64)neg << (f.bits - 1 + f.ebits) | exp << (f.bits - 1) | frac;
}

/* The fraction of a significand of 64 bits. */
static u64 fraction(Float f, u64 m)
{
	return (m & ~TOP) >> (64 - f.bits);
}

/* Cuts m behind `bits`, rounding; true: it carried into a new leading one, and m is 0. */
static bool round_at(Env80 *v, bool neg, u64 *m, u32 bits, bool more, bool *inexact)
{
	u64 unit = 1ull << (64 - bits), rest = *m << bits;

	*m &= ~(unit - 1);
	*inexact = rest || more;
	v->up = soft80_goes_up(v->rc, neg, *m & unit, rest, more);
	*m += v->up ? unit : 0;
	return v->up && !*m;
}

static u64 huge(Env80 *v, Float f, bool neg)
{
	u64 exp = (1ull << f.ebits) - 1;

	v->raised |= X87_OE;
	v->up = false;
	if (!(v->masked & X87_OE))
		return 0;
	v->raised |= X87_PE;
	v->up = v->rc == X87_NEAREST || v->rc == (neg ? X87_DOWN : X87_UP);
	return v->up ? put(f, neg, exp, 0) : put(f, neg, exp - 1, (1ull << (f.bits - 1)) - 1);
}

static u64 tiny(Env80 *v, Float f, const Num80 *a, u32 shift)
{
	u64 m = shift < 64 ? a->m >> shift : 0;
	bool more = shift < 64 ? a->m << (64 - shift) != 0 : true, inexact;

	if (!(v->masked & X87_UE)) {
		v->raised |= X87_UE;
		v->up = false;
		return 0;
	}
	round_at(v, a->neg, &m, f.bits, more, &inexact);
	v->raised |= inexact ? X87_UE | X87_PE : 0;
	return put(f, a->neg, m >> 63, fraction(f, m));
}

static u64 of_finite(Env80 *v, Float f, const Num80 *a)
{
	i32 bias = (1 << (f.ebits - 1)) - 1, e = a->e;
	u64 m = a->m;
	bool inexact;

	if (round_at(v, a->neg, &m, f.bits, false, &inexact))
		e++;
	if (e > bias)
		return huge(v, f, a->neg);
	if (e < 1 - bias)
		return tiny(v, f, a, (u32)(1 - bias - a->e));
	v->raised |= inexact ? X87_PE : 0;
	return put(f, a->neg, (u64)(e + bias), fraction(f, m));
}

static u64 to_float(Env80 *v, Float f, const Num80 *a)
{
	u64 exp = (1ull << f.ebits) - 1, quiet = 1ull << (f.bits - 2);

	switch (a->cls) {
	case C80_ZERO: return put(f, a->neg, 0, 0);
	case C80_INF: return put(f, a->neg, exp, 0);
	case C80_BAD: v->raised |= X87_IE; return put(f, true, exp, quiet);
	case C80_SNAN: v->raised |= X87_IE; /* fall through */
	case C80_QNAN: return put(f, a->neg, exp, fraction(f, a->m) | quiet);
	default: return of_finite(v, f, a);
	}
}

u64 soft80_to_f32(Env80 *v, Num80 a) { return to_float(v, (Float){ 24, 8 }, &a); }
u64 soft80_to_f64(Env80 *v, Num80 a) { return to_float(v, (Float){ 53, 11 }, &a); }

/* ---- integers -------------------------------------------------------------------------------------- */

/* The integer part of a finite number below 2^64, rounded; false: it has more bits. */
static bool whole(Env80 *v, const Num80 *a, u8 rc, u64 *out, bool *inexact, bool *up)
{
	i32 shift = 63 - a->e;

	if (shift < 0)
		return false;
	u128 w = shift > 65 ? (u128)1 : (u128)a->m << 64 >> shift;
	*out = (u64)(w >> 64);
	bool more = shift > 65 || (shift == 65 && a->m & 1);
	*inexact = (u64)w || more;
	*up = soft80_goes_up(rc, a->neg, *out & 1, (u64)w, more);
	*out += *up;
	return true;
}

/* The magnitude if it is at most `most`. */
static bool to_whole(Env80 *v, const Num80 *a, u8 rc, u64 most, u64 *out)
{
	bool inexact = false, up = false;

	*out = 0;
	if (a->cls == C80_ZERO)
		return true;
	if (a->cls != C80_FINITE || !whole(v, a, rc, out, &inexact, &up) || *out > most) {
		v->raised |= X87_IE;
		return false;
	}
	v->raised |= inexact ? X87_PE : 0;
	v->up = up;
	return true;
}

u64 soft80_to_int(Env80 *v, Num80 a, u32 width, enum X87Round rc)
{
	u64 least = 1ull << (width - 1), m;

	if (!to_whole(v, &a, rc, a.neg ? least : least - 1, &m))
		return least;
	return a.neg ? 0 - m : m;
}

F80 soft80_integral(Env80 *v, Num80 a)
{
	bool inexact, up;
	u64 m;
	F80 out;

	if (soft80_nans(v, &a, NULL, &out))
		return out;
	if (soft80_denormals(v, &a, NULL))
		return soft80_nan;
	if (a.cls != C80_FINITE || a.e >= 63 || !whole(v, &a, v->rc, &m, &inexact, &up))
		return soft80_pack(a);
	v->raised |= inexact ? X87_PE : 0;
	v->up = up;
	Num80 n = soft80_of_int((i64)m);
	n.neg = a.neg;
	return soft80_pack(n);
}

/* ---- packed decimals -------------------------------------------------------------------------------- */

enum { DIGIT_BYTES = 9 };

Num80 soft80_of_bcd(const u8 p[10])
{
	u64 m = 0;

	for (int k = DIGIT_BYTES - 1; k >= 0; k--)
		m = m * 100 + 10 * (p[k] >> 4) + (p[k] & 15);
	Num80 n = soft80_of_int((i64)m);
	n.neg = p[DIGIT_BYTES] >> 7;
	return n;
}

void soft80_to_bcd(Env80 *v, Num80 a, u8 p[10])
{
	static const u8 indefinite[10] = { 0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0xff };
	u64 m;

	if (!to_whole(v, &a, v->rc, 999999999999999999, &m)) {
		memcpy(p, indefinite, 10);
		return;
	}
	for (int k = 0; k < DIGIT_BYTES; k++, m /= 100)
		p[k] = (u8)(m % 10 | m / 10 % 10 << 4);
	p[DIGIT_BYTES] = a.neg ? 0x80 : 0;
}
