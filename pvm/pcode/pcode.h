/* pcode: the portable program format -- modules, their checker, the reference interpreter, and the
 * lowering to O-code.  docs/pcode.md is the specification. */
#ifndef PVM_PCODE_H
#define PVM_PCODE_H

#include "../base/base.h"
#include "../ocode/ocode.h"

typedef enum POp {
#define P(op, name, code, imm, pops, pushes, meaning) P_##op = code,
#include "pcode.def"
#undef P
} POp;

typedef struct POpInfo {
	const char *name, *imm, *pops, *pushes, *meaning; /* name NULL: no such instruction */
} POpInfo;
extern const POpInfo pcode_ops[256];

/* Value types: 'i' i32, 'l' i64, 'f' f32, 'd' f64; 0 is no result. */
typedef struct PType {
	const u8 *param; /* nparam type letters */
	u32 nparam;
	u8 result;       /* a type letter or 0 */
} PType;

typedef struct PImport {
	const char *module, *name; /* "sys" "text.write.int" */
	u32 type;
} PImport;

typedef struct PFunc {
	const char *name;  /* from the name section, or "" */
	u32 type;
	const u8 *local;   /* type letters of the locals behind the parameters */
	u32 nlocal;
	u32 frame;         /* bytes of linear memory for one activation, a multiple of 16 */
	u32 nlabel;        /* labels are 0 .. nlabel-1 */
	u32 max_stack;     /* found by the checker */
	bool may_unwind;   /* found by the checker: a non-local goto can pass through this function */
	const u8 *code;
	u32 code_len;
	u32 line_at, line_n; /* its part of m->line */
} PFunc;

typedef struct PLine { u32 pc; u32 line; } PLine;          /* from this code offset on */
typedef struct PData { u32 at; const u8 *p; u32 n; } PData; /* initial memory */
typedef struct PGlobal { u8 type; bool mutable; u64 init; } PGlobal;
typedef struct PExport { const char *name; u32 kind, index; } PExport; /* kind: 0 function (number), 1 global */

/* A variable, for the debugger and the post-mortem listing. */
typedef struct PVar {
	const char *name;
	u32 func;      /* index in m->func, as pb_func gives it; UINT32_MAX: a variable of the module (where = 2) */
	u8 where;      /* 0 local number `at`, 1 frame offset `at`, 2 memory address `at` */
	u32 at;
	char kind;     /* how to show it: i integer, u unsigned, b boolean, c char, r real, p pointer, s Turbo string, a other */
	u32 size;      /* bytes in memory */
} PVar;

/* Line numbers from `first` on, up to the next file's, are those of this file: `first` is its line 1. */
typedef struct PSource { const char *name; u32 first; } PSource;

typedef struct PModule {
	Arena *arena;      /* everything below lives here, but for code and data, which point into the file's bytes */
	const char *source; /* name of the source file, for messages; "" if not known */
	PType *type;     u32 ntype;
	PImport *import; u32 nimport;
	PFunc *func;     u32 nfunc;   /* function numbers: imports first, so func[k] is number nimport + k */
	u32 *table;      u32 ntable;  /* function numbers (imports counted); UINT32_MAX = empty */
	PGlobal *global; u32 nglobal;
	u32 pages, max_pages;         /* memory in 64 KiB pages */
	u32 guard;                    /* the first `guard` bytes of memory trap (a multiple of 4096; 0 = none) */
	u32 stack_lo, stack_hi;       /* the memory stack: grows down from stack_hi to stack_lo */
	u32 heap;                     /* where free memory begins */
	PData *data;     u32 ndata;
	PExport *export; u32 nexport;
	u32 start;                    /* function number (imports counted, but it is none) to run, of type ":"; UINT32_MAX = none */
	PLine *line;     u32 nline;
	PVar *var;       u32 nvar;
	PSource *file;   u32 nfile;   /* further source files, by first line */
} PModule;

/* ---- reading, checking, writing ----------------------------------------------------------------- */

#define PCODE_MAGIC "\177PCO"
enum {
	PCODE_VERSION = 1, PCODE_PAGE = 65536,
	PCODE_MAX_LOCALS = 50000,     /* of one function, with its parameters */
	PCODE_MAX_STACK = 1024,       /* height of an operand stack */
	PCODE_MAX_FRAME = 1 << 30,    /* bytes */
	PCODE_MAX_PAGES = 65536,
	PCODE_MAX_ALL_LOCALS = 1 << 24 /* of a module, without parameters: keeps small files from asking for much memory */
};

