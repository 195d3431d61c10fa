/* Constant folding and algebraic simplification, one walk in reverse postorder.
 *
 * Needs: nothing.  Recreates: constants to the right of commutative operations.  Breaks: leaves unused
 * values behind (dce). */
#include "pass.h"

typedef struct Fold {
	OFunc *f;
	u32 *to;
	bool changed, cut; /* cut: a branch was decided, blocks may be unreachable */
} Fold;

static OIns *ins(Fold *o, OVal v)
{
	return &o->f->ins.p[v];
}

static void become(Fold *o, OVal v, OVal w)
{
	o->to[v] = w;
	o->changed = true;
}

static void become_const(Fold *o, OVal v, i64 n)
{
	opt_make_const(o->f, v, opt_bits(ins(o, v)->type, n));
	o->changed = true;
}

static void become_op(Fold *o, OVal v, OOp op, u32 aux, OVal a, OVal b)
{
	OIns *i = ins(o, v);

	i->op = (u8)op;
	i->aux = (u16)aux;
	i->a = a;
	i->b = b;
	i->c = 0;
	if (!(ocode_ops[op].props & OP_FAULT))
		i->map = 0;
	o->changed = true;
}

static OVal new_const(Fold *o, OVal at, OType type, i64 n)
{
	return opt_const_before(o->f, at, type, opt_bits(type, n));
}

/* The exponent of a power of two, or -1. */
static int log2_of(OType type, i64 n)
{
	u64 bits = opt_bits(type, n);

	return bits && !(bits & (bits - 1)) ? __builtin_ctzll(bits) : -1;
}

/* ---- all operands constant ------------------------------------------------------------------------- */

static bool fold_const(Fold *o, OVal v)
{
	const OIns *i = ins(o, v), *a, *b;
	u32 form = ocode_ops[i->op].form;
	bool one = form == OF_UN;
	u64 r;

	if (!one && form != OF_BIN && form != OF_CMP && form != OF_BINT)
		return false;
	a = ins(o, i->a);
	b = one ? a : ins(o, i->b);
	if (a->op != O_CONST || b->op != O_CONST)
		return false;
	if (!ocode_fold(i->op, i->type, a->type, i->aux, a->imm, b->imm, &r))
		return false;
	opt_make_const(o->f, v, r);
	return o->changed = true;
}

/* ---- integers with one constant -------------------------------------------------------------------- */

/* x + c, where x may be y + d. */
static void fold_add(Fold *o, OVal v, i64 c)
{
	OVal x = ins(o, v)->a;
	i64 d;

	if (!c)
		become(o, v, x);
	else if (ins(o, x)->op == O_ADD && opt_const(o->f, ins(o, x)->b, &d))
		become_op(o, v, O_ADD, 0, ins(o, x)->a, new_const(o, v, ins(o, v)->type, (i64)((u64)c + (u64)d)));
}

static void fold_mul(Fold *o, OVal v, i64 c)
{
	OType type = ins(o, v)->type;
	OVal x = ins(o, v)->a;
	int k = log2_of(type, c);

	if (c == 0)
		become_const(o, v, 0);
	else if (c == 1)
		become(o, v, x);
	else if (k > 0)
		become_op(o, v, O_SHL, ins(o, v)->aux, x, new_const(o, v, type, k));
}

/* The bits that a load of fewer bytes than its type has leaves zero. */
static u64 zero_bits(const OIns *i)
{
	u32 bits = 8u << OMEM_LOG2(i->aux);

	return i->op == O_LOAD && !OMEM_SIGNED(i->aux) && bits < 64 ? ~(u64)0 << bits : 0;
}

static void fold_and(Fold *o, OVal v, i64 c)
{
	OVal x = ins(o, v)->a;
	i64 d;

	if (c == 0)
		become_const(o, v, 0);
	else if (((u64)c | zero_bits(ins(o, x))) == ~(u64)0)
		become(o, v, x);
	else if (ins(o, x)->op == O_AND && opt_const(o->f, ins(o, x)->b, &d))
		become_op(o, v, O_AND, 0, ins(o, x)->a, new_const(o, v, ins(o, v)->type, c & d));
}

static bool is_compare(const OIns *i)
{
	return i->op == O_ICMP || i->op == O_FCMP;
}

/* The contrary of a floating-point condition: what is false on a NaN becomes true on one. */
static u32 fcc_not(u32 fcc)
{
	static const u8 contrary[FC_COUNT] = {FC_NE, FC_EQ, FC_UGE, FC_UGT, FC_ULE, FC_ULT, FC_GE, FC_GT, FC_LE, FC_LT, FC_UNO, FC_ORD};

	return contrary[fcc];
}

/* v says the contrary of comparison x. */
static void become_contrary(Fold *o, OVal v, OVal x)
{
	const OIns *i = ins(o, x);

	become_op(o, v, i->op, i->op == O_ICMP ? opt_cc_not(i->aux) : fcc_not(i->aux), i->a, i->b);
}

