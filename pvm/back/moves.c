/* moves: parallel moves put in an order in which no source is overwritten before it is read.
 *
 * Needs all destinations different.  Breaks cycles with one scratch register (of the integer class); constants
 * come last, so that writing one to memory may use the scratch register too.  After Boissinot et al.,
 * "Revisiting Out-of-SSA Translation for Correctness, Code Quality, and Efficiency" (CGO 2009). */
#include "target.h"

/* Is `loc` still read by a move other than `me` that is not done? */
static bool is_read(const PMove *mv, u32 n, u32 me, i32 loc)
{
	for (u32 i = 0; i < n; i++)
		if (i != me && !mv[i].done && mv[i].from == loc)
			return true;
	return false;
}

/* The same for edges with many moves: how many moves read each place. */
static bool move_ready(const PMove *mv, u32 n, u32 i)
{
	return !mv[i].done && !is_read(mv, n, i, mv[i].to);
}

/* Does every move that can go; true if one did. */
static bool move_round(PMove *mv, u32 n, void (*sink)(void *, const PMove *), void *ctx)
{
	bool any = false;

	for (u32 i = 0; i < n; i++)
		if (move_ready(mv, n, i)) {
			sink(ctx, &mv[i]);
			mv[i].done = any = true;
		}
	return any;
}

/* All moves left are in cycles: saves one destination in the scratch register. */
static bool break_cycle(PMove *mv, u32 n, void (*sink)(void *, const PMove *), void *ctx)
{
	for (u32 i = 0; i < n; i++) {
		PMove save = { 0 };
		if (mv[i].done)
			continue;
		save.from = mv[i].to;
		save.to = LOC_SCRATCH;
		for (u32 k = 0; k < n; k++)
			if (!mv[k].done && mv[k].from == save.from) {
				save.type = mv[k].type;
				mv[k].from = LOC_SCRATCH;
			}
		sink(ctx, &save);
		return true;
	}
	return false;
}

void back_moves(PMove *mv, u32 n, void (*sink)(void *ctx, const PMove *mv), void *ctx)
{
	for (u32 i = 0; i < n; i++)
		mv[i].done = mv[i].con || mv[i].from == mv[i].to;
	do {
		while (move_round(mv, n, sink, ctx))
			;
	} while (break_cycle(mv, n, sink, ctx));
	for (u32 i = 0; i < n; i++)
		if (mv[i].con)
			sink(ctx, &mv[i]);
}
