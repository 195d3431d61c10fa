/* Tests of run: every executor gives the same results, the same run-time errors and the same call chains. */
#include "../../pvm/back/back.h"
#include "../../pvm/run/run.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- a personality of three calls ----------------------------------------------------------------- */

typedef struct Log {
	u64 v[64];
	u32 n;
	int ended;
} Log;

static u64 host_log(Regfile *t, const u64 *args)
{
	Log *l = thread_abi((Thread *)t);

	if (l->n < COUNT(l->v))
		l->v[l->n] = args[0];
	l->n++;
	return args[0] + 1;
}

static u64 host_fail(Regfile *t, const u64 *args)
{
	thread_trap((Thread *)t, (u32)args[0]);
}

static u64 host_exit(Regfile *t, const u64 *args)
{
	thread_exit((Thread *)t, (int)args[0]);
}

static OHostFn *lookup(Task *t, const char *module, const char *name, const char *sig, const char **why)
{
	*why = "not in this test";
	if (strcmp(name, "log") == 0 && strcmp(sig, "l:l") == 0)
		return host_log;
	if (strcmp(name, "fail") == 0 && strcmp(sig, "i:") == 0)
		return host_fail;
	if (strcmp(name, "exit") == 0 && strcmp(sig, "i:") == 0)
		return host_exit;
	return NULL;
}

static void at_end(void *data)
{
	((Log *)data)->ended++;
}

/* ---- running --------------------------------------------------------------------------------------- */

typedef struct Outcome {
	int status;
	Log log;
	char text[4000]; /* what was reported */
} Outcome;

/* Runs the module with standard error caught. */
static void run(const Buf *module, const TaskOpts *o, Outcome *out)
{
	char path[] = "/tmp/pvm-run-XXXXXX";
	int keep = dup(2), fd = mkstemp(path);
	Err e = {0};

	memset(out, 0, sizeof *out);
	PModule *m = pcode_read(module->p, module->n, "test", &e);
	assert_non_null(m);
	if (!pcode_check(m, &e))
		fail_msg("%s", e.msg);
	Task *t = task_new(m, o, lookup, &e);
	if (!t)
		fail_msg("%s", e.msg);
	task_set_abi(t, &out->log);
	task_at_end(t, at_end, &out->log);
	fflush(stderr);
	dup2(fd, 2);
	out->status = task_run(t);
	fflush(stderr);
	dup2(keep, 2);
	close(keep);
	lseek(fd, 0, SEEK_SET);
	assert_true(read(fd, out->text, sizeof out->text - 1) >= 0);
	close(fd);
	unlink(path);
	task_free(t);
	pcode_free(m);
	assert_int_equal(out->log.ended, 1);
}

/* Runs it on every executor, the JIT from several temperatures, and compares all with the interpreter. */
static void run_all(Buf *module, Outcome *first)
{
	static const i32 hot[] = {0, 1, 2, 3, 7, 50};
	TaskOpts o = {.exec = EXEC_INTERP, .opt = 2, .hot = -1, .check_ocode = true};
	Outcome now;

	run(module, &o, first);
	for (u32 i = 0; i < 2 * COUNT(hot) + 2; i++) {
		if (i < 2) {
			o.exec = EXEC_EVAL;
			o.opt = i ? 2 : 0;
		} else {
			if (!back_host())
				break;
			o.exec = EXEC_JIT;
			o.hot = hot[(i - 2) / 2];
			o.opt = i % 2 ? 2 : 0;
		}
		run(module, &o, &now);
		if (now.status != first->status || now.log.n != first->log.n || strcmp(now.text, first->text) != 0 ||
			memcmp(now.log.v, first->log.v, sizeof now.log.v) != 0)
			fail_msg("exec %d, level %d, hot %d: status %d, %u calls, first %llu, '%s' instead of status %d, %u calls, first %llu, '%s'",
				o.exec, o.opt, o.hot, now.status, now.log.n, (unsigned long long)now.log.v[0], now.text, first->status,
				first->log.n, (unsigned long long)first->log.v[0], first->text);
	}
	buf_free(module);
}

/* ---- programs --------------------------------------------------------------------------------------- */

