/* Files by name: assign, reset, rewrite, append, close. */
#include "abi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

u64 sys_iocheck(Regfile *t, const u64 *args)
{
	abi_of(t)->no_iocheck = (u32)args[0] == 0;
	return 0;
}

u64 sys_text_iso(Regfile *t, const u64 *args)
{
	abi_of(t)->iso = (u32)args[0] != 0;
	return 0;
}

u64 sys_io_result(Regfile *t, const u64 *args)
{
	Abi *a = abi_of(t);
	u32 code = a->failed;

	a->failed = 0;
	return code;
}

static u32 errno_code(int e)
{
	switch (e) {
	case ENOENT: return IO_NOTFOUND;
	case ENOTDIR: case ELOOP: case ENAMETOOLONG: return IO_NOPATH;
	case EMFILE: case ENFILE: return IO_TOOMANY;
	case EBADF: return IO_BADHANDLE;
	default: return IO_DENIED;
	}
}

/* Closes; what was not written yet goes out. */
static void shut(Regfile *t, Text *f)
{
	bool ok = f->mode != TEXT_WRITE || text_flush(f);

	if (f->mode != TEXT_CLOSED && !f->keep)
		ok &= close(f->fd) == 0;
	f->mode = TEXT_CLOSED;
	f->at = f->n = 0;
	f->eof = f->both = false;
	f->window = WINDOW_NONE;
	f->last = 0;
	if (!ok)
		abi_fail(t, IO_WRITE);
}

/* Closes for good: the number is free again. */
static void forget(Regfile *t, Text *f)
{
	if (f->mode != TEXT_CLOSED)
		shut(t, f);
	free(f->name);
	free(f->buf);
	*f = (Text){ .mode = TEXT_FREE };
}

/* A number for the file of this variable, 0 when there are too many files.  What was opened through a variable at
 * this address belonged to one that a goto has ended. */
static u32 free_number(Regfile *t, u64 variable)
{
	Abi *a = abi_of(t);

	for (u32 i = TEXT_STDERR + 1; i < a->text.n; i++)
		if (a->text.p[i].mode != TEXT_FREE && a->text.p[i].variable == (u32)variable)
			forget(t, &a->text.p[i]);
	for (u32 i = TEXT_STDERR + 1; i < a->text.n; i++)
		if (a->text.p[i].mode == TEXT_FREE)
			return i;
	if (a->text.n >= TEXT_MAX)
		return 0;
	*vec_add(&a->text, 1) = (Text){ .mode = TEXT_FREE };
	return a->text.n - 1;
}

/* The file whose number the variable at this address holds; NULL when it holds none that fits. */
static Text *of_variable(Regfile *t, u64 addr)
{
	Abi *a = abi_of(t);
	u32 k = ld32(guest_ptr(abi_thread(t), (u32)addr, 4));

	return k && k < a->text.n && a->text.p[k].mode != TEXT_FREE ? &a->text.p[k] : NULL;
}

const char *file_name(Regfile *t, u64 variable)
{
	Text *f = of_variable(t, variable);

	if (!f || !f->name)
		abi_fail(t, IO_UNASSIGNED);
	return f ? f->name : NULL;
}

static Text *assign(Regfile *t, u64 variable, const char *name, size_t n)
{
	Abi *a = abi_of(t);
	Text *f = of_variable(t, variable);

	if (!f) {
		u32 k = free_number(t, variable);
		if (!k) {
			abi_fail(t, IO_TOOMANY);
			return NULL;
		}
		f = &a->text.p[k];
		f->variable = (u32)variable;
		st32(guest_ptr(abi_thread(t), (u32)variable, 4), k);
	} else if (f->mode != TEXT_CLOSED) {
		shut(t, f);
	}
	free(f->name);
	f->name = memcpy(xcalloc(1, n + 1), name, n);
	f->mode = TEXT_CLOSED;
	f->keep = f->lazy = false;
	f->unit = 0;
	return f;
}

u64 sys_assign(Regfile *t, const u64 *args)
{
	assign(t, args[0], guest_ptr(abi_thread(t), (u32)args[1], (u32)args[2]), (u32)args[2]);
	return 0;
}

/* What the heading of the program names is a file of the world outside, as ISO 7185 wants it: that of the
 * argument in its place, or else of its own name, as Pascal-P and GNU Pascal had it. */
static Text *bind(Regfile *t, const u64 *args)
{
	Abi *a = abi_of(t);
	const char *name = guest_ptr(abi_thread(t), (u32)args[2], (u32)args[3]);
	bool given = (i64)(u32)args[1] < a->argc;
	Text *f = given ? assign(t, args[0], a->argv[(u32)args[1]], strlen(a->argv[(u32)args[1]]))
		: assign(t, args[0], name, (u32)args[3]);

	if (f)
		f->lazy = true;
	return f;
}

u64 sys_bind(Regfile *t, const u64 *args)
{
	bind(t, args);
	return 0;
}

u64 sys_file_bind(Regfile *t, const u64 *args)
{
	Text *f = bind(t, args);

	if (f)
		f->unit = (u32)args[4];
	return 0;
}

