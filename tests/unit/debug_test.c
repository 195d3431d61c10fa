/* Tests of debug: a session with the stepper, from its commands to its answers. */
#include "../../pvm/debug/debug.h"

#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

static const char source[] =
	"program p;\n"
	"var total: integer;\n"
	"function twice(n: integer): integer;\n"
	"begin\n"
	"  twice := n + n\n"
	"end;\n"
	"begin\n"
	"  total := 4;\n"
	"  total := twice(total);\n"
	"  total := total + 1\n"
	"end.\n";

/* What a compiler would make of it; total is at `at` in memory. */
static void build(Buf *out)
{
	PBuild *b = pb_new("p.pas");
	u32 body = pb_func(b, "p", ":"), twice = pb_func(b, "twice", "i:i");
	u32 at = pb_zero(b, 4, 4);

	pb_begin(b, twice);
	pb_line(b, 5);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op(b, P_I32_ADD_O);
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
	pb_begin(b, body);
	for (u32 line = 8; line <= 10; line++) {
		pb_line(b, line);
		pb_op1(b, P_I32_CONST, at);
		if (line == 8) {
			pb_op1(b, P_I32_CONST, 4);
		} else {
			pb_op1(b, P_I32_CONST, at);
			pb_op2(b, P_I32_LOAD, 2, 0);
			if (line == 9) {
				pb_op1(b, P_CALL, twice);
			} else {
				pb_op1(b, P_I32_CONST, 1);
				pb_op(b, P_I32_ADD_O);
			}
		}
		pb_op2(b, P_I32_STORE, 2, 0);
	}
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
	pb_start(b, body);
	pb_var(b, (PVar){.name = "total", .func = UINT32_MAX, .where = 2, .at = at, .kind = 'i', .size = 4});
	pb_var(b, (PVar){.name = "n", .func = 1, .where = 0, .at = 0, .kind = 'i', .size = 4});
	pb_end(b, out);
}

static OHostFn *no_calls(Task *t, const char *module, const char *name, const char *sig, const char **why)
{
	return NULL;
}

/* Runs a session and compares what was answered. */
static void session(const char *commands, const char *want)
{
	Buf module = {0};
	Err e = {0};
	TaskOpts o = {.exec = EXEC_AUTO, .hot = -1, .stop = true};
	char *text;
	size_t n;

	build(&module);
	PModule *m = pcode_read(module.p, module.n, "p", &e);
	assert_true(m && pcode_check(m, &e));
	Task *t = task_new(m, &o, no_calls, &e);
	assert_non_null(t);
	FILE *in = fmemopen((void *)(uintptr_t)commands, strlen(commands), "r"), *out = open_memstream(&text, &n);
	assert_int_equal(debug_run(t, source, in, out), 0);
	fclose(in);
	fclose(out);
	assert_string_equal(text, want);
	free(text);
	task_free(t);
	pcode_free(m);
	buf_free(&module);
}

static void test_step(void **state)
{
	session("step\nstep\nprint n\nprint total\nwhere\ns\n\nprint TOTAL\nq\n",
		"->    8    total := 4;\n"
		"(pvm) ->    9    total := twice(total);\n"
		"(pvm) ->    5    twice := n + n\n"
		"(pvm) n = 4\n"
		"(pvm) total = 4\n"
		"(pvm)   at twice (p.pas:5)\n"
		"  called from p (p.pas:9)\n"
		"(pvm) ->    9    total := twice(total);\n"
		"(pvm) ->   10    total := total + 1\n"
		"(pvm) total = 8\n"
		"(pvm) ");
}

static void test_next(void **state)
{
	session("next\nnext\nprint\n",
		"->    8    total := 4;\n"
		"(pvm) ->    9    total := twice(total);\n"
		"(pvm) ->   10    total := total + 1\n"
		"(pvm) total = 8\n"
		"(pvm) ");
}

static void test_break(void **state)
{
	session("break 5\ncontinue\nlist 4\nbreak\nprint nothing\nhum\nbreak 5\ncontinue\n",
		"->    8    total := 4;\n"
		"(pvm) break at line 5\n"
		"(pvm) ->    5    twice := n + n\n"
		"(pvm)       4  begin\n"
		"->    5    twice := n + n\n"
		"      6  end;\n"
		"      7  begin\n"
		"      8    total := 4;\n"
		"      9    total := twice(total);\n"
		"     10    total := total + 1\n"
		"     11  end.\n"
		"(pvm) break at line 5\n"
		"(pvm) no variable nothing\n"
		"(pvm) step, next, continue, break, print, where, list, quit or help\n"
		"(pvm) no break at line 5 any more\n"
		"(pvm) ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_step), cmocka_unit_test(test_next), cmocka_unit_test(test_break)};

	return cmocka_run_group_tests_name("debug", tests, NULL, NULL);
}
