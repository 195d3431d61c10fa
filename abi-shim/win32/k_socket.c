/* ws2_32: what start-up code asks before it opens a socket. */
#include "handlers.h"

/* WSADATA: its two versions come first on both widths. */
u64 w_WSAStartup(WThread *t, const u64 *a)
{
	enum { VERSION = 0x202, SIZE32 = 400, SIZE64 = 408, NOT_SUPPORTED_ = 10092 };
	u32 size = t->wide ? SIZE64 : SIZE32;

	if (!(a[0] & 0xff))
		return NOT_SUPPORTED_;
	u8 *p = mem_out(t, a[1], size);
	memset(p, 0, size);
	st16(p, (u16)MIN(a[0] & 0xffff, (u64)VERSION));
	st16(p + 2, VERSION);
	return 0;
}

u64 w_htonl(WThread *t, const u64 *a) { return __builtin_bswap32((u32)a[0]); }
u64 w_htons(WThread *t, const u64 *a) { return __builtin_bswap16((u16)a[0]); }
