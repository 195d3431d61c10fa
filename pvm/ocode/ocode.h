/* ocode: the SSA intermediate language, into which P-code and x86 are lowered.
 *
 * A function is an array of instructions; an instruction's index is the name of its value, and index 0 is
 * no value.  Blocks list their instructions through prev/next.  Values pass between blocks as block
 * parameters: an edge gives one argument for each `param` at the head of the block it goes to.
 * docs/ocode.md is the specification. */
#ifndef PVM_OCODE_H
#define PVM_OCODE_H

#include "../base/base.h"

typedef enum OType { OT_VOID, OT_I8, OT_I16, OT_I32, OT_I64, OT_I128, OT_F32, OT_F64, OT_F80, OT_V128, OT_COUNT } OType;

typedef enum OOp {
	O_NONE, /* a free instruction */
#define O(op, name, form, result, props, meaning) O_##op,
#include "ocode.def"
#undef O
	O_COUNT
} OOp;

/* What the fields of an instruction hold; `v` is a value. */
typedef enum OForm {
	OF_NONE,   /* nothing */
	OF_CONST,  /* imm */
	OF_IMM,    /* a = number */
	OF_UN,     /* a = v */
	OF_BIN,    /* a, b = v */
	OF_BINT,   /* a, b = v; aux = trap code */
	OF_CMP,    /* a, b = v; aux = OCc or OFcc */
	OF_TERN,   /* a, b, c = v */
	OF_LOAD,   /* a = v (address), c = offset, aux = descriptor */
	OF_STORE,  /* a = v (address), b = v, c = offset, aux = descriptor */
	OF_VEC1,   /* a = v; aux = row of vops.def, c = number */
	OF_VEC2,   /* a, b = v; likewise */
	OF_VEC3,   /* a, b, c = v; aux = row */
	OF_SLOT,   /* c = byte offset in the register file */
	OF_PUT,    /* a = v, c = byte offset in the register file */
	OF_RMW,    /* a = v (address), b = v, c = offset, aux = descriptor */
	OF_CAS,    /* a = pool index of address, expected, new; c = offset, aux = descriptor */
	OF_CALL,   /* a = function, v or row; b = pool index, c = count */
	OF_TRAPIF, /* a = v; aux = trap code */
	OF_JMP,    /* a = edge */
	OF_BR,     /* a = v; b, c = edges */
	OF_SWITCH, /* a = v; b = first edge, c = number of edges */
	OF_RET,    /* a = v if aux is 1 */
	OF_TRAP,   /* aux = trap code */
	OF_EXIT    /* a = v; aux = kind; c = where a call returns to, in bytes from the unit's start (modulo 2^32), 0 = not told */
} OForm;

typedef enum OCc { CC_EQ, CC_NE, CC_LTS, CC_LES, CC_GTS, CC_GES, CC_LTU, CC_LEU, CC_GTU, CC_GEU, CC_COUNT } OCc;

/* Floating-point conditions.  The first six are false on a NaN (NE: true); the U forms are true on one. */
typedef enum OFcc { FC_EQ, FC_NE, FC_LT, FC_LE, FC_GT, FC_GE, FC_ULT, FC_ULE, FC_UGT, FC_UGE, FC_ORD, FC_UNO, FC_COUNT } OFcc;

enum {
	OP_PURE = 1, OP_READ = 2, OP_WRITE = 4, OP_FAULT = 8, OP_END = 16, OP_COMMUTES = 32
};

typedef struct OOpInfo {
	const char *name;
	u8 form;   /* OForm */
	char result; /* 'V', 'T', 'I', 'A' */
	u8 props;  /* OP_* */
	u8 values; /* OV_* */
} OOpInfo;
enum { OV_A = 1, OV_B = 2, OV_C = 4, OV_MORE = 8 }; /* a, b, c are values; others are in the pool or with edges */
extern const OOpInfo ocode_ops[O_COUNT];
extern const char *const ocode_type_names[OT_COUNT];
extern const u8 ocode_type_size[OT_COUNT]; /* bytes */
extern const char *const ocode_cc_names[CC_COUNT];
extern const char *const ocode_fcc_names[FC_COUNT];

