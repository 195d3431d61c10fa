/* Other processes: their memory, and signals to descriptors of processes. */
#include "layouts.h"

#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

i64 sig_pidfd_send(LThread *t, const u64 *a)
{
	u8 raw[SIGINFO_SIZE];
	siginfo_t si;

	if (!a[2])
		return HOST(t, SYS_pidfd_send_signal, a[0], a[1], 0, a[3]);
	if (!xguest_read(t->x, a[2], raw, sizeof raw))
		return -EFAULT;
	siginfo_get(t->wide, raw, &si);
	return HOST(t, SYS_pidfd_send_signal, a[0], a[1], &si, a[3]);
}

/* The other side's ranges: its addresses, which are the host's own for 64-bit guests.  Where an i386 guest's window lies is
 * known of those that are traced; of others it is where this process has its own, if they have been forked from it. */
static i64 read_far(LThread *t, i64 pid, u64 at, u64 n, struct iovec *out)
{
	const LTraced *p = tracer_any(t->task, pid);
	u64 base = p && p->at ? p->mem : (u64)(uintptr_t)xguest_pin(t->x, 0, 0, 0);
	bool wide = p && p->at ? p->wide : t->task->wide;
	struct LIovec v;

	if (n > IOV_MAX_GUEST)
		return -EINVAL;
	for (u64 i = 0; i < n; i++) {
		i64 r = iov_one(t, at, i, &v);
		if (r < 0)
			return r;
		if (!wide && v.at + v.size > (u64)1 << 32)
			v.size = v.at >> 32 ? 0 : ((u64)1 << 32) - v.at;
		out[i] = (struct iovec){hostp(base + v.at), (size_t)v.size};
	}
	return 0;
}

/* Of this process itself, only what the guest has is there. */
static i64 check_own(LThread *t, const struct iovec *v, u64 n, int prot)
{
	const u8 *base = xguest_pin(t->x, 0, 0, 0);

	for (u64 i = 0; i < n; i++)
		if (v[i].iov_len && !xguest_pin(t->x, (u64)((const u8 *)v[i].iov_base - base), v[i].iov_len, prot))
			return -EFAULT;
	return 0;
}

static i64 transfer(LThread *t, const u64 *a, long nr, int near_prot)
{
	struct iovec near[IOV_MAX_GUEST], far[IOV_MAX_GUEST];
	i64 r;

	if (a[5])
		return -EINVAL;
	if ((r = iov_read(t, a[1], a[2], near_prot, near)) < 0 || (r = read_far(t, (i64)a[0], a[3], a[4], far)) < 0)
		return r;
	if ((i64)a[0] == getpid() && (r = check_own(t, far, a[4], near_prot == GP_WRITE ? GP_READ : GP_WRITE)) < 0)
		return r;
	return HOST(t, nr, a[0], near, a[2], far, a[4], 0);
}

i64 proc_vm_readv(LThread *t, const u64 *a)
{
	return transfer(t, a, SYS_process_vm_readv, GP_WRITE);
}

i64 proc_vm_writev(LThread *t, const u64 *a)
{
	return transfer(t, a, SYS_process_vm_writev, GP_READ);
}
