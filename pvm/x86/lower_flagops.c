/* The flags as a whole: clc, stc, cmc, cld, std, lahf, sahf, popf. */
#include "lower_flags.h"

enum { RAX, LOW = XF_S | XF_Z | XF_A | XF_P | XF_C };

static void set_bits(XLower *l, OVal v)
{
	xl_set_flags(l, FL_BITS, 4, v, 0, 0);
}

/* New flags may include TF, which the run loop has to see. */
static void popf(XLower *l)
{
	xl_interpret(l);
	xl_exit_const(l, XE_FLAGS, l->i.pc + l->i.len);
}

void x86_lower_flags(XLower *l)
{
	OVal ah;

	switch (l->i.op) {
	case XI_CLC: xl_set_carry(l, xl_const(l, OT_I32, 0), 0); break;
	case XI_STC: xl_set_carry(l, xl_const(l, OT_I32, 1), 0); break;
	case XI_CMC: xl_set_carry(l, xl_bini(l, O_XOR, xl_cf(l), 1), 0); break;
	case XI_CLD: case XI_STD: xl_put(l, XS_DF, xl_const(l, OT_I64, l->i.op == XI_STD)); break;
	case XI_LAHF: xl_set_reg(l, RAX, 1, true, xl_bini(l, O_OR, xl_bini(l, O_AND, xl_flag_bits(l), LOW), 2)); break;
	case XI_SAHF:
		ah = xl_bini(l, O_AND, xl_reg(l, RAX, 1, true), LOW);
		set_bits(l, xl_bin(l, O_OR, xl_bini(l, O_AND, xl_flag_bits(l), XF_O), ah));
		break;
	case XI_POPF: popf(l); break;
	default: xl_interpret(l); /* pushf */
	}
}
