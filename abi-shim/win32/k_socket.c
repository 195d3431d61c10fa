/* ws2_32: sockets -- making, connecting, sending and receiving. */
#include "sock.h"
#include "handlers.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include <unistd.h>

/* WSADATA: its two versions come first on both widths. */
u64 w_WSAStartup(WThread *t, const u64 *a)
{
	enum { VERSION = 0x202, SIZE32 = 400, SIZE64 = 408, BAD_VERSION = 10092 };
	u32 size = t->wide ? SIZE64 : SIZE32;

	if (!(a[0] & 0xff))
		return BAD_VERSION;
	u8 *p = mem_out(t, a[1], size);
	memset(p, 0, size);
	st16(p, (u16)MIN(a[0] & 0xffff, (u64)VERSION));
	st16(p + 2, VERSION);
	return 0;
}

u64 w_htonl(WThread *t, const u64 *a) { return __builtin_bswap32((u32)a[0]); }
u64 w_htons(WThread *t, const u64 *a) { return __builtin_bswap16((u16)a[0]); }

u64 w_WSAHtonl(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[2], __builtin_bswap32((u32)a[1]));
	return 0;
}

u64 w_WSAHtons(WThread *t, const u64 *a)
{
	st16(mem_out(t, a[2], 2), __builtin_bswap16((u16)a[1]));
	return 0;
}

/* ---- errors ------------------------------------------------------------------------------------------- */

u32 sock_error(int e)
{
	static const struct { int host; u32 code; } map[] = {
		{EINTR, 10004}, {EBADF, SOCK_NOT_ONE}, {EACCES, 10013}, {EPERM, 10013}, {EFAULT, SOCK_FAULT}, {EINVAL, SOCK_INVALID}, {EMFILE, 10024}, {ENFILE, 10024},
		{EAGAIN, SOCK_WOULD_BLOCK}, {EINPROGRESS, SOCK_WOULD_BLOCK}, {EALREADY, 10037}, {ENOTSOCK, SOCK_NOT_ONE}, {EDESTADDRREQ, 10039}, {EMSGSIZE, 10040},
		{EPROTOTYPE, 10041}, {ENOPROTOOPT, SOCK_NO_OPTION}, {EPROTONOSUPPORT, 10043}, {ESOCKTNOSUPPORT, 10044}, {EOPNOTSUPP, SOCK_NOT_SUPPORTED},
		{EAFNOSUPPORT, SOCK_NO_FAMILY}, {EADDRINUSE, 10048}, {EADDRNOTAVAIL, 10049}, {ENETDOWN, 10050}, {ENETUNREACH, 10051}, {ENETRESET, 10052},
		{ECONNABORTED, 10053}, {EPIPE, 10053}, {ECONNRESET, 10054}, {ENOBUFS, SOCK_NO_BUFFERS}, {ENOMEM, SOCK_NO_BUFFERS}, {EISCONN, 10056},
		{ENOTCONN, 10057}, {ESHUTDOWN, 10058}, {ETIMEDOUT, 10060}, {ECONNREFUSED, 10061}, {EHOSTDOWN, 10064}, {EHOSTUNREACH, 10065},
		{ECANCELED, W_OPERATION_ABORTED}
	};

	for (u32 i = 0; i < COUNT(map); i++)
		if (map[i].host == e)
			return map[i].code;
	return SOCK_INVALID;
}

u64 sock_fail(WThread *t, u32 code)
{
	error_set(t, code);
	return 0xffffffff;
}

u64 sock_fail_errno(WThread *t) { return sock_fail(t, sock_error(errno)); }

static u64 done(WThread *t, int r) { return r == 0 ? 0 : sock_fail_errno(t); }

WObj *sock_of(WThread *t, u64 h)
{
	WObj *o = handle_get(t->task, h, WK_FILE);

	if (o && o->socket)
		return o;
	if (o)
		obj_drop(o);
	error_set(t, SOCK_NOT_ONE);
	return NULL;
}

/* ---- addresses ------------------------------------------------------------------------------------------ */

enum { WIN_INET6 = 23 };

int sock_family(u32 family) { return family == WIN_INET6 ? AF_INET6 : family <= AF_INET ? (int)family : -1; }
u32 sock_family_back(int family) { return family == AF_INET6 ? WIN_INET6 : (u32)family; }

