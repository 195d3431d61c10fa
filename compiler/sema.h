/* sema: types, symbols and the analyser.
 *
 * One pass over the tree gives every expression a type, every name its symbol and every constant its value,
 * and finds out which variables must live in memory.  The generator then reads the same tree. */
#ifndef PVM_SEMA_H
#define PVM_SEMA_H

#include "ast.h"

typedef struct Type Type;
typedef struct Sym Sym;
typedef struct Proc Proc;

typedef enum TypeKind {
	T_POISON,  /* of an expression whose error was reported: fits everywhere */
	T_VOID, T_INT, T_BOOL, T_CHAR, T_ENUM, T_REAL, T_ARRAY, T_RECORD, T_SET, T_PTR, T_STRING, T_TEXT, T_FILE, T_PROC,
	T_ANSI,    /* dynamic string: the address of a counted block, or 0 for the empty one */
	T_DYN,     /* dynamic array, likewise */
	T_CLASS,   /* reference to an object of a class */
	T_CLASSREF /* reference to a class itself */
} TypeKind;

struct Type {
	u8 kind;
	bool conf;       /* an array whose bounds are known at run time only */
	bool packed, has_file; /* has_file: it is or holds a file, which must begin as 0 */
	bool managed;    /* it is or holds a counted reference: copies are counted, and it ends with its scope */
	bool u64;        /* qword: 64 bits without a sign */
	bool of_object;  /* routine: a method with its object */
	u8 align;
	u32 size;
	i64 lo, hi;      /* ordinals: the range; sets: of the elements; strings: hi is the capacity */
	Type *base;      /* subrange: its host; array: element; set: element type; pointer: target; file: component, null for Turbo's untyped file; routine: result */
	Type *index;     /* of an array */
	Sym *lo_sym, *hi_sym; /* conformant and open arrays: the parameters that hold the bounds; no lo_sym: it is 0 */
	Sym *list;       /* record: fields; enumeration: constants; routine: parameters */
	Type *parent;    /* of a record that is an object, or the body of a class */
	Type *klass;     /* of such a body: the class, whose base the body is */
	Type *ref;       /* of a class: class of it, once somebody asked */
	Sym **virtuals;  /* of a body or object: its virtual methods, those of the parent first */
	u32 nvirtual;
	u32 vmt;         /* for the generator: where its table is, 0 = nowhere yet */
	u32 vmt_at;      /* where objects have the address of that table; UINT32_MAX: they have none */
	bool object;     /* a record that is an object of Turbo Pascal */
	bool ahead;      /* a class that is announced only */
	Name *name;
	Name *pending;   /* pointer to a type that is not declared yet */
	Span at;
	u32 nparam;
	u32 retain, release; /* for the generator: routines that count its references up and down, plus 1; 0 = none yet */
	u32 names;       /* enumerations: where the generator put the table of their names, 0 = nowhere yet */
};

typedef enum SymKind { S_CONST, S_TYPE, S_VAR, S_PROC, S_BUILTIN, S_UNIT, S_POISON, S_PROPERTY, S_GENERIC } SymKind;
enum { MODE_VALUE, MODE_VAR, MODE_CONST };

struct Sym {
	u8 kind;         /* S_* */
	u8 mode;         /* of a parameter: MODE_* */
	bool user;       /* of the program, not of the library */
	bool param, field;
	bool self;       /* the parameter that a method has of itself: its object */
	bool initial;    /* a variable of a routine that begins with `value` */
	bool out;        /* a parameter that gives something back only */
	bool tag;        /* a field that selects variants */
	Span threat;     /* where an inner routine changes it */
	bool address;    /* needs memory: passed by reference, used by `with` and the like */
	bool uplevel;    /* used by an inner routine (or a variable of the program used by any routine) */
	bool hidden;     /* a bound of the array parameters behind it: passed with the first of them */
	bool counter;    /* the variable of a `for` that is being analysed */
	struct Unit *unit; /* that declares it; null: the program */
	u8 where;        /* for the generator: W_* */
	u16 bound;       /* a text file named in the program's heading: its place there, from 1 */
	u16 level;
	u32 at_;         /* local number, frame offset or address; of a field: its offset */
	Name *name;
	Sym *outer;      /* what the name meant before */
	Sym *next_value; /* in its enumeration */
	Sym *next;       /* in the scope, or the next field, parameter or constant */
	Type *type;
	Span at;
	Proc *owner;     /* of a variable; of a routine: the routine itself */
	Node *value;     /* of a constant, the initial value of a variable, the default of a parameter */
	Type *of;        /* a member of a class or object: which; its record or body */
	u32 flags;       /* NF_*, of a routine */
	u32 slot;        /* of a virtual method: its place in the table, from 1 */
	struct Property *prop;
	struct MethodNode *methods; /* of a generic, with what it was used for */
	struct Instance *instances;
	Sym *alias;      /* `absolute`: the variable that lies at the same place */
	u32 builtin;
};

