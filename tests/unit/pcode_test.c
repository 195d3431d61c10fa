/* Tests of the P-code room's format: numbers, builder, writer, reader, checker, listing, memory helpers. */
#include "../../pvm/pcode/pcode.h"

#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

/* ---- numbers ------------------------------------------------------------------------------------ */

static void test_leb(void **state)
{
	static const i64 nums[] = {0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, -8193, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};

	for (u32 i = 0; i < COUNT(nums); i++) {
		Buf b = {0};
		buf_sleb(&b, nums[i]);
		Rd r = {b.p, b.p + b.n, false};
		assert_int_equal(rd_sleb64(&r), nums[i]);
		assert_true(!r.bad && r.p == r.end);
		r = (Rd){b.p, b.p + b.n, false};
		bool fits = nums[i] >= INT32_MIN && nums[i] <= INT32_MAX;
		assert_int_equal(rd_sleb32(&r), fits ? nums[i] : 0);
		assert_int_equal(r.bad, !fits);
		for (u32 n = 0; n < b.n; n++) {
			r = (Rd){b.p, b.p + n, false};
			rd_sleb64(&r);
			assert_true(r.bad);
		}
		buf_free(&b);
	}
}

static void test_leb_refused(void **state)
{
	static const struct { u8 n, p[11]; bool u, s; } row[] = { /* bad as uleb32, as sleb64 */
		{1, {0x7f}, false, false},
		{2, {0x80, 0x00}, true, true},
		{2, {0xff, 0x00}, true, false},            /* 127 needs two bytes as sleb */
		{2, {0xff, 0x7f}, false, true},
		{5, {0xff, 0xff, 0xff, 0xff, 0x0f}, false, false},
		{5, {0xff, 0xff, 0xff, 0xff, 0x1f}, true, false},
		{5, {0x80, 0x80, 0x80, 0x80, 0x10}, true, false},
		{10, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f}, true, false},
		{10, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}, true, true},
		{11, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}, true, true},
	};

	for (u32 i = 0; i < COUNT(row); i++) {
		Rd u = {row[i].p, row[i].p + row[i].n, false}, s = u;
		rd_uleb32(&u);
		rd_sleb64(&s);
		assert_int_equal(u.bad, row[i].u);
		assert_int_equal(s.bad, row[i].s);
	}
}

/* ---- a module to work with ---------------------------------------------------------------------- */

enum { IMPORT, MAIN, LANDER }; /* function numbers */
enum { T_MAIN, T_IMPORT, T_LANDER };

/* main has locals 0 to 3: i32 i64 f32 f64; globals 0 (i32, mutable) and 1 (i64, constant). */
static void build(Buf *out)
{
	PBuild *b = pb_new("base.pas");
	u32 body = pb_func(b, "main", ":"), import = pb_import(b, "sys", "halt", "i:");
	u32 lander = pb_func(b, "lander", "i:i");

	pb_begin(b, body);
	for (const char *t = "ilfd"; *t; t++)
		pb_local(b, *t);
	pb_line(b, 10);
	pb_op1(b, P_I32_CONST, 7);
	pb_op1(b, P_CALL, import);
	pb_line(b, 12);
	pb_op1(b, P_I32_CONST, 7);
	pb_op1(b, P_CALL, lander);
	pb_op(b, P_DROP);
	pb_line(b, 11);
	pb_op(b, P_RETURN);
	pb_finish(b, 0);

	pb_begin(b, lander);
	u32 land = pb_label(b);
	pb_line(b, 20);
	pb_op1(b, P_LAND, land);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op(b, P_RETURN);
	pb_finish(b, 9);

	pb_global(b, 'i', true, 5);
	pb_global(b, 'l', false, UINT64_MAX);
	pb_slot(b, lander);
	pb_data(b, "hello", 5, 1);
	pb_start(b, body);
	pb_export(b, "lander", lander);
	pb_var(b, (PVar){.name = "count", .func = body, .where = 0, .at = 0, .kind = 'i', .size = 4});
	pb_var(b, (PVar){.name = "text", .func = UINT32_MAX, .where = 2, .at = 4096, .kind = 's', .size = 5});
	assert_null(pb_error(b));
	pb_end(b, out);
}

static PModule *read_module(const Buf *b)
{
	Err e = {0};
	PModule *m = pcode_read(b->p, b->n, "base.pco", &e);

	if (!m)
		fail_msg("%s", e.msg);
	return m;
}

static void test_build(void **state)
{
	Buf b = {0};
	build(&b);
	PModule *m = read_module(&b);
	Err e = {0};

	assert_true(pcode_check(m, &e));
	assert_string_equal(m->source, "base.pas");
	assert_int_equal(m->nimport, 1);
	assert_string_equal(m->import[0].name, "halt");
	assert_int_equal(m->nfunc, 2);
	assert_string_equal(m->func[0].name, "main");
	assert_int_equal(m->func[0].nlocal, 4);
	assert_int_equal(pcode_local_type(m, &m->func[0], 3), 'd');
	assert_int_equal(m->func[0].max_stack, 1);
	assert_int_equal(m->func[1].frame, 16);
	assert_int_equal(m->start, MAIN);
	assert_int_equal(m->table[0], UINT32_MAX);
	assert_int_equal(m->table[1], LANDER);
	assert_int_equal(m->export[0].index, LANDER);
	assert_int_equal(m->data[0].at, 4096);
	assert_memory_equal(m->data[0].p, "hello", 5);
	assert_int_equal(m->stack_lo, 4112);
	assert_int_equal(m->stack_hi - m->stack_lo, 8 << 20);
	assert_true(m->global[0].mutable && !m->global[1].mutable);
	assert_int_equal(m->var[1].at, 4096);
	pcode_free(m);
	buf_free(&b);
}

