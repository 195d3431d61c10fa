/* kernel32: what machine and what process this is -- processors, versions, times used, names, memory of other kinds. */
#include "handlers.h"
#include "filetime.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NOT_PACKAGED = 15700 };

/* ---- processors ------------------------------------------------------------------------------------------- */

static u32 processors(const WThread *t)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : (u32)MIN(n, t->wide ? 64 : 32);
}

static u64 processor_mask(const WThread *t)
{
	u32 n = processors(t);

	return n >= 64 ? ~(u64)0 : ((u64)1 << n) - 1;
}

u64 w_GetActiveProcessorCount(WThread *t, const u64 *a) { return a[0] == 0 || a[0] == 0xffff ? processors(t) : 0; }
u64 w_GetNumaProcessorNode(WThread *t, const u64 *a)
{
	*(u8 *)mem_out(t, a[1], 1) = 0;
	return 1;
}

u64 w_GetNumaHighestNodeNumber(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[0], 0);
	return 1;
}

u64 w_GetNumaNodeProcessorMask(WThread *t, const u64 *a)
{
	mem_put_u64(t, a[1], a[0] ? 0 : processor_mask(t));
	return 1;
}

/* GROUP_AFFINITY: mask, group. */
static u64 put_group(WThread *t, u64 at)
{
	u64 word = t->wide ? 8 : 4;

	memset(mem_out(t, at, word + 8), 0, word + 8);
	mem_put_word(t, at, processor_mask(t));
	return 1;
}

u64 w_GetNumaNodeProcessorMaskEx(WThread *t, const u64 *a) { return put_group(t, a[1]); }
u64 w_GetThreadGroupAffinity(WThread *t, const u64 *a) { return put_group(t, a[1]); }
u64 w_SetThreadGroupAffinity(WThread *t, const u64 *a) { return a[2] ? put_group(t, a[2]) : 1; }

u64 w_GetCurrentProcessorNumberEx(WThread *t, const u64 *a)
{
	u8 *p = mem_out(t, a[0], 4);

	st16(p, 0);
	p[2] = (u8)w_GetCurrentProcessorNumber(t, a);
	p[3] = 0;
	return 0;
}

/* One core a processor, each with caches of its own but the third: SYSTEM_LOGICAL_PROCESSOR_INFORMATION. */
u64 w_GetLogicalProcessorInformation(WThread *t, const u64 *a)
{
	enum { CORE = 0, PACKAGE = 3 };
	u32 size = t->wide ? 32 : 24, word = t->wide ? 8 : 4, n = processors(t), need = size * (n + 1), room = mem_u32(t, a[1]);

	mem_put_u32(t, a[1], need);
	if (!a[0] || room < need)
		return fail(t, W_INSUFFICIENT_BUFFER);
	memset(mem_out(t, a[0], need), 0, need);
	for (u32 i = 0; i <= n; i++) {
		mem_put_word(t, a[0] + size * i, i < n ? (u64)1 << i : processor_mask(t));
		mem_put_u32(t, a[0] + size * i + word, i < n ? CORE : PACKAGE);
	}
	return 1;
}

/* The newer kind: records of several sizes; cores, the package, the group. */
u64 w_GetLogicalProcessorInformationEx(WThread *t, const u64 *a)
{
	enum { CORE = 0, PACKAGE = 3, GROUP = 4, ALL = 0xffff };
	u32 word = t->wide ? 8 : 4, one = 32 + word + 8, group = t->wide ? 8 + 24 + 48 : 8 + 24 + 44, n = processors(t), room = mem_u32(t, a[2]), need = 0;

	need += a[0] == CORE || a[0] == ALL ? one * n : 0;
	need += a[0] == PACKAGE || a[0] == ALL ? one : 0;
	need += a[0] == GROUP || a[0] == ALL ? group : 0;
	mem_put_u32(t, a[2], need);
	if (!a[1] || room < need)
		return fail(t, W_INSUFFICIENT_BUFFER);
	u8 *p = mem_out(t, a[1], need);
	memset(p, 0, need);
	u64 at = a[1];
	for (u32 i = 0; i <= n; i++) {
		if (a[0] != ALL && a[0] != (i < n ? CORE : PACKAGE))
			continue;
		mem_put_u32(t, at, i < n ? CORE : PACKAGE);
		mem_put_u32(t, at + 4, one);
		st16(mem_out(t, at + 30, 2), 1);
		mem_put_word(t, at + 32, i < n ? (u64)1 << i : processor_mask(t));
		at += one;
	}
	if (a[0] == GROUP || a[0] == ALL) {
		mem_put_u32(t, at, GROUP);
		mem_put_u32(t, at + 4, group);
		st16(mem_out(t, at + 8, 2), 1), st16(mem_out(t, at + 10, 2), 1);
		u8 *g = mem_out(t, at + 32, 2);
		g[0] = g[1] = (u8)n;
		mem_put_word(t, at + 32 + 40, processor_mask(t));
	}
	return 1;
}

