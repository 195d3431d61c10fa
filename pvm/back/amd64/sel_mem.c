/* sel_mem: addresses, loads, stores, atomics. */
#include "sel.h"

/* ---- addresses ------------------------------------------------------------------------------------------ */

/* May v's computation be repeated in an address?  It keeps v's operands alive, so only nearby. */
static bool near(const Sel *s, u32 v)
{
	return s->uses[v] == 1 || s->m->num[sel_o(s, v)->block] == s->block;
}

/* The constant operand of a commutative operation: its value's number, the other operand in *rest; 0 = none. */
static u32 const_operand(const Sel *s, const OIns *o, u32 *rest)
{
	if (sel_is(s, o->b, O_CONST)) {
		*rest = o->a;
		return o->b;
	}
	*rest = o->b;
	return sel_is(s, o->a, O_CONST) ? o->a : 0;
}

/* Takes shl by 1 to 3 out of v: the scale. */
static u32 scaled(Sel *s, u32 *v, bool guest)
{
	const OIns *o = sel_o(s, *v);
	u64 k;

	if (o->op != O_SHL || !near(s, *v) || !sel_is(s, o->b, O_CONST) || (guest && !(o->aux & O_NOWRAP)))
		return 0;
	k = sel_o(s, o->b)->imm & 63;
	if (k < 1 || k > 3)
		return 0;
	*v = o->a;
	return (u32)k;
}

/* An address whose displacement does not fit: the sum goes to a register. */
static void big_disp(Sel *s, Addr *r, u64 disp)
{
	u32 t = m_temp(s->m, OT_I64), u;
	MIns *ins;

	sel_new(s, M_MOVI, 8)->imm = (i64)disp;
	sel_opnd(s, t, ROLE_DEF, 0);
	if (r->index) {
		u = m_temp(s->m, OT_I64);
		ins = sel_new(s, M_LEA, 8);
		ins->mbase = MB_REG;
		ins->scale = r->scale;
		ins->flags = MF_INDEX;
		ins->mopnd = 1;
		sel_opnd(s, u, ROLE_DEF, 0);
		sel_opnd(s, t, ROLE_USE, 0);
		sel_opnd(s, r->index, ROLE_USE, 0);
		t = u;
	}
	r->index = t;
	r->scale = 0;
}

/* Guest: r14 + u32 + offset, where the sum of u32s does not wrap at 32 bits. */
static Addr guest_addr(Sel *s, u32 a, u64 disp)
{
	Addr r = { .base = MB_GUEST };
	u32 rest, k;

	while (sel_is(s, a, O_ADD) && (sel_o(s, a)->aux & O_NOWRAP) && near(s, a) &&
			(k = const_operand(s, sel_o(s, a), &rest))) {
		disp += (u32)sel_o(s, k)->imm;
		a = rest;
	}
	if (sel_is(s, a, O_CONST)) {
		disp += (u32)sel_o(s, a)->imm;
	} else {
		r.scale = (u8)scaled(s, &a, true);
		r.index = sel_reg(s, a);
	}
	if (disp > INT32_MAX)
		big_disp(s, &r, disp);
	else
		r.disp = (i32)disp;
	return r;
}

/* The VM's own memory: a 64-bit address, in which additions wrap as those of the machine do. */
static Addr vm_addr(Sel *s, u32 a, i64 disp)
{
	Addr r = { .base = MB_REG };
	u32 rest, k;

	while (sel_is(s, a, O_ADD) && near(s, a) && (k = const_operand(s, sel_o(s, a), &rest)) &&
			disp + (i64)sel_o(s, k)->imm == (i32)(disp + (i64)sel_o(s, k)->imm)) {
		disp += (i64)sel_o(s, k)->imm;
		a = rest;
	}
	if (disp != (i32)disp) {
		big_disp(s, &r, (u64)disp);
		r.reg = sel_reg(s, a);
		return r;
	}
	r.disp = (i32)disp;
	if (sel_is(s, a, O_ADD) && near(s, a) && !sel_is(s, sel_o(s, a)->a, O_CONST) &&
			!sel_is(s, sel_o(s, a)->b, O_CONST)) {
		u32 x = sel_o(s, a)->b;
		r.reg = sel_reg(s, sel_o(s, a)->a);
		r.scale = (u8)scaled(s, &x, false);
		r.index = sel_reg(s, x);
	} else {
		r.reg = sel_reg(s, a);
	}
	return r;
}

