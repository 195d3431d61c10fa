/* Text files: buffers, lines, and the three that are open from the start. */
#include "abi.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

void text_init(Abi *a)
{
	static const Text std[] = {
		[TEXT_INPUT] = {.mode = TEXT_READ, .keep = true, .fd = 0},
		[TEXT_OUTPUT] = {.mode = TEXT_WRITE, .keep = true, .fd = 1},
		[TEXT_STDERR] = {.mode = TEXT_WRITE, .keep = true, .fd = 2},
	};

	Text *f = vec_add(&a->text, COUNT(std));
	memcpy(f, std, sizeof std);
}

bool text_flush(Text *f)
{
	u32 done = 0;

	while (done < f->n) {
		ssize_t k = write(f->fd, f->buf + done, f->n - done);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			break;
		done += (u32)k;
	}
	bool ok = done == f->n;
	f->n = 0;
	return ok;
}

void text_end(void *abi)
{
	Abi *a = abi;

	for (u32 i = 1; i < a->text.n; i++) {
		Text *f = &a->text.p[i];
		if (f->mode != TEXT_WRITE || !f->n || text_flush(f))
			continue;
		fprintf(stderr, "pvm: cannot write %s: %s\n", f->name ? f->name : "standard output", strerror(errno));
		task_end_badly(a->task, IO_WRITE);
	}
}

/* The slow way out of text_begin: says what is wrong. */
static Text *wrong_mode(Regfile *t, u64 number, enum TextMode want)
{
	Abi *a = abi_of(t);

	if (abi_pending(t))
		return NULL;
	u8 mode = number && number < a->text.n ? a->text.p[number].mode : TEXT_FREE;
	abi_fail(t, mode <= TEXT_CLOSED ? IO_CLOSED : want == TEXT_READ ? IO_NOINPUT : IO_NOOUTPUT);
	return NULL;
}

/* Buffers are made at first use: a program that prints nothing pays nothing. */
void text_buffer(Text *f)
{
	if (f->buf)
		return;
	f->buf = xmalloc(TEXT_BUF);
	f->tty = f->fd == 2 || isatty(f->fd);
}

Text *text_begin(Regfile *t, u64 number, enum TextMode mode)
{
	Abi *a = abi_of(t);

	number = (u32)number;
	if (number >= a->text.n || a->text.p[number].mode != mode || a->failed) {
		if (a->failed || number >= a->text.n || !a->text.p[number].lazy)
			return wrong_mode(t, number, mode);
		if (!text_open_lazily(t, number, mode))
			return NULL;
	}
	Text *f = &a->text.p[number];
	text_buffer(f);
	return f;
}

/* ---- writing ------------------------------------------------------------------------------------- */

void text_put(Regfile *t, Text *f, const void *p, u32 n)
{
	const u8 *s = p;

	while (n > TEXT_BUF - f->n) {
		u32 k = TEXT_BUF - f->n;
		memcpy(f->buf + f->n, s, k);
		f->n += k;
		s += k;
		n -= k;
		if (!text_flush(f)) {
			abi_fail(t, IO_WRITE);
			return;
		}
	}
	memcpy(f->buf + f->n, s, n);
	f->n += n;
}

void text_pad(Regfile *t, Text *f, i64 blanks)
{
	static const char space[64] = "                                                                ";

	for (; blanks > 0; blanks -= (i64)sizeof space)
		text_put(t, f, space, (u32)MIN(blanks, (i64)sizeof space));
}

/* Writes n bytes right-justified in `width` columns. */
static void put_wide(Regfile *t, Text *f, const void *p, u32 n, u64 width)
{
	text_pad(t, f, (i64)(i32)width - (i64)n);
	text_put(t, f, p, n);
}

u64 sys_write_str(Regfile *t, const u64 *args)
{
	Text *f = text_open(t, args[0], TEXT_WRITE);

	if (f)
		put_wide(t, f, guest_ptr(abi_thread(t), (u32)args[1], (u32)args[2]), (u32)args[2], args[3]);
	return 0;
}

u64 sys_write_char(Regfile *t, const u64 *args)
{
	Text *f = text_open(t, args[0], TEXT_WRITE);
	u8 c = (u8)args[1];

	if (f)
		put_wide(t, f, &c, 1, args[2]);
	return 0;
}

u64 sys_write_int(Regfile *t, const u64 *args)
{
	Text *f = text_open(t, args[0], TEXT_WRITE);
	char s[24];

	if (f)
		put_wide(t, f, s, format_int((i64)args[1], s), args[2]);
	return 0;
}

u64 sys_write_uint(Regfile *t, const u64 *args)
{
	Text *f = text_open(t, args[0], TEXT_WRITE);
	char s[24];

	if (f)
		put_wide(t, f, s, format_uint(args[1], s), args[2]);
	return 0;
}

