/* Text tests of the passes, tests/ocode/PASS-WHAT.oc: a first line "# pass: PASS", a function before, a line "# ---"
 * and the function after it; for inlining, the functions that may be called follow the first.  With OPT_WRITE set the second part is written anew, to be read by a human. */
#include "../../pvm/opt/opt.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

static OFunc *parse(const char *path, const char *text)
{
	Err e = {0};
	OFunc *f = ocode_parse(&text, &e);

	if (!f || !ocode_check(f, &e))
		fail_msg("%s: %s", path, e.msg);
	return f;
}

static void print(const OFunc *f, Buf *out)
{
	ocode_print(f, out);
	buf_u8(out, 0);
}

static void rewrite(const char *path, const char *text, const char *line, const Buf *got)
{
	Buf b = {0};
	Err e = {0};

	buf_bytes(&b, text, (size_t)(line - text));
	buf_printf(&b, "# ---\n%s", (char *)got->p);
	assert_true(file_write(path, b.p, b.n, &e));
	buf_free(&b);
}

typedef struct Callees {
	OptBodies give;
	OFunc *func[4];
	u32 n;
} Callees;

static const OFunc *callee(OptBodies *give, u32 func)
{
	Callees *c = (Callees *)give;

	for (u32 k = 0; k < c->n; k++)
		if (c->func[k]->id == func)
			return c->func[k];
	return NULL;
}

/* The functions behind the first are those it may call; the first may call itself as well. */
static void run_inline(OFunc *f, const char *path, const char *text, const char *end)
{
	Callees c = {{callee}, {0}, 0};

	while (c.n < COUNT(c.func) && (text = strstr(text, "func \"")) && text < end)
		c.func[c.n++] = parse(path, text++);
	opt_inline(f, &c.give);
	while (c.n)
		ocode_free(c.func[--c.n]);
}

/* Runs one file's pass; the function must be well formed before and after. */
static void run_file(const char *path)
{
	Buf text = {0}, got = {0}, want = {0};
	Err e = {0};
	char pass[32];

	if (!file_read(path, &text, &e))
		fail_msg("%s", e.msg);
	char *line = strstr((char *)text.p, "# ---\n");
	assert_int_equal(sscanf((char *)text.p, "# pass: %31s", pass), 1);
	assert_non_null(line);

	OFunc *f = parse(path, strchr((char *)text.p, '\n') + 1);
	if (!strcmp(pass, "inline"))
		run_inline(f, path, (char *)text.p, line);
	else if (!opt_run_one(f, pass))
		fail_msg("%s: there is no pass %s", path, pass);
	if (!ocode_check(f, &e))
		fail_msg("%s: behind the pass: %s", path, e.msg);
	print(f, &got);
	if (getenv("OPT_WRITE")) {
		rewrite(path, (char *)text.p, line, &got);
	} else {
		OFunc *g = parse(path, line + strlen("# ---\n"));
		print(g, &want);
		if (strcmp((char *)got.p, (char *)want.p))
			fail_msg("%s: got\n%s", path, got.p);
		ocode_free(g);
	}
	ocode_free(f);
	buf_free(&text);
	buf_free(&got);
	buf_free(&want);
}

static int is_test(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');

	return dot && !strcmp(dot, ".oc");
}

static void test_files(void **state)
{
	struct dirent **file;
	int n = scandir("tests/ocode", &file, is_test, alphasort);

	assert_true(n > 0);
	for (int k = 0; k < n; k++) {
		char path[300];
		snprintf(path, sizeof path, "tests/ocode/%s", file[k]->d_name);
		run_file(path);
		free(file[k]);
	}
	free(file);
}

/* Every pass has tests of its own. */
static void test_complete(void **state)
{
	struct dirent **file;
	int n = scandir("tests/ocode", &file, is_test, alphasort);

	for (u32 p = 0; p < opt_npasses; p++) {
		size_t len = strlen(opt_passes[p].name);
		int found = 0;
		for (int k = 0; k < n; k++)
			found += !strncmp(file[k]->d_name, opt_passes[p].name, len) && file[k]->d_name[len] == '-';
		if (found < 2)
			fail_msg("pass %s has %d tests", opt_passes[p].name, found);
	}
	for (int k = 0; k < n; k++)
		free(file[k]);
	free(file);
}

static void test_unknown(void **state)
{
	const char *text = "func \"f\"() void #0 {\n@1:\n  ret\n}\n";
	OFunc *f = parse("text", text);

	assert_false(opt_run_one(f, "nothing"));
	assert_true(opt_run_one(f, "dce"));
	ocode_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files), cmocka_unit_test(test_complete), cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
