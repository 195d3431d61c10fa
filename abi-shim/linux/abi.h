/* Inside abi-shim/linux: the guest process, and what the families of calls offer each other. */
#ifndef PVM_LINUX_ABI_H
#define PVM_LINUX_ABI_H

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "linux.h"
#include "tracee.h"

enum { PATH_SIZE = 4096, NSIG_GUEST = 64 };

typedef struct LTask LTask;
typedef struct LThread LThread;
typedef struct LFilter LFilter; /* seccomp.c */

/* Every handler: arguments as the row's signature decodes them (host pointers in place of guest ones where it says
 * so), the result or -errno. */
typedef i64 LHandler(LThread *t, const u64 *a);

/* One row of syscalls.def. */
typedef struct LRow {
	const char *name;
	i16 nr64, nr32;     /* -1: not on this width */
	const char *sig;
	LHandler *fn;
	i32 host;           /* fn is call_host: the host's number */
} LRow;

/* A guest's sigaction. */
typedef struct LAction {
	u64 handler, flags, restorer, mask;
} LAction;

typedef struct LSignal {
	int sig;
	siginfo_t si;
} LSignal;

struct LThread {
	XThread *x;
	LTask *task;
	LThread *next;          /* LTask.threads */
	i32 tid;                /* the host thread's */
	bool wide;              /* the call that runs is a 64-bit one */
	const LRow *row;
	u64 raw[6];             /* its arguments before decoding */
	u64 mask;               /* blocked signals: bit n - 1 */
	u64 alt_at, alt_size, alt_flags; /* sigaltstack */
	u32 trap, error;        /* of its last fault, and the address of its last page fault: what every signal's frame shows */
	u64 cr2;
	u64 wait_mask;          /* in place of mask while the call that runs waits; 0 with !waits */
	bool waits;
	volatile u64 held;      /* SIGSEGV and SIGBUS that somebody has sent while the guest blocks them: */
	siginfo_t held_info[2]; /* SIGBUS, SIGSEGV */
	volatile u64 queued;    /* signals in queue */
	LSignal queue[8];
	LFilter *filter;        /* seccomp's; NULL = none */
	u64 clear_tid;
	u64 robust;             /* head of its list of robust futexes; 0 = none */
	u64 calls;              /* --stats */
	struct LExec *exec;     /* process.c: an execve that runs; NULL = none */
	int status;             /* of exit */
	bool group;             /* ... and it was exit_group */
	int path_fd[4];         /* of the names of the call that runs; see path_done */
	u32 npath_fd;
	bool fresh;             /* ... one of them is no file's */
	bool once;              /* the call that runs is not restarted after a signal's handler */
	LTracee tracee;         /* a tracer's view of it */
	const LRow *again;      /* what restart_syscall goes on with; NULL = nothing */
	u64 again_raw[6];
	struct timespec left;   /* ... and how long it still waits */
	bool resumes;           /* the call that runs is gone on with */
};

struct LTask {
	LinuxOpts o;
	XTask *x;
	bool wide;
	pthread_mutex_t lock;   /* recursive; taken before run's: threads, action, brk, missing, odd */
	LThread thread;         /* the first */
	LThread *threads;
	u32 nthread;
	bool threaded;          /* there has been a second one */
	bool own_robust;        /* the host's kernel cannot walk the guest's robust lists */
	LAction *action;        /* NSIG_GUEST + 1; of two processes with CLONE_SIGHAND */
	LTask *space;           /* whose brk counts: this one, or the parent whose memory this process shares */
	u64 brk_start, brk;
	u64 stack_low, stack_high;
	u64 vdso;               /* its page */
	XLdt *ldt;              /* local descriptors; NULL: there are none */
	u64 sigreturn_page;     /* i386: code that restorer-less handlers return to */
	char exe[PATH_SIZE];    /* the program: as the guest names it (absolute) */
	Buf cmdline, environ, auxv; /* /proc/self/... */
	struct rlimit space_limit, data_limit, stack_limit; /* RLIMIT_AS, DATA and STACK as the guest has them */
	LTask *next_task;       /* others that share this memory */
	VEC(LTraced) traced;    /* by its threads */
	LWritten written;
	bool catches;           /* the VM's handlers see every signal: there is or was a tracer */
	bool far_mem;           /* memory of processes has been opened as a file */
	FILE *trace;
	int trace_fd;           /* hidden from the guest; -1 = none */
	Map shm;                /* System V's segments: where -> bytes, 0 = detached */
	u64 calls;              /* --stats: of threads that have ended */
	Map missing;            /* call number (width in bit 32) -> how often */
	Map odd;                /* number of an ioctl, prctl, ... + kind << 32 -> how often */
};

