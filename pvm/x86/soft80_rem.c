/* Comparison, remainders, scaling and taking apart of x87's numbers. */
#include "soft80.h"

/* ---- comparison ------------------------------------------------------------------------------------ */

static Rel80 compare(const Num80 *a, const Num80 *b)
{
	bool az = a->cls == C80_ZERO, bz = b->cls == C80_ZERO, more;

	if (az && bz)
		return R80_EQ;
	if (az)
		return b->neg ? R80_GT : R80_LT;
	if (bz || a->neg != b->neg)
		return a->neg ? R80_LT : R80_GT;
	if (a->cls == C80_INF && b->cls == C80_INF)
		return R80_EQ;
	if (a->cls == C80_INF || b->cls == C80_INF)
		more = a->cls == C80_INF;
	else if (a->e == b->e && a->m == b->m)
		return R80_EQ;
	else
		more = a->e != b->e ? a->e > b->e : a->m > b->m;
	return more != a->neg ? R80_GT : R80_LT;
}

static bool is_nan(const Num80 *a)
{
	return a->cls >= C80_QNAN;
}

Rel80 soft80_compare(Env80 *v, Num80 a, Num80 b, bool quiet)
{
	if (is_nan(&a) || is_nan(&b)) {
		if (!quiet || a.cls > C80_QNAN || b.cls > C80_QNAN)
			v->raised |= X87_IE;
		return R80_UNORDERED;
	}
	soft80_denormals(v, &a, &b);
	return compare(&a, &b);
}

/* ---- remainders -------------------------------------------------------------------------------------- */

enum { STEP_MAX = 63 /* bits of quotient in one step */ };

/* m = am * 2^n mod bm; the low bits of the quotient. */
static u64 divide(u64 am, u64 bm, u32 n, u64 *m)
{
	u64 q = am >= bm;
	u64 r = am - (q ? bm : 0);

	while (n--) {
		bool carry = r >> 63;
		r <<= 1;
		bool one = carry || r >= bm;
		r -= one ? bm : 0;
		q = q << 1 | one;
	}
	*m = r;
	return q;
}

/* r / 2^63 * 2^e, exactly. */
static F80 exact(Env80 *v, bool neg, i32 e, u64 r)
{
	int shift = r ? __builtin_clzll(r) : 0;

	return r ? soft80_round(v, (Raw80){ neg, e - shift, r << shift, 0 }, 64) : soft80_zero(neg);
}

/* The rest becomes the nearest one: at most half of b, on a tie with an even quotient. */
static bool nearer(u64 r, u64 bm, u64 q)
{
	u64 other = bm - r;

	return r > other || (r == other && q & 1);
}

static F80 remainder_of(Env80 *v, const Num80 *a, const Num80 *b, bool nearest, u64 *quotient, bool *part)
{
	i32 d = a->e - b->e, n = d;
	u64 r;

	*quotient = 0;
	*part = d > STEP_MAX;
	if (*part)
		n = 32 + (d & 31);
	if (d < 0) {
		/* Below half of b it is its own remainder; d = -1: 2 r against b. */
		if (!nearest || d < -1 || a->m <= b->m)
			return soft80_round(v, (Raw80){ a->neg, a->e, a->m, 0 }, 64);
		*quotient = 1;
		return exact(v, !a->neg, a->e, b->m - (a->m - b->m));
	}
	*quotient = divide(a->m, b->m, (u32)n, &r);
	if (nearest && !*part && nearer(r, b->m, *quotient)) {
		++*quotient;
		return exact(v, !a->neg, b->e, b->m - r);
	}
	return exact(v, a->neg, b->e + d - n, r);
}

F80 soft80_rem(Env80 *v, Num80 a, Num80 b, bool nearest, u64 *quotient, bool *part)
{
	F80 out;

	*quotient = 0;
	*part = false;
	if (soft80_nans(v, &a, &b, &out))
		return out;
	if (a.cls == C80_INF || b.cls == C80_ZERO)
		return soft80_invalid(v);
	if (soft80_denormals(v, &a, &b))
		return soft80_nan;
	if (a.cls == C80_ZERO || b.cls == C80_INF)
		return soft80_pack(a);
	return remainder_of(v, &a, &b, nearest, quotient, part);
}

/* ---- exponents ---------------------------------------------------------------------------------------- */

/* a * 2^b with b chopped to an integer. */
F80 soft80_scale(Env80 *v, Num80 a, Num80 b)
{
	i32 n = 0;
	F80 out;

	if (soft80_nans(v, &a, &b, &out))
		return out;
	if (b.cls == C80_INF && (b.neg ? a.cls == C80_INF : a.cls == C80_ZERO))
		return soft80_invalid(v);
	if (soft80_denormals(v, &a, &b))
		return soft80_nan;
	if (b.cls == C80_INF)
		return b.neg ? soft80_zero(a.neg) : soft80_inf(a.neg);
	if (a.cls == C80_INF || a.cls == C80_ZERO)
		return soft80_pack(a);
	if (b.cls == C80_FINITE && b.e >= 0)
		n = b.e > 16 ? 1 << 17 : (i32)(b.m >> (63 - b.e));
	return soft80_round(v, (Raw80){ a.neg, a.e + (b.neg ? -n : n), a.m, 0 }, 64);
}

F80 soft80_extract(Env80 *v, Num80 a, F80 *exponent)
{
	F80 out;

	if (soft80_nans(v, &a, NULL, &out)) {
		*exponent = out;
		return out;
	}
	if (a.cls == C80_ZERO) {
		v->raised |= X87_ZE;
		*exponent = soft80_inf(true);
		return soft80_zero(a.neg);
	}
	if (soft80_denormals(v, &a, NULL))
		return soft80_nan;
	if (a.cls == C80_INF) {
		*exponent = soft80_inf(false);
		return soft80_inf(a.neg);
	}
	*exponent = soft80_pack(soft80_of_int(a.e));
	a.e = 0;
	return soft80_pack(a);
}
