/* msvcrt: real numbers and time. */
#include "crt.h"

#include <math.h>
#include <time.h>

#define REAL1(name) u64 w_##name(WThread *t, const u64 *a) { return f64_u64(name(u64_f64(a[0]))); }
#define REAL2(name) u64 w_##name(WThread *t, const u64 *a) { return f64_u64(name(u64_f64(a[0]), u64_f64(a[1]))); }
REAL1(sin) REAL1(cos) REAL1(tan) REAL1(asin) REAL1(acos) REAL1(atan) REAL1(sinh) REAL1(cosh) REAL1(tanh)
REAL1(exp) REAL1(log) REAL1(log10) REAL1(sqrt) REAL1(floor) REAL1(ceil) REAL1(fabs)
REAL2(atan2) REAL2(pow) REAL2(fmod)

u64 w_ldexp(WThread *t, const u64 *a) { return f64_u64(ldexp(u64_f64(a[0]), (int)a[1])); }

u64 w_frexp(WThread *t, const u64 *a)
{
	int e;
	double m = frexp(u64_f64(a[0]), &e);

	mem_put_u32(t, a[1], (u32)e);
	return f64_u64(m);
}

u64 w_modf(WThread *t, const u64 *a)
{
	double whole, part = modf(u64_f64(a[0]), &whole);

	mem_put_u64(t, a[1], f64_u64(whole));
	return f64_u64(part);
}

u64 w_time(WThread *t, const u64 *a)
{
	u64 now = (u64)time(NULL);

	if (a[0])
		mem_put_u32(t, a[0], (u32)now);
	return now;
}

u64 w_time64(WThread *t, const u64 *a)
{
	u64 now = (u64)time(NULL);

	if (a[0])
		mem_put_u64(t, a[0], now);
	return now;
}

u64 w_clock(WThread *t, const u64 *a)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}
