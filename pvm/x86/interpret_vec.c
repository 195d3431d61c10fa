/* Vector floating point with exceptions that are not masked.
 *
 * The instruction is lowered alone and evaluated; what its sticky flags say then decides.  Intel SDM volume 1, 11.5.2: the
 * exceptions of operands come before those of results, and none of the latter is looked at when one of the former is
 * taken; an instruction that raises changes nothing but the flags. */
#include "interpret.h"
#include "segment.h"

enum { OPERAND_FLAGS = 7, FLAGS = 63, MASK_SHIFT = 7 };

static size_t fetch(void *ctx, u64 addr, u8 *buf, size_t n)
{
	const XRun *r = ctx;

	n = MIN(n, r->i.len);
	memcpy(buf, r->code, n);
	return n;
}

static void on_trap(OEvalEnv *env, u32 code, const OFunc *f, u32 map, const u64 *vals)
{
	ocode_free((OFunc *)f);
	xr_raise(env->ctx, XE_GP); /* TRAP_ALIGN */
}

static void on_exit_unit(OEvalEnv *env, u32 kind, u64 pc)
{
	(void)env, (void)kind, (void)pc;
}

static void evaluate(XRun *r)
{
	XUnitReq req = { .pc = r->i.pc, .mode = (enum XMode)r->i.mode, .max_insns = 1, .masked = true, .careful = r->care, .fetch = fetch, .ctx = r };
	OEvalEnv env = { .t = r->t, .trap = on_trap, .exit = on_exit_unit, .ctx = r };
	XUnit unit;

	x86_lower(&req, &unit);
	ocode_eval(&env, unit.func, NULL);
	ocode_free(unit.func);
}

/* ---- dot products -------------------------------------------------------------------------------------- */

/* 16 bytes of a register or of memory. */
static OVec half_of(XRun *r, const XOperand *o, u32 h)
{
	const u64 *q = &r->t->slot[XS_VEC + 4 * o->reg + 2 * h];

	if (o->kind == XK_REG)
		return (OVec){{ q[0], q[1] }};
	u64 addr = xr_after(r, xr_address(r), 16 * h);
	return (OVec){{ xr_load(r, addr, 8), xr_load(r, addr + 8, 8) }};
}

/* Zeros where the number's upper bits do not choose the lane. */
static OVec chosen(OVec v, u32 n, bool doubles)
{
	for (u32 k = 0; k < 4; k++)
		if (!(n >> (4 + (doubles ? k / 2 : k)) & 1))
			v.q[k / 2] &= k & 1 ? 0xffffffff : ~0xffffffffull;
	return v;
}

static u64 raises(u64 old, u64 raised)
{
	u64 open = ~(old >> MASK_SHIFT) & FLAGS, operand = raised & OPERAND_FLAGS;

	return operand & open ? operand : raised;
}

/* The flags of dpps and dppd: products, sums of pairs, the sum of those; where one of them raises, the next is not made. */
static u64 dot_flags(XRun *r, u64 old)
{
	bool doubles = r->i.op == XI_DPPD || r->i.op == XI_VDPPD;
	u32 halves = r->i.opnd[0].size / 16u, stages = doubles ? 2 : 3, fpc;
	OVop add = doubles ? VO_HADDPD : VO_HADDPS;
	OVec v[2];
	u64 flags = 0;

	for (u32 s = 0; s < stages; s++) {
		fpc = (u32)old & ~(u32)FLAGS;
		for (u32 h = 0; h < halves; h++) {
			OVec a = v[h], b = v[h];
			if (s == 0) {
				a = chosen(half_of(r, &r->i.opnd[r->i.vex], h), (u32)r->i.imm, doubles);
				b = chosen(half_of(r, &r->i.opnd[r->i.vex + 1], h), (u32)r->i.imm, doubles);
			}
			ocode_vec(s ? add : doubles ? VO_MULPD : VO_MULPS, &v[h], &a, &b, &b, 0, &fpc);
		}
		flags |= raises(old, fpc & FLAGS);
		if (fpc & FLAGS & ~(old >> MASK_SHIFT))
			break;
	}
	return flags;
}

static bool is_dot(u32 op)
{
	return op == XI_DPPS || op == XI_DPPD || op == XI_VDPPS || op == XI_VDPPD;
}

/* ---- all ------------------------------------------------------------------------------------------------- */

/* Raises if one of the flags is not masked; `old` is the control word before the instruction. */
static void raise_unmasked(XRun *r, u64 old, u64 raised)
{
	if (!(raised & ~(old >> MASK_SHIFT) & FLAGS))
		return;
	r->t->slot[XS_MXCSR] = old | (is_dot(r->i.op) ? raised : raises(old, raised));
	for (u32 k = 0; k < r->i.nopnd; k++)
		if (r->i.opnd[k].kind == XK_REG && r->i.opnd[k].cls == XC_MMX) { /* processors have done that by then */
			r->t->slot[XS_FTOP] = 0;
			r->t->slot[XS_FTAG] = 0xff;
		}
	xr_raise(r, XE_SIMD);
}

/* vcvtps2ph, the one instruction that stores: its operand, and the flags, come before the access to memory. */
static void before_store(XRun *r)
{
	u32 fpc = (u32)r->t->slot[XS_MXCSR] & ~(u32)FLAGS;

	for (u32 h = 0; h < r->i.opnd[1].size / 16u; h++) {
		const u64 *q = &r->t->slot[XS_VEC + 4 * r->i.opnd[1].reg + 2 * h];
		OVec a = {{q[0], q[1]}}, d;
		ocode_vec(VO_CVTPS2PH, &d, &a, &a, &a, (u32)r->i.imm & 7, &fpc);
	}
	raise_unmasked(r, r->t->slot[XS_MXCSR], fpc & FLAGS);
	r->t->slot[XS_MXCSR] |= fpc & FLAGS;
}

static void probe(XRun *r, const XOperand *o)
{
	u64 addr = xr_address(r);

	if (o->size >= 16 && x86_vector_aligned(&r->i) && (addr & (o->size - 1u)))
		xr_raise(r, XE_GP);
	r->aligned &= r->i.op != XI_VCVTPH2PS && r->i.op != XI_VCVTPS2PH;
	xr_probe(r, addr, o->size, o->write);
}

void xr_vec(XRun *r)
{
	u64 *slot = r->t->slot, before[COUNT(r->t->slot)], old = slot[XS_MXCSR];

	if (r->i.op == XI_VCVTPS2PH)
		before_store(r);
	for (u32 k = 0; k < r->i.nopnd; k++)
		if (r->i.opnd[k].kind == XK_MEM)
			probe(r, &r->i.opnd[k]);
	r->aligned = false; /* looked at by now */
	memcpy(before, slot, sizeof before);
	slot[XS_MXCSR] &= ~(u64)FLAGS;
	evaluate(r);
	u64 raised = slot[XS_MXCSR] & FLAGS;
	if (raised & ~(old >> MASK_SHIFT)) {
		memcpy(slot, before, sizeof before);
		if (is_dot(r->i.op))
			raised = dot_flags(r, old);
	}
	raise_unmasked(r, old, raised);
	slot[XS_MXCSR] = old | raised;
}
