/* Files of cases: the sequence, the state before it, and where the processor's state behind it differs from that. */
#include "fuzz.h"

#include <stdlib.h>

static const char magic[] = "pvm-fuzz 2\n";

static void put(FILE *f, u64 v, u32 size)
{
	for (; size--; v >>= 8)
		fputc((int)(v & 0xff), f);
}

static u64 take(FILE *f, u32 size)
{
	u64 v = 0;

	for (u32 k = 0; k < size; k++)
		v |= (u64)(u8)fgetc(f) << 8 * k;
	return v;
}

/* ---- items ----------------------------------------------------------------------------------------- */

enum { ITEM_SMALL = 11 };

static void put_item(FILE *f, const Item *i)
{
	const u8 small[ITEM_SMALL] = { i->n, i->at, i->end, i->ud, i->next_at[0], i->next_at[1], i->rel_at, i->rel_size, i->skip, i->rip_at, i->rip_end };

	fwrite(small, 1, sizeof small, f);
	put(f, i->row, 2);
	put(f, i->rip_to, 4);
	fwrite(i->b, 1, i->n, f);
}

static void take_item(FILE *f, Item *i)
{
	u8 p[ITEM_SMALL] = { 0 };
	size_t n = fread(p, 1, sizeof p, f);

	*i = (Item){ .n = p[0], .at = p[1], .end = p[2], .ud = p[3], .next_at = { p[4], p[5] }, .rel_at = p[6], .rel_size = p[7], .skip = p[8],
		.rip_at = p[9], .rip_end = p[10] };
	i->row = (u16)take(f, 2);
	i->rip_to = (u32)take(f, 4);
	if (n != sizeof p || i->n > sizeof i->b || fread(i->b, 1, i->n, f) != i->n) {
		fprintf(stderr, "the record is broken\n");
		exit(2);
	}
}

/* ---- states ---------------------------------------------------------------------------------------- */

static void put_numbers(FILE *f, const State *s)
{
	for (u32 k = 0; k < 16; k++)
		put(f, s->gpr[k], 8);
	put(f, s->pc, 8);
	put(f, s->flags, 8);
	put(f, s->fs, 8);
	put(f, s->gs, 8);
	for (u32 k = 0; k < 6; k++)
		put(f, s->sel[k], 2);
	put(f, s->steps, 4);
	put(f, s->trace, 8);
}

static void take_numbers(FILE *f, State *s)
{
	for (u32 k = 0; k < 16; k++)
		s->gpr[k] = take(f, 8);
	s->pc = take(f, 8);
	s->flags = take(f, 8);
	s->fs = take(f, 8);
	s->gs = take(f, 8);
	for (u32 k = 0; k < 6; k++)
		s->sel[k] = (u16)take(f, 2);
	s->steps = (u32)take(f, 4);
	s->trace = take(f, 8);
}

/* Bytes that are not those of `base`: place and value, and a place that is none at the end. */
static void put_changes(FILE *f, const u8 *base, const u8 *p, u32 n)
{
	for (u32 k = 0; k < n; k++)
		if (p[k] != base[k]) {
			put(f, k, 2);
			put(f, p[k], 1);
		}
	put(f, 0xffff, 2);
}

static void take_changes(FILE *f, const u8 *base, u8 *p, u32 n)
{
	memcpy(p, base, n);
	for (u32 at; (at = (u32)take(f, 2)) < n;)
		p[at] = (u8)take(f, 1);
}

/* ---- cases ----------------------------------------------------------------------------------------- */

void record_begin(FILE *f)
{
	fputs(magic, f);
	put(f, fuzz_rows(), 4);
	fwrite(fuzz_data(0), 1, DATA_SIZE, f);
}

void record_open(FILE *f)
{
	char head[sizeof magic] = "";
	u8 data[DATA_SIZE];

	if (!fgets(head, sizeof head, f) || strcmp(head, magic) || take(f, 4) != fuzz_rows() || fread(data, 1, DATA_SIZE, f) != DATA_SIZE ||
	    memcmp(data, fuzz_data(0), DATA_SIZE)) {
		fprintf(stderr, "the record is of another version\n");
		exit(2);
	}
}

void record_write(FILE *f, const Case *c, End end, const State *out)
{
	static const u8 zeros[FX_SIZE];

	put(f, c->n, 1);
	put(f, c->mode, 1);
	put(f, c->step, 1);
	for (u32 k = 0; k < c->n; k++)
		put_item(f, &c->item[k]);
	put(f, c->undefined, 4);
	put(f, c->undefined_on_fault, 4);
	put(f, c->in.pool, 2);
	put_numbers(f, &c->in);
	put_changes(f, zeros, c->in.fx, FX_SIZE);
	put(f, (u64)end.vector, 1);
	put(f, end.addr, 8);
	put(f, end.error, 4);
	put_numbers(f, out);
	put_changes(f, c->in.fx, out->fx, FX_SIZE);
	put_changes(f, c->in.data, out->data, DATA_SIZE);
}

bool record_read(FILE *f, Case *c, End *end, State *out)
{
	static const u8 zeros[FX_SIZE];
	int n = fgetc(f);

	if (n == EOF)
		return false;
	c->n = MIN((u32)n, MAX_ITEMS);
	c->mode = (enum XMode)take(f, 1);
	c->step = take(f, 1);
	for (u32 k = 0; k < c->n; k++)
		take_item(f, &c->item[k]);
	c->undefined = (u32)take(f, 4);
	c->undefined_on_fault = (u32)take(f, 4);
	c->in.pool = (u32)take(f, 2);
	memcpy(c->in.data, fuzz_data(c->in.pool), DATA_SIZE);
	take_numbers(f, &c->in);
	take_changes(f, zeros, c->in.fx, FX_SIZE);
	*end = (End){ .vector = (int)take(f, 1) };
	end->addr = take(f, 8);
	end->error = (u32)take(f, 4);
	take_numbers(f, out);
	take_changes(f, c->in.fx, out->fx, FX_SIZE);
	take_changes(f, c->in.data, out->data, DATA_SIZE);
	return !feof(f);
}
