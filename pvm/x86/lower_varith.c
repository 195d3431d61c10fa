/* Vector instructions that are a row of vops.def: operands in, row, result out.  Two times for 256 bits. */
#include "lower_vec.h"

typedef struct Op {
	OVop row;
	unsigned args, first; /* values the row takes; the first of them is operand `first` */
	bool number;
	u32 n;
} Op;

/* The number for a half: what has a field for each lane goes on in the upper half's. */
static u32 number(const XLower *l, unsigned half)
{
	u32 n = (u32)l->i.imm & 0xff, wide = 0;

	switch (l->i.op) {
	case XI_CMPPS: case XI_CMPPD: case XI_CMPSS: case XI_CMPSD:
		return n & 7;
	case XI_VCMPPS: case XI_VCMPPD: case XI_VCMPSS: case XI_VCMPSD:
		return n & 31;
	case XI_VSHUFPD:
		return n >> 2 * half & 3;
	case XI_VMPSADBW:
		return n >> 3 * half & 7;
	case XI_BLENDPS: case XI_VBLENDPS: case XI_VPBLENDD:
		for (u32 k = 0; k < 4; k++)
			wide |= n >> (k + 4 * half) & 1 ? 3u << 2 * k : 0;
		return wide;
	case XI_BLENDPD: case XI_VBLENDPD:
		for (u32 k = 0; k < 2; k++)
			wide |= n >> (k + 2 * half) & 1 ? 15u << 4 * k : 0;
		return wide;
	case XI_INSERTPS: case XI_VINSERTPS: /* memory has one lane only */
		return l->i.opnd[l->i.vex ? 2 : 1].kind == XK_MEM ? n & 0x3f : n;
	}
	return n;
}

/* Shifts by an immediate have rows of their own, behind those by a register; they take one operand, which without VEX is
 * the destination. */
static Op op_of(const XLower *l)
{
	const XInsn *i = &l->i;
	Op o = { .row = xv_row(i->op) };
	bool last_imm = i->nopnd && i->opnd[i->nopnd - 1].kind == XK_IMM;
	bool shift = o.row >= VO_PSLLW && o.row <= VO_PSRAD;

	if (shift && last_imm)
		o.row = (OVop)(o.row + 1);
	o.args = ocode_vops[o.row].args;
	o.number = strchr(ocode_vops[o.row].sig, 'n') != NULL;
	o.first = i->vex ? 1 : o.args > 1 || ((shift || o.row == VO_PSLLDQ || o.row == VO_PSRLDQ) && last_imm) ? 0 : 1;
	return o;
}

static OVal apply(XLower *l, const Op *o, const OVal *v, unsigned half)
{
	OVal last = o->args == 3 ? v[2] : o->number ? number(l, half) : 0;

	return xv_vec(l, o->row, v[0], o->args > 1 ? v[1] : 0, last);
}

/* ---- MMX: in the low halves -------------------------------------------------------------------------------- */

static bool joins(OVop row)
{
	return (row >= VO_PACKSSWB && row <= VO_PACKUSDW) || (row >= VO_PHADDW && row <= VO_PHSUBSW);
}

static OVal apply_mmx(XLower *l, const Op *o, const OVal *v)
{
	OVal joined;

	switch (o->row) {
	case VO_PUNPCKHBW: case VO_PUNPCKHWD: case VO_PUNPCKHDQ:
		return xv_1n(l, VO_PSRLDQ, xv_2(l, (OVop)(o->row - 1), v[0], v[1]), 8);
	case VO_PSHUFB:
		return xv_2(l, VO_PSHUFB, v[0], xv_2(l, VO_PAND, v[1], xv_const(l, 0x8787878787878787, 0)));
	case VO_PALIGNR:
		return xv_1n(l, VO_PSRLDQ, xv_halves(l, v[1], v[0]), (u32)l->i.imm & 0xff);
	default:
		if (!joins(o->row))
			return apply(l, o, v, 0);
		joined = xv_halves(l, v[0], v[1]);
		return xv_2(l, o->row, joined, joined);
	}
}

/* ---- the families ------------------------------------------------------------------------------------------ */

void x86_lower_vec(XLower *l)
{
	Op o = op_of(l);
	unsigned count = xv_count(l), mem = 0;
	OVal v[2][3] = {{0}}, r[2], addr = 0;

	for (unsigned k = 0; k < o.args; k++)
		if (l->i.opnd[o.first + k].kind == XK_MEM)
			addr = xl_operand_address(l, mem = o.first + k);
	/* An operand of 16 bytes beside larger ones is a shift's count, the same for both halves. */
	for (unsigned h = 0; h < count; h++)
		for (unsigned k = 0; k < o.args; k++) {
			const XOperand *from = &l->i.opnd[o.first + k];
			v[h][k] = h && from->size == 16 ? v[0][k] : xv_read(l, o.first + k, o.first + k == mem ? addr : 0, h);
		}
	for (unsigned h = 0; h < count; h++)
		r[h] = xv_is_mmx(l, 0) ? apply_mmx(l, &o, v[h]) : apply(l, &o, v[h], h);
	xv_write(l, 0, r, count);
}

