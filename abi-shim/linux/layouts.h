/* Host types of the rows of structs.def. */
#ifndef PVM_LINUX_LAYOUTS_H
#define PVM_LINUX_LAYOUTS_H

#include "abi.h" /* first: fcntl.h has macros of names that ocode.h uses */

#include <poll.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <time.h>
#include <utime.h>


struct KernelTermios {
	u32 c_iflag, c_oflag, c_cflag, c_lflag;
	u8 c_line, c_cc[19];
};
struct Two { int a, b; };
struct LStack { u64 sp; int flags; u64 size; };
struct LUserDesc { u32 entry, base, limit, flags; };
struct LCaps { u32 w[6]; };
/* One number behind a pointer. */
struct LInt { int v; };
struct LLong { long v; };
struct LOff { i64 v; };
struct LSet { u64 v; };
struct LIovec { u64 at, size; };
enum { IOV_MAX_GUEST = 1024 };
struct iovec;
/* file.c: pins the buffers of an array of iovecs; 0 or -errno. */
i64 iov_read(LThread *t, u64 at, u64 n, int prot, struct iovec *out);
struct LMsg { u64 name; u32 namelen; u64 iov, iovlen, control, controllen; int flags; };

#endif
