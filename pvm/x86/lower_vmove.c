/* Moves of vectors and their lanes. */
#include "lower_vec.h"

/* ---- whole registers ----------------------------------------------------------------------------------------- */

static void store(XLower *l)
{
	unsigned size = l->i.opnd[0].size;
	OVal v[2] = { xv_read(l, 1, 0, 0), size == 32 ? xv_read(l, 1, 0, 1) : 0 };

	if (xv_is_mmx(l, 1)) /* processors do so before the access, even if that faults */
		xl_put(l, XS_FTOP, xl_const(l, OT_I64, 0));
	OVal addr = xl_address(l);
	xv_store(l, addr, size, v);
	if (xv_is_mmx(l, 1))
		xv_mmx_used(l);
}

static void to_integer(XLower *l)
{
	OVal v = xv_operand(l, 1);

	if (xv_is_mmx(l, 1)) /* as in store() */
		xl_put(l, XS_FTOP, xl_const(l, OT_I64, 0));
	xl_set_operand(l, 0, xv_1(l, l->i.opnd[0].size == 8 ? VO_MOVQ_R : VO_MOVD_R, v));
	if (xv_is_mmx(l, 1))
		xv_mmx_used(l);
}

/* movq between registers clears the upper half. */
static bool only_low(const XLower *l)
{
	return (l->i.op == XI_MOVQ || l->i.op == XI_VMOVQ) && xv_is_vec(l, 0) && xv_is_vec(l, 1);
}

void x86_lower_vmov(XLower *l)
{
	OVal r[2];

	if (l->i.opnd[0].kind == XK_MEM && l->i.op != XI_MOVD && l->i.op != XI_VMOVD) {
		store(l);
		return;
	}
	if (!xv_is_vec(l, 0) && !xv_is_mmx(l, 0)) {
		to_integer(l);
		return;
	}
	OVal addr = xl_operand_address(l, 1);
	unsigned count = l->i.opnd[0].size == 32 ? 2 : 1;
	for (unsigned h = 0; h < count; h++)
		r[h] = xv_read(l, 1, addr, h);
	if (only_low(l))
		r[0] = xv_1(l, VO_MOVQ_V, r[0]);
	if (xv_is_mmx(l, 1))
		xv_mmx_used(l);
	xv_write(l, 0, r, count);
}

/* ---- scalars ------------------------------------------------------------------------------------------------- */

void x86_lower_vmovs(XLower *l)
{
	const XInsn *i = &l->i;
	bool single = i->op == XI_MOVSS || i->op == XI_VMOVSS;

	if (i->opnd[0].kind == XK_MEM) {
		store(l);
	} else if (i->opnd[1].kind == XK_MEM) {
		xv_write1(l, 0, xv_operand(l, 1));
	} else {
		OVal a = xv_get(l, i->opnd[i->vex].reg, 0), b = xv_get(l, i->opnd[i->vex + 1].reg, 0);
		xv_write1(l, 0, xv_2(l, single ? VO_MOVSS : VO_MOVSD, a, b));
	}
}

static bool is_high(unsigned op)
{
	return op == XI_MOVHPS || op == XI_MOVHPD || op == XI_VMOVHPS || op == XI_VMOVHPD;
}

void x86_lower_vmovlh(XLower *l)
{
	const XInsn *i = &l->i;
	unsigned op = i->op;

	if (i->opnd[0].kind == XK_MEM) {
		OVal v = xv_get(l, i->opnd[1].reg, 0), addr = xl_address(l);
		xl_store(l, addr, 8, is_high(op) ? xv_1n(l, VO_PEXTRQ, v, 1) : xv_1(l, VO_MOVQ_R, v));
		return;
	}
	OVal b = xv_operand(l, i->vex + 1u), a = xv_get(l, i->opnd[i->vex].reg, 0);
	if (op == XI_MOVHLPS || op == XI_VMOVHLPS)
		xv_write1(l, 0, xv_2(l, VO_PUNPCKHQDQ, b, a));
	else if (is_high(op) || op == XI_MOVLHPS || op == XI_VMOVLHPS)
		xv_write1(l, 0, xv_halves(l, a, b));
	else
		xv_write1(l, 0, xv_2(l, VO_MOVSD, a, b));
}

/* ---- lanes --------------------------------------------------------------------------------------------------- */