/* The numbers of calls are put in when the imports are known; lines move with the code. */
static void test_lines(void **state)
{
	Buf b = {0};
	build(&b);
	PModule *m = read_module(&b);
	const PFunc *f = &m->func[0];
	static const u8 code[] = {P_I32_CONST, 7, P_CALL, IMPORT, P_I32_CONST, 7, P_CALL, LANDER, P_DROP, P_RETURN};

	assert_int_equal(f->code_len, sizeof code);
	assert_memory_equal(f->code, code, sizeof code);
	assert_int_equal(pcode_line(m, f, 0), 10);
	assert_int_equal(pcode_line(m, f, 3), 10);
	assert_int_equal(pcode_line(m, f, 4), 12);
	assert_int_equal(pcode_line(m, f, 8), 12);
	assert_int_equal(pcode_line(m, f, 9), 11);
	assert_int_equal(pcode_line(m, &m->func[1], 0), 20);
	pcode_free(m);
	buf_free(&b);
}

static void test_round_trip(void **state)
{
	Buf b = {0}, again = {0};
	build(&b);
	PModule *m = read_module(&b);

	pcode_write(m, &again);
	assert_int_equal(b.n, again.n);
	assert_memory_equal(b.p, again.p, b.n);
	pcode_free(m);
	buf_free(&b);
	buf_free(&again);
}

/* More functions than fit a one-byte number, calls in all directions, dropped instructions, shared data. */
static void test_build_large(void **state)
{
	enum { N = 300 };
	PBuild *b = pb_new("large.pas");
	Buf out = {0};
	Err e = {0};

	for (u32 i = 0; i < N; i++)
		pb_func(b, "f", ":");
	for (u32 i = 0; i < N; i++) {
		pb_begin(b, i);
		u32 end = pb_label(b);
		pb_line(b, 1000 + i);
		pb_op1(b, P_CALL, N - 1 - i);
		pb_line(b, 2000 + i);
		pb_op1(b, P_JUMP, end);
		pb_op1(b, P_CALL, i); /* no way leads here */
		pb_op(b, P_DROP);
		pb_op1(b, P_LABEL, end);
		pb_op1(b, P_CALL, pb_import(b, "sys", "text.flush", ":"));
		pb_line(b, 3000 + i);
		pb_op(b, P_RETURN);
		pb_finish(b, 0);
	}
	assert_int_equal(pb_data(b, "abc", 3, 1), pb_data(b, "abc", 3, 1));
	assert_int_not_equal(pb_data(b, "abc", 3, 1), pb_init(b, "abc", 3, 1));
	assert_int_equal(pb_zero(b, 1, 64) % 64, 0);
	pb_end(b, &out);
	PModule *m = read_module(&out);
	assert_true(pcode_check(m, &e));
	for (u32 i = 0; i < N; i++) {
		const PFunc *f = &m->func[i];
		u32 call = 1 + N - 1 - i < 128 ? 2 : 3; /* bytes of the first call */
		assert_int_equal(f->code_len, call + 2 + 2 + 2 + 1);
		assert_int_equal(f->code[1] & 0x7f, (N - i) & 0x7f);
		assert_int_equal(pcode_line(m, f, call - 1), 1000 + i);
		assert_int_equal(pcode_line(m, f, call), 2000 + i);
		assert_int_equal(pcode_line(m, f, call + 6), 3000 + i);
	}
	pcode_free(m);
	buf_free(&out);
}

static void test_build_limits(void **state)
{
	PBuild *b = pb_new("big.pas");

	pb_memory(b, 65536, 16, 4096);
	assert_int_not_equal(pb_zero(b, 900000, 8), 0);
	assert_null(pb_error(b));
	assert_int_equal(pb_zero(b, 900000, 8), 0);
	assert_non_null(pb_error(b));
	pb_free(b);
}

/* ---- the checker -------------------------------------------------------------------------------- */

typedef struct Case {
	const char *want; /* part of the message; NULL: accepted */
	u32 nlabel;
	u32 n;
	u8 code[24];
} Case;
#define CASE(want, nlabel, ...) {want, nlabel, sizeof (u8[]){__VA_ARGS__}, {__VA_ARGS__}}
#define I32 P_I32_CONST, 0
#define I64 P_I64_CONST, 0
#define F64 P_F64_CONST, 0, 0, 0, 0, 0, 0, 0, 0

/* Checks the base module with main's code replaced. */
static bool check_code(const u8 *code, u32 n, u32 nlabel, Err *e, u32 *max_stack)
{
	Buf b = {0};
	build(&b);
	PModule *m = read_module(&b);

	m->func[0].code = code;
	m->func[0].code_len = n;
	m->func[0].nlabel = nlabel;
	bool ok = pcode_check(m, e);
	*max_stack = m->func[0].max_stack;
	pcode_free(m);
	buf_free(&b);
	return ok;
}

