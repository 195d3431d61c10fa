/* Moves, the stack, exchanges, extensions. */
#include "lower_flags.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP };

void x86_lower_mov(XLower *l)
{
	unsigned size = l->i.opnd[0].size;
	OVal v = l->i.opnd[1].kind == XK_IMM ? xl_const(l, size == 8 ? OT_I64 : OT_I32, l->i.imm) : xl_operand(l, 1);

	if (l->i.op == XI_MOVBE || l->i.op == XI_MOVNTI) {
		if (l->i.op == XI_MOVBE)
			v = xl_un(l, O_BSWAP, v);
		if (l->i.op == XI_MOVBE && size == 2)
			v = xl_bini(l, O_SHRU, v, 16);
	}
	xl_set_operand(l, 0, v);
}

void x86_lower_movx(XLower *l)
{
	const XInsn *i = &l->i;
	unsigned to = i->opnd[0].size, from = i->opnd[1].size;
	u8 type = to == 8 ? OT_I64 : OT_I32;
	OVal v = xl_operand(l, 1);

	xl_set_operand(l, 0, i->op == XI_MOVZX ? xl_to(l, type, v) : xl_sext(l, v, from, type));
}

void x86_lower_lea(XLower *l)
{
	unsigned size = l->i.opnd[0].size;

	xl_set_operand(l, 0, xl_zext(l, xl_to(l, size == 8 ? OT_I64 : OT_I32, xl_ea(l)), size));
}

/* An exchange with memory is atomic with or without LOCK. */
void x86_lower_xchg(XLower *l)
{
	const XInsn *i = &l->i;
	unsigned size = i->opnd[0].size;

	if (i->opnd[0].kind == XK_MEM) {
		if (size < 4) {
			xl_interpret(l);
			return;
		}
		OVal a = xl_address(l), b = xl_operand(l, 1);
		u32 map = xl_map(l, false);
		OVal old = ocode_emit(l->f, l->block, O_XCHG, xl_type(l, b), O_MEM(SPACE_GUEST, size == 8 ? 3 : 2, 0, ORDER_ATOMIC, 1), a, b, 0);
		l->f->ins.p[old].map = map;
		xl_set_operand(l, 1, old);
		return;
	}
	OVal a = xl_operand(l, 0), b = xl_operand(l, 1);
	xl_set_operand(l, 0, b);
	xl_set_operand(l, 1, a);
}

void x86_lower_cmov(XLower *l)
{
	OVal b = xl_operand(l, 1), a = xl_operand(l, 0);

	xl_set_operand(l, 0, xl_select(l, xl_cond(l, (unsigned)(l->i.op - XI_CMOVO) / 3), b, a));
}

void x86_lower_setcc(XLower *l)
{
	xl_set_operand(l, 0, xl_cond(l, (unsigned)(l->i.op - XI_SETO) / 3));
}

/* cbw cwde cdqe (98) and cwd cdq cqo (99), by operand size. */
void x86_lower_cbw(XLower *l)
{
	unsigned size = l->i.osize;
	u8 type = size == 8 ? OT_I64 : OT_I32;

	if (l->i.op == XI_CBW) {
		OVal v = xl_reg(l, RAX, size / 2, false);
		xl_set_reg(l, RAX, size, false, xl_zext(l, xl_sext(l, v, size / 2, type), size));
		return;
	}
	OVal v = xl_sext(l, xl_reg(l, RAX, size, false), size, type);
	xl_set_reg(l, RDX, size, false, xl_zext(l, xl_bini(l, O_SHRS, v, size == 8 ? 63 : 31), size));
}

/* ---- the stack ------------------------------------------------------------------------------------- */

static void push(XLower *l, unsigned size, OVal v)
{
	OVal sp = xl_bini(l, O_SUB, xl_get(l, XS_GPR + RSP, l->word), size);

	xl_store(l, xl_stack(l, sp, size, true), size, v);
	xl_put(l, XS_GPR + RSP, sp);
}

static OVal pop(XLower *l, unsigned size)
{
	OVal sp = xl_get(l, XS_GPR + RSP, l->word), v = xl_load(l, xl_stack(l, sp, size, false), size);

	xl_put(l, XS_GPR + RSP, xl_bini(l, O_ADD, sp, size));
	return v;
}

