/* Regions: a loop's blocks in one unit, with guest registers as values from one to the next.
 *
 * A block has a parameter for each register that the region writes, so these are stored only where the region is left.
 * What is known while lowering -- what has set the flags, where the x87's state is -- is no parameter: a block is lowered
 * anew for each such knowledge it is entered with, up to VERSIONS times, the last of which knows nothing.  (After
 * Chevalier-Boisvert and Feeley, "Simple and Effective Type Check Removal through Lazy Basic Block Versioning", 2015.)
 * Which registers are written is found by lowering all blocks once for nothing. */
#include "lower_flags.h"

enum { VERSIONS = 4 };

/* ---- finding one ----------------------------------------------------------------------------------------- */

typedef struct Scan {
	const XUnitReq *r;
	u64 next[X86_REGION][2]; /* by block: where it goes; ~0 = nowhere */
	u64 lo, hi;              /* guest bytes */
	u32 insns;
} Scan;

static bool ends_block(const XInsn *i)
{
	switch (i->op) {
	case XI_JMP: case XI_CALL: case XI_RET: case XI_LOOP: case XI_LOOPE: case XI_LOOPNE: case XI_JCXZ: case XI_SYSCALL:
	case XI_SYSENTER: case XI_INT: case XI_INT3: case XI_INTO: case XI_INT1: case XI_UD2: case XI_CALLF: case XI_JMPF: case XI_RETF: case XI_IRET: case XI_HLT:
	case XI_POPF:
		return true;
	}
	return x86_is_jcc(i->op);
}

static bool branches(const XInsn *i)
{
	return x86_is_jcc(i->op) || i->op == XI_LOOP || i->op == XI_LOOPE || i->op == XI_LOOPNE || i->op == XI_JCXZ;
}

/* Notes where block k goes.  False: it is no part of a region. */
static bool scan_block(Scan *s, u64 pc, u32 k)
{
	u64 at = pc, lo = MIN(s->lo, pc);
	XInsn i;

	s->next[k][0] = s->next[k][1] = ~0ull;
	for (u32 n = 0; n < s->r->max_insns; n++) {
		u8 code[15];
		bool cut;
		size_t got = s->r->fetch(s->r->ctx, at, code, sizeof code);
		if (!x86_decode(code, got, at, s->r->mode, &i, &cut))
			return false;
		at += i.len;
		if (!ends_block(&i))
			continue;
		if (branches(&i) || (i.op == XI_JMP && i.opnd[0].kind == XK_REL))
			s->next[k][0] = i.target;
		if (branches(&i))
			s->next[k][1] = at;
		s->insns += n + 1;
		break;
	}
	u64 hi = MAX(s->hi, at);
	if ((hi - 1) / 4096 - lo / 4096 > 1) /* two pages at most */
		return false;
	s->lo = lo;
	s->hi = hi;
	return true;
}

static u32 number_of(const u64 *pc, u32 n, u64 at)
{
	u32 k = 0;

	while (k < n && pc[k] != at)
		k++;
	return k;
}

/* Keeps the blocks from which the first one is reached again, if there are such; they may go to each other. */
static u32 keep_cycle(const Scan *s, u64 *pc, u32 n)
{
	bool back[X86_REGION] = { false }, cycle = false, more = true;
	u32 kept = 0;

	while (more) {
		more = false;
		for (u32 k = 0; k < n; k++)
			for (u32 e = 0; e < 2; e++) {
				u32 to = number_of(pc, n, s->next[k][e]);
				if (to == n || (to && !back[to]))
					continue;
				cycle = true;
				more |= !back[k];
				back[k] = true;
			}
	}
	for (u32 k = 0; k < n; k++)
		if (!cycle || back[k] || !k)
			pc[kept++] = pc[k];
	return kept;
}

bool x86_find_region(XUnitReq *r, bool (*known)(void *ctx, u64 pc), XRegionReq *out)
{
	Scan s = { .r = r, .lo = r->pc, .hi = r->pc };
	u32 n = 1;

	out->pc[0] = r->pc;
	if (!scan_block(&s, r->pc, 0))
		return false;
	for (u32 k = 0; k < n; k++)
		for (u32 e = 0; e < 2; e++) {
			u64 to = s.next[k][e];
			if (to == ~0ull || number_of(out->pc, n, to) < n || n == X86_REGION || s.insns > X86_REGION_INSNS || !known(r->ctx, to))
				continue;
			if (scan_block(&s, to, n))
				out->pc[n++] = to;
		}
	out->n = keep_cycle(&s, out->pc, n);
	out->lo = s.lo;
	out->hi = s.hi;
	return true;
}

