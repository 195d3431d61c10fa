/* The JIT: functions are compiled when they have become hot, and the interpreter and emitted code call each
 * other.
 *
 * Emitted code calls a function that is not compiled yet through its stub, a jump that is changed with one
 * store when the function is there.  Until then the stub leads to a bridge: a small emitted function that hands
 * its arguments to pcode_bridge, which runs the interpreter.  The bridge is made of O-code, so that no calling
 * convention is written down here. */
#include "task.h"
#include "codecache.h"
#include "../back/back.h"
#include "../opt/opt.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	HOT_DEFAULT = 120,     /* calls, or rounds of a loop, before a function is compiled */
	STUB_SIZE = 8,
	OSR_TYPE = 1 << 30     /* numbers of the signatures of loop entries, behind those of the Task */
};

typedef struct Code {
	u8 *at;      /* where it runs */
	u32 size;
	u32 func;    /* index in m->func; NO_FUNC for a thunk */
	bool bridge;
	BackSite *site;
	u32 nsite;
	BackLoc *loc;
	OMap *map;
} Code;
#define NO_FUNC UINT32_MAX

/* An entry thunk: calls emitted code of one signature from C. */
typedef u64 Enter(Regfile *t, const void *code, const u64 *args);

struct Jit {
	Task *task;
	const Target *target;
	CodeCache cache;
	pthread_mutex_t lock;     /* held while code is made */
	u32 nfunc;                /* the module's functions, then its imports */
	const u8 **entry;         /* by function: compiled code or NULL */
	u8 *stubbed, *refused;    /* by function */
	u32 *calls;               /* by function: through the bridge */
	const u8 *thunk[THUNK_COUNT];
	VEC(Code) code;           /* by address */
	Enter **enter_of;         /* by function: the entry thunk of its signature, NULL = not looked for yet */
	Map enter;                /* signature number -> entry thunk */
	Map loop;                 /* function << 32 | label -> code of the loop entry, 1 = refused */
	u32 nrefused;
	Err why;                  /* why the first was refused */
	FILE *perf;
};

/* ---- placing code -------------------------------------------------------------------------------- */

static const u8 *ensure_stub(Jit *j, u32 func);

static const u8 *reloc_target(Jit *j, const BackReloc *r)
{
	if (r->sym == SYM_THUNK)
		return j->thunk[r->id];
	return j->entry[r->id] ? j->entry[r->id] : ensure_stub(j, r->id);
}

static void perf_note(Jit *j, const u8 *at, u32 size, const char *name, const char *what)
{
	if (!j->task->o.perf_map)
		return;
	if (!j->perf) {
		char path[64];
		snprintf(path, sizeof path, "/tmp/perf-%d.map", (int)getpid());
		j->perf = fopen(path, "we");
		if (!j->perf)
			die(EXIT_VM, "--perf: cannot write %s", path);
		setvbuf(j->perf, NULL, _IOLBF, 0);
	}
	fprintf(j->perf, "%llx %x %s%s\n", (unsigned long long)(uintptr_t)at, size, name, what);
}

/* Puts finished code into the cache; takes over its sites.  NULL: the cache is full. */
static const u8 *place(Jit *j, BackCode *c, Code code, const char *name, const char *what)
{
	u32 n = c->code.n, at = codecache_take(&j->cache, n);

	if (at == UINT32_MAX)
		return NULL;
	u8 *w = j->cache.w + at, *x = j->cache.x + at;
	memcpy(w, c->code.p, n);
	code.at = x;
	code.size = n;
	code.site = c->site.p;
	code.nsite = c->site.n;
	code.loc = c->loc.p;
	c->site.p = NULL;
	c->loc.p = NULL;
	vec_push(&j->code, code);
	for (u32 i = 0; i < c->reloc.n; i++) {
		BackReloc *r = &c->reloc.p[i];
		bool self = r->sym == SYM_FUNC && r->id == code.func && !code.bridge && !*what;
		if (!back_reloc(j->target, r, w + r->off, x + r->off, self ? x : reloc_target(j, r)))
			die(EXIT_VM, "%s: code out of reach", name);
	}
	back_sync(j->target, x, n);
	perf_note(j, x, n, name, what);
	return x;
}

/* Compiles f, whose ownership it takes.  NULL with e set where the back end cannot. */
static const u8 *make(Jit *j, OFunc *f, Code code, const char *what, Err *e)
{
	BackCode c = {0};
	const u8 *at = NULL;
	u64 start = pipeline_now();

	if (back_compile(j->target, f, &c, NULL, e)) {
		code.map = f->map.p;
		at = place(j, &c, code, f->name, what);
		if (at)
			f->map.p = NULL, f->map.n = f->map.cap = 0;
		else
			err_set(e, EXIT_VM, "the code cache is full");
	}
	j->task->stat.back += pipeline_now() - start;
	back_code_free(&c);
	ocode_free(f);
	return at;
}

