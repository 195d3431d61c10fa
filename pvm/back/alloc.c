/* alloc: linear scan over live intervals with holes, splitting and spilling as it goes.
 *
 * After Wimmer and Mössenböck, "Optimized Interval Splitting in a Linear Scan Register Allocator" (VEE 2005), and
 * Wimmer and Franz, "Linear Scan Register Allocation on SSA Form" (CGO 2010).  A value that is ever in memory is
 * stored once, where it is defined; so a spill itself costs nothing, and a later reload may stand anywhere. */
#include <stdlib.h>

#include "target.h"

typedef struct Iv {
	u32 v;
	u32 first;      /* first range */
	u32 at;         /* range that the scan has reached */
	u32 start, end; /* hull */
	u32 u0, u1;     /* uses */
	u32 next;       /* the part of the same vreg that follows; 0 = none */
	i32 reg;        /* LOC_NOWHERE: in memory */
	bool flt;
} Iv;

typedef struct Alloc {
	MFunc *m;
	Live *l;
	VEC(Iv) iv;              /* [0] unused; [v] is the first part of vreg v */
	VEC(u64) heap;           /* start << 32 | interval: those to come */
	VEC(u32) active, inactive; /* intervals */
	u32 fixed_at[NREG];      /* by register: the fixed range that the scan has reached */
	u32 call_at;             /* likewise in calls */
	u32 pos;
	u32 *slot;               /* by vreg: 1 + word of the spill area */
	u32 *seen;               /* by vreg: the part found last, where the next search begins; 0 = none */
	bool failed;
} Alloc;

/* ---- the intervals to come, ordered by start ----------------------------------------------------- */

static void heap_push(Alloc *a, u32 iv)
{
	u32 i = a->heap.n;
	u64 key = (u64)a->iv.p[iv].start << 32 | iv;

	vec_push(&a->heap, key);
	for (; i && a->heap.p[(i - 1) / 2] > key; i = (i - 1) / 2)
		a->heap.p[i] = a->heap.p[(i - 1) / 2];
	a->heap.p[i] = key;
}

static u32 heap_pop(Alloc *a)
{
	u32 top = (u32)a->heap.p[0], i = 0, n = --a->heap.n, k;
	u64 key = a->heap.p[n];

	for (; (k = 2 * i + 1) < n; i = k) {
		if (k + 1 < n && a->heap.p[k + 1] < a->heap.p[k])
			k++;
		if (a->heap.p[k] >= key)
			break;
		a->heap.p[i] = a->heap.p[k];
	}
	a->heap.p[i] = key;
	return top;
}

/* ---- questions about intervals --------------------------------------------------------------------- */

/* First use of kind >= kind at or behind pos; POS_NEVER if there is none. */
static u32 next_use(const Alloc *a, const Iv *it, u32 pos, u32 kind)
{
	const Use *u = a->l->use.p;
	u32 lo = it->u0, hi = it->u1;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;
		if (u[mid].pos < pos)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < it->u1; lo++)
		if (u[lo].kind >= kind)
			return u[lo].pos;
	return POS_NEVER;
}

/* Last use (of any kind) before pos, or the start. */
static u32 last_use(const Alloc *a, const Iv *it, u32 pos)
{
	u32 lo = it->u0, hi = it->u1;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;
		if (a->l->use.p[mid].pos < pos)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo > it->u0 && a->l->use.p[lo - 1].kind == USE_MAP)
		lo--;
	return lo > it->u0 ? MAX(a->l->use.p[lo - 1].pos, it->start) : it->start;
}

static bool covers(const Alloc *a, const Iv *it, u32 pos)
{
	for (u32 r = it->at; r; r = a->l->range.p[r].next)
		if (pos < a->l->range.p[r].to)
			return pos >= a->l->range.p[r].from;
	return false;
}

/* As next_use, but a value that goes round the loop and is used there is needed again at the loop's end. */
static u32 next_need(const Alloc *a, const Iv *it, u32 pos)
{
	const MBlock *b = &a->m->block[a->l->block_of[POS_INS(pos)]];
	u32 next = next_use(a, it, pos, USE_MOVE);

	if (b->loop_end && next >= b->loop_end && it->end >= b->loop_end && covers(a, it, b->loop_end - 1)) {
		const Iv *whole = &a->iv.p[it->v];
		u32 use;
		/* Uses of all parts of a vreg are neighbours. */
		Iv all = { .u0 = a->l->use_at[whole->v], .u1 = a->l->use_at[whole->v + 1] };
		use = next_use(a, &all, b->loop_from, USE_MOVE);
		if (use < b->loop_end)
			return b->loop_end;
	}
	return next;
}

