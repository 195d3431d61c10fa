/* Signal frames as Linux builds them for i386 and x86-64 (arch/x86/include/asm/sigframe.h, uapi/asm/sigcontext.h):
 * what a handler finds on its stack, and what rt_sigreturn takes from there. */
#include "layouts.h"

enum { GSA_SIGINFO = 4, GSA_RESTORER = 0x04000000, GSA_ONSTACK = 0x08000000 };
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };
enum { EF_TF = 0x100, EF_DF = 0x400, EF_RF = 0x10000, EF_USER = 0x50dd5 }; /* USER: what sigreturn may set */
enum { REDZONE = 128, SEL_CS32 = 0x23, SEL_CS64 = 0x33, SEL_DATA = 0x2b };

/* Offsets.  x86-64: return address, ucontext, siginfo. */
enum {
	F64_UC = 8, F64_LINK = 16, F64_STACK = 24, F64_SC = 48, F64_MASK = 304, F64_INFO = 312, F64_SIZE = 440,
	SC64_IP = 128, SC64_FLAGS = 136, SC64_CS = 144, SC64_SS = 150, SC64_ERR = 152, SC64_TRAP = 160, SC64_OLDMASK = 168, SC64_CR2 = 176,
	SC64_FP = 184
};
/* i386 with SA_SIGINFO: return address, number, two pointers, siginfo, ucontext, code; without: number, sigcontext, ... */
enum {
	F32_INFO = 16, F32_UC = 144, F32_STACK = 152, F32_SC = 164, F32_MASK = 252, F32_CODE = 260, F32_SIZE = 268,
	O32_SC = 8, O32_MASK = 720, O32_CODE = 724, O32_SIZE = 732,
	SC32_GS = 0, SC32_FS = 4, SC32_ES = 8, SC32_DS = 12, SC32_REGS = 16, SC32_TRAP = 48, SC32_ERR = 52, SC32_IP = 56, SC32_CS = 60,
	SC32_FLAGS = 64, SC32_SP = 68, SC32_SS = 72, SC32_FP = 76, SC32_OLDMASK = 80, SC32_CR2 = 84
};
/* The floating-point state: FXSAVE's image and XSAVE's upper halves; i386 has FSAVE's image before it. */
enum {
	FX_SIZE = 512, XSAVE_SIZE = 832, FP_SIZE = XSAVE_SIZE + 4, FSAVE_SIZE = 112, FX_SW = 464, MAGIC1 = 0x46505853, MAGIC2 = 0x46505845,
	XS_HEADER = 512, XS_YMM = 576
};

typedef struct Frame {
	LThread *t;
	u64 at, fp;
	u8 b[1024];
} Frame;

/* ---- floating point --------------------------------------------------------------------------------- */

static u64 vec(LThread *t, u32 reg, u32 word)
{
	return *xreg(t->x, XS_VEC + 4 * reg + word);
}

static void put_fx(LThread *t, u8 *p)
{
	u64 top = *xreg(t->x, XS_FTOP) & 7;

	st16(p, (u16)*xreg(t->x, XS_FCW));
	st16(p + 2, (u16)((*xreg(t->x, XS_FSW) & ~0x3800ull) | top << 11));
	st16(p + 4, (u16)(*xreg(t->x, XS_FTAG) & 0xff));
	st16(p + 6, (u16)*xreg(t->x, XS_FOP));
	st64(p + 8, *xreg(t->x, XS_FIP));
	st64(p + 16, *xreg(t->x, XS_FDP));
	st32(p + 24, (u32)*xreg(t->x, XS_MXCSR));
	st32(p + 28, 0xffff);
	for (u32 i = 0; i < 8; i++) {
		st64(p + 32 + 16 * i, *xreg(t->x, XS_ST + 2 * ((top + i) & 7)));
		st16(p + 40 + 16 * i, (u16)*xreg(t->x, XS_ST + 2 * ((top + i) & 7) + 1));
	}
	for (u32 i = 0; i < (t->wide ? 16u : 8u); i++) {
		st64(p + 160 + 16 * i, vec(t, i, 0));
		st64(p + 168 + 16 * i, vec(t, i, 1));
		st64(p + XS_YMM + 16 * i, vec(t, i, 2));
		st64(p + XS_YMM + 16 * i + 8, vec(t, i, 3));
	}
	/* Software's bytes: XSAVE's state follows, with x87, SSE and AVX in it. */
	st32(p + FX_SW, MAGIC1);
	st32(p + FX_SW + 4, FP_SIZE + (t->wide ? 0 : FSAVE_SIZE));
	st64(p + FX_SW + 8, 7);
	st32(p + FX_SW + 16, XSAVE_SIZE);
	st64(p + XS_HEADER, 7);
	st32(p + XSAVE_SIZE, MAGIC2);
}

