/* sema_record: records -- where their fields are. */
#include "sema.h"

void sema_add_field(Sema *s, Layout *l, Name *name, Span at, Type *t)
{
	Sym *f = sema_field(l->t, name);
	if (f) {
		diag_error(s->c, at, "the field '%s' is already declared", diag_name(s->c, name));
		diag_note(s->c, f->at, "declared here");
	}
	f = arena_alloc(s->a, sizeof *f);
	l->at = (l->at + t->align - 1) & ~(u64)(t->align - 1u);
	*f = (Sym){ .kind = S_VAR, .field = true, .name = name, .at = at, .type = t, .at_ = (u32)l->at };
	*l->end = f;
	l->end = &f->next;
	l->at += t->size;
	l->t->align = MAX(l->t->align, t->align);
	l->t->has_file |= t->has_file;
	l->t->managed |= t->managed;
	if (l->at > 1u << 30) {
		diag_error(s->c, at, "this record is too large (the limit is 1 GiB)");
		l->at = 0;
	}
}

static void add_fields(Sema *s, Layout *l, Node *list);

/* The variants share the memory behind the fixed part. */
static void add_variants(Sema *s, Layout *l, Node *n)
{
	Type *tag = sema_type(s, n->a);
	if (tag->kind != T_POISON && !type_ordinal(tag))
		diag_error(s->c, n->a->at, "a tag cannot be of type %s", type_str(s, tag));
	if (n->name) {
		sema_add_field(s, l, n->name, n->at, tag);
		sema_field(l->t, n->name)->tag = true;
	}
	u64 start = l->at, most = start;
	for (Node *v = n->b; v; v = v->next) {
		for (Node **k = &v->a; *k; k = &(*k)->next) {
			Type *t;
			i64 x;
			Node *next = (*k)->next;
			if ((*k)->op == N_RANGE) {
				sema_const_int(s, &(*k)->a, &t, &x);
				sema_const_int(s, &(*k)->b, &t, &x);
			} else if (sema_const_int(s, k, &t, &x) && !type_same(s, t, tag)) {
				diag_error(s->c, (*k)->at, "this constant is of type %s, the tag of type %s", type_str(s, t), type_str(s, tag));
			}
			(*k)->next = next;
		}
		l->at = start;
		add_fields(s, l, v->b->a);
		most = MAX(most, l->at);
	}
	l->at = most;
	sema_iso_variants(s, n, tag);
}

static void add_fields(Sema *s, Layout *l, Node *list)
{
	Sym *method = NULL;
	for (Node *n = list; n; n = n->next) {
		if (n->op == N_VARIANTS) {
			add_variants(s, l, n);
		} else if (n->op == N_FIELDS && !(n->flags & NF_STATIC)) {
			Type *t = sema_type(s, n->b);
			for (Node *id = n->a; id; id = id->next)
				sema_add_field(s, l, id->name, id->at, t);
		} else if (n->op != N_EMPTY) {
			method = sema_member(s, l, n, method);
		}
	}
}

void sema_fields(Sema *s, Layout *l, Node *list)
{
	add_fields(s, l, list);
	l->t->size = (u32)((l->at + l->t->align - 1) & ~(u64)(l->t->align - 1u));
	if (!l->t->size)
		l->t->size = 1;
}

/* Fills the new type t in. */
Type *sema_record(Sema *s, Node *n, Type *t)
{
	Layout l = { .t = t, .end = &t->list };
	t->packed = n->i;
	sema_fields(s, &l, n->a);
	return t;
}

Sym *sema_field(const Type *rec, const Name *n)
{
	for (const Type *t = rec->kind == T_CLASS ? rec->base : rec; t; t = t->parent)
		for (Sym *f = t->kind == T_RECORD ? t->list : NULL; f; f = f->next)
			if (f->name == n)
				return f;
	return NULL;
}
