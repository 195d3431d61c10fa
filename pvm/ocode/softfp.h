/* softfp: IEEE 754 arithmetic on bits, in integers only, so that every host gives the same ones; the room's own header.
 *
 * Control and sticky flags are a word laid out as vector hardware has it (FPC_*).  Of NaN operands the first one is the
 * result, made quiet; an invalid operation gives the negative quiet NaN with no payload.  Tiny is decided after
 * rounding.  Results are those of
 * masked exceptions. */
#ifndef PVM_SOFTFP_H
#define PVM_SOFTFP_H

#include "../base/base.h"

enum {
	FPC_INVALID = 1, FPC_DENORMAL = 2, FPC_DIVZERO = 4, FPC_OVERFLOW = 8, FPC_UNDERFLOW = 16, FPC_INEXACT = 32,
	FPC_MASKS = 0x3f << 7, /* one for each flag: what is not masked will raise, so that the result does not matter */
	FPC_DAZ = 64,        /* denormal operands are zeros */
	FPC_ROUND_SHIFT = 13 /* two bits: nearest even, down, up, towards zero */,
	FPC_FTZ = 1 << 15    /* tiny results are zeros */
};
enum SfRound { SF_NEAREST, SF_DOWN, SF_UP, SF_ZERO };

typedef struct SfFmt { u8 ebits, mbits; } SfFmt;
extern const SfFmt sf16, sf32, sf64;

u64 sf_add(const SfFmt *f, u64 a, u64 b, u32 *csr);
u64 sf_sub(const SfFmt *f, u64 a, u64 b, u32 *csr);
u64 sf_mul(const SfFmt *f, u64 a, u64 b, u32 *csr);
u64 sf_div(const SfFmt *f, u64 a, u64 b, u32 *csr);
u64 sf_sqrt(const SfFmt *f, u64 a, u32 *csr);
/* a * b + c with one rounding; the products's and addend's signs may be changed, after NaNs have been looked for. */
u64 sf_fma(const SfFmt *f, u64 a, u64 b, u64 c, bool neg_product, bool neg_addend, u32 *csr);
/* The second operand if either is a NaN or both are zeros. */
u64 sf_min(const SfFmt *f, u64 a, u64 b, u32 *csr);
u64 sf_max(const SfFmt *f, u64 a, u64 b, u32 *csr);
enum SfRel { SF_LT, SF_EQ, SF_GT, SF_UNORDERED };
/* quiet: only signalling NaNs are invalid. */
enum SfRel sf_compare(const SfFmt *f, u64 a, u64 b, bool quiet, u32 *csr);
u64 sf_convert(const SfFmt *from, const SfFmt *to, u64 a, u32 *csr);
/* To a signed integer of 32 or 64 bits; what does not fit gives the most negative one. */
u64 sf_to_int(const SfFmt *f, u64 a, u32 width, enum SfRound rc, u32 *csr);
u64 sf_from_int(const SfFmt *f, i64 a, u32 *csr);
/* To an integral value; without INEXACT if `silent`. */
u64 sf_round(const SfFmt *f, u64 a, enum SfRound rc, bool silent, u32 *csr);
static inline enum SfRound sf_mode(u32 csr) { return (enum SfRound)(csr >> FPC_ROUND_SHIFT & 3); }
bool sf_is_nan(const SfFmt *f, u64 a);

#endif
