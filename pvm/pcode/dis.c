/* Lists modules as text.  Works on modules that are read but not checked: what is malformed shows as such. */
#include "pcode.h"

enum { SHOWN_BYTES = 48 }; /* of a data segment */

static const char *type_name(u8 t)
{
	switch (t) {
	case 'i': return "i32";
	case 'l': return "i64";
	case 'f': return "f32";
	default: return "f64";
	}
}

/* "(i32 f64) -> i32" */
static void dis_type(const PModule *m, u32 type, Buf *out)
{
	const PType *t = &m->type[type];

	buf_u8(out, '(');
	for (u32 i = 0; i < t->nparam; i++)
		buf_printf(out, "%s%s", i ? " " : "", type_name(t->param[i]));
	buf_u8(out, ')');
	if (t->result)
		buf_printf(out, " -> %s", type_name(t->result));
}

static void dis_func_name(const PModule *m, u32 number, Buf *out)
{
	if (number < m->nimport)
		buf_printf(out, " %s:%s", m->import[number].module, m->import[number].name);
	else if (number - m->nimport < m->nfunc)
		buf_printf(out, " %s", m->func[number - m->nimport].name);
}

/* ---- instructions ------------------------------------------------------------------------------- */

static void dis_float(u64 bits, double v, Buf *out)
{
	if (v != v)
		buf_printf(out, " nan:0x%llx", (unsigned long long)bits);
	else
		buf_printf(out, " %.17g", v);
}

static void dis_jump_table(Rd *r, Buf *out)
{
	u32 n = rd_uleb32(r);

	for (u32 i = 0; i < n && !r->bad; i++)
		buf_printf(out, " L%u", rd_uleb32(r));
	buf_printf(out, " else L%u", rd_uleb32(r));
}

static void dis_access(Rd *r, Buf *out)
{
	u32 align = rd_uleb32(r), offset = rd_uleb32(r);

	if (offset)
		buf_printf(out, " +%u", offset);
	buf_printf(out, " align %u", align < 32 ? 1u << align : 0);
}

static void dis_imm(const PModule *m, char kind, Rd *r, Buf *out)
{
	u32 v;

	switch (kind) {
	case 's': buf_printf(out, " %d", rd_sleb32(r)); return;
	case 'S': buf_printf(out, " %lld", (long long)rd_sleb64(r)); return;
	case 'f': v = rd_u32(r); dis_float(v, (double)u32_f32(v), out); return;
	case 'd': { u64 bits = rd_u64(r); dis_float(bits, u64_f64(bits), out); return; }
	case 'J': dis_jump_table(r, out); return;
	case 'm': dis_access(r, out); return;
	}
	v = rd_uleb32(r);
	buf_printf(out, kind == 'L' ? " L%u" : " %u", v);
	if (r->bad)
		return;
	if (kind == 'F')
		dis_func_name(m, v, out);
	if (kind == 'T' && v < m->ntype) {
		buf_u8(out, ' ');
		dis_type(m, v, out);
	}
}

u32 pcode_dis_ins(const PModule *m, const PFunc *f, u32 pc, Buf *out)
{
	Rd r = {f->code + MIN(pc, f->code_len), f->code + f->code_len, false};
	const POpInfo *info = &pcode_ops[rd_u8(&r)];

	if (!info->name || r.bad) {
		buf_printf(out, "?");
		return f->code_len;
	}
	buf_printf(out, "%s", info->name);
	for (const char *kind = info->imm; *kind; kind++)
		dis_imm(m, *kind, &r, out);
	if (r.bad) {
		buf_printf(out, " ?");
		return f->code_len;
	}
	return (u32)(r.p - f->code);
}

/* ---- functions ---------------------------------------------------------------------------------- */

static u64 var_key(u32 func, u32 where, u32 at)
{
	return (u64)func << 32 | where << 31 | at;
}

/* Locals that have names: key -> index in m->var + 1. */
static Map name_vars(const PModule *m)
{
	Map names = {0};

	for (u32 i = 0; i < m->nvar; i++) {
		const PVar *v = &m->var[i];
		if (v->where < 2 && v->at < 1u << 31)
			*map_put(&names, var_key(v->func, v->where, v->at)) = i + 1;
	}
	return names;
}

/* Appends the name of the variable an instruction names by number. */
static void dis_var(const PModule *m, const Map *names, u32 func, u32 pc, Buf *out)
{
	const PFunc *f = &m->func[func];
	u8 op = f->code[pc];
	bool local = op == P_LOCAL_GET || op == P_LOCAL_SET || op == P_LOCAL_TEE;

	if (!local && op != P_FRAME_ADDR)
		return;
	Rd r = {f->code + pc + 1, f->code + f->code_len, false};
	const u64 *var = map_get(names, var_key(func, !local, rd_uleb32(&r) & 0x7fffffff));
	if (var && !r.bad)
		buf_printf(out, "  ; %s", m->var[*var - 1].name);
}