static void run_cases(const Case *c, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		Err e = {0};
		u32 max_stack;
		bool ok = check_code(c[i].code, c[i].n, c[i].nlabel, &e, &max_stack);
		if (ok != !c[i].want)
			fail_msg("case %u (%s): %s", i, c[i].want ? c[i].want : "well", ok ? "accepted" : e.msg);
		if (!ok && (!strstr(e.msg, c[i].want) || !strstr(e.msg, "function 1 (main), offset ")))
			fail_msg("case %u: \"%s\" is not in \"%s\"", i, c[i].want, e.msg);
		assert_int_equal(e.status, ok ? 0 : EXIT_VM);
	}
}

static void test_accepted(void **state)
{
	static const Case c[] = {
		CASE(NULL, 0, P_RETURN),
		CASE(NULL, 0, I32, P_RETURN),                                            /* what is below is dropped */
		CASE(NULL, 0, P_TRAP, 0xc8, 1),
		CASE(NULL, 1, P_LOOP, 0, P_JUMP, 0),
		CASE(NULL, 1, I32, P_JUMP_IF, 0, P_LABEL, 0, P_RETURN),
		CASE(NULL, 1, I32, I32, P_JUMP_IFZ, 0, P_LABEL, 0, P_DROP, P_RETURN),    /* a value is carried over */
		CASE(NULL, 2, P_JUMP, 1, P_LOOP, 0, P_RETURN, P_LABEL, 1, P_JUMP, 0),    /* a loop entered from below */
		CASE(NULL, 1, P_RETURN, P_LABEL, 0, P_RETURN),                           /* reached by nothing */
		CASE(NULL, 2, I32, P_JUMP_TABLE, 1, 0, 1, P_LABEL, 0, P_RETURN, P_LABEL, 1, P_RETURN),
		CASE(NULL, 0, I32, P_UNWIND, LANDER, 0),
		CASE(NULL, 0, I32, I32, P_CALL_IND, T_LANDER, P_DROP, P_RETURN),
		CASE(NULL, 0, I32, I64, P_SWAP, P_DROP, P_LOCAL_SET, 1, P_RETURN),
		CASE(NULL, 0, I64, P_DUP, I32, P_SELECT, P_LOCAL_TEE, 1, P_DROP, P_RETURN),
		CASE(NULL, 0, P_GLOBAL_GET, 0, P_GLOBAL_SET, 0, P_GLOBAL_GET, 1, P_DROP, P_RETURN),
		CASE(NULL, 0, P_FRAME_ADDR, 0, P_DROP, P_RETURN),
		CASE(NULL, 0, I32, I32, P_INDEX, 1, 0, 4, P_DROP, P_RETURN),
	};
	run_cases(c, COUNT(c));
}

static void test_refused_stack(void **state)
{
	static const Case c[] = {
		CASE("drop: the operand stack is empty", 0, P_DROP, P_RETURN),
		CASE("dup: the operand stack is empty", 0, P_DUP, P_RETURN),
		CASE("swap: the operand stack is empty", 0, I32, P_SWAP, P_RETURN),
		CASE("select: the operand is i32, not i64", 0, I32, I64, I32, P_SELECT, P_RETURN),
		CASE("select: the operand is i64, not i32", 0, I32, I32, I64, P_SELECT, P_RETURN),
		CASE("i32.add: the operand is nothing, not i32", 0, I32, P_I32_ADD, P_RETURN),
		CASE("i32.add: the operand is i64, not i32", 0, I64, I32, P_I32_ADD, P_RETURN),
		CASE("f64.add: the operand is i32, not f64", 0, I32, P_F64_ADD, P_RETURN),
		CASE("jump.if: the operand is f64, not i32", 1, F64, P_JUMP_IF, 0, P_LABEL, 0, P_RETURN),
		CASE("local.set: the operand is i32, not i64", 0, I32, P_LOCAL_SET, 1, P_RETURN),
		CASE("local.tee: the operand is i64, not i32", 0, I64, P_LOCAL_TEE, 0, P_RETURN),
		CASE("global.set: the operand is i64, not i32", 0, I64, P_GLOBAL_SET, 0, P_RETURN),
		CASE("global.set: the global is a constant", 0, I64, P_GLOBAL_SET, 1, P_RETURN),
		CASE("call: the operand is nothing, not i32", 0, P_CALL, LANDER, P_DROP, P_RETURN),
		CASE("call: the operand is i64, not i32", 0, I64, P_CALL, IMPORT, P_RETURN),
		CASE("call.ind: the operand is nothing, not i32", 0, I32, P_CALL_IND, T_LANDER, P_DROP, P_RETURN),
		CASE("drop: the operand stack is empty", 0, I32, P_CALL, IMPORT, P_DROP, P_RETURN),
		CASE("unwind: the operand is i64, not i32", 0, I64, P_UNWIND, LANDER, 0),
	};
	run_cases(c, COUNT(c));
}

