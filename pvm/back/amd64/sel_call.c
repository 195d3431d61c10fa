/* sel_call: parameters, calls, traps, ends of blocks. */
#include "sel.h"

u32 amd64_args(const u8 *type, u32 n, u16 *reg)
{
	static const u8 ints[] = { RDI, RSI, RDX, RCX, R8, R9 };
	u32 ni = 0, nf = 0, words = 0;

	for (u32 i = 0; i < n; i++) {
		if (type_is_float(type[i]))
			reg[i] = (u16)(nf < 8 ? REG_F0 + nf++ : NREG + words++);
		else
			reg[i] = (u16)(ni < COUNT(ints) ? ints[ni++] : NREG + words++);
	}
	return words;
}

/* ---- calls ------------------------------------------------------------------------------------------------ */

/* Adds the arguments where they belong; those in words of the outgoing area come first, as that may need a register
 * that an argument goes to. */
static void arguments(Sel *s, const OIns *o)
{
	const u32 *arg = &s->f->pool.p[o->b];
	u32 n = o->c, words;
	u8 *type = arena_alloc(s->m->arena, n + 1);
	u16 *reg = arena_alloc(s->m->arena, (n + 1) * sizeof *reg);

	for (u32 k = 0; k < n; k++)
		type[k] = sel_o(s, arg[k])->type;
	words = amd64_args(type, n, reg);
	s->m->nout = MAX(s->m->nout, words);
	for (u32 k = 0; k < n; k++)
		sel_any(s, arg[k], reg[k] >= NREG ? ROLE_OUT : ROLE_FIX, reg[k] >= NREG ? reg[k] - NREG : reg[k]);
}

static void result(Sel *s, u32 v)
{
	u32 type = sel_o(s, v)->type;

	if (type != OT_VOID && s->need[v])
		sel_opnd(s, v, ROLE_DFIX, type_is_float(type) ? REG_F0 : RAX);
}

static void call(Sel *s, u32 v, u32 op)
{
	const OIns *o = sel_o(s, v);
	u32 to = op == M_CALLI ? sel_reg(s, o->a) : 0;
	MIns *ins = sel_new(s, op, 8);

	ins->flags = MF_CALL;
	ins->imm = op == M_CALL ? o->a : 0;
	if (to)
		sel_opnd(s, to, ROLE_USE, 0);
	arguments(s, o);
	result(s, v);
	sel_map(s, v);
	s->m->calls = true;
}

/* An x87 instruction on the host's own x87.  Operand 0 is what it gives, if it gives something. */
static void x87(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);
	u32 code = o->aux & 0x7ff, operand = s->f->pool.p[o->b + 4], def = o->type != OT_VOID && s->need[v] ? v : 0, x = 0;
	bool memory = (code & 0xff) < 0xc0 && code != OX87_FLDCW;
	Addr a;

	if (memory) {
		a = sel_addr(s, operand, 0, O_MEM(SPACE_GUEST, 3, 0, ORDER_TSO, 1));
		a.fault = true;
		a.map_of = v;
	} else if (code == OX87_FLDCW || (code & 0x7f8) == OX87_FCMOV) {
		x = sel_reg(s, operand);
	}
	sel_new(s, M_X87, 4)->aux = (u16)code;
	if (def)
		sel_opnd(s, def, ROLE_DFIX, RAX);
	if (x)
		sel_opnd(s, x, ROLE_USE, 0);
	if (memory)
		sel_mem(s, &a, false);
	else
		s->out.p[s->out.n - 1].map = o->map;
	if (o->type != OT_VOID && !def)
		sel_opnd(s, 0, ROLE_KILL, RAX);
}

/* The PUTs before a call, or of a block that goes on. */
static bool puts_before(Sel *s, u32 end)
{
	if (!s->m->pinned)
		return true;
	sel_new(s, M_PIN, 0);
	bool ok = sel_puts(s, end);
	if (!s->out.p[s->out.n - 1].nopnd)
		s->out.n--;
	return ok;
}

/* A host function: arguments as words, the result's bits in rax. */
static bool hcall(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);

	if (o->aux & OHCALL_X87) {
		x87(s, v);
		return true;
	}
	if (!puts_before(s, v))
		return false;
	u32 t = type_is_float(o->type) && s->need[v] ? m_temp(s->m, o->type == OT_F64 ? OT_I64 : OT_I32) : v;
	MIns *ins = sel_new(s, M_HCALL, 8);

	ins->flags = MF_CALL;
	ins->imm = o->a;
	for (u32 k = 0; k < o->c; k++)
		sel_any(s, s->f->pool.p[o->b + k], ROLE_OUT, k);
	s->m->nout = MAX(s->m->nout, o->c);
	if (o->type != OT_VOID && s->need[v])
		sel_opnd(s, t, ROLE_DFIX, RAX);
	sel_map(s, v);
	if (t != v) {
		sel_new(s, M_MOVRX, type_w(o->type));
		sel_opnd(s, v, ROLE_DEF, 0);
		sel_opnd(s, t, ROLE_ANY, 0);
	}
	s->m->calls = true;
	return true;
}

/* ---- parameters --------------------------------------------------------------------------------------------- */

