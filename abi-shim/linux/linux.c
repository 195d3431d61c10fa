/* Runs a Linux program: joins process start, system calls and signals with run's task. */
#include "layouts.h"

#include <stdlib.h>
#include <unistd.h>

/* An instruction that pvm does not know ends the program: a signal would hide that it is pvm's fault. */
static NORETURN void unimplemented(LThread *t, const XTrap *w)
{
	xtask_unimplemented(t->task->x, w->pc);
	if (t->task->o.x.stats)
		xtask_stats(t->task->x, stderr);
	die(EXIT_UNSUPPORTED, "%.200s: the instruction '%s' at %#llx is not supported yet", t->task->exe,
		xtask_insn_name(t->task->x, w->pc), (unsigned long long)w->pc);
}

/* SYSENTER of i386 leaves neither pc nor stack pointer: that is in EBP, with the sixth argument on top of the stack, and the
 * way back is the vDSO's.  In 64-bit programs it leads nowhere.  Linux: arch/x86/entry/syscall_32.c. */
static bool sysenter(LThread *t, const XTrap *why)
{
	enum { RSP = 4, RBP = 5 };
	u64 *sp = xreg(t->x, RSP), *bp = xreg(t->x, RBP);
	u8 raw[4];

	if (xtask_mode(t->task->x) == X86_64)
		return signal_fault(t, why);
	*sp = (u32)*bp;
	*xreg(t->x, XS_PC) = vdso_landing(t->task);
	if (!xguest_read(t->x, *sp, raw, sizeof raw)) {
		*xreg(t->x, 0) = (u32)-EFAULT;
		return true;
	}
	*bp = ld32(raw);
	return call_trap(t, false);
}

static bool on_trap(XThread *x, const XTrap *why)
{
	LThread *t = lthread(x);

	switch (why->kind) {
	case XE_SYSCALL:
		return call_trap(t, true);
	case XE_INT80:
		return call_trap(t, false);
	case XE_SYSENTER:
		return sysenter(t, why);
	case XE_UNIMPL:
		unimplemented(t, why);
	case XE_MEMORY:
		if (!why->mapped && !why->bus && guest_grow_down(t->task->x, why->addr, t->task->stack_limit.rlim_cur))
			return true;
		/* fall through */
	default:
		return signal_fault(t, why);
	}
}

/* Lines of the trace go to a descriptor of their own: the guest may close or redirect standard error. */
static void open_trace(LTask *k)
{
	k->trace_fd = k->o.strace ? fcntl(2, F_DUPFD_CLOEXEC, 900) : -1;
	if (k->o.strace && k->trace_fd < 0)
		k->trace_fd = fcntl(2, F_DUPFD_CLOEXEC, 100);
	k->trace = k->trace_fd >= 0 ? fdopen(k->trace_fd, "w") : stderr;
	if (k->trace)
		setvbuf(k->trace, NULL, _IOLBF, 4096);
}

const char *linux_host_path(const LinuxOpts *o, const char *path, char *out)
{
	return path_host(o, path, true, out);
}

/* Under --only-root the current directory is one that the guest can name. */
static void start_inside(const LinuxOpts *o)
{
	char cwd[PATH_SIZE];

	if (o->only_root && (!getcwd(cwd, sizeof cwd) || (path_guest(o, cwd) == cwd && !path_is_system(cwd))) && chdir(o->root) != 0)
		die(EXIT_VM, "--only-root: cannot go to '%s'", o->root);
}

int linux_run(const LinuxOpts *o, int argc, char **argv, char **envp)
{
	LTask *k = xcalloc(1, sizeof *k);
	Err e = {0};

	k->o = *o;
	thread_init(k);
	k->o.x.trap = on_trap;
	k->o.x.pending = signal_pending;
	k->o.x.signal = signal_stray;
	k->o.x.data = k;
	open_trace(k);
	start_inside(o);
	if (!limit_start(k, &e) || !start_process(k, argc, argv, envp, &e))
		die(e.status, "%s", e.msg);
	signal_init(k);
	if (o->seccomp_fd >= 0 && !seccomp_load(&k->thread, o->seccomp_fd))
		die(EXIT_VM, "seccomp's filters cannot be read");
	peer_publish(k, true);
	if (o->traced && !tracee_take(&k->thread, o->traced))
		die(EXIT_VM, "--traced: not what the machine gives");
	if (k->o.fatal)
		signal_catch_fatal(k);
	xthread_run(k->thread.x);
	/* Forked children of the guest come here, too: what the VM holds goes with the process. */
	return thread_end(&k->thread);
}
