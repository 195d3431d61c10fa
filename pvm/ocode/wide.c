/* Pure operations on 128-bit values: integers in full where the compiler has them, vectors as mere bits. */
#include "types.h"

typedef struct Pair {
	u64 lo, hi;
} Pair;

/* Operations on the halves, for either type. */
static bool halves(const OFunc *f, const OIns *i, Pair a, Pair b, u32 c, Pair *out)
{
	switch (i->op) {
	case O_CONST: *out = (Pair){i->imm, 0}; return true;
	case O_VCONST: *out = (Pair){f->vconst.p[2 * i->a], f->vconst.p[2 * i->a + 1]}; return true;
	case O_COPY: case O_BITS: *out = a; return true;
	case O_SELECT: *out = c ? a : b; return true;
	case O_AND: *out = (Pair){a.lo & b.lo, a.hi & b.hi}; return true;
	case O_OR: *out = (Pair){a.lo | b.lo, a.hi | b.hi}; return true;
	case O_XOR: *out = (Pair){a.lo ^ b.lo, a.hi ^ b.hi}; return true;
	case O_NOT: *out = (Pair){~a.lo, ~a.hi}; return true;
	default: return false;
	}
}

#ifdef __SIZEOF_INT128__

typedef unsigned __int128 u128;
typedef __int128 i128;

static u128 join(Pair p)
{
	return (u128)p.hi << 64 | p.lo;
}

static bool divide(OOp op, u128 a, u128 b, u128 *out)
{
	bool minus1 = b == ~(u128)0;

	if (!b)
		return false;
	switch (op) {
	case O_DIVU: *out = a / b; return true;
	case O_REMU: *out = a % b; return true;
	case O_DIVS: *out = minus1 ? 0 - a : (u128)((i128)a / (i128)b); return !minus1 || a != (u128)1 << 127;
	default: *out = minus1 ? 0 : (u128)((i128)a % (i128)b); return true;
	}
}

static bool arithmetic(OOp op, u128 a, u128 b, u128 *out)
{
	u32 n = (u32)b & 127;

	switch (op) {
	case O_ADD: *out = a + b; return true;
	case O_SUB: *out = a - b; return true;
	case O_MUL: *out = a * b; return true;
	case O_DIVS: case O_DIVU: case O_REMS: case O_REMU: return divide(op, a, b, out);
	case O_SHL: *out = a << n; return true;
	case O_SHRU: *out = a >> n; return true;
	case O_SHRS: *out = (u128)((i128)a >> n); return true;
	case O_ROTL: *out = n ? a << n | a >> (128 - n) : a; return true;
	case O_ROTR: *out = n ? a >> n | a << (128 - n) : a; return true;
	case O_NEG: *out = 0 - a; return true;
	default: return false;
	}
}

static bool compare(u32 cc, u128 a, u128 b, u64 *out)
{
	i128 sa = (i128)a, sb = (i128)b;

	switch (cc) {
	case CC_EQ: *out = a == b; return true;
	case CC_NE: *out = a != b; return true;
	case CC_LTS: *out = sa < sb; return true;
	case CC_LES: *out = sa <= sb; return true;
	case CC_GTS: *out = sa > sb; return true;
	case CC_GES: *out = sa >= sb; return true;
	case CC_LTU: *out = a < b; return true;
	case CC_LEU: *out = a <= b; return true;
	case CC_GTU: *out = a > b; return true;
	case CC_GEU: *out = a >= b; return true;
	default: return false;
	}
}

static bool integers(const OIns *i, Pair a, Pair b, Pair *out)
{
	u128 r;

	if (i->op == O_ICMP)
		return compare(i->aux, join(a), join(b), &out->lo);
	if (!arithmetic(i->op, join(a), join(b), &r))
		return false;
	*out = (Pair){(u64)r, (u64)(r >> 64)};
	return true;
}

#else

static bool integers(const OIns *i, Pair a, Pair b, Pair *out)
{
	return false;
}

#endif

/* To and from narrower integers. */
static bool widths(const OIns *i, u8 atype, Pair a, Pair *out)
{
	u32 w = ocode_type_size[atype] * 8u;

	switch (i->op) {
	case O_EXTU:
		*out = (Pair){a.lo, 0};
		return true;
	case O_EXTS:
		out->lo = (u64)sign_extend(a.lo, w);
		out->hi = (u64)((i64)out->lo >> 63);
		return true;
	case O_TRUNC:
		*out = (Pair){low_bits(a.lo, ocode_type_size[i->type] * 8u), 0};
		return true;
	default:
		return false;
	}
}

bool ocode_wide(const OFunc *f, OVal v, u64 *lo, u64 *hi)
{
	const OIns *i = &f->ins.p[v];
	u8 form = ocode_ops[i->op].form, atype = i->type;
	Pair a = {0}, b = {0}, r = {0};

	if (form != OF_CONST && form != OF_IMM) {
		atype = f->ins.p[i->a].type;
		a = (Pair){lo[i->a], hi[i->a]};
	}
	if (form == OF_BIN || form == OF_CMP || form == OF_TERN)
		b = (Pair){lo[i->b], hi[i->b]};
	if (!type_is_wide(i->type) && !type_is_wide(atype))
		return false;
	if (!halves(f, i, a, b, form == OF_TERN ? (u32)lo[i->c] : 0, &r) && !widths(i, atype, a, &r) && !integers(i, a, b, &r))
		return false;
	lo[v] = r.lo;
	hi[v] = r.hi;
	return true;
}
