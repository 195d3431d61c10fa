/* Messages with control data: sendmsg, recvmsg and their forms for many.  Control messages are converted one by one:
 * headers and their alignment differ between the widths (4 bytes on i386), and so do times. */
#include "layouts.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CONTROL_MAX = 65536, MANY_MAX = 1024, ADDR_SIZE = 128 };

static const struct { int level, type; u8 kind; } rows[] = {
#define SO(level, option, name, kind)
#define CM(level, type, kind) {level, type, LK_##kind},
#include "sockopt.def"
#undef SO
#undef CM
};

/* One message on its way. */
typedef struct Msg {
	struct LMsg g;
	struct msghdr h;
	struct iovec iov[IOV_MAX_GUEST];
	_Alignas(8) u8 addr[ADDR_SIZE];
	u8 *control;
} Msg;

static LKind kind_of(int level, int type)
{
	for (u32 i = 0; i < COUNT(rows); i++)
		if (rows[i].level == level && rows[i].type == type)
			return (LKind)rows[i].kind;
	return LK_NONE;
}

static u64 align_to(u64 n, u64 word)
{
	return (n + word - 1) & ~(word - 1);
}

/* ---- to the host ----------------------------------------------------------------------------------- */

/* Data of n guest bytes, an array of its kind, to the host's form; the bytes it then has. */
static size_t data_to_host(LKind k, bool wide, const u8 *from, size_t n, u8 *to)
{
	if (!k) {
		memcpy(to, from, n);
		return n;
	}
	u32 size = layout_size(k, wide), host = layout_host_size(k), count = (u32)(n / size);
	for (u32 i = 0; i < count; i++)
		layout_get(k, wide, from + i * size, to + i * host);
	return (size_t)count * host;
}

/* to has room for four times what the guest has. */
static i64 control_to_host(LThread *t, const u8 *from, u64 n, struct msghdr *h)
{
	u32 word = t->wide ? 8 : 4, head = layout_size(LK_cmsghdr, t->wide);
	u8 *to = h->msg_control;
	struct LCmsg c;

	h->msg_controllen = 0;
	for (u64 at = 0; n - at >= head; at += align_to(c.len, word)) {
		layout_get(LK_cmsghdr, t->wide, from + at, &c);
		if (c.len < head || c.len > n - at)
			return -EINVAL;
		struct cmsghdr *out = (void *)(to + h->msg_controllen);
		out->cmsg_level = c.level;
		out->cmsg_type = c.type;
		size_t size = data_to_host(kind_of(c.level, c.type), t->wide, from + at + head, c.len - head, CMSG_DATA(out));
		out->cmsg_len = CMSG_LEN(size);
		h->msg_controllen += CMSG_SPACE(size);
		if (align_to(c.len, word) >= n - at)
			break;
	}
	return 0;
}

static i64 read_control(LThread *t, Msg *m)
{
	u64 n = m->g.controllen;

	if (!m->g.control || !n)
		return 0;
	if (n > CONTROL_MAX)
		return -ENOBUFS;
	u8 *raw = xmalloc(n);
	m->control = xcalloc(4, n + 64);
	m->h.msg_control = m->control;
	i64 r = xguest_read(t->x, m->g.control, raw, n) ? control_to_host(t, raw, n, &m->h) : -EFAULT;
	free(raw);
	return r;
}

static i64 read_head(LThread *t, u64 at, int prot, Msg *m)
{
	memset(&m->h, 0, sizeof m->h);
	m->control = NULL;
	i64 r = layout_read(t, LK_msghdr, at, &m->g);
	if (r < 0)
		return r;
	if (m->g.iovlen > IOV_MAX_GUEST)
		return -EMSGSIZE;
	if ((i32)m->g.namelen < 0)
		return -EINVAL;
	m->h.msg_iov = m->iov;
	m->h.msg_iovlen = m->g.iovlen;
	return iov_read(t, m->g.iov, m->g.iovlen, prot, m->iov);
}

static i64 send_one(LThread *t, i64 fd, u64 at, u64 flags, Msg *m)
{
	i64 r = read_head(t, at, GP_READ, m);

	if (r == 0 && m->g.name && m->g.namelen) {
		m->h.msg_name = m->addr;
		m->h.msg_namelen = MIN(m->g.namelen, ADDR_SIZE);
		r = net_read_addr(t, m->g.name, m->h.msg_namelen, m->addr);
		i64 n = r == 0 ? net_confine(t, m->addr, m->h.msg_namelen, true) : r;
		m->h.msg_namelen = n > 0 ? (socklen_t)n : 0;
		r = n < 0 ? n : 0;
	}
	if (r == 0)
		r = read_control(t, m);
	if (r == 0)
		r = HOST(t, SYS_sendmsg, fd, &m->h, flags);
	free(m->control);
	return r < 0 ? net_error(t, fd, r) : r;
}

/* ---- to the guest ---------------------------------------------------------------------------------- */

/* Descriptors that the guest has no room for must not stay open in its process. */
static void close_rest(const u8 *fds, size_t from, size_t n)
{
	for (size_t i = from; i < n; i++) {
		int fd;
		memcpy(&fd, fds + 4 * i, 4);
		close(fd);
	}
}

