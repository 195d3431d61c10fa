/* prctl, by table; what is about the guest's own machine is here. */
#include "layouts.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

enum { HOW_VALUE, HOW_PUT };

static const struct Request {
	u32 number;
	u8 how;
} requests[] = {
#define P(name, number, how) {number, HOW_##how},
#include "prctl.def"
#undef P
};

static i64 put_int(LThread *t, const u64 *a)
{
	int v = 0;
	i64 r = HOST(t, SYS_prctl, a[0], &v);

	return r < 0 ? r : layout_write(t, LK_int, a[1], &v) < 0 ? -EFAULT : r;
}

static i64 set_name(LThread *t, u64 at)
{
	char name[16] = "";
	i64 n = xguest_string(t->x, at, name, sizeof name);

	name[sizeof name - 1] = 0;
	return n == -1 ? -EFAULT : HOST(t, SYS_prctl, PR_SET_NAME, name);
}

static i64 get_name(LThread *t, u64 at)
{
	char name[16] = "";
	i64 r = HOST(t, SYS_prctl, PR_GET_NAME, name);

	return r < 0 || xguest_write(t->x, at, name, sizeof name) ? r : -EFAULT;
}

static i64 get_tid_address(LThread *t, u64 at)
{
	u8 raw[8];

	st64(raw, t->clear_tid);
	return xguest_write(t->x, at, raw, t->wide ? 8 : 4) ? 0 : -EFAULT;
}

i64 prctl_any(LThread *t, const u64 *a)
{
	switch ((u32)a[0]) {
	case PR_SET_NAME: return set_name(t, a[1]);
	case PR_GET_NAME: return get_name(t, a[1]);
	case PR_GET_TID_ADDRESS: return get_tid_address(t, a[1]);
	case PR_GET_SECCOMP: return seccomp_mode(t);
	case PR_SET_SECCOMP: return seccomp_set(t, a[1], 0, a[2]);
	}
	for (u32 i = 0; i < COUNT(requests); i++)
		if (requests[i].number == (u32)a[0])
			return requests[i].how == HOW_PUT ? put_int(t, a) : HOST(t, SYS_prctl, (u32)a[0], a[1], a[2], a[3], a[4]);
	call_missing(t, "prctl", a[0]);
	return -EINVAL;
}
