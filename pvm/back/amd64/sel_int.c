/* sel_int: integers, conversions between them, comparisons, choices. */
#include "sel.h"

static const u8 int_cc[CC_COUNT] = { [CC_EQ] = X_E, [CC_NE] = X_NE, [CC_LTS] = X_L, [CC_LES] = X_LE, [CC_GTS] = X_G,
	[CC_GES] = X_GE, [CC_LTU] = X_B, [CC_LEU] = X_BE, [CC_GTU] = X_A, [CC_GEU] = X_AE };
/* The condition with the operands exchanged. */
static const u8 swapped[CC_COUNT] = { CC_EQ, CC_NE, CC_GTS, CC_GES, CC_LTS, CC_LES, CC_GTU, CC_GEU, CC_LTU, CC_LEU };

/* ---- two operands ------------------------------------------------------------------------------------ */

static void alu(Sel *s, u32 def, u32 op, u32 w, u32 a, u32 b, u32 flags)
{
	Src src;
	u32 x;
	i64 imm;
	bool comm = ocode_ops[sel_o(s, s->cur)->op].props & OP_COMMUTES;

	if (comm && !sel_is(s, b, O_CONST) &&
			(sel_imm(s, a, w, &imm) || (sel_can_load(s, a, w) && !sel_can_load(s, b, w)))) {
		u32 t = a;
		a = b;
		b = t;
	}
	src = sel_src(s, b, w, true);
	x = sel_reg(s, a);
	sel_new(s, op, w)->flags = (u8)(flags | (comm ? MF_COMM : 0));
	sel_opnd(s, def, ROLE_DEF, 0);
	sel_opnd(s, x, ROLE_ANY, 0);
	sel_add_src(s, &src, comm ? ROLE_ANY : ROLE_ANYL);
}

static void unary(Sel *s, u32 def, u32 op, u32 w, u32 a)
{
	u32 x = sel_reg(s, a);

	sel_new(s, op, w);
	sel_opnd(s, def, ROLE_DEF, 0);
	sel_opnd(s, x, ROLE_ANY, 0);
}

/* d = op x, imm: for sequences. */
static u32 alu_imm(Sel *s, u32 def, u32 op, u32 w, u32 x, i64 imm)
{
	MIns *ins = sel_new(s, op, w);

	ins->imm = imm;
	ins->flags = MF_IMM;
	sel_opnd(s, def, ROLE_DEF, 0);
	sel_opnd(s, x, ROLE_ANY, 0);
	return def;
}

static u32 alu_reg(Sel *s, u32 def, u32 op, u32 w, u32 x, u32 y)
{
	sel_new(s, op, w);
	sel_opnd(s, def, ROLE_DEF, 0);
	sel_opnd(s, x, ROLE_ANY, 0);
	sel_opnd(s, y, ROLE_ANYL, 0);
	return def;
}

static void copy(Sel *s, u32 def, u32 w, u32 a)
{
	u32 x = sel_reg(s, a);

	sel_new(s, M_MOV, w);
	sel_opnd(s, def, ROLE_DEF, 0);
	sel_opnd(s, x, ROLE_ANY, 0);
}

static void shift(Sel *s, u32 v, u32 op, u32 w)
{
	const OIns *o = sel_o(s, v);
	u32 x;
	i64 imm;

	x = sel_reg(s, o->a);
	if (sel_is(s, o->b, O_CONST)) {
		imm = (i64)(sel_o(s, o->b)->imm & (w * 8 - 1));
		alu_imm(s, v, op, w, x, imm);
		return;
	}
	s->need[o->b] = 1;
	sel_new(s, op, w);
	sel_opnd(s, v, ROLE_DEF, 0);
	sel_opnd(s, x, ROLE_ANY, 0);
	sel_opnd(s, o->b, ROLE_FIX, RCX);
}

/* ---- multiplication and division ------------------------------------------------------------------------ */

static int log2_of(u64 x)
{
	return x && !(x & (x - 1)) ? __builtin_ctzll(x) : -1;
}

static u64 const_bits(const Sel *s, u32 v, u32 w)
{
	return w == 8 ? sel_o(s, v)->imm : (u32)sel_o(s, v)->imm;
}

