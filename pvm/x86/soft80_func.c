/* x87's transcendental functions, by series in 128 bits; the results are rounded once and so nearly always the nearest.
 * A processor's own may differ from them in the last bit.  What is the same is the reduction of sines: by the value of pi
 * that Intel's x87 has, of 66 bits. */
#include "soft80.h"

typedef unsigned __int128 u128;

/* m / 2^127 * 2^e; m has its top bit set, or is 0. */
typedef struct Wide {
	bool neg;
	i32 e;
	u128 m;
} Wide;

static u128 join(u64 hi, u64 lo) { return (u128)hi << 64 | lo; }

static Wide pi_times(i32 e) { return (Wide){ false, 1 + e, join(0xc90fdaa22168c234, 0xc4c6628b80dc1cd1) }; }
static Wide ln2(void) { return (Wide){ false, -1, join(0xb17217f7d1cf79ab, 0xc9e3b39803f2f6af) }; }
static Wide log2_e(void) { return (Wide){ false, 0, join(0xb8aa3b295c17f0bb, 0xbe87fed0691d3e89) }; }
static Wide one(void) { return (Wide){ false, 0, (u128)1 << 127 }; }

/* ---- arithmetic ------------------------------------------------------------------------------------ */

static Wide normal(Wide a)
{
	u64 hi = (u64)(a.m >> 64);

	if (!a.m)
		return (Wide){ 0 };
	int shift = hi ? __builtin_clzll(hi) : 64 + __builtin_clzll((u64)a.m);
	a.m <<= shift;
	a.e -= shift;
	return a;
}

static Wide of_num(const Num80 *n)
{
	return n->cls == C80_FINITE ? (Wide){ n->neg, n->e, (u128)n->m << 64 } : (Wide){ 0 };
}

static Wide negated(Wide a)
{
	a.neg = !a.neg;
	return a;
}

static Wide add(Wide a, Wide b)
{
	if (!a.m || !b.m)
		return a.m ? a : b;
	if (a.e < b.e || (a.e == b.e && a.m < b.m)) {
		Wide t = a;
		a = b;
		b = t;
	}
	u128 low = a.e - b.e < 128 ? b.m >> (a.e - b.e) : 0;
	if (a.neg != b.neg)
		return normal((Wide){ a.neg, a.e, a.m - low });
	u128 sum = a.m + low;
	if (sum >= low)
		return (Wide){ a.neg, a.e, sum };
	return (Wide){ a.neg, a.e + 1, sum >> 1 | (u128)1 << 127 };
}

static u128 high_product(u128 a, u128 b)
{
	u64 a1 = (u64)(a >> 64), a0 = (u64)a, b1 = (u64)(b >> 64), b0 = (u64)b;
	u128 mid = (u128)a1 * b0, other = (u128)a0 * b1, low = (u128)a0 * b0;
	u128 carry = (low >> 64) + (u64)mid + (u64)other;

	return (u128)a1 * b1 + (mid >> 64) + (other >> 64) + (carry >> 64);
}

static Wide mul(Wide a, Wide b)
{
	return normal((Wide){ a.neg != b.neg, a.e + b.e + 1, high_product(a.m, b.m) });
}

static Wide div_small(Wide a, u32 n)
{
	u128 hi = a.m / n;
	int shift = hi ? (hi >> 64 ? __builtin_clzll((u64)(hi >> 64)) : 64) : 0; /* n < 2^32: the top half is never 0 */
	u128 rem = a.m % n;

	return hi ? (Wide){ a.neg, a.e - shift, hi << shift | (rem << shift) / n } : (Wide){ 0 };
}

/* Bit by bit. */
static Wide divide(Wide a, Wide b)
{
	bool less = a.m < b.m;
	u128 r = a.m, q = 0;
	bool carry = false;

	if (!a.m)
		return a;
	for (int k = 0; k < 128 + less; k++) {
		bool bit = carry || r >= b.m;
		if (bit)
			r -= b.m;
		q = q << 1 | bit;
		carry = r >> 127;
		r <<= 1;
	}
	return (Wide){ a.neg != b.neg, a.e - b.e - less, q };
}

