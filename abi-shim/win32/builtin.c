/* Built-in libraries as images in guest memory: headers, a thunk for each function, data, and the export table, so that
 * programs that walk them (GetProcAddress of their own, hooks) find what Windows has.
 *
 * A thunk of i386:   mov edi, edi; mov edx, eax; mov eax, NUMBER; int 0x80; ret BYTES   (handlers of exceptions get data in eax)
 * and of x86-64:     mov eax, NUMBER; int 0x80; ret                       (rax holds no argument)
 * NUMBER is the library's index << 16 | the row's.  Behind the last there is one with int 0x80 alone: calls by the host
 * return there, with their result in eax. */
#include "w32.h"

#include <stdlib.h>

enum { THUNK = 16, TEXT = 0x1000 };

typedef struct Export {
	const char *name;
	u32 index;    /* function's in the table of addresses */
} Export;

typedef struct Builder {
	const WDll *d;
	bool wide;
	Buf out;              /* the image */
	u32 data, edata, end; /* RVAs */
	Export *sorted;
} Builder;

static int by_name(const void *a, const void *b)
{
	return strcmp(((const Export *)a)->name, ((const Export *)b)->name);
}

static void pad_to(Buf *b, u32 n)
{
	static const u8 zero[256];

	while (b->n < n)
		buf_bytes(b, zero, MIN(n - b->n, (u32)sizeof zero));
}

static u32 up(u32 v, u32 to)
{
	return (v + to - 1) & ~(to - 1);
}

/* ---- parts --------------------------------------------------------------------------------------------- */

static void put_thunk(Buf *b, bool wide, u32 number, u32 bytes)
{
	u32 at = b->n;

	if (!wide) {
		buf_u8(b, 0x8b), buf_u8(b, 0xff);
		buf_u8(b, 0x8b), buf_u8(b, 0xd0);
	}
	buf_u8(b, 0xb8), buf_u32(b, number);
	buf_u8(b, 0xcd), buf_u8(b, 0x80);
	if (!wide && bytes)
		buf_u8(b, 0xc2), buf_u16(b, (u16)bytes);
	else
		buf_u8(b, 0xc3);
	while (b->n < at + THUNK)
		buf_u8(b, 0xcc);
}

static void put_text(Builder *s)
{
	pad_to(&s->out, TEXT);
	for (u32 i = 0; i < s->d->nrow; i++)
		put_thunk(&s->out, s->wide, dll_index(s->d) << 16 | i, call_stack_bytes(&s->d->row[i]));
	buf_u8(&s->out, 0xcd), buf_u8(&s->out, 0x80);
}

static u32 data_offset(const WDll *d, bool wide, u32 i)
{
	u32 at = 0;

	for (u32 k = 0; k < i; k++)
		at += up(wide ? d->data[k].size64 : d->data[k].size32, 16);
	return at;
}

/* Ordinals: those that rows ask for come first, at their place; the others follow. */
static u32 *ordinals(const WDll *d, u32 *count)
{
	u32 n = 1, most = 0, all = d->nrow + d->ndata, *o = xcalloc(all + 1, sizeof *o);

	for (u32 i = 0; i < d->nrow; i++)
		most = MAX(most, d->row[i].ordinal);
	n = most + 1;
	for (u32 i = 0; i < all; i++)
		o[i] = i < d->nrow && d->row[i].ordinal ? d->row[i].ordinal : n++;
	*count = n - 1;
	return o;
}

static void put_exports(Builder *s)
{
	const WDll *d = s->d;
	u32 all = d->nrow + d->ndata, nfunc, *ord = ordinals(d, &nfunc), at = s->out.n, named = 0;
	u32 func = at + 40, name = func + 4 * nfunc, num = name + 4 * all, text = num + 2 * all;
	Buf strings = {0};

	pad_to(&s->out, text);
	s->sorted = xcalloc(all + 1, sizeof *s->sorted);
	for (u32 i = 0; i < all; i++) {
		u32 rva = i < d->nrow ? TEXT + THUNK * i : s->data + data_offset(d, s->wide, i - d->nrow);
		st32(s->out.p + func + 4 * (ord[i] - 1), rva);
		const char *nm = i < d->nrow ? d->row[i].name : d->data[i - d->nrow].name;
		if (nm)
			s->sorted[named++] = (Export){nm, ord[i] - 1};
	}
	qsort(s->sorted, named, sizeof *s->sorted, by_name);
	for (u32 i = 0; i < named; i++) {
		st32(s->out.p + name + 4 * i, text + strings.n);
		st16(s->out.p + num + 2 * i, (u16)s->sorted[i].index);
		buf_bytes(&strings, s->sorted[i].name, strlen(s->sorted[i].name) + 1);
	}
	st32(s->out.p + at + 12, text + strings.n);
	buf_bytes(&strings, d->name, strlen(d->name) + 1);
	st32(s->out.p + at + 16, 1);
	st32(s->out.p + at + 20, nfunc);
	st32(s->out.p + at + 24, named);
	st32(s->out.p + at + 28, func);
	st32(s->out.p + at + 32, name);
	st32(s->out.p + at + 36, num);
	buf_bytes(&s->out, strings.p, strings.n);
	buf_free(&strings);
	free(s->sorted);
	free(ord);
}

