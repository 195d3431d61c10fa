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

static void test_forms_64(void **s) { (void)s; each_form(X86_64); }
static void test_forms_32(void **s) { (void)s; each_form(X86_32); }
static void test_sequences_64(void **s) { (void)s; sequences(X86_64); }
static void test_sequences_32(void **s) { (void)s; sequences(X86_32); }

int main(void)
{
	const struct CMUnitTest tests[] = {
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
