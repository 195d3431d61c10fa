/* Every form of instruction that pvm knows, from 200 random states, and random sequences, on this machine's processor and
 * on the evaluator; the tester itself is in tests/x86. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#if defined __x86_64__ && defined __linux__
#include "../x86/gen.c"
#include "../x86/prepare.c"
#include "../x86/native.c"
#include "../x86/machine.c"
#include "../x86/verdict.c"
#include "../x86/compare.c"

enum { STATES = 200, SEQUENCES = 60000 };

static Case c;
static u32 forms;

/* The address sanitizer maps memory that the sequences then reach; with it, only pvm's side runs, to be watched. */
#if defined __SANITIZE_ADDRESS__
static bool watched = true;
#else
static bool watched;
#endif

static void hold(u32 unit, bool check, u64 number)
{
	static u8 layout[4096];
	static State out;

	machine_quick = number % 4 != 0; /* the others as O-code */
	if (watched) {
		machine_run(&c, fuzz_layout(&c, layout), &out, unit, check);
		return;
	}
	Verdict v = fuzz_try(&c, unit, check);
	if (!v.why[0] && !v.unimpl)
		return;
	if (v.why[0])
		fuzz_shrink(&c, unit);
	print_error("case %llu, %d-bit: %s\n", (unsigned long long)number, c.mode, v.unimpl ? x86_names[v.op] : v.why);
	fuzz_print(&c);
	fail();
}

static bool usable(u32 row, enum XMode mode)
{
	const RowInfo *i = fuzz_row(row);

	return fuzz_row_in(row, mode) && i->tested && i->there;
}

static void each_form(enum XMode mode)
{
	native_signals();
	forms = 0;
	for (u32 row = 1; row < fuzz_rows(); row++) {
		if (!usable(row, mode))
			continue;
		forms++;
		for (u32 k = 0; k < STATES; k++) {
			fuzz_rng = (u64)row << 32 | k;
			c.mode = mode;
			c.n = 0;
			assert_true(fuzz_add(&c, row));
			if (!fuzz_flags(&c))
				continue;
			fuzz_state(&c.in, mode);
			hold(1, k == 0, k);
		}
	}
	print_message("%u forms, %u states each\n", forms, STATES);
}

static void sequences(enum XMode mode)
{
	static u32 pool[4096];
	u32 n = 0;

	native_signals();
	for (u32 row = 1; row < fuzz_rows(); row++)
		if (usable(row, mode))
			pool[n++] = row;
	for (u64 k = 0; k < SEQUENCES; k++) {
		fuzz_rng = k * 0xd1342543de82ef95ull;
		c.mode = mode;
		do {
			u32 len = 1 + (u32)(fuzz_random() % MAX_ITEMS);
			for (c.n = 0; c.n < len; )
				fuzz_add(&c, pool[fuzz_random() % n]);
		} while (!fuzz_flags(&c));
		fuzz_state(&c.in, mode);
		hold(1 + (u32)(fuzz_random() % MAX_ITEMS), k % 64 == 0, k);
	}
}

/* Single instructions that differed once: with a register set, or with the trap flag. */
static const struct Found {
	enum XMode mode;
	const char *code;
	u8 size, reg;
	bool step;
	u64 value;
} found[] = {
	{ X86_64, "\x0f\xae\x83\x50\0\0\0", 7, 3, false, 0x20001dc0 },         /* fxsave: what it does not write has to be there, too */
	{ X86_64, "\xc5\xfe\x7f\x03", 4, 3, false, 0x1ffffff8 },                 /* vmovdqu: half of it cannot be written */
	{ X86_64, "\xc5\xfe\x7f\x03", 4, 3, false, 0x20001ff8 },
	{ X86_32, "\xc4\xe2\xf1\x8e\xb1\xe0\xff\xff\xff", 9, 1, false, 24 },    /* vpmaskmovq: wraps at 4 GiB */
	{ X86_64, "\x67\xf3\xab", 3, 1, false, 0x100000000 },                    /* rep stosd of ECX = 0 */
	{ X86_64, "\xf3\xaa", 2, 1, true, 5 },                                    /* rep stosb, element by element */
	{ X86_64, "\x8e\xd0", 2, 0, true, 0x2b },                                 /* mov ss: no trap behind it */
	{ X86_64, "\x0f\x01\xe0", 3, 0, false, 0x123456789abcdef },              /* smsw: the kernel leaves the upper half */
	{ X86_64, "\x8e\xe8", 2, 0, false, 0x78 },                                /* mov gs: the processor's number */
	{ X86_64, "\x8e\xd0", 2, 0, false, 0x28 },                                /* mov ss: the wrong privilege */
	{ X86_32, "\x2e\x88\x03", 3, 3, false, 0x20000100 },                     /* a store by cs */
	{ X86_64, "\xf1", 1, 0, false, 0 },                                       /* int1 */
	{ X86_64, "\xc9", 1, 5, false, 0x8000000000000000 },                     /* leave: the stack it faults on is at RBP */
	{ X86_64, "\x66\x0f\xf7\xc1", 4, 7, false, 0x20001ff6 }                  /* maskmovdqu: all bytes have to be writable */
};

static void test_found(void **s)
{
	(void)s;
	native_signals();
	for (u32 k = 0; k < COUNT(found) && !watched; k++) {
		const struct Found *f = &found[k];
		XInsn i;
		bool cut;
		memset(&c, 0, sizeof c);
		fuzz_rng = k;
		c.mode = f->mode;
		c.step = f->step;
		c.n = 1;
		memcpy(c.item[0].b, f->code, f->size);
		c.item[0].n = c.item[0].end = f->size;
		x86_decode(c.item[0].b, f->size, CODE_AT, f->mode, &i, &cut);
		c.item[0].row = i.row;
		fuzz_state(&c.in, f->mode);
		c.in.gpr[f->reg] = f->value;
		hold(1, true, k);
	}
}

static void test_forms_64(void **s) { (void)s; each_form(X86_64); }
static void test_forms_32(void **s) { (void)s; each_form(X86_32); }
static void test_sequences_64(void **s) { (void)s; sequences(X86_64); }
static void test_sequences_32(void **s) { (void)s; sequences(X86_32); }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_forms_64),
		cmocka_unit_test(test_forms_32),
		cmocka_unit_test(test_sequences_64),
		cmocka_unit_test(test_sequences_32),
	};

	native_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
static void test_nothing(void **s)
{
	(void)s;
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_nothing) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
