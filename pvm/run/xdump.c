/* Guest code as the stages see it, for `pvm dump`: unit behind unit, as the translator would make them, were each of them
 * reached. */
#include "foreign.h"
#include "../back/back.h"
#include "../opt/opt.h"

typedef struct Code {
	u64 pc;
	const u8 *p;
	size_t n;
} Code;

static size_t fetch(void *ctx, u64 at, u8 *buf, size_t n)
{
	const Code *c = ctx;
	u64 off = at - c->pc;

	n = off < c->n ? MIN(n, c->n - off) : 0;
	memcpy(buf, c->p + off, n);
	return n;
}

/* Machine code, an instruction a line, constants behind it. */
static void list(const BackCode *c, Buf *out)
{
	for (u32 at = 0, end; at < c->code.n; at = end) {
		XInsn i = {0};
		bool cut, insn = at < c->text && x86_decode(c->code.p + at, c->text - at, at, X86_64, &i, &cut);
		end = MIN(at + (insn ? i.len : 16u), c->code.n);
		buf_printf(out, "%6x  ", at);
		for (u32 k = at; k < end; k++)
			buf_printf(out, "%02x", c->code.p[k]);
		if (insn) {
			buf_printf(out, "%*s", i.len < 10 ? 22 - 2 * i.len : 2, "");
			x86_print(&i, out);
		}
		buf_u8(out, '\n');
	}
}

static bool dump_back(OFunc *f, bool regs, Buf *out, Err *e)
{
	const Target *target = back_host() ? back_host() : back_target("amd64");
	BackCode c = {0};

	if (!target)
		return err_set(e, EXIT_UNSUPPORTED, "this build has no back end");
	bool ok = back_compile(target, f, &c, regs ? out : NULL, e);
	if (ok && !regs && strcmp(back_name(target), "amd64") == 0)
		list(&c, out);
	else if (ok && !regs)
		buf_printf(out, "%u bytes for %s, which has no listing\n", c.code.n, back_name(target));
	back_code_free(&c);
	return ok;
}

bool foreign_dump(enum XMode mode, u64 pc, const u8 *p, size_t n, enum Stage s, u32 units, Buf *out, Err *e)
{
	Code code = {pc, p, n};
	bool ok = true;

	for (u64 at = pc; ok && at - pc < n && units; units--) {
		XUnitReq req = {.pc = at, .mode = mode, .max_insns = 48, .fetch = fetch, .ctx = &code};
		XUnit x;
		x86_lower(&req, &x);
		buf_printf(out, "; unit at 0x%llx: %u instructions, %llu bytes\n", (unsigned long long)at, x.insns, (unsigned long long)(x.end - at));
		if (s != STAGE_OCODE)
			opt_unit(x.func, true, NULL, NULL);
		if (s == STAGE_OCODE || s == STAGE_OPT)
			ocode_print(x.func, out);
		else
			ok = dump_back(x.func, s == STAGE_REGS, out, e);
		ocode_free(x.func);
		at = x.end > at ? x.end : at + 1;
	}
	return ok;
}
