/* The heap: blocks of guest memory in size classes.  What is where is kept outside of the guest's reach, so that a program
 * that overruns a block spoils its own data only.
 *
 * Small blocks come from chunks of 64 KiB of one class each; large ones are mapped for themselves.  (Segregated fits: Wilson
 * et al., "Dynamic Storage Allocation", 1995, section 3.6.) */
#include "w32.h"

#include <stdlib.h>

enum { CHUNK = 65536, ALIGN = 16, SMALL = 1024, CLASSES = 64 + 20, LARGEST = 32768 };

typedef struct Chunk {
	u32 cls;          /* CLASSES: a large block */
	u64 size;         /* of a large block: as asked */
	u64 mapped;
	u32 *asked;       /* size of each block as asked + 1; 0: free */
} Chunk;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Map chunks;                      /* address / CHUNK -> Chunk * */
static VEC(u64) free_list[CLASSES];

static u32 class_size(u32 cls)
{
	if (cls < 64)
		return ALIGN * (cls + 1);
	u32 k = cls - 64; /* four steps to each power of two */
	return (SMALL << k / 4) / 4 * (5 + k % 4);
}

static u32 class_of(u64 n)
{
	if (n <= SMALL)
		return n ? (u32)((n - 1) / ALIGN) : 0;
	u32 cls = 64;
	while (class_size(cls) < n)
		cls++;
	return cls;
}

static Chunk *chunk_at(u64 p)
{
	u64 *c = map_get(&chunks, p / CHUNK);

	return c && *c ? (Chunk *)(uintptr_t)*c : NULL;
}

static Chunk *new_chunk(u64 at, u32 cls, u64 size, u64 mapped)
{
	Chunk *c = xcalloc(1, sizeof *c);

	*c = (Chunk){.cls = cls, .size = size, .mapped = mapped};
	*map_put(&chunks, at / CHUNK) = (u64)(uintptr_t)c;
	return c;
}

static u64 large(WThread *t, u64 n)
{
	u64 size = (n + GUEST_PAGE - 1) & ~(u64)(GUEST_PAGE - 1);
	u64 at = n < (u64)1 << 46 ? mem_map(t->task, size, GP_READ | GP_WRITE) : 0;

	if (at)
		new_chunk(at, CLASSES, n, size);
	return at;
}

static bool refill(WThread *t, u32 cls)
{
	u32 size = class_size(cls), n = CHUNK / size;
	u64 at = mem_map(t->task, CHUNK, GP_READ | GP_WRITE); /* chunks are found by address: it is a multiple of their size */

	if (!at)
		return false;
	new_chunk(at, cls, 0, CHUNK)->asked = xcalloc(n, sizeof(u32));
	for (u32 i = n; i-- > 0;)
		vec_push(&free_list[cls], at + (u64)i * size);
	return true;
}

static u64 alloc(WThread *t, u64 n)
{
	if (n > LARGEST)
		return large(t, n);
	u32 cls = class_of(n);
	if (!free_list[cls].n && !refill(t, cls))
		return 0;
	u64 p = free_list[cls].p[--free_list[cls].n];
	chunk_at(p)->asked[p % CHUNK / class_size(cls)] = (u32)n + 1;
	return p;
}

/* The block's size as asked, or -1. */
static i64 size_of(u64 p)
{
	Chunk *c = chunk_at(p);

	if (!c)
		return -1;
	if (c->cls == CLASSES)
		return p % CHUNK ? -1 : (i64)c->size;
	u32 size = class_size(c->cls), i = (u32)(p % CHUNK) / size;
	return (p % CHUNK) % size || i >= CHUNK / size || !c->asked[i] ? -1 : (i64)c->asked[i] - 1;
}

static bool release(WThread *t, u64 p)
{
	Chunk *c = chunk_at(p);

	if (size_of(p) < 0)
		return false;
	if (c->cls == CLASSES) {
		guest_unmap(t->task->x, p, c->mapped);
		*map_put(&chunks, p / CHUNK) = 0;
		free(c);
		return true;
	}
	c->asked[p % CHUNK / class_size(c->cls)] = 0;
	vec_push(&free_list[c->cls], p);
	return true;
}

/* ---- the door ------------------------------------------------------------------------------------------- */

u64 wheap_alloc(WThread *t, u64 n)
{
	pthread_mutex_lock(&lock);
	u64 p = alloc(t, n);
	pthread_mutex_unlock(&lock);
	return p;
}

u64 wheap_zalloc(WThread *t, u64 n)
{
	u64 p = wheap_alloc(t, n);

	if (p && n <= LARGEST)
		memset(mem_out(t, p, n), 0, n);
	return p;
}

bool wheap_free(WThread *t, u64 p)
{
	pthread_mutex_lock(&lock);
	bool ok = release(t, p);
	pthread_mutex_unlock(&lock);
	return ok;
}

i64 wheap_size(WThread *t, u64 p)
{
	pthread_mutex_lock(&lock);
	i64 n = size_of(p);
	pthread_mutex_unlock(&lock);
	return n;
}

/* In place while the class is the same. */
u64 wheap_realloc(WThread *t, u64 p, u64 n)
{
	i64 old = wheap_size(t, p);

	if (old < 0)
		return 0;
	if (n <= LARGEST && old <= LARGEST && class_of(n) == class_of((u64)old)) {
		pthread_mutex_lock(&lock);
		Chunk *c = chunk_at(p);
		c->asked[p % CHUNK / class_size(c->cls)] = (u32)n + 1;
		pthread_mutex_unlock(&lock);
		return p;
	}
	u64 q = wheap_alloc(t, n);
	u64 keep = MIN(n, (u64)old);
	if (!q)
		return 0;
	memcpy(mem_out(t, q, keep), mem_in(t, p, keep), keep);
	wheap_free(t, p);
	return q;
}
