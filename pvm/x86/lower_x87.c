/* x87 instructions for a host that has an x87 itself: they run there as they are.
 *
 * While that lasts (Regfile.fpu_live), the guest's x87 state is in the host's registers and its slots are stale.  It goes
 * there before the first instruction of a unit that finds it elsewhere, if no exception is unmasked; a call of C brings it
 * back.  Environments, and everything while an exception is unmasked, are for C. */
#include "lower_flags.h"
#include "helpers.h"

/* The state's slots are about to be someone else's. */
static void leave_slots(XLower *l)
{
	for (u32 s = XS_FCW; s < XS_ST + 16; s++) {
		xl_flush_slot(l, s);
		l->cur[s] = 0;
	}
}

/* The instruction in C, and out of the unit. */
static void refuse(XLower *l, u32 block)
{
	XLower after = *l;

	l->block = block;
	xl_interpret(l);
	xl_exit_const(l, XE_JUMP, l->i.pc + l->i.len);
	*l = after;
}

/* Brings the state into the host's registers. */
static void go_live(XLower *l)
{
	OFunc *f = l->f;

	if (l->x87 == X87_LIVE)
		return;
	leave_slots(l);
	u32 load = l->block, no = ocode_block(f), on = ocode_block(f);
	vec_push(&f->order, on);
	if (l->x87 == X87_ANY) {
		load = ocode_block(f);
		f->block.p[load].flags |= OB_COLD;
		OVal live = xl_to(l, OT_I32, ocode_emit(f, l->block, O_GET, OT_I64, 0, 0, 0, REG_OFF(fpu_live)));
		ocode_emit(f, l->block, O_BR, OT_VOID, 0, live, ocode_edge(f, on, NULL, 0), ocode_edge(f, load, NULL, 0));
		vec_push(&f->order, load);
		l->block = load;
	}
	f->block.p[no].flags |= OB_COLD;
	vec_push(&f->order, no);
	OVal ok = xl_hcall(l, XH_X87_LOAD, OT_I32, NULL, 0);
	ocode_emit(f, load, O_BR, OT_VOID, 0, ok, ocode_edge(f, on, NULL, 0), ocode_edge(f, no, NULL, 0));
	refuse(l, no);
	l->block = on;
	l->x87 = X87_LIVE;
}

/* The instruction itself: `code` is the low three bits of the escape and the byte behind it. */
static OVal run(XLower *l, u32 code, OVal operand, u8 type)
{
	OFunc *f = l->f;
	const OVal arg[5] = {
		xl_const(l, OT_I64, l->i.pc), xl_const(l, OT_I64, ld64(l->code)), xl_const(l, OT_I64, ld64(l->code + 8)),
		xl_const(l, OT_I64, l->i.len | (u64)l->i.mode << 8), operand ? operand : xl_const(l, OT_I64, 0)
	};
	u32 map;

	if (operand && (code & 0xff) < 0xc0) {
		map = xl_map(l, false);
	} else { /* cannot fault: all that is asked for is the pc */
		vec_push(&f->map, ((OMap){ .func = f->id, .pc = (u32)(l->i.pc - l->start), .slots = f->slot.n }));
		map = f->map.n - 1;
	}
	OVal v = ocode_emit(f, l->block, O_HCALL, type, OHCALL_X87 | code, XH_X87, ocode_pool(f, arg, 5), 5);
	f->ins.p[v].map = map;
	return v;
}

/* The instruction's number, whatever prefixes stand before it. */
static u32 number(const XLower *l)
{
	const u8 *p = l->code;

	while ((*p & 0xf8) != 0xd8)
		p++;
	return (p[0] & 7u) << 8 | p[1];
}

