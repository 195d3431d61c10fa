/* Units as machine code: placed in the code cache, linked to each other, found again by address when they fault.
 *
 * A unit that leaves to a constant pc does so by a jump, which goes to a stub at first.  The stub leads to the run loop,
 * which finds the next unit and lets the jump go there.  Every unit knows which jumps lead to it, so that they can go
 * back to their stubs when it is dropped.  Jumps to addresses in registers go through a table of each thread.
 *
 * Code is never freed singly.  When the cache is full, all units are dropped and it is begun again, with every thread
 * out of emitted code. */
#include "xjit.h"
#include "codecache.h"
#include "../back/back.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

_Static_assert((int)XE_CALL == OEXIT_ONE && (int)XE_RET == OEXIT_RET && XE_RET + 1 == OEXIT_GOES, "the exits that go on in another unit");

typedef struct Code Code;

enum { RET_STACK = 64 << 10 };
enum { HOT = 10000 }; /* a region takes as long to make as that many rounds of its loop, or some times it */

/* An exit to a constant pc, or to one in a register that is mostly the same: see BackExit. */
typedef struct Link {
	u32 jump, stub;        /* offsets in the cache */
	u32 word, miss, table; /* word 0: a constant pc */
	bool set;              /* pc is known */
	u64 pc;
	Code *from, *to;       /* to: NULL = not linked */
	struct Link *next;     /* others that go to `to` */
} Link;

struct Code {
	Unit *unit;            /* NULL: it has been dropped */
	u64 pc, lo, end;       /* of the unit */
	u32 at, size;          /* in the cache */
	bool pinned;           /* back_pins */
	u32 nsite, nlink;
	BackSite *site;
	BackLoc *loc;
	u32 *map_pc;           /* by state map: the instruction, from pc on */
	Link *link;
	Link *in;              /* who goes here */
};

typedef u64 EnterUnit(Regfile *t, const void *code);

struct XJit {
	const Target *target;
	CodeCache cache;
	const u8 *thunk[THUNK_COUNT];
	EnterUnit *enter;
	u32 limit;             /* 0, or how many bytes of the cache to use */
	u32 first;             /* bytes of the cache that thunks take */
	Arena *memory;         /* for what is known of units, until the cache is begun again */
	BackCode out;          /* of the unit that is being compiled */
	VEC(Code *) code;      /* by address */
	VEC(Link *) link;      /* by the number behind their stub */
	u32 refused;
	Err why;               /* why the first was */
};

/* ---- placing --------------------------------------------------------------------------------------------- */

static bool relocate(XJit *j, const BackCode *c, u32 at)
{
	for (u32 i = 0; i < c->reloc.n; i++) {
		const BackReloc *r = &c->reloc.p[i];
		if (!back_reloc(j->target, r, j->cache.w + at + r->off, j->cache.x + at + r->off, j->thunk[r->id]))
			return false;
	}
	back_sync(j->target, j->cache.x + at, c->code.n);
	return true;
}

/* UINT32_MAX: the cache is full. */
static u32 place(XJit *j, const BackCode *c)
{
	if (j->limit && j->cache.used > j->limit)
		return UINT32_MAX;
	u32 at = codecache_take(&j->cache, c->code.n);

	if (at != UINT32_MAX)
		memcpy(j->cache.w + at, c->code.p, c->code.n);
	return at;
}

static const u8 *place_thunk(XJit *j, BackCode *c)
{
	u32 at = place(j, c);

	relocate(j, c, at);
	back_code_free(c);
	return j->cache.x + at;
}

static void make_links(XJit *j, Code *k, const BackCode *c)
{
	k->link = arena_alloc(j->memory, c->exit.n * sizeof *k->link);
	k->nlink = c->exit.n;
	for (u32 i = 0; i < c->exit.n; i++) {
		const BackExit *x = &c->exit.p[i];
		Link *l = &k->link[i];
		*l = (Link){ .jump = k->at + x->jump, .stub = k->at + x->stub, .set = !x->word, .pc = x->pc, .from = k };
		if (x->word)
			l->word = k->at + x->word, l->miss = k->at + x->miss, l->table = k->at + x->table;
		u32 id = j->link.n | (x->word ? EXIT_ANY : 0);
		memcpy(j->cache.w + k->at + x->id, &id, sizeof id);
		vec_push(&j->link, l);
	}
}

