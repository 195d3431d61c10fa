/* Processes: exec, wait, identity, and the segments that a thread has for itself. */
#include "layouts.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

i64 proc_waitid(LThread *t, const u64 *a)
{
	siginfo_t si = {0};
	u8 raw[SIGINFO_SIZE];
	i64 r = tracer_waitid(t, a[0], a[1], &si, a[3], hostp(a[4]));

	if (r < 0 || !a[2])
		return r;
	siginfo_put(t->wide, &si, raw);
	return xguest_write(t->x, a[2], raw, SIGINFO_SIZE) ? r : -EFAULT;
}

/* Results that have nowhere to go are noticed behind the wait. */
static i64 wait_for(LThread *t, const u64 *a, u64 usage)
{
	struct rusage ru;
	int status;
	i64 r = tracer_wait(t, (i64)a[0], &status, a[2], usage ? &ru : NULL);

	if (r <= 0)
		return r;
	if ((a[1] && a[1] < GUEST_PAGE) || (usage && usage < GUEST_PAGE))
		return -EFAULT;
	if (a[1])
		*(int *)hostp(a[1]) = status;
	if (usage)
		*(struct rusage *)hostp(usage) = ru;
	return r;
}

i64 proc_wait4(LThread *t, const u64 *a)
{
	return wait_for(t, a, a[3]);
}

i64 proc_waitpid(LThread *t, const u64 *a)
{
	return wait_for(t, a, 0);
}

/* ---- exec ------------------------------------------------------------------------------------------ */

enum { EXEC_STRINGS = 1 << 17, EXEC_BYTES = 2 << 20 };

typedef VEC(char *) Strings;

/* What a new program is given.  A child of vfork that has executed one leaves it to its parent, whose memory it is. */
struct LExec {
	Arena *arena;
	Strings argv, envp, command;
};

static struct LExec *exec_new(LThread *t)
{
	t->exec = xcalloc(1, sizeof *t->exec);
	t->exec->arena = arena_new();
	return t->exec;
}

void proc_exec_free(LThread *t)
{
	if (!t->exec)
		return;
	arena_free(t->exec->arena);
	vec_free(&t->exec->argv);
	vec_free(&t->exec->envp);
	vec_free(&t->exec->command);
	free(t->exec);
	t->exec = NULL;
}

/* Copies an array of strings; NULL is an empty one. */
static i64 read_strings(LThread *t, u64 at, Arena *arena, size_t *bytes, Strings *out)
{
	u32 word = t->wide ? 8 : 4;
	char *buf = arena_alloc(arena, EXEC_STRINGS);

	for (u8 raw[8]; at; at += word) {
		if (!xguest_read(t->x, at, raw, word))
			return -EFAULT;
		u64 p = t->wide ? ld64(raw) : ld32(raw);
		if (!p)
			break;
		i64 n = xguest_string(t->x, p, buf, EXEC_STRINGS);
		if (n < 0)
			return n == -1 ? -EFAULT : -E2BIG;
		if ((*bytes += (size_t)n + 1) > EXEC_BYTES)
			return -E2BIG;
		vec_push(out, arena_strndup(arena, buf, (size_t)n));
	}
	return 0;
}

/* What the host's own loader and libc would take for themselves is hidden from them by a first byte \1, which
 * linux_take_env takes off. */
static char *hide(Arena *arena, char *s)
{
	static const char *const names[] = {"LD_", "GLIBC_TUNABLES", "MALLOC_", "\1"};

	for (u32 i = 0; i < COUNT(names); i++)
		if (strncmp(s, names[i], strlen(names[i])) == 0)
			return arena_printf(arena, "\1%s", s);
	return s;
}

void linux_take_env(char **envp)
{
	for (; *envp; envp++)
		if (**envp == 1)
			++*envp;
}

/* The new program is another run of this one, with the same options. */
static void child_command(LThread *t, const char *path, const Strings *argv, Arena *arena, Strings *out)
{
	if (t->task->o.via) {
		char self[PATH_SIZE];
		ssize_t n = readlink("/proc/self/exe", self, sizeof self);
		vec_push(out, (char *)(uintptr_t)t->task->o.via);
		vec_push(out, arena_strndup(arena, self, n > 0 ? (size_t)n : 0));
	} else {
		vec_push(out, "pvm");
	}
	for (char **o = t->task->o.inherit; o && *o; o++)
		vec_push(out, *o);
	if (t->task->space_limit.rlim_cur != RLIM_INFINITY) {
		vec_push(out, "--limit-mem");
		vec_push(out, arena_printf(arena, "%llu", (unsigned long long)t->task->space_limit.rlim_cur));
	}
	int filters = seccomp_save(t);
	if (t->filter && filters < 0)
		die(EXIT_VM, "seccomp's filters cannot be handed on: %s", strerror(errno));
	if (filters >= 0) {
		vec_push(out, "--seccomp-fd");
		vec_push(out, arena_printf(arena, "%d", filters));
	}
	if (t->tracee.on) {
		char how[64];
		tracee_tell(t, how, sizeof how);
		vec_push(out, "--traced");
		vec_push(out, arena_printf(arena, "%s", how));
	}
	if (t->task->o.limit_pids) {
		vec_push(out, "--pids-fd");
		vec_push(out, arena_printf(arena, "%d", t->task->o.pids_fd));
	}
	vec_push(out, "--argv0");
	vec_push(out, argv->n ? argv->p[0] : "");
	vec_push(out, "--");
	vec_push(out, (char *)(uintptr_t)path);
	for (u32 i = 1; i < argv->n; i++)
		vec_push(out, argv->p[i]);
	vec_push(out, NULL);
}

