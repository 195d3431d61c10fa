/* tree: blocks and registers of units, in one walk forwards.
 *
 * Needs blocks that form a tree: each is entered from one other, and has no params.  Then every value is live from its
 * definition down to its last use, and one walk along the branches knows at each instruction what each register holds.
 * No ranges, no intervals: a unit's translation costs more than running it, most times.  As in alloc.c, a value that is
 * ever in memory is stored once, where it is defined.  Among holders of registers, the one whose next use is the farthest
 * gives way (Belady, "A Study of Replacement Algorithms for a Virtual-Storage Computer", 1966). */
#include <stdlib.h>

#include "target.h"

/* ---- blocks ------------------------------------------------------------------------------------------ */

/* The blocks that the k-th one branches to; false if that is no tree's. */
static bool children(const OFunc *f, u32 b, u32 *n, u32 to[2])
{
	u32 first, edge[2];

	*n = ocode_succs(f, b, &first, edge);
	if (first || *n > 2)
		return false;
	for (u32 k = 0; k < *n; k++) {
		to[k] = f->edge.p[edge[k]].block;
		if (f->edge.p[edge[k]].n)
			return false;
	}
	return true;
}

/* Numbers the blocks, cold ones last. */
static void number_blocks(MFunc *m)
{
	OFunc *f = m->f;

	m->block = arena_alloc(m->arena, (f->order.n + 1) * sizeof *m->block);
	m->num = arena_alloc(m->arena, f->block.n * sizeof(u32));
	m->link = arena_alloc(m->arena, (2 * f->order.n + 1) * sizeof(u32));
	for (u32 cold = 0; cold <= OB_COLD; cold += OB_COLD)
		for (u32 i = 0; i < f->order.n; i++)
			if ((f->block.p[f->order.p[i]].flags & OB_COLD) == cold) {
				m->num[f->order.p[i]] = m->nblock;
				m->block[m->nblock++].oblock = f->order.p[i];
			}
}

bool back_tree_blocks(MFunc *m)
{
	u32 n = 0, to[2];

	number_blocks(m);
	for (u32 b = 0; b < m->nblock; b++) {
		MBlock *mb = &m->block[b];
		if (!children(m->f, mb->oblock, &mb->nsucc, to))
			return false;
		mb->succ = n;
		for (u32 k = 0; k < mb->nsucc; k++) {
			u32 child = m->num[to[k]];
			if (child <= b || m->block[child].npred++)
				return false;
			m->block[child].pred = m->f->order.n + child;
			m->link[m->f->order.n + child] = b;
			m->link[n++] = child;
		}
	}
	return n + 1 == m->nblock && m->block[0].oblock == 1;
}

/* ---- what is known of a vreg --------------------------------------------------------------------------- */

typedef struct Vreg {
	u32 start, end; /* instruction that defines it; twice the last one that uses it, + 1 if it is needed beyond its reads */
	i32 loc;        /* register, or LOC_SLOT(vreg) */
	u8 want;        /* 1 + register that it would be moved to or from */
	bool spilled;
} Vreg;

/* Registers that the instruction at a time takes: from its reads on, from its end on. */
typedef struct Taken { u32 time, reads, end; } Taken;

typedef struct Saved { u32 held, in[NREG]; } Saved;

/* Times count instructions in the order of the walk. */
typedef struct Walk {
	MFunc *m;
	Vreg *v;
	u32 *order;         /* blocks: a branch's cold side first, so that its values are dead on the other */
	Saved *saved;       /* by block: registers at its beginning */
	u32 in[NREG], held; /* vregs in registers; registers with one */
	VEC(Taken) taken;
	u32 taken_at;       /* of the instruction or behind it */
	u32 time, ins, k;   /* the instruction, its place in the code, and the place of its block in `order` */
	u32 first_move;     /* of the instruction */
	u32 busy, late;     /* registers of its operands; of those that are read when results may have been written */
	bool spills, failed;
} Walk;

static u32 class_regs(const Walk *w, u32 v)
{
	return w->m->regs & (type_in_freg(w->m->vtype.p[v]) ? 0xffff0000u : 0xffffu);
}

static void note_taken(Walk *w, const MIns *ins)
{
	Taken t = { .time = w->time };
	const MOpnd *o = &w->m->opnd.p[ins->opnd];

	if (ins->flags & MF_CALL)
		t.end = w->m->regs & ~w->m->t->kept;
	for (u32 k = 0; k < ins->nopnd; k++)
		if (o[k].role == ROLE_FIX || o[k].role == ROLE_KILL)
			t.reads |= 1u << o[k].fixed;
		else if (o[k].role == ROLE_DFIX && o[k].fixed != NOREG)
			t.end |= 1u << o[k].fixed;
	t.reads &= w->m->regs;
	t.end = (t.end | t.reads) & w->m->regs;
	if (t.end)
		vec_push(&w->taken, t);
}

