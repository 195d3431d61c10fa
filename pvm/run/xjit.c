#include "xjit.h"

bool xjit_compile(XTask *t, Unit *u, u32 *max) { return true; }
void xjit_drop(XTask *t, Unit *u) { }
u64 xjit_state(XThread *t, void *uc) { return 0; }
const Unit *xjit_unit(XThread *t, void *uc) { return NULL; }
bool xjit_new(XTask *t, Err *e) { return err_set(e, EXIT_UNSUPPORTED, "--exec=jit: not for Linux programs yet"); }
void xjit_free(XTask *t) { }
void xjit_thread(XThread *t) { }
void xjit_after_fork(XTask *t) { }
void xjit_run(XThread *t, Unit *u) { }
u64 xjit_bytes(const XTask *t) { return 0; }
