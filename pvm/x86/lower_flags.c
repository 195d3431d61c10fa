/* Flags as O-code values: each is computed from the operands of what set it, when it is wanted.
 * Intel SDM volume 1, 3.4.3.1; the formulas for carry and overflow out of sums are those of Hacker's Delight, 2-13. */
#include "lower_flags.h"
#include "helpers.h"

static unsigned bits(const XLower *l)
{
	return l->flags.size * 8u;
}

void xl_set_flags(XLower *l, XFlagOp op, unsigned size, OVal a, OVal b, OVal c)
{
	l->flags = (XFlags){ .op = (u8)op, .size = (u8)size, .a = a, .b = b, .c = c };
	l->flags_dirty = true;
}

/* The result that the record stands for, zero-extended. */
static OVal result(XLower *l)
{
	const XFlags *f = &l->flags;
	OVal r = f->a;

	switch (f->op) {
	case FL_ADD: case FL_ADC: r = xl_bin(l, O_ADD, f->a, f->b); break;
	case FL_SUB: case FL_SBB: r = xl_bin(l, O_SUB, f->a, f->b); break;
	case FL_SHL: case FL_SHR: case FL_SAR: return f->r ? f->r : xl_shift(l, (XFlagOp)f->op, f->size, f->a, f->b).r;
	case FL_IMUL: return f->r ? f->r : xl_zext(l, xl_bin(l, O_MUL, f->a, f->b), f->size);
	default: return r;
	}
	if (f->op == FL_ADC || f->op == FL_SBB)
		r = xl_bin(l, f->op == FL_ADC ? O_ADD : O_SUB, r, xl_to(l, xl_type(l, r), f->c));
	return xl_zext(l, r, f->size);
}

OVal xl_flag_record(XLower *l, const XFlags *f, unsigned k)
{
	const OVal v[XFLAG_SLOTS] = { f->opv, f->a, f->b, f->c, f->d };

	if (v[k])
		return xl_to(l, OT_I64, v[k]);
	if (k == 0 && f->op != FL_SLOT)
		return xl_const(l, OT_I64, f->op | (u64)f->size << 8);
	return ocode_emit(l->f, l->block, O_GET, OT_I64, 0, 0, 0, REG_SLOT(xl_flag_slot(k)));
}

static void store_record(XLower *l)
{
	const XFlags *f = &l->flags;
	const OVal v[XFLAG_SLOTS] = { f->opv, f->a, f->b, f->c, f->d };

	for (unsigned k = 0; k < XFLAG_SLOTS && l->flags_dirty; k++)
		if (v[k])
			ocode_emit(l->f, l->block, O_PUT, OT_VOID, 0, xl_to(l, OT_I64, v[k]), 0, REG_SLOT(xl_flag_slot(k)));
}

static bool is_open(const XLower *l)
{
	return l->flags.op == FL_SLOT || l->flags.op == FL_DYN;
}

/* Makes the flags a value of bits, where it is not known what has set them. */
static void materialize(XLower *l)
{
	if (is_open(l)) {
		store_record(l);
		OVal v = xl_hcall(l, XH_FLAGS, OT_I32, NULL, 0);
		xl_set_flags(l, FL_BITS, 4, v, 0, 0);
	}
}

/* The carry where it is not known what has set it: in place for the usual kinds, otherwise by a call. */
static OVal open_carry(XLower *l)
{
	OFunc *f = l->f;
	const XFlags now = l->flags;
	OVal op = xl_flag_record(l, &now, 0), a = xl_flag_record(l, &now, 1), b = xl_flag_record(l, &now, 2), c = xl_flag_record(l, &now, 3);
	OVal kind = xl_bini(l, O_AND, xl_to(l, OT_I32, op), FLC_C | 0xff), sub = xl_cmpi(l, CC_EQ, kind, FL_SUB);
	OVal kept = xl_select(l, xl_cmpi(l, CC_EQ, kind, FL_LOGIC), xl_const(l, OT_I32, 0), xl_bini(l, O_AND, xl_to(l, OT_I32, c), 1));
	OVal easy = xl_select(l, sub, xl_cmp(l, CC_LTU, a, b), kept);
	OVal known = xl_bin(l, O_OR, sub, xl_cmpi(l, CC_LEU, xl_bini(l, O_SUB, kind, FL_LOGIC), FL_SHIFT - FL_LOGIC));
	u32 cold = ocode_block(f), on = ocode_block(f);

	ocode_emit(f, l->block, O_BR, OT_VOID, 0, known, ocode_edge(f, on, &easy, 1), ocode_edge(f, cold, NULL, 0));
	f->block.p[cold].flags |= OB_COLD;
	vec_push(&f->order, on);
	vec_push(&f->order, cold);
	u8 x87 = l->x87 == X87_SLOTS ? X87_SLOTS : X87_ANY;
	l->block = cold;
	store_record(l);
	OVal v = xl_bini(l, O_AND, xl_hcall(l, XH_FLAGS, OT_I32, NULL, 0), 1);
	ocode_emit(f, cold, O_JMP, OT_VOID, 0, ocode_edge(f, on, &v, 1), 0, 0);
	l->block = on;
	l->x87 = x87;
	return ocode_param(f, on, OT_I32);
}