/* The rows of vops.def, for aux of VEC1 to FVEC3. */
typedef enum OVop {
#define V(op, name, sig, flags, meaning) VO_##op,
#include "vops.def"
#undef V
	VO_COUNT
} OVop;
enum { V_FP = 1 /* reads the floating-point control word and sets its sticky flags */ };
typedef struct OVopInfo {
	const char *name, *sig; /* sig: "v:vn", the result, then operands: v v128, i i32, l i64, n number */
	u8 flags, args;         /* V_*; number of operands that are values */
} OVopInfo;
extern const OVopInfo ocode_vops[VO_COUNT];
/* The operation for a row: VEC1 to FVEC3. */
OOp ocode_vop_op(OVop row);

/* Memory descriptor of a load, store or atomic, in aux. */
/* Guest memory is little-endian and its addresses are i32 (zero-extended) or i64; an address of the VM itself is
 * i64, and there the host's byte order holds: a 64-bit cell (global, local) is accessed with all 8 bytes. */
enum OSpace { SPACE_GUEST, SPACE_VM };
enum OOrder { ORDER_PLAIN, ORDER_TSO, ORDER_ATOMIC };
#define O_MEM(space, log2size, sgn, order, fault) \
	((u16)((space) | (log2size) << 1 | (sgn) << 4 | (order) << 5 | (fault) << 7))
#define OMEM_SPACE(m) ((m) & 1)
#define OMEM_LOG2(m) ((m) >> 1 & 7)       /* log2 of the width in bytes, 0 to 4 */
#define OMEM_SIGNED(m) ((m) >> 4 & 1)     /* an integer load narrower than its type: extend the sign */
#define OMEM_ORDER(m) ((m) >> 5 & 3)
#define OMEM_FAULT(m) ((m) >> 7 & 1)      /* may fault: carries a state map, is not removed or moved */
#define OMEM_BIG (1u << 8)                /* big-endian in memory */
#define OMEM_ALIGN(m) ((m) >> 9 & 7)      /* log2 of the known alignment; 0 = any */
#define O_MEM_ALIGN(log2) ((u16)((log2) << 9))
#define OMEM_CONST (1u << 12)             /* never written while the unit runs: may be merged and hoisted */
#define OMEM_STACK (1u << 13)             /* the address is in this activation's own frame */

/* ADD, SUB, MUL, SHL: in aux, the unsigned result is exact wherever an address is made of it (the lowering has
 * tested it), so that a back end may do the arithmetic in a wider addressing mode.  Written "add.nw". */
#define O_NOWRAP 1
#define O_MAY_NOWRAP(op) ((op) == O_ADD || (op) == O_SUB || (op) == O_MUL || (op) == O_SHL)

typedef u32 OVal; /* index of an instruction; 0 = none */

typedef struct OIns {
	u8 op;    /* OOp */
	u8 type;  /* OType of the result */
	u16 aux;
	union {
		struct { u32 a, b; };
		u64 imm;
	};
	u32 c;
	u32 prev, next; /* in the block; 0 = none */
	u32 block;
	u32 map;        /* state map, 0 = none */
} OIns;

/* An edge: where a block goes, with the arguments pool[args .. args+n) for its params. */
typedef struct OEdge {
	u32 block, args, n;
} OEdge;

typedef struct OBlock {
	u32 first, last;  /* instructions */
	u32 flags;        /* OB_* */
	u32 freq;         /* estimated executions per entry, x 1024; 0 = not estimated */
} OBlock;
enum { OB_LOOP = 1 /* the target of a backward edge */, OB_COLD = 2 };

/* A state map: where the guest's registers (P-code: locals and stack) are at an instruction. */
typedef struct OSlotVal {
	u32 slot; /* register-file offset, or P-code local number, stack entries behind the locals */
	OVal val;
} OSlotVal;

typedef struct OMap {
	u32 func;    /* P-code function, or x86 unit */
	u32 pc;      /* guest address, or offset in the function's P-code */
	u32 parent;  /* map of the call into which this was inlined, 0 = none */
	u32 slots, n; /* f->slot.p[slots .. slots+n) */
	bool after;  /* the state is the one after the instruction, not before */
} OMap;

