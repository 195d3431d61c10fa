/* gen_place: variables -- finding, loading and storing them. */
#include "gen.h"

#include <stdlib.h>

/* ---- loads and stores by type ---- */

static bool is_signed(const Type *t)
{
	return type_ordinal(t) && t->lo < 0;
}

void gen_load_op(Gen *g, const Type *t, u32 off)
{
	bool sign = is_signed(t);
	if (type_single(t)) {
		E2(F32_LOAD, 2, off);
		E(F64_PROMOTE);
	} else if (t->kind == T_REAL)
		E2(F64_LOAD, 3, off);
	else if (t->size == 8)
		E2(I64_LOAD, 3, off);
	else if (type_letter(t) == 'l')
		E2(I64_LOAD32_U, 2, off);
	else if (t->size == 1)
		pb_op2(g->b, sign ? P_I32_LOAD8_S : P_I32_LOAD8_U, 0, off);
	else if (t->size == 2)
		pb_op2(g->b, sign ? P_I32_LOAD16_S : P_I32_LOAD16_U, 1, off);
	else
		E2(I32_LOAD, 2, off);
}

void gen_store_op(Gen *g, const Type *t, u32 off)
{
	if (type_single(t)) {
		E(F32_DEMOTE);
		E2(F32_STORE, 2, off);
	} else if (t->kind == T_REAL)
		E2(F64_STORE, 3, off);
	else if (t->size == 8)
		E2(I64_STORE, 3, off);
	else if (type_letter(t) == 'l')
		E2(I64_STORE32, 2, off);
	else if (t->size == 1)
		E2(I32_STORE8, 0, off);
	else if (t->size == 2)
		E2(I32_STORE16, 1, off);
	else
		E2(I32_STORE, 2, off);
}

/* ---- places ---- */

/* Each routine knows the frame of its outer one; further out, frames keep their own link at offset 0. */
void gen_frame_of(Gen *g, Proc *p)
{
	if (p == g->p) {
		E1(FRAME_ADDR, 0);
		return;
	}
	if (p->level == 1) {
		E1(I32_CONST, g->unwind_cell);
		E2(I32_LOAD, 2, 0);
		return;
	}
	E1(LOCAL_GET, g->p->link_at);
	for (Proc *q = g->p->outer; q != p; q = q->outer)
		E2(I32_LOAD, 2, 0);
}

static Place memory(Type *t, u32 off)
{
	return (Place){ .kind = PL_MEM, .off = off, .t = t };
}

static Place place_sym(Gen *g, Sym *y)
{
	if (y->alias) {
		Place p = place_sym(g, y->alias);
		p.t = y->type;
		return p;
	}
	if (y->where == W_NONE && y->builtin && !y->field) { /* input, output and stderr as variables */
		u8 v[8] = { (u8)y->builtin };
		y->at_ = pb_init(g->b, v, 8, 4);
		y->where = W_MEM;
	} else if (y->where == W_NONE) { /* a variable of a library text */
		y->at_ = pb_zero(g->b, y->type->size, MAX(y->type->align, 1u));
		y->where = W_MEM;
	}
	switch (y->where) {
	case W_LOCAL:
		return (Place){ .kind = PL_LOCAL, .local = y->at_, .t = y->type };
	case W_REF_LOCAL:
		E1(LOCAL_GET, y->at_);
		return memory(y->type, 0);
	case W_MEM:
		E1(I32_CONST, (i32)y->at_);
		return memory(y->type, 0);
	}
	u32 off = y->at_;
	if (y->owner == g->p) {
		E1(FRAME_ADDR, off);
		off = 0;
	} else {
		gen_frame_of(g, y->owner);
	}
	if (y->where == W_REF_FRAME) {
		E2(I32_LOAD, 2, off);
		off = 0;
	}
	return memory(y->type, off);
}

static void push_var(Gen *g, Sym *y)
{
	gen_load(g, place_sym(g, y));
}

void gen_bound(Gen *g, const Type *t, bool high)
{
	Sym *y = high ? t->hi_sym : t->lo_sym;
	if (t->conf && y)
		push_var(g, y);
	else
		E1(I32_CONST, t->conf ? 0 : high ? t->index->hi : t->index->lo);
}

void gen_size(Gen *g, const Type *t)
{
	if (!t->conf) {
		E1(I32_CONST, t->size);
		return;
	}
	gen_bound(g, t, true);
	gen_bound(g, t, false);
	E(I32_SUB);
	E1(I32_CONST, 1);
	E(I32_ADD);
	gen_size(g, t->base);
	E(I32_MUL);
}

/* The array's address is on the stack. */
static Place place_conformant(Gen *g, Node *n, Place p)
{
	const Type *a = n->a->type;
	gen_int(g, n->b);
	if (n->sw & SW_RANGE) {
		gen_bound(g, a, false);
		gen_bound(g, a, true);
		gen_check_bounds(g);
	}
	if (a->lo_sym) {
		gen_bound(g, a, false);
		E(I32_SUB);
	}
	gen_size(g, a->base);
	E(I32_MUL);
	E(I32_ADD);
	return p;
}

