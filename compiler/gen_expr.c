/* gen_expr: values, arithmetic, comparisons, conditions. */
#include "gen.h"

/* ---- ranges and conversion ---- */

/* The range that an ordinal expression is known to lie in. */
void gen_range_of(const Node *n, i64 *lo, i64 *hi)
{
	*lo = n->type->lo;
	*hi = n->type->hi;
	if (n->op == N_INT) {
		*lo = *hi = n->i;
	} else if (n->op == N_MOD && n->b->op == N_INT && n->b->i > 0) {
		i64 l, h;
		const Node *a = n->a;
		while (a->op == N_MOD) /* has the sign of its left operand */
			a = a->a;
		gen_range_of(a, &l, &h);
		*lo = l < 0 && !(n->sw & SW_ISO) ? 1 - n->b->i : 0;
		*hi = n->b->i - 1;
	} else if (n->op == N_AND && n->type->kind == T_INT && n->b->op == N_INT && n->b->i >= 0) {
		*lo = 0;
		*hi = n->b->i;
	} else if (n->op == N_BUILTIN && (n->i == B_ORD)) {
		gen_range_of(n->b, lo, hi);
	} else if (n->op == N_BUILTIN && n->i == B_LENGTH) {
		*lo = 0;
		*hi = 255;
	}
}

/* Reals are f64 on the stack, whatever they are in memory.  One operation in f64 that is rounded again gives what
 * the same in f32 would. */
void gen_round_single(Gen *g, const Type *t)
{
	if (!type_single(t))
		return;
	E(F32_DEMOTE);
	E(F64_PROMOTE);
}

/* Makes a number of type `from`, known to lie in lo..hi, one of type `to`. */
void gen_convert(Gen *g, Type *from, i64 lo, i64 hi, Type *to)
{
	char a = type_letter(from), b = type_letter(to);
	if (b == 'd') {
		if (a == 'i')
			E(F64_CONVERT_I32_S);
		else if (a == 'l')
			E(F64_CONVERT_I64_S);
		if (!type_single(from))
			gen_round_single(g, to);
		return;
	}
	if (!type_ordinal(to) || !type_ordinal(from))
		return;
	bool check = (g->sw & SW_RANGE) && (lo < to->lo || hi > to->hi);
	if (a == 'i' && check && b == 'i')
		gen_check_range(g, false, to->lo, to->hi);
	if (a == 'i' && b == 'l') {
		E(I64_EXTEND_S);
		if (check)
			gen_check_range(g, true, to->lo, to->hi);
	} else if (a == 'l') {
		if (check)
			gen_check_range(g, true, to->lo, to->hi);
		if (b == 'i')
			E(I32_WRAP);
	}
}

void gen_as(Gen *g, Node *n, Type *to)
{
	i64 lo, hi;
	if (to->kind == T_SET) {
		gen_set_as(g, n, to);
		return;
	}
	if (type_counted(to)) {
		gen_ref_as(g, n, to);
		return;
	}
	if (to->kind == T_STRING) {
		gen_str(g, n);
		return;
	}
	if (n->op == N_INT && type_letter(to) == 'l' && type_ordinal(to)) {
		E1(I64_CONST, n->i);
		return;
	}
	if (type_is_chars(to)) {
		gen_chars(g, n);
		return;
	}
	gen_expr(g, n);
	gen_range_of(n, &lo, &hi);
	gen_convert(g, n->type, lo, hi, to);
}

void gen_int(Gen *g, Node *n)
{
	gen_as(g, n, type_letter(n->type) == 'l' ? g->s->t_int : n->type);
}

void gen_wide(Gen *g, Node *n)
{
	if (n->op == N_INT) {
		E1(I64_CONST, n->i);
		return;
	}
	gen_expr(g, n);
	if (type_letter(n->type) == 'i')
		E(I64_EXTEND_S);
}

