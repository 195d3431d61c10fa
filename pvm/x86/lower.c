/* The lowering's driver: decodes a basic block and hands each instruction to its family. */
#include "lower.h"
#include "helpers.h"

enum Family {
#define XF(family, fn) FAM_##family,
#include "families.def"
#undef XF
};

static XLowerFn *const families[] = {
#define XF(family, fn) fn,
#include "families.def"
#undef XF
};

static const u8 family_of_row[] = {
	0,
#define X(op, map, pfx, opcode, mod, reg, rm, mode, o1, o2, o3, o4, access, attr, fr, fw, lower) FAM_##lower,
#include "x86.def"
#undef X
};

OVal xl_hcall(XLower *l, u32 row, u8 type, const OVal *arg, u32 n)
{
	u32 map = xl_map(l, false);
	OVal v = ocode_emit(l->f, l->block, O_HCALL, type, 0, row, n ? ocode_pool(l->f, arg, n) : 0, n);

	l->f->ins.p[v].map = map;
	l->x87 = X87_SLOTS;
	return v;
}

/* The helper works on the register file, so everything is stored before and read again behind it. */
void xl_interpret(XLower *l)
{
	xl_flush(l);
	const OVal arg[4] = {
		xl_const(l, OT_I64, l->i.pc), xl_const(l, OT_I64, ld64(l->code)), xl_const(l, OT_I64, ld64(l->code + 8)),
		xl_const(l, OT_I64, l->i.len | (u64)l->i.mode << 8)
	};
	xl_hcall(l, XH_INTERPRET, OT_VOID, arg, COUNT(arg));
	xl_forget(l);
	l->fpc_checked = false;
}

/* Decodes the instruction at pc.  False: it is invalid, or its bytes cannot be fetched (*fault). */
static bool decode_at(XLower *l, u64 pc, bool *fault)
{
	const XUnitReq *r = l->req;
	bool cut;
	size_t n = r->fetch(r->ctx, pc, l->code, 15);
	bool ok = x86_decode(l->code, n, pc, r->mode, &l->i, &cut);

	if (ok)
		memset(l->code + l->i.len, 0, sizeof l->code - l->i.len);
	*fault = !ok && cut;
	return ok;
}

static bool is_mmx(const XInsn *i)
{
	for (u32 k = 0; k < i->nopnd; k++)
		if (i->opnd[k].kind == XK_REG && i->opnd[k].cls == XC_MMX)
			return true;
	return i->op == XI_EMMS || i->op == XI_FEMMS;
}

/* MMX instructions first raise an x87 exception that is pending. */
static void check_x87(XLower *l)
{
	if (l->x87_quiet)
		return;
	OVal fsw = xl_get(l, XS_FSW, OT_I32), open = xl_un(l, O_NOT, xl_get(l, XS_FCW, OT_I32));

	xl_exit_if(l, xl_bini(l, O_AND, xl_bin(l, O_AND, fsw, open), 0x3f), XE_FPE, l->i.pc);
	l->x87_quiet = true;
}

void x86_lower_begin(XLower *l, const XUnitReq *r)
{
	*l = (XLower){ .req = r, .start = r->pc };
	l->word = r->mode == X86_64 ? OT_I64 : OT_I32;
	l->flags.op = FL_SLOT;
	l->f = ocode_new("unit", 0, OT_VOID);
	l->f->unit = true;
	l->f->start = r->pc;
	l->block = ocode_block(l->f);
	vec_push(&l->f->order, l->block);
}

/* An instruction that cannot be decoded ends the unit before it; as the first one, it raises. */
static void stop_before(XLower *l, u64 pc, bool fault, bool first)
{
	l->i = (XInsn){ .pc = pc };
	if (!first)
		xl_exit_const(l, XE_JUMP, pc);
	else
		xl_exit_const(l, fault ? XE_FETCH : XE_UD, pc);
}

/* Behind these there is no single-step trap: a load of SS holds it off for an instruction, and the others are done by the
 * kernel, which goes on behind them. */
static bool no_step(const XInsn *i)
{
	switch (i->op) {
	case XI_SGDT: case XI_SIDT: case XI_SLDT: case XI_STR: case XI_SMSW: return true;
	case XI_MOV: case XI_POP: return i->opnd[0].kind == XK_REG && i->opnd[0].cls == XC_SEG && i->opnd[0].reg == XS_SS;
	}
	return false;
}

u32 x86_lower_block(XLower *l, u64 pc)
{
	const XUnitReq *r = l->req;
	u32 n = 0, most = r->step ? 1 : r->max_insns;
	bool fault;

	while (!l->ended) {
		if (n && n >= most) {
			xl_exit_const(l, r->step ? XE_STEP : XE_JUMP, pc);
			break;
		}
		if (n && xl_at_block(l, pc)) {
			xl_goto(l, pc);
			break;
		}
		if (!decode_at(l, pc, &fault)) {
			stop_before(l, pc, fault, n == 0 || r->step);
			break;
		}
		if (is_mmx(&l->i)) {
			xl_x87_to_slots(l);
			check_x87(l);
		}
		families[family_of_row[l->i.row]](l);
		most += r->step && no_step(&l->i);
		pc += l->i.len;
		n++;
	}
	l->i.pc = pc;
	return n;
}

void x86_lower(const XUnitReq *r, XUnit *out)
{
	XLower l;

	x86_lower_begin(&l, r);
	u32 n = x86_lower_block(&l, r->pc);
	*out = (XUnit){ l.f, n, l.i.pc };
}