/* A string that is to be written becomes the variable's own. */
void gen_unique(Gen *g, Node *n)
{
	Place p;
	u32 at = gen_take(g, n, &p);
	gen_call_rt(g, RT_ANSI_UNIQUE);
	gen_give_back(g, at, &p);
}

/* An element of a dynamic array, or a character of a dynamic string, the first of which is number 1. */
static Place place_counted(Gen *g, Node *n)
{
	i32 lo = n->a->type->kind == T_ANSI;
	Place p = memory(n->type, REF_DATA);
	u32 at = gen_temp(g, 'i');
	if (n->flags & NF_WRITTEN)
		gen_unique(g, n->a);
	gen_ref(g, n->a);
	if (!(n->sw & SW_RANGE) && n->b->op == N_INT) {
		p.off += (u32)(n->b->i - lo) * n->type->size;
		return p;
	}
	if (n->sw & SW_RANGE)
		gen_some(g);
	E1(LOCAL_TEE, at);
	gen_int(g, n->b);
	if (lo) {
		E1(I32_CONST, lo);
		E(I32_SUB);
	}
	if (n->sw & SW_RANGE) { /* as numbers without sign, one comparison does for both ends */
		u32 k = gen_temp(g, 'i');
		E1(LOCAL_TEE, k);
		E1(LOCAL_GET, at);
		E2(I32_LOAD, 2, REF_LENGTH);
		E(I32_GE_U);
		gen_trap_if(g, 201);
		E1(LOCAL_GET, k);
	}
	E2(INDEX_U, 0, n->type->size);
	return p;
}

static Place place_index(Gen *g, Node *n)
{
	const Type *a = n->a->type;
	if (type_counted(a))
		return place_counted(g, n);
	if (a->kind == T_PTR) {
		gen_expr(g, n->a);
		gen_int(g, n->b);
		E2(INDEX_U, 0, n->type->size);
		return memory(n->type, 0);
	}
	bool str = a->kind == T_STRING;
	i64 lo = str ? 0 : a->index->lo, hi = str ? a->hi : a->index->hi;
	Place p = gen_place(g, n->a);
	p.t = n->type;
	if (a->conf)
		return place_conformant(g, n, p);
	if (n->b->op == N_INT) {
		p.off += (u32)(n->b->i - lo) * n->type->size;
		return p;
	}
	gen_int(g, n->b);
	gen_index(g, lo, hi, n->type->size, n->sw & SW_RANGE);
	return p;
}

Place gen_place(Gen *g, Node *n)
{
	switch (n->op) {
	case N_VAR:
		return place_sym(g, n->sym);
	case N_FIELD: {
		if (n->a->type->kind == T_CLASS) {
			gen_expr(g, n->a);
			if (n->a->op != N_VAR || !n->a->sym->self)
				gen_check_nil(g);
			if (n->sym->at_ + n->type->size > CHECK_NIL_FROM)
				E(CHECK_NIL);
			return memory(n->type, n->sym->at_);
		}
		Place p = gen_place(g, n->a);
		p.off += n->sym->at_;
		p.t = n->type;
		return p;
	}
	case N_INDEX:
		return place_index(g, n);
	case N_DEREF:
		if (n->a->type->kind == T_FILE) {
			gen_addr(g, n->a);
			gen_call_sys(g, "file.window", "i:i");
			return memory(n->type, 0);
		}
		if (n->a->type->kind == T_TEXT) {
			gen_addr(g, n->a);
			return (Place){ .kind = PL_BUFFER, .t = n->type };
		}
		gen_expr(g, n->a);
		gen_check_nil(g);
		if (n->type->size > CHECK_NIL_FROM) /* the guard is too small to catch every access through nil */
			E(CHECK_NIL);
		return memory(n->type, 0);
	case N_CONV:
		if (n->flags & NF_WRITTEN) { /* the variable itself, as another type */
			Place p = gen_place(g, n->a);
			p.t = n->type;
			return p;
		}
		break;
	case N_WITHREF:
		if (n->with->direct)
			return gen_place(g, n->with->record);
		E1(LOCAL_GET, n->with->local);
		return memory(n->type, 0);
	}
	gen_expr(g, n); /* the address of a value */
	return memory(n->type, 0);
}

void gen_place_addr(Gen *g, Place p)
{
	if (!p.off)
		return;
	E1(I32_CONST, (i32)p.off);
	E(I32_ADD);
}

void gen_addr(Gen *g, Node *n)
{
	gen_place_addr(g, gen_place(g, n));
}

void gen_load(Gen *g, Place p)
{
	if (p.kind == PL_LOCAL) {
		E1(LOCAL_GET, p.local);
	} else if (p.kind == PL_BUFFER) {
		E2(I32_LOAD, 2, 0);
		gen_call_sys(g, "text.peek", "i:i");
	} else if (type_scalar(p.t)) {
		gen_load_op(g, p.t, p.off);
	} else {
		gen_place_addr(g, p);
	}
}

/* The value is on the stack, above the address if there is one. */
void gen_store(Gen *g, Place p)
{
	if (p.kind == PL_LOCAL) {
		gen_round_single(g, p.t);
		E1(LOCAL_SET, p.local);
	} else if (p.kind == PL_BUFFER) {
		E2(I32_STORE8, 0, 4); /* put writes it */
	} else {
		gen_store_op(g, p.t, p.off);
	}
}
