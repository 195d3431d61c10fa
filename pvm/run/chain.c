/* Call chains: which activations there are, across the executors, and the report of a run-time error. */
#include "task.h"

enum { SHOW_HEAD = 12, SHOW_TAIL = 6 };

typedef bool Visit(void *ctx, const Activation *a);

typedef struct Walk {
	Thread *th;
	Visit *fn;
	void *ctx;
	bool stop;
	bool skip; /* the first activation, if it has not begun */
} Walk;

static void visit(Walk *w, u32 func, u32 pc, enum Exec exec, const PFrame *frame, const JitPlace *place, u64 fp)
{
	const PModule *m = w->th->task->m;
	Activation a = {
		.e = {.func = func, .pc = pc, .exec = exec, .line = pcode_line(m, &m->func[func], pc)},
		.frame = frame, .place = place, .fp = fp
	};

	/* On a stack overflow the interpreter has not entered the function yet; emitted code and eval have. */
	bool skip = w->skip && exec != EXEC_INTERP && pc == 0;
	w->skip = false;
	if (!skip)
		w->stop = !w->fn(w->ctx, &a);
}

/* A place in optimised code stands for the activation itself and those it was inlined into. */
static void visit_map(Walk *w, const OMap *map, u32 at, enum Exec exec, const JitPlace *place, u64 fp)
{
	for (; at && !w->stop; at = map[at].parent)
		visit(w, map[at].func, map[at].pc, exec, NULL, place, fp);
}

/* Emitted code keeps rbp chains: at fp the caller's fp, behind it the return address.  The entry thunk ends
 * the segment. */
static void walk_code(Walk *w, u64 fp, u64 pc, bool fault)
{
	JitPlace place;

	for (; !w->stop && jit_place(w->th->task, pc, fault, &place); fault = false) {
		if (!place.bridge && !place.at)
			visit(w, place.func, 0, EXEC_JIT, NULL, &place, fp);
		else if (!place.bridge)
			visit_map(w, place.map, place.at, EXEC_JIT, &place, fp);
		memcpy(&pc, (void *)(uintptr_t)(fp + 8), 8);
		memcpy(&fp, (void *)(uintptr_t)fp, 8);
	}
}

static void walk_interp(Walk *w, const PFrame *f, const PFrame *end)
{
	const PEnv *env = &w->th->env;

	for (; f != end && f && !w->stop; f = pcode_frame_up(env, f))
		visit(w, f->func, pcode_frame_pc(env, f), EXEC_INTERP, f, NULL, 0);
}

static void walk_eval(Walk *w)
{
	u32 at = w->th->eval.map;

	for (EvalFrame *f = w->th->eval_top; f && !w->stop; f = f->up) {
		if (f != w->th->eval_top)
			at = f->map;
		visit_map(w, f->f->map.p, at, EXEC_EVAL, NULL, 0);
	}
}

void chain_walk(Thread *th, Visit *fn, void *ctx)
{
	Walk w = {th, fn, ctx, false, th->overflow};
	const PFrame *top = th->env.top;
	u64 fp = th->r.exit_fp, pc = th->r.exit_pc;
	bool fault = th->fault;

	if (th->eval_top) {
		walk_eval(&w);
		return;
	}
	for (const Seg *s = th->seg;; s = s->up) {
		if (fp)
			walk_code(&w, fp, pc, fault);
		else
			walk_interp(&w, top, s ? s->top : NULL);
		if (!s || w.stop)
			break;
		fp = s->fp;
		pc = s->pc;
		fault = false;
		top = s->osr ? pcode_frame_up(&th->env, s->top) : s->top;
	}
}

typedef struct Collect {
	ChainEntry *out;
	u32 n, max;
} Collect;

static bool collect(void *ctx, const Activation *a)
{
	Collect *c = ctx;

	if (c->n < c->max)
		c->out[c->n] = a->e;
	c->n++;
	return true;
}

u32 thread_chain(Thread *th, ChainEntry *out, u32 max)
{
	Collect c = {out, 0, max};

	chain_walk(th, collect, &c);
	return c.n;
}

void task_place(const Task *t, const ChainEntry *c, Buf *out)
{
	const PModule *m = t->m;
	const char *name = m->func[c->func].name;

	if (*name)
		buf_printf(out, "%s", name);
	else
		buf_printf(out, "function %u", m->nimport + c->func);
	u32 line = c->line;
	const char *file = pcode_file(m, &line);
	if (line)
		buf_printf(out, " (%s:%u)", file, line);
	else
		buf_printf(out, " (+%u)", c->pc);
}

typedef struct Report {
	Thread *th;
	Buf *out;
	u32 n, total;
	const char *library; /* the routine of the library that the first line shown has called */
	bool started;        /* a line was shown */
} Report;

static bool report(void *ctx, const Activation *a)
{
	Report *r = ctx;
	const PModule *m = r->th->task->m;
	u32 k = r->n++;

	if (!r->started && m->nline && !a->e.line) { /* the library has no lines: first the program's own */
		r->library = m->func[a->e.func].name;
		return true;
	}
	if (k == SHOW_HEAD && r->total > SHOW_HEAD + SHOW_TAIL + 1)
		buf_printf(r->out, "  ... %u more\n", r->total - SHOW_HEAD - SHOW_TAIL);
	if (k >= SHOW_HEAD && k + SHOW_TAIL < r->total && r->total > SHOW_HEAD + SHOW_TAIL + 1)
		return true;
	buf_printf(r->out, r->started ? "  called from " : "  at ");
	task_place(r->th->task, &a->e, r->out);
	if (!r->started && r->library)
		buf_printf(r->out, ", in %s", r->library);
	buf_printf(r->out, "\n");
	r->started = true;
	return true;
}

void chain_report(Thread *th, u32 code, Buf *out)
{
	th->overflow = code == TRAP_STACK;
	Report r = {.th = th, .out = out, .total = thread_chain(th, NULL, 0)};

	buf_printf(out, "run-time error %u: %s\n", code, task_error_text(code));
	chain_walk(th, report, &r);
}

const char *task_error_text(u32 code)
{
	static const struct { u8 code; const char *text; } texts[] = {
		{2, "file not found"}, {3, "path not found"}, {4, "too many open files"},
		{5, "file access denied"}, {6, "invalid file handle"},
		{100, "end of file reached, or the file cannot be read"}, {101, "the file cannot be written"},
		{102, "no file name assigned"}, {103, "file not open"}, {104, "file not open for input"},
		{105, "file not open for output"}, {106, "invalid number in the input"},
		{107, "no name of an enumeration"},
		{TRAP_DIV0, "division by zero"}, {TRAP_RANGE, "range check failed"}, {TRAP_STACK, "stack overflow"},
		{TRAP_HEAP, "heap overflow: out of memory"}, {TRAP_POINTER, "invalid pointer operation"},
		{TRAP_FOVERFLOW, "floating-point overflow"}, {TRAP_FINVALID, "invalid floating-point operation"},
		{TRAP_OVERFLOW, "arithmetic overflow"}, {TRAP_MEMORY, "nil pointer or access outside memory"},
		{TRAP_CALL, "call of no routine, or of one with other parameters"}, {TRAP_CASE, "no case for this value"},
		{TRAP_ASSERT, "assertion failed"}, {TRAP_UNREACHABLE, "a place that is never reached was reached"}
	};

	for (u32 i = 0; i < COUNT(texts); i++)
		if (texts[i].code == code)
			return texts[i].text;
	return "error of the program's own";
}
