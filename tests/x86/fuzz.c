/* fuzz [--seed N] [--count M] [--op NAME] [--family NAME] [--mode 64|32] [--len N] [--keep-going] [--check] [--jit] [--plain] [--soft-x87] [--forms K]
 *      [--list] [--record FILE] [--rounds N]
 *
 * Sequences of 1 to 16 random instructions from random states, on the CPU and on pvm.  A difference is shrunk, printed,
 * and ends the run (--keep-going: shows each mnemonic's first).  Case k of seed N is always the same: --seed N --skip k.
 * Without --jit the evaluator's quick code runs, with --plain the O-code itself.
 * --forms K: each form alone, from K states.  --rounds: each runs in a loop, which by --jit becomes a region.
 * --record: what the processor does is written to a file, for replay (see there) on other machines. */
#include "fuzz.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct {
	u64 seed, count, skip;
	const char *op, *family, *record;
	u64 forms; /* states of each form, one instruction long; 0: sequences */
	enum XMode mode;
	u32 len;
	bool keep_going, check, list;
} opt = { .seed = 1, .count = 100000, .mode = X86_64, .len = MAX_ITEMS };

static u32 pool[4096], npool;

static void choose_rows(void)
{
	for (u32 r = 1; r < fuzz_rows(); r++) {
		const RowInfo *i = fuzz_row(r);
		if (!fuzz_row_in(r, opt.mode) || !i->tested || !i->there)
			continue;
		if (opt.op && strcasecmp(opt.op, x86_names[i->op]))
			continue;
		if (opt.family && strcmp(opt.family, i->family_name))
			continue;
		if ((x86_soft_x87 || opt.record) && fuzz_transcendental(i->op) && !opt.op) /* these by name only, and best with --len 1 */
			continue;
		pool[npool++] = r;
	}
	if (!npool) {
		fprintf(stderr, "fuzz: no such instruction\n");
		exit(2);
	}
}

static void make_case(Case *c, u64 number)
{
	fuzz_rng = opt.seed * 0x9e3779b97f4a7c15ull + number * 0xd1342543de82ef95ull;
	do {
		u32 n = opt.forms ? 1 : 1 + (u32)(fuzz_random() % opt.len);
		c->mode = opt.mode;
		c->n = 0;
		while (c->n < n)
			fuzz_add(c, pool[opt.forms ? number / opt.forms % npool : fuzz_random() % npool]);
	} while (!fuzz_flags(c));
	c->step = fuzz_one_in(64) && !fuzz_rounds;
	fuzz_state(&c->in, c->mode);
	if (fuzz_rounds)
		st32(c->in.data + (ROUNDS_AT - DATA_AT), fuzz_rounds);
}

/* Shared with the worker, which may die. */
static struct Shared {
	u64 at, done, skipped, unimpl, bad;
	u32 unimpl_op[XI_COUNT], bad_op[XI_COUNT];
} *shared;

static u32 first_op(const Case *c)
{
	return fuzz_row(c->item[c->n - 1].row)->op;
}

static void report(Case *c, u64 number, Verdict v)
{
	fuzz_shrink(c, MAX_ITEMS);
	Verdict small = fuzz_try(c, MAX_ITEMS, false);
	u32 op = first_op(c);

	shared->bad++;
	if (shared->bad_op[op]++ && opt.keep_going)
		return;
	printf("case %llu of seed %llu, %d-bit: %s\n", (unsigned long long)number, (unsigned long long)opt.seed, opt.mode, small.why[0] ? small.why : v.why);
	fuzz_print(c);
	fflush(stdout);
	if (!opt.keep_going)
		_exit(1);
}

static void work(u64 from, u64 to)
{
	static Case c;

	if (fuzz_jit)
		jit_init(opt.mode);
	native_init();
	for (u64 k = from; k < to; k++) {
		shared->at = k;
		make_case(&c, k);
		u32 unit = 1 + (u32)(fuzz_random() % MAX_ITEMS);
		Verdict v = fuzz_try(&c, unit, opt.check);
		shared->done++;
		shared->skipped += v.skipped;
		shared->unimpl += v.unimpl;
		if (v.unimpl)
			shared->unimpl_op[v.op]++;
		if (v.why[0])
			report(&c, k, v);
	}
	fflush(stdout);
	_exit(0);
}

