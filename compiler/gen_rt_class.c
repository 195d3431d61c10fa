/* gen_rt_class: routines on classes and instances, in P-code.  gen_class.c has the shape of a class's table. */
#include "gen_rt.h"

enum { TABLE_SIZE = 0, TABLE_PARENT = 4, TABLE_RELEASE = 12 };

/* (table): a new instance, all 0. */
void gen_rt_class_new(Gen *g)
{
	u32 q = pb_local(g->b, 'i');
	GET(0), LOAD(TABLE_SIZE), gen_call_sys(g, "mem.alloc", "i:i"), TEE(q);
	GET(0), STORE(0);
	GET(q), E(RETURN);
}

/* (instance): ends the references in it, and it. */
void gen_rt_class_free(Gen *g)
{
	u32 table = pb_local(g->b, 'i'), slot = pb_local(g->b, 'i'), none = pb_label(g->b);
	GET(0), LOAD(0), TEE(table), LOAD(TABLE_RELEASE), TEE(slot), E1(JUMP_IFZ, none);
	GET(0), GET(slot), E1(CALL_IND, pb_type(g->b, "i:"));
	E1(LABEL, none);
	GET(0), GET(table), LOAD(TABLE_SIZE), gen_call_sys(g, "mem.free", "ii:");
	E(RETURN);
}

/* (instance, table): 1 if it is of this class or one derived from it; nil is of none. */
void gen_rt_class_is(Gen *g)
{
	u32 at = pb_local(g->b, 'i'), top = pb_label(g->b), no = pb_label(g->b), yes = pb_label(g->b);
	GET(0), E1(JUMP_IFZ, no);
	GET(0), LOAD(0), SET(at);
	E1(LOOP, top);
	GET(at), GET(1), E(I32_EQ), E1(JUMP_IF, yes);
	GET(at), LOAD(TABLE_PARENT), TEE(at), E1(JUMP_IF, top);
	E1(LABEL, no);
	INT(0), E(RETURN);
	E1(LABEL, yes);
	INT(1), E(RETURN);
}

/* (instance, table): the instance, if it is nil or of this class; else run-time error 219. */
void gen_rt_class_as(Gen *g)
{
	u32 fine = pb_label(g->b);
	GET(0), E1(JUMP_IFZ, fine);
	GET(0), GET(1), RT(CLASS_IS), E1(JUMP_IF, fine);
	gen_trap(g, 219);
	E1(LABEL, fine);
	GET(0), E(RETURN);
}

/* (instance): its destructor, the first virtual method that there is, and its memory. */
void gen_rt_class_destroy(Gen *g)
{
	u32 none = pb_label(g->b);
	GET(0), E1(JUMP_IFZ, none);
	GET(0), GET(0), LOAD(0), LOAD(TABLE_METHODS), E1(CALL_IND, pb_type(g->b, "i:"));
	GET(0), RT(CLASS_FREE);
	E1(LABEL, none);
	E(RETURN);
}