void x86_lower_push(XLower *l)
{
	const XInsn *i = &l->i;
	unsigned size = i->osize;

	if (i->op == XI_PUSH) {
		OVal v = i->opnd[0].kind == XK_IMM ? xl_const(l, size == 8 ? OT_I64 : OT_I32, i->imm) : xl_operand(l, 0);
		push(l, size, v);
		return;
	}
	if (i->opnd[0].kind == XK_REG) {
		OVal v = pop(l, size);
		xl_set_operand(l, 0, v);
		return;
	}
	/* pop to memory: the address sees the raised stack pointer, the fault the old one */
	OVal old = xl_get(l, XS_GPR + RSP, l->word), v = xl_load(l, xl_stack(l, old, size, false), size), sp = xl_bini(l, O_ADD, old, size);
	bool dirty = xl_is_dirty(l, XS_GPR + RSP);
	xl_see_flat(l, l->i.seg);
	if (x86_writes_code(&l->i)) /* xl_address would raise with the new one */
		xl_exit_if(l, xl_const(l, OT_I32, 1), XE_GP, l->i.pc);
	l->cur[XS_GPR + RSP] = sp;
	OVal addr = xl_address(l);
	l->cur[XS_GPR + RSP] = old;
	xl_set_dirty(l, XS_GPR + RSP, dirty);
	xl_store(l, addr, size, v);
	xl_put(l, XS_GPR + RSP, sp);
}

void x86_lower_enter(XLower *l)
{
	unsigned size = l->i.osize;

	if (l->i.op != XI_LEAVE || size == 2) {
		xl_interpret(l);
		return;
	}
	OVal bp = xl_get(l, XS_GPR + RBP, l->word), v = xl_load(l, xl_stack(l, bp, size, false), size);
	xl_put(l, XS_GPR + RSP, xl_bini(l, O_ADD, bp, size));
	xl_put(l, XS_GPR + RBP, xl_to(l, l->word, v));
}

/* ---- control flow ---------------------------------------------------------------------------------- */

static u64 next_pc(const XLower *l)
{
	return l->i.pc + l->i.len;
}

void x86_lower_jcc(XLower *l)
{
	xl_branch(l, xl_cond(l, (unsigned)(l->i.op - XI_JO) / 3), l->i.target, next_pc(l));
}

/* Through a cell at a constant address. */
static bool goes_to_one(const XInsn *i)
{
	return i->opnd[0].kind == XK_MEM && i->index == XB_NONE && (i->base == XB_NONE || i->base == XB_RIP);
}

void x86_lower_jmp(XLower *l)
{
	if (l->i.opnd[0].kind == XK_REL)
		xl_go_on(l, l->i.target);
	else
		xl_exit(l, goes_to_one(&l->i) ? XE_CALL : XE_INDIRECT, xl_operand(l, 0));
}

/* A call of what is behind it only asks where it is: nothing returns there. */
void x86_lower_call(XLower *l)
{
	bool direct = l->i.opnd[0].kind == XK_REL;
	OVal to = direct ? xl_const(l, OT_I64, l->i.target) : xl_operand(l, 0);

	push(l, l->i.mode == X86_64 ? 8 : l->i.osize, xl_const(l, l->word, next_pc(l)));
	if (direct && l->i.target == next_pc(l))
		xl_exit(l, XE_JUMP, to);
	else
		xl_exit_call(l, to, next_pc(l));
}

void x86_lower_ret(XLower *l)
{
	OVal to = pop(l, l->i.mode == X86_64 ? 8 : l->i.osize);

	if (l->i.nopnd)
		xl_put(l, XS_GPR + RSP, xl_bini(l, O_ADD, xl_get(l, XS_GPR + RSP, l->word), l->i.imm));
	xl_exit(l, XE_RET, to);
}

/* A segment register has been loaded, behind which 32-bit code may be another: see XUnitReq.flat. */
static void segment_loaded(XLower *l)
{
	if (l->i.mode == X86_32 && !l->req->step)
		xl_exit_const(l, XE_FLAGS, next_pc(l));
}

void x86_lower_seg(XLower *l)
{
	const XOperand *o = &l->i.opnd[0];

	xl_interpret(l);
	if (l->i.op != XI_PUSH && o->kind == XK_REG && o->cls == XC_SEG)
		segment_loaded(l);
}

