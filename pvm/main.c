/* pvm: the command line.  The only file that joins a Task with its ABI. */
#include "../abi-shim/linux/linux.h"
#include "../abi-shim/pcode/pcabi.h"
#include "../abi-shim/win32/win32.h"
#include "../compiler/compiler.h"
#include "../loader/loader.h"
#include "debug/debug.h"
#include "run/run.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef PVM_VERSION
#define PVM_VERSION "0.1"
#endif

/* Everything that the command line says. */
typedef struct Cli {
	const struct Command *cmd;
	TaskOpts task;
	CompileOpts compile;
	const char *out, *stage, *pass, *func;
	bool executable;
	LinuxOpts linux_opts;
	WinOpts win_opts;
	const char *cwd;
	int cold;            /* --cold; -1 = not given */
	VEC(char *) inherit; /* options that children of a Linux program get, too */
	VEC(char *) env;     /* --env */
	int argc;    /* what is left: FILE and its arguments */
	char **argv;
} Cli;

/* A program, read and perhaps compiled. */
typedef struct Program {
	Buf file, module;
	enum FileKind kind;
	PModule *m;
} Program;

static int cmd_run(Cli *c), cmd_build(Cli *c), cmd_verify(Cli *c), cmd_dis(Cli *c), cmd_dump(Cli *c), cmd_debug(Cli *c), cmd_info(Cli *c);

enum { CHILDREN = 64 /* Linux programs hand it on to their children */ };
enum { RUN = 1, BUILD = 2, VERIFY = 4, DIS = 8, DUMP = 16, DEBUG = 32, INFO = 64, SOURCE = RUN | BUILD | DIS | DUMP | DEBUG };

static const struct Command {
	const char *name;
	int bit;
	int (*fn)(Cli *c);
	const char *args, *what;
} commands[] = {
	{"run", RUN, cmd_run, "FILE [ARGUMENT...]", "runs a program: Pascal source, a P-code module, or a Linux program (the command may be left out)"},
	{"build", BUILD, cmd_build, "FILE.pas [-o FILE.pco]", "compiles to a P-code module, which runs on every machine"},
	{"verify", VERIFY, cmd_verify, "FILE.pco...", "reads and checks modules without running them"},
	{"dis", DIS, cmd_dis, "FILE", "lists the instructions of a module or of a Linux program"},
	{"dump", DUMP, cmd_dump, "--stage=STAGE FILE", "shows a program at one stage of its translation"},
	{"info", INFO, cmd_info, "FILE", "tells what a Linux or Windows program is, what it needs, and what of that is not here"},
	{"debug", DEBUG, cmd_debug, "FILE [ARGUMENT...]", "runs a program step by step"},
};

/* ---- options ------------------------------------------------------------------------------------- */

static NORETURN void usage(const char *fmt, const char *what)
{
	char line[300];

	snprintf(line, sizeof line, fmt, what);
	die(EXIT_USAGE, "%s (see pvm --help)", line);
}

static int number(const char *s, int least, int most)
{
	char *end;
	long v = strtol(s, &end, 10);

	if (!*s || *end || v < least || v > most)
		die(EXIT_USAGE, "a number from %d to %d was expected, not '%s' (see pvm --help)", least, most, s);
	return (int)v;
}

static void opt_exec(Cli *c, const char *v)
{
	static const char *const names[] = {"auto", "interp", "eval", "jit"};

	for (u32 i = 0; i < COUNT(names); i++) {
		if (strcmp(v, names[i]) == 0) {
			c->task.exec = (enum Exec)i;
			return;
		}
	}
	usage("--exec is interp, eval, jit or auto, not '%s'", v);
}

static void opt_trace(Cli *c, const char *v)
{
	if (strcmp(v, "pcode") == 0)
		c->task.trace_pcode = true;
	else if (strcmp(v, "exec") == 0)
		c->task.trace_exec = true;
	else if (strcmp(v, "linux") == 0)
		c->linux_opts.strace = true;
	else if (strncmp(v, "win32", 5) == 0 && (!v[5] || v[5] == ':')) {
		c->win_opts.trace = true;
		c->win_opts.trace_dll = v[5] ? v + 6 : NULL;
	} else
		usage("--trace is pcode, exec, linux or win32, not '%s'", v);
}

