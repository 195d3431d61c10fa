/* The executors: the interpreter, and eval over lowered functions.  (The JIT is a guest of the interpreter's
 * hooks: jit.c.) */
#include "task.h"

#include <stdlib.h>

/* True when the host's stack is nearly used up. */
bool exec_deep(const Thread *th)
{
	return (u64)(uintptr_t)__builtin_frame_address(0) < th->r.host_sp_limit;
}

static u64 eval_call(OEvalEnv *ev, u32 func, const u64 *args)
{
	Thread *th = ev->ctx;
	Task *t = th->task;

	if (func >= t->m->nfunc)
		return t->host[PH_COUNT + func - t->m->nfunc](&th->r, args);
	if (exec_deep(th))
		thread_trap(th, TRAP_STACK);
	if (!t->lowered[func])
		t->lowered[func] = pipeline_lower(t, func, UINT32_MAX);
	EvalFrame frame = {.up = th->eval_top, .f = t->lowered[func]};
	if (frame.up)
		frame.up->map = ev->map;
	th->eval_top = &frame;
	u64 v = ocode_eval(ev, frame.f, args);
	th->eval_top = frame.up;
	return v;
}

static void eval_trap(OEvalEnv *ev, u32 code, const OFunc *f, u32 map, const u64 *vals)
{
	Thread *th = ev->ctx;

	ev->map = map;
	th->eval_vals = vals;
	thread_trap(th, code);
}

static void eval_exit(OEvalEnv *ev, u32 kind, u64 pc)
{
	die(EXIT_VM, "O-code of a P-code program has an exit (kind %u)", kind);
}

static u64 eval_run(Task *t, u32 func, const u64 *args)
{
	OEvalEnv *ev = &t->thread->eval;

	t->lowered = xcalloc(t->m->nfunc, sizeof *t->lowered);
	*ev = (OEvalEnv){
		.t = &t->thread->r, .call = eval_call, .trap = eval_trap, .exit = eval_exit, .ctx = t->thread,
		.guest_lo = t->m->guard, .guest_hi = t->thread->r.mem_size
	};
	return eval_call(ev, func, args);
}

u64 exec_run(Task *t, u32 func, const u64 *args)
{
	u64 v;

	if (t->o.exec == EXEC_EVAL)
		v = eval_run(t, func, args);
	else if (t->o.exec == EXEC_JIT)
		v = jit_run(t, func, args);
	else
		v = pcode_interp(&t->thread->env, func, args);
	if (t->thread->r.unwind) /* a goto to an activation that is gone */
		thread_trap(t->thread, TRAP_CALL);
	return v;
}

void exec_free(Task *t)
{
	for (u32 i = 0; t->lowered && i < t->m->nfunc; i++)
		if (t->lowered[i])
			ocode_free(t->lowered[i]);
	free(t->lowered);
	pipeline_free(t);
}
