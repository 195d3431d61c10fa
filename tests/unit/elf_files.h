/* Small ELF programs, made by hand: for tests of what reads and starts them. */
#ifndef PVM_TEST_ELF_FILES_H
#define PVM_TEST_ELF_FILES_H

#include "../../pvm/base/base.h"

enum { LOAD = 1, INTERP = 3, PHDR = 6, TLS = 7, STACK = 0x6474e551 };

typedef struct Part {
	u32 type, flags;
	u64 offset, vaddr, filesz, memsz;
} Part;

static void put_header(Buf *b, bool wide, u32 type, u32 machine, u64 entry, u32 phnum)
{
	const u8 ident[16] = {0x7f, 'E', 'L', 'F', wide ? 2 : 1, 1, 1};

	buf_bytes(b, ident, 16);
	buf_u16(b, (u16)type);
	buf_u16(b, (u16)machine);
	buf_u32(b, 1);
	if (wide)
		buf_u64(b, entry), buf_u64(b, 64), buf_u64(b, 0);
	else
		buf_u32(b, (u32)entry), buf_u32(b, 52), buf_u32(b, 0);
	buf_u32(b, 0);
	buf_u16(b, wide ? 64 : 52);
	buf_u16(b, wide ? 56 : 32);
	buf_u16(b, (u16)phnum);
	buf_u16(b, 0), buf_u16(b, 0), buf_u16(b, 0);
}

static void put_part(Buf *b, bool wide, const Part *p)
{
	buf_u32(b, p->type);
	if (wide) {
		buf_u32(b, p->flags);
		buf_u64(b, p->offset), buf_u64(b, p->vaddr), buf_u64(b, p->vaddr), buf_u64(b, p->filesz), buf_u64(b, p->memsz), buf_u64(b, 4096);
		return;
	}
	buf_u32(b, (u32)p->offset), buf_u32(b, (u32)p->vaddr), buf_u32(b, (u32)p->vaddr), buf_u32(b, (u32)p->filesz);
	buf_u32(b, (u32)p->memsz), buf_u32(b, p->flags), buf_u32(b, 4096);
}

static Buf make(bool wide, u32 type, u64 entry, const Part *p, u32 n)
{
	Buf b = {0};

	put_header(&b, wide, type, wide ? 62 : 3, entry, n);
	for (u32 i = 0; i < n; i++)
		put_part(&b, wide, &p[i]);
	while (b.n < 512)
		buf_u8(&b, 0xf4);
	memcpy(b.p + 480, "/lib/ld.so", 11);
	return b;
}

static Buf make_static(bool wide)
{
	const Part p[] = {{LOAD, 5, 0, 0x400000, 512, 512}, {LOAD, 6, 256, 0x401100, 100, 0x3000}};

	return make(wide, 2, 0x400100, p, COUNT(p));
}

static Buf make_dynamic(bool wide)
{
	const Part p[] = {
		{PHDR, 4, wide ? 64 : 52, wide ? 64 : 52, 6 * (wide ? 56 : 32), 6 * (wide ? 56 : 32)}, {INTERP, 4, 480, 480, 11, 11},
		{LOAD, 5, 0, 0, 512, 512}, {LOAD, 6, 300, 0x112c, 100, 0x200}, {TLS, 4, 300, 0x112c, 16, 64}, {STACK, 6, 0, 0, 0, 0}
	};

	return make(wide, 3, 0x100, p, COUNT(p));
}

#endif