static void opt_opt(Cli *c, const char *v) { c->task.opt = number(v, 0, 2); }
static void opt_hot(Cli *c, const char *v) { c->task.hot = number(v, 0, 1 << 30); }
static void opt_cold(Cli *c, const char *v) { c->cold = number(v, 0, 1 << 30); }
static void opt_stack(Cli *c, const char *v) { c->compile.stack = (u32)number(v, 1, 1 << 20) * 1024; }
static void opt_errors(Cli *c, const char *v) { c->compile.max_errors = (u32)number(v, 1, 10000); }
static void opt_dir(Cli *c, const char *v) { pcabi_grant(v); }
static void opt_ffi(Cli *c, const char *v) { pcabi_allow_ffi(); }
static void opt_units(Cli *c, const char *v) { c->compile.units = v; }
static void opt_out(Cli *c, const char *v) { c->out = v; }
static void opt_stage(Cli *c, const char *v) { c->stage = v; }
static void opt_pass(Cli *c, const char *v) { c->pass = v; }
static void opt_func(Cli *c, const char *v) { c->func = v; }
static void opt_checks(Cli *c, const char *v) { c->compile.no_checks = true; }
static void opt_std(Cli *c, const char *v)
{
	if (strcmp(v, "iso") != 0 && strcmp(v, "turbo") != 0)
		usage("--std is turbo or iso, not '%s'", v);
	c->compile.iso = v[0] == 'i';
}

static void opt_lines(Cli *c, const char *v) { c->compile.no_lines = true; }
static void opt_executable(Cli *c, const char *v) { c->executable = true; }
static void opt_stats(Cli *c, const char *v) { c->task.stats = true; }
static void opt_check_ocode(Cli *c, const char *v) { c->task.check_ocode = true; }
static void opt_postmortem(Cli *c, const char *v) { c->task.postmortem = true; }
static void opt_perf(Cli *c, const char *v) { c->task.perf_map = true; }

static void opt_strace(Cli *c, const char *v) { c->linux_opts.strace = true; }
static void opt_backtrace(Cli *c, const char *v) { c->linux_opts.fatal = debug_backtrace; }
static void opt_root(Cli *c, const char *v) { c->linux_opts.root = v; }
static void opt_only_root(Cli *c, const char *v) { c->linux_opts.only_root = true; }
static void opt_via(Cli *c, const char *v) { c->linux_opts.via = v; }
static void opt_cwd(Cli *c, const char *v) { c->cwd = v; }
static void opt_argv0(Cli *c, const char *v) { c->linux_opts.argv0 = v; }
static void opt_uname(Cli *c, const char *v) { c->linux_opts.uname = v; }
static void opt_limit_cpu(Cli *c, const char *v) { c->linux_opts.limit_cpu = (u32)number(v, 1, 1 << 30); }
static void opt_limit_fds(Cli *c, const char *v) { c->linux_opts.limit_fds = (u32)number(v, 3, 1 << 30); }
static void opt_limit_pids(Cli *c, const char *v) { c->linux_opts.limit_pids = (u32)number(v, 1, 1 << 22); }
static void opt_seccomp_fd(Cli *c, const char *v) { c->linux_opts.seccomp_fd = number(v, 0, 1 << 20); }
static void opt_process_fd(Cli *c, const char *v) { c->win_opts.process_fd = number(v, 1, 1 << 20); }
static void opt_traced(Cli *c, const char *v) { c->linux_opts.traced = v; }
static void opt_pids_fd(Cli *c, const char *v) { c->linux_opts.pids_fd = number(v, 0, 1 << 20); }

