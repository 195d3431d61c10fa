/* Inlining: the body of a small function of the module in place of its call.
 *
 * A round takes the calls that the function had at its start; what the bodies call themselves is left to the next
 * round, so that a function that calls itself twice grows evenly.  Bodies come from whoever runs the passes.
 * Their state maps get the call's as parent, which keeps call chains exact.
 *
 * Stays a call: what is in cold blocks, what is long for its place (loops may take more, but not of a function that
 * is already around), what would inline a function into itself for the NEST-th time, and all once the function has grown by GROWTH.
 *
 * Needs: nothing; has to come first, for it brings raw code.  Breaks: the layout, and leaves blocks to join (copy). */
#include "pass.h"

enum {
	SMALL = 48, SMALL_IN_LOOP = 120, /* instructions of a body */
	GROWTH = 480,                    /* instructions that all bodies may have */
	ROUNDS = 4, NEST = 4
};

typedef struct Inline {
	OFunc *f;
	OCfg *g;
	OptBodies *bodies;
	VEC(OVal) site;  /* the calls of this round, */
	VEC(u8) looped;  /* and whether each is in a loop */
	u32 grown;
	bool changed;
} Inline;

/* ---- taking a body over ---------------------------------------------------------------------------- */

/* What is added to the body's numbers to make them the caller's. */
typedef struct Shift {
	u32 val, block, edge, pool, map, slot;
} Shift;

static void shift_value(u32 *v, const Shift *s)
{
	if (*v)
		*v += s->val;
}

static void shift_operands(OIns *i, const Shift *s)
{
	switch (ocode_ops[i->op].form) {
	case OF_TERN:
		shift_value(&i->c, s); /* fall through */
	case OF_BIN: case OF_BINT: case OF_CMP: case OF_STORE:
		shift_value(&i->b, s); /* fall through */
	case OF_UN: case OF_LOAD: case OF_PUT: case OF_TRAPIF: case OF_RET:
		shift_value(&i->a, s);
		break;
	case OF_CALL:
		if (i->op == O_CALLI)
			shift_value(&i->a, s);
		i->b += s->pool;
		break;
	case OF_JMP:
		i->a += s->edge;
		break;
	case OF_BR:
		shift_value(&i->a, s);
		i->b += s->edge;
		i->c += s->edge;
		break;
	case OF_SWITCH:
		shift_value(&i->a, s);
		i->b += s->edge;
		break;
	default:
		break;
	}
}

static void take_instructions(OFunc *f, const OFunc *g, const Shift *s)
{
	for (u32 v = 1; v < g->ins.n; v++) {
		OIns i = g->ins.p[v];
		if (i.op == O_NONE) {
			vec_push(&f->ins, ((OIns){.next = f->free_ins}));
			f->free_ins = f->ins.n - 1;
			continue;
		}
		shift_operands(&i, s);
		shift_value(&i.prev, s);
		shift_value(&i.next, s);
		if (i.block)
			i.block += s->block;
		if (i.map)
			i.map += s->map;
		vec_push(&f->ins, i);
	}
}

static void take_maps(OFunc *f, const OFunc *g, const Shift *s, u32 parent)
{
	for (u32 k = 1; k < g->map.n; k++) {
		OMap m = g->map.p[k];
		m.parent = m.parent ? m.parent + s->map : parent;
		m.slots += s->slot;
		vec_push(&f->map, m);
	}
	for (u32 k = 0; k < g->slot.n; k++) {
		OSlotVal v = g->slot.p[k];
		shift_value(&v.val, s);
		vec_push(&f->slot, v);
	}
}

static void take_blocks(OFunc *f, const OFunc *g, const Shift *s)
{
	for (u32 b = 1; b < g->block.n; b++) {
		OBlock x = g->block.p[b];
		shift_value(&x.first, s);
		shift_value(&x.last, s);
		vec_push(&f->block, x);
	}
	for (u32 k = 0; k < g->order.n; k++)
		vec_push(&f->order, g->order.p[k] + s->block);
	for (u32 k = 0; k < g->pool.n; k++) {
		u32 v = g->pool.p[k];
		shift_value(&v, s);
		vec_push(&f->pool, v);
	}
	for (u32 k = 1; k < g->edge.n; k++) {
		OEdge e = g->edge.p[k];
		e.block += s->block;
		e.args += s->pool;
		vec_push(&f->edge, e);
	}
}

/* Number 0 of all but the pool and the slots is none, and is not taken. */
static Shift take(OFunc *f, const OFunc *g, u32 map)
{
	Shift s = {f->ins.n - 1, f->block.n - 1, f->edge.n - 1, f->pool.n, f->map.n - 1, f->slot.n};

	take_instructions(f, g, &s);
	take_maps(f, g, &s, map);
	take_blocks(f, g, &s);
	return s;
}

