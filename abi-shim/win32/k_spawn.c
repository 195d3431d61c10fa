/* kernel32: other processes -- starting, waiting, ending.  A Windows program's process is another run of this machine; programs
 * and scripts of Linux are the host's, with what they are given turned into what they expect. */
#include "async.h"
#include "handlers.h"
#include "child.h"
#include "../../loader/loader.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STILL_ACTIVE = 259, BAD_EXE = 193 };
enum { SUSPENDED = 4, NEW_GROUP = 0x200, UNICODE_ENV = 0x400 };

/* ---- what is to be started ------------------------------------------------------------------------------ */

typedef struct Start {
	char host[WIN_PATH];    /* the file */
	bool pe;
	char *cmdline, *dir;    /* dir: of the host, NULL: as here */
	char **env;
	u32 nenv;
	u64 std[3];
	bool inherit;
	u32 flags;
	Spawn *shared;
	int shared_fd;
	VEC(int) fd;            /* duplicates for the child */
} Start;

static bool is_there(const char *host)
{
	struct stat st;

	return stat(host, &st) == 0 && S_ISREG(st.st_mode);
}

/* A name in a directory, as it is or with .exe behind it. */
static bool try_name(WTask *k, const char *dir, const char *name, char *host)
{
	static const char *const ends[] = {"", ".exe"};
	char guest[2 * WIN_PATH];
	const char *dot = strrchr(name, '.');
	bool ended = dot && !strpbrk(dot, "\\/");

	for (u32 i = 0; i < (ended ? 1u : 2u); i++) {
		snprintf(guest, sizeof guest, "%s%s%s%s", dir, *dir ? "\\" : "", name, ends[ended ? 0 : 1 - i]);
		if (path_to_host(k, guest, host, WIN_PATH) && is_there(host))
			return true;
	}
	return false;
}

/* Beside the program, here, in the system's directory, along PATH. */
static bool find_program(WTask *k, const char *name, char *host)
{
	char dir[WIN_PATH];

	if (strpbrk(name, "\\/:"))
		return try_name(k, "", name, host);
	snprintf(dir, sizeof dir, "%s", k->program->path);
	*strrchr(dir, '\\') = 0;
	if (try_name(k, dir, name, host) || try_name(k, ".", name, host) || try_name(k, "C:\\windows\\system32", name, host))
		return true;
	char *path = env_get(k, "PATH");
	bool found = false;
	for (char *s = path; s && *s && !found; s += strcspn(s, ";"), s += *s == ';') {
		snprintf(dir, sizeof dir, "%.*s", (int)strcspn(s, ";"), s);
		found = *dir && try_name(k, dir, name, host);
	}
	free(path);
	return found;
}

/* The first part of a command line: what quotes hold, or as much up to a space as is a file's name. */
static bool find_in_line(WTask *k, const char *line, char *host)
{
	char name[WIN_PATH];

	if (*line == '"') {
		snprintf(name, sizeof name, "%.*s", (int)strcspn(line + 1, "\""), line + 1);
		return find_program(k, name, host);
	}
	for (const char *end = line; *end;) {
		end += strspn(end, " \t");
		end += strcspn(end, " \t");
		snprintf(name, sizeof name, "%.*s", (int)MIN((size_t)(end - line), sizeof name - 1), line);
		if (find_program(k, name, host))
			return true;
	}
	return false;
}

/* ---- environments ------------------------------------------------------------------------------------------ */

static void env_free(Start *s)
{
	for (u32 i = 0; i < s->nenv; i++)
		free(s->env[i]);
	free(s->env);
}

static void env_add(Start *s, char *entry)
{
	s->env = xrealloc(s->env, (s->nenv + 2) * sizeof *s->env);
	s->env[s->nenv++] = entry;
	s->env[s->nenv] = NULL;
}

