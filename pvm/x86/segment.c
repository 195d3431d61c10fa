/* Segments: what descriptors say, loading a selector, and whether an access lies within its segment.
 *
 * Almost all programs have flat segments, of which only fs and gs have bases; then nothing here runs.  What is hidden in
 * a segment register stands in XS_HIDDEN where it is not flat, and a bit of XS_CARE says so: the run loop then executes
 * instructions one at a time, each with its checks.  Intel SDM volume 3, 3.4 and 5.3; selectors as Linux gives them. */
#include "interpret.h"
#include "segment.h"

#include <sched.h>

/* Linux's selectors of user segments; SEL_CPU's limit is the number of the processor. */
enum { SEL_CS32 = 0x23, SEL_DATA = 0x2b, SEL_CS64 = 0x33, SEL_TLS = 0x63, SEL_CPU = 0x7b };
enum { THERE = 1, ALL = 0xffffffff };

u32 x86_processor(void)
{
#if defined __linux__
	unsigned cpu = 0, node = 0;

	return getcpu(&cpu, &node) == 0 ? cpu | node << 12 : 0;
#else
	return 0;
#endif
}

static XSegment of_descriptor(u64 d)
{
	XSegment s = { .base = (u32)(d >> 16 & 0xffffff) | (u32)(d >> 56) << 24, .rights = (u32)(d >> 32) & 0xffff00 };

	s.limit = (u32)(d & 0xffff) | (u32)(d >> 32 & 0xf0000);
	if (s.rights & SEG_PAGES)
		s.limit = s.limit << 12 | 0xfff;
	return s;
}

u64 x86_descriptor(u32 base, u32 limit, u32 access, u32 flags)
{
	return (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)access << 40 | (u64)(limit >> 16 & 0xf) << 48 | (u64)flags << 52 | (u64)(base >> 24) << 56;
}

XSegment x86_segment(const Regfile *t, u64 sel)
{
	const XLdt *ldt = (const XLdt *)(uintptr_t)t->slot[XS_LDT];
	u64 tls = (sel >> 3 & 0x1fff) - (SEL_TLS >> 3);

	if (sel & 4)
		return of_descriptor(ldt && sel >> 3 < ldt->n ? ldt->desc[sel >> 3] : 0);
	switch (sel & 0xfff8) {
	case SEL_CS32 & ~3: return (XSegment){ 0, 0xcffb00, ALL };
	case SEL_DATA & ~3: return (XSegment){ 0, 0xcff300, ALL };
	case SEL_CS64 & ~3: return (XSegment){ 0, 0xaffb00, ALL };
	case SEL_CPU & ~3: return (XSegment){ 0, 0x40f500, x86_processor() };
	}
	return of_descriptor(tls < 3 ? t->slot[XS_TLS + tls] : 0);
}

/* ---- loading --------------------------------------------------------------------------------------- */

/* What the processor raises; XE_JUMP: nothing. */
static XExit refused(const XSegment *s, unsigned seg, u64 sel)
{
	bool code = s->rights & SEG_CODE, may = s->rights & SEG_WRITE, stack = seg == XS_SS;

	if (!s->rights || (code && !may) || (stack && (code || !may || (sel & 3) != 3)))
		return XE_GP;
	if (!(s->rights & SEG_PRESENT))
		return stack ? XE_SS : XE_NP;
	return XE_JUMP;
}

static bool is_flat(const XSegment *s, unsigned seg)
{
	bool plain = (s->rights & (SEG_CODE | SEG_WRITE | SEG_DOWN)) == SEG_WRITE && s->limit == ALL;

	return plain && (!s->base || seg >= XS_FS);
}

static void set(Regfile *t, unsigned seg, u64 sel, const XSegment *s, bool flat)
{
	u64 bit = 1ull << seg;

	t->slot[XS_SEL + seg] = sel;
	t->slot[XS_BASE + seg] = s->base;
	t->slot[XS_HIDDEN + seg] = flat ? 0 : s->limit | (u64)(s->rights | THERE) << 32;
	t->slot[XS_CARE] = (t->slot[XS_CARE] & ~bit) | (flat ? 0 : bit);
}

XExit x86_load_segment(Regfile *t, enum XMode mode, unsigned seg, u64 sel)
{
	XSegment s = x86_segment(t, sel &= 0xffff);

	if (sel <= 3 && seg != XS_SS) {
		set(t, seg, sel, &(XSegment){ 0 }, mode == X86_64);
		return XE_JUMP;
	}
	XExit why = refused(&s, seg, sel);
	if (why != XE_JUMP) {
		t->slot[XS_ERROR] = sel & ~3ull;
		return why;
	}
	if (seg == XS_SS && mode == X86_32 && !(s.rights & SEG_BIG)) /* stack pointers of 16 bits */
		return XE_UNIMPL;
	set(t, seg, sel, &s, mode == X86_64 || is_flat(&s, seg));
	return XE_JUMP;
}

