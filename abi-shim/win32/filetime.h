/* Times: the host's clocks, Windows's 100 ns since 1601, and what the host says of a file. */
#ifndef PVM_FILETIME_H
#define PVM_FILETIME_H

#include "w32.h"

#include <sys/stat.h>
#include <time.h>

#define FILETIME_EPOCH 116444736000000000ull

/* A clock of the host in nanoseconds. */
static inline u64 clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (u64)ts.tv_sec * 1000000000 + (u64)ts.tv_nsec;
}

/* The time of day. */
static inline u64 filetime_now(void) { return clock_ns(CLOCK_REALTIME) / 100 + FILETIME_EPOCH; }

u64 filetime_from(const struct timespec *ts);
struct timespec filetime_to(u64 v);
/* Windows's attributes of a file. */
u32 file_attributes(const char *host, const struct stat *st);
/* What the host says of an open file; a kept reference, or NULL: the error is set. */
WObj *file_stat(WThread *t, u64 h, struct stat *st);

#endif
