/* ptrace: what a tracer asks.  See tracee.h. */
#include "layouts.h"

#include <elf.h>
#include <linux/audit.h>
#include <linux/ptrace.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { GETREGS = 12, SETREGS, GETFPREGS, SETFPREGS, GETFPXREGS = 18, SETFPXREGS, OLDSETOPTIONS = 21, GET_THREAD_AREA = 25, SET_THREAD_AREA,
	ARCH_PRCTL = 30, SYSEMU, SYSEMU_STEP };
/* What the guest may set. */
enum { OPTIONS = 0x3000ff | 0x100000 };

#define TRACEE(p, field) ((p)->at + offsetof(LThread, tracee) + offsetof(LTracee, field))

/* A copy of the registers of one that stands. */
typedef struct Copy {
	LThread t;
	Regfile r;
	i64 call;
} Copy;

static bool take_copy(const LTraced *p, Copy *c)
{
	memset(&c->t, 0, sizeof c->t);
	c->t.x = (XThread *)(void *)&c->r;
	c->t.wide = p->wide;
	if (!p->at || !peer_read(p->tid, p->x, &c->r, sizeof c->r) || !peer_read(p->tid, TRACEE(p, call), &c->call, sizeof c->call))
		return false;
	c->r.slot[XS_LDT] = 0; /* an address over there */
	return true;
}

static i64 put_copy(const LTraced *p, const Copy *c)
{
	return peer_write(p->tid, p->x + offsetof(Regfile, slot), c->r.slot, XS_LDT * sizeof *c->r.slot) &&
		peer_write(p->tid, TRACEE(p, call), &c->call, sizeof c->call) ? 0 : -ESRCH;
}

/* ---- beginning and end ------------------------------------------------------------------------------------ */

static i64 trace_me(LThread *t)
{
	i64 r = host_ptrace(PTRACE_TRACEME, 0, 0, 0);

	if (r < 0)
		return r;
	t->tracee = (LTracee){.on = 1, .call = t->tracee.call};
	signal_catch_all(t->task);
	return 0;
}

/* Something for it to look at, which makes it look. */
static void send_message(const LTraced *p)
{
	siginfo_t si = {.si_signo = SIGBUS, .si_code = TRACEE_CODE};

	si.si_value.sival_int = TRACEE_MESSAGE;
	syscall(SYS_rt_tgsigqueueinfo, p->tgid, p->tid, SIGBUS, &si);
}

/* Of processes only guests can be traced. */
static i64 attach(LThread *t, i64 tid, bool seize, u64 at, u64 options)
{
	LTraced p = {.tid = (i32)tid};

	if (seize && (at || options & ~(u64)OPTIONS))
		return -EIO;
	if (syscall(SYS_tgkill, getpid(), tid, 0) == 0)
		return -EPERM; /* one of its own threads */
	if (tid > 0 && tid <= INT32_MAX && !peer_find(&p))
		return kill((pid_t)tid, 0) == 0 ? -EPERM : -ESRCH;
	i64 r = seize ? host_ptrace(PTRACE_SEIZE, tid, 0, tracer_host_options(options)) : host_ptrace(PTRACE_ATTACH, tid, 0, 0);
	if (r < 0)
		return r;
	tracer_remove(t->task, (i32)tid);
	LTraced *q = tracer_add(t, (i32)tid);
	q->announced = true;
	q->seized = seize;
	q->options = seize ? options : 0;
	if (peer_learn(q, p.at) && seize) {
		const u32 on[3] = {1, 1, (u32)options};
		peer_write(q->tid, TRACEE(q, on), on, sizeof on);
		send_message(q);
	}
	return 0;
}

static i64 detach(LThread *t, LTraced *p, int sig)
{
	const u32 off = 0;
	i32 tid = p->tid, signal = sig;
	const u32 answered = 1;

	if (p->at) {
		peer_write(tid, TRACEE(p, on), &off, sizeof off);
		peer_write(tid, TRACEE(p, how), &off, sizeof off);
		peer_write(tid, TRACEE(p, signal), &signal, sizeof signal);
		peer_write(tid, TRACEE(p, answered), &answered, sizeof answered);
	}
	i64 r = host_ptrace(PTRACE_DETACH, tid, 0, p->at_stop ? 0 : (u64)sig);
	tracer_remove(t->task, tid);
	return r;
}