/* Rows whose source is half as wide as the result, or less: the upper half comes from further up in the same source. */
static void widen(XLower *l, OVop row)
{
	unsigned count = xv_count(l), part = l->i.opnd[1].size / 2;
	OVal v = xv_operand(l, 1), r[2];

	for (unsigned h = 0; h < count; h++)
		r[h] = xv_1(l, row, h ? xv_1n(l, VO_PSRLDQ, v, part) : v);
	xv_write(l, 0, r, count);
}

void x86_lower_vint(XLower *l)
{
	OVop row = xv_row(l->i.op);

	if (row >= VO_PMOVSXBW && row <= VO_PMOVZXDQ)
		widen(l, row);
	else
		x86_lower_vec(l);
}

/* movddup: the even 64-bit lanes twice; a memory operand of the 128-bit form has 8 bytes. */
void x86_lower_vshuf(XLower *l)
{
	unsigned count = xv_count(l);
	OVal r[2];

	if (l->i.op != XI_MOVDDUP && l->i.op != XI_VMOVDDUP) {
		x86_lower_vec(l);
		return;
	}
	OVal addr = xl_operand_address(l, 1);
	for (unsigned h = 0; h < count; h++) {
		OVal v = xv_read(l, 1, addr, h);
		r[h] = xv_halves(l, v, v);
	}
	xv_write(l, 0, r, count);
}

/* ---- conversions ------------------------------------------------------------------------------------------- */

/* Rows whose result is half as wide as the source. */
static void narrow(XLower *l, OVop row)
{
	unsigned count = xv_count(l);
	OVal addr = xl_operand_address(l, 1), v[2] = { 0 };

	for (unsigned h = 0; h < count; h++)
		v[h] = xv_read(l, 1, addr, h);
	for (unsigned h = 0; h < count; h++)
		v[h] = xv_1(l, row, v[h]);
	xv_write1(l, 0, count == 2 ? xv_halves(l, v[0], v[1]) : v[0]);
}

static void to_half_precision(XLower *l)
{
	unsigned count = xv_count(l);
	OVal v[2] = { 0 };

	for (unsigned h = 0; h < count; h++)
		v[h] = xv_1n(l, VO_CVTPS2PH, xv_get(l, l->i.opnd[1].reg, h), (u32)l->i.imm & 7);
	OVal r = count == 2 ? xv_halves(l, v[0], v[1]) : v[0];
	if (l->i.opnd[0].kind == XK_MEM)
		xv_store(l, xl_address(l), l->i.opnd[0].size, &r);
	else
		xv_write1(l, 0, r);
}

/* cvtsi2ss and cvtsi2sd: the row depends on the integer's size. */
static void from_integer(XLower *l)
{
	bool vex = l->i.vex, wide = l->i.opnd[vex ? 2 : 1].size == 8;
	OVop row = xv_row(l->i.op);

	if (wide)
		row = row == VO_CVTSI2SS ? VO_CVTSI2SSQ : VO_CVTSI2SDQ;
	OVal b = xl_operand(l, vex ? 2 : 1), a = xv_get(l, l->i.opnd[vex].reg, 0);
	xv_write1(l, 0, xv_2(l, row, a, b));
}

/* cvtss2si and the like; the row for 64 bits stands behind the one for 32. */
static void to_integer(XLower *l, OVop row)
{
	OVal v = xv_operand(l, 1);

	xl_set_operand(l, 0, xv_1(l, (OVop)(row + (l->i.opnd[0].size == 8)), v));
}

/* MMX operands count only once memory has been read. */
static void mmx_convert(XLower *l, OVop row)
{
	OVal v = xv_operand(l, 1);

	if (xv_is_mmx(l, 0) || xv_is_mmx(l, 1)) /* even where the conversion raises */
		xv_mmx_used(l);
	if (l->i.op == XI_CVTPS2PI || l->i.op == XI_CVTTPS2PI)
		v = xv_1(l, VO_MOVQ_V, v); /* the other lanes are to set no flags */
	if (l->i.op == XI_CVTPI2PS) {
		OVal r = xv_1(l, row, v);
		xv_write1(l, 0, xv_2(l, VO_MOVSD, xv_get(l, l->i.opnd[0].reg, 0), r));
		return;
	}
	xv_write1(l, 0, xv_1(l, row, v));
}

