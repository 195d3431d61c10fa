/* emit_vec: v128 values; vec.def has the rows. */
#include "emit.h"

static u32 reg(const Emit *e, const MIns *ins, u32 k) { return (u32)e->m->opnd.p[ins->opnd + k].loc; }

/* Without memory operands: an opcode of ins.def's form behind VEX.  w: 8 sets VEX.W. */
static void enc_vex(Buf *b, u32 opcode, u32 w, u32 r, u32 vvvv, u32 rm)
{
	static const u8 pp[] = { [0] = 0, [1] = 1 }; /* none, 66 */
	u32 map = (opcode >> 16 & 0xff) == 0 ? 1 : (opcode >> 8 & 0xff) == 0x38 ? 2 : 3, prefix = opcode >> 24;
	u32 p = prefix == 0xf3 ? 2 : prefix == 0xf2 ? 3 : pp[prefix == 0x66];

	buf_u8(b, 0xc4);
	buf_u8(b, (u8)((~r & 8) << 4 | 0x40 | (~rm & 8) << 2 | map));
	buf_u8(b, (u8)((w == 8 ? 0x80 : 0) | (~vvvv & 15) << 3 | p));
	buf_u8(b, (u8)opcode);
	buf_u8(b, (u8)(0xc0 | (r & 7) << 3 | (rm & 7)));
}

/* 16 bytes in any direction.  Between two places in memory no register is free for sure: by the stack. */
void emit_move16(Emit *e, i32 to, i32 from)
{
	Buf *b = &e->l.raw;

	to = to == LOC_SCRATCH ? FSCRATCH : to;
	from = from == LOC_SCRATCH ? FSCRATCH : from;
	if (to == from)
		return;
	if (!LOC_IS_SLOT(to)) {
		enc_rm(b, LOC_IS_SLOT(from) ? 0x0f10 : 0x0f28, 4, (u32)to, emit_loc(e, from));
	} else if (!LOC_IS_SLOT(from)) {
		enc_rm(b, 0x0f11, 4, (u32)from, emit_loc(e, to));
	} else {
		for (i32 k = 0; k < 16; k += 8) {
			Rm x = emit_loc(e, from), y = emit_loc(e, to);
			x.disp += k;
			y.disp += k;
			enc_rm(b, 0xff, 4, 6, x); /* push, pop */
			enc_rm(b, 0x8f, 4, 0, y);
		}
	}
}

void emit_vconst(Emit *e, const MIns *ins)
{
	const u64 *q = &e->m->f->vconst.p[2 * (u64)ins->imm];
	Buf *b = &e->l.raw;
	u32 d = reg(e, ins, 0);

	if (!q[0] && !q[1]) {
		enc_rm(b, 0x0f57, 4, d, rm_reg(d));
		return;
	}
	for (u32 k = 0; k < (q[1] == q[0] ? 1u : 2u); k++) {
		enc_movi(b, SCRATCH, q[k], true);
		enc_rm(b, 0x66000f6e, 8, k ? FSCRATCH : d, rm_reg(SCRATCH));
	}
	enc_rm(b, 0x66000f6c, 4, d, rm_reg(q[1] == q[0] ? d : FSCRATCH)); /* punpcklqdq */
}

/* c is in xmm0, and so the result may not be there while b is read. */
static void mask_in_xmm0(Emit *e, const MIns *ins, u32 opcode)
{
	u32 d = reg(e, ins, 0), t = d == XMM0 ? FSCRATCH : d;

	emit_move16(e, (i32)t, (i32)reg(e, ins, 1));
	enc_rm(&e->l.raw, opcode, 4, t, rm_reg(reg(e, ins, 2)));
	emit_move16(e, (i32)d, (i32)t);
}

/* The six flags' bits: lahf has them, but for OF, which is 0. */
static void order(Emit *e, const MIns *ins, u32 opcode)
{
	Buf *b = &e->l.raw;

	enc_rm(b, opcode, 4, reg(e, ins, 1), rm_reg(reg(e, ins, 2)));
	buf_u8(b, 0x9f);
	buf_bytes(b, "\x0f\xb6\xc4", 3); /* movzx eax, ah */
	enc_alui(b, 4, 4, rm_reg(RAX), 0x45);
}

static void tied(Emit *e, const MIns *ins)
{
	emit_move16(e, (i32)reg(e, ins, 0), (i32)reg(e, ins, 1));
}

void emit_vec(Emit *e, const MIns *ins)
{
	const VecEnc *v = &amd64_vec[ins->aux];
	bool number = strchr(ocode_vops[ins->aux].sig, 'n') != NULL;
	u32 d = reg(e, ins, 0), n = (u32)ins->imm;
	Buf *b = &e->l.raw;

	switch ((enum VecKind)v->kind) {
	case VK_ONE: case VK_FROM: case VK_TO:
		enc_rm(b, v->opcode, v->ext ? v->ext : 4, d, rm_reg(reg(e, ins, 1)));
		break;
	case VK_TOMR:
		enc_rm(b, v->opcode, v->ext, reg(e, ins, 1), rm_reg(d));
		break;
	case VK_SHIFT:
		tied(e, ins);
		enc_rm(b, v->opcode, 4, v->ext, rm_reg(d));
		break;
	case VK_CMP: /* the predicates above 7 are VEX's */
		tied(e, ins);
		if (n > 7)
			enc_vex(b, v->opcode, 4, d, d, reg(e, ins, 2));
		else
			enc_rm(b, v->opcode, 4, d, rm_reg(reg(e, ins, 2)));
		break;
	case VK_TWO: case VK_TWOG:
		tied(e, ins);
		enc_rm(b, v->opcode, v->ext ? v->ext : 4, d, rm_reg(reg(e, ins, 2)));
		break;
	case VK_XMM0:
		mask_in_xmm0(e, ins, v->opcode);
		break;
	case VK_COMI:
		order(e, ins, v->opcode);
		break;
	case VK_VEX:
		tied(e, ins);
		enc_vex(b, v->opcode, v->ext, d, d, reg(e, ins, 2));
		break;
	case VK_VEX1:
		enc_vex(b, v->opcode, v->ext, d, 0, reg(e, ins, 1));
		break;
	case VK_VEXR:
		enc_vex(b, v->opcode, v->ext, reg(e, ins, 1), 0, d);
		break;
	case VK_FMA:
		tied(e, ins);
		enc_vex(b, v->opcode, v->ext, d, reg(e, ins, 2), reg(e, ins, 3));
		break;
	}
	if (number)
		buf_u8(b, (u8)n);
}