Addr sel_addr(Sel *s, u32 a, u32 offset, u32 desc)
{
	/* A 64-bit guest's addresses are the host's own. */
	bool flat = s->f->unit && sel_o(s, a)->type == OT_I64;

	return OMEM_SPACE(desc) == SPACE_GUEST && !flat ? guest_addr(s, a, offset) : vm_addr(s, a, offset);
}

void sel_mem(Sel *s, const Addr *a, bool late)
{
	MIns *ins = &s->out.p[s->out.n - 1];
	u32 role = late ? ROLE_LATE : ROLE_USE;

	ins->mbase = a->base;
	ins->mopnd = (u8)ins->nopnd;
	ins->disp = a->disp;
	ins->scale = a->scale;
	if (a->base == MB_LIT)
		ins->imm = a->imm;
	if (a->index)
		ins->flags |= MF_INDEX;
	if (a->fault)
		ins->flags |= MF_FAULT;
	if (a->reg)
		sel_opnd(s, a->reg, role, 0);
	if (a->index)
		sel_opnd(s, a->index, role, 0);
	if (a->map_of)
		sel_map(s, a->map_of);
}

/* ---- loads as operands -------------------------------------------------------------------------------------- */

/* Its address and fault are those of instruction v. */
static Addr access(Sel *s, u32 v, u32 a)
{
	const OIns *o = sel_o(s, v);
	Addr r = sel_addr(s, a, o->c, o->aux);

	r.fault = OMEM_FAULT(o->aux);
	r.map_of = r.fault && o->map ? v : 0;
	return r;
}

bool sel_can_load(const Sel *s, u32 v, u32 w)
{
	const OIns *o = sel_o(s, v);

	if ((o->op != O_LOAD && o->op != O_GET) || s->uses[v] != 1 || s->m->num[o->block] != s->block ||
			type_w(o->type) != w || s->writes[v] != s->writes[s->cur])
		return false;
	if (o->op == O_GET && sel_pin(s, o->c) != NOREG)
		return false;
	if (o->op == O_GET)
		return true;
	return (1u << OMEM_LOG2(o->aux)) == w && !(o->aux & OMEM_BIG) &&
		(!OMEM_FAULT(o->aux) || s->faults[s->cur] == s->faults[v] + 1);
}

bool sel_load(Sel *s, u32 v, u32 w, Addr *a)
{
	if (!sel_can_load(s, v, w))
		return false;
	if (sel_is(s, v, O_GET))
		*a = (Addr){ .base = MB_VM, .disp = (i32)sel_o(s, v)->c };
	else
		*a = access(s, v, sel_o(s, v)->a);
	return true;
}

Src sel_src(Sel *s, u32 v, u32 w, bool imm)
{
	const OIns *o = sel_o(s, v);
	Src r = { 0 };

	if (imm && sel_imm(s, v, w, &r.imm)) {
		r.kind = SRC_IMM;
	} else if (o->op == O_CONST && type_is_float(o->type)) {
		r.kind = SRC_MEM;
		r.addr.base = MB_LIT;
		r.addr.imm = w == 4 ? (i64)(u32)o->imm : (i64)o->imm;
	} else if (sel_load(s, v, w, &r.addr)) {
		r.kind = SRC_MEM;
	} else {
		r.v = sel_reg(s, v);
	}
	return r;
}

void sel_add_src(Sel *s, const Src *src, u32 role)
{
	MIns *ins = &s->out.p[s->out.n - 1];

	if (src->kind == SRC_IMM) {
		ins->flags |= MF_IMM;
		ins->imm = src->imm;
	} else if (src->kind == SRC_MEM) {
		/* d = s0 op memory: d is written before the memory is read. */
		sel_mem(s, &src->addr, ins->nopnd == 2);
	} else {
		sel_opnd(s, src->v, role, 0);
	}
}

/* ---- loads and stores ------------------------------------------------------------------------------------------ */

static void load_to(Sel *s, u32 def, u32 op, u32 w, const Addr *a)
{
	sel_new(s, op, w);
	sel_opnd(s, def, ROLE_DEF, 0);
	sel_mem(s, a, false);
}

static void un(Sel *s, u32 op, u32 w, u32 def, u32 x, i64 imm, bool has_imm)
{
	MIns *ins = sel_new(s, op, w);

	ins->imm = imm;
	ins->flags = has_imm ? MF_IMM : 0;
	sel_opnd(s, def, ROLE_DEF, 0);
	sel_opnd(s, x, ROLE_ANY, 0);
}

