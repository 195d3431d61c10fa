/* sema_type: from type denoters to types. */
#include "sema.h"

/* Types of other Pascals that this one has not: worth more than "unknown name". */
static bool foreign_type(Sema *s, const Node *n)
{
	static const struct { const char *name, *instead; } types[] = {
		{ "comp", "; use int64" }, { "currency", "" },
		{ "widestring", "; use ansistring" }, { "unicodestring", "; use ansistring" }, { "variant", "" },
	};
	for (u32 i = 0; i < COUNT(types); i++)
		if (!strcmp(n->name->s, types[i].name)) {
			diag_error(s->c, n->at, "the type '%s' is not supported%s", types[i].name, types[i].instead);
			sema_declare(s, S_POISON, n->name, n->at, s->t_poison);
			return true;
		}
	return false;
}

/* A type that the class declares which is being declared, or whose method is analysed. */
static Type *member_type(Sema *s, Name *n)
{
	Sym *f = s->defining ? sema_field(s->defining, n) : NULL;
	if (!f || f->kind != S_TYPE)
		f = sema_self_member(s, n);
	return f && f->kind == S_TYPE ? f->type : NULL;
}

static Type *named_type(Sema *s, Node *n)
{
	Type *own = member_type(s, n->name);
	if (own)
		return own;
	if (!n->name->sym && foreign_type(s, n))
		return s->t_poison;
	Sym *y = sema_resolve(s, n);
	if (y->kind == S_TYPE || y->kind == S_POISON) /* {$H+}: `string` without a length is dynamic */
		return y->type == s->t_string && (n->sw & SW_LONG) && n->op == N_TNAME && !strcmp(n->name->s, "string") ? s->t_ansi : y->type;
	diag_error(s->c, n->at, "'%s' is not a type", diag_name(s->c, n->name));
	if (y->user)
		diag_note(s->c, y->at, "declared here");
	return s->t_poison;
}

static Type *string_type(Sema *s, Node *n)
{
	Type *t = named_type(s, n), *lt;
	i64 len = 255;
	if (t != s->t_string) {
		if (t->kind != T_POISON)
			diag_error(s->c, n->at, "only 'string' takes a length here");
		return s->t_poison;
	}
	if (sema_const_int(s, &n->a, &lt, &len) && (len < 1 || len > 255)) {
		diag_error(s->c, n->a->at, "a string's length is from 1 to 255");
		len = 255;
	}
	return type_string(s, (u32)len);
}

static Type *range_type(Sema *s, Node *n)
{
	Type *a, *b;
	i64 lo, hi;
	bool ok = sema_const_int(s, &n->a, &a, &lo);
	if (!sema_const_int(s, &n->b, &b, &hi) || !ok)
		return s->t_poison;
	if (!type_same(s, a, b)) {
		diag_error(s->c, n->at, "the bounds are of different types, %s and %s", type_str(s, a), type_str(s, b));
		return s->t_poison;
	}
	if (lo > hi) {
		diag_error(s->c, n->at, "the lower bound is above the upper one");
		return s->t_poison;
	}
	return type_range(s, type_host(s, a), lo, hi);
}

static Type *enum_type(Sema *s, Node *n)
{
	Type *t = type_new(s, T_ENUM, 1, 1);
	Sym **end = &t->list;
	for (Node *id = n->a; id; id = id->next) {
		Sym *y = sema_declare(s, S_CONST, id->name, id->at, t);
		Type *vt;
		i64 v;
		if (id->a && sema_const_int(s, &id->a, &vt, &v)) {
			if (v < t->hi || v > 65535)
				diag_error(s->c, id->a->at, "the values of an enumeration ascend, up to 65535");
			else
				t->hi = v;
		}
		y->value = sema_int(arena_alloc(s->a, sizeof(Node)), t->hi++, t);
		y->value->at = id->at;
		*end = y;
		end = &y->next_value;
	}
	t->hi--;
	if (t->hi > 65535)
		diag_error(s->c, n->at, "an enumeration has at most 65536 values");
	if (t->hi > 255)
		t->size = t->align = 2;
	return t;
}

