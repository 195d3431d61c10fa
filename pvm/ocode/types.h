/* types: what is known of types; the room's own header. */
#ifndef PVM_OCODE_TYPES_H
#define PVM_OCODE_TYPES_H

#include "ocode.h"

static inline bool type_is_int(u8 t) { return t >= OT_I8 && t <= OT_I128; }
static inline bool type_is_float(u8 t) { return t == OT_F32 || t == OT_F64; }
static inline bool type_is_wide(u8 t) { return t == OT_I128 || t == OT_F80 || t == OT_V128; }

/* Integers up to i64 in 64 bits: w is the width in bits. */
static inline u64 low_bits(u64 v, u32 w) { return v << (64 - w) >> (64 - w); }
static inline i64 sign_extend(u64 v, u32 w) { return (i64)(v << (64 - w)) >> (64 - w); }

/* What is wrong with the types and immediates of an instruction whose operands are values, NULL if nothing. */
const char *ocode_type_error(const OFunc *f, OVal v);

/* Computes a pure operation that has an i128 or v128 in it; lo and hi hold the halves of all values.  False when
 * it is not there, or not defined for these operands. */
bool ocode_wide(const OFunc *f, OVal v, u64 *lo, u64 *hi);

#endif
