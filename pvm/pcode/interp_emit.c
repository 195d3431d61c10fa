/* Register code: the symbolic operand stack, instructions, and their fusion.
 *
 * An instruction is emitted as soon as its P-code is read; fusing takes the last one back and emits one that does
 * both.  That is sound only within a straight piece of code, so the history ends at labels and calls; and traps keep
 * their order because what is moved over another instruction can neither trap nor see it. */
#include "interp_tr.h"

/* ---- the operand stack ----------------------------------------------------------------------------- */

void tr_push(Tr *t, Ent e)
{
	if (e.kind == E_REG && e.reg < t->nloc)
		t->refs[e.reg]++;
	t->stack[t->sp++] = e;
}

void tr_push_reg(Tr *t, u32 reg) { tr_push(t, (Ent){E_REG, reg, 0}); }
void tr_push_home(Tr *t) { tr_push_reg(t, tr_home(t, t->sp)); }
void tr_push_const(Tr *t, u64 bits) { tr_push(t, (Ent){E_CONST, 0, bits}); }

Ent tr_pop(Tr *t)
{
	Ent e = t->stack[--t->sp];

	if (e.kind == E_REG && e.reg < t->nloc)
		t->refs[e.reg]--;
	return e;
}

void tr_value(Tr *t, Ent e, u32 d)
{
	if (e.kind == E_FRAME)
		tr_ins(t, I_FRAME, d, 0, 0, 0)[1].i = (i32)e.bits;
	else if (e.kind == E_CONST && (u64)(i64)(i32)e.bits == e.bits)
		tr_ins(t, I_MOVI, d, 0, 0, 0)[1].i = (i32)e.bits;
	else if (e.kind == E_CONST)
		tr_ins(t, I_MOVK, d, 0, 0, 0)[2].u = e.bits;
	else if (e.reg != d)
		tr_ins(t, I_MOV, d, e.reg, 0, 0);
}

void tr_settle(Tr *t, u32 pos)
{
	Ent *e = &t->stack[pos];

	tr_value(t, *e, tr_home(t, pos));
	if (e->kind == E_REG && e->reg < t->nloc)
		t->refs[e->reg]--;
	*e = (Ent){E_REG, tr_home(t, pos), 0};
}

u32 tr_reg(Tr *t, u32 pos)
{
	if (t->stack[pos].kind != E_REG)
		tr_settle(t, pos);
	return t->stack[pos].reg;
}

void tr_flush(Tr *t)
{
	for (u32 k = 0; k < t->sp; k++)
		tr_settle(t, k);
}

void tr_local_changes(Tr *t, u32 local)
{
	for (u32 k = 0; t->refs[local] && k < t->sp; k++)
		if (t->stack[k].kind == E_REG && t->stack[k].reg == local)
			tr_settle(t, k);
}

/* ---- instructions ------------------------------------------------------------------------------------ */

static void remember(Tr *t, u32 at)
{
	memmove(t->hist + 1, t->hist, (HISTORY - 1) * sizeof *t->hist);
	t->hist[0] = at;
	t->nhist = MIN(t->nhist + 1, (u32)HISTORY);
}

W *tr_ins(Tr *t, IOp op, u32 d, u32 a, u32 b, u32 c)
{
	u32 at = t->code.n;

	for (u32 k = 0; k < interp_ops[op].len; k++) {
		vec_push(&t->code, (W){.u = 0});
		vec_push(&t->map, t->at);
		vec_push(&t->op, k ? (u16)I_COUNT : (u16)op);
	}
	W *w = t->code.p + at;
	interp_set(t->in, w, op);
	w[1].d = (u16)d;
	w[1].a = (u16)a;
	w[1].b = (u16)b;
	w[1].c = (u16)c;
	if (t->plain)
		t->nhist = 0;
	else
		remember(t, at);
	return w;
}

void tr_forget(Tr *t)
{
	t->nhist = 0;
	t->loop = NONE;
}

void tr_drop(Tr *t)
{
	t->code.n = t->map.n = t->op.n = t->hist[0];
	memmove(t->hist, t->hist + 1, (HISTORY - 1) * sizeof *t->hist);
	t->nhist--;
}

