/* Integer arithmetic and logic.  Intel SDM volume 2, the instructions' own pages. */
#include "lower_flags.h"
#include "helpers.h"

static u8 value_type(unsigned size)
{
	return size == 8 ? OT_I64 : OT_I32;
}

/* Operand k at the size of operand 0. */
static OVal source(XLower *l, unsigned k, unsigned size)
{
	const XOperand *o = &l->i.opnd[k];

	if (o->kind == XK_IMM)
		return xl_const(l, value_type(size), size < 4 ? l->i.imm & (size == 1 ? 0xff : 0xffff) : l->i.imm);
	return xl_operand(l, k);
}

static OVal sum(XLower *l, XFlagOp fl, unsigned size, OVal a, OVal b)
{
	bool add = fl == FL_ADD || fl == FL_ADC;
	OVal c = fl == FL_ADC || fl == FL_SBB ? xl_cf(l) : 0;
	OVal r = xl_bin(l, add ? O_ADD : O_SUB, a, b);

	if (c)
		r = xl_bin(l, add ? O_ADD : O_SUB, r, xl_to(l, xl_type(l, r), c));
	xl_set_flags(l, fl, size, a, b, c);
	return xl_zext(l, r, size);
}

static OVal logic(XLower *l, OOp op, unsigned size, OVal a, OVal b)
{
	OVal r = xl_bin(l, op, a, b);

	xl_set_flags(l, FL_LOGIC, size, r, 0, 0);
	return r;
}

static OVal apply(XLower *l, unsigned op, unsigned size, OVal a, OVal b)
{
	switch (op) {
	case XI_ADD: return sum(l, FL_ADD, size, a, b);
	case XI_ADC: return sum(l, FL_ADC, size, a, b);
	case XI_SUB: case XI_CMP: return sum(l, FL_SUB, size, a, b);
	case XI_SBB: return sum(l, FL_SBB, size, a, b);
	case XI_AND: case XI_TEST: return logic(l, O_AND, size, a, b);
	case XI_OR: return logic(l, O_OR, size, a, b);
	default: return logic(l, O_XOR, size, a, b);
	}
}

/* xor r,r and sub r,r do not depend on r. */
static bool clears(const XInsn *i)
{
	const XOperand *o = i->opnd;

	return (i->op == XI_XOR || i->op == XI_SUB) && o[0].kind == XK_REG && o[1].kind == XK_REG && o[0].cls == o[1].cls && o[0].reg == o[1].reg;
}

void x86_lower_alu(XLower *l)
{
	unsigned size = l->i.opnd[0].size;
	OVal addr, a, b;

	if (l->i.lock) {
		bool sum = l->i.op == XI_ADD || l->i.op == XI_SUB;
		if (!sum || size < 4 || !xl_locked_add(l, source(l, 1, size), l->i.op == XI_SUB))
			xl_interpret(l);
		return;
	}
	if (clears(&l->i)) {
		a = xl_const(l, value_type(size), 0);
		xl_set_flags(l, FL_LOGIC, size, a, 0, 0);
		xl_set_operand(l, 0, a);
		return;
	}
	addr = xl_operand_address(l, 0);
	a = xl_read_at(l, 0, addr);
	b = source(l, 1, size);
	XFlags before = l->flags;
	bool dirty = l->flags_dirty;
	OVal r = apply(l, l->i.op, size, a, b);
	if (l->i.op == XI_CMP || l->i.op == XI_TEST)
		return;
	/* A store that faults must see the flags from before. */
	XFlags after = l->flags;
	l->flags = before;
	l->flags_dirty = dirty;
	xl_write_at(l, 0, addr, r);
	l->flags = after;
	l->flags_dirty = true;
}

void x86_lower_incdec(XLower *l)
{
	unsigned size = l->i.opnd[0].size;
	bool inc = l->i.op == XI_INC;

	if (l->i.lock) {
		if (!xl_locked_step(l, inc))
			xl_interpret(l);
		return;
	}
	OVal addr = xl_operand_address(l, 0), c = xl_cf(l);
	OVal r = xl_zext(l, xl_bini(l, inc ? O_ADD : O_SUB, xl_read_at(l, 0, addr), 1), size);
	xl_write_at(l, 0, addr, r);
	xl_set_flags(l, inc ? FL_INC : FL_DEC, size, r, 0, c);
}

