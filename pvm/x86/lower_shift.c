/* Shifts, rotations, bit tests and counts.
 *
 * A count of zero leaves the flags alone.  For constant counts that is known; for counts in CL the records of old and new
 * flags are chosen between. */
#include "lower_flags.h"

static u8 value_type(unsigned size)
{
	return size == 8 ? OT_I64 : OT_I32;
}

static OVal one_bit(XLower *l, OVal v, unsigned at)
{
	return xl_to(l, OT_I32, xl_bini(l, O_AND, xl_bini(l, O_SHRU, v, at), 1));
}

/* v >> n for a variable n that may reach the width of the value's type (n < 2 * 32, v zero-extended). */
static OVal bit_at(XLower *l, OVal v, OVal n)
{
	OVal wide = xl_to(l, OT_I64, v);

	return xl_to(l, OT_I32, xl_bini(l, O_AND, xl_bin(l, O_SHRU, wide, xl_to(l, OT_I64, n)), 1));
}

/* n is 1 .. 31 (63), in the value's type; sizes 1 and 2 shift within 32 bits, wider ones within 64. */
static Shift shl(XLower *l, unsigned size, OVal a, OVal n)
{
	unsigned w = size * 8;
	Shift s;

	if (size == 8) {
		s.r = xl_bin(l, O_SHL, a, n);
		OVal back = xl_bin(l, O_SUB, xl_const(l, OT_I64, 64), n);
		s.c = bit_at(l, a, back);
	} else {
		OVal wide = xl_bin(l, O_SHL, xl_to(l, OT_I64, a), xl_to(l, OT_I64, n));
		s.r = xl_zext(l, wide, size);
		s.c = one_bit(l, wide, w);
	}
	s.o = xl_bin(l, O_XOR, one_bit(l, s.r, w - 1), s.c);
	return s;
}

static Shift shr(XLower *l, unsigned size, OVal a, OVal n)
{
	OVal wide = xl_to(l, OT_I64, a), m = xl_to(l, OT_I64, n);
	OVal last = xl_bin(l, O_SHRU, wide, xl_bini(l, O_SUB, m, 1));
	Shift s;

	s.c = one_bit(l, last, 0);
	s.r = xl_zext(l, xl_bini(l, O_SHRU, last, 1), size);
	s.o = one_bit(l, a, size * 8 - 1);
	return s;
}

static Shift sar(XLower *l, unsigned size, OVal a, OVal n)
{
	OVal wide = xl_sext(l, a, size, OT_I64), m = xl_to(l, OT_I64, n);
	OVal last = xl_bin(l, O_SHRS, wide, xl_bini(l, O_SUB, m, 1));
	Shift s;

	s.c = one_bit(l, last, 0);
	s.r = xl_zext(l, xl_bini(l, O_SHRS, last, 1), size);
	s.o = xl_const(l, OT_I32, 0);
	return s;
}

Shift xl_shift(XLower *l, XFlagOp op, unsigned size, OVal a, OVal n)
{
	n = xl_to(l, value_type(size), n);
	return op == FL_SHL ? shl(l, size, a, n) : op == FL_SHR ? shr(l, size, a, n) : sar(l, size, a, n);
}

/* The result alone; the flags are recorded by operands, and seldom wanted.  n in i32. */
static OVal shift(XLower *l, unsigned op, unsigned size, OVal a, OVal n)
{
	OVal x = op == XI_SAR ? xl_sext(l, a, size, value_type(size)) : a;
	OVal r = xl_zext(l, xl_bin(l, op == XI_SHL ? O_SHL : op == XI_SHR ? O_SHRU : O_SHRS, x, xl_to(l, value_type(size), n)), size);

	xl_set_flags(l, op == XI_SHL ? FL_SHL : op == XI_SHR ? FL_SHR : FL_SAR, size, a, n, 0);
	l->flags.r = r;
	return r;
}

/* Flags and result of a shift by CL, which may be 0. */
static OVal by_register(XLower *l, unsigned op, unsigned size, OVal a, OVal n)
{
	OVal zero = xl_cmpi(l, CC_EQ, n, 0);
	const XFlags old = l->flags;
	/* a shift by 1 stands in for a shift by 0, and is not chosen */
	OVal m = xl_select(l, zero, xl_const(l, xl_type(l, n), 1), n);
	OVal r = shift(l, op, size, a, xl_to(l, OT_I32, m));
	xl_choose_flags(l, zero, &old);
	return xl_select(l, zero, a, r);
}

/* An operand of 1 or 2 bytes fills the 32 bits, so that they turn as it would. */
static OVal repeated(XLower *l, OVal a, unsigned size)
{
	return size >= 4 ? a : xl_bini(l, O_MUL, a, size == 1 ? 0x01010101 : 0x00010001);
}

