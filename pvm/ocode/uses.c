/* What an instruction uses and where a block goes: the only places besides the checker and the text form that
 * know the forms. */
#include "ocode.h"

typedef void UseFn(void *ctx, u32 *use);

static void pool_uses(OFunc *f, u32 at, u32 n, UseFn *fn, void *ctx)
{
	for (u32 k = 0; k < n; k++)
		fn(ctx, &f->pool.p[at + k]);
}

static void edge_uses(OFunc *f, u32 first, u32 n, UseFn *fn, void *ctx)
{
	for (u32 k = first; k < first + n; k++)
		pool_uses(f, f->edge.p[k].args, f->edge.p[k].n, fn, ctx);
}

/* The maps of the calls into which this was inlined keep their values alive too. */
static void map_uses(OFunc *f, u32 map, UseFn *fn, void *ctx)
{
	for (; map; map = f->map.p[map].parent)
		for (u32 k = 0; k < f->map.p[map].n; k++) {
			OVal *val = &f->slot.p[f->map.p[map].slots + k].val;
			if (*val)
				fn(ctx, val);
		}
}

void ocode_uses(OFunc *f, OVal v, UseFn *fn, void *ctx)
{
	OIns *i = &f->ins.p[v];

	switch ((OForm)ocode_ops[i->op].form) {
	case OF_NONE: case OF_CONST: case OF_IMM: case OF_SLOT: case OF_TRAP:
		break;
	case OF_TERN: case OF_VEC3:
		fn(ctx, &i->c);
		/* fall through */
	case OF_BIN: case OF_BINT: case OF_CMP: case OF_STORE: case OF_RMW: case OF_VEC2:
		fn(ctx, &i->b);
		/* fall through */
	case OF_UN: case OF_LOAD: case OF_PUT: case OF_TRAPIF: case OF_EXIT: case OF_VEC1:
		fn(ctx, &i->a);
		break;
	case OF_CAS:
		pool_uses(f, i->a, 3, fn, ctx);
		break;
	case OF_CALL:
		if (i->op == O_CALLI)
			fn(ctx, &i->a);
		pool_uses(f, i->b, i->c, fn, ctx);
		break;
	case OF_JMP:
		edge_uses(f, i->a, 1, fn, ctx);
		break;
	case OF_BR:
		fn(ctx, &i->a);
		edge_uses(f, i->b, 1, fn, ctx);
		edge_uses(f, i->c, 1, fn, ctx);
		break;
	case OF_SWITCH:
		fn(ctx, &i->a);
		edge_uses(f, i->b, i->c, fn, ctx);
		break;
	case OF_RET:
		if (i->aux)
			fn(ctx, &i->a);
		break;
	}
	map_uses(f, i->map, fn, ctx);
}

u32 ocode_succs(const OFunc *f, u32 block, u32 *first, u32 two[2])
{
	const OIns *i = &f->ins.p[f->block.p[block].last];

	*first = 0;
	switch (i->op) {
	case O_JMP:
		two[0] = i->a;
		return 1;
	case O_BR:
		two[0] = i->b;
		two[1] = i->c;
		return 2;
	case O_SWITCH:
		*first = i->b;
		return i->c;
	default:
		return 0;
	}
}