/* Rounds; `inexact`: the number stands for one that no 64 bits can hold. */
static F80 to_f80(Env80 *v, Wide a, bool inexact)
{
	return a.m ? soft80_round(v, (Raw80){ a.neg, a.e, (u64)(a.m >> 64), (u64)a.m | inexact }, 64) : soft80_zero(a.neg);
}

/* ---- series ------------------------------------------------------------------------------------------ */

enum { WIDTH = 130 /* a term so many bits below the sum changes nothing */ };

static bool matters(Wide term, Wide sum)
{
	return term.m && term.e > sum.e - WIDTH;
}

/* e^t - 1 for |t| < 1. */
static Wide expm1_series(Wide t)
{
	Wide sum = t, term = t;

	for (u32 n = 2; matters(term, sum); n++) {
		term = div_small(mul(term, t), n);
		sum = add(sum, term);
	}
	return sum;
}

/* The sum of +-z^n / n over odd n: arctan z (signs change) or artanh z. */
static Wide odd_series(Wide z, bool alternate)
{
	Wide sum = z, power = z, square = mul(z, z), term = z;

	square.neg = alternate;
	for (u32 n = 3; matters(term, sum); n += 2) {
		power = mul(power, square);
		term = div_small(power, n);
		sum = add(sum, term);
	}
	return sum;
}

/* The sum of terms that begins with `term`, each the one before times -x^2 / (n + 1) (n + 2). */
static Wide circular_series(Wide term, Wide x, u32 n)
{
	Wide sum = term, square = negated(mul(x, x));

	for (; matters(term, sum); n += 2) {
		term = div_small(mul(term, square), (n + 1) * (n + 2));
		sum = add(sum, term);
	}
	return sum;
}

/* ---- 2^x - 1 ------------------------------------------------------------------------------------------- */

F80 soft80_2xm1(Env80 *v, Num80 x)
{
	F80 out;

	if (soft80_nans(v, &x, NULL, &out))
		return out;
	if (soft80_denormals(v, &x, NULL))
		return soft80_nan;
	if (x.cls == C80_INF)
		return x.neg ? (F80){ 1ull << 63, 0xbfff } : soft80_inf(false);
	if (x.cls == C80_ZERO)
		return soft80_zero(x.neg);
	v->raised |= X87_PE;
	if (x.e > 0 || (x.e == 0 && x.m != 1ull << 63)) /* beyond +-1 nothing is defined; this is what is done */
		return soft80_pack(x);
	if (x.e == 0)
		return x.neg ? (F80){ 1ull << 63, 0xbffe } : (F80){ 1ull << 63, 0x3fff };
	return to_f80(v, expm1_series(mul(of_num(&x), ln2())), true);
}

/* ---- logarithms -------------------------------------------------------------------------------------- */

/* log2 f by z = (f - 1) / (f + 1). */
static Wide log2_by(Wide z)
{
	Wide l = odd_series(z, false);

	l.e += l.m ? 1 : 0;
	return mul(l, log2_e());
}

/* log2 x; the fraction is taken between the roots of 1/2 and 2. */
static Wide log2_of(Wide x)
{
	static const u64 root2 = 0xb504f333f9de6484;
	i32 k = x.e + ((u64)(x.m >> 64) > root2);
	Wide f = { false, x.e - k, x.m }, l = { 0 };
	Num80 whole = soft80_of_int(k);

	if (f.e != 0 || f.m != one().m)
		l = log2_by(divide(add(f, negated(one())), add(f, one())));
	return add(of_num(&whole), l);
}

/* y * l, where either may be infinite or zero; l_zero, l_inf and the sign of l are given. */
static bool special_product(Env80 *v, const Num80 *y, bool l_zero, bool l_inf, bool l_neg, F80 *out)
{
	bool neg = y->neg != l_neg, y_inf = y->cls == C80_INF, y_zero = y->cls == C80_ZERO;

	if ((l_zero && y_inf) || (l_inf && y_zero))
		*out = soft80_invalid(v);
	else if (l_inf || y_inf)
		*out = soft80_inf(neg);
	else if (l_zero || y_zero)
		*out = soft80_zero(neg);
	else
		return false;
	return true;
}

