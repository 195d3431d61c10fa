/* Tests of the lowering and the optimiser as a whole: functions are built, lowered, optimised at each level,
 * checked behind each pass and evaluated; results, traps and memory must be as they should and the same. */
#include "../../pvm/opt/opt.h"
#include "../../pvm/pcode/pcode.h"

#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

enum { MEM = 1 << 17, STACK_LO = 1 << 16, STACK_HI = 1 << 17, MAX_FUNC = 16, HOST_ROWS = PH_COUNT + 4 };

typedef struct Machine {
	OptBodies bodies; /* first: what is inlined at level 2 */
	OFunc *body[MAX_FUNC];
	OEvalEnv env;
	Regfile t;
	PModule *m;
	OFunc *f[MAX_FUNC];
	u32 type_id[64];
	u64 global[8];
	OEntry table[8];
	OHostFn *host[HOST_ROWS];
	u8 mem[MEM];
	int level;
	bool maps;
	u32 inlined;  /* functions into which something was */
	u32 trapped;
	jmp_buf out;
} Machine;

static Machine *now; /* for the host functions */

static void checked(void *ctx, const OFunc *f, const char *pass)
{
	Err e = {0};

	if (!ocode_check(f, &e)) {
		Buf b = {0};
		ocode_print(f, &b);
		fail_msg("behind %s: %s\n%.*s", pass, e.msg, (int)b.n, b.p);
	}
}

static const OFunc *give_body(OptBodies *b, u32 func)
{
	Machine *k = (Machine *)b;

	if (k->m->func[func].may_unwind)
		return NULL;
	if (!k->body[func]) {
		k->body[func] = pcode_lower_maps(k->m, func, UINT32_MAX, k->type_id, k->maps);
		opt_run(k->body[func], 1, checked, NULL);
	}
	return k->body[func];
}

static OFunc *code_of(Machine *k, u32 func)
{
	if (!k->f[func]) {
		k->f[func] = pcode_lower_maps(k->m, func, UINT32_MAX, k->type_id, k->maps);
		checked(NULL, k->f[func], "lowering");
		if (k->level == 2)
			k->inlined += opt_inline(k->f[func], &k->bodies);
		checked(NULL, k->f[func], "inlining");
		opt_run(k->f[func], k->level, checked, NULL);
	}
	return k->f[func];
}

static u64 on_call(OEvalEnv *env, u32 func, const u64 *args)
{
	Machine *k = env->ctx;

	return ocode_eval(env, code_of(k, func), args);
}

static void on_trap(OEvalEnv *env, u32 code, const OFunc *f, u32 map, const u64 *vals)
{
	Machine *k = env->ctx;

	assert_true(map > 0);
	k->trapped = code;
	longjmp(k->out, 1);
}

static void on_exit_(OEvalEnv *env, u32 kind, u64 pc)
{
	fail();
}

static u64 host_copy(Regfile *t, const u64 *a)
{
	memmove(now->mem + a[0], now->mem + a[1], a[2]);
	return 0;
}

static u64 host_fill(Regfile *t, const u64 *a)
{
	memset(now->mem + a[0], (int)a[1], a[2]);
	return 0;
}

static u64 host_sum(Regfile *t, const u64 *a)
{
	return a[0] * 1000 + f64_u64(u64_f64(a[1]));
}

static void machine_init(Machine *k, PModule *m, int level)
{
	memset(k, 0, sizeof *k);
	k->m = m;
	k->level = level;
	k->bodies.get = give_body;
	k->env = (OEvalEnv){.t = &k->t, .call = on_call, .trap = on_trap, .exit = on_exit_, .ctx = k, .guest_lo = 4096, .guest_hi = MEM};
	k->t.mem = k->mem;
	k->t.host = k->host;
	k->t.global = k->global;
	k->t.table = k->table;
	k->t.table_len = m->ntable;
	k->t.mem_size = MEM;
	k->t.sp = STACK_HI;
	k->t.sp_limit = STACK_LO;
	k->host[PH_MEM_COPY] = host_copy;
	k->host[PH_MEM_FILL] = host_fill;
	k->host[PH_COUNT] = host_sum;
	for (u32 i = 0; i < m->ntype; i++)
		k->type_id[i] = i + 100;
	for (u32 i = 0; i < m->ntable; i++) {
		bool empty = m->table[i] == UINT32_MAX;
		u32 func = empty ? UINT32_MAX : m->table[i] - m->nimport;
		k->table[i] = (OEntry){.type = empty ? UINT32_MAX : m->func[func].type + 100, .func = func};
	}
	for (u32 i = 0; i < m->nglobal; i++)
		k->global[i] = m->global[i].init;
}

static void machine_end(Machine *k)
{
	for (u32 i = 0; i < MAX_FUNC; i++) {
		ocode_free(k->f[i]);
		ocode_free(k->body[i]);
	}
}

/* The result of a function, or -code if it trapped. */
static i64 run(Machine *k, u32 func, const u64 *args)
{
	now = k;
	k->trapped = 0;
	if (setjmp(k->out))
		return -(i64)k->trapped;
	i64 r = (i64)ocode_eval(&k->env, code_of(k, func), args);
	assert_int_equal(k->t.sp, STACK_HI);
	assert_int_equal(k->t.unwind, 0);
	return r;
}

