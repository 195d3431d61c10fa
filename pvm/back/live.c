/* live: where each virtual register lives.
 *
 * Splitting edges needs O-code; finding ranges needs selected instructions and gives, for each vreg, sorted ranges
 * of positions and its uses.  Liveness by use: from each use backwards to the definition, one vreg at a time
 * (Boissinot et al., "Computing Liveness Sets for SSA-Form Programs", 2011).  It takes any flow graph, and its cost
 * is the size of what it finds. */
#include <stdlib.h>

#include "target.h"

/* ---- splitting edges ---------------------------------------------------------------------------- */

typedef struct Split {
	OFunc *f;
	u32 *npred, *place; /* by block: predecessors; position in the order */
	u32 *before, *after; /* by position in the old order: a list of new blocks, through link */
	u32 *link;
	u32 nblock;          /* before splitting */
} Split;

static void split_edge(Split *s, u32 from, OEdge *edge)
{
	OFunc *f = s->f;
	u32 to = edge->block, old = (u32)(edge - f->edge.p), b, e;

	if (s->npred[to] <= 1 && !edge->n)
		return;
	b = ocode_block(f);
	e = ocode_edge(f, to, NULL, 0);
	f->edge.p[e] = f->edge.p[old];
	f->edge.p[old].block = b;
	f->edge.p[old].args = f->edge.p[old].n = 0;
	f->block.p[b].flags = f->block.p[to].flags & OB_COLD;
	ocode_emit(f, b, O_JMP, OT_VOID, 0, e, 0, 0);
	s->link = xrealloc(s->link, f->block.n * sizeof *s->link);
	u32 *list = s->place[to] > s->place[from] ? &s->before[s->place[to]] : &s->after[s->place[from]];
	s->link[b] = *list;
	*list = b;
}

/* The edges of a block that has more than one. */
static u32 branch_edges(const OFunc *f, u32 b, u32 *first, u32 two[2])
{
	u32 n = ocode_succs(f, b, first, two);

	return n > 1 || (n == 1 && f->ins.p[f->block.p[b].last].op == O_SWITCH) ? n : 0;
}

static void new_order(Split *s)
{
	OFunc *f = s->f;
	u32 n = f->order.n;
	u32 *old = xmalloc(n * sizeof *old);

	memcpy(old, f->order.p, n * sizeof *old);
	f->order.n = 0;
	for (u32 i = 0; i < n; i++) {
		for (u32 b = s->before[i]; b; b = s->link[b])
			vec_push(&f->order, b);
		vec_push(&f->order, old[i]);
		for (u32 b = s->after[i]; b; b = s->link[b])
			vec_push(&f->order, b);
	}
	free(old);
}

/* Afterwards only a JMP's edge has arguments, and a branch's edges go to blocks with one predecessor.  The new
 * blocks stand before their goal, or behind the branch when it goes backwards. */
void back_split_edges(OFunc *f, Arena *a)
{
	u32 first, two[2], n = f->order.n;
	Split s = { .f = f, .nblock = f->block.n };

	s.npred = arena_alloc(a, s.nblock * sizeof(u32));
	s.place = arena_alloc(a, s.nblock * sizeof(u32));
	s.before = arena_alloc(a, n * sizeof(u32));
	s.after = arena_alloc(a, n * sizeof(u32));
	s.npred[f->order.p[0]] = 1; /* the entry has one outside */
	for (u32 i = 0; i < n; i++) {
		u32 k = ocode_succs(f, f->order.p[i], &first, two);
		s.place[f->order.p[i]] = i;
		for (u32 j = 0; j < k; j++)
			s.npred[f->edge.p[first ? first + j : two[j]].block]++;
	}
	for (u32 i = 0; i < n; i++) {
		u32 k = branch_edges(f, f->order.p[i], &first, two);
		for (u32 j = 0; j < k; j++)
			split_edge(&s, f->order.p[i], &f->edge.p[first ? first + j : two[j]]);
	}
	if (s.link)
		new_order(&s);
	free(s.link);
}

