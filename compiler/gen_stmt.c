/* gen_stmt: statements. */
#include "gen.h"

#include <stdlib.h>

/* ---- assignment ---- */

static void assign_proc(Gen *g, Node *to, Node *from)
{
	u32 slot = gen_temp(g, 'i'), link = gen_temp(g, 'i');
	gen_proc_pair(g, from);
	E1(LOCAL_SET, link);
	E1(LOCAL_SET, slot);
	Place p = gen_place(g, to);
	if (p.kind == PL_LOCAL) {
		E1(LOCAL_GET, slot);
		E1(LOCAL_SET, p.local);
		E1(LOCAL_GET, link);
		E1(LOCAL_SET, p.local + 1);
		return;
	}
	gen_place_addr(g, p);
	u32 at = gen_temp(g, 'i');
	E1(LOCAL_TEE, at);
	E1(LOCAL_GET, slot);
	E2(I32_STORE, 2, 0);
	E1(LOCAL_GET, at);
	E1(LOCAL_GET, link);
	E2(I32_STORE, 2, 4);
}

/* Whether the variable lies in a block that moves when it grows. */
static bool may_move(const Node *n)
{
	for (; n->op == N_INDEX || n->op == N_FIELD; n = n->a)
		if (n->op == N_INDEX && type_counted(n->a->type))
			return true;
	return false;
}

/* Whether evaluating n may run a routine of the program. */
static bool calls(const Node *n)
{
	for (; n; n = n->next)
		if (n->op == N_CALL || n->op > N_PROCVAL || calls(n->a) || (n->op != N_VAR && calls(n->b)))
			return true;
	return false;
}

void gen_assign(Gen *g, Node *to, Node *from)
{
	Type *t = to->type;
	if (t->managed) {
		gen_ref_assign(g, to, from);
	} else if (t->kind == T_STRING) {
		gen_str_assign(g, to, from);
	} else if (t->kind == T_PROC) {
		assign_proc(g, to, from);
	} else if (type_scalar(t) && may_move(to) && calls(from)) {
		u32 v = gen_temp(g, type_letter(t));
		gen_as(g, from, t);
		E1(LOCAL_SET, v);
		Place p = gen_place(g, to);
		E1(LOCAL_GET, v);
		gen_store(g, p);
	} else if (type_scalar(t)) {
		Place p = gen_place(g, to);
		gen_as(g, from, t);
		gen_store(g, p);
	} else if (may_move(to) && calls(from)) {
		u32 v = gen_temp(g, 'i');
		gen_as(g, from, t);
		E1(LOCAL_SET, v);
		gen_addr(g, to);
		E1(LOCAL_GET, v);
		gen_size(g, t);
		E(MEM_COPY);
	} else {
		gen_addr(g, to);
		gen_as(g, from, t);
		gen_size(g, t);
		E(MEM_COPY);
	}
}

/* ---- control ---- */

/* Ends the references that the routine's variables and temporaries hold. */
static void end_references(Gen *g, Proc *p)
{
	for (Sym *y = p->vars; y; y = y->next)
		if (!y->param && gen_ends(y)) {
			Node n = { .op = N_VAR, .type = y->type };
			n.sym = y;
			gen_end_variable(g, &n);
		}
	for (Sym *q = p->param; q; q = q->next)
		if (q->mode == MODE_VALUE && q->type->managed) {
			Node n = { .op = N_VAR, .type = q->type };
			n.sym = q;
			gen_end_variable(g, &n);
		}
	gen_end_temps(g);
}

/* Files and references end with the routine that declares them, then comes the result, then `return`. */
void gen_return(Gen *g)
{
	Proc *p = g->p;
	for (Sym *y = p->vars; y && p != g->s->main; y = y->next)
		if (y->kind == S_VAR && !y->param && y->where == W_FRAME && y->type->has_file) {
			E1(FRAME_ADDR, y->at_);
			E1(I32_CONST, y->type->size);
			gen_call_sys(g, "file.leave", "ii:");
		}
	if (p->level > 1)
		end_references(g, p);
	for (Sym *q = p->param; q; q = q->next)
		if (q->type->conf && q->mode == MODE_VALUE) {
			Node n = { .op = N_VAR, .type = q->type };
			n.sym = q;
			gen_addr(g, &n);
			gen_size(g, q->type);
			gen_call_sys(g, "mem.free", "ii:");
		}
	if (g->guarded)
		gen_guard_raise(g);
	if (p->result && type_scalar(p->result)) {
		Node n = { .op = N_VAR, .type = p->result };
		n.sym = p->result_var;
		gen_load(g, gen_place(g, &n));
	}
	E(RETURN);
}

