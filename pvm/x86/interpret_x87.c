/* x87 in C.  Arithmetic on the 80-bit registers is done by the host's own x87: the guest's state is loaded, the same two
 * bytes of instruction run, and the state is taken back, so that every rounding, tag and exception is the processor's.
 * Hosts without an x87 have soft80 (interpret_soft87.c).
 * An exception that is not masked is only noted by the instruction that meets it; the next one raises #MF.
 * Intel SDM volume 1, chapter 8. */
#include "fast87.h"

enum { IMAGE = 108, ENV = 28 };
enum { FE_INVALID_ = 1, FE_OVERFLOW_ = 8, FE_UNDERFLOW_ = 16 };

static void check_pending(XRun *r)
{
	const u64 *s = r->t->slot;

	if (s[XS_FSW] & ~s[XS_FCW] & 0x3f)
		xr_raise(r, XE_FPE);
}

static u16 status(const XRun *r)
{
	const u64 *s = r->t->slot;

	return (u16)((s[XS_FSW] & ~0x3800ull) | (s[XS_FTOP] & 7) << 11);
}

static void set_status(XRun *r, u16 fsw)
{
	u64 *s = r->t->slot;

	s[XS_FTOP] = fsw >> 11 & 7;
	s[XS_FSW] = x86_fsw_summary(fsw & ~0x3800u, s[XS_FCW]);
}

static void init(XRun *r)
{
	u64 *s = r->t->slot;

	s[XS_FCW] = 0x37f;
	s[XS_FSW] = s[XS_FTOP] = s[XS_FTAG] = s[XS_FOP] = s[XS_FIP] = s[XS_FDP] = 0;
}

/* ---- FNSAVE's image -------------------------------------------------------------------------------- */

/* Two bits a register: 0 valid, 1 zero, 2 special, 3 empty. */
static unsigned tag_of(const u64 *st, bool used)
{
	unsigned exp = st[1] & 0x7fff;

	if (!used)
		return 3;
	if (exp == 0 && st[0] == 0)
		return 1;
	return exp == 0 || exp == 0x7fff || !(st[0] >> 63) ? 2 : 0;
}

static u16 tags(const XRun *r)
{
	const u64 *s = r->t->slot;
	unsigned t = 0;

	for (unsigned k = 0; k < 8; k++)
		t |= tag_of(&s[XS_ST + 2 * k], s[XS_FTAG] >> k & 1) << 2 * k;
	return (u16)t;
}

static void set_tags(XRun *r, u16 t)
{
	u64 used = 0;

	for (unsigned k = 0; k < 8; k++)
		used |= (u64)((t >> 2 * k & 3) != 3) << k;
	r->t->slot[XS_FTAG] = used;
}

static void save_registers(const XRun *r, u8 *p)
{
	const u64 *s = r->t->slot;

	for (unsigned k = 0; k < 8; k++, p += 10) {
		const u64 *st = &s[XS_ST + 2 * ((s[XS_FTOP] + k) & 7)];
		st64(p, st[0]);
		st16(p + 8, (u16)st[1]);
	}
}

static void load_registers(XRun *r, const u8 *p)
{
	u64 *s = r->t->slot;

	for (unsigned k = 0; k < 8; k++, p += 10) {
		u64 *st = &s[XS_ST + 2 * ((s[XS_FTOP] + k) & 7)];
		st[0] = ld64(p);
		st[1] = ld16(p + 8);
	}
}

/* Protected mode's environment in 32 and in 16 bits; the selectors are 0 on today's processors. */
static unsigned save_env(const XRun *r, u8 *p)
{
	const u64 *s = r->t->slot;
	unsigned w = r->i.osize == 2 ? 2 : 4;

	memset(p, w == 4 ? 0xff : 0, 7 * w);
	st16(p, (u16)s[XS_FCW]);
	st16(p + w, status(r));
	st16(p + 2 * w, tags(r));
	if (w == 2) {
		st16(p + 6, (u16)s[XS_FIP]);
		st16(p + 10, (u16)s[XS_FDP]);
	} else {
		st32(p + 12, (u32)s[XS_FIP]);
		st32(p + 16, (u32)s[XS_FOP] << 16);
		st32(p + 20, (u32)s[XS_FDP]);
		st16(p + 24, 0);
	}
	return 7 * w;
}

static unsigned load_env(XRun *r, const u8 *p)
{
	u64 *s = r->t->slot;
	unsigned w = r->i.osize == 2 ? 2 : 4;

	s[XS_FCW] = (ld16(p) & 0x1f7f) | 0x40;
	set_status(r, ld16(p + w));
	set_tags(r, ld16(p + 2 * w));
	s[XS_FIP] = w == 2 ? ld16(p + 6) : ld32(p + 12);
	s[XS_FDP] = w == 2 ? ld16(p + 10) : ld32(p + 20);
	s[XS_FOP] = w == 2 ? 0 : ld32(p + 16) >> 16 & 0x7ff;
	return 7 * w;
}

