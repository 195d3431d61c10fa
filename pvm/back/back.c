/* back: the driver -- O-code through selection, live ranges, allocation and encoding. */
#include <stdlib.h>

#include "target.h"

const Target *back_host(void)
{
#if defined(__x86_64__) && defined(__LP64__)
	return &amd64_target;
#else
	return NULL;
#endif
}

const Target *back_target(const char *name)
{
	return strcmp(name, amd64_target.name) == 0 ? &amd64_target : NULL;
}

const char *back_name(const Target *t)
{
	return t->name;
}

void back_code_free(BackCode *c)
{
	buf_free(&c->code);
	vec_free(&c->reloc);
	vec_free(&c->site);
	vec_free(&c->loc);
	vec_free(&c->exit);
}

u32 m_temp(MFunc *m, u32 type)
{
	vec_push(&m->vtype, (u8)type);
	return m->vtype.n - 1;
}

/* ---- the dump ---------------------------------------------------------------------------------------- */

static void dump_loc(const MFunc *m, i32 loc, Buf *out)
{
	if (loc == LOC_NOWHERE)
		buf_printf(out, "const");
	else if (LOC_IS_SLOT(loc))
		buf_printf(out, "[%u]", SLOT_OF(loc));
	else
		buf_printf(out, "%s", m->t->reg_name((u32)loc));
}

static void dump_opnd(const MFunc *m, const MOpnd *o, Buf *out)
{
	static const char *const role[] = { [ROLE_USE] = "", [ROLE_LATE] = "", [ROLE_ANY] = "", [ROLE_ANYL] = "",
		[ROLE_FIX] = "to ", [ROLE_OUT] = "out ", [ROLE_ARG] = "arg ", [ROLE_MAP] = "map ", [ROLE_DEF] = "def ",
		[ROLE_DFIX] = "def ", [ROLE_TMP] = "tmp ", [ROLE_KILL] = "kill " };

	buf_printf(out, " %s", role[o->role]);
	if (o->role == ROLE_FIX || o->role == ROLE_KILL)
		buf_printf(out, "%s ", m->t->reg_name(o->fixed));
	if (o->v)
		buf_printf(out, "%%%u:", o->v);
	if (o->con)
		buf_printf(out, "%%%u=%lld", o->con, (long long)m->f->ins.p[o->con].imm);
	else if (o->v)
		dump_loc(m, o->loc, out);
}

static void dump_moves(const MFunc *m, u32 ins, u32 *at, Buf *out)
{
	for (; *at < m->move.n && m->move.p[*at].key < MOVE_KEY(ins + 1, 0); ++*at) {
		const MMove *mv = &m->move.p[*at];
		buf_printf(out, "\t| %%%u: ", mv->v);
		dump_loc(m, mv->from, out);
		buf_printf(out, " -> ");
		dump_loc(m, mv->to, out);
		buf_printf(out, "\n");
	}
}

static void dump_ins(const MFunc *m, const MIns *ins, Buf *out)
{
	buf_printf(out, "\t%s.%u", m->t->op_name(ins->op), ins->w);
	for (u32 k = 0; k < ins->nopnd; k++)
		dump_opnd(m, &m->opnd.p[ins->opnd + k], out);
	if (ins->imm)
		buf_printf(out, " #%lld", (long long)ins->imm);
	if (ins->mbase)
		buf_printf(out, " mem%u *%u + %d", ins->mbase, 1u << ins->scale, ins->disp);
	buf_printf(out, "\n");
}

static void dump_func(const MFunc *m, Buf *out)
{
	u32 mv = 0;

	buf_printf(out, "func %s: %u words of spills, %u outgoing\n", m->f->name ? m->f->name : "", m->nslot, m->nout);
	for (u32 b = 0; b < m->nblock; b++) {
		const MBlock *mb = &m->block[b];
		buf_printf(out, "block %u (b%u), depth %u\n", b, mb->oblock, mb->depth);
		for (u32 i = mb->first; i < mb->end; i++) {
			dump_moves(m, i, &mv, out);
			dump_ins(m, &m->ins.p[i], out);
		}
	}
}

/* ---- compiling ------------------------------------------------------------------------------------------ */

/* A function's arrays serve the next one, too, unless it was a large one. */
static void *spare;
enum { SPARE_INS = 4096 };

static MFunc *mfunc_new(const Target *t, OFunc *f, Err *e)
{
	MFunc *m = spare_take(&spare), old;

	if (!m)
		m = xcalloc(1, sizeof *m);
	old = *m;
	*m = (MFunc){ .t = t, .f = f, .err = e, .arena = old.arena ? old.arena : arena_new() };
	m->ins.p = old.ins.p, m->ins.cap = old.ins.cap;
	m->opnd.p = old.opnd.p, m->opnd.cap = old.opnd.cap;
	m->vtype.p = old.vtype.p, m->vtype.cap = old.vtype.cap;
	m->move.p = old.move.p, m->move.cap = old.move.cap;
	m->store.p = old.store.p, m->store.cap = old.store.cap;
	m->home.p = old.home.p, m->home.cap = old.home.cap;
	return m;
}

static void mfunc_free(MFunc *m)
{
	if (m->ins.cap <= SPARE_INS) {
		arena_reset(m->arena);
		m = spare_put(&spare, m);
	}
	if (!m)
		return;
	vec_free(&m->ins);
	vec_free(&m->opnd);
	vec_free(&m->vtype);
	vec_free(&m->move);
	vec_free(&m->store);
	vec_free(&m->home);
	arena_free(m->arena);
	free(m);
}

