/* kernel32: handles, files, directories, the console. */
#include "async.h"
#include "handlers.h"
#include "filetime.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- handles ------------------------------------------------------------------------------------------ */

u64 w_GetStdHandle(WThread *t, const u64 *a)
{
	i64 i = -10 - (i64)a[0]; /* -10 input, -11 output, -12 error */

	if (i < 0 || i > 2) {
		error_set(t, W_INVALID_HANDLE);
		return W_INVALID_HANDLE_VALUE;
	}
	return t->task->std[i];
}

u64 w_SetStdHandle(WThread *t, const u64 *a)
{
	i64 i = -10 - (i64)a[0];

	if (i < 0 || i > 2)
		return fail(t, W_INVALID_HANDLE);
	t->task->std[i] = a[1];
	mem_put_word(t, t->task->params + (t->wide ? 0x20 + 8 * (u64)i : 0x18 + 4 * (u64)i), a[1]);
	return 1;
}

void inherit_by(WThread *t, u64 h, u64 attributes)
{
	u32 now;

	if (attributes && mem_u32(t, attributes + (t->wide ? 16 : 8)))
		handle_flags(t->task, h, HANDLE_INHERIT, HANDLE_INHERIT, &now);
}

static WObj *file_of(WThread *t, u64 h)
{
	WObj *o = handle_get(t->task, h, WK_FILE);

	if (!o)
		error_set(t, W_INVALID_HANDLE);
	return o;
}

WObj *file_stat(WThread *t, u64 h, struct stat *st)
{
	WObj *o = file_of(t, h);

	if (o && fstat(o->fd, st) != 0) {
		fail_errno(t);
		obj_drop(o);
		return NULL;
	}
	return o;
}

u64 w_GetFileType(WThread *t, const u64 *a)
{
	enum { UNKNOWN, DISK, CHAR, PIPE };
	struct stat st;
	WObj *o = file_stat(t, a[0], &st);

	if (!o)
		return UNKNOWN;
	obj_drop(o);
	error_set(t, 0);
	return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ? DISK : S_ISCHR(st.st_mode) ? CHAR : PIPE;
}

/* ---- opening ---------------------------------------------------------------------------------------------- */

enum { CREATE_NEW = 1, CREATE_ALWAYS, OPEN_EXISTING, OPEN_ALWAYS, TRUNCATE_EXISTING };
#define GENERIC_READ 0x80000000u
enum { GENERIC_WRITE = 0x40000000, GENERIC_ALL = 0x10000000, FILE_APPEND = 4, FILE_WRITE = 2, DELETE_ON_CLOSE = 0x04000000, BACKUP = 0x02000000, OVERLAPPED = 0x40000000 };

static int open_flags(u32 access, u32 how)
{
	static const int create[] = {0, O_CREAT | O_EXCL, O_CREAT | O_TRUNC, 0, O_CREAT, O_TRUNC};
	bool writes = access & (GENERIC_WRITE | GENERIC_ALL | FILE_APPEND | FILE_WRITE), reads = access & (GENERIC_READ | GENERIC_ALL | 1);

	return (writes ? reads ? O_RDWR : O_WRONLY : O_RDONLY) | create[how] | O_CLOEXEC;
}

static u64 bad_name(WThread *t)
{
	error_set(t, W_PATH_NOT_FOUND);
	return W_INVALID_HANDLE_VALUE;
}

u32 path_error(const char *host, int e)
{
	char dir[WIN_PATH];

	if (e != ENOENT)
		return error_from_errno(e);
	snprintf(dir, sizeof dir, "%s", host);
	char *slash = strrchr(dir, '/');
	if (slash && slash > dir)
		*slash = 0;
	return access(dir, F_OK) == 0 ? W_FILE_NOT_FOUND : W_PATH_NOT_FOUND;
}

