/* replay FILE [--keep-going]: the sequences of a file that `fuzz --record` has made on an x86 processor, on this host's
 * evaluator.  Differences are printed; the first ends the run (--keep-going: not). */
#include "fuzz.h"

#include <stdlib.h>
#include <sys/mman.h>

static u8 *map(u64 where, size_t size)
{
	void *at = (void *)(uintptr_t)where;

	if (mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != at) {
		perror("replay: no memory where the sequences want it");
		exit(2);
	}
	return at;
}

/* True: the same. */
static bool replay(u8 *code, const Case *c, End want, const State *cpu, u64 number, u64 *skipped)
{
	static State vm;
	End got = machine_run(c, fuzz_layout(c, code), &vm, MAX_ITEMS, false);
	Verdict v = fuzz_judge(c, want, cpu, got, &vm);

	*skipped += v.skipped;
	if (!v.why[0] && !v.unimpl)
		return true;
	printf("case %llu, %d-bit: %s%s\n", (unsigned long long)number, (int)c->mode, v.why, v.unimpl ? x86_names[v.op] : "");
	fuzz_print(c);
	return false;
}

int main(int argc, char **argv)
{
	static Case c;
	static State cpu;
	bool keep_going = argc > 2 && strcmp(argv[2], "--keep-going") == 0;
	FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;
	u64 n = 0, bad = 0, skipped = 0;
	End end;

	if (!f) {
		fprintf(stderr, "replay FILE [--keep-going]\n");
		return 2;
	}
	x86_soft_x87 = true;
	record_open(f);
	u8 *code = map(CODE_AT, 4096);
	memcpy(map(RO_AT, DATA_AT + DATA_SIZE - RO_AT), fuzz_readonly(), DATA_AT - RO_AT);
	for (; record_read(f, &c, &end, &cpu) && (keep_going || !bad); n++)
		bad += !replay(code, &c, end, &cpu, n, &skipped);
	printf("%llu sequences: %llu differences; %llu void\n", (unsigned long long)n, (unsigned long long)bad, (unsigned long long)skipped);
	return bad != 0;
}
