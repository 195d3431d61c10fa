/* sema_stmt: statements. */
#include "sema.h"

#include <stdlib.h>

static bool label_is(const Label *l, const Node *n)
{
	return n->sw & 128 ? l->name == n->name : !l->name && l->num == n->i;
}

/* The label that n names: in `only` if given, else the innermost one in sight. */
Label *sema_label(Sema *s, Node *n, Proc *only)
{
	for (Proc *p = only ? only : s->proc; p; p = only ? NULL : p->outer)
		for (Label *l = p->label; l; l = l->next)
			if (label_is(l, n))
				return l;
	return NULL;
}

static const char *label_str(Sema *s, const Node *n)
{
	return n->sw & 128 ? diag_name(s->c, n->name) : arena_printf(s->a, "%lld", (long long)n->i);
}

static void condition(Sema *s, Node **p, const char *what)
{
	*p = sema_expr(s, *p);
	if ((*p)->type->kind != T_BOOL && (*p)->type->kind != T_POISON)
		diag_error(s->c, (*p)->at, "the condition of '%s' is of type %s, not boolean", what, type_str(s, (*p)->type));
}

static void assign(Sema *s, Node *n)
{
	Node *to = sema_target(s, n->a);
	if (to->op == N_PROPERTYREF) {
		Node *next = n->next;
		*n = *sema_write(s, to, n->b);
		n->next = next;
		return;
	}
	n->a = to;
	Type *t = n->a->type;
	n->b = sema_expr_for(s, n->b, t, "this value");
	if (t->has_file)
		diag_error(s->c, n->at, "files cannot be assigned");
}

static void call(Sema *s, Node *n)
{
	Node *c = n->a;
	sema_qualified(s, c);
	if (c->op == N_ID || c->op == N_INHERITED) {
		c = sema_make(s, N_CALL, c, NULL, c);
	} else if (c->op != N_CALL) {
		c = sema_designator(s, c, false);
		if (c->op == N_CALL) /* a method without arguments */
			;
		else if (c->type->kind == T_PROC)
			c = sema_make(s, N_CALL, c, NULL, c);
		else if (c->type->kind != T_POISON)
			diag_error(s->c, n->at, "this is an expression, not a statement");
	}
	n->a = c->type ? c : sema_call(s, c, true);
}

/* Statements inside another one. */
static void inner(Sema *s, Node *list)
{
	Seq *up = s->seq, *seq = arena_alloc(s->a, sizeof *seq);
	seq->up = up;
	s->seq = seq;
	sema_stmts(s, list);
	s->seq = up;
}

/* ---- case ---- */

typedef struct Arm { i64 lo, hi; Node *at; } Arm;

static int by_lo(const void *a, const void *b)
{
	const Arm *x = a, *y = b;
	return x->lo != y->lo ? (x->lo < y->lo ? -1 : 1) : 0;
}

static bool case_label(Sema *s, Node **p, Type *t, i64 *v)
{
	Type *lt;
	Node *next = (*p)->next;
	bool ok = sema_const_int(s, p, &lt, v);
	(*p)->next = next;
	if (ok && t->kind != T_POISON && !type_same(s, lt, t)) {
		diag_error(s->c, (*p)->at, "this label is of type %s, the selector of type %s", type_str(s, lt), type_str(s, t));
		return false;
	}
	return ok;
}

/* case of a string: one comparison after the other, with the string in a variable of the compiler's own. */
static void string_case(Sema *s, Node *n)
{
	Name *name = sema_hidden_name(s, "case");
	Sym *y = sema_declare(s, S_VAR, name, n->at, n->a->type->kind == T_STRING ? s->t_string : s->t_ansi);
	Node *v = sema_make(s, N_VAR, n, y->type, NULL), *chain = n->i ? sema_make(s, N_BEGIN, n, NULL, n->c) : NULL, *arms[400], *last;
	v->sym = y;
	u32 k = 0;
	for (Node *a = n->b; a && k < COUNT(arms); a = a->next)
		arms[k++] = a;
	if (k == COUNT(arms))
		diag_error(s->c, n->at, "this 'case' of strings has too many arms");
	while (k--) {
		Node *test = NULL, *label, *next;
		for (label = arms[k]->a; label; label = next) {
			next = label->next;
			label->next = NULL;
			bool range = label->op == N_RANGE;
			Node *one = sema_make(s, range ? N_AND : N_EQ, label, NULL, v);
			one->b = label;
			if (range) {
				one->a = sema_make(s, N_GE, label, NULL, v);
				one->a->b = label->a;
				one->b = sema_make(s, N_LE, label, NULL, v);
				one->b->b = label->b;
			}
			Node *both = test ? sema_make(s, N_OR, label, NULL, test) : one;
			if (test)
				both->b = one;
			test = both;
		}
		last = sema_make(s, N_IF, arms[k], NULL, test);
		last->b = arms[k]->b;
		last->c = chain;
		chain = last;
	}
	Node *set = sema_make(s, N_ASSIGN, n, NULL, v);
	set->b = n->a;
	set->next = chain;
	n->op = N_BEGIN;
	n->a = set;
	sema_stmt(s, n);
}

