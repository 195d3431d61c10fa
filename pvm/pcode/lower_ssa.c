/* Static single assignment with block parameters, built while lowering.
 *
 * After Braun et al., "Simple and Efficient Construction of Static Single Assignment Form" (CC 2013): a
 * variable's value is looked up in the block, then in its predecessors, and where several meet, or may still
 * come, a parameter is made.  Unlike there, parameters' operands are collected at the end, when all edges
 * are known, and superfluous parameters (all operands the same) are forwarded in one go. */
#include "lower.h"

static u64 key(u32 block, u32 var)
{
	return (u64)block << 32 | var;
}

void lower_write(Lower *l, u32 block, u32 var, OVal v)
{
	*map_put(&l->def, key(block, var)) = v;
}

u32 lower_block(Lower *l, bool open)
{
	u32 b = ocode_block(l->f);

	vec_add(&l->block, b + 1 - l->block.n);
	l->block.p[b].open = open;
	return b;
}

u32 lower_edge(Lower *l, u32 to)
{
	u32 e = ocode_edge(l->f, to, NULL, 0);
	LBlock *b = &l->block.p[to];

	vec_add(&l->edge, e + 1 - l->edge.n);
	l->edge.p[e] = (LEdge){.from = l->cur, .next = b->in};
	b->in = e;
	b->nin++;
	return e;
}

/* Puts an instruction behind the others at the head of the entry block, before anything lowered there. */
OVal lower_at_entry(Lower *l, OOp op, OType type, u32 aux, u32 a, u32 b, u32 c)
{
	OVal v = ocode_ins(l->f, op, type, aux, a, b, c);

	if (l->tail)
		ocode_insert_after(l->f, l->tail, v);
	else if (l->f->block.p[1].first)
		ocode_insert_before(l->f, l->f->block.p[1].first, v);
	else
		ocode_append(l->f, 1, v);
	return l->tail = v;
}

/* The value of a variable at the function's start: zero, or where the interpreter has it. */
static OVal initial(Lower *l, u32 var, OType type)
{
	OVal v;

	if (!l->locals)
		return lower_at_entry(l, O_CONST, type, 0, 0, 0, 0);
	v = lower_at_entry(l, O_LOAD, type == OT_F64 ? OT_F64 : OT_I64, O_MEM(SPACE_VM, 3, 0, ORDER_PLAIN, 0) | O_MEM_ALIGN(3),
		l->locals, 0, 8 * var);
	if (type == OT_I32 || type == OT_F32)
		v = lower_at_entry(l, O_TRUNC, OT_I32, 0, v, 0, 0);
	if (type == OT_F32)
		v = lower_at_entry(l, O_BITS, OT_F32, 0, v, 0, 0);
	return v;
}

static OVal new_phi(Lower *l, u32 block, u32 var, OType type)
{
	LPhi phi = {.block = block, .var = var, .val = ocode_ins(l->f, O_PARAM, type, 0, 0, 0, 0), .next = l->block.p[block].phi};

	vec_push(&l->phi, phi);
	l->block.p[block].phi = l->phi.n;
	return phi.val;
}

/* The value all predecessors of a closed block agree on without looking further, or 0. */
static OVal agreed(Lower *l, const LBlock *b, u32 var)
{
	OVal v = 0;

	if (b->nin > 4)
		return 0;
	for (u32 e = b->in; e; e = l->edge.p[e].next) {
		u64 *d = map_get(&l->def, key(l->edge.p[e].from, var));
		if (!d || (v && v != (OVal)*d))
			return 0;
		v = (OVal)*d;
	}
	return v;
}

OVal lower_read(Lower *l, u32 block, u32 var, OType type)
{
	u32 at = block;
	OVal v = 0;

	/* Up through blocks with one way in, by a loop: a hostile module makes the chain long. */
	for (;;) {
		u64 *d = map_get(&l->def, key(at, var));
		const LBlock *b = &l->block.p[at];
		if (d) {
			v = (OVal)*d;
			break;
		}
		if (at == 1) {
			v = initial(l, var, type);
			break;
		}
		if (b->open || b->nin != 1) {
			v = b->open ? 0 : agreed(l, b, var);
			if (!v)
				v = new_phi(l, at, var, type);
			break;
		}
		at = l->edge.p[b->in].from;
	}
	lower_write(l, at, var, v);
	for (; block != at; block = l->edge.p[l->block.p[block].in].from)
		lower_write(l, block, var, v);
	return v;
}

