/* sema_call: calls of declared routines, and the predefined ones. */
#include "sema.h"

/* ---- declared routines ---- */

/* Whether an array of type `t` may stand for a conformant or open array. */
static bool conforms(Sema *s, const Type *t, const Type *to)
{
	while (to->conf) {
		if (t->kind != T_ARRAY || t->packed != to->packed || !type_same(s, t->index, to->index))
			if (t->kind != T_ARRAY || to->lo_sym)
				return false;
		if (!t->conf && to->lo_sym && (t->index->lo < to->index->lo || t->index->hi > to->index->hi))
			return false;
		t = t->base;
		to = to->base;
	}
	return t == to || (t->kind == T_INT && to->kind == T_INT && t->lo == to->lo && t->hi == to->hi)
		|| (type_is_chars(t) && type_is_chars(to) && t->size == to->size);
}

static Node *conf_arg(Sema *s, Node *n, const Sym *q)
{
	n = q->mode == MODE_VAR ? sema_lvalue(s, n, true) : n->op == N_STR || n->op == N_CALL ? sema_expr(s, n) : sema_lvalue(s, n, false);
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
		|| (t->kind == T_PTR && a->type->kind == T_PTR) || (t->kind == T_STRING && type_stringy(a->type));
	if (!ok) {
		diag_error(s->c, n->at, "a value of type %s cannot become one of type %s", type_str(s, a->type), type_str(s, t));
		return sema_poison(s, n);
	}
	if (a->op == N_INT && type_ordinal(t) && a->i >= t->lo && a->i <= t->hi)
		return sema_int(n, a->i, t);
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

/* ---- predefined routines: helpers ---- */

static u32 count(const Node *n)
{
	u32 k = 0;
	for (; n; n = n->next)
		k++;
	return k;
}

static bool want_args(Sema *s, Node *n, const Sym *f, u32 lo, u32 hi)
{
	u32 k = count(n->b);
	if (k >= lo && k <= hi)
		return true;
	if (lo == hi)
		diag_error(s->c, n->at, "'%s' takes %u argument%s, not %u", f->name->s, lo, lo == 1 ? "" : "s", k);
	else
		diag_error(s->c, n->at, "'%s' takes %u to %u arguments, not %u", f->name->s, lo, hi, k);
	return false;
}

static void bad_arg(Sema *s, Node *a, const Sym *f)
{
	if (a->type->kind != T_POISON)
		diag_error(s->c, a->at, "'%s' does not take a value of type %s", f->name->s, type_str(s, a->type));
	sema_poison(s, a);
}

/* Replaces the argument at *p, which stays in its list. */
static Node *put(Node **p, Node *a)
{
	Node *next = (*p)->next;
	*p = a;
	a->next = next;
	return a;
}

static Node *arg_expr(Sema *s, Node **p)
{
	return put(p, sema_expr(s, *p));
}

static Node *arg_for(Sema *s, Node **p, Type *t)
{
	return put(p, sema_expr_for(s, *p, t, "this argument"));
}

static Node *arg_var(Sema *s, Node **p, const Sym *f, bool (*ok)(const Type *))
{
	Node *a = put(p, sema_lvalue(s, *p, true));
	if (!ok(a->type))
		bad_arg(s, a, f);
	return a;
}

static bool is_int(const Type *t) { return t->kind == T_INT || t->kind == T_POISON; }
static bool is_pointer(const Type *t) { return t->kind == T_PTR || t->kind == T_POISON; }
static bool is_string(const Type *t) { return t->kind == T_STRING || t->kind == T_POISON; }
static bool is_text(const Type *t) { return t->kind == T_TEXT || t->kind == T_POISON; }
static bool is_file(const Type *t) { return t->kind == T_TEXT || t->kind == T_FILE || t->kind == T_POISON; }
static bool is_records(const Type *t) { return t->kind == T_FILE || t->kind == T_POISON; }
static bool is_set(const Type *t) { return t->kind == T_SET || t->kind == T_POISON; }
static bool is_array(const Type *t) { return t->kind == T_ARRAY || t->kind == T_POISON; }
static bool is_any(const Type *t) { (void)t; return true; }

/* ---- functions of one value ---- */

static Node *of_ordinal(Sema *s, Node *n, const Sym *f, Node *a)
{
	if (!type_ordinal(a->type)) {
		if (f->builtin == B_ORD && a->type->kind == T_PTR) {
			n->type = s->t_int;
			return n;
		}
		bad_arg(s, a, f);
		return sema_poison(s, n);
	}
	Type *host = type_host(s, a->type);
	i64 d = f->builtin == B_SUCC ? 1 : f->builtin == B_PRED ? -1 : 0;
	n->type = f->builtin == B_ORD ? (type_wide(a->type) ? s->t_int64 : s->t_int) : host;
	if (a->op != N_INT)
		return n;
	if ((d > 0 && a->i >= host->hi) || (d < 0 && a->i <= host->lo)) {
		diag_error(s->c, n->at, "there is no such value of type %s", type_str(s, host));
		return sema_poison(s, n);
	}
	return sema_int(n, a->i + d, n->type);
}

static Node *of_number(Sema *s, Node *n, const Sym *f, Node *a)
{
	if (!is_number(a->type)) {
		bad_arg(s, a, f);
		return sema_poison(s, n);
	}
	if (f->builtin == B_SQRT) {
		n->type = type_single(a->type) ? s->t_single : s->t_real;
		n->b = sema_convert(s, a, n->type, "this argument");
		return n;
	}
	if (f->builtin == B_TRUNC || f->builtin == B_ROUND) {
		n->type = s->t_int64;
		if (a->type->kind == T_INT)
			return a;
		if (a->op == N_REAL && a->r > -9e18 && a->r < 9e18) {
			double half = !(n->sw & SW_ISO) ? f64_nearest(a->r) : a->r < 0 ? a->r - 0.5 : a->r + 0.5; /* ISO: away from 0 */
			i64 v = (i64)(f->builtin == B_ROUND ? half : a->r);
			return sema_int(n, v, v >= INT32_MIN && v <= INT32_MAX ? s->t_int : s->t_int64);
		}
		return n;
	}
	n->type = type_host(s, a->type);
	if (a->op == N_INT && a->i > INT32_MIN && a->i <= INT32_MAX) {
		i64 v = f->builtin == B_ABS ? (a->i < 0 ? -a->i : a->i) : a->i * a->i;
		return sema_int(n, v, v <= INT32_MAX ? s->t_int : s->t_int64);
	}
	return n;
}

static Node *of_one(Sema *s, Node *n, const Sym *f)
{
	if (!want_args(s, n, f, 1, 1))
		return sema_poison(s, n);
	/* assigned(f) asks about f and does not call it */
	Sym *y = f->builtin == B_ASSIGNED && n->b->op == N_ID ? sema_lookup(s, n->b->name) : NULL;
	bool routine = y && y->kind == S_VAR && y->type->kind == T_PROC;
	Node *a = routine ? put(&n->b, sema_lvalue(s, n->b, false)) : arg_expr(s, &n->b);
	if (a->type->kind == T_POISON)
		return sema_poison(s, n);
	switch (f->builtin) {
	case B_ORD: case B_SUCC: case B_PRED:
		return of_ordinal(s, n, f, a);
	case B_ABS: case B_SQR: case B_SQRT: case B_TRUNC: case B_ROUND:
		return of_number(s, n, f, a);
	case B_ASSIGNED:
		n->type = s->t_bool;
		if (!is_pointer(a->type) && a->type->kind != T_PROC)
			bad_arg(s, a, f);
		return n;
	case B_LENGTH:
		n->type = s->t_int;
		if (a->type->conf)
			return n;
		if (a->type->kind == T_ARRAY && !type_stringy(a->type))
			return sema_int(n, a->type->index->hi - a->type->index->lo + 1, s->t_int);
		if (!type_stringy(a->type)) {
			bad_arg(s, a, f);
			return sema_poison(s, n);
		}
		return a->type->kind == T_STRING ? n : sema_int(n, a->type->size, s->t_int);
	}
	if (!is_int(a->type)) { /* chr odd hi lo */
		bad_arg(s, a, f);
		return sema_poison(s, n);
	}
	n->type = f->builtin == B_ODD ? s->t_bool : f->builtin == B_CHR ? s->t_char : s->t_int;
	if (a->op != N_INT)
		return n;
	if (f->builtin == B_CHR && (a->i < 0 || a->i > 255)) {
		diag_error(s->c, a->at, "there is no character with number %lld", (long long)a->i);
		return sema_poison(s, n);
	}
	i64 v = f->builtin == B_ODD ? a->i & 1 : f->builtin == B_HI ? (a->i >> 8) & 255 : f->builtin == B_LO ? a->i & 255 : a->i;
	return sema_int(n, v, n->type);
}

/* sizeof, low and high take a type or a variable. */
static Node *of_type(Sema *s, Node *n, const Sym *f)
{
	if (!want_args(s, n, f, 1, 1))
		return sema_poison(s, n);
	Sym *y = n->b->op == N_ID ? sema_lookup(s, n->b->name) : NULL;
	Type *t = y && y->kind == S_TYPE ? y->type : sema_lvalue(s, n->b, false)->type;
	if (t->kind == T_POISON)
		return sema_poison(s, n);
	if (t->conf && f->builtin != B_SIZEOF) { /* its bound is a parameter */
		Sym *bound = f->builtin == B_LOW ? t->lo_sym : t->hi_sym;
		if (!bound)
			return sema_int(n, 0, s->t_int);
		if (bound->owner != s->proc)
			bound->uplevel = true;
		n->op = N_VAR;
		n->sym = bound;
		n->type = bound->type;
		return n;
	}
	if (f->builtin == B_SIZEOF && t->conf) {
		diag_error(s->c, n->at, "the size of '%s' is known at run time only", type_str(s, t));
		return sema_poison(s, n);
	}
	if (f->builtin == B_SIZEOF)
		return sema_int(n, t->size, s->t_int);
	if (t->kind == T_ARRAY)
		t = t->index;
	if (t->kind == T_STRING)
		return sema_int(n, f->builtin == B_LOW ? 0 : t->hi, s->t_int);
	if (!type_ordinal(t)) {
		diag_error(s->c, n->at, "'%s' does not take the type %s", f->name->s, type_str(s, t));
		return sema_poison(s, n);
	}
	return sema_int(n, f->builtin == B_LOW ? t->lo : t->hi, type_host(s, t));
}

/* ---- text ---- */

/* Moves a leading file argument to n->a. */
static void take_file(Sema *s, Node *n)
{
	Node *f = n->b;
	n->a = NULL;
	if (!f || f->op == N_FMT || (f->op != N_ID && f->op != N_FIELD && f->op != N_INDEX && f->op != N_DEREF && f->op != N_CALL))
		return;
	f = put(&n->b, sema_expr(s, f));
	if (f->type->kind != T_TEXT && f->type->kind != T_FILE)
		return;
	n->a = f;
	n->b = f->next;
	f->next = NULL;
}

static bool writable(const Type *t)
{
	return type_ordinal(t) || t->kind == T_REAL || t->kind == T_POISON || type_stringy(t);
}

static void write_arg(Sema *s, Node **p, const Sym *f)
{
	Node *a = *p;
	if (a->op != N_FMT) {
		a = arg_expr(s, p);
		if (!writable(a->type))
			bad_arg(s, a, f);
		return;
	}
	a->a = sema_expr(s, a->a);
	a->type = a->a->type;
	if (!writable(a->type))
		bad_arg(s, a->a, f);
	a->b = sema_expr_for(s, a->b, s->t_int, "a field width");
	sema_iso_width(s, a->b);
	if (!a->c)
		return;
	a->c = sema_expr_for(s, a->c, s->t_int, "the number of decimals");
	sema_iso_width(s, a->c);
	if (a->type->kind != T_REAL && a->type->kind != T_POISON)
		diag_error(s->c, a->c->at, "only real numbers have decimals");
}

static void read_arg(Sema *s, Node **p, const Sym *f)
{
	Node *a = (*p)->type ? *p : put(p, sema_lvalue(s, *p, true));
	const Type *t = a->type;
	if (a->op != N_VAR && a->op != N_FIELD && a->op != N_INDEX && a->op != N_DEREF && t->kind != T_POISON)
		diag_error(s->c, a->at, "this is not a variable");
	else if (t->kind != T_INT && t->kind != T_REAL && t->kind != T_CHAR && t->kind != T_ENUM && t->kind != T_STRING && t->kind != T_POISON)
		bad_arg(s, a, f);
	else if (a->op == N_VAR && a->sym->counter)
		diag_error(s->c, a->at, "'%s' counts a 'for' statement and cannot be changed inside it", diag_name(s->c, a->sym->name));
}

/* read(f, v) of a file of components is v := f^; get(f), and write(f, x) is f^ := x; put(f).  Each argument becomes
 * the assignment, whose c is the f^ in it. */
static Node *component_io(Sema *s, Node *n, const Sym *f)
{
	bool wr = f->builtin == B_WRITE;
	Type *t = n->a->type->base;
	if (!t || (f->builtin != B_READ && !wr)) {
		diag_error(s->c, n->a->at, "'%s' does not take a value of type %s", f->name->s, type_str(s, n->a->type));
		return sema_poison(s, n);
	}
	for (Node **p = &n->b; *p; p = &(*p)->next) {
		Node *window = sema_make(s, N_DEREF, *p, t, n->a), *io = sema_make(s, N_ASSIGN, *p, s->t_void, NULL);
		io->c = window;
		io->next = (*p)->next;
		io->a = wr ? window : sema_lvalue(s, *p, true);
		if (wr)
			io->b = sema_expr_for(s, *p, t, "this value");
		else if (io->a->type->kind == T_POISON)
			io->b = sema_poison(s, window);
		else
			io->b = sema_convert(s, window, io->a->type, "what is read");
		*p = io;
	}
	return n;
}

static Node *text_io(Sema *s, Node *n, const Sym *f)
{
	bool wr = f->builtin == B_WRITE || f->builtin == B_WRITELN;
	take_file(s, n);
	n->type = s->t_void;
	if (!n->b && (f->builtin == B_READ || f->builtin == B_WRITE) && !n->a)
		diag_error(s->c, n->at, "'%s' needs an argument", f->name->s);
	if (n->a && n->a->type->kind == T_FILE)
		return component_io(s, n, f);
	for (Node **p = &n->b; *p; p = &(*p)->next)
		if (wr)
			write_arg(s, p, f);
		else
			read_arg(s, p, f);
	return n;
}

/* eof, eoln, page, get, put, flush: a file or none. */
static Node *text_state(Sema *s, Node *n, const Sym *f)
{
	if (!want_args(s, n, f, 0, 1))
		return sema_poison(s, n);
	if (n->b)
		arg_var(s, &n->b, f, f->builtin == B_EOF || f->builtin == B_GET || f->builtin == B_PUT ? is_file : is_text);
	n->a = n->b;
	n->b = NULL;
	n->type = f->builtin == B_EOF || f->builtin == B_EOLN ? s->t_bool : s->t_void;
	return n;
}

static Node *text_open(Sema *s, Node *n, const Sym *f)
{
	bool assign = f->builtin == B_ASSIGN;
	bool sized = (f->builtin == B_RESET || f->builtin == B_REWRITE) && n->b && n->b->next;
	if (!want_args(s, n, f, 1 + assign, 1 + assign + sized))
		return sema_poison(s, n);
	Node *a = arg_var(s, &n->b, f, sized ? is_records : f->builtin == B_APPEND ? is_text : is_file);
	if (sized) {
		arg_for(s, &a->next, s->t_int);
		if (a->type->kind == T_FILE && a->type->base)
			diag_error(s->c, a->next->at, "only a file without a type takes the size of its components");
	}
	if (a->op == N_VAR && a->sym->builtin)
		a->sym->address = true;
	if (assign)
		arg_for(s, &n->b->next, s->t_string);
	n->type = s->t_void;
	return n;
}

/* seek, filepos, filesize, truncate; blockread and blockwrite with f, a variable, a number and what became of it. */
static Node *component_file(Sema *s, Node *n, const Sym *f)
{
	bool block = f->builtin == B_BLOCKREAD || f->builtin == B_BLOCKWRITE;
	u32 want = block ? 3 : f->builtin == B_SEEK ? 2 : 1;
	if (!want_args(s, n, f, want, want + block))
		return sema_poison(s, n);
	Node *a = arg_var(s, &n->b, f, is_records);
	n->type = f->builtin == B_FILEPOS || f->builtin == B_FILESIZE ? s->t_int64 : s->t_void;
	if (f->builtin == B_SEEK)
		arg_for(s, &a->next, s->t_int64);
	if (!block)
		return n;
	if (a->type->kind == T_FILE && a->type->base)
		bad_arg(s, a, f);
	sema_address(f->builtin == B_BLOCKREAD ? arg_var(s, &n->b->next, f, is_any) : put(&n->b->next, sema_lvalue(s, n->b->next, false)));
	arg_for(s, &n->b->next->next, s->t_int);
	if (n->b->next->next->next)
		arg_var(s, &n->b->next->next->next, f, is_int);
	return n;
}

/* ---- strings ---- */

static Node *string_fn(Sema *s, Node *n, const Sym *f)
{
	Type *t = s->t_string;
	switch (f->builtin) {
	case B_CONCAT:
		if (!want_args(s, n, f, 1, 100))
			return sema_poison(s, n);
		for (Node **p = &n->b; *p; p = &(*p)->next)
			arg_for(s, p, t);
		n->type = t;
		return n;
	case B_COPY:
		if (!want_args(s, n, f, 3, 3))
			return sema_poison(s, n);
		arg_for(s, &n->b, t);
		arg_for(s, &n->b->next, s->t_int);
		arg_for(s, &n->b->next->next, s->t_int);
		n->type = t;
		return n;
	case B_POS:
		if (!want_args(s, n, f, 2, 2))
			return sema_poison(s, n);
		arg_for(s, &n->b, t);
		arg_for(s, &n->b->next, t);
		n->type = s->t_int;
		return n;
	case B_PARAMSTR:
		if (!want_args(s, n, f, 1, 1))
			return sema_poison(s, n);
		arg_for(s, &n->b, s->t_int);
		n->type = t;
		return n;
	}
	if (!want_args(s, n, f, 3, 3))
		return sema_poison(s, n);
	bool ins = f->builtin == B_INSERT;
	if (ins)
		arg_for(s, &n->b, t);
	arg_var(s, ins ? &n->b->next : &n->b, f, is_string);
	if (!ins)
		arg_for(s, &n->b->next, s->t_int);
	arg_for(s, &n->b->next->next, s->t_int);
	n->type = s->t_void;
	return n;
}

static Node *str_val(Sema *s, Node *n, const Sym *f)
{
	bool str = f->builtin == B_STR;
	if (!want_args(s, n, f, str ? 2 : 3, str ? 2 : 3))
		return sema_poison(s, n);
	n->type = s->t_void;
	if (str) {
		write_arg(s, &n->b, f);
		if (!is_number(n->b->type))
			bad_arg(s, n->b, f);
		arg_var(s, &n->b->next, f, is_string);
		return n;
	}
	arg_for(s, &n->b, s->t_string);
	arg_var(s, &n->b->next, f, is_number);
	arg_var(s, &n->b->next->next, f, is_int);
	return n;
}

/* ---- memory ---- */

static Node *new_dispose(Sema *s, Node *n, const Sym *f)
{
	if (!want_args(s, n, f, 1, 100))
		return sema_poison(s, n);
	Node *a = f->builtin == B_NEW ? arg_var(s, &n->b, f, is_pointer) : arg_expr(s, &n->b);
	if (!is_pointer(a->type) || (a->type->kind == T_PTR && !a->type->base))
		bad_arg(s, a, f);
	/* tag values choose a variant; every variant gets the memory of the largest one */
	for (Node **p = &n->b->next; *p; p = &(*p)->next)
		if (!sema_is_const(arg_expr(s, p)) && (*p)->type->kind != T_POISON)
			diag_error(s->c, (*p)->at, "this must be a constant");
	n->type = s->t_void;
	return n;
}

static Node *inc_dec(Sema *s, Node *n, const Sym *f)
{
	if (!want_args(s, n, f, 1, 2))
		return sema_poison(s, n);
	Node *a = put(&n->b, sema_lvalue(s, n->b, true));
	if (a->type->kind != T_POISON && !type_ordinal(a->type))
		bad_arg(s, a, f);
	if (a->next)
		arg_for(s, &a->next, type_wide(a->type) ? s->t_int64 : s->t_int);
	n->type = s->t_void;
	return n;
}

/* pack(a, i, z) and unpack(z, a, i). */
static Node *pack(Sema *s, Node *n, const Sym *f)
{
	if (!want_args(s, n, f, 3, 3))
		return sema_poison(s, n);
	bool p = f->builtin == B_PACK;
	Node **pa = p ? &n->b : &n->b->next, **pi = p ? &n->b->next : &n->b->next->next, **pz = p ? &n->b->next->next : &n->b;
	Node *a = arg_var(s, pa, f, is_array), *z = arg_var(s, pz, f, is_array);
	n->type = s->t_void;
	if (a->type->kind == T_POISON || z->type->kind == T_POISON)
		return sema_poison(s, n);
	arg_for(s, pi, a->type->index);
	if (!type_same(s, a->type->base, z->type->base) || a->type->packed || !z->type->packed) {
		diag_error(s->c, n->at, "'%s' needs an array and a packed array of one type of element", f->name->s);
		return sema_poison(s, n);
	}
	return n;
}

static Node *set_change(Sema *s, Node *n, const Sym *f)
{
	if (!want_args(s, n, f, 2, 2))
		return sema_poison(s, n);
	Node *a = arg_var(s, &n->b, f, is_set);
	n->type = s->t_void;
	if (a->type->kind == T_POISON)
		return sema_poison(s, n);
	arg_for(s, &a->next, a->type->base);
	return n;
}

/* fillchar(x, count, value), move(from, to, count): raw bytes of variables. */
static Node *raw_memory(Sema *s, Node *n, const Sym *f)
{
	if (!want_args(s, n, f, 3, 3))
		return sema_poison(s, n);
	bool fill = f->builtin == B_FILLCHAR;
	sema_address(fill ? arg_var(s, &n->b, f, is_any) : put(&n->b, sema_lvalue(s, n->b, false)));
	if (fill) {
		arg_for(s, &n->b->next, s->t_int);
		Node *v = arg_expr(s, &n->b->next->next);
		if (v->type->kind != T_POISON && !type_ordinal(v->type))
			bad_arg(s, v, f);
	} else {
		sema_address(arg_var(s, &n->b->next, f, is_any));
		arg_for(s, &n->b->next->next, s->t_int);
	}
	n->type = s->t_void;
	return n;
}

/* ---- control ---- */

static Node *leave(Sema *s, Node *n, const Sym *f)
{
	n->type = s->t_void;
	if (!want_args(s, n, f, 0, f->builtin == B_EXIT || f->builtin == B_HALT || f->builtin == B_RUNERROR))
		return sema_poison(s, n);
	if (f->builtin == B_EXIT && n->b) {
		if (!s->proc->result)
			diag_error(s->c, n->b->at, "only a function can exit with a value");
		else
			arg_for(s, &n->b, s->proc->result);
	} else if (n->b) {
		arg_for(s, &n->b, s->t_int);
	} else if ((f->builtin == B_BREAK || f->builtin == B_CONTINUE) && !s->loops) {
		diag_error(s->c, n->at, "'%s' is only allowed inside a loop", f->name->s);
	}
	return n;
}

Node *sema_builtin(Sema *s, Node *n, Sym *f, bool statement)
{
	n->op = N_BUILTIN;
	n->i = f->builtin;
	n->a = NULL;
	switch (f->builtin) {
	case B_READ: case B_READLN: case B_WRITE: case B_WRITELN:
		n = text_io(s, n, f);
		break;
	case B_EOF: case B_EOLN: case B_PAGE: case B_GET: case B_PUT: case B_FLUSH:
		n = text_state(s, n, f);
		break;
	case B_ASSIGN: case B_RESET: case B_REWRITE: case B_APPEND: case B_CLOSE:
		n = text_open(s, n, f);
		break;
	case B_SEEK: case B_FILEPOS: case B_FILESIZE: case B_TRUNCATE: case B_BLOCKREAD: case B_BLOCKWRITE:
		n = component_file(s, n, f);
		break;
	case B_CONCAT: case B_COPY: case B_POS: case B_PARAMSTR: case B_INSERT: case B_DELETE:
		n = string_fn(s, n, f);
		break;
	case B_STR: case B_VAL:
		n = str_val(s, n, f);
		break;
	case B_NEW: case B_DISPOSE:
		n = new_dispose(s, n, f);
		break;
	case B_INC: case B_DEC:
		n = inc_dec(s, n, f);
		break;
	case B_PACK: case B_UNPACK:
		n = pack(s, n, f);
		break;
	case B_INCLUDE: case B_EXCLUDE:
		n = set_change(s, n, f);
		break;
	case B_FILLCHAR: case B_MOVE:
		n = raw_memory(s, n, f);
		break;
	case B_EXIT: case B_BREAK: case B_CONTINUE: case B_HALT: case B_RUNERROR:
		n = leave(s, n, f);
		break;
	case B_SLEEPMS:
		n->type = s->t_void;
		if (want_args(s, n, f, 1, 1))
			arg_for(s, &n->b, s->t_int);
		else
			n = sema_poison(s, n);
		break;
	case B_SIZEOF: case B_LOW: case B_HIGH:
		n = of_type(s, n, f);
		break;
	case B_IORESULT: case B_PARAMCOUNT: case B_CLOCKMS: case B_UNIXTIME:
		n->type = f->builtin == B_CLOCKMS || f->builtin == B_UNIXTIME ? s->t_int64 : s->t_int;
		if (!want_args(s, n, f, 0, 0))
			n = sema_poison(s, n);
		break;
	case B_RESULT:
		diag_error(s->c, n->at, "'result' is only known inside a function");
		n = sema_poison(s, n);
		break;
	default:
		n = of_one(s, n, f);
	}
	if (statement && n->type->kind != T_VOID && n->type->kind != T_POISON)
		diag_error(s->c, n->at, "the value of '%s' is not used", f->name->s);
	return n;
}