/* A block of strings, or as here. */
static void read_env(WThread *t, Start *s, u64 at)
{
	WTask *k = t->task;
	char *e;

	if (!at) {
		task_lock(t);
		for (u32 i = 0; i < k->nenv; i++)
			env_add(s, strdup(k->env[i]));
		task_unlock(t);
		return;
	}
	while ((e = s->flags & UNICODE_ENV ? mem_wstr(t, at) : mem_str(t, at))) {
		if (!*e)
			break;
		at += s->flags & UNICODE_ENV ? 2 * mem_wcslen(t, at) + 2 : mem_strlen(t, at) + 1;
		env_add(s, e);
	}
	free(e);
}

/* PATH as Linux has it: directories of the host. */
static char *host_path(WTask *k, const char *list)
{
	Buf b = {0};
	char dir[WIN_PATH], host[WIN_PATH];

	buf_printf(&b, "PATH=");
	for (const char *s = list; *s; s += strcspn(s, ";"), s += *s == ';') {
		snprintf(dir, sizeof dir, "%.*s", (int)strcspn(s, ";"), s);
		if (dir[0] && path_to_host(k, dir, host, sizeof host) && access(host, F_OK) == 0)
			buf_printf(&b, "%s%s", b.p[b.n - 1] == '=' ? "" : ":", host);
	}
	buf_u8(&b, 0);
	return (char *)b.p;
}

static void to_host_env(WTask *k, Start *s)
{
	for (u32 i = 0; i < s->nenv; i++)
		if (strncasecmp(s->env[i], "PATH=", 5) == 0) {
			char *path = host_path(k, s->env[i] + 5);
			free(s->env[i]);
			s->env[i] = path;
		}
}

/* ---- what the child gets --------------------------------------------------------------------------------------- */

/* A duplicate that survives exec, out of the way of the standard descriptors. */
static int hand_over(Start *s, int fd)
{
	enum { FROM = 100 };
	int d = fcntl(fd, F_DUPFD, FROM);

	if (d >= 0)
		vec_push(&s->fd, d);
	return d;
}

static void put_string(Buf *b, const char *s)
{
	buf_bytes(b, s, strlen(s) + 1);
}

static bool is_std(const Start *s, u64 h)
{
	return h == s->std[0] || h == s->std[1] || h == s->std[2];
}

/* Lines of all handles that the child gets: those marked so, and the standard ones. */
static u32 put_handles(WTask *k, Start *s, Buf *b)
{
	char line[80];
	u32 n = 0;

	pthread_mutex_lock(&k->lock);
	for (u32 i = 0; i < k->handle.n; i++) {
		const WHandle *h = &k->handle.p[i];
		u64 value = 4 * ((u64)i + 1);
		bool wanted = h->o && h->o->kind == WK_FILE && h->o->fd >= 0 && ((s->inherit && h->flags & HANDLE_INHERIT) || is_std(s, value));
		int fd = wanted ? hand_over(s, h->o->fd) : -1;
		if (fd < 0)
			continue;
		snprintf(line, sizeof line, "%llu %d %u", (unsigned long long)value, fd, h->flags);
		put_string(b, line);
		put_string(b, h->o->path ? h->o->path : "");
		n++;
	}
	pthread_mutex_unlock(&k->lock);
	return n;
}

static bool share(WTask *k, Start *s)
{
	Buf b = {0}, h = {0};
	char number[32];

	put_string(&b, s->cmdline);
	snprintf(number, sizeof number, "%u", s->nenv);
	put_string(&b, number);
	for (u32 i = 0; i < s->nenv; i++)
		put_string(&b, s->env[i]);
	snprintf(number, sizeof number, "%llu %llu %llu", (unsigned long long)s->std[0], (unsigned long long)s->std[1], (unsigned long long)s->std[2]);
	put_string(&b, number);
	snprintf(number, sizeof number, "%u", put_handles(k, s, &h));
	put_string(&b, number);
	buf_bytes(&b, h.p, h.n);
	u32 size = SPAWN_HEAD + b.n;
	int fd = memfd_create("process", 0);
	s->shared = fd >= 0 && ftruncate(fd, size) == 0 ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
	bool ok = s->shared != MAP_FAILED;
	if (ok) {
		*s->shared = (Spawn){.magic = SPAWN_MAGIC, .size = size, .go = !(s->flags & SUSPENDED)};
		memcpy((u8 *)s->shared + SPAWN_HEAD, b.p, b.n);
	}
	s->shared_fd = fd;
	buf_free(&b);
	buf_free(&h);
	return ok;
}