static bool is_insert(unsigned op)
{
	return op == XI_PINSRB || op == XI_PINSRW || op == XI_PINSRD || op == XI_VPINSRB || op == XI_VPINSRW || op == XI_VPINSRD;
}

void x86_lower_vins(XLower *l)
{
	const XInsn *i = &l->i;
	OVop row = xv_row(i->op);
	u32 n = (u32)i->imm & 0xff, src = i->vex ? 2 : 1;

	if (row == VO_INSERTPS) {
		x86_lower_vec(l);
		return;
	}
	if (xv_is_mmx(l, 0) || xv_is_mmx(l, 1))
		n &= 3;
	if (is_insert(i->op)) {
		OVal b = xl_operand(l, src), a = xv_read(l, i->vex, 0, 0);
		if (row == VO_PINSRD && i->opnd[src].size == 8)
			row = VO_PINSRQ;
		xv_write1(l, 0, xv_2n(l, row, a, b, n & 15));
		return;
	}
	if (row == VO_PEXTRD && i->opnd[0].size == 8)
		row = VO_PEXTRQ;
	xl_set_operand(l, 0, xv_1n(l, row, xv_read(l, 1, 0, 0), n & 15));
	if (xv_is_mmx(l, 1))
		xv_mmx_used(l);
}

void x86_lower_vmsk(XLower *l)
{
	OVop row = xv_row(l->i.op);
	OVal v = xv_1(l, row, xv_read(l, 1, 0, 0));

	if (xv_count(l) == 2) {
		OVal high = xv_1(l, row, xv_read(l, 1, 0, 1));
		v = xl_bin(l, O_OR, v, xl_bini(l, O_SHL, high, row == VO_PMOVMSKB ? 16 : row == VO_MOVMSKPS ? 4 : 2));
	}
	xl_set_operand(l, 0, v);
	if (xv_is_mmx(l, 1))
		xv_mmx_used(l);
}

/* ---- over both halves ------------------------------------------------------------------------------------------ */

static OVal broadcast(XLower *l, OVal v)
{
	switch (l->i.op) {
	case XI_VPBROADCASTB:
		return xv_2(l, VO_PSHUFB, v, xv_const(l, 0, 0));
	case XI_VPBROADCASTW:
		v = xv_1n(l, VO_PSHUFLW, v, 0);
		return xv_halves(l, v, v);
	case XI_VBROADCASTSS: case XI_VPBROADCASTD:
		return xv_1n(l, VO_PSHUFD, v, 0);
	case XI_VBROADCASTSD: case XI_VPBROADCASTQ:
		return xv_halves(l, v, v);
	}
	return v; /* vbroadcastf128 and i128 */
}

void x86_lower_vbcast(XLower *l)
{
	OVal v = broadcast(l, xv_operand(l, 1)), r[2] = { v, v };

	xv_write(l, 0, r, xv_count(l));
}

/* Bytes of the 32-bit lanes that the low two bits of idx's lanes choose. */
static OVal byte_indices(XLower *l, OVal idx)
{
	OVal two = xv_2(l, VO_PAND, idx, xv_const(l, 0x300000003, 0x300000003));
	OVal four = xv_2(l, VO_PSHUFB, xv_1n(l, VO_PSLLDI, two, 2), xv_const(l, 0x0404040400000000, 0x0c0c0c0c08080808));

	return xv_2(l, VO_PADDB, four, xv_const(l, 0x0302010003020100, 0x0302010003020100));
}

/* vpermilps, vpermilpd: within each half. */
static OVal permute_half(XLower *l, OVal addr, unsigned h)
{
	bool imm = l->i.opnd[2].kind == XK_IMM, single = l->i.op == XI_VPERMILPS;
	u32 n = (u32)l->i.imm & 0xff;
	OVal a = xv_read(l, 1, imm ? addr : 0, h);

	if (imm)
		return single ? xv_1n(l, VO_PSHUFD, a, n) : xv_2n(l, VO_SHUFPD, a, a, n >> 2 * h & 3);
	OVal idx = xv_read(l, 2, addr, h);
	if (single)
		return xv_2(l, VO_PSHUFB, a, byte_indices(l, idx));
	OVal low = xv_halves(l, a, a), high = xv_2(l, VO_PUNPCKHQDQ, a, a);
	return xv_vec(l, VO_BLENDVPD, low, high, xv_1n(l, VO_PSLLQI, idx, 62));
}

