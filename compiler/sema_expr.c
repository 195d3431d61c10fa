/* sema_expr: operators, set constructors, literals; types of expressions. */
#include "sema.h"

/* The generator never sees one: what becomes poison was reported, or is reported here. */
Node *sema_poison(Sema *s, Node *n)
{
	if (!s->c->nerr)
		diag_error(s->c, n->at, "this has no meaning here");
	n->op = N_POISON;
	n->type = s->t_poison;
	return n;
}

Node *sema_int(Node *n, i64 v, Type *t)
{
	n->op = N_INT;
	n->i = v;
	n->type = t;
	return n;
}

Node *sema_make(Sema *s, NodeKind op, Node *at, Type *t, Node *a)
{
	Node *n = arena_alloc(s->a, sizeof *n);
	n->op = (u8)op;
	n->sw = at->sw;
	n->at = at->at;
	n->type = t;
	n->a = a;
	return n;
}

bool sema_is_const(const Node *n)
{
	return n->op == N_INT || n->op == N_REAL || n->op == N_STR || n->op == N_NIL;
}

/* Integer constants take the type that their value needs. */
Node *sema_int_const(Sema *s, Node *n, i64 v)
{
	return sema_int(n, v, v >= INT32_MIN && v <= INT32_MAX ? s->t_int : s->t_int64);
}

bool sema_const_int(Sema *s, Node **n, Type **type, i64 *v)
{
	*n = sema_expr(s, *n);
	*type = (*n)->type;
	*v = 0;
	if ((*n)->op == N_INT) {
		*v = (*n)->i;
		return true;
	}
	if ((*n)->type->kind != T_POISON)
		diag_error(s->c, (*n)->at, sema_is_const(*n) ? "this must be an integer, character or enumeration constant" : "this must be a constant");
	return false;
}

Node *sema_ordinal(Sema *s, Node *n, const char *what)
{
	n = sema_expr(s, n);
	if (n->type->kind == T_POISON || type_ordinal(n->type))
		return n;
	diag_error(s->c, n->at, "%s cannot be of type %s", what, type_str(s, n->type));
	return sema_poison(s, n);
}

/* ---- operators ---- */

static Node *bad_operands(Sema *s, Node *n)
{
	if (n->b && n->a->type->kind != T_POISON && n->b->type->kind != T_POISON)
		diag_error(s->c, n->at, "'%s' does not go with %s and %s", ast_node_name[n->op], type_str(s, n->a->type), type_str(s, n->b->type));
	else if (!n->b && n->a->type->kind != T_POISON)
		diag_error(s->c, n->at, "'%s' does not go with %s", ast_node_name[n->op], type_str(s, n->a->type));
	return sema_poison(s, n);
}

static bool numeric(const Type *t)
{
	return t->kind == T_INT || t->kind == T_REAL;
}

static Type *wider(Sema *s, const Type *a, const Type *b)
{
	return a->u64 || b->u64 ? s->t_qword : type_wide(a) || type_wide(b) ? s->t_int64 : s->t_int;
}

/* The set type that holds the elements of both. */
static Type *set_union(Sema *s, Type *a, Type *b)
{
	if (!a->base || !b->base)
		return a->base ? a : b;
	return type_set(s, type_host(s, a->base), MIN(a->lo, b->lo), MAX(a->hi, b->hi));
}

/* Between reals of 32 bits, integers and constants that lose nothing there, Free Pascal reckons in 32 bits. */
static Type *real_type(Sema *s, const Node *a, const Node *b)
{
	bool some = type_single(a->type) || type_single(b->type);
	const Node *n[2] = { a, b };
	for (u32 i = 0; i < 2; i++)
		some = some && (n[i]->type->kind == T_INT || type_single(n[i]->type) || (n[i]->op == N_REAL && (double)(float)n[i]->r == n[i]->r));
	return some ? s->t_single : s->t_real;
}

