/* The C library's streams: the functions of UTF-16.  Text streams hold UTF-8, or what their mode says; binary ones units. */
#include "crt.h"

#include <stdlib.h>

bool crt_put_wide(CFile *f, const u16 *p, size_t n)
{
	const CFd *d = crt_fd_peek((u64)(i64)f->no);
	Buf out = {0}, raw = {0};

	for (size_t i = 0; i < n; i++) {
		if (d && d->mode == CM_UTF16 && p[i] == '\n')
			buf_u16(&raw, '\r');
		buf_u16(&raw, p[i]);
	}
	if (d && (d->mode == CM_BINARY || d->mode == CM_UTF16)) {
		for (u32 i = 0; i < raw.n; i++)
			buf_u8(&out, raw.p[i]);
	} else if (raw.n) {
		/* Half of a pair waits for the other. */
		if (f->half) {
			Buf both = {0};
			buf_u16(&both, (u16)f->half);
			buf_bytes(&both, raw.p, raw.n);
			buf_free(&raw);
			raw = both;
			f->half = 0;
		}
		u16 last = ld16(raw.p + raw.n - 2);
		if ((last & 0xfc00) == 0xd800) {
			f->half = last;
			raw.n -= 2;
		}
		size_t k = text_from_wide(raw.p, raw.n / 2, NULL, 0);
		text_from_wide(raw.p, raw.n / 2, (char *)buf_room(&out, k), k);
	}
	bool ok = true;
	if (out.n && d && d->mode == CM_UTF16) { /* its ends of lines are there */
		CFd *raw_fd = crt_fd_peek((u64)(i64)f->no);
		raw_fd->mode = CM_BINARY;
		ok = crt_put(f, out.p, out.n);
		raw_fd->mode = CM_UTF16;
	} else if (out.n) {
		ok = crt_put(f, out.p, out.n);
	}
	buf_free(&out);
	buf_free(&raw);
	return ok;
}

static u32 get_unit(CFile *f)
{
	int lo = crt_getc(f), hi = lo < 0 ? -1 : crt_getc(f);

	return hi < 0 ? CRT_EOF : (u32)(lo | hi << 8);
}

/* One character of UTF-8; of a pair, the second half stays for the next call. */
static u32 get_utf8(CFile *f)
{
	int c = crt_getc(f), more = c < 0 ? 0 : c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
	char s[4] = {(char)c};
	u8 w[4];
	int n = 1;

	if (c < 0)
		return CRT_EOF;
	for (; n <= more && (c = crt_getc(f)) >= 0; n++) {
		if ((c & 0xc0) != 0x80) {
			f->back = c + 1;
			break;
		}
		s[n] = (char)c;
	}
	if (text_to_wide(s, (size_t)n, w, 2) == 2)
		f->half = ld16(w + 2);
	return ld16(w);
}

u32 crt_getwc(CFile *f)
{
	CFd *d = crt_fd_peek((u64)(i64)f->no);
	u32 c;

	if (f->back) {
		c = (u32)f->back - 1;
		f->back = 0;
		return c;
	}
	if (f->half) {
		c = f->half;
		f->half = 0;
		return c;
	}
	if (!d || d->mode < CM_UTF16) {
		if (d && d->mode == CM_BINARY)
			return get_unit(f);
		return get_utf8(f);
	}
	d->mode = CM_BINARY;
	c = get_unit(f);
	if (c == '\r') {
		u32 next = get_unit(f);
		if (next == '\n')
			c = next;
		else if (next != CRT_EOF)
			f->half = next;
	}
	d->mode = CM_UTF16;
	return c;
}

/* ---- functions ------------------------------------------------------------------------------------------------ */

static u64 put_char(CFile *f, u64 v)
{
	u16 c = (u16)v;
	bool ok = f && crt_put_wide(f, &c, 1);

	crt_done(f);
	return ok ? c : CRT_EOF;
}

u64 w_fputwc(WThread *t, const u64 *a) { return put_char(crt_file(t, a[1]), a[0]); }
u64 w_putwchar(WThread *t, const u64 *a) { return put_char(crt_std(t, 1), a[0]); }

static bool put_string(WThread *t, CFile *f, u64 s)
{
	u64 n = mem_wcslen(t, s);
	u16 *u = xmalloc((n + 1) * sizeof *u);

	for (u64 i = 0; i < n; i++)
		u[i] = ld16(mem_in(t, s + 2 * i, 2));
	bool ok = crt_put_wide(f, u, n);
	free(u);
	return ok;
}

u64 w_fputws(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[1]);
	bool ok = f && put_string(t, f, a[0]);

	crt_done(f);
	return ok ? 0 : (u64)-1;
}

u64 w_putws(WThread *t, const u64 *a)
{
	CFile *f = crt_std(t, 1);
	static const u16 end = '\n';
	bool ok = f && put_string(t, f, a[0]) && crt_put_wide(f, &end, 1);

	crt_done(f);
	return ok ? 0 : (u64)-1;
}

static u64 get_char(CFile *f)
{
	u32 c = f ? crt_getwc(f) : CRT_EOF;

	crt_done(f);
	return c;
}

u64 w_fgetwc(WThread *t, const u64 *a) { return get_char(crt_file(t, a[0])); }
u64 w_getwchar(WThread *t, const u64 *a) { return get_char(crt_std(t, 0)); }

u64 w_ungetwc(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[1]);

	if (f && (u16)a[0] != CRT_EOF) {
		f->back = (u16)a[0] + 1;
		f->eof = false;
	}
	crt_done(f);
	return f ? (u16)a[0] : CRT_EOF;
}

u64 w_fgetws(WThread *t, const u64 *a)
{
	CFile *f = crt_file(t, a[2]);
	u64 n = 0;
	u32 c = 0;

	while (f && n + 1 < a[1] && c != '\n' && (c = crt_getwc(f)) != CRT_EOF)
		st16(mem_out(t, a[0] + 2 * n++, 2), (u16)c);
	crt_done(f);
	if (!f || !n)
		return 0;
	st16(mem_out(t, a[0] + 2 * n, 2), 0);
	return a[0];
}
