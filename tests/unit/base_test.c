/* Unit tests of base: memory, maps, interned strings, bytes, errors, files.  Numbers are in num_test.c. */
#include "pvm/base/base.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static u32 rnd_state = 1;
static u32 rnd(u32 n)
{
	rnd_state = rnd_state * 1664525u + 1013904223u;
	return (rnd_state >> 8) % n;
}

/* ---- LEB128 ------------------------------------------------------------------------------------- */

static const u64 edges[] = {
	0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xff, 0x1fff, 0x2000, 0x3fff, 0x4000, 0xfffff, 0x100000, 0x7ffffff, 0x8000000, 0x7fffffff,
	0x80000000, 0xffffffff, 0x100000000, 0x3fffffffffffffff, 0x4000000000000000, 0x7fffffffffffffff, 0x8000000000000000, UINT64_MAX,
	0xffffffff80000000, 0xffffffff7fffffff, 0xffffffffffffffc0, 0xffffffffffffffbf, 0xc000000000000000, 0xbfffffffffffffff,
};

static void test_leb_round_trips(void **state)
{
	for (u32 k = 0; k < COUNT(edges); k++) {
		Buf b = {0};
		u64 v = edges[k];
		buf_uleb(&b, v);
		Rd r = {b.p, b.p + b.n, false};
		u32 got = rd_uleb32(&r);
		assert_int_equal(r.bad, v > UINT32_MAX);
		assert_int_equal(got, v > UINT32_MAX ? 0 : v);
		b.n = 0;
		buf_sleb(&b, (i64)v);
		r = (Rd){b.p, b.p + b.n, false};
		assert_true(rd_sleb64(&r) == (i64)v);
		assert_true(!r.bad && r.p == r.end);
		r = (Rd){b.p, b.p + b.n, false};
		bool fits = (i64)v >= INT32_MIN && (i64)v <= INT32_MAX;
		assert_true(rd_sleb32(&r) == (fits ? (i64)v : 0));
		assert_int_equal(r.bad, !fits);
		buf_free(&b);
	}
}

/* What is longer than need be, does not fit or ends early is refused: a module has one encoding. */
static void test_leb_is_strict(void **state)
{
	static const struct { u8 n, p[11]; bool u32_ok, s64_ok; } cases[] = {
		{1, {0x00}, true, true}, {1, {0x80}, false, false}, {2, {0x80, 0x00}, false, false}, {2, {0x80, 0x01}, true, true},
		{2, {0xff, 0x00}, false, true}, {2, {0xff, 0x7f}, true, false}, {2, {0xbf, 0x7f}, true, true},
		{5, {0xff, 0xff, 0xff, 0xff, 0x0f}, true, true}, {5, {0xff, 0xff, 0xff, 0xff, 0x1f}, false, true},
		{5, {0x80, 0x80, 0x80, 0x80, 0x00}, false, false}, {6, {0x80, 0x80, 0x80, 0x80, 0x80, 0x01}, false, true},
		{10, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f}, false, true},
		{10, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00}, false, true},
		{10, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}, false, false},
		{10, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, false, false},
		{11, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, false, false},
	};

	for (u32 k = 0; k < COUNT(cases); k++) {
		Rd r = {cases[k].p, cases[k].p + cases[k].n, false};
		rd_uleb32(&r);
		if (r.bad == cases[k].u32_ok)
			fail_msg("unsigned case %u", k);
		r = (Rd){cases[k].p, cases[k].p + cases[k].n, false};
		rd_sleb64(&r);
		if (r.bad == cases[k].s64_ok)
			fail_msg("signed case %u", k);
	}
}