static void *keep_array(XJit *j, const void *p, size_t n)
{
	return n ? memcpy(arena_alloc(j->memory, n), p, n) : NULL;
}

static void keep(XJit *j, Unit *u, const BackCode *c, u32 at)
{
	Code *k = arena_alloc(j->memory, sizeof *k);

	*k = (Code){ .unit = u, .pc = u->pc, .lo = u->lo, .end = u->end, .at = at, .size = c->code.n, .pinned = c->pinned, .nsite = c->site.n };
	k->site = keep_array(j, c->site.p, c->site.n * sizeof *k->site);
	k->loc = keep_array(j, c->loc.p, c->loc.n * sizeof *k->loc);
	k->map_pc = arena_alloc(j->memory, u->func->map.n * sizeof *k->map_pc);
	for (u32 i = 0; i < u->func->map.n; i++)
		k->map_pc[i] = u->func->map.p[i].pc;
	make_links(j, k, c);
	vec_push(&j->code, k);
	u->code = k;
}

/* ---- returns ----------------------------------------------------------------------------------------------- */

void xjit_left(XThread *th)
{
	th->r.ret_sp = th->r.ret_base;
}

/* ---- making room ------------------------------------------------------------------------------------------- */

/* Other threads leave emitted code when they are kicked; those that fault see `flushing`. */
static void wait_for_others(XTask *t)
{
	for (XThread *th = t->threads; th; th = th->next)
		while (th != xthread_current() && __atomic_load_n(&th->where, __ATOMIC_SEQ_CST) != IN_VM) {
			__atomic_fetch_or(&th->r.pending, 2, __ATOMIC_RELEASE);
			sched_yield();
		}
}

static void flush(XTask *t)
{
	XJit *j = t->jit;

	__atomic_store_n(&t->flushing, true, __ATOMIC_SEQ_CST);
	wait_for_others(t);
	unit_drop_all(t);
	for (XThread *th = t->threads; th; th = th->next)
		xjit_left(th);
	arena_reset(j->memory);
	j->code.n = 0;
	j->link.n = 0;
	j->cache.used = j->first;
	if (j->cache.shared && !codecache_own(&j->cache)) /* thunks are all that is in use */
		die(EXIT_VM, "no code memory");
	t->stat.flushes++;
	__atomic_store_n(&t->flushing, false, __ATOMIC_RELEASE);
}

/* ---- compiling ----------------------------------------------------------------------------------------------- */

/* True if the unit is compiled; otherwise its O-code may have changed. */
static bool compile(XTask *t, Unit *u, bool known, Err *e)
{
	XJit *j = t->jit;
	BackCode *c = &j->out;
	u32 at;

	c->code.n = c->reloc.n = c->site.n = c->loc.n = c->exit.n = 0;
	if (!back_compile(j->target, u->func, c, NULL, e))
		return false;
	at = place(j, c);
	if (at == UINT32_MAX) {
		if (known)
			return false;
		flush(t);
		at = place(j, c);
	}
	keep(j, u, c, at);
	if (!relocate(j, c, at))
		die(EXIT_VM, "a unit's code is out of reach");
	ocode_free(u->func);
	u->func = NULL;
	return true;
}

bool xjit_compile(XTask *t, Unit *u, bool known, u32 *max)
{
	XJit *j = t->jit;
	Err e = {0};
	u64 start = xtime(t);
	bool ok = compile(t, u, known, &e);

	t->stat.back += xtime(t) - start;
	*max = u->insns;
	if (ok || !e.status)
		return ok;
	if (!j->refused++)
		j->why = e;
	*max = u->insns / 2;
	return false;
}

/* ---- linking ---------------------------------------------------------------------------------------------------- */

static void set_field(XJit *j, u32 field, u32 to)
{
	back_link(j->target, j->cache.w + field, j->cache.x + field, j->cache.x + to);
}

static void set_jump(XJit *j, const Link *l, u32 to)
{
	set_field(j, l->jump, to);
}

/* Where it is known which pc is meant, other ones go to the table. */
static void set_word(XJit *j, const Link *l)
{
	if (!l->word)
		return;
	__atomic_store_n((u64 *)(void *)(j->cache.w + l->word), l->set ? l->pc : ~0ull, __ATOMIC_RELEASE);
	set_field(j, l->miss, l->set ? l->table : l->stub);
}

