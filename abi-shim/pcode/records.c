/* Files of components: `file of t` and Turbo Pascal's untyped `file`.
 *
 * They share the table of files with text.  The variable in guest memory is the file's number, 4 unused bytes and the
 * buffer variable f^.  A file that was reset is read ahead lazily: `window` says whether f^ holds the component at
 * the current position.  Positions count components; nothing about them is kept, the descriptor's own is enough. */
#include "abi.h"

#include <errno.h>
#include <unistd.h>

enum { BUFFER_VAR = 8 }; /* where f^ lies in the variable */

static u8 *buffer_var(Regfile *t, u64 variable, const Text *f)
{
	return guest_ptr(abi_thread(t), (u32)variable + BUFFER_VAR, f->unit);
}

/* The file of the variable if it is open and no failure is pending; else NULL, and that is noted. */
static Text *opened(Regfile *t, u64 variable)
{
	Abi *a = abi_of(t);
	u32 k = ld32(guest_ptr(abi_thread(t), (u32)variable, 4));

	if (abi_pending(t))
		return NULL;
	if (k && k < a->text.n && (a->text.p[k].mode >= TEXT_READ || (a->text.p[k].lazy && text_open_lazily(t, k, TEXT_READ))) && a->text.p[k].unit) {
		text_buffer(&a->text.p[k]);
		return &a->text.p[k];
	}
	abi_fail(t, IO_CLOSED);
	return NULL;
}

/* Where reading or writing goes on, in bytes; -1 if the host cannot say. */
static i64 place(const Text *f)
{
	i64 at = lseek(f->fd, 0, SEEK_CUR);

	if (at < 0)
		return -1;
	return f->mode == TEXT_WRITE ? at + f->n : at - (f->n - f->at) - (f->window == WINDOW_FULL ? f->unit : 0);
}

/* Makes `to` the place where the file goes on. */
static bool go(Regfile *t, Text *f, i64 to)
{
	bool ok = f->mode != TEXT_WRITE || text_flush(f);

	ok &= lseek(f->fd, to, SEEK_SET) >= 0;
	f->at = f->n = 0;
	f->window = WINDOW_NONE;
	f->eof = false;
	if (f->both)
		f->mode = TEXT_READ; /* until something is written there */
	if (!ok)
		abi_fail(t, IO_WRITE);
	return ok;
}

/* Turbo Pascal reads and writes a file by turns. */
static bool turn(Regfile *t, Text *f, enum TextMode mode)
{
	if (f->mode == mode)
		return true;
	if (!f->both) {
		abi_fail(t, mode == TEXT_READ ? IO_NOINPUT : IO_NOOUTPUT);
		return false;
	}
	i64 at = place(f);
	if (at < 0 || !go(t, f, at))
		return false;
	f->mode = (u8)mode;
	return true;
}

/* Takes n bytes; the number that there were. */
static u32 take(Regfile *t, Text *f, u8 *to, u32 n)
{
	u32 got = 0;

	while (got < n && (f->at < f->n || text_refill(t, f))) {
		u32 k = MIN(n - got, f->n - f->at);
		memcpy(to + got, f->buf + f->at, k);
		f->at += k;
		got += k;
	}
	return got;
}

/* Fills f^.  Behind the last component it is all zeros. */
static void fill(Regfile *t, Text *f, u64 variable)
{
	u8 *to = buffer_var(t, variable, f);
	u32 got = take(t, f, to, f->unit);

	memset(to + got, 0, f->unit - got);
	f->window = got ? WINDOW_FULL : WINDOW_END;
	if (got && got < f->unit)
		abi_fail(t, IO_READ);
}

/* The address of f^, with the component in it if the file is being read.  Of a file that is not open f^ is a variable
 * like others. */
u64 sys_file_window(Regfile *t, const u64 *args)
{
	Abi *a = abi_of(t);
	u32 k = ld32(guest_ptr(abi_thread(t), (u32)args[0], 4));
	bool closed = !k || k >= a->text.n || (a->text.p[k].mode < TEXT_READ && !a->text.p[k].lazy);
	Text *f = closed ? NULL : opened(t, args[0]);

	if (f && f->mode == TEXT_READ && f->window == WINDOW_NONE)
		fill(t, f, args[0]);
	else if (f && f->mode == TEXT_WRITE)
		f->window = WINDOW_FULL; /* it is about to be given a value */
	return (u32)args[0] + BUFFER_VAR;
}

