/* Translation of one function from P-code to register code: what each instruction becomes.
 *
 * Needs a checked module.  Locals are registers 0 .. nloc-1, the entry of the operand stack at height h has its home
 * in register nloc + h; so the arguments of a call are already where the callee has its first locals. */
#include "interp_tr.h"

#include <stdlib.h>

static u32 uleb(Tr *t)
{
	u32 v = 0, shift = 0;

	for (;; shift += 7) {
		u8 c = *t->p++;
		v |= (u32)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return v;
	}
}

static i64 sleb(Tr *t)
{
	u64 v = 0;
	u32 shift = 0;
	u8 c;

	do {
		c = *t->p++;
		v |= (u64)(c & 0x7f) << shift;
		shift += 7;
	} while (c & 0x80);
	return (i64)(shift < 64 && (c & 0x40) ? v | ~0ull << shift : v);
}

/* ---- operations ----------------------------------------------------------------------------------------- */

/* True if the entry can be the constant operand of this family. */
static bool fits(const Ent *e, IOp op)
{
	return e->kind == E_CONST && (strncmp(interp_ops[op].name, "I64", 3) || (u64)(i64)(i32)e->bits == e->bits);
}

/* Emits the form of `op` that has a constant, and ends the operation. */
static void with_const(Tr *t, IOp op, u32 form, u32 reg, u64 bits)
{
	tr_pop(t);
	tr_pop(t);
	W *w = tr_ins(t, op + form, tr_home(t, t->sp), reg, 0, 0);
	if (interp_ops[op + form].len == 3)
		w[2].u = bits;
	else
		w[1].i = (i32)bits;
	tr_push_home(t);
}

/* c + a * b and c - a * b of doubles, the product just computed. */
static bool muladd(Tr *t, IOp op)
{
	u32 x = tr_reg(t, t->sp - 2), y = tr_reg(t, t->sp - 1), at = tr_last(t, 0);
	u32 product = y;

	if (op != I_F64_ADD && op != I_F64_SUB)
		return false;
	if (op == I_F64_ADD && tr_sets(t, at, x) && x == tr_home(t, t->sp - 2))
		product = x;
	else if (y != tr_home(t, t->sp - 1) || !tr_sets(t, at, y))
		return false;
	if (t->op.p[at] != I_F64_MUL)
		return false;
	u32 a = t->code.p[at + 1].a, b = t->code.p[at + 1].b;
	tr_drop(t);
	tr_pop(t);
	tr_pop(t);
	tr_ins(t, op == I_F64_ADD ? I_MULADD : I_MULSUB, tr_home(t, t->sp), a, b, product == y ? x : y);
	tr_push_home(t);
	return true;
}

static void binary(Tr *t, IOp op)
{
	Ent *x = &t->stack[t->sp - 2], *y = x + 1;
	IKind kind = interp_ops[op].kind;

	if (op == I_I32_ADD && y->kind == E_CONST && x->kind != E_REG) {
		x->bits = (u32)(x->bits + y->bits);
		tr_pop(t);
	} else if (fits(y, op)) {
		with_const(t, op, RI, tr_reg(t, t->sp - 2), y->bits);
	} else if (kind == K_BINC && fits(x, op)) {
		with_const(t, op, RI, tr_reg(t, t->sp - 1), x->bits);
	} else if (kind == K_BINN && fits(x, op)) {
		with_const(t, op, IR, tr_reg(t, t->sp - 1), x->bits);
	} else if ((kind == K_CMPI || kind == K_CMPF) && fits(x, op)) {
		with_const(t, tr_swap(op), CMP_RI, tr_reg(t, t->sp - 1), x->bits);
	} else if (!muladd(t, op)) {
		u32 a = tr_reg(t, t->sp - 2), b = tr_reg(t, t->sp - 1);
		tr_pop(t);
		tr_pop(t);
		tr_ins(t, op, tr_home(t, t->sp), a, b, 0);
		tr_push_home(t);
	}
}

