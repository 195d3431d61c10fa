/* gen: the module, its routines and where their variables are. */
#include "gen.h"

#include <stdlib.h>

/* ---- temporaries ---- */

static u32 pool_of(char letter)
{
	return letter == 'd' ? 2 : letter == 'l' ? 1 : 0;
}

/* A local for the rest of the statement. */
u32 gen_temp(Gen *g, char letter)
{
	u32 k = pool_of(letter), local = g->pool[k].n ? g->pool[k].p[--g->pool[k].n] : pb_local(g->b, letter);
	vec_push(&g->taken, local * 4 + k);
	return local;
}

u32 gen_frame(Gen *g, u32 size, u32 align)
{
	u32 at = (g->frame + align - 1) & ~(align - 1);
	g->frame = at + size;
	g->frame_max = MAX(g->frame_max, g->frame);
	return at;
}

void gen_line(Gen *g, Span at)
{
	if (g->p->lib || g->c->o->no_lines)
		return;
	u32 line = ast_line(g->c, at.pos), first = ast_source_at(g->c, at.pos)->first;
	pb_line(g->b, line + (first ? first - 1 : 0));
}

void gen_call_sys(Gen *g, const char *name, const char *sig)
{
	E1(CALL, pb_import(g->b, "sys", name, sig));
}

/* ---- where variables are ---- */

static u32 frame_take(Proc *p, u32 size, u32 align)
{
	u32 at = (p->frame + align - 1) & ~(align - 1);
	p->frame = at + size;
	return at;
}

static u32 local_take(Proc *p, u32 params, char letter)
{
	vec_push(&p->local, letter);
	return params + p->local.n - 1;
}

static bool in_local(const Sym *y)
{
	return type_scalar(y->type) && !y->address && !y->uplevel;
}

/* ---- initial values ---- */

static void put_int(u8 *p, u32 size, i64 v)
{
	for (u32 i = 0; i < size; i++)
		p[i] = (u8)((u64)v >> 8 * i);
}

static void place_static(Gen *g, Sym *y);

/* The value of an expression that sema_const.c calls static, of 4 bytes. */
static u32 static_address(Gen *g, const Node *n)
{
	switch (n->op) {
	case N_CONV: return n->a->op == N_STR ? pb_data(g->b, n->a->s, n->a->n + 1, 1) : static_address(g, n->a);
	case N_ADDR: return static_address(g, n->a);
	case N_INT: return (u32)n->i;
	case N_PROCVAL: return pb_slot(g->b, n->sym->owner->func);
	case N_CLASSVAL: return gen_table(g, n->type->base->base);
	case N_FIELD: return static_address(g, n->a) + n->sym->at_;
	case N_INDEX: return static_address(g, n->a) + (u32)(n->b->i - n->a->type->index->lo) * n->type->size;
	case N_VAR:
		if (n->sym->where == W_NONE)
			place_static(g, n->sym);
		return n->sym->at_;
	}
	return 0;
}

static void init_bytes(Gen *g, u8 *p, const Type *t, Node *n)
{
	if (!n)
		return;
	if (n->op == N_AGG && t->kind == T_RECORD) {
		if (t->object && t->vmt_at != UINT32_MAX) /* such an object needs no constructor */
			put_int(p + t->vmt_at, 4, gen_table(g, (Type *)t));
		for (Node *k = n->a; k; k = k->next)
			init_bytes(g, p + k->sym->at_, k->sym->type, k->a);
	} else if (n->op == N_AGG) {
		for (Node *k = n->a; k; k = k->next, p += t->base->size)
			init_bytes(g, p, t->base, k);
	} else if (t->kind == T_REAL) {
		double r = n->op == N_INT ? (double)n->i : n->r;
		if (type_single(t))
			st32(p, f32_u32((float)r));
		else
			st64(p, f64_u64(r));
	} else if (t->kind == T_SET) {
		u8 bits[32] = { 0 };
		gen_set_bytes(n, bits);
		memcpy(p, bits, t->size);
	} else if (t->kind == T_PROC && n->op == N_PROCVAL) {
		put_int(p, 4, pb_slot(g->b, n->sym->owner->func));
	} else if (n->op == N_ADDR || n->op == N_CONV || n->op == N_CLASSVAL || n->op == N_PROCVAL) {
		put_int(p, 4, static_address(g, n));
	} else if (t->kind == T_ANSI) {
		put_int(p, 4, n->op == N_STR ? gen_ansi_literal(g, n->s, n->n) : 0);
	} else if (n->op == N_STR) {
		u32 k = t->kind == T_STRING;
		if (k)
			*p = (u8)MIN(n->n, (u32)t->hi);
		memcpy(p + k, n->s, k ? *p : MIN(n->n, t->size));
	} else if (n->op == N_INT) {
		put_int(p, t->size, n->i);
	}
}

