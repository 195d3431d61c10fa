/* Lowering instructions on blocks of memory.  Blocks of a known small size are a few loads and stores; those whose
 * size is known at run time only, as strings have, are looked at by size, and go to the helper when they are long.
 *
 * What lies outside memory is found by the accesses themselves: together they touch every byte. */
#include "lower.h"

/* The largest block of known size that is copied or filled in line, and so the most accesses of one. */
enum { INLINE_BYTES = 40, INLINE_PARTS = 8 };

/* The parts of n bytes: 8 while they fit, then 4, 2, 1. */
static u32 part_log2(u32 left)
{
	return left >= 8 ? 3 : left >= 4 ? 2 : left >= 2 ? 1 : 0;
}

static OType part_type(u32 log2)
{
	return log2 == 3 ? OT_I64 : OT_I32;
}

/* All loads come before all stores, so that the two may overlap. */
static void copy_inline(Lower *l, LEnt *to, LEnt *from, u32 n)
{
	OVal part[INLINE_PARTS];
	u32 k = 0;

	for (u32 at = 0, log2; at < n; at += 1u << log2) {
		log2 = part_log2(n - at);
		LPlace p = lower_place(l, from, at, log2, false);
		part[k++] = lower_emit(l, O_LOAD, part_type(log2), p.mem, p.base, 0, p.off);
	}
	k = 0;
	for (u32 at = 0, log2; at < n; at += 1u << log2) {
		log2 = part_log2(n - at);
		LPlace p = lower_place(l, to, at, log2, false);
		lower_emit(l, O_STORE, OT_VOID, p.mem, p.base, part[k++], p.off);
	}
}

static void fill_inline(Lower *l, LEnt *to, u8 byte, u32 n)
{
	for (u32 at = 0, log2; at < n; at += 1u << log2) {
		log2 = part_log2(n - at);
		OVal v = lower_const(l, part_type(log2), log2 == 3 ? byte * 0x0101010101010101u : byte * 0x01010101u);
		LPlace p = lower_place(l, to, at, log2, false);
		lower_emit(l, O_STORE, OT_VOID, p.mem, p.base, v, p.off);
	}
}

void lower_helper(Lower *l, u32 row, u32 nargs, bool result)
{
	LEnt *arg = &l->stack[l->depth -= nargs];
	OVal v[3];

	for (u32 k = 0; k < nargs; k++)
		v[k] = lower_value(l, &arg[k]);
	u32 at = ocode_pool(l->f, v, nargs);
	OVal r = lower_emit(l, O_HCALL, result ? OT_I32 : OT_VOID, 0, row, at, nargs);
	if (result)
		lower_push(l, r);
}

/* ---- sizes known at run time --------------------------------------------------------------------------- */

typedef struct Sized {
	OVal to, from, n;       /* addresses and size as i32; for mem.cmp the two blocks */
	OVal to_end, from_end;  /* addresses behind the blocks, as i64, which does not wrap at 2^32 */
	u32 slow, join;         /* blocks: where the helper is called, and behind all */
	u32 var;                /* mem.cmp: the variable that the result is put in */
} Sized;

/* Goes on in a new block for n <cc> k; returns the block for all other sizes. */
static u32 if_size(Lower *l, const Sized *s, OCc cc, u32 k)
{
	OVal cond = lower_emit(l, O_ICMP, OT_I32, cc, s->n, lower_const(l, OT_I32, k), 0);
	u32 yes = lower_block(l, false), no = lower_block(l, false);
	u32 to_yes = lower_edge(l, yes), to_no = lower_edge(l, no);

	lower_emit(l, O_BR, OT_VOID, 0, cond, to_yes, to_no);
	l->cur = yes;
	return no;
}

static void go(Lower *l, u32 block)
{
	u32 e = lower_edge(l, block);

	lower_emit(l, O_JMP, OT_VOID, 0, e, 0, 0);
}

static u16 access(u32 log2)
{
	return O_MEM(SPACE_GUEST, log2, 0, ORDER_PLAIN, 1);
}

static OVal end_of(Lower *l, OVal base, OVal n)
{
	base = lower_emit(l, O_EXTU, OT_I64, 0, base, 0, 0);
	return lower_emit(l, O_ADD, OT_I64, 0, base, n, 0);
}

static OVal load_at(Lower *l, OVal base, u32 off, u32 log2)
{
	return lower_emit(l, O_LOAD, part_type(log2), access(log2), base, 0, off);
}

/* The address of the last 2^log2 bytes of a block. */
static OVal last(Lower *l, OVal end, u32 log2)
{
	return lower_emit(l, O_SUB, OT_I64, 0, end, lower_const(l, OT_I64, 1u << log2), 0);
}