static void if_stmt(Gen *g, Node *n)
{
	u32 other = pb_label(g->b);
	gen_cond(g, n->a, other, false);
	gen_stmt(g, n->b);
	if (n->c) {
		u32 end = pb_label(g->b);
		E1(JUMP, end);
		E1(LABEL, other);
		gen_stmt(g, n->c);
		E1(LABEL, end);
	} else {
		E1(LABEL, other);
	}
}

static Loop loop_begin(Gen *g)
{
	return (Loop){ .up = g->loop, .brk = pb_label(g->b), .cont = pb_label(g->b), .guard = g->guard };
}

/* The test stands at the end; a copy of it guards the entry. */
static void while_stmt(Gen *g, Node *n)
{
	Loop l = loop_begin(g);
	u32 top = pb_label(g->b);
	bool forever = n->a->op == N_INT && n->a->i;
	if (!forever)
		gen_cond(g, n->a, l.brk, false);
	E1(LOOP, top);
	g->loop = &l;
	gen_stmt(g, n->b);
	g->loop = l.up;
	E1(LABEL, l.cont);
	gen_line(g, n->at);
	gen_cond(g, n->a, top, true);
	E1(LABEL, l.brk);
}

static void repeat_stmt(Gen *g, Node *n)
{
	Loop l = loop_begin(g);
	u32 top = pb_label(g->b);
	E1(LOOP, top);
	g->loop = &l;
	gen_stmts(g, n->a);
	g->loop = l.up;
	E1(LABEL, l.cont);
	gen_line(g, n->b->at);
	gen_cond(g, n->b, top, false);
	E1(LABEL, l.brk);
}

/* Checks that both bounds of a `for` that runs fit its variable. */
static void check_bounds(Gen *g, Type *t, Node *bound, u32 local)
{
	i64 lo, hi;
	gen_range_of(bound, &lo, &hi);
	if (!(g->sw & SW_RANGE) || (lo >= t->lo && hi <= t->hi))
		return;
	E1(LOCAL_GET, local);
	gen_check_range(g, type_wide(t), t->lo, t->hi);
	E(DROP);
}

/* for v := a to b: both bounds are evaluated once, before v changes.  The step and the test stand at the end:
 * the old value decides, so that the last one needs no successor. */
static void for_stmt(Gen *g, Node *n)
{
	Type *t = n->a->type, *host = type_host(g->s, t);
	bool wide = type_wide(t), down = n->i, fixed = n->c->op == N_INT;
	char letter = wide ? 'l' : 'i';
	Place v = { .kind = PL_MEM };
	Loop l = loop_begin(g);
	u32 top = pb_label(g->b), last = fixed ? 0 : gen_temp(g, letter), first;
	if (n->a->sym->where == W_LOCAL)
		v = gen_place(g, n->a);
	first = v.kind == PL_LOCAL ? v.local : gen_temp(g, letter);
	gen_as(g, n->b, host);
	if (!fixed) {
		gen_as(g, n->c, host);
		E1(LOCAL_SET, last);
	}
	E1(LOCAL_SET, first);
#define PUSH_LAST (fixed ? pb_op1(g->b, wide ? P_I64_CONST : P_I32_CONST, n->c->i) : pb_op1(g->b, P_LOCAL_GET, last))
	if (!fixed || n->b->op != N_INT || (down ? n->b->i < n->c->i : n->b->i > n->c->i)) {
		E1(LOCAL_GET, first);
		PUSH_LAST;
		pb_op(g->b, wide ? (down ? P_I64_LT_S : P_I64_GT_S) : down ? P_I32_LT_S : P_I32_GT_S);
		E1(JUMP_IF, l.brk);
	}
	check_bounds(g, t, n->b, first);
	if (!fixed)
		check_bounds(g, t, n->c, last);
	E1(LOOP, top);
	if (v.kind != PL_LOCAL) { /* the variable is in memory: the count goes on in `first` */
		Place p = gen_place(g, n->a);
		E1(LOCAL_GET, first);
		gen_store(g, p);
	}
	g->loop = &l;
	gen_stmt(g, n->d);
	g->loop = l.up;
	E1(LABEL, l.cont);
	gen_line(g, n->at);
	E1(LOCAL_GET, first);
	E(DUP);
	pb_op1(g->b, wide ? P_I64_CONST : P_I32_CONST, down ? -1 : 1);
	pb_op(g->b, wide ? P_I64_ADD : P_I32_ADD);
	E1(LOCAL_SET, first);
	PUSH_LAST;
	pb_op(g->b, wide ? (down ? P_I64_GT_S : P_I64_LT_S) : down ? P_I32_GT_S : P_I32_LT_S);
	E1(JUMP_IF, top);
	if (v.kind == PL_LOCAL) { /* it ends with its last value, as programs expect that look at it afterwards */
		PUSH_LAST;
		E1(LOCAL_SET, first);
	}
	E1(LABEL, l.brk);
#undef PUSH_LAST
}