static void test_refused_control(void **state)
{
	static const Case c[] = {
		CASE("control runs off the end", 0, P_NOP),
		CASE("label: control runs off the end", 1, P_LABEL, 0),
		CASE("nop: cannot be reached", 0, P_RETURN, P_NOP),
		CASE("return: cannot be reached", 0, P_TRAP, 0xc8, 1, P_RETURN),
		CASE("there is no label 0", 0, P_JUMP, 0),
		CASE("there is no label 1", 1, P_LABEL, 1, P_RETURN),
		CASE("label 0 is placed twice", 1, P_LABEL, 0, P_LOOP, 0, P_RETURN),
		CASE("label 1 is not in the function", 2, P_LABEL, 0, P_RETURN),
		CASE("a jump backwards to label 0, which is no loop", 1, P_LABEL, 0, P_JUMP, 0),
		CASE("a jump backwards to label 0, which is no loop", 1, P_LABEL, 0, I32, P_JUMP_IFZ, 0, P_RETURN),
		CASE("a jump backwards to label 0, which is no loop", 1, P_LABEL, 0, I32, P_JUMP_TABLE, 0, 0),
		CASE("the stack differs from that of an earlier way to label 0", 1, I32, P_JUMP_IF, 0, I32, P_LABEL, 0, P_RETURN),
		CASE("the stack differs from that of an earlier way to label 0", 1, P_LOOP, 0, I32, P_JUMP, 0),
		CASE("the stack differs from that of an earlier way to label 0", 1, I32, I32, P_JUMP_IF, 0, P_DROP, I64, P_LABEL, 0, P_RETURN),
		CASE("the stack differs from that of an earlier way to label 0", 1, I32, I32, P_JUMP_TABLE, 0, 0, P_LOOP, 0, P_DROP, P_JUMP, 0),
		CASE("land: the function has no frame", 1, P_LAND, 0, P_RETURN),
		CASE("land: the operand stack is not empty", 1, I32, P_LAND, 0, P_RETURN),
		CASE("label 1 of function 2 is no land", 0, I32, P_UNWIND, LANDER, 1),
		CASE("label 0 of function 1 is no land", 1, P_LABEL, 0, I32, P_UNWIND, MAIN, 0),
		CASE("function 0 is an import", 0, I32, P_UNWIND, IMPORT, 0),
		CASE("jump.table: the operand is nothing", 1, P_JUMP_TABLE, 0, 0, P_LABEL, 0, P_RETURN),
		CASE("there is no label 7", 1, I32, P_JUMP_TABLE, 1, 7, 0, P_LABEL, 0, P_RETURN),
		CASE("jump.table: the code is cut short", 1, I32, P_JUMP_TABLE, 0x80, 0x80, 1, 0, 0),
	};
	run_cases(c, COUNT(c));
}

static void test_refused_immediates(void **state)
{
	static const Case c[] = {
		CASE("no instruction has the code 0xfe", 0, 0xfe),
		CASE("a malformed number, or the code is cut short", 0, P_I32_CONST),
		CASE("a malformed number, or the code is cut short", 0, P_I32_CONST, 0x80, 0, P_DROP, P_RETURN),
		CASE("a malformed number, or the code is cut short", 0, P_I32_CONST, 0x80, 0x80, 0x80, 0x80, 0x08, P_DROP, P_RETURN),
		CASE("a malformed number, or the code is cut short", 0, P_F64_CONST, 0, 0, 0),
		CASE("a malformed number, or the code is cut short", 0, P_F32_CONST, 0, 0, 0),
		CASE("a malformed number, or the code is cut short", 0, I32, P_I32_LOAD, 0),
		CASE("there is no local 4", 0, P_LOCAL_GET, 4, P_RETURN),
		CASE("there is no global 2", 0, P_GLOBAL_GET, 2, P_RETURN),
		CASE("there is no function 3", 0, P_CALL, 3, P_RETURN),
		CASE("there is no function 3", 0, I32, P_UNWIND, 3, 0),
		CASE("there is no type 3", 0, I32, P_CALL_IND, 3, P_RETURN),
		CASE("the alignment is greater than the access", 0, I32, P_I32_LOAD, 3, 0, P_RETURN),
		CASE("the alignment is greater than the access", 0, I32, P_I32_LOAD8_U, 1, 0, P_RETURN),
		CASE("the alignment is greater than the access", 0, I32, I64, P_I64_STORE32, 3, 0, P_RETURN),
		CASE("the frame has only 0 bytes", 0, P_FRAME_ADDR, 1, P_RETURN),
		CASE("199 is no run-time error", 0, P_TRAP, 0xc7, 1),
		CASE("256 is no run-time error", 0, I32, P_TRAP_IF, 0x80, 2, P_RETURN),
		CASE("check.range: the range is empty", 0, I32, P_CHECK_RANGE, 2, 1, P_RETURN),
		CASE("check.range.l: the range is empty", 0, I64, P_CHECK_RANGE_L, 2, 1, P_RETURN),
		CASE("index: the last index is no i32", 0, I32, I32, P_INDEX, 1, 0x80, 0x80, 0x80, 0x80, 8, 1, P_RETURN),
	};
	run_cases(c, COUNT(c));
}

