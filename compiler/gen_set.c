/* gen_set: sets.  Up to 32 elements are an i32, up to 64 an i64, all others 32 bytes in memory. */
#include "gen.h"

static bool is_constant(const Node *n)
{
	if (n->op != N_SET)
		return false;
	for (const Node *e = n->a; e; e = e->next)
		if (e->op == N_RANGE ? e->a->op != N_INT || e->b->op != N_INT : e->op != N_INT)
			return false;
	return true;
}

static void add_bits(u8 out[32], i64 lo, i64 hi)
{
	for (i64 i = MAX(lo, 0); i <= MIN(hi, 255); i++)
		out[i >> 3] |= (u8)(1 << (i & 7));
}

/* The constant elements of a constructor. */
void gen_set_bytes(const Node *n, u8 out[32])
{
	while (n->op == N_CONV)
		n = n->a;
	if (n->op == N_ADD || n->op == N_SUB || n->op == N_MUL) {
		u8 b[32] = { 0 };
		gen_set_bytes(n->a, out);
		gen_set_bytes(n->b, b);
		for (u32 i = 0; i < 32; i++)
			out[i] = (u8)(n->op == N_ADD ? out[i] | b[i] : n->op == N_SUB ? out[i] & ~b[i] : out[i] & b[i]);
		return;
	}
	for (const Node *e = n->a; e; e = e->next)
		if (e->op == N_INT)
			add_bits(out, e->i, e->i);
		else if (e->op == N_RANGE && e->a->op == N_INT && e->b->op == N_INT)
			add_bits(out, e->a->i, e->b->i);
}

static bool constant_element(const Node *e)
{
	return e->op == N_INT || (e->op == N_RANGE && e->a->op == N_INT && e->b->op == N_INT);
}

/* An element as i32, checked to lie below `most`. */
static void element(Gen *g, Node *e, u32 most)
{
	gen_as(g, e, type_range(g->s, g->s->t_int, 0, most - 1));
}

/* ---- constructors ---- */

/* Ones from bit a to bit b, none if a > b: (~0 shl a) and (~0 shr (63 - b)). */
static void ones(Gen *g, Node *e, bool wide)
{
	u32 a = gen_temp(g, 'i'), b = gen_temp(g, 'i');
	element(g, e->a, wide ? 64 : 32);
	E1(LOCAL_SET, a);
	element(g, e->b, wide ? 64 : 32);
	E1(LOCAL_SET, b);
	E1(I64_CONST, -1);
	E1(LOCAL_GET, a);
	E(I64_EXTEND_U);
	E(I64_SHL);
	E1(I64_CONST, -1);
	E1(I32_CONST, 63);
	E1(LOCAL_GET, b);
	E(I32_SUB);
	E(I64_EXTEND_U);
	E(I64_SHR_U);
	E(I64_AND);
	E1(I64_CONST, 0);
	E1(LOCAL_GET, a);
	E1(LOCAL_GET, b);
	E(I32_LE_S);
	E(SELECT);
	if (!wide)
		E(I32_WRAP);
}

/* The element as a bit; without checks one that has no place is cut off. */
static void bit(Gen *g, Node *e, bool wide)
{
	u32 most = wide ? 64 : 32, k;
	if (g->sw & SW_RANGE) {
		pb_op1(g->b, wide ? P_I64_CONST : P_I32_CONST, 1);
		element(g, e, most);
	} else {
		k = gen_temp(g, 'i');
		element(g, e, most);
		E1(LOCAL_TEE, k);
		E1(I32_CONST, most);
		E(I32_LT_U);
		if (wide)
			E(I64_EXTEND_U);
		E1(LOCAL_GET, k);
	}
	if (wide)
		E(I64_EXTEND_U);
	pb_op(g->b, wide ? P_I64_SHL : P_I32_SHL);
}

static void small(Gen *g, Node *n, bool wide)
{
	u8 bits[32] = { 0 };
	gen_set_bytes(n, bits);
	if (wide)
		E1(I64_CONST, (i64)ld64(bits));
	else
		E1(I32_CONST, (i32)ld32(bits));
	for (Node *e = n->a; e; e = e->next) {
		if (constant_element(e))
			continue;
		if (e->op == N_RANGE)
			ones(g, e, wide);
		else
			bit(g, e, wide);
		pb_op(g->b, wide ? P_I64_OR : P_I32_OR);
	}
}

