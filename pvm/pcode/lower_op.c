/* Lowering arithmetic, comparisons, conversions and checks: mostly by table. */
#include "lower.h"

enum Kind {
	K_NONE,
	K_UN,     /* op a; the type is the result's */
	K_BIN,    /* op a, b */
	K_CMP,    /* compare; aux is the condition */
	K_EQZ,    /* compare with zero */
	K_OVER,   /* op a, b, trapping on overflow */
	K_DIV,    /* op a, b after the tests that division needs */
	K_FDIVZ,  /* floating-point quotient that traps on zero */
	K_TRUNCF, /* op a after the test of the range */
	K_BITS,   /* other type, same bits; a NaN made canonical first */
	K_CPYSGN
};

typedef struct Row {
	u8 kind, op, type, aux;
} Row;

#define INT(P, T) \
	[P_##P##_EQZ] = {K_EQZ, O_ICMP, T, 0}, \
	[P_##P##_EQ] = {K_CMP, O_ICMP, T, CC_EQ}, [P_##P##_NE] = {K_CMP, O_ICMP, T, CC_NE}, \
	[P_##P##_LT_S] = {K_CMP, O_ICMP, T, CC_LTS}, [P_##P##_LT_U] = {K_CMP, O_ICMP, T, CC_LTU}, \
	[P_##P##_GT_S] = {K_CMP, O_ICMP, T, CC_GTS}, [P_##P##_GT_U] = {K_CMP, O_ICMP, T, CC_GTU}, \
	[P_##P##_LE_S] = {K_CMP, O_ICMP, T, CC_LES}, [P_##P##_LE_U] = {K_CMP, O_ICMP, T, CC_LEU}, \
	[P_##P##_GE_S] = {K_CMP, O_ICMP, T, CC_GES}, [P_##P##_GE_U] = {K_CMP, O_ICMP, T, CC_GEU}, \
	[P_##P##_CLZ] = {K_UN, O_CLZ, T, 0}, [P_##P##_CTZ] = {K_UN, O_CTZ, T, 0}, \
	[P_##P##_POPCNT] = {K_UN, O_POPCNT, T, 0}, \
	[P_##P##_ADD] = {K_BIN, O_ADD, T, 0}, [P_##P##_SUB] = {K_BIN, O_SUB, T, 0}, \
	[P_##P##_MUL] = {K_BIN, O_MUL, T, 0}, \
	[P_##P##_DIV_S] = {K_DIV, O_DIVS, T, 0}, [P_##P##_DIV_U] = {K_DIV, O_DIVU, T, 0}, \
	[P_##P##_REM_S] = {K_DIV, O_REMS, T, 0}, [P_##P##_REM_U] = {K_DIV, O_REMU, T, 0}, \
	[P_##P##_AND] = {K_BIN, O_AND, T, 0}, [P_##P##_OR] = {K_BIN, O_OR, T, 0}, [P_##P##_XOR] = {K_BIN, O_XOR, T, 0}, \
	[P_##P##_SHL] = {K_BIN, O_SHL, T, 0}, [P_##P##_SHR_S] = {K_BIN, O_SHRS, T, 0}, \
	[P_##P##_SHR_U] = {K_BIN, O_SHRU, T, 0}, \
	[P_##P##_ROTL] = {K_BIN, O_ROTL, T, 0}, [P_##P##_ROTR] = {K_BIN, O_ROTR, T, 0}, \
	[P_##P##_ADD_O] = {K_OVER, O_ADDO, T, 0}, [P_##P##_SUB_O] = {K_OVER, O_SUBO, T, 0}, \
	[P_##P##_MUL_O] = {K_OVER, O_MULO, T, 0}, \
	[P_##P##_EXTEND8_S] = {K_UN, O_SEXT8, T, 0}, [P_##P##_EXTEND16_S] = {K_UN, O_SEXT16, T, 0}

#define FLOAT(P, T) \
	[P_##P##_EQ] = {K_CMP, O_FCMP, T, FC_EQ}, [P_##P##_NE] = {K_CMP, O_FCMP, T, FC_NE}, \
	[P_##P##_LT] = {K_CMP, O_FCMP, T, FC_LT}, [P_##P##_GT] = {K_CMP, O_FCMP, T, FC_GT}, \
	[P_##P##_LE] = {K_CMP, O_FCMP, T, FC_LE}, [P_##P##_GE] = {K_CMP, O_FCMP, T, FC_GE}, \
	[P_##P##_ABS] = {K_UN, O_FABS, T, 0}, [P_##P##_NEG] = {K_UN, O_FNEG, T, 0}, \
	[P_##P##_CEIL] = {K_UN, O_FCEIL, T, 0}, [P_##P##_FLOOR] = {K_UN, O_FFLOOR, T, 0}, \
	[P_##P##_TRUNC] = {K_UN, O_FTRUNC, T, 0}, [P_##P##_NEAREST] = {K_UN, O_FNEAR, T, 0}, \
	[P_##P##_SQRT] = {K_UN, O_FSQRT, T, 0}, \
	[P_##P##_ADD] = {K_BIN, O_FADD, T, 0}, [P_##P##_SUB] = {K_BIN, O_FSUB, T, 0}, \
	[P_##P##_MUL] = {K_BIN, O_FMUL, T, 0}, [P_##P##_DIV] = {K_BIN, O_FDIV, T, 0}, \
	[P_##P##_DIV_Z] = {K_FDIVZ, O_FDIV, T, 0}, \
	[P_##P##_MIN] = {K_BIN, O_FMIN, T, 0}, [P_##P##_MAX] = {K_BIN, O_FMAX, T, 0}, \
	[P_##P##_COPYSIGN] = {K_CPYSGN, O_FCPYSGN, T, 0}

static const Row rows[256] = {
	INT(I32, OT_I32),
	INT(I64, OT_I64),
	FLOAT(F32, OT_F32),
	FLOAT(F64, OT_F64),
	[P_I64_EXTEND32_S] = {K_UN, O_SEXT32, OT_I64, 0},
	[P_I32_WRAP] = {K_UN, O_TRUNC, OT_I32, 0},
	[P_I64_EXTEND_S] = {K_UN, O_EXTS, OT_I64, 0}, [P_I64_EXTEND_U] = {K_UN, O_EXTU, OT_I64, 0},
	[P_I32_TRUNC_F32_S] = {K_TRUNCF, O_FTOS, OT_I32, 0}, [P_I32_TRUNC_F32_U] = {K_TRUNCF, O_FTOU, OT_I32, 0},
	[P_I32_TRUNC_F64_S] = {K_TRUNCF, O_FTOS, OT_I32, 0}, [P_I32_TRUNC_F64_U] = {K_TRUNCF, O_FTOU, OT_I32, 0},
	[P_I64_TRUNC_F32_S] = {K_TRUNCF, O_FTOS, OT_I64, 0}, [P_I64_TRUNC_F32_U] = {K_TRUNCF, O_FTOU, OT_I64, 0},
	[P_I64_TRUNC_F64_S] = {K_TRUNCF, O_FTOS, OT_I64, 0}, [P_I64_TRUNC_F64_U] = {K_TRUNCF, O_FTOU, OT_I64, 0},
	[P_F32_CONVERT_I32_S] = {K_UN, O_STOF, OT_F32, 0}, [P_F32_CONVERT_I32_U] = {K_UN, O_UTOF, OT_F32, 0},
	[P_F32_CONVERT_I64_S] = {K_UN, O_STOF, OT_F32, 0}, [P_F32_CONVERT_I64_U] = {K_UN, O_UTOF, OT_F32, 0},
	[P_F64_CONVERT_I32_S] = {K_UN, O_STOF, OT_F64, 0}, [P_F64_CONVERT_I32_U] = {K_UN, O_UTOF, OT_F64, 0},
	[P_F64_CONVERT_I64_S] = {K_UN, O_STOF, OT_F64, 0}, [P_F64_CONVERT_I64_U] = {K_UN, O_UTOF, OT_F64, 0},
	[P_F32_DEMOTE] = {K_UN, O_FDEM, OT_F32, 0}, [P_F64_PROMOTE] = {K_UN, O_FPROM, OT_F64, 0},
	[P_I32_REINTERPRET] = {K_BITS, O_BITS, OT_I32, 0}, [P_I64_REINTERPRET] = {K_BITS, O_BITS, OT_I64, 0},
	[P_F32_REINTERPRET] = {K_UN, O_BITS, OT_F32, 0}, [P_F64_REINTERPRET] = {K_UN, O_BITS, OT_F64, 0},
};

static OVal icmp(Lower *l, OCc cc, OVal a, OVal b)
{
	return lower_emit(l, O_ICMP, OT_I32, cc, a, b, 0);
}

static u64 int_min(OType type)
{
	return type == OT_I32 ? 0x80000000u : 0x8000000000000000u;
}

static u64 minus_one(OType type)
{
	return type == OT_I32 ? UINT32_MAX : UINT64_MAX;
}

/* ---- division and conversion ---------------------------------------------------------------------- */

static OVal divide(Lower *l, OOp op, OType type, OVal a, OVal b)
{
	lower_trapif(l, icmp(l, CC_EQ, b, lower_const(l, type, 0)), TRAP_DIV0);
	if (op == O_DIVS) {
		OVal low = icmp(l, CC_EQ, a, lower_const(l, type, int_min(type)));
		OVal neg = icmp(l, CC_EQ, b, lower_const(l, type, minus_one(type)));
		lower_trapif(l, lower_emit(l, O_AND, OT_I32, 0, low, neg, 0), TRAP_OVERFLOW);
	}
	return lower_emit(l, op, type, 0, a, b, 0);
}

static OVal float_const(Lower *l, OType type, double d)
{
	return lower_const(l, type, type == OT_F32 ? f32_u32((float)d) : f64_u64(d));
}

static OVal divide_float(Lower *l, OType type, OVal a, OVal b)
{
	lower_trapif(l, lower_emit(l, O_FCMP, OT_I32, FC_EQ, b, float_const(l, type, 0), 0), TRAP_DIV0);
	return lower_emit(l, O_FDIV, type, 0, a, b, 0);
}

/* Floating point to integer: a is in range if low < a < high, or low <= a < high where the number below the
 * lowest integer cannot be written. */
static OVal truncate_float(Lower *l, OOp op, OType type, OVal a)
{
	OType from = l->f->ins.p[a].type;
	bool exact = op == O_FTOS && (from == OT_F32 || type == OT_I64);
	double high = op == O_FTOS ? (type == OT_I32 ? 0x1p31 : 0x1p63) : (type == OT_I32 ? 0x1p32 : 0x1p64);
	double low = op == O_FTOU ? -1 : exact ? -high : -high - 1;

	OVal under = lower_emit(l, O_FCMP, OT_I32, exact ? FC_ULT : FC_ULE, a, float_const(l, from, low), 0);
	lower_trapif(l, under, TRAP_FINVALID);
	lower_trapif(l, lower_emit(l, O_FCMP, OT_I32, FC_UGE, a, float_const(l, from, high), 0), TRAP_FINVALID);
	return lower_emit(l, op, type, 0, a, 0, 0);
}

static OVal negate(Lower *l, OType type, OVal a)
{
	return lower_emit(l, O_SUBO, type, TRAP_OVERFLOW, lower_const(l, type, 0), a, 0);
}

static OVal absolute(Lower *l, OType type, OVal a)
{
	OVal zero = lower_const(l, type, 0);

	lower_trapif(l, icmp(l, CC_EQ, a, lower_const(l, type, int_min(type))), TRAP_OVERFLOW);
	OVal minus = lower_emit(l, O_SUB, type, 0, zero, a, 0), below = icmp(l, CC_LTS, a, zero);
	return lower_emit(l, O_SELECT, type, 0, minus, a, below);
}

static OVal wrap_checked(Lower *l, OVal a)
{
	OVal low = lower_emit(l, O_TRUNC, OT_I32, 0, a, 0, 0), back = lower_emit(l, O_EXTS, OT_I64, 0, low, 0, 0);

	lower_trapif(l, icmp(l, CC_NE, back, a), TRAP_OVERFLOW);
	return low;
}

/* ---- checks --------------------------------------------------------------------------------------- */

/* Traps unless lo <= v <= hi: one unsigned comparison, or a signed one at either end of the type. */
static void check_range(Lower *l, OType type, i64 lo, i64 hi)
{
	OVal v = lower_value(l, &l->stack[l->depth - 1]), cond;
	i64 max = type == OT_I32 ? INT32_MAX : INT64_MAX, min = -max - 1;

	if (lo > hi)
		cond = lower_const(l, OT_I32, 1);
	else if (lo == min && hi == max)
		return;
	else if (lo == min)
		cond = icmp(l, CC_GTS, v, lower_const(l, type, (u64)hi & minus_one(type)));
	else if (hi == max)
		cond = icmp(l, CC_LTS, v, lower_const(l, type, (u64)lo & minus_one(type)));
	else {
		OVal t = lo ? lower_emit(l, O_SUB, type, 0, v, lower_const(l, type, (u64)lo & minus_one(type)), 0) : v;
		cond = icmp(l, CC_GTU, t, lower_const(l, type, ((u64)hi - (u64)lo) & minus_one(type)));
	}
	lower_trapif(l, cond, TRAP_RANGE);
}

static void check_bounds(Lower *l)
{
	OVal hi = lower_pop(l), lo = lower_pop(l), v = lower_value(l, &l->stack[l->depth - 1]);

	lower_trapif(l, icmp(l, CC_LTS, v, lo), TRAP_RANGE);
	lower_trapif(l, icmp(l, CC_GTS, v, hi), TRAP_RANGE);
}

static void check_nil(Lower *l)
{
	OVal v = lower_value(l, &l->stack[l->depth - 1]);

	lower_trapif(l, icmp(l, CC_EQ, v, lower_const(l, OT_I32, 0)), TRAP_MEMORY);
}

/* The difference of a number to itself is 0, but NaN if it is infinite or NaN. */
static void check_finite(Lower *l)
{
	OVal v = lower_value(l, &l->stack[l->depth - 1]), zero = lower_emit(l, O_FSUB, OT_F64, 0, v, v, 0);

	lower_trapif(l, lower_emit(l, O_FCMP, OT_I32, FC_UNO, zero, zero, 0), TRAP_FOVERFLOW);
	l->finite = v;
	l->finite_in = l->cur;
}

/* ---- the table's rows ------------------------------------------------------------------------------ */

static void by_table(Lower *l, const Row *r)
{
	bool two = r->kind != K_UN && r->kind != K_EQZ && r->kind != K_TRUNCF && r->kind != K_BITS;
	OVal b = two ? lower_pop(l) : 0, a = lower_pop(l), v;

	switch ((enum Kind)r->kind) {
	case K_CMP: v = lower_emit(l, r->op, OT_I32, r->aux, a, b, 0); break;
	case K_EQZ: v = icmp(l, CC_EQ, a, lower_const(l, r->type, 0)); break;
	case K_OVER: v = lower_emit(l, r->op, r->type, TRAP_OVERFLOW, a, b, 0); break;
	case K_DIV: v = divide(l, r->op, r->type, a, b); break;
	case K_FDIVZ: v = divide_float(l, r->type, a, b); break;
	case K_TRUNCF: v = truncate_float(l, r->op, r->type, a); break;
	case K_BITS: v = lower_emit(l, O_BITS, r->type, 0, lower_canonical(l, a), 0, 0); break;
	case K_CPYSGN: v = lower_emit(l, r->op, r->type, 0, a, lower_canonical(l, b), 0); break;
	default: v = lower_emit(l, r->op, r->type, 0, a, b, 0); break;
	}
	lower_push(l, v);
}

static void lower_select(Lower *l)
{
	OVal cond = lower_pop(l), b = lower_pop(l), a = lower_pop(l);

	lower_push(l, lower_emit(l, O_SELECT, l->f->ins.p[a].type, 0, a, b, cond));
}

static void swap(Lower *l)
{
	LEnt top = l->stack[l->depth - 1];

	l->stack[l->depth - 1] = l->stack[l->depth - 2];
	l->stack[l->depth - 2] = top;
}

void lower_op(Lower *l, POp op)
{
	u64 imm = (u64)l->imm[0];

	switch (op) {
	case P_NOP: break;
	case P_DROP: l->depth--; break;
	case P_DUP: l->stack[l->depth] = l->stack[l->depth - 1]; l->depth++; break;
	case P_SWAP: swap(l); break;
	case P_SELECT: lower_select(l); break;
	case P_I32_CONST: lower_push(l, lower_const(l, OT_I32, (u32)imm)); break;
	case P_I64_CONST: lower_push(l, lower_const(l, OT_I64, imm)); break;
	case P_F32_CONST: lower_push(l, lower_const(l, OT_F32, (u32)imm)); break;
	case P_F64_CONST: lower_push(l, lower_const(l, OT_F64, imm)); break;
	case P_I32_NEG_O: lower_push(l, negate(l, OT_I32, lower_pop(l))); break;
	case P_I64_NEG_O: lower_push(l, negate(l, OT_I64, lower_pop(l))); break;
	case P_I32_ABS_O: lower_push(l, absolute(l, OT_I32, lower_pop(l))); break;
	case P_I64_ABS_O: lower_push(l, absolute(l, OT_I64, lower_pop(l))); break;
	case P_I32_WRAP_O: lower_push(l, wrap_checked(l, lower_pop(l))); break;
	case P_CHECK_RANGE: check_range(l, OT_I32, l->imm[0], l->imm[1]); break;
	case P_CHECK_RANGE_L: check_range(l, OT_I64, l->imm[0], l->imm[1]); break;
	case P_CHECK_BOUNDS: check_bounds(l); break;
	case P_CHECK_NIL: check_nil(l); break;
	case P_CHECK_FINITE: check_finite(l); break;
	default:
		if (rows[op].kind == K_NONE)
			die(EXIT_VM, "lowering: no rule for P-code instruction %s", pcode_ops[op].name);
		by_table(l, &rows[op]);
	}
}
