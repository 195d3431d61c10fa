/* gen_try: exceptions.
 *
 * A handler is a record of 8 bytes in the frame of its activation: the handler around it, and a number for the place in the
 * program (a site).  A global of the module has the innermost one.  `raise` takes it off, and goes on at the site's label by a
 * non-local goto: the machine ends the activations between, and needs to know nothing of exceptions.  The handlers' addresses
 * lie in the program's memory; a forged one leads at most to another label that the program has.
 *
 *   try A finally B end     B has one copy.  A local tells why it is run, and so where to go on behind it: 0 on, 1 the
 *                           exception goes on, 2 and more are the ways that exit, break and continue take out of A.
 *   try A except B end      While B runs there is a second handler, which frees the object should B raise another one.
 *
 * A routine whose variables end with it has such a `finally` of its own (gen_guard). */
#include "gen.h"

typedef struct Exit { u32 label; Guard *until; } Exit;

/* A construct that control must not leave without ceremony. */
struct Guard {
	Guard *up;
	enum { GUARD_FINALLY, GUARD_BODY, GUARD_HANDLER } kind;
	u32 record;      /* of the handler, in the frame */
	u32 reason, out; /* finally: the local, and the label of its statements */
	u32 object;      /* handler: the local with the exception */
	VEC(Exit) exit;
};

/* ---- handlers ---- */

static void init(Gen *g)
{
	if (g->has_handlers)
		return;
	g->has_handlers = true;
	g->handler = pb_global(g->b, 'i', true, 0);
	g->exception = pb_global(g->b, 'i', true, 0);
	g->raise = pb_func(g->b, "raise", "i:");
}

/* Puts a handler up that goes on at a label of this routine. */
static void put_up(Gen *g, u32 record, u32 label)
{
	Site site = { g->p->func, label, record };
	vec_push(&g->site, site);
	E1(FRAME_ADDR, record);
	E1(GLOBAL_GET, g->handler);
	E2(I32_STORE, 2, 0);
	E1(FRAME_ADDR, record);
	E1(I32_CONST, g->site.n - 1);
	E2(I32_STORE, 2, 4);
	E1(FRAME_ADDR, record);
	E1(GLOBAL_SET, g->handler);
}

static void take_down(Gen *g, u32 record)
{
	E1(FRAME_ADDR, record);
	E2(I32_LOAD, 2, 0);
	E1(GLOBAL_SET, g->handler);
}

/* Raises the object on the stack. */
static void raise(Gen *g)
{
	E1(CALL, g->raise);
	E1(TRAP, 217); /* not reached */
}

static void raise_again(Gen *g)
{
	E1(GLOBAL_GET, g->exception);
	raise(g);
}

/* (object): to the innermost handler. */
void gen_raise_body(Gen *g)
{
	static Node block;
	static Proc none = { .lib = true, .block = &block };
	if (!g->has_handlers)
		return;
	g->p = &none;
	pb_begin(g->b, g->raise);
	u32 record = pb_local(g->b, 'i'), some = pb_label(g->b), other = pb_label(g->b);
	VEC(u32) label = { 0 };
	for (u32 i = 0; i < g->site.n; i++)
		vec_push(&label, pb_label(g->b));
	E1(LOCAL_GET, 0);
	E1(GLOBAL_SET, g->exception);
	E1(GLOBAL_GET, g->handler);
	E1(LOCAL_TEE, record);
	E1(JUMP_IF, some);
	if (g->s->unhandled) {
		E1(LOCAL_GET, 0);
		E1(CALL, g->s->unhandled->owner->func);
	}
	E1(TRAP, 217);
	E1(LABEL, some);
	E1(LOCAL_GET, record);
	E2(I32_LOAD, 2, 0);
	E1(GLOBAL_SET, g->handler);
	E1(LOCAL_GET, record);
	E2(I32_LOAD, 2, 4);
	pb_table_jump(g->b, label.p, label.n, other);
	for (u32 i = 0; i < g->site.n; i++) {
		E1(LABEL, label.p[i]);
		E1(LOCAL_GET, record);
		E1(I32_CONST, g->site.p[i].record);
		E(I32_SUB);
		E2(UNWIND, g->site.p[i].func, g->site.p[i].label);
	}
	E1(LABEL, other);
	E1(TRAP, 217);
	pb_finish(g->b, 0);
	vec_free(&label);
}

