/* Strength reduction: in an innermost loop, a value that is linear in a loop variable and takes a multiplication becomes a
 * variable of its own, which grows by a constant each round: address of m[i, j] for a running i, say.
 *
 * A loop variable is a parameter i of the header to which the only way back brings i + c.  What is linear in it is made of
 * sums, differences, products with constants and what comes from outside the loop; arithmetic modulo 2^n keeps that exact
 * whatever wraps.  (Cooper, Simpson, Vick: Operator Strength Reduction, 2001, does it for nests as a whole.)
 *
 * Needs: nothing; better behind licm.  Recreates: blocks in front of loops, parameters.  Breaks: nothing. */
#include "pass.h"

enum { DEPTH = 8, NEW = 4 }; /* of an expression; variables in a loop, since each takes a register */

/* What is known of a value in the loop at hand. */
typedef struct Linear {
	bool is;        /* k * iv + what does not change */
	u8 cost;        /* of making it, in plain operations */
	u64 k;
} Linear;

/* A loop variable. */
typedef struct Iv {
	u32 header, latch;
	u32 in, back;   /* the edges to the header */
	OVal value, first, next;
	i64 step;
} Iv;

typedef struct Reduction {
	Iv iv;
	OVal v, by;     /* by: what v becomes */
	u64 k;
} Reduction;

typedef struct Strength {
	OFunc *f;
	const OCfg *g;
	u32 nblock;     /* blocks that the flow graph knows */
	Iv iv;
	Linear *lin;    /* by value, of those in the loop */
	u32 made;       /* in the loop */
	VEC(Reduction) todo;
} Strength;

static bool inside(const Strength *s, const Iv *iv, OVal v)
{
	u32 b = s->f->ins.p[v].block;

	return b < s->nblock && s->g->loop[b] == iv->header;
}

/* ---- what is linear ----------------------------------------------------------------------------------- */

static Linear of_operand(const Strength *s, OVal v)
{
	if (v == s->iv.value)
		return (Linear){.is = true, .k = 1};
	if (!inside(s, &s->iv, v) || s->f->ins.p[v].op == O_CONST)
		return (Linear){.is = true};
	return s->lin[v];
}

static Linear linear(const Strength *s, const OIns *i)
{
	Linear a, b;
	i64 c;

	if (i->type != s->f->ins.p[s->iv.value].type)
		return (Linear){0};
	switch (i->op) {
	case O_ADD: case O_SUB:
		a = of_operand(s, i->a);
		b = of_operand(s, i->b);
		return (Linear){a.is && b.is, (u8)MIN(a.cost + b.cost + 1, 100), i->op == O_ADD ? a.k + b.k : a.k - b.k};
	case O_MUL:
		a = of_operand(s, i->a);
		return opt_const(s->f, i->b, &c) ? (Linear){a.is, (u8)MIN(a.cost + 3, 100), a.k * (u64)c} : (Linear){0};
	case O_SHL:
		a = of_operand(s, i->a);
		return opt_const(s->f, i->b, &c) && c >= 0 && c < 32 ? (Linear){a.is, (u8)MIN(a.cost + 1, 100), a.k << c} : (Linear){0};
	default:
		return (Linear){0};
	}
}

/* A linear value is wanted where something else than linear values uses it. */
static void want(void *ctx, u32 *use)
{
	Strength *s = ctx;
	OVal v = *use;

	if (!inside(s, &s->iv, v) || !s->lin[v].is || s->lin[v].cost < 3 || !s->lin[v].k || s->made == NEW)
		return;
	for (u32 k = 0; k < s->todo.n; k++)
		if (s->todo.p[k].v == v)
			return;
	vec_push(&s->todo, ((Reduction){.iv = s->iv, .v = v, .k = s->lin[v].k}));
	s->made++;
}

/* In reverse postorder operands come before what uses them, but for the header's parameters. */
static void look_through(Strength *s)
{
	for (u32 k = 0; k < s->g->nrpo; k++) {
		u32 b = s->g->rpo[k];
		if (s->g->loop[b] != s->iv.header)
			continue;
		for (OVal v = s->f->block.p[b].first; v; v = s->f->ins.p[v].next) {
			s->lin[v] = linear(s, &s->f->ins.p[v]);
			if (!s->lin[v].is)
				ocode_uses(s->f, v, want, s);
		}
	}
}

/* ---- loops ----------------------------------------------------------------------------------------------- */

/* i + c comes back. */
static bool is_loop_variable(const Strength *s, Iv *iv, u32 k, OVal param)
{
	const OFunc *f = s->f;

	iv->value = param;
	iv->first = f->pool.p[f->edge.p[iv->in].args + k];
	iv->next = f->pool.p[f->edge.p[iv->back].args + k];
	const OIns *i = &f->ins.p[iv->next];
	if (!inside(s, iv, iv->next) || (i->op != O_ADD && i->op != O_SUB) || i->a != param || !opt_const(f, i->b, &iv->step))
		return false;
	if (i->op == O_SUB)
		iv->step = (i64)-(u64)iv->step;
	return true;
}

