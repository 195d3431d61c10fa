/* Vector instructions that are seldom met and move single lanes: string comparisons, moves under a mask, gathering.
 * Intel SDM volume 1, 14.9 and volume 2, 4.1 and the instructions' pages. */
#include "interpret.h"

/* ---- lanes of w bits of a vector register, 256 bits wide ---- */

static u64 lane(XRun *r, unsigned reg, u32 w, u32 k)
{
	return xr_low(*xr_slot(r, XS_VEC + 4 * reg + k * w / 64) >> (k * w & 63), w / 8);
}

static void set_lane(XRun *r, unsigned reg, u32 w, u32 k, u64 v)
{
	u64 *q = xr_slot(r, XS_VEC + 4 * reg + k * w / 64), mask = xr_low(~0ull, w / 8) << (k * w & 63);

	*q = (*q & ~mask) | (v << (k * w & 63) & mask);
}

/* Zeros from byte n on. */
static void clear_above(XRun *r, unsigned reg, u32 n)
{
	for (u32 k = n / 4; k < 8; k++)
		set_lane(r, reg, 32, k, 0);
}

static bool is_set(XRun *r, unsigned reg, u32 w, u32 k)
{
	return lane(r, reg, w, k) >> (w - 1);
}

/* ---- pcmpestri, pcmpestrm, pcmpistri, pcmpistrm ------------------------------------------------------------ */

typedef struct Strings {
	u64 abits[2], bbits[2];
	i32 a[16], b[16];   /* elements; not there where `in_bits` */
	u32 n, na, nb;      /* elements of a register, valid ones */
} Strings;

enum { WORDS = 1, SIGNED = 2, NEGATE = 16, ONLY_VALID = 32, HIGHEST = 64, EXPAND = 64 };

static u32 explicit_length(XRun *r, unsigned reg, u32 n)
{
	unsigned size = r->i.rexw && r->i.mode == X86_64 ? 8 : 4;
	i64 v = xr_signed(xr_reg(r, reg, size, false), size);
	u64 m = v < 0 ? 0 - (u64)v : (u64)v;

	return (u32)MIN(m, (u64)n);
}

static u32 implicit_length(const i32 *v, u32 n)
{
	u32 k = 0;

	while (k < n && v[k])
		k++;
	return k;
}

static void elements(i32 *to, u64 lo, u64 hi, u32 imm)
{
	u32 size = imm & WORDS ? 2 : 1;

	for (u32 k = 0; k < 16 / size; k++) {
		u64 v = xr_low((k * size < 8 ? lo : hi) >> (8 * k * size & 63), size);
		to[k] = (i32)(imm & SIGNED ? xr_signed(v, size) : (i64)v);
	}
}

/* Which of the 8 bytes are 0, a bit each.  Hacker's Delight, 6-1; the product gathers the bytes' top bits. */
static u32 zero_bytes(u64 v)
{
	const u64 low = 0x7f7f7f7f7f7f7f7full;
	u64 top = ~(((v & low) + low) | v | low);

	return (u32)((top >> 7) * 0x0102040810204080ull >> 56);
}

static u32 equal_bytes(const u64 x[2], u64 lo, u64 hi)
{
	return zero_bytes(x[0] ^ lo) | zero_bytes(x[1] ^ hi) << 8;
}

static u32 zero_at(const u64 x[2])
{
	return (u32)__builtin_ctz(equal_bytes(x, 0, 0) | 1u << 16);
}

/* The usual comparisons, of bytes for equality, are made of whole registers. */
static bool in_bits(u32 imm)
{
	return !(imm & WORDS) && (imm >> 2 & 3) % 2 == 0 && (imm >> 2 & 3) <= 2;
}

static u32 compare_bits(const Strings *s, u32 imm)
{
	u32 va = (1u << s->na) - 1, vb = (1u << s->nb) - 1, r = 0;

	if (imm >> 2 & 3) {
		r = (equal_bytes(s->abits, s->bbits[0], s->bbits[1]) & va & vb) | (0xffff & ~(va | vb));
	} else {
		for (u32 j = 0; j < s->na; j++) {
			u64 each = (s->abits[j / 8] >> 8 * (j % 8) & 0xff) * 0x0101010101010101ull;
			r |= equal_bytes(s->bbits, each, each);
		}
		r &= vb;
	}
	return imm & NEGATE ? r ^ (imm & ONLY_VALID ? vb : 0xffff) : r;
}