/* True if the bytes look like a module (a "#!" line may come first). */
bool pcode_sniff(const u8 *p, size_t n);

/* Reads a module strictly; the bytes must outlive it.  NULL with EXIT_VM on anything malformed.
 * `name` is for messages.  The module is not checked yet. */
PModule *pcode_read(const u8 *p, size_t n, const char *name, Err *e);

/* Proves types, stack heights, branch targets, indices and memory limits in one linear pass and fills in
 * max_stack and may_unwind.  Nothing of a module may run before this has said true. */
bool pcode_check(PModule *m, Err *e);
void pcode_free(PModule *m);

/* Writes a module out of its parts (from scratch, so that read(write(m)) == m). */
void pcode_write(const PModule *m, Buf *out);

/* Lists one instruction at pc as text (no newline) and returns the offset of the next. */
u32 pcode_dis_ins(const PModule *m, const PFunc *f, u32 pc, Buf *out);
/* Lists the module, or only the function with that name (NULL = all). */
void pcode_dis(const PModule *m, const char *func, Buf *out);

/* The line of the instruction at pc, 0 if not known. */
u32 pcode_line(const PModule *m, const PFunc *f, u32 pc);
/* The file that a line number of the module belongs to; *line becomes its line there. */
const char *pcode_file(const PModule *m, u32 *line);
/* Type letter of a local (parameters first). */
u8 pcode_local_type(const PModule *m, const PFunc *f, u32 local);
/* Log2 of the bytes that a load or store moves. */
u32 pcode_access_log2(POp op);

/* ---- building (what a compiler uses) ------------------------------------------------------------ */

typedef struct PBuild PBuild; /* a module under construction */
PBuild *pb_new(const char *source);
/* NULL, or which limit of the format the program has exceeded (a text for the user).  To be asked before pb_end,
 * which ends the process with EXIT_COMPILE if there is one. */
const char *pb_error(const PBuild *b);
/* Finishes: writes the module to out and frees the builder. */
void pb_end(PBuild *b, Buf *out);
void pb_free(PBuild *b); /* gives it up instead */
u32 pb_type(PBuild *b, const char *sig); /* "iid:i"; equal signatures give equal numbers */
u32 pb_import(PBuild *b, const char *module, const char *name, const char *sig); /* function number; once each */
/* Imports and functions are numbered apart while building; a function's final number is made by pb_end. */
u32 pb_func(PBuild *b, const char *name, const char *sig);   /* declares; returns its number */
void pb_begin(PBuild *b, u32 func);                          /* starts its body; bodies do not nest */
u32 pb_local(PBuild *b, char type);                          /* number of a new local */
u32 pb_label(PBuild *b);                                     /* number of a new label */
void pb_line(PBuild *b, u32 line);                           /* of the instructions that follow */
/* Instructions emitted where no way leads (behind jump, jump.table, return, trap, unwind, up to the next label) are
 * dropped, and so is what stands behind a forward label (P_LABEL) there that nothing jumps to.  A label, loop or land is placed with pb_op1(b, P_LABEL, k), each number that pb_label gave exactly once;
 * one that nothing jumps to starts with an empty stack. */
void pb_op(PBuild *b, POp op);                               /* no immediate */
void pb_op1(PBuild *b, POp op, i64 imm);                     /* one integer immediate: L V G F T u s S */
void pb_op2(PBuild *b, POp op, i64 imm1, i64 imm2);          /* two: memory (align log2, offset), check.range, index.u, unwind */
void pb_index(PBuild *b, i32 lo, u32 count, u32 size);
void pb_f64(PBuild *b, double v);
void pb_f32(PBuild *b, float v);
void pb_table_jump(PBuild *b, const u32 *label, u32 n, u32 other);
void pb_finish(PBuild *b, u32 frame_bytes);                  /* ends the body (rounds the frame up to 16) */
u32 pb_pc(const PBuild *b);                                  /* offset in the current body, before function numbers are put in */
u32 pb_slot(PBuild *b, u32 func);                            /* the function's number in the function table, from 1 on; 0 is an empty entry */
/* Addresses of memory (align is a power of 2); 0 when there is no room, see pb_error.  Memory is laid out guard | data |
 * stack | heap: pb_memory, if called at all, comes before these. */
