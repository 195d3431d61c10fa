/* Walking up the stack of x86-64 by the tables of .pdata and .xdata. */
#include "seh.h"

enum { RSP = 4, R_XMM = 0x1a0 };
enum { PUSH_NONVOL, ALLOC_LARGE, ALLOC_SMALL, SET_FPREG, SAVE_NONVOL, SAVE_NONVOL_FAR, EPILOG, SPARE, SAVE_XMM128, SAVE_XMM128_FAR, PUSH_MACHFRAME };
enum { CHAINED = 4, CHAIN_MOST = 32 };

/* A function that the host has called returns to a thunk; what is above it is what called the host, or what was interrupted
 * by an exception. */
static void bridge(WThread *t, SehFrame *f)
{
	const WCall *c = t->call;

	while (c && c->sp < f->reg[RSP])
		c = c->up;
	if (c)
		memcpy(f->reg, c->exception ? c->at : c->reg, sizeof f->reg);
	f->pc = !c ? 0 : c->exception ? c->at_pc : c->pc;
}

/* Tables of programs that make code: RUNTIME_FUNCTIONs whose places count from base. */
typedef struct Dynamic {
	u64 table, base, low, high;
	u32 n;
} Dynamic;

static VEC(Dynamic) dynamic;
static pthread_mutex_t dynamic_lock = PTHREAD_MUTEX_INITIALIZER;

/* RUNTIME_FUNCTION: begin, end and unwind information, sorted.  Where it is, or n. */
static u32 search(const u8 *p, u32 n, u32 rva)
{
	for (u32 lo = 0, hi = n; lo < hi;) {
		u32 mid = lo + (hi - lo) / 2;
		if (rva < ld32(p + 12 * mid))
			hi = mid;
		else if (rva >= ld32(p + 12 * mid + 4))
			lo = mid + 1;
		else
			return mid;
	}
	return n;
}

static void lookup_dynamic(WThread *t, SehFrame *f)
{
	Dynamic d = {0};

	pthread_mutex_lock(&dynamic_lock);
	for (u32 i = 0; i < dynamic.n; i++)
		if (f->pc >= dynamic.p[i].low && f->pc < dynamic.p[i].high)
			d = dynamic.p[i];
	pthread_mutex_unlock(&dynamic_lock);
	if (!d.n || f->pc - d.base > UINT32_MAX)
		return;
	u32 i = search(mem_in(t, d.table, 12 * (u64)d.n), d.n, (u32)(f->pc - d.base));
	f->base = d.base;
	f->entry = i < d.n ? d.table + 12 * (u64)i : 0;
}

void seh_lookup(WThread *t, SehFrame *f)
{
	while (f->pc == t->task->returned - 2)
		bridge(t, f);
	const WModule *m = module_at(t->task, f->pc);
	PeMap map = m && !m->dll ? module_map(t, m) : (PeMap){0};

	f->base = m ? m->base : 0;
	f->entry = 0;
	if (!m)
		lookup_dynamic(t, f);
	if (!map.p)
		return;
	u32 at = m->image.dir[PE_DIR_EXCEPTION].at, n = m->image.dir[PE_DIR_EXCEPTION].size / 12;
	const u8 *p = pe_at(&map, at, (u64)n * 12);
	u32 i = p ? search(p, n, (u32)(f->pc - m->base)) : n;
	if (i < n)
		f->entry = m->base + at + 12 * i;
}

static void add_dynamic(const Dynamic *d)
{
	pthread_mutex_lock(&dynamic_lock);
	vec_push(&dynamic, *d);
	pthread_mutex_unlock(&dynamic_lock);
}

static bool remove_dynamic(u64 table)
{
	bool found = false;

	pthread_mutex_lock(&dynamic_lock);
	for (u32 i = 0; i < dynamic.n && !found; i++)
		if (dynamic.p[i].table == table) {
			dynamic.p[i] = dynamic.p[--dynamic.n];
			found = true;
		}
	pthread_mutex_unlock(&dynamic_lock);
	return found;
}

u64 w_RtlAddFunctionTable(WThread *t, const u64 *a)
{
	Dynamic d = {.table = a[0], .n = (u32)MIN(a[1], 1u << 24), .base = a[2], .low = ~(u64)0};

	for (u32 i = 0; i < d.n; i++) {
		const u8 *p = mem_in(t, a[0] + 12 * (u64)i, 12);
		d.low = MIN(d.low, a[2] + ld32(p));
		d.high = MAX(d.high, a[2] + ld32(p + 4));
	}
	add_dynamic(&d);
	return 1;
}

u64 w_RtlDeleteFunctionTable(WThread *t, const u64 *a) { return remove_dynamic(a[0]); }

/* (&handle, table, entries, room, low, high): the table's address is its handle. */
u64 w_RtlAddGrowableFunctionTable(WThread *t, const u64 *a)
{
	Dynamic d = {.table = a[1], .n = (u32)a[2], .base = a[4], .low = a[4], .high = a[5]};

	add_dynamic(&d);
	mem_put_word(t, a[0], a[1]);
	return 0;
}

