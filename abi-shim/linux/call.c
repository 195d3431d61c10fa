/* From a system call's number to its handler: finds the row, decodes the arguments by its signature, calls, and
 * writes results back.  Also what is missing: ENOSYS, counted and named. */
#include "layouts.h"

#include <sys/syscall.h>

#ifndef SYS_memfd_secret /* not on every architecture */
#define SYS_memfd_secret -1
#endif

static LHandler call_absent;

static const LRow rows[] = {
#define H(name, nr64, nr32, sig, host) {#name, nr64, nr32, sig, call_host, host},
#define S(name, nr64, nr32, sig, fn) {#name, nr64, nr32, sig, fn, -1},
#define N(name, nr64, nr32, error) {#name, nr64, nr32, "", call_absent, error},
#include "syscalls.def"
#undef H
#undef S
#undef N
};

enum { NR_MAX = 512 };
static const u64 TASK_SIZE64 = 0x7ffffffff000;

u32 call_index(const LRow *row)
{
	return (u32)(row - rows);
}

/* The rows by number, built at the first call. */
const LRow *call_find(bool wide, u64 nr)
{
	static const LRow *by[2][NR_MAX];
	static bool ready; /* several threads may fill it, with the same */
	bool fill = !__atomic_load_n(&ready, __ATOMIC_ACQUIRE);

	for (u32 i = 0; fill && i < COUNT(rows); i++) {
		if (rows[i].nr32 >= 0)
			by[0][rows[i].nr32] = &rows[i];
		if (rows[i].nr64 >= 0)
			by[1][rows[i].nr64] = &rows[i];
	}
	if (fill)
		__atomic_store_n(&ready, true, __ATOMIC_RELEASE);
	return nr < NR_MAX ? by[wide][nr] : NULL;
}

/* ---- decoding -------------------------------------------------------------------------------------- */

/* What a call needs while it runs. */
typedef struct Call {
	LThread *t;
	const LRow *row;
	const LSig *sig;
	u64 at[6];      /* arguments as the guest gave them, pairs joined */
	u64 a[6];       /* as the handler gets them */
	union {
		u8 host[LAYOUT_HOST_MAX];
		u64 align;
	} store[6];
	char path[3][PATH_SIZE];
	u32 npath;
} Call;

/* An argument that cannot be reached.  Where the host's kernel gets the arguments as they are, it gets an address that is
 * bad there, too: which of several errors a call has is then its answer.  Other handlers are not called: -EFAULT. */
static i64 out_of_reach(Call *c, u32 i)
{
	enum { NOWHERE = 8 };

	if (!c->sig->hands_on && c->row->fn != call_host)
		return -EFAULT;
	c->a[i] = NOWHERE;
	c->at[i] = 0; /* nothing to write back */
	return 0;
}

/* A buffer whose length is the argument behind it. */
static i64 pin_buffer(Call *c, u32 i)
{
	u8 cls = c->sig->arg[i].cls;
	int prot = cls == LC_OUT || cls == LC_SOME_OUT ? GP_WRITE : GP_READ;
	u64 n = i + 1 < 6 ? c->at[i + 1] : 0;

	if (!n || !c->at[i])
		return 0;
	if (c->t->wide && c->at[i] + n > TASK_SIZE64)
		return out_of_reach(c, i);
	n = MIN(n, 0x7ffff000);
	if (cls == LC_SOME_IN || cls == LC_SOME_OUT) {
		u64 all = n;
		n = xguest_reach(c->t->x, c->at[i], n, prot);
		if (n && n < all)
			c->at[i + 1] = n;
	}
	void *p = n ? xguest_pin(c->t->x, c->at[i], n, prot) : NULL;
	c->a[i] = (u64)(uintptr_t)p;
	return p ? 0 : out_of_reach(c, i);
}

static i64 read_string(Call *c, u32 i)
{
	char *to = c->path[c->npath++ % COUNT(c->path)];
	i64 n = c->at[i] ? xguest_string(c->t->x, c->at[i], to, PATH_SIZE) : -1;

	c->a[i] = (u64)(uintptr_t)to;
	return n == -1 ? out_of_reach(c, i) : n < 0 ? -ENAMETOOLONG : 0;
}