/* The only way back, 0 if there are several. */
static u32 way_back(const Strength *s, u32 h, u32 *latch)
{
	u32 found = 0;

	for (u32 j = s->g->pred_at[h]; j < s->g->pred_at[h + 1]; j++) {
		u32 b = s->g->pred[j];
		if (!ocode_dominates(s->g, h, b))
			continue;
		OptEdges e = opt_edges(s->f, b);
		for (u32 k = 0; k < e.n; k++)
			if (s->f->edge.p[opt_edge(&e, k)].block == h) {
				if (found)
					return 0;
				found = opt_edge(&e, k);
				*latch = b;
			}
	}
	return found;
}

static void visit(Strength *s, u32 h)
{
	const OFunc *f = s->f;
	Iv *iv = &s->iv;

	*iv = (Iv){.header = h};
	s->made = 0;
	if ((f->block.p[h].flags & OB_COLD) || !(iv->in = opt_way_in(f, s->g, h)) || !(iv->back = way_back(s, h, &iv->latch)))
		return;
	u32 n = ocode_nparams(f, h), k = 0;
	for (OVal v = f->block.p[h].first; k < n; v = f->ins.p[v].next, k++)
		if ((f->ins.p[v].type == OT_I32 || f->ins.p[v].type == OT_I64) && is_loop_variable(s, iv, k, v))
			look_through(s);
}

/* ---- replacing ------------------------------------------------------------------------------------------- */

/* The value that v has in the first round, made before instruction `at`.  0: the expression is too deep. */
static OVal at_first(Strength *s, const Iv *iv, OVal v, OVal at, u32 depth)
{
	OFunc *f = s->f;
	OIns i = f->ins.p[v];
	u64 bits;
	i64 x, y;

	if (v == iv->value)
		return iv->first;
	if (!inside(s, iv, v))
		return v;
	if (i.op == O_CONST)
		return opt_const_before(f, at, i.type, i.imm);
	OVal a = depth < DEPTH ? at_first(s, iv, i.a, at, depth + 1) : 0, b = a ? at_first(s, iv, i.b, at, depth + 1) : 0;
	if (!b)
		return 0;
	bool known = opt_const(f, b, &y);
	if (known && y == 0 && i.op != O_MUL)
		return a;
	if (known && opt_const(f, a, &x) &&
	    ocode_fold(i.op, i.type, i.type, 0, opt_bits(i.type, x), opt_bits(i.type, y), &bits))
		return opt_const_before(f, at, i.type, bits);
	OVal c = ocode_ins(f, i.op, i.type, 0, a, b, 0);
	ocode_insert_before(f, at, c);
	return c;
}

/* One more argument at the end of an edge. */
static void bring(OFunc *f, u32 edge, OVal v)
{
	u32 at = f->pool.n, n = f->edge.p[edge].n;

	vec_add(&f->pool, n + 1);
	memcpy(f->pool.p + at, f->pool.p + f->edge.p[edge].args, n * sizeof *f->pool.p);
	f->pool.p[at + n] = v;
	f->edge.p[edge].args = at;
	f->edge.p[edge].n = n + 1;
}

/* The edge from the block in front, which is made when it is asked for first. */
static u32 entering(OFunc *f, const Iv *iv)
{
	u32 b = f->edge.p[iv->in].block;

	if (b == iv->header)
		b = opt_front(f, iv->in);
	return f->ins.p[f->block.p[b].last].a;
}

static void reduce(Strength *s, Reduction *r)
{
	OFunc *f = s->f;
	const Iv *iv = &r->iv;
	OType type = f->ins.p[r->v].type;
	u32 in = entering(f, iv);
	OVal init = at_first(s, iv, r->v, f->block.p[f->edge.p[iv->in].block].last, 0);

	if (!init)
		return;
	OVal at = f->ins.p[iv->next].block == iv->latch ? iv->next : f->block.p[iv->latch].last;
	OVal step = opt_const_before(f, at, type, opt_bits(type, (i64)(r->k * (u64)iv->step)));
	r->by = ocode_param(f, iv->header, type);
	OVal sum = ocode_ins(f, O_ADD, type, 0, r->by, step, 0);
	ocode_insert_before(f, at, sum);
	bring(f, in, init);
	bring(f, iv->back, sum);
}

static void replace(Strength *s, Arena *a)
{
	u32 *to = arena_alloc(a, s->f->ins.n * sizeof *to);

	for (u32 k = 0; k < s->todo.n; k++)
		to[s->todo.p[k].v] = s->todo.p[k].by;
	opt_replace_all(s->f, to);
}

bool opt_strength(OFunc *f, Arena *a)
{
	bool pruned = opt_prune(f, a);
	Strength s = {.f = f, .g = ocode_cfg(f, a), .nblock = f->block.n};
	u8 *outer = arena_alloc(a, f->block.n);

	s.lin = arena_alloc(a, f->ins.n * sizeof *s.lin);
	for (u32 k = 0; k < s.g->nrpo; k++)
		outer[s.g->loop_up[s.g->rpo[k]]] = 1;
	for (u32 k = 0; k < s.g->nrpo; k++) {
		u32 b = s.g->rpo[k];
		if (s.g->loop[b] == b && !outer[b])
			visit(&s, b);
	}
	for (u32 k = 0; k < s.todo.n; k++)
		reduce(&s, &s.todo.p[k]);
	bool changed = s.todo.n;
	if (changed)
		replace(&s, a);
	vec_free(&s.todo);
	return changed | pruned;
}
