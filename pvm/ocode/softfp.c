/* IEEE 754 arithmetic on bits; see softfp.h.  A finite number is taken apart into a sign, an exponent and 64 bits of
 * significand with the highest one set; every operation computes more bits than any format has, with a sticky bit below
 * them, and rounds once.  The methods are the schoolbook's (Knuth, TAOCP volume 2, 4.2.1 and 4.3.1). */
#include "fastfp.h"

const SfFmt sf16 = {5, 10}, sf32 = {8, 23}, sf64 = {11, 52};

typedef enum Class { ZERO, FINITE, INF, NAN_ } Class;

typedef struct Num {
	Class cls;
	bool sign, snan, denormal;
	i32 exp;  /* the value is sig * 2^(exp - 63) */
	u64 sig;
} Num;

static u64 fraction_mask(const SfFmt *f) { return ((u64)1 << f->mbits) - 1; }
static u64 exp_mask(const SfFmt *f) { return ((u64)1 << f->ebits) - 1; }
static i32 bias(const SfFmt *f) { return (1 << (f->ebits - 1)) - 1; }
static u64 sign_bit(const SfFmt *f, bool sign) { return (u64)sign << (f->ebits + f->mbits); }
static u64 infinity(const SfFmt *f, bool sign) { return sign_bit(f, sign) | exp_mask(f) << f->mbits; }
static u64 quiet_bit(const SfFmt *f) { return (u64)1 << (f->mbits - 1); }

static u64 invalid(const SfFmt *f, u32 *csr)
{
	*csr |= FPC_INVALID;
	return infinity(f, true) | quiet_bit(f);
}

bool sf_is_nan(const SfFmt *f, u64 a)
{
	return (a & ~sign_bit(f, true)) > infinity(f, false);
}

static Num unpack(const SfFmt *f, u64 a, u32 csr)
{
	u64 frac = a & fraction_mask(f), e = a >> f->mbits & exp_mask(f);
	Num n = {.sign = a >> (f->ebits + f->mbits) & 1};

	if (e == exp_mask(f)) {
		n.cls = frac ? NAN_ : INF;
		n.snan = frac && !(frac & quiet_bit(f));
	} else if (e) {
		n.cls = FINITE;
		n.exp = (i32)e - bias(f);
		n.sig = (u64)1 << 63 | frac << (63 - f->mbits);
	} else if (frac && !(csr & FPC_DAZ)) {
		u32 up = (u32)__builtin_clzll(frac);
		n.cls = FINITE;
		n.denormal = true;
		n.exp = 1 - bias(f) - f->mbits + 63 - (i32)up;
		n.sig = frac << up;
	}
	return n;
}

/* ---- rounding ------------------------------------------------------------------------------------------ */

/* sig >> shift, rounded; what falls off, or `sticky`, makes it inexact. */
static u64 round_at(u64 sig, u32 shift, bool sticky, bool sign, enum SfRound rc, bool *inexact)
{
	u64 kept = shift < 64 ? sig >> shift : 0;
	bool half = shift && shift <= 64 && sig >> (shift - 1) & 1;
	bool rest = sticky || (shift > 64 ? sig != 0 : shift > 1 && sig << (65 - shift));

	*inexact = half || rest;
	switch (rc) {
	case SF_NEAREST: return kept + (half && (rest || (kept & 1)));
	case SF_DOWN: return kept + (sign && *inexact);
	case SF_UP: return kept + (!sign && *inexact);
	default: return kept;
	}
}

static u64 overflow(const SfFmt *f, bool sign, u32 *csr)
{
	enum SfRound rc = sf_mode(*csr);
	bool inf = rc == SF_NEAREST || rc == (sign ? SF_DOWN : SF_UP);

	*csr |= FPC_OVERFLOW | FPC_INEXACT;
	return infinity(f, sign) - !inf;
}

/* Whether the control word leaves an exception open; its result is then as if exponents had no bounds, and inexact only
 * if that is.  SDM volume 1, 4.9.1.5: a result that is open to underflow need not be inexact to raise it. */
