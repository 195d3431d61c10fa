/* Runs a case on both; makes failing cases small. */
#include "fuzz.h"

#include <stdlib.h>

Verdict fuzz_try(const Case *c, u32 max_insns, bool check)
{
	static State cpu, vm;
	static u8 code[4096];
	u32 size = fuzz_layout(c, code);
	End a = native_run(c, size, &cpu);
	End b = fuzz_jit ? jit_run(c, size, &vm) : machine_run(c, size, &vm, max_insns, check);

	Verdict v = fuzz_judge(c, a, &cpu, b, &vm);
	if (!v.why[0])
		return v;
	/* The sequence may have jumped back, and so have met a flag that was undefined by then. */
	static State path;
	Case same = *c;
	machine_run(c, size, &path, 1, false);
	if (!fuzz_flags_along(&same, code, machine_path, machine_path_n))
		return (Verdict){ .skipped = true };
	return fuzz_judge(&same, a, &cpu, b, &vm);
}

/* ---- shrinking ------------------------------------------------------------------------------------- */

static bool fails(Case *c, u32 max_insns)
{
	if (!fuzz_flags(c))
		return false;
	Verdict v = fuzz_try(c, max_insns, false);
	return v.why[0];
}

static void without(Case *c, u32 k)
{
	memmove(&c->item[k], &c->item[k + 1], (c->n - k - 1) * sizeof *c->item);
	c->n--;
}

/* Leaves out instructions, then zeroes registers, as long as the two still differ. */
void fuzz_shrink(Case *c, u32 max_insns)
{
	static Case t;
	bool again = true;

	while (again) {
		again = false;
		for (u32 k = 0; k < c->n && c->n > 1; k++) {
			t = *c;
			without(&t, k);
			if (fails(&t, max_insns)) {
				*c = t;
				again = true;
				k--;
			}
		}
	}
	for (u32 k = 0; k < 16; k++) {
		t = *c;
		t.in.gpr[k] = 0;
		if (fails(&t, max_insns))
			*c = t;
	}
	t = *c;
	t.in.flags = 0;
	if (fails(&t, max_insns))
		*c = t;
	fuzz_flags(c);
}