/* Endless cases are left out. */
static int record(void)
{
	static Case c;
	static State out;
	static u8 code[4096];
	FILE *f = fopen(opt.record, "wb");
	u64 n = 0;

	if (!f) {
		perror(opt.record);
		return 2;
	}
	native_init();
	record_begin(f);
	for (u64 k = opt.skip; k < opt.skip + opt.count; k++) {
		make_case(&c, k);
		End end = native_run(&c, fuzz_layout(&c, code), &out);
		if (end.vector == END_TIMEOUT)
			continue;
		record_write(f, &c, end, &out);
		n++;
	}
	printf("%llu sequences of %u forms recorded\n", (unsigned long long)n, npool);
	return fclose(f) ? 2 : 0;
}

static void run(void)
{
	u64 from = opt.skip, to = opt.skip + opt.count;

	while (from < to) {
		int status;
		fflush(stdout);
		pid_t p = fork();
		if (p == 0)
			work(from, to);
		waitpid(p, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			return;
		if (WIFSIGNALED(status)) {
			printf("case %llu of seed %llu, %d-bit: the tester died of signal %d\n", (unsigned long long)shared->at, (unsigned long long)opt.seed, opt.mode, WTERMSIG(status));
			shared->bad++;
		}
		if (!opt.keep_going || WIFEXITED(status))
			return;
		from = shared->at + 1;
	}
}

static void list(void)
{
	for (u32 r = 1; r < fuzz_rows(); r++) {
		const RowInfo *i = fuzz_row(r);
		if (!i->tested || !i->there)
			printf("%-12s %-10s %s\n", x86_names[i->op], i->family_name, i->there ? "unproved here" : "not there");
	}
}

static void options(int argc, char **argv)
{
	for (int k = 1; k < argc; k++) {
		const char *a = argv[k], *v = k + 1 < argc ? argv[k + 1] : "0";
		if (!strcmp(a, "--keep-going")) { opt.keep_going = true; continue; }
		if (!strcmp(a, "--check")) { opt.check = true; continue; }
		if (!strcmp(a, "--jit")) { fuzz_jit = true; continue; }
		if (!strcmp(a, "--plain")) { machine_quick = false; continue; }
		if (!strcmp(a, "--soft-x87")) { x86_soft_x87 = true; continue; }
		if (!strcmp(a, "--list")) { opt.list = true; continue; }
		if (!strcmp(a, "--seed")) opt.seed = strtoull(v, NULL, 0);
		else if (!strcmp(a, "--count")) opt.count = strtoull(v, NULL, 0);
		else if (!strcmp(a, "--forms")) opt.forms = strtoull(v, NULL, 0);
		else if (!strcmp(a, "--skip")) opt.skip = strtoull(v, NULL, 0);
		else if (!strcmp(a, "--len")) opt.len = (u32)MIN(MAX(strtoul(v, NULL, 0), 1), MAX_ITEMS);
		else if (!strcmp(a, "--rounds")) fuzz_rounds = (u32)strtoul(v, NULL, 0);
		else if (!strcmp(a, "--mode")) opt.mode = atoi(v) == 32 ? X86_32 : X86_64;
		else if (!strcmp(a, "--op")) opt.op = v;
		else if (!strcmp(a, "--family")) opt.family = v;
		else if (!strcmp(a, "--record")) opt.record = v;
		else { fprintf(stderr, "fuzz: what is %s?\n", a); exit(2); }
		k++;
	}
}

int main(int argc, char **argv)
{
	struct timespec a, b;

	options(argc, argv);
	if (opt.list) {
		list();
		return 0;
	}
	choose_rows();
	if (opt.forms)
		opt.count = opt.forms * npool;
	if (opt.record)
		return record();
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	clock_gettime(CLOCK_MONOTONIC, &a);
	run();
	clock_gettime(CLOCK_MONOTONIC, &b);
	double s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	printf("%llu sequences of %u forms, %d-bit, seed %llu: %llu differences; %llu void, %llu met something unimplemented; %.0f a second\n",
		(unsigned long long)shared->done, npool, opt.mode, (unsigned long long)opt.seed, (unsigned long long)shared->bad, (unsigned long long)shared->skipped,
		(unsigned long long)shared->unimpl, (double)shared->done / s);
	for (u32 k = 0; k < XI_COUNT; k++)
		if (shared->unimpl_op[k])
			printf("  unimplemented: %s, %u times\n", x86_names[k], shared->unimpl_op[k]);
	if (opt.keep_going)
		for (u32 k = 0; k < XI_COUNT; k++)
			if (shared->bad_op[k])
				printf("  different: %s, %u times\n", x86_names[k], shared->bad_op[k]);
	return shared->bad || (opt.forms && (shared->unimpl || shared->done != opt.count));
}
