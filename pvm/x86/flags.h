/* Flags, computed when somebody asks: what set them last, and its operands.
 *
 * The kinds with `res` keep the result in `res`; operands and result are zero-extended to i32 (sizes 1, 2, 4) or i64.
 * In the register file: XS_FLAG_OP = kind | size << 8, XS_FLAG_A, XS_FLAG_B, XS_FLAG_C; where instructions have changed CF
 * or OF alone since then, FLC_C and FLC_O are set in XS_FLAG_OP and the new ones stand in XS_FLAG_D as in EFLAGS. */
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
	FL_SHL,    /* a shifted by b, which is not 0 */
	FL_SHR,
	FL_SAR,
	FL_IMUL,   /* signed a * b, low half; CF and OF: it is not all */
	/* only while lowering: */
	FL_SLOT,   /* what a, b and c do not give is in the register file */
	FL_DYN     /* likewise; opv is the kind */
} XFlagOp;
enum { FLC_C = 1 << 16, FLC_O = 1 << 17 };

enum { XF_C = 1, XF_P = 4, XF_A = 16, XF_Z = 64, XF_S = 128, XF_O = 2048, XF_ALL = 0x8d5 };

typedef struct XFlags {
	u8 op;     /* XFlagOp */
	u8 size;   /* bytes of the operands */
	OVal a, b, c;
	OVal nc, no; /* CF and OF instead of the record's; 0 = those */
	OVal r;      /* of shifts and products: the result, if it is there */
	OVal opv, d; /* XS_FLAG_OP and XS_FLAG_D; 0 = by op and size, unchanged */
} XFlags;
enum { XFLAG_SLOTS = 5 };

/* The six flags of a record in the register file. */
u32 x86_flags_bits(const Regfile *t);
/* Makes a record of these bits. */
void x86_set_flags_bits(Regfile *t, u32 bits);

#endif