/* ---- blocks --------------------------------------------------------------------------------------- */

static void link_blocks(MFunc *m)
{
	u32 n = 0, first, two[2];
	VEC(u32) succ = { 0 };

	for (u32 b = 0; b < m->nblock; b++) {
		MBlock *mb = &m->block[b];
		mb->succ = succ.n;
		mb->nsucc = ocode_succs(m->f, mb->oblock, &first, two);
		for (u32 j = 0; j < mb->nsucc; j++) {
			u32 to = m->num[m->f->edge.p[first ? first + j : two[j]].block];
			vec_push(&succ, to);
			m->block[to].npred++;
		}
	}
	m->link = arena_alloc(m->arena, (2 * succ.n + 1) * sizeof(u32));
	for (u32 b = 0; b < m->nblock; b++) {
		m->block[b].pred = succ.n + n;
		n += m->block[b].npred;
		m->block[b].npred = 0;
	}
	for (u32 b = 0; b < m->nblock; b++)
		for (u32 j = 0; j < m->block[b].nsucc; j++) {
			u32 to = succ.p[m->block[b].succ + j];
			m->link[m->block[b].succ + j] = to;
			m->link[m->block[to].pred + m->block[to].npred++] = b;
		}
	vec_free(&succ);
}

/* Numbers the reachable blocks in layout order and links them. */
void back_blocks(MFunc *m)
{
	OFunc *f = m->f;

	m->block = arena_alloc(m->arena, (f->order.n + 1) * sizeof *m->block);
	m->num = arena_alloc(m->arena, f->block.n * sizeof(u32));
	for (u32 i = 0; i < f->order.n; i++) {
		u32 b = f->order.p[i];
		if (m->cfg->rpo_num[b] == UINT32_MAX)
			continue;
		m->num[b] = m->nblock;
		m->block[m->nblock].oblock = b;
		m->block[m->nblock++].depth = m->cfg->depth[b];
	}
	link_blocks(m);
}

/* For each block the extent of the innermost loop around it. */
static void loop_extents(MFunc *m)
{
	u32 *end = arena_alloc(m->arena, m->f->block.n * sizeof(u32));
	u32 *from = arena_alloc(m->arena, m->f->block.n * sizeof(u32));

	for (u32 b = 0; b < m->nblock; b++)
		for (u32 h = m->cfg->loop[m->block[b].oblock]; h; h = m->cfg->loop_up[h]) {
			if (!end[h])
				from[h] = POS(m->block[b].first, 0);
			end[h] = POS(m->block[b].end, 0);
		}
	for (u32 b = 0; b < m->nblock; b++) {
		u32 h = m->cfg->loop[m->block[b].oblock];
		m->block[b].loop_from = h ? from[h] : 0;
		m->block[b].loop_end = h ? end[h] : 0;
	}
}

/* ---- uses ------------------------------------------------------------------------------------------- */

static void role_use(u32 i, const MOpnd *o, Use *u)
{
	static const u8 slot[] = {
		[ROLE_USE] = SLOT_USE, [ROLE_LATE] = SLOT_USE, [ROLE_ANY] = SLOT_USE, [ROLE_ANYL] = SLOT_USE,
		[ROLE_FIX] = SLOT_GAP, [ROLE_OUT] = SLOT_GAP, [ROLE_ARG] = SLOT_GAP, [ROLE_MAP] = SLOT_USE,
		[ROLE_DEF] = SLOT_DEF, [ROLE_DFIX] = SLOT_DEF, [ROLE_TMP] = SLOT_USE, [ROLE_KILL] = 0 };
	static const u8 kind[] = {
		[ROLE_USE] = USE_REG, [ROLE_LATE] = USE_REG, [ROLE_ANY] = USE_ANY, [ROLE_ANYL] = USE_ANY,
		[ROLE_FIX] = USE_MOVE, [ROLE_OUT] = USE_MOVE, [ROLE_ARG] = USE_MOVE, [ROLE_MAP] = USE_MAP,
		[ROLE_DEF] = USE_REG, [ROLE_DFIX] = USE_MOVE, [ROLE_TMP] = USE_REG, [ROLE_KILL] = 0 };

	u->pos = POS(i, slot[o->role]);
	u->kind = kind[o->role];
}