/* ---- accesses -------------------------------------------------------------------------------------- */

/* n: 1 to 4096 bytes.  Behind the last of 4 GiB no segment goes on. */
static bool within(u64 hidden, u32 offset, u64 n, bool write)
{
	u32 rights = (u32)(hidden >> 32), limit = (u32)hidden;
	u64 last = (u64)offset + n - 1;

	if (!hidden)
		return last <= ALL;
	if (!(rights & SEG_PRESENT) || (write && ((rights & SEG_CODE) || !(rights & SEG_WRITE))))
		return false;
	if ((rights & (SEG_CODE | SEG_DOWN)) == SEG_DOWN)
		return offset > limit && last <= (rights & SEG_BIG ? ALL : 0xffff);
	return last <= limit;
}

static bool canonical(u64 a)
{
	return (u64)((i64)(a << 16) >> 16) == a;
}

XExit x86_check_access(const Regfile *t, u64 addr, const XAccess *a)
{
	const u64 *s = t->slot;

	if (a->whole && (addr & (a->n - 1u)))
		return XE_GP;
	if (s[XS_CARE] >> a->seg & 1 && !within(s[XS_HIDDEN + a->seg], (u32)(addr - s[XS_BASE + a->seg]), a->n, a->write))
		return a->seg == XS_SS ? XE_SS : XE_GP;
	return (s[XS_EFLAGS] & X86_AC) && (addr & (a->align - 1u)) && canonical(addr) ? XE_AC : XE_JUMP;
}

bool x86_vector_aligned(const XInsn *i)
{
	switch (i->op) {
	case XI_MOVUPS: case XI_MOVUPD: case XI_MOVDQU: case XI_LDDQU: case XI_PCMPESTRI: case XI_PCMPESTRM: case XI_PCMPISTRI: case XI_PCMPISTRM:
		return false;
	case XI_VMOVAPS: case XI_VMOVAPD: case XI_VMOVDQA: case XI_VMOVNTPS: case XI_VMOVNTPD: case XI_VMOVNTDQ: case XI_VMOVNTDQA:
		return true;
	}
	return !i->vex;
}

/* Arguments: the linear address, the instruction's pc, and the access as XAccess has it. */
u64 x86_help_check(Regfile *t, const u64 *args)
{
	XAccess a = { .n = (u16)args[2], .align = (u8)(args[2] >> 16), .seg = args[2] >> 24 & 7, .write = args[2] >> 27 & 1, .whole = args[2] >> 28 & 1 };
	XExit why = x86_check_access(t, args[0], &a);

	if (why != XE_JUMP) {
		t->slot[XS_PC] = args[1];
		t->trap(t, X86_RAISE + why);
	}
	return 0;
}

/* ---- what a fault was ------------------------------------------------------------------------------ */

bool x86_modifies(const XInsn *i)
{
	u32 n = 0, stores = 0;

	if (i->op == XI_ARPL || i->op == XI_POP) /* may leave it as it is; reads the stack first */
		return false;
	for (u32 k = 0; k < i->nopnd; k++) {
		n += i->opnd[k].kind == XK_MEM;
		stores += i->opnd[k].kind == XK_MEM && i->opnd[k].write;
	}
	return n == 1 && stores == 1;
}

static bool uses_stack(unsigned op)
{
	switch (op) {
	case XI_PUSH: case XI_POP: case XI_PUSHF: case XI_POPF: case XI_CALL: case XI_CALLF: case XI_RET: case XI_RETF: case XI_IRET:
	case XI_ENTER: case XI_LEAVE: return true;
	}
	return false;
}

/* An explicit operand comes first, if its address is one that faults. */
bool x86_faults_on_stack(Regfile *t, const XInsn *i)
{
	XRun r = { .t = t, .i = *i };

	for (u32 k = 0; k < i->nopnd; k++) {
		const XOperand *o = &i->opnd[k];
		if (o->kind != XK_MEM)
			continue;
		if (o->hidden) /* a string's */
			return false;
		if (o->size >= 16 && x86_vector_aligned(i) && (xr_place(&r) & (o->size - 1u)))
			return false;
		return (uses_stack(i->op) && canonical(xr_place(&r))) || i->seg == XS_SS;
	}
	return uses_stack(i->op);
}
