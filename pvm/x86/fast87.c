/* x87 instructions that are frequent, while all exceptions are masked and no register is empty that should not be, nor
 * the other way round: without decoding, by soft80's integers.  All else is interpret_x87.c's.
 *
 * Memory is accessed before anything has changed, as it may fault.  Intel SDM volume 1, chapter 8. */
#include "fast87.h"
#include "soft80.h"

enum { C0 = 0x100, C1 = 0x200, C2 = 0x400, C3 = 0x4000, CODES = C0 | C2 | C3 };

typedef struct Fast {
	Regfile *t;
	u64 *s;             /* the slots */
	u32 op, modrm;      /* the escape's low bits, and the byte behind it */
	Env80 v;
	u32 codes, set;     /* condition codes, and which of them are set */
	bool keep_c1;
	u64 result;
} Fast;

/* ---- the stack ----------------------------------------------------------------------------------------- */

static u32 number(const Fast *f, u32 i) { return (u32)(f->s[XS_FTOP] + i) & 7; }
static bool is_used(const Fast *f, u32 i) { return f->s[XS_FTAG] >> number(f, i) & 1; }

static F80 get(const Fast *f, u32 i)
{
	const u64 *st = &f->s[XS_ST + 2 * number(f, i)];

	return (F80){st[0], (u16)st[1]};
}

static void set(Fast *f, u32 i, F80 a)
{
	u64 *st = &f->s[XS_ST + 2 * number(f, i)];

	st[0] = a.m;
	st[1] = a.se;
	f->s[XS_FTAG] |= (u64)1 << number(f, i);
}

static bool push(Fast *f, F80 a)
{
	if (is_used(f, 7))
		return false;
	f->s[XS_FTOP] = (f->s[XS_FTOP] + 7) & 7;
	set(f, 0, a);
	return true;
}

static bool pop(Fast *f, u32 n)
{
	for (; n; n--) {
		f->s[XS_FTAG] &= ~((u64)1 << number(f, 0));
		f->s[XS_FTOP] = (f->s[XS_FTOP] + 1) & 7;
	}
	return true;
}

/* ---- arithmetic ---------------------------------------------------------------------------------------- */

static bool compare(Fast *f, Num80 b, bool quiet, u32 pops)
{
	static const u16 codes[] = {[R80_GT] = 0, [R80_LT] = C0, [R80_EQ] = C3, [R80_UNORDERED] = CODES};

	f->set = CODES;
	f->codes = codes[soft80_compare(&f->v, soft80_num(get(f, 0)), b, quiet)];
	return pop(f, pops);
}

/* By the three bits that instructions of all four kinds of source have for it. */
static bool arithmetic(Fast *f, u32 kind, Num80 b, u32 to, u32 pops)
{
	Num80 a = soft80_num(get(f, 0));
	F80 r;

	switch (kind) {
	case 0: r = soft80_add(&f->v, a, b); break;
	case 1: r = soft80_mul(&f->v, a, b); break;
	case 4: r = soft80_sub(&f->v, a, b); break;
	case 5: r = soft80_sub(&f->v, b, a); break;
	case 6: r = soft80_div(&f->v, a, b); break;
	case 7: r = soft80_div(&f->v, b, a); break;
	default: return compare(f, b, false, kind - 2);
	}
	set(f, to, r);
	return pop(f, pops);
}

/* FCOMI and its like give EFLAGS. */
static bool compare_flags(Fast *f, u32 i, bool quiet, u32 pops)
{
	static const u32 flags[] = {[R80_GT] = 0, [R80_LT] = 1, [R80_EQ] = 64, [R80_UNORDERED] = 69};

	f->result = flags[soft80_compare(&f->v, soft80_num(get(f, 0)), soft80_num(get(f, i)), quiet)];
	f->keep_c1 = true;
	return pop(f, pops);
}

/* ---- memory -------------------------------------------------------------------------------------------- */

/* Who faults does so at the first byte that cannot be accessed. */
static u8 *bytes(const Fast *f, u64 addr, u32 n, bool write)
{
	u8 *p = (u8 *)((uintptr_t)f->t->mem + (uintptr_t)addr);

	if (f->s[XS_GUARD])
		((XGuardFn *)(uintptr_t)f->s[XS_GUARD])(f->t, addr, n, write);
	if (!write)
		(void)*(volatile u8 *)p;
	return p;
}

