/* Check elimination by value ranges: finds an interval for each integer value, from constants, masks, narrow
 * loads, loops' bounds and the conditions that dominate it, and removes what the intervals decide -- range,
 * index and overflow checks, comparisons, signs.
 *
 * The dominator tree is walked in preorder; a condition narrows a range in the subtree behind it.  Parameters
 * of loop headers start with what comes in from outside, are widened while the way round gives more (first to
 * constants the function compares with, so that `i = 10` as a loop's end is met), and narrowed once at the end.
 *
 * Needs: constants on the right (fold).  Breaks: leaves constant conditions behind (fold) and unused values. */
#include "range.h"

enum { WIDEN_TO_CONSTANTS = 3, MAX_ROUNDS = 8, MAX_STEPS = 64, BACK_DEPTH = 4 };

typedef struct Undo {
	OVal v;
	Range old;
} Undo;

typedef struct Checks {
	OFunc *f;
	OCfg *g;
	u32 *order;      /* dominator-tree preorder */
	u32 n;           /* values that ranges are kept for */
	Range *r;        /* by value: range here */
	Range *in;       /* by parameter: union over the edges seen in this round */
	Range *loop;     /* by parameter of a header: what this round assumes */
	Range *before;   /* the same before narrowing */
	u8 *header;      /* by block: has an edge from behind */
	VEC(Undo) undo;
	VEC(u32) scope;  /* pairs: last preorder number of the subtree, height of undo */
	i64 step[MAX_STEPS];
	u32 nstep;
	bool loops, rewrite, changed;
} Checks;

static bool is_int(OType t)
{
	return t >= OT_I8 && t <= OT_I64;
}

static void undo_to(Checks *c, u32 height)
{
	while (c->undo.n > height) {
		Undo u = c->undo.p[--c->undo.n];
		c->r[u.v] = u.old;
	}
}

/* ---- conditions ------------------------------------------------------------------------------------ */

/* Narrows v here and below, and what v was computed from. */
static void narrow(Checks *c, OVal v, Range r, int depth)
{
	const OIns *i = &c->f->ins.p[v];
	Range old = c->r[v], back;
	i64 k;

	r = range_meet(r, old);
	if (range_empty(r) || (r.lo == old.lo && r.hi == old.hi))
		return;
	vec_push(&c->undo, ((Undo){v, old}));
	c->r[v] = r;
	if (depth == 0)
		return;
	if (i->op == O_ADD && opt_const(c->f, i->b, &k)) {
		/* v - k, where that does not wrap. */
		if (!__builtin_sub_overflow(r.lo, k, &back.lo) && !__builtin_sub_overflow(r.hi, k, &back.hi) &&
		    range_within(back, range_full(i->type)))
			narrow(c, i->a, back, depth - 1);
	} else if (i->op == O_EXTS || (i->op == O_EXTU && range_within(r, range_full(c->f->ins.p[i->a].type)) && r.lo >= 0)) {
		narrow(c, i->a, r, depth - 1);
	}
}

/* The condition is known to be true or false from here on. */
static void assume(Checks *c, OVal cond, bool truth)
{
	const OIns *i = &c->f->ins.p[cond];
	OCc cc;

	if (i->op != O_ICMP || !is_int(c->f->ins.p[i->a].type))
		return;
	cc = truth ? i->aux : opt_cc_not(i->aux);
	Range a = c->r[i->a], b = c->r[i->b];
	narrow(c, i->a, range_refine(cc, a, b), BACK_DEPTH);
	narrow(c, i->b, range_refine(opt_cc_swap(cc), b, a), BACK_DEPTH);
}

static int decide(const Checks *c, OVal cond)
{
	const OIns *i = &c->f->ins.p[cond];
	Range r = c->r[cond];

	if (i->op == O_ICMP && is_int(c->f->ins.p[i->a].type))
		return range_decide(i->aux, c->r[i->a], c->r[i->b]);
	return r.lo == 0 && r.hi == 0 ? 0 : r.lo > 0 || r.hi < 0 ? 1 : -1;
}

/* ---- rewriting -------------------------------------------------------------------------------------- */

