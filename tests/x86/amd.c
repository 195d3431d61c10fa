/* 3DNow! and SSE4a on numbers for which the manuals leave no choice: prints the results (see amd.sh). */
#include <stdint.h>
#include <stdio.h>

static uint64_t state = 88172645463325252ull;

static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

/* Singles between 2^-20 and 2^20, so that nothing overflows or vanishes. */
static uint64_t singles(void)
{
	uint64_t v = next() & 0x807fffff807fffffull;

	return v | (107 + next() % 40) << 23 | (107 + next() % 40) << 55;
}

#define NOW(op) do { \
	uint64_t d; \
	__asm__ volatile("movq %1, %%mm0\n movq %2, %%mm1\n " #op " %%mm1, %%mm0\n movq %%mm0, %0\n femms" : "=m"(d) : "m"(a), "m"(b)); \
	printf(" " #op " %016llx", (unsigned long long)d); \
} while (0)

/* What must be right in 14 bits: how far it is off, in units of that. */
#define NEAR(op, exact) do { \
	union { uint64_t q; float f[2]; } d; \
	double e; \
	__asm__ volatile("movq %1, %%mm1\n " #op " %%mm1, %%mm0\n movq %%mm0, %0\n femms" : "=m"(d.q) : "m"(a)); \
	e = (exact); \
	printf(" " #op " %s%s", d.f[0] / e - 1 < 0x1p-14 && 1 - d.f[0] / e < 0x1p-14 ? "near" : "far", d.f[0] == d.f[1] ? "" : " unlike"); \
} while (0)

static void floats(void)
{
	uint64_t a = singles(), b = singles();
	union { uint32_t u; float f; } x = { (uint32_t)a };

	NOW(pfadd); NOW(pfsub); NOW(pfsubr); NOW(pfmul); NOW(pfacc); NOW(pfnacc); NOW(pfpnacc); NOW(pfmax); NOW(pfmin);
	NOW(pfcmpeq); NOW(pfcmpgt); NOW(pfcmpge); NOW(pswapd); NOW(pf2id);
	NEAR(pfrcp, 1.0 / x.f);
	a &= ~0x80000000ull;
	x.u = (uint32_t)a;
	NEAR(pfrsqrt, 1.0 / __builtin_sqrt(x.f));
	putchar('\n');
}

static void integers(void)
{
	uint64_t a = next(), b = next();

	NOW(pmulhrw); NOW(pavgusb); NOW(pi2fw);
	a = singles();
	b &= 0x00ffffff00ffffffull;
	NOW(pi2fd);
	putchar('\n');
}

#define FIELD(insn, ...) do { \
	uint64_t d; \
	__asm__ volatile("movq %1, %%xmm0\n movdqu %2, %%xmm1\n " insn "\n movq %%xmm0, %0" : "=m"(d) : "m"(a), "m"(b) : "xmm0", "xmm1"); \
	printf(" %016llx", (unsigned long long)d); \
} while (0)

static void fields(void)
{
	uint64_t a = next(), b[2] = { next(), 0 }, length = next() % 64, at = next() % (length ? 65 - length : 1);
	uint32_t single;
	uint64_t both;

	b[1] = length | at << 8;
	printf("fields");
	FIELD("insertq %%xmm1, %%xmm0");
	FIELD("insertq $7, $13, %%xmm1, %%xmm0");
	b[0] = b[1];
	FIELD("extrq %%xmm1, %%xmm0");
	FIELD("extrq $21, $9, %%xmm0");
	__asm__ volatile("movq %2, %%xmm0\n movntss %%xmm0, %0\n movntsd %%xmm0, %1" : "=m"(single), "=m"(both) : "m"(a) : "xmm0");
	printf(" %08x %016llx\n", single, (unsigned long long)both);
}

int main(void)
{
	for (int k = 0; k < 400; k++) {
		floats();
		integers();
		fields();
	}
	return 0;
}
