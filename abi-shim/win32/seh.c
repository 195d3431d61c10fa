/* Structured exceptions: raising, finding who handles, unwinding to him.
 *
 * On i386 handlers stand in a chain on the stack that begins at fs:[0]; on x86-64 they are found by the tables of each
 * function.  A handler that takes an exception never comes back here: it goes on elsewhere, and the calls that led to it are
 * dropped when the guest next asks for something (call.c). */
#include "seh.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };
enum { UNW_E = 1, UNW_U = 2, INFO_MOST = 15 };
enum { CONTEXT64 = 0x4d0, CONTEXT32 = 0x2cc, RECORD64 = 152, RECORD32 = 80 };
enum { ACCESS_VIOLATION = (int)0xc0000005, STATUS_UNWIND = (int)0xc0000027, CONSOLIDATE = (int)0x80000029 };

u64 seh_context_size(const WThread *t) { return t->wide ? CONTEXT64 : CONTEXT32; }
u64 seh_record_size(const WThread *t) { return t->wide ? RECORD64 : RECORD32; }

/* ---- contexts ------------------------------------------------------------------------------------------ */

/* Where i386's CONTEXT has the registers, in the processor's order. */
static const u16 place32[8] = {0xb0, 0xac, 0xa8, 0xa4, 0xc4, 0xb4, 0xa0, 0x9c};

void seh_frame_read(WThread *t, u64 context, SehFrame *f)
{
	memset(f, 0, sizeof *f);
	for (u32 i = 0; i < 16; i++)
		f->reg[i] = mem_word(t, context + 0x78 + 8 * i);
	f->pc = mem_word(t, context + 0xf8);
}

void seh_frame_write(WThread *t, u64 context, const SehFrame *f)
{
	for (u32 i = 0; i < 16; i++)
		mem_put_word(t, context + 0x78 + 8 * i, f->reg[i]);
	mem_put_word(t, context + 0xf8, f->pc);
}

static void put_word(const WThread *t, u8 *p, u64 v)
{
	if (t->wide)
		st64(p, v);
	else
		st32(p, (u32)v);
}

void seh_put(WThread *of, u8 *p)
{
	bool wide = of->wide;

	memset(p, 0, seh_context_size(of));
	st32(p + (wide ? 0x30 : 0), wide ? 0x10000f : 0x1003f);
	st32(p + (wide ? 0x44 : 0xc0), (u32)xthread_eflags(of->x));
	for (u32 i = 0; i < (wide ? 16u : 8u); i++)
		put_word(of, p + (wide ? 0x78 + 8 * i : place32[i]), *xreg(of->x, i));
	put_word(of, p + (wide ? 0xf8 : 0xb8), *xreg(of->x, XS_PC));
	st16(p + (wide ? 0x38 : 0xbc), (u16)*xreg(of->x, XS_SEL + XS_CS));
	st16(p + (wide ? 0x42 : 0xc8), (u16)*xreg(of->x, XS_SEL + XS_SS));
	for (u32 i = 0; !wide && i < 4; i++)
		st32(p + 0x8c + 4 * i, (u32)*xreg(of->x, XS_SEL + (u32[]){XS_GS, XS_FS, XS_ES, XS_DS}[i]));
	if (!wide)
		return;
	st32(p + 0x34, (u32)*xreg(of->x, XS_MXCSR));
	st16(p + 0x100, (u16)*xreg(of->x, XS_FCW));
	st32(p + 0x118, (u32)*xreg(of->x, XS_MXCSR));
	for (u32 i = 0; i < 16; i++) {
		st64(p + 0x1a0 + 16 * i, *xreg(of->x, XS_VEC + 4 * i));
		st64(p + 0x1a8 + 16 * i, *xreg(of->x, XS_VEC + 4 * i + 1));
	}
}

/* Which parts a register belongs to: i386 counts ebp among those of control. */
static u32 part_of(const WThread *t, u32 reg)
{
	return reg == RSP || (!t->wide && reg == RBP) ? SEH_CONTROL : SEH_INTEGER;
}

