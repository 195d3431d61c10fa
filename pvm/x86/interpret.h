/* Instructions in C on the register file, one by one; private to pvm/x86.
 *
 * A guest access may fault at any point: the run loop then takes the register file as it stands.  So an instruction
 * changes registers only when its last access is done, and a repeated one keeps its registers exact between elements. */
#ifndef PVM_X86_INTERPRET_H
#define PVM_X86_INTERPRET_H

#include "flags.h"
#include "helpers.h"

typedef struct XRun {
	Regfile *t;
	XInsn i;
	u8 code[16]; /* the instruction's bytes */
	const u64 *at; /* the memory operand's address, if that is known already */
	u8 seg;        /* the segment register of the address that was made last */
	bool care;     /* a segment is not flat, or alignment is checked: */
	bool aligned;  /* the latter, by this instruction */
} XRun;
typedef void XRunFn(XRun *r);

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };

void xr_raise(XRun *r, XExit kind) NORETURN;
void xr_begin(XRun *r, Regfile *t, const u64 *args); /* decodes; the arguments are those of the helper `interpret` */

/* ---- registers: values are zero-extended ---- */
u64 xr_reg(const XRun *r, unsigned n, unsigned size, bool high);
void xr_set_reg(XRun *r, unsigned n, unsigned size, bool high, u64 v);
static inline u64 *xr_slot(XRun *r, unsigned slot) { return &r->t->slot[slot]; }
static inline u64 xr_low(u64 v, unsigned size) { return size == 8 ? v : v & ((1ull << 8 * size) - 1); }
static inline i64 xr_signed(u64 v, unsigned size) { return (i64)(v << (64 - 8 * size)) >> (64 - 8 * size); }

/* ---- memory ---- */
u64 xr_ea(const XRun *r);
u64 xr_address(XRun *r);                                    /* linear, of the memory operand */
u64 xr_place(XRun *r);                                      /* the same, whatever it is for */
void xr_check_code(XRun *r);                                /* raises if that is in the code segment of 32-bit mode */
u64 xr_linear(XRun *r, u64 offset, unsigned seg);           /* what is accessed next is there */
u64 xr_stack(XRun *r, u64 offset);                          /* the same, in the stack segment */
/* Of an access of n bytes in pieces: raises what its segment does, or alignment, whose unit they are to have. */
void xr_align(XRun *r, u64 addr, u64 n, bool write, unsigned unit);
/* The linear address n bytes further; wraps to the mode. */
u64 xr_after(const XRun *r, u64 addr, u64 n);
/* n bytes at a linear address; where there is a guard (XS_GUARD), raises unless they may be accessed. */
u8 *xr_bytes(XRun *r, u64 addr, u64 n, bool write);
/* The same, and faults now if an access to any of them (at most a page) would: before more than a word is written. */
u8 *xr_probe(XRun *r, u64 addr, u64 n, bool write);
u64 xr_load(XRun *r, u64 addr, unsigned size);              /* sizes 1 2 4 8 */
void xr_store(XRun *r, u64 addr, unsigned size, u64 v);
/* Replaces `old` by `new` if that is still there; atomically under LOCK. */
bool xr_swap(XRun *r, u64 addr, unsigned size, u64 old, u64 new);
/* The same for two halves of 4 or 8 bytes at p. */
bool xr_swap2(XRun *r, u8 *p, unsigned half, u64 lo, u64 hi, u64 lo2, u64 hi2);
void xr_push(XRun *r, unsigned size, u64 v);

/* ---- operands ---- */
u64 xr_read_at(XRun *r, unsigned k, u64 addr);
void xr_write_at(XRun *r, unsigned k, u64 addr, u64 v);
u64 xr_operand(XRun *r, unsigned k);
void xr_set_operand(XRun *r, unsigned k, u64 v);

/* ---- flags ---- */
u32 xr_flags(const XRun *r);                                /* the six arithmetic flags */
void xr_set_flags(XRun *r, u32 mask, u32 bits);             /* the flags of mask become bits */
u32 xr_zsp(u64 v, unsigned size);                           /* ZF, SF and PF of a result */
u32 xr_sub_flags(u64 a, u64 b, unsigned size);              /* of a - b */
u64 xr_eflags(const XRun *r);                               /* EFLAGS as pushf stores them */

/* ---- x87 ---- */
void xr_soft87(XRun *r);                                    /* without the host's */

/* ---- state ---- */
u64 x86_xcr0(void);
/* The x87 status word with ES and B as its exceptions and the control word's masks have them. */
static inline u64 x86_fsw_summary(u64 fsw, u64 fcw)
{
	return (fsw & ~0x8080ull) | (fsw & ~fcw & 0x3f ? 0x8080 : 0);
}

/* A function may serve several families. */
#define XN(family, fn) XRunFn fn;
#include "interpret.def"
#undef XN

#endif
