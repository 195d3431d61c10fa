/* System V's shared memory, semaphores and messages, each call by itself and i386's one call for all.  The host's kernel
 * keeps the objects; structs are converted, and shared memory is mapped where the guest's address space has room. */
#include "layouts.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { IPC_64 = 0x100 /* said by i386's libc: the layouts of structs.def; the older ones are not here */ };
enum { MESSAGE_MAX = 1 << 20, OPS_MAX = 500, SEMS_MAX = 32000 };

/* ---- shared memory ----------------------------------------------------------------------------------- */

static i64 whole_pages(u64 n)
{
	return n > (u64)1 << 46 ? 0 : (i64)((n + GUEST_PAGE - 1) & ~(u64)(GUEST_PAGE - 1));
}

/* Attaches over an anonymous mapping that keeps the place in the guest's table. */
static i64 attach(LThread *t, int id, u64 at, u64 flags, u64 *where)
{
	enum { RDONLY = 010000, RND = 020000, REMAP = 040000, EXEC = 0100000 };
	XTask *x = t->task->x;
	struct shmid_ds ds;
	i64 r = HOST(t, SYS_shmctl, id, IPC_STAT, &ds);

	if (r < 0)
		return r;
	if (at && flags & RND)
		at &= ~(u64)(GUEST_PAGE - 1);
	if (at & (GUEST_PAGE - 1) || (!at && flags & REMAP))
		return -EINVAL;
	int prot = GP_READ | (flags & RDONLY ? 0 : GP_WRITE) | (flags & EXEC ? GP_EXEC : 0);
	XMapReq q = {.at = at, .size = (u64)whole_pages(ds.shm_segsz), .prot = GP_READ | GP_WRITE, .fd = -1, .shared = true,
		.fixed = at != 0, .noreplace = at && !(flags & REMAP), .name = "/SYSV", .object = (u64)(u32)id + 1};
	i64 to = guest_map(x, &q);
	if (to < 0)
		return to == -EEXIST ? -EINVAL : to;
	void *host = xguest_mapped(t->x, (u64)to, q.size);
	r = HOST(t, SYS_shmat, id, host, (flags & ~(u64)RND) | REMAP);
	if (r < 0 && r > -4096) {
		guest_unmap(x, (u64)to, q.size);
		return r;
	}
	if (prot != q.prot)
		guest_protect(x, (u64)to, q.size, prot);
	thread_lock(t->task);
	*map_put(&t->task->shm, (u64)to) = q.size;
	thread_unlock(t->task);
	*where = (u64)to;
	return 0;
}

i64 ipc_shmat(LThread *t, const u64 *a)
{
	u64 at = 0;
	i64 r = attach(t, (int)a[0], a[1], a[2], &at);

	return r < 0 ? r : (i64)at;
}

i64 ipc_shmdt(LThread *t, const u64 *a)
{
	i64 r = -EINVAL;

	thread_lock(t->task);
	u64 *size = map_get(&t->task->shm, a[0]);
	if (size && *size) {
		r = guest_unmap(t->task->x, a[0], *size);
		*size = 0;
	}
	thread_unlock(t->task);
	return r;
}

/* ---- the three *ctl calls ------------------------------------------------------------------------------ */

/* A command that takes (SET) or gives a struct. */
static i64 control(LThread *t, long nr, const u64 *a, u64 cmd, LKind k, bool set)
{
	_Alignas(8) u8 host[LAYOUT_HOST_MAX] = {0};
	i64 r = set ? layout_read(t, k, a[2], host) : 0;

	if (r == 0)
		r = HOST(t, nr, a[0], cmd, host);
	return r < 0 || set || layout_write(t, k, a[2], host) == 0 ? r : -EFAULT;
}

i64 ipc_shmctl(LThread *t, const u64 *a)
{
	u64 cmd = a[1] & ~(u64)IPC_64;

	switch (cmd) {
	case IPC_RMID: case SHM_LOCK: case SHM_UNLOCK: return HOST(t, SYS_shmctl, a[0], cmd, 0);
	case IPC_SET: return control(t, SYS_shmctl, a, cmd, LK_shmid, true);
	case IPC_STAT: case SHM_STAT: case SHM_STAT_ANY: return control(t, SYS_shmctl, a, cmd, LK_shmid, false);
	case IPC_INFO: return control(t, SYS_shmctl, a, cmd, LK_shminfo, false);
	case SHM_INFO: return control(t, SYS_shmctl, a, cmd, LK_shm_info, false);
	default: return -EINVAL;
	}
}

