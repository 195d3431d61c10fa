/* Interval arithmetic for the range analysis (checks.c). */
#include "range.h"

static Range range(i64 lo, i64 hi)
{
	return (Range){lo, hi};
}

Range range_full(OType type)
{
	switch (type) {
	case OT_I8: return range(INT8_MIN, INT8_MAX);
	case OT_I16: return range(INT16_MIN, INT16_MAX);
	case OT_I32: return range(INT32_MIN, INT32_MAX);
	default: return range(INT64_MIN, INT64_MAX);
	}
}

Range range_meet(Range a, Range b)
{
	return range(MAX(a.lo, b.lo), MIN(a.hi, b.hi));
}

Range range_join(Range a, Range b)
{
	if (range_empty(a))
		return b;
	if (range_empty(b))
		return a;
	return range(MIN(a.lo, b.lo), MAX(a.hi, b.hi));
}

/* ---- arithmetic ------------------------------------------------------------------------------------ */

/* The exact range of a sum, difference or product; false where it does not fit in 64 bits. */
static bool exact(OOp op, Range a, Range b, Range *out)
{
	i64 p[4];

	switch (op) {
	case O_ADD: case O_ADDO:
		return !__builtin_add_overflow(a.lo, b.lo, &out->lo) && !__builtin_add_overflow(a.hi, b.hi, &out->hi);
	case O_SUB: case O_SUBO:
		return !__builtin_sub_overflow(a.lo, b.hi, &out->lo) && !__builtin_sub_overflow(a.hi, b.lo, &out->hi);
	default:
		if (__builtin_mul_overflow(a.lo, b.lo, &p[0]) || __builtin_mul_overflow(a.lo, b.hi, &p[1]) ||
		    __builtin_mul_overflow(a.hi, b.lo, &p[2]) || __builtin_mul_overflow(a.hi, b.hi, &p[3]))
			return false;
		*out = range(MIN(MIN(p[0], p[1]), MIN(p[2], p[3])), MAX(MAX(p[0], p[1]), MAX(p[2], p[3])));
		return true;
	}
}

bool range_fits(OOp op, OType type, Range a, Range b)
{
	Range r;

	return exact(op, a, b, &r) && range_within(r, range_full(type));
}

/* A wrapping operation can give anything once it may wrap; a trapping one only what fits. */
static Range arithmetic(OOp op, OType type, Range a, Range b)
{
	Range r, all = range_full(type);
	bool traps = op == O_ADDO || op == O_SUBO || op == O_MULO;

	if (!exact(op, a, b, &r))
		return all;
	if (traps)
		r = range_meet(r, all);
	return !range_empty(r) && range_within(r, all) ? r : all;
}

/* The smallest 2^k - 1 that is not below a number >= 0. */
static i64 mask_above(i64 n)
{
	return n ? (i64)(UINT64_MAX >> __builtin_clzll((u64)n)) : 0;
}

static Range bitwise(OOp op, OType type, Range a, Range b)
{
	if (op == O_AND && (a.lo >= 0 || b.lo >= 0))
		return range(0, a.lo < 0 ? b.hi : b.lo < 0 ? a.hi : MIN(a.hi, b.hi));
	if (op != O_AND && a.lo >= 0 && b.lo >= 0)
		return range(0, mask_above(a.hi | b.hi));
	return range_full(type);
}

static Range shift(OOp op, OType type, Range a, Range b)
{
	i64 width = 8 * ocode_type_size[type], n = b.lo & (width - 1);
	Range all = range_full(type);

	if (b.lo != b.hi)
		return op != O_SHL && a.lo >= 0 ? range(0, a.hi) : op == O_SHRS ? range(a.lo, MAX(a.hi, -1)) : all;
	if (op == O_SHL)
		return n < 62 ? arithmetic(O_MUL, type, a, range((i64)1 << n, (i64)1 << n)) : all;
	if (op == O_SHRS || a.lo >= 0)
		return range(a.lo >> n, a.hi >> n);
	return n ? range(0, (i64)(opt_bits(type, -1) >> n)) : all;
}

static Range quotient(OOp op, OType type, Range a, Range b)
{
	if (b.lo < 1 || (op == O_DIVU && a.lo < 0))
		return range_full(type);
	return range(a.lo >= 0 ? a.lo / b.hi : a.lo / b.lo, a.hi >= 0 ? a.hi / b.lo : a.hi / b.hi);
}

static Range rest(OOp op, OType type, Range a, Range b)
{
	if (b.lo < 1)
		return range_full(type);
	if (op == O_REMU)
		return range(0, a.lo >= 0 ? MIN(a.hi, b.hi - 1) : b.hi - 1);
	return range(a.lo >= 0 ? 0 : MAX(a.lo, 1 - b.hi), a.hi >= 0 ? MIN(a.hi, b.hi - 1) : 0);
}

/* ---- the rest --------------------------------------------------------------------------------------- */

static Range loaded(OType type, u16 mem)
{
	u32 bits = 8u << OMEM_LOG2(mem);

	if (bits >= 8 * (u32)ocode_type_size[type])
		return range_full(type);
	return OMEM_SIGNED(mem) ? range(-((i64)1 << (bits - 1)), ((i64)1 << (bits - 1)) - 1) : range(0, ((i64)1 << bits) - 1);
}

