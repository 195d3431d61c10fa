/* Hostile modules: every truncation, and every byte changed, of several modules that together have all sections and
 * all instructions.  Reader and checker must refuse them in good order or accept them; this program is run in the
 * sanitized build too.  What is accepted must be in the one form that the writer gives. */
#include "../../pvm/pcode/pcode.h"

#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#include "modules.h"

static u32 accepted, refused;

/* ---- trying ------------------------------------------------------------------------------------- */

static bool has_unknown_section(const u8 *p, u32 n)
{
	for (u32 at = 8; at < n - 8; at += 6 + ld32(p + at + 2))
		if (!(p[at + 1] & 1) && (p[at] < 0x40 || p[at] > 0x43))
			return true;
	return false;
}

/* The module has been read: what was read is all there was. */
static void check_canonical(const PModule *m, const u8 *p, u32 n)
{
	Buf again = {0};

	pcode_write(m, &again);
	if (!has_unknown_section(p, n)) {
		assert_int_equal(again.n, n);
		assert_memory_equal(again.p, p, n);
	}
	buf_free(&again);
}

static void list(const PModule *m)
{
	Buf text = {0};

	pcode_dis(m, NULL, &text);
	buf_free(&text);
}

/* Reads, checks and lists a copy that ends where the module does, so that reading too far is noticed. */
static bool try(const u8 *p, u32 n)
{
	u8 *copy = malloc(n ? n : 1);
	Err e = {0};

	memcpy(copy, p, n);
	PModule *m = pcode_read(copy, n, "bad.pco", &e);
	bool ok = m != NULL;
	if (m) {
		list(m);
		check_canonical(m, copy, n);
		ok = pcode_check(m, &e);
		pcode_free(m);
	}
	assert_int_equal(ok, e.status == 0);
	assert_int_equal(ok, e.msg[0] == 0);
	free(copy);
	*(ok ? &accepted : &refused) += 1;
	return ok;
}

static void test_whole(void **state)
{
	for (u32 i = 0; i < COUNT(makers); i++) {
		Buf b = {0};
		makers[i](&b);
		assert_true(try(b.p, b.n));
		buf_free(&b);
	}
}

static void test_truncated(void **state)
{
	for (u32 i = 0; i < COUNT(makers); i++) {
		Buf b = {0};
		makers[i](&b);
		for (u32 n = 0; n < b.n; n++) {
			assert_false(try(b.p, n));
			if (n >= 16) {
				u8 *cut = malloc(n);
				memcpy(cut, b.p, n);
				seal(cut, n);
				try(cut, n);
				free(cut);
			}
		}
		buf_free(&b);
	}
}

static void test_changed(void **state)
{
	for (u32 i = 0; i < COUNT(makers); i++) {
		Buf b = {0};
		makers[i](&b);
		for (u32 at = 0; at < b.n; at++) {
			const u8 was = b.p[at], values[] = {was ^ 1, was ^ 0x80, 0, 0xff, (u8)(was + 1)};
			for (u32 k = 0; k < COUNT(values); k++) {
				if (values[k] == was)
					continue;
				b.p[at] = values[k];
				assert_false(try(b.p, b.n));
				seal(b.p, b.n);
				if (at < b.n - 8)
					try(b.p, b.n);
				b.p[at] = was;
				seal(b.p, b.n);
			}
		}
		buf_free(&b);
	}
	print_message("%u changed or cut modules accepted, %u refused\n", accepted, refused);
	assert_true(accepted > 100 && refused > 10000);
}

/* Bytes taken out and doubled, so that everything behind them is read at the wrong place. */
static void test_shifted(void **state)
{
	for (u32 i = 0; i < COUNT(makers); i++) {
		Buf b = {0};
		makers[i](&b);
		u8 *p = malloc(b.n + 1);
		for (u32 at = 0; at < b.n - 8; at++) {
			memcpy(p, b.p, at);
			memcpy(p + at, b.p + at + 1, b.n - at - 1);
			if (b.n - 1 >= 16) {
				seal(p, b.n - 1);
				try(p, b.n - 1);
			}
			memcpy(p, b.p, at + 1);
			memcpy(p + at + 1, b.p + at, b.n - at);
			seal(p, b.n + 1);
			try(p, b.n + 1);
		}
		free(p);
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole), cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_changed), cmocka_unit_test(test_shifted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