static void test_stack_limit(void **state)
{
	u8 code[2 * (PCODE_MAX_STACK + 1) + 1];
	Err e = {0};
	u32 max_stack;

	memset(code, 0, sizeof code);
	for (u32 i = 0; i <= PCODE_MAX_STACK; i++)
		code[2 * i] = P_I32_CONST;
	code[2 * PCODE_MAX_STACK] = P_RETURN;
	assert_true(check_code(code, 2 * PCODE_MAX_STACK + 1, 0, &e, &max_stack));
	assert_int_equal(max_stack, PCODE_MAX_STACK);
	code[2 * PCODE_MAX_STACK] = P_I32_CONST;
	code[sizeof code - 1] = P_RETURN;
	assert_false(check_code(code, sizeof code, 0, &e, &max_stack));
	assert_non_null(strstr(e.msg, "the operand stack grows higher than 1024"));
}

static u32 put_const(u8 *p, u8 type)
{
	static const u8 size[] = {1, 1, 4, 8};
	u32 k = (u32)(strchr("ilfd", type) - "ilfd");

	p[0] = (u8)(P_I32_CONST + k);
	memset(p + 1, 0, size[k]);
	return 1 + size[k];
}

/* Each instruction that pcode.def describes fully takes the operands of its row, and no others. */
static void test_every_row(void **state)
{
	u32 n = 0;

	for (u32 op = 0; op < 256; op++) {
		const POpInfo *info = &pcode_ops[op];
		if (!info->name || strpbrk(info->pops, "*") || strpbrk(info->pushes, "*") || strpbrk(info->imm, "LVGFTJ") || op == P_TRAP_IF)
			continue;
		n++;
		u32 npops = (u32)strlen(info->pops), max_stack;
		for (u32 wrong = 0; wrong <= npops; wrong++) { /* the operand of another type; the last round: none */
			u8 code[64];
			u32 at = 0;
			for (u32 k = 0; k < npops; k++)
				at += put_const(code + at, (u8)(k == wrong ? (info->pops[k] == 'f' ? 'd' : 'f') : info->pops[k]));
			code[at++] = (u8)op;
			for (const char *kind = info->imm; *kind; kind++) {
				u32 bytes = *kind == 'd' ? 8 : *kind == 'f' ? 4 : *kind == 'm' ? 2 : 1;
				memset(code + at, 0, bytes);
				at += bytes;
			}
			if (*info->pushes) {
				/* The result's type: storing into the local of that type must do. */
				code[at++] = P_LOCAL_SET;
				code[at++] = (u8)(strchr("ilfd", *info->pushes) - "ilfd");
			}
			code[at++] = P_RETURN;
			Err e = {0};
			if (check_code(code, at, 0, &e, &max_stack) != (wrong == npops))
				fail_msg("%s, operand %u wrong: %s", info->name, wrong, e.status ? e.msg : "accepted");
			if (wrong == npops)
				assert_int_equal(max_stack, MAX(npops, (u32)strlen(info->pushes)));
		}
	}
	assert_true(n > 150);
}

/* may_unwind: unwind itself, who calls it at any distance, and call.ind once there is an unwind. */
static void test_may_unwind(void **state)
{
	for (u32 with = 0; with < 2; with++) {
		PBuild *b = pb_new("");
		Buf out = {0};
		Err e = {0};
		u32 f[6];
		for (u32 i = 0; i < 6; i++)
			f[i] = pb_func(b, "", ":");
		static const i32 calls[6] = {1, 2, -1, 1, 4, -1}; /* 0 -> 1 -> 2, 3 -> 1, 4 -> 4 */
		for (u32 i = 0; i < 6; i++) {
			pb_begin(b, f[i]);
			if (calls[i] >= 0)
				pb_op1(b, P_CALL, f[calls[i]]);
			if (i == 2 && with) {
				u32 land = pb_label(b);
				pb_op1(b, P_I32_CONST, 0);
				pb_op2(b, P_UNWIND, f[2], land);
				pb_op1(b, P_LAND, land);
			}
			if (i == 5) {
				pb_op1(b, P_I32_CONST, 0);
				pb_op1(b, P_CALL_IND, pb_type(b, ":"));
			}
			pb_op(b, P_RETURN);
			pb_finish(b, 16);
		}
		pb_end(b, &out);
		PModule *m = read_module(&out);
		assert_true(pcode_check(m, &e));
		static const bool want[6] = {true, true, true, true, false, true};
		for (u32 i = 0; i < 6; i++)
			assert_int_equal(m->func[i].may_unwind, want[i] && with);
		pcode_free(m);
		buf_free(&out);
	}
}

/* ---- the reader --------------------------------------------------------------------------------- */

static void fix_checksum(Buf *b)
{
	st64(b->p + b->n - 8, hash64(b->p, b->n - 8));
}

static void refused(const Buf *b, int status, const char *want)
{
	Err e = {0};
	PModule *m = pcode_read(b->p, b->n, "x.pco", &e);

	if (m)
		fail_msg("accepted, though: %s", want);
	if (!strstr(e.msg, want) || e.status != status)
		fail_msg("\"%s\" is not in \"%s\" (%d)", want, e.msg, e.status);
}

/* Offset of the section with that id. */
static u32 find_section(const Buf *b, u8 id)
{
	for (u32 at = 8; at < b->n - 8; at += 6 + ld32(b->p + at + 2))
		if (b->p[at] == id)
			return at;
	fail_msg("no section %u", id);
	return 0;
}

/* Puts n bytes into the module at an offset (the section's length is the caller's care). */
static void insert(Buf *b, u32 at, const void *p, u32 n)
{
	u32 rest = b->n - at;

	buf_bytes(b, p, n);
	memmove(b->p + at + n, b->p + at, rest);
	memcpy(b->p + at, p, n);
	fix_checksum(b);
}