void seh_get(WThread *of, const u8 *p, u32 parts)
{
	bool wide = of->wide;

	for (u32 i = 0; i < (wide ? 16u : 8u); i++)
		if (parts & part_of(of, i))
			*xreg(of->x, i) = wide ? ld64(p + 0x78 + 8 * i) : ld32(p + place32[i]);
	if (parts & SEH_CONTROL) {
		*xreg(of->x, XS_PC) = wide ? ld64(p + 0xf8) : ld32(p + 0xb8);
		xthread_set_eflags(of->x, ld32(p + (wide ? 0x44 : 0xc0)));
	}
	for (u32 i = 0; wide && parts & SEH_FLOATING && i < 16; i++) {
		*xreg(of->x, XS_VEC + 4 * i) = ld64(p + 0x1a0 + 16 * i);
		*xreg(of->x, XS_VEC + 4 * i + 1) = ld64(p + 0x1a8 + 16 * i);
	}
}

void seh_save(WThread *t, u64 c)
{
	seh_put(t, mem_out(t, c, seh_context_size(t)));
}

void seh_restore(WThread *t, u64 c)
{
	seh_get(t, mem_in(t, c, seh_context_size(t)), SEH_CONTROL | SEH_INTEGER | SEH_FLOATING);
	t->moved = true;
}

static void record_put(WThread *t, u64 r, u32 code, u32 flags, u64 pc, u32 n, const u64 *info)
{
	u64 word = t->wide ? 8 : 4;

	memset(mem_out(t, r, seh_record_size(t)), 0, seh_record_size(t));
	mem_put_u32(t, r, code);
	mem_put_u32(t, r + 4, flags);
	mem_put_word(t, r + 8 + word, pc);
	mem_put_u32(t, r + 8 + 2 * word, n);
	for (u32 i = 0; i < n; i++)
		mem_put_word(t, r + (t->wide ? 0x20 : 0x14) + word * i, info[i]);
}

static u32 record_flags(WThread *t, u64 r, u32 set)
{
	u32 v = mem_u32(t, r + 4) | set;

	mem_put_u32(t, r + 4, v);
	return v;
}

/* ---- who handles it ---------------------------------------------------------------------------------------- */

/* i386: frames are {next, handler}; the last is all ones. */
static bool dispatch_32(WThread *t, u64 record, u64 context)
{
	u64 frame = mem_u32(t, t->teb), scratch = *xreg(t->x, RSP);

	for (; frame != 0xffffffff && frame >= t->stack_low && frame + 8 <= t->stack_high && !(frame & 3); frame = mem_u32(t, frame))
		if ((u32)call_guest(t, mem_u32(t, frame + 4), 4, (u64[]){record, frame, context, scratch}) == SEH_CONTINUE)
			return true;
	return false;
}

/* DISPATCHER_CONTEXT of x86-64. */
static void put_dispatcher(WThread *t, u64 d, u64 pc, const SehFrame *f, u64 target, u64 context)
{
	const u64 v[] = {pc, f->base, f->entry, f->frame, target, context, f->handler, f->data, 0, 0};

	for (u32 i = 0; i < COUNT(v); i++)
		mem_put_word(t, d + 8 * i, v[i]);
}

static bool dispatch_64(WThread *t, u64 record, u64 context, u64 scratch)
{
	u64 walk = scratch, dispatcher = scratch + CONTEXT64;
	SehFrame f;

	seh_frame_read(t, context, &f);
	memcpy(mem_out(t, walk, CONTEXT64), mem_in(t, context, CONTEXT64), CONTEXT64);
	for (bool more = true; more;) {
		u64 pc = f.pc;
		seh_lookup(t, &f);
		more = seh_unwind(t, &f, UNW_E);
		if (!f.handler)
			continue;
		seh_frame_write(t, walk, &f);
		put_dispatcher(t, dispatcher, pc, &f, 0, walk);
		if ((u32)call_guest(t, f.handler, 4, (u64[]){record, f.frame, context, dispatcher}) == SEH_CONTINUE)
			return true;
	}
	return false;
}

/* Handlers of the whole process, asked first; then those of the stack; then the filter.  True: go on with the context. */
static bool dispatch(WThread *t, u64 record, u64 context, u64 scratch)
{
	u64 pointers = scratch + CONTEXT64 + 0x60;
	WTask *k = t->task;

	mem_put_word(t, pointers, record);
	mem_put_word(t, pointers + (t->wide ? 8 : 4), context);
	for (u32 i = 0; i < k->nveh; i++)
		if ((i32)call_guest(t, k->veh[i], 1, &pointers) == -1)
			return true;
	if (t->wide ? dispatch_64(t, record, context, scratch) : dispatch_32(t, record, context))
		return true;
	return k->filter && (i32)call_guest(t, k->filter, 1, &pointers) == -1;
}

