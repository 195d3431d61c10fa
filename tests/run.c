/* run: runs program tests on every executor.
 *
 *   run [--pvm=FILE] [--with=PREFIX] [--builder=FILE] [--modes=LIST] [--jobs=N] [--tmp=DIR] TEST.pas...
 *
 * PREFIX stands before pvm (an emulator); the builder is another pvm, which makes the modules.
 *
 * A test carries its expectation in comments, { ... } or (* ... *):
 *
 *   { expect: TEXT }      standard output; with line breaks behind the colon and before the end, those lines
 *   { input: TEXT }       standard input, likewise (otherwise it is empty)
 *   { args: A B }         arguments of the program
 *   { options: A B }      options of pvm
 *   { status: N }         exit status (otherwise 0)
 *   { stderr: TEXT }      standard error contains this; may be repeated
 *   { error: L:C: TEXT }  compiling ends with status 1 and these errors, no more and no fewer
 *   { modes: LIST }       only these modes
 *   { fpc: FLAGS }        Free Pascal's dialect (otherwise -Mobjfpc), or `no`: it has another opinion
 *
 * A program without `expect` takes input and output from tests/examples/NAME.in and NAME.out.
 * Memory is never freed: the process is short.
 *
 * Modes: interp, eval, jit; hot (jit, compiled on first call); pco (built to a file, which is then run);
 * fpc (Free Pascal's program, as the oracle of the expectations).  Every test in every mode counts. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_WORDS = 40, MAX_NOTES = 64, SECONDS = 60 };

static const char *pvm = "out/pvm", *builder = NULL, *with = "", *modes = "interp,eval,jit,hot,pco", *tmp = "out/tests";
static int passed, failed;

/* A text of known length; not NUL-terminated where it points into another. */
typedef struct Text {
	const char *p;
	size_t n;
} Text;

typedef struct Test {
	const char *path;
	char name[64];
	Text source, expect, input, args, options, modes, fpc;
	Text err[MAX_NOTES], error[MAX_NOTES];
	int nerr, nerror, status;
	bool has_expect;
} Test;

/* What a run left behind. */
typedef struct Result {
	int status; /* 128 + N after signal N */
	Text out, err;
} Result;

/* ---- files ------------------------------------------------------------------------------------- */

static Text slurp(const char *path)
{
	Text t = { "", 0 };
	FILE *f = fopen(path, "rb");
	struct stat st;
	char *p;

	if (!f)
		return t;
	if (fstat(fileno(f), &st) == 0 && (p = malloc((size_t)st.st_size + 1))) {
		t.n = fread(p, 1, (size_t)st.st_size, f);
		p[t.n] = 0;
		t.p = p;
	}
	fclose(f);
	return t;
}

static void spill(const char *path, Text t)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(t.p, 1, t.n, f) != t.n || fclose(f)) {
		perror(path);
		exit(2);
	}
}

static bool has(Text t, Text part)
{
	return !part.n || memmem(t.p, t.n, part.p, part.n) != NULL;
}

/* ---- reading a test ---------------------------------------------------------------------------- */

/* The note's text: one line between single blanks, or the lines between the one with the colon and the end. */
static Text note_text(const char *p, const char *end, bool lines)
{
	const char *first = p, *q = end;
	char *s;

	while (first < end && (*first == ' ' || *first == '\t' || *first == '\r'))
		first++;
	if (first < end && *first == '\n')
		p = first + 1;
	else
		p += p < end && *p == ' ';
	while (q > p && (q[-1] == ' ' || q[-1] == '\t'))
		q--;
	if (!lines || q == p || q[-1] == '\n')
		return (Text){ p, (size_t)(q - p) };
	end -= end > p && end[-1] == ' ';
	s = malloc((size_t)(end - p) + 2); /* the last line's end, which the note does not show */
	memcpy(s, p, (size_t)(end - p));
	s[end - p] = '\n';
	return (Text){ s, (size_t)(end - p) + 1 };
}

static bool note_is(const char *p, const char *end, const char *key, const char **rest)
{
	size_t n = strlen(key);

	if ((size_t)(end - p) < n || memcmp(p, key, n) != 0)
		return false;
	*rest = p + n;
	return true;
}

