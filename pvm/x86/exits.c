/* The ways out of a unit: their names, and the processor's numbers of those that are exceptions. */
#include "x86.h"

const char *const x86_exit_names[XE_FLAGS + 1] = {
	[XE_JUMP] = "jump", [XE_INDIRECT] = "indirect", [XE_CALL] = "call", [XE_RET] = "ret", [XE_SYSCALL] = "syscall",
	[XE_INT80] = "int80", [XE_SYSENTER] = "sysenter", [XE_INT3] = "int3", [XE_INTO] = "into", [XE_INT] = "int",
	[XE_UD] = "ud", [XE_FETCH] = "fetch", [XE_GP] = "gp", [XE_DE] = "de", [XE_FPE] = "fpe", [XE_SIMD] = "simd",
	[XE_BOUND] = "bound", [XE_HLT] = "hlt", [XE_STEP] = "step", [XE_CPUID] = "cpuid", [XE_RDTSC] = "rdtsc",
	[XE_MEMORY] = "memory", [XE_UNIMPL] = "unimplemented", [XE_NP] = "np", [XE_SS] = "ss", [XE_AC] = "ac", [XE_CARE] = "care", [XE_FLAGS] = "flags"
};

int x86_vector(XExit kind)
{
	switch (kind) {
	case XE_DE: return 0;
	case XE_STEP: case XE_INT: return 1;
	case XE_INT3: return 3;
	case XE_INTO: return 4;
	case XE_BOUND: return 5;
	case XE_UD: return 6;
	case XE_NP: return 11;
	case XE_SS: return 12;
	case XE_GP: case XE_HLT: return 13;
	case XE_MEMORY: case XE_FETCH: return 14;
	case XE_FPE: return 16;
	case XE_AC: return 17;
	case XE_SIMD: return 19;
	default: return -1;
	}
}