static u32 meet_ranges(const Alloc *a, u32 x, u32 y)
{
	const Range *r = a->l->range.p;

	while (x && y) {
		if (r[x].to <= r[y].from)
			x = r[x].next;
		else if (r[y].to <= r[x].from)
			y = r[y].next;
		else
			return MAX(r[x].from, r[y].from);
	}
	return POS_NEVER;
}

/* Where the interval first meets a register's fixed ranges. */
static u32 meet_fixed(const Alloc *a, const Iv *it, u32 reg)
{
	const Range *r = a->l->range.p, *f = a->l->fixed[reg].p;
	u32 x = it->at, k = a->fixed_at[reg], n = a->l->fixed[reg].n;

	while (x && k < n) {
		if (r[x].to <= f[k].from)
			x = r[x].next;
		else if (f[k].to <= r[x].from)
			k++;
		else
			return MAX(r[x].from, f[k].from);
	}
	return POS_NEVER;
}

static u32 meet_call(const Alloc *a, const Iv *it)
{
	const Range *r = a->l->range.p;
	u32 x = it->at, k = a->call_at;

	while (x && k < a->l->call.n) {
		u32 c = a->l->call.p[k];
		if (r[x].to <= c)
			x = r[x].next;
		else if (c + 1 <= r[x].from)
			k++;
		else
			return c;
	}
	return POS_NEVER;
}

/* ---- splitting -------------------------------------------------------------------------------------------- */

/* A gap in (lo, hi] at which to split: the last one with the lowest loop depth. */
static u32 split_place(const Alloc *a, u32 lo, u32 hi)
{
	u32 min = POS_GAP(lo) + SLOTS, best = POS_GAP(hi), b, depth;
	u32 b0;

	if (min >= best)
		return best;
	b0 = a->l->block_of[POS_INS(min)];
	b = a->l->block_of[POS_INS(best)];
	depth = a->m->block[b].depth;
	for (u32 k = 0; k < 100 && b >= b0; b--, k++) {
		const MBlock *mb = &a->m->block[b];
		u32 p = POS(mb->first, 0);
		/* A split at a loop's head costs on the way in only. */
		u32 d = mb->depth - (a->m->cfg->loop[mb->oblock] == mb->oblock);
		if (p >= min && p <= best && d < depth) {
			best = p;
			depth = d;
		}
		if (!b)
			break;
	}
	return best;
}

/* Cuts the interval at pos (inside its hull); returns the part behind. */
static u32 split(Alloc *a, u32 id, u32 pos)
{
	Iv child = a->iv.p[id], *it;
	Range *r = a->l->range.p;
	u32 last = 0, x = r[a->iv.p[id].at].from < pos ? a->iv.p[id].at : a->iv.p[id].first, u;

	for (; r[x].to <= pos; x = r[x].next)
		last = x;
	if (r[x].from < pos) {
		Range tail = { pos, r[x].to, r[x].next };
		vec_push(&a->l->range, tail);
		r = a->l->range.p;
		r[x].to = pos;
		r[x].next = 0;
		last = x;
		x = a->l->range.n - 1;
	} else {
		r[last].next = 0;
	}
	for (u = child.u0; u < child.u1 && a->l->use.p[u].pos < pos; u++)
		;
	it = &a->iv.p[id];
	child.first = child.at = x;
	child.start = r[x].from;
	child.u0 = it->u1 = u;
	child.reg = LOC_NOWHERE;
	it->end = r[last].to;
	it->next = a->iv.n;
	vec_push(&a->iv, child);
	return a->iv.n - 1;
}

/* The interval stays in memory from its start to its next use that wants a register.  Its start may lie behind the
 * scan; what goes back to the queue may not. */
static void spill(Alloc *a, u32 id, u32 kind)
{
	Iv *it = &a->iv.p[id];
	u32 use = next_use(a, it, it->start, kind), p;

	it->reg = LOC_NOWHERE;
	a->slot[it->v] = 1;
	if (use == POS_NEVER)
		return;
	p = split_place(a, MAX(it->start, a->pos), use);
	if (p <= it->start || p < a->pos) {
		a->failed = true;
		return;
	}
	heap_push(a, split(a, id, p));
}