u64 w_RtlGrowFunctionTable(WThread *t, const u64 *a)
{
	pthread_mutex_lock(&dynamic_lock);
	for (u32 i = 0; i < dynamic.n; i++)
		if (dynamic.p[i].table == a[0])
			dynamic.p[i].n = (u32)a[1];
	pthread_mutex_unlock(&dynamic_lock);
	return 0;
}

u64 w_RtlDeleteGrowableFunctionTable(WThread *t, const u64 *a)
{
	remove_dynamic(a[0]);
	return 0;
}

static u32 slots_of(u32 op, u32 info)
{
	switch (op) {
	case ALLOC_LARGE:
		return info ? 3 : 2;
	case SAVE_NONVOL:
	case SAVE_XMM128:
	case EPILOG:
		return 2;
	case SAVE_NONVOL_FAR:
	case SAVE_XMM128_FAR:
		return 3;
	default:
		return 1;
	}
}

/* One operation of a prologue, undone.  p: its code, with the operands behind it. */
static bool undo(WThread *t, SehFrame *f, const u8 *p, u32 op, u32 info, u32 fp_reg, u32 fp_off, bool *machine)
{
	u64 base = f->frame;

	switch (op) {
	case PUSH_NONVOL:
		f->reg[info] = mem_word(t, f->reg[RSP]);
		f->reg[RSP] += 8;
		return true;
	case ALLOC_LARGE:
		f->reg[RSP] += info ? ld32(p + 2) : 8u * ld16(p + 2);
		return true;
	case ALLOC_SMALL:
		f->reg[RSP] += 8 * info + 8;
		return true;
	case SET_FPREG:
		f->reg[RSP] = f->reg[fp_reg] - fp_off;
		return true;
	case SAVE_NONVOL:
		f->reg[info] = mem_word(t, base + 8 * (u64)ld16(p + 2));
		return true;
	case SAVE_NONVOL_FAR:
		f->reg[info] = mem_word(t, base + ld32(p + 2));
		return true;
	case SAVE_XMM128:
	case SAVE_XMM128_FAR: { /* vectors live in the thread: handlers do not look at them before the target is reached */
		u64 at = base + (op == SAVE_XMM128 ? 16 * (u64)ld16(p + 2) : ld32(p + 2));
		*xreg(t->x, XS_VEC + 4 * info) = mem_word(t, at);
		*xreg(t->x, XS_VEC + 4 * info + 1) = mem_word(t, at + 8);
		return true;
	}
	case PUSH_MACHFRAME:
		f->reg[RSP] += 8 * info;
		f->pc = mem_word(t, f->reg[RSP]);
		f->reg[RSP] = mem_word(t, f->reg[RSP] + 24);
		*machine = true;
		return true;
	default:
		return op == EPILOG || op == SPARE;
	}
}

/* All operations of one piece of unwind information that had been done at pc; *next: the chained entry, or 0. */
static bool undo_info(WThread *t, SehFrame *f, u64 entry, u32 kind, bool first, bool *machine, u64 *next)
{
	const u8 *e = mem_in(t, entry, 12);
	u64 at = f->base + ld32(e + 8);
	u32 begin = ld32(e), offset = first ? (u32)(f->pc - f->base) - begin : ~0u;
	const u8 *u = mem_in(t, at, 4);
	u32 flags = u[0] >> 3, n = u[2], fp_reg = u[3] & 15, fp_off = (u[3] >> 4) * 16;
	const u8 *code = mem_in(t, at + 4, 2 * n);
	bool in_body = offset >= u[1];

	if (first)
		f->frame = fp_reg && in_body ? f->reg[fp_reg] - fp_off : f->reg[RSP];
	for (u32 i = 0; i < n; i += slots_of(code[2 * i + 1] & 15, code[2 * i + 1] >> 4)) {
		const u8 *p = code + 2 * i;
		u32 op = p[1] & 15, info = p[1] >> 4;
		if (i + slots_of(op, info) > n)
			return false;
		if (offset >= p[0] && !undo(t, f, p, op, info, fp_reg, fp_off, machine))
			return false;
	}
	u64 tail = at + 4 + 2 * ((n + 1) & ~1u);
	*next = flags & CHAINED ? tail : 0;
	if (!(flags & CHAINED) && flags & kind && in_body) {
		f->handler = f->base + mem_u32(t, tail);
		f->data = tail + 4;
	}
	return true;
}

/* ---- epilogues: what is left of one is done as the processor would do it ------------------------------------- */

static bool peek(WThread *t, u64 at, u8 c[8])
{
	memset(c, 0, 8);
	return xguest_reach(t->x, at, 8, GP_READ) ? xguest_read(t->x, at, c, MIN(xguest_reach(t->x, at, 8, GP_READ), (u64)8)) : false;
}

