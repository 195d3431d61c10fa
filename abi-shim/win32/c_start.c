/* The C library: how programs begin and end. */
#include "crt.h"

#include <stdlib.h>

u64 crt_data(WThread *t, const char *name)
{
	Err e = {0};

	/* Of ucrtbase.dll's programs, too: the variables have one place. */
	if (!module_by_name(t->task, "msvcrt.dll"))
		module_load(t, "msvcrt.dll", false, &e);
	return builtin_data(t->task, "msvcrt.dll", name);
}

void crt_start(WThread *t)
{
	mem_put_u32(t, crt_data(t, "__mb_cur_max"), 1);
	mem_put_u32(t, crt_data(t, "_osplatform"), 2);
	mem_put_u32(t, crt_data(t, "_osver"), 19045);
	mem_put_u32(t, crt_data(t, "_winver"), 0xa00);
	mem_put_u32(t, crt_data(t, "_winmajor"), 10);
	mem_put_word(t, crt_data(t, "_acmdln"), w_GetCommandLineA(t, NULL));
	mem_put_word(t, crt_data(t, "_wcmdln"), w_GetCommandLineW(t, NULL));
	mem_put_word(t, crt_data(t, "_pctype"), w_pctype_func(t, NULL));
	mem_put_word(t, crt_data(t, "_pwctype"), w_pwctype_func(t, NULL));
	mem_put_word(t, crt_data(t, "_pgmptr"), wheap_string(t, t->task->program->path));
	mem_put_word(t, crt_data(t, "_wpgmptr"), wheap_wstring(t, t->task->program->path));
	mem_put_u64(t, crt_data(t, "_HUGE"), 0x7ff0000000000000);
}

/* The function's name without "__p_" is the variable's. */
u64 w_p_variable(WThread *t, const u64 *a)
{
	u64 at = crt_data(t, t->row->name + 4);

	if (strcmp(t->row->name, "__p__acmdln") == 0)
		mem_put_word(t, at, w_GetCommandLineA(t, a));
	if (strcmp(t->row->name, "__p__wcmdln") == 0)
		mem_put_word(t, at, w_GetCommandLineW(t, a));
	return at;
}

u64 w_mb_cur_max(WThread *t, const u64 *a) { return 1; }

/* ---- arguments ---------------------------------------------------------------------------------------- */

/* One argument of the command line: quotes group, 2n backslashes before a quote are n, 2n + 1 give the quote too.
 * Source: Microsoft, "Parsing C command-line arguments". */
const char *crt_argument(const char *s, Buf *out)
{
	bool quoted = false;

	for (; *s && (quoted || (*s != ' ' && *s != '\t')); s++) {
		size_t slashes = strspn(s, "\\");
		s += slashes;
		for (size_t i = 0; i < (*s == '"' ? slashes / 2 : slashes); i++)
			buf_u8(out, '\\');
		if (*s == '"' && slashes % 2)
			buf_u8(out, '"');
		else if (*s == '"' && quoted && s[1] == '"')
			buf_u8(out, (u8)*s++);
		else if (*s == '"')
			quoted = !quoted;
		else if (slashes)
			s--;
		else
			buf_u8(out, (u8)*s);
		if (!*s)
			break;
	}
	buf_u8(out, 0);
	return s + strspn(s, " \t");
}

/* Pointers to strings, and a null behind them. */
static u64 put_vector(WThread *t, char **s, u32 n, bool wide)
{
	u64 word = t->wide ? 8 : 4, v = wheap_zalloc(t, (n + 1) * word);

	for (u32 i = 0; i < n; i++)
		mem_put_word(t, v + i * word, wide ? wheap_wstring(t, s[i]) : wheap_string(t, s[i]));
	return v;
}

/* Sets __argc and __argv or __wargv, once. */
static void make_args(WThread *t, bool wide)
{
	u64 at = crt_data(t, wide ? "__wargv" : "__argv");
	VEC(char *) argv = {0};

	if (mem_word(t, at))
		return;
	for (const char *s = t->task->cmdline; *s;) {
		Buf b = {0};
		s = crt_argument(s, &b);
		vec_push(&argv, (char *)b.p);
	}
	mem_put_word(t, at, put_vector(t, argv.p, argv.n, wide));
	mem_put_u32(t, crt_data(t, "__argc"), argv.n);
	for (u32 i = 0; i < argv.n; i++)
		free(argv.p[i]);
	vec_free(&argv);
}

