/* Runs a Windows program: joins the process, its calls and its end with run's task. */
#include "w32.h"
#include "child.h"

#include <stdlib.h>
#include <unistd.h>

enum { STATUS_ILLEGAL = (int)0xc000001d, STATUS_ACCESS = (int)0xc0000005, STATUS_DIVIDE = (int)0xc0000094 };

static NORETURN void end_host(WTask *k, u32 status)
{
	spawn_end(k, status);
	pipe_end();
	job_end(k);
	console_end();
	if (k->o.x.stats)
		xtask_stats(k->x, stderr);
	for (u32 i = 0; k->o.x.stats && i < k->missing.cap; i++)
		if (k->missing.used[i])
			fprintf(stderr, "not there yet: %s, called %llu times\n", ((const WRow *)(uintptr_t)k->missing.key[i])->name,
				(unsigned long long)k->missing.val[i]);
	fflush(NULL);
	_exit(status && !(status & 0xff) ? 255 : (int)(status & 0xff));
}

void process_exit(WThread *t, u32 status)
{
	WTask *k = t->task;

	pthread_mutex_lock(&k->lock);
	bool first = !k->ending;
	k->ending = true;
	pthread_mutex_unlock(&k->lock);
	if (first)
		module_notify(t, 0);
	end_host(k, status);
}

void process_die(WThread *t, int status, const char *fmt, ...)
{
	char line[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	fprintf(stderr, "pvm: %s: %s\n", t->task->program ? t->task->program->path : "?", line);
	end_host(t->task, (u32)status);
}

/* What no handler of the program takes. */
static NORETURN void fault(WThread *t, const XTrap *w)
{
	const WModule *m = module_at(t->task, w->pc);
	const char *where = m ? m->name : "no module";
	u64 off = w->pc - (m ? m->base : 0);

	if (w->kind == XE_UNIMPL)
		process_die(t, EXIT_UNSUPPORTED, "the instruction '%s' at %s+%#llx is not supported yet", xtask_insn_name(t->task->x, w->pc), where,
			(unsigned long long)off);
	if (w->kind == XE_MEMORY)
		process_die(t, STATUS_ACCESS, "unhandled exception c0000005 at %s+%#llx: access to %#llx", where, (unsigned long long)off,
			(unsigned long long)w->addr);
	process_die(t, w->kind == XE_DE ? STATUS_DIVIDE : STATUS_ILLEGAL, "unhandled exception %d at %s+%#llx", w->kind, where, (unsigned long long)off);
}

static bool take_fault(WThread *t, const void *why)
{
	const XTrap *w = why;

	if (w->kind == XE_UNIMPL || !seh_fault(t, w))
		fault(t, w);
	return !t->ended;
}

static bool on_trap(XThread *x, const XTrap *why)
{
	WThread *t = wthread(x);
	bool on = true;

	thread_enter(t);
	if (why->kind == XE_INT80)
		on = call_thunk(t);
	else if (!clock_fault(t, why))
		on = why->kind == XE_UNIMPL ? take_fault(t, why) : call_guarded(t, take_fault, why);
	thread_leave(t);
	return on;
}

static bool on_pending(XThread *x)
{
	thread_park(wthread(x));
	return true;
}

int win32_run(const WinOpts *o, int argc, char **argv, char **envp)
{
	WTask *k = xcalloc(1, sizeof *k);
	Err e = {0};

	k->o = *o;
	k->o.x.trap = on_trap;
	k->o.x.pending = on_pending;
	k->o.x.data = k;
	k->trace = stderr;
	signal(SIGPIPE, SIG_IGN);
	if (!process_start(k, argc, argv, envp, &e))
		die(e.status, "%s", e.msg);
	return start_run(k);
}

/* ---- info ------------------------------------------------------------------------------------------------- */

static void print_missing(const PeMap *map, Buf *out)
{
	PeImport im;
	PeSymbol s;

	for (u32 i = 0; pe_import(map, false, i, &im) == 1; i++) {
		const WDll *d = dll_find(im.dll);
		for (u32 k = 0; pe_symbol(map, &im, k, &s) == 1; k++) {
			const WRow *row = d && s.name ? dll_row(d, s.name) : NULL;
			if (!d && !k)
				buf_printf(out, "not built in: %s\n", im.dll);
			if (d && s.name && (!row || !row->fn))
				buf_printf(out, "missing: %s!%s\n", im.dll, s.name);
		}
	}
}

bool win32_info(const char *path, Buf *out, Err *e)
{
	Buf file = {0};
	PeImage image;
	bool ok = file_read(path, &file, e) && pe_read(file.p, file.n, path, &image, e);

	if (ok) {
		PeMap map = {xcalloc(1, image.size), &image};
		memcpy(map.p, file.p, image.header);
		for (u32 k = 0; k < image.nsec; k++)
			memcpy(map.p + image.sec[k].at, file.p + image.sec[k].offset, MIN(image.sec[k].filled, image.size - image.sec[k].at));
		pe_print(&map, out);
		print_missing(&map, out);
		free(map.p);
	}
	buf_free(&file);
	return ok;
}
