/* Division: exact #DE before the host could trap.  Quotients of 128 by 64 bits are helpers without side effects; 8 and 16
 * bits are executed in C.  Intel SDM volume 2, DIV and IDIV. */
#include "lower_flags.h"
#include "helpers.h"

enum { RAX, RCX, RDX };

static void put(XLower *l, unsigned size, OVal q, OVal rem)
{
	xl_set_reg(l, RAX, size, false, xl_to(l, size == 8 ? OT_I64 : OT_I32, q));
	xl_set_reg(l, RDX, size, false, xl_to(l, size == 8 ? OT_I64 : OT_I32, rem));
}

/* The upper half of the dividend must be below the divisor, which so is not 0 either. */
static void divide(XLower *l, unsigned size, OVal d)
{
	OVal lo = xl_reg(l, RAX, size, false), hi = xl_reg(l, RDX, size, false);

	xl_exit_if(l, xl_cmp(l, CC_GEU, hi, d), XE_DE, l->i.pc);
	if (size == 8) {
		const OVal arg[3] = { hi, lo, d };
		OVal q = xl_hcall(l, XH_DIVIDE, OT_I64, arg, 3);
		put(l, 8, q, xl_bin(l, O_SUB, lo, xl_bin(l, O_MUL, q, d)));
		return;
	}
	OVal n = xl_bin(l, O_OR, xl_bini(l, O_SHL, xl_to(l, OT_I64, hi), 32), xl_to(l, OT_I64, lo)), wide = xl_to(l, OT_I64, d);
	put(l, 4, xl_bin(l, O_DIVU, n, wide), xl_bin(l, O_REMU, n, wide));
}

static void divide_signed_64(XLower *l, OVal d)
{
	OVal lo = xl_reg(l, RAX, 8, false);
	const OVal arg[3] = { xl_reg(l, RDX, 8, false), lo, d };
	OVal fits = xl_hcall(l, XH_IDIVIDES, OT_I32, arg, 3);

	xl_exit_if(l, xl_cmpi(l, CC_EQ, fits, 0), XE_DE, l->i.pc);
	OVal q = xl_hcall(l, XH_IDIVIDE, OT_I64, arg, 3);
	put(l, 8, q, xl_bin(l, O_SUB, lo, xl_bin(l, O_MUL, q, d)));
}

static void divide_signed_32(XLower *l, OVal d)
{
	OVal lo = xl_to(l, OT_I64, xl_reg(l, RAX, 4, false)), hi = xl_to(l, OT_I64, xl_reg(l, RDX, 4, false));
	OVal n = xl_bin(l, O_OR, xl_bini(l, O_SHL, hi, 32), lo), wide = xl_sext(l, d, 4, OT_I64);
	OVal least = xl_bin(l, O_AND, xl_cmpi(l, CC_EQ, n, 1ull << 63), xl_cmpi(l, CC_EQ, wide, ~0ull));

	xl_exit_if(l, xl_bin(l, O_OR, xl_cmpi(l, CC_EQ, wide, 0), least), XE_DE, l->i.pc);
	OVal q = xl_bin(l, O_DIVS, n, wide), rem = xl_bin(l, O_REMS, n, wide);
	xl_exit_if(l, xl_cmp(l, CC_NE, xl_sext(l, xl_to(l, OT_I32, q), 4, OT_I64), q), XE_DE, l->i.pc);
	put(l, 4, q, rem);
}

void xl_divide(XLower *l)
{
	unsigned size = l->i.opnd[0].size;

	if (size < 4) {
		xl_interpret(l);
		return;
	}
	OVal d = xl_operand(l, 0);
	if (l->i.op == XI_DIV)
		divide(l, size, d);
	else if (size == 8)
		divide_signed_64(l, d);
	else
		divide_signed_32(l, d);
}

/* ---- the helpers: upper half, lower half, divisor ------------------------------------------------------- */

typedef unsigned __int128 u128;

u64 x86_help_divide(Regfile *t, const u64 *arg)
{
	(void)t;
	return (u64)(((u128)arg[0] << 64 | arg[1]) / arg[2]);
}

static u128 magnitude(u64 hi, u64 lo)
{
	u128 n = (u128)hi << 64 | lo;

	return hi >> 63 ? -n : n;
}

/* The quotient's magnitude; the divisor is not 0. */
static u128 quotient(const u64 *arg)
{
	return magnitude(arg[0], arg[1]) / (arg[2] >> 63 ? -arg[2] : arg[2]);
}

static bool negative(const u64 *arg)
{
	return (arg[0] ^ arg[2]) >> 63;
}

u64 x86_help_idivides(Regfile *t, const u64 *arg)
{
	(void)t;
	return arg[2] && quotient(arg) <= (1ull << 63) - !negative(arg);
}

u64 x86_help_idivide(Regfile *t, const u64 *arg)
{
	u64 q = (u64)quotient(arg);

	(void)t;
	return negative(arg) ? -q : q;
}
