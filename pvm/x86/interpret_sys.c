/* Flags as a whole, stack frames, segments, descriptors and privileged instructions, in C.
 * Intel SDM volume 2; selectors and what user code may do as Linux on x86-64 sets it up. */
#include "interpret.h"
#include "segment.h"

#include <sys/random.h>
#include <time.h>

/* ---- flags ----------------------------------------------------------------------------------------- */

enum {
	EF_TF = 0x100, EF_IF = 0x200, EF_DF = 0x400, EF_NT = 0x4000, EF_AC = 0x40000, EF_ID = 0x200000,
	EF_USER = EF_TF | EF_NT | EF_AC | EF_ID /* of XS_EFLAGS, what user code may change */
};

static void load_eflags(XRun *r, u64 v, unsigned size)
{
	u64 *other = xr_slot(r, XS_EFLAGS), mask = xr_low(EF_USER, size);

	x86_set_flags_bits(r->t, (u32)v);
	*xr_slot(r, XS_DF) = v >> 10 & 1;
	*other = (*other & ~mask) | (v & mask);
}

/* A word from the stack; the pointer is the caller's to move. */
static u64 stack_load(XRun *r, unsigned size, u64 offset)
{
	return xr_load(r, xr_stack(r, xr_reg(r, RSP, r->i.mode == X86_64 ? 8 : 4, false) + offset), size);
}

static void drop(XRun *r, u64 n)
{
	unsigned word = r->i.mode == X86_64 ? 8 : 4;

	xr_set_reg(r, RSP, word, false, xr_reg(r, RSP, word, false) + n);
}

static void popf(XRun *r)
{
	unsigned size = r->i.osize;

	load_eflags(r, stack_load(r, size, 0), size);
	drop(r, size);
}

void xr_flagops(XRun *r)
{
	enum { LOW = XF_S | XF_Z | XF_A | XF_P | XF_C };

	switch (r->i.op) {
	case XI_PUSHF: xr_push(r, r->i.osize, xr_eflags(r)); break;
	case XI_POPF: popf(r); break;
	case XI_LAHF: xr_set_reg(r, RAX, 1, true, (xr_flags(r) & LOW) | 2); break;
	case XI_SAHF: xr_set_flags(r, LOW, (u32)xr_reg(r, RAX, 1, true)); break;
	case XI_CLC: xr_set_flags(r, XF_C, 0); break;
	case XI_STC: xr_set_flags(r, XF_C, XF_C); break;
	case XI_CMC: xr_set_flags(r, XF_C, ~xr_flags(r)); break;
	default: *xr_slot(r, XS_DF) = r->i.op == XI_STD;
	}
}

/* ---- stack frames ---------------------------------------------------------------------------------- */

/* Nesting levels above 0 copy the frame pointers of the outer levels. */
static void enter(XRun *r)
{
	unsigned size = r->i.osize, word = r->i.mode == X86_64 ? 8 : 4, level = r->i.imm2 & 31;
	u64 bp = xr_reg(r, RBP, word, false), sp = xr_low(xr_reg(r, RSP, word, false) - size, word), frame = sp;

	xr_store(r, xr_stack(r, sp), size, bp);
	for (unsigned k = 1; k < level; k++) {
		u64 v = xr_load(r, xr_stack(r, xr_low(bp - k * size, word)), size);
		sp = xr_low(sp - size, word);
		xr_store(r, xr_stack(r, sp), size, v);
	}
	if (level) {
		sp = xr_low(sp - size, word);
		xr_store(r, xr_stack(r, sp), size, frame);
	}
	sp = xr_low(sp - (r->i.imm & 0xffff), word);
	/* The processor makes sure that the new top can be written. */
	xr_probe(r, xr_stack(r, sp), size, true);
	xr_set_reg(r, RBP, size == 2 ? 2 : word, false, frame);
	xr_set_reg(r, RSP, word, false, sp);
}

