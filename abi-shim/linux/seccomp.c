/* The guest's own seccomp: its filters look at the guest's calls and not at the machine's.  A filter is a program of the
 * classic packet filter's instructions; kernel/seccomp.c says which, and which of several answers counts.  The calls of
 * the vDSO are not the program's and are not looked at. */
#include "layouts.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DATA_SIZE = 64, HIGH_FD = 700, MOST_FILTERS = 1024, ERRNO_MAX = 4095 };

/* Filters are never changed or freed: threads and children have them together. */
struct LFilter {
	LFilter *next;          /* the one before */
	u32 n, depth;
	struct sock_filter code[];
};

static LFilter strict;          /* mode 1 */

i64 seccomp_mode(const LThread *t)
{
	return !t->filter ? SECCOMP_MODE_DISABLED : t->filter == &strict ? SECCOMP_MODE_STRICT : SECCOMP_MODE_FILTER;
}

/* ---- running ----------------------------------------------------------------------------------------- */

static u32 alu(u16 op, u32 a, u32 b)
{
	switch (op) {
	case BPF_ADD: return a + b;
	case BPF_SUB: return a - b;
	case BPF_MUL: return a * b;
	case BPF_DIV: return b ? a / b : 0;
	case BPF_AND: return a & b;
	case BPF_OR: return a | b;
	case BPF_XOR: return a ^ b;
	case BPF_LSH: return b < 32 ? a << b : 0;
	case BPF_RSH: return b < 32 ? a >> b : 0;
	default: return 0 - a; /* BPF_NEG */
	}
}

static bool jumps(u16 op, u32 a, u32 b)
{
	return op == BPF_JEQ ? a == b : op == BPF_JGT ? a > b : op == BPF_JGE ? a >= b : (a & b) != 0;
}

/* The program has been checked: every path ends in a return, and nothing lies outside. */
static u32 run(const LFilter *f, const u8 *data)
{
	u32 a = 0, x = 0, mem[BPF_MEMWORDS] = {0};

	for (u32 pc = 0;; pc++) {
		const struct sock_filter *i = &f->code[pc];
		u32 k = i->k, b = BPF_SRC(i->code) == BPF_X ? x : k;
		switch (BPF_CLASS(i->code)) {
		case BPF_LD: a = BPF_MODE(i->code) == BPF_ABS ? ld32(data + k) : BPF_MODE(i->code) == BPF_MEM ? mem[k] : BPF_MODE(i->code) == BPF_LEN ? DATA_SIZE : k; break;
		case BPF_LDX: x = BPF_MODE(i->code) == BPF_MEM ? mem[k] : BPF_MODE(i->code) == BPF_LEN ? DATA_SIZE : k; break;
		case BPF_ST: mem[k] = a; break;
		case BPF_STX: mem[k] = x; break;
		case BPF_ALU: a = alu(BPF_OP(i->code), a, b); break;
		case BPF_JMP: pc += BPF_OP(i->code) == BPF_JA ? k : jumps(BPF_OP(i->code), a, b) ? i->jt : i->jf; break;
		case BPF_RET: return BPF_RVAL(i->code) == BPF_A ? a : k;
		default: /* BPF_MISC */
			if (BPF_MISCOP(i->code) == BPF_TAX)
				x = a;
			else
				a = x;
		}
	}
}

/* The strongest answer of all; of equal ones the newest filter's. */
static u32 ask(const LThread *t, u64 nr, bool wide)
{
	u32 answer = SECCOMP_RET_ALLOW;
	u8 data[DATA_SIZE];

	st32(data, (u32)nr);
	st32(data + 4, wide ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386);
	st64(data + 8, *xreg(t->x, XS_PC));
	for (u32 i = 0; i < 6; i++)
		st64(data + 16 + 8 * i, t->raw[i]);
	for (const LFilter *f = t->filter; f; f = f->next) {
		u32 now = run(f, data);
		if ((i32)(now & SECCOMP_RET_ACTION_FULL) < (i32)(answer & SECCOMP_RET_ACTION_FULL))
			answer = now;
	}
	return answer;
}

/* SIGSYS as the kernel forces it: a program that does not take it dies. */
static void trap(LThread *t, u64 nr, bool wide, u32 data)
{
	u64 handler = t->task->action[SIGSYS].handler;
	siginfo_t si = {.si_signo = SIGSYS, .si_errno = (int)data, .si_code = 1};

	if (handler <= 1 || t->mask >> (SIGSYS - 1) & 1)
		signal_die(t, SIGSYS);
	si.si_call_addr = hostp(*xreg(t->x, XS_PC));
	si.si_syscall = (int)nr;
	si.si_arch = wide ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386;
	*xreg(t->x, 0) = nr;
	syscall(SYS_rt_tgsigqueueinfo, getpid(), t->tid, SIGSYS, &si);
}