/* ---- versions of blocks ---------------------------------------------------------------------------------- */

/* What is known while lowering. */
typedef struct Known {
	u8 op, size, has; /* of the flags; has: bit k if value k is there */
	u8 x87;
	bool fpc_checked, x87_quiet;
} Known;

typedef struct Version {
	u64 pc;
	u32 block;
	Known know;
} Version;

struct XRegion {
	const XRegionReq *req;
	bool dry;                 /* only what is written is wanted */
	bool forgets;             /* something is executed in C, and may write any register */
	u8 written[XS_COUNT], read[XS_COUNT]; /* the value's type */
	OVal before[XS_COUNT];    /* registers that nobody writes: as they are at the entry */
	VEC(Version) version;
	u64 at;                   /* block being lowered */
};

void xr_note(XLower *l, u32 slot, u8 type, bool write)
{
	XRegion *g = l->region;

	if (!g || !g->dry)
		return;
	u8 *t = write ? &g->written[slot] : &g->read[slot];
	*t = type == OT_V128 ? OT_V128 : slot < XS_GPR + 16 && write ? l->word : OT_I64;
}

void xr_note_forget(XLower *l)
{
	if (l->region)
		l->region->forgets = true;
}

static Known what_is_known(XLower *l)
{
	const XFlags *f = &l->flags;
	Known k = { .op = f->op, .x87 = l->x87, .fpc_checked = l->fpc_checked, .x87_quiet = l->x87_quiet };

	if (f->op == FL_SLOT && !l->flags_dirty)
		return k;
	if (f->op == FL_SLOT || f->op == FL_DYN || f->opv || f->d || f->nc || f->no) {
		k.op = FL_DYN;
		k.has = (1 << XFLAG_SLOTS) - 1;
		return k;
	}
	k.size = f->size;
	k.has = (u8)((f->a != 0) << 1 | (f->b != 0) << 2 | (f->c != 0) << 3);
	return k;
}

static Known nothing_known(void)
{
	return (Known){ .op = FL_DYN, .has = (1 << XFLAG_SLOTS) - 1, .x87 = X87_ANY };
}

/* The type of the flags' value number v. */
static u8 flag_type(const Known *k, u32 v)
{
	if (k->op == FL_DYN)
		return OT_I64;
	if (v == 3 || k->op == FL_BITS || (k->op >= FL_SHIFT && k->op <= FL_SAR && v == 2))
		return OT_I32;
	return k->size == 8 ? OT_I64 : OT_I32;
}

/* The version to enter at pc with that knowledge. */
static const Version *version_at(XLower *l, u64 pc, Known k)
{
	XRegion *g = l->region;
	u32 n = 0;

	for (u32 turn = 0; turn < 2; turn++) {
		for (u32 i = n = 0; i < g->version.n; i++) {
			if (g->version.p[i].pc != pc)
				continue;
			n++;
			if (memcmp(&g->version.p[i].know, &k, sizeof k) == 0)
				return &g->version.p[i];
		}
		if (n + 1 < VERSIONS)
			break;
		k = nothing_known();
	}
	vec_push(&g->version, ((Version){ pc, ocode_block(l->f), k }));
	vec_push(&l->f->order, g->version.p[g->version.n - 1].block);
	return &g->version.p[g->version.n - 1];
}

static OVal as(XLower *l, u8 type, OVal v)
{
	return type == OT_V128 ? v : xl_to(l, type, v);
}

/* Goes to the block at pc of the region, with the registers as they are. */
static void jump(XLower *l, u64 pc)
{
	XRegion *g = l->region;
	Known known = what_is_known(l);
	const Version v = *version_at(l, pc, known);
	u32 arg[XS_COUNT + XFLAG_SLOTS], n = 0;

	for (u32 s = 0; s < XS_COUNT; s++) {
		u8 type = g->written[s];
		if (!type)
			continue;
		OVal x = l->cur[s] ? l->cur[s] : ocode_emit(l->f, l->block, O_GET, type == OT_V128 ? OT_V128 : OT_I64, 0, 0, 0, REG_SLOT(s));
		arg[n++] = as(l, type, x);
	}
	const OVal flag[XFLAG_SLOTS] = { 0, l->flags.a, l->flags.b, l->flags.c, 0 };
	for (u32 k = 0; k < XFLAG_SLOTS; k++)
		if (v.know.has >> k & 1)
			arg[n++] = v.know.op == FL_DYN ? xl_flag_record(l, &l->flags, k) : xl_to(l, flag_type(&v.know, k), flag[k]);
	ocode_emit(l->f, l->block, O_JMP, OT_VOID, 0, ocode_edge(l->f, v.block, arg, n), 0, 0);
	l->ended = true;
}

