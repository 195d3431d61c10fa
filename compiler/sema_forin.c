/* sema_forin: `for x in c do`, which becomes a loop that the language has without it.
 *
 * An array or string is gone through by index, a set by the values that may be in it, a type by all of its values, and a class
 * by the enumerator that its GetEnumerator gives.  What is no plain variable is kept in one of the compiler's own first, so that
 * it is evaluated once. */
#include "sema.h"

static Node *id(Sema *s, Node *at, Name *name)
{
	Node *n = sema_make(s, N_ID, at, NULL, NULL);
	n->name = name;
	return n;
}

static Node *two(Sema *s, NodeKind op, Node *at, Node *a, Node *b)
{
	Node *n = sema_make(s, op, at, NULL, a);
	n->b = b;
	return n;
}

static Node *member(Sema *s, Node *at, Node *base, const char *name)
{
	Node *n = sema_make(s, N_FIELD, at, NULL, base);
	n->name = ast_name(s->c, name, (u32)strlen(name));
	return n;
}

static Node *call(Sema *s, Node *at, const char *name, Node *arg)
{
	return two(s, N_CALL, at, id(s, at, ast_name(s->c, name, (u32)strlen(name))), arg);
}

static Node *statements(Sema *s, Node *at, Node *first, Node *second)
{
	Node *n = sema_make(s, N_BEGIN, at, NULL, first);
	first->next = second;
	return n;
}

/* A variable of the compiler's own, in the routine. */
static Name *variable(Sema *s, Node *at, Type *t)
{
	Name *name = sema_hidden_name(s, "for");
	sema_declare(s, S_VAR, name, at->at, t);
	return name;
}

/* for i := from to last do body */
static Node *counting(Sema *s, Node *n, Name *i, Node *from, Node *last, Node *body)
{
	Node *loop = two(s, N_FOR, n, id(s, n, i), from);
	loop->c = last;
	loop->d = body;
	return loop;
}

/* x := c[i]; body */
static Node *by_index(Sema *s, Node *n, Name *c)
{
	Name *i = variable(s, n, s->t_int);
	Node *elem = two(s, N_INDEX, n, id(s, n, c), id(s, n, i));
	Node *body = statements(s, n, two(s, N_ASSIGN, n, n->a, elem), n->c);
	bool string = c->sym->type->kind == T_ANSI || c->sym->type->kind == T_STRING;
	Node *from = string ? sema_int(sema_make(s, N_INT, n, NULL, NULL), 1, s->t_int) : call(s, n, "low", id(s, n, c));
	return counting(s, n, i, from, string ? call(s, n, "length", id(s, n, c)) : call(s, n, "high", id(s, n, c)), body);
}

/* The index of an array need not be an integer, but counts in its own type. */
static Node *by_array_index(Sema *s, Node *n, Name *c, Type *index)
{
	Name *i = variable(s, n, type_host(s, index));
	Node *body = statements(s, n, two(s, N_ASSIGN, n, n->a, two(s, N_INDEX, n, id(s, n, c), id(s, n, i))), n->c);
	return counting(s, n, i, call(s, n, "low", id(s, n, c)), call(s, n, "high", id(s, n, c)), body);
}

/* if i in c then begin x := i; body end */
static Node *by_value(Sema *s, Node *n, Name *c, Type *t)
{
	Type *host = type_host(s, t->base);
	Name *i = variable(s, n, host);
	Node *then = statements(s, n, two(s, N_ASSIGN, n, n->a, id(s, n, i)), n->c);
	Node *test = two(s, N_IF, n, two(s, N_IN, n, id(s, n, i), id(s, n, c)), then);
	Node *lo = sema_int(sema_make(s, N_INT, n, NULL, NULL), MAX(t->lo, 0), host), *hi = sema_int(sema_make(s, N_INT, n, NULL, NULL), t->hi, host);
	return counting(s, n, i, lo, hi, test);
}

static Node *by_type(Sema *s, Node *n, Type *t)
{
	Name *i = variable(s, n, type_host(s, t));
	Node *body = statements(s, n, two(s, N_ASSIGN, n, n->a, id(s, n, i)), n->c);
	Node *lo = sema_int(sema_make(s, N_INT, n, NULL, NULL), t->lo, t), *hi = sema_int(sema_make(s, N_INT, n, NULL, NULL), t->hi, t);
	return counting(s, n, i, lo, hi, body);
}

/* e := c.GetEnumerator; try while e.MoveNext do begin x := e.Current; body end finally e.Free end */
static Node *by_enumerator(Sema *s, Node *n, Node *c)
{
	Node *get = sema_expr(s, member(s, n, c, "getenumerator"));
	if (get->type->kind == T_POISON)
		return get;
	Name *e = variable(s, n, get->type);
	Node *body = statements(s, n, two(s, N_ASSIGN, n, n->a, member(s, n, id(s, n, e), "current")), n->c);
	Node *more = member(s, n, id(s, n, e), "movenext");
	if (get->type->kind == T_CLASS) /* none is an empty one */
		more = two(s, N_AND, n, two(s, N_NE, n, id(s, n, e), sema_make(s, N_NIL, n, NULL, NULL)), more);
	Node *loop = two(s, N_WHILE, n, more, body);
	Node *set = two(s, N_ASSIGN, n, id(s, n, e), get);
	if (get->type->kind != T_CLASS)
		return statements(s, n, set, loop);
	Node *try = sema_make(s, N_TRY, n, NULL, loop);
	try->c = statements(s, n, sema_make(s, N_CALLST, n, NULL, member(s, n, id(s, n, e), "free")), NULL);
	return statements(s, n, set, try);
}

/* The collection as a variable. */
static Name *keep(Sema *s, Node *n, Node *c, Node **set)
{
	if (c->op == N_VAR && c->sym->name->sym == c->sym && c->type->kind != T_SET)
		return c->sym->name;
	Name *name = variable(s, n, c->type);
	*set = two(s, N_ASSIGN, n, id(s, n, name), c);
	return name;
}

void sema_forin(Sema *s, Node *n)
{
	Sym *y = n->b->op == N_ID ? sema_lookup(s, n->b->name) : NULL;
	Node *loop = NULL, *set = NULL;
	Name *c;
	if (y && y->kind == S_TYPE && type_ordinal(y->type)) {
		loop = by_type(s, n, y->type);
	} else {
		Node *in = sema_expr(s, n->b);
		switch (in->type->kind) {
		case T_POISON: break;
		case T_CLASS: case T_RECORD: loop = by_enumerator(s, n, in); break;
		case T_SET: c = keep(s, n, in, &set), loop = in->type->base ? by_value(s, n, c, in->type) : NULL; break;
		case T_ANSI: case T_STRING: case T_DYN: c = keep(s, n, in, &set), loop = by_index(s, n, c); break;
		case T_ARRAY: c = keep(s, n, in, &set), loop = by_array_index(s, n, c, in->type->index); break;
		default:
			diag_error(s->c, n->b->at, "'for' cannot go through a value of type %s", type_str(s, in->type));
		}
	}
	Node *next = n->next;
	if (set && loop)
		loop = statements(s, n, set, loop);
	if (!loop)
		*n = (Node){ .op = N_EMPTY, .at = n->at };
	else
		*n = *loop;
	n->next = next;
	sema_stmt(s, n);
}
