/* Guest threads, one host thread each: clone, clone3, fork and vfork, and how threads and processes end.
 *
 * The host thread's number is the guest thread's.  A new thread starts with all signals blocked and takes the guest's mask
 * when it is in the run loop; one that ends blocks them first, so that a signal to the process is never lost in it. */
#include "layouts.h"

#include <linux/futex.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The guest's numbers, which are all hosts'. */
enum {
	GC_SIGNAL = 0xff, GC_VM = 0x100, GC_FS = 0x200, GC_FILES = 0x400, GC_SIGHAND = 0x800, GC_PIDFD = 0x1000, GC_VFORK = 0x4000,
	GC_THREAD = 0x10000, GC_SETTLS = 0x80000, GC_PARENT_SETTID = 0x100000, GC_CHILD_CLEARTID = 0x200000,
	GC_CHILD_SETTID = 0x1000000, GC_PARENT = 0x8000, GC_SYSVSEM = 0x40000, GC_DETACHED = 0x400000, GC_UNTRACED = 0x800000
};
#define GC_CLEAR_SIGHAND 0x100000000ull
/* What the host's kernel does for a process, besides. */
#define GC_HOST (0x7e020000ull | GC_UNTRACED | GC_PARENT | 0x80000000ull) /* namespaces, CLONE_IO */
#define GC_KNOWN (GC_VM | GC_FS | GC_FILES | GC_SIGHAND | GC_PIDFD | GC_VFORK | GC_THREAD | GC_SETTLS | GC_PARENT_SETTID | \
	GC_CHILD_CLEARTID | GC_CHILD_SETTID | GC_SYSVSEM | GC_DETACHED | GC_CLEAR_SIGHAND | GC_HOST)

enum { RAX = 0, RSP = 4, HOST_STACK = 1 << 20 };

/* What clone and clone3 ask for. */
typedef struct Clone {
	u64 flags, stack, parent_tid, child_tid, tls, pidfd;
	u64 signal; /* that the parent gets when the child ends */
} Clone;

/* ---- the list of threads ----------------------------------------------------------------------------- */

void thread_lock(LTask *k)
{
	pthread_mutex_lock(&k->lock);
}

void thread_unlock(LTask *k)
{
	pthread_mutex_unlock(&k->lock);
}

static void make_lock(LTask *k)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&k->lock, &a);
	pthread_mutexattr_destroy(&a);
}

static void enlist(LThread *t)
{
	LTask *k = t->task;

	thread_lock(k);
	t->next = k->threads;
	k->threads = t;
	k->nthread++;
	thread_unlock(k);
}

/* How many are left. */
static u32 delist(LThread *t)
{
	LTask *k = t->task;
	LThread **p = &k->threads;

	thread_lock(k);
	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	u32 left = --k->nthread;
	k->calls += t->calls;
	thread_unlock(k);
	return left;
}

void thread_init(LTask *k)
{
	make_lock(k);
	k->space = k;
	k->action = xcalloc(NSIG_GUEST + 1, sizeof *k->action);
	k->thread.task = k;
	k->thread.tid = (i32)syscall(SYS_gettid);
	enlist(&k->thread);
}

static void thread_free(LThread *t)
{
	xthread_free(t->x);
	if (t != &t->task->thread)
		free(t);
}

/* ---- the end ------------------------------------------------------------------------------------------- */

static void write_int(LThread *t, u64 at, i64 v)
{
	u8 raw[4];

	st32(raw, (u32)v);
	xguest_write(t->x, at, raw, 4);
}