static void leave(XRun *r)
{
	unsigned size = r->i.osize, word = r->i.mode == X86_64 ? 8 : 4;
	u64 bp = xr_reg(r, RBP, word, false), v = xr_load(r, xr_stack(r, bp), size);

	xr_set_reg(r, RSP, word, false, bp + size);
	xr_set_reg(r, RBP, size == 2 ? 2 : word, false, v);
}

void xr_enter(XRun *r)
{
	if (r->i.op == XI_ENTER)
		enter(r);
	else
		leave(r);
}

static void pusha(XRun *r, unsigned size, u64 sp)
{
	for (unsigned k = 0; k < 8; k++)
		xr_store(r, xr_stack(r, (u32)(sp - (k + 1) * size)), size, xr_reg(r, k, size, false));
	xr_set_reg(r, RSP, 4, false, sp - 8 * size);
}

/* Where it faults, the processor has set the registers read so far, but not the stack pointer. */
static void popa(XRun *r, unsigned size, u64 sp)
{
	for (unsigned k = 0; k < 8; k++) {
		u64 v = xr_load(r, xr_stack(r, (u32)(sp + k * size)), size);
		if (7 - k != RSP)
			xr_set_reg(r, 7 - k, size, false, v);
	}
	xr_set_reg(r, RSP, 4, false, sp + 8 * size);
}

void xr_pusha(XRun *r)
{
	u64 sp = xr_reg(r, RSP, 4, false);

	if (r->i.op == XI_PUSHA)
		pusha(r, r->i.osize, sp);
	else
		popa(r, r->i.osize, sp);
}

/* ---- segments -------------------------------------------------------------------------------------- */

enum { SEL_CS32 = 0x23, SEL_CS64 = 0x33 };

static void load_segment(XRun *r, unsigned seg, u64 sel)
{
	XExit why = x86_load_segment(r->t, (enum XMode)r->i.mode, seg, sel);

	if (why != XE_JUMP)
		xr_raise(r, why);
}

void xr_movseg(XRun *r)
{
	if (r->i.opnd[0].kind == XK_REG && r->i.opnd[0].cls == XC_SEG)
		load_segment(r, r->i.opnd[0].reg, xr_operand(r, 1));
	else if (r->i.opnd[0].kind == XK_MEM)
		xr_store(r, xr_address(r), 2, xr_operand(r, 1));
	else
		xr_set_operand(r, 0, xr_operand(r, 1));
}

/* A push of 32 bits writes 16 of them on the processors of our time, one of 64 all. */
static void push_selector(XRun *r, unsigned size, u64 sel)
{
	unsigned word = r->i.mode == X86_64 ? 8 : 4;
	u64 sp = xr_low(r->t->slot[XS_GPR + RSP] - size, word);

	xr_store(r, xr_stack(r, sp), size == 8 ? 8 : 2, sel);
	r->t->slot[XS_GPR + RSP] = sp;
}

void xr_pushseg(XRun *r)
{
	unsigned size = r->i.osize, seg = r->i.opnd[0].reg;

	if (r->i.op == XI_POP) {
		u64 sel = stack_load(r, size, 0);
		load_segment(r, seg, sel);
		drop(r, size);
		return;
	}
	push_selector(r, size, r->t->slot[XS_SEL + seg]);
}

/* ---- far transfers --------------------------------------------------------------------------------- */

/* To the code segment that runs already; another one is another mode.  A return wants the privilege as it is. */
static void check_code(XRun *r, u64 sel, bool back)
{
	u64 cs = r->t->slot[XS_SEL + XS_CS], other = cs ^ SEL_CS32 ^ SEL_CS64;

	sel &= 0xffff;
	if ((sel | 3) == cs && !(back && (sel & 3) != 3))
		return;
	r->t->slot[XS_ERROR] = sel & ~3ull;
	bool local = (sel & 4) && x86_segment(r->t, sel).rights & SEG_CODE;
	xr_raise(r, ((sel | 3) == other || local) && !(back && (sel & 3) != 3) ? XE_UNIMPL : XE_GP);
}

