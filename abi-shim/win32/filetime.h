/* Times of files: 100 ns since 1601, and what the host says of a file. */
#ifndef PVM_FILETIME_H
#define PVM_FILETIME_H

#include "../../pvm/base/base.h"

#include <sys/stat.h>
#include <time.h>

#define FILETIME_EPOCH 116444736000000000ull

u64 filetime_from(const struct timespec *ts);
struct timespec filetime_to(u64 v);
/* Windows's attributes of a file. */
u32 file_attributes(const char *host, const struct stat *st);

#endif
