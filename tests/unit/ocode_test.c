/* Unit tests of O-code: text, building, checking, flow graph.  What operations compute is in oeval_test.c. */
#include "pvm/ocode/ocode.h"

#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ocode_text.h"

static OFunc *parse(const char *text)
{
	Err e = {0};
	OFunc *f = ocode_parse(&text, &e);

	if (!f)
		fail_msg("%s", e.msg);
	return f;
}

static char *print(const OFunc *f)
{
	Buf b = {0};

	ocode_print(f, &b);
	buf_u8(&b, 0);
	return (char *)b.p;
}

static void assert_good(const OFunc *f)
{
	Err e = {0};

	if (!ocode_check(f, &e))
		fail_msg("%s\n%s", e.msg, print(f));
}

/* ---- text --------------------------------------------------------------------------------------- */

static void test_every_op_round_trips(void **state)
{
	OFunc *f = parse(every_op);
	char *text = print(f);
	bool seen[O_COUNT] = {0};

	assert_good(f);
	assert_string_equal(text, every_op);
	assert_string_equal(f->name, "all \" ops");
	for (u32 v = 1; v < f->ins.n; v++)
		seen[f->ins.p[v].op] = true;
	for (u32 op = 1; op < O_COUNT; op++)
		if (!seen[op])
			fail_msg("%s is in no text", ocode_ops[op].name);
	free(text);
	ocode_free(f);
}

/* Every type, condition, memory order and flag reads back. */
static void test_descriptors_round_trip(void **state)
{
	for (u32 aux = 0; aux < 1u << 14; aux++) {
		OFunc *f = ocode_new("m", 1, OT_VOID);
		u32 b = ocode_block(f);
		vec_push(&f->order, b);
		OVal p = ocode_emit_const(f, b, OT_I64, 64);
		OVal v = ocode_emit(f, b, O_LOAD, OT_I64, aux, p, 0, 8);
		ocode_emit(f, b, O_RET, OT_VOID, 0, 0, 0, 0);
		char *text = print(f);
		OFunc *g = parse(text);
		assert_int_equal(g->ins.p[v].aux, aux);
		free(text);
		ocode_free(f);
		ocode_free(g);
	}
}

static void test_constants_round_trip(void **state)
{
	static const u64 bits[] = {
		0, 1, 0x7f, 0x80, 0xff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, INT64_MAX, (u64)INT64_MIN,
		UINT64_MAX, 0x7ff8000000000001, 0xfff0000000000000, 0x3ff0000000000000, 0x7fa00000,
	};

	for (u8 type = OT_I8; type < OT_COUNT; type++)
		for (u32 k = 0; k < COUNT(bits); k++) {
			OFunc *f = ocode_new("c", 1, OT_VOID);
			u32 b = ocode_block(f);
			vec_push(&f->order, b);
			OVal v = ocode_emit_const(f, b, type, bits[k]);
			ocode_emit(f, b, O_RET, OT_VOID, 0, 0, 0, 0);
			char *text = print(f);
			OFunc *g = parse(text);
			assert_true(g->ins.p[v].imm == bits[k]);
			assert_int_equal(g->ins.p[v].type, type);
			free(text);
			ocode_free(f);
			ocode_free(g);
		}
}

/* The specification's example is O-code. */
static void test_the_specifications_example(void **state)
{
	Buf doc = {0};
	Err e = {0};

	assert_true(file_read("docs/ocode.md", &doc, &e));
	char *text = strstr((char *)doc.p, "```\nfunc");
	assert_non_null(text);
	text += 4;
	*strstr(text, "```") = 0;
	OFunc *f = parse(text);
	assert_good(f);
	char *again = print(f);
	assert_string_equal(again, text);
	free(again);
	ocode_free(f);
	buf_free(&doc);
}

static void test_two_functions_in_a_text(void **state)
{
	const char *text = "; a comment\nfunc \"a\"() void #0 {\n@1:\n  ret\n}\n\nfunc \"b\"() void #1 {\n@1:\n  ret ; done\n}\n";
	Err e = {0};
	OFunc *a = ocode_parse(&text, &e), *b = ocode_parse(&text, &e);

	assert_non_null(a);
	assert_non_null(b);
	assert_string_equal(b->name, "b");
	assert_int_equal(b->id, 1);
	assert_null(ocode_parse(&text, &e));
	ocode_free(a);
	ocode_free(b);
}

