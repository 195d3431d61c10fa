/* Global value numbering: equal pure operations become one, down the dominator tree.
 *
 * A check (TRAPIF) or a checked operation that an equal one dominates has been passed already and goes too; a
 * condition tested by a dominating branch or check is known, and so is its contrary.
 *
 * Needs: nothing.  Recreates: commutative operations with the smaller number on the left, constants on the
 * right.  Breaks: nothing. */
#include "pass.h"

/* An entry of the hash table.  Entries of a bucket lie in dominator-tree preorder, so that one in front whose
 * block does not dominate the current block never will again and is dropped. */
typedef struct Entry {
	u32 next, block;
	OVal v;
	u8 known; /* for a condition: 0 nothing, 1 false, 2 true */
} Entry;

typedef struct Gvn {
	OFunc *f;
	OCfg *g;
	u32 *to, *bucket, mask, block;
	VEC(Entry) entry;
	bool changed;
} Gvn;

static u64 mix(u64 h, u64 x)
{
	h = (h ^ x) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

/* What aux says about the value: whether it may wrap says nothing. */
static u32 meaning(const OIns *i)
{
	return ocode_ops[i->op].form == OF_BIN ? 0 : i->aux;
}

static u32 hash(const OIns *i)
{
	u64 h = mix(i->op | i->type << 8 | meaning(i) << 16, i->imm);

	return (u32)mix(h, i->c);
}

/* Operands are compared by number, and a number has one type. */
static bool same(const OIns *x, const OIns *y)
{
	return x->op == y->op && x->type == y->type && meaning(x) == meaning(y) && x->imm == y->imm && x->c == y->c;
}

static u32 *live_bucket(Gvn *n, const OIns *i)
{
	u32 *head = &n->bucket[hash(i) & n->mask];

	while (*head && !ocode_dominates(n->g, n->entry.p[*head].block, n->block))
		*head = n->entry.p[*head].next;
	return head;
}

/* The entry of an equal instruction that dominates this place, 0 if there is none. */
static u32 lookup(Gvn *n, const OIns *i)
{
	for (u32 e = *live_bucket(n, i); e; e = n->entry.p[e].next)
		if (same(&n->f->ins.p[n->entry.p[e].v], i))
			return e;
	return 0;
}

static u32 insert(Gvn *n, OVal v, u8 known)
{
	u32 *head = live_bucket(n, &n->f->ins.p[v]);
	Entry e = {.next = *head, .block = n->block, .v = v, .known = known};

	vec_push(&n->entry, e);
	return *head = n->entry.n - 1;
}

/* ---- conditions ------------------------------------------------------------------------------------ */

static u8 known(Gvn *n, OVal cond)
{
	const OIns *i = &n->f->ins.p[cond];
	u32 e = i->op == O_ICMP || i->op == O_FCMP ? lookup(n, i) : 0;

	if (e && n->entry.p[e].known)
		return n->entry.p[e].known;
	if (i->op == O_ICMP) {
		OIns contrary = *i;
		contrary.aux = opt_cc_not(i->aux);
		e = lookup(n, &contrary);
		if (e && n->entry.p[e].known)
			return 3 - n->entry.p[e].known;
	}
	return 0;
}

/* From here on down the condition is known; the newer entry is found first. */
static void learn(Gvn *n, OVal cond, bool truth)
{
	u8 op = n->f->ins.p[cond].op;

	if (op == O_ICMP || op == O_FCMP)
		insert(n, cond, 1 + truth);
}

/* What the one way into the block tells. */
static void learn_from_branch(Gvn *n, u32 b)
{
	const OCfg *g = n->g;

	if (g->pred_at[b + 1] - g->pred_at[b] != 1)
		return;
	const OIns *i = &n->f->ins.p[n->f->block.p[g->pred[g->pred_at[b]]].last];
	if (i->op == O_BR)
		learn(n, opt_find(n->to, i->a), n->f->edge.p[i->b].block == b);
}

/* ---- instructions ---------------------------------------------------------------------------------- */

static void order_operands(Gvn *n, OIns *i)
{
	const OIns *p = n->f->ins.p;
	bool swap = (ocode_ops[i->op].props & OP_COMMUTES) || i->op == O_ICMP;

	if (swap && p[i->b].op != O_CONST && (i->a > i->b || p[i->a].op == O_CONST)) {
		OVal t = i->a;
		i->a = i->b;
		i->b = t;
		if (i->op == O_ICMP)
			i->aux = opt_cc_swap(i->aux);
	}
}

static bool numbered(const OIns *i)
{
	if (i->op == O_GET)
		return opt_fixed_slot(i->c);
	if (i->op == O_LOAD)
		return (i->aux & OMEM_CONST) && !OMEM_FAULT(i->aux);
	if (i->op == O_ADDO || i->op == O_SUBO || i->op == O_MULO)
		return true;
	return (ocode_ops[i->op].props & OP_PURE) && i->op != O_COPY;
}

static void visit_trapif(Gvn *n, OVal v)
{
	OVal cond = n->f->ins.p[v].a;

	if (known(n, cond) == 1) {
		ocode_delete(n->f, v);
		n->changed = true;
	} else {
		learn(n, cond, false);
	}
}

/* A branch on what is known gets a constant; fold makes a jump of it. */
static void visit_br(Gvn *n, OVal v)
{
	u8 k = known(n, n->f->ins.p[v].a);

	if (k) {
		OVal c = opt_const_before(n->f, v, OT_I32, k - 1u);
		n->f->ins.p[v].a = c;
		n->changed = true;
	}
}

static void visit(Gvn *n, OVal v)
{
	OIns *i = &n->f->ins.p[v];

	if (i->op == O_TRAPIF) {
		visit_trapif(n, v);
	} else if (i->op == O_BR) {
		visit_br(n, v);
	} else if (numbered(i)) {
		order_operands(n, i);
		u32 e = lookup(n, i);
		if (e) {
			n->to[v] = n->entry.p[e].v;
			ocode_unlink(n->f, v); /* not deleted: its number must not be used again here */
			n->changed = true;
		} else {
			insert(n, v, 0);
		}
	}
}

static void visit_block(Gvn *n, u32 b)
{
	n->block = b;
	learn_from_branch(n, b);
	for (OVal v = n->f->block.p[b].first, next; v; v = next) {
		opt_replace(n->f, v, n->to);
		next = n->f->ins.p[v].next;
		visit(n, v);
	}
}

bool opt_gvn(OFunc *f, Arena *a)
{
	bool pruned = opt_prune(f, a);
	Gvn n = {.f = f, .g = ocode_cfg(f, a), .mask = 63};
	u32 *order = opt_dom_order(n.g, a);

	while (n.mask < f->ins.n)
		n.mask = 2 * n.mask + 1;
	n.bucket = arena_alloc(a, (n.mask + 1) * sizeof *n.bucket);
	/* A branch makes one constant at most. */
	n.to = arena_alloc(a, (f->ins.n + f->block.n) * sizeof *n.to);
	vec_add(&n.entry, 1);
	for (u32 k = 0; k < n.g->nrpo; k++)
		visit_block(&n, order[k]);
	opt_replace_all(f, n.to);
	vec_free(&n.entry);
	return n.changed | pruned;
}