static u64 open_host(WThread *t, const char *host, const u64 *a)
{
	bool there = access(host, F_OK) == 0;
	struct stat st;
	u32 access_ = share_access((u32)a[1]);

	if (stat(host, &st) == 0 && share_forbids(t->task, &st, access_, (u32)a[2])) {
		error_set(t, W_SHARING_VIOLATION);
		return W_INVALID_HANDLE_VALUE;
	}
	int fd = open(host, open_flags((u32)a[1], (u32)a[4]), 0666);
	if (fd < 0) {
		error_set(t, path_error(host, errno));
		return W_INVALID_HANDLE_VALUE;
	}
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && !(a[5] & BACKUP)) {
		close(fd);
		error_set(t, W_ACCESS_DENIED);
		return W_INVALID_HANDLE_VALUE;
	}
	WObj *o = obj_file(fd, host);
	o->dir = S_ISDIR(st.st_mode);
	o->ino = st.st_ino;
	o->dev = st.st_dev;
	o->access = access_;
	o->share = (u32)a[2];
	o->overlapped = a[5] & OVERLAPPED;
	o->append = (a[1] & FILE_APPEND) && !(a[1] & (GENERIC_WRITE | FILE_WRITE));
	o->delete_on_close = a[5] & DELETE_ON_CLOSE;
	error_set(t, there && (a[4] == CREATE_ALWAYS || a[4] == OPEN_ALWAYS) ? W_ALREADY_EXISTS : 0);
	u64 h = handle_new(t->task, o);
	inherit_by(t, h, a[3]);
	return h;
}

static u64 open_pipe(WThread *t, const char *name, const u64 *a)
{
	WObj *o = pipe_open(t, name, (u32)a[5]);

	if (!o)
		return W_INVALID_HANDLE_VALUE;
	u64 h = handle_new(t->task, o);
	inherit_by(t, h, a[3]);
	return h;
}

static u64 open_console(WThread *t, bool input)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		error_set(t, W_FILE_NOT_FOUND);
		return W_INVALID_HANDLE_VALUE;
	}
	WObj *o = obj_file(fd, NULL);
	o->input = input;
	return handle_new(t->task, o);
}

static u64 create_file(WThread *t, const char *name, const u64 *a)
{
	char host[WIN_PATH];
	const char *pipe;
	bool console = strcasecmp(name, "CONIN$") == 0 || strcasecmp(name, "CONOUT$") == 0 || strcasecmp(name, "CON") == 0;

	if (a[4] < CREATE_NEW || a[4] > TRUNCATE_EXISTING) {
		error_set(t, W_INVALID_PARAMETER);
		return W_INVALID_HANDLE_VALUE;
	}
	if (console)
		return open_console(t, strlen(name) == 3 ? !(share_access((u32)a[1]) & SHARE_WRITE) : (name[3] | 32) == 'i');
	if (pipe_name(name, &pipe))
		return open_pipe(t, pipe, a);
	return path_to_host(t->task, name, host, sizeof host) ? open_host(t, host, a) : bad_name(t);
}

u64 file_create(WThread *t, const char *name, u32 access, u32 share, u32 how, u32 flags)
{
	return create_file(t, name, (u64[]){0, access, share, 0, how, flags, 0});
}

u64 w_CreateFile(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0);
	u64 h = create_file(t, name ? name : "", a);

	free(name);
	return h;
}

/* An open file once more, with other rights: handle, access, sharing, flags. */
u64 w_ReOpenFile(WThread *t, const u64 *a)
{
	WObj *o = file_of(t, a[0]);

	if (!o)
		return W_INVALID_HANDLE_VALUE;
	u64 h = o->path ? open_host(t, o->path, (u64[]){0, a[1], a[2], 0, OPEN_EXISTING, a[3], 0}) : bad_name(t);
	obj_drop(o);
	return h;
}

/* ---- reading and writing ------------------------------------------------------------------------------------ */

/* Where an OVERLAPPED says, or -1 for the file's own position. */
static i64 offset_of(WThread *t, u64 overlapped)
{
	u64 at = overlapped + (t->wide ? 16 : 8);

	return overlapped ? (i64)(mem_u32(t, at) | (u64)mem_u32(t, at + 4) << 32) : -1;
}

/* A stream's bytes, without waiting. */
static i64 read_now(WThread *t, WAsync *p)
{
	void *to = mem_out(t, p->at, p->size);
	struct pollfd v = {.fd = p->o->fd, .events = POLLIN};
	i64 n;

	if (p->o->pipe)
		return pipe_read(p->o, to, p->size, false);
	if (poll(&v, 1, 0) == 0)
		return -EAGAIN;
	n = read(p->o->fd, to, p->size);
	return n < 0 ? errno == EINTR ? -EAGAIN : -errno : n || p->o->socket ? n : -EPIPE;
}