u32 tr_last(const Tr *t, u32 k) { return k < t->nhist ? t->hist[k] : NONE; }
const IOpInfo *tr_info(const Tr *t, u32 at) { return &interp_ops[t->op.p[at]]; }

bool tr_sets(const Tr *t, u32 at, u32 reg)
{
	return at != NONE && tr_info(t, at)->fmt[0] == 'd' && t->code.p[at + 1].d == reg;
}

/* Appends a copy of n words, which begin with an instruction and come from elsewhere in the code. */
static void copy_words(Tr *t, const W *w, const u32 *map, const u16 *op, u32 n)
{
	for (u32 k = 0; k < n; k++) {
		if (op[k] != I_COUNT)
			remember(t, t->code.n);
		vec_push(&t->code, w[k]);
		vec_push(&t->map, map[k]);
		vec_push(&t->op, op[k]);
	}
}

/* ---- jumps ------------------------------------------------------------------------------------------- */

void tr_goto(Tr *t, u32 ins, u32 label)
{
	vec_push(&t->fix, ((Fix){ins, ins + 1, label, 0}));
}

/* Integer comparisons in the order of pcode.def: eq ne lt.s lt.u gt.s gt.u le.s le.u ge.s ge.u */
IOp tr_negate(IOp cmp)
{
	static const u8 not[] = {1, 0, 8, 9, 6, 7, 4, 5, 2, 3};
	IOp first = cmp < I_I64_EQ ? I_I32_EQ : I_I64_EQ;
	u32 step = I_I32_NE - I_I32_EQ;

	return first + not[(cmp - first) / step] * step;
}

IOp tr_swap(IOp cmp)
{
	static const u8 other[] = {0, 1, 4, 5, 2, 3, 8, 9, 6, 7}, fother[] = {0, 1, 3, 2, 5, 4};
	u32 step = I_I32_NE - I_I32_EQ, fstep = I_F32_NE - I_F32_EQ;

	if (cmp < I_F32_EQ) {
		IOp first = cmp < I_I64_EQ ? I_I32_EQ : I_I64_EQ;
		return first + other[(cmp - first) / step] * step;
	}
	IOp first = cmp < I_F64_EQ ? I_F32_EQ : I_F64_EQ;
	return first + fother[(cmp - first) / fstep] * fstep;
}

/* A comparison that is to be jumped on. */
typedef struct Cond {
	IOp cmp;    /* family; I_JNZ or I_JZ for a register x */
	bool imm;   /* y is a constant */
	u32 x, y;
	u64 bits;
} Cond;

static IOp inc_of(IOp cmp)
{
	switch (cmp) {
	case I_I32_EQ: return I_INC_I32_EQ;
	case I_I32_NE: return I_INC_I32_NE;
	case I_I32_LT_S: return I_INC_I32_LT_S;
	case I_I32_GT_S: return I_INC_I32_GT_S;
	case I_I32_LE_S: return I_INC_I32_LE_S;
	case I_I32_GE_S: return I_INC_I32_GE_S;
	default: return I_COUNT;
	}
}

static IOp old_of(IOp cmp)
{
	switch (cmp) {
	case I_I32_NE: return I_OLD_I32_NE;
	case I_I32_LT_S: return I_OLD_I32_LT_S;
	case I_I32_GT_S: return I_OLD_I32_GT_S;
	default: return I_COUNT;
	}
}

/* The code `new := v + c; old := v; v := new`, which an increment with v on the stack becomes, and a jump on the old
 * value (old and new are temporaries): all in one. */
