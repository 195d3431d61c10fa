/* sema_class: classes, objects, and records with methods.
 *
 * A class (T_CLASS) is a reference; its base is a record, the body, which has the fields and members.  An object of Turbo
 * Pascal is such a record itself.  Members are found by going from a body to its parent.  A method is a routine whose first
 * parameter is `self`: the reference, or a record's address.
 *
 * Private parts are not kept from anybody: a program that Free Pascal takes is taken. */
#include "sema.h"

/* ---- types ---- */

bool sema_is_class_node(const Node *n)
{
	if (n->op == N_TCLASS)
		return true;
	for (const Node *m = n->op == N_TRECORD ? n->a : NULL; m; m = m->next)
		if (m->op == N_PROC || m->op == N_PROPERTY)
			return true;
	return false;
}

bool sema_derives(const Type *t, const Type *from)
{
	for (const Type *b = t->base; b; b = b->parent)
		if (b == from->base)
			return true;
	return false;
}

Type *sema_classref(Sema *s, Type *klass)
{
	if (!klass->ref) {
		klass->ref = type_new(s, T_CLASSREF, 4, 4);
		klass->ref->base = klass;
	}
	return klass->ref;
}

static Type *body_of(const Type *t)
{
	return t->kind == T_CLASS ? t->base : (Type *)t;
}

/* What a type inherits: everything but the fields' names, which are looked up. */
static void inherit(Layout *l, const Type *parent)
{
	l->t->parent = (Type *)parent;
	l->t->virtuals = parent->virtuals;
	l->t->nvirtual = parent->nvirtual;
	l->t->vmt_at = parent->vmt_at;
	l->t->managed = parent->managed;
	l->t->align = parent->align;
	l->at = parent->size;
}

static Type *parent_of(Sema *s, Node *n, bool object)
{
	Node root = { .op = N_TNAME, .sw = n->sw, .at = n->at };
	root.name = ast_name(s->c, "tobject", 7);
	if (!n->a && object)
		return NULL;
	Type *p = sema_type(s, n->a ? n->a : &root);
	if (p->kind == (object ? T_RECORD : T_CLASS) && !p->ahead && (!object || p->object))
		return body_of(p);
	if (p->kind != T_POISON)
		diag_error(s->c, n->a ? n->a->at : n->at, object ? "%s is no object" : "%s is no complete class", type_str(s, p));
	return NULL;
}

Type *sema_class(Sema *s, Node *n, Type *t)
{
	bool object = n->flags & NF_OBJECT;
	Type *body = type_new(s, T_RECORD, 0, object ? 1 : 4);
	Layout l = { .t = body, .end = &body->list };
	if (!t)
		t = object ? body : type_new(s, T_CLASS, 4, 4);
	if (!object && !t->base)
		t->base = body;
	l.t = body = body_of(t);
	l.end = &body->list;
	body->object = object;
	body->klass = object ? NULL : t;
	body->vmt_at = object ? UINT32_MAX : 0;
	t->ahead = n->flags & NF_FORWARD;
	if (t->ahead)
		return t;
	bool root = !object && !n->a && t->name == ast_name(s->c, "tobject", 7);
	Type *parent = root ? NULL : parent_of(s, n, object);
	if (parent)
		inherit(&l, parent);
	else if (!object)
		l.at = 4; /* the address of the class's table */
	Type *outer = s->defining;
	u32 from = s->ptr.n;
	s->defining = body;
	s->types++;
	sema_fields(s, &l, n->b);
	s->types--;
	sema_member_pointers(s, from);
	s->defining = outer;
	return t;
}

/* ---- methods ---- */

static bool same_params(Sema *s, const Type *a, const Type *b)
{
	Type x = *a, y = *b;
	while (x.list && x.list->self)
		x.list = x.list->next;
	while (y.list && y.list->self)
		y.list = y.list->next;
	return type_same_params(s, &x, &y);
}

static Sym *self_param(Sema *s, Type *body, u32 flags, Span at)
{
	Sym *q = arena_alloc(s->a, sizeof *q);
	Type *t = !body->klass ? body : flags & NF_CLASS ? sema_classref(s, body->klass) : body->klass;
	*q = (Sym){ .kind = S_VAR, .param = true, .self = true, .mode = body->klass ? MODE_VALUE : MODE_VAR, .name = ast_name(s->c, "self", 4), .at = at, .type = t };
	return q;
}

