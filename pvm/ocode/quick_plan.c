/* Where the values of quick code live.
 *
 * A value that was read from a slot stays there as long as the slot is not written; one that is to be written to a slot
 * is computed there when nobody looks at the slot in between, and a fault neither (its state map names the slot anyway).
 * Truncations share their operand's place.  Constants, addresses and conditions that one instruction uses are parts of
 * that.  There must be no loops: the blocks are put in an order in which all edges go forwards, and a value lives from its
 * definition to its last use in that order. */
#include "quick.h"

/* ---- numbers, and what may follow what ----------------------------------------------------------------- */

enum { UNSEEN, OPEN, DONE };

/* Depth first; whatever is left last comes first.  So cold blocks come last.  False: there is a loop, or too much. */
static bool visit(QPlan *p, u8 *state, u32 *left, u32 b)
{
	const OFunc *f = p->f;
	u32 first, two[2], n = ocode_succs(f, b, &first, two);

	if (state[b] != UNSEEN)
		return state[b] == DONE;
	state[b] = OPEN;
	for (u32 cold = 2; cold-- > 0;)
		for (u32 k = 0; k < n; k++) {
			u32 to = f->edge.p[first ? first + k : two[k]].block;
			bool is_cold = f->block.p[to].flags & OB_COLD;
			if (is_cold == cold && !visit(p, state, left, to))
				return false;
		}
	state[b] = DONE;
	if (!*left)
		return false;
	p->order[--*left] = b;
	return true;
}

static bool number(QPlan *p, Arena *a)
{
	const OFunc *f = p->f;
	u8 *place = arena_alloc(a, f->block.n);
	u32 left = Q_BLOCKS, n = 0;

	if (f->block.n > 4 * Q_BLOCKS || !visit(p, arena_alloc(a, f->block.n), &left, 1))
		return false;
	p->norder = Q_BLOCKS - left;
	memmove(p->order, p->order + left, p->norder * sizeof *p->order);
	for (u32 k = 0; k < p->norder; k++) {
		place[p->order[k]] = (u8)k;
		for (OVal v = f->block.p[p->order[k]].first; v; v = f->ins.p[v].next) {
			p->pos[v] = ++n;
			p->block[v] = (u8)k;
		}
	}
	for (u32 k = p->norder; k-- > 0;) {
		u32 first, two[2], m = ocode_succs(f, p->order[k], &first, two);
		for (u32 j = 0; j < m; j++) {
			u32 to = place[f->edge.p[first ? first + j : two[j]].block];
			p->reach[k] |= (u64)1 << to | p->reach[to];
		}
	}
	return true;
}

static inline void count_use(void *ctx, u32 *use)
{
	u8 *n = &((u8 *)ctx)[*use];

	*n += *n < 255;
}

/* ---- what is done by its user ------------------------------------------------------------------------ */

static bool is_const(const QPlan *p, OVal v, i64 *out)
{
	const OIns *i = &p->f->ins.p[v];

	if (i->op != O_CONST || type_is_wide(i->type))
		return false;
	*out = sign_extend(i->imm, ocode_type_size[i->type] * 8u);
	return true;
}

/* Used here only, and computed in the same block. */
static bool own(const QPlan *p, OVal user, OVal v, OOp op)
{
	return p->uses[v] == 1 && p->f->ins.p[v].op == op && p->block[v] == p->block[user];
}

static bool add_disp(const QPlan *p, OVal user, QAddr *a)
{
	const OIns *i = &p->f->ins.p[a->base];
	i64 n;

	if (!own(p, user, a->base, O_ADD) || !is_const(p, i->b, &n) || n + a->disp != (i32)(n + a->disp))
		return false;
	a->disp += (i32)n;
	p->fused[a->base] = 1;
	a->base = i->a;
	return true;
}