static void test_reader_file(void **state)
{
	Buf b = {0};
	build(&b);

	b.p[b.n - 1] ^= 1;
	refused(&b, EXIT_VM, "the checksum is wrong");
	fix_checksum(&b);
	b.p[4] = 2;
	refused(&b, EXIT_UNSUPPORTED, "P-code version 2");
	b.p[4] = 1;
	b.p[6] = 1;
	fix_checksum(&b);
	refused(&b, EXIT_VM, "reserved bytes are not zero");
	b.p[6] = 0;
	b.p[0] = 'x';
	refused(&b, EXIT_VM, "not a P-code module");
	buf_free(&b);
}

static void test_reader_sections(void **state)
{
	static const u8 optional[] = {0x7f, 0, 1, 0, 0, 0, 42}, required[] = {0x7f, 1, 1, 0, 0, 0, 42}, odd[] = {0x7f, 2, 0, 0, 0, 0};
	Buf b = {0};
	build(&b);
	u32 end = b.n - 8, n = b.n;

	insert(&b, end, optional, sizeof optional);
	pcode_free(read_module(&b));
	b.p[end] = 0x43;
	fix_checksum(&b);
	refused(&b, EXIT_VM, "malformed section header"); /* twice */
	b.n = n;
	insert(&b, end, required, sizeof required);
	refused(&b, EXIT_UNSUPPORTED, "section 0x7f");
	b.n = n;
	insert(&b, end, odd, sizeof odd);
	refused(&b, EXIT_VM, "malformed section header");
	b.n = n;
	fix_checksum(&b);
	b.p[find_section(&b, 0x41) + 1] = 1; /* names are not required */
	fix_checksum(&b);
	refused(&b, EXIT_VM, "malformed section header");
	b.p[find_section(&b, 0x41) + 1] = 0;
	u32 start = find_section(&b, 8);
	b.p[start + 2] = 2;
	insert(&b, start + 7, "", 1);
	refused(&b, EXIT_VM, "start: the section is too long");
	b.p[start + 6] = 0x81; /* 1 in two bytes */
	fix_checksum(&b);
	refused(&b, EXIT_VM, "start: a number or text is malformed");
	buf_free(&b);
}

/* Writes the base module after a change, and expects the reader to refuse it. */
static void refuse_change(void (*change)(PModule *), const char *want)
{
	Buf b = {0}, changed = {0};
	build(&b);
	PModule *m = read_module(&b);

	change(m);
	pcode_write(m, &changed);
	refused(&changed, EXIT_VM, want);
	pcode_free(m);
	buf_free(&b);
	buf_free(&changed);
}

static void func_type(PModule *m) { m->func[0].type = m->ntype; }
static void import_type(PModule *m) { m->import[0].type = m->ntype; }
static void same_imports(PModule *m)
{
	static PImport twice[2];

	twice[0] = twice[1] = m->import[0];
	m->import = twice;
	m->nimport = 2;
}

static void same_exports(PModule *m)
{
	static PExport twice[2];

	twice[0] = twice[1] = m->export[0];
	m->export = twice;
	m->nexport = 2;
}

static void type_letter(PModule *m) { m->type[1].result = 'x'; }
static void param_letter(PModule *m) { m->type[1].param = (const u8 *)"q"; }
static void same_types(PModule *m) { m->type[0] = m->type[1]; }
static void local_letter(PModule *m) { m->func[0].local = (const u8 *)"ilfx"; }
static void frame_odd(PModule *m) { m->func[0].frame = 8; }
static void frame_huge(PModule *m) { m->func[0].frame = PCODE_MAX_FRAME + 16; }
static void labels_many(PModule *m) { m->func[0].nlabel = 6; }
static void table_far(PModule *m) { m->table[1] = 3; }
static void start_import(PModule *m) { m->start = IMPORT; }
static void start_far(PModule *m) { m->start = 3; }
static void start_typed(PModule *m) { m->start = LANDER; }
static void export_far(PModule *m) { m->export[0].index = 3; }
static void export_global(PModule *m) { m->export[0].kind = 1; m->export[0].index = 2; }
static void export_kind(PModule *m) { m->export[0].kind = 2; }
static void global_letter(PModule *m) { m->global[0].type = 'x'; }
static void pages_many(PModule *m) { m->pages = m->max_pages + 1; }
static void pages_max(PModule *m) { m->max_pages = PCODE_MAX_PAGES + 1; }
static void guard_odd(PModule *m) { m->guard = 4000; }
static void guard_high(PModule *m) { m->guard = 8192; }
static void stack_odd(PModule *m) { m->stack_lo += 8; }
static void stack_order(PModule *m) { m->stack_hi = m->stack_lo - 16; }
static void heap_low(PModule *m) { m->heap = m->stack_hi - 1; }
static void heap_high(PModule *m) { m->heap = m->pages * PCODE_PAGE + 1; }
static void data_guard(PModule *m) { m->data[0].at = 4095; }
static void data_far(PModule *m) { m->data[0].at = m->pages * PCODE_PAGE - 4; }
static void data_none(PModule *m) { m->data[0].n = 0; }
static void line_far(PModule *m) { m->line[0].pc = 10; m->line[1].pc = 11; }
static void line_same(PModule *m) { m->line[1].pc = m->line[0].pc; }
static void line_huge(PModule *m) { m->line[0].line = 0x80000000u; }
static void var_where(PModule *m) { m->var[0].where = 3; }
static void var_kind(PModule *m) { m->var[0].kind = 'z'; }
static void var_local(PModule *m) { m->var[0].at = 4; }
static void var_func(PModule *m) { m->var[0].func = 2; }
static void var_module(PModule *m) { m->var[1].where = 0; }
static void name_control(PModule *m) { m->func[0].name = "a\033[31m"; }
static void source_control(PModule *m) { m->source = "a\n"; }