/* A virtual method takes the place of the one that it overrides, or a new one. */
static void enter_table(Sema *s, Type *t, Sym *y)
{
	u32 at = t->nvirtual;
	for (u32 i = t->nvirtual; i-- && (y->flags & (NF_OVERRIDE | NF_VIRTUAL));)
		if (t->virtuals[i]->name == y->name && (same_params(s, t->virtuals[i]->type, y->type)) && ((y->flags & NF_OVERRIDE) || t->object)) {
			at = i;
			break;
		}
	if (at == t->nvirtual && (y->flags & NF_OVERRIDE)) {
		diag_error(s->c, y->at, "there is no virtual method '%s' to override", diag_name(s->c, y->name));
		return;
	}
	Sym **table = arena_alloc(s->a, (t->nvirtual + 1) * sizeof *table);
	for (u32 i = 0; i < t->nvirtual; i++)
		table[i] = t->virtuals[i];
	table[at] = y;
	t->virtuals = table;
	t->nvirtual += at == t->nvirtual;
	y->slot = at + 1;
}

/* An object has the address of its table behind the fields of the first type that needs one. */
static void need_table(Layout *l)
{
	if (!l->t->object || l->t->vmt_at != UINT32_MAX)
		return;
	l->at = (l->at + 3) & ~3ull;
	l->t->vmt_at = (u32)l->at;
	l->t->align = MAX(l->t->align, 4);
	l->at += 4;
}

static Sym *add_method(Sema *s, Layout *l, Node *n)
{
	Proc *p = arena_alloc(s->a, sizeof *p);
	Sym *y = arena_alloc(s->a, sizeof *y);
	*y = (Sym){ .kind = S_PROC, .name = n->name, .at = n->at, .type = type_new(s, T_PROC, 8, 4), .level = 1, .user = !s->lib,
		.owner = p, .unit = s->in_unit, .address = true, .of = l->t, .flags = n->flags };
	Proc *outer = s->proc;
	while (outer->level > 1)
		outer = outer->outer;
	*p = (Proc){ .outer = outer, .sym = y, .name = n->name, .at = n->at, .level = 2, .lib = s->lib, .of = l->t, .forward = true };
	p->param = y->type->list = sema_params(s, n->a, &p->nparam);
	y->type->nparam = p->nparam;
	y->type->of_object = !(n->flags & NF_STATIC);
	if (!(n->flags & NF_STATIC)) {
		p->self = self_param(s, l->t, n->flags, n->at);
		p->self->next = p->param;
		p->param = y->type->list = p->self;
	}
	sema_bind_params(s, p);
	if (n->b)
		p->result = y->type->base = sema_type(s, n->b);
	else if (n->sw & 128)
		diag_error(s->c, n->at, "a function needs a result type");
	*l->end = y;
	l->end = &y->next;
	if (n->flags & (NF_CTOR | NF_DTOR))
		need_table(l);
	return y;
}

/* A directive behind a method's heading. */
static void direct(Sema *s, Layout *l, Sym *y, const Node *n)
{
	if (!y) {
		if (strcmp(n->name->s, "default") != 0)
			diag_error(s->c, n->at, "there is no method that this belongs to");
		return;
	}
	bool is_virtual = !strcmp(n->name->s, "virtual") || !strcmp(n->name->s, "dynamic"), override = !strcmp(n->name->s, "override");
	if (y->kind == S_PROPERTY) {
		y->prop->is_default |= !strcmp(n->name->s, "default");
	} else if (is_virtual || override) {
		y->flags |= override ? NF_OVERRIDE : NF_VIRTUAL;
		need_table(l);
		enter_table(s, l->t, y);
	} else if (!strcmp(n->name->s, "abstract")) {
		y->flags |= NF_ABSTRACT;
	} else if (!strcmp(n->name->s, "static") && y->owner->self) {
		y->flags |= NF_STATIC;
		y->type->of_object = false;
		y->owner->self = NULL;
		y->owner->param = y->type->list = y->type->list->next;
	} else if (!strcmp(n->name->s, "overload")) {
		y->flags |= NF_OVERLOAD;
	}
}

/* A variable, constant or type that belongs to the class. */
static void add_static(Sema *s, Layout *l, Sym y)
{
	Sym *f = arena_alloc(s->a, sizeof *f);
	*f = y;
	f->user = !s->lib;
	f->of = l->t;
	f->unit = s->in_unit;
	*l->end = f;
	l->end = &f->next;
}

static void class_vars(Sema *s, Layout *l, Node *n)
{
	Type *t = sema_type(s, n->b);
	Proc *owner = s->proc;
	while (owner->level > 1)
		owner = owner->outer;
	for (Node *id = n->a; id; id = id->next)
		add_static(s, l, (Sym){ .kind = S_VAR, .name = id->name, .at = id->at, .type = t, .level = 1, .owner = owner, .address = true, .uplevel = true });
}

