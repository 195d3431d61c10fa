/* bench: runs commands by turns and compares their times.
 *
 *   bench ratios|times REPETITIONS PLAN
 *
 * A line of the plan is PROGRAM, VARIANT, INPUT and the command, with tabs between.  The variants of a program
 * run by turns, so that a change of the machine's mood meets all of them.  Time is the processor's, user and
 * system, in `ratios` (divided by that of the program's first variant), the clock's in `times` (milliseconds).
 * Each number is the median, behind it the spread: (greatest - least) / median.  A variant whose output differs
 * from the first one's, or that fails, is named and has no number.
 *
 * A variant "NAME/K" does one K-th of the work: its time is multiplied by K, and what it should print is what the
 * command in the line's fifth field prints.  A row whose variant "pvm jit" takes longer than its "qemu" is marked. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ROWS = 1000, MAX_REPS = 101, MAX_WORDS = 30, MAX_COLUMNS = 20 };

typedef struct Row {
	char *program, *variant, *input, *command;
	char *like;        /* NULL, or a command that prints the same */
	int part;          /* it does one part-th of the work */
	double cpu[MAX_REPS], wall[MAX_REPS];
	uint64_t output;
	int runs;
	const char *wrong; /* NULL, or why there is no number */
} Row;

static Row row[MAX_ROWS];
static int nrow;
static char *column[MAX_COLUMNS];
static double log_sum[MAX_COLUMNS];
static int log_n[MAX_COLUMNS], ncolumn;

static void read_plan(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL, *rest;
	size_t cap = 0;

	if (!f) {
		perror(path);
		exit(2);
	}
	while (getline(&line, &cap, f) > 0 && nrow < MAX_ROWS) {
		Row *r = &row[nrow++];
		line[strcspn(line, "\n")] = 0;
		rest = strdup(line);
		r->program = strsep(&rest, "\t");
		r->variant = strsep(&rest, "\t");
		r->input = strsep(&rest, "\t");
		r->command = strsep(&rest, "\t");
		r->like = rest;
		char *part = r->variant ? strchr(r->variant, '/') : NULL;
		r->part = part ? atoi(part + 1) : 1;
		if (!r->command || r->part < 1) {
			fprintf(stderr, "bench: bad line: %s\n", line);
			exit(2);
		}
	}
	free(line);
	fclose(f);
}

/* FNV-1a of everything that comes through the pipe. */
static uint64_t drain(int fd)
{
	static unsigned char buf[1 << 16];
	uint64_t h = 14695981039346656037ull;
	ssize_t n;

	while ((n = read(fd, buf, sizeof buf)) > 0)
		for (ssize_t i = 0; i < n; i++)
			h = (h ^ buf[i]) * 1099511628211ull;
	return h;
}

