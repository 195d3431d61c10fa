/* kernel32: clocks, and what machine this is. */
#include "handlers.h"
#include "filetime.h"

#include <unistd.h>

u64 w_GetTickCount(WThread *t, const u64 *a) { return clock_ns(CLOCK_BOOTTIME) / 1000000; }
u64 w_GetTickCount64(WThread *t, const u64 *a) { return clock_ns(CLOCK_BOOTTIME) / 1000000; }

u64 w_QueryPerformanceCounter(WThread *t, const u64 *a)
{
	mem_put_u64(t, a[0], clock_ns(CLOCK_MONOTONIC) / 100);
	return 1;
}

u64 w_QueryPerformanceFrequency(WThread *t, const u64 *a)
{
	mem_put_u64(t, a[0], 10000000);
	return 1;
}

u64 w_GetSystemTimeAsFileTime(WThread *t, const u64 *a)
{
	mem_put_u64(t, a[0], filetime_now());
	return 0;
}

u64 w_GetVersion(WThread *t, const u64 *a) { return 10 | 19045u << 16; }

/* OSVERSIONINFOW, perhaps EX. */
u64 w_RtlGetVersion(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[0] + 4, 10);
	mem_put_u32(t, a[0] + 8, 0);
	mem_put_u32(t, a[0] + 12, 19045);
	mem_put_u32(t, a[0] + 16, 2);
	st16(mem_out(t, a[0] + 20, 2), 0);
	return 0;
}

/* OSVERSIONINFO, of either kind of text, perhaps EX: told by its size.  What a program without a manifest is told. */
u64 w_GetVersionEx(WThread *t, const u64 *a)
{
	u32 size = mem_u32(t, a[0]), text = row_wide(t) ? 256 : 128;

	if (size != 20 + text && size != 28 + text)
		return fail(t, W_INSUFFICIENT_BUFFER);
	u8 *p = mem_out(t, a[0], size);
	memset(p + 4, 0, size - 4);
	st32(p + 4, 10);
	st32(p + 12, 19045);
	st32(p + 16, 2);
	if (size == 28 + text)
		p[26 + text] = 1; /* a workstation */
	return 1;
}

/* MEMORYSTATUSEX: the host's. */
u64 w_GlobalMemoryStatusEx(WThread *t, const u64 *a)
{
	u64 page = (u64)sysconf(_SC_PAGESIZE), all = (u64)sysconf(_SC_PHYS_PAGES) * page, left = (u64)sysconf(_SC_AVPHYS_PAGES) * page;
	u64 space = t->wide ? 0x7fffffff0000ull : 0x7fff0000;
	const u64 v[] = {all, left, all, left, space, space - (space >> 4), 0};
	u8 *p = mem_out(t, a[0], 64);

	if (ld32(p) != 64)
		return fail(t, W_INVALID_PARAMETER);
	st32(p + 4, (u32)(100 - left * 100 / (all ? all : 1)));
	for (u32 i = 0; i < COUNT(v); i++)
		st64(p + 8 + 8 * i, v[i]);
	return 1;
}

u64 w_GetProcessAffinityMask(WThread *t, const u64 *a)
{
	u32 cpus = (u32)sysconf(_SC_NPROCESSORS_ONLN), most = t->wide ? 64 : 32;
	u64 mask = cpus >= most ? ~(u64)0 : ((u64)1 << cpus) - 1;

	mem_put_word(t, a[1], mask);
	mem_put_word(t, a[2], mask);
	return 1;
}

u64 w_GetSystemInfo(WThread *t, const u64 *a)
{
	u32 word = t->wide ? 8 : 4, size = t->wide ? 48 : 36;
	u8 *p = mem_out(t, a[0], size);
	u32 cpus = (u32)sysconf(_SC_NPROCESSORS_ONLN);

	memset(p, 0, size);
	st16(p, t->wide ? 9 : 0);
	st32(p + 4, GUEST_PAGE);
	mem_put_word(t, a[0] + 8, 0x10000);
	mem_put_word(t, a[0] + 8 + word, t->wide ? 0x7ffffffeffffull : 0x7ffeffff);
	mem_put_word(t, a[0] + 8 + 2 * word, cpus >= 64 ? ~(u64)0 : ((u64)1 << cpus) - 1);
	p += 8 + 3 * word;
	st32(p, cpus);
	st32(p + 4, t->wide ? 8664 : 586);
	st32(p + 8, 0x10000);
	st16(p + 12, 6);
	return 0;
}