/* x * 3, 5, 9: lea. */
static void lea_mul(Sel *s, u32 v, u32 w, u32 x, u32 scale)
{
	MIns *ins = sel_new(s, M_LEA, w);

	ins->mbase = MB_REG;
	ins->scale = (u8)scale;
	ins->flags = MF_INDEX;
	ins->mopnd = 1;
	sel_opnd(s, v, ROLE_DEF, 0);
	sel_opnd(s, x, ROLE_USE, 0);
	sel_opnd(s, x, ROLE_USE, 0);
}

static void mul(Sel *s, u32 v, u32 w)
{
	const OIns *o = sel_o(s, v);
	u32 a = o->a, b = o->b;

	if (sel_is(s, a, O_CONST)) {
		a = o->b;
		b = o->a;
	}
	if (sel_is(s, b, O_CONST) && !sel_is(s, a, O_CONST)) {
		u64 k = const_bits(s, b, w);
		if (log2_of(k) >= 0) {
			alu_imm(s, v, M_SHL, w, sel_reg(s, a), log2_of(k));
			return;
		}
		if (k == 3 || k == 5 || k == 9) {
			lea_mul(s, v, w, sel_reg(s, a), k == 3 ? 1 : k == 5 ? 2 : 3);
			return;
		}
	}
	alu(s, v, M_IMUL, w, o->a, o->b, 0);
}

/* One of the instructions that work on rdx:rax; `want` is the half of the result. */
static void wide(Sel *s, u32 v, u32 op, u32 w, u32 want)
{
	const OIns *o = sel_o(s, v);
	u32 y;

	y = sel_reg(s, o->b);
	sel_new(s, op, w);
	sel_opnd(s, v, ROLE_DFIX, want);
	if (sel_is(s, o->a, O_CONST)) {
		sel_any(s, o->a, ROLE_FIX, RAX);
	} else {
		s->need[o->a] = 1;
		sel_opnd(s, o->a, ROLE_FIX, RAX);
	}
	sel_opnd(s, y, ROLE_ANYL, 0);
	sel_opnd(s, 0, ROLE_KILL, want == RAX ? RDX : RAX);
}

/* Signed division by 2^k: add 2^k - 1 first if x is negative. */
static u32 bias(Sel *s, u32 w, u32 x, int k)
{
	u32 type = w == 8 ? OT_I64 : OT_I32, t = m_temp(s->m, type), u = m_temp(s->m, type), r = m_temp(s->m, type);
	u32 bits = w * 8;

	if (k > 1)
		alu_imm(s, t, M_SAR, w, x, bits - 1);
	alu_imm(s, u, M_SHR, w, k > 1 ? t : x, bits - (u32)k);
	return alu_reg(s, r, M_ADD, w, u, x);
}

static void div_pow2(Sel *s, u32 v, u32 w, bool rem, u32 x, int k)
{
	u32 type = w == 8 ? OT_I64 : OT_I32, t, u;

	t = bias(s, w, x, k);
	if (!rem) {
		alu_imm(s, v, M_SAR, w, t, k);
		return;
	}
	u = m_temp(s->m, type);
	if (k < 31) {
		alu_imm(s, u, M_AND, w, t, -(i64)(1ull << k));
	} else {
		u32 q = alu_imm(s, m_temp(s->m, type), M_SAR, w, t, k);
		alu_imm(s, u, M_SHL, w, q, k);
	}
	alu_reg(s, v, M_SUB, w, x, u);
}

/* 32-bit quotient by a multiplication: x * ceil(2^p / d) >> p in 64 bits.  After Granlund and Montgomery, "Division
 * by Invariant Integers using Multiplication" (PLDI 1994), with the 64-bit product that this machine has. */
