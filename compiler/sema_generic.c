/* sema_generic: generic types and routines.
 *
 * A generic is kept as it was parsed.  Each list of types that it is used with makes an instance: a copy of the tree, analysed
 * while the parameters' names, and the generic's own, stand for what they are in this instance.  The bodies of methods may come
 * later in the text than the first use, so instances wait in a list until the text's declarations are complete. */
#include "sema.h"

struct Instance {
	Instance *next;      /* of the generic */
	Sym *generic;
	Type **arg;
	u32 narg;
	Type *type;          /* of a generic type */
	Sym *routine;        /* of a generic routine */
	const MethodNode *done; /* the last of the bodies that were analysed */
};

static Node *clone(Sema *s, const Node *n)
{
	Node *first = NULL, **end = &first;
	for (; n; n = n->next) {
		Node *k = arena_alloc(s->a, sizeof *k);
		*k = *n;
		k->a = clone(s, n->a);
		k->b = clone(s, n->b);
		k->c = clone(s, n->c);
		k->d = clone(s, n->d);
		k->next = NULL;
		*end = k;
		end = &k->next;
	}
	return first;
}

/* ---- declarations ---- */

void sema_generic(Sema *s, Node *n)
{
	bool routine = n->op == N_PROC;
	for (Sym *y = n->name->sym; routine && y && y->kind == S_GENERIC; y = y->outer)
		if (y->value->op == N_PROC && !y->value->c && y->level == s->level) { /* the body to a heading before */
			y->value = n;
			return;
		}
	sema_declare(s, S_GENERIC, n->name, n->at, s->t_void)->value = n;
}

/* procedure list.add(...): true if list is a generic, whose instances will have this body. */
bool sema_generic_body(Sema *s, Node *n)
{
	Sym *y = sema_lookup(s, n->d->name);
	if (!y || y->kind != S_GENERIC)
		return false;
	MethodNode **end = &y->methods;
	while (*end)
		end = &(*end)->next;
	*end = arena_alloc(s->a, sizeof **end);
	**end = (MethodNode){ .node = n };
	return true;
}

/* ---- what names mean in an instance ---- */

typedef struct Bound { Sym *y; struct Bound *next; } Bound;

static void bind(Sema *s, Bound **list, Name *name, Type *t)
{
	Bound *b = arena_alloc(s->a, sizeof *b);
	Sym *y = arena_alloc(s->a, sizeof *y);
	*y = (Sym){ .kind = S_TYPE, .name = name, .type = t, .level = 1, .user = true, .outer = name->sym };
	name->sym = y;
	*b = (Bound){ y, *list };
	*list = b;
}

static void unbind(Bound *list)
{
	for (; list; list = list->next)
		list->y->name->sym = list->y->outer;
}

static Node *params_of(const Node *n)
{
	return n->op == N_PROC ? n->d->a : n->a;
}

static Bound *bind_all(Sema *s, const Instance *k)
{
	Bound *list = NULL;
	u32 i = 0;
	for (Node *p = params_of(k->generic->value); p; p = p->next)
		bind(s, &list, p->name, k->arg[i++]);
	if (k->type)
		bind(s, &list, k->generic->name, k->type);
	return list;
}

/* An instance belongs to no routine: what is analysed for it meanwhile is at the text's outermost level. */
static Sema outermost(Sema *s)
{
	Sema saved = *s;
	while (s->proc->level > 1)
		s->proc = s->proc->outer;
	s->level = 1;
	s->with = NULL;
	s->types = 0;
	s->handlers = s->loops = 0;
	s->ptr_from = s->ptr.n;
	return saved;
}

static void back(Sema *s, const Sema *saved)
{
	s->proc = saved->proc;
	s->level = saved->level;
	s->with = saved->with;
	s->types = saved->types;
	s->handlers = saved->handlers;
	s->loops = saved->loops;
	s->ptr_from = saved->ptr_from;
}

/* ---- instances ---- */

static const char *instance_name(Sema *s, const Instance *k)
{
	const char *name = arena_printf(s->a, "%s<", k->generic->name->s);
	for (u32 i = 0; i < k->narg; i++)
		name = arena_printf(s->a, "%s%s%s", name, i ? "," : "", type_str(s, k->arg[i]));
	return arena_printf(s->a, "%s>", name);
}

static void make_type(Sema *s, Instance *k)
{
	Node *n = clone(s, k->generic->value->b->a);
	bool class = n->op == N_TCLASS, record = n->op == N_TRECORD || (n->flags & NF_OBJECT);
	const char *name = instance_name(s, k);
	Name *own = ast_name(s->c, name, (u32)strlen(name));
	if (class || record) {
		k->type = type_new(s, record ? T_RECORD : T_CLASS, record ? 0 : 4, record ? 1 : 4);
		k->type->name = own;
		if (!record) {
			k->type->base = type_new(s, T_RECORD, 0, 4);
			k->type->base->name = own;
		}
	}
	Bound *bound = bind_all(s, k);
	if (n->op == N_TRECORD)
		sema_record(s, n, k->type);
	else if (class)
		sema_class(s, n, k->type);
	else
		k->type = sema_type(s, n);
	sema_pointers(s);
	unbind(bound);
	if (!k->type->name && k->type->kind != T_POISON)
		k->type->name = own;
}

