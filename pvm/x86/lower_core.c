/* What all families of the lowering stand on: values, guest registers, memory, ways out. */
#include "lower.h"
#include "segment.h"

#include <stdlib.h>

/* ---- values ---------------------------------------------------------------------------------------- */

OVal xl_const(XLower *l, u8 type, u64 v)
{
	return ocode_emit_const(l->f, l->block, type, type == OT_I32 ? (u32)v : v);
}

u8 xl_type(const XLower *l, OVal v)
{
	return l->f->ins.p[v].type;
}

OVal xl_bin(XLower *l, OOp op, OVal a, OVal b)
{
	return ocode_emit(l->f, l->block, op, xl_type(l, a), 0, a, b, 0);
}

OVal xl_bini(XLower *l, OOp op, OVal a, u64 k)
{
	return xl_bin(l, op, a, xl_const(l, xl_type(l, a), k));
}

OVal xl_un(XLower *l, OOp op, OVal a)
{
	return ocode_emit(l->f, l->block, op, xl_type(l, a), 0, a, 0, 0);
}

OVal xl_cmp(XLower *l, OCc cc, OVal a, OVal b)
{
	return ocode_emit(l->f, l->block, O_ICMP, OT_I32, cc, a, b, 0);
}

OVal xl_cmpi(XLower *l, OCc cc, OVal a, u64 k)
{
	return xl_cmp(l, cc, a, xl_const(l, xl_type(l, a), k));
}

OVal xl_select(XLower *l, OVal c, OVal a, OVal b)
{
	return ocode_emit(l->f, l->block, O_SELECT, xl_type(l, a), 0, a, b, c);
}

OVal xl_to(XLower *l, u8 type, OVal v)
{
	const OIns *i = &l->f->ins.p[v];

	if (i->type == type)
		return v;
	if (type == OT_I32 && i->op == O_EXTU)
		return i->a;
	return ocode_emit(l->f, l->block, type == OT_I32 ? O_TRUNC : O_EXTU, type, 0, v, 0, 0);
}

OVal xl_sext(XLower *l, OVal v, unsigned size, u8 type)
{
	if (size == 8)
		return v;
	if (size < 4)
		v = xl_un(l, size == 1 ? O_SEXT8 : O_SEXT16, xl_to(l, OT_I32, v));
	else
		v = xl_to(l, OT_I32, v);
	return type == OT_I32 ? v : ocode_emit(l->f, l->block, O_EXTS, type, 0, v, 0, 0);
}

OVal xl_zext(XLower *l, OVal v, unsigned size)
{
	if (size == 8)
		return v;
	v = xl_to(l, OT_I32, v);
	return size == 4 ? v : xl_bini(l, O_AND, v, size == 1 ? 0xff : 0xffff);
}

/* ---- guest registers ------------------------------------------------------------------------------- */

OVal xl_get(XLower *l, u32 slot, u8 type)
{
	if (!l->cur[slot])
		l->cur[slot] = ocode_emit(l->f, l->block, O_GET, OT_I64, 0, 0, 0, REG_SLOT(slot));
	xr_note(l, slot, OT_I64, false);
	return xl_to(l, type, l->cur[slot]);
}

void xl_put(XLower *l, u32 slot, OVal v)
{
	xr_note(l, slot, xl_type(l, v), true);
	l->cur[slot] = v;
	xl_set_dirty(l, slot, true);
}

OVal xl_reg(XLower *l, unsigned n, unsigned size, bool high)
{
	OVal v = xl_get(l, XS_GPR + n, l->word);

	if (high)
		v = xl_bini(l, O_SHRU, xl_to(l, OT_I32, v), 8);
	return xl_zext(l, v, size);
}

void xl_set_reg(XLower *l, unsigned n, unsigned size, bool high, OVal v)
{
	u32 slot = XS_GPR + n;

	if (size >= 4) {
		xl_put(l, slot, xl_to(l, l->word, v));
		return;
	}
	u64 mask = size == 2 ? 0xffff : high ? 0xff00 : 0xff;
	OVal old = xl_get(l, slot, l->word), part = xl_to(l, l->word, xl_zext(l, v, size));
	if (high)
		part = xl_bini(l, O_SHL, part, 8);
	xl_put(l, slot, xl_bin(l, O_OR, xl_bini(l, O_AND, old, ~mask), part));
}

/* ---- memory ---------------------------------------------------------------------------------------- */