/* Bytes, or with K, M or G behind them. */
static void opt_limit_mem(Cli *c, const char *v)
{
	static const char units[] = "KMG";
	char *end;
	unsigned long long n = strtoull(v, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;

	if (end == v || *v == '-' || (*end && (!unit || end[1])) || !n || n >> 50)
		usage("--limit-mem is a number of bytes, or of K, M or G, not '%s'", v);
	c->linux_opts.limit_mem = n << (unit ? 10 * (unit - units + 1) : 0);
}

static void opt_env(Cli *c, const char *v)
{
	if (v[0] == '=' || !v[0])
		usage("--env is NAME=VALUE, or NAME to take it away, not '%s'", v);
	vec_push(&c->env, (char *)(uintptr_t)v);
}

static const struct Option {
	const char *name, *value; /* value NULL: takes none */
	int commands;
	void (*fn)(Cli *c, const char *v);
	const char *what;
} options[] = {
	{"--exec", "HOW", RUN | CHILDREN, opt_exec, "interp, eval, jit, or auto: jit where there is a back end"},
	{"--opt", "N", RUN | CHILDREN | DUMP, opt_opt, "optimise: 0 not at all, 1 fast, 2 fully (the default)"},
	{"--hot", "N", RUN, opt_hot, "compile after N calls or rounds of a loop; 0: on the first call"},
	{"--cold", "N", RUN | CHILDREN, opt_cold, "Linux programs: evaluate a block N times before it is compiled (2; with --exec=jit 0)"},
	{"--dir", "PATH", RUN | DEBUG, opt_dir, "let the program open files below PATH too, not only below the current directory"},
	{"--allow-ffi", NULL, RUN | DEBUG, opt_ffi, "let a Pascal program call libraries of the host, which can do anything that the user can"},
	{"--units", "DIR", SOURCE, opt_units, "look for units in this directory, too"},
	{"--no-checks", NULL, SOURCE, opt_checks, "compile without range, overflow, nil and case checks"},
	{"--std", "NAME", SOURCE, opt_std, "turbo: Pascal as Turbo and Free Pascal have it (the default); iso: as ISO 7185 has it"},
	{"--stack", "KIB", SOURCE, opt_stack, "size of the program's memory stack (8192)"},
	{"--max-errors", "N", SOURCE, opt_errors, "stop compiling after N errors (20)"},
	{"--stats", NULL, RUN | CHILDREN, opt_stats, "print at the end what was done and how long it took"},
	{"--trace", "WHAT", RUN | CHILDREN, opt_trace, "pcode: each instruction; exec: each call of the system; linux: as --strace; may be repeated"},
	{"--strace", NULL, RUN | CHILDREN, opt_strace, "print the system calls of a Linux program"},
	{"--backtrace", NULL, RUN | CHILDREN, opt_backtrace, "print the calls that led there when a Linux program dies of a fault or aborts"},
	{"--root", "DIR", RUN | INFO, opt_root, "Linux programs find files below DIR first, then on the host"},
	{"--only-root", NULL, RUN | CHILDREN, opt_only_root, "... and on the host only those of /proc, /dev and /sys"},
	{"--cwd", "DIR", RUN, opt_cwd, "run a Linux program in this directory"},
	{"--env", "NAME=VALUE", RUN, opt_env, "set a variable for a Linux program; NAME alone takes it away; may be repeated"},
	{"--uname", "RELEASE", RUN | CHILDREN, opt_uname, "the release of the kernel that a Linux program sees"},
	{"--limit-mem", "BYTES", RUN | CHILDREN, opt_limit_mem, "most address space of each process of a Linux program (K, M, G)"},
	{"--limit-cpu", "SECONDS", RUN | CHILDREN, opt_limit_cpu, "most processor time of each process of a Linux program"},
	{"--limit-pids", "N", RUN | CHILDREN, opt_limit_pids, "most processes and threads of a Linux program and its descendants"},
	{"--limit-fds", "N", RUN | CHILDREN, opt_limit_fds, "most open files of each process of a Linux program"},
	{"--seccomp-fd", "FD", RUN, opt_seccomp_fd, "filters that the parent has set (the machine gives it to its children)"},
	{"--traced", "HOW", RUN, opt_traced, "what a tracer wants to see (the machine gives it to its children)"},
	{"--pids-fd", "FD", RUN, opt_pids_fd, "where the parent counts processes (the machine gives it to its children)"},
	{"--process-fd", "FD", RUN, opt_process_fd, "what the parent has said to a Windows program (the machine gives it to its children)"},
	{"--argv0", "NAME", RUN, opt_argv0, "what a Linux program sees as its own name instead of FILE"},
	{"--via", "PROGRAM", RUN | CHILDREN, opt_via, "start this machine by PROGRAM for a Linux program's children (/usr/bin/qemu-aarch64, say)"},
	{"--postmortem", NULL, RUN, opt_postmortem, "list all variables after a run-time error"},
	{"--perf", NULL, RUN, opt_perf, "write /tmp/perf-PID.map, so that perf can name compiled functions"},
	{"--check", NULL, RUN | CHILDREN, opt_check_ocode, "check the O-code behind each pass"},
	{"-o", "FILE", BUILD, opt_out, "where the module goes (FILE.pco)"},
	{"--executable", NULL, BUILD, opt_executable, "begin the module with a #! line and make it executable"},
	{"--strip", NULL, BUILD, opt_lines, "leave out line numbers and variables"},
	{"--stage", "STAGE", DUMP, opt_stage, "tokens, ast, pcode (Linux: x86), ocode, opt, regs or asm"},
	{"--pass", "NAME", DUMP, opt_pass, "with --stage=opt: stop behind this pass"},
	{"--func", "NAME", DIS | DUMP, opt_func, "only this function (of a Linux program also: around 0xADDRESS)"},
};

static void help(const struct Command *cmd)
{
	if (cmd) {
		printf("usage: pvm %s [OPTION...] %s\n%s\n\noptions:\n", cmd->name, cmd->args, cmd->what);
	} else {
		printf("usage: pvm [COMMAND] [OPTION...] FILE [ARGUMENT...]\n"
			"one machine for every program: runs Pascal, P-code, and Linux programs for i386 and x86-64\n\ncommands:\n");
		for (u32 i = 0; i < COUNT(commands); i++)
			printf("  %-8s %s\n", commands[i].name, commands[i].what);
		printf("\noptions (they stand before FILE; what follows it is the program's):\n");
	}
	for (u32 i = 0; i < COUNT(options); i++) {
		const struct Option *o = &options[i];
		char left[40];
		if (cmd && !(o->commands & cmd->bit))
			continue;
		snprintf(left, sizeof left, "%s%s%s", o->name, !o->value ? "" : o->name[1] == '-' ? "=" : " ", o->value ? o->value : "");
		printf("  %-18s %s\n", left, o->what);
	}
	printf("  %-18s %s\n  %-18s %s\n\n", "--help", "print this", "--version", "print the version");
	printf("FILE is told by its content; - is standard input.  Exit status: the program's own; 1 the source has\n"
		"errors, 2 wrong usage, 200 to 255 run-time error, 125 the machine failed or the module was rejected,\n"
		"126 something is not supported, 127 the file was not found.\n");
	exit(fflush(stdout) ? EXIT_VM : 0);
}

static NORETURN void version(void)
{
	printf("pvm %s\n", PVM_VERSION);
	exit(fflush(stdout) ? EXIT_VM : 0);
}

/* Handles the option at argv[0]; returns how many words it took. */
static int option(Cli *c, int argc, char **argv)
{
	size_t len = strcspn(argv[0], "=");
	const char *eq = argv[0][len] ? argv[0] + len + 1 : NULL;

	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
		help(c->cmd);
	if (strcmp(argv[0], "--version") == 0)
		version();
	for (u32 i = 0; i < COUNT(options); i++) {
		const struct Option *o = &options[i];
		if (strlen(o->name) != len || memcmp(o->name, argv[0], len) != 0)
			continue;
		if (!(o->commands & (c->cmd ? c->cmd->bit : RUN)))
			usage("%s does not belong to this command", o->name);
		if (!o->value && eq)
			usage("%s takes no value", o->name);
		if (o->value && !eq && argc < 2)
			usage("%s needs a value", o->name);
		int words = o->value && !eq ? 2 : 1;
		for (int k = 0; o->commands & CHILDREN && k < words; k++)
			vec_push(&c->inherit, argv[k]);
		o->fn(c, words == 2 ? argv[1] : eq);
		return words;
	}
	usage("unknown option %s", argv[0]);
}

/* Takes the command and the options; FILE and what follows it are left. */
static void parse(Cli *c, int argc, char **argv)
{
	int i = 1;

	for (u32 k = 0; argc > 1 && k < COUNT(commands); k++)
		if (strcmp(argv[1], commands[k].name) == 0)
			c->cmd = &commands[k], i = 2;
	while (i < argc && argv[i][0] == '-' && argv[i][1]) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		i += option(c, argc - i, argv + i);
	}
	if (!c->cmd)
		c->cmd = &commands[0];
	if (i == argc)
		usage("%s: a file is needed", c->cmd->name);
	c->argc = argc - i;
	c->argv = argv + i;
	if (c->cmd->bit & (BUILD | DIS | DUMP) && c->argc > 1) { /* `pvm build x.pas -o y.pco` reads well, too */
		for (int k = 1; k < c->argc;) {
			if (c->argv[k][0] != '-')
				usage("one file only: what is '%s'?", c->argv[k]);
			k += option(c, c->argc - k, c->argv + k);
		}
	}
}

