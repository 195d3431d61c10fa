/* pvm: the same sequence through x86_lower and the evaluator. */
#include "fuzz.h"
#include "../../pvm/opt/opt.h"
#include "../../pvm/x86/flags.h"
#include "../../pvm/x86/helpers.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>

static OHostFn *const helpers[] = {
#define H(op, name, sig, fn, meaning) fn,
#include "../../pvm/x86/helpers.def"
#undef H
};

u16 machine_path[MOST_UNITS + 1];
u32 machine_path_n;
static Regfile regs;
static XLdt ldt;
static jmp_buf out_of_unit;
static End last;
static u64 unit_pc;
static const u8 *seq;
static u32 bytes_size;

/* ---- state ----------------------------------------------------------------------------------------- */

static void put_fx(const u8 *fx)
{
	u64 *s = regs.slot;

	s[XS_FCW] = ld16(fx);
	s[XS_FSW] = ld16(fx + 2) & ~0x3800;
	s[XS_FTOP] = ld16(fx + 2) >> 11 & 7;
	s[XS_FTAG] = fx[4];
	s[XS_MXCSR] = ld32(fx + 24);
	for (u32 k = 0; k < 8; k++) {
		s[XS_ST + 2 * ((k + s[XS_FTOP]) & 7)] = ld64(fx + 32 + 16 * k);
		s[XS_ST + 2 * ((k + s[XS_FTOP]) & 7) + 1] = ld16(fx + 40 + 16 * k);
	}
	for (u32 k = 0; k < 16; k++)
		for (u32 j = 0; j < 2; j++) {
			s[XS_VEC + 4 * k + j] = ld64(fx + 160 + 16 * k + 8 * j);
			s[XS_VEC + 4 * k + 2 + j] = ld64(fx + 576 + 16 * k + 8 * j);
		}
}

static void get_fx(u8 *fx)
{
	const u64 *s = regs.slot;

	memset(fx, 0, FX_SIZE);
	st16(fx, (u16)s[XS_FCW]);
	st16(fx + 2, (u16)((s[XS_FSW] & ~0x3800ull) | (s[XS_FTOP] & 7) << 11));
	fx[4] = (u8)s[XS_FTAG];
	st32(fx + 24, (u32)s[XS_MXCSR]);
	for (u32 k = 0; k < 8; k++) {
		st64(fx + 32 + 16 * k, s[XS_ST + 2 * ((k + s[XS_FTOP]) & 7)]);
		st16(fx + 40 + 16 * k, (u16)s[XS_ST + 2 * ((k + s[XS_FTOP]) & 7) + 1]);
	}
	for (u32 k = 0; k < 16; k++)
		for (u32 j = 0; j < 2; j++) {
			st64(fx + 160 + 16 * k + 8 * j, s[XS_VEC + 4 * k + j]);
			st64(fx + 576 + 16 * k + 8 * j, s[XS_VEC + 4 * k + 2 + j]);
		}
}

static void put_state(const Case *c)
{
	u64 *s = regs.slot;

	memset(&regs, 0, sizeof regs);
	for (u32 k = 0; k < 16; k++)
		s[XS_GPR + k] = c->mode == X86_64 ? c->in.gpr[k] : (u32)c->in.gpr[k];
	put_fx(c->in.fx);
	x86_set_flags_bits(&regs, (u32)c->in.flags);
	s[XS_DF] = c->in.flags >> 10 & 1;
	s[XS_EFLAGS] = 0x200 | (c->step ? 0x100 : 0) | (c->in.flags & X86_AC);
	s[XS_BASE + XS_FS] = c->mode == X86_64 ? c->in.fs : 0;
	s[XS_BASE + XS_GS] = c->mode == X86_64 ? c->in.gs : 0;
	for (u32 k = 0; k < 3; k++)
		s[XS_TLS + k] = x86_flat_descriptor(fuzz_tls[k]);
	for (ldt.n = 0; ldt.n < COUNT(fuzz_ldt); ldt.n++)
		ldt.desc[ldt.n] = x86_descriptor(fuzz_ldt[ldt.n].base, fuzz_ldt[ldt.n].limit, fuzz_ldt[ldt.n].access, fuzz_ldt[ldt.n].flags);
	s[XS_LDT] = (u64)(uintptr_t)&ldt;
	for (u32 k = 0; k < 6; k++)
		if (k == XS_CS || c->mode == X86_64)
			s[XS_SEL + k] = c->in.sel[k];
		else
			x86_load_segment(&regs, X86_32, k, c->in.sel[k]);
	memcpy((u8 *)(uintptr_t)DATA_AT, c->in.data, DATA_SIZE);
}

