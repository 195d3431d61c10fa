/* A process from a file: the environment block, TEB and PEB, the libraries, and the first thread. */
#include "filetime.h"
#include "child.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RSP = 4, STACK_LEAST = 1 << 20, TEB_SIZE = 0x3000, PEB_SIZE = 0x1000 };
enum { BUILD = 19045 };

/* ---- memory ---------------------------------------------------------------------------------------------- */

static u64 map_low(WTask *k, u64 size, const char *name)
{
	XMapReq r = {.size = size, .prot = GP_READ | GP_WRITE, .fd = -1, .low32 = true, .name = name};
	i64 at = guest_map(k->x, &r);

	return at < 0 ? 0 : (u64)at;
}

/* Offsets within structures of both widths. */
static u64 field(const WThread *t, u64 at, u32 off32, u32 off64)
{
	return at + (t->wide ? off64 : off32);
}

/* ---- threads ----------------------------------------------------------------------------------------------- */

static void fill_teb(WThread *t)
{
	if (!t->wide)
		mem_put_u32(t, t->teb, 0xffffffff); /* the end of the chain of handlers */
	mem_put_word(t, field(t, t->teb, 4, 8), t->stack_high);
	mem_put_word(t, field(t, t->teb, 8, 0x10), t->stack_low);
	mem_put_word(t, field(t, t->teb, 0x18, 0x30), t->teb);
	mem_put_word(t, field(t, t->teb, 0x20, 0x40), (u64)getpid());
	mem_put_word(t, field(t, t->teb, 0x24, 0x48), t->tid);
	mem_put_word(t, field(t, t->teb, 0x30, 0x60), t->task->peb);
	mem_put_word(t, field(t, t->teb, 0xe0c, 0x1478), t->stack_low);
}

static void set_segments(WThread *t)
{
	enum { CS32 = 0x23, CS64 = 0x33, DATA = 0x2b, TEB32 = 0x53 };

	*xreg(t->x, XS_SEL + XS_CS) = t->wide ? CS64 : CS32;
	*xreg(t->x, XS_SEL + XS_SS) = *xreg(t->x, XS_SEL + XS_DS) = *xreg(t->x, XS_SEL + XS_ES) = DATA;
	*xreg(t->x, XS_SEL + XS_FS) = t->wide ? 0 : TEB32;
	*xreg(t->x, XS_BASE + (t->wide ? XS_GS : XS_FS)) = t->teb;
	*xreg(t->x, XS_FCW) = 0x27f; /* 53 bits, as Windows has it */
	*xreg(t->x, XS_MXCSR) = 0x1f80;
}

WThread *thread_new(WTask *k, u64 stack, Err *e)
{
	WThread *t = xcalloc(1, sizeof *t);

	t->task = k;
	t->wide = k->wide;
	t->x = xthread_new(k->x);
	*xthread_data(t->x) = t;
	stack = (MAX(stack, (u64)STACK_LEAST) + 0xffff) & ~(u64)0xffff;
	t->stack_low = map_low(k, stack, "[stack]");
	t->stack_high = t->stack_low + stack;
	t->teb = map_low(k, TEB_SIZE, "[teb]");
	if (!t->stack_low || !t->teb) {
		err_set(e, EXIT_VM, "no memory for a thread");
		return NULL;
	}
	pthread_mutex_lock(&k->lock);
	t->tid = k->next_tid += 4;
	t->next = k->threads;
	k->threads = t;
	k->nthread++;
	pthread_mutex_unlock(&k->lock);
	fill_teb(t);
	set_segments(t);
	*xreg(t->x, RSP) = t->stack_high - 256;
	return t;
}

/* ---- environment --------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* PATH of directories here to one of guest names. */
static char *guest_path(const char *s)
{
	Buf b = {0};
	char dir[WIN_PATH], guest[WIN_PATH];

	buf_printf(&b, "PATH=C:\\windows\\system32;C:\\windows");
	for (; *s; s += strcspn(s, ":"), s += *s == ':') {
		snprintf(dir, sizeof dir, "%.*s", (int)strcspn(s, ":"), s);
		path_to_guest(dir[0] ? dir : ".", guest, sizeof guest);
		buf_printf(&b, ";%s", guest);
	}
	buf_u8(&b, 0);
	return (char *)b.p;
}

