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

/* What is left is kept for restart_syscall, too. */
static i64 note_left(LThread *t, i64 r, const struct timespec *left)
{
	if (r == -EINTR)
		t->left = *left;
	return r;
}

i64 time_nanosleep(LThread *t, const u64 *a)
{
	struct timespec own = {0}, *left = a[1] ? hostp(a[1]) : &own;
	u64 want = t->resumes ? (u64)(uintptr_t)&t->left : a[0];

	return note_left(t, HOST(t, SYS_nanosleep, want, left), left);
}

i64 time_clock_nanosleep(LThread *t, const u64 *a)
{
	struct timespec own = {0}, *left = a[3] ? hostp(a[3]) : &own;
	u64 want = t->resumes ? (u64)(uintptr_t)&t->left : a[2];
	i64 r = HOST(t, SYS_clock_nanosleep, a[0], a[1], want, left);

	return a[1] & TIMER_ABSTIME ? r : note_left(t, r, left);
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
