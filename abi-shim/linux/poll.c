/* Waiting for descriptors. */
#include "layouts.h"

#include <stdlib.h>
#include <sys/syscall.h>

enum { POLL_MAX = 65536, FDS_MAX = 65536 };

/* ---- poll ------------------------------------------------------------------------------------------ */

static i64 read_fds(LThread *t, u64 at, u64 n, struct pollfd *fds)
{
	for (u64 i = 0; i < n; i++)
		if (layout_read(t, LK_pollfd, at + 8 * i, &fds[i]) < 0)
			return -EFAULT;
	return 0;
}

static i64 poll_fds(LThread *t, u64 at, u64 n, const struct timespec *timeout, const u64 *mask)
{
	struct timespec left;
	i64 r;

	if (n > POLL_MAX)
		return -EINVAL;
	struct pollfd *fds = xcalloc(n + 1, sizeof *fds);
	if (timeout)
		left = *timeout;
	r = read_fds(t, at, n, fds);
	if (r == 0)
		r = HOST(t, SYS_ppoll, fds, n, timeout ? &left : NULL, mask, 8);
	for (u64 i = 0; r >= 0 && i < n; i++)
		if (layout_write(t, LK_pollfd, at + 8 * i, &fds[i]) < 0)
			r = -EFAULT;
	if (timeout)
		t->left = left;
	free(fds);
	return r;
}

static struct timespec of_ms(i64 ms)
{
	return (struct timespec){ms / 1000, ms % 1000 * 1000000};
}

i64 poll_poll(LThread *t, const u64 *a)
{
	struct timespec ts = t->resumes ? t->left : of_ms((i64)a[2]);

	return poll_fds(t, a[0], a[1], (i64)a[2] < 0 ? NULL : &ts, NULL);
}

i64 poll_ppoll(LThread *t, const u64 *a)
{
	u64 mask = a[3] ? signal_wait_mask(t, *(u64 *)hostp(a[3])) : 0;

	return poll_fds(t, a[0], a[1], hostp(a[2]), a[3] ? &mask : NULL);
}

/* ---- select ---------------------------------------------------------------------------------------- */

/* A guest's set is a string of bytes in which bit 0 of the first is descriptor 0, on both widths. */
static i64 read_set(LThread *t, u64 at, u64 bytes, u64 *set)
{
	u8 raw[FDS_MAX / 8 + 8] = {0};

	if (!at)
		return 0;
	if (!xguest_read(t->x, at, raw, bytes))
		return -EFAULT;
	for (u64 i = 0; i < (bytes + 7) / 8; i++)
		set[i] = ld64(raw + 8 * i);
	return 0;
}

static bool write_set(LThread *t, u64 at, u64 bytes, const u64 *set)
{
	u8 raw[FDS_MAX / 8 + 8];

	for (u64 i = 0; i < (bytes + 7) / 8; i++)
		st64(raw + 8 * i, set[i]);
	return !at || xguest_write(t->x, at, raw, bytes);
}

static i64 select_fds(LThread *t, const u64 *a, struct timespec *timeout, const u64 *mask)
{
	u64 set[3][FDS_MAX / 64 + 1] = {{0}};
	u64 word = t->wide ? 64 : 32, n = a[0], bytes = (n + word - 1) / word * word / 8;
	struct { const u64 *mask; u64 size; } sig = {mask, 8};
	i64 r;

	if ((i64)n < 0 || n > FDS_MAX)
		return -EINVAL;
	for (u32 i = 0; i < 3; i++)
		if ((r = read_set(t, a[1 + i], bytes, set[i])) < 0)
			return r;
	r = HOST(t, SYS_pselect6, n, a[1] ? set[0] : NULL, a[2] ? set[1] : NULL, a[3] ? set[2] : NULL, timeout, mask ? &sig : NULL);
	for (u32 i = 0; r >= 0 && i < 3; i++)
		if (!write_set(t, a[1 + i], bytes, set[i]))
			return -EFAULT;
	return r;
}

/* The time that is left goes back to the caller. */
i64 poll_select(LThread *t, const u64 *a)
{
	struct timeval *tv = hostp(a[4]);
	struct timespec ts;

	if (!tv)
		return select_fds(t, a, NULL, NULL);
	if (tv->tv_sec < 0 || tv->tv_usec < 0)
		return -EINVAL;
	ts = (struct timespec){tv->tv_sec + tv->tv_usec / 1000000, tv->tv_usec % 1000000 * 1000};
	i64 r = select_fds(t, a, &ts, NULL);
	*tv = (struct timeval){ts.tv_sec, ts.tv_nsec / 1000};
	return r;
}

