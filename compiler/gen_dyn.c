/* gen_dyn: dynamic arrays, and values of arrays that are written out. */
#include "gen.h"

/* ---- array of const ---- */

/* Puts a constant and the value on the stack, which is i32, into the record of tvarrec at local `at` + off. */
static void store_variant(Gen *g, u32 at, u32 off, u32 kind)
{
	u32 v = gen_temp(g, 'i');
	E1(LOCAL_SET, v);
	E1(LOCAL_GET, at);
	E1(I32_CONST, kind);
	E2(I32_STORE, 2, off);
	E1(LOCAL_GET, at);
	E1(LOCAL_GET, v);
	E2(I32_STORE, 2, off + 4);
}

/* What needs 8 bytes lies in the frame, and the record has its address. */
static void variant_in_frame(Gen *g, Node *e, bool real)
{
	u32 cell = gen_frame(g, 8, 8);
	E1(FRAME_ADDR, cell);
	if (real)
		gen_real(g, e);
	else
		gen_wide(g, e);
	pb_op2(g->b, real ? P_F64_STORE : P_I64_STORE, 3, 0);
	E1(FRAME_ADDR, cell);
}

/* One value of `array of const`. */
static void variant(Gen *g, Node *e, u32 at, u32 off)
{
	enum { INTEGER, BOOLEAN, CHAR, EXTENDED, STRING, POINTER, PCHAR, OBJECT, CLASS, ANSI = 11, INT64 = 16, QWORD };
	const Type *t = e->type;
	u32 kind = POINTER;
	switch (t->kind) {
	case T_INT:
		kind = t->u64 ? QWORD : type_wide(t) ? INT64 : INTEGER;
		if (kind != INTEGER)
			variant_in_frame(g, e, false);
		else
			gen_int(g, e);
		break;
	case T_REAL: variant_in_frame(g, e, true), kind = EXTENDED; break;
	case T_STRING: gen_str(g, e), kind = STRING; break;
	case T_ANSI: case T_ARRAY:
		gen_ref_as(g, e, g->s->t_ansi);
		gen_some(g); /* the address of its characters */
		E1(I32_CONST, REF_DATA);
		E(I32_ADD);
		kind = ANSI;
		break;
	default:
		gen_expr(g, e);
		kind = t->kind == T_BOOL ? BOOLEAN : t->kind == T_CHAR ? CHAR : t->kind == T_CLASS ? OBJECT : t->kind == T_CLASSREF ? CLASS
			: t->kind == T_PTR && t->base && t->base->kind == T_CHAR ? PCHAR : type_ordinal(t) ? INTEGER : POINTER;
	}
	store_variant(g, at, off, kind);
}

/* ---- array values ---- */

/* Stores the elements of [a, b, c] from local `at` + off on. */
static void store_elements(Gen *g, Node *n, u32 at, u32 off)
{
	With w = { .local = at };
	Type *t = n->type->base;
	Node ref = { .op = N_WITHREF, .type = t };
	ref.with = &w;
	for (Node *e = n->a; e; e = e->next, off += t->size) {
		if (sema_is_varrec(g->s, t) && e->type != t) {
			variant(g, e, at, off);
			continue;
		}
		Sym place = { .kind = S_VAR, .field = true, .type = t, .at_ = off };
		Node to = { .op = N_FIELD, .sw = n->sw, .at = n->at, .type = t, .a = &ref };
		to.sym = &place;
		gen_assign(g, &to, e);
	}
}

static u32 count(const Node *n)
{
	u32 k = 0;
	for (; n; n = n->next)
		k++;
	return k;
}

void gen_dyn_value(Gen *g, Node *n)
{
	u32 at = gen_temp(g, 'i'), elems = count(n->a);
	E1(I32_CONST, 0);
	E1(I32_CONST, elems);
	E1(I32_CONST, n->type->base->size);
	E1(I32_CONST, 0);
	E1(I32_CONST, 0);
	gen_call_rt(g, RT_DYN_LENGTH);
	E1(LOCAL_SET, at);
	store_elements(g, n, at, REF_DATA);
	E1(LOCAL_GET, at);
}