/* At once, or, of ten bytes, none if the last two cannot be written. */
static void put(const Fast *f, u64 addr, const u8 *raw, u32 n)
{
	u8 *p = bytes(f, addr, n, true);

	switch (n) {
	case 2: memcpy(p, raw, 2); break;
	case 4: memcpy(p, raw, 4); break;
	case 8: memcpy(p, raw, 8); break;
	default:
		__atomic_fetch_or(p, 0, __ATOMIC_RELAXED);
		__atomic_fetch_or(p + 9, 0, __ATOMIC_RELAXED);
		memcpy(p, raw, 10);
	}
}

static bool push_float(Fast *f, Num80 n)
{
	if (is_used(f, 7))
		return false;
	f->v.raised |= n.cls == C80_SNAN ? X87_IE : n.denormal ? X87_DE : 0;
	return push(f, soft80_pack(n));
}

static bool store_int(Fast *f, u64 addr, u32 n, u32 pops)
{
	u64 v = soft80_to_int(&f->v, soft80_num(get(f, 0)), 8 * n, (enum X87Round)f->v.rc);
	u8 raw[8];

	st64(raw, v);
	put(f, addr, raw, n);
	return pop(f, pops);
}

static bool store_float(Fast *f, u64 addr, u32 n, u32 pops)
{
	Num80 a = soft80_num(get(f, 0));
	u8 raw[8];

	if (n == 8)
		st64(raw, soft80_to_f64(&f->v, a));
	else
		st32(raw, (u32)soft80_to_f32(&f->v, a));
	put(f, addr, raw, n);
	return pop(f, pops);
}

static bool store_whole(Fast *f, u64 addr)
{
	F80 a = get(f, 0);
	u8 raw[10];

	st64(raw, a.m);
	st16(raw + 8, a.se);
	put(f, addr, raw, 10);
	return pop(f, 1);
}

static Num80 source(const Fast *f, u64 addr)
{
	switch (f->op) {
	case 0: return soft80_of_f32(ld32(bytes(f, addr, 4, false)));
	case 2: return soft80_of_int((i32)ld32(bytes(f, addr, 4, false)));
	case 4: return soft80_of_f64(ld64(bytes(f, addr, 8, false)));
	default: return soft80_of_int((i16)ld16(bytes(f, addr, 2, false)));
	}
}

static bool load(Fast *f, u64 addr, u32 kind)
{
	const u8 *p;

	switch (f->op << 3 | kind) {
	case 1 << 3: return push_float(f, soft80_of_f32(ld32(bytes(f, addr, 4, false))));
	case 5 << 3: return push_float(f, soft80_of_f64(ld64(bytes(f, addr, 8, false))));
	case 3 << 3: return push_float(f, soft80_of_int((i32)ld32(bytes(f, addr, 4, false))));
	case 7 << 3: return push_float(f, soft80_of_int((i16)ld16(bytes(f, addr, 2, false))));
	case 7 << 3 | 5: return push_float(f, soft80_of_int((i64)ld64(bytes(f, addr, 8, false))));
	case 3 << 3 | 5: p = bytes(f, addr, 10, false); return push(f, (F80){ld64(p), ld16(p + 8)});
	default: return false;
	}
}

static bool with_memory(Fast *f, u64 addr)
{
	u32 kind = f->modrm >> 3 & 7;

	if (f->op % 2 && (kind == 0 || (kind == 5 && f->op != 1)))
		return load(f, addr, kind);
	if (!is_used(f, 0))
		return false;
	if (f->op % 2 == 0)
		return arithmetic(f, kind, source(f, addr), 0, 0);
	switch (f->op << 3 | kind) {
	case 1 << 3 | 2: case 1 << 3 | 3: return store_float(f, addr, 4, kind - 2);
	case 5 << 3 | 2: case 5 << 3 | 3: return store_float(f, addr, 8, kind - 2);
	case 3 << 3 | 2: case 3 << 3 | 3: return store_int(f, addr, 4, kind - 2);
	case 7 << 3 | 2: case 7 << 3 | 3: return store_int(f, addr, 2, kind - 2);
	case 7 << 3 | 7: return store_int(f, addr, 8, 1);
	case 3 << 3 | 7: return store_whole(f, addr);
	default: return false;
	}
}