typedef struct OFunc {
	const char *name;       /* for listings; owned by whoever made the function */
	u32 id;                 /* number in the module */
	u8 ret;                 /* OType of the result or OT_VOID */
	VEC(u8) param;          /* types of the parameters; block 1 has exactly these params */
	VEC(OIns) ins;          /* [0] unused */
	VEC(OBlock) block;      /* [0] unused, [1] the entry */
	VEC(u32) order;         /* blocks in layout order; entry first */
	VEC(u32) pool;          /* arguments */
	VEC(OEdge) edge;        /* [0] unused */
	VEC(OMap) map;          /* [0] unused */
	VEC(OSlotVal) slot;
	VEC(u64) vconst;        /* pairs: low, high */
	u32 free_ins;           /* list of freed instructions through `next` */
	char *text_name;        /* the name of a parsed function, freed with it */
	bool unit;              /* an x86 unit: leaves by EXIT only, and has no frame of its own in emitted code */
	u64 start;              /* its guest pc */
} OFunc;

/* ---- the part of a Thread that O-code sees ------------------------------------------------------ */

typedef struct Regfile Regfile;

/* x86 units: what goes on at a pc, for jumps to addresses in registers.  A table of them holds one in slot
 * ojump_slot(pc); pc 0 = none, but for slot 0, where it is 1. */
typedef struct OJump { u64 pc; const void *code; } OJump;
enum { OJUMPS = 8192, OJUMP_SHIFT = 9 /* functions begin at multiples of 16 */ };
static inline u32 ojump_slot(u64 pc) { return (u32)(pc ^ pc >> OJUMP_SHIFT) & (OJUMPS - 1); }
/* x86: jumps backwards are counted, in slot ohot_slot(pc) of a table: below 0 they leave to the run loop. */
enum { OHOTS = 256 };
enum { OTEMPS = 256 };
static inline u32 ohot_slot(u64 pc) { return (u32)(pc ^ pc >> 8) % OHOTS; }
/* EXIT kinds below this go on in another unit; with a constant pc, that may be linked. */
enum { OEXIT_ONE = 2 /* mostly to the same place */, OEXIT_RET = 3 /* a guest's return */, OEXIT_GOES = 4 };

/* A host function: P-code imports, helpers.  Arguments and result are 64-bit patterns (i32 zero-extended,
 * f32 in the low half).  It may not return: a trap or an exit goes to the run loop. */
typedef u64 OHostFn(Regfile *t, const u64 *args);

/* An entry of a function table: what an indirect call goes through. */
typedef struct OEntry {
	void *code; /* emitted code, or a stub that gets there */
	u32 type;   /* signature number, the same for equal signatures throughout the Task */
	u32 func;   /* function number; UINT32_MAX = an empty entry (type is UINT32_MAX too) */
} OEntry;

/* The Thread begins with this.  Emitted code reaches the VM only through it. */
struct Regfile {
	u8 *mem;               /* guest memory: host address = mem + guest address */
	OHostFn *const *host;  /* the host-function table of HCALL */
	u64 *global;           /* P-code's globals */
	OEntry *table;         /* P-code's function table */
	u64 table_len;         /* in entries */
	u64 mem_size;          /* P-code: bytes of guest memory in use */
	u64 mem_guard;         /* P-code: the first bytes of it that trap */
	u64 sp;                /* P-code: the memory stack's pointer (guest address); grows downwards */
	u64 sp_limit;          /* P-code: lowest allowed sp */
	u64 unwind;            /* P-code: 0, or frame address + 1 of the activation a non-local goto goes to */
	u64 unwind_label;      /* P-code: index of its function in the module << 32 | the land label there */
	u64 pending;           /* nonzero: leave at the next poll */
	u64 host_sp_limit;     /* lowest allowed host stack pointer */
	u64 exit_fp, exit_pc;  /* frame pointer and return address of emitted code that has called the host */
	void (*trap)(Regfile *t, u64 code); /* where everybody goes to trap; never returns */
	u64 exit_to;           /* x86: where the unit that has left goes to */
	OJump *jump;           /* x86: OJUMPS of them */
	u64 ret_sp, ret_base;  /* x86: the stack of predicted returns, which emitted units run on; see THUNK_RETURN in back.h */
	u64 fpu_live;          /* x86: the guest's x87 state is in the host's registers; C is called with it in its slots */
	void (*fpu)(Regfile *t, bool load); /* x86: brings it there, and back; NULL = it always is in its slots */
	u64 slot[192];         /* x86: guest registers, numbered by XSlot in pvm/x86/x86.h */
	i32 hot[OHOTS];
	u64 temp[OTEMPS];      /* quick code: values that are in no slot */
};
#define REG_OFF(field) ((u32)offsetof(Regfile, field))
#define REG_SLOT(n) ((u32)(offsetof(Regfile, slot) + 8 * (n)))
/* The slot with the floating-point control word and sticky flags of vector operations; its layout is in softfp.h. */
enum { REG_FPC = 36 };

