/* fastfp: the host's arithmetic where it gives what softfp.c would, flags included; the room's own header.
 *
 * That is so for numbers that are neither NaN, infinite nor denormal, with results likewise and not near the smallest, in
 * round to nearest with all exceptions masked: then the one flag that can come up is INEXACT.  Mostly it is set already;
 * if not, the error of a sum is computed (Knuth, TAOCP volume 2, 4.2.2, theorem B), and of a product the significant bits
 * are counted.  Each function gives false where it
 * does not know; then nothing counts that it has written to *out. */
#ifndef PVM_OCODE_FASTFP_H
#define PVM_OCODE_FASTFP_H

#include <math.h>

#include "softfp.h"

static inline bool fast_control(u32 csr)
{
	return (csr & (FPC_MASKS | FPC_DAZ | FPC_FTZ | 3 << FPC_ROUND_SHIFT)) == FPC_MASKS;
}

/* Zero, or a number of the usual kind; one that no rounding has brought there from below. */
static inline bool fast_operand64(u64 a) { return (u32)(a >> 52 & 0x7ff) - 1 < 0x7fe || !(a << 1); }
static inline bool fast_result64(u64 r) { return (u32)(r >> 52 & 0x7ff) - 2 < 0x7fd; }
static inline bool fast_operand32(u32 a) { return (a >> 23 & 0xff) - 1 < 0xfe || !(a << 1); }
static inline bool fast_result32(u32 r) { return (r >> 23 & 0xff) - 2 < 0xfd; }

/* How many bits from the highest to the lowest one of a significand with `bits` behind the point. */
static inline u32 fast_bits(u64 a, u32 bits)
{
	return bits + 1 - (u32)__builtin_ctzll(a | (u64)1 << bits);
}

#define FAST_ARITHMETIC(w, fp, bits) \
static inline bool fast_add##w(u##w a, u##w b, u32 *csr, u##w *out) \
{ \
	if (!fast_control(*csr) || !fast_operand##w(a) || !fast_operand##w(b)) \
		return false; \
	fp x = u##w##_f##w(a), y = u##w##_f##w(b), r = x + y; \
	*out = f##w##_u##w(r); \
	if (!(fast_result##w(*out) || r == 0)) \
		return false; \
	if (!(*csr & FPC_INEXACT)) { \
		fp part = r - x; \
		*csr |= (x - (r - part)) + (y - part) != 0 ? FPC_INEXACT : 0; \
	} \
	return true; \
} \
static inline bool fast_sub##w(u##w a, u##w b, u32 *csr, u##w *out) \
{ \
	return fast_add##w(a, b ^ (u##w)1 << (w - 1), csr, out); \
} \
static inline bool fast_mul##w(u##w a, u##w b, u32 *csr, u##w *out) \
{ \
	bool zero = !(u##w)(a << 1) || !(u##w)(b << 1); \
	if (!fast_control(*csr) || !fast_operand##w(a) || !fast_operand##w(b)) \
		return false; \
	if (!(*csr & FPC_INEXACT) && !zero && fast_bits(a, bits) + fast_bits(b, bits) > bits + 1) \
		return false; \
	*out = f##w##_u##w(u##w##_f##w(a) * u##w##_f##w(b)); \
	return fast_result##w(*out) || zero; \
} \
static inline bool fast_div##w(u##w a, u##w b, u32 *csr, u##w *out) \
{ \
	if (!fast_control(*csr) || !(*csr & FPC_INEXACT) || !fast_operand##w(a) || !fast_result##w(b)) \
		return false; \
	*out = f##w##_u##w(u##w##_f##w(a) / u##w##_f##w(b)); \
	return fast_result##w(*out) || !(u##w)(a << 1); \
}
FAST_ARITHMETIC(64, double, 52)
FAST_ARITHMETIC(32, float, 23)

static inline bool fast_sqrt64(u64 a, u32 *csr, u64 *out)
{
	if (!fast_control(*csr) || !(*csr & FPC_INEXACT) || !fast_result64(a) || a >> 63)
		return false;
	*out = f64_u64(sqrt(u64_f64(a)));
	return true;
}

static inline bool fast_sqrt32(u32 a, u32 *csr, u32 *out)
{
	if (!fast_control(*csr) || !(*csr & FPC_INEXACT) || !fast_result32(a) || a >> 31)
		return false;
	*out = f32_u32(sqrtf(u32_f32(a)));
	return true;
}

/* To integers towards zero: the number is far from what does not fit. */
static inline bool fast_truncate64(u64 a, u32 width, u32 *csr, u64 *out)
{
	double x = u64_f64(a);
	i64 n;

	if (!fast_control(*csr) || !(fabs(x) < (width == 32 ? 0x1p31 : 0x1p63)))
		return false;
	n = (i64)x;
	*csr |= (double)n != x ? FPC_INEXACT : 0;
	*out = width == 32 ? (u32)n : (u64)n;
	return true;
}

/* Neither changes the flags. */
static inline bool fast_compare64(u64 a, u64 b, enum SfRel *out)
{
	if (!fast_operand64(a) || !fast_operand64(b))
		return false;
	double x = u64_f64(a), y = u64_f64(b);
	*out = x < y ? SF_LT : x > y ? SF_GT : SF_EQ;
	return true;
}

static inline bool fast_compare32(u32 a, u32 b, enum SfRel *out)
{
	if (!fast_operand32(a) || !fast_operand32(b))
		return false;
	float x = u32_f32(a), y = u32_f32(b);
	*out = x < y ? SF_LT : x > y ? SF_GT : SF_EQ;
	return true;
}

#endif
