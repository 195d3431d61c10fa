/* kernel32: lists of processes, threads and modules as they were at one moment (tool help). */
#include "handlers.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

enum { HEAPS = 1, PROCESSES = 2, THREADS = 4, MODULES = 8, MODULES32 = 0x10, NO_MORE = 18 };

typedef struct Entry {
	u32 pid, parent, threads, tid;
	u64 base;
	u32 size;
	char name[64];
	char *path;
} Entry;

typedef struct Snapshot {
	VEC(Entry) process, thread, module;
	u32 next[3];
} Snapshot;

static void snapshot_free(WObj *o)
{
	Snapshot *s = o->data;

	for (u32 i = 0; i < s->module.n; i++)
		free(s->module.p[i].path);
	vec_free(&s->process);
	vec_free(&s->thread);
	vec_free(&s->module);
	free(s);
}

/* From /proc/PID/stat: "PID (NAME) STATE PARENT ...", the 20th field being the number of threads. */
static bool read_process(u32 pid, Entry *e)
{
	char file[40], line[1024];

	snprintf(file, sizeof file, "/proc/%u/stat", pid);
	FILE *f = fopen(file, "r");
	char *got = f ? fgets(line, sizeof line, f) : NULL;
	if (f)
		fclose(f);
	char *open = got ? strchr(line, '(') : NULL, *close = got ? strrchr(line, ')') : NULL;
	if (!open || !close || close < open)
		return false;
	*e = (Entry){.pid = pid, .threads = 1};
	snprintf(e->name, sizeof e->name, "%.*s", (int)(close - open - 1), open + 1);
	return sscanf(close + 2, "%*c %u %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %u", &e->parent, &e->threads) >= 1;
}

static void take_processes(WTask *k, Snapshot *s)
{
	DIR *d = opendir("/proc");
	const struct dirent *e;
	Entry one;

	while (d && (e = readdir(d)))
		if (isdigit((u8)e->d_name[0]) && read_process((u32)atoi(e->d_name), &one)) {
			const char *base = strrchr(k->program->path, '\\');
			if (one.pid == (u32)getpid())
				snprintf(one.name, sizeof one.name, "%.60s", base ? base + 1 : k->program->path);
			vec_push(&s->process, one);
		}
	if (d)
		closedir(d);
}

u64 w_CreateToolhelp32Snapshot(WThread *t, const u64 *a)
{
	WTask *k = t->task;
	Snapshot *s = xcalloc(1, sizeof *s);
	WObj *o = obj_new(WK_SNAPSHOT);

	o->data = s;
	o->destroy = snapshot_free;
	if (a[0] & PROCESSES)
		take_processes(k, s);
	task_lock(t);
	for (const WThread *n = k->threads; n && a[0] & THREADS; n = n->next)
		vec_push(&s->thread, ((Entry){.pid = (u32)getpid(), .tid = n->tid}));
	for (const WModule *m = k->modules; m && a[0] & (MODULES | MODULES32); m = m->next) {
		Entry e = {.pid = (u32)getpid(), .base = m->base, .size = m->image.size, .path = strdup(m->path)};
		snprintf(e.name, sizeof e.name, "%.60s", m->name);
		vec_push(&s->module, e);
	}
	task_unlock(t);
	return handle_new(k, o);
}

/* ---- walking ------------------------------------------------------------------------------------------------- */

static void put_text(u8 *p, bool wide, const char *s, u32 room)
{
	if (wide)
		text_to_wide(s, strlen(s), p, room - 1);
	else
		memcpy(p, s, MIN(strlen(s), (size_t)room - 1));
}

/* PROCESSENTRY32: size, use, id, heap, module, threads, parent, priority, flags, name. */
static void put_process(WThread *t, u64 at, const Entry *e, bool wide)
{
	u32 w = t->wide ? 8 : 0, size = (t->wide ? 44 : 36) + (wide ? 520 : 260);
	u8 *p = mem_out(t, at, size);

	memset(p + 4, 0, size - 4);
	st32(p + 8, e->pid);
	st32(p + 20 + w, e->threads);
	st32(p + 24 + w, e->parent);
	st32(p + 28 + w, 8);
	put_text(p + 36 + w, wide, e->name, 260);
}

static void put_thread(WThread *t, u64 at, const Entry *e)
{
	u8 *p = mem_out(t, at, 28);

	memset(p + 4, 0, 24);
	st32(p + 8, e->tid);
	st32(p + 12, e->pid);
	st32(p + 16, 8);
}

/* MODULEENTRY32: size, id, process, two counts, base, bytes, handle, name, path. */
static void put_module(WThread *t, u64 at, const Entry *e, bool wide)
{
	u32 unit = wide ? 2 : 1, word = t->wide ? 8 : 4, base = t->wide ? 24 : 20, name = base + (t->wide ? 24 : 12), size = name + unit * (256 + 260);
	u8 *p = mem_out(t, at, size);

	memset(p + 4, 0, size - 4);
	st32(p + 4, 1);
	st32(p + 8, e->pid);
	st32(p + 12, 1), st32(p + 16, 1);
	mem_put_word(t, at + base, e->base);
	st32(p + base + word, e->size);
	mem_put_word(t, at + base + 2 * word, e->base);
	put_text(p + name, wide, e->name, 256);
	put_text(p + name + 256 * unit, wide, e->path, 260);
}

static u64 walk(WThread *t, const u64 *a, u32 list, bool first, bool wide)
{
	WObj *o = handle_get(t->task, a[0], WK_SNAPSHOT);
	Snapshot *s = o ? o->data : NULL;

	if (!s)
		return fail(t, W_INVALID_HANDLE);
	if (first)
		s->next[list] = 0;
	u32 n = list == 0 ? s->process.n : list == 1 ? s->thread.n : s->module.n, i = s->next[list];
	if (i < n) {
		s->next[list]++;
		if (list == 0)
			put_process(t, a[1], &s->process.p[i], wide);
		else if (list == 1)
			put_thread(t, a[1], &s->thread.p[i]);
		else
			put_module(t, a[1], &s->module.p[i], wide);
	}
	obj_drop(o);
	return i < n ? 1 : fail(t, NO_MORE);
}

u64 w_Process32First(WThread *t, const u64 *a) { return walk(t, a, 0, true, false); }
u64 w_Process32FirstW(WThread *t, const u64 *a) { return walk(t, a, 0, true, true); }
u64 w_Process32Next(WThread *t, const u64 *a) { return walk(t, a, 0, false, false); }
u64 w_Process32NextW(WThread *t, const u64 *a) { return walk(t, a, 0, false, true); }
u64 w_Thread32First(WThread *t, const u64 *a) { return walk(t, a, 1, true, false); }
u64 w_Thread32Next(WThread *t, const u64 *a) { return walk(t, a, 1, false, false); }
u64 w_Module32First(WThread *t, const u64 *a) { return walk(t, a, 2, true, false); }
u64 w_Module32FirstW(WThread *t, const u64 *a) { return walk(t, a, 2, true, true); }
u64 w_Module32Next(WThread *t, const u64 *a) { return walk(t, a, 2, false, false); }
u64 w_Module32NextW(WThread *t, const u64 *a) { return walk(t, a, 2, false, true); }