static void child(const char *command, const Row *r, int out)
{
	char *w[MAX_WORDS + 1], *s = strdup(command), *p;
	int n = 0, in = open(r->input, O_RDONLY), null = open("/dev/null", O_WRONLY);

	while ((p = strsep(&s, " ")) && n < MAX_WORDS)
		if (*p)
			w[n++] = p;
	w[n] = NULL;
	if (in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(null, 2) < 0)
		_exit(126);
	execvp(w[0], w);
	_exit(127);
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* Runs a command with the row's input; returns its status. */
static int spawn(const char *command, const Row *r, uint64_t *output, struct rusage *use)
{
	int fd[2], status;
	pid_t pid;

	if (pipe(fd) < 0)
		exit(2);
	pid = fork();
	if (pid == 0)
		child(command, r, fd[1]);
	close(fd[1]);
	*output = drain(fd[0]);
	close(fd[0]);
	wait4(pid, &status, 0, use);
	return status;
}

static void run(Row *r)
{
	struct timespec t0, t1;
	struct rusage use;
	uint64_t output;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &t0);
	status = spawn(r->command, r, &output, &use);
	clock_gettime(CLOCK_MONOTONIC, &t1);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		r->wrong = "fails";
	if (r->runs > 0 && output != r->output)
		r->wrong = "differs";
	r->output = output;
	r->cpu[r->runs] = (seconds(use.ru_utime) + seconds(use.ru_stime)) * r->part;
	r->wall[r->runs++] = (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, int n, double *spread)
{
	double m;

	qsort(v, (size_t)n, sizeof *v, by_value);
	m = n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
	*spread = m > 0 ? (v[n - 1] - v[0]) / m : 0;
	return m;
}

static int column_of(char *variant)
{
	int c = 0;

	while (c < ncolumn && strcmp(column[c], variant) != 0)
		c++;
	if (c == ncolumn && ncolumn < MAX_COLUMNS)
		column[ncolumn++] = variant;
	return c;
}

/* Does it print what it should? */
static bool as_expected(const Row *r, const Row *first)
{
	struct rusage use;
	uint64_t want = first->output;

	return (r->like && spawn(r->like, r, &want, &use) != 0) ? false : r->output == want;
}

static bool is_named(const Row *r, const char *variant)
{
	return !r->wrong && !strcmp(r->variant, variant);
}

static void print_ratios(Row *r, int n)
{
	double spread, base = median(r[0].cpu, r[0].runs, &spread), ratio, jit = 0, qemu = 0;

	printf("%-14s", r[0].program);
	for (int i = 0; i < n; i++) {
		int c = column_of(r[i].variant);
		ratio = median(r[i].cpu, r[i].runs, &spread) / base;
		if (i && !r[i].wrong && !as_expected(&r[i], &r[0]))
			r[i].wrong = "differs";
		if (is_named(&r[i], "pvm jit"))
			jit = ratio;
		if (is_named(&r[i], "qemu"))
			qemu = ratio;
		if (r[i].wrong) {
			printf("  %14s", r[i].wrong);
			continue;
		}
		if (i)
			printf("  %7.2f +-%3.0f%%", ratio, 50 * spread);
		else
			printf("  %6.0fms +-%2.0f%%", 1e3 * base, 50 * spread);
		log_sum[c] += log(ratio);
		log_n[c]++;
	}
	printf(qemu && (!jit || jit > qemu) ? "  slower than qemu\n" : "\n");
	fflush(stdout);
}

static void print_times(Row *r, int n)
{
	double spread, m;

	for (int i = 0; i < n; i++) {
		m = median(r[i].wall, r[i].runs, &spread);
		if (r[i].wrong)
			printf("%-10s  %-24s  %s\n", r[i].program, r[i].variant, r[i].wrong);
		else
			printf("%-10s  %-24s  %9.2f ms  +-%3.0f%%\n", r[i].program, r[i].variant, 1e3 * m, 50 * spread);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int reps = argc > 2 ? atoi(argv[2]) : 0, first, last;
	bool ratios = argc > 1 && !strcmp(argv[1], "ratios");

	if (argc != 4 || reps < 1 || reps > MAX_REPS) {
		fprintf(stderr, "usage: bench ratios|times REPETITIONS PLAN\n");
		return 2;
	}
	read_plan(argv[3]);
	for (first = 0; ratios && first < nrow && !strcmp(row[first].program, row[0].program); first++)
		printf("%s%14s", first ? "  " : "                ", row[first].variant);
	if (ratios)
		printf("\n");
	for (first = 0; first < nrow; first = last) {
		for (last = first; last < nrow && !strcmp(row[last].program, row[first].program); last++)
			;
		for (int k = 0; k < reps; k++)
			for (int i = first; i < last; i++)
				if (!row[i].wrong)
					run(&row[i]);
		if (ratios)
			print_ratios(row + first, last - first);
		else
			print_times(row + first, last - first);
	}
	if (ratios) {
		printf("%-14s", "geo. mean");
		for (int c = 0; c < ncolumn; c++)
			printf("  %7.2f (%2d)  ", log_n[c] ? exp(log_sum[c] / log_n[c]) : 0.0, log_n[c]);
		printf("\n");
	}
	return 0;
}
