/* FXSAVE, XSAVE and their kin, MXCSR, XGETBV.  Intel SDM volume 1, 10.5 and 13. */
#include "interpret.h"

enum { C_X87 = 1, C_SSE = 2, C_AVX = 4, HEADER = 512, AVX_AT = 576, MXCSR_MASK = 0xffff };

static unsigned vectors(const XRun *r)
{
	return r->i.mode == X86_64 ? 16 : 8;
}

/* ---- parts of the state ---------------------------------------------------------------------------- */

static void save_x87(XRun *r, u8 *p)
{
	const u64 *s = r->t->slot;
	bool wide = r->i.rexw;

	st16(p, (u16)s[XS_FCW]);
	st16(p + 2, (u16)((s[XS_FSW] & ~0x3800ull) | (s[XS_FTOP] & 7) << 11));
	st16(p + 4, (u16)(s[XS_FTAG] & 0xff));
	st16(p + 6, (u16)s[XS_FOP]);
	st64(p + 8, wide ? s[XS_FIP] : (u32)s[XS_FIP]);
	st64(p + 16, wide ? s[XS_FDP] : (u32)s[XS_FDP]);
	for (unsigned k = 0; k < 8; k++) {
		const u64 *st = &s[XS_ST + 2 * ((s[XS_FTOP] + k) & 7)];
		st64(p + 32 + 16 * k, st[0]);
		st64(p + 40 + 16 * k, st[1] & 0xffff);
	}
}

static void load_x87(XRun *r, const u8 *p)
{
	u64 *s = r->t->slot, wide = r->i.rexw ? ~0ull : 0xffffffff;

	s[XS_FCW] = (ld16(p) & 0x1f7f) | 0x40;
	s[XS_FSW] = x86_fsw_summary(ld16(p + 2) & 0xc7ff, s[XS_FCW]);
	s[XS_FTOP] = ld16(p + 2) >> 11 & 7;
	s[XS_FTAG] = p[4];
	s[XS_FOP] = ld16(p + 6) & 0x7ff;
	s[XS_FIP] = (u64)((i64)(ld64(p + 8) << 7) >> 7) & wide; /* as linear addresses of 57 bits are; the other pointer is kept whole */
	s[XS_FDP] = ld64(p + 16) & wide;
	for (unsigned k = 0; k < 8; k++) {
		u64 *st = &s[XS_ST + 2 * ((s[XS_FTOP] + k) & 7)];
		st[0] = ld64(p + 32 + 16 * k);
		st[1] = ld16(p + 40 + 16 * k);
	}
}

static void init_x87(XRun *r)
{
	u64 *s = r->t->slot;

	s[XS_FCW] = 0x37f;
	s[XS_FSW] = s[XS_FTOP] = s[XS_FTAG] = s[XS_FOP] = s[XS_FIP] = s[XS_FDP] = 0;
	memset(&s[XS_ST], 0, 16 * sizeof *s);
}

/* 16 bytes of each vector register, from byte `half` on. */
static void save_vectors(XRun *r, u8 *p, unsigned half)
{
	for (unsigned k = 0; k < vectors(r); k++)
		for (unsigned j = 0; j < 2; j++)
			st64(p + 16 * k + 8 * j, r->t->slot[XS_VEC + 4 * k + half / 8 + j]);
}

/* NULL p: zeros. */
static void load_vectors(XRun *r, const u8 *p, unsigned half)
{
	for (unsigned k = 0; k < vectors(r); k++)
		for (unsigned j = 0; j < 2; j++)
			r->t->slot[XS_VEC + 4 * k + half / 8 + j] = p ? ld64(p + 16 * k + 8 * j) : 0;
}

static void save_mxcsr(XRun *r, u8 *p)
{
	st32(p + 24, (u32)r->t->slot[XS_MXCSR]);
	st32(p + 28, MXCSR_MASK);
}

static void load_mxcsr(XRun *r, u32 v)
{
	if (v & ~(u32)MXCSR_MASK)
		xr_raise(r, XE_GP);
	r->t->slot[XS_MXCSR] = v;
}

/* ---- FXSAVE ---------------------------------------------------------------------------------------- */

static u64 area(XRun *r, unsigned align)
{
	u64 a = xr_place(r);

	xr_align(r, a, 1, false, 4); /* of the segment, only where that is */
	if (x86_writes_code(&r->i))
		xr_check_code(r);
	if (a & (align - 1))
		xr_raise(r, XE_GP);
	return a;
}

static void fxsave(XRun *r)
{
	u8 *p = xr_probe(r, area(r, 16), 512, true);

	save_x87(r, p);
	save_mxcsr(r, p);
	save_vectors(r, p + 160, 0);
}

static void fxrstor(XRun *r)
{
	const u8 *p = xr_bytes(r, area(r, 16), 512, false);
	u8 copy[512];

	memcpy(copy, p, sizeof copy);
	load_mxcsr(r, ld32(copy + 24));
	load_x87(r, copy);
	load_vectors(r, copy + 160, 0);
}

/* ---- XSAVE ----------------------------------------------------------------------------------------- */

static bool vectors_used(const XRun *r, unsigned half)
{
	for (unsigned k = 0; k < vectors(r); k++)
		if (r->t->slot[XS_VEC + 4 * k + half / 8] | r->t->slot[XS_VEC + 4 * k + half / 8 + 1])
			return true;
	return false;
}

