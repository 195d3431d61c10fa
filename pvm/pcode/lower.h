/* lower: what the parts of the lowering share.  Not a door of the room: only lower*.c include it. */
#ifndef PVM_PCODE_LOWER_H
#define PVM_PCODE_LOWER_H

#include "pcode.h"

/* An entry of the operand stack: the address v + off where the addition is not made yet.  `room` is how much
 * off may still grow before v + off could wrap at 2^32, whatever v is at run time; that is what allows off to
 * go into a load's offset, which does not wrap. */
typedef struct LEnt {
	OVal v;
	u32 off;
	u64 room;
	bool frame; /* within this activation's frame */
} LEnt;

/* A block and its incoming edges, while predecessors may still be added (open) or not. */
typedef struct LBlock {
	u32 in, nin;   /* list of edges through Lower.edge[].next */
	bool open, reached;
	u32 phi;       /* list of phis through LPhi.next */
} LBlock;

typedef struct LEdge {
	u32 from, next;
} LEdge;

/* A block parameter that may turn out to be superfluous. */
typedef struct LPhi {
	u32 block, var;
	OVal val;
	u32 ops, nops; /* its operands, in Lower.operand */
	u32 next;      /* in its block; 0 = none, phi k is entry k - 1 */
} LPhi;

typedef struct LLabel {
	u32 block;        /* 0 = not met yet */
	u32 types, depth; /* operand stack there, in Lower.shape */
	bool shaped;      /* depth is known */
	bool defined;
	u8 op;            /* P_LABEL, P_LOOP, P_LAND */
} LLabel;

typedef struct Lower {
	const PModule *m;
	const PFunc *pf;
	const PType *type;
	const u32 *type_id;
	u32 func, osr;      /* index in m->func; label entered at, UINT32_MAX = the start */
	OFunc *f;
	u32 cur;            /* block being filled, 0 = unreachable code */
	u32 nvar;           /* locals; variable nvar + k is operand stack entry k at a label */
	VEC(LBlock) block;  /* by block */
	VEC(LEdge) edge;    /* by edge */
	VEC(LPhi) phi;
	VEC(u32) operand;
	VEC(u32) forward;   /* by value: what a superfluous parameter stands for, 0 = itself */
	VEC(u8) shape;
	LLabel *label;      /* of the copy of the body at hand */
	LLabel *labels;     /* of all copies */
	u8 *nest;           /* by label: the copy that begins there (lower_osr.c) */
	u32 copy;
	Map def;            /* block << 32 | variable -> value at the block's end so far */
	LEnt *stack;
	u32 depth;
	OVal tail;          /* last instruction put at the head of the entry block */
	OVal locals;        /* on-stack replacement: address of the locals */
	OVal frame, frame64;/* the frame's address as i32 and i64; 0 = no frame */
	bool any_known, any_unwinds; /* whether some function of the module may unwind */
	u32 unwound;        /* the block where unwinding calls go, 0 = none */
	u32 pc, start;      /* behind and at the instruction being lowered */
	u32 start_depth;
	OVal finite;        /* a value that has just been found to be no NaN, in block finite_in */
	u32 finite_in;
	u32 map, map_pc;    /* the instruction's state map, valid if map_pc == start */
	bool maps;          /* state maps with variables */
	VEC(u32) shown;     /* the locals that maps show */
	i64 imm[3];
} Lower;

/* SSA construction (lower_ssa.c). */
void lower_write(Lower *l, u32 block, u32 var, OVal v);
OVal lower_read(Lower *l, u32 block, u32 var, OType type);
u32 lower_edge(Lower *l, u32 to);        /* an edge from the current block */
u32 lower_block(Lower *l, bool open);
void lower_finish_ssa(Lower *l);
OVal lower_at_entry(Lower *l, OOp op, OType type, u32 aux, u32 a, u32 b, u32 c);

/* Emitting into the current block (lower.c); instructions that may trap get the state map. */
OVal lower_emit(Lower *l, OOp op, OType type, u32 aux, u32 a, u32 b, u32 c);
u32 lower_map(Lower *l);                 /* the instruction's state map */
OVal lower_const(Lower *l, OType type, u64 bits);
void lower_trapif(Lower *l, OVal cond, u32 code);
OVal lower_canonical(Lower *l, OVal v); /* of a floating-point value: with the canonical NaN for any */
void lower_push(Lower *l, OVal v);
OVal lower_pop(Lower *l);
OVal lower_value(Lower *l, LEnt *e);     /* makes the pending addition */
OType lower_type(u8 letter);

u32 lower_label_edge(Lower *l, u32 n);   /* an edge to a label from the current block, with the stack */

/* The instructions: calls and returns (lower_call.c), memory and variables (lower_mem.c), all others
 * (lower_op.c).  The first two return false for what is not theirs. */
bool lower_call_op(Lower *l, POp op);
bool lower_memory(Lower *l, POp op);
void lower_op(Lower *l, POp op);

/* A guest access of 2^log2 bytes at an entry plus an offset. */
typedef struct LPlace {
	OVal base;
	u32 off;
	u16 mem;
} LPlace;
LPlace lower_place(Lower *l, LEnt *e, u32 off, u32 log2, bool sgn);
bool lower_is_const(const Lower *l, const LEnt *e, u32 *out);
void lower_helper(Lower *l, u32 row, u32 nargs, bool result); /* calls a row of helpers.def with the topmost entries */
void lower_block_op(Lower *l, POp op);   /* mem.copy, mem.fill, mem.cmp (lower_block.c) */
void lower_enter_frame(Lower *l);        /* at the function's start */
void lower_dispatch(Lower *l);           /* at its end: where calls go through which a non-local goto passes */
OVal lower_frame(Lower *l);              /* the frame's address */

/* How often the body is lowered to enter it at a label; nest[k] becomes the copy that begins at label k, if one does
 * (lower_osr.c). */
u32 lower_nest(const PFunc *pf, u32 osr, u8 *nest);

#endif
