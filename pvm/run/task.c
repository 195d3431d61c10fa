/* Task: one guest program from its module to its exit status. */
#include "task.h"

#include <stdlib.h>
#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum {
	STACK_WANT = 100 << 20,  /* host stack for guest activations: below the 128 MiB that Linux keeps free */
	STACK_ROOM = 256 << 10,  /* left for handlers and the compiler */
	HOST_MAX_SIG = 300
};

/* ---- host functions ------------------------------------------------------------------------------ */

static OHostFn *const helpers[PH_COUNT] = {
#define H(op, name, sig, fn, meaning) [PH_##op] = fn,
#include "../pcode/helpers.def"
#undef H
};

static const char *signature(const PType *type, char out[HOST_MAX_SIG])
{
	u32 n = MIN(type->nparam, (u32)HOST_MAX_SIG - 3);

	memcpy(out, type->param, n);
	out[n++] = ':';
	if (type->result)
		out[n++] = (char)type->result;
	out[n] = 0;
	return out;
}

/* Fills the host-function table; an error names every import that is missing. */
static bool link_imports(Task *t, AbiLookup *abi, Err *e)
{
	const PModule *m = t->m;
	Buf missing = {0};

	t->host = xcalloc(PH_COUNT + m->nimport, sizeof *t->host);
	memcpy(t->host, helpers, sizeof helpers);
	for (u32 i = 0; i < m->nimport; i++) {
		char sig[HOST_MAX_SIG];
		const char *why = NULL;
		OHostFn *fn = abi(t, m->import[i].module, m->import[i].name, signature(&m->type[m->import[i].type], sig), &why);
		if (!fn)
			buf_printf(&missing, "%s %s.%s(%s) (%s)", missing.n ? "," : "", m->import[i].module, m->import[i].name, sig, why);
		t->host[PH_COUNT + i] = fn;
	}
	t->thread->r.host = t->host;
	bool ok = missing.n == 0;
	if (!ok)
		err_set(e, EXIT_UNSUPPORTED, "%s: calls that this build does not have:%.*s", m->source, (int)missing.n, (char *)missing.p);
	buf_free(&missing);
	return ok;
}

u32 *task_number_types(const PModule *m)
{
	u32 *id = xcalloc(m->ntype, sizeof *id);

	for (u32 i = 0; i < m->ntype; i++) {
		const PType *a = &m->type[i];
		u32 k = 0;
		for (; k < i; k++) {
			const PType *b = &m->type[k];
			if (a->nparam == b->nparam && a->result == b->result && memcmp(a->param, b->param, a->nparam) == 0)
				break;
		}
		id[i] = k;
	}
	return id;
}

static void make_table(Task *t)
{
	const PModule *m = t->m;
	OEntry *e = xcalloc(m->ntable, sizeof *e);

	for (u32 i = 0; i < m->ntable; i++) {
		u32 k = m->table[i];
		if (k == UINT32_MAX)
			e[i] = (OEntry){.type = UINT32_MAX, .func = UINT32_MAX};
		else if (k < m->nimport)
			e[i] = (OEntry){.type = t->type_id[m->import[k].type], .func = m->nfunc + k};
		else
			e[i] = (OEntry){.type = t->type_id[m->func[k - m->nimport].type], .func = k - m->nimport};
	}
	t->thread->r.table = e;
	t->thread->r.table_len = m->ntable;
}

/* ---- the end of the guest ------------------------------------------------------------------------- */

void thread_exit(Thread *th, int status)
{
	th->task->status = status;
	longjmp(th->task->end, 1);
}

void thread_trap(Thread *th, u32 code)
{
	Task *t = th->task;

	chain_report(th, code, &t->report);
	if (t->o.postmortem)
		postmortem(th, &t->report);
	thread_exit(th, (int)code);
}

static void trap(Regfile *r, u64 code)
{
	thread_trap((Thread *)r, (u32)code);
}

void task_at_end(Task *t, void (*fn)(void *data), void *data)
{
	vec_push(&t->at_end, ((AtEnd){fn, data}));
}

void task_end_badly(Task *t, int status)
{
	if (t->status == 0)
		t->status = status;
}

/* ---- making -------------------------------------------------------------------------------------- */

static void trace_step(PEnv *env, const PFrame *f)
{
	Task *t = env->ctx;
	Buf line = {0};

	if (t->step) {
		t->step(t, f, t->step_ctx);
		return;
	}
	const PFunc *pf = &t->m->func[f->func];
	buf_printf(&line, "%s+%u: ", pf->name, pcode_frame_pc(env, f));
	pcode_dis_ins(t->m, pf, pcode_frame_pc(env, f), &line);
	fprintf(t->o.trace, "%.*s\n", (int)line.n, (char *)line.p);
	buf_free(&line);
}

static void make_env(Task *t)
{
	PEnv *env = &t->thread->env;

	env->t = &t->thread->r;
	env->m = t->m;
	env->type_id = t->type_id;
	env->ctx = t;
	if (t->o.trace_pcode)
		env->step = trace_step;
}