static bool emit_old(Tr *t, const Cond *c)
{
	u32 at[3] = {tr_last(t, 2), tr_last(t, 1), tr_last(t, 0)};
	IOp op = old_of(c->cmp);

	if (op == I_COUNT || at[0] == NONE || c->x < t->nloc || t->op.p[at[0]] != I_I32_ADD_RI || t->op.p[at[1]] != I_MOV ||
		t->op.p[at[2]] != I_MOV)
		return false;
	W add = t->code.p[at[0] + 1], old = t->code.p[at[1] + 1], set = t->code.p[at[2] + 1];
	u32 v = set.d;
	if (add.a != v || add.d != set.a || add.d < t->nloc || old.d != c->x || old.a != v || (!c->imm && (c->y == v || c->y >= t->nloc)))
		return false;
	for (u32 k = 0; k < 3; k++)
		tr_drop(t);
	W *w = tr_ins(t, op + c->imm, v, c->y, 0, 0);
	w[2].lo = (u32)add.i;
	w[2].n = (u32)c->bits;
	return true;
}

/* Emits the jump if the condition is `sense`; with x's increment if that came just before. */
static u32 emit_cond(Tr *t, Cond c, bool sense)
{
	if (c.cmp == I_JNZ) {
		tr_ins(t, sense ? I_JNZ : I_JZ, c.x, 0, 0, 0);
		return t->code.n - interp_ops[I_JNZ].len;
	}
	IKind kind = interp_ops[c.cmp].kind;
	if (!sense && kind == K_CMPI) {
		c.cmp = tr_negate(c.cmp);
		sense = true;
	}
	if (emit_old(t, &c))
		return t->code.n - 3;
	u32 form = (sense ? JT : JF) + c.imm, last = tr_last(t, 0);
	IOp inc = inc_of(c.cmp);
	if (inc != I_COUNT && tr_sets(t, last, c.x) && t->op.p[last] == I_I32_ADD_RI && t->code.p[last + 1].a == c.x &&
		(c.imm || c.y != c.x)) {
		u32 by = (u32)t->code.p[last + 1].i;
		tr_drop(t);
		W *w = tr_ins(t, inc + c.imm, c.x, c.y, 0, 0);
		w[2].lo = by;
		w[2].n = (u32)c.bits;
		return t->code.n - 3;
	}
	W *w = tr_ins(t, c.cmp + form, c.x, c.y, 0, 0);
	if (c.imm)
		w[2].u = c.bits;
	return t->code.n - interp_ops[c.cmp + form].len;
}

/* The words of a comparison at `at` as a condition. */
static Cond cond_at(const Tr *t, u32 at)
{
	const IOpInfo *o = tr_info(t, at);
	const W *w = t->code.p + at;
	Cond c = {o->first, o->form == CMP_RI, w[1].a, w[1].b, 0};

	if (c.imm) /* as IMM_* in interp_run.inc */
		c.bits = o->kind == K_CMPF ? w[2].u : c.cmp < I_I64_EQ ? (u32)w[1].i : (u64)(i64)w[1].i;
	return c;
}

/* Takes the condition off the stack, with the comparison that made it if it came just before. */
static Cond pop_cond(Tr *t, bool *sense)
{
	u32 r = tr_reg(t, t->sp - 1), home = tr_home(t, t->sp - 1);
	u32 at;

	tr_pop(t);
	while (r == home && tr_sets(t, at = tr_last(t, 0), r)) {
		const IOpInfo *o = tr_info(t, at);
		if (t->op.p[at] == I_I32_EQZ) {
			*sense = !*sense;
			r = t->code.p[at + 1].a;
			tr_drop(t);
		} else if (t->op.p[at] == I_I64_EQZ) {
			Cond c = {I_I64_EQ, true, t->code.p[at + 1].a, 0, 0};
			tr_drop(t);
			return c;
		} else if (o->kind == K_CMPI || o->kind == K_CMPF) {
			Cond c = cond_at(t, at);
			tr_drop(t);
			return c;
		} else {
			break;
		}
	}
	return (Cond){I_JNZ, false, r, 0, 0};
}