/* ---- stubs and bridges ----------------------------------------------------------------------------- */

static OType otype(u8 letter)
{
	switch (letter) {
	case 'i': return OT_I32;
	case 'l': return OT_I64;
	case 'f': return OT_F32;
	case 'd': return OT_F64;
	default: return OT_VOID;
	}
}

static const PType *type_of(const PModule *m, u32 func)
{
	return &m->type[func < m->nfunc ? m->func[func].type : m->import[func - m->nfunc].type];
}

static const char *name_of(const PModule *m, u32 func)
{
	return func < m->nfunc ? m->func[func].name : m->import[func - m->nfunc].name;
}

/* The bits of a call's 64-bit result as a value of the function's type. */
static OVal narrow(OFunc *f, u32 b, OVal v, OType type)
{
	if (type == OT_I64)
		return v;
	if (type == OT_F64)
		return ocode_emit(f, b, O_BITS, type, 0, v, 0, 0);
	v = ocode_emit(f, b, O_TRUNC, OT_I32, 0, v, 0, 0);
	return type == OT_F32 ? ocode_emit(f, b, O_BITS, type, 0, v, 0, 0) : v;
}

/* A function that hands its arguments on to row `row` of the host, behind its own number if `numbered`. */
static OFunc *bridge_func(const PModule *m, u32 func, u32 row, bool numbered)
{
	const PType *t = type_of(m, func);
	OType ret = otype(t->result);
	OFunc *f = ocode_new(name_of(m, func), func, ret);
	u32 b = ocode_block(f);
	VEC(u32) args = {0};

	vec_push(&f->order, b);
	for (u32 i = 0; i < t->nparam; i++) {
		vec_push(&f->param, (u8)otype(t->param[i]));
		OVal v = ocode_param(f, b, otype(t->param[i]));
		vec_push(&args, v);
	}
	if (numbered) {
		vec_push(&args, 0);
		memmove(args.p + 1, args.p, t->nparam * sizeof *args.p);
		args.p[0] = ocode_emit_const(f, b, OT_I32, func);
	}
	u32 pool = ocode_pool(f, args.p, args.n);
	OType type = numbered ? OT_I64 : ret;
	OVal v = ocode_emit(f, b, O_HCALL, type, 0, row, pool, args.n);
	if (numbered && ret != OT_VOID)
		v = narrow(f, b, v, ret);
	ocode_emit(f, b, O_RET, OT_VOID, ret != OT_VOID, ret != OT_VOID ? v : 0, 0, 0);
	vec_free(&args);
	return f;
}

static const u8 *ensure_stub(Jit *j, u32 func)
{
	const PModule *m = j->task->m;
	u8 *x = j->cache.x + STUB_SIZE * func;

	if (j->stubbed[func])
		return x;
	j->stubbed[func] = 1;
	const u8 *to = j->entry[func];
	if (!to) {
		bool import = func >= m->nfunc;
		Err e = {0};
		OFunc *f = bridge_func(m, func, import ? PH_COUNT + func - m->nfunc : PH_CALL, !import);
		opt_run(f, 0, NULL, NULL);
		to = make(j, f, (Code){.func = func, .bridge = true}, " (bridge)", &e);
		if (!to)
			die(e.status, "%s", e.msg);
	}
	back_stub(j->target, j->cache.w + STUB_SIZE * func, x, to);
	back_sync(j->target, x, STUB_SIZE);
	return x;
}

/* ---- starting ------------------------------------------------------------------------------------ */

static void make_thunks(Jit *j)
{
	for (int i = 0; i < THUNK_COUNT; i++) {
		BackCode c = {0};
		back_thunk(j->target, (enum BackThunk)i, &c);
		j->thunk[i] = place(j, &c, (Code){.func = NO_FUNC}, "thunk", "");
		back_code_free(&c);
	}
}

/* Indirect calls go through the function table. */
static void fill_table(Jit *j)
{
	Regfile *r = &j->task->thread->r;

	for (u32 i = 0; i < r->table_len; i++)
		if (r->table[i].func != UINT32_MAX)
			r->table[i].code = (void *)(uintptr_t)ensure_stub(j, r->table[i].func);
}