static PModule *finish(PBuild *b, Buf *bytes)
{
	Err e = {0};

	pb_end(b, bytes);
	PModule *m = pcode_read(bytes->p, bytes->n, "test", &e);
	if (!m || !pcode_check(m, &e))
		fail_msg("%s", e.msg);
	return m;
}

/* ---- a few functions written by hand --------------------------------------------------------------- */

static void ops(PBuild *b, const POp *op, u32 n)
{
	for (u32 k = 0; k < n; k++)
		pb_op(b, op[k]);
}

static void get(PBuild *b, u32 k) { pb_op1(b, P_LOCAL_GET, k); }
static void set(PBuild *b, u32 k) { pb_op1(b, P_LOCAL_SET, k); }
static void num(PBuild *b, i64 n) { pb_op1(b, P_I32_CONST, n); }

/* sum of i * i for i in 1 .. n, with a bottom test and overflow checks */
static u32 build_sum(PBuild *b)
{
	u32 f = pb_func(b, "sum", "i:i");

	pb_begin(b, f);
	u32 i = pb_local(b, 'i'), s = pb_local(b, 'i'), loop = pb_label(b), end = pb_label(b);
	num(b, 1); set(b, i);
	get(b, 0); num(b, 1); pb_op(b, P_I32_LT_S); pb_op1(b, P_JUMP_IF, end);
	pb_op1(b, P_LOOP, loop);
	get(b, s); get(b, i); get(b, i); pb_op(b, P_I32_MUL_O); pb_op(b, P_I32_ADD_O); set(b, s);
	get(b, i); get(b, 0); pb_op(b, P_I32_EQ); pb_op1(b, P_JUMP_IF, end);
	get(b, i); num(b, 1); pb_op(b, P_I32_ADD); set(b, i);
	pb_op1(b, P_JUMP, loop);
	pb_op1(b, P_LABEL, end);
	get(b, s); pb_op(b, P_RETURN);
	pb_finish(b, 0);
	return f;
}

static u32 build_fib(PBuild *b)
{
	u32 f = pb_func(b, "fib", "i:i");

	pb_begin(b, f);
	u32 big = pb_label(b);
	get(b, 0); num(b, 2); pb_op(b, P_I32_GE_S); pb_op1(b, P_JUMP_IF, big);
	get(b, 0); pb_op(b, P_RETURN);
	pb_op1(b, P_LABEL, big);
	get(b, 0); num(b, 1); pb_op(b, P_I32_SUB_O); pb_op1(b, P_CALL, f);
	get(b, 0); num(b, 2); pb_op(b, P_I32_SUB_O); pb_op1(b, P_CALL, f);
	ops(b, (POp[]){P_I32_ADD_O, P_RETURN}, 2);
	pb_finish(b, 0);
	return f;
}

/* An array [5 .. 14] of 8-byte cells in the frame: filled with squares, entry n of it returned. */
static u32 build_array(PBuild *b)
{
	u32 f = pb_func(b, "array", "i:l");

	pb_begin(b, f);
	u32 i = pb_local(b, 'i'), loop = pb_label(b), end = pb_label(b);
	num(b, 5); set(b, i);
	pb_op1(b, P_LOOP, loop);
	get(b, i); num(b, 14); pb_op(b, P_I32_GT_S); pb_op1(b, P_JUMP_IF, end);
	pb_op1(b, P_FRAME_ADDR, 16); get(b, i); pb_index(b, 5, 10, 8);
	get(b, i); get(b, i); pb_op(b, P_I32_MUL); pb_op(b, P_I64_EXTEND_S); pb_op2(b, P_I64_STORE, 3, 0);
	get(b, i); num(b, 1); pb_op(b, P_I32_ADD_O); set(b, i);
	pb_op1(b, P_JUMP, loop);
	pb_op1(b, P_LABEL, end);
	pb_op1(b, P_FRAME_ADDR, 16); get(b, 0); pb_index(b, 5, 10, 8); pb_op2(b, P_I64_LOAD, 3, 0);
	pb_op(b, P_RETURN);
	pb_finish(b, 96);
	return f;
}

static u32 build_switch(PBuild *b)
{
	u32 f = pb_func(b, "switch", "i:i"), l[4], end;

	pb_begin(b, f);
	for (u32 k = 0; k < 4; k++)
		l[k] = pb_label(b);
	end = pb_label(b);
	num(b, 7);
	get(b, 0); pb_table_jump(b, l, 3, l[3]);
	for (u32 k = 0; k < 4; k++) {
		pb_op1(b, P_LABEL, l[k]); num(b, (i64)k * 10); pb_op(b, P_I32_ADD);
		pb_op1(b, P_JUMP, end);
	}
	pb_op1(b, P_LABEL, end);
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
	return f;
}

/* inner(frame, n) jumps out through itself n / 2 times (an odd n never, 7 returns); outer(n) lands with 40 +
 * what a local held at the call */