static void unary(Tr *t, IOp op)
{
	Ent *e = &t->stack[t->sp - 1];

	if (e->kind == E_CONST && op == I_F64_CONVERT_I32_S) {
		e->bits = f64_u64((i32)e->bits);
	} else if (e->kind == E_CONST && op == I_I64_EXTEND_S) {
		e->bits = (u64)(i64)(i32)e->bits;
	} else {
		u32 r = tr_reg(t, t->sp - 1);
		tr_pop(t);
		tr_ins(t, op, tr_home(t, t->sp), r, 0, 0);
		tr_push_home(t);
	}
}

/* Three operands to one result, all in registers. */
static void ternary(Tr *t, IOp op)
{
	u32 a = tr_reg(t, t->sp - 3), b = tr_reg(t, t->sp - 2), c = tr_reg(t, t->sp - 1);

	for (u32 k = 0; k < 3; k++)
		tr_pop(t);
	tr_ins(t, op, tr_home(t, t->sp), a, b, c);
	tr_push_home(t);
}

static void check_range(Tr *t, bool wide)
{
	i64 lo = sleb(t), hi = sleb(t);
	u32 r = tr_reg(t, t->sp - 1);

	tr_pop(t);
	W *w = tr_ins(t, wide ? I_RANGE_L : I_RANGE, tr_home(t, t->sp), r, 0, 0);
	if (wide) {
		w[2].s = lo;
		w[3].s = hi;
	} else {
		w[2].lo = (u32)lo;
		w[2].n = (u32)hi;
	}
	tr_push_home(t);
}

static void index_op(Tr *t, bool checked)
{
	u32 lo = (u32)sleb(t), count = checked ? uleb(t) : 0, size = uleb(t);
	Ent *base = &t->stack[t->sp - 2], *e = base + 1;
	u32 k = (u32)e->bits - lo;

	if (e->kind == E_CONST && base->kind != E_REG && (!checked || k < count)) {
		base->bits = (u32)(base->bits + k * size);
		tr_pop(t);
		return;
	}
	IOp op = (checked ? I_INDEX_R : I_INDEXU_R) + (base->kind == E_CONST ? 1 : base->kind == E_FRAME ? 2 : 0);
	Ent b = *base;
	u32 r = tr_reg(t, t->sp - 1);
	tr_pop(t);
	tr_pop(t);
	W *w = tr_ins(t, op, tr_home(t, t->sp), b.reg, r, 0);
	w[2].lo = lo;
	w[2].n = checked ? count : (u32)b.bits; /* see index_form in interp_emit.c */
	w[3].lo = size;
	w[3].n = checked ? (u32)b.bits : 0;
	tr_push_home(t);
}

/* ---- variables -------------------------------------------------------------------------------------------- */

static void local_set(Tr *t, u32 local, bool keep)
{
	Ent e = tr_pop(t);
	u32 home = tr_home(t, t->sp);

	tr_local_changes(t, local);
	if (e.kind == E_REG && e.reg == home && tr_sets(t, tr_last(t, 0), home)) {
		t->code.p[tr_last(t, 0) + 1].d = (u16)local;
	} else {
		tr_value(t, e, local);
	}
	if (keep)
		tr_push_reg(t, local);
}

static void swap(Tr *t)
{
	tr_settle(t, t->sp - 2);
	tr_settle(t, t->sp - 1);
	tr_ins(t, I_SWAP, tr_home(t, t->sp - 2), tr_home(t, t->sp - 1), 0, 0);
}

static void dup(Tr *t)
{
	tr_push(t, t->stack[t->sp - 1]);
	t->nhist = 0; /* two entries share a register now */
}

/* ---- calls -------------------------------------------------------------------------------------------------- */

/* Puts the arguments into their homes; floats for a host function become canonical. */
static u32 arguments(Tr *t, const PType *y, bool host)
{
	u32 first = t->sp - y->nparam;

	for (u32 k = 0; k < y->nparam; k++) {
		tr_settle(t, first + k);
		if (host && (y->param[k] == 'f' || y->param[k] == 'd'))
			tr_ins(t, y->param[k] == 'f' ? I_CANONF : I_CANOND, tr_home(t, first + k), 0, 0, 0);
	}
	for (u32 k = 0; k < y->nparam; k++)
		tr_pop(t);
	return tr_home(t, first);
}

