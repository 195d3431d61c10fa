/* The helper that executes one instruction on the register file: operands, memory, and the dispatch to families. */
#include "interpret.h"
#include "segment.h"

enum Family {
	FAM_NONE,
#define XF(family, fn) FAM_##family,
#include "families.def"
#undef XF
};

static XRunFn *const runs[] = {
#define XN(family, fn) [FAM_##family] = fn,
#include "interpret.def"
#undef XN
};

static const u8 family_of_row[] = {
	0,
#define X(op, map, pfx, opcode, mod, reg, rm, mode, o1, o2, o3, o4, access, attr, fr, fw, lower) FAM_##lower,
#include "x86.def"
#undef X
};

void xr_raise(XRun *r, XExit kind)
{
	r->t->trap(r->t, X86_RAISE + kind);
	die(EXIT_VM, "the trap of %s came back", x86_names[r->i.op]);
}

/* ---- registers ------------------------------------------------------------------------------------- */

u64 xr_reg(const XRun *r, unsigned n, unsigned size, bool high)
{
	return xr_low(r->t->slot[XS_GPR + n] >> (high ? 8 : 0), size);
}

void xr_set_reg(XRun *r, unsigned n, unsigned size, bool high, u64 v)
{
	u64 *s = &r->t->slot[XS_GPR + n];

	if (high)
		*s = (*s & ~0xff00ull) | (v & 0xff) << 8;
	else if (size < 4)
		*s = (*s & ~xr_low(~0ull, size)) | xr_low(v, size);
	else
		*s = xr_low(v, size);
}

/* ---- memory ---------------------------------------------------------------------------------------- */

u64 xr_ea(const XRun *r)
{
	const XInsn *i = &r->i;
	u64 a = (u64)i->disp;

	if (i->base == XB_RIP)
		a += i->pc + i->len;
	else if (i->base != XB_NONE)
		a += r->t->slot[XS_GPR + i->base];
	if (i->index != XB_NONE)
		a += r->t->slot[XS_GPR + i->index] * i->scale;
	return xr_low(a, i->asize);
}

u64 xr_linear(XRun *r, u64 offset, unsigned seg)
{
	r->seg = (u8)seg;
	if (seg >= XS_FS || r->i.mode == X86_32)
		offset += r->t->slot[XS_BASE + seg];
	return r->i.mode == X86_64 ? offset : (u32)offset;
}

u64 xr_stack(XRun *r, u64 offset)
{
	return xr_linear(r, offset, XS_SS);
}

void xr_check_code(XRun *r)
{
	if (r->i.seg == XS_CS && r->i.mode == X86_32)
		xr_raise(r, XE_GP);
}

u64 xr_place(XRun *r)
{
	return r->at ? *r->at : xr_linear(r, xr_ea(r), r->i.seg);
}

u64 xr_address(XRun *r)
{
	if (x86_writes_code(&r->i))
		xr_check_code(r);
	return xr_place(r);
}

static void check_access(XRun *r, u64 addr, u64 n, bool write, unsigned align)
{
	XAccess a = { .n = (u16)n, .align = r->aligned ? (u8)align : 1, .seg = r->seg, .write = write };
	XExit why = x86_check_access(r->t, addr, &a);

	if (why != XE_JUMP)
		xr_raise(r, why);
}

void xr_align(XRun *r, u64 addr, u64 n, bool write, unsigned unit)
{
	if (r->care)
		check_access(r, addr, n, write, unit);
}

u8 *xr_bytes(XRun *r, u64 addr, u64 n, bool write)
{
	Regfile *t = r->t;

	if (r->care)
		check_access(r, addr, n, write || x86_modifies(&r->i), x86_alignment(n));
	if (t->slot[XS_GUARD])
		((XGuardFn *)(uintptr_t)t->slot[XS_GUARD])(t, addr, n, write);
	return (u8 *)((uintptr_t)t->mem + (uintptr_t)addr);
}

u64 xr_after(const XRun *r, u64 addr, u64 n)
{
	return r->i.mode == X86_64 ? addr + n : (u32)(addr + n);
}

static void touch(u8 *p, bool write)
{
	if (write)
		__atomic_fetch_or(p, 0, __ATOMIC_RELAXED);
	else
		(void)*(volatile u8 *)p;
}

enum { PAGE = 4096 };

u8 *xr_probe(XRun *r, u64 addr, u64 n, bool write)
{
	u8 *p = xr_bytes(r, addr, n, write);

	touch(p, write);
	if (((addr ^ (addr + n - 1)) & ~(u64)(PAGE - 1)))
		touch(p + n - 1 - ((addr + n - 1) & (PAGE - 1)), write);
	return p;
}