/* Context and record go below the stack's top, with room for the walk. */
static bool raise_(WThread *t, u32 code, u32 flags, u64 pc, u32 n, const u64 *info)
{
	enum { SCRATCH = CONTEXT64 + 0x100 };
	u64 sp = *xreg(t->x, RSP);
	u64 context = (sp - 256 - seh_context_size(t)) & ~(u64)15, record = (context - seh_record_size(t)) & ~(u64)15, scratch = record - SCRATCH;

	if (scratch < t->stack_low + GUEST_PAGE)
		return false; /* the stack is used up */
	WCall here = {.at_pc = *xreg(t->x, XS_PC)};
	memcpy(here.at, xreg(t->x, 0), sizeof here.at);
	seh_save(t, context);
	record_put(t, record, code, flags, pc, n, info);
	*xreg(t->x, RSP) = scratch;
	t->exception = &here;
	if (!dispatch(t, record, context, scratch))
		return false;
	seh_restore(t, context);
	return true;
}

bool seh_fault(WThread *t, const XTrap *w)
{
	static const struct { u8 kind; u32 code; } map[] = {
		{XE_MEMORY, 0xc0000005}, {XE_GP, 0xc0000005}, {XE_UD, 0xc000001d}, {XE_DE, 0xc0000094}, {XE_INT3, 0x80000003}, {XE_STEP, 0x80000004},
		{XE_FPE, 0xc0000090}, {XE_SIMD, 0xc00002b5}, {XE_BOUND, 0xc000008c}, {XE_INTO, 0xc0000095}, {XE_HLT, 0xc0000096}, {XE_FETCH, 0xc0000005}
	};
	u64 info[2] = {w->write, w->kind == XE_GP ? ~(u64)0 : w->addr};
	u32 i = 0;

	while (i < COUNT(map) && map[i].kind != w->kind)
		i++;
	if (i == COUNT(map))
		return false;
	u64 pc = w->kind == XE_INT3 ? w->pc - 1 : w->pc;
	*xreg(t->x, XS_PC) = pc;
	bool ok = raise_(t, map[i].code, 0, pc, map[i].code == 0xc0000005 ? 2 : 0, info);
	t->moved = false;
	return ok;
}

bool seh_access(WThread *t, u64 at, bool write)
{
	const u64 info[2] = {write, at};
	bool ok = raise_(t, (u32)ACCESS_VIOLATION, 0, *xreg(t->x, XS_PC), 2, info);

	t->moved = false;
	return ok;
}

/* The last resort as a function: the program's filter, or the end that an exception without any handler has. */
u64 w_UnhandledExceptionFilter(WThread *t, const u64 *a)
{
	u32 code = mem_u32(t, mem_word(t, a[0]));
	u64 r = t->task->filter ? call_guest(t, t->task->filter, 1, a) & 0xffffffff : 0;

	if (r)
		return r;
	process_die(t, (int)code, "unhandled exception %08x", code);
}

u64 w_RaiseFailFastException(WThread *t, const u64 *a)
{
	u32 code = a[0] ? mem_u32(t, a[0]) : 0xc0000602;

	process_die(t, (int)code, "unhandled exception %08x: the program gives up", code);
}

u64 w_RaiseException(WThread *t, const u64 *a)
{
	u64 info[INFO_MOST], word = t->wide ? 8 : 4;
	u32 n = a[3] ? (u32)MIN(a[2], (u64)INFO_MOST) : 0;

	for (u32 i = 0; i < n; i++)
		info[i] = mem_word(t, a[3] + word * i);
	/* As if the caller had stopped behind its call. */
	u64 ret = mem_word(t, *xreg(t->x, RSP));
	*xreg(t->x, RSP) += t->wide ? 8 : 4 + call_stack_bytes(t->row);
	*xreg(t->x, XS_PC) = ret;
	if (!raise_(t, (u32)a[0], (u32)a[1] & SEH_NONCONTINUABLE, ret, n, info))
		process_die(t, (int)a[0], "unhandled exception %08x", (u32)a[0]);
	return 0;
}

