/* x87 instructions by soft80, for hosts without an x87 (and for tests on those that have one).
 *
 * Results are computed first, then memory is written, which may fault, and only then registers change.  An exception that
 * is not masked is noted; it leaves operands alone where it forbids the result.  Intel SDM volume 1, chapter 8. */
#include "interpret.h"
#include "soft80.h"

enum { C0 = 0x100, C1 = 0x200, C2 = 0x400, C3 = 0x4000, CODES = C0 | C2 | C3 };

typedef struct Fpu {
	XRun *r;
	u64 *s;             /* the slots */
	const XOperand *o;  /* the first operand */
	Env80 v;
	u32 codes, set;     /* condition codes, and which of them are set */
	bool keep_c1;
} Fpu;

typedef void Handler(Fpu *f);

/* ---- the stack ------------------------------------------------------------------------------------- */

static unsigned number(const Fpu *f, unsigned i) { return (unsigned)(f->s[XS_FTOP] + i) & 7; }
static bool is_empty(const Fpu *f, unsigned i) { return !(f->s[XS_FTAG] >> number(f, i) & 1); }

static F80 get(const Fpu *f, unsigned i)
{
	const u64 *st = &f->s[XS_ST + 2 * number(f, i)];

	return (F80){ st[0], (u16)st[1] };
}

static Num80 get_num(const Fpu *f, unsigned i) { return soft80_num(get(f, i)); }

static void set(Fpu *f, unsigned i, F80 a)
{
	u64 *st = &f->s[XS_ST + 2 * number(f, i)];

	st[0] = a.m;
	st[1] = a.se;
	f->s[XS_FTAG] |= 1u << number(f, i);
}

static void release(Fpu *f, unsigned i) { f->s[XS_FTAG] &= ~(1ull << number(f, i)); }
static void turn(Fpu *f, unsigned n) { f->s[XS_FTOP] = (f->s[XS_FTOP] + n) & 7; }

static void push(Fpu *f, F80 a)
{
	turn(f, 7);
	set(f, 0, a);
}

static void pop(Fpu *f, unsigned n)
{
	for (; n; n--) {
		release(f, 0);
		turn(f, 1);
	}
}

/* A register that should be in use is not, or (over) the other way round.  True: the masked response is to be given. */
static bool stack_fault(Fpu *f, bool over)
{
	f->v.raised |= X87_IE | X87_SF;
	f->v.up = over;
	return f->v.masked & X87_IE;
}

static void set_codes(Fpu *f, u32 mask, u32 codes)
{
	f->set |= mask;
	f->codes = (f->codes & ~mask) | codes;
}

/* ---- arithmetic ------------------------------------------------------------------------------------ */

static bool in_memory(const Fpu *f) { return f->o->kind == XK_MEM; }

/* Who faults does so at the first byte that cannot be accessed. */
static u8 *bytes(Fpu *f, bool write)
{
	u8 *p = write ? xr_probe(f->r, xr_address(f->r), f->o->size, true) : xr_bytes(f->r, xr_address(f->r), f->o->size, false);

	if (!write)
		(void)*(volatile u8 *)p;
	return p;
}

static Num80 load_int(const u8 *p, unsigned size)
{
	return soft80_of_int(size == 2 ? (i16)ld16(p) : size == 4 ? (i32)ld32(p) : (i64)ld64(p));
}

static Num80 load_float(const u8 *p, unsigned size)
{
	return size == 4 ? soft80_of_f32(ld32(p)) : soft80_of_f64(ld64(p));
}

/* The source; false: its register is empty. */
static bool source(Fpu *f, unsigned i, bool integer, Num80 *n)
{
	if (in_memory(f)) {
		const u8 *p = bytes(f, false);
		*n = integer ? load_int(p, f->o->size) : load_float(p, f->o->size);
		return true;
	}
	*n = get_num(f, i);
	return !is_empty(f, i);
}

typedef F80 Op2(Env80 *v, Num80 a, Num80 b);

/* integer: of the memory form; reversed: source - destination; pops behind it. */
static void arith(Fpu *f, Op2 *fn, bool integer, bool reversed, unsigned pops)
{
	unsigned to = in_memory(f) ? 0 : f->o->reg;
	Num80 b;
	bool there = source(f, f->r->i.opnd[1].reg, integer, &b) && !is_empty(f, to);
	F80 out = soft80_nan;

	if (!there && !stack_fault(f, false))
		return;
	if (there) {
		Num80 a = get_num(f, to);
		out = fn(&f->v, reversed ? b : a, reversed ? a : b);
		if (soft80_denied(&f->v))
			return;
	}
	set(f, to, out);
	pop(f, pops);
}

