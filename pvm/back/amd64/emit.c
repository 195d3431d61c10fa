/* emit: selected and allocated instructions to bytes. */
#include <stdlib.h>

#include "emit.h"

const MInfo amd64_ins[M_COUNT] = {
	[M_BLOCK] = { "block", 0, K_BLOCK, 0 },
#define M(op, name, kind, opcode, ext, meaning) [M_##op] = { name, opcode, K_##kind, ext },
#include "ins.def"
#undef M
};

/* ---- places ------------------------------------------------------------------------------------------------- */

Rm emit_slot(const Emit *e, u32 slot)
{
	return rm_mem(RBP, -8 * (i32)(e->npush + 1 + slot));
}

Rm emit_loc(const Emit *e, i32 loc)
{
	if (loc >= LOC_OUT && e->m->f->unit)
		return rm_mem(RBP, 8 * (loc - LOC_OUT) - UNIT_FRAME);
	if (loc >= LOC_OUT)
		return rm_mem(RSP, 8 * (loc - LOC_OUT));
	if (loc == LOC_SCRATCH)
		return rm_reg(SCRATCH);
	return LOC_IS_SLOT(loc) ? emit_slot(e, SLOT_OF(loc)) : rm_reg((u32)loc);
}

void emit_rm(Emit *e, u32 opcode, u32 w, u32 reg, const ERm *rm, u32 tail)
{
	u32 at = enc_rm(&e->l.raw, opcode, w, reg, rm->rm);

	if (at) {
		Fix fix = { at, rm->lit };
		vec_push(&e->l.fix, fix);
		st32(e->l.raw.p + at, (u32)-(i32)tail);
	}
}

ERm emit_lit(Emit *e, u64 bits, u32 size)
{
	return (ERm){ .rm = { .mem = 1, .rip = true, .base = NOREG, .index = NOREG }, .lit = layout_lit(&e->l, bits, size) };
}

/* The memory operand of an instruction. */
static ERm memory(Emit *e, const MIns *ins)
{
	const MOpnd *o = &e->m->opnd.p[ins->opnd + ins->mopnd];
	Rm rm = { .mem = 1, .base = NOREG, .index = NOREG, .scale = ins->scale, .disp = ins->disp };

	if (ins->mbase == MB_LIT)
		return emit_lit(e, (u64)ins->imm, amd64_ins[ins->op].kind == K_FPB ? 16 : ins->w);
	if (ins->mbase == MB_REG)
		rm.base = (u8)(o++)->loc;
	else
		rm.base = ins->mbase == MB_GUEST ? R14 : R15;
	if (ins->flags & MF_INDEX)
		rm.index = (u8)o->loc;
	return (ERm){ .rm = rm };
}

/* Source number k: memory if the instruction has it and k is behind the other sources. */
ERm emit_src(Emit *e, const MIns *ins, u32 k)
{
	if (ins->mbase && k >= ins->mopnd)
		return memory(e, ins);
	return (ERm){ .rm = emit_loc(e, e->m->opnd.p[ins->opnd + k].loc) };
}

/* ---- sites ----------------------------------------------------------------------------------------------------- */

static void site_loc(Emit *e, u32 slot, u32 val, const MOpnd *o)
{
	BackLoc loc = { .slot = slot, .kind = LOC_NONE };

	if (val) {
		loc.type = e->m->f->ins.p[val].type;
		if (o->con) {
			loc.kind = LOC_CONST;
			loc.bits = e->m->f->ins.p[val].imm;
		} else if (LOC_IS_SLOT(o->loc)) {
			loc.kind = LOC_SPILL;
			loc.at = emit_slot(e, SLOT_OF(o->loc)).disp;
		} else {
			loc.kind = o->loc >= REG_F0 ? LOC_FREG : LOC_REG;
			loc.at = o->loc & 15;
		}
	}
	vec_push(&e->c->loc, loc);
}