static u32 magic_s32(Sel *s, u32 q, u32 x, i32 d)
{
	u32 ad = d < 0 ? 0u - (u32)d : (u32)d, sh = 31 - (u32)__builtin_clz(ad - 1), t, p, sign, r;
	u64 m = ((1ull << (32 + sh)) + ad - 1) / ad; /* 2^31 < m < 2^32 */

	for (; !(m & 1) && sh; sh--) /* a factor below 2^31 is an immediate */
		m >>= 1;
	t = m_temp(s->m, OT_I64);
	sel_new(s, M_MOVSXD, 8);
	sel_opnd(s, t, ROLE_DEF, 0);
	sel_opnd(s, x, ROLE_ANY, 0);
	p = m_temp(s->m, OT_I64);
	if (m == (u64)(i32)m) {
		alu_imm(s, p, M_IMUL, 8, t, (i64)m);
	} else {
		u32 k = m_temp(s->m, OT_I64);
		sel_new(s, M_MOVI, 8)->imm = (i64)m;
		sel_opnd(s, k, ROLE_DEF, 0);
		alu_reg(s, p, M_IMUL, 8, k, t);
	}
	r = alu_imm(s, m_temp(s->m, OT_I64), M_SAR, 8, p, 32 + sh);
	sign = alu_imm(s, m_temp(s->m, OT_I32), M_SAR, 4, x, 31);
	return d > 0 ? alu_reg(s, q, M_SUB, 4, r, sign) : alu_reg(s, q, M_SUB, 4, sign, r);
}

static u32 magic_u32(Sel *s, u32 q, u32 x, u32 d)
{
	u32 sh = 32 - (u32)__builtin_clz(d - 1), t, u, r;
	u64 m = (u64)((((unsigned __int128)1 << (32 + sh)) + d - 1) / d); /* 2^32 <= m < 2^33 */
	u32 low = (u32)m;

	/* x * m >> (32 + sh) where m has 33 bits: ((x - h) / 2 + h) >> (sh - 1), h = x * low >> 32. */
	u = m_temp(s->m, OT_I64);
	sel_new(s, M_MOVI, 8)->imm = low;
	sel_opnd(s, u, ROLE_DEF, 0);
	t = alu_reg(s, m_temp(s->m, OT_I64), M_IMUL, 8, u, x);
	t = alu_imm(s, m_temp(s->m, OT_I64), M_SHR, 8, t, 32);
	r = alu_reg(s, m_temp(s->m, OT_I32), M_SUB, 4, x, t);
	r = alu_imm(s, m_temp(s->m, OT_I32), M_SHR, 4, r, 1);
	r = alu_reg(s, m_temp(s->m, OT_I32), M_ADD, 4, r, t);
	return alu_imm(s, q, M_SHR, 4, r, sh - 1);
}

/* Division by a constant; false if there is no shorter way. */
static bool div_const(Sel *s, u32 v, u32 w, bool sgn, bool rem)
{
	const OIns *o = sel_o(s, v);
	u64 d = const_bits(s, o->b, w);
	int k = log2_of(d);
	u32 x, q, t;

	if (sel_is(s, o->a, O_CONST) || d <= 1)
		return false;
	if (k > 0 && !(sgn && k == (int)w * 8 - 1) && (!rem || sgn || k < 31)) {
		x = sel_reg(s, o->a);
		if (sgn)
			div_pow2(s, v, w, rem, x, k);
		else
			alu_imm(s, v, rem ? M_AND : M_SHR, w, x, rem ? (i64)(d - 1) : k);
		return true;
	}
	if (w == 8 || k > 0 || (sgn && log2_of(0 - (u64)(i64)(i32)d) >= 0)) /* -2^k divides as the machine does it */
		return false;
	x = sel_reg(s, o->a);
	q = rem ? m_temp(s->m, OT_I32) : v;
	if (sgn)
		magic_s32(s, q, x, (i32)d);
	else
		magic_u32(s, q, x, (u32)d);
	if (rem) {
		t = alu_imm(s, m_temp(s->m, OT_I32), M_IMUL, 4, q, (i32)d);
		alu_reg(s, v, M_SUB, 4, x, t);
	}
	return true;
}

static void divide(Sel *s, u32 v, u32 w, bool sgn, bool rem)
{
	if (!sel_is(s, sel_o(s, v)->b, O_CONST) || !div_const(s, v, w, sgn, rem))
		wide(s, v, sgn ? M_IDIV : M_DIV, w, rem ? RDX : RAX);
}

/* ---- comparisons -------------------------------------------------------------------------------------------- */

static u32 test(Sel *s, u32 a, u32 b, u32 w)
{
	i64 imm;
	u32 x, y;

	if (sel_imm(s, b, w, &imm)) {
		x = sel_reg(s, a);
		MIns *ins = sel_new(s, M_TEST, w);
		ins->flags = MF_IMM | MF_FLAGS;
		ins->imm = imm;
		sel_opnd(s, x, ROLE_ANY, 0);
		return 0;
	}
	x = sel_reg(s, a);
	y = sel_reg(s, b);
	sel_new(s, M_TEST, w)->flags = MF_FLAGS;
	sel_opnd(s, x, ROLE_ANY, 0);
	sel_opnd(s, y, ROLE_USE, 0);
	return 0;
}

