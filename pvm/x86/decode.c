/* The decoder: bytes to XInsn, by x86.def.
 *
 * Prefixes, escape and opcode pick a chain of rows; the first row whose constraints on prefix, mode, ModRM and vector
 * length hold is the instruction.  Chains are ordered once, the most constrained rows first.
 * Intel SDM volume 2, chapter 2 and appendix A. */
#include "x86.h"

#include <pthread.h>

enum OpMap { M1, M0F, M38, M3A, M3DN, V0F, V38, V3A, NMAPS };
enum Pfx { PX, NP, P66, PF3, PF2, NFX, NPX, NP6, NF3, F3X, F2X };
enum { MOD_n, MOD_a, MOD_m, MOD_r, MOD_i };
enum { ANY = 8 };
enum { MODE_B, MODE_I, MODE_O };
enum Attr {
	AT_0 = 0, AT_LK = 1, AT_D64 = 2, AT_F64 = 4, AT_PR = 8, AT_REP = 16, AT_REPZ = 32, AT_W0 = 64, AT_W1 = 128, AT_L0 = 256,
	AT_L1 = 512, AT_LX = 1024, AT_LIG = 2048, AT_AL = 4096, AT_VSIB = 8192, AT_NB = 16384
};
enum Source {
	SRC_RM = 1, SRC_REG, SRC_OPC, SRC_VVVV, SRC_IS4, SRC_IMM, SRC_IMMU, SRC_ONE, SRC_REL, SRC_FAR, SRC_MOFFS, SRC_STRX, SRC_STRY,
	SRC_FIX0, SRC_FIX1, SRC_FIX2, SRC_FIX3, SRC_FIX4, SRC_FIX5
};
enum Class { CL_NONE, CL_GPR8, CL_GPR16, CL_GPR32, CL_GPRV, CL_SEG, CL_CR, CL_DR, CL_ST, CL_MMX, CL_VEC, CL_XMM };
enum Size { S_0, S_b, S_w, S_d, S_q, S_dq, S_t, S_v, S_z, S_y, S_n, S_x, S_hx, S_qx, S_ox, S_dd, S_p, S_2v, S_m512 };

enum Code {
	OC__,
#define OC(code, src, cls, size, msize) OC_##code,
#include "operands.def"
#undef OC
};

static const struct { u8 src, cls, size, msize; } codes[] = {
	{ 0, 0, 0, 0 },
#define OC(code, src, cls, size, msize) { SRC_##src, CL_##cls, size, msize },
#include "operands.def"
#undef OC
};

typedef struct Row {
	u16 op, attr;
	u8 map, pfx, opcode, mod, reg, rm, mode;
	u8 code[4];
	char access[5];
} Row;

