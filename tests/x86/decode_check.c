/* Holds the x86 decoder against Zydis: decode_check [COUNT [SEED]] or decode_check FILE...
 *
 * Random byte strings (biased so that prefixes and escapes meet often), or every offset of the given files.  Validity,
 * length and operands must be equal; instruction sets that pvm does not have must be invalid here. */
#include "../../pvm/x86/x86.h"

#include <Zydis/Zydis.h>
#include <elf.h>
#include <stdlib.h>
#include <time.h>

static u64 rng;
static u64 rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

/* Sets that this decoder leaves out: they must be invalid, or (in the hint space) a nop. */
static bool left_out(const ZydisDecodedInstruction *z)
{
	if (z->encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX || z->encoding == ZYDIS_INSTRUCTION_ENCODING_MVEX || z->encoding == ZYDIS_INSTRUCTION_ENCODING_XOP)
		return true;
	static const char *const in[] = {
		"I86", "I186", "I286PROTECTED", "I286REAL", "I386", "I486", "I486REAL", "PENTIUMREAL", "PENTIUMMMX", "PPRO", "PPRO_UD0_LONG",
		"FAT_NOP", "CMOV", "FCMOV", "FCOMI", "X87", "FXSAVE", "FXSAVE64", "SSE", "SSE2", "SSE2MMX", "SSE3", "SSE3X87", "SSE4", "SSE42",
		"SSSE3", "SSSE3MMX", "SSEMXCSR", "SSE_PREFETCH", "SSE4A", "AES", "PCLMULQDQ", "SHA", "POPCNT", "LZCNT", "MOVBE", "BMI1", "BMI2",
		"ADOX_ADCX", "CMPXCHG16B", "RDTSCP", "RDPMC", "RDRAND", "RDSEED", "RDPID", "RDWRFSGS", "CLFSH", "CLFLUSHOPT", "CLWB", "LAHF",
		"LONGMODE", "PAUSE", "PREFETCHW", "PREFETCH_NOP", "PREFETCHWT1", "XSAVE", "XSAVEC", "XSAVEOPT", "AVX", "AVX2", "AVX2GATHER",
		"AVXAES", "F16C", "FMA", "AMD3DNOW", "AMD", "3DNOW", "SSE3MMX", "MMX_3DNOW", "AVX_CLMUL", "SMX_NO", "SMAP_NO", "UD", NULL };
	const char *s = ZydisISASetGetString(z->meta.isa_set);
	for (int k = 0; in[k]; k++)
		if (!strcmp(s, in[k]))
			return false;
	return true;
}

static int zreg(ZydisRegister r)
{
	return ZydisRegisterGetId(r);
}

static ZydisDecoder dec64, dec32;
static u64 bad, bad_limit = 20000;

static void report(const char *what, const u8 *p, enum XMode mode, const XInsn *i, bool ok, const ZydisDecodedInstruction *z, bool zok)
{
	if (bad++ > bad_limit)
		return;
	printf("%-10s %d: ", what, mode);
	for (int k = 0; k < 15; k++)
		printf("%02x%s", p[k], k == 14 ? "" : " ");
	printf("  pvm %s %d", ok ? x86_names[i->op] : "-", ok ? i->len : 0);
	if (zok)
		printf("  zydis %s %d [%s]", ZydisMnemonicGetString(z->mnemonic), z->length, ZydisISASetGetString(z->meta.isa_set));
	printf("\n");
}

static bool same_memory(const XInsn *i, const ZydisDecodedOperand *q)
{
	int base = q->mem.base == ZYDIS_REGISTER_NONE ? XB_NONE : q->mem.base == ZYDIS_REGISTER_RIP || q->mem.base == ZYDIS_REGISTER_EIP ? XB_RIP : zreg(q->mem.base);
	int index = q->mem.index == ZYDIS_REGISTER_NONE ? XB_NONE : zreg(q->mem.index);
	/* Zydis 4.0 takes the base field 101 with REX.B and 32-bit addresses for r13d and drops the displacement; the CPU
	 * takes it for no base. */
	if (q->mem.base == ZYDIS_REGISTER_R13D && i->base == XB_NONE && i->asize == 4)
		return index == i->index;
	i64 disp = q->mem.disp.has_displacement ? q->mem.disp.value : 0;
	u64 mask = i->asize == 8 ? ~0ull : i->asize == 4 ? 0xffffffffull : 0xffff;
	return base == i->base && index == i->index && (index == XB_NONE || q->mem.scale == i->scale || i->asize == 2) && ((u64)disp & mask) == ((u64)i->disp & mask);
}