static void scale_index(const QPlan *p, OVal user, QAddr *a)
{
	const OIns *i = &p->f->ins.p[a->index];
	i64 n;

	if (!own(p, user, a->index, O_SHL) || !is_const(p, i->b, &n) || n < 0 || n > 8)
		return;
	p->fused[a->index] = 1;
	a->scale = (u8)n;
	a->index = i->a;
}

bool quick_address(const QPlan *p, OVal v, QAddr *out)
{
	const OIns *i = &p->f->ins.p[v];
	QAddr a = {.base = i->a, .wide = p->f->ins.p[i->a].type == OT_I64, .disp = (i32)i->c};
	i64 n;

	u8 type = p->f->ins.p[i->op == O_STORE ? i->b : v].type;

	if (OMEM_SPACE(i->aux) != SPACE_GUEST || (i->aux & OMEM_BIG) || OMEM_ORDER(i->aux) == ORDER_ATOMIC || a.disp < 0 || (!a.wide && a.disp))
		return false;
	if ((type_is_wide(type) && type != OT_V128) || (OMEM_SIGNED(i->aux) && type == OT_I16))
		return false;
	add_disp(p, v, &a);
	i = &p->f->ins.p[a.base];
	if (own(p, v, a.base, O_ADD) && !is_const(p, i->b, &n)) {
		p->fused[a.base] = 1;
		a.index = i->b;
		a.base = i->a;
		if (own(p, v, a.base, O_SHL)) {
			a.base = i->b;
			a.index = i->a;
		}
		scale_index(p, v, &a);
		add_disp(p, v, &a);
	}
	*out = a;
	return true;
}

/* Through "xor 1", which turns a result round. */
OVal quick_condition(const QPlan *p, OVal branch, bool *contrary)
{
	const OIns *ins = p->f->ins.p;
	OVal v = ins[branch].a;
	i64 n;

	*contrary = false;
	if (own(p, branch, v, O_XOR) && is_const(p, ins[v].b, &n) && n == 1 && own(p, branch, ins[v].a, O_ICMP)) {
		*contrary = true;
		v = ins[v].a;
	}
	return own(p, branch, v, O_ICMP) && !type_is_wide(ins[ins[v].a].type) ? v : 0;
}

static void fuse(QPlan *p)
{
	const OFunc *f = p->f;
	bool contrary;
	QAddr a;

	for (u32 k = p->norder; k-- > 0;)
		for (OVal v = f->block.p[p->order[k]].last; v; v = f->ins.p[v].prev) {
			const OIns *i = &f->ins.p[v];
			if (p->fused[v])
				continue;
			if (i->op == O_CONST && !type_is_wide(i->type))
				p->fused[v] = 1;
			else if (!p->uses[v] && ocode_ops[i->op].props & OP_PURE)
				p->fused[v] = 1;
			else if (i->op == O_LOAD || i->op == O_STORE)
				quick_address(p, v, &a);
			else if (i->op == O_BR && quick_condition(p, v, &contrary))
				p->fused[i->a] = p->fused[quick_condition(p, v, &contrary)] = 1;
		}
}

/* ---- operands ------------------------------------------------------------------------------------------ */

typedef struct Reader {
	const QPlan *p;
	QUseFn *fn;
	void *ctx;
} Reader;

static void read_value(void *ctx, u32 *use)
{
	const Reader *r = ctx;

	if (r->p->f->ins.p[*use].op != O_CONST || type_is_wide(r->p->f->ins.p[*use].type))
		r->fn(r->ctx, *use);
}