/* x against zero: an AND that nobody else wants becomes the test. */
static void compare_zero(Sel *s, u32 a, u32 w)
{
	const OIns *o = sel_o(s, a);
	Addr addr;

	if (o->op == O_AND && s->uses[a] == 1) {
		bool swap = sel_is(s, o->a, O_CONST);
		test(s, swap ? o->b : o->a, swap ? o->a : o->b, w);
	} else if (sel_load(s, a, w, &addr)) {
		MIns *ins = sel_new(s, M_CMP, w);
		ins->flags = MF_IMM | MF_FLAGS;
		sel_mem(s, &addr, false);
	} else {
		u32 x = sel_reg(s, a);
		sel_new(s, M_TEST, w)->flags = MF_FLAGS;
		sel_opnd(s, x, ROLE_USE, 0);
		sel_opnd(s, x, ROLE_USE, 0);
	}
}

u32 sel_icmp(Sel *s, u32 cc, u32 a, u32 b, u32 w)
{
	Src src;
	Addr addr;
	i64 imm;
	u32 x;

	if (sel_is(s, a, O_CONST) && !sel_is(s, b, O_CONST)) {
		u32 t = a;
		a = b;
		b = t;
		cc = swapped[cc];
	}
	if (sel_imm(s, b, w, &imm) && !imm && !sel_is(s, a, O_CONST)) {
		compare_zero(s, a, w);
		/* Unsigned against zero: below never, and the flags of test have no carry. */
		return int_cc[cc];
	}
	if (sel_imm(s, b, w, &imm) && sel_load(s, a, w, &addr)) {
		MIns *ins = sel_new(s, M_CMP, w);
		ins->flags = MF_IMM | MF_FLAGS;
		ins->imm = imm;
		sel_mem(s, &addr, false);
		return int_cc[cc];
	}
	src = sel_src(s, b, w, true);
	x = sel_reg(s, a);
	sel_new(s, M_CMP, w)->flags = MF_FLAGS;
	sel_opnd(s, x, src.kind == SRC_IMM ? ROLE_ANY : ROLE_USE, 0);
	sel_add_src(s, &src, ROLE_ANY);
	return int_cc[cc];
}

u32 sel_cond(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);
	bool near = s->uses[v] == 1 || s->m->num[o->block] == s->block;

	if (o->op == O_ICMP && near)
		return sel_icmp(s, o->aux, o->a, o->b, type_w(sel_o(s, o->a)->type));
	if (o->op == O_FCMP && near)
		return sel_fcmp(s, o->aux, o->a, o->b, type_w(sel_o(s, o->a)->type));
	compare_zero(s, v, 4);
	return X_NE;
}

static void setcc(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);
	u32 w = type_w(sel_o(s, o->a)->type);
	u32 cc = o->op == O_ICMP ? sel_icmp(s, o->aux, o->a, o->b, w) : sel_fcmp(s, o->aux, o->a, o->b, w);

	sel_new(s, M_SETCC, 4)->cc = (u8)cc;
	sel_opnd(s, v, ROLE_DEF, 0);
}

/* The registers of both sources are made before the flags. */
static void select_op(Sel *s, u32 v)
{
	const OIns *o = sel_o(s, v);
	u32 x = sel_reg(s, o->b), y = sel_reg(s, o->a), cc;
	bool flt = type_is_float(o->type);

	cc = sel_cond(s, o->c);
	if (cc == X_FEQ) { /* choose on "not equal" instead */
		u32 t = x;
		x = y;
		y = t;
		cc = X_FNE;
	}
	sel_new(s, flt ? M_FSEL : M_CMOV, type_w(o->type))->cc = (u8)cc;
	sel_opnd(s, v, ROLE_DEF, 0);
	sel_opnd(s, x, ROLE_ANY, 0);
	sel_opnd(s, y, ROLE_ANYL, 0);
}

/* ---- bits ------------------------------------------------------------------------------------------------------ */

