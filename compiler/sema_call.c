/* sema_call: calls of declared routines, through procedural values, and type conversions. */
#include "sema.h"

/* ---- declared routines ---- */

static bool type_same_storage(const Type *a, const Type *b)
{
	return a->kind == T_INT && b->kind == T_INT && a->lo == b->lo && a->hi == b->hi && a->u64 == b->u64;
}

/* Whether an array of type `t` may stand for a conformant or open array. */
static bool conforms(Sema *s, const Type *t, const Type *to)
{
	if (t->kind == T_DYN && to->conf && !to->lo_sym)
		return t->base == to->base || type_same_storage(t->base, to->base);
	if (t->kind == T_ANSI && to->conf && !to->lo_sym)
		return to->base->kind == T_CHAR;
	while (to->conf) {
		if (t->kind != T_ARRAY || t->packed != to->packed || !type_same(s, t->index, to->index))
			if (t->kind != T_ARRAY || to->lo_sym)
				return false;
		if (!t->conf && to->lo_sym && (t->index->lo < to->index->lo || t->index->hi > to->index->hi))
			return false;
		t = t->base;
		to = to->base;
	}
	return t == to || type_same_storage(t, to)
		|| (type_is_chars(t) && type_is_chars(to) && t->size == to->size);
}

static Node *conf_arg(Sema *s, Node *n, const Sym *q)
{
	if (n->op == N_SET && !n->type && !q->type->lo_sym && q->mode != MODE_VAR)
		return sema_array_value(s, n, q->type);
	n = q->mode == MODE_VAR ? sema_lvalue(s, n, true) : n->op == N_STR || n->op == N_CALL || n->op == N_CONV || n->op == N_ADD ? sema_expr(s, n) : sema_lvalue(s, n, false);
	if (n->type->kind == T_POISON || conforms(s, n->type, q->type))
		return n;
	diag_error(s->c, n->at, "an array of type %s does not conform to the parameter '%s'", type_str(s, n->type), diag_name(s->c, q->name));
	return sema_poison(s, n);
}

/* Whether a variable of type t may be passed where one of type `to` is wanted by reference. */
static bool by_reference(Sema *s, const Type *t, const Type *to)
{
	if (t == to || type_same_storage(t, to))
		return true;
	if (t->kind != to->kind)
		return false;
	switch (t->kind) {
	case T_STRING: return t->hi >= to->hi; /* its own capacity stays */
	case T_PROC: return type_same(s, t, to);
	case T_ARRAY: return type_is_chars(t) && type_is_chars(to) && t->size == to->size;
	case T_PTR: case T_FILE: return !to->base || t->base == to->base;
	case T_ANSI: return true;
	case T_DYN: return type_same(s, t, to);
	case T_RECORD: /* an object of a derived type */
		for (const Type *p = t->parent; p; p = p->parent)
			if (p == to)
				return true;
	}
	return false;
}

static Node *var_arg(Sema *s, Node *n, const Sym *q)
{
	n = sema_lvalue(s, n, true);
	if (n->type->kind == T_POISON || q->type->kind == T_POISON)
		return n;
	bool same = by_reference(s, n->type, q->type);
	if (!same) {
		diag_error(s->c, n->at, "the var parameter '%s' needs a variable of type %s, this is of type %s", diag_name(s->c, q->name),
			type_str(s, q->type), type_str(s, n->type));
		return sema_poison(s, n);
	}
	sema_iso_var_arg(s, n);
	if (n->op == N_DEREF && n->a->type->kind == T_TEXT)
		diag_error(s->c, n->at, "a buffer variable cannot be a var parameter");
	sema_address(n);
	return n;
}

/* Arguments that a call leaves out are those that the heading has. */
static void add_defaults(Sema *s, Node **end, const Sym *q)
{
	for (; q; q = q->next) {
		if (q->hidden || q->self || !q->value)
			continue;
		*end = arena_alloc(s->a, sizeof **end);
		**end = *q->value;
		(*end)->next = NULL;
		end = &(*end)->next;
	}
}

static u32 least_args(const Sym *q)
{
	u32 k = 0;
	for (; q; q = q->next)
		k += !q->hidden && !q->self && !q->value;
	return k;
}