/* ---- a call ------------------------------------------------------------------------------------------ */

/* What stands behind the call becomes a block of its own; the call turns into that block's parameter. */
static u32 split_behind(OFunc *f, OVal call)
{
	u32 b = f->ins.p[call].block, rest = ocode_block(f);
	OVal next = f->ins.p[call].next;

	f->block.p[rest].first = next;
	f->block.p[rest].last = f->block.p[b].last;
	f->block.p[rest].flags = f->block.p[b].flags & OB_COLD;
	f->block.p[b].last = call;
	f->ins.p[call].next = 0;
	f->ins.p[next].prev = 0;
	for (OVal v = next; v; v = f->ins.p[v].next)
		f->ins.p[v].block = rest;
	ocode_unlink(f, call);
	if (f->ins.p[call].type == OT_VOID) {
		ocode_delete(f, call);
	} else {
		f->ins.p[call] = (OIns){.op = O_PARAM, .type = f->ins.p[call].type};
		ocode_insert_before(f, next, call);
	}
	vec_push(&f->order, rest);
	return rest;
}

static void return_to(OFunc *f, u32 from, u32 end, u32 rest)
{
	for (u32 b = from; b < end; b++) {
		OIns *i = &f->ins.p[f->block.p[b].last];
		if (!f->block.p[b].last || i->op != O_RET)
			continue;
		u32 e = ocode_edge(f, rest, &i->a, i->aux);
		*i = (OIns){.op = O_JMP, .a = e, .prev = i->prev, .block = b};
	}
}

static u32 size_of(const OFunc *g)
{
	u32 n = 0;

	for (u32 v = 1; v < g->ins.n; v++)
		n += g->ins.p[v].op != O_NONE;
	return n;
}

static void inline_call(Inline *l, OVal call, const OFunc *g)
{
	OFunc *f = l->f;
	OIns i = f->ins.p[call];
	u32 rest = split_behind(f, call);
	Shift s = take(f, g, i.map);
	u32 e = ocode_edge(f, s.block + 1, NULL, 0);

	f->edge.p[e].args = i.b;
	f->edge.p[e].n = i.c;
	ocode_emit(f, i.block, O_JMP, OT_VOID, 0, e, 0, 0);
	return_to(f, s.block + 1, s.block + g->block.n, rest);
	l->grown += size_of(g);
	l->changed = true;
}

/* ---- which calls -------------------------------------------------------------------------------------- */

/* How often the function is in the chain of those that stand around the call. */
static u32 nested(const OFunc *f, u32 map, u32 func)
{
	u32 n = map == 0 && f->id == func;

	for (; map; map = f->map.p[map].parent)
		n += f->map.p[map].func == func;
	return n;
}

/* Vectors of 128 bits have a pool of their own; only x86 has them. */
static bool suitable(const Inline *l, const OFunc *g, bool looped)
{
	u32 n = size_of(g);

	return n <= (looped ? SMALL_IN_LOOP : SMALL) && l->grown + n <= GROWTH && !g->vconst.n;
}

static void collect(Inline *l, Arena *a)
{
	const OFunc *f = l->f;

	l->g = ocode_cfg(f, a);
	l->site.n = l->looped.n = 0;
	for (u32 k = 0; k < l->g->nrpo; k++) {
		u32 b = l->g->rpo[k];
		if (f->block.p[b].flags & OB_COLD)
			continue;
		for (OVal v = f->block.p[b].first; v; v = f->ins.p[v].next)
			if (f->ins.p[v].op == O_CALL) {
				vec_push(&l->site, v);
				vec_push(&l->looped, l->g->loop[b] != 0);
			}
	}
}

bool opt_inline(OFunc *f, OptBodies *bodies)
{
	Arena *a = arena_new();
	Inline l = {.f = f, .bodies = bodies};
	bool more = true;

	for (u32 round = 0; more && round < ROUNDS; round++) {
		more = false;
		collect(&l, a);
		for (u32 k = 0; k < l.site.n; k++) {
			const OIns *i = &f->ins.p[l.site.p[k]];
			const OFunc *g = nested(f, i->map, i->a) < NEST ? bodies->get(bodies, i->a) : NULL;
			if (g && suitable(&l, g, l.looped.p[k] && !nested(f, i->map, i->a))) {
				inline_call(&l, l.site.p[k], g);
				more = true;
			}
		}
		arena_reset(a);
	}
	vec_free(&l.site);
	vec_free(&l.looped);
	arena_free(a);
	return l.changed;
}