/* ---- choosing a register ------------------------------------------------------------------------------------- */

static const u8 *class_order(const Alloc *a, const Iv *it)
{
	const u8 *o = a->m->t->order;

	if (it->flt)
		while (*o++ != NOREG)
			;
	return o;
}

static void set_active(Alloc *a, u32 id, u32 reg)
{
	a->iv.p[id].reg = (i32)reg;
	a->m->used |= 1u << reg;
	vec_push(&a->active, id);
}

/* How long each register is free from the interval's start on. */
static void free_until(const Alloc *a, const Iv *it, u32 fu[NREG])
{
	u32 call = meet_call(a, it);

	for (const u8 *o = class_order(a, it); *o != NOREG; o++) {
		fu[*o] = a->m->t->regs >> *o & 1 ? meet_fixed(a, it, *o) : 0;
		if (!(a->m->t->kept >> *o & 1))
			fu[*o] = MIN(fu[*o], call);
	}
	for (u32 k = 0; k < a->active.n; k++)
		if (a->iv.p[a->active.p[k]].flt == it->flt)
			fu[a->iv.p[a->active.p[k]].reg] = 0;
	for (u32 k = 0; k < a->inactive.n; k++) {
		const Iv *other = &a->iv.p[a->inactive.p[k]];
		if (other->flt == it->flt && fu[other->reg] > it->start) {
			u32 p = meet_ranges(a, other->at, it->at);
			fu[other->reg] = MIN(fu[other->reg], p);
		}
	}
}

/* The register that a hint names, or NOREG. */
static u32 hint_reg(const Alloc *a, const Iv *it, u32 k)
{
	u32 h = a->l->hint[HINTS * it->v + k].to;
	i32 r;

	if (!h)
		return NOREG;
	if (h <= NREG)
		return (h - 1 >= REG_F0) == it->flt ? h - 1 : NOREG;
	h -= NREG + 1;
	while (a->iv.p[h].next && a->iv.p[a->iv.p[h].next].start <= it->start && a->iv.p[a->iv.p[h].next].reg >= 0)
		h = a->iv.p[h].next;
	r = a->iv.p[h].reg;
	return r >= 0 && a->iv.p[h].flt == it->flt ? (u32)r : NOREG;
}

static u32 best_free(const Alloc *a, const Iv *it, const u32 fu[NREG])
{
	u32 best = NOREG;

	for (u32 k = 0; k < HINTS; k++) {
		u32 h = hint_reg(a, it, k);
		if (h != NOREG && (a->m->t->regs >> h & 1) && fu[h] >= it->end)
			return h;
	}
	for (const u8 *o = class_order(a, it); *o != NOREG; o++) {
		if (fu[*o] >= it->end)
			return *o;
		if (best == NOREG || fu[*o] > fu[best])
			best = *o;
	}
	return best;
}

static bool try_free(Alloc *a, u32 id)
{
	Iv *it = &a->iv.p[id];
	u32 fu[NREG], r, p;

	free_until(a, it, fu);
	r = best_free(a, it, fu);
	if (fu[r] < it->end) {
		p = POS_GAP(fu[r]);
		if (p <= it->start || next_use(a, it, it->start, USE_ANY) >= p)
			return false;
		p = split_place(a, it->start, fu[r]);
		heap_push(a, split(a, id, p));
	}
	set_active(a, id, r);
	return true;
}

/* ---- taking a register from others ------------------------------------------------------------------------------ */

static void drop(u32 *p, u32 *n, u32 k)
{
	p[k] = p[--*n];
}

/* The active interval leaves its register before pos. */
static void evict_active(Alloc *a, u32 id, u32 pos)
{
	u32 from = last_use(a, &a->iv.p[id], pos), p = split_place(a, from, pos);

	if (p <= a->iv.p[id].start) { /* it has not been used yet: it never had the register */
		spill(a, id, USE_ANY);
		return;
	}
	spill(a, split(a, id, p), USE_ANY);
}