void gen_real(Gen *g, Node *n)
{
	if (n->op == N_INT) {
		pb_f64(g->b, (double)n->i);
		return;
	}
	gen_expr(g, n);
	if (n->type->kind != T_REAL)
		pb_op(g->b, type_letter(n->type) == 'i' ? P_F64_CONVERT_I32_S : n->type->u64 ? P_F64_CONVERT_I64_U : P_F64_CONVERT_I64_S);
}

/* ---- arithmetic ---- */

typedef struct ArithOp { u8 node, i32, i32_o, i64, i64_o, f64; } ArithOp;

static const ArithOp arith_ops[] = {
	{ N_ADD, P_I32_ADD, P_I32_ADD_O, P_I64_ADD, P_I64_ADD_O, P_F64_ADD },
	{ N_SUB, P_I32_SUB, P_I32_SUB_O, P_I64_SUB, P_I64_SUB_O, P_F64_SUB },
	{ N_MUL, P_I32_MUL, P_I32_MUL_O, P_I64_MUL, P_I64_MUL_O, P_F64_MUL },
	{ N_DIV, P_I32_DIV_S, P_I32_DIV_S, P_I64_DIV_S, P_I64_DIV_S, 0 },
	{ N_MOD, P_I32_REM_S, P_I32_REM_S, P_I64_REM_S, P_I64_REM_S, 0 },
	{ N_AND, P_I32_AND, P_I32_AND, P_I64_AND, P_I64_AND, 0 },
	{ N_OR, P_I32_OR, P_I32_OR, P_I64_OR, P_I64_OR, 0 },
	{ N_XOR, P_I32_XOR, P_I32_XOR, P_I64_XOR, P_I64_XOR, 0 },
	{ N_SHL, P_I32_SHL, P_I32_SHL, P_I64_SHL, P_I64_SHL, 0 },
	{ N_SHR, P_I32_SHR_U, P_I32_SHR_U, P_I64_SHR_U, P_I64_SHR_U, 0 },
};

/* The value on the stack, n's, as the operand of a real or 64-bit operator. */
static void operand_as(Gen *g, const Node *n, char letter)
{
	char from = n->type->kind == T_REAL ? 'd' : type_letter(n->type);
	if (letter == 'l' && from == 'i')
		E(I64_EXTEND_S);
	else if (letter == 'd' && from != 'd')
		pb_op(g->b, from == 'i' ? P_F64_CONVERT_I32_S : n->type->u64 ? P_F64_CONVERT_I64_U : P_F64_CONVERT_I64_S);
}

/* i mod j as ISO 7185 has it, never negative; j must be above 0.  Both are on the stack. */
static void iso_mod(Gen *g, const Node *n)
{
	bool wide = type_wide(n->type), known = n->b->op == N_INT && n->b->i > 0;
	u32 j = gen_temp(g, wide ? 'l' : 'i'), r = gen_temp(g, wide ? 'l' : 'i');
	if (!known && (n->sw & SW_RANGE)) {
		E1(LOCAL_TEE, j);
		pb_op1(g->b, wide ? P_I64_CONST : P_I32_CONST, 0);
		pb_op(g->b, wide ? P_I64_LE_S : P_I32_LE_S);
		E1(TRAP_IF, 200);
		E1(LOCAL_GET, j);
	}
	E1(LOCAL_TEE, j);
	pb_op(g->b, wide ? P_I64_REM_S : P_I32_REM_S);
	E1(LOCAL_TEE, r);
	E1(LOCAL_GET, r);
	pb_op1(g->b, wide ? P_I64_CONST : P_I32_CONST, wide ? 63 : 31);
	pb_op(g->b, wide ? P_I64_SHR_S : P_I32_SHR_S);
	E1(LOCAL_GET, j);
	pb_op(g->b, wide ? P_I64_AND : P_I32_AND);
	pb_op(g->b, wide ? P_I64_ADD : P_I32_ADD);
}

static void real_inside(Gen *g, const Node *up, Node *n);

