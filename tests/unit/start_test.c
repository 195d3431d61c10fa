/* Processes from files: segments as Linux maps them, and hostile files -- headers with each byte changed, truncations.
 * A start must end in a process or in one line with status 125 to 127. */
#include "../../abi-shim/linux/abi.h"
#include "elf_files.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

typedef struct Made {
	int fd;
	char path[32];
} Made;

/* A file without a name, which can be started nevertheless.  Its descriptor has two digits, as test_hostile wants it. */
static Made make_file(const Buf *b)
{
	int fd = memfd_create("program", 0);
	Made m = {.fd = fcntl(fd, F_DUPFD, 10)};

	assert_in_range(m.fd, 10, 99);
	close(fd);
	assert_int_equal(pwrite(m.fd, b->p, b->n, 0), b->n);
	snprintf(m.path, sizeof m.path, "/proc/self/fd/%d", m.fd);
	return m;
}

static LTask *start(const char *path, Err *e)
{
	static char *env[] = {"A=1", NULL};
	char *argv[] = {(char *)(uintptr_t)path, "x", NULL};
	LTask *k = xcalloc(1, sizeof *k);

	k->o.x.exec = XEXEC_EVAL;
	k->o.x.data = k;
	if (start_process(k, 2, argv, env, e))
		return k;
	if (k->x)
		xtask_free(k->x);
	buf_free(&k->cmdline);
	buf_free(&k->environ);
	buf_free(&k->auxv);
	free(k);
	return NULL;
}

static void end(LTask *k)
{
	xtask_free(k->x);
	buf_free(&k->cmdline);
	buf_free(&k->environ);
	buf_free(&k->auxv);
	free(k);
}

/* ---- segments --------------------------------------------------------------------------------------- */

static u8 at(LTask *k, u64 a)
{
	u8 v = 0xee;

	xguest_read(k->thread.x, a, &v, 1);
	return v;
}

/* Of two segments that share a page or bytes, the later one counts; the order need not ascend. */
static void test_overlap(void **state)
{
	for (int wide = 0; wide < 2; wide++) {
		const Part p[] = {
			{LOAD, 6, 0x1000, 0x413000, 0x800, 0x800}, {LOAD, 5, 0, 0x410000, 0x2000, 0x2000}, {LOAD, 6, 0x2100, 0x411100, 0x10, 0x20},
			{LOAD, 4, 0x2f00, 0x412f00, 0x100, 0x180}
		};
		Buf b = make(wide, 2, 0x410100, p, COUNT(p));
		Err e = {0};
		while (b.n < 0x3000)
			buf_u8(&b, (u8)(b.n >> 8));
		Made f = make_file(&b);
		LTask *k = start(f.path, &e);
		assert_non_null(k);
		assert_int_equal(at(k, 0x410500), 0x05);
		assert_int_equal(at(k, 0x411105), 0x21); /* the third one's page */
		assert_int_equal(at(k, 0x411000), 0x20);
		assert_int_equal(at(k, 0x411110), 0);
		assert_int_equal(at(k, 0x412f80), 0x2f);
		assert_int_equal(at(k, 0x413000), 0); /* zeros of the last one */
		end(k);
		close(f.fd);
		buf_free(&b);
	}
}

/* ---- hostile files ---------------------------------------------------------------------------------- */

static u32 started, refused;

static void try(const char *path)
{
	Err e = {0};
	LTask *k = start(path, &e);

	if (k) {
		started++;
		end(k);
		return;
	}
	refused++;
	assert_true(e.status >= EXIT_VM && e.status <= EXIT_NOTFOUND);
	assert_true(e.msg[0] && !strchr(e.msg, '\n'));
}

/* Changes each byte of the headers of `broken`; `path` is what is started. */
static void torment(const Buf *b, const Made *broken, const char *path)
{
	static const u8 values[] = {0, 1, 2, 3, 4, 7, 0x0f, 0x10, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xf0, 0xfe, 0xff};

	for (u32 i = 0; i < 420; i++) {
		for (u32 v = 0; v < COUNT(values); v++) {
			assert_int_equal(pwrite(broken->fd, &values[v], 1, i), 1);
			try(path);
		}
		assert_int_equal(pwrite(broken->fd, b->p + i, 1, i), 1);
	}
	for (u32 n = b->n; n-- > 0;) {
		assert_int_equal(ftruncate(broken->fd, n), 0);
		try(path);
	}
	assert_int_equal(pwrite(broken->fd, b->p, b->n, 0), b->n);
}

static void test_hostile(void **state)
{
	for (int wide = 0; wide < 2; wide++) {
		Buf ld = make_static(wide), prog = make_dynamic(wide), alone = make_static(wide);
		Made l = make_file(&ld), p, a = make_file(&alone);
		st16(ld.p + 16, 3);
		assert_int_equal(pwrite(l.fd, ld.p, ld.n, 0), ld.n);
		memset(prog.p + 480, 0, 11);
		snprintf((char *)prog.p + 480, 32, "/proc/self/fd/%d", l.fd);
		prog.p[(wide ? 64 : 52) + (wide ? 56 + 32 : 32 + 16)] = 17;     /* filesz of PT_INTERP */
		p = make_file(&prog);
		u32 before = started;
		try(p.path);
		assert_int_equal(started, before + 1);
		torment(&alone, &a, a.path);
		torment(&prog, &p, p.path);
		torment(&ld, &l, p.path);
		close(l.fd), close(p.fd), close(a.fd);
		buf_free(&ld), buf_free(&prog), buf_free(&alone);
	}
	assert_true(started > 1000);
	assert_true(refused > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_overlap), cmocka_unit_test(test_hostile) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