static inline LThread *lthread(XThread *t) { return *xthread_data(t); }

/* The result of a handler after which the guest goes on at registers that the handler has set. */
#define LR_NO_RESULT ((i64)1 << 62)
/* The host call was not begun, because a signal came first: it is done again after the signal. */
#define LR_AGAIN (-512)
/* The thread ends; LThread.status says how. */
#define LR_END ((i64)1 << 61)

/* call.c -- from numbers to handlers. */
bool call_trap(LThread *t, bool wide);  /* a system call was made; false: the thread ends */
i64 call_row(LThread *t, const LRow *row, const u64 *raw); /* decodes, calls, writes results back */
const LRow *call_find(bool wide, u64 nr);
LHandler call_host;                     /* hands the decoded arguments to the host's kernel */
u32 call_index(const LRow *row);         /* of the row in the table */
bool call_hides(const LTask *k, i64 fd); /* a descriptor of the machine's own */
void call_stats(LTask *k, FILE *out);
/* Something without an implementation was asked for: counted and named in --stats.  kind: "ioctl", ... */
void call_missing(LThread *t, const char *kind, u64 number);

/* host.c -- the host's system calls, raw: the result or -errno, or LR_AGAIN. */
i64 host_call(LThread *t, long nr, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);
#define HOST(t, nr, ...) HOST_(t, nr, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define HOST_(t, nr, a, b, c, d, e, f, ...) host_call(t, nr, (u64)(a), (u64)(b), (u64)(c), (u64)(d), (u64)(e), (u64)(f))
/* In a host signal handler: makes a host_call that has not begun give LR_AGAIN. */
void host_interrupt(void *ucontext);

/* order.c -- read and write where the host is big-endian. */
LHandler order_read, order_write;

/* layout.c -- structs of the guest, by table. */
typedef enum LKind {
	LK_NONE,
#define L(kind, type, size64, size32) LK_##kind,
#define F(kind, field, o64, s64, o32, s32)
#include "structs.def"
#undef L
#undef F
	LK_COUNT
} LKind;
enum { LAYOUT_HOST_MAX = 512 }; /* no host struct is larger */
LKind layout_find(const char *name, size_t n);
u32 layout_size(LKind k, bool wide);
u32 layout_host_size(LKind k);
void layout_put(LKind k, bool wide, const void *host, u8 *guest);
void layout_get(LKind k, bool wide, const u8 *guest, void *host);
/* In guest memory: 0 or -EFAULT. */
i64 layout_write(LThread *t, LKind k, u64 at, const void *host);
i64 layout_read(LThread *t, LKind k, u64 at, void *host);
void layout_show(LThread *t, LKind k, u64 at, Buf *out);

/* args.c -- the words of signatures. */
typedef enum LClass { LC_INT, LC_UINT, LC_WORD, LC_LONG, LC_OFF64, LC_FD, LC_PATH, LC_LPATH, LC_APATH, LC_FPATH, LC_IN, LC_OUT, LC_SOME_IN, LC_SOME_OUT,
	LC_STRING, LC_ID16, LC_GET, LC_PUT, LC_BOTH } LClass;
typedef struct LArg {
	u8 cls;       /* LClass */
	u8 kind;      /* LKind of GET, PUT and BOTH */
	u8 show;      /* how to print it: row of args.def */
	bool converts; /* its flags go through flags_to_host */
	bool dir;     /* FD: a directory that a name begins from */
} LArg;
typedef struct LSig {
	u8 n;
	bool ready, once; /* once: never restarted after a signal ("!") */
	bool hands_on;    /* the handler gives its pointers to the host's kernel unseen ("~") */
	u8 at_flags;      /* which argument has AT_* flags; 6 = none */
	LArg arg[6];
} LSig;
const LSig *args_sig(const LRow *row);
u64 flags_to_host(const char *table, u64 guest);
u64 flags_to_guest(const char *table, u64 host);
bool args_hidden(const LSig *sig, u32 i, const u64 *raw); /* not shown in a trace */
void args_show(LThread *t, u8 show, u64 v, u64 size, Buf *out);

