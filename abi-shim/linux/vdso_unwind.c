/* Unwind tables of the vDSO (.eh_frame and .eh_frame_hdr), so that C++'s exceptions, the cancelling of threads and debuggers
 * get from the kernel's entry and from handlers to their callers.
 *
 * Linux: arch/x86/entry/vdso/vdso32/{sigreturn,system_call}.S.  Format: Linux Standard Base, "Exception Frames"; DWARF 4, 6.4. */
#include "layouts.h"

enum { PCREL_SDATA4 = 0x1b, UDATA4 = 0x03, DATAREL_SDATA4 = 0x3b };
enum { ADVANCE = 0x40, OFFSET = 0x80, RESTORE = 0xc0, DEF_CFA = 0x0c, DEF_CFA_OFFSET = 0x0e, DEF_CFA_EXPRESSION = 0x0f, EXPRESSION = 0x10 };
enum { OP_DEREF = 0x06, OP_BREG4 = 0x74 };
enum { ECX = 1, EDX, EBX, ESP, EBP };

typedef struct Tables {
	Buf hdr, eh;      /* .eh_frame_hdr's rows; .eh_frame */
	u32 at, rows;     /* where the latter begins in the page */
	u32 cie[2];       /* offsets in eh: of functions, of signal frames */
	u32 fde;          /* of the one that is open */
	bool wide;
} Tables;

static void bytes(Buf *b, const u8 *p, u32 n)
{
	buf_bytes(b, p, n);
}
#define BYTES(b, ...) bytes(b, (const u8[]){__VA_ARGS__}, sizeof (const u8[]){__VA_ARGS__})

/* Fills up with no-operations and writes the length in front. */
static void close_entry(Tables *t, u32 begin)
{
	while (t->eh.n % 4)
		buf_u8(&t->eh, 0);
	st32(t->eh.p + begin, t->eh.n - begin - 4);
}

/* At a function's start the return address is on top of the stack. */
static u32 put_cie(Tables *t, const char *augmentation)
{
	u32 begin = t->eh.n;

	buf_u32(&t->eh, 0);
	buf_u32(&t->eh, 0);
	buf_u8(&t->eh, 1);
	buf_bytes(&t->eh, augmentation, strlen(augmentation) + 1);
	if (t->wide)
		BYTES(&t->eh, 1, 0x78 /* -8 */, 16, 1, PCREL_SDATA4, DEF_CFA, 7, 8, OFFSET | 16, 1);
	else
		BYTES(&t->eh, 1, 0x7c /* -4 */, 8, 1, PCREL_SDATA4, DEF_CFA, ESP, 4, OFFSET | 8, 1);
	close_entry(t, begin);
	return begin;
}

/* Code [from, from + size) of the page; its instructions follow, then close_entry. */
static void open_fde(Tables *t, bool signal, u32 from, u32 size)
{
	t->fde = t->eh.n;
	buf_u32(&t->hdr, from);
	buf_u32(&t->hdr, t->at + t->fde);
	t->rows++;
	buf_u32(&t->eh, 0);
	buf_u32(&t->eh, t->fde + 4 - t->cie[signal]);
	buf_u32(&t->eh, from - (t->at + t->fde + 8));
	buf_u32(&t->eh, size);
	buf_u8(&t->eh, 0);
}

/* Registers lie in a sigcontext at esp + at; two bytes hold any offset here. */
static void in_sigcontext(Tables *t, u32 at)
{
	static const u8 place[] = {44, 40, 36, 32, 28, 24, 20, 16, 56}; /* by DWARF's numbers, the return address last */

	for (u32 r = 0; r < COUNT(place); r++) {
		u32 v = at + place[r];
		if (r == ESP)
			BYTES(&t->eh, DEF_CFA_EXPRESSION, 4, OP_BREG4, (v & 127) | 128, v >> 7, OP_DEREF);
		else
			BYTES(&t->eh, EXPRESSION, r, 3, OP_BREG4, (v & 127) | 128, v >> 7);
	}
}

/* A row begins a byte early, since unwinders look for the byte before a return address. */
static void put_sigreturns(Tables *t, u32 old, u32 rt)
{
	enum { SIGNO = 4, RT_MCONTEXT = 4 + 4 + 4 + 128 + 4 + 4 + 12 };

	open_fde(t, true, old - 1, 1 + 8);
	in_sigcontext(t, SIGNO);
	buf_u8(&t->eh, ADVANCE | 2); /* pop eax */
	in_sigcontext(t, 0);
	close_entry(t, t->fde);
	open_fde(t, true, rt - 1, 1 + 7);
	in_sigcontext(t, RT_MCONTEXT);
	close_entry(t, t->fde);
}

/* push ecx, edx, ebp; a call of two bytes; pop ebp, edx, ecx; ret */
static void put_entry(Tables *t, u32 from)
{
	open_fde(t, false, from, 9);
	BYTES(&t->eh, ADVANCE | 1, DEF_CFA_OFFSET, 8, OFFSET | ECX, 2, ADVANCE | 1, DEF_CFA_OFFSET, 12, OFFSET | EDX, 3,
		ADVANCE | 1, DEF_CFA_OFFSET, 16, OFFSET | EBP, 4, ADVANCE | 3, DEF_CFA_OFFSET, 12, RESTORE | EBP,
		ADVANCE | 1, DEF_CFA_OFFSET, 8, RESTORE | EDX, ADVANCE | 1, DEF_CFA_OFFSET, 4, RESTORE | ECX);
	close_entry(t, t->fde);
}

/* A function that saves ebx for `size` - 2 bytes. */
static void put_call(Tables *t, u32 from, u32 size)
{
	open_fde(t, false, from, size);
	if (!t->wide)
		BYTES(&t->eh, ADVANCE | 1, DEF_CFA_OFFSET, 8, OFFSET | EBX, 2, ADVANCE | (size - 2), DEF_CFA_OFFSET, 4, RESTORE | EBX);
	close_entry(t, t->fde);
}

/* The header: where .eh_frame is, and its rows by address, all relative to the header itself. */
static u32 put_header(Tables *t, u8 *page, u32 at)
{
	static const u8 head[] = {1, PCREL_SDATA4, UDATA4, DATAREL_SDATA4};

	memcpy(page + at, head, sizeof head);
	st32(page + at + 4, t->at - (at + 4));
	st32(page + at + 8, t->rows);
	for (u32 i = 0; i < 2 * t->rows; i++)
		st32(page + at + 12 + 4 * i, ld32(t->hdr.p + 4 * i) - at);
	return 12 + 8 * t->rows;
}

u32 vdso_unwind(bool wide, u8 *page, u32 at, const VdsoCode *c)
{
	enum { HEADER = 128 }; /* room for 14 rows */
	Tables t = {.wide = wide, .at = at + HEADER};

	t.cie[0] = put_cie(&t, "zR");
	t.cie[1] = put_cie(&t, "zRS");
	for (u32 i = 0; i < c->ncall; i++)
		put_call(&t, c->call + i * c->slot, c->call_size);
	if (!wide) {
		put_entry(&t, c->entry);
		put_sigreturns(&t, c->sigreturn, c->rt_sigreturn);
	}
	buf_u32(&t.eh, 0);
	memcpy(page + t.at, t.eh.p, t.eh.n);
	u32 size = put_header(&t, page, at);
	buf_free(&t.eh);
	buf_free(&t.hdr);
	return size;
}
