/* The heap of P-code programs.
 *
 * Guest memory is divided into spans of 64 KiB.  A span holds blocks of one size class, or is part of a large
 * block.  Everything that is known about blocks is kept on the host's side (one bit a block), so that nothing a
 * program writes can lead the allocator astray, and a bad or second free is always noticed. */
#include "abi.h"

#include <stdlib.h>

enum {
	SPAN = 65536, SPANS = 65536,
	SMALL_STEP = 8, SMALL_MAX = 128,          /* classes of every multiple of 8 up to 128, */
	CLASS_MAX = 32768, CLASSES = 16 + 8 * 4,  /* then 4 for each doubling up to half a span */
	GROW_MIN = 16                             /* spans taken at once at least */
};

enum SpanKind { SPAN_FOREIGN, SPAN_FREE, SPAN_SMALL, SPAN_LARGE, SPAN_REST };

typedef struct Span {
	u8 kind, cls;
	u16 used, nslot; /* SMALL: blocks in use, blocks */
	u16 hint;        /* SMALL: no free block lies in words before this one */
	u32 prev, next;  /* SMALL: list of spans of the class with free blocks, 0 ends it */
	u32 n;           /* LARGE: spans */
	u32 size;        /* LARGE: bytes asked for */
	u64 *bits;       /* SMALL: 1 = in use */
} Span;

struct Heap {
	Task *task;
	Span *span;          /* SPANS of them, made at first use */
	u32 lo, hi;          /* spans of the heap */
	u32 first_free;      /* no free span lies before this one */
	u32 avail[CLASSES];
	u32 size[CLASSES];   /* bytes of a block */
	u32 recip[CLASSES];  /* 2^32 / size, rounded up: x * recip >> 32 = x / size for x < 65536 */
};

Heap *heap_new(Task *t)
{
	Heap *h = xcalloc(1, sizeof *h);

	h->task = t;
	return h;
}

void heap_free(Heap *h)
{
	if (h->span)
		for (u32 i = h->lo; i < h->hi; i++)
			free(h->span[i].bits);
	free(h->span);
	free(h);
}

static u32 class_of(u32 n)
{
	if (n <= SMALL_MAX)
		return n ? (n - 1) / SMALL_STEP : 0;
	u32 log2 = 31 - (u32)__builtin_clz(n - 1); /* 2^log2 < n <= 2^(log2+1) */
	return 16 + (log2 - 7) * 4 + ((n - 1) >> (log2 - 2) & 3);
}

static void first_use(Heap *h, Regfile *t)
{
	h->span = xcalloc(SPANS, sizeof *h->span);
	for (u32 c = 0; c < CLASSES; c++) {
		u32 k = c - 16;
		h->size[c] = c < 16 ? (c + 1) * SMALL_STEP : (128u << k / 4) / 4 * (5 + k % 4);
		h->recip[c] = (u32)((((u64)1 << 32) + h->size[c] - 1) / h->size[c]);
	}
	h->lo = (u32)(((u64)task_module(h->task)->heap + SPAN - 1) / SPAN);
	h->lo = MAX(h->lo, 1u);
	h->hi = MAX(h->lo, (u32)(t->mem_size / SPAN));
	for (u32 i = h->lo; i < h->hi; i++)
		h->span[i].kind = SPAN_FREE;
	h->first_free = h->lo;
}

/* ---- spans ---------------------------------------------------------------------------------------- */

/* Takes more memory so that n free spans end the heap; false when the limit is reached. */
static bool grow(Heap *h, Regfile *t, u32 n)
{
	u64 start = (t->mem_size + SPAN - 1) / SPAN; /* the program may have grown memory itself */
	u64 have = 0;

	if (start == h->hi)
		while (h->hi - have > h->lo && h->span[h->hi - have - 1].kind == SPAN_FREE)
			have++;
	u64 need = n > have ? n - have : 0;
	u64 more = MAX(need, MAX((u64)GROW_MIN, (h->hi - h->lo) / 4u));
	if (start + more > SPANS || !guest_grow(abi_thread(t), (start + more) * SPAN)) {
		more = need;
		if (start + more > SPANS || !guest_grow(abi_thread(t), (start + more) * SPAN))
			return false;
	}
	for (u64 i = start; i < start + more; i++)
		h->span[i].kind = SPAN_FREE;
	h->hi = (u32)(start + more);
	return true;
}

/* The first of n free spans in a row, or 0. */
static u32 find_run(Heap *h, u32 n)
{
	u32 run = 0;

	for (u32 i = h->first_free; i < h->hi; i++) {
		if (h->span[i].kind != SPAN_FREE) {
			run = 0;
			continue;
		}
		if (run == 0 && n == 1)
			h->first_free = i;
		if (++run == n)
			return i - n + 1;
	}
	return 0;
}

static u32 take_spans(Heap *h, Regfile *t, u32 n)
{
	u32 at = find_run(h, n);

	if (!at && grow(h, t, n))
		at = find_run(h, n);
	if (!at)
		thread_trap(abi_thread(t), TRAP_HEAP);
	return at;
}