static u32 build_goto(PBuild *b)
{
	u32 inner = pb_func(b, "inner", "ii:"), outer = pb_func(b, "outer", "i:i");

	pb_begin(b, outer);
	u32 x = pb_local(b, 'i'), land = pb_label(b), other = pb_label(b);
	num(b, 2); set(b, x);
	pb_op1(b, P_FRAME_ADDR, 0); get(b, 0); pb_op1(b, P_CALL, inner);
	num(b, 3); set(b, x);
	pb_op1(b, P_FRAME_ADDR, 0); get(b, 0); num(b, 1); pb_op(b, P_I32_ADD); pb_op1(b, P_CALL, inner);
	num(b, -9); pb_op(b, P_RETURN);
	pb_op1(b, P_LAND, other); num(b, -8); pb_op(b, P_RETURN);
	pb_op1(b, P_LAND, land); get(b, x); num(b, 40); pb_op(b, P_I32_ADD); pb_op(b, P_RETURN);
	pb_finish(b, 16);

	pb_begin(b, inner);
	u32 deeper = pb_label(b), out = pb_label(b);
	get(b, 1); num(b, 7); pb_op(b, P_I32_EQ); pb_op1(b, P_JUMP_IF, out);
	get(b, 1); pb_op1(b, P_JUMP_IF, deeper);
	get(b, 0); pb_op2(b, P_UNWIND, outer, land);
	pb_op1(b, P_LABEL, deeper);
	get(b, 0); get(b, 1); num(b, 2); pb_op(b, P_I32_SUB); pb_op1(b, P_CALL, inner);
	pb_op(b, P_RETURN);
	pb_op1(b, P_LABEL, out); pb_op(b, P_RETURN);
	pb_finish(b, 32);
	return outer;
}

static void check_all_levels(const Buf *bytes, u32 func, const u64 *args, i64 want)
{
	Err e = {0};
	PModule *m = pcode_read(bytes->p, bytes->n, "test", &e);
	Machine *k = xmalloc(sizeof *k);

	assert_true(pcode_check(m, &e));
	for (int level = 0; level < 6; level++) {
		machine_init(k, m, level % 3);
		k->maps = level >= 3;
		i64 got = run(k, func, args);
		if (got != want)
			fail_msg("level %d: %lld instead of %lld", level, (long long)got, (long long)want);
		machine_end(k);
	}
	free(k);
	pcode_free(m);
}

static void one(u32 (*build)(PBuild *b), const i64 (*row)[2], u32 n)
{
	PBuild *b = pb_new("test.pas");
	u32 f = build(b);
	Buf bytes = {0};

	pb_end(b, &bytes);
	for (u32 k = 0; k < n; k++) {
		u64 arg = (u32)row[k][0];
		check_all_levels(&bytes, f, &arg, row[k][1]);
	}
	buf_free(&bytes);
}

static void test_sum(void **state)
{
	one(build_sum, (const i64[][2]){{0, 0}, {1, 1}, {10, 385}, {100, 338350}, {2000, -215}}, 5);
}

static void test_fib(void **state)
{
	one(build_fib, (const i64[][2]){{1, 1}, {15, 610}}, 2);
}

static void test_array(void **state)
{
	one(build_array, (const i64[][2]){{5, 25}, {14, 196}, {4, -201}, {15, -201}, {-1, -201}, {7, 49}}, 6);
}

static void test_switch(void **state)
{
	one(build_switch, (const i64[][2]){{0, 7}, {1, 17}, {2, 27}, {3, 37}, {-1, 37}}, 5);
}

static void test_goto(void **state)
{
	one(build_goto, (const i64[][2]){{0, 42}, {4, 42}, {7, 43}, {3, -202}}, 4);
}

/* ---- single instructions against C ------------------------------------------------------------------ */

typedef struct Op2 { POp op; const char *sig; u64 a, b; i64 want; } Op2;

static u64 d(double x) { return f64_u64(x); }

