/* kernel32: handles, files, directories, the console. */
#include "handlers.h"
#include "filetime.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
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

u64 w_CloseHandle(WThread *t, const u64 *a)
{
	return (i64)a[0] < 0 || handle_close(t->task, a[0]) ? 1 : fail(t, W_INVALID_HANDLE);
}

u64 w_DuplicateHandle(WThread *t, const u64 *a)
{
	enum { CLOSE_SOURCE = 1 };
	WObj *o = handle_get(t->task, a[1], WK_NONE);

	if (a[0] != W_INVALID_HANDLE_VALUE || a[2] != W_INVALID_HANDLE_VALUE) {
		if (o)
			obj_drop(o);
		return fail(t, W_NOT_SUPPORTED);
	}
	if (!o && a[1] == (u64)-2 && t->obj) {
		o = t->obj;
		obj_keep(o);
	}
	if (!o)
		return fail(t, W_INVALID_HANDLE);
	if (a[3])
		mem_put_word(t, a[3], handle_new(t->task, o));
	else
		obj_drop(o);
	if (a[6] & CLOSE_SOURCE)
		handle_close(t->task, a[1]);
	return 1;
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
enum { GENERIC_WRITE = 0x40000000, GENERIC_ALL = 0x10000000, FILE_APPEND = 4, FILE_WRITE = 2, DELETE_ON_CLOSE = 0x04000000, BACKUP = 0x02000000 };

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

/* The whole way to a file that is not there: a missing directory is another error than a missing file. */
static u32 open_error(const char *host, int e)
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
	int fd = open(host, open_flags((u32)a[1], (u32)a[4]), 0666);

	if (fd < 0) {
		error_set(t, open_error(host, errno));
		return W_INVALID_HANDLE_VALUE;
	}
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && !(a[5] & BACKUP)) {
		close(fd);
		error_set(t, W_ACCESS_DENIED);
		return W_INVALID_HANDLE_VALUE;
	}
	WObj *o = obj_new(WK_FILE);
	o->fd = fd;
	o->path = strdup(host);
	o->dir = S_ISDIR(st.st_mode);
	o->append = (a[1] & FILE_APPEND) && !(a[1] & (GENERIC_WRITE | FILE_WRITE));
	o->delete_on_close = a[5] & DELETE_ON_CLOSE;
	error_set(t, there && (a[4] == CREATE_ALWAYS || a[4] == OPEN_ALWAYS) ? W_ALREADY_EXISTS : 0);
	return handle_new(t->task, o);
}

u64 w_CreateFile(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0), host[WIN_PATH];

	if (!name || a[4] < CREATE_NEW || a[4] > TRUNCATE_EXISTING) {
		free(name);
		error_set(t, W_INVALID_PARAMETER);
		return W_INVALID_HANDLE_VALUE;
	}
	if (strcmp(name, "CONIN$") == 0 || strcmp(name, "CONOUT$") == 0)
		strcpy(host, "/dev/tty");
	else if (!path_to_host(t->task, name, host, sizeof host))
		host[0] = 0;
	free(name);
	return host[0] ? open_host(t, host, a) : bad_name(t);
}

/* ---- reading and writing ------------------------------------------------------------------------------------ */

/* Where an OVERLAPPED says, or -1 for the file's own position. */
static i64 offset_of(WThread *t, u64 overlapped)
{
	u64 at = overlapped + (t->wide ? 16 : 8);

	return overlapped ? (i64)(mem_u32(t, at) | (u64)mem_u32(t, at + 4) << 32) : -1;
}

/* Overlapped files are done at once: the result is in the OVERLAPPED when the call comes back. */
static u64 finish(WThread *t, i64 n, u64 count, u64 overlapped)
{
	if (count)
		mem_put_u32(t, count, n < 0 ? 0 : (u32)n);
	if (overlapped) {
		mem_put_word(t, overlapped, n < 0 ? 0xc0000001 : 0);
		mem_put_word(t, overlapped + (t->wide ? 8 : 4), n < 0 ? 0 : (u64)n);
	}
	return n < 0 ? fail_errno(t) : 1;
}

u64 w_ReadFile(WThread *t, const u64 *a)
{
	WObj *o = file_of(t, a[0]);
	i64 at, n;

	if (!o)
		return 0;
	at = offset_of(t, a[4]);
	void *p = mem_out(t, a[1], a[2]);
	do
		n = at >= 0 && o->path ? pread(o->fd, p, a[2], at) : read(o->fd, p, a[2]);
	while (n < 0 && errno == EINTR);
	if (n > 0 || (n == 0 && !a[4]))
		port_done(t, o, a[4], (u32)n);
	bool pipe_end = n == 0 && a[2] && !o->path && !o->console && lseek(o->fd, 0, SEEK_CUR) < 0;
	obj_drop(o);
	finish(t, n, a[3], a[4]);
	if (pipe_end)
		return fail(t, W_BROKEN_PIPE);
	if (n == 0 && a[2] && a[4])
		return fail(t, W_HANDLE_EOF);
	return n >= 0;
}