static void take_note(Test *t, const char *p, const char *end)
{
	const char *r;

	while (p < end && (*p == ' ' || *p == '\n' || *p == '\t'))
		p++;
	if (note_is(p, end, "expect:", &r)) {
		t->expect = note_text(r, end, true);
		t->has_expect = true;
	} else if (note_is(p, end, "input:", &r)) {
		t->input = note_text(r, end, true);
	} else if (note_is(p, end, "args:", &r)) {
		t->args = note_text(r, end, false);
	} else if (note_is(p, end, "options:", &r)) {
		t->options = note_text(r, end, false);
	} else if (note_is(p, end, "modes:", &r)) {
		t->modes = note_text(r, end, false);
	} else if (note_is(p, end, "fpc:", &r)) {
		t->fpc = note_text(r, end, false);
	} else if (note_is(p, end, "status:", &r)) {
		t->status = atoi(r);
	} else if (note_is(p, end, "stderr:", &r) && t->nerr < MAX_NOTES) {
		t->err[t->nerr++] = note_text(r, end, false);
	} else if (note_is(p, end, "error:", &r) && t->nerror < MAX_NOTES) {
		t->error[t->nerror++] = note_text(r, end, false);
	}
}

static void read_notes(Test *t)
{
	const char *p = t->source.p, *all = p + t->source.n, *end;
	bool star;

	for (; p < all; p++) {
		if (*p == '\'') { /* a string hides comment signs */
			while (++p < all && *p != '\'' && *p != '\n')
				;
			continue;
		}
		star = *p == '(' && p + 1 < all && p[1] == '*';
		if (*p != '{' && !star)
			continue;
		p += 1 + star;
		end = memmem(p, (size_t)(all - p), star ? "*)" : "}", star ? 2 : 1);
		if (!end)
			return;
		take_note(t, p, end);
		p = end + star;
	}
}

static void read_test(Test *t, const char *path)
{
	const char *base = strrchr(path, '/');
	char side[200];

	*t = (Test){ .path = path };
	snprintf(t->name, sizeof t->name, "%s", base ? base + 1 : path);
	if (strrchr(t->name, '.'))
		*strrchr(t->name, '.') = 0;
	t->source = slurp(path);
	read_notes(t);
	if (t->nerror)
		t->status = 1;
	if (t->has_expect || t->nerror)
		return;
	snprintf(side, sizeof side, "tests/examples/%s.in", t->name);
	t->input = slurp(side);
	snprintf(side, sizeof side, "tests/examples/%s.out", t->name);
	t->expect = slurp(side);
}

/* ---- running ----------------------------------------------------------------------------------- */

/* A command line in the making. */
typedef struct Words {
	char *w[MAX_WORDS + 1];
	int n;
} Words;

static void add(Words *a, const char *w, size_t n)
{
	if (a->n < MAX_WORDS && n > 0)
		a->w[a->n++] = strndup(w, n);
	a->w[a->n] = NULL;
}

static void add_split(Words *a, Text t)
{
	size_t i = 0, from;

	while (i < t.n) {
		while (i < t.n && strchr(" \t\n,", t.p[i]))
			i++;
		for (from = i; i < t.n && !strchr(" \t\n,", t.p[i]); i++)
			;
		add(a, t.p + from, i - from);
	}
}

static void add_str(Words *a, const char *s)
{
	add_split(a, (Text){ s, strlen(s) });
}

static char *temp(const char *ending)
{
	static char path[4][200];
	static int k;

	k = (k + 1) % 4;
	snprintf(path[k], sizeof path[k], "%s/%d%s", tmp, (int)getpid(), ending);
	return path[k];
}

static void redirect(const char *path, int flags, int fd)
{
	int f = open(path, flags, 0666);

	if (f < 0 || dup2(f, fd) < 0)
		_exit(126);
	close(f);
}

static Result execute(const Words *a)
{
	char out[200], err[200], in[200];
	Result r;
	pid_t pid;
	int st = 0;

	strcpy(out, temp(".out"));
	strcpy(err, temp(".err"));
	strcpy(in, temp(".in"));
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		struct rlimit cpu = { SECONDS, SECONDS + 5 };
		setrlimit(RLIMIT_CPU, &cpu);
		redirect(in, O_RDONLY, 0);
		redirect(out, O_WRONLY | O_CREAT | O_TRUNC, 1);
		redirect(err, O_WRONLY | O_CREAT | O_TRUNC, 2);
		execvp(a->w[0], a->w);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &st, 0) < 0)
		st = 127 << 8;
	r.status = WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st);
	r.out = slurp(out);
	r.err = slurp(err);
	return r;
}

/* ---- judging ----------------------------------------------------------------------------------- */