/* As RaiseException, from a record. */
u64 w_RtlRaiseException(WThread *t, const u64 *a)
{
	u64 word = t->wide ? 8 : 4;

	return w_RaiseException(t, (u64[]){mem_u32(t, a[0]), mem_u32(t, a[0] + 4), mem_u32(t, a[0] + 8 + 2 * word), a[0] + (t->wide ? 0x20 : 0x14)});
}

/* ---- unwinding ------------------------------------------------------------------------------------------------- */

/* i386: tells all handlers down to the target's, and takes them off; comes back to its caller. */
u64 w_RtlUnwind(WThread *t, const u64 *a)
{
	u64 sp = *xreg(t->x, RSP), context = (sp - 512 - CONTEXT32) & ~(u64)15, record = a[2], frame = mem_u32(t, t->teb);

	if (t->wide)
		return w_RtlUnwindEx(t, a);
	seh_save(t, context);
	if (!record) {
		record = context - 128;
		record_put(t, record, (u32)STATUS_UNWIND, 0, mem_u32(t, sp), 0, NULL);
	}
	record_flags(t, record, SEH_UNWINDING | (a[0] ? 0 : SEH_EXIT_UNWIND));
	*xreg(t->x, RSP) = context - 256;
	for (; frame != 0xffffffff && frame != a[0]; frame = mem_u32(t, t->teb)) {
		if (frame < t->stack_low || frame + 8 > t->stack_high)
			break;
		call_guest(t, mem_u32(t, frame + 4), 4, (u64[]){record, frame, context, context - 192});
		mem_put_u32(t, t->teb, mem_u32(t, frame));
	}
	*xreg(t->x, RSP) = sp;
	return a[3];
}

/* What a consolidated unwind has to call first: info[0], which gives the address to go on at. */
static u64 consolidate(WThread *t, u64 record)
{
	return call_guest(t, mem_word(t, record + 0x20), 1, &record);
}

/* Tells the handlers of all frames to the target, and goes on there; arguments as RtlUnwindEx has them.  `last`, if there is one,
 * runs on top of the stack when the target is reached, and says where to go on: while it runs, its callers are those of the target. */
u64 seh_unwind_to(WThread *t, const u64 *a, u64 (*at_last)(WThread *t, void *arg), void *arg)
{
	u64 sp = *xreg(t->x, RSP), context = t->row->fn == w_RtlUnwindEx && a[4] ? a[4] : (sp - 512 - CONTEXT64) & ~(u64)15;
	u64 work = (MIN(sp, context) - 1024 - 2 * CONTEXT64) & ~(u64)15, record = a[2], dispatcher = work + CONTEXT64;
	SehFrame f;

	if (work < t->stack_low + GUEST_PAGE)
		process_die(t, STATUS_UNWIND, "no stack is left to unwind");
	*xreg(t->x, XS_PC) = mem_word(t, sp);
	*xreg(t->x, RSP) = sp + 8;
	seh_save(t, context);
	if (!record) {
		record = dispatcher + 0x80;
		record_put(t, record, (u32)STATUS_UNWIND, 0, *xreg(t->x, XS_PC), 0, NULL);
	}
	WCall caller = {.at_pc = *xreg(t->x, XS_PC)}; /* where handlers are told from: they may walk the stack, too */
	memcpy(caller.at, xreg(t->x, 0), sizeof caller.at);
	t->exception = &caller;
	*xreg(t->x, RSP) = work;
	seh_frame_read(t, context, &f);
	for (;;) {
		seh_lookup(t, &f);
		SehFrame here = f;
		u64 pc = f.pc;
		bool more = seh_unwind(t, &f, UNW_U), last = f.frame == a[0];
		record_flags(t, record, SEH_UNWINDING | (last ? SEH_TARGET : 0) | (a[0] ? 0 : SEH_EXIT_UNWIND));
		if (f.handler) {
			here.reg[RAX] = a[3];
			seh_frame_write(t, context, &here);
			put_dispatcher(t, dispatcher, pc, &f, a[1], context);
			call_guest(t, f.handler, 4, (u64[]){record, f.frame, context, dispatcher});
		}
		if (!last && !more)
			process_die(t, STATUS_UNWIND, "an exception's target is not on the stack");
		if (last && !f.handler)
			seh_frame_write(t, context, &here); /* a handler of the target may have changed registers there */
		if (last)
			break;
	}
	bool first = mem_u32(t, record) == (u32)CONSOLIDATE;
	if (first || at_last) {
		seh_frame_read(t, context, &f);
		memcpy(caller.at, f.reg, sizeof caller.at);
		caller.at_pc = f.pc;
	}
	u64 to = at_last ? at_last(t, arg) : first ? consolidate(t, record) : a[1];
	seh_restore(t, context);
	*xreg(t->x, RAX) = a[3];
	*xreg(t->x, XS_PC) = to;
	return 0;
}