static void far_pointer(XRun *r, u64 *to, u64 *sel)
{
	if (r->i.opnd[r->i.nopnd - 1].kind == XK_FAR) {
		*to = r->i.imm;
		*sel = r->i.imm2;
		return;
	}
	u64 a = xr_address(r);
	*to = xr_load(r, a, r->i.osize);
	*sel = xr_load(r, xr_after(r, a, r->i.osize), 2);
}

static void call_far(XRun *r, u64 to, u64 sel)
{
	unsigned size = r->i.osize, word = r->i.mode == X86_64 ? 8 : 4;
	u64 sp = xr_reg(r, RSP, word, false);

	check_code(r, sel, false);
	xr_store(r, xr_stack(r, xr_low(sp - size, word)), size, r->t->slot[XS_SEL + XS_CS]);
	xr_store(r, xr_stack(r, xr_low(sp - 2 * size, word)), size, r->i.pc + r->i.len);
	xr_set_reg(r, RSP, word, false, sp - 2 * size);
	*xr_slot(r, XS_PC) = to;
}

static void return_far(XRun *r)
{
	unsigned size = r->i.osize;
	u64 to = stack_load(r, size, 0), sel = stack_load(r, size, size);

	check_code(r, sel, true);
	drop(r, 2 * size + (r->i.nopnd ? r->i.imm & 0xffff : 0));
	*xr_slot(r, XS_PC) = to;
}

static void iret(XRun *r)
{
	unsigned size = r->i.osize;
	u64 to = stack_load(r, size, 0), sel = stack_load(r, size, size), fl = stack_load(r, size, 2 * size);

	check_code(r, sel, true);
	if (r->i.mode == X86_64) {
		u64 sp = stack_load(r, size, 3 * size), ss = stack_load(r, size, 4 * size);
		load_segment(r, XS_SS, ss);
		xr_set_reg(r, RSP, 8, false, sp);
	} else {
		drop(r, 3 * size);
	}
	load_eflags(r, fl, size);
	*xr_slot(r, XS_PC) = to;
}

/* les, lds, lss, lfs, lgs: the segment first, since it may raise. */
static void load_far(XRun *r, unsigned seg)
{
	u64 to, sel;

	far_pointer(r, &to, &sel);
	load_segment(r, seg, sel);
	xr_set_operand(r, 0, to);
}

void xr_far(XRun *r)
{
	u64 to, sel;

	switch (r->i.op) {
	case XI_LES: load_far(r, XS_ES); break;
	case XI_LDS: load_far(r, XS_DS); break;
	case XI_LSS: load_far(r, XS_SS); break;
	case XI_LFS: load_far(r, XS_FS); break;
	case XI_LGS: load_far(r, XS_GS); break;
	case XI_RETF: return_far(r); break;
	case XI_IRET: iret(r); break;
	default:
		far_pointer(r, &to, &sel);
		if (r->i.op == XI_CALLF) {
			call_far(r, to, sel);
		} else {
			check_code(r, sel, false);
			*xr_slot(r, XS_PC) = to;
		}
	}
}

/* ---- descriptors ----------------------------------------------------------------------------------- */

/* What Linux answers for a processor with UMIP: an empty table at the top of the address space. */
static void store_table(XRun *r, u64 base)
{
	u64 a = xr_address(r);

	xr_probe(r, a, r->i.mode == X86_64 ? 10 : 6, true);
	xr_store(r, a + 2, r->i.mode == X86_64 ? 8 : 4, base);
	xr_store(r, a, 2, 0);
}

/* It leaves the rest of a register alone, which the processor would not. */
static void store_word(XRun *r, u64 v)
{
	u64 *s = xr_slot(r, XS_GPR + r->i.opnd[0].reg), mask = xr_low(~0ull, r->i.osize);

	if (r->i.opnd[0].kind == XK_MEM)
		xr_store(r, xr_address(r), 2, v);
	else
		*s = (*s & ~mask) | (v & mask);
}