/* A sequence of statements, or a statement inside another: what a goto may not jump into. */
typedef struct Seq { struct Seq *up; } Seq;
typedef struct Goto { struct Goto *next; const Seq *seq; const struct Proc *proc; Span at; } Goto;

typedef struct Label {
	struct Label *next;
	i64 num;
	Name *name;
	Span at;
	Proc *owner;
	const Seq *seq;  /* where its statement is */
	Goto *gotos;     /* that name it */
	bool nonlocal, defined, used;
	u32 id;          /* the generator's label */
	bool has_id;
} Label;

typedef struct With {
	struct With *up;
	Node *record;
	Type *type;
	bool direct;     /* the generator evaluates `record` at each use, which costs nothing */
	u32 local;       /* otherwise its address is here */
} With;

/* The body of a generic's method, as it was parsed. */
typedef struct MethodNode { struct MethodNode *next; Node *node; } MethodNode;
typedef struct Instance Instance;

/* What a property stands for: a field or a method to read, likewise to write; `index` goes to methods as a last argument. */
typedef struct Property {
	Sym *read, *write;
	Node *index;
	Sym *param;      /* of an array property */
	u32 nparam;
	bool is_default;
} Property;

/* How far a record or an instance is laid out. */
typedef struct Layout { Type *t; Sym **end; u64 at; } Layout;

/* A unit.  Its variables live as long as those of the program; its names are on top of those of units before it. */
typedef struct Unit {
	Name *name;
	Node *node;
	VEC(Sym *) face; /* what its interface declares, first to last */
	VEC(struct Unit *) used; /* whose names are in sight in it */
	Proc *body, *final; /* body owns its variables; final is null without a finalization */
	bool open;       /* its interface is not complete yet */
} Unit;

/* A routine or the program itself. */
struct Proc {
	Proc *next;      /* in the order in which code is made */
	Proc *outer;
	Sym *sym;
	Name *name;
	Node *block;     /* null until its body was met */
	Node *external;  /* of a routine of the host: library and name */
	Sym *param;
	Sym *self;       /* of a method that has an object */
	Type *of;        /* of a method: its record or body */
	u32 nparam;
	Type *result;    /* null: a procedure */
	Sym *result_var;
	Sym *vars;       /* its variables but not its parameters */
	Label *label;
	Span at;
	u16 level;       /* of its variables: 1 for the program */
	bool lib, forward;
	bool tries;      /* it handles exceptions */
	bool has_inner, as_value;
	bool needs_link; /* takes its outer activation's frame address as a last parameter */
	u32 link_at;     /* where that parameter is: local number; also at offset 0 of the frame when has_inner */
	u32 func;        /* its number in the module */
	const char *sig;
	VEC(char) local; /* type letters of its local variables */
	u32 frame;       /* bytes of memory taken so far */
};

typedef struct Sema {
	Comp *c;
	Arena *a;
	Sym *scope;      /* symbols of the innermost scope, last first */
	u16 level;
	Proc *main, *proc, *last;
	With *with;
	bool lib;        /* in library text: the program's names are out of sight */
	u32 loops;
	u32 block, nblock; /* a number for each block */
	Seq *seq;        /* the innermost around the statement */
	VEC(Type *) ptr; /* pointer types with a pending target */
	u32 ptr_from;    /* where those of this text begin: a library text may be read in the middle of another one's types */
	Type *t_poison, *t_int, *t_int64, *t_qword, *t_bool, *t_char, *t_real, *t_single, *t_string, *t_ansi, *t_text, *t_nil, *t_emptyset, *t_void, *t_untyped; /* t_untyped: of parameters without a type */
	VEC(struct Unit *) unit, order; /* as they begin, as they are complete: the order of their initializations */
	struct Unit *in_unit;    /* the unit that is being analysed, null: the program */
	struct Unit *root;       /* stands for the program among units */
	u32 types;         /* type definitions around this place: pointers wait for their end */
	u32 handlers;      /* handlers of exceptions around this place, in the routine */
	u32 nhidden;       /* names that no program has, made for variables of the compiler's own */
	bool exceptions;   /* some routine raises or handles them */
	Sym *unhandled, *trapped, *io_failed; /* routines of the library: what ends the program, what raises the exception of a run-time error, of input and output */
	VEC(struct Instance *) instance; /* of generics */
	u32 ninstance;
	Type *defining;    /* the body of the class that is being declared */
	VEC(Proc *) queue; /* library routines whose bodies are still to be analysed */
} Sema;