static Strings read_strings(XRun *r, u32 imm)
{
	const XOperand *o = &r->i.opnd[1];
	bool lengths = r->i.op == XI_PCMPESTRI || r->i.op == XI_PCMPESTRM || r->i.op == XI_VPCMPESTRI || r->i.op == XI_VPCMPESTRM;
	Strings s;
	u64 lo, hi;

	s.n = imm & WORDS ? 8 : 16;

	if (o->kind == XK_MEM) {
		u64 addr = xr_address(r);
		r->aligned = false;
		xr_bytes(r, addr, 16, false);
		lo = xr_load(r, addr, 8);
		hi = xr_load(r, addr + 8, 8);
	} else {
		lo = lane(r, o->reg, 64, 0);
		hi = lane(r, o->reg, 64, 1);
	}
	s.abits[0] = lane(r, r->i.opnd[0].reg, 64, 0);
	s.abits[1] = lane(r, r->i.opnd[0].reg, 64, 1);
	s.bbits[0] = lo;
	s.bbits[1] = hi;
	if (!in_bits(imm)) {
		elements(s.a, s.abits[0], s.abits[1], imm);
		elements(s.b, lo, hi, imm);
	}
	s.na = lengths ? explicit_length(r, RAX, s.n) : in_bits(imm) ? zero_at(s.abits) : implicit_length(s.a, s.n);
	s.nb = lengths ? explicit_length(r, RDX, s.n) : in_bits(imm) ? zero_at(s.bbits) : implicit_length(s.b, s.n);
	return s;
}

static bool equal_any(const Strings *s, u32 i)
{
	for (u32 j = 0; j < s->na && i < s->nb; j++)
		if (s->a[j] == s->b[i])
			return true;
	return false;
}

static bool in_ranges(const Strings *s, u32 i)
{
	for (u32 j = 0; j + 1 < s->na && i < s->nb; j += 2)
		if (s->a[j] <= s->b[i] && s->b[i] <= s->a[j + 1])
			return true;
	return false;
}

static bool equal_each(const Strings *s, u32 i)
{
	return i < s->na && i < s->nb ? s->a[i] == s->b[i] : i >= s->na && i >= s->nb;
}

static bool equal_ordered(const Strings *s, u32 i)
{
	for (u32 j = 0; j < s->na && i + j < s->n; j++)
		if (i + j >= s->nb || s->a[j] != s->b[i + j])
			return false;
	return true;
}

static u32 compare(const Strings *s, u32 imm)
{
	static bool (*const how[4])(const Strings *, u32) = { equal_any, in_ranges, equal_each, equal_ordered };
	u32 r = 0;

	for (u32 i = 0; i < s->n; i++) {
		bool bit = how[imm >> 2 & 3](s, i);
		if ((imm & NEGATE) && (!(imm & ONLY_VALID) || i < s->nb))
			bit = !bit;
		r |= (u32)bit << i;
	}
	return r;
}

static void store_mask(XRun *r, u32 bits, u32 imm)
{
	u32 w = imm & WORDS ? 16 : 8;

	set_lane(r, 0, 64, 0, imm & EXPAND ? 0 : bits);
	set_lane(r, 0, 64, 1, 0);
	for (u32 k = 0; k < 128 / w && (imm & EXPAND); k++)
		set_lane(r, 0, w, k, bits >> k & 1 ? ~0ull : 0);
	if (r->i.vex)
		clear_above(r, 0, 16);
}

void xr_vstr(XRun *r)
{
	u32 imm = (u32)r->i.imm & 0x7f;
	Strings s = read_strings(r, imm);
	u32 bits = in_bits(imm) ? compare_bits(&s, imm) : compare(&s, imm), op = r->i.op;

	if (op == XI_PCMPESTRM || op == XI_PCMPISTRM || op == XI_VPCMPESTRM || op == XI_VPCMPISTRM)
		store_mask(r, bits, imm);
	else
		xr_set_reg(r, RCX, 4, false, !bits ? s.n : imm & HIGHEST ? 31 - (u32)__builtin_clz(bits) : (u32)__builtin_ctz(bits));
	xr_set_flags(r, XF_ALL, (bits ? XF_C : 0) | (s.nb < s.n ? XF_Z : 0) | (s.na < s.n ? XF_S : 0) | (bits & 1 ? XF_O : 0));
}

/* ---- moves under a mask -------------------------------------------------------------------------------------- */