/* Even an exact result is inexact to the processor, which comes to it from nearer zero where the logarithm is negative. */
static F80 log_product(Env80 *v, const Num80 *y, Wide l)
{
	Wide r = mul(of_num(y), l);

	if (!(u64)r.m && l.neg) {
		r.m--;
		r = normal(r);
	}
	return to_f80(v, r, true);
}

F80 soft80_yl2x(Env80 *v, Num80 x, Num80 y)
{
	bool below = x.cls == C80_ZERO || (x.cls == C80_FINITE && x.e < 0), is_one = x.cls == C80_FINITE && x.e == 0 && x.m == 1ull << 63;
	F80 out;

	if (soft80_nans(v, &x, &y, &out))
		return out;
	if ((x.neg && x.cls != C80_ZERO) || (x.cls == C80_ZERO && y.cls == C80_ZERO))
		return soft80_invalid(v);
	if (x.cls == C80_ZERO && y.cls == C80_FINITE) {
		v->raised |= X87_ZE;
		return soft80_inf(!y.neg);
	}
	if ((is_one && y.cls == C80_INF) || (x.cls == C80_INF && y.cls == C80_ZERO))
		return soft80_invalid(v);
	if (soft80_denormals(v, &x, &y))
		return soft80_nan;
	if (special_product(v, &y, is_one, x.cls == C80_INF || x.cls == C80_ZERO, below, &out))
		return out;
	return log_product(v, &y, log2_of(of_num(&x)));
}

F80 soft80_yl2xp1(Env80 *v, Num80 x, Num80 y)
{
	F80 out;

	if (soft80_nans(v, &x, &y, &out))
		return out;
	if (x.cls == C80_INF && x.neg)
		return soft80_invalid(v);
	if ((x.cls == C80_ZERO && y.cls == C80_INF) || (x.cls == C80_INF && y.cls == C80_ZERO))
		return soft80_invalid(v);
	if (soft80_denormals(v, &x, &y))
		return soft80_nan;
	if (special_product(v, &y, x.cls == C80_ZERO, x.cls == C80_INF, x.neg, &out))
		return out;
	Wide w = of_num(&x), sum = add(one(), w);
	bool near = x.e < -1;
	v->raised |= X87_PE;
	if (!sum.m || sum.neg) /* not defined either */
		return soft80_pack(x);
	return log_product(v, &y, near ? log2_by(divide(w, add(sum, one()))) : log2_of(sum));
}

/* ---- arctangent ---------------------------------------------------------------------------------------- */

/* arctan t for 0 < t <= 1; above tan(pi / 8) by pi / 4 - arctan((1 - t) / (1 + t)). */
static Wide atan_of(Wide t)
{
	static const u64 tan_pi_8 = 0xd413cccfe7799211; /* e = -2 */

	if (t.e < -2 || (t.e == -2 && (u64)(t.m >> 64) < tan_pi_8))
		return odd_series(t, true);
	Wide other = divide(add(one(), negated(t)), add(one(), t));
	return add(pi_times(-2), negated(odd_series(other, true)));
}

/* The angle of (x, y), both positive and finite. */
static Wide angle(Wide x, Wide y)
{
	bool steep = y.e > x.e || (y.e == x.e && y.m > x.m);

	return steep ? add(pi_times(-1), negated(atan_of(divide(x, y)))) : atan_of(divide(y, x));
}

static F80 signed_angle(Env80 *v, Wide a, bool neg)
{
	a.neg = neg;
	return to_f80(v, a, true);
}

/* Three quarters of pi. */
static Wide three_quarters(void)
{
	return add(pi_times(-1), pi_times(-2));
}

