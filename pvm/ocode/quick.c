/* Writes quick code: walks a function's blocks in an order in which all edges go forwards, finds places for values that are in no slot, and chooses an
 * instruction for each that is not part of another one. */
#include "quick.h"
#include "vec.h"

#include <stdlib.h>

typedef struct Quick {
	QPlan plan;
	const OFunc *f;
	Arena *arena;
	VEC(QIns) code;
	VEC(OVal) from;
	VEC(QArg) arg;
	VEC(OExit) exit;
	VEC(u32) jump;          /* instructions whose disp is an edge still */
	u32 *start;             /* by block: its first instruction */
	u32 fixed;              /* instructions before this one are not changed any more */
	OVal now;               /* what the code is for */
	u32 scratch;            /* temporaries for its constants that are taken */
	u64 taken[OTEMPS / 64]; /* other temporaries: a bit each */
	bool full;
} Quick;

/* ---- places -------------------------------------------------------------------------------------------- */

static bool is_taken(const Quick *q, u32 k) { return q->taken[k / 64] >> k % 64 & 1; }

static u32 take(Quick *q, u32 n)
{
	for (u32 k = Q_SCRATCH; k + n <= OTEMPS; k++)
		if (!is_taken(q, k) && (n == 1 || !is_taken(q, k + 1))) {
			for (u32 j = k; j < k + n; j++)
				q->taken[j / 64] |= (u64)1 << j % 64;
			return Q_TEMP + k;
		}
	q->full = true;
	return Q_TEMP;
}

static u32 size_of(const Quick *q, OVal v) { return ocode_type_size[q->f->ins.p[v].type]; }
static u32 cells_of(const Quick *q, OVal v) { return size_of(q, v) == 16 ? 2 : 1; }

/* Those that were needed last here are free again. */
static void expire(void *ctx, OVal use)
{
	Quick *q = ctx;
	OVal r = q->plan.root[use];
	u32 k = q->plan.place[r] - (u32)Q_TEMP;

	if (q->plan.last[r] != q->plan.pos[q->now] || k >= OTEMPS)
		return;
	for (u32 n = cells_of(q, r); n-- > 0; k++)
		q->taken[k / 64] &= ~((u64)1 << k % 64);
}

