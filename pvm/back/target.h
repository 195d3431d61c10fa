/* target: machine code between selection and encoding, and what an architecture gives to the shared passes.
 *
 * Private to the room.  Selection turns O-code into MIns over virtual registers (the vreg of an O-code value
 * has the value's number; temporaries follow).  live.c and alloc.c give each vreg its places without knowing
 * what the instructions do: they read the operands' roles only. */
#ifndef PVM_BACK_TARGET_H
#define PVM_BACK_TARGET_H

#include "back.h"

/* A position in the code is 4 * instruction + one of these.  Values are moved between instructions at SLOT_GAP. */
enum { SLOT_GAP, SLOT_USE, SLOT_KILL, SLOT_DEF, SLOTS };
#define POS(ins, slot) ((ins) * SLOTS + (slot))
#define POS_INS(pos) ((pos) / SLOTS)
#define POS_GAP(pos) ((pos) & ~(u32)(SLOTS - 1))
#define POS_NEVER UINT32_MAX

/* What an instruction does with an operand. */
typedef enum MRole {
	ROLE_USE,  /* reads it in a register; the result may take the same register */
	ROLE_LATE, /* reads it in a register that no result and no temporary has */
	ROLE_ANY,  /* reads it wherever it is; the result may take the same register */
	ROLE_ANYL, /* reads it wherever it is, after the result may have been written */
	ROLE_FIX,  /* wants it moved into register `fixed` first */
	ROLE_OUT,  /* wants it moved into word `fixed` of the outgoing area first */
	ROLE_ARG,  /* passes it along an edge, wherever it is; `fixed` is not used */
	ROLE_MAP,  /* a state map names it */
	ROLE_DEF,  /* writes it, in a register */
	ROLE_DFIX, /* leaves it in register `fixed`, from where it is moved */
	ROLE_TMP,  /* needs a register of its own while it runs */
	ROLE_KILL  /* destroys register `fixed`; no vreg */
} MRole;
#define ROLE_READS(r) ((r) < ROLE_DEF)

/* Registers: 0 to 15 integer, 16 to 31 floating point. */
enum { NREG = 32, REG_F0 = 16, NOREG = 255 };

/* Where a vreg is: a register number, or LOC_SLOT(k) for the k-th word of the spill area; a v128 has the words k and
 * k - 1. */
#define LOC_SLOT(k) (-(i32)(k) - 2)
#define LOC_IS_SLOT(l) ((l) <= -2)
#define SLOT_OF(l) ((u32)(-(l) - 2))
#define LOC_NOWHERE (-1)

typedef struct MOpnd {
	u32 v;      /* vreg; 0 = none (KILL, and FIX/OUT/ARG/MAP of a constant: see con) */
	u32 con;    /* the O-code constant that is the operand instead of a vreg, or 0 */
	i32 loc;    /* given by the allocator */
	u16 fixed;
	u8 role;    /* MRole */
} MOpnd;

typedef struct MIns {
	u16 op;      /* the target's; 0 is MI_BLOCK for all of them */
	u16 nopnd;
	u32 opnd;    /* index of the first operand */
	u8 w;        /* width in bytes of what it works on */
	u8 cc;       /* condition */
	u8 mbase;    /* memory operand: how its base is given (the target's), 0 = there is none */
	u8 scale;    /* log2 */
	u8 mopnd;    /* number of the operand that begins the memory operand */
	u8 flags;    /* MF_* */
	u16 aux;     /* the target's */
	i32 disp;
	u32 map;     /* state map */
	i64 imm;
} MIns;
enum { MI_BLOCK = 0 };
enum {
	MF_CALL = 1,  /* destroys all registers that calls destroy */
	MF_FAULT = 2, /* its memory access may fault: a site */
	MF_INDEX = 4, /* the memory operand has an index register */
	MF_FLAGS = 8, /* the flags it sets are read by the next instruction */
	MF_IMM = 16,  /* the last source is imm */
	MF_COMM = 32, /* sources may change places */
	MF_FIXED = 64 /* has operands of roles FIX, OUT, DFIX or KILL */
};

typedef struct MBlock {
	u32 oblock;          /* O-code block */
	u32 first, end;      /* instructions; the first is MI_BLOCK */
	u32 depth, loop_end; /* loop nesting; position where the innermost loop around it ends */
	u32 loop_from;       /* position where that loop begins */
	u32 pred, npred, succ, nsucc; /* parts of m->link: block numbers */
} MBlock;

/* A move between instructions. */
typedef struct MMove {
	u32 key;      /* MOVE_KEY */
	i32 from, to; /* from LOC_NOWHERE: the O-code constant `v` */
	u32 v;
} MMove;
/* Order at one instruction: behind the block's head, splits before the instruction, edge before the end. */
enum { MOVE_SPLIT, MOVE_EDGE, MOVE_HEAD };
#define MOVE_KEY(ins, phase) ((ins) * 4 + (phase))