static void test_every_truncation_is_refused(void **state)
{
	char text[sizeof every_op];

	for (size_t n = 0; n < sizeof every_op - 3; n++) {
		const char *p = text;
		Err e = {0};
		memcpy(text, every_op, n);
		text[n] = 0;
		assert_null(ocode_parse(&p, &e));
		assert_int_equal(e.status, EXIT_VM);
	}
}

/* Whatever a byte becomes: an error, or a function that the checker can look at and that prints and reads back. */
static void test_every_byte_changed_is_survived(void **state)
{
	static const char other[] = "0%@!#z";
	char text[sizeof every_op];

	for (size_t n = 0; n < sizeof every_op - 1; n++)
		for (u32 k = 0; k < sizeof other - 1; k++) {
			const char *p = text;
			Err e = {0};
			memcpy(text, every_op, sizeof every_op);
			text[n] = other[k];
			OFunc *f = ocode_parse(&p, &e);
			if (!f)
				continue;
			ocode_check(f, &e);
			char *once = print(f);
			OFunc *g = parse(once);
			char *twice = print(g);
			assert_string_equal(once, twice);
			free(once);
			free(twice);
			ocode_free(f);
			ocode_free(g);
		}
}

static void test_parse_errors_name_the_line(void **state)
{
	static const struct { const char *text, *msg; } bad[] = {
		{"fun", "line 1: expected func"},
		{"func \"a\"() void #0 {\n  ret\n}\n", "line 2: an instruction outside a block"},
		{"func \"a\"() void #0 {\n@1:\n  rex\n}\n", "line 3: no such operation"},
		{"func \"a\"() void #0 {\n@1:\n  %1 = const i33 1\n", "line 3: expected a type"},
		{"func \"a\"() void #0 {\n@1:\n  ret\n@1:\n", "line 4: this block was there before"},
		{"func \"a\"() void #0 {\n@1:\n  %1 = const i32 1\n  %1 = const i32 1\n  ret\n}\n", "%1 is defined twice"},
		{"func \"a\"() void #0 {\n@1:\n  %1 = ret\n}\n", "line 3: a result where there is none"},
		{"func \"a\"() void #0 {\n@1:\n  %1 = call void #1()\n}\n", "line 3: a result of no type"},
		{"func \"a\"() void #0 {\n@1:\n  const 1\n}\n", "line 3: a result where there is none"},
		{"func \"a\"() void #0 {\n@1:\n  ret ret\n}\n", "line 3: something follows"},
		{"func \"a\"() void #0 {\n@1:\n  %5000000 = const i32 1\n}\n", "line 3: a number is too large"},
		{"func \"a\"() void #0 {\n@1:\n  %1 = const i64 9223372036854775808\n}\n", "line 3: a number is too large"},
		{"func \"a\"() void #0 {\n@1:\n  %1 = icmp.xx %1, %1\n}\n", "line 3: no such condition"},
		{"func \"a\"() void #0 {\n@1:\n  %1 = load i32 [%1 + 0], guest 3\n}\n", "line 3: expected a power of two"},
		{"func \"a\"() void #0 {\n@1:\n  ret\n!1 = func 1 pc 2 during {}\n}\n", "line 4: expected before or after"},
		{"func \"a\"() void #0 {\n@1:\n  ret\n!1 = func 1 pc 2 after {}\n!1 = func 1 pc 2 after {}\n}\n", "line 5: this map"},
		{"func \"a\"() void #0 {\n@1:\n  ret\n", "line 4: the function has no end"},
	};

	for (u32 k = 0; k < COUNT(bad); k++) {
		const char *p = bad[k].text;
		Err e = {0};
		assert_null(ocode_parse(&p, &e));
		if (!strstr(e.msg, bad[k].msg))
			fail_msg("\"%s\" does not say \"%s\"", e.msg, bad[k].msg);
	}
}

/* ---- building ----------------------------------------------------------------------------------- */

