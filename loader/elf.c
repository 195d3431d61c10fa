/* Reads ELF programs: ELF32 for i386 and ELF64 for x86-64, static, static-PIE and dynamic.  Only what a kernel reads:
 * the ELF header and the program headers.  Sections, symbols and relocations are the guest libc's business. */
#include "image.h"

/* Values of the ELF specification that are read here. */
enum {
	CLASS32 = 1, CLASS64 = 2, DATA_LITTLE = 1, DATA_BIG = 2,
	ET_REL = 1, ET_EXEC = 2, ET_DYN = 3, ET_CORE = 4,
	EM_386 = 3, EM_X86_64 = 62,
	PT_LOAD = 1, PT_INTERP = 3, PT_PHDR = 6, PT_TLS = 7, PT_GNU_STACK = 0x6474e551,
	PF_X = 1, PF_W = 2, PF_R = 4
};

/* Linux refuses more program headers than fit in 64 KiB. */
enum { PHDR_BYTES = 65536 };

typedef struct Elf {
	const u8 *p;
	size_t n;
	const char *name;
	Err *e;
	Image *out;
	bool wide;        /* ELF64 */
	u64 phoff;
	u64 phdr_at;      /* of PT_PHDR */
} Elf;

/* One program header, of either class. */
typedef struct Phdr {
	u32 type, flags;
	u64 offset, vaddr, filesz, memsz, align;
} Phdr;

static bool bad(const Elf *f, const char *what)
{
	return err_set(f->e, EXIT_VM, "%.200s: malformed ELF file: %s", f->name, what);
}

static bool unsupported(const Elf *f, const char *what, u32 number)
{
	return err_set(f->e, EXIT_UNSUPPORTED, "%.200s: %s %u is not supported", f->name, what, number);
}

/* [at, at + size) lies in [0, limit). */
static bool within(u64 at, u64 size, u64 limit)
{
	return at <= limit && size <= limit - at;
}

/* The end of what the guest may address. */
static u64 top(const Elf *f)
{
	return f->wide ? 1ull << 47 : 1ull << 32;
}

static bool read_ident(Elf *f)
{
	if (f->n < 52 || memcmp(f->p, "\177ELF", 4) != 0)
		return bad(f, "the header is cut off");
	if (f->p[5] == DATA_BIG)
		return err_set(f->e, EXIT_UNSUPPORTED, "%.200s: big-endian ELF programs are not supported", f->name);
	if (f->p[4] != CLASS32 && f->p[4] != CLASS64)
		return bad(f, "neither 32-bit nor 64-bit");
	if (f->p[5] != DATA_LITTLE || f->p[6] != 1)
		return bad(f, "bad byte order or version");
	f->wide = f->p[4] == CLASS64;
	if (f->wide && f->n < 64)
		return bad(f, "the header is cut off");
	return true;
}

/* Which machine, and what kind of file. */
static bool read_kind(Elf *f)
{
	u32 kind = ld16(f->p + 16), machine = ld16(f->p + 18);

	if (machine != EM_386 && machine != EM_X86_64)
		return unsupported(f, "an ELF program of machine", machine);
	if (machine == EM_X86_64 && !f->wide)
		return err_set(f->e, EXIT_UNSUPPORTED, "%.200s: x32 programs are not supported", f->name);
	if (machine == EM_386 && f->wide)
		return bad(f, "64-bit, yet for the i386");
	if (kind == ET_REL || kind == ET_CORE)
		return unsupported(f, "not a program: an ELF file of type", kind);
	if (kind != ET_EXEC && kind != ET_DYN)
		return bad(f, "unknown type");
	f->out->bits = f->wide ? 64 : 32;
	f->out->relocatable = kind == ET_DYN;
	return true;
}

static bool read_header(Elf *f)
{
	const u8 *h = f->p;
	Image *m = f->out;

	m->entry = f->wide ? ld64(h + 24) : ld32(h + 24);
	f->phoff = f->wide ? ld64(h + 32) : ld32(h + 28);
	m->phent = ld16(h + (f->wide ? 54 : 42));
	m->phnum = ld16(h + (f->wide ? 56 : 44));
	if (m->phent != (f->wide ? 56u : 32u))
		return bad(f, "program headers of a wrong size");
	if (!m->phnum || m->phent * m->phnum > PHDR_BYTES)
		return bad(f, "no program headers, or too many");
	if (!within(f->phoff, m->phent * m->phnum, f->n))
		return bad(f, "the program headers are cut off");
	return true;
}