/* Far transfers are executed in C, which leaves the new pc in XS_PC; the loads of far pointers go on. */
void x86_lower_far(XLower *l)
{
	xl_interpret(l);
	if (l->i.op == XI_IRET)
		xl_exit(l, XE_FLAGS, xl_get(l, XS_PC, OT_I64));
	else if (l->i.op == XI_CALLF || l->i.op == XI_JMPF || l->i.op == XI_RETF)
		xl_exit(l, XE_INDIRECT, xl_get(l, XS_PC, OT_I64));
	else
		segment_loaded(l);
}

/* Single-stepped, a repeated one traps behind each element. */
void x86_lower_string(XLower *l)
{
	xl_interpret(l);
	if (l->req->step && l->i.rep)
		xl_exit(l, XE_STEP, xl_get(l, XS_PC, OT_I64));
}

/* loop, loope, loopne, jcxz: the counter has the address size. */
void x86_lower_loop(XLower *l)
{
	unsigned size = l->i.asize;
	OVal c = xl_reg(l, RCX, size, false), cond;

	if (l->i.op == XI_JCXZ) {
		xl_branch(l, xl_cmpi(l, CC_EQ, c, 0), l->i.target, next_pc(l));
		return;
	}
	OVal zf = l->i.op == XI_LOOP ? 0 : xl_zf(l);
	c = xl_zext(l, xl_bini(l, O_SUB, c, 1), size);
	xl_set_reg(l, RCX, size, false, c);
	cond = xl_cmpi(l, CC_NE, c, 0);
	if (zf)
		cond = xl_bin(l, O_AND, cond, l->i.op == XI_LOOPE ? zf : xl_bini(l, O_XOR, zf, 1));
	xl_branch(l, cond, l->i.target, next_pc(l));
}

void x86_lower_syscall(XLower *l)
{
	if (l->i.op == XI_SYSCALL) {
		xl_put(l, XS_GPR + RCX, xl_const(l, OT_I64, next_pc(l)));
		OVal fl = xl_bin(l, O_OR, xl_to(l, OT_I64, xl_flag_bits(l)), xl_bini(l, O_SHL, xl_get(l, XS_DF, OT_I64), 10));
		fl = xl_bin(l, O_OR, fl, xl_get(l, XS_EFLAGS, OT_I64));
		xl_put(l, XS_GPR + 11, xl_bini(l, O_OR, fl, 0x202));
		xl_put(l, XS_SEL + XS_SS, xl_const(l, OT_I64, 0x2b)); /* the way back loads it */
	}
	xl_exit_const(l, l->i.op == XI_SYSCALL ? XE_SYSCALL : XE_SYSENTER, next_pc(l));
}

static void into(XLower *l)
{
	OFunc *f = l->f;
	OVal cond = xl_of(l);
	u32 b = l->block, yes = ocode_block(f), no = ocode_block(f);

	xl_flush(l);
	ocode_emit(f, b, O_BR, OT_VOID, 0, cond, ocode_edge(f, yes, NULL, 0), ocode_edge(f, no, NULL, 0));
	vec_push(&f->order, no);
	vec_push(&f->order, yes);
	l->block = yes;
	xl_exit_const(l, XE_INTO, next_pc(l));
	l->block = no;
	xl_exit_const(l, XE_JUMP, next_pc(l));
}

/* The kernel lets user code raise 3, 4 and 128. */
void x86_lower_int(XLower *l)
{
	u64 n = l->i.op == XI_INT ? l->i.imm & 0xff : 3;

	if (l->i.op == XI_INTO) {
		into(l);
	} else if (l->i.op == XI_INT1) {
		xl_exit_const(l, XE_INT, next_pc(l));
	} else if (n == 0x80) {
		xl_exit_const(l, XE_INT80, next_pc(l));
	} else if (n == 3 || n == 4) {
		xl_exit_const(l, n == 3 ? XE_INT3 : XE_INTO, next_pc(l));
	} else {
		xl_put(l, XS_ERROR, xl_const(l, OT_I64, n * 8 + 2)); /* of the table of interrupts */
		xl_exit_const(l, XE_GP, l->i.pc);
	}
}

void x86_lower_ud(XLower *l)
{
	xl_exit_const(l, XE_UD, l->i.pc);
}

void x86_lower_nop(XLower *l)
{
	(void)l;
}

/* Fences, and instructions on cache lines, which access memory as a load of a byte does. */
void x86_lower_fence(XLower *l)
{
	if (l->i.nopnd)
		xl_load(l, xl_address(l), 1);
	else
		ocode_emit(l->f, l->block, O_FENCE, OT_VOID, 0, 0, 0, 0);
}