static void class_const(Sema *s, Layout *l, Node *n)
{
	Node *v = sema_expr(s, n->a);
	if (v->type->kind != T_POISON && !sema_is_const(v))
		diag_error(s->c, v->at, "this must be a constant");
	add_static(s, l, (Sym){ .kind = S_CONST, .name = n->name, .at = n->at, .type = v->type, .value = v });
}

static void class_type(Sema *s, Layout *l, Node *n)
{
	Type *t = sema_type(s, n->a);
	if (!t->name && t->kind != T_POISON && n->a->op != N_TNAME)
		t->name = n->name;
	add_static(s, l, (Sym){ .kind = S_TYPE, .name = n->name, .at = n->at, .type = t });
}

/* ---- properties ---- */

/* The member that `read` or `write` names, maybe a field of a field. */
static Sym *accessor(Sema *s, const Type *t, Node **word)
{
	Node *w = (*word)->next;
	Sym *f = w && w->op == N_ID ? sema_field(t, w->name) : NULL;
	if (!f) {
		diag_error(s->c, w ? w->at : (*word)->at, "this names no member");
		return NULL;
	}
	*word = w;
	while ((*word)->next && (*word)->next->op == N_FIELD) { /* a field inside: its place in the whole */
		*word = (*word)->next;
		Sym *in = f->type->kind == T_RECORD ? sema_field(f->type, (*word)->name) : NULL;
		if (!in || !in->field)
			return NULL;
		Sym *both = arena_alloc(s->a, sizeof *both);
		*both = *in;
		both->at_ += f->at_;
		f = both;
	}
	return f;
}

static void property_words(Sema *s, const Type *t, Property *p, Node *list)
{
	for (Node *w = list; w; w = w->next) {
		const char *word = w->op == N_ID ? w->name->s : "";
		if (!strcmp(word, "read")) {
			p->read = accessor(s, t, &w);
		} else if (!strcmp(word, "write")) {
			p->write = accessor(s, t, &w);
		} else if (!strcmp(word, "index") && w->next) {
			Node *v = w->next, *next = v->next;
			v->next = NULL;
			p->index = sema_expr(s, v);
			w->next = p->index;
			p->index->next = next;
			w = p->index;
		} else if ((!strcmp(word, "default") || !strcmp(word, "stored")) && w->next) {
			w = w->next; /* for streams of components, which are not there */
		}
		if (!w)
			return;
	}
}

static Sym *add_property(Sema *s, Layout *l, Node *n)
{
	Sym *y = arena_alloc(s->a, sizeof *y), *old = n->b ? NULL : sema_field(l->t, n->name);
	Property *p = arena_alloc(s->a, sizeof *p);
	*y = (Sym){ .kind = S_PROPERTY, .name = n->name, .at = n->at, .of = l->t, .prop = p, .user = !s->lib, .type = s->t_poison, .flags = n->flags };
	if (old && old->kind == S_PROPERTY) { /* declared again, to change how it is reached */
		*p = *old->prop;
		y->type = old->type;
	} else if (n->b) {
		p->param = sema_params(s, n->a, &p->nparam);
		y->type = sema_type(s, n->b);
	} else {
		diag_error(s->c, n->at, "there is no property '%s' to declare again", diag_name(s->c, n->name));
	}
	property_words(s, l->t, p, n->c);
	*l->end = y;
	l->end = &y->next;
	return y;
}

Sym *sema_member(Sema *s, Layout *l, Node *n, Sym *method)
{
	switch (n->op) {
	case N_PROC: return add_method(s, l, n);
	case N_PROPERTY: return add_property(s, l, n);
	case N_DIRECTIVE: direct(s, l, method, n); return method;
	case N_FIELDS: class_vars(s, l, n); break;
	case N_CONSTDEF: class_const(s, l, n); break;
	case N_TYPEDEF: class_type(s, l, n); break;
	}
	return NULL;
}

/* ---- bodies of methods ---- */

