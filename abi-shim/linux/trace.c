/* --strace: lines like those of strace, on standard error. */
#include "layouts.h"

static void show_result(const char *name, u64 command, i64 r, Buf *line)
{
	if (r < 0 && r > -4096)
		buf_printf(line, " = -1 %s (%s)", strerrorname_np((int)-r) ? strerrorname_np((int)-r) : "?", strerror((int)-r));
	else if (strcmp(name, "umask") == 0)
		buf_printf(line, " = 0%llo", (long long)r);
	else if (strncmp(name, "fcntl", 5) == 0 && command == F_GETFD)
		buf_printf(line, r & FD_CLOEXEC ? " = 0x1 (flags FD_CLOEXEC)" : " = 0");
	else if (r > 0xffff)
		buf_printf(line, " = %#llx", (unsigned long long)r);
	else
		buf_printf(line, " = %lld", (long long)r);
}

/* returns: the result is known; else the call does not come back (exit, execve). */
void trace_call(LThread *t, const u64 *raw, i64 result, bool returns)
{
	const LSig *sig = args_sig(t->row);
	Buf line = {0};

	buf_printf(&line, "[%d] %s(", (int)t->tid, t->row->name);
	for (u32 i = 0, k = 0; i < sig->n && k < 6; i++) {
		const LArg *g = &sig->arg[i];
		u64 v = raw[k++];
		if (g->cls == LC_OFF64 && !t->wide && k < 6)
			v = pair64(v, raw[k++]);
		else if (g->cls == LC_INT || g->cls == LC_FD || (g->cls == LC_LONG && !t->wide))
			v = (u64)(i64)(i32)v;
		if (args_hidden(sig, i, raw))
			break;
		if (i)
			buf_printf(&line, ", ");
		if (result < 0 && (g->cls == LC_OUT || g->cls == LC_SOME_OUT))
			buf_printf(&line, v ? "%#llx" : "NULL", (unsigned long long)v);
		else if (g->cls >= LC_GET)
			layout_show(t, g->cls == LC_PUT && result < 0 ? LK_NONE : (LKind)g->kind, v, &line);
		else
			args_show(t, g->show, v, g->cls == LC_OUT || g->cls == LC_SOME_OUT ? (result > 0 ? (u64)result : 0) : raw[MIN(k, 5)], &line);
	}
	buf_u8(&line, ')');
	if (!returns)
		buf_printf(&line, " = ?");
	else
		show_result(t->row->name, raw[1], result == LR_NO_RESULT ? 0 : result, &line);
	fprintf(t->task->trace, "%.*s\n", (int)line.n, line.p);
	buf_free(&line);
}

void trace_signal(LThread *t, int sig, const siginfo_t *si)
{
	const char *name = sigabbrev_np(sig);

	fprintf(t->task->trace, "[%d] --- SIG%s {si_code=%d, si_pid=%d, si_addr=%#llx} ---\n", (int)t->tid, name ? name : "?",
		si->si_code, (int)si->si_pid, (unsigned long long)(uintptr_t)si->si_addr);
}

void trace_unknown(LThread *t, u64 nr)
{
	FILE *f = t->task->trace;

	fprintf(f, "[%d] syscall_%#llx(", (int)getpid(), (unsigned long long)nr);
	for (u32 i = 0; i < 6; i++)
		fprintf(f, i ? ", %#llx" : "%#llx", (unsigned long long)t->raw[i]);
	fprintf(f, ") = -1 ENOSYS (%s)\n", strerror(ENOSYS));
}
