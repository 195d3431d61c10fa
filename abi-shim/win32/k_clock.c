/* The page that Windows shares with every process: version, and clocks that programs read without a call.
 *
 * The guest cannot reach the page at first; the first access starts a thread that moves the clocks on every millisecond, so
 * that programs that never look pay nothing.  Source of the layout: Microsoft, KUSER_SHARED_DATA. */
#include "handlers.h"
#include "filetime.h"

#include <sys/mman.h>
#include <unistd.h>

enum { AT = 0x7ffe0000, RESERVED = 0x20000, BUILD = 19045, MILLISECOND = 1000000 };
enum { TICK_MULTIPLIER = 4, INTERRUPT_TIME = 8, SYSTEM_TIME = 0x14, NT_BUILD = 0x260, PRODUCT = 0x264, MAJOR = 0x26c, TICK_COUNT = 0x320 };

static u8 *page; /* the host's view */

/* A time of three words: readers compare the second with the third, which are written around the first. */
static void put_time(u8 *p, u64 v)
{
	__atomic_store_n((u32 *)(void *)(p + 8), (u32)(v >> 32), __ATOMIC_SEQ_CST);
	__atomic_store_n((u32 *)(void *)p, (u32)v, __ATOMIC_SEQ_CST);
	__atomic_store_n((u32 *)(void *)(p + 4), (u32)(v >> 32), __ATOMIC_SEQ_CST);
}

static void move_on(void)
{
	u64 since = clock_ns(CLOCK_BOOTTIME) / 100;

	put_time(page + INTERRUPT_TIME, since);
	put_time(page + SYSTEM_TIME, filetime_now());
	put_time(page + TICK_COUNT, since / 10000);
}

static void *tick(void *arg)
{
	const struct timespec ms = {0, MILLISECOND};

	for (;;) {
		move_on();
		nanosleep(&ms, NULL);
	}
	return NULL;
}

bool clock_map(WTask *k)
{
	XMapReq all = {.at = AT, .size = RESERVED, .fd = -1, .fixed = true, .noreplace = true, .name = "[shared]"};
	XMapReq first = {.at = AT, .size = GUEST_PAGE, .fd = memfd_create("shared", MFD_CLOEXEC), .fixed = true, .shared = true, .name = "[shared]"};

	if (first.fd < 0 || ftruncate(first.fd, GUEST_PAGE) != 0)
		return false;
	page = mmap(NULL, GUEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, first.fd, 0);
	bool ok = page != MAP_FAILED && guest_map(k->x, &all) >= 0 && guest_map(k->x, &first) >= 0;
	close(first.fd);
	if (!ok)
		return false;
	st32(page + TICK_MULTIPLIER, 0x0fa00000);
	st32(page + NT_BUILD, BUILD);
	st32(page + PRODUCT, 1);
	st32(page + MAJOR, 10);
	return true;
}

bool clock_fault(WThread *t, const XTrap *w)
{
	static bool ticking;
	pthread_t thread;

	if (w->kind != XE_MEMORY || w->write || w->addr - AT >= GUEST_PAGE)
		return false;
	task_lock(t);
	if (!ticking) {
		move_on();
		ticking = pthread_create(&thread, NULL, tick, NULL) == 0;
		if (ticking)
			pthread_detach(thread);
		guest_protect(t->task->x, AT, GUEST_PAGE, GP_READ);
	}
	task_unlock(t);
	return ticking;
}