u64 sys_write_bool(Regfile *t, const u64 *args)
{
	Text *f = text_open(t, args[0], TEXT_WRITE);
	const char *s = (u32)args[1] ? "TRUE" : "FALSE";

	if (f)
		put_wide(t, f, s, (u32)strlen(s), args[2]);
	return 0;
}

/* The name at place k of a table of names in guest memory: its length byte, NULL if there is none. */
static const u8 *enum_name(Regfile *t, u64 table, u64 count, u32 k)
{
	if (k >= (u32)count)
		return NULL;
	u32 at = (u32)table + ld32(guest_ptr(abi_thread(t), (u32)table + 4 * k, 4));
	const u8 *name = guest_ptr(abi_thread(t), at, 1);
	guest_ptr(abi_thread(t), at, 1u + *name);
	return name;
}

u64 sys_write_enum(Regfile *t, const u64 *args)
{
	Text *f = text_open(t, args[0], TEXT_WRITE);
	const u8 *name = enum_name(t, args[1], args[2], (u32)args[3]);

	if (!name)
		abi_fail(t, IO_ENUM);
	else if (f)
		put_wide(t, f, name + 1, *name, args[4]);
	return 0;
}

static u64 write_real(Regfile *t, const u64 *args, bool single)
{
	Text *f = text_open(t, args[0], TEXT_WRITE);
	char s[FORMAT_MAX], *e;

	if (!f)
		return 0;
	u32 n = format_real(u64_f64(args[1]), single, (i32)args[2], MAX((i32)args[3], -1), s);
	if ((i32)args[3] == -2 && (e = memchr(s, 'E', n)))
		*e = 'e';
	put_wide(t, f, s, n, args[2]);
	return 0;
}

u64 sys_write_real(Regfile *t, const u64 *args) { return write_real(t, args, false); }

u64 sys_write_single(Regfile *t, const u64 *args) { return write_real(t, args, true); }

u64 sys_flush(Regfile *t, const u64 *args)
{
	Text *f = text_open(t, args[0], TEXT_WRITE);

	if (f && !text_flush(f))
		abi_fail(t, IO_WRITE);
	return 0;
}

static void put_char(Regfile *t, u64 number, char c)
{
	Text *f = text_open(t, number, TEXT_WRITE);

	if (!f)
		return;
	text_put(t, f, &c, 1);
	if (f->tty && !text_flush(f))
		abi_fail(t, IO_WRITE);
}

u64 sys_write_ln(Regfile *t, const u64 *args)
{
	put_char(t, args[0], '\n');
	return 0;
}

u64 sys_page(Regfile *t, const u64 *args)
{
	put_char(t, args[0], '\f');
	return 0;
}

/* ---- reading ------------------------------------------------------------------------------------- */

/* Fills the empty buffer; false at the end of the file.  Prompts written before go out first. */
bool text_refill(Regfile *t, Text *f)
{
	Text *out = &abi_of(t)->text.p[TEXT_OUTPUT];

	if (f->eof && !f->tty)
		return false;
	if (f->keep && out->n)
		text_flush(out);
	ssize_t k;
	do
		k = read(f->fd, f->buf, TEXT_BUF);
	while (k < 0 && errno == EINTR);
	f->at = 0;
	f->n = k > 0 ? (u32)k : 0;
	f->eof = k <= 0;
	if (k < 0)
		abi_fail(t, IO_READ);
	if (k > 0)
		f->last = f->buf[k - 1];
	else if (k == 0 && abi_of(t)->iso && !f->unit && f->last && f->last != '\n' && f->last != '\r')
		f->buf[0] = f->last = '\n', f->n = 1; /* the last line has no end */
	return f->n > 0;
}

/* The next character, or -1 at the end of the file. */
static inline int look(Regfile *t, Text *f)
{
	if (f->at == f->n && !text_refill(t, f))
		return -1;
	return f->buf[f->at];
}

static bool is_eol(int c) { return c == '\n' || c == '\r'; }

/* Steps over a line end: LF, CR LF or CR. */
static void skip_eol(Regfile *t, Text *f)
{
	if (f->buf[f->at++] == '\r' && look(t, f) == '\n')
		f->at++;
}

static void skip_blanks(Regfile *t, Text *f)
{
	int c;

	while ((c = look(t, f)) >= 0 && c <= ' ')
		f->at++;
}

u64 sys_read_char(Regfile *t, const u64 *args)
{
	Text *f = text_open(t, args[0], TEXT_READ);
	int c = f ? look(t, f) : -1;

	if (c < 0)
		return 26; /* Control-Z, as Turbo Pascal has it */
	if (is_eol(c)) {
		skip_eol(t, f);
		return ' ';
	}
	f->at++;
	return (u64)c;
}

