/* Futexes and robust lists.  Words of guest memory are the host kernel's to wait on, unless the host has the other byte
 * order: then the operations in which the kernel itself calculates with a word are not there. */
#include "layouts.h"

#include <endian.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

/* ---- operations ----------------------------------------------------------------------------------------- */

/* The arguments behind the word, by operation. */
typedef enum Shape {
	SH_NONE, SH_WAIT, SH_WAKE, SH_REQUEUE, SH_WAKE_OP, SH_LOCK, SH_UNLOCK, SH_WAIT_PI
} Shape;

static const u8 shapes[] = {
	[FUTEX_WAIT] = SH_WAIT, [FUTEX_WAIT_BITSET] = SH_WAIT, [FUTEX_WAKE] = SH_WAKE, [FUTEX_WAKE_BITSET] = SH_WAKE,
	[FUTEX_REQUEUE] = SH_REQUEUE, [FUTEX_CMP_REQUEUE] = SH_REQUEUE, [FUTEX_WAKE_OP] = SH_WAKE_OP, [FUTEX_LOCK_PI] = SH_LOCK,
	[FUTEX_LOCK_PI2] = SH_LOCK, [FUTEX_TRYLOCK_PI] = SH_UNLOCK, [FUTEX_UNLOCK_PI] = SH_UNLOCK,
	[FUTEX_WAIT_REQUEUE_PI] = SH_WAIT_PI, [FUTEX_CMP_REQUEUE_PI] = SH_WAKE_OP
};

/* The host's address of a word; NULL: out of reach.  What the kernel writes must not lie on a guarded page. */
static void *word_at(LThread *t, u64 at, bool writes)
{
	return xguest_pin(t->x, at, 4, writes ? GP_WRITE : GP_READ);
}

static bool same_order(void)
{
	return htole32(1) == 1;
}

/* A timeout turns an interrupted wait into EINTR for good: when it ends, the caller knows. */
static i64 read_timeout(LThread *t, u64 at, LKind kind, struct timespec *ts)
{
	if (!at)
		return 0;
	t->once = true;
	return layout_read(t, kind, at, ts);
}

static i64 futex(LThread *t, const u64 *a, LKind time_kind)
{
	u32 op = (u32)a[1] & FUTEX_CMD_MASK;
	Shape shape = op < COUNT(shapes) ? (Shape)shapes[op] : SH_NONE;
	bool waits = shape == SH_WAIT || shape == SH_LOCK || shape == SH_WAIT_PI;
	bool two = shape == SH_REQUEUE || shape == SH_WAKE_OP || shape == SH_WAIT_PI;
	struct timespec ts, *timeout = waits && a[3] ? &ts : NULL;

	if (shape == SH_NONE || (shape >= SH_WAKE_OP && !same_order())) {
		call_missing(t, "futex", a[1]);
		return -ENOSYS;
	}
	if (a[0] & 3 || (two && a[4] & 3))
		return -EINVAL;
	if (waits && read_timeout(t, a[3], time_kind, &ts) < 0)
		return -EFAULT;
	void *word = word_at(t, a[0], shape >= SH_WAKE_OP), *other = two ? word_at(t, a[4], shape >= SH_WAKE_OP) : NULL;
	if (!word || (two && !other))
		return -EFAULT;
	u64 value = shape == SH_WAIT || shape == SH_WAIT_PI ? htole32((u32)a[2]) : a[2];
	u64 compare = op == FUTEX_CMP_REQUEUE || op == FUTEX_CMP_REQUEUE_PI ? htole32((u32)a[5]) : a[5];
	return HOST(t, SYS_futex, word, a[1], value, waits ? (u64)(uintptr_t)timeout : a[3], other, compare);
}

i64 futex_any(LThread *t, const u64 *a)
{
	return futex(t, a, LK_timespec);
}

i64 futex_any64(LThread *t, const u64 *a)
{
	return futex(t, a, LK_timespec64);
}

/* Waits on several words: { value, address, flags, nothing }, alike on both widths. */
i64 futex_waitv(LThread *t, const u64 *a)
{
	enum { MOST = 128, SIZE = 24 };
	struct { u64 value, word; u32 flags, nothing; } v[MOST];
	u8 raw[SIZE];

	if (a[1] < 1 || a[1] > MOST || !a[0])
		return -EINVAL;
	t->once = a[3] != 0;
	for (u32 i = 0; i < a[1]; i++) {
		if (!xguest_read(t->x, a[0] + i * SIZE, raw, SIZE))
			return -EFAULT;
		u64 at = ld64(raw + 8);
		if (at & 3)
			return -EINVAL;
		v[i].word = (u64)(uintptr_t)word_at(t, at, false);
		if (!v[i].word)
			return -EFAULT;
		v[i].value = htole32((u32)ld64(raw)) | (ld64(raw) >> 32 << 32);
		v[i].flags = ld32(raw + 16);
		v[i].nothing = ld32(raw + 20);
	}
	return HOST(t, SYS_futex_waitv, v, a[1], a[2], a[3], a[4]);
}