/* Leaves if something is pending, and goes on otherwise. */
static void poll(XLower *l, u64 pc)
{
	OFunc *f = l->f;
	OVal pending = xl_cmpi(l, CC_NE, ocode_emit(f, l->block, O_GET, OT_I64, 0, 0, 0, REG_OFF(pending)), 0);

	xl_exit_if(l, pending, XE_FLAGS, pc);
}

bool xl_goto(XLower *l, u64 pc)
{
	const XRegion *g = l->region;

	if (!g || number_of(g->req->pc, g->req->n, pc) == g->req->n)
		return false;
	if (g->dry) {
		l->ended = true;
		return true;
	}
	if (pc <= g->at)
		poll(l, pc);
	jump(l, pc);
	return true;
}

bool xl_at_block(const XLower *l, u64 pc)
{
	const XRegion *g = l->region;

	return g && pc != g->at && number_of(g->req->pc, g->req->n, pc) < g->req->n;
}

/* The registers as they are at the beginning of the version. */
static void enter(XLower *l, const Version *v)
{
	const XRegion *g = l->region;
	OVal flag[XFLAG_SLOTS] = { 0 };

	l->block = v->block;
	l->ended = false;
	memcpy(l->cur, g->before, sizeof l->cur);
	memset(l->dirty, 0, sizeof l->dirty);
	for (u32 s = 0; s < XS_COUNT; s++)
		if (g->written[s]) {
			l->cur[s] = ocode_param(l->f, l->block, g->written[s]);
			xl_set_dirty(l, s, true);
		}
	for (u32 k = 0; k < XFLAG_SLOTS; k++)
		if (v->know.has >> k & 1)
			flag[k] = ocode_param(l->f, l->block, flag_type(&v->know, k));
	l->flags = (XFlags){ .op = v->know.op, .size = v->know.size, .a = flag[1], .b = flag[2], .c = flag[3], .opv = flag[0], .d = flag[4] };
	l->flags_dirty = v->know.op != FL_SLOT;
	l->x87 = v->know.x87;
	l->fpc_checked = v->know.fpc_checked;
	l->flat = 0;
	l->x87_quiet = v->know.x87_quiet;
}

/* ---- lowering --------------------------------------------------------------------------------------------- */

static void dry_run(XRegion *g, const XUnitReq *r)
{
	for (u32 k = 0; k < g->req->n; k++) {
		XLower l;
		x86_lower_begin(&l, r);
		l.region = g;
		g->at = g->req->pc[k];
		x86_lower_block(&l, g->at);
		ocode_free(l.f);
	}
}

/* What is read as it is at the entry; with code in C any register may change. */
static void entry(XLower *l)
{
	XRegion *g = l->region;

	for (u32 s = 0; s < XS_COUNT; s++) {
		u8 type = g->written[s] ? g->written[s] : g->forgets ? 0 : g->read[s];
		if (!type)
			continue;
		OVal v = ocode_emit(l->f, l->block, O_GET, type == OT_V128 ? OT_V128 : OT_I64, 0, 0, 0, REG_SLOT(s));
		if (g->written[s])
			l->cur[s] = v;
		else
			g->before[s] = v;
	}
}

/* MMX, whose registers are the x87's. */
static bool uses_mmx(const XRegion *g)
{
	for (u32 s = XS_FCW; s < XS_ST + 16; s++)
		if (g->written[s])
			return true;
	return false;
}

bool x86_lower_region(const XUnitReq *r, const XRegionReq *req, XUnit *out)
{
	XRegion g = { .req = req, .dry = true };
	XLower l;
	u32 n = 0;

	dry_run(&g, r);
	g.dry = false;
	if (uses_mmx(&g))
		return false;
	x86_lower_begin(&l, r);
	l.region = &g;
	entry(&l);
	jump(&l, r->pc);
	for (u32 k = 0; k < g.version.n; k++) {
		const Version v = g.version.p[k];
		g.at = v.pc;
		enter(&l, &v);
		n += x86_lower_block(&l, v.pc);
	}
	vec_free(&g.version);
	*out = (XUnit){ l.f, n, req->hi };
	return true;
}
