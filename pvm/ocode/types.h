/* types: which types an operation's operands and result may have (the room's own header). */
#ifndef PVM_OCODE_TYPES_H
#define PVM_OCODE_TYPES_H

#include "ocode.h"

static inline bool type_is_int(u8 t) { return t >= OT_I8 && t <= OT_I128; }
static inline bool type_is_float(u8 t) { return t == OT_F32 || t == OT_F64; }

/* What is wrong with the types and immediates of an instruction whose operands are values, NULL if nothing. */
const char *ocode_type_error(const OFunc *f, OVal v);

#endif