static void get_fx(LThread *t, const u8 *p)
{
	u64 top = ld16(p + 2) >> 11 & 7;
	bool ymm = ld32(p + FX_SW) == MAGIC1 && ld64(p + XS_HEADER) & 4;

	*xreg(t->x, XS_FCW) = (ld16(p) & 0x1f7f) | 0x40;
	*xreg(t->x, XS_FSW) = ld16(p + 2) & 0xc7ff;
	*xreg(t->x, XS_FTOP) = top;
	*xreg(t->x, XS_FTAG) = p[4];
	*xreg(t->x, XS_FOP) = ld16(p + 6) & 0x7ff;
	*xreg(t->x, XS_FIP) = ld64(p + 8);
	*xreg(t->x, XS_FDP) = ld64(p + 16);
	*xreg(t->x, XS_MXCSR) = ld32(p + 24) & 0xffff;
	for (u32 i = 0; i < 8; i++) {
		*xreg(t->x, XS_ST + 2 * ((top + i) & 7)) = ld64(p + 32 + 16 * i);
		*xreg(t->x, XS_ST + 2 * ((top + i) & 7) + 1) = ld16(p + 40 + 16 * i);
	}
	for (u32 i = 0; i < (t->wide ? 16u : 8u); i++) {
		*xreg(t->x, XS_VEC + 4 * i) = ld64(p + 160 + 16 * i);
		*xreg(t->x, XS_VEC + 4 * i + 1) = ld64(p + 168 + 16 * i);
		*xreg(t->x, XS_VEC + 4 * i + 2) = ymm ? ld64(p + XS_YMM + 16 * i) : vec(t, i, 2);
		*xreg(t->x, XS_VEC + 4 * i + 3) = ymm ? ld64(p + XS_YMM + 16 * i + 8) : vec(t, i, 3);
	}
}

void frame_get_fp(LThread *t, u8 *out)
{
	u8 raw[FP_SIZE] = {0};

	put_fx(t, raw);
	memset(raw + FX_SW, 0, FX_SIZE - FX_SW);
	st64(raw + FX_SW, 7); /* XCR0 */
	memcpy(out, raw, FRAME_XSAVE);
}

void frame_set_fp(LThread *t, const u8 *in, bool upper)
{
	u8 raw[FP_SIZE] = {0};

	memcpy(raw, in, upper ? FRAME_XSAVE : FRAME_FX);
	st32(raw + FX_SW, upper ? MAGIC1 : 0);
	get_fx(t, raw);
}

/* FSAVE's tag word: two bits a register, from FXSAVE's one. */
static u16 full_tags(LThread *t)
{
	u16 tags = 0;

	for (u32 i = 0; i < 8; i++) {
		u64 low = *xreg(t->x, XS_ST + 2 * i), high = *xreg(t->x, XS_ST + 2 * i + 1) & 0x7fff;
		u16 tag = !(*xreg(t->x, XS_FTAG) >> i & 1) ? 3 : !high && !low ? 1 : high == 0x7fff || !(low >> 63) ? 2 : 0;
		tags |= (u16)(tag << 2 * i);
	}
	return tags;
}

