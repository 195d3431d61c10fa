/* sema: names, scopes, declarations and routines.
 *
 * A Name points to the symbol it means right here.  Declaring a symbol puts it in front of the outer one of
 * the same name, leaving the scope restores that, and so looking a name up takes no search.
 *
 * A name that the program does not declare may be the name of a library text.  That text is parsed then,
 * its declarations go into the outermost scope, and its bodies are analysed after the program's. */
#include "sema.h"
#include "../stdlib/stdlib.h"

#include <stdlib.h>

/* ---- scopes ---- */

/* Library declarations go behind all that the program has declared. */
static void declare_outermost(Sym *y)
{
	Sym **p = &y->name->sym;
	while (*p && (*p)->user)
		p = &(*p)->outer;
	y->outer = *p;
	*p = y;
}

Sym *sema_declare(Sema *s, SymKind k, Name *n, Span at, Type *t)
{
	Sym *y = arena_alloc(s->a, sizeof *y), *old = n->sym;
	*y = (Sym){ .kind = (u8)k, .name = n, .at = at, .type = t, .level = s->level, .user = !s->lib && s->level > 0, .owner = s->proc, .unit = s->in_unit };
	if (!y->user && s->level <= 1) {
		declare_outermost(y);
		return y;
	}
	sema_iso_used_before(s, n, at);
	bool routines = k == S_PROC && old && old->kind == S_PROC && !sema_iso_strict(s); /* add_proc has seen that they differ */
	if (old && old->user == y->user && old->level == s->level && old->unit == y->unit && old->kind != S_POISON && !routines) {
		diag_error(s->c, at, "'%s' is already declared", diag_name(s->c, n));
		diag_note(s->c, old->at, "declared here");
		return y; /* the name keeps its first meaning */
	}
	y->outer = old;
	y->next = s->scope;
	n->sym = s->scope = y;
	return y;
}

static Sym *scope_push(Sema *s)
{
	Sym *up = s->scope;
	s->scope = NULL;
	s->level++;
	s->block = ++s->nblock;
	return up;
}

/* Leaves a scope; its symbols stay reachable through the tree. */
static void scope_pop(Sema *s, Sym *up)
{
	for (Sym *y = s->scope; y; y = y->next) {
		Sym **p = &y->name->sym;
		while (*p && *p != y)
			p = &(*p)->outer;
		if (*p)
			*p = y->outer;
	}
	s->scope = up;
	s->level--;
}

static Sym *visible(const Sema *s, const Name *n)
{
	Sym *y = n->sym;
	while (s->lib && y && y->user)
		y = y->outer;
	return y;
}

/* ---- library texts ---- */

static int by_name(const void *key, const void *file)
{
	return strcmp(key, ((const StdlibFile *)file)->name);
}

/* A text that declares several names has the name of one of them. */
static const char *text_of(const char *name)
{
	static const char *const also[][2] = {
		{ "tclass", "tobject" }, { "freemem", "getmem" }, { "reallocmem", "getmem" }, { "allocmem", "getmem" }, { "memsize", "getmem" },
		{ "lowercase", "upcase" }, { "int", "frac" }, { "octstr", "hexstr" }, { "binstr", "hexstr" }, { "comparebyte", "fillbyte" }, { "indexbyte", "fillbyte" }, { "pvarrec", "tvarrec" }, { "vtinteger", "tvarrec" }, { "vtboolean", "tvarrec" }, { "vtchar", "tvarrec" },
		{ "vtextended", "tvarrec" }, { "vtstring", "tvarrec" }, { "vtpointer", "tvarrec" }, { "vtpchar", "tvarrec" },
		{ "vtobject", "tvarrec" }, { "vtclass", "tvarrec" }, { "vtansistring", "tvarrec" }, { "vtint64", "tvarrec" }, { "vtqword", "tvarrec" },
	};
	for (u32 i = 0; i < COUNT(also); i++)
		if (!strcmp(name, also[i][0]))
			return also[i][1];
	return name;
}

