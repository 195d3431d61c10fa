/* amd64: what selection, encoding and thunks of the amd64 target share.
 *
 * r15 = Regfile, r14 = guest memory, rbp = frame, rsp; r11 and xmm15 are scratch; the rest is allocated.
 * Emitted functions pass up to six integers in rdi rsi rdx rcx r8 r9, up to eight floats in xmm0 to xmm7, further
 * arguments on the stack (word k at [rsp + 8k] at the call), and return in rax or xmm0.  rbx, r12 and r13 are
 * preserved.  An i32 in a register is always zero-extended. */
#ifndef PVM_AMD64_H
#define PVM_AMD64_H

#include "../target.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15, XMM0, XMM15 = 31 };
enum { SCRATCH = R11, FSCRATCH = XMM15 };

enum Kind { K_BLOCK, K_ALU, K_IMUL, K_CMP, K_TEST, K_UN, K_SH, K_RM, K_MOV, K_DIV, K_FP, K_FPB, K_FRM, K_SPEC };

enum MOp {
	M_BLOCK = MI_BLOCK,
#define M(op, name, kind, opcode, ext, meaning) M_##op,
#include "ins.def"
#undef M
	M_COUNT
};
typedef struct MInfo { const char *name; u32 opcode; u8 kind, ext; } MInfo;
extern const MInfo amd64_ins[M_COUNT];

/* How a row of vops.def is done; see vec.def. */
enum VecKind { VK_ONE, VK_TWO, VK_FROM, VK_TWOG, VK_TO, VK_TOMR, VK_SHIFT, VK_XMM0, VK_COMI, VK_CMP, VK_VEX, VK_VEX1, VK_VEXR, VK_FMA };
typedef struct VecEnc { u32 opcode; u8 kind, ext; u16 needs; } VecEnc;
extern const VecEnc amd64_vec[VO_COUNT];

/* Conditions: 0 to 15 as encoded; two more for == and != of floating point, where parity decides too. */
enum { X_O, X_NO, X_B, X_AE, X_E, X_NE, X_BE, X_A, X_S, X_NS, X_P, X_NP, X_L, X_GE, X_LE, X_G, X_FEQ, X_FNE };

/* How the base of a memory operand is given. */
enum { MB_NONE, MB_GUEST /* r14 */, MB_VM /* r15 */, MB_REG /* operand mopnd; an index follows it */,
	MB_INDEX /* index only */, MB_LIT /* literal: imm, w bytes; 16: mask number imm */ };
enum { ROUND_NEAR, ROUND_DOWN, ROUND_UP, ROUND_ZERO }; /* as roundsd has them */
enum { MASK_SIGN64, MASK_ABS64, MASK_SIGN32, MASK_ABS32, MASK_SHIFT64, MASK_SHIFT32 };

/* Where parameters and arguments are: fills reg[i] with a register, or NREG + word.  Returns the words. */
u32 amd64_args(const u8 *type, u32 n, u16 *reg);
bool amd64_select(MFunc *m);
bool amd64_emit(MFunc *m, BackCode *c);

/* ---- enc.c: bytes ---------------------------------------------------------------------------------- */

/* A register or memory operand. */
typedef struct Rm {
	u8 mem, reg, base, index, scale; /* base, index: NOREG = none */
	bool rip;                        /* disp is relative to the end of the instruction; filled in later */
	i32 disp;
} Rm;
Rm rm_reg(u32 reg);
Rm rm_mem(u32 base, i32 disp);
/* Encodes opcode (see ins.def) with a register or /digit and an operand.  w: 8 sets REX.W, 1 means byte registers,
 * 2 the operand-size prefix.  Returns the offset of a rip-relative displacement, or 0.  `tail`: bytes of immediate
 * that will follow. */