socklen_t sock_address(WThread *t, u64 at, u64 n, struct sockaddr_storage *out)
{
	const u8 *p = n >= 2 && n <= sizeof *out ? mem_in(t, at, n) : NULL;
	int family = p ? sock_family(ld16(p)) : -1;
	socklen_t need = family == AF_INET6 ? sizeof(struct sockaddr_in6) : family == AF_INET ? sizeof(struct sockaddr_in) : 2;

	memset(out, 0, sizeof *out);
	if (!p || n < need || family < 0) {
		error_set(t, p && family < 0 ? SOCK_NO_FAMILY : SOCK_FAULT);
		return 0;
	}
	out->ss_family = (sa_family_t)family;
	memcpy((u8 *)out + 2, p + 2, n - 2);
	if (family == AF_INET6) {
		struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)out;
		six->sin6_scope_id = ld32(p + 24);
	}
	return family == AF_UNIX ? (socklen_t)n : need;
}

u32 sock_address_bytes(const struct sockaddr_storage *a, socklen_t n, u8 *out)
{
	memcpy(out, a, n);
	st16(out, (u16)sock_family_back(a->ss_family));
	if (a->ss_family == AF_INET6)
		st32(out + 24, ((const struct sockaddr_in6 *)(const void *)a)->sin6_scope_id);
	return n;
}

void sock_put_address(WThread *t, const struct sockaddr_storage *a, socklen_t n, u64 at, u64 size_at)
{
	u8 raw[sizeof *a];

	if (!at || !size_at)
		return;
	u32 all = sock_address_bytes(a, n, raw), room = mem_u32(t, size_at);
	memcpy(mem_out(t, at, MIN(all, room)), raw, MIN(all, room));
	mem_put_u32(t, size_at, all);
}

/* ---- making and ending ------------------------------------------------------------------------------------- */

u64 sock_handle(WTask *k, int fd, bool overlapped)
{
	WObj *o = obj_file(fd, NULL);

	o->socket = o->stream = true;
	o->overlapped = overlapped;
	o->task = k;
	return handle_new(k, o);
}

static u64 new_socket(WThread *t, const u64 *a, bool overlapped)
{
	int family = a[0] ? sock_family((u32)a[0]) : AF_INET;
	int fd = family < 0 ? (errno = EAFNOSUPPORT, -1) : socket(family, (int)a[1] | SOCK_CLOEXEC, (int)a[2]);

	if (fd < 0) {
		sock_fail_errno(t);
		return W_INVALID_HANDLE_VALUE;
	}
	error_set(t, 0);
	return sock_handle(t->task, fd, overlapped);
}

u64 w_socket(WThread *t, const u64 *a) { return new_socket(t, a, true); }

/* Family, kind, protocol, information (of another process's socket: not there), group, flags. */
u64 w_WSASocket(WThread *t, const u64 *a)
{
	const u64 b[3] = {(i32)a[0] == -1 ? 0 : a[0], (i32)a[1] == -1 ? SOCK_STREAM : a[1], (i32)a[2] == -1 ? 0 : a[2]};

	return new_socket(t, b, a[5] & 1);
}

u64 w_closesocket(WThread *t, const u64 *a)
{
	WObj *o = sock_of(t, a[0]);

	if (!o)
		return 0xffffffff;
	obj_drop(o);
	handle_close(t->task, a[0]);
	return 0;
}

u64 w_shutdown(WThread *t, const u64 *a)
{
	WObj *o = sock_of(t, a[0]);
	u64 r = o ? done(t, shutdown(o->fd, (int)a[1])) : 0xffffffff;

	if (o)
		obj_drop(o);
	return r;
}

u64 w_bind(WThread *t, const u64 *a)
{
	WObj *o = sock_of(t, a[0]);
	struct sockaddr_storage at;
	socklen_t n = o ? sock_address(t, a[1], a[2], &at) : 0;
	u64 r = n ? done(t, bind(o->fd, (struct sockaddr *)&at, n)) : 0xffffffff;

	if (o)
		obj_drop(o);
	return r;
}

u64 w_listen(WThread *t, const u64 *a)
{
	WObj *o = sock_of(t, a[0]);
	u64 r = o ? done(t, listen(o->fd, (int)MIN(a[1], (u64)4096))) : 0xffffffff;

	if (o)
		obj_drop(o);
	return r;
}