void gen_open_value(Gen *g, Node *n)
{
	Type *t = n->type->base;
	u32 size = MAX(t->size * count(n->a), 1u), at = gen_temp(g, 'i');
	if (t->managed) { /* a fixed array, which ends with its temporary */
		Type *whole = type_new(g->s, T_ARRAY, size, t->align);
		whole->base = t;
		whole->managed = true;
		E1(FRAME_ADDR, gen_frame_value(g, whole));
	} else {
		E1(FRAME_ADDR, gen_frame(g, size, 8));
	}
	E1(LOCAL_SET, at);
	store_elements(g, n, at, 0);
	E1(LOCAL_GET, at);
}

/* ---- predefined routines on arrays ---- */

static void elem(Gen *g, Type *t, bool retain, bool release)
{
	E1(I32_CONST, t->base->size);
	if (retain)
		E1(I32_CONST, gen_retain_slot(g, t->base));
	if (release)
		E1(I32_CONST, gen_release_slot(g, t->base));
}

/* The variable at local `at` (or the place p) gets lengths[0] elements, each of them lengths[1], and so on. */
static void set_lengths(Gen *g, u32 at, Type *t, const u32 *lengths, u32 n)
{
	E1(LOCAL_GET, at);
	E1(LOCAL_GET, at);
	E2(I32_LOAD, 2, 0);
	E1(LOCAL_GET, lengths[0]);
	elem(g, t, true, true);
	gen_call_rt(g, RT_DYN_LENGTH);
	E2(I32_STORE, 2, 0);
	if (n == 1)
		return;
	u32 k = gen_temp(g, 'i'), inner = gen_temp(g, 'i'), top = pb_label(g->b), end = pb_label(g->b);
	E1(LOCAL_GET, at);
	E2(I32_LOAD, 2, 0);
	E1(I32_CONST, REF_DATA);
	E(I32_ADD);
	E1(LOCAL_SET, inner);
	E1(LOCAL_GET, lengths[0]);
	E1(LOCAL_SET, k);
	E1(LOOP, top);
	E1(LOCAL_GET, k);
	E1(JUMP_IFZ, end);
	set_lengths(g, inner, t->base, lengths + 1, n - 1);
	E1(LOCAL_GET, inner);
	E1(I32_CONST, 4);
	E(I32_ADD);
	E1(LOCAL_SET, inner);
	E1(LOCAL_GET, k);
	E1(I32_CONST, 1);
	E(I32_SUB);
	E1(LOCAL_SET, k);
	E1(JUMP, top);
	E1(LABEL, end);
}

static void set_length(Gen *g, Node *n)
{
	u32 length[20], k = 0;
	Node *a = n->b;
	Place p;
	for (Node *x = a->next; x; x = x->next) {
		gen_int(g, x);
		length[k] = gen_temp(g, 'i');
		E1(LOCAL_SET, length[k++]);
	}
	if (k > 1) {
		u32 at = gen_temp(g, 'i');
		gen_addr(g, a);
		E1(LOCAL_SET, at);
		set_lengths(g, at, a->type, length, k);
		return;
	}
	u32 at = gen_take(g, a, &p);
	E1(LOCAL_GET, length[0]);
	elem(g, a->type, true, true);
	gen_call_rt(g, RT_DYN_LENGTH);
	gen_give_back(g, at, &p);
}

/* concat(a, b, c): a copy of a that is given room for the others, and they are copied there. */
static void concat(Gen *g, Node *n)
{
	Type *t = n->type;
	u32 q = gen_temp(g, 'i'), more = gen_temp(g, 'i'), len = gen_temp(g, 'i'), to = gen_temp(g, 'i');
	E1(I32_CONST, 0);
	E1(LOCAL_SET, q);
	for (Node *a = n->b; a; a = a->next) {
		u32 none = pb_label(g->b);
		gen_ref(g, a);
		E1(LOCAL_TEE, more);
		E1(JUMP_IFZ, none);
		E1(LOCAL_GET, q);
		gen_some(g);
		E2(I32_LOAD, 2, REF_LENGTH);
		E1(LOCAL_SET, len);
		E1(LOCAL_GET, q);
		E1(LOCAL_GET, len);
		E1(LOCAL_GET, more);
		E2(I32_LOAD, 2, REF_LENGTH);
		E(I32_ADD);
		elem(g, t, true, true);
		gen_call_rt(g, RT_DYN_LENGTH);
		E1(LOCAL_TEE, q);
		E1(I32_CONST, REF_DATA);
		E(I32_ADD);
		E1(LOCAL_GET, len);
		E1(I32_CONST, t->base->size);
		E(I32_MUL);
		E(I32_ADD);
		E1(LOCAL_TEE, to);
		E1(LOCAL_GET, more);
		E1(I32_CONST, REF_DATA);
		E(I32_ADD);
		E1(LOCAL_GET, more);
		E2(I32_LOAD, 2, REF_LENGTH);
		E1(I32_CONST, t->base->size);
		E(I32_MUL);
		E(MEM_COPY);
		E1(LOCAL_GET, to);
		E1(LOCAL_GET, more);
		E2(I32_LOAD, 2, REF_LENGTH);
		elem(g, t, true, false);
		gen_call_rt(g, RT_EACH);
		E1(LABEL, none);
	}
	E1(LOCAL_GET, q);
}

