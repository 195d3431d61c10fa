/* Integer instructions in C: arithmetic (locked forms above all), division, rotations, exchanges.
 * Intel SDM volume 2, the instructions' own pages. */
#include "interpret.h"

typedef unsigned __int128 u128;

/* A read-modify-write of operand 0: `fn` gives the new value and the flags that go with it. */
typedef struct Change {
	u64 v;
	u32 mask, flags;
} Change;
typedef Change ChangeFn(XRun *r, u64 old, u64 src, unsigned size);

/* Returns the value from before.  The flags change when the store is done. */
static u64 change(XRun *r, ChangeFn *fn, u64 src)
{
	unsigned size = r->i.opnd[0].size;
	u64 old, addr;
	Change c;

	if (r->i.opnd[0].kind == XK_MEM) {
		addr = xr_address(r);
		do {
			old = xr_load(r, addr, size);
			c = fn(r, old, src, size);
		} while (!xr_swap(r, addr, size, old, c.v));
	} else {
		old = xr_operand(r, 0);
		c = fn(r, old, src, size);
		xr_set_operand(r, 0, c.v);
	}
	if (c.mask)
		xr_set_flags(r, c.mask, c.flags);
	return old;
}

static u32 add_flags(u64 a, u64 b, u64 sum, unsigned size)
{
	u64 top = 8 * size - 1, carry = (a & b) | ((a | b) & ~sum);

	return xr_zsp(sum, size) | (carry >> top & 1 ? XF_C : 0) | (((a ^ sum) & (b ^ sum)) >> top & 1 ? XF_O : 0) | ((a ^ b ^ sum) & XF_A);
}

static Change add(u64 a, u64 b, u64 c, unsigned size)
{
	u64 s = xr_low(a + b + c, size);

	return (Change){ s, XF_ALL, add_flags(a, b, s, size) };
}

static Change sub(u64 a, u64 b, u64 c, unsigned size)
{
	u64 d = xr_low(a - b - c, size), top = 8 * size - 1, borrow = (~a & b) | ((~a | b) & d);
	u32 f = xr_zsp(d, size) | (borrow >> top & 1 ? XF_C : 0) | (((a ^ b) & (a ^ d)) >> top & 1 ? XF_O : 0) | ((a ^ b ^ d) & XF_A);

	return (Change){ d, XF_ALL, f };
}

static Change logic(u64 v, unsigned size)
{
	return (Change){ v, XF_ALL, xr_zsp(v, size) };
}

static Change alu(XRun *r, u64 a, u64 b, unsigned size)
{
	u64 c = xr_flags(r) & XF_C;

	switch (r->i.op) {
	case XI_ADD: return add(a, b, 0, size);
	case XI_ADC: return add(a, b, c, size);
	case XI_SUB: return sub(a, b, 0, size);
	case XI_SBB: return sub(a, b, c, size);
	case XI_AND: return logic(a & b, size);
	case XI_OR: return logic(a | b, size);
	default: return logic(a ^ b, size);
	}
}

void xr_alu(XRun *r)
{
	change(r, alu, xr_low(xr_operand(r, 1), r->i.opnd[0].size));
}

static Change incdec(XRun *r, u64 a, u64 src, unsigned size)
{
	Change c = r->i.op == XI_INC ? add(a, 1, 0, size) : sub(a, 1, 0, size);

	(void)src;
	c.mask = XF_ALL & ~XF_C;
	return c;
}

void xr_incdec(XRun *r)
{
	change(r, incdec, 0);
}

static Change unary(XRun *r, u64 a, u64 src, unsigned size)
{
	(void)src;
	return r->i.op == XI_NEG ? sub(0, a, 0, size) : (Change){ xr_low(~a, size), 0, 0 };
}

void xr_unary(XRun *r)
{
	change(r, unary, 0);
}

/* ---- division -------------------------------------------------------------------------------------- */

static void put_quotient(XRun *r, unsigned size, u64 q, u64 rem)
{
	if (size == 1) {
		xr_set_reg(r, RAX, 2, false, (q & 0xff) | (rem & 0xff) << 8);
		return;
	}
	xr_set_reg(r, RAX, size, false, q);
	xr_set_reg(r, RDX, size, false, rem);
}

static u128 dividend(const XRun *r, unsigned size)
{
	if (size == 1)
		return xr_reg(r, RAX, 2, false);
	return (u128)xr_reg(r, RDX, size, false) << (8 * size) | xr_reg(r, RAX, size, false);
}

static void div_unsigned(XRun *r, unsigned size, u64 d)
{
	u128 n = dividend(r, size);

	if (!d || n / d > xr_low(~0ull, size))
		xr_raise(r, XE_DE);
	put_quotient(r, size, (u64)(n / d), (u64)(n % d));
}

