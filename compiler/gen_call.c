/* gen_call: calls, parameters, and the predefined routines that are neither text nor string. */
#include "gen.h"

#include <stdlib.h>

/* ---- signatures ---- */

const char *gen_signature(Gen *g, Sym *params, Type *result, bool link, bool object)
{
	Buf b = { 0 };
	if (result && !type_scalar(result))
		buf_u8(&b, 'i');
	if (object)
		buf_u8(&b, 'i');
	for (const Sym *q = params; q; q = q->next) {
		if (q->mode == MODE_VAR)
			buf_u8(&b, 'i');
		else if (q->type->kind == T_PROC)
			buf_bytes(&b, "ii", 2);
		else
			buf_u8(&b, (u8)type_letter(q->type));
	}
	if (link)
		buf_u8(&b, 'i');
	buf_u8(&b, ':');
	if (result && type_scalar(result))
		buf_u8(&b, (u8)type_letter(result));
	const char *s = arena_strndup(g->s->a, (const char *)b.p, b.n);
	buf_free(&b);
	return s;
}

/* ---- procedural values: the number in the function table, and the outer activation's frame ---- */

void gen_proc_pair(Gen *g, Node *n)
{
	if (n->op == N_PROCVAL && n->a) {
		gen_method_pair(g, n);
		return;
	}
	if (n->op == N_PROCVAL) {
		Proc *p = n->sym->owner;
		E1(I32_CONST, pb_slot(g->b, p->func));
		if (p->level > 2)
			gen_frame_of(g, p->outer);
		else
			E1(I32_CONST, 0);
		return;
	}
	if (n->op == N_NIL) {
		E1(I32_CONST, 0);
		E1(I32_CONST, 0);
		return;
	}
	Place p = gen_place(g, n);
	if (p.kind == PL_LOCAL) {
		E1(LOCAL_GET, p.local);
		E1(LOCAL_GET, p.local + 1);
		return;
	}
	gen_place_addr(g, p);
	u32 at = gen_temp(g, 'i');
	E1(LOCAL_TEE, at);
	E2(I32_LOAD, 2, 0);
	E1(LOCAL_GET, at);
	E2(I32_LOAD, 2, 4);
}

/* ---- calls ---- */

static void argument(Gen *g, Node *n, const Sym *q)
{
	if (q->type->conf && n->op == N_AGG) {
		gen_open_value(g, n);
	} else if (q->type->conf && type_counted(n->type)) {
		if (q->mode == MODE_VAR && n->type->kind == T_ANSI)
			gen_unique(g, n);
		gen_ref(g, n);
		E1(I32_CONST, REF_DATA);
		E(I32_ADD);
	} else if (q->mode == MODE_VAR || q->type == g->s->t_untyped || (q->type->conf && n->op != N_STR && n->op != N_CALL))
		gen_addr(g, n);
	else if (q->type->conf && n->op == N_STR)
		gen_chars(g, n);
	else if (q->type->conf && n->op == N_CALL)
		gen_expr(g, n);
	else if (q->type->kind == T_PROC)
		gen_proc_pair(g, n);
	else
		gen_as(g, n, q->type);
}

/* One bound of the array that is passed next. */
static void bound_argument(Gen *g, Node *n, const Sym *bound)
{
	const Sym *q = bound;
	const Type *t = n->type, *to;
	while (q->hidden)
		q = q->next;
	if (n->op == N_AGG) { /* an open array that is written out */
		i32 k = 0;
		for (const Node *e = n->a; e; e = e->next)
			k++;
		E1(I32_CONST, k - 1);
		return;
	}
	if (type_counted(n->type)) {
		gen_ref(g, n);
		gen_some(g);
		E2(I32_LOAD, 2, REF_LENGTH);
		E1(I32_CONST, 1);
		E(I32_SUB);
		return;
	}
	for (to = q->type; to->lo_sym != bound && to->hi_sym != bound; to = to->base)
		t = t->base;
	if (to->lo_sym) {
		gen_bound(g, t, to->hi_sym == bound);
		return;
	}
	gen_bound(g, t, true); /* open arrays begin with 0 */
	gen_bound(g, t, false);
	E(I32_SUB);
}

void gen_arguments(Gen *g, Node *call, Sym *params)
{
	Node *a = call->b;
	u32 pending = g->pending;
	for (const Sym *q = params; q; q = q->next) {
		if (q->hidden)
			bound_argument(g, a, q);
		else
			argument(g, a, q);
		if (g->pending++ == MOST_PENDING)
			diag_error(g->c, call->at, "calls are nested too deeply in this expression");
		if (!q->hidden)
			a = a->next;
	}
	g->pending = pending;
}

