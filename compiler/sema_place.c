/* sema_place: names and variables -- what a designator stands for.
 *
 * A name may mean a variable, a constant, a call without arguments, or a field of a `with`; which of them is decided here,
 * and the node becomes what it means. */
#include "sema.h"

/* ---- names ---- */

static Node *use_var(Sema *s, Node *n, Sym *y)
{
	if (y->owner && y->owner != s->proc)
		y->uplevel = true;
	n->op = N_VAR;
	n->sym = y;
	n->type = y->type;
	return n;
}

/* The function p if its name stands inside its own body, where an assignment means the result. */
static Proc *own_function(Sema *s, const Sym *y)
{
	for (Proc *p = s->proc; p; p = p->outer)
		if (p->name == y->name && p->result_var && (p->sym == y || p->of == y->of))
			return p;
	return NULL;
}

Node *sema_result_var(Sema *s, Node *n, Proc *p)
{
	return use_var(s, n, p->result_var);
}

/* The member of a `with`, or of the method's own object, that the name n means here; *base becomes whose it is. */
Sym *sema_with_member(Sema *s, Node *n, Node **base)
{
	for (With *w = s->with; w; w = w->up) {
		Sym *f = sema_field(w->type, n->name);
		if (!f)
			continue;
		*base = sema_make(s, N_WITHREF, n, w->type, NULL);
		(*base)->with = w;
		return f;
	}
	Sym *f = sema_self_member(s, n->name);
	if (f)
		*base = sema_self(s, n);
	return f;
}

static Node *ident(Sema *s, Node *n, bool target)
{
	Node *base = NULL;
	Sym *f = sema_with_member(s, n, &base);
	if (f) {
		Proc *p = target && f->kind == S_PROC ? own_function(s, f) : NULL;
		return p ? use_var(s, n, p->result_var) : sema_of_member(s, n, base, f, target);
	}
	Sym *y = sema_resolve(s, n);
	switch (y->kind) {
	case S_CONST: {
		Node *next = n->next;
		Span at = n->at;
		*n = *y->value;
		n->next = next;
		n->at = at;
		return n;
	}
	case S_VAR:
		if (!target && y->type->kind == T_PROC) /* in an expression, a functional parameter is called */
			return sema_call(s, sema_make(s, N_CALL, n, NULL, n), false);
		return use_var(s, n, y);
	case S_PROC: {
		Proc *p = target ? own_function(s, y) : NULL;
		if (p)
			return use_var(s, n, p->result_var);
		return sema_call(s, sema_make(s, N_CALL, n, NULL, n), false);
	}
	case S_BUILTIN: {
		if (y->builtin == B_RESULT && s->proc->result_var)
			return use_var(s, n, s->proc->result_var);
		return sema_builtin(s, sema_make(s, N_CALL, n, NULL, n), y, false);
	}
	case S_TYPE:
		if (y->type->kind == T_CLASS)
			return sema_class_value(s, n, y->type);
		diag_error(s->c, n->at, "'%s' is a type, not a value", diag_name(s->c, n->name));
	}
	return sema_poison(s, n);
}

/* ---- variables ---- */

static Node *index_one(Sema *s, Node *n)
{
	Type *t = n->a->type;
	n->b = sema_expr(s, n->b);
	if (t->kind == T_POISON || n->b->type->kind == T_POISON)
		return sema_poison(s, n);
	bool pointer = t->kind == T_PTR && t->base && !sema_iso_strict(s);
	if (t->kind != T_ARRAY && t->kind != T_STRING && !type_counted(t) && !pointer) {
		diag_error(s->c, n->a->at, "a value of type %s cannot be indexed", type_str(s, t));
		return sema_poison(s, n);
	}
	Type *it = t->kind == T_ARRAY ? t->index : s->t_int;
	i64 lo = t->kind == T_ARRAY ? it->lo : pointer ? INT32_MIN : t->kind == T_ANSI, hi = t->kind == T_ARRAY ? it->hi : t->kind == T_STRING ? t->hi : INT32_MAX;
	if (!type_same(s, it, n->b->type)) {
		diag_error(s->c, n->b->at, "the index is of type %s, not %s", type_str(s, n->b->type), type_str(s, it));
		return sema_poison(s, n);
	}
	if (n->b->op == N_INT && (n->b->i < lo || n->b->i > hi)) {
		diag_error(s->c, n->b->at, "the index %lld is outside %lld..%lld", (long long)n->b->i, (long long)lo, (long long)hi);
		return sema_poison(s, n);
	}
	n->type = t->base;
	return n;
}