/* ---- programs ------------------------------------------------------------------------------------ */

static void fail(const Err *e)
{
	die(e->status, "%s", e->msg);
}

static void free_program(Program *p)
{
	if (p->m)
		pcode_free(p->m);
	buf_free(&p->file);
	buf_free(&p->module);
}

/* Reads the file and looks what it is.  A "#!" line before source becomes blank. */
static void open_program(const char *path, Program *p)
{
	Err e = {0};

	if (!file_read(path, &p->file, &e))
		fail(&e);
	p->kind = loader_sniff(p->file.p, p->file.n, path);
	if (p->kind == FILE_PASCAL && p->file.n > 2 && memcmp(p->file.p, "#!", 2) == 0)
		memset(p->file.p, ' ', strcspn((char *)p->file.p, "\n"));
}

static bool compile(const Cli *c, const char *path, Program *p)
{
	Buf diag = {0};
	CompileOpts o = c->compile;

	o.colour = isatty(2) && !getenv("NO_COLOR");
	bool ok = compile_pascal(path, (char *)p->file.p, p->file.n, &o, &p->module, &diag);
	if (diag.n)
		fwrite(diag.p, 1, diag.n, stderr);
	buf_free(&diag);
	return ok;
}

/* A Linux program that can be looked at?  Then its bytes are in p. */
static bool open_elf(const char *path, Program *p)
{
	open_program(path, p);
	if (p->kind == FILE_ELF && strcmp(path, "-") != 0)
		return true;
	free_program(p);
	*p = (Program){0};
	return false;
}

