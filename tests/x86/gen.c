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

/* What cannot run here: system calls, segments and bases of this very process, answers that differ from run to run or
 * belong to the processor, and sets that this processor lacks. */
static bool untestable(const Row *r)
{
	switch (r->op) {
	case XI_SYSCALL: case XI_SYSENTER: case XI_INT: case XI_INT1: case XI_HLT: case XI_CPUID: case XI_RDTSC: case XI_RDTSCP:
	case XI_RDRAND: case XI_RDSEED: case XI_RDPID: case XI_WRFSBASE: case XI_RDFSBASE: case XI_WRGSBASE: case XI_XGETBV:
	case XI_MASKMOVQ: case XI_MASKMOVDQU: case XI_VMASKMOVDQU: /* processors differ in which bytes have to be there */
	case XI_XSAVEOPT: case XI_MOVNTSS: case XI_MOVNTSD: case XI_FEMMS: /* SSE4a, 3DNow! */
	case XI_LAR: case XI_LSL: case XI_VERR: case XI_VERW: case XI_SGDT: case XI_SIDT: case XI_SLDT: case XI_STR: case XI_SMSW:
		return true;
	}
	switch (r->family) {
	case FAM_far: case FAM_sse4a: case FAM_now3d: return true;
	case FAM_movseg: return r->opcode == 0x8e;
	case FAM_pushseg: return r->op == XI_POP;
	}
	return false;
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

static u32 below(u32 n)
{
	return (u32)(fuzz_random() % n);
}

static bool one_in(u32 n)
{
	return below(n) == 0;
}

static u64 interesting(void)
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
	if (one_in(24))
		return DATA_AT + (one_in(2) ? DATA_SIZE - below(40) : one_in(4) ? RO_AT - DATA_AT + below(40) - 20u : below(40) - 24u);
	return DATA_AT + 0x200 + (u64)below((DATA_SIZE - 0x400) / 64) * 64 + (one_in(4) ? below(64) : 0);
}

static u64 interesting_double(void)
{
	static const u64 v[] = { 0, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000,
		0x7ff8000000000000, 0x7ff0000000000001, 0x7fefffffffffffff, 1, 0x000fffffffffffff, 0x0010000000000000, 0x41dfffffffc00000,
		0x43e0000000000000, 0xc1e0000000000000, 0x3fe0000000000000, 0x4000000000000000, 0xfff8000000001234, 0x4059000000000000 };

	return one_in(2) ? v[below(COUNT(v))] : one_in(2) ? fuzz_random() : f64_u64((double)(i64)interesting());
}

static u32 interesting_float(void)
{
	static const u32 v[] = { 0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0x7f7fffff, 1,
		0x007fffff, 0x00800000, 0x4effffff, 0x5f000000, 0xcf000000, 0x3f000000, 0xffc01234, 0x40400000 };

	return one_in(2) ? v[below(COUNT(v))] : one_in(2) ? (u32)fuzz_random() : f32_u32((float)(i32)interesting());
}

static u64 vector_half(void)
{
	switch (below(4)) {
	case 0: return interesting_double();
	case 1: return interesting_float() | (u64)interesting_float() << 32;
	default: return interesting();
	}
}

static void x87_state(u8 *fx)
{
	static const u16 exps[] = { 0, 1, 0x3ffe, 0x3fff, 0x4000, 0x403e, 0x7ffe, 0x7fff };
	u32 mode = below(4);

	st16(fx, (u16)(0x7f - (one_in(8) ? 1u << below(6) : 0) + (mode == 0 ? below(4) << 8 : 0x300) + (one_in(4) ? below(4) << 10 : 0)));
	st16(fx + 2, (u16)(below(8) << 11 | (one_in(4) ? fuzz_random() & 0x4700 : 0)));
	fx[4] = one_in(4) ? (u8)fuzz_random() : 0xff;
	for (u32 k = 0; k < 8; k++) {
		u16 exp = one_in(2) ? exps[below(COUNT(exps))] : (u16)(0x3fff - 70 + below(140));
		u64 frac = one_in(3) ? (u64)1 << 63 : one_in(6) ? interesting() : fuzz_random() | (u64)1 << 63;
		st64(fx + 32 + 16 * k, frac);
		st16(fx + 40 + 16 * k, (u16)(exp | (one_in(2) ? 0x8000 : 0)));
	}
}

