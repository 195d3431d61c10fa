/* kernel32: what is typed as events, and the console's own events (Ctrl-C). */
#include "async.h"
#include "console.h"
#include "handlers.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* ---- keys ------------------------------------------------------------------------------------------------- */

enum { KEY_EVENT = 1, SHIFT = 0x10, CTRL = 8, ALT = 2, ENHANCED = 0x100 };
enum { VK_BACK = 8, VK_TAB = 9, VK_RETURN = 13, VK_ESCAPE = 27, VK_SPACE = 32 };

typedef struct Record {
	u8 raw[RECORD_SIZE];
} Record;

static VEC(Record) queue;  /* under the task's lock */

static void put_key(u32 vk, u32 unit, u32 state)
{
	for (u32 down = 1; down < 2; down--) { /* down, then up */
		Record r = {{0}};
		st16(r.raw, KEY_EVENT);
		st32(r.raw + 4, down);
		st16(r.raw + 8, 1);
		st16(r.raw + 10, (u16)vk);
		st16(r.raw + 14, (u16)unit);
		st32(r.raw + 16, state);
		vec_push(&queue, r);
	}
}

/* A character as the key that gives it. */
static void put_char(u32 c, u32 state)
{
	if (c == '\r' || c == '\n')
		put_key(VK_RETURN, '\r', state);
	else if (c == 127 || c == 8)
		put_key(VK_BACK, 8, state);
	else if (c == '\t')
		put_key(VK_TAB, '\t', state);
	else if (c == 27)
		put_key(VK_ESCAPE, 27, state);
	else if (c < 32)
		put_key(c ? 'A' + c - 1 : VK_SPACE, c, state | CTRL);
	else if (c >= 'a' && c <= 'z')
		put_key(c - 32, c, state);
	else if (c >= 'A' && c <= 'Z')
		put_key(c, c, state | SHIFT);
	else
		put_key((c >= '0' && c <= '9') || c == ' ' ? c : 0, c, state);
}

/* What terminals send for keys without characters: by the last letter, or by a number before '~'. */
static u32 key_of(u8 last, u32 number)
{
	static const struct { u8 last, number, vk; } map[] = {
		{'A', 0, 0x26}, {'B', 0, 0x28}, {'C', 0, 0x27}, {'D', 0, 0x25}, {'H', 0, 0x24}, {'F', 0, 0x23}, {'P', 0, 0x70}, {'Q', 0, 0x71}, {'R', 0, 0x72},
		{'S', 0, 0x73}, {'~', 1, 0x24}, {'~', 2, 0x2d}, {'~', 3, 0x2e}, {'~', 4, 0x23}, {'~', 5, 0x21}, {'~', 6, 0x22}, {'~', 15, 0x74}, {'~', 17, 0x75},
		{'~', 18, 0x76}, {'~', 19, 0x77}, {'~', 20, 0x78}, {'~', 21, 0x79}, {'~', 23, 0x7a}, {'~', 24, 0x7b}
	};

	for (u32 i = 0; i < COUNT(map); i++)
		if (map[i].last == last && (last != '~' || map[i].number == number))
			return map[i].vk;
	return 0;
}

/* ESC [ 1 ; 5 A: the second number is 1 + shift, alt, ctrl as bits.  Its length; 0: it is none. */
static size_t put_sequence(const u8 *p, size_t n)
{
	u32 number[2] = {0, 1}, which = 0;
	size_t i = 2;

	if (n < 3 || (p[1] != '[' && p[1] != 'O'))
		return 0;
	for (; i < n && ((p[i] >= '0' && p[i] <= '9') || p[i] == ';'); i++) {
		if (p[i] == ';')
			which = 1, number[1] = 0;
		else
			number[which] = (number[which] * 10 + p[i] - '0') & 0xff;
	}
	u32 vk = i < n ? key_of(p[i], number[0]) : 0, m = number[1] ? number[1] - 1 : 0;
	if (!vk)
		return 0;
	put_key(vk, 0, ENHANCED | (m & 1 ? SHIFT : 0) | (m & 2 ? ALT : 0) | (m & 4 ? CTRL : 0));
	return i + 1;
}

