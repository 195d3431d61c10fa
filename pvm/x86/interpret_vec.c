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

void xr_vec(XRun *r)
{
	u64 *slot = r->t->slot, before[COUNT(r->t->slot)];

	for (u32 k = 0; k < r->i.nopnd; k++)
		if (r->i.opnd[k].kind == XK_MEM)
			xr_bytes(r, xr_address(r), r->i.opnd[k].size, r->i.opnd[k].write);
	memcpy(before, slot, sizeof before);
	u64 old = slot[XS_MXCSR], open = ~(old >> MASK_SHIFT) & FLAGS;
	slot[XS_MXCSR] &= ~(u64)FLAGS;
	evaluate(r);
	u64 raised = slot[XS_MXCSR] & FLAGS, operand = raised & OPERAND_FLAGS;
	if (raised & open) {
		memcpy(slot, before, sizeof before);
		slot[XS_MXCSR] |= operand & open ? operand : raised;
		xr_raise(r, XE_SIMD);
	}
	slot[XS_MXCSR] = old | raised;
}