/* ---- registers ----------------------------------------------------------------------------------------- */

static bool exchange(Fast *f, u32 i)
{
	F80 a = get(f, 0), b = get(f, i);

	set(f, 0, b);
	set(f, i, a);
	return true;
}

static bool copy(Fast *f, u32 i, u32 pops)
{
	set(f, i, get(f, 0));
	return pop(f, pops);
}

/* d9 c0 and what follows. */
static bool of_one(Fast *f)
{
	F80 a = get(f, 0);

	switch (f->modrm) {
	case 0xe8: return push(f, (F80){(u64)1 << 63, 0x3fff});
	case 0xee: return push(f, (F80){0, 0});
	case 0xe0: a.se ^= 0x8000; break;
	case 0xe1: a.se &= 0x7fff; break;
	case 0xfa: a = soft80_sqrt(&f->v, soft80_num(a)); break;
	default: return false;
	}
	if (!is_used(f, 0))
		return false;
	set(f, 0, a);
	return true;
}

static bool with_registers(Fast *f)
{
	u32 i = f->modrm & 7, kind = f->modrm >> 3 & 7;

	if (f->op == 1 && kind >= 4)
		return of_one(f);
	if (f->op == 5 && kind >= 2 && kind <= 3)
		return is_used(f, 0) && copy(f, i, kind - 2);
	if (!is_used(f, i) || (!is_used(f, 0) && !(f->op == 1 && kind == 0)))
		return false;
	switch (f->op << 3 | kind) {
	case 1 << 3: return push(f, get(f, i));
	case 1 << 3 | 1: return exchange(f, i);
	case 5 << 3 | 4: case 5 << 3 | 5: return compare(f, soft80_num(get(f, i)), true, kind - 4);
	case 2 << 3 | 5: return i == 1 && compare(f, soft80_num(get(f, 1)), true, 2);
	case 6 << 3 | 3: return i == 1 && compare(f, soft80_num(get(f, 1)), false, 2);
	case 3 << 3 | 5: case 3 << 3 | 6: return compare_flags(f, i, kind == 5, 0);
	case 7 << 3 | 5: case 7 << 3 | 6: return compare_flags(f, i, kind == 5, 1);
	}
	if (f->op == 0)
		return arithmetic(f, kind, soft80_num(get(f, i)), 0, 0);
	return (f->op == 4 || f->op == 6) && kind != 2 && kind != 3 && arithmetic(f, kind, soft80_num(get(f, i)), i, f->op == 6);
}

/* ---- the instruction ----------------------------------------------------------------------------------- */

bool x86_fast87(Regfile *t, const u64 *args, u64 *result)
{
	static const u8 bits[] = {24, 64, 53, 64};
	u64 *s = t->slot, fcw = s[XS_FCW];
	Fast f = {
		.t = t, .s = s, .op = args[1] & 7, .modrm = args[1] >> 8 & 0xff,
		.v = {.rc = fcw >> 10 & 3, .bits = bits[fcw >> 8 & 3], .masked = 0x3f}
	};

	/* Without prefixes the segment is DS or SS. */
	if ((args[1] & 0xf8) != 0xd8 || (fcw & 0x3f) != 0x3f || (s[XS_CARE] & (1 << XS_DS | 1 << XS_SS)) || (s[XS_EFLAGS] & X86_AC))
		return false;
	s[XS_PC] = args[0];
	if (!(f.modrm < 0xc0 ? with_memory(&f, args[4]) : with_registers(&f)))
		return false;
	u64 fsw = (s[XS_FSW] & ~(u64)f.set) | f.codes | f.v.raised;
	if (!f.keep_c1)
		fsw = (fsw & ~(u64)C1) | (f.v.up ? C1 : 0);
	s[XS_FSW] = x86_fsw_summary(fsw, fcw);
	s[XS_FIP] = args[0];
	*result = f.result;
	return true;
}