/* By magnitudes, so that no quotient overflows here. */
static void div_signed(XRun *r, unsigned size, i64 d)
{
	unsigned shift = 128 - 16 * size;
	__int128 n = (__int128)(dividend(r, size) << shift) >> shift;
	u128 a = n < 0 ? -(u128)n : (u128)n, b = d < 0 ? -(u64)d : (u64)d;
	bool neg = (n < 0) != (d < 0);

	if (!d || a / b > (1ull << (8 * size - 1)) - !neg)
		xr_raise(r, XE_DE);
	u64 q = (u64)(a / b), rem = (u64)(a % b);
	put_quotient(r, size, neg ? -q : q, n < 0 ? -rem : rem);
}

void xr_muldiv(XRun *r)
{
	unsigned size = r->i.opnd[0].size;
	u64 d = xr_operand(r, 0);

	if (r->i.op == XI_DIV)
		div_unsigned(r, size, d);
	else
		div_signed(r, size, xr_signed(d, size));
}

/* ---- shifts ---------------------------------------------------------------------------------------- */

static u32 top_bit(u64 v, unsigned size, unsigned below)
{
	return (u32)(v >> (8 * size - 1 - below)) & 1;
}

static Change rotated(u64 v, unsigned size, u32 c, u32 o)
{
	return (Change){ xr_low(v, size), XF_C | XF_O, (c ? XF_C : 0) | (o ? XF_O : 0) };
}

static Change rol(u64 a, unsigned n, unsigned size)
{
	unsigned w = 8 * size, k = n % w;
	u64 v = k ? a << k | a >> (w - k) : a;

	return rotated(v, size, v & 1, top_bit(v, size, 0) ^ (u32)(v & 1));
}

static Change ror(u64 a, unsigned n, unsigned size)
{
	unsigned w = 8 * size, k = n % w;
	u64 v = k ? a >> k | a << (w - k) : a;

	return rotated(v, size, top_bit(v, size, 0), top_bit(v, size, 0) ^ top_bit(v, size, 1));
}

/* Through carry: w + 1 bits turn. */
static Change rc(u64 a, unsigned n, unsigned size, u64 carry, bool left)
{
	unsigned w = 8 * size, k = n % (w + 1);
	u128 mask = ((u128)1 << (w + 1)) - 1, v = (u128)carry << w | a;

	if (!left)
		k = k ? w + 1 - k : 0;
	if (k)
		v = (v << k | v >> (w + 1 - k)) & mask;
	u64 low = xr_low((u64)v, size);
	u32 c = (u32)(v >> w) & 1, top = top_bit(low, size, 0);
	return rotated(low, size, c, left ? top ^ c : top ^ top_bit(low, size, 1));
}

static Change shift(XRun *r, u64 a, u64 n, unsigned size)
{
	u64 c = xr_flags(r) & XF_C;

	if (n == 0)
		return (Change){ a, 0, 0 };
	switch (r->i.op) {
	case XI_ROL: return rol(a, (unsigned)n, size);
	case XI_ROR: return ror(a, (unsigned)n, size);
	default: return rc(a, (unsigned)n, size, c, r->i.op == XI_RCL);
	}
}

static u64 shift_count(XRun *r, unsigned k)
{
	return xr_operand(r, k) & (r->i.opnd[0].size == 8 ? 63 : 31);
}

void xr_shift(XRun *r)
{
	change(r, shift, shift_count(r, 1));
}

/* 16-bit operands shifted by more than 16 are undefined; Intel's processors go on with the first operand. */
static Change shiftd(XRun *r, u64 a, u64 b, unsigned size)
{
	unsigned w = 8 * size, n = (unsigned)shift_count(r, 2);
	u64 v;
	u32 c;

	if (n == 0)
		return (Change){ a, 0, 0 };
	if (r->i.op == XI_SHLD) {
		u128 all = size == 2 ? (u128)(a << 32 | b << 16 | a) << 80 : ((u128)a << w | b) << (128 - 2 * w);
		c = (u32)(all >> (128 - n)) & 1;
		v = (u64)(all << n >> (128 - w));
	} else {
		u128 all = size == 2 ? (u128)(a << 32 | b << 16 | a) : (u128)b << w | a;
		c = (u32)(all >> (n - 1)) & 1;
		v = xr_low((u64)(all >> n), size);
	}
	u32 o = top_bit(v, size, 0) ^ top_bit(a, size, 0);
	return (Change){ v, XF_ALL, xr_zsp(v, size) | (c ? XF_C : 0) | (o ? XF_O : 0) };
}

void xr_shiftd(XRun *r)
{
	change(r, shiftd, xr_operand(r, 1));
}

/* ---- bits ------------------------------------------------------------------------------------------ */

static u64 change_bit(unsigned op, u64 v, u64 bit)
{
	switch (op) {
	case XI_BTS: return v | bit;
	case XI_BTR: return v & ~bit;
	case XI_BTC: return v ^ bit;
	default: return v;
	}
}