static void test_ops(void **state)
{
	const Op2 row[] = {
		{P_I32_ADD_O, "ii:i", 0x7fffffff, 1, -215}, {P_I32_ADD_O, "ii:i", 0x7fffffff, 0, 0x7fffffff},
		{P_I32_SUB_O, "ii:i", 0x80000000, 1, -215}, {P_I32_MUL_O, "ii:i", 65536, 32768, -215},
		{P_I32_MUL_O, "ii:i", 65535, 32768, 2147450880},
		{P_I32_DIV_S, "ii:i", 7, 0, -200}, {P_I32_DIV_S, "ii:i", 0x80000000, 0xffffffff, -215},
		{P_I32_DIV_S, "ii:i", (u32)-7, 2, (u32)-3}, {P_I32_REM_S, "ii:i", (u32)-7, 2, (u32)-1},
		{P_I32_REM_S, "ii:i", 0x80000000, 0xffffffff, 0}, {P_I32_REM_S, "ii:i", 1, 0, -200},
		{P_I32_DIV_U, "ii:i", 0xffffffff, 16, 0x0fffffff}, {P_I32_REM_U, "ii:i", 0xffffffff, 16, 15},
		{P_I64_DIV_S, "ll:l", (u64)INT64_MIN, UINT64_MAX, -215}, {P_I64_ADD_O, "ll:l", INT64_MAX, 1, -215},
		{P_I64_MUL_O, "ll:l", 1ull << 32, 1ull << 31, -215}, {P_I64_MUL_O, "ll:l", 1ull << 32, 1ull << 30, 1ll << 62},
		{P_I32_SHL, "ii:i", 1, 33, 2}, {P_I32_SHR_S, "ii:i", 0x80000000, 31, 0xffffffff},
		{P_I32_ROTL, "ii:i", 0x80000001, 4, 0x18}, {P_I32_LT_U, "ii:i", 1, 0xffffffff, 1},
		{P_F64_DIV_Z, "dd:d", 0x3ff0000000000000, 0x8000000000000000, -200},
		{P_F64_COPYSIGN, "dd:d", 0x3ff0000000000000, 0xfff8000000000000, 0x3ff0000000000000},
		{P_F64_LT, "dd:i", 0x7ff8000000000000, 0x3ff0000000000000, 0},
		{P_I32_NEG_O, "i:i", 0x80000000, 0, -215}, {P_I32_NEG_O, "i:i", 5, 0, (u32)-5},
		{P_I32_ABS_O, "i:i", 0x80000000, 0, -215}, {P_I32_ABS_O, "i:i", (u32)-5, 0, 5}, {P_I32_ABS_O, "i:i", 6, 0, 6},
		{P_I64_ABS_O, "l:l", (u64)INT64_MIN, 0, -215},
		{P_I32_WRAP_O, "l:i", 1ull << 31, 0, -215}, {P_I32_WRAP_O, "l:i", (u64)INT32_MIN, 0, 0x80000000},
		{P_I32_TRUNC_F64_S, "d:i", d(2147483647.9), 0, 2147483647}, {P_I32_TRUNC_F64_S, "d:i", d(2147483648.0), 0, -207},
		{P_I32_TRUNC_F64_S, "d:i", d(-2147483648.9), 0, 0x80000000}, {P_I32_TRUNC_F64_S, "d:i", d(-2147483649.0), 0, -207},
		{P_I32_TRUNC_F64_U, "d:i", d(-0.9), 0, 0}, {P_I32_TRUNC_F64_U, "d:i", d(-1), 0, -207},
		{P_I32_TRUNC_F64_U, "d:i", d(4294967295.5), 0, 0xffffffff}, {P_I32_TRUNC_F64_U, "d:i", d(4294967296.0), 0, -207},
		{P_I64_TRUNC_F64_S, "d:l", d(-0x1p63), 0, INT64_MIN}, {P_I64_TRUNC_F64_S, "d:l", d(0x1p63), 0, -207},
		{P_I64_TRUNC_F64_S, "d:l", F64_NAN, 0, -207}, {P_I32_TRUNC_F32_S, "f:i", 0xcf000000, 0, 0x80000000},
		{P_I32_TRUNC_F32_S, "f:i", 0xcf000001, 0, -207}, {P_I32_TRUNC_F32_S, "f:i", 0x4f000000, 0, -207},
		{P_I64_REINTERPRET, "d:l", 0xfff8000000000001, 0, F64_NAN}, {P_F64_REINTERPRET, "l:d", 42, 0, 42},
		{P_CHECK_FINITE, "d:d", 0x7ff0000000000000, 0, -205}, {P_CHECK_FINITE, "d:d", 0x7ff8000000000001, 0, -205},
		{P_CHECK_FINITE, "d:d", 0xffefffffffffffff, 0, 0xffefffffffffffff}, {P_CHECK_FINITE, "d:d", 1, 0, 1},
		{P_CHECK_NIL, "i:i", 0, 0, -216}, {P_CHECK_NIL, "i:i", 9, 0, 9}, {P_I64_EQZ, "l:i", 0, 0, 1},
		{P_I64_EXTEND32_S, "l:l", 0xffffffff, 0, -1}, {P_I32_POPCNT, "i:i", 0xff00ff, 0, 16},
		{P_F64_CONVERT_I32_U, "i:d", 0xffffffff, 0, 0x41efffffffe00000},
	};

	for (u32 k = 0; k < COUNT(row); k++) {
		PBuild *b = pb_new("test.pas");
		Buf bytes = {0};
		u32 f = pb_func(b, "op", row[k].sig), n = (u32)(strchr(row[k].sig, ':') - row[k].sig);
		pb_begin(b, f);
		for (u32 i = 0; i < n; i++)
			get(b, i);
		ops(b, (POp[]){row[k].op, P_RETURN}, 2);
		pb_finish(b, 0);
		/* The same with constant operands, so that folding is compared too. */
		u32 g = pb_func(b, "folded", row[k].sig);
		pb_begin(b, g);
		for (u32 i = 0; i < n; i++) {
			u64 v = i ? row[k].b : row[k].a;
			switch (row[k].sig[i]) {
			case 'i': num(b, (i32)v); break;
			case 'l': pb_op1(b, P_I64_CONST, (i64)v); break;
			case 'f': pb_f32(b, u32_f32((u32)v)); break;
			default: pb_f64(b, u64_f64(v));
			}
		}
		ops(b, (POp[]){row[k].op, P_RETURN}, 2);
		pb_finish(b, 0);
		pb_end(b, &bytes);
		check_all_levels(&bytes, f, (u64[]){row[k].a, row[k].b}, row[k].want);
		check_all_levels(&bytes, g, (u64[]){row[k].a, row[k].b}, row[k].want);
		buf_free(&bytes);
	}
}