static void test_building(void **state)
{
	OFunc *f = ocode_new("b", 0, OT_I32);
	u32 b = ocode_block(f);

	vec_push(&f->order, b);
	vec_push(&f->param, OT_I32);
	vec_push(&f->param, OT_I32);
	OVal one = ocode_emit_const(f, b, OT_I32, 1);
	OVal x = ocode_param(f, b, OT_I32), y = ocode_param(f, b, OT_I32);
	OVal sum = ocode_emit(f, b, O_ADD, OT_I32, 0, x, one, 0);
	ocode_emit(f, b, O_RET, OT_VOID, 1, sum, 0, 0);
	assert_int_equal(ocode_nparams(f, b), 2);
	assert_int_equal(f->ins.p[y].a, 1);
	assert_int_equal(f->block.p[b].first, x);
	assert_good(f);

	OVal two = ocode_ins(f, O_ADD, OT_I32, 0, one, y, 0), gone = ocode_ins(f, O_NOT, OT_I32, 0, x, 0, 0);
	ocode_insert_before(f, sum, two);
	ocode_insert_after(f, two, gone);
	assert_good(f);
	ocode_unlink(f, gone);
	assert_int_equal(f->ins.p[two].next, sum);
	assert_int_equal(f->ins.p[gone].op, O_NOT);
	ocode_append(f, b, gone);
	Err e = {0};
	assert_false(ocode_check(f, &e));
	ocode_delete(f, gone);
	assert_good(f);
	assert_int_equal(ocode_ins(f, O_FENCE, OT_VOID, 0, 0, 0, 0), gone); /* used again */
	ocode_free(f);
	ocode_free(NULL);
}

/* The first and last of a block can be taken out too. */
static void test_unlink_ends(void **state)
{
	OFunc *f = ocode_new("u", 0, OT_VOID);
	u32 b = ocode_block(f);
	OVal a = ocode_emit_const(f, b, OT_I32, 1), c = ocode_emit_const(f, b, OT_I32, 2);

	ocode_delete(f, a);
	assert_int_equal(f->block.p[b].first, c);
	ocode_delete(f, c);
	assert_int_equal(f->block.p[b].first, 0);
	assert_int_equal(f->block.p[b].last, 0);
	ocode_free(f);
}

typedef struct Uses {
	u32 n;
	u64 sum;
} Uses;

static void count_use(void *ctx, u32 *use)
{
	Uses *u = ctx;

	u->n++;
	u->sum += *use;
}

static void test_uses(void **state)
{
	static const struct { u8 op; u32 nth, n; u64 sum; } want[] = {
		{O_CONST, 0, 0, 0}, {O_ADD, 0, 2, 6}, {O_SELECT, 0, 3, 192}, {O_LOAD, 0, 3, 4}, {O_STORE, 0, 4, 72},
		{O_CAS, 0, 5, 144}, {O_ADDO, 0, 5, 44}, {O_CALLI, 0, 2, 136}, {O_HCALL, 0, 5, 158}, {O_BR, 0, 3, 78},
		{O_SWITCH, 0, 3, 241}, {O_JMP, 0, 0, 0}, {O_RET, 0, 1, 5}, {O_EXIT, 0, 3, 70}, {O_PUT, 0, 1, 68}, {O_TRAPIF, 0, 3, 78},
	};
	OFunc *f = parse(every_op);

	for (u32 k = 0; k < COUNT(want); k++)
		for (u32 v = 1; v < f->ins.n; v++)
			if (f->ins.p[v].op == want[k].op) {
				Uses u = {0};
				ocode_uses(f, v, count_use, &u);
				if (u.n != want[k].n || u.sum != want[k].sum)
					fail_msg("%s: %u uses, sum %llu", ocode_ops[want[k].op].name, u.n, (unsigned long long)u.sum);
				break;
			}
	ocode_free(f);
}

/* ---- checking ----------------------------------------------------------------------------------- */

#define FUNC(params, head, body) "func \"t\"(" params ") i32 #0 {\n@1" head ":\n" body "}\n"
#define INT2(body) FUNC("i32, i64", "(%1 i32, %2 i64)", body)
#define FLT2(body) FUNC("f32, f64", "(%1 f32, %2 f64)", "  %9 = const i32 0\n" body)

