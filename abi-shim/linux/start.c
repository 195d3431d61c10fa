/* A process from a file: maps the image and its interpreter, and lays out the stack as Linux does (fs/binfmt_elf.c). */
#include "layouts.h"

#include "../../loader/image.h"

#include <elf.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SCRIPT_DEPTH = 5, STACK_SIZE = 8 << 20 };
/* Where position-independent programs go, so that the heap behind them has room; taken: anywhere. */
#define PIE64 0x5555550000ull
#define PIE32 0x56555000ull
#define STACK_TOP32 0xffffe000ull

/* What execve was asked for: of a script, its own name and the interpreter's arguments. */
typedef struct Args {
	const char *file;
	char **argv, **envp;
} Args;

/* A file, mapped. */
typedef struct File {
	int fd;
	u8 *p;
	size_t n;
} File;

/* ---- files ------------------------------------------------------------------------------------------ */

/* 0 or -errno as execve has it. */
static i64 open_program(const LinuxOpts *o, const char *guest, File *f)
{
	char buf[PATH_SIZE];
	struct stat st;
	Confined c = {.fd = -1};
	const char *path = o->only_root ? c.name : path_host(o, guest, true, buf);
	i64 r = o->only_root ? path_confine(o, AT_FDCWD, guest, true, &c) : 0;

	if (r < 0)
		return r;
	f->fd = open(path, O_RDONLY | O_CLOEXEC | (c.fresh ? O_NOFOLLOW : 0));
	if (f->fd < 0) {
		r = -errno;
		if (c.fd >= 0)
			close(c.fd);
		return r;
	}
	r = fstat(f->fd, &st) != 0 ? -errno : !S_ISREG(st.st_mode) ? -EACCES : faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) ? -errno : 0;
	if (c.fd >= 0)
		close(c.fd);
	f->n = r == 0 ? (size_t)st.st_size : 0;
	f->p = NULL;
	if (r == 0 && f->n && (f->p = mmap(NULL, f->n, PROT_READ, MAP_PRIVATE, f->fd, 0)) == MAP_FAILED)
		r = -ENOMEM;
	if (r == 0)
		return 0;
	close(f->fd);
	return r;
}

static void close_program(File *f)
{
	if (f->n)
		munmap(f->p, f->n);
	close(f->fd);
}

bool linux_sniff(const u8 *p, size_t n)
{
	ScriptLine line;

	return (n >= 4 && memcmp(p, "\177ELF", 4) == 0) || script_read(p, n, &line);
}

i64 start_probe(LThread *t, const char *guest)
{
	char path[256];
	Err e = {0};
	ScriptLine line;

	for (u32 depth = 0; depth <= SCRIPT_DEPTH; depth++) {
		File f;
		i64 r = open_program(&t->task->o, guest, &f);
		if (r < 0)
			return r;
		bool script = script_read(f.p, f.n, &line);
		Image *m = xmalloc(sizeof *m);
		r = script || elf_read(f.p, f.n, guest, m, &e) ? 0 : -ENOEXEC;
		free(m);
		close_program(&f);
		if (r < 0 || !script)
			return r;
		memcpy(path, line.interp, sizeof path);
		guest = path;
	}
	return -ELOOP;
}

/* ---- mapping ---------------------------------------------------------------------------------------- */

static bool out_of_memory(const char *name, Err *e)
{
	return err_set(e, EXIT_VM, "%.200s: no room for it in the address space", name);
}

static int prot_of(const ImageSeg *s)
{
	return (s->prot & IMAGE_READ ? GP_READ : 0) | (s->prot & IMAGE_WRITE ? GP_WRITE : 0) | (s->prot & IMAGE_EXEC ? GP_EXEC : 0);
}

/* Memory behind the file's bytes is zero: the rest of their last page to its end, beyond the segment too (ld.so allocates
 * there), and whole pages. */
