/* soft80: x87's numbers in integers only, for hosts without an x87.
 *
 * Operands are taken apart (Num80), so that one operation serves registers, floats, doubles and integers from memory.
 * Each operation raises its exceptions in the environment.  One that is not masked may forbid a result: see
 * soft80_denied.  Intel SDM volume 1, chapters 4.8 to 4.9 and 8.3 to 8.5. */
#ifndef PVM_X86_SOFT80_H
#define PVM_X86_SOFT80_H

#include "../base/base.h"

typedef struct F80 {
	u64 m;    /* significand with its integer bit */
	u16 se;   /* sign and exponent */
} F80;

/* Exceptions, as the status word has them. */
enum { X87_IE = 1, X87_DE = 2, X87_ZE = 4, X87_OE = 8, X87_UE = 16, X87_PE = 32, X87_SF = 64 };
enum X87Round { X87_NEAREST, X87_DOWN, X87_UP, X87_CHOP };

typedef struct Env80 {
	u8 rc;      /* X87Round */
	u8 bits;    /* of results' significands: 24, 53 or 64 */
	u8 masked;  /* exceptions that have a masked response */
	u8 raised;
	bool up;    /* C1: the magnitude was rounded up */
} Env80;

/* BAD: an encoding that no processor since the 387 makes. */
typedef enum Class80 { C80_ZERO, C80_FINITE, C80_INF, C80_QNAN, C80_SNAN, C80_BAD } Class80;

/* FINITE: m / 2^63 * 2^e, m >= 2^63.  A NaN's m is its significand. */
typedef struct Num80 {
	Class80 cls;
	bool neg, denormal; /* denormal: as an operand it raises DE */
	i32 e;
	u64 m;
} Num80;

/* Of a result before rounding: (m + rest / 2^64) / 2^63 * 2^e, m >= 2^63; a last bit of rest stands for all behind it. */
typedef struct Raw80 {
	bool neg;
	i32 e;
	u64 m, rest;
} Raw80;

extern const F80 soft80_nan; /* the indefinite one: what invalid operations give */

/* True if an exception was raised that leaves the destination as it was. */
static inline bool soft80_denied(const Env80 *v)
{
	return v->raised & ~v->masked & (X87_IE | X87_DE | X87_ZE);
}

/* soft80.c */
Num80 soft80_num(F80 a);
Num80 soft80_of_f32(u32 a);
Num80 soft80_of_f64(u64 a);
Num80 soft80_of_int(i64 a);
/* Without rounding: the number came from one of the four above, or is in range.  NaNs become quiet. */
F80 soft80_pack(Num80 a);
F80 soft80_zero(bool neg);
F80 soft80_inf(bool neg);
/* Rounds to `bits` with over- and underflow. */
F80 soft80_round(Env80 *v, Raw80 r, u8 bits);
/* Whether a magnitude is rounded up: its last bit is odd, and behind it are rest / 2^64 and perhaps more. */
bool soft80_goes_up(u8 rc, bool neg, bool odd, u64 rest, bool more);
/* Looks for NaNs and unsupported encodings; true: *out is the result of the operation on a and b (b may be NULL). */
bool soft80_nans(Env80 *v, const Num80 *a, const Num80 *b, F80 *out);
/* Raises DE if a or b (may be NULL) calls for it; true: and that is the end. */
bool soft80_denormals(Env80 *v, const Num80 *a, const Num80 *b);
F80 soft80_invalid(Env80 *v);
F80 soft80_add(Env80 *v, Num80 a, Num80 b);
F80 soft80_sub(Env80 *v, Num80 a, Num80 b);
F80 soft80_mul(Env80 *v, Num80 a, Num80 b);
F80 soft80_div(Env80 *v, Num80 a, Num80 b);
F80 soft80_sqrt(Env80 *v, Num80 a);

/* soft80_convert.c */
u64 soft80_to_f32(Env80 *v, Num80 a);
u64 soft80_to_f64(Env80 *v, Num80 a);
/* To a signed integer of 16, 32 or 64 bits. */
u64 soft80_to_int(Env80 *v, Num80 a, u32 width, enum X87Round rc);
F80 soft80_integral(Env80 *v, Num80 a);
Num80 soft80_of_bcd(const u8 p[10]);
void soft80_to_bcd(Env80 *v, Num80 a, u8 p[10]);

/* soft80_rem.c */
typedef enum Rel80 { R80_GT, R80_LT, R80_EQ, R80_UNORDERED } Rel80;
/* quiet: only signalling NaNs are invalid. */
Rel80 soft80_compare(Env80 *v, Num80 a, Num80 b, bool quiet);
/* The remainder, by a quotient that is chopped or nearest.  *part: the quotient was too large, and the result is one step
 * of the way; else *quotient has its low bits. */
F80 soft80_rem(Env80 *v, Num80 a, Num80 b, bool nearest, u64 *quotient, bool *part);
F80 soft80_scale(Env80 *v, Num80 a, Num80 b);
/* The significand; the exponent as a number. */
F80 soft80_extract(Env80 *v, Num80 a, F80 *exponent);

/* soft80_func.c: transcendental functions, rounded from 128 bits. */
F80 soft80_2xm1(Env80 *v, Num80 x);
F80 soft80_yl2x(Env80 *v, Num80 x, Num80 y);
F80 soft80_yl2xp1(Env80 *v, Num80 x, Num80 y);
F80 soft80_atan(Env80 *v, Num80 x, Num80 y);           /* arctan(y / x) */
/* False: the argument is out of range (2^63 and more), nothing was done.  sin or cos may be NULL. */
bool soft80_sincos(Env80 *v, Num80 x, F80 *sin, F80 *cos);
bool soft80_tan(Env80 *v, Num80 x, F80 *tan);

#endif