/* trace.c */
void trace_call(LThread *t, const u64 *raw, i64 result, bool returns);
void trace_unknown(LThread *t, u64 nr);
void trace_signal(LThread *t, int sig, const siginfo_t *si);

/* path.c -- names of files.  All give a host path, in out (PATH_SIZE bytes) or the same string. */
const char *path_host(const LinuxOpts *o, const char *guest, bool follow, char *out);
/* The guest's name for an absolute host path. */
const char *path_guest(const LinuxOpts *o, const char *host);
/* The name at a guest address, made a host path: 0 or -errno. */
i64 path_at(LThread *t, i64 dir, u64 at, bool follow, char out[PATH_SIZE]);
/* Behind the call: closes what --only-root has opened for its names. */
void path_done(LThread *t);
/* /proc, /dev and /sys are always the host's. */
bool path_is_system(const char *path);
/* Takes the next component off `rest`, a path that is still to be walked; false at the end, or when it is too long. */
bool path_next(char *rest, char name[256]);
/* confine.c: a name under --only-root, with what it holds open (-1 = nothing). */
typedef struct Confined {
	char name[PATH_SIZE + 64];
	int fd;
	bool fresh;             /* there is no such file: only what makes one may use the name */
} Confined;
i64 path_confine(const LinuxOpts *o, i64 dir, const char *guest, bool follow, Confined *out);
i64 path_read(LThread *t, u64 at, bool follow, char out[PATH_SIZE]);
/* proc.c -- files of /proc that must speak of the guest: a descriptor, -errno, or -ENOSYS for "not one of them". */
i64 proc_open(LThread *t, const char *path, int flags);
i64 proc_memory_file(const Buf *b, int flags); /* a file of memory with these bytes */
void proc_write_mapping(LTask *k, const XMapping *m, Buf *out); /* a line of maps */
bool proc_is_exe(const char *path);
bool proc_is_own(const char *path); /* one that proc_open or readlink answers itself */

/* signal.c and frame.c */
void signal_init(LTask *k);
bool signal_pending(XThread *x);            /* XTaskOpts.pending */
void signal_stray(XThread *x, int sig, siginfo_t *si, void *uc); /* XTaskOpts.signal */
void signal_enqueue(LThread *t, int sig, const siginfo_t *si); /* 0: only stop the thread for its tracer */
bool signal_deliver(LThread *t);            /* what is queued; false: the guest dies */
bool signal_fault(LThread *t, const XTrap *why); /* a fault becomes a signal */
bool signal_restarts(LThread *t);           /* the interrupted call is done again after the queued signal's handler */
void signal_set_mask(LThread *t, u64 mask);
/* No signal comes to this host thread until signal_unblock gives back the guest's mask (or signals are in its queue). */
void signal_block(void);
void signal_unblock(const LThread *t);
/* All handlers are gone; what is ignored stays so. */
void signal_reset(LTask *k);
/* Before the process's first host thread is created: libc then takes signal 33 for itself, and gives it back. */
void signal_first_thread(LTask *k);
u64 signal_host_mask(u64 guest);
/* The host's mask for a call that waits with another mask than the thread's: the handler that ends it has that one. */
u64 signal_wait_mask(LThread *t, u64 guest);
/* Signals that kill the process come through the VM, which then has to do something for its dead. */
void signal_catch_fatal(LTask *k);
/* All signals do, for a tracer; and before execve those that are ignored are so for the host again. */
void signal_catch_all(LTask *k);
void signal_before_exec(LTask *k);
NORETURN void signal_die(LThread *t, int sig);
/* Builds the frame of a handler and enters it; false: the stack is out of reach. */
bool frame_push(LThread *t, int sig, const LAction *a, const siginfo_t *si, const XTrap *why);
/* Takes it back; false: it is broken. */
bool frame_pop(LThread *t, bool rt);
enum { SIGINFO_SIZE = 128 };
void siginfo_put(bool wide, const siginfo_t *si, u8 *out); /* SIGINFO_SIZE bytes */
void siginfo_get(bool wide, const u8 *in, siginfo_t *si);

