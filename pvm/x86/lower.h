/* Shared by the lowering's families; private to pvm/x86.
 *
 * While a unit is lowered, the newest value of each guest register stands in cur[]; registers are stored (PUT) only where
 * the unit leaves.  An instruction that may fault carries a state map with the registers that differ from the register
 * file, so a fault in the middle of the unit is exact. */
#ifndef PVM_X86_LOWER_H
#define PVM_X86_LOWER_H

#include "x86.h"
#include "flags.h"

/* Where the x87's state is: not known, in the host's x87, in its slots. */
enum { X87_ANY, X87_LIVE, X87_SLOTS };

typedef struct XRegion XRegion; /* lower_region.c */

typedef struct XLower {
	OFunc *f;
	u32 block;              /* where instructions go now */
	const XUnitReq *req;
	XRegion *region;        /* NULL: the unit is one basic block */
	XInsn i;                /* the instruction being lowered, */
	u8 code[16];            /* and its bytes */
	u64 start;              /* the unit's pc */
	OVal cur[XS_COUNT];     /* newest value of a slot, 0 = only in the register file */
	u64 dirty[(XS_COUNT + 63) / 64]; /* a bit a slot: differs from the register file */
	XFlags flags;           /* the newest flags */
	bool flags_dirty;
	bool x87_quiet;         /* no x87 exception is pending, as has been tested */
	u8 x87;                 /* where the x87's state is: X87_* */
	bool ended;             /* the unit has been closed */
	bool fpc_checked;       /* floating-point exceptions are known to be masked */
	u8 flat;                /* a bit a segment register: fs and gs that have been found flat in 32-bit mode */
	u8 word;                /* OT_I32 or OT_I64: addresses and stack in this mode */
} XLower;

typedef void XLowerFn(XLower *l);

/* ---- building ---- */
OVal xl_const(XLower *l, u8 type, u64 v);
OVal xl_bin(XLower *l, OOp op, OVal a, OVal b);
OVal xl_bini(XLower *l, OOp op, OVal a, u64 k);   /* b a constant of a's type */
OVal xl_un(XLower *l, OOp op, OVal a);
OVal xl_cmp(XLower *l, OCc cc, OVal a, OVal b);
OVal xl_cmpi(XLower *l, OCc cc, OVal a, u64 k);
OVal xl_select(XLower *l, OVal c, OVal a, OVal b);
u8 xl_type(const XLower *l, OVal v);
/* To i32 or i64: truncates, or zero-extends. */
OVal xl_to(XLower *l, u8 type, OVal v);
OVal xl_sext(XLower *l, OVal v, unsigned size, u8 type); /* the low `size` bytes of v, sign-extended to type */
OVal xl_zext(XLower *l, OVal v, unsigned size);          /* the low `size` bytes of v: i32 for up to 4, i64 for 8 */
OVal xl_hcall(XLower *l, u32 row, u8 type, const OVal *arg, u32 n);

/* ---- guest registers ---- */
static inline bool xl_is_dirty(const XLower *l, u32 slot) { return l->dirty[slot / 64] >> slot % 64 & 1; }
static inline void xl_set_dirty(XLower *l, u32 slot, bool dirty)
{
	l->dirty[slot / 64] = (l->dirty[slot / 64] & ~(1ull << slot % 64)) | (u64)dirty << slot % 64;
}
OVal xl_get(XLower *l, u32 slot, u8 type);
void xl_put(XLower *l, u32 slot, OVal v);
/* A general register's low bytes: i32 for size 1 (zero-extended), 2, 4; i64 for 8.  high: ah ch dh bh. */
OVal xl_reg(XLower *l, unsigned n, unsigned size, bool high);
/* Sets them: size 4 clears the upper half, 1 and 2 keep the rest. */
void xl_set_reg(XLower *l, unsigned n, unsigned size, bool high, OVal v);

/* ---- memory ---- */
OVal xl_ea(XLower *l);                                    /* offset of the memory operand, without segment base */
OVal xl_address(XLower *l);                               /* its linear address */
OVal xl_linear(XLower *l, OVal offset, unsigned seg);     /* adds the segment's base, wraps to the mode */
void xl_see_flat(XLower *l, unsigned seg);                /* leaves if the segment is not flat; xl_linear does that */
OVal xl_stack(XLower *l, OVal sp, unsigned size, bool write); /* where so many bytes of the stack are to be accessed */
OVal xl_load(XLower *l, OVal addr, unsigned size);        /* as xl_reg; 16 bytes: v128 */
void xl_store(XLower *l, OVal addr, unsigned size, OVal v);
u32 xl_map(XLower *l, bool after);                        /* a state map for the next instruction */