F80 soft80_atan(Env80 *v, Num80 x, Num80 y)
{
	F80 out;

	if (soft80_nans(v, &x, &y, &out))
		return out;
	if (soft80_denormals(v, &x, &y))
		return soft80_nan;
	if (x.cls == C80_INF && y.cls == C80_INF)
		return signed_angle(v, x.neg ? three_quarters() : pi_times(-2), y.neg);
	if (y.cls == C80_INF || (x.cls == C80_ZERO && y.cls != C80_ZERO))
		return signed_angle(v, pi_times(-1), y.neg);
	if (y.cls == C80_ZERO || x.cls == C80_INF)
		return x.neg ? signed_angle(v, pi_times(0), y.neg) : soft80_zero(y.neg);
	Wide wx = of_num(&x), wy = of_num(&y);
	wx.neg = wy.neg = false;
	Wide a = angle(wx, wy);
	return signed_angle(v, x.neg ? add(pi_times(0), negated(a)) : a, y.neg);
}

/* ---- sine, cosine, tangent ----------------------------------------------------------------------------- */

/* x = n * pi / 2 + r with |r| <= pi / 4 and a pi of 66 bits; x below 2^63. */
static Wide reduce(const Num80 *x, unsigned *n)
{
	u128 p = join(3, 0x243f6a8885a308d3); /* pi / 2, in units of 2^-65 */
	u128 units, r;
	bool neg = x->neg;

	*n = 0;
	if (x->e < -1)
		return of_num(x);
	units = (u128)x->m << (x->e + 2);
	*n = (unsigned)(units / p) & 3;
	r = units % p;
	if (r > p / 2) {
		r = p - r;
		neg = !neg;
		++*n;
	}
	*n = (x->neg ? 4 - *n : *n) & 3;
	return normal((Wide){ neg, 62, r }); /* 127 - 65 */
}

static Wide sin_series(Wide r) { return circular_series(r, r, 1); }
static Wide cos_series(Wide r) { return circular_series(one(), r, 0); }

/* sin(r + n * pi / 2) */
static Wide sine(Wide r, unsigned n)
{
	Wide s = n & 1 ? cos_series(r) : sin_series(r);

	return n & 2 ? negated(s) : s;
}

/* What all three do with zeros, infinities and the rest; true: *n and *r are set. */
typedef enum Trig { TRIG_DONE, TRIG_RANGE, TRIG_NAN, TRIG_ZERO } Trig;

static Trig trig(Env80 *v, const Num80 *x, F80 *out, unsigned *n, Wide *r)
{
	if (soft80_nans(v, x, NULL, out))
		return TRIG_NAN;
	if (x->cls == C80_INF) {
		*out = soft80_invalid(v);
		return TRIG_NAN;
	}
	if (x->cls == C80_FINITE && x->e >= 63)
		return TRIG_RANGE;
	if (soft80_denormals(v, x, NULL))
		return TRIG_NAN;
	if (x->cls == C80_ZERO)
		return TRIG_ZERO;
	*r = reduce(x, n);
	return TRIG_DONE;
}

static void give(F80 *to, F80 value)
{
	if (to)
		*to = value;
}

bool soft80_sincos(Env80 *v, Num80 x, F80 *sin, F80 *cos)
{
	F80 out = soft80_nan;
	unsigned n;
	Wide r;

	switch (trig(v, &x, &out, &n, &r)) {
	case TRIG_RANGE: return false;
	case TRIG_NAN:
		give(sin, out);
		give(cos, out);
		return true;
	case TRIG_ZERO:
		give(sin, soft80_zero(x.neg));
		give(cos, (F80){ 1ull << 63, 0x3fff });
		return true;
	default: break;
	}
	if (sin)
		*sin = to_f80(v, sine(r, n), true);
	if (cos)
		*cos = to_f80(v, sine(r, (n + 1) & 3), true);
	return true;
}

bool soft80_tan(Env80 *v, Num80 x, F80 *tan)
{
	unsigned n;
	Wide r;

	switch (trig(v, &x, tan, &n, &r)) {
	case TRIG_RANGE: return false;
	case TRIG_NAN: return true;
	case TRIG_ZERO: *tan = soft80_zero(x.neg); return true;
	default: break;
	}
	*tan = to_f80(v, divide(sine(r, n), sine(r, (n + 1) & 3)), true);
	return true;
}
