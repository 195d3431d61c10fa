/* ws2_32 and mswsock: overlapped operations of sockets, and what is said of many at once (select, polls, events). */
#include "sock.h"
#include "handlers.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

/* ---- buffers ------------------------------------------------------------------------------------------- */

enum { MOST = 64 };

/* WSABUFs as they were at the call: the program may reuse the array. */
typedef struct Buffers {
	u32 n;
	int flags;
	u64 from, from_size, flags_at;   /* of receiving: where the sender's address goes */
	struct sockaddr_storage to;      /* of sending */
	socklen_t to_size;
	struct { u64 at, size; } v[MOST];
} Buffers;

static Buffers *read_buffers(WThread *t, u64 at, u64 n)
{
	u64 word = t->wide ? 8 : 4;
	Buffers *b = n <= MOST ? xcalloc(1, sizeof *b) : NULL;

	for (u32 i = 0; b && i < n; i++) {
		b->v[i].size = mem_u32(t, at + 2 * word * i);
		b->v[i].at = mem_word(t, at + 2 * word * i + word);
	}
	if (b)
		b->n = (u32)n;
	else
		error_set(t, SOCK_INVALID);
	return b;
}

static u32 pin_buffers(WThread *t, const Buffers *b, struct iovec *v, bool out)
{
	for (u32 i = 0; i < b->n; i++)
		v[i] = (struct iovec){out ? mem_out(t, b->v[i].at, b->v[i].size) : mem_in(t, b->v[i].at, b->v[i].size), b->v[i].size};
	return b->n;
}

static i64 receive_now(WThread *t, WAsync *p)
{
	const Buffers *b = p->data;
	struct iovec v[MOST];
	struct sockaddr_storage from;
	struct msghdr m = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = v, .msg_iovlen = pin_buffers(t, b, v, true)};
	ssize_t n = recvmsg(p->fd, &m, b->flags | (p->arg[0] ? MSG_DONTWAIT : 0));

	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	if (b->from && m.msg_namelen)
		sock_put_address(t, &from, m.msg_namelen, b->from, b->from_size);
	if (b->flags_at)
		mem_put_u32(t, b->flags_at, 0);
	return m.msg_flags & MSG_TRUNC ? -EMSGSIZE : n;
}

static i64 send_now(WThread *t, WAsync *p)
{
	Buffers *b = p->data;
	struct iovec v[MOST];
	struct msghdr m = {.msg_name = b->to_size ? &b->to : NULL, .msg_namelen = b->to_size, .msg_iov = v, .msg_iovlen = pin_buffers(t, b, v, false)};
	ssize_t n = sendmsg(p->fd, &m, b->flags | MSG_NOSIGNAL | (p->arg[0] ? MSG_DONTWAIT : 0));

	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	p->arg[1] += (u64)n;
	for (u32 i = 0; i < b->n; i++) { /* what is left is sent when there is room */
		u64 part = MIN((u64)n, b->v[i].size);
		b->v[i].at += part;
		b->v[i].size -= part;
		n -= (ssize_t)part;
	}
	for (u32 i = 0; i < b->n; i++)
		if (b->v[i].size)
			return -EAGAIN;
	return (i64)p->arg[1];
}

/* By an OVERLAPPED, or at once: 0, or SOCKET_ERROR with the error set. */
static u64 transfer(WThread *t, WObj *o, Buffers *b, bool receive, u64 count, u64 overlapped, u64 routine)
{
	WAsync p = {.o = o, .fd = o->fd, .events = receive ? POLLIN : POLLOUT, .go = receive ? receive_now : send_now, .overlapped = overlapped, .apc = routine,
		.data = b};
	u64 r;

	if (overlapped) {
		p.arg[0] = 1;
		r = async_start(t, &p, count) ? 0 : 0xffffffff;
	} else {
		i64 n;
		bool nonblocking = fcntl(o->fd, F_GETFL) & O_NONBLOCK;
		while ((n = p.go(t, &p)) == -EAGAIN && !nonblocking)
			poll(&(struct pollfd){.fd = o->fd, .events = p.events}, 1, -1);
		if (n == -EAGAIN && p.arg[1])
			n = (i64)p.arg[1]; /* a part has been sent */
		free(b);
		if (count)
			mem_put_u32(t, count, n < 0 ? 0 : (u32)n);
		errno = (int)-n;
		r = n < 0 ? sock_fail_errno(t) : 0;
	}
	sock_again(t, o, receive ? SOCK_READ | SOCK_CLOSE : SOCK_WRITE);
	obj_drop(o);
	return r;
}