typedef struct MFunc {
	const Target *t;
	OFunc *f;
	OCfg *cfg;
	Arena *arena;
	Err *err;
	VEC(MIns) ins;
	VEC(MOpnd) opnd;
	VEC(u8) vtype;           /* OType of each vreg */
	MBlock *block;           /* in layout order */
	u32 nblock;
	u32 *num;                /* O-code block -> number in `block` */
	u32 *link;               /* preds and succs */
	VEC(MMove) move;         /* sorted by key */
	u32 nslot;               /* words of spill area */
	u32 nout;                /* words of outgoing area */
	u32 used;                /* registers that hold something, as a set */
	VEC(u32) store;          /* by vreg: 1 + word of the spill area to store to at definition; 0 = none */
	u32 features;
	bool calls;              /* calls others */
	bool tree;               /* tree.c has made the blocks; there is no cfg */
	bool pinned;             /* the slots of t->pin are in their registers (a unit that is a tree and calls nobody) */
	u32 regs;                /* registers to allocate */
	VEC(u8) home;            /* pinned, by vreg: 1 + register it is in from the beginning, 0 = none */
} MFunc;

struct Target {
	const char *name;
	u32 regs;                /* registers to allocate, as a set */
	const BackPin *pin;      /* slots that units have in registers */
	u32 npin;
	u32 kept;                /* those of them that calls preserve */
	const u8 *order;         /* integer registers, then floating-point ones, best first; NOREG ends */
	u32 (*features)(void);   /* what the processor has; the target's own bits */
	bool (*select)(MFunc *m);
	bool (*emit)(MFunc *m, BackCode *c);
	const char *(*reg_name)(u32 reg);
	const char *(*op_name)(u32 op);
	void (*thunk)(enum BackThunk which, BackCode *c);
	void (*enter)(u8 ret, const u8 *param, u32 nparam, BackCode *c);
	void (*enter_unit)(BackCode *c);
	void (*link)(u8 *write, const u8 *at, const u8 *to);
	u32 (*stub)(u8 *write, const u8 *at, const u8 *to);
	bool (*reloc)(const BackReloc *r, u8 *write, const u8 *at, const u8 *to);
};
extern const Target amd64_target;

/* The frame that units share: words for spills and for outgoing arguments. */
enum { UNIT_SPILLS = 1024, UNIT_OUT = 16 };

static inline bool type_is_float(u32 type) { return type == OT_F32 || type == OT_F64; }
/* Does a value of the type live in a floating-point register? */
static inline bool type_in_freg(u32 type) { return type_is_float(type) || type == OT_V128; }

/* New vreg. */
u32 m_temp(MFunc *m, u32 type);

/* live.c: splits edges so that moves have a place (before selection), numbers the blocks; then finds where each
 * vreg lives. */
void back_split_edges(OFunc *f, Arena *a);
void back_blocks(MFunc *m);

typedef struct Range { u32 from, to, next; } Range; /* [from, to) */
/* How much a use wants a register: a map not at all; a move reads memory as well; any is better off; reg needs one. */
enum { USE_MAP, USE_MOVE, USE_ANY, USE_REG };
typedef struct Use { u32 pos; u8 kind; } Use;
/* Where a vreg would like to be: 1 + register, or NREG + 1 + vreg; 0 = none. */
typedef struct Hint { u32 to, weight; } Hint;
enum { HINTS = 3 };
typedef struct Live {
	VEC(Range) range;          /* [0] unused */
	u32 *first;                /* by vreg: first range */
	VEC(Use) use;
	u32 *use_at;               /* by vreg: its uses and definition are use[use_at[v] .. use_at[v+1]), by position */
	Hint *hint;                /* by vreg: HINTS each, the weightiest first */
	VEC(Range) fixed[NREG];    /* ranges (arrays here) where a register is taken by an instruction */
	VEC(u32) call;             /* positions at which calls destroy registers */
	u32 *block_of;             /* by instruction */
} Live;
void back_live(MFunc *m, Live *l);
void live_free(Live *l);

/* tree.c: both for units whose blocks form a tree.  False where they don't, and where registers did not suffice: then the
 * general way is open still. */
bool back_tree_blocks(MFunc *m);
bool back_tree_alloc(MFunc *m);

/* alloc.c: linear scan.  Fills in opnd.loc, move, store, nslot, used.  False: not enough registers. */
bool back_alloc(MFunc *m, Live *l);

/* moves.c: puts parallel moves in order.  The sink gets single moves; SCRATCH is the target's spare register. */
enum { LOC_SCRATCH = 1000, LOC_OUT = 2000 /* + word of the outgoing area */ };
typedef struct PMove { i32 from, to; u32 con; u8 type; bool done; } PMove;
typedef struct Moves { struct MovePlace *place; } Moves;
void moves_init(Moves *m, u32 nslot, Arena *a);
void moves_emit(Moves *m, PMove *mv, u32 n, void (*sink)(void *ctx, const PMove *mv), void *ctx);

#endif
