/* gen_ansi: dynamic strings, and strings of any kind as their characters and how many there are. */
#include "gen.h"

/* ---- views ---- */

static void view_literal(Gen *g, const char *s, u32 n)
{
	E1(I32_CONST, n ? pb_data(g->b, s, n, 1) : 0);
	E1(I32_CONST, n);
}

/* The address on the stack is that of a block of any length: its characters, and their number. */
static void view_block(Gen *g)
{
	u32 p = gen_temp(g, 'i');
	gen_some(g);
	E1(LOCAL_TEE, p);
	E1(I32_CONST, REF_DATA);
	E(I32_ADD);
	E1(LOCAL_GET, p);
	E2(I32_LOAD, 2, REF_LENGTH);
}

static void view_char(Gen *g, Node *n)
{
	u32 at = gen_frame(g, 1, 1);
	E1(FRAME_ADDR, at);
	gen_expr(g, n);
	E2(I32_STORE8, 0, 0);
	E1(FRAME_ADDR, at);
	E1(I32_CONST, 1);
}

void gen_view(Gen *g, Node *n)
{
	u32 p;
	char c;
	if (n->op == N_STR) {
		view_literal(g, n->s, n->n);
		return;
	}
	if (n->op == N_INT) {
		c = (char)n->i;
		view_literal(g, &c, 1);
		return;
	}
	switch (n->type->kind) {
	case T_ANSI:
		gen_ref(g, n);
		view_block(g);
		break;
	case T_CHAR:
		view_char(g, n);
		break;
	case T_ARRAY:
		gen_chars(g, n);
		E1(I32_CONST, n->type->size);
		break;
	case T_PTR: /* to characters that end with a 0 */
		p = gen_temp(g, 'i');
		gen_expr(g, n);
		E1(LOCAL_TEE, p);
		E1(LOCAL_GET, p);
		gen_call_rt(g, RT_CHARS_END);
		break;
	default:
		p = gen_temp(g, 'i');
		gen_str(g, n);
		E1(LOCAL_TEE, p);
		E1(I32_CONST, 1);
		E(I32_ADD);
		E1(LOCAL_GET, p);
		E2(I32_LOAD8_U, 0, 0);
	}
}

/* ---- values ---- */

u32 gen_ansi_literal(Gen *g, const char *s, u32 n)
{
	Buf b = { 0 };
	if (!n)
		return 0;
	buf_u32(&b, UINT32_MAX);
	buf_u32(&b, n);
	buf_u32(&b, 0);
	buf_u32(&b, 0);
	buf_bytes(&b, s, n);
	buf_u8(&b, 0);
	u32 at = pb_data(g->b, b.p, (u32)b.n, 8);
	buf_free(&b);
	return at;
}

static bool is_concat(const Node *n)
{
	return n->type->kind == T_ANSI && (n->op == N_ADD || (n->op == N_BUILTIN && n->i == B_CONCAT));
}

/* Appends n to the string that local q holds. */
static void append(Gen *g, u32 q, Node *n)
{
	u32 at = gen_temp(g, 'i'), len = gen_temp(g, 'i');
	gen_view(g, n);
	E1(LOCAL_SET, len);
	E1(LOCAL_SET, at);
	E1(LOCAL_GET, q);
	E1(LOCAL_GET, at);
	E1(LOCAL_GET, len);
	gen_call_rt(g, RT_ANSI_APPEND);
	E1(LOCAL_SET, q);
}

/* The operands of a chain of +, from the left, in a loop down and up its left side. */
static void append_all(Gen *g, u32 q, Node *n)
{
	Node *up = NULL;
	for (; n->op == N_ADD && is_concat(n); n = n->a) {
		n->d = up;
		up = n;
	}
	if (is_concat(n))
		for (Node *a = n->b; a; a = a->next)
			append_all(g, q, a);
	else
		append(g, q, n);
	for (; up; up = up->d)
		append_all(g, q, up->b);
}

/* While the string grows, a temporary holds it, so that it ends should an operand raise an exception. */
static void concat(Gen *g, Node *n)
{
	u32 q = gen_hold(g, g->s->t_ansi);
	append_all(g, q, n);
	E1(LOCAL_GET, q);
	E1(I32_CONST, 0);
	E1(LOCAL_SET, q);
}

bool gen_ansi(Gen *g, Node *n)
{
	char c;
	if (n->op == N_STR) {
		E1(I32_CONST, gen_ansi_literal(g, n->s, n->n));
		return false;
	}
	if (n->op == N_INT) {
		c = (char)n->i;
		E1(I32_CONST, gen_ansi_literal(g, &c, 1));
		return false;
	}
	if (is_concat(n)) {
		concat(g, n);
		return true;
	}
	if (n->type->kind == T_ANSI) {
		gen_expr(g, n);
		return gen_owned(n);
	}
	gen_view(g, n);
	gen_call_rt(g, RT_ANSI_MAKE);
	return true;
}

/* ---- assignment, comparison ---- */

/* An operand that does not look at variable y and calls nothing that could. */
static bool leaves_alone(const Node *n, const Sym *y)
{
	return n->op == N_STR || n->op == N_INT || (n->op == N_VAR && n->sym != y);
}