static void called(Tr *t, u8 result)
{
	tr_forget(t);
	if (result)
		tr_push_home(t);
}

static void host_call(Tr *t, const PType *y, u32 row)
{
	u32 d = arguments(t, y, true);

	tr_ins(t, I_CALLH, d, 0, 0, 0)[2].u = row;
	called(t, y->result);
}

static void call(Tr *t, u32 func)
{
	const PModule *m = t->m;

	if (func < m->nimport) {
		host_call(t, &m->type[m->import[func].type], PH_COUNT + func);
		return;
	}
	const PType *y = &m->type[m->func[func - m->nimport].type];
	u32 d = arguments(t, y, false);
	tr_ins(t, I_CALL, d, 0, 0, 0)[2].fn = &t->in->fn[func - m->nimport];
	called(t, y->result);
}

static void call_ind(Tr *t, u32 type)
{
	const PType *y = &t->m->type[type];
	u32 r = tr_reg(t, t->sp - 1);

	tr_pop(t);
	u32 d = arguments(t, y, false);
	W *w = tr_ins(t, I_CALLI, d, r, 0, 0);
	w[2].lo = t->in->env->type_id[type];
	w[2].n = type;
	called(t, y->result);
}

static void ret(Tr *t)
{
	bool frame = t->f->frame != 0;

	if (t->m->type[t->f->type].result)
		tr_ins(t, frame ? I_RETF : I_RET, tr_reg(t, t->sp - 1), 0, 0, 0);
	else
		tr_ins(t, frame ? I_RETFV : I_RETV, 0, 0, 0, 0);
	t->dead = true;
	tr_forget(t);
}

static void jump_table(Tr *t)
{
	u32 n = uleb(t), r = tr_reg(t, t->sp - 1), at;

	tr_pop(t);
	tr_flush(t);
	at = t->code.n;
	tr_ins(t, I_TABLE, r, 0, 0, 0)[1].i = (i32)n;
	for (u32 k = 0; k <= n; k++) {
		u32 label = uleb(t);
		t->height[label] = t->sp;
		vec_push(&t->fix, ((Fix){at, t->code.n, label, 0}));
		vec_push(&t->code, (W){.u = 0});
		vec_push(&t->map, t->at);
		vec_push(&t->op, (u16)I_COUNT);
	}
	t->dead = true;
	tr_forget(t);
}

static void unwind(Tr *t)
{
	u32 func = uleb(t), label = uleb(t);
	W *w = tr_ins(t, I_UNWIND, tr_reg(t, t->sp - 1), 0, 0, 0);

	w[1].i = (i32)label;
	w[2].u = func - t->in->env->m->nimport;
	t->dead = true;
	tr_forget(t);
}

/* ---- one instruction -------------------------------------------------------------------------------------------- */

/* The family of a P-code operation, 0 if it is not one to one; and the bytes of a memory access. */
static const u16 family[256] = {
#define BINC(op, T, check, e) [P_##op] = I_##op + 1,
#define BINN(op, T, check, e) [P_##op] = I_##op + 1,
#define CMPI(op, T, e) [P_##op] = I_##op + 1,
#define CMPF(op, T, e) [P_##op] = I_##op + 1,
#define INC(op, e)
#define FOR(op, e)
#define OLD(op, e)
#define UN(op, T, U, check, e) [P_##op] = I_##op + 1,
#define LD(op, n, e) [P_##op] = I_##op + 1,
#define ST(op, T, n, s) [P_##op] = I_##op + 1,
#define LD2(op, n, e)
#define ST2(op, T, n, s)
#define OP(op, n, fmt)
#include "interp.def"
#include "interp_undef.h"
};
static const u8 bytes[256] = {
#define BINC(op, T, check, e)
#define BINN(op, T, check, e)
#define CMPI(op, T, e)
#define CMPF(op, T, e)
#define INC(op, e)
#define FOR(op, e)
#define OLD(op, e)
#define UN(op, T, U, check, e)
#define LD(op, n, e) [P_##op] = n,
#define ST(op, T, n, s) [P_##op] = n,
#define LD2(op, n, e)
#define ST2(op, T, n, s)
#define OP(op, n, fmt)
#include "interp.def"
#include "interp_undef.h"
};

