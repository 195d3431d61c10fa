/* gen_ref: values that hold counted references.
 *
 * An expression of such a type leaves the reference on the stack.  Those of variables are borrowed: the variable goes on
 * holding them.  What a function gives, or an operator makes, is new (gen_owned): whoever takes it must end it or pass it on.
 * An assignment takes a new reference over as it is.  Where a value is only looked at, a new one is kept in a temporary.
 *
 * Records and arrays that hold references have two routines each, made when they are asked for: one counts all references in a
 * variable, the other ends them. */
#include "gen.h"

/* ---- types ---- */

#define MADE (1u << 31) /* in Type.retain and Type.release: the routine has its body */

/* A routine (address) for type t; `what` is where t notes it. */
static u32 counting_routine(Gen *g, Type *t, bool retain)
{
	u32 *what = retain ? &t->retain : &t->release;
	if (!*what) {
		*what = pb_func(g->b, retain ? "retain" : "release", "i:") + 1;
		vec_push(&g->counting, t);
	}
	return (*what & ~MADE) - 1;
}

u32 gen_release_slot(Gen *g, Type *t)
{
	return t->managed ? pb_slot(g->b, counting_routine(g, t, false)) : 0;
}

u32 gen_retain_slot(Gen *g, Type *t)
{
	return t->managed ? pb_slot(g->b, counting_routine(g, t, true)) : 0;
}

void gen_retain(Gen *g, const Type *t)
{
	(void)t;
	gen_call_rt(g, RT_REF_RETAIN);
}

void gen_release(Gen *g, Type *t)
{
	if (t->kind == T_DYN && t->base->managed) {
		E1(I32_CONST, t->base->size);
		E1(I32_CONST, gen_release_slot(g, t->base));
		gen_call_rt(g, RT_DYN_RELEASE);
	} else {
		gen_call_rt(g, RT_REF_RELEASE);
	}
}

void gen_release_at(Gen *g, Type *t)
{
	if (type_counted(t)) {
		E2(I32_LOAD, 2, 0);
		gen_release(g, t);
	} else {
		E1(CALL, counting_routine(g, t, false));
	}
}

void gen_retain_at(Gen *g, Type *t)
{
	if (type_counted(t)) {
		E2(I32_LOAD, 2, 0);
		gen_retain(g, t);
	} else {
		E1(CALL, counting_routine(g, t, true));
	}
}

void gen_end_variable(Gen *g, Node *n)
{
	Type *t = n->type;
	if (t->conf) {
		gen_addr(g, n);
		gen_bound(g, t, true);
		gen_bound(g, t, false);
		E(I32_SUB);
		E1(I32_CONST, 1);
		E(I32_ADD);
		gen_size(g, t->base);
		E1(I32_CONST, gen_release_slot(g, t->base));
		gen_call_rt(g, RT_EACH);
	} else if (type_counted(t)) {
		gen_load(g, gen_place(g, n));
		gen_release(g, t);
	} else {
		gen_addr(g, n);
		gen_release_at(g, t);
	}
}

/* The body of a routine of counting_routine; its parameter is the variable's address. */
static void counting_body(Gen *g, Type *t, bool retain)
{
	void (*at)(Gen *, Type *) = retain ? gen_retain_at : gen_release_at;
	if (t->kind == T_ARRAY) {
		E1(LOCAL_GET, 0);
		E1(I32_CONST, t->size / t->base->size);
		E1(I32_CONST, t->base->size);
		E1(I32_CONST, pb_slot(g->b, counting_routine(g, t->base, retain)));
		gen_call_rt(g, RT_EACH);
	} else if (type_counted(t)) {
		E1(LOCAL_GET, 0);
		at(g, t);
	}
	for (const Type *u = t; u && t->kind == T_RECORD; u = u->parent)
		for (Sym *f = u->list; f; f = f->next)
			if (f->field && f->type->managed) {
				E1(LOCAL_GET, 0);
				E1(I32_CONST, f->at_);
				E(I32_ADD);
				at(g, f->type);
			}
	E(RETURN);
}