static Phdr phdr(const Elf *f, u32 i)
{
	const u8 *h = f->p + f->phoff + i * f->out->phent;

	if (f->wide)
		return (Phdr){ld32(h), ld32(h + 4), ld64(h + 8), ld64(h + 16), ld64(h + 32), ld64(h + 40), ld64(h + 48)};
	return (Phdr){ld32(h), ld32(h + 24), ld32(h + 4), ld32(h + 8), ld32(h + 16), ld32(h + 20), ld32(h + 28)};
}

/* The specification asks for ascending order and no overlap; Linux maps what there is in the order of the headers, so that
 * the later of two hides what they share. */
static bool add_segment(Elf *f, const Phdr *h)
{
	Image *m = f->out;
	u64 mask = IMAGE_PAGE - 1;

	if (h->filesz > h->memsz || !within(h->offset, h->filesz, f->n))
		return bad(f, "a segment is cut off");
	if (!within(h->vaddr, h->memsz, top(f) - IMAGE_PAGE))
		return bad(f, "a segment is out of the address space");
	if ((h->vaddr ^ h->offset) & mask)
		return bad(f, "a segment is not aligned as its bytes are");
	if (!h->memsz)
		return true;
	if (m->nseg == IMAGE_SEGS)
		return bad(f, "too many segments");
	m->low = m->nseg ? MIN(m->low, h->vaddr & ~mask) : h->vaddr & ~mask;
	m->high = MAX(m->high, (h->vaddr + h->memsz + mask) & ~mask);
	if (h->align > m->align && !(h->align & (h->align - 1)) && h->align < top(f))
		m->align = h->align;
	m->seg[m->nseg++] = (ImageSeg){h->vaddr, h->memsz, h->offset, h->filesz,
		(h->flags & PF_R ? IMAGE_READ : 0) | (h->flags & PF_W ? IMAGE_WRITE : 0) | (h->flags & PF_X ? IMAGE_EXEC : 0)};
	if (within(f->phoff, m->phent * m->phnum, h->offset + h->filesz) && f->phoff >= h->offset)
		m->phdr = h->vaddr + (f->phoff - h->offset);
	return true;
}

static bool read_interp(Elf *f, const Phdr *h)
{
	if (f->out->interp[0])
		return bad(f, "two interpreters");
	if (!within(h->offset, h->filesz, f->n) || h->filesz < 2 || h->filesz > IMAGE_PATH)
		return bad(f, "the interpreter's name is cut off");
	const u8 *s = f->p + h->offset;
	if (!s[0] || s[h->filesz - 1] || memchr(s, 0, h->filesz - 1))
		return bad(f, "the interpreter's name is not a string");
	memcpy(f->out->interp, s, h->filesz);
	return true;
}

static bool read_phdr(Elf *f, const Phdr *h)
{
	switch (h->type) {
	case PT_LOAD:
		return add_segment(f, h);
	case PT_INTERP:
		return read_interp(f, h);
	case PT_TLS: /* the guest libc copies the template; Linux does not look at it, but a bad one cannot run */
		return h->filesz <= h->memsz && within(h->offset, h->filesz, f->n) ? true : bad(f, "the TLS template is cut off");
	case PT_PHDR:
		f->phdr_at = h->vaddr;
		return true;
	case PT_GNU_STACK:
		f->out->exec_stack = h->flags & PF_X;
		return true;
	default:
		return true;
	}
}

bool elf_read(const u8 *p, size_t n, const char *name, Image *out, Err *e)
{
	Elf f = {.p = p, .n = n, .name = name, .e = e, .out = out};

	memset(out, 0, sizeof *out);
	if (!read_ident(&f) || !read_kind(&f) || !read_header(&f))
		return false;
	out->exec_stack = !f.wide; /* what Linux takes when PT_GNU_STACK is missing */
	for (u32 i = 0; i < out->phnum; i++) {
		Phdr h = phdr(&f, i);
		if (!read_phdr(&f, &h))
			return false;
	}
	if (!out->nseg)
		return bad(&f, "nothing to load");
	if (f.phdr_at)
		out->phdr = f.phdr_at;
	if (out->entry >= top(&f))
		return bad(&f, "the entry is out of the address space");
	return true;
}