/* A control word that unmasks an exception is loaded by C. */
static void load_control(XLower *l)
{
	OFunc *f = l->f;

	go_live(l); /* a pending exception comes before a fault */
	OVal v = xl_operand(l, 0);
	u32 no = ocode_block(f), on = ocode_block(f);
	OVal masked = xl_cmpi(l, CC_EQ, xl_bini(l, O_AND, v, 0x3f), 0x3f);
	ocode_emit(f, l->block, O_BR, OT_VOID, 0, masked, ocode_edge(f, on, NULL, 0), ocode_edge(f, no, NULL, 0));
	f->block.p[no].flags |= OB_COLD;
	vec_push(&f->order, on);
	vec_push(&f->order, no);
	refuse(l, no);
	l->block = on;
	run(l, OX87_FLDCW, v, OT_VOID);
}

static void store_status(XLower *l)
{
	OVal addr = xl_operand_address(l, 0);

	go_live(l);
	xl_write_at(l, 0, addr, run(l, OX87_FNSTSW_AX, 0, OT_I32));
}

/* On a condition: always as "if not equal", of a number that is zero or not. */
static void move_if(XLower *l)
{
	static const u8 cc[4] = { 2, 4, 6, 10 };
	u32 n = number(l);
	OVal c = xl_cond(l, cc[n >> 3 & 3] | (n >> 8 & 1));

	go_live(l);
	run(l, OX87_FCMOV | (n & 7), c, OT_VOID);
}

static bool is_move_if(const XLower *l)
{
	u32 n = number(l);

	return (n >> 8 == 2 || n >> 8 == 3) && (n & 0xff) >= 0xc0 && (n & 0xff) < 0xe0;
}

static bool sets_flags(const XLower *l)
{
	return l->i.op == XI_FCOMI || l->i.op == XI_FCOMIP || l->i.op == XI_FUCOMI || l->i.op == XI_FUCOMIP;
}

static bool in_c(const XLower *l)
{
	switch (l->i.op) {
	case XI_FNSTENV: case XI_FNSAVE: case XI_FLDENV: case XI_FRSTOR: case XI_FENI: case XI_FDISI: case XI_FSETPM:
		return true;
	}
	return !l->req->x87 || l->req->step || x86_writes_code(&l->i);
}

void x86_lower_x87(XLower *l)
{
	if (in_c(l)) {
		xl_interpret(l);
	} else if (l->i.op == XI_FLDCW) {
		load_control(l);
	} else if (l->i.op == XI_FNSTSW) {
		store_status(l);
	} else if (l->i.op == XI_FWAIT) { /* nothing is pending while all is masked */
		go_live(l);
	} else if (is_move_if(l)) {
		move_if(l);
	} else {
		OVal addr = xl_operand_address(l, 0);
		go_live(l);
		OVal v = run(l, number(l), addr, sets_flags(l) ? OT_I32 : OT_VOID);
		if (sets_flags(l))
			xl_set_flags(l, FL_BITS, 4, v, 0, 0);
	}
}

/* MMX and what reads the x87's slots in a unit. */
void xl_x87_to_slots(XLower *l)
{
	OFunc *f = l->f;

	if (!l->req->x87 || l->x87 == X87_SLOTS)
		return;
	u32 save = l->block, on = ocode_block(f);
	vec_push(&f->order, on);
	if (l->x87 == X87_ANY) {
		save = ocode_block(f);
		f->block.p[save].flags |= OB_COLD;
		OVal live = xl_to(l, OT_I32, ocode_emit(f, l->block, O_GET, OT_I64, 0, 0, 0, REG_OFF(fpu_live)));
		ocode_emit(f, l->block, O_BR, OT_VOID, 0, live, ocode_edge(f, save, NULL, 0), ocode_edge(f, on, NULL, 0));
		vec_push(&f->order, save);
		l->block = save;
	}
	xl_hcall(l, XH_X87_SAVE, OT_VOID, NULL, 0);
	ocode_emit(f, save, O_JMP, OT_VOID, 0, ocode_edge(f, on, NULL, 0), 0, 0);
	l->block = on;
	l->x87 = X87_SLOTS;
}