/* Makes the module of a file of any kind that runs; false: the source has errors, and they are printed. */
static bool load_program(const Cli *c, const char *path, Program *p)
{
	Err e = {0};

	open_program(path, p);
	switch (p->kind) {
	case FILE_PCODE:
		p->m = loader_pcode(p->file.p, p->file.n, path, &e);
		break;
	case FILE_PASCAL:
		if (!compile(c, path, p)) {
			free_program(p);
			return false;
		}
		p->m = loader_pcode(p->module.p, p->module.n, path, &e);
		break;
	case FILE_ELF:
		die(EXIT_USAGE, "%s: a Linux program, for which there is no such command", path);
	case FILE_PE:
		die(EXIT_UNSUPPORTED, "%s: a PE program; this build does not run Windows programs yet", path);
	default:
		die(EXIT_UNSUPPORTED, "%s: neither Pascal source nor a P-code module", path);
	}
	if (!p->m)
		fail(&e);
	return true;
}

/* Writes to standard output and frees. */
static int put(Buf *b)
{
	if (b->n)
		fwrite(b->p, 1, b->n, stdout);
	buf_free(b);
	if (fflush(stdout) != 0)
		die(EXIT_VM, "cannot write to standard output");
	return 0;
}

/* ---- commands ------------------------------------------------------------------------------------ */

