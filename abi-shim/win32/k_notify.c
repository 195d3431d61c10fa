/* kernel32: changes of directories, told by the host's inotify. */
#include "async.h"
#include "handlers.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { NAME = 1, DIR_NAME = 2, ATTRIBUTES = 4, SIZE = 8, LAST_WRITE = 0x10, LAST_ACCESS = 0x20, CREATION = 0x40, SECURITY = 0x100 };
enum { ADDED = 1, REMOVED, MODIFIED, OLD_NAME, NEW_NAME };

static u32 mask_of(u64 filter)
{
	u32 m = IN_ONLYDIR;

	if (filter & (NAME | DIR_NAME | CREATION))
		m |= IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
	if (filter & (SIZE | LAST_WRITE))
		m |= IN_MODIFY | IN_CLOSE_WRITE;
	if (filter & (ATTRIBUTES | SECURITY))
		m |= IN_ATTRIB;
	if (filter & LAST_ACCESS)
		m |= IN_ACCESS;
	return m;
}

static int watch(const char *dir, u64 filter)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd >= 0 && inotify_add_watch(fd, dir, mask_of(filter)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* ---- with names: one FILE_NOTIFY_INFORMATION an event ------------------------------------------------------ */

static u32 action(u32 mask)
{
	return mask & IN_CREATE ? ADDED : mask & IN_DELETE ? REMOVED : mask & IN_MOVED_FROM ? OLD_NAME : mask & IN_MOVED_TO ? NEW_NAME : MODIFIED;
}

/* Its size, 0 when it does not fit. */
static u32 put_event(u8 *p, u64 room, const struct inotify_event *e)
{
	size_t n = strlen(e->name), units = text_to_wide(e->name, n, NULL, 0);
	u32 size = (u32)((12 + 2 * units + 3) & ~(size_t)3);

	if (size > room)
		return 0;
	memset(p, 0, size);
	st32(p + 4, action(e->mask));
	st32(p + 8, (u32)(2 * units));
	text_to_wide(e->name, n, p + 12, units);
	return size;
}

static i64 read_changes(WThread *t, WAsync *p)
{
	_Alignas(struct inotify_event) char raw[4096];
	u8 *to = mem_out(t, p->at, p->size);
	u32 at = 0, last = 0;
	ssize_t n = read(p->fd, raw, sizeof raw);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : -errno;
	for (char *s = raw; s < raw + n; s += sizeof(struct inotify_event) + ((struct inotify_event *)(void *)s)->len) {
		const struct inotify_event *e = (const struct inotify_event *)(const void *)s;
		if (!e->len || e->mask & IN_CLOSE_WRITE)
			continue;
		u32 size = put_event(to + at, p->size - at, e);
		if (!size)
			break;
		if (at)
			st32(to + last, at - last);
		last = at;
		at += size;
	}
	return at ? (i64)at : -EAGAIN;
}

u64 w_ReadDirectoryChangesW(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_FILE);
	u64 r;

	if (!o || !o->dir || !o->path) {
		if (o)
			obj_drop(o);
		return fail(t, W_INVALID_HANDLE);
	}
	if (!o->watch)
		o->watch = watch(o->path, a[4]) + 1; /* it lives as long as the directory is open */
	WAsync p = {.o = o, .fd = o->watch - 1, .events = POLLIN, .go = read_changes, .overlapped = a[6], .at = a[1], .size = a[2], .apc = a[7]};
	if (p.fd < 0)
		r = fail_errno(t);
	else if (a[6])
		r = async_start(t, &p, a[5]) || error_get(t) == W_IO_PENDING;
	else {
		struct pollfd v = {.fd = p.fd, .events = POLLIN};
		i64 n;
		while ((n = read_changes(t, &p)) == -EAGAIN)
			poll(&v, 1, -1);
		r = n < 0 ? fail(t, error_from_errno((int)-n)) : 1;
		mem_put_u32(t, a[5], n < 0 ? 0 : (u32)n);
	}
	obj_drop(o);
	return r;
}

/* ---- without: an object that is there when something has changed -------------------------------------------------- */

u64 w_FindFirstChangeNotification(WThread *t, const u64 *a)
{
	char host[WIN_PATH];

	if (!arg_path(t, a, 0, host))
		return W_INVALID_HANDLE_VALUE;
	int fd = watch(host, a[2]);
	if (fd < 0) {
		fail_errno(t);
		return W_INVALID_HANDLE_VALUE;
	}
	WObj *o = obj_new(WK_NOTIFY);
	o->fd = fd;
	return handle_new(t->task, o);
}

bool notify_take(WObj *o, bool only_look)
{
	struct pollfd v = {.fd = o->fd, .events = POLLIN};

	if (!o->signaled)
		o->signaled = poll(&v, 1, 0) > 0;
	return o->signaled;
}

/* Forgets what has been told. */
u64 w_FindNextChangeNotification(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_NOTIFY);
	char raw[4096];

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	if (o->signaled && read(o->fd, raw, sizeof raw) < 0 && errno != EAGAIN) {
		obj_drop(o);
		return fail_errno(t);
	}
	o->signaled = false;
	obj_drop(o);
	return 1;
}

u64 w_FindCloseChangeNotification(WThread *t, const u64 *a)
{
	return handle_close(t->task, a[0]) ? 1 : fail(t, W_INVALID_HANDLE);
}