static void test_reader_rules(void **state)
{
	static const struct { void (*change)(PModule *); const char *want; } row[] = {
		{func_type, "funcs: no such type"}, {import_type, "imports: no such type"},
		{same_imports, "imports: two imports have one name"}, {same_exports, "exports: two exports have one name"},
		{type_letter, "types: not a value type"}, {param_letter, "types: not a value type"}, {same_types, "types: two types are equal"},
		{local_letter, "funcs: malformed locals"}, {frame_odd, "funcs: malformed frame size"},
		{frame_huge, "funcs: malformed frame size"}, {labels_many, "funcs: more labels than the code has room for"},
		{table_far, "table: no such function"}, {start_import, "start: no such function"}, {start_far, "start: no such function"},
		{start_typed, "start: the start function has parameters or a result"},
		{export_far, "exports: no such function or global"}, {export_global, "exports: no such function or global"},
		{export_kind, "exports: no such function or global"}, {global_letter, "globals: malformed global"},
		{pages_many, "memory: malformed memory size"}, {pages_max, "memory: malformed memory size"},
		{guard_odd, "memory: guard or stack is not aligned"}, {stack_odd, "memory: guard or stack is not aligned"},
		{guard_high, "memory: guard, stack and heap are not in order"}, {stack_order, "memory: guard, stack and heap are not in order"},
		{heap_low, "memory: guard, stack and heap are not in order"}, {heap_high, "memory: guard, stack and heap are not in order"},
		{data_guard, "data: segments are empty or not in order"}, {data_none, "data: segments are empty or not in order"},
		{data_far, "data: a segment does not fit in memory"},
		{line_far, "lines: malformed line table"}, {line_same, "lines: malformed line table"}, {line_huge, "lines: a number"},
		{var_where, "vars: malformed variable"}, {var_kind, "vars: malformed variable"}, {var_local, "vars: malformed variable"},
		{var_func, "vars: malformed variable"}, {var_module, "vars: malformed variable"},
		{name_control, "names: a number or text is malformed"}, {source_control, "source: a number or text is malformed"},
	};

	for (u32 i = 0; i < COUNT(row); i++)
		refuse_change(row[i].change, row[i].want);
}

static void test_script(void **state)
{
	Buf b = {0}, script = {0};
	Err e = {0};
	build(&b);
	buf_printf(&script, "#!/usr/bin/env pvm\n");
	buf_bytes(&script, b.p, b.n);

	assert_true(pcode_sniff(script.p, script.n));
	assert_true(pcode_sniff(b.p, b.n));
	assert_false(pcode_sniff((const u8 *)"#!/usr/bin/env pvm\nprogram x;", 30));
	assert_false(pcode_sniff((const u8 *)"#!", 2));
	PModule *m = pcode_read(script.p, script.n, "script", &e);
	assert_non_null(m);
	pcode_free(m);
	buf_free(&b);
	buf_free(&script);
}

/* ---- the listing -------------------------------------------------------------------------------- */

static void test_dis(void **state)
{
	Buf b = {0}, text = {0};
	build(&b);
	PModule *m = read_module(&b);

	pcode_dis(m, "main", &text);
	buf_u8(&text, 0);
	assert_string_equal((char *)text.p,
		"\nfunc 1 main ()  frame 0, 0 labels, 10 bytes\n"
		"  locals 0 to 0: i32\n  locals 1 to 1: i64\n  locals 2 to 2: f32\n  locals 3 to 3: f64\n"
		"  ; line 10\n     0    i32.const 7\n     2    call 0 sys:halt\n"
		"  ; line 12\n     4    i32.const 7\n     6    call 2 lander\n     8    drop\n"
		"  ; line 11\n     9    return\n");
	text.n = 0;
	pcode_dis(m, NULL, &text);
	buf_u8(&text, 0);
	static const char *const want[] = {
		"module base.pas\n", "import 0: sys:halt (i32)\n", "table 0: empty\n", "table 1: lander\n",
		"global 1: constant i64 = 0xffffffffffffffff\n", "data 4096 to 4100: \"hello\"\n", "start main\n",
		"func 2 lander (i32) -> i32  frame 16, 1 labels, 5 bytes\n", "     0  land L0\n",
	};
	for (u32 i = 0; i < COUNT(want); i++)
		if (!strstr((char *)text.p, want[i]))
			fail_msg("\"%s\" is not in\n%s", want[i], (char *)text.p);
	pcode_free(m);
	buf_free(&b);
	buf_free(&text);
}