u32 xl_map(XLower *l, bool after)
{
	OFunc *f = l->f;
	u32 at = f->slot.n;

	for (u32 k = 0; k < COUNT(l->dirty); k++)
		for (u64 d = l->dirty[k]; d; d &= d - 1) {
			u32 s = 64 * k + (u32)__builtin_ctzll(d);
			vec_push(&f->slot, ((OSlotVal){ REG_SLOT(s), l->cur[s] }));
		}
	if (l->flags_dirty) {
		OVal v[XFLAG_SLOTS];
		xl_flag_slots(l, v);
		for (u32 k = 0; k < XFLAG_SLOTS; k++)
			if (v[k])
				vec_push(&f->slot, ((OSlotVal){ REG_SLOT(xl_flag_slot(k)), v[k] }));
	}
	OMap m = { .func = f->id, .pc = (u32)(l->i.pc - l->start), .slots = at, .n = f->slot.n - at, .after = after };
	vec_push(&f->map, m);
	return f->map.n - 1;
}

static OVal segment_base(XLower *l, unsigned seg)
{
	return xl_get(l, XS_BASE + seg, l->word);
}

/* In 32-bit mode fs and gs may be empty or have limits, which is seen once a unit: loading them ends it. */
void xl_see_flat(XLower *l, unsigned seg)
{
	u8 bit = (u8)(1 << seg);

	if (seg < XS_FS || l->req->mode == X86_64 || l->req->careful || ((l->req->flat | l->flat) & bit))
		return;
	OVal care = ocode_emit(l->f, l->block, O_GET, OT_I64, 0, 0, 0, REG_SLOT(XS_CARE));
	xl_exit_if(l, xl_bini(l, O_AND, xl_to(l, OT_I32, care), bit), XE_CARE, l->i.pc);
	l->flat |= bit;
}

/* Only fs and gs have bases, unless there are segments of the guest's own (LDT), with which units are careful ones. */
OVal xl_linear(XLower *l, OVal offset, unsigned seg)
{
	OVal a = xl_to(l, l->word, offset);

	if (seg < XS_FS && !(l->req->careful && l->req->mode == X86_32))
		return a;
	xl_see_flat(l, seg);
	return xl_bin(l, O_ADD, a, segment_base(l, seg));
}

/* Raises what an access of n bytes does because of its segment or its alignment. */
static void check_access(XLower *l, OVal addr, unsigned n, unsigned seg, bool write)
{
	if (!l->req->careful)
		return;
	bool loose = l->i.op == XI_VCVTPH2PS || l->i.op == XI_VCVTPS2PH, whole = n >= 16 && seg == l->i.seg && x86_vector_aligned(&l->i);
	u64 what = n | (u64)(loose ? 1 : x86_alignment(n)) << 16 | (u64)seg << 24 | (u64)write << 27 | (u64)whole << 28;
	xl_flush(l); /* what a fault of the access itself would show */
	const OVal arg[3] = { xl_to(l, OT_I64, addr), xl_const(l, OT_I64, l->i.pc), xl_const(l, OT_I64, what) };
	xl_hcall(l, XH_CHECK, OT_VOID, arg, COUNT(arg));
}

OVal xl_stack(XLower *l, OVal sp, unsigned size, bool write)
{
	OVal a = xl_linear(l, sp, XS_SS);

	check_access(l, a, size, XS_SS, write);
	return a;
}

static OVal index_part(XLower *l, u8 type)
{
	const XInsn *i = &l->i;
	OVal v = xl_to(l, type, xl_get(l, XS_GPR + i->index, l->word));

	return i->scale == 1 ? v : xl_bini(l, O_SHL, v, (u64)__builtin_ctz(i->scale));
}

OVal xl_ea(XLower *l)
{
	const XInsn *i = &l->i;
	u8 type = i->asize == 8 ? OT_I64 : OT_I32;
	OVal v = 0;

	if (i->base == XB_RIP)
		return xl_const(l, type, i->pc + i->len + (u64)i->disp);
	if (i->base != XB_NONE)
		v = xl_to(l, type, xl_get(l, XS_GPR + i->base, l->word));
	if (i->index != XB_NONE) {
		OVal x = index_part(l, type);
		v = v ? xl_bin(l, O_ADD, v, x) : x;
	}
	if (!v)
		v = xl_const(l, type, (u64)i->disp);
	else if (i->disp)
		v = xl_bini(l, O_ADD, v, (u64)i->disp);
	return i->asize == 2 ? xl_bini(l, O_AND, v, 0xffff) : v;
}

