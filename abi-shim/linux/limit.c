/* Limits: those of the command line, and the guest's own.
 *
 * Address space, data and a small stack would hit the machine as well as its guest if the host's kernel kept them: they are
 * kept here, and address space is counted by what the guest has mapped.  Processes are counted in a table that all of a
 * guest's descendants share, because the kernel counts a user's. */
#include "layouts.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STACK_LEAST = 1 << 20, HIGH_FD = 800 };

/* ---- processes ---------------------------------------------------------------------------------------- */

/* The table: a word for each process or thread, its number; that of one that is gone is free again. */
static u32 *pids;

static bool is_gone(u32 pid)
{
	return pid == 0 || (syscall(SYS_kill, pid, 0) != 0 && errno == ESRCH);
}

i64 limit_claim(LTask *k)
{
	if (!pids)
		return 0;
	for (u32 i = 0; i < k->o.limit_pids; i++) {
		u32 pid = __atomic_load_n(&pids[i], __ATOMIC_ACQUIRE);
		if (is_gone(pid) && __atomic_compare_exchange_n(&pids[i], &pid, (u32)getpid(), false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return i;
	}
	return -EAGAIN;
}

void limit_settle(i64 slot, i64 pid)
{
	if (pids && slot >= 0)
		__atomic_store_n(&pids[slot], pid > 0 ? (u32)pid : 0, __ATOMIC_RELEASE);
}

/* The first process makes the table; what it executes gets it as a descriptor. */
static bool share_pids(LTask *k)
{
	size_t size = (size_t)k->o.limit_pids * sizeof *pids;
	int fd = k->o.pids_fd;

	if (fd < 0) {
		int low = memfd_create("pvm-pids", 0);
		if (low < 0 || ftruncate(low, (off_t)size) != 0)
			return false;
		fd = fcntl(low, F_DUPFD, HIGH_FD);
		if (fd >= 0)
			close(low);
		else
			fd = low;
	}
	pids = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pids == MAP_FAILED)
		return false;
	if (k->o.pids_fd < 0)
		pids[0] = (u32)getpid();
	k->o.pids_fd = fd;
	return true;
}

/* ---- the command line's ---------------------------------------------------------------------------------- */

/* soft and hard: SIGXCPU comes before the end by SIGKILL. */
static bool set_limit(int what, u64 soft, u64 hard)
{
	struct rlimit r;

	if (getrlimit(what, &r) != 0)
		return false;
	r.rlim_max = MIN(r.rlim_max, hard);
	r.rlim_cur = MIN(r.rlim_cur, MIN(soft, r.rlim_max));
	return setrlimit(what, &r) == 0;
}

bool limit_start(LTask *k, Err *e)
{
	const LinuxOpts *o = &k->o;
	u64 most = o->limit_mem ? o->limit_mem : RLIM_INFINITY;

	getrlimit(RLIMIT_AS, &k->space_limit);
	getrlimit(RLIMIT_DATA, &k->data_limit);
	getrlimit(RLIMIT_STACK, &k->stack_limit);
	k->space_limit.rlim_max = MIN(k->space_limit.rlim_max, most);
	k->space_limit.rlim_cur = MIN(k->space_limit.rlim_cur, most);
	k->o.x.limit = o->limit_mem;
	if ((o->limit_cpu && !set_limit(RLIMIT_CPU, o->limit_cpu, o->limit_cpu + 1ull)) || (o->limit_fds && !set_limit(RLIMIT_NOFILE, o->limit_fds, o->limit_fds)))
		return err_set(e, EXIT_VM, "limits cannot be set: %s", strerror(errno));
	if (o->limit_pids && !share_pids(k))
		return err_set(e, EXIT_VM, "processes cannot be counted: %s", strerror(errno));
	return true;
}

/* ---- the guest's ------------------------------------------------------------------------------------------ */

/* Where a limit is kept that is not the host's; NULL: the host's is. */
static struct rlimit *own(LTask *k, u64 what)
{
	return what == RLIMIT_AS ? &k->space_limit : what == RLIMIT_DATA ? &k->data_limit : what == RLIMIT_STACK ? &k->stack_limit : NULL;
}

static i64 set_own(LThread *t, u64 what, const struct rlimit *new)
{
	struct rlimit *r = own(t->task, what), host = *new;

	if (new->rlim_cur > new->rlim_max)
		return -EINVAL;
	if (new->rlim_max > r->rlim_max && geteuid() != 0)
		return -EPERM;
	*r = *new;
	if (what == RLIMIT_AS)
		guest_limit(t->task->x, new->rlim_cur == RLIM_INFINITY ? 0 : MAX(new->rlim_cur, 1));
	if (what != RLIMIT_STACK)
		return 0;
	host.rlim_cur = MAX(host.rlim_cur, (rlim_t)STACK_LEAST);
	host.rlim_max = MAX(host.rlim_max, host.rlim_cur);
	return HOST(t, SYS_prlimit64, 0, what, &host, NULL);
}

static i64 change(LThread *t, u64 pid, u64 what, const struct rlimit *new, struct rlimit *old)
{
	struct rlimit before;

	if (!own(t->task, what) || (pid && (i64)pid != getpid()))
		return HOST(t, SYS_prlimit64, pid, what, new, old);
	before = *own(t->task, what);
	i64 r = new ? set_own(t, what, new) : 0;
	if (r == 0 && old)
		*old = before;
	return r;
}

i64 limit_get(LThread *t, const u64 *a)
{
	return a[1] ? change(t, 0, a[0], NULL, hostp(a[1])) : HOST(t, SYS_getrlimit, a[0], 0);
}

/* i386's largest number of 32 bits says that there is no limit. */
static void widen(LThread *t, struct rlimit *r)
{
	if (t->wide)
		return;
	r->rlim_cur = (u32)r->rlim_cur == ~0u ? RLIM_INFINITY : r->rlim_cur;
	r->rlim_max = (u32)r->rlim_max == ~0u ? RLIM_INFINITY : r->rlim_max;
}

i64 limit_set(LThread *t, const u64 *a)
{
	struct rlimit new;

	if (!a[1])
		return HOST(t, SYS_setrlimit, a[0], 0);
	new = *(struct rlimit *)hostp(a[1]);
	widen(t, &new);
	return change(t, 0, a[0], &new, NULL);
}

i64 limit_change(LThread *t, const u64 *a)
{
	return change(t, a[0], a[1], hostp(a[2]), hostp(a[3]));
}
