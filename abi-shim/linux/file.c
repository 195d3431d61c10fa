/* Files by descriptor.  Descriptors are the host's own numbers. */
#include "layouts.h"

#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* ---- opening --------------------------------------------------------------------------------------- */

static i64 open_at(LThread *t, i64 dir, const char *path, u64 flags, u64 mode)
{
	i64 fd = proc_open(t, path, (int)flags);

	if (t->fresh && !(flags & O_CREAT))
		return -ENOENT;
	flags |= t->fresh ? O_NOFOLLOW : 0;
	return fd != -ENOSYS ? fd : HOST(t, SYS_openat, dir, path, flags, mode);
}

i64 file_open(LThread *t, const u64 *a)
{
	return open_at(t, AT_FDCWD, hostp(a[0]), a[1], a[2]);
}

i64 file_creat(LThread *t, const u64 *a)
{
	return open_at(t, AT_FDCWD, hostp(a[0]), O_CREAT | O_WRONLY | O_TRUNC, a[1]);
}

i64 file_openat(LThread *t, const u64 *a)
{
	char path[PATH_SIZE];
	bool follow = !(a[2] & O_NOFOLLOW) && (a[2] & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
	i64 r = path_at(t, (i64)a[0], a[1], follow, path);

	return r < 0 ? r : open_at(t, (i64)a[0], path, a[2], a[3]);
}

/* Numbers in an open_how that this kernel does not know are the host's to refuse. */
i64 file_openat2(LThread *t, const u64 *a)
{
	struct LOpenHow how = {0};
	u8 raw[GUEST_PAGE] = {0};
	char path[PATH_SIZE];

	if (a[3] < 24)
		return -EINVAL;
	if (a[3] > sizeof raw)
		return -E2BIG;
	if (!xguest_read(t->x, a[2], raw, a[3]))
		return -EFAULT;
	for (u64 i = 24; i < a[3]; i++)
		if (raw[i])
			return -E2BIG;
	layout_get(LK_open_how, t->wide, raw, &how);
	how.flags = flags_to_host("oflags", how.flags);
	i64 r = path_at(t, (i64)a[0], a[1], !(how.flags & O_NOFOLLOW), path);
	if (r < 0)
		return r;
	if (t->task->o.only_root) /* the name is one by a descriptor, a link of /proc */
		how.resolve &= ~(u64)(RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	if (t->fresh && !(how.flags & O_CREAT))
		return -ENOENT;
	how.flags |= t->fresh ? O_NOFOLLOW : 0;
	i64 fd = how.resolve ? -ENOSYS : proc_open(t, path, (int)how.flags);
	return fd != -ENOSYS ? fd : HOST(t, SYS_openat2, a[0], path, &how, sizeof how);
}

/* A handle of a file: two words and bytes that only the kernel knows. */
enum { HANDLE_HEAD = 8, HANDLE_MAX = 128 };

i64 file_name_to_handle(LThread *t, const u64 *a)
{
	struct { struct Two head; u8 bytes[HANDLE_MAX]; } h = {0};
	u8 raw[4];
	int mount = 0;

	if (layout_read(t, LK_handle, a[2], &h.head) < 0)
		return -EFAULT;
	if ((u32)h.head.a > HANDLE_MAX)
		return -EINVAL;
	u32 room = (u32)h.head.a;
	i64 r = HOST(t, SYS_name_to_handle_at, a[0], a[1], &h, &mount, a[4]);
	if (r < 0 && r != -EOVERFLOW)
		return r;
	st32(raw, (u32)mount);
	if (layout_write(t, LK_handle, a[2], &h.head) < 0 || !xguest_write(t->x, a[3], raw, 4))
		return -EFAULT;
	return r < 0 || xguest_write(t->x, a[2] + HANDLE_HEAD, h.bytes, MIN((u32)h.head.a, room)) ? r : -EFAULT;
}

i64 file_open_by_handle(LThread *t, const u64 *a)
{
	struct { struct Two head; u8 bytes[HANDLE_MAX]; } h = {0};

	if (layout_read(t, LK_handle, a[1], &h.head) < 0)
		return -EFAULT;
	if ((u32)h.head.a > HANDLE_MAX || !h.head.a)
		return -EINVAL;
	if (!xguest_read(t->x, a[1] + HANDLE_HEAD, h.bytes, (u32)h.head.a))
		return -EFAULT;
	return HOST(t, SYS_open_by_handle_at, a[0], &h, a[2]);
}

/* ---- reading and writing ------------------------------------------------------------------------------ */

/* Only i386 has it: the 64-bit offset comes high half first. */
i64 file_llseek(LThread *t, const u64 *a)
{
	u64 offset = pair64(a[1] >> 32, a[1] & 0xffffffff);
	i64 r = HOST(t, SYS_lseek, a[0], offset, a[3]);
	u8 raw[8];

	if (r < 0)
		return r;
	st64(raw, (u64)r);
	return xguest_write(t->x, a[2], raw, 8) ? 0 : -EFAULT;
}

i64 iov_one(LThread *t, u64 at, u64 i, struct LIovec *v)
{
	if (layout_read(t, LK_iovec, at + i * layout_size(LK_iovec, t->wide), v) < 0)
		return -EFAULT;
	return (i64)v->size < 0 ? -EINVAL : 0;
}

i64 iov_read(LThread *t, u64 at, u64 n, int prot, struct iovec *out)
{
	struct LIovec v;

	if (n > IOV_MAX_GUEST)
		return -EINVAL;
	for (u64 i = 0; i < n; i++) {
		i64 r = iov_one(t, at, i, &v);
		if (r < 0)
			return r;
		out[i].iov_len = (size_t)v.size;
		out[i].iov_base = v.size ? xguest_pin(t->x, v.at, v.size, prot) : NULL;
		if (v.size && !out[i].iov_base)
			return -EFAULT;
	}
	return 0;
}

/* That a descriptor is not open comes before other errors. */
static i64 fd_error(LThread *t, u64 fd, i64 error)
{
	return HOST(t, SYS_fcntl, fd, F_GETFD) == -EBADF ? -EBADF : error;
}

i64 file_readv(LThread *t, const u64 *a)
{
	struct iovec v[IOV_MAX_GUEST];
	i64 r = iov_read(t, a[1], (u32)a[2], GP_WRITE, v);

	return r < 0 ? fd_error(t, a[0], r) : HOST(t, SYS_readv, a[0], v, a[2]);
}

i64 file_writev(LThread *t, const u64 *a)
{
	struct iovec v[IOV_MAX_GUEST];
	i64 r = iov_read(t, a[1], (u32)a[2], GP_READ, v);

	return r < 0 ? fd_error(t, a[0], r) : HOST(t, SYS_writev, a[0], v, a[2]);
}

/* The position of preadv and pwritev: one word, or i386's two. */
static i64 transfer_at(LThread *t, const u64 *a, long nr, int prot, u64 flags)
{
	u64 at = t->wide ? a[3] : pair64(a[3], a[4]);
	struct iovec v[IOV_MAX_GUEST];
	i64 r = iov_read(t, a[1], (u32)a[2], prot, v);

	return r < 0 ? fd_error(t, a[0], r) : HOST(t, nr, a[0], v, a[2], at, 0, flags);
}

i64 file_preadv(LThread *t, const u64 *a) { return transfer_at(t, a, SYS_preadv, GP_WRITE, 0); }
i64 file_pwritev(LThread *t, const u64 *a) { return transfer_at(t, a, SYS_pwritev, GP_READ, 0); }
i64 file_preadv2(LThread *t, const u64 *a) { return transfer_at(t, a, SYS_preadv2, GP_WRITE, a[5]); }
i64 file_pwritev2(LThread *t, const u64 *a) { return transfer_at(t, a, SYS_pwritev2, GP_READ, a[5]); }

/* Pages of the guest go into the pipe, or bytes come out of it: which, the descriptor's mode says. */
i64 file_vmsplice(LThread *t, const u64 *a)
{
	struct iovec v[IOV_MAX_GUEST];
	i64 mode = HOST(t, SYS_fcntl, a[0], F_GETFL);
	i64 r = mode < 0 ? mode : iov_read(t, a[1], a[2], (mode & O_ACCMODE) == O_RDONLY ? GP_WRITE : GP_READ, v);

	return r < 0 ? r : HOST(t, SYS_vmsplice, a[0], v, a[2], a[3]);
}

/* ---- access ------------------------------------------------------------------------------------------ */

i64 file_access(LThread *t, const u64 *a)
{
	return HOST(t, SYS_faccessat, AT_FDCWD, a[0], a[1]);
}

/* ---- descriptors ------------------------------------------------------------------------------------- */

i64 file_pipe(LThread *t, const u64 *a)
{
	return HOST(t, SYS_pipe2, a[0], 0);
}

/* The machine's own descriptors get out of the way when the guest wants their numbers. */
static void yield_fd(LThread *t, i64 fd)
{
	LTask *k = t->task;

	if (fd >= 0 && fd == k->o.pids_fd)
		k->o.pids_fd = fcntl(k->o.pids_fd, F_DUPFD, k->o.pids_fd + 1);
	if (k->trace_fd < 0 || fd != k->trace_fd)
		return;
	k->trace_fd = fcntl(k->trace_fd, F_DUPFD_CLOEXEC, k->trace_fd + 1);
	fclose(k->trace);
	k->trace = k->trace_fd >= 0 ? fdopen(k->trace_fd, "w") : stderr;
}

static i64 duplicate(LThread *t, i64 from, i64 to, u64 flags)
{
	if (from == to)
		return flags == ~0ull ? (HOST(t, SYS_fcntl, from, F_GETFD) < 0 ? -EBADF : to) : -EINVAL;
	yield_fd(t, to);
	return HOST(t, SYS_dup3, from, to, flags == ~0ull ? 0 : flags);
}

i64 file_dup2(LThread *t, const u64 *a)
{
	return duplicate(t, (i64)a[0], (i64)a[1], ~0ull);
}

i64 file_dup3(LThread *t, const u64 *a)
{
	return duplicate(t, (i64)a[0], (i64)a[1], a[2]);
}

/* The machine's own descriptors stay: the range is taken in pieces around them. */
i64 file_close_range(LThread *t, const u64 *a)
{
	const i64 own[] = {t->task->trace_fd, t->task->o.pids_fd};
	u64 from = a[0], last = a[1];
	i64 r = 0;

	if (from > last)
		return -EINVAL;
	while (r >= 0 && from <= last) {
		u64 next = last + 1; /* the first hidden one from here on */
		for (u32 i = 0; i < COUNT(own); i++)
			if (own[i] >= 0 && (u64)own[i] >= from && (u64)own[i] < next)
				next = (u64)own[i];
		if (next > from)
			r = HOST(t, SYS_close_range, from, next - 1, a[2]);
		from = next + 1;
	}
	return r;
}

static i64 lock(LThread *t, const u64 *a, int host, LKind k)
{
	struct flock f;
	i64 r = layout_read(t, k, a[2], &f);

	if (r < 0)
		return r;
	r = HOST(t, SYS_fcntl, a[0], host, &f);
	return r < 0 || host != F_GETLK ? r : layout_write(t, k, a[2], &f);
}

/* F_GETOWN_EX and F_SETOWN_EX. */
static i64 owner(LThread *t, const u64 *a)
{
	bool set = a[1] == F_SETOWN_EX;
	struct Two who;
	i64 r = set ? layout_read(t, LK_owner_ex, a[2], &who) : 0;

	if (r == 0)
		r = HOST(t, SYS_fcntl, a[0], a[1], &who);
	return r < 0 || set ? r : layout_write(t, LK_owner_ex, a[2], &who);
}

/* Hints of how long what is written will live: one number of 64 bits. */
static i64 hint(LThread *t, const u64 *a)
{
	bool set = a[1] == F_SET_RW_HINT || a[1] == F_SET_FILE_RW_HINT;
	struct LOff v;
	i64 r = set ? layout_read(t, LK_off64, a[2], &v) : 0;

	if (r == 0)
		r = HOST(t, SYS_fcntl, a[0], a[1], &v);
	return r < 0 || set ? r : layout_write(t, LK_off64, a[2], &v);
}

i64 file_fcntl(LThread *t, const u64 *a)
{
	/* The guest's numbers, which are those of all Linux hosts but for the 64-bit locks of i386. */
	enum { GETLK64 = 12, SETLK64 = 13, SETLKW64 = 14, OFD_GETLK = 36, OFD_SETLKW = 38, SETOWN_EX = 15, GETOWN_EX,
		GET_RW_HINT = 1035, SET_RW_HINT, GET_FILE_RW_HINT, SET_FILE_RW_HINT };
	LKind wide_lock = t->wide ? LK_flock : LK_flock64;

	switch (a[1]) {
	case F_DUPFD: case F_DUPFD_CLOEXEC: case F_GETFD: case F_SETFD: case F_GETOWN: case F_SETOWN: case F_GETSIG: case F_SETSIG:
	case F_GETPIPE_SZ: case F_SETPIPE_SZ: case F_GET_SEALS: case F_ADD_SEALS: case F_GETLEASE: case F_SETLEASE:
		return HOST(t, SYS_fcntl, a[0], a[1], (i64)(i32)a[2]);
	case F_GETFL: {
		i64 r = HOST(t, SYS_fcntl, a[0], F_GETFL);
		return r < 0 ? r : (i64)flags_to_guest("oflags", (u64)r);
	}
	case F_SETFL:
		return HOST(t, SYS_fcntl, a[0], F_SETFL, flags_to_host("oflags", a[2]));
	case F_GETLK: case F_SETLK: case F_SETLKW:
		return lock(t, a, (int)a[1], LK_flock);
	case GETLK64: case SETLK64: case SETLKW64:
		return lock(t, a, F_GETLK + (int)(a[1] - GETLK64), wide_lock);
	case GETOWN_EX: case SETOWN_EX:
		return owner(t, a);
	case GET_RW_HINT: case SET_RW_HINT: case GET_FILE_RW_HINT: case SET_FILE_RW_HINT:
		return hint(t, a);
	case F_NOTIFY:
		return HOST(t, SYS_fcntl, a[0], a[1], a[2]);
	default:
		if (a[1] >= OFD_GETLK && a[1] <= OFD_SETLKW)
			return lock(t, a, (int)a[1], wide_lock);
		if (HOST(t, SYS_fcntl, a[0], F_GETFD) < 0)
			return -EBADF;
		call_missing(t, "fcntl", a[1]);
		return -EINVAL;
	}
}