/* ---- versions ------------------------------------------------------------------------------------------------ */

enum { MINOR = 1, MAJOR = 2, BUILD = 4, PLATFORM = 8, SP_MINOR = 16, SP_MAJOR = 32, SUITE = 64, PRODUCT = 128 };

/* Three bits a field. */
u64 w_VerSetConditionMask(WThread *t, const u64 *a)
{
	u32 field = a[1] ? (u32)__builtin_ctz((u32)a[1]) : 0;

	return a[1] & 0xff ? a[0] | (u64)1 << 63 | (a[2] & 7) << (3 * field) : a[0];
}

static bool holds(u32 condition, u32 have, u32 want, bool *equal)
{
	*equal = have == want;
	switch (condition) {
	case 1:
		return have == want;
	case 2:
		return have > want;
	case 3:
		return have >= want;
	case 4:
		return have < want;
	case 5:
		return have <= want;
	case 6:
		return (have & want) == want;
	case 7:
		return (have & want) != 0;
	default:
		return false;
	}
}

/* OSVERSIONINFOEX; major, minor and service pack count as one number, whose condition is that of the first. */
u64 w_VerifyVersionInfo(WThread *t, const u64 *a)
{
	enum { OLD_VERSION = 1150 };
	static const struct { u32 bit, at; u8 size, field; u32 have; } fields[] = {
		{MAJOR, 4, 4, 1, 10}, {MINOR, 8, 4, 0, 0}, {SP_MAJOR, 0, 2, 5, 0}, {SP_MINOR, 2, 2, 4, 0}
	};
	u32 text = row_wide(t) ? 256 : 128;
	const u8 *p = mem_in(t, a[0], 28 + text);
	u32 first = 0;
	bool equal = true, ok = true;

	for (u32 i = 0; i < COUNT(fields) && equal && ok; i++) {
		u32 at = fields[i].size == 2 ? 20 + text + fields[i].at : fields[i].at, c = (u32)(a[2] >> (3 * fields[i].field)) & 7;
		if (!(a[1] & fields[i].bit))
			continue;
		first = first ? first : c;
		u32 want = fields[i].size == 2 ? ld16(p + at) : ld32(p + at);
		bool last = !(a[1] & (MINOR | SP_MAJOR | SP_MINOR) & ~(fields[i].bit | (i ? MINOR : 0)));
		u32 now = !last && first == 2 ? 3 : !last && first == 4 ? 5 : first; /* of equal ones the next decides */
		ok = holds(now, fields[i].have, want, &equal);
	}
	if (ok && a[1] & BUILD)
		ok = holds((u32)(a[2] >> 6) & 7, 19045, ld32(p + 12), &equal);
	if (ok && a[1] & PLATFORM)
		ok = holds((u32)(a[2] >> 9) & 7, 2, ld32(p + 16), &equal);
	if (ok && a[1] & PRODUCT)
		ok = holds((u32)(a[2] >> 21) & 7, 1, p[26 + text], &equal);
	return ok ? 1 : fail(t, OLD_VERSION);
}

u64 w_IsWow64Process(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[1], 0);
	return 1;
}

/* Machines of the process (0: native) and of the host. */
u64 w_IsWow64Process2(WThread *t, const u64 *a)
{
	st16(mem_out(t, a[1], 2), 0);
	if (a[2])
		st16(mem_out(t, a[2], 2), t->wide ? 0x8664 : 0x14c);
	return 1;
}

u64 w_GetProductInfo(WThread *t, const u64 *a)
{
	enum { PROFESSIONAL = 0x30 };

	mem_put_u32(t, a[4], PROFESSIONAL);
	return 1;
}

/* Programs that are no packages: what they ask of packages. */
u64 w_GetCurrentPackageId(WThread *t, const u64 *a) { return NOT_PACKAGED; }

u64 w_AppPolicyGet(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[1], 0);
	return 0;
}

u64 w_AppPolicyGetProcessTerminationMethod(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[1], 0); /* ExitProcess */
	return 0;
}

