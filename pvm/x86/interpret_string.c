/* String instructions in C.  Repeated ones go page piece by page piece where they can; registers are exact between elements. */
#include "interpret.h"

enum { PAGE = 4096 };

typedef struct Str {
	XRun *r;
	unsigned size;
	i64 step;   /* of the pointers, by DF */
	u32 flags;  /* of the last comparison; a fault or a single step in the middle leaves those from before the instruction */
} Str;

static u64 at(Str *s, unsigned reg)
{
	const XInsn *i = &s->r->i;

	return xr_linear(s->r, xr_reg(s->r, reg, i->asize, false), reg == RSI ? i->seg : XS_ES);
}

static void advance(Str *s, unsigned reg, u64 n)
{
	unsigned asize = s->r->i.asize;

	xr_set_reg(s->r, reg, asize, false, xr_reg(s->r, reg, asize, false) + n * (u64)s->step);
}

/* ---- one element ----------------------------------------------------------------------------------- */

static void compare(Str *s, u64 a, u64 b)
{
	s->flags = xr_sub_flags(a, b, s->size);
}

static void movs(Str *s)
{
	u64 v = xr_load(s->r, at(s, RSI), s->size);

	xr_store(s->r, at(s, RDI), s->size, v);
	advance(s, RSI, 1);
	advance(s, RDI, 1);
}

static void cmps(Str *s)
{
	u64 b = xr_load(s->r, at(s, RDI), s->size); /* first, and so is what it raises */
	u64 a = xr_load(s->r, at(s, RSI), s->size);

	compare(s, a, b);
	advance(s, RSI, 1);
	advance(s, RDI, 1);
}

static void stos(Str *s)
{
	xr_store(s->r, at(s, RDI), s->size, xr_reg(s->r, RAX, s->size, false));
	advance(s, RDI, 1);
}

static void lods(Str *s)
{
	xr_set_reg(s->r, RAX, s->size, false, xr_load(s->r, at(s, RSI), s->size));
	advance(s, RSI, 1);
}

static void scas(Str *s)
{
	compare(s, xr_reg(s->r, RAX, s->size, false), xr_load(s->r, at(s, RDI), s->size));
	advance(s, RDI, 1);
}

static void element(Str *s)
{
	switch (s->r->i.op) {
	case XI_MOVS: movs(s); break;
	case XI_CMPS: cmps(s); break;
	case XI_STOS: stos(s); break;
	case XI_LODS: lods(s); break;
	default: scas(s);
	}
}

/* ---- many ------------------------------------------------------------------------------------------ */

/* Whole elements from addr to the end of its page, upwards; also short of the end of the address space. */
static u64 piece(Str *s, unsigned reg, u64 n)
{
	u64 a = at(s, reg), offset = xr_reg(s->r, reg, s->r->i.asize, false);
	u64 room = MIN(PAGE - a % PAGE, xr_low(~0ull, s->r->i.asize) - offset) / s->size;

	return MIN(n, room);
}

/* Moves as many elements as lie in one page each; 0 when the strings overlap so that the order of bytes matters. */
static u64 move_piece(Str *s, u64 n)
{
	u64 from = at(s, RSI), to = at(s, RDI);

	n = piece(s, RDI, piece(s, RSI, n));
	if (n == 0 || to - from < n * s->size)
		return 0;
	u64 rest = (n - 1) * s->size;
	movs(s); /* the first alone: if the page faults, it does so there */
	const u8 *p = xr_bytes(s->r, from + s->size, rest, false);
	memmove(xr_bytes(s->r, to + s->size, rest, true), p, rest);
	advance(s, RSI, n - 1);
	advance(s, RDI, n - 1);
	return n;
}

static u64 fill_piece(Str *s, u64 n)
{
	u64 v = xr_reg(s->r, RAX, s->size, false);

	n = piece(s, RDI, n);
	if (n == 0 || (s->size > 1 && v != (v & 0xff) * (xr_low(~0ull, s->size) / 0xff)))
		return 0;
	stos(s); /* the first alone, as above */
	memset(xr_bytes(s->r, at(s, RDI), (n - 1) * s->size, true), (int)(v & 0xff), (n - 1) * s->size);
	advance(s, RDI, n - 1);
	return n;
}

