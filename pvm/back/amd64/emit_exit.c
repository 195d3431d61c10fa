/* emit_exit: the ways out of units, to other units and to the run loop.
 *
 * Units run on a stack of their own, which holds nothing but the host's return addresses of the guest's calls: a guest's
 * call is a host's call, and its return a host's ret, which the processor predicts.  Behind the call it is looked whether
 * the guest wanted to go there.  If not (a longjmp, a switch of stacks, a pushed address), or where the stack was empty, the
 * stack is emptied and the table of jumps is asked, so nothing depends on the two being in step.  What is on the stack is
 * code, even that of units which have been dropped: their jumps lead to the run loop then. */
#include "emit.h"

/* Every way round in guest code has a jump backwards, one through a register or a return: there `pending` is looked at, and
 * jumps backwards are counted. */
static void poll(Emit *e, u32 label)
{
	enc_alui(&e->l.raw, 7, 4, rm_mem(R15, (i32)REG_OFF(pending)), 0);
	layout_jcc(&e->l, X_NE, label);
}

/* To a constant pc the unit goes by a jump or call that can be linked.  Calls are not counted: a function is no loop, and one
 * counter for all ways to it is a chain through memory. */
static void exit_linked(Emit *e, u64 pc, bool call)
{
	u32 stub = layout_label(&e->l);

	if (pc <= e->m->f->start) {
		if (!call) {
			enc_alui(&e->l.raw, 5, 4, rm_mem(R15, (i32)(REG_OFF(hot) + 4 * ohot_slot(pc))), 1);
			layout_jcc(&e->l, X_S, stub);
		}
		poll(e, stub);
	}
	layout_exit(&e->l, call, pc, stub);
}

void amd64_look_up(Buf *b)
{
	enc_mov(b, 8, RCX, RAX);
	enc_rm(b, 0xc1, 8, 5, rm_reg(RCX));
	buf_u8(b, OJUMP_SHIFT);
	enc_rm(b, 0x33, 4, RCX, rm_reg(RAX));
	enc_alui(b, 4, 4, rm_reg(RCX), OJUMPS - 1);
	enc_rm(b, 0xc1, 4, 4, rm_reg(RCX));
	buf_u8(b, 4); /* log2 of an entry's size */
	enc_rm(b, 0x03, 8, RCX, rm_mem(R15, (i32)REG_OFF(jump)));
	enc_rm(b, 0x39, 8, RAX, rm_mem(RCX, (i32)offsetof(OJump, pc)));
}

/* Here a host's return arrives, with the guest's goal in rax. */
static void landing(Emit *e, const MIns *ins)
{
	u64 pc = e->m->f->start + (u64)(i64)ins->disp;

	if (pc == (u64)(i64)(i32)pc) {
		enc_alui(&e->l.raw, 7, 8, rm_reg(RAX), (i32)pc);
	} else {
		ERm lit = emit_lit(e, pc, 8);
		emit_rm(e, 0x3b, 8, RAX, &lit, 0);
	}
	emit_goto_if(e, X_NE, THUNK_RETURN);
	layout_exit(&e->l, false, pc, layout_label(&e->l));
}

/* To the pc in rax: to its code, if the table of jumps has it and nothing is pending.  In each place, so that the
 * processor tells them apart when it predicts.  back: of a call, the label where it lands. */
static void exit_by_table(Emit *e, bool call, u32 back)
{
	u32 miss = layout_label(&e->l);

	amd64_look_up(&e->l.raw);
	layout_jcc(&e->l, X_NE, miss);
	poll(e, miss);
	enc_rm(&e->l.raw, 0xff, 4, call ? 2 : 4, rm_mem(RCX, (i32)offsetof(OJump, code)));
	if (call)
		layout_jump(&e->l, back);
	layout_bind(&e->l, miss);
	emit_goto(e, THUNK_JUMP);
}

/* The first pc that such a place goes to is noted in its code, and linked; others go through the table.  It is noted once:
 * with another one, a thread that has compared the old would go to the new. */
static void exit_to_one(Emit *e, const MIns *ins)
{
	u32 stub = layout_label(&e->l), table = layout_label(&e->l), back = layout_label(&e->l);
	ERm cell = { .rm = { .mem = 1, .rip = true, .base = NOREG, .index = NOREG }, .lit = layout_cell(&e->l) };

	emit_rm(e, 0x3b, 8, RAX, &cell, 0);
	layout_exit_any(&e->l, cell.lit, stub, table);
	enc_alui(&e->l.raw, 7, 4, rm_mem(R15, (i32)REG_OFF(pending)), 0);
	emit_goto_if(e, X_NE, THUNK_JUMP);
	layout_exit_one(&e->l, ins->disp != 0);
	layout_bind(&e->l, back);
	if (ins->disp)
		landing(e, ins);
	layout_bind(&e->l, table);
	exit_by_table(e, ins->disp != 0, back);
}

static void exit_ret(Emit *e)
{
	enc_alui(&e->l.raw, 7, 4, rm_mem(R15, (i32)REG_OFF(pending)), 0);
	emit_goto_if(e, X_NE, THUNK_JUMP);
	buf_u8(&e->l.raw, 0xc3);
}

static void exit_away(Emit *e, const MIns *ins)
{
	Buf *b = &e->l.raw;

	if (ins->flags & MF_IMM)
		enc_movi(b, RAX, (u64)ins->imm, true);
	enc_rm(b, 0x89, 8, RAX, rm_mem(R15, (i32)REG_OFF(exit_to)));
	enc_movi(b, RAX, ins->aux, true);
	emit_goto(e, THUNK_LEAVE);
}

void emit_exit(Emit *e, const MIns *ins)
{
	if (!e->m->pinned)
		amd64_load_pins(&e->l.raw);
	if (ins->aux >= OEXIT_GOES) {
		exit_away(e, ins);
	} else if (ins->flags & MF_IMM) {
		exit_linked(e, (u64)ins->imm, ins->disp != 0);
		if (ins->disp)
			landing(e, ins);
	} else if (ins->aux == OEXIT_RET) {
		exit_ret(e);
	} else if (ins->aux == OEXIT_ONE) {
		exit_to_one(e, ins);
	} else {
		exit_by_table(e, false, 0);
	}
}

void emit_exit_stubs(Emit *e)
{
	for (u32 k = 0; k < e->l.exit.n; k++) {
		layout_bind(&e->l, e->l.exit.p[k].label);
		emit_call(e, SYM_THUNK, THUNK_LINK);
		e->l.exit.p[k].id = e->l.raw.n;
		buf_u32(&e->l.raw, 0);
		if (!e->l.exit.p[k].any)
			buf_u64(&e->l.raw, e->l.exit.p[k].pc);
	}
}
