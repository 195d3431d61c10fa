/* The interpreter's private door: its register code, shared by interp.c (entry), interp_translate*.c (stack code
 * to register code) and the two executors made from interp_run.inc. */
#ifndef PVM_PCODE_INTERP_H
#define PVM_PCODE_INTERP_H

#include "pcode.h"

/* The forms of each family, in this order: a form is its family's first number plus one of these. */
enum { RR, RI, IR };                   /* two operands: registers; right constant; left constant */
enum { CMP_RR, CMP_RI, JT, JTI, JF, JFI }; /* comparison: value; jump if true; jump if false (floats only) */
enum { MEM_R, MEM_C, MEM_F, MEM_XR, MEM_XC, MEM_XF, MEM_UR, MEM_UC, MEM_UF, MEM_FORMS };
/* memory: address in a register; constant; in the frame; and the same as the base of a checked (X) or
 * unchecked (U) index */

typedef enum IOp {
#define BINC(op, T, check, e) I_##op, I_##op##_RI,
#define BINN(op, T, check, e) I_##op, I_##op##_RI, I_##op##_IR,
#define CMPI(op, T, e) I_##op, I_##op##_RI, I_##op##_JT, I_##op##_JTI,
#define CMPF(op, T, e) I_##op, I_##op##_RI, I_##op##_JT, I_##op##_JTI, I_##op##_JF, I_##op##_JFI,
#define INC(op, e) I_INC_##op, I_INC_##op##_I,
#define FOR(op, e) I_FOR_##op, I_FOR_##op##_I,
#define OLD(op, e) I_OLD_##op, I_OLD_##op##_I,
#define UN(op, T, U, check, e) I_##op,
#define LD(op, n, e) I_##op, I_##op##_C, I_##op##_F, I_##op##_XR, I_##op##_XC, I_##op##_XF, I_##op##_UR, I_##op##_UC, I_##op##_UF,
#define ST(op, T, n, s) I_##op, I_##op##_C, I_##op##_F, I_##op##_XR, I_##op##_XC, I_##op##_XF, I_##op##_UR, I_##op##_UC, I_##op##_UF,
#define LD2(op, n, e) I_##op##_2R, I_##op##_2C, I_##op##_2F,
#define ST2(op, T, n, s) I_##op##_2R, I_##op##_2C, I_##op##_2F,
#define OP(op, n, fmt) I_##op,
#include "interp.def"
#include "interp_undef.h"
	I_COUNT
} IOp;

typedef enum IKind { K_OP, K_BINC, K_BINN, K_CMPI, K_CMPF, K_INC, K_UN, K_LD, K_ST, K_MEM2 } IKind;

typedef struct IOpInfo {
	const char *name, *fmt; /* see interp.def */
	u8 len;                 /* words */
	u8 kind;                /* IKind */
	u8 form;
	bool pure;              /* writes its register, cannot trap, reads no memory */
	u16 first;              /* first of its family */
} IOpInfo;
extern const IOpInfo interp_ops[I_COUNT];

/* A word of register code.  An instruction is its handler, a word of operands, and up to four words more. */
typedef union W {
	const void *go; /* the handler, or on the switch executor... */
	u64 op;         /* ...the IOp */
	struct {
		u16 d, a;
		union {
			struct { u16 b, c; };
			i32 i;
		};
	};
	struct { u32 lo, n; };
	u64 u;
	i64 s;
	double f;
	struct IFunc *fn;
} W;

enum { CALL_WORDS = 3 }; /* all calls have the same length, so that returning knows where to go on */

typedef struct IFunc {
	W *code;         /* where a call goes: `stub` at first */
	W stub[2];
	u32 func;        /* index in m->func */
	u32 nslot;       /* size of its window: locals, operand stack, and one for a result */
	W *body;         /* NULL: not translated yet */
	u32 nword;
	u32 *map;        /* by word: the P-code offset for which it stands */
	u16 *op;         /* by word: the IOp that begins there; I_COUNT inside an instruction */
	u32 *land;       /* by label: word offset of its land, UINT32_MAX for other labels */
} IFunc;

typedef struct Interp Interp;
/* Runs from pc with the window fp until the HALT of this run; returns the bits of the result.
 * With pc NULL: gives the handlers by IOp in *handlers and does nothing. */
typedef u64 InterpRun(Interp *in, W *pc, u64 *fp, PFrame *act, const void *const **handlers);
InterpRun interp_run_goto, interp_run_switch;

struct Interp {
	PEnv *env;
	InterpRun *run;
	const void *const *handler;
	IFunc *fn;                  /* by index in m->func */
	PFrame *act, *act_end;      /* activations; [0] is the outermost */
	PFrame *last;               /* innermost one at a call out, marks included; NULL before the first run */
	u64 *stack, *stack_end;     /* windows */
	W halt[CALL_WORDS + 1];     /* where the first activation of a run returns to, behind a call that is none */
};

static inline void interp_set(const Interp *in, W *w, IOp op)
{
	w->op = op;
	if (in->handler)
		w->go = in->handler[op];
}

/* The executor for interpreters made from now on: false = switch instead of direct threading (tests). */
extern bool interp_threaded;

Interp *interp_of(PEnv *env);                /* makes it on first use */
void interp_translate(Interp *in, u32 func); /* fills in fn[func] */
/* Where a non-local goto (t->unwind) lands if it is for this activation, else NULL. */
W *interp_landing(const Interp *in, const PFrame *act);
/* Makes NaNs among the arguments of a host function canonical; `type` is a signature of the module. */
void interp_canon_args(const Interp *in, u32 type, u64 *args);
#define ACT_BASE UINT32_MAX /* PFrame.func of the mark that begins a run */

#endif