/* Both ends of a block of `parts` to 2 * `parts` accesses; the two may overlap. */
static void copy_ends(Lower *l, const Sized *s, u32 log2, u32 parts)
{
	OVal from_tail = last(l, s->from_end, log2), to_tail = last(l, s->to_end, log2), v[4];
	u32 size = 1u << log2, n = 0;

	if (parts > 1) {
		OVal c = lower_const(l, OT_I64, size);
		from_tail = lower_emit(l, O_SUB, OT_I64, 0, from_tail, c, 0);
		to_tail = lower_emit(l, O_SUB, OT_I64, 0, to_tail, c, 0);
	}
	for (u32 k = 0; k < parts; k++) {
		v[n++] = load_at(l, s->from, k * size, log2);
		v[n++] = load_at(l, from_tail, k * size, log2);
	}
	n = 0;
	for (u32 k = 0; k < parts; k++) {
		lower_emit(l, O_STORE, OT_VOID, access(log2), s->to, v[n++], k * size);
		lower_emit(l, O_STORE, OT_VOID, access(log2), to_tail, v[n++], k * size);
	}
	go(l, s->join);
}

/* One to three bytes: the first, the middle, the last. */
static void copy_bytes(Lower *l, const Sized *s)
{
	OVal one = lower_const(l, OT_I32, 1), half = lower_emit(l, O_SHRU, OT_I32, 0, s->n, one, 0);
	OVal half64 = lower_emit(l, O_EXTU, OT_I64, 0, half, 0, 0);
	OVal from_mid = end_of(l, s->from, half64), to_mid = end_of(l, s->to, half64);
	OVal from_tail = last(l, s->from_end, 0), to_tail = last(l, s->to_end, 0);
	OVal a = load_at(l, s->from, 0, 0), b = load_at(l, from_mid, 0, 0), c = load_at(l, from_tail, 0, 0);

	lower_emit(l, O_STORE, OT_VOID, access(0), s->to, a, 0);
	lower_emit(l, O_STORE, OT_VOID, access(0), to_mid, b, 0);
	lower_emit(l, O_STORE, OT_VOID, access(0), to_tail, c, 0);
	go(l, s->join);
}

static void copy_sized(Lower *l, const Sized *s)
{
	u32 small = if_size(l, s, CC_GEU, 8);
	u32 long16 = if_size(l, s, CC_LEU, 16);

	copy_ends(l, s, 3, 1);
	l->cur = long16;
	u32 long32 = if_size(l, s, CC_LEU, 32);
	copy_ends(l, s, 3, 2);
	l->cur = long32;
	go(l, s->slow);
	l->cur = small;
	u32 tiny = if_size(l, s, CC_GEU, 4);
	copy_ends(l, s, 2, 1);
	l->cur = tiny;
	u32 none = if_size(l, s, CC_NE, 0);
	copy_bytes(l, s);
	l->cur = none;
	go(l, s->join);
}

/* -1, 0 or 1 as x is below, at or above y, both unsigned. */
static void compared(Lower *l, const Sized *s, OVal x, OVal y)
{
	OVal above = lower_emit(l, O_ICMP, OT_I32, CC_GTU, x, y, 0), below = lower_emit(l, O_ICMP, OT_I32, CC_LTU, x, y, 0);

	lower_write(l, l->cur, s->var, lower_emit(l, O_SUB, OT_I32, 0, above, below, 0));
	go(l, s->join);
}

/* Four to eight bytes as a number whose order is that of the bytes. */
static OVal ends_as_number(Lower *l, OVal base, OVal end)
{
	OVal head = load_at(l, base, 0, 2), tail = load_at(l, last(l, end, 2), 0, 2);

	head = lower_emit(l, O_EXTU, OT_I64, 0, lower_emit(l, O_BSWAP, OT_I32, 0, head, 0, 0), 0, 0);
	tail = lower_emit(l, O_EXTU, OT_I64, 0, lower_emit(l, O_BSWAP, OT_I32, 0, tail, 0, 0), 0, 0);
	head = lower_emit(l, O_SHL, OT_I64, 0, head, lower_const(l, OT_I64, 32), 0);
	return lower_emit(l, O_OR, OT_I64, 0, head, tail, 0);
}