#define ARITH(name, fn, integer, reversed, pops) static void name(Fpu *f) { arith(f, fn, integer, reversed, pops); }
ARITH(do_fadd, soft80_add, false, false, 0)
ARITH(do_faddp, soft80_add, false, false, 1)
ARITH(do_fiadd, soft80_add, true, false, 0)
ARITH(do_fmul, soft80_mul, false, false, 0)
ARITH(do_fmulp, soft80_mul, false, false, 1)
ARITH(do_fimul, soft80_mul, true, false, 0)
ARITH(do_fsub, soft80_sub, false, false, 0)
ARITH(do_fsubp, soft80_sub, false, false, 1)
ARITH(do_fisub, soft80_sub, true, false, 0)
ARITH(do_fsubr, soft80_sub, false, true, 0)
ARITH(do_fsubrp, soft80_sub, false, true, 1)
ARITH(do_fisubr, soft80_sub, true, true, 0)
ARITH(do_fdiv, soft80_div, false, false, 0)
ARITH(do_fdivp, soft80_div, false, false, 1)
ARITH(do_fidiv, soft80_div, true, false, 0)
ARITH(do_fdivr, soft80_div, false, true, 0)
ARITH(do_fdivrp, soft80_div, false, true, 1)
ARITH(do_fidivr, soft80_div, true, true, 0)

/* ---- comparison ------------------------------------------------------------------------------------ */

static Rel80 relation(Fpu *f, const Num80 *b, bool there, bool quiet)
{
	if (there && !is_empty(f, 0))
		return soft80_compare(&f->v, get_num(f, 0), *b, quiet);
	stack_fault(f, false);
	return R80_UNORDERED;
}

/* The codes are set even where an exception that is not masked forbids the pop. */
static void compare(Fpu *f, const Num80 *b, bool there, bool quiet, unsigned pops)
{
	static const u16 codes[] = { [R80_GT] = 0, [R80_LT] = C0, [R80_EQ] = C3, [R80_UNORDERED] = CODES };

	set_codes(f, CODES, codes[relation(f, b, there, quiet)]);
	if (!soft80_denied(&f->v))
		pop(f, pops);
}

static void com(Fpu *f, bool integer, bool quiet, unsigned pops)
{
	bool two = f->r->i.nopnd == 0; /* fcompp */
	Num80 b;
	bool there = source(f, two ? 1 : f->r->i.opnd[1].reg, integer, &b);

	compare(f, &b, there, quiet, pops);
}

static void comi(Fpu *f, bool quiet, unsigned pops)
{
	static const u32 flags[] = { [R80_GT] = 0, [R80_LT] = XF_C, [R80_EQ] = XF_Z, [R80_UNORDERED] = XF_Z | XF_P | XF_C };
	unsigned i = f->r->i.opnd[1].reg;
	Num80 b = get_num(f, i);

	xr_set_flags(f->r, XF_ALL, flags[relation(f, &b, !is_empty(f, i), quiet)]);
	f->keep_c1 = !(f->v.raised & X87_SF);
	if (!soft80_denied(&f->v))
		pop(f, pops);
}

static void do_fcom(Fpu *f) { com(f, false, false, 0); }
static void do_fcomp(Fpu *f) { com(f, false, false, 1); }
static void do_fcompp(Fpu *f) { com(f, false, false, 2); }
static void do_ficom(Fpu *f) { com(f, true, false, 0); }
static void do_ficomp(Fpu *f) { com(f, true, false, 1); }
static void do_fucom(Fpu *f) { com(f, false, true, 0); }
static void do_fucomp(Fpu *f) { com(f, false, true, 1); }
static void do_fucompp(Fpu *f) { com(f, false, true, 2); }
static void do_fcomi(Fpu *f) { comi(f, false, 0); }
static void do_fcomip(Fpu *f) { comi(f, false, 1); }
static void do_fucomi(Fpu *f) { comi(f, true, 0); }
static void do_fucomip(Fpu *f) { comi(f, true, 1); }

static void do_ftst(Fpu *f)
{
	compare(f, &(Num80){ .cls = C80_ZERO }, true, false, 0);
}