/* Takes the register from those that have it and meet the interval. */
static void evict(Alloc *a, u32 id, u32 reg)
{
	u32 pos = a->iv.p[id].start;

	for (u32 k = a->active.n; k-- > 0;)
		if (a->iv.p[a->active.p[k]].reg == (i32)reg) {
			u32 other = a->active.p[k];
			drop(a->active.p, &a->active.n, k);
			evict_active(a, other, pos);
			if (a->iv.p[other].reg >= 0 && a->iv.p[other].end > pos)
				vec_push(&a->active, other);
		}
	for (u32 k = a->inactive.n; k-- > 0;) {
		u32 other = a->inactive.p[k];
		const Iv *o = &a->iv.p[other];
		if (o->reg == (i32)reg && meet_ranges(a, o->at, a->iv.p[id].at) != POS_NEVER) {
			drop(a->inactive.p, &a->inactive.n, k);
			heap_push(a, split(a, other, a->l->range.p[o->at].from));
		}
	}
}

/* For each register, where its holders need it next (need) and where an instruction takes it (block). */
static void needs(const Alloc *a, const Iv *it, u32 need[NREG], u32 block[NREG])
{
	u32 call = meet_call(a, it), pos = POS_GAP(it->start);

	for (const u8 *o = class_order(a, it); *o != NOREG; o++) {
		block[*o] = a->m->t->regs >> *o & 1 ? meet_fixed(a, it, *o) : 0;
		if (!(a->m->t->kept >> *o & 1))
			block[*o] = MIN(block[*o], call);
		need[*o] = block[*o];
	}
	for (u32 k = 0; k < a->active.n; k++) {
		const Iv *o = &a->iv.p[a->active.p[k]];
		if (o->flt == it->flt) {
			u32 n = next_need(a, o, pos);
			need[o->reg] = MIN(need[o->reg], n);
		}
	}
	for (u32 k = 0; k < a->inactive.n; k++) {
		const Iv *o = &a->iv.p[a->inactive.p[k]];
		if (o->flt == it->flt && meet_ranges(a, o->at, it->at) != POS_NEVER)
			need[o->reg] = MIN(need[o->reg], next_need(a, o, pos));
	}
}

static void take_blocked(Alloc *a, u32 id)
{
	Iv *it = &a->iv.p[id];
	u32 need[NREG], block[NREG], best = NOREG;
	u32 first = next_need(a, it, it->start), must = next_use(a, it, it->start, USE_REG);
	bool now = must != POS_NEVER && POS_GAP(must) <= it->start;

	needs(a, it, need, block);
	for (const u8 *o = class_order(a, it); *o != NOREG; o++)
		if (best == NOREG || need[*o] > need[best])
			best = *o;
	if (!now && need[best] <= first) {
		spill(a, id, POS_GAP(next_use(a, it, it->start, USE_ANY)) > it->start ? USE_ANY : USE_REG);
		return;
	}
	if (POS_GAP(block[best]) <= it->start && block[best] < it->end) {
		/* Free for this instruction only is enough for a part that ends with it. */
		if (now)
			a->failed = true;
		else
			spill(a, id, USE_REG);
		return;
	}
	if (need[best] <= it->start) {
		a->failed = true;
		return;
	}
	evict(a, id, best);
	it = &a->iv.p[id];
	if (block[best] < it->end) {
		u32 p = split_place(a, it->start, block[best]);
		heap_push(a, split(a, id, p));
	}
	set_active(a, id, best);
}

/* ---- the scan --------------------------------------------------------------------------------------------------- */

/* 0 the interval is over, 1 it is in a hole, 2 it is live. */
static int iv_state(Alloc *a, u32 id)
{
	Iv *it = &a->iv.p[id];
	const Range *r = a->l->range.p;

	while (it->at && r[it->at].to <= a->pos)
		it->at = r[it->at].next;
	return !it->at ? 0 : r[it->at].from > a->pos ? 1 : 2;
}

static void advance(Alloc *a)
{
	u32 na = a->active.n;

	for (u32 k = na; k-- > 0;) {
		u32 id = a->active.p[k];
		int s = iv_state(a, id);
		if (s == 2)
			continue;
		drop(a->active.p, &a->active.n, k);
		if (s == 1)
			vec_push(&a->inactive, id);
	}
	for (u32 k = a->inactive.n; k-- > 0;) {
		u32 id = a->inactive.p[k];
		int s = iv_state(a, id);
		if (s == 1)
			continue;
		drop(a->inactive.p, &a->inactive.n, k);
		if (s == 2)
			vec_push(&a->active, id);
	}
	for (u32 r = 0; r < NREG; r++)
		while (a->fixed_at[r] < a->l->fixed[r].n && a->l->fixed[r].p[a->fixed_at[r]].to <= a->pos)
			a->fixed_at[r]++;
	while (a->call_at < a->l->call.n && a->l->call.p[a->call_at] < a->pos)
		a->call_at++;
}