u32 pb_data(PBuild *b, const void *p, u32 n, u32 align);     /* bytes that the program does not write: equal ones are shared */
u32 pb_init(PBuild *b, const void *p, u32 n, u32 align);     /* an initialised variable */
u32 pb_zero(PBuild *b, u32 n, u32 align);                    /* zeroed memory */
u32 pb_global(PBuild *b, char type, bool mutable, u64 init);
void pb_export(PBuild *b, const char *name, u32 func);
void pb_var(PBuild *b, PVar v);
void pb_file(PBuild *b, const char *name, u32 first);        /* a further source file; `first` ascends */
void pb_start(PBuild *b, u32 func);
void pb_memory(PBuild *b, u32 stack_bytes, u32 max_pages, u32 guard); /* default: 8 MiB, 32768 pages (2 GiB), 4096 bytes */

/* ---- running ------------------------------------------------------------------------------------ */

enum PHelper {
#define H(op, name, sig, fn, meaning) PH_##op,
#include "helpers.def"
#undef H
	PH_COUNT /* imports follow: import k is row PH_COUNT + k of the host-function table */
};
OHostFn pcode_mem_copy, pcode_mem_fill, pcode_mem_cmp;

/* What the interpreter needs of its surroundings; one a Thread. */
typedef struct PEnv PEnv;

/* An activation in the interpreter, for call chains and the debugger.  They lie one behind the other, nested
 * runs of pcode_interp included (the higher address is the inner one); walk them with pcode_frame_up. */
typedef struct PFrame {
	const void *at;     /* the interpreter's own; pcode_frame_pc tells what it stands for */
	u64 *local;         /* locals, then the operand stack */
	u32 func;           /* index in m->func */
	u32 frame;          /* address of its memory frame */
} PFrame;
/* The next outer activation (of NULL: the innermost), NULL when there is none. */
const PFrame *pcode_frame_up(const PEnv *env, const PFrame *f);
/* P-code offset of the call or instruction an activation stands at. */
u32 pcode_frame_pc(const PEnv *env, const PFrame *f);
struct PEnv {
	Regfile *t;
	const PModule *m;
	const u32 *type_id; /* the Task-wide number of each signature of m, what OEntry.type is compared with */
	/* Compiled code of functions: compiled[k] is true when `enter` should be used for m->func[k]. */
	u8 *compiled;
	u64 (*enter)(PEnv *env, u32 func, const u64 *args);
	/* Called when a function was called, or a loop went round, `hot` times in the interpreter (0 = never).
	 * hot_call may set compiled[func].  hot_loop may run the rest of the activation in compiled code: it
	 * then returns true with the activation's result in *result. */
	u32 hot;
	void (*hot_call)(PEnv *env, u32 func);
	bool (*hot_loop)(PEnv *env, u32 func, u32 label, u64 *locals, u32 frame, u64 *result);
	/* Called before each instruction when set (stepper, --trace=pcode); set it before the first run. */
	void (*step)(PEnv *env, const PFrame *f);
	const PFrame *top;  /* where pcode_frame_up begins, NULL at first; exact at calls out, traps and steps */
	u64 steps;          /* instructions executed, counted when `step` is set */
	void *priv;         /* the interpreter's own: translated code, stack */
	void *ctx;          /* the run loop's own */
};
/* Runs function `func` (index in m->func) with args as for OHostFn; returns the result's bits.  When
 * t->unwind is set on return, a non-local goto is passing through.  In t->table, OEntry.func is an index in
 * m->func, or m->nfunc + k for import k. */
u64 pcode_interp(PEnv *env, u32 func, const u64 *args);
void pcode_interp_free(PEnv *env);
/* Lists the register code into which the interpreter translates a function. */
void pcode_interp_dump(PEnv *env, u32 func, Buf *out);

/* Lowers a checked function to O-code (SSA directly, after Braun et al., "Simple and Efficient Construction
 * of Static Single Assignment Form", CC 2013).  `label` is UINT32_MAX, or a loop label at which the function
 * is entered from the interpreter; the O-code function then has two i64/i32 parameters instead of its own:
 * the VM address of the activation's locals, and its frame address.
 * type_id[t] gives the Task-wide signature numbers for OEntry.type. */
OFunc *pcode_lower(const PModule *m, u32 func, u32 label, const u32 *type_id);
/* The same; with `maps` each state map also holds the operand stack and the locals that have a PVar (which
 * keeps them alive), without it only function and offset. */
OFunc *pcode_lower_maps(const PModule *m, u32 func, u32 label, const u32 *type_id, bool maps);

#endif
