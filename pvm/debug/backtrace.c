/* The calls that led to a foreign program's death: unwound by the tables that its files carry (.eh_frame, .debug_frame),
 * by frame pointers where there are none.  Names come from symbols, lines from DWARF. */
#include "debug.h"
#include "dwfl.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FRAMES = 64, SECONDS = 20, X64_REGS = 17, X32_REGS = 9 };

typedef struct Trace {
	XThread *x;
	const DwflApi *d;
	Dwfl *w;
	bool wide;
	FILE *out;
	u64 pc, sp, bp;    /* where unwinding begins */
	bool first;        /* pc is of an instruction, not behind a call */
	u32 shown, here;   /* frames printed in all; reached from where unwinding began */
} Trace;

/* Slots of the register file by DWARF's numbers (System V ABI, AMD64 and i386 supplements). */
static const u8 slots64[] = {0, 2, 1, 3, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15, XS_PC};
static const u8 slots32[] = {0, 1, 2, 3, 4, 5, 6, 7, XS_PC};

static u64 mask(const Trace *t, u64 v) { return t->wide ? v : (u32)v; }

static bool read_word(const Trace *t, u64 at, u64 *v)
{
	u8 raw[8] = {0};

	if (!xguest_read(t->x, mask(t, at), raw, t->wide ? 8 : 4))
		return false;
	*v = ld64(raw);
	return true;
}

/* ---- what libdw asks -------------------------------------------------------------------------------- */

static pid_t next_thread(Dwfl *w, void *ctx, void **arg)
{
	if (*arg)
		return 0;
	*arg = ctx;
	return 1;
}

static bool get_thread(Dwfl *w, pid_t tid, void *ctx, void **arg)
{
	*arg = ctx;
	return true;
}

static bool read_memory(Dwfl *w, Dwarf_Addr at, Dwarf_Word *v, void *ctx)
{
	u64 got;

	if (!read_word(ctx, at, &got))
		return false;
	*v = got;
	return true;
}

static bool set_registers(Dwfl_Thread *th, void *ctx)
{
	Trace *t = ctx;
	Dwarf_Word regs[X64_REGS];
	u32 n = t->wide ? X64_REGS : X32_REGS;

	for (u32 i = 0; i < n; i++) {
		u8 slot = t->wide ? slots64[i] : slots32[i];
		regs[i] = mask(t, slot == XS_PC ? t->pc : slot == 4 ? t->sp : slot == 5 ? t->bp : *xreg(t->x, slot));
	}
	t->d->dwfl_thread_state_register_pc(th, mask(t, t->pc));
	return t->d->dwfl_thread_state_registers(th, 0, n, regs);
}

/* ---- frames ------------------------------------------------------------------------------------------ */

static const char *object_at(Trace *t, u64 pc)
{
	XMapping m;

	return guest_mapping(xthread_task(t->x), pc, &m) && pc >= m.at && m.name && *m.name ? m.name : "?";
}

static void show(Trace *t, u64 pc, bool back)
{
	Buf b = {0};

	dwfl_place(t->d, t->w, pc, back, &b);
	fprintf(t->out, "  #%-2u 0x%0*llx %.*s%sin %s\n", t->shown++, t->wide ? 12 : 8, (unsigned long long)pc, (int)b.n, b.n ? (char *)b.p : "",
		b.n ? " " : "", object_at(t, pc));
	buf_free(&b);
}

static int on_frame(Dwfl_Frame *f, void *ctx)
{
	Trace *t = ctx;
	Dwarf_Addr pc;
	bool activation;

	if (!t->d->dwfl_frame_pc(f, &pc, &activation) || !pc || t->shown >= FRAMES)
		return DWARF_CB_ABORT;
	show(t, pc, t->here || !t->first ? !activation : false); /* an interrupted one was not left by a call */
	t->here++;
	return DWARF_CB_OK;
}

/* Goes from the frame where unwinding began to its caller without tables; false: the chain ends.  A pc that is nowhere was
 * called just now: its return address is on top of the stack. */
static bool step(Trace *t)
{
	u64 pc, bp = t->bp, word = t->wide ? 8 : 4;
	XMapping m;
	bool code = guest_mapping(xthread_task(t->x), t->pc, &m) && t->pc >= m.at && m.prot & GP_EXEC;


	if (!code && t->first) {
		if (!read_word(t, t->sp, &pc))
			return false;
		t->sp += word;
	} else {
		if (bp < t->sp || !read_word(t, bp, &t->bp) || !read_word(t, bp + word, &pc))
			return false;
		t->sp = bp + 2 * word;
	}
	t->pc = pc;
	t->first = false;
	return pc != 0;
}

/* Each round goes as far as the tables lead; where they lead nowhere, one step is made without them. */
static void walk(Trace *t)
{
	static const Dwfl_Thread_Callbacks calls = {
		.next_thread = next_thread, .get_thread = get_thread, .memory_read = read_memory, .set_initial_registers = set_registers
	};
	bool attached = t->d->dwfl_attach_state(t->w, NULL, 1, &calls, t);

	do {
		t->here = 0;
		if (attached)
			t->d->dwfl_getthread_frames(t->w, 1, on_frame, t);
		if (!t->here)
			show(t, t->pc, !t->first);
	} while (t->here <= 1 && t->shown < FRAMES && step(t));
}

/* ---- the files that are mapped --------------------------------------------------------------------------- */

/* The vDSO is a file that is nowhere but in memory. */
static void report_vdso(Trace *t, const XMapping *m)
{
	u8 page[GUEST_PAGE];
	int fd = memfd_create("vdso", 0);

	if (fd >= 0 && xguest_read(t->x, m->at, page, sizeof page) && write(fd, page, sizeof page) == sizeof page)
		t->d->dwfl_report_elf(t->w, m->name, m->name, fd, m->at, false); /* which takes the descriptor */
}

static void report(Trace *t)
{
	XMapping m;

	t->d->dwfl_report_begin(t->w);
	for (u64 at = 0; guest_mapping(xthread_task(t->x), at, &m); at = m.at + m.size)
		if (m.offset == 0 && m.name && m.name[0] == '/')
			t->d->dwfl_report_elf(t->w, m.name, m.name, -1, m.at, false);
		else if (m.name && strcmp(m.name, "[vdso]") == 0)
			report_vdso(t, &m);
	t->d->dwfl_report_end(t->w, NULL, NULL);
}

static int print(void *ctx)
{
	Trace *t = ctx;

	t->d = dwfl_api();
	if (!t->d || !(t->w = dwfl_session(t->d))) {
		fprintf(t->out, "pvm: no backtrace: libdw is not on this machine\n");
		return 1;
	}
	report(t);
	walk(t);
	t->d->dwfl_end(t->w);
	return 0;
}

void debug_backtrace(XThread *x, int sig)
{
	Trace t = {.x = x, .wide = xtask_mode(xthread_task(x)) == X86_64, .out = stderr, .first = true};

	t.pc = mask(&t, *xreg(x, XS_PC));
	t.sp = mask(&t, *xreg(x, XS_GPR + 4));
	t.bp = mask(&t, *xreg(x, XS_GPR + 5));
	fprintf(t.out, "pvm: SIG%s at %#llx; the calls, innermost first:\n", sigabbrev_np(sig) ? sigabbrev_np(sig) : "?", (unsigned long long)t.pc);
	if (dwfl_apart(print, &t, SECONDS) < 0)
		fprintf(t.out, "pvm: the backtrace ends here: libdw did not come to an end\n");
}
