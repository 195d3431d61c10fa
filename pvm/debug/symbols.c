/* The functions of an ELF file, by libdw. */
#include "symbols.h"
#include "dwfl.h"

#include <stdlib.h>

enum { SYMBOLS = 1 << 20 }; /* no more are looked at */

static int by_address(const void *a, const void *b)
{
	const DebugFunc *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->size < y->size) - (x->size > y->size); /* the largest first */
}

static void keep_one_a_place(DebugFuncs *f)
{
	u32 n = 0;

	for (u32 i = 0; i < f->v.n; i++)
		if (!n || f->v.p[n - 1].at != f->v.p[i].at)
			f->v.p[n++] = f->v.p[i];
	f->v.n = n;
}

static void collect(const DwflApi *d, Dwfl_Module *m, DebugFuncs *out)
{
	Dwarf_Addr bias = 0;
	int n = d->dwfl_module_getelf(m, &bias) ? d->dwfl_module_getsymtab(m) : 0;

	for (int i = 1; i < MIN(n, SYMBOLS); i++) {
		GElf_Sym sym;
		GElf_Addr at;
		const char *name = d->dwfl_module_getsym_info(m, i, &sym, &at, NULL, NULL, NULL);
		u32 type = GELF_ST_TYPE(sym.st_info);
		if (!name || !*name || sym.st_shndx == SHN_UNDEF || (type != STT_FUNC && type != STT_GNU_IFUNC))
			continue;
		DebugFunc f = {at - bias, sym.st_size, arena_printf(out->names, "%.500s", name)};
		vec_push(&out->v, f);
	}
}

bool symbols_read(const char *path, DebugFuncs *out, Err *e)
{
	const DwflApi *d = dwfl_api();
	Dwfl *w = d ? dwfl_session(d) : NULL;

	*out = (DebugFuncs){.names = arena_new()};
	if (!w)
		return err_set(e, EXIT_UNSUPPORTED, "no names of functions: libdw is not on this machine");
	d->dwfl_report_begin(w);
	Dwfl_Module *m = d->dwfl_report_offline(w, path, path, -1);
	d->dwfl_report_end(w, NULL, NULL);
	if (m)
		collect(d, m, out);
	d->dwfl_end(w);
	if (out->v.n)
		qsort(out->v.p, out->v.n, sizeof *out->v.p, by_address);
	keep_one_a_place(out);
	return true;
}

void symbols_free(DebugFuncs *f)
{
	vec_free(&f->v);
	if (f->names)
		arena_free(f->names);
}

const DebugFunc *symbols_at(const DebugFuncs *f, u64 at)
{
	u32 lo = 0, hi = f->v.n;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;
		if (f->v.p[mid].at <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	const DebugFunc *d = lo ? &f->v.p[lo - 1] : NULL;
	return d && (at - d->at < d->size || at == d->at) ? d : NULL;
}

const DebugFunc *symbols_find(const DebugFuncs *f, const char *name)
{
	for (u32 i = 0; i < f->v.n; i++)
		if (strcmp(f->v.p[i].name, name) == 0)
			return &f->v.p[i];
	return NULL;
}
