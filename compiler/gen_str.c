/* gen_str: Turbo strings (a length byte, then the characters) and strings of characters. */
#include "gen.h"

/* ---- values ---- */

static u32 literal(Gen *g, const char *s, u32 n)
{
	u8 p[256];
	n = MIN(n, 255u);
	p[0] = (u8)n;
	memcpy(p + 1, s, n);
	return pb_data(g->b, p, n + 1, 1);
}

/* Pushes the address of the characters of a string of characters. */
void gen_chars(Gen *g, Node *n)
{
	if (n->op == N_STR)
		E1(I32_CONST, literal(g, n->s, n->n) + (n->n < 256));
	else
		gen_expr(g, n);
}

static bool is_concat(const Node *n)
{
	return n->type->kind == T_STRING && (n->op == N_ADD || (n->op == N_BUILTIN && n->i == B_CONCAT));
}

static void append(Gen *g, u32 to, Node *n);

/* Appends the operands of a concatenation, from the left, to the string at frame offset `to`; a chain of + in a
 * loop down and up its left side. */
static void append_all(Gen *g, u32 to, Node *n)
{
	Node *up = NULL;
	for (; is_concat(n) && n->op == N_ADD; n = n->a) {
		n->d = up;
		up = n;
	}
	if (is_concat(n))
		for (Node *a = n->b; a; a = a->next)
			append_all(g, to, a);
	else
		append(g, to, n);
	for (; up; up = up->d)
		append_all(g, to, up->b);
}

static void append(Gen *g, u32 to, Node *n)
{
	E1(FRAME_ADDR, to);
	E1(I32_CONST, 255);
	gen_str(g, n);
	gen_call_rt(g, RT_STR_APPEND);
}

static void from_char(Gen *g, Node *n)
{
	u32 at = gen_frame(g, 2, 2);
	E1(FRAME_ADDR, at);
	gen_expr(g, n);
	E2(I32_STORE8, 0, 1);
	E1(FRAME_ADDR, at);
	E1(I32_CONST, 1);
	E2(I32_STORE8, 0, 0);
	E1(FRAME_ADDR, at);
}

static void from_chars(Gen *g, Node *n)
{
	u32 len = MIN(n->type->size, 255u), at = gen_frame(g, len + 1, 1);
	E1(FRAME_ADDR, at + 1);
	gen_chars(g, n);
	E1(I32_CONST, len);
	E(MEM_COPY);
	E1(FRAME_ADDR, at);
	E1(I32_CONST, len);
	E2(I32_STORE8, 0, 0);
	E1(FRAME_ADDR, at);
}

void gen_str(Gen *g, Node *n)
{
	if (n->op == N_STR) {
		E1(I32_CONST, literal(g, n->s, n->n));
	} else if (is_concat(n)) {
		u32 at = gen_frame(g, 256, 8);
		E1(FRAME_ADDR, at);
		E1(I32_CONST, 0);
		E2(I32_STORE8, 0, 0);
		append_all(g, at, n);
		E1(FRAME_ADDR, at);
	} else if (n->op == N_INT) {
		char c = (char)n->i;
		E1(I32_CONST, literal(g, &c, 1));
	} else if (n->type->kind == T_CHAR) {
		from_char(g, n);
	} else if (n->type->kind == T_STRING) {
		gen_expr(g, n);
	} else if (n->type->kind == T_ANSI || n->type->kind == T_PTR) {
		u32 at = gen_frame(g, 256, 8);
		E1(FRAME_ADDR, at);
		E1(I32_CONST, 255);
		gen_view(g, n);
		gen_call_rt(g, RT_STR_PUT);
		E1(FRAME_ADDR, at);
	} else {
		from_chars(g, n);
	}
}

/* ---- assignment ---- */

static bool same_variable(const Node *a, const Node *b)
{
	return a->op == N_VAR && b->op == N_VAR && a->sym == b->sym;
}

/* s := s + x appends in place. */
static bool appends_itself(const Node *to, const Node *from)
{
	return from->op == N_ADD && is_concat(from) && same_variable(to, from->a);
}

/* s := s + c, which is what programs that take a text apart spend their time on: without a string of one character and
 * a call. */
