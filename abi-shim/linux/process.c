/* Processes: fork, exec, wait, identity, and what a thread tells the kernel at its start. */
#include "layouts.h"

#include <linux/futex.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- fork ------------------------------------------------------------------------------------------ */

/* The guest's numbers, which are all hosts'. */
enum {
	GC_SIGNAL = 0xff, GC_VM = 0x100, GC_VFORK = 0x4000, GC_THREAD = 0x10000, GC_SETTLS = 0x80000, GC_PARENT_SETTID = 0x100000,
	GC_CHILD_CLEARTID = 0x200000, GC_CHILD_SETTID = 0x1000000
};

/* The kernel's clone without a new stack; libc's fork has no CLONE_VFORK. */
static i64 host_clone(LThread *t, u64 flags)
{
#if defined(__s390x__)
	return HOST(t, SYS_clone, 0, flags);
#else
	return HOST(t, SYS_clone, flags);
#endif
}

/* The child has its own copy of memory in every case: a vfork that is a fork whose parent waits until the child has
 * executed a program or ended.  What a vfork child writes is not seen by its parent. */
static i64 fork_guest(LThread *t, u64 flags)
{
	XTask *x = t->task->x;

	xtask_before_fork(x);
	i64 pid = host_clone(t, flags & (GC_SIGNAL | GC_VFORK));
	if (pid != 0) {
		xtask_after_fork_parent(x);
		return pid;
	}
	xtask_after_fork(x);
	signal_after_fork(t);
	return 0;
}

i64 proc_fork(LThread *t, const u64 *a)
{
	return fork_guest(t, SIGCHLD);
}

i64 proc_vfork(LThread *t, const u64 *a)
{
	return fork_guest(t, SIGCHLD | GC_VFORK);
}

static void write_int(LThread *t, u64 at, i64 v)
{
	u8 raw[4];

	st32(raw, (u32)v);
	xguest_write(t->x, at, raw, 4);
}

static i64 set_tls(LThread *t, u64 at);

/* x86-64: flags, stack, parent's, child's, TLS; i386 has the last two the other way round. */
i64 proc_clone(LThread *t, const u64 *a)
{
	u64 child_tid = a[t->wide ? 3 : 4], tls = a[t->wide ? 4 : 3];

	if (a[0] & GC_THREAD || (a[0] & GC_VM && !(a[0] & GC_VFORK))) {
		call_missing(t, "clone", a[0]);
		return -ENOSYS;
	}
	i64 pid = fork_guest(t, a[0]);
	if (pid > 0 && a[0] & GC_PARENT_SETTID)
		write_int(t, a[2], pid);
	if (pid != 0)
		return pid;
	if (a[1])
		*xreg(t->x, 4) = a[1];
	if (a[0] & GC_SETTLS)
		set_tls(t, tls);
	if (a[0] & GC_CHILD_SETTID)
		write_int(t, child_tid, getpid());
	if (a[0] & GC_CHILD_CLEARTID)
		t->clear_tid = child_tid;
	return 0;
}

i64 proc_exit(LThread *t, const u64 *a)
{
	t->status = (int)a[0] & 0xff;
	if (t->task->o.strace)
		trace_call(t, t->raw, 0, false);
	return LR_END;
}

i64 proc_waitid(LThread *t, const u64 *a)
{
	siginfo_t si = {0};
	u8 raw[SIGINFO_SIZE];
	i64 r = HOST(t, SYS_waitid, a[0], a[1], &si, a[3], a[4]);

	if (r < 0 || !a[2])
		return r;
	siginfo_put(t->wide, &si, raw);
	return xguest_write(t->x, a[2], raw, SIGINFO_SIZE) ? r : -EFAULT;
}

/* ---- exec ------------------------------------------------------------------------------------------ */

enum { EXEC_STRINGS = 1 << 17, EXEC_BYTES = 2 << 20 };