void emit_site(Emit *e, const MIns *ins, u32 off)
{
	BackSite s = { .off = off, .map = ins->map, .loc = e->c->loc.n };
	u32 k = 0;

	for (u32 map = ins->map; map; map = e->m->f->map.p[map].parent)
		for (u32 j = 0; j < e->m->f->map.p[map].n; j++) {
			const OSlotVal *sv = &e->m->f->slot.p[e->m->f->map.p[map].slots + j];
			while (sv->val && e->m->opnd.p[ins->opnd + k].role != ROLE_MAP)
				k++;
			site_loc(e, sv->slot, sv->val, &e->m->opnd.p[ins->opnd + k]);
			k += sv->val != 0;
		}
	s.nloc = e->c->loc.n - s.loc;
	vec_push(&e->l.site, s);
}

void emit_fault_site(Emit *e, const MIns *ins)
{
	if (ins->flags & MF_FAULT)
		emit_site(e, ins, e->l.raw.n);
}

static void field_out(Emit *e, u32 sym, u32 id)
{
	BackReloc r = { .sym = (u8)sym, .id = id };

	r.off = e->l.raw.n;
	buf_u32(&e->l.raw, 0);
	vec_push(&e->l.reloc, r);
}

void emit_call(Emit *e, u32 sym, u32 id)
{
	buf_u8(&e->l.raw, 0xe8);
	field_out(e, sym, id);
}

void emit_goto(Emit *e, u32 thunk)
{
	buf_u8(&e->l.raw, 0xe9);
	field_out(e, SYM_THUNK, thunk);
}

void emit_goto_if(Emit *e, u32 cc, u32 thunk)
{
	buf_u16(&e->l.raw, (u16)(0x800f | cc << 8));
	field_out(e, SYM_THUNK, thunk);
}

/* ---- moves ------------------------------------------------------------------------------------------------------- */

static bool is_freg(i32 loc) { return loc >= REG_F0 && loc < NREG; }
static bool is_reg(i32 loc) { return (loc >= 0 && loc < REG_F0) || loc == LOC_SCRATCH; }

static u32 reg_no(i32 loc) { return loc == LOC_SCRATCH ? SCRATCH : (u32)loc; }

/* To a register, an i32 moves as 4 bytes, which clears the rest and needs no prefix. */
static void move_typed(Emit *e, i32 to, i32 from, u32 type)
{
	if (type == OT_V128)
		emit_move16(e, to, from);
	else if (type == OT_I32 && is_reg(to) && !is_freg(from) && to != from)
		enc_rm(&e->l.raw, 0x8b, 4, reg_no(to), emit_loc(e, from));
	else
		emit_move(e, to, from);
}

/* One word in any direction.  Integers move as 8 bytes (i32 values are zero-extended), floats too. */
void emit_move(Emit *e, i32 to, i32 from)
{
	Buf *b = &e->l.raw;

	if (to == from)
		return;
	if (is_freg(to) && is_freg(from))
		enc_rm(b, 0x0f28, 4, (u32)to, rm_reg((u32)from));
	else if (is_freg(to) && is_reg(from))
		enc_rm(b, 0x66000f6e, 8, (u32)to, rm_reg(reg_no(from)));
	else if (is_reg(to) && is_freg(from))
		enc_rm(b, 0x66000f7e, 8, (u32)from, rm_reg(reg_no(to)));
	else if (is_freg(to))
		enc_rm(b, 0xf2000f10, 4, (u32)to, emit_loc(e, from));
	else if (is_freg(from))
		enc_rm(b, 0xf2000f11, 4, (u32)from, emit_loc(e, to));
	else if (is_reg(to))
		enc_rm(b, 0x8b, 8, reg_no(to), emit_loc(e, from));
	else if (is_reg(from))
		enc_rm(b, 0x89, 8, reg_no(from), emit_loc(e, to));
	else {
		i32 by = e->vector_waits ? LOC_SCRATCH : FSCRATCH;
		emit_move(e, by, from);
		emit_move(e, to, by);
	}
}