/* The operands of an address or a condition may be those of what was taken in. */
void quick_operands(const QPlan *p, OVal v, QUseFn *fn, void *ctx)
{
	OFunc *f = (OFunc *)(uintptr_t)p->f;
	OIns *i = &f->ins.p[v], held = *i;
	Reader r = {p, fn, ctx};
	bool contrary;
	QAddr a;
	OVal is = i->op == O_BR ? quick_condition(p, v, &contrary) : 0;

	if (is) {
		read_value(&r, &f->ins.p[is].a);
		read_value(&r, &f->ins.p[is].b);
		ocode_edge_uses_(f, i->b, 1, read_value, &r);
		ocode_edge_uses_(f, i->c, 1, read_value, &r);
	} else if ((i->op == O_LOAD || i->op == O_STORE) && quick_address(p, v, &a)) {
		read_value(&r, &a.base);
		if (a.index)
			read_value(&r, &a.index);
		if (held.op == O_STORE)
			read_value(&r, &i->b);
		if (i->map)
			ocode_map_uses_(f, i->map, read_value, &r);
	} else {
		ocode_each_use(f, v, read_value, &r);
	}
}

/* ---- sharing, and how long values are needed ----------------------------------------------------------- */

/* Values that are the same number as their operand, at least in the bits of their type. */
static void find_roots(QPlan *p)
{
	const OFunc *f = p->f;

	for (u32 k = 0; k < p->norder; k++)
		for (OVal v = f->block.p[p->order[k]].first; v; v = f->ins.p[v].next) {
			const OIns *i = &f->ins.p[v];
			bool narrow = ocode_ops[i->op].form == OF_UN && !type_is_wide(i->type) && !type_is_wide(f->ins.p[i->a].type);
			p->root[v] = v;
			p->clean[v] = i->op == O_SELECT ? p->clean[i->a] && p->clean[i->b] : i->op != O_GET || ocode_type_size[i->type] >= 8;
			if (!narrow || p->fused[v] || f->ins.p[i->a].op == O_CONST)
				continue;
			if (i->op == O_TRUNC || i->op == O_COPY || (i->op == O_EXTU && p->clean[i->a])) {
				p->root[v] = p->root[i->a];
				p->clean[v] = i->op == O_TRUNC ? false : p->clean[i->a];
			}
		}
}

typedef struct User {
	QPlan *p;
	OVal v;
} User;

static void note_use(void *ctx, OVal use)
{
	const User *u = ctx;
	OVal r = u->p->root[use];

	u->p->last[r] = MAX(u->p->last[r], u->p->pos[u->v]);
	u->p->in[r] |= (u64)1 << u->p->block[u->v];
}

static void find_lives(QPlan *p)
{
	const OFunc *f = p->f;

	for (u32 k = 0; k < p->norder; k++)
		for (OVal v = f->block.p[p->order[k]].first; v; v = f->ins.p[v].next)
			if (!p->fused[v] && p->root[v] == v)
				quick_operands(p, v, note_use, &(User){p, v});
}

/* ---- slots --------------------------------------------------------------------------------------------- */

enum { CELLS = Q_TEMP };

typedef struct Event { /* something that happens to a slot */
	u32 pos, next;
	OVal v;
	u8 block;
} Event;

typedef struct Slots {
	QPlan *p;
	VEC(Event) event;                  /* [0] unused */
	u32 put[CELLS], get[CELLS], named[CELLS]; /* lists, newest first; named: by maps of what may fault */
	u32 calls, x87;                    /* of C, which may write any, or those that x87 instructions do */
	u32 *faults;                       /* by position: how many instructions before it may fault */
} Slots;

static void push(Slots *s, u32 *list, OVal v)
{
	vec_push(&s->event, ((Event){s->p->pos[v], *list, v, s->p->block[v]}));
	*list = s->event.n - 1;
}

static u32 cells_of(const OFunc *f, const OIns *i, u32 *cell)
{
	*cell = i->c / 8;
	return ocode_type_size[i->op == O_PUT ? f->ins.p[i->a].type : i->type] == 16 ? 2 : 1;
}