static void put_section(u8 *h, const char *name, u32 at, u32 end, u32 flags)
{
	memcpy(h, name, strlen(name));
	st32(h + 8, end - at);
	st32(h + 12, at);
	st32(h + 16, up(end - at, 512));
	st32(h + 36, flags);
}

static void put_headers(Builder *s)
{
	u8 *p = s->out.p, *c = p + 0x84, *o = c + 20;
	u32 opt = s->wide ? 240 : 224, dirs = s->wide ? 112 : 96;

	p[0] = 'M', p[1] = 'Z';
	st32(p + 0x3c, 0x80);
	memcpy(p + 0x80, "PE\0\0", 4);
	st16(c, s->wide ? 0x8664 : 0x14c);
	st16(c + 2, 3);
	st16(c + 16, (u16)opt);
	st16(c + 18, 0x2022); /* executable, large addresses, library */
	st16(o, s->wide ? 0x20b : 0x10b);
	st32(o + 32, PE_PAGE);
	st32(o + 36, 512);
	st16(o + 40, 10), st16(o + 48, 10);
	st32(o + 56, s->end);
	st32(o + 60, 0x400);
	st16(o + 68, 3);
	st32(o + dirs - 4, PE_DIRS);
	st32(o + dirs, s->edata);
	st32(o + dirs + 4, s->out.n - s->edata);
	put_section(o + opt, ".text", TEXT, s->data, 0x60000020);
	put_section(o + opt + 40, ".data", s->data, s->edata, 0xc0000040);
	put_section(o + opt + 80, ".edata", s->edata, s->out.n, 0x40000040);
}

static void build(Builder *s)
{
	put_text(s);
	s->data = up(s->out.n, PE_PAGE);
	pad_to(&s->out, s->data);
	s->edata = up(s->data + data_offset(s->d, s->wide, s->d->ndata), PE_PAGE);
	pad_to(&s->out, s->edata);
	put_exports(s);
	s->end = up(s->out.n, PE_PAGE);
	put_headers(s);
}

/* ---- mapping ------------------------------------------------------------------------------------------------ */

static bool map_image(WTask *k, const Builder *s, u64 *base)
{
	XMapReq r = {.size = s->end, .prot = GP_READ | GP_WRITE, .fd = -1, .low32 = !k->program || !k->program->image.large, .name = s->d->name};
	i64 at = guest_map(k->x, &r);

	if (at < 0 || !xguest_write(k->threads->x, (u64)at, s->out.p, s->out.n))
		return false;
	*base = (u64)at;
	return guest_protect(k->x, *base, TEXT, GP_READ) >= 0 && guest_protect(k->x, *base + TEXT, s->data - TEXT, GP_READ | GP_EXEC) >= 0 &&
		guest_protect(k->x, *base + s->edata, s->end - s->edata, GP_READ) >= 0;
}

WModule *builtin_load(WTask *k, const WDll *d)
{
	Builder s = {.d = d, .wide = k->wide};
	WModule *m = xcalloc(1, sizeof *m);
	Err e = {0};
	char path[300];

	build(&s);
	snprintf(path, sizeof path, "C:\\windows\\system32\\%s", d->name);
	m->dll = d;
	m->name = strdup(d->name);
	m->path = strdup(path);
	bool ok = map_image(k, &s, &m->base) && pe_read(s.out.p, s.out.n, d->name, &m->image, &e);
	buf_free(&s.out);
	if (ok) {
		m->image.base = m->base;
		if (!k->returned) /* calls that run come back there */
			k->returned = m->base + TEXT + THUNK * d->nrow + 2;
		return m;
	}
	free(m->name);
	free(m->path);
	free(m);
	return NULL;
}

u64 builtin_data(WTask *k, const char *dll, const char *name)
{
	const WModule *m = module_by_name(k, dll);

	for (u32 i = 0; m && m->dll && i < m->dll->ndata; i++)
		if (strcmp(m->dll->data[i].name, name) == 0)
			return m->base + up(TEXT + THUNK * (m->dll->nrow + 1), PE_PAGE) + data_offset(m->dll, k->wide, i);
	return 0;
}
