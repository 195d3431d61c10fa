/* target: amd64 as data. */
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "sel.h"

static const u8 order[] = { RSI, RDI, RCX, RDX, RAX, R8, R9, R10, RBX, R12, R13, NOREG,
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, NOREG };

/* None that instructions ask for. */
static const u8 pin_reg[] = { RBX, R12, R13, R8, R9, R10 };
static BackPin pin[COUNT(pin_reg)];
u8 amd64_pins[16];

static void __attribute__((constructor)) make_pins(void)
{
	memset(amd64_pins, NOREG, sizeof amd64_pins);
	for (u32 k = 0; k < COUNT(pin); k++) {
		pin[k] = (BackPin){ REG_SLOT(REG_HOT[k]), pin_reg[k] };
		amd64_pins[REG_HOT[k]] = pin_reg[k];
	}
}

static const char *reg_name(u32 reg)
{
	static const char *const name[NREG] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10",
		"r11", "r12", "r13", "r14", "r15", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
		"xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15" };

	return reg < NREG ? name[reg] : "?";
}

static const char *op_name(u32 op)
{
	return op < M_COUNT ? amd64_ins[op].name : "?";
}

/* What this processor has beyond SSE2 (CPUID leaves 1, 7 and 0x80000001). */
static u32 features(void)
{
	u32 has = 0;
#ifdef __x86_64__
	u32 a = 0, b, c = 0, d;

	if (__get_cpuid(1, &a, &b, &c, &d))
		has |= (c >> 19 & 1 ? HAS_SSE41 : 0) | (c >> 23 & 1 ? HAS_POPCNT : 0) | (c & 1 ? HAS_SSE3 : 0) | (c >> 9 & 1 ? HAS_SSSE3 : 0) |
			(c >> 20 & 1 ? HAS_SSE42 : 0) | (c >> 25 & 1 ? HAS_AES : 0) | (c >> 1 & 1 ? HAS_CLMUL : 0);
	if (a && (c >> 27 & 3) == 3) /* OSXSAVE and AVX: the system keeps the registers (it does where it says AVX) */
		has |= HAS_AVX | (c >> 12 & 1 ? HAS_FMA : 0) | (c >> 29 & 1 ? HAS_F16C : 0);
	if (__get_cpuid_count(7, 0, &a, &b, &c, &d))
		has |= (b >> 3 & 1 ? HAS_BMI : 0) | (b >> 29 & 1 ? HAS_SHA : 0) | (b >> 5 & 1 && (has & HAS_AVX) ? HAS_AVX2 : 0);
	if (__get_cpuid(0x80000001, &a, &b, &c, &d))
		has |= c >> 5 & 1 ? HAS_LZCNT : 0;
#endif
	return has;
}

const Target amd64_target = {
	.name = "amd64",
	.regs = 0x7fff0000u | (0xffffu & ~(1u << RSP | 1u << RBP | 1u << R11 | 1u << R14 | 1u << R15)),
	.kept = 1u << RBX | 1u << R12 | 1u << R13,
	.pin = pin,
	.npin = COUNT(pin),
	.order = order,
	.features = features,
	.select = amd64_select,
	.emit = amd64_emit,
	.reg_name = reg_name,
	.op_name = op_name,
	.thunk = amd64_thunk,
	.enter = amd64_enter,
	.enter_unit = amd64_enter_unit,
	.link = amd64_link,
	.stub = amd64_stub,
	.reloc = amd64_reloc,
};
