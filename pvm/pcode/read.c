/* Reads a module.  Strict: what the writer would not write is refused, so that a module has one form.
 *
 * All rules about things outside of code are proved here, those about code in check.c.  Memory taken is bounded by
 * the number of bytes read: a count is compared with the bytes left before anything is allocated for it (locals,
 * which come in runs, have a limit of their own). */
#include "format.h"
#include "pcode.h"

typedef struct In {
	Rd r;              /* the section that is being read */
	const u8 *base;    /* of the module, for offsets in messages */
	const char *name, *section;
	PModule *m;
	Err *e;
	u32 all_locals;
} In;

/* What follows from a malformed number is not worth a message of its own. */
static bool bad(In *in, const char *what)
{
	if (in->r.bad)
		what = "a number or text is malformed, or the section is cut short";
	return err_set(in->e, EXIT_VM, "%s: malformed module: %s: %s (near offset %zu)", in->name, in->section, what,
		(size_t)(in->r.p - in->base));
}

/* A count of things that take at least `bytes` bytes each; a section is never empty. */
static u32 read_count(In *in, u32 bytes)
{
	u32 n = rd_uleb32(&in->r);

	if (!n || n > (size_t)(in->r.end - in->r.p) / bytes) {
		in->r.bad = true;
		return 0;
	}
	return n;
}

static void *take(In *in, u32 n, size_t size)
{
	return arena_alloc(in->m->arena, (size_t)n * size);
}

/* Text that can be shown: no control characters. */
static const char *read_text(In *in, size_t n)
{
	const u8 *p = rd_bytes(&in->r, n);

	for (size_t i = 0; p && i < n; i++)
		if (p[i] < 0x20 || p[i] == 0x7f) {
			in->r.bad = true;
			return "";
		}
	if (!p || !n)
		return "";
	return arena_strndup(in->m->arena, (const char *)p, n);
}

static const char *read_str(In *in)
{
	return read_text(in, rd_uleb32(&in->r));
}

static bool is_type(u8 c)
{
	return c == 'i' || c == 'l' || c == 'f' || c == 'd';
}

static bool all_types(const u8 *p, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (!is_type(p[i]))
			return false;
	return true;
}

static bool type_eq(const PType *a, const PType *b)
{
	return a->nparam == b->nparam && a->result == b->result && !memcmp(a->param, b->param, a->nparam);
}

/* True if no two of n things are equal, by a hash of each. */
static bool distinct(In *in, u32 n, u64 (*hash)(const PModule *, u32), bool (*equal)(const PModule *, u32, u32))
{
	Map seen = {0};
	bool ok = true;

	for (u32 i = 0; i < n && ok; i++) {
		/* Different things of one hash take the next keys. */
		for (u64 h = hash(in->m, i);; h++) {
			u64 *first = map_put(&seen, h);
			if (!*first) {
				*first = i + 1;
				break;
			}
			if (equal(in->m, (u32)*first - 1, i)) {
				ok = false;
				break;
			}
		}
	}
	map_free(&seen);
	return ok;
}

static u64 type_hash(const PModule *m, u32 i)
{
	return hash64(m->type[i].param, m->type[i].nparam) + m->type[i].result;
}

static bool types_equal(const PModule *m, u32 i, u32 j)
{
	return type_eq(&m->type[i], &m->type[j]);
}

static bool read_types(In *in)
{
	PModule *m = in->m;

	m->ntype = read_count(in, 2);
	m->type = take(in, m->ntype, sizeof *m->type);
	for (u32 i = 0; i < m->ntype; i++) {
		PType *t = &m->type[i];
		t->nparam = rd_uleb32(&in->r);
		t->param = rd_bytes(&in->r, t->nparam);
		t->result = rd_u8(&in->r);
		if (in->r.bad)
			return false;
		if (t->nparam > PCODE_MAX_LOCALS)
			return bad(in, "too many parameters");
		if (!all_types(t->param, t->nparam) || (t->result && !is_type(t->result)))
			return bad(in, "not a value type");
	}
	return distinct(in, m->ntype, type_hash, types_equal) || bad(in, "two types are equal");
}

