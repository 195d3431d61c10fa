/* kernel32: the console -- modes, text, the screen.  It is the host's terminal: what Windows does by calls is said to it in
 * its own language (ECMA-48). */
#include "console.h"
#include "handlers.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { INPUT_MODE = 0x1f7, OUTPUT_MODE = 3, WHITE = 7 };

static struct {
	u32 in, out;
	u16 attributes;
	bool hidden;            /* the cursor */
	bool changed;           /* the terminal is not as it was: */
	struct termios before;
	bool mute;              /* it does not answer */
	char *title;
	u8 unread[256];
	size_t nunread;
	bool newline;           /* the second half of a line's end is still to be read */
} con = {.in = INPUT_MODE, .out = OUTPUT_MODE, .attributes = WHITE};

/* ---- the terminal ------------------------------------------------------------------------------------------ */

static WObj *console_of(WThread *t, u64 h)
{
	WObj *o = handle_get(t->task, h, WK_FILE);

	if (o && o->console)
		return o;
	if (o)
		obj_drop(o);
	error_set(t, W_INVALID_HANDLE);
	return NULL;
}

static void say(const WObj *o, const char *s)
{
	int fd = o->input ? 1 : o->fd;

	for (size_t n = strlen(s); n;) {
		ssize_t k = write(fd, s, n);
		if (k <= 0 && errno != EINTR)
			return;
		s += k > 0 ? k : 0;
		n -= k > 0 ? (size_t)k : 0;
	}
}

u32 console_mode(void) { return con.in; }

void console_apply(int fd, bool keys)
{
	struct termios tio;

	if (tcgetattr(fd, &tio) != 0)
		return;
	if (!con.changed) {
		con.before = tio;
		con.changed = true;
	}
	tio = con.before;
	if (keys || !(con.in & CON_LINE)) {
		tio.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
		tio.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IXON);
		tio.c_cc[VMIN] = 1;
		tio.c_cc[VTIME] = 0;
	} else if (!(con.in & CON_ECHO)) {
		tio.c_lflag &= ~(tcflag_t)ECHO;
	}
	if (!(con.in & CON_PROCESSED))
		tio.c_lflag &= ~(tcflag_t)ISIG;
	tcsetattr(fd, TCSADRAIN, &tio);
}

/* The terminal is left as it was found. */
void console_end(void)
{
	if (con.changed)
		tcsetattr(0, TCSADRAIN, &con.before);
	if (con.attributes != WHITE && isatty(1) && write(1, "\33[m", 3) < 0)
		return;
	if (con.hidden && isatty(1) && write(1, "\33[?25h", 6) < 0)
		return;
}

size_t console_unread(u8 *to, size_t room)
{
	size_t n = MIN(room, con.nunread);

	memcpy(to, con.unread, n);
	memmove(con.unread, con.unread + n, con.nunread - n);
	con.nunread -= n;
	return n;
}

void console_push(const u8 *p, size_t n)
{
	n = MIN(n, sizeof con.unread - con.nunread);
	memcpy(con.unread + con.nunread, p, n);
	con.nunread += n;
}

/* ---- modes -------------------------------------------------------------------------------------------------------- */

u64 w_GetConsoleMode(WThread *t, const u64 *a)
{
	WObj *o = console_of(t, a[0]);

	if (!o)
		return 0;
	mem_put_u32(t, a[1], o->input ? con.in : con.out);
	obj_drop(o);
	return 1;
}

u64 w_SetConsoleMode(WThread *t, const u64 *a)
{
	WObj *o = console_of(t, a[0]);

	if (!o)
		return 0;
	if (o->input) {
		con.in = (u32)a[1];
		console_apply(o->fd, false);
	} else {
		con.out = (u32)a[1];
	}
	obj_drop(o);
	return 1;
}

/* ---- text ------------------------------------------------------------------------------------------------------------ */

