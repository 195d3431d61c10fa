/* sema_builtin: the predefined routines, each of which has rules of its own. */
#include "sema.h"

/* ---- helpers ---- */

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

static bool is_number(const Type *t) { return t->kind == T_INT || t->kind == T_REAL || t->kind == T_POISON; }
static bool is_int(const Type *t) { return t->kind == T_INT || t->kind == T_POISON; }
static bool is_pointer(const Type *t) { return t->kind == T_PTR || t->kind == T_POISON; }
static bool is_string(const Type *t) { return t->kind == T_STRING || t->kind == T_ANSI || t->kind == T_POISON; }
static bool is_long(const Type *t) { return t->kind == T_ANSI || t->kind == T_DYN || t->kind == T_STRING || t->kind == T_POISON; }
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

/* assigned(f) asks about f and does not call it. */
static bool asks_about(Sema *s, const Node *a)
{
	Sym *y = a->op == N_ID ? sema_lookup(s, a->name) : NULL;
	return a->op == N_FIELD || a->op == N_INDEX || (a->op == N_ID && !(y && y->kind == S_PROC));
}

static Node *of_one(Sema *s, Node *n, const Sym *f)
{
	if (!want_args(s, n, f, 1, 1))
		return sema_poison(s, n);
	Node *a = f->builtin == B_ASSIGNED && asks_about(s, n->b) ? put(&n->b, sema_read(s, sema_designator(s, n->b, true))) : arg_expr(s, &n->b);
	if (a->type->kind == T_POISON)
		return sema_poison(s, n);
	switch (f->builtin) {
	case B_ORD: case B_SUCC: case B_PRED:
		return of_ordinal(s, n, f, a);
	case B_ABS: case B_SQR: case B_SQRT: case B_TRUNC: case B_ROUND:
		return of_number(s, n, f, a);
	case B_ASSIGNED:
		n->type = s->t_bool;
		if (!is_pointer(a->type) && a->type->kind != T_PROC && a->type->kind < T_ANSI)
			bad_arg(s, a, f);
		return n;
	case B_LENGTH:
		n->type = s->t_int;
		if (a->type->conf || type_counted(a->type))
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
	bool type = y && y->kind == S_TYPE;
	if (!type && n->b->op == N_STR)
		n->b = sema_expr(s, n->b);
	Type *t = type ? y->type : n->b->type ? n->b->type : (n->b = sema_designator(s, n->b, true))->type;
	if (t->kind == T_POISON)
		return sema_poison(s, n);
	if (!type && type_counted(t) && f->builtin != B_SIZEOF) { /* high(a) is length(a) - 1 */
		n->type = s->t_int;
		return f->builtin == B_LOW ? sema_int(n, t->kind == T_ANSI, s->t_int) : n;
	}
	if (f->builtin != B_SIZEOF && !type && t->kind == T_DYN)
		return n;
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
	else if (t->kind != T_INT && t->kind != T_REAL && t->kind != T_CHAR && t->kind != T_ENUM && !is_string(t))
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

static Node *arg_string(Sema *s, Node **p);

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
		arg_string(s, &n->b->next);
	n->type = s->t_void;
	return n;
}

/* erase(f), rename(f, name): of what was assigned to f. */
static Node *name_file(Sema *s, Node *n, const Sym *f)
{
	bool rename = f->builtin == B_RENAME;
	if (!want_args(s, n, f, 1 + rename, 1 + rename))
		return sema_poison(s, n);
	arg_var(s, &n->b, f, is_file);
	if (rename)
		arg_string(s, &n->b->next);
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

/* Of strings, the longer kind: what is made of a dynamic string is one, too. */
static Type *string_kind(Sema *s, const Node *n, const Node *a)
{
	return a->type->kind == T_ANSI || ((n->sw & SW_LONG) && a->type->kind != T_STRING) ? s->t_ansi : s->t_string;
}

/* An argument that is a string of any kind. */
static Node *arg_string(Sema *s, Node **p)
{
	Node *a = arg_expr(s, p);
	return put(p, sema_convert(s, a, a->type->kind == T_ANSI || (a->sw & SW_LONG) ? s->t_ansi : s->t_string, "this argument"));
}

static Node *concat(Sema *s, Node *n, const Sym *f)
{
	if (!want_args(s, n, f, 1, 100))
		return sema_poison(s, n);
	n->type = s->t_string;
	Node *first = arg_expr(s, &n->b);
	if (first->type->kind == T_DYN) {
		for (Node **p = &n->b->next; *p; p = &(*p)->next)
			arg_for(s, p, first->type);
		n->type = first->type;
		return n;
	}
	for (Node **p = &n->b; *p; p = &(*p)->next)
		if (string_kind(s, n, arg_string(s, p))->kind == T_ANSI)
			n->type = s->t_ansi;
	return n;
}

/* copy(s, i, n); of an array also without i and n. */
static Node *copy(Sema *s, Node *n, const Sym *f)
{
	if (!want_args(s, n, f, 1, 3))
		return sema_poison(s, n);
	Node *a = arg_expr(s, &n->b);
	if (a->type->kind == T_POISON)
		return sema_poison(s, n);
	if (a->type->kind != T_DYN) {
		arg_string(s, &n->b);
		if (!want_args(s, n, f, 2, 3))
			return sema_poison(s, n);
		n->type = string_kind(s, n, n->b);
	} else {
		n->type = a->type;
	}
	for (Node **p = &n->b->next; *p; p = &(*p)->next)
		arg_for(s, p, s->t_int);
	return n;
}

static Node *string_fn(Sema *s, Node *n, const Sym *f)
{
	switch (f->builtin) {
	case B_CONCAT: return concat(s, n, f);
	case B_COPY: return copy(s, n, f);
	case B_POS:
		if (!want_args(s, n, f, 2, 3))
			return sema_poison(s, n);
		arg_string(s, &n->b);
		arg_string(s, &n->b->next);
		if (n->b->next->next)
			arg_for(s, &n->b->next->next, s->t_int);
		n->type = s->t_int;
		return n;
	case B_PARAMSTR:
		if (!want_args(s, n, f, 1, 1))
			return sema_poison(s, n);
		arg_for(s, &n->b, s->t_int);
		n->type = s->t_string;
		return n;
	}
	if (!want_args(s, n, f, 3, 3))
		return sema_poison(s, n);
	bool ins = f->builtin == B_INSERT;
	Node **to = ins ? &n->b->next : &n->b, *a = put(to, sema_lvalue(s, *to, true));
	n->type = s->t_void;
	if (!is_long(a->type))
		bad_arg(s, a, f);
	if (ins && a->type->kind == T_DYN)
		arg_for(s, &n->b, a->type->base);
	else if (ins)
		arg_string(s, &n->b);
	if (!ins)
		arg_for(s, &n->b->next, s->t_int);
	arg_for(s, &n->b->next->next, s->t_int);
	return n;
}

/* setlength(a, n, m): of arrays of arrays, the inner ones too. */
static Node *set_length(Sema *s, Node *n, const Sym *f)
{
	if (!want_args(s, n, f, 2, 20))
		return sema_poison(s, n);
	Node *a = arg_var(s, &n->b, f, is_long);
	const Type *t = a->type;
	n->type = s->t_void;
	if (a->next && a->next->next)
		sema_address(a);
	for (Node **p = &n->b->next; *p; p = &(*p)->next) {
		arg_for(s, p, s->t_int);
		if (p != &n->b->next && t->kind != T_POISON && (t->kind != T_DYN || (t = t->base)->kind != T_DYN))
			diag_error(s->c, (*p)->at, "this array has fewer dimensions");
	}
	return n;
}

/* setstring(s, p, n) */
static Node *set_string(Sema *s, Node *n, const Sym *f)
{
	if (!want_args(s, n, f, 3, 3))
		return sema_poison(s, n);
	arg_var(s, &n->b, f, is_string);
	if (!is_pointer(arg_expr(s, &n->b->next)->type))
		bad_arg(s, n->b->next, f);
	arg_for(s, &n->b->next->next, s->t_int);
	n->type = s->t_void;
	return n;
}

/* uniquestring, initialize, finalize: a variable. */
static Node *of_variable(Sema *s, Node *n, const Sym *f)
{
	if (!want_args(s, n, f, 1, 1))
		return sema_poison(s, n);
	sema_address(arg_var(s, &n->b, f, f->builtin == B_UNIQUESTRING ? is_string : is_any));
	n->type = s->t_void;
	return n;
}

static Node *str_val(Sema *s, Node *n, const Sym *f)
{
	bool str = f->builtin == B_STR;
	if (!want_args(s, n, f, 2, str ? 2 : 3))
		return sema_poison(s, n);
	n->type = s->t_void;
	if (str) {
		write_arg(s, &n->b, f);
		if (!is_number(n->b->type))
			bad_arg(s, n->b, f);
		arg_var(s, &n->b->next, f, is_string);
		return n;
	}
	arg_string(s, &n->b);
	arg_var(s, &n->b->next, f, is_number);
	if (n->b->next->next)
		arg_var(s, &n->b->next->next, f, is_int);
	return n;
}

/* ---- memory ---- */

static Node *new_dispose(Sema *s, Node *n, const Sym *f);

/* p := new(type, init(...)): the same with a variable of the compiler's own. */
static Node *new_value(Sema *s, Node *n, Type *t)
{
	Name *name = sema_hidden_name(s, "new");
	Sym *y = sema_declare(s, S_VAR, name, n->at, t);
	Node *id = sema_make(s, N_VAR, n, t, NULL);
	id->sym = y;
	id->next = n->b->next;
	n->b = id;
	n = new_dispose(s, n, ast_name(s->c, "new", 3)->sym);
	if (n->type->kind == T_POISON)
		return n;
	Node *v = sema_make(s, N_VAR, n, t, NULL);
	v->sym = y;
	n->d = v;
	n->type = t;
	return n;
}

static Node *new_dispose(Sema *s, Node *n, const Sym *f)
{
	Sym *type = n->b && n->b->op == N_ID && !n->b->type ? sema_lookup(s, n->b->name) : NULL;
	if (f->builtin == B_NEW && type && type->kind == S_TYPE && type->type->kind == T_PTR && type->type->base)
		return new_value(s, n, type->type);
	if (!want_args(s, n, f, 1, 100))
		return sema_poison(s, n);
	Node *a = f->builtin == B_NEW ? arg_var(s, &n->b, f, is_pointer) : arg_expr(s, &n->b);
	if (!is_pointer(a->type) || (a->type->kind == T_PTR && !a->type->base))
		bad_arg(s, a, f);
	/* new(p, init(...)): a constructor or destructor of an object */
	const Type *t = a->type->kind == T_PTR ? a->type->base : NULL;
	Node *m = a->next, *name = m && m->op == N_CALL ? m->a : m;
	Sym *method = t && t->kind == T_RECORD && name && name->op == N_ID ? sema_field(t, name->name) : NULL;
	if (method && method->kind == S_PROC) {
		if (m->op != N_CALL)
			m = sema_make(s, N_CALL, m, NULL, NULL);
		m->next = a->next = NULL;
		n->c = sema_method_call(s, m, sema_make(s, N_DEREF, m, a->type->base, a), method);
		n->type = s->t_void;
		return n;
	}
	/* tag values choose a variant; every variant gets the memory of the largest one */
	for (Node **p = &n->b->next; *p; p = &(*p)->next)
		if (!sema_is_const(arg_expr(s, p)) && (*p)->type->kind != T_POISON)
			diag_error(s->c, (*p)->at, "this must be a constant");
	n->type = s->t_void;
	return n;
}

/* What the library's getmem and freemem are made of. */
static Node *block(Sema *s, Node *n, const Sym *f)
{
	bool get = f->builtin == B_GETBLOCK;
	if (!want_args(s, n, f, 2 - get, 2 - get))
		return sema_poison(s, n);
	arg_for(s, &n->b, get ? s->t_int : s->t_nil);
	if (!get)
		arg_for(s, &n->b->next, s->t_int);
	n->type = get ? s->t_nil : s->t_void;
	return n;
}

static Node *inc_dec(Sema *s, Node *n, const Sym *f)
{
	if (!want_args(s, n, f, 1, 2))
		return sema_poison(s, n);
	Node *a = put(&n->b, sema_lvalue(s, n->b, true));
	if (a->type->kind != T_POISON && !type_ordinal(a->type) && a->type->kind != T_PTR)
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
	case B_SETLENGTH:
		n = set_length(s, n, f);
		break;
	case B_SETSTRING:
		n = set_string(s, n, f);
		break;
	case B_UNIQUESTRING: case B_INITIALIZE: case B_FINALIZE:
		n = of_variable(s, n, f);
		break;
	case B_NEW: case B_DISPOSE:
		n = new_dispose(s, n, f);
		break;
	case B_GETBLOCK: case B_FREEBLOCK:
		n = block(s, n, f);
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
	case B_ADDR:
		if (!want_args(s, n, f, 1, 1)) {
			n = sema_poison(s, n);
			break;
		}
		n->op = N_ADDR;
		n->a = n->b;
		n->b = NULL;
		n = sema_expr(s, n);
		break;
	case B_ERASE: case B_RENAME:
		n = name_file(s, n, f);
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
