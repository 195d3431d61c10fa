/* Register-file slots: a GET gives what an earlier GET or PUT of the slot had, and a PUT that the next PUT of the
 * slot undoes before anyone can look goes.
 *
 * Within a block and along single ways into the next ones.  A call leaves only the fixed slots and the stack
 * pointer as they were (each activation puts it back, by return and by non-local goto); whatever can trap or
 * fault may look at all slots.
 *
 * Needs: nothing.  Breaks: nothing. */
#include "pass.h"

enum { CELLS = sizeof(Regfile) / 8 };

typedef struct Slots {
	OFunc *f;
	OCfg *g;
	u32 *to;
	OVal val[CELLS]; /* what the slot is known to hold, if set at this time: */
	u32 set[CELLS];
	OVal put[CELLS]; /* a PUT nobody has looked at yet, likewise */
	u32 put_set[CELLS];
	u32 time, seen;  /* stamps: earlier ones do not count */
	bool changed;
} Slots;

static bool whole(const Slots *s, OVal v, u32 off)
{
	return off % 8 == 0 && off / 8 < CELLS && s->f->ins.p[v].type == OT_I64;
}

static void hold(Slots *s, u32 cell, OVal v)
{
	s->val[cell] = v;
	s->set[cell] = s->time;
}

static void visit_get(Slots *s, OVal v)
{
	u32 off = s->f->ins.p[v].c, cell = off / 8;

	s->seen++;
	if (!whole(s, v, off))
		return;
	if (s->set[cell] == s->time) {
		s->to[v] = s->val[cell];
		ocode_delete(s->f, v);
		s->changed = true;
	} else {
		hold(s, cell, v);
	}
}

static void visit_put(Slots *s, OVal v)
{
	u32 off = s->f->ins.p[v].c, cell = off / 8;
	OVal what = s->f->ins.p[v].a;

	if (!whole(s, what, off)) {
		s->time++; /* a part of a slot, or several: forget all */
		s->seen++;
		return;
	}
	if (s->put_set[cell] == s->seen) {
		ocode_delete(s->f, s->put[cell]);
		s->changed = true;
	}
	s->put[cell] = v;
	s->put_set[cell] = s->seen;
	hold(s, cell, what);
}

/* A call: other slots than these may have changed. */
static void visit_call(Slots *s)
{
	u32 sp = REG_OFF(sp) / 8;
	bool had_sp = s->set[sp] == s->time;

	s->time++;
	if (had_sp)
		s->set[sp] = s->time;
}

static void visit(Slots *s, OVal v)
{
	const OIns *i = &s->f->ins.p[v];

	if (i->op == O_GET)
		visit_get(s, v);
	else if (i->op == O_PUT)
		visit_put(s, v);
	else if (ocode_ops[i->op].form == OF_CALL)
		visit_call(s);
	if (i->map || (ocode_ops[i->op].props & (OP_FAULT | OP_END)))
		s->seen++;
}

bool opt_slots(OFunc *f, Arena *a)
{
	bool pruned = opt_prune(f, a);
	Slots s = {.f = f, .g = ocode_cfg(f, a), .to = arena_alloc(a, f->ins.n * sizeof *s.to), .time = 1, .seen = 1};
	u32 before = 0;

	for (u32 k = 0; k < s.g->nrpo; k++) {
		u32 b = s.g->rpo[k], at = s.g->pred_at[b];
		/* What is known goes on into the block that comes next if there is no other way into it. */
		if (!before || s.g->pred_at[b + 1] - at != 1 || s.g->pred[at] != before)
			s.time++;
		s.seen++;
		for (OVal v = f->block.p[b].first, next; v; v = next) {
			opt_replace(f, v, s.to);
			next = f->ins.p[v].next;
			visit(&s, v);
		}
		before = b;
	}
	opt_replace_all(f, s.to);
	return s.changed | pruned;
}
