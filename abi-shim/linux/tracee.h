/* Guests that trace guests.
 *
 * Beneath is the host's ptrace: the tracer's host thread is the tracer of the tracee's host thread, so that the host's
 * kernel says who may trace whom, queues stops, wakes waits, tells about ends, and lets go when a tracer dies.  What the
 * tracer is to see, though, are the guest's stops.  A tracee at one (at a safe point, with its register file exact) says in
 * its LTracee which it is and sends itself a SIGSEGV with a code that nobody else uses and its LThread's address: the host
 * stops it there.  The tracer's wait reads the LTracee out of the tracee's memory and gives the guest's status.  All other
 * stops of the host are answered inside wait: signals go on to the VM's handlers, which queue them for the next safe point;
 * a SIGSTOP is turned into one that is queued so, too; new processes and threads go on to the first stop of their own.
 * What the tracer sets it writes into the LTracee and the register file of the stopped tracee.
 *
 * tracee.c is the tracee's side, ptrace.c the tracer's requests, tracer.c its waits, peer.c memory of other processes of this
 * machine, regset.c registers as debuggers have them. */
#ifndef PVM_LINUX_TRACEE_H
#define PVM_LINUX_TRACEE_H

#include <signal.h>

#include "../../pvm/base/base.h"

/* si_code of the VM's own signals: SIGSEGV is a stop, SIGBUS a message of the tracer, that something is in `asked`. */
enum { TRACEE_CODE = -0x70766d, TRACEE_MESSAGE = 1 };

typedef enum LStop { STOP_NONE, STOP_SIGNAL, STOP_ENTRY, STOP_EXIT, STOP_EVENT, STOP_SECCOMP } LStop;
typedef enum LHow { HOW_CONT, HOW_SYSCALL, HOW_STEP, HOW_EMULATE, HOW_EMULATE_STEP } LHow;
enum { ASKED_SIGNAL = 1, ASKED_STOP = 2 };
enum { TRACEE_RING = 64, DEBUG_REGS = 8 };

/* In the tracee's LThread.  While it is stopped, the tracer writes here. */
typedef struct LTracee {
	u32 on, seized;
	u32 options;         /* PTRACE_O_* of the guest */
	u32 how;             /* LHow of the last resumption */
	u32 stop;            /* LStop; NONE while it runs */
	i32 status;          /* what wait says of the stop: signal | event << 8 */
	i32 signal;          /* of STOP_SIGNAL: the tracer's answer, 0 = none */
	u32 answered;        /* the stop is over */
	u64 message;         /* of an event */
	i64 call;            /* the system call that it is in, -1 = none */
	siginfo_t si;
	u32 asked;           /* ASKED_* */
	siginfo_t asked_si;
	u32 first;           /* its first stop is still to come: 1, or the call's number + 2 behind execve */
	u32 stopping;        /* the signal for which it really stops now, with its whole process */
	u32 quiet;           /* resumed from a stop of the whole process, which for the kernel is behind the call */
	u32 exits;           /* its end has been told: the host's event is not news */
	u32 vforks;          /* a child of its own vfork is there: events of the host are the guest's */
	u32 remask;          /* the tracer has set the thread's mask */
	u32 forced_tf;       /* TF is the tracer's, not the guest's */
	u64 dr[DEBUG_REGS];
	u64 seen[4];         /* what lay at dr[0..3] */
} LTracee;

/* Bytes that tracers have written, in the tracee's LTask: its code there is to be translated again. */
typedef struct LWritten {
	u32 head, tail;      /* written by tracers; by the tracee */
	struct { u64 at, n; } range[TRACEE_RING];
} LWritten;

/* What a tracer knows of a thread that one of its own threads traces. */
typedef struct LTraced {
	i32 tid, tgid, tracer;
	bool seized;
	bool own;            /* came by an event of the host: until it is announced, nobody knows of it */
	bool announced;
	bool stopped;        /* and the guest may know */
	bool at_stop;        /* it has stopped itself: the LTracee says more */
	bool listens;
	int status;          /* host's, of a stop that is the guest's as well */
	u64 at;              /* of its LThread in its memory; 0 = not known */
	u64 x, mem, task;    /* of its XThread, of its guest memory, of its LTask */
	bool wide;
	u64 options;
} LTraced;

#endif