/* A two-operand form moves its first operand into the result before it reads memory and may fault: what a map names must
 * not be there.  But one machine instruction that reads the value and has one result faults before it writes that. */
static bool kept_by_fault(const MFunc *m, const MIns *ins, const MOpnd *o)
{
	bool reads = false;
	u32 ndef = 0;

	for (u32 k = 0; k < ins->nopnd; k++) {
		const MOpnd *x = &m->opnd.p[ins->opnd + k];
		switch (x->role) {
		case ROLE_DEF: ndef++; break;
		case ROLE_USE: case ROLE_ANY: reads |= x->v == o->v; break;
		case ROLE_MAP: break;
		case ROLE_LATE:
			if (x->v != o->v)
				break;
			return false;
		default: return false;
		}
	}
	return reads && ndef == 1 && (ins->flags & MF_FAULT);
}

/* Where a value that an operand reads may end. */
static u32 operand_end(const MFunc *m, u32 i, const MOpnd *o)
{
	switch (o->role) {
	case ROLE_FIX: case ROLE_OUT: case ROLE_ARG: return POS(i, SLOT_USE);
	case ROLE_USE: case ROLE_ANY: return POS(i, SLOT_KILL);
	case ROLE_MAP: return kept_by_fault(m, &m->ins.p[i], o) ? POS(i, SLOT_KILL) : POS(i + 1, 0);
	default: return POS(i + 1, 0);
	}
}

/* Exchanges a use with the one before it. */
static void swap_uses(Use *u, u32 *end)
{
	Use t = u[0];
	u32 e = end[0];

	u[0] = u[-1];
	u[-1] = t;
	end[0] = end[-1];
	end[-1] = e;
}

/* Counts, then places: the uses of one vreg stand together, in order. */
static u32 *collect_uses(MFunc *m, Live *l)
{
	u32 nv = m->vtype.n;
	u32 *end;

	l->use_at = arena_alloc(m->arena, (nv + 2) * sizeof(u32));
	for (u32 k = 0; k < m->opnd.n; k++)
		if (m->opnd.p[k].v)
			l->use_at[m->opnd.p[k].v + 1]++;
	for (u32 v = 1; v <= nv; v++)
		l->use_at[v + 1] += l->use_at[v];
	vec_add(&l->use, m->opnd.n + 1);
	end = arena_alloc(m->arena, (m->opnd.n + 1) * sizeof(u32));
	u32 *fill = xmalloc((nv + 1) * sizeof(u32));
	memcpy(fill, l->use_at, (nv + 1) * sizeof(u32));
	for (u32 i = 0; i < m->ins.n; i++)
		for (u32 k = 0; k < m->ins.p[i].nopnd; k++) {
			MOpnd *o = &m->opnd.p[m->ins.p[i].opnd + k];
			if (!o->v)
				continue;
			u32 u = fill[o->v]++;
			role_use(i, o, &l->use.p[u]);
			end[u] = operand_end(m, i, o);
			for (; u > l->use_at[o->v] && l->use.p[u - 1].pos > l->use.p[u].pos; u--)
				swap_uses(&l->use.p[u], &end[u]);
		}
	free(fill);
	return end;
}

/* ---- registers that instructions take ---------------------------------------------------------------- */

static void fix(Live *l, u32 reg, u32 from, u32 to)
{
	Range r = { from, to, 0 };

	if (l->fixed[reg].n && l->fixed[reg].p[l->fixed[reg].n - 1].to >= from) {
		Range *last = &l->fixed[reg].p[l->fixed[reg].n - 1];
		last->to = MAX(last->to, to);
		last->from = MIN(last->from, from);
		return;
	}
	vec_push(&l->fixed[reg], r);
}

