/* sema_expr: names, variables, operators; types of expressions. */
#include "sema.h"

Node *sema_poison(Sema *s, Node *n)
{
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
static Node *int_const(Sema *s, Node *n, i64 v)
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
		if (p->sym == y && p->result_var)
			return p;
	return NULL;
}

Node *sema_result_var(Sema *s, Node *n, Proc *p)
{
	return use_var(s, n, p->result_var);
}

static Node *ident(Sema *s, Node *n, bool target)
{
	for (With *w = s->with; w; w = w->up) {
		Sym *f = sema_field(w->type, n->name);
		if (!f)
			continue;
		Node *r = sema_make(s, N_WITHREF, n, w->type, NULL);
		r->with = w;
		n->op = N_FIELD;
		n->a = r;
		n->sym = f;
		n->type = f->type;
		return n;
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
		diag_error(s->c, n->at, "'%s' is a type, not a value", diag_name(s->c, n->name));
	}
	return sema_poison(s, n);
}

/* ---- variables ---- */

static Node *designator(Sema *s, Node *n, bool target);

static Node *index_one(Sema *s, Node *n)
{
	Type *t = n->a->type;
	n->b = sema_expr(s, n->b);
	if (t->kind == T_POISON || n->b->type->kind == T_POISON)
		return sema_poison(s, n);
	if (t->kind != T_ARRAY && t->kind != T_STRING) {
		diag_error(s->c, n->a->at, "a value of type %s cannot be indexed", type_str(s, t));
		return sema_poison(s, n);
	}
	Type *it = t->kind == T_ARRAY ? t->index : s->t_int;
	i64 lo = t->kind == T_ARRAY ? it->lo : 0, hi = t->kind == T_ARRAY ? it->hi : t->hi;
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

/* a[i, j] is a[i][j]. */
static Node *index_all(Sema *s, Node *n, bool target)
{
	Node *k = n->b, *base = designator(s, n->a, target), *next;
	Node *outer_next = n->next;
	for (; k; k = next) {
		Node *x = k->next ? sema_make(s, N_INDEX, n, NULL, NULL) : n;
		next = k->next;
		k->next = NULL;
		x->a = base;
		x->b = k;
		base = index_one(s, x);
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

static Node *field(Sema *s, Node *n, bool target)
{
	if (sema_qualified(s, n))
		return ident(s, n, target);
	n->a = designator(s, n->a, target);
	const Type *t = n->a->type;
	if (t->kind == T_POISON)
		return sema_poison(s, n);
	if (t->kind != T_RECORD) {
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
	n->sym = f;
	n->type = f->type;
	return n;
}

static Node *deref(Sema *s, Node *n, bool target)
{
	n->a = designator(s, n->a, target);
	const Type *t = n->a->type;
	if (t->kind == T_POISON)
		return sema_poison(s, n);
	if (t->kind == T_TEXT || (t->kind == T_FILE && t->base)) {
		n->type = t->kind == T_TEXT ? s->t_char : t->base;
		return n;
	}
	if (t->kind != T_PTR || !t->base) {
		diag_error(s->c, n->a->at, "a value of type %s points to nothing", type_str(s, t));
		return sema_poison(s, n);
	}
	n->type = t->base;
	return n;
}

static Node *designator(Sema *s, Node *n, bool target)
{
	switch (n->op) {
	case N_ID: return ident(s, n, target);
	case N_INDEX: return index_all(s, n, target);
	case N_FIELD: return n->type ? n : field(s, n, target);
	case N_DEREF: return deref(s, n, target);
	case N_CALL: return sema_call(s, n, false);
	}
	return sema_expr(s, n);
}

/* The variable at the root of a designator, or null if memory is reached through a pointer or `with`. */
static Sym *root(const Node *n)
{
	while (n->op == N_INDEX || n->op == N_FIELD)
		n = n->a;
	return n->op == N_VAR ? n->sym : NULL;
}

static bool is_variable(const Node *n)
{
	while (n->op == N_INDEX || n->op == N_FIELD)
		n = n->a;
	return n->op == N_VAR || n->op == N_DEREF || n->op == N_WITHREF;
}

Node *sema_lvalue(Sema *s, Node *n, bool whole)
{
	Name *name = n->op == N_ID ? n->name : NULL;
	n = designator(s, n, true);
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
	if (whole && y && y->mode == MODE_CONST) {
		diag_error(s->c, n->at, "'%s' is a const parameter and cannot be changed", diag_name(s->c, y->name));
		return sema_poison(s, n);
	}
	if (whole && n->op == N_VAR && y->owner != s->proc && !y->threat.end)
		y->threat = n->at;
	if (whole && n->op == N_VAR && y->counter)
		diag_error(s->c, n->at, "'%s' counts a 'for' statement and cannot be changed inside it", diag_name(s->c, y->name));
	return n;
}

void sema_address(Node *n)
{
	if (n->op == N_VAR)
		n->sym->address = true;
}

/* ---- constants ---- */

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
	if (la + lb > 255)
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
	if (n->type->kind == T_STRING && n->op == N_ADD)
		return fold_text(s, n);
	if (n->op >= N_EQ && n->op <= N_GE && a->op == N_INT && b->op == N_INT)
		return sema_int(n, compare(n->op, (a->i > b->i) - (a->i < b->i)), s->t_bool);
	if (n->type->kind == T_REAL && a->op != N_STR)
		return fold_real(n);
	if (a->op != N_INT || b->op != N_INT)
		return n;
	if (n->type->kind == T_BOOL && n->op != N_IN)
		return fold_int(n, a->i, b->i, &r) ? sema_int(n, r, s->t_bool) : n;
	if (n->type->kind != T_INT)
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
	return int_const(s, n, r);
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
	if (v->type->kind != T_POISON && !sema_is_const(v)) {
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
			if (v->type->kind != T_POISON && !sema_is_const(v) && v->op != N_SET)
				diag_error(s->c, v->at, "this must be a constant");
			return v;
		}
	}
	n->type = t;
	Node **p = &n->a;
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

/* ---- conversion ---- */

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
	if (to->kind == T_STRING)
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
	if (n->op == N_INT && n->type->kind == T_CHAR && (to->kind == T_STRING || (type_is_chars(to) && to->size == 1)))
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

/* A routine's name where a routine is wanted is the routine itself, not a call. */
static Node *proc_value(Sema *s, Node *n, Type *to)
{
	Node *id = n->op == N_ADDR ? n->a : n;
	Sym *y = id->op == N_ID ? sema_lookup(s, id->name) : NULL;
	if (!y || y->kind != S_PROC) {
		if (y && y->kind == S_BUILTIN) {
			diag_error(s->c, n->at, "the predefined '%s' cannot be a parameter", diag_name(s->c, y->name));
			return sema_poison(s, n);
		}
		return id->op == N_ID && y && y->kind == S_VAR ? sema_lvalue(s, id, false) : sema_expr(s, n);
	}
	y->owner->as_value = true;
	y->owner->needs_link = true;
	n->op = N_PROCVAL;
	n->sym = y;
	n->type = y->type;
	return n;
}

Node *sema_expr_for(Sema *s, Node *n, Type *to, const char *what)
{
	if (to->kind == T_PROC)
		return sema_convert(s, proc_value(s, n, to), to, what);
	return sema_convert(s, sema_expr(s, n), to, what);
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
	return type_wide(a) || type_wide(b) ? s->t_int64 : s->t_int;
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
			return s->t_string;
		/* fall through */
	case N_SUB:
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
		if (a->kind == T_STRING || b->kind == T_STRING || a->size == b->size)
			return true;
		return n->a->op == N_STR || n->b->op == N_STR;
	}
	if (!type_same(s, a, b))
		return false;
	if (a->kind == T_PTR)
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
			return t->kind == T_BOOL ? sema_int(n, !n->a->i, s->t_bool) : int_const(s, n, ~n->a->i);
		return n;
	}
	if (!numeric(t))
		return bad_operands(s, n);
	n->type = type_host(s, t);
	if (n->a->op == N_INT && n->a->i != INT64_MIN)
		return int_const(s, n, n->op == N_NEG ? -n->a->i : n->a->i);
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
		return n->type ? n : int_const(s, n, n->i);
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
	Sym *y = n->a->op == N_ID ? sema_lookup(s, n->a->name) : NULL;
	if (y && y->kind == S_PROC) {
		diag_error(s->c, n->at, "'@' of a routine is only supported where a routine is wanted");
		return sema_poison(s, n);
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

static Node *expr(Sema *s, Node *n)
{
	switch (n->op) {
	case N_INT: case N_REAL: case N_STR: case N_NIL:
		return literal(s, n);
	case N_ID: case N_INDEX: case N_FIELD: case N_DEREF: case N_CALL:
		return designator(s, n, false);
	case N_SET:
		return set(s, n);
	case N_NEG: case N_POS: case N_NOT:
		n->a = sema_expr(s, n->a);
		return unary(s, n);
	case N_ADD: case N_SUB: case N_MUL: case N_RDIV: case N_DIV: case N_MOD: case N_AND: case N_OR: case N_XOR:
	case N_SHL: case N_SHR:
		return chain(s, n);
	case N_EQ: case N_NE: case N_LT: case N_GT: case N_LE: case N_GE:
		n->a = sema_expr(s, n->a);
		n->b = sema_expr(s, n->b);
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
	}
	return n->type ? n : sema_poison(s, n);
}

/* The value of an expression: a procedure call is none. */
Node *sema_expr(Sema *s, Node *n)
{
	n = n->type ? n : expr(s, n);
	if (n->type->kind == T_VOID) {
		diag_error(s->c, n->at, "this procedure gives no value");
		return sema_poison(s, n);
	}
	return n;
}