/* A file without a name, gone when it is closed. */
static int open_temporary(void)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	char name[] = "/tmp/pvm-XXXXXX";
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	return fd;
}

/* An empty name is the standard input or output, as in Turbo Pascal. */
static int open_named(Text *f, enum TextMode mode, int flags)
{
	if (f->name && !*f->name) {
		f->keep = true;
		return mode == TEXT_READ ? 0 : 1;
	}
	f->keep = false;
	int fd = sandbox_open(f->name, flags | O_CLOEXEC | O_NOCTTY, 0666);
	f->both = fd >= 0 && (flags & O_ACCMODE) == O_RDWR;
	if (fd < 0 && flags == O_RDWR && (errno == EACCES || errno == EROFS || errno == ETXTBSY || errno == EPERM))
		fd = sandbox_open(f->name, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0666); /* to be read at least */
	return fd;
}

bool text_open_lazily(Regfile *t, u64 number, enum TextMode mode)
{
	Text *f = &abi_of(t)->text.p[number];

	if (f->mode != TEXT_CLOSED)
		return false;
	f->lazy = false;
	f->fd = open_named(f, mode, mode == TEXT_READ ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC);
	if (f->fd < 0) {
		abi_fail(t, errno_code(errno));
		return false;
	}
	f->mode = (u8)mode;
	return true;
}

static void open_file(Regfile *t, u64 addr, u32 unit, enum TextMode mode, int flags)
{
	Abi *a = abi_of(t);
	Text *f = of_variable(t, addr);

	if (abi_pending(t))
		return;
	if (f)
		f->lazy = false;
	if (!f && mode == TEXT_WRITE && !(flags & O_APPEND)) {
		u32 k = free_number(t, addr); /* a temporary file */
		if (k) {
			f = &a->text.p[k];
			f->mode = TEXT_CLOSED;
			st32(guest_ptr(abi_thread(t), (u32)addr, 4), k);
		}
	}
	if (!f) {
		abi_fail(t, IO_UNASSIGNED);
		return;
	}
	f->unit = unit;
	f->variable = (u32)addr;
	if (f->keep && f->mode == mode)
		return; /* reset(input), rewrite(output) */
	/* A temporary file is read back through the descriptor that wrote it. */
	bool back = !f->name && f->mode != TEXT_CLOSED && !f->keep;
	int fd = back ? dup(f->fd) : -1;
	if (f->mode != TEXT_CLOSED)
		shut(t, f);
	if (back && fd >= 0 && (lseek(fd, 0, SEEK_SET) < 0 || (mode == TEXT_WRITE && ftruncate(fd, 0) < 0))) {
		close(fd);
		fd = -1;
	} else if (!back) {
		fd = f->name ? open_named(f, mode, flags) : mode == TEXT_WRITE ? open_temporary() : -1;
	}
	if (fd < 0) {
		abi_fail(t, f->name || mode == TEXT_WRITE ? errno_code(errno) : IO_UNASSIGNED);
		return;
	}
	free(f->buf); /* it may be another kind of file now: look anew whether it is a terminal */
	f->buf = NULL;
	f->fd = fd;
	f->mode = (u8)mode;
	f->both |= unit && !f->name && (flags & O_ACCMODE) == O_RDWR;
}

u64 sys_reset(Regfile *t, const u64 *args)
{
	open_file(t, args[0], 0, TEXT_READ, O_RDONLY);
	return 0;
}

u64 sys_rewrite(Regfile *t, const u64 *args)
{
	open_file(t, args[0], 0, TEXT_WRITE, O_WRONLY | O_CREAT | O_TRUNC);
	return 0;
}

/* ISO Pascal reads or writes a file; Turbo Pascal does both, and overwrites what was reset. */
u64 sys_file_reset(Regfile *t, const u64 *args)
{
	open_file(t, args[0], (u32)args[1], TEXT_READ, (u32)args[2] ? O_RDONLY : O_RDWR);
	return 0;
}

u64 sys_file_rewrite(Regfile *t, const u64 *args)
{
	open_file(t, args[0], (u32)args[1], TEXT_WRITE, ((u32)args[2] ? O_WRONLY : O_RDWR) | O_CREAT | O_TRUNC);
	return 0;
}

u64 sys_append(Regfile *t, const u64 *args)
{
	open_file(t, args[0], 0, TEXT_WRITE, O_WRONLY | O_APPEND);
	return 0;
}

/* The file variables between two addresses end their lives. */
u64 sys_file_leave(Regfile *t, const u64 *args)
{
	Abi *a = abi_of(t);

	for (u32 i = TEXT_STDERR + 1; i < a->text.n; i++) {
		Text *f = &a->text.p[i];
		if (f->mode != TEXT_FREE && f->variable - (u32)args[0] < (u32)args[1])
			forget(t, f);
	}
	return 0;
}

u64 sys_close(Regfile *t, const u64 *args)
{
	Text *f = of_variable(t, args[0]);

	if (abi_pending(t))
		return 0;
	if (!f || f->mode == TEXT_CLOSED)
		abi_fail(t, IO_CLOSED);
	else
		shut(t, f);
	return 0;
}
