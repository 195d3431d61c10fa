/* Making and rearranging functions. */
#include "ocode.h"

#include <stdlib.h>

/* A freed function whose arrays serve the next one. */
static void *spare;
enum { SPARE_INS = 4096 /* its instructions at most */ };

static void empty(OFunc *f)
{
	f->param.n = f->ins.n = f->block.n = f->order.n = f->pool.n = f->edge.n = f->map.n = f->slot.n = f->vconst.n = 0;
	f->free_ins = 0;
	f->text_name = NULL;
	f->unit = false;
	f->start = 0;
}

OFunc *ocode_new(const char *name, u32 id, OType ret)
{
	OFunc *f = spare_take(&spare);

	if (!f)
		f = xcalloc(1, sizeof *f);
	empty(f);
	f->name = name;
	f->id = id;
	f->ret = (u8)ret;
	/* Number 0 of each is "none". */
	vec_add(&f->ins, 1);
	vec_add(&f->block, 1);
	vec_add(&f->edge, 1);
	vec_add(&f->map, 1);
	return f;
}

void ocode_free(OFunc *f)
{
	if (f && f->ins.cap <= SPARE_INS) {
		free(f->text_name);
		f->text_name = NULL;
		f = spare_put(&spare, f);
	}
	if (!f)
		return;
	vec_free(&f->param);
	vec_free(&f->ins);
	vec_free(&f->block);
	vec_free(&f->order);
	vec_free(&f->pool);
	vec_free(&f->edge);
	vec_free(&f->map);
	vec_free(&f->slot);
	vec_free(&f->vconst);
	free(f->text_name);
	free(f);
}

u32 ocode_block(OFunc *f)
{
	vec_add(&f->block, 1);
	return f->block.n - 1;
}

static inline OVal new_ins(OFunc *f)
{
	OVal v = f->free_ins;

	if (v) {
		f->free_ins = f->ins.p[v].next;
		return v;
	}
	if (f->ins.n == f->ins.cap)
		vec_reserve(&f->ins, f->ins.n + 1u);
	return f->ins.n++;
}

OVal ocode_ins(OFunc *f, OOp op, OType type, u32 aux, u32 a, u32 b, u32 c)
{
	OVal v = new_ins(f);

	f->ins.p[v] = (OIns){.op = (u8)op, .type = (u8)type, .aux = (u16)aux, .a = a, .b = b, .c = c};
	return v;
}

/* Puts v between two neighbours in a block; 0 stands for the block's end on that side. */
static void link_between(OFunc *f, u32 block, OVal prev, OVal v, OVal next)
{
	OIns *i = &f->ins.p[v];

	i->block = block;
	i->prev = prev;
	i->next = next;
	*(prev ? &f->ins.p[prev].next : &f->block.p[block].first) = v;
	*(next ? &f->ins.p[next].prev : &f->block.p[block].last) = v;
}

void ocode_append(OFunc *f, u32 block, OVal v)
{
	link_between(f, block, f->block.p[block].last, v, 0);
}

void ocode_insert_before(OFunc *f, OVal at, OVal v)
{
	link_between(f, f->ins.p[at].block, f->ins.p[at].prev, v, at);
}

void ocode_insert_after(OFunc *f, OVal at, OVal v)
{
	link_between(f, f->ins.p[at].block, at, v, f->ins.p[at].next);
}

void ocode_unlink(OFunc *f, OVal v)
{
	OIns *i = &f->ins.p[v];

	if (!i->block)
		return;
	*(i->prev ? &f->ins.p[i->prev].next : &f->block.p[i->block].first) = i->next;
	*(i->next ? &f->ins.p[i->next].prev : &f->block.p[i->block].last) = i->prev;
	i->prev = i->next = i->block = 0;
}

void ocode_delete(OFunc *f, OVal v)
{
	ocode_unlink(f, v);
	f->ins.p[v] = (OIns){.op = O_NONE, .next = f->free_ins};
	f->free_ins = v;
}

/* At the end of a block, where most instructions are made. */
static inline void link_last(OFunc *f, u32 block, OVal v)
{
	OBlock *b = &f->block.p[block];

	*(b->last ? &f->ins.p[b->last].next : &b->first) = v;
	b->last = v;
}

OVal ocode_emit(OFunc *f, u32 block, OOp op, OType type, u32 aux, u32 a, u32 b, u32 c)
{
	OVal v = new_ins(f);

	f->ins.p[v] = (OIns){.op = (u8)op, .type = (u8)type, .aux = (u16)aux, .a = a, .b = b, .c = c,
		.block = block, .prev = f->block.p[block].last};
	link_last(f, block, v);
	return v;
}

OVal ocode_emit_const(OFunc *f, u32 block, OType type, u64 bits)
{
	OVal v = new_ins(f);

	f->ins.p[v] = (OIns){.op = O_CONST, .type = (u8)type, .imm = bits, .block = block, .prev = f->block.p[block].last};
	link_last(f, block, v);
	return v;
}

/* The last param of a block, 0 if it has none; *n counts them. */
static OVal last_param(const OFunc *f, u32 block, u32 *n)
{
	OVal last = 0;

	*n = 0;
	for (OVal v = f->block.p[block].first; v && f->ins.p[v].op == O_PARAM; v = f->ins.p[v].next) {
		last = v;
		++*n;
	}
	return last;
}

OVal ocode_param(OFunc *f, u32 block, OType type)
{
	u32 n;
	OVal last = last_param(f, block, &n), v = ocode_ins(f, O_PARAM, type, 0, n, 0, 0);

	link_between(f, block, last, v, last ? f->ins.p[last].next : f->block.p[block].first);
	return v;
}

u32 ocode_nparams(const OFunc *f, u32 block)
{
	u32 n;

	last_param(f, block, &n);
	return n;
}

u32 ocode_pool(OFunc *f, const u32 *v, u32 n)
{
	u32 at = f->pool.n;

	if (n)
		memcpy(vec_add(&f->pool, n), v, n * sizeof *v);
	return at;
}

u32 ocode_edge(OFunc *f, u32 block, const u32 *args, u32 n)
{
	OEdge e = {.block = block, .args = ocode_pool(f, args, n), .n = n};

	vec_push(&f->edge, e);
	return f->edge.n - 1;
}