/* ---- calls, checks, memory --------------------------------------------------------------------------- */

static u32 build_indirect(PBuild *b)
{
	u32 id = pb_func(b, "id", "i:i"), wrong = pb_func(b, "wrong", "l:i"), f = pb_func(b, "indirect", "i:i");

	pb_begin(b, id); get(b, 0); num(b, 100); ops(b, (POp[]){P_I32_ADD, P_RETURN}, 2); pb_finish(b, 0);
	pb_begin(b, wrong); num(b, 1); pb_op(b, P_RETURN); pb_finish(b, 0);
	pb_slot(b, id);
	pb_slot(b, wrong);
	pb_begin(b, f);
	num(b, 11); get(b, 0); pb_op1(b, P_CALL_IND, pb_type(b, "i:i")); pb_op(b, P_RETURN);
	pb_finish(b, 0);
	return f;
}

static u32 build_range(PBuild *b)
{
	u32 f = pb_func(b, "range", "i:i");

	pb_begin(b, f);
	get(b, 0);
	pb_op2(b, P_CHECK_RANGE, -5, 5);
	pb_op2(b, P_CHECK_RANGE, INT32_MIN, 4);
	pb_op2(b, P_CHECK_RANGE, -4, INT32_MAX);
	num(b, -3); num(b, 3); pb_op(b, P_CHECK_BOUNDS);
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
	return f;
}

/* Copies 23 bytes over themselves shifted, sums them; the same with a length that is not known. */
static u32 build_blocks(PBuild *b)
{
	u32 f = pb_func(b, "blocks", "i:i"), at = pb_zero(b, 64, 8);

	pb_begin(b, f);
	u32 i = pb_local(b, 'i'), s = pb_local(b, 'i'), loop = pb_label(b), end = pb_label(b), sum = pb_label(b);
	pb_op1(b, P_LOOP, loop);
	get(b, i); num(b, 40); pb_op(b, P_I32_EQ); pb_op1(b, P_JUMP_IF, end);
	num(b, at); get(b, i); pb_index(b, 0, 64, 1); get(b, i); pb_op2(b, P_I32_STORE8, 0, 0);
	get(b, i); num(b, 1); pb_op(b, P_I32_ADD); set(b, i);
	pb_op1(b, P_JUMP, loop);
	pb_op1(b, P_LABEL, end);
	num(b, at + 3); num(b, at); num(b, 23); pb_op(b, P_MEM_COPY);
	num(b, at + 1); num(b, at + 20); get(b, 0); pb_op(b, P_MEM_COPY);
	num(b, at + 30); num(b, 1); num(b, 7); pb_op(b, P_MEM_FILL);
	num(b, 0); set(b, i);
	pb_op1(b, P_LOOP, sum);
	get(b, s); num(b, 31); pb_op(b, P_I32_MUL);
	num(b, at); get(b, i); pb_index(b, 0, 64, 1); pb_op2(b, P_I32_LOAD8_U, 0, 0); pb_op(b, P_I32_ADD); set(b, s);
	get(b, i); num(b, 1); pb_op(b, P_I32_ADD); pb_op1(b, P_LOCAL_TEE, i);
	num(b, 64); pb_op(b, P_I32_LT_S); pb_op1(b, P_JUMP_IF, sum);
	get(b, s); pb_op(b, P_RETURN);
	pb_finish(b, 0);
	return f;
}

static void test_calls(void **state)
{
	one(build_indirect, (const i64[][2]){{0, -221}, {1, 111}, {2, -221}, {3, -221}, {-1, -221}}, 5);
	one(build_range, (const i64[][2]){{3, 3}, {-3, 4294967293}, {4, -201}, {5, -201}, {-6, -201}, {-4, -201}}, 6);
}

static void test_blocks(void **state)
{
	u8 m[64] = {0};
	u32 s = 0;

	for (u32 k = 0; k < 40; k++)
		m[k] = (u8)k;
	memmove(m + 3, m, 23);
	memmove(m + 1, m + 20, 9);
	memset(m + 30, 1, 7);
	for (u32 k = 0; k < 64; k++)
		s = s * 31 + m[k];
	one(build_blocks, (const i64[][2]){{9, s}}, 1);
}

/* A loop that is entered in the middle of its work: locals and an operand come from memory. */
static void test_osr(void **state)
{
	PBuild *b = pb_new("test.pas");
	Buf bytes = {0};
	u32 f = build_sum(b);
	Machine *k = xmalloc(sizeof *k);

	PModule *m = finish(b, &bytes);
	for (int level = 0; level < 3; level++) {
		machine_init(k, m, level);
		OFunc *o = pcode_lower(m, f, 0, k->type_id);
		checked(NULL, o, "lowering");
		opt_run(o, level, checked, NULL);
		u64 locals[3] = {10, 9, 1000}; /* n, i, s */
		u64 args[2] = {(u64)(uintptr_t)locals, 0};
		assert_int_equal(ocode_eval(&k->env, o, args), 1000 + 81 + 100);
		ocode_free(o);
		machine_end(k);
	}
	free(k);
	pcode_free(m);
	buf_free(&bytes);
}

