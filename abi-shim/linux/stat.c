/* What files are: owner, mode, times. */
#include "layouts.h"

#include <sys/syscall.h>

i64 stat_stat(LThread *t, const u64 *a)
{
	return HOST(t, SYS_newfstatat, AT_FDCWD, a[0], a[1], 0);
}

i64 stat_lstat(LThread *t, const u64 *a)
{
	return HOST(t, SYS_newfstatat, AT_FDCWD, a[0], a[1], AT_SYMLINK_NOFOLLOW);
}

i64 stat_statfs64(LThread *t, const u64 *a)
{
	return a[1] == 84 ? HOST(t, SYS_statfs, a[0], a[2]) : -EINVAL;
}

i64 stat_fstatfs64(LThread *t, const u64 *a)
{
	return a[1] == 84 ? HOST(t, SYS_fstatfs, a[0], a[2]) : -EINVAL;
}

i64 stat_chmod(LThread *t, const u64 *a)
{
	return HOST(t, SYS_fchmodat, AT_FDCWD, a[0], a[1]);
}

i64 stat_chown(LThread *t, const u64 *a)
{
	return HOST(t, SYS_fchownat, AT_FDCWD, a[0], a[1], a[2], 0);
}

i64 stat_lchown(LThread *t, const u64 *a)
{
	return HOST(t, SYS_fchownat, AT_FDCWD, a[0], a[1], a[2], AT_SYMLINK_NOFOLLOW);
}

/* ---- times ----------------------------------------------------------------------------------------- */

i64 stat_utime(LThread *t, const u64 *a)
{
	const struct utimbuf *u = hostp(a[1]);
	struct timespec ts[2] = {{0}};

	if (u) {
		ts[0].tv_sec = u->actime;
		ts[1].tv_sec = u->modtime;
	}
	return HOST(t, SYS_utimensat, AT_FDCWD, a[0], u ? ts : NULL, 0);
}

i64 stat_utimes(LThread *t, const u64 *a)
{
	u32 size = layout_size(LK_timeval, t->wide);
	struct timeval tv[2];
	struct timespec ts[2];

	for (u32 i = 0; a[1] && i < 2; i++) {
		if (layout_read(t, LK_timeval, a[1] + i * size, &tv[i]) < 0)
			return -EFAULT;
		if (tv[i].tv_usec < 0 || tv[i].tv_usec > 999999)
			return -EINVAL;
		ts[i] = (struct timespec){tv[i].tv_sec, tv[i].tv_usec * 1000};
	}
	return HOST(t, SYS_utimensat, AT_FDCWD, a[0], a[1] ? ts : NULL, 0);
}

i64 stat_futimesat(LThread *t, const u64 *a)
{
	u32 size = layout_size(LK_timeval, t->wide);
	char path[PATH_SIZE];
	struct timeval tv[2];
	struct timespec ts[2];
	i64 r = a[1] ? path_at(t, (i64)a[0], a[1], true, path) : 0;

	for (u32 i = 0; a[2] && i < 2; i++) {
		if (layout_read(t, LK_timeval, a[2] + i * size, &tv[i]) < 0)
			return -EFAULT;
		if (tv[i].tv_usec < 0 || tv[i].tv_usec > 999999)
			return -EINVAL;
		ts[i] = (struct timespec){tv[i].tv_sec, tv[i].tv_usec * 1000};
	}
	return r < 0 ? r : HOST(t, SYS_utimensat, a[0], a[1] ? path : NULL, a[2] ? ts : NULL, 0);
}

static i64 set_times(LThread *t, const u64 *a, LKind k)
{
	char path[PATH_SIZE];
	struct timespec ts[2];
	i64 r;

	for (u32 i = 0; a[2] && i < 2; i++)
		if (layout_read(t, k, a[2] + i * layout_size(k, t->wide), &ts[i]) < 0)
			return -EFAULT;
	if (a[1] && (r = path_at(t, (i64)a[0], a[1], !(a[3] & AT_SYMLINK_NOFOLLOW), path)) < 0)
		return r;
	return HOST(t, SYS_utimensat, a[0], a[1] ? path : NULL, a[2] ? ts : NULL, a[3]);
}

i64 stat_utimensat(LThread *t, const u64 *a)
{
	return set_times(t, a, LK_timespec);
}

i64 stat_utimensat64(LThread *t, const u64 *a)
{
	return set_times(t, a, LK_timespec64);
}