static bool strict_allows(u64 nr, bool wide)
{
	static const u16 allowed[2][4] = {{3, 4, 1, 119}, {0, 1, 60, 15}}; /* read, write, exit, sigreturn */

	for (u32 i = 0; i < 4; i++)
		if (allowed[wide][i] == nr)
			return true;
	return !wide && nr == 173;
}

LVerdict seccomp_check(LThread *t, u64 nr, bool wide, i64 *result)
{
	if (t->filter == &strict) {
		if (!strict_allows(nr, wide))
			signal_die(t, SIGKILL);
		return LV_ALLOW;
	}
	u32 answer = ask(t, nr, wide), data = answer & SECCOMP_RET_DATA;
	switch (answer & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return LV_ALLOW;
	case SECCOMP_RET_ERRNO:
		*result = -(i64)MIN(data, ERRNO_MAX);
		return LV_RESULT;
	case SECCOMP_RET_TRACE:
		if (tracee_seccomp(t, data))
			return LV_TRACE;
		/* fall through */
	case SECCOMP_RET_USER_NOTIF: /* nobody listens */
		*result = -ENOSYS;
		return LV_RESULT;
	case SECCOMP_RET_TRAP:
		trap(t, nr, wide, data);
		return LV_TRAP;
	case SECCOMP_RET_KILL_THREAD:
		if (t->task->nthread > 1)
			return LV_END;
		/* fall through */
	default:
		signal_die(t, SIGSYS);
	}
}

/* ---- setting ------------------------------------------------------------------------------------------ */

static bool is_valid(const struct sock_filter *i, u32 left)
{
	switch (i->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return i->k < DATA_SIZE && !(i->k & 3);
	case BPF_LD | BPF_MEM: case BPF_LDX | BPF_MEM: case BPF_ST: case BPF_STX:
		return i->k < BPF_MEMWORDS;
	case BPF_ALU | BPF_DIV | BPF_K:
		return i->k != 0;
	case BPF_ALU | BPF_LSH | BPF_K: case BPF_ALU | BPF_RSH | BPF_K:
		return i->k < 32;
	case BPF_JMP | BPF_JA:
		return i->k < left;
	case BPF_JMP | BPF_JEQ | BPF_K: case BPF_JMP | BPF_JEQ | BPF_X: case BPF_JMP | BPF_JGT | BPF_K: case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_K: case BPF_JMP | BPF_JGE | BPF_X: case BPF_JMP | BPF_JSET | BPF_K: case BPF_JMP | BPF_JSET | BPF_X:
		return i->jt < left && i->jf < left;
	case BPF_LD | BPF_W | BPF_LEN: case BPF_LDX | BPF_W | BPF_LEN: case BPF_LD | BPF_IMM: case BPF_LDX | BPF_IMM:
	case BPF_RET | BPF_K: case BPF_RET | BPF_A: case BPF_MISC | BPF_TAX: case BPF_MISC | BPF_TXA:
	case BPF_ALU | BPF_ADD | BPF_K: case BPF_ALU | BPF_ADD | BPF_X: case BPF_ALU | BPF_SUB | BPF_K: case BPF_ALU | BPF_SUB | BPF_X:
	case BPF_ALU | BPF_MUL | BPF_K: case BPF_ALU | BPF_MUL | BPF_X: case BPF_ALU | BPF_DIV | BPF_X: case BPF_ALU | BPF_AND | BPF_K:
	case BPF_ALU | BPF_AND | BPF_X: case BPF_ALU | BPF_OR | BPF_K: case BPF_ALU | BPF_OR | BPF_X: case BPF_ALU | BPF_XOR | BPF_K:
	case BPF_ALU | BPF_XOR | BPF_X: case BPF_ALU | BPF_LSH | BPF_X: case BPF_ALU | BPF_RSH | BPF_X: case BPF_ALU | BPF_NEG:
		return true;
	default:
		return false;
	}
}

/* From the guest's bytes; NULL: refused. */
static LFilter *make(const u8 *raw, u32 n)
{
	LFilter *f = xcalloc(1, sizeof *f + n * sizeof *f->code);
	bool good = true;

	f->n = n;
	for (u32 i = 0; i < n; i++) {
		f->code[i] = (struct sock_filter){ld16(raw + 8 * i), raw[8 * i + 2], raw[8 * i + 3], ld32(raw + 8 * i + 4)};
		good = good && is_valid(&f->code[i], n - 1 - i);
	}
	if (good && BPF_CLASS(f->code[n - 1].code) == BPF_RET)
		return f;
	free(f);
	return NULL;
}

