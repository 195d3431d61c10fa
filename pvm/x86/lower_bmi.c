/* BMI1 and BMI2 but for pdep and pext, which are done in C; ADX. */
#include "lower_flags.h"

/* Results of these leave OF 0; AF and PF are undefined. */
static void finish(XLower *l, OVal v, OVal carry)
{
	xl_set_operand(l, 0, v);
	xl_set_flags(l, FL_LOGIC, l->i.opnd[0].size, v, 0, 0);
	if (carry)
		xl_set_carry(l, carry, 0);
}

/* The bits below n modulo the width; O-code's shifts count so. */
static OVal below(XLower *l, u8 type, OVal n)
{
	return xl_bini(l, O_SUB, xl_bin(l, O_SHL, xl_const(l, type, 1), n), 1);
}

/* blsr, blsmsk, blsi: of the lowest bit that is set. */
static void lowest(XLower *l)
{
	OVal v = xl_operand(l, 1), less = xl_bini(l, O_SUB, v, 1);

	switch (l->i.op) {
	case XI_BLSR: finish(l, xl_bin(l, O_AND, v, less), xl_cmpi(l, CC_EQ, v, 0)); break;
	case XI_BLSMSK: finish(l, xl_bin(l, O_XOR, v, less), xl_cmpi(l, CC_EQ, v, 0)); break;
	default: finish(l, xl_bin(l, O_AND, v, xl_un(l, O_NEG, v)), xl_cmpi(l, CC_NE, v, 0));
	}
}

static void bzhi(XLower *l, OVal a, OVal b, u32 w)
{
	OVal n = xl_bini(l, O_AND, b, 0xff), within = xl_cmpi(l, CC_LTU, n, w);
	OVal low = xl_bin(l, O_AND, a, below(l, xl_type(l, a), n));

	finish(l, xl_select(l, within, low, a), xl_cmpi(l, CC_GEU, n, w));
}

static void bextr(XLower *l, OVal a, OVal b, u32 w)
{
	u8 type = xl_type(l, a);
	OVal start = xl_bini(l, O_AND, b, 0xff), len = xl_bini(l, O_AND, xl_bini(l, O_SHRU, b, 8), 0xff);
	OVal v = xl_select(l, xl_cmpi(l, CC_LTU, start, w), xl_bin(l, O_SHRU, a, start), xl_const(l, type, 0));
	OVal low = xl_bin(l, O_AND, v, below(l, type, len));

	finish(l, xl_select(l, xl_cmpi(l, CC_LTU, len, w), low, v), 0);
}

static void mulx(XLower *l)
{
	unsigned size = l->i.opnd[0].size;
	OVal a = xl_to(l, OT_I64, xl_operand(l, 2)), b = xl_to(l, OT_I64, xl_reg(l, 2 /* rdx */, size, false));
	OVal low = xl_bin(l, O_MUL, a, b), high = size == 8 ? xl_bin(l, O_MULHU, a, b) : xl_bini(l, O_SHRU, low, 32);

	xl_set_operand(l, 1, xl_to(l, size == 8 ? OT_I64 : OT_I32, low));
	xl_set_operand(l, 0, xl_to(l, size == 8 ? OT_I64 : OT_I32, high)); /* last: both may be one register */
}

static OVal shifted(XLower *l, OVal a, OVal n)
{
	switch (l->i.op) {
	case XI_SHLX: return xl_bin(l, O_SHL, a, n);
	case XI_SHRX: return xl_bin(l, O_SHRU, a, n);
	case XI_SARX: return xl_bin(l, O_SHRS, a, n);
	default: return xl_bin(l, O_ROTR, a, n);
	}
}

/* Sums on a carry of their own: CF or OF, the other flags stay. */
void x86_lower_adx(XLower *l)
{
	bool cf = l->i.op == XI_ADCX;
	OVal b = xl_operand(l, 1), a = xl_operand(l, 0), old = cf ? xl_cf(l) : xl_of(l);
	OVal s = xl_bin(l, O_ADD, a, b), r = xl_bin(l, O_ADD, s, xl_to(l, xl_type(l, a), old));
	OVal over = xl_bin(l, O_OR, xl_cmp(l, CC_LTU, s, a), xl_cmp(l, CC_LTU, r, s));

	xl_set_operand(l, 0, r);
	xl_set_carry(l, cf ? over : xl_cf(l), cf ? 0 : over);
}

void x86_lower_bmi(XLower *l)
{
	u32 w = 8 * l->i.opnd[0].size;

	if (l->i.op == XI_PDEP || l->i.op == XI_PEXT) {
		xl_interpret(l);
	} else if (l->i.op == XI_MULX) {
		mulx(l);
	} else if (l->i.nopnd == 2) {
		lowest(l);
	} else {
		OVal a = xl_operand(l, 1), b = l->i.op == XI_RORX ? xl_const(l, xl_type(l, a), l->i.imm) : xl_operand(l, 2);
		switch (l->i.op) {
		case XI_ANDN: finish(l, xl_bin(l, O_AND, xl_un(l, O_NOT, a), b), 0); break;
		case XI_BZHI: bzhi(l, a, b, w); break;
		case XI_BEXTR: bextr(l, a, b, w); break;
		default: xl_set_operand(l, 0, shifted(l, a, b));
		}
	}
}
