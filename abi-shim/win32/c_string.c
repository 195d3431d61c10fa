/* The C library: memory, strings of bytes, sorting. */
#include "crt.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

u64 w_malloc(WThread *t, const u64 *a)
{
	u64 p = wheap_alloc(t, a[0]);

	if (!p)
		crt_errno(t, ENOMEM);
	return p;
}

u64 w_calloc(WThread *t, const u64 *a)
{
	u64 n;

	return __builtin_mul_overflow(a[0], a[1], &n) ? 0 : wheap_zalloc(t, n);
}

u64 w_realloc(WThread *t, const u64 *a)
{
	if (!a[0])
		return wheap_alloc(t, a[1]);
	if (!a[1]) {
		wheap_free(t, a[0]);
		return 0;
	}
	return wheap_realloc(t, a[0], a[1]);
}

u64 w_free(WThread *t, const u64 *a)
{
	if (a[0])
		wheap_free(t, a[0]);
	return 0;
}

u64 w_msize(WThread *t, const u64 *a) { return (u64)wheap_size(t, a[0]); }

/* Blocks stay where they are. */
u64 w_expand(WThread *t, const u64 *a) { return (i64)a[1] <= wheap_size(t, a[0]) ? a[0] : 0; }

u64 w_recalloc(WThread *t, const u64 *a)
{
	u64 n, old = a[0] ? (u64)wheap_size(t, a[0]) : 0, p;

	if (__builtin_mul_overflow(a[1], a[2], &n) || !(p = w_realloc(t, (u64[]){a[0], n})))
		return 0;
	if (n > old)
		memset(mem_out(t, p + old, n - old), 0, n - old);
	return p;
}

/* Aligned blocks have their beginning and the offset noted before them. */
static u64 aligned(WThread *t, u64 n, u64 align, u64 offset)
{
	u64 word = t->wide ? 8 : 4, all;

	if (!align || align & (align - 1) || __builtin_add_overflow(n, align + 2 * word, &all)) {
		crt_errno(t, EINVAL);
		return 0;
	}
	u64 raw = wheap_alloc(t, all);
	if (!raw)
		return 0;
	u64 at = ((raw + 2 * word + offset + align - 1) & ~(align - 1)) - offset;
	at = at < raw + word ? at + align : at;
	mem_put_word(t, at - word, raw);
	return at;
}

u64 w_aligned_malloc(WThread *t, const u64 *a) { return aligned(t, a[0], a[1], 0); }
u64 w_aligned_offset_malloc(WThread *t, const u64 *a) { return aligned(t, a[0], a[1], a[2]); }

u64 w_aligned_free(WThread *t, const u64 *a)
{
	if (a[0])
		wheap_free(t, mem_word(t, a[0] - (t->wide ? 8 : 4)));
	return 0;
}

static u64 aligned_size(WThread *t, u64 p)
{
	u64 raw = mem_word(t, p - (t->wide ? 8 : 4));
	i64 n = wheap_size(t, raw);

	return n < 0 ? 0 : (u64)n - (p - raw);
}

u64 w_aligned_msize(WThread *t, const u64 *a) { return aligned_size(t, a[0]); }

u64 w_aligned_realloc(WThread *t, const u64 *a)
{
	if (!a[0] || !a[1]) {
		w_aligned_free(t, a);
		return a[1] ? aligned(t, a[1], a[2], 0) : 0;
	}
	u64 p = aligned(t, a[1], a[2], 0), n = MIN(aligned_size(t, a[0]), a[1]);
	if (!p)
		return 0;
	memcpy(mem_out(t, p, n), mem_in(t, a[0], n), n);
	w_aligned_free(t, a);
	return p;
}

u64 w_memmove(WThread *t, const u64 *a)
{
	memmove(mem_out(t, a[0], a[2]), mem_in(t, a[1], a[2]), a[2]);
	return a[0];
}

