/* Inside run: Task and Thread in full, and what the parts of the room offer each other. */
#ifndef PVM_TASK_H
#define PVM_TASK_H

#include <setjmp.h>

#include "run.h"

typedef struct Jit Jit;

/* A passage from one executor into another, or deeper into the same one: what the caller's state was.  The
 * segments of a call chain are read from these. */
typedef struct Seg {
	struct Seg *up;
	const PFrame *top; /* the interpreter's innermost activation then */
	u64 fp, pc;        /* frame and return address of the emitted code that called; fp 0: the interpreter did */
	bool osr;          /* the callee carries on top's activation */
} Seg;

/* An activation in eval. */
typedef struct EvalFrame {
	struct EvalFrame *up;
	const OFunc *f;
	u32 map;  /* of the call that it stands at */
} EvalFrame;

struct Thread {
	Regfile r; /* first: a handler's Regfile * is its Thread * */
	Task *task;
	PEnv env;
	Seg *seg;
	OEvalEnv eval;
	EvalFrame *eval_top;
	const u64 *eval_vals; /* at a trap of eval: the innermost activation's values */
	bool overflow;       /* it ends with a stack overflow */
	bool fault;          /* r.exit_pc is an instruction that faulted, not a return address */
};

typedef struct AtEnd {
	void (*fn)(void *data);
	void *data;
} AtEnd;

struct Task {
	const PModule *m;
	TaskOpts o;
	Thread *thread;
	void *abi;
	OHostFn **host;      /* host-function table: helpers, then imports */
	u32 *type_id;        /* by signature of the module: its number in the Task */
	u64 reserved, limit; /* bytes of address space; most bytes of guest memory */
	bool window;         /* all that emitted code can reach is reserved */
	OFunc **lowered;     /* eval: by function, NULL = not met yet */
	OFunc **body;        /* what is inlined: by function, NULL = not asked for yet */
	Jit *jit;            /* NULL until something is compiled */
	VEC(AtEnd) at_end;
	jmp_buf end;
	int status;
	Buf report;          /* of the trap */
	void (*step)(Task *t, const PFrame *f, void *ctx);
	void *step_ctx;
	struct {
		u64 lower, opt, back; /* ns */
		u64 functions, loops; /* translated */
		u64 start;            /* ns */
	} stat;
};

/* guest.c: the window of guest memory. */
bool guest_new(Task *t, Err *e);
void guest_free(Task *t);
void guest_guard(Task *t);  /* makes the guard pages trap, for emitted code */

/* exec.c: runs the module's function `func` in the executor asked for. */
u64 exec_run(Task *t, u32 func, const u64 *args);
void exec_free(Task *t);
bool exec_deep(const Thread *th); /* the host's stack is nearly used up */
u32 *task_number_types(const PModule *m); /* equal signatures get equal numbers; free() it */

OHostFn pcode_mem_grow, pcode_bridge; /* rows of helpers.def: guest.c, jit.c */

/* jit.c */
bool jit_available(const Task *t, const char **why);
/* Takes part in a Thread's interpreter: hooks of PEnv. */
void jit_hook(Task *t);
u64 jit_run(Task *t, u32 func, const u64 *args);
void jit_free(Task *t);
/* The emitted code around a return address, or at an instruction that faulted: which function, and the place in it.
 * False: a thunk or unknown. */
typedef struct JitPlace {
	u32 func;
	const OMap *map;     /* the function's maps */
	u32 at;              /* index of the site's map; 0 = none */
	const void *loc;     /* BackLoc, of the site's state map */
	u32 nloc;
	bool bridge;         /* a function that only leads to another */
} JitPlace;
bool jit_place(const Task *t, u64 pc, bool fault, JitPlace *out);
bool jit_inside(const Task *t, u64 pc);
u64 jit_code_bytes(const Task *t);
u32 jit_refused(const Task *t, const char **why);

/* fault.c: SIGSEGV and SIGBUS of emitted code. */
void fault_install(Task *t);

/* chain.c: one activation. */
typedef struct Activation {
	ChainEntry e;
	const PFrame *frame; /* in the interpreter */
	const JitPlace *place;
	u64 fp;              /* in emitted code */
} Activation;
/* Calls fn on each activation, innermost first, until it returns false. */
void chain_walk(Thread *t, bool (*fn)(void *ctx, const Activation *a), void *ctx);
void chain_report(Thread *t, u32 code, Buf *out);

/* postmortem.c: the variables of each activation. */
void postmortem(Thread *t, Buf *out);

/* pipeline.c: the stages from a checked function to machine code.  Adds to t->stat. */
OFunc *pipeline_lower(Task *t, u32 func, u32 label);
void pipeline_free(Task *t);
u64 pipeline_now(void); /* ns */

#endif