/* Applies --env to the environment; the result is a copy. */
static char **make_env(Cli *c)
{
	VEC(char *) out = {0};

	for (char **v = environ; *v; v++) {
		bool replaced = false;
		for (u32 i = 0; i < c->env.n; i++) {
			size_t n = strcspn(c->env.p[i], "=");
			replaced |= strncmp(*v, c->env.p[i], n) == 0 && (*v)[n] == '=';
		}
		if (!replaced)
			vec_push(&out, *v);
	}
	for (u32 i = 0; i < c->env.n; i++)
		if (strchr(c->env.p[i], '='))
			vec_push(&out, c->env.p[i]);
	vec_push(&out, NULL);
	return out.p;
}

/* DIR of --root without links and dots, so that names below it can be told. */
static void prepare_linux(Cli *c)
{
	LinuxOpts *o = &c->linux_opts;

	if (o->only_root && !o->root)
		usage("%s needs --root", "--only-root");
	const char *given = o->root;
	if (given && !(o->root = realpath(given, NULL)))
		usage("--root: no directory '%s'", given);
	if (o->root && strcmp(o->root, "/") == 0)
		o->root = NULL;
	if (o->root) { /* children may be elsewhere: they get the absolute name */
		vec_push(&c->inherit, "--root");
		vec_push(&c->inherit, (char *)(uintptr_t)o->root);
	}
	if (c->cwd) {
		char buf[4096];
		if (chdir(linux_host_path(o, c->cwd, buf)) != 0)
			usage("--cwd: cannot go to '%s'", c->cwd);
	}
	vec_push(&c->inherit, NULL);
	o->inherit = c->inherit.p;
	o->x.exec = c->task.exec == EXEC_EVAL ? XEXEC_EVAL : c->task.exec == EXEC_JIT ? XEXEC_JIT : XEXEC_AUTO;
	o->x.hot = c->task.hot < 0 ? 0 : (u32)MAX(c->task.hot, 1);
	/* Much code runs once or twice only.  Who asks for jit wants machine code. */
	o->x.cold = c->cold >= 0 ? (u32)c->cold : c->task.exec == EXEC_JIT ? 0 : 2;
	o->x.stats = c->task.stats;
	o->x.trace_exec = c->task.trace_exec;
	o->x.check_ocode = c->task.check_ocode;
}

static int run_linux(Cli *c)
{
	if (c->task.exec == EXEC_INTERP)
		usage("%s is for P-code; Linux programs have eval and jit", "--exec=interp");
	return linux_run(&c->linux_opts, c->argc, c->argv, make_env(c));
}

/* A Linux program, or a script that is not one of ours: Pascal and P-code begin with lines that name pvm. */
static bool is_linux(const Cli *c, const char *path)
{
	u8 head[256];
	char buf[4096];
	FILE *f = fopen(linux_host_path(&c->linux_opts, path, buf), "rb");
	size_t n = f ? fread(head, 1, sizeof head, f) : 0;
	size_t k = strlen(path);

	if (f)
		fclose(f);
	if (n < 2 || strcmp(path, "-") == 0)
		return false;
	if (head[0] == '#') {
		size_t line = strcspn(memchr(head, '\n', n) ? (char *)head : "\n", "\n");
		return linux_sniff(head, n) && !memmem(head, line, "pvm", 3) && !(k > 4 && strcmp(path + k - 4, ".pas") == 0);
	}
	return linux_sniff(head, n);
}