static const StdlibFile *lib_file(const char *dir, const Name *n)
{
	char key[100];
	if (n->len > 60)
		return NULL;
	snprintf(key, sizeof key, "%s/%s", dir, text_of(n->s));
	return bsearch(key, stdlib_files, stdlib_nfiles, sizeof *stdlib_files, by_name);
}

static void declare_all(Sema *s, Node *list);

static Sym *lib_load(Sema *s, const StdlibFile *f, Name *n)
{
	Sema saved = *s;
	Source *src = ast_source(s->c, f->path, f->text, (u32)f->n, true);
	Node *decls = pascal_parse(s->c, src, PARSE_LIB);
	s->lib = true;
	s->level = 1;
	s->proc = s->main;
	s->with = NULL;
	s->scope = NULL;
	s->types = 0;
	s->ptr_from = s->ptr.n;
	s->in_unit = NULL;
	if (decls)
		declare_all(s, decls);
	saved.queue.p = s->queue.p, saved.queue.n = s->queue.n, saved.queue.cap = s->queue.cap;
	saved.ptr.p = s->ptr.p, saved.ptr.cap = s->ptr.cap;
	saved.last = s->last;
	saved.exceptions = s->exceptions;
	saved.nhidden = s->nhidden;
	saved.nblock = s->nblock;
	saved.ninstance = s->ninstance;
	saved.instance.p = s->instance.p, saved.instance.n = s->instance.n, saved.instance.cap = s->instance.cap;
	*s = saved;
	Sym *y = n->sym;
	while (y && y->user)
		y = y->outer;
	return y;
}

Sym *sema_system(Sema *s, Name *n)
{
	Sym *y = n->sym;
	const StdlibFile *f;
	while (y && y->user)
		y = y->outer;
	return y || !(f = lib_file("system", n)) ? y : lib_load(s, f, n);
}

Sym *sema_lookup(Sema *s, Name *n)
{
	Sym *y = visible(s, n);
	const StdlibFile *f;
	if (y && (y->level < s->level || !y->user))
		n->used = s->block;
	const char *dot = y ? NULL : strchr(n->s, '.'); /* unit.name */
	if (dot)
		return n->sym = sema_unit_member(s, ast_name(s->c, n->s, (u32)(dot - n->s)), ast_name(s->c, dot + 1, (u32)strlen(dot + 1)));
	if (y || !(f = lib_file("system", n)))
		return y;
	return lib_load(s, f, n);
}

Sym *sema_resolve(Sema *s, Node *id)
{
	Sym *y = sema_lookup(s, id->name);
	if (y)
		return y;
	const char *like = sema_similar(s, id->name, NULL);
	if (like)
		diag_error(s->c, id->at, "unknown name '%s'; did you mean '%s'?", diag_name(s->c, id->name), like);
	else
		diag_error(s->c, id->at, "unknown name '%s'", diag_name(s->c, id->name));
	return sema_declare(s, S_POISON, id->name, id->at, s->t_poison); /* said once */
}

/* ---- spelling ---- */

static void closer(const Name *n, const char *s, u32 len, u32 *best, const char **name)
{
	u32 d = ast_distance(n->s, n->len, s, len, *best);
	if (d && d < *best) {
		*best = d;
		*name = s;
	}
}

/* A known name (or field of rec) that n may be a misspelling of, or null. */
const char *sema_similar(Sema *s, const Name *n, const Type *rec)
{
	u32 best = n->len <= 2 ? 1 : n->len <= 5 ? 2 : 3;
	const char *name = NULL;
	if (rec) {
		for (const Sym *f = rec->list; f; f = f->next)
			closer(n, f->name->s, f->name->len, &best, &name);
		return name;
	}
	for (u32 i = 0; i < s->c->nslot; i++)
		for (const Name *p = s->c->slot[i]; p; p = p->next)
			if (p->sym && p->sym->kind != S_POISON && visible(s, p))
				closer(n, p->s, p->len, &best, &name);
	for (u32 i = 0; i < stdlib_nfiles; i++) {
		const char *f = stdlib_files[i].name;
		if (!strncmp(f, "system/", 7))
			closer(n, f + 7, (u32)strlen(f + 7), &best, &name);
	}
	return name;
}

