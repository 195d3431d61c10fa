/* x86: i386 and x86-64 machine code to O-code.
 *
 * x86.def is the one opcode map: encoding, operands, flags read and written, lowering.  decode.c reads it for
 * any mode; lower_*.c, one file an instruction family, turn decoded instructions into O-code.  Manuals: Intel
 * SDM volume 2 (instruction set), AMD APM volume 3. */
#ifndef PVM_X86_H
#define PVM_X86_H

#include "../base/base.h"
#include "../ocode/ocode.h"

/* ---- decoded instructions ------------------------------------------------------------------------ */

typedef enum XOp { /* mnemonics; XI_NONE is invalid */
	XI_NONE,
#define XM(op, name) XI_##op,
#include "mnemonics.def"
#undef XM
	XI_COUNT
} XOp;
extern const char *const x86_names[XI_COUNT];

enum { X86_TF = 0x100, X86_AC = 0x40000 }; /* of EFLAGS */
enum XMode { X86_32 = 32, X86_64 = 64 };

typedef enum XKind { XK_NONE, XK_REG, XK_MEM, XK_IMM, XK_REL, XK_FAR } XKind;
typedef enum XClass { /* of a register; the number within the class is 0 to 15 */
	XC_NONE, XC_GPR8, XC_GPR8H /* ah ch dh bh: number 0 to 3 */, XC_GPR16, XC_GPR32, XC_GPR64, XC_SEG, XC_CR,
	XC_DR, XC_ST, XC_MMX, XC_XMM, XC_YMM
} XClass;
enum { XS_ES, XS_CS, XS_SS, XS_DS, XS_FS, XS_GS };
enum { XB_NONE = 255, XB_RIP = 254 }; /* in base and index */

typedef struct XOperand {
	u8 kind;  /* XKind */
	u8 cls;   /* XClass of a register */
	u8 reg;
	u8 size;  /* bytes; 0 where the instruction gives none (lea, fnstenv: by row) */
	u8 read, write;
	bool hidden; /* not written in assembly (push's stack, string registers) */
} XOperand;

/* One instruction.  At most one operand is XK_MEM by ModRM; string instructions' memory operands are hidden. */
typedef struct XInsn {
	u64 pc;          /* guest address */
	u64 imm, imm2;   /* immediates, sign-extended to 64 bits where the instruction does so */
	i64 disp;
	u64 target;      /* of XK_REL: the absolute address, wrapped to the mode */
	u16 op;          /* XOp */
	u16 row;         /* row of x86.def */
	u8 len;          /* bytes, 1 to 15 */
	u8 mode;         /* XMode */
	u8 osize, asize; /* operand and address size in bytes: 2, 4, 8 */
	u8 base, index, scale; /* of the memory operand: numbers 0 to 15, XB_NONE, XB_RIP; scale 1 2 4 8 */
	u8 seg;          /* segment of the memory operand: override or default */
	u8 rep;          /* 0, 0xf2 or 0xf3 where it acts as a repeat prefix (or lock elision hint) */
	u8 nopnd;
	bool lock, seg_override, vex, rexw;
	u8 vl;           /* vector length in bytes of a VEX instruction: 16 or 32 */
	XOperand opnd[5];
} XInsn;

/* Decodes one instruction of p[0..n), n up to 15 looked at.  False when it is invalid (or cut off: *cut is
 * then true).  Never reads beyond n. */
bool x86_decode(const u8 *p, size_t n, u64 pc, enum XMode mode, XInsn *out, bool *cut);

/* Whether it would write memory by the code segment, which 32-bit mode forbids. */
bool x86_writes_code(const XInsn *i);

/* Writes it as text, Intel syntax. */
void x86_print(const XInsn *i, Buf *out);

/* ---- the guest's registers in the register file --------------------------------------------------- */