static const char *env_name(bool wide) { return wide ? "_wenviron" : "_environ"; }

/* The environment as strings, made when it is first asked for. */
static u64 make_env(WThread *t, bool wide)
{
	u64 at = crt_data(t, env_name(wide)), v = mem_word(t, at);

	if (v)
		return v;
	pthread_mutex_lock(&t->task->lock);
	v = put_vector(t, t->task->env, t->task->nenv, wide);
	pthread_mutex_unlock(&t->task->lock);
	mem_put_word(t, at, v);
	mem_put_word(t, crt_data(t, wide ? "__winitenv" : "__initenv"), v);
	return v;
}

static u64 main_args(WThread *t, const u64 *a, bool wide)
{
	make_args(t, wide);
	mem_put_u32(t, a[0], mem_u32(t, crt_data(t, "__argc")));
	mem_put_word(t, a[1], mem_word(t, crt_data(t, wide ? "__wargv" : "__argv")));
	mem_put_word(t, a[2], make_env(t, wide));
	mem_put_word(t, crt_data(t, "_acmdln"), w_GetCommandLineA(t, a));
	mem_put_word(t, crt_data(t, "_wcmdln"), w_GetCommandLineW(t, a));
	return 0;
}

u64 w_getmainargs(WThread *t, const u64 *a) { return main_args(t, a, false); }
u64 w_wgetmainargs(WThread *t, const u64 *a) { return main_args(t, a, true); }

u64 w_configure_argv(WThread *t, const u64 *a)
{
	make_args(t, strstr(t->row->name, "wide") != NULL);
	return 0;
}

u64 w_initialize_environment(WThread *t, const u64 *a)
{
	make_env(t, strstr(t->row->name, "wide") != NULL);
	return 0;
}

u64 w_get_initial_environment(WThread *t, const u64 *a) { return make_env(t, strstr(t->row->name, "wide") != NULL); }

/* WinMain's command line begins behind the program's name. */
static u64 behind_name(WThread *t, bool wide)
{
	Buf b = {0};
	const char *s = crt_argument(t->task->cmdline, &b);
	u64 skip = wide ? text_to_wide(t->task->cmdline, (size_t)(s - t->task->cmdline), NULL, 0) : (u64)(s - t->task->cmdline);

	buf_free(&b);
	return wide ? w_GetCommandLineW(t, NULL) + 2 * skip : w_GetCommandLineA(t, NULL) + skip;
}

u64 w_get_winmain_command_line(WThread *t, const u64 *a) { return behind_name(t, strstr(t->row->name, "wide") != NULL); }

u64 w_get_pgmptr(WThread *t, const u64 *a)
{
	mem_put_word(t, a[0], mem_word(t, crt_data(t, strstr(t->row->name, "wpgm") ? "_wpgmptr" : "_pgmptr")));
	return 0;
}

u64 w_set_fmode(WThread *t, const u64 *a)
{
	mem_put_u32(t, crt_data(t, "_fmode"), (u32)a[0]);
	return 0;
}

u64 w_get_fmode(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[0], mem_u32(t, crt_data(t, "_fmode")));
	return 0;
}

/* ---- functions at the start and at the end -------------------------------------------------------------- */

static u64 run_table(WThread *t, u64 from, u64 to, bool stop)
{
	u64 word = t->wide ? 8 : 4;

	for (; from < to; from += word) {
		u64 fn = mem_word(t, from);
		u32 r = fn ? (u32)call_guest(t, fn, 0, NULL) : 0;
		if (stop && r)
			return r;
	}
	return 0;
}

u64 w_initterm(WThread *t, const u64 *a) { return run_table(t, a[0], a[1], false); }
u64 w_initterm_e(WThread *t, const u64 *a) { return run_table(t, a[0], a[1], true); }

static VEC(u64) at_end, at_quick_end;

static u64 remember(WThread *t, bool quick, u64 fn)
{
	pthread_mutex_lock(&t->task->lock);
	if (quick)
		vec_push(&at_quick_end, fn);
	else
		vec_push(&at_end, fn);
	pthread_mutex_unlock(&t->task->lock);
	return fn;
}

u64 w_onexit(WThread *t, const u64 *a) { return remember(t, false, a[0]); }
u64 w_atexit(WThread *t, const u64 *a) { return remember(t, false, a[0]) & 0; }
u64 w_at_quick_exit(WThread *t, const u64 *a) { return remember(t, true, a[0]) & 0; }

