/* The stages from a checked function to machine code. */
#include "task.h"
#include "../back/back.h"
#include "../opt/opt.h"
#include "../x86/x86.h"

#include <stdlib.h>
#include <time.h>

u64 pipeline_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000u + (u64)ts.tv_nsec;
}

/* Checks the O-code behind a pass: a pass that breaks it is a bug of the VM. */
static void check_after(void *ctx, const OFunc *f, const char *pass)
{
	Err e = {0};

	if (!ocode_check(f, &e))
		die(EXIT_VM, "%s: wrong O-code behind %s: %s", f->name, pass, e.msg);
}

/* ---- bodies to inline ------------------------------------------------------------------------------ */

enum { BODY_CODE = 400 }; /* bytes of P-code that are too long to inline */

typedef struct Bodies {
	OptBodies give;
	const PModule *m;
	const u32 *type_id;
	OFunc **body;  /* by function, made when first asked for */
} Bodies;

/* A function that a non-local goto leads into has to have an activation of its own. */
static bool inlinable(const PFunc *pf)
{
	return pf->code_len <= BODY_CODE && !pf->may_unwind;
}

static const OFunc *give_body(OptBodies *give, u32 func)
{
	Bodies *b = (Bodies *)give;

	if (func >= b->m->nfunc || !inlinable(&b->m->func[func]))
		return NULL;
	if (!b->body[func]) {
		b->body[func] = pcode_lower(b->m, func, UINT32_MAX, b->type_id);
		opt_run(b->body[func], 1, NULL, NULL);
	}
	return b->body[func];
}

static void free_bodies(OFunc **body, u32 n)
{
	for (u32 k = 0; body && k < n; k++)
		ocode_free(body[k]);
	free(body);
}

static void inline_calls(Task *t, OFunc *f)
{
	if (!t->body)
		t->body = xcalloc(t->m->nfunc, sizeof *t->body);
	Bodies b = {{give_body}, t->m, t->type_id, t->body};
	opt_inline(f, &b.give);
}

void pipeline_free(Task *t)
{
	free_bodies(t->body, t->m->nfunc);
}

OFunc *pipeline_lower(Task *t, u32 func, u32 label)
{
	u64 start = pipeline_now();
	OFunc *f = pcode_lower_maps(t->m, func, label, t->type_id, t->o.postmortem);
	u64 lowered = pipeline_now();

	if (t->o.check_ocode)
		check_after(NULL, f, "lowering");
	/* Each activation has to be there when all variables are asked for. */
	if (t->o.opt >= 2 && !t->o.postmortem) {
		inline_calls(t, f);
		if (t->o.check_ocode)
			check_after(NULL, f, "inlining");
	}
	opt_run(f, t->o.opt, t->o.check_ocode ? check_after : NULL, NULL);
	t->stat.lower += lowered - start;
	t->stat.opt += pipeline_now() - lowered;
	if (label == UINT32_MAX)
		t->stat.functions++;
	else
		t->stat.loops++;
	return f;
}

/* ---- pvm dump ------------------------------------------------------------------------------------- */

typedef struct Dump {
	const char *pass; /* the one to stop behind */
	Buf *out;
	bool found;
} Dump;

static void dump_after(void *ctx, const OFunc *f, const char *pass)
{
	Dump *d = ctx;

	if (d->found || !d->pass || strcmp(pass, d->pass) != 0)
		return;
	d->found = true;
	ocode_print(f, d->out);
}

static bool dump_opt(OFunc *f, const char *pass, int opt, Buf *out, Err *e)
{
	Dump d = {pass, out, false};

	opt_run(f, opt, dump_after, &d);
	if (!pass)
		ocode_print(f, out);
	else if (!d.found)
		return err_set(e, EXIT_USAGE, "no pass %s at level %d", pass, opt);
	return true;
}

typedef struct Listing {
	const PModule *m;
	const OFunc *f;
	const BackCode *c;
	Buf *out;
	u32 site, reloc; /* the next ones */
} Listing;