static void fx_state(u8 *fx, enum XMode mode)
{
	memset(fx, 0, FX_SIZE);
	st16(fx, 0x37f);
	x87_state(fx);
	st32(fx + 24, 0x1f80 | (one_in(4) ? (u32)below(4) << 13 : 0) | (one_in(8) ? (u32)fuzz_random() & 0x8040 : 0));
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
		st64(pool + k, (k & 31) == 0 ? interesting() : (k & 31) == 8 ? interesting_double() : vector_half());
	fuzz_rng = rng;
	made = true;
	return pool;
}

const u8 *fuzz_readonly(void)
{
	return data_pool();
}

void fuzz_state(State *s, enum XMode mode)
{
	for (u32 k = 0; k < 16; k++)
		s->gpr[k] = is_base(k, mode) ? data_pointer() : interesting();
	if (one_in(2))
		s->gpr[1] = below(64);
	s->gpr[4] = DATA_AT + 0x800 + (u64)below(0x100) * 16;
	if (one_in(32))
		s->gpr[4] = DATA_AT + below(24);
	if (mode == X86_32)
		for (u32 k = 0; k < 16; k++)
			s->gpr[k] = k < 8 ? (u32)s->gpr[k] : 0;
	s->flags = (fuzz_random() & XF_ALL) | (one_in(4) ? 0x400 : 0);
	s->gs = DATA_AT + (u64)below(64) * 16;
	memcpy(s->data, data_pool() + 16 * below(4096), DATA_SIZE);
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
	return aligned || one_in(2) ? (below(16) - 8) * 16 : below(256) - 128;
}

static u8 base_register(enum XMode mode)
{
	static const u8 b32[] = { 3, 5, 6, 7, 4 }, b64[] = { 3, 5, 6, 7, 4, 13, 14, 15 };

	if (one_in(24))
		return (u8)below(mode == X86_64 ? 16 : 8);
	return mode == X86_64 ? b64[below(8)] : b32[below(5)];
}

static Mem memory16(void)
{
	Mem m = { .modrm = (u8)below(8), .disp_size = (u8)below(3), .disp = (u32)fuzz_random() };

	m.modrm |= (u8)(m.disp_size << 6);
	if (m.modrm == 6)
		m.disp_size = 2;
	return m;
}