/* ---- random programs ----------------------------------------------------------------------------------- */

typedef struct Gen {
	PBuild *b;
	u64 seed;
	u32 ni, nl, fuel, loops, at;
	u32 callee[2], ncallee; /* functions that may be called */
} Gen;

static u32 rnd(Gen *g, u32 n)
{
	g->seed ^= g->seed << 13;
	g->seed ^= g->seed >> 7;
	g->seed ^= g->seed << 17;
	return (u32)(g->seed >> 20) % n;
}

/* Locals: 0 and 1 parameters, i32s, then i64s, then a counter for each loop. */
static void expr(Gen *g, int depth);

static void expr64(Gen *g, int depth)
{
	static const POp two[] = {P_I64_ADD, P_I64_SUB, P_I64_MUL, P_I64_AND, P_I64_OR, P_I64_XOR, P_I64_SHL, P_I64_SHR_U, P_I64_SHR_S, P_I64_ADD_O};

	if (depth <= 0 || rnd(g, 4) == 0) {
		if (rnd(g, 2))
			get(g->b, g->ni + rnd(g, g->nl));
		else
			pb_op1(g->b, P_I64_CONST, (i64)(i32)g->seed);
	} else if (rnd(g, 3) == 0) {
		expr(g, depth - 1);
		pb_op(g->b, rnd(g, 2) ? P_I64_EXTEND_S : P_I64_EXTEND_U);
	} else {
		expr64(g, depth - 1);
		expr64(g, depth - 1);
		pb_op(g->b, two[rnd(g, COUNT(two) - (rnd(g, 16) != 0))]);
	}
}

/* One of n operations, of which the last few may trap and come seldom. */
static POp pick(Gen *g, const POp *op, u32 n, u32 trapping)
{
	return op[rnd(g, 16) ? rnd(g, n - trapping) : rnd(g, n)];
}

static void small_const(Gen *g)
{
	static const i32 nums[] = {0, 1, 2, 3, 4, 7, 8, 16, 31, 100, 255, 1000, -1, -2, -8, INT32_MAX, INT32_MIN};

	num(g->b, nums[rnd(g, COUNT(nums))]);
}

/* The address of a cell of 16 in static memory, or in the frame; the index is masked or checked. */
static void cell(Gen *g, int depth)
{
	bool frame = rnd(g, 2);

	if (frame)
		pb_op1(g->b, P_FRAME_ADDR, 8 * rnd(g, 3));
	else
		num(g->b, g->at);
	expr(g, depth - 1);
	if (rnd(g, 16)) {
		num(g->b, 7);
		pb_op(g->b, P_I32_AND);
	}
	if (rnd(g, 3))
		pb_index(g->b, rnd(g, 16) ? 0 : (i32)rnd(g, 3), 8 + rnd(g, 5), 4);
	else {
		num(g->b, 7);
		pb_op(g->b, P_I32_AND);
		pb_op2(g->b, P_INDEX_U, 0, 4);
	}
}

static void expr(Gen *g, int depth)
{
	static const POp two[] = {P_I32_ADD, P_I32_SUB, P_I32_MUL, P_I32_AND, P_I32_OR, P_I32_XOR, P_I32_SHL, P_I32_SHR_U, P_I32_SHR_S,
		P_I32_ROTL, P_I32_EQ, P_I32_NE, P_I32_LT_S, P_I32_LE_U, P_I32_GT_S, P_I32_GE_U, P_I32_LT_U, P_I32_GE_S,
		P_I32_ADD_O, P_I32_SUB_O, P_I32_MUL_O, P_I32_DIV_S, P_I32_REM_S, P_I32_DIV_U, P_I32_REM_U};
	static const POp onep[] = {P_I32_EQZ, P_I32_CLZ, P_I32_CTZ, P_I32_EXTEND8_S, P_I32_EXTEND16_S, P_I32_NEG_O, P_I32_ABS_O};
	static const POp loads[] = {P_I32_LOAD, P_I32_LOAD8_U, P_I32_LOAD8_S, P_I32_LOAD16_U, P_I32_LOAD16_S};

	if (depth <= 0) {
		if (rnd(g, 3))
			get(g->b, rnd(g, g->ni));
		else
			small_const(g);
		return;
	}
	switch (rnd(g, 12)) {
	case 0: expr(g, depth - 1); pb_op(g->b, pick(g, onep, COUNT(onep), 2)); break;
	case 1: expr64(g, depth - 1); pb_op(g->b, P_I32_WRAP); break;
	case 2: cell(g, depth); pb_op2(g->b, loads[rnd(g, COUNT(loads))], 0, rnd(g, 4)); break;
	case 3:
		expr(g, depth - 1); expr(g, depth - 1); expr(g, depth - 1);
		pb_op(g->b, P_SELECT);
		break;
	case 4: expr(g, depth - 1); small_const(g); pb_op(g->b, pick(g, two, COUNT(two), 7)); break;
	case 5: expr(g, depth - 1); num(g->b, 63); pb_op(g->b, P_I32_AND); pb_op2(g->b, P_CHECK_RANGE, 0, 61 + rnd(g, 9)); break;
	case 6: get(g->b, rnd(g, g->ni)); break;
	case 7:
		if (g->ncallee) {
			expr(g, depth - 1); expr(g, depth - 1);
			pb_op1(g->b, P_CALL, g->callee[rnd(g, g->ncallee)]);
			break;
		}
		/* fall through */
	default:
		expr(g, depth - 1);
		expr(g, depth - 1);
		pb_op(g->b, pick(g, two, COUNT(two), 7));
	}
}

