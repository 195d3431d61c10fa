/* sema_const: constants -- folding operators, constant definitions, initial values. */
#include "sema.h"

/* ---- folding ---- */

static bool fold_int(Node *n, i64 a, i64 b, i64 *r)
{
	switch (n->op) {
	case N_ADD: return !__builtin_add_overflow(a, b, r);
	case N_SUB: return !__builtin_sub_overflow(a, b, r);
	case N_MUL: return !__builtin_mul_overflow(a, b, r);
	case N_DIV:
	case N_MOD:
		if (!b || (a == INT64_MIN && b == -1))
			return false;
		*r = n->op == N_DIV ? a / b : a % b;
		if (n->op == N_MOD && (n->sw & SW_ISO) && *r < 0)
			*r += b;
		return true;
	case N_AND: *r = a & b; return true;
	case N_OR: *r = a | b; return true;
	case N_XOR: *r = a ^ b; return true;
	case N_SHL: *r = (i64)((u64)a << (b & 63)); return true;
	case N_SHR: *r = (i64)((u64)a >> (b & 63)); return true;
	}
	return false;
}

static int compare(int op, int c)
{
	switch (op) {
	case N_EQ: return c == 0;
	case N_NE: return c != 0;
	case N_LT: return c < 0;
	case N_GT: return c > 0;
	case N_LE: return c <= 0;
	default: return c >= 0;
	}
}

static double real_of(const Node *n)
{
	return n->op == N_REAL ? n->r : (double)n->i;
}

static Node *fold_real(Node *n)
{
	double a = real_of(n->a), b = real_of(n->b), r;
	switch (n->op) {
	case N_ADD: r = a + b; break;
	case N_SUB: r = a - b; break;
	case N_MUL: r = a * b; break;
	case N_RDIV:
		if (b == 0)
			return n;
		r = a / b;
		break;
	default: return n;
	}
	if (r - r != 0)
		return n;
	n->op = N_REAL;
	n->r = r;
	return n;
}

static const char *text_of(const Node *n, u32 *len, char *buf)
{
	if (n->op == N_STR)
		return *len = n->n, n->s;
	*buf = (char)n->i;
	return *len = 1, buf;
}

static Node *fold_text(Sema *s, Node *n)
{
	char ca, cb;
	u32 la, lb;
	const char *a = text_of(n->a, &la, &ca), *b = text_of(n->b, &lb, &cb);
	if (la + lb > (n->type->kind == T_ANSI ? 1u << 20 : 255u))
		return n;
	char *p = arena_alloc(s->a, la + lb + 1);
	memcpy(p, a, la);
	memcpy(p + la, b, lb);
	n->op = N_STR;
	n->s = p;
	n->n = la + lb;
	n->type = type_chars(s, n->n);
	return n;
}

/* An operator whose operands are constants becomes a constant. */
Node *sema_fold(Sema *s, Node *n)
{
	Node *a = n->a, *b = n->b;
	i64 r = 0;
	if (!sema_is_const(a) || !sema_is_const(b) || a->op == N_NIL)
		return n;
	if ((n->type->kind == T_STRING || n->type->kind == T_ANSI) && n->op == N_ADD)
		return fold_text(s, n);
	if (n->op >= N_EQ && n->op <= N_GE && a->op == N_INT && b->op == N_INT && !a->type->u64 && !b->type->u64)
		return sema_int(n, compare(n->op, (a->i > b->i) - (a->i < b->i)), s->t_bool);
	if (n->type->kind == T_REAL && a->op != N_STR)
		return fold_real(n);
	if (a->op != N_INT || b->op != N_INT)
		return n;
	if (n->type->kind == T_BOOL && n->op != N_IN)
		return fold_int(n, a->i, b->i, &r) ? sema_int(n, r, s->t_bool) : n;
	if (n->type->kind != T_INT || n->type->u64)
		return n;
	bool iso_mod = n->op == N_MOD && (n->sw & SW_ISO);
	if (((n->op == N_DIV || n->op == N_MOD) && b->i == 0) || (iso_mod && b->i < 0)) {
		diag_error(s->c, n->at, b->i ? "the right operand of 'mod' must be above 0" : "division by zero");
		return sema_poison(s, n);
	}
	if (!fold_int(n, a->i, b->i, &r)) {
		diag_error(s->c, n->at, "this constant is too large");
		return sema_poison(s, n);
	}
	return sema_int_const(s, n, r);
}