static i64 interrupt(LTraced *p)
{
	u32 asked = 0;

	if (!p->seized)
		return -EIO;
	if (!p->at && !peer_find(p))
		return -ESRCH;
	peer_read(p->tid, TRACEE(p, asked), &asked, sizeof asked);
	asked |= ASKED_STOP;
	peer_write(p->tid, TRACEE(p, asked), &asked, sizeof asked);
	send_message(p);
	return 0;
}

static i64 listen_to(LTraced *p)
{
	i64 r = host_ptrace(PTRACE_LISTEN, p->tid, 0, 0);

	if (r == 0) {
		p->listens = true;
		p->stopped = false;
	}
	return r;
}

static i64 set_options(LTraced *p, u64 options)
{
	u32 word = (u32)options;

	if (options & ~(u64)OPTIONS)
		return -EINVAL;
	i64 r = tracer_options(p, options);
	if (r == 0 && p->at)
		peer_write(p->tid, TRACEE(p, options), &word, sizeof word);
	return r;
}

/* ---- memory ------------------------------------------------------------------------------------------------- */

static i64 peek(LThread *t, LTraced *p, u64 at, u64 to)
{
	u8 word[8];
	size_t n = t->wide ? 8 : 4;

	if (peer_copy(p, at, word, n, false) != n)
		return -EIO;
	return xguest_write(t->x, to, word, n) ? 0 : -EFAULT;
}

static i64 poke(LThread *t, LTraced *p, u64 at, u64 v)
{
	u8 word[8];
	size_t n = t->wide ? 8 : 4;

	st64(word, v);
	return peer_copy(p, at, word, n, true) == n ? 0 : -EIO;
}

/* ---- struct user ----------------------------------------------------------------------------------------------- */

typedef struct User {
	u32 regs, debug, size, word;
} User;
static const User users[2] = {{REGS32_SIZE, 252, 284, 4}, {REGS64_SIZE, 848, 928, 8}};

static i64 peek_user(LThread *t, LTraced *p, u64 at, u64 to)
{
	const User *u = &users[t->wide];
	u8 regs[REGS64_SIZE], word[8] = {0};
	Copy c;

	if (at % u->word || at >= u->size)
		return -EIO;
	if (!take_copy(p, &c))
		return -ESRCH;
	regs_get(&c.t, c.call, t->wide, regs);
	if (at < u->regs)
		memcpy(word, regs + at, u->word);
	else if (at >= u->debug && at < u->debug + DEBUG_REGS * u->word && p->at) {
		u64 v = 0;
		peer_read(p->tid, TRACEE(p, dr) + (at - u->debug) / u->word * 8, &v, 8);
		st64(word, v);
	}
	return xguest_write(t->x, to, word, u->word) ? 0 : -EFAULT;
}

static i64 poke_debug(LTraced *p, u64 i, u64 v)
{
	if (i == 4 || i == 5)
		return -EIO;
	if (i == 7 && !debug_valid(v))
		return -EINVAL;
	return peer_write(p->tid, TRACEE(p, dr) + 8 * i, &v, 8) ? 0 : -ESRCH;
}

static i64 poke_user(LThread *t, LTraced *p, u64 at, u64 v)
{
	const User *u = &users[t->wide];
	u8 regs[REGS64_SIZE];
	Copy c;

	if (at % u->word || at >= u->size)
		return -EIO;
	if (at >= u->debug && at < u->debug + DEBUG_REGS * u->word)
		return p->at ? poke_debug(p, (at - u->debug) / u->word, v) : -ESRCH;
	if (at >= u->regs)
		return -EIO;
	if (!take_copy(p, &c))
		return -ESRCH;
	regs_get(&c.t, c.call, t->wide, regs);
	if (t->wide)
		st64(regs + at, v);
	else
		st32(regs + at, (u32)v);
	i64 r = regs_set(&c.t, &c.call, t->wide, regs);
	return r < 0 ? r : put_copy(p, &c);
}

/* ---- register sets ------------------------------------------------------------------------------------------------ */

enum { SET_MOST = FRAME_XSAVE };