static void load_big(Sel *s, u32 v, const Addr *a)
{
	const OIns *o = sel_o(s, v);
	u32 lg = OMEM_LOG2(o->aux), w = lg == 3 ? 8 : 4, sgn = OMEM_SIGNED(o->aux);
	u32 t = m_temp(s->m, w == 8 ? OT_I64 : OT_I32), u = m_temp(s->m, w == 8 ? OT_I64 : OT_I32);

	load_to(s, t, lg == 1 ? M_MOVZX16 : M_LOAD, w, a);
	un(s, M_BSWAP, w, lg == 1 || type_is_float(o->type) || (sgn && lg == 2 && o->type == OT_I64) ? u : v, t, 0, false);
	if (lg == 1 && sgn && o->type == OT_I64) {
		u32 x = m_temp(s->m, OT_I64);
		un(s, M_MOVSXD, 8, x, u, 0, false);
		un(s, M_SAR, 8, v, x, 16, true);
	} else if (lg == 1) {
		un(s, sgn ? M_SAR : M_SHR, 4, v, u, 16, true);
	} else if (type_is_float(o->type)) {
		un(s, M_MOVRX, w, v, u, 0, false);
	} else if (sgn && lg == 2 && o->type == OT_I64) {
		un(s, M_MOVSXD, 8, v, u, 0, false);
	}
}

/* Instruction v loads or stores vector x.  Where it has to be aligned, the machine's own fault tells. */
static void vector_access(Sel *s, u32 op, u32 v, u32 x, const Addr *a)
{
	const OIns *o = sel_o(s, v);
	bool memory = o->op == O_LOAD || o->op == O_STORE;

	sel_new(s, op, 16)->aux = memory && OMEM_FAULT(o->aux) && OMEM_ALIGN(o->aux) >= 4;
	sel_opnd(s, x, op == M_VLOAD ? ROLE_DEF : ROLE_USE, 0);
	sel_mem(s, a, false);
}

static void load(Sel *s, u32 v)
{
	static const u8 op[2][4] = { { M_MOVZX8, M_MOVZX16, M_LOAD, M_LOAD }, { M_MOVSX8, M_MOVSX16, M_MOVSXD, M_LOAD } };
	const OIns *o = sel_o(s, v);
	Addr a = access(s, v, o->a);
	u32 lg = OMEM_LOG2(o->aux), sgn = OMEM_SIGNED(o->aux);

	if (lg == 4)
		vector_access(s, M_VLOAD, v, v, &a);
	else if ((o->aux & OMEM_BIG) && lg)
		load_big(s, v, &a);
	else if (type_is_float(o->type))
		load_to(s, v, M_FLOAD, type_w(o->type), &a);
	else if (lg == 2)
		load_to(s, v, sgn && o->type == OT_I64 ? M_MOVSXD : M_LOAD, sgn ? type_w(o->type) : 4, &a);
	else
		load_to(s, v, op[sgn][lg], sgn || lg == 3 ? type_w(o->type) : 4, &a);
}

/* The value to store with its bytes exchanged. */
static u32 big_value(Sel *s, u32 x, u32 type, u32 lg)
{
	u32 t = m_temp(s->m, lg == 3 ? OT_I64 : OT_I32), u = t;

	if (type_is_float(type)) {
		u = m_temp(s->m, lg == 3 ? OT_I64 : OT_I32);
		un(s, M_MOVXR, type_w(type), u, x, 0, false);
		x = u;
	}
	un(s, M_BSWAP, lg == 3 ? 8 : 4, t, x, 0, false);
	if (lg != 1)
		return t;
	u = m_temp(s->m, OT_I32);
	un(s, M_SHR, 4, u, t, 16, true);
	return u;
}

static void fence(Sel *s)
{
	sel_new(s, M_MFENCE, 4);
}

static void store(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);
	u32 lg = OMEM_LOG2(o->aux), b = o->b, x = 0;
	u32 type = sel_o(s, b)->type;
	bool big = (o->aux & OMEM_BIG) && lg;
	i64 imm = 0;
	Addr a;

	if (lg == 4) {
		x = sel_reg(s, b);
		a = access(s, v, o->a);
		vector_access(s, M_VSTORE, v, x, &a);
		return;
	}
	if (sel_is(s, b, O_TRUNC) && lg <= 2 && !big)
		b = sel_o(s, b)->a;
	if (!big && lg >= 2 && (x = sel_low_of_vector(s, b, 1u << lg))) {
		a = access(s, v, o->a);
		sel_new(s, M_FSTORE, 1u << lg);
		sel_opnd(s, x, ROLE_USE, 0);
		sel_mem(s, &a, false);
		return;
	}
	if (big)
		x = big_value(s, sel_reg(s, b), type, lg);
	else if (!sel_imm(s, b, lg == 3 ? 8 : 4, &imm))
		x = sel_reg(s, b);
	a = access(s, v, o->a);
	if (x && type_is_float(type) && !big) {
		sel_new(s, M_FSTORE, type_w(type));
		sel_opnd(s, x, ROLE_USE, 0);
	} else {
		MIns *ins = sel_new(s, M_STORE, 1u << lg);
		ins->imm = imm;
		if (x)
			sel_opnd(s, x, ROLE_USE, 0);
		else
			ins->flags = MF_IMM;
	}
	sel_mem(s, &a, false);
	if (OMEM_ORDER(o->aux) == ORDER_ATOMIC)
		fence(s);
}