/* Of a rotation with result r: CF and OF change, the others stay. */
static void rotate_flags(XLower *l, unsigned op, unsigned w, OVal r)
{
	OVal c = one_bit(l, r, op == XI_ROL ? 0 : w - 1);
	OVal o = xl_bin(l, O_XOR, one_bit(l, r, w - 1), op == XI_ROL ? c : one_bit(l, r, w - 2));

	xl_set_carry(l, c, o);
}

/* rol and ror by a constant. */
static OVal rotate(XLower *l, unsigned op, unsigned size, OVal a, unsigned n)
{
	OVal r = xl_zext(l, xl_bini(l, op == XI_ROL ? O_ROTL : O_ROTR, repeated(l, a, size), n), size);

	rotate_flags(l, op, size * 8, r);
	return r;
}

/* rol and ror by CL: as the constant ones, chosen by whether the count is 0. */
static OVal rotate_by_register(XLower *l, unsigned op, unsigned size, OVal a, OVal n)
{
	unsigned w = size * 8;
	OVal zero = xl_cmpi(l, CC_EQ, n, 0);
	const XFlags old = l->flags;
	OVal r = xl_zext(l, xl_bin(l, op == XI_ROL ? O_ROTL : O_ROTR, repeated(l, a, size), n), size);

	rotate_flags(l, op, w, r);
	xl_choose_flags(l, zero, &old);
	return r;
}

static bool rotates(unsigned op)
{
	return op == XI_ROL || op == XI_ROR;
}


void x86_lower_shift(XLower *l)
{
	const XInsn *i = &l->i;
	unsigned size = i->opnd[0].size, mask = size == 8 ? 63 : 31, op = i->op;
	bool constant = i->opnd[1].kind == XK_IMM;
	unsigned n = constant ? (unsigned)i->imm & mask : 0;

	if (op == XI_RCL || op == XI_RCR) {
		xl_interpret(l);
		return;
	}
	OVal addr = xl_operand_address(l, 0), a = xl_read_at(l, 0, addr), r;
	if (constant && n == 0) {
		xl_write_at(l, 0, addr, a);
		return;
	}
	XFlags before = l->flags;
	bool dirty = l->flags_dirty;
	if (rotates(op) && constant) {
		r = rotate(l, op, size, a, n);
	} else if (constant) {
		r = shift(l, op, size, a, xl_const(l, OT_I32, n));
	} else {
		OVal cl = xl_bini(l, O_AND, xl_reg(l, 1, 1, false), mask);
		cl = xl_to(l, value_type(size), cl);
		r = rotates(op) ? rotate_by_register(l, op, size, a, cl) : by_register(l, op, size, a, cl);
	}
	XFlags after = l->flags;
	l->flags = before;
	l->flags_dirty = dirty;
	xl_write_at(l, 0, addr, r);
	l->flags = after;
	l->flags_dirty = true;
}

/* n is 1 .. 31 (63). */
static Shift double_shift(XLower *l, unsigned size, OVal a, OVal b, OVal n)
{
	bool left = l->i.op == XI_SHLD;
	unsigned w = size * 8;
	OVal rest = xl_bin(l, O_SUB, xl_const(l, value_type(size), w), n);
	OVal last = xl_bin(l, O_SHRU, a, left ? rest : xl_bini(l, O_SUB, n, 1));
	Shift s;

	s.r = xl_bin(l, O_OR, xl_bin(l, left ? O_SHL : O_SHRU, a, n), xl_bin(l, left ? O_SHRU : O_SHL, b, rest));
	s.c = one_bit(l, last, 0);
	s.o = xl_bin(l, O_XOR, one_bit(l, s.r, w - 1), one_bit(l, a, w - 1));
	return s;
}

/* By CL, as above: a shift by 1 stands in for one by 0. */
static void double_by_register(XLower *l, unsigned size)
{
	OVal addr = xl_operand_address(l, 0), a = xl_read_at(l, 0, addr), b = xl_operand(l, 1);
	OVal n = xl_to(l, value_type(size), xl_bini(l, O_AND, xl_reg(l, 1, 1, false), size == 8 ? 63 : 31));
	OVal zero = xl_cmpi(l, CC_EQ, n, 0);
	const XFlags old = l->flags;
	Shift s = double_shift(l, size, a, b, xl_select(l, zero, xl_const(l, value_type(size), 1), n));

	xl_write_at(l, 0, addr, xl_select(l, zero, a, s.r));
	xl_set_flags(l, FL_SHIFT, size, s.r, s.o, s.c);
	xl_choose_flags(l, zero, &old);
}