enum {
	DEFS = 1 << ROLE_DEF | 1 << ROLE_DFIX, WRITES = DEFS | 1 << ROLE_TMP,
	LATE = 1 << ROLE_LATE | 1 << ROLE_ANYL | 1 << ROLE_MAP | 1 << ROLE_TMP /* there until the instruction is over */
};

static void note_operand(Walk *w, const MOpnd *o)
{
	Vreg *v = &w->v[o->v];
	u32 role = 1u << o->role, end = 2 * w->time + ((role & (LATE | DEFS)) != 0);

	if (!o->v)
		return;
	if (role & WRITES)
		v->start = w->time;
	v->end = MAX(v->end, end);
	if (role & (1 << ROLE_FIX | 1 << ROLE_DFIX) && o->fixed != NOREG && !v->want)
		v->want = (u8)(1 + o->fixed);
}

/* Lifetimes, wishes, and registers that instructions take. */
static void look_ahead(Walk *w)
{
	MFunc *m = w->m;

	for (u32 k = 0; k < m->nblock; k++) {
		const MBlock *b = &m->block[w->order[k]];
		for (u32 i = b->first, end = b->end; i < end; i++, w->time++) {
			const MIns *ins = &m->ins.p[i];
			const MOpnd *o = &m->opnd.p[ins->opnd];
			if (ins->flags & (MF_CALL | MF_FIXED))
				note_taken(w, ins);
			for (u32 j = 0, n = ins->nopnd; j < n; j++)
				note_operand(w, &o[j]);
		}
	}
}

/* ---- registers ------------------------------------------------------------------------------------------- */

static void hold(Walk *w, u32 v, u32 r)
{
	w->v[v].loc = (i32)r;
	w->in[r] = v;
	w->held |= 1u << r;
	w->m->used |= 1u << r;
}

static void release(Walk *w, u32 r)
{
	w->in[r] = 0;
	w->held &= ~(1u << r);
}

static void to_memory(Walk *w, u32 v)
{
	w->v[v].loc = LOC_SLOT(v);
	w->v[v].spilled = w->spills = true;
}

static void add_move(Walk *w, u32 v, i32 from, i32 to)
{
	MMove mv = { MOVE_KEY(w->ins, MOVE_SPLIT), from, to, v };

	vec_push(&w->m->move, mv);
}

/* Registers that instructions take while v is live.  At its last use it may be where that use wants it. */
static u32 in_the_way(const Walk *w, u32 v)
{
	const Vreg *x = &w->v[v];
	u32 way = 0;

	for (u32 k = w->taken_at; k < w->taken.n && 2 * w->taken.p[k].time <= x->end; k++) {
		const Taken *t = &w->taken.p[k];
		if (t->time == w->time)
			continue;
		if (2 * t->time == x->end)
			way |= t->reads & ~(x->want ? 1u << (x->want - 1) : 0);
		else
			way |= t->end;
	}
	return way;
}

/* Takes those out of `regs` that the instruction's operands name. */
static u32 not_read(const Walk *w, const MIns *ins, u32 regs)
{
	for (u32 k = 0; k < ins->nopnd; k++) {
		const MOpnd *o = &w->m->opnd.p[ins->opnd + k];
		if (o->v && o->role < ROLE_MAP && w->v[o->v].loc >= 0)
			regs &= ~(1u << w->v[o->v].loc);
	}
	return regs;
}

enum { FAR = 64 }; /* instructions that are looked at */

/* The one of `regs` whose value is needed last; of those that nobody needs soon, one that is in memory already. */
static u32 needed_last(const Walk *w, u32 regs)
{
	u32 seen = 0, i = w->ins + 1;

	for (u32 k = w->k; k < w->m->nblock && seen < FAR; k++) {
		const MBlock *b = &w->m->block[w->order[k]];
		for (i = k == w->k ? i : b->first; i < b->end && seen < FAR; i++, seen++) {
			u32 left = not_read(w, &w->m->ins.p[i], regs);
			if (!left)
				return (u32)__builtin_ctz(regs);
			regs = left;
		}
	}
	for (u32 r = regs; r; r &= r - 1)
		if (w->v[w->in[__builtin_ctz(r)]].spilled)
			return (u32)__builtin_ctz(r);
	return (u32)__builtin_ctz(regs);
}

