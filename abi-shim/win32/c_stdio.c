/* msvcrt: streams.  Text streams turn "\n" into "\r\n" and back, and end at Ctrl-Z, as Microsoft's do. */
#include "crt.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILES = 512, BINARY = 0x8000 };

/* The first three are in the table _iob, where old programs find them; others are on the heap. */
static CFile *file[FILES];
static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;

static u32 guest_size(const WThread *t)
{
	return t->wide ? 48 : 32;
}

static u64 file_number(const WThread *t)
{
	return t->wide ? 28 : 16;
}

/* ---- bytes --------------------------------------------------------------------------------------------- */

static bool write_out(CFile *f, const u8 *p, size_t n)
{
	while (n) {
		ssize_t k = write(f->fd, p, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return !(f->error = true);
		p += k;
		n -= (size_t)k;
	}
	return true;
}

bool crt_flush(CFile *f)
{
	bool ok = true;

	if (f->dirty)
		ok = write_out(f, f->buf, f->n);
	else if (f->n > f->at) /* what was read ahead */
		lseek(f->fd, -(off_t)(f->n - f->at), SEEK_CUR);
	f->n = f->at = 0;
	f->dirty = false;
	return ok;
}

void crt_flush_all(void)
{
	for (u32 i = 0; i < FILES; i++)
		if (file[i] && file[i]->fd >= 0 && file[i]->dirty)
			crt_flush(file[i]);
}

static bool put_byte(CFile *f, u8 c)
{
	if (!f->dirty)
		crt_flush(f);
	f->dirty = true;
	if (f->n == sizeof f->buf) {
		if (!crt_flush(f))
			return false;
		f->dirty = true;
	}
	f->buf[f->n++] = c;
	return true;
}

bool crt_put(CFile *f, const u8 *p, size_t n)
{
	bool ok = f->writes, line = false;

	for (size_t i = 0; ok && i < n; i++) {
		if (p[i] == '\n' && f->text)
			ok = put_byte(f, '\r');
		ok = ok && put_byte(f, p[i]);
		line |= p[i] == '\n';
	}
	if (!f->writes)
		f->error = true;
	return ok && (!f->line || !line || crt_flush(f));
}

static int get_byte(CFile *f)
{
	if (f->dirty)
		crt_flush(f);
	if (f->at == f->n) {
		ssize_t k = read(f->fd, f->buf, sizeof f->buf);
		f->at = 0;
		f->n = k > 0 ? (u32)k : 0;
		f->error |= k < 0;
		f->eof |= k == 0;
		if (k <= 0)
			return -1;
	}
	return f->buf[f->at++];
}

int crt_getc(CFile *f)
{
	int c;

	if (f->back) {
		c = f->back - 1;
		f->back = 0;
		return c;
	}
	if (!f->reads || (f->eof && f->text && f->at == f->n && !f->n))
		return -1;
	c = get_byte(f);
	if (!f->text)
		return c;
	if (c == 26) {
		f->eof = true;
		return -1;
	}
	if (c == '\r') {
		int next = get_byte(f);
		if (next == '\n')
			return next;
		if (next >= 0)
			f->at--;
	}
	return c;
}

/* ---- streams --------------------------------------------------------------------------------------------- */

static CFile *file_new(WThread *t, u32 i, int fd, u64 guest)
{
	CFile *f = file[i] ? file[i] : xcalloc(1, sizeof *f);

	*f = (CFile){.fd = fd, .guest = guest, .text = true};
	mem_put_u32(t, guest + file_number(t), i);
	return file[i] = f;
}

static void open_first(WThread *t)
{
	u64 iob = builtin_data(t->task, "msvcrt.dll", "_iob");

	for (u32 i = 0; i < 3; i++) {
		CFile *f = file_new(t, i, (int)i, iob + i * guest_size(t));
		f->reads = i == 0;
		f->writes = i > 0;
		f->line = i == 2 || isatty((int)i);
		if (!t->wide)
			mem_put_u32(t, f->guest + 12, i ? 2 : 1);
		else
			mem_put_u32(t, f->guest + 24, i ? 2 : 1);
	}
}

CFile *crt_file(WThread *t, u64 guest)
{
	pthread_mutex_lock(&table);
	if (!file[0])
		open_first(t);
	u32 i = mem_u32(t, guest + file_number(t));
	CFile *f = i < FILES && file[i] && file[i]->guest == guest && file[i]->fd >= 0 ? file[i] : NULL;
	pthread_mutex_unlock(&table);
	if (!f)
		crt_errno(t, EBADF);
	return f;
}

static CFile *by_number(WThread *t, u64 i)
{
	pthread_mutex_lock(&table);
	if (!file[0])
		open_first(t);
	CFile *f = i < FILES && file[i] && file[i]->fd >= 0 ? file[i] : NULL;
	pthread_mutex_unlock(&table);
	if (!f)
		crt_errno(t, EBADF);
	return f;
}

u64 w_iob_func(WThread *t, const u64 *a)
{
	u64 iob = builtin_data(t->task, "msvcrt.dll", "_iob");

	crt_file(t, iob);
	return iob;
}

static u64 stream(WThread *t, int fd, const char *mode)
{
	u64 guest = wheap_zalloc(t, guest_size(t));
	u32 i = 3;

	pthread_mutex_lock(&table);
	while (i < FILES && file[i] && file[i]->fd >= 0)
		i++;
	if (i == FILES || !guest) {
		pthread_mutex_unlock(&table);
		close(fd);
		crt_errno(t, EMFILE);
		return 0;
	}
	CFile *f = file_new(t, i, fd, guest);
	f->reads = *mode == 'r' || strchr(mode, '+');
	f->writes = *mode != 'r' || strchr(mode, '+');
	f->append = *mode == 'a';
	f->text = !strchr(mode, 'b');
	pthread_mutex_unlock(&table);
	return guest;
}

u64 w_fopen(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0), *mode = arg_string(t, a, 1), host[WIN_PATH];
	bool plus = mode && strchr(mode, '+');
	int flags = !mode ? -1 : *mode == 'r' ? (plus ? O_RDWR : O_RDONLY) : *mode == 'w' ? (plus ? O_RDWR : O_WRONLY) | O_CREAT | O_TRUNC :
		*mode == 'a' ? (plus ? O_RDWR : O_WRONLY) | O_CREAT | O_APPEND : -1;
	u64 r = 0;
	int fd = -1;

	crt_file(t, builtin_data(t->task, "msvcrt.dll", "_iob"));
	if (flags < 0)
		crt_errno(t, EINVAL);
	else if (!name || !path_to_host(t->task, name, host, sizeof host))
		crt_errno(t, ENOENT);
	else if ((fd = open(host, flags | O_CLOEXEC, 0666)) < 0)
		crt_errno(t, errno);
	if (fd >= 0)
		r = stream(t, fd, mode);
	free(name);
	free(mode);
	return r;
}

