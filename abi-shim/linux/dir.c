/* Directories and names.  Hosts that have only the *at calls serve the older ones by them. */
#include "layouts.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

i64 dir_mkdir(LThread *t, const u64 *a)
{
	return HOST(t, SYS_mkdirat, AT_FDCWD, a[0], a[1]);
}

i64 dir_rmdir(LThread *t, const u64 *a)
{
	return HOST(t, SYS_unlinkat, AT_FDCWD, a[0], AT_REMOVEDIR);
}

i64 dir_unlink(LThread *t, const u64 *a)
{
	return HOST(t, SYS_unlinkat, AT_FDCWD, a[0], 0);
}

i64 dir_rename(LThread *t, const u64 *a)
{
	return HOST(t, SYS_renameat2, AT_FDCWD, a[0], AT_FDCWD, a[1], 0);
}

i64 dir_renameat(LThread *t, const u64 *a)
{
	return HOST(t, SYS_renameat2, a[0], a[1], a[2], a[3], 0);
}

i64 dir_link(LThread *t, const u64 *a)
{
	return HOST(t, SYS_linkat, AT_FDCWD, a[0], AT_FDCWD, a[1], 0);
}

/* What a link says stays as the guest writes it. */
static i64 make_link(LThread *t, u64 text, i64 dir, u64 name)
{
	char to[PATH_SIZE];
	i64 n = xguest_string(t->x, text, to, sizeof to);

	if (n < 0)
		return n == -1 ? -EFAULT : -ENAMETOOLONG;
	return HOST(t, SYS_symlinkat, to, dir, name);
}

i64 dir_symlink(LThread *t, const u64 *a)
{
	return make_link(t, a[0], AT_FDCWD, a[1]);
}

i64 dir_symlinkat(LThread *t, const u64 *a)
{
	return make_link(t, a[0], (i64)a[1], a[2]);
}

static i64 read_link(LThread *t, i64 dir, u64 path, u64 out, u64 size)
{
	char cwd[PATH_SIZE];
	const char *exe = proc_is_exe(hostp(path)) ? t->task->exe : peer_exe(hostp(path), cwd) ? cwd : NULL;

	if ((i64)size <= 0)
		return -EINVAL;
	if (exe) {
		size_t n = MIN(strlen(exe), size);
		memcpy(hostp(out), exe, n);
		return (i64)n;
	}
	i64 r = HOST(t, SYS_readlinkat, dir, path, cwd, sizeof cwd);
	if (r <= 0)
		return r;
	/* Links of /proc name host files; what is below --root has a shorter name for the guest. */
	cwd[MIN((size_t)r, sizeof cwd - 1)] = 0;
	const char *name = strncmp(hostp(path), "/proc/", 6) == 0 ? path_guest(&t->task->o, cwd) : cwd;
	size_t n = MIN(strlen(name), size);
	memcpy(hostp(out), name, n);
	return (i64)n;
}

i64 dir_readlink(LThread *t, const u64 *a)
{
	return read_link(t, AT_FDCWD, a[0], a[1], a[2]);
}

i64 dir_readlinkat(LThread *t, const u64 *a)
{
	return read_link(t, (i64)a[0], a[1], a[2], a[3]);
}

i64 dir_mknod(LThread *t, const u64 *a)
{
	return HOST(t, SYS_mknodat, AT_FDCWD, a[0], a[1], a[2]);
}

i64 dir_getcwd(LThread *t, const u64 *a)
{
	char host[PATH_SIZE];
	i64 r = HOST(t, SYS_getcwd, host, sizeof host);

	if (r < 0)
		return r;
	const char *name = path_guest(&t->task->o, host);
	size_t n = strlen(name) + 1;
	if (n > a[1])
		return -ERANGE;
	return xguest_write(t->x, a[0], name, n) ? (i64)n : -EFAULT;
}

/* ---- mounting --------------------------------------------------------------------------------------- */

