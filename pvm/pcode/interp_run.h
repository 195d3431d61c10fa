/* The executor: one function over the register code, compiled twice.  Includers define INTERP_NAME, and
 * INTERP_THREADED for direct threading (a handler is a label's address and ends with its own indirect jump,
 * which predicts better than a shared one) or not for a switch.
 *
 * In C locals, so that the compiler keeps them in registers: pc, fp (the window), mg (host address of guest
 * memory's first address that does not trap), act, t.  lim[n] is the first offset from mg that is out of reach of
 * an n-byte access; t->mem_size can change only in calls out, which end with REFRESH. */

#include <stdlib.h>

#define RD_I(n) ((u32)fp[n])
#define RD_L(n) fp[n]
#define RD_F(n) u32_f32((u32)fp[n])
#define RD_D(n) u64_f64(fp[n])
#define WR_I(n, v) (fp[n] = (u32)(v))
#define WR_L(n, v) (fp[n] = (u64)(v))
#define WR_F(n, v) (fp[n] = f32_u32(v))
#define WR_D(n, v) (fp[n] = f64_u64(v))
#define IMM_I ((u32)pc[1].i)
#define IMM_L ((u64)(i64)pc[1].i)
#define IMM_F u32_f32((u32)pc[2].u)
#define IMM_D pc[2].f
#define C_I u32
#define C_L u64
#define C_F float
#define C_D double
#define LEN_I 2
#define LEN_L 2
#define LEN_F 3
#define LEN_D 3
#define JIMM_I ((u32)pc[2].u)
#define JIMM_L (pc[2].u)
#define JIMM_F IMM_F
#define JIMM_D IMM_D

#ifdef INTERP_THREADED
#define CASE(name) L_##name
#define DISPATCH goto *pc->go
#else
#define CASE(name) case I_##name
#define DISPATCH goto again
#endif
#define NEXT(n) do { pc += (n); DISPATCH; } while (0)
/* Traps at word k of the instruction: a fused one has a P-code offset for each of its parts. */
#define TRAP_AT(k, n) do { code = (n); pc += (k); goto trap; } while (0)
#define TRAP(n) TRAP_AT(0, n)
#define JUMP_ON(e) do { if (e) NEXT(pc[1].i); } while (0)

#define REFRESH do { \
	u64 have_ = t->mem_size > guard ? t->mem_size - guard : 0; \
	for (u32 k_ = 1; k_ <= 8; k_ *= 2) \
		lim[k_] = have_ >= k_ ? have_ - k_ + 1 : 0; \
} while (0)
/* Before a call out; OUT_OF when act may be the mark of a run, because pc's function has not been entered. */
#define OUT do { act->at = pc; env->top = in->last = act; } while (0)
#define OUT_OF do { in->last = act; env->top = act->func == ACT_BASE ? pcode_frame_up(env, act) : act; } while (0)

/* Address of an access: MEM sets p or traps, at word k. */
#define MEM(at, n, k) \
	u64 off = (at); \
	if (__builtin_expect(off >= lim[n], 0)) TRAP_AT(k, TRAP_MEMORY); \
	u8 *p = mg + off
#define SURE(at) u8 *p = mg + (at)
#define SEXT(v) ((u64)(i64)(v))
#define CHECKED u32 k = RD_I(pc[1].b) - pc[2].lo; if (__builtin_expect(k >= pc[2].n, 0)) TRAP(TRAP_RANGE)
#define UNCHECKED u32 k = RD_I(pc[1].b) - pc[2].lo
#define STEPS(base) ((base) + k * pc[3].lo)

