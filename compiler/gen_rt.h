/* gen_rt: shorthand for the run-time routines that are written in P-code. */
#ifndef PVM_GEN_RT_H
#define PVM_GEN_RT_H

#include "gen.h"

#define GET(v) E1(LOCAL_GET, v)
#define SET(v) E1(LOCAL_SET, v)
#define TEE(v) E1(LOCAL_TEE, v)
#define INT(k) E1(I32_CONST, k)
#define LOAD(off) E2(I32_LOAD, 2, off)
#define STORE(off) E2(I32_STORE, 2, off)
#define LOAD8(off) E2(I32_LOAD8_U, 0, off)
#define STORE8(off) E2(I32_STORE8, 0, off)
#define RT(k) gen_call_rt(g, RT_##k)

void gen_rt_min(Gen *g, u32 a, u32 b);    /* pushes the smaller of two locals */
void gen_rt_plus(Gen *g, u32 v, i32 k);   /* pushes v + k */

#define R(op, name, sig, make, frame) void gen_rt_##make(Gen *g);
#include "rt.def"
#undef R

#endif