static void do_fxam(Fpu *f)
{
	static const u16 codes[] = { [C80_ZERO] = C3, [C80_FINITE] = C2, [C80_INF] = C2 | C0, [C80_QNAN] = C0, [C80_SNAN] = C0, [C80_BAD] = 0 };
	Num80 n = get_num(f, 0);

	f->v.up = n.neg;
	set_codes(f, CODES, is_empty(f, 0) ? C3 | C0 : n.denormal ? C3 | C2 : codes[n.cls]);
}

/* ---- moves ----------------------------------------------------------------------------------------- */

/* A push that finds no room, or a source that is empty. */
static bool push_fault(Fpu *f, bool under)
{
	if (!under && is_empty(f, 7))
		return false;
	if (stack_fault(f, !under))
		push(f, soft80_nan);
	return true;
}

static F80 load80(const u8 *p)
{
	return (F80){ ld64(p), ld16(p + 8) };
}

static void do_fld(Fpu *f)
{
	F80 a = { 0 };

	if (!in_memory(f)) {
		unsigned i = f->o->reg;
		a = get(f, i);
		if (!push_fault(f, is_empty(f, i)))
			push(f, a);
		return;
	}
	const u8 *p = bytes(f, false);
	Num80 n = f->o->size == 10 ? soft80_num(a = load80(p)) : load_float(p, f->o->size);
	if (push_fault(f, false))
		return;
	if (f->o->size != 10) {
		f->v.raised |= n.cls == C80_SNAN ? X87_IE : n.denormal ? X87_DE : 0;
		if (f->v.raised & ~f->v.masked & X87_IE) /* DE does not forbid it */
			return;
		a = soft80_pack(n);
	}
	push(f, a);
}

static void do_fild(Fpu *f)
{
	Num80 n = load_int(bytes(f, false), f->o->size);

	if (!push_fault(f, false))
		push(f, soft80_pack(n));
}

static void do_fbld(Fpu *f)
{
	Num80 n = soft80_of_bcd(bytes(f, false));

	if (!push_fault(f, false))
		push(f, soft80_pack(n));
}

/* A store that raises one of these, not masked, is not made. */
static bool store_denied(const Fpu *f)
{
	return f->v.raised & ~f->v.masked & (X87_IE | X87_OE | X87_UE);
}

static void put(Fpu *f, const u8 *from, unsigned pops)
{
	if (store_denied(f))
		return;
	memcpy(bytes(f, true), from, f->o->size);
	pop(f, pops);
}

static void store_register(Fpu *f, unsigned pops)
{
	F80 a = get(f, 0);

	if (is_empty(f, 0)) {
		if (!stack_fault(f, false))
			return;
		a = soft80_nan;
	}
	set(f, f->o->reg, a);
	pop(f, pops);
}

static void store(Fpu *f, unsigned pops)
{
	F80 a = get(f, 0);
	u8 raw[10];

	if (!in_memory(f)) {
		store_register(f, pops);
		return;
	}
	if (is_empty(f, 0)) {
		stack_fault(f, false);
		a = soft80_nan;
	}
	if (f->o->size == 10) {
		st64(raw, a.m);
		st16(raw + 8, a.se);
	} else if (f->o->size == 8) {
		st64(raw, soft80_to_f64(&f->v, soft80_num(a)));
	} else {
		st32(raw, (u32)soft80_to_f32(&f->v, soft80_num(a)));
	}
	put(f, raw, pops);
}

static void do_fst(Fpu *f) { store(f, 0); }

/* The alias d9 d8 has no stack fault: it only pops then. */
static void do_fstp(Fpu *f)
{
	bool alias = !in_memory(f) && f->r->code[f->r->i.len - 2] == 0xd9;

	if (alias && is_empty(f, 0))
		pop(f, 1);
	else
		store(f, 1);
}

/* The indefinite NaN gives the indefinite integer. */
static Num80 stored(Fpu *f)
{
	if (!is_empty(f, 0))
		return get_num(f, 0);
	stack_fault(f, false);
	return soft80_num(soft80_nan);
}

static void store_int(Fpu *f, u8 rc, unsigned pops)
{
	unsigned size = f->o->size;
	u64 n = soft80_to_int(&f->v, stored(f), 8 * size, rc);
	u8 raw[8];

	st64(raw, n);
	put(f, raw, pops);
}

static void do_fist(Fpu *f) { store_int(f, f->v.rc, 0); }
static void do_fistp(Fpu *f) { store_int(f, f->v.rc, 1); }
static void do_fisttp(Fpu *f) { store_int(f, X87_CHOP, 1); }

