/* The tables of C++ exceptions: format 3 (FuncInfo, with addresses on i386 and places in the image on x86-64) and the packed
 * format 4 of x86-64.  Sources: the headers ehdata.h and ehdata4.h of Visual C++. */
#include "eh.h"

enum { MOST = 1 << 16, MAGIC_LEAST = 0x19930520 };

static i32 word(WThread *t, u64 at) { return (i32)mem_u32(t, at); }

/* An address: of i386 as it is, of x86-64 from the image's base; 0 stays. */
static u64 place(const WThread *t, u64 base, u32 v) { return v && t->wide ? base + v : v; }

/* ---- format 3 ------------------------------------------------------------------------------------------- */

static void read_catches3(WThread *t, u64 base, u64 at, u32 n, EhTables *e)
{
	u32 size = t->wide ? 20 : 16;

	for (u32 i = 0; i < n; i++, at += size) {
		EhCatch c = {.flags = mem_u32(t, at), .type = place(t, base, mem_u32(t, at + 4)), .object = word(t, at + 8)};
		c.code = place(t, base, mem_u32(t, at + 12));
		c.parent = t->wide ? mem_u32(t, at + 16) : 0;
		vec_push(&e->catch, c);
	}
}

static bool read_tries3(WThread *t, u64 base, u64 at, u32 n, EhTables *e)
{
	for (u32 i = 0; i < n; i++, at += 20) {
		EhTry y = {word(t, at), word(t, at + 4), word(t, at + 8), e->catch.n, mem_u32(t, at + 12)};
		if (y.n > MOST)
			return false;
		vec_push(&e->try, y);
		read_catches3(t, base, place(t, base, mem_u32(t, at + 16)), y.n, e);
	}
	return true;
}

bool eh_read3(WThread *t, u64 base, u64 info, EhTables *e)
{
	u32 magic = mem_u32(t, info) & 0x1fffffff, states = mem_u32(t, info + 4), tries = mem_u32(t, info + 12), places = mem_u32(t, info + 20);
	u64 at = place(t, base, mem_u32(t, info + 8)), flags = info + (t->wide ? 36 : 32);

	if (magic < MAGIC_LEAST || magic > MAGIC_LEAST + 2 || states > MOST || tries > MOST || places > MOST)
		return false;
	for (u32 i = 0; i < states; i++) {
		EhState s = {.next = word(t, at + 8 * i), .action = place(t, base, mem_u32(t, at + 8 * i + 4))};
		vec_push(&e->state, s);
	}
	if (!read_tries3(t, base, place(t, base, mem_u32(t, info + 16)), tries, e))
		return false;
	at = place(t, base, mem_u32(t, info + 24));
	for (u32 i = 0; t->wide && i < places; i++) {
		EhPlace p = {mem_u32(t, at + 8 * i), word(t, at + 8 * i + 4)};
		vec_push(&e->place, p);
	}
	if (magic == MAGIC_LEAST + 2) {
		e->only_cpp = mem_u32(t, flags) & 1;
		e->no_throw = mem_u32(t, flags) & 4;
	}
	return true;
}

/* ---- format 4 ------------------------------------------------------------------------------------------- */

typedef struct Reader {
	WThread *t;
	u64 at;
} Reader;

static u8 byte(Reader *r) { return *(const u8 *)mem_in(r->t, r->at++, 1); }

static u32 dword(Reader *r)
{
	r->at += 4;
	return mem_u32(r->t, r->at - 4);
}

/* The low bits say how many bytes there are: 0, 01, 011, 0111 or 1111 for five. */
static u32 packed(Reader *r)
{
	u32 first = *(const u8 *)mem_in(r->t, r->at, 1), n = 1, v = 0;

	while (n < 5 && first >> (n - 1) & 1)
		n++;
	if (n == 5) {
		r->at++;
		return dword(r);
	}
	for (u32 i = 0; i < n; i++)
		v |= (u32)byte(r) << 8 * i;
	return v >> n;
}