/* Tells who joins it. */
static void clear_tid(LThread *t)
{
	if (!t->clear_tid)
		return;
	write_int(t, t->clear_tid, 0);
	void *word = xguest_pin(t->x, t->clear_tid, 4, GP_WRITE);
	if (word)
		syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void show_stats(LTask *k)
{
	if (!k->o.x.stats)
		return;
	xtask_stats(k->x, stderr);
	call_stats(k, stderr);
}

/* A process that all of its threads have left by exit has the status of the last one; host threads of the others may still
 * be about to end. */
int thread_end(LThread *t)
{
	LTask *k = t->task;
	bool leader = t->tid == getpid(), main = t == &k->thread, group = t->group;
	int status = t->status;

	thread_robust_end(t);
	if (group)
		thread_robust_all(k);
	u32 left = delist(t);
	if (k->space != k) /* others have this memory */
		clear_tid(t);
	if (left && !group) {
		clear_tid(t);
		thread_free(t);
		if (leader)
			syscall(SYS_exit, status);
		return status;
	}
	show_stats(k);
	if (!left && main && k->space == k)
		return status;
	fflush(stderr);
	_exit(status);
}

static i64 end(LThread *t, const u64 *a, bool group)
{
	signal_block();
	if (t->queued)
		return LR_AGAIN;
	t->status = (int)a[0] & 0xff;
	t->group = group;
	tracee_event(t, PTRACE_EVENT_EXIT, (u64)t->status << 8);
	t->tracee.exits = 1;
	if (t->task->o.strace)
		trace_call(t, t->raw, 0, false);
	return LR_END;
}

i64 thread_exit_one(LThread *t, const u64 *a)
{
	return end(t, a, false);
}

i64 thread_exit_group(LThread *t, const u64 *a)
{
	return end(t, a, true);
}

/* ---- threads --------------------------------------------------------------------------------------------- */

/* Handed to the new host thread; the parent waits until it is done with it. */
typedef struct Birth {
	LThread *t;
	const Clone *c;
	i32 tid;
	sem_t ready;
} Birth;

static void *host_thread(void *p)
{
	Birth *b = p;
	LThread *t = b->t;
	u64 apart = ~b->c->flags & (GC_FS | GC_FILES);

	t->tid = b->tid = (i32)syscall(SYS_gettid);
	if (apart)
		unshare((int)apart);
	if (b->c->flags & GC_PARENT_SETTID)
		write_int(t, b->c->parent_tid, t->tid);
	if (b->c->flags & GC_CHILD_SETTID)
		write_int(t, b->c->child_tid, t->tid);
	sem_post(&b->ready);
	xthread_kick(t->x); /* takes the guest's mask */
	xthread_run(t->x);
	thread_end(t);
	return NULL;
}

/* What differs from the parent's registers. */
static i64 set_child(LThread *t, const Clone *c)
{
	*xreg(t->x, RAX) = 0;
	if (c->stack)
		*xreg(t->x, RSP) = c->stack;
	if (c->flags & GC_CHILD_CLEARTID)
		t->clear_tid = c->child_tid;
	return c->flags & GC_SETTLS ? thread_set_tls(t, c->tls) : 0;
}

static LThread *thread_new(const LThread *of)
{
	XThread *x = xthread_copy(of->x);
	LThread *t = x ? calloc(1, sizeof *t) : NULL;

	if (!t) {
		if (x)
			xthread_free(x);
		return NULL;
	}
	*t = (LThread){.x = x, .task = of->task, .wide = of->wide, .mask = of->mask, .alt_flags = SS_DISABLE, .filter = of->filter};
	tracee_born(t, &of->tracee, PTRACE_EVENT_CLONE);
	*xthread_data(x) = t;
	return t;
}

/* A host thread that nobody joins; back when it has posted `ready`.  0, or an error. */
static int host_thread_new(void *(*fn)(void *), void *arg, sem_t *ready)
{
	pthread_attr_t attr;
	pthread_t host;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, HOST_STACK);
	sem_init(ready, 0, 0);
	int bad = pthread_create(&host, &attr, fn, arg);
	while (!bad && sem_wait(ready) != 0) /* a signal that cannot be blocked */
		;
	pthread_attr_destroy(&attr);
	return bad;
}

/* Before a host thread is created. */
static void prepare(LThread *t)
{
	signal_block();
	if (!t->task->threaded) {
		t->task->threaded = true;
		signal_first_thread(t->task);
	}
}

