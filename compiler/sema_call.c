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

static Node *var_arg(Sema *s, Node *n, const Sym *q)
{
	n = sema_lvalue(s, n, true);
	if (n->type->kind == T_POISON || q->type->kind == T_POISON)
		return n;
	/* any string may be passed where a string is wanted by reference; its own capacity stays */
	bool same = n->type == q->type || (n->type->kind == T_STRING && q->type->kind == T_STRING && n->type->hi >= q->type->hi)
		|| (n->type->kind == T_PROC && q->type->kind == T_PROC && type_same(s, n->type, q->type))
		|| (type_is_chars(n->type) && type_is_chars(q->type) && n->type->size == q->type->size)
		|| (type_counted(n->type) && type_same(s, n->type, q->type))
		|| (n->type->kind == T_PTR && q->type->kind == T_PTR && !q->type->base)
		|| (n->type->kind == T_FILE && q->type->kind == T_FILE && !q->type->base)
		|| (n->type->kind == T_INT && q->type->kind == T_INT && n->type->lo == q->type->lo && n->type->hi == q->type->hi);
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

void sema_args(Sema *s, Node *call, Sym *param, u32 nparam, const Name *name, Span decl)
{
	Node **p = &call->b;
	u32 got = 0;
	for (const Node *a = call->b; a; a = a->next)
		got++;
	const Sym *first = NULL; /* conformant arrays of one list of names must be of one type */
	const Type *type = NULL;
	for (const Sym *q = param; *p; p = &(*p)->next) {
		Node *next = (*p)->next;
		while (q && q->hidden)
			q = q->next;
		if (!q || got != nparam) /* with too few or too many it is unclear which is which */
			*p = sema_expr(s, *p);
		else if (q->type == s->t_untyped) {
			*p = sema_lvalue(s, *p, q->mode == MODE_VAR);
			sema_address(*p);
		} else if (q->type->conf) {
			*p = conf_arg(s, *p, q);
			if (first && first->type == q->type && (*p)->type != type && (*p)->type->kind != T_POISON && type->kind != T_POISON)
				diag_error(s->c, (*p)->at, "'%s' and '%s' must be of one type", diag_name(s->c, first->name), diag_name(s->c, q->name));
			first = q;
			type = (*p)->type;
		} else if (q->mode == MODE_VAR)
			*p = var_arg(s, *p, q);
		else
			*p = sema_expr_for(s, *p, q->type, "this argument");
		(*p)->next = next;
		q = q ? q->next : NULL;
	}
	if (got == nparam)
		return;
	diag_error(s->c, call->at, "'%s' takes %u argument%s, not %u", diag_name(s->c, name), nparam, nparam == 1 ? "" : "s", got);
	if (decl.pos)
		diag_note(s->c, decl, "declared here");
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

/* n is a call: of a routine, a type, a predefined routine, or a procedural value. */
Node *sema_call(Sema *s, Node *n, bool statement)
{
	sema_qualified(s, n->a);
	if (n->a->op == N_ID && !n->a->type) {
		Sym *y = NULL;
		bool with = false;
		for (With *w = s->with; w && !with; w = w->up)
			with = sema_field(w->type, n->a->name) != NULL;
		if (!with)
			y = sema_resolve(s, n->a);
		if (y && y->kind == S_PROC)
			return call_proc(s, n, y);
		if (y && y->kind == S_BUILTIN)
			return sema_builtin(s, n, y, statement);
		if (y && y->kind == S_TYPE)
			return cast(s, n, y->type);
		if (y && y->kind == S_POISON) {
			for (Node *a = n->b; a; a = a->next) /* errors in the arguments are worth knowing */
				if (a->op != N_FMT)
					sema_expr(s, a);
			return sema_poison(s, n);
		}
	}
	return call_value(s, n, statement);
}