static void insert(Gen *g, Node *n)
{
	Node *x = n->b, *a = x->next, *i = a->next;
	Type *t = a->type;
	u32 index = gen_temp(g, 'i'), q = gen_temp(g, 'i');
	Place p;
	gen_int(g, i);
	E1(LOCAL_SET, index);
	u32 at = gen_take(g, a, &p);
	E1(LOCAL_GET, index);
	elem(g, t, true, true);
	gen_call_rt(g, RT_DYN_INSERT);
	E1(LOCAL_TEE, q);
	gen_give_back(g, at, &p);
	/* an index beyond the ends was moved to them */
	E1(LOCAL_GET, index);
	E1(I32_CONST, 0);
	E1(LOCAL_GET, index);
	E1(I32_CONST, 0);
	E(I32_GT_S);
	E(SELECT);
	E1(LOCAL_SET, index);
	E1(LOCAL_GET, index);
	E1(LOCAL_GET, q);
	E2(I32_LOAD, 2, REF_LENGTH);
	E1(I32_CONST, 1);
	E(I32_SUB);
	E1(LOCAL_TEE, at = gen_temp(g, 'i'));
	E1(LOCAL_GET, index);
	E1(LOCAL_GET, at);
	E(I32_LT_S);
	E(SELECT);
	E1(I32_CONST, t->base->size);
	E(I32_MUL);
	E1(LOCAL_GET, q);
	E(I32_ADD);
	E1(LOCAL_SET, index);
	Node one = { .op = N_AGG, .sw = n->sw, .at = n->at, .type = t, .a = x }, *rest = x->next;
	x->next = NULL;
	store_elements(g, &one, index, REF_DATA);
	x->next = rest;
}

void gen_dyn_builtin(Gen *g, Node *n)
{
	Node *a = n->b, *b = a->next, *c = b ? b->next : NULL;
	Place p;
	switch (n->i) {
	case B_LENGTH: case B_HIGH:
		gen_ref(g, a);
		gen_some(g);
		E2(I32_LOAD, 2, REF_LENGTH);
		if (n->i == B_HIGH && a->type->kind == T_DYN) {
			E1(I32_CONST, 1);
			E(I32_SUB);
		}
		break;
	case B_SETLENGTH: set_length(g, n); break;
	case B_CONCAT: concat(g, n); break;
	case B_INSERT: insert(g, n); break;
	case B_COPY:
		gen_ref(g, a);
		if (b)
			gen_int(g, b);
		else
			E1(I32_CONST, 0);
		if (c)
			gen_int(g, c);
		else
			E1(I32_CONST, INT32_MAX);
		elem(g, a->type, true, false);
		gen_call_rt(g, RT_DYN_SUB);
		break;
	case B_DELETE: {
		u32 from = gen_temp(g, 'i'), k = gen_temp(g, 'i');
		gen_int(g, b);
		E1(LOCAL_SET, from);
		gen_int(g, c);
		E1(LOCAL_SET, k);
		u32 at = gen_take(g, a, &p);
		E1(LOCAL_GET, from);
		E1(LOCAL_GET, k);
		elem(g, a->type, true, true);
		gen_call_rt(g, RT_DYN_DELETE);
		gen_give_back(g, at, &p);
		break;
	}
	}
}