/* Whether a name's last link is followed; AT_* flags are the row's own argument. */
static bool follows(const Call *c, u32 i)
{
	u8 cls = c->sig->arg[i].cls;
	u64 flags = c->sig->at_flags < 6 ? c->at[c->sig->at_flags] : 0;

	return cls == LC_PATH || (cls == LC_APATH && !(flags & AT_SYMLINK_NOFOLLOW)) || (cls == LC_FPATH && flags & AT_SYMLINK_FOLLOW);
}

/* Some calls take no name, and say so themselves. */
static i64 read_path(Call *c, u32 i)
{
	char *to = c->path[c->npath++ % COUNT(c->path)];
	i64 dir = i && c->sig->arg[i - 1].dir ? (i64)c->at[i - 1] : AT_FDCWD;
	bool follow = follows(c, i);
	i64 r = c->at[i] ? path_at(c->t, dir, c->at[i], follow, to) : -EFAULT;

	if (r == 0 && follow && c->t->fresh && c->row->fn != file_open && c->row->fn != file_creat)
		r = -ENOENT;

	c->a[i] = c->at[i] ? (u64)(uintptr_t)to : 0;
	return r != -EFAULT ? r : c->at[i] || c->row->fn != call_host ? out_of_reach(c, i) : 0;
}

static i64 read_struct(Call *c, u32 i)
{
	const LArg *g = &c->sig->arg[i];
	u32 size = layout_size((LKind)g->kind, c->t->wide);

	c->a[i] = c->at[i] ? (u64)(uintptr_t)c->store[i].host : 0;
	if (!c->at[i])
		return 0;
	if (g->cls != LC_GET && xguest_reach(c->t->x, c->at[i], size, GP_WRITE) < size)
		return out_of_reach(c, i);
	if (g->cls == LC_PUT)
		return 0;
	return layout_read(c->t, (LKind)g->kind, c->at[i], c->store[i].host) < 0 ? out_of_reach(c, i) : 0;
}

bool call_hides(const LTask *k, i64 fd)
{
	return fd >= 0 && (fd == k->trace_fd || fd == k->o.pids_fd);
}

static i64 decode_one(Call *c, u32 i)
{
	const LArg *g = &c->sig->arg[i];
	u64 v = c->at[i];

	c->a[i] = v;
	switch (g->cls) {
	case LC_FD:
		return call_hides(c->t->task, (i64)v) ? -EBADF : 0;
	case LC_UINT:
		c->a[i] = g->converts ? flags_to_host("oflags", v) : v;
		return 0;
	case LC_PATH:
	case LC_LPATH:
	case LC_APATH:
	case LC_FPATH:
		return read_path(c, i);
	case LC_STRING:
		return read_string(c, i);
	case LC_IN:
	case LC_OUT:
	case LC_SOME_IN:
	case LC_SOME_OUT:
		return pin_buffer(c, i);
	case LC_GET:
	case LC_PUT:
	case LC_BOTH:
		return read_struct(c, i);
	default:
		return 0;
	}
}

/* A call with a bad pointer and a descriptor that is not open says the latter. */
static i64 bad_pointer(Call *c)
{
	for (u32 i = 0; i < c->sig->n; i++)
		if (c->sig->arg[i].cls == LC_FD && !c->sig->arg[i].dir && HOST(c->t, SYS_fcntl, c->at[i], F_GETFD) == -EBADF)
			return -EBADF;
	return -EFAULT;
}

/* Words of the guest to numbers of 64 bits. */
static void widen(Call *c, const u64 *raw)
{
	bool wide = c->t->wide;

	for (u32 i = 0, k = 0; i < c->sig->n && k < 6; i++) {
		u64 v = raw[k++];
		switch (c->sig->arg[i].cls) {
		case LC_INT:
		case LC_FD: v = (u64)(i64)(i32)v; break;
		case LC_UINT: v = (u32)v; break;
		case LC_ID16: v = (u16)v == 0xffff ? ~0ull : (u16)v; break;
		case LC_LONG: v = wide ? v : (u64)(i64)(i32)v; break;
		case LC_OFF64: v = wide || k == 6 ? v : pair64(v, raw[k++]); break;
		default: v = wide ? v : (u32)v;
		}
		c->at[i] = v;
	}
}