static Text line_of(Text t, int k)
{
	const char *p = t.p, *end = t.p + t.n, *nl;

	for (; k > 1 && p < end; k--)
		p = (nl = memchr(p, '\n', (size_t)(end - p))) ? nl + 1 : end;
	nl = memchr(p, '\n', (size_t)(end - p));
	return (Text){ p, (size_t)((nl ? nl : end) - p) };
}

/* Shows the first line in which two texts differ. */
static void show_difference(Text want, Text got)
{
	size_t i = 0;
	int line = 1;
	Text w, g;

	for (; i < want.n && i < got.n && want.p[i] == got.p[i]; i++)
		line += want.p[i] == '\n';
	w = line_of(want, line);
	g = line_of(got, line);
	printf("    line %d, expected: %.*s%s\n", line, (int)w.n, w.p, w.p + w.n < want.p + want.n ? "" : " [end]");
	printf("    line %d, printed:  %.*s%s\n", line, (int)g.n, g.p, g.p + g.n < got.p + got.n ? "" : " [end]");
}

static bool complain(const Test *t, const char *mode, const char *fmt, ...)
{
	va_list ap;

	printf("FAIL %s [%s]: ", t->path, mode);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	return false;
}

static int count(Text t, const char *what)
{
	int n = 0;
	const char *p = t.p, *end = t.p + t.n;

	while ((p = memmem(p, (size_t)(end - p), what, strlen(what)))) {
		n++;
		p++;
	}
	return n;
}

static bool judge_errors(const Test *t, const char *mode, const Result *r)
{
	char want[600];
	int n = count(r->err, ": error: ");

	for (int i = 0; i < t->nerror; i++) {
		const char *e = t->error[i].p;
		size_t pos = 0, colons = 0;
		while (pos < t->error[i].n && colons < 2)
			colons += e[pos++] == ':';
		while (pos < t->error[i].n && e[pos] == ' ')
			pos++;
		snprintf(want, sizeof want, "%s:%.*s", t->path, (int)pos, e);
		while (want[0] && want[strlen(want) - 1] == ' ')
			want[strlen(want) - 1] = 0;
		snprintf(want + strlen(want), sizeof want - strlen(want), " error: %.*s", (int)(t->error[i].n - pos), e + pos);
		if (!has(r->err, (Text){ want, strlen(want) }))
			return complain(t, mode, "no '%s' in\n%.*s", want, (int)r->err.n, r->err.p);
	}
	if (n != t->nerror)
		return complain(t, mode, "%d errors, expected %d:\n%.*s", n, t->nerror, (int)r->err.n, r->err.p);
	return true;
}

static bool judge(const Test *t, const char *mode, const Result *r)
{
	if (r->status != t->status)
		return complain(t, mode, "status %d, expected %d\n%.*s", r->status, t->status, (int)(r->err.n < 2000 ? r->err.n : 2000), r->err.p);
	if (t->nerror)
		return judge_errors(t, mode, r);
	if (r->out.n != t->expect.n || memcmp(r->out.p, t->expect.p, r->out.n) != 0) {
		complain(t, mode, "output differs");
		show_difference(t->expect, r->out);
		return false;
	}
	for (int i = 0; i < t->nerr && strcmp(mode, "fpc") != 0; i++)
		if (!has(r->err, t->err[i]))
			return complain(t, mode, "standard error has no '%.*s':\n%.*s", (int)t->err[i].n, t->err[i].p, (int)r->err.n, r->err.p);
	if (!t->nerr && !t->status && r->err.n && strcmp(mode, "fpc") != 0)
		return complain(t, mode, "unexpected on standard error:\n%.*s", (int)(r->err.n < 2000 ? r->err.n : 2000), r->err.p);
	return true;
}

/* ---- modes ------------------------------------------------------------------------------------- */

static const struct Mode {
	const char *name, *options;
	bool module, native; /* built to a .pco, or by Free Pascal, and the result is run */
} mode_table[] = {
	{ "interp", "--exec=interp", false, false },
	{ "eval", "--exec=eval", false, false },
	{ "jit", "--exec=jit", false, false },
	{ "hot", "--exec=jit --hot=0", false, false },
	{ "pco", "", true, false },
	{ "fpc", "", true, true }
};