/* ---- definitions and initial values ---- */

/* Whether n's value is known before the program begins, though it is no constant of the language: sets, addresses of
 * variables that stay where they are, routines and classes. */
static bool is_static(const Node *n)
{
	switch (n->op) {
	case N_SET:
		for (const Node *e = n->a; e; e = e->next)
			if (e->op == N_RANGE ? e->a->op != N_INT || e->b->op != N_INT : e->op != N_INT)
				return false;
		return true;
	case N_ADD: case N_SUB: case N_MUL: return n->type->kind == T_SET && is_static(n->a) && is_static(n->b);
	case N_CONV: return (n->type->size == 4 || n->type->kind == T_SET) && (is_static(n->a) || n->a->op == N_STR || n->a->op == N_INT || n->a->op == N_NIL);
	case N_PROCVAL: return !n->a;
	case N_CLASSVAL: return true;
	case N_ADDR: n = n->a; break;
	default: return false;
	}
	for (; n->op == N_FIELD || n->op == N_INDEX; n = n->a)
		if (n->a->type->kind == T_CLASS || (n->op == N_INDEX && (n->a->type->kind != T_ARRAY || n->b->op != N_INT)))
			return false;
	return n->op == N_VAR && n->sym->level <= 1;
}

void sema_constdef(Sema *s, Node *n)
{
	Name *name = n->name;
	if (n->b) { /* a typed constant: an initialised variable */
		Type *t = sema_type(s, n->b);
		Node *init = sema_init(s, n->a, t);
		Sym *y = sema_declare(s, S_VAR, name, n->at, t);
		y->value = init;
		y->address = y->uplevel = true;
		y->owner = s->main;
		return;
	}
	Node *v = sema_expr(s, n->a);
	bool set = v->type->kind == T_SET && is_static(v);
	if (v->type->kind != T_POISON && !sema_is_const(v) && !set) {
		diag_error(s->c, v->at, "this must be a constant");
		v = sema_poison(s, v);
	}
	Sym *y = sema_declare(s, v->op == N_POISON ? S_POISON : S_CONST, name, n->at, v->type);
	y->value = v;
}

/* The initial value of a variable: its shape is checked against the type. */
Node *sema_init(Sema *s, Node *n, Type *t)
{
	if (t->kind == T_POISON)
		return NULL;
	if (n->op == N_STR && n->n > 1 && t->kind == T_ARRAY && t->base->kind == T_CHAR && n->n <= t->size) {
		n->type = t; /* characters of an array that is no string */
		return n;
	}
	if (n->op != N_AGG) {
		if (t->kind == T_ARRAY && !type_is_chars(t)) { /* (x) for an array of one element */
			Node *agg = sema_make(s, N_AGG, n, t, n);
			n = agg;
		} else {
			Node *v = sema_expr_for(s, n, t, "this value");
			if (v->type->kind != T_POISON && !sema_is_const(v) && !is_static(v))
				diag_error(s->c, v->at, "this must be a constant");
			return v;
		}
	}
	n->type = t;
	Node **p = &n->a;
	if (t->kind == T_DYN) {
		diag_error(s->c, n->at, "a dynamic array cannot have an initial value");
		return NULL;
	}
	if (t->kind == T_ARRAY) {
		i64 want = t->index->hi - t->index->lo + 1, got = 0;
		for (; *p; p = &(*p)->next, got++) {
			Node *next = (*p)->next;
			if (!(*p = sema_init(s, *p, t->base)))
				return NULL;
			(*p)->next = next;
		}
		if (got != want)
			diag_error(s->c, n->at, "this array has %lld elements, not %lld", (long long)want, (long long)got);
		return n;
	}
	for (; t->kind == T_RECORD && *p && (*p)->op == N_FIELDINIT; p = &(*p)->next) {
		Sym *f = sema_field(t, (*p)->name);
		if (!f) {
			diag_error(s->c, (*p)->at, "there is no field '%s' in %s", diag_name(s->c, (*p)->name), type_str(s, t));
			return NULL;
		}
		(*p)->a = sema_init(s, (*p)->a, f->type);
		(*p)->sym = f;
	}
	if (*p || t->kind != T_RECORD)
		diag_error(s->c, n->at, "this does not describe a value of type %s", type_str(s, t));
	return n;
}