/* thread.c */
void thread_init(LTask *k);                 /* locks, and the first thread */
/* The guest thread has left its run loop: the host thread ends too.  Gives the process's status if nothing else is to be
 * done than to leave it. */
int thread_end(LThread *t);
void thread_lock(LTask *k);
void thread_unlock(LTask *k);
i64 thread_set_tls(LThread *t, u64 at);     /* ldt.c: clone's TLS argument, as the width has it */
/* futex.c: what a thread holds is marked as its owner's who died; the same for all threads, before the process ends. */
void thread_robust_end(LThread *t);
void thread_robust_all(LTask *k);

/* process.c: frees what an execve has left that did not come back (vfork). */
void proc_exec_free(LThread *t);

/* start.c -- a process from a file. */
bool start_process(LTask *k, int argc, char **argv, char **envp, Err *e);
/* Looks at a program that is to be executed: 0, or -errno as execve gives it.  Scripts are followed. */
i64 start_probe(LThread *t, const char *guest);

/* vdso.c -- functions that the kernel lends to programs. */
bool vdso_map(LTask *k);
u64 vdso_sysinfo(const LTask *k);           /* i386: how to enter the kernel, */
u64 vdso_landing(const LTask *k);           /* and where SYSENTER comes back; an INT 80 stands before it */
/* A call of that page's own, not of programs: neither traced nor counted. */
bool vdso_owns(const LThread *t, u64 nr);
i64 vdso_call(LThread *t, u64 nr, u64 a, u64 b);

/* seccomp.c -- what the guest lets itself call. */
typedef enum LVerdict { LV_ALLOW, LV_RESULT, LV_TRAP, LV_TRACE, LV_END } LVerdict;
LVerdict seccomp_check(LThread *t, u64 nr, bool wide, i64 *result);
i64 seccomp_mode(const LThread *t);
i64 seccomp_set(LThread *t, u64 mode, u64 flags, u64 at);
/* For the program that is executed next: a descriptor, or -1; and there. */
int seccomp_save(const LThread *t);
bool seccomp_load(LThread *t, int fd);

/* tracee.c and debugregs.c -- where a traced guest stops; tracee.h tells how. */
/* A signal is about to be delivered: what the tracer makes of it, 0 = nothing. */
int tracee_signal(LThread *t, int sig, siginfo_t *si);
void tracee_interrupted(LThread *t);        /* the tracer has asked for a stop */
void tracee_group_stop(LThread *t, int sig); /* the process stops by a signal's default action */
bool tracee_message(LThread *t, int sig, const siginfo_t *si); /* in the host's handler: false: not one of the VM's own signals */
void tracee_before_handler(LThread *t);
void tracee_after_handler(LThread *t);
bool tracee_step(LThread *t, siginfo_t *si); /* behind a single step; false: nobody has asked for it */
bool tracee_enter(LThread *t, u64 *nr);     /* before a call, whose number may change; false: it is not made */
i64 tracee_result(LThread *t, const LRow *row, i64 r, bool once); /* as tracers see it */
void tracee_leave(LThread *t);
/* A call has been interrupted by nothing but a message of the tracer's, and may be made again as it is. */
bool tracee_goes_on(const LThread *t, const LRow *row, i64 r, bool once);
void tracee_restart(LThread *t, const LAction *a); /* an interrupted call before a handler (NULL: there is none) */
void tracee_event(LThread *t, int event, u64 message);
bool tracee_seccomp(LThread *t, u32 data);
void tracee_born(LThread *child, const LTracee *parent, int event); /* of a new thread or process */
void tracee_first(LThread *t);
void tracee_tell(const LThread *t, char *out, size_t size);
bool tracee_take(LThread *t, const char *s);
bool debug_active(const LTracee *e);
bool debug_valid(u64 control);
void debug_begin(LThread *t);
bool debug_hit(LThread *t, u64 *at);