/* ---- starting ----------------------------------------------------------------------------------------------------- */

static void std_actions(WTask *k, const Start *s, posix_spawn_file_actions_t *fa)
{
	for (int i = 0; i < 3; i++) {
		WObj *o = handle_get(k, s->std[i], WK_FILE);
		if (o && o->fd >= 0)
			posix_spawn_file_actions_adddup2(fa, o->fd, 1000 + i); /* all three first: one may lie in another's place */
		else
			posix_spawn_file_actions_addopen(fa, 1000 + i, "/dev/null", O_RDWR, 0);
		if (o)
			obj_drop(o);
	}
	for (int i = 0; i < 3; i++) {
		posix_spawn_file_actions_adddup2(fa, 1000 + i, i);
		posix_spawn_file_actions_addclose(fa, 1000 + i);
	}
	if (s->dir)
		posix_spawn_file_actions_addchdir_np(fa, s->dir);
}

/* pid, or -errno. */
static int run_file(WTask *k, const Start *s, const char *file, char **argv, char **env)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	sigset_t none, all;
	pid_t pid;

	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&at);
	std_actions(k, s, &fa);
	sigemptyset(&none);
	sigemptyset(&all);
	sigaddset(&all, SIGSEGV);
	sigaddset(&all, SIGBUS);
	sigaddset(&all, SIGPIPE);
	posix_spawnattr_setsigmask(&at, &none);
	posix_spawnattr_setsigdefault(&at, &all);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (s->flags & NEW_GROUP ? POSIX_SPAWN_SETPGROUP : 0));
	int e = posix_spawn(&pid, file, &fa, &at, argv, env);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&at);
	return e ? -e : pid;
}

extern char **environ;

static int run_pe(WTask *k, Start *s)
{
	char self[WIN_PATH], number[16];
	VEC(char *) v = {0};
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n <= 0 || !share(k, s))
		return -ENOMEM;
	self[n] = 0;
	snprintf(number, sizeof number, "%d", s->shared_fd);
	if (k->o.via)
		vec_push(&v, (char *)(uintptr_t)k->o.via);
	vec_push(&v, k->o.via ? self : (char *)(uintptr_t)"pvm");
	for (char **o = k->o.inherit; o && *o; o++)
		vec_push(&v, *o);
	vec_push(&v, (char *)(uintptr_t)"--process-fd");
	vec_push(&v, number);
	vec_push(&v, (char *)(uintptr_t)"--");
	vec_push(&v, s->host);
	vec_push(&v, NULL);
	int pid = run_file(k, s, k->o.via ? k->o.via : self, v.p, environ);
	vec_free(&v);
	close(s->shared_fd);
	return pid;
}

/* A program of the host: arguments as the C library of Windows would read them. */
static int run_host(WTask *k, Start *s)
{
	VEC(char *) v = {0};

	for (const char *c = s->cmdline; *c;) {
		Buf b = {0};
		c = crt_argument(c, &b);
		vec_push(&v, (char *)b.p);
	}
	if (!v.n)
		vec_push(&v, strdup(s->host));
	u32 n = v.n;
	vec_push(&v, NULL);
	to_host_env(k, s);
	int pid = run_file(k, s, s->host, v.p, s->env);
	if (pid > 0 && s->flags & SUSPENDED)
		kill(pid, SIGSTOP);
	for (u32 i = 0; i < n; i++)
		free(v.p[i]);
	vec_free(&v);
	return pid;
}

