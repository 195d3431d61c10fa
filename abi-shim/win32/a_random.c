/* advapi32: random numbers, from the host's kernel; and a registry in which there is nothing. */
#include "handlers.h"

#include <stdlib.h>
#include <sys/random.h>

static bool fill(WThread *t, u64 at, u64 n)
{
	u8 *p = mem_out(t, at, n);

	for (u64 done = 0; done < n;) {
		ssize_t k = getrandom(p + done, n - done, 0);
		if (k < 0 && errno != EINTR)
			return false;
		done += k > 0 ? (u64)k : 0;
	}
	return true;
}

/* A provider is asked for random numbers alone: its handle names nothing. */
enum { PROVIDER = 0x5000 };

u64 w_CryptAcquireContext(WThread *t, const u64 *a)
{
	mem_put_word(t, a[0], PROVIDER);
	return 1;
}

u64 w_CryptReleaseContext(WThread *t, const u64 *a) { return a[0] == PROVIDER ? 1 : fail(t, W_INVALID_PARAMETER); }
u64 w_CryptGenRandom(WThread *t, const u64 *a) { return a[0] == PROVIDER ? fill(t, a[2], a[1]) : fail(t, W_INVALID_PARAMETER); }

enum { NO_MORE_ITEMS = 259 };

/* The five roots are there, and nothing below them. */
static bool is_root(u64 key) { return (u32)key >> 4 == 0x8000000; }

u64 w_RegOpenKey(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 1);
	bool root = is_root(a[0]) && (!name || !*name);
	u64 to = strstr(t->row->name, "Ex") ? a[4] : a[2];

	free(name);
	if (root)
		mem_put_word(t, to, a[0]);
	return root ? 0 : is_root(a[0]) ? W_FILE_NOT_FOUND : W_INVALID_HANDLE;
}

u64 w_RegCloseKey(WThread *t, const u64 *a) { return is_root(a[0]) ? 0 : W_INVALID_HANDLE; }
u64 w_RegQueryValue(WThread *t, const u64 *a) { return is_root(a[0]) ? W_FILE_NOT_FOUND : W_INVALID_HANDLE; }
u64 w_RegEnum(WThread *t, const u64 *a) { return is_root(a[0]) ? NO_MORE_ITEMS : W_INVALID_HANDLE; }
/* It cannot be written either. */
u64 w_RegCreateKey(WThread *t, const u64 *a) { return W_ACCESS_DENIED; }