u64 w_fclose(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[0]);

	if (!f)
		return (u64)-1;
	bool ok = crt_flush(f);
	ok &= close(f->fd) == 0;
	f->fd = -1;
	return ok ? 0 : (u64)-1;
}

u64 w_fflush(WThread *t, const u64 *a)
{
	if (!a[0]) {
		crt_flush_all();
		return 0;
	}
	CFile *f = crt_file(t, a[0]);
	return f && crt_flush(f) ? 0 : (u64)-1;
}

u64 w_fread(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[3]);
	u64 n, k = 0;
	int c;

	if (!f || !a[1] || __builtin_mul_overflow(a[1], a[2], &n) || !n)
		return 0;
	u8 *to = mem_out(t, a[0], n);
	while (k < n && (c = crt_getc(f)) >= 0)
		to[k++] = (u8)c;
	return k / a[1];
}

u64 w_fwrite(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[3]);
	u64 n;

	if (!f || !a[1] || __builtin_mul_overflow(a[1], a[2], &n))
		return 0;
	return crt_put(f, mem_in(t, a[0], n), n) ? a[2] : 0;
}

u64 w_fgetc(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[0]);

	return f ? (u64)(i64)crt_getc(f) : (u64)-1;
}

u64 w_getchar(WThread *t, const u64 *a)
{
	return (u64)(i64)crt_getc(by_number(t, 0));
}

u64 w_ungetc(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[1]);

	if (!f || (i32)a[0] < 0)
		return (u64)-1;
	f->back = (u8)a[0] + 1;
	f->eof = false;
	return (u8)a[0];
}

u64 w_fgets(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[2]);
	u64 n = 0;
	int c = 0;

	if (!f || (i64)a[1] <= 0)
		return 0;
	char *to = mem_out(t, a[0], a[1]);
	while (n + 1 < a[1] && c != '\n' && (c = crt_getc(f)) >= 0)
		to[n++] = (char)c;
	if (!n && a[1] > 1)
		return 0;
	to[n] = 0;
	return a[0];
}

static u64 put_char(CFile *f, u64 v)
{
	u8 c = (u8)v;

	return f && crt_put(f, &c, 1) ? c : (u64)-1;
}

u64 w_fputc(WThread *t, const u64 *a) { return put_char(crt_file(t, a[1]), a[0]); }
u64 w_putchar(WThread *t, const u64 *a) { return put_char(by_number(t, 1), a[0]); }

u64 w_fputs(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[1]);
	u64 n = mem_strlen(t, a[0]);

	return f && crt_put(f, mem_in(t, a[0], n), n) ? 0 : (u64)-1;
}

u64 w_puts(WThread *t, const u64 *a)
{
	CFile *f = by_number(t, 1);
	u64 n = mem_strlen(t, a[0]);

	return f && crt_put(f, mem_in(t, a[0], n), n) && crt_put(f, (const u8 *)"\n", 1) ? 0 : (u64)-1;
}

/* ---- positions ------------------------------------------------------------------------------------------------ */