/* ---- the object ------------------------------------------------------------------------------------------------------ */

static void process_free(WObj *o)
{
	Spawn *s = o->data;

	if (s)
		munmap(s, s->size);
}

/* Called when the process is over. */
static i64 reap(WThread *t, WAsync *p)
{
	WObj *o = p->o;
	const Spawn *s = o->data;
	int status = 0;
	bool child = waitpid((pid_t)o->pid, &status, WNOHANG) == (pid_t)o->pid;
	u32 code = !child ? 0 : WIFEXITED(status) ? (u32)WEXITSTATUS(status) : WTERMSIG(status) == SIGINT ? 0xc000013a : 128 + (u32)WTERMSIG(status);

	pthread_mutex_lock(&t->task->lock);
	o->status = s && s->ended ? s->status : o->terminated ? o->status : code;
	o->signaled = true;
	pthread_cond_broadcast(&t->task->changed);
	pthread_mutex_unlock(&t->task->lock);
	job_ended(t->task, o);
	return 0;
}

static WObj *process_object(WTask *k, int pid, Spawn *s)
{
	WObj *o = obj_new(WK_PROCESS);
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	o->pid = (u32)pid;
	o->data = s;
	o->destroy = process_free;
	o->status = STILL_ACTIVE;
	o->fd = fd;
	if (fd >= 0)
		async_watch(k, &(WAsync){.o = o, .fd = fd, .events = POLLIN, .go = reap});
	return o;
}

static u64 started(WThread *t, Start *s, int pid, u64 info)
{
	WTask *k = t->task;
	u64 word = t->wide ? 8 : 4;
	WObj *o = process_object(k, pid, s->pe ? s->shared : NULL), *first = obj_new(WK_THREAD);

	job_inherit(k, o, s->flags);
	first->status = STILL_ACTIVE;
	first->manual = true;
	first->process = o;
	obj_keep(o);
	mem_put_word(t, info, handle_new(k, o));
	mem_put_word(t, info + word, handle_new(k, first));
	mem_put_u32(t, info + 2 * word, (u32)pid);
	mem_put_u32(t, info + 2 * word + 4, (u32)pid);
	return 1;
}

bool process_resume(WObj *first)
{
	WObj *o = first->process;
	Spawn *s = o->data;

	if (!s)
		return kill((pid_t)o->pid, SIGCONT) == 0;
	if (s->go)
		return false;
	spawn_go(s);
	return true;
}

/* ---- CreateProcess ------------------------------------------------------------------------------------------------------ */

static void read_startup(WThread *t, Start *s, u64 si)
{
	enum { USE_HANDLES = 0x100 };
	u64 word = t->wide ? 8 : 4;
	bool use = mem_u32(t, si + (t->wide ? 60 : 44)) & USE_HANDLES;

	for (u32 i = 0; i < 3; i++)
		s->std[i] = use ? mem_word(t, si + (t->wide ? 80 : 56) + word * i) : t->task->std[i];
}

static bool is_pe(const char *host)
{
	u8 head[4096];
	int fd = open(host, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, head, sizeof head) : 0;

	if (fd >= 0)
		close(fd);
	return n > 0 && loader_sniff(head, (size_t)n, host) == FILE_PE;
}

/* Batch files are cmd.exe's, which is there only where somebody has put it. */
static bool batch(WTask *k, Start *s)
{
	const char *dot = strrchr(s->host, '.');
	char cmd[WIN_PATH];

	if (!dot || (strcasecmp(dot, ".bat") != 0 && strcasecmp(dot, ".cmd") != 0))
		return true;
	if (!try_name(k, "C:\\windows\\system32", "cmd.exe", cmd)) {
		fprintf(stderr, "pvm: %s: a batch file needs cmd.exe, which is not in C:\\windows\\system32\n", s->host);
		return false;
	}
	size_t size = strlen(s->cmdline) + 20;
	char *line = xmalloc(size);
	snprintf(line, size, "cmd.exe /s /c \"%s\"", s->cmdline);
	free(s->cmdline);
	s->cmdline = line;
	strcpy(s->host, cmd);
	return true;
}