static void make_intervals(Alloc *a)
{
	const Live *l = a->l;

	vec_add(&a->iv, a->m->vtype.n);
	for (u32 v = 1; v < a->m->vtype.n; v++) {
		Iv *it = &a->iv.p[v];
		u32 last = l->first[v];
		it->v = v;
		it->reg = LOC_NOWHERE;
		if (!last)
			continue;
		it->first = it->at = last;
		it->start = l->range.p[last].from;
		while (l->range.p[last].next)
			last = l->range.p[last].next;
		it->end = l->range.p[last].to;
		it->u0 = l->use_at[v];
		it->u1 = l->use_at[v + 1];
		it->flt = type_in_freg(a->m->vtype.p[v]);
		heap_push(a, v);
	}
}

static void scan(Alloc *a)
{
	while (a->heap.n && !a->failed) {
		u32 id = heap_pop(a);
		a->failed = a->iv.p[id].start < a->pos; /* the scan goes forwards only */
		a->pos = a->iv.p[id].start;
		advance(a);
		if (!try_free(a, id))
			take_blocked(a, id);
	}
}

/* ---- after the scan ----------------------------------------------------------------------------------------------- */

static u32 part_at(Alloc *a, u32 v, u32 pos)
{
	u32 id = a->seen[v] && a->iv.p[a->seen[v]].start <= pos ? a->seen[v] : v;

	while (a->iv.p[id].next && pos >= a->iv.p[a->iv.p[id].next].start)
		id = a->iv.p[id].next;
	a->seen[v] = id;
	return id;
}

static i32 iv_loc(const Alloc *a, u32 id)
{
	const Iv *it = &a->iv.p[id];

	return it->reg >= 0 ? it->reg : LOC_SLOT(a->slot[it->v] - 1);
}

static i32 loc_at(Alloc *a, u32 v, u32 pos)
{
	return iv_loc(a, part_at(a, v, pos));
}

/* A word of the spill area; a wide value has two of them, which are known by the first and never shared with other values:
 * the parallel moves on an edge take a place for one thing. */
typedef struct Word {
	u32 until;
	enum { NARROW, FIRST, SECOND } kind;
} Word;

/* Two vregs whose hulls do not meet may share a place. */
static void give_slots(Alloc *a)
{
	VEC(Word) word = { 0 };

	for (u32 v = 1; v < a->m->vtype.n; v++) { /* vregs are roughly in order of definition */
		u32 k, from, end;
		bool wide;
		if (!a->slot[v])
			continue;
		from = a->iv.p[v].start;
		end = a->iv.p[part_at(a, v, POS_NEVER)].end;
		wide = a->m->vtype.p[v] == OT_V128;
		u32 kind = wide ? FIRST : NARROW;
		for (k = word.n > 64 ? word.n - 64 : 0; k < word.n && (word.p[k].kind != kind || word.p[k].until > from); k++)
			;
		if (k == word.n)
			vec_push(&word, ((Word){ 0, kind }));
		if (k + wide == word.n)
			vec_push(&word, ((Word){ 0, SECOND }));
		word.p[k].until = end;
		a->slot[v] = k + wide + 1;
	}
	a->m->nslot = word.n;
	vec_free(&word);
}

static void add_move(MFunc *m, u32 ins, u32 phase, i32 from, i32 to, u32 v)
{
	MMove mv = { MOVE_KEY(ins, phase), from, to, v };

	if (from != to)
		vec_push(&m->move, mv);
}

/* Between parts of a vreg that meet inside a block. */
static void split_moves(Alloc *a)
{
	for (u32 id = 1; id < a->iv.n; id++) {
		const Iv *it = &a->iv.p[id], *next = &a->iv.p[it->next];
		u32 i = POS_INS(next->start);
		if (!it->next || it->end != next->start || next->reg < 0)
			continue;
		if (i != a->m->block[a->l->block_of[i]].first)
			add_move(a->m, i, MOVE_SPLIT, iv_loc(a, id), next->reg, it->v);
	}
}