static i64 write_now(WThread *t, WAsync *p)
{
	const u8 *from = mem_in(t, p->at, p->size);
	bool socket = p->o->pipe || p->o->socket;
	struct pollfd v = {.fd = p->o->fd, .events = POLLOUT};

	while (p->arg[0] < p->size) {
		if (!socket && poll(&v, 1, 0) == 0)
			return -EAGAIN;
		ssize_t n = socket ? send(p->o->fd, from + p->arg[0], p->size - p->arg[0], MSG_DONTWAIT | MSG_NOSIGNAL)
			: write(p->o->fd, from + p->arg[0], p->size - p->arg[0]);
		if (n < 0 && errno != EINTR)
			return -errno;
		p->arg[0] += n > 0 ? (u64)n : 0;
	}
	return (i64)p->size;
}

/* Waits for bytes of a stream; -errno, -EPIPE at its end. */
static i64 read_stream(WObj *o, void *p, u64 n)
{
	ssize_t r;

	if (o->pipe)
		return pipe_read(o, p, n, true);
	do
		r = read(o->fd, p, n);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r || !n || o->console || o->socket ? r : -EPIPE;
}

static i64 read_file(WObj *o, void *p, u64 n, i64 at)
{
	ssize_t r;

	if (lock_forbids(o, at, n, false))
		return -EWOULDBLOCK;
	do
		r = at >= 0 ? pread(o->fd, p, n, at) : read(o->fd, p, n);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r;
}

/* What was done, or -errno: to where the count goes and to the OVERLAPPED. */
static u64 finish(WThread *t, WAsync *p, i64 n, u64 count)
{
	if (count)
		mem_put_u32(t, count, n < 0 ? 0 : (u32)n);
	async_done(t, p, n, false);
	return n >= 0 ? 1 : fail(t, n == -EWOULDBLOCK ? W_LOCK_VIOLATION : async_error((int)-n));
}

static u64 read_by(WThread *t, WObj *o, const u64 *a, u64 apc)
{
	WAsync p = {.o = o, .fd = o->fd, .events = POLLIN, .go = read_now, .overlapped = a[4], .at = a[1], .size = a[2], .apc = apc, .caller = t};
	i64 at = offset_of(t, a[4]), n;

	if (o->stream && a[4] && o->overlapped)
		return async_start(t, &p, a[3]);
	if (o->console && o->fd >= 0)
		n = console_read(t, o, mem_out(t, a[1], a[2]), a[2]);
	else
		n = o->stream ? read_stream(o, mem_out(t, a[1], a[2]), a[2]) : read_file(o, mem_out(t, a[1], a[2]), a[2], at);
	if (n == 0 && a[2] && a[4] && !o->stream) { /* nobody is told of that */
		mem_put_word(t, a[4], 0xc0000011);
		if (a[3])
			mem_put_u32(t, a[3], 0);
		return fail(t, W_HANDLE_EOF);
	}
	u64 r = finish(t, &p, n, a[3]);
	return r && pipe_more(o) ? fail(t, W_MORE_DATA) : r;
}

u64 w_ReadFile(WThread *t, const u64 *a)
{
	WObj *o = file_of(t, a[0]);

	if (!o)
		return 0;
	u64 r = read_by(t, o, a, 0);
	obj_drop(o);
	return r;
}

static i64 write_all(const WObj *o, const u8 *p, u64 n, i64 at)
{
	u64 done = 0;

	while (done < n) {
		ssize_t k = at >= 0 ? pwrite(o->fd, p + done, n - done, at + (i64)done) : write(o->fd, p + done, n - done);
		if (k < 0 && errno != EINTR)
			return done ? (i64)done : -errno;
		done += k > 0 ? (u64)k : 0;
	}
	return (i64)done;
}

static u64 write_by(WThread *t, WObj *o, const u64 *a, u64 apc)
{
	WAsync p = {.o = o, .fd = o->fd, .events = POLLOUT, .go = write_now, .overlapped = a[4], .at = a[1], .size = a[2], .apc = apc, .caller = t};
	i64 at = o->stream ? -1 : offset_of(t, a[4]), n;

	if (o->stream && a[4] && o->overlapped)
		return async_start(t, &p, a[3]);
	if (o->append)
		lseek(o->fd, 0, SEEK_END);
	if (!o->stream && lock_forbids(o, at, a[2], true))
		n = -EWOULDBLOCK;
	else
		n = write_all(o, mem_in(t, a[1], a[2]), a[2], at);
	u64 r = finish(t, &p, n, a[3]);
	return n == -EPIPE ? fail(t, W_NO_DATA) : r;
}

