/* Unit tests of the compiler's messages as they are printed: place, line of source, caret and range. */
#include "compiler/compiler.h"

#include <setjmp.h>

#include <cmocka.h>

static void expect(const char *text, const char *want)
{
	Buf module = {0}, diag = {0};
	CompileOpts o = {0};

	assert_false(compile_pascal("p.pas", text, strlen(text), &o, &module, &diag));
	buf_u8(&diag, 0);
	assert_string_equal((char *)diag.p, want);
	buf_free(&module);
	buf_free(&diag);
}

static void test_caret(void **state)
{
	expect("program p;\nvar count: integer;\nbegin\n  count := cuont + 1\nend.\n",
		"p.pas:4:12: error: unknown name 'cuont'; did you mean 'count'?\n  count := cuont + 1\n           ^~~~~\n");
}

/* A tab stays one, and a character of several bytes takes one column. */
static void test_columns(void **state)
{
	expect("program p;\nbegin\n\twriteln('\xc3\xbc', x)\nend.\n",
		"p.pas:3:16: error: unknown name 'x'\n\twriteln('\xc3\xbc', x)\n\t             ^\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_caret), cmocka_unit_test(test_columns)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