/* clz(x) = bits-1 - bsr(x), and bits for 0; ctz likewise without the subtraction. */
static void scan_bits(Sel *s, u32 v, u32 w, bool clz)
{
	u32 x = sel_reg(s, sel_o(s, v)->a), type = w == 8 ? OT_I64 : OT_I32, r, z, bits = w * 8;

	if (sel_has(s, clz ? HAS_LZCNT : HAS_BMI)) {
		sel_new(s, clz ? M_LZCNT : M_TZCNT, w);
		sel_opnd(s, v, ROLE_DEF, 0);
		sel_opnd(s, x, ROLE_ANY, 0);
		return;
	}
	z = m_temp(s->m, type);
	sel_new(s, M_MOVI, w)->imm = clz ? 2 * bits - 1 : bits;
	sel_opnd(s, z, ROLE_DEF, 0);
	r = m_temp(s->m, type);
	sel_new(s, clz ? M_BSR : M_BSF, w)->flags = MF_FLAGS;
	sel_opnd(s, r, ROLE_DEF, 0);
	sel_opnd(s, x, ROLE_ANY, 0);
	sel_new(s, M_CMOV, w)->cc = X_E;
	sel_opnd(s, clz ? m_temp(s->m, type) : v, ROLE_DEF, 0);
	sel_opnd(s, r, ROLE_ANY, 0);
	sel_opnd(s, z, ROLE_ANYL, 0);
	if (clz)
		alu_imm(s, v, M_XOR, w, s->m->opnd.p[s->m->opnd.n - 3].v, bits - 1);
}

/* The population count without the instruction: sums of neighbouring bit fields. */
static void popcnt(Sel *s, u32 v, u32 w)
{
	static const u64 mask[3] = { 0x5555555555555555ull, 0x3333333333333333ull, 0x0f0f0f0f0f0f0f0full };
	u32 x = sel_reg(s, sel_o(s, v)->a), type = w == 8 ? OT_I64 : OT_I32, t, u, k;

	if (sel_has(s, HAS_POPCNT)) {
		sel_new(s, M_POPCNT, w);
		sel_opnd(s, v, ROLE_DEF, 0);
		sel_opnd(s, x, ROLE_ANY, 0);
		return;
	}
	for (u32 step = 0; step < 3; step++) {
		k = m_temp(s->m, type);
		sel_new(s, M_MOVI, w)->imm = w == 8 ? (i64)mask[step] : (i64)(u32)mask[step];
		sel_opnd(s, k, ROLE_DEF, 0);
		t = alu_imm(s, m_temp(s->m, type), M_SHR, w, x, 1 << step);
		t = alu_reg(s, m_temp(s->m, type), M_AND, w, t, k);
		u = alu_reg(s, m_temp(s->m, type), M_AND, w, x, k);
		x = alu_reg(s, m_temp(s->m, type), M_ADD, w, t, u);
	}
	k = m_temp(s->m, type);
	sel_new(s, M_MOVI, w)->imm = w == 8 ? 0x0101010101010101ll : 0x01010101;
	sel_opnd(s, k, ROLE_DEF, 0);
	t = alu_reg(s, m_temp(s->m, type), M_IMUL, w, x, k);
	alu_imm(s, v, M_SHR, w, t, w * 8 - 8);
}

/* ---- all -------------------------------------------------------------------------------------------------------- */

static void trapping(Sel *s, u32 v, u32 op, u32 w)
{
	const OIns *o = sel_o(s, v);
	MIns *ins;

	alu(s, v, op, w, o->a, o->b, MF_FLAGS);
	ins = sel_new(s, M_TRAPCC, w);
	ins->cc = X_O;
	ins->imm = o->aux;
	sel_map(s, v);
}

static bool is_int(u32 type) { return type == OT_I32 || type == OT_I64; }