void sel_entry(Sel *s)
{
	OFunc *f = s->f;
	u16 *reg = arena_alloc(s->m->arena, (f->param.n + 1) * sizeof *reg);
	u32 i = 0;

	amd64_args(f->param.p, f->param.n, reg);
	sel_new(s, M_ENTRY, 0);
	for (u32 v = f->block.p[f->order.p[0]].first; v && sel_is(s, v, O_PARAM); v = sel_o(s, v)->next, i++)
		if (s->need[v] && reg[i] < NREG)
			sel_opnd(s, v, ROLE_DFIX, reg[i]);
	i = 0;
	for (u32 v = f->block.p[f->order.p[0]].first; v && sel_is(s, v, O_PARAM); v = sel_o(s, v)->next, i++)
		if (s->need[v] && reg[i] >= NREG) {
			sel_new(s, M_LDARG, type_w(sel_o(s, v)->type))->imm = reg[i] - NREG;
			sel_opnd(s, v, ROLE_DEF, 0);
		}
}

/* ---- traps and ends -------------------------------------------------------------------------------------------- */

static void trap_if(Sel *s, u32 v)
{
	u32 cc = sel_cond(s, sel_o(s, v)->a);
	MIns *ins = sel_new(s, M_TRAPCC, 4);

	ins->cc = (u8)cc;
	ins->imm = sel_o(s, v)->aux;
	sel_map(s, v);
}

static void jump(Sel *s, u32 edge)
{
	const OEdge *e = &s->f->edge.p[edge];

	sel_new(s, M_JMP, 0);
	for (u32 k = 0; k < e->n; k++)
		sel_any(s, s->f->pool.p[e->args + k], ROLE_ARG, 0);
}

static void branch_switch(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);
	u32 x;

	if (o->c == 1) {
		sel_new(s, M_JMP, 0);
		return;
	}
	x = sel_reg(s, o->a);
	sel_new(s, M_SWITCH, 4)->imm = o->c;
	sel_opnd(s, x, ROLE_LATE, 0);
	sel_opnd(s, m_temp(s->m, OT_I64), ROLE_TMP, 0);
}

static void ret(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);

	sel_new(s, M_RET, 0);
	if (o->aux == 1)
		sel_any(s, o->a, ROLE_FIX, type_is_float(sel_o(s, o->a)->type) ? REG_F0 : RAX);
}

/* A loop often compares i and goes on with i + c.  Between comparison and jump, as a lea (which leaves the flags
 * alone), the sum can take i's register.  Finds such a sum, whose only use is behind the jump: called before the
 * comparison is selected, so that a need is one of later blocks.  0 = there is none. */
static u32 late_step(const Sel *s, u32 v)
{
	const OIns *cmp = sel_o(s, sel_o(s, v)->a);
	u32 x = sel_o(s, v)->prev;

	if (cmp->op != O_ICMP || cmp->block != sel_o(s, v)->block)
		return 0;
	for (u32 k = 0; k < 12 && x; k++, x = sel_o(s, x)->prev) {
		const OIns *o = sel_o(s, x);
		if (o->op == O_ADD && s->uses[x] == 1 && s->need[x] && (o->a == cmp->a || o->a == cmp->b) &&
				!sel_is(s, o->a, O_CONST) && sel_is(s, o->b, O_CONST))
			return x;
	}
	return 0;
}

static void make_step(Sel *s, u32 x)
{
	const OIns *o = sel_o(s, x);
	MIns *ins;
	i64 c;

	if (!x || !sel_imm(s, o->b, type_w(o->type), &c))
		return;
	s->need[o->a] = 1;
	s->need[x] = 2;
	ins = sel_new(s, M_LEA, type_w(o->type));
	ins->mbase = MB_REG;
	ins->mopnd = 1;
	ins->disp = (i32)c;
	sel_opnd(s, x, ROLE_DEF, 0);
	sel_opnd(s, o->a, ROLE_USE, 0);
}

static bool leave(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v), *pc = sel_o(s, o->a);
	MIns *ins = sel_new(s, M_EXIT, 8);

	ins->aux = o->aux;
	ins->disp = (i32)o->c;
	if (pc->op == O_CONST) {
		ins->flags = MF_IMM;
		ins->imm = (i64)pc->imm;
	} else {
		sel_any(s, o->a, ROLE_FIX, RAX);
	}
	return sel_puts(s, v);
}

static bool branch(Sel *s, u32 v)
{
	u32 x = late_step(s, v), cc = sel_cond(s, sel_o(s, v)->a);

	make_step(s, x);
	bool ok = puts_before(s, v);
	sel_new(s, M_BR, 0)->cc = (u8)cc;
	return ok;
}

bool sel_control(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);

	switch (o->op) {
	case O_CALL: call(s, v, M_CALL); return true;
	case O_CALLI: call(s, v, M_CALLI); return true;
	case O_HCALL: return hcall(s, v);
	case O_TRAPIF: trap_if(s, v); return true;
	case O_JMP:
		if (!puts_before(s, v))
			return false;
		jump(s, o->a);
		return true;
	case O_BR: return branch(s, v);
	case O_SWITCH: branch_switch(s, v); return true;
	case O_RET: ret(s, v); return true;
	case O_EXIT: return leave(s, v);
	case O_TRAP:
		sel_new(s, M_TRAP, 0)->imm = o->aux;
		sel_map(s, v);
		return true;
	default: return false;
	}
}
