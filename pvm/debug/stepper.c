/* A stepper by lines: break, step, next, continue, print, where, list. */
#include "debug.h"

#include <stdlib.h>

enum { LINE_MAX = 256, LIST_AROUND = 5, WHERE_MAX = 40 };

enum Mode { STEP, NEXT, CONTINUE };

typedef struct Debug {
	Task *task;
	const char *source;
	FILE *in, *out;
	enum Mode mode;
	const PFrame *f;     /* where the program stands */
	u32 line, func;      /* the place of the last stop */
	u32 depth;           /* NEXT: stop at this depth or further out */
	bool at_start;       /* nothing has been shown yet */
	u32 list_from;
	VEC(u32) breaks;     /* lines */
	char last[LINE_MAX]; /* an empty line repeats the last command */
} Debug;

static const PModule *module(const Debug *d)
{
	return task_module(d->task);
}

static u32 depth_of(const Debug *d, const PFrame *f)
{
	u32 n = 0;

	for (; f; f = pcode_frame_up(task_env(d->task), f))
		n++;
	return n;
}

/* ---- the source ----------------------------------------------------------------------------------- */

/* Prints one line of the source; false: there is no such line. */
static bool show_line(Debug *d, u32 line, bool here)
{
	const char *s = d->source;

	for (u32 k = 1; s && k < line; k++) {
		s = strchr(s, '\n');
		s = s ? s + 1 : NULL;
	}
	if (!s || !*s || line == 0)
		return false;
	fprintf(d->out, "%s%5u  %.*s\n", here ? "->" : "  ", line, (int)strcspn(s, "\n"), s);
	return true;
}

static void cmd_list(Debug *d, const char *arg)
{
	u32 first = *arg ? (u32)strtoul(arg, NULL, 10) : d->list_from;

	if (first == 0)
		first = d->line > LIST_AROUND ? d->line - LIST_AROUND : 1;
	u32 line = first;
	while (line <= first + 2 * LIST_AROUND && show_line(d, line, line == d->line))
		line++;
	if (line == first)
		fprintf(d->out, "no source here\n");
	d->list_from = line;
}

/* ---- variables and activations ---------------------------------------------------------------------- */

static int same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if ((*a | 0x20) != (*b | 0x20))
			return 0;
	return *a == *b;
}

/* Shows the variables of one function (UINT32_MAX: the module) with this name, all when it is empty. */
static u32 print_vars(Debug *d, const PFrame *f, u32 func, const char *name)
{
	const PModule *m = module(d);
	u32 n = 0;

	for (u32 i = 0; i < m->nvar; i++) {
		const PVar *v = &m->var[i];
		Buf text = {0};
		if (v->func != func || (*name && !same_name(v->name, name)))
			continue;
		bool ok = task_show_var(d->task, v, f, &text);
		fprintf(d->out, "%s = %.*s\n", v->name, ok ? (int)text.n : 1, ok ? (char *)text.p : "?");
		buf_free(&text);
		n++;
	}
	return n;
}

/* Innermost activation first, then those around it, then the module. */
static void cmd_print(Debug *d, const char *name)
{
	const PFrame *f = d->f;

	if (print_vars(d, f, f->func, name) && *name)
		return;
	while (*name && (f = pcode_frame_up(task_env(d->task), f)))
		if (print_vars(d, f, f->func, name))
			return;
	if (!print_vars(d, NULL, UINT32_MAX, name) && *name)
		fprintf(d->out, "no variable %s\n", name);
}

static void cmd_where(Debug *d, const char *arg)
{
	ChainEntry c[WHERE_MAX];
	u32 n = thread_chain(task_thread(d->task), c, WHERE_MAX);

	for (u32 i = 0; i < MIN(n, (u32)WHERE_MAX); i++) {
		Buf text = {0};
		task_place(d->task, &c[i], &text);
		fprintf(d->out, "%s%.*s\n", i ? "  called from " : "  at ", (int)text.n, (char *)text.p);
		buf_free(&text);
	}
	if (n > WHERE_MAX)
		fprintf(d->out, "  ... %u more\n", n - WHERE_MAX);
}

/* ---- going on --------------------------------------------------------------------------------------- */

static void cmd_break(Debug *d, const char *arg)
{
	u32 line = (u32)strtoul(arg, NULL, 10);

	for (u32 i = 0; i < d->breaks.n; i++) {
		if (d->breaks.p[i] == line) {
			d->breaks.p[i] = d->breaks.p[--d->breaks.n];
			fprintf(d->out, "no break at line %u any more\n", line);
			return;
		}
	}
	if (line == 0) {
		for (u32 i = 0; i < d->breaks.n; i++)
			fprintf(d->out, "break at line %u\n", d->breaks.p[i]);
		return;
	}
	vec_push(&d->breaks, line);
	fprintf(d->out, "break at line %u\n", line);
}