/* x86: the slots that guest code uses most, most used first.  Back ends may keep some of them in registers from unit to unit. */
static const u8 REG_HOT[] = { 4, 0, 7, 6, 2, 3, 5, 1 };

/* In aux of HCALL, with 11 bits that number an x87 instruction (escape's low bits, then ModRM): a back end whose host has an
 * x87 may run the instruction there.  Its operand is the fifth argument; the map may be asked for its pc. */
enum { REG_X87_LOW = 36, REG_X87_HIGH = 64 }; /* in C it writes no slots below or from there on */
enum { OHCALL_X87 = 0x8000, OX87_FNSTSW_AX = 0x7e0, OX87_FLDCW = 0x128, OX87_FCMOV = 0x3c8 /* if the operand is not 0 */ };

/* Trap codes are Turbo Pascal's run-time errors, 200 to 255. */
enum {
	TRAP_DIV0 = 200, TRAP_RANGE = 201, TRAP_STACK = 202, TRAP_HEAP = 203, TRAP_POINTER = 204,
	TRAP_FOVERFLOW = 205, TRAP_FINVALID = 207, TRAP_OVERFLOW = 215, TRAP_MEMORY = 216,
	TRAP_CALL = 221 /* indirect call: empty entry or wrong signature */, TRAP_CASE = 222,
	TRAP_ASSERT = 227, TRAP_ALIGN = 228 /* a 16-byte access is not aligned as it says */, TRAP_UNREACHABLE = 255
};

/* ---- building ----------------------------------------------------------------------------------- */

OFunc *ocode_new(const char *name, u32 id, OType ret);
void ocode_free(OFunc *f);

/* Makes a block (not yet in the layout order) or an instruction that is in no block yet. */
u32 ocode_block(OFunc *f);
OVal ocode_ins(OFunc *f, OOp op, OType type, u32 aux, u32 a, u32 b, u32 c);

/* Puts v at the end of block b, behind/before another instruction, or takes it out (it stays valid). */
void ocode_append(OFunc *f, u32 block, OVal v);
void ocode_insert_before(OFunc *f, OVal at, OVal v);
void ocode_insert_after(OFunc *f, OVal at, OVal v);
void ocode_unlink(OFunc *f, OVal v);
void ocode_delete(OFunc *f, OVal v); /* unlinks and frees */

/* Makes and appends.  emit_const gives a constant of an integer or floating type from its bits. */
OVal ocode_emit(OFunc *f, u32 block, OOp op, OType type, u32 aux, u32 a, u32 b, u32 c);
OVal ocode_emit_const(OFunc *f, u32 block, OType type, u64 bits);

/* A param at the head of the block, behind those it has; the number of params so far is its number. */
OVal ocode_param(OFunc *f, u32 block, OType type);
u32 ocode_nparams(const OFunc *f, u32 block);
u32 ocode_pool(OFunc *f, const u32 *v, u32 n); /* copies n values to the pool, returns their index */
u32 ocode_edge(OFunc *f, u32 block, const u32 *args, u32 n);

/* ---- reading ------------------------------------------------------------------------------------ */

/* Calls fn on each value operand (edges' arguments, pool arguments and state-map values included), by
 * pointer, so that fn may replace it; empty slots of a map (value 0) are left out. */
typedef void OUseFn(void *ctx, u32 *use);
void ocode_uses(OFunc *f, OVal v, OUseFn *fn, void *ctx);
/* The edges out of the block: returns how many, *first gets the index of the first when they are
 * consecutive (SWITCH), else the edges are copied to two[] and *first is 0. */
u32 ocode_succs(const OFunc *f, u32 block, u32 *first, u32 two[2]);