u64 w_RtlUnwindEx(WThread *t, const u64 *a) { return seh_unwind_to(t, a, NULL, NULL); }

/* The handler of C's __try: {how many, then begin, end, filter or final function, where to go on}.  A filter of 1 takes
 * everything; without a place to go on it is a __finally. */
u64 w_C_specific_handler(WThread *t, const u64 *a)
{
	u64 base = mem_word(t, a[3] + 8), pc = mem_word(t, a[3]) - base, table = mem_word(t, a[3] + 0x38);
	u32 flags = mem_u32(t, a[0] + 4), n = MIN(mem_u32(t, table), 10000u);

	for (u32 i = mem_u32(t, a[3] + 0x48); i < n; i++) {
		const u8 *s = mem_in(t, table + 4 + 16 * i, 16);
		u32 begin = ld32(s), end = ld32(s + 4), fn = ld32(s + 8), to = ld32(s + 12);
		if (pc < begin || pc >= end)
			continue;
		if (flags & (SEH_UNWINDING | SEH_EXIT_UNWIND)) {
			u64 target = mem_word(t, a[3] + 0x20) - base;
			if (flags & SEH_TARGET && target >= begin && target < end)
				return SEH_SEARCH;
			mem_put_u32(t, a[3] + 0x48, i + 1);
			if (!to)
				call_guest(t, base + fn, 2, (u64[]){1, a[1]});
			continue;
		}
		u64 pointers[2] = {a[0], a[2]}, at = *xreg(t->x, RSP) - 64;
		mem_put_word(t, at, pointers[0]);
		mem_put_word(t, at + 8, pointers[1]);
		i32 answer = !to ? 0 : fn == 1 ? 1 : (i32)call_guest(t, base + fn, 2, (u64[]){at, a[1]});
		if (answer < 0)
			return SEH_CONTINUE;
		if (answer > 0)
			return w_RtlUnwindEx(t, (u64[]){a[1], base + to, a[0], mem_u32(t, a[0]), 0, 0});
	}
	return SEH_SEARCH;
}

u64 w_RtlRestoreContext(WThread *t, const u64 *a)
{
	seh_restore(t, a[0]);
	return 0;
}

u64 w_RtlCaptureContext(WThread *t, const u64 *a)
{
	u64 sp = *xreg(t->x, RSP), pc = *xreg(t->x, XS_PC);

	*xreg(t->x, XS_PC) = mem_word(t, sp);
	*xreg(t->x, RSP) = sp + 8; /* i386: the return address and the argument */
	seh_save(t, a[0]);
	*xreg(t->x, RSP) = sp;
	*xreg(t->x, XS_PC) = pc;
	return 0;
}

u64 w_AddVectoredExceptionHandler(WThread *t, const u64 *a)
{
	WTask *k = t->task;

	if (k->nveh == COUNT(k->veh))
		return 0;
	if (a[0]) {
		memmove(k->veh + 1, k->veh, k->nveh++ * sizeof *k->veh);
		k->veh[0] = a[1];
	} else {
		k->veh[k->nveh++] = a[1];
	}
	return a[1];
}

u64 w_RemoveVectoredExceptionHandler(WThread *t, const u64 *a)
{
	WTask *k = t->task;

	for (u32 i = 0; i < k->nveh; i++)
		if (k->veh[i] == a[0]) {
			memmove(k->veh + i, k->veh + i + 1, (--k->nveh - i) * sizeof *k->veh);
			return 1;
		}
	return 0;
}