static int recv_flags(u64 f) { return (f & 1 ? MSG_OOB : 0) | (f & 2 ? MSG_PEEK : 0) | (f & 8 ? MSG_WAITALL : 0); }

static u64 receive(WThread *t, const u64 *a, u64 from, u64 from_size, u64 overlapped, u64 routine)
{
	WObj *o = sock_of(t, a[0]);
	Buffers *b = o ? read_buffers(t, a[1], a[2]) : NULL;

	if (!b) {
		if (o)
			obj_drop(o);
		return 0xffffffff;
	}
	b->flags = recv_flags(mem_u32(t, a[4]));
	b->flags_at = a[4];
	b->from = from;
	b->from_size = from_size;
	return transfer(t, o, b, true, a[3], overlapped, routine);
}

/* Socket, buffers, how many, received, flags, overlapped, routine. */
u64 w_WSARecv(WThread *t, const u64 *a) { return receive(t, a, 0, 0, a[5], a[6]); }
u64 w_WSARecvFrom(WThread *t, const u64 *a) { return receive(t, a, a[5], a[6], a[7], a[8]); }

static u64 send_(WThread *t, const u64 *a, u64 to, u64 to_size, u64 overlapped, u64 routine)
{
	WObj *o = sock_of(t, a[0]);
	Buffers *b = o ? read_buffers(t, a[1], a[2]) : NULL;

	if (b && to && !(b->to_size = sock_address(t, to, to_size, &b->to))) {
		free(b);
		b = NULL;
	}
	if (!b) {
		if (o)
			obj_drop(o);
		return 0xffffffff;
	}
	b->flags = a[4] & 1 ? MSG_OOB : 0;
	return transfer(t, o, b, false, a[3], overlapped, routine);
}

u64 w_WSASend(WThread *t, const u64 *a) { return send_(t, a, 0, 0, a[5], a[6]); }
u64 w_WSASendTo(WThread *t, const u64 *a) { return send_(t, a, a[5], a[6], a[7], a[8]); }

/* Socket, OVERLAPPED, bytes, wait, flags. */
u64 w_WSAGetOverlappedResult(WThread *t, const u64 *a)
{
	if (a[4])
		mem_put_u32(t, a[4], 0);
	return w_GetOverlappedResult(t, a);
}

/* ---- connecting by OVERLAPPED -------------------------------------------------------------------------------- */

static i64 connected_now(WThread *t, WAsync *p)
{
	struct pollfd v = {.fd = p->fd, .events = POLLOUT};
	int e = 0;
	socklen_t n = sizeof e;

	if (poll(&v, 1, 0) <= 0)
		return -EAGAIN;
	getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &e, &n);
	if (e)
		return -e;
	if (!p->size)
		return 0;
	ssize_t sent = send(p->fd, mem_in(t, p->at, p->size), p->size, MSG_NOSIGNAL | MSG_DONTWAIT);
	return sent < 0 ? -errno : sent;
}

/* Socket, address, its size, bytes to send first, how many, sent, overlapped. */
u64 w_ConnectEx(WThread *t, const u64 *a)
{
	WObj *o = sock_of(t, a[0]);
	struct sockaddr_storage at;
	socklen_t n = o ? sock_address(t, a[1], a[2], &at) : 0;
	u64 r = 0;

	if (n) {
		int flags = fcntl(o->fd, F_GETFL);
		fcntl(o->fd, F_SETFL, flags | O_NONBLOCK);
		int c = connect(o->fd, (struct sockaddr *)&at, n), e = errno;
		fcntl(o->fd, F_SETFL, flags);
		WAsync p = {.o = o, .fd = o->fd, .events = POLLOUT, .go = connected_now, .overlapped = a[6], .at = a[3], .size = a[3] ? a[4] : 0};
		r = c == 0 || e == EINPROGRESS ? async_start(t, &p, a[5]) : fail(t, sock_error(e));
	}
	if (o)
		obj_drop(o);
	return r;
}

