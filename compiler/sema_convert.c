/* sema_convert: whether a value may go where another type is wanted, and what becomes of it on the way. */
#include "sema.h"

static Node *char_to_string(Sema *s, Node *n)
{
	char *p = arena_alloc(s->a, 2);
	p[0] = (char)n->i;
	n->op = N_STR;
	n->s = p;
	n->n = 1;
	n->type = type_chars(s, 1);
	return n;
}

static Node *mismatch(Sema *s, Node *n, Type *to, const char *what)
{
	const char *hint = "";
	if (n->type->kind == T_REAL && to->kind == T_INT)
		hint = "; use trunc or round";
	else if (n->type->kind == T_INT && to->kind == T_CHAR)
		hint = "; use chr";
	else if (type_ordinal(n->type) && to->kind == T_INT)
		hint = "; use ord";
	if (n->type->kind == T_VOID)
		diag_error(s->c, n->at, "this procedure gives no value");
	else if (type_str(s, n->type) == type_str(s, to))
		diag_error(s->c, n->at, "%s is of another type %s", what, type_str(s, to));
	else
		diag_error(s->c, n->at, "%s is of type %s, not %s%s", what, type_str(s, n->type), type_str(s, to), hint);
	return sema_poison(s, n);
}

/* A literal in an array of characters.  Free Pascal fills what is missing with chr(0) and cuts off what does not
 * fit; programs of the old days count on both, and so this does as well. */
static Node *refit(Sema *s, Node *n, const Type *to)
{
	char c = (char)n->i;
	const char *from = n->op == N_STR ? n->s : &c;
	u32 len = n->op == N_STR ? n->n : 1;
	char *p = arena_alloc(s->a, to->size + 1u);
	memcpy(p, from, MIN(len, to->size));
	while (len > to->size && from[len - 1] == ' ') /* nobody misses blanks */
		len--;
	if (len > to->size)
		diag_warning(s->c, n->at, "only the first %u of these %u characters fit", to->size, len);
	n->op = N_STR;
	n->s = p;
	n->n = to->size;
	n->type = type_chars(s, n->n);
	return n;
}

static bool fits_string(const Node *n, const Type *to)
{
	if (to->kind == T_STRING || to->kind == T_ANSI)
		return type_stringy(n->type);
	return type_is_chars(to) && n->op == N_STR && n->n == to->size;
}

Node *sema_convert(Sema *s, Node *n, Type *to, const char *what)
{
	Type *from = n->type;
	if (from->kind == T_POISON || to->kind == T_POISON)
		return n;
	if (type_is_chars(to) && type_stringy(from) && sema_iso_length(s, n, to, what))
		return sema_poison(s, n);
	if (n->op == N_INT && n->type->kind == T_CHAR && (to->kind == T_STRING || to->kind == T_ANSI || (type_is_chars(to) && to->size == 1)))
		return char_to_string(s, n);
	if (fits_string(n, to))
		return n;
	if (type_is_chars(to) && (n->op == N_STR || (n->op == N_INT && from->kind == T_CHAR)))
		return refit(s, n, to);
	if (to->kind == T_REAL && from->kind == T_INT) {
		if (n->op == N_INT) {
			n->r = (double)n->i;
			n->op = N_REAL;
			n->type = s->t_real;
		}
		return n;
	}
	if (to->kind == T_DYN && n->op == N_NIL) {
		n->type = to;
		return n;
	}
	if (to->kind == T_PROC && n->op == N_NIL) {
		n->type = to;
		return n;
	}
	if (from->kind == T_CLASS && to->kind == T_CLASS && !sema_derives(from, to))
		return mismatch(s, n, to, what);
	if (from->kind == T_RECORD && to->kind == T_RECORD && from != to) { /* an object of a derived type leaves its own fields behind */
		for (const Type *t = from->parent; t; t = t->parent)
			if (t == to)
				return n;
	}
	if (to->kind == T_PTR && to->base && to->base->kind == T_CHAR && (n->op == N_STR || (n->op == N_INT && from->kind == T_CHAR))) {
		if (n->op == N_INT)
			n = char_to_string(s, n);
		return sema_make(s, N_CONV, n, to, n);
	}
	if (from->kind == T_PTR && from->base && from->base->kind == T_CHAR && to->kind == T_ANSI)
		return sema_make(s, N_CONV, n, to, n);
	if (!type_same(s, from, to) || from->kind == T_VOID)
		return mismatch(s, n, to, what);
	if (n->op == N_INT && (n->i < to->lo || n->i > to->hi)) {
		if (to->kind == T_INT || to->kind == T_CHAR)
			diag_error(s->c, n->at, "the value %lld is outside %lld..%lld", (long long)n->i, (long long)to->lo, (long long)to->hi);
		else
			diag_error(s->c, n->at, "this value is outside the range of %s", type_str(s, to));
		return sema_poison(s, n);
	}
	return n;
}