/* ---- robust lists ------------------------------------------------------------------------------------------ */

/* The program's width tells how they look, not that of the call. */

/* A list of the futexes that a thread holds: { next, offset of the word from an entry, entry that is about to change }. */
typedef struct Robust {
	u64 next, offset, pending;
} Robust;

enum { ROBUST_MOST = 2048, PI_BIT = 1 };

/* The host's kernel can walk the list itself, even when the process is killed, if it finds it at the guest's addresses.
 * What an i386 process holds that SIGKILL ends stays locked. */
static bool kernel_walks(LThread *t, u64 head)
{
	return t->wide && same_order() && sizeof(void *) == 8 && xguest_pin(t->x, head, 24, GP_READ) == hostp(head);
}

i64 futex_set_robust(LThread *t, const u64 *a)
{
	if (a[1] != (t->wide ? 24 : 12))
		return -EINVAL;
	t->robust = a[0];
	if (kernel_walks(t, a[0]))
		return HOST(t, SYS_set_robust_list, a[0], a[1]);
	signal_catch_fatal(t->task);
	return 0;
}

static i64 put_word(LThread *t, u64 at, u64 v)
{
	u8 raw[8];

	st64(raw, v);
	return xguest_write(t->x, at, raw, t->wide ? 8 : 4) ? 0 : -EFAULT;
}

i64 futex_get_robust(LThread *t, const u64 *a)
{
	u64 head = t->robust;
	bool found = !a[0] || (i32)a[0] == t->tid;

	thread_lock(t->task);
	for (LThread *o = t->task->threads; o && !found; o = o->next) {
		found = o->tid == (i32)a[0];
		head = o->robust;
	}
	thread_unlock(t->task);
	if (!found)
		return syscall(SYS_tgkill, getpid(), (i32)a[0], 0) && errno == ESRCH ? -ESRCH : -EPERM;
	return put_word(t, a[1], head) < 0 ? -EFAULT : put_word(t, a[2], t->wide ? 24 : 12);
}

static bool read_word(LThread *t, u64 at, u64 *out)
{
	u8 raw[8];

	if (!xguest_read(t->x, at, raw, t->task->wide ? 8 : 4))
		return false;
	*out = t->task->wide ? ld64(raw) : ld32(raw);
	return true;
}

static void wake_one(LThread *t, u64 at)
{
	void *word = word_at(t, at, false);

	if (word)
		syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* As the kernel's handle_futex_death has it (kernel/futex/core.c). */
static void owner_died(LThread *t, u64 at, bool pi, bool pending)
{
	u32 was, seen;
	u8 raw[4];

	if (!xguest_read(t->x, at, raw, 4))
		return;
	was = ld32(raw);
	do {
		if (pending && !pi && !was) {
			wake_one(t, at);
			return;
		}
		if ((was & FUTEX_TID_MASK) != (u32)t->tid)
			return;
		seen = was;
		if (!xguest_swap32(t->x, at, &was, (was & FUTEX_WAITERS) | FUTEX_OWNER_DIED))
			return;
	} while (was != seen);
	if (!pi && was & FUTEX_WAITERS)
		wake_one(t, at);
}

static bool read_head(LThread *t, Robust *r)
{
	u32 word = t->task->wide ? 8 : 4;

	return read_word(t, t->robust, &r->next) && read_word(t, t->robust + word, &r->offset) &&
		read_word(t, t->robust + 2 * word, &r->pending);
}

/* An entry is the address of the next one, with a bit that says of which kind that is. */
static void entry_died(LThread *t, const Robust *r, u64 entry, bool pending)
{
	u64 at = (entry & ~(u64)PI_BIT) + r->offset;

	owner_died(t, t->task->wide ? at : (u32)at, entry & PI_BIT, pending);
}

static void walk(LThread *t, const Robust *r)
{
	u64 entry = r->next, next;

	for (u32 k = 0; k < ROBUST_MOST && (entry & ~(u64)PI_BIT) != t->robust; k++, entry = next) {
		bool more = read_word(t, entry & ~(u64)PI_BIT, &next); /* before the lock is another's */
		if (entry != r->pending)
			entry_died(t, r, entry, false);
		if (!more)
			return;
	}
}

void thread_robust_end(LThread *t)
{
	Robust r;

	if (!t->robust)
		return;
	if (read_head(t, &r)) {
		walk(t, &r);
		if (r.pending)
			entry_died(t, &r, r.pending, true);
	}
	if (kernel_walks(t, t->robust))
		syscall(SYS_set_robust_list, NULL, 24);
	t->robust = 0;
}

void thread_robust_all(LTask *k)
{
	thread_lock(k);
	for (LThread *t = k->threads; k->own_robust && t; t = t->next)
		thread_robust_end(t);
	thread_unlock(k);
}
