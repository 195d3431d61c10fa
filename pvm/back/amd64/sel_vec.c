/* sel_vec: v128 values on SSE and, for the rows that need it, AVX; vec.def has the rows. */
#include "sel.h"

const VecEnc amd64_vec[VO_COUNT] = {
#define E(row, kind, opcode, ext, needs) [VO_##row] = { opcode, VK_##kind, ext, needs },
#include "vec.def"
#undef E
};

static MIns *new_vec(Sel *s, const OIns *o)
{
	MIns *ins = sel_new(s, M_VEC, 16);

	ins->aux = o->aux;
	ins->imm = ocode_vops[o->aux].args < 3 ? o->c : 0;
	return ins;
}

/* d op= b: the result takes a's place, so b is elsewhere. */
static void two(Sel *s, u32 v, const OIns *o)
{
	u32 b = sel_reg(s, o->b), a = sel_reg(s, o->a);

	new_vec(s, o);
	sel_opnd(s, v, ROLE_DEF, 0);
	sel_opnd(s, a, ROLE_ANY, 0);
	sel_opnd(s, b, ROLE_LATE, 0);
}

static void one(Sel *s, u32 v, const OIns *o, u32 role)
{
	u32 a = sel_reg(s, o->a);

	new_vec(s, o);
	sel_opnd(s, v, ROLE_DEF, 0);
	sel_opnd(s, a, role, 0);
}

/* A number that was only loaded to be put into a vector is loaded there. */
static void from_integer(Sel *s, u32 v, const OIns *o)
{
	u32 w = o->aux == VO_MOVQ ? 8 : 4;
	Addr a;

	if (sel_load(s, o->a, w, &a)) {
		sel_new(s, M_FLOAD, w);
		sel_opnd(s, v, ROLE_DEF, 0);
		sel_mem(s, &a, false);
	} else {
		one(s, v, o, ROLE_USE);
	}
}

static void mask_in_xmm0(Sel *s, u32 v, const OIns *o)
{
	u32 b = sel_reg(s, o->b), a = sel_reg(s, o->a);

	new_vec(s, o);
	sel_opnd(s, v, ROLE_DEF, 0);
	sel_opnd(s, a, ROLE_LATE, 0);
	sel_opnd(s, b, ROLE_LATE, 0);
	sel_any(s, o->c, ROLE_FIX, REG_F0);
}

/* d = a * d + c, d being b at first. */
static void fused(Sel *s, u32 v, const OIns *o)
{
	u32 c = sel_reg(s, o->c), b = sel_reg(s, o->b), a = sel_reg(s, o->a);

	new_vec(s, o);
	sel_opnd(s, v, ROLE_DEF, 0);
	sel_opnd(s, b, ROLE_ANY, 0);
	sel_opnd(s, a, ROLE_LATE, 0);
	sel_opnd(s, c, ROLE_LATE, 0);
}

static void order(Sel *s, u32 v, const OIns *o)
{
	u32 b = sel_reg(s, o->b), a = sel_reg(s, o->a);

	new_vec(s, o);
	sel_opnd(s, v, ROLE_DFIX, RAX);
	sel_opnd(s, a, ROLE_USE, 0);
	sel_opnd(s, b, ROLE_USE, 0);
}

static bool row(Sel *s, u32 v, const OIns *o)
{
	const VecEnc *e = &amd64_vec[o->aux];

	if (e->needs && !sel_has(s, e->needs))
		return err_set(s->m->err, EXIT_UNSUPPORTED, "amd64: %s needs a newer processor", ocode_vops[o->aux].name);
	switch ((enum VecKind)e->kind) {
	case VK_TWO: case VK_TWOG: case VK_CMP: two(s, v, o); break;
	case VK_VEX: two(s, v, o); break;
	case VK_FROM: from_integer(s, v, o); break;
	case VK_ONE: case VK_TO: case VK_TOMR: case VK_VEX1: case VK_VEXR: one(s, v, o, ROLE_USE); break;
	case VK_SHIFT: one(s, v, o, ROLE_ANY); break;
	case VK_XMM0: mask_in_xmm0(s, v, o); break;
	case VK_FMA: fused(s, v, o); break;
	case VK_COMI: order(s, v, o); break;
	}
	return true;
}

bool sel_vec(Sel *s, u32 v, bool *ok)
{
	const OIns *o = sel_o(s, v);

	*ok = true;
	switch (o->op) {
	case O_VEC1: case O_VEC2: case O_VEC3: case O_FVEC1: case O_FVEC2: case O_FVEC3:
		*ok = row(s, v, o);
		return true;
	case O_VCONST:
		sel_new(s, M_VCONST, 16)->imm = o->a;
		sel_opnd(s, v, ROLE_DEF, 0);
		return *ok = o->type == OT_V128;
	default:
		return false;
	}
}

/* The vector whose low w bytes the integer v is, to be stored from there; 0 = none. */
u32 sel_low_of_vector(Sel *s, u32 v, u32 w)
{
	const OIns *o = sel_o(s, v);

	if (o->op != O_VEC1 || s->uses[v] != 1 || o->aux != (w == 8 ? VO_MOVQ_R : VO_MOVD_R) || w < 4)
		return 0;
	return sel_reg(s, o->a);
}
