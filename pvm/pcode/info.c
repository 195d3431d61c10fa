/* The instruction table, out of pcode.def. */
#include "pcode.h"

const POpInfo pcode_ops[256] = {
#define P(op, name, code, imm, pops, pushes, meaning) [code] = {name, imm, pops, pushes, meaning},
#include "pcode.def"
#undef P
};

u8 pcode_local_type(const PModule *m, const PFunc *f, u32 local)
{
	const PType *t = &m->type[f->type];

	return local < t->nparam ? t->param[local] : f->local[local - t->nparam];
}

u32 pcode_line(const PModule *m, const PFunc *f, u32 pc)
{
	const PLine *line = m->line + f->line_at;
	u32 lo = 0, hi = f->line_n;

	/* The last entry at or before pc: those below lo are, those from hi on are not. */
	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;
		if (line[mid].pc <= pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? line[lo - 1].line : 0;
}

const char *pcode_file(const PModule *m, u32 *line)
{
	const PSource *in = NULL;

	for (u32 i = 0; i < m->nfile && m->file[i].first <= *line; i++)
		in = &m->file[i];
	if (!in)
		return m->source;
	*line -= in->first - 1;
	return in->name;
}

u32 pcode_access_log2(POp op)
{
	switch (op) {
	case P_I32_LOAD8_S: case P_I32_LOAD8_U: case P_I64_LOAD8_S: case P_I64_LOAD8_U: case P_I32_STORE8: case P_I64_STORE8:
		return 0;
	case P_I32_LOAD16_S: case P_I32_LOAD16_U: case P_I64_LOAD16_S: case P_I64_LOAD16_U: case P_I32_STORE16: case P_I64_STORE16:
		return 1;
	case P_I64_LOAD: case P_F64_LOAD: case P_I64_STORE: case P_F64_STORE:
		return 3;
	default:
		return 2;
	}
}
