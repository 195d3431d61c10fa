/* XADD, CMPXCHG and LOCK ADD, SUB, INC, DEC on memory by O-code's atomics, for operands of 4 and 8 bytes; the rest is
 * executed in C.  Intel SDM volume 2, the instructions' own pages. */
#include "lower_flags.h"

enum { RAX };

static u16 descriptor(unsigned size)
{
	return O_MEM(SPACE_GUEST, size == 8 ? 3 : 2, 0, ORDER_ATOMIC, 1);
}

static bool fits(const XLower *l)
{
	return l->i.opnd[0].kind == XK_MEM && (l->i.opnd[0].size == 4 || l->i.opnd[0].size == 8);
}

/* Adds v to memory; the value from before. */
static OVal add(XLower *l, OVal v)
{
	OVal addr = xl_address(l);
	u32 map = xl_map(l, false);
	OVal old = ocode_emit(l->f, l->block, O_XADD, xl_type(l, v), descriptor(l->i.opnd[0].size), addr, v, 0);

	l->f->ins.p[old].map = map;
	return old;
}

bool xl_locked_add(XLower *l, OVal v, bool subtract)
{
	unsigned size = l->i.opnd[0].size;

	if (!fits(l))
		return false;
	OVal old = add(l, subtract ? xl_un(l, O_NEG, v) : v);
	xl_set_flags(l, subtract ? FL_SUB : FL_ADD, size, old, v, 0);
	return true;
}

bool xl_locked_step(XLower *l, bool inc)
{
	unsigned size = l->i.opnd[0].size;

	if (!fits(l))
		return false;
	OVal c = xl_cf(l), one = xl_const(l, size == 8 ? OT_I64 : OT_I32, inc ? 1 : ~0ull), old = add(l, one);
	xl_set_flags(l, inc ? FL_INC : FL_DEC, size, xl_bin(l, O_ADD, old, one), 0, c);
	return true;
}

/* Where the values differ the accumulator takes memory's; where not, even its upper half stays. */
static void compare_and_exchange(XLower *l)
{
	unsigned size = l->i.opnd[0].size, whole = l->word == OT_I64 ? 8 : 4;
	OVal addr = xl_address(l), acc = xl_reg(l, RAX, size, false), src = xl_operand(l, 1);
	const u32 arg[3] = { addr, acc, src };
	u32 map = xl_map(l, false), pool = ocode_pool(l->f, arg, 3);
	OVal old = ocode_emit(l->f, l->block, O_CAS, xl_type(l, acc), descriptor(size), pool, 0, 0);

	l->f->ins.p[old].map = map;
	OVal same = xl_cmp(l, CC_EQ, old, acc), kept = xl_reg(l, RAX, whole, false);
	xl_set_reg(l, RAX, whole, false, xl_select(l, same, kept, xl_to(l, l->word, old)));
	xl_set_flags(l, FL_SUB, size, acc, old, 0);
}

void x86_lower_xadd(XLower *l)
{
	if (!fits(l) || (l->i.op != XI_XADD && l->i.op != XI_CMPXCHG)) {
		xl_interpret(l);
	} else if (l->i.op == XI_CMPXCHG) {
		compare_and_exchange(l);
	} else {
		OVal v = xl_operand(l, 1), old = add(l, v);
		xl_set_flags(l, FL_ADD, l->i.opnd[0].size, old, v, 0);
		xl_set_operand(l, 1, old);
	}
}