/* add rsp, N or lea rsp, [frame register + N]; bytes of it, 0: it is neither. */
static u32 undo_frame(SehFrame *f, const u8 c[8], u32 fp_reg)
{
	bool small = c[1] == 0x83, lea = (c[0] & 0xfe) == 0x48 && c[1] == 0x8d && (c[2] & 0x38) == 0x20;

	if (c[0] == 0x48 && (small || c[1] == 0x81) && c[2] == 0xc4) {
		f->reg[RSP] += (u64)(i64)(small ? (i8)c[3] : (i32)ld32(c + 3));
		return small ? 4 : 7;
	}
	u32 reg = (c[2] & 7u) | (c[0] & 1u) << 3, mod = c[2] >> 6;
	if (!lea || !fp_reg || reg != fp_reg || (mod != 1 && mod != 2) || (reg & 7) == 4)
		return 0;
	f->reg[RSP] = f->reg[reg] + (u64)(i64)(mod == 1 ? (i8)c[3] : (i32)ld32(c + 3));
	return mod == 1 ? 4 : 7;
}

/* A return, or a jump to another function. */
static bool leaves(const SehFrame *f, u64 at, const u8 c[8], u32 begin, u32 end)
{
	u64 to = c[0] == 0xeb ? at + 2 + (u64)(i64)(i8)c[1] : at + 5 + (u64)(i64)(i32)ld32(c + 1);

	if (c[0] == 0xc3 || c[0] == 0xc2 || (c[0] == 0xf3 && c[1] == 0xc3))
		return true;
	if (c[0] == 0xeb || c[0] == 0xe9)
		return to - f->base < begin || to - f->base >= end;
	return (c[0] == 0xff && c[1] == 0x25) || (c[0] == 0x48 && c[1] == 0xff && (c[2] & 0x38) == 0x20);
}

/* True if pc stands in an epilogue; the frame is then as at its last instruction.  Source: Microsoft, "x64 prolog and epilog". */
static bool finish_epilogue(WThread *t, SehFrame *f)
{
	const u8 *e = mem_in(t, f->entry, 12), *u = mem_in(t, f->base + ld32(e + 8), 4);
	u32 begin = ld32(e), end = ld32(e + 4);
	SehFrame g = *f;
	u64 at = f->pc;
	u8 c[8];

	if (at - f->base - begin < u[1] || !peek(t, at, c))
		return false;
	at += undo_frame(&g, c, u[3] & 15);
	for (; peek(t, at, c) && ((c[0] & 0xf8) == 0x58 || (c[0] == 0x41 && (c[1] & 0xf8) == 0x58)); at += c[0] == 0x41 ? 2 : 1) {
		if (g.reg[RSP] < t->stack_low || g.reg[RSP] + 8 > t->stack_high)
			return false;
		g.reg[c[0] == 0x41 ? 8 + (c[1] & 7) : c[0] & 7] = mem_word(t, g.reg[RSP]);
		g.reg[RSP] += 8;
	}
	if (!leaves(f, at, c, begin, end))
		return false;
	*f = g;
	return true;
}

bool seh_unwind(WThread *t, SehFrame *f, u32 kind)
{
	bool machine = false;
	u64 old = f->reg[RSP];

	f->handler = f->data = 0;
	f->frame = f->reg[RSP];
	bool ending = f->entry && finish_epilogue(t, f);
	for (u64 entry = ending ? 0 : f->entry, k = 0, next; entry; entry = next, k++)
		if (k == CHAIN_MOST || !undo_info(t, f, entry, kind, k == 0, &machine, &next))
			return false;
	if (!machine) {
		if (f->reg[RSP] < t->stack_low || f->reg[RSP] + 8 > t->stack_high)
			return false;
		f->pc = mem_word(t, f->reg[RSP]);
		f->reg[RSP] += 8;
	}
	return f->reg[RSP] > old && f->pc;
}

/* ---- for programs that walk by themselves ---------------------------------------------------------------- */

u64 w_RtlLookupFunctionEntry(WThread *t, const u64 *a)
{
	SehFrame f = {.pc = a[0]};

	seh_lookup(t, &f);
	if (a[1])
		mem_put_word(t, a[1], f.base);
	return f.entry;
}

u64 w_RtlVirtualUnwind(WThread *t, const u64 *a)
{
	SehFrame f;

	seh_frame_read(t, a[4], &f);
	f.base = a[1];
	f.pc = a[2];
	f.entry = a[3];
	if (!seh_unwind(t, &f, (u32)a[0]))
		f.pc = 0;
	if (a[5])
		mem_put_word(t, a[5], f.data);
	if (a[6])
		mem_put_word(t, a[6], f.frame);
	seh_frame_write(t, a[4], &f);
	return f.handler;
}

u64 w_RtlPcToFileHeader(WThread *t, const u64 *a)
{
	const WModule *m = module_at(t->task, a[0]);

	mem_put_word(t, a[1], m ? m->base : 0);
	return m ? m->base : 0;
}
