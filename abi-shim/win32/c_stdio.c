/* The C library's streams: their buffers, text mode, and the functions of bytes.  Text streams turn "\n" into "\r\n" and
 * back, and end at Ctrl-Z, as Microsoft's do. */
#include "crt.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 512 };

/* The first three are in the table _iob, where old programs find them; others are on the heap. */
static CFile *file[FILES];
static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;

static u32 guest_size(const WThread *t) { return t->wide ? 48 : 32; }
static u64 number_place(const WThread *t) { return t->wide ? 28 : 16; }

/* A stream's descriptor; the first three need not be open. */
static CFd *fd_of(const CFile *f) { return crt_fd_peek((u64)(i64)f->no); }

/* ---- bytes --------------------------------------------------------------------------------------------- */

static bool write_out(CFile *f, const u8 *p, size_t n)
{
	const CFd *d = fd_of(f);

	if (d && d->append)
		lseek(d->fd, 0, SEEK_END);
	while (d && n) {
		ssize_t k = write(d->fd, p, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return !(f->error = true);
		p += k;
		n -= (size_t)k;
	}
	return d != NULL;
}

bool crt_flush(CFile *f)
{
	bool ok = true;

	if (f->dirty) {
		ok = write_out(f, f->buf, f->n);
	} else if (f->n > f->at) { /* what was read ahead */
		const CFd *d = fd_of(f);
		if (d && lseek(d->fd, -(off_t)(f->n - f->at), SEEK_CUR) < 0)
			return true; /* a pipe: what was read stays */
	}
	f->n = f->at = 0;
	f->dirty = false;
	return ok;
}

/* A stream that a thread waits in for input has nothing to be written. */
void crt_flush_all(void)
{
	for (u32 i = 0; i < FILES; i++) {
		CFile *f = file[i];
		if (!f || f->no < 0 || !f->dirty || pthread_mutex_trylock(&f->lock) != 0)
			continue;
		crt_flush(f);
		pthread_mutex_unlock(&f->lock);
	}
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

/* Much at once goes around the buffer. */
static bool put_binary(CFile *f, const u8 *p, size_t n)
{
	if (n >= sizeof f->buf)
		return crt_flush(f) && write_out(f, p, n);
	for (size_t i = 0; i < n; i++)
		if (!put_byte(f, p[i]))
			return false;
	return true;
}

bool crt_put(CFile *f, const u8 *p, size_t n)
{
	const CFd *d = fd_of(f);
	bool ok = f->writes && d, line = false;

	if (ok && d->mode == CM_BINARY) {
		ok = put_binary(f, p, n);
		line = f->line && memchr(p, '\n', n);
	} else {
		for (size_t i = 0; ok && i < n; i++) {
			if (p[i] == '\n')
				ok = put_byte(f, '\r');
			ok = ok && put_byte(f, p[i]);
			line |= p[i] == '\n';
		}
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
		const CFd *d = fd_of(f);
		ssize_t k = d ? read(d->fd, f->buf, sizeof f->buf) : -1;
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
	const CFd *d = fd_of(f);
	int c;

	if (f->back) {
		c = f->back - 1;
		f->back = 0;
		return c;
	}
	bool text = d && d->mode != CM_BINARY;
	if (!f->reads || (f->eof && text && f->at == f->n && !f->n))
		return -1;
	c = get_byte(f);
	if (!text)
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

static CFile *file_new(WThread *t, u32 i, i32 no, u64 guest)
{
	CFile *f = file[i];
	pthread_mutexattr_t a;

	if (!f) {
		f = xcalloc(1, sizeof *f);
		pthread_mutexattr_init(&a);
		pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
		pthread_mutex_init(&f->lock, &a);
		pthread_mutexattr_destroy(&a);
	}
	pthread_mutex_t lock = f->lock;
	*f = (CFile){.lock = lock, .no = no, .guest = guest};
	mem_put_u32(t, guest + number_place(t), i);
	return file[i] = f;
}

static void open_first(WThread *t)
{
	u64 iob = crt_data(t, "_iob");

	crt_fd(t, 0); /* the table of descriptors is there from here on */
	for (u32 i = 0; i < 3; i++) {
		CFile *f = file_new(t, i, (i32)i, iob + i * guest_size(t));
		f->reads = i == 0;
		f->writes = i > 0;
		f->line = i == 2 || isatty((int)i);
		mem_put_u32(t, f->guest + (t->wide ? 24 : 12), i ? 2 : 1);
	}
}

u64 crt_iob(WThread *t, u32 i)
{
	pthread_mutex_lock(&table);
	if (!file[0])
		open_first(t);
	pthread_mutex_unlock(&table);
	return crt_data(t, "_iob") + i * guest_size(t);
}

CFile *crt_file(WThread *t, u64 guest)
{
	crt_iob(t, 0);
	u32 i = guest ? mem_u32(t, guest + number_place(t)) : FILES;
	CFile *f = i < FILES && file[i] && file[i]->guest == guest && file[i]->no >= 0 ? file[i] : NULL;
	if (f)
		pthread_mutex_lock(&f->lock);
	else
		crt_errno(t, EBADF);
	return f;
}

CFile *crt_std(WThread *t, u32 i) { return crt_file(t, crt_iob(t, i)); }

void crt_done(CFile *f)
{
	if (f)
		pthread_mutex_unlock(&f->lock);
}

u64 w_lock_file(WThread *t, const u64 *a)
{
	crt_file(t, a[0]);
	return 0;
}

u64 w_unlock_file(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[0]);

	crt_done(f);
	crt_done(f);
	return 0;
}

u64 w_iob_func(WThread *t, const u64 *a) { return crt_iob(t, 0); }
u64 w_acrt_iob_func(WThread *t, const u64 *a) { return a[0] < 3 ? crt_iob(t, (u32)a[0]) : 0; }

CFile *crt_stream(WThread *t, i32 no, const char *mode)
{
	u64 guest = wheap_zalloc(t, guest_size(t));
	u32 i = 3;

	crt_iob(t, 0);
	pthread_mutex_lock(&table);
	while (i < FILES && file[i] && file[i]->no >= 0)
		i++;
	if (i == FILES || !guest) {
		pthread_mutex_unlock(&table);
		crt_fd_close(t, (u64)(i64)no);
		crt_errno(t, EMFILE);
		return NULL;
	}
	CFile *f = file_new(t, i, no, guest);
	f->reads = *mode == 'r' || strchr(mode, '+');
	f->writes = *mode != 'r' || strchr(mode, '+');
	f->line = isatty(fd_of(f)->fd);
	pthread_mutex_unlock(&table);
	return f;
}

/* _O_ flags of fopen's mode; ~0: it is none.  "ccs=UTF-8" and its like name what the file holds. */
static u32 open_flags(const char *m)
{
	u32 flags = !m ? ~0u : *m == 'r' ? 0 : *m == 'w' ? 0x301 : *m == 'a' ? 0x109 : ~0u;

	for (const char *s = m ? m + 1 : ""; flags != ~0u && *s; s++) {
		if (*s == '+')
			flags = (flags & ~1u) | 2;
		else if (*s == 'b' || *s == 't')
			flags |= *s == 'b' ? 0x8000 : 0x4000;
		else if (*s == 'x')
			flags |= 0x400;
		else if (*s == 'D')
			flags |= 0x40;
		else if (*s == ',')
			return flags | (strcasestr(s, "UTF-16") || strcasestr(s, "UNICODE") ? 0x20000 : strcasestr(s, "UTF-8") ? 0x40000 : 0);
	}
	return flags;
}

/* A byte order mark says what a file opened with "ccs=" holds, and is not its text. */
static void take_mark(CFile *f)
{
	CFd *d = fd_of(f);
	u8 m[3] = {0};

	if (d->mode < CM_UTF8)
		return;
	ssize_t n = f->reads ? pread(d->fd, m, 3, 0) : 0;
	if (n >= 2 && m[0] == 0xff && m[1] == 0xfe) {
		d->mode = CM_UTF16;
		lseek(d->fd, 2, SEEK_SET);
	} else if (n == 3 && m[0] == 0xef && m[1] == 0xbb && m[2] == 0xbf) {
		d->mode = CM_UTF8;
		lseek(d->fd, 3, SEEK_SET);
	} else if (!n && f->writes && lseek(d->fd, 0, SEEK_END) == 0) {
		f->error = d->mode == CM_UTF16 ? write(d->fd, "\xff\xfe", 2) != 2 : write(d->fd, "\xef\xbb\xbf", 3) != 3;
	}
}

static u64 open_stream(WThread *t, const char *name, const char *mode)
{
	u32 flags = open_flags(mode);
	i32 no = -1;

	if (flags == ~0u)
		crt_errno(t, EINVAL);
	else
		no = crt_open(t, name, flags, 0x180);
	CFile *f = no >= 0 ? crt_stream(t, no, mode) : NULL;
	if (f)
		take_mark(f);
	return f ? f->guest : 0;
}

u64 w_fopen(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0), *mode = arg_string(t, a, 1);
	u64 r = open_stream(t, name, mode);

	free(name);
	free(mode);
	return r;
}

u64 w_fopen_s(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 1), *mode = arg_string(t, a, 2);
	u64 r = open_stream(t, name, mode);

	free(name);
	free(mode);
	mem_put_word(t, a[0], r);
	return r ? 0 : mem_u32(t, w_errno(t, NULL));
}

u64 w_fdopen(WThread *t, const u64 *a)
{
	char *mode = arg_string(t, a, 1);
	u32 flags = open_flags(mode);
	CFd *d = flags != ~0u ? crt_fd(t, a[0]) : NULL;
	CFile *f = d ? crt_stream(t, (i32)a[0], mode) : NULL;

	if (f && flags & 0xc000)
		d->mode = flags & 0x8000 ? CM_BINARY : CM_TEXT;
	free(mode);
	return f ? f->guest : 0;
}

/* The stream stays what it is for the program, with another file behind it. */
u64 w_freopen(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0), *mode = arg_string(t, a, 1);
	u32 flags = open_flags(mode);
	CFile *f = flags != ~0u ? crt_file(t, a[2]) : NULL;
	i32 no = -1;

	if (f) {
		crt_flush(f);
		no = crt_open(t, name, flags, 0x180);
		if (no >= 0) {
			w_dup2(t, (u64[]){(u64)no, (u64)(i64)f->no});
			fd_of(f)->mode = crt_fd(t, (u64)no)->mode;
			crt_fd_close(t, (u64)no);
			f->reads = *mode == 'r' || strchr(mode, '+');
			f->writes = *mode != 'r' || strchr(mode, '+');
			f->eof = f->error = false;
			f->back = 0;
		}
	}
	crt_done(f);
	free(name);
	free(mode);
	return no >= 0 ? a[2] : 0;
}

