/* Runs what the checker accepts of hostile modules: whatever it is, it must end in good order on every executor, and
 * in the same way on all of them.
 *
 * The modules run in a child process that notes where it is; one that does not end is stopped by a timer and left out,
 * any other death of the child is a failure. */
#include "../../pvm/run/run.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "modules.h"

enum { TIMER_MS = 100, MAX_MODULE = 1 << 16 };

/* ---- one run ------------------------------------------------------------------------------------ */

static u64 seen; /* hash of what the imports were given */

static u64 see(Regfile *t, const u64 *args)
{
	seen = (seen ^ args[0]) * 0x9e3779b97f4a7c15ull;
	seen ^= seen >> 32;
	return 0;
}

static u64 see_nothing(Regfile *t, const u64 *args)
{
	return 0;
}

/* Any import will do: the names and the signatures are changed too. */
static OHostFn *lookup(Task *t, const char *module, const char *name, const char *sig, const char **why)
{
	return sig[0] == ':' ? see_nothing : see;
}

/* The way a module ends: its status, and what it showed on the way. */
static u64 run_module(const PModule *m, enum Exec exec)
{
	TaskOpts o = {.exec = exec, .opt = 2, .hot = 0, .check_ocode = true, .trace = stderr};
	Err e = {0};
	Task *t = task_new(m, &o, lookup, &e);

	seen = 0;
	if (!t)
		return e.status == EXIT_VM || e.status == EXIT_UNSUPPORTED ? (u64)e.status : 0;
	int status = task_run(t);
	task_free(t);
	return seen << 16 | (u32)status;
}

/* ---- all of them -------------------------------------------------------------------------------- */

typedef struct Variant { u32 maker, at; u8 value; } Variant; /* which byte is changed to what */

/* What parent and child share. */
typedef struct Note {
	u32 next;                 /* the variant in work */
	u32 run, ended, differ;   /* ended: without a trap */
	Variant first;            /* that differed */
	u64 was[3];
} Note;

static enum Exec modes[3];
static u32 nmodes;
static Buf original[COUNT(makers)];

static VEC(Variant) variants;

/* Where the sections begin that have no effect on what a module does. */
static u32 end_of_required(const Buf *b)
{
	u32 at = 8;

	while (at < b->n - 8 && b->p[at + 1] == 1)
		at += 6 + ld32(b->p + at + 2);
	return at;
}

static void list_variants(void)
{
	for (u32 i = 0; i < COUNT(makers); i++) {
		const Buf *b = &original[i];
		for (u32 at = 8; at < end_of_required(b); at++) {
			const u8 was = b->p[at], values[] = {was ^ 1, was ^ 0x80, 0, 0xff, (u8)(was + 2)};
			for (u32 k = 0; k < COUNT(values); k++)
				if (values[k] != was)
					vec_push(&variants, ((Variant){i, at, values[k]}));
		}
	}
}

/* How deep calls may nest is each executor's own affair. */
static bool same_end(u64 a, u64 b)
{
	return a == b || (a & 0xffff) == TRAP_STACK || (b & 0xffff) == TRAP_STACK;
}

static void run_variant(Note *note, const Variant *v)
{
	static u8 copy[MAX_MODULE];
	Err e = {0};
	u32 n = original[v->maker].n;

	memcpy(copy, original[v->maker].p, n);
	copy[v->at] = v->value;
	seal(copy, n);
	PModule *m = pcode_read(copy, n, "hostile.pco", &e);
	if (m && m->start != UINT32_MAX && pcode_check(m, &e)) {
		u64 end[3] = {0};
		for (u32 k = 0; k < nmodes; k++)
			end[k] = run_module(m, modes[k]);
		note->run++;
		note->ended += (end[0] & 0xffff) == 0;
		for (u32 k = 1; k < nmodes; k++)
			if (!same_end(end[0], end[k]) && !note->differ++) {
				note->first = *v;
				memcpy(note->was, end, sizeof end);
			}
	}
	pcode_free(m);
}

static void NORETURN child(Note *note)
{
	struct itimerval timer = {.it_value = {.tv_usec = TIMER_MS * 1000}};

	signal(SIGALRM, SIG_DFL);
	/* cmocka would go on with the next test; what of these pvm means to catch, it catches itself. */
	for (u32 i = 0; i < 5; i++)
		signal((const int[]){SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}[i], SIG_DFL);
	if (!freopen("/dev/null", "w", stderr))
		_exit(99);
	for (; note->next < variants.n; note->next++) {
		setitimer(ITIMER_REAL, &timer, NULL);
		run_variant(note, &variants.p[note->next]);
	}
	_exit(0);
}

static void test_run(void **state)
{
	Note *note = mmap(NULL, sizeof *note, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	u32 stopped = 0;

	list_variants();
	while (note->next < variants.n) {
		int status;
		fflush(NULL);
		pid_t pid = fork();
		if (!pid)
			child(note);
		waitpid(pid, &status, 0);
		if (note->next == variants.n)
			break;
		const Variant *v = &variants.p[note->next];
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGALRM)
			fail_msg("module %u with byte %u = 0x%02x: the run died (wait status 0x%x)", v->maker, v->at, v->value, (unsigned)status);
		stopped++;
		note->next++;
	}
	print_message("%u modules run on %u executors, %u of them to their end, %u stopped\n", note->run, nmodes, note->ended, stopped);
	if (note->differ)
		fail_msg("%u ended differently; the first: module %u with byte %u = 0x%02x: %llx %llx %llx", note->differ, note->first.maker,
			note->first.at, note->first.value, (unsigned long long)note->was[0], (unsigned long long)note->was[1], (unsigned long long)note->was[2]);
	assert_true(note->run > 1000 && note->ended > 300);
	munmap(note, sizeof *note);
}

/* The modules as they are run to their end everywhere. */
static void test_whole(void **state)
{
	for (u32 i = 0; i < 2; i++) {
		Err e = {0};
		PModule *m = pcode_read(original[i].p, original[i].n, "whole.pco", &e);
		assert_true(m && pcode_check(m, &e));
		u64 first = run_module(m, modes[0]);
		assert_int_equal(first & 0xffff, 0);
		assert_int_not_equal(first >> 16, 0);
		for (u32 k = 1; k < nmodes; k++)
			assert_int_equal(run_module(m, modes[k]), first);
		pcode_free(m);
	}
}

/* A host without a back end has no JIT. */
static bool has_jit(void)
{
	TaskOpts o = {.exec = EXEC_JIT, .opt = 2, .hot = 0, .trace = stderr};
	Err e = {0};
	PModule *m = pcode_read(original[0].p, original[0].n, "whole.pco", &e);

	assert_true(m && pcode_check(m, &e));
	Task *t = task_new(m, &o, lookup, &e);
	if (t)
		task_free(t);
	pcode_free(m);
	return t != NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole), cmocka_unit_test(test_run)};

	for (u32 i = 0; i < COUNT(makers); i++)
		makers[i](&original[i]);
	modes[nmodes++] = EXEC_INTERP;
	modes[nmodes++] = EXEC_EVAL;
	if (has_jit())
		modes[nmodes++] = EXEC_JIT;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (u32 i = 0; i < COUNT(makers); i++)
		buf_free(&original[i]);
	vec_free(&variants);
	return failed;
}