static bool is_open(u32 csr, u32 flag)
{
	return !(csr >> 7 & flag);
}

/* The number sign, sig * 2^(exp - 63), sig's highest bit set, in the format. */
static u64 pack(const SfFmt *f, bool sign, i32 exp, u64 sig, bool sticky, u32 *csr)
{
	u32 keep = 63 - f->mbits;
	i32 emin = 1 - bias(f);
	enum SfRound rc = sf_mode(*csr);
	bool inexact;
	u64 r = round_at(sig, keep, sticky, sign, rc, &inexact);
	i32 e = exp + (i32)(r >> (f->mbits + 1));

	if ((e > bias(f) && is_open(*csr, FPC_OVERFLOW)) || (e < emin && is_open(*csr, FPC_UNDERFLOW))) {
		*csr |= (e < emin ? FPC_UNDERFLOW : FPC_OVERFLOW) | (inexact ? FPC_INEXACT : 0);
		return 0; /* it raises */
	}
	if (e > bias(f))
		return overflow(f, sign, csr);
	if (exp >= emin) {
		*csr |= inexact ? FPC_INEXACT : 0;
		/* The carry of a significand that has become a power of two goes into the exponent by itself. */
		return sign_bit(f, sign) | (((u64)(exp + bias(f) - 1) << f->mbits) + r);
	}
	if (e < emin && (*csr & FPC_FTZ)) {
		*csr |= FPC_UNDERFLOW | FPC_INEXACT;
		return sign_bit(f, sign);
	}
	r = round_at(sig, keep + (u32)MIN(emin - exp, 100), sticky, sign, rc, &inexact);
	*csr |= (inexact ? FPC_INEXACT : 0) | (e < emin && inexact ? FPC_UNDERFLOW : 0);
	return sign_bit(f, sign) | r;
}

/* ---- operands ------------------------------------------------------------------------------------------ */

static void note_denormal(bool denormal, u32 *csr)
{
	if (denormal)
		*csr |= FPC_DENORMAL;
}

/* The result if one of two operands is a NaN. */
static bool nan2(const SfFmt *f, u64 a, const Num *x, u64 b, const Num *y, u32 *csr, u64 *out)
{
	if (x->cls != NAN_ && y->cls != NAN_)
		return false;
	if (x->snan || y->snan)
		*csr |= FPC_INVALID;
	*out = (x->cls == NAN_ ? a : b) | quiet_bit(f);
	return true;
}

/* ---- the usual numbers ----------------------------------------------------------------------------------- */

