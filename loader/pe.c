/* Reads the headers of PE files. */
#include "pe.h"
#include "loader.h"

enum { MACHINE_I386 = 0x14c, MACHINE_AMD64 = 0x8664, MAGIC_PE32 = 0x10b, MAGIC_PE64 = 0x20b };
enum { FILE_RELOCS_STRIPPED = 1, FILE_EXECUTABLE = 2, FILE_LARGE_ADDRESS = 0x20, FILE_DLL = 0x2000 };
enum { SEC_EXEC = 0x20000000, SEC_READ = 0x40000000 };
#define SEC_WRITE 0x80000000u
/* More than this no program has, and it would not fit beside others in 2 GiB. */
enum { IMAGE_MOST = 0x60000000 };

typedef struct Pe {
	const u8 *p;
	size_t n;
	const char *name;
	Err *e;
	PeImage *out;
	u32 coff;         /* offset of the COFF header */
	u32 opt, opt_size; /* of the optional one */
	u32 section_align;
} Pe;

static bool bad(const Pe *f, const char *what)
{
	return err_set(f->e, EXIT_VM, "%.200s: malformed PE file: %s", f->name, what);
}

static bool within(u64 at, u64 size, u64 limit)
{
	return at <= limit && size <= limit - at;
}

static u32 round_page(u32 v)
{
	return (v + PE_PAGE - 1) & ~(u32)(PE_PAGE - 1);
}

static bool read_dos(Pe *f)
{
	if (f->n < 64 || f->p[0] != 'M' || f->p[1] != 'Z')
		return bad(f, "the DOS header is cut off");
	u32 at = ld32(f->p + 0x3c);
	if (!within(at, 24, f->n) || memcmp(f->p + at, "PE\0\0", 4) != 0)
		return bad(f, "there is no PE header");
	f->coff = at + 4;
	return true;
}

static bool read_coff(Pe *f)
{
	const u8 *h = f->p + f->coff;
	PeImage *m = f->out;

	m->machine = ld16(h);
	m->nsec = ld16(h + 2);
	m->stamp = ld32(h + 4);
	f->opt = f->coff + 20;
	f->opt_size = ld16(h + 16);
	m->flags = ld16(h + 18);
	if (m->machine != MACHINE_I386 && m->machine != MACHINE_AMD64)
		return err_set(f->e, EXIT_UNSUPPORTED, "%.200s: a Windows program of machine %#x is not supported", f->name, m->machine);
	if (!(m->flags & FILE_EXECUTABLE))
		return bad(f, "it was not linked without errors");
	if (m->nsec > PE_SECTIONS)
		return bad(f, "too many sections");
	if (!within(f->opt, f->opt_size, f->n) || f->opt_size < 2)
		return bad(f, "the optional header is cut off");
	m->dll = m->flags & FILE_DLL;
	m->large = m->flags & FILE_LARGE_ADDRESS;
	return true;
}

/* What PE32 and PE32+ have at the same place. */
static void read_common(Pe *f, const u8 *h)
{
	PeImage *m = f->out;

	m->entry = ld32(h + 16);
	f->section_align = ld32(h + 32);
	m->os_major = ld16(h + 48);
	m->os_minor = ld16(h + 50);
	m->size = ld32(h + 56);
	m->header = ld32(h + 60);
	m->subsystem = ld16(h + 68);
	m->dll_flags = ld16(h + 70);
}

static bool read_optional(Pe *f)
{
	const u8 *h = f->p + f->opt;
	PeImage *m = f->out;
	bool wide = ld16(h) == MAGIC_PE64;
	u32 dirs = wide ? 112 : 96;

	if (ld16(h) != MAGIC_PE32 && !wide)
		return bad(f, "neither PE32 nor PE32+");
	if (wide != (m->machine == MACHINE_AMD64))
		return bad(f, "its header is not that of its machine");
	if (f->opt_size < dirs)
		return bad(f, "the optional header is cut off");
	m->bits = wide ? 64 : 32;
	read_common(f, h);
	m->base = wide ? ld64(h + 24) : ld32(h + 28);
	m->stack_reserve = wide ? ld64(h + 72) : ld32(h + 72);
	m->heap_reserve = wide ? ld64(h + 88) : ld32(h + 80);
	u32 n = MIN(ld32(h + dirs - 4), MIN((f->opt_size - dirs) / 8, (u32)PE_DIRS));
	for (u32 i = 0; i < n; i++) {
		m->dir[i].at = ld32(h + dirs + 8 * i);
		m->dir[i].size = ld32(h + dirs + 8 * i + 4);
	}
	return true;
}

static bool check_layout(Pe *f)
{
	PeImage *m = f->out;
	u64 top = m->bits == 64 ? (u64)1 << 47 : (u64)1 << 32;

	if (f->section_align < PE_PAGE || (f->section_align & (f->section_align - 1)))
		return err_set(f->e, EXIT_UNSUPPORTED, "%.200s: sections that are aligned to %u bytes are not supported", f->name, f->section_align);
	if (!m->size || m->size > IMAGE_MOST)
		return bad(f, "the image is empty or too large");
	m->size = round_page(m->size);
	if (m->base & 0xffff)
		return bad(f, "its base is not a multiple of 64 KiB");
	if (!within(m->base, m->size, top))
		return bad(f, "its base is out of the address space");
	if (m->header > m->size || m->header > f->n)
		return bad(f, "the headers are cut off");
	if (m->entry >= m->size)
		return bad(f, "the entry is outside of the image");
	m->relocatable = !(m->flags & FILE_RELOCS_STRIPPED) && m->dir[PE_DIR_RELOC].size;
	return true;
}

static int section_prot(u32 flags)
{
	return (flags & SEC_READ ? PE_READ : 0) | (flags & SEC_WRITE ? PE_WRITE : 0) | (flags & SEC_EXEC ? PE_EXEC : 0);
}

/* Windows rounds where bytes lie in the file down to a sector. */
static bool read_section(Pe *f, const u8 *h, PeSection *s, u32 end)
{
	u32 raw = ld32(h + 16);

	memcpy(s->name, h, 8);
	s->at = ld32(h + 12);
	s->size = ld32(h + 8) ? ld32(h + 8) : raw;
	s->offset = ld32(h + 20) & ~511u;
	s->prot = section_prot(ld32(h + 36));
	if (s->at & (PE_PAGE - 1) || s->at < end || !within(s->at, s->size, f->out->size))
		return bad(f, "a section lies outside of the image, or over another");
	s->filled = ld32(h + 20) ? MIN(raw, round_page(s->size)) : 0;
	if (!within(s->offset, s->filled, f->n))
		return bad(f, "a section is cut off");
	return true;
}

static bool read_sections(Pe *f)
{
	PeImage *m = f->out;
	u64 at = (u64)f->opt + f->opt_size;
	u32 end = round_page(m->header);

	if (!within(at, (u64)m->nsec * 40, f->n))
		return bad(f, "the section headers are cut off");
	for (u32 i = 0; i < m->nsec; i++) {
		if (!read_section(f, f->p + at + 40 * i, &m->sec[i], end))
			return false;
		end = m->sec[i].at + round_page(m->sec[i].size);
	}
	return true;
}

bool pe_read(const u8 *p, size_t n, const char *name, PeImage *out, Err *e)
{
	Pe f = {.p = p, .n = n, .name = name, .e = e, .out = out};

	memset(out, 0, sizeof *out);
	return read_dos(&f) && read_coff(&f) && read_optional(&f) && check_layout(&f) && read_sections(&f);
}
