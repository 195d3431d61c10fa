/* quick: the code of OQuick and how it is made; the room's own header.
 *
 * quick_plan.c decides where each value lives and what needs no instruction of its own, quick.c writes the code,
 * quick_run.c executes it.  A place is the number of a u64 counted from the Regfile's begin: a slot, or one of its
 * temporaries.  128-bit values have two, the low half first. */
#ifndef PVM_OCODE_QUICK_H
#define PVM_OCODE_QUICK_H

#include "types.h"

typedef enum QOp {
#define Q(name, ...) Q_##name,
#include "quick.def"
#undef Q
	Q_COUNT
} QOp;

/* One instruction.  d: where the result goes; a, b, c: places of operands, or small numbers. */
typedef struct QIns {
	const void *go; /* what executes it */
	u16 d, a, b, c;
	union {
		struct { i32 disp, imm; }; /* of an address, or how far to jump; a constant operand */
		u64 wide;
		const void *p;
		struct QIns *to;           /* where a linked exit goes on */
	};
} QIns;

typedef struct QArg { u16 at; u8 bits; } QArg; /* of a call of C */

struct OQuick {
	const OFunc *f;
	void *owner;
	u16 *place;     /* by value */
	OVal *from;     /* by instruction: what it was made from */
	QArg *arg;      /* of all calls */
	OExit *exit, *in; /* those out of it; a list of those that lead here */
	u32 nexit;
	QIns code[];
};

static inline OQuick *quick_of(const QIns *first)
{
	return (OQuick *)(void *)((char *)(uintptr_t)first - offsetof(OQuick, code));
}

enum { Q_NOWHERE = UINT16_MAX, Q_TEMP = offsetof(Regfile, temp) / 8, Q_SCRATCH = 8 /* temporaries for constants */, Q_BLOCKS = 64 };

/* An address as instructions have it: base + (index << scale) + disp, wrapped to 32 bits unless `wide`. */
typedef struct QAddr {
	OVal base, index; /* index: 0 = none */
	u8 scale;
	bool wide;
	i32 disp;
} QAddr;

/* What is known of a function's values; arrays are by value, and in an arena. */
typedef struct QPlan {
	const OFunc *f;
	u32 order[Q_BLOCKS], norder; /* the blocks, so that all edges go forwards */
	u32 *pos;       /* place in that order, from 1 on */
	u8 *block;      /* its block's number there */
	u64 reach[Q_BLOCKS]; /* by such a number: the blocks that may come later */
	u8 *uses;       /* how many, at most 255 */
	u8 *fused;      /* computed where it is used, or not at all */
	u8 *clean;      /* its place holds zeros above its type */
	OVal *root;     /* the value whose place it shares */
	u32 *last;      /* of a root: the position of the last use, */
	u64 *in;        /* and the blocks with uses */
	u16 *place;
} QPlan;

/* False: not for quick code. */
bool quick_plan(QPlan *p, const OFunc *f, Arena *a);
/* The address of a load or store of guest memory; a sum that nobody else uses is taken in. */
bool quick_address(const QPlan *p, OVal v, QAddr *out);
/* The comparison that decides a branch and is done by it, or 0; *contrary: its result is turned round. */
OVal quick_condition(const QPlan *p, OVal branch, bool *contrary);
/* Calls fn on the values that the code for v reads. */
typedef void QUseFn(void *ctx, OVal use);
void quick_operands(const QPlan *p, OVal v, QUseFn *fn, void *ctx);

/* What executes an operation. */
const void *quick_label(QOp op);
/* Evaluates instruction v of f: its operands are in val and hi, and there its result goes. */
void ocode_eval_one(OEvalEnv *env, const OFunc *f, OVal v, u64 *val, u64 *hi);

#endif
