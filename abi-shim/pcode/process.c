/* The process and its surroundings: end, arguments, clocks. */
#include "abi.h"

#include <errno.h>
#include <time.h>

u64 sys_halt(Regfile *t, const u64 *args)
{
	thread_exit(abi_thread(t), (int)(args[0] & 0xff));
}

u64 sys_error(Regfile *t, const u64 *args)
{
	u32 code = (u32)args[0];

	thread_trap(abi_thread(t), code >= 1 && code <= 255 ? code : 255);
}

u64 sys_arg_count(Regfile *t, const u64 *args)
{
	return (u32)(abi_of(t)->argc - 1);
}

u64 sys_arg_get(Regfile *t, const u64 *args)
{
	Abi *a = abi_of(t);
	i32 k = (i32)args[0];

	if (k < 0 || k >= a->argc)
		return 0;
	u32 n = (u32)MIN(strlen(a->argv[k]), (size_t)(u32)args[2]);
	memcpy(guest_ptr(abi_thread(t), (u32)args[1], n), a->argv[k], n);
	return n;
}

u64 sys_time_ms(Regfile *t, const u64 *args)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

u64 sys_time_sleep(Regfile *t, const u64 *args)
{
	Text *out = &abi_of(t)->text.p[TEXT_OUTPUT];
	i32 ms = (i32)args[0];
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	if (out->mode == TEXT_WRITE && out->n && !text_flush(out))
		abi_fail(t, IO_WRITE);
	while (ms > 0 && nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
	return 0;
}

u64 sys_time_unix(Regfile *t, const u64 *args)
{
	return (u64)time(NULL);
}
