/* What stands around an instruction of a sequence, so that it does more than raise. */
#include "fuzz.h"

enum { AX, CX, DX, BX, SP };

void fuzz_add_bytes(Item *it, const void *p, u32 n)
{
	memcpy(it->b + it->n, p, n);
	it->n = (u8)(it->n + n);
}

static void put1(Item *it, u32 v)
{
	it->b[it->n++] = (u8)v;
}

static void put4(Item *it, u32 v)
{
	st32(it->b + it->n, v);
	it->n = (u8)(it->n + 4);
}

/* mov register, constant: the register is the low half of any of the sixteen. */
static void set_register(Item *it, u32 reg, u32 v)
{
	if (reg & 8)
		put1(it, 0x41);
	put1(it, 0xb8 | (reg & 7));
	put4(it, v);
}

/* mov dword [at], constant */
static void set_memory(Item *it, enum XMode mode, u32 at, u32 v)
{
	fuzz_add_bytes(it, mode == X86_64 ? "\xc7\x04\x25" : "\xc7\x05", mode == X86_64 ? 3 : 2);
	put4(it, at);
	put4(it, v);
}

/* lea sp, [sp + n]: leaves the flags alone. */
static void move_stack(Item *it, enum XMode mode, i32 n)
{
	if (mode == X86_64)
		put1(it, 0x48);
	fuzz_add_bytes(it, "\x8d\x64\x24", 3);
	put1(it, (u8)n);
}

/* mov [sp + at], constant of 2, 4 or 8 bytes; returns where its low 4 bytes are. */
static u8 set_stack(Item *it, u32 at, u32 size, u32 v)
{
	u8 where;

	if (size == 2)
		put1(it, 0x66);
	if (size == 8)
		put1(it, 0x48);
	fuzz_add_bytes(it, "\xc7\x44\x24", 3);
	put1(it, at);
	where = it->n;
	put4(it, v);
	if (size == 2)
		it->n = (u8)(it->n - 2);
	return where;
}

/* ---- selectors ------------------------------------------------------------------------------------- */

/* Null selectors are zeros: any interrupt makes 1 to 3 zero.  The stack stays where it is, or the next signal has nowhere
 * to go; and pvm has no stacks of 16 bits. */
static u32 data_selector(unsigned seg, enum XMode mode)
{
	static const u16 some[] = { 7, 15, 23, 31, 39, 47, 55, 63, 71, 79, 28, 30, 31, 55, 0x2b, 0x2b, 0x28, 0x29, 0x6b, 0x68, 0x08, 0x10, 0x40, 0x50, 0x58, 0x83, 0xf8, 0xffff, 0x63, 0x73, 0x70, 0, 0, 0x23, 0x20, 0x33, 0x7b, 0x78 };
	u32 v = fuzz_one_in(16) ? (u32)fuzz_random() & 0xfffb : some[fuzz_below(COUNT(some))];

	if (seg == XS_SS && (v & ~3u) == (8 * 8 | 4))
		return 8 * LDT_FLAT_DOWN + 7;
	return v;
}

static u32 code_selector(enum XMode mode)
{
	static const u16 bad[] = { 0, 3, 0x2b, 0x10, 0x63, 0x7b, 0x40, 0xfff8, 0x58 };
	u32 own = mode == X86_64 ? 0x33 : 0x23;

	return fuzz_one_in(8) ? bad[fuzz_below(COUNT(bad))] : fuzz_one_in(8) ? own & ~(1u + fuzz_below(3)) : own;
}

/* ---- far transfers --------------------------------------------------------------------------------- */

static void far_memory(Item *it, const XInsn *i)
{
	bool loads = i->op == XI_LES || i->op == XI_LDS || i->op == XI_LSS || i->op == XI_LFS || i->op == XI_LGS;
	unsigned seg = i->op == XI_LFS ? XS_FS : i->op == XI_LGS ? XS_GS : i->op == XI_LSS ? XS_SS : XS_DS;
	u32 at = (u32)i->disp, size = i->osize;

	if (i->base != XB_NONE || i->index != XB_NONE)
		return;
	set_memory(it, (enum XMode)i->mode, at, (u32)fuzz_random());
	if (!loads)
		it->next_at[0] = (u8)(it->n - 4);
	if (size == 8)
		set_memory(it, (enum XMode)i->mode, at + 4, 0);
	set_memory(it, (enum XMode)i->mode, at + size, loads ? data_selector(seg, (enum XMode)i->mode) : code_selector((enum XMode)i->mode));
}

/* IRET sets no AC here: where the stack is not aligned it raises #AC before EFLAGS have it, which the kernel takes for that of
 * a split lock, and begins the instruction again for ever. */
static void far_return(Item *it, const XInsn *i)
{
	u32 size = i->osize, words = i->op == XI_RETF ? 2 : i->mode == X86_64 ? 5 : 3;

	move_stack(it, (enum XMode)i->mode, -(i32)(words * size));
	u8 at = set_stack(it, 0, size, 0);
	if (size > 2)
		it->next_at[0] = at;
	set_stack(it, size, size, code_selector((enum XMode)i->mode));
	if (words > 2)
		set_stack(it, 2 * size, size, (u32)fuzz_random() & 0x00200cd5);
	if (words > 3) {
		set_stack(it, 3 * size, size, DATA_AT + 0x800 + fuzz_below(64) * 8);
		set_stack(it, 4 * size, size, fuzz_one_in(4) ? data_selector(XS_SS, X86_64) : 0x2b);
	}
}

/* A pointer within the instruction. */
static void far_immediate(Item *it, const XInsn *i, u8 *code)
{
	st16(code + i->len - 2, (u16)code_selector((enum XMode)i->mode));
	if (i->osize == 4)
		it->next_at[1] = (u8)(it->n + i->len - 6);
}

