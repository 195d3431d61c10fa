/* Units as quick code: made when they have run before, linked to each other, found again by address.
 *
 * A thread that runs quick code takes no lock, so it may go on to a unit that another thread drops meanwhile.  What is
 * dropped is freed when every thread has come for a unit since then, or is not in guest code (unit_collect); who leaves
 * by an exit that may be linked notes the count of such events, so that a freed one is not looked at. */
#include "xtask.h"

#include <stdlib.h>

enum { OFTEN = 2 /* times that a unit is evaluated before it pays */ };

static void make(XThread *t, Unit *u)
{
	if (u->runs < OFTEN) {
		u->runs++;
		return;
	}
	u->quick = ocode_quick(u->func, u);
	u->plain = !u->quick;
}

void xquick_reached(XThread *t, Unit *u)
{
	if (t->task->jit || t->task->o.trace_exec)
		return;
	if (!u->quick && !u->plain)
		make(t, u);
	if (!u->quick)
		return;
	if (t->way && t->way_life == t->task->life && !((Unit *)ocode_quick_owner(t->way->from))->dead && t->way->pc == u->pc)
		ocode_quick_link(t->way, u->quick);
	OJump *o = &t->r.jump[ojump_slot(u->pc)];
	o->code = ocode_quick_code(u->quick);
	__atomic_store_n(&o->pc, u->pc, __ATOMIC_RELEASE);
}

void xquick_drop(XTask *t, Unit *u)
{
	if (!u->quick)
		return;
	ocode_quick_unlink(u->quick);
	for (XThread *th = t->threads; th; th = th->next) {
		OJump *o = &th->r.jump[ojump_slot(u->pc)];
		if (o->pc == u->pc)
			__atomic_store_n(&o->pc, o == th->r.jump, __ATOMIC_RELEASE);
	}
}

void xquick_run(XThread *t, Unit *u)
{
	ocode_quick_run(&t->eval, u->quick);
	t->way = t->eval.left;
	t->way_life = __atomic_load_n(&t->task->life, __ATOMIC_ACQUIRE);
}

Unit *xquick_unit(const XThread *t)
{
	return t->eval.quick ? ocode_quick_owner(t->eval.quick) : t->unit;
}