static void get_state(State *out, u64 pc)
{
	memcpy(out->gpr, &regs.slot[XS_GPR], sizeof out->gpr);
	out->flags = x86_flags_bits(&regs) | regs.slot[XS_DF] << 10 | regs.slot[XS_EFLAGS] | 2;
	out->pc = pc;
	out->fs = regs.slot[XS_BASE + XS_FS];
	out->gs = regs.slot[XS_BASE + XS_GS];
	for (u32 k = 0; k < 6; k++)
		out->sel[k] = (u16)regs.slot[XS_SEL + k];
	get_fx(out->fx);
	memcpy(out->data, (u8 *)(uintptr_t)DATA_AT, DATA_SIZE);
}

/* ---- ways out of a unit ---------------------------------------------------------------------------- */

/* Where the processor says that an access faulted: the first byte out of reach. */
static u64 faulting(u64 addr)
{
	return addr < DATA_AT || addr >= DATA_AT + DATA_SIZE ? addr : DATA_AT + DATA_SIZE; /* below DATA_AT: or a store to where it must not */
}

int fuzz_vector(XExit exit)
{
	int vector = x86_vector(exit);

	return exit == XE_UNIMPL ? END_UNIMPL : vector < 0 || exit == XE_STEP ? END_OTHER : vector;
}

bool machine_quick = true;
static OEvalEnv *running_env;
static u64 next_pc;
static enum XMode running;
static bool care;   /* the next instruction is for a careful unit */
static bool called; /* a system call was made, behind which there is no single step */

static void NORETURN stop(u32 exit, u64 addr)
{
	last = (End){ .vector = fuzz_vector(exit), .addr = addr, .exit = exit, .error = (u32)regs.slot[XS_ERROR] };
	longjmp(out_of_unit, 1);
}

/* The registers as they are at the instruction that may fault; false: there is none. */
static bool exact(const OEvalEnv *env)
{
	const OFunc *f;
	u32 map = ocode_eval_map(env, &f);
	const OMap *m = &f->map.p[map];
	u64 bits[XS_COUNT][2];

	if (!map)
		return false;
	for (u32 k = 0; k < m->n; k++) /* values may be in slots that others go to */
		ocode_eval_value(env, f->slot.p[m->slots + k].val, bits[k]);
	for (u32 k = 0; k < m->n; k++) {
		const OSlotVal *s = &f->slot.p[m->slots + k];
		memcpy((u8 *)&regs + s->slot, bits[k], f->ins.p[s->val].type == OT_V128 ? 16 : 8);
	}
	next_pc = unit_pc + m->pc;
	return true;
}

static void on_trap(OEvalEnv *env, u32 trap, const OFunc *f, u32 map, const u64 *vals)
{
	(void)f, (void)vals;
	env->map = map;
	if (!exact(env))
		next_pc = unit_pc;
	if (trap == TRAP_ALIGN)
		stop(XE_GP, 0);
	if (trap != TRAP_MEMORY)
		stop(trap >= X86_RAISE ? trap - X86_RAISE : XE_UNIMPL, 0);
	stop(XE_MEMORY, faulting(env->fault));
}

static void on_raise(Regfile *t, u64 trap)
{
	next_pc = t->slot[XS_PC];
	stop((u32)trap - X86_RAISE, 0);
}

static void guard(Regfile *t, u64 addr, u64 n, bool write)
{
	if (addr >= (write ? DATA_AT : RO_AT) && n <= DATA_SIZE && addr <= DATA_AT + DATA_SIZE - n)
		return;
	if (!running_env || !exact(running_env))
		next_pc = t->slot[XS_PC];
	stop(XE_MEMORY, faulting(addr));
}

/* What the kernel answers to a call that it does not have. */
void machine_no_call(Regfile *r, enum XMode m)
{
	r->slot[XS_GPR] = m == X86_64 ? -(u64)ENOSYS : (u32)-ENOSYS;
}

static void on_exit_unit(OEvalEnv *env, u32 kind, u64 pc)
{
	(void)env;
	next_pc = pc;
	switch (kind) {
	case XE_FETCH: stop(kind, pc);
	case XE_SYSCALL: case XE_INT80: machine_no_call(&regs, running); called = true; break;
	case XE_JUMP: case XE_INDIRECT: case XE_CALL: case XE_RET: case XE_FLAGS: case XE_STEP: break;
	case XE_CARE: care = true; break;
	default: stop(kind, 0);
	}
}