void xr_desc(XRun *r)
{
	u64 sel;

	if (r->i.op == XI_SGDT || r->i.op == XI_SIDT || r->i.op == XI_SMSW || r->i.op == XI_SLDT || r->i.op == XI_STR)
		r->aligned = false; /* the kernel does them */
	switch (r->i.op) {
	case XI_SGDT: store_table(r, 0xfffffffffffe0000); return;
	case XI_SIDT: store_table(r, 0xffffffffffff0000); return;
	case XI_SMSW: store_word(r, 0x80050033); return;
	case XI_SLDT: store_word(r, r->t->slot[XS_LDT] ? 0x50 : 0); return;
	case XI_STR: store_word(r, 0x40); return;
	case XI_LGDT: case XI_LIDT: case XI_LLDT: case XI_LTR: xr_raise(r, XE_GP);
	}
	sel = xr_operand(r, r->i.nopnd - 1u);
	XSegment s = x86_segment(r->t, sel & 0xffff);
	bool code = s.rights & SEG_CODE, may = s.rights & SEG_WRITE, ok = s.rights;
	switch (r->i.op) {
	case XI_LAR: if (ok) xr_set_operand(r, 0, s.rights); break;
	case XI_LSL: if (ok) xr_set_operand(r, 0, s.limit); break;
	case XI_VERR: ok = ok && (!code || may); break;
	case XI_VERW: ok = ok && !code && may; break;
	}
	xr_set_flags(r, XF_Z, ok ? XF_Z : 0);
}

void xr_arpl(XRun *r)
{
	u64 addr = r->i.opnd[0].kind == XK_MEM ? xr_address(r) : 0, a = xr_read_at(r, 0, addr), b = xr_operand(r, 1);
	bool raise = (a & 3) < (b & 3);

	if (raise && r->i.opnd[0].kind == XK_MEM)
		xr_check_code(r);
	if (raise)
		xr_write_at(r, 0, addr, (a & ~3ull) | (b & 3));
	xr_set_flags(r, XF_Z, raise ? XF_Z : 0);
}

void xr_bound(XRun *r)
{
	unsigned size = r->i.osize;
	u64 addr = xr_address(r);
	i64 v = xr_signed(xr_operand(r, 0), size);

	if (v < xr_signed(xr_load(r, addr, size), size) || v > xr_signed(xr_load(r, (u32)(addr + size), size), size))
		xr_raise(r, XE_BOUND);
}

/* rsm is for system management mode alone. */
void xr_priv(XRun *r)
{
	xr_raise(r, r->i.op == XI_RSM ? XE_UD : XE_GP);
}

void xr_fsbase(XRun *r)
{
	bool fs = r->i.op == XI_RDFSBASE || r->i.op == XI_WRFSBASE;
	u64 *base = xr_slot(r, XS_BASE + (fs ? XS_FS : XS_GS));

	if (r->i.op == XI_RDFSBASE || r->i.op == XI_RDGSBASE) {
		xr_set_operand(r, 0, *base);
		return;
	}
	u64 v = xr_operand(r, 0);
	if ((u64)((i64)(v << 16) >> 16) != v)
		xr_raise(r, XE_GP);
	*base = v;
}

/* ---- time and chance ------------------------------------------------------------------------------- */

static u64 ticks(void)
{
#if defined __x86_64__ || defined __i386__
	return __builtin_ia32_rdtsc();
#else
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000u + (u64)ts.tv_nsec;
#endif
}

void xr_rdtsc(XRun *r)
{
	u64 v = ticks();

	xr_set_reg(r, RAX, 4, false, v);
	xr_set_reg(r, RDX, 4, false, v >> 32);
	if (r->i.op == XI_RDTSCP)
		xr_set_reg(r, RCX, 4, false, x86_processor());
}

/* CF says whether there was a number; the other flags are cleared. */
void xr_rdrand(XRun *r)
{
	u64 v = 0;

	if (r->i.op == XI_RDPID) {
		xr_set_operand(r, 0, x86_processor());
		return;
	}
	bool ok = getrandom(&v, sizeof v, 0) == sizeof v;
	xr_set_operand(r, 0, ok ? v : 0);
	xr_set_flags(r, XF_ALL, ok ? XF_C : 0);
}