static void place_static(Gen *g, Sym *y)
{
	y->where = W_MEM;
	if (!y->value) {
		y->at_ = pb_zero(g->b, y->type->size, MAX(y->type->align, 1u));
		return;
	}
	u8 *p = xcalloc(1, y->type->size);
	init_bytes(g, p, y->type, y->value);
	y->at_ = pb_init(g->b, p, y->type->size, MAX(y->type->align, 1u));
	free(p);
}

static void place_var(Gen *g, Proc *p, u32 params, Sym *y)
{
	if (y->alias || y->where != W_NONE)
		return;
	if (in_local(y) && (!y->value || y->initial)) {
		y->where = W_LOCAL;
		y->at_ = local_take(p, params, type_letter(y->type));
	} else if (p->level == 1 || (y->value && !y->initial)) {
		place_static(g, y);
	} else {
		y->where = W_FRAME;
		y->at_ = frame_take(p, y->type->size, MAX(y->type->align, 1u));
	}
}

/* By reference, or the address of what the routine copies. */
static bool by_address(const Sym *q)
{
	return q->mode == MODE_VAR || (!type_scalar(q->type) && q->type->kind != T_PROC);
}

static void place_param(Proc *p, Sym *q, u32 local)
{
	q->at_ = local;
	if (q->mode == MODE_VAR || q->type->conf || q->type->kind == T_VOID || (q->mode == MODE_CONST && by_address(q)))
		q->where = q->uplevel ? W_REF_FRAME : W_REF_LOCAL;
	else
		q->where = !by_address(q) && !q->address && !q->uplevel ? W_LOCAL : W_FRAME;
	if (q->where == W_FRAME)
		q->at_ = frame_take(p, q->type->size, MAX(q->type->align, 1u));
	else if (q->where == W_REF_FRAME)
		q->at_ = frame_take(p, 4, 4);
}

static u32 param_width(const Sym *q)
{
	return q->type->kind == T_PROC && !by_address(q) ? 2 : 1;
}

/* Numbers are there before places are: initial values may name routines. */
static void number_routine(Gen *g, Proc *p)
{
	p->sig = gen_signature(g, p->param, p->result, p->needs_link, false);
	p->func = pb_func(g->b, p->name->len <= 200 ? p->name->s : "long name", p->sig);
}

/* Gives every variable of a routine its place.  Done for all routines before code is made for any, because
 * inner routines come first. */
static void layout(Gen *g, Proc *p)
{
	bool hidden = p->result && !type_scalar(p->result);
	u32 params = hidden, local = hidden;
	for (Sym *q = p->param; q; q = q->next)
		params += param_width(q);
	p->link_at = params;
	params += p->needs_link;
	if (p->has_inner)
		frame_take(p, 8, 8);
	for (Sym *q = p->param; q; local += param_width(q), q = q->next)
		place_param(p, q, local);
	if (p->result_var) {
		if (hidden) {
			p->result_var->where = p->result_var->uplevel ? W_REF_FRAME : W_REF_LOCAL;
			p->result_var->at_ = p->result_var->uplevel ? frame_take(p, 4, 4) : 0;
		} else {
			place_var(g, p, params, p->result_var);
		}
	}
	for (Sym *y = p->vars; y; y = y->next)
		if (y->kind == S_VAR && !y->param)
			place_var(g, p, params, y);
}

char gen_var_kind(const Type *t)
{
	switch (t->kind) {
	case T_INT: return t->lo >= 0 ? 'u' : 'i';
	case T_ENUM: return 'u';
	case T_BOOL: return 'b';
	case T_CHAR: return 'c';
	case T_REAL: return 'r';
	case T_PTR: return 'p';
	case T_STRING: return 's';
	}
	return 'a';
}