static void plain(Checks *c, OIns *i, OOp op)
{
	i->op = (u8)op;
	i->aux = 0;
	i->map = 0;
	c->changed = true;
}

/* Whether an i32 operation on numbers >= 0 gives one below 2^32. */
static bool stays_unsigned(OOp op, Range a, Range b)
{
	if (a.lo < 0 || b.lo < 0)
		return false;
	if (op == O_SHL)
		return b.hi < 32 && (u64)a.hi << b.hi <= UINT32_MAX;
	return (op == O_ADD ? (u64)a.hi + (u64)b.hi : (u64)a.hi * (u64)b.hi) <= UINT32_MAX;
}

static void rewrite_arithmetic(Checks *c, OIns *i)
{
	Range a = c->r[i->a], b = c->r[i->b];

	switch (i->op) {
	case O_ADDO: case O_SUBO: case O_MULO:
		if (range_fits(i->op, i->type, a, b))
			plain(c, i, i->op == O_ADDO ? O_ADD : i->op == O_SUBO ? O_SUB : O_MUL);
		break;
	case O_ADD: case O_MUL: case O_SHL:
		if (!(i->aux & O_NOWRAP) && i->type == OT_I32 && stays_unsigned(i->op, a, b)) {
			i->aux |= O_NOWRAP;
			c->changed = true;
		}
		break;
	case O_DIVS: case O_REMS:
		if (a.lo >= 0 && b.lo > 0)
			plain(c, i, i->op == O_DIVS ? O_DIVU : O_REMU);
		break;
	case O_SHRS:
		if (a.lo >= 0)
			plain(c, i, O_SHRU);
		break;
	}
}

/* The constant part of an address goes into the offset where the sum does not wrap. */
static void rewrite_address(Checks *c, OIns *i)
{
	i64 k;

	while (OMEM_SPACE(i->aux) == SPACE_GUEST && i->a < c->n) {
		const OIns *sum = &c->f->ins.p[i->a];
		if (sum->op != O_ADD || sum->type != OT_I32 || !opt_const(c->f, sum->b, &k))
			return;
		Range x = c->r[sum->a];
		i64 off = (i64)i->c + k;
		if (x.lo < 0 || x.lo + k < 0 || x.hi + k > UINT32_MAX || off < 0 || off > INT32_MAX)
			return;
		i->a = sum->a;
		i->c = (u32)off;
		c->changed = true;
	}
}

static void rewrite(Checks *c, OVal v)
{
	OIns *i = &c->f->ins.p[v];
	Range r = c->r[v]; /* of no meaning where there is no result */

	if (i->op == O_TRAPIF) {
		if (decide(c, i->a) == 0) {
			ocode_delete(c->f, v);
			c->changed = true;
		}
	} else if (i->op == O_BR) {
		int d = c->f->ins.p[i->a].op == O_CONST ? -1 : decide(c, i->a);
		if (d >= 0) {
			OVal k = opt_const_before(c->f, v, OT_I32, (u64)d);
			c->f->ins.p[v].a = k;
			c->changed = true;
		}
	} else if (i->op == O_LOAD || i->op == O_STORE) {
		rewrite_address(c, i);
	} else if (i->op == O_ICMP) {
		int d = decide(c, v);
		if (d >= 0) {
			opt_make_const(c->f, v, (u64)d);
			c->r[v] = (Range){d, d};
			c->changed = true;
		}
	} else if (is_int(i->type) && (ocode_ops[i->op].props & OP_PURE) && i->op != O_CONST && r.lo == r.hi) {
		opt_make_const(c->f, v, opt_bits(i->type, r.lo));
		c->changed = true;
	} else if (i->op == O_EXTS && c->r[i->a].lo >= 0) {
		plain(c, i, O_EXTU);
	} else if (ocode_ops[i->op].form == OF_BIN || ocode_ops[i->op].form == OF_BINT) {
		rewrite_arithmetic(c, i);
	}
}

/* ---- one walk ---------------------------------------------------------------------------------------- */

