/* Dead code: marks what effects, traps and jumps need, and deletes the rest, block parameters included.
 *
 * Needs: nothing.  Breaks: nothing; arguments of edges move in the pool. */
#include "pass.h"

typedef struct Dce {
	OFunc *f;
	u8 *live;
	u32 *todo, n;
	u32 *in_at, *in;   /* edges into a block: in[in_at[b] .. in_at[b + 1]) */
} Dce;

static void mark(void *ctx, u32 *use)
{
	Dce *d = ctx;

	if (!d->live[*use]) {
		d->live[*use] = 1;
		d->todo[d->n++] = *use;
	}
}

/* Must stay whatever becomes of its result. */
static bool is_root(const OIns *i)
{
	u32 props = ocode_ops[i->op].props;

	if (i->op == O_LOAD)
		return OMEM_FAULT(i->aux) || OMEM_ORDER(i->aux) != ORDER_PLAIN;
	return props & (OP_WRITE | OP_FAULT | OP_END);
}

static void list_edges(Dce *d, Arena *a)
{
	OFunc *f = d->f;
	u32 *fill = arena_alloc(a, (f->block.n + 1) * sizeof *fill);

	d->in_at = arena_alloc(a, (f->block.n + 2) * sizeof *d->in_at);
	for (int round = 0; round < 2; round++) {
		for (u32 k = 0; k < f->order.n; k++) {
			OptEdges e = opt_edges(f, f->order.p[k]);
			for (u32 j = 0; j < e.n; j++) {
				u32 to = f->edge.p[opt_edge(&e, j)].block;
				if (round)
					d->in[fill[to]++] = opt_edge(&e, j);
				else
					d->in_at[to + 1]++;
			}
		}
		if (round)
			break;
		for (u32 b = 0; b < f->block.n; b++)
			d->in_at[b + 1] += d->in_at[b];
		memcpy(fill, d->in_at, (f->block.n + 1) * sizeof *fill);
		d->in = arena_alloc(a, (d->in_at[f->block.n] + 1) * sizeof *d->in);
	}
}

/* Marks what an instruction uses; an edge's argument only counts when its parameter does. */
static void mark_uses(Dce *d, OVal v)
{
	OFunc *f = d->f;
	OIns *i = &f->ins.p[v];

	if (i->op == O_PARAM) {
		for (u32 k = d->in_at[i->block]; k < d->in_at[i->block + 1]; k++)
			mark(d, &f->pool.p[f->edge.p[d->in[k]].args + i->a]);
	} else if (i->op == O_BR || i->op == O_SWITCH) {
		mark(d, &i->a);
	} else if (i->op != O_JMP) {
		ocode_uses(f, v, mark, d);
	}
}

/* Drops a block's dead params and their arguments on the way in. */
static bool sweep_params(Dce *d, u32 b)
{
	OFunc *f = d->f;
	u32 n = 0, kept = 0;

	for (OVal v = f->block.p[b].first, next; f->ins.p[v].op == O_PARAM; v = next, n++) {
		next = f->ins.p[v].next;
		if (!d->live[v] && b != 1) {
			ocode_delete(f, v);
			continue;
		}
		for (u32 k = d->in_at[b]; k < d->in_at[b + 1]; k++) {
			u32 args = f->edge.p[d->in[k]].args;
			f->pool.p[args + kept] = f->pool.p[args + n];
		}
		f->ins.p[v].a = kept++;
	}
	for (u32 k = d->in_at[b]; k < d->in_at[b + 1]; k++)
		f->edge.p[d->in[k]].n = kept;
	return kept < n;
}

static bool sweep(Dce *d)
{
	OFunc *f = d->f;
	bool changed = false;

	for (u32 k = 0; k < f->order.n; k++) {
		u32 b = f->order.p[k];
		changed |= sweep_params(d, b);
		for (OVal v = f->block.p[b].first, next; v; v = next) {
			next = f->ins.p[v].next;
			if (!d->live[v] && f->ins.p[v].op != O_PARAM) {
				ocode_delete(f, v);
				changed = true;
			}
		}
	}
	return changed;
}

bool opt_dce(OFunc *f, Arena *a)
{
	bool pruned = opt_prune(f, a);
	Dce d = {.f = f, .live = arena_alloc(a, f->ins.n), .todo = arena_alloc(a, f->ins.n * sizeof *d.todo)};

	list_edges(&d, a);
	for (u32 k = 0; k < f->order.n; k++)
		for (OVal v = f->block.p[f->order.p[k]].first; v; v = f->ins.p[v].next)
			if (is_root(&f->ins.p[v])) {
				u32 root = v;
				mark(&d, &root);
			}
	while (d.n)
		mark_uses(&d, d.todo[--d.n]);
	return sweep(&d) | pruned;
}

static inline void mark_live(void *ctx, u32 *use)
{
	((u8 *)ctx)[*use] = 1;
}

void opt_dce_forward(OFunc *f, Arena *a)
{
	u8 *live = arena_alloc(a, f->ins.n);

	for (u32 k = f->order.n; k-- > 0;)
		for (OVal v = f->block.p[f->order.p[k]].last, prev; v; v = prev) {
			prev = f->ins.p[v].prev;
			if (live[v] || is_root(&f->ins.p[v]))
				ocode_each_use(f, v, mark_live, live);
			else
				ocode_delete(f, v);
		}
}
