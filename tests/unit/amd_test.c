/* 3DNow! where it is not like other floating point: what AMD's manual (21928) says of zeros, of what is too large and of what
 * is too small.  Its ordinary results have qemu as their oracle (tests/x86/amd.sh). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pvm/x86/helpers.h"

static Regfile r;

/* The instruction with this last byte on mm0 and mm1. */
static u64 now(u8 op, u64 a, u64 b)
{
	const u8 code[16] = { 0x0f, 0x0f, 0xc1, op };
	const u64 args[4] = { 0x1000, ld64(code), ld64(code + 8), 4 | X86_64 << 8 };

	r.slot[XS_ST] = a;
	r.slot[XS_ST + 2] = b;
	x86_help_interpret(&r, args);
	return r.slot[XS_ST];
}

enum { PFADD = 0x9e, PFSUB = 0x9a, PFMUL = 0xb4, PFRCP = 0x96, PFRSQRT = 0x97, PFMAX = 0xa4, PFMIN = 0x94, PFCMPEQ = 0xb0, PF2ID = 0x1d, PF2IW = 0x1c, PI2FD = 0x0d };

static void test_edges(void **s)
{
	(void)s;
	assert_int_equal(now(PFADD, 0xff7fffff7f7fffff, 0xff7fffff7f7fffff), 0xff7fffff7f7fffff); /* too large */
	assert_int_equal(now(PFMUL, 0xff7fffff7f7fffff, 0x4000000040000000), 0xff7fffff7f7fffff);
	assert_int_equal(now(PFMUL, 0x8080000000800000, 0x3f0000003f000000), 0x8000000000000000); /* too small */
	assert_int_equal(now(PFADD, 0x007fffff00000001, 0x3f8000003f800000), 0x3f8000003f800000); /* denormals are zeros */
	assert_int_equal(now(PFADD, 0xbf8000003f800000, 0x3f800000bf800000), 0x8000000000000000); /* the first's sign */
	assert_int_equal(now(PFSUB, 0xbf8000003f800000, 0xbf8000003f800000), 0x8000000000000000);
	assert_int_equal(now(PFRCP, 0, 0x80000000), 0xff7fffffff7fffff);
	assert_int_equal(now(PFRSQRT, 0, 0xc0800000), 0xbf000000bf000000); /* the sign is kept apart */
	assert_int_equal(now(PFMAX, 0x80000000bf800000, 0x8000000080000000), 0);
	assert_int_equal(now(PFMIN, 0x800000003f800000, 0x8000000080000000), 0);
	assert_int_equal(now(PFCMPEQ, 0x8000000000000000, 0), ~0ull);
}

static void test_conversions(void **s)
{
	(void)s;
	assert_int_equal(now(PF2ID, 0, 0xcf0000004f000000), 0x800000007fffffff);
	assert_int_equal(now(PF2ID, 0, 0xffffffff3f7fffff), 0x8000000000000000);
	assert_int_equal(now(PF2IW, 0, 0xc80000004700fe00), 0xffff800000007fff);
	assert_int_equal(now(PF2ID, 0, 0xbfc000004b7fffff), 0xffffffff00ffffff);
	assert_int_equal(now(PI2FD, 0, 0x8000000001ffffff), 0xcf0000004bffffff); /* towards zero */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_conversions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
