/* sema_iso: what ISO 7185 forbids and Turbo Pascal allows.  Everything here is asked for with --std=iso only. */
#include "sema.h"

/* True where the standard alone counts: not in the standard library. */
bool sema_iso_strict(const Sema *s)
{
	return s->c->o->iso && !s->lib;
}

/* ---- declarations (6.2.1) ---- */

static u32 part_of(const Node *n)
{
	switch (n->op) {
	case N_LABELDEF: return 1;
	case N_CONSTDEF: return 2;
	case N_TYPEDEF: return 3;
	case N_VARDEF: return 4;
	case N_PROC: return 5;
	}
	return 0;
}

/* Labels, constants, types, variables and routines stand in this order, each part once. */
void sema_iso_order(Sema *s, const Node *list)
{
	static const char *const name[] = { "", "labels", "constants", "types", "variables", "routines" };
	u32 before = 0;
	for (const Node *n = list; n && sema_iso_strict(s); n = n->next) {
		u32 part = part_of(n);
		if (part && part < before) {
			diag_error(s->c, n->at, "%s must be declared before %s in ISO Pascal", name[part], name[before]);
			return;
		}
		before = MAX(before, part);
	}
}

/* A name cannot mean one thing and then another in one block (6.2.2): n is declared here and was used before. */
void sema_iso_used_before(Sema *s, const Name *n, Span at)
{
	if (sema_iso_strict(s) && n->used && n->used == s->block)
		diag_error(s->c, at, "'%s' was used in this block before with another meaning", diag_name(s->c, n));
}

/* The heading names a file once (6.10). */
void sema_iso_heading(Sema *s, const Node *list)
{
	for (const Node *n = list; n && sema_iso_strict(s); n = n->next)
		for (const Node *m = n->next; m; m = m->next)
			if (m->name == n->name)
				diag_error(s->c, m->at, "'%s' is there already", diag_name(s->c, m->name));
}

void sema_iso_label(Sema *s, const Node *n)
{
	if (!sema_iso_strict(s))
		return;
	if (n->sw & 128)
		diag_error(s->c, n->at, "a label is a number in ISO Pascal");
	else if (n->i > 9999)
		diag_error(s->c, n->at, "a label is at most 9999 in ISO Pascal");
}

/* ---- labels (6.8.1) ---- */

/* A goto leads to a statement that contains it, or to one in a sequence of statements that contains it; from another
 * block only to the outermost sequence. */
void sema_iso_gotos(Sema *s, const Label *l)
{
	if (!sema_iso_strict(s))
		return;
	if (!l->defined && !l->used)
		diag_error(s->c, l->at, "this label stands before no statement");
	for (const Goto *j = l->gotos; j && l->defined; j = j->next) {
		const Seq *q = j->seq;
		while (q && q != l->seq)
			q = q->up;
		if (j->proc == l->owner ? !q : l->seq->up != NULL)
			diag_error(s->c, j->at, "this jumps into a statement");
	}
}

/* ---- records (6.4.3.3) ---- */

/* Every value of the tag's type has a variant. */
void sema_iso_variants(Sema *s, const Node *n, const Type *tag)
{
	u64 have = 0;
	if (!sema_iso_strict(s) || !type_ordinal(tag))
		return;
	for (const Node *v = n->b; v; v = v->next)
		for (const Node *k = v->a; k; k = k->next) {
			const Node *lo = k->op == N_RANGE ? k->a : k, *hi = k->op == N_RANGE ? k->b : k;
			if (lo->op != N_INT || hi->op != N_INT)
				return;
			if (lo->i < tag->lo || hi->i > tag->hi)
				diag_error(s->c, k->at, "this value is outside the range of the tag");
			else
				have += (u64)(hi->i - lo->i) + 1;
		}
	if (have != (u64)(tag->hi - tag->lo) + 1)
		diag_error(s->c, n->at, "every value of the tag must have a variant in ISO Pascal");
}

/* ---- for (6.8.3.9) ---- */

/* The variable belongs to this block, and no inner routine may change it. */
void sema_iso_for(Sema *s, const Sym *y, Span at)
{
	if (!sema_iso_strict(s))
		return;
	if (y->owner != s->proc || y->param)
		diag_error(s->c, at, "the counter of 'for' must be a variable of this block");
	else if (y->threat.end) {
		diag_error(s->c, at, "'%s' counts a 'for' statement, and an inner routine may change it", diag_name(s->c, y->name));
		diag_note(s->c, y->threat, "here");
	}
}

/* ---- parameters (6.6.3.3) ---- */

/* n is passed by reference: no component of something packed, and no tag. */
void sema_iso_var_arg(Sema *s, const Node *n)
{
	if (!sema_iso_strict(s) || (n->op != N_FIELD && n->op != N_INDEX))
		return;
	if (n->op == N_FIELD && n->sym->tag)
		diag_error(s->c, n->at, "a tag cannot be a var parameter");
	else if (n->a->type->packed)
		diag_error(s->c, n->at, "a component of something packed cannot be a var parameter");
}

/* ---- strings (6.1.7, 6.4.3.2) ---- */

void sema_iso_literal(Sema *s, const Node *n)
{
	if (sema_iso_strict(s) && n->n == 0)
		diag_error(s->c, n->at, "a string has at least one character in ISO Pascal");
}

/* A literal or array of characters must be as long as the array that it is assigned to.  True: it was refused. */
bool sema_iso_length(Sema *s, const Node *n, const Type *to, const char *what)
{
	if (!sema_iso_strict(s) || !type_is_chars(to))
		return false;
	if (to->base != s->t_char) {
		diag_error(s->c, n->at, "a string of ISO Pascal is an array of char itself");
		return true;
	}
	u32 have = n->op == N_STR ? n->n : n->type->kind == T_CHAR ? 1 : n->type->size;
	if (have == to->size && to->size > 1 && n->type->kind != T_CHAR)
		return false;
	diag_error(s->c, n->at, "%s has %u character%s, not %u", what, have, have == 1 ? "" : "s", to->size);
	return true;
}

/* write(x : w : d): both are at least 1 (6.9.3). */
void sema_iso_width(Sema *s, const Node *w)
{
	if (sema_iso_strict(s) && w && w->op == N_INT && w->i < 1)
		diag_error(s->c, w->at, "a field width is at least 1 in ISO Pascal");
}
