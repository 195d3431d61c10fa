/* run, for foreign programs: address space, threads, units of x86 code, faults and signals.
 *
 * Part of run's door (run.h): what abi-shim/linux, abi-shim/win32, debug and main.c use.  A Task has one address space
 * and any number of Threads; a Thread begins with a Regfile whose slots are those of XSlot in pvm/x86/x86.h. */
#ifndef PVM_FOREIGN_H
#define PVM_FOREIGN_H

#include <signal.h>

#include "../base/base.h"
#include "../ocode/ocode.h"
#include "../x86/x86.h"
#include "run.h"

typedef struct XTask XTask;
typedef struct XThread XThread; /* begins with a Regfile */

/* ---- tasks ----------------------------------------------------------------------------------------- */

/* Why guest code came back to its personality.  The handler sets registers and returns true to go on at the pc in
 * XS_PC, false to end the thread. */
typedef struct XTrap {
	XExit kind;      /* XE_SYSCALL, XE_INT80, XE_SYSENTER, XE_UD, XE_GP, XE_DE, XE_INT3, XE_STEP, ..., XE_MEMORY (also for
	                  * an instruction that cannot be fetched: addr is then its first byte out of reach) */
	u64 pc;          /* of the instruction (faults), or behind it (calls and traps) */
	u64 addr;        /* XE_MEMORY: the address that could not be accessed */
	bool write;      /* XE_MEMORY: by a store */
	bool mapped;     /* XE_MEMORY: the page is there, but forbids it (SEGV_ACCERR) */
	bool bus;        /* XE_MEMORY: the page lies behind a file's end (SIGBUS) */
	u32 error;       /* the processor's error code: of a page fault, #GP, #NP or #SS */
} XTrap;

typedef struct XTaskOpts {
	enum XMode mode;
	enum { XEXEC_AUTO, XEXEC_EVAL, XEXEC_JIT } exec;
	bool stats, trace_exec, check_ocode;
	u64 limit;       /* most bytes of guest address space, 0 = no limit */
	u32 hot;         /* how often a jump backwards is taken before its loop becomes a region; 0 = a good number */
	u32 cold;        /* jit: how often a unit is evaluated before it is compiled */
	u32 code_limit;  /* most bytes of machine code, 0 = as many as there is room for; small ones are for tests */
	/* Calls from guest code; registers are exact. */
	bool (*trap)(XThread *t, const XTrap *why);
	/* Called at a safe point when xthread_kick has been called; registers are exact. */
	bool (*pending)(XThread *t);
	/* run owns the host's SIGSEGV and SIGBUS: the personality installs no handlers for them.  One that no access caused
	 * (kill, sigqueue) is handed on here, inside the host's signal handler; NULL = dropped. */
	void (*signal)(XThread *t, int sig, siginfo_t *si, void *ucontext);
	void *data;      /* the personality's own */
} XTaskOpts;

/* Makes a task with an empty address space.  NULL: e says why. */
XTask *xtask_new(const XTaskOpts *o, Err *e);
void *xtask_data(XTask *t);
enum XMode xtask_mode(const XTask *t);
void xtask_stats(XTask *t, FILE *out);
void xtask_free(XTask *t);
/* Around fork: before it, the VM's locks are taken, and the parent gives them back behind it. */
void xtask_before_fork(XTask *t);
void xtask_after_fork_parent(XTask *t);
/* The child of fork: takes its own code memory; the caller is the only thread left.  */
void xtask_after_fork(XTask *t);
/* What `pvm --stats` names: an instruction without an implementation has been met at this address. */
void xtask_unimplemented(XTask *t, u64 pc);
/* How it is written ("fsin"), for the exit-126 line; "" if it cannot be decoded. */
const char *xtask_insn_name(XTask *t, u64 pc);

/* NULL: no memory. */
XThread *xthread_new(XTask *t);
/* A thread with the same registers (clone). */
XThread *xthread_copy(const XThread *of);
XTask *xthread_task(XThread *t);
/* The personality's own, NULL at first. */
void **xthread_data(XThread *t);
void xthread_free(XThread *t);
static inline u64 *xreg(XThread *t, u32 slot) { return &((Regfile *)(void *)t)->slot[slot]; }
/* Runs guest code from XS_PC until a handler returns false.  Takes the calling host thread's alternate signal stack. */
void xthread_run(XThread *t);
/* A process that shares this memory (vfork) has used the calling host thread's thread-local variables for `child`, and has
 * left: they are mine's again (NULL: nobody's), and nobody waits for the child. */