/* ---- declarations ---- */

static void declare_vars(Sema *s, Node *n)
{
	Type *t = sema_type(s, n->b);
	Sym *last = NULL;
	bool absolute = n->flags & NF_STATIC;
	Node *init = n->c && !absolute ? sema_init(s, n->c, t) : NULL;
	Node *at = absolute ? sema_lvalue(s, n->c, false) : NULL;
	if (at && at->op != N_VAR && at->type->kind != T_POISON)
		diag_error(s->c, at->at, "only a whole variable can be shared");
	else if (at && at->op == N_VAR)
		sema_address(at);
	for (Node *id = n->a; id; id = id->next) {
		last = sema_declare(s, S_VAR, id->name, id->at, t);
		last->value = init;
		if (at && at->op == N_VAR)
			last->alias = at->sym, last->address = true;
		if (init && s->level > 1)
			last->initial = true;
		else if (init)
			last->address = true;
		if (s->lib && s->level == 1)
			last->uplevel = true;
	}
}

static void declare_label(Sema *s, Node *n)
{
	Label *l = sema_label(s, n, s->proc);
	sema_iso_label(s, n);
	if (l) {
		diag_error(s->c, n->at, "this label is already declared");
		diag_note(s->c, l->at, "declared here");
		return;
	}
	l = arena_alloc(s->a, sizeof *l);
	*l = (Label){ .next = s->proc->label, .num = n->sw & 128 ? -1 : n->i, .name = n->sw & 128 ? n->name : NULL, .at = n->at, .owner = s->proc };
	s->proc->label = l;
}

void sema_bind_params(Sema *s, Proc *p)
{
	for (Sym *q = p->param; q; q = q->next) {
		q->owner = p;
		q->level = p->level;
		q->user = !s->lib;
	}
}

/* Two routines of one name need parameters that differ, or a call could not tell them apart. */
static void check_overload(Sema *s, Sym *y)
{
	for (Sym *o = y->outer; o && o->level == y->level && o->unit == y->unit && o->user == y->user && o->kind == S_PROC; o = o->outer)
		if (type_same_params(s, o->type, y->type) || sema_iso_strict(s)) {
			diag_error(s->c, y->at, "'%s' is already declared", diag_name(s->c, y->name));
			diag_note(s->c, o->at, "declared here");
			return;
		}
}

static Sym *add_proc(Sema *s, Node *n)
{
	Proc *p = arena_alloc(s->a, sizeof *p);
	Sym *y = sema_declare(s, S_PROC, n->name, n->at, type_new(s, T_PROC, 8, 4));
	*p = (Proc){ .outer = s->proc, .sym = y, .name = n->name, .at = n->at, .level = (u16)(s->level + 1), .lib = s->lib };
	y->owner = p;
	y->address = true;
	y->flags = n->flags;
	p->needs_link = p->level > 2;
	if (s->proc->level >= 2)
		s->proc->has_inner = true;
	p->param = y->type->list = sema_params(s, n->a, &p->nparam);
	y->type->nparam = p->nparam;
	sema_bind_params(s, p);
	if (n->b)
		p->result = y->type->base = sema_type(s, n->b);
	else if (n->sw & 128) {
		diag_error(s->c, n->at, "a function needs a result type");
		p->result = y->type->base = s->t_poison;
	}
	if (p->result && p->result->has_file)
		diag_error(s->c, n->b->at, "a function cannot return files");
	check_overload(s, y);
	return y;
}

static bool awaits_body(const Sema *s, const Sym *y)
{
	return y->kind == S_PROC && y->level == s->level && y->unit == s->in_unit && y->owner->forward && !y->owner->block;
}

/* A routine whose heading came before: with `forward`, or in the interface.  ISO: the heading is not repeated; if it is, it must
 * be the same.  Of several with one name it is the one that is the same. */