static u64 start(WThread *t, Start *s, char *app, u64 info)
{
	WTask *k = t->task;

	if (!(app ? try_name(k, "", app, s->host) : find_in_line(k, s->cmdline, s->host)))
		return fail(t, W_FILE_NOT_FOUND);
	if (!batch(k, s))
		return fail(t, BAD_EXE);
	s->pe = is_pe(s->host);
	int pid = s->pe ? run_pe(k, s) : run_host(k, s);
	if (pid < 0)
		return fail(t, pid == -ENOEXEC || pid == -EACCES ? BAD_EXE : error_from_errno(-pid));
	return started(t, s, pid, info);
}

u64 w_CreateProcess(WThread *t, const u64 *a)
{
	char *app = arg_string(t, a, 0), *line = arg_string(t, a, 1), dir[WIN_PATH];
	Start s = {.cmdline = line ? line : strdup(app ? app : ""), .inherit = a[4], .flags = (u32)a[5]};
	u64 r = 0;

	read_startup(t, &s, a[8]);
	read_env(t, &s, a[6]);
	if (a[7] && arg_path(t, a, 7, dir))
		s.dir = dir;
	if (a[7] && (!s.dir || access(dir, X_OK) != 0))
		fail(t, W_DIRECTORY);
	else
		r = start(t, &s, app, a[9]);
	for (u32 i = 0; i < s.fd.n; i++)
		close(s.fd.p[i]);
	vec_free(&s.fd);
	env_free(&s);
	free(s.cmdline);
	free(app);
	return r;
}

u64 w_OpenProcess(WThread *t, const u64 *a)
{
	WTask *k = t->task;
	WObj *o = NULL;

	if ((u32)a[2] == (u32)getpid()) {
		obj_keep(k->self);
		return handle_new(k, k->self);
	}
	task_lock(t);
	for (u32 i = 0; i < k->handle.n && !o; i++) /* a child's end is known only to its own object */
		if (k->handle.p[i].o && k->handle.p[i].o->kind == WK_PROCESS && k->handle.p[i].o->pid == (u32)a[2])
			obj_keep(o = k->handle.p[i].o);
	task_unlock(t);
	if (!o && (!a[2] || kill((pid_t)a[2], 0) != 0))
		return fail(t, errno == EPERM ? W_ACCESS_DENIED : W_INVALID_PARAMETER);
	return handle_new(k, o ? o : process_object(k, (int)a[2], NULL));
}

/* ---- what is asked of a process ------------------------------------------------------------------------------------------- */

static WObj *process_of(WThread *t, u64 h)
{
	WObj *o = handle_object(t, h);

	if (!o || o->kind == WK_PROCESS)
		return o;
	obj_drop(o);
	error_set(t, W_INVALID_HANDLE);
	return NULL;
}

u64 w_GetExitCodeProcess(WThread *t, const u64 *a)
{
	WObj *o = process_of(t, a[0]);

	if (!o)
		return 0;
	mem_put_u32(t, a[1], o->signaled ? o->status : STILL_ACTIVE);
	obj_drop(o);
	return 1;
}

u64 w_GetProcessId(WThread *t, const u64 *a)
{
	WObj *o = process_of(t, a[0]);
	u64 pid = o ? o->pid : 0;

	if (o)
		obj_drop(o);
	return pid;
}

bool process_kill(WTask *k, WObj *o, u32 status)
{
	pthread_mutex_lock(&k->lock);
	bool over = o->signaled;
	if (!over) {
		o->status = status;
		o->terminated = true;
	}
	pthread_mutex_unlock(&k->lock);
	return !over && kill((pid_t)o->pid, SIGKILL) == 0;
}

