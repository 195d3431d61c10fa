/* Copies, block parameters that can have one value only or always have another's, unreachable blocks, chains of jumps,
 * and blocks that follow each other without alternative.
 *
 * Needs: nothing.  Breaks: block numbers out of the layout order are empty afterwards. */
#include "pass.h"

typedef struct Copy {
	OFunc *f;
	u32 *to;     /* by value: its replacement */
	u32 *nin;    /* by block: edges into it */
	bool changed;
} Copy;

/* ---- copies and parameters ------------------------------------------------------------------------ */

static void drop_copies(Copy *c)
{
	OFunc *f = c->f;

	for (u32 k = 0; k < f->order.n; k++)
		for (OVal v = f->block.p[f->order.p[k]].first; v; v = f->ins.p[v].next)
			if (f->ins.p[v].op == O_COPY) {
				c->to[v] = f->ins.p[v].a;
				c->changed = true;
			}
}

/* Notes one more value a parameter gets: one[p] is the only one so far, p itself once there are several. */
static void meet(Copy *c, u32 *one, OVal p, OVal arg)
{
	arg = opt_find(c->to, arg);
	if (arg != p && one[p] != arg)
		one[p] = one[p] ? p : arg;
}

/* One round over all edges; true if it found a superfluous parameter. */
static bool find_single(Copy *c, u32 *one)
{
	OFunc *f = c->f;
	bool found = false;

	for (u32 k = 0; k < f->order.n; k++) {
		OptEdges e = opt_edges(f, f->order.p[k]);
		for (u32 j = 0; j < e.n; j++) {
			const OEdge *edge = &f->edge.p[opt_edge(&e, j)];
			OVal p = f->block.p[edge->block].first;
			for (u32 i = 0; i < edge->n; i++, p = f->ins.p[p].next)
				if (!c->to[p])
					meet(c, one, p, f->pool.p[edge->args + i]);
		}
	}
	for (u32 k = 1; k < f->order.n; k++)
		for (OVal p = f->block.p[f->order.p[k]].first; f->ins.p[p].op == O_PARAM; p = f->ins.p[p].next) {
			if (!c->to[p] && one[p] && one[p] != p) {
				c->to[p] = one[p];
				found = true;
			}
			one[p] = 0;
		}
	return found;
}

/* Notes for each parameter of an edge's goal an earlier one that gets the same values, itself if there is none. */
static void find_twin(Copy *c, const OEdge *edge, u32 *twin)
{
	OFunc *f = c->f;
	const u32 *arg = f->pool.p + edge->args;
	OVal first = f->block.p[edge->block].first, p = first;

	for (u32 i = 0; i < edge->n; i++, p = f->ins.p[p].next) {
		OVal q = twin[p] ? twin[p] : first, arg_p = opt_find(c->to, arg[i]);
		if (!twin[p])
			while (q != p && (c->to[q] || f->ins.p[q].type != f->ins.p[p].type || opt_find(c->to, arg[f->ins.p[q].a]) != arg_p))
				q = f->ins.p[q].next;
		else if (opt_find(c->to, arg[f->ins.p[q].a]) != arg_p)
			q = p;
		twin[p] = q;
	}
}

/* Of parameters that get the same values on all edges one is enough. */
static bool merge_twins(Copy *c, Arena *a)
{
	OFunc *f = c->f;
	u32 *twin = arena_alloc(a, f->ins.n * sizeof *twin);
	bool found = false;

	for (u32 k = 0; k < f->order.n; k++) {
		OptEdges e = opt_edges(f, f->order.p[k]);
		for (u32 j = 0; j < e.n; j++)
			if (f->edge.p[opt_edge(&e, j)].n > 1)
				find_twin(c, &f->edge.p[opt_edge(&e, j)], twin);
	}
	for (u32 k = 1; k < f->order.n; k++)
		for (OVal p = f->block.p[f->order.p[k]].first; f->ins.p[p].op == O_PARAM; p = f->ins.p[p].next)
			if (!c->to[p] && twin[p] && twin[p] != p) {
				c->to[p] = twin[p];
				found = true;
			}
	return found;
}

/* Takes replaced parameters out of the blocks and their arguments out of the edges. */
static void drop_params(Copy *c)
{
	OFunc *f = c->f;

	for (u32 k = 0; k < f->order.n; k++) {
		OptEdges e = opt_edges(f, f->order.p[k]);
		for (u32 j = 0; j < e.n; j++) {
			OEdge *edge = &f->edge.p[opt_edge(&e, j)];
			OVal p = f->block.p[edge->block].first;
			u32 kept = 0;
			for (u32 i = 0; i < edge->n; i++, p = f->ins.p[p].next)
				if (!c->to[p])
					f->pool.p[edge->args + kept++] = f->pool.p[edge->args + i];
			edge->n = kept;
		}
	}
	for (u32 k = 0; k < f->order.n; k++) {
		u32 n = 0;
		for (OVal v = f->block.p[f->order.p[k]].first, next; v; v = next) {
			next = f->ins.p[v].next;
			if (c->to[v])
				ocode_delete(f, v);
			else if (f->ins.p[v].op == O_PARAM)
				f->ins.p[v].a = n++;
		}
	}
}