void tr_jump_if(Tr *t, bool sense, u32 label)
{
	if (t->stack[t->sp - 1].kind == E_CONST) {
		if (((u32)tr_pop(t).bits != 0) == sense) {
			tr_jump(t, label);
			t->dead = false; /* the checker does not know that */
		} else {
			t->height[label] = t->sp; /* for the checker this was a jump, too */
		}
		return;
	}
	Cond c = pop_cond(t, &sense);
	tr_flush(t);
	t->height[label] = t->sp;
	u32 loop = t->loop, at = emit_cond(t, c, sense);
	tr_goto(t, at, label);
	if (loop != NONE) {
		t->test[loop] = at;
		t->test_to[loop] = label;
	}
	t->loop = NONE;
}

void tr_trap_if(Tr *t, u32 code)
{
	bool sense = true;
	Cond c = pop_cond(t, &sense);
	u32 at = emit_cond(t, c, sense);

	vec_push(&t->cold, ((Cold){at, code, t->at}));
	tr_forget(t);
}

/* A jump back to a loop whose head is a short test: repeats the test here, so that a round has one jump. */
static bool rotate(Tr *t, u32 label)
{
	u32 from = t->pos[label], at = t->test[label];
	enum { MAX_WORDS = 24 };

	if (t->plain || from == NONE || at == NONE || at - from > MAX_WORDS)
		return false;
	W w[MAX_WORDS + 4];
	u32 map[MAX_WORDS + 4];
	u16 op[MAX_WORDS + 4];
	const IOpInfo *o = tr_info(t, at);
	u32 n = at - from;

	if (o->kind == K_INC)
		return false;
	memcpy(w, t->code.p + from, (n + o->len) * sizeof *w);
	memcpy(map, t->map.p + from, n * sizeof *map);
	memcpy(op, t->op.p + from, n * sizeof *op);
	copy_words(t, w, map, op, n);
	Cond c = {o->first, o->form == JTI || o->form == JFI, w[n + 1].d, w[n + 1].a, 0};
	bool sense = o->form < JF;
	if (o->kind == K_OP) {
		sense = o->first == I_JNZ;
		c.cmp = I_JNZ;
		c.imm = false;
	} else if (c.imm) {
		c.y = 0;
		c.bits = w[n + 2].u;
	}
	u32 jump = emit_cond(t, c, !sense);
	vec_push(&t->fix, ((Fix){jump, jump + 1, NONE, at + o->len}));
	tr_forget(t);
	u32 exit = t->code.n;
	tr_ins(t, I_JUMP, 0, 0, 0, 0);
	tr_goto(t, exit, t->test_to[label]);
	return true;
}

static IOp for_of(IOp cmp)
{
	switch (cmp) {
	case I_I32_NE: return I_FOR_I32_NE;
	case I_I32_LT_S: return I_FOR_I32_LT_S;
	case I_I32_GT_S: return I_FOR_I32_GT_S;
	default: return I_COUNT;
	}
}

/* A jump back behind `exit if x >= y; x := x + 1`: all three in one, with a jump to the exit behind it. */
static bool for_end(Tr *t, u32 label)
{
	u32 add = tr_last(t, 0), at = tr_last(t, 1);

	if (t->pos[label] == NONE || at == NONE || t->op.p[add] != I_I32_ADD_RI || tr_info(t, at)->kind != K_CMPI ||
		tr_info(t, at)->form < JT)
		return false;
	W w[3], *a = t->code.p + add;
	bool imm = tr_info(t, at)->form == JTI;
	IOp op = for_of(tr_negate(tr_info(t, at)->first));
	Fix exit = t->fix.p[t->fix.n - 1];
	u32 by = (u32)a[1].i;
	memcpy(w, t->code.p + at, (imm ? 3 : 2) * sizeof *w);
	if (op == I_COUNT || a[1].d != a[1].a || a[1].d != w[1].d || (!imm && w[1].a == w[1].d) || exit.ins != at)
		return false;
	tr_drop(t);
	tr_drop(t);
	t->fix.n--;
	W *to = tr_ins(t, op + imm, w[1].d, w[1].a, 0, 0);
	to[2].lo = by;
	to[2].n = imm ? (u32)w[2].u : 0;
	tr_goto(t, t->code.n - 3, label);
	tr_ins(t, I_JUMP, 0, 0, 0, 0);
	tr_goto(t, t->code.n - 2, exit.label);
	if (t->test[label] == at)
		t->test[label] = NONE;
	return true;
}

