/* sema_unit: units -- found, parsed and analysed where the first `uses` names them.
 *
 * A unit sees its own names, and below them those of the interfaces of the units that it uses, the last one first.  While
 * it is analysed everything of the text that uses it is out of sight, and is put back afterwards.  Two units may use each
 * other when one of them does so in its implementation. */
#include "sema.h"
#include "../stdlib/stdlib.h"

#include <stdlib.h>
#include <strings.h>

/* ---- finding the text ---- */

/* Whether the first word behind blanks and comments is `unit`: a program of the name that is wanted is not meant. */
static bool is_unit(const Buf *text)
{
	const char *p = (const char *)text->p, *end = p + text->n;
	while (p < end) {
		const char *close = *p == '{' ? "}" : *p == '(' ? "*)" : *p == '/' ? "\n" : NULL;
		if (close && (p = memmem(p, (size_t)(end - p), close, strlen(close))) != NULL)
			p += strlen(close);
		else if (close)
			return false;
		else if ((u8)*p <= ' ')
			p++;
		else
			break;
	}
	return end - p > 5 && !strncasecmp(p, "unit", 4) && (u8)p[4] <= ' ';
}

static const Source *from_file(Sema *s, const char *path, bool any)
{
	Buf text = { 0 };
	Err e = { 0 };
	const Source *src = NULL;
	if (file_read(path, &text, &e) && text.n <= LONGEST_INCLUDED && (any || is_unit(&text)))
		src = ast_source(s->c, path, text.n ? arena_strndup(s->a, (char *)text.p, text.n) : "", (u32)text.n, false);
	buf_free(&text);
	return src;
}

static const Source *from_library(Sema *s, const Name *name)
{
	char key[100];
	snprintf(key, sizeof key, "units/%.60s", name->s);
	for (u32 i = 0; i < stdlib_nfiles; i++)
		if (!strcmp(stdlib_files[i].name, key))
			return ast_source(s->c, stdlib_files[i].path, stdlib_files[i].text, (u32)stdlib_files[i].n, false);
	return NULL;
}

/* The file that `in` names; NAME.pas or NAME.pp beside the text that uses it, in small letters or as it is spelt there;
 * else the library's. */
static const Source *find(Sema *s, const Node *n)
{
	const Source *user = ast_source_at(s->c, n->at.pos);
	const char *slash = strrchr(user->path, '/'), *spelt = user->text + (n->at.pos - user->base);
	int dir = slash ? (int)(slash - user->path + 1) : 0;
	static const char *const ext[] = { "pas", "pp" };
	if (n->a)
		return from_file(s, arena_printf(s->a, "%.*s%.*s", n->a->s[0] == '/' ? 0 : dir, user->path, (int)n->a->n, n->a->s), true);
	for (u32 i = 0; i < 4 * COUNT(ext) && s->c->src.n < MOST_INCLUDED; i++) {
		const char *name = i & 1 ? arena_strndup(s->a, spelt, n->name->len) : n->name->s;
		bool other = i >= 2 * COUNT(ext);
		if (other && !s->c->o->units)
			break;
		const char *path = other ? arena_printf(s->a, "%s/%s.%s", s->c->o->units, name, ext[i / 2 % COUNT(ext)])
			: arena_printf(s->a, "%.*s%s.%s", dir, user->path, name, ext[i / 2]);
		const Source *src = from_file(s, path, false);
		if (src)
			return src;
	}
	return from_library(s, n->name);
}

/* ---- what is in sight ---- */

static void hide(Sym *y)
{
	Sym **p = &y->name->sym;
	while (*p && *p != y)
		p = &(*p)->outer;
	if (*p)
		*p = y->outer;
}

static void show(Sym *y)
{
	y->outer = y->name->sym;
	y->name->sym = y;
}

/* The names that the text itself has declared; `next` leads from the last to the first. */
static void hide_own(const Sema *s)
{
	for (Sym *y = s->scope; y; y = y->next)
		hide(y);
}

static void show_own(const Sema *s)
{
	VEC(Sym *) all = { 0 };
	for (Sym *y = s->scope; y; y = y->next)
		vec_push(&all, y);
	while (all.n)
		show(all.p[--all.n]);
	vec_free(&all);
}

static void hide_face(const Unit *u)
{
	for (u32 i = u->face.n; i--;)
		hide(u->face.p[i]);
}

static void show_face(const Unit *u)
{
	for (u32 i = 0; i < u->face.n; i++)
		show(u->face.p[i]);
}

static void hide_all(const Sema *s, const Unit *u)
{
	hide_own(s);
	for (u32 i = u->used.n; i--;)
		hide_face(u->used.p[i]);
}

static void show_all(const Sema *s, const Unit *u)
{
	for (u32 i = 0; i < u->used.n; i++)
		show_face(u->used.p[i]);
	show_own(s);
}

static bool in_face(const Unit *u, const Sym *y)
{
	for (u32 i = 0; i < u->face.n; i++)
		if (u->face.p[i] == y)
			return true;
	return false;
}

void sema_unit_show_hidden(Sema *s, Unit *u)
{
	VEC(Sym *) all = { 0 };
	for (Sym *y = u && u != s->in_unit && u->body ? u->body->vars : NULL; y; y = y->next)
		if (!in_face(u, y) && y->kind != S_UNIT)
			vec_push(&all, y);
	while (all.n)
		show(all.p[--all.n]);
	vec_free(&all);
}

void sema_unit_hide_hidden(Sema *s, Unit *u)
{
	for (Sym *y = u && u != s->in_unit && u->body ? u->body->vars : NULL; y; y = y->next)
		if (!in_face(u, y) && y->kind != S_UNIT)
			hide(y);
}

