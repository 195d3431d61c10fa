/* num: float operations and conversions whose result must not depend on the host. */
#include "base.h"

/* Of two zeros the comparison sees no difference: the sign bits are or-ed for min, and-ed for max. */
#define MINMAX(T, U, bits, canon, sign, name, cmp, op) \
	T name(T a, T b) \
	{ \
		U ua = bits(a), ub = bits(b); \
		if (a != a || b != b) \
			return canon; \
		if (a == 0 && b == 0) \
			return (ua op ub) & sign ? -(T)0 : (T)0; \
		return a cmp b ? a : b; \
	}
MINMAX(double, u64, f64_u64, u64_f64(F64_NAN), 0x8000000000000000ull, f64_min, <, |)
MINMAX(double, u64, f64_u64, u64_f64(F64_NAN), 0x8000000000000000ull, f64_max, >, &)
MINMAX(float, u32, f32_u32, u32_f32(F32_NAN), 0x80000000u, f32_min, <, |)
MINMAX(float, u32, f32_u32, u32_f32(F32_NAN), 0x80000000u, f32_max, >, &)

/* Adding 2^52 (2^23) pushes the fraction out, and the sum rounds to even.  Larger numbers are integers. */
double f64_nearest(double a)
{
	u64 sign = f64_u64(a) & 0x8000000000000000ull;
	double m = u64_f64(f64_u64(a) & ~sign), big = 4503599627370496.0;

	if (a != a)
		return u64_f64(F64_NAN);
	if (m >= big)
		return a;
	m = (m + big) - big;
	return u64_f64(f64_u64(m) | sign);
}

float f32_nearest(float a)
{
	u32 sign = f32_u32(a) & 0x80000000u;
	float m = u32_f32(f32_u32(a) & ~sign), big = 8388608.0f;

	if (a != a)
		return u32_f32(F32_NAN);
	if (m >= big)
		return a;
	/* Each assignment rounds to float; s390x would compute the whole expression in double. */
	m += big;
	m -= big;
	return u32_f32(f32_u32(m) | sign);
}

/* The bounds are exact doubles; a NaN fails both comparisons. */
bool f64_to_i32(double d, i32 *out)
{
	if (!(d > -2147483649.0 && d < 2147483648.0))
		return false;
	*out = (i32)d;
	return true;
}

bool f64_to_u32(double d, u32 *out)
{
	if (!(d > -1.0 && d < 4294967296.0))
		return false;
	*out = (u32)d;
	return true;
}

bool f64_to_i64(double d, i64 *out)
{
	if (!(d >= -9223372036854775808.0 && d < 9223372036854775808.0))
		return false;
	*out = (i64)d;
	return true;
}

bool f64_to_u64(double d, u64 *out)
{
	if (!(d > -1.0 && d < 18446744073709551616.0))
		return false;
	*out = (u64)d;
	return true;
}
