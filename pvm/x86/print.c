/* print: decoded instructions as text, in Intel's syntax. */
#include "x86.h"

static const char *const low8[16] = {
	"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"
};
static const char *const high8[4] = { "ah", "ch", "dh", "bh" };
static const char *const base16[8] = { "ax", "cx", "dx", "bx", "sp", "bp", "si", "di" };
static const char *const segments[6] = { "es", "cs", "ss", "ds", "fs", "gs" };

/* A general register of 2, 4 or 8 bytes. */
static void put_gpr(u32 reg, u32 size, Buf *out)
{
	if (reg < 8)
		buf_printf(out, "%s%s", size == 8 ? "r" : size == 4 ? "e" : "", base16[reg]);
	else
		buf_printf(out, "r%u%s", reg, size == 8 ? "" : size == 4 ? "d" : "w");
}

static void put_reg(u32 cls, u32 reg, Buf *out)
{
	switch (cls) {
	case XC_GPR8: buf_printf(out, "%s", low8[reg & 15]); break;
	case XC_GPR8H: buf_printf(out, "%s", high8[reg & 3]); break;
	case XC_GPR16: put_gpr(reg, 2, out); break;
	case XC_GPR32: put_gpr(reg, 4, out); break;
	case XC_GPR64: put_gpr(reg, 8, out); break;
	case XC_SEG: buf_printf(out, "%s", reg < COUNT(segments) ? segments[reg] : "?"); break;
	case XC_CR: buf_printf(out, "cr%u", reg); break;
	case XC_DR: buf_printf(out, "dr%u", reg); break;
	case XC_ST: buf_printf(out, "st(%u)", reg); break;
	case XC_MMX: buf_printf(out, "mm%u", reg); break;
	case XC_XMM: buf_printf(out, "xmm%u", reg); break;
	case XC_YMM: buf_printf(out, "ymm%u", reg); break;
	default: buf_printf(out, "?"); break;
	}
}

static void put_signed(i64 v, Buf *out)
{
	u64 size = v < 0 ? 0 - (u64)v : (u64)v;

	buf_printf(out, size < 10 ? "%s%llu" : "%s0x%llx", v < 0 ? "-" : "", (unsigned long long)size);
}

static const char *width(u32 size)
{
	switch (size) {
	case 1: return "byte ";
	case 2: return "word ";
	case 4: return "dword ";
	case 8: return "qword ";
	case 10: return "tbyte ";
	case 16: return "xmmword ";
	case 32: return "ymmword ";
	default: return "";
	}
}

static void put_mem(const XInsn *i, u32 size, Buf *out)
{
	buf_printf(out, "%s%s%s[", width(size), i->seg_override ? segments[i->seg % 6] : "", i->seg_override ? ":" : "");
	bool first = i->base == XB_NONE;
	if (i->base == XB_RIP)
		buf_printf(out, "rip");
	else if (!first)
		put_gpr(i->base, i->asize, out);
	if (i->index != XB_NONE) {
		buf_printf(out, first ? "" : " + ");
		put_gpr(i->index, i->asize, out);
		buf_printf(out, i->scale > 1 ? "*%u" : "", i->scale);
		first = false;
	}
	if (first) {
		buf_printf(out, "0x%llx", (unsigned long long)i->disp);
	} else if (i->disp) {
		buf_printf(out, i->disp < 0 ? " - " : " + ");
		put_signed(i->disp < 0 ? (i64)(0 - (u64)i->disp) : i->disp, out);
	}
	buf_u8(out, ']');
}

/* Some instructions are called otherwise with another size. */
static const char *name_of(const XInsn *i)
{
	switch (i->op) {
	case XI_CBW: return i->osize == 8 ? "cdqe" : i->osize == 4 ? "cwde" : "cbw";
	case XI_CWD: return i->osize == 8 ? "cqo" : i->osize == 4 ? "cdq" : "cwd";
	case XI_MOVD: return i->rexw ? "movq" : "movd";
	default: return x86_names[i->op];
	}
}

void x86_print(const XInsn *i, Buf *out)
{
	u32 imms = 0, shown = 0;

	buf_printf(out, "%s%s%s", i->lock ? "lock " : "", i->rep == 0xf3 ? "rep " : i->rep == 0xf2 ? "repne " : "", name_of(i));
	for (u32 k = 0; k < i->nopnd; k++) {
		const XOperand *o = &i->opnd[k];
		if (o->hidden || o->kind == XK_NONE || (i->op == XI_NOP && shown)) /* of a long nop, the place says it all */
			continue;
		buf_printf(out, shown++ ? ", " : " ");
		switch (o->kind) {
		case XK_REG: put_reg(o->cls, o->reg, out); break;
		case XK_MEM: put_mem(i, o->size, out); break;
		case XK_IMM: put_signed((i64)(imms++ ? i->imm2 : i->imm), out); break;
		case XK_REL: buf_printf(out, "0x%llx", (unsigned long long)i->target); break;
		default: buf_printf(out, "0x%llx:0x%llx", (unsigned long long)i->imm2, (unsigned long long)i->imm); break;
		}
	}
}