static void link_to(XJit *j, Link *l, Code *to)
{
	if (l->to || !l->from->unit || (l->set && l->pc != to->pc))
		return;
	l->to = to;
	l->next = to->in;
	to->in = l;
	set_jump(j, l, to->at); /* before the word: who finds that equal goes there, or to the stub still */
	if (!l->set) {
		l->pc = to->pc;
		l->set = true;
		set_word(j, l);
	}
}

static void unlink_in(XJit *j, Code *k)
{
	for (Link *l = k->in; l; l = l->next) {
		set_jump(j, l, l->stub);
		l->to = NULL;
	}
	k->in = NULL;
}

static void unlink_out(XJit *j, Code *k)
{
	for (u32 i = 0; i < k->nlink; i++) {
		Link *l = &k->link[i], **p;
		if (!l->to)
			continue;
		for (p = &l->to->in; *p != l; p = &(*p)->next)
			;
		*p = l->next;
		l->to = NULL;
		set_jump(j, l, l->stub);
	}
}

void xjit_drop(XTask *t, Unit *u)
{
	Code *k = u->code;

	if (!k)
		return;
	unlink_in(t->jit, k);
	unlink_out(t->jit, k);
	k->unit = NULL;
	for (XThread *th = t->threads; th; th = th->next) {
		OJump *o = &th->r.jump[ojump_slot(u->pc)];
		if (o->pc == u->pc)
			__atomic_store_n(&o->pc, o == th->r.jump, __ATOMIC_RELEASE);
	}
}

/* ---- running ------------------------------------------------------------------------------------------------------ */

static Link *way_here(XThread *t, const Unit *u)
{
	bool known = t->link != UINT32_MAX && t->link_pc == u->pc && t->link_flush == t->task->stat.flushes;

	return known ? t->task->jit->link.p[t->link] : NULL;
}

/* The count of jumps backwards to there has run out. */
bool xjit_is_hot(XThread *t, const Unit *u)
{
	i32 *count = &t->r.hot[ohot_slot(u->pc)];

	if (*count >= 0 || t->link == UINT32_MAX || t->link_pc != u->pc)
		return false;
	*count = (i32)t->task->o.hot - 1;
	return !u->region;
}

/* With the lock held: the way to the unit is made short for the next time. */
void xjit_reached(XThread *t, Unit *u)
{
	OJump *o = &t->r.jump[ojump_slot(u->pc)];
	Code *k = u->code;

	Link *l = way_here(t, u);

	if (l)
		link_to(t->task->jit, l, k);
	t->link = UINT32_MAX;
	o->code = t->task->jit->cache.x + k->at;
	__atomic_store_n(&o->pc, u->pc, __ATOMIC_RELEASE);
}

/* An exit that is not linked yet: the number behind the stub's call says which, and the pc follows it.  The thread counts
 * as running emitted code until it has read them; it takes no lock before that, since who makes room waits for it. */
static void left_by(XThread *t, const u8 *number)
{
	u32 id;

	memcpy(&id, number, sizeof id);
	t->link = id & ~(u32)EXIT_ANY;
	t->link_pc = id & EXIT_ANY ? t->r.exit_to : ld64(number + sizeof id);
	t->link_flush = t->task->stat.flushes;
	t->r.slot[XS_PC] = t->link_pc;
	t->kind = XE_JUMP;
}

static void run_code(XThread *t, const void *code)
{
	u64 how = t->task->jit->enter(&t->r, code);

	if (how > XE_FLAGS) {
		left_by(t, (const u8 *)(uintptr_t)how);
	} else {
		t->kind = (XExit)how;
		t->r.slot[XS_PC] = t->r.exit_to;
	}
	__atomic_store_n(&t->where, IN_VM, __ATOMIC_RELEASE);
}

void xjit_run(XThread *t, Unit *u)
{
	run_code(t, t->task->jit->cache.x + ((Code *)u->code)->at);
}

/* Who makes room says so and then looks who is in emitted code; here it is the other way round. */
bool xjit_resume(XThread *t, u64 pc)
{
	const OJump *o = &t->r.jump[ojump_slot(pc)];

	if (t->link != UINT32_MAX || __atomic_load_n(&o->pc, __ATOMIC_ACQUIRE) != pc)
		return false;
	__atomic_store_n(&t->where, IN_JIT, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&t->task->flushing, __ATOMIC_SEQ_CST) || __atomic_load_n(&o->pc, __ATOMIC_ACQUIRE) != pc) {
		__atomic_store_n(&t->where, IN_VM, __ATOMIC_RELEASE);
		return false;
	}
	run_code(t, o->code);
	return true;
}

