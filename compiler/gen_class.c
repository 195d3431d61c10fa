/* gen_class: classes, objects and their methods.
 *
 * Each class has a table in memory, whose address stands for the class: instances of classes begin with it, objects of Turbo
 * Pascal have it behind the fields of the first type that needs one.
 *
 *   0  bytes of an instance    4  the parent's table, or 0    8  the name, as a string
 *   12  number in the function table of what ends the references in an instance, 0 = nothing to end    16  0
 *   20  the virtual methods' numbers in the function table
 *
 * So a virtual call is one `call.ind`, which checks the signature, and a hostile module gains nothing by a forged table. */
#include "gen.h"

/* ---- tables ---- */

/* Ends the references in an instance: the fields of the body and its parents. */
static u32 release_instance(Gen *g, Type *body)
{
	return body->managed ? gen_release_slot(g, body) : 0;
}

u32 gen_table(Gen *g, Type *body)
{
	Buf b = { 0 };
	u8 name[256];
	const Name *n = body->klass ? body->klass->name : body->name;
	if (body->vmt)
		return body->vmt;
	u32 parent = body->parent && (body->klass || body->parent->vmt_at != UINT32_MAX) ? gen_table(g, body->parent) : 0;
	name[0] = (u8)(n ? MIN(n->len, 255u) : 0);
	gen_spelt(g, body, name);
	buf_u32(&b, body->size);
	buf_u32(&b, parent);
	buf_u32(&b, pb_data(g->b, name, name[0] + 1u, 1));
	buf_u32(&b, release_instance(g, body));
	buf_u32(&b, 0);
	for (u32 i = 0; i < body->nvirtual; i++) {
		const Sym *y = body->virtuals[i];
		buf_u32(&b, y->flags & NF_ABSTRACT ? 0 : pb_slot(g->b, y->owner->func));
	}
	body->vmt = pb_init(g->b, b.p, (u32)b.n, 4);
	buf_free(&b);
	return body->vmt;
}

/* The name as the program spells it where the class is declared. */
void gen_spelt(Gen *g, const Type *body, u8 *name)
{
	const Type *t = body->klass ? body->klass : body;
	const Source *src = ast_source_at(g->c, t->at.pos);
	const char *text = t->at.end ? src->text + (t->at.pos - src->base) : t->name ? t->name->s : "";
	memcpy(name + 1, text, name[0]);
}

/* ---- calls ---- */

/* What is known of a call while its parts are pushed. */
typedef struct Call {
	Sym *y;
	Node *base;
	bool created, freed, dispatched;
	u32 self; /* the local that keeps the object, or class */
} Call;

/* Makes a new instance, of which the class is on the stack. */
static void create(Gen *g, const Call *c)
{
	gen_call_rt(g, RT_CLASS_NEW);
	E1(LOCAL_SET, c->self);
}

/* Gives an object the address of its type's table: that is what a constructor is for. */
static void make_object(Gen *g, const Call *c)
{
	Type *t = c->base->type;
	if (!(c->y->flags & NF_CTOR) || c->y->of->klass || t->vmt_at == UINT32_MAX)
		return;
	E1(LOCAL_GET, c->self);
	E1(I32_CONST, gen_table(g, t));
	E2(I32_STORE, 2, t->vmt_at);
}

/* Evaluates what the method is called for, into local c->self. */
static void find_self(Gen *g, Call *c, const Node *n)
{
	const Type *t = c->base->type;
	c->self = gen_temp(g, 'i');
	if (t->kind == T_RECORD) {
		gen_addr(g, c->base);
		E1(LOCAL_SET, c->self);
		if (!(n->flags & NF_STATIC))
			make_object(g, c);
		return;
	}
	gen_expr(g, c->base);
	if (c->created) {
		create(g, c);
		return;
	}
	if (t->kind == T_CLASS && (c->y->flags & NF_CLASS)) { /* a class method gets the object's class */
		gen_check_nil(g);
		E2(I32_LOAD, 2, 0);
	} else if (c->dispatched) {
		gen_check_nil(g);
	}
	E1(LOCAL_SET, c->self);
}

