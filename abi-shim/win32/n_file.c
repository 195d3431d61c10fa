/* ntdll: what run-time libraries take of the native file functions instead of kernel32's. */
#include "handlers.h"

enum { STATUS_END_OF_FILE = (int)0xc0000011 };

u64 w_RtlNtStatusToDosError(WThread *t, const u64 *a) { return a[0] ? error_from_status((u32)a[0]) : 0; }

/* Arguments: handle, event, routine, its argument, IO_STATUS_BLOCK, buffer, length, offset, key. */
static u64 transfer(WThread *t, const u64 *a, WFn *fn, bool read)
{
	u64 word = t->wide ? 8 : 4, block = a[4], count = block + word, overlapped = 0;

	if (a[1] || a[2])
		return 0xc00000bb; /* not supported */
	if (a[7]) { /* an OVERLAPPED below the stack */
		overlapped = (*xreg(t->x, 4) - 256) & ~(u64)15;
		memset(mem_out(t, overlapped, 4 * word), 0, 4 * word);
		mem_put_u32(t, overlapped + 2 * word, mem_u32(t, a[7]));
		mem_put_u32(t, overlapped + 2 * word + 4, mem_u32(t, a[7] + 4));
	}
	u32 error = error_get(t);
	mem_put_word(t, count, 0);
	bool ok = fn(t, (u64[]){a[0], a[5], a[6], count, overlapped}) & 0xffffffff;
	u32 status = ok ? 0 : error_to_status(error_get(t));
	if (ok && read && a[6] && !mem_u32(t, count))
		status = (u32)STATUS_END_OF_FILE;
	error_set(t, error);
	mem_put_word(t, block, status);
	return status;
}

u64 w_NtReadFile(WThread *t, const u64 *a) { return transfer(t, a, w_ReadFile, true); }
u64 w_NtWriteFile(WThread *t, const u64 *a) { return transfer(t, a, w_WriteFile, false); }

u64 w_NtClose(WThread *t, const u64 *a) { return w_CloseHandle(t, a) & 0xffffffff ? 0 : error_to_status(error_get(t)); }