/* A module whose parts all tests use. */
typedef struct Prog {
	PBuild *b;
	u32 main, log, fail, exit;
} Prog;

static Prog start_prog(void)
{
	Prog p = {.b = pb_new("prog.pas")};

	pb_memory(p.b, 65536, 64, 4096);
	p.main = pb_func(p.b, "main", ":");
	p.log = pb_import(p.b, "test", "log", "l:l");
	p.fail = pb_import(p.b, "test", "fail", "i:");
	p.exit = pb_import(p.b, "test", "exit", "i:");
	return p;
}

static void end_prog(Prog *p, Buf *out)
{
	pb_start(p->b, p->main);
	pb_end(p->b, out);
}

static void i32c(Prog *p, i64 v) { pb_op1(p->b, P_I32_CONST, v); }
static void get(Prog *p, u32 v) { pb_op1(p->b, P_LOCAL_GET, v); }
static void set(Prog *p, u32 v) { pb_op1(p->b, P_LOCAL_SET, v); }
static void op(Prog *p, POp o) { pb_op(p->b, o); }

/* Logs the i64 on the stack. */
static void log_top(Prog *p)
{
	pb_op1(p->b, P_CALL, p->log);
	op(p, P_DROP);
}

/* fib(n: i32): i32 */
static u32 add_fib(Prog *p)
{
	u32 fib = pb_func(p->b, "fib", "i:i");

	pb_begin(p->b, fib);
	u32 small = pb_label(p->b);
	pb_line(p->b, 1);
	get(p, 0);
	i32c(p, 2);
	op(p, P_I32_LT_S);
	pb_op1(p->b, P_JUMP_IF, small);
	for (int k = 1; k <= 2; k++) {
		get(p, 0);
		i32c(p, k);
		op(p, P_I32_SUB_O);
		pb_op1(p->b, P_CALL, fib);
	}
	op(p, P_I32_ADD_O);
	op(p, P_RETURN);
	pb_op1(p->b, P_LABEL, small);
	get(p, 0);
	op(p, P_RETURN);
	pb_finish(p->b, 0);
	return fib;
}

static void test_calls(void **state)
{
	Prog p = start_prog();
	Buf module = {0};
	Outcome out;
	u32 fib = add_fib(&p);

	pb_begin(p.b, p.main);
	for (int n = 1; n < 18; n += 4) {
		i32c(&p, n);
		pb_op1(p.b, P_CALL, fib);
		op(&p, P_I64_EXTEND_S);
		log_top(&p);
	}
	i32c(&p, 7);
	pb_op1(p.b, P_CALL, p.exit);
	op(&p, P_RETURN);
	pb_finish(p.b, 0);
	end_prog(&p, &module);
	run_all(&module, &out);
	static const u64 want[] = {1, 5, 34, 233, 1597};
	assert_int_equal(out.status, 7);
	assert_int_equal(out.log.n, COUNT(want));
	for (u32 i = 0; i < COUNT(want); i++)
		assert_int_equal(out.log.v[i], want[i]);
	assert_string_equal(out.text, "");
}

/* A loop over a local and memory in main: it leaves the interpreter in the middle (on-stack replacement). */
static void test_loop(void **state)
{
	Prog p = start_prog();
	Buf module = {0};
	Outcome out;

	pb_begin(p.b, p.main);
	u32 i = pb_local(p.b, 'i'), sum = pb_local(p.b, 'l'), half = pb_local(p.b, 'd');
	u32 top = pb_label(p.b);
	pb_op1(p.b, P_LOOP, top);
	pb_op1(p.b, P_FRAME_ADDR, 8);
	pb_op1(p.b, P_FRAME_ADDR, 8);
	pb_op2(p.b, P_I64_LOAD, 3, 0);
	get(&p, i);
	op(&p, P_I64_EXTEND_S);
	op(&p, P_I64_ADD_O);
	pb_op2(p.b, P_I64_STORE, 3, 0);
	get(&p, sum);
	get(&p, i);
	get(&p, i);
	op(&p, P_I32_MUL_O);
	op(&p, P_I64_EXTEND_S);
	op(&p, P_I64_ADD_O);
	set(&p, sum);
	get(&p, half);
	pb_f64(p.b, 0.5);
	op(&p, P_F64_ADD);
	set(&p, half);
	get(&p, i);
	i32c(&p, 1);
	op(&p, P_I32_ADD_O);
	pb_op1(p.b, P_LOCAL_TEE, i);
	i32c(&p, 1000);
	op(&p, P_I32_LT_S);
	pb_op1(p.b, P_JUMP_IF, top);
	get(&p, sum);
	log_top(&p);
	pb_op1(p.b, P_FRAME_ADDR, 8);
	pb_op2(p.b, P_I64_LOAD, 3, 0);
	log_top(&p);
	get(&p, half);
	op(&p, P_I64_REINTERPRET);
	log_top(&p);
	op(&p, P_RETURN);
	pb_finish(p.b, 16);
	end_prog(&p, &module);
	run_all(&module, &out);
	assert_int_equal(out.status, 0);
	assert_int_equal(out.log.n, 3);
	assert_int_equal(out.log.v[0], 332833500);
	assert_int_equal(out.log.v[1], 499500);
	assert_int_equal(out.log.v[2], f64_u64(500));
}