static void add(LThread *t, LFilter *f)
{
	f->next = t->filter;
	f->depth = t->filter ? t->filter->depth + 1 : 1;
	t->filter = f;
}

/* TSYNC: all threads get what this one has, if theirs is what it had. */
static i64 add_to_all(LThread *t, LFilter *f)
{
	LFilter *before = t->filter;
	i64 r = 0;

	thread_lock(t->task);
	for (LThread *other = t->task->threads; other; other = other->next)
		if (other != t && other->filter && other->filter != before)
			r = other->tid;
	if (r == 0) {
		add(t, f);
		for (LThread *other = t->task->threads; other; other = other->next)
			other->filter = f;
	}
	thread_unlock(t->task);
	return r;
}

static i64 set_filter(LThread *t, u64 flags, u64 at)
{
	enum { KNOWN = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_TSYNC_ESRCH };
	struct LFprog g;

	if (flags & ~(u64)KNOWN)
		return -EINVAL;
	if (layout_read(t, LK_sock_fprog, at, &g) < 0)
		return -EFAULT;
	if (!g.n || g.n > BPF_MAXINSNS || t->filter == &strict)
		return -EINVAL;
	if (t->filter && t->filter->depth >= MOST_FILTERS)
		return -ENOMEM;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 && geteuid() != 0)
		return -EACCES;
	u8 *raw = xmalloc(8 * (size_t)g.n);
	bool there = xguest_read(t->x, g.at, raw, 8 * (size_t)g.n);
	LFilter *f = there ? make(raw, g.n) : NULL;
	free(raw);
	if (!f)
		return there ? -EINVAL : -EFAULT;
	if (flags & SECCOMP_FILTER_FLAG_TSYNC) {
		i64 r = add_to_all(t, f);
		return r && flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH ? -ESRCH : r;
	}
	add(t, f);
	return 0;
}

i64 seccomp_set(LThread *t, u64 mode, u64 flags, u64 at)
{
	if (mode == SECCOMP_MODE_FILTER)
		return set_filter(t, flags, at);
	if (mode != SECCOMP_MODE_STRICT || t->filter)
		return -EINVAL;
	t->filter = &strict;
	return 0;
}

i64 seccomp_any(LThread *t, const u64 *a)
{
	static const u32 known[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO, SECCOMP_RET_TRACE, SECCOMP_RET_LOG, SECCOMP_RET_ALLOW};
	u8 raw[4];

	switch (a[0]) {
	case SECCOMP_SET_MODE_STRICT:
		return a[1] || a[2] ? -EINVAL : seccomp_set(t, SECCOMP_MODE_STRICT, 0, 0);
	case SECCOMP_SET_MODE_FILTER:
		return seccomp_set(t, SECCOMP_MODE_FILTER, a[1], a[2]);
	case SECCOMP_GET_ACTION_AVAIL:
		if (a[1])
			return -EINVAL;
		if (!xguest_read(t->x, a[2], raw, 4))
			return -EFAULT;
		for (u32 i = 0; i < COUNT(known); i++)
			if (known[i] == ld32(raw))
				return 0;
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

/* ---- execve: the filters go with the process, oldest first, by a file of memory ------------------------- */

static void write_filters(const LFilter *f, Buf *out)
{
	if (!f)
		return;
	write_filters(f->next, out);
	buf_u32(out, f->n);
	for (u32 i = 0; i < f->n; i++) {
		buf_u32(out, (u32)f->code[i].code | (u32)f->code[i].jt << 16 | (u32)f->code[i].jf << 24);
		buf_u32(out, f->code[i].k);
	}
}

int seccomp_save(const LThread *t)
{
	Buf b = {0};
	int fd = t->filter ? memfd_create("pvm-seccomp", 0) : -1;

	if (fd < 0)
		return -1;
	write_filters(t->filter, &b);
	int high = fcntl(fd, F_DUPFD, HIGH_FD);
	if (high >= 0) {
		close(fd);
		fd = high;
	}
	bool ok = write(fd, b.p, b.n) == (ssize_t)b.n;
	buf_free(&b);
	if (ok)
		return fd;
	close(fd);
	return -1;
}

bool seccomp_load(LThread *t, int fd)
{
	u8 head[4];
	bool ok = lseek(fd, 0, SEEK_SET) == 0;

	while (ok && read(fd, head, 4) == 4) {
		u32 n = ld32(head);
		size_t size = 8 * (size_t)n;
		u8 *raw = n && n <= BPF_MAXINSNS ? xmalloc(size) : NULL;
		LFilter *f = raw && read(fd, raw, size) == (ssize_t)size ? make(raw, n) : NULL;
		free(raw);
		ok = f != NULL;
		if (f)
			add(t, f);
	}
	close(fd);
	return ok;
}