/* s := s + x, where the string can grow in place.  With more operands none of them may be s, which has grown by then. */
bool gen_ansi_append(Gen *g, Node *to, Node *from)
{
	Node *first = from;
	Place p;
	if (to->op != N_VAR || from->op != N_ADD || !is_concat(from))
		return false;
	bool alone = true;
	for (; first->op == N_ADD && is_concat(first); first = first->a)
		alone = alone && leaves_alone(first->b, to->sym);
	if (first->op != N_VAR || first->sym != to->sym || !(alone || from->a == first))
		return false;
	VEC(Node *) operand = { 0 };
	for (Node *n = from; n != first; n = n->a)
		vec_push(&operand, n->b);
	while (operand.n) {
		u32 at = gen_temp(g, 'i'), len = gen_temp(g, 'i');
		gen_view(g, operand.p[--operand.n]);
		E1(LOCAL_SET, len);
		E1(LOCAL_SET, at);
		u32 place = gen_take(g, to, &p);
		E1(LOCAL_GET, at);
		E1(LOCAL_GET, len);
		gen_call_rt(g, RT_ANSI_APPEND);
		gen_give_back(g, place, &p);
	}
	vec_free(&operand);
	return true;
}

void gen_ansi_compare(Gen *g, Node *n)
{
	gen_view(g, n->a);
	gen_view(g, n->b);
	gen_call_rt(g, RT_ANSI_CMP);
}

/* ---- predefined routines ---- */

static void insert(Gen *g, Node *n)
{
	Node *x = n->b, *s = x->next, *i = s->next;
	u32 at = gen_temp(g, 'i'), len = gen_temp(g, 'i'), index = gen_temp(g, 'i');
	Place p;
	gen_view(g, x);
	E1(LOCAL_SET, len);
	E1(LOCAL_SET, at);
	gen_int(g, i);
	E1(LOCAL_SET, index);
	u32 place = gen_take(g, s, &p);
	E1(LOCAL_GET, at);
	E1(LOCAL_GET, len);
	E1(LOCAL_GET, index);
	gen_call_rt(g, RT_ANSI_INSERT);
	gen_give_back(g, place, &p);
}

static void delete(Gen *g, Node *n)
{
	Node *s = n->b, *i = s->next, *k = i->next;
	u32 index = gen_temp(g, 'i'), many = gen_temp(g, 'i');
	Place p;
	gen_int(g, i);
	E1(LOCAL_SET, index);
	gen_int(g, k);
	E1(LOCAL_SET, many);
	u32 place = gen_take(g, s, &p);
	E1(LOCAL_GET, index);
	E1(LOCAL_GET, many);
	gen_call_rt(g, RT_ANSI_DELETE);
	gen_give_back(g, place, &p);
}

/* setlength of a string of either kind; the characters of a string[n] that come into sight are what they were. */
static void set_length(Gen *g, Node *n)
{
	Node *s = n->b, *k = s->next;
	u32 len = gen_temp(g, 'i');
	Place p;
	gen_int(g, k);
	E1(LOCAL_SET, len);
	if (s->type->kind == T_STRING) {
		gen_addr(g, s);
		E1(LOCAL_GET, len);
		E2(CHECK_RANGE, 0, s->type->hi);
		E2(I32_STORE8, 0, 0);
		return;
	}
	u32 place = gen_take(g, s, &p);
	E1(LOCAL_GET, len);
	gen_call_rt(g, RT_ANSI_LENGTH);
	gen_give_back(g, place, &p);
}

static void set_string(Gen *g, Node *n)
{
	Node *s = n->b, *at = s->next, *len = at->next;
	u32 v = gen_temp(g, 'i');
	if (s->type->kind == T_STRING) {
		gen_addr(g, s);
		E1(I32_CONST, s->type->hi);
		gen_expr(g, at);
		gen_int(g, len);
		gen_call_rt(g, RT_STR_PUT);
		return;
	}
	gen_expr(g, at);
	gen_int(g, len);
	gen_call_rt(g, RT_ANSI_MAKE);
	E1(LOCAL_SET, v);
	gen_put(g, s, v);
}

/* Assigns the new reference in local v to a variable. */
void gen_put(Gen *g, Node *to, u32 v)
{
	Place p;
	u32 place = gen_take(g, to, &p);
	gen_release(g, to->type);
	E1(LOCAL_GET, v);
	gen_give_back(g, place, &p);
}

void gen_ansi_builtin(Gen *g, Node *n)
{
	Node *a = n->b, *b = a->next, *c = b ? b->next : NULL;
	Place p;
	u32 place;
	switch (n->i) {
	case B_LENGTH: gen_dyn_builtin(g, n); break;
	case B_CONCAT: gen_ansi(g, n); break;
	case B_COPY:
		gen_view(g, a);
		gen_int(g, b);
		if (c)
			gen_int(g, c);
		else
			E1(I32_CONST, INT32_MAX);
		gen_call_rt(g, RT_ANSI_SUB);
		break;
	case B_POS:
		gen_view(g, a);
		gen_view(g, b);
		if (c)
			gen_int(g, c);
		else
			E1(I32_CONST, 1);
		gen_call_rt(g, RT_ANSI_POS);
		break;
	case B_INSERT: insert(g, n); break;
	case B_DELETE: delete(g, n); break;
	case B_SETLENGTH: set_length(g, n); break;
	case B_SETSTRING: set_string(g, n); break;
	case B_UNIQUESTRING:
		if (a->type->kind == T_ANSI) {
			place = gen_take(g, a, &p);
			gen_call_rt(g, RT_ANSI_UNIQUE);
			gen_give_back(g, place, &p);
		}
		break;
	}
}
