/* Modules: programs and libraries in guest memory -- finding, mapping, relocating, binding, and the loader's list that
 * programs walk by themselves. */
#include "w32.h"

#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ATTACH_PROCESS = 1 };

/* ---- the list ----------------------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
	const char *s = path + strlen(path);

	while (s > path && s[-1] != '\\' && s[-1] != '/' && s[-1] != ':')
		s--;
	return s;
}

/* The file name, with .dll if it has no ending. */
static void normal_name(const char *name, char *out, size_t size)
{
	const char *s = base_name(name);
	size_t n = strlen(s);

	snprintf(out, size, "%s%s", s, strchr(s, '.') ? "" : ".dll");
	if (n && s[n - 1] == '.') /* "name." has none on purpose */
		out[n - 1] = 0;
	for (; *out; out++)
		*out = *out >= 'A' && *out <= 'Z' ? (char)(*out + 32) : *out;
}

WModule *module_by_name(WTask *k, const char *name)
{
	char want[300];

	if (!name)
		return k->program;
	normal_name(name, want, sizeof want);
	for (WModule *m = k->modules; m; m = m->next)
		if (strcmp(m->name, want) == 0)
			return m;
	const WDll *d = dll_find(want);
	for (WModule *m = k->modules; d && m; m = m->next)
		if (m->dll == d)
			return m;
	return NULL;
}

WModule *module_by_base(WTask *k, u64 base)
{
	for (WModule *m = k->modules; m; m = m->next)
		if (m->base == base)
			return m;
	return base ? NULL : k->program;
}

WModule *module_at(WTask *k, u64 addr)
{
	for (WModule *m = k->modules; m; m = m->next)
		if (addr - m->base < m->image.size)
			return m;
	return NULL;
}

PeMap module_map(WThread *t, const WModule *m)
{
	return (PeMap){xguest_pin(t->x, m->base, m->image.size, GP_READ), &m->image};
}

static void link_entry(WThread *t, u64 head, u64 node)
{
	u64 word = t->wide ? 8 : 4, last = mem_word(t, head + word);

	mem_put_word(t, node, head);
	mem_put_word(t, node + word, last);
	mem_put_word(t, last, node);
	mem_put_word(t, head + word, node);
}

/* LDR_DATA_TABLE_ENTRY: three lists, base, entry, size, names. */
static void add_entry(WThread *t, WModule *m)
{
	u64 word = t->wide ? 8 : 4, e = wheap_zalloc(t, 0x120), ldr = t->task->ldr;

	m->entry = e;
	for (u32 i = 0; i < 3; i++)
		link_entry(t, ldr + (t->wide ? 0x10 : 0x0c) + 2 * word * i, e + 2 * word * i);
	mem_put_word(t, e + 6 * word, m->base);
	mem_put_word(t, e + 7 * word, m->image.entry ? m->base + m->image.entry : 0);
	mem_put_u32(t, e + 8 * word, m->image.size);
	mem_put_unicode(t, e + 9 * word, m->path);
	mem_put_unicode(t, e + 11 * word, base_name(m->path));
	*t->task->last = m;
	t->task->last = &m->next;
}

/* ---- mapping a file -------------------------------------------------------------------------------------- */

typedef struct PeFile {
	u8 *p;
	size_t n;
} PeFile;