static void get(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);
	Addr a = { .base = MB_VM, .disp = (i32)o->c };

	if (sel_pin(s, o->c) != NOREG) {
		s->m->home.p[v] = (u8)(1 + sel_pin(s, o->c));
		return;
	}
	if (o->type == OT_V128) {
		vector_access(s, M_VLOAD, v, v, &a);
		return;
	}
	load_to(s, v, type_is_float(o->type) ? M_FLOAD : M_LOAD, type_w(o->type), &a);
}

static void put(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);
	u32 type = sel_o(s, o->a)->type;
	Addr a = { .base = MB_VM, .disp = (i32)o->c };
	i64 imm = 0;
	u32 x = sel_imm(s, o->a, type_w(type), &imm) ? 0 : sel_reg(s, o->a);

	if (type == OT_V128) {
		vector_access(s, M_VSTORE, v, x, &a);
		return;
	}
	MIns *ins = sel_new(s, type_is_float(type) ? M_FSTORE : M_STORE, type_w(type));

	ins->imm = imm;
	if (x)
		sel_opnd(s, x, ROLE_USE, 0);
	else
		ins->flags = MF_IMM;
	sel_mem(s, &a, false);
}

/* ---- atomics ------------------------------------------------------------------------------------------------------- */

/* Narrow results are zero-extended. */
static void narrow(Sel *s, u32 v, u32 t, u32 lg)
{
	if (t != v)
		un(s, lg ? M_MOVZX16 : M_MOVZX8, 4, v, t, 0, false);
}

static void rmw(Sel *s, u32 v, u32 op)
{
	const OIns *o = sel_o(s, v);
	u32 lg = OMEM_LOG2(o->aux), x = sel_reg(s, o->b), t = lg < 2 ? m_temp(s->m, OT_I32) : v;
	Addr a = access(s, v, o->a);

	/* The operand goes through a register of its own: the result's may be one that the state map names. */
	sel_new(s, op, 1u << lg);
	sel_opnd(s, t, ROLE_DEF, 0);
	sel_opnd(s, x, ROLE_ANY, 0);
	sel_opnd(s, m_temp(s->m, OT_I64), ROLE_TMP, 0);
	sel_mem(s, &a, true);
	narrow(s, v, t, lg);
}

static void cas(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);
	const u32 *p = &s->f->pool.p[o->a];
	u32 lg = OMEM_LOG2(o->aux), t = lg < 2 ? m_temp(s->m, OT_I32) : v, x = sel_reg(s, p[2]);
	Addr a = access(s, v, p[0]);

	sel_new(s, M_CAS, 1u << lg);
	sel_opnd(s, t, ROLE_DFIX, RAX);
	sel_any(s, p[1], ROLE_FIX, RAX);
	sel_opnd(s, x, ROLE_LATE, 0);
	sel_mem(s, &a, true);
	narrow(s, v, t, lg);
}

bool sel_memory(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);

	switch (o->op) {
	case O_LOAD: load(s, v); return OMEM_LOG2(o->aux) <= 3 || o->type == OT_V128;
	case O_STORE: store(s, v); return OMEM_LOG2(o->aux) <= 3 || sel_o(s, o->b)->type == OT_V128;
	case O_GET: get(s, v); return true;
	case O_PUT:
		if (sel_pin(s, o->c) != NOREG)
			return false;
		put(s, v);
		return true;
	case O_XCHG: rmw(s, v, M_XCHG); return !(o->aux & OMEM_BIG);
	case O_XADD: rmw(s, v, M_XADD); return !(o->aux & OMEM_BIG);
	case O_CAS: cas(s, v); return !(o->aux & OMEM_BIG);
	case O_FENCE: fence(s); return true;
	default: return false;
	}
}