/* i386's first part: what FSAVE would have stored. */
static void put_fsave(LThread *t, const u8 *fx, u8 *p)
{
	st32(p, 0xffff0000u | ld16(fx));
	st32(p + 4, 0xffff0000u | ld16(fx + 2));
	st32(p + 8, 0xffff0000u | full_tags(t));
	st32(p + 12, ld32(fx + 8));
	st32(p + 16, (u32)ld16(fx + 6) << 16 | SEL_CS32);
	st32(p + 20, ld32(fx + 16));
	st32(p + 24, 0xffff0000u | SEL_DATA);
	for (u32 i = 0; i < 8; i++)
		memcpy(p + 28 + 10 * i, fx + 32 + 16 * i, 10);
	st16(p + 108, ld16(fx + 2));
	st16(p + 110, 0); /* FXSAVE's image follows */
}

void frame_get_fsave(LThread *t, u8 *out)
{
	u8 fx[FP_SIZE] = {0}, raw[FSAVE_SIZE];

	put_fx(t, fx);
	put_fsave(t, fx, raw);
	memcpy(out, raw, FRAME_FSAVE);
}

static bool push_fp(Frame *f)
{
	u8 raw[FSAVE_SIZE + FP_SIZE] = {0};
	u32 before = f->t->wide ? 0 : FSAVE_SIZE;

	put_fx(f->t, raw + before);
	if (before)
		put_fsave(f->t, raw + before, raw);
	f->at = ((f->at - FP_SIZE) & ~63ull) - before;
	f->fp = f->at;
	return xguest_write(f->t->x, f->fp, raw, before + FP_SIZE);
}

static bool pop_fp(LThread *t, u64 at)
{
	u8 raw[FP_SIZE] = {0};

	if (!at)
		return true;
	at += t->wide ? 0 : FSAVE_SIZE;
	if (!xguest_read(t->x, at, raw, FX_SIZE))
		return false;
	if (ld32(raw + FX_SW) == MAGIC1 && !xguest_read(t->x, at, raw, XSAVE_SIZE))
		return false;
	get_fx(t, raw);
	return true;
}

/* ---- siginfo ------------------------------------------------------------------------------------------ */

typedef enum Payload { P_NONE, P_SYSCALL, P_KILL, P_CHILD, P_FAULT, P_POLL } Payload;

static Payload payload(int sig, int code)
{
	if (code <= 0)
		return P_KILL;
	if (code == SI_KERNEL)
		return P_NONE;
	return sig == SIGSYS ? P_SYSCALL : sig == SIGCHLD ? P_CHILD : sig == SIGIO ? P_POLL :
		sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE || sig == SIGTRAP ? P_FAULT : P_KILL;
}

static void put_word(u8 *p, bool wide, u64 v)
{
	if (wide)
		st64(p, v);
	else
		st32(p, (u32)v);
}

void siginfo_put(bool wide, const siginfo_t *si, u8 *out)
{
	u8 *u = out + (wide ? 16 : 12);
	u32 word = wide ? 8 : 4;

	memset(out, 0, SIGINFO_SIZE);
	st32(out, (u32)si->si_signo);
	st32(out + 4, (u32)si->si_errno);
	st32(out + 8, (u32)si->si_code);
	switch (payload(si->si_signo, si->si_code)) {
	case P_KILL:
		st32(u, (u32)si->si_pid);
		st32(u + 4, (u32)si->si_uid);
		put_word(u + 8, wide, (u64)(uintptr_t)si->si_value.sival_ptr);
		break;
	case P_CHILD:
		st32(u, (u32)si->si_pid);
		st32(u + 4, (u32)si->si_uid);
		st32(u + 8, (u32)si->si_status);
		put_word(u + (wide ? 16 : 12), wide, (u64)si->si_utime);
		put_word(u + (wide ? 24 : 16), wide, (u64)si->si_stime);
		break;
	case P_FAULT:
		put_word(u, wide, (u64)(uintptr_t)si->si_addr);
		break;
	case P_SYSCALL:
		put_word(u, wide, (u64)(uintptr_t)si->si_call_addr);
		st32(u + word, (u32)si->si_syscall);
		st32(u + word + 4, si->si_arch);
		break;
	case P_POLL:
		put_word(u, wide, (u64)si->si_band);
		st32(u + word, (u32)si->si_fd);
		break;
	case P_NONE:
		break;
	}
}