static void do_fbstp(Fpu *f)
{
	u8 raw[10];

	soft80_to_bcd(&f->v, stored(f), raw);
	put(f, raw, 1);
}

static void do_fxch(Fpu *f)
{
	unsigned i = f->r->i.opnd[1].reg;
	F80 a = is_empty(f, 0) ? soft80_nan : get(f, 0), b = is_empty(f, i) ? soft80_nan : get(f, i);

	if ((is_empty(f, 0) || is_empty(f, i)) && !stack_fault(f, false))
		return;
	set(f, 0, b);
	set(f, i, a);
}

static bool fcmov_taken(const Fpu *f)
{
	u32 fl = xr_flags(f->r);

	switch (f->r->i.op) {
	case XI_FCMOVB: return fl & XF_C;
	case XI_FCMOVNB: return !(fl & XF_C);
	case XI_FCMOVE: return fl & XF_Z;
	case XI_FCMOVNE: return !(fl & XF_Z);
	case XI_FCMOVBE: return fl & (XF_C | XF_Z);
	case XI_FCMOVNBE: return !(fl & (XF_C | XF_Z));
	case XI_FCMOVU: return fl & XF_P;
	default: return !(fl & XF_P);
	}
}

static void do_fcmov(Fpu *f)
{
	unsigned i = f->r->i.opnd[1].reg;

	if (is_empty(f, 0) || is_empty(f, i)) {
		if (stack_fault(f, false))
			set(f, 0, soft80_nan);
		return;
	}
	f->keep_c1 = true;
	if (fcmov_taken(f))
		set(f, 0, get(f, i));
}

/* ---- constants ------------------------------------------------------------------------------------- */

/* The nearest, and the chopped one's last bit: 0 or -1 from it. */
static void constant(Fpu *f, u64 m, u16 se, bool nearest_is_up)
{
	bool down = f->v.rc == X87_DOWN || f->v.rc == X87_CHOP, up = f->v.rc == X87_UP;

	if (nearest_is_up && down)
		m--;
	if (!nearest_is_up && up)
		m++;
	if (!push_fault(f, false))
		push(f, (F80){ m, se });
}

static void do_fldl2t(Fpu *f) { constant(f, 0xd49a784bcd1b8afe, 0x4000, false); }
static void do_fldl2e(Fpu *f) { constant(f, 0xb8aa3b295c17f0bc, 0x3fff, true); }
static void do_fldpi(Fpu *f) { constant(f, 0xc90fdaa22168c235, 0x4000, true); }
static void do_fldlg2(Fpu *f) { constant(f, 0x9a209a84fbcff799, 0x3ffd, true); }
static void do_fldln2(Fpu *f) { constant(f, 0xb17217f7d1cf79ac, 0x3ffe, true); }

static void exact_constant(Fpu *f, F80 a)
{
	if (!push_fault(f, false))
		push(f, a);
}

static void do_fld1(Fpu *f) { exact_constant(f, (F80){ 1ull << 63, 0x3fff }); }
static void do_fldz(Fpu *f) { exact_constant(f, (F80){ 0 }); }

/* ---- functions of one or two registers -------------------------------------------------------------- */

static void change_sign(Fpu *f, u16 and, u16 xor)
{
	F80 a = get(f, 0);

	if (is_empty(f, 0)) {
		if (stack_fault(f, false))
			set(f, 0, soft80_nan);
		return;
	}
	a.se = (a.se & and) ^ xor;
	set(f, 0, a);
}

static void do_fchs(Fpu *f) { change_sign(f, 0xffff, 0x8000); }
static void do_fabs(Fpu *f) { change_sign(f, 0x7fff, 0); }

static void one(Fpu *f, F80 (*fn)(Env80 *v, Num80 a))
{
	F80 out = soft80_nan;

	if (is_empty(f, 0)) {
		if (!stack_fault(f, false))
			return;
	} else {
		out = fn(&f->v, get_num(f, 0));
		if (soft80_denied(&f->v))
			return;
	}
	set(f, 0, out);
}

static void do_fsqrt(Fpu *f) { one(f, soft80_sqrt); }
static void do_frndint(Fpu *f) { one(f, soft80_integral); }
static void do_f2xm1(Fpu *f) { one(f, soft80_2xm1); }

