/* xjit: units as machine code; private to run. */
#ifndef PVM_XJIT_H
#define PVM_XJIT_H

#include "xtask.h"

/* Compiles the unit; its O-code is used up.  False: try again with at most *max instructions (1: eval must do it). */
bool xjit_compile(XTask *t, Unit *u, u32 *max);
/* No code goes to the unit any more. */
void xjit_drop(XTask *t, Unit *u);
/* In emitted code (or, uc NULL or outside it, in a helper that it has called): makes the register file exact and returns
 * the pc of the instruction; the unit that runs. */
u64 xjit_state(XThread *t, void *uc);
const Unit *xjit_unit(XThread *t, void *uc);
bool xjit_new(XTask *t, Err *e);
void xjit_free(XTask *t);
void xjit_thread(XThread *t);
void xjit_after_fork(XTask *t);
void xjit_run(XThread *t, Unit *u);
u64 xjit_bytes(const XTask *t);

#endif