/* What rt_sigqueueinfo hands in: only signals that programs send. */
void siginfo_get(bool wide, const u8 *in, siginfo_t *si)
{
	const u8 *u = in + (wide ? 16 : 12);

	memset(si, 0, sizeof *si);
	si->si_signo = (int)ld32(in);
	si->si_errno = (int)ld32(in + 4);
	si->si_code = (int)ld32(in + 8);
	si->si_pid = (int)ld32(u);
	si->si_uid = ld32(u + 4);
	/* sival_int and sival_ptr share their low half in the guest; the host's byte order must keep that. */
	si->si_value.sival_ptr = hostp(wide ? ld64(u + 8) : ld32(u + 8));
}

/* ---- building ----------------------------------------------------------------------------------------- */

/* The processor's number of a trap; what is only the kernel's is a #GP. */
static u32 trap_number(const XTrap *w)
{
	int vector = x86_vector(w->kind);

	return vector < 0 ? 13 : (u32)vector;
}

/* The kernel keeps these until the next fault, and signals of other origin show them too. */
static void note_fault(LThread *t, const XTrap *w)
{
	t->trap = trap_number(w);
	t->error = w->error;
	if (w->kind == XE_MEMORY)
		t->cr2 = w->addr;
}

/* Where the frame goes: below the stack that is in use, or on the alternate one. */
static u64 frame_top(LThread *t, const LAction *a)
{
	u64 sp = *xreg(t->x, RSP);
	bool on_alt = sp > t->alt_at && sp - t->alt_at <= t->alt_size;

	if (a->flags & GSA_ONSTACK && t->alt_size && !on_alt)
		return t->alt_at + t->alt_size;
	return t->wide ? sp - REDZONE : sp;
}

static void put_sc64(Frame *f, u8 *sc)
{
	static const u8 order[] = {8, 9, 10, 11, 12, 13, 14, 15, RDI, RSI, RBP, RBX, RDX, RAX, RCX, RSP};
	LThread *t = f->t;

	for (u32 i = 0; i < COUNT(order); i++)
		st64(sc + 8 * i, *xreg(t->x, order[i]));
	st64(sc + SC64_IP, *xreg(t->x, XS_PC));
	st64(sc + SC64_FLAGS, xthread_eflags(t->x));
	st16(sc + SC64_CS, SEL_CS64);
	st16(sc + SC64_SS, SEL_DATA);
	st64(sc + SC64_ERR, t->error);
	st64(sc + SC64_TRAP, t->trap);
	st64(sc + SC64_OLDMASK, t->mask);
	st64(sc + SC64_CR2, t->cr2);
	st64(sc + SC64_FP, f->fp);
}

