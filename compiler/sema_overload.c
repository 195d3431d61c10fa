/* sema_overload: which of several routines of one name a call means.
 *
 * Every argument says how well it fits its parameter, 0 being exact; the routine with the smallest sum is called.  The order of
 * the steps is Free Pascal's: the same type, then a larger one of the kind, then a conversion.  Arguments are analysed before
 * anything is known about parameters, except those that read differently then: names of routines, and [a, b, c]. */
#include "sema.h"

enum { EXACT = 0, NEAR = 1, LARGER = 2, CONVERTED = 40, POOR = 200, NEVER = 1 << 20 };

/* ---- one argument ---- */

static bool is_routine(Sema *s, const Node *n)
{
	const Sym *y = n->op == N_ADDR && n->a->op == N_ID ? n->a->name->sym : n->op == N_ID ? n->name->sym : NULL;
	(void)s;
	return y && (y->kind == S_PROC || (y->kind == S_VAR && y->type->kind == T_PROC));
}

static u32 ints(const Node *n, const Type *to)
{
	const Type *t = n->type;
	if (t == to || (t->lo == to->lo && t->hi == to->hi && t->u64 == to->u64))
		return EXACT;
	if (n->op == N_INT ? n->i >= to->lo && n->i <= to->hi : t->lo >= to->lo && t->hi <= to->hi)
		return NEAR + to->size / 2 + to->u64;
	return CONVERTED + 8 - to->size;
}

static u32 strings(const Node *n, const Type *to)
{
	bool dynamic = n->type->kind == T_ANSI || (n->type->kind == T_ARRAY && (n->sw & SW_LONG));
	if (n->type->kind == T_CHAR)
		return to->kind == T_CHAR ? EXACT : to->kind == T_ANSI ? LARGER + !(n->sw & SW_LONG) : LARGER + !!(n->sw & SW_LONG);
	if (to->kind == T_CHAR)
		return NEVER;
	return (to->kind == T_ANSI) == dynamic ? (to->kind == n->type->kind ? EXACT : NEAR) : LARGER + 1;
}

static u32 classes(const Type *t, const Type *to)
{
	u32 steps = EXACT;
	for (const Type *b = t->base; b; b = b->parent, steps++)
		if (b == to->base)
			return steps;
	return NEVER;
}

static u32 values(Sema *s, const Node *n, const Type *to)
{
	const Type *t = n->type;
	if (t->kind == T_POISON || to->kind == T_POISON || t == to)
		return EXACT;
	if (t->kind == T_INT && to->kind == T_INT)
		return ints(n, to);
	if (to->kind == T_REAL && t->kind == T_INT)
		return CONVERTED + 20 - to->size;
	if (to->kind == T_REAL && t->kind == T_REAL)
		return t->size == to->size ? EXACT : to->size > t->size ? NEAR : LARGER;
	if (type_stringy(t) && (to->kind == T_STRING || to->kind == T_ANSI || to->kind == T_CHAR))
		return strings(n, to);
	if (t->kind == T_CLASS && to->kind == T_CLASS)
		return classes(t, to);
	if (n->op == N_NIL)
		return to->kind == T_PTR || to->kind >= T_ANSI || to->kind == T_PROC ? NEAR : NEVER;
	if (type_is_chars(to) && type_stringy(t))
		return LARGER;
	if (to->kind == T_PTR && to->base && to->base->kind == T_CHAR && (n->op == N_STR || t->kind == T_CHAR))
		return CONVERTED;
	if (!type_same(s, t, to))
		return NEVER;
	return t->kind == T_PTR && t->base != to->base ? LARGER : NEAR;
}

static u32 cost(Sema *s, const Node *n, const Sym *q)
{
	const Type *to = q->type;
	if (!n->type) /* left for later */
		return n->op == N_SET ? (to->conf || to->kind == T_DYN ? LARGER : to->kind == T_SET ? NEAR : NEVER) : to->kind == T_PROC ? NEAR : NEVER;
	if (to == s->t_untyped || n->type == s->t_untyped)
		return to == s->t_untyped ? POOR : NEVER;
	if (to->conf)
		return sema_arg_fits(s, n, q) ? LARGER : NEVER;
	if (q->mode == MODE_VAR)
		return n->type == to || n->type->kind == T_POISON ? EXACT : sema_arg_fits(s, n, q) ? NEAR : NEVER;
	return values(s, n, to);
}

/* ---- all of them ---- */

static u32 fit(Sema *s, const Node *args, const Sym *y)
{
	u32 sum = 0;
	const Sym *q = y->type->list;
	for (const Node *a = args; a; a = a->next) {
		while (q && (q->hidden || q->self))
			q = q->next;
		if (!q)
			return NEVER;
		sum += cost(s, a, q);
		q = q->next;
	}
	for (; q; q = q->next)
		if (!q->hidden && !q->value)
			return NEVER;
	return MIN(sum, (u32)NEVER);
}

/* Free Pascal analyses the arguments first, too. */
static void analyse(Sema *s, Node *call)
{
	for (Node **p = &call->b; *p; p = &(*p)->next) {
		Node *next = (*p)->next, *a = *p;
		if (a->type || a->op == N_SET || a->op == N_FMT || is_routine(s, a))
			continue;
		*p = a = a->op == N_DEREF ? sema_read(s, sema_designator(s, a, false)) : sema_expr(s, a); /* p^ may have no type */
		a->next = next;
	}
}

/* Routines of the same name further out are asked as well if `overload` says so, and always those beside y. */
static Sym *further(const Sema *s, const Sym *y)
{
	Sym *o = y->outer;
	while (o && s->lib && o->user)
		o = o->outer;
	bool beside = o && o->level == y->level && o->unit == y->unit && o->user == y->user;
	return o && o->kind == S_PROC && (beside || (y->flags & NF_OVERLOAD)) ? o : NULL;
}

Sym *sema_overload(Sema *s, Node *call, Sym *y)
{
	Sym *best = y;
	if (!further(s, y))
		return y;
	analyse(s, call);
	u32 least = fit(s, call->b, y);
	for (Sym *o = further(s, y); o; o = further(s, o)) {
		u32 c = fit(s, call->b, o);
		if (c < least)
			least = c, best = o;
	}
	return best;
}

Sym *sema_overload_member(Sema *s, Node *call, const Type *t, Sym *f)
{
	Sym *best = f;
	u32 least = UINT32_MAX, same = 0;
	for (const Type *u = t; u; u = u->parent)
		for (Sym *o = u->list; o; o = o->next)
			same += o->kind == S_PROC && o->name == f->name;
	if (same < 2)
		return f;
	analyse(s, call);
	for (const Type *u = t; u; u = u->parent)
		for (Sym *o = u->list; o; o = o->next) {
			u32 c = o->kind == S_PROC && o->name == f->name ? fit(s, call->b, o) : NEVER;
			if (c < least && c < NEVER)
				least = c, best = o;
		}
	return best;
}

Sym *sema_overload_for(Sym *y, Sema *s, const Type *to)
{
	for (Sym *o = y; o; o = further(s, o))
		if (type_same_params(s, o->type, to))
			return o;
	return y;
}