static void case_stmt(Sema *s, Node *n)
{
	n->a = sema_expr(s, n->a);
	if ((n->a->type->kind == T_STRING || n->a->type->kind == T_ANSI) && !sema_iso_strict(s)) {
		string_case(s, n);
		return;
	}
	VEC(Arm) arm = { 0 };
	n->a = sema_ordinal(s, n->a, "the selector of 'case'");
	Type *t = n->a->type;
	for (Node *a = n->b; a; a = a->next) {
		for (Node **p = &a->a; *p; p = &(*p)->next) {
			Arm r = { .at = *p };
			if ((*p)->op == N_RANGE) {
				bool ok = case_label(s, &(*p)->a, t, &r.lo);
				if (!case_label(s, &(*p)->b, t, &r.hi) || !ok)
					continue;
				if (r.lo > r.hi)
					diag_error(s->c, (*p)->at, "the lower bound is above the upper one");
			} else {
				if (!case_label(s, p, t, &r.lo))
					continue;
				r.hi = r.lo;
				r.at = *p;
			}
			vec_push(&arm, r);
		}
		inner(s, a->b);
	}
	if (arm.n)
		qsort(arm.p, arm.n, sizeof *arm.p, by_lo);
	for (u32 i = 1; i < arm.n; i++)
		if (arm.p[i].lo <= arm.p[i - 1].hi) {
			bool swap = arm.p[i].at->at.pos < arm.p[i - 1].at->at.pos;
			diag_error(s->c, arm.p[i - swap].at->at, "this label is there already");
			diag_note(s->c, arm.p[i - !swap].at->at, "here");
		}
	vec_free(&arm);
	inner(s, n->c);
}

/* ---- loops ---- */

static void loop_body(Sema *s, Node *body)
{
	s->loops++;
	inner(s, body);
	s->loops--;
}

static void for_stmt(Sema *s, Node *n)
{
	n->a = sema_lvalue(s, n->a, true);
	Type *t = n->a->type;
	Sym *y = n->a->op == N_VAR ? n->a->sym : NULL;
	if (t->kind != T_POISON && (!y || !type_ordinal(t) || (y->param && y->mode != MODE_VALUE))) {
		diag_error(s->c, n->a->at, y && !type_ordinal(t) ? "the counter of 'for' cannot be of type %s" : "the counter of 'for' must be a simple variable", type_str(s, t));
		t = s->t_poison;
		y = NULL;
	}
	if (y)
		sema_iso_for(s, y, n->a->at);
	Type *host = type_host(s, t);
	n->b = sema_expr_for(s, n->b, host, "the first value");
	n->c = sema_expr_for(s, n->c, host, "the last value");
	bool was = y && y->counter;
	if (y)
		y->counter = true;
	loop_body(s, n->d);
	if (y)
		y->counter = was;
}

static void with_stmt(Sema *s, Node *n)
{
	With *up = s->with;
	for (Node **p = &n->a; *p; p = &(*p)->next) {
		Node *next = (*p)->next;
		*p = sema_read(s, sema_designator(s, *p, true));
		if ((*p)->type->kind != T_CLASS && (*p)->op != N_CALL)
			*p = sema_lvalue(s, *p, false);
		(*p)->next = next;
		if ((*p)->type->kind != T_RECORD && (*p)->type->kind != T_CLASS) {
			if ((*p)->type->kind != T_POISON)
				diag_error(s->c, (*p)->at, "'with' needs a record, not %s", type_str(s, (*p)->type));
			continue;
		}
		With *w = arena_alloc(s->a, sizeof *w);
		*w = (With){ .up = s->with, .record = *p, .type = (*p)->type };
		s->with = w;
		(*p) = sema_make(s, N_WITHREF, *p, (*p)->type, NULL);
		(*p)->with = w;
		(*p)->next = next;
	}
	inner(s, n->b);
	s->with = up;
}

/* ---- labels ---- */

static void goto_stmt(Sema *s, Node *n)
{
	Label *l = sema_label(s, n, NULL);
	if (!l) {
		diag_error(s->c, n->at, "the label %s is not declared", label_str(s, n));
		n->op = N_EMPTY;
		return;
	}
	l->used = true;
	Goto *j = arena_alloc(s->a, sizeof *j);
	*j = (Goto){ .next = l->gotos, .seq = s->seq, .proc = s->proc, .at = n->at };
	l->gotos = j;
	if (l->owner != s->proc)
		l->nonlocal = true;
	n->label = l;
}

static void labelled(Sema *s, Node *n)
{
	Label *l = sema_label(s, n, s->proc);
	if (!l)
		diag_error(s->c, n->at, "the label %s is not declared here", label_str(s, n));
	else if (l->defined)
		diag_error(s->c, n->at, "the label %s stands before two statements", label_str(s, n));
	else
		l->defined = true, l->seq = s->seq;
	n->label = l;
	sema_stmt(s, n->a);
}

void sema_stmts(Sema *s, Node *list)
{
	for (Node *n = list; n; n = n->next)
		sema_stmt(s, n);
}

void sema_stmt(Sema *s, Node *n)
{
	switch (n->op) {
	case N_ASSIGN: assign(s, n); break;
	case N_CALLST: call(s, n); break;
	case N_BEGIN: inner(s, n->a); break;
	case N_IF:
		condition(s, &n->a, "if");
		inner(s, n->b);
		if (n->c)
			inner(s, n->c);
		break;
	case N_CASE: case_stmt(s, n); break;
	case N_WHILE:
		condition(s, &n->a, "while");
		loop_body(s, n->b);
		break;
	case N_REPEAT:
		loop_body(s, n->a);
		condition(s, &n->b, "until");
		break;
	case N_FOR: for_stmt(s, n); break;
	case N_WITH: with_stmt(s, n); break;
	case N_FORIN: sema_forin(s, n); break;
	case N_TRY: sema_try(s, n); break;
	case N_RAISE: sema_raise(s, n); break;
	case N_GOTO: goto_stmt(s, n); break;
	case N_LABELLED: labelled(s, n); break;
	}
}
