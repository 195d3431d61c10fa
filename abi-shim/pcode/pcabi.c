/* The personality of P-code programs: the table of calls, made from calls.def, and its start. */
#include "abi.h"

#include <stdlib.h>

/* One traced twin a row: a handler gets no hint of which row called it, so each row needs its own. */
#define C(name, sig, fn, meaning) \
	static u64 trace_##fn(Regfile *t, const u64 *args) { return task_trace_call(abi_thread(t), name, sig, fn, args); }
#include "calls.def"
#undef C

static const struct Call {
	const char *name, *sig;
	OHostFn *fn, *traced;
} calls[] = {
#define C(name, sig, fn, meaning) {name, sig, fn, trace_##fn},
#include "calls.def"
#undef C
};

OHostFn *pcabi_lookup(Task *t, const char *module, const char *name, const char *sig, const char **why)
{
	*why = "no such call";
	if (strcmp(module, "sys") != 0) {
		*why = "no such module";
		return NULL;
	}
	for (u32 i = 0; i < COUNT(calls); i++) {
		if (strcmp(calls[i].name, name) != 0)
			continue;
		if (strcmp(calls[i].sig, sig) == 0)
			return task_opts(t)->trace_exec ? calls[i].traced : calls[i].fn;
		*why = "its signature is another";
		return NULL;
	}
	return NULL;
}

void abi_fail(Regfile *t, u32 code)
{
	Abi *a = abi_of(t);

	if (!a->no_iocheck)
		thread_trap(abi_thread(t), code);
	if (!a->failed)
		a->failed = code;
}

bool abi_pending(Regfile *t)
{
	Abi *a = abi_of(t);

	if (a->failed && !a->no_iocheck)
		thread_trap(abi_thread(t), a->failed);
	return a->failed != 0;
}

void pcabi_start(Task *t, int argc, char **argv)
{
	Abi *a = xcalloc(1, sizeof *a);

	a->task = t;
	a->argc = argc;
	a->argv = argv;
	a->heap = heap_new(t);
	text_init(a);
	task_set_abi(t, a);
	task_at_end(t, text_end, a);
}

void pcabi_end(Task *t)
{
	Abi *a = task_abi(t);

	for (u32 i = 1; i < a->text.n; i++) {
		free(a->text.p[i].buf);
		free(a->text.p[i].name);
	}
	vec_free(&a->text);
	heap_free(a->heap);
	free(a);
}

void pcabi_grant(const char *dir)
{
	sandbox_grant(dir);
}
