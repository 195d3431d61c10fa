/* gen_io: text input and output. */
#include "gen.h"

static void push_width(Gen *g, Node *w, i32 otherwise)
{
	if (!w) {
		E1(I32_CONST, otherwise);
		return;
	}
	gen_int(g, w);
	if (g->c->o->iso && (g->sw & SW_RANGE) && w->op != N_INT)
		E2(CHECK_RANGE, 1, INT32_MAX);
}

/* Pushes the file's number. */
static void push_file(Gen *g, Node *f, u32 standard)
{
	if (!f) {
		E1(I32_CONST, standard);
	} else if (f->op == N_VAR && f->sym->builtin && !f->sym->address) {
		E1(I32_CONST, f->sym->builtin);
	} else {
		Place p = gen_place(g, f);
		E2(I32_LOAD, 2, p.off);
	}
}

static bool is_fixed(const Node *f)
{
	return !f || f->op == N_VAR;
}

/* Pushes the address and length of the table of names that calls.def describes.  The names are spelt as where
 * the program declares them. */
static void push_names(Gen *g, Type *t)
{
	t = type_host(g->s, t);
	u32 count = (u32)t->hi + 1;
	if (!t->names) {
		Buf table = { 0 };
		for (u32 i = 0; i < count; i++)
			buf_u32(&table, 0);
		for (Sym *y = t->list; y; y = y->next_value) {
			const Source *s = ast_source_at(g->c, y->at.pos);
			st32(table.p + 4 * y->value->i, (u32)table.n);
			buf_u8(&table, (u8)MIN(y->name->len, 255u));
			buf_bytes(&table, s->text + (y->at.pos - s->base), MIN(y->name->len, 255u));
		}
		t->names = pb_data(g->b, table.p, (u32)table.n, 4);
		buf_free(&table);
	}
	E1(I32_CONST, t->names);
	E1(I32_CONST, count);
}

/* ISO 7185 cuts what does not fit; only a width that is known here can cut. */
/* With a width that is known at run time only: the length on the stack, or the width if that is less. */
static void cut_later(Gen *g, bool iso, Node *width)
{
	if (!iso || !width || width->op == N_INT)
		return;
	u32 len = gen_temp(g, 'i'), w = gen_temp(g, 'i');
	E1(LOCAL_SET, len);
	gen_int(g, width);
	E1(LOCAL_SET, w);
	E1(LOCAL_GET, len);
	E1(LOCAL_GET, w);
	E1(LOCAL_GET, len);
	E1(LOCAL_GET, w);
	E(I32_LT_S);
	E(SELECT);
}

static u32 cut(bool iso, const Node *width, u32 len)
{
	return iso && width && width->op == N_INT && width->i >= 0 ? (u32)MIN(width->i, (i64)len) : len;
}

/* In {$mode iso}, as Free Pascal writes there: in 5 columns and small letters. */
static void write_iso_bool(Gen *g, Node *v, Node *width)
{
	u8 table[8 + 6 + 5] = { 8, 0, 0, 0, 14, 0, 0, 0, 5, 'f', 'a', 'l', 's', 'e', 4, 't', 'r', 'u', 'e' };
	bool later = width && width->op != N_INT;
	table[8] = (u8)cut(true, width, 5);
	table[14] = (u8)cut(true, width, 4);
	u32 at = pb_data(g->b, table, sizeof table, 4);
	if (later) { /* the name as a text, which can be cut */
		u32 k = gen_temp(g, 'i');
		gen_expr(g, v);
		E1(LOCAL_SET, k);
		E1(I32_CONST, at + 15);
		E1(I32_CONST, at + 9);
		E1(LOCAL_GET, k);
		E(SELECT);
		E1(I32_CONST, 5);
		E1(LOCAL_GET, k);
		E(I32_SUB);
		cut_later(g, true, width);
		push_width(g, width, 5);
		gen_call_sys(g, "text.write.str", "iiii:");
		return;
	}
	E1(I32_CONST, at);
	E1(I32_CONST, 2);
	gen_expr(g, v);
	push_width(g, width, 5);
	gen_call_sys(g, "text.write.enum", "iiiii:");
}

/* A Turbo string.  Its address is found before the file is pushed: it takes a local. */
static void write_string(Gen *g, Node *f, Node *v, Node *width)
{
	u32 at = gen_temp(g, 'i'), len = gen_temp(g, 'i');
	gen_view(g, v);
	E1(LOCAL_SET, len);
	E1(LOCAL_SET, at);
	push_file(g, f, 2);
	E1(LOCAL_GET, at);
	E1(LOCAL_GET, len);
	push_width(g, width, -1);
	gen_call_sys(g, "text.write.str", "iiii:");
}