/* A library's own table: begin and end are variables of the caller. */
u64 w_dllonexit(WThread *t, const u64 *a)
{
	u64 word = t->wide ? 8 : 4, begin = mem_word(t, a[1]), end = mem_word(t, a[2]);
	u64 p = wheap_realloc(t, begin, end - begin + word);

	if (!p)
		p = wheap_alloc(t, end - begin + word);
	if (!p)
		return 0;
	mem_put_word(t, p + (end - begin), a[0]);
	mem_put_word(t, a[1], p);
	mem_put_word(t, a[2], p + (end - begin) + word);
	return a[0];
}

/* _onexit_table_t: first, last, end; nothing is there before the first function comes. */
u64 w_initialize_onexit_table(WThread *t, const u64 *a)
{
	for (u32 i = 0; a[0] && i < 3; i++)
		mem_put_word(t, a[0] + (t->wide ? 8 : 4) * i, 0);
	return a[0] ? 0 : (u64)-1;
}

u64 w_register_onexit_function(WThread *t, const u64 *a)
{
	u64 word = t->wide ? 8 : 4, first = mem_word(t, a[0]), last = mem_word(t, a[0] + word), end = mem_word(t, a[0] + 2 * word);

	if (last == end) {
		u64 n = end - first + 32 * word, p = first ? wheap_realloc(t, first, n) : wheap_alloc(t, n);
		if (!p)
			return (u64)-1;
		last = p + (last - first);
		first = p;
		mem_put_word(t, a[0], first);
		mem_put_word(t, a[0] + 2 * word, first + n);
	}
	mem_put_word(t, last, a[1]);
	mem_put_word(t, a[0] + word, last + word);
	return 0;
}

u64 w_execute_onexit_table(WThread *t, const u64 *a)
{
	u64 word = t->wide ? 8 : 4, first = mem_word(t, a[0]), last = mem_word(t, a[0] + word);

	w_initialize_onexit_table(t, a);
	while (last > first) {
		last -= word;
		u64 fn = mem_word(t, last);
		if (fn)
			call_guest(t, fn, 0, NULL);
	}
	if (first)
		wheap_free(t, first);
	return 0;
}

u64 w_cexit(WThread *t, const u64 *a)
{
	while (at_end.n) {
		u64 fn = at_end.p[--at_end.n];
		if (fn)
			call_guest(t, fn, 0, NULL);
	}
	crt_flush_all();
	return 0;
}

u64 w_exit(WThread *t, const u64 *a)
{
	w_cexit(t, a);
	process_exit(t, (u32)a[0]);
}

u64 w_quick_exit(WThread *t, const u64 *a)
{
	while (at_quick_end.n)
		call_guest(t, at_quick_end.p[--at_quick_end.n], 0, NULL);
	process_exit(t, (u32)a[0]);
}

u64 w_c__exit(WThread *t, const u64 *a)
{
	process_exit(t, (u32)a[0]);
}

/* ---- ends that nobody wanted ------------------------------------------------------------------------------- */

static u64 handlers[32];      /* of signal */
static u64 invalid_handler;
static _Thread_local u64 terminate_handler, unexpected_handler;

enum { SIG_OF_ABORT = 22, STATUS_INVALID_CRT = (int)0xc0000417 };

u64 w_abort(WThread *t, const u64 *a)
{
	u64 fn = handlers[SIG_OF_ABORT];

	if (fn > 1) {
		handlers[SIG_OF_ABORT] = 0;
		call_guest(t, fn, 1, (u64[]){SIG_OF_ABORT});
	}
	crt_flush_all();
	if (strcmp(t->dll->name, "msvcrt.dll") == 0)
		fputs("\nabnormal program termination\n", stderr);
	process_exit(t, 3);
}

u64 w_terminate(WThread *t, const u64 *a)
{
	if (terminate_handler)
		call_guest(t, terminate_handler, 0, NULL);
	return w_abort(t, a);
}

static u64 swap(u64 *at, u64 v)
{
	u64 old = *at;

	*at = v;
	return old;
}

u64 w_set_terminate(WThread *t, const u64 *a) { return swap(&terminate_handler, a[0]); }
u64 w_get_terminate(WThread *t, const u64 *a) { return terminate_handler; }
u64 w_set_unexpected(WThread *t, const u64 *a) { return swap(&unexpected_handler, a[0]); }
u64 w_set_invalid_parameter_handler(WThread *t, const u64 *a) { return swap(&invalid_handler, a[0]); }
u64 w_get_invalid_parameter_handler(WThread *t, const u64 *a) { return invalid_handler; }

