/* From a thunk to its handler: which row, the arguments by its signature, the call, the result; traces; and calls the other
 * way round. */
#include "w32.h"

#include <stdlib.h>

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9 };
enum { ARGS = 16, HOME = 32 };

/* ---- signatures -------------------------------------------------------------------------------------- */

typedef struct Sig {
	bool cdecl_, more, guest;
	u32 n;
	const char *arg;
	char result;
} Sig;

static Sig sig_parse(const char *s)
{
	Sig g = {0};

	for (; *s == '@' || *s == '!'; s++) {
		g.cdecl_ |= *s == '@';
		g.guest |= *s == '!';
	}
	g.arg = s;
	g.n = (u32)strcspn(s, ".:");
	g.more = s[g.n] == '.';
	g.result = s[g.n + (g.more ? 2 : 1)];
	return g;
}

static bool two_words(char letter)
{
	return letter == 'q' || letter == 'd';
}

u32 call_stack_bytes(const WRow *row)
{
	Sig g = sig_parse(row->sig);
	u32 n = 0;

	for (u32 i = 0; !g.cdecl_ && i < g.n; i++)
		n += two_words(g.arg[i]) ? 8 : 4;
	return n;
}

static u64 widen(char letter, u64 v, bool wide)
{
	switch (letter) {
	case 'i':
		return (u64)(i64)(i32)v;
	case 'u':
	case 'b':
	case 'f':
		return (u32)v;
	case 'h':
		return wide ? v : (u64)(i64)(i32)v;
	case 'q':
	case 'd':
		return v;
	default:
		return wide ? v : (u32)v;
	}
}

/* Arguments in rcx, rdx, r8, r9 or xmm0 to xmm3, then on the stack behind the room for these. */
static void args_64(WThread *t, const Sig *g, u64 *a)
{
	static const u8 reg[4] = {RCX, RDX, R8, R9};
	u64 sp = *xreg(t->x, RSP);

	for (u32 i = 0; g->more && i < 4; i++)
		mem_put_u64(t, sp + 8 + 8 * i, *xreg(t->x, reg[i]));
	t->va = sp + 8 + 8 * (u64)g->n;
	for (u32 i = 0; i < g->n; i++) {
		char c = g->arg[i];
		bool fp = c == 'f' || c == 'd';
		u64 v = i >= 4 ? mem_word(t, sp + 8 + 8 * i) : fp ? *xreg(t->x, XS_VEC + 4 * i) : *xreg(t->x, reg[i]);
		a[i] = widen(c, v, true);
	}
}

static void args_32(WThread *t, const Sig *g, u64 *a)
{
	u64 at = *xreg(t->x, RSP) + 4;

	for (u32 i = 0; i < g->n; i++) {
		u64 v = mem_u32(t, at);
		if (two_words(g->arg[i]))
			v |= (u64)mem_u32(t, at + 4) << 32;
		at += two_words(g->arg[i]) ? 8 : 4;
		a[i] = widen(g->arg[i], v, false);
	}
	t->va = at;
}

/* Pushes a double to the x87 stack. */
static void push_st(WThread *t, double d)
{
	u64 *s = (u64 *)(void *)xreg(t->x, 0), top = (s[XS_FTOP] - 1) & 7, bits = f64_u64(d), m = bits << 11 & ~((u64)1 << 63);
	u32 e = bits >> 52 & 0x7ff, sign = (u32)(bits >> 63) << 15;

	if (e == 0x7ff) {
		e = 0x7fff;
		m |= (u64)1 << 63;
	} else if (e) {
		e += 16383 - 1023;
		m |= (u64)1 << 63;
	} else if (m) { /* a denormal is a normal number here */
		u32 shift = (u32)__builtin_clzll(m);
		m <<= shift;
		e = 16383 - 1022 - shift;
	}
	s[XS_FTOP] = top;
	s[XS_FTAG] |= 1u << top;
	s[XS_ST + 2 * top] = m;
	s[XS_ST + 2 * top + 1] = sign | e;
}

static void set_result(WThread *t, char letter, u64 v)
{
	if (t->wide) {
		*xreg(t->x, letter == 'd' || letter == 'f' ? XS_VEC : RAX) = letter == 'u' || letter == 'b' ? (u32)v : v;
		return;
	}
	if (letter == 'd' || letter == 'f') {
		push_st(t, letter == 'd' ? u64_f64(v) : (double)u32_f32((u32)v));
		return;
	}
	*xreg(t->x, RAX) = (u32)v;
	if (letter == 'q')
		*xreg(t->x, RDX) = v >> 32;
}

/* ---- strings of arguments ------------------------------------------------------------------------------ */

char *arg_string(WThread *t, const u64 *a, u32 i)
{
	Sig g = sig_parse(t->row->sig);

	return g.arg[i] == 'w' ? mem_wstr(t, a[i]) : mem_str(t, a[i]);
}