static bool file_open(const char *host, PeFile *f)
{
	struct stat st;
	int fd = open(host, O_RDONLY | O_CLOEXEC);

	f->p = MAP_FAILED;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		f->n = (size_t)st.st_size;
		f->p = mmap(NULL, f->n, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	if (fd >= 0)
		close(fd);
	return f->p != MAP_FAILED;
}

static int guest_prot(int prot)
{
	return (prot & PE_READ ? GP_READ : 0) | (prot & PE_WRITE ? GP_READ | GP_WRITE : 0) | (prot & PE_EXEC ? GP_EXEC | GP_READ : 0);
}

/* Reserves the image's place: where it would like to be, else anywhere if it can be moved. */
static i64 reserve(WTask *k, const PeImage *i)
{
	XMapReq r = {.at = i->base, .size = i->size, .prot = GP_READ | GP_WRITE, .fd = -1, .fixed = true, .noreplace = true};
	i64 at = guest_map(k->x, &r);

	if (at >= 0 || !i->relocatable)
		return at;
	r.at = 0;
	r.fixed = r.noreplace = false;
	r.low32 = !k->program || !k->program->image.large;
	return guest_map(k->x, &r);
}

static bool fill(WThread *t, WModule *m, const PeFile *f, Err *e)
{
	const PeImage *i = &m->image;
	PeMap map = {xguest_pin(t->x, m->base, i->size, GP_WRITE), i};

	if (!map.p)
		return err_set(e, EXIT_VM, "%.200s: no memory", m->path);
	memcpy(map.p, f->p, i->header);
	for (u32 k = 0; k < i->nsec; k++)
		memcpy(map.p + i->sec[k].at, f->p + i->sec[k].offset, MIN(i->sec[k].filled, i->size - i->sec[k].at));
	return pe_relocate(&map, m->base, m->path, e);
}

static void protect(WThread *t, const WModule *m)
{
	guest_protect(t->task->x, m->base, PE_PAGE, GP_READ);
	for (u32 k = 0; k < m->image.nsec; k++) {
		const PeSection *s = &m->image.sec[k];
		if (s->size)
			guest_protect(t->task->x, m->base + s->at, (s->size + PE_PAGE - 1) & ~(u64)(PE_PAGE - 1), guest_prot(s->prot));
	}
}

static void module_free(WModule *m)
{
	free(m->name);
	free(m->path);
	free(m);
}

static WModule *map_file(WThread *t, const char *host, Err *e)
{
	WModule *m = xcalloc(1, sizeof *m);
	char guest[WIN_PATH], name[300];
	PeFile f;

	path_to_guest(host, guest, sizeof guest);
	normal_name(guest, name, sizeof name);
	m->path = strdup(guest);
	m->name = strdup(name);
	if (!file_open(host, &f)) {
		err_set(e, EXIT_NOTFOUND, "%.200s: %s", host, strerror(errno));
		module_free(m);
		return NULL;
	}
	bool ok = pe_read(f.p, f.n, host, &m->image, e);
	i64 at = ok && (m->image.bits == 64) == t->wide ? reserve(t->task, &m->image) : -1;
	if (ok && at < 0)
		ok = err_set(e, EXIT_VM, "%.200s: no room for it in the address space, or it is of the other width", host);
	m->base = (u64)at;
	ok = ok && fill(t, m, &f, e);
	munmap(f.p, f.n);
	if (ok)
		return m;
	module_free(m);
	return NULL;
}

/* ---- finding ------------------------------------------------------------------------------------------------ */

static bool is_file(const char *host)
{
	struct stat st;

	return stat(host, &st) == 0 && S_ISREG(st.st_mode);
}

static bool in_dir(WTask *k, const char *dir, const char *name, char *host, size_t size)
{
	char guest[WIN_PATH];

	snprintf(guest, sizeof guest, "%s\\%s", dir, name);
	return path_to_host(k, guest, host, size) && is_file(host);
}

/* In the program's directory, the current one, and along PATH. */
static bool find_file(WThread *t, const char *name, char *host, size_t size)
{
	WTask *k = t->task;
	char dir[WIN_PATH];

	if (strpbrk(name, "\\/:"))
		return path_to_host(k, name, host, size) && is_file(host);
	snprintf(dir, sizeof dir, "%s", k->program ? k->program->path : ".");
	*(char *)(uintptr_t)base_name(dir) = 0;
	if (in_dir(k, dir, name, host, size) || in_dir(k, ".", name, host, size))
		return true;
	for (u32 i = 0; i < k->nenv; i++) {
		if (strncasecmp(k->env[i], "PATH=", 5) != 0)
			continue;
		for (const char *s = k->env[i] + 5; *s; s += strcspn(s, ";"), s += *s == ';') {
			snprintf(dir, sizeof dir, "%.*s", (int)strcspn(s, ";"), s);
			if (in_dir(k, dir, name, host, size))
				return true;
		}
	}
	return false;
}

/* ---- binding -------------------------------------------------------------------------------------------------- */

u64 module_export(WThread *t, WModule *m, const char *name, u32 ordinal)
{
	PeMap map = module_map(t, m);
	const char *forward;
	u32 rva = map.p ? pe_export(&map, name, ordinal, &forward) : 0;

	if (rva)
		return m->base + rva;
	if (!map.p || !forward)
		return 0;
	char dll[300];
	const char *dot = strrchr(forward, '.');
	Err e = {0};
	if (!dot || (size_t)(dot - forward) > sizeof dll - 5)
		return 0;
	snprintf(dll, sizeof dll, "%.*s.dll", (int)(dot - forward), forward);
	WModule *other = module_load(t, dll, false, &e);
	if (!other || other == m)
		return 0;
	return dot[1] == '#' ? module_export(t, other, NULL, (u32)atoi(dot + 2)) : module_export(t, other, dot + 1, 0);
}

/* Adds a function that no library has to the list of what is missing. */
static void name_missing(const char *dll, const PeSymbol *s, Buf *list)
{
	if (s->name)
		buf_printf(list, "%s%s!%s", list->n ? ", " : "", dll, s->name);
	else
		buf_printf(list, "%s%s!#%u", list->n ? ", " : "", dll, s->ordinal);
}

static bool bind_import(WThread *t, WModule *m, const PeMap *map, const PeImport *im, Buf *lacks, Err *e)
{
	WModule *from = module_load(t, im->dll, false, e);
	PeSymbol s;
	int r;

	if (!from)
		return false;
	for (u32 k = 0; (r = pe_symbol(map, im, k, &s)) == 1; k++) {
		u64 v = module_export(t, from, s.name, s.ordinal);
		if (!v)
			name_missing(from->name, &s, lacks);
		if (t->wide)
			st64(map->p + s.slot, v);
		else
			st32(map->p + s.slot, (u32)v);
	}
	return r == 0 || err_set(e, EXIT_VM, "%.200s: malformed PE file: bad imports of %.60s", m->path, im->dll);
}

static bool bind(WThread *t, WModule *m, Err *e)
{
	PeMap map = {xguest_pin(t->x, m->base, m->image.size, GP_WRITE), &m->image};
	PeImport im;
	Buf lacks = {0};
	int r = 1;

	for (u32 i = 0; (r = pe_import(&map, false, i, &im)) == 1; i++)
		if (!bind_import(t, m, &map, &im, &lacks, e)) {
			buf_free(&lacks);
			return false;
		}
	if (r < 0)
		err_set(e, EXIT_VM, "%.200s: malformed PE file: bad imports", m->path);
	if (lacks.n)
		err_set(e, EXIT_UNSUPPORTED, "%.100s needs what is not there yet: %.*s", m->path, (int)MIN(lacks.n, 260u), (char *)lacks.p);
	buf_free(&lacks);
	return !e->status;
}

/* ---- loading ---------------------------------------------------------------------------------------------------- */

WModule *module_load(WThread *t, const char *name, bool program, Err *e)
{
	WModule *m = program ? NULL : module_by_name(t->task, name);
	char host[WIN_PATH], want[300];

	if (m) {
		m->refs++;
		return m;
	}
	normal_name(name, want, sizeof want);
	const WDll *d = program ? NULL : dll_find(want);
	if (program) {
		m = map_file(t, name, e);
	} else if (d) {
		m = builtin_load(t->task, d);
		if (!m)
			err_set(e, EXIT_VM, "%.200s: no room for it in the address space", d->name);
	} else if (find_file(t, strpbrk(name, "\\/:") ? name : want, host, sizeof host)) {
		m = map_file(t, host, e);
	} else {
		err_set(e, EXIT_UNSUPPORTED, "%.200s: there is no such library, neither here nor beside the program", name);
	}
	if (!m)
		return NULL;
	m->refs = 1;
	if (program)
		t->task->program = m;
	if (t->task->ldr)
		add_entry(t, m);
	else
		*t->task->last = m, t->task->last = &m->next;
	if (m->dll)
		return m;
	if (!bind(t, m, e))
		return NULL;
	protect(t, m);
	return m;
}

/* ---- telling them -------------------------------------------------------------------------------------------------- */

static bool tell(WThread *t, const WModule *m, u64 fn, u32 reason)
{
	return call_guest(t, fn, 3, (u64[]){m->base, reason, reason == ATTACH_PROCESS && m == t->task->program}) & 0xffffffff;
}

/* The TLS directory's functions; they get no result. */
static void tell_tls(WThread *t, const WModule *m, u32 reason)
{
	PeMap map = module_map(t, m);
	const u8 *d = map.p && m->image.dir[PE_DIR_TLS].size ? pe_at(&map, m->image.dir[PE_DIR_TLS].at, t->wide ? 40 : 24) : NULL;
	u64 list = !d ? 0 : t->wide ? ld64(d + 24) : ld32(d + 12), word = t->wide ? 8 : 4;

	for (u64 fn; list && (fn = mem_word(t, list)); list += word)
		tell(t, m, fn, reason);
}

/* Libraries in the order in which they came (what they import was there before their own start), the program's own TLS
 * functions last. */
bool module_start(WThread *t)
{
	for (WModule *m = t->task->modules; m; m = m->next) {
		if (m->started || m->dll || m == t->task->program)
			continue;
		m->started = true;
		tell_tls(t, m, ATTACH_PROCESS);
		if (m->image.entry && !tell(t, m, m->base + m->image.entry, ATTACH_PROCESS))
			return false;
	}
	if (!t->task->program->started) {
		t->task->program->started = true;
		tell_tls(t, t->task->program, ATTACH_PROCESS);
	}
	return true;
}

void module_notify(WThread *t, u32 reason)
{
	for (WModule *m = t->task->modules; m; m = m->next) {
		if (m->dll || !m->started)
			continue;
		tell_tls(t, m, reason);
		if (m->image.entry && m != t->task->program)
			tell(t, m, m->base + m->image.entry, reason);
	}
}

/* ---- thread-local storage ---------------------------------------------------------------------------------------------- */

static void tls_block(WThread *t, WModule *m, u64 array, u64 word)
{
	PeMap map = module_map(t, m);
	const u8 *d = map.p ? pe_at(&map, m->image.dir[PE_DIR_TLS].at, t->wide ? 40 : 24) : NULL;

	if (!d)
		return;
	u64 from = t->wide ? ld64(d) : ld32(d), to = t->wide ? ld64(d + 8) : ld32(d + 4), index = t->wide ? ld64(d + 16) : ld32(d + 8);
	u32 zero = ld32(d + (t->wide ? 32 : 16));
	if (to < from || to - from > m->image.size || zero > 1u << 28)
		return;
	if (!m->tls) {
		m->tls = ++t->task->ntls_module;
		mem_put_u32(t, index, m->tls - 1);
	}
	u64 block = wheap_zalloc(t, to - from + zero + 16);
	if (block && to > from)
		memcpy(mem_out(t, block, to - from), mem_in(t, from, to - from), to - from);
	mem_put_word(t, array + word * (m->tls - 1), block);
}

bool module_tls(WThread *t)
{
	enum { MODULES = 1024 };
	u64 word = t->wide ? 8 : 4, slot = t->teb + (t->wide ? 0x58 : 0x2c), array = mem_word(t, slot);

	if (!array) {
		array = wheap_zalloc(t, word * MODULES);
		mem_put_word(t, slot, array);
	}
	for (WModule *m = t->task->modules; array && m; m = m->next)
		if (m->image.dir[PE_DIR_TLS].size && !m->dll && t->task->ntls_module < MODULES && !(m->tls && mem_word(t, array + word * (m->tls - 1))))
			tls_block(t, m, array, word);
	return array != 0;
}