/* Attributes are written A|B in the table; each is an AT_ constant. */
enum {
	_ = AT_0, LK = AT_LK, D64 = AT_D64, F64 = AT_F64, PR = AT_PR, REP = AT_REP, REPZ = AT_REPZ, W0 = AT_W0, W1 = AT_W1, L0 = AT_L0,
	L1 = AT_L1, LX = AT_LX, LIG = AT_LIG, AL = AT_AL, VSIB = AT_VSIB, NB = AT_NB, X = ANY
};
static const Row rows[] = {
	{ XI_NONE, 0, 0, 0, 0, 0, 0, 0, 0, { 0 }, "" },
#define X(op, map, pfx, opcode, mod, reg, rm, mode, o1, o2, o3, o4, access, attr, fr, fw, lower) \
	{ XI_##op, attr, map, pfx, opcode, MOD_##mod, reg, rm, MODE_##mode, { OC_##o1, OC_##o2, OC_##o3, OC_##o4 }, access },
#include "x86.def"
#undef X
};

const char *const x86_names[XI_COUNT] = {
	"(none)",
#define XM(op, name) name,
#include "mnemonics.def"
#undef XM
};

/* ---- the index ------------------------------------------------------------------------------------- */

static u16 chain[NMAPS][256]; /* start in order[] */
static u16 order[4096];       /* rows of each opcode, 0 ends a chain */
static u16 direct[2][NMAPS][256]; /* by mode: the row, where an opcode has just one and that has no constraints */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool ready;

static int weight(const Row *r)
{
	return (r->reg != ANY) * 2 + (r->rm != ANY) * 2 + (r->mod == MOD_m || r->mod == MOD_r) + (r->pfx != PX) * 4 +
	       ((r->attr & AT_NB) != 0) + (r->mode != MODE_B);
}

/* Adds a row to the chain that ends at `at`, insertion-sorted by falling weight. */
static void add_to_chain(u16 first, u16 at, u16 row)
{
	for (; at > first && weight(&rows[order[at - 1]]) < weight(&rows[row]); at--)
		order[at] = order[at - 1];
	order[at] = row;
}

/* The only row of an opcode in a mode, if whatever prefix and ModRM byte will do for it. */
static u16 only_row(u16 at, bool wide)
{
	u16 found = 0;

	for (; order[at]; at++) {
		const Row *r = &rows[order[at]];
		if (r->mode != MODE_B && (r->mode == MODE_O) != wide)
			continue;
		bool free = r->pfx == PX && (r->mod == MOD_a || r->mod == MOD_n) && r->reg == ANY && r->rm == ANY;
		if (found || !free || (r->attr & (AT_NB | AT_L0 | AT_L1 | AT_W0 | AT_W1)))
			return 0;
		found = order[at];
	}
	return found;
}

/* Chains get their places by how many rows each opcode has; a row that ignores the lower bits (AT_PR) has eight opcodes. */
static void make_index(void)
{
	static u16 count[NMAPS][256];
	u16 at = 1;

	for (u16 i = 1; i < COUNT(rows); i++)
		for (int k = 0; k < (rows[i].attr & AT_PR ? 8 : 1); k++)
			count[rows[i].map][rows[i].opcode + k]++;
	for (int map = 0; map < NMAPS; map++)
		for (int opcode = 0; opcode < 256; opcode++)
			if (count[map][opcode]) {
				chain[map][opcode] = at;
				at = (u16)(at + count[map][opcode] + 1);
				count[map][opcode] = 0;
			}
	for (u16 i = 1; i < COUNT(rows); i++)
		for (int k = 0; k < (rows[i].attr & AT_PR ? 8 : 1); k++) {
			int map = rows[i].map, opcode = rows[i].opcode + k;
			add_to_chain(chain[map][opcode], (u16)(chain[map][opcode] + count[map][opcode]++), i);
		}
	for (int map = 0; map < NMAPS; map++)
		for (int opcode = 0; opcode < 256; opcode++)
			for (int wide = 0; wide < 2 && chain[map][opcode]; wide++)
				direct[wide][map][opcode] = only_row(chain[map][opcode], wide);
	__atomic_store_n(&ready, true, __ATOMIC_RELEASE);
}

/* ---- decoding -------------------------------------------------------------------------------------- */

typedef struct Dec {
	const u8 *p, *end;
	XInsn *i;
	const Row *row;
	bool cut, bad;
	bool p66, p67, rex, b, x, r, w, vexl, modrm_read;
	u8 last;       /* the last of F2 and F3, or 0 */
	u8 seg;        /* override + 1, or 0 */
	u8 vvvv, map, pfx_vex, opcode, modrm;
} Dec;

static u8 next(Dec *d)
{
	if (d->p == d->end) {
		d->cut = true;
		return 0;
	}
	return *d->p++;
}

static u64 next_n(Dec *d, int n)
{
	u64 v = 0;

	if (d->end - d->p >= 8) {
		v = ld64(d->p) << (64 - 8 * n) >> (64 - 8 * n);
		d->p += n;
		return v;
	}
	for (int k = 0; k < n; k++)
		v |= (u64)next(d) << 8 * k;
	return v;
}

static i64 next_signed(Dec *d, int n)
{
	int shift = 64 - 8 * n;

	return (i64)(next_n(d, n) << shift) >> shift;
}

static bool is64(const Dec *d)
{
	return d->i->mode == X86_64;
}

/* In 64-bit mode the overrides of es, cs, ss and ds are read and ignored. */
static void seg_prefix(Dec *d, u8 seg)
{
	if (!is64(d) || seg >= XS_FS)
		d->seg = seg + 1;
}

static void prefix(Dec *d, u8 c)
{
	switch (c) {
	case 0x66: d->p66 = true; break;
	case 0x67: d->p67 = true; break;
	case 0xf0: d->i->lock = true; break;
	case 0xf2: case 0xf3: d->last = c; break;
	case 0x26: seg_prefix(d, XS_ES); break;
	case 0x2e: seg_prefix(d, XS_CS); break;
	case 0x36: seg_prefix(d, XS_SS); break;
	case 0x3e: seg_prefix(d, XS_DS); break;
	case 0x64: seg_prefix(d, XS_FS); break;
	case 0x65: seg_prefix(d, XS_GS); break;
	}
}

/* What may be a prefix; most instructions begin with none, and this settles it without a jump by value. */
static const bool may_be_prefix[256] = {
	[0x26] = 1, [0x2e] = 1, [0x36] = 1, [0x3e] = 1, [0x40 ... 0x4f] = 1, [0x64 ... 0x67] = 1, [0xf0] = 1, [0xf2] = 1, [0xf3] = 1
};

/* Legacy prefixes and REX; a REX that is not the last prefix does nothing. */
static u8 prefixes(Dec *d)
{
	u8 c = next(d), rex = 0;

	for (;; c = next(d)) {
		if (d->cut)
			return 0;
		if (!may_be_prefix[c])
			break;
		if ((c & 0xf0) == 0x40) {
			if (!is64(d))
				break;
			rex = c;
		} else {
			prefix(d, c);
			rex = 0;
		}
	}
	if (rex) {
		d->rex = true;
		d->w = rex & 8;
		d->r = rex & 4;
		d->x = rex & 2;
		d->b = rex & 1;
	}
	return c;
}

/* A C4 or C5 that is not LES or LDS.  SDM 2.3. */
static void vex(Dec *d, u8 c)
{
	u8 b1 = next(d), b2 = b1;

	if (d->p66 || d->last || d->rex || d->i->lock)
		d->bad = true;
	d->map = V0F;
	d->r = !(b1 & 0x80);
	if (c == 0xc4) {
		u8 m = b1 & 0x1f;
		d->x = !(b1 & 0x40);
		d->b = !(b1 & 0x20);
		d->bad |= m < 1 || m > 3;
		d->map = (u8)(V0F + m - 1);
		b2 = next(d);
		d->w = b2 & 0x80;
	}
	if (!is64(d))
		d->r = d->x = d->b = false;
	d->vvvv = (u8)(~b2 >> 3 & 15);
	d->vexl = b2 & 4;
	static const u8 pp[4] = { 0, 0x66, 0xf3, 0xf2 };
	d->pfx_vex = pp[b2 & 3];
	d->i->vex = true;
	d->i->vl = d->vexl ? 32 : 16;
	d->opcode = next(d);
}

static void escape(Dec *d)
{
	u8 c = next(d);

	d->map = M0F;
	d->opcode = c;
	if (c == 0x38 || c == 0x3a) {
		d->map = c == 0x38 ? M38 : M3A;
		d->opcode = next(d);
	}
}

static void opcode(Dec *d)
{
	u8 c = prefixes(d);

	if (c == 0x0f) {
		escape(d);
	} else if ((c == 0xc4 || c == 0xc5) && (is64(d) || (d->p < d->end && (*d->p & 0xc0) == 0xc0))) {
		vex(d, c);
	} else if ((c == 0xc4 || c == 0xc5) && d->p == d->end) {
		d->cut = true;
	} else {
		d->map = M1;
		d->opcode = c;
	}
}

static bool prefix_fits(const Dec *d, const Row *r)
{
	u8 m = d->i->vex ? d->pfx_vex : d->last ? d->last : d->p66 ? 0x66 : 0;

	switch (r->pfx) {
	case NP: return m == 0;
	case P66: return m == 0x66;
	case PF3: case F3X: return m == 0xf3;
	case PF2: case F2X: return m == 0xf2;
	case NFX: case NP6: return m == 0 || m == 0x66;
	case NF3: return m != 0xf3;
	default: return true;
	}
}

static bool vector_fits(const Dec *d, u16 attr)
{
	if ((attr & AT_L0) && d->vexl)
		return false;
	if ((attr & AT_L1) && !d->vexl)
		return false;
	return !((attr & AT_W0) && d->w) && !((attr & AT_W1) && !d->w);
}

static bool modrm_fits(Dec *d, const Row *r)
{
	if (r->mod == MOD_n)
		return true;
	if (!d->modrm_read) {
		d->modrm = next(d);
		d->modrm_read = true;
	}
	bool reg = d->modrm >> 6 == 3;
	return !(r->mod == MOD_m && reg) && !(r->mod == MOD_r && !reg) && (r->reg == ANY || r->reg == (d->modrm >> 3 & 7)) &&
	       (r->rm == ANY || r->rm == (d->modrm & 7));
}

static const Row *find(Dec *d, u8 map, u8 opc)
{
	u16 at = chain[map][opc], only = direct[is64(d)][map][opc];

	if (only) {
		const Row *r = &rows[only];
		return modrm_fits(d, r) && !d->cut ? r : NULL;
	}
	if (!at)
		return NULL;
	for (; order[at]; at++) {
		const Row *r = &rows[order[at]];
		if (r->mode != MODE_B && (r->mode == MODE_O) != is64(d))
			continue;
		if ((r->attr & AT_NB) && d->b)
			continue;
		if (prefix_fits(d, r) && vector_fits(d, r->attr) && modrm_fits(d, r) && !d->cut)
			return r;
	}
	return NULL;
}

static void sizes(Dec *d)
{
	const Row *r = d->row;
	XInsn *i = d->i;
	/* 66 that selects the row does not set the size. */
	bool small = d->p66 && r->pfx != P66 && !(r->pfx == NP);

	i->rexw = d->w;
	i->seg = d->seg ? d->seg - 1 : XS_DS;
	i->asize = is64(d) ? (d->p67 ? 4 : 8) : (d->p67 ? 2 : 4);
	if (is64(d) && (r->attr & AT_F64))
		i->osize = 8;
	else if (is64(d) && d->w)
		i->osize = 8;
	else if (small)
		i->osize = 2;
	else
		i->osize = is64(d) && (r->attr & AT_D64) ? 8 : 4;
}

/* The sizes that do not depend on the instruction's own; 255: those that do. */
static const u8 fixed_size[] = {
	[S_0] = 0, [S_b] = 1, [S_w] = 2, [S_d] = 4, [S_q] = 8, [S_dq] = 16, [S_t] = 10, [S_v] = 255, [S_z] = 255, [S_y] = 255, [S_n] = 255,
	[S_x] = 255, [S_hx] = 255, [S_qx] = 255, [S_ox] = 255, [S_dd] = 255, [S_p] = 255, [S_2v] = 255, [S_m512] = 0
};

static u16 own_size(const Dec *d, u8 s)
{
	const XInsn *i = d->i;
	u8 vl = i->vex ? i->vl : 16;

	switch (s) {
	case S_v: return i->osize;
	case S_z: return MIN(i->osize, 4);
	case S_y: return d->w && is64(d) ? 8 : 4;
	case S_n: return is64(d) ? 8 : 4;
	case S_x: return vl;
	case S_hx: return vl / 2;
	case S_qx: return vl / 4;
	case S_ox: return vl / 8;
	case S_dd: return vl == 32 ? 32 : 8;
	case S_p: return i->osize + 2;
	default: return i->osize * 2;
	}
}

static inline u16 size_of(const Dec *d, u8 s)
{
	return fixed_size[s] != 255 ? fixed_size[s] : own_size(d, s);
}

/* ---- operands -------------------------------------------------------------------------------------- */

static void no_memory(XInsn *i)
{
	i->base = i->index = XB_NONE;
	i->scale = 1;
}

/* SDM 2.1.5, table 2-1. */
static void memory16(Dec *d)
{
	static const u8 base[8] = { 3, 3, 5, 5, 6, 7, 5, 3 }, index[8] = { 6, 7, 6, 7, XB_NONE, XB_NONE, XB_NONE, XB_NONE };
	XInsn *i = d->i;
	u8 mod = d->modrm >> 6, rm = d->modrm & 7;

	i->base = base[rm];
	i->index = index[rm];
	if (mod == 0 && rm == 6)
		i->base = XB_NONE;
	i->disp = mod == 1 ? next_signed(d, 1) : mod == 2 || i->base == XB_NONE ? next_signed(d, 2) : 0;
}

static void sib(Dec *d, u8 mod)
{
	XInsn *i = d->i;
	u8 s = next(d);

	i->scale = (u8)(1 << (s >> 6));
	i->index = (u8)((s >> 3 & 7) | d->x << 3);
	if (i->index == 4 && !(d->row->attr & AT_VSIB))
		i->index = XB_NONE;
	i->base = (u8)((s & 7) | d->b << 3);
	if ((s & 7) == 5 && mod == 0)
		i->base = XB_NONE;
}

static void memory(Dec *d)
{
	XInsn *i = d->i;
	u8 mod = d->modrm >> 6, rm = d->modrm & 7;

	if (i->asize == 2) {
		memory16(d);
	} else {
		if (rm == 4)
			sib(d, mod);
		else if (rm == 5 && mod == 0)
			i->base = is64(d) ? XB_RIP : XB_NONE;
		else
			i->base = (u8)(rm | d->b << 3);
		bool disp32 = mod == 2 || (mod == 0 && (i->base == XB_NONE || i->base == XB_RIP));
		i->disp = mod == 1 ? next_signed(d, 1) : disp32 ? next_signed(d, 4) : 0;
		if ((d->row->attr & AT_VSIB) && rm != 4)
			d->bad = true;
	}
	bool stack = i->base == 4 || i->base == 5;
	i->seg = d->seg ? d->seg - 1 : stack && i->asize != 2 ? XS_SS : i->asize == 2 && i->base == 5 ? XS_SS : XS_DS;
	i->seg_override = d->seg;
}

static void gpr(Dec *d, XOperand *o, u8 n, u16 size)
{
	static const u8 cls[9] = { 0, XC_GPR8, XC_GPR16, 0, XC_GPR32, 0, 0, 0, XC_GPR64 };

	o->cls = cls[size];
	o->reg = n;
	if (size == 1 && n >= 4 && n < 8 && !d->rex) {
		o->cls = XC_GPR8H;
		o->reg = n - 4;
	}
}

static void reg_operand(Dec *d, XOperand *o, u8 cls, u8 n, u16 size)
{
	o->kind = XK_REG;
	o->size = (u8)size;
	o->reg = n;
	switch (cls) {
	case CL_GPR8: case CL_GPR16: case CL_GPR32: case CL_GPRV:
		gpr(d, o, n, size);
		break;
	case CL_SEG:
		o->cls = XC_SEG;
		o->reg = n & 7;
		d->bad |= o->reg > XS_GS;
		break;
	case CL_CR:
		o->cls = XC_CR;
		d->bad |= n == 1 || (n > 4 && n != 8);
		break;
	case CL_DR:
		o->cls = XC_DR;
		d->bad |= n > 7;
		break;
	case CL_ST: o->cls = XC_ST; o->reg = n & 7; break;
	case CL_MMX: o->cls = XC_MMX; o->reg = n & 7; break;
	case CL_XMM: o->cls = XC_XMM; break;
	case CL_VEC:
		o->cls = size == 32 ? XC_YMM : XC_XMM;
		break;
	default:
		d->bad = true;
	}
}

static void rm_operand(Dec *d, XOperand *o, u8 code)
{
	u8 cls = codes[code].cls;

	if (d->modrm >> 6 == 3 || d->row->mod == MOD_i) {
		reg_operand(d, o, cls, (u8)((d->modrm & 7) | d->b << 3), size_of(d, codes[code].size));
		return;
	}
	o->kind = XK_MEM;
	o->size = (u8)size_of(d, codes[code].msize);
}

static void immediate(Dec *d, XOperand *o, u16 size, bool sign)
{
	XInsn *i = d->i;
	/* Only mov has 8-byte immediates. */
	i64 v = sign ? next_signed(d, size) : (i64)next_n(d, size);

	o->kind = XK_IMM;
	o->size = (u8)size;
	bool second = false;
	for (XOperand *q = i->opnd; q < o; q++)
		second |= q->kind == XK_IMM;
	*(second ? &i->imm2 : &i->imm) = (u64)v;
}

static void relative(Dec *d, XOperand *o, u16 size)
{
	XInsn *i = d->i;
	i64 v = next_signed(d, size);

	o->kind = XK_REL;
	o->size = (u8)size;
	i->imm = (u64)v;
}

static void operand(Dec *d, XOperand *o, u8 code)
{
	u8 src = codes[code].src, cls = codes[code].cls;
	u16 size = src == SRC_RM ? 0 : size_of(d, codes[code].size);
	XInsn *i = d->i;

	switch (src) {
	case SRC_RM: rm_operand(d, o, code); break;
	case SRC_REG: reg_operand(d, o, cls, (u8)((d->modrm >> 3 & 7) | d->r << 3), size); break;
	case SRC_OPC: reg_operand(d, o, cls, (u8)((d->opcode & 7) | d->b << 3), size); break;
	case SRC_VVVV: reg_operand(d, o, cls, is64(d) ? d->vvvv : d->vvvv & 7, size); break;
	case SRC_IS4: reg_operand(d, o, cls, (u8)(next(d) >> 4 & (is64(d) ? 15 : 7)), size); break;
	case SRC_IMM: immediate(d, o, size, true); break;
	case SRC_IMMU: immediate(d, o, size, false); break;
	case SRC_REL: relative(d, o, size); break;
	case SRC_ONE:
		o->kind = XK_IMM;
		o->hidden = true;
		i->imm = 1;
		break;
	case SRC_FAR:
		o->kind = XK_FAR;
		i->imm = next_n(d, i->osize);
		i->imm2 = next_n(d, 2);
		break;
	case SRC_MOFFS:
		o->kind = XK_MEM;
		o->size = (u8)size;
		i->disp = (i64)next_n(d, i->asize);
		i->seg = d->seg ? d->seg - 1 : XS_DS;
		break;
	case SRC_STRX: case SRC_STRY:
		o->kind = XK_MEM;
		o->hidden = true;
		o->size = (u8)size;
		i->seg = d->seg ? d->seg - 1 : XS_DS;
		break;
	default:
		reg_operand(d, o, cls, (u8)(src - SRC_FIX0), size);
	}
}

static bool has_memory(const Dec *d)
{
	return d->row->mod != MOD_n && d->row->mod != MOD_i && d->modrm >> 6 != 3;
}

static void operands(Dec *d)
{
	XInsn *i = d->i;
	const Row *r = d->row;

	if (has_memory(d))
		memory(d);
	for (int k = 0; k < 4 && r->code[k]; k++) {
		XOperand *o = &i->opnd[i->nopnd++];
		char a = r->access[k];
		operand(d, o, r->code[k]);
		o->read = a == 'r' || a == 'x';
		o->write = a == 'w' || a == 'x';
		if (r->code[k] == OC_Swd)
			d->bad |= o->reg == XS_CS;
	}
}

static bool uses_vvvv(const Row *r)
{
	for (int k = 0; k < 4; k++)
		if (r->code[k] && codes[r->code[k]].src == SRC_VVVV)
			return true;
	return false;
}

/* LOCK wants a lockable instruction with a memory destination; VEX.vvvv that names nothing must be 1111. */
static void check(Dec *d)
{
	const XInsn *i = d->i;

	if (i->lock && !((d->row->attr & AT_LK) && has_memory(d)))
		d->bad = true;
	if (i->vex && d->vvvv && !uses_vvvv(d->row))
		d->bad = true;
	/* A gather's destination, index and mask are three registers. */
	if (d->row->attr & AT_VSIB) {
		u8 dest = i->opnd[0].reg, mask = i->opnd[2].reg;
		d->bad |= i->asize == 2 || dest == mask || dest == i->index || mask == i->index;
	}
}

static void finish(Dec *d, const u8 *start)
{
	XInsn *i = d->i;

	i->op = d->row->op;
	i->row = (u16)(d->row - rows);
	i->len = (u8)(d->p - start);
	if (d->row->attr & (AT_REP | AT_REPZ))
		i->rep = d->last;
	if (i->nopnd && i->opnd[0].kind == XK_REL) {
		u64 t = i->pc + i->len + i->imm;
		i->target = is64(d) ? t : i->osize == 2 ? (u16)t : (u32)t;
	}
}

bool x86_decode(const u8 *p, size_t n, u64 pc, enum XMode mode, XInsn *out, bool *cut)
{
	Dec d = { .p = p, .end = p + MIN(n, (size_t)15), .i = out };

	if (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE))
		pthread_once(&once, make_index);
	*out = (XInsn){ .pc = pc, .mode = (u8)mode };
	no_memory(out);
	opcode(&d);
	if (d.map == M0F && d.opcode == 0x0f && !d.cut && !d.bad) {
		/* 3DNow!: the opcode byte stands behind the operands. */
		const Row any = { XI_NONE, 0, M3DN, PX, 0, MOD_a, ANY, ANY, MODE_B, { 0 }, "" };
		XInsn tmp = *out;
		Dec look = d;
		look.row = &any;
		look.i = &tmp;
		look.modrm = next(&look);
		tmp.asize = is64(&d) ? (d.p67 ? 4 : 8) : (d.p67 ? 2 : 4);
		if (has_memory(&look))
			memory(&look);
		d.map = M3DN;
		d.opcode = next(&look);
		d.cut = look.cut;
	}
	if (!d.cut && !d.bad)
		d.row = find(&d, d.map, d.opcode);
	if (d.row) {
		sizes(&d);
		operands(&d);
		if (d.map == M3DN)
			next(&d);
		check(&d);
	}
	*cut = d.cut && n < 15;
	if (d.cut || d.bad || !d.row) {
		out->op = XI_NONE;
		return false;
	}
	finish(&d, p);
	return true;
}