/* Marks what can be reached from the entry. */
static void reach(Lower *l)
{
	VEC(u32) todo = {0};

	vec_push(&todo, 1);
	l->block.p[1].reached = true;
	while (todo.n) {
		u32 first, two[2], b = todo.p[--todo.n], n = ocode_succs(l->f, b, &first, two);
		for (u32 k = 0; k < n; k++) {
			u32 to = l->f->edge.p[first ? first + k : two[k]].block;
			if (!l->block.p[to].reached) {
				l->block.p[to].reached = true;
				vec_push(&todo, to);
			}
		}
	}
	vec_free(&todo);
}

/* Looks up the operands of all parameters; that may make more of them. */
static void fill_phis(Lower *l)
{
	for (u32 k = 0; k < l->phi.n; k++) {
		LPhi p = l->phi.p[k];
		OType type = l->f->ins.p[p.val].type;
		if (!l->block.p[p.block].reached)
			continue;
		/* Collected in a first loop: reading makes parameters, but none of them becomes an operand here twice. */
		p.ops = l->operand.n;
		for (u32 e = l->block.p[p.block].in; e; e = l->edge.p[e].next)
			if (l->block.p[l->edge.p[e].from].reached) {
				OVal v = lower_read(l, l->edge.p[e].from, p.var, type);
				vec_push(&l->operand, v);
			}
		p.nops = l->operand.n - p.ops;
		l->phi.p[k].ops = p.ops;
		l->phi.p[k].nops = p.nops;
	}
}

static OVal resolve(Lower *l, OVal v)
{
	OVal root = v;

	while (l->forward.p[root])
		root = l->forward.p[root];
	while (l->forward.p[v]) {
		OVal next = l->forward.p[v];
		l->forward.p[v] = root;
		v = next;
	}
	return root;
}

/* The one value that a parameter can have, or 0. */
static OVal only_operand(Lower *l, const LPhi *p)
{
	OVal one = 0;

	for (u32 k = 0; k < p->nops; k++) {
		OVal v = resolve(l, l->operand.p[p->ops + k]);
		if (v == p->val || v == one)
			continue;
		if (one)
			return 0;
		one = v;
	}
	return one;
}

static void forward_trivial(Lower *l)
{
	bool again = true;

	vec_add(&l->forward, l->f->ins.n - l->forward.n);
	while (again) {
		again = false;
		for (u32 k = 0; k < l->phi.n; k++) {
			LPhi *p = &l->phi.p[k];
			OVal v = l->forward.p[p->val] ? 0 : only_operand(l, p);
			if (v) {
				l->forward.p[p->val] = v;
				again = true;
			}
		}
	}
}

/* Links the parameters that remain and gives the edges their arguments. */
static void place_params(Lower *l, u32 b)
{
	OFunc *f = l->f;
	VEC(u32) arg = {0};
	OVal last = 0;
	u32 n = 0;

	for (u32 k = l->block.p[b].phi; k; k = l->phi.p[k - 1].next) {
		OVal v = l->phi.p[k - 1].val;
		if (l->forward.p[v])
			continue;
		f->ins.p[v].a = n++;
		if (last)
			ocode_insert_after(f, last, v);
		else if (f->block.p[b].first)
			ocode_insert_before(f, f->block.p[b].first, v);
		else
			ocode_append(f, b, v);
		last = v;
	}
	/* Operands lie in the order of the edges that can be reached. */
	for (u32 e = l->block.p[b].in, nth = 0; e && n; e = l->edge.p[e].next) {
		if (!l->block.p[l->edge.p[e].from].reached)
			continue;
		arg.n = 0;
		for (u32 k = l->block.p[b].phi; k; k = l->phi.p[k - 1].next)
			if (!l->forward.p[l->phi.p[k - 1].val])
				vec_push(&arg, resolve(l, l->operand.p[l->phi.p[k - 1].ops + nth]));
		f->edge.p[e].args = ocode_pool(f, arg.p, n);
		f->edge.p[e].n = n;
		nth++;
	}
	vec_free(&arg);
}

static void resolve_use(void *ctx, u32 *use)
{
	*use = resolve(ctx, *use);
}

/* A block that cannot be reached is emptied; nothing refers to it any more. */
static void empty_block(OFunc *f, u32 b)
{
	while (f->block.p[b].first)
		ocode_delete(f, f->block.p[b].first);
	f->block.p[b].flags = 0;
}

void lower_finish_ssa(Lower *l)
{
	OFunc *f = l->f;

	reach(l);
	fill_phis(l);
	forward_trivial(l);
	for (u32 b = 1; b < f->block.n; b++)
		if (l->block.p[b].reached)
			place_params(l, b);
	for (u32 b = 1; b < f->block.n; b++) {
		if (!l->block.p[b].reached) {
			empty_block(f, b);
			continue;
		}
		for (OVal v = f->block.p[b].first; v; v = f->ins.p[v].next)
			ocode_uses(f, v, resolve_use, l);
	}
}
