/* The ELF reader: good programs of both widths, and hostile ones -- every truncation, and every byte changed to every
 * value, of several small files.  It must accept or refuse each in good order; what it accepts must be sound. */
#include "../../loader/image.h"
#include "elf_files.h"

#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

/* ---- what is read --------------------------------------------------------------------------------- */

static void test_static(void **state)
{
	for (int wide = 0; wide < 2; wide++) {
		Buf b = make_static(wide);
		Image m;
		Err e = {0};
		assert_true(elf_read(b.p, b.n, "x", &m, &e));
		assert_int_equal(m.bits, wide ? 64 : 32);
		assert_false(m.relocatable);
		assert_int_equal(m.entry, 0x400100);
		assert_int_equal(m.nseg, 2);
		assert_int_equal(m.low, 0x400000);
		assert_int_equal(m.high, 0x405000);
		assert_int_equal(m.phdr, 0x400000 + (wide ? 64 : 52));
		assert_int_equal(m.seg[0].prot, IMAGE_READ | IMAGE_EXEC);
		assert_int_equal(m.seg[1].filled, 100);
		assert_int_equal(m.exec_stack, !wide); /* no PT_GNU_STACK */
		buf_free(&b);
	}
}

static void test_dynamic(void **state)
{
	for (int wide = 0; wide < 2; wide++) {
		Buf b = make_dynamic(wide);
		Image m;
		Err e = {0};
		assert_true(elf_read(b.p, b.n, "x", &m, &e));
		assert_true(m.relocatable);
		assert_string_equal(m.interp, "/lib/ld.so");
		assert_int_equal(m.low, 0);
		assert_int_equal(m.phdr, wide ? 64 : 52);
		assert_false(m.exec_stack);
		buf_free(&b);
	}
}

/* A field changed, and what comes of it. */
static void expect(u32 at, u8 value, int status, const char *words)
{
	Buf b = make_static(true);
	Image m;
	Err e = {0};

	b.p[at] = value;
	assert_false(elf_read(b.p, b.n, "prog", &m, &e));
	assert_int_equal(e.status, status);
	assert_non_null(strstr(e.msg, "prog: "));
	assert_non_null(strstr(e.msg, words));
	assert_null(strchr(e.msg, '\n'));
	buf_free(&b);
}

static void test_refused(void **state)
{
	expect(5, 2, EXIT_UNSUPPORTED, "big-endian");
	expect(18, 183, EXIT_UNSUPPORTED, "machine 183");
	expect(16, 1, EXIT_UNSUPPORTED, "type 1");
	expect(16, 4, EXIT_UNSUPPORTED, "type 4");
	expect(18, 3, EXIT_VM, "i386");
	expect(4, 3, EXIT_VM, "neither");
	expect(56, 0, EXIT_VM, "no program headers");
	expect(64 + 16, 1, EXIT_VM, "not aligned");
	expect(64 + 32 + 2, 1, EXIT_VM, "cut off");
	expect(64 + 56 + 16 + 6, 0xff, EXIT_VM, "out of the address space");
}

/* ---- hostile files ---------------------------------------------------------------------------------- */

static u32 accepted, refused;

static void check_sound(const Image *m, size_t n)
{
	assert_true(m->nseg >= 1 && m->nseg <= IMAGE_SEGS);
	for (u32 i = 0; i < m->nseg; i++) {
		const ImageSeg *s = &m->seg[i];
		assert_true(s->at >= m->low && s->filled <= s->size && s->offset <= n && s->filled <= n - s->offset);
		assert_true(s->size <= m->high - s->at && ((s->at ^ s->offset) & (IMAGE_PAGE - 1)) == 0);
	}
	assert_true((m->align & (m->align - 1)) == 0);
	assert_true(m->high <= (m->bits == 64 ? 1ull << 47 : 1ull << 32));
	assert_non_null(memchr(m->interp, 0, sizeof m->interp));
}

/* Tries a copy that ends where the bytes do, so that a sanitizer sees a read behind them. */
static void try(const u8 *p, size_t n)
{
	u8 *copy = xmalloc(n ? n : 1);
	static Image m;
	Err e = {0};

	memcpy(copy, p, n);
	if (elf_read(copy, n, "x", &m, &e)) {
		check_sound(&m, n);
		accepted++;
	} else {
		assert_true(e.status == EXIT_VM || e.status == EXIT_UNSUPPORTED);
		assert_true(e.msg[0] && !strchr(e.msg, '\n'));
		refused++;
	}
	free(copy);
}

static void torment(Buf b)
{
	for (u32 n = 0; n <= b.n; n++)
		try(b.p, n);
	for (u32 i = 0; i < b.n; i++) {
		u8 was = b.p[i];
		for (u32 v = 0; v < 256; v += i < 420 ? 1 : 51) {
			b.p[i] = (u8)v;
			try(b.p, b.n);
		}
		b.p[i] = was;
	}
	buf_free(&b);
}

static void test_hostile(void **state)
{
	for (int wide = 0; wide < 2; wide++) {
		torment(make_static(wide));
		torment(make_dynamic(wide));
	}
	assert_true(accepted > 1000);
	assert_true(refused > 1000);
}

/* ---- scripts ------------------------------------------------------------------------------------------ */

static void script(const char *text, const char *interp, const char *arg)
{
	ScriptLine s;

	if (!script_read((const u8 *)text, strlen(text), &s)) {
		assert_null(interp);
		return;
	}
	assert_non_null(interp);
	assert_string_equal(s.interp, interp);
	assert_string_equal(s.arg, arg);
}

static void test_scripts(void **state)
{
	char long_line[400] = "#!/bin/sh ";

	script("#!/bin/sh\necho", "/bin/sh", "");
	script("#! \t/usr/bin/env  -S a b \nx", "/usr/bin/env", "-S a b");
	script("#!/bin/sh", "/bin/sh", "");
	script("#!\n", NULL, NULL);
	script("#!  \n", NULL, NULL);
	script("echo", NULL, NULL);
	script("#", NULL, NULL);
	script("#!", ".", "");
	script("\n#!", NULL, NULL);
	script(" \n", NULL, NULL);
	memset(long_line + 10, 'x', 380);
	char long_name[400] = "#!/";
	memset(long_name + 3, 'x', 380);
	script(long_name, NULL, NULL);
	script(long_line, "/bin/sh", (memset(long_line + 300, 0, 1), long_line[255] = 0, long_line + 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_static), cmocka_unit_test(test_dynamic), cmocka_unit_test(test_refused), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_scripts)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
