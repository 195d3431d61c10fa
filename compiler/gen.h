/* gen: from the analysed tree to P-code.
 *
 * Scalars live in P-code locals unless they need an address; everything else lives in the activation's
 * memory frame or at a fixed address.  An expression of a structured type leaves an address on the stack. */
#ifndef PVM_GEN_H
#define PVM_GEN_H

#include "sema.h"
#include "../pvm/pcode/pcode.h"

enum { W_NONE, W_LOCAL, W_REF_LOCAL, W_FRAME, W_REF_FRAME, W_MEM }; /* Sym.where; REF: its address is there */

enum {
	GUARD = 65536, CHECK_NIL_FROM = 60000,
	MOST_PENDING = 400 /* with AST_DEEPEST it keeps the operand stack below PCODE_MAX_STACK */
};

/* Run-time routines written in P-code (gen_rt.c). */
enum Rt { RT_STR_ASSIGN, RT_STR_APPEND, RT_STR_CMP, RT_STR_COPY, RT_STR_POS, RT_STR_INSERT, RT_STR_DELETE,
	RT_SET_ADD, RT_SET_RANGE, RT_SET_SUBSET, RT_COUNT };

typedef struct Loop { struct Loop *up; u32 brk, cont; bool brk_used, cont_used; } Loop;

typedef struct Gen {
	Sema *s;
	Comp *c;
	PBuild *b;
	Proc *p;
	Loop *loop;
	u32 frame, frame_max;     /* bytes of the frame: in use, most */
	VEC(u32) pool[3];         /* locals for temporaries, free: i, l, d */
	VEC(u32) taken;           /* in use: local * 4 + kind */
	u32 rt[RT_COUNT];         /* function numbers, UINT32_MAX = not used */
	u32 unwind_cell;          /* where the program's frame address is kept, 0 = not needed */
	u8 sw;                    /* switches of the statement */
	u32 pending;              /* arguments on the operand stack, of calls around this place */
} Gen;

typedef enum PlaceKind { PL_LOCAL, PL_MEM, PL_BUFFER } PlaceKind;
/* A variable.  PL_MEM: its address less `off` is on the stack.  PL_BUFFER: f^ of the text file whose variable's
 * address is on the stack. */
typedef struct Place { PlaceKind kind; u32 local, off; Type *t; } Place;

#define E(op) pb_op(g->b, P_##op)
#define E1(op, x) pb_op1(g->b, P_##op, (x))
#define E2(op, x, y) pb_op2(g->b, P_##op, (x), (y))

/* gen.c */
u32 gen_temp(Gen *g, char letter);
u32 gen_frame(Gen *g, u32 size, u32 align);      /* a temporary in memory, until the statement ends */
void gen_line(Gen *g, Span at);
void gen_call_sys(Gen *g, const char *name, const char *sig);
void gen_call_rt(Gen *g, enum Rt k);
char gen_var_kind(const Type *t);
void gen_runtime(Gen *g); /* makes the run-time routines that were used */

/* gen_place.c */
Place gen_place(Gen *g, Node *n);
void gen_load(Gen *g, Place p);
void gen_store(Gen *g, Place p);
void gen_addr(Gen *g, Node *n);                   /* pushes the address of a variable in memory */
void gen_place_addr(Gen *g, Place p);             /* turns what is on the stack into the exact address */
void gen_frame_of(Gen *g, Proc *p);               /* pushes the frame address of the innermost activation of p */
void gen_bound(Gen *g, const Type *t, bool high);  /* pushes a bound of an array */
void gen_size(Gen *g, const Type *t);             /* pushes its size in bytes */
void gen_load_op(Gen *g, const Type *t, u32 off);
void gen_store_op(Gen *g, const Type *t, u32 off);

/* gen_expr.c */
void gen_expr(Gen *g, Node *n);
void gen_as(Gen *g, Node *n, Type *to);           /* converted and checked for assignment */
void gen_int(Gen *g, Node *n);                    /* an ordinal as i32 */
void gen_wide(Gen *g, Node *n);                   /* an ordinal as i64 */
void gen_real(Gen *g, Node *n);
void gen_cond(Gen *g, Node *n, u32 label, bool sense); /* jumps if n = sense */
void gen_convert(Gen *g, Type *from, i64 lo, i64 hi, Type *to); /* top of the stack, known to lie in lo..hi */
void gen_round_single(Gen *g, const Type *t);     /* the real on the stack, if t has 32 bits only */
void gen_range_of(const Node *n, i64 *lo, i64 *hi);

/* gen_stmt.c */
void gen_stmt(Gen *g, Node *n);
void gen_stmts(Gen *g, Node *list);
void gen_return(Gen *g);
void gen_assign(Gen *g, Node *to, Node *from);

/* gen_call.c */
void gen_call(Gen *g, Node *n);
void gen_builtin(Gen *g, Node *n);
const char *gen_signature(Gen *g, Sym *params, Type *result, bool link);
void gen_proc_pair(Gen *g, Node *n);              /* pushes slot and link of a procedural value */

/* gen_io.c */
void gen_io(Gen *g, Node *n);

/* gen_set.c */
void gen_set(Gen *g, Node *n, u32 size);          /* in the form of a set of 4, 8 or 32 bytes */
void gen_set_binary(Gen *g, Node *n);
void gen_set_compare(Gen *g, Node *n);
void gen_set_in(Gen *g, Node *n);
void gen_set_as(Gen *g, Node *n, Type *to);
void gen_set_change(Gen *g, Node *n);
void gen_set_bytes(const Node *n, u8 out[32]);

/* gen_str.c */
void gen_str(Gen *g, Node *n);                    /* pushes the address of a Turbo string */
void gen_str_assign(Gen *g, Node *to, Node *from);
void gen_str_compare(Gen *g, Node *n);
void gen_str_split(Gen *g, Node *n, u32 *local);  /* pushes address of the characters and their number */
void gen_chars(Gen *g, Node *n);                  /* pushes the address of a string of characters */
void gen_str_builtin(Gen *g, Node *n);

#endif