static void go(Debug *d, enum Mode mode)
{
	d->mode = mode;
	d->depth = depth_of(d, d->f);
}

static void cmd_step(Debug *d, const char *arg) { go(d, STEP); }
static void cmd_next(Debug *d, const char *arg) { go(d, NEXT); }
static void cmd_continue(Debug *d, const char *arg) { go(d, CONTINUE); }
static void cmd_quit(Debug *d, const char *arg) { thread_exit(task_thread(d->task), 0); }
static void cmd_help(Debug *d, const char *arg);

static const struct DebugCommand {
	const char *name;
	bool goes; /* the program goes on */
	void (*fn)(Debug *d, const char *arg);
	const char *what;
} debug_commands[] = {
	{"step", true, cmd_step, "to the next line, into calls"},
	{"next", true, cmd_next, "to the next line of this routine"},
	{"continue", true, cmd_continue, "to the next break"},
	{"break", false, cmd_break, "LINE: stop there, or not any more; without LINE: list them"},
	{"print", false, cmd_print, "NAME: a variable; without NAME: all that are in reach"},
	{"where", false, cmd_where, "the call chain"},
	{"list", false, cmd_list, "[LINE]: source"},
	{"quit", true, cmd_quit, "end the program"},
	{"help", false, cmd_help, "this"},
};

static void cmd_help(Debug *d, const char *arg)
{
	for (u32 i = 0; i < COUNT(debug_commands); i++)
		fprintf(d->out, "  %-9s %s\n", debug_commands[i].name, debug_commands[i].what);
	fprintf(d->out, "Commands may be shortened; an empty line repeats the last one.\n");
}

/* Reads commands until one lets the program go on.  At the end of the input it runs freely. */
static void talk(Debug *d)
{
	char line[LINE_MAX];

	for (;;) {
		fprintf(d->out, "(pvm) ");
		fflush(d->out);
		if (!fgets(line, sizeof line, d->in)) {
			vec_free(&d->breaks);
			d->mode = CONTINUE;
			return;
		}
		line[strcspn(line, "\n")] = 0;
		if (!*line)
			memcpy(line, d->last, sizeof line);
		memcpy(d->last, line, sizeof line);
		size_t n = strcspn(line, " ");
		const char *arg = line + n + strspn(line + n, " ");
		const struct DebugCommand *c = NULL;
		for (u32 i = 0; i < COUNT(debug_commands) && n && !c; i++)
			if (strncmp(debug_commands[i].name, line, n) == 0)
				c = &debug_commands[i];
		if (!c) {
			fprintf(d->out, "step, next, continue, break, print, where, list, quit or help\n");
			continue;
		}
		c->fn(d, arg);
		if (c->goes)
			return;
	}
}

static bool at_break(const Debug *d, u32 line)
{
	for (u32 i = 0; i < d->breaks.n; i++)
		if (d->breaks.p[i] == line)
			return true;
	return false;
}

/* Before each instruction: stops where a new line begins and the mode says so. */
static void on_step(Task *t, const PFrame *f, void *ctx)
{
	Debug *d = ctx;
	const PModule *m = task_module(t);
	u32 line = pcode_line(m, &m->func[f->func], pcode_frame_pc(task_env(t), f));

	if (line == 0 || (!d->at_start && line == d->line && f->func == d->func))
		return;
	bool stop = d->at_start || at_break(d, line) || d->mode == STEP ||
		(d->mode == NEXT && depth_of(d, f) <= d->depth);
	if (!stop && d->mode == NEXT)
		return; /* deeper: the line to leave stays the one of the stop */
	d->line = line;
	d->func = f->func;
	if (!stop)
		return;
	d->at_start = false;
	d->f = f;
	d->list_from = 0;
	const char *file = pcode_file(m, &line);
	if (strcmp(file, m->source) != 0 || !show_line(d, line, true))
		fprintf(d->out, "%s:%u in %s\n", file, line, m->func[f->func].name);
	talk(d);
}

int debug_run(Task *t, const char *source, FILE *in, FILE *out)
{
	Debug d = {.task = t, .source = source, .in = in, .out = out, .at_start = true};

	task_set_step(t, on_step, &d);
	int status = task_run(t);
	vec_free(&d.breaks);
	return status;
}