static void make_routine(Sema *s, Instance *k)
{
	Node *n = clone(s, k->generic->value);
	const char *name = instance_name(s, k);
	n->name = ast_name(s->c, name, (u32)strlen(name));
	n->d = NULL;
	Bound *bound = bind_all(s, k);
	Node *block = n->c;
	n->c = NULL;
	k->routine = sema_declare_routine(s, n);
	if (block)
		sema_proc_body(s, k->routine->owner, block);
	else
		diag_error(s->c, n->at, "the body of '%s' is missing", diag_name(s->c, k->generic->name));
	unbind(bound);
}

static Instance *find(const Sym *y, Type **arg, u32 n)
{
	for (Instance *k = y->instances; k; k = k->next) {
		u32 i = 0;
		while (i < n && k->arg[i] == arg[i])
			i++;
		if (i == n)
			return k;
	}
	return NULL;
}

/* The instance that n, a name with types, means; null: there is none. */
static Instance *instance(Sema *s, Node *n)
{
	Sym *y = sema_lookup(s, n->name);
	Type *arg[16];
	u32 count = 0, want = 0;
	while (y && y->kind != S_GENERIC)
		y = y->outer;
	if (!y) {
		diag_error(s->c, n->at, "'%s' is no generic type or routine", diag_name(s->c, n->name));
		return NULL;
	}
	for (Node *a = n->a; a && count < COUNT(arg); a = a->next)
		if ((arg[count++] = sema_type(s, a))->kind == T_POISON)
			return NULL;
	for (const Node *p = params_of(y->value); p; p = p->next)
		want++;
	if (count != want) {
		diag_error(s->c, n->at, "'%s' has %u parameters, not %u", diag_name(s->c, n->name), want, count);
		return NULL;
	}
	Instance *k = find(y, arg, count);
	if (k)
		return k;
	if (s->ninstance++ > 1000) {
		diag_error(s->c, n->at, "too many instances of generics");
		return NULL;
	}
	k = arena_alloc(s->a, sizeof *k);
	*k = (Instance){ .next = y->instances, .generic = y, .narg = count, .arg = arena_alloc(s->a, count * sizeof *arg) };
	memcpy(k->arg, arg, count * sizeof *arg);
	y->instances = k;
	vec_push(&s->instance, k);
	Sema saved = outermost(s);
	if (y->value->op == N_PROC)
		make_routine(s, k);
	else
		make_type(s, k);
	back(s, &saved);
	return k;
}

Type *sema_special_type(Sema *s, Node *n)
{
	Instance *k = instance(s, n);
	if (k && k->type)
		return k->type;
	if (k)
		diag_error(s->c, n->at, "'%s' is not a type", diag_name(s->c, n->name));
	return s->t_poison;
}

Sym *sema_special_routine(Sema *s, Node *n)
{
	Sym *y = sema_lookup(s, n->name);
	while (y && y->kind != S_GENERIC)
		y = y->outer;
	if (!y || y->value->op != N_PROC)
		return NULL;
	Instance *k = instance(s, n);
	return k ? k->routine : NULL;
}

/* ---- bodies ---- */

/* The bodies of one instance that were not analysed yet.  The unit that has the generic may hide what they use. */
static bool instance_bodies(Sema *s, Instance *k)
{
	const MethodNode *m = k->done ? k->done->next : k->generic->methods;
	if (!m || !k->type)
		return false;
	Sema saved = outermost(s);
	sema_unit_show_hidden(s, k->generic->unit);
	for (; m; m = m->next) {
		Bound *bound = bind_all(s, k);
		k->done = m;
		sema_method_body(s, clone(s, m->node));
		unbind(bound);
	}
	sema_unit_hide_hidden(s, k->generic->unit);
	back(s, &saved);
	return true;
}

void sema_instances(Sema *s)
{
	for (bool again = true; again;) {
		again = false;
		for (u32 i = 0; i < s->instance.n; i++)
			again |= instance_bodies(s, s->instance.p[i]);
	}
}

/* At the end all methods must have been there. */
void sema_instances_complete(Sema *s)
{
	for (u32 i = 0; i < s->instance.n; i++) {
		const Type *t = s->instance.p[i]->type, *body = t && t->kind == T_CLASS ? t->base : t;
		for (const Sym *f = body && body->kind == T_RECORD ? body->list : NULL; f; f = f->next)
			if (f->kind == S_PROC && !f->owner->block && !(f->flags & NF_ABSTRACT) && s->instance.p[i]->generic->name == t->name)
				diag_error(s->c, f->at, "the body of '%s' is missing", diag_name(s->c, f->name));
	}
}