static void append_char(Gen *g, Node *to, Node *c)
{
	u32 at = gen_temp(g, 'i'), x = gen_temp(g, 'i'), len = gen_temp(g, 'i'), full = pb_label(g->b);
	gen_addr(g, to);
	E1(LOCAL_SET, at);
	gen_expr(g, c);
	E1(LOCAL_SET, x);
	E1(LOCAL_GET, at);
	E2(I32_LOAD8_U, 0, 0);
	E1(LOCAL_TEE, len);
	E1(I32_CONST, to->type->hi);
	E(I32_GE_S);
	E1(JUMP_IF, full);
	E1(LOCAL_GET, at);
	E1(LOCAL_GET, len);
	E(I32_ADD);
	E1(LOCAL_GET, x);
	E2(I32_STORE8, 0, 1);
	E1(LOCAL_GET, at);
	E1(LOCAL_GET, len);
	E1(I32_CONST, 1);
	E(I32_ADD);
	E2(I32_STORE8, 0, 0);
	E1(LABEL, full);
}

void gen_str_assign(Gen *g, Node *to, Node *from)
{
	i64 cap = to->type->hi;
	if (appends_itself(to, from)) {
		if (from->b->type->kind == T_CHAR) {
			append_char(g, to, from->b);
			return;
		}
		gen_addr(g, to);
		E1(I32_CONST, cap);
		gen_str(g, from->b);
		gen_call_rt(g, RT_STR_APPEND);
		return;
	}
	gen_addr(g, to);
	if (from->op == N_STR && (i64)from->n <= cap) {
		E1(I32_CONST, literal(g, from->s, from->n));
		E1(I32_CONST, from->n + 1);
		E(MEM_COPY);
		return;
	}
	E1(I32_CONST, cap);
	if (from->type->kind == T_ANSI) {
		gen_view(g, from);
		gen_call_rt(g, RT_STR_PUT);
		return;
	}
	gen_str(g, from);
	gen_call_rt(g, RT_STR_ASSIGN);
}

/* ---- comparison ---- */

void gen_str_compare(Gen *g, Node *n)
{
	static const u8 op[6] = { P_I32_EQ, P_I32_NE, P_I32_LT_S, P_I32_GT_S, P_I32_LE_S, P_I32_GE_S };
	const Type *a = n->a->type, *b = n->b->type;
	if (a->kind == T_ARRAY && b->kind == T_ARRAY && a->size == b->size) {
		gen_chars(g, n->a);
		gen_chars(g, n->b);
		E1(I32_CONST, a->size);
		E(MEM_CMP);
	} else if (a->kind == T_STRING && n->b->op == N_STR && n->b->n == 0) { /* the length says it */
		gen_str(g, n->a);
		E2(I32_LOAD8_U, 0, 0);
	} else {
		gen_str(g, n->a);
		gen_str(g, n->b);
		gen_call_rt(g, RT_STR_CMP);
	}
	E1(I32_CONST, 0);
	pb_op(g->b, op[n->op - N_EQ]);
}

/* ---- predefined routines ---- */

/* str(x : w : d, s) */
static void str(Gen *g, Node *n)
{
	Node *f = n->b, *v = f->op == N_FMT ? f->a : f, *to = f->next;
	bool real = v->type->kind == T_REAL;
	u32 at = gen_temp(g, 'i'), dynamic = to->type->kind == T_ANSI, frame = dynamic ? gen_frame(g, 256, 8) : 0;
	if (dynamic)
		E1(FRAME_ADDR, frame);
	else
		gen_addr(g, to);
	E1(LOCAL_TEE, at);
	if (real)
		gen_real(g, v);
	else
		gen_wide(g, v);
	if (f->op == N_FMT)
		gen_int(g, f->b);
	else
		E1(I32_CONST, -1);
	if (real && f->op == N_FMT && f->c)
		gen_int(g, f->c);
	else if (real)
		E1(I32_CONST, -1);
	E1(LOCAL_GET, at);
	E1(I32_CONST, 1);
	E(I32_ADD);
	E1(I32_CONST, dynamic ? 255 : to->type->hi);
	if (real)
		gen_call_sys(g, type_single(v->type) ? "str.single" : "str.real", "diiii:i");
	else
		gen_call_sys(g, v->type->u64 ? "str.uint" : "str.int", "liii:i");
	E2(I32_STORE8, 0, 0);
	if (!dynamic)
		return;
	E1(FRAME_ADDR, frame + 1);
	E1(FRAME_ADDR, frame);
	E2(I32_LOAD8_U, 0, 0);
	gen_call_rt(g, RT_ANSI_MAKE);
	E1(LOCAL_SET, at);
	gen_put(g, to, at);
}

