/* Loop-invariant code: pure operations whose operands come from outside a loop move to a block in front of the
 * outermost loop for which that is so.  What an address mode, an immediate or a branch takes in for nothing stays
 * unless something else that moves needs it, as do cold blocks: moving it would only lengthen lives.
 *
 * Needs: nothing; better behind gvn.  Recreates: blocks in front of loops.  Breaks: nothing. */
#include "pass.h"

enum { ALONG = 4 }; /* the longest chain that comes along */

typedef struct Licm {
	OFunc *f;
	OCfg *g;
	u32 nblock;     /* blocks that the flow graph knows */
	u32 *front;     /* by header: the block in front, 0 = not made yet, UINT32_MAX = there is none */
	VEC(u32) outer; /* by new block: the loop it stands in */
	u32 loop;       /* the loop at hand */
	u32 depth;      /* of operands of operands */
	bool outside;   /* all operands so far come from outside it */
	bool changed;
} Licm;

static bool in_loop(const Licm *l, u32 b, u32 loop)
{
	u32 x = b < l->nblock ? l->g->loop[b] : l->outer.p[b - l->nblock];

	while (x && x != loop)
		x = l->g->loop_up[x];
	return x == loop;
}

/* What does not move for itself, but comes along with what needs it. */
static bool comes_along(const OIns *i)
{
	switch (i->op) {
	case O_CONST: case O_COPY: case O_ADD: case O_SUB: case O_SHL: case O_TRUNC: case O_EXTU:
		return true;
	default:
		return false;
	}
}

static void look_at(void *ctx, u32 *use)
{
	Licm *l = ctx;
	const OIns *i = &l->f->ins.p[*use];

	if (!in_loop(l, i->block, l->loop))
		return;
	if (!comes_along(i) || l->depth == ALONG)
		l->outside = false;
	if (!l->outside)
		return;
	l->depth++;
	ocode_uses(l->f, *use, look_at, l);
	l->depth--;
}

static bool invariant(Licm *l, OVal v, u32 loop)
{
	l->loop = loop;
	l->outside = true;
	ocode_uses(l->f, v, look_at, l);
	return l->outside;
}

/* An address mode takes in one step, not two. */
static bool second_step(const OFunc *f, const OIns *i)
{
	const OIns *before = &f->ins.p[i->a];

	return before->block == i->block && (before->op == O_ADD || before->op == O_SUB || before->op == O_SHL);
}

static bool worthwhile(const OFunc *f, const OIns *i)
{
	i64 k;

	switch (i->op) {
	case O_CONST: case O_COPY: case O_ICMP: case O_FCMP: case O_TRUNC: case O_EXTU:
	case O_DIVS: case O_DIVU: case O_REMS: case O_REMU: case O_FTOS: case O_FTOU: /* defined behind a test only */
		return false;
	case O_ADD: case O_SUB: case O_SHL:
		return !opt_const(f, i->b, &k) || second_step(f, i);
	case O_GET:
		return opt_fixed_slot(i->c);
	default:
		return ocode_ops[i->op].props & OP_PURE;
	}
}

/* The block in front of a loop, made on the edge that enters it. */
static u32 front_of(Licm *l, u32 h)
{
	u32 in;

	if (l->front[h])
		return l->front[h];
	if (!(in = opt_way_in(l->f, l->g, h)))
		return l->front[h] = UINT32_MAX;
	vec_push(&l->outer, l->g->loop_up[h]);
	return l->front[h] = opt_front(l->f, in);
}

static void move(Licm *l, OVal v)
{
	OFunc *f = l->f;

	ocode_unlink(f, v);
	ocode_insert_before(f, f->block.p[l->front[l->loop]].last, v);
	l->changed = true;
}

static void bring_along(void *ctx, u32 *use)
{
	Licm *l = ctx;

	if (!in_loop(l, l->f->ins.p[*use].block, l->loop))
		return;
	ocode_uses(l->f, *use, bring_along, l);
	move(l, *use);
}

static void visit(Licm *l, OVal v, u32 loop)
{
	u32 target = 0;

	for (; loop && invariant(l, v, loop); loop = l->g->loop_up[loop])
		if (front_of(l, loop) != UINT32_MAX)
			target = loop;
	if (!target)
		return;
	l->loop = target;
	ocode_uses(l->f, v, bring_along, l);
	move(l, v);
}

bool opt_licm(OFunc *f, Arena *a)
{
	bool pruned = opt_prune(f, a);
	Licm l = {.f = f, .g = ocode_cfg(f, a), .nblock = f->block.n};

	l.front = arena_alloc(a, f->block.n * sizeof *l.front);
	/* In reverse postorder operands are moved before what uses them. */
	for (u32 k = 0; k < l.g->nrpo; k++) {
		u32 b = l.g->rpo[k];
		if (!l.g->loop[b] || (f->block.p[b].flags & OB_COLD))
			continue;
		for (OVal v = f->block.p[b].first, next; v; v = next) {
			next = f->ins.p[v].next;
			if (worthwhile(f, &f->ins.p[v]))
				visit(&l, v, l.g->loop[b]);
		}
	}
	vec_free(&l.outer);
	return l.changed | pruned;
}
