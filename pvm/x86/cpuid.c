/* CPUID: what cpuid.def claims.  Intel SDM volume 2, CPUID. */
#include "interpret.h"

enum { A, B, C, D };

typedef struct Leaf {
	u32 reg[4];
} Leaf;

static const struct { u32 leaf; u8 reg, bit; } features[] = {
#define CF(name, leaf, reg, bit) { leaf, reg, bit },
#include "cpuid.def"
#undef CF
};

static Leaf claimed(u32 leaf)
{
	Leaf l = { { 0 } };

	for (u32 k = 0; k < COUNT(features); k++)
		if (features[k].leaf == leaf)
			l.reg[features[k].reg] |= 1u << features[k].bit;
	return l;
}

static void text(Leaf *l, const char *s, const u8 order[4])
{
	for (int k = 0; k < 4; k++)
		if (order[k] < 4)
			l->reg[order[k]] = ld32(s + 4 * k);
}

static Leaf brand(u32 part)
{
	static const char name[48] = "pvm virtual x86 processor";
	Leaf l;

	text(&l, name + 16 * part, (const u8[]){ A, B, C, D });
	return l;
}

/* x87, SSE and, where AVX is claimed, the upper halves: the state components of XCR0. */
u64 x86_xcr0(void)
{
	return claimed(1).reg[C] >> 28 & 1 ? 7 : 3;
}

static Leaf xsave_leaf(u32 sub)
{
	bool avx = x86_xcr0() & 4;
	u32 size = avx ? 832 : 576;

	if (sub == 0)
		return (Leaf){ { (u32)x86_xcr0(), size, size, 0 } };
	if (sub == 1)
		return (Leaf){ { claimed(0xd).reg[A], size, 0, 0 } };
	return sub == 2 && avx ? (Leaf){ { 256, 576, 0, 0 } } : (Leaf){ { 0 } };
}

/* A processor that says nothing of caches has its copies made past them by the C library. */
static Leaf cache_leaf(u32 sub)
{
	static const struct { u8 type, level, ways; u32 sets; } caches[] = { { 1, 1, 8, 64 }, { 2, 1, 8, 64 }, { 3, 2, 8, 1024 }, { 3, 3, 16, 8192 } };
	enum { SELF_INITIALIZING = 1 << 8, LINE = 64 };

	if (sub >= COUNT(caches))
		return (Leaf){ { 0 } };
	return (Leaf){ { caches[sub].type | (u32)caches[sub].level << 5 | SELF_INITIALIZING, (caches[sub].ways - 1u) << 22 | (LINE - 1), caches[sub].sets - 1, 0 } };
}

static Leaf leaf_of(enum XMode mode, u32 leaf, u32 sub)
{
	Leaf l = claimed(leaf);

	if (leaf >= 0x80000002 && leaf <= 0x80000004)
		return brand(leaf - 0x80000002);
	switch (leaf) {
	case 0:
		l.reg[A] = 0xd;
		text(&l, "GenuineIntel", (const u8[]){ B, D, C, 4 });
		break;
	case 1: /* family 6; clflush of 64 bytes */
		l.reg[A] = 0x000306c3;
		l.reg[B] = 8 << 8 | 1 << 16;
		break;
	case 2: /* see leaf 4 */
		l.reg[A] = 0x00feff01;
		break;
	case 4:
		return cache_leaf(sub);
	case 7:
		return sub ? (Leaf){ { 0 } } : l;
	case 0xd:
		return xsave_leaf(sub);
	case 0x80000000:
		l.reg[A] = 0x80000008;
		break;
	case 0x80000008: /* 46 bits of physical, 48 of linear address */
		l.reg[A] = 48 << 8 | 46;
		break;
	case 0x80000001: /* syscall in 64-bit mode only, as on Intel's */
		if (mode == X86_32)
			l.reg[D] &= ~(1u << 11);
	}
	return l;
}

void x86_cpuid(enum XMode mode, u32 leaf, u32 sub, u32 out[4])
{
	memcpy(out, leaf_of(mode, leaf, sub).reg, 4 * sizeof *out);
}

void xr_cpuid(XRun *r)
{
	static const u8 to[4] = { RAX, RBX, RCX, RDX };
	Leaf l = leaf_of((enum XMode)r->i.mode, (u32)xr_reg(r, RAX, 4, false), (u32)xr_reg(r, RCX, 4, false));

	for (int k = 0; k < 4; k++)
		xr_set_reg(r, to[k], 4, false, l.reg[k]);
}