/* ST(0) by ST(0) and ST(1); or, with a pop, ST(1). */
static void two(Fpu *f, Op2 *fn, bool pops)
{
	F80 out = soft80_nan;

	if (is_empty(f, 0) || is_empty(f, 1)) {
		if (!stack_fault(f, false))
			return;
	} else {
		out = fn(&f->v, get_num(f, 0), get_num(f, 1));
		if (soft80_denied(&f->v))
			return;
	}
	set(f, pops, out);
	pop(f, pops);
}

static void do_fscale(Fpu *f) { two(f, soft80_scale, false); }
static void do_fyl2x(Fpu *f) { two(f, soft80_yl2x, true); }
static void do_fyl2xp1(Fpu *f) { two(f, soft80_yl2xp1, true); }
static void do_fpatan(Fpu *f) { two(f, soft80_atan, true); }

static void rem(Fpu *f, bool nearest)
{
	u64 q = 0;
	bool part = false;
	F80 out = soft80_nan;

	if (is_empty(f, 0) || is_empty(f, 1))
		stack_fault(f, false);
	else
		out = soft80_rem(&f->v, get_num(f, 0), get_num(f, 1), nearest, &q, &part);
	set_codes(f, C2, 0);
	if (soft80_denied(&f->v))
		return;
	set(f, 0, out);
	if ((out.se & 0x7fff) == 0x7fff) /* a NaN */
		return;
	q = part ? 0 : q;
	f->v.up = q & 1;
	set_codes(f, CODES, (part ? C2 : 0) | (q & 2 ? C3 : 0) | (q & 4 ? C0 : 0));
}

static void do_fprem(Fpu *f) { rem(f, false); }
static void do_fprem1(Fpu *f) { rem(f, true); }

/* Instructions with a second result, which is pushed.  True: a stack fault, and done with. */
static bool pair_fault(Fpu *f)
{
	bool under = is_empty(f, 0);

	if (!under && is_empty(f, 7))
		return false;
	if (stack_fault(f, !under)) {
		set(f, 0, soft80_nan);
		push(f, soft80_nan);
	}
	return true;
}

static void do_fxtract(Fpu *f)
{
	F80 exponent = { 0 }, out;

	if (pair_fault(f))
		return;
	out = soft80_extract(&f->v, get_num(f, 0), &exponent);
	if (soft80_denied(&f->v))
		return;
	set(f, 0, exponent);
	push(f, out);
}

static void do_fptan(Fpu *f)
{
	F80 tan;

	set_codes(f, C2, 0);
	if (pair_fault(f))
		return;
	Num80 x = get_num(f, 0);
	bool in_range = soft80_tan(&f->v, x, &tan);
	if (soft80_denied(&f->v))
		return;
	set_codes(f, C2, in_range ? 0 : C2);
	if (!in_range)
		return;
	set(f, 0, tan);
	push(f, x.cls >= C80_INF ? tan : (F80){ 1ull << 63, 0x3fff });
}

static void sincos(Fpu *f, bool want_sin, bool want_cos)
{
	bool both = want_sin && want_cos;
	F80 sin, cos;

	set_codes(f, C2, 0);
	if (both ? pair_fault(f) : is_empty(f, 0)) {
		if (!both && stack_fault(f, false))
			set(f, 0, soft80_nan);
		return;
	}
	bool in_range = soft80_sincos(&f->v, get_num(f, 0), want_sin ? &sin : NULL, want_cos ? &cos : NULL);
	if (soft80_denied(&f->v))
		return;
	set_codes(f, C2, in_range ? 0 : C2);
	if (!in_range)
		return;
	set(f, 0, want_sin ? sin : cos);
	if (both)
		push(f, cos);
}

static void do_fsin(Fpu *f) { sincos(f, true, false); }
static void do_fcos(Fpu *f) { sincos(f, false, true); }
static void do_fsincos(Fpu *f) { sincos(f, true, true); }

/* ---- control --------------------------------------------------------------------------------------- */

static void do_fnop(Fpu *f) { f->keep_c1 = true; }
static void do_fincstp(Fpu *f) { turn(f, 1); }
static void do_fdecstp(Fpu *f) { turn(f, 7); }

static void do_ffree(Fpu *f) { release(f, f->o->reg); }

static void do_ffreep(Fpu *f)
{
	release(f, f->o->reg);
	pop(f, 1);
}

/* ---- the instruction -------------------------------------------------------------------------------- */