/* Each encoding of two bytes: accepted exactly when it is the one that the writer makes. */
static void test_leb_one_encoding(void **state)
{
	for (u32 k = 0; k < 1u << 16; k++) {
		u8 p[2] = {(u8)k, (u8)(k >> 8)};
		Rd r = {p, p + 2, false};
		Buf b = {0};
		i64 v = rd_sleb64(&r);
		if (!r.bad) {
			buf_sleb(&b, v);
			assert_int_equal(b.n, r.p - p);
			assert_memory_equal(b.p, p, b.n);
		}
		r = (Rd){p, p + 2, false};
		u32 u = rd_uleb32(&r);
		b.n = 0;
		if (!r.bad) {
			buf_uleb(&b, u);
			assert_int_equal(b.n, r.p - p);
			assert_memory_equal(b.p, p, b.n);
		}
		buf_free(&b);
	}
}

/* ---- bytes -------------------------------------------------------------------------------------- */

static void test_little_endian(void **state)
{
	u8 p[16] = {0};

	for (u32 at = 0; at < 8; at++) {
		st16(p + at, 0x0201);
		assert_int_equal(p[at], 1);
		assert_int_equal(p[at + 1], 2);
		assert_int_equal(ld16(p + at), 0x0201);
		st32(p + at, 0x84030201);
		assert_int_equal(p[at + 3], 0x84);
		assert_int_equal(ld32(p + at), 0x84030201);
		st64(p + at, 0x8807060504030201);
		assert_int_equal(p[at + 7], 0x88);
		assert_true(ld64(p + at) == 0x8807060504030201);
	}
}

static void test_buf_and_reader(void **state)
{
	Buf b = {0};

	buf_u8(&b, 1);
	buf_u16(&b, 0x1234);
	buf_u32(&b, 0xdeadbeef);
	buf_u64(&b, 0x0123456789abcdef);
	buf_bytes(&b, "xyz", 3);
	buf_bytes(&b, NULL, 0);
	Rd r = {b.p, b.p + b.n, false};
	assert_int_equal(rd_u8(&r), 1);
	assert_int_equal(rd_u16(&r), 0x1234);
	assert_int_equal(rd_u32(&r), 0xdeadbeef);
	assert_true(rd_u64(&r) == 0x0123456789abcdef);
	assert_memory_equal(rd_bytes(&r, 3), "xyz", 3);
	assert_false(r.bad);
	assert_null(rd_bytes(&r, 1));
	assert_true(r.bad);
	r = (Rd){b.p, b.p + 3, false};
	assert_int_equal(rd_u32(&r), 0); /* too few: bad, and stays so */
	assert_int_equal(rd_u8(&r), 0);
	assert_true(r.bad);
	r = (Rd){b.p, b.p + b.n, false};
	assert_null(rd_bytes(&r, SIZE_MAX));
	buf_free(&b);
	assert_null(b.p);
}

static void test_buf_printf(void **state)
{
	Buf b = {0};

	for (u32 k = 0; k < 1000; k++)
		buf_printf(&b, "%u,", k);
	buf_printf(&b, "%s", "");
	buf_u8(&b, 0);
	assert_int_equal(strlen((char *)b.p), b.n - 1);
	assert_int_equal(b.n, 10 * 2 + 90 * 3 + 900 * 4 + 1);
	buf_free(&b);
}

/* ---- memory ------------------------------------------------------------------------------------- */

static void test_arena(void **state)
{
	Arena *a = arena_new();

	for (u32 round = 0; round < 3; round++) {
		u8 *last = NULL;
		u32 last_n = 0;
		for (u32 k = 0; k < 2000; k++) {
			u32 n = k % 100 == 99 ? 100000 : rnd(300);
			u8 *p = arena_alloc(a, n);
			assert_int_equal((uintptr_t)p % 16, 0);
			for (u32 j = 0; j < n; j++)
				assert_int_equal(p[j], 0);
			for (u32 j = 0; j < last_n; j++) /* the one before is untouched */
				assert_int_equal(last[j], k & 255);
			memset(p, (u8)(k + 1), n);
			last = p;
			last_n = n;
		}
		arena_reset(a);
	}
	assert_string_equal(arena_strndup(a, "hello", 4), "hell");
	assert_string_equal(arena_printf(a, "%d-%s", 42, "x"), "42-x");
	arena_free(a);
	arena_reset(a = arena_new()); /* nothing there yet */
	arena_free(a);
	arena_free(NULL);
}