static void large(Gen *g, Node *n)
{
	u8 bits[32] = { 0 };
	gen_set_bytes(n, bits);
	u32 at = pb_data(g->b, bits, 32, 8);
	if (is_constant(n)) {
		E1(I32_CONST, at);
		return;
	}
	u32 to = gen_frame(g, 32, 8);
	E1(FRAME_ADDR, to);
	E1(I32_CONST, at);
	E1(I32_CONST, 32);
	E(MEM_COPY);
	for (Node *e = n->a; e; e = e->next) {
		if (constant_element(e))
			continue;
		E1(FRAME_ADDR, to);
		element(g, e->op == N_RANGE ? e->a : e, 256);
		if (e->op == N_RANGE)
			element(g, e->b, 256);
		gen_call_rt(g, e->op == N_RANGE ? RT_SET_RANGE : RT_SET_ADD);
	}
	E1(FRAME_ADDR, to);
}

/* ---- between the forms ---- */

static void widen(Gen *g, u32 from, u32 to)
{
	if (from == 4 && to >= 8)
		E(I64_EXTEND_U);
	if (to != 32 || from == 32)
		return;
	u32 v = gen_temp(g, 'l'), at = gen_frame(g, 32, 8);
	E1(LOCAL_SET, v);
	for (u32 i = 0; i < 4; i++) {
		E1(FRAME_ADDR, at);
		if (i)
			E1(I64_CONST, 0);
		else
			E1(LOCAL_GET, v);
		E2(I64_STORE, 3, 8 * i);
	}
	E1(FRAME_ADDR, at);
}

/* Elements beyond the smaller form are the caller's to refuse; they are cut off here. */
static void narrow(Gen *g, u32 from, u32 to)
{
	if (from == to)
		return;
	if (from == 32)
		pb_op2(g->b, to == 8 ? P_I64_LOAD : P_I32_LOAD, to == 8 ? 3 : 2, 0);
	else if (from == 8 && to == 4)
		E(I32_WRAP);
}

static bool is_operator(const Node *n)
{
	return n->op == N_ADD || n->op == N_SUB || n->op == N_MUL;
}

static void binary(Gen *g, Node *n, u32 size);

void gen_set(Gen *g, Node *n, u32 size)
{
	if (n->op == N_SET) {
		if (size == 32)
			large(g, n);
		else
			small(g, n, size == 8);
	} else if (is_operator(n) && n->type->size <= size) {
		binary(g, n, size);
	} else {
		gen_expr(g, n);
		if (n->type->size < size)
			widen(g, n->type->size, size);
		else
			narrow(g, n->type->size, size);
	}
}

/* Traps 201 if an element of the set lies outside lo..hi of the target.  The set is on the stack and stays. */
static void check_elements(Gen *g, u32 size, const Type *to)
{
	u8 bits[32] = { 0 };
	u32 v = gen_temp(g, size == 8 ? 'l' : 'i');
	add_bits(bits, to->lo, to->hi);
	if (size < 32 && !(~ld64(bits) & (UINT64_MAX >> (64 - 8 * size))))
		return;
	E1(LOCAL_TEE, v);
	if (size == 32) {
		E1(I32_CONST, pb_data(g->b, bits, 32, 8));
		gen_call_rt(g, RT_SET_SUBSET);
		E(I32_EQZ);
	} else if (size == 8) {
		E1(I64_CONST, (i64)~ld64(bits));
		E(I64_AND);
		E1(I64_CONST, 0);
		E(I64_NE);
	} else {
		E1(I32_CONST, (i32)~ld32(bits));
		E(I32_AND);
	}
	E1(TRAP_IF, 201);
	E1(LOCAL_GET, v);
}

/* Whether n is a sum in which each single element is in the result: one that does not fit into the small form of
 * `to` may then be refused where it is added. */
