/* Foreign tasks and threads, and the loop that runs guest code: unit after unit, until something is for the
 * personality to do. */
#include "xtask.h"
#include "xjit.h"
#include "../x86/flags.h"
#include "../x86/helpers.h"
#include "../back/back.h"

#include <stdlib.h>
#include <sys/mman.h>

static OHostFn *const helpers[XH_COUNT] = {
#define H(op, name, sig, fn, meaning) [XH_##op] = fn,
#include "../x86/helpers.def"
#undef H
};

enum { TF = 0x100, EFLAGS_KEPT = 0x277300 /* TF IF IOPL NT RF AC VIF VIP ID; DF and the six are kept apart */ };

/* ---- tasks ------------------------------------------------------------------------------------------- */

static bool choose_exec(XTask *t, Err *e)
{
	if (t->o.exec == XEXEC_JIT && !back_host())
		return err_set(e, EXIT_UNSUPPORTED, "--exec=jit: no back end for this machine's architecture yet");
	if (t->o.exec == XEXEC_AUTO)
		t->o.exec = back_host() ? XEXEC_JIT : XEXEC_EVAL;
	return t->o.exec == XEXEC_EVAL || xjit_new(t, e);
}

static void make_lock(XTask *t)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&t->lock, &a);
	pthread_mutexattr_destroy(&a);
}

XTask *xtask_new(const XTaskOpts *o, Err *e)
{
	XTask *t = xcalloc(1, sizeof *t);

	t->o = *o;
	t->host = helpers;
	make_lock(t);
	if (!xspace_new(t, e) || !choose_exec(t, e)) {
		xtask_free(t);
		return NULL;
	}
	xfault_install();
	return t;
}

void *xtask_data(XTask *t) { return t->o.data; }
enum XMode xtask_mode(const XTask *t) { return t->o.mode; }