u64 w_WriteFile(WThread *t, const u64 *a)
{
	WObj *o = file_of(t, a[0]);

	if (!o)
		return 0;
	u64 r = write_by(t, o, a, 0);
	obj_drop(o);
	return r;
}

/* With a completion routine, which the thread runs when it next waits alertably. */
static u64 with_routine(WThread *t, const u64 *a, u64 (*by)(WThread *, WObj *, const u64 *, u64))
{
	const u64 args[] = {a[0], a[1], a[2], 0, a[3]};
	WObj *o = file_of(t, a[0]);

	if (!o)
		return 0;
	u64 r = by(t, o, args, a[4]);
	obj_drop(o);
	return r || error_get(t) == W_IO_PENDING;
}

u64 w_ReadFileEx(WThread *t, const u64 *a) { return with_routine(t, a, read_by); }
u64 w_WriteFileEx(WThread *t, const u64 *a) { return with_routine(t, a, write_by); }

u64 w_SetFileCompletionNotificationModes(WThread *t, const u64 *a)
{
	WObj *o = file_of(t, a[0]);

	if (!o)
		return 0;
	o->skip_port = a[1] & 1;
	obj_drop(o);
	return 1;
}

u64 w_FlushFileBuffers(WThread *t, const u64 *a)
{
	WObj *o = file_of(t, a[0]);

	if (!o)
		return 0;
	if (o->path)
		fsync(o->fd);
	obj_drop(o);
	return 1;
}

/* ---- positions -------------------------------------------------------------------------------------------------- */

static i64 seek(WThread *t, u64 h, i64 by, u64 whence)
{
	WObj *o = file_of(t, h);

	if (!o)
		return -1;
	i64 at = whence > 2 ? (errno = EINVAL, -1) : lseek(o->fd, by, (int)whence);
	obj_drop(o);
	if (at < 0)
		error_set(t, errno == EINVAL ? W_NEGATIVE_SEEK : error_from_errno(errno));
	return at;
}

u64 w_SetFilePointer(WThread *t, const u64 *a)
{
	i64 by = a[2] ? (i64)((u32)a[1] | (u64)mem_u32(t, a[2]) << 32) : (i64)a[1];
	i64 at = seek(t, a[0], by, a[3]);

	if (at < 0)
		return 0xffffffff;
	if (a[2])
		mem_put_u32(t, a[2], (u32)((u64)at >> 32));
	error_set(t, 0);
	return (u32)at;
}

u64 w_SetFilePointerEx(WThread *t, const u64 *a)
{
	i64 at = seek(t, a[0], (i64)a[1], a[3]);

	if (at >= 0 && a[2])
		mem_put_u64(t, a[2], (u64)at);
	return at >= 0;
}

static bool size_of(WThread *t, u64 h, u64 *size)
{
	struct stat st;
	WObj *o = file_stat(t, h, &st);

	if (!o)
		return false;
	bool ok = S_ISREG(st.st_mode);
	obj_drop(o);
	*size = ok ? (u64)st.st_size : 0;
	return ok || fail(t, W_INVALID_FUNCTION);
}

u64 w_GetFileSize(WThread *t, const u64 *a)
{
	u64 n;

	if (!size_of(t, a[0], &n))
		return 0xffffffff;
	if (a[1])
		mem_put_u32(t, a[1], (u32)(n >> 32));
	error_set(t, 0);
	return (u32)n;
}

u64 w_GetFileSizeEx(WThread *t, const u64 *a)
{
	u64 n;

	if (!size_of(t, a[0], &n))
		return 0;
	mem_put_u64(t, a[1], n);
	return 1;
}

u64 w_SetEndOfFile(WThread *t, const u64 *a)
{
	WObj *o = file_of(t, a[0]);

	if (!o)
		return 0;
	i64 at = lseek(o->fd, 0, SEEK_CUR);
	bool ok = at >= 0 && ftruncate(o->fd, at) == 0;
	obj_drop(o);
	return ok ? 1 : fail_errno(t);
}

/* ---- names -------------------------------------------------------------------------------------------------------- */

bool arg_path(WThread *t, const u64 *a, u32 i, char *out)
{
	char *name = arg_string(t, a, i);
	bool ok = name && name[0] && path_to_host(t->task, name, out, WIN_PATH);

	free(name);
	if (!ok)
		error_set(t, W_PATH_NOT_FOUND);
	return ok;
}