/* One function a rule, wrong in just that. */
static const struct { const char *text, *msg; } wrong[] = {
	{INT2("  %3 = add i32 %1, %2\n  ret %3\n"), "operands of different types"},
	{INT2("  %3 = add i64 %1, %1\n  ret %1\n"), "another type than its operand"},
	{FLT2("  %3 = add f32 %1, %1\n  ret %9\n"), "is for integers"},
	{INT2("  %3 = fadd i32 %1, %1\n  ret %3\n"), "is for floating point"},
	{INT2("  %3 = fsqrt i32 %1\n  ret %3\n"), "is for floating point"},
	{FLT2("  %3 = clz f32 %1\n  ret %9\n"), "is for integers"},
	{FLT2("  %3 = icmp.eq %1, %1\n  ret %3\n"), "is for integers"},
	{INT2("  %3 = fcmp.eq %1, %1\n  ret %3\n"), "is for floating point"},
	{INT2("  %3 = sext32 i32 %1\n  ret %3\n"), "more than 32 bits"},
	{INT2("  %3 = trunc i16 %1\n  %4 = sext16 i16 %3\n  ret %1\n"), "more than 16 bits"},
	{INT2("  %3 = trunc i8 %1\n  %4 = bswap i8 %3\n  ret %1\n"), "more than 8 bits"},
	{INT2("  %3 = exts i32 %2\n  ret %3\n"), "does not convert"},
	{INT2("  %3 = exts i32 %1\n  ret %3\n"), "does not convert"},
	{INT2("  %3 = trunc i64 %1\n  ret %1\n"), "does not convert"},
	{FLT2("  %3 = fprom f64 %2\n  ret %9\n"), "does not convert"},
	{FLT2("  %3 = fdem f32 %1\n  ret %9\n"), "does not convert"},
	{FLT2("  %3 = stof f64 %2\n  ret %9\n"), "does not convert"},
	{FLT2("  %3 = ftos i16 %2\n  ret %9\n"), "does not convert"},
	{INT2("  %3 = bits f64 %1\n  ret %1\n"), "does not convert"},
	{INT2("  %3 = bits i32 %1\n  ret %1\n"), "does not convert"},
	{INT2("  %3 = select i32 %1, %1, %2\n  ret %3\n"), "condition that is not i32"},
	{INT2("  %3 = select i32 %1, %2, %1\n  ret %3\n"), "operands of different types"},
	{INT2("  %3 = const i32 0x100000000\n  ret %3\n"), "bits outside its type"},
	{INT2("  %3 = const v128 0x1\n  ret %1\n"), "is a constant for vconst"},
	{INT2("  %3 = vconst i64 0x1\n  ret %1\n"), "is a constant for const"},
	{INT2("  %3 = addo i32 %1, %1, 199\n  ret %3\n"), "trap code outside"},
	{INT2("  trapif %2, 201\n  ret %1\n"), "not i32"},
	{INT2("  trapif %1, 256\n  ret %1\n"), "trap code outside"},
	{INT2("  trap 0\n"), "trap code outside"},
	{INT2("  %3 = load i32 [%1 + 0], vm 4\n  ret %3\n"), "address of the wrong type"},
	{FLT2("  %3 = load i32 [%2 + 0], guest 4\n  ret %3\n"), "address of the wrong type"},
	{INT2("  %3 = load i32 [%1 + 0], guest 8\n  ret %3\n"), "a width that its type does not have"},
	{INT2("  %3 = load f64 [%1 + 0], guest 4\n  ret %1\n"), "a width that its type does not have"},
	{INT2("  %3 = load i32 [%1 + 0], guest 4 signed\n  ret %3\n"), "a sign to extend"},
	{INT2("  store [%1 + 0], %2, guest 4 signed\n  ret %1\n"), "a sign to extend"},
	{INT2("  %3 = load i32 [%1 + 0], guest 4 order3\n  ret %3\n"), "no such memory order"},
	{INT2("  store [%1 + 0], %1, guest 8\n  ret %1\n"), "a width that its type does not have"},
	{INT2("  %3 = xadd i32 [%1 + 0], %2, guest 4\n  ret %3\n"), "operands of different types"},
	{INT2("  %3 = xchg i32 [%1 + 0], %1, guest 2\n  ret %3\n"), "a width that its type does not have"},
	{INT2("  %3 = cas i32 [%1 + 0], %1, %2, guest 4\n  ret %3\n"), "operands of different types"},
	{INT2("  %3 = get i64 slot 100\n  ret %1\n"), "not aligned"},
	{INT2("  %3 = get i64 slot 1048576\n  ret %1\n"), "outside the register file"},
	{INT2("  put slot 2, %1\n  ret %1\n"), "not aligned"},
	{INT2("  %3 = calli i32 %1()\n  ret %3\n"), "not i64"},
	{INT2("  br %2, @2, @2\n@2:\n  ret %1\n"), "not i32"},
	{INT2("  switch %2, else @2\n@2:\n  ret %1\n"), "not i32"},
	{INT2("  ret\n"), "returns a value where there is none"},
	{INT2("  ret %2\n"), "another type"},
	{"func \"t\"() void #0 {\n@1:\n  %1 = const i32 1\n  ret %1\n}\n", "returns a value where there is none"},
	{INT2("  %3 = const f32 0x0\n  exit 1, %3\n"), "no address"},
	{INT2("  call i32 #1()\n  ret %1\n"), NULL},
	{INT2("  %3 = add i32 %1, %7\n  ret %3\n"), "no value"},
	{INT2("  %3 = add i32 %1, %4000000\n  ret %3\n"), "no value"},
	{INT2("  %3 = add i32 %1, %0\n  ret %3\n"), "no value"},
	{INT2("  %3 = add i32 %4, %1\n  %4 = add i32 %1, %1\n  ret %3\n"), "not computed on every way"},
	{INT2("  %3 = add i32 %3, %1\n  ret %3\n"), "not computed on every way"},
	{INT2("  br %1, @2, @3\n@2:\n  %3 = add i32 %1, %1\n  jmp @3\n@3:\n  ret %3\n"), "not computed on every way"},
	{INT2("  br %1, @2, @3(%1)\n@2:\n  %3 = add i32 %1, %1\n  jmp @3(%4)\n@3(%4 i32):\n  ret %4\n"), "not computed on every way"},
	{INT2("  trapif %1, 201 !1\n  %3 = not i32 %1\n  ret %3\n!1 = func 0 pc 0 before {0: %3}\n"), "not computed on every way"},
	{INT2("  trapif %1, 201 !2\n  %3 = not i32 %1\n  ret %3\n!1 = func 0 pc 0 before {0: %3}\n"
		"!2 = func 0 pc 0 before parent 1 {}\n"), "not computed on every way"},
	{INT2("  jmp @2(%1)\n@2:\n  ret %1\n"), "too many arguments"},
	{INT2("  jmp @2\n@2(%3 i32):\n  ret %1\n"), "too few arguments"},
	{INT2("  jmp @2(%2)\n@2(%3 i32):\n  ret %1\n"), "argument of the wrong type"},
	{INT2("  jmp @2(%7)\n@2(%3 i32):\n  ret %1\n"), "argument that is no value"},
	{INT2("  jmp @2\n"), "not in the layout"},
	{INT2("  jmp @1(%1, %2)\n"), "goes to the entry"},
	{INT2("  %3 = not i32 %1\n"), "has no end"},
	{INT2(""), "has no end"},
	{INT2("  ret %1\n  %3 = not i32 %1\n"), "behind the end"},
	{INT2("  ret %1\n  ret %1\n"), "behind the end"},
	{"func \"t\"() void #0 {\n@2:\n  ret\n@1:\n  ret\n}\n", "entry is not first"},
	{"func \"t\"() void #0 {\n}\n", "entry is not first"},
	{FUNC("i32", "(%1 i64)", "  trap 255\n"), "not as the function's parameter"},
	{FUNC("i32", "(%1 i32, %2 i32)", "  trap 255\n"), "not as the function's parameter"},
	{FUNC("i32, i32", "(%1 i32)", "  trap 255\n"), "fewer params"},
	{INT2("  %3 = not i32 %1 !1\n  ret %3\n!1 = func 0 pc 0 before {}\n"), "cannot leave"},
	{INT2("  trap 255 !1\n"), "a state map that is not there"},
	{INT2("  trap 255 !1\n!1 = func 0 pc 0 before {0: %7}\n"), "no value"},
	{INT2("  trap 255 !1\n!1 = func 0 pc 0 before parent 1 {}\n"), "parent does not come before"},
	{INT2("  trap 255 !1\n!1 = func 0 pc 0 before parent 2 {}\n!2 = func 0 pc 0 before {}\n"), "parent does not come before"},
};