bool row_wide(const WThread *t)
{
	Sig g = sig_parse(t->row->sig);

	return memchr(g.arg, 'w', g.n) || memchr(g.arg, 'W', g.n);
}

u64 out_string(WThread *t, u64 at, u64 room, const char *s)
{
	size_t n = strlen(s);

	if (!row_wide(t)) {
		if (n < room)
			memcpy(mem_out(t, at, n + 1), s, n + 1);
		return n;
	}
	size_t units = text_to_wide(s, n, NULL, 0);
	if (units < room) {
		u8 *to = mem_out(t, at, 2 * units + 2);
		text_to_wide(s, n, to, units);
		st16(to + 2 * units, 0);
	}
	return units;
}

/* ---- the trace -------------------------------------------------------------------------------------------- */

static bool traced(const WThread *t)
{
	const WinOpts *o = &t->task->o;

	return o->trace && (!o->trace_dll || strncmp(o->trace_dll, t->dll->name, strlen(o->trace_dll)) == 0);
}

/* Strings may be anything: they are shown only when they are there, and not too long. */
static void trace_string(WThread *t, u64 at, bool wide, Buf *out)
{
	char text[80];
	u32 n = 0;

	for (; n < sizeof text - 4; n++) {
		u8 c[2] = {0};
		if (!xguest_read(t->x, at + (wide ? 2 : 1) * (u64)n, c, wide ? 2 : 1))
			break;
		if (!ld16(c))
			break;
		text[n] = c[0] >= ' ' && c[0] < 127 && !c[1] ? (char)c[0] : '?';
	}
	buf_printf(out, "%s\"%.*s\"%s", wide ? "L" : "", (int)n, text, n == sizeof text - 4 ? "..." : "");
}

static void trace_value(WThread *t, char letter, u64 v, Buf *out)
{
	if ((letter == 's' || letter == 'w') && v)
		trace_string(t, v, letter == 'w', out);
	else if (letter == 'd')
		buf_printf(out, "%g", u64_f64(v));
	else if (letter == 'i' || letter == 'b')
		buf_printf(out, "%lld", (long long)(i32)v);
	else
		buf_printf(out, "%#llx", (unsigned long long)v);
}

static void trace_call(WThread *t, const Sig *g, const u64 *a)
{
	Buf out = {0};

	buf_printf(&out, "%.*s!%s(", (int)strcspn(t->dll->name, "."), t->dll->name, t->row->name ? t->row->name : "?");
	for (u32 i = 0; i < g->n; i++) {
		buf_printf(&out, i ? ", " : "");
		trace_value(t, g->arg[i], a[i], &out);
	}
	fprintf(t->task->trace, "%.*s)\n", (int)out.n, (char *)out.p);
	buf_free(&out);
}

static void trace_result(WThread *t, char letter, u64 v)
{
	Buf out = {0};

	if (letter == 'v')
		return;
	trace_value(t, letter, v, &out);
	fprintf(t->task->trace, "  = %.*s\n", (int)out.n, (char *)out.p);
	buf_free(&out);
}

/* ---- calls of guest code ------------------------------------------------------------------------------------- */

/* A function that is not there yet fails as its kind does, and the error says so. */
static u64 missing(WThread *t, char result)
{
	pthread_mutex_lock(&t->task->lock);
	u64 n = ++*map_put(&t->task->missing, (u64)(uintptr_t)t->row);
	pthread_mutex_unlock(&t->task->lock);
	if (n == 1 && t->task->o.trace)
		fprintf(t->task->trace, "%s!%s is not there yet\n", t->dll->name, t->row->name);
	error_set(t, W_CALL_NOT_IMPLEMENTED);
	switch (result) {
	case 'r':
		return 0x80004001; /* E_NOTIMPL */
	case 'n':
		return 0xc0000002; /* STATUS_NOT_IMPLEMENTED */
	case 'e':
		return W_CALL_NOT_IMPLEMENTED;
	case 'k':
		return ~(u64)0; /* SOCKET_ERROR */
	default:
		return 0;
	}
}

/* What is to be run for a row. */
typedef struct RowCall {
	const WDll *dll;
	const WRow *row;
} RowCall;

static bool run_row(WThread *t, const void *arg)
{
	const RowCall *c = arg;
	Sig g = sig_parse(c->row->sig);
	u64 a[ARGS] = {0};

	t->dll = c->dll;
	t->row = c->row;
	if (t->wide)
		args_64(t, &g, a);
	else
		args_32(t, &g, a);
	bool trace = traced(t);
	if (trace)
		trace_call(t, &g, a);
	u64 r = c->row->fn ? c->row->fn(t, a) : missing(t, g.result);
	if (trace)
		trace_result(t, g.result, r);
	if (!t->moved)
		set_result(t, g.result, r);
	t->moved = false;
	return !t->ended;
}