/* val(s, x, code) */
static void val(Gen *g, Node *n)
{
	Node *x = n->b->next, *code = x->next;
	u32 cell = gen_frame(g, 4, 4);
	Place p = gen_place(g, x);
	gen_view(g, n->b);
	E1(FRAME_ADDR, cell);
	if (x->type->kind == T_REAL) {
		gen_call_sys(g, "val.real", "iii:d");
	} else {
		gen_call_sys(g, "val.int", "iii:l");
		gen_convert(g, g->s->t_int64, INT64_MIN, INT64_MAX, x->type);
	}
	gen_store(g, p);
	if (!code)
		return;
	p = gen_place(g, code);
	E1(FRAME_ADDR, cell);
	E2(I32_LOAD, 2, 0);
	gen_convert(g, g->s->t_int, 0, 256, code->type);
	gen_store(g, p);
}

/* A result string in a new temporary: its address comes first and is pushed again at the end. */
static u32 result(Gen *g)
{
	u32 at = gen_frame(g, 256, 8);
	E1(FRAME_ADDR, at);
	return at;
}

static void paramstr(Gen *g, Node *n)
{
	u32 at = result(g);
	gen_int(g, n->b);
	E1(FRAME_ADDR, at + 1);
	E1(I32_CONST, 255);
	gen_call_sys(g, "arg.get", "iii:i");
	E2(I32_STORE8, 0, 0);
	E1(FRAME_ADDR, at);
}

/* Whether a predefined routine works on dynamic strings or arrays here. */
static bool is_dynamic(const Node *n)
{
	const Node *a = n->b, *b = a->next;
	switch (n->i) {
	case B_STR: case B_VAL: case B_PARAMSTR: return false;
	case B_SETLENGTH: case B_SETSTRING: case B_UNIQUESTRING: case B_HIGH: return true;
	case B_INSERT: return type_counted(b->type);
	case B_POS: return type_counted(a->type) || type_counted(b->type) || b->next;
	case B_COPY: case B_CONCAT: return type_counted(n->type);
	}
	return type_counted(a->type);
}

void gen_str_builtin(Gen *g, Node *n)
{
	Node *a = n->b, *b = a ? a->next : NULL, *c = b ? b->next : NULL;
	u32 at;
	if (is_dynamic(n)) {
		const Node *to = n->i == B_INSERT ? b : a;
		if (to->type->kind == T_DYN)
			gen_dyn_builtin(g, n);
		else
			gen_ansi_builtin(g, n);
		return;
	}
	switch (n->i) {
	case B_LENGTH:
		if (a->type->conf) {
			gen_bound(g, a->type, true);
			gen_bound(g, a->type, false);
			E(I32_SUB);
			E1(I32_CONST, 1);
			E(I32_ADD);
			break;
		}
		gen_str(g, a);
		E2(I32_LOAD8_U, 0, 0);
		break;
	case B_CONCAT: gen_str(g, n); break;
	case B_COPY:
		at = result(g);
		gen_str(g, a);
		gen_int(g, b);
		if (c)
			gen_int(g, c);
		else
			E1(I32_CONST, 255);
		gen_call_rt(g, RT_STR_COPY);
		E1(FRAME_ADDR, at);
		break;
	case B_POS:
		gen_str(g, a);
		gen_str(g, b);
		gen_call_rt(g, RT_STR_POS);
		break;
	case B_INSERT:
		gen_str(g, a);
		gen_addr(g, b);
		E1(I32_CONST, b->type->hi);
		gen_int(g, c);
		gen_call_rt(g, RT_STR_INSERT);
		break;
	case B_DELETE:
		gen_addr(g, a);
		gen_int(g, b);
		gen_int(g, c);
		gen_call_rt(g, RT_STR_DELETE);
		break;
	case B_STR: str(g, n); break;
	case B_VAL: val(g, n); break;
	case B_PARAMSTR: paramstr(g, n); break;
	}
}