/* At the end of the file f^ is undefined; programs look at it all the same before they ask eof. */
u64 sys_peek(Regfile *t, const u64 *args)
{
	Text *f = text_open(t, args[0], TEXT_READ);
	int c = f ? look(t, f) : -1;

	return c < 0 ? 0 : is_eol(c) ? ' ' : (u64)c;
}

/* A file that is written ends where it is, as ISO 7185 has it. */
u64 sys_eof(Regfile *t, const u64 *args)
{
	Abi *a = abi_of(t);
	u32 k = (u32)args[0];

	if (k && k < a->text.n && a->text.p[k].mode == TEXT_WRITE)
		return 1;
	Text *f = text_open(t, k, TEXT_READ);
	return !f || look(t, f) < 0;
}

u64 sys_eoln(Regfile *t, const u64 *args)
{
	Text *f = text_open(t, args[0], TEXT_READ);
	int c = f ? look(t, f) : -1;

	if (f && c < 0 && abi_of(t)->iso)
		abi_fail(t, IO_READ);
	return c < 0 || is_eol(c);
}

u64 sys_read_ln(Regfile *t, const u64 *args)
{
	Text *f = text_open(t, args[0], TEXT_READ);

	while (f && look(t, f) >= 0) {
		if (is_eol(f->buf[f->at])) {
			skip_eol(t, f);
			break;
		}
		f->at++;
	}
	return 0;
}

u64 sys_read_str(Regfile *t, const u64 *args)
{
	Text *f = text_open(t, args[0], TEXT_READ);
	u32 most = (u32)args[2], n = 0;

	if (!f)
		return 0;
	u8 *to = guest_ptr(abi_thread(t), (u32)args[1], most);
	for (int c; n < most && (c = look(t, f)) >= 0 && !is_eol(c); f->at++)
		to[n++] = (u8)c;
	return n;
}

/* Gathers the characters of a number, by what may stand next; what does not belong is left in the file. */
typedef struct Token {
	char s[400];
	u32 n;
} Token;

static bool take(Regfile *t, Text *f, Token *k, const char *set)
{
	int c = look(t, f);

	if (c <= 0 || !strchr(set, c) || k->n == sizeof k->s)
		return false;
	k->s[k->n++] = (char)c;
	f->at++;
	return true;
}

static const char digits[] = "0123456789";

u64 sys_read_int(Regfile *t, const u64 *args)
{
	Text *f = text_open(t, args[0], TEXT_READ);
	Token k = {.n = 0};
	i64 v = 0;

	if (!f)
		return 0;
	skip_blanks(t, f);
	if (look(t, f) < 0)
		return 0; /* as Free Pascal: nothing but blanks reads as 0 */
	take(t, f, &k, "+-");
	const char *set = take(t, f, &k, "$") ? "0123456789abcdefABCDEF" : digits;
	while (take(t, f, &k, set))
		;
	if (number_int(k.s, k.n, &v)) {
		abi_fail(t, IO_FORMAT);
		return 0;
	}
	return (u64)v;
}

u64 sys_read_real(Regfile *t, const u64 *args)
{
	Text *f = text_open(t, args[0], TEXT_READ);
	Token k = {.n = 0};
	double v = 0;

	if (!f)
		return 0;
	skip_blanks(t, f);
	if (look(t, f) < 0)
		return 0;
	take(t, f, &k, "+-");
	while (take(t, f, &k, digits))
		;
	if (take(t, f, &k, "."))
		while (take(t, f, &k, digits))
			;
	if (take(t, f, &k, "eE")) {
		take(t, f, &k, "+-");
		while (take(t, f, &k, digits))
			;
	}
	if (number_real(k.s, k.n, &v)) {
		abi_fail(t, IO_FORMAT);
		return 0;
	}
	return f64_canon(v);
}

static char lower(int c) { return (char)(c >= 'A' && c <= 'Z' ? c | 32 : c); }

static bool same_word(const Token *k, const u8 *name)
{
	if (k->n != *name)
		return false;
	for (u32 i = 0; i < k->n; i++)
		if (lower(k->s[i]) != lower(name[1 + i]))
			return false;
	return true;
}

u64 sys_read_enum(Regfile *t, const u64 *args)
{
	static const char letters[] = "0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	Text *f = text_open(t, args[0], TEXT_READ);
	Token k = {.n = 0};

	if (!f)
		return 0;
	skip_blanks(t, f);
	while (take(t, f, &k, letters))
		;
	for (u32 i = 0; i < (u32)args[2]; i++)
		if (same_word(&k, enum_name(t, args[1], args[2], i)))
			return i;
	abi_fail(t, IO_ENUM);
	return 0;
}