/* The set of a kind, as the tracee's width has it; its size, 0 = there is none. */
static u32 get_set(Copy *c, u64 kind, bool wide, u8 *out)
{
	switch (kind) {
	case NT_PRSTATUS:
		regs_get(&c->t, c->call, wide, out);
		return wide ? REGS64_SIZE : REGS32_SIZE;
	case NT_PRFPREG:
		if (!wide) {
			frame_get_fsave(&c->t, out);
			return FRAME_FSAVE;
		}
		/* fall through */
	case NT_PRXFPREG:
		frame_get_fp(&c->t, out);
		memset(out + 464, 0, 48);
		return FRAME_FX;
	case NT_X86_XSTATE:
		frame_get_fp(&c->t, out);
		return FRAME_XSAVE;
	default:
		return 0;
	}
}

static i64 set_set(Copy *c, u64 kind, bool wide, const u8 *in)
{
	u8 now[SET_MOST];

	switch (kind) {
	case NT_PRSTATUS:
		return regs_set(&c->t, &c->call, wide, in);
	case NT_PRFPREG:
		if (!wide) { /* the numbers and words that FSAVE's image has */
			frame_get_fp(&c->t, now);
			st16(now, ld16(in));
			st16(now + 2, ld16(in + 4));
			for (u32 i = 0; i < 8; i++)
				memcpy(now + 32 + 16 * i, in + 28 + 10 * i, 10);
			frame_set_fp(&c->t, now, true);
			return 0;
		}
		/* fall through */
	case NT_PRXFPREG:
		frame_set_fp(&c->t, in, false);
		return 0;
	default:
		frame_set_fp(&c->t, in, true);
		return 0;
	}
}

/* All of a set, to or from the tracer's memory. */
static i64 whole_set(LThread *t, LTraced *p, u64 kind, bool wide, u64 data, bool write)
{
	u8 raw[SET_MOST];
	Copy c;

	if (!take_copy(p, &c))
		return -ESRCH;
	u32 n = get_set(&c, kind, wide, raw);
	if (!n)
		return -EIO;
	if (!write)
		return xguest_write(t->x, data, raw, n) ? 0 : -EFAULT;
	if (!xguest_read(t->x, data, raw, n))
		return -EFAULT;
	i64 r = set_set(&c, kind, wide, raw);
	return r < 0 ? r : put_copy(p, &c);
}

static i64 regset(LThread *t, LTraced *p, u64 kind, u64 data, bool write)
{
	u8 raw[SET_MOST];
	struct LIovec v;
	Copy c;
	i64 r = 0;

	if (layout_read(t, LK_iovec, data, &v) < 0)
		return -EFAULT;
	if (!take_copy(p, &c))
		return -ESRCH;
	u32 n = get_set(&c, kind, p->wide, raw);
	if (!n || v.size % (kind == NT_PRSTATUS && p->wide ? 8 : 4))
		return -EINVAL;
	v.size = MIN(v.size, n);
	if (!(write ? xguest_read(t->x, v.at, raw, v.size) : xguest_write(t->x, v.at, raw, v.size)))
		return -EFAULT;
	if (write)
		r = set_set(&c, kind, p->wide, raw);
	if (write && r == 0)
		r = put_copy(p, &c);
	return r < 0 ? r : layout_write(t, LK_iovec, data, &v);
}

static i64 arch_prctl(LThread *t, LTraced *p, u64 what, u64 v)
{
	enum { SET_GS = 0x1001, SET_FS, GET_FS, GET_GS };
	u8 raw[8];
	Copy c;

	if (!p->wide || !t->wide || what < SET_GS || what > GET_GS)
		return -EINVAL;
	if (!take_copy(p, &c))
		return -ESRCH;
	u64 *base = xreg(c.t.x, XS_BASE + (what == SET_GS || what == GET_GS ? XS_GS : XS_FS));
	st64(raw, *base);
	if (what >= GET_FS)
		return xguest_write(t->x, v, raw, 8) ? 0 : -EFAULT;
	if (v >> 47)
		return -EPERM;
	*base = v;
	return put_copy(p, &c);
}

/* i386's descriptors of thread-local variables, by number. */
static i64 thread_area(LThread *t, LTraced *p, u64 entry, u64 data)
{
	struct LUserDesc d = {.entry = (u32)entry};
	Copy c;

	if (!take_copy(p, &c))
		return -ESRCH;
	const u64 arg = (u64)(uintptr_t)&d;
	i64 r = ldt_get_thread_area(&c.t, &arg);
	return r < 0 ? r : layout_write(t, LK_user_desc, data, &d);
}

