/* Lowering calls, returns, frames in linear memory and the non-local goto.
 *
 * A non-local goto notes its goal in the register file and returns; behind each call that it can come
 * through, the caller looks at the note and returns as well, until the activation is reached that it names. */
#include "lower.h"

static OVal get(Lower *l, u32 off)
{
	return lower_emit(l, O_GET, OT_I64, 0, 0, 0, off);
}

static void put(Lower *l, u32 off, OVal v)
{
	lower_emit(l, O_PUT, OT_VOID, 0, v, 0, off);
}

/* ---- frames -------------------------------------------------------------------------------------- */

void lower_enter_frame(Lower *l)
{
	OVal sp = get(l, REG_OFF(sp)), size = lower_const(l, OT_I64, l->pf->frame);

	/* sp is at most 2^32, so that this cannot wrap as a signed number. */
	l->frame64 = lower_emit(l, O_SUB, OT_I64, 0, sp, size, 0);
	OVal limit = get(l, REG_OFF(sp_limit));
	lower_trapif(l, lower_emit(l, O_ICMP, OT_I32, CC_LTS, l->frame64, limit, 0), TRAP_STACK);
	put(l, REG_OFF(sp), l->frame64);
	l->frame = lower_emit(l, O_TRUNC, OT_I32, 0, l->frame64, 0, 0);
}

OVal lower_frame(Lower *l)
{
	/* Without a frame sp is between calls what it was at the start. */
	if (!l->frame)
		return lower_emit(l, O_TRUNC, OT_I32, 0, get(l, REG_OFF(sp)), 0, 0);
	return l->frame;
}

static void leave_frame(Lower *l)
{
	if (!l->frame64)
		return;
	OVal size = lower_const(l, OT_I64, l->pf->frame);
	put(l, REG_OFF(sp), lower_emit(l, O_ADD, OT_I64, 0, l->frame64, size, 0));
}

static void leave(Lower *l, OVal result)
{
	leave_frame(l);
	lower_emit(l, O_RET, OT_VOID, result != 0, result, 0, 0);
	l->cur = 0;
}

/* Returns to a caller that will not look at the result. */
static void leave_unwinding(Lower *l)
{
	OType type = lower_type(l->type->result);

	leave(l, type == OT_VOID ? 0 : lower_const(l, type, 0));
}

/* ---- non-local goto ------------------------------------------------------------------------------ */

static u32 cold_block(Lower *l, bool open)
{
	u32 b = lower_block(l, open);

	l->f->block.p[b].flags |= OB_COLD;
	return b;
}

/* Behind a call through which a non-local goto can come. */
static void look_for_unwinding(Lower *l)
{
	if (!l->unwound)
		l->unwound = cold_block(l, true);
	OVal none = lower_const(l, OT_I64, 0), unwind = get(l, REG_OFF(unwind));
	OVal cond = lower_emit(l, O_ICMP, OT_I32, CC_NE, unwind, none, 0);
	u32 next = lower_block(l, false), out = lower_edge(l, l->unwound), on = lower_edge(l, next);

	lower_emit(l, O_BR, OT_VOID, 0, cond, out, on);
	l->cur = next;
}

static OVal equal(Lower *l, OVal a, OVal b)
{
	return lower_emit(l, O_ICMP, OT_I32, CC_EQ, a, b, 0);
}

/* How the register file notes where a goto goes: a land label and its function. */
static u64 landing(u32 func, u32 label)
{
	return (u64)func << 32 | label;
}

/* Goes to the land label that the goto wants. */
static void land(Lower *l)
{
	put(l, REG_OFF(unwind), lower_const(l, OT_I64, 0));
	if (l->frame64)
		put(l, REG_OFF(sp), l->frame64);
	OVal wanted = get(l, REG_OFF(unwind_label));
	l->depth = 0;
	for (u32 k = 0; k < l->pf->nlabel; k++) {
		if (!l->label[k].defined || l->label[k].op != P_LAND)
			continue;
		OVal cond = equal(l, wanted, lower_const(l, OT_I64, landing(l->func, k)));
		u32 next = cold_block(l, false), there = lower_label_edge(l, k), on = lower_edge(l, next);
		lower_emit(l, O_BR, OT_VOID, 0, cond, there, on);
		l->cur = next;
	}
	/* The frame is that of another function than the one named. */
	lower_emit(l, O_TRAP, OT_VOID, TRAP_CALL, 0, 0, 0);
	l->cur = 0;
}

static bool has_land(const Lower *l)
{
	for (u32 k = 0; k < l->pf->nlabel; k++)
		if (l->label[k].defined && l->label[k].op == P_LAND)
			return true;
	return false;
}

/* A frame's address as the register file notes it: plus one, so that 0 is none. */
static OVal noted(Lower *l, OVal frame)
{
	OVal wide = lower_emit(l, O_EXTU, OT_I64, 0, frame, 0, 0);

	return lower_emit(l, O_ADD, OT_I64, 0, wide, lower_const(l, OT_I64, 1), 0);
}