static u64 import_hash(const PModule *m, u32 i)
{
	return hash64(m->import[i].module, strlen(m->import[i].module)) * 31 + hash64(m->import[i].name, strlen(m->import[i].name));
}

static bool imports_equal(const PModule *m, u32 i, u32 j)
{
	return !strcmp(m->import[i].module, m->import[j].module) && !strcmp(m->import[i].name, m->import[j].name);
}

static bool read_imports(In *in)
{
	PModule *m = in->m;

	m->nimport = read_count(in, 3);
	m->import = take(in, m->nimport, sizeof *m->import);
	for (u32 i = 0; i < m->nimport; i++) {
		PImport *p = &m->import[i];
		p->module = read_str(in);
		p->name = read_str(in);
		p->type = rd_uleb32(&in->r);
		if (in->r.bad)
			return false;
		if (p->type >= m->ntype)
			return bad(in, "no such type");
	}
	return distinct(in, m->nimport, import_hash, imports_equal) || bad(in, "two imports have one name");
}

/* Runs of (count, type); neighbours differ. */
static bool read_locals(In *in, PFunc *f)
{
	Rd *r = &in->r, ahead = *r;
	u32 runs = rd_uleb32(&ahead), params = in->m->type[f->type].nparam;
	u8 prev = 0;

	for (u32 i = 0; i < runs && !ahead.bad; i++) {
		u32 n = rd_uleb32(&ahead);
		u8 type = rd_u8(&ahead);
		if (!n || n > PCODE_MAX_LOCALS - f->nlocal || !is_type(type) || type == prev)
			return bad(in, "malformed locals");
		f->nlocal += n;
		prev = type;
	}
	if (ahead.bad) {
		in->r.bad = true;
		return false;
	}
	in->all_locals += f->nlocal;
	if (params + f->nlocal > PCODE_MAX_LOCALS || in->all_locals > PCODE_MAX_ALL_LOCALS)
		return bad(in, "too many locals");
	u8 *to = take(in, f->nlocal, 1);
	f->local = to;
	rd_uleb32(r);
	for (u32 i = 0; i < runs; i++) {
		u32 n = rd_uleb32(r);
		memset(to, rd_u8(r), n);
		to += n;
	}
	return true;
}

static bool read_funcs(In *in)
{
	PModule *m = in->m;

	m->nfunc = read_count(in, 5);
	m->func = take(in, m->nfunc, sizeof *m->func);
	for (u32 i = 0; i < m->nfunc; i++) {
		PFunc *f = &m->func[i];
		f->name = "";
		f->type = rd_uleb32(&in->r);
		if (f->type >= m->ntype)
			return bad(in, "no such type");
		if (!read_locals(in, f))
			return false;
		f->frame = rd_uleb32(&in->r);
		f->nlabel = rd_uleb32(&in->r);
		f->code_len = rd_uleb32(&in->r);
		if (in->r.bad)
			return false;
		if (f->frame % 16 || f->frame > PCODE_MAX_FRAME)
			return bad(in, "malformed frame size");
		if (f->nlabel > f->code_len / 2)
			return bad(in, "more labels than the code has room for");
	}
	return true;
}

static bool read_table(In *in)
{
	PModule *m = in->m;

	m->ntable = read_count(in, 1);
	m->table = take(in, m->ntable, sizeof *m->table);
	for (u32 i = 0; i < m->ntable; i++) {
		u32 k = rd_uleb32(&in->r);
		if (k > m->nimport + m->nfunc)
			return bad(in, "no such function");
		m->table[i] = k - 1;
	}
	return true;
}