static bool map_zero(LTask *k, const ImageSeg *s, u64 base, u64 filled_end)
{
	static const u8 zero[GUEST_PAGE];
	u64 from = base + s->at + s->filled, to = base + s->at + s->size;
	u64 page = (to + GUEST_PAGE - 1) & ~(u64)(GUEST_PAGE - 1);

	if (s->filled && from < filled_end && !xguest_write(k->thread.x, from, zero, filled_end - from))
		return false;
	if (page <= filled_end)
		return true;
	XMapReq r = {.at = filled_end, .size = page - filled_end, .prot = prot_of(s), .fd = -1, .fixed = true};
	return guest_map(k->x, &r) >= 0;
}

static bool map_segment(LTask *k, const ImageSeg *s, u64 base, int fd)
{
	u64 start = (base + s->at) & ~(u64)(GUEST_PAGE - 1), skew = s->at & (GUEST_PAGE - 1);
	u64 end = s->filled ? (base + s->at + s->filled + GUEST_PAGE - 1) & ~(u64)(GUEST_PAGE - 1) : start;
	bool zero = s->size > s->filled;
	int prot = prot_of(s);

	if (s->filled) {
		XMapReq r = {
			.at = start, .size = end - start, .offset = s->offset - skew, .fd = fd, .fixed = true,
			.prot = zero ? prot | GP_WRITE : prot
		};
		if (guest_map(k->x, &r) < 0)
			return false;
	}
	if (zero && !map_zero(k, s, base, end))
		return false;
	return !zero || prot & GP_WRITE || !s->filled || guest_protect(k->x, start, end - start, prot) >= 0;
}

/* Chooses a base, and maps all segments there. */
static bool map_image(LTask *k, const Image *m, const char *name, int fd, u64 prefer, u64 *base, Err *e)
{
	XMapReq r = {.at = m->low, .size = m->high - m->low, .fd = -1, .fixed = true, .noreplace = true};
	u64 mask = m->align > GUEST_PAGE ? m->align - 1 : 0;
	i64 at;

	if (m->relocatable) {
		prefer = (prefer + mask) & ~mask;
		r.at = prefer + m->low;
	}
	at = m->relocatable && !prefer ? -ENOMEM : guest_map(k->x, &r);
	if (at < 0 && m->relocatable) {
		r.at = 0;
		r.fixed = r.noreplace = false;
		r.size += mask;
		at = guest_map(k->x, &r);
	}
	if (at < 0)
		return out_of_memory(name, e);
	guest_unmap(k->x, (u64)at, r.size);
	*base = m->relocatable ? ((u64)at - m->low + mask) & ~mask : 0;
	for (u32 i = 0; i < m->nseg; i++)
		if (!map_segment(k, &m->seg[i], *base, fd))
			return out_of_memory(name, e);
	return true;
}

/* ---- the stack -------------------------------------------------------------------------------------- */

typedef struct Stack {
	LTask *k;
	u64 sp;
	bool ok;
} Stack;

static u64 push_bytes(Stack *s, const void *p, size_t n)
{
	s->sp -= n;
	s->ok = s->ok && s->sp >= s->k->stack_low + GUEST_PAGE && xguest_write(s->k->thread.x, s->sp, p, n);
	return s->sp;
}

static void push_word(Stack *s, u64 v)
{
	u8 raw[8];

	st64(raw, v);
	push_bytes(s, raw, s->k->wide ? 8 : 4);
}

/* Strings in order upwards, as `ps` and programs that rename themselves expect; out gets their addresses. */
static void push_strings(Stack *s, char **strings, u64 *out, u32 n)
{
	for (u32 i = n; i-- > 0;)
		out[i] = push_bytes(s, strings[i], strlen(strings[i]) + 1);
}

static u32 count(char **v)
{
	u32 n = 0;

	while (v[n])
		n++;
	return n;
}

typedef struct Aux {
	u64 type, value;
} Aux;

/* x86's AT_HWCAP is what CPUID says in EDX of leaf 1; AT_HWCAP2 has one bit for FSGSBASE, of leaf 7. */
static u64 hwcap(const LTask *k, bool second)
{
	enum { HWCAP2_FSGSBASE_ = 2, EBX = 1, EDX = 3 };
	u32 out[4];

	x86_cpuid(k->wide ? X86_64 : X86_32, second ? 7 : 1, 0, out);
	return second ? (out[EBX] & 1 ? HWCAP2_FSGSBASE_ : 0) : out[EDX];
}

