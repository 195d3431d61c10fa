/* What the processor did and what pvm did with the same sequence: the same, or how they differ. */
#include "fuzz.h"
#include "../../pvm/x86/flags.h"

bool fuzz_jit;

static const char *vector_name(int v)
{
	static const char *const names[] = { "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "9", "#TS", "#NP", "#SS", "#GP",
		"#PF", "15", "#MF", "#AC", "#MC", "#XM" };

	if (v >= 0 && v < (int)COUNT(names))
		return names[v];
	return v == END_OK ? "end" : v == END_TIMEOUT ? "timeout" : v == END_UNIMPL ? "unimplemented" : v == END_STEPS ? "many steps" : "other exit";
}

static bool canonical(u64 a)
{
	return (u64)((i64)(a << 16) >> 16) == a;
}

/* masked: of bytes under a mask processors name the first of 8 or of all, masked or not.  An address beyond the 48 bits is #GP, or #SS, on the CPU; here it is an address like another. */
static bool same_end(End cpu, End vm, bool masked)
{
	bool coded = (cpu.vector >= 11 && cpu.vector <= 13) || (cpu.vector == 14 && fuzz_jit);

	if ((cpu.vector == 13 || cpu.vector == 12) && vm.vector == 14 && !canonical(vm.addr) && !fuzz_jit)
		return true;
	if (coded && cpu.vector == vm.vector && cpu.error != vm.error)
		return false;
	return cpu.vector == vm.vector && (cpu.vector != 14 || cpu.addr == vm.addr || (masked && cpu.addr >> 5 == vm.addr >> 5));
}

/* Sequences that say nothing: endless ones, and those that read or run their own code, which only one side maps. */
static bool void_case(End cpu, End vm)
{
	if (cpu.vector == END_TIMEOUT || vm.vector == END_TIMEOUT)
		return true;
	if (vm.vector == 14 && vm.addr >= CODE_AT && vm.addr < LOW_AT + 0x1000)
		return true;
	return (cpu.vector == 13 && vm.vector == 14 && vm.exit == XE_FETCH) || (cpu.vector == 14 && cpu.addr >= CODE_AT && cpu.addr < LOW_AT + 0x1000);
}

static void say(Verdict *v, const char *what, u32 n, u64 cpu, u64 vm)
{
	if (!v->why[0])
		snprintf(v->why, sizeof v->why, "%s%u: cpu %llx, pvm %llx", what, n, (unsigned long long)cpu, (unsigned long long)vm);
}

/* Numbers that differ by one unit in the last place. */
static bool neighbours(const u8 *a, const u8 *b)
{
	u64 x = ld64(a), y = ld64(b);
	bool same_exponent = ld16(a + 8) == ld16(b + 8), border = x << 1 == 0 || y << 1 == 0;

	return same_exponent ? x - y + 1 <= 2 : border && (ld16(a + 8) - ld16(b + 8) + 1u) <= 2;
}

/* loose: without C1, for which way such a neighbour was rounded. */
static void compare_x87(Verdict *v, const u8 *a, const u8 *b, bool loose)
{
	u16 codes = loose ? (u16)~0x200 : 0xffff;

	if (ld16(a) != ld16(b))
		say(v, "fcw ", 0, ld16(a), ld16(b));
	if ((ld16(a + 2) ^ ld16(b + 2)) & codes)
		say(v, "fsw ", 0, ld16(a + 2), ld16(b + 2));
	if (a[4] != b[4])
		say(v, "ftw ", 0, a[4], b[4]);
	for (u32 k = 0; k < 8; k++) {
		const u8 *x = a + 32 + 16 * k, *y = b + 32 + 16 * k;
		if (loose && neighbours(x, y))
			continue;
		if (ld64(x) != ld64(y))
			say(v, "st low ", k, ld64(x), ld64(y));
		if (ld16(x + 8) != ld16(y + 8))
			say(v, "st high ", k, ld16(x + 8), ld16(y + 8));
	}
}

static void compare_fx(Verdict *v, const u8 *a, const u8 *b, const Case *c)
{
	u32 n = c->mode == X86_64 ? 16 : 8;

	compare_x87(v, a, b, x86_soft_x87 && fuzz_loose(c));
	if (ld32(a + 24) != ld32(b + 24))
		say(v, "mxcsr ", 0, ld32(a + 24), ld32(b + 24));
	for (u32 k = 0; k < n * 4; k++) {
		u32 at = (k & 2 ? 576 : 160) + 16 * (k / 4) + 8 * (k & 1);
		if (ld64(a + at) != ld64(b + at))
			say(v, k & 2 ? k & 1 ? "ymm[3] " : "ymm[2] " : k & 1 ? "xmm[1] " : "xmm[0] ", k / 4, ld64(a + at), ld64(b + at));
	}
}

