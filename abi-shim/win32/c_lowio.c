/* The C library's descriptors: _open, _read and their like, with text mode. */
#include "crt.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FDS = 2048 };
enum { O_W_WRONLY = 1, O_W_RDWR = 2, O_W_APPEND = 8, O_W_TEMPORARY = 0x40, O_W_CREAT = 0x100, O_W_TRUNC = 0x200, O_W_EXCL = 0x400, O_W_TEXT = 0x4000,
	O_W_BINARY = 0x8000, O_W_WTEXT = 0x10000, O_W_U16TEXT = 0x20000, O_W_U8TEXT = 0x40000 };

static CFd fds[FDS];
static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;

/* ---- the table -------------------------------------------------------------------------------------------- */

/* The first three are the process's standard handles. */
static void open_first(WThread *t)
{
	for (u32 i = 0; i < 3; i++) {
		WObj *o = handle_get(t->task, t->task->std[i], WK_NONE);
		fds[i] = (CFd){.used = o != NULL, .fd = o ? o->fd : -1, .handle = t->task->std[i]};
		if (o)
			obj_drop(o);
	}
}

static void init(WThread *t)
{
	static bool done;

	if (!done)
		open_first(t);
	done = true;
}

CFd *crt_fd_peek(u64 no)
{
	return no < FDS && fds[no].used ? &fds[no] : NULL;
}

CFd *crt_fd(WThread *t, u64 no)
{
	pthread_mutex_lock(&table);
	init(t);
	CFd *f = crt_fd_peek(no);
	pthread_mutex_unlock(&table);
	if (!f)
		crt_errno(t, EBADF);
	return f;
}

i32 crt_fd_new(WThread *t, int fd, u64 handle, u32 mode, bool append, const char *path)
{
	u32 i = 0;

	if (!handle) {
		WObj *o = obj_new(WK_FILE);
		o->fd = fd;
		o->path = path ? strdup(path) : NULL;
		handle = handle_new(t->task, o);
	}
	pthread_mutex_lock(&table);
	init(t);
	while (i < FDS && fds[i].used)
		i++;
	if (i < FDS)
		fds[i] = (CFd){.used = true, .fd = fd, .handle = handle, .mode = (u8)mode, .append = append};
	pthread_mutex_unlock(&table);
	if (i < FDS)
		return (i32)i;
	handle_close(t->task, handle);
	crt_errno(t, EMFILE);
	return -1;
}

bool crt_fd_close(WThread *t, u64 no)
{
	CFd *f = crt_fd(t, no);

	if (!f)
		return false;
	f->used = false;
	handle_close(t->task, f->handle);
	return true;
}

u32 crt_fmode(WThread *t)
{
	return mem_u32(t, crt_data(t, "_fmode")) & O_W_BINARY ? CM_BINARY : CM_TEXT;
}

static u32 mode_of(WThread *t, u32 flags)
{
	if (flags & O_W_BINARY)
		return CM_BINARY;
	if (flags & O_W_U8TEXT)
		return CM_UTF8;
	if (flags & (O_W_U16TEXT | O_W_WTEXT))
		return CM_UTF16;
	return flags & O_W_TEXT ? CM_TEXT : crt_fmode(t);
}

i32 crt_open(WThread *t, const char *name, u32 flags, u32 mode)
{
	char host[WIN_PATH];
	int how = flags & O_W_RDWR ? O_RDWR : flags & O_W_WRONLY ? O_WRONLY : O_RDONLY;
	struct stat st;

	how |= (flags & O_W_APPEND ? O_APPEND : 0) | (flags & O_W_CREAT ? O_CREAT : 0) | (flags & O_W_TRUNC ? O_TRUNC : 0) | (flags & O_W_EXCL ? O_EXCL : 0);
	if (!name || !path_to_host(t->task, name, host, sizeof host)) {
		crt_errno(t, ENOENT);
		return -1;
	}
	int fd = open(host, how | O_CLOEXEC, mode & 0x80 || !(flags & O_W_CREAT) ? 0666 : 0444);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		fd = -1;
		errno = EACCES;
	}
	if (fd < 0)
		return (i32)crt_fail(t);
	if (flags & O_W_TEMPORARY)
		unlink(host);
	return crt_fd_new(t, fd, 0, mode_of(t, flags), flags & O_W_APPEND, host);
}

/* ---- opening and closing ------------------------------------------------------------------------------------ */

static u64 open_as(WThread *t, const u64 *a, u32 mode)
{
	char *name = arg_string(t, a, 0);
	i32 no = crt_open(t, name, (u32)a[1], mode);

	free(name);
	return (u64)(i64)no;
}