static Type *arith_type(Sema *s, Node *n)
{
	Type *a = n->a->type, *b = n->b->type;
	bool ints = a->kind == T_INT && b->kind == T_INT;
	switch (n->op) {
	case N_ADD:
		if (type_stringy(a) && type_stringy(b))
			return a->kind == T_ANSI || b->kind == T_ANSI || (n->sw & SW_LONG) ? s->t_ansi : s->t_string;
		/* fall through */
	case N_SUB:
		if (a->kind == T_PTR && b->kind == T_INT && (a->base || n->op == N_ADD || n->op == N_SUB))
			return a;
		if (n->op == N_SUB && a->kind == T_PTR && b->kind == T_PTR && type_same(s, a, b))
			return s->t_int;
		/* fall through */
	case N_MUL:
		if (a->kind == T_SET && type_same(s, a, b))
			return set_union(s, a, b);
		if (ints)
			return wider(s, a, b);
		return numeric(a) && numeric(b) ? real_type(s, n->a, n->b) : NULL;
	case N_RDIV:
		return numeric(a) && numeric(b) ? real_type(s, n->a, n->b) : NULL;
	case N_AND: case N_OR: case N_XOR:
		if (a->kind == T_BOOL && b->kind == T_BOOL)
			return s->t_bool;
		return ints ? wider(s, a, b) : NULL;
	case N_SHL: case N_SHR:
		return ints ? wider(s, a, a) : NULL;
	default:
		return ints ? wider(s, a, b) : NULL;
	}
}

static Node *arith(Sema *s, Node *n)
{
	if (n->a->type->kind == T_POISON || n->b->type->kind == T_POISON)
		return sema_poison(s, n);
	Type *t = arith_type(s, n);
	if (!t)
		return bad_operands(s, n);
	n->type = t;
	return sema_fold(s, n);
}

static bool comparable(Sema *s, Node *n)
{
	Type *a = n->a->type, *b = n->b->type;
	if (numeric(a) && numeric(b))
		return true;
	if (type_ordinal(a) || (type_ordinal(b) && !type_stringy(b)))
		if (type_same(s, a, b))
			return true;
	if (type_stringy(a) && type_stringy(b)) {
		/* strings of characters must be equally long, unless a Turbo string is involved */
		if (a->kind == T_STRING || b->kind == T_STRING || a->kind == T_ANSI || b->kind == T_ANSI || a->size == b->size)
			return true;
		return n->a->op == N_STR || n->b->op == N_STR;
	}
	if ((a->kind == T_PROC && n->b->op == N_NIL) || (b->kind == T_PROC && n->a->op == N_NIL))
		return n->op == N_EQ || n->op == N_NE;
	if ((a->kind == T_DYN && n->b->op == N_NIL) || (b->kind == T_DYN && n->a->op == N_NIL))
		return n->op == N_EQ || n->op == N_NE;
	if (!type_same(s, a, b))
		return false;
	if (a->kind == T_PTR && n->op != N_EQ && n->op != N_NE)
		return a->base && b->base;
	if (a->kind == T_PTR || a->kind >= T_ANSI || a->kind == T_PROC)
		return n->op == N_EQ || n->op == N_NE;
	return a->kind == T_SET && n->op != N_LT && n->op != N_GT;
}

static Node *relation(Sema *s, Node *n)
{
	if (n->a->type->kind == T_POISON || n->b->type->kind == T_POISON)
		return sema_poison(s, n);
	if (!comparable(s, n))
		return bad_operands(s, n);
	n->type = s->t_bool;
	return sema_fold(s, n);
}

static Node *membership(Sema *s, Node *n)
{
	Type *a = n->a->type, *b = n->b->type;
	if (a->kind == T_POISON || b->kind == T_POISON)
		return sema_poison(s, n);
	if (b->kind != T_SET || !type_ordinal(a) || (b->base && !type_same(s, a, b->base)))
		return bad_operands(s, n);
	n->type = s->t_bool;
	return n;
}