static i64 execute(LThread *t, const char *path, const u64 *a, struct LExec *x)
{
	size_t bytes = 0;
	i64 r = read_strings(t, a[1], x->arena, &bytes, &x->argv);

	if (r == 0)
		r = read_strings(t, a[2], x->arena, &bytes, &x->envp);
	if (r == 0)
		r = start_probe(t, path);
	if (r < 0)
		return r;
	for (u32 i = 0; i < x->envp.n; i++)
		x->envp.p[i] = hide(x->arena, x->envp.p[i]);
	vec_push(&x->envp, NULL);
	child_command(t, path, &x->argv, x->arena, &x->command);
	if (t->task->o.strace)
		trace_call(t, t->raw, 0, false);
	thread_robust_all(t->task);
	signal_before_exec(t->task);
	r = HOST(t, SYS_execve, t->task->o.via ? t->task->o.via : "/proc/self/exe", x->command.p, x->envp.p);
	if (t->task->catches)
		signal_catch_all(t->task);
	return r;
}

i64 proc_execve(LThread *t, const u64 *a)
{
	char path[PATH_SIZE];
	i64 n = xguest_string(t->x, a[0], path, sizeof path);

	if (n < 0)
		return n == -1 ? -EFAULT : -ENAMETOOLONG;
	if (!n)
		return -ENOENT;
	i64 r = execute(t, proc_is_exe(path) ? t->task->exe : path, a, exec_new(t));
	proc_exec_free(t);
	return r;
}

/* The file of a descriptor, which may be closed when the new program begins: its name, or for one that has none a
 * descriptor that stays. */
static i64 file_of(LThread *t, i64 fd, const char *rest, char out[PATH_SIZE])
{
	char link[64], host[PATH_SIZE];

	snprintf(link, sizeof link, "/proc/self/fd/%lld", (long long)fd);
	ssize_t n = readlink(link, host, sizeof host - 1);
	if (n < 0)
		return -EBADF;
	host[n] = 0;
	bool named = host[0] == '/' && access(host, F_OK) == 0;
	if (!named) {
		int stays = fcntl((int)fd, F_DUPFD, 0);
		if (stays < 0)
			return -errno;
		snprintf(host, sizeof host, "/proc/self/fd/%d", stays);
	}
	n = snprintf(out, PATH_SIZE, "%s%s%s", named ? path_guest(&t->task->o, host) : host, *rest ? "/" : "", rest);
	return n < PATH_SIZE ? 0 : -ENAMETOOLONG;
}

i64 proc_execveat(LThread *t, const u64 *a)
{
	char name[PATH_SIZE], path[PATH_SIZE];
	i64 n = xguest_string(t->x, a[1], name, sizeof name), r = 0;

	if (n < 0)
		return n == -1 ? -EFAULT : -ENAMETOOLONG;
	if (!n && !(a[4] & AT_EMPTY_PATH))
		return -ENOENT;
	if (a[4] & ~(u64)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	memcpy(path, name, (size_t)n + 1);
	if (name[0] != '/' && (i64)a[0] != AT_FDCWD)
		r = file_of(t, (i64)a[0], name, path);
	if (r == 0)
		r = execute(t, proc_is_exe(path) ? t->task->exe : path, a + 1, exec_new(t));
	proc_exec_free(t);
	return r;
}

/* ---- who is it --------------------------------------------------------------------------------------- */

i64 proc_getpgrp(LThread *t, const u64 *a)
{
	return HOST(t, SYS_getpgid, 0);
}

/* Identities of 16 bits: larger ones show as 65534. */
static i64 id16(i64 id)
{
	return id > 0xffff ? 0xfffe : id;
}

i64 proc_getuid16(LThread *t, const u64 *a)
{
	return id16(getuid());
}

i64 proc_geteuid16(LThread *t, const u64 *a)
{
	return id16(geteuid());
}

i64 proc_getgid16(LThread *t, const u64 *a)
{
	return id16(getgid());
}

i64 proc_getegid16(LThread *t, const u64 *a)
{
	return id16(getegid());
}

i64 proc_getcpu(LThread *t, const u64 *a)
{
	return HOST(t, SYS_getcpu, a[0], a[1], 0);
}

/* ---- what threads tell the kernel --------------------------------------------------------------------- */

i64 proc_arch_prctl(LThread *t, const u64 *a)
{
	enum { SET_GS = 0x1001, SET_FS, GET_FS, GET_GS, CET_STATUS = 0x3001 };
	u64 *fs = xreg(t->x, XS_BASE + XS_FS), *gs = xreg(t->x, XS_BASE + XS_GS);
	u8 raw[8];

	switch (a[0]) {
	case SET_FS:
	case SET_GS:
		if (a[1] >> 47)
			return -EPERM;
		*(a[0] == SET_FS ? fs : gs) = a[1];
		return 0;
	case GET_FS:
	case GET_GS:
		st64(raw, a[0] == GET_FS ? *fs : *gs);
		return xguest_write(t->x, a[1], raw, 8) ? 0 : -EFAULT;
	default:
		if (a[0] != CET_STATUS)
			call_missing(t, "arch_prctl", a[0]);
		return -EINVAL;
	}
}
