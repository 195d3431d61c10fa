/* Vector floating point with exceptions that are not masked.
 *
 * The instruction is lowered alone and evaluated; what its sticky flags say then decides.  Intel SDM volume 1, 11.5.2: the
 * exceptions of operands come before those of results, and none of the latter is looked at when one of the former is
 * taken; an instruction that raises changes nothing but the flags. */
#include "interpret.h"

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
	XUnitReq req = { .pc = r->i.pc, .mode = (enum XMode)r->i.mode, .max_insns = 1, .masked = true, .fetch = fetch, .ctx = r };
	OEvalEnv env = { .t = r->t, .trap = on_trap, .exit = on_exit_unit, .ctx = r };
	XUnit unit;

	x86_lower(&req, &unit);
	ocode_eval(&env, unit.func, NULL);
	ocode_free(unit.func);
}

/* Raises if one of the flags is not masked; `old` is the control word before the instruction. */
static void raise_unmasked(XRun *r, u64 old, u64 raised)
{
	u64 open = ~(old >> MASK_SHIFT) & FLAGS, operand = raised & OPERAND_FLAGS;

	if (!(raised & open))
		return;
	r->t->slot[XS_MXCSR] = old | (operand & open ? operand : raised);
	for (u32 k = 0; k < r->i.nopnd; k++)
		if (r->i.opnd[k].kind == XK_REG && r->i.opnd[k].cls == XC_MMX) { /* processors have done that by then */
			r->t->slot[XS_FTOP] = 0;
			r->t->slot[XS_FTAG] = 0xff;
		}
	xr_raise(r, XE_SIMD);
}

/* vcvtps2ph, the one instruction that stores: its operand comes before the access to memory. */
static void before_store(XRun *r)
{
	u32 fpc = (u32)r->t->slot[XS_MXCSR] & ~(u32)FLAGS;

	for (u32 h = 0; h < r->i.opnd[1].size / 16u; h++) {
		const u64 *q = &r->t->slot[XS_VEC + 4 * r->i.opnd[1].reg + 2 * h];
		OVec a = {{q[0], q[1]}}, d;
		ocode_vec(VO_CVTPS2PH, &d, &a, &a, &a, (u32)r->i.imm & 7, &fpc);
	}
	raise_unmasked(r, r->t->slot[XS_MXCSR], fpc & FLAGS);
}

void xr_vec(XRun *r)
{
	u64 *slot = r->t->slot, before[COUNT(r->t->slot)], old = slot[XS_MXCSR];

	if (r->i.op == XI_VCVTPS2PH)
		before_store(r);
	for (u32 k = 0; k < r->i.nopnd; k++)
		if (r->i.opnd[k].kind == XK_MEM)
			xr_probe(r, xr_address(r), r->i.opnd[k].size, r->i.opnd[k].write);
	memcpy(before, slot, sizeof before);
	slot[XS_MXCSR] &= ~(u64)FLAGS;
	evaluate(r);
	u64 raised = slot[XS_MXCSR] & FLAGS;
	if (raised & ~(old >> MASK_SHIFT))
		memcpy(slot, before, sizeof before);
	raise_unmasked(r, old, raised);
	slot[XS_MXCSR] = old | raised;
}