/* Nothing is set up before the first function is compiled.  NULL: code memory is not to be had. */
static Jit *jit_get(Task *t)
{
	Err e = {0};

	if (t->jit)
		return t->jit;
	Jit *j = xcalloc(1, sizeof *j);
	t->jit = j;
	j->task = t;
	j->target = back_host();
	j->nfunc = t->m->nfunc + t->m->nimport;
	j->entry = xcalloc(j->nfunc, sizeof *j->entry);
	j->stubbed = xcalloc(j->nfunc, 1);
	j->refused = xcalloc(j->nfunc, 1);
	j->calls = xcalloc(j->nfunc, sizeof *j->calls);
	j->enter_of = xcalloc(j->nfunc, sizeof *j->enter_of);
	pthread_mutex_init(&j->lock, NULL);
	if (!codecache_new(&j->cache, t->o.perf_map, &e))
		die(e.status, "%s (--exec=interp does without)", e.msg);
	j->cache.used = STUB_SIZE * j->nfunc;
	make_thunks(j);
	fill_table(j);
	guest_guard(t);
	fault_install(t);
	return j;
}

bool jit_available(const Task *t, const char **why)
{
	if (!back_host())
		*why = "no back end for this machine's architecture yet";
	else if (!t->window)
		*why = "8 GiB of address space are not to be had (ulimit -v)";
	else if ((u64)(t->m->nfunc + t->m->nimport) * STUB_SIZE > CODECACHE_SIZE / 4)
		*why = "too many functions";
	else
		return true;
	return false;
}

void jit_free(Task *t)
{
	Jit *j = t->jit;

	free(t->thread->env.compiled);
	if (!j)
		return;
	for (u32 i = 0; i < j->code.n; i++) {
		vec_free_(j->code.p[i].site);
		vec_free_(j->code.p[i].loc);
		vec_free_(j->code.p[i].map);
	}
	vec_free(&j->code);
	if (j->perf)
		fclose(j->perf);
	map_free(&j->enter);
	map_free(&j->loop);
	free(j->entry);
	free(j->stubbed);
	free(j->refused);
	free(j->calls);
	free(j->enter_of);
	codecache_free(&j->cache);
	pthread_mutex_destroy(&j->lock);
	free(j);
}

/* ---- compiling ----------------------------------------------------------------------------------- */

static void refuse(Jit *j, const Err *e)
{
	if (j->nrefused++ == 0)
		j->why = *e;
}

/* Compiles a whole function and lets everybody know. */
static void compile(Jit *j, u32 func)
{
	Task *t = j->task;
	Err e = {0};

	pthread_mutex_lock(&j->lock);
	if (!j->entry[func] && !j->refused[func]) {
		OFunc *f = pipeline_lower(t, func, UINT32_MAX);
		const u8 *at = make(j, f, (Code){.func = func}, "", &e);
		j->entry[func] = at;
		j->refused[func] = !at;
		if (!at)
			refuse(j, &e);
		if (at && j->stubbed[func]) {
			u8 *x = j->cache.x + STUB_SIZE * func;
			back_stub(j->target, j->cache.w + STUB_SIZE * func, x, at);
			back_sync(j->target, x, STUB_SIZE);
		}
		t->thread->env.compiled[func] = at != NULL;
	}
	pthread_mutex_unlock(&j->lock);
}

static const u8 *compile_loop(Jit *j, u32 func, u32 label)
{
	u64 key = (u64)func << 32 | label;
	const u64 *known = map_get(&j->loop, key);
	Err e = {0};

	if (known)
		return *known == 1 ? NULL : (const u8 *)(uintptr_t)*known;
	pthread_mutex_lock(&j->lock);
	const u8 *at = make(j, pipeline_lower(j->task, func, label), (Code){.func = func}, " (loop)", &e);
	if (!at)
		refuse(j, &e);
	*map_put(&j->loop, key) = at ? (u64)(uintptr_t)at : 1;
	pthread_mutex_unlock(&j->lock);
	return at;
}

static Enter *make_enter(Jit *j, u64 number, OType ret, const u8 *letters, u32 n)
{
	BackCode c = {0};
	u8 *param = xmalloc(n);

	for (u32 i = 0; i < n; i++)
		param[i] = (u8)otype(letters[i]);
	pthread_mutex_lock(&j->lock);
	back_enter(j->target, (u8)ret, param, n, &c);
	const u8 *at = place(j, &c, (Code){.func = NO_FUNC}, "enter", "");
	if (!at)
		die(EXIT_VM, "the code cache is full");
	*map_put(&j->enter, number) = (u64)(uintptr_t)at;
	pthread_mutex_unlock(&j->lock);
	back_code_free(&c);
	free(param);
	return (Enter *)(uintptr_t)at;
}

/* The entry thunk of a signature. */
static Enter *enter_for(Jit *j, u64 number, u8 result, const u8 *letters, u32 n)
{
	const u64 *known = map_get(&j->enter, number);

	return known ? (Enter *)(uintptr_t)*known : make_enter(j, number, otype(result), letters, n);
}

/* ---- running -------------------------------------------------------------------------------------- */

static Seg seg_push(Thread *th, bool osr)
{
	Seg s = {th->seg, th->env.top, th->r.exit_fp, th->r.exit_pc, osr};

	th->r.exit_fp = 0;
	return s;
}

