/* sel_pin: slots of the register file that units have in registers.
 *
 * A GET is nothing: its value is in the slot's register, until the unit's end, where all PUTs are done together, as the
 * moves of the block's last instruction.  So while an instruction can still fault, these registers have what they had at the
 * unit's beginning. */
#include "sel.h"

static bool only_leaves(const Sel *s, u32 block)
{
	for (u32 v = s->f->block.p[block].first; v; v = sel_o(s, v)->next)
		if (!sel_is(s, v, O_CONST) && !(sel_is(s, v, O_EXIT) && sel_is(s, sel_o(s, v)->a, O_CONST)))
			return false;
	return true;
}

static bool all_leave(const Sel *s, u32 end)
{
	u32 first, edge[2];

	for (u32 k = ocode_succs(s->f, sel_o(s, end)->block, &first, edge); k-- > 0;)
		if (!only_leaves(s, s->f->edge.p[edge[k]].block))
			return false;
	return true;
}

/* i32 values are zero-extended anyway. */
static u32 not_extended(const Sel *s, u32 v)
{
	while (sel_is(s, v, O_EXTU) && sel_o(s, sel_o(s, v)->a)->type == OT_I32)
		v = sel_o(s, v)->a;
	return v;
}

/* Those behind the last instruction that may fault; others will be found undone. */
bool sel_puts(Sel *s, u32 end)
{
	u32 done = 0;

	for (u32 v = sel_o(s, end)->prev; v && !sel_o(s, v)->map; v = sel_o(s, v)->prev) {
		const OIns *o = sel_o(s, v);
		u32 reg = o->op == O_PUT ? sel_pin(s, o->c) : NOREG;
		if (reg == NOREG || sel_o(s, o->a)->type > OT_I64)
			continue;
		if (!(done >> reg & 1))
			sel_any(s, not_extended(s, o->a), ROLE_FIX, reg);
		done |= 1u << reg;
		s->need[v] = 2;
	}
	return !done || sel_is(s, end, O_EXIT) || all_leave(s, end);
}
