/* A PE image in memory: relocations, imports, exports, resources.  The program may have written anything there. */
#include "pe.h"

u8 *pe_at(const PeMap *m, u64 rva, u64 n)
{
	return rva <= m->image->size && n <= m->image->size - rva ? m->p + rva : NULL;
}

const char *pe_string(const PeMap *m, u64 rva)
{
	if (rva >= m->image->size || !memchr(m->p + rva, 0, m->image->size - rva))
		return NULL;
	return (const char *)m->p + rva;
}

/* ---- relocations -------------------------------------------------------------------------------------- */

enum { REL_ABSOLUTE, REL_HIGH, REL_LOW, REL_HIGHLOW, REL_HIGHADJ, REL_DIR64 = 10 };

static bool relocate_one(const PeMap *m, u32 kind, u64 rva, u64 delta)
{
	u8 *p = pe_at(m, rva, kind == REL_DIR64 ? 8 : kind == REL_HIGHLOW ? 4 : 2);

	if (!p)
		return false;
	switch (kind) {
	case REL_ABSOLUTE:
		return true;
	case REL_HIGH:
		st16(p, (u16)(ld16(p) + (delta >> 16)));
		return true;
	case REL_LOW:
		st16(p, (u16)(ld16(p) + delta));
		return true;
	case REL_HIGHLOW:
		st32(p, ld32(p) + (u32)delta);
		return true;
	case REL_DIR64:
		st64(p, ld64(p) + delta);
		return true;
	default:
		return false;
	}
}

bool pe_relocate(const PeMap *m, u64 base, const char *name, Err *e)
{
	u32 at = m->image->dir[PE_DIR_RELOC].at, size = m->image->dir[PE_DIR_RELOC].size;
	u64 delta = base - m->image->base;
	const u8 *p = pe_at(m, at, size);

	if (!delta)
		return true;
	if (!p)
		return err_set(e, EXIT_VM, "%.200s: malformed PE file: the relocations are outside of the image", name);
	for (u32 k = 0; size - k >= 8;) {
		u32 page = ld32(p + k), len = ld32(p + k + 4);
		if (len < 8 || len > size - k)
			break;
		for (u32 i = 8; i + 2 <= len; i += 2) {
			u16 r = ld16(p + k + i);
			if (!relocate_one(m, r >> 12, (u64)page + (r & 0xfff), delta))
				return err_set(e, EXIT_VM, "%.200s: malformed PE file: bad relocation at %#x", name, page + (r & 0xfff));
		}
		k += len;
	}
	return true;
}

/* ---- imports -------------------------------------------------------------------------------------------- */

static int import_start(const PeMap *m, u32 i, PeImport *out)
{
	const u8 *p = pe_at(m, (u64)m->image->dir[PE_DIR_IMPORT].at + (u64)i * 20, 20);

	if (!p)
		return -1;
	if (!ld32(p + 12))
		return 0;
	out->dll = pe_string(m, ld32(p + 12));
	out->slots = ld32(p + 16);
	out->lookup = ld32(p) ? ld32(p) : out->slots;
	return out->dll ? 1 : -1;
}

/* Old linkers wrote addresses instead of RVAs, and say so in the first word. */
static int import_delayed(const PeMap *m, u32 i, PeImport *out)
{
	const u8 *p = pe_at(m, (u64)m->image->dir[PE_DIR_DELAY].at + (u64)i * 32, 32);

	if (!p)
		return -1;
	u32 sub = ld32(p) & 1 ? 0 : (u32)m->image->base;
	if (!ld32(p + 4))
		return 0;
	out->dll = pe_string(m, ld32(p + 4) - sub);
	out->handle = ld32(p + 8) - sub;
	out->slots = ld32(p + 12) - sub;
	out->lookup = ld32(p + 16) - sub;
	return out->dll ? 1 : -1;
}

int pe_import(const PeMap *m, bool delayed, u32 i, PeImport *out)
{
	memset(out, 0, sizeof *out);
	if (!m->image->dir[delayed ? PE_DIR_DELAY : PE_DIR_IMPORT].at)
		return 0;
	return delayed ? import_delayed(m, i, out) : import_start(m, i, out);
}