static i64 write_back(Call *c)
{
	for (u32 i = 0; i < c->sig->n; i++) {
		const LArg *g = &c->sig->arg[i];
		if (c->at[i] && (g->cls == LC_PUT || g->cls == LC_BOTH) &&
		    layout_write(c->t, (LKind)g->kind, c->at[i], c->store[i].host) < 0)
			return -EFAULT;
	}
	return 0;
}

static i64 decode_and_call(LThread *t, const LRow *row, const u64 *raw)
{
	Call c; /* filled as needed: most of it is paths */
	i64 r;

	c.t = t;
	c.row = row;
	c.sig = args_sig(row);
	c.npath = 0;
	memset(c.at, 0, sizeof c.at);
	memset(c.a, 0, sizeof c.a);
	t->row = row;
	widen(&c, raw);
	for (u32 i = 0; i < c.sig->n; i++) {
		if (c.sig->arg[i].cls >= LC_PUT)
			memset(c.store[i].host, 0, sizeof c.store[i].host);
		if ((r = decode_one(&c, i)) < 0)
			return r == -EFAULT ? bad_pointer(&c) : r;
	}
	r = row->fn(t, c.a);
	/* What sleeping has left undone comes with EINTR. */
	if (r >= 0 || r == -EINTR)
		return write_back(&c) < 0 ? -EFAULT : r;
	return r;
}

i64 call_row(LThread *t, const LRow *row, const u64 *raw)
{
	i64 r = decode_and_call(t, row, raw);

	if (t->npath_fd)
		path_done(t);
	return r;
}