/* Compares bytes up to the one that ends the repetition, in one page each; how many. */
static u64 compare_piece(Str *s, u64 n)
{
	bool two = s->r->i.op == XI_CMPS, while_equal = s->r->i.rep == 0xf3;
	u8 al = (u8)xr_reg(s->r, RAX, 1, false);
	u64 k = 0;

	n = piece(s, RDI, two ? piece(s, RSI, n) : n);
	if (n == 0)
		return 0;
	const u8 *b = xr_bytes(s->r, at(s, RDI), n, false), *a = two ? xr_bytes(s->r, at(s, RSI), n, false) : NULL;
	if (two)
		while (k + 1 < n && (a[k] == b[k]) == while_equal)
			k++;
	else
		while (k + 1 < n && (al == b[k]) == while_equal)
			k++;
	compare(s, two ? a[k] : al, b[k]);
	if (two)
		advance(s, RSI, k + 1);
	advance(s, RDI, k + 1);
	return k + 1;
}

static bool stepping(const XRun *r)
{
	return r->t->slot[XS_EFLAGS] & X86_TF;
}

static u64 some(Str *s, u64 n)
{
	u64 done = 0;

	if (s->step > 0 && n > 1 && !stepping(s->r) && !s->r->care)
		switch (s->r->i.op) {
		case XI_MOVS: done = move_piece(s, n); break;
		case XI_STOS: done = fill_piece(s, n); break;
		case XI_CMPS: case XI_SCAS: done = s->size == 1 ? compare_piece(s, n) : 0; break;
		}
	if (!done) {
		element(s);
		done = 1;
	}
	return done;
}

static bool compares(const XRun *r)
{
	return r->i.op == XI_CMPS || r->i.op == XI_SCAS;
}

/* repe and repne stop a comparison, after the element. */
static bool stops(const Str *s)
{
	return compares(s->r) && !(s->flags & XF_Z) == (s->r->i.rep == 0xf3);
}

/* False: there is more to do, but it is the turn of a single step. */
static bool repeat(Str *s, unsigned asize)
{
	for (u64 n = xr_reg(s->r, RCX, asize, false); n; ) {
		n -= some(s, n);
		xr_set_reg(s->r, RCX, asize, false, n);
		if (stops(s))
			break;
		if (n && stepping(s->r))
			return false;
	}
	return true;
}

/* Of registers that a repetition takes as 32 bits in 64-bit mode processors clear the upper halves at once, before an access
 * that may fault and even if there is nothing to repeat; the pointers' only where something is stored. */
static void narrow(XRun *r)
{
	if (r->i.mode != X86_64 || r->i.asize != 4)
		return;
	xr_set_reg(r, RCX, 4, false, xr_reg(r, RCX, 4, false));
	if (r->i.op == XI_MOVS || r->i.op == XI_STOS)
		xr_set_reg(r, RDI, 4, false, xr_reg(r, RDI, 4, false));
	if (r->i.op == XI_MOVS)
		xr_set_reg(r, RSI, 4, false, xr_reg(r, RSI, 4, false));
}

void xr_string(XRun *r)
{
	Str s = { r, r->i.opnd[0].size, r->i.opnd[0].size, xr_flags(r) };

	if (r->t->slot[XS_DF])
		s.step = -s.step;
	bool done = true;
	if (r->i.rep) {
		narrow(r);
		done = repeat(&s, r->i.asize);
	} else {
		element(&s);
	}
	if (!done)
		return;
	*xr_slot(r, XS_PC) = r->i.pc + r->i.len;
	if (compares(r))
		xr_set_flags(r, XF_ALL, s.flags);
}

void xr_xlat(XRun *r)
{
	u64 a = xr_low(xr_reg(r, RBX, r->i.asize, false) + xr_reg(r, RAX, 1, false), r->i.asize);

	xr_set_reg(r, RAX, 1, false, xr_load(r, xr_linear(r, a, r->i.seg), 1));
}