static u32 make_auxv(LTask *k, const Image *m, u64 base, u64 interp_base, u64 random, u64 platform, u64 execfn, Aux *out)
{
	const Aux v[] = {
		{AT_SYSINFO, vdso_sysinfo(k)}, {AT_SYSINFO_EHDR, k->vdso},
		{AT_HWCAP, hwcap(k, false)}, {AT_PAGESZ, GUEST_PAGE}, {AT_CLKTCK, 100},
		{AT_PHDR, m->phdr ? base + m->phdr : 0}, {AT_PHENT, m->phent}, {AT_PHNUM, m->phnum},
		{AT_BASE, interp_base}, {AT_FLAGS, 0}, {AT_ENTRY, base + m->entry},
		{AT_UID, getuid()}, {AT_EUID, geteuid()}, {AT_GID, getgid()}, {AT_EGID, getegid()}, {AT_SECURE, 0},
		{AT_RANDOM, random}, {AT_HWCAP2, hwcap(k, true)}, {AT_EXECFN, execfn}, {AT_PLATFORM, platform}, {AT_NULL, 0}
	};
	u32 skip = k->wide ? 1 : 0; /* only i386 has AT_SYSINFO */

	memcpy(out, v + skip, sizeof v - skip * sizeof *v);
	for (u32 i = skip; i < COUNT(v); i++) {
		if (k->wide)
			buf_u64(&k->auxv, v[i].type), buf_u64(&k->auxv, v[i].value);
		else
			buf_u32(&k->auxv, (u32)v[i].type), buf_u32(&k->auxv, (u32)v[i].value);
	}
	return COUNT(v) - skip;
}

static bool map_stack(LTask *k, bool exec)
{
	XMapReq r = {
		.at = k->wide ? 0 : STACK_TOP32 - STACK_SIZE, .size = STACK_SIZE, .prot = GP_READ | GP_WRITE | (exec ? GP_EXEC : 0),
		.fd = -1, .stack = true, .name = "[stack]"
	};
	i64 at = guest_map(k->x, &r);

	if (at < 0)
		return false;
	k->stack_low = (u64)at;
	k->stack_high = (u64)at + STACK_SIZE;
	return true;
}

/* From the top: the file's name, environment, arguments, platform, random bytes; then aligned words: auxv, envp, argv,
 * argc.  A 64-bit kernel leaves 8 zero bytes at the very top. */
static bool build_stack(LTask *k, const Image *m, u64 base, u64 interp_base, const Args *a)
{
	u32 argc = count(a->argv), envc = count(a->envp);
	u64 *arg = xcalloc(argc + 1, sizeof *arg), *env = xcalloc(envc + 1, sizeof *env);
	Stack s = {k, k->stack_high - 8, true};
	const char *platform_name = k->wide ? "x86_64" : "i686";
	u8 random[16];
	Aux aux[32];

	u64 name = push_bytes(&s, a->file, strlen(a->file) + 1);
	push_strings(&s, a->envp, env, envc);
	push_strings(&s, a->argv, arg, argc);
	s.sp &= ~15ull;
	u64 platform = push_bytes(&s, platform_name, strlen(platform_name) + 1);
	if (getrandom(random, sizeof random, 0) != sizeof random)
		memset(random, 0x5a, sizeof random);
	u64 rnd = push_bytes(&s, random, sizeof random);
	u32 naux = make_auxv(k, m, base, interp_base, rnd, platform, name, aux), word = k->wide ? 8 : 4;
	s.sp &= ~15ull;
	s.sp -= (16 - (u64)(1 + argc + 1 + envc + 1 + 2 * naux) * word % 16) % 16;
	for (u32 i = naux; i-- > 0;) {
		push_word(&s, aux[i].value);
		push_word(&s, aux[i].type);
	}
	for (u32 i = envc + 1; i-- > 0;)
		push_word(&s, env[i]);
	for (u32 i = argc + 1; i-- > 0;)
		push_word(&s, arg[i]);
	push_word(&s, argc);
	*xreg(k->thread.x, 4) = s.sp;
	free(arg);
	free(env);
	return s.ok;
}