u32 enc_rm(Buf *b, u32 opcode, u32 w, u32 reg, Rm rm);
void enc_mov(Buf *b, u32 w, u32 to, u32 from);        /* integer registers */
void enc_movi(Buf *b, u32 to, u64 imm, bool flags_free);
void enc_alui(Buf *b, u32 ext, u32 w, Rm rm, i32 imm); /* add or and sub xor cmp with an immediate */
void enc_push(Buf *b, u32 reg);
void enc_pop(Buf *b, u32 reg);
void enc_nops(Buf *b, u32 n);
void amd64_thunk(enum BackThunk which, BackCode *c);
void amd64_enter_unit(BackCode *c);
extern u8 amd64_pins[16]; /* by slot: its register or NOREG */
/* Pinned slots to memory, and back. */
void amd64_store_pins(Buf *b);
void amd64_load_pins(Buf *b);
/* Looks up the pc in rax in the table of jumps: rcx becomes the address of its entry; equal if it is there. */
void amd64_look_up(Buf *b);
void amd64_link(u8 *write, const u8 *at, const u8 *to);
void amd64_enter(u8 ret, const u8 *param, u32 nparam, BackCode *c);
u32 amd64_stub(u8 *write, const u8 *at, const u8 *to);
bool amd64_reloc(const BackReloc *r, u8 *write, const u8 *at, const u8 *to);

/* ---- layout.c: jumps, literals, the final text -------------------------------------------------------- */

typedef struct Mark { u32 raw, label, size; u8 kind; u8 cc; } Mark;
enum { MARK_JMP, MARK_JCC, MARK_ALIGN };
typedef struct Fix { u32 raw, lit; } Fix;
typedef struct Lit { u64 bits; u32 size, off; bool own; /* not to be shared */ } Lit;
typedef struct Table { u32 raw; u32 first, n; } Table; /* labels table_label[first .. first+n) */

/* A unit's exit: the jump's field, its stub, the number behind the stub's call; of one to any pc the literal, the field of
 * the other jump, and where that goes in the end. */
typedef struct Exit { u32 raw, label, id; u64 pc; bool any; u32 lit, miss, table; } Exit;

/* Code without its jumps: they stand as marks until their sizes are known. */
typedef struct Layout {
	Buf raw;
	VEC(Mark) mark;
	VEC(u32) label_raw, label_mark;
	VEC(Fix) fix;             /* rip-relative fields that refer to literals */
	VEC(Lit) lit;
	Map lits;                 /* what is in `lit`, once it is long; by bits */
	VEC(Table) table;
	VEC(u32) table_label;
	VEC(Exit) exit;
	VEC(BackReloc) reloc;     /* offsets are raw until the end */
	VEC(BackSite) site;       /* likewise; SITE_RETURN marks return addresses */
} Layout;
enum { UNIT_PUSHED = 5, /* registers that the entry to units has pushed below rbp; */
	UNIT_FRAME = 8 * (UNIT_PUSHED + UNIT_SPILLS + UNIT_OUT + 1) /* bytes below rbp, a multiple of 16 */ };
#define SITE_RETURN (1u << 31)
u32 layout_label(Layout *l);              /* a new label */
void layout_bind(Layout *l, u32 label);   /* it is here */
void layout_jump(Layout *l, u32 label);
void layout_jcc(Layout *l, u32 cc, u32 label);
void layout_align(Layout *l);
void layout_exit(Layout *l, bool call, u64 pc, u32 stub); /* a jump or call that can be linked, and the label of its stub */
/* The same to a pc that is compared before: the literal with it, the jump if it is another, and the jump to it. */
u32 layout_cell(Layout *l);
void layout_exit_any(Layout *l, u32 lit, u32 stub, u32 table);
void layout_exit_one(Layout *l, bool call);
u32 layout_lit(Layout *l, u64 bits, u32 size);
void layout_begin(Layout *l);             /* empties it, keeping the memory of its arrays */
void layout_end(Layout *l, BackCode *c);  /* appends the code */
bool layout_is_large(const Layout *l);    /* too large to be kept for the next function */
void layout_free(Layout *l);

#endif
