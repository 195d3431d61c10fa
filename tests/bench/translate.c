/* translate: what translating x86 code costs, stage by stage.
 *
 *   translate FILE [ROUNDS]
 *
 * FILE is a static ELF program.  All units that can be reached from its entry by known jumps, by the returns of its calls
 * and by falling through are collected; then each round lowers, optimises and compiles them all, by the processor's clock
 * and without what reading it costs.  Prints medians of the rounds. */
#include "../../pvm/back/back.h"
#include "../../pvm/opt/opt.h"
#include "../../pvm/x86/x86.h"

#include <elf.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_UNITS = 20000, UNIT_INSNS = 48, MAX_ROUNDS = 99 };
enum { DECODE, LOWER, OPTIMISE, BACK, STAGES };

static struct {
	Buf file;
	const Elf64_Phdr *ph;
	u32 nph;
	Map seen;
	u64 unit[MAX_UNITS];
	u32 nunit, insns;
	u64 code;
	double clock, ns[STAGES][MAX_ROUNDS];
} b;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static size_t fetch(void *ctx, u64 at, u8 *buf, size_t n)
{
	for (u32 k = 0; k < b.nph; k++) {
		const Elf64_Phdr *p = &b.ph[k];
		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X) || at < p->p_vaddr || at >= p->p_vaddr + p->p_filesz)
			continue;
		n = MIN(n, p->p_vaddr + p->p_filesz - at);
		memcpy(buf, b.file.p + p->p_offset + (at - p->p_vaddr), n);
		return n;
	}
	return 0;
}

static void open_file(const char *path)
{
	Err e = {0};

	if (!file_read(path, &b.file, &e))
		die(e.status, "%s", e.msg);
	const Elf64_Ehdr *h = (const Elf64_Ehdr *)(const void *)b.file.p;
	if (b.file.n < sizeof *h || memcmp(h->e_ident, ELFMAG, SELFMAG) || h->e_machine != EM_X86_64 ||
			h->e_phoff + (u64)h->e_phnum * sizeof(Elf64_Phdr) > b.file.n)
		die(EXIT_USAGE, "%s is no x86-64 program", path);
	b.ph = (const Elf64_Phdr *)(const void *)(b.file.p + h->e_phoff);
	b.nph = h->e_phnum;
	for (u32 k = 0; k < b.nph; k++)
		if (b.ph[k].p_type == PT_LOAD && b.ph[k].p_offset + b.ph[k].p_filesz > b.file.n)
			die(EXIT_USAGE, "%s is cut off", path);
	b.unit[b.nunit++] = h->e_entry;
}

static void lower(u64 pc, XUnit *x)
{
	XUnitReq r = { .pc = pc, .mode = X86_64, .max_insns = UNIT_INSNS, .fetch = fetch };

	x86_lower(&r, x);
}

static void reach(u64 pc)
{
	u64 *seen = map_put(&b.seen, pc);
	u8 byte;

	if (!*seen && b.nunit < MAX_UNITS && fetch(NULL, pc, &byte, 1))
		b.unit[b.nunit++] = pc;
	*seen = 1;
}

/* Behind a call the code goes on, so what follows each unit is one, if it can be decoded. */
static void collect(void)
{
	u32 kept = 0;

	for (u32 k = 0; k < b.nunit; k++) {
		XUnit x;
		lower(b.unit[k], &x);
		if (x.insns) {
			b.unit[kept++] = b.unit[k];
			b.insns += x.insns;
			for (u32 v = 1; v < x.func->ins.n; v++) {
				const OIns *i = &x.func->ins.p[v];
				if (i->op == O_EXIT && i->aux < OEXIT_GOES && x.func->ins.p[i->a].op == O_CONST)
					reach(x.func->ins.p[i->a].imm);
			}
			reach(x.end);
		}
		ocode_free(x.func);
	}
	b.nunit = kept;
}

static void decode(u64 pc)
{
	u8 buf[16];
	XInsn i;
	bool cut;

	for (u32 n = 0; n < UNIT_INSNS; n++, pc += i.len) {
		size_t got = fetch(NULL, pc, buf, 15);
		if (!x86_decode(buf, got, pc, X86_64, &i, &cut))
			return;
		for (u32 k = 0; k < i.nopnd; k++)
			if (i.opnd[k].kind == XK_REL)
				return;
		if (i.op == XI_RET)
			return;
	}
}

static void translate(u32 round, u64 pc)
{
	static BackCode c;
	const Target *host = back_host();
	XUnit x;
	Err e = {0};
	double at[STAGES + 1];

	at[DECODE] = now();
	decode(pc);
	at[LOWER] = now();
	lower(pc, &x);
	at[OPTIMISE] = now();
	opt_unit(x.func, false, NULL, NULL);
	x.func->unit = true;
	x.func->start = pc;
	at[BACK] = now();
	c.code.n = c.reloc.n = c.site.n = c.loc.n = c.exit.n = 0;
	if (host && back_compile(host, x.func, &c, NULL, &e))
		b.code += c.code.n;
	at[STAGES] = now();
	ocode_free(x.func);
	for (u32 s = 0; s < STAGES; s++)
		b.ns[s][round] += at[s + 1] - at[s] - b.clock;
}

static int by_size(const void *x, const void *y)
{
	double p = *(const double *)x, q = *(const double *)y;

	return (p > q) - (p < q);
}

/* What a reading of the clock costs. */
static void measure_clock(void)
{
	double t[101];

	for (u32 k = 0; k < COUNT(t); k++) {
		double before = now();
		t[k] = now() - before;
	}
	qsort(t, COUNT(t), sizeof *t, by_size);
	b.clock = t[COUNT(t) / 2];
}

int main(int argc, char **argv)
{
	static const char *const names[STAGES] = { "decoding alone", "decoding, lowering", "optimising", "back end" };
	u32 rounds = argc > 2 ? (u32)atoi(argv[2]) : 15;
	double sum = 0;

	if (argc < 2 || !rounds || rounds > MAX_ROUNDS)
		die(EXIT_USAGE, "translate FILE [ROUNDS]");
	open_file(argv[1]);
	collect();
	measure_clock();
	for (u32 r = 0; r < rounds; r++)
		for (u32 k = 0; k < b.nunit; k++)
			translate(r, b.unit[k]);
	printf("%u units of %.1f instructions, %.1f bytes of code an instruction\n", b.nunit, (double)b.insns / b.nunit,
		(double)b.code / rounds / b.insns);
	for (u32 s = 0; s < STAGES; s++) {
		qsort(b.ns[s], rounds, sizeof b.ns[s][0], by_size);
		printf("%-20s %6.3f us an instruction\n", names[s], b.ns[s][rounds / 2] / b.insns / 1e3);
		sum += s == DECODE ? 0 : b.ns[s][rounds / 2];
	}
	printf("%-20s %6.3f us an instruction\n", "together", sum / b.insns / 1e3);
	return 0;
}