static void enter_block(Checks *c, u32 b)
{
	const OCfg *g = c->g;

	while (c->scope.n && c->scope.p[c->scope.n - 2] < g->dom_in[b]) {
		undo_to(c, c->scope.p[c->scope.n - 1]);
		c->scope.n -= 2;
	}
	vec_push(&c->scope, g->dom_out[b]);
	vec_push(&c->scope, c->undo.n);
	if (g->pred_at[b + 1] - g->pred_at[b] == 1) {
		const OIns *i = &c->f->ins.p[c->f->block.p[g->pred[g->pred_at[b]]].last];
		if (i->op == O_BR)
			assume(c, i->a, c->f->edge.p[i->b].block == b);
	}
}

static void param(Checks *c, u32 b, OVal v)
{
	Range all = range_full(c->f->ins.p[v].type);

	if (!is_int(c->f->ins.p[v].type) || b == 1) {
		c->r[v] = all;
		return;
	}
	if (c->header[b]) {
		/* The first round believes what comes from outside. */
		if (range_empty(c->loop[v]))
			c->loop[v] = c->in[v];
		c->r[v] = c->loop[v];
	} else {
		c->r[v] = c->in[v];
	}
	if (range_empty(c->r[v]))
		c->r[v] = all;
}

/* A value's range at the end of a block: what it was computed from may be known better by now. */
static Range again(const Checks *c, OVal v)
{
	const OIns *i = &c->f->ins.p[v];
	u32 form = ocode_ops[i->op].form;
	Range r = c->r[v], fresh;

	if (form != OF_BIN && form != OF_BINT)
		return r;
	fresh = range_meet(r, range_of(c->f, v, c->r));
	return range_empty(fresh) ? r : fresh;
}

static void give(Checks *c, u32 edge)
{
	const OEdge *e = &c->f->edge.p[edge];
	OVal p = c->f->block.p[e->block].first;

	for (u32 k = 0; k < e->n; k++, p = c->f->ins.p[p].next)
		if (is_int(c->f->ins.p[p].type))
			c->in[p] = range_join(c->in[p], again(c, c->f->pool.p[e->args + k]));
}

static void leave_block(Checks *c, u32 b)
{
	const OIns *i = &c->f->ins.p[c->f->block.p[b].last];
	OptEdges e = opt_edges(c->f, b);
	u32 height = c->undo.n;

	if (c->rewrite)
		return;
	for (u32 k = 0; k < e.n; k++) {
		u32 edge = opt_edge(&e, k);
		if (!c->f->edge.p[edge].n)
			continue;
		if (i->op == O_BR)
			assume(c, i->a, k == 0);
		give(c, edge);
		undo_to(c, height);
	}
}

static void walk_block(Checks *c, u32 b)
{
	OFunc *f = c->f;

	enter_block(c, b);
	for (OVal v = f->block.p[b].first, next; v; v = next) {
		const OIns *i = &f->ins.p[v];
		next = i->next;
		if (i->op == O_PARAM) {
			/* While rewriting the ranges of parameters are those found before. */
			if (!c->rewrite)
				param(c, b, v);
			continue;
		}
		if (i->type != OT_VOID)
			c->r[v] = is_int(i->type) ? range_of(f, v, c->r) : range_full(OT_I64);
		OVal cond = i->op == O_TRAPIF ? i->a : 0;
		if (c->rewrite)
			rewrite(c, v);
		if (cond)
			assume(c, cond, false);
	}
	leave_block(c, b);
}

static void walk(Checks *c)
{
	c->scope.n = 0;
	for (u32 k = 0; k < c->g->nrpo; k++)
		walk_block(c, c->order[k]);
	undo_to(c, 0);
}

/* ---- loops -------------------------------------------------------------------------------------------- */

static void note_step(Checks *c, i64 n)
{
	if (c->nstep < MAX_STEPS)
		c->step[c->nstep++] = n;
}

/* Finds headers, clears the parameters, and collects the constants of comparisons. */
static void prepare(Checks *c)
{
	OFunc *f = c->f;
	const OCfg *g = c->g;
	i64 k;

	for (u32 n = 0; n < g->nrpo; n++) {
		u32 b = g->rpo[n];
		for (u32 j = g->pred_at[b]; j < g->pred_at[b + 1]; j++)
			c->header[b] |= g->rpo_num[g->pred[j]] >= n;
		c->loops |= c->header[b];
		for (OVal v = f->block.p[b].first; v; v = f->ins.p[v].next) {
			const OIns *i = &f->ins.p[v];
			if (i->op == O_PARAM)
				c->in[v] = c->loop[v] = (Range){1, 0};
			if (i->op != O_ICMP || !opt_const(f, i->b, &k))
				continue;
			note_step(c, k);
			if (k > INT64_MIN && k < INT64_MAX) {
				note_step(c, k - 1);
				note_step(c, k + 1);
			}
		}
	}
}