static void far(Item *it, const XInsn *i, u8 *code)
{
	if (i->op == XI_RETF || i->op == XI_IRET)
		far_return(it, i);
	else if (i->opnd[i->nopnd - 1].kind == XK_FAR)
		far_immediate(it, i, code);
	else
		far_memory(it, i);
}

bool fuzz_fixed(u32 op, bool memory_destination)
{
	switch (op) {
	case XI_LES: case XI_LDS: case XI_LSS: case XI_LFS: case XI_LGS: case XI_CALLF: case XI_JMPF: return true;
	}
	return memory_destination;
}

static void load_segment(Item *it, const XInsn *i)
{
	u32 sel = data_selector(i->opnd[0].reg, (enum XMode)i->mode);

	if (i->op == XI_POP) {
		put1(it, 0x68);
		put4(it, sel);
	} else if (i->opnd[1].kind == XK_REG) {
		set_register(it, i->opnd[1].reg, sel);
	} else if (i->base == XB_NONE && i->index == XB_NONE) {
		set_memory(it, (enum XMode)i->mode, (u32)i->disp, sel);
	}
}

/* ---- all ------------------------------------------------------------------------------------------- */

static void near_return(Item *it, const XInsn *i)
{
	u32 add = i->mode == X86_64 ? 5 : 4;

	fuzz_add_bytes(it, "\xe8\0\0\0\0", 5);
	fuzz_add_bytes(it, i->mode == X86_64 ? "\x48\x83\x04\x24" : "\x83\x04\x24", add - 1);
	put1(it, add + i->len);
}

static bool loads_segment(const XInsn *i)
{
	return (i->op == XI_MOV || i->op == XI_POP) && i->opnd[0].kind == XK_REG && i->opnd[0].cls == XC_SEG;
}

bool fuzz_plain(const XInsn *i)
{
	switch (i->op) {
	case XI_SGDT: case XI_SIDT: case XI_SLDT: case XI_STR: case XI_SMSW: return true;
	case XI_LES: case XI_LDS: case XI_LSS: return i->mode == X86_32;
	case XI_CALLF: case XI_JMPF: return true;
	}
	return loads_segment(i) && i->mode == X86_32;
}

static void tame(const XInsn *i, u8 *code)
{
	if (i->op == XI_ENTER && !fuzz_one_in(8)) {
		code[i->len - 2] = 0;
		code[i->len - 1] &= fuzz_one_in(4) ? 0x1f : 3;
	}
	if (i->op == XI_INT && fuzz_one_in(2))
		code[i->len - 1] = fuzz_one_in(2) ? 0x80 : (u8)(3 + fuzz_below(2));
	if ((i->op == XI_RET || i->op == XI_RETF) && i->nopnd)
		code[i->len - 1] = 0;
}

static bool names_selector(u32 op)
{
	return op == XI_LAR || op == XI_LSL || op == XI_VERR || op == XI_VERW;
}

void fuzz_prepare(Item *it, const XInsn *i, u8 *code)
{
	const XOperand *last = &i->opnd[i->nopnd ? i->nopnd - 1 : 0];

	tame(i, code);
	if (i->rep && !fuzz_one_in(8))
		set_register(it, CX, fuzz_below(fuzz_one_in(4) ? 600 : 20));
	if (loads_segment(i))
		load_segment(it, i);
	if (names_selector(i->op) && last->kind == XK_REG && !fuzz_one_in(8))
		set_register(it, last->reg, data_selector(XS_GS, (enum XMode)i->mode));
	switch (i->op) {
	case XI_XSAVE: case XI_XSAVEC: case XI_XSAVEOPT: case XI_XRSTOR: /* x87 and SSE */
		set_register(it, AX, fuzz_below(4));
		set_register(it, DX, 0);
		break;
	case XI_POPF:
		fuzz_add_bytes(it, "\x81\x24\x24\xd5\x0c\x24\0", 7);
		break;
	case XI_RET:
		near_return(it, i);
		break;
	case XI_RETF: case XI_IRET: case XI_CALLF: case XI_JMPF: case XI_LES: case XI_LDS: case XI_LSS: case XI_LFS: case XI_LGS:
		far(it, i, code);
		break;
	case XI_SYSCALL: case XI_INT: /* no such call */
		set_register(it, AX, 100000 + fuzz_below(1000));
		break;
	case XI_XGETBV: /* 1 asks for what is in use, which is the processor's affair */
		set_register(it, CX, fuzz_below(3) * 2);
		break;
	case XI_WRFSBASE: case XI_WRGSBASE:
		if (fuzz_one_in(2))
			set_register(it, last->reg, DATA_AT + fuzz_below(64) * 16);
		break;
	}
}

void fuzz_cover(Item *it, const XInsn *i)
{
	switch (i->op) {
	case XI_CPUID:
		set_register(it, BX, DATA_AT + 0x300);
		/* fall through */
	case XI_RDTSCP:
		set_register(it, CX, 0);
		/* fall through */
	case XI_RDTSC:
		set_register(it, AX, 0);
		set_register(it, DX, 0);
		break;
	case XI_XGETBV: /* its x87, SSE and AVX: pext eax, eax, ecx */
		set_register(it, CX, 7);
		fuzz_add_bytes(it, "\xc4\xe2\x7a\xf5\xc1", 5);
		break;
	case XI_RDRAND: case XI_RDSEED: case XI_RDPID:
		set_register(it, i->opnd[0].reg, 0);
		break;
	case XI_LSL: /* of the descriptor that has the number of the processor */
		set_register(it, i->opnd[0].reg, 0);
		break;
	}
}
