/* sel_float: f32 and f64 on SSE2. */
#include "sel.h"

static void two(Sel *s, u32 v, u32 op, u32 w, u32 a, u32 b, bool comm)
{
	Src src;
	u32 x;

	if (comm && !sel_is(s, b, O_CONST) && (sel_is(s, a, O_CONST) ||
			(sel_can_load(s, a, w) && !sel_can_load(s, b, w)))) {
		u32 t = a;
		a = b;
		b = t;
	}
	src = sel_src(s, b, w, false);
	x = sel_reg(s, a);
	sel_new(s, op, w)->flags = comm ? MF_COMM : 0;
	sel_opnd(s, v, ROLE_DEF, 0);
	sel_opnd(s, x, ROLE_ANY, 0);
	sel_add_src(s, &src, comm ? ROLE_ANY : ROLE_ANYL);
}

static void one(Sel *s, u32 v, u32 op, u32 w, u32 aux)
{
	u32 x = sel_reg(s, sel_o(s, v)->a);

	sel_new(s, op, w)->aux = (u16)aux;
	sel_opnd(s, v, ROLE_DEF, 0);
	sel_opnd(s, x, ROLE_ANY, 0);
}

/* The operand may be in memory. */
static void one_rm(Sel *s, u32 v, u32 op, u32 w)
{
	Src src = sel_src(s, sel_o(s, v)->a, w, false);

	sel_new(s, op, w);
	sel_opnd(s, v, ROLE_DEF, 0);
	sel_add_src(s, &src, ROLE_ANY);
}

static void masked(Sel *s, u32 def, u32 op, u32 w, u32 x, u32 mask)
{
	Addr a = { .base = MB_LIT, .imm = mask };

	sel_new(s, op, w);
	sel_opnd(s, def, ROLE_DEF, 0);
	sel_opnd(s, x, ROLE_ANY, 0);
	sel_mem(s, &a, true);
}

static void copysign_(Sel *s, u32 v, u32 w)
{
	const OIns *o = sel_o(s, v);
	u32 a = sel_reg(s, o->a), b = sel_reg(s, o->b), t = m_temp(s->m, o->type), u = m_temp(s->m, o->type);

	masked(s, t, M_FAND, w, a, w == 8 ? MASK_ABS64 : MASK_ABS32);
	masked(s, u, M_FAND, w, b, w == 8 ? MASK_SIGN64 : MASK_SIGN32);
	sel_new(s, M_FOR, w)->flags = MF_COMM;
	sel_opnd(s, v, ROLE_DEF, 0);
	sel_opnd(s, t, ROLE_USE, 0);
	sel_opnd(s, u, ROLE_USE, 0);
}

/* d = fmin(a, b): a sequence that reads b after d is written. */
static void minmax(Sel *s, u32 v, u32 op, u32 w)
{
	const OIns *o = sel_o(s, v);
	u32 a = sel_reg(s, o->a), b = sel_reg(s, o->b);

	sel_new(s, op, w);
	sel_opnd(s, v, ROLE_DEF, 0);
	sel_opnd(s, a, ROLE_ANY, 0);
	sel_opnd(s, b, ROLE_LATE, 0);
}

static void rounded(Sel *s, u32 v, u32 w, u32 mode)
{
	u32 x = sel_reg(s, sel_o(s, v)->a);
	bool old = !sel_has(s, HAS_SSE41);

	sel_new(s, old ? M_ROUND2 : M_ROUND, w)->imm = old ? mode : mode | 8; /* 8: no inexact exception */
	sel_opnd(s, v, ROLE_DEF, 0);
	sel_opnd(s, x, old ? ROLE_LATE : ROLE_ANY, 0);
}

/* ---- conversions ----------------------------------------------------------------------------------------- */

static void from_int(Sel *s, u32 v, bool uns)
{
	const OIns *o = sel_o(s, v);
	u32 type = sel_o(s, o->a)->type, w = type_w(o->type);

	if (uns && type == OT_I64) {
		u32 x = sel_reg(s, o->a);
		sel_new(s, M_CVTUI, w);
		sel_opnd(s, v, ROLE_DEF, 0);
		sel_opnd(s, x, ROLE_LATE, 0);
	} else { /* an i32 is zero-extended: as 64 bits it is the unsigned number */
		one(s, v, M_CVTSI, w, uns ? 8 : type_w(type));
	}
}