enum Builtin {
#define B(id, name) B_##id,
#include "builtins.def"
#undef B
	B_COUNT
};

/* ---- types.c ---- */
void type_init(Sema *s);
Type *type_new(Sema *s, TypeKind k, u32 size, u32 align);
Type *type_range(Sema *s, Type *host, i64 lo, i64 hi);
Type *type_string(Sema *s, u32 cap);
Type *type_chars(Sema *s, u32 n);      /* packed array [1..n] of char */
Type *type_array(Sema *s, Type *index, Type *elem, bool packed, Span at);
Type *type_set(Sema *s, Type *elem, i64 lo, i64 hi);
Type *type_pointer(Sema *s, Type *target);
Type *type_dyn(Sema *s, Type *elem);
bool type_counted(const Type *t);      /* a dynamic string or array: a counted reference itself */
Type *type_file(Sema *s, Type *component);
Type *type_host(Sema *s, Type *t);     /* integer for all integer types; a subrange's host */
Type *type_conformant(Sema *s, Type *index, Type *elem, bool packed);
bool type_ordinal(const Type *t);
bool type_scalar(const Type *t);       /* fits a P-code value */
bool type_is_chars(const Type *t);     /* packed array [1..n] of char */
bool type_stringy(const Type *t);      /* string, char, or array of char */
bool type_single(const Type *t);        /* real of 32 bits */
bool type_wide(const Type *t);         /* an integer type beyond 32 bits */
char type_letter(const Type *t);       /* i l d of the P-code value; i (an address) for what lives in memory */
bool type_same(Sema *s, const Type *a, const Type *b); /* compatible without conversion */
bool type_same_params(Sema *s, const Type *a, const Type *b);
const char *type_str(Sema *s, const Type *t);

/* ---- sema.c, sema_type.c ---- */
bool sema_program(Sema *s, Node *program);
Sym *sema_lookup(Sema *s, Name *n);
Sym *sema_resolve(Sema *s, Node *id); /* reports an unknown name; never null */
Sym *sema_declare(Sema *s, SymKind k, Name *n, Span at, Type *t);
Type *sema_type(Sema *s, Node *n);
void sema_member_pointers(Sema *s, u32 from); /* only those to types that the class itself declares */
void sema_pointers(Sema *s);          /* resolves forward pointer types */
Sym *sema_params(Sema *s, Node *list, u32 *count); /* hidden ones are not counted */
Sym *sema_field(const Type *rec, const Name *n);
void sema_bind_params(Sema *s, Proc *p);
void sema_proc_body(Sema *s, Proc *p, Node *block);

/* ---- sema_record.c, sema_class.c: records, objects, classes ---- */
Type *sema_record(Sema *s, Node *n, Type *t);
void sema_add_field(Sema *s, Layout *l, Name *name, Span at, Type *t);
void sema_fields(Sema *s, Layout *l, Node *list);
Sym *sema_member(Sema *s, Layout *l, Node *n, Sym *method); /* anything but a field; gives the method that directives are about */
Type *sema_class(Sema *s, Node *n, Type *t);  /* t: announced, or null */
bool sema_is_class_node(const Node *n);       /* a type whose members may need its name */
Type *sema_classref(Sema *s, Type *klass);
bool sema_derives(const Type *t, const Type *from); /* of classes */
Proc *sema_method(const Sema *s);             /* the method that is being analysed, or null */
void sema_method_body(Sema *s, Node *n);      /* procedure type.name ...; begin ... end */
Sym *sema_self_member(Sema *s, Name *n);      /* a member that n means inside a method, if no local name hides it */
Node *sema_self(Sema *s, Node *at);
Node *sema_of_member(Sema *s, Node *n, Node *base, Sym *f, bool target); /* n becomes base.f */
Node *sema_read(Sema *s, Node *n);            /* a property becomes its value */
Node *sema_write(Sema *s, Node *n, Node *value); /* ... or the call or assignment that gives it one */
Node *sema_method_call(Sema *s, Node *n, Node *base, Sym *f);
Node *sema_inherited(Sema *s, Node *n, Node *inherited, bool statement);
Node *sema_default_property(Sema *s, Node *n, Node *base);
Node *sema_class_value(Sema *s, Node *n, Type *t);
const char *sema_similar(Sema *s, const Name *n, const Type *rec);