static void describe(Gen *g, const Proc *p, const Sym *y)
{
	PVar v = { .name = y->name->s, .func = p->func, .at = y->at_, .kind = gen_var_kind(y->type), .size = y->type->size };
	if (g->c->o->no_lines || p->lib || y->name->len > 200)
		return;
	switch (y->where) {
	case W_LOCAL: v.where = 0; break;
	case W_FRAME: v.where = 1; break;
	case W_MEM: v.where = 2, v.func = UINT32_MAX; break;
	default: return;
	}
	pb_var(g->b, v);
}

/* ---- routines ---- */

/* Variables of routines that begin with a value. */
static void begin_variable(Gen *g, Sym *y)
{
	Node n = { .op = N_VAR, .type = y->type };
	n.sym = y;
	if (y->value->op != N_AGG && y->type->kind != T_ARRAY) {
		gen_assign(g, &n, y->value);
		return;
	}
	u8 *p = xcalloc(1, y->type->size);
	init_bytes(g, p, y->type, y->value);
	gen_addr(g, &n);
	E1(I32_CONST, pb_data(g->b, p, y->type->size, MAX(y->type->align, 1u)));
	E1(I32_CONST, y->type->size);
	E(MEM_COPY);
	free(p);
}

/* Counts or ends the references in an array whose address is in this local. */
static void each_of_conformant(Gen *g, const Sym *q, u32 local, bool retain)
{
	E1(LOCAL_GET, local);
	gen_bound(g, q->type, true);
	gen_bound(g, q->type, false);
	E(I32_SUB);
	E1(I32_CONST, 1);
	E(I32_ADD);
	gen_size(g, q->type->base);
	E1(I32_CONST, retain ? gen_retain_slot(g, q->type->base) : gen_release_slot(g, q->type->base));
	gen_call_rt(g, RT_EACH);
}

/* A conformant array that is passed by value: the routine's own copy lies in the heap until it returns. */
static void copy_conformant(Gen *g, const Sym *q, u32 local)
{
	u32 from = gen_temp(g, 'i');
	E1(LOCAL_GET, local);
	E1(LOCAL_SET, from);
	gen_size(g, q->type);
	gen_call_sys(g, "mem.alloc", "i:i");
	E1(LOCAL_TEE, local);
	E1(LOCAL_GET, from);
	gen_size(g, q->type);
	E(MEM_COPY);
	if (q->type->managed)
		each_of_conformant(g, q, local, true);
}

/* Puts one parameter where the routine wants it. */
static void enter_param(Gen *g, Sym *q, u32 local)
{
	if (q->type->conf && q->mode == MODE_VALUE)
		copy_conformant(g, q, local);
	if (q->where == W_REF_FRAME) {
		E1(FRAME_ADDR, q->at_);
		E1(LOCAL_GET, local);
		E2(I32_STORE, 2, 0);
	} else if (q->where == W_FRAME && q->type->kind == T_PROC) {
		for (u32 i = 0; i < 2; i++) {
			E1(FRAME_ADDR, q->at_);
			E1(LOCAL_GET, local + i);
			E2(I32_STORE, 2, 4 * i);
		}
	} else if (q->where == W_FRAME) {
		E1(FRAME_ADDR, q->at_);
		if (q->type->kind == T_STRING) {
			E1(I32_CONST, q->type->hi);
			E1(LOCAL_GET, local);
			gen_call_rt(g, RT_STR_ASSIGN);
		} else if (by_address(q)) {
			E1(LOCAL_GET, local);
			E1(I32_CONST, q->type->size);
			E(MEM_COPY);
		} else {
			E1(LOCAL_GET, local);
			gen_store_op(g, q->type, 0);
		}
	}
	if (!q->type->managed || q->type->conf)
		return;
	if (q->out) { /* what the variable held ends, and the routine finds it empty */
		E1(LOCAL_GET, local);
		gen_release_at(g, q->type);
		E1(LOCAL_GET, local);
		E1(I32_CONST, 0);
		E1(I32_CONST, q->type->size);
		E(MEM_FILL);
	} else if (q->mode == MODE_VALUE && q->where == W_FRAME) {
		E1(FRAME_ADDR, q->at_);
		gen_retain_at(g, q->type);
	} else if (q->mode == MODE_VALUE) {
		E1(LOCAL_GET, local);
		gen_retain(g, q->type);
	}
}