static void simplify_values(Copy *c, Arena *a)
{
	u32 *one = arena_alloc(a, c->f->ins.n * sizeof *one);
	bool found = false;

	drop_copies(c);
	/* Nested loops take a round for each level; a function that needs more keeps some parameters. */
	for (int round = 0; round < 8 && find_single(c, one); round++)
		found = true;
	found |= merge_twins(c, a);
	c->changed |= found;
	if (c->changed) {
		opt_replace_all(c->f, c->to);
		drop_params(c);
	}
}

/* ---- blocks ---------------------------------------------------------------------------------------- */

/* The jump that is all there is in a block, or 0. */
static OVal lone_jump(const OFunc *f, u32 b)
{
	OVal v = f->block.p[b].first;

	return b != 1 && f->ins.p[v].op == O_JMP ? v : 0;
}

/* Gives an edge the goal and arguments of another, with a place of its own in the pool. */
static void retarget(OFunc *f, OEdge *e, const OEdge *like)
{
	u32 at = f->pool.n;

	if (like->n) {
		vec_add(&f->pool, like->n);
		memcpy(f->pool.p + at, f->pool.p + like->args, like->n * sizeof(u32));
	}
	*e = (OEdge){.block = like->block, .args = at, .n = like->n};
}

/* Edges to a block that only jumps on go where it goes. */
static void thread_jumps(Copy *c)
{
	OFunc *f = c->f;

	for (u32 k = 0; k < f->order.n; k++) {
		OptEdges e = opt_edges(f, f->order.p[k]);
		for (u32 j = 0; j < e.n; j++) {
			OEdge *edge = &f->edge.p[opt_edge(&e, j)];
			OVal v;
			/* An endless loop of jumps must not keep us here. */
			for (u32 n = 0; n < 8 && (v = lone_jump(f, edge->block)); n++) {
				const OEdge *next = &f->edge.p[f->ins.p[v].a];
				if (next->block == edge->block)
					break;
				retarget(f, edge, next);
				c->changed = true;
			}
		}
	}
}

/* A branch with both edges to one place and equal arguments is a jump. */
static void drop_branches(Copy *c)
{
	OFunc *f = c->f;

	for (u32 k = 0; k < f->order.n; k++) {
		OIns *i = &f->ins.p[f->block.p[f->order.p[k]].last];
		if (i->op != O_BR)
			continue;
		const OEdge *x = &f->edge.p[i->b], *y = &f->edge.p[i->c];
		if (x->block == y->block && !memcmp(f->pool.p + x->args, f->pool.p + y->args, x->n * sizeof(u32))) {
			i->op = O_JMP;
			i->a = i->b;
			i->b = i->c = 0;
			c->changed = true;
		}
	}
}

static void count_edges(Copy *c)
{
	OFunc *f = c->f;

	for (u32 k = 0; k < f->order.n; k++) {
		OptEdges e = opt_edges(f, f->order.p[k]);
		for (u32 j = 0; j < e.n; j++)
			c->nin[f->edge.p[opt_edge(&e, j)].block]++;
	}
}

/* Appends to b the block that only b goes to. */
static void join(Copy *c, u32 b, u32 next)
{
	OFunc *f = c->f;
	const OEdge e = f->edge.p[f->ins.p[f->block.p[b].last].a];
	u32 k = 0;

	ocode_delete(f, f->block.p[b].last);
	for (OVal v = f->block.p[next].first, after; v; v = after) {
		after = f->ins.p[v].next;
		ocode_unlink(f, v);
		if (f->ins.p[v].op == O_PARAM)
			c->to[v] = f->pool.p[e.args + k++];
		else
			ocode_append(f, b, v);
	}
	f->block.p[next].flags = 0;
	c->changed = true;
}

static void join_blocks(Copy *c, Arena *a)
{
	OFunc *f = c->f;
	u8 *gone = arena_alloc(a, f->block.n);
	u32 kept = 0;

	for (u32 k = 0; k < f->order.n; k++) {
		u32 b = f->order.p[k];
		const OIns *i;
		while (!gone[b] && (i = &f->ins.p[f->block.p[b].last])->op == O_JMP) {
			u32 next = f->edge.p[i->a].block;
			if (c->nin[next] != 1 || next == b)
				break;
			join(c, b, next);
			gone[next] = 1;
		}
	}
	for (u32 k = 0; k < f->order.n; k++)
		if (!gone[f->order.p[k]])
			f->order.p[kept++] = f->order.p[k];
	f->order.n = kept;
	opt_replace_all(f, c->to);
}

bool opt_copy(OFunc *f, Arena *a)
{
	bool pruned = opt_prune(f, a);
	Copy c = {.f = f, .to = arena_alloc(a, f->ins.n * sizeof *c.to), .nin = arena_alloc(a, f->block.n * sizeof *c.nin)};

	simplify_values(&c, a);
	thread_jumps(&c);
	drop_branches(&c);
	pruned |= opt_prune(f, a);
	count_edges(&c);
	memset(c.to, 0, f->ins.n * sizeof *c.to);
	join_blocks(&c, a);
	return c.changed | pruned;
}