/* The command that builds t into the file `to`. */
static Words build_words(const Test *t, const struct Mode *m, const char *to)
{
	Words a = {0};
	char options[500];

	if (m->native) {
		snprintf(options, sizeof options, "fpc %.*s -O2 -CF64 -Cr -Co -v0 -FU%s -o%s %s",
			t->fpc.n ? (int)t->fpc.n : 9, t->fpc.n ? t->fpc.p : "-Mobjfpc", tmp, to, t->path);
		add_str(&a, options);
		return a;
	}
	if (!builder)
		add_str(&a, with);
	add_str(&a, builder ? builder : pvm);
	add_str(&a, "build");
	add_split(&a, t->options);
	add_str(&a, t->path);
	add_str(&a, "-o");
	add_str(&a, to);
	return a;
}

static bool run_mode(const Test *t, const struct Mode *m)
{
	char file[200];
	Words build, a = {0};
	Result r;

	spill(temp(".in"), t->input);
	strcpy(file, temp(m->native ? ".exe" : ".pco"));
	if (m->module) {
		build = build_words(t, m, file);
		r = execute(&build);
		if (r.status && t->nerror)
			return judge(t, m->name, &r);
		if (r.status)
			return complain(t, m->name, "does not build:\n%.*s%.*s", (int)r.out.n, r.out.p, (int)r.err.n, r.err.p);
	}
	if (!m->native) {
		add_str(&a, with);
		add_str(&a, pvm);
		add_str(&a, m->options);
		if (!m->module)
			add_split(&a, t->options);
	}
	add_str(&a, m->module ? file : t->path);
	add_split(&a, t->args);
	r = execute(&a);
	return judge(t, m->name, &r);
}

static bool listed(Text list, const char *name)
{
	Words w = {0};

	add_split(&w, list);
	for (int i = 0; i < w.n; i++)
		if (!strcmp(w.w[i], name))
			return true;
	return false;
}

static void run_test(const char *path)
{
	Test t;

	read_test(&t, path);
	for (size_t i = 0; i < sizeof mode_table / sizeof *mode_table; i++) {
		const struct Mode *m = &mode_table[i];
		if (!listed((Text){ modes, strlen(modes) }, m->name) || (t.modes.n && !listed(t.modes, m->name)))
			continue;
		if (m->native && listed(t.fpc, "no"))
			continue;
		if (run_mode(&t, m))
			passed++;
		else
			failed++;
	}
}

/* ---- the command ------------------------------------------------------------------------------- */

static bool option(const char *arg, const char *name, const char **value)
{
	size_t n = strlen(name);

	if (strncmp(arg, name, n) != 0)
		return false;
	*value = arg + n;
	return true;
}

/* Runs every `jobs`-th test from the k-th on in a process of its own; its numbers come through a pipe. */
static int start_worker(char **tests, int n, int k, int jobs)
{
	int fd[2], numbers[2];

	fflush(NULL);
	if (pipe(fd) < 0)
		exit(2);
	if (fork() == 0) {
		for (int i = k; i < n; i += jobs) {
			run_test(tests[i]);
			fflush(stdout);
		}
		numbers[0] = passed;
		numbers[1] = failed;
		_exit(write(fd[1], numbers, sizeof numbers) != sizeof numbers);
	}
	close(fd[1]);
	return fd[0];
}

int main(int argc, char **argv)
{
	const char *jobs_text = "2";
	int i = 1, n, jobs, fd[16], numbers[2];

	for (; i < argc && !strncmp(argv[i], "--", 2); i++)
		if (!option(argv[i], "--pvm=", &pvm) && !option(argv[i], "--with=", &with) && !option(argv[i], "--builder=", &builder)
		    && !option(argv[i], "--modes=", &modes)
		    && !option(argv[i], "--jobs=", &jobs_text) && !option(argv[i], "--tmp=", &tmp)) {
			fprintf(stderr, "run: unknown option %s\n", argv[i]);
			return 2;
		}
	mkdir(tmp, 0777);
	n = argc - i;
	jobs = atoi(jobs_text);
	jobs = jobs < 1 ? 1 : jobs > 16 ? 16 : jobs;
	for (int k = 0; k < jobs; k++)
		fd[k] = k < n ? start_worker(argv + i, n, k, jobs) : -1;
	for (int k = 0; k < jobs && fd[k] >= 0; k++) {
		if (read(fd[k], numbers, sizeof numbers) == sizeof numbers) {
			passed += numbers[0];
			failed += numbers[1];
		} else { /* the runner itself failed */
			failed++;
		}
	}
	while (wait(NULL) > 0)
		;
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0;
}
