/* msvcrt: how programs begin and end. */
#include "crt.h"

#include <stdlib.h>

static u64 data(WThread *t, const char *name)
{
	return builtin_data(t->task, "msvcrt.dll", name);
}

void crt_start(WThread *t)
{
	mem_put_u32(t, data(t, "__mb_cur_max"), 1);
	mem_put_u32(t, data(t, "_osplatform"), 2);
	mem_put_u32(t, data(t, "_winmajor"), 10);
	mem_put_word(t, data(t, "_acmdln"), w_GetCommandLineA(t, NULL));
	mem_put_word(t, data(t, "_wcmdln"), w_GetCommandLineW(t, NULL));
}

u64 w_p_acmdln(WThread *t, const u64 *a)
{
	mem_put_word(t, data(t, "_acmdln"), w_GetCommandLineA(t, a));
	return data(t, "_acmdln");
}

u64 w_p_environ(WThread *t, const u64 *a) { return data(t, "_environ"); }
u64 w_p_initenv(WThread *t, const u64 *a) { return data(t, "__initenv"); }
u64 w_p_fmode(WThread *t, const u64 *a) { return data(t, "_fmode"); }
u64 w_p_commode(WThread *t, const u64 *a) { return data(t, "_commode"); }
u64 w_p_argc(WThread *t, const u64 *a) { return data(t, "__argc"); }
u64 w_p_argv(WThread *t, const u64 *a) { return data(t, "__argv"); }
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
			buf_u8(out, *s++);
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

static u64 main_args(WThread *t, const u64 *a, bool wide)
{
	VEC(char *) argv = {0};

	for (const char *s = t->task->cmdline; *s;) {
		Buf b = {0};
		s = crt_argument(s, &b);
		vec_push(&argv, (char *)b.p);
	}
	u64 v = put_vector(t, argv.p, argv.n, wide), env = put_vector(t, t->task->env, t->task->nenv, wide);
	mem_put_u32(t, a[0], argv.n);
	mem_put_word(t, a[1], v);
	mem_put_word(t, a[2], env);
	if (!wide) {
		mem_put_u32(t, data(t, "__argc"), argv.n);
		mem_put_word(t, data(t, "__argv"), v);
		mem_put_word(t, data(t, "_environ"), env);
		mem_put_word(t, data(t, "__initenv"), env);
	}
	mem_put_word(t, data(t, "_acmdln"), w_GetCommandLineA(t, a));
	mem_put_word(t, data(t, "_wcmdln"), w_GetCommandLineW(t, a));
	for (u32 i = 0; i < argv.n; i++)
		free(argv.p[i]);
	vec_free(&argv);
	return 0;
}

u64 w_getmainargs(WThread *t, const u64 *a) { return main_args(t, a, false); }
u64 w_wgetmainargs(WThread *t, const u64 *a) { return main_args(t, a, true); }

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

static VEC(u64) at_end;

u64 w_onexit(WThread *t, const u64 *a)
{
	pthread_mutex_lock(&t->task->lock);
	vec_push(&at_end, a[0]);
	pthread_mutex_unlock(&t->task->lock);
	return a[0];
}

u64 w_atexit(WThread *t, const u64 *a)
{
	w_onexit(t, a);
	return 0;
}

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

u64 w_c__exit(WThread *t, const u64 *a)
{
	crt_flush_all();
	process_exit(t, (u32)a[0]);
}

u64 w_abort(WThread *t, const u64 *a)
{
	crt_flush_all();
	fputs("\nabnormal program termination\n", stderr);
	process_exit(t, 3);
}

u64 w_amsg_exit(WThread *t, const u64 *a)
{
	fprintf(stderr, "runtime error R60%02u\n", (u32)a[0]);
	process_exit(t, 255);
}

/* ---- of the thread ------------------------------------------------------------------------------------------ */

u64 w_errno(WThread *t, const u64 *a)
{
	if (!t->err)
		t->err = wheap_zalloc(t, 16);
	return t->err;
}

/* Microsoft's numbers are those of UNIX V7 up to 34. */
void crt_errno(WThread *t, int e)
{
	mem_put_u32(t, w_errno(t, NULL), e <= 34 ? (u32)e : EINVAL);
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

u64 w_signal(WThread *t, const u64 *a)
{
	static u64 handler[32];

	if (a[0] >= COUNT(handler))
		return ~(u64)0;
	u64 old = handler[a[0]];
	handler[a[0]] = a[1];
	return old;
}

u64 w_getenv(WThread *t, const u64 *a)
{
	char *name = mem_str(t, a[0]);
	size_t n = strlen(name);
	u64 word = t->wide ? 8 : 4, v = mem_word(t, data(t, "_environ")), p, at = 0;

	for (; v && !at && (p = mem_word(t, v)); v += word) {
		char *s = mem_str(t, p);
		if (strncasecmp(s, name, n) == 0 && s[n] == '=')
			at = p + n + 1;
		free(s);
	}
	free(name);
	return at;
}

/* The rounding and precision bits, in Microsoft's order; the hardware's are not changed by most programs. */
u64 w_controlfp(WThread *t, const u64 *a)
{
	static u32 word = 0x9001f;

	word = (word & ~(u32)a[1]) | (u32)(a[0] & a[1]);
	return word;
}

u64 w_setlocale(WThread *t, const u64 *a)
{
	static u64 c;

	if (a[1]) {
		char *s = mem_str(t, a[1]);
		bool ok = !s[0] || strcmp(s, "C") == 0;
		free(s);
		if (!ok)
			return 0;
	}
	if (!c)
		c = wheap_string(t, "C");
	return c;
}

/* struct lconv of the C locale: ten strings, then eight characters. */
u64 w_localeconv(WThread *t, const u64 *a)
{
	static u64 at;
	u64 word = t->wide ? 8 : 4;

	if (at)
		return at;
	at = wheap_zalloc(t, 32 * 8);
	u64 empty = wheap_string(t, ""), dot = wheap_string(t, ".");
	for (u32 i = 0; i < 10; i++)
		mem_put_word(t, at + i * word, i ? empty : dot);
	memset(mem_out(t, at + 10 * word, 8), 127, 8);
	return at;
}
