/* P-code to O-code: one pass over a checked function.  The operand stack holds values, locals are variables
 * for the SSA construction, labels are blocks. */
#include "lower.h"

#include <stdlib.h>

OType lower_type(u8 letter)
{
	switch (letter) {
	case 'i': return OT_I32;
	case 'l': return OT_I64;
	case 'f': return OT_F32;
	case 'd': return OT_F64;
	default: return OT_VOID;
	}
}

/* ---- emitting ------------------------------------------------------------------------------------ */

/* The variables at the start of the instruction, as slots of its state map. */
static void show(Lower *l, OMap *map)
{
	map->slots = l->f->slot.n;
	for (u32 k = 0; k < l->shown.n; k++) {
		OType type = lower_type(pcode_local_type(l->m, l->pf, l->shown.p[k]));
		OSlotVal s = {.slot = l->shown.p[k], .val = lower_read(l, l->cur, l->shown.p[k], type)};
		vec_push(&l->f->slot, s);
	}
	for (u32 k = 0; k < l->start_depth; k++) {
		OSlotVal s = {.slot = l->nvar + k, .val = lower_value(l, &l->stack[k])};
		vec_push(&l->f->slot, s);
	}
	map->n = l->f->slot.n - map->slots;
}

u32 lower_map(Lower *l)
{
	OMap map = {.func = l->func, .pc = l->start};

	if (l->map && l->map_pc == l->start)
		return l->map;
	if (l->maps)
		show(l, &map);
	vec_push(&l->f->map, map);
	l->map_pc = l->start;
	return l->map = l->f->map.n - 1;
}

/* What needs a state map: all that can trap, fault or call. */
static bool may_leave(OOp op, u32 aux)
{
	if (ocode_ops[op].form == OF_LOAD || ocode_ops[op].form == OF_STORE)
		return OMEM_FAULT(aux);
	return ocode_ops[op].props & OP_FAULT;
}

OVal lower_emit(Lower *l, OOp op, OType type, u32 aux, u32 a, u32 b, u32 c)
{
	u32 map = may_leave(op, aux) ? lower_map(l) : 0;
	OVal v = ocode_emit(l->f, l->cur, op, type, aux, a, b, c);

	l->f->ins.p[v].map = map;
	return v;
}

OVal lower_const(Lower *l, OType type, u64 bits)
{
	return ocode_emit_const(l->f, l->cur, type, bits);
}

void lower_trapif(Lower *l, OVal cond, u32 code)
{
	lower_emit(l, O_TRAPIF, OT_VOID, code, cond, 0, 0);
}

OVal lower_canonical(Lower *l, OVal v)
{
	bool known = v == l->finite && l->cur == l->finite_in;

	return known ? v : lower_emit(l, O_FCANON, l->f->ins.p[v].type, 0, v, 0, 0);
}

void lower_push(Lower *l, OVal v)
{
	l->stack[l->depth++] = (LEnt){.v = v};
}

OVal lower_value(Lower *l, LEnt *e)
{
	if (e->off) {
		OVal c = lower_const(l, OT_I32, e->off);
		*e = (LEnt){.v = lower_emit(l, O_ADD, OT_I32, 0, e->v, c, 0)};
	}
	return e->v;
}

OVal lower_pop(Lower *l)
{
	return lower_value(l, &l->stack[--l->depth]);
}

/* ---- labels -------------------------------------------------------------------------------------- */

static LLabel *label_of(Lower *l, u32 copy, u32 n)
{
	LLabel *b = &l->labels[copy * l->pf->nlabel + n];

	if (!b->block)
		b->block = lower_block(l, true);
	return b;
}

/* An edge to a label from the current block; the operand stack goes along. */
static u32 label_edge(Lower *l, LLabel *b)
{
	if (!b->shaped) {
		b->shaped = true;
		b->types = l->shape.n;
		b->depth = l->depth;
		for (u32 k = 0; k < l->depth; k++)
			vec_push(&l->shape, l->f->ins.p[l->stack[k].v].type);
	}
	for (u32 k = 0; k < b->depth; k++)
		lower_write(l, l->cur, l->nvar + k, lower_value(l, &l->stack[k]));
	if (b->defined)
		l->f->block.p[b->block].flags |= OB_LOOP;
	return lower_edge(l, b->block);
}