u64 w_memset(WThread *t, const u64 *a)
{
	memset(mem_out(t, a[0], a[2]), (int)a[1], a[2]);
	return a[0];
}

static u64 sign(int c)
{
	return c < 0 ? (u64)-1 : c > 0;
}

u64 w_memcmp(WThread *t, const u64 *a)
{
	return sign(memcmp(mem_in(t, a[0], a[2]), mem_in(t, a[1], a[2]), a[2]));
}

u64 w_memicmp(WThread *t, const u64 *a)
{
	const u8 *p = mem_in(t, a[0], a[2]), *q = mem_in(t, a[1], a[2]);

	for (u64 i = 0; i < a[2]; i++)
		if (tolower(p[i]) != tolower(q[i]))
			return sign(tolower(p[i]) - tolower(q[i]));
	return 0;
}

u64 w_memchr(WThread *t, const u64 *a)
{
	const u8 *p = mem_in(t, a[0], a[2]), *q = memchr(p, (int)a[1], a[2]);

	return q ? a[0] + (u64)(q - p) : 0;
}

/* ---- strings --------------------------------------------------------------------------------------------- */

/* A string that is sure to be whole; it may not change meanwhile, so it is used at once. */
static const char *str(WThread *t, u64 at)
{
	return mem_in(t, at, mem_strlen(t, at) + 1);
}

u64 w_strlen(WThread *t, const u64 *a) { return mem_strlen(t, a[0]); }

static u64 copy(WThread *t, u64 to, u64 from)
{
	u64 n = mem_strlen(t, from) + 1;

	memmove(mem_out(t, to, n), mem_in(t, from, n), n);
	return to;
}

u64 w_strcpy(WThread *t, const u64 *a) { return copy(t, a[0], a[1]); }

u64 w_strcat(WThread *t, const u64 *a)
{
	copy(t, a[0] + mem_strlen(t, a[0]), a[1]);
	return a[0];
}

u64 w_strncpy(WThread *t, const u64 *a)
{
	u64 n = 0;
	char *to = mem_out(t, a[0], a[2]);

	for (; n < a[2]; n++) {
		to[n] = *(const char *)mem_in(t, a[1] + n, 1);
		if (!to[n])
			break;
	}
	memset(to + n, 0, a[2] - n);
	return a[0];
}

u64 w_strcmp(WThread *t, const u64 *a) { return sign(strcmp(str(t, a[0]), str(t, a[1]))); }
u64 w_stricmp(WThread *t, const u64 *a) { return sign(strcasecmp(str(t, a[0]), str(t, a[1]))); }

/* Neither string needs to end within n. */
static u64 compare_n(WThread *t, const u64 *a, bool fold)
{
	for (u64 i = 0; i < a[2]; i++) {
		int x = *(const u8 *)mem_in(t, a[0] + i, 1), y = *(const u8 *)mem_in(t, a[1] + i, 1);
		int c = fold ? tolower(x) - tolower(y) : x - y;
		if (c || !x)
			return sign(c);
	}
	return 0;
}

u64 w_strncmp(WThread *t, const u64 *a) { return compare_n(t, a, false); }
u64 w_strnicmp(WThread *t, const u64 *a) { return compare_n(t, a, true); }

static u64 place(u64 base, const char *start, const char *found)
{
	return found ? base + (u64)(found - start) : 0;
}

u64 w_strchr(WThread *t, const u64 *a)
{
	const char *s = str(t, a[0]);

	return place(a[0], s, strchr(s, (int)a[1]));
}

u64 w_strrchr(WThread *t, const u64 *a)
{
	const char *s = str(t, a[0]);

	return place(a[0], s, strrchr(s, (int)a[1]));
}

u64 w_strstr(WThread *t, const u64 *a)
{
	const char *s = str(t, a[0]);

	return place(a[0], s, strstr(s, str(t, a[1])));
}

u64 w_strpbrk(WThread *t, const u64 *a)
{
	const char *s = str(t, a[0]);

	return place(a[0], s, strpbrk(s, str(t, a[1])));
}

