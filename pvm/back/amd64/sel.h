/* sel: the state of amd64's instruction selection, for its files (sel.c, sel_int.c, sel_float.c, sel_mem.c,
 * sel_call.c).
 *
 * Each block is selected backwards, so that an instruction knows whether its value is wanted in a register: the
 * instructions that use it have decided whether they take it in (an address, a load, a comparison, a constant). */
#ifndef PVM_AMD64_SEL_H
#define PVM_AMD64_SEL_H

#include "amd64.h"

typedef struct Sel {
	MFunc *m;
	OFunc *f;
	u8 *need;            /* by value: 1 it is wanted as a vreg, 2 it has been made further down */
	u32 *uses;           /* by value: how many uses there are */
	u32 *writes, *faults; /* by value: instructions before it in its block that write, that may fault */
	u32 block;           /* the one being selected */
	u32 cur;             /* the O-code instruction being selected */
	VEC(MIns) out;       /* code of finished blocks, of `cur` and those behind it: each block's groups in reverse order */
	VEC(u32) group;      /* where each group begins in out */
} Sel;

static inline OIns *sel_o(const Sel *s, u32 v) { return &s->f->ins.p[v]; }
static inline u32 type_w(u32 type) { return type == OT_I64 || type == OT_F64 ? 8 : 4; }

/* A new instruction at the end of the current group.  Valid until the next. */
MIns *sel_new(Sel *s, u32 op, u32 w);
/* Adds an operand to the newest instruction. */
void sel_opnd(Sel *s, u32 v, u32 role, u32 fixed);
/* The operands of v's state map (if it has one) and the map itself. */
void sel_map(Sel *s, u32 v);
/* The value as a vreg (a constant is made in a temporary first). */
u32 sel_reg(Sel *s, u32 v);
/* Adds an operand that may be a constant too: for moves (FIX, OUT, ARG, MAP). */
void sel_any(Sel *s, u32 v, u32 role, u32 fixed);
/* True with the constant's value (sign-extended from i32) if v is an integer constant that fits 32 bits. */
bool sel_imm(Sel *s, u32 v, u32 w, i64 *imm);
static inline bool sel_is(const Sel *s, u32 v, u32 op) { return sel_o(s, v)->op == op; }

/* sel_pin.c: slots in registers.  The register of a slot, NOREG if it is in memory. */
static inline u32 sel_pin(const Sel *s, u32 offset)
{
	u32 k = (offset - REG_SLOT(0)) / 8;

	return s->m->pinned && k < COUNT(amd64_pins) ? amd64_pins[k] : NOREG;
}
/* The PUTs before the end of a block, as operands of the newest instruction.  False: they cannot be done there. */
bool sel_puts(Sel *s, u32 end);

/* sel_mem.c */
typedef struct Addr { u8 base; u8 scale; u32 reg, index; i32 disp; bool fault; u32 map_of; i64 imm; } Addr;
/* The address of a load, store or atomic with address operand `a`; its vregs are wanted. */
Addr sel_addr(Sel *s, u32 a, u32 offset, u32 desc);
/* Gives the newest instruction a memory operand.  `late`: its registers must outlive the result's birth. */
void sel_mem(Sel *s, const Addr *a, bool late);
/* True if v is a load of w bytes that the current instruction may do itself; fills in the address. */
bool sel_load(Sel *s, u32 v, u32 w, Addr *a);
bool sel_can_load(const Sel *s, u32 v, u32 w); /* the question alone */
/* The last source of an instruction: as immediate (if `imm`), memory or register.  Called before sel_new, so
 * that constants are made before it; sel_add_src then adds it. */
typedef struct Src { u8 kind; u32 v; i64 imm; Addr addr; } Src;
enum { SRC_REG, SRC_IMM, SRC_MEM };
Src sel_src(Sel *s, u32 v, u32 w, bool imm);
void sel_add_src(Sel *s, const Src *src, u32 role);
bool sel_memory(Sel *s, u32 v); /* LOAD to FENCE: false = not supported */

/* sel_int.c, sel_float.c, sel_call.c: false when the operation is not theirs */
bool sel_int(Sel *s, u32 v);
bool sel_float(Sel *s, u32 v);
bool sel_control(Sel *s, u32 v);
/* sel_vec.c.  *ok is false if the operation is its but cannot be done here. */
bool sel_vec(Sel *s, u32 v, bool *ok);
u32 sel_low_of_vector(Sel *s, u32 v, u32 w);
void sel_entry(Sel *s);
/* Emits the comparison that decides whether v (i32) is nonzero; the condition under which it is. */
u32 sel_cond(Sel *s, u32 v);
u32 sel_icmp(Sel *s, u32 cc, u32 a, u32 b, u32 w);
u32 sel_fcmp(Sel *s, u32 fcc, u32 a, u32 b, u32 w);
enum {
	HAS_SSE41 = 1, HAS_POPCNT = 2, HAS_LZCNT = 4, HAS_BMI = 8, HAS_SSE3 = 16, HAS_SSSE3 = 32, HAS_SSE42 = 64, HAS_AES = 128,
	HAS_CLMUL = 256, HAS_SHA = 512, HAS_AVX = 1024, HAS_AVX2 = 2048, HAS_FMA = 4096, HAS_F16C = 8192
};
static inline bool sel_has(const Sel *s, u32 feature) { return s->m->features & feature; }


#endif