static void seg_pop(Thread *th, const Seg *s)
{
	th->seg = s->up;
	th->r.exit_fp = s->fp;
	th->r.exit_pc = s->pc;
}

static u64 run_code(Thread *th, Enter *enter, const u8 *code, const u64 *args, bool osr)
{
	Seg s = seg_push(th, osr);

	th->seg = &s;
	u64 v = enter(&th->r, code, args);
	seg_pop(th, &s);
	return v;
}

static u64 run_func(Thread *th, u32 func, const u64 *args)
{
	Task *t = th->task;
	Jit *j = t->jit;
	u32 type = t->m->func[func].type;
	const PType *p = &t->m->type[type];

	if (exec_deep(th))
		thread_trap(th, TRAP_STACK);
	if (!j->enter_of[func])
		j->enter_of[func] = enter_for(j, t->type_id[type], p->result, p->param, p->nparam);
	return run_code(th, j->enter_of[func], j->entry[func], args, false);
}

static u64 hook_enter(PEnv *env, u32 func, const u64 *args)
{
	Task *t = env->ctx;

	return run_func(t->thread, func, args);
}

static void hook_call(PEnv *env, u32 func)
{
	compile(jit_get(env->ctx), func);
}

static bool hook_loop(PEnv *env, u32 func, u32 label, u64 *locals, u32 frame, u64 *result)
{
	Task *t = env->ctx;
	Jit *j = jit_get(t);
	const u8 *at = exec_deep(t->thread) ? NULL : compile_loop(j, func, label);
	u8 ret = type_of(t->m, func)->result;
	u64 args[2] = {(u64)(uintptr_t)locals, frame};

	if (!at)
		return false;
	*result = run_code(t->thread, enter_for(j, OSR_TYPE + ret, ret, (const u8 *)"li", 2), at, args, true);
	return true;
}

void jit_hook(Task *t)
{
	PEnv *env = &t->thread->env;

	if (t->o.hot < 0)
		t->o.hot = HOT_DEFAULT;
	env->compiled = xcalloc(t->m->nfunc, 1);
	env->enter = hook_enter;
	env->hot = (u32)MAX(t->o.hot, 1);
	env->hot_call = hook_call;
	env->hot_loop = hook_loop;
}

u64 jit_run(Task *t, u32 func, const u64 *args)
{
	if (t->o.hot == 0) {
		compile(jit_get(t), func);
		if (t->jit->entry[func])
			return run_func(t->thread, func, args);
	}
	return pcode_interp(&t->thread->env, func, args);
}

/* Emitted code calls a function that was not compiled when the caller was. */
u64 pcode_bridge(Regfile *r, const u64 *args)
{
	Thread *th = (Thread *)r;
	Task *t = th->task;
	Jit *j = t->jit;
	u32 func = (u32)args[0];

	if (!j->entry[func] && ++j->calls[func] >= (u32)t->o.hot)
		compile(j, func);
	if (j->entry[func])
		return run_func(th, func, args + 1);
	if (exec_deep(th))
		thread_trap(th, TRAP_STACK);
	Seg s = seg_push(th, false);
	th->seg = &s;
	u64 v = pcode_interp(&th->env, func, args + 1);
	seg_pop(th, &s);
	return v;
}

/* ---- questions ------------------------------------------------------------------------------------- */

bool jit_inside(const Task *t, u64 pc)
{
	return t->jit && pc - (u64)(uintptr_t)t->jit->cache.x < CODECACHE_SIZE;
}

static const Code *code_at(const Jit *j, u64 pc)
{
	u32 lo = 0, hi = j->code.n;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;
		if ((u64)(uintptr_t)j->code.p[mid].at <= pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &j->code.p[lo - 1] : NULL;
}

bool jit_place(const Task *t, u64 pc, bool fault, JitPlace *out)
{
	/* A call may be a function's last instruction: its return address is then already the next one's. */
	const Code *c = jit_inside(t, pc) ? code_at(t->jit, fault ? pc : pc - 1) : NULL;
	u64 off = c ? pc - (u64)(uintptr_t)c->at : 0;

	if (!c || off > c->size || c->func == NO_FUNC)
		return false;
	*out = (JitPlace){.map = c->map, .bridge = c->bridge, .func = c->func};
	const BackSite *s = back_site(c->site, c->nsite, (u32)off, !fault);
	if (s) {
		out->at = s->map;
		out->loc = c->loc + s->loc;
		out->nloc = s->nloc;
	}
	return true;
}

u64 jit_code_bytes(const Task *t)
{
	return t->jit ? t->jit->cache.used : 0;
}

u32 jit_refused(const Task *t, const char **why)
{
	*why = t->jit ? t->jit->why.msg : "";
	return t->jit ? t->jit->nrefused : 0;
}