/* The flow graph, made on demand by passes.  Loops are natural loops (the header dominates the jump back). */
typedef struct OCfg {
	u32 nblock;
	u32 *rpo, nrpo;         /* reachable blocks in reverse postorder, entry first */
	u32 *rpo_num;           /* by block: position in rpo, UINT32_MAX when unreachable */
	u32 *pred_at, *pred;    /* preds of b: pred[pred_at[b] .. pred_at[b+1]) (blocks, with repeats) */
	u32 *idom;              /* immediate dominator; entry's is 0 */
	u32 *dom_in, *dom_out;  /* preorder number in the dominator tree and the largest below; 0 = unreachable */
	u32 *loop;              /* header of the innermost loop around the block, 0 = none (header included) */
	u32 *loop_up;           /* by loop header: header of the loop around that loop, 0 = none */
	u32 *depth;             /* loop nesting depth */
} OCfg;
/* Dominators by Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001).  All arrays
 * live in the arena. */
OCfg *ocode_cfg(const OFunc *f, Arena *a);
bool ocode_dominates(const OCfg *g, u32 a, u32 b); /* takes constant time */

/* ---- text --------------------------------------------------------------------------------------- */

/* Writes the text form; parsing gives an equal function (values keep their numbers). */
void ocode_print(const OFunc *f, Buf *out);
/* Reads one function at *text and moves *text behind it; e names the line.  NULL on error. */
OFunc *ocode_parse(const char **text, Err *e);

/* ---- checking ----------------------------------------------------------------------------------- */

/* True if f is well formed: links, types, dominance of uses, edges' arguments, ends of blocks, maps.
 * Otherwise e says what and where. */
bool ocode_check(const OFunc *f, Err *e);

/* ---- evaluating --------------------------------------------------------------------------------- */

/* What eval needs of its surroundings.  `call` runs a function of the module (CALL, CALLI) and returns
 * its result's bits; `trap` must not return; `exit` is told of EXIT. */
typedef struct OEvalEnv {
	Regfile *t;
	u64 (*call)(struct OEvalEnv *env, u32 func, const u64 *args);
	void (*trap)(struct OEvalEnv *env, u32 code, const OFunc *f, u32 map, const u64 *vals);
	void (*exit)(struct OEvalEnv *env, u32 kind, u64 pc);
	void *ctx;
	u64 guest_lo, guest_hi; /* guest accesses outside [lo, hi) trap with TRAP_MEMORY; hi 0 = no check */
	u64 guest_ro;           /* with guest_hi: guest stores below it trap too */
	u64 fault;              /* the address of the last guest access, the one of TRAP_MEMORY, */
	bool store;             /* and whether it writes */
	u64 steps;              /* instructions executed, for --stats */
	u32 map;                /* state map of the call that is being made, of any kind, or of the last guest access */
	const OFunc *f;         /* the activation that made it, for whoever catches its fault: */
	const u64 *val, *hi;    /* its values and their upper halves (NULL: it has none yet) */
	struct OQuick *quick;   /* the unit of quick code that runs (then the three above mean nothing), NULL = none; */
	const struct QIns *at;  /* its instruction that may fault, or call C; */
	struct OExit *left;     /* the exit by which it was left, if that may be linked, else NULL */
} OEvalEnv;

/* Runs f with args (as for OHostFn) and returns the result's bits.  Portable C, the oracle of the back
 * ends: guest memory is little-endian whatever the host. */
u64 ocode_eval(OEvalEnv *env, const OFunc *f, const u64 *args);

/* While an instruction is executed that has a state map, or may fault: the number of its map (0 = none), and the bits of
 * one of the values that the map names. */
u32 ocode_eval_map(const OEvalEnv *env, const OFunc **f);
void ocode_eval_value(const OEvalEnv *env, OVal v, u64 bits[2]);

/* Quick code: an x86 unit made ready for being evaluated often.  Its operands are places in the Regfile, its
 * instructions begin with the address of what executes them, and an exit to a constant pc may be linked, so that the
 * unit there follows at once. */