u64 w_freopen_s(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 1);
	u64 r = name ? w_freopen(t, (u64[]){a[1], a[2], a[3]}) : a[3];

	free(name);
	mem_put_word(t, a[0], r);
	return r ? 0 : mem_u32(t, w_errno(t, NULL));
}

bool crt_close(WThread *t, CFile *f)
{
	bool ok = crt_flush(f);

	ok &= crt_fd_close(t, (u64)(i64)f->no);
	f->no = -1;
	crt_done(f);
	return ok;
}

u64 w_fclose(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[0]);

	return f && crt_close(t, f) ? 0 : (u64)-1;
}

u64 w_fflush(WThread *t, const u64 *a)
{
	if (!a[0]) {
		crt_flush_all();
		return 0;
	}
	CFile *f = crt_file(t, a[0]);
	bool ok = f && crt_flush(f);
	crt_done(f);
	return ok ? 0 : (u64)-1;
}

u64 w_flushall(WThread *t, const u64 *a)
{
	u64 n = 0;

	crt_flush_all();
	for (u32 i = 0; i < FILES; i++)
		n += file[i] && file[i]->no >= 0;
	return n;
}

u64 w_fcloseall(WThread *t, const u64 *a)
{
	u64 n = 0;

	for (u32 i = 3; i < FILES; i++)
		if (file[i] && file[i]->no >= 0)
			n += w_fclose(t, &file[i]->guest) == 0;
	return n;
}

