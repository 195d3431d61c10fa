/* The compiler through its door: the words of diagnostics, listings, limits, and texts that nobody would write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../compiler/compiler.h"

/* ---- helpers ---- */

/* Compiles; true if it went well.  What was said is in `said`, NUL-terminated. */
static Buf said;

static bool compile_with(const char *text, size_t n, CompileOpts o)
{
	Buf module = { 0 };
	said.n = 0;
	bool ok = compile_pascal("t.pas", text, n, &o, &module, &said);
	assert_int_equal(ok, module.n > 0); /* a module or none, never half of one */
	buf_u8(&said, 0);
	buf_free(&module);
	return ok;
}

static bool compiles(const char *text)
{
	return compile_with(text, strlen(text), (CompileOpts){ 0 });
}

static void says(const char *text, const char *exactly)
{
	assert_false(compiles(text));
	assert_string_equal((char *)said.p, exactly);
}

/* head, then `mid` n times, then tail. */
static char *repeat(const char *head, const char *mid, u32 n, const char *tail)
{
	Buf b = { 0 };
	buf_bytes(&b, head, strlen(head));
	for (u32 i = 0; i < n; i++)
		buf_bytes(&b, mid, strlen(mid));
	buf_bytes(&b, tail, strlen(tail) + 1);
	return (char *)b.p;
}

static bool compiles_repeated(const char *head, const char *mid, u32 n, const char *tail)
{
	char *s = repeat(head, mid, n, tail);
	bool ok = compiles(s);
	free(s);
	return ok;
}

/* ---- diagnostics ---- */

static void test_caret(void **state)
{
	says("program p;\nvar count: integer;\nbegin\n\tcount := cuont + 1\nend.\n",
		"t.pas:4:11: error: unknown name 'cuont'; did you mean 'count'?\n"
		"\tcount := cuont + 1\n"
		"\t         ^~~~~\n");
	says("begin x := 'ä' + zz end.",
		"t.pas:1:7: error: unknown name 'x'\n"
		"begin x := 'ä' + zz end.\n"
		"      ^\n"
		"t.pas:1:19: error: unknown name 'zz'\n"
		"begin x := 'ä' + zz end.\n"
		"                 ^~\n");
	says("begin halt(1)", "t.pas:1:14: error: expected 'end' before the end of the file\n"
		"begin halt(1)\n"
		"             ^\n");
}

static void test_colour(void **state)
{
	CompileOpts o = { .colour = true };
	assert_false(compile_with("begin x end.", 12, o));
	assert_non_null(strstr((char *)said.p, "\033[31merror:\033[0;1m unknown name 'x'"));
	assert_false(compiles("begin x end."));
	assert_null(strchr((char *)said.p, '\033'));
}

static void test_notes(void **state)
{
	says("var a: char; a: real; begin end.",
		"t.pas:1:14: error: 'a' is already declared\n"
		"var a: char; a: real; begin end.\n"
		"             ^\n"
		"t.pas:1:5: note: declared here\n"
		"var a: char; a: real; begin end.\n"
		"    ^\n");
}

static void test_warning(void **state)
{
	assert_true(compiles("var a: packed array [1..2] of char; begin a := 'abc' end."));
	assert_non_null(strstr((char *)said.p, "t.pas:1:48: warning: only the first 2 of these 3 characters fit\n"));
	assert_true(compiles("var a: packed array [1..2] of char; begin a := 'ab ' end."));
	assert_string_equal((char *)said.p, "");
}

static void test_many(void **state)
{
	CompileOpts o = { .max_errors = 3 };
	char *s = repeat("var i: integer; begin ", "i := 'x';", 50, " end.");
	u32 n = 0;
	assert_false(compile_with(s, strlen(s), o));
	for (char *p = (char *)said.p; (p = strstr(p, "error:")); p++)
		n++;
	assert_int_equal(n, 3);
	assert_non_null(strstr((char *)said.p, "too many errors; the rest is not shown\n"));
	free(s);
}

/* Long lines are shown in part, with the caret below the right place. */
static void test_long_line(void **state)
{
	assert_false(compiles_repeated("begin ", "        ", 1000, "zz end."));
	char *line = strchr((char *)said.p, '\n') + 1, *caret = strchr(line, '^');
	char *zz = strstr(line, "zz");
	assert_true(zz && caret && strchr(line, '\n') - line < 160);
	assert_int_equal(zz - line, caret - (strchr(line, '\n') + 1));
}

/* ---- listings ---- */

static void test_listings(void **state)
{
	static const char text[] = "begin if 1 < 2 then halt($10) end.";
	Buf out = { 0 };
	said.n = 0;
	assert_true(compile_dump("t.pas", text, strlen(text), false, &out, &said));
	buf_u8(&out, 0);
	assert_string_equal((char *)out.p,
		"1:1\t'begin'\tbegin\n1:7\t'if'\tif\n1:10\ta number\t1\n1:12\t'<'\t<\n1:14\ta number\t2\n1:16\t'then'\tthen\n"
		"1:21\ta name\thalt\n1:25\t'('\t(\n1:26\ta number\t$10\n1:29\t')'\t)\n1:31\t'end'\tend\n1:34\t'.'\t.\n");
	out.n = 0;
	assert_true(compile_dump("t.pas", text, strlen(text), true, &out, &said));
	buf_u8(&out, 0);
	assert_string_equal((char *)out.p,
		"program  <1:1>\n  begin  <1:1>\n    if  <1:7>\n      <  <1:10>\n        integer 1  <1:10>\n        integer 2  <1:14>\n"
		"      call statement  <1:21>\n        call  <1:21>\n          name halt  <1:21>\n          integer 16  <1:26>\n");
	buf_free(&out);
}

