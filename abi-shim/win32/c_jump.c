/* msvcrt: setjmp and longjmp.  The buffer has Microsoft's layout, which unwinders and debuggers know. */
#include "crt.h"

enum { RBX = 3, RSP = 4, RBP, RSI, RDI };

/* x86-64: frame, then these at multiples of 8; rip at 80, mxcsr at 88, xmm6 to xmm15 from 96 on. */
static const u8 kept64[] = {RBX, RSP, RBP, RSI, RDI, 12, 13, 14, 15};
/* i386: in the order of the buffer; eip behind esp, then the chain of handlers. */
static const u8 kept32[] = {RBP, RBX, RDI, RSI, RSP};

u64 w_setjmp(WThread *t, const u64 *a)
{
	u64 sp = *xreg(t->x, RSP), ret = mem_word(t, sp);

	if (!t->wide) {
		for (u32 i = 0; i < COUNT(kept32); i++)
			mem_put_u32(t, a[0] + 4 * i, (u32)(kept32[i] == RSP ? sp + 4 : *xreg(t->x, kept32[i])));
		mem_put_u32(t, a[0] + 20, (u32)ret);
		mem_put_u32(t, a[0] + 24, mem_u32(t, t->teb));
		return 0;
	}
	mem_put_word(t, a[0], a[1]);
	for (u32 i = 0; i < COUNT(kept64); i++)
		mem_put_word(t, a[0] + 8 + 8 * i, kept64[i] == RSP ? sp + 8 : *xreg(t->x, kept64[i]));
	mem_put_word(t, a[0] + 80, ret);
	mem_put_u32(t, a[0] + 88, (u32)*xreg(t->x, XS_MXCSR));
	for (u32 i = 6; i < 16; i++) {
		mem_put_word(t, a[0] + 16 * i, *xreg(t->x, XS_VEC + 4 * i));
		mem_put_word(t, a[0] + 16 * i + 8, *xreg(t->x, XS_VEC + 4 * i + 1));
	}
	return 0;
}

u64 w_longjmp(WThread *t, const u64 *a)
{
	u32 word = t->wide ? 8 : 4;

	for (u32 i = 0; i < (t->wide ? COUNT(kept64) : COUNT(kept32)); i++)
		*xreg(t->x, t->wide ? kept64[i] : kept32[i]) = mem_word(t, a[0] + (t->wide ? 8 : 0) + word * i);
	*xreg(t->x, XS_PC) = mem_word(t, a[0] + (t->wide ? 80 : 20));
	if (!t->wide)
		mem_put_u32(t, t->teb, mem_u32(t, a[0] + 24));
	for (u32 i = 6; t->wide && i < 16; i++) {
		*xreg(t->x, XS_VEC + 4 * i) = mem_word(t, a[0] + 16 * i);
		*xreg(t->x, XS_VEC + 4 * i + 1) = mem_word(t, a[0] + 16 * i + 8);
	}
	*xreg(t->x, 0) = (u32)a[1] ? (u32)a[1] : 1;
	t->moved = true;
	return 0;
}