static void simple(Tr *t, POp p)
{
	IOp op = family[p] - 1u;
	u32 offset;

	switch ((IKind)interp_ops[op].kind) {
	case K_UN:
		unary(t, op);
		return;
	case K_LD:
		uleb(t);
		tr_load(t, op, bytes[p], uleb(t));
		return;
	case K_ST:
		uleb(t);
		offset = uleb(t);
		tr_store(t, op, bytes[p], offset);
		return;
	default:
		binary(t, op);
	}
}

static void helper(Tr *t, u32 row)
{
	static const PType copy = {(const u8 *)"iii", 3, 0}, cmp = {(const u8 *)"iii", 3, 'i'}, grow = {(const u8 *)"i", 1, 'i'};

	host_call(t, row == PH_MEM_GROW ? &grow : row == PH_MEM_CMP ? &cmp : &copy, row);
}

static void instruction(Tr *t)
{
	POp p = *t->p++;
	u32 k;

	switch (p) {
	case P_NOP: break;
	case P_I64_EXTEND_U: case P_F32_REINTERPRET: case P_F64_REINTERPRET: break; /* the bits are there already */
	case P_LABEL: case P_LOOP: case P_LAND: tr_label(t, p, uleb(t)); break;
	case P_JUMP: tr_jump(t, uleb(t)); break;
	case P_JUMP_IF: tr_jump_if(t, true, uleb(t)); break;
	case P_JUMP_IFZ: tr_jump_if(t, false, uleb(t)); break;
	case P_JUMP_TABLE: jump_table(t); break;
	case P_RETURN: ret(t); break;
	case P_CALL: call(t, uleb(t)); break;
	case P_CALL_IND: call_ind(t, uleb(t)); break;
	case P_UNWIND: unwind(t); break;
	case P_TRAP:
		tr_ins(t, I_TRAP, 0, 0, 0, 0)[1].i = (i32)uleb(t);
		t->dead = true;
		tr_forget(t);
		break;
	case P_TRAP_IF: tr_trap_if(t, uleb(t)); break;
	case P_DROP: tr_pop(t); break;
	case P_DUP: dup(t); break;
	case P_SWAP: swap(t); break;
	case P_SELECT: ternary(t, I_SELECT); break;
	case P_LOCAL_GET: tr_push_reg(t, uleb(t)); break;
	case P_LOCAL_SET: local_set(t, uleb(t), false); break;
	case P_LOCAL_TEE: local_set(t, uleb(t), true); break;
	case P_GLOBAL_GET:
		tr_ins(t, I_GGET, tr_home(t, t->sp), 0, 0, 0)[1].i = (i32)uleb(t);
		tr_push_home(t);
		break;
	case P_GLOBAL_SET:
		k = tr_reg(t, t->sp - 1);
		tr_ins(t, I_GSET, k, 0, 0, 0)[1].i = (i32)uleb(t);
		tr_pop(t);
		break;
	case P_FRAME_ADDR: tr_push(t, (Ent){E_FRAME, 0, uleb(t)}); break;
	case P_I32_CONST: tr_push_const(t, (u32)sleb(t)); break;
	case P_I64_CONST: tr_push_const(t, (u64)sleb(t)); break;
	case P_F32_CONST: tr_push_const(t, ld32(t->p)); t->p += 4; break;
	case P_F64_CONST: tr_push_const(t, ld64(t->p)); t->p += 8; break;
	case P_MEM_SIZE:
		tr_ins(t, I_MSIZE, tr_home(t, t->sp), 0, 0, 0);
		tr_push_home(t);
		break;
	case P_MEM_GROW: helper(t, PH_MEM_GROW); break;
	case P_MEM_COPY: helper(t, PH_MEM_COPY); break;
	case P_MEM_FILL: helper(t, PH_MEM_FILL); break;
	case P_MEM_CMP: helper(t, PH_MEM_CMP); break;
	case P_CHECK_RANGE: check_range(t, false); break;
	case P_CHECK_RANGE_L: check_range(t, true); break;
	case P_CHECK_BOUNDS: ternary(t, I_BOUNDS); break;
	case P_INDEX: index_op(t, true); break;
	case P_INDEX_U: index_op(t, false); break;
	default: simple(t, p);
	}
}