/* True if evaluating the record at each use is as cheap as keeping its address. */
static bool is_static(const Node *n)
{
	while (n->op == N_FIELD)
		n = n->a;
	return n->op == N_VAR || (n->op == N_WITHREF);
}

static void with_stmt(Gen *g, Node *n)
{
	for (Node *r = n->a; r; r = r->next) {
		With *w = r->with;
		if (!w)
			continue;
		w->direct = w->type->kind != T_CLASS && is_static(w->record);
		if (w->direct)
			continue;
		w->local = gen_temp(g, 'i');
		if (w->type->kind == T_CLASS || w->record->op == N_CALL)
			gen_expr(g, w->record);
		else
			gen_addr(g, w->record);
		E1(LOCAL_SET, w->local);
	}
	gen_stmt(g, n->b);
}

/* ---- case ---- */

typedef struct Arm { i64 lo, hi; u32 label; } Arm;
typedef struct Case { Gen *g; u32 local, other; bool wide; } Case;

static int by_lo(const void *a, const void *b)
{
	const Arm *x = a, *y = b;
	return (x->lo > y->lo) - (x->lo < y->lo);
}

static void compare(const Case *c, i64 v, POp narrow, POp wide)
{
	Gen *g = c->g;
	E1(LOCAL_GET, c->local);
	pb_op1(g->b, c->wide ? P_I64_CONST : P_I32_CONST, v);
	pb_op(g->b, c->wide ? wide : narrow);
}

static void one_arm(const Case *c, const Arm *a)
{
	Gen *g = c->g;
	if (a->lo == a->hi) {
		compare(c, a->lo, P_I32_EQ, P_I64_EQ);
		E1(JUMP_IF, a->label);
		return;
	}
	u32 no = pb_label(g->b);
	compare(c, a->lo, P_I32_LT_S, P_I64_LT_S);
	E1(JUMP_IF, no);
	compare(c, a->hi, P_I32_LE_S, P_I64_LE_S);
	E1(JUMP_IF, a->label);
	E1(LABEL, no);
}

/* Arms lie close together: a table.  Few: one after the other.  Many: halves. */
static void choose(const Case *c, const Arm *a, u32 n)
{
	Gen *g = c->g;
	u64 span = n ? (u64)(a[n - 1].hi - a[0].lo) + 1 : 0;
	if (n >= 4 && !c->wide && span <= (u64)n * 4 + 8 && span <= 4096) {
		u32 table[4096], k = 0;
		for (u32 i = 0; i < n; i++) {
			while (a[0].lo + k < a[i].lo)
				table[k++] = c->other;
			while (a[0].lo + k <= a[i].hi)
				table[k++] = a[i].label;
		}
		E1(LOCAL_GET, c->local);
		if (a[0].lo) {
			E1(I32_CONST, a[0].lo);
			E(I32_SUB);
		}
		pb_table_jump(g->b, table, k, c->other);
	} else if (n <= 4) {
		for (u32 i = 0; i < n; i++)
			one_arm(c, &a[i]);
		E1(JUMP, c->other);
	} else {
		u32 right = pb_label(g->b);
		compare(c, a[n / 2].lo, P_I32_GE_S, P_I64_GE_S);
		E1(JUMP_IF, right);
		choose(c, a, n / 2);
		E1(LABEL, right);
		choose(c, a + n / 2, n - n / 2);
	}
}

