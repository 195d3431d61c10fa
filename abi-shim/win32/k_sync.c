/* kernel32 and ntdll: critical sections, slots of threads, sleeping. */
#include "handlers.h"

#include <time.h>

/* RTL_CRITICAL_SECTION: debug info, lock count, recursion count, owner, semaphore, spin count. */
static u64 lock_count(const WThread *t, u64 cs) { return cs + (t->wide ? 8 : 4); }
static u64 recursion(const WThread *t, u64 cs) { return cs + (t->wide ? 12 : 8); }
static u64 owner(const WThread *t, u64 cs) { return cs + (t->wide ? 16 : 12); }

u64 w_InitializeCriticalSection(WThread *t, const u64 *a)
{
	u32 size = t->wide ? 40 : 24;

	memset(mem_out(t, a[0], size), 0, size);
	mem_put_word(t, a[0], ~(u64)0); /* no debug info */
	mem_put_u32(t, lock_count(t, a[0]), ~0u);
	return 0;
}

u64 w_InitializeCriticalSectionEx(WThread *t, const u64 *a) { return !w_InitializeCriticalSection(t, a); }

static bool take(WThread *t, u64 cs)
{
	u64 who = mem_word(t, owner(t, cs));

	if (who && who != t->tid)
		return false;
	mem_put_word(t, owner(t, cs), t->tid);
	mem_put_u32(t, recursion(t, cs), mem_u32(t, recursion(t, cs)) + 1);
	mem_put_u32(t, lock_count(t, cs), mem_u32(t, lock_count(t, cs)) - 4);
	return true;
}

u64 w_EnterCriticalSection(WThread *t, const u64 *a)
{
	task_lock(t);
	while (!take(t, a[0]))
		pthread_cond_wait(&t->task->changed, &t->task->lock);
	task_unlock(t);
	return 0;
}

u64 w_TryEnterCriticalSection(WThread *t, const u64 *a)
{
	task_lock(t);
	bool ok = take(t, a[0]);
	task_unlock(t);
	return ok;
}

u64 w_LeaveCriticalSection(WThread *t, const u64 *a)
{
	task_lock(t);
	u32 n = mem_u32(t, recursion(t, a[0])) - 1;
	mem_put_u32(t, recursion(t, a[0]), n);
	mem_put_u32(t, lock_count(t, a[0]), mem_u32(t, lock_count(t, a[0])) + 4);
	if (!n) {
		mem_put_word(t, owner(t, a[0]), 0);
		pthread_cond_broadcast(&t->task->changed);
	}
	task_unlock(t);
	return 0;
}

u64 w_Sleep(WThread *t, const u64 *a)
{
	struct timespec ts = {(time_t)(a[0] / 1000), (long)(a[0] % 1000) * 1000000};

	while (nanosleep(&ts, &ts) != 0)
		;
	return 0;
}

/* ---- single words, as functions (i386) -------------------------------------------------------------------- */

static u32 *word_at(WThread *t, u64 at)
{
	return mem_out(t, at & ~(u64)3, 4);
}

u64 w_InterlockedIncrement(WThread *t, const u64 *a) { return __atomic_add_fetch(word_at(t, a[0]), 1, __ATOMIC_SEQ_CST); }
u64 w_InterlockedDecrement(WThread *t, const u64 *a) { return __atomic_sub_fetch(word_at(t, a[0]), 1, __ATOMIC_SEQ_CST); }
u64 w_InterlockedExchange(WThread *t, const u64 *a) { return __atomic_exchange_n(word_at(t, a[0]), (u32)a[1], __ATOMIC_SEQ_CST); }
u64 w_InterlockedExchangeAdd(WThread *t, const u64 *a) { return __atomic_fetch_add(word_at(t, a[0]), (u32)a[1], __ATOMIC_SEQ_CST); }

u64 w_InterlockedCompareExchange(WThread *t, const u64 *a)
{
	u32 was = (u32)a[2];

	__atomic_compare_exchange_n(word_at(t, a[0]), &was, (u32)a[1], false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return was;
}

/* ---- slots of threads ------------------------------------------------------------------------------------ */

enum { SLOTS = 64 };

/* The first 64 lie in the TEB, where programs read them themselves. */
static u64 slot(const WThread *t, u64 i)
{
	return t->teb + (t->wide ? 0x1480 : 0xe10) + (t->wide ? 8 : 4) * i;
}

u64 w_TlsAlloc(WThread *t, const u64 *a)
{
	u64 i = 0;

	task_lock(t);
	while (i < SLOTS && t->task->tls_used >> i & 1)
		i++;
	if (i < SLOTS)
		t->task->tls_used |= (u64)1 << i;
	task_unlock(t);
	if (i == SLOTS) {
		error_set(t, W_NOT_ENOUGH_MEMORY);
		return 0xffffffff;
	}
	mem_put_word(t, slot(t, i), 0);
	return i;
}

u64 w_TlsFree(WThread *t, const u64 *a)
{
	if (a[0] >= SLOTS)
		return fail(t, W_INVALID_PARAMETER);
	task_lock(t);
	t->task->tls_used &= ~((u64)1 << a[0]);
	task_unlock(t);
	return 1;
}

u64 w_TlsGetValue(WThread *t, const u64 *a)
{
	if (a[0] >= SLOTS)
		return fail(t, W_INVALID_PARAMETER);
	error_set(t, 0);
	return mem_word(t, slot(t, a[0]));
}

u64 w_TlsSetValue(WThread *t, const u64 *a)
{
	if (a[0] >= SLOTS)
		return fail(t, W_INVALID_PARAMETER);
	mem_put_word(t, slot(t, a[0]), a[1]);
	return 1;
}
