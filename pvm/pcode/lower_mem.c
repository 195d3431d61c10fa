/* Lowering variables, addresses and memory.
 *
 * An address is kept as value + offset while it is known that the sum does not wrap at 2^32: within the
 * frame, and for indexing at a constant address.  Such an offset goes into loads and stores for nothing. */
#include "lower.h"

/* ---- variables ----------------------------------------------------------------------------------- */

static OType local_type(Lower *l, u32 k)
{
	return lower_type(pcode_local_type(l->m, l->pf, k));
}

static OVal global_base(Lower *l)
{
	return lower_emit(l, O_GET, OT_I64, 0, 0, 0, REG_OFF(global));
}

static const u16 mem_global = O_MEM(SPACE_VM, 3, 0, ORDER_PLAIN, 0) | O_MEM_ALIGN(3);

/* A global is 8 bytes of the host's order; the narrower types are its low half. */
static void global_get(Lower *l, u32 k)
{
	OType type = lower_type(l->m->global[k].type);
	u16 mem = mem_global | (l->m->global[k].mutable ? 0 : OMEM_CONST);
	OVal v = lower_emit(l, O_LOAD, type == OT_F64 ? OT_F64 : OT_I64, mem, global_base(l), 0, 8 * k);

	if (type == OT_I32 || type == OT_F32)
		v = lower_emit(l, O_TRUNC, OT_I32, 0, v, 0, 0);
	if (type == OT_F32)
		v = lower_emit(l, O_BITS, OT_F32, 0, v, 0, 0);
	lower_push(l, v);
}

static void global_set(Lower *l, u32 k)
{
	OType type = lower_type(l->m->global[k].type);
	OVal v = lower_pop(l);

	if (type == OT_F32)
		v = lower_emit(l, O_BITS, OT_I32, 0, v, 0, 0);
	if (type == OT_I32 || type == OT_F32)
		v = lower_emit(l, O_EXTU, OT_I64, 0, v, 0, 0);
	lower_emit(l, O_STORE, OT_VOID, mem_global, global_base(l), v, 8 * k);
}

/* ---- addresses ----------------------------------------------------------------------------------- */

bool lower_is_const(const Lower *l, const LEnt *e, u32 *out)
{
	const OIns *i = &l->f->ins.p[e->v];

	*out = (u32)i->imm + e->off;
	return i->op == O_CONST && i->type == OT_I32;
}

static void frame_addr(Lower *l, u32 off)
{
	LEnt e = {.v = lower_frame(l), .off = off, .room = l->pf->frame - off, .frame = true};

	l->stack[l->depth++] = e;
}

/* An i32.add of a constant that the entry has room for; false when it is not one. */
static bool add_const(Lower *l)
{
	LEnt *a = &l->stack[l->depth - 2], *b = a + 1, *sum = NULL;
	u32 c;

	if (a->room && lower_is_const(l, b, &c) && c <= a->room)
		sum = a;
	else if (b->room && lower_is_const(l, a, &c) && c <= b->room)
		sum = b;
	else
		return false;
	sum->off += c;
	sum->room -= c;
	*a = *sum;
	l->depth--;
	return true;
}

static OVal scaled(Lower *l, OVal k, u32 size, bool exact)
{
	if (size == 1)
		return k;
	return lower_emit(l, O_MUL, OT_I32, exact ? O_NOWRAP : 0, k, lower_const(l, OT_I32, size), 0);
}

/* index and index.u; span is the largest (k - lo) * size, or UINT64_MAX when that is not known. */
static void index_at(Lower *l, OVal k, u32 size, u64 span)
{
	LEnt *base = &l->stack[l->depth - 1];
	OVal off = scaled(l, k, size, span <= UINT32_MAX);
	u32 at;

	if (lower_is_const(l, base, &at) && span <= UINT32_MAX && span + at <= UINT32_MAX) {
		*base = (LEnt){.v = off, .off = at, .room = UINT32_MAX - at - span};
	} else if (base->room >= span) {
		base->v = lower_emit(l, O_ADD, OT_I32, O_NOWRAP, base->v, off, 0);
		base->room -= span;
	} else {
		OVal v = lower_value(l, base);
		*base = (LEnt){.v = lower_emit(l, O_ADD, OT_I32, 0, v, off, 0)};
	}
}

static OVal above(Lower *l, OVal k, i64 lo)
{
	if (!lo)
		return k;
	return lower_emit(l, O_SUB, OT_I32, 0, k, lower_const(l, OT_I32, (u32)lo), 0);
}

static void index_checked(Lower *l, i64 lo, u32 count, u32 size)
{
	OVal t = above(l, lower_pop(l), lo), n = lower_const(l, OT_I32, count);

	lower_trapif(l, lower_emit(l, O_ICMP, OT_I32, CC_GEU, t, n, 0), TRAP_RANGE);
	index_at(l, t, size, count ? (u64)(count - 1) * size : 0);
}

static void index_unchecked(Lower *l, i64 lo, u32 size)
{
	OVal t = above(l, lower_pop(l), lo);

	index_at(l, t, size, UINT64_MAX);
}