static bool read_memory(In *in)
{
	PModule *m = in->m;

	m->pages = rd_uleb32(&in->r);
	m->max_pages = rd_uleb32(&in->r);
	m->guard = rd_uleb32(&in->r);
	m->stack_lo = rd_uleb32(&in->r);
	m->stack_hi = rd_uleb32(&in->r);
	m->heap = rd_uleb32(&in->r);
	if (!m->max_pages || m->max_pages > PCODE_MAX_PAGES || m->pages > m->max_pages)
		return bad(in, "malformed memory size");
	if (m->guard % 4096 || m->stack_lo % 16 || m->stack_hi % 16)
		return bad(in, "guard or stack is not aligned");
	if (m->guard > m->stack_lo || m->stack_lo > m->stack_hi || m->stack_hi > m->heap || m->heap > (u64)m->pages * PCODE_PAGE)
		return bad(in, "guard, stack and heap are not in order");
	return true;
}

static bool read_globals(In *in)
{
	PModule *m = in->m;

	m->nglobal = read_count(in, 6);
	m->global = take(in, m->nglobal, sizeof *m->global);
	for (u32 i = 0; i < m->nglobal; i++) {
		PGlobal *g = &m->global[i];
		g->type = rd_u8(&in->r);
		u8 mutable = rd_u8(&in->r);
		if (!is_type(g->type) || mutable > 1)
			return bad(in, "malformed global");
		g->mutable = mutable;
		g->init = g->type == 'i' || g->type == 'f' ? rd_u32(&in->r) : rd_u64(&in->r);
	}
	return true;
}

static u64 export_hash(const PModule *m, u32 i)
{
	return hash64(m->export[i].name, strlen(m->export[i].name));
}

static bool exports_equal(const PModule *m, u32 i, u32 j)
{
	return !strcmp(m->export[i].name, m->export[j].name);
}

static bool read_exports(In *in)
{
	PModule *m = in->m;

	m->nexport = read_count(in, 3);
	m->export = take(in, m->nexport, sizeof *m->export);
	for (u32 i = 0; i < m->nexport; i++) {
		PExport *x = &m->export[i];
		x->name = read_str(in);
		x->kind = rd_u8(&in->r);
		x->index = rd_uleb32(&in->r);
		if (in->r.bad)
			return false;
		if (x->kind > 1 || x->index >= (x->kind ? m->nglobal : m->nimport + m->nfunc))
			return bad(in, "no such function or global");
	}
	return distinct(in, m->nexport, export_hash, exports_equal) || bad(in, "two exports have one name");
}

static bool read_start(In *in)
{
	PModule *m = in->m;

	m->start = rd_uleb32(&in->r);
	if (m->start < m->nimport || m->start - m->nimport >= m->nfunc)
		return bad(in, "no such function");
	const PType *t = &m->type[m->func[m->start - m->nimport].type];
	return (!t->nparam && !t->result) || bad(in, "the start function has parameters or a result");
}

static bool read_code(In *in)
{
	for (u32 i = 0; i < in->m->nfunc; i++)
		in->m->func[i].code = rd_bytes(&in->r, in->m->func[i].code_len);
	return in->m->nfunc || bad(in, "there are no functions");
}

/* Segments ascend and do not overlap; none reaches into the guard. */
static bool read_data(In *in)
{
	PModule *m = in->m;
	u64 end = m->guard;

	m->ndata = read_count(in, 3);
	m->data = take(in, m->ndata, sizeof *m->data);
	for (u32 i = 0; i < m->ndata; i++) {
		PData *d = &m->data[i];
		d->at = rd_uleb32(&in->r);
		d->n = rd_uleb32(&in->r);
		d->p = rd_bytes(&in->r, d->n);
		if (d->at < end || !d->n)
			return bad(in, "segments are empty or not in order");
		end = (u64)d->at + d->n;
		if (end > (u64)m->pages * PCODE_PAGE)
			return bad(in, "a segment does not fit in memory");
	}
	return true;
}

