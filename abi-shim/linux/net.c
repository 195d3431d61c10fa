/* Sockets.  An address is a string of bytes but for its first two, the family, which are in the byte order of the
 * machine; ports and hosts are in the network's. */
#include "layouts.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum { UNIX_PATH = 108, ADDR_MAX = 128, OPT_MAX = 1024 };

/* The same in both directions. */
void net_swap_family(u8 *addr, u32 n)
{
	u16 family = ld16(addr);

	if (n >= 2)
		memcpy(addr, &family, 2);
}

i64 net_read_addr(LThread *t, u64 at, u64 n, u8 *out)
{
	memset(out, 0, ADDR_MAX);
	if (n > ADDR_MAX)
		return -EINVAL;
	if (!xguest_read(t->x, at, out, n))
		return -EFAULT;
	net_swap_family(out, (u32)n);
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
	net_swap_family(addr, len);
	int n = (int)len;
	if (!xguest_write(t->x, at, addr, MIN(MIN(len, (u32)room), ADDR_MAX)))
		return -EFAULT;
	return layout_write(t, LK_int, at_len, &n);
}

i64 net_error(LThread *t, i64 fd, i64 error)
{
	int type;
	socklen_t n = sizeof type;
	i64 r = HOST(t, SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &n);

	return r == -EBADF || r == -ENOTSOCK ? r : error;
}

/* The name of a local socket is a file's: under --root it becomes the host's, short by way of a descriptor. */
i64 net_confine(LThread *t, u8 *addr, u64 n, bool follow)
{
	char guest[ADDR_MAX] = "", host[PATH_SIZE];
	u16 family;
	Confined *c;

	memcpy(&family, addr, 2);
	if (!t->task->o.root || n <= 2 || family != AF_UNIX || !addr[2])
		return (i64)n;
	memcpy(guest, addr + 2, MIN(n - 2, sizeof guest - 1));
	if (!t->task->o.only_root && (guest[0] != '/' || path_host(&t->task->o, guest, follow, host) != host))
		return (i64)n;
	c = xmalloc(sizeof *c);
	i64 r = path_confine(&t->task->o, AT_FDCWD, guest, follow, c);
	if (r == 0 && c->fd >= 0 && t->npath_fd < COUNT(t->path_fd))
		t->path_fd[t->npath_fd++] = c->fd;
	if (r == 0 && follow && c->fresh)
		r = -ENOENT;
	size_t size = strlen(c->name);
	if (r == 0 && size >= UNIX_PATH)
		r = -ENAMETOOLONG;
	if (r == 0)
		memcpy(addr + 2, c->name, size + 1);
	free(c);
	return r < 0 ? r : (i64)size + 3;
}