static Node *unary(Sema *s, Node *n)
{
	Type *t = n->a->type;
	if (t->kind == T_POISON)
		return sema_poison(s, n);
	if (n->op == N_NOT) {
		if (t->kind != T_BOOL && t->kind != T_INT)
			return bad_operands(s, n);
		n->type = t->kind == T_BOOL ? s->t_bool : type_host(s, t);
		if (n->a->op == N_INT)
			return t->kind == T_BOOL ? sema_int(n, !n->a->i, s->t_bool) : sema_int_const(s, n, ~n->a->i);
		return n;
	}
	if (!numeric(t))
		return bad_operands(s, n);
	n->type = type_host(s, t);
	if (n->a->op == N_INT && n->a->i != INT64_MIN)
		return sema_int_const(s, n, n->op == N_NEG ? -n->a->i : n->a->i);
	if (n->a->op == N_REAL) {
		n->r = n->op == N_NEG ? -n->a->r : n->a->r;
		n->op = N_REAL;
		return n;
	}
	return n->op == N_POS ? n->a : n;
}

/* ---- set constructors ---- */

static Node *set_element(Sema *s, Node *e, Type **base, i64 *hi)
{
	e = sema_ordinal(s, e, "an element of a set");
	if (e->type->kind == T_POISON)
		return e;
	if (!*base)
		*base = type_host(s, e->type);
	else if (!type_same(s, *base, e->type)) {
		diag_error(s->c, e->at, "this element is of type %s, the others of type %s", type_str(s, e->type), type_str(s, *base));
		return sema_poison(s, e);
	}
	i64 most = e->op == N_INT ? e->i : MIN(e->type->hi, 255);
	if (e->op == N_INT && (e->i < 0 || e->i > 255))
		diag_error(s->c, e->at, "the elements of a set must lie within 0..255");
	*hi = MAX(*hi, most);
	return e;
}

static Node *set(Sema *s, Node *n)
{
	Type *base = NULL;
	i64 hi = -1;
	bool bad = false;
	for (Node **p = &n->a; *p; p = &(*p)->next) {
		Node *next = (*p)->next;
		if ((*p)->op == N_RANGE) {
			(*p)->a = set_element(s, (*p)->a, &base, &hi);
			(*p)->b = set_element(s, (*p)->b, &base, &hi);
			bad = bad || (*p)->a->op == N_POISON || (*p)->b->op == N_POISON;
		} else {
			*p = set_element(s, *p, &base, &hi);
			bad = bad || (*p)->op == N_POISON;
		}
		(*p)->next = next;
	}
	if (bad)
		return sema_poison(s, n);
	n->type = base ? type_set(s, base, 0, base->kind == T_INT ? MIN(hi, 255) : MIN(base->hi, 255)) : s->t_emptyset;
	return n;
}

static Node *literal(Sema *s, Node *n)
{
	switch (n->op) {
	case N_INT:
		if (!n->type && n->i < 0) /* the scanner gives no sign: this has 64 bits */
			return sema_int(n, n->i, s->t_qword);
		return n->type ? n : sema_int_const(s, n, n->i);
	case N_REAL:
		n->type = s->t_real;
		return n;
	case N_NIL:
		n->type = s->t_nil;
		return n;
	}
	sema_iso_literal(s, n);
	if (n->n == 1)
		return sema_int(n, (u8)n->s[0], s->t_char);
	n->type = type_chars(s, n->n);
	return n;
}

/* a is b, a as b: b is a class. */
static Node *of_class(Sema *s, Node *n)
{
	n->a = sema_expr(s, n->a);
	n->b = sema_expr(s, n->b);
	if (n->a->type->kind == T_POISON || n->b->type->kind == T_POISON)
		return sema_poison(s, n);
	if (n->a->type->kind != T_CLASS || n->b->type->kind != T_CLASSREF)
		return bad_operands(s, n);
	n->type = n->op == N_IS ? s->t_bool : n->b->type->base;
	return n;
}

static bool is_arith(const Node *n)
{
	return n->op >= N_ADD && n->op <= N_SHR;
}