/* Not those that write by chance (arpl, masks), and not what the kernel does in the processor's place. */
bool x86_writes_code(const XInsn *i)
{
	if (i->seg != XS_CS || i->mode != X86_32)
		return false;
	switch (i->op) {
	case XI_FNSTENV: case XI_FNSAVE: case XI_XSAVE: case XI_XSAVEC: case XI_XSAVEOPT: return true;
	case XI_ARPL: case XI_VMASKMOVPS: case XI_VMASKMOVPD: case XI_VPMASKMOVD: case XI_VPMASKMOVQ: return false;
	case XI_SLDT: case XI_STR: case XI_SMSW: return false;
	}
	for (u32 k = 0; k < i->nopnd; k++)
		if (i->opnd[k].kind == XK_MEM && i->opnd[k].write)
			return true;
	return false;
}

/* In 32-bit mode code segments cannot be written. */
OVal xl_address(XLower *l)
{
	if (x86_writes_code(&l->i))
		xl_exit_if(l, xl_const(l, OT_I32, 1), XE_GP, l->i.pc);
	OVal a = xl_linear(l, xl_ea(l), l->i.seg);
	for (u32 k = 0; k < l->i.nopnd; k++)
		if (l->i.opnd[k].kind == XK_MEM && !l->i.opnd[k].hidden)
			check_access(l, a, MAX(l->i.opnd[k].size, 1u), l->i.seg, l->i.opnd[k].write);
	return a;
}

static u16 descriptor(unsigned size)
{
	return O_MEM(SPACE_GUEST, (unsigned)__builtin_ctz(size), 0, ORDER_TSO, 1);
}

OVal xl_load(XLower *l, OVal addr, unsigned size)
{
	u32 map = xl_map(l, false);
	u8 type = size == 16 ? OT_V128 : size == 8 ? OT_I64 : OT_I32;
	OVal v = ocode_emit(l->f, l->block, O_LOAD, type, descriptor(size), addr, 0, 0);

	l->f->ins.p[v].map = map;
	return v;
}

void xl_store(XLower *l, OVal addr, unsigned size, OVal val)
{
	u32 map = xl_map(l, false);
	OVal v = ocode_emit(l->f, l->block, O_STORE, OT_VOID, descriptor(size), addr, val, 0);

	l->f->ins.p[v].map = map;
}

/* ---- operands -------------------------------------------------------------------------------------- */

OVal xl_operand_address(XLower *l, unsigned k)
{
	return l->i.opnd[k].kind == XK_MEM ? xl_address(l) : 0;
}

OVal xl_read_at(XLower *l, unsigned k, OVal addr)
{
	const XOperand *o = &l->i.opnd[k];

	switch (o->kind) {
	case XK_MEM:
		return xl_load(l, addr, o->size);
	case XK_REG:
		if (o->cls == XC_SEG)
			return xl_get(l, XS_SEL + o->reg, OT_I32);
		return xl_reg(l, o->reg, o->size, o->cls == XC_GPR8H);
	}
	u64 v = l->i.imm;
	for (unsigned j = 0; j < k; j++)
		if (l->i.opnd[j].kind == XK_IMM)
			v = l->i.imm2;
	return xl_const(l, l->i.osize == 8 ? OT_I64 : OT_I32, v);
}

void xl_write_at(XLower *l, unsigned k, OVal addr, OVal v)
{
	const XOperand *o = &l->i.opnd[k];

	if (o->kind == XK_MEM)
		xl_store(l, addr, o->size, v);
	else
		xl_set_reg(l, o->reg, o->size, o->cls == XC_GPR8H, v);
}

OVal xl_operand(XLower *l, unsigned k)
{
	return xl_read_at(l, k, xl_operand_address(l, k));
}

void xl_set_operand(XLower *l, unsigned k, OVal v)
{
	xl_write_at(l, k, xl_operand_address(l, k), v);
}

/* ---- flags, as they are stored ----------------------------------------------------------------------- */

u32 xl_flag_slot(unsigned k)
{
	return k < 4 ? XS_FLAG_OP + k : XS_FLAG_D;
}

void xl_flag_slots(XLower *l, OVal v[XFLAG_SLOTS])
{
	const XFlags *f = &l->flags;

	v[0] = f->opv ? f->opv : xl_const(l, OT_I64, f->op | (u64)f->size << 8);
	v[1] = f->a;
	v[2] = f->b;
	v[3] = f->c;
	v[4] = f->d;
}

/* ---- ways out -------------------------------------------------------------------------------------- */

