/* Helpers of lowered x86 code; see helpers.def. */
#ifndef PVM_X86_HELPERS_H
#define PVM_X86_HELPERS_H

#include "x86.h"

enum XHelper {
#define H(op, name, sig, fn, meaning) XH_##op,
#include "helpers.def"
#undef H
	XH_COUNT
};
#define H(op, name, sig, fn, meaning) OHostFn fn;
#include "helpers.def"
#undef H

#endif