/* _IONBF 4, _IOLBF 0x40 (which is full buffering on Windows). */
u64 w_setvbuf(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[0]);

	if (!f)
		return (u64)-1;
	f->line = a[2] == 4 || (f->line && isatty(fd_of(f)->fd));
	crt_done(f);
	return 0;
}

u64 w_setbuf(WThread *t, const u64 *a) { return w_setvbuf(t, (u64[]){a[0], a[1], a[1] ? 0 : 4, 512}); }

/* ---- reading and writing ------------------------------------------------------------------------------------ */

static u64 read_some(WThread *t, CFile *f, u8 *to, u64 n)
{
	const CFd *d = fd_of(f);
	u64 k = 0;
	int c;

	while (k < n) {
		if (d && d->mode == CM_BINARY && !f->back && !f->dirty && f->at < f->n) {
			u64 some = MIN(n - k, (u64)(f->n - f->at));
			memcpy(to + k, f->buf + f->at, some);
			f->at += (u32)some;
			k += some;
			continue;
		}
		if ((c = crt_getc(f)) < 0)
			break;
		to[k++] = (u8)c;
	}
	return k;
}

static u64 fread_some(WThread *t, u64 to, u64 size, u64 count, u64 guest)
{
	CFile *f = crt_file(t, guest);
	u64 n, k = 0;

	if (f && size && !__builtin_mul_overflow(size, count, &n) && n)
		k = read_some(t, f, mem_out(t, to, n), n) / size;
	crt_done(f);
	return k;
}