/* What a chain of calls ends with. */
enum End { END_RANGE, END_HOST, END_LOAD, END_NIL, END_DIVIDE, END_OVERFLOW, END_IND_EMPTY, END_IND_TYPE, END_IND_FAR, END_TRAP };

/* main calls outer(k) for k = 0 .. 9, outer calls inner(k) in a loop, and inner ends badly when k is 9. */
static void build_chain(Buf *module, enum End end)
{
	Prog p = start_prog();
	u32 inner = pb_func(p.b, "inner", "i:i"), outer = pb_func(p.b, "outer", "i:i");
	u32 other = pb_func(p.b, "other", "l:");
	u32 other_slot = pb_slot(p.b, other);

	pb_begin(p.b, inner);
	u32 good = pb_label(p.b);
	pb_line(p.b, 11);
	get(&p, 0);
	i32c(&p, 9);
	op(&p, P_I32_NE);
	pb_op1(p.b, P_JUMP_IF, good);
	pb_line(p.b, 12);
	switch (end) {
	case END_RANGE:
		get(&p, 0);
		pb_op2(p.b, P_CHECK_RANGE, 0, 8);
		op(&p, P_DROP);
		break;
	case END_HOST:
		i32c(&p, 106);
		pb_op1(p.b, P_CALL, p.fail);
		break;
	case END_LOAD:
		i32c(&p, -8);
		pb_op2(p.b, P_I32_LOAD, 2, 100000);
		op(&p, P_DROP);
		break;
	case END_NIL:
		get(&p, 0);
		i32c(&p, 5);
		pb_op2(p.b, P_I32_STORE8, 0, 1);
		break;
	case END_DIVIDE:
		i32c(&p, 5);
		get(&p, 0);
		i32c(&p, 9);
		op(&p, P_I32_SUB);
		op(&p, P_I32_DIV_S);
		op(&p, P_DROP);
		break;
	case END_OVERFLOW:
		get(&p, 0);
		i32c(&p, INT32_MAX);
		op(&p, P_I32_ADD_O);
		op(&p, P_DROP);
		break;
	case END_IND_EMPTY:
	case END_IND_TYPE:
	case END_IND_FAR:
		get(&p, 0);
		i32c(&p, end == END_IND_EMPTY ? 0 : end == END_IND_TYPE ? (i64)other_slot : 100000);
		pb_op1(p.b, P_CALL_IND, pb_type(p.b, "i:i"));
		op(&p, P_DROP);
		break;
	case END_TRAP:
		pb_op1(p.b, P_TRAP, 227);
		break;
	}
	if (end != END_TRAP)
		pb_op1(p.b, P_JUMP, good);
	pb_op1(p.b, P_LABEL, good);
	get(&p, 0);
	op(&p, P_RETURN);
	pb_finish(p.b, 0);

	pb_begin(p.b, outer);
	u32 k = pb_local(p.b, 'i'), top = pb_label(p.b);
	pb_op1(p.b, P_LOOP, top);
	pb_line(p.b, 21);
	get(&p, 0);
	pb_op1(p.b, P_CALL, inner);
	op(&p, P_DROP);
	get(&p, k);
	i32c(&p, 1);
	op(&p, P_I32_ADD_O);
	pb_op1(p.b, P_LOCAL_TEE, k);
	i32c(&p, 5);
	op(&p, P_I32_LT_S);
	pb_op1(p.b, P_JUMP_IF, top);
	get(&p, k);
	op(&p, P_RETURN);
	pb_finish(p.b, 32);

	pb_begin(p.b, other);
	op(&p, P_RETURN);
	pb_finish(p.b, 0);

	pb_begin(p.b, p.main);
	u32 i = pb_local(p.b, 'i');
	top = pb_label(p.b);
	pb_op1(p.b, P_LOOP, top);
	pb_line(p.b, 31);
	get(&p, i);
	pb_op1(p.b, P_CALL, outer);
	op(&p, P_I64_EXTEND_S);
	log_top(&p);
	get(&p, i);
	i32c(&p, 1);
	op(&p, P_I32_ADD_O);
	pb_op1(p.b, P_LOCAL_TEE, i);
	i32c(&p, 20);
	op(&p, P_I32_LT_S);
	pb_op1(p.b, P_JUMP_IF, top);
	op(&p, P_RETURN);
	pb_finish(p.b, 0);
	end_prog(&p, module);
}