/* maskmovq, maskmovdqu: bytes to where rdi points. */
static void mask_bytes(XRun *r)
{
	bool mmx = r->i.opnd[0].cls == XC_MMX;
	u64 at = xr_linear(r, xr_reg(r, RDI, r->i.asize, false), r->i.seg);
	unsigned v = r->i.opnd[0].reg, m = r->i.opnd[1].reg, base = mmx ? XS_ST : XS_VEC, step = mmx ? 2 : 4, n = mmx ? 8 : 16;

	if (mmx) { /* processors do so before the access, even if that faults */
		*xr_slot(r, XS_FTOP) = 0;
		*xr_slot(r, XS_FTAG) = 0xff;
	}
	xr_check_code(r);
	xr_align(r, at, n, true, 8);
	for (u32 k = 0; k < n; k++) /* whatever the mask, all have to be writable */
		xr_probe(r, xr_after(r, at, k), 1, true);
	for (u32 k = 0; k < n; k++) {
		u32 q = k / 8, shift = 8 * (k & 7);
		if (*xr_slot(r, base + step * m + q) >> shift & 0x80)
			xr_store(r, xr_after(r, at, k), 1, *xr_slot(r, base + step * v + q) >> shift & 0xff);
	}
}

static bool has_quads(unsigned op)
{
	return op == XI_VMASKMOVPD || op == XI_VPMASKMOVQ;
}

static void mask_store(XRun *r, u32 w)
{
	u64 at = xr_address(r);

	for (u32 pass = 0; pass < 2; pass++)
		for (u32 k = 0; k < r->i.vl * 8u / w; k++) {
			if (!is_set(r, r->i.opnd[1].reg, w, k))
				continue;
			xr_check_code(r);
			if (pass)
				xr_store(r, xr_after(r, at, k * w / 8), w / 8, lane(r, r->i.opnd[2].reg, w, k));
			else
				xr_probe(r, xr_after(r, at, k * w / 8), w / 8, true);
		}
}

static void mask_load(XRun *r, u32 w)
{
	u64 at = xr_address(r), v[8] = { 0 };
	u32 n = r->i.vl * 8u / w;

	for (u32 k = 0; k < n; k++)
		if (is_set(r, r->i.opnd[1].reg, w, k))
			v[k] = xr_load(r, xr_after(r, at, k * w / 8), w / 8);
	for (u32 k = 0; k < n; k++)
		set_lane(r, r->i.opnd[0].reg, w, k, v[k]);
	clear_above(r, r->i.opnd[0].reg, r->i.vl);
}

void xr_vmaskmov(XRun *r)
{
	u32 w = has_quads(r->i.op) ? 64 : 32;

	r->aligned &= !r->i.vex || r->i.op == XI_VMASKMOVDQU; /* lanes need not be */
	if (!r->i.vex || r->i.op == XI_VMASKMOVDQU)
		mask_bytes(r);
	else if (r->i.opnd[0].kind == XK_MEM)
		mask_store(r, w);
	else
		mask_load(r, w);
}

/* ---- gathering ------------------------------------------------------------------------------------------------- */

/* "vpgatherdq", "vgatherqps": the index's width, then the lane's. */
static void gather_widths(const char *name, u32 *index, u32 *w)
{
	size_t n = strlen(name);
	bool fp = name[n - 2] == 'p';

	*w = name[n - 1] == (fp ? 's' : 'd') ? 32 : 64;
	*index = name[n - (fp ? 3 : 2)] == 'd' ? 32 : 64;
}

static u64 gather_address(XRun *r, u32 index, u32 k)
{
	const XInsn *i = &r->i;
	u64 a = (u64)i->disp + (u64)xr_signed(lane(r, i->index, index, k), index / 8) * i->scale;

	if (i->base != XB_NONE)
		a += xr_reg(r, i->base, 8, false);
	return xr_linear(r, xr_low(a, i->asize), i->seg);
}

/* The mask's bits become whole lanes first.  Lane by lane, each with its bit of the mask, so that a fault in between leaves what has been done. */
void xr_vgather(XRun *r)
{
	unsigned d = r->i.opnd[0].reg, m = r->i.opnd[2].reg;
	u32 index, w;

	r->aligned = false; /* lanes need not be */
	gather_widths(x86_names[r->i.op], &index, &w);
	u32 n = r->i.vl * 8u / MAX(index, w);
	if (d == m || d == r->i.index || m == r->i.index)
		xr_raise(r, XE_UD);
	for (u32 k = 0; k < r->i.vl * 8u / w; k++)
		set_lane(r, m, w, k, is_set(r, m, w, k) ? ~0ull : 0);
	clear_above(r, m, r->i.vl);
	for (u32 k = 0; k < n; k++) {
		if (is_set(r, m, w, k)) {
			set_lane(r, d, w, k, xr_load(r, gather_address(r, index, k), w / 8));
			clear_above(r, d, r->i.vl);
		}
		set_lane(r, m, w, k, 0);
	}
	clear_above(r, d, n * w / 8);
	clear_above(r, m, 0);
}