u64 sys_file_get(Regfile *t, const u64 *args)
{
	Text *f = opened(t, args[0]);

	if (!f || !turn(t, f, TEXT_READ))
		return 0;
	if (f->window == WINDOW_NONE)
		fill(t, f, args[0]);
	if (f->window == WINDOW_END)
		abi_fail(t, IO_READ);
	else
		f->window = WINDOW_NONE;
	return 0;
}

u64 sys_file_put(Regfile *t, const u64 *args)
{
	Text *f = opened(t, args[0]);

	if (!f)
		return 0;
	if (f->mode == TEXT_READ && f->window == WINDOW_FULL && !go(t, f, place(f)))
		return 0;
	if (abi_of(t)->iso && f->mode == TEXT_WRITE && f->window == WINDOW_NONE) {
		abi_fail(t, IO_WRITE);
		return 0;
	}
	if (turn(t, f, TEXT_WRITE))
		text_put(t, f, buffer_var(t, args[0], f), f->unit);
	f->window = WINDOW_NONE;
	return 0;
}

u64 sys_file_eof(Regfile *t, const u64 *args)
{
	Text *f = opened(t, args[0]);

	if (!f)
		return 1;
	if (f->mode == TEXT_READ)
		return f->window != WINDOW_FULL && (f->window == WINDOW_END || (f->at == f->n && !text_refill(t, f)));
	i64 at = place(f), end = at < 0 ? 0 : lseek(f->fd, 0, SEEK_END);
	if (at >= 0)
		lseek(f->fd, at - f->n, SEEK_SET);
	return at >= end;
}

u64 sys_file_seek(Regfile *t, const u64 *args)
{
	Text *f = opened(t, args[0]);
	i64 to;

	if (!f)
		return 0;
	if ((i64)args[1] < 0 || __builtin_mul_overflow((i64)args[1], (i64)f->unit, &to))
		abi_fail(t, IO_READ);
	else
		go(t, f, to);
	return 0;
}

u64 sys_file_pos(Regfile *t, const u64 *args)
{
	Text *f = opened(t, args[0]);
	i64 at = f ? place(f) : 0;

	return at < 0 ? 0 : (u64)at / (f ? f->unit : 1);
}

u64 sys_file_size(Regfile *t, const u64 *args)
{
	Text *f = opened(t, args[0]);

	if (!f)
		return 0;
	i64 at = lseek(f->fd, 0, SEEK_CUR), end = at < 0 ? 0 : lseek(f->fd, 0, SEEK_END);
	if (at >= 0)
		lseek(f->fd, at, SEEK_SET);
	if (f->mode == TEXT_WRITE)
		end = MAX(end, at + f->n); /* what was not written out yet */
	return (u64)end / f->unit;
}

u64 sys_file_truncate(Regfile *t, const u64 *args)
{
	Text *f = opened(t, args[0]);
	i64 at = f ? place(f) : -1;

	if (f && (at < 0 || !go(t, f, at) || ftruncate(f->fd, at) < 0))
		abi_fail(t, IO_DENIED);
	return 0;
}

/* Components to or from memory, without f^: how many were there. */
u64 sys_file_block_read(Regfile *t, const u64 *args)
{
	Text *f = opened(t, args[0]);
	u64 want = f ? (u64)(u32)args[2] * f->unit : 0;

	if (!f || !turn(t, f, TEXT_READ))
		return 0;
	u8 *to = guest_ptr(abi_thread(t), (u32)args[1], (u32)MIN(want, (u64)UINT32_MAX));
	if (f->window == WINDOW_FULL && !go(t, f, place(f)))
		return 0;
	f->window = WINDOW_NONE;
	return take(t, f, to, (u32)want) / f->unit;
}

u64 sys_file_block_write(Regfile *t, const u64 *args)
{
	Text *f = opened(t, args[0]);
	u64 n = f ? (u64)(u32)args[2] * f->unit : 0;

	if (!f || !turn(t, f, TEXT_WRITE))
		return 0;
	text_put(t, f, guest_ptr(abi_thread(t), (u32)args[1], (u32)MIN(n, (u64)UINT32_MAX)), (u32)n);
	return (u32)args[2];
}