/* The address computation of each form of an access of n bytes. */
#define AT_R(size) MEM((u64)RD_I(pc[1].a) + SEXT(pc[1].i), size, 0)
#define AT_C(size) SURE((u32)pc[1].i)
#define AT_F(size) SURE(t->sp + SEXT(pc[1].i))
#define AT_XR(size) CHECKED; MEM((u64)STEPS(RD_I(pc[1].a)) + SEXT((i32)pc[3].n), size, 1)
#define AT_XC(size) CHECKED; SURE(pc[3].n + (u64)k * pc[3].lo)
#define AT_XF(size) CHECKED; SURE(t->sp + SEXT((i32)pc[3].n) + (u64)k * pc[3].lo)
#define AT_UR(size) UNCHECKED; MEM((u64)STEPS(RD_I(pc[1].a)) + SEXT((i32)pc[3].n), size, 1)
#define AT_UC(size) UNCHECKED; MEM((u64)STEPS(pc[2].n) + SEXT((i32)pc[3].n), size, 1)
#define AT_UF(size) UNCHECKED; MEM((u64)STEPS((u32)t->sp + pc[2].n) + SEXT((i32)pc[3].n), size, 1)
#define AT_2(size, base) \
	CHECKED; \
	u32 j = RD_I(pc[1].c) - pc[4].lo; \
	if (__builtin_expect(j >= pc[4].n, 0)) TRAP_AT(1, TRAP_RANGE); \
	MEM((u64)(STEPS(base) + j * pc[5].lo) + SEXT((i32)pc[5].n), size, 2)