void emit_const(Emit *e, i32 to, u32 type, u64 bits)
{
	Buf *b = &e->l.raw;

	if (type == OT_I32 || type == OT_F32)
		bits = (u32)bits;
	if (is_freg(to)) {
		if (!bits) {
			enc_rm(b, 0x0f57, 4, (u32)to, rm_reg((u32)to));
		} else {
			ERm lit = emit_lit(e, bits, type == OT_F32 ? 4 : 8);
			emit_rm(e, type == OT_F32 ? 0xf3000f10 : 0xf2000f10, 4, (u32)to, &lit, 0);
		}
	} else if (is_reg(to)) {
		enc_movi(b, reg_no(to), bits, !e->keep_flags);
	} else if ((i64)bits == (i32)bits) {
		enc_rm(b, 0xc7, 8, 0, emit_loc(e, to));
		buf_u32(b, (u32)bits);
	} else {
		enc_movi(b, SCRATCH, bits, true);
		emit_move(e, to, LOC_SCRATCH);
	}
}

static void sink(void *ctx, const PMove *mv)
{
	Emit *e = ctx;

	if (mv->con) {
		const OIns *o = &e->m->f->ins.p[mv->con];
		emit_const(e, mv->to, o->type, o->imm);
	} else if (mv->to >= LOC_OUT && mv->type == OT_F32) { /* a word's upper half is zero */
		if (is_freg(mv->from))
			enc_rm(&e->l.raw, 0x66000f7e, 4, (u32)mv->from, rm_reg(SCRATCH));
		else
			enc_rm(&e->l.raw, 0x8b, 4, SCRATCH, emit_loc(e, mv->from));
		emit_move(e, mv->to, LOC_SCRATCH);
	} else {
		move_typed(e, mv->to, mv->from, mv->type);
		if (mv->type == OT_V128 && (mv->to == LOC_SCRATCH || mv->from == LOC_SCRATCH))
			e->vector_waits = mv->to == LOC_SCRATCH;
	}
}

static void add_pmove(Emit *e, i32 from, i32 to, u32 con, u32 v)
{
	PMove mv = { .from = from, .to = to, .con = con, .type = con ? 0 : e->m->vtype.p[v] };

	vec_push(&e->pm, mv);
}

/* No move reads what another one has written, in whatever order. */
static bool any_order(const Emit *e)
{
	u32 from = 0, to = 0;

	for (u32 k = 0; k < e->pm.n; k++) {
		const PMove *m = &e->pm.p[k];
		if (m->to < 0 || m->to >= NREG || (!m->con && m->from >= NREG))
			return false;
		if (!m->con && m->from >= 0 && m->from != m->to)
			from |= 1u << m->from;
		to |= 1u << m->to;
	}
	return !(from & to);
}

static void flush_moves(Emit *e)
{
	if (!e->pm.n)
		return;
	if (any_order(e))
		for (u32 k = 0; k < e->pm.n; k++)
			sink(e, &e->pm.p[k]);
	else
		moves_emit(&e->moves, e->pm.p, e->pm.n, sink, e);
	e->pm.n = 0;
}

/* The moves that the allocator put at this instruction. */
static void group(Emit *e, u32 ins, u32 phase)
{
	u32 key = MOVE_KEY(ins, phase);

	if (e->mv == e->m->move.n || e->m->move.p[e->mv].key > key)
		return;
	while (e->mv < e->m->move.n && e->m->move.p[e->mv].key < key)
		e->mv++;
	for (; e->mv < e->m->move.n && e->m->move.p[e->mv].key == key; e->mv++) {
		const MMove *m = &e->m->move.p[e->mv];
		add_pmove(e, m->from, m->to, m->from == LOC_NOWHERE ? m->v : 0, m->v);
	}
	flush_moves(e);
}

/* Moves operands to where the instruction wants them.  Words of the outgoing area first, while the scratch register
 * is surely free. */
static void fixed_uses(Emit *e, const MIns *ins)
{
	const MOpnd *o = &e->m->opnd.p[ins->opnd];

	for (u32 k = 0; k < ins->nopnd; k++)
		if (o[k].role == ROLE_OUT)
			add_pmove(e, o[k].loc, LOC_OUT + o[k].fixed, o[k].con, o[k].v);
	flush_moves(e);
	for (u32 k = 0; k < ins->nopnd; k++)
		if (o[k].role == ROLE_FIX)
			add_pmove(e, o[k].loc, o[k].fixed, o[k].con, o[k].v);
	flush_moves(e);
}

