/* What pays for an x86 unit, which often runs once: folding and dead code, in one walk each where the blocks allow it.
 *
 * Needs: nothing.  Recreates: what level 0 does.  Breaks: nothing. */
#include "pass.h"

/* Do all edges go forwards, without arguments? */
static bool goes_forward(const OFunc *f, Arena *a)
{
	u32 *place = arena_alloc(a, f->block.n * sizeof *place);

	for (u32 k = 0; k < f->order.n; k++)
		place[f->order.p[k]] = k;
	for (u32 k = 0; k < f->order.n; k++) {
		OptEdges e = opt_edges(f, f->order.p[k]);
		for (u32 j = 0; j < e.n; j++) {
			const OEdge *to = &f->edge.p[opt_edge(&e, j)];
			if (to->n || place[to->block] <= k)
				return false;
		}
	}
	return true;
}

void opt_unit(OFunc *f, bool sweep, void (*after)(void *ctx, const OFunc *f, const char *pass), void *ctx)
{
	Arena *a = arena_new();

	if (!goes_forward(f, a)) {
		opt_run_one(f, "fold");
		opt_run(f, 0, after, ctx);
	} else {
		opt_fold_forward(f, a);
		if (after)
			after(ctx, f, "fold");
		if (sweep)
			opt_dce_forward(f, a);
		if (after)
			after(ctx, f, "dce");
	}
	arena_free(a);
}