Sym *sema_unit_member(Sema *s, const Name *unit, Name *n)
{
	if (!strcmp(unit->s, "system")) /* what is there without any unit */
		return sema_system(s, n);
	for (u32 i = 0; i < s->unit.n; i++)
		for (u32 k = 0; s->unit.p[i]->name == unit && k < s->unit.p[i]->face.n; k++)
			if (s->unit.p[i]->face.p[k]->name == n)
				return s->unit.p[i]->face.p[k];
	return NULL;
}

/* ---- analysing ---- */

static Proc *level_one(Sema *s, Name *name, Node *block, Node *stmts)
{
	Proc *p = arena_alloc(s->a, sizeof *p);
	*p = (Proc){ .level = 1, .name = name, .at = block->at, .block = arena_alloc(s->a, sizeof(Node)) };
	if (!stmts)
		stmts = sema_make(s, N_EMPTY, block, NULL, NULL);
	*p->block = (Node){ .op = N_BLOCK, .sw = block->sw, .at = stmts->at, .b = stmts };
	return p;
}

static void add_last(Sema *s, Proc *p)
{
	s->last->next = p;
	s->last = p;
}

static void end_interface(Sema *s, Unit *u)
{
	for (Sym *y = s->scope; y; y = y->next)
		if (y->kind != S_UNIT)
			vec_push(&u->face, y);
	for (u32 i = 0; i < u->face.n / 2; i++) { /* first to last */
		Sym *y = u->face.p[i];
		u->face.p[i] = u->face.p[u->face.n - 1 - i];
		u->face.p[u->face.n - 1 - i] = y;
	}
	u->open = false;
}

/* SysUtils makes exceptions of run-time errors. */
static void find_traps(Sema *s, const Unit *u)
{
	Name *trap = ast_name(s->c, "raise_run_time_error", 20), *io = ast_name(s->c, "raise_io_error", 14);
	for (u32 i = 0; i < u->face.n && !strcmp(u->name->s, "sysutils"); i++) {
		if (u->face.p[i]->name == trap)
			s->trapped = u->face.p[i];
		else if (u->face.p[i]->name == io)
			s->io_failed = u->face.p[i];
	}
}

static void parts(Sema *s, Unit *u)
{
	Node *n = u->node;
	sema_declarations(s, n->a);
	end_interface(s, u);
	find_traps(s, u);
	sema_declarations(s, n->b);
	sema_bodies_there(s, n->a);
	sema_bodies_there(s, n->b);
	sema_instances(s);
	if (n->c)
		sema_stmt(s, n->c);
	u->body->vars = s->scope;
	add_last(s, u->body);
	if (!n->d)
		return;
	u->final = level_one(s, u->name, n, n->d);
	s->proc = u->final;
	sema_stmt(s, n->d);
	add_last(s, u->final);
}

static Unit *load(Sema *s, const Node *n, const Source *src, Unit *user)
{
	Unit *u = arena_alloc(s->a, sizeof *u);
	u->name = n->name;
	u->open = true;
	vec_push(&s->unit, u);
	u->node = pascal_parse(s->c, src, PARSE_UNIT);
	if (!u->node)
		return u;
	if (u->node->name != n->name)
		diag_error(s->c, u->node->at, "this is the unit '%s', not '%s'", diag_name(s->c, u->node->name), diag_name(s->c, n->name));
	Sym *scope = s->scope;
	Proc *proc = s->proc;
	u32 block = s->block;
	hide_all(s, user);
	u->body = level_one(s, u->name, u->node, u->node->c);
	s->scope = NULL;
	s->proc = u->body;
	s->in_unit = u;
	s->block = ++s->nblock;
	parts(s, u);
	hide_all(s, u);
	s->scope = scope;
	s->proc = proc;
	s->in_unit = user == s->root ? NULL : user;
	s->block = block;
	show_all(s, user);
	vec_push(&s->order, u);
	return u;
}

/* The unit of this name, loaded if it was not yet; null: there is none, or it cannot be used here. */
static Unit *get(Sema *s, const Node *n, Unit *user)
{
	for (u32 i = 0; i < s->unit.n; i++) {
		Unit *u = s->unit.p[i];
		if (u->name != n->name)
			continue;
		if (u->open && u->node)
			diag_error(s->c, n->at, "the interfaces of '%s' and of a unit that it uses need each other", diag_name(s->c, n->name));
		return u->open ? NULL : u;
	}
	const Source *src = find(s, n);
	if (src)
		return load(s, n, src, user);
	diag_error(s->c, n->at, "there is no unit '%s'", diag_name(s->c, n->name));
	return NULL;
}

void sema_unit_use(Sema *s, Node *n)
{
	if (!s->root)
		s->root = arena_alloc(s->a, sizeof *s->root);
	Unit *user = s->in_unit ? s->in_unit : s->root, *u = strcmp(n->name->s, "system") != 0 ? get(s, n, user) : NULL;
	for (u32 i = 0; u && i < user->used.n; i++)
		if (user->used.p[i] == u)
			return;
	if (!u)
		return;
	hide_own(s);
	show_face(u);
	vec_push(&user->used, u);
	show_own(s);
	sema_declare(s, S_UNIT, n->name, n->at, s->t_void);
}

void sema_unit_end(Sema *s)
{
	for (u32 i = 0; i < s->unit.n; i++) {
		vec_free(&s->unit.p[i]->face);
		vec_free(&s->unit.p[i]->used);
	}
	if (s->root)
		vec_free(&s->root->used);
	vec_free(&s->unit);
	vec_free(&s->order);
}