i64 poll_pselect(LThread *t, const u64 *a)
{
	u32 word = t->wide ? 8 : 4;
	u8 raw[8];
	u64 mask, at = 0;

	if (a[5]) {
		if (!xguest_read(t->x, a[5], raw, word))
			return -EFAULT;
		at = t->wide ? ld64(raw) : ld32(raw);
	}
	if (at) {
		if (!xguest_read(t->x, at, raw, 8))
			return -EFAULT;
		mask = signal_wait_mask(t, ld64(raw));
	}
	return select_fds(t, a, hostp(a[4]), at ? &mask : NULL);
}

/* i386's first select takes its arguments in memory. */
i64 poll_old_select(LThread *t, const u64 *a)
{
	struct timeval tv;
	u8 raw[20];
	u64 b[5];

	if (!xguest_read(t->x, a[0], raw, sizeof raw))
		return -EFAULT;
	for (u32 i = 0; i < 5; i++)
		b[i] = ld32(raw + 4 * i);
	b[0] = (u64)(i64)(i32)b[0];
	u64 at = b[4];
	if (at && layout_read(t, LK_timeval, at, &tv) < 0)
		return -EFAULT;
	b[4] = at ? (u64)(uintptr_t)&tv : 0;
	i64 r = poll_select(t, b);
	return at && r >= 0 && layout_write(t, LK_timeval, at, &tv) < 0 ? -EFAULT : r;
}

/* ---- epoll ----------------------------------------------------------------------------------------- */

i64 poll_epoll_create(LThread *t, const u64 *a)
{
	return (i64)a[0] > 0 ? HOST(t, SYS_epoll_create1, 0) : -EINVAL;
}

/* Batches as the host gives them; the guest's array may be longer. */
static i64 give_events(LThread *t, const u64 *a, const struct epoll_event *events, i64 n)
{
	u32 size = layout_size(LK_epoll_event, t->wide);

	for (i64 i = 0; i < n; i++)
		if (layout_write(t, LK_epoll_event, a[1] + (u64)i * size, &events[i]) < 0)
			return -EFAULT;
	return n;
}

static i64 wait_events(LThread *t, const u64 *a, const u64 *mask)
{
	struct epoll_event few[256], *events = few;
	i64 n = MIN((i64)a[2], (i64)FDS_MAX);

	if (n > (i64)COUNT(few))
		events = xmalloc((size_t)n * sizeof *events);
	i64 r = give_events(t, a, events, HOST(t, SYS_epoll_pwait, a[0], events, n, (i64)a[3], mask, 8));
	if (events != few)
		free(events);
	return r;
}

i64 poll_epoll_wait(LThread *t, const u64 *a)
{
	return wait_events(t, a, NULL);
}

i64 poll_epoll_pwait(LThread *t, const u64 *a)
{
	u64 mask = a[4] ? signal_wait_mask(t, *(u64 *)hostp(a[4])) : 0;

	if (a[4] && a[5] != 8)
		return -EINVAL;
	return wait_events(t, a, a[4] ? &mask : NULL);
}

i64 poll_epoll_pwait2(LThread *t, const u64 *a)
{
	u64 mask = a[4] ? signal_wait_mask(t, *(u64 *)hostp(a[4])) : 0;
	struct epoll_event events[256];

	if (a[4] && a[5] != 8)
		return -EINVAL;
	return give_events(t, a, events, HOST(t, SYS_epoll_pwait2, a[0], events, MIN((i64)a[2], (i64)COUNT(events)), a[3], a[4] ? &mask : NULL, 8));
}

/* ---- descriptors that tell of things ---------------------------------------------------------------- */

i64 poll_inotify_init(LThread *t, const u64 *a)
{
	return HOST(t, SYS_inotify_init1, 0);
}

i64 poll_eventfd(LThread *t, const u64 *a)
{
	return HOST(t, SYS_eventfd2, a[0], 0);
}

static i64 signal_fd(LThread *t, const u64 *a, u64 flags)
{
	if (a[2] != 8)
		return -EINVAL;
	if (!a[1])
		return -EFAULT;
	u64 mask = signal_host_mask(*(u64 *)hostp(a[1]));
	return HOST(t, SYS_signalfd4, (i64)a[0], &mask, 8, flags);
}

i64 poll_signalfd(LThread *t, const u64 *a)
{
	return signal_fd(t, a, 0);
}

i64 poll_signalfd4(LThread *t, const u64 *a)
{
	return signal_fd(t, a, a[3]);
}