typedef struct OQuick OQuick;
typedef struct OExit {
	OQuick *from, *to;  /* to: NULL = not linked */
	struct OExit *next; /* of those that lead there */
	u64 pc;
	u32 at;
} OExit;
/* NULL: it has something for which there is no quick code (loops, too many values).  f must live as long. */
OQuick *ocode_quick(const OFunc *f, void *owner);
void *ocode_quick_owner(const OQuick *q);
/* What OJump.code holds for the unit. */
const void *ocode_quick_code(const OQuick *q);
/* Runs the unit and those that are linked to it or in Regfile.jump, until one leaves otherwise or Regfile.pending is set:
 * then env->exit is told, and env->left says by which exit it was. */
void ocode_quick_run(OEvalEnv *env, OQuick *q);
/* For links a lock is held; others may run the units meanwhile. */
void ocode_quick_link(OExit *x, OQuick *to);
/* Takes back all links to the unit and from it. */
void ocode_quick_unlink(OQuick *q);
void ocode_quick_free(OQuick *q);

/* A vector: q[0] is the low half. */
typedef struct OVec { u64 q[2]; } OVec;
/* What a row computes: d from a, b, c and the number n (i and l operands and results are in the low half); *fpc is the
 * floating-point control word, whose sticky flags it sets. */
void ocode_vec(OVop row, OVec *d, const OVec *a, const OVec *b, const OVec *c, u32 n, u32 *fpc);

/* The value of a pure operation on constants (i32 results zero-extended); what folding and eval share.
 * False where the result is not defined (division by zero, out of range). */
bool ocode_fold(OOp op, OType type, OType atype, u32 aux, u64 a, u64 b, u64 *out);

/* ---- reading, inline ------------------------------------------------------------------------------ */

/* ocode_each_use is ocode_uses with `fn` known at its place, for the passes that every translated unit goes through. */
#define OCODE_INLINE static inline __attribute__((always_inline))

OCODE_INLINE void ocode_pool_uses_(OFunc *f, u32 at, u32 n, OUseFn *fn, void *ctx)
{
	for (u32 k = 0; k < n; k++)
		fn(ctx, &f->pool.p[at + k]);
}

OCODE_INLINE void ocode_edge_uses_(OFunc *f, u32 first, u32 n, OUseFn *fn, void *ctx)
{
	for (u32 k = first; k < first + n; k++)
		ocode_pool_uses_(f, f->edge.p[k].args, f->edge.p[k].n, fn, ctx);
}

/* The maps of the calls into which this was inlined keep their values alive too. */
OCODE_INLINE void ocode_map_uses_(OFunc *f, u32 map, OUseFn *fn, void *ctx)
{
	for (; map; map = f->map.p[map].parent)
		for (u32 k = 0; k < f->map.p[map].n; k++) {
			OVal *val = &f->slot.p[f->map.p[map].slots + k].val;
			if (*val)
				fn(ctx, val);
		}
}

/* The less usual forms. */
OCODE_INLINE void ocode_more_uses_(OFunc *f, OIns *i, OUseFn *fn, void *ctx)
{
	switch ((OForm)ocode_ops[i->op].form) {
	case OF_CAS:
		ocode_pool_uses_(f, i->a, 3, fn, ctx);
		break;
	case OF_CALL:
		if (i->op == O_CALLI)
			fn(ctx, &i->a);
		ocode_pool_uses_(f, i->b, i->c, fn, ctx);
		break;
	case OF_JMP:
		ocode_edge_uses_(f, i->a, 1, fn, ctx);
		break;
	case OF_BR:
		ocode_edge_uses_(f, i->b, 1, fn, ctx);
		ocode_edge_uses_(f, i->c, 1, fn, ctx);
		break;
	case OF_SWITCH:
		ocode_edge_uses_(f, i->b, i->c, fn, ctx);
		break;
	default: /* RET */
		if (i->aux)
			fn(ctx, &i->a);
		break;
	}
}

OCODE_INLINE void ocode_each_use(OFunc *f, OVal v, OUseFn *fn, void *ctx)
{
	OIns *i = &f->ins.p[v];
	u32 values = ocode_ops[i->op].values;

	if (values & OV_C)
		fn(ctx, &i->c);
	if (values & OV_B)
		fn(ctx, &i->b);
	if (values & OV_A)
		fn(ctx, &i->a);
	if (values & OV_MORE)
		ocode_more_uses_(f, i, fn, ctx);
	if (i->map)
		ocode_map_uses_(f, i->map, fn, ctx);
}

#endif
