/* Writes a module.  The format is canonical: equal modules give equal bytes. */
#include "format.h"
#include "pcode.h"

static u32 open_section(Buf *b, u8 id, u8 required)
{
	buf_u8(b, id);
	buf_u8(b, required ? SEC_REQUIRED : 0);
	buf_u32(b, 0);
	return b->n;
}

static void close_section(Buf *b, u32 start)
{
	st32(b->p + start - 4, b->n - start);
}

static void put_str(Buf *b, const char *s)
{
	size_t n = strlen(s);

	buf_uleb(b, n);
	buf_bytes(b, s, n);
}

static void write_types(const PModule *m, Buf *b)
{
	buf_uleb(b, m->ntype);
	for (u32 i = 0; i < m->ntype; i++) {
		buf_uleb(b, m->type[i].nparam);
		buf_bytes(b, m->type[i].param, m->type[i].nparam);
		buf_u8(b, m->type[i].result);
	}
}

static void write_imports(const PModule *m, Buf *b)
{
	buf_uleb(b, m->nimport);
	for (u32 i = 0; i < m->nimport; i++) {
		put_str(b, m->import[i].module);
		put_str(b, m->import[i].name);
		buf_uleb(b, m->import[i].type);
	}
}

/* Locals are written as runs of equal types. */
static void write_locals(const PFunc *f, Buf *b)
{
	u32 runs = 0;

	for (u32 i = 0; i < f->nlocal; i++)
		runs += !i || f->local[i] != f->local[i - 1];
	buf_uleb(b, runs);
	for (u32 i = 0, j; i < f->nlocal; i = j) {
		for (j = i + 1; j < f->nlocal && f->local[j] == f->local[i]; j++)
			;
		buf_uleb(b, j - i);
		buf_u8(b, f->local[i]);
	}
}

static void write_funcs(const PModule *m, Buf *b)
{
	buf_uleb(b, m->nfunc);
	for (u32 i = 0; i < m->nfunc; i++) {
		const PFunc *f = &m->func[i];
		buf_uleb(b, f->type);
		write_locals(f, b);
		buf_uleb(b, f->frame);
		buf_uleb(b, f->nlabel);
		buf_uleb(b, f->code_len);
	}
}

static void write_code(const PModule *m, Buf *b)
{
	for (u32 i = 0; i < m->nfunc; i++)
		buf_bytes(b, m->func[i].code, m->func[i].code_len);
}

/* Function numbers are written plus one, so that 0 is an empty entry. */
static void write_table(const PModule *m, Buf *b)
{
	buf_uleb(b, m->ntable);
	for (u32 i = 0; i < m->ntable; i++)
		buf_uleb(b, (u32)(m->table[i] + 1));
}

static void write_memory(const PModule *m, Buf *b)
{
	buf_uleb(b, m->pages);
	buf_uleb(b, m->max_pages);
	buf_uleb(b, m->guard);
	buf_uleb(b, m->stack_lo);
	buf_uleb(b, m->stack_hi);
	buf_uleb(b, m->heap);
}

static void write_globals(const PModule *m, Buf *b)
{
	buf_uleb(b, m->nglobal);
	for (u32 i = 0; i < m->nglobal; i++) {
		const PGlobal *g = &m->global[i];
		buf_u8(b, g->type);
		buf_u8(b, g->mutable);
		if (g->type == 'i' || g->type == 'f')
			buf_u32(b, (u32)g->init);
		else
			buf_u64(b, g->init);
	}
}

static void write_exports(const PModule *m, Buf *b)
{
	buf_uleb(b, m->nexport);
	for (u32 i = 0; i < m->nexport; i++) {
		put_str(b, m->export[i].name);
		buf_u8(b, (u8)m->export[i].kind);
		buf_uleb(b, m->export[i].index);
	}
}

static void write_start(const PModule *m, Buf *b)
{
	buf_uleb(b, m->start);
}

static void write_data(const PModule *m, Buf *b)
{
	buf_uleb(b, m->ndata);
	for (u32 i = 0; i < m->ndata; i++) {
		buf_uleb(b, m->data[i].at);
		buf_uleb(b, m->data[i].n);
		buf_bytes(b, m->data[i].p, m->data[i].n);
	}
}

static void write_source(const PModule *m, Buf *b)
{
	buf_bytes(b, m->source, strlen(m->source));
}

static void write_names(const PModule *m, Buf *b)
{
	for (u32 i = 0; i < m->nfunc; i++)
		put_str(b, m->func[i].name);
}

static void write_lines(const PModule *m, Buf *b)
{
	for (u32 i = 0; i < m->nfunc; i++) {
		const PLine *l = m->line + m->func[i].line_at;
		PLine at = {0};
		buf_uleb(b, m->func[i].line_n);
		for (u32 k = 0; k < m->func[i].line_n; k++) {
			buf_uleb(b, l[k].pc - at.pc);
			buf_sleb(b, (i64)l[k].line - at.line);
			at = l[k];
		}
	}
}

static void write_vars(const PModule *m, Buf *b)
{
	buf_uleb(b, m->nvar);
	for (u32 i = 0; i < m->nvar; i++) {
		const PVar *v = &m->var[i];
		put_str(b, v->name);
		buf_uleb(b, (u32)(v->func + 1));
		buf_u8(b, v->where);
		buf_u8(b, (u8)v->kind);
		buf_uleb(b, v->at);
		buf_uleb(b, v->size);
	}
}

static void write_files(const PModule *m, Buf *b)
{
	buf_uleb(b, m->nfile);
	for (u32 i = 0; i < m->nfile; i++) {
		put_str(b, m->file[i].name);
		buf_uleb(b, m->file[i].first);
	}
}

static bool any_names(const PModule *m)
{
	for (u32 i = 0; i < m->nfunc; i++)
		if (*m->func[i].name)
			return true;
	return false;
}

static bool is_empty(const PModule *m, enum Section id)
{
	switch (id) {
	case SEC_TYPES: return !m->ntype;
	case SEC_IMPORTS: return !m->nimport;
	case SEC_FUNCS: case SEC_CODE: return !m->nfunc;
	case SEC_TABLE: return !m->ntable;
	case SEC_MEMORY: return !m->max_pages;
	case SEC_GLOBALS: return !m->nglobal;
	case SEC_EXPORTS: return !m->nexport;
	case SEC_START: return m->start == UINT32_MAX;
	case SEC_DATA: return !m->ndata;
	case SEC_SOURCE: return !*m->source;
	case SEC_NAMES: return !any_names(m);
	case SEC_LINES: return !m->nline;
	case SEC_VARS: return !m->nvar;
	case SEC_FILES: return !m->nfile;
	}
	return true;
}

void pcode_write(const PModule *m, Buf *out)
{
	static const struct { u8 id, required; void (*write)(const PModule *, Buf *); } part[] = {
#define S(enum, name, id, required, contents) {id, required, write_##name},
		PCODE_SECTIONS
#undef S
	};
	u32 start = out->n;

	buf_bytes(out, PCODE_MAGIC, 4);
	buf_u16(out, PCODE_VERSION);
	buf_u16(out, 0);
	for (u32 i = 0; i < COUNT(part); i++)
		if (!is_empty(m, part[i].id)) {
			u32 at = open_section(out, part[i].id, part[i].required);
			part[i].write(m, out);
			close_section(out, at);
		}
	buf_u64(out, hash64(out->p + start, out->n - start));
}
