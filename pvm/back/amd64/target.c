/* target: amd64 as data. */
#include "sel.h"

static const u8 order[] = { RSI, RDI, RCX, RDX, RAX, R8, R9, R10, RBX, R12, R13, NOREG,
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, NOREG };

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

bool amd64_has(u32 feature)
{
#ifdef __x86_64__
	switch (feature) {
	case HAS_SSE41: return __builtin_cpu_supports("sse4.1");
	case HAS_POPCNT: return __builtin_cpu_supports("popcnt");
	case HAS_LZCNT: return __builtin_cpu_supports("lzcnt");
	case HAS_BMI: return __builtin_cpu_supports("bmi");
	}
#endif
	return false;
}

const Target amd64_target = {
	.name = "amd64",
	.regs = 0x7fff0000u | (0xffffu & ~(1u << RSP | 1u << RBP | 1u << R11 | 1u << R14 | 1u << R15)),
	.kept = 1u << RBX | 1u << R12 | 1u << R13,
	.order = order,
	.select = amd64_select,
	.emit = amd64_emit,
	.reg_name = reg_name,
	.op_name = op_name,
	.thunk = amd64_thunk,
	.enter = amd64_enter,
	.stub = amd64_stub,
	.reloc = amd64_reloc,
};