/* ---- faults --------------------------------------------------------------------------------------------------------- */

static Code *code_at(const XJit *j, u64 off)
{
	u32 lo = 0, hi = j->code.n;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;
		if (j->code.p[mid]->at <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	Code *k = lo ? j->code.p[lo - 1] : NULL;
	return k && off < k->at + k->size ? k : NULL;
}

/* Where emitted code is: at the instruction that faulted, or at the call of the helper that did. */
typedef struct Place {
	const Code *code;
	const BackSite *site;
	u64 fp;
	void *uc;              /* NULL: in a helper, which keeps none of the registers that matter */
} Place;

#ifdef __x86_64__
static u64 pc_of(const ucontext_t *uc) { return (u64)uc->uc_mcontext.gregs[REG_RIP]; }
static u64 fp_of(const ucontext_t *uc) { return (u64)uc->uc_mcontext.gregs[REG_RBP]; }
static u32 mxcsr_of(const ucontext_t *uc) { return uc->uc_mcontext.fpregs->mxcsr; }

static void registers(const ucontext_t *uc, const BackLoc *l, u64 v[2])
{
	static const u8 greg[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI, REG_R8, REG_R9,
		REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };

	if (l->kind == LOC_FREG)
		memcpy(v, &uc->uc_mcontext.fpregs->_xmm[l->at], 16);
	else
		v[0] = (u64)uc->uc_mcontext.gregs[greg[l->at]];
}
/* A call finds the stack of returns full: it is begun again with an empty one. */
bool xjit_fault(XThread *t, void *uc, u64 addr)
{
	greg_t *sp = &((ucontext_t *)uc)->uc_mcontext.gregs[REG_RSP];

	if (addr - (u64)(uintptr_t)t->returns >= GUEST_PAGE || (u64)*sp - addr > sizeof(u64))
		return false;
	*sp = (greg_t)t->r.ret_base;
	return true;
}
#else
bool xjit_fault(XThread *t, void *uc, u64 addr) { return false; }
static u64 pc_of(const ucontext_t *uc) { return 0; }
static u64 fp_of(const ucontext_t *uc) { return 0; }
static u32 mxcsr_of(const ucontext_t *uc) { return 0; }
static void registers(const ucontext_t *uc, const BackLoc *l, u64 v[2]) { die(EXIT_VM, "no emitted code here"); }
#endif

static Place where(const XThread *t, void *uc)
{
	const XJit *j = t->task->jit;
	u64 base = (u64)(uintptr_t)j->cache.x, pc = uc ? pc_of(uc) : 0;
	Place p = {0};

	if (pc - base < CODECACHE_SIZE) {
		p.uc = uc;
		p.fp = fp_of(uc);
		p.code = code_at(j, pc - base);
	} else {
		pc = t->r.exit_pc;
		p.fp = t->r.exit_fp;
		p.code = code_at(j, pc - 1 - base);
	}
	if (p.code)
		p.site = back_site(p.code->site, p.code->nsite, (u32)(pc - base) - p.code->at, !p.uc);
	return p;
}

u64 xjit_guest_pc(const XThread *t, u64 host)
{
	const XJit *j = t->task->jit;
	u64 off = host - (u64)(uintptr_t)j->cache.x;

	if (off >= CODECACHE_SIZE)
		return host;
	const Code *k = code_at(j, off);
	const BackSite *site = k ? back_site(k->site, k->nsite, (u32)off - k->at, false) : NULL;
	return site && site->map ? k->pc + (u64)(i64)(i32)k->map_pc[site->map] : 0;
}

static void pinned_slots(XThread *t, const void *uc)
{
	const BackPin *pin;

	for (u32 k = back_pins(t->task->jit->target, &pin); k-- > 0;) {
		u64 v[2];
		registers(uc, &(BackLoc){ .kind = LOC_REG, .at = pin[k].reg }, v);
		xfault_state(&t->r, pin[k].slot, OT_I64, v[0], 0);
	}
}

u64 xjit_state(XThread *t, void *uc)
{
	Place p = where(t, uc);

	if (!p.site || !p.site->map)
		die(EXIT_VM, "a fault in emitted code that has no state map");
	if (p.uc) { /* helpers have been given them */
		t->r.slot[XS_MXCSR] = mxcsr_of(p.uc);
		xfpu_of_signal(t, p.uc);
		if (p.code->pinned)
			pinned_slots(t, p.uc);
	}
	for (u32 k = 0; k < p.site->nloc; k++) {
		const BackLoc *l = &p.code->loc[p.site->loc + k];
		u64 v[2] = { l->bits, 0 };
		if (l->kind == LOC_SPILL)
			memcpy(v, (const u8 *)(uintptr_t)(p.fp + (u64)(i64)l->at), ocode_type_size[l->type] == 16 ? 16 : 8);
		else if (l->kind != LOC_CONST && p.uc)
			registers(p.uc, l, v);
		else if (l->kind != LOC_CONST)
			continue;
		xfault_state(&t->r, l->slot, l->type, v[0], v[1]);
	}
	return p.code->pc + (u64)(i64)(i32)p.code->map_pc[p.site->map];
}

bool xjit_on_page(XThread *t, void *uc, u64 page)
{
	Place p = where(t, uc);

	return p.code && page_of(p.code->lo) <= page && page <= page_of(p.code->end - 1);
}

/* ---- beginning and end ------------------------------------------------------------------------------------------------- */

bool xjit_new(XTask *t, Err *e)
{
	XJit *j = xcalloc(1, sizeof *j);
	BackCode c = {0};

	t->jit = j;
	j->memory = arena_new();
	t->x87 = xfpu_usable();
	t->o.hot = t->o.hot ? t->o.hot : HOT;
	j->target = back_host();
	if (!codecache_new(&j->cache, false, e))
		return false;
	for (u32 k = 0; k < THUNK_COUNT; k++) {
		BackCode th = {0};
		back_thunk(j->target, (enum BackThunk)k, &th);
		j->thunk[k] = place_thunk(j, &th);
	}
	back_enter_unit(j->target, &c);
	j->enter = (EnterUnit *)(uintptr_t)place_thunk(j, &c);
	j->first = j->cache.used;
	j->limit = t->o.code_limit ? MAX(t->o.code_limit, j->first) : 0;
	return true;
}

void xjit_free(XTask *t)
{
	XJit *j = t->jit;

	if (!j)
		return;
	arena_free(j->memory);
	back_code_free(&j->out);
	vec_free(&j->code);
	vec_free(&j->link);
	codecache_free(&j->cache);
	free(j);
}

/* A page that cannot be accessed, then the words; what is pushed below them has xjit_fault empty the stack. */
static bool make_returns(XThread *t)
{
	u8 *p = mmap(NULL, RET_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return false;
	mprotect(p, GUEST_PAGE, PROT_NONE);
	t->returns = p;
	t->r.ret_sp = t->r.ret_base = (u64)(uintptr_t)p + RET_STACK - sizeof(u64);
	*(const u8 **)(uintptr_t)t->r.ret_base = t->task->jit->thunk[THUNK_RETURN];
	return true;
}

bool xjit_thread(XThread *t)
{
	if (!make_returns(t))
		return false;
	t->link = UINT32_MAX;
	for (u32 k = 0; k < OHOTS; k++)
		t->r.hot[k] = (i32)t->task->o.hot - 1;
	t->r.fpu = t->task->x87 ? xfpu_move : NULL;
	return true;
}

void xjit_thread_end(XThread *t)
{
	if (t->returns)
		munmap(t->returns, RET_STACK);
}

/* From now on what is in use is not overwritten, but for jumps. */
void xjit_before_fork(XTask *t)
{
	if (t->jit)
		t->jit->cache.shared = true;
}

/* While the child copies, the parent goes on and links units that the child does not have: all jumps are set again. */
void xjit_after_fork(XTask *t)
{
	XJit *j = t->jit;

	if (!j)
		return;
	if (!codecache_own(&j->cache))
		die(EXIT_VM, "no code memory for the child of a fork");
	for (u32 k = 0; k < j->link.n; k++) {
		const Link *l = j->link.p[k];
		set_jump(j, l, l->to ? l->to->at : l->stub);
		set_word(j, l);
	}
}

u64 xjit_bytes(const XTask *t)
{
	return t->jit ? t->jit->cache.used : 0;
}

u32 xjit_refused(const XTask *t, const char **why)
{
	*why = t->jit ? t->jit->why.msg : "";
	return t->jit ? t->jit->refused : 0;
}