static void write_ordinal(Gen *g, Node *v, Node *width, bool iso)
{
	switch (v->type->kind) {
	case T_INT:
		gen_wide(g, v);
		push_width(g, width, !iso ? -1 : type_wide(v->type) ? 20 : 11);
		gen_call_sys(g, v->type->u64 ? "text.write.uint" : "text.write.int", "ili:");
		return;
	case T_ENUM:
		push_names(g, v->type);
		gen_expr(g, v);
		push_width(g, width, -1);
		gen_call_sys(g, "text.write.enum", "iiiii:");
		return;
	}
	gen_expr(g, v);
	push_width(g, width, -1);
	gen_call_sys(g, v->type->kind == T_BOOL ? "text.write.bool" : "text.write.char", "iii:");
}

static void write_one(Gen *g, Node *f, Node *n, bool iso)
{
	Node *v = n->op == N_FMT ? n->a : n, *width = n->op == N_FMT ? n->b : NULL, *places = n->op == N_FMT ? n->c : NULL;
	if (v->type->kind == T_STRING || v->type->kind == T_ANSI || v->type->kind == T_PTR) {
		write_string(g, f, v, width);
		return;
	}
	push_file(g, f, 2);
	if (v->type->kind == T_ARRAY) {
		gen_chars(g, v);
		E1(I32_CONST, cut(iso, width, v->type->size));
		cut_later(g, iso, width);
		push_width(g, width, -1);
		gen_call_sys(g, "text.write.str", "iiii:");
	} else if (v->type->kind == T_REAL) {
		gen_expr(g, v);
		push_width(g, width, -1);
		push_width(g, places, iso ? -2 : -1);
		gen_call_sys(g, type_single(v->type) ? "text.write.single" : "text.write.real", "idii:");
	} else if (v->type->kind == T_BOOL && iso) {
		write_iso_bool(g, v, width);
	} else {
		write_ordinal(g, v, width, iso);
	}
}

static void read_one(Gen *g, Node *f, Node *n)
{
	Type *t = n->type;
	if (t->kind == T_ANSI) {
		u32 v = gen_temp(g, 'i');
		push_file(g, f, 1);
		gen_call_rt(g, RT_ANSI_READ);
		E1(LOCAL_SET, v);
		gen_put(g, n, v);
		return;
	}
	if (t->kind == T_STRING) {
		u32 at = gen_temp(g, 'i');
		gen_addr(g, n);
		E1(LOCAL_TEE, at);
		push_file(g, f, 1);
		E1(LOCAL_GET, at);
		E1(I32_CONST, 1);
		E(I32_ADD);
		E1(I32_CONST, t->hi);
		gen_call_sys(g, "text.read.str", "iii:i");
		E2(I32_STORE8, 0, 0);
		return;
	}
	Place p = gen_place(g, n);
	push_file(g, f, 1);
	if (t->kind == T_REAL) {
		gen_call_sys(g, "text.read.real", "i:d");
	} else if (t->kind == T_CHAR) {
		gen_call_sys(g, "text.read.char", "i:i");
		gen_convert(g, g->s->t_char, 0, 255, t);
	} else if (t->kind == T_ENUM) {
		push_names(g, t);
		gen_call_sys(g, "text.read.enum", "iii:i");
		gen_convert(g, type_host(g->s, t), 0, type_host(g->s, t)->hi, t);
	} else {
		gen_call_sys(g, "text.read.int", "i:l");
		gen_convert(g, g->s->t_int64, INT64_MIN, INT64_MAX, t);
	}
	gen_store(g, p);
}

/* A file given by more than a name is found once. */
static Node *settle_file(Gen *g, Node *f, With *w, Node *ref)
{
	if (is_fixed(f))
		return f;
	w->local = gen_temp(g, 'i');
	w->direct = false;
	gen_addr(g, f);
	E1(LOCAL_SET, w->local);
	*ref = (Node){ .op = N_WITHREF, .type = f->type };
	ref->with = w;
	return ref;
}

/* The arguments are assignments to or from f^. */
static void components(Gen *g, Node *n, Node *f)
{
	for (Node *io = n->b; io; io = io->next) {
		gen_line(g, io->at);
		io->c->a = f;
		gen_assign(g, io->a, io->b);
		gen_addr(g, f);
		gen_call_sys(g, n->i == B_READ ? "file.get" : "file.put", "i:");
	}
}

static void read_write(Gen *g, Node *n)
{
	With w;
	Node ref, *f = settle_file(g, n->a, &w, &ref);
	bool wr = n->i == B_WRITE || n->i == B_WRITELN;
	if (f && f->type->kind == T_FILE) {
		components(g, n, f);
		return;
	}
	for (Node *a = n->b; a; a = a->next) {
		gen_line(g, a->at);
		if (wr)
			write_one(g, f, a, n->sw & SW_ISO);
		else
			read_one(g, f, a);
	}
	if (n->i == B_WRITELN) {
		push_file(g, f, 2);
		gen_call_sys(g, "text.write.ln", "i:");
	} else if (n->i == B_READLN) {
		push_file(g, f, 1);
		gen_call_sys(g, "text.read.ln", "i:");
	}
}

