/* range: intervals of integer values.  Not a door of the room. */
#ifndef PVM_OPT_RANGE_H
#define PVM_OPT_RANGE_H

#include "pass.h"

/* lo <= value <= hi, as a signed number of the value's type; empty when lo > hi. */
typedef struct Range {
	i64 lo, hi;
} Range;

static inline bool range_empty(Range r) { return r.lo > r.hi; }
static inline bool range_within(Range a, Range b) { return a.lo >= b.lo && a.hi <= b.hi; }
Range range_full(OType type);
Range range_meet(Range a, Range b); /* the intersection */
Range range_join(Range a, Range b); /* the smallest range around both */

/* The range of an operation's result from those of its operands (r is indexed by value). */
Range range_of(const OFunc *f, OVal v, const Range *r);

/* Whether a <cc> b: 1 yes, 0 no, -1 it depends. */
int range_decide(OCc cc, Range a, Range b);

/* What a's range becomes when a <cc> b holds. */
Range range_refine(OCc cc, Range a, Range b);

/* True if an ADDO, SUBO or MULO cannot overflow. */
bool range_fits(OOp op, OType type, Range a, Range b);

#endif
