/* The guest's x87 state in the host's own x87, for units that run x87 instructions there as they are.
 *
 * Layout of XSAVE's area: Intel SDM volume 1, 13.4.  The registers are in the order of the stack, as in FXSAVE. */
#include "xtask.h"
#include "xjit.h"

#if defined __x86_64__
#include <cpuid.h>
#include <ucontext.h>

enum { AREA = 576, STATE_X87 = 1 };

bool xfpu_usable(void)
{
	u32 a, b, c = 0, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c >> 27 & 1); /* OSXSAVE */
}

/* The first 160 bytes of an area, of which the host's instruction pointer stands for the guest's. */
static void take(XThread *t, const u8 *p)
{
	u64 *s = t->r.slot, fip = ld64(p + 8);
	u32 top = ld16(p + 2) >> 11 & 7;

	s[XS_FCW] = ld16(p);
	s[XS_FSW] = ld16(p + 2) & ~0x3800u;
	s[XS_FTOP] = top;
	s[XS_FTAG] = p[4];
	s[XS_FIP] = xjit_guest_pc(t, fip);
	for (u32 k = 0; k < 8; k++) {
		u64 *st = &s[XS_ST + 2 * ((top + k) & 7)];
		st[0] = ld64(p + 32 + 16 * k);
		st[1] = ld16(p + 40 + 16 * k);
	}
	t->r.fpu_live = 0;
}

static void give(const XThread *t, u8 *p)
{
	const u64 *s = t->r.slot;

	memset(p, 0, AREA);
	st16(p, (u16)s[XS_FCW]);
	st16(p + 2, (u16)((s[XS_FSW] & ~0x3800u) | (s[XS_FTOP] & 7) << 11));
	p[4] = (u8)s[XS_FTAG];
	st64(p + 8, s[XS_FIP]);
	for (u32 k = 0; k < 8; k++) {
		const u64 *st = &s[XS_ST + 2 * ((s[XS_FTOP] + k) & 7)];
		st64(p + 32 + 16 * k, st[0]);
		st16(p + 40 + 16 * k, (u16)st[1]);
	}
	st64(p + 512, STATE_X87);
}

/* What C code finds behind a save is an x87 as it is at a process's start. */
void xfpu_move(Regfile *r, bool load)
{
	_Alignas(64) u8 area[AREA];
	XThread *t = (XThread *)r;

	if (load) {
		give(t, area);
		r->fpu_live = 1;
		__asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(STATE_X87), "d"(0) : "memory");
	} else {
		__asm__ volatile("xsave64 (%0)\n\tfninit" : : "r"(area), "a"(STATE_X87), "d"(0) : "memory");
		take(t, area);
	}
}

void xfpu_of_signal(XThread *t, const void *uc)
{
	if (t->r.fpu_live)
		take(t, (const u8 *)((const ucontext_t *)uc)->uc_mcontext.fpregs);
}
#else
bool xfpu_usable(void) { return false; }
void xfpu_move(Regfile *r, bool load) {}
void xfpu_of_signal(XThread *t, const void *uc) {}
#endif
