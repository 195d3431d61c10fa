/* Flags, computed when somebody asks: what set them last, and its operands.
 *
 * The kinds with `res` keep the result in `res`; operands and result are zero-extended to i32 (sizes 1, 2, 4) or i64.
 * In the register file: XS_FLAG_OP = kind | size << 8, XS_FLAG_A, XS_FLAG_B, XS_FLAG_C. */
#ifndef PVM_X86_FLAGS_H
#define PVM_X86_FLAGS_H

#include "x86.h"

typedef enum XFlagOp {
	FL_BITS,   /* a: the bits as in EFLAGS */
	FL_ADD,    /* a + b */
	FL_ADC,    /* a + b + c */
	FL_SUB,    /* a - b */
	FL_SBB,    /* a - b - c */
	FL_LOGIC,  /* a is the result; CF and OF are 0 */
	FL_INC,    /* a is the result; c the carry from before */
	FL_DEC,
	FL_SHIFT,  /* a is the result; b the overflow flag, c the carry */
	FL_SLOT    /* only while lowering: the flags are in the register file */
} XFlagOp;

enum { XF_C = 1, XF_P = 4, XF_A = 16, XF_Z = 64, XF_S = 128, XF_O = 2048, XF_ALL = 0x8d5 };

typedef struct XFlags {
	u8 op;     /* XFlagOp */
	u8 size;   /* bytes of the operands */
	OVal a, b, c;
} XFlags;

/* The six flags of a record in the register file. */
u32 x86_flags_bits(const Regfile *t);
/* Makes a record of these bits. */
void x86_set_flags_bits(Regfile *t, u32 bits);

#endif