void xtask_free(XTask *t)
{
	while (t->threads)
		xthread_free(t->threads);
	unit_end(t);
	xjit_free(t);
	xspace_free(t);
	map_free(&t->stat.unimpl);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

void xtask_before_fork(XTask *t)
{
	pthread_mutex_lock(&t->lock);
	xjit_before_fork(t);
}

void xtask_after_fork_parent(XTask *t)
{
	pthread_mutex_unlock(&t->lock);
}

void xtask_after_fork(XTask *t)
{
	XThread *me = xthread_current();

	make_lock(t); /* whoever had it is not here */
	for (XThread *th = t->threads, *next; th; th = next) {
		next = th->next;
		if (th != me && me)
			xthread_free(th);
	}
	xjit_after_fork(t);
}

/* ---- threads -------------------------------------------------------------------------------------------- */

static void on_exit_(OEvalEnv *env, u32 kind, u64 pc)
{
	XThread *t = env->ctx;

	t->kind = (XExit)kind;
	t->r.slot[XS_PC] = pc;
}

static u64 on_call(OEvalEnv *env, u32 func, const u64 *args)
{
	die(EXIT_VM, "a unit calls function %u", func);
}

/* TRAP_MEMORY: see watch_accesses. */
static void on_trap(OEvalEnv *env, u32 code, const OFunc *f, u32 map, const u64 *vals)
{
	env->map = map;
	if (code == TRAP_ALIGN || code == TRAP_MEMORY) {
		xfault_exact((XThread *)env->t, NULL);
		code = X86_RAISE + XE_GP;
	}
	xfault_trap(env->t, code);
}

#if !defined __x86_64__
enum { ADDRESS_BITS = 47 };

static void note_access(Regfile *r, u64 addr, u64 n, bool write)
{
	XThread *th = (XThread *)r;

	th->eval.fault = addr;
	th->eval.store = write;
	if (th->eval.guest_hi && (addr >> ADDRESS_BITS || n > (1ull << ADDRESS_BITS) - addr)) {
		xfault_exact(th, NULL);
		xfault_trap(r, X86_RAISE + XE_GP);
	}
}

/* Faults as x86 has them on hosts that have them otherwise: s390x names the page only, arm64 leaves out an address's
 * first byte, and few say whether it was a store.  So each access is noted before it is made, and addresses that are not
 * canonical never get there; as for those of x86's kernel, they raise what such a one does. */
static void watch_accesses(XThread *th)
{
	th->r.slot[XS_GUARD] = (u64)(uintptr_t)note_access;
	th->eval.guest_hi = th->task->o.mode == X86_64 ? 1ull << ADDRESS_BITS : 0;
}
#else
static void watch_accesses(XThread *th) {}
#endif

XThread *xthread_new(XTask *t)
{
	XThread *th = xcalloc(1, sizeof *th);

	th->task = t;
	th->r.mem = t->mem;
	th->r.host = t->host;
	th->r.trap = xfault_trap;
	th->eval = (OEvalEnv){ .t = &th->r, .call = on_call, .trap = on_trap, .exit = on_exit_, .ctx = th };
	watch_accesses(th);
	th->alt_stack = mmap(NULL, ALT_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (th->alt_stack == MAP_FAILED) {
		free(th);
		return NULL;
	}
	th->r.jump = xcalloc(OJUMPS, sizeof *th->r.jump);
	th->r.jump[0].pc = 1;
	xthread_set_eflags(th, 0x202);
	th->r.slot[XS_MXCSR] = 0x1f80;
	th->r.slot[XS_FCW] = 0x37f;
	pthread_mutex_lock(&t->lock);
	if (t->jit && !xjit_thread(th)) {
		pthread_mutex_unlock(&t->lock);
		munmap(th->alt_stack, ALT_STACK);
		free(th->r.jump);
		free(th);
		return NULL;
	}
	th->next = t->threads;
	t->threads = th;
	t->nthread++;
	pthread_mutex_unlock(&t->lock);
	return th;
}

void xthread_free(XThread *th)
{
	XTask *t = th->task;
	XThread **p = &t->threads;

	pthread_mutex_lock(&t->lock);
	while (*p != th)
		p = &(*p)->next;
	*p = th->next;
	t->nthread--;
	t->npin -= th->pin.n;
	for (u32 k = 0; k <= XE_FLAGS; k++)
		t->stat.exits[k] += th->exits[k];
	pthread_mutex_unlock(&t->lock);
	vec_free(&th->pin);
	if (th->single)
		unit_free(th->single);
	munmap(th->alt_stack, ALT_STACK);
	xjit_thread_end(th);
	free(th->r.jump);
	free(th);
}

XThread *xthread_copy(const XThread *of)
{
	XThread *th = xthread_new(of->task);

	if (!th)
		return NULL;
	memcpy(th->r.slot, of->r.slot, sizeof th->r.slot);
	return th;
}

XTask *xthread_task(XThread *th) { return th->task; }
void **xthread_data(XThread *th) { return &th->data; }

void xthread_kick(XThread *th)
{
	__atomic_fetch_or(&th->r.pending, 1, __ATOMIC_RELEASE); /* bit 1 is run's own */
}

u64 xthread_eflags(XThread *th)
{
	const u64 *s = th->r.slot;

	return x86_flags_bits(&th->r) | (s[XS_DF] & 1) << 10 | (s[XS_EFLAGS] & EFLAGS_KEPT) | 2;
}

void xthread_set_eflags(XThread *th, u64 v)
{
	u64 *s = th->r.slot;

	s[XS_FLAG_OP] = FL_BITS | 4 << 8;
	s[XS_FLAG_A] = v & XF_ALL;
	s[XS_FLAG_B] = s[XS_FLAG_C] = 0;
	s[XS_DF] = v >> 10 & 1;
	s[XS_EFLAGS] = v & EFLAGS_KEPT;
}

/* ---- running ---------------------------------------------------------------------------------------------- */

/* Whether the processor finds the page in its tables. */
static bool present(XTask *t, const Region *r, u64 addr)
{
	unsigned char there = 0;

	return r && r->prot && mincore(xhost(t, addr & ~(u64)(GUEST_PAGE - 1)), GUEST_PAGE, &there) == 0 && (there & 1);
}

/* The instruction cannot be fetched: which byte, and why. */
static XTrap fetch_trap(XTask *t, u64 pc)
{
	XTrap why = { .kind = XE_MEMORY, .pc = pc, .addr = pc };
	u8 buf[15];
	size_t n;

	pthread_mutex_lock(&t->lock);
	n = xmem_fetch(t, pc, buf, sizeof buf);
	why.addr = pc + n;
	const Region *r = xspace_at(t, why.addr);
	why.mapped = r != NULL;
	why.bus = r && (r->prot & GP_EXEC);
	why.error = 0x14u | (present(t, r, why.addr) || why.addr >= USER_END ? 1u : 0); /* a fetch by user code */
	pthread_mutex_unlock(&t->lock);
	return why;
}

static bool goes_on(XExit kind)
{
	return kind <= XE_RET || kind == XE_FLAGS || kind == XE_CARE;
}

static bool deliver(XThread *t, XTrap why)
{
	XTask *task = t->task;

	t->exits[MIN(why.kind, XE_FLAGS)]++;
	if (goes_on(why.kind))
		return true;
	if (why.kind == XE_FETCH)
		why = fetch_trap(task, why.pc);
	if (why.kind == XE_GP || why.kind == XE_NP || why.kind == XE_SS)
		why.error = (u32)t->r.slot[XS_ERROR];
	t->r.slot[XS_ERROR] = 0;
	if (why.kind == XE_UNIMPL)
		xtask_unimplemented(task, why.pc);
	return task->o.trap(t, &why);
}

static void run_eval(XThread *t, Unit *u)
{
	t->unit = u;
	t->where = IN_EVAL;
	if (u->quick)
		xquick_run(t, u);
	else
		ocode_eval(&t->eval, u->func, NULL);
	__atomic_store_n(&t->where, IN_VM, __ATOMIC_RELEASE);
}

static void trace(XThread *t, u64 pc)
{
	const u64 *s = t->r.slot;

	fprintf(stderr, "exec %llx: a=%llx c=%llx d=%llx b=%llx sp=%llx bp=%llx si=%llx di=%llx\n", (unsigned long long)pc,
		(unsigned long long)s[0], (unsigned long long)s[1], (unsigned long long)s[2], (unsigned long long)s[3],
		(unsigned long long)s[4], (unsigned long long)s[5], (unsigned long long)s[6], (unsigned long long)s[7]);
}

/* fs and gs are loaded once in most 32-bit programs; then units need not look whether they are flat. */
static void note_segments(XThread *t)
{
	enum { FS_GS = 1 << XS_FS | 1 << XS_GS };
	XTask *k = t->task;
	u8 odd = t->r.slot[XS_CARE] & FS_GS, flat = FS_GS & ~odd & ~k->unflat;

	if (!(k->flat & odd) && (k->flat & flat) == flat)
		return;
	pthread_mutex_lock(&k->lock);
	if (k->flat & odd) {
		k->unflat |= k->flat & odd;
		unit_drop_all(k);
	}
	k->flat = (k->flat | flat) & ~k->unflat;
	pthread_mutex_unlock(&k->lock);
}

/* Whether instructions are to be executed one by one; for fs and gs the units that use them say so themselves. */
static bool one_by_one(const XThread *t)
{
	const u64 *s = t->r.slot;
	u64 care = s[XS_CARE] & (1 << XS_ES | 1 << XS_SS | 1 << XS_DS);

	return t->once | (s[XS_EFLAGS] & (TF | X86_AC)) | care;
}

/* One instruction in a unit of its own, which is not kept. */
static void run_once(XThread *t, u64 pc)
{
	bool step = t->r.slot[XS_EFLAGS] & TF;

	t->once = false;
	t->single = unit_once(t, pc, step);
	run_eval(t, t->single);
	if (step && goes_on(t->kind)) /* a jump ends its unit itself */
		t->kind = XE_STEP;
}

static bool advance(XThread *t)
{
	u64 pc = t->task->o.mode == X86_32 ? (u32)t->r.slot[XS_PC] : t->r.slot[XS_PC];

	if (t->single) {
		unit_free(t->single);
		t->single = NULL;
	}
	if (t->trapped) {
		t->trapped = false;
		return deliver(t, t->why);
	}
	if ((__atomic_exchange_n(&t->r.pending, 0, __ATOMIC_ACQUIRE) & 1) && t->task->o.pending)
		return t->task->o.pending(t);
	if (t->task->o.trace_exec)
		trace(t, pc);
	t->kind = XE_JUMP;
	if (t->task->o.mode == X86_32)
		note_segments(t);
	if (one_by_one(t)) {
		run_once(t, pc);
	} else if (!t->task->jit || !xjit_resume(t, pc)) {
		Unit *u = unit_get(t, pc);
		if (u->code)
			xjit_run(t, u);
		else
			run_eval(t, u);
	}
	t->once |= t->kind == XE_CARE;
	return deliver(t, (XTrap){ .kind = t->kind, .pc = t->r.slot[XS_PC] });
}

void xthread_run(XThread *t)
{
	Run run = { .up = t->run };

	xfault_enter(t, &run);
	t->run = &run;
	if (sigsetjmp(run.top, 0)) /* faults and traps come back here */
		xjit_left(t);
	while (advance(t))
		;
	t->run = run.up;
	xfault_leave(&run);
}

/* ---- statistics --------------------------------------------------------------------------------------------- */

static const char *name_at(XTask *t, u64 pc, u16 *op)
{
	u8 buf[15];
	XInsn i;
	bool cut;

	pthread_mutex_lock(&t->lock);
	size_t n = xmem_fetch(t, pc, buf, sizeof buf);
	pthread_mutex_unlock(&t->lock);
	*op = x86_decode(buf, n, pc, t->o.mode, &i, &cut) ? i.op : XI_NONE;
	return *op ? x86_names[*op] : "";
}

const char *xtask_insn_name(XTask *t, u64 pc)
{
	u16 op;

	return name_at(t, pc, &op);
}

void xtask_unimplemented(XTask *t, u64 pc)
{
	u16 op;

	name_at(t, pc, &op);
	pthread_mutex_lock(&t->lock);
	++*map_put(&t->stat.unimpl, op);
	pthread_mutex_unlock(&t->lock);
}

static u64 exits_of(XTask *t, u32 kind)
{
	pthread_mutex_lock(&t->lock);
	u64 n = t->stat.exits[kind];
	for (const XThread *th = t->threads; th; th = th->next)
		n += th->exits[kind];
	pthread_mutex_unlock(&t->lock);
	return n;
}

void xtask_stats(XTask *t, FILE *out)
{
	const char *why;

	fprintf(out, "units: %llu of %llu instructions, %llu of them compiled, %llu regions; %llu dropped, %llu run once\n",
		(unsigned long long)t->stat.units, (unsigned long long)t->stat.insns, (unsigned long long)t->stat.compiled,
		(unsigned long long)t->stat.regions, (unsigned long long)t->stat.dropped, (unsigned long long)t->stat.once);
	fprintf(out, "translation: %.3f ms lowering, %.3f ms optimising, %.3f ms back end; %llu bytes of code\n",
		(double)t->stat.lower / 1e6, (double)t->stat.opt / 1e6, (double)t->stat.back / 1e6, (unsigned long long)xjit_bytes(t));
	if (xjit_refused(t, &why))
		fprintf(out, "units that the back end refused: %u, the first because: %s\n", xjit_refused(t, &why), why);
	if (t->stat.flushes)
		fprintf(out, "code cache begun again: %llu times\n", (unsigned long long)t->stat.flushes);
	fprintf(out, "exits to the run loop:");
	for (u32 k = 0; k <= XE_FLAGS; k++)
		if (exits_of(t, k))
			fprintf(out, " %s %llu", x86_exit_names[k], (unsigned long long)exits_of(t, k));
	fputc('\n', out);
	for (u32 k = 0; k < t->stat.unimpl.cap; k++)
		if (t->stat.unimpl.used[k])
			fprintf(out, "unimplemented: %s, %llu times\n", x86_names[t->stat.unimpl.key[k]], (unsigned long long)t->stat.unimpl.val[k]);
}
