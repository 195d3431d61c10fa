/* kernel32: what keeps handles of one file apart: sharing modes, and locks of ranges.
 *
 * Locks are the host's, of the open file, and so known to all its processes; that others may not read or write there is
 * looked at here.  Sharing modes are this process's own. */
#include "handlers.h"
#include "filetime.h"

#include <fcntl.h>
#include <unistd.h>

/* ---- sharing -------------------------------------------------------------------------------------------- */

u32 share_access(u32 access)
{
	enum { GENERIC_WRITE = 0x40000000, GENERIC_ALL = 0x10000000, FILE_READ = 1, FILE_WRITE = 2, FILE_APPEND = 4, FILE_EXEC = 0x20, STD_DELETE = 0x10000 };
	u32 all = access & GENERIC_ALL ? SHARE_ALL : 0;

	return all | (access & (0x80000000u | FILE_READ | FILE_EXEC) ? SHARE_READ : 0) | (access & (GENERIC_WRITE | FILE_WRITE | FILE_APPEND) ? SHARE_WRITE : 0) |
		(access & STD_DELETE ? SHARE_DELETE : 0);
}

bool share_forbids(WTask *k, const struct stat *st, u32 access, u32 share)
{
	bool no = false;

	if (!access)
		return false;
	pthread_mutex_lock(&k->lock);
	for (u32 i = 0; i < k->handle.n && !no; i++) {
		const WObj *o = k->handle.p[i].o;
		if (o && o->kind == WK_FILE && o->ino == st->st_ino && o->dev == st->st_dev && o->access)
			no = access & ~o->share || (o->access & ~share);
	}
	pthread_mutex_unlock(&k->lock);
	return no;
}

/* ---- locks ---------------------------------------------------------------------------------------------- */

static bool any_lock; /* somebody here has locked something: before that, nothing is asked */

static struct flock range(int type, u64 at, u64 n)
{
	const u64 most = (u64)1 << 62;
	u64 end = n > most || at + n > most ? 0 : n; /* 0: to the end */

	return (struct flock){.l_type = (short)type, .l_whence = SEEK_SET, .l_start = (off_t)MIN(at, most), .l_len = (off_t)end};
}

bool lock_forbids(const WObj *o, i64 at, u64 n, bool write)
{
	struct flock f;

	if (!any_lock || !n || o->fd < 0)
		return false;
	f = range(write ? F_WRLCK : F_RDLCK, (u64)(at >= 0 ? at : lseek(o->fd, 0, SEEK_CUR)), n);
	return fcntl(o->fd, F_OFD_GETLK, &f) == 0 && f.l_type != F_UNLCK;
}

static u64 lock(WThread *t, u64 h, u64 flags, u64 at, u64 n)
{
	enum { AT_ONCE = 1, EXCLUSIVE = 2 };
	WObj *o = handle_get(t->task, h, WK_FILE);

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	bool writes = (fcntl(o->fd, F_GETFL) & O_ACCMODE) != O_RDONLY; /* without that, the host gives shared locks only */
	struct flock f = range(flags & EXCLUSIVE && writes ? F_WRLCK : F_RDLCK, at, n);
	any_lock = true;
	int r = !n ? 0 : fcntl(o->fd, flags & AT_ONCE ? F_OFD_SETLK : F_OFD_SETLKW, &f), e = errno;
	obj_drop(o);
	return r == 0 ? 1 : fail(t, e == EAGAIN || e == EACCES ? W_LOCK_VIOLATION : error_from_errno(e));
}

static u64 unlock(WThread *t, u64 h, u64 at, u64 n)
{
	WObj *o = handle_get(t->task, h, WK_FILE);
	struct flock f = range(F_UNLCK, at, n);

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	int r = fcntl(o->fd, F_OFD_SETLK, &f);
	obj_drop(o);
	return r == 0 ? 1 : fail_errno(t);
}

static u64 two(u64 low, u64 high) { return (u32)low | high << 32; }

static u64 start_of(WThread *t, u64 overlapped)
{
	u64 at = overlapped + (t->wide ? 16 : 8);

	return two(mem_u32(t, at), mem_u32(t, at + 4));
}

u64 w_LockFile(WThread *t, const u64 *a) { return lock(t, a[0], 3, two(a[1], a[2]), two(a[3], a[4])); }
u64 w_UnlockFile(WThread *t, const u64 *a) { return unlock(t, a[0], two(a[1], a[2]), two(a[3], a[4])); }
u64 w_LockFileEx(WThread *t, const u64 *a) { return lock(t, a[0], a[1], start_of(t, a[5]), two(a[3], a[4])); }
u64 w_UnlockFileEx(WThread *t, const u64 *a) { return unlock(t, a[0], start_of(t, a[4]), two(a[2], a[3])); }