/* Operators.  a + b + c + ... leans to the left, as deep as it is long, so this goes down its left side in a loop
 * and back up; on the way `d` leads to the operator above. */
static Node *chain(Sema *s, Node *n)
{
	Node *up = NULL, *r;
	for (; is_arith(n) && !n->type; n = n->a) {
		n->d = up;
		up = n;
	}
	for (r = sema_expr(s, n); up; r = arith(s, n)) {
		n = up;
		up = n->d;
		n->d = NULL;
		n->a = r;
		n->b = sema_expr(s, n->b);
	}
	return r;
}

/* @ of a variable is an untyped pointer; of a routine it is only known where a routine is wanted. */
static Node *address_of(Sema *s, Node *n)
{
	Sym *y = n->a->op == N_ID && !n->a->type ? sema_lookup(s, n->a->name) : NULL;
	if (y && y->kind == S_PROC) {
		y->owner->as_value = true;
		y->owner->needs_link = true;
		n->op = N_PROCVAL; /* its number in the function table */
		n->a = NULL;
		n->sym = y;
		n->type = s->t_nil;
		return n;
	}
	n->a = sema_lvalue(s, n->a, false);
	if (n->a->type->kind == T_POISON)
		return sema_poison(s, n);
	if (n->a->op == N_DEREF && n->a->a->type->kind == T_TEXT) {
		diag_error(s->c, n->at, "the buffer variable of a text has no address");
		return sema_poison(s, n);
	}
	sema_address(n->a);
	n->type = s->t_nil;
	return n;
}

/* What is compared with nil: a procedural variable is not called then. */
static Node *uncalled(Sema *s, Node *n)
{
	if (n->type || (n->op != N_ID && n->op != N_FIELD && n->op != N_INDEX && n->op != N_DEREF))
		return sema_expr(s, n);
	Sym *y = n->op == N_ID ? n->name->sym : NULL;
	if (y && y->kind == S_PROC)
		return sema_expr(s, n);
	n = sema_read(s, sema_designator(s, n, true));
	return n->type->kind == T_PROC ? n : sema_expr(s, n);
}

static Node *expr(Sema *s, Node *n)
{
	switch (n->op) {
	case N_INT: case N_REAL: case N_STR: case N_NIL:
		return literal(s, n);
	case N_ID: case N_INDEX: case N_FIELD: case N_DEREF: case N_CALL:
		return sema_designator(s, n, false);
	case N_SET:
		return set(s, n);
	case N_NEG: case N_POS: case N_NOT:
		n->a = sema_expr(s, n->a);
		return unary(s, n);
	case N_ADD: case N_SUB: case N_MUL: case N_RDIV: case N_DIV: case N_MOD: case N_AND: case N_OR: case N_XOR:
	case N_SHL: case N_SHR:
		return chain(s, n);
	case N_EQ: case N_NE: case N_LT: case N_GT: case N_LE: case N_GE:
		n->a = n->b->op == N_NIL ? uncalled(s, n->a) : sema_expr(s, n->a);
		n->b = n->a->op == N_NIL ? uncalled(s, n->b) : sema_expr(s, n->b);
		return relation(s, n);
	case N_IN:
		n->a = sema_expr(s, n->a);
		n->b = sema_expr(s, n->b);
		return membership(s, n);
	case N_FMT:
		diag_error(s->c, n->at, "a field width is only allowed in write, writeln and str");
		return sema_poison(s, n);
	case N_ADDR:
		return address_of(s, n);
	case N_IS: case N_AS:
		return of_class(s, n);
	case N_INHERITED:
		return sema_designator(s, n, false);
	}
	return n->type ? n : sema_poison(s, n);
}

/* The value of an expression: a procedure call is none. */
Node *sema_expr(Sema *s, Node *n)
{
	n = sema_read(s, n->type ? n : expr(s, n));
	if (n->type->kind == T_VOID) {
		diag_error(s->c, n->at, "this procedure gives no value");
		return sema_poison(s, n);
	}
	return n;
}