static void compare_state(Verdict *v, const State *a, const State *b, const Case *c, End cpu_end)
{
	u64 mask = c->mode == X86_64 ? ~0ull : 0xffffffff;
	u64 fl = (XF_ALL | 0x400 | X86_AC | 0x200000) & ~(u64)(cpu_end.vector != END_OK ? c->undefined_on_fault : c->undefined);

	for (u32 k = 0; k < (c->mode == X86_64 ? 16u : 8u); k++)
		if ((a->gpr[k] ^ b->gpr[k]) & mask)
			say(v, "register ", k, a->gpr[k] & mask, b->gpr[k] & mask);
	if ((a->pc ^ b->pc) & mask)
		say(v, "pc ", 0, a->pc, b->pc);
	for (u32 k = 0; k < 6; k++)
		if (a->sel[k] != b->sel[k] && k != XS_CS && (a->sel[k] > 3 || b->sel[k] > 3)) /* an interrupt makes 1 to 3 zero */
			say(v, "selector ", k, a->sel[k], b->sel[k]);
	if (c->mode == X86_64 && (a->fs != b->fs || a->gs != b->gs))
		say(v, a->fs != b->fs ? "fs base " : "gs base ", 0, a->fs != b->fs ? a->fs : a->gs, a->fs != b->fs ? b->fs : b->gs);
	bool lieu = cpu_end.vector >= 12 && cpu_end.vector <= 14 && a->steps == b->steps + 1 && fuzz_gathers(c); /* a trap in lieu of the fault, which comes again */
	if (c->step && !lieu && (a->steps != b->steps || a->trace != b->trace))
		say(v, "steps ", 0, a->steps, b->steps);
	if ((a->flags ^ b->flags) & fl)
		say(v, "flags ", 0, a->flags & fl, b->flags & fl);
	if (memcmp(a->data, b->data, DATA_SIZE))
		for (u32 k = 0; k < DATA_SIZE; k++)
			if (a->data[k] != b->data[k])
				say(v, "memory at ", DATA_AT + k, a->data[k], b->data[k]);
	compare_fx(v, a->fx, b->fx, c);
}

static bool decode_at(const State *s, enum XMode mode, XInsn *i)
{
	const u8 *code = (const u8 *)(uintptr_t)s->pc;
	bool cut;

	return s->pc - CODE_AT < 4096 && x86_decode(code, MIN(15, CODE_AT + 4096 - s->pc), s->pc, mode, i, &cut);
}

/* Whether the instruction that raised is one that the kernel does; with which address, and as what, it faults then is the
 * kernel's way of copying. */
static bool by_kernel(const State *s, enum XMode mode)
{
	XInsn i;

	return decode_at(s, mode, &i) && (i.op == XI_SGDT || i.op == XI_SIDT || i.op == XI_SLDT || i.op == XI_STR || i.op == XI_SMSW);
}

/* The kernel's idea of limits is not the processor's. */
static bool segments_are_odd(const State *s)
{
	for (u32 k = 0; k < 6; k++)
		if (k != XS_CS && s->sel[k] != 0x2b && s->sel[k] != 0x63 && s->sel[k] != 0x73)
			return true;
	return false;
}

static bool gathers(const XInsn *i)
{
	switch (i->op) {
	case XI_VGATHERDPS: case XI_VGATHERDPD: case XI_VGATHERQPS: case XI_VGATHERQPD:
	case XI_VPGATHERDD: case XI_VPGATHERDQ: case XI_VPGATHERQD: case XI_VPGATHERQQ: return true;
	}
	return false;
}

/* The same of a lane of a gather; which lanes are left to do the mask says. */
static bool lane_wraps(const State *s, const XInsn *i)
{
	const char *name = x86_names[i->op], *end = name + strlen(name);
	bool fp = end[-2] == 'p', quads = end[fp ? -3 : -2] == 'q', wide = end[-1] == (fp ? 'd' : 'q');
	u32 n = i->vl / (quads || wide ? 8u : 4u), size = wide ? 8 : 4;

	for (u32 k = 0; k < n; k++) {
		u32 in_index = k * (quads ? 8 : 4), in_mask = k * size, x = i->index, m = i->opnd[2].reg;
		const u8 *half[2] = { s->fx + 160, s->fx + 576 };
		u32 index = ld32(half[in_index / 16] + 16 * x + in_index % 16), mask = half[in_mask / 16][16 * m + in_mask % 16 + size - 1];
		u32 ea = (u32)i->disp + (i->base < 8 ? (u32)s->gpr[i->base] : 0) + index * i->scale;
		if ((mask & 0x80) && ea + (size - 1) < ea)
			return true;
	}
	return false;
}

/* Whether the memory operand of the instruction that raised goes round the end of the address space, where it is the
 * processor's affair whether a segment of 4 GiB allows it (Intel SDM volume 3, 5.3). */