static u64 read_bytes(const u8 *p, unsigned size)
{
	switch (size) {
	case 1: return *p;
	case 2: return ld16(p);
	case 4: return ld32(p);
	default: return ld64(p);
	}
}

static void write_bytes(u8 *p, unsigned size, u64 v)
{
	switch (size) {
	case 1: *p = (u8)v; break;
	case 2: st16(p, (u16)v); break;
	case 4: st32(p, (u32)v); break;
	default: st64(p, v);
	}
}

u64 xr_load(XRun *r, u64 addr, unsigned size)
{
	return read_bytes(xr_bytes(r, addr, size, false), size);
}

void xr_store(XRun *r, u64 addr, unsigned size, u64 v)
{
	write_bytes(xr_bytes(r, addr, size, true), size, v);
}

/* One compare-and-swap of host words; numbers are little-endian in guest memory. */
#define SWAP(type, conv) do { \
	type was = conv((type)old), to = conv((type)new); \
	return __atomic_compare_exchange_n((type *)(void *)p, &was, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
} while (0)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LE(v) (v)
#define LE16 LE
#define LE32 LE
#define LE64 LE
#else
#define LE16 __builtin_bswap16
#define LE32 __builtin_bswap32
#define LE64 __builtin_bswap64
#endif

/* Operands that are not aligned are atomic only on hosts whose own instructions are (x86); elsewhere all such swaps are
 * made under one lock, which orders them among themselves. */
static bool swap_unaligned(u8 *p, unsigned size, u64 old, u64 new)
{
	static int busy;
	bool same;

	while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
		;
	same = read_bytes(p, size) == old;
	if (same)
		write_bytes(p, size, new);
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	return same;
}