/* The mode stands behind the named arguments only when the file may be made. */
u64 w_open(WThread *t, const u64 *a) { return open_as(t, a, a[1] & O_W_CREAT ? mem_u32(t, t->va) : 0); }
u64 w_sopen(WThread *t, const u64 *a) { return open_as(t, a, a[1] & O_W_CREAT ? mem_u32(t, t->va) : 0); }
u64 w_creat(WThread *t, const u64 *a) { return open_as(t, (u64[]){a[0], O_W_CREAT | O_W_TRUNC | O_W_RDWR}, (u32)a[1]); }

/* _sopen_s(descriptor, name, flags, share, mode) and the function that the headers call. */
u64 w_sopen_s(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 1);
	i32 no = crt_open(t, name, (u32)a[2], (u32)a[4]);

	free(name);
	mem_put_u32(t, a[0], (u32)no);
	return no < 0 ? mem_u32(t, w_errno(t, NULL)) : 0;
}

u64 w_sopen_dispatch(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0);
	i32 no = crt_open(t, name, (u32)a[1], (u32)a[3]);

	free(name);
	mem_put_u32(t, a[4], (u32)no);
	return no < 0 ? mem_u32(t, w_errno(t, NULL)) : 0;
}

u64 w_close(WThread *t, const u64 *a) { return crt_fd_close(t, a[0]) ? 0 : (u64)-1; }

static WObj *same_file(const CFd *f)
{
	WObj *o = obj_new(WK_FILE);

	o->fd = dup(f->fd);
	return o;
}

u64 w_dup(WThread *t, const u64 *a)
{
	const CFd *f = crt_fd(t, a[0]);

	if (!f)
		return (u64)-1;
	WObj *o = same_file(f);
	return (u64)(i64)crt_fd_new(t, o->fd, handle_new(t->task, o), f->mode, f->append, NULL);
}

/* The standard handles follow the first three descriptors. */
u64 w_dup2(WThread *t, const u64 *a)
{
	CFd *f = crt_fd(t, a[0]);

	if (!f || a[1] >= FDS) {
		crt_errno(t, EBADF);
		return (u64)-1;
	}
	if (a[0] == a[1])
		return 0;
	WObj *o = same_file(f);
	if (fds[a[1]].used)
		crt_fd_close(t, a[1]);
	fds[a[1]] = (CFd){.used = true, .fd = o->fd, .mode = f->mode, .append = f->append, .handle = handle_new(t->task, o)};
	if (a[1] < 3)
		t->task->std[a[1]] = fds[a[1]].handle;
	return 0;
}

u64 w_pipe(WThread *t, const u64 *a)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) != 0)
		return crt_fail(t);
	for (u32 i = 0; i < 2; i++)
		mem_put_u32(t, a[0] + 4 * i, (u32)crt_fd_new(t, p[i], 0, mode_of(t, (u32)a[2]), false, NULL));
	return 0;
}

u64 w_get_osfhandle(WThread *t, const u64 *a)
{
	const CFd *f = crt_fd(t, a[0]);

	return f ? f->handle : W_INVALID_HANDLE_VALUE;
}

u64 w_open_osfhandle(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_NONE);
	int fd = o ? o->fd : -1;

	if (o)
		obj_drop(o);
	if (fd < 0) {
		crt_errno(t, EBADF);
		return (u64)-1;
	}
	return (u64)(i64)crt_fd_new(t, fd, a[0], a[1] & O_W_TEXT ? CM_TEXT : mode_of(t, (u32)a[1]), a[1] & O_W_APPEND, NULL);
}

u64 w_setmode(WThread *t, const u64 *a)
{
	static const u32 number[] = {O_W_TEXT, O_W_BINARY, O_W_U8TEXT, O_W_U16TEXT};
	CFd *f = crt_fd(t, a[0]);

	if (!f)
		return (u64)-1;
	u64 old = number[f->mode];
	f->mode = (u8)mode_of(t, (u32)a[1]);
	return old;
}

u64 w_isatty(WThread *t, const u64 *a)
{
	const CFd *f = crt_fd(t, a[0]);

	return f && isatty(f->fd) ? 0x40 : 0;
}

/* ---- bytes -------------------------------------------------------------------------------------------------- */

static ssize_t read_raw(CFd *f, u8 *p, size_t n)
{
	ssize_t k;

	if (f->ahead && n) {
		p[0] = (u8)(f->ahead - 1);
		f->ahead = 0;
		return 1;
	}
	do
		k = read(f->fd, p, n);
	while (k < 0 && errno == EINTR);
	return k;
}