/* ---- sema_expr.c, sema_place.c, sema_const.c, sema_convert.c ---- */
Node *sema_designator(Sema *s, Node *n, bool target); /* target: the name of a function in itself is its result */
Sym *sema_with_member(Sema *s, Node *n, Node **base);
Node *sema_int_const(Sema *s, Node *n, i64 v);
Node *sema_expr(Sema *s, Node *n);
Node *sema_lvalue(Sema *s, Node *n, bool whole); /* a variable; whole: it becomes the target of an assignment */
Node *sema_target(Sema *s, Node *n); /* of an assignment: a variable, or a property */
Node *sema_convert(Sema *s, Node *n, Type *to, const char *what); /* for assignment; reports what does not fit */
Node *sema_expr_for(Sema *s, Node *n, Type *to, const char *what);
bool sema_is_varrec(Sema *s, const Type *t);
Node *sema_array_value(Sema *s, Node *n, Type *to);
bool sema_const_int(Sema *s, Node **n, Type **type, i64 *v);
Node *sema_ordinal(Sema *s, Node *n, const char *what);
bool sema_qualified(Sema *s, Node *n);
Node *sema_record_name(Sema *s, Node *n); /* the name of a record with methods of its own, before '.' */
Node *sema_memory(Sema *s, Node *n);  /* a variable, or a constant, for an untyped parameter */
void sema_address(Node *n);           /* the variable must live in memory */
Node *sema_poison(Sema *s, Node *n);
bool sema_is_const(const Node *n);
Node *sema_fold(Sema *s, Node *n);
Node *sema_int(Node *n, i64 v, Type *t);
Node *sema_make(Sema *s, NodeKind op, Node *at, Type *t, Node *a);
void sema_constdef(Sema *s, Node *n);
Node *sema_init(Sema *s, Node *n, Type *t);

/* ---- sema_call.c, sema_builtin.c ---- */
Node *sema_call(Sema *s, Node *n, bool statement);
Node *sema_builtin(Sema *s, Node *n, Sym *f, bool statement);
void sema_args(Sema *s, Node *call, Sym *param, u32 nparam, const Name *name, Span decl);
Node *sema_result_var(Sema *s, Node *n, Proc *p);

/* ---- sema_overload.c ---- */
Sym *sema_overload(Sema *s, Node *call, Sym *y);   /* of the routines with this name, the one whose parameters fit best */
Sym *sema_overload_member(Sema *s, Node *call, const Type *t, Sym *f);
Sym *sema_overload_for(Sym *y, Sema *s, const Type *to); /* the one of a procedural type */
bool sema_arg_fits(Sema *s, const Node *n, const Sym *q);

/* ---- sema_stmt.c ---- */
void sema_stmts(Sema *s, Node *list);
void sema_stmt(Sema *s, Node *n);
Label *sema_label(Sema *s, Node *n, Proc *only);

/* ---- sema_try.c, sema_forin.c ---- */
void sema_try(Sema *s, Node *n);
void sema_raise(Sema *s, Node *n);
void sema_forin(Sema *s, Node *n);
Name *sema_hidden_name(Sema *s, const char *what);

/* ---- sema_generic.c ---- */
void sema_generic(Sema *s, Node *n);            /* declares one */
bool sema_generic_body(Sema *s, Node *n);
Type *sema_special_type(Sema *s, Node *n);      /* name<types> as a type */
Sym *sema_special_routine(Sema *s, Node *n);    /* ... as a routine; null: it is none */
void sema_instances(Sema *s);                   /* analyses what bodies of methods there are by now */
void sema_instances_complete(Sema *s);
Sym *sema_declare_routine(Sema *s, Node *n);

/* ---- sema_unit.c ---- */
/* Between the two, the names that a unit declares in its implementation are in sight. */
void sema_unit_show_hidden(Sema *s, struct Unit *u);
void sema_unit_hide_hidden(Sema *s, struct Unit *u);
void sema_unit_use(Sema *s, Node *n);
void sema_unit_end(Sema *s);
Sym *sema_system(Sema *s, Name *n); /* the predefined symbol of this name, or that of the library */
Sym *sema_unit_member(Sema *s, const Name *unit, Name *n); /* what unit.n is, or null */
void sema_declarations(Sema *s, Node *list);
void sema_bodies_there(Sema *s, Node *list); /* reports headings without a body */

/* ---- sema_iso.c ---- */
bool sema_iso_strict(const Sema *s);
void sema_iso_order(Sema *s, const Node *list);
void sema_iso_used_before(Sema *s, const Name *n, Span at);
void sema_iso_heading(Sema *s, const Node *list);
void sema_iso_label(Sema *s, const Node *n);
void sema_iso_gotos(Sema *s, const Label *l);
void sema_iso_variants(Sema *s, const Node *n, const Type *tag);
void sema_iso_for(Sema *s, const Sym *y, Span at);
void sema_iso_var_arg(Sema *s, const Node *n);
void sema_iso_literal(Sema *s, const Node *n);
bool sema_iso_length(Sema *s, const Node *n, const Type *to, const char *what);
void sema_iso_width(Sema *s, const Node *w);

/* ---- gen.c ---- */
void gen_module(Sema *s, Buf *out);

#endif