#define FAST(op) \
static bool usual_##op(const SfFmt *f, u64 a, u64 b, u32 *csr, u64 *out) \
{ \
	u32 r; \
	if (f == &sf64) \
		return fast_##op##64(a, b, csr, out); \
	if (f != &sf32 || !fast_##op##32((u32)a, (u32)b, csr, &r)) \
		return false; \
	*out = r; \
	return true; \
}
FAST(add)
FAST(sub)
FAST(mul)
FAST(div)

static bool usual_sqrt(const SfFmt *f, u64 a, u32 *csr, u64 *out)
{
	u32 r;

	if (f == &sf64)
		return fast_sqrt64(a, csr, out);
	if (f != &sf32 || !fast_sqrt32((u32)a, csr, &r))
		return false;
	*out = r;
	return true;
}

static bool usual_compare(const SfFmt *f, u64 a, u64 b, enum SfRel *out)
{
	return f == &sf64 ? fast_compare64(a, b, out) : f == &sf32 && fast_compare32((u32)a, (u32)b, out);
}

static bool usual_convert(const SfFmt *from, const SfFmt *to, u64 a, u32 csr, u64 *out)
{
	if (from == &sf32 && to == &sf64) {
		*out = f64_u64(u32_f32((u32)a));
		return fast_operand32((u32)a);
	}
	if (from != &sf64 || to != &sf32 || !fast_control(csr) || !(csr & FPC_INEXACT) || !fast_operand64(a))
		return false;
	*out = f32_u32((float)u64_f64(a));
	return fast_result32((u32)*out);
}

/* Exact, or rounded as the control word says with INEXACT set already. */
static bool usual_from_int(const SfFmt *f, i64 a, u32 csr, u64 *out)
{
	i64 most = (i64)1 << (f->mbits + 1);

	if ((f != &sf64 && f != &sf32) || ((a > most || a < -most) && (!fast_control(csr) || !(csr & FPC_INEXACT))))
		return false;
	*out = f == &sf64 ? f64_u64((double)a) : f32_u32((float)a);
	return true;
}

static bool usual_truncate(const SfFmt *f, u64 a, u32 width, u32 *csr, u64 *out)
{
	if (f == &sf32 && fast_operand32((u32)a))
		return fast_truncate64(f64_u64(u32_f32((u32)a)), width, csr, out);
	return f == &sf64 && fast_truncate64(a, width, csr, out);
}

/* ---- addition ------------------------------------------------------------------------------------------ */

/* 128 bits: the value is (hi, lo) * 2^(exp - 127). */
typedef struct Wide { bool sign; i32 exp; u64 hi, lo; } Wide;

static Wide wide_shift_right(Wide w, u32 n)
{
	bool lost = false;

	w.exp += (i32)n;
	if (n >= 128)
		return (Wide){w.sign, w.exp, 0, (w.hi | w.lo) != 0};
	if (n >= 64) {
		lost = w.lo != 0;
		w.lo = w.hi;
		w.hi = 0;
		n -= 64;
	}
	if (n) {
		lost |= w.lo << (64 - n) != 0;
		w.lo = w.lo >> n | w.hi << (64 - n);
		w.hi >>= n;
	}
	w.lo |= lost;
	return w;
}

static u64 pack_wide(const SfFmt *f, Wide w, u32 *csr)
{
	if (!w.hi) {
		w.hi = w.lo;
		w.lo = 0;
		w.exp -= 64;
	}
	u32 n = (u32)__builtin_clzll(w.hi);
	if (n) {
		w.hi = w.hi << n | w.lo >> (64 - n);
		w.lo <<= n;
		w.exp -= (i32)n;
	}
	return pack(f, w.sign, w.exp, w.hi, w.lo != 0, csr);
}

/* Both are not zero.  One bit is kept free for the carry; neither has bits down there. */
static u64 add_wide(const SfFmt *f, Wide a, Wide b, u32 *csr)
{
	a = wide_shift_right(a, 1);
	b = wide_shift_right(b, 1);
	if (a.exp < b.exp || (a.exp == b.exp && (a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo)))) {
		Wide t = a;
		a = b;
		b = t;
	}
	b = wide_shift_right(b, (u32)(a.exp - b.exp));
	if (a.sign == b.sign) {
		a.lo += b.lo;
		a.hi += b.hi + (a.lo < b.lo);
	} else {
		/* A product can be smaller than the addend's aligned value though its exponent is not. */
		if (a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo)) {
			Wide t = a;
			a = b;
			b = t;
		}
		a.hi -= b.hi + (a.lo < b.lo);
		a.lo -= b.lo;
	}
	if (!(a.hi | a.lo))
		return sign_bit(f, sf_mode(*csr) == SF_DOWN);
	return pack_wide(f, a, csr);
}

/* Sums in which a zero or an infinity takes part; both are no NaNs. */
static u64 add_special(const SfFmt *f, const Num *x, const Num *y, u32 *csr)
{
	if (x->cls == INF && y->cls == INF && x->sign != y->sign)
		return invalid(f, csr);
	note_denormal(x->denormal || y->denormal, csr);
	if (x->cls == INF || y->cls == INF)
		return infinity(f, x->cls == INF ? x->sign : y->sign);
	if (x->cls == ZERO && y->cls == ZERO)
		return sign_bit(f, x->sign == y->sign ? x->sign : sf_mode(*csr) == SF_DOWN);
	const Num *n = x->cls == ZERO ? y : x;
	return pack(f, n->sign, n->exp, n->sig, false, csr);
}