/* Behind a label that a goto of an inner routine may come to: the handlers of the activations that it has ended are no more. */
void gen_drop_handlers(Gen *g)
{
	u32 top = pb_label(g->b), done = pb_label(g->b);
	init(g);
	E1(LOOP, top);
	E1(GLOBAL_GET, g->handler);
	E1(JUMP_IFZ, done);
	E1(GLOBAL_GET, g->handler);
	E1(FRAME_ADDR, 0);
	E(I32_GE_U);
	E1(JUMP_IF, done);
	E1(GLOBAL_GET, g->handler);
	E2(I32_LOAD, 2, 0);
	E1(GLOBAL_SET, g->handler);
	E1(JUMP, top);
	E1(LABEL, done);
}

static void free_object(Gen *g, u32 object)
{
	E1(LOCAL_GET, object);
	gen_call_rt(g, RT_CLASS_DESTROY);
}

/* ---- leaving ---- */

/* From the guards that are in force now to label, behind all guards up to `until`. */
static void leave_from(Gen *g, Guard *from, Guard *until, u32 label)
{
	for (Guard *k = from; k != until; k = k->up) {
		take_down(g, k->record);
		if (k->kind == GUARD_HANDLER)
			free_object(g, k->object);
		if (k->kind != GUARD_FINALLY)
			continue;
		Exit e = { label, until };
		vec_push(&k->exit, e);
		E1(I32_CONST, k->exit.n + 1);
		E1(LOCAL_SET, k->reason);
		E1(JUMP, k->out);
		return;
	}
	E1(JUMP, label);
}

void gen_leave(Gen *g, Guard *until, u32 label)
{
	leave_from(g, g->guard, until, label);
}

/* ---- statements ---- */

static void try_finally(Gen *g, Node *n)
{
	Guard k = { .up = g->guard, .kind = GUARD_FINALLY, .record = gen_frame(g, 8, 4), .reason = gen_temp(g, 'i'), .out = pb_label(g->b) };
	u32 land = pb_label(g->b), again = pb_label(g->b);
	put_up(g, k.record, land);
	g->guard = &k;
	gen_stmts(g, n->a);
	g->guard = k.up;
	take_down(g, k.record);
	E1(I32_CONST, 0);
	E1(LOCAL_SET, k.reason);
	E1(JUMP, k.out);
	E1(LAND, land);
	E1(I32_CONST, 1);
	E1(LOCAL_SET, k.reason);
	/* The exception waits in a local meanwhile: the statements may raise and handle others. */
	u32 object = gen_temp(g, 'i');
	E1(GLOBAL_GET, g->exception);
	E1(LOCAL_SET, object);
	E1(LABEL, k.out);
	gen_stmt(g, n->c);
	E1(LOCAL_GET, k.reason);
	E1(I32_CONST, 1);
	E(I32_NE);
	E1(JUMP_IF, again);
	E1(LOCAL_GET, object);
	raise(g);
	E1(LABEL, again);
	for (u32 i = 0; i < k.exit.n; i++) {
		u32 next = pb_label(g->b);
		E1(LOCAL_GET, k.reason);
		E1(I32_CONST, i + 2);
		E(I32_NE);
		E1(JUMP_IF, next);
		leave_from(g, k.up, k.exit.p[i].until, k.exit.p[i].label);
		E1(LABEL, next);
	}
	vec_free(&k.exit);
}