/* The method of t itself whose heading this is. */
static Sym *declared_method(Sema *s, Type *t, Node *n)
{
	Sym *only = NULL;
	u32 same = 0, count;
	for (Sym *f = t->list; f; f = f->next)
		if (f->kind == S_PROC && f->name == n->name)
			only = f, same++;
	if (same <= 1 && !n->a)
		return only; /* the heading may leave the parameters out */
	Type again = *s->t_void;
	again.list = sema_params(s, n->a, &count);
	again.nparam = count;
	again.base = n->b ? sema_type(s, n->b) : NULL;
	for (Sym *f = t->list; f; f = f->next)
		if (f->kind == S_PROC && f->name == n->name && same_params(s, f->type, &again)) {
			Sym *r = again.list;
			for (Sym *q = f->owner->param; q && r; q = q->next)
				if (!q->self)
					q->name = r->name, r = r->next;
			return f;
		}
	if (only) {
		diag_error(s->c, n->at, "this heading differs from that in the class");
		diag_note(s->c, only->at, "declared here");
		return only;
	}
	return NULL;
}

void sema_method_body(Sema *s, Node *n)
{
	Type *t = sema_type(s, n->d);
	if (t->kind == T_POISON)
		return;
	Type *body = body_of(t), *outer = s->defining;
	s->defining = body && body->kind == T_RECORD ? body : NULL; /* the heading may name its types */
	Sym *y = s->defining ? declared_method(s, body, n) : NULL;
	s->defining = outer;
	if (!y)
		diag_error(s->c, n->at, "there is no method '%s' in %s", diag_name(s->c, n->name), type_str(s, t));
	else if (y->owner->block)
		diag_error(s->c, n->at, "the method '%s' has its body already", diag_name(s->c, n->name));
	else if (n->c)
		sema_proc_body(s, y->owner, n->c);
}

Proc *sema_method(const Sema *s)
{
	for (Proc *p = s->proc; p; p = p->outer)
		if (p->of)
			return p;
	return NULL;
}

/* ---- members in expressions ---- */

Sym *sema_self_member(Sema *s, Name *n)
{
	Proc *m = sema_method(s);
	Sym *y = n->sym;
	while (s->lib && y && y->user)
		y = y->outer;
	if (!m || (y && y->level >= m->level))
		return NULL;
	return sema_field(m->of, n);
}

Node *sema_self(Sema *s, Node *at)
{
	Proc *m = sema_method(s);
	if (!m->self) /* a static method has a class only */
		return m->of->klass ? sema_class_value(s, sema_make(s, N_ID, at, NULL, NULL), m->of->klass) : sema_poison(s, sema_make(s, N_ID, at, NULL, NULL));
	if (m != s->proc)
		m->self->uplevel = true;
	Node *n = sema_make(s, N_VAR, at, m->self->type, NULL);
	n->sym = m->self;
	return n;
}

Node *sema_class_value(Sema *s, Node *n, Type *t)
{
	n->op = N_CLASSVAL;
	n->a = n->b = NULL;
	n->type = sema_classref(s, t);
	return n;
}

/* n becomes a call of method f of the object base with n's arguments. */
Node *sema_method_call(Sema *s, Node *n, Node *base, Sym *f)
{
	f = sema_overload_member(s, n, f->of, f);
	bool of_class = base->type->kind == T_CLASSREF;
	n->op = N_CALL;
	n->sym = f;
	n->a = base;
	n->flags |= f->flags & (NF_CTOR | NF_DTOR);
	if ((of_class && !(f->flags & (NF_CLASS | NF_CTOR | NF_STATIC))) || (base->op == N_CLASSVAL && !of_class && f->owner->self))
		diag_error(s->c, n->at, "'%s' needs an object, not a class", diag_name(s->c, f->name));
	if (f->of->kind == T_RECORD && !f->of->klass)
		sema_address(base);
	sema_args(s, n, f->type->list, f->type->nparam, f->name, f->user ? f->at : (Span){ 0, 0 });
	n->type = f->type->base ? f->type->base : s->t_void;
	if (of_class && (f->flags & NF_CTOR))
		n->type = base->type->base; /* a new object of that class */
	else if (f->flags & NF_CTOR)
		n->flags &= ~(u32)NF_CTOR;
	return n;
}

/* inherited name(arguments), or inherited alone: the parent's method, not that of the object's own class. */
Node *sema_inherited(Sema *s, Node *n, Node *inherited, bool statement)
{
	Proc *m = sema_method(s);
	Name *name = inherited->name ? inherited->name : m ? m->name : NULL;
	Sym *f = m && m->of->parent ? sema_field(m->of->parent, name) : NULL;
	if (!f && m && !inherited->name && statement) { /* nothing to be inherited is no error then */
		n->op = N_INT;
		n->type = s->t_void;
		return n;
	}
	if (!f) {
		diag_error(s->c, inherited->at, m ? "there is nothing to be inherited" : "'inherited' is only known inside a method");
		return sema_poison(s, n);
	}
	Node *self = sema_self(s, inherited);
	if (f->kind != S_PROC)
		return sema_of_member(s, n, self, f, false);
	Node **end = &n->b;
	for (Sym *q = inherited->name ? NULL : m->param; q; q = q->next) { /* the same arguments */
		if (q->self || q->hidden)
			continue;
		*end = sema_make(s, N_VAR, inherited, q->type, NULL);
		(*end)->sym = q;
		end = &(*end)->next;
	}
	n = sema_method_call(s, n, self, f);
	n->flags = (n->flags & ~(u32)(NF_CTOR | NF_DTOR)) | NF_STATIC;
	return n;
}