u64 INTERP_NAME(Interp *in, W *pc, u64 *fp, PFrame *act, const void *const **handlers)
{
#ifdef INTERP_THREADED
	static const void *const label[I_COUNT] = {
#define BINC(op, T, check, e) &&L_##op, &&L_##op##_RI,
#define BINN(op, T, check, e) &&L_##op, &&L_##op##_RI, &&L_##op##_IR,
#define CMPI(op, T, e) &&L_##op, &&L_##op##_RI, &&L_##op##_JT, &&L_##op##_JTI,
#define CMPF(op, T, e) &&L_##op, &&L_##op##_RI, &&L_##op##_JT, &&L_##op##_JTI, &&L_##op##_JF, &&L_##op##_JFI,
#define INC(op, e) &&L_INC_##op, &&L_INC_##op##_I,
#define FOR(op, e) &&L_FOR_##op, &&L_FOR_##op##_I,
#define OLD(op, e) &&L_OLD_##op, &&L_OLD_##op##_I,
#define UN(op, T, U, check, e) &&L_##op,
#define LD(op, n, e) &&L_##op, &&L_##op##_C, &&L_##op##_F, &&L_##op##_XR, &&L_##op##_XC, &&L_##op##_XF, &&L_##op##_UR, &&L_##op##_UC, &&L_##op##_UF,
#define ST(op, T, n, s) &&L_##op, &&L_##op##_C, &&L_##op##_F, &&L_##op##_XR, &&L_##op##_XC, &&L_##op##_XF, &&L_##op##_UR, &&L_##op##_UC, &&L_##op##_UF,
#define LD2(op, n, e) &&L_##op##_2R, &&L_##op##_2C, &&L_##op##_2F,
#define ST2(op, T, n, s) &&L_##op##_2R, &&L_##op##_2C, &&L_##op##_2F,
#define OP(op, n, fmt) &&L_##op,
#include "interp.def"
#include "interp_undef.h"
	};
	if (!pc) {
		*handlers = label;
		return 0;
	}
#else
	if (!pc) {
		*handlers = NULL;
		return 0;
	}
#endif
	PEnv *const env = in->env;
	Regfile *const t = env->t;
	const u32 guard = env->m->guard;
	u8 *const mg = t->mem + guard;
	u64 lim[9];
	u32 code;

	REFRESH;
#ifdef INTERP_THREADED
	DISPATCH;
#else
again:
	switch ((IOp)pc->op) {
#endif

#define BIN_RR(op, T, check, e) CASE(op): { \
		C_##T x = RD_##T(pc[1].a), y = RD_##T(pc[1].b); check; WR_##T(pc[1].d, e); NEXT(2); }
#define BIN_RI(op, T, check, e) CASE(op##_RI): { \
		C_##T x = RD_##T(pc[1].a), y = IMM_##T; check; WR_##T(pc[1].d, e); NEXT(LEN_##T); }
#define BIN_IR(op, T, check, e) CASE(op##_IR): { \
		C_##T x = IMM_##T, y = RD_##T(pc[1].a); check; WR_##T(pc[1].d, e); NEXT(LEN_##T); }
#define BINC(op, T, check, e) BIN_RR(op, T, check, e) BIN_RI(op, T, check, e)
#define BINN(op, T, check, e) BIN_RR(op, T, check, e) BIN_RI(op, T, check, e) BIN_IR(op, T, check, e)
#define CMP_VALUE(op, T, e) \
	CASE(op): { C_##T x = RD_##T(pc[1].a), y = RD_##T(pc[1].b); fp[pc[1].d] = (e); NEXT(2); } \
	CASE(op##_RI): { C_##T x = RD_##T(pc[1].a), y = IMM_##T; fp[pc[1].d] = (e); NEXT(LEN_##T); }
#define CMPI(op, T, e) CMP_VALUE(op, T, e) \
	CASE(op##_JT): { C_##T x = RD_##T(pc[1].d), y = RD_##T(pc[1].a); JUMP_ON(e); NEXT(2); } \
	CASE(op##_JTI): { C_##T x = RD_##T(pc[1].d), y = JIMM_##T; JUMP_ON(e); NEXT(3); }
#define CMPF(op, T, e) CMPI(op, T, e) \
	CASE(op##_JF): { C_##T x = RD_##T(pc[1].d), y = RD_##T(pc[1].a); JUMP_ON(!(e)); NEXT(2); } \
	CASE(op##_JFI): { C_##T x = RD_##T(pc[1].d), y = JIMM_##T; JUMP_ON(!(e)); NEXT(3); }
#define INC(op, e) \
	CASE(INC_##op): { u32 x = RD_I(pc[1].d) + pc[2].lo, y = RD_I(pc[1].a); fp[pc[1].d] = x; JUMP_ON(e); NEXT(3); } \
	CASE(INC_##op##_I): { u32 x = RD_I(pc[1].d) + pc[2].lo, y = pc[2].n; fp[pc[1].d] = x; JUMP_ON(e); NEXT(3); }
#define FOR(op, e) \
	CASE(FOR_##op): { u32 x = RD_I(pc[1].d), y = RD_I(pc[1].a); if (e) { fp[pc[1].d] = x + pc[2].lo; NEXT(pc[1].i); } NEXT(3); } \
	CASE(FOR_##op##_I): { u32 x = RD_I(pc[1].d), y = pc[2].n; if (e) { fp[pc[1].d] = x + pc[2].lo; NEXT(pc[1].i); } NEXT(3); }
#define OLD(op, e) \
	CASE(OLD_##op): { u32 x = RD_I(pc[1].d), y = RD_I(pc[1].a); WR_I(pc[1].d, x + pc[2].lo); JUMP_ON(e); NEXT(3); } \
	CASE(OLD_##op##_I): { u32 x = RD_I(pc[1].d), y = pc[2].n; WR_I(pc[1].d, x + pc[2].lo); JUMP_ON(e); NEXT(3); }
#define UN(op, T, U, check, e) CASE(op): { C_##T x = RD_##T(pc[1].a); check; WR_##U(pc[1].d, e); NEXT(2); }
#define LD_FORM(op, suffix, at, e, len) CASE(op##suffix): { at; fp[pc[1].d] = (e); NEXT(len); }
#define LD(op, n, e) \
	LD_FORM(op, , AT_R(n), e, 2) LD_FORM(op, _C, AT_C(n), e, 2) LD_FORM(op, _F, AT_F(n), e, 2) \
	LD_FORM(op, _XR, AT_XR(n), e, 4) LD_FORM(op, _XC, AT_XC(n), e, 4) LD_FORM(op, _XF, AT_XF(n), e, 4) \
	LD_FORM(op, _UR, AT_UR(n), e, 4) LD_FORM(op, _UC, AT_UC(n), e, 4) LD_FORM(op, _UF, AT_UF(n), e, 4)
#define ST_FORM(op, suffix, T, at, s, len) CASE(op##suffix): { at; C_##T x = RD_##T(pc[1].d); s; NEXT(len); }
#define ST(op, T, n, s) \
	ST_FORM(op, , T, AT_R(n), s, 2) ST_FORM(op, _C, T, AT_C(n), s, 2) ST_FORM(op, _F, T, AT_F(n), s, 2) \
	ST_FORM(op, _XR, T, AT_XR(n), s, 4) ST_FORM(op, _XC, T, AT_XC(n), s, 4) ST_FORM(op, _XF, T, AT_XF(n), s, 4) \
	ST_FORM(op, _UR, T, AT_UR(n), s, 4) ST_FORM(op, _UC, T, AT_UC(n), s, 4) ST_FORM(op, _UF, T, AT_UF(n), s, 4)
#define LD2(op, size, e) \
	LD_FORM(op, _2R, AT_2(size, RD_I(pc[1].a)), e, 6) LD_FORM(op, _2C, AT_2(size, pc[3].n), e, 6) \
	LD_FORM(op, _2F, AT_2(size, (u32)t->sp + pc[3].n), e, 6)
#define ST2(op, T, size, s) \
	ST_FORM(op, _2R, T, AT_2(size, RD_I(pc[1].a)), s, 6) ST_FORM(op, _2C, T, AT_2(size, pc[3].n), s, 6) \
	ST_FORM(op, _2F, T, AT_2(size, (u32)t->sp + pc[3].n), s, 6)
#define OP(op, n, fmt)
#include "interp.def"
#include "interp_undef.h"

	/* moves */
	CASE(MOV): fp[pc[1].d] = fp[pc[1].a]; NEXT(2);
	CASE(MOVI): fp[pc[1].d] = SEXT(pc[1].i); NEXT(2);
	CASE(MOVK): fp[pc[1].d] = pc[2].u; NEXT(3);
	CASE(FRAME): WR_I(pc[1].d, t->sp + SEXT(pc[1].i)); NEXT(2);
	CASE(FAR): {
		u64 at = (u64)RD_I(pc[1].a) + pc[2].u;
		if (at >> 32) TRAP(TRAP_MEMORY);
		fp[pc[1].d] = at;
		NEXT(3);
	}
	CASE(SELECT): fp[pc[1].d] = RD_I(pc[1].c) ? fp[pc[1].a] : fp[pc[1].b]; NEXT(2);
	CASE(SWAP): { u64 x = fp[pc[1].d]; fp[pc[1].d] = fp[pc[1].a]; fp[pc[1].a] = x; NEXT(2); }
	CASE(CANONF): fp[pc[1].d] = f32_canon(RD_F(pc[1].d)); NEXT(2);
	CASE(CANOND): fp[pc[1].d] = f64_canon(RD_D(pc[1].d)); NEXT(2);
	CASE(GGET): fp[pc[1].d] = t->global[(u32)pc[1].i]; NEXT(2);
	CASE(GSET): t->global[(u32)pc[1].i] = fp[pc[1].d]; NEXT(2);
	CASE(MSIZE): fp[pc[1].d] = t->mem_size / PCODE_PAGE; NEXT(2);

	/* addresses and checks */
	CASE(INDEX_R): { CHECKED; fp[pc[1].d] = STEPS(RD_I(pc[1].a)); NEXT(4); }
	CASE(INDEX_C): { CHECKED; fp[pc[1].d] = STEPS(pc[3].n); NEXT(4); }
	CASE(INDEX_F): { CHECKED; fp[pc[1].d] = STEPS((u32)t->sp + pc[3].n); NEXT(4); }
	CASE(INDEXU_R): { UNCHECKED; fp[pc[1].d] = STEPS(RD_I(pc[1].a)); NEXT(4); }
	CASE(INDEXU_C): { UNCHECKED; fp[pc[1].d] = STEPS(pc[2].n); NEXT(4); }
	CASE(INDEXU_F): { UNCHECKED; fp[pc[1].d] = STEPS((u32)t->sp + pc[2].n); NEXT(4); }
	CASE(RANGE): {
		u32 x = RD_I(pc[1].a);
		if ((i32)x < (i32)pc[2].lo || (i32)x > (i32)pc[2].n) TRAP(TRAP_RANGE);
		fp[pc[1].d] = x;
		NEXT(3);
	}
	CASE(RANGE_L): {
		u64 x = fp[pc[1].a];
		if ((i64)x < pc[2].s || (i64)x > pc[3].s) TRAP(TRAP_RANGE);
		fp[pc[1].d] = x;
		NEXT(4);
	}
	CASE(BOUNDS): {
		u32 x = RD_I(pc[1].a);
		if ((i32)x < (i32)fp[pc[1].b] || (i32)x > (i32)fp[pc[1].c]) TRAP(TRAP_RANGE);
		fp[pc[1].d] = x;
		NEXT(2);
	}
	CASE(MULADD): { double x = RD_D(pc[1].a) * RD_D(pc[1].b); WR_D(pc[1].d, RD_D(pc[1].c) + x); NEXT(2); }
	CASE(MULSUB): { double x = RD_D(pc[1].a) * RD_D(pc[1].b); WR_D(pc[1].d, RD_D(pc[1].c) - x); NEXT(2); }

	/* jumps */
	CASE(JUMP): NEXT(pc[1].i);
	CASE(JNZ): JUMP_ON(RD_I(pc[1].d)); NEXT(2);
	CASE(JZ): JUMP_ON(!RD_I(pc[1].d)); NEXT(2);
	CASE(TABLE): {
		u32 k = RD_I(pc[1].d), n = (u32)pc[1].i;
		NEXT(pc[2 + MIN(k, n)].s);
	}
	CASE(TRAP): TRAP((u32)pc[1].i);

	/* Entering: fp is the new window, act still the caller. */
	CASE(ENTER0): {
		if (__builtin_expect(fp + pc[1].d > in->stack_end || act + 2 > in->act_end, 0)) goto overflow;
		act++;
		act->local = fp;
		act->func = pc[2].lo;
		act->frame = (u32)t->sp;
		NEXT(3);
	}
	CASE(ENTER1): {
		if (__builtin_expect(fp + pc[1].d > in->stack_end || act + 2 > in->act_end, 0)) goto overflow;
		act++;
		act->local = fp;
		act->func = pc[2].lo;
		act->frame = (u32)t->sp;
		fp[pc[1].a] = 0;
		NEXT(3);
	}
	CASE(ENTER): {
		if (__builtin_expect(fp + pc[1].d > in->stack_end || act + 2 > in->act_end, 0)) goto overflow;
		act++;
		act->local = fp;
		act->func = pc[2].lo;
		act->frame = (u32)t->sp;
		for (u32 k = pc[1].a, n = pc[1].b; k < n; k++)
			fp[k] = 0;
		NEXT(3);
	}
	CASE(ENTERF): {
		if (__builtin_expect(fp + pc[1].d > in->stack_end || act + 2 > in->act_end, 0)) goto overflow;
		if (__builtin_expect(t->sp < t->sp_limit + pc[3].u, 0)) goto overflow;
		t->sp -= pc[3].u;
		act++;
		act->local = fp;
		act->func = pc[2].lo;
		act->frame = (u32)t->sp;
		for (u32 k = pc[1].a, n = pc[1].b; k < n; k++)
			fp[k] = 0;
		NEXT(4);
	}

	/* Leaving: the result goes where the caller's argument list began. */
	CASE(RET): {
		fp[0] = fp[pc[1].d];
		act--;
		fp = act->local;
		pc = (W *)act->at;
		NEXT(CALL_WORDS);
	}
	CASE(RETV):
		act--;
		fp = act->local;
		pc = (W *)act->at;
		NEXT(CALL_WORDS);
	CASE(RETF): {
		fp[0] = fp[pc[1].d];
		act--;
		t->sp = act->frame;
		fp = act->local;
		pc = (W *)act->at;
		NEXT(CALL_WORDS);
	}
	CASE(RETFV):
		act--;
		t->sp = act->frame;
		fp = act->local;
		pc = (W *)act->at;
		NEXT(CALL_WORDS);
	CASE(HALT):
		return fp[1]; /* see pcode_interp */

	/* Calling: the window of the callee begins at register d, with its arguments. */
	CASE(CALL):
		act->at = pc;
		fp += pc[1].d;
		pc = pc[2].fn->code;
		DISPATCH;
	CASE(CALLH):
		OUT;
		fp[pc[1].d] = t->host[pc[2].u](t, fp + pc[1].d);
		goto back;
	CASE(CALLI): {
		u32 k = RD_I(pc[1].a);
		if (k >= t->table_len) TRAP(TRAP_CALL);
		const OEntry *e = &t->table[k];
		if (e->func == UINT32_MAX || e->type != pc[2].lo) TRAP(TRAP_CALL);
		if (e->func < env->m->nfunc) {
			act->at = pc;
			fp += pc[1].d;
			pc = in->fn[e->func].code;
			DISPATCH;
		}
		OUT;
		interp_canon_args(in, pc[2].n, fp + pc[1].d);
		fp[pc[1].d] = t->host[PH_COUNT + (e->func - env->m->nfunc)](t, fp + pc[1].d);
		goto back;
	}
	CASE(TRANSLATE): {
		u32 k = (u32)pc[1].i;
		if (env->compiled && env->compiled[k]) {
			interp_set(in, pc, I_COMPILED);
		} else {
			interp_translate(in, k);
			pc = in->fn[k].code;
		}
		DISPATCH;
	}
	CASE(COMPILED): {
		u32 k = (u32)pc[1].i;
		OUT_OF;
		u64 r = env->enter(env, k, fp);
		fp[0] = r;
		fp = act->local;
		pc = (W *)act->at;
		goto back;
	}
	CASE(HOT): {
		u32 k = (u32)pc[1].i;
		if (++pc[2].u == env->hot) {
			OUT_OF;
			env->hot_call(env, k);
		}
		if (env->compiled && env->compiled[k]) {
			pc = in->fn[k].code = in->fn[k].stub;
			interp_set(in, pc, I_COMPILED);
			DISPATCH;
		}
		NEXT(3);
	}
	CASE(LOOP): {
		u64 r;
		if (++pc[2].u < env->hot)
			NEXT(3);
		pc[2].u = 0;
		OUT;
		if (!env->hot_loop(env, act->func, (u32)pc[1].i, fp, act->frame, &r))
			NEXT(3);
		fp[0] = r;
		act--;
		t->sp = act->frame;
		fp = act->local;
		pc = (W *)act->at;
		goto back;
	}
	CASE(STEP):
		OUT;
		env->steps++;
		env->step(env, act);
		NEXT(2);

	CASE(UNWIND):
		t->unwind = (u64)RD_I(pc[1].d) + 1;
		t->unwind_label = pc[2].u << 32 | (u32)pc[1].i;
		goto unwind;
#ifndef INTERP_THREADED
	case I_COUNT:
		abort();
	}
#endif

	/* Behind a call out: pc is the call in the activation act. */
back:
	REFRESH;
	if (__builtin_expect(t->unwind != 0, 0))
		goto unwind;
	NEXT(CALL_WORDS);

unwind:
	/* Ends activations until the one a non-local goto is for; there is none here: the caller's affair. */
	for (; act->func != ACT_BASE; act--) {
		pc = interp_landing(in, act);
		if (!pc)
			continue;
		t->unwind = 0;
		t->sp = act->frame;
		fp = act->local;
		DISPATCH;
	}
	t->sp = act->frame;
	return 0;

overflow:
	/* A function that could not be entered: its caller stands at the call. */
	OUT_OF;
	t->trap(t, TRAP_STACK);
	abort();

trap:
	OUT;
	t->trap(t, code);
	abort();
}