/* The nearest noted constant outwards, or the type's end. */
static Range outwards(const Checks *c, Range now, Range seen, Range all, u32 round)
{
	Range r = now;

	if (seen.lo < now.lo) {
		r.lo = all.lo;
		for (u32 k = 0; round < WIDEN_TO_CONSTANTS && k < c->nstep; k++)
			if (c->step[k] <= seen.lo)
				r.lo = MAX(r.lo, c->step[k]);
	}
	if (seen.hi > now.hi) {
		r.hi = all.hi;
		for (u32 k = 0; round < WIDEN_TO_CONSTANTS && k < c->nstep; k++)
			if (c->step[k] >= seen.hi)
				r.hi = MIN(r.hi, c->step[k]);
	}
	return r;
}

enum Step { WIDEN, NARROW, GIVE_UP, RESTORE };

static void adjust_param(Checks *c, OVal v, enum Step step, u32 round)
{
	Range all = range_full(c->f->ins.p[v].type);

	switch (step) {
	case WIDEN: c->loop[v] = outwards(c, c->loop[v], c->in[v], all, round); break;
	case GIVE_UP: c->loop[v] = all; break;
	case NARROW:
		c->before[v] = c->loop[v];
		c->loop[v] = range_meet(c->loop[v], c->in[v]);
		break;
	case RESTORE: c->loop[v] = c->before[v]; break;
	}
}

/* Changes what is assumed and clears what was seen. */
static void adjust(Checks *c, enum Step step, u32 round)
{
	for (u32 n = 0; n < c->g->nrpo; n++) {
		u32 b = c->g->rpo[n];
		for (OVal v = c->f->block.p[b].first; c->f->ins.p[v].op == O_PARAM; v = c->f->ins.p[v].next) {
			if (c->header[b] && is_int(c->f->ins.p[v].type))
				adjust_param(c, v, step, round);
			c->in[v] = (Range){1, 0};
		}
	}
}

/* Whether what headers assume contains what the edges into them gave. */
static bool settled(const Checks *c)
{
	for (u32 n = 0; n < c->g->nrpo; n++) {
		u32 b = c->g->rpo[n];
		if (!c->header[b])
			continue;
		for (OVal v = c->f->block.p[b].first; c->f->ins.p[v].op == O_PARAM; v = c->f->ins.p[v].next)
			if (is_int(c->f->ins.p[v].type) && !range_within(c->in[v], c->loop[v]))
				return false;
	}
	return true;
}

static void find_ranges(Checks *c)
{
	walk(c);
	if (!c->loops)
		return;
	for (u32 round = 0; !settled(c); round++) {
		adjust(c, round < MAX_ROUNDS ? WIDEN : GIVE_UP, round);
		walk(c);
	}
	adjust(c, NARROW, 0);
	walk(c);
	if (!settled(c)) {
		adjust(c, RESTORE, 0);
		walk(c);
	}
}

bool opt_checks(OFunc *f, Arena *a)
{
	bool pruned = opt_prune(f, a);
	Checks c = {.f = f, .g = ocode_cfg(f, a), .n = f->ins.n};

	c.order = opt_dom_order(c.g, a);
	/* Rewriting makes a constant a block at most. */
	c.r = arena_alloc(a, (c.n + f->block.n) * sizeof *c.r);
	c.in = arena_alloc(a, c.n * sizeof *c.in);
	c.loop = arena_alloc(a, c.n * sizeof *c.loop);
	c.before = arena_alloc(a, c.n * sizeof *c.before);
	c.header = arena_alloc(a, f->block.n);
	prepare(&c);
	find_ranges(&c);
	c.rewrite = true;
	walk(&c);
	vec_free(&c.undo);
	vec_free(&c.scope);
	return c.changed | pruned;
}