/* A bit number in a register reaches beyond the operand in memory: the words before and behind it are a bit string. */
void xr_bt(XRun *r)
{
	unsigned size = r->i.opnd[0].size, w = 8 * size;
	u64 n = xr_operand(r, 1), old, bit = 1ull << (n & (w - 1));

	if (r->i.opnd[0].kind == XK_MEM) {
		if (x86_writes_code(&r->i))
			xr_check_code(r);
		i64 word = r->i.opnd[1].kind == XK_REG ? xr_signed(n, size) >> __builtin_ctz(w) : 0;
		u64 ea = xr_low(xr_ea(r) + (u64)word * size, r->i.asize), addr = xr_linear(r, ea, r->i.seg);
		do
			old = xr_load(r, addr, size);
		while (r->i.op != XI_BT && !xr_swap(r, addr, size, old, change_bit(r->i.op, old, bit)));
	} else {
		old = xr_operand(r, 0);
		if (r->i.op != XI_BT)
			xr_set_operand(r, 0, change_bit(r->i.op, old, bit));
	}
	xr_set_flags(r, XF_C, old & bit ? XF_C : 0);
}

/* ---- exchanges ------------------------------------------------------------------------------------- */

static Change replace(XRun *r, u64 old, u64 src, unsigned size)
{
	(void)r, (void)old, (void)size;
	return (Change){ src, 0, 0 };
}

void xr_xchg(XRun *r)
{
	u64 old = change(r, replace, xr_operand(r, 1));

	xr_set_operand(r, 1, old);
}

static Change xadd(XRun *r, u64 old, u64 src, unsigned size)
{
	(void)r;
	return add(old, src, 0, size);
}

/* Of equal values the source is stored, else the old value: the store is made in any case. */
static Change cmpxchg(XRun *r, u64 old, u64 src, unsigned size)
{
	u64 acc = xr_reg(r, RAX, size, false);

	return (Change){ old == acc ? src : old, XF_ALL, xr_sub_flags(acc, old, size) };
}

/* A register that differs keeps even its upper half. */
static void cmpxchg_register(XRun *r, unsigned size)
{
	u64 acc = xr_reg(r, RAX, size, false), old = xr_operand(r, 0), src = xr_operand(r, 1);

	xr_set_flags(r, XF_ALL, xr_sub_flags(acc, old, size));
	if (acc == old)
		xr_set_operand(r, 0, src);
	else
		xr_set_reg(r, RAX, size, false, old);
}

/* 8 or 16 bytes, compared with edx:eax, replaced by ecx:ebx. */
static void cmpxchg8(XRun *r)
{
	unsigned half = r->i.op == XI_CMPXCHG16B ? 8 : 4;
	u64 addr = xr_address(r), lo, hi;
	u64 lo2 = xr_reg(r, RAX, half, false), hi2 = xr_reg(r, RDX, half, false);
	bool same;

	if (half == 8 && (addr & 15))
		xr_raise(r, XE_GP);
	u8 *p = xr_probe(r, addr, 2 * half, true);
	do {
		lo = half == 8 ? ld64(p) : ld32(p);
		hi = half == 8 ? ld64(p + 8) : ld32(p + 4);
		same = lo == lo2 && hi == hi2;
	} while (!xr_swap2(r, p, half, lo, hi, same ? xr_reg(r, RBX, half, false) : lo, same ? xr_reg(r, RCX, half, false) : hi));
	if (!same) {
		xr_set_reg(r, RAX, half, false, lo);
		xr_set_reg(r, RDX, half, false, hi);
	}
	xr_set_flags(r, XF_Z, same ? XF_Z : 0);
}

void xr_xadd(XRun *r)
{
	const XInsn *i = &r->i;
	u64 old;

	if (i->op == XI_CMPXCHG8B || i->op == XI_CMPXCHG16B) {
		cmpxchg8(r);
	} else if (i->op == XI_CMPXCHG && i->opnd[0].kind == XK_MEM) {
		old = change(r, cmpxchg, xr_operand(r, 1));
		if (!(xr_flags(r) & XF_Z))
			xr_set_reg(r, RAX, i->opnd[0].size, false, old);
	} else if (i->op == XI_CMPXCHG) {
		cmpxchg_register(r, i->opnd[0].size);
	} else if (i->opnd[0].kind == XK_MEM) {
		xr_set_operand(r, 1, change(r, xadd, xr_operand(r, 1)));
	} else { /* the sum is written last: both operands may be one register */
		u64 a = xr_operand(r, 0), b = xr_operand(r, 1);
		Change c = add(a, b, 0, i->opnd[0].size);
		xr_set_operand(r, 1, a);
		xr_set_operand(r, 0, c.v);
		xr_set_flags(r, c.mask, c.flags);
	}
}
