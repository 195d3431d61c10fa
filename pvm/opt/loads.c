/* Redundant loads: a load gives what an earlier load from the same place gave or a store put there, as long as
 * nothing in between may have written it.  Stores stay.
 *
 * Walks in reverse postorder with the list of memory contents that are known; where ways meet, what all of them
 * know stays known, and a loop's header starts with nothing.  Two places are apart when they are in different
 * spaces, or have the same base (or constant ones) and ranges that do not overlap.
 *
 * Needs: nothing; better behind gvn, which makes equal addresses one value.  Breaks: leaves unused values. */
#include "pass.h"

enum { MOST = 24 }; /* contents known at a time; the oldest goes */

typedef struct Known {
	OVal base, val;
	u32 off;
	u16 mem;  /* descriptor without what does not matter for the value */
	u8 type;
} Known;

typedef struct State {
	u32 n;
	Known at[MOST];
} State;

typedef struct Loads {
	OFunc *f;
	OCfg *g;
	u32 *to;
	State now, **out;  /* by block: what is known at its end */
	bool changed;
} Loads;

static u16 essence(u16 mem)
{
	return mem & (u16)~(O_MEM_ALIGN(7) | OMEM_STACK | OMEM_CONST | O_MEM(0, 0, 0, 0, 1));
}

/* The address a place really has, if its base is constant. */
static bool fixed(const OFunc *f, OVal base, u32 off, u64 *out)
{
	const OIns *i = &f->ins.p[base];

	*out = i->imm + off;
	return i->op == O_CONST;
}

static bool apart(const Loads *l, const Known *k, const OIns *i)
{
	u64 x, y, nx = 1u << OMEM_LOG2(k->mem), ny = 1u << OMEM_LOG2(i->aux);

	if (OMEM_SPACE(k->mem) != OMEM_SPACE(i->aux))
		return true;
	if (k->base == i->a) {
		x = k->off;
		y = i->c;
	} else if (!fixed(l->f, k->base, k->off, &x) || !fixed(l->f, i->a, i->c, &y)) {
		return false;
	}
	return x + nx <= y || y + ny <= x;
}

static void forget(Loads *l, const OIns *store)
{
	u32 kept = 0;

	for (u32 k = 0; k < l->now.n; k++)
		if (apart(l, &l->now.at[k], store))
			l->now.at[kept++] = l->now.at[k];
	l->now.n = kept;
}

static void remember(Loads *l, Known k)
{
	if (l->now.n == MOST) {
		memmove(l->now.at, l->now.at + 1, (MOST - 1) * sizeof(Known));
		l->now.n--;
	}
	l->now.at[l->now.n++] = k;
}

static const Known *find(const Loads *l, const OIns *i)
{
	for (u32 k = l->now.n; k-- > 0;) {
		const Known *p = &l->now.at[k];
		if (p->base == i->a && p->off == i->c && p->mem == essence(i->aux) && p->type == i->type)
			return p;
	}
	return NULL;
}

static bool plain(const OIns *i)
{
	return OMEM_ORDER(i->aux) == ORDER_PLAIN;
}

static void visit_load(Loads *l, OVal v)
{
	const OIns *i = &l->f->ins.p[v];
	const Known *k;

	if (!plain(i)) {
		l->now.n = 0;
	} else if ((k = find(l, i))) {
		l->to[v] = k->val;
		ocode_delete(l->f, v);
		l->changed = true;
	} else {
		remember(l, (Known){.base = i->a, .val = v, .off = i->c, .mem = essence(i->aux), .type = i->type});
	}
}

/* A store of a whole value says what a load of that type and width will give. */
static void visit_store(Loads *l, const OIns *i)
{
	u8 type = l->f->ins.p[i->b].type;

	forget(l, i);
	if (!plain(i))
		l->now.n = 0;
	else if (ocode_type_size[type] == 1u << OMEM_LOG2(i->aux))
		remember(l, (Known){.base = i->a, .val = i->b, .off = i->c, .mem = essence(i->aux), .type = type});
}

static void visit(Loads *l, OVal v)
{
	const OIns *i = &l->f->ins.p[v];

	if (i->op == O_LOAD)
		visit_load(l, v);
	else if (i->op == O_STORE)
		visit_store(l, i);
	else if (i->op != O_PUT && !(i->op >= O_FVEC1 && i->op <= O_FVEC3) && (ocode_ops[i->op].props & OP_WRITE))
		l->now.n = 0;
}

static bool same(const Known *x, const Known *y)
{
	return x->base == y->base && x->val == y->val && x->off == y->off && x->mem == y->mem && x->type == y->type;
}

static void keep_common(State *s, const State *other)
{
	u32 kept = 0;

	for (u32 k = 0; k < s->n; k++)
		for (u32 j = 0; j < other->n; j++)
			if (same(&s->at[k], &other->at[j])) {
				s->at[kept++] = s->at[k];
				break;
			}
	s->n = kept;
}

/* What all ways into the block know; nothing if one of them has not been walked yet. */
static void enter(Loads *l, u32 b)
{
	const OCfg *g = l->g;

	l->now.n = 0;
	for (u32 j = g->pred_at[b]; j < g->pred_at[b + 1]; j++) {
		const State *s = l->out[g->pred[j]];
		if (!s) {
			l->now.n = 0;
			return;
		}
		if (j == g->pred_at[b])
			memcpy(&l->now, s, offsetof(State, at) + s->n * sizeof(Known));
		else
			keep_common(&l->now, s);
	}
}

bool opt_loads(OFunc *f, Arena *a)
{
	bool pruned = opt_prune(f, a);
	Loads l = {.f = f, .g = ocode_cfg(f, a), .to = arena_alloc(a, f->ins.n * sizeof *l.to)};

	l.out = arena_alloc(a, f->block.n * sizeof *l.out);
	for (u32 k = 0; k < l.g->nrpo; k++) {
		u32 b = l.g->rpo[k];
		enter(&l, b);
		for (OVal v = f->block.p[b].first, next; v; v = next) {
			opt_replace(f, v, l.to);
			next = f->ins.p[v].next;
			visit(&l, v);
		}
		u64 size = offsetof(State, at) + l.now.n * sizeof(Known);
		l.out[b] = memcpy(arena_alloc(a, size), &l.now, size);
	}
	opt_replace_all(f, l.to);
	return l.changed | pruned;
}
