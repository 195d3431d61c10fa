/* The processor's debug registers, as tracers set them.  While one watches, its thread runs an instruction at a time, and behind
 * each the bytes are compared: a store of what was there already is not seen.  Intel SDM volume 3, chapter 18. */
#include "layouts.h"

enum { DR_ALL = 0xff, DR_STATUS = 6, DR_CONTROL = 7, DR_EXECUTE = 0, DR_STORE = 1, DR_PLACES = 4, DR_FIXED = (int)0xffff0ff0 };

static u32 kind(const LTracee *e, u32 i)
{
	return e->dr[DR_CONTROL] >> (16 + 4 * i) & 3;
}

static u32 length(const LTracee *e, u32 i)
{
	static const u8 bytes[] = {1, 2, 8, 4};

	return bytes[e->dr[DR_CONTROL] >> (18 + 4 * i) & 3];
}

static bool is_on(const LTracee *e, u32 i)
{
	return e->dr[DR_CONTROL] >> 2 * i & 3;
}

bool debug_active(const LTracee *e)
{
	return e->dr[DR_CONTROL] & DR_ALL;
}

/* Reads cannot be seen, nor ports. */
bool debug_valid(u64 control)
{
	LTracee e = {.dr[DR_CONTROL] = control};

	for (u32 i = 0; i < DR_PLACES; i++)
		if (is_on(&e, i) && kind(&e, i) != DR_EXECUTE && kind(&e, i) != DR_STORE)
			return false;
	return true;
}

static u64 look(LThread *t, u32 i)
{
	u8 raw[8] = {0};

	xguest_read(t->x, t->tracee.dr[i], raw, length(&t->tracee, i));
	return ld64(raw);
}

void debug_begin(LThread *t)
{
	LTracee *e = &t->tracee;

	for (u32 i = 0; debug_active(e) && i < DR_PLACES; i++)
		if (is_on(e, i) && kind(e, i) == DR_STORE)
			e->seen[i] = look(t, i);
}

bool debug_hit(LThread *t, u64 *at)
{
	LTracee *e = &t->tracee;
	u64 status = 0;

	for (u32 i = 0; debug_active(e) && i < DR_PLACES; i++) {
		if (!is_on(e, i))
			continue;
		u64 now = kind(e, i) == DR_STORE ? look(t, i) : 0;
		if (kind(e, i) == DR_STORE ? now == e->seen[i] : *xreg(t->x, XS_PC) != e->dr[i])
			continue;
		e->seen[i] = now;
		status |= 1u << i;
		*at = kind(e, i) == DR_STORE ? *xreg(t->x, XS_PC) : e->dr[i];
	}
	if (status)
		e->dr[DR_STATUS] = (u32)DR_FIXED | status;
	return status != 0;
}
