/* The flow graph: reverse postorder, predecessors, dominators, natural loops. */
#include "ocode.h"

typedef struct Cfg {
	OCfg *g;
	const OFunc *f;
	Arena *a;
} Cfg;

/* The k-th successor of a block. */
typedef struct Succs {
	u32 n, first, two[2];
} Succs;

static Succs succs(const OFunc *f, u32 b)
{
	Succs s = {0};

	s.n = ocode_succs(f, b, &s.first, s.two);
	return s;
}

static u32 succ(const OFunc *f, const Succs *s, u32 k)
{
	return f->edge.p[s->first ? s->first + k : s->two[k]].block;
}

static u32 *array(Arena *a, u64 n)
{
	return arena_alloc(a, (n + 1) * sizeof(u32));
}

/* Depth first without recursion: a function may have a hundred thousand blocks in a row. */
static void postorder(Cfg *c)
{
	OCfg *g = c->g;
	u32 *stack = array(c->a, g->nblock), *at = array(c->a, g->nblock), depth = 0;
	u32 *post = array(c->a, g->nblock);

	for (u32 b = 0; b < g->nblock; b++)
		g->rpo_num[b] = UINT32_MAX;
	g->rpo_num[1] = 0;
	stack[depth++] = 1;
	while (depth) {
		u32 b = stack[depth - 1];
		Succs s = succs(c->f, b);
		if (at[b] == s.n) {
			post[g->nrpo++] = b;
			depth--;
			continue;
		}
		u32 to = succ(c->f, &s, at[b]++);
		if (g->rpo_num[to] == UINT32_MAX) {
			g->rpo_num[to] = 0;
			stack[depth++] = to;
		}
	}
	for (u32 k = 0; k < g->nrpo; k++) {
		g->rpo[k] = post[g->nrpo - 1 - k];
		g->rpo_num[g->rpo[k]] = k;
	}
}

/* Predecessors of reachable blocks, among reachable blocks. */
static void preds(Cfg *c)
{
	OCfg *g = c->g;
	u32 *fill = array(c->a, g->nblock);

	for (u32 k = 0; k < g->nrpo; k++) {
		Succs s = succs(c->f, g->rpo[k]);
		for (u32 j = 0; j < s.n; j++)
			g->pred_at[succ(c->f, &s, j) + 1]++;
	}
	for (u32 b = 0; b < g->nblock; b++)
		g->pred_at[b + 1] += g->pred_at[b];
	g->pred = array(c->a, g->pred_at[g->nblock]);
	memcpy(fill, g->pred_at, g->nblock * sizeof *fill);
	for (u32 k = 0; k < g->nrpo; k++) {
		Succs s = succs(c->f, g->rpo[k]);
		for (u32 j = 0; j < s.n; j++)
			g->pred[fill[succ(c->f, &s, j)]++] = g->rpo[k];
	}
}

static u32 meet(const OCfg *g, u32 a, u32 b)
{
	while (a != b)
		if (g->rpo_num[a] > g->rpo_num[b])
			a = g->idom[a];
		else
			b = g->idom[b];
	return a;
}

static void dominators(Cfg *c)
{
	OCfg *g = c->g;
	bool again = true;

	g->idom[1] = 1; /* so that meet() stops there */
	while (again) {
		again = false;
		for (u32 k = 1; k < g->nrpo; k++) {
			u32 b = g->rpo[k], dom = 0;
			for (u32 j = g->pred_at[b]; j < g->pred_at[b + 1]; j++)
				if (g->idom[g->pred[j]])
					dom = dom ? meet(g, dom, g->pred[j]) : g->pred[j];
			again |= g->idom[b] != dom;
			g->idom[b] = dom;
		}
	}
	g->idom[1] = 0;
}

/* Numbers the dominator tree so that a dominates b when b's interval lies in a's: dom_in is a preorder,
 * dom_out the largest preorder number below. */
static void number_tree(Cfg *c)
{
	OCfg *g = c->g;
	u32 *size = array(c->a, g->nblock), *next = array(c->a, g->nblock);

	for (u32 k = g->nrpo; k-- > 0;) {
		u32 b = g->rpo[k];
		size[b]++;
		size[g->idom[b]] += size[b];
	}
	/* A parent comes before its children in reverse postorder and hands out the numbers below its own. */
	for (u32 k = 0; k < g->nrpo; k++) {
		u32 b = g->rpo[k], up = g->idom[b];
		g->dom_in[b] = up ? next[up] : 1;
		g->dom_out[b] = g->dom_in[b] + size[b] - 1;
		next[b] = g->dom_in[b] + 1;
		next[up] += size[b];
	}
}

/* Gives the blocks that reach h's backward edges without passing h to h's loop.  Inner loops have been
 * found before and are entered through their headers. */
static void fill_loop(Cfg *c, u32 h, u32 *stack)
{
	OCfg *g = c->g;
	u32 n = 0;

	for (u32 j = g->pred_at[h]; j < g->pred_at[h + 1]; j++)
		if (ocode_dominates(g, h, g->pred[j])) {
			g->loop[h] = h;
			stack[n++] = g->pred[j];
		}
	while (n) {
		u32 b = stack[--n], l = g->loop[b];
		if (l)
			while (l != h && g->loop_up[l])
				l = g->loop_up[l];
		if (l == h)
			continue;
		if (l)
			g->loop_up[b = l] = h;
		else
			g->loop[b] = h;
		for (u32 j = g->pred_at[b]; j < g->pred_at[b + 1]; j++)
			stack[n++] = g->pred[j];
	}
}

static void loops(Cfg *c)
{
	OCfg *g = c->g;
	u32 *stack = array(c->a, 2 * (u64)g->pred_at[g->nblock]);

	for (u32 k = g->nrpo; k-- > 0;)
		fill_loop(c, g->rpo[k], stack);
	for (u32 k = 0; k < g->nrpo; k++) {
		u32 b = g->rpo[k], h = g->loop[b];
		g->depth[b] = h == b ? g->depth[g->loop_up[b]] + 1 : g->depth[h];
	}
}

OCfg *ocode_cfg(const OFunc *f, Arena *a)
{
	OCfg *g = arena_alloc(a, sizeof *g);
	Cfg c = {g, f, a};

	g->nblock = f->block.n;
	g->rpo = array(a, g->nblock);
	g->rpo_num = array(a, g->nblock);
	g->pred_at = array(a, g->nblock);
	g->idom = array(a, g->nblock);
	g->dom_in = array(a, g->nblock);
	g->dom_out = array(a, g->nblock);
	g->loop = array(a, g->nblock);
	g->loop_up = array(a, g->nblock);
	g->depth = array(a, g->nblock);
	postorder(&c);
	preds(&c);
	dominators(&c);
	number_tree(&c);
	loops(&c);
	return g;
}

/* An unreachable block has no interval (dom_in 0) and dominates only itself. */
bool ocode_dominates(const OCfg *g, u32 a, u32 b)
{
	if (a == b)
		return true;
	return g->dom_in[a] && g->dom_in[a] <= g->dom_in[b] && g->dom_in[b] <= g->dom_out[a];
}
