/* Inside run, for foreign programs: XTask and XThread in full, and what the x*.c files offer each other.
 *
 * One lock of the task guards its address space, its units and its list of threads.  Guest code runs without it, and so
 * do copies from and to guest memory except those of the translator, which a fault leaves by copy_guarded. */
#ifndef PVM_XTASK_H
#define PVM_XTASK_H

#include <pthread.h>
#include <setjmp.h>

#include "foreign.h"

typedef struct XJit XJit;
typedef struct Unit Unit;

/* What a mapping shows: a file, by device and inode, or shared memory.  id 0: nothing that can be mapped twice. */
enum { OWN_OBJECT = -1, SYSV_OBJECT = -2 }; /* device: a mapping of its own; System V's segments */
typedef struct Object { u64 device, id; } Object;

/* A stretch of guest memory whose pages have the same origin and protection. */
typedef struct Region {
	u64 at, end, offset;
	int prot;
	bool shared, file;
	bool grows;            /* downwards, when what is below it is touched */
	u32 name;              /* in XTask.names; 0 = none */
	Object object;
} Region;

enum { ALT_STACK = 64 << 10, WINDOW_TAIL = 65536, UNIT_INSNS = 48 /* guest instructions: their bytes lie on two pages at most */, WARM = 512 };

/* Translated guest code. */
struct Unit {
	u64 pc, lo, end;       /* where it is entered; guest bytes [lo, end) */
	bool region;
	u32 insns;
	bool dead;             /* dropped: only what still runs in it knows it */
	bool cold;             /* jit: evaluated until it has run often enough; its O-code may be gone meanwhile */
	u32 runs;              /* while it is cold */
	u32 warm;              /* 1 + its place in XTask.warm, 0 = none */
	OFunc *func;           /* eval */
	OQuick *quick;         /* the same made ready for running often, NULL = not yet, or not to be had (plain) */
	bool plain;
	void *code;            /* jit: a Code */
	Unit *next[2];         /* others on its first and on its last page (if that is another one) */
	Unit *garbage;
	u64 dropped;           /* XTask.life then */
};

/* From here on addresses are the kernel's: it says of page faults there that something is present. */
#define USER_END 0x7ffffffff000ull

/* Where a thread is, for the fault handler. */
enum { IN_VM, IN_EVAL, IN_JIT };

typedef struct Run {       /* one xthread_run; they may be nested */
	struct Run *up;
	sigjmp_buf top;
	XThread *before;       /* what the host thread ran, */
	stack_t stack;         /* and its signal stack */
} Run;

typedef struct Pin { u64 at, end; } Pin;

struct XThread {
	Regfile r;             /* first: a helper's Regfile * is its XThread * */
	XTask *task;
	XThread *next;
	void *data;            /* the personality's */
	Run *run;
	OEvalEnv eval;
	volatile int where;
	Unit *volatile unit;   /* eval: the one that runs, or with which quick code was begun */
	OExit *way;            /* quick code: the exit by which it was left, NULL = none, or not to be linked; */
	u64 way_life, seen;    /* XTask.life then, and when the thread last came for a unit */
	XExit kind;            /* how it was left */
	XTrap why;             /* of a fault or trap that came by siglongjmp */
	VEC(Pin) pin;          /* what the host's kernel may write now */
	volatile bool trapped, once; /* why is there; execute one instruction without keeping its translation */
	Unit *single;          /* the unit of that one instruction */
	u64 exits[XE_FLAGS + 1]; /* by kind, for --stats */
	u8 *alt_stack;         /* for the host's signal handlers */
	u8 *returns;           /* jit: the stack of predicted returns, see THUNK_RETURN */
	u32 link;              /* jit: the exit by which it left, UINT32_MAX = none; where that goes, in which life of the cache */
	u64 link_pc, link_flush;
};

struct XTask {
	XTaskOpts o;
	pthread_mutex_t lock;  /* recursive */
	u8 *mem;               /* host address of guest address 0 */
	u64 lo, hi;            /* guest addresses that can be mapped */
	VEC(Region) region;    /* by address */
	Intern names;
	u64 objects;           /* how many OWN_OBJECTs there have been */
	bool viewed;           /* an object has, or had, several views, and one of them can be written to */
	XThread *threads;
	u32 nthread;
	Map unit;              /* pc -> Unit *, 0 = dropped */
	Map page;              /* page number -> the first Unit * on it, 0 = none */
	u32 npage;             /* pages with units */
	Unit *warm[WARM];      /* cold units that have their O-code still, the newest ones */
	u32 warm_at;           /* the oldest */
	u32 ncold, nwarmed;    /* units that were cold first; those of them that have been compiled since */
	u32 npin;              /* pins of all threads */
	Unit *garbage;         /* dropped units, freed when nobody can be in them */
	u64 life;              /* counts what is dropped or freed */
	u32 ngarbage;
	XJit *jit;             /* NULL: eval */
	bool x87;              /* units may use the host's x87 */
	u8 flat, unflat;       /* a bit a segment register: fs and gs that units take to be flat; those that never are again */
	bool flushing;         /* the code cache is to be begun again: threads must leave emitted code */
	OHostFn *const *host;
	struct {
		u64 units, insns, regions, exits[XE_FLAGS + 1] /* of threads that have ended */, faults, dropped, once, flushes, compiled;
		u64 lower, opt, back; /* ns */
		Map unimpl;           /* XOp -> how often */
	} stat;
};

