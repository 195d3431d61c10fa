/* The text form, written.  docs/ocode.md has its grammar; parse.c reads it back.
 *
 * Only what is in the layout order and what it refers to is written, so that what passes have left behind
 * does not show. */
#include "ocode.h"

#include <ctype.h>

static void print_name(Buf *out, const char *s)
{
	buf_u8(out, '"');
	for (; *s; s++)
		if (*s == '"' || *s == '\\' || !isprint((u8)*s))
			buf_printf(out, "\\%02x", (u8)*s);
		else
			buf_u8(out, (u8)*s);
	buf_u8(out, '"');
}

/* " word" for each value, with commas between: "%1, %2". */
static void print_values(Buf *out, const u32 *v, u32 n)
{
	for (u32 k = 0; k < n; k++)
		buf_printf(out, "%s%%%u", k ? ", " : "", v[k]);
}

static void print_edge(const OFunc *f, Buf *out, u32 edge)
{
	const OEdge *e = &f->edge.p[edge];

	buf_printf(out, "@%u", e->block);
	if (e->n) {
		buf_u8(out, '(');
		print_values(out, f->pool.p + e->args, e->n);
		buf_u8(out, ')');
	}
}

/* Integers in decimal, floating point as its bits.  Bits that the type has no room for are shown too: the checker
 * is to see them. */
static void print_const(Buf *out, u8 type, u64 bits)
{
	u32 width = ocode_type_size[type] * 8u;

	if (type == OT_F64) {
		buf_printf(out, " 0x%016llx", (unsigned long long)bits);
	} else if (type == OT_F32 && bits <= UINT32_MAX) {
		buf_printf(out, " 0x%08llx", (unsigned long long)bits);
	} else if (type >= OT_I8 && type <= OT_I64 && (width == 64 || !(bits >> width))) {
		i64 v = (i64)(bits << (64 - width)) >> (64 - width);
		buf_printf(out, " %lld", (long long)v);
	} else {
		buf_printf(out, " 0x%llx", (unsigned long long)bits);
	}
}

/* For the reader: the number whose bits they are. */
static void print_comment(Buf *out, const OIns *i)
{
	if (i->op == O_CONST && i->type == OT_F64)
		buf_printf(out, " ; %.17g", u64_f64(i->imm));
	else if (i->op == O_CONST && i->type == OT_F32 && i->imm <= UINT32_MAX)
		buf_printf(out, " ; %.9g", (double)u32_f32((u32)i->imm));
}

static void print_mem(Buf *out, u16 m)
{
	static const char *const order[4] = {"", " tso", " atomic", " order3"};

	buf_printf(out, ", %s %u", OMEM_SPACE(m) == SPACE_GUEST ? "guest" : "vm", 1u << OMEM_LOG2(m));
	if (OMEM_SIGNED(m))
		buf_printf(out, " signed");
	buf_printf(out, "%s", order[OMEM_ORDER(m)]);
	if (OMEM_FAULT(m))
		buf_printf(out, " fault");
	if (m & OMEM_BIG)
		buf_printf(out, " big");
	if (OMEM_ALIGN(m))
		buf_printf(out, " align %u", 1u << OMEM_ALIGN(m));
	if (m & OMEM_CONST)
		buf_printf(out, " const");
	if (m & OMEM_STACK)
		buf_printf(out, " stack");
}

static void print_address(Buf *out, const OIns *i, OVal base)
{
	buf_printf(out, " [%%%u + %u]", base, i->c);
}

static void print_call(const OFunc *f, Buf *out, const OIns *i)
{
	buf_printf(out, i->op == O_CALLI ? " %%%u(" : " #%u(", i->a);
	print_values(out, f->pool.p + i->b, i->c);
	buf_u8(out, ')');
}

static void print_switch(const OFunc *f, Buf *out, const OIns *i)
{
	buf_printf(out, " %%%u", i->a);
	for (u32 k = 0; k < i->c; k++) {
		buf_printf(out, k + 1 == i->c ? ", else " : ", ");
		print_edge(f, out, i->b + k);
	}
}

/* The number stands behind the operands where the row has one. */
static void print_vec(Buf *out, const OIns *i)
{
	const OVal arg[3] = {i->a, i->b, i->c};
	u32 n = ocode_ops[i->op].form - OF_VEC1 + 1u;

	buf_u8(out, ' ');
	print_values(out, arg, n);
	if (n < 3 && i->aux < VO_COUNT && strchr(ocode_vops[i->aux].sig, 'n'))
		buf_printf(out, ", %u", i->c);
}