/* Which executor AUTO stands for; an explicit wish for the JIT that cannot be met is an error. */
static bool choose_exec(Task *t, Err *e)
{
	const char *why = NULL;
	bool can = jit_available(t, &why);

	if (t->o.exec == EXEC_JIT && !can)
		return err_set(e, EXIT_UNSUPPORTED, "--exec=jit: %s", why);
	if (t->o.exec == EXEC_AUTO)
		t->o.exec = can ? EXEC_JIT : EXEC_INTERP;
	if (t->o.trace_pcode || t->o.stop)
		t->o.exec = EXEC_INTERP;
	if (t->o.exec == EXEC_JIT)
		jit_hook(t);
	return true;
}

/* The guest runs on the host's main stack, made as large as it may be. */
static void make_stack(Thread *th)
{
	struct rlimit r = {0};
	u64 size = 8 << 20;

	if (!SANITIZED && getrlimit(RLIMIT_STACK, &r) == 0 && r.rlim_cur < STACK_WANT) {
		r.rlim_cur = MIN(r.rlim_max, (rlim_t)STACK_WANT);
		setrlimit(RLIMIT_STACK, &r);
	}
	if (getrlimit(RLIMIT_STACK, &r) == 0) /* an emulator may not have done it */
		size = MIN(r.rlim_cur, (rlim_t)STACK_WANT);
	u64 here = (u64)(uintptr_t)__builtin_frame_address(0);
	u64 used = 256 << 10; /* arguments and environment lie above */
	th->r.host_sp_limit = here - (size > used + 2 * STACK_ROOM ? size - used - STACK_ROOM : size / 2);
}

Task *task_new(const PModule *m, const TaskOpts *o, AbiLookup *abi, Err *e)
{
	Task *t = xcalloc(1, sizeof *t);
	Thread *th = xcalloc(1, sizeof *th);

	t->m = m;
	t->o = *o;
	if (!t->o.trace)
		t->o.trace = stderr;
	t->stat.start = pipeline_now();
	t->thread = th;
	th->task = t;
	th->r.trap = trap;
	t->type_id = task_number_types(m);
	make_table(t);
	th->r.global = xcalloc(m->nglobal, sizeof *th->r.global);
	for (u32 i = 0; i < m->nglobal; i++)
		th->r.global[i] = m->global[i].init;
	make_env(t);
	if (!link_imports(t, abi, e) || !guest_new(t, e) || !choose_exec(t, e)) {
		task_free(t);
		return NULL;
	}
	return t;
}

int task_run(Task *t)
{
	static const u64 no_args[1];

	make_stack(t->thread);
	if (setjmp(t->end) == 0) {
		if (t->m->start != UINT32_MAX)
			exec_run(t, t->m->start - t->m->nimport, no_args);
	}
	for (u32 i = t->at_end.n; i-- > 0;)
		t->at_end.p[i].fn(t->at_end.p[i].data);
	if (t->report.n)
		fwrite(t->report.p, 1, t->report.n, stderr);
	return t->status;
}

void task_free(Task *t)
{
	pcode_interp_free(&t->thread->env);
	exec_free(t);
	jit_free(t);
	guest_free(t);
	free(t->thread->r.table);
	free(t->thread->r.global);
	free(t->thread);
	free(t->host);
	free(t->type_id);
	vec_free(&t->at_end);
	buf_free(&t->report);
	free(t);
}

/* ---- small doors ---------------------------------------------------------------------------------- */

void task_set_abi(Task *t, void *data)
{
	t->abi = data;
}

void *task_abi(const Task *t) { return t->abi; }
void *thread_abi(Thread *th) { return th->task->abi; }
Task *thread_task(Thread *th) { return th->task; }
const PModule *task_module(const Task *t) { return t->m; }
const TaskOpts *task_opts(const Task *t) { return &t->o; }
PEnv *task_env(Task *t) { return &t->thread->env; }
Thread *task_thread(Task *t) { return t->thread; }

void task_set_step(Task *t, void (*fn)(Task *t, const PFrame *f, void *ctx), void *ctx)
{
	t->step = fn;
	t->step_ctx = ctx;
	t->thread->env.step = trace_step;
}

static void trace_value(FILE *out, char type, u64 v)
{
	switch (type) {
	case 'i': fprintf(out, "%d", (i32)v); break;
	case 'l': fprintf(out, "%lld", (long long)v); break;
	case 'f': fprintf(out, "%.9g", (double)u32_f32((u32)v)); break;
	default: fprintf(out, "%.17g", u64_f64(v)); break;
	}
}

u64 task_trace_call(Thread *th, const char *name, const char *sig, OHostFn *fn, const u64 *args)
{
	FILE *out = th->task->o.trace;

	const char *end = strchr(sig, ':');

	fprintf(out, "%s(", name);
	for (u32 i = 0; sig + i < end; i++) {
		fputs(i ? ", " : "", out);
		trace_value(out, sig[i], args[i]);
	}
	fputs(end[1] ? ")" : ")\n", out);
	u64 v = fn(&th->r, args);
	if (end[1]) {
		fputs(" = ", out);
		trace_value(out, end[1], v);
		fputc('\n', out);
	}
	return v;
}