static void fold_unsigned_div(Fold *o, OVal v, i64 c)
{
	OType type = ins(o, v)->type;
	int k = log2_of(type, c);
	OVal x = ins(o, v)->a;

	if (k < 0)
		return;
	if (ins(o, v)->op == O_DIVU)
		become_op(o, v, O_SHRU, 0, x, new_const(o, v, type, k));
	else
		become_op(o, v, O_AND, 0, x, new_const(o, v, type, c - 1));
}

/* The constant is on the right. */
static void fold_bin_const(Fold *o, OVal v, i64 c)
{
	OIns *i = ins(o, v);
	OVal x = i->a;

	switch (i->op) {
	case O_ADD: fold_add(o, v, c); break;
	case O_SUB: become_op(o, v, O_ADD, 0, x, new_const(o, v, i->type, (i64)-(u64)c)); break;
	case O_MUL: fold_mul(o, v, c); break;
	case O_AND: fold_and(o, v, c); break;
	case O_OR:
		if (c == 0)
			become(o, v, x);
		else if (c == -1)
			become_const(o, v, -1);
		break;
	case O_XOR:
		if (c == 1 && is_compare(ins(o, x)))
			become_contrary(o, v, x);
		else if (c == 0)
			become(o, v, x);
		break;
	case O_SHL: case O_SHRU: case O_SHRS: case O_ROTL: case O_ROTR: case O_ADDO: case O_SUBO:
		if (c == 0)
			become(o, v, x);
		break;
	case O_MULO:
		if (c == 0)
			become_const(o, v, 0);
		else if (c == 1)
			become(o, v, x);
		else if (c == 2)
			become_op(o, v, O_ADDO, i->aux, x, x);
		break;
	case O_DIVS:
		if (c == 1)
			become(o, v, x);
		break;
	case O_REMS:
		if (c == 1 || c == -1)
			become_const(o, v, 0);
		break;
	case O_DIVU: case O_REMU: fold_unsigned_div(o, v, c); break;
	}
}

static void fold_bin_same(Fold *o, OVal v)
{
	switch (ins(o, v)->op) {
	case O_SUB: case O_XOR: case O_SUBO: become_const(o, v, 0); break;
	case O_AND: case O_OR: become(o, v, ins(o, v)->a); break;
	}
}

static void fold_bin(Fold *o, OVal v)
{
	OIns *i = ins(o, v);
	i64 c;

	if ((ocode_ops[i->op].props & OP_COMMUTES) && ins(o, i->a)->op == O_CONST && ins(o, i->b)->op != O_CONST) {
		OVal t = i->a;
		i->a = i->b;
		i->b = t;
		o->changed = true;
	}
	if (opt_const(o->f, i->b, &c))
		fold_bin_const(o, v, c);
	else if (i->a == i->b)
		fold_bin_same(o, v);
}

/* ---- comparisons ----------------------------------------------------------------------------------- */

/* x == c or x != c where x is itself a truth value, or a sum with a constant. */
static void fold_equal(Fold *o, OVal v, i64 c)
{
	OIns *i = ins(o, v), *x = ins(o, i->a);
	i64 d;

	if (is_compare(x) && (c == 0 || c == 1)) {
		if ((i->aux == CC_NE) == (c == 0))
			become(o, v, i->a);
		else
			become_contrary(o, v, i->a);
	} else if (x->op == O_ADD && opt_const(o->f, x->b, &d)) {
		OVal left = x->a, right = new_const(o, v, x->type, (i64)((u64)c - (u64)d));
		become_op(o, v, O_ICMP, ins(o, v)->aux, left, right);
	}
}

static void fold_icmp(Fold *o, OVal v)
{
	OIns *i = ins(o, v);
	i64 c;

	if (ins(o, i->a)->op == O_CONST)
		become_op(o, v, O_ICMP, opt_cc_swap(i->aux), i->b, i->a);
	i = ins(o, v);
	if (i->a == i->b)
		become_const(o, v, i->aux == CC_EQ || i->aux == CC_LES || i->aux == CC_GES || i->aux == CC_LEU || i->aux == CC_GEU);
	else if (opt_const(o->f, i->b, &c)) {
		if (c == 0 && (i->aux == CC_LTU || i->aux == CC_GEU))
			become_const(o, v, i->aux == CC_GEU);
		else if (i->aux == CC_EQ || i->aux == CC_NE)
			fold_equal(o, v, c);
	}
}

/* The condition itself in place of x != 0. */
static OVal truth(Fold *o, OVal cond)
{
	const OIns *i = ins(o, cond);
	i64 c;

	while (i->op == O_ICMP && i->aux == CC_NE && opt_const(o->f, i->b, &c) && c == 0 && ins(o, i->a)->type == OT_I32) {
		cond = i->a;
		i = ins(o, cond);
	}
	return cond;
}

