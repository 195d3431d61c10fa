/* The checker: is a function well formed?  docs/ocode.md lists its rules.
 *
 * It believes nothing: every index is compared before it is used, in the order links, operands, flow, so that
 * each step may rely on the ones before.  Types per operation are in types.c. */
#include "types.h"

typedef struct Checker {
	OFunc *f;   /* not changed; ocode_uses wants it so */
	Err *e;
	Arena *a;
	OCfg *g;
	u32 *pos;   /* by instruction: position in its block from 1, 0 = in no block */
	u8 *laid;   /* by block: in the layout order */
	OVal at;    /* the instruction whose uses are visited */
	bool ok;
} Checker;

static bool bad(Checker *c, OVal v, const char *what)
{
	const OFunc *f = c->f;

	c->ok = false;
	if (!v)
		return err_set(c->e, EXIT_VM, "O-code of %s: %s", f->name, what);
	return err_set(c->e, EXIT_VM, "O-code of %s: @%u: %%%u = %s: %s", f->name, f->ins.p[v].block, v,
		f->ins.p[v].op < O_COUNT ? ocode_ops[f->ins.p[v].op].name : "?", what);
}

static bool bad_block(Checker *c, u32 b, const char *what)
{
	c->ok = false;
	return err_set(c->e, EXIT_VM, "O-code of %s: @%u: %s", c->f->name, b, what);
}

/* ---- links -------------------------------------------------------------------------------------- */

/* Ends only last, params only first.  Terminates on any links: an instruction is visited once. */
static bool check_block_links(Checker *c, u32 b)
{
	OFunc *f = c->f;
	u32 prev = 0, n = 0;
	bool ended = false, head = true;

	for (OVal v = f->block.p[b].first; v; v = f->ins.p[v].next) {
		if (v >= f->ins.n)
			return bad_block(c, b, "the list of instructions leaves the function");
		const OIns *i = &f->ins.p[v];
		if (c->pos[v])
			return bad(c, v, "is in two places");
		if (i->op == O_NONE || i->op >= O_COUNT)
			return bad(c, v, "is no operation");
		if (i->block != b || i->prev != prev)
			return bad(c, v, "has wrong links");
		if (ended)
			return bad(c, v, "stands behind the end of its block");
		if (i->op == O_PARAM && !head)
			return bad(c, v, "is not at the head of its block");
		if (i->op == O_PARAM && i->a != n)
			return bad(c, v, "has the wrong number");
		head = i->op == O_PARAM;
		ended = ocode_ops[i->op].props & OP_END;
		c->pos[v] = ++n;
		prev = v;
	}
	if (!ended)
		return bad_block(c, b, "has no end");
	return f->block.p[b].last == prev || bad_block(c, b, "has a wrong last instruction");
}

static bool check_links(Checker *c)
{
	OFunc *f = c->f;

	if (!f->order.n || f->order.p[0] != 1)
		return bad(c, 0, "the entry is not first in the layout");
	for (u32 k = 0; k < f->order.n; k++) {
		u32 b = f->order.p[k];
		if (!b || b >= f->block.n)
			return bad(c, 0, "the layout names a block that is not there");
		if (c->laid[b]++)
			return bad_block(c, b, "is twice in the layout");
		if (!check_block_links(c, b))
			return false;
	}
	return true;
}

/* ---- operands ----------------------------------------------------------------------------------- */

static bool is_value(Checker *c, u32 v)
{
	return v && v < c->f->ins.n && c->pos[v] && c->f->ins.p[v].type != OT_VOID && c->f->ins.p[v].type < OT_COUNT;
}

static bool pool_ok(Checker *c, u32 at, u64 n)
{
	return at + n <= c->f->pool.n;
}

static bool check_edge(Checker *c, OVal v, u32 edge)
{
	OFunc *f = c->f;

	if (!edge || edge >= f->edge.n)
		return bad(c, v, "names an edge that is not there");
	const OEdge *e = &f->edge.p[edge];
	if (!e->block || e->block >= f->block.n || !c->laid[e->block])
		return bad(c, v, "goes to a block that is not in the layout");
	if (e->block == 1)
		return bad(c, v, "goes to the entry");
	if (!pool_ok(c, e->args, e->n))
		return bad(c, v, "has arguments outside the pool");
	u32 k = 0;
	for (OVal p = f->block.p[e->block].first; f->ins.p[p].op == O_PARAM; p = f->ins.p[p].next, k++) {
		if (k >= e->n)
			return bad(c, v, "gives too few arguments");
		u32 arg = f->pool.p[e->args + k];
		if (!is_value(c, arg))
			return bad(c, v, "gives an argument that is no value");
		if (f->ins.p[arg].type != f->ins.p[p].type)
			return bad(c, v, "gives an argument of the wrong type");
	}
	return k == e->n || bad(c, v, "gives too many arguments");
}