static void set_env(WTask *k, char **envp)
{
	static const char *const fixed[] = {
		"SystemRoot=C:\\windows", "windir=C:\\windows", "SystemDrive=C:", "ComSpec=C:\\windows\\system32\\cmd.exe", "OS=Windows_NT",
		"PATHEXT=.COM;.EXE;.BAT;.CMD", "TEMP=Z:\\tmp", "TMP=Z:\\tmp", "USERPROFILE=C:\\users\\user", "HOMEDRIVE=C:", "HOMEPATH=\\users\\user",
		"APPDATA=C:\\users\\user\\AppData\\Roaming", "LOCALAPPDATA=C:\\users\\user\\AppData\\Local", "ProgramData=C:\\ProgramData",
		"ProgramFiles=C:\\Program Files", "PUBLIC=C:\\users\\Public", "COMPUTERNAME=PVM", "USERNAME=user", "PROCESSOR_ARCHITECTURE="
	};
	u32 n = 0;

	while (envp[n])
		n++;
	k->env = xcalloc(n + COUNT(fixed) + 1, sizeof *k->env);
	for (u32 i = 0; i < COUNT(fixed); i++)
		k->env[k->nenv++] = strdup(fixed[i]);
	free(k->env[k->nenv - 1]);
	k->env[k->nenv - 1] = strdup(k->wide ? "PROCESSOR_ARCHITECTURE=AMD64" : "PROCESSOR_ARCHITECTURE=x86");
	for (u32 i = 0; i < n; i++) {
		size_t len = strcspn(envp[i], "=");
		bool is_fixed = false;
		for (u32 f = 0; f < COUNT(fixed); f++)
			is_fixed |= strncasecmp(envp[i], fixed[f], len + 1) == 0;
		if (!is_fixed && len)
			k->env[k->nenv++] = strncmp(envp[i], "PATH=", 5) == 0 ? guest_path(envp[i] + 5) : strdup(envp[i]);
	}
	qsort(k->env, k->nenv, sizeof *k->env, by_name);
}

/* One argument, quoted so that CommandLineToArgvW gives it back. */
static void quote(Buf *b, const char *s)
{
	bool plain = *s && !strpbrk(s, " \t\n\v\"");
	u32 slashes = 0;

	if (plain) {
		buf_bytes(b, s, strlen(s));
		return;
	}
	buf_u8(b, '"');
	for (; *s; s++) {
		for (slashes = *s == '\\' ? slashes + 1 : *s == '"' ? slashes : 0; *s == '"' && slashes; slashes--)
			buf_u8(b, '\\');
		if (*s == '"')
			buf_u8(b, '\\');
		buf_u8(b, (u8)*s);
	}
	for (; slashes; slashes--)
		buf_u8(b, '\\');
	buf_u8(b, '"');
}

static void set_cmdline(WTask *k, int argc, char **argv)
{
	Buf b = {0};

	quote(&b, k->program->path);
	for (int i = 1; i < argc; i++) {
		buf_u8(&b, ' ');
		quote(&b, argv[i]);
	}
	buf_u8(&b, 0);
	k->cmdline = (char *)b.p;
}

/* ---- the process's blocks ---------------------------------------------------------------------------------------- */

u64 start_env_block(WThread *t)
{
	Buf w = {0};

	for (u32 i = 0; i < t->task->nenv; i++) {
		const char *s = t->task->env[i];
		size_t n = strlen(s), units = text_to_wide(s, n, NULL, 0);
		u32 at = w.n;
		for (size_t k = 0; k < units + 1; k++)
			buf_u16(&w, 0);
		text_to_wide(s, n, w.p + at, units);
	}
	buf_u16(&w, 0);
	buf_u16(&w, 0);
	u64 at = wheap_alloc(t, w.n);
	memcpy(mem_out(t, at, w.n), w.p, w.n);
	buf_free(&w);
	return at;
}

/* RTL_USER_PROCESS_PARAMETERS. */
static void fill_params(WThread *t)
{
	WTask *k = t->task;
	u64 p = k->params = wheap_zalloc(t, 0x400);
	char cwd[WIN_PATH], guest[WIN_PATH];

	mem_put_u32(t, p, 0x400), mem_put_u32(t, p + 4, 0x400);
	mem_put_u32(t, p + 8, 1);
	for (u32 i = 0; i < 3; i++)
		mem_put_word(t, field(t, p, 0x18 + 4 * i, 0x20 + 8 * i), k->std[i]);
	if (!getcwd(cwd, sizeof cwd - 1))
		strcpy(cwd, "/");
	strcat(cwd, strcmp(cwd, "/") == 0 ? "" : "/");
	path_to_guest(cwd, guest, sizeof guest);
	mem_put_unicode(t, field(t, p, 0x24, 0x38), guest);
	mem_put_unicode(t, field(t, p, 0x38, 0x60), k->program->path);
	mem_put_unicode(t, field(t, p, 0x40, 0x70), k->cmdline);
	mem_put_word(t, field(t, p, 0x48, 0x80), start_env_block(t));
	mem_put_word(t, field(t, k->peb, 0x10, 0x20), p);
}