static void collect_fixed(MFunc *m, Live *l)
{
	for (u32 i = 0; i < m->ins.n; i++) {
		const MIns *ins = &m->ins.p[i];
		if (ins->flags & MF_CALL)
			vec_push(&l->call, POS(i, SLOT_KILL));
		for (u32 k = 0; k < ins->nopnd; k++) {
			const MOpnd *o = &m->opnd.p[ins->opnd + k];
			if (o->role == ROLE_FIX || o->role == ROLE_KILL)
				fix(l, o->fixed, POS(i, SLOT_USE), POS(i, SLOT_DEF));
			else if (o->role == ROLE_DFIX && o->fixed != NOREG)
				fix(l, o->fixed, POS(i, SLOT_KILL), POS(i, SLOT_DEF));
		}
	}
}

/* ---- hints --------------------------------------------------------------------------------------------- */

/* Keeps the HINTS weightiest. */
static void hint(Live *l, u32 v, u32 to, u32 weight)
{
	Hint h = { to, weight }, *slot = &l->hint[HINTS * v];

	for (u32 k = 0; k < HINTS; k++)
		if (!slot[k].to || slot[k].weight < h.weight) {
			Hint t = slot[k];
			slot[k] = h;
			h = t;
		}
}

/* The params of the block that instruction `jmp` goes to, in order, are hinted by its arguments and hint them. */
static void hint_edge(MFunc *m, Live *l, u32 b, const MIns *jmp)
{
	const MIns *head = &m->ins.p[m->block[m->link[m->block[b].succ]].first];

	for (u32 k = 0; k < jmp->nopnd && k < head->nopnd; k++) {
		u32 from = m->opnd.p[jmp->opnd + k].v, to = m->opnd.p[head->opnd + k].v;
		if (from && to) {
			hint(l, from, NREG + 1 + to, 2 * m->block[b].depth);
			hint(l, to, NREG + 1 + from, 2 * m->block[b].depth);
		}
	}
}

static void hint_ins(Live *l, const MIns *ins, const MOpnd *o, u32 depth)
{
	if (ins->nopnd >= 2 && o[0].role == ROLE_DEF && o[1].v && ROLE_READS(o[1].role))
		hint(l, o[0].v, NREG + 1 + o[1].v, 2 * depth);
	for (u32 k = 0; k < ins->nopnd; k++)
		if (o[k].v && (o[k].role == ROLE_FIX || o[k].role == ROLE_DFIX) && o[k].fixed != NOREG)
			hint(l, o[k].v, 1 + o[k].fixed, 2 * depth + 1);
}

static void collect_hints(MFunc *m, Live *l)
{
	l->hint = arena_alloc(m->arena, HINTS * (size_t)m->vtype.n * sizeof(Hint));
	for (u32 b = 0; b < m->nblock; b++) {
		const MIns *end = &m->ins.p[m->block[b].end - 1];
		if (end->nopnd && m->opnd.p[end->opnd].role == ROLE_ARG)
			hint_edge(m, l, b, end);
	}
	for (u32 i = 0; i < m->ins.n; i++)
		hint_ins(l, &m->ins.p[i], &m->opnd.p[m->ins.p[i].opnd], m->block[l->block_of[i]].depth);
}

/* ---- ranges ---------------------------------------------------------------------------------------------- */

typedef struct Walk {
	MFunc *m;
	Live *l;
	u32 *in, *out, *last;   /* by block: vreg last seen live at its beginning, end; end of its last use there */
	VEC(u32) list;          /* blocks at whose beginning the vreg is live */
	VEC(u32) todo;
} Walk;

static void walk_up(Walk *w, u32 v, u32 b, u32 def)
{
	if (b == def || w->in[b] == v)
		return;
	w->in[b] = v;
	vec_push(&w->list, b);
	vec_push(&w->todo, b);
	while (w->todo.n) {
		const MBlock *mb = &w->m->block[w->todo.p[--w->todo.n]];
		for (u32 k = 0; k < mb->npred; k++) {
			u32 p = w->m->link[mb->pred + k];
			w->out[p] = v;
			if (p == def || w->in[p] == v)
				continue;
			w->in[p] = v;
			vec_push(&w->list, p);
			vec_push(&w->todo, p);
		}
	}
}