void x86_lower_vcvt(XLower *l)
{
	OVop row = xv_row(l->i.op);

	switch (l->i.op) {
	case XI_CVTPI2PS: case XI_CVTPI2PD: case XI_CVTPS2PI: case XI_CVTTPS2PI: case XI_CVTPD2PI: case XI_CVTTPD2PI:
		mmx_convert(l, row);
		return;
	}
	switch (row) {
	case VO_CVTSI2SS: case VO_CVTSI2SD: from_integer(l); break;
	case VO_CVTSS2SI: case VO_CVTSD2SI: case VO_CVTTSS2SI: case VO_CVTTSD2SI: to_integer(l, row); break;
	case VO_CVTDQ2PD: case VO_CVTPS2PD: case VO_CVTPH2PS: widen(l, row); break;
	case VO_CVTPD2DQ: case VO_CVTTPD2DQ: case VO_CVTPD2PS: narrow(l, row); break;
	case VO_CVTPS2PH: to_half_precision(l); break;
	default: x86_lower_vec(l);
	}
}

/* ---- fused multiply and add ---------------------------------------------------------------------------------- */

/* "vfmadd132ps": the row is named "fmaddps". */
static OVop fma_row(const char *name, unsigned *form)
{
	size_t digits = strcspn(name, "123");

	*form = (unsigned)(name[digits] - '0') * 100 + (unsigned)(name[digits + 1] - '0') * 10 + (unsigned)(name[digits + 2] - '0');
	for (OVop row = VO_FMADDPS; row <= VO_FMSUBADDPD; row++) {
		const char *r = ocode_vops[row].name;
		if (!strncmp(r, name + 1, digits - 1) && !strcmp(r + digits - 1, name + digits + 3))
			return row;
	}
	return VO_COUNT;
}

void x86_lower_vfma(XLower *l)
{
	unsigned form, count = l->i.opnd[2].size > 8 ? xv_count(l) : 1;
	OVop row = fma_row(x86_names[l->i.op], &form);
	OVal addr = xl_operand_address(l, 2), r[2];
	bool scalar = l->i.opnd[2].size <= 8;

	OVal last[2];
	for (unsigned h = 0; h < count; h++)
		last[h] = xv_read(l, 2, addr, h);
	for (unsigned h = 0; h < count; h++) {
		OVal a = xv_get(l, l->i.opnd[0].reg, h), b = xv_get(l, l->i.opnd[1].reg, h), c = last[h];
		r[h] = form == 132 ? xv_vec(l, row, a, c, b) : form == 213 ? xv_vec(l, row, b, a, c) : xv_vec(l, row, b, c, a);
		if (scalar)
			r[h] = xv_2(l, l->i.opnd[2].size == 4 ? VO_MOVSS : VO_MOVSD, a, r[h]);
	}
	xv_write(l, 0, r, count);
}

/* ---- comparisons that set flags -------------------------------------------------------------------------------- */

void x86_lower_vcomi(XLower *l)
{
	OVal b = xv_operand(l, 1), a = xv_get(l, l->i.opnd[0].reg, 0);

	xl_set_flags(l, FL_BITS, 4, xv_2(l, xv_row(l->i.op), a, b), 0, 0);
}

/* 1 if no bit of v (any half) counts: all bits, or the lanes' signs. */
static OVal none(XLower *l, OVal v)
{
	switch (l->i.op) {
	case XI_VTESTPS: return xl_cmpi(l, CC_EQ, xv_1(l, VO_MOVMSKPS, v), 0);
	case XI_VTESTPD: return xl_cmpi(l, CC_EQ, xv_1(l, VO_MOVMSKPD, v), 0);
	}
	return xl_cmpi(l, CC_EQ, xl_bin(l, O_OR, xv_1(l, VO_MOVQ_R, v), xv_1n(l, VO_PEXTRQ, v, 1)), 0);
}

void x86_lower_vtest(XLower *l)
{
	OVal addr = xl_operand_address(l, 1), both = 0, only_b = 0;

	for (unsigned h = 0; h < xv_count(l); h++) {
		OVal b = xv_read(l, 1, addr, h), a = xv_get(l, l->i.opnd[0].reg, h);
		OVal x = xv_2(l, VO_PAND, a, b), y = xv_2(l, VO_PANDN, a, b);
		both = h ? xv_2(l, VO_POR, both, x) : x;
		only_b = h ? xv_2(l, VO_POR, only_b, y) : y;
	}
	OVal z = xl_bini(l, O_SHL, none(l, both), 6);
	xl_set_flags(l, FL_BITS, 4, xl_bin(l, O_OR, z, none(l, only_b)), 0, 0);
}