/* The right operand and the operator; the left one is on the stack in the form of its own type. */
static void arith_rest(Gen *g, Node *n)
{
	const ArithOp *op = arith_ops;
	bool check = n->sw & SW_OVERFLOW;
	if (n->op == N_RDIV) {
		operand_as(g, n->a, 'd');
		gen_real(g, n->b);
		if (check)
			gen_check_divisor(g, n->b, 'd');
		pb_op(g->b, check && !g->soft ? P_F64_DIV_Z : P_F64_DIV);
		gen_round_single(g, n->type);
		return;
	}
	while (op->node != n->op)
		op++;
	if (n->type->kind == T_REAL) {
		operand_as(g, n->a, 'd');
		real_inside(g, n, n->b);
		pb_op(g->b, op->f64);
		gen_round_single(g, n->type);
	} else if (type_wide(n->type)) {
		operand_as(g, n->a, 'l');
		gen_wide(g, n->b);
		if (n->op == N_DIV || n->op == N_MOD)
			gen_check_divisor(g, n->b, 'l');
		if (n->type->u64 && (n->op == N_DIV || n->op == N_MOD))
			pb_op(g->b, n->op == N_DIV ? P_I64_DIV_U : P_I64_REM_U);
		else if (n->op == N_MOD && (n->sw & SW_ISO))
			iso_mod(g, n);
		else
			pb_op(g->b, check && !n->type->u64 ? op->i64_o : op->i64);
	} else {
		gen_int(g, n->b);
		if (n->op == N_DIV || n->op == N_MOD)
			gen_check_divisor(g, n->b, 'i');
		if (n->op == N_MOD && (n->sw & SW_ISO))
			iso_mod(g, n);
		else if (check && op->i32 != op->i32_o)
			gen_checked(g, op->i32_o, op->i64);
		else
			pb_op(g->b, op->i32);
	}
}

static bool is_number(const Node *n)
{
	return n->op >= N_ADD && n->op <= N_SHR && (n->type->kind == T_INT || n->type->kind == T_REAL);
}

/* The first operand of a chain.  Constants are made in the form that is wanted. */
static void first_operand(Gen *g, Node *n, const Node *up)
{
	if (up && (up->op == N_RDIV || up->type->kind == T_REAL) && n->op == N_INT) {
		pb_f64(g->b, (double)n->i);
		n->type = g->s->t_real;
	} else if (up && type_wide(up->type) && n->op == N_INT) {
		E1(I64_CONST, n->i);
		n->type = g->s->t_int64;
	} else {
		gen_expr(g, n);
	}
}

/* Down the left side in a loop and back up, as the analyser does. */
static void arith_chain(Gen *g, Node *n)
{
	Node *up = NULL;
	for (; is_number(n); n = n->a) {
		n->d = up;
		up = n;
	}
	first_operand(g, n, up);
	for (; up; up = n->d) {
		n = up;
		arith_rest(g, n);
	}
}

static bool checks_real(const Gen *g, const Node *n)
{
	return n->type->kind == T_REAL && is_number(n) && (n->sw & SW_OVERFLOW) && !g->p->lib;
}

/* An overflow stops once for an expression: what becomes infinite inside it stays so, or becomes NaN. */
static void arith(Gen *g, Node *n)
{
	arith_chain(g, n);
	if (checks_real(g, n))
		E(CHECK_FINITE);
}

/* The right operand of +, - or *, which hand on what is not finite to a check of their own. */
static void real_inside(Gen *g, const Node *up, Node *n)
{
	if (checks_real(g, up) && checks_real(g, n))
		arith_chain(g, n);
	else
		gen_real(g, n);
}

static void negate(Gen *g, Node *n)
{
	bool check = n->sw & SW_OVERFLOW, wide = type_wide(n->type);
	if (n->type->kind == T_REAL) {
		gen_real(g, n->a);
		E(F64_NEG);
	} else if (check) {
		gen_expr(g, n->a);
		pb_op(g->b, wide ? P_I64_NEG_O : P_I32_NEG_O);
	} else if (wide) {
		E1(I64_CONST, 0);
		gen_expr(g, n->a);
		E(I64_SUB);
	} else {
		E1(I32_CONST, 0);
		gen_expr(g, n->a);
		E(I32_SUB);
	}
}