int pe_symbol(const PeMap *m, const PeImport *im, u32 k, PeSymbol *out)
{
	u32 word = m->image->bits / 8;
	const u8 *p = pe_at(m, (u64)im->lookup + (u64)k * word, word);

	if (!p || !pe_at(m, (u64)im->slots + (u64)k * word, word))
		return -1;
	u64 v = word == 8 ? ld64(p) : ld32(p);
	if (!v)
		return 0;
	memset(out, 0, sizeof *out);
	out->slot = im->slots + k * word;
	if (v >> (m->image->bits - 1)) {
		out->ordinal = (u16)v;
		return 1;
	}
	const u8 *hint = pe_at(m, v, 2);
	out->hint = hint ? ld16(hint) : 0;
	out->name = pe_string(m, v + 2);
	return out->name ? 1 : -1;
}

/* ---- exports ---------------------------------------------------------------------------------------------- */

typedef struct Exports {
	u32 base, nfunc, nname;
	const u8 *func, *name, *ordinal;
} Exports;

static bool exports(const PeMap *m, Exports *x)
{
	const u8 *d = m->image->dir[PE_DIR_EXPORT].at ? pe_at(m, m->image->dir[PE_DIR_EXPORT].at, 40) : NULL;

	if (!d)
		return false;
	x->base = ld32(d + 16);
	x->nfunc = ld32(d + 20);
	x->nname = ld32(d + 24);
	x->func = pe_at(m, ld32(d + 28), (u64)x->nfunc * 4);
	x->name = pe_at(m, ld32(d + 32), (u64)x->nname * 4);
	x->ordinal = pe_at(m, ld32(d + 36), (u64)x->nname * 2);
	return x->func && x->name && x->ordinal;
}

/* Names are sorted.  The index into the functions, or nfunc. */
static u32 find_name(const PeMap *m, const Exports *x, const char *name)
{
	u32 lo = 0, hi = x->nname;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;
		const char *s = pe_string(m, ld32(x->name + 4 * mid));
		int c = s ? strcmp(name, s) : 0;
		if (!s)
			return x->nfunc;
		if (c == 0)
			return ld16(x->ordinal + 2 * mid);
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return x->nfunc;
}

u32 pe_export(const PeMap *m, const char *name, u32 ordinal, const char **forward)
{
	u32 at = m->image->dir[PE_DIR_EXPORT].at, size = m->image->dir[PE_DIR_EXPORT].size;
	Exports x;

	*forward = NULL;
	if (!exports(m, &x))
		return 0;
	u32 i = name ? find_name(m, &x, name) : ordinal - x.base;
	if (i >= x.nfunc)
		return 0;
	u32 rva = ld32(x.func + 4 * i);
	if (rva - at >= size)
		return rva < m->image->size ? rva : 0;
	*forward = pe_string(m, rva);
	return 0;
}

/* ---- resources ---------------------------------------------------------------------------------------------- */

static u16 upper(u16 c)
{
	return c >= 'a' && c <= 'z' ? (u16)(c - 32) : c;
}

static bool name_equal(const u8 *s, const PeResName *n)
{
	if (ld16(s) != n->len)
		return false;
	for (u32 i = 0; i < n->len; i++)
		if (upper(ld16(s + 2 + 2 * i)) != upper(ld16(n->text + i)))
			return false;
	return true;
}

static bool entry_is(const PeMap *m, const u8 *entry, const PeResName *n)
{
	u32 id = ld32(entry);

	if (!n->text)
		return id == n->id;
	const u8 *len = id >> 31 ? pe_at(m, (u64)m->image->dir[PE_DIR_RESOURCE].at + (id & 0x7fffffff), 2) : NULL;
	return len && pe_at(m, (u64)(len - m->p), 2 + 2 * (u64)ld16(len)) && name_equal(len, n);
}