i64 ipc_msgctl(LThread *t, const u64 *a)
{
	u64 cmd = a[1] & ~(u64)IPC_64;

	switch (cmd) {
	case IPC_RMID: return HOST(t, SYS_msgctl, a[0], cmd, 0);
	case IPC_SET: return control(t, SYS_msgctl, a, cmd, LK_msqid, true);
	case IPC_STAT: case MSG_STAT: case MSG_STAT_ANY: return control(t, SYS_msgctl, a, cmd, LK_msqid, false);
	case IPC_INFO: case MSG_INFO: return control(t, SYS_msgctl, a, cmd, LK_msginfo, false);
	default: return -EINVAL;
	}
}

/* GETALL and SETALL: as many numbers of 16 bits as the set has. */
static i64 all_values(LThread *t, int id, u64 cmd, u64 at)
{
	struct semid_ds ds;
	i64 r = HOST(t, SYS_semctl, id, 0, IPC_STAT, &ds);

	if (r < 0)
		return r;
	if (ds.sem_nsems > SEMS_MAX)
		return -EINVAL;
	size_t n = ds.sem_nsems;
	u8 *raw = xcalloc(n + 1, 2);
	u16 *v = xcalloc(n + 1, 2);
	if (cmd == SETALL && !xguest_read(t->x, at, raw, 2 * n))
		r = -EFAULT;
	for (size_t i = 0; i < n; i++)
		v[i] = ld16(raw + 2 * i);
	if (r == 0)
		r = HOST(t, SYS_semctl, id, 0, cmd, v);
	for (size_t i = 0; i < n; i++)
		st16(raw + 2 * i, v[i]);
	if (r >= 0 && cmd == GETALL && !xguest_write(t->x, at, raw, 2 * n))
		r = -EFAULT;
	free(raw);
	free(v);
	return r;
}

i64 ipc_semctl(LThread *t, const u64 *a)
{
	const u64 cmd = a[2] & ~(u64)IPC_64, ctl[] = {a[0], cmd, a[3]};
	_Alignas(8) u8 host[LAYOUT_HOST_MAX] = {0};
	LKind k = cmd == IPC_INFO || cmd == SEM_INFO ? LK_seminfo : LK_semid;
	i64 r;

	switch (cmd) {
	case IPC_RMID: case GETVAL: case GETPID: case GETNCNT: case GETZCNT:
		return HOST(t, SYS_semctl, a[0], a[1], cmd, 0);
	case SETVAL: /* the int of a union: on big-endian hosts the kernel takes the upper half of the word */
		return HOST(t, SYS_semctl, a[0], a[1], cmd, htole32(1) == 1 ? (u64)(i64)(i32)a[3] : a[3] << 32);
	case GETALL: case SETALL:
		return all_values(t, (int)a[0], cmd, a[3]);
	case IPC_SET: case IPC_STAT: case SEM_STAT: case SEM_STAT_ANY: case IPC_INFO: case SEM_INFO:
		if (cmd == IPC_SET && layout_read(t, k, ctl[2], host) < 0)
			return -EFAULT;
		r = HOST(t, SYS_semctl, a[0], a[1], cmd, host);
		return r < 0 || cmd == IPC_SET || layout_write(t, k, ctl[2], host) == 0 ? r : -EFAULT;
	default:
		return -EINVAL;
	}
}

/* ---- semaphores and messages --------------------------------------------------------------------------- */

static i64 operate(LThread *t, const u64 *a, const struct timespec *timeout)
{
	struct sembuf ops[OPS_MAX];

	if (!a[2])
		return -EINVAL;
	if (a[2] > OPS_MAX)
		return -E2BIG;
	for (u64 i = 0; i < a[2]; i++)
		if (layout_read(t, LK_sembuf, a[1] + i * layout_size(LK_sembuf, t->wide), &ops[i]) < 0)
			return -EFAULT;
	return HOST(t, SYS_semtimedop, a[0], ops, a[2], timeout);
}

i64 ipc_semop(LThread *t, const u64 *a)
{
	return operate(t, a, NULL);
}

i64 ipc_semtimedop(LThread *t, const u64 *a)
{
	return operate(t, a, hostp(a[3]));
}