static void statements(Gen *g, int depth);

static void if_else(Gen *g, int depth)
{
	u32 other = pb_label(g->b), end = pb_label(g->b);
	bool value = rnd(g, 2);

	expr(g, 2);
	pb_op1(g->b, rnd(g, 2) ? P_JUMP_IF : P_JUMP_IFZ, other);
	statements(g, depth - 1);
	if (value)
		expr(g, 2);
	pb_op1(g->b, P_JUMP, end);
	pb_op1(g->b, P_LABEL, other);
	statements(g, depth - 1);
	if (value)
		expr(g, 2);
	pb_op1(g->b, P_LABEL, end);
	if (value)
		set(g->b, rnd(g, g->ni));
}

/* A loop with its own counter, so that it ends; its counter is read as an i32 local too. */
static void loop(Gen *g, int depth, u32 counter)
{
	u32 top = pb_label(g->b), end = pb_label(g->b);
	i32 from = (i32)rnd(g, 5) - 2, n = 1 + (i32)rnd(g, 9);

	num(g->b, from); set(g->b, counter);
	pb_op1(g->b, P_LOOP, top);
	if (rnd(g, 2)) {
		get(g->b, counter); num(g->b, from + n); pb_op(g->b, P_I32_GE_S); pb_op1(g->b, P_JUMP_IF, end);
	}
	statements(g, depth - 1);
	get(g->b, counter); num(g->b, from + n); pb_op(g->b, rnd(g, 2) ? P_I32_GE_S : P_I32_EQ);
	pb_op1(g->b, P_JUMP_IF, end);
	get(g->b, counter); num(g->b, 1); pb_op(g->b, rnd(g, 2) ? P_I32_ADD : P_I32_ADD_O); set(g->b, counter);
	pb_op1(g->b, P_JUMP, top);
	pb_op1(g->b, P_LABEL, end);
}

static void statement(Gen *g, int depth)
{
	switch (depth > 0 ? rnd(g, 8) : rnd(g, 4)) {
	case 0: expr64(g, 3); set(g->b, g->ni + rnd(g, g->nl)); break;
	case 1: cell(g, 2); expr(g, 3); pb_op2(g->b, rnd(g, 2) ? P_I32_STORE : P_I32_STORE8, 0, 0); break;
	case 4: case 5: if_else(g, depth); break;
	case 6:
		if (g->loops < 4) {
			u32 counter = g->ni + g->nl + g->loops++;
			loop(g, depth, counter);
			break;
		}
		/* fall through */
	default: expr(g, 3); set(g->b, rnd(g, g->ni));
	}
}

static void statements(Gen *g, int depth)
{
	for (u32 n = 1 + rnd(g, 4); n && g->fuel; n--, g->fuel--)
		statement(g, depth);
}

/* Locals and statements of one function, and a result made of all locals. */
static u32 random_func(Gen *g, const char *name, u32 fuel)
{
	PBuild *b = g->b;
	u32 f = pb_func(b, name, "ii:i");

	g->fuel = fuel;
	g->loops = 0;
	pb_begin(b, f);
	for (u32 k = 2; k < g->ni; k++)
		pb_local(b, 'i');
	for (u32 k = 0; k < g->nl; k++)
		pb_local(b, 'l');
	for (u32 k = 0; k < 4; k++)
		pb_local(b, 'i');
	statements(g, fuel > 8 ? 4 : 2);
	expr(g, 2);
	for (u32 k = 0; k < g->ni; k++) {
		num(b, 31); pb_op(b, P_I32_MUL); get(b, k); pb_op(b, P_I32_XOR);
	}
	for (u32 k = 0; k < g->nl; k++) {
		get(b, g->ni + k); pb_op(b, P_I32_WRAP); pb_op(b, P_I32_ADD);
	}
	pb_op(b, P_RETURN);
	pb_finish(b, 96);
	return f;
}

/* A function that calls two small ones, of which the second calls the first. */
static u32 build_random(PBuild *b, u64 seed, u32 *at)
{
	Gen g = {.b = b, .seed = seed * 0x9e3779b97f4a7c15u + 1, .ni = 3, .nl = 1};

	g.at = *at = pb_zero(b, 64, 8);
	for (u32 k = 0; k < 2; k++) {
		u32 f = random_func(&g, "small", 2 + rnd(&g, 3));
		g.callee[g.ncallee++] = f;
	}
	g.ni = 6;
	g.nl = 3;
	return random_func(&g, "random", 40);
}

static void interp_trap(Regfile *t, u64 code)
{
	now->trapped = (u32)code;
	longjmp(now->out, 1);
}

/* The same by the reference interpreter. */
static i64 interpret(Machine *k, u32 func, const u64 *args)
{
	PEnv env = {.t = &k->t, .m = k->m, .type_id = k->type_id};
	volatile i64 r;

	now = k;
	k->trapped = 0;
	k->t.trap = interp_trap;
	if (setjmp(k->out))
		r = -(i64)k->trapped;
	else
		r = (i64)pcode_interp(&env, func, args);
	pcode_interp_free(&env);
	return r;
}

