/* Block order: reverse postorder with each loop in one piece, cold blocks last.  A loop that is left from its
 * header is laid out with the header at its bottom, so that one jump a round is enough.
 *
 * Needs: nothing.  Recreates: f->order, OB_LOOP.  Breaks: nothing. */
#include "pass.h"

/* A list for each loop (by header; 0 for the function): its own blocks and its inner loops' headers, in
 * reverse postorder.  An item is a block; a header of another loop stands for that loop. */
typedef struct Layout {
	OFunc *f;
	OCfg *g;
	u32 *first, *last, *next; /* lists by loop; next by block, and by header + nblock for the loop as an item */
} Layout;

static void add(Layout *l, u32 list, u32 item)
{
	*(l->last[list] ? &l->next[l->last[list]] : &l->first[list]) = item;
	l->last[list] = item;
}

static void make_lists(Layout *l)
{
	const OCfg *g = l->g;

	for (u32 k = 0; k < g->nrpo; k++) {
		u32 b = g->rpo[k], loop = g->loop[b];
		if (loop == b)
			add(l, g->loop_up[b], b + g->nblock);
		add(l, loop, b);
	}
}

static bool in_loop(const OCfg *g, u32 b, u32 loop)
{
	u32 x = g->loop[b];

	while (x && x != loop)
		x = g->loop_up[x];
	return x == loop;
}

/* The header leaves the loop on one side, and the loop's last block jumps back to it without a choice. */
static bool should_rotate(const Layout *l, u32 h)
{
	const OFunc *f = l->f;
	const OIns *i = &f->ins.p[f->block.p[h].last];
	u32 last = l->last[h];

	if (i->op != O_BR || last == h || last >= l->g->nblock)
		return false;
	if (in_loop(l->g, f->edge.p[i->b].block, h) == in_loop(l->g, f->edge.p[i->c].block, h))
		return false;
	i = &f->ins.p[f->block.p[last].last];
	return i->op == O_JMP && f->edge.p[i->a].block == h;
}

static void rotate(Layout *l, u32 h)
{
	l->first[h] = l->next[h];
	l->next[l->last[h]] = h;
	l->next[h] = 0;
	l->last[h] = h;
}

static void place(Layout *l, u32 b, bool cold)
{
	if (!!(l->f->block.p[b].flags & OB_COLD) == cold)
		vec_push(&l->f->order, b);
}

/* Walks the lists; loops nest as deep as a hostile module likes, so there is no recursion. */
static void walk(Layout *l, u32 *stack, bool cold)
{
	u32 n = 0, item = l->first[0];

	for (;;) {
		while (!item && n)
			item = stack[--n];
		if (!item)
			return;
		if (item < l->g->nblock) {
			place(l, item, cold);
			item = l->next[item];
		} else {
			stack[n++] = l->next[item];
			item = l->first[item - l->g->nblock];
		}
	}
}

static void mark_loops(Layout *l)
{
	for (u32 k = 0; k < l->g->nrpo; k++) {
		u32 b = l->g->rpo[k];
		l->f->block.p[b].flags &= ~(u32)OB_LOOP;
		if (l->g->loop[b] == b)
			l->f->block.p[b].flags |= OB_LOOP;
	}
}

/* A block that ends in a trap is off the beaten track. */
static void mark_cold(OFunc *f, const OCfg *g)
{
	for (u32 k = 1; k < g->nrpo; k++) {
		OBlock *b = &f->block.p[g->rpo[k]];
		if (f->ins.p[b->last].op == O_TRAP)
			b->flags |= OB_COLD;
	}
}

bool opt_layout(OFunc *f, Arena *a)
{
	opt_prune(f, a);
	Layout l = {.f = f, .g = ocode_cfg(f, a)};
	u32 n = l.g->nblock;

	l.first = arena_alloc(a, n * sizeof *l.first);
	l.last = arena_alloc(a, n * sizeof *l.last);
	l.next = arena_alloc(a, 2 * (u64)n * sizeof *l.next);
	mark_loops(&l);
	mark_cold(f, l.g);
	make_lists(&l);
	for (u32 b = 1; b < n; b++)
		if (l.g->rpo_num[b] != UINT32_MAX && l.g->loop[b] == b && should_rotate(&l, b))
			rotate(&l, b);
	f->order.n = 0;
	u32 *stack = arena_alloc(a, (n + 1) * sizeof *stack);
	walk(&l, stack, false);
	walk(&l, stack, true);
	return true;
}
