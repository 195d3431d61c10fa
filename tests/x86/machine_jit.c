/* pvm: the same sequence as units of machine code, through run's loop.
 *
 * A 64-bit guest's addresses are the host's, so the task maps the pages first and native.c puts its own over them: both
 * work on the same memory.  A 32-bit guest has its own in its window. */
#include "fuzz.h"
#include "../../pvm/run/foreign.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>

extern char fuzz_exit[];

static XTask *task;
static XThread *thread;
static struct sigaction on_segv, on_bus;
static End end;
static State stepped;
static u64 goal; /* the pc at which a sequence is over */

/* As machine.c counts steps. */
static bool on_step(u64 pc)
{
	if (pc - CODE_AT < 4096)
		fuzz_stepped(&stepped, pc);
	end = (End){ .vector = END_STEPS };
	return stepped.steps <= MOST_STEPS;
}

static bool on_trap(XThread *t, const XTrap *w)
{
	u8 buf[15];
	XInsn i = {0};
	bool cut;

	if (w->kind == XE_SYSCALL || w->kind == XE_INT80) {
		machine_no_call((Regfile *)(void *)t, xtask_mode(task));
		return true;
	}
	if (w->kind == XE_STEP)
		return on_step(w->pc);
	end = (End){ .vector = w->pc == goal && (w->kind == XE_UNIMPL || w->kind == XE_MEMORY) ? END_OK : fuzz_vector(w->kind), .addr = w->addr, .error = w->error, .exit = w->kind == XE_MEMORY && w->addr - w->pc < 15 ? XE_FETCH : w->kind };
	if (end.vector == END_UNIMPL && xguest_read(t, w->pc, buf, sizeof buf) && x86_decode(buf, sizeof buf, w->pc, xtask_mode(task), &i, &cut))
		end.op = i.op;
	return false;
}

static bool on_pending(XThread *t)
{
	end = (End){ .vector = END_TIMEOUT };
	return false;
}

static void on_alarm(int sig)
{
	xthread_kick(thread);
}

static void map_at(u64 at, u64 size, int prot)
{
	if (guest_map(task, &(XMapReq){ .at = at, .size = size, .prot = prot, .fd = -1, .fixed = true }) < 0)
		die(EXIT_VM, "fuzz: no guest memory at %llx", (unsigned long long)at);
}

void jit_init(enum XMode mode)
{
	XTaskOpts o = { .mode = mode, .exec = XEXEC_JIT, .hot = 1, .trap = on_trap, .pending = on_pending };
	Err e = {0};

	task = xtask_new(&o, &e);
	if (!task)
		die(e.status, "fuzz: %s", e.msg);
	map_at(CODE_AT, 4096, GP_READ | GP_EXEC | (mode == X86_32 ? GP_WRITE : 0));
	map_at(RO_AT, DATA_AT - RO_AT, GP_READ | GP_WRITE);
	map_at(DATA_AT, DATA_SIZE, GP_READ | GP_WRITE);
	thread = xthread_new(task);
	xguest_write(thread, RO_AT, fuzz_readonly(), DATA_AT - RO_AT);
	guest_protect(task, RO_AT, DATA_AT - RO_AT, GP_READ);
	sigaction(SIGSEGV, NULL, &on_segv);
	sigaction(SIGBUS, NULL, &on_bus);
}

/* In 64-bit mode native.c has put the sequence there, with a jump to fuzz_exit behind it. */
static void place(const Case *c, u32 size)
{
	static u8 code[4096];

	goal = (u64)(uintptr_t)fuzz_exit;
	guest_written(task, CODE_AT, 4096);
	if (c->mode == X86_64)
		return;
	fuzz_page(c, size, code);
	goal = CODE_AT + size;
	guest_protect(task, CODE_AT, 4096, GP_READ | GP_WRITE | GP_EXEC);
	xguest_write(thread, CODE_AT, code, sizeof code);
	guest_protect(task, CODE_AT, 4096, GP_READ | GP_EXEC);
	xguest_write(thread, DATA_AT, c->in.data, DATA_SIZE);
}

End jit_run(const Case *c, u32 size, State *out)
{
	Regfile *r = (Regfile *)(void *)thread;
	struct sigaction alarm = { .sa_handler = on_alarm, .sa_flags = SA_ONSTACK | SA_RESTART };

	machine_state_in(c, r);
	stepped.steps = 0;
	stepped.trace = 0;
	if (c->step)
		fuzz_stepped(&stepped, CODE_AT);
	place(c, size);
	r->slot[XS_PC] = CODE_AT;
	sigaction(SIGSEGV, &on_segv, NULL);
	sigaction(SIGBUS, &on_bus, NULL);
	sigaction(SIGVTALRM, &alarm, NULL);
	xthread_run(thread);
	native_signals();
	if (c->mode == X86_32)
		xguest_read(thread, DATA_AT, (u8 *)(uintptr_t)DATA_AT, DATA_SIZE);
	out->steps = stepped.steps;
	out->trace = stepped.trace;
	machine_state_out(r, out, end.vector == END_OK ? CODE_AT + size : r->slot[XS_PC]);
	return end;
}