/* Goes to `next` unless the exception is of the handler's class; else runs its statement. */
static void on(Gen *g, Node *h, u32 object, u32 done)
{
	u32 next = pb_label(g->b);
	E1(LOCAL_GET, object);
	E1(I32_CONST, gen_table(g, h->a->type->base));
	gen_call_rt(g, RT_CLASS_IS);
	E1(JUMP_IFZ, next);
	if (h->sym) {
		Node v = { .op = N_VAR, .type = h->a->type };
		v.sym = h->sym;
		Place p = gen_place(g, &v);
		E1(LOCAL_GET, object);
		gen_store(g, p);
	}
	gen_stmt(g, h->b);
	E1(JUMP, done);
	E1(LABEL, next);
}

static void try_except(Gen *g, Node *n)
{
	Guard k = { .up = g->guard, .kind = GUARD_BODY, .record = gen_frame(g, 8, 4) };
	u32 land = pb_label(g->b), done = pb_label(g->b), handled = pb_label(g->b), second = pb_label(g->b), same = pb_label(g->b);
	put_up(g, k.record, land);
	g->guard = &k;
	gen_stmts(g, n->a);
	g->guard = k.up;
	take_down(g, k.record);
	E1(JUMP, done);
	E1(LAND, land);
	k.kind = GUARD_HANDLER;
	k.object = gen_temp(g, 'i');
	E1(GLOBAL_GET, g->exception);
	E1(LOCAL_SET, k.object);
	put_up(g, k.record, second);
	g->guard = &k;
	for (Node *h = n->b; h; h = h->next)
		on(g, h, k.object, handled);
	if (n->i == 2)
		gen_stmt(g, n->c);
	g->guard = k.up;
	if (n->i == 1) { /* none of them wants it */
		take_down(g, k.record);
		E1(LOCAL_GET, k.object);
		raise(g);
	}
	E1(LABEL, handled);
	take_down(g, k.record);
	free_object(g, k.object);
	E1(JUMP, done);
	E1(LAND, second);
	E1(GLOBAL_GET, g->exception);
	E1(LOCAL_GET, k.object);
	E(I32_EQ);
	E1(JUMP_IF, same);
	free_object(g, k.object);
	E1(LABEL, same);
	raise_again(g);
	E1(LABEL, done);
}

void gen_try(Gen *g, Node *n)
{
	init(g);
	if (n->i)
		try_except(g, n);
	else
		try_finally(g, n);
}

/* raise alone stands in a handler: the object of the innermost one. */
void gen_raise(Gen *g, Node *n)
{
	init(g);
	const Guard *k = g->guard;
	if (n->a) {
		gen_expr(g, n->a);
	} else {
		while (k && k->kind != GUARD_HANDLER)
			k = k->up;
		E1(LOCAL_GET, k ? k->object : 0);
	}
	raise(g);
}

/* ---- routines whose variables end with them ---- */

void gen_guard(Gen *g)
{
	init(g);
	g->guard_record = gen_frame(g, 8, 4);
	g->frame_keep = g->frame;
	g->guard_land = pb_label(g->b);
	g->guard_reason = pb_local(g->b, 'i');
	put_up(g, g->guard_record, g->guard_land);
}

/* Where the routine ends, by either way. */
void gen_guard_end(Gen *g)
{
	u32 out = pb_label(g->b);
	take_down(g, g->guard_record);
	E1(JUMP, out);
	E1(LAND, g->guard_land);
	E1(GLOBAL_GET, g->exception);
	E1(LOCAL_SET, g->guard_reason);
	E1(LABEL, out);
}

/* Behind what ends: the exception goes on, if there is one, and the result that nobody gets ends, too. */
void gen_guard_raise(Gen *g)
{
	Proc *p = g->p;
	u32 fine = pb_label(g->b);
	E1(LOCAL_GET, g->guard_reason);
	E1(JUMP_IFZ, fine);
	if (p->result && type_counted(p->result)) {
		Node n = { .op = N_VAR, .type = p->result };
		n.sym = p->result_var;
		gen_end_variable(g, &n);
	}
	E1(LOCAL_GET, g->guard_reason);
	raise(g);
	E1(LABEL, fine);
}