u64 w_fread(WThread *t, const u64 *a) { return fread_some(t, a[0], a[1], a[2], a[3]); }

u64 w_fread_s(WThread *t, const u64 *a)
{
	u64 n;

	if (__builtin_mul_overflow(a[2], a[3], &n) || n > a[1]) {
		crt_errno(t, ERANGE);
		return 0;
	}
	return fread_some(t, a[0], a[2], a[3], a[4]);
}

u64 w_fwrite(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[3]);
	u64 n;
	bool ok = f && a[1] && !__builtin_mul_overflow(a[1], a[2], &n) && crt_put(f, mem_in(t, a[0], n), n);

	crt_done(f);
	return ok ? a[2] : 0;
}

static u64 get_char(CFile *f)
{
	u64 c = f ? (u64)(i64)crt_getc(f) : (u64)-1;

	crt_done(f);
	return c;
}

u64 w_fgetc(WThread *t, const u64 *a) { return get_char(crt_file(t, a[0])); }
u64 w_getchar(WThread *t, const u64 *a) { return get_char(crt_std(t, 0)); }

u64 w_ungetc(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[1]);

	if (!f || (i32)a[0] == -1) {
		crt_done(f);
		return (u64)-1;
	}
	f->back = (u8)a[0] + 1;
	f->eof = false;
	crt_done(f);
	return (u8)a[0];
}

static u64 get_line(WThread *t, CFile *f, u64 at, u64 room, bool keep)
{
	u64 n = 0;
	int c = 0;

	if (!f || (i64)room <= 0) {
		crt_done(f);
		return 0;
	}
	while (n + 1 < room && c != '\n' && (c = crt_getc(f)) >= 0)
		if (c != '\n' || keep)
			*(u8 *)mem_out(t, at + n++, 1) = (u8)c;
	crt_done(f);
	if (!n && room > 1 && c < 0)
		return 0;
	*(u8 *)mem_out(t, at + n, 1) = 0;
	return at;
}

u64 w_fgets(WThread *t, const u64 *a) { return get_line(t, crt_file(t, a[2]), a[0], a[1], true); }
u64 w_gets(WThread *t, const u64 *a) { return get_line(t, crt_std(t, 0), a[0], INT64_MAX, false); }
u64 w_gets_s(WThread *t, const u64 *a) { return get_line(t, crt_std(t, 0), a[0], a[1], false); }

static u64 put_char(CFile *f, u64 v)
{
	u8 c = (u8)v;
	bool ok = f && crt_put(f, &c, 1);

	crt_done(f);
	return ok ? c : (u64)-1;
}

