/* PE files, good and hostile: every truncation and every change of a byte to several values, of an image of each width. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "loader/pe.h"

enum { SECTION = 0x1000, FILE_AT = 0x400, RAW = 0x600, SIZE = FILE_AT + RAW };
enum { IMPORTS = 0x1000, LOOKUP = 0x1040, SLOTS = 0x1080, NAMES = 0x10c0, EXPORTS = 0x1100, RELOCS = 0x1200, RESOURCES = 0x1240, TARGET = 0x1300 };

static u8 *at(u8 *p, u32 rva)
{
	return p + FILE_AT + (rva - SECTION);
}

static void put_word(u8 *p, bool wide, u64 v)
{
	if (wide)
		st64(p, v);
	else
		st32(p, (u32)v);
}

static void put_imports(u8 *p, bool wide)
{
	u8 *d = at(p, IMPORTS);

	st32(d, LOOKUP), st32(d + 12, NAMES), st32(d + 16, SLOTS);
	strcpy((char *)at(p, NAMES), "first.dll");
	strcpy((char *)at(p, NAMES + 18), "named");
	put_word(at(p, LOOKUP), wide, NAMES + 16);
	put_word(at(p, LOOKUP + (wide ? 8 : 4)), wide, ((u64)1 << (wide ? 63 : 31)) | 42);
}

static void put_exports(u8 *p)
{
	u8 *d = at(p, EXPORTS);

	st32(d + 16, 5), st32(d + 20, 3), st32(d + 24, 2);
	st32(d + 28, EXPORTS + 40), st32(d + 32, EXPORTS + 60), st32(d + 36, EXPORTS + 70);
	st32(d + 40, TARGET), st32(d + 44, EXPORTS + 100), st32(d + 48, TARGET + 8); /* the second is a forwarder */
	st32(d + 60, EXPORTS + 80), st32(d + 64, EXPORTS + 90);
	st16(d + 70, 0), st16(d + 72, 1);
	strcpy((char *)d + 80, "alpha");
	strcpy((char *)d + 90, "beta");
	strcpy((char *)d + 100, "other.gamma");
}

/* Type 10, name 7, language 1033. */
static void put_resources(u8 *p)
{
	static const u32 id[3] = {10, 7, 1033};

	for (u32 i = 0; i < 3; i++) {
		u8 *d = at(p, RESOURCES + 24 * i);
		st16(d + 14, 1);
		st32(d + 16, id[i]);
		st32(d + 20, i < 2 ? 0x80000000u | 24 * (i + 1) : 72);
	}
	st32(at(p, RESOURCES + 72), TARGET);
	st32(at(p, RESOURCES + 76), 4);
}

static void put_headers(u8 *p, bool wide)
{
	u8 *c = p + 0x84, *o = c + 20;
	u32 opt = wide ? 240 : 224, dirs = wide ? 112 : 96;
	static const struct { u32 dir, rva, size; } d[] = {
		{PE_DIR_EXPORT, EXPORTS, 0x100}, {PE_DIR_IMPORT, IMPORTS, 40}, {PE_DIR_RESOURCE, RESOURCES, 0x60}, {PE_DIR_RELOC, RELOCS, 12}
	};

	p[0] = 'M', p[1] = 'Z';
	st32(p + 0x3c, 0x80);
	memcpy(p + 0x80, "PE\0\0", 4);
	st16(c, wide ? 0x8664 : 0x14c), st16(c + 2, 1), st16(c + 16, (u16)opt), st16(c + 18, 0x22);
	st16(o, wide ? 0x20b : 0x10b);
	st32(o + 16, TARGET);
	if (wide)
		st64(o + 24, 0x140000000);
	else
		st32(o + 28, 0x400000);
	st32(o + 32, 4096), st32(o + 36, 512), st32(o + 56, 0x2000), st32(o + 60, FILE_AT);
	st16(o + 68, 3);
	st32(o + dirs - 4, 16);
	for (u32 i = 0; i < COUNT(d); i++)
		st32(o + dirs + 8 * d[i].dir, d[i].rva), st32(o + dirs + 8 * d[i].dir + 4, d[i].size);
	u8 *s = o + opt;
	memcpy(s, ".all", 4);
	st32(s + 8, RAW), st32(s + 12, SECTION), st32(s + 16, RAW), st32(s + 20, FILE_AT), st32(s + 36, 0xe0000020);
}

static u8 *make(bool wide)
{
	u8 *p = xcalloc(1, SIZE);

	put_headers(p, wide);
	put_imports(p, wide);
	put_exports(p);
	put_resources(p);
	st32(at(p, RELOCS), SECTION), st32(at(p, RELOCS + 4), 12);
	st16(at(p, RELOCS + 8), (u16)((wide ? 10 : 3) << 12 | (TARGET - SECTION)));
	return p;
}