static void give_span(Heap *h, u32 i)
{
	h->span[i].kind = SPAN_FREE;
	h->first_free = MIN(h->first_free, i);
}

/* ---- small blocks --------------------------------------------------------------------------------- */

static void list_push(Heap *h, u32 i)
{
	Span *s = &h->span[i];

	s->prev = 0;
	s->next = h->avail[s->cls];
	if (s->next)
		h->span[s->next].prev = i;
	h->avail[s->cls] = i;
}

static void list_remove(Heap *h, u32 i)
{
	Span *s = &h->span[i];

	if (s->prev)
		h->span[s->prev].next = s->next;
	else
		h->avail[s->cls] = s->next;
	if (s->next)
		h->span[s->next].prev = s->prev;
}

/* Makes a span of a class; bits behind the last block are set for good. */
static void new_small(Heap *h, Regfile *t, u32 cls)
{
	u32 i = take_spans(h, t, 1), n = SPAN / h->size[cls], words = (n + 63) / 64;
	Span *s = &h->span[i];

	s->kind = SPAN_SMALL;
	s->cls = (u8)cls;
	s->used = s->hint = 0;
	s->nslot = (u16)n;
	s->bits = xcalloc(words, sizeof *s->bits);
	if (n % 64)
		s->bits[words - 1] = ~(u64)0 << n % 64;
	list_push(h, i);
}

static u32 alloc_small(Heap *h, Regfile *t, u32 cls)
{
	if (!h->avail[cls])
		new_small(h, t, cls);
	u32 i = h->avail[cls], w;
	Span *s = &h->span[i];
	for (w = s->hint; s->bits[w] == ~(u64)0; w++)
		;
	u32 bit = (u32)__builtin_ctzll(~s->bits[w]);
	s->bits[w] |= (u64)1 << bit;
	s->hint = (u16)w;
	if (++s->used == s->nslot)
		list_remove(h, i);
	return i * SPAN + (w * 64 + bit) * h->size[cls];
}

static bool free_small(Heap *h, u32 i, u32 off, u32 cls)
{
	Span *s = &h->span[i];
	u32 slot = (u32)((u64)off * h->recip[cls] >> 32), w = slot / 64;
	u64 bit = (u64)1 << slot % 64;

	if (s->cls != cls || slot * h->size[cls] != off || slot >= s->nslot || !(s->bits[w] & bit))
		return false;
	s->bits[w] &= ~bit;
	s->hint = (u16)MIN(s->hint, w);
	if (s->used-- == s->nslot)
		list_push(h, i);
	if (s->used == 0 && (s->prev || s->next)) { /* another span of the class has room */
		list_remove(h, i);
		free(s->bits);
		s->bits = NULL;
		give_span(h, i);
	}
	return true;
}

/* ---- large blocks --------------------------------------------------------------------------------- */

static u32 alloc_large(Heap *h, Regfile *t, u32 size)
{
	u32 n = (u32)(((u64)size + SPAN - 1) / SPAN), i = take_spans(h, t, n);

	for (u32 k = 1; k < n; k++)
		h->span[i + k].kind = SPAN_REST;
	h->span[i].kind = SPAN_LARGE;
	h->span[i].n = n;
	h->span[i].size = size;
	return i * SPAN;
}

static bool free_large(Heap *h, u32 i, u32 off, u32 size)
{
	if (off || h->span[i].size != size)
		return false;
	for (u32 k = h->span[i].n; k-- > 0;)
		give_span(h, i + k);
	return true;
}

/* ---- the calls ------------------------------------------------------------------------------------ */

/* Clears n bytes (a multiple of 8); most blocks are a few words. */
static void clear(u8 *p, u32 n)
{
	if (n > 64) {
		memset(p, 0, n);
		return;
	}
	for (; n; n -= 8, p += 8)
		memset(p, 0, 8);
}

u64 sys_mem_alloc(Regfile *t, const u64 *args)
{
	Heap *h = abi_of(t)->heap;
	u32 size = (u32)args[0], addr;

	if (!h->span)
		first_use(h, t);
	if (size > CLASS_MAX) {
		addr = alloc_large(h, t, size);
		memset(t->mem + addr, 0, size);
		return addr;
	}
	addr = alloc_small(h, t, class_of(size));
	clear(t->mem + addr, (MAX(size, 1u) + 7) & ~7u);
	return addr;
}

u64 sys_mem_free(Regfile *t, const u64 *args)
{
	Heap *h = abi_of(t)->heap;
	u32 addr = (u32)args[0], size = (u32)args[1], i = addr / SPAN, off = addr % SPAN;
	bool ok = false;

	if (h->span && size <= CLASS_MAX && h->span[i].kind == SPAN_SMALL)
		ok = free_small(h, i, off, class_of(size));
	else if (h->span && size > CLASS_MAX && h->span[i].kind == SPAN_LARGE)
		ok = free_large(h, i, off, size);
	if (!ok)
		thread_trap(abi_thread(t), TRAP_POINTER);
	return 0;
}