static bool x87_used(const XRun *r)
{
	const u64 *s = r->t->slot;
	u64 any = s[XS_FSW] | s[XS_FTOP] | s[XS_FTAG] | s[XS_FOP] | s[XS_FIP] | s[XS_FDP] | (s[XS_FCW] ^ 0x37f);

	for (unsigned k = 0; k < 16; k++)
		any |= s[XS_ST + k];
	return any;
}

/* The components that differ from their initial state; MXCSR is looked at by XSAVEC alone. */
static u64 in_use(const XRun *r)
{
	bool mxcsr = r->i.op == XI_XSAVEC && r->t->slot[XS_MXCSR] != 0x1f80;

	return (x87_used(r) ? C_X87 : 0) | (vectors_used(r, 0) || mxcsr ? C_SSE : 0) | (vectors_used(r, 16) ? C_AVX : 0);
}

static u64 wanted(XRun *r)
{
	return (xr_reg(r, RDX, 4, false) << 32 | xr_reg(r, RAX, 4, false)) & x86_xcr0();
}

/* XSAVEC leaves out what is in its initial state; XSAVE writes it. */
static void xsave(XRun *r)
{
	u64 want = wanted(r), used = in_use(r) & want, addr = area(r, 64);
	bool compact = r->i.op == XI_XSAVEC;
	u64 write = r->i.op == XI_XSAVE ? want : used, mxcsr = compact ? write & C_SSE : want & (C_SSE | C_AVX);

	u8 *p = xr_probe(r, addr + HEADER, 16, true) - HEADER;
	if (write | mxcsr)
		xr_probe(r, addr, HEADER, true);
	if (write & C_AVX)
		xr_probe(r, addr + AVX_AT, 256, true);
	if (write & C_X87)
		save_x87(r, p);
	if (mxcsr)
		save_mxcsr(r, p);
	if (write & C_SSE)
		save_vectors(r, p + 160, 0);
	if (write & C_AVX)
		save_vectors(r, p + AVX_AT, 16);
	st64(p + HEADER, compact ? used : (ld64(p + HEADER) & ~want) | used);
	if (compact)
		st64(p + HEADER + 8, want | 1ull << 63);
}

static void restore(XRun *r, const u8 *p, u64 want, u64 has)
{
	if ((want & C_X87) && (has & C_X87))
		load_x87(r, p);
	else if (want & C_X87)
		init_x87(r);
	if (want & C_SSE)
		load_vectors(r, has & C_SSE ? p + 160 : NULL, 0);
	if (want & C_AVX)
		load_vectors(r, has & C_AVX ? p + AVX_AT : NULL, 16);
}

/* The header says what is there; what is wrong with it is found before anything else is read. */
static void check_header(XRun *r, const u8 *h)
{
	u64 has = ld64(h), comp = ld64(h + 8), known = comp >> 63 ? comp & ~(1ull << 63) : x86_xcr0();

	if ((has & ~known) || (known & ~x86_xcr0()) || (comp && !(comp >> 63)) || ld64(h + 16))
		xr_raise(r, XE_GP);
}

static void xrstor(XRun *r)
{
	u64 want = wanted(r), addr = area(r, 64);
	u8 copy[AVX_AT + 256] = { 0 };

	memcpy(copy + HEADER, xr_bytes(r, addr + HEADER, 64, false), 64);
	u64 has = ld64(copy + HEADER);
	bool compact = ld64(copy + HEADER + 8) >> 63;
	if (want && !compact) /* before the header is looked at any further */
		memcpy(copy, xr_bytes(r, addr, 32, false), 32);
	check_header(r, copy + HEADER);
	bool mxcsr = compact ? want & has & C_SSE : want & (C_SSE | C_AVX);
	if ((want & has & (C_X87 | C_SSE)) || mxcsr)
		memcpy(copy, xr_bytes(r, addr, HEADER, false), HEADER);
	if (want & has & C_AVX)
		memcpy(copy + AVX_AT, xr_bytes(r, addr + AVX_AT, 256, false), 256);
	if (mxcsr)
		load_mxcsr(r, ld32(copy + 24));
	else if (compact && (want & C_SSE))
		r->t->slot[XS_MXCSR] = 0x1f80;
	restore(r, copy, want, has);
}

void xr_xsave(XRun *r)
{
	switch (r->i.op) {
	case XI_FXSAVE: fxsave(r); break;
	case XI_FXRSTOR: fxrstor(r); break;
	case XI_XRSTOR: xrstor(r); break;
	case XI_XGETBV:
		if (xr_reg(r, RCX, 4, false))
			xr_raise(r, XE_GP);
		xr_set_reg(r, RAX, 4, false, x86_xcr0());
		xr_set_reg(r, RDX, 4, false, 0);
		break;
	default: xsave(r);
	}
}

void xr_mxcsr(XRun *r)
{
	if (r->i.op == XI_LDMXCSR || r->i.op == XI_VLDMXCSR)
		load_mxcsr(r, (u32)xr_operand(r, 0));
	else
		xr_set_operand(r, 0, r->t->slot[XS_MXCSR]);
}