/* a + b * 2^k or a + b + const as one lea, when the inner value is wanted by nobody else. */
static bool add_lea(Sel *s, u32 v, u32 w)
{
	const OIns *o = sel_o(s, v);
	u32 a = o->a, b = o->b, x, y;
	const OIns *sh;
	i64 k;
	MIns *ins;

	for (int turn = 0; turn < 2; turn++, a = o->b, b = o->a) {
		sh = sel_o(s, b);
		if (sh->op != O_SHL || (s->uses[b] != 1 && s->m->num[sh->block] != s->block) || !sel_is(s, sh->b, O_CONST) || sel_is(s, a, O_CONST) ||
				sel_is(s, sh->a, O_CONST))
			continue;
		k = (i64)(sel_o(s, sh->b)->imm & (w * 8 - 1));
		if (k < 1 || k > 3)
			continue;
		x = sel_reg(s, a);
		y = sel_reg(s, sh->a);
		ins = sel_new(s, M_LEA, w);
		ins->mbase = MB_REG;
		ins->scale = (u8)k;
		ins->flags = MF_INDEX;
		ins->mopnd = 1;
		sel_opnd(s, v, ROLE_DEF, 0);
		sel_opnd(s, x, ROLE_USE, 0);
		sel_opnd(s, y, ROLE_USE, 0);
		return true;
	}
	return false;
}

/* Zero and sign extensions of a byte or half load are one load: see sel_mem.c; here of registers. */
static void extend(Sel *s, u32 v, u32 op, u32 w)
{
	u32 a = sel_o(s, v)->a;
	Src src = { .v = op == M_MOVSXD ? 0 : sel_reg(s, a) };

	if (!src.v)
		src = sel_src(s, a, 4, false);
	sel_new(s, op, w);
	sel_opnd(s, v, ROLE_DEF, 0);
	sel_add_src(s, &src, op == M_MOVSX8 ? ROLE_USE : ROLE_ANY);
}

bool sel_int(Sel *s, u32 v)
{
	static const u8 plain[O_COUNT] = { [O_SUB] = M_SUB, [O_AND] = M_AND, [O_OR] = M_OR, [O_XOR] = M_XOR,
		[O_ADDO] = M_ADD, [O_SUBO] = M_SUB, [O_MULO] = M_IMUL, [O_SHL] = M_SHL, [O_SHRU] = M_SHR, [O_SHRS] = M_SAR,
		[O_ROTL] = M_ROL, [O_ROTR] = M_ROR, [O_NEG] = M_NEG, [O_NOT] = M_NOT, [O_BSWAP] = M_BSWAP };
	const OIns *o = sel_o(s, v);
	u32 w = type_w(o->type), op = plain[o->op];

	switch (o->op) {
	case O_ADD:
		if (!add_lea(s, v, w))
			alu(s, v, M_ADD, w, o->a, o->b, 0);
		return true;
	case O_SUB: case O_AND: case O_OR: case O_XOR: alu(s, v, op, w, o->a, o->b, 0); return true;
	case O_ADDO: case O_SUBO: case O_MULO: trapping(s, v, op, w); return true;
	case O_MUL: mul(s, v, w); return true;
	case O_MULHS: wide(s, v, M_IMUL1, w, RDX); return true;
	case O_MULHU: wide(s, v, M_MUL1, w, RDX); return true;
	case O_DIVS: divide(s, v, w, true, false); return true;
	case O_DIVU: divide(s, v, w, false, false); return true;
	case O_REMS: divide(s, v, w, true, true); return true;
	case O_REMU: divide(s, v, w, false, true); return true;
	case O_SHL: case O_SHRU: case O_SHRS: case O_ROTL: case O_ROTR: shift(s, v, op, w); return true;
	case O_NEG: case O_NOT: case O_BSWAP: unary(s, v, op, w, o->a); return true;
	case O_CLZ: scan_bits(s, v, w, true); return true;
	case O_CTZ: scan_bits(s, v, w, false); return true;
	case O_POPCNT: popcnt(s, v, w); return true;
	case O_ICMP: case O_FCMP: setcc(s, v); return true;
	case O_SELECT: select_op(s, v); return true;
	case O_COPY: copy(s, v, w, o->a); return true;
	case O_EXTS: extend(s, v, M_MOVSXD, 8); return is_int(sel_o(s, o->a)->type);
	case O_EXTU: copy(s, v, 8, o->a); return is_int(sel_o(s, o->a)->type);
	case O_TRUNC: copy(s, v, 4, o->a); return is_int(o->type);
	case O_SEXT8: extend(s, v, M_MOVSX8, w); return true;
	case O_SEXT16: extend(s, v, M_MOVSX16, w); return true;
	case O_SEXT32: extend(s, v, M_MOVSXD, w == 8 ? 8 : 4); return true;
	default: return false;
	}
}
