/* Tests of abi-shim/pcode: numbers as text against Free Pascal's, numbers read, the heap, files' sandbox. */
#include "../../abi-shim/pcode/abi.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- numbers -------------------------------------------------------------------------------------- */

static void test_reals(void **state)
{
	static const struct { u64 bits; i32 width, decimals; const char *text; } row[] = {
#include "fpc_reals.inc"
	};

	for (u32 i = 0; i < COUNT(row); i++) {
		char out[FORMAT_MAX + 1];
		out[format_real(u64_f64(row[i].bits), false, row[i].width, row[i].decimals, out)] = 0;
		if (strcmp(out, row[i].text) != 0)
			fail_msg("row %u (%a : %d : %d): '%s' instead of '%s'", i, u64_f64(row[i].bits), row[i].width,
				row[i].decimals, out, row[i].text);
	}
}

static void test_ints(void **state)
{
	static const struct { const char *text; u32 bad; i64 v; } row[] = {
		{"0", 0, 0}, {"42", 0, 42}, {"-17", 0, -17}, {"+5", 0, 5}, {"  9", 0, 9}, {"", 1, 0}, {"-", 2, 0},
		{"12a", 3, 0}, {"$ff", 0, 255}, {"-$10", 0, -16}, {"0x1F", 0, 31}, {"%101", 0, 5}, {"&17", 0, 15}, {"&18", 3, 0},
		{"9223372036854775807", 0, INT64_MAX}, {"-9223372036854775808", 0, INT64_MIN},
		{"9223372036854775808", 19, 0}, {"$ffffffffffffffff", 0, -1}, {"$10000000000000000", 18, 0}, {"1 ", 2, 0}
	};

	for (u32 i = 0; i < COUNT(row); i++) {
		i64 v;
		u32 bad = number_int(row[i].text, (u32)strlen(row[i].text), &v);
		if (bad != row[i].bad || v != row[i].v)
			fail_msg("'%s': %lld, position %u", row[i].text, (long long)v, bad);
	}
	char out[24];
	out[format_int(INT64_MIN, out)] = 0;
	assert_string_equal(out, "-9223372036854775808");
}

static void test_real_text(void **state)
{
	static const struct { const char *text; u32 bad; double v; } row[] = {
		{"1.5", 0, 1.5}, {"-2e3", 0, -2000}, {" 7", 0, 7}, {"1e", 3, 0}, {"x", 1, 0}, {"1.5x", 4, 0}, {"", 1, 0}, {"1e400", 0, 1 / 0.0}
	};

	for (u32 i = 0; i < COUNT(row); i++) {
		double v;
		u32 bad = number_real(row[i].text, (u32)strlen(row[i].text), &v);
		if (bad != row[i].bad || v != row[i].v)
			fail_msg("'%s': %g, position %u", row[i].text, v, bad);
	}
}

/* ---- the heap -------------------------------------------------------------------------------------- */

/* A module whose main calls mem.alloc(40), adds `off` to the address and frees it with `size`, `times` times. */
static void build_free(Buf *out, i32 off, i32 size, int times)
{
	PBuild *b = pb_new("free.pas");

	pb_memory(b, 65536, 1024, 4096);
	u32 body = pb_func(b, "main", ":");
	u32 alloc = pb_import(b, "sys", "mem.alloc", "i:i"), release = pb_import(b, "sys", "mem.free", "ii:");
	pb_begin(b, body);
	u32 p = pb_local(b, 'i');
	pb_op1(b, P_I32_CONST, 40);
	pb_op1(b, P_CALL, alloc);
	pb_op1(b, P_LOCAL_SET, p);
	while (times--) {
		pb_op1(b, P_LOCAL_GET, p);
		pb_op1(b, P_I32_CONST, off);
		pb_op(b, P_I32_ADD);
		pb_op1(b, P_I32_CONST, size);
		pb_op1(b, P_CALL, release);
	}
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
	pb_start(b, body);
	pb_end(b, out);
}

/* A Task with its personality, in the interpreter. */
typedef struct Guest {
	Buf module;
	PModule *m;
	Task *t;
} Guest;

static void guest_make(Guest *g)
{
	static char *args[] = {"test"};
	Err e = {0};
	TaskOpts o = {.exec = EXEC_INTERP, .opt = 2, .hot = -1};

	g->m = pcode_read(g->module.p, g->module.n, "test", &e);
	assert_non_null(g->m);
	assert_true(pcode_check(g->m, &e));
	g->t = task_new(g->m, &o, pcabi_lookup, &e);
	assert_non_null(g->t);
	pcabi_start(g->t, 1, args);
}

static void guest_end(Guest *g)
{
	pcabi_end(g->t);
	task_free(g->t);
	pcode_free(g->m);
	buf_free(&g->module);
}

/* Reports of run-time errors are expected here: they go to /dev/null. */
static int quietly(Task *t)
{
	fflush(stderr);
	int keep = dup(2), null = open("/dev/null", O_WRONLY);
	dup2(null, 2);
	int status = task_run(t);
	fflush(stderr);
	dup2(keep, 2);
	close(keep);
	close(null);
	return status;
}