/* ---- times ---------------------------------------------------------------------------------------------------- */

static u64 hundreds(const struct timeval *v) { return (u64)v->tv_sec * 10000000 + (u64)v->tv_usec * 10; }

u64 w_GetProcessTimes(WThread *t, const u64 *a)
{
	WObj *o = handle_object(t, a[0]);
	struct rusage u = {0};

	if (!o)
		return 0;
	getrusage(o == t->task->self ? RUSAGE_SELF : RUSAGE_CHILDREN, &u);
	bool over = o->signaled;
	obj_drop(o);
	mem_put_u64(t, a[1], t->task->born);
	mem_put_u64(t, a[2], over ? filetime_now() : 0);
	mem_put_u64(t, a[3], hundreds(&u.ru_stime));
	mem_put_u64(t, a[4], hundreds(&u.ru_utime));
	return 1;
}

/* Idle, kernel (with idle), user, of all processors: the first line of /proc/stat, in hundredths of a second. */
u64 w_GetSystemTimes(WThread *t, const u64 *a)
{
	unsigned long long v[4] = {0};
	FILE *f = fopen("/proc/stat", "r");
	bool ok = f && fscanf(f, "cpu %llu %llu %llu %llu", &v[0], &v[1], &v[2], &v[3]) == 4;

	if (f)
		fclose(f);
	if (!ok)
		return fail(t, W_NOT_SUPPORTED);
	const u64 out[3] = {v[3], v[2] + v[3], v[0] + v[1]};
	for (u32 i = 0; i < 3; i++)
		if (a[i])
			mem_put_u64(t, a[i], out[i] * 100000);
	return 1;
}

u64 w_QueryUnbiasedInterruptTime(WThread *t, const u64 *a)
{
	mem_put_u64(t, a[0], clock_ns(CLOCK_MONOTONIC) / 100);
	return 1;
}

/* Adjustment, increment, whether it is off. */
u64 w_GetSystemTimeAdjustment(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[0], 156250);
	mem_put_u32(t, a[1], 156250);
	mem_put_u32(t, a[2], 1);
	return 1;
}

/* ---- names --------------------------------------------------------------------------------------------------------- */

/* A buffer whose size is behind a pointer: units with, then without the NUL. */
static u64 put_sized(WThread *t, u64 at, u64 size_at, const char *s, u32 error)
{
	u32 room = mem_u32(t, size_at);
	u64 n = out_string(t, at, at ? room : 0, s);

	mem_put_u32(t, size_at, (u32)(at && n < room ? n : n + 1));
	return at && n < room ? 1 : fail(t, error);
}

u64 w_GetComputerName(WThread *t, const u64 *a) { return put_sized(t, a[0], a[1], "PVM", 111); }

u64 w_GetComputerNameEx(WThread *t, const u64 *a)
{
	static const char *const names[] = {"PVM", "pvm", "", "pvm", "PVM", "pvm", "", "pvm"};

	return a[0] < COUNT(names) ? put_sized(t, a[1], a[2], names[a[0]], W_MORE_DATA) : fail(t, W_INVALID_PARAMETER);
}

/* Process, flags, buffer, size. */
u64 w_QueryFullProcessImageName(WThread *t, const u64 *a)
{
	return put_sized(t, a[2], a[3], t->task->program->path, W_INSUFFICIENT_BUFFER);
}

static u64 put_module_name(WThread *t, u64 module, u64 at, u64 room, bool base)
{
	const WModule *m = module_by_base(t->task, module);
	const char *s = m ? m->path : NULL;

	if (!s)
		return fail(t, W_INVALID_HANDLE);
	if (base && strrchr(s, '\\'))
		s = strrchr(s, '\\') + 1;
	u64 n = out_string(t, at, room, s);
	return n < room ? n : fail(t, W_INSUFFICIENT_BUFFER);
}

u64 w_GetModuleFileNameEx(WThread *t, const u64 *a) { return put_module_name(t, a[1], a[2], a[3], false); }
u64 w_GetModuleBaseName(WThread *t, const u64 *a) { return put_module_name(t, a[1], a[2], a[3], true); }
u64 w_GetProcessImageFileName(WThread *t, const u64 *a) { return put_module_name(t, 0, a[1], a[2], false); }

/* MODULEINFO: base, size, entry. */
u64 w_GetModuleInformation(WThread *t, const u64 *a)
{
	const WModule *m = module_by_base(t->task, a[1]);
	u64 word = t->wide ? 8 : 4;

	if (!m)
		return fail(t, W_INVALID_HANDLE);
	mem_put_word(t, a[2], m->base);
	mem_put_u32(t, a[2] + word, m->image.size);
	mem_put_word(t, a[2] + 2 * word, m->base + m->image.entry);
	return 1;
}