i64 call_host(LThread *t, const u64 *a)
{
	if (t->task->far_mem) { /* a process's memory is not what the host has there */
		i64 r = peer_file(t, a);
		if (r != -ENOSYS)
			return r;
	}
	if (htole32(1) != 1 && (t->row->host == SYS_read || t->row->host == SYS_write))
		return t->row->host == SYS_read ? order_read(t, a) : order_write(t, a);
	return host_call(t, t->row->host, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Known, but not there. */
static i64 call_absent(LThread *t, const u64 *a)
{
	thread_lock(t->task);
	(*map_put(&t->task->missing, (u64)(t->wide ? t->row->nr64 : t->row->nr32) << 1 | t->wide))++;
	thread_unlock(t->task);
	return -t->row->host;
}

/* ---- system calls of guest code ---------------------------------------------------------------------- */

static void read_registers(LThread *t, bool wide)
{
	static const u8 order64[6] = {7, 6, 2, 10, 8, 9};  /* rdi rsi rdx r10 r8 r9 */
	static const u8 order32[6] = {3, 1, 2, 6, 7, 5};   /* ebx ecx edx esi edi ebp */

	for (u32 i = 0; i < 6; i++)
		t->raw[i] = wide ? *xreg(t->x, order64[i]) : (u32)*xreg(t->x, order32[i]);
}

static i64 missing(LThread *t, bool wide, u64 nr)
{
	thread_lock(t->task);
	(*map_put(&t->task->missing, nr << 1 | wide))++;
	thread_unlock(t->task);
	if (t->task->o.strace)
		trace_unknown(t, nr);
	return -ENOSYS;
}

/* The call is done again: its instruction, two bytes long in all three forms, is still before the pc. */
static void rewind_call(LThread *t, u64 nr)
{
	*xreg(t->x, XS_PC) -= 2;
	*xreg(t->x, 0) = nr;
}

/* The whole register in 64-bit programs, also of a 32-bit call. */
static void set_result(LThread *t, i64 r)
{
	*xreg(t->x, 0) = xtask_mode(t->task->x) == X86_64 ? (u64)r : (u32)r;
}

/* The result, or that the call is to be repeated because a signal came. */
static void finish(LThread *t, const LRow *row, u64 nr, i64 r)
{
	if (r == LR_NO_RESULT) {
		t->tracee.call = -1;
		return;
	}
	t->tracee.call = (i64)nr;
	if (t->tracee.on || t->task->catches)
		set_result(t, tracee_result(t, t->row, r, args_sig(t->row)->once || t->once));
	else if (r == LR_AGAIN || (r == -EINTR && t->queued && !args_sig(row)->once && !t->once && signal_restarts(t)))
		rewind_call(t, nr);
	else
		set_result(t, r);
}

/* Makes the call, if the guest lets itself; false: the thread ends. */
static bool make(LThread *t, u64 nr, bool wide)
{
	const LRow *row = call_find(wide, nr);
	i64 r;

	read_registers(t, wide);
	if (t->filter && !t->queued) {
		LVerdict v = seccomp_check(t, nr, wide, &r);
		if (v == LV_RESULT)
			*xreg(t->x, 0) = wide ? (u64)r : (u32)r;
		if (v == LV_TRACE && (i32)t->tracee.call == -1)
			v = LV_RESULT;
		if (v == LV_TRACE) {
			nr = wide ? (u64)t->tracee.call : (u32)t->tracee.call;
			row = call_find(wide, nr);
			read_registers(t, wide);
		} else if (v != LV_ALLOW) {
			return v != LV_END;
		}
	}
	if (!row) {
		set_result(t, missing(t, wide, nr));
		return true;
	}
	bool looks = t->tracee.on && (row->fn == proc_wait4 || row->fn == proc_waitpid);
	do
		r = t->queued && !looks ? LR_AGAIN : call_row(t, row, t->raw);
	while (tracee_goes_on(t, row, r, args_sig(row)->once || t->once));
	xguest_unpin(t->x);
	if (r == LR_END)
		return false;
	if (t->task->o.strace && r != LR_AGAIN)
		trace_call(t, t->raw, r, true);
	if (r != -EINTR)
		t->waits = false;
	finish(t, row, nr, r);
	return true;
}

bool call_trap(LThread *t, bool wide)
{
	u64 nr = wide ? *xreg(t->x, 0) : (u32)*xreg(t->x, 0);
	t->wide = wide;
	t->once = t->waits = false;
	t->calls++;
	read_registers(t, wide);
	if (wide) { /* SYSCALL leaves these two behind */
		*xreg(t->x, 1) = *xreg(t->x, XS_PC);
		*xreg(t->x, 11) = xthread_eflags(t->x);
	}
	if (vdso_owns(t, nr)) {
		set_result(t, vdso_call(t, nr, t->raw[0], t->raw[1]));
		return true;
	}
	if (t->tracee.on && t->queued) { /* the signal came first */
		rewind_call(t, nr);
		return signal_deliver(t);
	}
	if (!t->tracee.on || tracee_enter(t, &nr))
		if (!make(t, nr, wide))
			return false;
	if (t->tracee.on)
		tracee_leave(t);
	if (t->queued)
		return signal_deliver(t);
	if (t->tracee.on || t->task->catches) /* only then may a result say that the call begins again */
		tracee_restart(t, NULL);
	return true;
}

/* ---- what is missing ------------------------------------------------------------------------------- */

void call_missing(LThread *t, const char *kind, u64 number)
{
	static const char *const kinds[] = {"ioctl", "fcntl", "prctl", "futex", "clone", "socketcall", "setsockopt", "getsockopt", "arch_prctl", "ipc", "iocb", "ptrace", "keyctl"};
	u64 k = 0;

	while (k < COUNT(kinds) - 1 && strcmp(kinds[k], kind) != 0)
		k++;
	thread_lock(t->task);
	u64 times = ++*map_put(&t->task->odd, k << 32 | (u32)number);
	thread_unlock(t->task);
	if (t->task->o.x.stats && times == 1)
		fprintf(stderr, "pvm: missing: %s %#llx\n", kind, (unsigned long long)number);
}

static void show_missing(u64 key, u64 times, FILE *out)
{
	const LRow *row = call_find(key & 1, key >> 1);

	fprintf(out, "missing system call: %s %llu%s%s, %llu times\n", key & 1 ? "x86-64" : "i386", (unsigned long long)key >> 1,
		row ? " " : "", row ? row->name : "", (unsigned long long)times);
}

void call_stats(LTask *k, FILE *out)
{
	fprintf(out, "system calls: %llu\n", (unsigned long long)k->calls);
	for (u32 i = 0; i < k->missing.cap; i++)
		if (k->missing.used[i])
			show_missing(k->missing.key[i], k->missing.val[i], out);
}