/* Whether y is a variable of a routine whose references end with it. */
bool gen_ends(const Sym *y)
{
	return y->kind == S_VAR && y->type->managed && (y->where == W_LOCAL || y->where == W_FRAME);
}

/* Files that the program's heading names. */
static void bind_file(Gen *g, const Sym *y)
{
	E1(I32_CONST, y->at_);
	E1(I32_CONST, y->bound);
	E1(I32_CONST, pb_data(g->b, y->name->s, y->name->len, 1));
	E1(I32_CONST, y->name->len);
	if (y->type->kind == T_TEXT) {
		gen_call_sys(g, "text.bind", "iiii:");
		return;
	}
	E1(I32_CONST, y->type->base ? y->type->base->size : 128);
	gen_call_sys(g, "file.bind", "iiiii:");
}

static void enter(Gen *g, Proc *p)
{
	bool hidden = p->result && !type_scalar(p->result);
	u32 local = hidden;
	if (p->has_inner && p->needs_link) {
		E1(FRAME_ADDR, 0);
		E1(LOCAL_GET, p->link_at);
		E2(I32_STORE, 2, 0);
	}
	if (hidden && p->result_var->where == W_REF_FRAME) {
		E1(FRAME_ADDR, p->result_var->at_);
		E1(LOCAL_GET, 0);
		E2(I32_STORE, 2, 0);
	}
	for (Sym *q = p->param; q; local += param_width(q), q = q->next)
		enter_param(g, q, local);
	for (Sym *y = p->vars; y; y = y->next)
		if (y->kind == S_VAR && !y->param && y->where == W_FRAME && (y->type->has_file || y->type->managed)) {
			E1(FRAME_ADDR, y->at_);
			E1(I32_CONST, 0);
			E1(I32_CONST, y->type->size);
			E(MEM_FILL);
		}
	if (p->result_var && p->result_var->where == W_FRAME && p->result->managed) {
		E1(FRAME_ADDR, p->result_var->at_);
		E1(I32_CONST, 0);
		E2(I32_STORE, 2, 0);
	}
	for (Sym *y = p->vars; y; y = y->next)
		if (y->initial)
			begin_variable(g, y);
	for (Sym *y = p->vars; y; y = y->next)
		if (y->bound)
			bind_file(g, y);
	if (p == g->s->main && g->c->o->iso) {
		E1(I32_CONST, 1);
		gen_call_sys(g, "text.iso", "i:");
	}
	if (p == g->s->main && g->unwind_cell) {
		E1(I32_CONST, g->unwind_cell);
		E1(FRAME_ADDR, 0);
		E2(I32_STORE, 2, 0);
	}
}

/* Units begin in the order in which they are complete, and end the other way round. */
static void begin_units(Gen *g)
{
	for (u32 i = 0; i < g->s->order.n; i++)
		E1(CALL, g->s->order.p[i]->body->func);
}

static void end_units(Gen *g)
{
	for (u32 i = g->s->order.n; i--;)
		if (g->s->order.p[i]->final)
			E1(CALL, g->s->order.p[i]->final->func);
}

static void make_labels(Gen *g, Proc *p)
{
	for (Label *l = p->label; l; l = l->next)
		if (l->defined) {
			l->id = pb_label(g->b);
			l->has_id = true;
		}
}

/* Whether evaluating n makes a reference that a temporary must keep. */
static bool makes_references(const Node *n)
{
	for (; n; n = n->next) {
		if (n->type && n->type->managed && (n->op == N_CALL || n->op == N_BUILTIN || n->op == N_ADD || n->op == N_CONV))
			return true;
		if (makes_references(n->a) || makes_references(n->b) || makes_references(n->c) || makes_references(n->d))
			return true;
	}
	return false;
}

