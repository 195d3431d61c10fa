/* Memory: checked malloc, arenas, growing arrays. */
#include "base.h"

#include <stdlib.h>

enum { ALIGN = 16, CHUNK = 64 * 1024 };

typedef struct Chunk {
	struct Chunk *next;
	size_t size;
} Chunk;

struct Arena {
	Chunk *chunk; /* the newest first */
	u8 *at, *end; /* the free part of the newest */
};

void *xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);
	if (!p)
		die(EXIT_VM, "out of memory (%zu bytes)", n);
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);
	if (!p)
		die(EXIT_VM, "out of memory (%zu x %zu bytes)", n, size);
	return p;
}

void *xrealloc(void *old, size_t n)
{
	void *p = realloc(old, n ? n : 1);
	if (!p)
		die(EXIT_VM, "out of memory (%zu bytes)", n);
	return p;
}

Arena *arena_new(void)
{
	return xcalloc(1, sizeof(Arena));
}

/* Arenas come and go with each translation, and malloc takes its time with blocks of that size: some are kept. */
static void *spare[4];

static Chunk *take_spare(void)
{
	Chunk *c = NULL;

	for (u32 k = 0; k < COUNT(spare) && !c; k++)
		c = spare_take(&spare[k]);
	return c;
}

static void free_chunk(Chunk *c)
{
	for (u32 k = 0; k < COUNT(spare) && c && c->size == CHUNK + ALIGN; k++)
		c = spare_put(&spare[k], c);
	free(c);
}

static void arena_refill(Arena *a, size_t n)
{
	size_t size = MAX(n, (size_t)CHUNK) + ALIGN;
	Chunk *c = n <= CHUNK ? take_spare() : NULL;

	if (!c)
		c = xmalloc(sizeof(Chunk) + ALIGN + size);
	c->size = size;
	c->next = a->chunk;
	a->chunk = c;
	a->at = (u8 *)(((uintptr_t)(c + 1) + ALIGN - 1) & ~(uintptr_t)(ALIGN - 1));
	a->end = a->at + size - ALIGN;
}

void *arena_alloc(Arena *a, size_t n)
{
	if (n > SIZE_MAX / 2)
		die(EXIT_VM, "out of memory (%zu bytes)", n);
	n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (n > (size_t)(a->end - a->at))
		arena_refill(a, n);
	void *p = a->at;
	a->at += n;
	return memset(p, 0, n);
}

char *arena_strndup(Arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);
	memcpy(p, s, n);
	return p;
}

char *arena_printf(Arena *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *p = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

void arena_reset(Arena *a)
{
	Chunk *keep = a->chunk;

	if (!keep)
		return;
	for (Chunk *c = keep->next, *next; c; c = next) {
		next = c->next;
		free_chunk(c);
	}
	keep->next = NULL;
	a->at = (u8 *)(((uintptr_t)(keep + 1) + ALIGN - 1) & ~(uintptr_t)(ALIGN - 1));
	a->end = a->at + keep->size - ALIGN;
}

void arena_free(Arena *a)
{
	if (!a)
		return;
	for (Chunk *c = a->chunk, *next; c; c = next) {
		next = c->next;
		free_chunk(c);
	}
	free(a);
}

void vec_grow_(void **p, u32 *cap, u64 need, size_t size)
{
	if (need <= *cap)
		return;
	u64 n = MAX(need, MAX((u64)*cap * 2, 8u));
	if (n > UINT32_MAX / 2)
		die(EXIT_VM, "out of memory (an array of %llu items)", (unsigned long long)n);
	*p = xrealloc(*p, n * size);
	*cap = (u32)n;
}

void *vec_add_(void **p, u32 *n, u32 *cap, u32 m, size_t size)
{
	vec_grow_(p, cap, (u64)*n + m, size);
	u8 *at = (u8 *)*p + *n * size;
	*n += m;
	return m ? memset(at, 0, m * size) : at;
}

void vec_free_(void *p)
{
	free(p);
}
