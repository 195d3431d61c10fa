/* Operations that go on after their call has come back: on pipes, sockets, directories and processes.  One thread waits for
 * all of their descriptors. */
#ifndef PVM_WIN32_ASYNC_H
#define PVM_WIN32_ASYNC_H

#include "w32.h"

typedef struct WAsync WAsync;

struct WAsync {
	WAsync *next;
	WObj *o;             /* kept while it goes on */
	int fd;              /* what is waited for, and */
	short events;        /* ... how (POLLIN, POLLOUT) */
	/* Tries without waiting: bytes done, or -errno; -EAGAIN: not yet.  t may be a thread that runs no guest code. */
	i64 (*go)(WThread *t, WAsync *p);
	u64 overlapped;      /* guest's OVERLAPPED, 0: none */
	u64 at, size;        /* guest's buffer */
	u64 arg[4];          /* of the family */
	void *data;          /* of the family; freed at the end, */
	bool object;         /* ... or dropped: it is a WObj */
	u64 apc;             /* completion routine of ReadFileEx and its like, 0: none */
	WThread *caller;     /* whom that is for */
};

/* Tries; when it has to wait, it goes on in the background.  The result of the call: 1, or 0 with the error set
 * (ERROR_IO_PENDING).  count: where the bytes go, 0: nowhere. */
u64 async_start(WThread *t, const WAsync *p, u64 count);
/* Puts one in the background without trying; it is told to nobody when it has no OVERLAPPED. */
void async_watch(WTask *k, const WAsync *p);
/* Ends those of an object (or one, by its OVERLAPPED) as cancelled; how many there were. */
u32 async_cancel(WTask *k, WObj *o, u64 overlapped);
/* Takes an object's operations without an OVERLAPPED away. */
void async_forget(WObj *o);
/* An operation is done: OVERLAPPED, event, port, completion routine.  r: bytes or -errno. */
void async_done(WThread *t, const WAsync *p, i64 r, bool was_pending);
/* Queues a call of guest code for a thread that waits alertably: fn(a0, a1, a2). */
bool apc_queue(WTask *k, WThread *to, u64 fn, u64 a0, u64 a1, u64 a2);
/* Runs what is queued for this thread; true: there was something. */
bool apc_run(WThread *t);
/* A packet for a completion port. */
void port_post(WTask *k, WObj *port, u64 key, u64 overlapped, u32 bytes, u32 status);

#endif