static int by_number(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return (x > y) - (x < y);
}

/* Sorts the list: by walking over the blocks between when they are dense. */
static void in_order(Walk *w, u32 v, u32 def)
{
	u32 lo = def, hi = def, n = 0;

	for (u32 k = 0; k < w->list.n; k++) {
		lo = MIN(lo, w->list.p[k]);
		hi = MAX(hi, w->list.p[k]);
	}
	if (hi - lo > 8 * w->list.n) {
		qsort(w->list.p, w->list.n, sizeof(u32), by_number);
		return;
	}
	for (u32 b = lo; b <= hi; b++)
		if (b == def || w->in[b] == v)
			w->list.p[n++] = b;
}

static u32 push_range(Live *l, u32 last, u32 from, u32 to)
{
	Range r = { from, to, 0 };

	if (last && l->range.p[last].to == from) {
		l->range.p[last].to = to;
		return last;
	}
	vec_push(&l->range, r);
	if (last)
		l->range.p[last].next = l->range.n - 1;
	return l->range.n - 1;
}

static void ranges_of(Walk *w, u32 v, const u32 *end)
{
	Live *l = w->l;
	u32 u0 = l->use_at[v], u1 = l->use_at[v + 1], last = 0;
	u32 defpos = 0, def = UINT32_MAX;

	for (u32 u = u0; u < u1; u++) /* the definition is the use at SLOT_DEF, or a temporary's only use */
		if (l->use.p[u].pos % SLOTS == SLOT_DEF || u1 == u0 + 1) {
			defpos = l->use.p[u].pos;
			def = l->block_of[POS_INS(defpos)];
		}
	w->list.n = 0;
	for (u32 u = u0; u < u1; u++) {
		u32 b = l->block_of[POS_INS(l->use.p[u].pos)];
		bool again = u > u0 && l->block_of[POS_INS(l->use.p[u - 1].pos)] == b;
		w->last[b] = again ? MAX(w->last[b], end[u]) : end[u];
		walk_up(w, v, b, def);
	}
	vec_push(&w->list, def);
	in_order(w, v, def);
	for (u32 k = 0; k < w->list.n; k++) {
		u32 b = w->list.p[k];
		const MBlock *mb = &w->m->block[b];
		u32 from = b == def ? defpos : POS(mb->first, 0);
		u32 to = w->out[b] == v ? POS(mb->end, 0) : w->last[b];
		last = push_range(l, last, from, to);
		if (!l->first[v])
			l->first[v] = last;
	}
}

void back_live(MFunc *m, Live *l)
{
	Walk w = { .m = m, .l = l };
	u32 *end;

	vec_add(&l->range, 1);
	l->first = arena_alloc(m->arena, m->vtype.n * sizeof(u32));
	l->block_of = arena_alloc(m->arena, (m->ins.n + 1) * sizeof(u32));
	for (u32 b = 0; b < m->nblock; b++)
		for (u32 i = m->block[b].first; i < m->block[b].end; i++)
			l->block_of[i] = b;
	loop_extents(m);
	end = collect_uses(m, l);
	collect_fixed(m, l);
	collect_hints(m, l);
	w.in = arena_alloc(m->arena, m->nblock * sizeof(u32));
	w.out = arena_alloc(m->arena, m->nblock * sizeof(u32));
	w.last = arena_alloc(m->arena, m->nblock * sizeof(u32));
	for (u32 v = 1; v < m->vtype.n; v++)
		if (l->use_at[v] < l->use_at[v + 1])
			ranges_of(&w, v, end);
	vec_free(&w.list);
	vec_free(&w.todo);
}

void live_free(Live *l)
{
	vec_free(&l->range);
	vec_free(&l->use);
	vec_free(&l->call);
	for (u32 r = 0; r < NREG; r++)
		vec_free(&l->fixed[r]);
}