void x86_lower_unary(XLower *l)
{
	unsigned size = l->i.opnd[0].size;

	if (l->i.lock) {
		xl_interpret(l);
		return;
	}
	OVal addr = xl_operand_address(l, 0), a = xl_read_at(l, 0, addr);
	if (l->i.op == XI_NOT) {
		xl_write_at(l, 0, addr, xl_zext(l, xl_un(l, O_NOT, a), size));
		return;
	}
	OVal zero = xl_const(l, xl_type(l, a), 0);
	xl_write_at(l, 0, addr, xl_zext(l, xl_bin(l, O_SUB, zero, a), size));
	xl_set_flags(l, FL_SUB, size, zero, a, 0);
}

/* CF and OF say whether the upper half is more than the lower half's sign (or zero); the rest is undefined, and here as
 * processors have it: by the lower half. */
static void mul_flags(XLower *l, unsigned size, OVal low, OVal over)
{
	xl_set_flags(l, FL_SHIFT, size, low, over, over);
}

OVal xl_product_over(XLower *l, unsigned size, OVal a, OVal b, OVal r)
{
	if (size == 8)
		return xl_cmp(l, CC_NE, xl_bin(l, O_MULHS, a, b), xl_bini(l, O_SHRS, r, 63));
	OVal wide = xl_bin(l, O_MUL, xl_sext(l, a, size, OT_I64), xl_sext(l, b, size, OT_I64));
	return xl_cmp(l, CC_NE, xl_sext(l, r, size, OT_I64), wide);
}

/* The flags are recorded by operands, and seldom wanted. */
void x86_lower_imul(XLower *l)
{
	const XInsn *i = &l->i;
	unsigned size = i->opnd[0].size, n = i->nopnd;
	OVal a = xl_operand(l, n == 3 ? 1 : 0), b = source(l, n == 3 ? 2 : 1, size);
	OVal r = xl_zext(l, xl_bin(l, O_MUL, a, b), size);

	xl_set_operand(l, 0, r);
	xl_set_flags(l, FL_IMUL, size, a, b, 0);
	l->flags.r = r;
}

static void mul_wide(XLower *l, unsigned size, bool sgn)
{
	OVal a = xl_reg(l, 0, size, false), b = xl_operand(l, 0), low, high, over;

	if (size == 8) {
		low = xl_bin(l, O_MUL, a, b);
		high = xl_bin(l, sgn ? O_MULHS : O_MULHU, a, b);
	} else {
		OVal x = sgn ? xl_sext(l, a, size, OT_I64) : xl_to(l, OT_I64, a);
		OVal y = sgn ? xl_sext(l, b, size, OT_I64) : xl_to(l, OT_I64, b);
		OVal wide = xl_bin(l, O_MUL, x, y);
		low = xl_zext(l, wide, size);
		high = xl_zext(l, xl_bini(l, O_SHRU, wide, size * 8), size);
	}
	if (sgn)
		over = xl_cmp(l, CC_NE, high, xl_zext(l, xl_bini(l, O_SHRS, xl_sext(l, low, size, value_type(size)), size == 8 ? 63 : 31), size));
	else
		over = xl_cmpi(l, CC_NE, high, 0);
	if (size == 1) {
		xl_set_reg(l, 0, 2, false, xl_bin(l, O_OR, low, xl_bini(l, O_SHL, high, 8)));
	} else {
		xl_set_reg(l, 0, size, false, low);
		xl_set_reg(l, 2, size, false, high);
	}
	mul_flags(l, size, low, over);
}

void x86_lower_muldiv(XLower *l)
{
	unsigned size = l->i.opnd[0].size;

	if (l->i.op == XI_MUL || l->i.op == XI_IMUL) {
		mul_wide(l, size, l->i.op == XI_IMUL);
		return;
	}
	xl_divide(l);
}
