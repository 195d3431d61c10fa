/* kernel32: completion ports, lists without locks, random numbers, the command line as arguments. */
#include "async.h"
#include "handlers.h"

#include <stdlib.h>
#include <sys/random.h>

/* ---- ports ------------------------------------------------------------------------------------------------- */

typedef struct Packet {
	u64 key, overlapped;
	u32 bytes, status;
} Packet;

typedef struct Port {
	VEC(Packet) queue;
	u32 first;
} Port;

static void port_free(WObj *o)
{
	Port *p = o->data;

	vec_free(&p->queue);
	free(p);
}

void port_post(WTask *k, WObj *o, u64 key, u64 overlapped, u32 bytes, u32 status)
{
	Port *p = o->data;

	pthread_mutex_lock(&k->lock);
	if (p->first == p->queue.n)
		p->first = p->queue.n = 0;
	vec_push(&p->queue, ((Packet){key, overlapped, bytes, status}));
	pthread_cond_broadcast(&k->changed);
	pthread_mutex_unlock(&k->lock);
}

u64 w_CreateIoCompletionPort(WThread *t, const u64 *a)
{
	WObj *port = a[1] ? handle_get(t->task, a[1], WK_PORT) : obj_new(WK_PORT);
	u64 h = a[1];

	if (!port)
		return fail(t, W_INVALID_HANDLE);
	if (!a[1]) {
		port->data = xcalloc(1, sizeof(Port));
		port->destroy = port_free;
		h = handle_new(t->task, port);
	}
	if (a[0] != W_INVALID_HANDLE_VALUE) {
		WObj *file = handle_get(t->task, a[0], WK_FILE);
		if (!file)
			return fail(t, W_INVALID_HANDLE);
		obj_keep(port);
		file->port = port;
		file->key = a[2];
		obj_drop(file);
	}
	if (a[1])
		obj_drop(port);
	return h;
}

u64 w_PostQueuedCompletionStatus(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_PORT);

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	port_post(t->task, o, a[2], a[3], (u32)a[1], 0);
	obj_drop(o);
	return 1;
}

/* Takes up to n packets, waiting for the first; how many. */
static u32 take(WThread *t, WObj *o, Packet *out, u32 n, u64 ms, bool alertable)
{
	WTask *k = t->task;
	Port *p = o->data;
	struct timespec end = wait_deadline(ms);
	u32 got = 0;

	pthread_mutex_lock(&k->lock);
	while (p->first == p->queue.n && !(alertable && t->apc) && wait_changed(k, ms, &end))
		;
	while (got < n && p->first < p->queue.n)
		out[got++] = p->queue.p[p->first++];
	pthread_mutex_unlock(&k->lock);
	return got;
}

u64 w_GetQueuedCompletionStatus(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_PORT);
	Packet p;

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	u32 n = take(t, o, &p, 1, a[4], false);
	obj_drop(o);
	if (!n) {
		mem_put_word(t, a[3], 0);
		return fail(t, 258);
	}
	mem_put_u32(t, a[1], p.bytes);
	mem_put_word(t, a[2], p.key);
	mem_put_word(t, a[3], p.overlapped);
	return p.status & 0x80000000u ? fail(t, error_from_status(p.status)) : 1;
}

/* OVERLAPPED_ENTRY: key, overlapped, internal, bytes. */
u64 w_GetQueuedCompletionStatusEx(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_PORT);
	Packet p[64];
	u64 word = t->wide ? 8 : 4, size = 4 * word;

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	u32 n = take(t, o, p, (u32)MIN(a[2], (u64)COUNT(p)), a[4], a[5]);
	obj_drop(o);
	mem_put_u32(t, a[3], n);
	for (u32 i = 0; i < n; i++) {
		mem_put_word(t, a[1] + i * size, p[i].key);
		mem_put_word(t, a[1] + i * size + word, p[i].overlapped);
		mem_put_word(t, a[1] + i * size + 2 * word, p[i].status);
		mem_put_u32(t, a[1] + i * size + 3 * word, p[i].bytes);
	}
	if (!n && a[5] && apc_run(t))
		return fail(t, 0xc0);
	return n ? 1 : fail(t, 258);
}

/* ---- lists without locks: the header holds the first entry and how many there are ------------------------------ */

u64 w_InitializeSListHead(WThread *t, const u64 *a)
{
	memset(mem_out(t, a[0], t->wide ? 16 : 8), 0, t->wide ? 16 : 8);
	return 0;
}

u64 w_InterlockedPushEntrySList(WThread *t, const u64 *a)
{
	u64 word = t->wide ? 8 : 4;

	task_lock(t);
	u64 first = mem_word(t, a[0]);
	mem_put_word(t, a[1], first);
	mem_put_word(t, a[0], a[1]);
	mem_put_word(t, a[0] + word, mem_word(t, a[0] + word) + 1);
	task_unlock(t);
	return first;
}

u64 w_InterlockedPopEntrySList(WThread *t, const u64 *a)
{
	u64 word = t->wide ? 8 : 4;

	task_lock(t);
	u64 first = mem_word(t, a[0]);
	if (first) {
		mem_put_word(t, a[0], mem_word(t, first));
		mem_put_word(t, a[0] + word, mem_word(t, a[0] + word) - 1);
	}
	task_unlock(t);
	return first;
}

u64 w_InterlockedFlushSList(WThread *t, const u64 *a)
{
	task_lock(t);
	u64 first = mem_word(t, a[0]);
	w_InitializeSListHead(t, a);
	task_unlock(t);
	return first;
}

/* ---- others ------------------------------------------------------------------------------------------------------ */

u64 w_ProcessPrng(WThread *t, const u64 *a)
{
	u8 *p = mem_out(t, a[0], a[1]);

	for (u64 done = 0; done < a[1];) {
		ssize_t n = getrandom(p + done, MIN(a[1] - done, 1u << 20), 0);
		if (n > 0)
			done += (u64)n;
		else if (errno != EINTR)
			process_die(t, EXIT_VM, "the host has no random numbers");
	}
	return 1;
}

/* advapi32's of an undocumented name. */
u64 w_SystemFunction036(WThread *t, const u64 *a) { return w_ProcessPrng(t, a); }

/* One block: pointers, then the strings. */
u64 w_CommandLineToArgvW(WThread *t, const u64 *a)
{
	char *line = mem_wstr(t, a[0]);
	u64 word = t->wide ? 8 : 4, size = 0;
	VEC(char *) arg = {0};

	for (const char *s = line[0] ? line : t->task->program->path; *s;) {
		Buf b = {0};
		s = crt_argument(s, &b);
		size += 2 * text_to_wide((char *)b.p, b.n, NULL, 0);
		vec_push(&arg, (char *)b.p);
	}
	u64 at = wheap_zalloc(t, (arg.n + 1) * word + size), text = at + (arg.n + 1) * word;
	for (u32 i = 0; at && i < arg.n; i++) {
		size_t n = strlen(arg.p[i]), units = text_to_wide(arg.p[i], n, NULL, 0);
		mem_put_word(t, at + i * word, text);
		text_to_wide(arg.p[i], n, mem_out(t, text, 2 * units + 2), units);
		text += 2 * units + 2;
	}
	mem_put_u32(t, a[1], arg.n);
	for (u32 i = 0; i < arg.n; i++)
		free(arg.p[i]);
	vec_free(&arg);
	free(line);
	return at;
}

/* Algorithm (null: the system's), where to, how many bytes, flags. */
u64 w_BCryptGenRandom(WThread *t, const u64 *a)
{
	w_ProcessPrng(t, a + 1);
	return 0;
}