/* ---- loads and stores ---------------------------------------------------------------------------- */

LPlace lower_place(Lower *l, LEnt *e, u32 off, u32 log2, bool sgn)
{
	LPlace p = {.mem = O_MEM(SPACE_GUEST, log2, sgn, ORDER_PLAIN, 1)};

	if (e->frame && (u64)off + (1u << log2) <= e->room)
		p.mem |= OMEM_STACK;
	if (off > UINT32_MAX - e->off)
		lower_value(l, e);
	p.base = e->v;
	p.off = e->off + off;
	return p;
}

static void load(Lower *l, OType type, u32 log2, bool sgn)
{
	LPlace p = lower_place(l, &l->stack[--l->depth], (u32)l->imm[0], log2, sgn);

	lower_push(l, lower_emit(l, O_LOAD, type, p.mem, p.base, 0, p.off));
}

static void store(Lower *l, OType type, u32 log2)
{
	OVal v = lower_pop(l);
	LPlace p = lower_place(l, &l->stack[--l->depth], (u32)l->imm[0], log2, false);

	if (type == OT_F32 || type == OT_F64)
		v = lower_canonical(l, v);
	lower_emit(l, O_STORE, OT_VOID, p.mem, p.base, v, p.off);
}

static bool load_or_store(Lower *l, POp op)
{
	static const struct { u8 type, log2, sgn, store; } access[256] = {
		[P_I32_LOAD] = {OT_I32, 2, 0, 0},
		[P_I32_LOAD8_S] = {OT_I32, 0, 1, 0}, [P_I32_LOAD8_U] = {OT_I32, 0, 0, 0},
		[P_I32_LOAD16_S] = {OT_I32, 1, 1, 0}, [P_I32_LOAD16_U] = {OT_I32, 1, 0, 0},
		[P_I64_LOAD] = {OT_I64, 3, 0, 0},
		[P_I64_LOAD8_S] = {OT_I64, 0, 1, 0}, [P_I64_LOAD8_U] = {OT_I64, 0, 0, 0},
		[P_I64_LOAD16_S] = {OT_I64, 1, 1, 0}, [P_I64_LOAD16_U] = {OT_I64, 1, 0, 0},
		[P_I64_LOAD32_S] = {OT_I64, 2, 1, 0}, [P_I64_LOAD32_U] = {OT_I64, 2, 0, 0},
		[P_F32_LOAD] = {OT_F32, 2, 0, 0}, [P_F64_LOAD] = {OT_F64, 3, 0, 0},
		[P_I32_STORE] = {OT_I32, 2, 0, 1}, [P_I32_STORE8] = {OT_I32, 0, 0, 1}, [P_I32_STORE16] = {OT_I32, 1, 0, 1},
		[P_I64_STORE] = {OT_I64, 3, 0, 1}, [P_I64_STORE8] = {OT_I64, 0, 0, 1}, [P_I64_STORE16] = {OT_I64, 1, 0, 1},
		[P_I64_STORE32] = {OT_I64, 2, 0, 1},
		[P_F32_STORE] = {OT_F32, 2, 0, 1}, [P_F64_STORE] = {OT_F64, 3, 0, 1},
	};
	OType type = access[op].type;

	if (type == OT_VOID)
		return false;
	if (access[op].store)
		store(l, type, access[op].log2);
	else
		load(l, type, access[op].log2, access[op].sgn);
	return true;
}

/* ---- the rest --------------------------------------------------------------------------------------- */

static void mem_size(Lower *l)
{
	OVal size = lower_emit(l, O_GET, OT_I64, 0, 0, 0, REG_OFF(mem_size)), c = lower_const(l, OT_I64, 16);
	OVal pages = lower_emit(l, O_SHRU, OT_I64, 0, size, c, 0);

	lower_push(l, lower_emit(l, O_TRUNC, OT_I32, 0, pages, 0, 0));
}

bool lower_memory(Lower *l, POp op)
{
	u32 k = (u32)l->imm[0];

	switch (op) {
	case P_LOCAL_GET: lower_push(l, lower_read(l, l->cur, k, local_type(l, k))); break;
	case P_LOCAL_SET: lower_write(l, l->cur, k, lower_pop(l)); break;
	case P_LOCAL_TEE: lower_write(l, l->cur, k, lower_value(l, &l->stack[l->depth - 1])); break;
	case P_GLOBAL_GET: global_get(l, k); break;
	case P_GLOBAL_SET: global_set(l, k); break;
	case P_FRAME_ADDR: frame_addr(l, k); break;
	case P_I32_ADD: return add_const(l);
	case P_INDEX: index_checked(l, l->imm[0], (u32)l->imm[1], (u32)l->imm[2]); break;
	case P_INDEX_U: index_unchecked(l, l->imm[0], (u32)l->imm[1]); break;
	case P_MEM_SIZE: mem_size(l); break;
	case P_MEM_GROW: lower_helper(l, PH_MEM_GROW, 1, true); break;
	case P_MEM_COPY: case P_MEM_FILL: case P_MEM_CMP: lower_block_op(l, op); break;
	default: return load_or_store(l, op);
	}
	return true;
}