u64 w_fseek(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[0]);

	if (!f || !crt_flush(f) || a[2] > 2 || lseek(f->fd, (off_t)a[1], (int)a[2]) < 0) {
		crt_errno(t, EINVAL);
		return (u64)-1;
	}
	f->eof = false;
	f->back = 0;
	return 0;
}

u64 w_ftell(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[0]);
	off_t at = f ? lseek(f->fd, 0, SEEK_CUR) : -1;

	if (at < 0)
		return (u64)-1;
	return (u64)at + (f->dirty ? f->n : 0) - (f->dirty ? 0 : f->n - f->at) - (f->back != 0);
}

u64 w_rewind(WThread *t, const u64 *a)
{
	w_fseek(t, (u64[]){a[0], 0, 0});
	return w_clearerr(t, a);
}

u64 w_feof(WThread *t, const u64 *a)
{
	const CFile *f = crt_file(t, a[0]);

	return f && f->eof;
}

u64 w_ferror(WThread *t, const u64 *a)
{
	const CFile *f = crt_file(t, a[0]);

	return f && f->error;
}

u64 w_clearerr(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[0]);

	if (f)
		f->eof = f->error = false;
	return 0;
}

u64 w_fileno(WThread *t, const u64 *a)
{
	return crt_file(t, a[0]) ? mem_u32(t, a[0] + file_number(t)) : (u64)-1;
}

u64 w_setmode(WThread *t, const u64 *a)
{
	CFile *f = by_number(t, a[0]);

	if (!f)
		return (u64)-1;
	u64 old = f->text ? 0x4000 : BINARY;
	f->text = !(a[1] & BINARY);
	return old;
}

u64 w_isatty(WThread *t, const u64 *a)
{
	const CFile *f = by_number(t, a[0]);

	return f && isatty(f->fd) ? 0x40 : 0;
}

u64 w_get_osfhandle(WThread *t, const u64 *a)
{
	return a[0] < 3 ? t->task->std[a[0]] : W_INVALID_HANDLE_VALUE;
}

u64 w_remove(WThread *t, const u64 *a)
{
	char *name = mem_str(t, a[0]), host[WIN_PATH];
	bool ok = path_to_host(t->task, name, host, sizeof host) && unlink(host) == 0;

	free(name);
	if (!ok)
		crt_errno(t, errno);
	return ok ? 0 : (u64)-1;
}

u64 w_rename(WThread *t, const u64 *a)
{
	char *from = mem_str(t, a[0]), *to = mem_str(t, a[1]), host[WIN_PATH], other[WIN_PATH];
	bool ok = path_to_host(t->task, from, host, sizeof host) && path_to_host(t->task, to, other, sizeof other) &&
		access(other, F_OK) != 0 && rename(host, other) == 0;

	free(from);
	free(to);
	if (!ok)
		crt_errno(t, errno ? errno : EEXIST);
	return ok ? 0 : (u64)-1;
}

/* ---- formatted ---------------------------------------------------------------------------------------------------- */

static u64 print(WThread *t, CFile *f, u64 format, u64 va)
{
	char *s = mem_str(t, format);
	Buf out = {0};

	crt_format(t, s, va, &out);
	bool ok = f && crt_put(f, out.p, out.n);
	u64 n = out.n;
	buf_free(&out);
	free(s);
	return ok ? n : (u64)-1;
}

u64 w_printf(WThread *t, const u64 *a) { return print(t, by_number(t, 1), a[0], t->va); }
u64 w_vprintf(WThread *t, const u64 *a) { return print(t, by_number(t, 1), a[0], a[1]); }
u64 w_fprintf(WThread *t, const u64 *a) { return print(t, crt_file(t, a[0]), a[1], t->va); }
u64 w_vfprintf(WThread *t, const u64 *a) { return print(t, crt_file(t, a[0]), a[1], a[2]); }

/* As _snprintf: no NUL when the text just fits, -1 when it does not. */
static u64 to_memory(WThread *t, u64 at, u64 room, u64 format, u64 va, bool bounded)
{
	char *s = mem_str(t, format);
	Buf out = {0};

	crt_format(t, s, va, &out);
	u64 n = out.n;
	buf_u8(&out, 0);
	u64 put = bounded ? MIN(n + 1, room) : n + 1;
	if (put)
		memcpy(mem_out(t, at, put), out.p, put);
	buf_free(&out);
	free(s);
	return bounded && n > room ? (u64)-1 : n;
}

u64 w_sprintf(WThread *t, const u64 *a) { return to_memory(t, a[0], 0, a[1], t->va, false); }
u64 w_vsprintf(WThread *t, const u64 *a) { return to_memory(t, a[0], 0, a[1], a[2], false); }
u64 w_snprintf(WThread *t, const u64 *a) { return to_memory(t, a[0], a[1], a[2], t->va, true); }
u64 w_vsnprintf(WThread *t, const u64 *a) { return to_memory(t, a[0], a[1], a[2], a[3], true); }