void tr_jump(Tr *t, u32 label)
{
	tr_flush(t);
	t->height[label] = t->sp;
	if (!for_end(t, label) && !rotate(t, label)) {
		u32 at = t->code.n;
		tr_ins(t, I_JUMP, 0, 0, 0, 0);
		tr_goto(t, at, label);
	}
	t->dead = true;
	tr_forget(t);
}

void tr_label(Tr *t, POp op, u32 label)
{
	if (!t->dead)
		tr_flush(t);
	else
		for (t->sp = 0; t->sp < t->height[label];)
			tr_push_home(t);
	t->dead = false;
	tr_forget(t);
	t->pos[label] = t->code.n;
	t->height[label] = t->sp;
	if (op == P_LAND)
		t->land[label] = t->pos[label];
	if (op == P_LOOP) {
		if (t->in->env->hot && !t->plain)
			tr_ins(t, I_LOOP, 0, 0, 0, 0)[1].i = (i32)label;
		else
			t->loop = label;
	}
}

/* ---- memory -------------------------------------------------------------------------------------------- */

static i64 off_guard(const Tr *t, u64 offset) { return (i64)offset - (i64)t->m->guard; }

/* True if n bytes at a constant address are there (memory never shrinks). */
static bool const_in_reach(const Tr *t, u64 at, u64 n)
{
	return at >= t->m->guard && at + n <= t->in->env->t->mem_size && at - t->m->guard <= INT32_MAX;
}

/* The index instruction at `at` (its words w) with an access of `size` bytes at `offset`: the form of access that
 * does both, 0 if there is none.  w becomes the words of that. */
static u32 index_form(const Tr *t, IOp op, W *w, u32 size, u32 offset)
{
	u64 span = (u64)(w[2].n - 1) * w[3].lo + size, base = w[3].n;
	i64 off = off_guard(t, offset), all = off_guard(t, base + offset);

	if (op != I_INDEX_C && op != I_INDEX_F && off != (i32)off)
		return 0;
	switch (op) {
	case I_INDEX_R: w[3].n = (u32)off; return MEM_XR;
	case I_INDEX_C:
		w[3].n = (u32)all;
		return const_in_reach(t, base + offset, span) ? MEM_XC : 0;
	case I_INDEX_F:
		w[3].n = (u32)all;
		return (i32)base >= 0 && base + offset + span <= t->f->frame ? MEM_XF : 0;
	case I_INDEXU_R:
		/* the unchecked forms have their base in pc[2] and the offset in pc[3] */
		w[3].n = (u32)off;
		return MEM_UR;
	case I_INDEXU_C: w[3].n = (u32)off; return MEM_UC;
	case I_INDEXU_F: w[3].n = (u32)off; return MEM_UF;
	default: return 0;
	}
}

/* The family of accesses with two indices, I_COUNT if there is none. */
static IOp two_of(IOp op)
{
	switch (op) {
	case I_I32_LOAD: return I_I32_LOAD_2R;
	case I_I32_LOAD8_U: return I_I32_LOAD8_U_2R;
	case I_F64_LOAD: return I_F64_LOAD_2R;
	case I_I32_STORE: return I_I32_STORE_2R;
	case I_I32_STORE8: return I_I32_STORE8_2R;
	case I_F64_STORE: return I_F64_STORE_2R;
	default: return I_COUNT;
	}
}

/* Emits the access whose address is the index instruction w, which is not in the code any more; together with the one
 * that makes its base, if that is the last in the code.  Each part keeps its P-code offset, in a word of its own. */