/* What the instruction's two bytes are, whatever prefixes stand before them. */
static const u8 *find_insn(const u8 *code)
{
	while ((*code & 0xf8) != 0xd8)
		code++;
	return code;
}

/* ---- arithmetic ------------------------------------------------------------------------------------ */

bool x86_soft_x87;

#if defined __x86_64__
/* Every x87 instruction, each followed by a return: 64 on registers for each of the bytes d8 .. df, then 8 on memory at
 * (%rdi). */
extern const u8 x86_x87_register[8][64][4], x86_x87_memory[8][8][4];
__asm__(
	".text\n.balign 16\n"
	"x86_x87_register:\n"
	".set x87_op, 0xd8\n.rept 8\n.set x87_rm, 0xc0\n.rept 64\n.byte x87_op, x87_rm, 0xc3, 0x90\n.set x87_rm, x87_rm + 1\n.endr\n"
	".set x87_op, x87_op + 1\n.endr\n"
	"x86_x87_memory:\n"
	".set x87_op, 0xd8\n.rept 8\n.set x87_rm, 7\n.rept 8\n.byte x87_op, x87_rm, 0xc3, 0x90\n.set x87_rm, x87_rm + 8\n.endr\n"
	".set x87_op, x87_op + 1\n.endr\n");

/* Runs one of them: operand, instruction, FNSAVE's image, EFLAGS (in and out). */
void x86_x87_run(void *operand, const u8 *insn, u8 *image, u64 *flags);
__asm__(
	"x86_x87_run:\n"
	"	frstor (%rdx)\n	pushq (%rcx)\n	popfq\n"
	"	call *%rsi\n"
	"	pushfq\n	popq (%rcx)\n	fnsave (%rdx)\n	ret\n");

static void save_image(const XRun *r, u8 *p)
{
	const u64 *s = r->t->slot;

	memset(p, 0, ENV);
	st32(p, (u32)s[XS_FCW] | 0xffff0000);
	st32(p + 4, status(r) | 0xffff0000u);
	st32(p + 8, tags(r) | 0xffff0000u);
	save_registers(r, p + ENV);
}

static void load_image(XRun *r, const u8 *p)
{
	r->t->slot[XS_FCW] = ld16(p);
	set_status(r, ld16(p + 4));
	set_tags(r, ld16(p + 8));
	load_registers(r, p + ENV);
}

/* A store that raises invalid operation, overflow or underflow, not masked, is not made. */
static bool stored(const u8 *image)
{
	return !(ld16(image + 4) & ~ld16(image) & (FE_INVALID_ | FE_OVERFLOW_ | FE_UNDERFLOW_));
}

static void run_host(XRun *r)
{
	const u8 *c = find_insn(r->code);
	const XOperand *o = &r->i.opnd[0];
	bool memory = o->kind == XK_MEM;
	u8 image[IMAGE], operand[16] = { 0 };
	u64 flags = 0x202 | xr_flags(r), addr = memory ? xr_place(r) : 0;

	if (memory && o->read)
		memcpy(operand, xr_bytes(r, addr, o->size, false), o->size);
	save_image(r, image);
	x86_x87_run(operand, memory ? x86_x87_memory[c[0] & 7][c[1] >> 3 & 7] : x86_x87_register[c[0] & 7][c[1] & 63], image, &flags);
	if (memory && o->write && stored(image)) {
		xr_check_code(r);
		memcpy(xr_probe(r, addr, o->size, true), operand, o->size);
	}
	load_image(r, image);
	xr_set_flags(r, XF_ALL, (u32)flags);
}
#else
#define run_host xr_soft87
#endif

/* Whose last bit is the maker's. */
static bool is_function(u16 op)
{
	switch (op) {
	case XI_F2XM1: case XI_FYL2X: case XI_FYL2XP1: case XI_FPATAN: case XI_FPTAN: case XI_FSIN: case XI_FCOS: case XI_FSINCOS:
		return true;
	}
	return false;
}

/* To move the host's state to and fro takes longer than most instructions take by integers. */
static void run(XRun *r)
{
	u64 *s = r->t->slot;

	if (x86_soft_x87 || !is_function(r->i.op))
		xr_soft87(r);
	else
		run_host(r);
	s[XS_FIP] = r->i.pc;
	if (s[XS_FSW] & ~s[XS_FCW] & 0x3f) { /* these two are for handlers of exceptions only */
		const u8 *c = find_insn(r->code);
		s[XS_FOP] = (c[0] & 7) << 8 | c[1];
		if (r->i.opnd[0].kind == XK_MEM)
			s[XS_FDP] = xr_ea(r);
	}
}

void xr_x87(XRun *r)
{
	check_pending(r);
	run(r);
}

/* ---- control --------------------------------------------------------------------------------------- */

static void load_state(XRun *r, bool registers)
{
	unsigned env = r->i.osize == 2 ? 14 : ENV;
	u8 image[IMAGE];

	unsigned n = registers ? env + 80 : env;
	u64 addr = xr_address(r);

	xr_align(r, addr, n, false, r->i.osize == 2 ? 2 : 4);
	memcpy(image, xr_bytes(r, addr, n, false), n);
	load_env(r, image);
	if (registers)
		load_registers(r, image + env);
}