static i64 write_all(const WObj *o, const u8 *p, u64 n, i64 at)
{
	u64 done = 0;

	while (done < n) {
		ssize_t k = at >= 0 ? pwrite(o->fd, p + done, n - done, at + (i64)done) : write(o->fd, p + done, n - done);
		if (k < 0 && errno != EINTR)
			return done ? (i64)done : -1;
		done += k > 0 ? (u64)k : 0;
	}
	return (i64)done;
}

u64 w_WriteFile(WThread *t, const u64 *a)
{
	WObj *o = file_of(t, a[0]);

	if (!o)
		return 0;
	i64 at = o->path ? offset_of(t, a[4]) : -1;
	if (o->append)
		lseek(o->fd, 0, SEEK_END);
	i64 n = write_all(o, mem_in(t, a[1], a[2]), a[2], at);
	if (n >= 0)
		port_done(t, o, a[4], (u32)n);
	obj_drop(o);
	return finish(t, n, a[3], a[4]);
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
		error_set(t, open_error(host, errno));
		return (u32)NONE;
	}
	return file_attributes(host, &st);
}

u64 w_DeleteFile(WThread *t, const u64 *a)
{
	char host[WIN_PATH];

	return arg_path(t, a, 0, host) && (unlink(host) == 0 || fail(t, open_error(host, errno)));
}

u64 w_CreateDirectory(WThread *t, const u64 *a)
{
	char host[WIN_PATH];

	return arg_path(t, a, 0, host) && (mkdir(host, 0777) == 0 || fail(t, errno == EEXIST ? W_ALREADY_EXISTS : open_error(host, errno)));
}

u64 w_RemoveDirectory(WThread *t, const u64 *a)
{
	char host[WIN_PATH];

	return arg_path(t, a, 0, host) && (rmdir(host) == 0 || fail(t, open_error(host, errno)));
}

u64 w_MoveFileEx(WThread *t, const u64 *a)
{
	enum { REPLACE = 1 };
	char from[WIN_PATH], to[WIN_PATH];

	if (!arg_path(t, a, 0, from) || !arg_path(t, a, 1, to))
		return 0;
	if (!(a[2] & REPLACE) && access(to, F_OK) == 0)
		return fail(t, W_ALREADY_EXISTS);
	return rename(from, to) == 0 || fail(t, open_error(from, errno));
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

	return arg_path(t, a, 0, host) && (chdir(host) == 0 || fail(t, open_error(host, errno)));
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

/* What was done is in the OVERLAPPED: all operations are complete when their call comes back. */
u64 w_GetOverlappedResult(WThread *t, const u64 *a)
{
	u64 word = t->wide ? 8 : 4;

	mem_put_u32(t, a[2], (u32)mem_word(t, a[1] + word));
	return mem_word(t, a[1]) ? fail(t, W_IO_DEVICE) : 1;
}

/* ---- the console -------------------------------------------------------------------------------------------------------- */

u64 w_GetConsoleMode(WThread *t, const u64 *a)
{
	enum { INPUT_MODE = 0x1f7, OUTPUT_MODE = 7 };
	WObj *o = file_of(t, a[0]);

	if (!o)
		return 0;
	bool tty = isatty(o->fd), input = o->fd == 0;
	obj_drop(o);
	if (!tty)
		return fail(t, W_INVALID_HANDLE);
	mem_put_u32(t, a[1], input ? INPUT_MODE : OUTPUT_MODE);
	return 1;
}

u64 w_SetConsoleMode(WThread *t, const u64 *a)
{
	WObj *o = file_of(t, a[0]);
	bool tty = o && isatty(o->fd);

	if (o)
		obj_drop(o);
	return tty ? 1 : fail(t, W_INVALID_HANDLE);
}

static u64 write_text(WThread *t, const u64 *a, const char *s, size_t n)
{
	WObj *o = file_of(t, a[0]);

	if (!o)
		return 0;
	i64 done = write_all(o, (const u8 *)s, n, -1);
	obj_drop(o);
	if (a[3])
		mem_put_u32(t, a[3], (u32)a[2]);
	return done < 0 ? fail_errno(t) : 1;
}

u64 w_WriteConsole(WThread *t, const u64 *a)
{
	return write_text(t, a, mem_in(t, a[1], a[2]), a[2]);
}

u64 w_WriteConsoleW(WThread *t, const u64 *a)
{
	char *s = mem_wstrn(t, a[1], a[2]);
	u64 r = write_text(t, a, s, strlen(s));

	free(s);
	return r;
}