/* Process, where to, bytes of room, bytes needed. */
u64 w_EnumProcessModules(WThread *t, const u64 *a)
{
	u64 word = t->wide ? 8 : 4, n = 0;

	for (const WModule *m = t->task->modules; m; m = m->next, n++)
		if ((n + 1) * word <= a[2])
			mem_put_word(t, a[1] + n * word, m->base);
	mem_put_u32(t, a[3], (u32)(n * word));
	return 1;
}

/* ---- use of the machine ------------------------------------------------------------------------------------------------ */

/* PROCESS_MEMORY_COUNTERS: faults, then eight sizes. */
u64 w_GetProcessMemoryInfo(WThread *t, const u64 *a)
{
	u64 word = t->wide ? 8 : 4, size = 8 + 8 * word;
	unsigned long long pages = 0, resident = 0;
	struct rusage u = {0};
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%llu %llu", &pages, &resident) != 2)
		pages = resident = 0;
	if (f)
		fclose(f);
	if (a[2] < size)
		return fail(t, W_INSUFFICIENT_BUFFER);
	getrusage(RUSAGE_SELF, &u);
	memset(mem_out(t, a[1], a[2]), 0, a[2]);
	mem_put_u32(t, a[1], (u32)a[2]);
	mem_put_u32(t, a[1] + 4, (u32)(u.ru_majflt + u.ru_minflt));
	mem_put_word(t, a[1] + 8, (u64)u.ru_maxrss * 1024);
	mem_put_word(t, a[1] + 8 + word, resident * 4096);
	mem_put_word(t, a[1] + 8 + 6 * word, resident * 4096);
	mem_put_word(t, a[1] + 8 + 7 * word, (u64)u.ru_maxrss * 1024);
	if (a[2] >= size + word)
		mem_put_word(t, a[1] + size, resident * 4096);
	return 1;
}

u64 w_GetProcessIoCounters(WThread *t, const u64 *a)
{
	memset(mem_out(t, a[1], 48), 0, 48);
	return 1;
}

u64 w_GetProcessWorkingSetSize(WThread *t, const u64 *a)
{
	mem_put_word(t, a[1], 50 * 4096);
	mem_put_word(t, a[2], 345 * 4096);
	return 1;
}

/* MEMORYSTATUS, the old one: sizes that do not fit are the largest there is. */
u64 w_GlobalMemoryStatus(WThread *t, const u64 *a)
{
	u64 word = t->wide ? 8 : 4, page = (u64)sysconf(_SC_PAGESIZE), all = (u64)sysconf(_SC_PHYS_PAGES) * page, left = (u64)sysconf(_SC_AVPHYS_PAGES) * page;
	u64 most = t->wide ? ~(u64)0 : 0x7fffffff, space = t->wide ? 0x7fffffff0000ull : 0x7fff0000;
	const u64 v[6] = {MIN(all, most), MIN(left, most), MIN(all, most), MIN(left, most), space, space - (space >> 4)};

	mem_put_u32(t, a[0], (u32)(8 + 6 * word));
	mem_put_u32(t, a[0] + 4, (u32)(100 - left * 100 / (all ? all : 1)));
	for (u32 i = 0; i < 6; i++)
		mem_put_word(t, a[0] + 8 + word * i, v[i]);
	return 0;
}

u64 w_GetPhysicallyInstalledSystemMemory(WThread *t, const u64 *a)
{
	mem_put_u64(t, a[0], (u64)sysconf(_SC_PHYS_PAGES) * (u64)sysconf(_SC_PAGESIZE) / 1024);
	return 1;
}

/* On the mains, no battery. */
u64 w_GetSystemPowerStatus(WThread *t, const u64 *a)
{
	u8 *p = mem_out(t, a[0], 12);

	memset(p, 0xff, 12);
	p[0] = 1;
	p[1] = 128;
	p[3] = 0;
	return 1;
}

/* Priority classes: kept, not followed. */
u64 w_GetPriorityClass(WThread *t, const u64 *a) { return t->task->priority ? t->task->priority : 0x20; }

u64 w_SetPriorityClass(WThread *t, const u64 *a)
{
	t->task->priority = (u32)a[1];
	return 1;
}