static void invert(Gen *g, Node *n)
{
	gen_expr(g, n->a);
	if (n->type->kind == T_BOOL) {
		E(I32_EQZ);
	} else if (type_wide(n->type)) {
		E1(I64_CONST, -1);
		E(I64_XOR);
	} else {
		E1(I32_CONST, -1);
		E(I32_XOR);
	}
}

/* ---- conditions ---- */

/* Cheap and without effects or traps: worth computing even when its value does not matter. */
static bool simple(const Node *n)
{
	switch (n->op) {
	case N_INT: return true;
	case N_VAR: return n->sym->where == W_LOCAL;
	case N_NOT: return simple(n->a);
	case N_EQ: case N_NE: case N_LT: case N_GT: case N_LE: case N_GE:
		return type_ordinal(n->a->type) && type_ordinal(n->b->type) && simple(n->a) && simple(n->b);
	}
	return false;
}

static bool is_logical(const Node *n)
{
	return (n->op == N_AND || n->op == N_OR) && n->type->kind == T_BOOL;
}

void gen_cond(Gen *g, Node *n, u32 label, bool sense)
{
	if (n->op == N_NOT && n->type->kind == T_BOOL) {
		gen_cond(g, n->a, label, !sense);
	} else if (is_logical(n) && (n->op == N_OR) == sense) {
		/* any one decides; a chain of one operator goes in a loop */
		Node *up = NULL;
		for (u32 op = n->op; n->op == op && is_logical(n); n = n->a) {
			n->d = up;
			up = n;
		}
		gen_cond(g, n, label, sense);
		for (; up; up = up->d)
			gen_cond(g, up->b, label, sense);
	} else if (is_logical(n)) {
		u32 out = pb_label(g->b);
		gen_cond(g, n->a, out, !sense);
		gen_cond(g, n->b, label, sense);
		E1(LABEL, out);
	} else if (n->op == N_INT) {
		if ((n->i != 0) == sense)
			E1(JUMP, label);
	} else {
		gen_expr(g, n);
		pb_op1(g->b, sense ? P_JUMP_IF : P_JUMP_IFZ, label);
	}
}

static void real_inside(Gen *g, const Node *up, Node *n);

/* The right operand and the operator; the left one is on the stack. */
static void logical_rest(Gen *g, Node *n)
{
	if (n->op == N_XOR || simple(n->b)) {
		gen_expr(g, n->b);
		pb_op(g->b, n->op == N_AND ? P_I32_AND : n->op == N_OR ? P_I32_OR : P_I32_XOR);
		return;
	}
	u32 other = pb_label(g->b), end = pb_label(g->b);
	pb_op1(g->b, n->op == N_AND ? P_JUMP_IFZ : P_JUMP_IF, other);
	gen_expr(g, n->b);
	E1(JUMP, end);
	E1(LABEL, other);
	E1(I32_CONST, n->op == N_OR);
	E1(LABEL, end);
}

static void logical(Gen *g, Node *n)
{
	Node *up = NULL;
	for (; is_logical(n) || (n->op == N_XOR && n->type->kind == T_BOOL); n = n->a) {
		n->d = up;
		up = n;
	}
	gen_expr(g, n);
	for (; up; up = n->d) {
		n = up;
		logical_rest(g, n);
	}
}

/* ---- comparison ---- */

static const u8 compare_ops[6][4] = { /* = <> < > <= >=, of i32, i64, f64, and i64 without sign */
	{ P_I32_EQ, P_I64_EQ, P_F64_EQ, P_I64_EQ }, { P_I32_NE, P_I64_NE, P_F64_NE, P_I64_NE },
	{ P_I32_LT_S, P_I64_LT_S, P_F64_LT, P_I64_LT_U }, { P_I32_GT_S, P_I64_GT_S, P_F64_GT, P_I64_GT_U },
	{ P_I32_LE_S, P_I64_LE_S, P_F64_LE, P_I64_LE_U }, { P_I32_GE_S, P_I64_GE_S, P_F64_GE, P_I64_GE_U },
};