/* A call through a procedural value, which is evaluated before its arguments. */
static void call_value(Gen *g, Node *n, Type *t, bool hidden, u32 result)
{
	u32 slot = gen_temp(g, 'i'), link = gen_temp(g, 'i');
	gen_proc_pair(g, n->a);
	E1(LOCAL_SET, link);
	E1(LOCAL_SET, slot);
	if (hidden)
		E1(FRAME_ADDR, result);
	if (t->of_object)
		E1(LOCAL_GET, link);
	gen_arguments(g, n, t->list);
	gen_line(g, n->at);
	if (!t->of_object)
		E1(LOCAL_GET, link);
	E1(LOCAL_GET, slot);
	E1(CALL_IND, pb_type(g->b, gen_signature(g, t->list, t->base, !t->of_object, t->of_object)));
}

void gen_call(Gen *g, Node *n)
{
	if (n->sym && n->sym->of) {
		gen_method_call(g, n);
		return;
	}
	Proc *p = n->sym ? n->sym->owner : NULL;
	Type *t = n->sym ? n->sym->type : n->a->type;
	u32 result = 0;
	bool hidden = t->base && !type_scalar(t->base);
	if (hidden)
		result = t->base->managed ? gen_frame_value(g, t->base) : gen_frame(g, t->base->size, MAX(t->base->align, 8u));
	if (!p) {
		call_value(g, n, t, hidden, result);
	} else {
		if (hidden)
			E1(FRAME_ADDR, result);
		gen_arguments(g, n, t->list);
		gen_line(g, n->at);
		if (p->level > 2)
			gen_frame_of(g, p->outer);
		else if (p->needs_link)
			E1(I32_CONST, 0);
		E1(CALL, p->func);
	}
	if (hidden)
		E1(FRAME_ADDR, result);
}

/* ---- predefined routines ---- */

static void square(Gen *g, Node *n)
{
	bool check = n->sw & SW_OVERFLOW;
	gen_expr(g, n->b);
	E(DUP);
	if (n->type->kind == T_REAL) {
		E(F64_MUL);
		gen_round_single(g, n->type);
	} else if (type_wide(n->type))
		pb_op(g->b, check ? P_I64_MUL_O : P_I64_MUL);
	else
		pb_op(g->b, check ? P_I32_MUL_O : P_I32_MUL);
}

static void absolute(Gen *g, Node *n)
{
	gen_expr(g, n->b);
	pb_op(g->b, n->type->kind == T_REAL ? P_F64_ABS : type_wide(n->type) ? P_I64_ABS_O : P_I32_ABS_O);
}

/* succ and pred stay inside the type. */
static void neighbour(Gen *g, Node *n)
{
	bool wide = type_wide(n->type), up = n->i == B_SUCC;
	Type *t = n->type;
	gen_expr(g, n->b);
	if ((n->sw & SW_RANGE) && t->kind != T_INT) {
		gen_check_range(g, false, up ? t->lo : t->lo + 1, up ? t->hi - 1 : t->hi);
		E1(I32_CONST, up ? 1 : -1);
		E(I32_ADD);
		return;
	}
	pb_op1(g->b, wide ? P_I64_CONST : P_I32_CONST, up ? 1 : -1);
	if ((n->sw & SW_OVERFLOW) && !wide)
		gen_checked(g, P_I32_ADD_O, P_I64_ADD);
	else
		pb_op(g->b, n->sw & SW_OVERFLOW ? P_I64_ADD_O : wide ? P_I64_ADD : P_I32_ADD);
}

static void step_narrow(Gen *g, bool up, bool check)
{
	if (check)
		gen_checked(g, up ? P_I32_ADD_O : P_I32_SUB_O, up ? P_I64_ADD : P_I64_SUB);
	else
		pb_op(g->b, up ? P_I32_ADD : P_I32_SUB);
}