static void fixed_defs(Emit *e, const MIns *ins)
{
	const MOpnd *o = &e->m->opnd.p[ins->opnd];

	for (u32 k = 0; k < ins->nopnd && (ins->flags & MF_FIXED); k++)
		if (o[k].role == ROLE_DFIX && o[k].fixed != NOREG)
			add_pmove(e, o[k].fixed, o[k].loc, 0, o[k].v);
	flush_moves(e);
	for (u32 k = 0; k < ins->nopnd && e->m->nslot; k++)
		if ((o[k].role == ROLE_DFIX || o[k].role == ROLE_DEF) && e->m->store.p[o[k].v] && !LOC_IS_SLOT(o[k].loc))
			move_typed(e, LOC_SLOT(e->m->store.p[o[k].v] - 1), o[k].loc, e->m->vtype.p[o[k].v]);
}

/* ---- by kind --------------------------------------------------------------------------------------------------------- */

static u32 def(const Emit *e, const MIns *ins) { return (u32)e->m->opnd.p[ins->opnd].loc; }
static i32 loc(const Emit *e, const MIns *ins, u32 k) { return e->m->opnd.p[ins->opnd + k].loc; }

/* Brings the first source into the result's register. */
static void tie(Emit *e, const MIns *ins)
{
	u32 d = def(e, ins);
	i32 s = loc(e, ins, 1);

	move_typed(e, (i32)d, s, ins->w == 8 ? OT_I64 : OT_I32);
}

/* a + b into a third register. */
static bool add_by_lea(Emit *e, const MIns *ins)
{
	u32 d = def(e, ins);
	i32 a = loc(e, ins, 1), b;
	Rm rm;

	if (ins->op != M_ADD || (ins->flags & MF_FLAGS) || ins->mbase || !is_reg(a) || a == (i32)d)
		return false;
	rm = rm_mem((u32)a, 0);
	if (ins->flags & MF_IMM) {
		rm.disp = (i32)ins->imm;
	} else {
		b = loc(e, ins, 2);
		if (!is_reg(b) || b == (i32)d)
			return false;
		rm.index = (u8)b;
	}
	enc_rm(&e->l.raw, 0x8d, ins->w, d, rm);
	return true;
}

static void alu(Emit *e, const MIns *ins)
{
	const MInfo *info = &amd64_ins[ins->op];
	u32 d = def(e, ins);
	ERm src;

	if (add_by_lea(e, ins))
		return;
	if (ins->flags & MF_IMM) {
		tie(e, ins);
		enc_alui(&e->l.raw, info->ext, ins->w, rm_reg(d), (i32)ins->imm);
		return;
	}
	if (!ins->mbase && (ins->flags & MF_COMM) && loc(e, ins, 2) == (i32)d) {
		src = emit_src(e, ins, 1);
	} else {
		tie(e, ins);
		src = emit_src(e, ins, 2);
	}
	emit_fault_site(e, ins);
	emit_rm(e, info->opcode, ins->w, d, &src, 0);
}

static void imul(Emit *e, const MIns *ins)
{
	bool small = ins->imm == (i8)ins->imm;
	ERm src;

	if (!(ins->flags & MF_IMM)) {
		alu(e, ins);
		return;
	}
	src = emit_src(e, ins, 1);
	emit_rm(e, small ? 0x6b : 0x69, ins->w, def(e, ins), &src, small ? 1 : 4);
	if (small)
		buf_u8(&e->l.raw, (u8)ins->imm);
	else
		buf_u32(&e->l.raw, (u32)ins->imm);
}