static void emit_element(Tr *t, IOp op, u32 form, u32 value, const W *w, u32 addr, u32 pc)
{
	u32 at = tr_last(t, 0), two = two_of(op), outer = at == NONE ? I_COUNT : t->op.p[at];

	if (two == I_COUNT || form != MEM_XR || w[1].a != addr || w[1].b == addr || !tr_sets(t, at, addr) ||
		outer < I_INDEX_R || outer > I_INDEX_F) {
		W *to = tr_ins(t, op + form, value, w[1].a, w[1].b, 0);
		to[2] = w[2];
		to[3] = w[3];
		t->map.p[t->code.n - 4] = pc;
		return;
	}
	W row[4];
	u32 row_pc = t->map.p[at];
	memcpy(row, t->code.p + at, sizeof row);
	tr_drop(t);
	W *to = tr_ins(t, two + outer - I_INDEX_R, value, row[1].a, row[1].b, w[1].b);
	to[2] = row[2];
	to[3] = row[3];
	to[4] = w[2];
	to[5] = w[3];
	t->map.p[t->code.n - 6] = row_pc;
	t->map.p[t->code.n - 5] = pc;
}

/* Emits the access of register `value` with the index instruction at history position k as its address, if that can
 * be: the instruction is the last one, or only one that does not mind being moved before it follows. */
static bool emit_indexed(Tr *t, IOp op, u32 value, u32 addr, u32 size, u32 offset)
{
	u32 k = 0, at = tr_last(t, 0);

	if (!tr_sets(t, at, addr)) {
		if (at == NONE || !tr_info(t, at)->pure)
			return false;
		at = tr_last(t, k = 1);
		if (!tr_sets(t, at, addr))
			return false;
	}
	W w[4], moved[4];
	u32 map = t->map.p[at], now = t->at, over = t->code.p[tr_last(t, 0) + 1].d;
	if (t->op.p[at] < I_INDEX_R || t->op.p[at] > I_INDEXU_F)
		return false;
	memcpy(w, t->code.p + at, sizeof w);
	u32 form = index_form(t, t->op.p[at], w, size, offset);
	if (!form || (k && (over == w[1].a || over == w[1].b)))
		return false;
	if (k) {
		u32 first = tr_last(t, 0), len = t->code.n - first, pc = t->map.p[first];
		IOp mop = t->op.p[first];
		memcpy(moved, t->code.p + first, len * sizeof *w);
		tr_drop(t);
		tr_drop(t);
		t->at = pc;
		memcpy(tr_ins(t, mop, 0, 0, 0, 0), moved, len * sizeof *w);
		t->at = now;
	} else {
		tr_drop(t);
	}
	emit_element(t, op, form, value, w, addr, map);
	return true;
}

/* Emits the access of register `value` (a load's result or what is stored) at the stack entry pos. */
static void emit_access(Tr *t, IOp op, u32 value, u32 pos, u32 size, u32 offset)
{
	Ent e = t->stack[pos];
	i64 at = off_guard(t, (u32)e.bits + (u64)offset);

	if (e.kind == E_CONST && const_in_reach(t, (u32)e.bits + (u64)offset, size)) {
		tr_ins(t, op + MEM_C, value, 0, 0, 0)[1].i = (i32)at;
		return;
	}
	if (e.kind == E_FRAME && (i32)e.bits >= 0 && e.bits + offset + size <= t->f->frame) {
		tr_ins(t, op + MEM_F, value, 0, 0, 0)[1].i = (i32)at;
		return;
	}
	u32 r = tr_reg(t, pos);
	if (r == tr_home(t, pos) && emit_indexed(t, op, value, r, size, offset))
		return;
	at = off_guard(t, offset);
	if (at != (i32)at) {
		W *w = tr_ins(t, I_FAR, tr_home(t, pos), r, 0, 0);
		w[2].u = offset;
		r = tr_home(t, pos);
		at = off_guard(t, 0);
	}
	tr_ins(t, op, value, r, 0, 0)[1].i = (i32)at;
}

void tr_load(Tr *t, IOp op, u32 size, u32 offset)
{
	emit_access(t, op, tr_home(t, t->sp - 1), t->sp - 1, size, offset);
	tr_pop(t);
	tr_push_home(t);
}

void tr_store(Tr *t, IOp op, u32 size, u32 offset)
{
	u32 value = tr_reg(t, t->sp - 1);

	emit_access(t, op, value, t->sp - 2, size, offset);
	tr_pop(t);
	tr_pop(t);
}