/* A character of several bytes: how many. */
static size_t char_length(const u8 *p, size_t n)
{
	size_t k = 1;

	while (k < n && p[0] & 0x80 && (p[k] & 0xc0) == 0x80)
		k++;
	return k;
}

static void put_bytes(const u8 *p, size_t n)
{
	bool plain = console_mode() & CON_VT; /* the program reads sequences itself */
	u8 w[4];

	for (size_t i = 0, k; i < n; i += k) {
		bool escape = p[i] == 27 && !plain && i + 1 < n;
		if (escape && (k = put_sequence(p + i, n - i)))
			continue;
		if (escape) { /* before a character: alt */
			put_char(p[i + 1], ALT);
			k = 2;
			continue;
		}
		k = char_length(p + i, n - i);
		size_t units = text_to_wide((const char *)p + i, k, w, 2);
		for (size_t u = 0; u < MIN(units, (size_t)2); u++)
			put_char(ld16(w + 2 * u), 0);
	}
}

/* Reads what has been typed; wait: until there is something. */
static void gather(WThread *t, const WObj *o, bool wait)
{
	struct pollfd v = {.fd = o->fd, .events = POLLIN};
	u8 buf[256];
	size_t n = console_unread(buf, sizeof buf);

	if (!n) {
		console_apply(o->fd, true);
		if (poll(&v, 1, wait ? -1 : 0) <= 0)
			return;
		ssize_t got = read(o->fd, buf, sizeof buf);
		n = got > 0 ? (size_t)got : 0;
	}
	task_lock(t);
	put_bytes(buf, n);
	task_unlock(t);
}

static WObj *input_of(WThread *t, u64 h)
{
	WObj *o = handle_get(t->task, h, WK_FILE);

	if (o && o->console && o->input)
		return o;
	if (o)
		obj_drop(o);
	error_set(t, W_INVALID_HANDLE);
	return NULL;
}

static u64 read_input(WThread *t, const u64 *a, bool wait, bool take)
{
	WObj *o = input_of(t, a[0]);

	if (!o)
		return 0;
	if (!queue.n)
		gather(t, o, false);
	while (!queue.n && wait)
		gather(t, o, true);
	obj_drop(o);
	task_lock(t);
	u32 n = (u32)MIN(a[2], (u64)queue.n);
	for (u32 i = 0; i < n; i++)
		memcpy(mem_out(t, a[1] + RECORD_SIZE * i, RECORD_SIZE), queue.p[i].raw, RECORD_SIZE);
	if (take && n) {
		memmove(queue.p, queue.p + n, (queue.n - n) * sizeof *queue.p);
		queue.n -= n;
	}
	task_unlock(t);
	mem_put_u32(t, a[3], n);
	return 1;
}

u64 w_ReadConsoleInput(WThread *t, const u64 *a) { return read_input(t, a, true, true); }
u64 w_PeekConsoleInput(WThread *t, const u64 *a) { return read_input(t, a, false, false); }

u64 w_GetNumberOfConsoleInputEvents(WThread *t, const u64 *a)
{
	WObj *o = input_of(t, a[0]);

	if (!o)
		return 0;
	gather(t, o, false);
	obj_drop(o);
	mem_put_u32(t, a[1], queue.n);
	return 1;
}

u64 w_FlushConsoleInputBuffer(WThread *t, const u64 *a)
{
	WObj *o = input_of(t, a[0]);

	if (!o)
		return 0;
	gather(t, o, false);
	obj_drop(o);
	task_lock(t);
	queue.n = 0;
	task_unlock(t);
	return 1;
}

u64 w_WriteConsoleInput(WThread *t, const u64 *a)
{
	WObj *o = input_of(t, a[0]);
	Record r;

	if (!o)
		return 0;
	obj_drop(o);
	for (u64 i = 0; i < a[2]; i++) {
		memcpy(r.raw, mem_in(t, a[1] + RECORD_SIZE * i, RECORD_SIZE), RECORD_SIZE);
		task_lock(t);
		vec_push(&queue, r);
		task_unlock(t);
	}
	mem_put_u32(t, a[3], (u32)a[2]);
	return 1;
}

/* ---- control events ---------------------------------------------------------------------------------------------- */