static void cmp(Emit *e, const MIns *ins)
{
	bool imm = ins->flags & MF_IMM;
	ERm src = emit_src(e, ins, imm ? 0 : 1);

	emit_fault_site(e, ins);
	if (imm)
		enc_alui(&e->l.raw, 7, ins->w, src.rm, (i32)ins->imm);
	else
		emit_rm(e, 0x3b, ins->w, (u32)loc(e, ins, 0), &src, 0);
}

static void test(Emit *e, const MIns *ins)
{
	Rm rm = emit_loc(e, loc(e, ins, 0));
	Buf *b = &e->l.raw;

	if (!(ins->flags & MF_IMM)) {
		enc_rm(b, 0x85, ins->w, (u32)loc(e, ins, 1), rm);
	} else if (ins->imm >= 0 && ins->imm < 128 && !rm.mem) {
		enc_rm(b, 0xf6, 1, 0, rm);
		buf_u8(b, (u8)ins->imm);
	} else {
		enc_rm(b, 0xf7, ins->imm >= 0 ? 4 : ins->w, 0, rm);
		buf_u32(b, (u32)ins->imm);
	}
}

static void shift(Emit *e, const MIns *ins)
{
	const MInfo *info = &amd64_ins[ins->op];
	u32 d = def(e, ins);

	if (!(ins->flags & MF_IMM)) {
		/* The count is in cl already; the result may not be there. */
		if (d == RCX) {
			emit_move(e, LOC_SCRATCH, loc(e, ins, 1) == RCX ? RCX : loc(e, ins, 1));
			enc_rm(&e->l.raw, 0xd3, ins->w, info->ext, rm_reg(SCRATCH));
			emit_move(e, RCX, LOC_SCRATCH);
			return;
		}
		tie(e, ins);
		enc_rm(&e->l.raw, 0xd3, ins->w, info->ext, rm_reg(d));
		return;
	}
	tie(e, ins);
	if (ins->imm == 1) {
		enc_rm(&e->l.raw, 0xd1, ins->w, info->ext, rm_reg(d));
	} else if (ins->imm) {
		enc_rm(&e->l.raw, 0xc1, ins->w, info->ext, rm_reg(d));
		buf_u8(&e->l.raw, (u8)ins->imm);
	}
}

static void rm_kind(Emit *e, const MIns *ins)
{
	ERm src = emit_src(e, ins, 1);
	u32 w = ins->w;

	/* A byte register above bl needs a prefix that w = 1 gives. */
	if (ins->op == M_MOVSX8 || ins->op == M_MOVZX8)
		if (!src.rm.mem && src.rm.reg >= 4 && src.rm.reg < 8 && w != 8) {
			buf_u8(&e->l.raw, (u8)(0x40 | (def(e, ins) & 8) >> 1));
			enc_rm(&e->l.raw, amd64_ins[ins->op].opcode, 4, def(e, ins) & 7, src.rm);
			return;
		}
	emit_fault_site(e, ins);
	emit_rm(e, amd64_ins[ins->op].opcode, w, def(e, ins), &src, 0);
}

/* A move within a class; as a 4-byte integer move it clears the upper half. */
static void mov(Emit *e, const MIns *ins)
{
	i32 d = loc(e, ins, 0), s = loc(e, ins, 1);

	if (ins->w == 4 && is_reg(d))
		enc_rm(&e->l.raw, 0x8b, 4, (u32)d, emit_loc(e, s));
	else
		emit_move(e, d, s);
}

/* The remainder of a division by -1 is 0, where the machine faults on the smallest number. */
static void div_kind(Emit *e, const MIns *ins)
{
	const MInfo *info = &amd64_ins[ins->op];
	bool rem = ins->op == M_IDIV && e->m->opnd.p[ins->opnd].fixed == RDX;
	Rm y = emit_loc(e, loc(e, ins, 2));
	Buf *b = &e->l.raw;
	u32 skip = 0;

	if (rem) {
		enc_rm(b, 0x33, 4, RDX, rm_reg(RDX));
		enc_alui(b, 7, ins->w, y, -1);
		buf_u16(b, 0x0074); /* je over the division */
		skip = b->n;
	}
	if (ins->op == M_DIV)
		enc_rm(b, 0x33, 4, RDX, rm_reg(RDX));
	else if (ins->op == M_IDIV) {
		if (ins->w == 8)
			buf_u8(b, 0x48);
		buf_u8(b, 0x99);
	}
	enc_rm(b, 0xf7, ins->w, info->ext, y);
	if (rem)
		b->p[skip - 1] = (u8)(b->n - skip);
}