static void wrong_number(Sema *s, const Node *call, const Name *name, Span decl, u32 least, u32 most, u32 got)
{
	if (least == most)
		diag_error(s->c, call->at, "'%s' takes %u argument%s, not %u", diag_name(s->c, name), most, most == 1 ? "" : "s", got);
	else
		diag_error(s->c, call->at, "'%s' takes %u to %u arguments, not %u", diag_name(s->c, name), least, most, got);
	if (decl.pos)
		diag_note(s->c, decl, "declared here");
}

/* Conformant arrays of one list of names must be of one type. */
static void same_type(Sema *s, const Node *a, const Sym *q, const Sym **first, const Type **type)
{
	if (*first && (*first)->type == q->type && q->type->lo_sym && a->type != *type && a->type->kind != T_POISON && (*type)->kind != T_POISON)
		diag_error(s->c, a->at, "'%s' and '%s' must be of one type", diag_name(s->c, (*first)->name), diag_name(s->c, q->name));
	*first = q;
	*type = a->type;
}

static Node *argument(Sema *s, Node *a, const Sym *q)
{
	if (q->type == s->t_untyped) {
		a = q->mode == MODE_VAR ? sema_lvalue(s, a, true) : sema_memory(s, a);
		sema_address(a);
		return a;
	}
	return q->type->conf ? conf_arg(s, a, q) : q->mode == MODE_VAR ? var_arg(s, a, q) : sema_expr_for(s, a, q->type, "this argument");
}

void sema_args(Sema *s, Node *call, Sym *param, u32 nparam, const Name *name, Span decl)
{
	Node **p = &call->b;
	u32 got = 0, least = least_args(param);
	for (const Node *a = call->b; a; a = a->next)
		got++;
	const Sym *first = NULL, *q = param;
	const Type *type = NULL;
	for (; *p; p = &(*p)->next) {
		Node *next = (*p)->next;
		while (q && (q->hidden || q->self))
			q = q->next;
		if (!q || got < least || got > nparam) { /* with too few or too many it is unclear which is which */
			if ((*p)->op != N_FMT)
				*p = sema_expr(s, *p);
		} else {
			*p = argument(s, *p, q);
			if (q->type->conf)
				same_type(s, *p, q, &first, &type);
		}
		(*p)->next = next;
		q = q ? q->next : NULL;
	}
	if (got >= least && got <= nparam)
		add_defaults(s, p, q);
	else
		wrong_number(s, call, name, decl, least, nparam, got);
}

/* For overloading: whether a value that was analysed may be an argument for q, which is a var parameter or an open array. */
bool sema_arg_fits(Sema *s, const Node *n, const Sym *q)
{
	if (q->type->conf)
		return n->type->kind == T_POISON || conforms(s, n->type, q->type);
	return by_reference(s, n->type, q->type);
}

static bool is_number(const Type *t) { return t->kind == T_INT || t->kind == T_REAL || t->kind == T_POISON; }

/* A conversion written as a call of a type: integer('a'), color(2), char(x). */
static Node *cast(Sema *s, Node *n, Type *t)
{
	if (!n->b || n->b->next) {
		diag_error(s->c, n->at, "a type conversion takes one value");
		return sema_poison(s, n);
	}
	Node *a = sema_expr(s, n->b);
	if (a->type->kind == T_POISON || t->kind == T_POISON)
		return sema_poison(s, n);
	bool ok = (type_ordinal(t) && type_ordinal(a->type)) || (t->kind == T_REAL && is_number(a->type))
		|| (t->kind == T_PTR && (a->type->kind == T_PTR || a->type->kind >= T_ANSI || a->type->kind == T_INT || type_stringy(a->type)))
		|| ((t->kind == T_STRING || t->kind == T_ANSI) && (type_stringy(a->type) || (a->type->kind == T_PTR && t->kind == T_ANSI)))
		|| ((t->kind == T_CLASS || t->kind == T_CLASSREF) && (a->type->kind >= T_CLASS || a->type->kind == T_PTR || a->type->kind == T_INT))
		|| (t->kind == T_RECORD && (a->type == t || (a->type->kind == T_RECORD && a->type->size >= t->size)))
		|| (t->kind == T_INT && (a->type->kind == T_PTR || a->type->kind >= T_ANSI))
		|| (t->kind == T_DYN && (type_same(s, t, a->type) || a->type->kind == T_PTR));
	if (!ok) {
		diag_error(s->c, n->at, "a value of type %s cannot become one of type %s", type_str(s, a->type), type_str(s, t));
		return sema_poison(s, n);
	}
	if (a->op == N_INT && type_ordinal(t) && a->i >= t->lo && a->i <= t->hi)
		return sema_int(n, a->i, t);
	if (t->kind == T_ANSI && a->op == N_INT) /* string('c') */
		a = sema_convert(s, a, t, "this value");
	n->op = N_CONV;
	n->a = a;
	n->b = NULL;
	n->type = t;
	return n;
}