static bool is_small_sum(const Node *n, const Type *to)
{
	if (n->op == N_ADD)
		return is_small_sum(n->a, to) && is_small_sum(n->b, to);
	if (n->op != N_SET)
		return n->type->size <= to->size;
	for (const Node *e = n->a; e; e = e->next)
		if (e->op == N_RANGE || (e->op == N_INT && (e->i < to->lo || e->i > to->hi)))
			return false;
	return true;
}

static void small_sum(Gen *g, Node *n, u32 size)
{
	if (n->op != N_ADD) {
		gen_set(g, n, size);
		return;
	}
	small_sum(g, n->a, size);
	small_sum(g, n->b, size);
	pb_op(g->b, size == 8 ? P_I64_OR : P_I32_OR);
}

void gen_set_as(Gen *g, Node *n, Type *to)
{
	const Type *from = n->type;
	bool inside = !from->base || (from->lo >= to->lo && from->hi <= to->hi);
	if (is_constant(n)) { /* its elements are known */
		u8 bits[32] = { 0 }, all[32] = { 0 };
		gen_set_bytes(n, bits);
		add_bits(all, to->lo, to->hi);
		inside = true;
		for (u32 i = 0; i < 32; i++)
			inside = inside && !(bits[i] & ~all[i]);
	}
	if (from->size > to->size && is_small_sum(n, to)) {
		small_sum(g, n, to->size);
		if (g->sw & SW_RANGE)
			check_elements(g, to->size, to);
		return;
	}
	if (inside || !(g->sw & SW_RANGE)) {
		gen_set(g, n, to->size);
		return;
	}
	u32 size = MAX(from->size, to->size);
	gen_set(g, n, size);
	check_elements(g, size, to);
	narrow(g, size, to->size);
}

/* ---- operators ---- */

/* Where a chain of operators over sets of 32 bytes keeps its operands' addresses and its result: each operator
 * reads eight bytes of both before it writes those of the result, so all share one place. */
typedef struct Large { u32 a, b, to; } Large;

/* The right operand and the operator; the left one is on the stack. */
static void binary_large(Gen *g, Node *n, Large l)
{
	u32 a = l.a, b = l.b, to = l.to;
	E1(LOCAL_SET, a);
	gen_set(g, n->b, 32);
	E1(LOCAL_SET, b);
	for (u32 i = 0; i < 32; i += 8) {
		E1(FRAME_ADDR, to);
		E1(LOCAL_GET, a);
		E2(I64_LOAD, 3, i);
		E1(LOCAL_GET, b);
		E2(I64_LOAD, 3, i);
		if (n->op == N_SUB) {
			E1(I64_CONST, -1);
			E(I64_XOR);
		}
		pb_op(g->b, n->op == N_ADD ? P_I64_OR : P_I64_AND);
		E2(I64_STORE, 3, i);
	}
	E1(FRAME_ADDR, to);
}

static void binary_rest(Gen *g, Node *n, u32 size)
{
	bool wide = size == 8;
	gen_set(g, n->b, size);
	if (n->op == N_SUB) {
		pb_op1(g->b, wide ? P_I64_CONST : P_I32_CONST, -1);
		pb_op(g->b, wide ? P_I64_XOR : P_I32_XOR);
	}
	if (n->op == N_ADD)
		pb_op(g->b, wide ? P_I64_OR : P_I32_OR);
	else
		pb_op(g->b, wide ? P_I64_AND : P_I32_AND);
}

/* A chain of operators, down its left side and back up.  No operand's form is larger than its operator's. */
static void binary(Gen *g, Node *n, u32 size)
{
	Node *up = NULL;
	for (; is_operator(n); n = n->a) {
		n->d = up;
		up = n;
	}
	Large l = { 0 };
	if (size == 32)
		l = (Large){ gen_temp(g, 'i'), gen_temp(g, 'i'), gen_frame(g, 32, 8) };
	gen_set(g, n, size);
	for (; up; up = up->d)
		if (size == 32)
			binary_large(g, up, l);
		else
			binary_rest(g, up, size);
}

void gen_set_binary(Gen *g, Node *n)
{
	binary(g, n, n->type->size);
}