void xthread_take_back(XThread *mine, XThread *child);
/* The thread that runs on the calling host thread, or NULL; for signal handlers. */
XThread *xthread_current(void);
/* Makes the thread call opts.pending soon (bounded); safe from signal handlers and other threads. */
void xthread_kick(XThread *t);
/* EFLAGS as the guest sees them, and their setting. */
u64 xthread_eflags(XThread *t);
void xthread_set_eflags(XThread *t, u64 v);

/* ---- the address space ------------------------------------------------------------------------------ */

enum { GUEST_PAGE = 4096 };
enum { GP_READ = 1, GP_WRITE = 2, GP_EXEC = 4 };

/* A mapping, for /proc/self/maps. */
typedef struct XMapping {
	u64 at, size, offset;
	int prot;        /* GP_* */
	bool shared;
	const char *name; /* file or "[heap]", "[stack]", ...; "" = anonymous */
} XMapping;

/* Maps memory at guest page granularity.  at 0: anywhere (below 4 GiB for i386, below 2 GiB for low32).  fixed: exactly there, over what
 * was there; noreplace: fails with EEXIST instead.  fd -1: anonymous.  Returns the address, or -errno. */
typedef struct XMapReq {
	u64 at, size, offset;
	int prot, fd;
	bool shared, fixed, noreplace, low32, stack, grows /* downwards: guest_grow_down */;
	const char *name; /* copied; NULL = by fd */
	u64 object;      /* fd -1: mappings with the same number show the same memory (System V's); 0 = none */
} XMapReq;
i64 guest_map(XTask *t, const XMapReq *r);
void guest_limit(XTask *t, u64 bytes); /* XTaskOpts.limit from now on */
/* An access at addr found nothing: a mapping above it that grows is to reach there, with at most so many bytes in all. */
bool guest_grow_down(XTask *t, u64 addr, u64 most);
i64 guest_unmap(XTask *t, u64 at, u64 size);
i64 guest_protect(XTask *t, u64 at, u64 size, int prot);
/* old_size 0: the new place shows the same shared memory, and the old one stays. */
i64 guest_remap(XTask *t, u64 at, u64 old_size, u64 new_size, u64 to, bool may_move, bool fixed);
/* Steps through the mappings in address order: *m gets the one at or behind `from`; false when there is none. */
bool guest_mapping(XTask *t, u64 from, XMapping *m);
/* The mappings of a task in another process that runs the same file, by a function that reads its memory; false behind the
 * last one.  m->name is in `name`.  Both sides may change meanwhile. */
typedef bool XFarRead(void *ctx, u64 at, void *to, size_t n);
bool guest_far_mapping(u64 task, u32 index, XFarRead *read, void *ctx, XMapping *m, char *name, size_t size);
/* Translated code from these bytes is forgotten (the guest, or the kernel for it, writes there). */
void guest_written(XTask *t, u64 at, u64 size);

/* ---- guest memory, for handlers: never faults ------------------------------------------------------- */

/* False if any byte is out of reach (EFAULT); what could be copied is unspecified then. */
bool xguest_read(XThread *t, u64 at, void *to, size_t n);
bool xguest_write(XThread *t, u64 at, const void *from, size_t n);
/* Atomic compare and swap of an aligned word, in the guest's byte order; *was becomes what is there. */
bool xguest_swap32(XThread *t, u64 at, u32 *was, u32 to);
/* Reads a NUL-terminated string of at most max bytes with the NUL; the length, -1 out of reach, -2 too long. */
i64 xguest_string(XThread *t, u64 at, char *to, size_t max);
/* A pointer that stays valid while the mapping does: NULL if the range is not wholly accessible as asked (GP_READ,
 * GP_WRITE).  For large buffers of read and write; a concurrent unmap by another guest thread makes the host kernel say
 * EFAULT, which is the right answer. */
void *xguest_pin(XThread *t, u64 at, u64 n, int prot);
/* The thread's pins are over: no pointer from xguest_pin is used any more. */
void xguest_unpin(XThread *t);
/* How many of the n bytes from `at` on are accessible as asked. */
u64 xguest_reach(XThread *t, u64 at, u64 n, int prot);
/* The host's address of a range that is wholly mapped, whatever its protection; NULL if it is not.  For calls about
 * mappings (madvise, mlock), not for access. */
void *xguest_mapped(XThread *t, u64 at, u64 n);

/* ---- stages, for `pvm dump` ------------------------------------------------------------------------ */

/* Shows guest code p[0..n) that lies at pc as a stage sees it: at most `units` units, one behind the other. */
bool foreign_dump(enum XMode mode, u64 pc, const u8 *p, size_t n, enum Stage s, u32 units, Buf *out, Err *e);

#endif
