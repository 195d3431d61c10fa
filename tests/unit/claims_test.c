/* What CPUID claims, held against x86.def in both directions.  Which instruction belongs to which set is Zydis's knowledge:
 * each row is encoded, and Zydis names the set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../x86/gen.c"
#include "../x86/prepare.c"

#include <Zydis/Zydis.h>
#include <stdio.h>

enum { A, B, C, D, BASE = 9 };

/* Sets and the bit that stands for each; BASE: of every x86 processor, or what is a NOP to those that lack it. */
static const struct Set { const char *name; u32 leaf; u8 reg, bit; } sets[] = {
	{ "I86", 0, BASE, 0 }, { "I186", 0, BASE, 0 }, { "I286PROTECTED", 0, BASE, 0 }, { "I286REAL", 0, BASE, 0 }, { "I386", 0, BASE, 0 },
	{ "I486", 0, BASE, 0 }, { "I486REAL", 0, BASE, 0 }, { "PENTIUMREAL", 1, D, 4 }, { "PPRO", 1, D, 11 }, { "RDPMC", 0, BASE, 0 },
	{ "FAT_NOP", 0, BASE, 0 }, { "PAUSE", 0, BASE, 0 }, { "PREFETCH_NOP", 0, BASE, 0 }, { "PREFETCHWT1", 0, BASE, 0 }, { "CET", 0, BASE, 0 },
	{ "MPX", 0, BASE, 0 }, { "CLDEMOTE", 0, BASE, 0 },
	{ "X87", 1, D, 0 }, { "CMOV", 1, D, 15 }, { "FCMOV", 1, D, 15 }, { "CLFSH", 1, D, 19 }, { "PENTIUMMMX", 1, D, 23 },
	{ "FXSAVE", 1, D, 24 }, { "FXSAVE64", 1, D, 24 }, { "SSE", 1, D, 25 }, { "SSEMXCSR", 1, D, 25 }, { "SSE_PREFETCH", 1, D, 25 },
	{ "SSE2", 1, D, 26 }, { "SSE2MMX", 1, D, 26 },
	{ "SSE3", 1, C, 0 }, { "SSE3X87", 1, C, 0 }, { "PCLMULQDQ", 1, C, 1 }, { "SSSE3", 1, C, 9 }, { "SSSE3MMX", 1, C, 9 }, { "FMA", 1, C, 12 },
	{ "CMPXCHG16B", 1, C, 13 }, { "SSE4", 1, C, 19 }, { "SSE42", 1, C, 20 }, { "MOVBE", 1, C, 22 }, { "POPCNT", 1, C, 23 }, { "AES", 1, C, 25 },
	{ "XSAVE", 1, C, 26 }, { "AVX", 1, C, 28 }, { "AVXAES", 1, C, 28 }, { "F16C", 1, C, 29 }, { "RDRAND", 1, C, 30 },
	{ "RDWRFSGS", 7, B, 0 }, { "BMI1", 7, B, 3 }, { "AVX2", 7, B, 5 }, { "AVX2GATHER", 7, B, 5 }, { "BMI2", 7, B, 8 }, { "RDSEED", 7, B, 18 },
	{ "ADOX_ADCX", 7, B, 19 }, { "CLFLUSHOPT", 7, B, 23 }, { "CLWB", 7, B, 24 }, { "SHA", 7, B, 29 }, { "RDPID", 7, C, 22 },
	{ "XSAVEOPT", 0xd, A, 0 }, { "XSAVEC", 0xd, A, 1 },
	{ "LAHF", 0x80000001, C, 0 }, { "LZCNT", 0x80000001, C, 5 }, { "SSE4A", 0x80000001, C, 6 }, { "LONGMODE", 0x80000001, D, 29 },
	{ "RDTSCP", 0x80000001, D, 27 }, { "AMD3DNOW", 0x80000001, D, 31 }
};

/* Claims that are no set of Zydis's: cmpxchg8b, xgetbv allowed by the system, quick rep movsb, prefetchw; no-execute pages,
 * syscall; 3DNow!'s extensions and AMD's of MMX. */