static Handler *const handlers[XI_COUNT] = {
	[XI_FADD] = do_fadd, [XI_FADDP] = do_faddp, [XI_FIADD] = do_fiadd, [XI_FMUL] = do_fmul, [XI_FMULP] = do_fmulp,
	[XI_FIMUL] = do_fimul, [XI_FSUB] = do_fsub, [XI_FSUBP] = do_fsubp, [XI_FISUB] = do_fisub, [XI_FSUBR] = do_fsubr,
	[XI_FSUBRP] = do_fsubrp, [XI_FISUBR] = do_fisubr, [XI_FDIV] = do_fdiv, [XI_FDIVP] = do_fdivp, [XI_FIDIV] = do_fidiv,
	[XI_FDIVR] = do_fdivr, [XI_FDIVRP] = do_fdivrp, [XI_FIDIVR] = do_fidivr,
	[XI_FCOM] = do_fcom, [XI_FCOMP] = do_fcomp, [XI_FCOMPP] = do_fcompp, [XI_FICOM] = do_ficom, [XI_FICOMP] = do_ficomp,
	[XI_FUCOM] = do_fucom, [XI_FUCOMP] = do_fucomp, [XI_FUCOMPP] = do_fucompp, [XI_FCOMI] = do_fcomi, [XI_FCOMIP] = do_fcomip,
	[XI_FUCOMI] = do_fucomi, [XI_FUCOMIP] = do_fucomip, [XI_FTST] = do_ftst, [XI_FXAM] = do_fxam,
	[XI_FLD] = do_fld, [XI_FST] = do_fst, [XI_FSTP] = do_fstp, [XI_FILD] = do_fild, [XI_FIST] = do_fist, [XI_FISTP] = do_fistp,
	[XI_FISTTP] = do_fisttp, [XI_FBLD] = do_fbld, [XI_FBSTP] = do_fbstp, [XI_FXCH] = do_fxch,
	[XI_FCMOVB] = do_fcmov, [XI_FCMOVNB] = do_fcmov, [XI_FCMOVE] = do_fcmov, [XI_FCMOVNE] = do_fcmov, [XI_FCMOVBE] = do_fcmov,
	[XI_FCMOVNBE] = do_fcmov, [XI_FCMOVU] = do_fcmov, [XI_FCMOVNU] = do_fcmov,
	[XI_FLD1] = do_fld1, [XI_FLDZ] = do_fldz, [XI_FLDL2T] = do_fldl2t, [XI_FLDL2E] = do_fldl2e, [XI_FLDPI] = do_fldpi,
	[XI_FLDLG2] = do_fldlg2, [XI_FLDLN2] = do_fldln2,
	[XI_FCHS] = do_fchs, [XI_FABS] = do_fabs, [XI_FSQRT] = do_fsqrt, [XI_FRNDINT] = do_frndint, [XI_FSCALE] = do_fscale,
	[XI_FXTRACT] = do_fxtract, [XI_FPREM] = do_fprem, [XI_FPREM1] = do_fprem1,
	[XI_F2XM1] = do_f2xm1, [XI_FYL2X] = do_fyl2x, [XI_FYL2XP1] = do_fyl2xp1, [XI_FPATAN] = do_fpatan, [XI_FPTAN] = do_fptan,
	[XI_FSIN] = do_fsin, [XI_FCOS] = do_fcos, [XI_FSINCOS] = do_fsincos,
	[XI_FNOP] = do_fnop, [XI_FFREE] = do_ffree, [XI_FFREEP] = do_ffreep, [XI_FINCSTP] = do_fincstp, [XI_FDECSTP] = do_fdecstp,
};

void xr_soft87(XRun *r)
{
	static const u8 bits[] = { 24, 64, 53, 64 };
	u64 *s = r->t->slot, fcw = s[XS_FCW];
	Fpu f = {
		.r = r, .s = s, .o = &r->i.opnd[0],
		.v = { .rc = fcw >> 10 & 3, .bits = bits[fcw >> 8 & 3], .masked = fcw & 0x3f }
	};

	if (!handlers[r->i.op])
		xr_raise(r, XE_UNIMPL);
	handlers[r->i.op](&f);
	u64 fsw = (s[XS_FSW] & ~(u64)f.set) | f.codes | f.v.raised;
	if (!f.keep_c1)
		fsw = (fsw & ~(u64)C1) | (f.v.up ? C1 : 0);
	s[XS_FSW] = x86_fsw_summary(fsw, fcw);
}