static void fill_peb(WThread *t)
{
	WTask *k = t->task;
	u64 p = k->peb;
	u8 *build = mem_out(t, field(t, p, 0xac, 0x120), 2);

	mem_put_word(t, field(t, p, 0x18, 0x30), k->heap);
	mem_put_u32(t, field(t, p, 0x64, 0xb8), (u32)sysconf(_SC_NPROCESSORS_ONLN));
	mem_put_u32(t, field(t, p, 0xa4, 0x118), 10);
	mem_put_u32(t, field(t, p, 0xa8, 0x11c), 0);
	st16(build, BUILD);
	mem_put_u32(t, field(t, p, 0xb0, 0x124), 2);
}

/* PEB_LDR_DATA with three empty lists. */
static void make_ldr(WThread *t)
{
	WTask *k = t->task;
	u64 word = t->wide ? 8 : 4, l = wheap_zalloc(t, 0x60);

	mem_put_u32(t, l, 0x58);
	mem_put_u32(t, l + 4, 1);
	for (u32 i = 0; i < 3; i++) {
		u64 head = field(t, l, 0x0c, 0x10) + 2 * word * i;
		mem_put_word(t, head, head);
		mem_put_word(t, head + word, head);
	}
	k->ldr = l;
	mem_put_word(t, field(t, k->peb, 0x0c, 0x18), l);
}

static void open_std(WTask *k)
{
	for (int i = 0; i < 3; i++) {
		WObj *o = obj_file(i, NULL);
		o->input = i == 0;
		k->std[i] = handle_new(k, o);
	}
}

static bool init_locks(WTask *k)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&k->lock, &a);
	pthread_cond_init(&k->changed, NULL);
	pthread_mutexattr_destroy(&a);
	return true;
}

/* The width is the program's: it is read before there is a task. */
static bool width(const char *path, PeImage *out, Err *e)
{
	Buf file = {0};
	bool ok = file_read(path, &file, e) && pe_read(file.p, file.n, path, out, e);

	buf_free(&file);
	return ok;
}

bool process_start(WTask *k, int argc, char **argv, char **envp, Err *e)
{
	PeImage image;
	WThread *t;

	if (!width(argv[0], &image, e))
		return false;
	if (image.dll)
		return err_set(e, EXIT_VM, "%.200s: a library, not a program", argv[0]);
	k->wide = image.bits == 64;
	k->o.x.mode = k->wide ? X86_64 : X86_32;
	k->last = &k->modules;
	init_locks(k);
	if (!(k->x = xtask_new(&k->o.x, e)))
		return false;
	if (!clock_map(k) || !(k->peb = map_low(k, PEB_SIZE, "[peb]")) || !(t = thread_new(k, image.stack_reserve, e)))
		return err_set(e, EXIT_VM, "no memory for the process");
	thread_object(t);
	k->self = obj_new(WK_PROCESS);
	k->self->pid = (u32)getpid();
	k->self->status = 259;
	k->born = filetime_now();
	k->heap = 0x10000; /* a handle that is no handle of objects */
	bool child = spawn_take(k, e);
	if (e->status)
		return false;
	if (!child)
		open_std(k);
	fill_peb(t);
	make_ldr(t);
	if (!child)
		set_env(k, envp);
	if (!module_load(t, argv[0], true, e))
		return false;
	Err none = {0};
	if (!module_load(t, "ntdll.dll", false, &none) || !module_load(t, "kernel32.dll", false, &none))
		return err_set(e, EXIT_VM, "no memory for the libraries");
	mem_put_word(t, field(t, k->peb, 8, 0x10), k->program->base);
	if (!child)
		set_cmdline(k, argc, argv);
	fill_params(t);
	if (module_by_name(k, "msvcrt.dll"))
		crt_start(t);
	return module_tls(t);
}

/* ---- running -------------------------------------------------------------------------------------------------------- */

int start_run(WTask *k)
{
	WThread *t = k->threads;

	spawn_wait(k);
	if (!module_start(t))
		process_exit(t, 0xc0000142); /* a library refused to start */
	u64 status = call_guest(t, k->program->base + k->program->image.entry, 1, (u64[]){k->peb});
	process_exit(t, (u32)status);
}