static void test_chains(void **state)
{
	static const int codes[] = {
		[END_RANGE] = 201, [END_HOST] = 106, [END_LOAD] = 216, [END_NIL] = 216, [END_DIVIDE] = 200, [END_OVERFLOW] = 215,
		[END_IND_EMPTY] = 221, [END_IND_TYPE] = 221, [END_IND_FAR] = 221, [END_TRAP] = 227
	};

	for (u32 i = 0; i < COUNT(codes); i++) {
		Buf module = {0};
		Outcome out;
		char want[400];
		build_chain(&module, (enum End)i);
		run_all(&module, &out);
		snprintf(want, sizeof want, "run-time error %d: %s\n  at inner (prog.pas:12)\n  called from outer (prog.pas:21)\n"
			"  called from main (prog.pas:31)\n", codes[i], task_error_text((u32)codes[i]));
		assert_int_equal(out.status, codes[i]);
		assert_int_equal(out.log.n, 9);
		assert_string_equal(out.text, want);
	}
}

/* down(n): calls itself; at 0 it traps.  The chain is long and is shown in short. */
static void test_deep(void **state)
{
	for (int deep = 0; deep < 2; deep++) {
		Prog p = start_prog();
		Buf module = {0};
		Outcome out;
		u32 down = pb_func(p.b, "down", "i:");
		pb_begin(p.b, down);
		u32 end = pb_label(p.b);
		pb_line(p.b, 5);
		get(&p, 0);
		op(&p, P_I32_EQZ);
		pb_op1(p.b, P_JUMP_IF, end);
		get(&p, 0);
		i32c(&p, 1);
		op(&p, P_I32_SUB);
		pb_op1(p.b, P_CALL, down);
		op(&p, P_RETURN);
		pb_op1(p.b, P_LABEL, end);
		pb_op1(p.b, P_TRAP, 227);
		pb_finish(p.b, 16);
		pb_begin(p.b, p.main);
		i32c(&p, deep ? 1000000 : 300); /* a million frames of 16 bytes do not fit into 64 KiB */
		pb_line(p.b, 9);
		pb_op1(p.b, P_CALL, down);
		op(&p, P_RETURN);
		pb_finish(p.b, 0);
		end_prog(&p, &module);
		run_all(&module, &out);
		assert_int_equal(out.status, deep ? 202 : 227);
		assert_non_null(strstr(out.text, deep ? " more\n" : "  ... 284 more\n"));
		assert_non_null(strstr(out.text, "  called from main (prog.pas:9)\n"));
	}
}