/* inc(x, n): like x := x + n, but x is evaluated once. */
static void step(Gen *g, Node *n)
{
	Node *a = n->b, *by = a->next;
	Type *t = a->type;
	bool wide = type_wide(t), up = n->i == B_INC, check = (n->sw & SW_OVERFLOW) && t->kind != T_PTR;
	Place p = gen_place(g, a);
	if (p.kind != PL_LOCAL)
		E(DUP);
	gen_load(g, p);
	if (by && wide)
		gen_wide(g, by);
	else if (by)
		gen_int(g, by);
	else
		pb_op1(g->b, wide ? P_I64_CONST : P_I32_CONST, 1);
	if (t->kind == T_PTR && t->base) {
		E1(I32_CONST, t->base->size);
		E(I32_MUL);
	}
	if (wide)
		pb_op(g->b, up ? (check ? P_I64_ADD_O : P_I64_ADD) : check ? P_I64_SUB_O : P_I64_SUB);
	else
		step_narrow(g, up, check);
	Type *host = wide ? g->s->t_int64 : g->s->t_int;
	gen_convert(g, host, host->lo, host->hi, t);
	gen_store(g, p);
}

static void new_dispose(Gen *g, Node *n)
{
	u32 size = n->b->type->base->size;
	if (n->i == B_DISPOSE && n->c) {
		u32 p = gen_temp(g, 'i');
		gen_expr(g, n->c);
		gen_expr(g, n->b);
		E1(LOCAL_SET, p);
		gen_dispose_object(g, n->b->type->base, p);
		return;
	}
	if (n->i == B_NEW) {
		Place p = gen_place(g, n->b);
		E1(I32_CONST, size);
		gen_call_sys(g, "mem.alloc", "i:i");
		gen_store(g, p);
		if (n->c)
			gen_expr(g, n->c);
	} else {
		if (n->b->type->base->managed) {
			gen_expr(g, n->b);
			gen_release_at(g, n->b->type->base);
		}
		gen_expr(g, n->b);
		E1(I32_CONST, size);
		gen_call_sys(g, "mem.free", "ii:");
	}
}

/* finalize(x): x becomes empty; initialize(x): whatever it held. */
static void finalize(Gen *g, Node *n)
{
	Type *t = n->b->type;
	if (n->i == B_FINALIZE && t->managed)
		gen_end_variable(g, n->b);
	gen_addr(g, n->b);
	E1(I32_CONST, 0);
	E1(I32_CONST, t->size);
	E(MEM_FILL);
}

/* Elements are stored alike in packed and unpacked arrays: a copy of bytes, with the bounds checked. */
static void pack(Gen *g, Node *n)
{
	bool p = n->i == B_PACK;
	Node *a = p ? n->b : n->b->next, *i = p ? n->b->next : n->b->next->next, *z = p ? n->b->next->next : n->b;
	const Type *at = a->type, *zt = z->type;
	i64 len = zt->index->hi - zt->index->lo + 1;
	u32 to = gen_temp(g, 'i'), from = gen_temp(g, 'i');
	gen_addr(g, a);
	gen_int(g, i);
	if (n->sw & SW_RANGE)
		E2(CHECK_RANGE, at->index->lo, MAX(at->index->hi - len + 1, at->index->lo - 1));
	E2(INDEX_U, at->index->lo, at->base->size);
	E1(LOCAL_SET, p ? from : to);
	gen_addr(g, z);
	E1(LOCAL_SET, p ? to : from);
	E1(LOCAL_GET, to);
	E1(LOCAL_GET, from);
	E1(I32_CONST, zt->size);
	E(MEM_COPY);
}

static void raw_memory(Gen *g, Node *n)
{
	Node *a = n->b, *b = a->next, *c = b->next;
	if (n->i == B_FILLCHAR) {
		u32 count = gen_temp(g, 'i');
		gen_addr(g, a);
		gen_int(g, b);
		E1(LOCAL_SET, count);
		gen_int(g, c);
		E1(LOCAL_GET, count);
		E(MEM_FILL);
	} else {
		u32 from = gen_temp(g, 'i');
		gen_addr(g, a);
		E1(LOCAL_SET, from);
		gen_addr(g, b);
		E1(LOCAL_GET, from);
		gen_int(g, c);
		E(MEM_COPY);
	}
}

static void leave(Gen *g, Node *n)
{
	switch (n->i) {
	case B_EXIT:
		if (n->b) {
			Node r = { .op = N_VAR, .sw = n->sw, .type = g->p->result };
			r.sym = g->p->result_var;
			gen_assign(g, &r, n->b);
		}
		gen_leave(g, NULL, g->leave);
		return;
	case B_BREAK: gen_leave(g, g->loop->guard, g->loop->brk); return;
	case B_CONTINUE: gen_leave(g, g->loop->guard, g->loop->cont); return;
	}
	if (n->b)
		gen_int(g, n->b);
	else
		E1(I32_CONST, 0);
	gen_call_sys(g, n->i == B_HALT ? "halt" : "error", "i:");
}

