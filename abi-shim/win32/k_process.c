/* kernel32: errors, the process, its modules. */
#include "resource.h"

#include <stdlib.h>
#include <unistd.h>

u64 w_Zero(WThread *t, const u64 *a) { return 0; }
u64 w_True(WThread *t, const u64 *a) { return 1; }
u64 w_SecondArgument(WThread *t, const u64 *a) { return a[1]; }

/* Error reports go nowhere: no flag is set. */
u64 w_WerGetFlags(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[1], 0);
	return 0;
}

u64 w_Same(WThread *t, const u64 *a) { return a[0]; }

u64 w_GetLastError(WThread *t, const u64 *a) { return error_get(t); }

u64 w_SetLastError(WThread *t, const u64 *a)
{
	error_set(t, (u32)a[0]);
	return 0;
}

u64 w_ExitProcess(WThread *t, const u64 *a)
{
	process_exit(t, (u32)a[0]);
}

u64 w_GetCurrentProcess(WThread *t, const u64 *a) { return W_INVALID_HANDLE_VALUE; }
u64 w_GetCurrentProcessId(WThread *t, const u64 *a) { return (u64)getpid(); }
u64 w_GetCurrentThread(WThread *t, const u64 *a) { return (u64)-2; }
u64 w_GetCurrentThreadId(WThread *t, const u64 *a) { return t->tid; }
u64 w_GetProcessHeap(WThread *t, const u64 *a) { return t->task->heap; }
u64 w_RtlGetCurrentPeb(WThread *t, const u64 *a) { return t->task->peb; }

/* ---- modules ------------------------------------------------------------------------------------------ */

u64 w_GetModuleHandle(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0);
	const WModule *m = module_by_name(t->task, name);

	free(name);
	return m ? m->base : fail(t, W_MOD_NOT_FOUND);
}

u64 w_GetModuleHandleEx(WThread *t, const u64 *a)
{
	enum { BY_ADDRESS = 4, UNCHANGED = 2 };
	char *name = a[0] & BY_ADDRESS ? NULL : arg_string(t, a, 1);
	WModule *m = a[0] & BY_ADDRESS ? module_at(t->task, a[1]) : module_by_name(t->task, name);

	free(name);
	mem_put_word(t, a[2], m ? m->base : 0);
	if (!m)
		return fail(t, W_MOD_NOT_FOUND);
	if (!(a[0] & UNCHANGED))
		m->refs++;
	return 1;
}

u64 w_GetModuleFileName(WThread *t, const u64 *a)
{
	const WModule *m = module_by_base(t->task, a[0]);

	if (!m)
		return fail(t, W_MOD_NOT_FOUND);
	u64 n = out_string(t, a[1], a[2], m->path);
	if (n < a[2])
		return n;
	error_set(t, W_INSUFFICIENT_BUFFER);
	return a[2];
}

u64 w_GetProcAddress(WThread *t, const u64 *a)
{
	WModule *m = module_by_base(t->task, a[0]);
	char *name = a[1] >> 16 ? mem_str(t, a[1]) : NULL;
	u64 at = m ? module_export(t, m, name, (u32)a[1]) : 0;

	free(name);
	return at ? at : fail(t, m ? W_PROC_NOT_FOUND : W_MOD_NOT_FOUND);
}

u64 w_LoadLibrary(WThread *t, const u64 *a)
{
	enum { DATA = 0x02 | 0x20 | 0x40 };
	char *name = arg_string(t, a, 0);
	Err e = {0};
	bool more = strncmp(t->row->name, "LoadLibraryEx", 13) == 0 || strstr(t->row->name, "vcrt");
	if (name && more && a[2] & DATA) { /* not to run it */
		u64 h = res_open(t, name);
		free(name);
		return h;
	}
	WModule *m = name ? module_load(t, name, false, &e) : NULL;

	free(name);
	if (!m)
		return fail(t, W_MOD_NOT_FOUND);
	module_tls(t);
	return module_start(t) ? m->base : fail(t, 1114);
}

u64 w_FreeLibrary(WThread *t, const u64 *a)
{
	WModule *m = module_by_base(t->task, a[0]);

	if (!m)
		return fail(t, W_MOD_NOT_FOUND);
	if (m->refs > 1)
		m->refs--;
	return 1;
}

/* ---- start-up ------------------------------------------------------------------------------------------- */

u64 w_GetCommandLineA(WThread *t, const u64 *a)
{
	WTask *k = t->task;

	if (!k->cmdline_a)
		k->cmdline_a = wheap_string(t, k->cmdline);
	return k->cmdline_a;
}

u64 w_GetCommandLineW(WThread *t, const u64 *a)
{
	WTask *k = t->task;

	if (!k->cmdline_w)
		k->cmdline_w = wheap_wstring(t, k->cmdline);
	return k->cmdline_w;
}

/* Only the size, the flags and the handles are of interest to console programs. */
u64 w_GetStartupInfo(WThread *t, const u64 *a)
{
	enum { USE_HANDLES = 0x100 };
	u32 size = t->wide ? 104 : 68, flags = t->wide ? 60 : 44, handles = t->wide ? 80 : 56;

	memset(mem_out(t, a[0], size), 0, size);
	mem_put_u32(t, a[0], size);
	mem_put_u32(t, a[0] + flags, USE_HANDLES);
	for (u32 i = 0; i < 3; i++)
		mem_put_word(t, a[0] + handles + (t->wide ? 8 : 4) * i, t->task->std[i]);
	return 0;
}

u64 w_SetUnhandledExceptionFilter(WThread *t, const u64 *a)
{
	u64 old = t->task->filter;

	t->task->filter = a[0];
	return old;
}

/* What CPUID says, by Windows's numbers. */
u64 w_IsProcessorFeaturePresent(WThread *t, const u64 *a)
{
	enum { ECX = 2, EDX = 3 };
	static const struct { u8 feature, reg, bit; } map[] = {
		{2, EDX, 8}, {3, EDX, 23}, {6, EDX, 25}, {8, EDX, 4}, {10, EDX, 26}, {13, ECX, 0}, {14, ECX, 13}, {36, ECX, 9}, {37, ECX, 19},
		{38, ECX, 20}, {39, ECX, 28}
	};
	u32 out[4];

	x86_cpuid(t->wide ? X86_64 : X86_32, 1, 0, out);
	for (u32 i = 0; i < COUNT(map); i++)
		if (map[i].feature == a[0])
			return out[map[i].reg] >> map[i].bit & 1;
	return a[0] == 12; /* NX */
}