/* A message: its type, a long, and the text. */
i64 ipc_msgsnd(LThread *t, const u64 *a)
{
	u32 word = t->wide ? 8 : 4;
	u8 raw[8];

	if (!xguest_read(t->x, a[1], raw, word))
		return -EFAULT;
	if (a[2] > MESSAGE_MAX)
		return -EINVAL;
	struct { long type; u8 text[]; } *m = xmalloc(sizeof *m + a[2] + 1);
	m->type = t->wide ? (long)ld64(raw) : (i32)ld32(raw);
	i64 r = xguest_read(t->x, a[1] + word, m->text, a[2]) ? HOST(t, SYS_msgsnd, a[0], m, a[2], a[3]) : -EFAULT;
	free(m);
	return r;
}

i64 ipc_msgrcv(LThread *t, const u64 *a)
{
	u32 word = t->wide ? 8 : 4;
	u64 size = MIN(a[2], MESSAGE_MAX);
	u8 raw[8];

	if ((i64)a[2] < 0)
		return -EINVAL;
	struct { long type; u8 text[]; } *m = xmalloc(sizeof *m + size + 1);
	i64 r = HOST(t, SYS_msgrcv, a[0], m, size, a[3], a[4]);
	if (r >= 0) {
		st64(raw, (u64)m->type);
		if (!xguest_write(t->x, a[1], raw, word) || !xguest_write(t->x, a[1] + word, m->text, (size_t)r))
			r = -EFAULT;
	}
	free(m);
	return r;
}

/* ---- i386's one call for all ----------------------------------------------------------------------------- */

static i64 read_word(LThread *t, u64 at, u64 *v)
{
	u8 raw[4];

	if (!xguest_read(t->x, at, raw, 4))
		return -EFAULT;
	*v = ld32(raw);
	return 0;
}

/* ipc(call, first, second, third, pointer, fifth): ipc/syscall.c. */
static i64 old_msgrcv(LThread *t, const u64 *a, bool new)
{
	u64 at = a[4], type = a[5];
	i64 r = 0;

	if (!new && ((r = at ? read_word(t, a[4], &at) : -EINVAL) < 0 || (r = read_word(t, a[4] + 4, &type)) < 0))
		return r;
	const u64 b[] = {a[1], at, (u64)(i64)(i32)a[2], (u64)(i64)(i32)type, a[3]};
	return ipc_msgrcv(t, b);
}

static i64 old_semtimedop(LThread *t, const u64 *a)
{
	struct timespec ts;
	const u64 b[] = {a[1], a[4], (u32)a[2]};

	if (a[5] && layout_read(t, LK_timespec, a[5], &ts) < 0)
		return -EFAULT;
	return operate(t, b, a[5] ? &ts : NULL);
}

i64 ipc_any(LThread *t, const u64 *a)
{
	enum { SEMOP = 1, SEMGET, SEMCTL, SEMTIMEDOP, MSGSND = 11, MSGRCV, MSGGET, MSGCTL, SHMAT = 21, SHMDT, SHMGET, SHMCTL };
	u64 b[5] = {a[1], (u64)(i64)(i32)a[2], (u64)(i64)(i32)a[3], a[4], a[5]}, at = 0;
	const u64 ctl[] = {a[1], b[1], a[4]}, send[] = {a[1], a[4], (u32)a[2], (u32)a[3]};
	u8 raw[4];
	i64 r;

	switch (a[0] & 0xffff) {
	case SEMOP: return operate(t, (const u64[]){a[1], a[4], (u32)a[2]}, NULL);
	case SEMTIMEDOP: return old_semtimedop(t, a);
	case SEMGET: return HOST(t, SYS_semget, (i64)(i32)a[1], b[1], b[2]);
	case SEMCTL: return a[4] ? (r = read_word(t, a[4], &b[3])) < 0 ? r : ipc_semctl(t, b) : -EINVAL;
	case MSGSND: return ipc_msgsnd(t, send);
	case MSGRCV: return old_msgrcv(t, a, a[0] >> 16);
	case MSGGET: return HOST(t, SYS_msgget, a[1], b[1]);
	case MSGCTL: return ipc_msgctl(t, ctl);
	case SHMAT:
		if (a[0] >> 16 == 1)
			return -EINVAL;
		if ((r = attach(t, (int)a[1], a[4], (u32)a[2], &at)) < 0)
			return r;
		st32(raw, (u32)at);
		return xguest_write(t->x, a[3], raw, 4) ? 0 : -EFAULT;
	case SHMDT: return ipc_shmdt(t, &a[4]);
	case SHMGET: return HOST(t, SYS_shmget, a[1], (u32)a[2], b[2]);
	case SHMCTL: return ipc_shmctl(t, ctl);
	default:
		call_missing(t, "ipc", a[0]);
		return -ENOSYS;
	}
}