void gen_counting(Gen *g)
{
	static Node block;
	static Proc none = { .lib = true, .block = &block };
	g->p = &none;
	for (u32 i = 0; i < g->counting.n; i++) { /* making one may ask for others */
		Type *t = g->counting.p[i];
		for (u32 k = 0; k < 2; k++) {
			u32 f = k ? t->retain : t->release;
			if (!f || f & MADE)
				continue;
			pb_begin(g->b, f - 1);
			counting_body(g, t, k);
			pb_finish(g->b, 0);
			*(k ? &t->retain : &t->release) |= MADE;
		}
	}
}

/* ---- temporaries ---- */

/* A temporary for a reference of type t that is free in this statement. */
static Temp *take_temp(Gen *g, Type *t, bool frame)
{
	u32 i = 0;
	while (i < g->temp.n && (g->temp.p[i].used || g->temp.p[i].type != t || g->temp.p[i].frame != frame))
		i++;
	if (i == g->temp.n) {
		Temp fresh = { .type = t, .frame = frame };
		fresh.at = frame ? gen_frame(g, t->size, MAX(t->align, 8u)) : pb_local(g->b, 'i');
		if (frame) {
			fresh.flag = pb_local(g->b, 'i');
			g->frame_keep = g->frame; /* other statements must leave it alone */
		}
		vec_push(&g->temp, fresh);
	}
	g->temp.p[i].used = true;
	vec_push(&g->temp_taken, i);
	return &g->temp.p[i];
}

static void end_temp(Gen *g, const Temp *k)
{
	if (!k->frame) {
		E1(LOCAL_GET, k->at);
		gen_release(g, k->type);
		return;
	}
	u32 none = pb_label(g->b);
	E1(LOCAL_GET, k->flag);
	E1(JUMP_IFZ, none);
	E1(FRAME_ADDR, k->at);
	gen_release_at(g, k->type);
	E1(LABEL, none);
}

void gen_end_temps(Gen *g)
{
	for (u32 i = 0; i < g->temp.n; i++)
		end_temp(g, &g->temp.p[i]);
}

u32 gen_frame_value(Gen *g, Type *t)
{
	Temp k = *take_temp(g, t, true);
	end_temp(g, &k); /* what it holds from its last use */
	E1(I32_CONST, 1);
	E1(LOCAL_SET, k.flag);
	E1(FRAME_ADDR, k.at);
	E1(I32_CONST, 0);
	E1(I32_CONST, t->size);
	E(MEM_FILL);
	return k.at;
}

u32 gen_hold(Gen *g, Type *t)
{
	Temp k = *take_temp(g, t, false);
	end_temp(g, &k);
	E1(I32_CONST, 0);
	E1(LOCAL_SET, k.at);
	return k.at;
}

/* ---- values ---- */

bool gen_owned(const Node *n)
{
	while (n->op == N_CONV && type_counted(n->a->type))
		n = n->a;
	switch (n->op) {
	case N_VAR: case N_FIELD: case N_INDEX: case N_DEREF: case N_WITHREF: case N_STR: case N_NIL: case N_INT:
		return false;
	case N_CONV: /* of a pointer to characters a new one is made, another pointer is taken for a reference that somebody has */
		return n->a->type->kind != T_PTR || (n->type->kind == T_ANSI && n->a->type->base && n->a->type->base->kind == T_CHAR);
	}
	return true;
}

/* Keeps the new reference on the stack in a temporary, and leaves it there. */
static void keep(Gen *g, Type *t)
{
	Temp k = *take_temp(g, t, false);
	u32 v = gen_temp(g, 'i');
	E1(LOCAL_SET, v);
	end_temp(g, &k);
	E1(LOCAL_GET, v);
	E1(LOCAL_TEE, k.at);
}

void gen_ref(Gen *g, Node *n)
{
	gen_expr(g, n);
	if (gen_owned(n))
		keep(g, n->type);
}

