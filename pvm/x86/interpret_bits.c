/* BCD, CRC32, ADX, BMI1 and BMI2 in C.  Intel SDM volume 2, the instructions' own pages. */
#include "interpret.h"

static u32 set(bool on, u32 flag)
{
	return on ? flag : 0;
}

/* ---- BCD ------------------------------------------------------------------------------------------- */

static void decimal_adjust(XRun *r, bool add)
{
	u32 f = xr_flags(r);
	u8 old = (u8)xr_reg(r, RAX, 1, false), al = old;
	bool low = (old & 15) > 9 || (f & XF_A), high = old > 0x99 || (f & XF_C), carry = high;

	if (low) {
		carry |= !add && old < 6;
		al = (u8)(add ? al + 6 : al - 6);
	}
	if (high)
		al = (u8)(add ? al + 0x60 : al - 0x60);
	xr_set_reg(r, RAX, 1, false, al);
	xr_set_flags(r, XF_ALL, xr_zsp(al, 1) | set(carry, XF_C) | set(low, XF_A));
}

static void ascii_adjust(XRun *r, bool add)
{
	u64 ax = xr_reg(r, RAX, 2, false);
	bool carry = (ax & 15) > 9 || (xr_flags(r) & XF_A);

	if (carry)
		ax = add ? ax + 0x106 : ax - 0x106;
	xr_set_reg(r, RAX, 2, false, ax & 0xff0f);
	xr_set_flags(r, XF_ALL, xr_zsp(ax & 15, 1) | set(carry, XF_C | XF_A));
}

static void ascii_multiply(XRun *r, u8 base)
{
	u8 al = (u8)xr_reg(r, RAX, 1, false);

	if (!base)
		xr_raise(r, XE_DE);
	xr_set_reg(r, RAX, 2, false, (u64)(al / base) << 8 | al % base);
	xr_set_flags(r, XF_ALL, xr_zsp(al % base, 1));
}

static void ascii_divide(XRun *r, u8 base)
{
	u64 ax = xr_reg(r, RAX, 2, false);
	u8 al = (u8)((ax & 0xff) + (ax >> 8) * base);

	xr_set_reg(r, RAX, 2, false, al);
	xr_set_flags(r, XF_ALL, xr_zsp(al, 1));
}

void xr_bcd(XRun *r)
{
	switch (r->i.op) {
	case XI_DAA: case XI_DAS: decimal_adjust(r, r->i.op == XI_DAA); break;
	case XI_AAA: case XI_AAS: ascii_adjust(r, r->i.op == XI_AAA); break;
	case XI_AAM: ascii_multiply(r, (u8)r->i.imm); break;
	case XI_AAD: ascii_divide(r, (u8)r->i.imm); break;
	default: xr_set_reg(r, RAX, 1, false, xr_flags(r) & XF_C ? 0xff : 0); /* salc */
	}
}

/* ---- CRC32 ----------------------------------------------------------------------------------------- */

/* The Castagnoli polynomial, bits reversed. */
void xr_crc32(XRun *r)
{
	unsigned size = r->i.opnd[1].size;
	u64 v = xr_operand(r, 1);
	u32 crc = (u32)xr_operand(r, 0);

	for (unsigned n = 0; n < size; n++) {
		crc ^= (u8)(v >> 8 * n);
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	xr_set_operand(r, 0, crc);
}

/* ---- additions on one carry ------------------------------------------------------------------------ */

void xr_adx(XRun *r)
{
	u32 flag = r->i.op == XI_ADCX ? XF_C : XF_O;
	u64 b = xr_operand(r, 1), a = xr_operand(r, 0), c = xr_flags(r) & flag ? 1 : 0;
	unsigned __int128 s = (unsigned __int128)a + b + c;

	xr_set_operand(r, 0, (u64)s);
	xr_set_flags(r, flag, set((u64)(s >> 8 * r->i.opnd[0].size), flag));
}

/* ---- BMI ------------------------------------------------------------------------------------------- */

static u64 deposit(u64 v, u64 mask)
{
	u64 out = 0;

	for (; mask; mask &= mask - 1, v >>= 1)
		if (v & 1)
			out |= mask & -mask;
	return out;
}

static u64 extract(u64 v, u64 mask)
{
	u64 out = 0;

	for (u64 to = 1; mask; mask &= mask - 1, to <<= 1)
		if (v & mask & -mask)
			out |= to;
	return out;
}

static u64 field(u64 v, u64 control, unsigned w)
{
	unsigned start = control & 0xff, len = control >> 8 & 0xff;

	v = start < w ? v >> start : 0;
	return len < 64 ? v & ((1ull << len) - 1) : v;
}

static u64 shifted(const XRun *r, u64 a, u64 n, unsigned size)
{
	n &= 8 * size - 1;
	switch (r->i.op) {
	case XI_SHLX: return a << n;
	case XI_SHRX: return a >> n;
	case XI_SARX: return (u64)(xr_signed(a, size) >> n);
	default: return n ? a >> n | a << (8 * size - n) : a; /* rorx */
	}
}

static void multiply(XRun *r, unsigned size)
{
	u64 a = xr_operand(r, 2), b = xr_reg(r, RDX, size, false);
	unsigned __int128 p = (unsigned __int128)a * b;

	xr_set_operand(r, 1, (u64)p);
	xr_set_operand(r, 0, (u64)(p >> 8 * size));
}

static void finish(XRun *r, u64 v, u32 carry)
{
	unsigned size = r->i.opnd[0].size;

	v = xr_low(v, size);
	xr_set_operand(r, 0, v);
	xr_set_flags(r, XF_ALL, (xr_zsp(v, size) & ~XF_P) | carry);
}

/* blsr, blsmsk and blsi: the lowest bit that is set. */
static void lowest(XRun *r)
{
	u64 v = xr_operand(r, 1);

	switch (r->i.op) {
	case XI_BLSR: finish(r, v & (v - 1), set(!v, XF_C)); break;
	case XI_BLSMSK: finish(r, v ^ (v - 1), set(!v, XF_C)); break;
	default: finish(r, v & -v, set(v, XF_C));
	}
}

void xr_bmi(XRun *r)
{
	unsigned size = r->i.opnd[0].size, w = 8 * size;

	if (r->i.op == XI_MULX) {
		multiply(r, size);
		return;
	}
	if (r->i.nopnd == 2) {
		lowest(r);
		return;
	}
	u64 a = xr_operand(r, 1), b = xr_operand(r, 2);
	switch (r->i.op) {
	case XI_ANDN: finish(r, ~a & b, 0); break;
	case XI_BEXTR: finish(r, field(a, b, w), 0); break;
	case XI_BZHI: finish(r, (b & 0xff) < w ? a & ((1ull << (b & 0xff)) - 1) : a, set((b & 0xff) >= w, XF_C)); break;
	case XI_PDEP: xr_set_operand(r, 0, deposit(a, b)); break;
	case XI_PEXT: xr_set_operand(r, 0, extract(a, b)); break;
	default: xr_set_operand(r, 0, shifted(r, a, b, size));
	}
}