u64 w_MulDiv(WThread *t, const u64 *a)
{
	i64 by = (i64)(i32)a[2], v = (i64)(i32)a[0] * (i64)(i32)a[1];

	if (!by)
		return ~(u64)0;
	if (by < 0)
		by = -by, v = -v;
	i64 r = v >= 0 ? (v + by / 2) / by : (v - by / 2) / by;
	return r > 0x7fffffff || r < -0x7fffffff - 1 ? ~(u64)0 : (u64)r;
}

/* ---- memory that may not be there, and of processes ------------------------------------------------------------------------ */

static u64 unreachable(WThread *t, u64 at, u64 n, int prot) { return n && xguest_reach(t->x, at, n, prot) < n; }

u64 w_IsBadReadPtr(WThread *t, const u64 *a) { return unreachable(t, a[0], a[1], GP_READ); }
u64 w_IsBadWritePtr(WThread *t, const u64 *a) { return unreachable(t, a[0], a[1], GP_WRITE); }
u64 w_IsBadCodePtr(WThread *t, const u64 *a) { return unreachable(t, a[0], 1, GP_READ); }

/* Up to the NUL, or so many units. */
static u64 bad_string(WThread *t, u64 at, u64 most, u32 unit)
{
	u8 c[2] = {0};

	for (u64 i = 0; i < most; i++) {
		if (!xguest_read(t->x, at + i * unit, c, unit))
			return 1;
		if (!ld16(c))
			return 0;
	}
	return 0;
}

u64 w_IsBadStringPtrA(WThread *t, const u64 *a) { return bad_string(t, a[0], a[1], 1); }
u64 w_IsBadStringPtrW(WThread *t, const u64 *a) { return bad_string(t, a[0], a[1], 2); }

static bool own(WThread *t, u64 h)
{
	WObj *o = handle_object(t, h);
	bool is = o == t->task->self;

	if (o)
		obj_drop(o);
	if (o && !is)
		error_set(t, W_ACCESS_DENIED);
	return is;
}

/* Process, there, here, bytes, how many; only this process's memory is in reach. */
u64 w_ReadProcessMemory(WThread *t, const u64 *a)
{
	u64 n = own(t, a[0]) ? xguest_reach(t->x, a[1], a[3], GP_READ) : 0;

	if (n == a[3] && a[3])
		memmove(mem_out(t, a[2], n), mem_in(t, a[1], n), n);
	if (a[4])
		mem_put_word(t, a[4], n == a[3] ? n : 0);
	return n == a[3] ? 1 : fail(t, 299); /* only a part */
}

u64 w_WriteProcessMemory(WThread *t, const u64 *a)
{
	if (!own(t, a[0]))
		return 0;
	if (!xguest_write(t->x, a[1], mem_in(t, a[2], a[3]), a[3]))
		return fail(t, 998);
	if (a[4])
		mem_put_word(t, a[4], a[3]);
	return 1;
}

u64 w_FlushInstructionCache(WThread *t, const u64 *a)
{
	if (a[1] && a[2])
		guest_written(t->task->x, a[1], a[2]);
	return 1;
}

u64 w_VirtualAllocEx(WThread *t, const u64 *a) { return own(t, a[0]) ? w_VirtualAlloc(t, a + 1) : 0; }
u64 w_VirtualFreeEx(WThread *t, const u64 *a) { return own(t, a[0]) ? w_VirtualFree(t, a + 1) : 0; }
u64 w_VirtualProtectEx(WThread *t, const u64 *a) { return own(t, a[0]) ? w_VirtualProtect(t, a + 1) : 0; }
u64 w_VirtualQueryEx(WThread *t, const u64 *a) { return own(t, a[0]) ? w_VirtualQuery(t, a + 1) : 0; }

/* With parameters beyond those of VirtualAlloc it is not there. */
u64 w_VirtualAlloc2(WThread *t, const u64 *a)
{
	if (a[6])
		return fail(t, W_NOT_SUPPORTED);
	return !a[0] || own(t, a[0]) ? w_VirtualAlloc(t, a + 1) : 0;
}

/* ---- messages for a debugger: to nobody, or to the trace ---------------------------------------------------------------------- */

u64 w_OutputDebugString(WThread *t, const u64 *a)
{
	char *s = t->task->o.trace ? arg_string(t, a, 0) : NULL;

	if (s)
		fprintf(t->task->trace, "debug: %s\n", s);
	free(s);
	return 0;
}

u64 w_CheckRemoteDebuggerPresent(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[1], 0);
	return 1;
}

u64 w_ProcessIdToSessionId(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[1], 1);
	return 1;
}
