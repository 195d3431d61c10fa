/* Byte buffers, checked readers, whole files. */
#include "base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

void buf_bytes(Buf *b, const void *p, size_t n)
{
	if (n)
		memcpy(buf_room(b, n), p, n);
}

void buf_u16(Buf *b, u16 v)
{
	st16(buf_room(b, 2), v);
}

void buf_u32(Buf *b, u32 v)
{
	st32(buf_room(b, 4), v);
}

void buf_u64(Buf *b, u64 v)
{
	st64(buf_room(b, 8), v);
}

void buf_uleb(Buf *b, u64 v)
{
	for (; v >= 0x80; v >>= 7)
		buf_u8(b, (u8)(v | 0x80));
	buf_u8(b, (u8)v);
}

void buf_sleb(Buf *b, i64 v)
{
	for (;;) {
		u8 c = v & 0x7f;
		v >>= 7;
		if ((v == 0 && !(c & 0x40)) || (v == -1 && (c & 0x40))) {
			buf_u8(b, c);
			return;
		}
		buf_u8(b, c | 0x80);
	}
}

void buf_printf(Buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	vec_grow_((void **)&b->p, &b->cap, (u64)b->n + (u64)n + 1, 1);
	va_start(ap, fmt);
	vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (u32)n;
}

void buf_free(Buf *b)
{
	free(b->p);
	*b = (Buf){0};
}

const u8 *rd_bytes(Rd *r, size_t n)
{
	if (r->bad || n > (size_t)(r->end - r->p)) {
		r->bad = true;
		return NULL;
	}
	r->p += n;
	return r->p - n;
}

u8 rd_u8(Rd *r)
{
	const u8 *p = rd_bytes(r, 1);
	return p ? *p : 0;
}

u16 rd_u16(Rd *r)
{
	const u8 *p = rd_bytes(r, 2);
	return p ? ld16(p) : 0;
}

u32 rd_u32(Rd *r)
{
	const u8 *p = rd_bytes(r, 4);
	return p ? ld32(p) : 0;
}

u64 rd_u64(Rd *r)
{
	const u8 *p = rd_bytes(r, 8);
	return p ? ld64(p) : 0;
}

u32 rd_uleb32(Rd *r)
{
	u64 v = 0;

	for (int shift = 0;; shift += 7) {
		u8 c = rd_u8(r);
		v |= (u64)(c & 0x7f) << shift;
		if (c & 0x80) {
			if (shift < 28 && !r->bad)
				continue;
		} else if (v <= UINT32_MAX && (c || !shift)) {
			return r->bad ? 0 : (u32)v;
		}
		r->bad = true;
		return 0;
	}
}

i64 rd_sleb64(Rd *r)
{
	u64 v = 0;
	u8 prev = 0;

	for (int shift = 0; shift < 70; shift += 7) {
		u8 c = rd_u8(r);
		if (r->bad)
			return 0;
		v |= (u64)(c & 0x7f) << shift;
		if (c & 0x80) {
			prev = c;
			continue;
		}
		bool overlong = shift && ((c == 0 && !(prev & 0x40)) || (c == 0x7f && (prev & 0x40)));
		bool large = shift == 63 && c != 0 && c != 0x7f;
		if (overlong || large)
			break;
		if (shift < 57 && (c & 0x40))
			v |= ~(u64)0 << (shift + 7);
		return (i64)v;
	}
	r->bad = true;
	return 0;
}

i32 rd_sleb32(Rd *r)
{
	i64 v = rd_sleb64(r);

	if (v < INT32_MIN || v > INT32_MAX) {
		r->bad = true;
		return 0;
	}
	return (i32)v;
}

enum { FILE_MOST = 1 << 30 }; /* no program is larger: stop before memory ends */

bool file_read(const char *path, Buf *out, Err *e)
{
	bool std = !strcmp(path, "-");
	int fd = std ? 0 : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, errno == ENOENT || errno == ENOTDIR ? EXIT_NOTFOUND : EXIT_VM, "%s: %s", path, strerror(errno));
	struct stat st;
	size_t chunk = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < FILE_MOST ? (size_t)st.st_size + 1 : 65536;
	ssize_t got;
	for (;;) {
		vec_grow_((void **)&out->p, &out->cap, (u64)out->n + chunk + 1, 1);
		got = read(fd, out->p + out->n, chunk);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		out->n += (u32)got;
		chunk = 65536;
		if (out->n >= FILE_MOST) {
			got = -1;
			errno = EFBIG;
			break;
		}
	}
	int error = errno;
	if (!std)
		close(fd);
	out->p[out->n] = 0;
	return got < 0 ? err_set(e, EXIT_VM, "%s: %s", path, strerror(error)) : true;
}

static bool write_all(int fd, const u8 *p, size_t n)
{
	while (n) {
		ssize_t k = write(fd, p, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

/* Writes beside the file, then renames. */
static bool replace_file(const char *path, const void *p, size_t n)
{
	Buf tmp = {0};

	buf_printf(&tmp, "%s.XXXXXX", path);
	int fd = mkstemp((char *)tmp.p);
	bool ok = fd >= 0;
	if (ok) {
		mode_t mask = umask(0);
		umask(mask);
		ok = write_all(fd, p, n) && fchmod(fd, 0666 & ~mask) == 0;
		ok = close(fd) == 0 && ok && rename((char *)tmp.p, path) == 0;
		if (!ok) {
			int error = errno;
			unlink((char *)tmp.p);
			errno = error;
		}
	}
	buf_free(&tmp);
	return ok;
}

/* A device or a pipe is written to; renaming would put a file in its place. */
static bool write_through(const char *path, const void *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	bool ok = write_all(fd, p, n);
	return close(fd) == 0 && ok;
}

bool file_write(const char *path, const void *p, size_t n, Err *e)
{
	struct stat st;
	char *real = realpath(path, NULL); /* a symbolic link stays, and the file behind it changes */
	const char *to = real ? real : path;
	bool special = real && stat(real, &st) == 0 && !S_ISREG(st.st_mode);
	bool ok = special ? write_through(to, p, n) : replace_file(to, p, n);

	if (!ok)
		err_set(e, EXIT_VM, "%s: %s", path, strerror(errno));
	free(real);
	return ok;
}

u64 hash64(const void *p, size_t n)
{
	return XXH3_64bits(p, n);
}