static bool read_states4(WThread *t, u64 base, u64 at, EhTables *e)
{
	Reader r = {t, at};
	u32 n = packed(&r);
	VEC(u64) start = {0};

	if (n > MOST)
		return false;
	for (u32 i = 0; i < n; i++) {
		EhState s = {.next = -1};
		u64 here = r.at;
		u32 v = packed(&r), kind = v & 3;
		for (u32 k = 0; k < start.n; k++)
			if (start.p[k] == here - (v >> 2))
				s.next = (i32)k;
		if (kind) {
			s.action = base + dword(&r);
			s.kind = (u8)(kind % 3);
			s.object = kind == 3 ? 0 : packed(&r);
		}
		vec_push(&start, here);
		vec_push(&e->state, s);
	}
	vec_free(&start);
	return true;
}

static void read_catch4(WThread *t, u64 base, Reader *r, u32 function, EhTables *e)
{
	u8 head = byte(r);
	EhCatch c = {0};

	if (head & 1)
		c.flags = packed(r);
	if (head & 2)
		c.type = place(t, base, dword(r));
	if (head & 4)
		c.object = (i32)packed(r);
	c.code = base + dword(r);
	for (u32 i = 0; i < (head >> 4 & 3u) && i < 2; i++)
		c.on[i] = base + (head & 8 ? dword(r) : function + packed(r));
	vec_push(&e->catch, c);
}

static bool read_tries4(WThread *t, u64 base, u64 at, u32 function, EhTables *e)
{
	Reader r = {t, at};
	u32 n = packed(&r);

	if (n > MOST)
		return false;
	for (u32 i = 0; i < n; i++) {
		EhTry y = {.low = (i32)packed(&r)};
		y.high = (i32)packed(&r);
		y.catch_high = (i32)packed(&r);
		Reader h = {t, base + dword(&r)};
		y.first = e->catch.n;
		y.n = packed(&h);
		if (y.n > MOST)
			return false;
		for (u32 k = 0; k < y.n; k++)
			read_catch4(t, base, &h, function, e);
		vec_push(&e->try, y);
	}
	return true;
}

static bool read_places4(WThread *t, u64 at, u32 function, EhTables *e)
{
	Reader r = {t, at};
	u32 n = packed(&r), now = function;

	if (n > MOST)
		return false;
	for (u32 i = 0; i < n; i++) {
		now += packed(&r);
		EhPlace p = {now, (i32)packed(&r) - 1};
		vec_push(&e->place, p);
	}
	return true;
}

/* A function in several parts has a list of them, each with its places. */
static u32 segment(WThread *t, u64 at, u32 function)
{
	Reader r = {t, at};
	u32 n = packed(&r);

	for (u32 i = 0; i < n && i < MOST; i++) {
		u32 start = dword(&r), places = dword(&r);
		if (start == function)
			return places;
	}
	return 0;
}

bool eh_read4(WThread *t, u64 base, u64 info, u32 function, EhTables *e)
{
	enum { PIECE = 1, SEPARATE = 2, BBT = 4, STATES = 8, TRIES = 16, ONLY_CPP = 32, NO_THROW = 64 };
	Reader r = {t, info};
	u8 head = byte(&r);
	bool ok = true;

	if (head & BBT)
		packed(&r);
	if (head & STATES)
		ok = read_states4(t, base, base + dword(&r), e);
	if (ok && head & TRIES)
		ok = read_tries4(t, base, base + dword(&r), function, e);
	u32 places = dword(&r);
	if (head & SEPARATE)
		places = segment(t, base + places, function);
	if (ok && places)
		ok = read_places4(t, base + places, function, e);
	e->piece = head & PIECE;
	e->parent = e->piece ? packed(&r) : 0;
	e->only_cpp = head & ONLY_CPP;
	e->no_throw = head & NO_THROW;
	return ok;
}

void eh_free(EhTables *e)
{
	vec_free(&e->state);
	vec_free(&e->try);
	vec_free(&e->catch);
	vec_free(&e->place);
}