static void test_bad_frees(void **state)
{
	static const struct { i32 off, size; int times, status; } row[] = {
		{0, 40, 1, 0}, {0, 40, 2, 204}, {8, 40, 1, 204}, {0, 48, 1, 204}, {0, 0, 1, 204}, {40, 40, 1, 204}, {-40, 40, 1, 204},
		{0, 100000, 1, 204}, {65536, 40, 1, 204}, {1 << 30, 40, 1, 204}, {-65536 * 4, 40, 1, 204}, {0, -1, 1, 204}
	};

	for (u32 i = 0; i < COUNT(row); i++) {
		Guest g = {.m = NULL};
		build_free(&g.module, row[i].off, row[i].size, row[i].times);
		guest_make(&g);
		assert_int_equal(quietly(g.t), row[i].status);
		guest_end(&g);
	}
}

enum { BLOCKS = 3000, ROUNDS = 60000 };

static u32 seed = 12345;

static u32 rnd(u32 n)
{
	seed = seed * 1664525 + 1013904223;
	return (u32)((u64)(seed >> 8) * n >> 24);
}

static u32 some_size(void)
{
	switch (rnd(8)) {
	case 0: return rnd(40000);
	case 1: return 1 + rnd(200000);
	case 2: return rnd(3);
	default: return 1 + rnd(300);
	}
}

/* Random allocations and frees: blocks are zeroed, aligned, inside memory, and keep what was written. */
static void test_stress(void **state)
{
	static struct { u32 at, size; u8 mark; } block[BLOCKS];
	Guest g = {.m = NULL};

	build_free(&g.module, 0, 40, 1);
	guest_make(&g);
	Regfile *t = (Regfile *)task_thread(g.t);
	for (u32 k = 0; k < ROUNDS; k++) {
		u32 i = rnd(BLOCKS);
		if (block[i].at) {
			for (u32 n = 0; n < block[i].size; n++)
				if (t->mem[block[i].at + n] != block[i].mark)
					fail_msg("block at %u of %u bytes has changed at %u", block[i].at, block[i].size, n);
			sys_mem_free(t, (u64[]){block[i].at, block[i].size});
			block[i].at = 0;
			continue;
		}
		u32 size = some_size(), at = (u32)sys_mem_alloc(t, (u64[]){size});
		assert_int_equal(at % 8, 0);
		assert_true(at >= g.m->heap && (u64)at + size <= t->mem_size);
		for (u32 n = 0; n < size; n++)
			assert_int_equal(t->mem[at + n], 0);
		block[i].at = at;
		block[i].size = size;
		block[i].mark = (u8)(1 + rnd(255));
		memset(t->mem + at, block[i].mark, size);
	}
	for (u32 i = 0; i < BLOCKS; i++)
		if (block[i].at)
			sys_mem_free(t, (u64[]){block[i].at, block[i].size});
	/* all is free again: one large block takes most of what was there without growing */
	u64 before = t->mem_size;
	assert_true(sys_mem_alloc(t, (u64[]){(before - g.m->heap) / 2}) != 0);
	assert_int_equal(t->mem_size, before);
	guest_end(&g);
}

/* ---- files ------------------------------------------------------------------------------------------ */

static int try_open(const char *path, int flags)
{
	int fd = sandbox_open(path, flags, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : errno;
}

static void test_sandbox(void **state)
{
	char dir[] = "/tmp/pvm-abi-XXXXXX", here[4096], path[4200];

	assert_non_null(getcwd(here, sizeof here));
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(try_open("file", O_CREAT | O_WRONLY), 0);
	assert_int_equal(try_open("./file", O_RDONLY), 0);
	snprintf(path, sizeof path, "%s/file", dir);
	assert_int_equal(try_open(path, O_RDONLY), 0);
	assert_int_equal(try_open("nothing", O_RDONLY), ENOENT);
	assert_int_equal(try_open("/etc/passwd", O_RDONLY), EACCES);
	assert_int_equal(try_open("../../../../etc/passwd", O_RDONLY), EACCES);
	assert_int_equal(try_open("../escape", O_CREAT | O_WRONLY), EACCES);
	assert_int_equal(symlink("/etc/passwd", "link"), 0);
	assert_int_not_equal(try_open("link", O_RDONLY), 0);
	snprintf(path, sizeof path, "%s/../../etc/passwd", dir);
	assert_int_equal(try_open(path, O_RDONLY), EACCES);
	sandbox_grant("/etc");
	assert_int_equal(try_open("/etc/passwd", O_RDONLY), 0);
	assert_int_equal(try_open("/etc/../bin/sh", O_RDONLY), EACCES);
	assert_int_equal(try_open("/etcetera", O_RDONLY), EACCES);
	unlink("link");
	unlink("file");
	assert_int_equal(chdir(here), 0);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reals), cmocka_unit_test(test_ints), cmocka_unit_test(test_real_text),
		cmocka_unit_test(test_bad_frees), cmocka_unit_test(test_stress), cmocka_unit_test(test_sandbox)
	};

	return cmocka_run_group_tests_name("abi-shim/pcode", tests, NULL, NULL);
}