u64 w_connect(WThread *t, const u64 *a)
{
	WObj *o = sock_of(t, a[0]);
	struct sockaddr_storage at;
	socklen_t n = o ? sock_address(t, a[1], a[2], &at) : 0;
	int r = n ? connect(o->fd, (struct sockaddr *)&at, n) : -1;

	if (n && r != 0 && errno == EINTR) { /* it goes on by itself: wait for its end */
		int e = 0;
		socklen_t size = sizeof e;
		poll(&(struct pollfd){.fd = o->fd, .events = POLLOUT}, 1, -1);
		getsockopt(o->fd, SOL_SOCKET, SO_ERROR, &e, &size);
		r = e ? -1 : 0;
		errno = e;
	}
	u64 result = n ? done(t, r) : 0xffffffff;
	if (o) {
		o->connecting = r != 0 && n && error_get(t) == SOCK_WOULD_BLOCK;
		sock_again(t, o, SOCK_CONNECT | SOCK_WRITE | SOCK_READ | SOCK_CLOSE);
		obj_drop(o);
	}
	return result;
}

u64 w_accept(WThread *t, const u64 *a)
{
	WObj *o = sock_of(t, a[0]);
	struct sockaddr_storage from;
	socklen_t n = sizeof from;
	int fd = -1;

	if (!o)
		return W_INVALID_HANDLE_VALUE;
	do
		fd = accept4(o->fd, (struct sockaddr *)&from, &n, SOCK_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	int e = errno;
	sock_again(t, o, SOCK_ACCEPT);
	obj_drop(o);
	if (fd < 0) {
		error_set(t, sock_error(e));
		return W_INVALID_HANDLE_VALUE;
	}
	sock_put_address(t, &from, n, a[1], a[2]);
	return sock_handle(t->task, fd, true);
}

static u64 name_of(WThread *t, const u64 *a, int (*get)(int, struct sockaddr *, socklen_t *))
{
	WObj *o = sock_of(t, a[0]);
	struct sockaddr_storage at;
	socklen_t n = sizeof at;

	if (!o)
		return 0xffffffff;
	int r = get(o->fd, (struct sockaddr *)&at, &n);
	obj_drop(o);
	if (r != 0)
		return sock_fail_errno(t);
	if (mem_u32(t, a[2]) < n)
		return sock_fail(t, SOCK_FAULT);
	sock_put_address(t, &at, n, a[1], a[2]);
	return 0;
}

static int own_name(int fd, struct sockaddr *a, socklen_t *n) { return getsockname(fd, a, n); }
static int peer_name(int fd, struct sockaddr *a, socklen_t *n) { return getpeername(fd, a, n); }
u64 w_getsockname(WThread *t, const u64 *a) { return name_of(t, a, own_name); }
u64 w_getpeername(WThread *t, const u64 *a) { return name_of(t, a, peer_name); }

/* ---- bytes --------------------------------------------------------------------------------------------------- */

static int flags_of(u64 flags)
{
	enum { OOB = 1, PEEK = 2, NO_ROUTE = 4, WAIT_ALL = 8 };

	return (flags & OOB ? MSG_OOB : 0) | (flags & PEEK ? MSG_PEEK : 0) | (flags & NO_ROUTE ? MSG_DONTROUTE : 0) | (flags & WAIT_ALL ? MSG_WAITALL : 0) |
		MSG_NOSIGNAL;
}

/* A datagram that was longer than the room for it is an error, and what fitted is there. */
static u64 received(WThread *t, ssize_t n, u64 room)
{
	if (n < 0)
		return sock_fail_errno(t);
	if ((u64)n > room)
		return sock_fail(t, 10040);
	return (u64)n;
}

u64 w_recvfrom(WThread *t, const u64 *a)
{
	WObj *o = sock_of(t, a[0]);
	struct sockaddr_storage from;
	socklen_t n = sizeof from;
	ssize_t got;
	int type = SOCK_STREAM;
	socklen_t size = sizeof type;

	if (!o)
		return 0xffffffff;
	u8 *p = mem_out(t, a[1], a[2]);
	getsockopt(o->fd, SOL_SOCKET, SO_TYPE, &type, &size);
	do
		got = recvfrom(o->fd, p, a[2], flags_of(a[3]) | (type == SOCK_STREAM ? 0 : MSG_TRUNC), (struct sockaddr *)&from, &n);
	while (got < 0 && errno == EINTR);
	int e = errno;
	sock_again(t, o, SOCK_READ | SOCK_CLOSE);
	obj_drop(o);
	errno = e;
	if (got >= 0 && n)
		sock_put_address(t, &from, n, a[4], a[5]);
	return received(t, got, a[2]);
}

u64 w_recv(WThread *t, const u64 *a)
{
	return w_recvfrom(t, (u64[]){a[0], a[1], a[2], a[3], 0, 0});
}

u64 w_sendto(WThread *t, const u64 *a)
{
	WObj *o = sock_of(t, a[0]);
	struct sockaddr_storage to;
	socklen_t n = o && a[4] ? sock_address(t, a[4], a[5], &to) : 0;
	ssize_t sent;

	if (!o || (a[4] && !n)) {
		if (o)
			obj_drop(o);
		return 0xffffffff;
	}
	const u8 *p = mem_in(t, a[1], a[2]);
	do
		sent = sendto(o->fd, p, a[2], flags_of(a[3]), n ? (struct sockaddr *)&to : NULL, n);
	while (sent < 0 && errno == EINTR);
	int e = errno;
	sock_again(t, o, SOCK_WRITE);
	obj_drop(o);
	errno = e;
	return sent < 0 ? sock_fail_errno(t) : (u64)sent;
}

u64 w_send(WThread *t, const u64 *a)
{
	return w_sendto(t, (u64[]){a[0], a[1], a[2], a[3], 0, 0});
}

/* ---- modes and options ------------------------------------------------------------------------------------------ */

u64 w_ioctlsocket(WThread *t, const u64 *a)
{
	enum { READABLE = 0x4004667f, AT_MARK = 0x40047307 };
	WObj *o = sock_of(t, a[0]);
	int n = 0, r = -1;

	if (!o)
		return 0xffffffff;
	if ((u32)a[1] == 0x8004667eu) { /* FIONBIO */
		int flags = fcntl(o->fd, F_GETFL);
		r = fcntl(o->fd, F_SETFL, mem_u32(t, a[2]) ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
	} else if (a[1] == READABLE || a[1] == AT_MARK) {
		r = a[1] == READABLE ? ioctl(o->fd, FIONREAD, &n) : (n = sockatmark(o->fd)) < 0 ? -1 : 0;
		mem_put_u32(t, a[2], (u32)n);
	} else {
		errno = EOPNOTSUPP;
	}
	obj_drop(o);
	return done(t, r);
}

enum { INT, MILLISECONDS, LINGER, ERRNO, BYTES, NOTHING };

static const struct Option { u16 level; u32 name; int host_level, host_name, kind; } options[] = {
	{0xffff, 1, SOL_SOCKET, SO_DEBUG, INT}, {0xffff, 2, SOL_SOCKET, SO_ACCEPTCONN, INT}, {0xffff, 4, SOL_SOCKET, SO_REUSEADDR, INT},
	{0xffff, 8, SOL_SOCKET, SO_KEEPALIVE, INT}, {0xffff, 0x10, SOL_SOCKET, SO_DONTROUTE, INT}, {0xffff, 0x20, SOL_SOCKET, SO_BROADCAST, INT},
	{0xffff, 0x80, SOL_SOCKET, SO_LINGER, LINGER}, {0xffff, 0x100, SOL_SOCKET, SO_OOBINLINE, INT}, {0xffff, 0x1001, SOL_SOCKET, SO_SNDBUF, INT},
	{0xffff, 0x1002, SOL_SOCKET, SO_RCVBUF, INT}, {0xffff, 0x1005, SOL_SOCKET, SO_SNDTIMEO, MILLISECONDS},
	{0xffff, 0x1006, SOL_SOCKET, SO_RCVTIMEO, MILLISECONDS}, {0xffff, 0x1007, SOL_SOCKET, SO_ERROR, ERRNO}, {0xffff, 0x1008, SOL_SOCKET, SO_TYPE, INT},
	{0xffff, 0x700b, 0, 0, NOTHING}, {0xffff, 0x7010, 0, 0, NOTHING}, {0xffff, 0xfffffffb, 0, 0, NOTHING}, {0xffff, 0x3006, 0, 0, NOTHING},
	{6, 1, IPPROTO_TCP, TCP_NODELAY, INT}, {6, 3, IPPROTO_TCP, TCP_KEEPIDLE, INT}, {6, 16, IPPROTO_TCP, TCP_KEEPCNT, INT}, {6, 17, IPPROTO_TCP, TCP_KEEPINTVL, INT},
	{6, 15, IPPROTO_TCP, TCP_FASTOPEN, INT}, {0, 3, IPPROTO_IP, IP_TOS, INT}, {0, 4, IPPROTO_IP, IP_TTL, INT}, {0, 9, IPPROTO_IP, IP_MULTICAST_IF, BYTES},
	{0, 10, IPPROTO_IP, IP_MULTICAST_TTL, INT}, {0, 11, IPPROTO_IP, IP_MULTICAST_LOOP, INT}, {0, 12, IPPROTO_IP, IP_ADD_MEMBERSHIP, BYTES},
	{0, 13, IPPROTO_IP, IP_DROP_MEMBERSHIP, BYTES}, {41, 4, IPPROTO_IPV6, IPV6_UNICAST_HOPS, INT}, {41, 9, IPPROTO_IPV6, IPV6_MULTICAST_IF, INT},
	{41, 10, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, INT}, {41, 11, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, INT}, {41, 12, IPPROTO_IPV6, IPV6_JOIN_GROUP, BYTES},
	{41, 13, IPPROTO_IPV6, IPV6_LEAVE_GROUP, BYTES}, {41, 27, IPPROTO_IPV6, IPV6_V6ONLY, INT}
};

static const struct Option *option_of(const u64 *a)
{
	for (u32 i = 0; i < COUNT(options); i++)
		if (options[i].level == (u32)a[1] && options[i].name == (u32)a[2])
			return &options[i];
	return NULL;
}

static int set_option(WThread *t, int fd, const struct Option *o, u64 at, u64 size)
{
	u8 raw[256] = {0};

	if (size > sizeof raw || (size < 4 && o->kind != NOTHING && size != 1))
		return errno = EFAULT, -1;
	memcpy(raw, mem_in(t, at, size), size);
	int v = (int)ld32(raw);
	struct timeval tv = {v / 1000, v % 1000 * 1000};
	struct linger l = {ld16(raw), ld16(raw + 2)};
	switch (o->kind) {
	case MILLISECONDS:
		return setsockopt(fd, o->host_level, o->host_name, &tv, sizeof tv);
	case LINGER:
		return setsockopt(fd, o->host_level, o->host_name, &l, sizeof l);
	case BYTES:
		return setsockopt(fd, o->host_level, o->host_name, raw, (socklen_t)size);
	case NOTHING:
		return 0;
	default:
		return setsockopt(fd, o->host_level, o->host_name, &v, sizeof v);
	}
}

u64 w_setsockopt(WThread *t, const u64 *a)
{
	enum { DONT_LINGER = 0xff7f };
	WObj *o = sock_of(t, a[0]);
	const struct Option *opt = option_of(a);
	u64 r;

	if (!o)
		return 0xffffffff;
	if (opt)
		r = done(t, set_option(t, o->fd, opt, a[3], a[4]));
	else
		r = (u16)a[2] == DONT_LINGER && a[1] == 0xffff ? 0 : sock_fail(t, SOCK_NO_OPTION);
	obj_drop(o);
	return r;
}

static u64 get_option(WThread *t, WObj *o, const struct Option *opt, u64 at, u64 size_at)
{
	u8 raw[256] = {0};
	socklen_t n = sizeof raw;
	u32 room = mem_u32(t, size_at), size = 4;

	if (opt->kind != NOTHING && getsockopt(o->fd, opt->host_level, opt->host_name, raw, &n) != 0)
		return sock_fail_errno(t);
	int v;
	memcpy(&v, raw, sizeof v);
	struct timeval tv;
	struct linger l;
	memcpy(&tv, raw, sizeof tv);
	memcpy(&l, raw, sizeof l);
	if (opt->kind == MILLISECONDS)
		v = (int)(tv.tv_sec * 1000 + tv.tv_usec / 1000);
	else if (opt->kind == ERRNO)
		v = v ? (int)sock_error(v) : 0;
	else if (opt->kind == LINGER)
		v = (l.l_onoff ? 1 : 0) | l.l_linger << 16;
	st32(raw, (u32)v);
	if (room < 4)
		size = room == 1 ? 1 : 0;
	if (!size)
		return sock_fail(t, SOCK_FAULT);
	memcpy(mem_out(t, at, size), raw, size);
	mem_put_u32(t, size_at, size);
	return 0;
}

u64 w_getsockopt(WThread *t, const u64 *a)
{
	WObj *o = sock_of(t, a[0]);
	const struct Option *opt = option_of(a);

	if (!o)
		return 0xffffffff;
	u64 r = opt ? get_option(t, o, opt, a[3], a[4]) : sock_fail(t, SOCK_NO_OPTION);
	obj_drop(o);
	return r;
}