/* Of 16 bits it is rare, and executed in C. */
void x86_lower_shiftd(XLower *l)
{
	unsigned size = l->i.opnd[0].size, n = (unsigned)l->i.imm & (size == 8 ? 63 : 31);
	bool constant = l->i.opnd[2].kind == XK_IMM;

	if (size < 4 || (constant && n == 0)) {
		xl_interpret(l);
	} else if (!constant) {
		double_by_register(l, size);
	} else {
		OVal addr = xl_operand_address(l, 0), a = xl_read_at(l, 0, addr), b = xl_operand(l, 1);
		Shift s = double_shift(l, size, a, b, xl_const(l, value_type(size), n));
		xl_write_at(l, 0, addr, s.r);
		xl_set_flags(l, FL_SHIFT, size, s.r, s.o, s.c);
	}
}

/* bt with a register or an immediate on a register: the other forms reach beyond the operand in memory. */
void x86_lower_bt(XLower *l)
{
	const XInsn *i = &l->i;
	unsigned size = i->opnd[0].size;
	u8 type = value_type(size);

	if (i->opnd[0].kind == XK_MEM || size == 2) {
		xl_interpret(l);
		return;
	}
	OVal a = xl_operand(l, 0), n = i->opnd[1].kind == XK_IMM ? xl_const(l, type, i->imm) : xl_operand(l, 1);
	n = xl_bini(l, O_AND, xl_to(l, type, n), size * 8 - 1);
	OVal c = xl_to(l, OT_I32, xl_bini(l, O_AND, xl_bin(l, O_SHRU, a, n), 1));
	xl_set_carry(l, c, 0);
	if (i->op == XI_BT)
		return;
	OVal bit = xl_bin(l, O_SHL, xl_const(l, type, 1), n);
	if (i->op == XI_BTS)
		a = xl_bin(l, O_OR, a, bit);
	else if (i->op == XI_BTR)
		a = xl_bin(l, O_AND, a, xl_un(l, O_NOT, bit));
	else
		a = xl_bin(l, O_XOR, a, bit);
	xl_set_operand(l, 0, a);
}

static void count_flags(XLower *l, OVal c, OVal z)
{
	OVal v = xl_bini(l, O_SHL, z, 6);

	xl_set_flags(l, FL_BITS, 4, c ? xl_bin(l, O_OR, v, c) : v, 0, 0);
}

/* bsf and bsr of 0 leave the destination, the upper half too (AMD says so; Intel's processors do). */
static void scan(XLower *l, unsigned size, OVal a)
{
	OVal zero = xl_cmpi(l, CC_EQ, a, 0), r;
	unsigned whole = size == 4 && l->word == OT_I64 ? 8 : size;
	const XOperand *o = &l->i.opnd[0];

	if (l->i.op == XI_BSF)
		r = xl_un(l, O_CTZ, a);
	else
		r = xl_bini(l, O_XOR, xl_un(l, O_CLZ, a), size == 8 ? 63 : 31);
	count_flags(l, 0, zero);
	r = xl_to(l, value_type(whole), r);
	xl_set_reg(l, o->reg, whole, false, xl_select(l, zero, xl_reg(l, o->reg, whole, false), r));
}

static OVal count(XLower *l, unsigned size, OVal a)
{
	unsigned w = size * 8;
	OVal r;

	switch (l->i.op) {
	case XI_POPCNT:
		r = xl_un(l, O_POPCNT, a);
		count_flags(l, 0, xl_cmpi(l, CC_EQ, a, 0));
		return r;
	case XI_TZCNT: /* a bit above a short operand stops the count */
		r = xl_un(l, O_CTZ, size == 2 ? xl_bini(l, O_OR, a, 0x10000) : a);
		break;
	default:
		r = xl_un(l, O_CLZ, a);
		if (size == 2)
			r = xl_bini(l, O_SUB, r, 16);
	}
	count_flags(l, xl_cmpi(l, CC_EQ, r, w), xl_cmpi(l, CC_EQ, r, 0));
	return r;
}

void x86_lower_bits(XLower *l)
{
	unsigned size = l->i.opnd[0].size, op = l->i.op;

	if (op == XI_BSWAP) {
		if (size == 2) /* undefined; processors give 0 */
			xl_set_operand(l, 0, xl_const(l, OT_I32, 0));
		else
			xl_set_operand(l, 0, xl_un(l, O_BSWAP, xl_operand(l, 0)));
		return;
	}
	OVal a = xl_operand(l, 1);
	if (op == XI_BSF || op == XI_BSR)
		scan(l, size, a);
	else
		xl_set_operand(l, 0, count(l, size, a));
}