/* A non-local goto out of two activations back into main. */
static void test_unwind(void **state)
{
	Prog p = start_prog();
	Buf module = {0};
	Outcome out;
	u32 leaf = pb_func(p.b, "leaf", "ii:i"), mid = pb_func(p.b, "mid", "ii:i");

	pb_begin(p.b, p.main);
	u32 i = pb_local(p.b, 'i');
	u32 top = pb_label(p.b), land = pb_label(p.b);
	pb_op1(p.b, P_LOOP, top);
	pb_op1(p.b, P_FRAME_ADDR, 0);
	get(&p, i);
	pb_op1(p.b, P_CALL, mid);
	op(&p, P_I64_EXTEND_S);
	log_top(&p);
	pb_op1(p.b, P_JUMP, land);
	pb_op1(p.b, P_LAND, land);
	get(&p, i);
	i32c(&p, 1);
	op(&p, P_I32_ADD_O);
	pb_op1(p.b, P_LOCAL_TEE, i);
	i32c(&p, 30);
	op(&p, P_I32_LT_S);
	pb_op1(p.b, P_JUMP_IF, top);
	get(&p, i);
	op(&p, P_I64_EXTEND_S);
	log_top(&p);
	op(&p, P_RETURN);
	pb_finish(p.b, 16);

	pb_begin(p.b, mid);
	get(&p, 0);
	get(&p, 1);
	pb_op1(p.b, P_CALL, leaf);
	i32c(&p, 100);
	op(&p, P_I32_ADD_O);
	op(&p, P_RETURN);
	pb_finish(p.b, 16);

	pb_begin(p.b, leaf); /* odd numbers leave by goto */
	u32 even = pb_label(p.b);
	get(&p, 1);
	i32c(&p, 1);
	op(&p, P_I32_AND);
	pb_op1(p.b, P_JUMP_IFZ, even);
	get(&p, 0);
	pb_op2(p.b, P_UNWIND, p.main, land);
	pb_op1(p.b, P_LABEL, even);
	get(&p, 1);
	op(&p, P_RETURN);
	pb_finish(p.b, 0);
	end_prog(&p, &module);
	run_all(&module, &out);
	assert_int_equal(out.status, 0);
	assert_string_equal(out.text, "");
	assert_int_equal(out.log.n, 16);
	for (u32 k = 0; k < 15; k++)
		assert_int_equal(out.log.v[k], 100 + 2 * k);
	assert_int_equal(out.log.v[15], 30);
}

/* Indirect calls of functions and of an import, of every type. */
static void test_indirect(void **state)
{
	Prog p = start_prog();
	Buf module = {0};
	Outcome out;
	u32 mix = pb_func(p.b, "mix", "ilfd:d"), single = pb_func(p.b, "single", "f:f"), wide = pb_func(p.b, "wide", "l:l");
	u32 slots[] = {pb_slot(p.b, mix), pb_slot(p.b, single), pb_slot(p.b, wide), pb_slot(p.b, p.log)};

	pb_begin(p.b, mix);
	get(&p, 0);
	op(&p, P_F64_CONVERT_I32_S);
	get(&p, 1);
	op(&p, P_F64_CONVERT_I64_S);
	op(&p, P_F64_ADD);
	get(&p, 2);
	op(&p, P_F64_PROMOTE);
	op(&p, P_F64_ADD);
	get(&p, 3);
	op(&p, P_F64_ADD);
	op(&p, P_RETURN);
	pb_finish(p.b, 0);
	pb_begin(p.b, single);
	get(&p, 0);
	get(&p, 0);
	op(&p, P_F32_MUL);
	op(&p, P_RETURN);
	pb_finish(p.b, 0);
	pb_begin(p.b, wide);
	get(&p, 0);
	pb_op1(p.b, P_I64_CONST, (i64)1 << 40);
	op(&p, P_I64_ADD);
	op(&p, P_RETURN);
	pb_finish(p.b, 0);

	pb_begin(p.b, p.main);
	u32 i = pb_local(p.b, 'i'), top = pb_label(p.b);
	pb_op1(p.b, P_LOOP, top);
	i32c(&p, -3);
	pb_op1(p.b, P_I64_CONST, (i64)1 << 33);
	pb_f32(p.b, 1.5f);
	pb_f64(p.b, 0.25);
	i32c(&p, slots[0]);
	pb_op1(p.b, P_CALL_IND, pb_type(p.b, "ilfd:d"));
	op(&p, P_I64_REINTERPRET);
	log_top(&p);
	pb_f32(p.b, 1.5f);
	i32c(&p, slots[1]);
	pb_op1(p.b, P_CALL_IND, pb_type(p.b, "f:f"));
	op(&p, P_I32_REINTERPRET);
	op(&p, P_I64_EXTEND_U);
	log_top(&p);
	pb_op1(p.b, P_I64_CONST, 7);
	i32c(&p, slots[2]);
	pb_op1(p.b, P_CALL_IND, pb_type(p.b, "l:l"));
	i32c(&p, slots[3]);
	pb_op1(p.b, P_CALL_IND, pb_type(p.b, "l:l"));
	op(&p, P_DROP);
	get(&p, i);
	i32c(&p, 1);
	op(&p, P_I32_ADD);
	pb_op1(p.b, P_LOCAL_TEE, i);
	i32c(&p, 9);
	op(&p, P_I32_LT_S);
	pb_op1(p.b, P_JUMP_IF, top);
	op(&p, P_RETURN);
	pb_finish(p.b, 0);
	end_prog(&p, &module);
	run_all(&module, &out);
	assert_int_equal(out.status, 0);
	assert_int_equal(out.log.n, 27);
	assert_int_equal(out.log.v[0], f64_u64(-3 + 8589934592.0 + 1.75));
	assert_int_equal(out.log.v[1], f32_u32(2.25f));
	assert_int_equal(out.log.v[26], ((u64)1 << 40) + 7);
}