static void note_events(Slots *s, OVal v, u32 *faults)
{
	const OFunc *f = s->p->f;
	const OIns *i = &f->ins.p[v];
	u32 cell, n;

	s->faults[s->p->pos[v]] = *faults;
	if (i->op == O_GET || i->op == O_PUT) {
		n = cells_of(f, i, &cell);
		for (u32 k = cell; k < cell + n; k++)
			push(s, i->op == O_GET ? &s->get[k] : &s->put[k], v);
	} else if (i->op == O_HCALL) {
		push(s, i->aux & OHCALL_X87 ? &s->x87 : &s->calls, v);
	} else if (i->op >= O_FVEC1 && i->op <= O_FVEC3) {
		push(s, &s->put[REG_SLOT(REG_FPC) / 8], v);
		push(s, &s->get[REG_SLOT(REG_FPC) / 8], v);
	}
	if (!i->map || i->op == O_EXIT || (i->op == O_HCALL && (i->aux & OHCALL_X87) && (i->aux & 0xff) >= 0xc0)) /* no access */
		return;
	++*faults;
	for (u32 k = 0; k < f->map.p[i->map].n; k++) {
		const OSlotVal *m = &f->slot.p[f->map.p[i->map].slots + k];
		if (m->val)
			push(s, &s->named[m->slot / 8], v);
		if (ocode_type_size[f->ins.p[m->val].type] == 16)
			push(s, &s->named[m->slot / 8 + 1], v);
	}
}

/* Does what happens at pos in the block come between the value and one of its uses? */
static bool disturbs(const QPlan *p, OVal root, u32 pos, u8 block)
{
	u8 from = p->block[root];

	if (!(block == from ? pos > p->pos[root] : p->reach[from] >> block & 1))
		return false;
	return (p->in[root] & p->reach[block]) || ((p->in[root] >> block & 1) && p->last[root] > pos);
}

/* Where a PUT happens: where its value is computed, if that is in the slot. */
static OVal happens(const QPlan *p, OVal put)
{
	const OIns *i = &p->f->ins.p[put];
	OVal root = i->op == O_PUT ? p->root[i->a] : put;

	return i->op == O_PUT && p->place[root] == i->c / 8 && p->f->ins.p[root].op != O_GET ? root : put;
}

static bool is_disturbed(const Slots *s, OVal root, u32 list, OVal but)
{
	const QPlan *p = s->p;

	for (u32 e = list; e; e = s->event.p[e].next) {
		OVal v = s->event.p[e].v;
		OVal at = v == but ? 0 : happens(p, v);
		if (at && disturbs(p, root, p->pos[at], p->block[at]))
			return true;
	}
	return false;
}

/* Is the value overwritten in the slot by C? */
static bool is_in_calls(const Slots *s, OVal root, u32 cell)
{
	enum { SLOTS = offsetof(Regfile, slot) / 8 };

	return is_disturbed(s, root, s->calls, 0) ||
		(cell >= SLOTS + REG_X87_LOW && cell < SLOTS + REG_X87_HIGH && is_disturbed(s, root, s->x87, 0));
}

/* Between the two positions of a block, is the slot read, or is there a fault whose map does not name it? */
static bool is_seen(const Slots *s, u32 cell, u8 block, u32 from, u32 to)
{
	u32 named = 0;

	for (u32 e = s->get[cell]; e; e = s->event.p[e].next)
		if (s->event.p[e].block == block && s->event.p[e].pos > from && s->event.p[e].pos < to)
			return true;
	for (u32 e = s->named[cell]; e; e = s->event.p[e].next)
		named += s->event.p[e].pos > from && s->event.p[e].pos < to;
	return s->faults[to] - s->faults[from + 1] != named;
}

/* Is there a value in the slot at that time that is used later?  It was read from there, or computed there. */
static bool is_held(const Slots *s, u32 cell, u32 pos, u8 block)
{
	for (u32 e = s->get[cell]; e; e = s->event.p[e].next)
		if (disturbs(s->p, s->event.p[e].v, pos, block))
			return true;
	for (u32 e = s->put[cell]; e; e = s->event.p[e].next) {
		OVal v = s->event.p[e].v, at = happens(s->p, v);
		if (at != v && disturbs(s->p, at, pos, block))
			return true;
	}
	return false;
}