/* ---- conversions, choice --------------------------------------------------------------------------- */

static void fold_un(Fold *o, OVal v)
{
	OIns *i = ins(o, v), *x = ins(o, i->a);

	switch (i->op) {
	case O_TRUNC:
		if ((x->op == O_EXTU || x->op == O_EXTS) && ins(o, x->a)->type == i->type)
			become(o, v, x->a);
		break;
	case O_BITS:
		if (x->op == O_BITS && ins(o, x->a)->type == i->type)
			become(o, v, x->a);
		break;
	case O_FCANON:
		if (x->op == O_FCANON || x->op == O_STOF || x->op == O_UTOF)
			become(o, v, i->a);
		break;
	case O_NEG: case O_NOT: case O_FNEG:
		if (x->op == i->op)
			become(o, v, x->a);
		break;
	}
}

static void fold_select(Fold *o, OVal v)
{
	OIns *i = ins(o, v);
	i64 c;

	if (opt_const(o->f, i->c, &c))
		become(o, v, c ? i->a : i->b);
	else if (i->a == i->b)
		become(o, v, i->a);
	else
		i->c = truth(o, i->c);
}

/* ---- traps and branches ----------------------------------------------------------------------------- */

static void delete_behind(Fold *o, OVal v)
{
	while (ins(o, v)->next)
		ocode_delete(o->f, ins(o, v)->next);
	o->cut = true;
}

static void fold_trapif(Fold *o, OVal v)
{
	OIns *i = ins(o, v);
	i64 c;

	i->a = truth(o, i->a);
	if (!opt_const(o->f, i->a, &c))
		return;
	o->changed = true;
	if (!c) {
		ocode_delete(o->f, v);
		return;
	}
	i->op = O_TRAP;
	i->a = 0;
	delete_behind(o, v);
}

static void become_jump(Fold *o, OVal v, u32 edge)
{
	become_op(o, v, O_JMP, 0, edge, 0);
	o->cut = true;
}

static void fold_br(Fold *o, OVal v)
{
	OIns *i = ins(o, v);
	i64 c;

	i->a = truth(o, i->a);
	const OIns *x = ins(o, i->a);
	if (opt_const(o->f, i->a, &c)) {
		become_jump(o, v, c ? i->b : i->c);
	} else if (x->op == O_ICMP && x->aux == CC_EQ && opt_const(o->f, x->b, &c) && c == 0 && ins(o, x->a)->type == OT_I32 &&
	           is_compare(ins(o, x->a))) {
		u32 t = i->b;
		i->a = x->a;
		i->b = i->c;
		i->c = t;
		o->changed = true;
	}
}

static void fold_switch(Fold *o, OVal v)
{
	OIns *i = ins(o, v);
	i64 c;

	if (opt_const(o->f, i->a, &c))
		become_jump(o, v, i->b + MIN((u32)c, i->c - 1));
	else if (i->c == 1)
		become_jump(o, v, i->b);
}

static void fold_ins(Fold *o, OVal v)
{
	if (fold_const(o, v))
		return;
	switch (ocode_ops[ins(o, v)->op].form) {
	case OF_BIN: case OF_BINT: fold_bin(o, v); break;
	case OF_UN: fold_un(o, v); break;
	case OF_TERN: fold_select(o, v); break;
	case OF_TRAPIF: fold_trapif(o, v); break;
	case OF_BR: fold_br(o, v); break;
	case OF_SWITCH: fold_switch(o, v); break;
	case OF_CMP:
		if (ins(o, v)->op == O_ICMP)
			fold_icmp(o, v);
		break;
	}
}

static void fold_blocks(Fold *o, const u32 *block, u32 n)
{
	OFunc *f = o->f;

	for (u32 k = 0; k < n; k++)
		for (OVal v = f->block.p[block[k]].first, next; v; v = next) {
			opt_replace(f, v, o->to);
			next = f->ins.p[v].next;
			fold_ins(o, v);
			if (ocode_ops[f->ins.p[v].op].props & OP_END)
				break;
		}
}

/* An instruction makes one constant at most. */
static Fold begin(OFunc *f, Arena *a)
{
	return (Fold){.f = f, .to = arena_alloc(a, 2 * (u64)f->ins.n * sizeof(u32))};
}

bool opt_fold(OFunc *f, Arena *a)
{
	bool pruned = opt_prune(f, a);
	OCfg *g = ocode_cfg(f, a);
	Fold o = begin(f, a);

	fold_blocks(&o, g->rpo, g->nrpo);
	if (o.changed)
		opt_replace_all(f, o.to);
	if (o.cut)
		opt_prune(f, a);
	return o.changed | pruned;
}

void opt_fold_forward(OFunc *f, Arena *a)
{
	Fold o = begin(f, a);

	fold_blocks(&o, f->order.p, f->order.n);
	if (o.cut)
		opt_prune(f, a);
}