/* Whether there is something to end when the routine does. */
static bool holds_references(const Proc *p)
{
	for (const Sym *y = p->vars; y; y = y->next)
		if (!y->param && (gen_ends(y) || (y->kind == S_VAR && y->where == W_FRAME && y->type->has_file)))
			return true;
	for (const Sym *q = p->param; q; q = q->next)
		if (q->mode == MODE_VALUE && (q->type->managed || q->type->conf))
			return true;
	return (p->result && p->result->managed) || makes_references(p->block->b);
}

static void routine(Gen *g, Proc *p)
{
	g->p = p;
	g->loop = NULL;
	g->taken.n = 0;
	for (u32 i = 0; i < 3; i++)
		g->pool[i].n = 0;
	g->frame = g->frame_max = g->frame_keep = p->frame;
	g->temp.n = g->temp_taken.n = 0;
	g->sw = p->block->b->sw;
	pb_begin(g->b, p->func);
	for (u32 i = 0; i < p->local.n; i++)
		pb_local(g->b, p->local.p[i]);
	make_labels(g, p);
	g->leave = p->external ? 0 : pb_label(g->b);
	pb_line(g->b, 0);
	gen_line(g, p->at);
	if (p->external) {
		gen_external(g, p);
		pb_finish(g->b, g->frame_max);
		return;
	}
	enter(g, p);
	if (p == g->s->main)
		begin_units(g);
	g->guard = NULL;
	g->guarded = p->level > 1 && g->s->exceptions && holds_references(p);
	if (g->guarded)
		gen_guard(g);
	gen_stmt(g, p->block->b);
	E1(LABEL, g->leave); /* where exit goes */
	if (g->guarded)
		gen_guard_end(g);
	if (p == g->s->main)
		end_units(g);
	gen_line(g, (Span){ p->block->at.end - 1, p->block->at.end });
	gen_return(g);
	/* inner routines tell activations apart by their frames, so there must be one */
	pb_finish(g->b, MAX(g->frame_max, p->has_inner || p->tries || (p == g->s->main && g->unwind_cell) ? 16u : 0u));
	for (Sym *q = p->param; q; q = q->next)
		describe(g, p, q);
	for (Sym *y = p->vars; y; y = y->next)
		if (y->kind == S_VAR && !y->param)
			describe(g, p, y);
}

/* Lines of included files and of units follow those of the program in the module's numbering. */
static void number_files(Gen *g)
{
	u32 next = g->c->src.p[0]->line.n + 1;
	for (u32 i = 1; i < g->c->src.n && !g->c->o->no_lines; i++) {
		Source *src = g->c->src.p[i];
		if (src->lib)
			continue;
		src->first = next;
		next += src->line.n;
		pb_file(g->b, src->path, src->first);
	}
}

/* Variables of library texts are in no scope's list: they are found where they are used. */
void gen_module(Sema *s, Buf *out)
{
	Gen gen = { .s = s, .c = s->c }, *g = &gen;
	g->b = pb_new(s->c->src.p[0]->path);
	pb_memory(g->b, s->c->o->stack ? s->c->o->stack : 8u << 20, 32768, GUARD);
	for (u32 i = 0; i < RT_COUNT; i++)
		g->rt[i] = UINT32_MAX;
	for (Label *l = s->main->label; l; l = l->next)
		if (l->nonlocal && !g->unwind_cell)
			g->unwind_cell = pb_zero(g->b, 4, 4);
	number_files(g);
	g->soft = s->exceptions && s->trapped;
	for (Proc *p = s->main; p; p = p->next)
		number_routine(g, p);
	for (Proc *p = s->main; p; p = p->next)
		layout(g, p);
	for (Proc *p = s->main; p; p = p->next)
		routine(g, p);
	gen_counting(g);
	gen_raise_body(g);
	gen_runtime(g);
	pb_start(g->b, s->main->func);
	for (Proc *p = s->main; p; p = p->next)
		vec_free(&p->local);
	for (u32 i = 0; i < 3; i++)
		vec_free(&g->pool[i]);
	vec_free(&g->taken);
	vec_free(&g->temp);
	vec_free(&g->temp_taken);
	vec_free(&g->counting);
	vec_free(&g->site);
	const char *limit = pb_error(g->b);
	if (limit)
		diag_error(s->c, (Span){ 0, 0 }, "%s", limit);
	if (s->c->nerr) {
		pb_free(g->b);
		return;
	}
	pb_end(g->b, out);
}
