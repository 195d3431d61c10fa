/* sema_try: exceptions -- try, except, finally, raise. */
#include "sema.h"

/* The routine of the library that ends a program whose exception nobody handles. */
static void use_exceptions(Sema *s)
{
	s->exceptions = true;
	if (!s->unhandled)
		s->unhandled = sema_lookup(s, ast_name(s->c, "unhandled_exception", 19));
}

/* A name that no program has, for a variable that the compiler makes. */
Name *sema_hidden_name(Sema *s, const char *what)
{
	const char *name = arena_printf(s->a, "%s %u", what, s->nhidden++);
	return ast_name(s->c, name, (u32)strlen(name));
}

static void inner(Sema *s, Node *list)
{
	Node block = { .op = N_BEGIN, .a = list };
	sema_stmt(s, &block);
}

/* on E: T do ...: E is known in the statement only, so it takes another name when that has been analysed. */
static void handler(Sema *s, Node *n)
{
	Type *t = sema_type(s, n->a);
	Name *name = n->name;
	if (t->kind != T_CLASS && t->kind != T_POISON) {
		diag_error(s->c, n->a->at, "'on' needs a class, not %s", type_str(s, t));
		t = s->t_poison;
	}
	n->a->type = t;
	n->sym = NULL;
	if (!name) {
		inner(s, n->b);
		return;
	}
	Sym *y = sema_declare(s, S_VAR, sema_hidden_name(s, "on"), n->at, t);
	Name *own = y->name;
	Sym *outer = name->sym;
	y->outer = outer;
	y->name = name;
	name->sym = y;
	n->sym = y;
	inner(s, n->b);
	name->sym = outer;
	y->name = own;
	y->outer = NULL;
}

void sema_try(Sema *s, Node *n)
{
	use_exceptions(s);
	s->proc->tries = true;
	inner(s, n->a);
	s->handlers += n->i > 0;
	for (Node *h = n->b; h; h = h->next)
		handler(s, h);
	if (n->c)
		inner(s, n->c);
	s->handlers -= n->i > 0;
}

void sema_raise(Sema *s, Node *n)
{
	use_exceptions(s);
	if (!n->a) {
		if (!s->handlers)
			diag_error(s->c, n->at, "'raise' needs an object outside of 'except'");
		return;
	}
	n->a = sema_expr(s, n->a);
	if (n->a->type->kind != T_CLASS && n->a->type->kind != T_POISON)
		diag_error(s->c, n->a->at, "only an object of a class can be raised, not %s", type_str(s, n->a->type));
}