static void fp(Emit *e, const MIns *ins, u32 prefix)
{
	u32 d = def(e, ins), opcode = prefix | amd64_ins[ins->op].opcode;
	ERm src;

	if (!ins->mbase && (ins->flags & MF_COMM) && loc(e, ins, 2) == (i32)d) {
		src = emit_src(e, ins, 1);
	} else {
		tie(e, ins);
		src = emit_src(e, ins, 2);
	}
	emit_fault_site(e, ins);
	emit_rm(e, opcode, 4, d, &src, 0);
}

/* d = op rm.  A conversion keeps the upper part of d: cleared first, so that it does not wait for d. */
static void frm(Emit *e, const MIns *ins)
{
	ERm src = emit_src(e, ins, 1);
	u32 d = def(e, ins);

	if (ins->op != M_FLOAD && (src.rm.mem || src.rm.reg != (d & 15)))
		enc_rm(&e->l.raw, 0x0f57, 4, d, rm_reg(d));
	emit_fault_site(e, ins);
	emit_rm(e, (ins->w == 8 ? 0xf2000000u : 0xf3000000u) | amd64_ins[ins->op].opcode, 4, d, &src, 0);
}

static void emit_ins(Emit *e, u32 i)
{
	const MIns *ins = &e->m->ins.p[i];

	group(e, i, MOVE_SPLIT);
	group(e, i, MOVE_EDGE);
	e->keep_flags = ins->op == M_PIN;
	if (ins->flags & MF_FIXED)
		fixed_uses(e, ins);
	e->keep_flags = false;
	switch (amd64_ins[ins->op].kind) {
	case K_BLOCK: break;
	case K_ALU: alu(e, ins); break;
	case K_IMUL: imul(e, ins); break;
	case K_CMP: cmp(e, ins); break;
	case K_TEST: test(e, ins); break;
	case K_UN: tie(e, ins); enc_rm(&e->l.raw, amd64_ins[ins->op].opcode, ins->w, amd64_ins[ins->op].ext,
		rm_reg(def(e, ins))); break;
	case K_SH: shift(e, ins); break;
	case K_RM: rm_kind(e, ins); break;
	case K_MOV: mov(e, ins); break;
	case K_DIV: div_kind(e, ins); break;
	case K_FP: fp(e, ins, ins->w == 8 ? 0xf2000000u : 0xf3000000u); break;
	case K_FPB: fp(e, ins, 0); break;
	case K_FRM: frm(e, ins); break;
	default: emit_special(e, ins); break;
	}
	fixed_defs(e, ins);
	group(e, i, MOVE_HEAD);
}

/* ---- blocks ------------------------------------------------------------------------------------------------------------ */

/* Blocks that only go on elsewhere are jumped over. */
static void thread_jumps(Emit *e)
{
	MFunc *m = e->m;
	u8 *busy = arena_alloc(m->arena, m->nblock);
	u32 mv = 0;

	for (u32 b = 0; b < m->nblock; b++) {
		const MBlock *mb = &m->block[b];
		while (mv < m->move.n && m->move.p[mv].key < MOVE_KEY(mb->first, 0))
			mv++;
		busy[b] = b == 0 || mb->end - mb->first != 2 || m->ins.p[mb->end - 1].op != M_JMP ||
			m->ins.p[mb->first].nopnd || (mv < m->move.n && m->move.p[mv].key < MOVE_KEY(mb->end, 0));
	}
	e->thread = arena_alloc(m->arena, (m->nblock + 1) * sizeof(u32));
	for (u32 b = 0; b < m->nblock; b++) {
		u32 to = b, hops = 0;
		while (!busy[to] && hops++ < 32)
			to = m->link[m->block[to].succ];
		e->thread[b] = busy[to] ? to : b;
	}
}