/* A register for v out of `regs`, all of them free. */
static u32 choose(const Walk *w, u32 v, u32 regs, u32 like)
{
	u32 good = regs & ~in_the_way(w, v), want = w->v[v].want;
	const u8 *o = w->m->t->order;

	if (want && good >> (want - 1) & 1)
		return want - 1;
	if (like < NREG && good >> like & 1)
		return like;
	if (!good)
		good = regs;
	while (*o == NOREG || !(good >> *o & 1))
		o++;
	return *o;
}

/* Frees one of `regs`, all of them held. */
static u32 evict(Walk *w, u32 regs, bool cancel)
{
	u32 r = needed_last(w, regs), v = w->in[r];

	for (u32 k = w->first_move; cancel && k < w->m->move.n; k++)
		if (w->m->move.p[k].v == v)
			w->m->move.p[k].to = w->m->move.p[k].from;
	to_memory(w, v);
	release(w, r);
	return r;
}

/* v comes into a register that is none of `not`. */
static void take(Walk *w, u32 v, u32 not, u32 like, bool cancel)
{
	u32 all = class_regs(w, v) & ~not, r;

	if (all & ~w->held) {
		r = choose(w, v, all & ~w->held, like);
	} else if (all & ~w->busy & ~w->late) {
		r = evict(w, all & ~w->busy & ~w->late, cancel);
	} else {
		w->failed = true;
		return;
	}
	hold(w, v, r);
}

/* ---- one instruction ---------------------------------------------------------------------------------------- */

static bool read_elsewhere(const Walk *w, const MIns *ins, u32 v, u32 r)
{
	for (u32 k = 0; k < ins->nopnd; k++) {
		const MOpnd *o = &w->m->opnd.p[ins->opnd + k];
		if (o->v == v && !(o->role == ROLE_FIX && o->fixed == r) && o->role != ROLE_OUT)
			return true;
	}
	return false;
}

/* Values in registers that the instruction takes go elsewhere.  One that the instruction wants in just that register
 * is read there all the same: returns the registers of those. */
static u32 make_way(Walk *w, const MIns *ins, const Taken *t, u32 was[NREG])
{
	u32 left = 0;

	for (u32 regs = t->end & w->held; regs; regs &= regs - 1) {
		u32 r = (u32)__builtin_ctz(regs), v = w->in[r], to;
		if (w->v[v].end <= 2 * w->time && (!(t->reads >> r & 1) || !read_elsewhere(w, ins, v, r)))
			continue;
		left |= 1u << r;
		was[r] = v;
		to = class_regs(w, v) & ~w->held & ~t->end;
		release(w, r);
		if (!to) {
			to_memory(w, v);
			continue;
		}
		to = choose(w, v, to, NOREG);
		add_move(w, v, (i32)r, (i32)to);
		hold(w, v, to);
	}
	return left;
}

/* The registers of operands that others may not have. */
static void pin_operands(Walk *w, const MIns *ins)
{
	for (u32 k = 0; k < ins->nopnd; k++) {
		const MOpnd *o = &w->m->opnd.p[ins->opnd + k];
		if (o->v && o->role <= ROLE_ANYL && w->v[o->v].loc >= 0)
			w->busy |= 1u << w->v[o->v].loc;
	}
}

static void reload(Walk *w, u32 v, u32 not)
{
	take(w, v, not, NOREG, true);
	if (w->failed)
		return;
	add_move(w, v, LOC_SLOT(v), w->v[v].loc);
	w->busy |= 1u << w->v[v].loc;
}

/* Operands that have to be in registers come there; others if there is room. */
static void bring_operands(Walk *w, const MIns *ins, u32 not)
{
	pin_operands(w, ins);
	for (u32 k = 0; k < ins->nopnd && !w->failed; k++) {
		const MOpnd *o = &w->m->opnd.p[ins->opnd + k];
		if (o->role == ROLE_TMP) {
			take(w, o->v, not, NOREG, true);
			w->busy |= w->failed ? 0 : 1u << w->v[o->v].loc;
		} else if (o->v && o->role <= ROLE_ANYL && LOC_IS_SLOT(w->v[o->v].loc)) {
			if (o->role <= ROLE_LATE || (class_regs(w, o->v) & ~w->held & ~not))
				reload(w, o->v, not);
		}
	}
}

static void release_all(Walk *w, u32 regs)
{
	for (w->held &= ~regs; regs; regs &= regs - 1)
		w->in[__builtin_ctz(regs)] = 0;
}

enum { MAX_DEF = 64 /* the number of an operand that is a result is below this */ };

/* What place_reads finds out: operands that are results, as a set; registers of values that nobody needs behind the
 * instruction, and that no operand is in any more. */
