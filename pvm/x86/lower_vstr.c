/* The comparison of strings that C libraries use: PCMPISTRI on bytes, each with the one at its place.  The others of this
 * family are done in C.  Intel SDM volume 2, 4.1: string elements are valid up to the first that is 0; two invalid ones
 * are equal, an invalid and a valid one are not. */
#include "lower_vec.h"

enum { WORDS = 1, HOW = 12, EACH = 8, NEGATE = 16, ONLY_VALID = 32, HIGHEST = 64 };
enum { RCX = 1, ALL = 0xffff };

static OVal equal_bytes(XLower *l, OVal a, OVal b)
{
	return xv_1(l, VO_PMOVMSKB, xv_2(l, VO_PCMPEQB, a, b));
}

/* A bit for each byte in front of the first that `zeros` has. */
static OVal valid(XLower *l, OVal zeros)
{
	OVal through = xl_bin(l, O_XOR, zeros, xl_bini(l, O_SUB, zeros, 1));

	return xl_bini(l, O_AND, xl_bini(l, O_SHRU, through, 1), ALL);
}

static OVal place(XLower *l, OVal bits, u32 imm)
{
	OVal none = xl_const(l, OT_I32, 16);

	if (!(imm & HIGHEST))
		return xl_un(l, O_CTZ, xl_bini(l, O_OR, bits, ALL + 1));
	OVal highest = xl_bin(l, O_SUB, xl_const(l, OT_I32, 31), xl_un(l, O_CLZ, bits));
	return xl_select(l, xl_cmpi(l, CC_NE, bits, 0), highest, none);
}

static OVal flag(XLower *l, OVal is, u32 bit)
{
	return xl_bini(l, O_SHL, is, (u64)__builtin_ctz(bit));
}

void x86_lower_vstr(XLower *l)
{
	u32 imm = (u32)l->i.imm;

	if ((l->i.op != XI_PCMPISTRI && l->i.op != XI_VPCMPISTRI) || (imm & WORDS) || (imm & HOW) != EACH) {
		xl_interpret(l);
		return;
	}
	OVal b = xv_operand(l, 1), a = xv_get(l, l->i.opnd[0].reg, 0), zero = xv_const(l, 0, 0);
	OVal za = equal_bytes(l, a, zero), zb = equal_bytes(l, b, zero), va = valid(l, za), vb = valid(l, zb);
	OVal both = xl_bin(l, O_AND, va, vb), neither = xl_bini(l, O_XOR, xl_bin(l, O_OR, va, vb), ALL);
	OVal r = xl_bin(l, O_OR, xl_bin(l, O_AND, equal_bytes(l, a, b), both), neither);

	if (imm & NEGATE)
		r = imm & ONLY_VALID ? xl_bin(l, O_XOR, r, vb) : xl_bini(l, O_XOR, r, ALL);
	xl_set_reg(l, RCX, 4, false, place(l, r, imm));
	OVal c = xl_cmpi(l, CC_NE, r, 0), z = flag(l, xl_cmpi(l, CC_NE, zb, 0), XF_Z), s = flag(l, xl_cmpi(l, CC_NE, za, 0), XF_S);
	OVal o = flag(l, xl_bini(l, O_AND, r, 1), XF_O);
	xl_set_flags(l, FL_BITS, 4, xl_bin(l, O_OR, xl_bin(l, O_OR, c, z), xl_bin(l, O_OR, s, o)), 0, 0);
}