static Type *array_type(Sema *s, Node *n)
{
	Type *index[64];
	u32 k = 0;
	for (Node *i = n->a; ; i = i->next)
		if (!i || i->op == N_TCONF) {
			if (i)
				diag_error(s->c, n->at, "only a parameter can be a conformant array");
			if (i)
				return s->t_poison;
			break;
		}
	for (Node *i = n->a; i; i = i->next) {
		Type *t = sema_type(s, i);
		if (k == COUNT(index)) {
			diag_error(s->c, i->at, "too many dimensions");
			break;
		}
		if (t->kind != T_POISON && !type_ordinal(t)) {
			diag_error(s->c, i->at, "an index cannot be of type %s", type_str(s, t));
			t = s->t_poison;
		} else if (type_ordinal(t) && (t->lo < INT32_MIN || t->hi > INT32_MAX || (u64)(t->hi - t->lo) >= 1u << 30)) {
			diag_error(s->c, i->at, "this array is too large (the limit is 1 GiB)");
			t = s->t_poison;
		}
		index[k++] = t;
	}
	Type *t = sema_type(s, n->b);
	if (!n->a)
		return t->kind == T_POISON ? t : type_dyn(s, t);
	for (bool bad = t->kind == T_POISON; k--;) {
		bad = bad || index[k]->kind == T_POISON;
		t = bad ? s->t_poison : type_array(s, index[k], t, n->i, n->at);
	}
	return t;
}

/* ---- sets, pointers, routines ---- */

static Type *set_type(Sema *s, Node *n)
{
	Type *t = sema_type(s, n->a);
	if (t->kind == T_POISON)
		return t;
	if (!type_ordinal(t)) {
		diag_error(s->c, n->a->at, "a set cannot have elements of type %s", type_str(s, t));
		return s->t_poison;
	}
	if (t->lo < 0 || t->hi > 255) {
		diag_error(s->c, n->a->at, "the elements of a set must lie within 0..255");
		return s->t_poison;
	}
	return type_set(s, t, t->lo, t->hi);
}

/* The target may be declared later in the same part, so it is looked up at the end of the part; a name
 * that is declared already there wins over one of an outer scope. */
static Type *pointer_type(Sema *s, Node *n)
{
	Type *t = type_pointer(s, s->t_poison);
	t->pending = n->name;
	t->at = (Span){ n->at.end - n->name->len, n->at.end };
	vec_push(&s->ptr, t);
	return t;
}

void sema_member_pointers(Sema *s, u32 from)
{
	for (u32 i = from; i < s->ptr.n;) {
		Type *t = s->ptr.p[i], *own = member_type(s, t->pending);
		if (!own) {
			i++;
			continue;
		}
		t->base = own;
		s->ptr.p[i] = s->ptr.p[--s->ptr.n];
	}
}

void sema_pointers(Sema *s)
{
	for (u32 i = s->ptr_from; i < s->ptr.n; i++) {
		Type *t = s->ptr.p[i];
		Node id = { .op = N_TNAME, .at = t->at };
		id.name = t->pending;
		t->base = named_type(s, &id);
		if (t->kind == T_CLASSREF && t->base->kind != T_CLASS && t->base->kind != T_POISON) {
			diag_error(s->c, t->at, "'%s' is not a class", diag_name(s->c, t->pending));
			t->base = s->t_poison;
		}
	}
	s->ptr.n = s->ptr_from;
}

/* ---- conformant and open arrays ---- */

static Sym *bound_param(Sema *s, Sym ***end, Name *name, Span at, Type *t)
{
	Sym *y = arena_alloc(s->a, sizeof *y);
	*y = (Sym){ .kind = S_VAR, .param = true, .hidden = true, .mode = MODE_CONST, .name = name, .at = at, .type = t };
	**end = y;
	*end = &y->next;
	return y;
}

static Type *schema(Sema *s, Node *n, Sym ***end);

/* array [a..b: t; c..d: u] of v is array [a..b: t] of array [c..d: u] of v. */
static Type *schema_dims(Sema *s, Node *n, Node *dim, Sym ***end)
{
	if (!dim)
		return schema(s, n->b, end);
	if (dim->op != N_TCONF || dim->a->op != N_TRANGE || dim->a->a->op != N_ID || dim->a->b->op != N_ID) {
		diag_error(s->c, dim->at, "the bounds of a conformant array are two names and a type: [low..high: integer]");
		return s->t_poison;
	}
	Node id = { .op = N_TNAME, .at = { dim->at.end - dim->name->len, dim->at.end } };
	id.name = dim->name;
	Type *index = sema_type(s, &id);
	if (index->kind == T_POISON)
		return index;
	if (!type_ordinal(index) || type_wide(index)) {
		diag_error(s->c, dim->at, "an index cannot be of type %s", type_str(s, index));
		return s->t_poison;
	}
	Sym *lo = bound_param(s, end, dim->a->a->name, dim->a->a->at, index), *hi = bound_param(s, end, dim->a->b->name, dim->a->b->at, index);
	Type *elem = schema_dims(s, n, dim->next, end);
	if (elem->kind == T_POISON)
		return elem;
	Type *t = type_conformant(s, index, elem, n->i);
	t->lo_sym = lo;
	t->hi_sym = hi;
	return t;
}