static void put(XLower *l, u32 slot, OVal v)
{
	OVal what = xl_type(l, v) == OT_V128 ? v : xl_to(l, OT_I64, v);

	ocode_emit(l->f, l->block, O_PUT, OT_VOID, 0, what, 0, REG_SLOT(slot));
}

void xl_flush_slot(XLower *l, u32 slot)
{
	if (xl_is_dirty(l, slot))
		put(l, slot, l->cur[slot]);
	xl_set_dirty(l, slot, false);
}

void xl_flush(XLower *l)
{
	for (u32 k = 0; k < COUNT(l->dirty); k++)
		while (l->dirty[k])
			xl_flush_slot(l, 64 * k + (u32)__builtin_ctzll(l->dirty[k]));
	if (!l->flags_dirty)
		return;
	OVal v[XFLAG_SLOTS];
	xl_flag_slots(l, v);
	for (u32 k = 0; k < XFLAG_SLOTS; k++)
		if (v[k])
			put(l, xl_flag_slot(k), v[k]);
	l->flags_dirty = false;
}

void xl_forget(XLower *l)
{
	xr_note_forget(l);
	memset(l->cur, 0, sizeof l->cur);
	l->flags = (XFlags){ .op = FL_SLOT };
	l->x87_quiet = false;
}

static void leave(XLower *l, XExit kind, OVal pc, u32 back)
{
	xl_flush(l);
	OVal v = ocode_emit(l->f, l->block, O_EXIT, OT_VOID, kind, xl_to(l, OT_I64, pc), 0, back);
	l->f->ins.p[v].map = xl_map(l, true);
	l->ended = true;
}

void xl_exit(XLower *l, XExit kind, OVal pc)
{
	leave(l, kind, pc, 0);
}

void xl_exit_call(XLower *l, OVal pc, u64 back)
{
	leave(l, XE_CALL, pc, (u32)(back - l->start));
}

void xl_exit_const(XLower *l, XExit kind, u64 pc)
{
	xl_exit(l, kind, xl_const(l, OT_I64, pc));
}

/* Two ways on: to a cold block, which is entered with everything as it is now, and behind it. */
static XLower fork_cold(XLower *l, OVal cond)
{
	OFunc *f = l->f;
	u32 cold = ocode_block(f), on = ocode_block(f);
	XLower after;

	ocode_emit(f, l->block, O_BR, OT_VOID, 0, cond, ocode_edge(f, cold, NULL, 0), ocode_edge(f, on, NULL, 0));
	f->block.p[cold].flags |= OB_COLD;
	vec_push(&f->order, on);
	vec_push(&f->order, cold);
	after = *l;
	after.block = on;
	l->block = cold;
	return after;
}

void xl_exit_if(XLower *l, OVal cond, XExit kind, u64 pc)
{
	XLower after = fork_cold(l, cond);

	xl_exit_const(l, kind, pc);
	*l = after;
}

void xl_interpret_if(XLower *l, OVal cond)
{
	XLower after = fork_cold(l, cond);

	xl_interpret(l);
	xl_exit_const(l, l->req->step ? XE_STEP : XE_JUMP, l->i.pc + l->i.len);
	*l = after;
}

void xl_check_fpc(XLower *l)
{
	if (l->fpc_checked || l->req->masked)
		return;
	l->fpc_checked = true;
	OVal masks = xl_bini(l, O_AND, xl_to(l, OT_I32, ocode_emit(l->f, l->block, O_GET, OT_I64, 0, 0, 0, REG_SLOT(XS_MXCSR))), 0x1f80);
	xl_interpret_if(l, xl_cmpi(l, CC_NE, masks, 0x1f80));
}

/* One side of a branch. */
static void side(XLower *l, u32 block, u64 pc)
{
	XLower here = *l;

	here.block = block;
	xl_go_on(&here, pc);
}

void xl_go_on(XLower *l, u64 pc)
{
	if (!xl_goto(l, pc))
		xl_exit_const(l, XE_JUMP, pc);
}

/* The registers are stored before the branch, so that both sides only leave; but not in a region. */
void xl_branch(XLower *l, OVal cond, u64 taken, u64 other)
{
	OFunc *f = l->f;
	u32 b = l->block, yes = ocode_block(f), no = ocode_block(f);

	if (!l->region)
		xl_flush(l);
	ocode_emit(f, b, O_BR, OT_VOID, 0, cond, ocode_edge(f, yes, NULL, 0), ocode_edge(f, no, NULL, 0));
	vec_push(&f->order, no);
	vec_push(&f->order, yes);
	side(l, no, other);
	side(l, yes, taken);
	l->ended = true;
}