/* Numbers of Regfile.slot (8 bytes each). */
enum XSlot {
	XS_GPR = 0,       /* rax rcx rdx rbx rsp rbp rsi rdi r8 .. r15; i386: zero-extended */
	XS_PC = 16,
	/* Flags, lazily: what set them (XFlagOp), its operands and result; see flags.h. */
	XS_FLAG_OP = 17, XS_FLAG_A, XS_FLAG_B, XS_FLAG_C, XS_FLAG_D = 23,
	XS_DF = 21,       /* 0 or 1 */
	XS_EFLAGS = 22,   /* the other bits: TF IF IOPL NT AC ID */
	XS_BASE = 24,     /* segment bases: es cs ss ds fs gs */
	XS_SEL = 30,      /* selectors likewise */
	XS_MXCSR = 36,
	XS_FCW = 37, XS_FSW = 38, /* top of stack kept apart: */ XS_FTOP = 39, XS_FTAG = 40 /* one bit a register: 1 = in use */,
	XS_FOP = 41, XS_FIP = 42, XS_FDP = 43,
	XS_CARE = 44,     /* a bit a data segment register (1 << XS_ES ...) that is not flat; always 0 in 64-bit mode */
	XS_ERROR = 45,    /* the error code of the #GP, #NP or #SS that is being raised; otherwise 0 */
	XS_ST = 48,       /* R0 .. R7, as MMX numbers them (ST(i) is R(top + i)), 16 bytes each: the 80-bit number in the low 10 */
	XS_VEC = 64,      /* ymm0 .. ymm15: 32 bytes each */
	XS_HIDDEN = 128,  /* what is hidden in es cs ss ds fs gs where they are not flat: limit | rights << 32 (segment.c) */
	XS_LDT = 155,     /* 0, or the host address of an XLdt */
	XS_GUARD = 156,   /* 0, or the host address of an XGuardFn that helpers call before they touch guest memory */
	XS_TLS = 157,     /* i386: the three thread descriptors (selectors 0x63 0x6b 0x73), 0 = not set */
	XS_COUNT = 160
};

/* A local descriptor table, of at most LDT_MOST descriptors as the processor has them. */
enum { X86_LDT_MOST = 8192 };
typedef struct XLdt {
	u64 n, desc[X86_LDT_MOST];
} XLdt;

/* A descriptor's eight bytes, from Intel's SDM volume 3, 3.4.5: access is its byte of type, privilege and presence, flags its
 * four upper bits (available, long, big, in pages). */
u64 x86_descriptor(u32 base, u32 limit, u32 access, u32 flags);
/* A thread's variables begin at base, and the segment goes round the whole address space. */
static inline u64 x86_flat_descriptor(u32 base) { return x86_descriptor(base, 0xfffff, 0xf3, 0xc); }

/* Whether the instruction stores, and only where it also loads, if it does: processors call each of its accesses a store. */
bool x86_modifies(const XInsn *i);
/* Whether it has an address beyond the 48 bits of its own or the stack's that is in the stack segment: #SS, not #GP. */
bool x86_faults_on_stack(Regfile *t, const XInsn *i);

/* Comes back only if the n bytes may be accessed; otherwise raises XE_MEMORY.  Where there is none, a helper's access
 * faults as the host's does: then XS_PC is the instruction's pc and the register file is exact. */
typedef void XGuardFn(Regfile *t, u64 addr, u64 n, bool write);

/* Helpers raise by t->trap(t, X86_RAISE + XExit), with XS_PC as the exit's comment says and the register file exact. */
enum { X86_RAISE = 0x100 };