static bool read_source(In *in)
{
	size_t n = (size_t)(in->r.end - in->r.p);

	in->m->source = read_text(in, n);
	return n > 0 || bad(in, "empty");
}

static bool read_names(In *in)
{
	bool any = false;

	for (u32 i = 0; i < in->m->nfunc && !in->r.bad; i++) {
		in->m->func[i].name = read_str(in);
		any |= *in->m->func[i].name;
	}
	return in->r.bad || any || bad(in, "empty");
}

/* Of each function: a count, then that many steps of pc (upwards) and line. */
static bool read_func_lines(In *in, PFunc *f, PLine *to)
{
	PLine at = {0};

	for (u32 k = 0; k < f->line_n; k++) {
		u32 step = rd_uleb32(&in->r);
		i64 line = at.line + (i64)rd_sleb32(&in->r);
		if (step >= f->code_len - at.pc || (k && !step) || line < 0 || line > INT32_MAX)
			return bad(in, "malformed line table");
		at = (PLine){at.pc + step, (u32)line};
		to[k] = at;
	}
	return true;
}

static bool read_lines(In *in)
{
	PModule *m = in->m;
	size_t most = (size_t)(in->r.end - in->r.p) / 2;

	m->line = take(in, (u32)most, sizeof *m->line);
	for (u32 i = 0; i < m->nfunc; i++) {
		PFunc *f = &m->func[i];
		f->line_n = rd_uleb32(&in->r);
		f->line_at = m->nline;
		if (f->line_n > most - m->nline)
			return bad(in, "more lines than the section has room for");
		if (!read_func_lines(in, f, m->line + m->nline))
			return false;
		m->nline += f->line_n;
	}
	return m->nline > 0 || bad(in, "empty");
}

static bool var_ok(const PModule *m, const PVar *v)
{
	if (v->where > 2 || !v->kind || !strchr("iubcrpsa", v->kind))
		return false;
	if (v->func == UINT32_MAX)
		return v->where == 2;
	if (v->func >= m->nfunc)
		return false;
	const PFunc *f = &m->func[v->func];
	switch (v->where) {
	case 0: return v->at < m->type[f->type].nparam + f->nlocal;
	case 1: return v->at <= f->frame && v->size <= f->frame - v->at;
	default: return true;
	}
}

static bool read_vars(In *in)
{
	PModule *m = in->m;

	m->nvar = read_count(in, 6);
	m->var = take(in, m->nvar, sizeof *m->var);
	for (u32 i = 0; i < m->nvar; i++) {
		PVar *v = &m->var[i];
		v->name = read_str(in);
		v->func = rd_uleb32(&in->r) - 1;
		v->where = rd_u8(&in->r);
		v->kind = (char)rd_u8(&in->r);
		v->at = rd_uleb32(&in->r);
		v->size = rd_uleb32(&in->r);
		if (in->r.bad)
			return false;
		if (!var_ok(m, v))
			return bad(in, "malformed variable");
	}
	return true;
}

static bool read_files(In *in)
{
	PModule *m = in->m;
	u32 n = rd_uleb32(&in->r), before = 0;

	if (n > (size_t)(in->r.end - in->r.p) / 2)
		return bad(in, "more files than the section has room for");
	m->file = take(in, n, sizeof *m->file);
	for (; m->nfile < n && !in->r.bad; m->nfile++) {
		PSource *f = &m->file[m->nfile];
		f->name = read_str(in);
		f->first = rd_uleb32(&in->r);
		if (f->first <= before || f->first > INT32_MAX)
			return bad(in, "malformed table of files");
		before = f->first;
	}
	return in->r.bad || n > 0 || bad(in, "empty");
}

/* ---- the file ----------------------------------------------------------------------------------- */