void crt_invalid(WThread *t)
{
	if (invalid_handler)
		call_guest(t, invalid_handler, 5, (u64[]){0, 0, 0, 0, 0});
	else
		process_exit(t, (u32)STATUS_INVALID_CRT);
}

u64 w_invalid_parameter(WThread *t, const u64 *a)
{
	crt_invalid(t);
	return 0;
}

u64 w_invoke_watson(WThread *t, const u64 *a)
{
	process_exit(t, (u32)STATUS_INVALID_CRT);
}

u64 w_amsg_exit(WThread *t, const u64 *a)
{
	fprintf(stderr, "runtime error R60%02u\n", (u32)a[0]);
	process_exit(t, 255);
}

static u64 assertion(WThread *t, char *what, char *file, u64 line)
{
	crt_flush_all();
	fprintf(stderr, "Assertion failed: %s, file %s, line %u\n", what ? what : "", file ? file : "", (u32)line);
	return w_abort(t, NULL);
}

u64 w_assert(WThread *t, const u64 *a) { return assertion(t, arg_string(t, a, 0), arg_string(t, a, 1), a[2]); }

u64 w_signal(WThread *t, const u64 *a) { return a[0] < COUNT(handlers) ? swap(&handlers[a[0]], a[1]) : (crt_errno(t, EINVAL), ~(u64)0); }

/* What a signal does when nobody has asked for it: the process ends with 3. */
u64 w_raise(WThread *t, const u64 *a)
{
	u64 fn = a[0] < COUNT(handlers) ? handlers[a[0]] : 1;

	if (fn == 0)
		process_exit(t, 3);
	if (fn == 1)
		return 0;
	handlers[a[0]] = 0;
	call_guest(t, fn, 1, (u64[]){a[0]});
	return 0;
}

/* ---- of the thread ------------------------------------------------------------------------------------------ */

u64 w_errno(WThread *t, const u64 *a)
{
	if (!t->err)
		t->err = wheap_zalloc(t, 16);
	return t->err;
}

u64 w_doserrno(WThread *t, const u64 *a) { return w_errno(t, a) + 4; }

/* Microsoft's numbers are those of UNIX V7 up to 34; later ones its own. */
void crt_errno(WThread *t, int e)
{
	static const struct { int host; u32 code; } map[] = {
		{EDEADLK, 36}, {ENAMETOOLONG, 38}, {ENOLCK, 39}, {ENOSYS, 40}, {ENOTEMPTY, 41}, {EILSEQ, 42}, {EOVERFLOW, 132}, {ELOOP, 114}
	};
	u32 code = e <= 34 ? (u32)e : EINVAL;

	for (u32 i = 0; i < COUNT(map); i++)
		if (map[i].host == e)
			code = map[i].code;
	mem_put_u32(t, w_errno(t, NULL), code);
	mem_put_u32(t, w_doserrno(t, NULL), error_from_errno(e));
}

u64 crt_fail(WThread *t)
{
	crt_errno(t, errno);
	return (u64)-1;
}

u64 w_get_errno(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[0], mem_u32(t, w_errno(t, NULL)));
	return 0;
}

u64 w_set_errno(WThread *t, const u64 *a)
{
	mem_put_u32(t, w_errno(t, NULL), (u32)a[0]);
	return 0;
}

u64 w_get_doserrno(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[0], mem_u32(t, w_doserrno(t, NULL)));
	return 0;
}

/* Microsoft's words. */
static const char *error_text(u32 e)
{
	static const char *const text[] = {
		"No error", "Operation not permitted", "No such file or directory", "No such process", "Interrupted function call", "Input/output error",
		"No such device or address", "Arg list too long", "Exec format error", "Bad file descriptor", "No child processes",
		"Resource temporarily unavailable", "Not enough space", "Permission denied", "Bad address", "Unknown error", "Resource device", "File exists",
		"Improper link", "No such device", "Not a directory", "Is a directory", "Invalid argument", "Too many open files in system",
		"Too many open files", "Inappropriate I/O control operation", "Unknown error", "File too large", "No space left on device", "Invalid seek",
		"Read-only file system", "Too many links", "Broken pipe", "Domain error", "Result too large", "Unknown error", "Resource deadlock avoided",
		"Unknown error", "Filename too long", "No locks available", "Function not implemented", "Directory not empty", "Illegal byte sequence"
	};

	return e < COUNT(text) ? text[e] : "Unknown error";
}

