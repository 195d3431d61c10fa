/* Quick code: places of values, exact state at faults, links.  What its instructions compute is x86_test's. */
#include "pvm/ocode/ocode.h"

#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

static u8 memory[256] __attribute__((aligned(16)));
static OJump jumps[OJUMPS];
static Regfile regs = {.mem = memory, .jump = jumps};
static jmp_buf trapped;
static u64 left_to;
static u32 left_by;

static void on_trap(OEvalEnv *env, u32 code, const OFunc *f, u32 map, const u64 *vals)
{
	longjmp(trapped, (int)code);
}

static void on_exit_(OEvalEnv *env, u32 kind, u64 pc)
{
	left_by = kind;
	left_to = pc;
}

static OEvalEnv env = {.t = &regs, .trap = on_trap, .exit = on_exit_, .guest_lo = 16, .guest_hi = sizeof memory};

/* In the text, $N stands for the offset of slot N. */
static OFunc *unit(const char *text)
{
	Buf b = {0};
	Err e = {0};

	for (; *text; text++)
		if (*text == '$')
			buf_printf(&b, "slot %u", REG_SLOT((u32)strtoul(text + 1, (char **)(uintptr_t)&text, 10))), text--;
		else
			buf_u8(&b, (u8)*text);
	buf_u8(&b, 0);
	const char *p = (const char *)b.p;
	OFunc *f = ocode_parse(&p, &e);
	if (!f || !ocode_check(f, &e))
		fail_msg("%s", e.msg);
	buf_free(&b);
	return f;
}

/* The trap's code, or 0. */
static int run(OQuick *q)
{
	int code = setjmp(trapped);

	if (!code)
		ocode_quick_run(&env, q);
	return code;
}

static void test_exchange(void **state)
{
	OFunc *f = unit("func \"x\"() void #0 {\n@1:\n%1 = get i64 $0\n%2 = get i64 $1\nput $0, %2\nput $1, %1\n%5 = const i64 7\nexit 0, %5\n}\n");
	OQuick *q = ocode_quick(f, NULL);

	regs.slot[0] = 11;
	regs.slot[1] = 22;
	assert_int_equal(run(q), 0);
	assert_int_equal(regs.slot[0], 22);
	assert_int_equal(regs.slot[1], 11);
	assert_int_equal(left_to, 7);
	ocode_quick_free(q);
	ocode_free(f);
}

/* A value that is to be in a slot later; its map names the slot, or does not: then nothing must be seen there. */
static void test_fault(void **state)
{
	static const char *const maps[] = {"", "%1"};

	for (u32 named = 0; named < 2; named++) {
		char text[400], entry[40] = "";
		if (*maps[named])
			snprintf(entry, sizeof entry, "%u: %%3", REG_SLOT(0));
		snprintf(text, sizeof text, "func \"x\"() void #0 {\n@1:\n%%1 = get i64 $0\n%%2 = const i64 1\n%%3 = add i64 %%1, %%2\n%%4 = get i64 $1\n"
			"%%5 = load i64 [%%4 + 0], guest 8 tso fault !1\nput $0, %%3\nput $1, %%5\nexit 0, %%4\n!1 = func 0 pc 5 before {%s}\n}\n", entry);
		OFunc *f = unit(text), *of;
		OQuick *q = ocode_quick(f, NULL);
		u64 bits[2] = {0};
		regs.slot[0] = 41;
		regs.slot[1] = 1000;
		assert_int_equal(run(q), TRAP_MEMORY);
		assert_int_equal(ocode_eval_map(&env, (const OFunc **)&of), 1);
		assert_int_equal(env.fault, 1000);
		if (named)
			ocode_eval_value(&env, f->slot.p[f->map.p[1].slots].val, bits);
		assert_int_equal(named ? bits[0] : regs.slot[0], named ? 42 : 41);
		assert_int_equal(regs.slot[1], 1000);
		regs.slot[0] = 41;
		regs.slot[1] = 16;
		memory[16] = 5;
		assert_int_equal(run(q), 0);
		assert_int_equal(regs.slot[0], 42);
		assert_int_equal(regs.slot[1], 5);
		ocode_quick_free(q);
		ocode_free(f);
	}
}

static OFunc *counting(u32 slot, const char *end)
{
	char text[300];

	snprintf(text, sizeof text, "func \"x\"() void #0 {\n@1:\n%%1 = get i64 $%u\n%%2 = const i64 1\n%%3 = add i64 %%1, %%2\nput $%u, %%3\n%s\n}\n", slot, slot, end);
	return unit(text);
}

static void test_links(void **state)
{
	OFunc *f = counting(0, "%5 = const i64 200\nexit 0, %5"), *g = counting(1, "%5 = get i64 $2\nexit 1, %5");
	OQuick *a = ocode_quick(f, &memory[1]), *b = ocode_quick(g, NULL);

	regs.slot[0] = regs.slot[1] = 0;
	regs.slot[2] = 300;
	run(a);
	assert_int_equal(left_to, 200);
	assert_non_null(env.left);
	assert_ptr_equal(ocode_quick_owner(env.left->from), &memory[1]);
	ocode_quick_link(env.left, b);
	run(a);
	assert_int_equal(left_to, 300);
	assert_int_equal(left_by, 1);
	assert_null(env.left);
	regs.pending = 1; /* somebody wants the thread */
	run(a);
	assert_int_equal(left_to, 200);
	regs.pending = 0;
	ocode_quick_unlink(b);
	run(a);
	assert_int_equal(left_to, 200);
	jumps[ojump_slot(300)] = (OJump){300, ocode_quick_code(a)};
	run(b);
	assert_int_equal(left_to, 200);
	assert_int_equal(regs.slot[0], 5);
	assert_int_equal(regs.slot[1], 2);
	ocode_quick_free(a);
	ocode_quick_free(b);
	ocode_free(f);
	ocode_free(g);
}

/* What it is not for. */
static void test_loop(void **state)
{
	OFunc *f = unit("func \"x\"() void #0 {\n@1:\n%1 = get i64 $0\n%2 = trunc i32 %1\njmp @2\n@2:\nbr %2, @2, @3\n@3:\n%5 = const i64 7\nexit 0, %5\n}\n");

	assert_null(ocode_quick(f, NULL));
	ocode_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchange), cmocka_unit_test(test_fault), cmocka_unit_test(test_links), cmocka_unit_test(test_loop),
	};

	return cmocka_run_group_tests_name("quick", tests, NULL, NULL);
}
