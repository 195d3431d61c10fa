/* fast87: frequent x87 instructions without decoding; private to pvm/x86. */
#ifndef PVM_X86_FAST87_H
#define PVM_X86_FAST87_H

#include "interpret.h"

/* Executes the instruction that the helper `x87` was given and gives its result.  False: it is none of these, or not in
 * the usual circumstances, and nothing has changed. */
bool x86_fast87(Regfile *t, const u64 *args, u64 *result);

#endif
