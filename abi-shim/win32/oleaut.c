/* oleaut32 and user32: strings of automation, and what console programs take of characters. */
#include "handlers.h"

/* A BSTR: its length in bytes before it, a NUL behind it. */
static u64 bstr(WThread *t, u64 from, u64 bytes)
{
	u64 at = bytes < 0x7fffffff ? wheap_alloc(t, 16 + bytes + 2) : 0; /* keeps the text at a multiple of 16 */

	if (!at)
		return 0;
	mem_put_u32(t, at + 12, (u32)bytes);
	u8 *p = mem_out(t, at + 16, bytes + 2);
	if (from)
		memcpy(p, mem_in(t, from, bytes), bytes);
	st16(p + bytes, 0);
	return at + 16;
}

u64 w_SysAllocString(WThread *t, const u64 *a) { return a[0] ? bstr(t, a[0], 2 * mem_wcslen(t, a[0])) : 0; }
u64 w_SysAllocStringLen(WThread *t, const u64 *a) { return bstr(t, a[0], 2 * a[1]); }
u64 w_SysAllocStringByteLen(WThread *t, const u64 *a) { return bstr(t, a[0], a[1]); }
u64 w_SysStringByteLen(WThread *t, const u64 *a) { return a[0] ? mem_u32(t, a[0] - 4) : 0; }
u64 w_SysStringLen(WThread *t, const u64 *a) { return a[0] ? mem_u32(t, a[0] - 4) / 2 : 0; }

u64 w_SysFreeString(WThread *t, const u64 *a)
{
	if (a[0])
		wheap_free(t, a[0] - 16);
	return 0;
}

enum { VT_EMPTY, VT_BSTR = 8 };

static u32 variant_size(const WThread *t) { return t->wide ? 24 : 16; }

u64 w_VariantInit(WThread *t, const u64 *a)
{
	st16(mem_out(t, a[0], 2), VT_EMPTY);
	return 0;
}

u64 w_VariantClear(WThread *t, const u64 *a)
{
	if (ld16(mem_in(t, a[0], 2)) == VT_BSTR)
		w_SysFreeString(t, (u64[]){mem_word(t, a[0] + 8)});
	memset(mem_out(t, a[0], variant_size(t)), 0, variant_size(t));
	return 0;
}

u64 w_VariantCopy(WThread *t, const u64 *a)
{
	if (a[0] == a[1])
		return 0;
	w_VariantClear(t, a);
	memcpy(mem_out(t, a[0], variant_size(t)), mem_in(t, a[1], variant_size(t)), variant_size(t));
	if (ld16(mem_in(t, a[1], 2)) == VT_BSTR && mem_word(t, a[1] + 8)) {
		u64 from = mem_word(t, a[1] + 8);
		mem_put_word(t, a[0] + 8, bstr(t, from, mem_u32(t, from - 4)));
	}
	return 0;
}

/* No class is registered here. */
u64 w_CoCreateInstance(WThread *t, const u64 *a)
{
	enum { CLASS_NOT_REGISTERED = (int)0x80040154 };

	if (a[4])
		mem_put_word(t, a[4], 0);
	return (u32)CLASS_NOT_REGISTERED;
}

/* ---- characters ------------------------------------------------------------------------------------------- */

static u64 case_w(WThread *t, u64 at, bool up)
{
	if (at < 0x10000)
		return text_case((u16)at, up);
	u64 n = mem_wcslen(t, at);
	u8 *p = mem_out(t, at, 2 * n);
	for (u64 i = 0; i < n; i++)
		st16(p + 2 * i, text_case(ld16(p + 2 * i), up));
	return at;
}

u64 w_CharUpperW(WThread *t, const u64 *a) { return case_w(t, a[0], true); }
u64 w_CharLowerW(WThread *t, const u64 *a) { return case_w(t, a[0], false); }

static u64 buff_w(WThread *t, const u64 *a, bool up)
{
	u8 *p = mem_out(t, a[0], 2 * a[1]);

	for (u64 i = 0; i < a[1]; i++)
		st16(p + 2 * i, text_case(ld16(p + 2 * i), up));
	return a[1];
}

u64 w_CharUpperBuffW(WThread *t, const u64 *a) { return buff_w(t, a, true); }
u64 w_CharLowerBuffW(WThread *t, const u64 *a) { return buff_w(t, a, false); }

u64 w_CharNextA(WThread *t, const u64 *a)
{
	return *(const u8 *)mem_in(t, a[0], 1) ? a[0] + 1 : a[0];
}

u64 w_CharPrevExA(WThread *t, const u64 *a)
{
	return a[2] > a[1] ? a[2] - 1 : a[1];
}
