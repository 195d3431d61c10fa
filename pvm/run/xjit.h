/* xjit: units as machine code; private to run. */
#ifndef PVM_XJIT_H
#define PVM_XJIT_H

#include "xtask.h"

/* Compiles the unit; its O-code is used up.  When the code cache is full, all other units go, unless the unit is `known`
 * itself.  False: make it again with at most *max instructions (0: eval must run it). */
bool xjit_compile(XTask *t, Unit *u, bool known, u32 *max);
/* No code goes to the unit any more. */
void xjit_drop(XTask *t, Unit *u);
/* In emitted code (or, uc NULL or outside it, in a helper that it has called): makes the register file exact and returns
 * the pc of the instruction; whether that unit has bytes on the page. */
u64 xjit_state(XThread *t, void *uc);
/* The guest's pc of an instruction in emitted code that has a state map; any other address as it is. */
u64 xjit_guest_pc(const XThread *t, u64 host);
bool xjit_on_page(XThread *t, void *uc, u64 page);
bool xjit_new(XTask *t, Err *e);
void xjit_free(XTask *t);
bool xjit_thread(XThread *t); /* false: no memory */
void xjit_thread_end(XThread *t);
/* Emitted code has not been left by its own ways out, or has been freed. */
void xjit_left(XThread *t);
/* Was the fault at that host address one of emitted code's own, which goes on now? */
bool xjit_fault(XThread *t, void *uc, u64 addr);
void xjit_before_fork(XTask *t);
void xjit_after_fork(XTask *t);
/* Has the thread come to the unit by a jump backwards that has been made often?  The lock is held. */
bool xjit_is_hot(XThread *t, const Unit *u);
/* The unit is where the thread goes to; the lock is held. */
void xjit_reached(XThread *t, Unit *u);
/* Runs it and what follows, until something is for the run loop; sets kind and XS_PC. */
void xjit_run(XThread *t, Unit *u);
/* The same without the lock, at a pc that the thread has been to; false: it has not, or that is no more. */
bool xjit_resume(XThread *t, u64 pc);
u32 xjit_refused(const XTask *t, const char **why);
u64 xjit_bytes(const XTask *t);

/* xfpu.c: the guest's x87 state in the host's x87 (Regfile.fpu); out of the one that a signal has interrupted. */
bool xfpu_usable(void);
void xfpu_move(Regfile *r, bool load);
void xfpu_of_signal(XThread *t, const void *uc);

#endif