static bool same_operands(const XInsn *i, const ZydisDecodedInstruction *z, const ZydisDecodedOperand *q, enum XMode mode)
{
	u32 n = 0;
	if (i->op == XI_NOP || i->op == XI_UD0 || i->op == XI_UD1)
		return true; /* what the hint space names as operands differs, and means nothing */
	for (int k = 0; k < i->nopnd; k++)
		if (i->opnd[k].hidden || i->opnd[k].cls == XC_ST || i->op == XI_SHA256RNDS2 || i->op == XI_PBLENDVB || i->op == XI_BLENDVPS || i->op == XI_BLENDVPD || i->op == XI_LSL)
			return true; /* Zydis orders hidden operands otherwise */
	for (int k = 0; k < i->nopnd; k++) {
		const XOperand *o = &i->opnd[k];
		while (n < z->operand_count && q[n].visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN)
			n++;
		if (n >= z->operand_count)
			return false;
		const ZydisDecodedOperand *y = &q[n++];
		if (o->kind == XK_REG && (y->type != ZYDIS_OPERAND_TYPE_REGISTER))
			return false;
		if (o->kind == XK_REG && o->cls != XC_GPR8H && o->cls != XC_GPR8 && zreg(y->reg.value) != o->reg)
			return false;
		if (o->kind == XK_REG && o->cls == XC_GPR8H && (int)y->reg.value != ZYDIS_REGISTER_AH + o->reg)
			return false;
		if (o->kind == XK_MEM && (y->type != ZYDIS_OPERAND_TYPE_MEMORY || !same_memory(i, y)))
			return false;
		if (o->kind == XK_REG && o->cls >= XC_GPR8 && o->cls <= XC_GPR64 && y->size != o->size * 8u)
			return false;
		if (o->kind == XK_IMM && y->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
			u64 mine = i->imm;
			for (int j = 0; j < k; j++)
				if (i->opnd[j].kind == XK_IMM)
					mine = i->imm2;
			u64 mask = y->size >= 64 ? ~0ull : (1ull << y->size) - 1;
			if ((mine & mask) != (y->imm.value.u & mask))
				return false;
		}
		if (o->kind == XK_REL) {
			ZyanU64 abs;
			if (!ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(z, y, i->pc, &abs)) || (mode == X86_64 ? abs != i->target : (u32)abs != i->target))
				return false;
		}
	}
	return true;
}

static void compare(const u8 *p, size_t n, enum XMode mode)
{
	XInsn i;
	bool cut;
	bool ok = x86_decode(p, n, 0x401000, mode, &i, &cut);
	ZydisDecodedInstruction z;
	ZydisDecodedOperand q[ZYDIS_MAX_OPERAND_COUNT];
	ZyanStatus s = ZydisDecoderDecodeFull(mode == X86_64 ? &dec64 : &dec32, p, n, &z, q);
	bool zok = ZYAN_SUCCESS(s);
	if (zok && (z.mnemonic == ZYDIS_MNEMONIC_SYSCALL || z.mnemonic == ZYDIS_MNEMONIC_SYSRET) && mode == X86_32)
		return; /* AMD's alone */
	if (zok && left_out(&z)) {
		if (ok && i.op != XI_NOP && i.op != XI_UD1 && i.op != XI_UD0 && i.op != XI_ENDBR32 && i.op != XI_ENDBR64)
			report("left-out", p, mode, &i, ok, &z, zok);
		return;
	}
	if (ok != zok)
		report("validity", p, mode, &i, ok, &z, zok);
	else if (ok && i.len != z.length)
		report("length", p, mode, &i, ok, &z, zok);
	else if (ok && !same_operands(&i, &z, q, mode))
		report("operands", p, mode, &i, ok, &z, zok);
}