u64 w_strerror(WThread *t, const u64 *a)
{
	static _Thread_local u64 at;
	bool wide = strstr(t->row->name, "wcs") != NULL;

	if (at)
		wheap_free(t, at);
	return at = wide ? wheap_wstring(t, error_text((u32)a[0])) : wheap_string(t, error_text((u32)a[0]));
}

u64 w_strerror_s(WThread *t, const u64 *a)
{
	const char *s = error_text((u32)a[2]);
	u64 n = MIN(strlen(s), a[1] ? a[1] - 1 : 0);

	if (!a[0] || !a[1])
		return EINVAL;
	bool wide = row_wide(t);
	u8 *p = mem_out(t, a[0], (n + 1) * (wide ? 2 : 1));
	for (u64 i = 0; i <= n; i++) {
		if (wide)
			st16(p + 2 * i, i < n ? (u8)s[i] : 0);
		else
			p[i] = i < n ? (u8)s[i] : 0;
	}
	return 0;
}

u64 w_perror(WThread *t, const u64 *a)
{
	char *s = arg_string(t, a, 0);

	crt_flush_all();
	fprintf(stderr, "%s%s%s\n", s ? s : "", s && *s ? ": " : "", error_text(mem_u32(t, w_errno(t, NULL))));
	free(s);
	return 0;
}

u64 w_lock(WThread *t, const u64 *a)
{
	pthread_mutex_lock(&t->task->lock);
	return 0;
}

u64 w_unlock(WThread *t, const u64 *a)
{
	pthread_mutex_unlock(&t->task->lock);
	return 0;
}

/* ---- the environment ---------------------------------------------------------------------------------------------- */

static u64 find_env(WThread *t, const char *name, bool wide)
{
	size_t n = strlen(name);
	u64 word = t->wide ? 8 : 4, v = make_env(t, wide), p, at = 0;

	for (; v && !at && (p = mem_word(t, v)); v += word) {
		char *s = wide ? mem_wstr(t, p) : mem_str(t, p);
		if (strncasecmp(s, name, n) == 0 && s[n] == '=')
			at = p + (wide ? 2 * text_to_wide(s, n + 1, NULL, 0) : n + 1);
		free(s);
	}
	return at;
}

u64 w_getenv(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0);
	u64 at = name && *name ? find_env(t, name, row_wide(t)) : 0;

	free(name);
	return at;
}

/* getenv_s(&needed, to, room, name) */
u64 w_getenv_s(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 3), *value = env_get(t->task, name);
	u64 n = value ? (row_wide(t) ? text_to_wide(value, strlen(value), NULL, 0) : strlen(value)) + 1 : 0;

	mem_put_word(t, a[0], n);
	if (value && a[1] && n <= a[2])
		out_string(t, a[1], a[2], value);
	bool small = value && a[1] && n > a[2];
	free(name);
	free(value);
	return small ? ERANGE : 0;
}

/* _dupenv_s(&copy, &size, name) */
u64 w_dupenv_s(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 2), *value = env_get(t->task, name);
	bool wide = row_wide(t);

	mem_put_word(t, a[0], !value ? 0 : wide ? wheap_wstring(t, value) : wheap_string(t, value));
	if (a[1])
		mem_put_word(t, a[1], !value ? 0 : (wide ? text_to_wide(value, strlen(value), NULL, 0) : strlen(value)) + 1);
	free(name);
	free(value);
	return 0;
}

/* Both tables are made anew; who has the old ones keeps them. */
static void change_env(WThread *t, const char *name, const char *value)
{
	env_set(t->task, name, value && *value ? value : NULL);
	for (u32 wide = 0; wide < 2; wide++)
		if (mem_word(t, crt_data(t, env_name(wide)))) {
			mem_put_word(t, crt_data(t, env_name(wide)), 0);
			make_env(t, wide);
		}
}

u64 w_putenv(WThread *t, const u64 *a)
{
	char *s = arg_string(t, a, 0), *eq = s ? strchr(s, '=') : NULL;

	if (!eq || eq == s) {
		free(s);
		crt_errno(t, EINVAL);
		return (u64)-1;
	}
	*eq = 0;
	change_env(t, s, eq + 1);
	free(s);
	return 0;
}

u64 w_putenv_s(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0), *value = arg_string(t, a, 1);

	if (name && *name)
		change_env(t, name, value);
	free(name);
	free(value);
	return 0;
}