/* Memory grows, and what lies behind it traps. */
static void test_memory(void **state)
{
	for (int far = 0; far < 2; far++) {
		Prog p = start_prog();
		Buf module = {0};
		Outcome out;
		pb_begin(p.b, p.main);
		pb_line(p.b, 3);
		op(&p, P_MEM_SIZE);
		i32c(&p, 65536);
		op(&p, P_I32_MUL);
		i32c(&p, 2);
		op(&p, P_MEM_GROW);
		op(&p, P_DROP);
		pb_op1(p.b, P_I64_CONST, 0x1122334455667788);
		pb_op2(p.b, P_I64_STORE, 0, far ? 2 * 65536 - 7 : 2 * 65536 - 8);
		i32c(&p, 1000);
		op(&p, P_MEM_GROW);
		op(&p, P_I64_EXTEND_S);
		log_top(&p);
		op(&p, P_RETURN);
		pb_finish(p.b, 0);
		end_prog(&p, &module);
		run_all(&module, &out);
		assert_int_equal(out.status, far ? 216 : 0);
		assert_int_equal(out.log.n, !far);
		if (!far)
			assert_int_equal(out.log.v[0], (u64)-1);
	}
}

static void test_missing(void **state)
{
	PBuild *b = pb_new("m.pas");
	Buf module = {0};
	Err e = {0};
	TaskOpts o = {.exec = EXEC_INTERP, .hot = -1};
	u32 body = pb_func(b, "main", ":");
	u32 one = pb_import(b, "test", "one", ":"), log = pb_import(b, "test", "log", "l:l"), two = pb_import(b, "test", "fail", "l:");

	pb_begin(b, body);
	pb_op1(b, P_CALL, one);
	pb_op1(b, P_I64_CONST, 1);
	pb_op1(b, P_CALL, log);
	pb_op(b, P_DROP);
	pb_op1(b, P_I64_CONST, 1);
	pb_op1(b, P_CALL, two);
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
	pb_start(b, body);
	pb_end(b, &module);
	PModule *m = pcode_read(module.p, module.n, "m", &e);
	assert_true(m && pcode_check(m, &e));
	assert_null(task_new(m, &o, lookup, &e));
	assert_int_equal(e.status, EXIT_UNSUPPORTED);
	assert_non_null(strstr(e.msg, "test.one(:)"));
	assert_non_null(strstr(e.msg, "test.fail(l:)"));
	assert_null(strstr(e.msg, "test.log(l:l)"));
	pcode_free(m);
	buf_free(&module);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls), cmocka_unit_test(test_loop), cmocka_unit_test(test_chains),
		cmocka_unit_test(test_deep), cmocka_unit_test(test_unwind), cmocka_unit_test(test_indirect),
		cmocka_unit_test(test_memory), cmocka_unit_test(test_missing)
	};

	return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
