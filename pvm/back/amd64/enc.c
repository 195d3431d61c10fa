/* enc: instruction bytes.  Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, chapter 2. */
#include "amd64.h"

Rm rm_reg(u32 reg)
{
	return (Rm){ .reg = (u8)(reg & 15), .base = NOREG, .index = NOREG };
}

Rm rm_mem(u32 base, i32 disp)
{
	return (Rm){ .mem = 1, .base = (u8)base, .index = NOREG, .disp = disp };
}

static void modrm(Buf *b, u32 mod, u32 reg, u32 rm)
{
	buf_u8(b, (u8)(mod << 6 | (reg & 7) << 3 | (rm & 7)));
}

static void enc_disp(Buf *b, u32 mod, i32 disp)
{
	if (mod == 1)
		buf_u8(b, (u8)disp);
	else if (mod == 2)
		buf_u32(b, (u32)disp);
}

/* ModRM, SIB and displacement of a memory operand. */
static u32 enc_mem(Buf *b, u32 reg, Rm rm)
{
	u32 mod = !rm.disp && (rm.base & 7) != RBP ? 0 : rm.disp == (i8)rm.disp ? 1 : 2;

	if (rm.rip) {
		modrm(b, 0, reg, 5);
		buf_u32(b, 0);
		return b->n - 4;
	}
	if (rm.base == NOREG) { /* [index * scale + disp32] */
		modrm(b, 0, reg, 4);
		buf_u8(b, (u8)(rm.scale << 6 | (rm.index == NOREG ? 4 : rm.index & 7) << 3 | 5));
		buf_u32(b, (u32)rm.disp);
		return 0;
	}
	if (rm.index == NOREG && (rm.base & 7) != RSP) {
		modrm(b, mod, reg, rm.base);
	} else {
		modrm(b, mod, reg, 4);
		buf_u8(b, (u8)(rm.scale << 6 | (rm.index == NOREG ? 4 : rm.index & 7) << 3 | (rm.base & 7)));
	}
	enc_disp(b, mod, rm.disp);
	return 0;
}

static void enc_opcode(Buf *b, u32 op)
{
	if (op >> 16 & 0xff)
		buf_u8(b, (u8)(op >> 16));
	if (op >> 8 & 0xff)
		buf_u8(b, (u8)(op >> 8));
	buf_u8(b, (u8)op);
}

static u32 rex_bits(u32 w, u32 reg, Rm rm)
{
	u32 rex = (w == 8 ? 8u : 0) | (reg & 8) >> 1;

	if (!rm.mem)
		return rex | rm.reg >> 3;
	if (rm.index != NOREG)
		rex |= (rm.index & 8u) >> 2;
	if (rm.base != NOREG)
		rex |= (rm.base & 8u) >> 3;
	return rex;
}

u32 enc_rm(Buf *b, u32 opcode, u32 w, u32 reg, Rm rm)
{
	u32 rex;

	reg &= 15;
	rex = rex_bits(w, reg, rm);
	if (w == 2)
		buf_u8(b, 0x66);
	if (opcode >> 24)
		buf_u8(b, (u8)(opcode >> 24));
	if (rex || (w == 1 && ((reg >= 4) || (!rm.mem && rm.reg >= 4))))
		buf_u8(b, (u8)(0x40 | rex));
	enc_opcode(b, opcode);
	if (rm.mem)
		return enc_mem(b, reg, rm);
	modrm(b, 3, reg, rm.reg);
	return 0;
}

void enc_mov(Buf *b, u32 w, u32 to, u32 from)
{
	enc_rm(b, 0x8b, w, to, rm_reg(from));
}

void enc_movi(Buf *b, u32 to, u64 imm, bool flags_free)
{
	if (!imm && flags_free) {
		enc_rm(b, 0x33, 4, to, rm_reg(to));
	} else if (imm <= UINT32_MAX) {
		if (to & 8)
			buf_u8(b, 0x41);
		buf_u8(b, (u8)(0xb8 + (to & 7)));
		buf_u32(b, (u32)imm);
	} else if ((i64)imm == (i32)imm) {
		enc_rm(b, 0xc7, 8, 0, rm_reg(to));
		buf_u32(b, (u32)imm);
	} else {
		buf_u8(b, (u8)(0x48 | (to & 8) >> 3));
		buf_u8(b, (u8)(0xb8 + (to & 7)));
		buf_u64(b, imm);
	}
}

void enc_alui(Buf *b, u32 ext, u32 w, Rm rm, i32 imm)
{
	if (imm == (i8)imm) {
		enc_rm(b, 0x83, w, ext, rm);
		buf_u8(b, (u8)imm);
	} else {
		enc_rm(b, 0x81, w, ext, rm);
		buf_u32(b, (u32)imm);
	}
}

void enc_push(Buf *b, u32 reg)
{
	if (reg & 8)
		buf_u8(b, 0x41);
	buf_u8(b, (u8)(0x50 + (reg & 7)));
}

void enc_pop(Buf *b, u32 reg)
{
	if (reg & 8)
		buf_u8(b, 0x41);
	buf_u8(b, (u8)(0x58 + (reg & 7)));
}

/* The recommended long no-ops (volume 2B, NOP). */
void enc_nops(Buf *b, u32 n)
{
	static const u8 nop[9][9] = {
		{ 0x90 }, { 0x66, 0x90 }, { 0x0f, 0x1f, 0x00 }, { 0x0f, 0x1f, 0x40, 0 }, { 0x0f, 0x1f, 0x44, 0, 0 },
		{ 0x66, 0x0f, 0x1f, 0x44, 0, 0 }, { 0x0f, 0x1f, 0x80, 0, 0, 0, 0 }, { 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 },
		{ 0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 } };

	for (; n; n -= MIN(n, 9u))
		buf_bytes(b, nop[MIN(n, 9u) - 1], MIN(n, 9u));
}
