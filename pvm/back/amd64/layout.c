/* layout: gives jumps their sizes (short where they reach), aligns loops, places literals and jump tables. */
#include <stdlib.h>

#include "amd64.h"

u32 layout_label(Layout *l)
{
	vec_push(&l->label_raw, 0u);
	vec_push(&l->label_mark, 0u);
	return l->label_raw.n - 1;
}

void layout_bind(Layout *l, u32 label)
{
	l->label_raw.p[label] = l->raw.n;
	l->label_mark.p[label] = l->mark.n;
}

/* Of MARK_ALIGN: the place `cc` bytes behind becomes a multiple of label + 1. */
static void mark(Layout *l, u32 kind, u32 cc, u32 label, u32 size)
{
	Mark m = { l->raw.n, label, size, (u8)kind, (u8)cc };

	vec_push(&l->mark, m);
}

void layout_jump(Layout *l, u32 label)
{
	mark(l, MARK_JMP, 0, label, 2);
}

void layout_jcc(Layout *l, u32 cc, u32 label)
{
	mark(l, MARK_JCC, cc, label, 2);
}

void layout_align(Layout *l)
{
	mark(l, MARK_ALIGN, 0, 15, 0);
}

/* The field behind an opcode, aligned so that it can be changed by one store. */
static u32 field(Layout *l, const char *opcode, u32 n)
{
	mark(l, MARK_ALIGN, n, 3, 0);
	buf_bytes(&l->raw, opcode, n);
	buf_u32(&l->raw, 0);
	return l->raw.n - 4;
}

void layout_exit(Layout *l, bool call, u64 pc, u32 stub)
{
	Exit x = { .label = stub, .pc = pc };

	x.raw = field(l, call ? "\xe8" : "\xe9", 1);
	vec_push(&l->exit, x);
}

u32 layout_cell(Layout *l)
{
	vec_push(&l->lit, ((Lit){ .bits = ~0ull, .size = 8, .own = true }));
	return l->lit.n - 1;
}

void layout_exit_any(Layout *l, u32 lit, u32 stub, u32 table)
{
	Exit x = { .label = stub, .any = true, .lit = lit, .table = table };

	x.miss = field(l, "\x0f\x85", 2);
	vec_push(&l->exit, x);
}

void layout_exit_one(Layout *l, bool call)
{
	l->exit.p[l->exit.n - 1].raw = field(l, call ? "\xe8" : "\xe9", 1);
}

enum { FEW_LITS = 8 /* are looked through */ };

u32 layout_lit(Layout *l, u64 bits, u32 size)
{
	Lit lit = { .bits = bits, .size = size };
	u64 key = size == 8 ? bits : bits << 8 | size | 0x7ff1ull << 48; /* as 8 bytes: a signalling NaN */

	for (u32 k = 0; k < l->lit.n && k < FEW_LITS; k++)
		if (l->lit.p[k].bits == bits && l->lit.p[k].size == size && !l->lit.p[k].own)
			return k;
	if (l->lit.n < FEW_LITS) {
		vec_push(&l->lit, lit);
		return l->lit.n - 1;
	}
	u64 *at = map_put(&l->lits, key);
	if (!*at || l->lit.p[*at - 1].size != size || l->lit.p[*at - 1].bits != bits) {
		vec_push(&l->lit, lit);
		*at = l->lit.n;
	}
	return (u32)*at - 1;
}

/* How many bytes the first k marks take, for all k; makes those jumps long that do not reach.  True if one grew. */
static bool grow(Layout *l, u32 *off)
{
	bool grew = false;

	off[0] = 0;
	for (u32 k = 0; k < l->mark.n; k++) {
		Mark *m = &l->mark.p[k];
		if (m->kind == MARK_ALIGN)
			m->size = -(m->raw + off[k] + m->cc) & m->label;
		off[k + 1] = off[k] + m->size;
	}
	for (u32 k = 0; k < l->mark.n; k++) {
		Mark *m = &l->mark.p[k];
		i64 to, from = (i64)m->raw + off[k + 1];
		if (m->kind == MARK_ALIGN || m->size != 2)
			continue;
		to = (i64)l->label_raw.p[m->label] + off[l->label_mark.p[m->label]];
		if (to - from != (i8)(to - from)) {
			m->size = m->kind == MARK_JMP ? 5 : 6;
			grew = true;
		}
	}
	return grew;
}

static u32 label_at(const Layout *l, const u32 *off, u32 label)
{
	return l->label_raw.p[label] + off[l->label_mark.p[label]];
}

static void write_mark(const Layout *l, const Mark *m, const u32 *off, Buf *out, u32 base)
{
	u32 rel;

	if (m->kind == MARK_ALIGN) {
		enc_nops(out, m->size);
		return;
	}
	rel = label_at(l, off, m->label) - (out->n - base + m->size);
	if (m->size == 2)
		buf_u8(out, m->kind == MARK_JMP ? 0xeb : (u8)(0x70 + m->cc));
	else if (m->kind == MARK_JMP)
		buf_u8(out, 0xe9);
	else
		buf_u16(out, (u16)(0x0f | (0x80 + m->cc) << 8));
	if (m->size == 2)
		buf_u8(out, (u8)rel);
	else
		buf_u32(out, rel);
}

/* Final offset of a raw one: behind the marks that stand at or before it.  Called with rising raw. */
static u32 final(const Layout *l, const u32 *off, u32 raw, u32 *k)
{
	while (*k < l->mark.n && l->mark.p[*k].raw <= raw)
		++*k;
	return raw + off[*k];
}