static Node *call_proc(Sema *s, Node *n, Sym *y)
{
	/* `random` without an argument is another routine of the library */
	if (!y->user && !n->b && y->name == ast_name(s->c, "random", 6)) {
		Node id = { .op = N_ID, .at = n->at };
		id.name = ast_name(s->c, "random_real", 11);
		y = sema_resolve(s, &id);
	}
	y = sema_overload(s, n, y);
	n->sym = y;
	sema_args(s, n, y->type->list, y->type->nparam, y->name, y->user ? y->at : (Span){ 0, 0 });
	n->type = y->type->base ? y->type->base : s->t_void;
	return n;
}

/* A call through a variable or parameter of a procedural type. */
static Node *call_value(Sema *s, Node *n, bool statement)
{
	Node *f = n->a->op == N_ID && n->a->type == NULL ? sema_lvalue(s, n->a, false) : sema_expr(s, n->a);
	n->a = f;
	if (f->type->kind == T_POISON)
		return sema_poison(s, n);
	if (f->type->kind != T_PROC) {
		diag_error(s->c, n->at, statement && !n->b ? "this is an expression, not a statement" : "a value of type %s cannot be called", type_str(s, f->type));
		return sema_poison(s, n);
	}
	static const Name none = { .len = 0 };
	n->sym = NULL;
	sema_args(s, n, f->type->list, f->type->nparam, f->op == N_VAR ? f->sym->name : &none, (Span){ 0, 0 });
	n->type = f->type->base ? f->type->base : s->t_void;
	return n;
}

/* What n calls is base.f: a method, or a procedural value. */
static Node *call_member(Sema *s, Node *n, Node *base, Sym *f, bool statement)
{
	if (f->kind == S_PROC)
		return sema_method_call(s, n, base, f);
	if (f->kind == S_TYPE)
		return cast(s, n, f->type);
	n->a = sema_read(s, sema_of_member(s, n->a, base, f, false));
	return call_value(s, n, statement);
}

static Node *call_field(Sema *s, Node *n, bool statement)
{
	Node *a = n->a;
	a->a = sema_record_name(s, a->a);
	a->a = sema_read(s, sema_designator(s, a->a, false));
	const Type *t = a->a->type->kind == T_CLASSREF ? a->a->type->base : a->a->type;
	if (t->kind == T_PTR && t->base && t->base->kind == T_RECORD && (n->sw & SW_DELPHI))
		t = (a->a = sema_make(s, N_DEREF, a->a, t->base, a->a))->type;
	Sym *f = t->kind == T_RECORD || t->kind == T_CLASS ? sema_field(t, a->name) : NULL;
	return f ? call_member(s, n, a->a, f, statement) : call_value(s, n, statement);
}

/* n is a call: of a routine, a method, a type, a predefined routine, or a procedural value. */
Node *sema_call(Sema *s, Node *n, bool statement)
{
	sema_qualified(s, n->a);
	if (n->a->op == N_INHERITED)
		return sema_inherited(s, n, n->a, statement);
	if (n->a->op == N_FIELD && !n->a->type)
		return call_field(s, n, statement);
	if (n->a->op == N_TSPECIAL && !n->a->type) {
		Sym *r = sema_special_routine(s, n->a);
		return r ? call_proc(s, n, r) : cast(s, n, sema_special_type(s, n->a));
	}
	if (n->a->op != N_ID || n->a->type)
		return call_value(s, n, statement);
	Node *base = NULL;
	Sym *f = sema_with_member(s, n->a, &base);
	if (f)
		return call_member(s, n, base, f, statement);
	Sym *y = sema_resolve(s, n->a);
	switch (y->kind) {
	case S_PROC: return call_proc(s, n, y);
	case S_BUILTIN: return sema_builtin(s, n, y, statement);
	case S_TYPE: return cast(s, n, y->type);
	case S_POISON:
		for (Node *a = n->b; a; a = a->next) /* errors in the arguments are worth knowing */
			if (a->op != N_FMT)
				sema_expr(s, a);
		return sema_poison(s, n);
	}
	return call_value(s, n, statement);
}