static size_t fetch(void *ctx, u64 addr, u8 *buf, size_t n)
{
	(void)ctx;
	if (addr < CODE_AT || addr >= CODE_AT + bytes_size)
		return 0;
	n = MIN(n, CODE_AT + bytes_size - addr);
	memcpy(buf, seq + (addr - CODE_AT), n);
	return n;
}

/* ---- running --------------------------------------------------------------------------------------- */

static u32 op_at(u64 pc, enum XMode mode)
{
	u8 buf[15];
	XInsn i = { 0 };
	bool cut;

	x86_decode(buf, fetch(NULL, pc, buf, 15), pc, mode, &i, &cut);
	return i.op;
}

/* As quick code, if that is wanted and it can be. */
static bool run_quick(OEvalEnv *env, OFunc *f, bool check)
{
	Err e = { 0 };

	opt_unit(f, true, NULL, NULL);
	if (check && !ocode_check(f, &e)) {
		printf("behind the passes: %s\n", e.msg);
		exit(2);
	}
	OQuick *q = ocode_quick(f, NULL);
	if (!q)
		return false;
	if (!setjmp(out_of_unit))
		ocode_quick_run(env, q);
	ocode_quick_free(q);
	return true;
}

static void run_unit(const XUnitReq *req, bool check)
{
	OEvalEnv env = { .t = &regs, .trap = on_trap, .exit = on_exit_unit, .guest_lo = RO_AT, .guest_ro = DATA_AT, .guest_hi = DATA_AT + DATA_SIZE };
	static XUnit unit;
	Err e = { 0 };

	x86_lower(req, &unit);
	unit_pc = req->pc;
	running_env = &env;
	if (check && !ocode_check(unit.func, &e)) {
		Buf b = { 0 };
		ocode_print(unit.func, &b);
		printf("%s\n%.*s\n", e.msg, (int)b.n, (char *)b.p);
		exit(2);
	}
	if (!machine_quick || !run_quick(&env, unit.func, check))
		if (!setjmp(out_of_unit))
			ocode_eval(&env, unit.func, NULL);
	ocode_free(unit.func);
}

/* As run's loop has it. */
static bool one_by_one(void)
{
	const u64 *s = regs.slot;

	return care || (s[XS_EFLAGS] & X86_AC) || (s[XS_CARE] & (1 << XS_ES | 1 << XS_SS | 1 << XS_DS)) || (running == X86_32 && (s[XS_EFLAGS] & X86_TF));
}

End machine_run(const Case *c, u32 size, State *out, u32 max_insns, bool check)
{
	static u8 bytes[4096];

	fuzz_layout(c, bytes);
	seq = bytes;
	bytes_size = size;
	put_state(c);
	regs.host = helpers;
	regs.trap = on_raise;
	regs.slot[XS_GUARD] = (u64)(uintptr_t)guard;
	next_pc = CODE_AT;
	machine_path_n = 0;
	last = (End){ .vector = END_OK };
	running = c->mode;
	out->steps = 0;
	out->trace = 0;
	if (c->step)
		fuzz_stepped(out, CODE_AT);
	while (last.vector == END_OK && next_pc != CODE_AT + size) {
		bool step = regs.slot[XS_EFLAGS] & X86_TF, careful = one_by_one();
		XUnitReq req = { .pc = next_pc, .mode = c->mode, .max_insns = step || careful ? 1 : max_insns, .step = step, .careful = careful, .x87 = machine_quick && !step && !careful, .fetch = fetch };
		care = false;
		called = false;
		machine_path[machine_path_n++] = (u16)(next_pc - CODE_AT);
		run_unit(&req, check);
		if (step && !called && last.vector == END_OK && next_pc - CODE_AT < 4096) {
			fuzz_stepped(out, next_pc);
			if (out->steps > MOST_STEPS)
				last.vector = END_STEPS;
		}
		if (machine_path_n > MOST_UNITS)
			last.vector = END_TIMEOUT;
	}
	if (last.vector == END_UNIMPL)
		last.op = op_at(next_pc, c->mode);
	get_state(out, next_pc);
	return last;
}

void machine_state_in(const Case *c, Regfile *to)
{
	put_state(c);
	memcpy(to->slot, regs.slot, sizeof to->slot);
}

void machine_state_out(const Regfile *from, State *out, u64 pc)
{
	memcpy(regs.slot, from->slot, sizeof regs.slot);
	get_state(out, pc);
}
