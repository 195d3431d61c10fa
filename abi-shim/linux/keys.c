/* The kernel's keys: handed on, with pointers as the operation has them (linux/keyctl.h). */
#include "layouts.h"

#include <stdlib.h>
#include <sys/syscall.h>

enum { KEY_BYTES = 1 << 20, KEY_NAME = 4096, MAX_ARGS = 4 };

/* Of each operation its arguments: i a number, s a string, S one that may be missing, b and o a buffer that the kernel reads or
 * writes, whose size is next. */
static const char *const shapes[] = {
	[0] = "ii", [1] = "S", [2] = "ibi", [3] = "i", [4] = "iii", [5] = "ii", [6] = "ioi", [7] = "i", [8] = "ii", [9] = "ii", [10] = "issi",
	[11] = "ioi", [12] = "ibii", [13] = "iii", [14] = "i", [15] = "ii", [16] = "i", [17] = "ioi", [18] = "", [19] = "iiii", [21] = "i",
	[22] = "ii", [29] = "iSS", [30] = "iiii", [31] = "oi"
};

typedef struct Held {
	char *string[2];
	u32 n;
} Held;

static i64 hold_string(LThread *t, u64 at, bool may_miss, Held *h, u64 *out)
{
	char *s = h->string[h->n] = xmalloc(KEY_NAME);

	h->n++;
	*out = at ? (u64)(uintptr_t)s : 0;
	if (!at)
		return may_miss ? 0 : -EFAULT;
	i64 n = xguest_string(t->x, at, s, KEY_NAME);
	return n == -1 ? -EFAULT : n < 0 ? -EINVAL : 0;
}

/* A buffer of the kernel's room is asked for its size first: none at all is right. */
static i64 hold_buffer(LThread *t, u64 at, u64 n, bool writes, u64 *out)
{
	*out = 0;
	if (!at || !n)
		return 0;
	if (n > KEY_BYTES)
		return -EINVAL;
	void *p = xguest_pin(t->x, at, n, writes ? GP_WRITE : GP_READ);
	*out = (u64)(uintptr_t)p;
	return p ? 0 : -EFAULT;
}

i64 keys_control(LThread *t, const u64 *a)
{
	const char *shape = a[0] < COUNT(shapes) ? shapes[a[0]] : NULL;
	u64 v[MAX_ARGS] = {0};
	Held h = {.n = 0};
	i64 r = 0;

	if (!shape) {
		call_missing(t, "keyctl", a[0]);
		return -EOPNOTSUPP;
	}
	for (u32 i = 0; r == 0 && shape[i]; i++) {
		v[i] = a[1 + i];
		if (shape[i] == 's' || shape[i] == 'S')
			r = hold_string(t, a[1 + i], shape[i] == 'S', &h, &v[i]);
		else if (shape[i] != 'i')
			r = hold_buffer(t, a[1 + i], a[2 + i], shape[i] == 'o', &v[i]);
	}
	if (r == 0)
		r = HOST(t, SYS_keyctl, a[0], v[0], v[1], v[2], v[3]);
	for (u32 i = 0; i < h.n; i++)
		free(h.string[i]);
	return r;
}

i64 keys_request(LThread *t, const u64 *a)
{
	Held h = {.n = 0};
	u64 info;
	i64 r = hold_string(t, a[2], true, &h, &info);

	if (r == 0)
		r = HOST(t, SYS_request_key, a[0], a[1], info, a[3]);
	free(h.string[0]);
	return r;
}
