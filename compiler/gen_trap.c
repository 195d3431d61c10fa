/* gen_trap: run-time errors as exceptions.
 *
 * The machine's checks end the program.  Where the unit SysUtils is used and something handles exceptions, the checks are written
 * out instead, and call SysUtils's routine that raises the exception of the error (`soft`).  That costs an instruction or two a
 * check; programs without exceptions keep the machine's own. */
#include "gen.h"

static void raise_error(Gen *g, u32 code)
{
	E1(I32_CONST, code);
	E1(CALL, g->s->trapped->owner->func);
	E1(TRAP, code); /* not reached */
}

void gen_trap(Gen *g, u32 code)
{
	if (g->soft)
		raise_error(g, code);
	else
		E1(TRAP, code);
}

void gen_trap_if(Gen *g, u32 code)
{
	if (!g->soft) {
		E1(TRAP_IF, code);
		return;
	}
	u32 fine = pb_label(g->b);
	E1(JUMP_IFZ, fine);
	raise_error(g, code);
	E1(LABEL, fine);
}

/* Checks that the ordinal on the stack lies in lo..hi, and leaves it there. */
void gen_check_range(Gen *g, bool wide, i64 lo, i64 hi)
{
	if (!g->soft) {
		pb_op2(g->b, wide ? P_CHECK_RANGE_L : P_CHECK_RANGE, lo, hi);
		return;
	}
	u32 v = gen_temp(g, wide ? 'l' : 'i');
	POp constant = wide ? P_I64_CONST : P_I32_CONST;
	E1(LOCAL_TEE, v);
	pb_op1(g->b, constant, lo);
	pb_op(g->b, wide ? P_I64_LT_S : P_I32_LT_S);
	E1(LOCAL_GET, v);
	pb_op1(g->b, constant, hi);
	pb_op(g->b, wide ? P_I64_GT_S : P_I32_GT_S);
	E(I32_OR);
	gen_trap_if(g, 201);
	E1(LOCAL_GET, v);
}

/* v, lo and hi are on the stack; v stays. */
void gen_check_bounds(Gen *g)
{
	if (!g->soft) {
		E(CHECK_BOUNDS);
		return;
	}
	u32 v = gen_temp(g, 'i'), lo = gen_temp(g, 'i'), hi = gen_temp(g, 'i');
	E1(LOCAL_SET, hi);
	E1(LOCAL_SET, lo);
	E1(LOCAL_TEE, v);
	E1(LOCAL_GET, lo);
	E(I32_LT_S);
	E1(LOCAL_GET, v);
	E1(LOCAL_GET, hi);
	E(I32_GT_S);
	E(I32_OR);
	gen_trap_if(g, 201);
	E1(LOCAL_GET, v);
}

/* Checks the index on the stack, and makes the address below it that of the element. */
void gen_index(Gen *g, i64 lo, i64 hi, u32 size, bool check)
{
	if (check && !g->soft) {
		pb_index(g->b, (i32)lo, (u32)(hi - lo + 1), size);
		return;
	}
	if (check)
		gen_check_range(g, false, lo, hi);
	E2(INDEX_U, lo, size);
}

/* The address on the stack is no nil. */
void gen_check_nil(Gen *g)
{
	if (!g->soft)
		return; /* the guard around address 0 sees to that */
	u32 p = gen_temp(g, 'i');
	E1(LOCAL_TEE, p);
	E(I32_EQZ);
	gen_trap_if(g, 216);
	E1(LOCAL_GET, p);
}

/* The divisor on the stack is not 0. */
void gen_check_divisor(Gen *g, const Node *n, char letter)
{
	if (!g->soft || (n->op == N_INT && n->i))
		return;
	u32 d = gen_temp(g, letter);
	E1(LOCAL_TEE, d);
	if (letter == 'd') {
		pb_f64(g->b, 0);
		E(F64_EQ);
	} else {
		pb_op(g->b, letter == 'l' ? P_I64_EQZ : P_I32_EQZ);
	}
	gen_trap_if(g, 200);
	E1(LOCAL_GET, d);
}

/* An operator of 32 bits that must not overflow (i32, i32_o), reckoned in 64 where its error is an exception. */
void gen_checked(Gen *g, POp op, POp wide)
{
	if (!g->soft) {
		pb_op(g->b, op);
		return;
	}
	u32 b = gen_temp(g, 'i'), w = gen_temp(g, 'l');
	E1(LOCAL_SET, b);
	E(I64_EXTEND_S);
	E1(LOCAL_GET, b);
	E(I64_EXTEND_S);
	pb_op(g->b, wide);
	E1(LOCAL_TEE, w);
	E1(LOCAL_GET, w);
	E(I32_WRAP);
	E(I64_EXTEND_S);
	E(I64_NE);
	gen_trap_if(g, 215);
	E1(LOCAL_GET, w);
	E(I32_WRAP);
}