static Sym *forward_proc(Sema *s, Node *n)
{
	Sym *only = NULL, *fits = NULL;
	u32 waiting = 0, errors = s->c->nerr;
	for (Sym *y = visible(s, n->name); y && y->kind == S_PROC; y = y->outer)
		if (awaits_body(s, y))
			only = y, waiting++;
	if (!only || (waiting == 1 && !n->a && !n->b))
		return only;
	Type again = { .base = NULL };
	again.list = sema_params(s, n->a, &again.nparam);
	again.base = n->b ? sema_type(s, n->b) : NULL;
	if (s->c->nerr != errors)
		return only;
	for (Sym *y = visible(s, n->name); y && y->kind == S_PROC && !fits; y = y->outer)
		if (awaits_body(s, y) && type_same_params(s, y->type, &again))
			fits = y;
	if (!fits && waiting == 1 && !(n->flags & NF_OVERLOAD) && !(only->flags & NF_OVERLOAD)) {
		diag_error(s->c, n->at, "this heading differs from that of the forward declaration");
		diag_note(s->c, only->owner->at, "declared here");
		return only;
	}
	if (fits)
		for (Sym *q = fits->owner->param, *r = again.list; q && r; q = q->next, r = r->next)
			q->name = r->name;
	return fits;
}

static void proc_body(Sema *s, Proc *p);

void sema_proc_body(Sema *s, Proc *p, Node *block)
{
	p->block = block;
	if (s->lib && s->level == 1)
		vec_push(&s->queue, p);
	else
		proc_body(s, p);
}

static void add_proc_last(Sema *s, Proc *p);

/* A routine of the host's: its body is made by the generator. */
static void external(Sema *s, Proc *p, Node *n)
{
	p->external = n;
	p->block = sema_make(s, N_BLOCK, n, NULL, NULL);
	p->block->b = sema_make(s, N_EMPTY, n, NULL, NULL);
	add_proc_last(s, p);
}

Sym *sema_declare_routine(Sema *s, Node *n)
{
	return add_proc(s, n);
}

static void declare_proc(Sema *s, Node *n)
{
	if (n->d && n->d->op == N_GENERIC) {
		sema_generic(s, n);
		return;
	}
	if (n->d && n->d->op == N_TNAME) {
		if (!sema_generic_body(s, n))
			sema_method_body(s, n);
		return;
	}
	Sym *y = forward_proc(s, n);
	if (!y)
		y = add_proc(s, n);
	if (n->c && n->c->op == N_EXTERNAL)
		external(s, y->owner, n->c);
	else if (n->c)
		sema_proc_body(s, y->owner, n->c);
	else
		y->owner->forward = true;
}

/* A type whose members may be about itself: its name is known before they are. */
static void declare_class(Sema *s, Node *n)
{
	Sym *y = visible(s, n->name);
	bool record = n->a->op == N_TRECORD || (n->a->flags & NF_OBJECT);
	bool announced = y && y->kind == S_TYPE && y->type->kind == T_CLASS && y->type->ahead && y->level == s->level && y->unit == s->in_unit;
	Type *t = announced ? y->type : type_new(s, record ? T_RECORD : T_CLASS, record ? 0 : 4, record ? 1 : 4);
	if (!announced) {
		t->name = n->name;
		t->at = n->at;
		if (!record) {
			t->base = type_new(s, T_RECORD, 0, 4);
			t->base->name = n->name;
		}
		sema_declare(s, S_TYPE, n->name, n->at, t);
	}
	if (n->a->op == N_TRECORD)
		sema_record(s, n->a, t);
	else
		sema_class(s, n->a, t);
}

static void declare_one(Sema *s, Node *n)
{
	switch (n->op) {
	case N_LABELDEF: declare_label(s, n); break;
	case N_CONSTDEF: sema_constdef(s, n); break;
	case N_VARDEF: declare_vars(s, n); break;
	case N_USES: sema_unit_use(s, n); break;
	case N_PROC: declare_proc(s, n); break;
	case N_GENERIC: sema_generic(s, n); break;
	case N_TYPEDEF: {
		if (sema_is_class_node(n->a)) {
			s->types++;
			declare_class(s, n);
			s->types--;
			break;
		}
		Type *t = sema_type(s, n->a);
		if (!t->name && t->kind != T_POISON && n->a->op != N_TNAME)
			t->name = n->name;
		sema_declare(s, S_TYPE, n->name, n->at, t);
		break;
	}
	}
}