/* May the PUT's value be computed in the slot? */
static bool can_be_there(const Slots *s, OVal put)
{
	const QPlan *p = s->p;
	const OIns *i = &p->f->ins.p[put];
	OVal root = p->root[i->a];
	u32 cell, n = cells_of(p->f, i, &cell);
	const OIns *d = &p->f->ins.p[root];

	if (p->fused[root] || p->place[root] != Q_NOWHERE || d->op == O_GET || d->op == O_PARAM || p->block[root] != p->block[put])
		return false;
	if (ocode_type_size[p->f->ins.p[i->a].type] < 8 || (ocode_type_size[d->type] == 16) != (n == 2) || i->c % 8)
		return false;
	if (is_in_calls(s, root, cell))
		return false;
	for (u32 k = cell; k < cell + n; k++)
		if (is_disturbed(s, root, s->put[k], put) || is_seen(s, k, p->block[root], p->pos[root], p->pos[put]) ||
			is_held(s, k, p->pos[root], p->block[root]))
			return false;
	return true;
}

/* May the value stay in the slot that it was read from? */
static bool can_stay(const Slots *s, OVal get)
{
	const QPlan *p = s->p;
	u32 cell, n = cells_of(p->f, &p->f->ins.p[get], &cell);

	if (p->f->ins.p[get].c % 8 || is_in_calls(s, get, cell))
		return false;
	for (u32 k = cell; k < cell + n; k++)
		if (is_disturbed(s, get, s->put[k], 0))
			return false;
	return true;
}

static void place_in_slots(QPlan *p, Arena *a)
{
	const OFunc *f = p->f;
	Slots *s = arena_alloc(a, sizeof *s);
	u32 faults = 0;

	s->p = p;
	s->faults = arena_alloc(a, (f->ins.n + 2) * sizeof *s->faults);
	vec_push(&s->event, ((Event){0}));
	for (u32 k = 0; k < p->norder; k++)
		for (OVal v = f->block.p[p->order[k]].first; v; v = f->ins.p[v].next)
			note_events(s, v, &faults);
	for (u32 k = 0; k < p->norder; k++)
		for (OVal v = f->block.p[p->order[k]].first; v; v = f->ins.p[v].next)
			if (f->ins.p[v].op == O_PUT && can_be_there(s, v))
				p->place[p->root[f->ins.p[v].a]] = (u16)(f->ins.p[v].c / 8);
	for (u32 k = 0; k < p->norder; k++)
		for (OVal v = f->block.p[p->order[k]].first; v; v = f->ins.p[v].next)
			if (f->ins.p[v].op == O_GET && can_stay(s, v))
				p->place[v] = (u16)(f->ins.p[v].c / 8);
	vec_free(&s->event);
}

/* ---- all ------------------------------------------------------------------------------------------------ */

bool quick_plan(QPlan *p, const OFunc *f, Arena *a)
{
	u32 n = f->ins.n;

	*p = (QPlan){.f = f};
	p->pos = arena_alloc(a, n * sizeof *p->pos);
	p->block = arena_alloc(a, n);
	p->uses = arena_alloc(a, n);
	p->fused = arena_alloc(a, n);
	p->clean = arena_alloc(a, n);
	p->root = arena_alloc(a, n * sizeof *p->root);
	p->last = arena_alloc(a, n * sizeof *p->last);
	p->in = arena_alloc(a, n * sizeof *p->in);
	p->place = memset(arena_alloc(a, n * sizeof *p->place), 0xff, n * sizeof *p->place);
	if (!number(p, a))
		return false;
	for (u32 k = 0; k < p->norder; k++)
		for (OVal v = f->block.p[p->order[k]].first; v; v = f->ins.p[v].next)
			ocode_each_use((OFunc *)(uintptr_t)f, v, count_use, p->uses);
	fuse(p);
	find_roots(p);
	find_lives(p);
	place_in_slots(p, a);
	return true;
}