void xl_set_carry(XLower *l, OVal c, OVal o)
{
	XFlags *f = &l->flags;
	u32 change = FLC_C | (o ? FLC_O : 0);
	OVal op = xl_flag_record(l, f, 0), d = o ? xl_bin(l, O_OR, c, xl_bini(l, O_SHL, o, 11)) : c;

	if (!o) /* OF is in XS_FLAG_D already, or may be */
		d = f->no ? xl_bin(l, O_OR, c, xl_bini(l, O_SHL, f->no, 11)) :
			is_open(l) ? xl_bin(l, O_OR, c, xl_bini(l, O_AND, xl_to(l, OT_I32, xl_flag_record(l, f, 4)), XF_O)) : c;
	f->opv = xl_bini(l, O_OR, op, change);
	f->d = d;
	f->nc = c;
	f->no = o ? o : f->no;
	l->flags_dirty = true;
}

void xl_choose_flags(XLower *l, OVal zero, const XFlags *old)
{
	const XFlags now = l->flags;
	XFlags f = { .op = FL_DYN };
	OVal *v[XFLAG_SLOTS] = { &f.opv, &f.a, &f.b, &f.c, &f.d };
	const OVal set[XFLAG_SLOTS] = { 1, now.a, now.b, now.c, now.d };
	const OVal was[XFLAG_SLOTS] = { 1, old->a, old->b, old->c, old->d };

	for (unsigned k = 0; k < XFLAG_SLOTS; k++) {
		if (set[k] == was[k] && k)
			*v[k] = set[k];
		else if (!set[k] || (!was[k] && old->op != FL_SLOT && old->op != FL_DYN))
			*v[k] = xl_to(l, OT_I64, set[k] ? set[k] : was[k]); /* the other does not look at it */
		else
			*v[k] = xl_select(l, zero, xl_flag_record(l, old, k), xl_flag_record(l, &now, k));
	}
	l->flags = f;
	l->flags_dirty = true;
}

static OVal bit(XLower *l, unsigned n)
{
	return xl_bini(l, O_AND, xl_bini(l, O_SHRU, l->flags.a, n), 1);
}

/* Bit number n of a value of the record's size, as 0 or 1 in i32. */
static OVal top(XLower *l, OVal v)
{
	return xl_to(l, OT_I32, xl_bini(l, O_AND, xl_bini(l, O_SHRU, v, bits(l) - 1), 1));
}

OVal xl_cf(XLower *l)
{
	const XFlags f = l->flags;
	OVal r;

	if (f.nc)
		return f.nc;
	switch (f.op) {
	case FL_SLOT: case FL_DYN: return open_carry(l);
	case FL_BITS: return bit(l, 0);
	case FL_ADD: return xl_cmp(l, CC_LTU, result(l), f.a);
	case FL_ADC:
		r = result(l);
		return xl_bin(l, O_OR, xl_cmp(l, CC_LTU, r, f.a), xl_bin(l, O_AND, f.c, xl_cmp(l, CC_EQ, r, f.a)));
	case FL_SUB: return xl_cmp(l, CC_LTU, f.a, f.b);
	case FL_SBB: return xl_bin(l, O_OR, xl_cmp(l, CC_LTU, f.a, f.b), xl_bin(l, O_AND, f.c, xl_cmp(l, CC_EQ, f.a, f.b)));
	case FL_INC: case FL_DEC: case FL_SHIFT: return f.c;
	case FL_SHL: case FL_SHR: case FL_SAR: return xl_shift(l, (XFlagOp)f.op, f.size, f.a, f.b).c;
	case FL_IMUL: return xl_product_over(l, f.size, f.a, f.b, result(l));
	}
	return xl_const(l, OT_I32, 0);
}

OVal xl_zf(XLower *l)
{
	materialize(l);
	if (l->flags.op == FL_BITS)
		return bit(l, 6);
	if (l->flags.op == FL_SUB)
		return xl_cmp(l, CC_EQ, l->flags.a, l->flags.b);
	return xl_cmpi(l, CC_EQ, result(l), 0);
}

OVal xl_sf(XLower *l)
{
	materialize(l);
	return l->flags.op == FL_BITS ? bit(l, 7) : top(l, result(l));
}