static i64 with_addr(LThread *t, long nr, const u64 *a)
{
	u8 addr[ADDR_MAX];
	i64 r = net_read_addr(t, a[1], a[2], addr), n = r < 0 ? r : net_confine(t, addr, a[2], nr == SYS_connect);

	return n < 0 ? net_error(t, (i64)a[0], n) : HOST(t, nr, a[0], addr, n);
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
	i64 r = a[4] ? net_read_addr(t, a[4], a[5], addr) : 0;

	i64 n = r < 0 ? r : a[4] ? net_confine(t, addr, a[5], true) : 0;
	return n < 0 ? net_error(t, (i64)a[0], n) : HOST(t, SYS_sendto, a[0], a[1], a[2], a[3], a[4] ? addr : NULL, n);
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

static const struct Option { int level, option; u8 kind; } options[] = {
#define SO(level, option, name, kind) {level, option, LK_##kind},
#define CM(level, type, kind)
#include "sockopt.def"
#undef SO
#undef CM
};

static LKind option_kind(i64 level, i64 option)
{
	for (u32 i = 0; i < COUNT(options); i++)
		if (options[i].level == level && options[i].option == option)
			return (LKind)options[i].kind;
	return LK_NONE;
}

/* A filter for sockets: instructions of 8 bytes, {u16, u8, u8, u32}, behind a pointer. */
static i64 attach_filter(LThread *t, const u64 *a)
{
	struct LFprog g;
	struct { u16 n; u8 *code; } h;
	i64 r;

	if (a[4] != layout_size(LK_sock_fprog, t->wide))
		return -EINVAL;
	if (layout_read(t, LK_sock_fprog, a[3], &g) < 0)
		return -EFAULT;
	if (g.n == 0 || g.n > 4096)
		return -EINVAL;
	h.n = g.n;
	h.code = xmalloc(8 * (size_t)g.n);
	r = xguest_read(t->x, g.at, h.code, 8 * (size_t)g.n) ? 0 : -EFAULT;
	for (u32 i = 0; i < g.n; i++) {
		u8 *p = h.code + 8 * (size_t)i;
		u16 op = ld16(p);
		u32 k = ld32(p + 4);
		memcpy(p, &op, 2);
		memcpy(p + 4, &k, 4);
	}
	if (r == 0)
		r = HOST(t, SYS_setsockopt, a[0], a[1], a[2], &h, sizeof h);
	free(h.code);
	return r;
}

/* An option that is one int has it in the machine's byte order; longer ones are handed through where that is the guest's. */
static bool convert_int(LThread *t, const char *what, const u64 *a, u8 *raw, size_t n)
{
	if (n == 4) {
		int v = (int)ld32(raw);
		memcpy(raw, &v, 4);
	} else if (n > 1 && htole32(1) != 1) {
		call_missing(t, what, a[1] << 16 | (a[2] & 0xffff));
		return false;
	}
	return true;
}

i64 net_setsockopt(LThread *t, const u64 *a)
{
	enum { ATTACH_FILTER = 26, ATTACH_REUSEPORT_CBPF = 51 };
	_Alignas(8) u8 raw[OPT_MAX];
	LKind k = option_kind((i64)a[1], (i64)a[2]);

	if (a[1] == SOL_SOCKET && (a[2] == ATTACH_FILTER || a[2] == ATTACH_REUSEPORT_CBPF))
		return attach_filter(t, a);
	if ((i32)a[4] < 0)
		return net_error(t, (i64)a[0], -EINVAL);
	if (k) {
		if (a[4] < layout_size(k, t->wide))
			return net_error(t, (i64)a[0], -EINVAL);
		return layout_read(t, k, a[3], raw) < 0 ? net_error(t, (i64)a[0], -EFAULT) : HOST(t, SYS_setsockopt, a[0], a[1], a[2], raw, layout_host_size(k));
	}
	size_t n = MIN(a[4], sizeof raw);
	if (n && !xguest_read(t->x, a[3], raw, n))
		return HOST(t, SYS_setsockopt, a[0], a[1], a[2], hostp(8), n); /* the kernel says whether it would have read there */
	if (!convert_int(t, "setsockopt", a, raw, n))
		return -ENOPROTOOPT;
	return HOST(t, SYS_setsockopt, a[0], a[1], a[2], raw, n);
}

i64 net_getsockopt(LThread *t, const u64 *a)
{
	_Alignas(8) u8 raw[OPT_MAX];
	u8 *out = raw, guest[LAYOUT_HOST_MAX];
	LKind k = option_kind((i64)a[1], (i64)a[2]);
	int room;

	if (layout_read(t, LK_int, a[4], &room) < 0)
		return net_error(t, (i64)a[0], -EFAULT);
	if (room < 0)
		return net_error(t, (i64)a[0], -EINVAL);
	socklen_t len = k ? layout_host_size(k) : (socklen_t)MIN((u32)room, sizeof raw);
	i64 r = HOST(t, SYS_getsockopt, a[0], a[1], a[2], raw, &len);
	if (r < 0)
		return r;
	if (k) {
		layout_put(k, t->wide, raw, guest);
		out = guest;
		len = MIN(layout_size(k, t->wide), (u32)room);
	} else if (!convert_int(t, "getsockopt", a, raw, len)) {
		return -ENOPROTOOPT;
	}
	room = (int)len;
	return xguest_write(t->x, a[3], out, len) ? layout_write(t, LK_int, a[4], &room) : -EFAULT;
}

/* ---- i386's one call for all ------------------------------------------------------------------------- */

i64 net_socketcall(LThread *t, const u64 *a)
{
	static const struct { i16 nr32; u8 n; } calls[] = {
		{-1, 0}, {359, 3}, {361, 3}, {362, 3}, {363, 2}, {-2, 3}, {367, 3}, {368, 3}, {360, 4}, {-3, 4}, {-4, 4}, {369, 6}, {371, 6},
		{373, 2}, {366, 5}, {365, 5}, {370, 3}, {372, 3}, {364, 4}, {337, 5}, {345, 4}
	};
	u64 raw[6] = {0};
	u8 word[4];

	if (a[0] < 1 || a[0] >= COUNT(calls))
		return -EINVAL;
	for (u32 i = 0; i < calls[a[0]].n; i++) {
		if (!xguest_read(t->x, a[1] + 4 * i, word, 4))
			return -EFAULT;
		raw[i] = ld32(word);
	}
	int nr = calls[a[0]].nr32;
	/* accept, send and recv are accept4, sendto and recvfrom with less. */
	const LRow *row = nr == -2 ? call_find(false, 364) : nr == -3 ? call_find(false, 369) : nr == -4 ? call_find(false, 371) :
		call_find(false, (u64)nr);
	return call_row(t, row, raw);
}
