/* Sockets.  An address is a string of bytes but for its first two, the family, which are in the byte order of the
 * machine; ports and hosts are in the network's. */
#include "layouts.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum { ADDR_MAX = 128, OPT_MAX = 1024 };

static void swap_family(u8 *addr)
{
	u16 family = ld16(addr);

	memcpy(addr, &family, 2);
}

static i64 read_addr(LThread *t, u64 at, u64 n, u8 *out)
{
	memset(out, 0, ADDR_MAX);
	if (n > ADDR_MAX)
		return -EINVAL;
	if (!xguest_read(t->x, at, out, n))
		return -EFAULT;
	if (n >= 2)
		swap_family(out);
	return 0;
}

/* Writes an address as long as the guest's length allows, and the true length. */
static i64 write_addr(LThread *t, u64 at, u64 at_len, u8 *addr, u32 len)
{
	int room;

	if (!at)
		return 0;
	if (layout_read(t, LK_int, at_len, &room) < 0)
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (len >= 2) {
		u16 family;
		memcpy(&family, addr, 2);
		st16(addr, family);
	}
	int n = (int)len;
	if (!xguest_write(t->x, at, addr, MIN(MIN(len, (u32)room), ADDR_MAX)))
		return -EFAULT;
	return layout_write(t, LK_int, at_len, &n);
}

static i64 with_addr(LThread *t, long nr, const u64 *a)
{
	u8 addr[ADDR_MAX] = {0};

	if (a[2] > ADDR_MAX)
		return -EINVAL;
	memcpy(addr, hostp(a[1]), a[1] ? a[2] : 0);
	if (a[2] >= 2)
		swap_family(addr);
	return HOST(t, nr, a[0], addr, a[2]);
}

i64 net_bind(LThread *t, const u64 *a)
{
	return with_addr(t, SYS_bind, a);
}

i64 net_connect(LThread *t, const u64 *a)
{
	return with_addr(t, SYS_connect, a);
}

static i64 give_addr(LThread *t, long nr, const u64 *a, u64 flags)
{
	u8 addr[ADDR_MAX];
	socklen_t len = sizeof addr;
	i64 r = HOST(t, nr, a[0], addr, &len, flags), w;

	if (r < 0)
		return r;
	w = write_addr(t, a[1], a[2], addr, len);
	return w < 0 ? w : r;
}

i64 net_accept(LThread *t, const u64 *a)
{
	return give_addr(t, SYS_accept4, a, 0);
}

i64 net_accept4(LThread *t, const u64 *a)
{
	return give_addr(t, SYS_accept4, a, a[3]);
}

i64 net_getsockname(LThread *t, const u64 *a)
{
	return give_addr(t, SYS_getsockname, a, 0);
}

i64 net_getpeername(LThread *t, const u64 *a)
{
	return give_addr(t, SYS_getpeername, a, 0);
}

i64 net_sendto(LThread *t, const u64 *a)
{
	u8 addr[ADDR_MAX];
	i64 r = a[4] ? read_addr(t, a[4], a[5], addr) : 0;

	return r < 0 ? r : HOST(t, SYS_sendto, a[0], a[1], a[2], a[3], a[4] ? addr : NULL, a[4] ? a[5] : 0);
}

i64 net_recvfrom(LThread *t, const u64 *a)
{
	u8 addr[ADDR_MAX];
	socklen_t len = sizeof addr;
	i64 r = HOST(t, SYS_recvfrom, a[0], a[1], a[2], a[3], addr, &len), w;

	if (r < 0 || !a[4])
		return r;
	w = write_addr(t, a[4], a[5], addr, len);
	return w < 0 ? w : r;
}

/* ---- options --------------------------------------------------------------------------------------- */

/* Options that are one int have it in the machine's byte order; longer ones are handed through where that is the
 * guest's too. */
i64 net_setsockopt(LThread *t, const u64 *a)
{
	u8 raw[OPT_MAX];
	int v;

	if (a[4] > sizeof raw)
		return -EINVAL;
	if (!xguest_read(t->x, a[3], raw, a[4]))
		return -EFAULT;
	if (a[4] == 4) {
		v = (int)ld32(raw);
		memcpy(raw, &v, 4);
	} else if (htole32(1) != 1) {
		call_missing(t, "setsockopt", a[2]);
		return -ENOPROTOOPT;
	}
	return HOST(t, SYS_setsockopt, a[0], a[1], a[2], raw, a[4]);
}

i64 net_getsockopt(LThread *t, const u64 *a)
{
	u8 raw[OPT_MAX];
	int room, v;

	if (layout_read(t, LK_int, a[4], &room) < 0)
		return -EFAULT;
	socklen_t len = (socklen_t)MIN((u32)room, sizeof raw);
	i64 r = HOST(t, SYS_getsockopt, a[0], a[1], a[2], raw, &len);
	if (r < 0)
		return r;
	if (len == 4) {
		memcpy(&v, raw, 4);
		st32(raw, (u32)v);
	}
	room = (int)len;
	return xguest_write(t->x, a[3], raw, len) ? layout_write(t, LK_int, a[4], &room) : -EFAULT;
}

/* ---- i386's one call for all ------------------------------------------------------------------------- */

i64 net_socketcall(LThread *t, const u64 *a)
{
	static const struct { i16 nr32; u8 n; } calls[] = {
		{-1, 0}, {359, 3}, {361, 3}, {362, 3}, {363, 2}, {-2, 3}, {367, 3}, {368, 3}, {360, 4}, {-3, 4}, {-4, 4}, {369, 6}, {371, 6},
		{373, 2}, {366, 5}, {365, 5}, {370, 3}, {372, 3}, {364, 4}
	};
	u64 raw[6] = {0};
	u8 word[4];

	if (a[0] >= COUNT(calls))
		return -EINVAL;
	for (u32 i = 0; i < calls[a[0]].n; i++) {
		if (!xguest_read(t->x, a[1] + 4 * i, word, 4))
			return -EFAULT;
		raw[i] = ld32(word);
	}
	int nr = calls[a[0]].nr32;
	/* accept, send and recv are accept4, sendto and recvfrom with less. */
	const LRow *row = nr == -2 ? call_find(false, 364) : nr == -3 ? call_find(false, 369) : nr == -4 ? call_find(false, 371) :
		nr < 0 ? NULL : call_find(false, (u64)nr);
	if (!row) {
		call_missing(t, "socketcall", a[0]);
		return -ENOSYS;
	}
	return call_row(t, row, raw);
}