static void test_checker_refuses(void **state)
{
	for (u32 k = 0; k < COUNT(wrong); k++) {
		const char *p = wrong[k].text;
		Err e = {0};
		OFunc *f = ocode_parse(&p, &e);
		if (!wrong[k].msg) {
			assert_null(f);
			continue;
		}
		if (!f)
			fail_msg("%s\n%s", e.msg, wrong[k].text);
		if (ocode_check(f, &e))
			fail_msg("accepted, but %s:\n%s", wrong[k].msg, wrong[k].text);
		if (!strstr(e.msg, wrong[k].msg))
			fail_msg("\"%s\" does not say \"%s\"", e.msg, wrong[k].msg);
		ocode_free(f);
	}
}

/* What is computed in a block that nothing reaches is nobody's business. */
static void test_checker_accepts(void **state)
{
	static const char *const right[] = {
		INT2("  ret %1\n@2:\n  %3 = add i32 %4, %1\n  jmp @3\n@3:\n  %4 = not i32 %1\n  jmp @2\n"),
		INT2("  br %1, @2, @3\n@2:\n  trap 255\n@3:\n  %3 = not i32 %1\n  jmp @4\n@4:\n  ret %3\n"),
		INT2("  trapif %1, 200 !1\n  ret %1\n!1 = func 0 pc 0 before {0: %1, 1: %0}\n"),
	};

	for (u32 k = 0; k < COUNT(right); k++) {
		OFunc *f = parse(right[k]);
		assert_good(f);
		ocode_free(f);
	}
}