/* Stops with 207 if the real on the stack is below zero. */
static void check_negative(Gen *g)
{
	u32 x = gen_temp(g, 'd');
	E1(LOCAL_TEE, x);
	pb_f64(g->b, 0);
	E(F64_LT);
	gen_trap_if(g, 207);
	E1(LOCAL_GET, x);
}

static void truncate(Gen *g, Node *n)
{
	gen_real(g, n->b);
	if (n->i == B_ROUND && (n->sw & SW_ISO)) { /* trunc(x + 0.5) or trunc(x - 0.5) by the sign of x */
		u32 x = gen_temp(g, 'd');
		E1(LOCAL_TEE, x);
		pb_f64(g->b, 0.5);
		E1(LOCAL_GET, x);
		E(F64_COPYSIGN);
		E(F64_ADD);
	} else if (n->i == B_ROUND) {
		E(F64_NEAREST);
	}
	E(I64_TRUNC_F64_S);
}

void gen_builtin(Gen *g, Node *n)
{
	switch (n->i) {
	case B_ABS: absolute(g, n); break;
	case B_SQR: square(g, n); break;
	case B_SQRT:
		gen_real(g, n->b);
		check_negative(g);
		E(F64_SQRT);
		gen_round_single(g, n->type);
		break;
	case B_ODD:
		gen_expr(g, n->b);
		if (type_letter(n->b->type) == 'l')
			E(I32_WRAP);
		E1(I32_CONST, 1);
		E(I32_AND);
		break;
	case B_ORD: gen_expr(g, n->b); break;
	case B_CHR: gen_as(g, n->b, type_range(g->s, g->s->t_int, 0, 255)); break;
	case B_SUCC: case B_PRED: neighbour(g, n); break;
	case B_TRUNC: case B_ROUND: truncate(g, n); break;
	case B_HI: case B_LO:
		gen_int(g, n->b);
		if (n->i == B_HI) {
			E1(I32_CONST, 8);
			E(I32_SHR_U);
		}
		E1(I32_CONST, 255);
		E(I32_AND);
		break;
	case B_ASSIGNED:
		if (n->b->type->kind == T_PROC) {
			gen_proc_pair(g, n->b);
			E(DROP);
		} else {
			gen_expr(g, n->b);
		}
		E1(I32_CONST, 0);
		E(I32_NE);
		break;
	case B_INITIALIZE:
	case B_FINALIZE: finalize(g, n); break;
	case B_GETBLOCK:
		gen_int(g, n->b);
		gen_call_sys(g, "mem.alloc", "i:i");
		break;
	case B_FREEBLOCK:
		gen_expr(g, n->b);
		gen_int(g, n->b->next);
		gen_call_sys(g, "mem.free", "ii:");
		break;
	case B_NEW: case B_DISPOSE:
		new_dispose(g, n);
		if (n->d) /* used as a function */
			gen_expr(g, n->d);
		break;
	case B_INC: case B_DEC: step(g, n); break;
	case B_PACK: case B_UNPACK: pack(g, n); break;
	case B_FILLCHAR: case B_MOVE: raw_memory(g, n); break;
	case B_INCLUDE: case B_EXCLUDE: gen_set_change(g, n); break;
	case B_EXIT: case B_BREAK: case B_CONTINUE: case B_HALT: case B_RUNERROR: leave(g, n); break;
	case B_IORESULT: gen_call_sys(g, "io.result", ":i"); break;
	case B_PARAMCOUNT: gen_call_sys(g, "arg.count", ":i"); break;
	case B_SLEEPMS:
		gen_int(g, n->b);
		gen_call_sys(g, "time.sleep", "i:");
		break;
	case B_CLOCKMS: gen_call_sys(g, "time.ms", ":l"); break;
	case B_UNIXTIME: gen_call_sys(g, "time.unix", ":l"); break;
	case B_HIGH: case B_SETLENGTH: case B_SETSTRING: case B_UNIQUESTRING:
	case B_LENGTH: case B_CONCAT: case B_COPY: case B_POS: case B_INSERT: case B_DELETE: case B_STR: case B_VAL:
	case B_PARAMSTR:
		gen_str_builtin(g, n);
		break;
	default: gen_io(g, n);
	}
}