typedef struct Found { u64 defs; u32 over; } Found;

/* The reading operands are given their places.  False if there is one that is not where it has to be, unless `brought`.
 * Values that nobody needs any more give up their registers. */
static bool place_reads(Walk *w, const MIns *ins, bool brought, Found *found)
{
	MOpnd *o = &w->m->opnd.p[ins->opnd];
	u32 over = 0, late = 0, now = 2 * w->time;

	*found = (Found){ 0 };
	for (u32 k = 0, n = ins->nopnd; k < n; k++) {
		u32 role = 1u << o[k].role;
		const Vreg *v = &w->v[o[k].v];
		i32 loc = v->loc;
		if (role & DEFS && o[k].v) {
			found->defs |= 1ull << k % MAX_DEF;
			w->failed |= k >= MAX_DEF;
			continue;
		}
		o[k].loc = LOC_NOWHERE;
		if (!o[k].v)
			continue;
		if (!brought && (role & 1 << ROLE_TMP || (LOC_IS_SLOT(loc) && o[k].role <= ROLE_ANYL)))
			return false;
		o[k].loc = loc;
		if (loc < 0)
			continue;
		if (role & LATE)
			late |= 1u << loc;
		if (v->end <= now)
			over |= 1u << loc;
		else if (v->end == now + 1)
			found->over |= 1u << loc;
	}
	w->late |= late;
	release_all(w, over);
	return true;
}

/* A value that the instruction wants in the register where it was until it had to make way is read there. */
static void read_in_place(Walk *w, const MIns *ins, u32 left, const u32 was[NREG])
{
	MOpnd *o = &w->m->opnd.p[ins->opnd];

	for (u32 k = 0; k < ins->nopnd; k++)
		if (o[k].role == ROLE_FIX && (left >> o[k].fixed & 1) && was[o[k].fixed] == o[k].v)
			o[k].loc = o[k].fixed;
}

static void place_results(Walk *w, const MIns *ins, Found *found)
{
	MOpnd *o = &w->m->opnd.p[ins->opnd];
	u32 like = ins->nopnd >= 2 && o[1].v && ROLE_READS(o[1].role) && o[1].loc >= 0 ? (u32)o[1].loc : NOREG;

	for (u64 defs = found->defs; defs && !w->failed; defs &= defs - 1) {
		MOpnd *d = &o[__builtin_ctzll(defs)];
		take(w, d->v, w->late, d->role == ROLE_DEF ? like : NOREG, false);
		if (w->failed)
			return;
		d->loc = w->v[d->v].loc;
		w->late |= 1u << d->loc;
		if (w->v[d->v].end <= 2 * w->time + 1)
			found->over |= 1u << d->loc;
	}
	release_all(w, found->over);
}

/* The first result of an instruction with a state map finds a register that the map does not name: one of the values that
 * only the map wants goes to memory, unless there are free ones or will be. */
static void make_room(Walk *w, const MIns *ins, u32 not)
{
	const MOpnd *o = &w->m->opnd.p[ins->opnd];
	u32 all = class_regs(w, o->v) & ~not, read = 0;

	if (all & ~w->held)
		return;
	for (u32 k = 0; k < ins->nopnd; k++) {
		const Vreg *v = &w->v[o[k].v];
		if (!o[k].v || v->loc < 0 || o[k].role > ROLE_ANYL)
			continue;
		if (v->end <= 2 * w->time && (all >> v->loc & 1))
			return;
		read |= 1u << v->loc;
	}
	if (all & ~read)
		evict(w, all & ~read, true);
}

static void place_ins(Walk *w)
{
	const MIns *ins = &w->m->ins.p[w->ins];
	u32 was[NREG], left = 0, not = 0;
	Found found;

	if (!ins->nopnd && !(ins->flags & MF_CALL))
		return;
	w->busy = w->late = 0;
	w->first_move = w->m->move.n;
	while (w->taken_at < w->taken.n && w->taken.p[w->taken_at].time < w->time)
		w->taken_at++;
	if (w->taken_at < w->taken.n && w->taken.p[w->taken_at].time == w->time) {
		not = w->taken.p[w->taken_at].end;
		left = make_way(w, ins, &w->taken.p[w->taken_at], was);
	}
	if (ins->map && ins->nopnd && (1u << w->m->opnd.p[ins->opnd].role & DEFS) && w->m->opnd.p[ins->opnd].v)
		make_room(w, ins, not);
	if (!place_reads(w, ins, false, &found)) {
		bring_operands(w, ins, not);
		place_reads(w, ins, true, &found);
		w->busy = 0;
	}
	if (left)
		read_in_place(w, ins, left, was);
	if (found.defs | found.over)
		place_results(w, ins, &found);
}