static void relation(Gen *g, Node *n)
{
	const u8 *op = compare_ops[n->op - N_EQ];
	const Type *a = n->a->type, *b = n->b->type;
	if (a->kind == T_SET) {
		gen_set_compare(g, n);
	} else if (a->kind == T_ANSI || b->kind == T_ANSI || (n->a->op == N_STR && n->a->n > 255) || (n->b->op == N_STR && n->b->n > 255)) {
		gen_ansi_compare(g, n);
		E1(I32_CONST, 0);
		pb_op(g->b, op[0]);
	} else if (a->kind == T_PROC || b->kind == T_PROC) {
		gen_proc_pair(g, n->a);
		E(DROP);
		gen_proc_pair(g, n->b);
		E(DROP);
		pb_op(g->b, op[0]);
	} else if (a->kind == T_DYN || b->kind == T_DYN) {
		gen_ref(g, n->a);
		gen_ref(g, n->b);
		pb_op(g->b, op[0]);
	} else if (a->kind == T_STRING || b->kind == T_STRING || a->kind == T_ARRAY || b->kind == T_ARRAY) {
		gen_str_compare(g, n);
	} else if (a->kind == T_REAL || b->kind == T_REAL) {
		gen_real(g, n->a);
		gen_real(g, n->b);
		pb_op(g->b, op[2]);
	} else if (type_letter(a) == 'l' || type_letter(b) == 'l') {
		gen_wide(g, n->a);
		gen_wide(g, n->b);
		pb_op(g->b, a->u64 || b->u64 ? op[3] : op[1]);
	} else {
		gen_expr(g, n->a);
		gen_expr(g, n->b);
		pb_op(g->b, op[0]);
	}
}

/* ---- all expressions ---- */

/* p + k, p - k: k of what p points to; p - q: how many lie between the two. */
static void step_pointer(Gen *g, Node *n)
{
	const Type *t = n->a->type;
	u32 size = t->base ? t->base->size : 1;
	gen_expr(g, n->a);
	if (n->type->kind != T_PTR) {
		gen_expr(g, n->b);
		E(I32_SUB);
		if (size > 1) {
			E1(I32_CONST, size);
			E(I32_DIV_S);
		}
		return;
	}
	gen_int(g, n->b);
	if (size > 1) {
		E1(I32_CONST, size);
		E(I32_MUL);
	}
	pb_op(g->b, n->op == N_ADD ? P_I32_ADD : P_I32_SUB);
}

/* Any value as an address: of a string, that of its characters, which a 0 follows. */
static void pointer(Gen *g, Node *n)
{
	if (type_stringy(n->type) && n->type->kind != T_ARRAY) {
		gen_ref_as(g, n, g->s->t_ansi);
		gen_some(g);
		E1(I32_CONST, REF_DATA);
		E(I32_ADD);
	} else if (n->op == N_STR) {
		E1(I32_CONST, pb_data(g->b, n->s, n->n + 1, 1)); /* the scanner ends it with a 0 */
	} else if (n->type->kind == T_INT) {
		gen_wide(g, n);
		E(I32_WRAP);
	} else if (n->type->kind == T_DYN) {
		u32 p = gen_temp(g, 'i');
		gen_ref(g, n);
		E1(LOCAL_TEE, p);
		E1(I32_CONST, REF_DATA);
		E(I32_ADD);
		E1(I32_CONST, 0);
		E1(LOCAL_GET, p);
		E(SELECT);
	} else {
		gen_expr(g, n);
	}
}

/* The other way round: what a pointer to the characters or elements belongs to. */
static void counted_from_pointer(Gen *g, Node *n)
{
	u32 p = gen_temp(g, 'i');
	gen_expr(g, n);
	E1(LOCAL_TEE, p);
	E1(I32_CONST, REF_DATA);
	E(I32_SUB);
	E1(I32_CONST, 0);
	E1(LOCAL_GET, p);
	E(SELECT);
}

