/* Shared by the lowering's vector families; private to pvm/x86.
 *
 * A 256-bit register is two v128 values, half 0 the low one.  MMX registers are worked on in the low half of a v128. */
#ifndef PVM_X86_LOWER_VEC_H
#define PVM_X86_LOWER_VEC_H

#include "lower_flags.h"

/* The row of an instruction, VO_COUNT if it has none (vector.def). */
OVop xv_row(unsigned op);

/* ---- values ---- */
OVal xv_vec(XLower *l, OVop row, OVal a, OVal b, OVal c); /* a row's value; c is the number where the row has one */
OVal xv_1(XLower *l, OVop row, OVal a);
OVal xv_2(XLower *l, OVop row, OVal a, OVal b);
OVal xv_1n(XLower *l, OVop row, OVal a, u32 n);
OVal xv_2n(XLower *l, OVop row, OVal a, OVal b, u32 n);
OVal xv_const(XLower *l, u64 lo, u64 hi);
OVal xv_halves(XLower *l, OVal lo, OVal hi);              /* the low halves of two vectors as one */

/* ---- registers ---- */
OVal xv_get(XLower *l, unsigned reg, unsigned half);
void xv_put(XLower *l, unsigned reg, unsigned half, OVal v);

/* ---- operands ---- */
unsigned xv_count(const XLower *l);                       /* halves: 1 or 2 */
/* Operand k (of any class) as a v128; addr: of its memory, from xl_operand_address.  Less than 16 bytes: zeros above. */
OVal xv_read(XLower *l, unsigned k, OVal addr, unsigned half);
OVal xv_operand(XLower *l, unsigned k);                   /* the low half, computing the address */
/* Writes an xmm, ymm or mmx register: v[0 .. n) and zeros above under VEX. */
void xv_write(XLower *l, unsigned k, const OVal *v, unsigned n);
void xv_write1(XLower *l, unsigned k, OVal v);
/* Stores the low `size` bytes of v[0]; of 32, v[1] is the upper half. */
void xv_store(XLower *l, OVal addr, unsigned size, const OVal *v);
static inline bool xv_is_mmx(const XLower *l, unsigned k) { return l->i.opnd[k].kind == XK_REG && l->i.opnd[k].cls == XC_MMX; }
static inline bool xv_is_vec(const XLower *l, unsigned k)
{
	return l->i.opnd[k].kind == XK_REG && (l->i.opnd[k].cls == XC_XMM || l->i.opnd[k].cls == XC_YMM);
}
void xv_mmx_used(XLower *l);                              /* what every MMX instruction does to the x87's state */

#endif
