/* Translation to register code: what its two files share.  interp_emit.c keeps the symbolic operand stack and
 * the code; interp_translate.c goes over the P-code. */
#ifndef PVM_PCODE_INTERP_TR_H
#define PVM_PCODE_INTERP_TR_H

#include "interp.h"

enum { NONE = UINT32_MAX, HISTORY = 4 };

/* An entry of the operand stack as far as it is known: nothing has been emitted for it yet unless it is a
 * register.  Its home is register nloc + position. */
typedef struct Ent {
	enum { E_REG, E_CONST, E_FRAME } kind;
	u32 reg;
	u64 bits; /* of the constant; of E_FRAME, the offset (an i32) */
} Ent;

typedef struct Fix { u32 ins, word, label, to; } Fix; /* a jump to a label, or (label NONE) to word `to` */
typedef struct Cold { u32 ins, code, pc; } Cold;      /* a jump to a trap */

typedef struct Tr {
	Interp *in;
	const PModule *m;
	const PFunc *f;
	IFunc *out;
	bool plain;             /* for single steps: nothing is fused, all values are at home between instructions */
	bool dead;              /* no way leads here */
	VEC(W) code;
	VEC(u32) map;
	VEC(u16) op;
	u32 hist[HISTORY], nhist; /* where the last instructions begin, latest first, back to the last label or call */
	Ent stack[PCODE_MAX_STACK + 1];
	u32 sp;
	u32 nparam, nloc;
	u32 *refs;              /* by local: entries of the stack that name it */
	u32 *pos, *height;      /* by label */
	u32 *land;              /* by label: pos if it is a land */
	u32 *test, *test_to;    /* by loop label: its first conditional jump, and the label where that goes */
	u32 loop;               /* the loop label whose test has not come yet */
	VEC(Fix) fix;
	VEC(Cold) cold;
	const u8 *p;            /* reading position in the P-code */
	u32 at;                 /* offset of the P-code instruction */
} Tr;

/* ---- the operand stack */
static inline u32 tr_home(const Tr *t, u32 pos) { return t->nloc + pos; }
void tr_push(Tr *t, Ent e);
void tr_push_reg(Tr *t, u32 reg);
void tr_push_home(Tr *t);            /* a value that has been computed into its home */
void tr_push_const(Tr *t, u64 bits);
Ent tr_pop(Tr *t);
u32 tr_reg(Tr *t, u32 pos);          /* the register with the entry at pos; loads a constant into its home */
void tr_settle(Tr *t, u32 pos);      /* puts the entry into its home */
void tr_flush(Tr *t);                /* all of them */
void tr_value(Tr *t, Ent e, u32 d);   /* moves the value of an entry into register d */
void tr_local_changes(Tr *t, u32 local); /* entries that name the local get the value it still has */

/* ---- the code */
W *tr_ins(Tr *t, IOp op, u32 d, u32 a, u32 b, u32 c); /* its words, valid until the next */
void tr_forget(Tr *t);               /* what came before may not be changed any more */
void tr_drop(Tr *t);                 /* takes the last instruction back */
u32 tr_last(const Tr *t, u32 k);     /* position of the k-th last instruction, NONE */
const IOpInfo *tr_info(const Tr *t, u32 at);
bool tr_sets(const Tr *t, u32 at, u32 reg); /* at is an instruction whose only effect is on reg */
void tr_goto(Tr *t, u32 ins, u32 label);    /* the jump at ins goes to the label */
void tr_jump(Tr *t, u32 label);
void tr_jump_if(Tr *t, bool sense, u32 label); /* on the top of the stack */
void tr_trap_if(Tr *t, u32 code);
void tr_label(Tr *t, POp op, u32 label);
void tr_load(Tr *t, IOp op, u32 size, u32 offset);
void tr_store(Tr *t, IOp op, u32 size, u32 offset);
IOp tr_negate(IOp cmp);              /* families of integer comparisons */
IOp tr_swap(IOp cmp);                /* all comparisons */

#endif
