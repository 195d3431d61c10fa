/* ioctl by table; what the table lacks is ENOTTY, counted and named. */
#include "layouts.h"

#include <sys/syscall.h>

typedef enum How { HOW_VALUE, HOW_GET, HOW_PUT } How;

static const struct Request {
	const char *name;
	u32 number;
	u8 how, kind;
} requests[] = {
#define I(name, number, how, kind) {#name, number, HOW_##how, LK_##kind},
#include "ioctl.def"
#undef I
};

static i64 perform(LThread *t, i64 fd, const struct Request *q, u64 arg)
{
	u64 store[LAYOUT_HOST_MAX / 8] = {0};
	i64 r;

	if (q->how == HOW_VALUE)
		return HOST(t, SYS_ioctl, fd, q->number, arg);
	if (q->how == HOW_GET && (r = layout_read(t, (LKind)q->kind, arg, store)) < 0)
		return r;
	r = HOST(t, SYS_ioctl, fd, q->number, store);
	if (r >= 0 && q->how == HOW_PUT && layout_write(t, (LKind)q->kind, arg, store) < 0)
		return -EFAULT;
	return r;
}

i64 ioctl_any(LThread *t, const u64 *a)
{
	for (u32 i = 0; i < COUNT(requests); i++)
		if (requests[i].number == (u32)a[1])
			return perform(t, (i64)a[0], &requests[i], a[2]);
	if (HOST(t, SYS_fcntl, a[0], F_GETFD) < 0)
		return -EBADF;
	call_missing(t, "ioctl", a[1]);
	return -ENOTTY;
}
