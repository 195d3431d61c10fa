/* `pvm dump` of Linux programs: functions by symbol or address, as the stages see them. */
#include "debug.h"
#include "dwfl.h"
#include "symbols.h"
#include "../../loader/image.h"

#include <stdlib.h>

enum { SECONDS = 120 };

typedef struct Inspect {
	const char *path;
	const u8 *p;
	size_t n;
	const char *func;
	int stage;        /* enum Stage; -1: the program's own instructions */
	Image *m;
	DebugFuncs funcs;
	Err *e;
} Inspect;

/* The file's bytes for code [at, at + *n), *n made smaller where the segment ends; NULL: nowhere. */
static const u8 *bytes_at(const Image *m, const u8 *file, u64 at, u64 *n)
{
	for (u32 i = m->nseg; i-- > 0;) {
		const ImageSeg *s = &m->seg[i];
		if (!(s->prot & IMAGE_EXEC) || at < s->at || at - s->at >= s->filled)
			continue;
		*n = MIN(*n, s->filled - (at - s->at));
		return file + s->offset + (at - s->at);
	}
	return NULL;
}

static void list_insn(const Inspect *c, const XInsn *i, const u8 *p, Buf *out)
{
	const DebugFunc *f = NULL;
	bool branch = false;

	buf_printf(out, "%8llx  ", (unsigned long long)i->pc);
	for (u32 k = 0; k < i->len; k++)
		buf_printf(out, "%02x", p[k]);
	buf_printf(out, "%*s", i->len < 10 ? 22 - 2 * i->len : 2, "");
	x86_print(i, out);
	for (u32 k = 0; k < i->nopnd; k++)
		branch |= i->opnd[k].kind == XK_REL;
	if (branch && (f = symbols_at(&c->funcs, i->target))) {
		u64 off = i->target - f->at;
		buf_printf(out, off ? "  ; %s+0x%llx" : "  ; %s", f->name, (unsigned long long)off);
	}
	buf_u8(out, '\n');
}

/* The program's instructions; what is none is shown as bytes.  With no size known, up to where control leaves. */
static void list(const Inspect *c, u64 at, const u8 *p, u64 n, bool all, Buf *out)
{
	for (u64 k = 0; k < n;) {
		XInsn i = {0};
		bool cut;
		if (!x86_decode(p + k, n - k, at + k, c->m->bits == 64 ? X86_64 : X86_32, &i, &cut)) {
			buf_printf(out, "%8llx  %02x  (no instruction)\n", (unsigned long long)(at + k), p[k]);
			k++;
			continue;
		}
		list_insn(c, &i, p + k, out);
		k += i.len;
		if (!all && (i.op == XI_RET || i.op == XI_JMP || i.op == XI_HLT))
			break;
	}
}

static bool dump_one(const Inspect *c, const DebugFunc *f, Buf *out)
{
	enum XMode mode = c->m->bits == 64 ? X86_64 : X86_32;
	u64 n = f->size ? f->size : 4096;
	const u8 *p = bytes_at(c->m, c->p, f->at, &n);

	if (!p)
		return err_set(c->e, EXIT_USAGE, "%.200s: no code at 0x%llx", c->path, (unsigned long long)f->at);
	buf_printf(out, "%s at 0x%llx, %llu bytes\n", f->name, (unsigned long long)f->at, (unsigned long long)f->size);
	if (c->stage < 0)
		list(c, f->at, p, n, f->size != 0, out);
	return c->stage < 0 || foreign_dump(mode, f->at, p, n, (enum Stage)c->stage, f->size ? UINT32_MAX : 1, out, c->e);
}

static bool flush(Buf *b)
{
	bool ok = !b->n || fwrite(b->p, 1, b->n, stdout) == b->n;

	b->n = 0;
	return ok;
}

static bool dump_all(const Inspect *c, Buf *out)
{
	for (u32 i = 0; i < c->funcs.v.n; i++) {
		if (i)
			buf_u8(out, '\n');
		if (!dump_one(c, &c->funcs.v.p[i], out) || !flush(out))
			return false;
	}
	return c->funcs.v.n ? true : err_set(c->e, EXIT_USAGE, "%.200s: no symbols; --func=0xADDRESS shows the code there", c->path);
}

/* --func: a name, or an address, which means the function around it. */
static bool dump_func(const Inspect *c, Buf *out)
{
	char *end;
	u64 at = strtoull(c->func, &end, 16);
	bool number = strncmp(c->func, "0x", 2) == 0 && end > c->func + 2 && !*end;
	const DebugFunc *f = number ? symbols_at(&c->funcs, at) : symbols_find(&c->funcs, c->func);
	DebugFunc bare = {at, 0, "code"};

	if (!f && !number)
		return err_set(c->e, EXIT_USAGE, "%.200s: no function %.100s", c->path, c->func);
	return dump_one(c, f ? f : &bare, out);
}

static int dump(void *ctx)
{
	Inspect *c = ctx;
	Buf out = {0};
	Err symbols = {0};

	if (!symbols_read(c->path, &c->funcs, &symbols))
		fprintf(stderr, "pvm: %s\n", symbols.msg);
	bool ok = c->func ? dump_func(c, &out) : dump_all(c, &out);
	ok = flush(&out) && ok;
	if (!ok && c->e->msg[0])
		fprintf(stderr, "pvm: %s\n", c->e->msg);
	buf_free(&out);
	symbols_free(&c->funcs);
	return ok ? 0 : c->e->status;
}

int debug_dump(const char *path, const u8 *p, size_t n, const char *func, int stage)
{
	Err e = {0};
	Inspect c = {.path = path, .p = p, .n = n, .func = func, .stage = stage, .m = xcalloc(1, sizeof(Image)), .e = &e};

	if (!elf_read(p, n, path, c.m, &e))
		die(e.status, "%s", e.msg);
	int status = dwfl_apart(dump, &c, SECONDS);
	free(c.m);
	if (status < 0)
		die(EXIT_VM, "%.200s: its symbols cannot be read: libdw did not come to an end", path);
	return status;
}
