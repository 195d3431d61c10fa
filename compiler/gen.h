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
enum Rt {
#define R(op, name, sig, make, frame) RT_##op,
#include "rt.def"
#undef R
	RT_COUNT
};

/* The block behind a counted reference; what a dynamic string or array holds begins at REF_DATA. */
enum { REF_COUNT = 0, REF_LENGTH = 4, REF_BYTES = 8, REF_DATA = 16 };

/* A reference that an expression made and nobody else holds: it lives until its place is needed again, at most until the
 * routine ends.  `at` is a local or, of a record, where it is in the frame, and then `flag` a local that tells whether it is there. */
typedef struct Temp { Type *type; u32 at, flag; bool used, frame; } Temp;

typedef struct Loop { struct Loop *up; u32 brk, cont; struct Guard *guard; } Loop;

/* A place in the program where a handler of exceptions goes on: a label, and where its record is in the frame. */
typedef struct Site { u32 func, label, record; } Site;
typedef struct Guard Guard;

typedef struct Gen {
	Sema *s;
	Comp *c;
	PBuild *b;
	Proc *p;
	Loop *loop;
	u32 frame, frame_max;     /* bytes of the frame: in use, most */
	VEC(u32) pool[3];         /* locals for temporaries, free: i, l, d */
	VEC(u32) taken;           /* in use: local * 4 + kind */
	VEC(Temp) temp;           /* of the routine */
	VEC(u32) temp_taken;      /* by the statement and those around it */
	u32 frame_keep;           /* end of what temporaries have of the frame for the whole routine */
	VEC(Type *) counting;     /* types whose retain and release routines are to be made */
	Guard *guard;             /* the innermost `try` */
	VEC(Site) site;
	bool has_handlers, guarded; /* guarded: the routine ends its variables when an exception passes, too */
	u32 handler, exception;   /* globals: the innermost handler's record, what was raised last */
	u32 raise;                /* routine */
	bool soft;                /* run-time errors are exceptions */
	u32 guard_record, guard_land, guard_reason;
	u32 nil_block;            /* a block of length 0, 0 = none yet */
	u32 leave;                /* label of the routine's end, where its variables end */
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
bool gen_ends(const Sym *y);
char gen_var_kind(const Type *t);
void gen_runtime(Gen *g); /* makes the run-time routines that were used */

/* gen_place.c */
Place gen_place(Gen *g, Node *n);
void gen_unique(Gen *g, Node *n);                 /* makes a dynamic string the variable's own */
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
const char *gen_signature(Gen *g, Sym *params, Type *result, bool link, bool object); /* object: it comes before the parameters */
void gen_arguments(Gen *g, Node *call, Sym *params);

void gen_proc_pair(Gen *g, Node *n);              /* pushes slot and link of a procedural value */

/* gen_ref.c: values that hold counted references */
bool gen_owned(const Node *n);                    /* its value is a reference of its own, which somebody must take over */
void gen_ref(Gen *g, Node *n);                    /* pushes it; a new reference is kept in a temporary */
void gen_own(Gen *g, Node *n, Type *to);          /* pushes it, counted for the one who takes it */
void gen_retain(Gen *g, const Type *t);           /* counts the reference on the stack */
void gen_retain_top(Gen *g, const Type *t);       /* ... and leaves it there */
void gen_release(Gen *g, Type *t);                /* ends the reference on the stack */
void gen_release_at(Gen *g, Type *t);             /* ends those in the variable whose address is on the stack */
void gen_retain_at(Gen *g, Type *t);
u32 gen_release_slot(Gen *g, Type *t);            /* number in the function table of the routine that ends those of one t; 0 = none needed */
u32 gen_retain_slot(Gen *g, Type *t);
void gen_end_variable(Gen *g, Node *n);           /* ends the references in a variable */
void gen_ref_assign(Gen *g, Node *to, Node *from);
void gen_some(Gen *g);                            /* replaces 0 on the stack by a block of length 0 */
u32 gen_frame_value(Gen *g, Type *t);             /* room in the frame for a result that holds references */
void gen_counting(Gen *g);                        /* makes the routines that were asked for */
void gen_end_temps(Gen *g);
u32 gen_hold(Gen *g, Type *t);                    /* a local that holds a reference, 0 at first, and ends it if nobody takes it */
void gen_ref_as(Gen *g, Node *n, Type *to);       /* any value as a counted one, to be looked at */
/* A routine takes the reference in a variable over and gives one back: between the two it stands on the stack. */
u32 gen_take(Gen *g, Node *n, Place *p);
void gen_give_back(Gen *g, u32 at, const Place *p);
void gen_put(Gen *g, Node *to, u32 v);            /* assigns the new reference in local v */
/* gen_dyn.c: arrays */
void gen_dyn_builtin(Gen *g, Node *n);
void gen_dyn_value(Gen *g, Node *n);              /* [a, b, c] as a dynamic array */
void gen_open_value(Gen *g, Node *n);             /* ... for an open array: its address */

/* gen_external.c: routines of the host's libraries */
void gen_external(Gen *g, Proc *p);

/* gen_trap.c: run-time errors, as exceptions where they can be handled */
void gen_trap(Gen *g, u32 code);
void gen_trap_if(Gen *g, u32 code);
void gen_check_range(Gen *g, bool wide, i64 lo, i64 hi);
void gen_check_bounds(Gen *g);
void gen_index(Gen *g, i64 lo, i64 hi, u32 size, bool check);
void gen_check_nil(Gen *g);
void gen_check_divisor(Gen *g, const Node *n, char letter);
void gen_checked(Gen *g, POp op, POp wide);

/* gen_try.c: exceptions */
void gen_try(Gen *g, Node *n);
void gen_raise(Gen *g, Node *n);
void gen_leave(Gen *g, Guard *until, u32 label);  /* jumps out of the `try` statements around, up to `until` */
void gen_drop_handlers(Gen *g);
void gen_raise_body(Gen *g);
void gen_guard(Gen *g);
void gen_guard_end(Gen *g);
void gen_guard_raise(Gen *g);

/* gen_class.c: classes, objects, methods */
enum { TABLE_METHODS = 20 };                      /* where in a class's table the virtual methods are */
u32 gen_table(Gen *g, Type *body);
void gen_spelt(Gen *g, const Type *body, u8 *name);
void gen_method_call(Gen *g, Node *n);
void gen_method_pair(Gen *g, Node *n);
void gen_class_value(Gen *g, Node *n);
void gen_is_as(Gen *g, Node *n);
void gen_dispose_object(Gen *g, Type *t, u32 p);

/* gen_ansi.c: dynamic strings */
void gen_view(Gen *g, Node *n);                   /* pushes the address and the number of the characters of any string */
bool gen_ansi(Gen *g, Node *n);                   /* pushes any string as a dynamic one; true: a new reference */
u32 gen_ansi_literal(Gen *g, const char *s, u32 n);
bool gen_ansi_append(Gen *g, Node *to, Node *from); /* s := s + x; false: it is not that */
void gen_ansi_builtin(Gen *g, Node *n);
void gen_ansi_compare(Gen *g, Node *n);

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
void gen_chars(Gen *g, Node *n);                  /* pushes the address of a string of characters */
void gen_str_builtin(Gen *g, Node *n);

#endif