static void dis_code(const PModule *m, const Map *names, u32 func, Buf *out)
{
	const PFunc *f = &m->func[func];
	u32 line = 0;

	for (u32 pc = 0, next; pc < f->code_len; pc = next) {
		u32 now = pcode_line(m, f, pc);
		if (now != line)
			buf_printf(out, "  ; line %u\n", now);
		line = now;
		bool label = f->code[pc] >= P_LABEL && f->code[pc] <= P_LAND;
		buf_printf(out, label ? "%6u  " : "%6u    ", pc);
		next = pcode_dis_ins(m, f, pc, out);
		dis_var(m, names, func, pc, out);
		buf_u8(out, '\n');
	}
}

static void dis_func(const PModule *m, const Map *names, u32 func, Buf *out)
{
	const PFunc *f = &m->func[func];
	u32 nparam = m->type[f->type].nparam;

	buf_printf(out, "\nfunc %u %s ", m->nimport + func, f->name);
	dis_type(m, f->type, out);
	buf_printf(out, "  frame %u, %u labels, %u bytes\n", f->frame, f->nlabel, f->code_len);
	for (u32 i = 0, j; i < f->nlocal; i = j) {
		for (j = i + 1; j < f->nlocal && f->local[j] == f->local[i]; j++)
			;
		buf_printf(out, "  locals %u to %u: %s\n", nparam + i, nparam + j - 1, type_name(f->local[i]));
	}
	dis_code(m, names, func, out);
}

/* ---- the module --------------------------------------------------------------------------------- */

static void dis_globals(const PModule *m, Buf *out)
{
	for (u32 i = 0; i < m->nglobal; i++) {
		const PGlobal *g = &m->global[i];
		buf_printf(out, "global %u: %s%s = 0x%llx\n", i, g->mutable ? "" : "constant ", type_name(g->type), (unsigned long long)g->init);
	}
}

static void dis_data(const PModule *m, Buf *out)
{
	for (u32 i = 0; i < m->ndata; i++) {
		const PData *d = &m->data[i];
		buf_printf(out, "data %u to %u: \"", d->at, d->at + d->n - 1);
		for (u32 k = 0; k < d->n && k < SHOWN_BYTES; k++)
			buf_printf(out, d->p[k] >= ' ' && d->p[k] < 0x7f && d->p[k] != '"' && d->p[k] != '\\' ? "%c" : "\\%02x", d->p[k]);
		buf_printf(out, "\"%s\n", d->n > SHOWN_BYTES ? "..." : "");
	}
}

static void dis_table(const PModule *m, Buf *out)
{
	for (u32 i = 0; i < m->ntable; i++) {
		buf_printf(out, "table %u:", i);
		if (m->table[i] == UINT32_MAX)
			buf_printf(out, " empty");
		else
			dis_func_name(m, m->table[i], out);
		buf_u8(out, '\n');
	}
}

static void dis_head(const PModule *m, Buf *out)
{
	buf_printf(out, "module %s\n", *m->source ? m->source : "(source not known)");
	if (m->max_pages)
		buf_printf(out, "memory %u pages, at most %u; guard %u, stack %u to %u, heap from %u\n",
			m->pages, m->max_pages, m->guard, m->stack_lo, m->stack_hi, m->heap);
	for (u32 i = 0; i < m->nimport; i++) {
		buf_printf(out, "import %u: %s:%s ", i, m->import[i].module, m->import[i].name);
		dis_type(m, m->import[i].type, out);
		buf_u8(out, '\n');
	}
	dis_globals(m, out);
	dis_table(m, out);
	dis_data(m, out);
	for (u32 i = 0; i < m->nexport; i++)
		buf_printf(out, "export %s: %s %u\n", m->export[i].name, m->export[i].kind ? "global" : "function", m->export[i].index);
	if (m->start != UINT32_MAX) {
		buf_printf(out, "start");
		dis_func_name(m, m->start, out);
		buf_u8(out, '\n');
	}
}

void pcode_dis(const PModule *m, const char *func, Buf *out)
{
	Map names = name_vars(m);

	if (!func)
		dis_head(m, out);
	for (u32 i = 0; i < m->nfunc; i++)
		if (!func || !strcmp(func, m->func[i].name))
			dis_func(m, &names, i, out);
	map_free(&names);
}