/* get(f) passes over a character, put(f) writes the one in f^. */
static void get_put(Gen *g, Node *n)
{
	push_file(g, n->a, n->i == B_GET ? 1 : 2);
	if (n->i == B_GET) {
		gen_call_sys(g, "text.read.char", "i:i");
		E(DROP);
		return;
	}
	if (n->a) {
		Place p = gen_place(g, n->a);
		E2(I32_LOAD8_U, 0, p.off + 4);
	} else {
		E1(I32_CONST, ' ');
	}
	E1(I32_CONST, -1);
	gen_call_sys(g, "text.write.char", "iii:");
}

/* reset and rewrite of a file of components; those of a file without a type have 128 bytes if none are given. */
static void open_records(Gen *g, Node *n)
{
	const Type *t = n->b->type;
	gen_addr(g, n->b);
	if (n->b->next)
		gen_int(g, n->b->next);
	else
		E1(I32_CONST, t->base ? t->base->size : 128);
	E1(I32_CONST, (n->sw & SW_ISO) != 0);
	gen_call_sys(g, n->i == B_RESET ? "file.reset" : "file.rewrite", "iii:");
}

static void open_close(Gen *g, Node *n)
{
	if (n->b->type->kind == T_FILE && (n->i == B_RESET || n->i == B_REWRITE)) {
		open_records(g, n);
		return;
	}
	static const char *const name[] = { "text.assign", "text.reset", "text.rewrite", "text.append", "text.close" };
	gen_addr(g, n->b);
	if (n->i == B_ASSIGN) {
		gen_view(g, n->b->next);
	}
	gen_call_sys(g, name[n->i - B_ASSIGN], n->i == B_ASSIGN ? "iii:" : "i:");
}

static void text_state(Gen *g, Node *n)
{
	push_file(g, n->a, n->i == B_EOF || n->i == B_EOLN ? 1 : 2);
	if (n->i == B_EOF)
		gen_call_sys(g, "text.eof", "i:i");
	else if (n->i == B_EOLN)
		gen_call_sys(g, "text.eoln", "i:i");
	else
		gen_call_sys(g, n->i == B_PAGE ? "text.page" : "text.flush", "i:");
}

static void io_check(Gen *g, bool on)
{
	E1(I32_CONST, on);
	gen_call_sys(g, "text.iocheck", "i:");
}

/* What only files of components have. */
static void component_file(Gen *g, Node *n)
{
	Node *a = n->b, *count = a->next ? a->next->next : NULL, *done = count ? count->next : NULL;
	Place p = { 0 };
	if (done)
		p = gen_place(g, done);
	gen_addr(g, a);
	switch (n->i) {
	case B_GET: gen_call_sys(g, "file.get", "i:"); return;
	case B_PUT: gen_call_sys(g, "file.put", "i:"); return;
	case B_EOF: gen_call_sys(g, "file.eof", "i:i"); return;
	case B_FILEPOS: gen_call_sys(g, "file.pos", "i:l"); return;
	case B_FILESIZE: gen_call_sys(g, "file.size", "i:l"); return;
	case B_TRUNCATE: gen_call_sys(g, "file.truncate", "i:"); return;
	case B_SEEK:
		gen_wide(g, a->next);
		gen_call_sys(g, "file.seek", "il:");
		return;
	}
	gen_addr(g, a->next);
	gen_int(g, count);
	gen_call_sys(g, n->i == B_BLOCKREAD ? "file.block.read" : "file.block.write", "iii:i");
	if (done) {
		gen_convert(g, g->s->t_int, 0, INT32_MAX, done->type);
		gen_store(g, p);
	} else {
		E(DROP);
	}
}

void gen_io(Gen *g, Node *n)
{
	bool unchecked = !(n->sw & SW_IO), soft = g->soft && !unchecked && g->s->io_failed && !g->p->lib;
	if (unchecked || soft)
		io_check(g, false);
	bool of_file = n->a && n->a->type->kind == T_FILE; /* eof, get and put have the file in a */
	if (of_file && n->i != B_READ && n->i != B_WRITE)
		n->b = n->a;
	switch (n->i) {
	case B_READ: case B_READLN: case B_WRITE: case B_WRITELN: read_write(g, n); break;
	case B_SEEK: case B_FILEPOS: case B_FILESIZE: case B_TRUNCATE: case B_BLOCKREAD: case B_BLOCKWRITE:
		component_file(g, n);
		break;
	case B_GET: case B_PUT:
		if (of_file)
			component_file(g, n);
		else
			get_put(g, n);
		break;
	case B_ASSIGN: case B_RESET: case B_REWRITE: case B_APPEND: case B_CLOSE: open_close(g, n); break;
	case B_ERASE: case B_RENAME:
		gen_addr(g, n->b);
		if (n->i == B_RENAME)
			gen_view(g, n->b->next);
		gen_call_sys(g, n->i == B_RENAME ? "file.rename" : "file.erase", n->i == B_RENAME ? "iii:" : "i:");
		break;
	case B_EOF:
		if (of_file) {
			component_file(g, n);
			break;
		}
		/* fall through */
	default: text_state(g, n);
	}
	if (unchecked || soft)
		io_check(g, true);
	if (soft) /* raises if something went wrong */
		E1(CALL, g->s->io_failed->owner->func);
}