static void test_random(void **state)
{
	Machine *plain = xmalloc(sizeof *plain), *best = xmalloc(sizeof *best), *ref = xmalloc(sizeof *ref);
	const char *n = getenv("LOWER_RANDOM");
	u32 traps = 0, inlined = 0, rounds = n ? (u32)atoi(n) : 400;

	for (u32 seed = 1; seed <= rounds; seed++) {
		PBuild *b = pb_new("test.pas");
		Buf bytes = {0};
		u32 at, f = build_random(b, seed, &at);
		PModule *m = finish(b, &bytes);
		for (u32 k = 0; k < 3; k++) {
			u64 args[2] = {k * 1234567u, (u32)-(i32)k};
			machine_init(plain, m, 0);
			machine_init(best, m, 2);
			machine_init(ref, m, 0);
			best->maps = seed % 5 == 0;
			i64 want = run(plain, f, args), got = run(best, f, args);
			traps += want < 0;
			if (interpret(ref, f, args) != want || memcmp(ref->mem + at, plain->mem + at, 64))
				fail_msg("seed %u, arguments %u: the interpreter differs", seed, k);
			if (got != want || memcmp(plain->mem + at, best->mem + at, 64))
				fail_msg("seed %u, arguments %u: %lld instead of %lld", seed, k, (long long)got, (long long)want);
			inlined += best->inlined;
			machine_end(plain);
			machine_end(best);
		}
		pcode_free(m);
		buf_free(&bytes);
	}
	/* Most programs run to their end, or the test says little. */
	assert_in_range(traps, 1, rounds * 2);
	assert_true(inlined > rounds / 4);
	free(plain);
	free(best);
	free(ref);
}

/* ---- blocks of any size -------------------------------------------------------------------------------- */

static u32 build_sized(PBuild *b, POp op)
{
	u32 f = pb_func(b, "sized", op == P_MEM_CMP ? "iii:i" : "iii:");

	pb_begin(b, f);
	get(b, 0); get(b, 1); get(b, 2); pb_op(b, op); pb_op(b, P_RETURN);
	pb_finish(b, 0);
	return f;
}

/* An address: near another, at the ends of memory, or beyond. */
static u32 somewhere(Gen *g)
{
	switch (rnd(g, 8)) {
	case 0: return MEM - rnd(g, 40);
	case 1: return 4096 - rnd(g, 20) + rnd(g, 20);
	case 2: return 0u - rnd(g, 40);
	default: return 5000 + rnd(g, 50);
	}
}

static void sized_machine(Machine *k, PModule *m, int level, const u8 *content)
{
	machine_init(k, m, level);
	memcpy(k->mem, content, MEM);
	k->host[PH_MEM_COPY] = pcode_mem_copy;
	k->host[PH_MEM_CMP] = pcode_mem_cmp;
	k->t.trap = interp_trap;
	k->t.mem_guard = 4096;
}

/* Copies and comparisons against the interpreter's, with blocks that overlap and that leave memory. */
static void test_sized(void **state)
{
	Machine *k = xmalloc(sizeof *k), *ref = xmalloc(sizeof *ref);
	Gen g = {.seed = 0x1234567};
	u8 *content = xmalloc(MEM);
	u32 traps = 0;

	for (u32 copy = 0; copy < 2; copy++) {
		PBuild *b = pb_new("test.pas");
		Buf bytes = {0};
		u32 f = build_sized(b, copy ? P_MEM_COPY : P_MEM_CMP);
		PModule *m = finish(b, &bytes);
		for (u32 round = 0; round < 3000; round++) {
			for (u32 i = 0; i < MEM; i++)
				content[i] = round % 4 && i % 17 ? 7 : (u8)(i * round);
			u64 args[3] = {somewhere(&g), somewhere(&g), rnd(&g, 16) ? rnd(&g, 40) : 0u - rnd(&g, 40)};
			sized_machine(k, m, (int)(round % 3), content);
			sized_machine(ref, m, 0, content);
			i64 want = interpret(ref, f, args), got = run(k, f, args);
			traps += want == -TRAP_MEMORY;
			if ((copy ? MIN(got, 0) != MIN(want, 0) : got != want) || (want >= 0 && memcmp(k->mem, ref->mem, MEM)))
				fail_msg("%x %x %x: %lld instead of %lld", (u32)args[0], (u32)args[1], (u32)args[2], (long long)got, (long long)want);
			machine_end(k);
		}
		pcode_free(m);
		buf_free(&bytes);
	}
	assert_in_range(traps, 500, 5000);
	free(content);
	free(k);
	free(ref);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sum), cmocka_unit_test(test_fib), cmocka_unit_test(test_array),
		cmocka_unit_test(test_switch), cmocka_unit_test(test_goto), cmocka_unit_test(test_ops),
		cmocka_unit_test(test_calls), cmocka_unit_test(test_blocks), cmocka_unit_test(test_osr),
		cmocka_unit_test(test_random), cmocka_unit_test(test_sized),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