/* ---- limits ---- */

/* Chains are long, not deep: they have no limit. */
static void test_chains(void **state)
{
	static const struct { const char *head, *mid, *tail; } chain[] = {
		{ "var a: integer; begin a := a", " + a", " end." },
		{ "var a: integer; r: real; l: int64; begin r := a", " * a - l / r", " end." },
		{ "var a: integer; begin a := a", " mod 7", " end." },
		{ "const c = 1", " + 1", "; begin end." },
		{ "var b: boolean; begin if b", " or b", " then b := true end." },
		{ "var b: boolean; begin b := b", " and (b = b)", " end." },
		{ "var b: boolean; begin b := b", " xor b", " end." },
		{ "var s: string; begin s := s", " + s", " end." },
		{ "var s: set of char; c: char; begin s := s", " + s - s * s", " end." },
	};
	for (u32 i = 0; i < COUNT(chain); i++) {
		bool ok = compiles_repeated(chain[i].head, chain[i].mid, 10000, chain[i].tail);
		if (!ok)
			print_message("%s\n", said.p);
		assert_true(ok);
	}
}

static void test_nesting(void **state)
{
	static const struct { const char *head, *mid; } nest[] = {
		{ "begin a := ", "(" }, { "begin a := ", "-" }, { "begin a := ", "not " }, { "begin a := 1 + ", "(1 + " }, { "begin ", "begin " },
		{ "begin ", "if a then " }, { "begin ", "repeat " }, { "type t = ", "array [1..2] of " }, { "type t = ", "record a: " },
		{ "begin a", "[a" }, { "begin a := ", "[" }, { "begin a", "^" }, { "begin a := b", " and b or b" }, { "", "procedure p; " },
		{ "begin a(", "b(" }, { "type t = ", "set of " }, { "const a: t = ", "(" }, { "", "{$ifdef a}" }, { "begin ", "{$ifdef pvm}" },
	};
	for (u32 i = 0; i < COUNT(nest); i++) {
		assert_false(compiles_repeated(nest[i].head, nest[i].mid, 30000, ""));
		assert_non_null(strstr((char *)said.p, "error: "));
	}
	assert_true(compiles_repeated("var a: integer; begin a := 1", " + (1", 100, "))))))))))))))))))))))))))))))))))))))))))))))))))"
		")))))))))))))))))))))))))))))))))))))))))))))))))) end."));
}

static void test_sizes(void **state)
{
	assert_false(compiles("var a: array [1..maxint] of int64; begin end."));
	assert_non_null(strstr((char *)said.p, "too large"));
	assert_false(compiles("begin writeln(99999999999999999999) end."));
	assert_non_null(strstr((char *)said.p, "t.pas:1:15: error: this number is too large"));
	assert_true(compiles_repeated("var ", "x", 5000, ": integer; begin end."));
	assert_true(compiles_repeated("begin write('", "x", 200000, "') end."));
}

/* ---- hostile texts ---- */

static const char specimen[] =
	"{$mode iso}{$ifdef PVM}program p(input, output, f);{$else}?{$endif}\nlabel 1;\nconst c = 'abc'; d: array [1..2] of real = (1.5, 2e3);\n"
	"type e = (red, green); r = record a: integer; case e of red: (b: char); green: (x: ^r) end;\n"
	"var v: r; s: set of e; t: string[20]; i: integer;\n"
	"function g(n: integer; procedure q(x: real)): integer;\nbegin q(n); g := n * 2 end;\n"
	"procedure w(x: real); begin writeln(x:8:2, red) end;\n"
	"begin\n1: with v do begin a := g(3, w); x := nil end;\n  s := [red..green]; t := c + #65'''';\n"
	"  for i := 1 to 10 do case i of 1, 2..4: write(f, i) else goto 1 end;\n"
	"  repeat read(i) until (i > 3) or (t = 'x') (* end *)\nend.\n";

/* Whatever is cut off, taken out or put in: an answer comes, and it is a module or a diagnostic. */
static void try_text(const char *text, size_t n)
{
	if (!compile_with(text, n, (CompileOpts){ 0 }))
		assert_non_null(strstr((char *)said.p, "t.pas:"));
}

static void test_truncated(void **state)
{
	assert_true(compiles(specimen));
	for (size_t n = 0; n < sizeof specimen - 1; n++)
		try_text(specimen, n);
}

static void test_changed(void **state)
{
	static const char other[] = "\0\n\t'{}(*)$;:.^@[]0e\xff";
	char text[sizeof specimen];
	for (size_t i = 0; i < sizeof specimen - 1; i++)
		for (size_t k = 0; k < sizeof other - 1; k++) {
			memcpy(text, specimen, sizeof text);
			text[i] = other[k];
			try_text(text, sizeof text - 1);
		}
}

/* Pieces of the text in any order, from a generator with a fixed start. */
static void test_shuffled(void **state)
{
	u32 seed = 1;
	for (u32 round = 0; round < 2000; round++) {
		char text[400];
		for (u32 n = 0; n < sizeof text;) {
			seed = seed * 1664525 + 1013904223;
			u32 at = (seed >> 8) % (sizeof specimen - 40), len = 1 + (seed >> 4) % 39;
			len = MIN(len, (u32)sizeof text - n);
			memcpy(text + n, specimen + at, len);
			n += len;
		}
		try_text(text, sizeof text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_caret), cmocka_unit_test(test_colour), cmocka_unit_test(test_notes),
		cmocka_unit_test(test_warning), cmocka_unit_test(test_many), cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_listings), cmocka_unit_test(test_chains), cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_sizes), cmocka_unit_test(test_truncated), cmocka_unit_test(test_changed),
		cmocka_unit_test(test_shuffled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
