/* x86: how many host instructions guest instructions take, as the translator makes them for amd64.
 *
 *   x86 FILE
 *
 * A line of FILE is a mode (64 or 32), the bytes of some instructions in hexadecimal, and after a bar what this program
 * writes there: the count and the instructions.  It is the count of a unit of just these instructions without what a unit
 * of a nop has.  With "loop" behind the mode the bytes are a loop that ends in a jump to its beginning; it is made a
 * region, and what goes round is counted.  Prints the file as it should be: a change of the translator shows as a
 * difference. */
#include "../../pvm/back/back.h"
#include "../../pvm/opt/opt.h"
#include "../../pvm/x86/x86.h"

#include <stdlib.h>

enum { MAX_BYTES = 256, MAX_INSNS = 64 };
static const u64 AT = 0x400000; /* where the guest's code is said to lie */

typedef struct Case {
	enum XMode mode;
	bool loop;
	u8 code[MAX_BYTES];
	u32 n, insns;
	Buf text;
} Case;

static size_t fetch(void *ctx, u64 at, u8 *buf, size_t n)
{
	const Case *c = ctx;
	u64 off = at - AT;

	n = off < c->n ? MIN(n, c->n - off) : 0;
	memcpy(buf, c->code + off, n);
	return n;
}

static bool known(void *ctx, u64 pc)
{
	return pc == AT;
}

static void list(Case *c)
{
	XInsn i;
	bool cut;

	for (u32 at = 0; at < c->n; at += i.len, c->insns++) {
		if (!x86_decode(c->code + at, c->n - at, AT + at, c->mode, &i, &cut))
			die(EXIT_USAGE, "byte %u of a case is no instruction", at);
		if (at)
			buf_printf(&c->text, "; ");
		x86_print(&i, &c->text);
	}
	buf_u8(&c->text, 0);
}

static void lower(Case *c, XUnit *x)
{
	XUnitReq r = { .pc = AT, .mode = c->mode, .max_insns = c->insns, .x87 = true, .fetch = fetch, .ctx = c };
	XRegionReq blocks;

	if (!c->loop) {
		x86_lower(&r, x);
		opt_unit(x->func, false, NULL, NULL);
	} else {
		if (!x86_find_region(&r, known, &blocks) || !x86_lower_region(&r, &blocks, x))
			die(EXIT_USAGE, "no region: %s", (char *)c->text.p);
		opt_run(x->func, 1, NULL, NULL);
	}
}

/* The instructions of p[0..n), or of the shortest way round in it. */
static u32 count(const u8 *p, u32 n, bool loop)
{
	static u32 number[1 << 16];
	u32 k = 0, least = UINT32_MAX;
	XInsn i;
	bool cut;

	for (u32 at = 0; at < n && at < COUNT(number); at += i.len) {
		if (!x86_decode(p + at, n - at, at, X86_64, &i, &cut))
			die(EXIT_VM, "host code that cannot be decoded");
		number[at] = k++;
		bool back = i.opnd[0].kind == XK_REL && i.target < at;
		if (back)
			least = MIN(least, k - number[i.target]);
	}
	return loop ? least : k;
}

static u32 compiled(Case *c)
{
	BackCode code = {0};
	Err e = {0};
	XUnit x;

	lower(c, &x);
	x.func->unit = true;
	x.func->start = AT;
	if (!back_compile(back_target("amd64"), x.func, &code, NULL, &e))
		die(EXIT_VM, "%s", e.msg);
	u32 n = code.exit.n ? code.exit.p[0].stub : code.text, insns = count(code.code.p, n, c->loop);
	back_code_free(&code);
	ocode_free(x.func);
	return insns;
}

static u32 of_nop(enum XMode mode)
{
	Case c = { .mode = mode, .code = {0x90}, .n = 1, .insns = 1 };

	return compiled(&c);
}

static bool parse(char *line, Case *c)
{
	char *p = line, *end;

	c->mode = (enum XMode)strtoul(p, &p, 10);
	if (c->mode != X86_32 && c->mode != X86_64)
		return false;
	if (!strncmp(p, " loop", 5)) {
		c->loop = true;
		p += 5;
	}
	for (p += strspn(p, " "); c->n < MAX_BYTES; p = end + strspn(end, " ")) {
		unsigned long byte = strtoul(p, &end, 16);
		if (end != p + 2)
			break;
		c->code[c->n++] = (u8)byte;
	}
	list(c);
	return c->insns <= MAX_INSNS;
}

int main(int argc, char **argv)
{
	FILE *in = argc == 2 ? fopen(argv[1], "r") : NULL;
	char line[4 * MAX_BYTES];

	if (!in)
		die(EXIT_USAGE, "x86 FILE");
	while (fgets(line, sizeof line, in)) {
		Case c = {0};
		if (*line == '#' || *line == '\n') {
			fputs(line, stdout);
			continue;
		}
		char *bar = strpbrk(line, "|\n");
		if (bar)
			*bar = 0;
		if (!parse(line, &c))
			die(EXIT_USAGE, "not a case: %s", line);
		u32 n = compiled(&c);
		if (!c.loop)
			n -= of_nop(c.mode);
		printf("%-*s| %2u | %s\n", c.loop ? 60 : 36, line, n, (char *)c.text.p);
		buf_free(&c.text);
	}
	fclose(in);
	return 0;
}