u64 w_GetFileAttributes(WThread *t, const u64 *a)
{
	enum { NONE = -1 };
	char host[WIN_PATH];
	struct stat st;

	if (!arg_path(t, a, 0, host))
		return (u32)NONE;
	if (stat(host, &st) != 0) {
		error_set(t, path_error(host, errno));
		return (u32)NONE;
	}
	return file_attributes(host, &st);
}

u64 w_DeleteFile(WThread *t, const u64 *a)
{
	char host[WIN_PATH];
	struct stat st;

	if (!arg_path(t, a, 0, host))
		return 0;
	if (lstat(host, &st) != 0)
		return fail(t, path_error(host, errno));
	if (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && !(st.st_mode & 0222)))
		return fail(t, W_ACCESS_DENIED);
	if (share_forbids(t->task, &st, SHARE_DELETE, SHARE_ALL))
		return fail(t, W_SHARING_VIOLATION);
	return unlink(host) == 0 || fail(t, path_error(host, errno));
}

u64 w_CreateDirectory(WThread *t, const u64 *a)
{
	char host[WIN_PATH];

	return arg_path(t, a, 0, host) && (mkdir(host, 0777) == 0 || fail(t, errno == EEXIST ? W_ALREADY_EXISTS : path_error(host, errno)));
}

u64 w_RemoveDirectory(WThread *t, const u64 *a)
{
	char host[WIN_PATH];

	return arg_path(t, a, 0, host) && (rmdir(host) == 0 || fail(t, path_error(host, errno)));
}

u64 w_MoveFileEx(WThread *t, const u64 *a)
{
	enum { REPLACE = 1 };
	char from[WIN_PATH], to[WIN_PATH];
	struct stat st;

	if (!arg_path(t, a, 0, from) || !arg_path(t, a, 1, to))
		return 0;
	if (!(a[2] & REPLACE) && access(to, F_OK) == 0 && strcasecmp(from, to) != 0)
		return fail(t, W_ALREADY_EXISTS);
	if (lstat(from, &st) == 0 && share_forbids(t->task, &st, SHARE_DELETE, SHARE_ALL))
		return fail(t, W_SHARING_VIOLATION);
	if (stat(to, &st) == 0 && S_ISREG(st.st_mode) && share_forbids(t->task, &st, SHARE_DELETE, SHARE_ALL))
		return fail(t, W_ACCESS_DENIED);
	return rename(from, to) == 0 || fail(t, path_error(from, errno));
}

/* The usual result of functions that fill a buffer: the length, or what room is needed. */
static u64 put_path(WThread *t, u64 at, u64 room, const char *s)
{
	u64 n = out_string(t, at, room, s);

	return n < room ? n : n + 1;
}

u64 w_GetCurrentDirectory(WThread *t, const u64 *a)
{
	char host[WIN_PATH], guest[WIN_PATH];

	if (!getcwd(host, sizeof host))
		return fail_errno(t);
	path_to_guest(host, guest, sizeof guest);
	return put_path(t, a[1], a[0], guest);
}

u64 w_SetCurrentDirectory(WThread *t, const u64 *a)
{
	char host[WIN_PATH];

	return arg_path(t, a, 0, host) && (chdir(host) == 0 || fail(t, path_error(host, errno)));
}

u64 w_GetFullPathName(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0), full[WIN_PATH];

	if (!name || !path_full(t->task, name, full, sizeof full)) {
		free(name);
		return fail(t, W_INVALID_NAME);
	}
	free(name);
	u64 n = put_path(t, a[2], a[1], full);
	if (a[3] && n < a[1]) { /* where the last part begins */
		const char *slash = strrchr(full, '\\');
		size_t before = slash ? (size_t)(slash + 1 - full) : 0;
		mem_put_word(t, a[3], !slash || !slash[1] ? 0 : a[2] + (row_wide(t) ? 2 * text_to_wide(full, before, NULL, 0) : before));
	}
	return n;
}

u64 w_GetTempPath(WThread *t, const u64 *a)
{
	return put_path(t, a[1], a[0], "Z:\\tmp\\");
}

u64 w_GetSystemDirectory(WThread *t, const u64 *a) { return put_path(t, a[0], a[1], "C:\\windows\\system32"); }
u64 w_GetWindowsDirectory(WThread *t, const u64 *a) { return put_path(t, a[0], a[1], "C:\\windows"); }