static int run_or_debug(Cli *c, bool debug)
{
	Program p = {0};
	Err e = {0};
	int status;

	if (!load_program(c, c->argv[0], &p))
		return EXIT_COMPILE;
	c->task.stop = debug;
	Task *t = task_new(p.m, &c->task, pcabi_lookup, &e);
	if (!t)
		fail(&e);
	pcabi_start(t, c->argc, c->argv);
	if (debug)
		status = debug_run(t, p.kind == FILE_PASCAL ? (char *)p.file.p : NULL, stdin, stdout);
	else
		status = task_run(t);
	if (c->task.stats)
		task_stats(t, stderr);
	pcabi_end(t);
	task_free(t);
	free_program(&p);
	return status;
}

/* A program for Windows: told by its headers, of which the first pages are enough. */
static bool is_windows(const char *path)
{
	static u8 head[8192];
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(head, 1, sizeof head, f) : 0;

	if (f)
		fclose(f);
	return loader_sniff(head, n, path) == FILE_PE;
}

static int run_windows(Cli *c)
{
	if (c->task.exec == EXEC_INTERP)
		usage("%s is for P-code; Windows programs have eval and jit", "--exec=interp");
	c->win_opts.x = c->linux_opts.x;
	c->win_opts.inherit = c->linux_opts.inherit;
	c->win_opts.via = c->linux_opts.via;
	return win32_run(&c->win_opts, c->argc, c->argv, make_env(c));
}

static int cmd_run(Cli *c)
{
	linux_take_env(environ);
	prepare_linux(c);
	if (is_linux(c, c->argv[0]))
		return run_linux(c);
	if (strcmp(c->argv[0], "-") != 0 && is_windows(c->argv[0]))
		return run_windows(c);
	return run_or_debug(c, false);
}

static int cmd_debug(Cli *c)
{
	return run_or_debug(c, true);
}

/* "dir/prog.pas" gives "dir/prog.pco". */
static void module_name(const char *path, char *out, size_t size)
{
	size_t n = strlen(path);

	if (n > 4 && strcmp(path + n - 4, ".pas") == 0)
		n -= 4;
	if (n + 5 > size)
		usage("%s: the name is too long", path);
	memcpy(out, path, n);
	memcpy(out + n, ".pco", 5);
}

static int cmd_build(Cli *c)
{
	static const char line[] = "#!/usr/bin/env pvm\n";
	Program p = {0};
	Err e = {0};
	Buf out = {0};
	char name[4096];

	open_program(c->argv[0], &p);
	if (p.kind != FILE_PASCAL)
		die(EXIT_USAGE, "%s: not Pascal source", c->argv[0]);
	if (!compile(c, c->argv[0], &p))
		return EXIT_COMPILE;
	if (c->executable)
		buf_bytes(&out, line, sizeof line - 1);
	buf_bytes(&out, p.module.p, p.module.n);
	if (!c->out && strcmp(c->argv[0], "-") == 0)
		usage("%s needs -o", "build -");
	if (!c->out)
		module_name(c->argv[0], name, sizeof name);
	const char *to = c->out ? c->out : name;
	if (strcmp(to, "-") == 0) {
		put(&out);
	} else if (!file_write(to, out.p, out.n, &e)) {
		fail(&e);
	} else if (c->executable && chmod(to, 0755) != 0) {
		die(EXIT_VM, "%s: cannot make it executable", to);
	}
	buf_free(&out);
	free_program(&p);
	return 0;
}

static int cmd_verify(Cli *c)
{
	for (int i = 0; i < c->argc; i++) {
		Program p = {0};
		Err e = {0};
		open_program(c->argv[i], &p);
		if (p.kind != FILE_PCODE)
			die(EXIT_VM, "%s: not a P-code module", c->argv[i]);
		p.m = loader_pcode(p.file.p, p.file.n, c->argv[i], &e);
		if (!p.m)
			fail(&e);
		printf("%s: good: %u functions, %u imports, %u bytes\n", c->argv[i], p.m->nfunc, p.m->nimport, p.file.n);
		free_program(&p);
	}
	return fflush(stdout) ? EXIT_VM : 0;
}