u64 w_fputc(WThread *t, const u64 *a) { return put_char(crt_file(t, a[1]), a[0]); }
u64 w_putchar(WThread *t, const u64 *a) { return put_char(crt_std(t, 1), a[0]); }

static u64 put_string(WThread *t, CFile *f, u64 s, bool line)
{
	u64 n = mem_strlen(t, s);
	bool ok = f && crt_put(f, mem_in(t, s, n), n) && (!line || crt_put(f, (const u8 *)"\n", 1));

	crt_done(f);
	return ok ? 0 : (u64)-1;
}

u64 w_fputs(WThread *t, const u64 *a) { return put_string(t, crt_file(t, a[1]), a[0], false); }
u64 w_puts(WThread *t, const u64 *a) { return put_string(t, crt_std(t, 1), a[0], true); }

/* ---- positions ------------------------------------------------------------------------------------------------ */

static i64 tell(WThread *t, const CFile *f)
{
	const CFd *d = fd_of(f);
	off_t at = d ? lseek(d->fd, 0, SEEK_CUR) : -1;

	if (at < 0)
		return (i64)crt_fail(t);
	return at + (f->dirty ? (i64)f->n : (i64)f->at - (i64)f->n) - (f->back != 0);
}

static u64 seek(WThread *t, u64 guest, i64 by, u64 whence)
{
	CFile *f = crt_file(t, guest);
	const CFd *d = f ? fd_of(f) : NULL;

	if (d && f->back && whence == SEEK_CUR)
		by--;
	bool ok = d && crt_flush(f) && whence <= 2 && lseek(d->fd, by, (int)whence) >= 0;
	if (ok) {
		f->n = f->at = 0;
		f->eof = false;
		f->back = 0;
	} else {
		crt_errno(t, EINVAL);
	}
	crt_done(f);
	return ok ? 0 : (u64)-1;
}

u64 w_fseek(WThread *t, const u64 *a) { return seek(t, a[0], (i64)a[1], a[2]); }

u64 w_ftell(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[0]);
	i64 at = f ? tell(t, f) : -1;

	crt_done(f);
	return (u64)at;
}

u64 w_fgetpos(WThread *t, const u64 *a)
{
	u64 at = w_ftell(t, a);

	if ((i64)at < 0)
		return (u64)-1;
	mem_put_u64(t, a[1], at);
	return 0;
}

u64 w_fsetpos(WThread *t, const u64 *a)
{
	return seek(t, a[0], (i64)(mem_u32(t, a[1]) | (u64)mem_u32(t, a[1] + 4) << 32), SEEK_SET);
}

u64 w_rewind(WThread *t, const u64 *a)
{
	seek(t, a[0], 0, SEEK_SET);
	return w_clearerr(t, a);
}

u64 w_feof(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[0]);
	bool v = f && f->eof;

	crt_done(f);
	return v;
}

u64 w_ferror(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[0]);
	bool v = f && f->error;

	crt_done(f);
	return v;
}

u64 w_clearerr(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[0]);

	if (f)
		f->eof = f->error = false;
	crt_done(f);
	return 0;
}

u64 w_clearerr_s(WThread *t, const u64 *a) { return w_clearerr(t, a); }
u64 w_getmaxstdio(WThread *t, const u64 *a) { return FILES; }

u64 w_fileno(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[0]);
	i64 no = f ? f->no : -1;

	crt_done(f);
	return (u64)no;
}

u64 w_tmpfile(WThread *t, const u64 *a)
{
	char name[] = "/tmp/pvmXXXXXX";
	int fd = mkstemp(name);

	if (fd < 0)
		return crt_fail(t) & 0;
	unlink(name);
	i32 no = crt_fd_new(t, fd, 0, CM_BINARY, false, NULL);
	CFile *f = no < 0 ? NULL : crt_stream(t, no, "w+b");
	return f ? f->guest : 0;
}

u64 w_tmpfile_s(WThread *t, const u64 *a)
{
	u64 f = w_tmpfile(t, a);

	mem_put_word(t, a[0], f);
	return f ? 0 : mem_u32(t, w_errno(t, NULL));
}