static u64 add(const SfFmt *f, u64 a, u64 b, bool minus, u32 *csr)
{
	Num x = unpack(f, a, *csr), y = unpack(f, b, *csr);
	u64 nan;

	if (nan2(f, a, &x, b, &y, csr, &nan))
		return nan;
	y.sign ^= minus;
	if (x.cls != FINITE || y.cls != FINITE)
		return add_special(f, &x, &y, csr);
	note_denormal(x.denormal || y.denormal, csr);
	return add_wide(f, (Wide){x.sign, x.exp, x.sig, 0}, (Wide){y.sign, y.exp, y.sig, 0}, csr);
}

u64 sf_add(const SfFmt *f, u64 a, u64 b, u32 *csr)
{
	u64 r;

	return usual_add(f, a, b, csr, &r) ? r : add(f, a, b, false, csr);
}

u64 sf_sub(const SfFmt *f, u64 a, u64 b, u32 *csr)
{
	u64 r;

	return usual_sub(f, a, b, csr, &r) ? r : add(f, a, b, true, csr);
}

/* ---- multiplication ------------------------------------------------------------------------------------ */

static Wide product(const Num *x, const Num *y)
{
	u64 al = (u32)x->sig, ah = x->sig >> 32, bl = (u32)y->sig, bh = y->sig >> 32;
	u64 low = al * bl, mid = ah * bl + (low >> 32), mid2 = al * bh + (u32)mid;

	return (Wide){x->sign != y->sign, x->exp + y->exp + 1, ah * bh + (mid >> 32) + (mid2 >> 32), mid2 << 32 | (u32)low};
}

u64 sf_mul(const SfFmt *f, u64 a, u64 b, u32 *csr)
{
	u64 usual;

	if (usual_mul(f, a, b, csr, &usual))
		return usual;
	Num x = unpack(f, a, *csr), y = unpack(f, b, *csr);
	bool sign = x.sign != y.sign;
	u64 nan;

	if (nan2(f, a, &x, b, &y, csr, &nan))
		return nan;
	if ((x.cls == INF && y.cls == ZERO) || (x.cls == ZERO && y.cls == INF))
		return invalid(f, csr);
	note_denormal(x.denormal || y.denormal, csr);
	if (x.cls == INF || y.cls == INF)
		return infinity(f, sign);
	if (x.cls == ZERO || y.cls == ZERO)
		return sign_bit(f, sign);
	return pack_wide(f, product(&x, &y), csr);
}

/* The order in which NaNs are looked for is a, b, c; an invalid product does not hide a NaN addend. */
u64 sf_fma(const SfFmt *f, u64 a, u64 b, u64 c, bool neg_product, bool neg_addend, u32 *csr)
{
	Num x = unpack(f, a, *csr), y = unpack(f, b, *csr), z = unpack(f, c, *csr);

	if (x.cls == NAN_ || y.cls == NAN_ || z.cls == NAN_) {
		if (x.snan || y.snan || z.snan)
			*csr |= FPC_INVALID;
		return (x.cls == NAN_ ? a : y.cls == NAN_ ? b : c) | quiet_bit(f);
	}
	x.sign ^= neg_product;
	z.sign ^= neg_addend;
	bool sign = x.sign != y.sign, inf = x.cls == INF || y.cls == INF, zero = x.cls == ZERO || y.cls == ZERO;
	if ((inf && zero) || (inf && z.cls == INF && sign != z.sign))
		return invalid(f, csr);
	note_denormal(x.denormal || y.denormal || z.denormal, csr);
	if (inf || z.cls == INF)
		return infinity(f, inf ? sign : z.sign);
	if (zero) {
		Num p = {.cls = ZERO, .sign = sign};
		return add_special(f, &p, &z, csr);
	}
	if (z.cls == ZERO)
		return pack_wide(f, product(&x, &y), csr);
	Wide p = product(&x, &y);
	if (!(p.hi >> 63)) {
		p.hi = p.hi << 1 | p.lo >> 63;
		p.lo <<= 1;
		p.exp--;
	}
	return add_wide(f, p, (Wide){z.sign, z.exp, z.sig, 0}, csr);
}

/* ---- division and square root -------------------------------------------------------------------------- */

