/* msvcrt: memory, strings, numbers of text, sorting. */
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
u64 w_wcslen(WThread *t, const u64 *a) { return mem_wcslen(t, a[0]); }

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

u64 w_strerror(WThread *t, const u64 *a)
{
	static u64 at;

	if (at)
		wheap_free(t, at);
	return at = wheap_string(t, a[0] ? strerror((int)a[0]) : "No error");
}

/* ---- numbers ------------------------------------------------------------------------------------------------ */

static void put_end(WThread *t, u64 to, u64 base, const char *s, const char *end)
{
	if (to)
		mem_put_word(t, to, base + (u64)(end - s));
}

u64 w_atoi(WThread *t, const u64 *a) { return (u64)strtol(str(t, a[0]), NULL, 10); }
u64 w_atof(WThread *t, const u64 *a) { return f64_u64(strtod(str(t, a[0]), NULL)); }

u64 w_strtol(WThread *t, const u64 *a)
{
	const char *s = str(t, a[0]);
	char *end;
	long v = strtol(s, &end, (int)a[2]);

	put_end(t, a[1], a[0], s, end);
	if (v == (i32)v)
		return (u64)v;
	crt_errno(t, ERANGE);
	return v < 0 ? (u64)INT32_MIN : INT32_MAX;
}

u64 w_strtoul(WThread *t, const u64 *a)
{
	const char *s = str(t, a[0]);
	char *end;
	unsigned long v = strtoul(s, &end, (int)a[2]);

	put_end(t, a[1], a[0], s, end);
	if (v <= UINT32_MAX || v >= (unsigned long)-(i64)UINT32_MAX)
		return (u32)v;
	crt_errno(t, ERANGE);
	return UINT32_MAX;
}

u64 w_strtoi64(WThread *t, const u64 *a)
{
	const char *s = str(t, a[0]);
	char *end;

	errno = 0;
	u64 v = (u64)strtoll(s, &end, (int)a[2]);
	if (errno)
		crt_errno(t, errno);
	put_end(t, a[1], a[0], s, end);
	return v;
}

u64 w_strtoui64(WThread *t, const u64 *a)
{
	const char *s = str(t, a[0]);
	char *end;

	errno = 0;
	u64 v = strtoull(s, &end, (int)a[2]);
	if (errno)
		crt_errno(t, errno);
	put_end(t, a[1], a[0], s, end);
	return v;
}

u64 w_strtod(WThread *t, const u64 *a)
{
	const char *s = str(t, a[0]);
	char *end;
	double d = strtod(s, &end);

	put_end(t, a[1], a[0], s, end);
	return f64_u64(d);
}

u64 w_abs(WThread *t, const u64 *a) { return (u32)((i64)a[0] < 0 ? -a[0] : a[0]); }

/* Microsoft's generator: programs that print what it gives expect these numbers. */
static u32 rand_state = 1;

u64 w_srand(WThread *t, const u64 *a)
{
	rand_state = (u32)a[0];
	return 0;
}

u64 w_rand(WThread *t, const u64 *a)
{
	rand_state = rand_state * 214013 + 2531011;
	return rand_state >> 16 & 0x7fff;
}

/* ---- characters of the C locale --------------------------------------------------------------------------------- */

#define CLASS(name, test) u64 w_##name(WThread *t, const u64 *a) { i32 c = (i32)a[0]; return c >= 0 && c < 128 && (test); }
CLASS(isspace, c == ' ' || (c >= 9 && c <= 13))
CLASS(isdigit, c >= '0' && c <= '9')
CLASS(isupper, c >= 'A' && c <= 'Z')
CLASS(islower, c >= 'a' && c <= 'z')
CLASS(isalpha, (c | 32) >= 'a' && (c | 32) <= 'z')
CLASS(isalnum, ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9'))
CLASS(isxdigit, (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f'))
CLASS(iscntrl, c < 32 || c == 127)
CLASS(isprint, c >= 32 && c < 127)
CLASS(isgraph, c > 32 && c < 127)
CLASS(ispunct, c > 32 && c < 127 && !((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9'))

u64 w_tolower(WThread *t, const u64 *a) { return a[0] >= 'A' && a[0] <= 'Z' ? a[0] + 32 : a[0]; }
u64 w_toupper(WThread *t, const u64 *a) { return a[0] >= 'a' && a[0] <= 'z' ? a[0] - 32 : a[0]; }

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

static i32 compare(WThread *t, u64 fn, u64 x, u64 y)
{
	return (i32)call_guest(t, fn, 2, (u64[]){x, y});
}

static void sift(WThread *t, const u64 *a, u64 root, u64 n)
{
	u64 base = a[0], size = a[2];

	for (u64 kid; (kid = 2 * root + 1) < n; root = kid) {
		if (kid + 1 < n && compare(t, a[3], base + kid * size, base + (kid + 1) * size) < 0)
			kid++;
		if (compare(t, a[3], base + root * size, base + kid * size) >= 0)
			return;
		swap(t, base + root * size, base + kid * size, size);
	}
}

/* Heapsort: no memory, no bad case, and a comparison that lies cannot lead out of the array. */
u64 w_qsort(WThread *t, const u64 *a)
{
	for (u64 i = a[1] / 2; i-- > 0;)
		sift(t, a, i, a[1]);
	for (u64 n = a[1]; n > 1; n--) {
		swap(t, a[0], a[0] + (n - 1) * a[2], a[2]);
		sift(t, a, 0, n - 1);
	}
	return 0;
}

u64 w_bsearch(WThread *t, const u64 *a)
{
	for (u64 lo = 0, hi = a[2]; lo < hi;) {
		u64 mid = lo + (hi - lo) / 2, at = a[1] + mid * a[3];
		i32 c = compare(t, a[4], a[0], at);
		if (!c)
			return at;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return 0;
}