static void test_vec(void **state)
{
	VEC(u32) v = {0};

	for (u32 k = 0; k < 1000; k++)
		vec_push(&v, k);
	u32 *p = vec_add(&v, 2000 - v.n); /* the count changes while it is used */
	assert_int_equal(v.n, 2000);
	assert_ptr_equal(p, v.p + 1000);
	for (u32 k = 0; k < 1000; k++) {
		assert_int_equal(v.p[k], k);
		assert_int_equal(p[k], 0);
	}
	vec_add(&v, 0);
	assert_int_equal(v.n, 2000);
	vec_free(&v);
	assert_int_equal(v.n + v.cap, 0);
	vec_add(&v, 0);
	assert_int_equal(v.n, 0);
	vec_free(&v);
}

/* ---- maps and strings --------------------------------------------------------------------------- */

/* Against a plain array, with keys that fall into the same slots. */
static void test_map(void **state)
{
	enum { N = 5000 };
	static u64 want[N];
	Map m = {0};
	u32 n = 0;

	assert_null(map_get(&m, 0));
	for (u32 k = 0; k < 20000; k++) {
		u32 i = rnd(N);
		u64 key = (u64)i << (i % 2 ? 32 : 0);
		if (!want[i]) {
			n++;
			assert_null(map_get(&m, key));
		}
		u64 *val = map_put(&m, key);
		assert_true(*val == want[i]);
		*val = want[i] = k + 1;
	}
	assert_int_equal(m.n, n);
	for (u32 i = 0; i < N; i++) {
		u64 *val = map_get(&m, (u64)i << (i % 2 ? 32 : 0));
		assert_true(want[i] ? val && *val == want[i] : !val);
	}
	map_free(&m);
	assert_null(map_get(&m, 1));
	*map_put(&m, UINT64_MAX) = 3;
	assert_int_equal(*map_get(&m, UINT64_MAX), 3);
	map_free(&m);
}

static void test_intern(void **state)
{
	Intern t = {0};
	char s[20];

	assert_int_equal(intern(&t, "abc", 3), 1);
	assert_int_equal(intern(&t, "abd", 2), 2); /* "ab" */
	assert_int_equal(intern(&t, "", 0), 3);
	assert_int_equal(intern(&t, "a\0c", 3), 4); /* a NUL inside counts */
	assert_int_equal(intern(&t, "abcd", 3), 1);
	for (u32 k = 0; k < 3000; k++)
		assert_int_equal(intern(&t, s, (size_t)snprintf(s, sizeof s, "name%u", k)), k + 5);
	for (u32 k = 0; k < 3000; k++) {
		snprintf(s, sizeof s, "name%u", k);
		assert_int_equal(intern(&t, s, strlen(s)), k + 5);
		assert_string_equal(intern_str(&t, k + 5), s);
	}
	assert_string_equal(intern_str(&t, 2), "ab");
	intern_free(&t);
}

/* ---- errors and files --------------------------------------------------------------------------- */

static void test_first_error_is_kept(void **state)
{
	Err e = {0};
	char big[1000];

	assert_false(err_set(&e, EXIT_VM, "first %d", 1));
	assert_false(err_set(&e, EXIT_USAGE, "second"));
	assert_int_equal(e.status, EXIT_VM);
	assert_string_equal(e.msg, "first 1");
	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = 0;
	e = (Err){0};
	err_set(&e, EXIT_VM, "%s", big);
	assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
	e = (Err){0};
	err_set(&e, EXIT_VM, "%s: no file", "a\nb\033[1m\x7f\xc3\xa9");
	assert_string_equal(e.msg, "a?b?[1m?\xc3\xa9: no file");
}

