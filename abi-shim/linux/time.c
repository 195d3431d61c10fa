/* Time: the calls that every host's kernel has no number for. */
#include "layouts.h"

#include <sys/syscall.h>

i64 time_time(LThread *t, const u64 *a)
{
	struct timespec ts;
	i64 r = HOST(t, SYS_clock_gettime, CLOCK_REALTIME_COARSE, &ts);

	if (r < 0)
		return r;
	if (a[0])
		*(long *)hostp(a[0]) = ts.tv_sec;
	return ts.tv_sec;
}

i64 time_gettimeofday(LThread *t, const u64 *a)
{
	return HOST(t, SYS_gettimeofday, a[0], a[1]);
}

i64 time_alarm(LThread *t, const u64 *a)
{
	struct itimerval new = {.it_value.tv_sec = (time_t)a[0]}, old;
	i64 r = HOST(t, SYS_setitimer, ITIMER_REAL, &new, &old);

	if (r < 0)
		return r;
	return old.it_value.tv_sec + (old.it_value.tv_usec >= 500000 || (!old.it_value.tv_sec && old.it_value.tv_usec));
}

i64 time_stime(LThread *t, const u64 *a)
{
	if (!a[0])
		return -EFAULT;
	struct timespec ts = {.tv_sec = *(long *)hostp(a[0])};
	return HOST(t, SYS_clock_settime, CLOCK_REALTIME, &ts);
}

/* Without a sigevent the timer's number is the signal's value, as the kernel says it. */
i64 time_timer_create(LThread *t, const u64 *a)
{
	return HOST(t, SYS_timer_create, a[0], a[1], a[2]);
}