static i64 clone_thread(LThread *t, const Clone *c)
{
	Birth b = {.t = thread_new(t), .c = c};

	if (!b.t || t->task->space != t->task) { /* libc's thread belongs to the parent */
		if (b.t)
			thread_free(b.t);
		return -EAGAIN;
	}
	i64 r = set_child(b.t, c);
	if (r < 0) {
		thread_free(b.t);
		return r;
	}
	prepare(t);
	enlist(b.t);
	int bad = host_thread_new(host_thread, &b, &b.ready);
	signal_unblock(t);
	if (!bad)
		return b.tid;
	delist(b.t);
	thread_free(b.t);
	return -bad;
}

/* ---- processes --------------------------------------------------------------------------------------------- */

/* The kernel's clone without a new stack. */
static i64 host_clone(u64 flags)
{
#if defined(__s390x__)
	i64 r = syscall(SYS_clone, 0, flags, 0, 0, 0);
#else
	i64 r = syscall(SYS_clone, flags, 0, 0, 0, 0);
#endif
	return r < 0 ? -errno : r;
}

/* libc's, which holds libc's own locks across it and knows the child's number, unless it is asked for what that cannot. */
static i64 host_fork(u64 flags)
{
	if (flags != SIGCHLD)
		return host_clone(flags);
	i64 r = fork();
	return r < 0 ? -errno : r;
}

/* Only the caller lives on in the child. */
static void after_fork(LThread *t)
{
	LTask *k = t->task;

	make_lock(k);
	xtask_after_fork(k->x);
	for (LThread *other = k->threads, *next; other; other = next) {
		next = other->next;
		if (other != t && other != &k->thread)
			free(other);
	}
	k->threads = t;
	k->nthread = 1;
	k->threaded = false;
	k->brk_start = k->space->brk_start; /* the memory is its own now */
	k->brk = k->space->brk;
	k->space = k;
	k->next_task = NULL;
	k->traced.n = 0;
	k->far_mem = false;
	peer_publish(k, true);
	t->next = NULL;
	t->tid = getpid();
	t->robust = t->clear_tid = 0;
}

static void tell_parent(LThread *t, const Clone *c, i64 pid)
{
	if (c->flags & GC_PARENT_SETTID)
		write_int(t, c->parent_tid, pid);
	if (c->flags & GC_PIDFD)
		write_int(t, c->pidfd, syscall(SYS_pidfd_open, pid, 0));
}

/* Which of them a tracer may want to hear of. */
static int event_of(const Clone *c)
{
	return c->flags & GC_VFORK ? PTRACE_EVENT_VFORK : c->signal == SIGCHLD ? PTRACE_EVENT_FORK : PTRACE_EVENT_CLONE;
}

static i64 clone_process(LThread *t, const Clone *c)
{
	LTask *k = t->task;
	int event = event_of(c);

	signal_block();
	if (t->queued)
		return LR_AGAIN;
	thread_lock(k);
	xtask_before_fork(k->x);
	i64 pid = host_fork(c->signal | (c->flags & (GC_VFORK | GC_HOST | GC_FS | GC_FILES)));
	if (pid == 0) {
		LTracee was = t->tracee;
		tracee_born(t, &was, c->flags & GC_UNTRACED ? 0 : event);
		after_fork(t);
	} else {
		xtask_after_fork_parent(k->x);
		thread_unlock(k);
	}
	if (pid > 0)
		tell_parent(t, c, pid);
	if (pid == 0) {
		set_child(t, c);
		if (c->flags & GC_CLEAR_SIGHAND)
			signal_reset(k);
		if (c->flags & GC_CHILD_SETTID)
			write_int(t, c->child_tid, t->tid);
		tracee_first(t);
	}
	signal_unblock(t);
	return pid;
}

/* ---- processes that share memory ---------------------------------------------------------------------------- */

/* A child by vfork, or by clone with CLONE_VM.  It runs on a stack of its own, but with the thread-local variables of the
 * host thread that made it, which sleeps as long: that of the parent after vfork, else one made for this. */
typedef struct Share {
	LTask *k;               /* the child's */
	Clone c;
	u8 *stack;
	struct Started *started; /* NULL: vfork; the parent's until it is told */
} Share;

typedef struct Started {
	i64 pid;
	sem_t ready;
} Started;