/* vpermd, vpermps: any of the eight lanes. */
static void permute_lanes(XLower *l)
{
	OVal addr = xl_operand_address(l, 2), lo = xv_read(l, 2, addr, 0), hi = xv_read(l, 2, addr, 1), r[2];

	for (unsigned h = 0; h < 2; h++) {
		OVal idx = xv_get(l, l->i.opnd[1].reg, h), bytes = byte_indices(l, idx);
		r[h] = xv_vec(l, VO_BLENDVPS, xv_2(l, VO_PSHUFB, lo, bytes), xv_2(l, VO_PSHUFB, hi, bytes), xv_1n(l, VO_PSLLDI, idx, 29));
	}
	xv_write(l, 0, r, 2);
}

/* vpermq, vpermpd: any of the four lanes by two bits of the number each. */
static void permute_quads(XLower *l)
{
	OVal addr = xl_operand_address(l, 1), v[2] = { xv_read(l, 1, addr, 0), xv_read(l, 1, addr, 1) }, r[2];
	u32 n = (u32)l->i.imm;

	for (unsigned h = 0; h < 2; h++) {
		u32 s = n >> 4 * h & 3, t = n >> (4 * h + 2) & 3;
		r[h] = xv_2n(l, VO_SHUFPD, v[s >> 1], v[t >> 1], (s & 1) | (t & 1) << 1);
	}
	xv_write(l, 0, r, 2);
}

/* vperm2f128, vperm2i128: any of the four halves, or zeros. */
static void permute_halves(XLower *l)
{
	OVal addr = xl_operand_address(l, 2), v[4], r[2];
	u32 n = (u32)l->i.imm;

	for (unsigned h = 0; h < 2; h++) {
		v[h] = xv_get(l, l->i.opnd[1].reg, h);
		v[2 + h] = xv_read(l, 2, addr, h);
	}
	for (unsigned h = 0; h < 2; h++)
		r[h] = n >> 4 * h & 8 ? xv_const(l, 0, 0) : v[n >> 4 * h & 3];
	xv_write(l, 0, r, 2);
}

static void insert_half(XLower *l)
{
	OVal b = xv_operand(l, 2), r[2] = { xv_get(l, l->i.opnd[1].reg, 0), xv_get(l, l->i.opnd[1].reg, 1) };

	r[l->i.imm & 1] = b;
	xv_write(l, 0, r, 2);
}

static void extract_half(XLower *l)
{
	OVal v = xv_get(l, l->i.opnd[1].reg, l->i.imm & 1);

	if (l->i.opnd[0].kind == XK_MEM)
		xv_store(l, xl_address(l), 16, &v);
	else
		xv_write1(l, 0, v);
}

void x86_lower_vperm(XLower *l)
{
	switch (l->i.op) {
	case XI_VPERMD: case XI_VPERMPS: permute_lanes(l); return;
	case XI_VPERMQ: case XI_VPERMPD: permute_quads(l); return;
	case XI_VPERM2F128: case XI_VPERM2I128: permute_halves(l); return;
	case XI_VINSERTF128: case XI_VINSERTI128: insert_half(l); return;
	case XI_VEXTRACTF128: case XI_VEXTRACTI128: extract_half(l); return;
	}
	OVal r[2], addr = xl_operand_address(l, l->i.opnd[2].kind == XK_IMM ? 1 : 2);
	for (unsigned h = 0; h < xv_count(l); h++)
		r[h] = permute_half(l, addr, h);
	xv_write(l, 0, r, xv_count(l));
}

/* ---- all registers ------------------------------------------------------------------------------------------- */

void x86_lower_vzero(XLower *l)
{
	OVal zero = xv_const(l, 0, 0);

	for (unsigned k = 0; k < (l->i.mode == X86_64 ? 16u : 8u); k++) {
		if (l->i.op == XI_VZEROALL)
			xv_put(l, k, 0, zero);
		xv_put(l, k, 1, zero);
	}
}

void x86_lower_emms(XLower *l)
{
	xl_put(l, XS_FTOP, xl_const(l, OT_I64, 0));
	xl_put(l, XS_FTAG, xl_const(l, OT_I64, 0));
}