/* Where in the source, or in the P-code where lines are not known; of inlined code its function, too. */
static void list_place(Listing *l, const OMap *map)
{
	const PFunc *pf = &l->m->func[map->func];
	u32 line = pcode_line(l->m, pf, map->pc);

	buf_printf(l->out, map->parent ? "  ; %s " : "  ; ", pf->name);
	buf_printf(l->out, line ? "line %u" : "pc %u", line ? line : map->pc);
}

/* What is known of the bytes [at, end). */
static void list_notes(Listing *l, u32 at, u32 end, bool call)
{
	for (; l->reloc < l->c->reloc.n && l->c->reloc.p[l->reloc].off < end; l->reloc++) {
		const BackReloc *r = &l->c->reloc.p[l->reloc];
		if (r->sym == SYM_FUNC && r->id < l->m->nfunc)
			buf_printf(l->out, "  ; %s", l->m->func[r->id].name);
		else
			buf_printf(l->out, "  ; thunk %u", r->id);
	}
	for (; l->site < l->c->site.n; l->site++) {
		const BackSite *s = &l->c->site.p[l->site];
		if (call ? s->off > end : s->off > at) /* a call's place is its return address */
			break;
		if (s->map)
			list_place(l, &l->f->map.p[s->map]);
	}
}

static void list_bytes(Listing *l, u32 at, u32 end)
{
	buf_printf(l->out, "%6x  ", at);
	for (u32 k = at; k < end; k++)
		buf_printf(l->out, "%02x", l->c->code.p[k]);
}

/* Machine code, an instruction a line. */
static void dump_code(const PModule *m, const OFunc *f, const BackCode *c, Buf *out)
{
	Listing l = {.m = m, .f = f, .c = c, .out = out};
	u32 at = 0, end;

	buf_printf(out, "%s: %u bytes of instructions, %u with constants\n", f->name, c->text, c->code.n);
	for (; at < c->text; at = end) {
		XInsn i;
		bool cut;
		if (!x86_decode(c->code.p + at, c->text - at, at, X86_64, &i, &cut))
			break;
		end = at + i.len;
		list_bytes(&l, at, end);
		buf_printf(out, "%*s", i.len < 10 ? 22 - 2 * i.len : 2, "");
		x86_print(&i, out);
		list_notes(&l, at, end, i.op == XI_CALL);
		buf_u8(out, '\n');
	}
	for (; at < c->code.n; at = end) {
		end = MIN(at + 16, c->code.n);
		list_bytes(&l, at, end);
		buf_u8(out, '\n');
	}
}

static bool dump_back(const PModule *m, OFunc *f, enum Stage s, int opt, Buf *out, Err *e)
{
	const Target *target = back_host();
	BackCode c = {0};

	if (!target)
		target = back_target("amd64");
	if (!target)
		return err_set(e, EXIT_UNSUPPORTED, "this build has no back end");
	opt_run(f, opt, NULL, NULL);
	bool ok = back_compile(target, f, &c, s == STAGE_REGS ? out : NULL, e);
	if (ok && s == STAGE_ASM)
		dump_code(m, f, &c, out);
	back_code_free(&c);
	return ok;
}

bool pipeline_dump(const PModule *m, u32 func, enum Stage s, const char *pass, int opt, Buf *out, Err *e)
{
	u32 *type_id = task_number_types(m);
	OFunc *f = pcode_lower(m, func, UINT32_MAX, type_id);
	bool ok = true;

	if (s != STAGE_OCODE && opt >= 2) {
		Bodies b = {{give_body}, m, type_id, xcalloc(m->nfunc, sizeof(OFunc *))};
		opt_inline(f, &b.give);
		free_bodies(b.body, m->nfunc);
	}
	if (s == STAGE_OCODE)
		ocode_print(f, out);
	else if (s == STAGE_OPT)
		ok = dump_opt(f, pass, opt, out, e);
	else
		ok = dump_back(m, f, s, opt, out, e);
	ocode_free(f);
	free(type_id);
	return ok;
}