/* ---- the walk ----------------------------------------------------------------------------------------------------- */

static void make_order(Walk *w)
{
	MFunc *m = w->m;
	u32 *todo = arena_alloc(m->arena, (m->nblock + 1) * sizeof *todo), n = 1, k = 0;

	w->order = arena_alloc(m->arena, m->nblock * sizeof *w->order);
	while (n) {
		const MBlock *b = &m->block[w->order[k++] = todo[--n]];
		const u32 *to = &m->link[b->succ];
		bool swap = b->nsucc == 2 && to[0] > to[1]; /* cold blocks have the greater numbers */
		for (u32 j = 0; j < b->nsucc; j++)
			todo[n++] = to[j ^ swap];
	}
}

/* What the registers hold where the block begins. */
static void enter_block(Walk *w, u32 b)
{
	for (u32 regs = w->held; regs; regs &= regs - 1) {
		u32 v = w->in[__builtin_ctz(regs)];
		w->v[v].loc = LOC_SLOT(v);
	}
	release_all(w, w->held);
	for (u32 regs = w->saved[b].held; regs; regs &= regs - 1) {
		u32 r = (u32)__builtin_ctz(regs);
		if (w->v[w->saved[b].in[r]].end >= 2 * w->time)
			hold(w, w->saved[b].in[r], r);
	}
}

static void walk(Walk *w)
{
	MFunc *m = w->m;

	w->time = 0;
	for (w->k = 0; w->k < m->nblock && !w->failed; w->k++) {
		const MBlock *b = &m->block[w->order[w->k]];
		enter_block(w, w->order[w->k]);
		for (w->ins = b->first; w->ins < b->end && !w->failed; w->ins++, w->time++)
			place_ins(w);
		for (u32 j = 0; j < b->nsucc; j++) {
			Saved *to = &w->saved[m->link[b->succ + j]];
			to->held = w->held;
			for (u32 regs = w->held; regs; regs &= regs - 1)
				to->in[__builtin_ctz(regs)] = w->in[__builtin_ctz(regs)];
		}
	}
}

/* ---- memory ------------------------------------------------------------------------------------------------------- */

/* Words of the spill area: two vregs that are never live at the same time may share one. */
static void give_words(Walk *w)
{
	MFunc *m = w->m;
	u32 *until = arena_alloc(m->arena, (2 * m->vtype.n + 2) * sizeof *until);

	for (u32 v = 1; v < m->vtype.n; v++) {
		bool wide = m->vtype.p[v] == OT_V128;
		u32 k = 0;
		if (!w->v[v].spilled)
			continue;
		while (until[k] > w->v[v].start || (wide && until[k + 1] > w->v[v].start))
			k++;
		until[k] = until[k + wide] = w->v[v].end / 2 + 1;
		m->store.p[v] = k + wide + 1;
		m->nslot = MAX(m->nslot, k + wide + 1);
	}
}

static void name_words(Walk *w)
{
	MFunc *m = w->m;

	give_words(w);
	for (u32 k = 0; k < m->opnd.n; k++)
		if (m->opnd.p[k].v && LOC_IS_SLOT(m->opnd.p[k].loc))
			m->opnd.p[k].loc = LOC_SLOT(m->store.p[m->opnd.p[k].v] - 1);
	for (u32 k = 0; k < m->move.n; k++)
		if (LOC_IS_SLOT(m->move.p[k].from))
			m->move.p[k].from = LOC_SLOT(m->store.p[m->move.p[k].v] - 1);
}

static int by_key(const void *x, const void *y)
{
	const MMove *a = x, *b = y;

	return (a->key > b->key) - (a->key < b->key);
}

bool back_tree_alloc(MFunc *m)
{
	Walk w = { .m = m };

	w.v = arena_alloc(m->arena, m->vtype.n * sizeof *w.v);
	w.saved = arena_alloc(m->arena, m->nblock * sizeof *w.saved);
	m->store.n = 0;
	vec_add(&m->store, m->vtype.n);
	make_order(&w);
	for (u32 v = 1; m->pinned && v < m->home.n; v++)
		if (m->home.p[v])
			w.v[v].loc = m->home.p[v] - 1;
	look_ahead(&w);
	walk(&w);
	if (!w.failed && w.spills)
		name_words(&w);
	if (w.failed)
		m->move.n = m->nslot = 0;
	else if (m->move.n)
		qsort(m->move.p, m->move.n, sizeof *m->move.p, by_key);
	vec_free(&w.taken);
	return !w.failed;
}