/* A method with its object. */
static Node *method_value(Sema *s, Node *n, Node *base, Sym *f)
{
	bool alone = f->flags & NF_STATIC; /* it has no object, and is a routine like others */
	f->owner->as_value |= alone;
	f->owner->needs_link |= alone;
	n->op = N_PROCVAL;
	n->a = alone ? NULL : base;
	n->sym = f;
	n->type = f->type;
	if (base->type->kind == T_RECORD)
		sema_address(base);
	return n;
}

/* The method that n names, with its object in *base; null: it names none. */
static Sym *named_method(Sema *s, Node *n, Node **base)
{
	Sym *f = NULL;
	if (n->op == N_ID && !n->type) {
		f = sema_with_member(s, n, base);
	} else if (n->op == N_FIELD && !n->type && !sema_qualified(s, n)) {
		*base = n->a = sema_read(s, sema_designator(s, n->a, false));
		const Type *t = n->a->type->kind == T_CLASSREF ? n->a->type->base : n->a->type;
		f = t->kind == T_CLASS || t->kind == T_RECORD ? sema_field(t, n->name) : NULL;
	}
	return f && f->kind == S_PROC ? f : NULL;
}

/* A routine's name where a routine is wanted is the routine itself, not a call. */
static Node *proc_value(Sema *s, Node *n, Type *to)
{
	Node *id = n->op == N_ADDR ? n->a : n, *base = NULL;
	Sym *f = named_method(s, id, &base);
	if (f && !f->type->base == !to->base)
		return method_value(s, n, base, sema_overload_member(s, id, f->of, f));
	Sym *y = id->op == N_ID && !id->type && !base ? sema_lookup(s, id->name) : NULL;
	if (!y || y->kind != S_PROC) {
		if (y && y->kind == S_BUILTIN) {
			diag_error(s->c, n->at, "the predefined '%s' cannot be a parameter", diag_name(s->c, y->name));
			return sema_poison(s, n);
		}
		if (id->op == N_FIELD || id->op == N_INDEX || id->op == N_DEREF)
			return sema_read(s, sema_designator(s, id, false));
		return id->op == N_ID && ((y && y->kind == S_VAR) || base) ? sema_lvalue(s, id, false) : sema_expr(s, n);
	}
	y = sema_overload_for(y, s, to);
	y->owner->as_value = true;
	y->owner->needs_link = true;
	n->op = N_PROCVAL;
	n->a = NULL;
	n->sym = y;
	n->type = y->type;
	return n;
}

/* The elements of `array of const` keep their types: the generator makes records of them. */
bool sema_is_varrec(Sema *s, const Type *t)
{
	return t->kind == T_RECORD && t->name == ast_name(s->c, "tvarrec", 7);
}

/* [a, b, c] where an array is wanted: each element becomes one of its type. */
Node *sema_array_value(Sema *s, Node *n, Type *to)
{
	for (Node **p = &n->a; *p; p = &(*p)->next) {
		Node *next = (*p)->next;
		*p = sema_is_varrec(s, to->base) ? sema_expr(s, *p) : sema_expr_for(s, *p, to->base, "this element");
		(*p)->next = next;
	}
	n->op = N_AGG;
	n->type = to;
	return n;
}

Node *sema_expr_for(Sema *s, Node *n, Type *to, const char *what)
{
	if (to->kind == T_DYN && n->op == N_SET && !n->type)
		return sema_array_value(s, n, to);
	if (to->kind == T_PROC)
		return sema_convert(s, proc_value(s, n, to), to, what);
	return sema_convert(s, sema_expr(s, n), to, what);
}
