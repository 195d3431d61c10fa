/* Segments and alignment: what an access by a segment register may be; private to pvm/x86. */
#ifndef PVM_X86_SEGMENT_H
#define PVM_X86_SEGMENT_H

#include "helpers.h"

/* A segment as a descriptor has it; rights as lar gives them, 0: none that user code can see. */
typedef struct XSegment {
	u32 base, rights, limit;
} XSegment;

enum {
	SEG_CODE = 0x800, SEG_DOWN = 0x400 /* of data: from the limit up */, SEG_WRITE = 0x200 /* of code: may be read */, SEG_PRESENT = 0x8000,
	SEG_BIG = 0x400000, SEG_PAGES = 0x800000
};

XSegment x86_segment(const Regfile *t, u64 sel);

/* The processor's number and its node's << 12, as Linux has them in a descriptor's limit and in TSC_AUX. */
u32 x86_processor(void);

/* One access.  align: 1, or what EFLAGS.AC wants. */
typedef struct XAccess {
	u16 n;
	u8 align, seg;
	bool write, whole; /* whole: #GP unless it is aligned to n, whatever AC says */
} XAccess;

/* How words of n bytes are to be aligned: up to 8 bytes by their size, numbers of 80 bits by 8, and vectors not at all. */
static inline u8 x86_alignment(u64 n)
{
	return n == 2 || n == 4 || n == 8 ? (u8)n : n == 10 ? 8 : 1;
}

/* Whether the instruction's accesses of 16 and 32 bytes have to be aligned. */
bool x86_vector_aligned(const XInsn *i);

/* XE_JUMP: it may be made; or what it raises.  Limits come before alignment, and both before paging. */
XExit x86_check_access(const Regfile *t, u64 addr, const XAccess *a);

#endif
