/* Host types of the rows of structs.def. */
#ifndef PVM_LINUX_LAYOUTS_H
#define PVM_LINUX_LAYOUTS_H

#include "abi.h" /* first: fcntl.h has macros of names that ocode.h uses */

#include <poll.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/ioctl.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/timex.h>
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
/* file.c: reads number i of an array of iovecs; 0 or -errno. */
i64 iov_one(LThread *t, u64 at, u64 i, struct LIovec *v);
/* file.c: pins the buffers of an array of iovecs; 0 or -errno. */
i64 iov_read(LThread *t, u64 at, u64 n, int prot, struct iovec *out);
struct LChar { u8 v; };
struct LShort { i16 v; };
struct LTwo64 { u64 a, b; };
struct LVtStat { u16 v[3]; };
struct LTermio { u16 c_iflag, c_oflag, c_cflag, c_lflag; u8 c_line, c_cc[8]; };
struct LThree { int v[3]; };
struct LTen { int v[10]; };
struct LMmsg { u32 len; };
struct LCmsg { u64 len; int level, type; };
struct LStamps { struct timespec ts[3]; };
struct LFprog { u16 n; u64 at; };
struct LGroup { u32 index; u64 align; u8 group[128], source[128]; };
struct LSigevent { u64 value; int signo, notify, tid; int pad[11]; };
struct LMqAttr { long v[8]; };
struct LIocb { u64 data; u32 key, rw_flags; u16 opcode; i16 prio; u32 fd; u64 buf, size; i64 offset; u64 reserved; u32 flags, event_fd; };
struct LIoEvent { u64 data, obj; i64 res, res2; };
struct LSchedAttr { u32 size, policy; u64 flags; i32 nice; u32 priority; u64 runtime, deadline, period; u32 util_min, util_max; };
struct LOpenHow { u64 flags, mode, resolve; };
struct LRuleset { u64 fs, net; };
struct LPathBeneath { u64 access; int fd; } __attribute__((packed));
struct LIfAddr { char name[16]; u16 family; u8 addr[14]; u64 pad; };
struct LIfInt { char name[16]; int v; int pad[5]; };
struct LIfShort { char name[16]; i16 v; i16 pad[11]; };
struct LIfName { char name[16], v[16]; u64 pad; };
struct LIfMap { char name[16]; unsigned long start, end; u16 base; u8 irq, dma, port; };
struct LIfConf { int len; u64 at; };
struct LTermios2 { u32 c_iflag, c_oflag, c_cflag, c_lflag; u8 c_line, c_cc[19]; u32 ispeed, ospeed; };
struct LCloneRange { i64 fd; u64 from, size, to; };
struct LFsxattr { u32 v[5]; u8 pad[8]; };
struct LGeometry { u8 heads, sectors; u16 cylinders; unsigned long start; };
struct LRtc { int v[9]; };
struct LMsg { u64 name; u32 namelen; u64 iov, iovlen, control, controllen; int flags; };

#endif