/* Takes what an array property needs from the list of indices. */
static Node *property_args(Node *base, Node *k)
{
	Node **end = &base->b;
	for (u32 i = 0; i < base->sym->prop->nparam && k; i++) {
		*end = k;
		end = &k->next;
		k = k->next;
	}
	*end = NULL;
	return k;
}

/* a[i, j] is a[i][j]; an array property takes several at once. */
static Node *index_all(Sema *s, Node *n, bool target)
{
	Node *k = n->b, *base = sema_designator(s, n->a, target), *next, *outer_next = n->next;
	while (k) {
		if (base->op == N_PROPERTYREF && base->sym->prop->nparam && !base->b) {
			k = property_args(base, k);
			if (!target || k)
				base = sema_read(s, base);
			continue;
		}
		base = sema_read(s, base);
		Node *x = k->next ? sema_make(s, N_INDEX, n, NULL, NULL) : n;
		if (base->type->kind == T_CLASS || base->type->kind == T_RECORD) {
			Node *p = sema_default_property(s, sema_make(s, N_INDEX, n, NULL, NULL), base);
			if (p) {
				base = p;
				continue;
			}
		}
		next = k->next;
		k->next = NULL;
		x->a = base;
		x->b = k;
		base = index_one(s, x);
		k = next;
	}
	base->next = outer_next;
	return base;
}

/* unit.name becomes a name of its own, which no identifier is. */
bool sema_qualified(Sema *s, Node *n)
{
	Sym *y = n->op == N_FIELD && !n->type && n->a->op == N_ID && !n->a->type ? sema_lookup(s, n->a->name) : NULL;
	if (!y || y->kind != S_UNIT)
		return false;
	n->name = ast_name(s->c, arena_printf(s->a, "%s.%s", n->a->name->s, n->name->s), n->a->name->len + n->name->len + 1);
	n->op = N_ID;
	n->a = NULL;
	return true;
}

Node *sema_record_name(Sema *s, Node *n)
{
	Sym *y = n->op == N_ID && !n->type && !sema_self_member(s, n->name) ? sema_lookup(s, n->name) : NULL;
	Type *t = y && y->kind == S_TYPE ? y->type : n->op == N_TSPECIAL && !n->type ? sema_special_type(s, n) : NULL;
	if (!t || t->kind != T_RECORD)
		return n;
	n->op = N_CLASSVAL;
	n->type = t;
	return n;
}

static Node *field(Sema *s, Node *n, bool target)
{
	if (sema_qualified(s, n))
		return ident(s, n, target);
	n->a = sema_record_name(s, n->a);
	n->a = sema_read(s, sema_designator(s, n->a, target && n->a->op != N_CALL));
	const Type *t = n->a->type;
	if (t->kind == T_POISON)
		return sema_poison(s, n);
	if (t->kind == T_CLASSREF)
		t = t->base;
	if (t->kind == T_PTR && t->base && t->base->kind == T_RECORD && (n->sw & SW_DELPHI)) /* Delphi leaves ^ out */
		t = (n->a = sema_make(s, N_DEREF, n->a, t->base, n->a))->type;
	if (t->kind != T_RECORD && t->kind != T_CLASS) {
		diag_error(s->c, n->a->at, "a value of type %s has no fields%s", type_str(s, t), t->kind == T_PTR && t->base && t->base->kind == T_RECORD ? "; '^' is missing" : "");
		return sema_poison(s, n);
	}
	Sym *f = sema_field(t, n->name);
	if (!f) {
		const char *like = sema_similar(s, n->name, t);
		Span at = { n->at.end - n->name->len, n->at.end };
		diag_error(s->c, at, like ? "there is no field '%s' in %s; did you mean '%s'?" : "there is no field '%s' in %s",
			diag_name(s->c, n->name), type_str(s, t), like);
		return sema_poison(s, n);
	}
	return sema_of_member(s, n, n->a, f, target);
}

static Node *deref(Sema *s, Node *n, bool target)
{
	n->a = sema_read(s, sema_designator(s, n->a, target));
	const Type *t = n->a->type;
	if (t->kind == T_POISON)
		return sema_poison(s, n);
	if (t->kind == T_TEXT || (t->kind == T_FILE && t->base)) {
		n->type = t->kind == T_TEXT ? s->t_char : t->base;
		return n;
	}
	if (t->kind == T_PTR && !t->base && n->a->op != N_NIL) { /* memory of no type: for parameters without one */
		n->type = s->t_untyped;
		return n;
	}
	if (t->kind != T_PTR || !t->base) {
		diag_error(s->c, n->a->at, "a value of type %s points to nothing", type_str(s, t));
		return sema_poison(s, n);
	}
	n->type = t->base;
	return n;
}