/* stage -1: the program's own instructions. */
static int dump_elf(Cli *c, Program *p, int stage)
{
	if (c->pass)
		usage("%s is not for Linux programs: their units have one list of passes", "--pass");
	int status = debug_dump(c->argv[0], p->file.p, p->file.n, c->func, stage);
	free_program(p);
	return status;
}

static int cmd_info(Cli *c)
{
	Program p = {0};

	if (is_windows(c->argv[0])) {
		Buf out = {0};
		Err e = {0};
		if (!win32_info(c->argv[0], &out, &e))
			fail(&e);
		return put(&out);
	}
	if (!open_elf(c->argv[0], &p))
		die(EXIT_USAGE, "%s: neither a Linux nor a Windows program (pvm verify tells of modules)", c->argv[0]);
	int status = debug_info(c->argv[0], p.file.p, p.file.n, c->linux_opts.root);
	free_program(&p);
	return status;
}

static int cmd_dis(Cli *c)
{
	Program p = {0};
	Buf out = {0};

	if (open_elf(c->argv[0], &p))
		return dump_elf(c, &p, -1);
	if (!load_program(c, c->argv[0], &p))
		return EXIT_COMPILE;
	pcode_dis(p.m, c->func, &out);
	if (c->func && !out.n)
		usage("no function %s", c->func);
	free_program(&p);
	return put(&out);
}

static int dump_source(Cli *c, bool tree)
{
	Program p = {0};
	Buf out = {0}, diag = {0};

	open_program(c->argv[0], &p);
	if (p.kind != FILE_PASCAL)
		usage("--stage=%s needs source", c->stage);
	bool ok = compile_dump(c->argv[0], (char *)p.file.p, p.file.n, tree, &out, &diag);
	put(&out);
	if (diag.n)
		fwrite(diag.p, 1, diag.n, stderr);
	buf_free(&diag);
	free_program(&p);
	return ok ? 0 : EXIT_COMPILE;
}

static int dump_functions(Cli *c, enum Stage stage)
{
	Program p = {0};
	Buf out = {0};
	Err e = {0};
	u32 found = 0;

	if (open_elf(c->argv[0], &p))
		return dump_elf(c, &p, (int)stage);
	if (!load_program(c, c->argv[0], &p))
		return EXIT_COMPILE;
	for (u32 i = 0; i < p.m->nfunc; i++) {
		if (c->func && strcmp(c->func, p.m->func[i].name) != 0)
			continue;
		if (found++)
			buf_u8(&out, '\n');
		if (!pipeline_dump(p.m, i, stage, c->pass, c->task.opt, &out, &e)) {
			put(&out);
			fail(&e);
		}
	}
	if (c->func && !found)
		usage("no function %s", c->func);
	free_program(&p);
	return put(&out);
}

static int cmd_dump(Cli *c)
{
	static const struct { const char *name; enum Stage stage; } stages[] = {
		{"ocode", STAGE_OCODE}, {"opt", STAGE_OPT}, {"regs", STAGE_REGS}, {"asm", STAGE_ASM}
	};

	if (!c->stage)
		usage("dump needs %s", "--stage=tokens|ast|pcode|ocode|opt|regs|asm");
	if (strcmp(c->stage, "tokens") == 0 || strcmp(c->stage, "ast") == 0)
		return dump_source(c, *c->stage == 'a');
	if (strcmp(c->stage, "pcode") == 0 || strcmp(c->stage, "x86") == 0)
		return cmd_dis(c);
	for (u32 i = 0; i < COUNT(stages); i++)
		if (strcmp(c->stage, stages[i].name) == 0)
			return dump_functions(c, stages[i].stage);
	usage("no stage %s", c->stage);
}

int main(int argc, char **argv)
{
	Cli c = {.cold = -1, .task = {.exec = EXEC_AUTO, .opt = 2, .hot = -1}, .linux_opts = {.pids_fd = -1, .seccomp_fd = -1}};

	parse(&c, argc, argv);
	return c.cmd->fn(&c);
}