static void conversion(Gen *g, Node *n)
{
	Type *to = n->type, *from = n->a->type;
	if (to->kind == T_REAL) {
		gen_real(g, n->a);
		gen_round_single(g, to);
	} else if (to->kind == T_STRING) {
		gen_str(g, n->a);
	} else if (type_counted(to) && from->kind == T_PTR && !(from->base && from->base->kind == T_CHAR && to->kind == T_ANSI)) {
		counted_from_pointer(g, n->a);
	} else if (to->kind == T_ANSI && from->kind != T_ANSI) {
		if (!gen_ansi(g, n->a)) /* what a conversion gives is new */
			gen_retain_top(g, to);
	} else if (to->kind >= T_ANSI) {
		gen_expr(g, n->a);
	} else if (to->kind == T_PTR) {
		pointer(g, n->a);
	} else if (to->kind == T_INT && (from->kind == T_PTR || from->kind >= T_ANSI)) {
		pointer(g, n->a);
		if (type_letter(to) == 'l')
			E(I64_EXTEND_U);
	} else if (to->kind == T_INT && from->kind == T_INT) { /* Turbo's value typecast cuts bits off */
		gen_wide(g, n->a);
		if (to->size < 8 && to->lo < 0)
			pb_op(g->b, to->size == 4 ? P_I64_EXTEND32_S : to->size == 2 ? P_I64_EXTEND16_S : P_I64_EXTEND8_S);
		else if (to->size < 8) {
			E1(I64_CONST, (i64)((1ull << 8 * to->size) - 1));
			E(I64_AND);
		}
		if (type_letter(to) == 'i')
			E(I32_WRAP);
	} else {
		i64 lo, hi;
		gen_expr(g, n->a);
		gen_range_of(n->a, &lo, &hi);
		gen_convert(g, from, lo, hi, to);
	}
}

void gen_expr(Gen *g, Node *n)
{
	switch (n->op) {
	case N_INT:
		if (n->type->kind == T_VOID) /* `inherited` of nothing */
			break;
		if (type_letter(n->type) == 'l')
			E1(I64_CONST, n->i);
		else
			E1(I32_CONST, n->i);
		break;
	case N_REAL: pb_f64(g->b, n->r); break;
	case N_NIL: E1(I32_CONST, 0); break;
	case N_ADDR: gen_addr(g, n->a); break;
	case N_STR: gen_chars(g, n); break;
	case N_WITHREF:
		if (n->type->kind == T_CLASS) { /* the reference itself is kept */
			E1(LOCAL_GET, n->with->local);
			break;
		}
		/* fall through */
	case N_VAR: case N_FIELD: case N_INDEX: case N_DEREF:
		gen_load(g, gen_place(g, n));
		break;
	case N_CALL: gen_call(g, n); break;
	case N_PROCVAL:
		gen_proc_pair(g, n);
		E(DROP);
		break;
	case N_CLASSVAL: gen_class_value(g, n); break;
	case N_IS: case N_AS: gen_is_as(g, n); break;
	case N_BUILTIN: gen_builtin(g, n); break;
	case N_CONV: conversion(g, n); break;
	case N_SET: gen_set(g, n, n->type->size); break;
	case N_NEG: negate(g, n); break;
	case N_NOT: invert(g, n); break;
	case N_EQ: case N_NE: case N_LT: case N_GT: case N_LE: case N_GE:
		relation(g, n);
		break;
	case N_IN: gen_set_in(g, n); break;
	default:
		if (n->type->kind == T_SET)
			gen_set_binary(g, n);
		else if (n->type->kind == T_STRING)
			gen_str(g, n);
		else if (n->type->kind == T_ANSI)
			gen_ansi(g, n);
		else if (n->op == N_AGG)
			gen_dyn_value(g, n);
		else if (n->type->kind == T_BOOL)
			logical(g, n);
		else if (n->a && (n->type->kind == T_PTR || n->a->type->kind == T_PTR))
			step_pointer(g, n);
		else
			arith(g, n);
	}
}