/* ---- operands ---- */
OVal xl_operand(XLower *l, unsigned k);                   /* of the instruction: register, memory or immediate */
void xl_set_operand(XLower *l, unsigned k, OVal v);
/* The address of operand k when it is memory, else 0; for read-modify-write, which computes it once. */
OVal xl_operand_address(XLower *l, unsigned k);
OVal xl_read_at(XLower *l, unsigned k, OVal addr);
void xl_write_at(XLower *l, unsigned k, OVal addr, OVal v);

/* ---- ends ---- */
void xl_flush_slot(XLower *l, u32 slot);                  /* stores one register if it is dirty */
/* What the slots of the flags (XS_FLAG_OP, A, B, C, D) are to hold; 0 = what they do. */
void xl_flag_slots(XLower *l, OVal v[XFLAG_SLOTS]);
u32 xl_flag_slot(unsigned k);                             /* their numbers */
void xl_flush(XLower *l);                                 /* stores all dirty registers and flags */
void xl_forget(XLower *l);                                /* what is known of registers: a helper may have changed them */
void xl_exit(XLower *l, XExit kind, OVal pc);             /* flushes and leaves */
void xl_exit_const(XLower *l, XExit kind, u64 pc);
void xl_exit_call(XLower *l, OVal pc, u64 back);          /* to return to `back` */
void xl_exit_if(XLower *l, OVal cond, XExit kind, u64 pc); /* leaves if cond (i32) is not 0, else goes on */
/* Where guest code goes on: in the region, or out of the unit.  xl_goto: false if the region has no block there. */
void xl_go_on(XLower *l, u64 pc);
bool xl_goto(XLower *l, u64 pc);
bool xl_at_block(const XLower *l, u64 pc);                /* another block of the region begins here */
void xr_note(XLower *l, u32 slot, u8 type, bool write);
void xr_note_forget(XLower *l);
void x86_lower_begin(XLower *l, const XUnitReq *r);
u32 x86_lower_block(XLower *l, u64 pc);                   /* how many instructions */
static inline bool x86_is_jcc(unsigned op) { return op >= XI_JO && op <= XI_JNLE && (op - XI_JO) % 3 == 0; }
void xl_branch(XLower *l, OVal cond, u64 taken, u64 other);

/* If cond, the instruction is executed in C, and the unit ends behind it. */
void xl_interpret_if(XLower *l, OVal cond);
/* Before the unit's first vector floating-point operation: if an exception is not masked, the instruction is executed in
 * C, which raises it, and the unit ends behind it. */
void xl_check_fpc(XLower *l);

/* Before anything that uses the x87's slots in a unit. */
void xl_x87_to_slots(XLower *l);

/* Instructions without a lowering of their own: run one by one in C on the register file. */
void xl_interpret(XLower *l);

/* Parts of families in files of their own.  The locked ones say false where they do not know the operand's size. */
void xl_divide(XLower *l);
bool xl_locked_add(XLower *l, OVal v, bool subtract);
bool xl_locked_step(XLower *l, bool inc);

#define XL(name) XLowerFn x86_lower_##name
XL(alu); XL(incdec); XL(unary); XL(muldiv); XL(imul); XL(shift); XL(shiftd); XL(mov); XL(movx); XL(lea); XL(xchg); XL(cmov);
XL(setcc); XL(jcc); XL(cbw); XL(bits); XL(push); XL(flags); XL(bmi); XL(adx); XL(enter); XL(call); XL(jmp); XL(ret); XL(loop); XL(syscall); XL(int);
XL(ud); XL(nop); XL(fence); XL(far); XL(seg); XL(string); XL(bt); XL(xadd);
XL(x87); XL(vec); XL(emms); XL(vbcast); XL(vcomi); XL(vcvt); XL(vfma); XL(vins); XL(vint); XL(vmov); XL(vmovlh); XL(vmovs); XL(vmsk); XL(vperm); XL(vshuf); XL(vstr); XL(vtest); XL(vzero);
#undef XL

#endif