/* Mostly at a register that points into the data, seldom anywhere. */
static Mem memory(enum XMode mode, bool aligned, bool vsib)
{
	Mem m = { 0 };
	u8 base = base_register(mode), index = (u8)below(mode == X86_64 ? 16 : 8);
	bool with_index = vsib || one_in(12);

	m.disp = small_disp(aligned);
	if (one_in(12) && !vsib) { /* no base: absolute, or relative to RIP */
		m.disp = DATA_AT + below(DATA_SIZE);
		m.disp_size = 4;
		m.rip = mode == X86_64 && one_in(2);
		m.has_sib = mode == X86_64 && !m.rip;
		m.modrm = m.has_sib ? 4 : 5;
		m.sib = 0x25;
		return m;
	}
	m.b = base & 8;
	m.x = with_index && (index & 8);
	m.has_sib = with_index || (base & 7) == 4;
	m.modrm = m.has_sib ? 4 : base & 7;
	m.sib = (u8)(below(4) << 6 | (with_index ? index & 7 : 4) << 3 | (base & 7));
	m.disp_size = one_in(4) ? 4 : m.disp || (base & 7) == 5 ? 1 : 0;
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
	u8 vvvv = r->has_vvvv ? (u8)below(e->mode == X86_64 ? 16 : 8) : 0;
	bool l = r->attr & L0 ? false : r->attr & L1 ? true : one_in(2), w = r->attr & W0 ? false : r->attr & W1 ? true : one_in(2);
	u8 p = r->pfx < COUNT(pp) ? pp[r->pfx] : 0;
	u8 b = (u8)((w && r->map != V0F ? 0 : 0) | (~vvvv & 15) << 3 | l << 2 | p);

	if (r->map == V0F && !m->x && !e->bb && !(r->attr & W1) && one_in(2)) {
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
	bool w = r->attr & W0 ? false : r->attr & W1 ? true : e->mode == X86_64 && one_in(3);

	if (r->pfx == P66 || (r->pfx == PX && one_in(5)) || ((r->pfx >= NFX) && one_in(5)))
		byte(e, 0x66);
	if (r->pfx == PF3 || r->pfx == F3X)
		byte(e, 0xf3);
	if (r->pfx == PF2 || r->pfx == F2X)
		byte(e, 0xf2);
	if ((r->attr & (REP | REPZ)) && one_in(2))
		byte(e, one_in(2) ? 0xf2 : 0xf3);
	if (e->mode == X86_64 && (w || e->r || m->x || e->bb || one_in(8)))
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
	bool reg = r->mod == MOD_r || r->mod == MOD_i || (r->mod == MOD_a && one_in(2)), has = r->mod != MOD_n;
	u8 opcode = (u8)(r->opcode | (r->attr & PR ? below(8) : 0)), rm = (u8)(r->rm != ANY ? r->rm : below(8));
	Mem m = { 0 };

	if (has && !reg) {
		bool short_address = e->mode == X86_32 && one_in(64) && !(r->attr & VSIB);
		if (short_address || (ext && one_in(24)))
			byte(e, 0x67);
		m = short_address ? memory16() : memory(e->mode, (r->attr & AL) && !one_in(8), r->attr & VSIB);
		if (ext && one_in(32))
			byte(e, 0x65);
		if ((r->attr & LK) && one_in(4))
			byte(e, 0xf0);
	}
	e->r = ext && r->reg == ANY && has && one_in(2);
	e->bb = ext && (has ? (reg ? r->rm == ANY && one_in(2) : m.b) : (r->attr & PR) && one_in(2));
	if (vex_map(r->map))
		vex(e, r, &m, opcode);
	else
		legacy(e, r, &m, opcode);
	if (!has)
		return;
	u8 field = (u8)(r->reg != ANY ? r->reg : below(8));
	byte(e, reg ? 0xc0 | field << 3 | rm : m.modrm | field << 3);
	if (!reg)
		displacement(e, &m);
	if (r->map == M3DN) /* the opcode stands behind the operands */
		byte(e, opcode);
}

static void immediates(Enc *e)
{
	u64 v = one_in(2) ? interesting() : fuzz_random();

	for (u32 k = 0; e->n < 28; k++)
		byte(e, (u32)(v >> 8 * (k & 7)));
}

/* Writes to registers that hold addresses are seldom let through. */
static bool harmless(const XInsn *i, enum XMode mode)
{
	for (u32 k = 0; k < i->nopnd; k++) {
		const XOperand *o = &i->opnd[k];
		if (o->kind == XK_REG && o->write && o->cls >= XC_GPR8 && o->cls <= XC_GPR64 && is_base(o->reg, mode) && !one_in(o->reg == 4 ? 64 : 12))
			return false;
	}
	return true;
}

/* ---- items ----------------------------------------------------------------------------------------- */

static void add_bytes(Item *it, const void *p, u32 n)
{
	memcpy(it->b + it->n, p, n);
	it->n = (u8)(it->n + n);
}

/* What has to go before: a small count, flags without TF, a return address. */
static void prepare(Item *it, const XInsn *i, enum XMode mode)
{
	u8 b[16];

	if (i->rep && !one_in(8)) {
		b[0] = 0xb9;
		st32(b + 1, below(one_in(4) ? 600 : 20));
		add_bytes(it, b, 5);
	}
	if (i->op == XI_XSAVE || i->op == XI_XSAVEC || i->op == XI_XRSTOR) { /* x87 and SSE */
		b[0] = 0xb8;
		st32(b + 1, below(4));
		b[5] = 0xba;
		st32(b + 6, 0);
		add_bytes(it, b, 10);
	}
	if (i->op == XI_POPF) {
		memcpy(b, "\x81\x24\x24", 3);
		st32(b + 3, 0x00200cd5);
		add_bytes(it, b, 7);
	}
	if (i->op == XI_RET) {
		memcpy(b, "\xe8\0\0\0\0\x48\x83\x04\x24", 9);
		if (mode == X86_32)
			memmove(b + 5, b + 6, 3);
		u32 n = mode == X86_64 ? 9 : 8;
		b[n] = (u8)(n + 1 - 5 + i->len);
		add_bytes(it, b, n + 1);
	}
}

static void tame(XInsn *i, u8 *p)
{
	if (i->op == XI_ENTER && !one_in(8)) {
		p[i->len - 2] = 0;
		p[i->len - 1] &= one_in(4) ? 0x1f : 3;
	}
	if (i->op == XI_RET && i->nopnd)
		p[i->len - 1] = 0;
}

bool fuzz_add(Case *c, u32 row)
{
	const Row *r = &rows[row];
	Item *it = &c->item[c->n];

	for (u32 tries = 0; tries < 40; tries++) {
		Enc e = { .mode = c->mode };
		XInsn i;
		bool cut;
		encode(&e, r);
		immediates(&e);
		if (!x86_decode(e.b, 15, CODE_AT, c->mode, &i, &cut) || i.row != row || !harmless(&i, c->mode))
			continue;
		if (i.op == XI_RET && i.osize == 2)
			continue;
		*it = (Item){ .row = (u16)row };
		prepare(it, &i, c->mode);
		tame(&i, e.b);
		it->at = it->n;
		add_bytes(it, e.b, i.len);
		if (i.nopnd && i.opnd[0].kind == XK_REL) {
			if (i.osize == 2)
				continue;
			it->rel_size = i.opnd[0].size;
			it->rel_at = (u8)(it->n - it->rel_size);
			it->skip = (u8)below(4);
		}
		if (e.rip_at) {
			it->rip_at = (u8)(it->at + e.rip_at);
			it->rip_end = it->n;
			it->rip_to = ld32(e.b + e.rip_at);
		}
		c->n++;
		return true;
	}
	return false;
}

bool fuzz_wide(const Case *c)
{
	for (u32 k = 0; k < c->n; k++) {
		const Row *r = &rows[c->item[k].row];
		bool ten_bytes = r->op == XI_FBSTP || (r->op == XI_FSTP && r->opcode == 0xdb);
		if (r->family == FAM_x87ctl || r->family == FAM_xsave || ten_bytes)
			return true;
	}
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

u32 fuzz_layout(const Case *c, u8 *code)
{
	u32 at[MAX_ITEMS + 1], n = 0;

	for (u32 k = 0; k < c->n; k++) {
		at[k] = n;
		memcpy(code + n, c->item[k].b, c->item[k].n);
		n += c->item[k].n;
	}
	at[c->n] = n;
	for (u32 k = 0; k < c->n; k++) {
		const Item *it = &c->item[k];
		u8 *p = code + at[k];
		u32 to = at[MIN(k + 1 + it->skip, c->n)] - at[k + 1];
		if (it->rel_size == 1 && to > 127)
			to = 0;
		for (u32 j = 0; j < it->rel_size; j++)
			p[it->rel_at + j] = (u8)(to >> 8 * j);
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
		if ((u.reads & undef) || (initial && (i.op == XI_XSAVE || i.op == XI_XSAVEC)))
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