/* ---- a function ----------------------------------------------------------------------------------------------------- */

static void enter(Tr *t)
{
	PEnv *env = t->in->env;
	u32 func = t->out->func, need = t->out->nslot, zero = t->nloc - t->nparam;

	if (!t->plain && (env->hot || env->compiled))
		tr_ins(t, I_HOT, 0, 0, 0, 0)[1].i = (i32)func;
	IOp op = t->f->frame ? I_ENTERF : zero > 1 ? I_ENTER : zero ? I_ENTER1 : I_ENTER0;
	W *w = tr_ins(t, op, need, t->nparam, t->nloc, 0);
	w[2].lo = func;
	if (t->f->frame)
		w[3].u = t->f->frame;
	tr_forget(t);
}

/* The traps of trap.if, out of the way; then all jumps get their distances. */
static void finish(Tr *t)
{
	for (u32 k = 0; k < t->cold.n; k++) {
		Cold c = t->cold.p[k];
		vec_push(&t->fix, ((Fix){c.ins, c.ins + 1, NONE, t->code.n}));
		t->at = c.pc;
		tr_ins(t, I_TRAP, 0, 0, 0, 0)[1].i = (i32)c.code;
	}
	for (u32 k = 0; k < t->fix.n; k++) {
		Fix x = t->fix.p[k];
		i32 rel = (i32)((x.label == NONE ? x.to : t->pos[x.label]) - x.ins);
		if (x.word == x.ins + 1)
			t->code.p[x.word].i = rel;
		else
			t->code.p[x.word].s = rel;
	}
}

static u32 *labels(Tr *t, u32 value)
{
	u32 *p = xcalloc(t->f->nlabel, sizeof *p);

	for (u32 k = 0; k < t->f->nlabel; k++)
		p[k] = value;
	return p;
}

static void body(Tr *t)
{
	const u8 *end = t->f->code + t->f->code_len;

	enter(t);
	for (t->p = t->f->code; t->p < end;) {
		t->at = (u32)(t->p - t->f->code);
		POp p = *t->p;
		bool label = p == P_LABEL || p == P_LOOP || p == P_LAND;
		if (t->plain && !label)
			tr_ins(t, I_STEP, 0, 0, 0, 0);
		instruction(t);
		if (t->plain && label) /* where jumps find it too */
			tr_ins(t, I_STEP, 0, 0, 0, 0);
		if (t->plain && !t->dead)
			tr_flush(t);
	}
	finish(t);
}

void interp_translate(Interp *in, u32 func)
{
	Tr *t = xcalloc(1, sizeof *t);
	IFunc *out = &in->fn[func];

	t->in = in;
	t->m = in->env->m;
	t->f = &t->m->func[func];
	t->out = out;
	t->plain = in->env->step != NULL;
	t->nparam = t->m->type[t->f->type].nparam;
	t->nloc = t->nparam + t->f->nlocal;
	t->loop = NONE;
	t->refs = xcalloc(t->nloc, sizeof *t->refs);
	t->pos = labels(t, NONE);
	t->land = labels(t, NONE);
	t->height = labels(t, 0);
	t->test = labels(t, NONE);
	t->test_to = labels(t, NONE);
	out->nslot = t->nloc + t->f->max_stack + 1;
	body(t);
	out->body = out->code = t->code.p;
	out->nword = t->code.n;
	out->map = t->map.p;
	out->op = t->op.p;
	out->land = t->land;
	free(t->refs);
	free(t->pos);
	free(t->height);
	free(t->test);
	free(t->test_to);
	vec_free(&t->fix);
	vec_free(&t->cold);
	free(t);
}