/* The image as a loader would lay it out; in memory of just its size, so that a sanitizer sees what reaches out of it. */
static PeMap lay_out(const u8 *p, const PeImage *i)
{
	PeMap m = {xcalloc(1, i->size), i};

	memcpy(m.p, p, i->header);
	for (u32 k = 0; k < i->nsec; k++)
		memcpy(m.p + i->sec[k].at, p + i->sec[k].offset, MIN(i->sec[k].filled, i->size - i->sec[k].at));
	return m;
}

/* ---- good ones ------------------------------------------------------------------------------------------ */

static void reads(void **state)
{
	for (u32 wide = 0; wide < 2; wide++) {
		u8 *p = make(wide);
		PeImage i;
		PeImport im;
		PeSymbol s;
		Err e = {0};
		const char *forward;
		assert_true(pe_read(p, SIZE, "test.exe", &i, &e));
		assert_int_equal(i.bits, wide ? 64 : 32);
		assert_int_equal(i.entry, TARGET);
		PeMap m = lay_out(p, &i);
		assert_int_equal(pe_import(&m, false, 0, &im), 1);
		assert_string_equal(im.dll, "first.dll");
		assert_int_equal(pe_symbol(&m, &im, 0, &s), 1);
		assert_string_equal(s.name, "named");
		assert_int_equal(pe_symbol(&m, &im, 1, &s), 1);
		assert_null(s.name);
		assert_int_equal(s.ordinal, 42);
		assert_int_equal(pe_symbol(&m, &im, 2, &s), 0);
		assert_int_equal(pe_import(&m, false, 1, &im), 0);
		assert_int_equal(pe_export(&m, "alpha", 0, &forward), TARGET);
		assert_int_equal(pe_export(&m, NULL, 7, &forward), TARGET + 8);
		assert_int_equal(pe_export(&m, "beta", 0, &forward), 0);
		assert_string_equal(forward, "other.gamma");
		assert_int_equal(pe_export(&m, "gamma", 0, &forward), 0);
		assert_null(forward);
		assert_int_equal(pe_resource(&m, &(PeResName){.id = 10}, &(PeResName){.id = 7}, 0xffff), RESOURCES + 72);
		assert_int_equal(pe_resource(&m, &(PeResName){.id = 10}, &(PeResName){.id = 8}, 0xffff), 0);
		assert_true(pe_relocate(&m, i.base + 0x10000, "test.exe", &e));
		assert_int_equal(ld32(m.p + TARGET), 0x10000);
		free(m.p);
		free(p);
	}
}

/* ---- hostile ones ------------------------------------------------------------------------------------------ */

static void use(const u8 *p, size_t n)
{
	PeImage i;
	Err e = {0};
	Buf out = {0};
	const char *forward;

	if (!pe_read(p, n, "test.exe", &i, &e)) {
		assert_true(e.status == EXIT_VM || e.status == EXIT_UNSUPPORTED);
		assert_non_null(strstr(e.msg, "test.exe"));
		assert_null(strchr(e.msg, '\n'));
		return;
	}
	if (i.size > 1 << 24) /* good, but too much for a test */
		return;
	PeMap m = lay_out(p, &i);
	pe_print(&m, &out);
	pe_export(&m, "alpha", 0, &forward);
	pe_export(&m, NULL, 7, &forward);
	pe_resource(&m, &(PeResName){.id = 10}, &(PeResName){.id = 7}, 1033);
	pe_relocate(&m, i.base + 0x10000, "test.exe", &e);
	free(m.p);
	buf_free(&out);
}

static void truncations(void **state)
{
	for (u32 wide = 0; wide < 2; wide++) {
		u8 *p = make(wide);
		for (size_t n = 0; n < SIZE; n++) {
			u8 *cut = xmalloc(n + 1);
			memcpy(cut, p, n);
			u8 *exact = realloc(cut, n ? n : 1);
			use(exact, n);
			free(exact);
		}
		free(p);
	}
}

static void changes(void **state)
{
	static const u8 values[] = {0, 1, 0x7f, 0x80, 0xff};

	for (u32 wide = 0; wide < 2; wide++) {
		u8 *p = make(wide);
		for (size_t n = 0; n < SIZE; n++) {
			u8 was = p[n];
			for (u32 k = 0; k < COUNT(values); k++) {
				p[n] = values[k];
				use(p, SIZE);
			}
			p[n] = was;
		}
		free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reads), cmocka_unit_test(truncations), cmocka_unit_test(changes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