static void put_sc32(Frame *f, u8 *sc)
{
	static const u8 order[] = {RDI, RSI, RBP, RSP, RBX, RDX, RCX, RAX};
	LThread *t = f->t;

	st32(sc + SC32_GS, (u32)*xreg(t->x, XS_SEL + XS_GS));
	st32(sc + SC32_FS, (u32)*xreg(t->x, XS_SEL + XS_FS));
	st32(sc + SC32_ES, (u32)*xreg(t->x, XS_SEL + XS_ES));
	st32(sc + SC32_DS, (u32)*xreg(t->x, XS_SEL + XS_DS));
	for (u32 i = 0; i < COUNT(order); i++)
		st32(sc + SC32_REGS + 4 * i, (u32)*xreg(t->x, order[i]));
	st32(sc + SC32_TRAP, t->trap);
	st32(sc + SC32_ERR, t->error);
	st32(sc + SC32_IP, (u32)*xreg(t->x, XS_PC));
	st32(sc + SC32_CS, SEL_CS32);
	st32(sc + SC32_FLAGS, (u32)xthread_eflags(t->x));
	st32(sc + SC32_SP, (u32)*xreg(t->x, RSP));
	st32(sc + SC32_SS, (u32)*xreg(t->x, XS_SEL + XS_SS));
	st32(sc + SC32_FP, (u32)f->fp);
	st32(sc + SC32_OLDMASK, (u32)t->mask);
	st32(sc + SC32_CR2, (u32)t->cr2);
}

static void put_stack(LThread *t, u8 *p, bool wide)
{
	struct LStack s = {t->alt_at, (int)t->alt_flags, t->alt_size};

	layout_put(LK_stack_t, wide, &s, p);
}

/* What the processor does not take becomes the empty selector. */
bool frame_set_segment(LThread *t, u32 seg, u32 sel)
{
	Regfile *r = (Regfile *)(void *)t->x;

	sel &= 0xffff;
	if (x86_load_segment(r, X86_32, seg, sel > 3 ? sel | 3 : sel) == XE_JUMP)
		return true;
	x86_load_segment(r, X86_32, seg, 0);
	r->slot[XS_ERROR] = 0;
	return false;
}

/* Flags and segments at a handler's entry. */
static void enter(LThread *t, u64 frame, u64 handler)
{
	*xreg(t->x, RSP) = frame;
	*xreg(t->x, XS_PC) = handler;
	xthread_set_eflags(t->x, xthread_eflags(t->x) & ~(u64)(EF_DF | EF_TF | EF_RF));
}

static bool push64(Frame *f, int sig, const LAction *a, const siginfo_t *si)
{
	LThread *t = f->t;

	f->at = ((f->at - F64_SIZE) & ~15ull) - 8;
	st64(f->b, a->restorer);
	st64(f->b + F64_UC, 7); /* XSAVE's state, and SS is valid */
	put_stack(t, f->b + F64_STACK, true);
	put_sc64(f, f->b + F64_SC);
	st64(f->b + F64_MASK, t->mask);
	siginfo_put(true, si, f->b + F64_INFO);
	if (!(a->flags & GSA_RESTORER) || !xguest_write(t->x, f->at, f->b, F64_SIZE))
		return false;
	enter(t, f->at, a->handler);
	*xreg(t->x, RDI) = (u64)sig;
	*xreg(t->x, RSI) = f->at + F64_INFO;
	*xreg(t->x, RDX) = f->at + F64_UC;
	*xreg(t->x, RAX) = 0;
	return true;
}

static bool push32(Frame *f, int sig, const LAction *a, const siginfo_t *si)
{
	LThread *t = f->t;
	bool rt = a->flags & GSA_SIGINFO;
	u32 size = rt ? F32_SIZE : O32_SIZE;
	u64 back = a->flags & GSA_RESTORER ? a->restorer : t->task->sigreturn_page + (rt ? 16 : 0);

	f->at = (((f->at - size) + 4) & ~15ull) - 4;
	st32(f->b, (u32)back);
	st32(f->b + 4, (u32)sig);
	if (rt) {
		st32(f->b + 8, (u32)f->at + F32_INFO);
		st32(f->b + 12, (u32)f->at + F32_UC);
		siginfo_put(false, si, f->b + F32_INFO);
		st32(f->b + F32_UC, 1);
		put_stack(t, f->b + F32_STACK, false);
		st64(f->b + F32_MASK, t->mask);
	} else {
		st32(f->b + O32_MASK, (u32)(t->mask >> 32));
	}
	put_sc32(f, f->b + (rt ? F32_SC : O32_SC));
	if (!xguest_write(t->x, f->at, f->b, size))
		return false;
	enter(t, f->at, a->handler);
	*xreg(t->x, RAX) = (u64)sig;
	*xreg(t->x, RDX) = rt ? (u32)f->at + F32_INFO : 0;
	*xreg(t->x, RCX) = rt ? (u32)f->at + F32_UC : 0;
	frame_set_segment(t, XS_DS, SEL_DATA);
	frame_set_segment(t, XS_ES, SEL_DATA);
	frame_set_segment(t, XS_SS, SEL_DATA);
	return true;
}

