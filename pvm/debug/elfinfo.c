/* `pvm info` of Linux programs: what the file is, what it needs, and what of that is missing on this machine. */
#include "debug.h"
#include "dwfl.h"
#include "symbols.h"
#include "../../loader/image.h"

#include <stdlib.h>
#include <unistd.h>

enum { SECONDS = 60, DYNAMIC_MAX = 4096 };

typedef struct Info {
	const char *path, *root;
	const Image *m;
	const DwflApi *d;
	Elf *elf;
	char runpath[4096];
	u32 missing;
} Info;

/* ---- where things are -------------------------------------------------------------------------------- */

/* Below --root first, as the program will look. */
static bool exists(const Info *c, const char *dir, const char *name)
{
	char path[8300];

	if (c->root && snprintf(path, sizeof path, "%s%s/%s", c->root, dir, name) > 0 && access(path, R_OK) == 0)
		return true;
	snprintf(path, sizeof path, "%s/%s", dir, name);
	return access(path, R_OK) == 0;
}

/* In the directories of DT_RUNPATH; $ORIGIN is the program's own. */
static bool in_runpath(const Info *c, const char *name)
{
	const char *slash = strrchr(c->path, '/');
	int origin = slash ? (int)(slash - c->path) : 1;

	for (const char *s = c->runpath; *s; s += strcspn(s, ":"), s += *s == ':') {
		int n = (int)strcspn(s, ":");
		char dir[8192];
		if (n >= 7 && strncmp(s, "$ORIGIN", 7) == 0)
			snprintf(dir, sizeof dir, "%.*s%.*s", origin, slash ? c->path : ".", n - 7, s + 7);
		else
			snprintf(dir, sizeof dir, "%.*s", n, s);
		if (exists(c, dir, name))
			return true;
	}
	return false;
}

static bool in_standard(const Info *c, const char *name)
{
	static const char *const wide[] = {"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib"};
	static const char *const narrow[] = {"/lib/i386-linux-gnu", "/usr/lib/i386-linux-gnu", "/lib32", "/usr/lib32", "/usr/i686-linux-gnu/lib", "/lib", "/usr/lib"};
	const char *const *dirs = c->m->bits == 64 ? wide : narrow;

	for (u32 i = 0; i < COUNT(wide); i++)
		if (exists(c, dirs[i], name))
			return true;
	return false;
}

/* ---- the dynamic section ------------------------------------------------------------------------------- */

typedef struct Dyn {
	Elf_Data *data;
	size_t strings;
	int n;
} Dyn;

static Dyn find_dynamic(const Info *c)
{
	GElf_Shdr sh;

	for (Elf_Scn *s = NULL; (s = c->d->elf_nextscn(c->elf, s));)
		if (c->d->gelf_getshdr(s, &sh) && sh.sh_type == SHT_DYNAMIC)
			return (Dyn){c->d->elf_getdata(s, NULL), sh.sh_link, (int)MIN(sh.sh_entsize ? sh.sh_size / sh.sh_entsize : 0, DYNAMIC_MAX)};
	return (Dyn){0};
}

static const char *string(const Info *c, const Dyn *y, u64 off)
{
	const char *s = c->d->elf_strptr(c->elf, y->strings, off);

	return s ? s : "?";
}

static void show_needed(Info *c)
{
	Dyn y = find_dynamic(c);
	GElf_Dyn e;

	for (int i = 0; y.data && i < y.n && c->d->gelf_getdyn(y.data, i, &e) && e.d_tag != DT_NULL; i++)
		if (e.d_tag == DT_RUNPATH || e.d_tag == DT_RPATH)
			snprintf(c->runpath, sizeof c->runpath, "%s", string(c, &y, e.d_un.d_val));
	for (int i = 0; y.data && i < y.n && c->d->gelf_getdyn(y.data, i, &e) && e.d_tag != DT_NULL; i++) {
		if (e.d_tag != DT_NEEDED)
			continue;
		const char *name = string(c, &y, e.d_un.d_val);
		bool here = in_runpath(c, name) || in_standard(c, name);
		c->missing += !here;
		printf("  needs        %.200s%s\n", name, here ? "" : "  MISSING here");
	}
}

/* ---- the rest ---------------------------------------------------------------------------------------- */

static void show_headers(Info *c)
{
	const Image *m = c->m;
	bool dynamic = m->interp[0];

	printf("%s: a Linux program for %s, %s%s\n", c->path, m->bits == 64 ? "x86-64" : "i386",
		m->relocatable ? "position-independent, " : "", dynamic ? "dynamic" : "static");
	printf("  entry        0x%llx\n", (unsigned long long)m->entry);
	for (u32 i = 0; i < m->nseg; i++) {
		const ImageSeg *s = &m->seg[i];
		printf("  segment      0x%llx to 0x%llx %c%c%c, 0x%llx bytes of the file from 0x%llx on\n", (unsigned long long)s->at,
			(unsigned long long)(s->at + s->size), s->prot & IMAGE_READ ? 'r' : '-', s->prot & IMAGE_WRITE ? 'w' : '-',
			s->prot & IMAGE_EXEC ? 'x' : '-', (unsigned long long)s->filled, (unsigned long long)s->offset);
	}
	printf("  stack        %s\n", m->exec_stack ? "executable" : "not executable");
	if (dynamic) {
		bool here = exists(c, "", m->interp + (m->interp[0] == '/'));
		c->missing += !here;
		printf("  interpreter  %s%s\n", m->interp, here ? "" : "  MISSING here");
	}
}

static void show_symbols(const Info *c)
{
	DebugFuncs f = {0};
	Err e = {0};
	GElf_Shdr sh;
	size_t names = 0;
	bool lines = false;

	if (c->d->elf_getshdrstrndx(c->elf, &names) == 0)
		for (Elf_Scn *s = NULL; (s = c->d->elf_nextscn(c->elf, s));) {
			const char *name = c->d->gelf_getshdr(s, &sh) ? c->d->elf_strptr(c->elf, names, sh.sh_name) : NULL;
			lines |= name && strcmp(name, ".debug_line") == 0;
		}
	if (symbols_read(c->path, &f, &e))
		printf("  symbols      %u functions; %s\n", f.v.n, lines ? "lines of source" : "no lines of source in this file");
	symbols_free(&f);
}

static int info(void *ctx)
{
	Info *c = ctx;
	Dwfl *w;

	show_headers(c);
	c->d = dwfl_api();
	if (c->d && (w = dwfl_session(c->d))) {
		Dwarf_Addr bias;
		c->d->dwfl_report_begin(w);
		Dwfl_Module *m = c->d->dwfl_report_offline(w, c->path, c->path, -1);
		c->d->dwfl_report_end(w, NULL, NULL);
		c->elf = m ? c->d->dwfl_module_getelf(m, &bias) : NULL;
		if (c->elf) {
			show_needed(c);
			show_symbols(c);
		}
		c->d->dwfl_end(w);
	} else {
		printf("  (what it needs and its symbols: libdw is not on this machine)\n");
	}
	return c->missing ? EXIT_UNSUPPORTED : 0;
}

int debug_info(const char *path, const u8 *p, size_t n, const char *root)
{
	Err e = {0};
	Image *m = xcalloc(1, sizeof *m);
	Info c = {.path = path, .root = root, .m = m};

	if (!elf_read(p, n, path, m, &e))
		die(e.status, "%s", e.msg);
	int status = dwfl_apart(info, &c, SECONDS);
	free(m);
	if (status < 0)
		die(EXIT_VM, "%.200s: libdw did not come to an end with it", path);
	return status;
}