Node *sema_designator(Sema *s, Node *n, bool target)
{
	if (n->type)
		return n;
	switch (n->op) {
	case N_INHERITED: {
		Node *call = sema_make(s, N_CALL, n, NULL, n);
		return sema_inherited(s, call, n, false);
	}
	case N_TSPECIAL: {
		Type *t = sema_special_type(s, n);
		return t->kind == T_CLASS ? sema_class_value(s, n, t) : sema_poison(s, n);
	}
	case N_ID: return ident(s, n, target);
	case N_INDEX: return index_all(s, n, target);
	case N_FIELD: return n->type ? n : field(s, n, target);
	case N_DEREF: return deref(s, n, target);
	case N_CALL: return sema_call(s, n, false);
	}
	return sema_expr(s, n);
}

/* Whether n is a component of something that it points to: what holds the reference does not matter then. */
static bool through_reference(const Node *n)
{
	return (n->op == N_INDEX && (n->a->type->kind == T_DYN || n->a->type->kind == T_PTR)) || (n->op == N_FIELD && n->a->type->kind == T_CLASS);
}

/* The variable at the root of a designator, or null if memory is reached through a reference or `with`. */
static Sym *root(const Node *n)
{
	while ((n->op == N_INDEX || n->op == N_FIELD) && !through_reference(n))
		n = n->a;
	return n->op == N_VAR ? n->sym : NULL;
}

/* type(variable) is the variable as one of that type, if it has as many bytes. */
static bool is_cast_variable(const Node *n);

static bool is_variable(const Node *n)
{
	if (is_cast_variable(n))
		return true;
	while ((n->op == N_INDEX || n->op == N_FIELD) && !through_reference(n))
		n = n->a;
	return n->op == N_VAR || n->op == N_DEREF || n->op == N_WITHREF || n->op == N_INDEX || n->op == N_FIELD || is_cast_variable(n);
}

static bool is_cast_variable(const Node *n)
{
	return n->op == N_CONV && n->type->size <= n->a->type->size && n->type->kind != T_REAL && n->a->type->kind != T_REAL && is_variable(n->a);
}

/* s[i] will be written: the string must not be shared then. */
static void written(Node *n)
{
	for (; n->op == N_INDEX || n->op == N_FIELD; n = n->a)
		if (n->op == N_INDEX && n->a->type->kind == T_ANSI)
			n->flags |= NF_WRITTEN;
}

/* A variable, or a property that is left as it is. */
static Node *variable(Sema *s, Node *n, bool whole)
{
	Name *name = n->op == N_ID && !n->type ? n->name : NULL;
	n = sema_designator(s, n, true);
	if (n->op == N_PROPERTYREF && whole)
		return n;
	n = sema_read(s, n);
	if (n->type->kind == T_POISON)
		return n;
	if (!is_variable(n)) {
		if (name && sema_is_const(n))
			diag_error(s->c, n->at, "'%s' is a constant, not a variable", diag_name(s->c, name));
		else
			diag_error(s->c, n->at, "this is not a variable");
		return sema_poison(s, n);
	}
	Sym *y = root(n);
	if (whole && y && y->mode == MODE_CONST && y->param) {
		diag_error(s->c, n->at, "'%s' is a const parameter and cannot be changed", diag_name(s->c, y->name));
		return sema_poison(s, n);
	}
	for (Node *k = n; k->op == N_CONV || k->op == N_FIELD || k->op == N_INDEX; k = k->a)
		if (is_cast_variable(k) && k->type->kind != T_CLASS) {
			k->flags |= NF_WRITTEN;
			sema_address(k->a);
		}
	if (whole)
		written(n);
	if (whole && n->op == N_VAR && y->owner != s->proc && !y->threat.end)
		y->threat = n->at;
	if (whole && n->op == N_VAR && y->counter)
		diag_error(s->c, n->at, "'%s' counts a 'for' statement and cannot be changed inside it", diag_name(s->c, y->name));
	return n;
}

Node *sema_lvalue(Sema *s, Node *n, bool whole)
{
	return sema_read(s, variable(s, n, whole));
}

Node *sema_target(Sema *s, Node *n)
{
	return variable(s, n, true);
}

Node *sema_memory(Sema *s, Node *n)
{
	return n->op == N_STR ? sema_expr(s, n) : sema_lvalue(s, n, false);
}

void sema_address(Node *n)
{
	if (n->op == N_VAR)
		n->sym->address = true;
}