/* Any value as one of the counted type t; true: a new reference. */
static bool as_counted(Gen *g, Node *n, Type *t)
{
	if (n->op == N_NIL) {
		E1(I32_CONST, 0);
		return false;
	}
	if (t->kind == T_ANSI)
		return gen_ansi(g, n);
	gen_expr(g, n);
	return gen_owned(n);
}

void gen_retain_top(Gen *g, const Type *t)
{
	u32 v = gen_temp(g, 'i');
	E1(LOCAL_TEE, v);
	gen_retain(g, t);
	E1(LOCAL_GET, v);
}

void gen_own(Gen *g, Node *n, Type *to)
{
	if (!as_counted(g, n, to))
		gen_retain_top(g, to);
}

/* An argument or operand of type `to`: only looked at. */
void gen_ref_as(Gen *g, Node *n, Type *to)
{
	if (as_counted(g, n, to))
		keep(g, to);
}

void gen_some(Gen *g)
{
	u32 p = gen_temp(g, 'i');
	if (!g->nil_block) {
		static const u8 empty[REF_DATA + 8] = { 0xff, 0xff, 0xff, 0xff }; /* a constant, which nobody counts */
		g->nil_block = pb_data(g->b, empty, sizeof empty, 8);
	}
	E1(LOCAL_TEE, p);
	E1(I32_CONST, g->nil_block);
	E1(LOCAL_GET, p);
	E(SELECT);
}

/* ---- assignment ---- */

/* The new value is made first, then stored, and the old one ends last: making the one and ending the other may both need
 * the variable. */
static void assign_counted(Gen *g, Node *to, Node *from)
{
	Type *t = to->type;
	u32 v = gen_temp(g, 'i'), at;
	gen_own(g, from, t);
	E1(LOCAL_SET, v);
	Place p = gen_place(g, to);
	if (p.kind == PL_LOCAL) {
		E1(LOCAL_GET, p.local);
		E1(LOCAL_GET, v);
		E1(LOCAL_SET, p.local);
		gen_release(g, t);
		return;
	}
	gen_place_addr(g, p);
	at = gen_temp(g, 'i');
	E1(LOCAL_TEE, at);
	E2(I32_LOAD, 2, 0);
	E1(LOCAL_GET, at);
	E1(LOCAL_GET, v);
	E2(I32_STORE, 2, 0);
	gen_release(g, t);
}

void gen_ref_assign(Gen *g, Node *to, Node *from)
{
	Type *t = to->type;
	if (type_counted(t)) {
		if (t->kind != T_ANSI || !gen_ansi_append(g, to, from))
			assign_counted(g, to, from);
		return;
	}
	u32 at = gen_temp(g, 'i'), v = gen_temp(g, 'i');
	gen_as(g, from, t);
	E1(LOCAL_TEE, v);
	gen_retain_at(g, t);
	gen_addr(g, to);
	E1(LOCAL_TEE, at);
	gen_release_at(g, t);
	E1(LOCAL_GET, at);
	E1(LOCAL_GET, v);
	E1(I32_CONST, t->size);
	E(MEM_COPY);
}

/* ---- taking over ---- */

/* Pushes the reference in a variable, to be taken over by a routine that gives it back; *p is where it goes. */
u32 gen_take(Gen *g, Node *n, Place *p)
{
	u32 at = 0;
	*p = gen_place(g, n);
	if (p->kind == PL_LOCAL) {
		E1(LOCAL_GET, p->local);
		return 0;
	}
	gen_place_addr(g, *p);
	at = gen_temp(g, 'i');
	E1(LOCAL_TEE, at);
	E2(I32_LOAD, 2, 0);
	return at;
}

void gen_give_back(Gen *g, u32 at, const Place *p)
{
	if (p->kind == PL_LOCAL) {
		E1(LOCAL_SET, p->local);
		return;
	}
	u32 v = gen_temp(g, 'i');
	E1(LOCAL_SET, v);
	E1(LOCAL_GET, at);
	E1(LOCAL_GET, v);
	E2(I32_STORE, 2, 0);
}