/* Where v's result goes.  Nobody may want it. */
static u16 result(Quick *q, OVal v)
{
	u16 *place = &q->plan.place[v];

	if (*place != Q_NOWHERE)
		return *place;
	if (!q->plan.last[v])
		return Q_TEMP;
	return *place = (u16)take(q, cells_of(q, v));
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static QIns *emit(Quick *q, QOp op, u32 d, u32 a, u32 b, u32 c)
{
	QIns i = {.go = quick_label(op), .d = (u16)d, .a = (u16)a, .b = (u16)b, .c = (u16)c};

	vec_push(&q->code, i);
	vec_push(&q->from, q->now);
	return &q->code.p[q->code.n - 1];
}

static bool emitted(const Quick *q, const QIns *i, QOp op) { return i->go == quick_label(op); }

/* Constants and values that go to slots one behind the other (as the record of the flags does) are put at once. */
static bool join(Quick *q, QOp op, u32 d, u32 a, u64 n)
{
	static const struct { u8 first, then; QOp both; } pairs[] = {
		{0, 1, Q_PUT2}, {0, 2, Q_PUT2Z}, {3, 1, Q_PUT3}, {3, 0, Q_PUT3I}, {4, 2, Q_PUT3Z}, {4, 0, Q_PUT3ZI}
	};
	static const QOp kinds[] = {Q_CONST, Q_MOV, Q_Z32, Q_PUT2, Q_PUT2Z};
	QIns *i = q->code.n > q->fixed ? &q->code.p[q->code.n - 1] : NULL;

	if (!i || (op == Q_CONST && (i64)n != (i32)n) || (emitted(q, i, Q_CONST) && (i64)i->wide != (i32)i->wide))
		return false;
	for (u32 k = 0; k < COUNT(pairs); k++) {
		u32 far = pairs[k].first ? 2 : 1;
		if (kinds[pairs[k].then] != op || !emitted(q, i, kinds[pairs[k].first]) || d != i->d + far)
			continue;
		if (far == 1)
			*i = (QIns){.go = quick_label(pairs[k].both), .d = i->d, .a = (u16)a, .disp = (i32)i->wide};
		else
			*i = (QIns){.go = quick_label(pairs[k].both), .d = i->d, .a = i->a, .b = (u16)a, .disp = i->disp, .imm = (i32)n};
		return true;
	}
	return false;
}

static void emit_const(Quick *q, u32 d, u64 n)
{
	if (!join(q, Q_CONST, d, 0, n))
		emit(q, Q_CONST, d, 0, 0, 0)->wide = n;
}

static void emit_copy(Quick *q, QOp op, u32 d, u32 a)
{
	if (!join(q, op, d, a, 0))
		emit(q, op, d, a, 0, 0);
}

static bool is_const(const Quick *q, OVal v, u64 *n)
{
	const OIns *i = &q->f->ins.p[v];

	*n = i->imm;
	return i->op == O_CONST && !type_is_wide(i->type);
}

/* A constant operand that fits into imm. */
static bool is_imm(const Quick *q, OVal v, i32 *n)
{
	u64 bits;

	if (!is_const(q, v, &bits))
		return false;
	*n = (i32)bits;
	return size_of(q, v) < 8 || (i64)bits == (i32)bits;
}

/* Where an operand is; constants are brought to a scratch temporary. */
static u16 operand(Quick *q, OVal v)
{
	u64 n;

	if (!is_const(q, v, &n))
		return q->plan.place[q->plan.root[v]];
	emit(q, Q_CONST, Q_TEMP + q->scratch, 0, 0, 0)->wide = n;
	return (u16)(Q_TEMP + q->scratch++);
}

static void emit_move(Quick *q, u32 d, OVal v, bool clean)
{
	u64 n;
	u32 size = size_of(q, v);

	if (is_const(q, v, &n))
		emit_const(q, d, n);
	else if (cells_of(q, v) == 2)
		emit(q, Q_MOV_2, d, operand(q, v), 0, 0);
	else if (clean && !q->plan.clean[v])
		emit_copy(q, size == 1 ? Q_Z8 : size == 2 ? Q_Z16 : Q_Z32, d, operand(q, v));
	else if (operand(q, v) != d)
		emit_copy(q, Q_MOV, d, operand(q, v));
}

static void emit_any(Quick *q, OVal v)
{
	u32 d = q->f->ins.p[v].type == OT_VOID ? Q_TEMP : result(q, v);

	emit(q, Q_ANY, d, 0, 0, 0);
}

/* ---- integers ------------------------------------------------------------------------------------------ */

static u32 log2_size(const Quick *q, OVal v)
{
	return (u32)__builtin_ctz(size_of(q, v));
}

/* The first of a family for four widths, in places or with a constant; 0: none.  (Q_ADD8R is 0 itself, but ADD is there.) */
static bool binary_op(OOp op, QOp *out)
{
	switch (op) {
	case O_ADD: *out = Q_ADD8R; return true;
	case O_SUB: *out = Q_SUB8R; return true;
	case O_MUL: *out = Q_MUL8R; return true;
	case O_AND: *out = Q_AND8R; return true;
	case O_OR: *out = Q_OR8R; return true;
	case O_XOR: *out = Q_XOR8R; return true;
	case O_SHL: *out = Q_SHL8R; return true;
	case O_SHRU: *out = Q_SHRU8R; return true;
	case O_SHRS: *out = Q_SHRS8R; return true;
	case O_ROTL: *out = Q_ROTL8R; return true;
	case O_ROTR: *out = Q_ROTR8R; return true;
	default: return false;
	}
}

/* Those for 32 bits; that for 64 follows. */
static bool divide_op(OOp op, QOp *out)
{
	switch (op) {
	case O_DIVU: *out = Q_DIVU32; return true;
	case O_DIVS: *out = Q_DIVS32; return true;
	case O_REMU: *out = Q_REMU32; return true;
	case O_REMS: *out = Q_REMS32; return true;
	default: return false;
	}
}

/* An operation of a family on the operands a and b. */
static QIns *emit_two(Quick *q, QOp family, u32 d, OVal a, OVal b)
{
	u32 op = family + 2 * log2_size(q, a), x = operand(q, a);
	i32 n;

	if (is_imm(q, b, &n)) {
		QIns *i = emit(q, (QOp)(op + 1), d, x, 0, 0);
		i->imm = n;
		return i;
	}
	u32 y = operand(q, b);
	return emit(q, (QOp)op, d, x, y, 0);
}

static void do_binary(Quick *q, OVal v)
{
	const OIns *i = &q->f->ins.p[v];
	u32 width = size_of(q, v);
	QOp op;

	if (binary_op((OOp)i->op, &op)) {
		emit_two(q, op, result(q, v), i->a, i->b);
	} else if (divide_op((OOp)i->op, &op) && (width == 4 || width == 8)) {
		u32 a = operand(q, i->a), b = operand(q, i->b);
		emit(q, (QOp)(op + (width == 8)), result(q, v), a, b, 0);
	} else if ((i->op == O_MULHU || i->op == O_MULHS) && width == 4) {
		u32 a = operand(q, i->a), b = operand(q, i->b);
		emit(q, i->op == O_MULHU ? Q_MULHU32 : Q_MULHS32, result(q, v), a, b, 0);
	} else {
		emit_any(q, v);
	}
}

static void do_compare(Quick *q, OVal v)
{
	const OIns *i = &q->f->ins.p[v];

	emit_two(q, (QOp)(Q_IS_EQ8R + 8 * i->aux), result(q, v), i->a, i->b);
}

/* What extends the sign of `from` bytes to `to`. */
static QOp sign_op(u32 from, u32 to)
{
	if (from == 1)
		return to == 2 ? Q_S8_16 : to == 4 ? Q_S8_32 : Q_S8_64;
	return from == 2 ? (to == 4 ? Q_S16_32 : Q_S16_64) : Q_S32_64;
}

static void do_unary(Quick *q, OVal v)
{
	const OIns *i = &q->f->ins.p[v];
	u32 from = size_of(q, i->a), to = size_of(q, v), a, k = log2_size(q, v);
	QOp op;

	switch (i->op) {
	case O_EXTU: op = from == 1 ? Q_Z8 : from == 2 ? Q_Z16 : Q_Z32; break;
	case O_EXTS: op = sign_op(from, to); break;
	case O_SEXT8: op = sign_op(1, to); break;
	case O_SEXT16: op = sign_op(2, to); break;
	case O_SEXT32: op = Q_S32_64; break;
	case O_NEG: op = (QOp)(Q_NEG8 + k); break;
	case O_NOT: op = (QOp)(Q_NOT8 + k); break;
	case O_BSWAP:
		if (to >= 4) {
			op = to == 4 ? Q_BSWAP32 : Q_BSWAP64;
			break;
		} /* fall through */
	default:
		emit_any(q, v);
		return;
	}
	a = operand(q, i->a);
	emit_copy(q, op, result(q, v), a);
}

static void do_select(Quick *q, OVal v)
{
	const OIns *i = &q->f->ins.p[v];
	u32 a = operand(q, i->a), b = operand(q, i->b), c = operand(q, i->c);

	emit(q, cells_of(q, v) == 2 ? Q_SELECT_2 : Q_SELECT, result(q, v), a, b, c);
}

/* ---- slots and memory ---------------------------------------------------------------------------------- */

static void do_get(Quick *q, OVal v)
{
	const OIns *i = &q->f->ins.p[v];
	u32 cell = i->c / 8;

	if (q->plan.place[v] == cell && i->c % 8 == 0)
		return;
	if (cells_of(q, v) == 2)
		emit(q, Q_MOV_2, result(q, v), cell, 0, 0);
	else
		emit(q, Q_GET, result(q, v), cell, 0, i->c % 8 * 8)->imm = (i32)size_of(q, v) * 8;
}

static void do_put(Quick *q, OVal v)
{
	const OIns *i = &q->f->ins.p[v];
	u32 cell = i->c / 8, size = size_of(q, i->a);
	u64 n;

	if (!is_const(q, i->a, &n) && q->plan.place[q->plan.root[i->a]] == cell && size >= 8)
		return;
	if (size >= 8) {
		emit_move(q, cell, i->a, false);
	} else {
		u32 a = operand(q, i->a);
		emit(q, Q_PUT, cell, a, 0, i->c % 8 * 8)->imm = (i32)size * 8;
	}
}

/* The first of a family for four kinds of address. */
static QOp load_op(const Quick *q, OVal v)
{
	static const QOp zeros[] = {Q_LDU8_B, Q_LDU16_B, Q_LDU32_B, Q_LDU64_B, Q_LD_2_B};
	static const QOp signs32[] = {Q_LDS8_32_B, Q_LDS16_32_B}, signs64[] = {Q_LDS8_64_B, Q_LDS16_64_B, Q_LDS32_64_B};
	u16 mem = q->f->ins.p[v].aux;

	return !OMEM_SIGNED(mem) ? zeros[OMEM_LOG2(mem)] : size_of(q, v) == 4 ? signs32[OMEM_LOG2(mem)] : signs64[OMEM_LOG2(mem)];
}

static u32 align_mask(u16 mem)
{
	return OMEM_FAULT(mem) && OMEM_ALIGN(mem) ? (1u << OMEM_ALIGN(mem)) - 1 : 0;
}

static u32 address_kind(const QAddr *a) { return (a->wide ? 0 : 2) + (a->index != 0); }

static void do_load(Quick *q, OVal v)
{
	QAddr a;

	if (!quick_address(&q->plan, v, &a)) {
		emit_any(q, v);
		return;
	}
	u32 base = operand(q, a.base), index = a.index ? operand(q, a.index) : 0;
	QIns *i = emit(q, (QOp)(load_op(q, v) + address_kind(&a)), result(q, v), base, index, a.scale);
	i->disp = a.disp;
	if (cells_of(q, v) == 2)
		i->imm = (i32)align_mask(q->f->ins.p[v].aux);
}

static void do_store(Quick *q, OVal v)
{
	static const QOp places[] = {Q_ST8R_B, Q_ST16R_B, Q_ST32R_B, Q_ST64R_B, Q_ST_2_B}, consts[] = {Q_ST8I_B, Q_ST16I_B, Q_ST32I_B, Q_ST64I_B};
	const OIns *i = &q->f->ins.p[v];
	u32 k = OMEM_LOG2(i->aux);
	QAddr a;
	i32 n = 0;

	if (!quick_address(&q->plan, v, &a)) {
		emit_any(q, v);
		return;
	}
	u32 base = operand(q, a.base), index = a.index ? operand(q, a.index) : 0;
	bool imm = k < 4 && is_imm(q, i->b, &n);
	u32 d = imm ? 0 : operand(q, i->b);
	QIns *s = emit(q, (QOp)((imm ? consts[k] : places[k]) + address_kind(&a)), d, base, index, a.scale);
	s->disp = a.disp;
	s->imm = k == 4 ? (i32)align_mask(i->aux) : n;
}

/* ---- vectors and calls --------------------------------------------------------------------------------- */

/* Rows with an instruction of their own; 0: none. */
static const u16 own_op[VO_COUNT] = {
#define Q(name, ...)
#define QV(row, ...) [VO_##row] = Q_V_##row,
#include "quick.def"
#undef Q
};

static QOp vector_op(const Quick *q, OVal v)
{
	const OVopInfo *row = &ocode_vops[q->f->ins.p[v].aux];
	bool fp = row->flags & V_FP;

	if (own_op[q->f->ins.p[v].aux])
		return (QOp)own_op[q->f->ins.p[v].aux];
	if (row->args == 3)
		return fp ? Q_FVEC3_2 : Q_VEC3_2;
	return cells_of(q, v) == 2 ? (fp ? Q_FVEC_2 : Q_VEC_2) : fp ? Q_FVEC : Q_VEC;
}

static void do_vector(Quick *q, OVal v)
{
	const OIns *i = &q->f->ins.p[v];
	u32 args = ocode_vops[i->aux].args, a = operand(q, i->a), b = args > 1 ? operand(q, i->b) : Q_TEMP, c = args > 2 ? operand(q, i->c) : i->c;

	emit(q, vector_op(q, v), result(q, v), a, b, c)->p = (const void *)(uintptr_t)vec_rows[i->aux];
}

/* False: it has an argument or a result that C has not. */
static bool do_hcall(Quick *q, OVal v)
{
	const OIns *i = &q->f->ins.p[v];
	u32 first = q->arg.n;

	if (i->c > 64 || i->a > UINT16_MAX || type_is_wide(i->type))
		return false;
	for (u32 k = 0; k < i->c; k++) {
		OVal u = q->f->pool.p[i->b + k];
		u64 n;
		if (type_is_wide(q->f->ins.p[u].type))
			return false;
		u16 at = is_const(q, u, &n) ? (u16)take(q, 1) : operand(q, u);
		if (is_const(q, u, &n))
			emit(q, Q_CONST, at, 0, 0, 0)->wide = n;
		vec_push(&q->arg, ((QArg){at, (u8)(size_of(q, u) * 8)}));
	}
	for (u32 k = first; k < q->arg.n; k++) { /* constants' */
		u32 at = q->arg.p[k].at - (u32)Q_TEMP;
		u64 n;
		if (is_const(q, q->f->pool.p[i->b + k - first], &n))
			q->taken[at / 64] &= ~((u64)1 << at % 64);
	}
	bool none = i->type == OT_VOID;
	QIns *c = emit(q, Q_HCALL, none ? Q_TEMP : result(q, v), 0, i->c, i->a);
	c->disp = (i32)first;
	c->imm = none ? 64 : (i32)size_of(q, v) * 8;
	return true;
}

/* ---- ends of blocks ------------------------------------------------------------------------------------ */

/* Params get places where the first edge leads to them. */
static void place_params(Quick *q, u32 edge)
{
	const OEdge *e = &q->f->edge.p[edge];
	OVal v = q->f->block.p[e->block].first;

	for (u32 k = 0; k < e->n; k++, v = q->f->ins.p[v].next)
		result(q, v);
}

/* Edges go forwards, so that no argument is a param of the same block. */
static void move_args(Quick *q, u32 edge)
{
	const OEdge *e = &q->f->edge.p[edge];
	OVal v = q->f->block.p[e->block].first;

	for (u32 k = 0; k < e->n; k++, v = q->f->ins.p[v].next)
		if (q->plan.last[v])
			emit_move(q, q->plan.place[v], q->f->pool.p[e->args + k], true);
}

static void jump(Quick *q, QIns *i, u32 edge)
{
	i->disp = (i32)edge;
	vec_push(&q->jump, (u32)(i - q->code.p));
}

static void go(Quick *q, u32 edge, u32 next_block)
{
	move_args(q, edge);
	if (q->f->edge.p[edge].block != next_block)
		jump(q, emit(q, Q_JMP, 0, 0, 0, 0), edge);
}

/* Jumps to `edge` if the branch's condition is not `contrary`.  Conditions come in pairs of opposites. */
static QIns *emit_branch(Quick *q, OVal v, bool contrary)
{
	static const u8 opposite[CC_COUNT] = {CC_NE, CC_EQ, CC_GES, CC_GTS, CC_LES, CC_LTS, CC_GEU, CC_GTU, CC_LEU, CC_LTU};
	bool turned;
	OVal is = quick_condition(&q->plan, v, &turned);

	if (!is) {
		u32 a = operand(q, q->f->ins.p[v].a);
		return emit(q, contrary ? Q_IF_NOT : Q_IF, 0, a, 0, 0);
	}
	const OIns *i = &q->f->ins.p[is];
	u32 cc = turned != contrary ? opposite[i->aux] : i->aux;
	return emit_two(q, (QOp)(Q_IF_EQ8R + 8 * cc), 0, i->a, i->b);
}

static void do_branch(Quick *q, OVal v, u32 next_block)
{
	const OIns *i = &q->f->ins.p[v];
	bool turn = q->f->edge.p[i->b].block == next_block || q->f->edge.p[i->b].n;
	u32 far = turn ? i->c : i->b, near = turn ? i->b : i->c;

	place_params(q, i->b);
	place_params(q, i->c);
	QIns *b = emit_branch(q, v, turn);
	if (!q->f->edge.p[far].n) {
		jump(q, b, far);
		go(q, near, next_block);
		return;
	}
	u32 at = (u32)(b - q->code.p);
	go(q, near, 0);
	q->code.p[at].disp = (i32)(q->code.n - at);
	q->fixed = q->code.n;
	go(q, far, next_block);
}

static void do_exit(Quick *q, OVal v)
{
	const OIns *i = &q->f->ins.p[v];
	u64 pc;

	if (i->aux < OEXIT_GOES && is_const(q, i->a, &pc)) {
		emit(q, Q_EXIT, q->exit.n, 0, 0, i->aux);
		vec_push(&q->exit, ((OExit){.pc = pc, .at = q->code.n - 1}));
	} else {
		u32 a = operand(q, i->a);
		emit(q, i->aux < OEXIT_GOES ? Q_EXIT_JUMP : Q_EXIT_OUT, 0, a, 0, i->aux)->imm = (i32)size_of(q, i->a) * 8;
	}
}

/* ---- all ----------------------------------------------------------------------------------------------- */

static bool do_ins(Quick *q, OVal v, u32 next_block)
{
	const OIns *i = &q->f->ins.p[v];
	bool wide = type_is_wide(i->type) || ((ocode_ops[i->op].values & OV_A) && type_is_wide(q->f->ins.p[i->a].type));

	switch ((OForm)ocode_ops[i->op].form) {
	case OF_JMP: place_params(q, i->a); go(q, i->a, next_block); return true;
	case OF_BR: do_branch(q, v, next_block); return true;
	case OF_EXIT: do_exit(q, v); return true;
	case OF_SLOT: do_get(q, v); return true;
	case OF_PUT: do_put(q, v); return true;
	case OF_LOAD: do_load(q, v); return true;
	case OF_STORE: do_store(q, v); return true;
	case OF_TERN: do_select(q, v); return true;
	case OF_VEC1: case OF_VEC2: case OF_VEC3: do_vector(q, v); return true;
	case OF_NONE: emit(q, Q_FENCE, 0, 0, 0, 0); return true;
	case OF_CALL: return i->op == O_HCALL && do_hcall(q, v);
	case OF_SWITCH: case OF_RET: return false;
	case OF_IMM:
		if (i->op == O_VCONST)
			emit(q, Q_CONST_2, result(q, v), 0, 0, 0)->p = &q->f->vconst.p[2 * i->a];
		return true;
	case OF_BIN: wide ? emit_any(q, v) : do_binary(q, v); return true;
	case OF_CMP: wide || i->op == O_FCMP ? emit_any(q, v) : do_compare(q, v); return true;
	case OF_UN: wide ? emit_any(q, v) : do_unary(q, v); return true;
	default: emit_any(q, v); return true;
	}
}

static bool do_block(Quick *q, u32 b, u32 next_block)
{
	q->start[b] = q->fixed = q->code.n;
	for (OVal v = q->f->block.p[b].first; v; v = q->f->ins.p[v].next) {
		if (q->plan.fused[v])
			continue;
		if (q->f->ins.p[v].type == OT_F80)
			return false;
		if (q->plan.root[v] != v) {
			q->plan.place[v] = q->plan.place[q->plan.root[v]];
			continue;
		}
		q->now = v;
		q->scratch = 0;
		if (q->f->ins.p[v].op != O_PARAM && !do_ins(q, v, next_block))
			return false;
		quick_operands(&q->plan, v, expire, q);
	}
	return !q->full && q->code.n < INT16_MAX;
}

static void *keep(const void *p, size_t n)
{
	return n ? memcpy(xmalloc(n), p, n) : NULL;
}

static OQuick *finish(Quick *q, void *owner)
{
	OQuick *out = xmalloc(sizeof *out + q->code.n * sizeof *out->code);

	for (u32 k = 0; k < q->jump.n; k++) {
		QIns *i = &q->code.p[q->jump.p[k]];
		i->disp = (i32)q->start[q->f->edge.p[i->disp].block] - (i32)q->jump.p[k];
	}
	*out = (OQuick){.f = q->f, .owner = owner, .nexit = q->exit.n};
	memcpy(out->code, q->code.p, q->code.n * sizeof *out->code);
	out->place = keep(q->plan.place, q->f->ins.n * sizeof *out->place);
	out->from = keep(q->from.p, q->from.n * sizeof *out->from);
	out->arg = keep(q->arg.p, q->arg.n * sizeof *out->arg);
	out->exit = keep(q->exit.p, q->exit.n * sizeof *out->exit);
	for (u32 k = 0; k < out->nexit; k++)
		out->exit[k].from = out;
	return out;
}

OQuick *ocode_quick(const OFunc *f, void *owner)
{
	Arena *a = arena_new();
	Quick q = {.f = f, .arena = a};
	bool ok = quick_plan(&q.plan, f, a);

	q.start = arena_alloc(a, f->block.n * sizeof *q.start);
	for (u32 k = 0; ok && k < q.plan.norder; k++)
		ok = do_block(&q, q.plan.order[k], k + 1 < q.plan.norder ? q.plan.order[k + 1] : 0);
	OQuick *out = ok ? finish(&q, owner) : NULL;
	vec_free(&q.code);
	vec_free(&q.from);
	vec_free(&q.arg);
	vec_free(&q.exit);
	vec_free(&q.jump);
	arena_free(a);
	return out;
}

void ocode_quick_free(OQuick *q)
{
	if (!q)
		return;
	free(q->place);
	free(q->from);
	free(q->arg);
	free(q->exit);
	free(q);
}

/* ---- links --------------------------------------------------------------------------------------------- */

void *ocode_quick_owner(const OQuick *q) { return q->owner; }
const void *ocode_quick_code(const OQuick *q) { return q->code; }

static void set_exit(OExit *x, OQuick *to)
{
	x->to = to;
	__atomic_store_n(&x->from->code[x->at].to, to ? to->code : NULL, __ATOMIC_RELEASE);
}

void ocode_quick_link(OExit *x, OQuick *to)
{
	if (x->to)
		return;
	x->next = to->in;
	to->in = x;
	set_exit(x, to);
}

void ocode_quick_unlink(OQuick *q)
{
	for (OExit *x = q->in; x; x = x->next)
		set_exit(x, NULL);
	q->in = NULL;
	for (u32 k = 0; k < q->nexit; k++) {
		OExit *x = &q->exit[k], **p;
		if (!x->to)
			continue;
		for (p = &x->to->in; *p != x; p = &(*p)->next)
			;
		*p = x->next;
		set_exit(x, NULL);
	}
}
