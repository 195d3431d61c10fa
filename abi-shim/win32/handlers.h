/* Every handler that a row names. */
#ifndef PVM_W32_HANDLERS_H
#define PVM_W32_HANDLERS_H

#include "w32.h"

#define F(name, sig, fn) WFn w_##fn;
#define O(name, ordinal, sig, fn) WFn w_##fn;
#define S(name, sig)
#define D(name, size32, size64)
#include "kernel32.def"
#include "ntdll.def"
#include "msvcrt.def"
#undef F
#undef O
#undef S
#undef D

#endif