static void to_int(Sel *s, u32 v, bool uns)
{
	const OIns *o = sel_o(s, v);
	u32 from = type_w(sel_o(s, o->a)->type), x, t;

	if (!uns) {
		one(s, v, M_CVTTS, type_w(o->type), from);
	} else if (o->type == OT_I32) { /* fits 63 bits */
		t = m_temp(s->m, OT_I64);
		x = sel_reg(s, o->a);
		sel_new(s, M_CVTTS, 8)->aux = (u16)from;
		sel_opnd(s, t, ROLE_DEF, 0);
		sel_opnd(s, x, ROLE_ANY, 0);
		sel_new(s, M_MOV, 4);
		sel_opnd(s, v, ROLE_DEF, 0);
		sel_opnd(s, t, ROLE_ANY, 0);
	} else {
		x = sel_reg(s, o->a);
		sel_new(s, M_CVTTU, 8)->aux = (u16)from;
		sel_opnd(s, v, ROLE_DEF, 0);
		sel_opnd(s, x, ROLE_LATE, 0);
		sel_opnd(s, m_temp(s->m, OT_I64), ROLE_TMP, 0);
	}
}

static void bits(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);
	bool from = type_is_float(sel_o(s, o->a)->type), to = type_is_float(o->type);

	one(s, v, from == to ? M_MOV : from ? M_MOVXR : M_MOVRX, type_w(o->type), 0);
}

/* ---- comparisons ------------------------------------------------------------------------------------------- */

u32 sel_fcmp(Sel *s, u32 fcc, u32 a, u32 b, u32 w)
{
	/* ucomis sets carry on below and on unordered; "above" is false on a NaN, so less-than compares the other way. */
	static const struct { u8 swap, cc; } how[FC_COUNT] = {
		[FC_EQ] = { 0, X_FEQ }, [FC_NE] = { 0, X_FNE }, [FC_LT] = { 1, X_A }, [FC_LE] = { 1, X_AE },
		[FC_GT] = { 0, X_A }, [FC_GE] = { 0, X_AE }, [FC_ULT] = { 0, X_B }, [FC_ULE] = { 0, X_BE },
		[FC_UGT] = { 1, X_B }, [FC_UGE] = { 1, X_BE }, [FC_ORD] = { 0, X_NP }, [FC_UNO] = { 0, X_P } };
	Src src;
	u32 x;

	if (how[fcc].swap) {
		u32 t = a;
		a = b;
		b = t;
	}
	src = sel_src(s, b, w, false);
	x = sel_reg(s, a);
	sel_new(s, M_UCOMI, w)->flags = MF_FLAGS;
	sel_opnd(s, x, ROLE_USE, 0);
	sel_add_src(s, &src, ROLE_ANY);
	return how[fcc].cc;
}

bool sel_float(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);
	u32 w = type_w(o->type);

	switch (o->op) {
	case O_FADD: two(s, v, M_FADD, w, o->a, o->b, true); return true;
	case O_FMUL: two(s, v, M_FMUL, w, o->a, o->b, true); return true;
	case O_FSUB: two(s, v, M_FSUB, w, o->a, o->b, false); return true;
	case O_FDIV: two(s, v, M_FDIV, w, o->a, o->b, false); return true;
	case O_FMIN: minmax(s, v, M_FMIN, w); return true;
	case O_FMAX: minmax(s, v, M_FMAX, w); return true;
	case O_FCPYSGN: copysign_(s, v, w); return true;
	case O_FNEG: masked(s, v, M_FXOR, w, sel_reg(s, o->a), w == 8 ? MASK_SIGN64 : MASK_SIGN32); return true;
	case O_FABS: masked(s, v, M_FAND, w, sel_reg(s, o->a), w == 8 ? MASK_ABS64 : MASK_ABS32); return true;
	case O_FSQRT: one_rm(s, v, M_FSQRT, w); return true;
	case O_FNEAR: rounded(s, v, w, ROUND_NEAR); return true;
	case O_FFLOOR: rounded(s, v, w, ROUND_DOWN); return true;
	case O_FCEIL: rounded(s, v, w, ROUND_UP); return true;
	case O_FTRUNC: rounded(s, v, w, ROUND_ZERO); return true;
	case O_FCANON: one(s, v, M_FCANON, w, 0); return true;
	case O_FPROM: one_rm(s, v, M_FPROM, 4); return true;
	case O_FDEM: one_rm(s, v, M_FDEM, 8); return true;
	case O_STOF: from_int(s, v, false); return true;
	case O_UTOF: from_int(s, v, true); return true;
	case O_FTOS: to_int(s, v, false); return true;
	case O_FTOU: to_int(s, v, true); return true;
	case O_BITS: bits(s, v); return true;
	default: return false;
	}
}
