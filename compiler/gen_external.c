/* gen_external: routines of the host's libraries (`external`).
 *
 * Such a routine has a body that puts its arguments into 8 bytes each and calls ffi.call, which the machine refuses unless the
 * user has said --allow-ffi.  calls.def has the letters of a signature. */
#include "gen.h"

static char letter(Gen *g, const Type *t, Span at)
{
	switch (t->kind) {
	case T_INT:
		if (t->size == 8)
			return 'l';
		return t->lo < 0 ? 'i' : t->size == 4 ? 'u' : t->size == 2 ? 'w' : 'b';
	case T_BOOL: return 'y';
	case T_CHAR: return 'b';
	case T_ENUM: return 'i';
	case T_REAL: return type_single(t) ? 'f' : 'd';
	case T_PTR: case T_ANSI: case T_DYN: return 'p';
	}
	diag_error(g->c, at, "a value of type %s cannot be given to an external routine", type_str(g->s, t));
	return 'i';
}

/* Pushes a text and its length. */
static void text(Gen *g, const char *s, u32 n)
{
	E1(I32_CONST, n ? pb_data(g->b, s, n, 1) : 0);
	E1(I32_CONST, n);
}

static bool is_word(const Node *n, const char *word)
{
	return n->op == N_ID && !strcmp(n->name->s, word);
}

/* What a word of `external` stands for: a text, or a constant that is one. */
static const Node *word_text(const Node *n)
{
	if (n && n->op == N_ID && n->name->sym && n->name->sym->kind == S_CONST)
		n = n->name->sym->value;
	return n && n->op == N_STR ? n : NULL;
}

/* Library and name: external 'lib' name 'name', each of which may be missing. */
static void push_names(Gen *g, const Proc *p)
{
	const Source *src = ast_source_at(g->c, p->at.pos);
	const Node *lib = NULL, *name = NULL;
	for (const Node *w = p->external->a; w; w = w->next) {
		if (is_word(w, "name"))
			name = word_text(w->next), w = w->next ? w->next : w;
		else if (!lib)
			lib = word_text(w);
	}
	text(g, lib ? lib->s : "", lib ? lib->n : 0);
	if (name)
		text(g, name->s, name->n);
	else
		text(g, src->text + (p->at.pos - src->base), p->name->len); /* C knows small letters from capitals */
}

/* Stores one argument, of which the P-code value is in a local, at the frame's offset. */
static void argument(Gen *g, const Sym *q, u32 local, u32 at)
{
	const Type *t = q->type;
	bool address = q->mode == MODE_VAR;
	E1(FRAME_ADDR, at);
	E1(LOCAL_GET, local);
	if (!address && t->kind == T_REAL) {
		E2(F64_STORE, 3, 0);
		return;
	}
	if (!address && type_counted(t)) { /* the address of the characters or elements */
		gen_some(g);
		E1(I32_CONST, REF_DATA);
		E(I32_ADD);
	}
	if (address || type_letter(t) == 'i')
		E(I64_EXTEND_S);
	E2(I64_STORE, 3, 0);
}

void gen_external(Gen *g, Proc *p)
{
	char sig[40];
	u32 n = 0, local = 0, base = 0, count = 0;
	for (const Sym *q = p->param; q; q = q->next)
		count++;
	if (count > 32)
		diag_error(g->c, p->at, "an external routine has at most 32 parameters");
	base = gen_frame(g, 8 * (count + 1), 8);
	sig[n++] = p->result ? letter(g, p->result, p->at) : 'v';
	if (p->result && (p->result->kind == T_ANSI || p->result->kind == T_DYN))
		diag_error(g->c, p->at, "an external function cannot give a value of type %s; use pchar", type_str(g->s, p->result));
	for (const Sym *q = p->param; q && n < 34; q = q->next, local++) {
		sig[n++] = q->mode == MODE_VAR || q->type == g->s->t_untyped ? 'p' : letter(g, q->type, q->at);
		argument(g, q, local, base + 8 * (n - 2));
	}
	sig[n] = 0;
	push_names(g, p);
	E1(I32_CONST, pb_data(g->b, sig, n + 1, 1));
	E1(FRAME_ADDR, base);
	gen_call_sys(g, "ffi.call", "iiiiii:l");
	if (!p->result)
		E(DROP);
	else if (p->result->kind == T_REAL)
		E(F64_REINTERPRET);
	else if (type_letter(p->result) == 'i')
		E(I32_WRAP);
	E(RETURN);
}