/* The new connection takes the place of the second socket's descriptor. */
static i64 accept_now(WThread *t, WAsync *p)
{
	struct sockaddr_storage at[2];
	socklen_t n[2] = {sizeof at[0], sizeof at[1]};
	WObj *to = p->data;
	u8 raw[sizeof at[0]];
	struct pollfd v = {.fd = p->fd, .events = POLLIN};

	if (!p->arg[3]) {
		int fd = poll(&v, 1, 0) > 0 ? accept4(p->o->fd, NULL, NULL, SOCK_CLOEXEC) : (errno = EAGAIN, -1);
		if (fd < 0)
			return errno == ECONNABORTED || errno == EINTR ? -EAGAIN : -errno;
		dup3(fd, to->fd, O_CLOEXEC);
		close(fd);
		p->arg[3] = 1;
		if (p->size) /* the first bytes are waited for, too */
			p->fd = to->fd;
	}
	getsockname(to->fd, (struct sockaddr *)&at[0], &n[0]);
	getpeername(to->fd, (struct sockaddr *)&at[1], &n[1]);
	ssize_t got = p->size ? recv(to->fd, mem_out(t, p->at, p->size), p->size, MSG_DONTWAIT) : 0;
	if (got < 0)
		return -errno;
	for (u32 i = 0; i < 2; i++) {
		u32 size = sock_address_bytes(&at[i], n[i], raw), room = (u32)p->arg[i];
		memcpy(mem_out(t, p->at + p->size + (i ? p->arg[0] : 0), MIN(size, room)), raw, MIN(size, room));
	}
	return got;
}

/* Listening socket, new one, buffer, bytes to receive, room for this and that address, received, overlapped. */
u64 w_AcceptEx(WThread *t, const u64 *a)
{
	WObj *o = sock_of(t, a[0]), *to = o ? sock_of(t, a[1]) : NULL;
	u64 r = 0;

	if (to) {
		WAsync p = {.o = o, .fd = o->fd, .events = POLLIN, .go = accept_now, .overlapped = a[7], .at = a[2], .size = a[3], .arg = {a[4], a[5]}, .data = to, .object = true};
		r = async_start(t, &p, a[6]);
	}
	if (o)
		obj_drop(o);
	return r;
}

/* Buffer, bytes received at most, rooms; where: local, its size, remote, its size. */
u64 w_GetAcceptExSockaddrs(WThread *t, const u64 *a)
{
	for (u32 i = 0; i < 2; i++) {
		u64 at = a[0] + a[1] + (i ? a[2] : 0);
		u32 family = ld16(mem_in(t, at, 2));
		mem_put_word(t, a[4 + 2 * i], at);
		mem_put_u32(t, a[5 + 2 * i], family == 23 ? 28 : 16);
	}
	return 0;
}

u64 w_DisconnectEx(WThread *t, const u64 *a)
{
	WObj *o = sock_of(t, a[0]);

	if (!o)
		return 0;
	shutdown(o->fd, SHUT_RDWR);
	WAsync p = {.o = o, .overlapped = a[1]};
	if (a[1])
		async_done(t, &p, 0, false);
	obj_drop(o);
	return 1;
}

/* ---- controls ---------------------------------------------------------------------------------------------------- */