/* The vreg of an O-code value has its number and type. */
static void make_vregs(MFunc *m)
{
	vec_add(&m->vtype, m->f->ins.n);
	for (u32 v = 0; v < m->f->ins.n; v++)
		m->vtype.p[v] = m->f->ins.p[v].type;
}

static bool allocate(MFunc *m)
{
	Live l = { 0 };
	bool ok;

	if (m->tree) {
		if (back_tree_alloc(m))
			return true;
		m->tree = false;
		m->cfg = ocode_cfg(m->f, m->arena);
	}
	back_live(m, &l);
	ok = back_alloc(m, &l);
	live_free(&l);
	return ok || err_set(m->err, EXIT_UNSUPPORTED, "%s: %s needs more registers than there are", m->t->name,
		m->f->name ? m->f->name : "a function");
}

static void make_blocks(MFunc *m)
{
	m->tree = m->f->unit && back_tree_blocks(m);
	if (m->tree)
		return;
	m->nblock = 0;
	back_split_edges(m->f, m->arena);
	m->cfg = ocode_cfg(m->f, m->arena);
	back_blocks(m);
}

/* A call of C that only the unit's end follows: pinned slots are stored for it. */
static bool calls_last(const OFunc *f, u32 v)
{
	const OIns *next = &f->ins.p[f->ins.p[v].next];

	while (next->op == O_CONST)
		next = &f->ins.p[next->next];
	return f->ins.p[v].op == O_HCALL && !(f->ins.p[v].aux & OHCALL_X87) && next->op == O_EXIT && f->ins.p[next->a].op == O_CONST;
}

static bool may_be_pinned(const OFunc *f)
{
	for (u32 v = 1; v < f->ins.n; v++)
		switch (ocode_ops[f->ins.p[v].op].form) {
		case OF_CALL:
			if (!f->ins.p[v].block || !calls_last(f, v))
				return false;
			break;
		case OF_TRAPIF: case OF_TRAP: return false;
		}
	return true;
}

/* A unit for which the registers do not suffice has its slots in memory after all. */
static bool compile_pinned(MFunc *m)
{
	m->pinned = m->tree && m->t->npin && may_be_pinned(m->f);
	if (!m->pinned)
		return false;
	for (u32 k = 0; k < m->t->npin; k++)
		m->regs &= ~(1u << m->t->pin[k].reg);
	m->home.n = 0;
	vec_add(&m->home, m->f->ins.n);
	memset(m->home.p, 0, m->home.n);
	if (m->t->select(m) && back_tree_alloc(m))
		return true;
	*m->err = (Err){0};
	m->pinned = false;
	m->regs = m->t->regs;
	m->ins.n = m->opnd.n = m->vtype.n = m->move.n = m->nslot = m->nout = m->used = 0;
	make_vregs(m);
	return false;
}

static bool compile(MFunc *m, BackCode *c, Buf *dump)
{
	make_blocks(m);
	make_vregs(m);
	m->regs = m->t->regs;
	if (!compile_pinned(m) && (!m->t->select(m) || !allocate(m)))
		return false;
	if (dump)
		dump_func(m, dump);
	c->pinned = m->pinned;
	return m->t->emit(m, c);
}

/* Asked once: under a hypervisor CPUID takes tens of microseconds. */
static u32 features(const Target *t)
{
	static const Target *asked;
	static u32 has;

	if (__atomic_load_n(&asked, __ATOMIC_ACQUIRE) != t) {
		has = t->features();
		__atomic_store_n(&asked, t, __ATOMIC_RELEASE);
	}
	return has;
}

bool back_compile(const Target *t, OFunc *f, BackCode *c, Buf *dump, Err *e)
{
	MFunc *m = mfunc_new(t, f, e);

	m->features = features(t);
	bool ok = compile(m, c, dump);
	mfunc_free(m);
	return ok;
}

void back_thunk(const Target *t, enum BackThunk which, BackCode *c)
{
	t->thunk(which, c);
}

void back_enter(const Target *t, u8 ret, const u8 *param, u32 nparam, BackCode *c)
{
	t->enter(ret, param, nparam, c);
}

u32 back_pins(const Target *t, const BackPin **pins)
{
	*pins = t->pin;
	return t->npin;
}

void back_enter_unit(const Target *t, BackCode *c)
{
	t->enter_unit(c);
}

const BackSite *back_site(const BackSite *site, u32 n, u32 off, bool call)
{
	u32 lo = 0, hi = n;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;
		if (site[mid].off < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!call && lo + 1 < n && site[lo + 1].off == off)
		lo++;
	return lo < n && site[lo].off == off ? &site[lo] : NULL;
}

void back_link(const Target *t, u8 *write, const u8 *at, const u8 *to)
{
	t->link(write, at, to);
}

u32 back_stub(const Target *t, u8 *write, const u8 *at, const u8 *to)
{
	return t->stub(write, at, to);
}

bool back_reloc(const Target *t, const BackReloc *r, u8 *write, const u8 *at, const u8 *to)
{
	return t->reloc(r, write, at, to);
}

/* x86 keeps instruction fetch coherent with stores; elsewhere the caches are flushed. */
void back_sync(const Target *t, const void *at, size_t n)
{
	__builtin___clear_cache((char *)(uintptr_t)at, (char *)(uintptr_t)at + n);
}
