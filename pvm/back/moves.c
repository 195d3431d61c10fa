/* moves: parallel moves put in an order in which no source is overwritten before it is read.
 *
 * Needs all destinations different.  Takes time proportional to the number of moves.  Breaks cycles with one scratch
 * register (of the integer class); constants come last, so that writing one to memory may use the scratch register
 * too.  After Boissinot et al., "Revisiting Out-of-SSA Translation for Correctness, Code Quality, and Efficiency"
 * (CGO 2009). */
#include "target.h"

/* What is known of a place while moves wait; all zero between calls. */
struct MovePlace {
	u32 readers;  /* waiting moves from it */
	u32 which;    /* the sum of their numbers: the one that is left, when there is one */
	u32 writer;   /* 1 + the waiting move to it */
};

void moves_init(Moves *m, u32 nslot, Arena *a)
{
	m->place = arena_alloc(a, (NREG + 1 + nslot) * sizeof *m->place);
}

/* NULL for a word of the outgoing area, which nobody reads. */
static struct MovePlace *place_of(const Moves *m, i32 loc)
{
	if (loc >= LOC_OUT)
		return NULL;
	return &m->place[loc == LOC_SCRATCH ? NREG : LOC_IS_SLOT(loc) ? NREG + 1 + SLOT_OF(loc) : (u32)loc];
}

static bool is_free(const Moves *m, i32 loc)
{
	const struct MovePlace *p = place_of(m, loc);

	return !p || !p->readers;
}

static void wait_for(Moves *m, const PMove *mv, u32 i)
{
	struct MovePlace *from = place_of(m, mv[i].from), *to = place_of(m, mv[i].to);

	from->readers++;
	from->which += i;
	if (to)
		to->writer = i + 1;
}

/* Does move i and those that waited for it only. */
static void run_from(Moves *m, PMove *mv, u32 i, void (*sink)(void *, const PMove *), void *ctx)
{
	for (;;) {
		struct MovePlace *from = place_of(m, mv[i].from), *to = place_of(m, mv[i].to);
		sink(ctx, &mv[i]);
		mv[i].done = true;
		from->readers--;
		from->which -= i;
		if (to)
			to->writer = 0;
		if (from->readers || !from->writer)
			return;
		i = from->writer - 1;
	}
}

/* Every waiting move is in a cycle: its goal, which one other move reads, goes to the scratch register. */
static void break_cycle(Moves *m, PMove *mv, u32 i, void (*sink)(void *, const PMove *), void *ctx)
{
	struct MovePlace *to = place_of(m, mv[i].to);
	u32 reader = to->which;
	PMove save = { .from = mv[i].to, .to = LOC_SCRATCH, .type = mv[reader].type };

	sink(ctx, &save);
	to->readers = to->which = 0;
	mv[reader].from = LOC_SCRATCH;
	place_of(m, LOC_SCRATCH)->readers = 1;
	place_of(m, LOC_SCRATCH)->which = reader;
	run_from(m, mv, i, sink, ctx);
}

void moves_emit(Moves *m, PMove *mv, u32 n, void (*sink)(void *ctx, const PMove *mv), void *ctx)
{
	for (u32 i = 0; i < n; i++) {
		mv[i].done = mv[i].con || mv[i].from == mv[i].to;
		if (!mv[i].done)
			wait_for(m, mv, i);
	}
	for (u32 i = 0; i < n; i++)
		if (!mv[i].done && is_free(m, mv[i].to))
			run_from(m, mv, i, sink, ctx);
	for (u32 i = 0; i < n; i++)
		if (!mv[i].done)
			break_cycle(m, mv, i, sink, ctx);
	for (u32 i = 0; i < n; i++)
		if (mv[i].con)
			sink(ctx, &mv[i]);
}