u64 w_TerminateProcess(WThread *t, const u64 *a)
{
	WObj *o = process_of(t, a[0]);

	if (!o)
		return 0;
	if (o == t->task->self) {
		t->task->ending = true; /* no library hears of it */
		process_exit(t, (u32)a[1]);
	}
	bool ok = process_kill(t->task, o, (u32)a[1]);
	obj_drop(o);
	return ok ? 1 : fail(t, W_ACCESS_DENIED);
}

/* ---- the child's side ----------------------------------------------------------------------------------------------------- */

/* The next string; NULL: there is none. */
static const char *next_string(const char **p, const char *end)
{
	const char *s = *p, *nul = s < end ? memchr(s, 0, (size_t)(end - s)) : NULL;

	if (!nul)
		return NULL;
	*p = nul + 1;
	return s;
}

static bool take_handle(WTask *k, const char *line, const char *path)
{
	unsigned long long value;
	int fd;
	unsigned flags;

	if (sscanf(line, "%llu %d %u", &value, &fd, &flags) != 3 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return false;
	return handle_put(k, value, obj_file(fd, path[0] ? path : NULL), flags);
}

static bool take_all(WTask *k, const char *p, const char *end)
{
	const char *line = next_string(&p, end), *count = next_string(&p, end), *s, *path;
	unsigned long long std[3];

	if (!line || !count)
		return false;
	k->cmdline = strdup(line);
	k->nenv = 0;
	k->env = xcalloc((size_t)atoi(count) + 1, sizeof *k->env);
	for (int i = atoi(count); i > 0; i--) {
		if (!(s = next_string(&p, end)))
			return false;
		k->env[k->nenv++] = strdup(s);
	}
	if (!(s = next_string(&p, end)) || sscanf(s, "%llu %llu %llu", &std[0], &std[1], &std[2]) != 3)
		return false;
	for (u32 i = 0; i < 3; i++)
		k->std[i] = std[i];
	s = next_string(&p, end);
	for (int i = s ? atoi(s) : 0; i > 0; i--)
		if (!(s = next_string(&p, end)) || !(path = next_string(&p, end)) || !take_handle(k, s, path))
			return false;
	return true;
}

bool spawn_take(WTask *k, Err *e)
{
	struct stat st;
	Spawn *s = MAP_FAILED;

	if (!k->o.process_fd)
		return false;
	if (fstat(k->o.process_fd, &st) == 0 && st.st_size > SPAWN_HEAD && st.st_size < 1 << 26)
		s = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, k->o.process_fd, 0);
	close(k->o.process_fd);
	if (s == MAP_FAILED || s->magic != SPAWN_MAGIC || s->size != st.st_size || !take_all(k, (char *)s + SPAWN_HEAD, (char *)s + s->size))
		return err_set(e, EXIT_VM, "--process-fd: not what a parent says to its child");
	WObj *input = handle_get(k, k->std[0], WK_FILE);
	if (input) {
		input->input = true;
		obj_drop(input);
	}
	k->parent = s;
	return true;
}

static void futex(u32 *at, int op, u32 v)
{
	syscall(SYS_futex, at, op, v, NULL, NULL, 0);
}

void spawn_wait(const WTask *k)
{
	while (k->parent && !__atomic_load_n(&k->parent->go, __ATOMIC_ACQUIRE))
		futex(&k->parent->go, FUTEX_WAIT, 0);
}

void spawn_go(Spawn *s)
{
	__atomic_store_n(&s->go, 1, __ATOMIC_RELEASE);
	futex(&s->go, FUTEX_WAKE, 1);
}

void spawn_end(WTask *k, u32 status)
{
	if (!k->parent)
		return;
	k->parent->status = status;
	__atomic_store_n(&k->parent->ended, 1, __ATOMIC_RELEASE);
}