bool frame_push(LThread *t, int sig, const LAction *a, const siginfo_t *si, const XTrap *why)
{
	Frame f = {.t = t};

	t->wide = t->task->wide;
	f.at = frame_top(t, a);
	if (why)
		note_fault(t, why);
	if (!push_fp(&f))
		return false;
	return t->wide ? push64(&f, sig, a, si) : push32(&f, sig, a, si);
}

/* ---- taking back ---------------------------------------------------------------------------------------- */

static void set_flags(LThread *t, u64 v)
{
	xthread_set_eflags(t->x, (v & EF_USER) | (xthread_eflags(t->x) & ~(u64)EF_USER));
}

static bool pop64(LThread *t, u64 at)
{
	static const u8 order[] = {8, 9, 10, 11, 12, 13, 14, 15, RDI, RSI, RBP, RBX, RDX, RAX, RCX, RSP};
	u8 b[F64_SIZE];
	const u8 *sc = b + F64_SC;

	if (!xguest_read(t->x, at, b, sizeof b) || ld64(sc + SC64_IP) >> 47)
		return false;
	for (u32 i = 0; i < COUNT(order); i++)
		*xreg(t->x, order[i]) = ld64(sc + 8 * i);
	*xreg(t->x, XS_PC) = ld64(sc + SC64_IP);
	set_flags(t, ld64(sc + SC64_FLAGS));
	signal_set_mask(t, ld64(b + F64_MASK));
	return pop_fp(t, ld64(sc + SC64_FP));
}

static bool pop32(LThread *t, u64 at, bool rt)
{
	static const u8 order[] = {RDI, RSI, RBP, RSP, RBX, RDX, RCX, RAX};
	u8 b[O32_SIZE];
	const u8 *sc = b + (rt ? F32_SC : O32_SC);

	if (!xguest_read(t->x, at, b, rt ? F32_SIZE : O32_SIZE))
		return false;
	for (u32 i = 0; i < COUNT(order); i++)
		*xreg(t->x, order[i]) = ld32(sc + SC32_REGS + 4 * i);
	*xreg(t->x, XS_PC) = ld32(sc + SC32_IP);
	frame_set_segment(t, XS_GS, ld32(sc + SC32_GS));
	frame_set_segment(t, XS_FS, ld32(sc + SC32_FS));
	frame_set_segment(t, XS_ES, ld32(sc + SC32_ES));
	frame_set_segment(t, XS_DS, ld32(sc + SC32_DS));
	bool stack = frame_set_segment(t, XS_SS, ld32(sc + SC32_SS) | 3);
	set_flags(t, ld32(sc + SC32_FLAGS));
	signal_set_mask(t, rt ? ld64(b + F32_MASK) : pair64(ld32(sc + SC32_OLDMASK), ld32(b + O32_MASK)));
	return stack && pop_fp(t, ld32(sc + SC32_FP));
}

/* The handler's return has taken the return address from the stack, i386's old restorer the number too. */
bool frame_pop(LThread *t, bool rt)
{
	u64 sp = *xreg(t->x, RSP);

	if (t->wide)
		return pop64(t, sp - 8);
	return pop32(t, (u32)(sp - (rt ? 4 : 8)), rt);
}