/* ---- what is known of a stop --------------------------------------------------------------------------------------- */

static i64 get_info(LThread *t, LTraced *p, u64 to)
{
	u8 raw[SIGINFO_SIZE];
	siginfo_t si;

	if (p->at_stop ? !peer_read(p->tid, TRACEE(p, si), &si, sizeof si) : host_ptrace(PTRACE_GETSIGINFO, p->tid, 0, (u64)(uintptr_t)&si) < 0)
		return -EINVAL;
	siginfo_put(t->wide, &si, raw);
	return xguest_write(t->x, to, raw, SIGINFO_SIZE) ? 0 : -EFAULT;
}

static i64 set_info(LThread *t, LTraced *p, u64 from)
{
	u8 raw[SIGINFO_SIZE];
	siginfo_t si;

	if (!xguest_read(t->x, from, raw, sizeof raw))
		return -EFAULT;
	siginfo_get(t->wide, raw, &si);
	return p->at_stop && peer_write(p->tid, TRACEE(p, si), &si, sizeof si) ? 0 : -EINVAL;
}

static i64 get_message(LThread *t, LTraced *p, u64 to)
{
	unsigned long message = 0;
	u8 raw[8];

	if (p->at_stop)
		peer_read(p->tid, TRACEE(p, message), &message, sizeof message);
	else
		host_ptrace(PTRACE_GETEVENTMSG, p->tid, 0, (u64)(uintptr_t)&message);
	st64(raw, message);
	return xguest_write(t->x, to, raw, t->wide ? 8 : 4) ? 0 : -EFAULT;
}

/* struct ptrace_syscall_info: alike on both widths. */
static i64 syscall_info(LThread *t, LTraced *p, u64 room, u64 to)
{
	enum { NONE, ENTRY, EXIT, SECCOMP, HEAD = 24, RAX = 0, RSP = 4, MAX_ERRNO = 4095 };
	static const u8 order[2][6] = {{3, 1, 2, 6, 7, 5}, {7, 6, 2, 10, 8, 9}};
	u8 raw[88] = {0};
	u32 size = HEAD, stop = STOP_NONE;
	u64 message = 0;
	Copy c;

	if (!take_copy(p, &c))
		return -ESRCH;
	if (p->at_stop) {
		peer_read(p->tid, TRACEE(p, stop), &stop, sizeof stop);
		peer_read(p->tid, TRACEE(p, message), &message, sizeof message);
	}
	st32(raw + 4, p->wide ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386);
	st64(raw + 8, *xreg(c.t.x, XS_PC));
	st64(raw + 16, *xreg(c.t.x, RSP));
	raw[0] = stop == STOP_ENTRY ? ENTRY : stop == STOP_EXIT ? EXIT : stop == STOP_SECCOMP ? SECCOMP : NONE;
	if (raw[0] == EXIT) {
		i64 r = p->wide ? (i64)*xreg(c.t.x, RAX) : (i32)*xreg(c.t.x, RAX);
		st64(raw + 24, (u64)r);
		raw[32] = r < 0 && r >= -MAX_ERRNO;
		size = 33;
	} else if (raw[0]) {
		st64(raw + 24, (u64)c.call);
		for (u32 i = 0; i < 6; i++)
			st64(raw + 32 + 8 * i, *xreg(c.t.x, order[p->wide][i]));
		st32(raw + 80, (u32)message);
		size = raw[0] == ENTRY ? 80 : 84;
	}
	return xguest_write(t->x, to, raw, MIN(room, size)) ? (i64)size : -EFAULT;
}

static i64 signal_mask(LThread *t, LTraced *p, u64 size, u64 data, bool write)
{
	const u32 yes = 1;
	u64 mask;
	u8 raw[8];

	if (size != 8)
		return -EINVAL;
	if (!p->at || !peer_read(p->tid, p->at + offsetof(LThread, mask), &mask, sizeof mask))
		return -ESRCH;
	st64(raw, mask);
	if (!write)
		return xguest_write(t->x, data, raw, 8) ? 0 : -EFAULT;
	if (!xguest_read(t->x, data, raw, 8))
		return -EFAULT;
	mask = ld64(raw);
	return peer_write(p->tid, p->at + offsetof(LThread, mask), &mask, sizeof mask) &&
		peer_write(p->tid, TRACEE(p, remask), &yes, sizeof yes) ? 0 : -ESRCH;
}