/* Sources are names of files only for some kinds of file systems; data is a string of at most a page. */
i64 dir_mount(LThread *t, const u64 *a)
{
	char from[PATH_SIZE], to[PATH_SIZE], kind[256] = "", data[GUEST_PAGE] = "";
	i64 r;

	if (a[0] && (r = path_read(t, a[0], true, from)) < 0)
		return r;
	if ((r = path_read(t, a[1], true, to)) < 0)
		return r;
	if (a[2] && xguest_string(t->x, a[2], kind, sizeof kind) < 0)
		return -EFAULT;
	if (a[4] && xguest_string(t->x, a[4], data, sizeof data) == -1)
		return -EFAULT;
	data[sizeof data - 1] = 0;
	return HOST(t, SYS_mount, a[0] ? from : NULL, to, a[2] ? kind : NULL, a[3], a[4] ? data : NULL);
}

/* ---- getdents -------------------------------------------------------------------------------------- */

/* The kernel's record of getdents64: as this host aligns it. */
struct Dirent {
	u64 ino, off;
	u16 reclen;
	u8 type;
	char name[];
};

/* i386's libc wants positions of 32 bits; ext4 gives 64-bit programs a hash of which its 32-bit callers get the upper
 * half. */
static u64 position(u64 off, bool wide)
{
	return wide || !(off >> 31) ? off : off >> 32;
}

static size_t put64(const struct Dirent *d, bool wide, u8 *out)
{
	st64(out, d->ino);
	st64(out + 8, position(d->off, wide));
	st16(out + 16, d->reclen);
	out[18] = d->type;
	memcpy(out + 19, d->name, d->reclen - 19u);
	return d->reclen;
}

/* The first getdents: words instead of 64 bits, and the type in the last byte. */
static size_t put_old(const struct Dirent *d, bool wide, u8 *out)
{
	u32 word = wide ? 8 : 4;
	u64 off = position(d->off, wide);
	size_t n = strlen(d->name), size = (2 * word + 2 + n + 2 + word - 1) & ~(size_t)(word - 1);

	memset(out, 0, size);
	for (u32 i = 0; i < word; i++) {
		out[i] = (u8)(d->ino >> 8 * i);
		out[word + i] = (u8)(off >> 8 * i);
	}
	st16(out + 2 * word, (u16)size);
	memcpy(out + 2 * word + 2, d->name, n);
	out[size - 1] = d->type;
	return size;
}

/* A directory in which the machine's own descriptors would show: /proc/PID/fd. */
static bool lists_descriptors(LThread *t, u64 fd)
{
	char link[64], path[64];

	if (t->task->trace_fd < 0 && t->task->o.pids_fd < 0)
		return false;
	snprintf(link, sizeof link, "/proc/self/fd/%d", (int)fd);
	ssize_t n = readlink(link, path, sizeof path - 1);
	path[MAX(n, 0)] = 0;
	return strncmp(path, "/proc/", 6) == 0 && n > 3 && strcmp(path + n - 3, "/fd") == 0;
}

/* Neither form is longer than the host's, so what fits there fits here. */
static i64 get_entries(LThread *t, const u64 *a, bool old)
{
	_Alignas(8) u8 host[32768];
	u8 guest[sizeof host];
	size_t n = 0;
	bool hides = lists_descriptors(t, a[0]);
	i64 r = HOST(t, SYS_getdents64, a[0], host, MIN((u32)a[2], sizeof host));

	for (i64 at = 0; at < r;) {
		const struct Dirent *d = (void *)(host + at);
		at += d->reclen;
		if (hides && call_hides(t->task, strtol(d->name, NULL, 10)))
			continue;
		n += old ? put_old(d, t->wide, guest + n) : put64(d, t->wide, guest + n);
	}
	if (r <= 0)
		return r;
	return xguest_write(t->x, a[1], guest, n) ? (i64)n : -EFAULT;
}

i64 dir_getdents(LThread *t, const u64 *a)
{
	return get_entries(t, a, true);
}

i64 dir_getdents64(LThread *t, const u64 *a)
{
	return get_entries(t, a, false);
}
