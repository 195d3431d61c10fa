/* The flags that a record in the register file stands for.  Intel SDM volume 1, 3.4.3.1. */
#include "flags.h"
#include "helpers.h"

static u64 low(u64 v, unsigned size)
{
	return size == 8 ? v : v & ((1ull << 8 * size) - 1);
}

static u32 zsp(u64 r, unsigned size)
{
	u32 top = (u32)(r >> (8 * size - 1)) & 1;

	return (r == 0 ? XF_Z : 0) | (top ? XF_S : 0) | (__builtin_parity((u32)r & 0xff) ? 0 : XF_P);
}

/* Of a sum: bit n of (carries) is the carry out of bit n; for differences the borrow. */
static u32 of_carries(u64 carries, u64 r, unsigned size)
{
	unsigned top = 8 * size - 1;
	u32 c = (u32)(carries >> top) & 1, o = c ^ ((u32)(carries >> (top - 1)) & 1);

	return (c ? XF_C : 0) | (o ? XF_O : 0) | (carries & 8 ? XF_A : 0) | zsp(r, size);
}

static u32 of_add(u64 a, u64 b, u64 c, unsigned size)
{
	u64 r = low(a + b + c, size);

	return of_carries((a & b) | ((a | b) & ~r), r, size);
}

static u32 of_sub(u64 a, u64 b, u64 c, unsigned size)
{
	u64 r = low(a - b - c, size);

	return of_carries((~a & b) | ((~a | b) & r), r, size);
}

static u32 of_step(u64 r, u64 carry, unsigned size, bool inc)
{
	u64 edge = 1ull << (8 * size - 1);

	return (carry ? XF_C : 0) | zsp(r, size) | (r == (inc ? edge : edge - 1) ? XF_O : 0) | ((r & 15) == (inc ? 0 : 15) ? XF_A : 0);
}

/* Of a shift by n, 1 to 31 (63): what has been shifted out last, and the sign's change. */
static u32 of_shift(u64 a, u64 n, unsigned size, unsigned op)
{
	unsigned top = 8 * size - 1;
	u64 last, r, o;

	if (op == FL_SHL) {
		r = low(a << n, size);
		last = size == 8 ? a >> (64 - n) : a << n >> (top + 1);
		o = (r >> top ^ last) & 1;
	} else {
		last = op == FL_SHR ? a >> (n - 1) : (u64)((i64)(a << (63 - top)) >> (63 - top) >> (n - 1));
		r = low(op == FL_SHR ? last >> 1 : (u64)((i64)last >> 1), size);
		o = op == FL_SHR ? a >> top & 1 : 0;
	}
	return zsp(r, size) | (last & 1 ? XF_C : 0) | (o ? XF_O : 0);
}

static i64 sign_extended(u64 v, unsigned size)
{
	return (i64)(v << (64 - 8 * size)) >> (64 - 8 * size);
}

static u32 of_product(u64 a, u64 b, unsigned size)
{
	__extension__ __int128 p = (__int128)sign_extended(a, size) * sign_extended(b, size);
	u64 r = low((u64)p, size);

	return zsp(r, size) | (p != sign_extended(r, size) ? XF_C | XF_O : 0);
}

static u32 of_record(const Regfile *t)
{
	const u64 *s = t->slot;
	unsigned size = s[XS_FLAG_OP] >> 8 & 15;
	u64 a = s[XS_FLAG_A], b = s[XS_FLAG_B], c = s[XS_FLAG_C];

	switch (s[XS_FLAG_OP] & 0xff) {
	case FL_ADD: return of_add(low(a, size), low(b, size), 0, size);
	case FL_ADC: return of_add(low(a, size), low(b, size), c & 1, size);
	case FL_SUB: return of_sub(low(a, size), low(b, size), 0, size);
	case FL_SBB: return of_sub(low(a, size), low(b, size), c & 1, size);
	case FL_LOGIC: return zsp(low(a, size), size);
	case FL_INC: return of_step(low(a, size), c & 1, size, true);
	case FL_DEC: return of_step(low(a, size), c & 1, size, false);
	case FL_SHIFT: return zsp(low(a, size), size) | (b & 1 ? XF_O : 0) | (c & 1 ? XF_C : 0);
	case FL_SHL: case FL_SHR: case FL_SAR: return of_shift(low(a, size), b & 63, size, s[XS_FLAG_OP] & 0xff);
	case FL_IMUL: return of_product(a, b, size);
	default: return (u32)a & XF_ALL;
	}
}

u32 x86_flags_bits(const Regfile *t)
{
	u64 op = t->slot[XS_FLAG_OP];
	u32 other = (op & FLC_C ? XF_C : 0) | (op & FLC_O ? XF_O : 0);

	return (of_record(t) & ~other) | ((u32)t->slot[XS_FLAG_D] & other);
}

void x86_set_flags_bits(Regfile *t, u32 bits)
{
	t->slot[XS_FLAG_OP] = FL_BITS | 4 << 8;
	t->slot[XS_FLAG_A] = bits & XF_ALL;
}

u64 x86_help_flags(Regfile *t, const u64 *args)
{
	(void)args;
	return x86_flags_bits(t);
}