/* Writes one control message behind the *used bytes of room; what does not fit is cut as the kernel cuts it. */
static void put_one(LThread *t, const struct cmsghdr *c, u8 *to, u64 room, u64 *used, int *flags)
{
	u32 word = t->wide ? 8 : 4, head = layout_size(LK_cmsghdr, t->wide);
	LKind k = kind_of(c->cmsg_level, c->cmsg_type);
	size_t n = c->cmsg_len - CMSG_LEN(0), host = k ? layout_host_size(k) : 1, size = k ? layout_size(k, t->wide) : 1;
	size_t count = n / host, fits = room - *used > head ? MIN(count, (room - *used - head) / size) : 0;
	bool rights = c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS;

	if (fits < count)
		*flags |= MSG_CTRUNC;
	if (rights)
		close_rest(CMSG_DATA(c), fits, count);
	if (room - *used < head || (rights && !fits))
		return;
	struct LCmsg out = {head + fits * size, c->cmsg_level, c->cmsg_type};
	layout_put(LK_cmsghdr, t->wide, &out, to + *used);
	for (size_t i = 0; i < fits; i++) {
		u8 *data = to + *used + head + i * size;
		if (k)
			layout_put(k, t->wide, CMSG_DATA(c) + i * host, data);
		else
			*data = CMSG_DATA(c)[i];
	}
	*used = MIN(*used + align_to(out.len, word), room);
}

static i64 write_control(LThread *t, Msg *m)
{
	u64 room = m->g.controllen, used = 0;
	u8 *to = xcalloc(1, room + 16);

	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m->h); c; c = CMSG_NXTHDR(&m->h, c))
		put_one(t, c, to, room, &used, &m->h.msg_flags);
	i64 r = used && !xguest_write(t->x, m->g.control, to, used) ? -EFAULT : 0;
	m->g.controllen = used;
	free(to);
	return r;
}

static i64 write_head(LThread *t, u64 at, Msg *m)
{
	i64 r = 0;

	if (m->g.name) {
		net_swap_family(m->addr, m->h.msg_namelen);
		if (!xguest_write(t->x, m->g.name, m->addr, MIN(MIN(m->h.msg_namelen, m->g.namelen), ADDR_SIZE)))
			return -EFAULT;
		m->g.namelen = m->h.msg_namelen;
	}
	if (m->control)
		r = write_control(t, m);
	else
		m->g.controllen = 0;
	m->g.flags = m->h.msg_flags;
	return r < 0 ? r : layout_write(t, LK_msghdr, at, &m->g);
}

static i64 recv_one(LThread *t, i64 fd, u64 at, u64 flags, Msg *m)
{
	i64 r = read_head(t, at, GP_WRITE, m), w;

	if (r < 0)
		return net_error(t, fd, r);
	if (m->g.name) {
		m->h.msg_name = m->addr;
		m->h.msg_namelen = ADDR_SIZE;
	}
	if (m->g.control && m->g.controllen) {
		m->g.controllen = MIN(m->g.controllen, CONTROL_MAX);
		m->h.msg_controllen = 2 * m->g.controllen + 64;
		m->h.msg_control = m->control = xcalloc(1, m->h.msg_controllen);
	}
	r = HOST(t, SYS_recvmsg, fd, &m->h, flags);
	w = r >= 0 ? write_head(t, at, m) : 0;
	free(m->control);
	return w < 0 ? w : r;
}

/* ---- calls ------------------------------------------------------------------------------------------- */

i64 msg_send(LThread *t, const u64 *a)
{
	Msg m;

	return send_one(t, (i64)a[0], a[1], a[2], &m);
}

i64 msg_recv(LThread *t, const u64 *a)
{
	Msg m;

	return recv_one(t, (i64)a[0], a[1], a[2], &m);
}

/* How many have passed; the first one's error counts, a later one's only ends it. */
static i64 each_message(LThread *t, const u64 *a, i64 (*one)(LThread *t, i64 fd, u64 at, u64 flags, Msg *m), const struct timespec *end)
{
	u32 size = layout_size(LK_mmsghdr, t->wide), n = MIN((u32)a[2], MANY_MAX);
	u64 flags = a[3] & ~(u64)MSG_WAITFORONE;
	struct timespec now;
	i64 r = net_error(t, (i64)a[0], 0);
	u32 i = 0;
	Msg m;

	if (r < 0)
		return r;
	for (; i < n; i++) {
		u64 at = a[1] + (u64)i * size;
		r = one(t, (i64)a[0], at, flags, &m);
		if (r < 0)
			break;
		struct LMmsg len = {(u32)r};
		u8 raw[64];
		layout_put(LK_mmsghdr, t->wide, &len, raw);
		u32 skip = layout_size(LK_msghdr, t->wide);
		if (!xguest_write(t->x, at + skip, raw + skip, 4))
			return -EFAULT;
		if (a[3] & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (end && clock_gettime(CLOCK_MONOTONIC, &now) == 0 &&
		    (now.tv_sec > end->tv_sec || (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec))) {
			i++;
			break;
		}
	}
	return i ? i : r;
}

i64 msg_send_many(LThread *t, const u64 *a)
{
	return each_message(t, a, send_one, NULL);
}

/* The timeout is looked at behind each message, as the kernel does it. */
i64 msg_recv_many(LThread *t, const u64 *a)
{
	const struct timespec *timeout = hostp(a[4]);
	struct timespec end;

	if (!timeout)
		return each_message(t, a, recv_one, NULL);
	if (timeout->tv_sec < 0 || (u64)timeout->tv_nsec > 999999999)
		return -EINVAL;
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += timeout->tv_nsec;
	end.tv_sec += timeout->tv_sec + end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	return each_message(t, a, recv_one, &end);
}