static int status_of(void (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(99);
		fn();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void too_large(void)
{
	VEC(u64) v = {0};

	vec_reserve(&v, (u64)UINT32_MAX);
}

static void arena_too_large(void)
{
	static Arena *volatile a; /* still in sight when the leak checker looks */

	a = arena_new();
	arena_alloc(a, SIZE_MAX - 8);
}

static void plain_die(void)
{
	die(EXIT_UNSUPPORTED, "what %s needs", "it");
}

static void test_death(void **state)
{
	assert_int_equal(status_of(plain_die), EXIT_UNSUPPORTED);
	assert_int_equal(status_of(too_large), EXIT_VM);
	assert_int_equal(status_of(arena_too_large), EXIT_VM);
}

/* A pipe and what a symbolic link names are written to; neither is replaced by a file. */
static void check_special(const char *path, Buf *b)
{
	Err e = {0};
	struct stat st;
	char got[2], target[120];

	assert_int_equal(mkfifo(path, 0600), 0);
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	assert_true(file_write(path, "xy", 2, &e));
	assert_int_equal(read(fd, got, 2), 2);
	assert_memory_equal(got, "xy", 2);
	close(fd);
	assert_true(stat(path, &st) == 0 && S_ISFIFO(st.st_mode));
	assert_int_equal(unlink(path), 0);

	snprintf(target, sizeof target, "%s.target", path);
	assert_true(file_write(target, "old", 3, &e));
	assert_int_equal(symlink(target, path), 0);
	assert_true(file_write(path, "new!", 4, &e));
	assert_true(lstat(path, &st) == 0 && S_ISLNK(st.st_mode));
	b->n = 0;
	assert_true(file_read(target, b, &e));
	assert_int_equal(b->n, 4);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(target), 0);
	assert_false(file_write("/dev/full", "x", 1, &e));
	assert_true(stat("/dev/full", &st) == 0 && S_ISCHR(st.st_mode));
}

static void test_files(void **state)
{
	char dir[] = "/tmp/pvm-base-XXXXXX", path[100], none[100];
	Err e = {0};
	Buf b = {0}, big = {0};

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/file", dir);
	snprintf(none, sizeof none, "%s/none/file", dir);
	for (u32 k = 0; k < 200000; k++)
		buf_u32(&big, k * 2654435761u);
	assert_true(file_write(path, big.p, big.n, &e));
	assert_true(file_read(path, &b, &e));
	assert_int_equal(b.n, big.n);
	assert_memory_equal(b.p, big.p, b.n);
	assert_int_equal(b.p[b.n], 0);
	b.n = 0;
	assert_true(file_write(path, "", 0, &e));
	assert_true(file_read(path, &b, &e));
	assert_int_equal(b.n, 0);
	assert_false(file_read(none, &b, &e));
	assert_int_equal(e.status, EXIT_NOTFOUND);
	e = (Err){0};
	assert_false(file_read(dir, &b, &e));
	assert_int_equal(e.status, EXIT_VM);
	e = (Err){0};
	assert_false(file_write(none, "x", 1, &e));
	assert_int_equal(e.status, EXIT_VM);
	assert_int_equal(unlink(path), 0);
	check_special(path, &b);
	assert_int_equal(rmdir(dir), 0); /* no temporary is left */
	buf_free(&b);
	buf_free(&big);
}

/* xxh3's published value for no bytes (seed 0). */
static void test_hash(void **state)
{
	assert_true(hash64("", 0) == 0x2d06800538d394c2);
	assert_true(hash64("a", 1) != hash64("b", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leb_round_trips),
		cmocka_unit_test(test_leb_is_strict),
		cmocka_unit_test(test_leb_one_encoding),
		cmocka_unit_test(test_little_endian),
		cmocka_unit_test(test_buf_and_reader),
		cmocka_unit_test(test_buf_printf),
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_vec),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_intern),
		cmocka_unit_test(test_first_error_is_kept),
		cmocka_unit_test(test_death),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_hash),
	};
	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