static void random_bytes(u8 *p)
{
	static const u8 pre[] = { 0x66, 0xf2, 0xf3, 0x48, 0x41, 0x44, 0x4f, 0x40, 0x67, 0x2e, 0x64, 0xf0 };
	u64 a = rnd(), b = rnd();

	memcpy(p, &a, 8);
	memcpy(p + 8, &b, 8);
	u64 c = rnd();
	u32 k = 0;
	while (k < 3 && (c & 3) == 0) {
		p[k++] = pre[(c >> 4) % sizeof pre];
		c >>= 9;
	}
	c = rnd();
	switch (c & 7) {
	case 0: case 1: p[k] = 0x0f; break;
	case 2: p[k] = 0x0f; p[k + 1] = c & 8 ? 0x38 : 0x3a; break;
	case 3: p[k] = 0xc4; p[k + 1] = (u8)((c >> 8 & 0xe0) | (1 + (c >> 4 & 15) % 3)); break;
	case 4: p[k] = 0xc5; break;
	}
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void random_strings(u64 count)
{
	double t = seconds();

	for (u64 k = 0; k < count; k++) {
		u8 p[16];
		random_bytes(p);
		compare(p, 15, k & 1 ? X86_64 : X86_32);
	}
	printf("%llu byte strings, %llu differences, %.1f s\n", (unsigned long long)count, (unsigned long long)bad, seconds() - t);
}

/* The section .text of an ELF file of 64 or 32 bits. */
static bool find_text(const Buf *f, u64 *at, u64 *n, enum XMode *mode)
{
	bool wide = f->n > 64 && f->p[EI_CLASS] == ELFCLASS64;
	u64 size = wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);

	if (f->n < 64 || memcmp(f->p, ELFMAG, SELFMAG))
		return false;
	u64 table = wide ? ld64(f->p + 40) : ld32(f->p + 32);
	u32 count = ld16(f->p + (wide ? 60 : 48)), names = ld16(f->p + (wide ? 62 : 50));
	if (table > f->n || count * size > f->n - table || names >= count)
		return false;
	const u8 *sh = f->p + table, *str = sh + names * size;
	u64 strings = wide ? ld64(str + 24) : ld32(str + 16);
	for (u32 k = 0; k < count; k++, sh += size) {
		u64 name = strings + ld32(sh);
		*at = wide ? ld64(sh + 24) : ld32(sh + 16);
		*n = wide ? ld64(sh + 32) : ld32(sh + 20);
		*mode = wide ? X86_64 : X86_32;
		if (name + 6 <= f->n && !memcmp(f->p + name, ".text", 6) && *at < f->n && *n <= f->n - *at)
			return true;
	}
	return false;
}

static u64 sweep(const u8 *p, u64 n, enum XMode mode, bool check)
{
	u64 insns = 0;

	for (u64 at = 0; at < n; insns++) {
		XInsn i;
		bool cut;
		size_t room = MIN(n - at, 15);
		if (check)
			compare(p + at, room, mode);
		at += x86_decode(p + at, room, 0x401000 + at, mode, &i, &cut) ? i.len : 1;
	}
	return insns;
}

/* One instruction after the other through a program's code; then how long that takes without Zydis. */
static void file(const char *path)
{
	Buf f = { 0 };
	Err e = { 0 };
	u64 at, n, insns = 0;
	enum XMode mode;

	if (!file_read(path, &f, &e) || !find_text(&f, &at, &n, &mode)) {
		fprintf(stderr, "%s: %s\n", path, e.status ? e.msg : "no ELF file with code");
		exit(2);
	}
	sweep(f.p + at, n, mode, true);
	double t = seconds();
	int rounds = 0;
	for (; rounds < 3 || seconds() - t < 0.5; rounds++)
		insns = sweep(f.p + at, n, mode, false);
	t = (seconds() - t) / rounds;
	printf("%s: %llu instructions, %llu differences, %.1f ns an instruction\n", path, (unsigned long long)insns, (unsigned long long)bad, t * 1e9 / (double)insns);
	buf_free(&f);
}

int main(int argc, char **argv)
{
	rng = 88172645463325252ull;
	ZydisDecoderInit(&dec64, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	ZydisDecoderInit(&dec32, ZYDIS_MACHINE_MODE_LONG_COMPAT_32, ZYDIS_STACK_WIDTH_32);
	ZydisDecoderEnableMode(&dec64, ZYDIS_DECODER_MODE_MPX, ZYAN_FALSE);
	ZydisDecoderEnableMode(&dec32, ZYDIS_DECODER_MODE_MPX, ZYAN_FALSE);
	char *rest = NULL;
	u64 count = argc > 1 ? strtoull(argv[1], &rest, 0) : 1000000;
	if (argc > 1 && *rest) {
		for (int k = 1; k < argc; k++)
			file(argv[k]);
	} else {
		if (argc > 2)
			rng = strtoull(argv[2], NULL, 0);
		random_strings(count);
	}
	return bad != 0;
}