void sema_declarations(Sema *s, Node *list)
{
	for (Node *n = list; n; n = n->next) {
		declare_one(s, n);
		if (n->op == N_TYPEDEF ? !n->next || n->next->op != N_TYPEDEF : s->ptr.n > s->ptr_from)
			sema_pointers(s);
	}
}

/* The same for the methods of a type. */
static void methods_there(Sema *s, const Node *n)
{
	Sym *y = visible(s, n->name);
	const Type *t = y && y->kind == S_TYPE ? y->type : NULL;
	const Type *body = t && t->kind == T_CLASS ? t->base : t;
	if (t && t->kind == T_CLASS && t->ahead)
		diag_error(s->c, n->at, "the class '%s' is announced only", diag_name(s->c, n->name));
	for (const Sym *f = body && body->kind == T_RECORD && y->at.pos == n->at.pos ? body->list : NULL; f; f = f->next)
		if (f->kind == S_PROC && !f->owner->block && !(f->flags & NF_ABSTRACT))
			diag_error(s->c, f->at, "the body of '%s' is missing", diag_name(s->c, f->name));
}

void sema_bodies_there(Sema *s, Node *list)
{
	for (Node *n = list; n; n = n->next) {
		if (n->op == N_TYPEDEF && sema_is_class_node(n->a))
			methods_there(s, n);
		Sym *y = n->op == N_PROC && !n->c && !n->d ? visible(s, n->name) : NULL;
		for (; y && y->kind == S_PROC && y->at.pos != n->at.pos; y = y->outer)
			;
		if (y && y->kind == S_PROC && y->owner->forward && !y->owner->block)
			diag_error(s->c, n->at, "the body of '%s' is missing", diag_name(s->c, n->name));
	}
}

static void declare_all(Sema *s, Node *list)
{
	sema_iso_order(s, list);
	sema_declarations(s, list);
	sema_bodies_there(s, list);
}

/* ---- routines ---- */

static void add_proc_last(Sema *s, Proc *p)
{
	s->last->next = p;
	s->last = p;
}

static void check_labels(Sema *s, Proc *p)
{
	for (Label *l = p->label; l; l = l->next) {
		if (l->used && !l->defined)
			diag_error(s->c, l->at, "this label is declared and used but stands before no statement");
		sema_iso_gotos(s, l);
	}
}

static void declare_params(Sema *s, Proc *p)
{
	for (Sym *q = p->param; q; q = q->next) {
		Sym *old = q->name->sym;
		if (old && old->level == q->level && old->owner == p) {
			diag_error(s->c, q->at, "'%s' is already declared", diag_name(s->c, q->name));
			continue;
		}
		q->outer = old;
		q->name->sym = q;
	}
}

static void undeclare_params(Proc *p)
{
	for (Sym *q = p->param; q; q = q->next)
		if (q->name->sym == q)
			q->name->sym = q->outer;
}

static void proc_body(Sema *s, Proc *p)
{
	Proc *outer = s->proc;
	With *with = s->with;
	u32 loops = s->loops;
	bool lib = s->lib;
	u32 block = s->block, handlers = s->handlers;
	Seq *seq = s->seq;
	Sym *up = scope_push(s);
	s->seq = NULL;
	s->proc = p;
	s->with = NULL;
	s->loops = 0;
	s->handlers = 0;
	s->lib = p->lib;
	declare_params(s, p);
	if (p->result) {
		p->result_var = arena_alloc(s->a, sizeof *p->result_var);
		*p->result_var = (Sym){ .kind = S_VAR, .name = p->name, .type = p->result, .level = s->level, .user = !s->lib, .owner = p, .at = p->at };
	}
	declare_all(s, p->block->a);
	sema_stmt(s, p->block->b);
	check_labels(s, p);
	p->vars = s->scope;
	scope_pop(s, up);
	undeclare_params(p);
	s->block = block;
	s->seq = seq;
	s->proc = outer;
	s->with = with;
	s->loops = loops;
	s->handlers = handlers;
	s->lib = lib;
	add_proc_last(s, p);
}