static const struct Part {
	u8 id, flags;
	const char *name;
	bool (*read)(In *in);
} parts[] = {
#define S(enum, name, id, required, contents) {id, required, #name, read_##name},
	PCODE_SECTIONS
#undef S
};

/* Length of a "#!" line, so that a module can be started as a script. */
static size_t skip_shebang(const u8 *p, size_t n)
{
	if (n < 2 || p[0] != '#' || p[1] != '!')
		return 0;
	const u8 *nl = memchr(p, '\n', n);
	return nl ? (size_t)(nl - p) + 1 : 0;
}

bool pcode_sniff(const u8 *p, size_t n)
{
	size_t skip = skip_shebang(p, n);

	return n - skip >= 4 && !memcmp(p + skip, PCODE_MAGIC, 4);
}

static bool read_head(In *in)
{
	size_t n = (size_t)(in->r.end - in->r.p);

	if (n < HEAD_BYTES || memcmp(in->r.p, PCODE_MAGIC, 4))
		return bad(in, "not a P-code module");
	u16 version = ld16(in->r.p + 4);
	if (version != PCODE_VERSION)
		return err_set(in->e, EXIT_UNSUPPORTED, "%s: P-code version %u (this is pvm for version %d)", in->name, version, PCODE_VERSION);
	if (n < HEAD_BYTES + TAIL_BYTES || n > INT32_MAX)
		return bad(in, "cut short, or too large");
	in->r.end -= TAIL_BYTES;
	if (ld64(in->r.end) != hash64(in->r.p, n - TAIL_BYTES))
		return bad(in, "the checksum is wrong");
	if (ld16(in->r.p + 6))
		return bad(in, "reserved bytes are not zero");
	in->r.p += HEAD_BYTES;
	return true;
}

static const struct Part *find_part(u8 id)
{
	for (u32 i = 0; i < COUNT(parts); i++)
		if (parts[i].id == id)
			return &parts[i];
	return NULL;
}

/* Reads the section at in->r and moves behind it.  *last is the id of the one before. */
static bool read_section(In *in, u8 *last)
{
	Rd file = in->r;
	u8 id = rd_u8(&file), flags = rd_u8(&file);
	u32 n = rd_u32(&file);
	const u8 *p = rd_bytes(&file, n);
	const struct Part *part = find_part(id);

	if (!p || id <= *last || flags > SEC_REQUIRED || (part && flags != part->flags))
		return bad(in, "malformed section header");
	*last = id;
	if (!part && flags)
		return err_set(in->e, EXIT_UNSUPPORTED, "%s: needs the P-code section 0x%02x, which this pvm does not know", in->name, id);
	if (part) {
		in->section = part->name;
		in->r = (Rd){p, p + n, false};
		bool ok = part->read(in);
		if (in->r.bad || in->r.p != in->r.end)
			bad(in, "the section is too long");
		if (!ok || in->e->status)
			return false;
		in->section = "sections";
	}
	in->r = file;
	return true;
}

/* What only the whole can tell. */
static bool whole(In *in)
{
	for (u32 i = 0; i < in->m->nfunc; i++)
		if (!in->m->func[i].code)
			return bad(in, "functions without code");
	return true;
}

PModule *pcode_read(const u8 *p, size_t n, const char *name, Err *e)
{
	size_t skip = skip_shebang(p, n);
	Arena *a = arena_new();
	PModule *m = arena_alloc(a, sizeof *m);
	In in = {.r = {p + skip, p + n, false}, .base = p, .name = name, .section = "sections", .m = m, .e = e};
	u8 last = 0;

	m->arena = a;
	m->source = "";
	m->start = UINT32_MAX;
	bool ok = read_head(&in);
	while (ok && in.r.p != in.r.end)
		ok = read_section(&in, &last);
	if (ok && whole(&in))
		return m;
	arena_free(a);
	return NULL;
}

void pcode_free(PModule *m)
{
	if (m)
		arena_free(m->arena);
}
