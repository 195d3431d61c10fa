/* What the vector families of the lowering stand on: rows, registers, operands. */
#include "lower_vec.h"
#include "segment.h"

static const u16 rows[XI_COUNT] = {
#define XV(op, row) [XI_##op] = VO_##row + 1, [XI_V##op] = VO_##row + 1,
#define XVL(op, row) [XI_##op] = VO_##row + 1,
#define XVV(op, row) [XI_V##op] = VO_##row + 1,
#include "vector.def"
#undef XV
#undef XVL
#undef XVV
};

OVop xv_row(unsigned op)
{
	return rows[op] ? (OVop)(rows[op] - 1) : VO_COUNT;
}

/* ---- values -------------------------------------------------------------------------------------------- */

OVal xv_vec(XLower *l, OVop row, OVal a, OVal b, OVal c)
{
	char r = ocode_vops[row].sig[0];
	u8 type = r == 'v' ? OT_V128 : r == 'i' ? OT_I32 : OT_I64;

	if (ocode_vops[row].flags & V_FP)
		xl_check_fpc(l);
	return ocode_emit(l->f, l->block, ocode_vop_op(row), type, row, a, b, c);
}

OVal xv_1(XLower *l, OVop row, OVal a) { return xv_vec(l, row, a, 0, 0); }
OVal xv_2(XLower *l, OVop row, OVal a, OVal b) { return xv_vec(l, row, a, b, 0); }
OVal xv_1n(XLower *l, OVop row, OVal a, u32 n) { return xv_vec(l, row, a, 0, n); }
OVal xv_2n(XLower *l, OVop row, OVal a, OVal b, u32 n) { return xv_vec(l, row, a, b, n); }

OVal xv_const(XLower *l, u64 lo, u64 hi)
{
	u32 at = l->f->vconst.n / 2;

	vec_push(&l->f->vconst, lo);
	vec_push(&l->f->vconst, hi);
	return ocode_emit(l->f, l->block, O_VCONST, OT_V128, 0, at, 0, 0);
}

OVal xv_halves(XLower *l, OVal lo, OVal hi)
{
	return xv_2(l, VO_PUNPCKLQDQ, lo, hi);
}

/* ---- registers ------------------------------------------------------------------------------------------- */

OVal xv_get(XLower *l, unsigned reg, unsigned half)
{
	u32 slot = XS_VEC + 4 * reg + 2 * half;

	if (!l->cur[slot])
		l->cur[slot] = ocode_emit(l->f, l->block, O_GET, OT_V128, 0, 0, 0, REG_SLOT(slot));
	xr_note(l, slot, OT_V128, false);
	return l->cur[slot];
}

void xv_put(XLower *l, unsigned reg, unsigned half, OVal v)
{
	xl_put(l, XS_VEC + 4 * reg + 2 * half, v);
}

/* Top of stack 0, all registers in use. */
void xv_mmx_used(XLower *l)
{
	xl_put(l, XS_FTOP, xl_const(l, OT_I64, 0));
	xl_put(l, XS_FTAG, xl_const(l, OT_I64, 0xff));
}

/* ---- operands -------------------------------------------------------------------------------------------- */

unsigned xv_count(const XLower *l)
{
	if (l->i.vex && l->i.vl == 32)
		for (unsigned k = 0; k < l->i.nopnd; k++)
			if (l->i.opnd[k].size == 32)
				return 2;
	return 1; /* scalars take no notice of the length */
}

static bool is_aligned(const XLower *l)
{
	return x86_vector_aligned(&l->i);
}

/* Of a 16-byte access, which is to fault if `align` and its address is not a multiple of 16. */
static void aligned(XLower *l, OVal access, bool align)
{
	if (align)
		l->f->ins.p[access].aux |= O_MEM_ALIGN(4);
}

/* The address of a half.  That of the first of two that have to be aligned to 32 is made odd where it is not, so that one
 * to 16 will do. */
static OVal at_half(XLower *l, OVal addr, unsigned half, bool pair)
{
	if (half)
		return xl_bini(l, O_ADD, addr, 16);
	if (!pair || !is_aligned(l))
		return addr;
	return xl_bin(l, O_OR, addr, xl_bini(l, O_AND, xl_bini(l, O_SHRU, addr, 4), 1));
}

static OVal load(XLower *l, OVal addr, unsigned size, unsigned half)
{
	if (size < 16) {
		OVal v = xl_load(l, addr, size);
		return xv_1(l, size == 8 ? VO_MOVQ : VO_MOVD, v);
	}
	OVal v = xl_load(l, at_half(l, addr, half, size == 32), 16);
	aligned(l, v, is_aligned(l));
	return v;
}

OVal xv_read(XLower *l, unsigned k, OVal addr, unsigned half)
{
	const XOperand *o = &l->i.opnd[k];

	if (o->kind == XK_MEM)
		return load(l, addr, o->size, half);
	if (o->cls == XC_MMX)
		return xv_1(l, VO_MOVQ, xl_get(l, XS_ST + 2u * o->reg, OT_I64));
	if (o->cls == XC_XMM || o->cls == XC_YMM)
		return xv_get(l, o->reg, half);
	return xv_1(l, o->size == 8 ? VO_MOVQ : VO_MOVD, xl_operand(l, k));
}

OVal xv_operand(XLower *l, unsigned k)
{
	return xv_read(l, k, xl_operand_address(l, k), 0);
}

static void write_mmx(XLower *l, unsigned reg, OVal v)
{
	xv_mmx_used(l);
	xl_put(l, XS_ST + 2 * reg, xv_1(l, VO_MOVQ_R, v));
	xl_put(l, XS_ST + 2 * reg + 1, xl_const(l, OT_I64, 0xffff));
}

void xv_write(XLower *l, unsigned k, const OVal *v, unsigned n)
{
	unsigned reg = l->i.opnd[k].reg;

	if (xv_is_mmx(l, k)) {
		write_mmx(l, reg, v[0]);
		return;
	}
	for (unsigned h = 0; h < n; h++)
		xv_put(l, reg, h, v[h]);
	if (l->i.vex && n == 1)
		xv_put(l, reg, 1, xv_const(l, 0, 0));
}

void xv_write1(XLower *l, unsigned k, OVal v)
{
	xv_write(l, k, &v, 1);
}

static void store16(XLower *l, OVal addr, OVal v)
{
	xl_store(l, addr, 16, v);
	aligned(l, l->f->block.p[l->block].last, is_aligned(l));
}

/* Of 32 bytes in two pages nothing may be written if a part is out of reach: that is done in C, which tries both first. */
static void check_crossing(XLower *l, OVal addr)
{
	enum { PAGE = 4096 };
	OVal offset = xl_bini(l, O_AND, xl_to(l, OT_I32, addr), PAGE - 1);

	if (!is_aligned(l) && !l->req->masked)
		xl_interpret_if(l, xl_cmpi(l, CC_GTU, offset, PAGE - 32));
}

void xv_store(XLower *l, OVal addr, unsigned size, const OVal *v)
{
	if (size < 16) {
		xl_store(l, addr, size, xv_1(l, size == 8 ? VO_MOVQ_R : VO_MOVD_R, v[0]));
		return;
	}
	if (size == 32) {
		check_crossing(l, addr);
		store16(l, at_half(l, addr, 0, true), v[0]);
		store16(l, at_half(l, addr, 1, true), v[1]);
		return;
	}
	store16(l, addr, v[0]);
}
