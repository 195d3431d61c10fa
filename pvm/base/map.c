/* Maps from numbers to numbers, and strings made unique. */
#include "base.h"

#include <stdlib.h>

static u64 mix(u64 x)
{
	x ^= x >> 32;
	x *= 0x9e3779b97f4a7c15ull;
	return x ^ x >> 29;
}

static u32 map_slot(const Map *m, u64 key)
{
	u32 i = (u32)mix(key) & (m->cap - 1);

	while (m->used[i] && m->key[i] != key)
		i = (i + 1) & (m->cap - 1);
	return i;
}

u64 *map_get(const Map *m, u64 key)
{
	if (!m->cap)
		return NULL;
	u32 i = map_slot(m, key);
	return m->used[i] ? &m->val[i] : NULL;
}

static void map_resize(Map *m, u32 cap)
{
	Map old = *m;

	m->cap = cap;
	m->key = xcalloc(cap, sizeof *m->key);
	m->val = xcalloc(cap, sizeof *m->val);
	m->used = xcalloc(cap, 1);
	for (u32 i = 0; i < old.cap; i++)
		if (old.used[i]) {
			u32 j = map_slot(m, old.key[i]);
			m->used[j] = 1;
			m->key[j] = old.key[i];
			m->val[j] = old.val[i];
		}
	free(old.key);
	free(old.val);
	free(old.used);
}

u64 *map_put(Map *m, u64 key)
{
	if (m->n * 4 >= m->cap * 3)
		map_resize(m, m->cap ? m->cap * 2 : 16);
	u32 i = map_slot(m, key);
	if (!m->used[i]) {
		m->used[i] = 1;
		m->key[i] = key;
		m->n++;
	}
	return &m->val[i];
}

void map_free(Map *m)
{
	free(m->key);
	free(m->val);
	free(m->used);
	*m = (Map){0};
}

/* FNV-1a: short identifiers hash faster so than through a block hash. */
static u32 str_hash(const char *s, size_t n)
{
	u32 h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (u8)s[i]) * 16777619u;
	return h;
}

static void intern_grow(Intern *t)
{
	u32 cap = t->slot.n ? t->slot.n * 2 : 256;

	vec_free(&t->slot);
	vec_add(&t->slot, cap);
	for (u32 id = 1; id <= t->str.n; id++) {
		u32 i = t->hash.p[id - 1] & (cap - 1);
		while (t->slot.p[i])
			i = (i + 1) & (cap - 1);
		t->slot.p[i] = id;
	}
}

u32 intern(Intern *t, const char *s, size_t n)
{
	if (t->str.n * 2 >= t->slot.n)
		intern_grow(t);
	if (!t->arena)
		t->arena = arena_new();
	u32 h = str_hash(s, n), mask = t->slot.n - 1, i = h & mask;
	for (; t->slot.p[i]; i = (i + 1) & mask) {
		u32 id = t->slot.p[i];
		if (t->hash.p[id - 1] == h && t->len.p[id - 1] == n && !memcmp(t->str.p[id - 1], s, n))
			return id;
	}
	vec_push(&t->str, arena_strndup(t->arena, s, n));
	vec_push(&t->len, (u32)n);
	vec_push(&t->hash, h);
	return t->slot.p[i] = t->str.n;
}

const char *intern_str(const Intern *t, u32 id)
{
	return t->str.p[id - 1];
}

void intern_free(Intern *t)
{
	vec_free(&t->slot);
	vec_free(&t->str);
	vec_free(&t->len);
	vec_free(&t->hash);
	arena_free(t->arena);
	*t = (Intern){0};
}