static void test_dis_ins(void **state)
{
	static const struct { const char *want; u32 n; u8 code[12]; } row[] = {
		{"i32.const -1", 2, {P_I32_CONST, 0x7f}},
		{"f64.const 1.5", 9, {P_F64_CONST, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f}},
		{"f32.const nan:0x7fc00000", 5, {P_F32_CONST, 0, 0, 0xc0, 0x7f}},
		{"i32.load +8 align 4", 3, {P_I32_LOAD, 2, 8}},
		{"jump.table L1 L2 else L0", 5, {P_JUMP_TABLE, 2, 1, 2, 0}},
		{"call.ind 2 (i32) -> i32", 2, {P_CALL_IND, T_LANDER}},
		{"unwind 2 lander L0", 3, {P_UNWIND, LANDER, 0}},
		{"index 1 10 4", 4, {P_INDEX, 1, 10, 4}},
		{"?", 1, {0xff}},
		{"i32.const -1 ?", 0, {P_I32_CONST}},
	};
	Buf b = {0}, text = {0};
	build(&b);
	PModule *m = read_module(&b);

	for (u32 i = 0; i + 1 < COUNT(row); i++) {
		PFunc f = {.code = row[i].code, .code_len = row[i].n};
		text.n = 0;
		assert_int_equal(pcode_dis_ins(m, &f, 0, &text), row[i].n);
		buf_u8(&text, 0);
		assert_string_equal((char *)text.p, row[i].want);
	}
	PFunc cut = {.code = row[0].code, .code_len = 1};
	assert_int_equal(pcode_dis_ins(m, &cut, 0, &text), 1);
	pcode_free(m);
	buf_free(&b);
	buf_free(&text);
}

/* ---- memory ------------------------------------------------------------------------------------- */

static jmp_buf trapped;
static u64 trap_code;

static void on_trap(Regfile *t, u64 code)
{
	trap_code = code;
	longjmp(trapped, 1);
}

static u64 call_helper(OHostFn *fn, Regfile *t, u64 a, u64 b, u64 c)
{
	const u64 args[] = {a, b, c};

	trap_code = 0;
	return setjmp(trapped) ? 0 : fn(t, args);
}

static void test_memory(void **state)
{
	enum { SIZE = 16384, GUARD = 4096 };
	u8 *mem = calloc(1, SIZE);
	Regfile t = {.mem = mem, .mem_size = SIZE, .mem_guard = GUARD, .trap = on_trap};

	call_helper(pcode_mem_fill, &t, GUARD, 0x1ab, 16);
	assert_true(!trap_code && mem[GUARD] == 0xab && mem[GUARD + 15] == 0xab && !mem[GUARD + 16]);
	mem[GUARD] = 1;
	call_helper(pcode_mem_copy, &t, GUARD + 1, GUARD, 16);
	assert_true(!trap_code && mem[GUARD + 1] == 1 && mem[GUARD + 16] == 0xab);
	assert_int_equal(call_helper(pcode_mem_cmp, &t, GUARD, GUARD + 1, 1), 0);
	assert_int_equal(call_helper(pcode_mem_cmp, &t, GUARD, GUARD + 2, 1), 0xffffffff);
	assert_int_equal(call_helper(pcode_mem_cmp, &t, GUARD + 2, GUARD, 1), 1);

	static const struct { u64 at, n; bool traps; } row[] = {
		{0, 0, false}, {0, 1, true}, {GUARD - 1, 1, true}, {GUARD - 1, 2, true}, {GUARD, 1, false},
		{SIZE - 1, 1, false}, {SIZE, 1, true}, {SIZE - 1, 2, true}, {GUARD, SIZE - GUARD, false},
		{GUARD, SIZE - GUARD + 1, true}, {GUARD, 0xffffffff, true}, {0xffffffff, 0xffffffff, true}, {0xffffffff, 0, false},
	};
	for (u32 i = 0; i < COUNT(row); i++) {
		u64 want = row[i].traps ? TRAP_MEMORY : 0;
		call_helper(pcode_mem_fill, &t, row[i].at, 0, row[i].n);
		assert_int_equal(trap_code, want);
		call_helper(pcode_mem_copy, &t, GUARD, row[i].at, row[i].n);
		assert_int_equal(trap_code, want);
		call_helper(pcode_mem_copy, &t, row[i].at, GUARD, row[i].n);
		assert_int_equal(trap_code, want);
		call_helper(pcode_mem_cmp, &t, row[i].at, GUARD, row[i].n);
		assert_int_equal(trap_code, want);
	}
	free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leb), cmocka_unit_test(test_leb_refused),
		cmocka_unit_test(test_build), cmocka_unit_test(test_lines), cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_build_large), cmocka_unit_test(test_build_limits),
		cmocka_unit_test(test_accepted), cmocka_unit_test(test_refused_stack), cmocka_unit_test(test_refused_control),
		cmocka_unit_test(test_refused_immediates), cmocka_unit_test(test_stack_limit), cmocka_unit_test(test_every_row),
		cmocka_unit_test(test_may_unwind),
		cmocka_unit_test(test_reader_file), cmocka_unit_test(test_reader_sections), cmocka_unit_test(test_reader_rules),
		cmocka_unit_test(test_script), cmocka_unit_test(test_dis), cmocka_unit_test(test_dis_ins),
		cmocka_unit_test(test_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