static Range sext(u32 bits, OType type, Range a)
{
	Range r = range(-((i64)1 << (bits - 1)), ((i64)1 << (bits - 1)) - 1);

	return range_within(a, r) ? a : range_meet(r, range_full(type));
}

static Range widened(const OFunc *f, const OIns *i, Range a)
{
	u32 bits = 8 * ocode_type_size[f->ins.p[i->a].type];

	if (i->op == O_EXTU && a.lo < 0)
		return bits < 64 ? range(0, (i64)(UINT64_MAX >> (64 - bits))) : range_full(i->type);
	return a;
}

static Range binary(const OIns *i, Range a, Range b)
{
	switch (i->op) {
	case O_ADD: case O_SUB: case O_MUL: case O_ADDO: case O_SUBO: case O_MULO:
		return arithmetic(i->op, i->type, a, b);
	case O_AND: case O_OR: case O_XOR:
		return bitwise(i->op, i->type, a, b);
	case O_SHL: case O_SHRU: case O_SHRS:
		return shift(i->op, i->type, a, b);
	case O_DIVS: case O_DIVU:
		return quotient(i->op, i->type, a, b);
	case O_REMS: case O_REMU:
		return rest(i->op, i->type, a, b);
	default:
		return range_full(i->type);
	}
}

Range range_of(const OFunc *f, OVal v, const Range *r)
{
	const OIns *i = &f->ins.p[v];
	i64 c;

	switch (i->op) {
	case O_CONST: return opt_const(f, v, &c) ? range(c, c) : range_full(i->type);
	case O_COPY: return r[i->a];
	case O_ICMP: case O_FCMP: return range(0, 1);
	case O_CLZ: case O_CTZ: case O_POPCNT: return range(0, 8 * ocode_type_size[i->type]);
	case O_SEXT8: return sext(8, i->type, r[i->a]);
	case O_SEXT16: return sext(16, i->type, r[i->a]);
	case O_SEXT32: return sext(32, i->type, r[i->a]);
	case O_EXTS: case O_EXTU: return widened(f, i, r[i->a]);
	case O_TRUNC: return range_within(r[i->a], range_full(i->type)) ? r[i->a] : range_full(i->type);
	case O_SELECT: return range_join(r[i->a], r[i->b]);
	case O_LOAD: return loaded(i->type, i->aux);
	default:
		if (ocode_ops[i->op].form == OF_BIN || ocode_ops[i->op].form == OF_BINT)
			return binary(i, r[i->a], r[i->b]);
		return range_full(i->type);
	}
}

/* ---- conditions -------------------------------------------------------------------------------------- */

static int decide_signed(OCc cc, Range a, Range b)
{
	switch (cc) {
	case CC_EQ: return a.lo == a.hi && b.lo == b.hi && a.lo == b.lo ? 1 : a.hi < b.lo || a.lo > b.hi ? 0 : -1;
	case CC_LTS: return a.hi < b.lo ? 1 : a.lo >= b.hi ? 0 : -1;
	case CC_LES: return a.hi <= b.lo ? 1 : a.lo > b.hi ? 0 : -1;
	default: return -1;
	}
}

int range_decide(OCc cc, Range a, Range b)
{
	bool same_sign = (a.lo >= 0 && b.lo >= 0) || (a.hi < 0 && b.hi < 0);
	int r;

	switch (cc) {
	case CC_EQ: case CC_LTS: case CC_LES: return decide_signed(cc, a, b);
	case CC_LTU: case CC_LEU:
		if (same_sign)
			return decide_signed(cc == CC_LTU ? CC_LTS : CC_LES, a, b);
		return a.lo >= 0 && b.hi < 0 ? 1 : a.hi < 0 && b.lo >= 0 ? 0 : -1;
	default:
		r = range_decide(opt_cc_not(cc), a, b);
		return r < 0 ? r : !r;
	}
}

static Range refine_signed(OCc cc, Range a, Range b)
{
	switch (cc) {
	case CC_LTS: return b.hi == INT64_MIN ? a : range(a.lo, MIN(a.hi, b.hi - 1));
	case CC_LES: return range(a.lo, MIN(a.hi, b.hi));
	case CC_GTS: return b.lo == INT64_MAX ? a : range(MAX(a.lo, b.lo + 1), a.hi);
	default: return range(MAX(a.lo, b.lo), a.hi);
	}
}

Range range_refine(OCc cc, Range a, Range b)
{
	switch (cc) {
	case CC_EQ:
		return range_meet(a, b);
	case CC_NE:
		if (b.lo != b.hi)
			return a;
		return range(a.lo == b.lo ? a.lo + (a.lo < a.hi) : a.lo, a.hi == b.lo ? a.hi - (a.lo < a.hi) : a.hi);
	case CC_LTU: case CC_LEU:
		/* Below a number >= 0 there are no negative ones. */
		return b.lo < 0 ? a : refine_signed(cc == CC_LTU ? CC_LTS : CC_LES, range(MAX(a.lo, 0), a.hi), b);
	case CC_GTU: case CC_GEU:
		return a.lo < 0 || b.lo < 0 ? a : refine_signed(cc == CC_GTU ? CC_GTS : CC_GES, a, b);
	default:
		return refine_signed(cc, a, b);
	}
}
