/* Flags as O-code values; private to the lowering.  Each is 0 or 1 in i32. */
#ifndef PVM_X86_LOWER_FLAGS_H
#define PVM_X86_LOWER_FLAGS_H

#include "lower.h"

/* A shift by n (1 .. 31 or 63, in i32): result, carry, overflow. */
typedef struct Shift {
	OVal r, c, o;
} Shift;
Shift xl_shift(XLower *l, XFlagOp op, unsigned size, OVal a, OVal n);
/* Is the signed product more than its low half r? */
OVal xl_product_over(XLower *l, unsigned size, OVal a, OVal b, OVal r);
/* Records what sets the flags from here on; see XFlags. */
void xl_set_flags(XLower *l, XFlagOp op, unsigned size, OVal a, OVal b, OVal c);
/* CF and OF alone become these (0 or 1 in i32); no 0: OF stays. */
void xl_set_carry(XLower *l, OVal c, OVal o);
/* Where `zero` is not 0, the flags stay as they are in `old`, otherwise they are as now. */
void xl_choose_flags(XLower *l, OVal zero, const XFlags *old);
/* The value of slot k of a record, in i64. */
OVal xl_flag_record(XLower *l, const XFlags *f, unsigned k);
OVal xl_cf(XLower *l);
OVal xl_pf(XLower *l);
OVal xl_af(XLower *l);
OVal xl_zf(XLower *l);
OVal xl_sf(XLower *l);
OVal xl_of(XLower *l);
OVal xl_flag_bits(XLower *l);           /* all six, as in EFLAGS */
OVal xl_cond(XLower *l, unsigned cc);   /* condition 0 to 15, as encoded in Jcc */

#endif