/* tracer.c -- what a tracer's threads wait for. */
i64 tracer_wait(LThread *t, i64 pid, int *status, u64 options, struct rusage *ru);
i64 tracer_waitid(LThread *t, u64 type, u64 id, siginfo_t *si, u64 options, struct rusage *ru);
LTraced *tracer_find(LThread *t, i64 tid);  /* one of the calling thread's that stands; NULL: ESRCH */
LTraced *tracer_any(LTask *k, i64 tid);
LTraced *tracer_add(LThread *t, i32 tid);
i64 tracer_options(LTraced *p, u64 options);
u64 tracer_host_options(u64 options);       /* what the host is to tell of */
void tracer_remove(LTask *k, i32 tid);
i64 tracer_go(LTraced *p, LHow how, int sig);
i64 host_ptrace(long request, i64 tid, u64 at, u64 data);

/* peer.c -- other processes of this machine.  A thread's memory as the host has it: */
bool peer_read(i64 tid, u64 at, void *to, size_t n);
bool peer_write(i64 tid, u64 at, const void *from, size_t n);
/* Looks up where a thread's LThread is, and what stands there; false: it is none of a guest's, or not one yet. */
bool peer_find(LTraced *p);
bool peer_learn(LTraced *p, u64 at);
bool peer_ready(i64 tid);
/* Guest memory: how many of the n bytes could be copied.  What is written may be protected. */
size_t peer_copy(LTraced *p, u64 at, void *buf, size_t n, bool write);
/* Files of /proc of other guests, as proc_open. */
i64 peer_open(LThread *t, const char *path, int flags);
bool peer_exe(const char *path, char out[PATH_SIZE]); /* the program of another guest, by /proc/PID/exe */
i64 peer_file(LThread *t, const u64 *a);    /* call_host, of a descriptor of a process's memory; -ENOSYS: of something else */
void peer_publish(LTask *k, bool there);    /* this process can be looked at now; false: k has ended */

/* regset.c -- registers as tracers have them, of a copy: an LThread with nothing but x and wide. */
enum { REGS64_SIZE = 27 * 8, REGS32_SIZE = 17 * 4 };
void regs_get(LThread *copy, i64 call, bool wide, u8 *out);
i64 regs_set(LThread *copy, i64 *call, bool wide, const u8 *in);
/* frame.c: FXSAVE's image with XSAVE's upper halves, FRAME_XSAVE bytes; FSAVE's before it for i386. */
enum { FRAME_FX = 512, FRAME_XSAVE = 832, FRAME_FSAVE = 108 };
void frame_get_fp(LThread *t, u8 *out);
void frame_set_fp(LThread *t, const u8 *in, bool upper);
void frame_get_fsave(LThread *t, u8 *out);
bool frame_set_segment(LThread *t, u32 seg, u32 sel); /* false: there is no such descriptor, and it is 0 now */

/* vdso_unwind.c -- its unwind tables, written into the page from `at` on; returns the size of .eh_frame_hdr, which is first.
 * Where the code is: ncall functions of call_size bytes, each in a slot; of i386 also the rest. */
typedef struct VdsoCode {
	u32 call, slot, ncall, call_size, entry, sigreturn, rt_sigreturn;
} VdsoCode;
u32 vdso_unwind(bool wide, u8 *page, u32 at, const VdsoCode *c);

/* limit.c */
bool limit_start(LTask *k, Err *e);
/* Before a process or thread is made: its place among --limit-pids, or -EAGAIN.  Then which one it has become, or an error. */
i64 limit_claim(LTask *k);
void limit_settle(i64 slot, i64 pid);

/* i386's half of a 64-bit number */
static inline u64 pair64(u64 lo, u64 hi) { return (lo & 0xffffffff) | hi << 32; }
static inline void *hostp(u64 a) { return (void *)(uintptr_t)a; }

/* net.c: socket addresses, whose family is in the machine's byte order. */
i64 net_read_addr(LThread *t, u64 at, u64 n, u8 *out);
void net_swap_family(u8 *addr, u32 n);
/* Makes the address of a local socket the host's; the bytes it then has, or -errno. */
i64 net_confine(LThread *t, u8 *addr, u64 n, bool follow);
/* That fd is no socket comes before other errors. */
i64 net_error(LThread *t, i64 fd, i64 error);

/* Handlers of all families. */
#define H(name, nr64, nr32, sig, host)
#define S(name, nr64, nr32, sig, fn) LHandler fn;
#define N(name, nr64, nr32, error)
#include "syscalls.def"
#undef H
#undef S
#undef N

#endif