/* Long division of the significands: 64 bits of quotient. */
static u64 divide(const SfFmt *f, bool sign, const Num *x, const Num *y, u32 *csr)
{
	u64 rem = x->sig, q = 0;
	bool carry = false;
	i32 exp = x->exp - y->exp;

	if (rem < y->sig) {
		carry = true;
		rem <<= 1;
		exp--;
	}
	for (u32 k = 0; k < 64; k++) {
		bool bit = carry || rem >= y->sig;
		rem -= bit ? y->sig : 0;
		q = q << 1 | bit;
		carry = rem >> 63;
		rem <<= 1;
	}
	return pack(f, sign, exp, q, carry || rem, csr);
}

u64 sf_div(const SfFmt *f, u64 a, u64 b, u32 *csr)
{
	u64 usual;

	if (usual_div(f, a, b, csr, &usual))
		return usual;
	Num x = unpack(f, a, *csr), y = unpack(f, b, *csr);
	bool sign = x.sign != y.sign;
	u64 nan;

	if (nan2(f, a, &x, b, &y, csr, &nan))
		return nan;
	if (x.cls == y.cls && (x.cls == INF || x.cls == ZERO))
		return invalid(f, csr);
	if (y.cls == ZERO && x.cls == FINITE) {
		*csr |= FPC_DIVZERO;
		return infinity(f, sign);
	}
	note_denormal(x.denormal || y.denormal, csr);
	if (x.cls == INF)
		return infinity(f, sign);
	if (x.cls == ZERO || y.cls == INF)
		return sign_bit(f, sign);
	return divide(f, sign, &x, &y, csr);
}

/* Digit by digit: 58 bits of root from the radicand's pairs of bits, highest first. */
u64 sf_sqrt(const SfFmt *f, u64 a, u32 *csr)
{
	u64 usual;

	if (usual_sqrt(f, a, csr, &usual))
		return usual;
	Num x = unpack(f, a, *csr);
	u64 root = 0, rem = 0;

	if (x.cls == NAN_) {
		*csr |= x.snan ? FPC_INVALID : 0;
		return a | quiet_bit(f);
	}
	if (x.cls == ZERO)
		return sign_bit(f, x.sign);
	if (x.sign)
		return invalid(f, csr);
	if (x.cls == INF)
		return a;
	note_denormal(x.denormal, csr);
	/* sig * 2^63 or sig * 2^64, so that the rest of the exponent is even */
	bool odd = x.exp & 1;
	u64 hi = odd ? x.sig : x.sig >> 1, lo = odd ? 0 : x.sig << 63;
	for (u32 k = 0; k < 58; k++) {
		rem = rem << 2 | hi >> 62;
		hi = hi << 2 | lo >> 62;
		lo <<= 2;
		u64 trial = root << 2 | 1;
		bool bit = rem >= trial;
		rem -= bit ? trial : 0;
		root = root << 1 | bit;
	}
	return pack(f, false, (x.exp - odd) / 2, root << 6, (rem | hi | lo) != 0, csr);
}

/* ---- comparison ---------------------------------------------------------------------------------------- */

enum SfRel sf_compare(const SfFmt *f, u64 a, u64 b, bool quiet, u32 *csr)
{
	enum SfRel usual;

	if (usual_compare(f, a, b, &usual))
		return usual;
	Num x = unpack(f, a, *csr), y = unpack(f, b, *csr);

	if (x.cls == NAN_ || y.cls == NAN_) {
		if (!quiet || x.snan || y.snan)
			*csr |= FPC_INVALID;
		return SF_UNORDERED;
	}
	note_denormal(x.denormal || y.denormal, csr);
	if (x.cls == ZERO && y.cls == ZERO)
		return SF_EQ;
	/* Denormals that count as zeros are compared as such. */
	u64 sign = sign_bit(f, true), ma = x.cls == ZERO ? 0 : a & ~sign, mb = y.cls == ZERO ? 0 : b & ~sign;
	i64 sa = x.sign ? -(i64)ma : (i64)ma, sb = y.sign ? -(i64)mb : (i64)mb;
	return sa < sb ? SF_LT : sa > sb ? SF_GT : SF_EQ;
}

