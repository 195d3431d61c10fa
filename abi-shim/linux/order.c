/* Descriptors whose bytes are numbers in the machine's order: eventfd's, timerfd's, signalfd's and inotify's.  Where the
 * host is big-endian, read and write turn them; /proc says what a descriptor is. */
#include "abi.h"

#include <sys/syscall.h>
#include <unistd.h>

enum { INOTIFY_HEAD = 16, TURN_MAX = 4096 };

/* What the link of such a descriptor says, and the sizes of a record's numbers, a digit each. */
static const struct Special {
	const char *link, *sizes;
	u32 size;
} specials[] = {
	{"anon_inode:[eventfd]", "8", 8},
	{"anon_inode:[timerfd]", "8", 8},
	{"anon_inode:[signalfd]", "444444444444888822484", 128},
	{"anon_inode:inotify", "4444", INOTIFY_HEAD},
};

static const struct Special *special(i64 fd)
{
	char name[40], link[40];

	snprintf(name, sizeof name, "/proc/self/fd/%d", (int)fd);
	ssize_t n = readlink(name, link, sizeof link - 1);
	for (u32 i = 0; n > 0 && i < COUNT(specials); i++)
		if (strlen(specials[i].link) == (size_t)n && memcmp(specials[i].link, link, (size_t)n) == 0)
			return &specials[i];
	return NULL;
}

static void turn(u8 *p, const char *sizes)
{
	for (; *sizes; sizes++) {
		u32 n = (u32)(*sizes - '0');
		for (u32 i = 0; i < n / 2; i++) {
			u8 b = p[i];
			p[i] = p[n - 1 - i];
			p[n - 1 - i] = b;
		}
		p += n;
	}
}

static void turn_all(const struct Special *s, u8 *p, u64 n)
{
	for (u64 at = 0; at + s->size <= n;) {
		turn(p + at, s->sizes);
		at += s->size + (s->size == INOTIFY_HEAD ? ld32(p + at + 12) : 0); /* inotify: a name follows */
	}
}

i64 order_read(LThread *t, const u64 *a)
{
	i64 r = HOST(t, SYS_read, a[0], a[1], a[2]);
	const struct Special *s;
	u8 raw[TURN_MAX];

	if (r < 8 || r % 8 || r > TURN_MAX || !(s = special((i64)a[0])))
		return r;
	if (!xguest_read(t->x, t->raw[1], raw, (size_t)r))
		return -EFAULT;
	turn_all(s, raw, (u64)r);
	return xguest_write(t->x, t->raw[1], raw, (size_t)r) ? r : -EFAULT;
}

i64 order_write(LThread *t, const u64 *a)
{
	const struct Special *s;
	u8 raw[8];

	if (a[2] != 8 || !(s = special((i64)a[0])) || !xguest_read(t->x, t->raw[1], raw, 8))
		return HOST(t, SYS_write, a[0], a[1], a[2]);
	turn_all(s, raw, 8);
	return HOST(t, SYS_write, a[0], raw, 8);
}