static int child_main(void *p)
{
	Share *s = p;
	LThread *t = &s->k->thread;

	t->tid = (i32)syscall(SYS_gettid);
	if (s->c.flags & GC_PARENT_SETTID)
		write_int(t, s->c.parent_tid, t->tid);
	if (s->c.flags & GC_CHILD_SETTID)
		write_int(t, s->c.child_tid, t->tid);
	if (s->c.flags & GC_CLEAR_SIGHAND)
		signal_reset(s->k);
	if (s->started) {
		s->started->pid = t->tid;
		sem_post(&s->started->ready);
	}
	xthread_kick(t->x); /* takes the guest's mask */
	xthread_run(t->x);
	_exit(thread_end(t)); /* in a fork of the child, too, which may have had threads */
}

static void share_free(Share *s)
{
	LTask *k = s->k;

	if (k && k->thread.x) {
		peer_publish(k, false);
		vec_free(&k->traced);
		proc_exec_free(&k->thread);
		xthread_free(k->thread.x);
	}
	if (k && !(s->c.flags & GC_SIGHAND))
		free(k->action);
	free(k);
	if (s->stack)
		munmap(s->stack, HOST_STACK);
	free(s);
}

/* A process of one thread with its parent's options, registers and actions. */
static bool share_new(Share *s, const LThread *of)
{
	LTask *k = s->k = calloc(1, sizeof *k);
	LThread *t = &k->thread;
	size_t actions = (NSIG_GUEST + 1) * sizeof *k->action;

	s->stack = mmap(NULL, HOST_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (s->stack == MAP_FAILED)
		s->stack = NULL;
	XThread *x = k && s->stack ? xthread_copy(of->x) : NULL;
	if (!x)
		return false;
	*k = *of->task;
	*t = (LThread){.x = x, .task = k, .wide = of->wide, .mask = of->mask, .alt_flags = SS_DISABLE, .filter = of->filter};
	tracee_born(t, &of->tracee, s->c.flags & GC_UNTRACED ? 0 : event_of(&s->c));
	if (s->c.flags & GC_VFORK) {
		t->alt_at = of->alt_at;
		t->alt_size = of->alt_size;
		t->alt_flags = of->alt_flags;
	}
	*xthread_data(x) = t;
	if (!(s->c.flags & GC_SIGHAND))
		memcpy(k->action = xmalloc(actions), of->task->action, actions);
	k->missing = k->odd = k->shm = (Map){0};
	memset(&k->traced, 0, sizeof k->traced);
	memset(&k->written, 0, sizeof k->written);
	k->threads = NULL;
	k->nthread = 0;
	k->calls = 0;
	make_lock(k);
	enlist(t);
	peer_publish(k, true);
	return set_child(t, &s->c) == 0;
}

/* The host's clone; back when the child has executed another program or ended. */
static i64 share_run(Share *s)
{
	u64 flags = GC_VM | GC_VFORK | s->c.signal | (s->c.flags & (GC_FS | GC_FILES | GC_SIGHAND | GC_HOST));
	XThread *mine = xthread_current();
	i64 pid = clone(child_main, s->stack + HOST_STACK, (int)flags, s);

	if (pid < 0)
		pid = -errno;
	xthread_take_back(mine, s->k->thread.x);
	return pid;
}

/* The events of this child are the guest's. */
static i64 share_vfork(LThread *t, Share *s)
{
	t->tracee.vforks = 1;
	i64 pid = share_run(s);
	t->tracee.vforks = 0;
	return pid;
}

static void *share_apart(void *p)
{
	Share *s = p;
	i64 pid = share_run(s);

	if (pid < 0) {
		s->started->pid = pid;
		sem_post(&s->started->ready);
		return NULL; /* the parent frees it */
	}
	share_free(s);
	return NULL;
}

static i64 share_beside(LThread *t, Share *s)
{
	Started begun;

	s->started = &begun;
	prepare(t);
	int bad = host_thread_new(share_apart, s, &begun.ready);
	return bad ? -bad : begun.pid;
}

static i64 clone_sharing(LThread *t, const Clone *c)
{
	Share *s = xcalloc(1, sizeof *s);
	bool waits = c->flags & GC_VFORK;
	i64 pid = -EAGAIN;

	signal_block();
	s->c = *c;
	if (t->queued)
		pid = LR_AGAIN;
	else if (share_new(s, t))
		pid = waits ? share_vfork(t, s) : share_beside(t, s);
	if (pid < 0 || waits)
		share_free(s);
	if (pid > 0 && c->flags & GC_PIDFD)
		tell_parent(t, &(Clone){.flags = GC_PIDFD, .pidfd = c->pidfd}, pid);
	signal_unblock(t);
	return pid;
}

/* ---- calls --------------------------------------------------------------------------------------------------- */

static i64 clone_any(LThread *t, const Clone *c)
{
	u64 f = c->flags;

	if ((f & GC_SIGHAND && !(f & GC_VM)) || (f & GC_THREAD && !(f & GC_SIGHAND)))
		return -EINVAL;
	i64 slot = limit_claim(t->task), r;
	if (slot < 0)
		return slot;
	r = f & GC_THREAD ? clone_thread(t, c) : f & GC_VM ? clone_sharing(t, c) : clone_process(t, c);
	limit_settle(slot, r ? r : getpid());
	if (r > 0 && !(f & GC_UNTRACED) && !(f & GC_VFORK && f & GC_VM))
		tracee_event(t, f & GC_THREAD ? PTRACE_EVENT_CLONE : event_of(c), (u64)r);
	return r;
}

i64 thread_fork(LThread *t, const u64 *a)
{
	return clone_any(t, &(Clone){.signal = SIGCHLD});
}

i64 thread_vfork(LThread *t, const u64 *a)
{
	return clone_any(t, &(Clone){.flags = GC_VM | GC_VFORK, .signal = SIGCHLD});
}

/* x86-64: flags, stack, parent's, child's, TLS; i386 has the last two the other way round. */
i64 thread_clone(LThread *t, const u64 *a)
{
	return clone_any(t, &(Clone){
		.flags = a[0] & ~(u64)GC_SIGNAL, .signal = a[0] & GC_SIGNAL, .stack = a[1], .parent_tid = a[2], .pidfd = a[2],
		.child_tid = a[t->wide ? 3 : 4], .tls = a[t->wide ? 4 : 3]
	});
}

/* struct clone_args: words of 64 bits on both widths, of which later kernels know more. */
i64 thread_clone3(LThread *t, const u64 *a)
{
	enum { FLAGS, PIDFD, CHILD_TID, PARENT_TID, SIGNAL, STACK, STACK_SIZE, TLS, SET_TID, SET_TID_SIZE, CGROUP, WORDS };
	enum { FIRST_SIZE = 64, MOST = 4096 };
	u8 raw[MOST] = {0};
	u64 w[WORDS], n = a[1];

	if (n < FIRST_SIZE || n > MOST)
		return n > MOST ? -E2BIG : -EINVAL;
	if (!xguest_read(t->x, a[0], raw, n))
		return -EFAULT;
	for (u32 i = 8 * WORDS; i < n; i++)
		if (raw[i])
			return -E2BIG;
	for (u32 i = 0; i < WORDS; i++)
		w[i] = ld64(raw + 8 * i);
	if (w[FLAGS] & GC_SIGNAL || w[SIGNAL] > NSIG_GUEST || !w[STACK] != !w[STACK_SIZE] || (w[FLAGS] & (GC_THREAD | GC_PARENT) && w[SIGNAL]))
		return -EINVAL;
	if (w[SET_TID] || w[FLAGS] & ~(u64)GC_KNOWN) {
		call_missing(t, "clone", w[FLAGS]);
		return -EINVAL;
	}
	return clone_any(t, &(Clone){
		.flags = w[FLAGS], .signal = w[SIGNAL], .stack = w[STACK] + w[STACK_SIZE], .parent_tid = w[PARENT_TID],
		.child_tid = w[CHILD_TID], .tls = w[TLS], .pidfd = w[PIDFD]
	});
}

i64 thread_set_tid_address(LThread *t, const u64 *a)
{
	t->clear_tid = a[0];
	return t->tid;
}