/* ---- registers -------------------------------------------------------------------------------------- */

static void set_registers(LTask *k, u64 entry)
{
	enum { CS32 = 0x23, CS64 = 0x33, DATA = 0x2b, IF = 0x202 };
	XThread *x = k->thread.x;
	Regfile *r = (Regfile *)(void *)x;
	enum XMode mode = k->wide ? X86_64 : X86_32;
	u32 data = k->wide ? 0 : DATA;

	*xreg(x, XS_PC) = entry;
	xthread_set_eflags(x, IF);
	*xreg(x, XS_SEL + XS_CS) = k->wide ? CS64 : CS32;
	*xreg(x, XS_SEL + XS_SS) = DATA;
	for (u32 seg = XS_ES; seg <= XS_GS; seg++)
		if (seg != XS_CS && seg != XS_SS)
			x86_load_segment(r, mode, seg, seg >= XS_FS ? 0 : data);
	*xreg(x, XS_FCW) = 0x37f;
	*xreg(x, XS_MXCSR) = 0x1f80;
}

/* ---- all of it -------------------------------------------------------------------------------------- */

static bool fail_open(const char *name, i64 r, Err *e)
{
	return err_set(e, r == -ENOENT || r == -ENOTDIR ? EXIT_NOTFOUND : EXIT_VM, "%.200s: %s", name, strerror((int)-r));
}

static bool load_interp(LTask *k, const char *name, u64 *base, u64 *entry, Err *e)
{
	File f;
	Image *m = xmalloc(sizeof *m);
	i64 r = open_program(&k->o, name, &f);
	bool ok;

	if (r < 0) {
		free(m);
		return err_set(e, EXIT_NOTFOUND, "%.200s: the program's dynamic loader: %s", name, strerror((int)-r));
	}
	ok = elf_read(f.p, f.n, name, m, e);
	if (ok && (m->bits == 64) != k->wide)
		ok = err_set(e, EXIT_VM, "%.200s: a dynamic loader of the other width", name);
	ok = ok && map_image(k, m, name, f.fd, 0, base, e);
	*entry = *base + m->entry;
	close_program(&f);
	free(m);
	return ok;
}

static bool start_image(LTask *k, const Image *m, int fd, const char *name, const Args *a, Err *e)
{
	u64 base, interp = 0, entry;
	XTaskOpts xo = k->o.x;

	k->wide = k->thread.wide = m->bits == 64;
	xo.mode = k->wide ? X86_64 : X86_32;
	k->x = xtask_new(&xo, e);
	if (!k->x)
		return false;
	k->thread.x = xthread_new(k->x);
	if (!k->thread.x)
		return out_of_memory(name, e);
	*xthread_data(k->thread.x) = &k->thread;
	if (!map_image(k, m, name, fd, k->wide ? PIE64 : PIE32, &base, e))
		return false;
	k->brk_start = k->brk = base + m->high;
	entry = base + m->entry;
	if (m->interp[0] && !load_interp(k, m->interp, &interp, &entry, e))
		return false;
	if (!map_stack(k, m->exec_stack) || !vdso_map(k))
		return out_of_memory(name, e);
	if (!build_stack(k, m, base, interp, a))
		return err_set(e, EXIT_VM, "%.200s: the arguments and the environment are too long", name);
	set_registers(k, entry);
	return true;
}

/* /proc/self/cmdline and environ: strings, one after the other. */
static void join(char **v, Buf *out)
{
	for (; *v; v++)
		buf_bytes(out, *v, strlen(*v) + 1);
}