static bool raise_bad(WThread *t, const void *arg)
{
	const WFault *f = arg;

	if (!seh_access(t, f->at, f->write))
		process_die(t, (int)0xc0000005, "unhandled exception c0000005: %s!%s was given a bad pointer, %#llx", t->dll->name,
			t->row->name ? t->row->name : "?", (unsigned long long)f->at);
	return !t->ended;
}

/* A handler that was given a bad pointer is left, and the guest is told at the instruction that called; a handler of its own
 * may mend what is wrong and have it done again. */
static bool run_checked(WThread *t, const void *arg)
{
	WFault f, *up = t->fault;
	u64 sp = *xreg(t->x, RSP), pc = *xreg(t->x, XS_PC);
	u32 locked = t->locked;

	t->fault = &f;
	if (!_setjmp(f.env)) {
		bool on = run_row(t, arg);
		t->fault = up;
		return on;
	}
	t->fault = up;
	while (t->locked > locked)
		task_unlock(t);
	*xreg(t->x, RSP) = sp;
	*xreg(t->x, XS_PC) = pc - 2;
	return call_guarded(t, raise_bad, &f);
}

/* The guest has left the innermost call by the host, without coming back: by longjmp, or by handling an exception. */
static bool left(const WThread *t)
{
	return t->call && t->call->stack == t->stack_high && *xreg(t->x, RSP) > t->call->sp;
}

bool call_guarded(WThread *t, bool (*fn)(WThread *t, const void *arg), const void *arg)
{
	const WDll *dll = t->dll;
	const WRow *row = t->row;
	const WCall *exception = t->exception;
	WRecover rec = {.up = t->recover};
	WFault *fault = t->fault;
	bool on;

	t->recover = &rec;
	t->exception = NULL;
	if (!_setjmp(rec.env)) {
		on = fn(t, arg);
	} else { /* one call has been dropped: does the guest go on here? */
		t->dropped = left(t);
		on = !t->dropped && *xreg(t->x, XS_PC) != t->task->returned;
	}
	t->recover = rec.up;
	t->exception = exception;
	t->fault = fault;
	t->dll = dll;
	t->row = row;
	return on;
}

bool call_thunk(WThread *t)
{
	u32 number = (u32)*xreg(t->x, RAX);
	const WDll *dll = dll_by_index(number >> 16);
	u64 pc = *xreg(t->x, XS_PC);

	if (left(t)) { /* the instruction is begun again where it belongs; a return is complete */
		t->dropped = true;
		*xreg(t->x, XS_PC) = pc == t->task->returned ? pc : pc - 2;
		return false;
	}
	if (pc == t->task->returned && t->call)
		return false;
	if (!dll || (number & 0xffff) >= dll->nrow)
		process_die(t, EXIT_UNSUPPORTED, "a system call that Windows programs do not make, %#x", number);
	RowCall c = {dll, &dll->row[number & 0xffff]};
	return strchr(c.row->sig, '!') ? call_guarded(t, run_checked, &c) : run_checked(t, &c);
}

/* ---- calls by the host ------------------------------------------------------------------------------------------ */

static void push_args(WThread *t, u32 n, const u64 *args)
{
	static const u8 reg[4] = {RCX, RDX, R8, R9};
	u64 word = t->wide ? 8 : 4, room = t->wide ? MAX(n, 4u) : n, sp = *xreg(t->x, RSP);

	sp = ((sp - 256) & ~(u64)15) - ((room * word + 15) & ~(u64)15);
	for (u32 i = 0; i < n; i++) {
		mem_put_word(t, sp + word * i, args[i]);
		if (t->wide && i < 4)
			*xreg(t->x, reg[i]) = args[i];
	}
	sp -= word;
	mem_put_word(t, sp, t->task->returned - 2);
	*xreg(t->x, RSP) = sp;
}

u64 call_guest(WThread *t, u64 fn, u32 n, const u64 *args)
{
	WCall c = {.up = t->call, .sp = *xreg(t->x, RSP), .pc = *xreg(t->x, XS_PC), .stack = t->stack_high, .exception = t->exception != NULL};
	WFault *fault = t->fault;
	u64 va = t->va, result;

	memcpy(c.reg, xreg(t->x, 0), sizeof c.reg);
	if (t->exception) {
		memcpy(c.at, t->exception->at, sizeof c.at);
		c.at_pc = t->exception->at_pc;
	}
	push_args(t, n, args);
	*xreg(t->x, XS_PC) = fn;
	t->call = &c;
	t->fault = NULL;
	thread_leave(t);
	xthread_run(t->x);
	thread_enter(t);
	t->call = c.up;
	t->fault = fault;
	if (t->dropped && t->recover) {
		t->dropped = false;
		longjmp(t->recover->env, 1);
	}
	result = *xreg(t->x, RAX);
	memcpy(xreg(t->x, 0), c.reg, sizeof c.reg);
	*xreg(t->x, XS_PC) = c.pc;
	t->va = va;
	return result;
}