static bool swap_atomic(u8 *p, unsigned size, u64 old, u64 new)
{
	bool any_address = false;

#if defined __x86_64__ || defined __i386__
	any_address = true;
#endif
	if (!any_address && ((uintptr_t)p & (size - 1)))
		return swap_unaligned(p, size, old, new);
	switch (size) {
	case 1: return __atomic_compare_exchange_n(p, &(u8){ (u8)old }, (u8)new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	case 2: SWAP(u16, LE16);
	case 4: return swap32(p, &(u32){ LE32((u32)old) }, LE32((u32)new));
	default: SWAP(u64, LE64);
	}
}

bool xr_swap(XRun *r, u64 addr, unsigned size, u64 old, u64 new)
{
	u8 *p = xr_bytes(r, addr, size, true);

	if (r->i.lock || r->i.op == XI_XCHG)
		return swap_atomic(p, size, old, new);
	write_bytes(p, size, new);
	return true;
}

#if defined __x86_64__
/* gcc would call libatomic. */
static bool swap16(u8 *p, u64 lo, u64 hi, u64 lo2, u64 hi2)
{
	bool same;

	__asm__ volatile("lock cmpxchg16b %1" : "=@ccz"(same), "+m"(*(unsigned __int128 *)(void *)p), "+a"(lo), "+d"(hi) : "b"(lo2), "c"(hi2) : "memory");
	return same;
}
#else
/* Atomic among the swaps of this size only. */
static bool swap16(u8 *p, u64 lo, u64 hi, u64 lo2, u64 hi2)
{
	static int busy;
	bool same;

	while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
		;
	same = ld64(p) == lo && ld64(p + 8) == hi;
	if (same) {
		st64(p, lo2);
		st64(p + 8, hi2);
	}
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	return same;
}
#endif

bool xr_swap2(XRun *r, u8 *p, unsigned half, u64 lo, u64 hi, u64 lo2, u64 hi2)
{
	if (!r->i.lock) {
		write_bytes(p, half, lo2);
		write_bytes(p + half, half, hi2);
		return true;
	}
	return half == 4 ? swap_atomic(p, 8, lo | hi << 32, lo2 | hi2 << 32) : swap16(p, lo, hi, lo2, hi2);
}

/* The stack pointer moves when the store is done. */
void xr_push(XRun *r, unsigned size, u64 v)
{
	unsigned word = r->i.mode == X86_64 ? 8 : 4;
	u64 sp = xr_low(r->t->slot[XS_GPR + RSP] - size, word);

	xr_store(r, xr_stack(r, sp), size, v);
	r->t->slot[XS_GPR + RSP] = sp;
}

/* ---- operands -------------------------------------------------------------------------------------- */

u64 xr_read_at(XRun *r, unsigned k, u64 addr)
{
	const XOperand *o = &r->i.opnd[k];

	if (o->kind == XK_MEM)
		return xr_load(r, addr, o->size);
	if (o->kind == XK_REG)
		return o->cls == XC_SEG ? r->t->slot[XS_SEL + o->reg] : xr_reg(r, o->reg, o->size, o->cls == XC_GPR8H);
	bool second = false;
	for (unsigned j = 0; j < k; j++)
		second |= r->i.opnd[j].kind == XK_IMM;
	return second ? r->i.imm2 : r->i.imm;
}

void xr_write_at(XRun *r, unsigned k, u64 addr, u64 v)
{
	const XOperand *o = &r->i.opnd[k];

	if (o->kind == XK_MEM)
		xr_store(r, addr, o->size, v);
	else
		xr_set_reg(r, o->reg, o->size, o->cls == XC_GPR8H, v);
}

u64 xr_operand(XRun *r, unsigned k)
{
	return xr_read_at(r, k, r->i.opnd[k].kind == XK_MEM ? xr_address(r) : 0);
}

void xr_set_operand(XRun *r, unsigned k, u64 v)
{
	xr_write_at(r, k, r->i.opnd[k].kind == XK_MEM ? xr_address(r) : 0, v);
}

/* ---- flags ----------------------------------------------------------------------------------------- */

u32 xr_flags(const XRun *r)
{
	return x86_flags_bits(r->t);
}

void xr_set_flags(XRun *r, u32 mask, u32 bits)
{
	u32 old = mask == XF_ALL ? 0 : x86_flags_bits(r->t) & ~mask;

	x86_set_flags_bits(r->t, old | (bits & mask));
}

u32 xr_zsp(u64 v, unsigned size)
{
	v = xr_low(v, size);
	return (v == 0 ? XF_Z : 0) | (v >> (8 * size - 1) & 1 ? XF_S : 0) | (__builtin_parity((u32)v & 0xff) ? 0 : XF_P);
}

u32 xr_sub_flags(u64 a, u64 b, unsigned size)
{
	u64 d = xr_low(a - b, size);
	u32 o = (u32)(((a ^ b) & (a ^ d)) >> (8 * size - 1)) & 1;

	return xr_zsp(d, size) | (a < b ? XF_C : 0) | (o ? XF_O : 0) | ((a ^ b ^ d) & XF_A);
}

u64 xr_eflags(const XRun *r)
{
	const u64 *s = r->t->slot;

	return x86_flags_bits(r->t) | s[XS_DF] << 10 | s[XS_EFLAGS] | 2;
}

/* ---- the helper ------------------------------------------------------------------------------------ */

/* What was decoded lately, by place and bytes: decoding is most of what a short instruction takes here. */
typedef struct Decoded {
	u64 key[4]; /* the helper's arguments */
	XInsn i;
} Decoded;
enum { DECODED = 256 };

static bool decode(XRun *r, const u64 *args)
{
	static _Thread_local Decoded lately[DECODED];
	Decoded *d = &lately[(args[0] ^ args[0] >> 8) % DECODED];
	bool cut;

	if (memcmp(d->key, args, sizeof d->key) != 0) {
		d->key[3] = 0; /* no instruction's */
		if (!x86_decode(r->code, args[3] & 0xff, args[0], (enum XMode)(args[3] >> 8), &d->i, &cut))
			return false;
		memcpy(d->key, args, sizeof d->key);
	}
	r->i = d->i;
	return true;
}

void xr_begin(XRun *r, Regfile *t, const u64 *args)
{
	*r = (XRun){ .t = t, .aligned = t->slot[XS_EFLAGS] & X86_AC };
	st64(r->code, args[1]);
	st64(r->code + 8, args[2]);
	t->slot[XS_PC] = args[0];
	if (!decode(r, args))
		xr_raise(r, XE_UD);
	/* i386 programs have nothing in fs, which only its own accesses need know. */
	u64 used = 1u << r->i.seg | 1 << XS_ES | 1 << XS_SS | 1 << XS_DS;
	r->care = r->aligned || (t->slot[XS_CARE] & used);
}

u64 x86_help_interpret(Regfile *t, const u64 *args)
{
	XRun r;

	xr_begin(&r, t, args);
	u8 family = family_of_row[r.i.row];
	if (family >= COUNT(runs) || !runs[family])
		xr_raise(&r, XE_UNIMPL);
	runs[family](&r);
	return 0;
}