static void edge_args(Alloc *a, const MIns *jmp, u32 at, const MIns *head, u32 to)
{
	MFunc *m = a->m;

	for (u32 k = 0; k < jmp->nopnd; k++) {
		const MOpnd *o = &m->opnd.p[jmp->opnd + k], *p = &m->opnd.p[head->opnd + k];
		if (o->role != ROLE_ARG || a->l->use_at[p->v + 1] - a->l->use_at[p->v] < 2)
			continue;
		add_move(m, at, MOVE_EDGE, o->v ? loc_at(a, o->v, POS(at, 0)) : LOC_NOWHERE,
			loc_at(a, p->v, POS(to, SLOT_DEF)), o->v ? o->v : o->con);
	}
}

/* Block b begins with vreg v in register `to`: moves it there on the edges into b where it is elsewhere. */
static void enter_block(Alloc *a, u32 v, u32 b, i32 to)
{
	MFunc *m = a->m;
	const MBlock *mb = &m->block[b];

	for (u32 k = 0; k < mb->npred; k++) {
		const MBlock *p = &m->block[m->link[mb->pred + k]];
		bool edge = p->nsucc == 1;
		add_move(m, edge ? p->end - 1 : mb->first, edge ? MOVE_EDGE : MOVE_HEAD, loc_at(a, v, POS(p->end - 1, 0)), to, v);
	}
}

/* A part of a vreg that was split: the blocks at whose beginning it is live are those that its ranges reach over. */
static void enter_blocks(Alloc *a, u32 id)
{
	const Iv *it = &a->iv.p[id];

	for (u32 r = it->first; r && it->reg >= 0; r = a->l->range.p[r].next) {
		const Range *range = &a->l->range.p[r];
		u32 b = a->l->block_of[POS_INS(range->from)];
		if (POS(a->m->block[b].first, 0) < range->from)
			b++;
		for (; b < a->m->nblock && POS(a->m->block[b].first, 0) < range->to; b++)
			enter_block(a, it->v, b, it->reg);
	}
}

/* Along edges: values that are elsewhere at the beginning of the goal, and arguments. */
static void edge_moves(Alloc *a)
{
	MFunc *m = a->m;

	for (u32 v = 1; v < m->vtype.n; v++)
		for (u32 id = a->iv.p[v].next ? v : 0; id; id = a->iv.p[id].next)
			enter_blocks(a, id);
	for (u32 b = 0; b < m->nblock; b++) {
		const MBlock *p = &m->block[b];
		if (p->nsucc == 1) {
			u32 head = m->block[m->link[p->succ]].first;
			edge_args(a, &m->ins.p[p->end - 1], p->end - 1, &m->ins.p[head], head);
		}
	}
}

static int by_key(const void *x, const void *y)
{
	const MMove *a = x, *b = y;

	return (a->key > b->key) - (a->key < b->key);
}

static void place_operands(Alloc *a)
{
	MFunc *m = a->m;

	for (u32 i = 0; i < m->ins.n; i++)
		for (u32 k = 0; k < m->ins.p[i].nopnd; k++) {
			MOpnd *o = &m->opnd.p[m->ins.p[i].opnd + k];
			u32 slot = o->role == ROLE_DEF || o->role == ROLE_DFIX ? SLOT_DEF : SLOT_GAP;
			o->loc = o->v ? loc_at(a, o->v, POS(i, slot == SLOT_GAP && o->role == ROLE_TMP ? SLOT_USE : slot)) :
				LOC_NOWHERE;
		}
	m->store.n = 0;
	vec_add(&m->store, m->vtype.n);
	for (u32 v = 1; v < m->vtype.n; v++)
		if (a->slot[v])
			m->store.p[v] = a->slot[v];
}

bool back_alloc(MFunc *m, Live *l)
{
	Alloc a = { .m = m, .l = l };

	a.slot = arena_alloc(m->arena, m->vtype.n * sizeof(u32));
	a.seen = arena_alloc(m->arena, m->vtype.n * sizeof(u32));
	make_intervals(&a);
	scan(&a);
	if (!a.failed) {
		give_slots(&a);
		split_moves(&a);
		edge_moves(&a);
		place_operands(&a);
		if (m->move.n)
			qsort(m->move.p, m->move.n, sizeof *m->move.p, by_key);
	}
	vec_free(&a.iv);
	vec_free(&a.heap);
	vec_free(&a.active);
	vec_free(&a.inactive);
	return !a.failed;
}
