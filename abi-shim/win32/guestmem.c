/* Guest memory for handlers: checked pointers, words of the guest's size, strings. */
#include "w32.h"

#include <stdlib.h>

/* A pointer that is none: the handler is left, and the guest has an exception at its call. */
static NORETURN void bad_pointer(WThread *t, u64 at, bool write)
{
	if (t->fault) {
		t->fault->at = at;
		t->fault->write = write;
		longjmp(t->fault->env, 1);
	}
	process_die(t, EXIT_VM, "%s!%s was given a bad pointer, %#llx", t->dll ? t->dll->name : "?", t->row ? t->row->name : "?", (unsigned long long)at);
}

static void *pin(WThread *t, u64 at, u64 n, int prot)
{
	static u8 nothing[16];
	void *p = n ? xguest_pin(t->x, at, n, prot) : nothing;

	if (!p)
		bad_pointer(t, at, prot & GP_WRITE);
	return p;
}

void *mem_in(WThread *t, u64 at, u64 n)
{
	return pin(t, at, n, GP_READ);
}

void *mem_out(WThread *t, u64 at, u64 n)
{
	return pin(t, at, n, GP_WRITE);
}

u64 mem_word(WThread *t, u64 at)
{
	u8 raw[8];

	if (!xguest_read(t->x, at, raw, t->wide ? 8 : 4))
		bad_pointer(t, at, false);
	return t->wide ? ld64(raw) : ld32(raw);
}

u32 mem_u32(WThread *t, u64 at)
{
	u8 raw[4];

	if (!xguest_read(t->x, at, raw, 4))
		bad_pointer(t, at, false);
	return ld32(raw);
}

void mem_put_u64(WThread *t, u64 at, u64 v)
{
	u8 raw[8];

	st64(raw, v);
	if (!xguest_write(t->x, at, raw, 8))
		bad_pointer(t, at, true);
}

void mem_put_u32(WThread *t, u64 at, u32 v)
{
	u8 raw[4];

	st32(raw, v);
	if (!xguest_write(t->x, at, raw, 4))
		bad_pointer(t, at, true);
}

void mem_put_word(WThread *t, u64 at, u64 v)
{
	if (t->wide)
		mem_put_u64(t, at, v);
	else
		mem_put_u32(t, at, (u32)v);
}

/* More is mapped, and what is too much given back. */
u64 mem_map(WTask *k, u64 size, int prot)
{
	enum { GRAIN = 65536 };
	XMapReq r = {.size = size + GRAIN, .prot = prot, .fd = -1, .low32 = task_low(k)};
	i64 got = guest_map(k->x, &r);

	if (got < 0 && r.low32 && !task_low_only(k)) {
		r.low32 = false;
		got = guest_map(k->x, &r);
	}
	if (got < 0)
		return 0;
	u64 at = (u64)got, start = (at + GRAIN - 1) & ~(u64)(GRAIN - 1), end = at + size + GRAIN;
	if (start > at)
		guest_unmap(k->x, at, start - at);
	if (end > start + size)
		guest_unmap(k->x, start + size, end - start - size);
	return start;
}

/* ---- strings ------------------------------------------------------------------------------------------ */

/* Bytes from `at` that are sure to be in reach, up to its page's end. */
static const u8 *page_of(WThread *t, u64 at, u64 *n)
{
	*n = GUEST_PAGE - (at & (GUEST_PAGE - 1));
	return mem_in(t, at, *n);
}

u64 mem_strlen(WThread *t, u64 at)
{
	for (u64 len = 0, n;; len += n) {
		const u8 *p = page_of(t, at + len, &n), *end = memchr(p, 0, n);
		if (end)
			return len + (u64)(end - p);
	}
}

u64 mem_wcslen(WThread *t, u64 at)
{
	for (u64 len = 0;; len++) {
		u64 n;
		const u8 *p = page_of(t, at + 2 * len, &n);
		if (n == 1) { /* half of a unit: odd addresses */
			if (!ld16(mem_in(t, at + 2 * len, 2)))
				return len;
			continue;
		}
		for (u64 k = 0; k + 2 <= n; k += 2)
			if (!ld16(p + k))
				return len + k / 2;
		len += n / 2 - 1;
	}
}

char *mem_str(WThread *t, u64 at)
{
	if (!at)
		return NULL;
	u64 n = mem_strlen(t, at);
	char *s = xmalloc(n + 1);
	memcpy(s, mem_in(t, at, n), n);
	s[n] = 0;
	return s;
}

char *mem_wstrn(WThread *t, u64 at, u64 units)
{
	const u8 *w = mem_in(t, at, 2 * units);
	size_t n = text_from_wide(w, units, NULL, 0);
	char *s = xmalloc(n + 1);

	text_from_wide(w, units, s, n);
	s[n] = 0;
	return s;
}

char *mem_wstr(WThread *t, u64 at)
{
	return at ? mem_wstrn(t, at, mem_wcslen(t, at)) : NULL;
}

u64 wheap_string(WThread *t, const char *s)
{
	size_t n = strlen(s) + 1;
	u64 at = wheap_alloc(t, n);

	if (at)
		memcpy(mem_out(t, at, n), s, n);
	return at;
}

u64 wheap_wstring(WThread *t, const char *s)
{
	size_t n = strlen(s), units = text_to_wide(s, n, NULL, 0);
	u64 at = wheap_alloc(t, 2 * units + 2);

	if (at) {
		u8 *to = mem_out(t, at, 2 * units + 2);
		text_to_wide(s, n, to, units);
		st16(to + 2 * units, 0);
	}
	return at;
}

void mem_put_unicode(WThread *t, u64 at, const char *s)
{
	u64 text = wheap_wstring(t, s), units = mem_wcslen(t, text);
	u8 *p = mem_out(t, at, 4);

	st16(p, (u16)(2 * units));
	st16(p + 2, (u16)(2 * units + 2));
	mem_put_word(t, at + (t->wide ? 8 : 4), text);
}