static void prologue(Emit *e)
{
	static const u8 kept[] = { RBX, R12, R13 };
	Buf *b = &e->l.raw;
	MFunc *m = e->m;

	if (m->f->unit) { /* it runs in the frame of the entry */
		e->npush = UNIT_PUSHED;
		if (!m->pinned)
			amd64_store_pins(b);
		return;
	}
	enc_push(b, RBP);
	enc_mov(b, 8, RBP, RSP);
	if (m->calls) {
		enc_rm(b, 0x3b, 8, RSP, rm_mem(R15, (i32)REG_OFF(host_sp_limit)));
		layout_jcc(&e->l, X_B, emit_trap_stub(e, TRAP_STACK, NULL));
	}
	for (u32 k = 0; k < COUNT(kept); k++)
		if (m->used >> kept[k] & 1) {
			enc_push(b, kept[k]);
			e->pushed[e->npush++] = kept[k];
		}
	e->frame = 8 * (m->nslot + m->nout);
	if (e->frame)
		enc_alui(b, 5, 8, rm_reg(RSP), (i32)e->frame);
}

void emit_epilogue(Emit *e)
{
	Buf *b = &e->l.raw;

	if (e->frame && e->npush)
		enc_alui(b, 0, 8, rm_reg(RSP), (i32)e->frame);
	for (u32 k = e->npush; k-- > 0;)
		enc_pop(b, e->pushed[k]);
	if (e->frame && !e->npush)
		buf_u8(b, 0xc9);
	else
		enc_pop(b, RBP);
	buf_u8(b, 0xc3);
}

static u32 next_block(const Emit *e, u32 b)
{
	for (b++; b < e->m->nblock && e->thread[b] != b; b++)
		;
	return b;
}

static void emit_blocks(Emit *e)
{
	MFunc *m = e->m;

	for (u32 b = 0; b < m->nblock; b++) {
		const MBlock *mb = &m->block[b];
		if (e->thread[b] != b)
			continue;
		if ((m->f->block.p[mb->oblock].flags & OB_LOOP) && mb->depth && b)
			layout_align(&e->l);
		layout_bind(&e->l, e->label[b]);
		e->block = b;
		e->next = next_block(e, b);
		for (u32 i = mb->first; i < mb->end; i++)
			emit_ins(e, i);
	}
}

/* The state of the last function, whose arrays serve the next. */
static void *spare;

static Emit *emit_begin(MFunc *m, BackCode *c)
{
	Emit *e = spare_take(&spare), old;

	if (!e)
		e = xcalloc(1, sizeof *e);
	old = *e;
	*e = (Emit){ .m = m, .c = c, .l = old.l };
	e->pm.p = old.pm.p, e->pm.cap = old.pm.cap;
	e->stub.p = old.stub.p, e->stub.cap = old.stub.cap;
	layout_begin(&e->l);
	thread_jumps(e);
	moves_init(&e->moves, m->nslot, m->arena);
	return e;
}

static void emit_end(Emit *e)
{
	if (!layout_is_large(&e->l))
		e = spare_put(&spare, e);
	if (!e)
		return;
	layout_free(&e->l);
	vec_free(&e->pm);
	vec_free(&e->stub);
	free(e);
}

bool amd64_emit(MFunc *m, BackCode *c)
{
	if (m->f->unit && (m->nslot > UNIT_SPILLS || m->nout > UNIT_OUT))
		return err_set(m->err, EXIT_UNSUPPORTED, "amd64: the unit needs %u words of frame", m->nslot + m->nout);
	Emit *e = emit_begin(m, c);
	e->label = arena_alloc(m->arena, (m->nblock + 1) * sizeof(u32));
	for (u32 b = 0; b < m->nblock; b++)
		e->label[b] = layout_label(&e->l);
	prologue(e);
	emit_blocks(e);
	emit_stubs(e);
	emit_exit_stubs(e);
	layout_end(&e->l, c);
	emit_end(e);
	return true;
}