static bool wraps(const State *s)
{
	XInsn i;

	if (!decode_at(s, X86_32, &i))
		return false;
	if (gathers(&i))
		return lane_wraps(s, &i);
	if (i.op == XI_MASKMOVQ || i.op == XI_MASKMOVDQU || i.op == XI_VMASKMOVDQU) /* not among the operands: 8 or 16 bytes at EDI */
		return i.asize == 4 && (u32)s->gpr[7] > (i.op == XI_MASKMOVQ ? 0u - 8 : 0u - 16);
	u32 ea = (u32)i.disp + (i.base < 8 ? (u32)s->gpr[i.base] : 0) + (i.index < 8 ? (u32)s->gpr[i.index] * i.scale : 0), size = 0;
	for (u32 k = 0; k < i.nopnd; k++)
		if (i.opnd[k].kind == XK_MEM)
			size = MAX(size, i.opnd[k].size ? i.opnd[k].size : FX_SIZE); /* of a state: some hundred bytes */
	for (u32 k = 0; k < i.nopnd; k++) /* of strings: at either pointer */
		if (i.opnd[k].kind == XK_MEM && i.opnd[k].hidden && ((u32)s->gpr[6] + (size - 1) < size - 1 || (u32)s->gpr[7] + (size - 1) < size - 1))
			return i.asize == 4;
	return i.asize == 4 && size && ea + (size - 1) < ea;
}

Verdict fuzz_judge(const Case *c, End a, const State *cpu, End b, const State *vm)
{
	Verdict v = { 0 };

	if (b.vector == END_UNIMPL) {
		v.unimpl = true;
		v.op = b.op;
		return v;
	}
	if (void_case(a, b)) {
		v.skipped = true;
		return v;
	}
	if (c->mode == X86_32 && (wraps(cpu) || (b.vector == 13 && wraps(vm))))
		return v;
	if (by_kernel(cpu, c->mode) && (a.vector == 13 || a.vector == 14) && b.vector >= 12 && b.vector <= 14 && cpu->pc == vm->pc)
		return v;
	if (c->mode == X86_32 && ((by_kernel(cpu, c->mode) && segments_are_odd(cpu)) || (by_kernel(vm, c->mode) && segments_are_odd(vm))))
		return v;
	if (fuzz_wide(c) && b.vector == 14 && a.vector == 14 && cpu->pc == vm->pc)
		return v;
	if (fuzz_wide(c) && b.vector == 13 && a.vector == 12)
		return v;
	if (!same_end(a, b, fuzz_masked(c)))
		snprintf(v.why, sizeof v.why, "cpu %s at %llx (address %llx), pvm %s at %llx (address %llx, exit %u), error codes %x %x", vector_name(a.vector),
			(unsigned long long)cpu->pc, (unsigned long long)a.addr, vector_name(b.vector), (unsigned long long)vm->pc, (unsigned long long)b.addr, b.exit, a.error, b.error);
	else
		compare_state(&v, cpu, vm, c, a);
	return v;
}

/* ---- printing -------------------------------------------------------------------------------------- */

static void print_x87(const u8 *fx)
{
	printf("  fcw %x, fsw %x, ftw %x", ld16(fx), ld16(fx + 2), fx[4]);
	for (u32 k = 0; k < 8; k++)
		printf("%sst%u %04x:%016llx", k % 4 ? "  " : "\n  ", k, ld16(fx + 40 + 16 * k), (unsigned long long)ld64(fx + 32 + 16 * k));
	printf("\n");
}

void fuzz_print(const Case *c)
{
	static const char *const names[] = { "ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "8", "9", "10", "11", "12", "13", "14", "15" };
	u8 code[4096];
	u32 n = fuzz_layout(c, code);

	for (u32 at = 0; at < n; ) {
		XInsn i;
		bool cut;
		if (!x86_decode(code + at, MIN(n - at, 15), CODE_AT + at, c->mode, &i, &cut))
			i.len = 1;
		printf("  %08x ", CODE_AT + at);
		for (u32 k = 0; k < 15; k++)
			printf(k < i.len ? " %02x" : "   ", code[at + k]);
		printf("  %s%s%s (size %u)\n", i.lock ? "lock " : "", i.rep ? "rep " : "", x86_names[i.op], i.osize);
		at += i.len;
	}
	for (u32 k = 0; k < (c->mode == X86_64 ? 16u : 8u); k++)
		printf("  %s %llx%s", names[k], (unsigned long long)c->in.gpr[k], k % 4 == 3 ? "\n" : "");
	if (c->mode == X86_32)
		printf("  es %x, ss %x, ds %x, fs %x, gs %x\n", c->in.sel[XS_ES], c->in.sel[XS_SS], c->in.sel[XS_DS], c->in.sel[XS_FS], c->in.sel[XS_GS]);
	printf("  flags %llx, undefined %x, mxcsr %x\n", (unsigned long long)c->in.flags, c->undefined, ld32(c->in.fx + 24));
	if (fuzz_x87(c))
		print_x87(c->in.fx);
}