u32 lower_label_edge(Lower *l, u32 n)
{
	return label_edge(l, label_of(l, MAX(l->copy, l->nest[n]), n));
}

static void jump_to(Lower *l, u32 n)
{
	u32 e = lower_label_edge(l, n);

	lower_emit(l, O_JMP, OT_VOID, 0, e, 0, 0);
	l->cur = 0;
}

static void define_label(Lower *l, POp op, u32 n)
{
	LLabel *b = label_of(l, l->copy, n);

	if (l->cur) {
		u32 e = label_edge(l, b);
		lower_emit(l, O_JMP, OT_VOID, 0, e, 0, 0);
	}
	b->defined = true;
	b->op = (u8)op;
	b->shaped = true; /* with an empty stack if nothing before it goes there */
	l->block.p[b->block].open = op != P_LABEL;
	l->cur = b->block;
	l->depth = b->depth;
	for (u32 k = 0; k < b->depth; k++)
		l->stack[k] = (LEnt){.v = lower_read(l, l->cur, l->nvar + k, l->shape.p[b->types + k])};
}

/* jump.if and jump.ifz; what follows is a block of its own. */
static void jump_if(Lower *l, u32 n, bool if_zero)
{
	OVal cond = lower_pop(l);
	u32 next = lower_block(l, false), there = lower_label_edge(l, n), on = lower_edge(l, next);

	lower_emit(l, O_BR, OT_VOID, 0, cond, if_zero ? on : there, if_zero ? there : on);
	l->cur = next;
}

static void table_jump(Lower *l, Rd *r)
{
	u32 n = rd_uleb32(r), first = 0, at;
	OVal k = lower_pop(l);

	/* The edges lie one behind the other, in the table's order. */
	for (u32 i = 0; i <= n; i++) {
		at = lower_label_edge(l, rd_uleb32(r));
		first = first ? first : at;
	}
	lower_emit(l, O_SWITCH, OT_VOID, 0, k, first, n + 1);
	l->cur = 0;
}

/* ---- the function -------------------------------------------------------------------------------- */

/* Reads an instruction's immediates, all but a jump table's. */
static void immediates(Lower *l, const char *imm, Rd *r)
{
	for (u32 n = 0; *imm; imm++) {
		switch (*imm) {
		case 's': l->imm[n++] = rd_sleb32(r); break;
		case 'S': l->imm[n++] = rd_sleb64(r); break;
		case 'f': l->imm[n++] = rd_u32(r); break;
		case 'd': l->imm[n++] = (i64)rd_u64(r); break;
		case 'm': /* the alignment is a hint, and not used */
			rd_uleb32(r);
			l->imm[n++] = rd_uleb32(r);
			break;
		default: l->imm[n++] = rd_uleb32(r);
		}
	}
}

static void lower_ins(Lower *l, POp op)
{
	switch (op) {
	case P_LABEL: case P_LOOP: case P_LAND:
		define_label(l, op, (u32)l->imm[0]);
		break;
	case P_JUMP:
		jump_to(l, (u32)l->imm[0]);
		break;
	case P_JUMP_IF: case P_JUMP_IFZ:
		jump_if(l, (u32)l->imm[0], op == P_JUMP_IFZ);
		break;
	default:
		if (!lower_call_op(l, op) && !lower_memory(l, op))
			lower_op(l, op);
	}
}

static void lower_body(Lower *l)
{
	Rd r = {.p = l->pf->code, .end = l->pf->code + l->pf->code_len};

	while (r.p < r.end) {
		l->start = (u32)(r.p - l->pf->code);
		POp op = *r.p++;
		l->start_depth = l->depth;
		l->map = 0;
		if (op == P_JUMP_TABLE) {
			table_jump(l, &r);
			continue;
		}
		immediates(l, pcode_ops[op].imm, &r);
		lower_ins(l, op);
	}
}