typedef VEC(char *) Strings;

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
static void child_command(LThread *t, const char *path, const Strings *argv, Strings *out)
{
	vec_push(out, "pvm");
	for (char **o = t->task->o.inherit; o && *o; o++)
		vec_push(out, *o);
	vec_push(out, "--argv0");
	vec_push(out, argv->n ? argv->p[0] : "");
	vec_push(out, "--");
	vec_push(out, (char *)(uintptr_t)path);
	for (u32 i = 1; i < argv->n; i++)
		vec_push(out, argv->p[i]);
	vec_push(out, NULL);
}

static i64 execute(LThread *t, const char *path, const u64 *a, Arena *arena)
{
	Strings argv = {0}, envp = {0}, command = {0};
	size_t bytes = 0;
	i64 r = read_strings(t, a[1], arena, &bytes, &argv);

	if (r == 0)
		r = read_strings(t, a[2], arena, &bytes, &envp);
	if (r == 0)
		r = start_probe(t, path);
	if (r == 0) {
		for (u32 i = 0; i < envp.n; i++)
			envp.p[i] = hide(arena, envp.p[i]);
		vec_push(&envp, NULL);
		child_command(t, path, &argv, &command);
		if (t->task->o.strace)
			trace_call(t, t->raw, 0, false);
		r = HOST(t, SYS_execve, "/proc/self/exe", command.p, envp.p);
	}
	vec_free(&argv);
	vec_free(&envp);
	vec_free(&command);
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
	Arena *arena = arena_new();
	i64 r = execute(t, proc_is_exe(path) ? t->task->exe : path, a, arena);
	arena_free(arena);
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

i64 proc_getgroups(LThread *t, const u64 *a)
{
	gid_t ids[1024];
	i64 n = HOST(t, SYS_getgroups, MIN((i64)a[0], (i64)COUNT(ids)), ids);

	for (i64 i = 0; i < n && (i64)a[0] > 0; i++) {
		u8 raw[4];
		st32(raw, ids[i]);
		if (!xguest_write(t->x, a[1] + (u64)i * 4, raw, 4))
			return -EFAULT;
	}
	return n;
}

i64 proc_getaffinity(LThread *t, const u64 *a)
{
	u64 set[128] = {0};
	u8 raw[sizeof set];
	i64 n = HOST(t, SYS_sched_getaffinity, a[0], MIN(a[1], sizeof set) & ~7ull, set);

	if (n < 0)
		return n;
	for (i64 i = 0; i < n / 8; i++)
		st64(raw + 8 * i, set[i]);
	return xguest_write(t->x, a[2], raw, (size_t)n) ? n : -EFAULT;
}

i64 proc_getcpu(LThread *t, const u64 *a)
{
	return HOST(t, SYS_getcpu, a[0], a[1], 0);
}

/* ---- what threads tell the kernel --------------------------------------------------------------------- */

i64 proc_set_tid_address(LThread *t, const u64 *a)
{
	t->clear_tid = a[0];
	return HOST(t, SYS_gettid, 0);
}

/* Robust lists matter to other threads and processes only when this one dies holding a lock. */
i64 proc_set_robust_list(LThread *t, const u64 *a)
{
	return a[1] == (t->wide ? 24 : 12) ? 0 : -EINVAL;
}

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

/* The three descriptors that Linux keeps for a thread, at 12 to 14 as 64-bit kernels have them. */
enum { TLS_FIRST = 12, TLS_COUNT = 3 };

static i64 set_descriptor(LThread *t, struct LUserDesc *d)
{
	if (d->entry == ~0u) {
		d->entry = TLS_FIRST;
		while (d->entry < TLS_FIRST + TLS_COUNT && *xreg(t->x, XS_TLS + d->entry - TLS_FIRST))
			d->entry++;
		if (d->entry == TLS_FIRST + TLS_COUNT)
			return -ESRCH;
	}
	if (d->entry < TLS_FIRST || d->entry >= TLS_FIRST + TLS_COUNT)
		return -EINVAL;
	*xreg(t->x, XS_TLS + d->entry - TLS_FIRST) = 1ull << 32 | d->base;
	return 0;
}

i64 proc_set_thread_area(LThread *t, const u64 *a)
{
	return a[0] ? set_descriptor(t, hostp(a[0])) : -EFAULT;
}

static i64 set_tls(LThread *t, u64 at)
{
	struct LUserDesc d;

	if (t->wide) {
		*xreg(t->x, XS_BASE + XS_FS) = at;
		return 0;
	}
	if (layout_read(t, LK_user_desc, at, &d) < 0)
		return -EFAULT;
	i64 r = set_descriptor(t, &d);
	/* A selector that is loaded already sees the new base when it is loaded again; clone gives it at once. */
	if (r == 0 && *xreg(t->x, XS_SEL + XS_GS) >> 3 == d.entry)
		*xreg(t->x, XS_BASE + XS_GS) = d.base;
	return r;
}

i64 proc_prctl(LThread *t, const u64 *a)
{
	char name[16] = "";
	i64 r;

	switch ((i64)a[0]) {
	case PR_SET_NAME:
		r = xguest_string(t->x, a[1], name, sizeof name);
		name[15] = 0;
		return r == -1 ? -EFAULT : HOST(t, SYS_prctl, PR_SET_NAME, name);
	case PR_GET_NAME:
		r = HOST(t, SYS_prctl, PR_GET_NAME, name);
		return r < 0 || xguest_write(t->x, a[1], name, sizeof name) ? r : -EFAULT;
	case PR_GET_PDEATHSIG: {
		int sig = 0;
		u8 raw[4];
		r = HOST(t, SYS_prctl, PR_GET_PDEATHSIG, &sig);
		st32(raw, (u32)sig);
		return r < 0 || xguest_write(t->x, a[1], raw, 4) ? r : -EFAULT;
	}
	case PR_SET_PDEATHSIG: case PR_GET_DUMPABLE: case PR_SET_DUMPABLE: case PR_CAPBSET_READ: case PR_SET_NO_NEW_PRIVS:
	case PR_GET_NO_NEW_PRIVS: case PR_GET_KEEPCAPS: case PR_SET_KEEPCAPS: case PR_SET_CHILD_SUBREAPER: case PR_GET_SECCOMP:
	case PR_SET_TIMERSLACK: case PR_GET_TIMERSLACK:
		return HOST(t, SYS_prctl, a[0], a[1], a[2], a[3], a[4]);
	default:
		call_missing(t, "prctl", a[0]);
		return -EINVAL;
	}
}

/* Asking, and setting what is there already. */
i64 proc_personality(LThread *t, const u64 *a)
{
	enum { PER_LINUX = 0, PER_LINUX32 = 8 };

	return (u32)a[0] == ~0u || a[0] == PER_LINUX || a[0] == PER_LINUX32 ? PER_LINUX : -EINVAL;
}

/* ---- futex ----------------------------------------------------------------------------------------- */

/* Words of guest memory are the host kernel's to wait on, unless the host has the other byte order. */
static i64 futex(LThread *t, const u64 *a, LKind time_kind)
{
	int op = (int)a[1] & FUTEX_CMD_MASK;
	void *word = xguest_pin(t->x, a[0], 4, GP_READ);
	struct timespec ts;

	if (a[0] & 3)
		return -EINVAL;
	if (!word)
		return -EFAULT;
	switch (op) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
		if (a[3] && layout_read(t, time_kind, a[3], &ts) < 0)
			return -EFAULT;
		return HOST(t, SYS_futex, word, a[1], htole32((u32)a[2]), a[3] ? &ts : NULL, 0, a[5]);
	case FUTEX_WAKE:
	case FUTEX_WAKE_BITSET:
		return HOST(t, SYS_futex, word, a[1], a[2], 0, 0, a[5]);
	case FUTEX_REQUEUE:
	case FUTEX_CMP_REQUEUE: {
		void *other = xguest_pin(t->x, a[4], 4, GP_READ);
		return other ? HOST(t, SYS_futex, word, a[1], a[2], a[3], other, htole32((u32)a[5])) : -EFAULT;
	}
	default:
		call_missing(t, "futex", a[1]);
		return -ENOSYS;
	}
}

i64 proc_futex(LThread *t, const u64 *a)
{
	return futex(t, a, LK_timespec);
}

i64 proc_futex64(LThread *t, const u64 *a)
{
	return futex(t, a, LK_timespec64);
}