/* What follows an operation's name and type. */
static void print_operands(const OFunc *f, Buf *out, const OIns *i)
{
	switch ((OForm)ocode_ops[i->op].form) {
	case OF_NONE:
		break;
	case OF_CONST:
		print_const(out, i->type, i->imm);
		break;
	case OF_IMM: /* VCONST; a param stands at the head of its block */
		if (2 * (u64)i->a + 1 < f->vconst.n)
			buf_printf(out, " 0x%016llx%016llx", (unsigned long long)f->vconst.p[2 * i->a + 1],
				(unsigned long long)f->vconst.p[2 * i->a]);
		break;
	case OF_UN:
		buf_printf(out, " %%%u", i->a);
		break;
	case OF_BIN: case OF_CMP:
		buf_printf(out, " %%%u, %%%u", i->a, i->b);
		break;
	case OF_BINT:
		buf_printf(out, " %%%u, %%%u, %u", i->a, i->b, i->aux);
		break;
	case OF_TERN:
		buf_printf(out, " %%%u, %%%u, %%%u", i->a, i->b, i->c);
		break;
	case OF_LOAD:
		print_address(out, i, i->a);
		print_mem(out, i->aux);
		break;
	case OF_STORE: case OF_RMW:
		print_address(out, i, i->a);
		buf_printf(out, ", %%%u", i->b);
		print_mem(out, i->aux);
		break;
	case OF_CAS:
		print_address(out, i, f->pool.p[i->a]);
		buf_printf(out, ", ");
		print_values(out, f->pool.p + i->a + 1, 2);
		print_mem(out, i->aux);
		break;
	case OF_VEC1: case OF_VEC2: case OF_VEC3:
		print_vec(out, i);
		break;
	case OF_SLOT:
		buf_printf(out, " slot %u", i->c);
		break;
	case OF_PUT:
		buf_printf(out, " slot %u, %%%u", i->c, i->a);
		break;
	case OF_CALL:
		print_call(f, out, i);
		break;
	case OF_TRAPIF:
		buf_printf(out, " %%%u, %u", i->a, i->aux);
		break;
	case OF_JMP:
		buf_u8(out, ' ');
		print_edge(f, out, i->a);
		break;
	case OF_BR:
		buf_printf(out, " %%%u, ", i->a);
		print_edge(f, out, i->b);
		buf_printf(out, ", ");
		print_edge(f, out, i->c);
		break;
	case OF_SWITCH:
		print_switch(f, out, i);
		break;
	case OF_RET:
		if (i->aux)
			buf_printf(out, " %%%u", i->a);
		break;
	case OF_TRAP:
		buf_printf(out, " %u", i->aux);
		break;
	case OF_EXIT:
		buf_printf(out, " %u, %%%u", i->aux, i->a);
		if (i->c)
			buf_printf(out, ", %u", i->c);
		break;
	}
}

static const char *cond_name(const OIns *i)
{
	if (i->op == O_ICMP)
		return i->aux < CC_COUNT ? ocode_cc_names[i->aux] : "?";
	return i->aux < FC_COUNT ? ocode_fcc_names[i->aux] : "?";
}

static void print_ins(const OFunc *f, Buf *out, OVal v)
{
	const OIns *i = &f->ins.p[v];
	const OOpInfo *info = &ocode_ops[i->op];

	buf_printf(out, "  ");
	if (i->type != OT_VOID)
		buf_printf(out, "%%%u = ", v);
	buf_printf(out, "%s", info->name);
	if (O_MAY_NOWRAP(i->op) && (i->aux & O_NOWRAP))
		buf_printf(out, ".nw");
	if (info->form >= OF_VEC1 && info->form <= OF_VEC3)
		buf_printf(out, ".%s", i->aux < VO_COUNT ? ocode_vops[i->aux].name : "?");
	if (info->form == OF_CMP)
		buf_printf(out, ".%s", cond_name(i));
	else if (i->type != OT_VOID)
		buf_printf(out, " %s", i->type < OT_COUNT ? ocode_type_names[i->type] : "?");
	print_operands(f, out, i);
	if (i->map)
		buf_printf(out, " !%u", i->map);
	print_comment(out, i);
	buf_u8(out, '\n');
}

/* Prints "@2(%3 i32) loop:" and returns the first instruction behind the params. */
static OVal print_head(const OFunc *f, Buf *out, u32 b)
{
	const OBlock *bl = &f->block.p[b];
	OVal v = bl->first;

	buf_printf(out, "@%u", b);
	for (; v && f->ins.p[v].op == O_PARAM; v = f->ins.p[v].next)
		buf_printf(out, "%s%%%u %s", v == bl->first ? "(" : ", ", v, ocode_type_names[f->ins.p[v].type]);
	if (v != bl->first)
		buf_u8(out, ')');
	if (bl->flags & OB_LOOP)
		buf_printf(out, " loop");
	if (bl->flags & OB_COLD)
		buf_printf(out, " cold");
	if (bl->freq)
		buf_printf(out, " freq %u", bl->freq);
	buf_printf(out, ":\n");
	return v;
}

/* Marks the map and those of the calls around it. */
static void mark_maps(const OFunc *f, u8 *used, u32 map)
{
	for (; map && map < f->map.n && !used[map]; map = f->map.p[map].parent)
		used[map] = 1;
}

static void print_map(const OFunc *f, Buf *out, u32 map)
{
	const OMap *m = &f->map.p[map];

	buf_printf(out, "!%u = func %u pc %u %s", map, m->func, m->pc, m->after ? "after" : "before");
	if (m->parent)
		buf_printf(out, " parent %u", m->parent);
	buf_printf(out, " {");
	for (u32 k = 0; k < m->n; k++) {
		const OSlotVal *s = &f->slot.p[m->slots + k];
		buf_printf(out, "%s%u: %%%u", k ? ", " : "", s->slot, s->val);
	}
	buf_printf(out, "}\n");
}

void ocode_print(const OFunc *f, Buf *out)
{
	VEC(u8) used = {0};

	vec_add(&used, f->map.n);
	buf_printf(out, "func ");
	print_name(out, f->name ? f->name : "");
	buf_u8(out, '(');
	for (u32 k = 0; k < f->param.n; k++)
		buf_printf(out, "%s%s", k ? ", " : "", ocode_type_names[f->param.p[k]]);
	buf_printf(out, ") %s #%u {\n", ocode_type_names[f->ret], f->id);
	for (u32 k = 0; k < f->order.n; k++)
		for (OVal v = print_head(f, out, f->order.p[k]); v; v = f->ins.p[v].next) {
			print_ins(f, out, v);
			mark_maps(f, used.p, f->ins.p[v].map);
		}
	for (u32 m = 1; m < f->map.n; m++)
		if (used.p[m])
			print_map(f, out, m);
	buf_printf(out, "}\n");
	vec_free(&used);
}