/* Why a unit left to the run loop: the `aux` of EXIT. */
typedef enum XExit {
	XE_JUMP,      /* to a constant address: may be linked */
	XE_INDIRECT,  /* to an address in a register */
	XE_CALL,      /* the same, mostly to one address: a call, or a jump through a cell (of a table of imports) */
	XE_RET,       /* the same, by a return */
	XE_SYSCALL, XE_INT80, XE_SYSENTER, /* pc is behind the instruction */
	XE_INT3, XE_INTO, XE_INT, /* traps: pc is behind the instruction; the last is int1's */
	XE_UD, XE_FETCH, XE_GP, XE_DE, XE_FPE, XE_SIMD, XE_BOUND, XE_HLT, /* faults: pc is the instruction */
	XE_STEP,      /* TF: single step done */
	XE_CPUID, XE_RDTSC, /* done by the run loop; pc is behind the instruction */
	XE_MEMORY,    /* a guest access faulted; pc is the instruction */
	XE_UNIMPL,    /* the instruction has no lowering; pc is the instruction */
	XE_NP, XE_SS, /* faults of a segment that is not present: #NP, #SS; pc is the instruction */
	XE_AC,        /* an access that is not aligned, with EFLAGS.AC; pc is the instruction */
	XE_CARE,      /* the instruction at pc uses a segment that may not be flat: it is to be executed alone, carefully */
	XE_FLAGS      /* EFLAGS were loaded and may have TF now; pc is behind the instruction.  Not to be linked */
} XExit;

/* Loads es, ss, ds, fs or gs.  XE_JUMP: done; otherwise what it raises, with XS_ERROR set, and nothing is changed. */
XExit x86_load_segment(Regfile *t, enum XMode mode, unsigned seg, u64 sel);

extern const char *const x86_exit_names[XE_FLAGS + 1];
/* The number of the exception that an exit is (Intel SDM volume 3, table 6-1), -1 if it is none. */
int x86_vector(XExit kind);

/* What CPUID answers: out gets eax, ebx, ecx, edx. */
void x86_cpuid(enum XMode mode, u32 leaf, u32 sub, u32 out[4]);

/* x87 is done in integers although the host has one: for tests.  Set before anything runs. */
extern bool x86_soft_x87;

/* ---- lowering ------------------------------------------------------------------------------------- */

/* A unit to be made: guest code from pc on. */
typedef struct XUnitReq {
	u64 pc;
	enum XMode mode;
	u32 max_insns;    /* at most so many instructions */
	bool masked;      /* no look at unmasked vector floating-point exceptions and at stores into two pages: the caller does that */
	bool x87;         /* the host has an x87, and Regfile.fpu brings the guest's state there and back */
	bool step;        /* TF is set: one instruction, then XE_STEP */
	bool careful;     /* EFLAGS.AC is set or a segment is not flat: each access is looked at before it is made */
	u8 flat;          /* in 32-bit mode, a bit a segment register: fs and gs are known to be flat; the other ones are, or it is careful */
	/* Reads up to n bytes of guest code at addr and returns how many could be read. */
	size_t (*fetch)(void *ctx, u64 addr, u8 *buf, size_t n);
	void *ctx;
} XUnitReq;

typedef struct XUnit {
	OFunc *func;
	u32 insns;
	u64 end;          /* the guest bytes [pc, end) were read */
} XUnit;

/* Lowers a basic block: to the first branch, system call, or max_insns.  An undecodable first instruction
 * gives a unit that exits with XE_UD; a fetch that fails there, one that loads from the address (and so
 * faults). */
void x86_lower(const XUnitReq *r, XUnit *out);

/* Blocks that are lowered as one unit; the first is where it is entered. */
enum { X86_REGION = 32, X86_REGION_INSNS = 300 };
typedef struct XRegionReq {
	u64 pc[X86_REGION];
	u32 n;
	u64 lo, hi;       /* their bytes lie in [lo, hi), on two pages at most */
} XRegionReq;

/* Finds the loop that r->pc begins, among blocks that are `known` to have run (ctx: r's).  False: there is no code. */
bool x86_find_region(XUnitReq *r, bool (*known)(void *ctx, u64 pc), XRegionReq *out);
/* Lowers it.  Addresses in state maps are signed distances from r->pc.  False: not a region that gains by it. */
bool x86_lower_region(const XUnitReq *r, const XRegionReq *region, XUnit *out);

#endif
