/* Makes instructions from the rows of x86.def, and states. */
#include "fuzz.h"
#include "../../pvm/x86/flags.h"

enum OpMap { M1, M0F, M38, M3A, M3DN, V0F, V38, V3A };
enum Pfx { PX, NP, P66, PF3, PF2, NFX, NPX, NP6, NF3, F3X, F2X };
enum { MOD_n, MOD_a, MOD_m, MOD_r, MOD_i };
enum { ANY = 8 };
enum { MODE_B, MODE_I, MODE_O };
enum { _, LK = 1, D64 = 2, F64 = 4, PR = 8, REP = 16, REPZ = 32, W0 = 64, W1 = 128, L0 = 256, L1 = 512, LX = 1024, LIG = 2048, AL = 4096, VSIB = 8192, NB = 16384, X = ANY };

enum Family {
	FAM_NONE,
#define XF(family, fn) FAM_##family,
#include "../../pvm/x86/families.def"
#undef XF
	FAM_COUNT
};

typedef struct Row {
	u16 op, attr;
	u8 map, pfx, opcode, mod, reg, rm, mode, family;
	u8 has_vvvv;
	const char *fr, *fw;
} Row;
#define OPERAND_VVVV(c) (c[0] == 'H' || c[0] == 'B')
static const Row rows[] = {
	{ .op = 0, .fr = "", .fw = "" },
#define X(op_, map_, pfx_, opcode_, mod_, reg_, rm_, mode_, o1, o2, o3, o4, access, attr_, fr_, fw_, lower) \
	{ XI_##op_, attr_, map_, pfx_, opcode_, MOD_##mod_, reg_, rm_, MODE_##mode_, FAM_##lower, \
	  OPERAND_VVVV(#o1) || OPERAND_VVVV(#o2) || OPERAND_VVVV(#o3) || OPERAND_VVVV(#o4), fr_, fw_ },
#include "../../pvm/x86/x86.def"
#undef X
};

/* Families that are translated or interpreted. */
static const struct { const char *name; bool lowered; } families[] = {
	{ "none", false },
#define XF(family, fn) { #family, #fn[0] == 'x' && #fn[1] == '8' },
#include "../../pvm/x86/families.def"
#undef XF
};
static const bool interpreted[FAM_COUNT] = {
#define XN(family, fn) [FAM_##family] = true,
#include "../../pvm/x86/interpret.def"
#undef XN
};

/* What this processor lacks (SSE4a, 3DNow!), and the system call whose way back is 32-bit code of the kernel's: others prove
 * those (tests/README.md). */
static bool untestable(const Row *r)
{
	switch (r->op) {
	case XI_SYSENTER: case XI_MOVNTSS: case XI_MOVNTSD: case XI_FEMMS:
		return true;
	}
	return r->family == FAM_sse4a || r->family == FAM_now3d;
}

u32 fuzz_rows(void)
{
	return COUNT(rows);
}

const RowInfo *fuzz_row(u32 row)
{
	static RowInfo info;
	const Row *r = &rows[row];

	info = (RowInfo){ r->op, r->family, families[r->family].lowered || interpreted[r->family], !untestable(r), families[r->family].name };
	return &info;
}

bool fuzz_row_in(u32 row, enum XMode mode)
{
	u8 m = rows[row].mode;

	return row && (m == MODE_B || (m == MODE_O) == (mode == X86_64));
}

/* ---- chance ---------------------------------------------------------------------------------------- */

u64 fuzz_rng = 88172645463325252ull;

/* splitmix64, by Sebastiano Vigna: any seed will do. */
u64 fuzz_random(void)
{
	u64 z = fuzz_rng += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

u32 fuzz_below(u32 n)
{
	return (u32)(fuzz_random() % n);
}

bool fuzz_one_in(u32 n)
{
	return fuzz_below(n) == 0;
}

u64 fuzz_interesting(void)
{
	static const u64 v[] = { 0, 1, 2, 7, 8, 0xf, 0x10, 0x1f, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000,
		0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xaaaaaaaaaaaaaaaa, 0x0123456789abcdef };
	u64 r = fuzz_random();

	switch (r >> 60) {
	case 0: case 1: case 2: case 3: case 4: return v[r % COUNT(v)];
	case 5: case 6: return -v[r % COUNT(v)];
	case 7: return v[r % COUNT(v)] - 1;
	case 8: return fuzz_random() & 0xff;
	case 9: return (u64)(i64)(i32)fuzz_random();
	case 10: return fuzz_random() & 0xffffffff;
	case 11: return fuzz_random() & fuzz_random() & fuzz_random();
	default: return fuzz_random();
	}
}

/* ---- states ---------------------------------------------------------------------------------------- */

static bool is_base(unsigned n, enum XMode mode)
{
	return n == 3 || n == 4 || n == 5 || n == 6 || n == 7 || (mode == X86_64 && n >= 13);
}

static u64 data_pointer(void)
{
	if (fuzz_one_in(24))
		return DATA_AT + (fuzz_one_in(2) ? DATA_SIZE - fuzz_below(40) : fuzz_one_in(4) ? RO_AT - DATA_AT + fuzz_below(40) - 20u : fuzz_below(40) - 24u);
	return DATA_AT + 0x200 + (u64)fuzz_below((DATA_SIZE - 0x400) / 64) * 64 + (fuzz_one_in(4) ? fuzz_below(64) : 0);
}

static u64 interesting_double(void)
{
	static const u64 v[] = { 0, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000,
		0x7ff8000000000000, 0x7ff0000000000001, 0x7fefffffffffffff, 1, 0x000fffffffffffff, 0x0010000000000000, 0x41dfffffffc00000,
		0x43e0000000000000, 0xc1e0000000000000, 0x3fe0000000000000, 0x4000000000000000, 0xfff8000000001234, 0x4059000000000000 };

	return fuzz_one_in(2) ? v[fuzz_below(COUNT(v))] : fuzz_one_in(2) ? fuzz_random() : f64_u64((double)(i64)fuzz_interesting());
}

static u32 interesting_float(void)
{
	static const u32 v[] = { 0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0x7f7fffff, 1,
		0x007fffff, 0x00800000, 0x4effffff, 0x5f000000, 0xcf000000, 0x3f000000, 0xffc01234, 0x40400000 };

	return fuzz_one_in(2) ? v[fuzz_below(COUNT(v))] : fuzz_one_in(2) ? (u32)fuzz_random() : f32_u32((float)(i32)fuzz_interesting());
}

static u64 vector_half(void)
{
	switch (fuzz_below(4)) {
	case 0: return interesting_double();
	case 1: return interesting_float() | (u64)interesting_float() << 32;
	default: return fuzz_interesting();
	}
}

static void x87_state(u8 *fx)
{
	static const u16 exps[] = { 0, 1, 0x3ffe, 0x3fff, 0x4000, 0x403e, 0x7ffe, 0x7fff };
	u32 mode = fuzz_below(4);

	st16(fx, (u16)(0x7f - (fuzz_one_in(8) ? 1u << fuzz_below(6) : 0) + (mode == 0 ? fuzz_below(4) << 8 : 0x300) + (fuzz_one_in(4) ? fuzz_below(4) << 10 : 0)));
	st16(fx + 2, (u16)(fuzz_below(8) << 11 | (fuzz_one_in(4) ? fuzz_random() & 0x4700 : 0)));
	fx[4] = fuzz_one_in(4) ? (u8)fuzz_random() : 0xff;
	for (u32 k = 0; k < 8; k++) {
		u16 exp = fuzz_one_in(2) ? exps[fuzz_below(COUNT(exps))] : (u16)(0x3fff - 70 + fuzz_below(140));
		u64 frac = fuzz_one_in(3) ? (u64)1 << 63 : fuzz_one_in(6) ? fuzz_interesting() : fuzz_random() | (u64)1 << 63;
		st64(fx + 32 + 16 * k, frac);
		st16(fx + 40 + 16 * k, (u16)(exp | (fuzz_one_in(2) ? 0x8000 : 0)));
	}
}

static void fx_state(u8 *fx, enum XMode mode)
{
	memset(fx, 0, FX_SIZE);
	st16(fx, 0x37f);
	x87_state(fx);
	st32(fx + 24, 0x1f80 | (fuzz_one_in(4) ? (u32)fuzz_below(4) << 13 : 0) | (fuzz_one_in(8) ? (u32)fuzz_random() & 0x8040 : 0));
	if (fuzz_one_in(8)) /* exceptions that are not masked, and some that have been */
		st32(fx + 24, (ld32(fx + 24) & ~((u32)fuzz_random() & 0x1f80)) | ((u32)fuzz_random() & 0x3f));
	st64(fx + 512, 7);
	for (u32 k = 0; k < (mode == X86_64 ? 16u : 8u); k++)
		for (u32 j = 0; j < 2; j++) {
			st64(fx + 160 + 16 * k + 8 * j, vector_half());
			st64(fx + 576 + 16 * k + 8 * j, vector_half());
		}
}

/* Memory is a part of these bytes, which are always the same. */
static const u8 *data_pool(void)
{
	static u8 pool[16 * 4096 + DATA_SIZE];
	static bool made;
	u64 rng = fuzz_rng;

	if (made)
		return pool;
	fuzz_rng = 1;
	for (u32 k = 0; k < sizeof pool; k += 8)
		st64(pool + k, (k & 31) == 0 ? fuzz_interesting() : (k & 31) == 8 ? interesting_double() : vector_half());
	fuzz_rng = rng;
	made = true;
	return pool;
}

const u8 *fuzz_readonly(void)
{
	return data_pool();
}

const u8 *fuzz_data(u32 n)
{
	return data_pool() + 16 * (n & 4095);
}

static void segments(State *s, enum XMode mode)
{
	bool wide = mode == X86_64;
	const u16 sel[6] = { 0x2b, wide ? 0x33 : 0x23, 0x2b, 0x2b, wide ? 0 : 0x63, wide ? 0 : 0x73 };

	memcpy(s->sel, sel, sizeof sel);
	s->fs = wide ? DATA_AT + (u64)fuzz_below(64) * 16 : fuzz_tls[0];
	s->gs = wide ? DATA_AT + (u64)fuzz_below(64) * 16 : fuzz_tls[2];
}

/* Segments that are not flat, for 32-bit code. */
static void odd_segments(State *s)
{
	static const u8 order[] = { XS_ES, XS_DS, XS_FS, XS_GS };

	for (u32 k = 0; k < COUNT(order); k++)
		if (fuzz_one_in(3))
			s->sel[order[k]] = (u16)(fuzz_one_in(4) ? 0x63 : 8 * (fuzz_one_in(2) ? fuzz_below(4) : fuzz_one_in(2) ? LDT_FLAT_UP : LDT_FLAT_DOWN) + 7);
	if (fuzz_one_in(3))
		s->sel[XS_SS] = 8 * (fuzz_one_in(2) ? LDT_FLAT_UP : LDT_FLAT_DOWN) + 7;
}

void fuzz_state(State *s, enum XMode mode)
{
	for (u32 k = 0; k < 16; k++)
		s->gpr[k] = is_base(k, mode) ? data_pointer() : fuzz_interesting();
	if (fuzz_one_in(2))
		s->gpr[1] = fuzz_below(64);
	s->gpr[4] = DATA_AT + 0x800 + (u64)fuzz_below(0x100) * 16;
	if (fuzz_one_in(32))
		s->gpr[4] = DATA_AT + fuzz_below(24);
	if (mode == X86_32)
		for (u32 k = 0; k < 16; k++)
			s->gpr[k] = k < 8 ? (u32)s->gpr[k] : 0;
	s->flags = (fuzz_random() & XF_ALL) | (fuzz_one_in(4) ? 0x400 : 0);
	if (fuzz_one_in(16))
		s->flags |= X86_AC;
	segments(s, mode);
	if (mode == X86_32 && fuzz_one_in(8))
		odd_segments(s);
	s->pool = fuzz_below(4096);
	memcpy(s->data, fuzz_data(s->pool), DATA_SIZE);
	fx_state(s->fx, mode);
}

/* ---- instructions ---------------------------------------------------------------------------------- */

typedef struct Enc {
	u8 b[32];
	u32 n;
	u8 modrm_reg_or_mem; /* 0 none, 1 register, 2 memory */
	u8 rip_at;           /* of a RIP-relative displacement, 0 = none */
	bool rexw, r, x, bb;
	enum XMode mode;
} Enc;

static void byte(Enc *e, u32 v)
{
	e->b[e->n++] = (u8)v;
}

typedef struct Mem { u8 modrm, sib, disp_size; bool has_sib, x, b, rip; u32 disp; } Mem;

static u32 small_disp(bool aligned)
{
	return aligned || fuzz_one_in(2) ? (fuzz_below(16) - 8) * 16 : fuzz_below(256) - 128;
}

static u8 base_register(enum XMode mode)
{
	static const u8 b32[] = { 3, 5, 6, 7, 4 }, b64[] = { 3, 5, 6, 7, 4, 13, 14, 15 };

	if (fuzz_one_in(24))
		return (u8)fuzz_below(mode == X86_64 ? 16 : 8);
	return mode == X86_64 ? b64[fuzz_below(8)] : b32[fuzz_below(5)];
}

static Mem memory16(void)
{
	Mem m = { .modrm = (u8)fuzz_below(8), .disp_size = (u8)fuzz_below(3), .disp = (u32)fuzz_random() };

	m.modrm |= (u8)(m.disp_size << 6);
	if (m.modrm == 6)
		m.disp_size = 2;
	return m;
}

/* No base: absolute, or relative to RIP. */
static Mem absolute(enum XMode mode, bool fixed)
{
	Mem m = { .disp = DATA_AT + fuzz_below(DATA_SIZE - 64 * fixed), .disp_size = 4 };

	m.rip = mode == X86_64 && !fixed;
	m.has_sib = mode == X86_64 && !m.rip;
	m.modrm = m.has_sib ? 4 : 5;
	m.sib = 0x25;
	return m;
}

/* Mostly at a register that points into the data, seldom anywhere. */
static Mem memory(enum XMode mode, bool aligned, bool vsib)
{
	Mem m = { 0 };
	u8 base = base_register(mode), index = (u8)fuzz_below(mode == X86_64 ? 16 : 8);
	bool with_index = vsib || fuzz_one_in(12);

	m.disp = small_disp(aligned);
	if (fuzz_one_in(12) && !vsib)
		return absolute(mode, fuzz_one_in(2));
	m.b = base & 8;
	m.x = with_index && (index & 8);
	m.has_sib = with_index || (base & 7) == 4;
	m.modrm = m.has_sib ? 4 : base & 7;
	m.sib = (u8)(fuzz_below(4) << 6 | (with_index ? index & 7 : 4) << 3 | (base & 7));
	m.disp_size = fuzz_one_in(4) ? 4 : m.disp || (base & 7) == 5 ? 1 : 0;
	if (m.disp_size == 1 && (m.disp + 128) > 255)
		m.disp_size = 4;
	m.modrm |= m.disp_size == 4 ? 0x80 : m.disp_size == 1 ? 0x40 : 0;
	return m;
}

static bool vex_map(u8 map)
{
	return map == V0F || map == V38 || map == V3A;
}

static void vex(Enc *e, const Row *r, const Mem *m, u8 opcode)
{
	static const u8 pp[] = { [PX] = 0, [NP] = 0, [P66] = 1, [PF3] = 2, [PF2] = 3 };
	u8 vvvv = r->has_vvvv ? (u8)fuzz_below(e->mode == X86_64 ? 16 : 8) : 0;
	bool l = r->attr & L0 ? false : r->attr & L1 ? true : fuzz_one_in(2), w = r->attr & W0 ? false : r->attr & W1 ? true : fuzz_one_in(2);
	u8 p = r->pfx < COUNT(pp) ? pp[r->pfx] : 0;
	u8 b = (u8)((w && r->map != V0F ? 0 : 0) | (~vvvv & 15) << 3 | l << 2 | p);

	if (r->map == V0F && !m->x && !e->bb && !(r->attr & W1) && fuzz_one_in(2)) {
		byte(e, 0xc5);
		byte(e, (e->r ? 0 : 0x80) | b);
	} else {
		byte(e, 0xc4);
		byte(e, (e->r ? 0 : 0x80) | (m->x ? 0 : 0x40) | (e->bb ? 0 : 0x20) | (r->map - V0F + 1));
		byte(e, (w ? 0x80 : 0) | b);
	}
	byte(e, opcode);
}

static void legacy(Enc *e, const Row *r, const Mem *m, u8 opcode)
{
	bool w = r->attr & W0 ? false : r->attr & W1 ? true : e->mode == X86_64 && fuzz_one_in(3);

	if (r->pfx == P66 || (r->pfx == PX && fuzz_one_in(5)) || ((r->pfx >= NFX) && fuzz_one_in(5)))
		byte(e, 0x66);
	if (r->pfx == PF3 || r->pfx == F3X)
		byte(e, 0xf3);
	if (r->pfx == PF2 || r->pfx == F2X)
		byte(e, 0xf2);
	if ((r->attr & (REP | REPZ)) && fuzz_one_in(2))
		byte(e, fuzz_one_in(2) ? 0xf2 : 0xf3);
	if (e->mode == X86_64 && (w || e->r || m->x || e->bb || fuzz_one_in(8)))
		byte(e, 0x40 | w << 3 | e->r << 2 | m->x << 1 | e->bb);
	if (r->map != M1)
		byte(e, 0x0f);
	if (r->map == M38 || r->map == M3A)
		byte(e, r->map == M38 ? 0x38 : 0x3a);
	byte(e, r->map == M3DN ? 0x0f : opcode);
}

static void displacement(Enc *e, const Mem *m)
{
	if (m->has_sib)
		byte(e, m->sib);
	if (m->rip)
		e->rip_at = (u8)e->n;
	for (u32 k = 0; k < m->disp_size; k++)
		byte(e, m->disp >> 8 * k);
}

/* Bytes that decode to this row, with something random wherever the row leaves a choice. */
static void encode(Enc *e, const Row *r)
{
	bool ext = e->mode == X86_64;
	bool reg = r->mod == MOD_r || r->mod == MOD_i || (r->mod == MOD_a && fuzz_one_in(2)), has = r->mod != MOD_n;
	u8 opcode = (u8)(r->opcode | (r->attr & PR ? fuzz_below(8) : 0)), rm = (u8)(r->rm != ANY ? r->rm : fuzz_below(8));
	Mem m = { 0 };

	if (has && !reg) {
		bool fixed = fuzz_fixed(r->op, r->family == FAM_movseg && r->opcode == 0x8e);
		bool short_address = e->mode == X86_32 && fuzz_one_in(64) && !(r->attr & VSIB) && !fixed;
		if (short_address || (ext && fuzz_one_in(24)))
			byte(e, 0x67);
		m = fixed ? absolute(e->mode, true) : short_address ? memory16() : memory(e->mode, (r->attr & AL) && !fuzz_one_in(8), r->attr & VSIB);
		if (fuzz_one_in(32) && !fixed)
			byte(e, fuzz_one_in(2) ? 0x64 : 0x65);
		if ((r->attr & LK) && fuzz_one_in(4))
			byte(e, 0xf0);
	}
	e->r = ext && r->reg == ANY && has && fuzz_one_in(2);
	e->bb = ext && (has ? (reg ? r->rm == ANY && fuzz_one_in(2) : m.b) : (r->attr & PR) && fuzz_one_in(2));
	if (vex_map(r->map))
		vex(e, r, &m, opcode);
	else
		legacy(e, r, &m, opcode);
	if (!has)
		return;
	u8 field = (u8)(r->reg != ANY ? r->reg : fuzz_below(8));
	byte(e, reg ? 0xc0 | field << 3 | rm : m.modrm | field << 3);
	if (!reg)
		displacement(e, &m);
	if (r->map == M3DN) /* the opcode stands behind the operands */
		byte(e, opcode);
}

static void immediates(Enc *e)
{
	u64 v = fuzz_one_in(2) ? fuzz_interesting() : fuzz_random();

	for (u32 k = 0; e->n < 28; k++)
		byte(e, (u32)(v >> 8 * (k & 7)));
}

/* Writes to registers that hold addresses are seldom let through. */
static bool harmless(const XInsn *i, enum XMode mode)
{
	for (u32 k = 0; k < i->nopnd; k++) {
		const XOperand *o = &i->opnd[k];
		if (o->kind == XK_REG && o->write && o->cls >= XC_GPR8 && o->cls <= XC_GPR64 && is_base(o->reg, mode) && !fuzz_one_in(o->reg == 4 ? 64 : 12))
			return false;
	}
	return true;
}

/* ---- items ----------------------------------------------------------------------------------------- */

/* Puts one more prefix in front, which may make it another instruction of the table, or an invalid one by LOCK alone. */
static bool odd_prefix(Enc *e, XInsn *i, bool *ud)
{
	static const u8 some[] = { 0x66, 0x67, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65, 0xf0, 0xf0, 0x40, 0x48, 0x4f };
	u32 n = COUNT(some) - (e->mode == X86_64 ? 0 : 3);
	u8 b[32], p = some[fuzz_below(n)];
	bool cut;

	b[0] = p;
	memcpy(b + 1, e->b, sizeof b - 1);
	if (i->len == 15)
		return false;
	*ud = !x86_decode(b, 15, CODE_AT, e->mode, i, &cut);
	if (*ud && p != 0xf0)
		return false;
	memcpy(e->b, b, sizeof b);
	if (e->rip_at)
		e->rip_at++;
	if (!*ud)
		return !untestable(&rows[i->row]) && fuzz_row(i->row)->there;
	x86_decode(b + 1, 14, CODE_AT, e->mode, i, &cut);
	i->len++;
	return i->rep == 0 && !vex_map(rows[i->row].map);
}

/* An instruction of the row, and what it is. */
static bool make(Enc *e, XInsn *i, bool *ud, u32 row, enum XMode mode)
{
	bool cut;

	*e = (Enc){ .mode = mode };
	*ud = false;
	encode(e, &rows[row]);
	immediates(e);
	if (!x86_decode(e->b, 15, CODE_AT, mode, i, &cut) || i->row != row)
		return false;
	if (fuzz_one_in(12) && !fuzz_plain(i) && !odd_prefix(e, i, ud))
		return false;
	if (mode == X86_32 && i->seg_override && fuzz_plain(i))
		return false;
	return harmless(i, mode) && !(i->op == XI_RET && i->osize == 2) && !(i->nopnd && i->opnd[0].kind == XK_REL && i->osize == 2);
}

bool fuzz_add(Case *c, u32 row)
{
	Item *it = &c->item[c->n];

	for (u32 tries = 0; tries < 80; tries++) {
		Enc e;
		XInsn i;
		bool ud;
		if (!make(&e, &i, &ud, row, c->mode))
			continue;
		*it = (Item){ .row = ud ? (u16)row : i.row, .ud = ud };
		if (!ud)
			fuzz_prepare(it, &i, e.b);
		it->at = it->n;
		fuzz_add_bytes(it, e.b, i.len);
		it->end = it->n;
		if (!ud && i.nopnd && i.opnd[0].kind == XK_REL) {
			it->rel_size = i.opnd[0].size;
			it->rel_at = (u8)(it->n - it->rel_size);
			it->skip = (u8)fuzz_below(4);
		}
		if (e.rip_at && !ud) {
			it->rip_at = (u8)(it->at + e.rip_at);
			it->rip_end = it->n;
			it->rip_to = ld32(e.b + e.rip_at);
		}
		if (!ud)
			fuzz_cover(it, &i);
		c->n++;
		return true;
	}
	return false;
}

bool fuzz_wide(const Case *c)
{
	for (u32 k = 0; k < c->n; k++) {
		const Row *r = &rows[c->item[k].row];
		bool ten_bytes = r->op == XI_MASKMOVQ || r->op == XI_MASKMOVDQU || r->op == XI_VMASKMOVDQU || r->op == XI_FBSTP || (r->op == XI_FSTP && r->opcode == 0xdb);
		if (r->family == FAM_x87ctl || r->family == FAM_xsave || ten_bytes)
			return true;
	}
	return false;
}

bool fuzz_gathers(const Case *c)
{
	for (u32 k = 0; k < c->n; k++)
		if (rows[c->item[k].row].family == FAM_vgather)
			return true;
	return false;
}

bool fuzz_masked(const Case *c)
{
	for (u32 k = 0; k < c->n; k++)
		if (rows[c->item[k].row].family == FAM_vmaskmov)
			return true;
	return false;
}

bool fuzz_x87(const Case *c)
{
	for (u32 k = 0; k < c->n; k++)
		if (strncmp(fuzz_row(c->item[k].row)->family_name, "x87", 3) == 0)
			return true;
	return false;
}

bool fuzz_transcendental(u32 op)
{
	switch (op) {
	case XI_F2XM1: case XI_FYL2X: case XI_FYL2XP1: case XI_FPATAN: case XI_FPTAN: case XI_FSIN: case XI_FCOS: case XI_FSINCOS: return true;
	default: return false;
	}
}

bool fuzz_loose(const Case *c)
{
	for (u32 k = 0; k < c->n; k++)
		if (fuzz_transcendental(fuzz_row(c->item[k].row)->op))
			return true;
	return false;
}

u32 fuzz_rounds;

/* Behind the sequence: sub dword [rounds], 1; jnz to its beginning. */
static u32 loop_back(enum XMode mode, u8 *p)
{
	u8 *at = p;

	*p++ = 0x83;
	*p++ = 0x2c;
	*p++ = 0x25;
	if (mode == X86_32)
		*--p = 0, p[-1] = 0x2d;
	st32(p, ROUNDS_AT);
	p[4] = 1;
	p[5] = 0x0f;
	p[6] = 0x85;
	return (u32)(p + 11 - at);
}

u32 fuzz_layout(const Case *c, u8 *code)
{
	u32 at[MAX_ITEMS + 1], n = 0;

	for (u32 k = 0; k < c->n; k++) {
		at[k] = n;
		memcpy(code + n, c->item[k].b, c->item[k].n);
		n += c->item[k].n;
	}
	at[c->n] = n;
	if (c->step) /* the trap of the last instruction may be behind another one */
		code[n++] = 0x90;
	if (fuzz_rounds) {
		n += loop_back(c->mode, code + n);
		st32(code + n - 4, -n);
	}
	for (u32 k = 0; k < c->n; k++) {
		const Item *it = &c->item[k];
		u8 *p = code + at[k];
		u32 to = at[MIN(k + 1 + it->skip, c->n)] - at[k + 1];
		if (it->rel_size == 1 && to > 127)
			to = 0;
		for (u32 j = 0; j < it->rel_size; j++)
			p[it->rel_at + j] = (u8)(to >> 8 * j);
		for (u32 j = 0; j < 2; j++)
			if (it->next_at[j])
				st32(p + it->next_at[j], CODE_AT + at[k] + it->end);
		if (it->rip_end)
			st32(p + it->rip_at, it->rip_to - (CODE_AT + at[k] + it->rip_end));
	}
	return n;
}

/* ---- undefined flags ------------------------------------------------------------------------------- */

static u32 flags_of(const char *s)
{
	static const char name[] = "oszapc";
	static const u32 bit[] = { XF_O, XF_S, XF_Z, XF_A, XF_P, XF_C };
	u32 f = 0;

	for (; *s; s++)
		for (u32 k = 0; k < 6; k++)
			if (*s == name[k])
				f |= bit[k];
	return f;
}

typedef struct FlagUse { u32 reads, undefined, defines; } FlagUse;

/* Shifts and rotations: by a count of 0 nothing is written, by more than 1 OF is undefined. */
static FlagUse of_shift(const XInsn *i, u32 written)
{
	const XOperand *last = &i->opnd[i->nopnd - 1];
	u32 n = (u32)i->imm & (i->opnd[0].size == 8 ? 63 : 31);
	bool rotates = i->op == XI_ROL || i->op == XI_ROR || i->op == XI_RCL || i->op == XI_RCR;
	bool doubles = i->op == XI_SHLD || i->op == XI_SHRD;
	u32 undef = XF_O | (rotates ? 0 : XF_A);

	if (i->opnd[0].size < 4 && !rotates && i->op != XI_SAR)
		undef |= XF_C; /* counts beyond the operand */
	if (last->kind != XK_IMM)
		return (FlagUse){ 0, undef, 0 };
	if (n == 0)
		return (FlagUse){ 0 };
	if (n == 1)
		undef &= ~XF_O;
	if (n < i->opnd[0].size * 8u || !(undef & XF_C))
		undef &= ~XF_C;
	if (doubles && i->opnd[0].size == 2 && n > 16)
		undef = XF_ALL;
	return (FlagUse){ 0, undef, written & ~undef };
}

static FlagUse use_of(const XInsn *i, const Row *r)
{
	FlagUse u = { flags_of(r->fr), 0, flags_of(r->fw) };

	switch (i->op) {
	case XI_SYSCALL: u.reads = XF_ALL; break;
	case XI_RDRAND: case XI_RDSEED: u.undefined = XF_C; break; /* there may be no number just now */
	case XI_AND: case XI_OR: case XI_XOR: case XI_TEST: u.undefined = XF_A; break;
	case XI_MUL: case XI_IMUL: u.undefined = XF_S | XF_Z | XF_A | XF_P; break;
	case XI_DIV: case XI_IDIV: u.undefined = XF_ALL; break;
	case XI_BSF: case XI_BSR: u.undefined = XF_ALL & ~XF_Z; break;
	case XI_BT: case XI_BTS: case XI_BTR: case XI_BTC: u.undefined = XF_O | XF_S | XF_A | XF_P; u.defines = XF_C; break;
	case XI_AAA: case XI_AAS: u.undefined = XF_O | XF_S | XF_Z | XF_P; break;
	case XI_AAM: case XI_AAD: u.undefined = XF_O | XF_A | XF_C; break;
	case XI_DAA: case XI_DAS: u.undefined = XF_O; break;
	case XI_LZCNT: case XI_TZCNT: u.undefined = XF_O | XF_S | XF_A | XF_P; break;
	case XI_BEXTR: u.undefined = XF_A | XF_S | XF_P; break;
	case XI_ANDN: case XI_BLSI: case XI_BLSR: case XI_BLSMSK: case XI_BZHI: u.undefined = XF_A | XF_P; break;
	case XI_CMPS: case XI_SCAS:
		if (i->rep)
			u.defines = 0; /* a count of 0 leaves them */
		break;
	}
	if (r->family == FAM_shift || r->family == FAM_shiftd) {
		u32 reads = u.reads;
		u = of_shift(i, u.defines);
		u.reads = reads;
	}
	u.defines &= ~u.undefined;
	return u;
}

bool fuzz_flags(Case *c)
{
	u32 undef = 0, all = 0, jump_to = 0;
	bool initial = false; /* the vectors may be in their initial state: whether XSAVE says so is the processor's affair */

	for (u32 k = 0; k < c->n; k++) {
		const Item *it = &c->item[k];
		XInsn i;
		bool cut;
		if (it->ud)
			continue;
		x86_decode(it->b + it->at, it->n - it->at, CODE_AT, c->mode, &i, &cut);
		FlagUse u = use_of(&i, &rows[it->row]);
		if (it->at && i.op == XI_RET) { /* the add before it */
			undef &= k >= jump_to ? 0 : ~0u;
		}
		if (it->at && i.op == XI_POPF) {
			undef = (k >= jump_to ? 0 : undef) | XF_A;
			all |= XF_A;
		}
		initial |= i.op == XI_VZEROALL || i.op == XI_XRSTOR;
		if ((u.reads & undef) || (initial && (i.op == XI_XSAVE || i.op == XI_XSAVEC || i.op == XI_XSAVEOPT)))
			return false;
		if (k >= jump_to)
			undef &= ~u.defines;
		undef |= u.undefined;
		all |= undef;
		if (it->rel_size)
			jump_to = MAX(jump_to, k + 1 + it->skip);
	}
	c->undefined = undef;
	c->undefined_on_fault = all;
	return true;
}

/* Whether it goes where a register or memory says. */
static bool follows_pointer(const XInsn *i)
{
	switch (i->op) {
	case XI_RET: case XI_RETF: case XI_IRET: return true;
	case XI_JMP: case XI_CALL: case XI_JMPF: case XI_CALLF: return i->opnd[0].kind != XK_REL;
	}
	return false;
}

bool fuzz_flags_along(Case *c, const u8 *code, const u16 *path, u32 n)
{
	u32 undef = 0, all = 0;
	bool strays = false, reads = false;

	for (u32 k = 0; k < n && path[k] < 4096 - 15; k++) {
		XInsn i;
		bool cut;
		if (!x86_decode(code + path[k], 15, CODE_AT, c->mode, &i, &cut))
			break;
		strays |= follows_pointer(&i) && k + 1 < n && path[k + 1] != path[k] + i.len;
		FlagUse u = use_of(&i, &rows[i.row]);
		reads |= u.reads & undef;
		undef = (undef & ~u.defines) | u.undefined;
		all |= undef;
	}
	if (strays) {
		c->undefined = undef;
		c->undefined_on_fault = all;
	}
	return !strays || !reads;
}