typedef void Break(OFunc *f);
static void break_op(OFunc *f) { f->ins.p[3].op = O_COUNT; }
static void break_none(OFunc *f) { f->ins.p[3].op = O_NONE; }
static void break_type(OFunc *f) { f->ins.p[3].type = OT_COUNT; }
static void break_next(OFunc *f) { f->ins.p[3].next = 1000; }
static void break_cycle(OFunc *f) { f->ins.p[3].next = 3; }
static void break_prev(OFunc *f) { f->ins.p[3].prev = 1; }
static void break_block(OFunc *f) { f->ins.p[3].block = 2; }
static void break_last(OFunc *f) { f->block.p[1].last = 3; }
static void break_order(OFunc *f) { f->order.p[1] = 77; }
static void break_twice(OFunc *f) { vec_push(&f->order, 2); }
static void break_number(OFunc *f) { f->ins.p[2].a = 0; }
static void break_param(OFunc *f) { f->ins.p[3].op = O_PARAM; f->ins.p[3].a = 2; f->ins.p[4].op = O_PARAM; ocode_insert_after(f, 3, ocode_ins(f, O_FENCE, 0, 0, 0, 0, 0)); }
static void break_cond(OFunc *f) { f->ins.p[4].aux = CC_COUNT; }
static void break_edge(OFunc *f) { f->ins.p[f->block.p[1].last].b = 99; }
static void break_edge0(OFunc *f) { f->ins.p[f->block.p[1].last].b = 0; }
static void break_pool(OFunc *f) { f->edge.p[1].args = f->pool.n; }
static void break_target(OFunc *f) { f->edge.p[1].block = 99; }
static void break_call(OFunc *f) { f->ins.p[5].c = 1000; }
static void break_slots(OFunc *f) { f->map.p[1].n = 1000; }
static void break_map(OFunc *f) { f->ins.p[5].map = 1000; }
static void break_ret(OFunc *f) { f->ret = OT_COUNT; }

static void test_checker_refuses_broken_links(void **state)
{
	static const struct { Break *fn; const char *msg; } breaks[] = {
		{break_op, "is no operation"}, {break_none, "is no operation"}, {break_type, "no such type"},
		{break_next, "leaves the function"}, {break_cycle, "in two places"}, {break_prev, "wrong links"},
		{break_block, "wrong links"}, {break_last, "wrong last"}, {break_order, "not there"}, {break_twice, "twice"},
		{break_number, "wrong number"}, {break_param, "not at the head"}, {break_cond, "no such condition"},
		{break_edge, "an edge that is not there"}, {break_edge0, "an edge that is not there"}, {break_pool, "outside the pool"},
		{break_target, "not in the layout"}, {break_call, "outside the pool"}, {break_slots, "slots are not there"},
		{break_map, "map that is not there"}, {break_ret, ""},
	};

	for (u32 k = 0; k < COUNT(breaks); k++) {
		OFunc *f = parse("func \"t\"(i32, i32) i32 #0 {\n@1(%1 i32, %2 i32):\n  %3 = add i32 %1, %2\n  %4 = icmp.lts %1, %2\n"
			"  %5 = call i32 #1(%4) !1\n  br %5, @2(%3), @2(%4)\n@2(%7 i32):\n  ret %7\n!1 = func 0 pc 0 after {0: %1}\n}\n");
		Err e = {0};
		assert_good(f);
		breaks[k].fn(f);
		assert_false(ocode_check(f, &e));
		if (!strstr(e.msg, breaks[k].msg))
			fail_msg("\"%s\" does not say \"%s\"", e.msg, breaks[k].msg);
		ocode_free(f);
	}
}

/* ---- flow graph, against definitions ------------------------------------------------------------ */

enum { NODES = 14 };

static u32 rnd_state = 1;
static u32 rnd(u32 n)
{
	rnd_state = rnd_state * 1664525u + 1013904223u;
	return (rnd_state >> 8) % n;
}