enum { CTRL_C, CTRL_BREAK, CTRL_CLOSE, HANDLERS = 32 };
#define CONTROL_C_EXIT 0xc000013au

static const struct { int sig; u32 event; } signals[] = {{SIGINT, CTRL_C}, {SIGQUIT, CTRL_BREAK}, {SIGTERM, CTRL_CLOSE}, {SIGHUP, CTRL_CLOSE}};
static u64 handlers[HANDLERS]; /* under the task's lock; the last is asked first */
static u32 nhandlers;
static int told = -1;          /* where the host's handler says which event there was */
static volatile sig_atomic_t came[3];

static void on_signal(int sig)
{
	static const u64 one = 1;
	int e = errno;

	for (u32 i = 0; i < COUNT(signals); i++)
		if (signals[i].sig == sig)
			came[signals[i].event] = 1;
	if (write(told, &one, sizeof one) < 0)
		_exit(255);
	errno = e;
}

/* Runs in a thread of its own, as on Windows. */
static void run_handlers(WThread *t)
{
	u64 fn[HANDLERS], event = t->param;

	task_lock(t);
	u32 n = nhandlers;
	memcpy(fn, handlers, sizeof fn);
	task_unlock(t);
	while (n--)
		if ((u32)call_guest(t, fn[n], 1, &event) && event != CTRL_CLOSE)
			return;
	process_exit(t, CONTROL_C_EXIT);
}

static i64 deliver(WThread *t, WAsync *p)
{
	u64 count;
	Err e = {0};

	if (read(told, &count, sizeof count) < 0)
		return -EAGAIN;
	for (u32 i = 0; i < COUNT(came); i++) {
		if (!came[i])
			continue;
		came[i] = 0;
		WThread *n = thread_new(t->task, 0, &e);
		if (!n)
			continue;
		thread_object(n);
		n->param = i;
		n->body = run_handlers;
		thread_go(n);
	}
	return -EAGAIN;
}

static void listen_for(WTask *k)
{
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	if (told >= 0)
		return;
	told = eventfd(0, EFD_CLOEXEC);
	WObj *o = obj_new(WK_NONE);
	async_watch(k, &(WAsync){.o = o, .fd = told, .events = POLLIN, .go = deliver});
	sigfillset(&sa.sa_mask);
	for (u32 i = 0; i < COUNT(signals); i++)
		sigaction(signals[i].sig, &sa, NULL);
}

u64 w_SetConsoleCtrlHandler(WThread *t, const u64 *a)
{
	u32 i = 0;

	if (!a[0]) { /* Ctrl-C itself is ignored, or not; children inherit that */
		signal(SIGINT, a[1] ? SIG_IGN : told >= 0 ? on_signal : SIG_DFL);
		return 1;
	}
	task_lock(t);
	while (i < nhandlers && handlers[i] != a[0])
		i++;
	bool ok = a[1] ? nhandlers < HANDLERS : i < nhandlers;
	if (ok && a[1])
		handlers[nhandlers++] = a[0];
	else if (ok)
		memmove(handlers + i, handlers + i + 1, (--nhandlers - i) * sizeof *handlers);
	task_unlock(t);
	if (ok && a[1])
		listen_for(t->task);
	return ok ? 1 : fail(t, W_INVALID_PARAMETER);
}

/* To a group that CREATE_NEW_PROCESS_GROUP has made, or to this process and its children. */
u64 w_GenerateConsoleCtrlEvent(WThread *t, const u64 *a)
{
	WTask *k = t->task;
	int sig = a[0] == CTRL_C ? SIGINT : SIGQUIT;

	if (a[0] > CTRL_BREAK)
		return fail(t, W_INVALID_PARAMETER);
	if (a[1])
		return kill(-(pid_t)a[1], sig) == 0 ? 1 : fail(t, W_INVALID_PARAMETER);
	task_lock(t);
	for (u32 i = 0; i < k->handle.n; i++) {
		const WObj *o = k->handle.p[i].o;
		if (o && o->kind == WK_PROCESS && o != k->self && !o->signaled)
			kill((pid_t)o->pid, sig);
	}
	task_unlock(t);
	listen_for(k);
	kill(getpid(), sig);
	return 1;
}