/* ---- the program ---- */

static void predefine(Sema *s)
{
	static const char *const builtin[] = {
#define B(id, name) name,
#include "builtins.def"
#undef B
	};
	static const struct { const char *name; u32 v; bool truth; } con[] = { { "false", 0, true }, { "true", 1, true }, { "maxint", INT32_MAX, false }, { "maxlongint", INT32_MAX, false } };
	Span none = { 0, 0 };
	type_init(s);
	for (u32 i = 0; i < COUNT(builtin); i++)
		sema_declare(s, S_BUILTIN, ast_name(s->c, builtin[i], (u32)strlen(builtin[i])), none, s->t_void)->builtin = i;
	sema_declare(s, S_UNIT, ast_name(s->c, "system", 6), none, s->t_void);
	for (u32 i = 0; i < COUNT(con); i++) {
		Node *n = arena_alloc(s->a, sizeof *n);
		sema_int(n, con[i].v, con[i].truth ? s->t_bool : s->t_int);
		sema_declare(s, S_CONST, ast_name(s->c, con[i].name, (u32)strlen(con[i].name)), none, n->type)->value = n;
	}
	for (u32 i = 1; i <= 3; i++) {
		const char *name = (const char *[]){ "", "input", "output", "stderr" }[i];
		Sym *y = sema_declare(s, S_VAR, ast_name(s->c, name, (u32)strlen(name)), none, s->t_text);
		y->builtin = i;
		y->uplevel = true;
	}
}

static bool declares(const Node *list, const Name *name)
{
	for (const Node *n = list; n; n = n->next) {
		if (n->op != N_LABELDEF && n->op != N_EMPTY && n->op != N_VARDEF && n->name == name)
			return true;
		for (const Node *id = n->op == N_VARDEF ? n->a : NULL; id; id = id->next)
			if (id->name == name)
				return true;
	}
	return false;
}

/* Files that the program's heading names are those of the world outside.  One that the program does not declare
 * is a text file, as `prd` and `prr` are in the programs of Pascal-P. */
static void declare_files(Sema *s, const Node *program)
{
	for (Node *n = program->c; n; n = n->next)
		if (!n->name->sym && !declares(program->a, n->name))
			sema_declare(s, S_VAR, n->name, n->at, s->t_text);
}

static void bind_files(const Node *program)
{
	u16 place = 0;
	for (Node *n = program->c; n; n = n->next) {
		Sym *y = n->name->sym;
		if (y && y->kind == S_VAR && y->builtin)
			continue; /* input, output */
		place++;
		if (y && y->user && y->kind == S_VAR && (y->type->kind == T_TEXT || y->type->kind == T_FILE)) {
			y->bound = place;
			y->address = true;
		}
	}
}

bool sema_program(Sema *s, Node *program)
{
	Proc *p = arena_alloc(s->a, sizeof *p);
	*p = (Proc){ .level = 1, .name = ast_name(s->c, "main", 4), .at = program->at };
	s->main = s->proc = s->last = p;
	predefine(s);
	p->block = program;
	s->level = 1;
	s->block = ++s->nblock;
	sema_iso_heading(s, program->c);
	declare_files(s, program);
	declare_all(s, program->a);
	bind_files(program);
	sema_instances(s);
	sema_stmt(s, program->b);
	sema_instances(s);
	sema_instances_complete(s);
	check_labels(s, p);
	p->vars = s->scope;
	s->lib = true;
	for (u32 i = 0; i < s->queue.n; i++)
		proc_body(s, s->queue.p[i]);
	return s->c->nerr == 0;
}