static void case_stmt(Gen *g, Node *n)
{
	VEC(Arm) arm = { 0 };
	Case c = { .g = g, .wide = type_wide(n->a->type), .other = pb_label(g->b) };
	u32 end = pb_label(g->b), k = 0;
	VEC(u32) label = { 0 };
	for (Node *a = n->b; a; a = a->next) {
		u32 l = pb_label(g->b);
		vec_push(&label, l);
		for (Node *e = a->a; e; e = e->next)
			vec_push(&arm, ((Arm){ e->op == N_RANGE ? e->a->i : e->i, e->op == N_RANGE ? e->b->i : e->i, l }));
	}
	if (arm.n)
		qsort(arm.p, arm.n, sizeof *arm.p, by_lo);
	gen_expr(g, n->a);
	c.local = gen_temp(g, c.wide ? 'l' : 'i');
	E1(LOCAL_SET, c.local);
	choose(&c, arm.p, arm.n);
	for (Node *a = n->b; a; a = a->next) {
		E1(LABEL, label.p[k++]);
		gen_stmt(g, a->b);
		E1(JUMP, end);
	}
	E1(LABEL, c.other);
	if (n->i)
		gen_stmts(g, n->c);
	else if ((n->sw & SW_RANGE) && (n->sw & SW_ISO)) { /* Turbo Pascal goes on behind the statement */
		gen_line(g, n->at);
		gen_trap(g, 222);
	}
	E1(LABEL, end);
	vec_free(&arm);
	vec_free(&label);
}

/* ---- goto ---- */

static void goto_stmt(Gen *g, Node *n)
{
	Label *l = n->label;
	if (g->guard)
		diag_error(g->c, n->at, "goto cannot leave a 'try' statement");
	if (l->owner == g->p) {
		E1(JUMP, l->id);
		return;
	}
	gen_frame_of(g, l->owner);
	u32 id = 0; /* labels of a routine are the first of its labels, in order of its list */
	for (Label *k = l->owner->label; k != l; k = k->next)
		id += k->defined;
	E2(UNWIND, l->owner->func, id);
}

static void labelled(Gen *g, Node *n)
{
	if (n->label)
		pb_op1(g->b, n->label->nonlocal ? P_LAND : P_LOOP, n->label->id);
	if (n->label && n->label->nonlocal && g->s->exceptions)
		gen_drop_handlers(g);
	gen_stmt(g, n->a);
}

/* ---- all statements ---- */

void gen_stmts(Gen *g, Node *list)
{
	for (Node *n = list; n; n = n->next)
		gen_stmt(g, n);
}

static void statement(Gen *g, Node *n)
{
	switch (n->op) {
	case N_ASSIGN: gen_assign(g, n->a, n->b); break;
	case N_CALLST:
		gen_expr(g, n->a);
		if (type_counted(n->a->type) && gen_owned(n->a))
			gen_release(g, n->a->type);
		else if (n->a->type->kind != T_VOID)
			E(DROP); /* a function called for its effects */
		break;
	case N_IF: if_stmt(g, n); break;
	case N_CASE: case_stmt(g, n); break;
	case N_WHILE: while_stmt(g, n); break;
	case N_REPEAT: repeat_stmt(g, n); break;
	case N_FOR: for_stmt(g, n); break;
	case N_WITH: with_stmt(g, n); break;
	case N_TRY: gen_try(g, n); break;
	case N_RAISE: gen_raise(g, n); break;
	case N_GOTO: goto_stmt(g, n); break;
	case N_LABELLED: labelled(g, n); break;
	}
}

void gen_stmt(Gen *g, Node *n)
{
	u32 frame = g->frame, taken = g->taken.n, temps = g->temp_taken.n;
	if (n->op == N_BEGIN) {
		gen_stmts(g, n->a);
		return;
	}
	if (n->op == N_EMPTY)
		return;
	if (n->op != N_LABELLED)
		gen_line(g, n->at);
	u8 sw = g->sw;
	g->sw = n->sw;
	statement(g, n);
	g->sw = sw;
	g->frame = MAX(frame, g->frame_keep);
	while (g->temp_taken.n > temps)
		g->temp.p[g->temp_taken.p[--g->temp_taken.n]].used = false;
	while (g->taken.n > taken) {
		u32 t = g->taken.p[--g->taken.n];
		vec_push(&g->pool[t & 3], t >> 2);
	}
}
