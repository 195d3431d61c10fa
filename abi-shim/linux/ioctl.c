/* ioctl by table; what the table lacks is ENOTTY, counted and named. */
#include "layouts.h"

#include <sys/syscall.h>

enum { SIOCGIFCONF_ = 0x8912 };

typedef enum How { HOW_VALUE, HOW_GET, HOW_PUT, HOW_BOTH } How;

static const struct Request {
	const char *name;
	u32 number;
	u8 how, kind;
} requests[] = {
#define I(name, number, how, kind) {#name, number, HOW_##how, LK_##kind},
#include "ioctl.def"
#undef I
};

/* i386 has other numbers for a few, because a pointer's size is in them. */
static u32 host_number(const struct Request *q)
{
	static const u32 pairs[][2] = {{0x80041272, 0x80081272}, {0x80046601, 0x80086601}, {0x40046602, 0x40086602}, {0x80047601, 0x80087601}};

	for (u32 i = 0; i < COUNT(pairs); i++)
		if (q->number == pairs[i][0])
			return pairs[i][1];
	return q->number;
}

static i64 perform(LThread *t, i64 fd, const struct Request *q, u64 arg)
{
	u64 store[LAYOUT_HOST_MAX / 8] = {0};
	i64 r;

	if (q->how == HOW_VALUE)
		return HOST(t, SYS_ioctl, fd, q->number, arg);
	if (q->how != HOW_PUT && (r = layout_read(t, (LKind)q->kind, arg, store)) < 0)
		return r;
	r = HOST(t, SYS_ioctl, fd, host_number(q), store);
	if (r >= 0 && q->how != HOW_GET && layout_write(t, (LKind)q->kind, arg, store) < 0)
		return -EFAULT;
	return r;
}

/* SIOCGIFCONF: an array of interfaces behind a pointer, or only how long it would be. */
static i64 interfaces(LThread *t, i64 fd, u64 at)
{
	enum { MANY = 256 };
	struct LIfAddr host[MANY];
	struct LIfConf g;
	struct { int len; void *at; } h = {sizeof host, host};
	u32 size = layout_size(LK_ifreq_addr, t->wide);
	i64 r = layout_read(t, LK_ifconf, at, &g);

	if (r == 0)
		r = HOST(t, SYS_ioctl, fd, SIOCGIFCONF_, &h);
	if (r < 0)
		return r;
	int n = h.len / (int)sizeof *host;
	if (g.at)
		n = MIN(n, MAX(g.len, 0) / (int)size);
	for (int i = 0; g.at && i < n; i++)
		if (layout_write(t, LK_ifreq_addr, g.at + (u64)i * size, &host[i]) < 0)
			return -EFAULT;
	g.len = n * (int)size;
	return layout_write(t, LK_ifconf, at, &g);
}

/* Linear search is short beside the call: the commonest stand first. */
i64 ioctl_any(LThread *t, const u64 *a)
{
	if ((u32)a[1] == SIOCGIFCONF_)
		return interfaces(t, (i64)a[0], a[2]);
	for (u32 i = 0; i < COUNT(requests); i++)
		if (requests[i].number == (u32)a[1])
			return perform(t, (i64)a[0], &requests[i], a[2]);
	if (HOST(t, SYS_fcntl, a[0], F_GETFD) < 0)
		return -EBADF;
	call_missing(t, "ioctl", a[1]);
	return -ENOTTY;
}