static OFunc *random_graph(void)
{
	OFunc *f = ocode_new("g", 0, OT_VOID);

	for (u32 b = 1; b <= NODES; b++) {
		ocode_block(f);
		vec_push(&f->order, b);
	}
	for (u32 b = 1; b <= NODES; b++) {
		u32 n = rnd(4), to[3];
		OVal k = ocode_emit_const(f, b, OT_I32, 0);
		for (u32 j = 0; j < 3; j++)
			to[j] = 2 + rnd(NODES - 1);
		if (n == 0)
			ocode_emit(f, b, O_RET, OT_VOID, 0, 0, 0, 0);
		else if (n == 1)
			ocode_emit(f, b, O_JMP, OT_VOID, 0, ocode_edge(f, to[0], NULL, 0), 0, 0);
		else if (n == 2) {
			u32 e1 = ocode_edge(f, to[0], NULL, 0), e2 = ocode_edge(f, to[1], NULL, 0);
			ocode_emit(f, b, O_BR, OT_VOID, 0, k, e1, e2);
		} else {
			u32 e1 = ocode_edge(f, to[0], NULL, 0);
			ocode_edge(f, to[1], NULL, 0);
			ocode_edge(f, to[2], NULL, 0);
			ocode_emit(f, b, O_SWITCH, OT_VOID, 0, k, e1, 3);
		}
	}
	return f;
}

/* Marks what can be reached from `from` without going through `without`. */
static void reach(const OFunc *f, u32 from, u32 without, bool *seen)
{
	u32 first, two[2], n;

	if (from == without || seen[from])
		return;
	seen[from] = true;
	n = ocode_succs(f, from, &first, two);
	for (u32 k = 0; k < n; k++)
		reach(f, f->edge.p[first ? first + k : two[k]].block, without, seen);
}

static bool has_edge(const OFunc *f, u32 from, u32 to)
{
	u32 first, two[2], n = ocode_succs(f, from, &first, two);

	for (u32 k = 0; k < n; k++)
		if (f->edge.p[first ? first + k : two[k]].block == to)
			return true;
	return false;
}

/* a dominates b: without a, b is out of reach. */
static bool dominates_by_definition(const OFunc *f, u32 a, u32 b)
{
	bool seen[NODES + 1] = {0};

	reach(f, 1, a, seen);
	return !seen[b];
}

/* b is in the natural loop of h: it gets to the start of an edge back to h without passing h. */
static bool in_loop(const OFunc *f, const bool *live, u32 h, u32 b)
{
	bool seen[NODES + 1] = {0};

	if (!live[h] || !live[b] || !dominates_by_definition(f, h, b))
		return false;
	if (b != h)
		reach(f, b, h, seen);
	for (u32 t = 1; t <= NODES; t++)
		if (live[t] && has_edge(f, t, h) && dominates_by_definition(f, h, t) && (b == h || seen[t]))
			return true;
	return false;
}

static void test_flow_graph_against_definitions(void **state)
{
	for (u32 round = 0; round < 400; round++) {
		OFunc *f = random_graph();
		Arena *a = arena_new();
		OCfg *g = ocode_cfg(f, a);
		bool live[NODES + 1] = {0};
		assert_good(f);
		reach(f, 1, 0, live);
		for (u32 b = 1; b <= NODES; b++) {
			assert_int_equal(g->rpo_num[b] != UINT32_MAX, live[b]);
			u32 depth = 0;
			for (u32 d = 1; live[b] && d <= NODES; d++) {
				if (!live[d])
					continue;
				assert_int_equal(ocode_dominates(g, d, b), dominates_by_definition(f, d, b));
				if (g->idom[b] && d != b && dominates_by_definition(f, d, b))
					assert_true(dominates_by_definition(f, d, g->idom[b]));
				bool in = in_loop(f, live, d, b);
				depth += in;
				if (in) /* the innermost header is in the loops of all others */
					assert_true(in_loop(f, live, d, g->loop[b]));
			}
			assert_int_equal(g->depth[b], depth);
			assert_true(!g->loop[b] || in_loop(f, live, g->loop[b], b));
		}
		for (u32 k = 0; k < g->nrpo; k++)
			assert_int_equal(g->rpo_num[g->rpo[k]], k);
		arena_free(a);
		ocode_free(f);
	}
}

