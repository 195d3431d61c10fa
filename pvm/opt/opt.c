/* The driver, and what the passes share. */
#include "pass.h"

const OptInfo opt_passes[] = {
#define PASS(name, level, what) {#name, opt_##name, level, what},
#include "passes.def"
#undef PASS
};
const u32 opt_npasses = COUNT(opt_passes);

void opt_run(OFunc *f, int level, void (*after)(void *ctx, const OFunc *f, const char *pass), void *ctx)
{
	Arena *a = arena_new();

	for (u32 k = 0; k < opt_npasses; k++) {
		if (opt_passes[k].level > level)
			continue;
		opt_passes[k].run(f, a);
		arena_reset(a);
		if (after)
			after(ctx, f, opt_passes[k].name);
	}
	arena_free(a);
}

bool opt_run_one(OFunc *f, const char *name)
{
	for (u32 k = 0; k < opt_npasses; k++)
		if (!strcmp(opt_passes[k].name, name)) {
			Arena *a = arena_new();
			opt_passes[k].run(f, a);
			arena_free(a);
			return true;
		}
	return false;
}

/* ---- replacing values ----------------------------------------------------------------------------- */

OVal opt_find(u32 *to, OVal v)
{
	OVal root = v;

	while (to[root])
		root = to[root];
	while (to[v]) {
		OVal next = to[v];
		to[v] = root;
		v = next;
	}
	return root;
}

static inline void replace_use(void *ctx, u32 *use)
{
	if (((u32 *)ctx)[*use])
		*use = opt_find(ctx, *use);
}

void opt_replace(OFunc *f, OVal v, u32 *to)
{
	ocode_each_use(f, v, replace_use, to);
}

void opt_replace_all(OFunc *f, u32 *to)
{
	for (u32 k = 0; k < f->order.n; k++)
		for (OVal v = f->block.p[f->order.p[k]].first; v; v = f->ins.p[v].next)
			opt_replace(f, v, to);
}

/* ---- blocks --------------------------------------------------------------------------------------- */

OptEdges opt_edges(const OFunc *f, u32 block)
{
	OptEdges e;

	e.n = ocode_succs(f, block, &e.first, e.two);
	return e;
}

bool opt_prune(OFunc *f, Arena *a)
{
	u8 *seen = arena_alloc(a, f->block.n);
	u32 *todo = arena_alloc(a, f->block.n * sizeof *todo), n = 0, kept = 0, before = f->order.n;

	seen[1] = 1;
	todo[n++] = 1;
	while (n) {
		u32 b = todo[--n];
		OptEdges e = opt_edges(f, b);
		for (u32 k = 0; k < e.n; k++) {
			u32 to = f->edge.p[opt_edge(&e, k)].block;
			if (!seen[to]) {
				seen[to] = 1;
				todo[n++] = to;
			}
		}
	}
	for (u32 k = 0; k < before; k++) {
		u32 b = f->order.p[k];
		if (seen[b])
			f->order.p[kept++] = b;
		else
			while (f->block.p[b].first)
				ocode_delete(f, f->block.p[b].first);
	}
	f->order.n = kept;
	return kept < before;
}

u32 *opt_dom_order(const OCfg *g, Arena *a)
{
	u32 *order = arena_alloc(a, (g->nrpo + 1) * sizeof *order);

	for (u32 k = 0; k < g->nrpo; k++)
		order[g->dom_in[g->rpo[k]] - 1] = g->rpo[k];
	return order;
}

/* ---- loops ---------------------------------------------------------------------------------------- */

u32 opt_way_in(const OFunc *f, const OCfg *g, u32 h)
{
	u32 found = 0;

	for (u32 j = g->pred_at[h]; j < g->pred_at[h + 1]; j++) {
		if (ocode_dominates(g, h, g->pred[j]))
			continue;
		if (found)
			return 0;
		OptEdges e = opt_edges(f, g->pred[j]);
		for (u32 k = 0; k < e.n; k++)
			if (f->edge.p[opt_edge(&e, k)].block == h)
				found = opt_edge(&e, k);
	}
	return found;
}

u32 opt_front(OFunc *f, u32 in)
{
	u32 h = f->edge.p[in].block, b = ocode_block(f), e = ocode_edge(f, h, NULL, 0);

	f->edge.p[e] = f->edge.p[in];
	f->edge.p[in] = (OEdge){.block = b};
	ocode_emit(f, b, O_JMP, OT_VOID, 0, e, 0, 0);
	f->block.p[b].flags = f->block.p[h].flags & OB_COLD;
	vec_push(&f->order, b);
	return b;
}

/* ---- constants ------------------------------------------------------------------------------------ */

bool opt_const(const OFunc *f, OVal v, i64 *out)
{
	const OIns *i = &f->ins.p[v];

	if (i->op != O_CONST)
		return false;
	switch (i->type) {
	case OT_I8: *out = (i8)i->imm; return true;
	case OT_I16: *out = (i16)i->imm; return true;
	case OT_I32: *out = (i32)i->imm; return true;
	case OT_I64: *out = (i64)i->imm; return true;
	default: return false;
	}
}

u64 opt_bits(OType type, i64 n)
{
	u32 width = 8u * ocode_type_size[type];

	return width >= 64 ? (u64)n : (u64)n & ((1ull << width) - 1);
}

void opt_make_const(OFunc *f, OVal v, u64 bits)
{
	OIns *i = &f->ins.p[v];

	i->op = O_CONST;
	i->aux = 0;
	i->imm = bits;
	i->c = 0;
	i->map = 0;
}

OVal opt_const_before(OFunc *f, OVal at, OType type, u64 bits)
{
	OVal v = ocode_ins(f, O_CONST, type, 0, 0, 0, 0);

	f->ins.p[v].imm = bits;
	ocode_insert_before(f, at, v);
	return v;
}

/* ---- conditions and slots ------------------------------------------------------------------------- */

OCc opt_cc_swap(OCc cc)
{
	static const u8 swapped[CC_COUNT] = {CC_EQ, CC_NE, CC_GTS, CC_GES, CC_LTS, CC_LES, CC_GTU, CC_GEU, CC_LTU, CC_LEU};

	return swapped[cc];
}

OCc opt_cc_not(OCc cc)
{
	static const u8 contrary[CC_COUNT] = {CC_NE, CC_EQ, CC_GES, CC_GTS, CC_LES, CC_LTS, CC_GEU, CC_GTU, CC_LEU, CC_LTU};

	return contrary[cc];
}

bool opt_fixed_slot(u32 off)
{
	return off == REG_OFF(mem) || off == REG_OFF(host) || off == REG_OFF(global) || off == REG_OFF(table) ||
		off == REG_OFF(table_len) || off == REG_OFF(sp_limit);
}