/* A denormal that counts as zero comes out as zero. */
static u64 flushed(const SfFmt *f, u64 a, u32 csr)
{
	Num n = unpack(f, a, csr);

	return n.cls == ZERO ? sign_bit(f, n.sign) : a;
}

u64 sf_min(const SfFmt *f, u64 a, u64 b, u32 *csr)
{
	enum SfRel r = sf_compare(f, a, b, false, csr);

	return flushed(f, r == SF_LT ? a : b, *csr);
}

u64 sf_max(const SfFmt *f, u64 a, u64 b, u32 *csr)
{
	enum SfRel r = sf_compare(f, a, b, false, csr);

	return flushed(f, r == SF_GT ? a : b, *csr);
}

/* ---- conversion ---------------------------------------------------------------------------------------- */

static u64 convert_nan(const SfFmt *from, const SfFmt *to, u64 a)
{
	u64 frac = a & fraction_mask(from);
	bool sign = a >> (from->ebits + from->mbits) & 1;

	frac = to->mbits > from->mbits ? frac << (to->mbits - from->mbits) : frac >> (from->mbits - to->mbits);
	return infinity(to, sign) | quiet_bit(to) | frac;
}

u64 sf_convert(const SfFmt *from, const SfFmt *to, u64 a, u32 *csr)
{
	u64 usual;

	if (usual_convert(from, to, a, *csr, &usual))
		return usual;
	Num x = unpack(from, a, *csr);

	if (x.cls == NAN_) {
		*csr |= x.snan ? FPC_INVALID : 0;
		return convert_nan(from, to, a);
	}
	note_denormal(x.denormal, csr);
	if (x.cls != FINITE)
		return x.cls == INF ? infinity(to, x.sign) : sign_bit(to, x.sign);
	return pack(to, x.sign, x.exp, x.sig, false, csr);
}

u64 sf_from_int(const SfFmt *f, i64 a, u32 *csr)
{
	u64 usual;

	if (usual_from_int(f, a, *csr, &usual))
		return usual;
	u64 m = a < 0 ? 0 - (u64)a : (u64)a;

	if (!m)
		return 0;
	u32 n = (u32)__builtin_clzll(m);
	return pack(f, a < 0, 63 - (i32)n, m << n, false, csr);
}

u64 sf_to_int(const SfFmt *f, u64 a, u32 width, enum SfRound rc, u32 *csr)
{
	u64 usual;

	if (rc == SF_ZERO && usual_truncate(f, a, width, csr, &usual))
		return usual;
	Num x = unpack(f, a, *csr);
	u64 bad = (u64)1 << (width - 1), r;
	bool inexact;

	if (x.cls == ZERO)
		return 0;
	if (x.cls != FINITE || x.exp > 63) {
		*csr |= FPC_INVALID;
		return bad;
	}
	r = round_at(x.sig, (u32)MIN(63 - x.exp, 100), false, x.sign, rc, &inexact);
	if (r > bad - !x.sign) {
		*csr |= FPC_INVALID;
		return bad;
	}
	*csr |= inexact ? FPC_INEXACT : 0;
	return (x.sign ? 0 - r : r) & (bad | (bad - 1));
}

u64 sf_round(const SfFmt *f, u64 a, enum SfRound rc, bool silent, u32 *csr)
{
	Num x = unpack(f, a, *csr);
	bool inexact;

	if (x.cls == NAN_) {
		*csr |= x.snan ? FPC_INVALID : 0;
		return a | quiet_bit(f);
	}
	if (x.cls == ZERO)
		return sign_bit(f, x.sign);
	if (x.cls == INF || x.exp >= f->mbits)
		return a;
	u64 r = round_at(x.sig, (u32)MIN(63 - x.exp, 100), false, x.sign, rc, &inexact);
	*csr |= inexact && !silent ? FPC_INEXACT : 0;
	if (!r)
		return sign_bit(f, x.sign);
	u32 n = (u32)__builtin_clzll(r), none = FPC_MASKS;
	return pack(f, x.sign, 63 - (i32)n, r << n, false, &none);
}