/* Functions that programs get by number: first words of their GUIDs. */
static u64 extension(WThread *t, u64 guid, u64 to, u64 returned)
{
	static const struct { u32 first; const char *name; } map[] = {
		{0x25a207b9, "ConnectEx"}, {0xb5367df1, "AcceptEx"}, {0xb5367df2, "GetAcceptExSockaddrs"}, {0x7fda2e11, "DisconnectEx"}
	};
	u32 first = mem_u32(t, guid), i = 0;
	Err e = {0};

	while (i < COUNT(map) && map[i].first != first)
		i++;
	WModule *m = i < COUNT(map) ? module_load(t, "mswsock.dll", false, &e) : NULL;
	u64 at = m ? module_export(t, m, map[i].name, 0) : 0;
	if (!at)
		return sock_fail(t, SOCK_INVALID);
	mem_put_word(t, to, at);
	if (returned)
		mem_put_u32(t, returned, t->wide ? 8 : 4);
	return 0;
}

static u64 keep_alive(WThread *t, WObj *o, u64 at)
{
	int on = mem_u32(t, at) != 0, idle = (int)(mem_u32(t, at + 4) + 999) / 1000, step = (int)(mem_u32(t, at + 8) + 999) / 1000;

	setsockopt(o->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	setsockopt(o->fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
	setsockopt(o->fd, IPPROTO_TCP, TCP_KEEPINTVL, &step, sizeof step);
	return 0;
}

/* Socket, code, in, bytes, out, bytes, returned, overlapped, routine. */
u64 w_WSAIoctl(WThread *t, const u64 *a)
{
	enum { BASE_HANDLE = 0x48000022, BSP_HANDLE = 0x4800001b };
	WObj *o = sock_of(t, a[0]);
	u64 r;

	if (!o)
		return 0xffffffff;
	if ((u32)a[1] == 0xc8000006u)
		r = extension(t, a[2], a[4], a[6]);
	else if ((u32)a[1] == 0x98000004u)
		r = a[3] >= 12 ? keep_alive(t, o, a[2]) : sock_fail(t, SOCK_FAULT);
	else if (a[1] == BASE_HANDLE || a[1] == BSP_HANDLE) {
		mem_put_word(t, a[4], a[0]);
		r = 0;
	} else if ((u32)a[1] == 0x9800000cu || (u32)a[1] == 0x98000017u) /* errors of datagrams are not told */
		r = 0;
	else
		r = w_ioctlsocket(t, (u64[]){a[0], a[1], a[1] == 0x4004667f ? a[4] : a[2]});
	obj_drop(o);
	return r;
}

/* ---- select and poll ------------------------------------------------------------------------------------------------ */

enum { SET_MOST = 1024 };

/* fd_set: a count, then sockets. */
static u32 read_set(WThread *t, u64 set, short events, struct pollfd *v, WObj **who, u64 *handle, u32 n)
{
	u64 word = t->wide ? 8 : 4;
	u32 count = set ? mem_u32(t, set) : 0;

	for (u32 i = 0; i < count && n < SET_MOST; i++) {
		handle[n] = mem_word(t, set + word + word * i);
		if (!(who[n] = sock_of(t, handle[n])))
			return ~0u;
		v[n] = (struct pollfd){.fd = who[n]->fd, .events = events};
		n++;
	}
	return n;
}

/* What of a poll's answer counts for a set: 0 to read, 1 to write, 2 for failed connections and urgent bytes. */
static bool in_set(WObj *o, const struct pollfd *v, u32 set)
{
	bool failed = o->connecting && v->revents & (POLLERR | POLLHUP);

	if (set == 0)
		return v->revents & (POLLIN | POLLHUP | POLLERR) && !failed;
	if (set == 1)
		return v->revents & POLLOUT && !failed;
	return v->revents & POLLPRI || failed;
}

u64 w_select(WThread *t, const u64 *a)
{
	static const short events[3] = {POLLIN, POLLOUT, POLLPRI};
	struct pollfd v[SET_MOST];
	WObj *who[SET_MOST];
	u64 handle[SET_MOST], word = t->wide ? 8 : 4, r = 0xffffffff;
	u32 end[4] = {0}, n = 0;
	int ms = a[4] ? (int)(mem_u32(t, a[4]) * 1000 + (mem_u32(t, a[4] + 4) + 999) / 1000) : -1;

	for (u32 s = 0; s < 3; s++) {
		u32 next = read_set(t, a[1 + s], events[s], v, who, handle, n);
		if (next == ~0u)
			goto out;
		end[s + 1] = n = next;
	}
	if (!n) {
		sock_fail(t, SOCK_INVALID);
		goto out;
	}
	while (poll(v, n, ms) < 0 && errno == EINTR)
		;
	r = 0;
	for (u32 s = 0; s < 3; s++) {
		u32 count = 0;
		for (u32 i = end[s]; i < end[s + 1]; i++)
			if (in_set(who[i], &v[i], s))
				mem_put_word(t, a[1 + s] + word + word * count++, handle[i]);
		if (a[1 + s])
			mem_put_u32(t, a[1 + s], count);
		r += count;
	}
	for (u32 i = 0; i < n; i++)
		if (v[i].revents & POLLOUT && !(v[i].revents & POLLERR))
			who[i]->connecting = false;
out:
	while (n)
		obj_drop(who[--n]);
	return r;
}

u64 w_WSAFDIsSet(WThread *t, const u64 *a)
{
	u64 word = t->wide ? 8 : 4;
	u32 n = mem_u32(t, a[1]);

	for (u32 i = 0; i < MIN(n, 4096u); i++)
		if (mem_word(t, a[1] + word + word * i) == a[0])
			return 1;
	return 0;
}

static const struct { u16 win; short host; } polls[] = {{0x100, POLLIN}, {0x200, POLLPRI}, {0x10, POLLOUT}, {1, POLLERR}, {2, POLLHUP}, {4, POLLNVAL}};

/* WSAPOLLFD: socket, what is asked, what there is. */
u64 w_WSAPoll(WThread *t, const u64 *a)
{
	u64 size = t->wide ? 16 : 8, word = t->wide ? 8 : 4;
	u32 n = (u32)a[1], count = 0;

	if (n > SET_MOST)
		return sock_fail(t, SOCK_NO_BUFFERS);
	struct pollfd v[SET_MOST];
	WObj *who[SET_MOST];
	for (u32 i = 0; i < n; i++) {
		u32 asked = ld16(mem_in(t, a[0] + size * i + word, 2));
		who[i] = sock_of(t, mem_word(t, a[0] + size * i));
		v[i] = (struct pollfd){.fd = who[i] ? who[i]->fd : -1};
		for (u32 k = 0; k < 3; k++)
			v[i].events |= asked & polls[k].win ? polls[k].host : 0;
	}
	while (poll(v, n, (int)a[2]) < 0 && errno == EINTR)
		;
	for (u32 i = 0; i < n; i++) {
		u16 got = who[i] ? 0 : 4;
		for (u32 k = 0; k < COUNT(polls); k++)
			got |= v[i].revents & polls[k].host ? polls[k].win : 0;
		st16(mem_out(t, a[0] + size * i + word + 2, 2), got);
		count += got != 0;
		if (who[i])
			obj_drop(who[i]);
	}
	return count;
}

/* ---- events ---------------------------------------------------------------------------------------------------------- */

/* What a socket tells its event: watched until it comes, and again when the program has reacted. */
typedef struct Net {
	WObj *event;
	u32 mask, came;      /* SOCK_* */
	u32 watched;         /* in the background just now */
	int error;           /* of connecting */
} Net;

static u32 ready_of(const WObj *o, u32 mask)
{
	struct pollfd v = {.fd = o->fd, .events = POLLIN | POLLOUT | POLLPRI};
	int listening = 0;
	socklen_t n = sizeof listening;
	u8 byte;
	u32 r = 0;

	if (poll(&v, 1, 0) <= 0)
		return 0;
	getsockopt(o->fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n);
	if (v.revents & POLLIN && listening)
		r |= SOCK_ACCEPT;
	else if (v.revents & POLLIN)
		r |= recv(o->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0 ? SOCK_CLOSE : SOCK_READ;
	if (v.revents & (POLLOUT | POLLERR | POLLHUP) && o->connecting)
		r |= SOCK_CONNECT;
	if (v.revents & POLLOUT && !listening)
		r |= SOCK_WRITE;
	if (v.revents & POLLPRI)
		r |= SOCK_OOB;
	if (v.revents & POLLHUP && !o->connecting)
		r |= SOCK_CLOSE;
	return r & mask;
}

static i64 notice(WThread *t, WAsync *p)
{
	Net *net = p->o->net;
	u32 r = ready_of(p->o, net->watched);

	if (!r)
		return -EAGAIN;
	pthread_mutex_lock(&t->task->lock);
	if (r & SOCK_CONNECT) {
		socklen_t n = sizeof net->error;
		getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &net->error, &n);
		p->o->connecting = false;
	}
	net->came |= r;
	u32 left = net->watched & ~r;
	net->watched = 0;
	if (net->event)
		net->event->signaled = true;
	pthread_cond_broadcast(&t->task->changed);
	pthread_mutex_unlock(&t->task->lock);
	if (left)
		sock_again(t, p->o, left);
	return 0;
}

void sock_again(WThread *t, WObj *o, u32 which)
{
	Net *net = o->net;

	if (!net || !(net->mask & which))
		return;
	pthread_mutex_lock(&t->task->lock);
	bool idle = !net->watched;
	net->watched |= net->mask & which & ~net->came;
	u32 now = net->watched;
	pthread_mutex_unlock(&t->task->lock);
	short events = (now & (SOCK_READ | SOCK_ACCEPT | SOCK_CLOSE) ? POLLIN : 0) | (now & (SOCK_WRITE | SOCK_CONNECT) ? POLLOUT : 0) | (now & SOCK_OOB ? POLLPRI : 0);
	if (!idle)
		async_forget(o); /* begun again, for more */
	if (now)
		async_watch(t->task, &(WAsync){.o = o, .fd = o->fd, .events = events, .go = notice});
}

/* Socket, event, mask; it makes the socket not wait. */
u64 w_WSAEventSelect(WThread *t, const u64 *a)
{
	WObj *o = sock_of(t, a[0]), *event = a[1] ? handle_get(t->task, a[1], WK_EVENT) : NULL;

	if (!o || (a[1] && !event)) {
		if (o)
			obj_drop(o);
		return sock_fail(t, o ? SOCK_INVALID : SOCK_NOT_ONE);
	}
	fcntl(o->fd, F_SETFL, fcntl(o->fd, F_GETFL) | O_NONBLOCK);
	async_forget(o);
	pthread_mutex_lock(&t->task->lock);
	Net *net = o->net ? o->net : (o->net = xcalloc(1, sizeof *net));
	WObj *old = net->event;
	*net = (Net){.event = event, .mask = event ? (u32)a[2] : 0};
	pthread_mutex_unlock(&t->task->lock);
	if (old)
		obj_drop(old);
	sock_again(t, o, ~0u);
	obj_drop(o);
	return 0;
}

void sock_forget(WObj *o)
{
	Net *net = o->net;

	if (net && net->event)
		obj_drop(net->event);
	free(net);
}

/* Socket, event to reset, WSANETWORKEVENTS: mask, then ten errors. */
u64 w_WSAEnumNetworkEvents(WThread *t, const u64 *a)
{
	WObj *o = sock_of(t, a[0]), *event = a[1] ? handle_get(t->task, a[1], WK_EVENT) : NULL;

	if (!o)
		return 0xffffffff;
	pthread_mutex_lock(&t->task->lock);
	Net *net = o->net;
	u32 came = net ? net->came : 0, error = net && net->error ? sock_error(net->error) : 0;
	if (net)
		net->came = 0, net->error = 0;
	if (event)
		event->signaled = false;
	pthread_mutex_unlock(&t->task->lock);
	u8 *p = mem_out(t, a[2], 44);
	memset(p, 0, 44);
	st32(p, came);
	st32(p + 4 + 4 * 4, error); /* of connecting */
	if (came & SOCK_CONNECT)
		sock_again(t, o, SOCK_WRITE | SOCK_READ | SOCK_CLOSE);
	if (event)
		obj_drop(event);
	obj_drop(o);
	return 0;
}

u64 w_WSACreateEvent(WThread *t, const u64 *a) { return handle_new(t->task, event_new(true)); }