/* One to three bytes likewise. */
static OVal bytes_as_number(Lower *l, const Sized *s, OVal base, OVal end)
{
	OVal half = lower_emit(l, O_SHRU, OT_I32, 0, s->n, lower_const(l, OT_I32, 1), 0);
	OVal mid = end_of(l, base, lower_emit(l, O_EXTU, OT_I64, 0, half, 0, 0)), byte[3], v;

	byte[0] = load_at(l, base, 0, 0);
	byte[1] = load_at(l, mid, 0, 0);
	byte[2] = load_at(l, last(l, end, 0), 0, 0);
	v = byte[0];
	for (u32 k = 1; k < 3; k++) {
		v = lower_emit(l, O_SHL, OT_I32, 0, v, lower_const(l, OT_I32, 8), 0);
		v = lower_emit(l, O_OR, OT_I32, 0, v, byte[k], 0);
	}
	return v;
}

/* 8 to 16 bytes: the first eight decide if they differ. */
static void compare_words(Lower *l, const Sized *s)
{
	OVal x = load_at(l, s->to, 0, 3), y = load_at(l, s->from, 0, 3);
	OVal x_tail = load_at(l, last(l, s->to_end, 3), 0, 3), y_tail = load_at(l, last(l, s->from_end, 3), 0, 3);
	OVal same = lower_emit(l, O_ICMP, OT_I32, CC_EQ, x, y, 0);

	x = lower_emit(l, O_SELECT, OT_I64, 0, x_tail, x, same);
	y = lower_emit(l, O_SELECT, OT_I64, 0, y_tail, y, same);
	x = lower_emit(l, O_BSWAP, OT_I64, 0, x, 0, 0);
	compared(l, s, x, lower_emit(l, O_BSWAP, OT_I64, 0, y, 0, 0));
}

static void compare_sized(Lower *l, const Sized *s)
{
	u32 small = if_size(l, s, CC_GEU, 8);
	u32 longer = if_size(l, s, CC_LEU, 16);

	compare_words(l, s);
	l->cur = longer;
	go(l, s->slow);
	l->cur = small;
	u32 tiny = if_size(l, s, CC_GEU, 4);
	compared(l, s, ends_as_number(l, s->to, s->to_end), ends_as_number(l, s->from, s->from_end));
	l->cur = tiny;
	u32 none = if_size(l, s, CC_NE, 0);
	OVal x = bytes_as_number(l, s, s->to, s->to_end);
	compared(l, s, x, bytes_as_number(l, s, s->from, s->from_end));
	l->cur = none;
	lower_write(l, l->cur, s->var, lower_const(l, OT_I32, 0));
	go(l, s->join);
}

/* The state map is made first: it holds in all blocks. */
static void sized_op(Lower *l, POp op)
{
	LEnt *arg = &l->stack[l->depth - 3];
	Sized s = {.to = lower_value(l, &arg[0]), .from = lower_value(l, &arg[1]), .n = lower_value(l, &arg[2])};
	bool compare = op == P_MEM_CMP;

	lower_map(l);
	OVal wide = lower_emit(l, O_EXTU, OT_I64, 0, s.n, 0, 0);
	s.to_end = end_of(l, s.to, wide);
	s.from_end = end_of(l, s.from, wide);
	s.slow = lower_block(l, true);
	s.join = lower_block(l, true);
	s.var = l->nvar + l->depth - 3;
	if (compare)
		compare_sized(l, &s);
	else
		copy_sized(l, &s);
	l->cur = s.slow;
	lower_helper(l, compare ? PH_MEM_CMP : PH_MEM_COPY, 3, compare);
	if (compare)
		lower_write(l, l->cur, s.var, lower_pop(l));
	go(l, s.join);
	l->block.p[s.slow].open = l->block.p[s.join].open = false;
	l->cur = s.join;
	if (compare)
		lower_push(l, lower_read(l, l->cur, s.var, OT_I32));
}

void lower_block_op(Lower *l, POp op)
{
	LEnt *arg = &l->stack[l->depth - 3];
	u32 n, byte;
	bool known = lower_is_const(l, &arg[2], &n), small = known && n > 0 && n <= INLINE_BYTES;

	if (op == P_MEM_COPY && small) {
		copy_inline(l, &arg[0], &arg[1], n);
		l->depth -= 3;
	} else if (op == P_MEM_FILL && small && lower_is_const(l, &arg[1], &byte)) {
		fill_inline(l, &arg[0], (u8)byte, n);
		l->depth -= 3;
	} else if (op != P_MEM_FILL && !known) {
		sized_op(l, op);
	} else {
		lower_helper(l, op == P_MEM_COPY ? PH_MEM_COPY : op == P_MEM_FILL ? PH_MEM_FILL : PH_MEM_CMP, 3, op == P_MEM_CMP);
	}
}
