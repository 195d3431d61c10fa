/* sel: instruction selection for amd64, the frame of it. */
#include <stdlib.h>

#include "sel.h"

MIns *sel_new(Sel *s, u32 op, u32 w)
{
	MIns ins = { .op = (u16)op, .w = (u8)w, .opnd = s->m->opnd.n };

	vec_push(&s->out, ins);
	return &s->out.p[s->out.n - 1];
}

void sel_opnd(Sel *s, u32 v, u32 role, u32 fixed)
{
	MOpnd o = { .v = v, .fixed = (u16)fixed, .role = (u8)role };

	vec_push(&s->m->opnd, o);
	s->out.p[s->out.n - 1].nopnd++;
	if (role == ROLE_FIX || role == ROLE_OUT || role == ROLE_DFIX || role == ROLE_KILL)
		s->out.p[s->out.n - 1].flags |= MF_FIXED;
}

u32 sel_reg(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);
	u32 t;

	if (o->op != O_CONST) {
		s->need[v] = 1;
		return v;
	}
	t = m_temp(s->m, o->type);
	sel_new(s, type_is_float(o->type) ? M_FCONST : M_MOVI, type_w(o->type))->imm =
		o->type == OT_I32 || o->type == OT_F32 ? (i64)(u32)o->imm : (i64)o->imm;
	sel_opnd(s, t, ROLE_DEF, 0);
	return t;
}

void sel_any(Sel *s, u32 v, u32 role, u32 fixed)
{
	if (sel_is(s, v, O_CONST)) {
		sel_opnd(s, 0, role, fixed);
		s->m->opnd.p[s->m->opnd.n - 1].con = v;
	} else {
		s->need[v] = 1;
		sel_opnd(s, v, role, fixed);
	}
}

void sel_map(Sel *s, u32 v)
{
	u32 map = sel_o(s, v)->map;

	s->out.p[s->out.n - 1].map = map;
	for (; map; map = s->f->map.p[map].parent)
		for (u32 k = 0; k < s->f->map.p[map].n; k++) {
			u32 val = s->f->slot.p[s->f->map.p[map].slots + k].val;
			if (val)
				sel_any(s, val, ROLE_MAP, 0);
		}
}

bool sel_imm(Sel *s, u32 v, u32 w, i64 *imm)
{
	const OIns *o = sel_o(s, v);

	if (o->op != O_CONST || type_is_float(o->type))
		return false;
	*imm = w == 8 ? (i64)o->imm : (i32)o->imm;
	return *imm == (i32)*imm;
}

/* Can an instruction whose result nobody wants be left out? */
static bool is_dead(const Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);
	u32 props = ocode_ops[o->op].props;

	if (s->need[v] || (props & (OP_WRITE | OP_END)))
		return false;
	if (o->op == O_LOAD)
		return !OMEM_FAULT(o->aux) || s->uses[v]; /* with uses: one of them has taken it in */
	return !(props & OP_FAULT);
}

/* The family that most operations of a form belong to; others are asked in turn. */
typedef bool Family(Sel *s, u32 v);
static Family *const family[] = {
	[OF_LOAD] = sel_memory, [OF_STORE] = sel_memory, [OF_SLOT] = sel_memory, [OF_PUT] = sel_memory, [OF_RMW] = sel_memory,
	[OF_CAS] = sel_memory, [OF_CALL] = sel_control, [OF_JMP] = sel_control, [OF_BR] = sel_control, [OF_SWITCH] = sel_control,
	[OF_RET] = sel_control, [OF_TRAPIF] = sel_control, [OF_TRAP] = sel_control, [OF_EXIT] = sel_control };

static bool select_one(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);
	u32 form = ocode_ops[o->op].form;
	bool ok;

	if (is_dead(s, v) || s->need[v] == 2 || o->op == O_CONST || o->op == O_PARAM)
		return true;
	vec_push(&s->group, s->out.n);
	s->cur = v;
	if (sel_vec(s, v, &ok))
		return ok;
	if ((o->type > OT_VOID && o->type < OT_I32) || o->type == OT_I128 || o->type == OT_F80)
		return err_set(s->m->err, EXIT_UNSUPPORTED, "amd64: %s of type %s is not supported", ocode_ops[o->op].name,
			ocode_type_names[o->type]);
	if (form < COUNT(family) && family[form] ? family[form](s, v) : sel_int(s, v) || sel_float(s, v) || sel_memory(s, v) || sel_control(s, v))
		return true;
	return err_set(s->m->err, EXIT_UNSUPPORTED, "amd64: %s is not supported", ocode_ops[o->op].name);
}