static void test_preds(void **state)
{
	OFunc *f = parse(INT2("  switch %1, @2, @2, else @3\n@2:\n  jmp @3\n@3:\n  ret %1\n@4:\n  jmp @3\n"));
	Arena *a = arena_new();
	OCfg *g = ocode_cfg(f, a);

	assert_int_equal(g->pred_at[3] - g->pred_at[2], 2); /* with repeats */
	assert_int_equal(g->pred_at[4] - g->pred_at[3], 2); /* without the unreachable one */
	assert_int_equal(g->idom[3], 1);
	assert_int_equal(g->idom[1], 0);
	assert_int_equal(g->nrpo, 3);
	arena_free(a);
	ocode_free(f);
}

/* A long chain must not use the host's stack. */
static void test_many_blocks(void **state)
{
	enum { N = 100000 };
	OFunc *f = ocode_new("chain", 0, OT_VOID);

	for (u32 b = 1; b <= N; b++) {
		ocode_block(f);
		vec_push(&f->order, b);
		if (b < N)
			ocode_emit(f, b, O_JMP, OT_VOID, 0, ocode_edge(f, b + 1, NULL, 0), 0, 0);
		else
			ocode_emit(f, b, O_RET, OT_VOID, 0, 0, 0, 0);
	}
	assert_good(f);
	ocode_free(f);
}

/* Anything in any field: the checker refuses, or what it accepts can be printed, read and checked again. */
static void test_checker_survives_anything(void **state)
{
	static const u32 odd[] = {0, 1, 2, 3, 5, 11, 60, 80, 255, 0x7fff, 0xffff, 0x7fffffff, 0xfffffff0, 0xffffffff};
	OFunc *f = parse(every_op);
	u32 accepted = 0;

	for (u32 round = 0; round < 40000; round++) {
		u32 v = 1 + rnd(f->ins.n - 1), b = 1 + rnd(f->block.n - 1), e = 1 + rnd(f->edge.n - 1), m = 1 + rnd(f->map.n - 1);
		u32 *word[] = {&f->ins.p[v].a, &f->ins.p[v].b, &f->ins.p[v].c, &f->ins.p[v].prev, &f->ins.p[v].next, &f->ins.p[v].block,
			&f->ins.p[v].map, &f->block.p[b].first, &f->block.p[b].last, &f->edge.p[e].block, &f->edge.p[e].args, &f->edge.p[e].n,
			&f->map.p[m].parent, &f->map.p[m].slots, &f->map.p[m].n, &f->pool.p[rnd(f->pool.n)], &f->order.p[rnd(f->order.n)],
			&f->slot.p[rnd(f->slot.n)].val};
		u32 *w = word[rnd(COUNT(word))], was = *w;
		OIns ins = f->ins.p[v];
		Err err = {0};
		if (rnd(3))
			*w = rnd(2) ? odd[rnd(COUNT(odd))] : rnd(90);
		else
			f->ins.p[v].op = (u8)rnd(256), f->ins.p[v].type = (u8)rnd(OT_COUNT + 2), f->ins.p[v].aux = (u16)odd[rnd(COUNT(odd))];
		if (ocode_check(f, &err)) {
			char *text = print(f);
			OFunc *g = parse(text);
			assert_good(g);
			free(text);
			ocode_free(g);
			accepted++;
		} else {
			assert_true(err.msg[0]);
		}
		*w = was;
		f->ins.p[v] = ins;
	}
	assert_true(accepted > 100);
	assert_good(f);
	ocode_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_op_round_trips),
		cmocka_unit_test(test_descriptors_round_trip),
		cmocka_unit_test(test_constants_round_trip),
		cmocka_unit_test(test_the_specifications_example),
		cmocka_unit_test(test_two_functions_in_a_text),
		cmocka_unit_test(test_every_truncation_is_refused),
		cmocka_unit_test(test_every_byte_changed_is_survived),
		cmocka_unit_test(test_parse_errors_name_the_line),
		cmocka_unit_test(test_building),
		cmocka_unit_test(test_unlink_ends),
		cmocka_unit_test(test_uses),
		cmocka_unit_test(test_checker_refuses),
		cmocka_unit_test(test_checker_accepts),
		cmocka_unit_test(test_checker_refuses_broken_links),
		cmocka_unit_test(test_checker_survives_anything),
		cmocka_unit_test(test_flow_graph_against_definitions),
		cmocka_unit_test(test_preds),
		cmocka_unit_test(test_many_blocks),
	};
	return cmocka_run_group_tests_name("ocode", tests, NULL, NULL);
}