/* The type of a parameter; what it needs to be told about its bounds goes to the parameters in front of it. */
static Type *schema(Sema *s, Node *n, Sym ***end)
{
	if (n->op != N_TARRAY || (n->a && n->a->op != N_TCONF))
		return sema_type(s, n);
	if (n->a)
		return schema_dims(s, n, n->a, end);
	char name[40]; /* that no program has */
	int len = snprintf(name, sizeof name, "high bound %u", n->at.pos);
	Sym *hi = bound_param(s, end, ast_name(s->c, name, (u32)len), n->at, s->t_int);
	Type *elem = sema_type(s, n->b);
	if (elem->kind == T_POISON)
		return elem;
	Type *t = type_conformant(s, s->t_int, elem, n->i);
	t->hi_sym = hi;
	return t;
}

/* What an argument is that a call leaves out. */
static Node *default_value(Sema *s, Node *n, Type *t)
{
	Node *v = sema_expr_for(s, n->c, t, "the default value");
	if (v->type->kind != T_POISON && !sema_is_const(v) && v->op != N_SET)
		diag_error(s->c, v->at, "this must be a constant");
	return v;
}

Sym *sema_params(Sema *s, Node *list, u32 *count)
{
	Sym *first = NULL, **end = &first;
	*count = 0;
	for (Node *n = list; n; n = n->next) {
		Node *ids = n->a;
		Type *t = s->t_poison;
		if (n->i == 4)
			continue;
		if (n->i == 3) { /* a procedural parameter: ids is the heading, which names it */
			t = type_new(s, T_PROC, 8, 4);
			t->list = sema_params(s, ids->a, &t->nparam);
			t->base = ids->b ? sema_type(s, ids->b) : NULL;
		} else {
			t = n->b ? schema(s, n->b, &end) : s->t_untyped;
		}
		for (Node *id = ids; id; id = id->next) {
			Sym *y = arena_alloc(s->a, sizeof *y);
			*y = (Sym){ .kind = S_VAR, .param = true, .name = id->name, .at = id->at, .type = t };
			y->out = n->i == 5;
			y->mode = n->i == 1 || n->i == 5 ? MODE_VAR : n->i == 2 ? MODE_CONST : MODE_VALUE;
			if (y->mode != MODE_VAR && t->has_file)
				diag_error(s->c, id->at, "a file can only be a var parameter");
			if (n->c && id->next)
				diag_error(s->c, n->c->at, "each parameter with a default value stands alone");
			else if (n->c)
				y->value = default_value(s, n, t);
			*end = y;
			end = &y->next;
			++*count;
		}
	}
	if (!s->types)
		sema_pointers(s);
	return first;
}

static Type *proc_type(Sema *s, Node *n)
{
	Type *t = type_new(s, T_PROC, 8, 4);
	t->list = sema_params(s, n->a, &t->nparam);
	t->base = n->b ? sema_type(s, n->b) : NULL;
	t->of_object = n->flags & NF_OF_OBJECT;
	return t;
}

static Type *file_type(Sema *s, Node *n)
{
	Type *t = n->a ? sema_type(s, n->a) : NULL;
	if (t && t->has_file) {
		diag_error(s->c, n->a->at, "a file cannot hold files");
		t = s->t_poison;
	}
	return t && t->kind == T_POISON ? t : type_file(s, t);
}

/* The class may be declared later in the same part, as the target of a pointer may. */
static Type *classref_type(Sema *s, Node *n)
{
	Type *t = type_new(s, T_CLASSREF, 4, 4);
	t->base = s->t_poison;
	t->pending = n->name;
	t->at = n->at;
	vec_push(&s->ptr, t);
	return t;
}

Type *sema_type(Sema *s, Node *n)
{
	switch (n->op) {
	case N_TNAME: return named_type(s, n);
	case N_TSTRING: return string_type(s, n);
	case N_TRANGE: return range_type(s, n);
	case N_TENUM: return enum_type(s, n);
	case N_TARRAY: return array_type(s, n);
	case N_TRECORD: return sema_record(s, n, type_new(s, T_RECORD, 0, 1));
	case N_TCLASS: return sema_class(s, n, NULL);
	case N_TCLASSOF: return classref_type(s, n);
	case N_TSPECIAL: return sema_special_type(s, n);
	case N_TSET: return set_type(s, n);
	case N_TPTR: return pointer_type(s, n);
	case N_TPROC: return proc_type(s, n);
	case N_TFILE: return file_type(s, n);
	}
	return s->t_poison;
}