static inline void count_use(void *ctx, u32 *use)
{
	((u32 *)ctx)[*use]++;
}

/* For each value, how many uses there are; for each instruction, how many before it write and how many may fault (counted
 * down from some number).  In a tree all uses stand behind, so that those by dead code need not count. */
static void look_ahead(Sel *s)
{
	u32 writes = UINT32_MAX, faults = UINT32_MAX;

	for (u32 b = s->m->nblock; b-- > 0;)
		for (u32 v = s->f->block.p[s->m->block[b].oblock].last; v; v = sel_o(s, v)->prev) {
			const OIns *o = sel_o(s, v);
			u32 props = ocode_ops[o->op].props;
			bool quiet = o->op == O_LOAD && !OMEM_FAULT(o->aux);
			writes -= (props & OP_WRITE) != 0 && !quiet;
			faults -= (props & OP_FAULT) != 0 && !quiet;
			s->writes[v] = writes;
			s->faults[v] = faults;
			if (!s->m->tree || s->uses[v] || (!quiet && (props & (OP_WRITE | OP_FAULT | OP_END))))
				ocode_each_use(s->f, v, count_use, s->uses);
		}
}

/* The block's head, with its params, stands first. */
static void select_head(Sel *s, u32 ob)
{
	sel_new(s, M_BLOCK, 0);
	if (s->block != 0)
		for (u32 v = s->f->block.p[ob].first; v && sel_is(s, v, O_PARAM); v = sel_o(s, v)->next)
			sel_opnd(s, v, ROLE_DFIX, NOREG);
}

/* Until all are finished, a block's `first` and `end` count groups. */
static bool select_block(Sel *s, u32 b)
{
	MBlock *mb = &s->m->block[b];

	s->block = b;
	mb->first = s->group.n;
	for (u32 v = s->f->block.p[mb->oblock].last; v; v = sel_o(s, v)->prev)
		if (!select_one(s, v))
			return false;
	if (b == 0) {
		vec_push(&s->group, s->out.n);
		sel_entry(s);
	}
	vec_push(&s->group, s->out.n);
	select_head(s, mb->oblock);
	mb->end = s->group.n;
	return true;
}

/* Blocks were finished in another order than the layout's, and each from its end on. */
static void put_in_order(Sel *s)
{
	MFunc *m = s->m;

	vec_push(&s->group, s->out.n);
	vec_reserve(&m->ins, s->out.n);
	for (u32 b = 0; b < m->nblock; b++) {
		MBlock *mb = &m->block[b];
		u32 first = m->ins.n;
		for (u32 g = mb->end; g-- > mb->first;)
			for (u32 k = s->group.p[g], n = s->group.p[g + 1]; k < n; k++)
				m->ins.p[m->ins.n++] = s->out.p[k];
		mb->first = first;
		mb->end = m->ins.n;
	}
}

/* The state of the last selection, whose arrays serve the next. */
static void *spare;
enum { SPARE_INS = 4096 };

static Sel *sel_begin(MFunc *m)
{
	Sel *s = spare_take(&spare);
	u32 n = m->f->ins.n;

	if (!s)
		s = xcalloc(1, sizeof *s);
	s->m = m;
	s->f = m->f;
	s->out.n = s->group.n = 0;
	s->uses = arena_alloc(m->arena, n * (3 * sizeof(u32) + 1));
	s->writes = s->uses + n;
	s->faults = s->writes + n;
	s->need = (u8 *)(s->faults + n);
	return s;
}

static void sel_end(Sel *s)
{
	if (s->out.cap <= SPARE_INS)
		s = spare_put(&spare, s);
	if (!s)
		return;
	vec_free(&s->out);
	vec_free(&s->group);
	free(s);
}

bool amd64_select(MFunc *m)
{
	Sel *s = sel_begin(m);
	bool ok = true;

	look_ahead(s);
	/* Against reverse postorder: uses before definitions, but for those along back edges, which are arguments. */
	for (u32 k = m->nblock; ok && k-- > 0;)
		ok = select_block(s, m->tree ? k : m->num[m->cfg->rpo[k]]);
	if (ok)
		put_in_order(s);
	sel_end(s);
	return ok;
}