static void save_state(XRun *r, bool registers)
{
	u8 image[IMAGE];
	unsigned n = save_env(r, image);

	if (registers) {
		save_registers(r, image + n);
		n += 80;
	}
	u64 addr = xr_address(r);
	xr_align(r, addr, n, true, r->i.osize == 2 ? 2 : 4);
	memcpy(xr_probe(r, addr, n, true), image, n);
	if (registers)
		init(r);
	else
		r->t->slot[XS_FCW] |= 0x3f;
	set_status(r, status(r));
}

/* Waits for, and raises, a pending exception, as all but the FN instructions do. */
static void control(XRun *r)
{
	u64 *s = r->t->slot;

	check_pending(r);
	switch (r->i.op) {
	case XI_FLDCW:
		s[XS_FCW] = (xr_operand(r, 0) & 0x1f7f) | 0x40;
		set_status(r, status(r));
		break;
	case XI_FLDENV: load_state(r, false); break;
	case XI_FRSTOR: load_state(r, true); break;
	default: run(r); /* ffree, ffreep, fnop */
	}
}

void xr_x87ctl(XRun *r)
{
	switch (r->i.op) {
	case XI_FNSTCW: xr_set_operand(r, 0, r->t->slot[XS_FCW]); break;
	case XI_FNSTSW: xr_set_operand(r, 0, status(r)); break;
	case XI_FNSTENV: save_state(r, false); break;
	case XI_FNSAVE: save_state(r, true); break;
	case XI_FNCLEX: r->t->slot[XS_FSW] &= 0x7f00; break;
	case XI_FNINIT: init(r); break;
	case XI_FENI: case XI_FDISI: case XI_FSETPM: break; /* of older processors: nothing */
	default: control(r);
	}
}

void xr_fwait(XRun *r)
{
	check_pending(r);
}

void xr_emms(XRun *r)
{
	check_pending(r);
	r->t->slot[XS_FTAG] = r->t->slot[XS_FTOP] = 0;
}

/* ---- while all exceptions are masked: see lower_x87.c ------------------------------------------------ */

u64 x86_help_x87_load(Regfile *t, const u64 *args)
{
	(void)args;
	if ((t->slot[XS_FCW] & 0x3f) != 0x3f)
		return 0;
	if (t->fpu)
		t->fpu(t, true);
	return 1;
}

u64 x86_help_x87_save(Regfile *t, const u64 *args)
{
	(void)t;
	(void)args;
	return 0;
}

/* Flags with which FCMOVcc moves, or does not. */
static u32 flags_for(const XRun *r, bool move)
{
	bool without = r->i.op == XI_FCMOVNB || r->i.op == XI_FCMOVNE || r->i.op == XI_FCMOVNBE || r->i.op == XI_FCMOVNU;

	return move != without ? XF_C | XF_Z | XF_P : 0;
}

/* By the guest's flags, whose record stays as it is. */
static u32 run_with_flags(XRun *r, u64 operand)
{
	u64 *s = r->t->slot, op = s[XS_FLAG_OP], a = s[XS_FLAG_A], b = s[XS_FLAG_B], c = s[XS_FLAG_C], d = s[XS_FLAG_D];

	if (r->i.op >= XI_FCMOVB && r->i.op <= XI_FCMOVNU)
		x86_set_flags_bits(r->t, flags_for(r, operand));
	run(r);
	u32 result = x86_flags_bits(r->t);
	s[XS_FLAG_OP] = op, s[XS_FLAG_A] = a, s[XS_FLAG_B] = b, s[XS_FLAG_C] = c, s[XS_FLAG_D] = d;
	return result;
}

u64 x86_help_x87(Regfile *t, const u64 *args)
{
	XRun r;
	u64 result;

	if (!x86_soft_x87 && x86_fast87(t, args, &result))
		return result;
	xr_begin(&r, t, args);
	r.at = r.i.nopnd && r.i.opnd[0].kind == XK_MEM ? &args[4] : NULL;
	switch (r.i.op) {
	case XI_FNSTSW:
		return status(&r);
	case XI_FNSTCW: case XI_FNCLEX: case XI_FNINIT:
		xr_x87ctl(&r);
		return 0;
	case XI_FLDCW:
		t->slot[XS_FCW] = (args[4] & 0x1f7f) | 0x40;
		set_status(&r, status(&r));
		return 0;
	case XI_FCMOVB: case XI_FCMOVNB: case XI_FCMOVE: case XI_FCMOVNE: case XI_FCMOVBE: case XI_FCMOVNBE: case XI_FCMOVU: case XI_FCMOVNU:
	case XI_FCOMI: case XI_FCOMIP: case XI_FUCOMI: case XI_FUCOMIP:
		return run_with_flags(&r, args[4]);
	default:
		if (is_function(r.i.op))
			return run_with_flags(&r, 0);
		run(&r);
		return 0;
	}
}
