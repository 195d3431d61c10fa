/* run: the machine that executes -- Task, Thread, guest memory, code cache, run loop, faults.
 *
 * This is the door that abi-shim, debug and main.c use. */
#ifndef PVM_RUN_H
#define PVM_RUN_H

#include "../base/base.h"
#include "../ocode/ocode.h"
#include "../pcode/pcode.h"

typedef struct Task Task;
typedef struct Thread Thread; /* begins with a Regfile, so that a handler's Regfile * is its Thread * */

enum Exec { EXEC_AUTO, EXEC_INTERP, EXEC_EVAL, EXEC_JIT };

typedef struct TaskOpts {
	enum Exec exec;        /* AUTO: JIT where there is a back end, else INTERP */
	int opt;               /* optimiser level, 2 unless told */
	i32 hot;               /* calls or loop rounds before the JIT takes over; 0 = compile on first call; -1 = default */
	bool check_ocode;      /* run the O-code checker behind each pass */
	bool stats, trace_pcode, trace_exec, postmortem, perf_map;
	bool stop;             /* for the debugger: everything in the interpreter, with task_set_step */
	FILE *trace;           /* where traces go; stderr unless told */
} TaskOpts;

/* An ABI personality: finds the handler of an import.  NULL when it has none of that name and signature
 * (*why then says which of the two). */
typedef OHostFn *AbiLookup(Task *t, const char *module, const char *name, const char *sig, const char **why);

/* Makes a Task for a checked module and resolves its imports; the module must outlive it.  NULL: e says why
 * (EXIT_UNSUPPORTED with the list of imports that are missing). */
Task *task_new(const PModule *m, const TaskOpts *o, AbiLookup *abi, Err *e);
/* Runs it to its end and returns its exit status; a trap has been reported on stderr. */
int task_run(Task *t);
void task_stats(Task *t, FILE *out);
void task_free(Task *t);

/* The personality's own data. */
void task_set_abi(Task *t, void *data);
void *task_abi(const Task *t);
void *thread_abi(Thread *t);
Task *thread_task(Thread *t);
const PModule *task_module(const Task *t);
const TaskOpts *task_opts(const Task *t);
/* Calls a handler and writes the call with its arguments and result to the trace. */
u64 task_trace_call(Thread *t, const char *name, const char *sig, OHostFn *fn, const u64 *args);

/* ---- for handlers -------------------------------------------------------------------------------- */

/* n bytes of guest memory at addr, checked: traps (TRAP_MEMORY) when any of them is out of reach.  Valid until
 * the guest runs again. */
void *guest_ptr(Thread *t, u32 addr, u32 n);
/* As above, but gives NULL. */
void *guest_ptr_try(Thread *t, u32 addr, u32 n);
/* Grows the guest's memory so that `size` bytes are in use; false when the limit is reached. */
bool guest_grow(Thread *t, u64 size);

/* Ends the guest: with a run-time error (1 to 255), or with a status.  Neither returns. */
void thread_trap(Thread *t, u32 code) NORETURN;
void thread_exit(Thread *t, int status) NORETURN;
/* Functions to run when the Task ends, however it ends (flush files). */
void task_at_end(Task *t, void (*fn)(void *data), void *data);
/* For these: the end itself went wrong; a status that tells of an earlier failure stays. */
void task_end_badly(Task *t, int status);

/* One activation of a call chain, innermost first. */
typedef struct ChainEntry {
	u32 func, pc, line;
	enum Exec exec;
} ChainEntry;
/* Returns how many there are, of which the first `max` are in out. */
u32 thread_chain(Thread *t, ChainEntry *out, u32 max);
/* "NAME (file.pas:LINE)" for one of them. */
void task_place(const Task *t, const ChainEntry *c, Buf *out);
/* What a run-time error means. */
const char *task_error_text(u32 code);

/* ---- for the debugger ------------------------------------------------------------------------------ */

/* Calls fn before each instruction of the interpreter; before task_run, with o->exec EXEC_INTERP. */
void task_set_step(Task *t, void (*fn)(Task *t, const PFrame *f, void *ctx), void *ctx);
PEnv *task_env(Task *t);
Thread *task_thread(Task *t);
/* The value of a variable in an activation (or of the module: f NULL) as text; false: not in reach. */
bool task_show_var(Task *t, const PVar *v, const PFrame *f, Buf *out);

/* ---- stages, for `pvm dump` ------------------------------------------------------------------------ */

enum Stage { STAGE_OCODE, STAGE_OPT, STAGE_REGS, STAGE_ASM };
/* Lists one function (index in m->func) as that stage sees it; pass: stop behind that pass, NULL = all. */
bool pipeline_dump(const PModule *m, u32 func, enum Stage s, const char *pass, int opt, Buf *out, Err *e);

#endif