/* a <= b: nothing of a is outside b. */
void gen_set_compare(Gen *g, Node *n)
{
	u32 size = MAX(n->a->type->size, n->b->type->size);
	bool wide = size == 8, equal = n->op == N_EQ || n->op == N_NE;
	Node *a = n->op == N_GE ? n->b : n->a, *b = n->op == N_GE ? n->a : n->b;
	gen_set(g, a, size);
	gen_set(g, b, size);
	if (size == 32) {
		if (equal) {
			E1(I32_CONST, 32);
			E(MEM_CMP);
			if (n->op == N_EQ)
				E(I32_EQZ);
			else {
				E1(I32_CONST, 0);
				E(I32_NE);
			}
		} else {
			gen_call_rt(g, RT_SET_SUBSET);
		}
	} else if (equal) {
		pb_op(g->b, n->op == N_EQ ? (wide ? P_I64_EQ : P_I32_EQ) : wide ? P_I64_NE : P_I32_NE);
	} else {
		pb_op1(g->b, wide ? P_I64_CONST : P_I32_CONST, -1);
		pb_op(g->b, wide ? P_I64_XOR : P_I32_XOR);
		pb_op(g->b, wide ? P_I64_AND : P_I32_AND);
		pb_op(g->b, wide ? P_I64_EQZ : P_I32_EQZ);
	}
}

/* ---- membership ---- */

/* x in [lo .. hi] with one constant range: (x - lo) unsigned <= hi - lo. */
static void in_range(Gen *g, Node *x, i64 lo, i64 hi)
{
	gen_int(g, x);
	if (lo == hi) {
		E1(I32_CONST, lo);
		E(I32_EQ);
		return;
	}
	if (lo) {
		E1(I32_CONST, lo);
		E(I32_SUB);
	}
	E1(I32_CONST, hi - lo);
	E(I32_LE_U);
}

/* Bit x of the set on the stack; x is in a local. */
static void test_bit(Gen *g, u32 x, u32 size)
{
	if (size == 32) {
		E1(LOCAL_GET, x);
		E1(I32_CONST, 3);
		E(I32_SHR_U);
		E1(I32_CONST, 31);
		E(I32_AND);
		E(I32_ADD);
		E2(I32_LOAD8_U, 0, 0);
		E1(LOCAL_GET, x);
		E1(I32_CONST, 7);
		E(I32_AND);
		E(I32_SHR_U);
	} else if (size == 8) {
		E1(LOCAL_GET, x);
		E(I64_EXTEND_U);
		E(I64_SHR_U);
		E(I32_WRAP);
	} else {
		E1(LOCAL_GET, x);
		E(I32_SHR_U);
	}
	E1(I32_CONST, 1);
	E(I32_AND);
}

void gen_set_in(Gen *g, Node *n)
{
	Node *set = n->b, *e = set->op == N_SET ? set->a : NULL;
	i64 lo, hi;
	if (set->op == N_SET && !e) {
		gen_expr(g, n->a);
		E(DROP);
		E1(I32_CONST, 0);
		return;
	}
	if (e && !e->next && is_constant(set)) {
		bool r = e->op == N_RANGE;
		if (!r || e->a->i <= e->b->i) {
			in_range(g, n->a, r ? e->a->i : e->i, r ? e->b->i : e->i);
			return;
		}
	}
	u32 size = set->type->size, x = gen_temp(g, 'i');
	gen_int(g, n->a);
	E1(LOCAL_SET, x);
	gen_set(g, set, size);
	test_bit(g, x, size);
	gen_range_of(n->a, &lo, &hi);
	if (lo >= 0 && hi < 8 * (i64)size)
		return;
	E1(LOCAL_GET, x);
	E1(I32_CONST, 8 * size);
	E(I32_LT_U);
	E(I32_AND);
}

/* include(s, x), exclude(s, x). */
void gen_set_change(Gen *g, Node *n)
{
	Node *a = n->b, one = { .op = N_SET, .sw = n->sw, .at = n->at, .a = a->next };
	Node op = { .op = n->i == B_INCLUDE ? N_ADD : N_SUB, .sw = n->sw, .at = n->at, .type = a->type, .a = a, .b = &one };
	one.type = a->type;
	gen_assign(g, a, &op);
}