/* The directory's entry for a name (NULL: the first); 0: there is none. */
static u32 res_find(const PeMap *m, u32 dir, const PeResName *n)
{
	u64 at = (u64)m->image->dir[PE_DIR_RESOURCE].at + dir;
	const u8 *d = pe_at(m, at, 16);
	u32 count = d ? ld16(d + 12) + (u32)ld16(d + 14) : 0;

	for (u32 i = 0; i < count; i++) {
		const u8 *entry = pe_at(m, at + 16 + 8 * (u64)i, 8);
		if (!entry)
			return 0;
		if (!n || entry_is(m, entry, n))
			return ld32(entry + 4);
	}
	return 0;
}

bool pe_resource_entry(const PeMap *m, const PeResName *type, const PeResName *name, u32 i, PeResName *out)
{
	u32 dir = 0, root = m->image->dir[PE_DIR_RESOURCE].at;

	if (!root)
		return false;
	for (const PeResName *n = type; n; n = n == type ? name : NULL) {
		dir = res_find(m, dir, n);
		if (!(dir >> 31))
			return false;
		dir &= 0x7fffffff;
	}
	const u8 *d = pe_at(m, (u64)root + dir, 16), *e = pe_at(m, (u64)root + dir + 16 + 8 * (u64)i, 8);
	if (!d || !e || i >= ld16(d + 12) + (u32)ld16(d + 14))
		return false;
	u32 id = ld32(e);
	*out = (PeResName){.id = (u16)id};
	if (!(id >> 31))
		return true;
	const u8 *text = pe_at(m, (u64)root + (id & 0x7fffffff), 2);
	if (!text || !pe_at(m, (u64)(text - m->p), 2 + 2 * (u64)ld16(text)))
		return false;
	out->text = (const u16 *)(const void *)(text + 2);
	out->len = ld16(text);
	return true;
}

u32 pe_resource(const PeMap *m, const PeResName *type, const PeResName *name, u16 lang)
{
	const PeResName by_lang = {.id = lang};

	if (!m->image->dir[PE_DIR_RESOURCE].at)
		return 0;
	u32 t = res_find(m, 0, type);
	u32 n = t >> 31 ? res_find(m, t & 0x7fffffff, name) : 0;
	u32 l = n >> 31 ? res_find(m, n & 0x7fffffff, lang == 0xffff ? NULL : &by_lang) : 0;
	if (n >> 31 && !l)
		l = res_find(m, n & 0x7fffffff, NULL);
	u64 entry = (u64)m->image->dir[PE_DIR_RESOURCE].at + l;
	return l && !(l >> 31) && pe_at(m, entry, 16) ? (u32)entry : 0;
}

/* ---- what it is ------------------------------------------------------------------------------------------------ */

static void print_imports(const PeMap *m, bool delayed, Buf *out)
{
	PeImport im;
	PeSymbol s;

	for (u32 i = 0; pe_import(m, delayed, i, &im) == 1; i++) {
		buf_printf(out, "%s %s\n", delayed ? "delayed import" : "import", im.dll);
		for (u32 k = 0; pe_symbol(m, &im, k, &s) == 1; k++) {
			if (s.name)
				buf_printf(out, "  %s\n", s.name);
			else
				buf_printf(out, "  #%u\n", s.ordinal);
		}
	}
}

void pe_print(const PeMap *m, Buf *out)
{
	const PeImage *i = m->image;

	buf_printf(out, "%s for %s, subsystem %u, Windows %u.%u\n", i->dll ? "library" : "program", i->bits == 64 ? "x86-64" : "i386",
		i->subsystem, i->os_major, i->os_minor);
	buf_printf(out, "base %#llx%s, %u bytes, entry %#x\n", (unsigned long long)i->base, i->relocatable ? "" : " (fixed)", i->size, i->entry);
	for (u32 k = 0; k < i->nsec; k++)
		buf_printf(out, "section %-8s %#10x %8u bytes %c%c%c\n", i->sec[k].name, i->sec[k].at, i->sec[k].size,
			i->sec[k].prot & PE_READ ? 'r' : '-', i->sec[k].prot & PE_WRITE ? 'w' : '-', i->sec[k].prot & PE_EXEC ? 'x' : '-');
	print_imports(m, false, out);
	print_imports(m, true, out);
}