/* For on-stack replacement the function's start is a block that nobody reaches. */
static void lower_copies(Lower *l, u32 n)
{
	for (l->copy = 0;; l->copy++) {
		l->label = l->labels + l->copy * l->pf->nlabel;
		l->depth = 0;
		if (l->osr != UINT32_MAX)
			l->cur = lower_block(l, true);
		lower_body(l);
		if (l->copy == n - 1)
			break;
	}
}

/* The entry block: the function's own parameters, or those of on-stack replacement. */
static void lower_entry(Lower *l)
{
	OFunc *f = l->f;

	l->cur = lower_block(l, false);
	if (l->osr != UINT32_MAX) {
		vec_push(&f->param, OT_I64);
		vec_push(&f->param, OT_I32);
		l->locals = ocode_param(f, 1, OT_I64);
		l->tail = l->frame = ocode_param(f, 1, OT_I32);
		if (l->pf->frame)
			l->frame64 = lower_at_entry(l, O_EXTU, OT_I64, 0, l->frame, 0, 0);
		/* The way in; the function's start is a block that nobody reaches. */
		u32 e = lower_edge(l, label_of(l, 0, l->osr)->block);
		lower_emit(l, O_JMP, OT_VOID, 0, e, 0, 0);
		return;
	}
	for (u32 k = 0; k < l->type->nparam; k++) {
		vec_push(&f->param, lower_type(l->type->param[k]));
		l->tail = ocode_ins(f, O_PARAM, lower_type(l->type->param[k]), 0, k, 0, 0);
		ocode_append(f, 1, l->tail);
		lower_write(l, 1, k, l->tail);
	}
	if (l->pf->frame)
		lower_enter_frame(l);
}

/* The blocks that are left, those off the beaten track last. */
static void lay_out(Lower *l)
{
	OFunc *f = l->f;

	for (u32 cold = 0; cold < 2; cold++)
		for (u32 b = 1; b < f->block.n; b++)
			if (l->block.p[b].reached && !!(f->block.p[b].flags & OB_COLD) == cold)
				vec_push(&f->order, b);
}

static void find_shown(Lower *l)
{
	const PModule *m = l->m;

	for (u32 k = 0; k < m->nvar; k++)
		if (m->var[k].func == l->func && m->var[k].where == 0)
			vec_push(&l->shown, m->var[k].at);
}

static void lower_end(Lower *l)
{
	vec_free(&l->block);
	vec_free(&l->edge);
	vec_free(&l->phi);
	vec_free(&l->operand);
	vec_free(&l->forward);
	vec_free(&l->shape);
	vec_free(&l->shown);
	map_free(&l->def);
	free(l->labels);
	free(l->nest);
	free(l->stack);
}

OFunc *pcode_lower_maps(const PModule *m, u32 func, u32 label, const u32 *type_id, bool maps)
{
	const PFunc *pf = &m->func[func];
	const PType *type = &m->type[pf->type];
	Lower l = {.m = m, .pf = pf, .type = type, .type_id = type_id, .func = func, .osr = label, .maps = maps};

	l.f = ocode_new(pf->name, func, lower_type(type->result));
	l.nvar = type->nparam + pf->nlocal;
	l.nest = xcalloc(pf->nlabel + 1, 1);
	u32 copies = label == UINT32_MAX ? 1 : lower_nest(pf, label, l.nest);
	l.label = l.labels = xcalloc(copies * pf->nlabel + 1, sizeof *l.label);
	l.stack = xcalloc(pf->max_stack + 1, sizeof *l.stack);
	vec_add(&l.block, 1);
	vec_add(&l.edge, 1);
	if (maps)
		find_shown(&l);
	lower_entry(&l);
	lower_copies(&l, copies);
	lower_dispatch(&l);
	lower_finish_ssa(&l);
	lay_out(&l);
	lower_end(&l);
	return l.f;
}

OFunc *pcode_lower(const PModule *m, u32 func, u32 label, const u32 *type_id)
{
	return pcode_lower_maps(m, func, label, type_id, false);
}