OVal xl_pf(XLower *l)
{
	materialize(l);
	if (l->flags.op == FL_BITS)
		return bit(l, 2);
	OVal low = xl_bini(l, O_AND, xl_to(l, OT_I32, result(l)), 0xff);
	return xl_bini(l, O_XOR, xl_bini(l, O_AND, xl_un(l, O_POPCNT, low), 1), 1);
}

OVal xl_af(XLower *l)
{
	materialize(l);
	const XFlags f = l->flags;
	OVal v;

	switch (f.op) {
	case FL_BITS: return bit(l, 4);
	case FL_ADD: case FL_ADC: case FL_SUB: case FL_SBB:
		v = xl_to(l, OT_I32, xl_bin(l, O_XOR, xl_bin(l, O_XOR, f.a, f.b), result(l)));
		return xl_bini(l, O_AND, xl_bini(l, O_SHRU, v, 4), 1);
	case FL_INC: case FL_DEC: /* the low digit has become 0, or f */
		v = xl_bini(l, O_AND, xl_to(l, OT_I32, f.a), 15);
		return xl_cmpi(l, CC_EQ, v, f.op == FL_INC ? 0 : 15);
	}
	return xl_const(l, OT_I32, 0);
}

OVal xl_of(XLower *l)
{
	if (!l->flags.no)
		materialize(l);
	const XFlags f = l->flags;
	OVal r;

	if (f.no)
		return f.no;
	switch (f.op) {
	case FL_BITS: return bit(l, 11);
	case FL_ADD: case FL_ADC:
		r = result(l);
		return top(l, xl_bin(l, O_AND, xl_bin(l, O_XOR, f.a, r), xl_bin(l, O_XOR, f.b, r)));
	case FL_SUB: case FL_SBB:
		r = result(l);
		return top(l, xl_bin(l, O_AND, xl_bin(l, O_XOR, f.a, f.b), xl_bin(l, O_XOR, f.a, r)));
	case FL_INC: return xl_cmpi(l, CC_EQ, f.a, 1ull << (bits(l) - 1));
	case FL_DEC: return xl_cmpi(l, CC_EQ, f.a, (1ull << (bits(l) - 1)) - 1);
	case FL_SHIFT: return f.b;
	case FL_SHL: case FL_SHR: case FL_SAR: return xl_shift(l, (XFlagOp)f.op, f.size, f.a, f.b).o;
	case FL_IMUL: return xl_product_over(l, f.size, f.a, f.b, result(l));
	}
	return xl_const(l, OT_I32, 0);
}

OVal xl_flag_bits(XLower *l)
{
	static const struct { OVal (*get)(XLower *); u8 at; } all[] = { { xl_pf, 2 }, { xl_af, 4 }, { xl_zf, 6 }, { xl_sf, 7 }, { xl_of, 11 } };

	materialize(l);
	if (l->flags.op == FL_BITS && !l->flags.nc)
		return l->flags.a;
	OVal v = xl_cf(l);
	for (u32 k = 0; k < COUNT(all); k++)
		v = xl_bin(l, O_OR, v, xl_bini(l, O_SHL, all[k].get(l), all[k].at));
	return v;
}

/* Comparisons of subtractions and of results with zero go without the single flags. */
static OVal signed_operand(XLower *l, OVal v)
{
	u8 size = l->flags.size;

	return size < 4 ? xl_sext(l, v, size, OT_I32) : v;
}

static OVal of_sub(XLower *l, unsigned cc)
{
	static const i8 map[8] = { -1, CC_LTU, CC_EQ, CC_LEU, -1, -1, CC_LTS, CC_LES };
	const XFlags f = l->flags;
	int c = map[cc >> 1];

	if (c < 0)
		return 0;
	if (c == CC_LTS || c == CC_LES)
		return xl_cmp(l, (OCc)c, signed_operand(l, f.a), signed_operand(l, f.b));
	return xl_cmp(l, (OCc)c, f.a, f.b);
}

static OVal plain(XLower *l, unsigned cc)
{
	switch (cc >> 1) {
	case 0: return xl_of(l);
	case 1: return xl_cf(l);
	case 2: return xl_zf(l);
	case 3: return xl_bin(l, O_OR, xl_cf(l), xl_zf(l));
	case 4: return xl_sf(l);
	case 5: return xl_pf(l);
	case 6: return xl_bin(l, O_XOR, xl_sf(l), xl_of(l));
	default: return xl_bin(l, O_OR, xl_zf(l), xl_bin(l, O_XOR, xl_sf(l), xl_of(l)));
	}
}

OVal xl_cond(XLower *l, unsigned cc)
{
	if (cc >> 1 != 1 || (!l->flags.nc && l->flags.op != FL_SLOT))
		materialize(l);
	OVal v = l->flags.op == FL_SUB && !l->flags.nc ? of_sub(l, cc) : 0;

	if (!v)
		v = plain(l, cc);
	return cc & 1 ? xl_bini(l, O_XOR, v, 1) : v;
}