static inline u8 *xhost(const XTask *t, u64 at) { return (u8 *)((uintptr_t)t->mem + (uintptr_t)at); }
static inline u64 page_of(u64 at) { return at / GUEST_PAGE; }

/* xspace.c */
bool xspace_new(XTask *t, Err *e);
void xspace_free(XTask *t);
/* The region around an address, or NULL. */
const Region *xspace_at(const XTask *t, u64 at);
/* The first region that ends behind `at`, region.n if there is none. */
u32 xspace_find(const XTask *t, u64 at);
/* Sets the host's protection of one page: as the guest wants it, but without writing if `guard`. */
void xspace_guard(XTask *t, u64 page, bool guard);

/* xviews.c; with the lock held */
Object view_object(XTask *t, const XMapReq *r);
/* Calls fn for each other place where the bytes of [at, at + size) can be seen, until it says true; whether it has. */
typedef bool ViewFn(XTask *t, const Region *r, u64 at, u64 size, void *ctx);
bool view_each(XTask *t, u64 at, u64 size, ViewFn *fn, void *ctx);
/* Guards a page and its views, or opens them, as there are units. */
void view_guard(XTask *t, u64 page);
void view_drop(XTask *t, u64 at, u64 size); /* the units of the other views */
void view_made(XTask *t, u64 at, u64 size); /* a mapping is new, or can be written now */

/* xmem.c */
/* memcpy that gives false when either side faults. */
bool copy_guarded(void *to, const void *from, size_t n);
/* True, and does not come back, if this thread is in copy_guarded. */
void copy_fault(void);
/* It is not any more: the process that was has ended. */
void copy_end(void);
/* Whether a thread has pinned pages of these bytes for writing. */
bool xmem_pinned(XTask *t, u64 at, u64 size);
/* Reads guest code, for XUnitReq: stops at what cannot be executed. */
size_t xmem_fetch(void *task, u64 at, u8 *buf, size_t n);

/* xunit.c */
Unit *unit_get(XThread *t, u64 pc);        /* finds or translates; the thread then counts as running it */
Unit *unit_once(XThread *t, u64 pc, bool step); /* one instruction, careful if that is called for; free it with unit_free */
void unit_free(Unit *u);
void unit_drop_range(XTask *t, u64 at, u64 size); /* of every view of these bytes; with the lock held */
void unit_drop_pages(XTask *t, u64 at, u64 size); /* of this one */
void unit_drop_all(XTask *t);
bool unit_on_page(const XTask *t, u64 page);
void unit_collect(XTask *t);               /* frees what was dropped and no thread runs; with the lock held */
void unit_end(XTask *t);
u64 xtime(const XTask *t);                 /* ns; 0 without --stats, as nobody is to be told */

/* xquick.c */
/* The unit is about to be evaluated once more: perhaps as quick code from now on; its ways are made short for the next
 * time.  The lock is held. */
void xquick_reached(XThread *t, Unit *u);
/* No quick code goes to the unit any more, nor from it to others; the lock is held. */
void xquick_drop(XTask *t, Unit *u);
/* Runs it and what follows, until something is for the run loop; sets kind and XS_PC. */
void xquick_run(XThread *t, Unit *u);
/* The unit that the thread evaluates. */
Unit *xquick_unit(const XThread *t);

/* xfault.c */
void xfault_install(void);
void xfault_enter(XThread *t, Run *run);
void xfault_leave(const Run *run);
/* Writes the registers that an instruction's state map names into the register file. */
void xfault_state(Regfile *r, u32 slot, u8 type, u64 lo, u64 hi);
/* Regfile.trap: how helpers raise. */
void xfault_trap(Regfile *r, u64 kind);
/* Makes the register file exact for the instruction that runs, and sets its pc; uc: of the signal (not needed for eval). */
void xfault_exact(XThread *t, void *uc);
/* Leaves guest code for the run loop. */
void xthread_leave(XThread *t, const XTrap *why) NORETURN;

#endif