/* ---- the call --------------------------------------------------------------------------------------------------------- */

static i64 go_on(LTraced *p, LHow how, u64 sig)
{
	return sig > NSIG_GUEST ? -EIO : tracer_go(p, how, (int)sig);
}

/* Of one that stands. */
static i64 request(LThread *t, LTraced *p, const u64 *a)
{
	switch ((u32)a[0]) {
	case PTRACE_PEEKTEXT: case PTRACE_PEEKDATA: return peek(t, p, a[2], a[3]);
	case PTRACE_POKETEXT: case PTRACE_POKEDATA: return poke(t, p, a[2], a[3]);
	case PTRACE_PEEKUSR: return peek_user(t, p, a[2], a[3]);
	case PTRACE_POKEUSR: return poke_user(t, p, a[2], a[3]);
	case PTRACE_CONT: return go_on(p, HOW_CONT, a[3]);
	case PTRACE_SYSCALL: return go_on(p, HOW_SYSCALL, a[3]);
	case PTRACE_SINGLESTEP: return go_on(p, HOW_STEP, a[3]);
	case SYSEMU: return go_on(p, HOW_EMULATE, a[3]);
	case SYSEMU_STEP: return go_on(p, HOW_EMULATE_STEP, a[3]);
	case PTRACE_DETACH: return a[3] > NSIG_GUEST ? -EIO : detach(t, p, (int)a[3]);
	case PTRACE_LISTEN: return p->seized ? listen_to(p) : -EIO;
	case PTRACE_SETOPTIONS: case OLDSETOPTIONS: return set_options(p, a[3]);
	case GETREGS: return whole_set(t, p, NT_PRSTATUS, t->wide, a[3], false);
	case SETREGS: return whole_set(t, p, NT_PRSTATUS, t->wide, a[3], true);
	case GETFPREGS: return whole_set(t, p, NT_PRFPREG, t->wide, a[3], false);
	case SETFPREGS: return whole_set(t, p, NT_PRFPREG, t->wide, a[3], true);
	case GETFPXREGS: return t->wide ? -EIO : whole_set(t, p, NT_PRXFPREG, false, a[3], false);
	case SETFPXREGS: return t->wide ? -EIO : whole_set(t, p, NT_PRXFPREG, false, a[3], true);
	case PTRACE_GETREGSET: return regset(t, p, a[2], a[3], false);
	case PTRACE_SETREGSET: return regset(t, p, a[2], a[3], true);
	case ARCH_PRCTL: return arch_prctl(t, p, a[3], a[2]);
	case GET_THREAD_AREA: return thread_area(t, p, a[2], a[3]);
	case PTRACE_GETSIGINFO: return get_info(t, p, a[3]);
	case PTRACE_SETSIGINFO: return set_info(t, p, a[3]);
	case PTRACE_GETEVENTMSG: return get_message(t, p, a[3]);
	case PTRACE_GET_SYSCALL_INFO: return syscall_info(t, p, a[2], a[3]);
	case PTRACE_GETSIGMASK: return signal_mask(t, p, a[2], a[3], false);
	case PTRACE_SETSIGMASK: return signal_mask(t, p, a[2], a[3], true);
	default:
		call_missing(t, "ptrace", a[0]);
		return -EIO;
	}
}

i64 ptrace_any(LThread *t, const u64 *a)
{
	i64 tid = (i64)a[1];
	LTraced *p;

	switch ((u32)a[0]) {
	case PTRACE_TRACEME: return trace_me(t);
	case PTRACE_ATTACH: return attach(t, tid, false, 0, 0);
	case PTRACE_SEIZE: return attach(t, tid, true, a[2], a[3]);
	case PTRACE_KILL:
	case PTRACE_INTERRUPT:
		p = tracer_any(t->task, tid);
		if (!p || p->tracer != t->tid)
			return -ESRCH;
		if ((u32)a[0] == PTRACE_INTERRUPT)
			return interrupt(p);
		syscall(SYS_tgkill, p->tgid, p->tid, SIGKILL);
		return 0;
	default:
		p = tracer_find(t, tid);
		return p ? request(t, p, a) : -ESRCH;
	}
}