static const struct Set others[] = {
	{ "CX8", 1, D, 8 }, { "OSXSAVE", 1, C, 27 }, { "ERMS", 7, B, 9 }, { "PREFETCHW", 0x80000001, C, 8 }, { "NX", 0x80000001, D, 20 },
	{ "SYSCALL", 0x80000001, D, 11 }, { "3DNOWEXT", 0x80000001, D, 30 }, { "MMXEXT", 0x80000001, D, 22 }
};

static u32 rows_there[COUNT(sets)], rows_missing[COUNT(sets)];
static Case c;

static bool claimed(const struct Set *s)
{
	u32 out[4];

	x86_cpuid(X86_64, s->leaf, s->leaf == 0xd, out);
	return s->reg == BASE || out[s->reg] >> s->bit & 1;
}

static const char *set_of(u32 row, enum XMode mode)
{
	ZydisDecoder d;
	ZydisDecodedInstruction i;

	fuzz_rng = row;
	c.mode = mode;
	c.n = 0;
	do {
		c.n = 0;
		if (!fuzz_add(&c, row))
			return "cannot be encoded";
	} while (c.item[0].ud || c.item[0].row != row);
	if (mode == X86_64)
		ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	else
		ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LONG_COMPAT_32, ZYDIS_STACK_WIDTH_32);
	const Item *it = &c.item[0];
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&d, NULL, it->b + it->at, (ZyanUSize)(it->end - it->at), &i)))
		return "invalid";
	return ZydisISASetGetString(i.meta.isa_set);
}

static void count_row(u32 row, enum XMode mode)
{
	const char *name = set_of(row, mode);

	/* Hint NOPs that a later processor gave operands of their own are invalid to Zydis with others. */
	if (!strcmp(name, "invalid") && rows[row].op == XI_NOP)
		return;
	for (u32 k = 0; k < COUNT(sets); k++)
		if (!strcmp(sets[k].name, name)) {
			++*(fuzz_row(row)->there ? &rows_there[k] : &rows_missing[k]);
			return;
		}
	print_error("%d-bit %s: %s\n", mode, x86_names[rows[row].op], name);
	fail();
}

static void test_rows(void **s)
{
	(void)s;
	for (u32 row = 1; row < fuzz_rows(); row++)
		for (int mode = X86_32; mode <= X86_64; mode += 32)
			if (fuzz_row_in(row, (enum XMode)mode))
				count_row(row, (enum XMode)mode);
	for (u32 k = 0; k < COUNT(sets); k++)
		if (sets[k].reg == BASE ? rows_missing[k] != 0 : claimed(&sets[k]) != (rows_there[k] && !rows_missing[k])) {
			print_error("%s: %sclaimed, %u rows there, %u missing\n", sets[k].name, claimed(&sets[k]) ? "" : "not ", rows_there[k], rows_missing[k]);
			fail();
		}
}

/* Every bit that is claimed is one of the above. */
static void test_bits(void **s)
{
	static const struct { u32 leaf; u8 regs; } leaves[] = { { 1, 1 << C | 1 << D }, { 7, 1 << B | 1 << C | 1 << D }, { 0xd, 1 << A }, { 0x80000001, 1 << C | 1 << D } };
	u32 out[4];

	(void)s;
	for (u32 k = 0; k < COUNT(leaves); k++) {
		x86_cpuid(X86_64, leaves[k].leaf, leaves[k].leaf == 0xd, out);
		for (u32 reg = 0; reg < 4; reg++)
			for (u32 bit = 0; bit < 32; bit++) {
				if (!(leaves[k].regs >> reg & 1) || !(out[reg] >> bit & 1))
					continue;
				bool known = false;
				for (u32 j = 0; j < COUNT(sets); j++)
					known |= sets[j].leaf == leaves[k].leaf && sets[j].reg == reg && sets[j].bit == bit;
				for (u32 j = 0; j < COUNT(others); j++)
					known |= others[j].leaf == leaves[k].leaf && others[j].reg == reg && others[j].bit == bit;
				if (!known)
					print_error("leaf %x, register %u, bit %u\n", leaves[k].leaf, reg, bit);
				assert_true(known);
			}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
