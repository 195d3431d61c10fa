/* libdw at run time, and what is asked of it in one go. */
#include "dwfl.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* A static pvm cannot open libraries. */
static void *library(void)
{
#ifdef PVM_STATIC
	return NULL;
#else
	return dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);
#endif
}

/* ISO C has no way from an object's to a function's pointer; POSIX promises that they are alike. */
static bool find(void *lib, const char *name, void *to)
{
	void *p = dlsym(lib, name);

	memcpy(to, &p, sizeof p);
	return p;
}

const DwflApi *dwfl_api(void)
{
	static DwflApi api;
	static bool good;
	void *lib = good ? NULL : library();

	if (good || !lib)
		return good ? &api : NULL;
	good = true;
#define F(result, name, params) good = find(lib, #name, &api.name) && good;
#include "dwfl.def"
#undef F
	return good ? &api : NULL;
}

static Dwfl_Callbacks callbacks;

Dwfl *dwfl_session(const DwflApi *d)
{
	void *lib = library();

	/* Files are named when they are reported; what the callbacks look for is debugging information beside them. */
	unsetenv("DEBUGINFOD_URLS");
	if (!find(lib, "dwfl_standard_find_debuginfo", &callbacks.find_debuginfo) || !find(lib, "dwfl_build_id_find_elf", &callbacks.find_elf) ||
			!find(lib, "dwfl_offline_section_address", &callbacks.section_address))
		return NULL;
	return d->dwfl_begin(&callbacks);
}

int dwfl_apart(int (*fn)(void *ctx), void *ctx, unsigned seconds)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		for (int sig = 1; sig < 32; sig++)
			signal(sig, SIG_DFL);
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		alarm(seconds);
		int r = fn(ctx);
		_exit(fflush(NULL) ? EXIT_VM : r);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE) /* nobody reads on: no fault of the file */
		return 128 + SIGPIPE;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void dwfl_place(const DwflApi *d, Dwfl *w, u64 pc, bool back, Buf *out)
{
	u64 at = pc - (back ? 1 : 0), offset = 0;
	Dwfl_Module *m = d->dwfl_addrmodule(w, at);
	GElf_Sym sym;
	int line = 0;

	if (!m)
		return;
	const char *name = d->dwfl_module_addrinfo(m, at, &offset, &sym, NULL, NULL, NULL);
	if (name && *name)
		buf_printf(out, "%.200s+0x%llx", name, (unsigned long long)offset + (back ? 1 : 0));
	Dwfl_Line *l = d->dwfl_module_getsrc(m, at);
	const char *file = l ? d->dwfl_lineinfo(l, NULL, &line, NULL, NULL, NULL) : NULL;
	if (file)
		buf_printf(out, "%s(%.300s:%d)", out->n ? " " : "", file, line);
}