static void write_text(Layout *l, const u32 *off, BackCode *c, u32 base)
{
	u32 at = 0;

	for (u32 k = 0; k < l->mark.n; k++) {
		buf_bytes(&c->code, l->raw.p + at, l->mark.p[k].raw - at);
		at = l->mark.p[k].raw;
		write_mark(l, &l->mark.p[k], off, &c->code, base);
	}
	buf_bytes(&c->code, l->raw.p + at, l->raw.n - at);
}

static const u64 masks[][2] = {
	[MASK_SIGN64] = { 0x8000000000000000ull, 0 }, [MASK_ABS64] = { 0x7fffffffffffffffull, ~0ull },
	[MASK_SIGN32] = { 0x80000000u, 0 }, [MASK_ABS32] = { 0xffffffff7fffffffull, ~0ull },
	[MASK_SHIFT64] = { 0x4330000000000000ull, 0 }, [MASK_SHIFT32] = { 0x4b000000u, 0 } };

static void pad(Buf *b, u32 align)
{
	while (b->n & (align - 1))
		buf_u8(b, 0xcc);
}

static void write_lits(Layout *l, BackCode *c, u32 size)
{
	for (u32 k = 0; k < l->lit.n; k++) {
		Lit *lit = &l->lit.p[k];
		if (lit->size != size)
			continue;
		pad(&c->code, size);
		lit->off = c->code.n;
		if (size == 16) {
			buf_u64(&c->code, masks[lit->bits][0]);
			buf_u64(&c->code, masks[lit->bits][1]);
		} else if (size == 8) {
			buf_u64(&c->code, lit->bits);
		} else {
			buf_u32(&c->code, (u32)lit->bits);
		}
	}
}

/* Jump tables: offsets of the goals from the table. */
static void write_tables(Layout *l, const u32 *off, BackCode *c, u32 base)
{
	u32 k = 0;

	for (u32 t = 0; t < l->table.n; t++) {
		const Table *tab = &l->table.p[t];
		u32 field = base + final(l, off, tab->raw, &k), here;
		pad(&c->code, 4);
		here = c->code.n;
		st32(c->code.p + field, here - (field + 4));
		for (u32 j = 0; j < tab->n; j++)
			buf_u32(&c->code, base + label_at(l, off, l->table_label.p[tab->first + j]) - here);
	}
}

static void place(Layout *l, const u32 *off, BackCode *c, u32 base)
{
	u32 k = 0;

	for (u32 i = 0; i < l->fix.n; i++) {
		u32 field = base + final(l, off, l->fix.p[i].raw, &k);
		/* The field holds the number of bytes that follow it in the instruction, negated. */
		st32(c->code.p + field, l->lit.p[l->fix.p[i].lit].off - (field + 4) + ld32(c->code.p + field));
	}
	k = 0;
	for (u32 i = 0; i < l->reloc.n; i++) {
		BackReloc r = l->reloc.p[i];
		r.off = base + final(l, off, r.off, &k);
		vec_push(&c->reloc, r);
	}
	k = 0;
	for (u32 i = 0; i < l->site.n; i++) {
		BackSite s = l->site.p[i];
		if (s.off & SITE_RETURN) /* behind the call, not behind a jump that follows */
			s.off = base + final(l, off, (s.off & ~SITE_RETURN) - 1, &k) + 1;
		else
			s.off = base + final(l, off, s.off, &k);
		vec_push(&c->site, s);
	}
}

static void place_exits(Layout *l, const u32 *off, BackCode *c, u32 base)
{
	u32 k = 0, j = 0, miss = 0;

	for (u32 i = 0; i < l->exit.n; i++) {
		const Exit *x = &l->exit.p[i];
		BackExit e = { .pc = x->pc, .stub = base + label_at(l, off, x->label) };
		if (x->any) {
			e.miss = base + final(l, off, x->miss, &miss);
			e.table = base + label_at(l, off, x->table);
			e.word = l->lit.p[x->lit].off;
			st32(c->code.p + e.miss, e.stub - (e.miss + 4));
		}
		e.jump = base + final(l, off, x->raw, &k);
		e.id = base + final(l, off, x->id, &j);
		st32(c->code.p + e.jump, e.stub - (e.jump + 4));
		vec_push(&c->exit, e);
	}
}

void layout_free(Layout *l)
{
	buf_free(&l->raw);
	vec_free(&l->mark);
	vec_free(&l->label_raw);
	vec_free(&l->label_mark);
	vec_free(&l->fix);
	vec_free(&l->lit);
	map_free(&l->lits);
	vec_free(&l->table);
	vec_free(&l->table_label);
	vec_free(&l->exit);
	vec_free(&l->reloc);
	vec_free(&l->site);
}

bool layout_is_large(const Layout *l)
{
	return l->raw.cap > 1 << 20;
}

void layout_begin(Layout *l)
{
	l->raw.n = l->mark.n = l->label_raw.n = l->label_mark.n = l->fix.n = l->lit.n = l->table.n = l->table_label.n = 0;
	l->exit.n = l->reloc.n = l->site.n = 0;
	map_free(&l->lits);
}

void layout_end(Layout *l, BackCode *c)
{
	u32 *off = xmalloc((l->mark.n + 1) * sizeof *off), base;

	while (grow(l, off))
		;
	pad(&c->code, 16);
	base = c->code.n;
	write_text(l, off, c, base);
	c->text = c->code.n - base;
	write_lits(l, c, 16);
	write_lits(l, c, 8);
	write_lits(l, c, 4);
	write_tables(l, off, c, base);
	place(l, off, c, base);
	place_exits(l, off, c, base);
	free(off);
}
