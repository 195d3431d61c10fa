/* Registers as debuggers have them: user_regs_struct of both widths (sys/user.h, linux/elf.h). */
#include "layouts.h"

enum { USER_FLAGS = 0x50dd5 };
enum { FLAGS = 100, CALL, PC, CS, SS, FS_BASE, GS_BASE, DS, ES, FS, GS };

/* In order: numbers of general registers, and the rest by name. */
static const u8 order64[] = {15, 14, 13, 12, 5, 3, 11, 10, 9, 8, 0, 1, 2, 6, 7, CALL, PC, CS, FLAGS, 4, SS, FS_BASE, GS_BASE, DS, ES, FS, GS};
static const u8 order32[] = {3, 1, 2, 6, 7, 5, 0, DS, ES, FS, GS, CALL, PC, CS, FLAGS, 4, SS};

static u64 get(LThread *c, u8 r, i64 call)
{
	switch (r) {
	case FLAGS: return xthread_eflags(c->x);
	case CALL: return (u64)call;
	case PC: return *xreg(c->x, XS_PC);
	case CS: return *xreg(c->x, XS_SEL + XS_CS);
	case SS: return *xreg(c->x, XS_SEL + XS_SS);
	case FS_BASE: return *xreg(c->x, XS_BASE + XS_FS);
	case GS_BASE: return *xreg(c->x, XS_BASE + XS_GS);
	case DS: return *xreg(c->x, XS_SEL + XS_DS);
	case ES: return *xreg(c->x, XS_SEL + XS_ES);
	case FS: return *xreg(c->x, XS_SEL + XS_FS);
	case GS: return *xreg(c->x, XS_SEL + XS_GS);
	default: return *xreg(c->x, r);
	}
}

static void set_selector(LThread *c, u32 seg, u64 sel)
{
	if (*xreg(c->x, XS_SEL + seg) == (sel & 0xffff))
		return;
	if (c->wide)
		*xreg(c->x, XS_SEL + seg) = sel & 0xffff;
	else
		frame_set_segment(c, seg, (u32)sel);
}

static i64 set_base(LThread *c, u32 seg, u64 v)
{
	if (c->wide && v >> 47)
		return -EIO;
	if (c->wide)
		*xreg(c->x, XS_BASE + seg) = v;
	return 0;
}

/* Code and stack segments stay what they are. */
static i64 set(LThread *c, u8 r, u64 v, i64 *call)
{
	v = c->wide ? v : (u32)v;
	switch (r) {
	case FLAGS: xthread_set_eflags(c->x, (v & USER_FLAGS) | (xthread_eflags(c->x) & ~(u64)USER_FLAGS)); return 0;
	case CALL: *call = c->wide ? (i64)v : (i32)v; return 0;
	case PC: *xreg(c->x, XS_PC) = v; return 0;
	case CS:
	case SS: return 0;
	case FS_BASE: return set_base(c, XS_FS, v);
	case GS_BASE: return set_base(c, XS_GS, v);
	case DS: set_selector(c, XS_DS, v); return 0;
	case ES: set_selector(c, XS_ES, v); return 0;
	case FS: set_selector(c, XS_FS, v); return 0;
	case GS: set_selector(c, XS_GS, v); return 0;
	default: *xreg(c->x, r) = v; return 0;
	}
}

void regs_get(LThread *c, i64 call, bool wide, u8 *out)
{
	for (u32 i = 0; i < (wide ? COUNT(order64) : COUNT(order32)); i++) {
		if (wide)
			st64(out + 8 * i, get(c, order64[i], call));
		else
			st32(out + 4 * i, (u32)get(c, order32[i], call));
	}
}

i64 regs_set(LThread *c, i64 *call, bool wide, const u8 *in)
{
	i64 r = 0;

	for (u32 i = 0; r == 0 && i < (wide ? COUNT(order64) : COUNT(order32)); i++)
		r = set(c, wide ? order64[i] : order32[i], wide ? ld64(in + 8 * i) : (u64)(i64)(i32)ld32(in + 4 * i), call);
	return r;
}