Node *sema_default_property(Sema *s, Node *n, Node *base)
{
	for (Type *t = body_of(base->type); t; t = t->parent)
		for (Sym *f = t->list; f; f = f->next)
			if (f->kind == S_PROPERTY && f->prop->is_default && f->prop->nparam) {
				n->op = N_PROPERTYREF;
				n->sym = f;
				n->a = base;
				n->type = f->type;
				return n;
			}
	return NULL;
}

/* n becomes what the member f of base is; a method is called unless it is a target. */
Node *sema_of_member(Sema *s, Node *n, Node *base, Sym *f, bool target)
{
	switch (f->kind) {
	case S_PROC:
		n->b = NULL;
		return sema_method_call(s, n, base, f);
	case S_PROPERTY:
		n->op = N_PROPERTYREF;
		n->sym = f;
		n->a = base;
		n->b = NULL;
		n->type = f->type;
		return target || f->prop->nparam ? n : sema_read(s, n);
	case S_CONST: {
		Node *next = n->next;
		*n = *f->value;
		n->next = next;
		return n;
	}
	case S_TYPE:
		if (f->type->kind == T_CLASS)
			return sema_class_value(s, n, f->type);
		diag_error(s->c, n->at, "'%s' is a type, not a value", diag_name(s->c, f->name));
		return sema_poison(s, n);
	}
	n->sym = f;
	n->type = f->type;
	n->op = f->field ? N_FIELD : N_VAR;
	n->a = f->field ? base : NULL;
	if (f->field && (base->type->kind == T_CLASSREF || base->op == N_CLASSVAL)) {
		diag_error(s->c, n->at, "'%s' needs an object, not a class", diag_name(s->c, f->name));
		return sema_poison(s, n);
	}
	return n;
}

/* ---- properties in expressions ---- */

/* The arguments of an accessor: those of the property, then its index, then the value. */
static Node *accessor_args(Sema *s, Node *n, Node *value)
{
	Node *list = n->b, **end = &list;
	while (*end)
		end = &(*end)->next;
	if (n->sym->prop->index) {
		*end = sema_make(s, N_INT, n, NULL, NULL);
		Node *next = (*end)->next;
		**end = *n->sym->prop->index;
		(*end)->next = next;
		end = &(*end)->next;
	}
	*end = value;
	return list;
}

static Node *no_access(Sema *s, Node *n, const char *how)
{
	diag_error(s->c, n->at, "the property '%s' cannot be %s", diag_name(s->c, n->sym->name), how);
	return sema_poison(s, n);
}

Node *sema_read(Sema *s, Node *n)
{
	if (n->op != N_PROPERTYREF)
		return n;
	Sym *f = n->sym->prop->read;
	if (!f)
		return no_access(s, n, "read");
	if (f->kind == S_PROC) {
		n->b = accessor_args(s, n, NULL);
		return sema_method_call(s, n, n->a, f);
	}
	Node *args = n->b;
	n->b = NULL;
	n = sema_of_member(s, n, n->a, f, false);
	for (Node *next; args; args = next) { /* an array behind an array property */
		next = args->next;
		args->next = NULL;
		Node *x = sema_make(s, N_INDEX, n, NULL, n);
		x->b = args;
		n = sema_designator(s, x, false);
	}
	return n;
}

Node *sema_write(Sema *s, Node *n, Node *value)
{
	Sym *f = n->sym->prop->write;
	Node *st = sema_make(s, N_CALLST, n, s->t_void, NULL);
	if (!f) {
		st->a = no_access(s, n, "written");
		return st;
	}
	if (f->kind == S_PROC) {
		n->b = accessor_args(s, n, value);
		st->a = sema_method_call(s, n, n->a, f);
		return st;
	}
	st->op = N_ASSIGN;
	st->a = sema_of_member(s, n, n->a, f, true);
	st->b = sema_expr_for(s, value, st->a->type, "this value");
	return st;
}