/* /proc/self/exe: the file's own name, without links. */
static void set_exe(LTask *k, const char *name)
{
	char buf[PATH_SIZE], real[PATH_SIZE];
	const char *host = path_host(&k->o, name, true, buf);

	if (!realpath(host, real))
		strcpy(real, host);
	snprintf(k->exe, sizeof k->exe, "%s", path_guest(&k->o, real));
}

/* argv of a script: its interpreter, the line's argument, the script, and what followed. */
static char **script_argv(const ScriptLine *line, const char *script, char **argv, Arena *arena)
{
	u32 n = count(argv), k = 0;
	char **out = arena_alloc(arena, (n + 4) * sizeof *out);

	out[k++] = arena_printf(arena, "%s", line->interp);
	if (line->arg[0])
		out[k++] = arena_printf(arena, "%s", line->arg);
	out[k++] = arena_printf(arena, "%s", script);
	for (u32 i = 1; i < n; i++)
		out[k++] = argv[i];
	return out;
}

/* Finds the program, through scripts, and starts it. */
static bool start_file(LTask *k, Args *a, Image *m, Arena *arena, Err *e)
{
	const char *name = a->file;
	ScriptLine line;
	File f;

	for (u32 depth = 0; depth <= SCRIPT_DEPTH; depth++) {
		i64 r = open_program(&k->o, name, &f);
		if (r < 0)
			return fail_open(name, r, e);
		if (!script_read(f.p, f.n, &line)) {
			bool ok = elf_read(f.p, f.n, name, m, e);
			if (ok)
				set_exe(k, name);
			join(a->argv, &k->cmdline);
			ok = ok && start_image(k, m, f.fd, name, a, e);
			close_program(&f);
			return ok;
		}
		close_program(&f);
		a->argv = script_argv(&line, name, a->argv, arena);
		name = a->argv[0];
	}
	return err_set(e, EXIT_VM, "%.200s: scripts nested too deep", name);
}

/* What others see of the process in /proc: its arguments and its name.  The kernel may be told where the arguments lie
 * (since Linux 3.18, without privileges); if it will not have it, pvm's own remain. */
static void show_to_others(LTask *k, const char *file)
{
	const char *slash = strrchr(file, '/');
	struct prctl_mm_map m = {0};
	char stat[4096], *s, *save = NULL;
	u64 v[64] = {0};
	u32 n = 3;
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? 0 : read(fd, stat, sizeof stat - 1);

	if (fd >= 0)
		close(fd);
	stat[MAX(size, 0)] = 0;
	prctl(PR_SET_NAME, slash ? slash + 1 : file);
	if (!(s = strrchr(stat, ')')) || !k->cmdline.n)
		return;
	for (s = strtok_r(s + 1, " ", &save); s && n < COUNT(v); s = strtok_r(NULL, " ", &save))
		v[n++] = strtoull(s, NULL, 10);
	m = (struct prctl_mm_map){
		.start_code = v[26], .end_code = v[27], .start_stack = v[28], .start_data = v[45], .end_data = v[46], .start_brk = v[47],
		.brk = (u64)syscall(SYS_brk, 0), .env_start = v[50], .env_end = v[51], .exe_fd = (u32)-1
	};
	m.arg_start = (u64)(uintptr_t)k->cmdline.p;
	m.arg_end = m.arg_start + k->cmdline.n;
	prctl(PR_SET_MM, PR_SET_MM_MAP, &m, sizeof m, 0);
}

bool start_process(LTask *k, int argc, char **argv, char **envp, Err *e)
{
	Arena *arena = arena_new();
	Image *m = xcalloc(1, sizeof *m);
	char **guest = arena_alloc(arena, ((size_t)argc + 1) * sizeof *guest);
	Args a = {argv[0], guest, envp};

	memcpy(guest, argv, (size_t)argc * sizeof *guest);
	if (k->o.argv0)
		guest[0] = arena_printf(arena, "%s", k->o.argv0);
	join(envp, &k->environ);
	bool ok = start_file(k, &a, m, arena, e);
	if (ok)
		show_to_others(k, argv[0]);
	free(m);
	arena_free(arena);
	return ok;
}