u64 w_strspn(WThread *t, const u64 *a) { return strspn(str(t, a[0]), str(t, a[1])); }
u64 w_strcspn(WThread *t, const u64 *a) { return strcspn(str(t, a[0]), str(t, a[1])); }

u64 w_strdup(WThread *t, const u64 *a) { return wheap_string(t, str(t, a[0])); }

/* ---- sorting ---------------------------------------------------------------------------------------------------- */

static void swap(WThread *t, u64 x, u64 y, u64 size)
{
	u8 *p = mem_out(t, x, size), *q = mem_out(t, y, size);

	for (u64 i = 0; i < size; i++) {
		u8 c = p[i];
		p[i] = q[i];
		q[i] = c;
	}
}

/* Who compares, and what he gets besides. */
typedef struct Order {
	u64 fn, context;
	bool has_context;
} Order;

static i32 compare(WThread *t, Order o, u64 x, u64 y)
{
	if (o.has_context)
		return (i32)call_guest(t, o.fn, 3, (u64[]){o.context, x, y});
	return (i32)call_guest(t, o.fn, 2, (u64[]){x, y});
}

static void sift(WThread *t, const u64 *a, Order o, u64 root, u64 n)
{
	u64 base = a[0], size = a[2];

	for (u64 kid; (kid = 2 * root + 1) < n; root = kid) {
		if (kid + 1 < n && compare(t, o, base + kid * size, base + (kid + 1) * size) < 0)
			kid++;
		if (compare(t, o, base + root * size, base + kid * size) >= 0)
			return;
		swap(t, base + root * size, base + kid * size, size);
	}
}

/* Heapsort: no memory, no bad case, and a comparison that lies cannot lead out of the array. */
static u64 sort(WThread *t, const u64 *a, Order o)
{
	for (u64 i = a[1] / 2; i-- > 0;)
		sift(t, a, o, i, a[1]);
	for (u64 n = a[1]; n > 1; n--) {
		swap(t, a[0], a[0] + (n - 1) * a[2], a[2]);
		sift(t, a, o, 0, n - 1);
	}
	return 0;
}

u64 w_qsort(WThread *t, const u64 *a) { return sort(t, a, (Order){a[3], 0, false}); }
u64 w_qsort_s(WThread *t, const u64 *a) { return sort(t, a, (Order){a[3], a[4], true}); }

/* With a context for the comparison, which comes first. */
u64 w_bsearch_s(WThread *t, const u64 *a)
{
	for (u64 lo = 0, hi = a[2]; lo < hi;) {
		u64 mid = lo + (hi - lo) / 2, at = a[1] + mid * a[3];
		i32 c = (i32)call_guest(t, a[4], 3, (u64[]){a[5], a[0], at});
		if (!c)
			return at;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return 0;
}

/* One after the other; the count is in memory. */
static u64 find_linear(WThread *t, const u64 *a, bool add)
{
	u32 n = mem_u32(t, a[2]);

	for (u32 i = 0; i < n; i++)
		if (!compare(t, (Order){a[4], 0, false}, a[0], a[1] + i * a[3]))
			return a[1] + i * a[3];
	if (!add)
		return 0;
	memmove(mem_out(t, a[1] + n * a[3], a[3]), mem_in(t, a[0], a[3]), a[3]);
	mem_put_u32(t, a[2], n + 1);
	return a[1] + n * a[3];
}

u64 w_lfind(WThread *t, const u64 *a) { return find_linear(t, a, false); }
u64 w_lsearch(WThread *t, const u64 *a) { return find_linear(t, a, true); }

u64 w_bsearch(WThread *t, const u64 *a)
{
	for (u64 lo = 0, hi = a[2]; lo < hi;) {
		u64 mid = lo + (hi - lo) / 2, at = a[1] + mid * a[3];
		i32 c = compare(t, (Order){a[4], 0, false}, a[0], at);
		if (!c)
			return at;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return 0;
}