void lower_dispatch(Lower *l)
{
	if (!l->unwound)
		return;
	l->cur = l->unwound;
	l->start = l->start_depth = l->map = 0;
	if (has_land(l)) {
		OVal own = noted(l, lower_frame(l)), cond = equal(l, get(l, REG_OFF(unwind)), own);
		u32 here = cold_block(l, false), out = cold_block(l, false);
		u32 to_here = lower_edge(l, here), to_out = lower_edge(l, out);
		lower_emit(l, O_BR, OT_VOID, 0, cond, to_here, to_out);
		l->cur = here;
		land(l);
		l->cur = out;
	}
	leave_unwinding(l);
}

static void unwind(Lower *l, u32 func, u32 label)
{
	OVal frame = lower_pop(l);

	l->depth = 0;
	if (func == l->m->nimport + l->func) {
		OVal cond = equal(l, frame, lower_frame(l));
		u32 next = cold_block(l, false), there = lower_label_edge(l, label), on = lower_edge(l, next);
		lower_emit(l, O_BR, OT_VOID, 0, cond, there, on);
		l->cur = next;
	}
	put(l, REG_OFF(unwind), noted(l, frame));
	put(l, REG_OFF(unwind_label), lower_const(l, OT_I64, landing(func - l->m->nimport, label)));
	leave_unwinding(l);
}

/* ---- calls --------------------------------------------------------------------------------------- */

/* Pops the arguments into the pool; the host gets no NaN but the canonical one. */
static u32 arguments(Lower *l, const PType *t, bool host)
{
	LEnt *arg = &l->stack[l->depth -= t->nparam];
	u32 at;

	for (u32 k = 0; k < t->nparam; k++) {
		OVal v = lower_value(l, &arg[k]);
		if (host && (t->param[k] == 'f' || t->param[k] == 'd'))
			arg[k].v = lower_canonical(l, v);
	}
	at = l->f->pool.n;
	for (u32 k = 0; k < t->nparam; k++)
		vec_push(&l->f->pool, arg[k].v);
	return at;
}

static void emit_call(Lower *l, OOp op, const PType *t, u32 target, bool unwinds)
{
	OType type = lower_type(t->result);
	u32 at = arguments(l, t, op == O_HCALL);
	OVal v = lower_emit(l, op, type, 0, target, at, t->nparam);

	if (unwinds)
		look_for_unwinding(l);
	if (type != OT_VOID)
		lower_push(l, v);
}

static void call(Lower *l, u32 func)
{
	const PModule *m = l->m;

	if (func < m->nimport)
		emit_call(l, O_HCALL, &m->type[m->import[func].type], PH_COUNT + func, false);
	else
		emit_call(l, O_CALL, &m->type[m->func[func - m->nimport].type], func - m->nimport,
			m->func[func - m->nimport].may_unwind);
}

/* Any function of the module may be behind a table entry. */
static bool any_unwinds(Lower *l)
{
	if (!l->any_known) {
		l->any_known = true;
		for (u32 k = 0; k < l->m->nfunc && !l->any_unwinds; k++)
			l->any_unwinds = l->m->func[k].may_unwind;
	}
	return l->any_unwinds;
}

static void call_indirect(Lower *l, u32 type)
{
	OVal k = lower_emit(l, O_EXTU, OT_I64, 0, lower_pop(l), 0, 0);
	u16 mem = O_MEM(SPACE_VM, 2, 0, ORDER_PLAIN, 0) | O_MEM_ALIGN(2) | OMEM_CONST;

	OVal len = get(l, REG_OFF(table_len));
	lower_trapif(l, lower_emit(l, O_ICMP, OT_I32, CC_GEU, k, len, 0), TRAP_CALL);
	OVal size = lower_const(l, OT_I64, sizeof(OEntry));
	OVal off = lower_emit(l, O_MUL, OT_I64, 0, k, size, 0), table = get(l, REG_OFF(table));
	OVal entry = lower_emit(l, O_ADD, OT_I64, 0, table, off, 0);
	OVal id = lower_emit(l, O_LOAD, OT_I32, mem, entry, 0, offsetof(OEntry, type));
	OVal want = lower_const(l, OT_I32, l->type_id[type]);
	lower_trapif(l, lower_emit(l, O_ICMP, OT_I32, CC_NE, id, want, 0), TRAP_CALL);
	emit_call(l, O_CALLI, &l->m->type[type], entry, any_unwinds(l));
}

bool lower_call_op(Lower *l, POp op)
{
	switch (op) {
	case P_RETURN:
		leave(l, l->type->result ? lower_pop(l) : 0);
		break;
	case P_CALL:
		call(l, (u32)l->imm[0]);
		break;
	case P_CALL_IND:
		call_indirect(l, (u32)l->imm[0]);
		break;
	case P_UNWIND:
		unwind(l, (u32)l->imm[0], (u32)l->imm[1]);
		break;
	case P_TRAP:
		lower_emit(l, O_TRAP, OT_VOID, (u32)l->imm[0], 0, 0, 0);
		l->cur = 0;
		break;
	case P_TRAP_IF:
		lower_trapif(l, lower_pop(l), (u32)l->imm[0]);
		break;
	default:
		return false;
	}
	return true;
}