/* Takes "\r" of "\r\n" away, and what follows Ctrl-Z. */
static ssize_t to_text(CFd *f, u8 *p, ssize_t n)
{
	ssize_t out = 0;

	for (ssize_t i = 0; i < n; i++) {
		if (p[i] == 26) {
			f->eof = true;
			break;
		}
		if (p[i] == '\r' && i + 1 == n) {
			u8 next;
			ssize_t k = read_raw(f, &next, 1);
			if (k == 1 && next != '\n')
				f->ahead = next + 1;
			p[out++] = k == 1 && next == '\n' ? '\n' : '\r';
		} else if (p[i] != '\r' || p[i + 1] != '\n') {
			p[out++] = p[i];
		}
	}
	return out;
}

u64 w_read(WThread *t, const u64 *a)
{
	CFd *f = crt_fd(t, a[0]);

	if (!f)
		return (u64)-1;
	u8 *p = mem_out(t, a[1], a[2]);
	if (f->eof)
		return 0;
	ssize_t n = read_raw(f, p, a[2]);
	if (n < 0)
		return crt_fail(t);
	return (u64)(f->mode == CM_BINARY ? n : to_text(f, p, n));
}

static bool write_all(int fd, const u8 *p, size_t n)
{
	while (n) {
		ssize_t k = write(fd, p, n);
		if (k < 0 && errno != EINTR)
			return false;
		p += k > 0 ? k : 0;
		n -= k > 0 ? (size_t)k : 0;
	}
	return true;
}

u64 w_write(WThread *t, const u64 *a)
{
	CFd *f = crt_fd(t, a[0]);
	Buf out = {0};

	if (!f)
		return (u64)-1;
	const u8 *p = mem_in(t, a[1], a[2]);
	if (f->append)
		lseek(f->fd, 0, SEEK_END);
	for (u64 i = 0; f->mode != CM_BINARY && i < a[2]; i++) {
		if (p[i] == '\n')
			buf_u8(&out, '\r');
		buf_u8(&out, p[i]);
	}
	bool ok = write_all(f->fd, out.n ? out.p : p, out.n ? out.n : a[2]);
	buf_free(&out);
	return ok ? a[2] : crt_fail(t);
}

u64 w_lseek(WThread *t, const u64 *a)
{
	CFd *f = crt_fd(t, a[0]);
	off_t at = -1;

	if (!f)
		return (u64)-1;
	if (f->ahead)
		lseek(f->fd, -1, SEEK_CUR);
	f->ahead = 0;
	f->eof = false;
	if (a[2] > 2 || (at = lseek(f->fd, (off_t)a[1], (int)a[2])) < 0) {
		crt_errno(t, a[2] > 2 ? EINVAL : errno);
		return (u64)-1;
	}
	return (u64)at;
}

u64 w_tell(WThread *t, const u64 *a) { return w_lseek(t, (u64[]){a[0], 0, SEEK_CUR}); }

u64 w_filelength(WThread *t, const u64 *a)
{
	const CFd *f = crt_fd(t, a[0]);
	struct stat st;

	if (!f)
		return (u64)-1;
	return fstat(f->fd, &st) == 0 ? (u64)st.st_size : crt_fail(t);
}

u64 w_low_eof(WThread *t, const u64 *a)
{
	const CFd *f = crt_fd(t, a[0]);
	struct stat st;

	if (!f)
		return (u64)-1;
	off_t at = lseek(f->fd, 0, SEEK_CUR);
	return fstat(f->fd, &st) == 0 && at >= st.st_size;
}

u64 w_chsize(WThread *t, const u64 *a)
{
	const CFd *f = crt_fd(t, a[0]);

	if (!f)
		return (u64)-1;
	return ftruncate(f->fd, (off_t)a[1]) == 0 ? 0 : crt_fail(t);
}

/* _chsize_s gives the error itself. */
u64 w_chsize_s(WThread *t, const u64 *a)
{
	return w_chsize(t, a) ? mem_u32(t, w_errno(t, NULL)) : 0;
}

u64 w_commit(WThread *t, const u64 *a)
{
	const CFd *f = crt_fd(t, a[0]);

	if (!f)
		return (u64)-1;
	fsync(f->fd);
	return 0;
}

u64 w_locking(WThread *t, const u64 *a)
{
	const CFd *f = crt_fd(t, a[0]);

	if (!f)
		return (u64)-1;
	return lockf(f->fd, a[1] == 0 ? F_ULOCK : a[1] == 1 || a[1] == 3 ? F_LOCK : F_TLOCK, (off_t)a[2]) == 0 ? 0 : crt_fail(t);
}