/* The indices that ocode_uses and ocode_succs are going to follow. */
static bool check_indices(Checker *c, OVal v)
{
	const OIns *i = &c->f->ins.p[v];

	switch ((OForm)ocode_ops[i->op].form) {
	case OF_JMP:
		return check_edge(c, v, i->a);
	case OF_BR:
		return check_edge(c, v, i->b) && check_edge(c, v, i->c);
	case OF_SWITCH:
		if (!i->c || (u64)i->b + i->c > c->f->edge.n)
			return bad(c, v, "has no edges");
		for (u32 k = 0; k < i->c; k++)
			if (!check_edge(c, v, i->b + k))
				return false;
		return true;
	case OF_CAS:
		return pool_ok(c, i->a, 3) || bad(c, v, "has operands outside the pool");
	case OF_CALL:
		return pool_ok(c, i->b, i->c) || bad(c, v, "has arguments outside the pool");
	default:
		return true;
	}
}

/* A map hangs on what can leave; its parents come before it, so that the chain ends. */
static bool check_map(Checker *c, OVal v)
{
	const OFunc *f = c->f;
	const OIns *i = &f->ins.p[v];

	if (i->map && !(ocode_ops[i->op].props & OP_FAULT))
		return bad(c, v, "has a state map but cannot leave");
	for (u32 m = i->map, parent; m; m = parent) {
		if (m >= f->map.n)
			return bad(c, v, "has a state map that is not there");
		parent = f->map.p[m].parent;
		if ((u64)f->map.p[m].slots + f->map.p[m].n > f->slot.n)
			return bad(c, v, "has a state map whose slots are not there");
		if (parent >= m)
			return bad(c, v, "has a state map whose parent does not come before it");
	}
	return true;
}

static void use_is_value(void *ctx, u32 *use)
{
	Checker *c = ctx;

	if (c->ok && !is_value(c, *use))
		bad(c, c->at, "uses what is no value");
}

static bool check_operands(Checker *c, OVal v)
{
	if (!check_indices(c, v) || !check_map(c, v))
		return false;
	c->at = v;
	ocode_uses(c->f, v, use_is_value, c);
	if (!c->ok)
		return false;
	const char *why = ocode_type_error(c->f, v);
	return !why || bad(c, v, why);
}

static bool check_entry(Checker *c)
{
	const OFunc *f = c->f;
	u32 k = 0;

	if (f->ret >= OT_COUNT)
		return bad(c, 0, "returns no type");
	for (OVal v = f->block.p[1].first; f->ins.p[v].op == O_PARAM; v = f->ins.p[v].next, k++)
		if (k >= f->param.n || f->ins.p[v].type != f->param.p[k])
			return bad(c, v, "is not as the function's parameter");
	return k == f->param.n || bad_block(c, 1, "has fewer params than the function has parameters");
}

/* ---- dominance ---------------------------------------------------------------------------------- */

static void use_is_dominated(void *ctx, u32 *use)
{
	Checker *c = ctx;
	u32 def = c->f->ins.p[*use].block, at = c->f->ins.p[c->at].block;

	if (!c->ok)
		return;
	if (def == at ? c->pos[*use] >= c->pos[c->at] : !ocode_dominates(c->g, def, at))
		bad(c, c->at, "uses a value that is not computed on every way to it");
}

/* Nothing reaches an unreachable block, so nothing is asked of it. */
static bool check_dominance(Checker *c)
{
	OFunc *f = c->f;

	c->g = ocode_cfg(f, c->a);
	for (u32 k = 0; k < c->g->nrpo && c->ok; k++)
		for (OVal v = f->block.p[c->g->rpo[k]].first; v && c->ok; v = f->ins.p[v].next) {
			c->at = v;
			ocode_uses(f, v, use_is_dominated, c);
		}
	return c->ok;
}

static bool check_all(Checker *c)
{
	OFunc *f = c->f;

	if (!check_links(c))
		return false;
	for (u32 k = 0; k < f->order.n; k++)
		for (OVal v = f->block.p[f->order.p[k]].first; v; v = f->ins.p[v].next)
			if (!check_operands(c, v))
				return false;
	return check_entry(c) && check_dominance(c);
}

bool ocode_check(const OFunc *f, Err *e)
{
	Arena *a = arena_new();
	Checker c = {.f = (OFunc *)f, .e = e, .a = a, .ok = true};

	c.pos = arena_alloc(a, f->ins.n * sizeof *c.pos);
	c.laid = arena_alloc(a, f->block.n);
	bool ok = check_all(&c);
	arena_free(a);
	return ok;
}