static u64 write_text(WThread *t, const u64 *a, const char *s, size_t n)
{
	WObj *o = console_of(t, a[0]);

	if (!o)
		return 0;
	for (size_t done = 0; done < n;) {
		ssize_t k = write(o->fd, s + done, n - done);
		if (k < 0 && errno != EINTR) {
			obj_drop(o);
			return fail_errno(t);
		}
		done += k > 0 ? (size_t)k : 0;
	}
	obj_drop(o);
	if (a[3])
		mem_put_u32(t, a[3], (u32)a[2]);
	return 1;
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

/* Lines end in two characters, the second of which may have to wait for the next read. */
i64 console_read(WThread *t, WObj *o, u8 *p, u64 n)
{
	ssize_t r;

	if (!n)
		return 0;
	if (con.newline) {
		con.newline = false;
		*p = '\n';
		return 1;
	}
	if (con.nunread)
		return (i64)console_unread(p, n);
	console_apply(o->fd, false);
	do
		r = read(o->fd, p, n > 1 ? n - 1 : 1);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	if (r && p[r - 1] == '\n' && con.in & CON_LINE) {
		p[r - 1] = '\r';
		if ((u64)r < n)
			p[r++] = '\n';
		else
			con.newline = true;
	}
	return r;
}

u64 w_ReadConsole(WThread *t, const u64 *a)
{
	WObj *o = console_of(t, a[0]);
	bool wide = row_wide(t);
	u8 raw[8192];

	if (!o)
		return 0;
	/* A character of one unit has up to three bytes: what is read fits. */
	i64 n = console_read(t, o, raw, MIN(wide ? MAX(a[2] / 2, (u64)2) : a[2], sizeof raw));
	obj_drop(o);
	if (n < 0)
		return fail(t, error_from_errno((int)-n));
	u64 units = wide ? text_to_wide((char *)raw, (size_t)n, mem_out(t, a[1], 2 * a[2]), a[2]) : (u64)n;
	if (!wide)
		memcpy(mem_out(t, a[1], (u64)n), raw, (size_t)n);
	mem_put_u32(t, a[3], (u32)MIN(units, a[2]));
	return 1;
}

/* ---- the screen -------------------------------------------------------------------------------------------------------- */

static struct winsize window(const WObj *o)
{
	struct winsize w = {0};

	if (ioctl(o->fd, TIOCGWINSZ, &w) != 0 || !w.ws_col || !w.ws_row)
		w = (struct winsize){.ws_row = 25, .ws_col = 80};
	return w;
}

/* Reads up to the end of an answer; what else was typed meanwhile is kept.  False: no answer in time. */
static bool answer(int fd, char *out, size_t size)
{
	struct pollfd v = {.fd = fd, .events = POLLIN};
	u8 buf[256];
	size_t n = 0;

	while (n < sizeof buf && poll(&v, 1, 200) > 0 && read(fd, buf + n, 1) == 1) {
		if (buf[n++] != 'R')
			continue;
		size_t from = n;
		while (from && buf[from - 1] != 27)
			from--;
		if (!from)
			continue;
		console_push(buf, from - 1);
		snprintf(out, size, "%.*s", (int)(n - from), (char *)buf + from);
		return true;
	}
	console_push(buf, n);
	return false;
}

/* Where the cursor is: the terminal is asked, if it can be. */
static void cursor(const WObj *o, u16 *x, u16 *y)
{
	unsigned row = 1, col = 1;
	char text[64];

	*x = *y = 0;
	if (con.mute || !isatty(0) || !isatty(1))
		return;
	console_apply(0, true);
	say(o, "\33[6n");
	con.mute = !answer(0, text, sizeof text) || sscanf(text, "[%u;%uR", &row, &col) != 2;
	console_apply(0, false);
	*x = (u16)(col - 1);
	*y = (u16)(row - 1);
}

/* CONSOLE_SCREEN_BUFFER_INFO: the buffer is the window. */
u64 w_GetConsoleScreenBufferInfo(WThread *t, const u64 *a)
{
	WObj *o = console_of(t, a[0]);
	u16 x, y;

	if (!o)
		return 0;
	struct winsize w = window(o);
	cursor(o, &x, &y);
	obj_drop(o);
	const u16 v[11] = {w.ws_col, w.ws_row, x, y, con.attributes, 0, 0, (u16)(w.ws_col - 1), (u16)(w.ws_row - 1), w.ws_col, w.ws_row};
	u8 *p = mem_out(t, a[1], sizeof v);
	for (u32 i = 0; i < COUNT(v); i++)
		st16(p + 2 * i, v[i]);
	return 1;
}

u64 w_GetLargestConsoleWindowSize(WThread *t, const u64 *a)
{
	WObj *o = console_of(t, a[0]);

	if (!o)
		return 0;
	struct winsize w = window(o);
	obj_drop(o);
	return (u32)w.ws_row << 16 | w.ws_col;
}

static u64 to_terminal(WThread *t, u64 h, const char *s)
{
	WObj *o = console_of(t, h);

	if (!o)
		return 0;
	say(o, s);
	obj_drop(o);
	return 1;
}

/* Blue, green, red, bright: for the letters, then for what is behind them. */
u64 w_SetConsoleTextAttribute(WThread *t, const u64 *a)
{
	static const u8 colour[8] = {0, 4, 2, 6, 1, 5, 3, 7};
	u32 f = a[1] & 15, b = a[1] >> 4 & 15;
	char s[40] = "\33[m";

	if (a[1] != WHITE)
		snprintf(s, sizeof s, "\33[0;%u;%um", (f & 8 ? 90u : 30u) + colour[f & 7], b ? (b & 8 ? 100u : 40u) + colour[b & 7] : 49);
	u64 r = to_terminal(t, a[0], s);
	if (r)
		con.attributes = (u16)a[1];
	return r;
}

/* A position: x in the low half, y in the high one. */
static void go_to(char *s, size_t size, u64 at)
{
	snprintf(s, size, "\33[%u;%uH", (u32)(at >> 16 & 0xffff) + 1, (u32)(at & 0xffff) + 1);
}

u64 w_SetConsoleCursorPosition(WThread *t, const u64 *a)
{
	char s[32];

	go_to(s, sizeof s, a[1]);
	return to_terminal(t, a[0], s);
}

u64 w_SetConsoleCursorInfo(WThread *t, const u64 *a)
{
	bool visible = mem_u32(t, a[1] + 4);
	u64 r = to_terminal(t, a[0], visible ? "\33[?25h" : "\33[?25l");

	if (r)
		con.hidden = !visible;
	return r;
}

u64 w_GetConsoleCursorInfo(WThread *t, const u64 *a)
{
	if (!to_terminal(t, a[0], ""))
		return 0;
	mem_put_u32(t, a[1], 25);
	mem_put_u32(t, a[1] + 4, !con.hidden);
	return 1;
}

/* n times a character, or a text, from a position on; the cursor stays. */
static u64 put_at(WThread *t, u64 h, u64 at, const char *text, u64 times, u64 done_at, u64 done)
{
	WObj *o = console_of(t, h);
	char s[32];

	if (!o)
		return 0;
	struct winsize w = window(o);
	u64 all = (u64)w.ws_col * w.ws_row;
	Buf b = {0};
	if (times >= all && !at && strcmp(text, " ") == 0) {
		buf_printf(&b, "\33[2J");
	} else {
		go_to(s, sizeof s, at);
		buf_printf(&b, "\0337%s", s);
		for (u64 i = 0; i < MIN(times, all); i++)
			buf_printf(&b, "%s", text);
		buf_printf(&b, "\0338");
	}
	buf_u8(&b, 0);
	say(o, (char *)b.p);
	buf_free(&b);
	obj_drop(o);
	if (done_at)
		mem_put_u32(t, done_at, (u32)done);
	return 1;
}

u64 w_FillConsoleOutputCharacterA(WThread *t, const u64 *a)
{
	const char text[2] = {(char)a[1], 0};

	return put_at(t, a[0], a[3], text, a[2], a[4], a[2]);
}

u64 w_FillConsoleOutputCharacterW(WThread *t, const u64 *a)
{
	char text[8] = "";
	u8 unit[2];

	st16(unit, (u16)a[1]);
	text_from_wide(unit, 1, text, sizeof text - 1);
	return put_at(t, a[0], a[3], text, a[2], a[4], a[2]);
}

/* Text, length, where to. */
u64 w_WriteConsoleOutputCharacterA(WThread *t, const u64 *a)
{
	char *s = xmalloc(a[2] + 1);

	memcpy(s, mem_in(t, a[1], a[2]), a[2]);
	s[a[2]] = 0;
	u64 r = put_at(t, a[0], a[3], s, 1, a[4], a[2]);
	free(s);
	return r;
}

u64 w_WriteConsoleOutputCharacterW(WThread *t, const u64 *a)
{
	char *s = mem_wstrn(t, a[1], a[2]);
	u64 r = put_at(t, a[0], a[3], s, 1, a[4], a[2]);

	free(s);
	return r;
}

/* Terminals do not colour what is there. */
u64 w_FillConsoleOutputAttribute(WThread *t, const u64 *a)
{
	if (!to_terminal(t, a[0], ""))
		return 0;
	mem_put_u32(t, a[4], (u32)a[2]);
	return 1;
}

u64 w_SetConsoleScreenBufferSize(WThread *t, const u64 *a) { return to_terminal(t, a[0], ""); }

/* ---- the window ------------------------------------------------------------------------------------------------------------ */

u64 w_SetConsoleTitle(WThread *t, const u64 *a)
{
	char *s = arg_string(t, a, 0), line[600];

	if (!s)
		return fail(t, W_INVALID_PARAMETER);
	for (char *p = s; *p; p++)
		if ((u8)*p < 32)
			*p = ' ';
	snprintf(line, sizeof line, "\33]0;%.500s\7", s);
	if (isatty(1) && write(1, line, strlen(line)) < 0) {
		free(s);
		return fail_errno(t);
	}
	free(con.title);
	con.title = s;
	return 1;
}

u64 w_GetConsoleTitle(WThread *t, const u64 *a)
{
	const char *s = con.title ? con.title : t->task->program->path;
	u64 n = out_string(t, a[0], a[1], s);

	return n < a[1] ? n : 0;
}

u64 w_GetConsoleProcessList(WThread *t, const u64 *a)
{
	if (a[1])
		mem_put_u32(t, a[0], (u32)getpid());
	return 1;
}