/* Pushes the number of a virtual method in the function table. */
static void push_virtual(Gen *g, const Sym *y, u32 self, bool is_class)
{
	E1(LOCAL_GET, self);
	if (!is_class)
		E2(I32_LOAD, 2, y->of->klass ? 0 : y->of->vmt_at);
	E2(I32_LOAD, 2, TABLE_METHODS + 4 * (y->slot - 1));
}

static bool is_class_value(const Call *c)
{
	return c->base->type->kind == T_CLASSREF || (c->y->flags & NF_CLASS);
}

void gen_method_call(Gen *g, Node *n)
{
	Call c = { .y = n->sym, .base = n->a };
	Proc *p = c.y->owner;
	Type *t = c.y->type;
	u32 result = 0;
	bool hidden = t->base && !type_scalar(t->base);
	c.created = (n->flags & NF_CTOR) && c.base->type->kind == T_CLASSREF;
	c.freed = (n->flags & NF_DTOR) && c.base->type->kind == T_CLASS;
	c.dispatched = c.y->slot && !(n->flags & NF_STATIC) && !(c.created && c.base->op == N_CLASSVAL);
	if (p->self)
		find_self(g, &c, n);
	if (hidden) {
		result = t->base->managed ? gen_frame_value(g, t->base) : gen_frame(g, t->base->size, MAX(t->base->align, 8u));
		E1(FRAME_ADDR, result);
	}
	if (p->self)
		E1(LOCAL_GET, c.self);
	gen_arguments(g, n, p->self ? t->list->next : t->list);
	gen_line(g, n->at);
	if (c.dispatched) {
		push_virtual(g, c.y, c.self, is_class_value(&c) && !c.created);
		E1(CALL_IND, pb_type(g->b, gen_signature(g, t->list, t->base, p->needs_link, false)));
	} else {
		if (p->needs_link)
			E1(I32_CONST, 0);
		E1(CALL, p->func);
	}
	if (c.freed) {
		E1(LOCAL_GET, c.self);
		gen_call_rt(g, RT_CLASS_FREE);
	}
	if (c.created)
		E1(LOCAL_GET, c.self);
	else if (hidden)
		E1(FRAME_ADDR, result);
}

/* ---- values ---- */

/* A method with its object, as two numbers: in the function table, and the object. */
void gen_method_pair(Gen *g, Node *n)
{
	Call c = { .y = n->sym, .base = n->a };
	find_self(g, &c, n);
	if (c.y->slot)
		push_virtual(g, c.y, c.self, is_class_value(&c));
	else
		E1(I32_CONST, pb_slot(g->b, c.y->owner->func));
	E1(LOCAL_GET, c.self);
}

void gen_class_value(Gen *g, Node *n)
{
	E1(I32_CONST, gen_table(g, n->type->base->base));
}

void gen_is_as(Gen *g, Node *n)
{
	gen_expr(g, n->a);
	gen_expr(g, n->b);
	gen_call_rt(g, n->op == N_IS ? RT_CLASS_IS : RT_CLASS_AS);
}

/* ---- new(p, init), dispose(p, done) of Turbo Pascal's objects ---- */

/* Frees the object whose address is in local p, of as many bytes as its table says. */
void gen_dispose_object(Gen *g, Type *t, u32 p)
{
	if (t->managed) {
		E1(LOCAL_GET, p);
		gen_release_at(g, t);
	}
	E1(LOCAL_GET, p);
	if (t->vmt_at != UINT32_MAX) {
		u32 size = gen_temp(g, 'i'), vmt = gen_temp(g, 'i');
		E1(LOCAL_GET, p);
		E2(I32_LOAD, 2, t->vmt_at);
		E1(LOCAL_SET, vmt);
		E1(I32_CONST, t->size);
		E1(LOCAL_SET, size);
		u32 none = pb_label(g->b);
		E1(LOCAL_GET, vmt);
		E1(JUMP_IFZ, none); /* it was never constructed */
		E1(LOCAL_GET, vmt);
		E2(I32_LOAD, 2, 0);
		E1(LOCAL_SET, size);
		E1(LABEL, none);
		E1(LOCAL_GET, size);
	} else {
		E1(I32_CONST, t->size);
	}
	gen_call_sys(g, "mem.free", "ii:");
}
