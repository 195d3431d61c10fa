/* kernel32: code pages and the environment.  The ANSI code page is UTF-8, so that nothing is lost. */
#include "handlers.h"
#include "nls.h"

#include <stdlib.h>
#include <strings.h>

enum { CP_UTF8 = 65001 };

u64 w_GetACP(WThread *t, const u64 *a) { return CP_UTF8; }

u64 w_IsValidCodePage(WThread *t, const u64 *a) { return a[0] > 3 && codepage_number(a[0]); }

/* Most bytes of a character, the sign for what is none, and the ranges of first bytes. */
static bool put_info(u8 *p, u32 page)
{
	u32 n = 0;

	if (!page)
		return false;
	memset(p, 0, 20);
	st32(p, page == CP_UTF8 ? 4 : 1);
	p[4] = '?';
	for (u32 b = 128; b < 256 && page != CP_UTF8 && n < 10; b++) {
		if (!codepage_lead_byte(page, (u8)b))
			continue;
		st32(p, 2);
		p[6 + n++] = (u8)b;
		while (b < 255 && codepage_lead_byte(page, (u8)(b + 1)))
			b++;
		p[6 + n++] = (u8)b;
	}
	return true;
}

u64 w_GetCPInfo(WThread *t, const u64 *a)
{
	return put_info(mem_out(t, a[1], 20), codepage_number(a[0])) ? 1 : fail(t, W_INVALID_PARAMETER);
}

/* CPINFOEXW: also the sign as a unit, the number, the name. */
u64 w_GetCPInfoExW(WThread *t, const u64 *a)
{
	enum { SIZE = 28 + 2 * 260 };
	u32 page = codepage_number(a[0]);
	u8 *p = mem_out(t, a[2], SIZE);
	char name[40];

	memset(p, 0, SIZE);
	if (!put_info(p, page))
		return fail(t, W_INVALID_PARAMETER);
	st16(p + 18, '?');
	st32(p + 20, page);
	snprintf(name, sizeof name, page == CP_UTF8 ? "%u  (UTF-8)" : "%u", page);
	text_to_wide(name, strlen(name), p + 24, 100);
	return 1;
}

u64 w_IsDBCSLeadByteEx(WThread *t, const u64 *a)
{
	u32 page = codepage_number(a[0]);

	return page && page != CP_UTF8 && codepage_lead_byte(page, (u8)a[1]);
}

/* The system's own page loses nothing; one that is named is read as Windows does. */
static bool lossless(u64 page) { return page <= 3; }

u64 w_MultiByteToWideChar(WThread *t, const u64 *a)
{
	enum { ERROR_INVALID = 8 };
	u64 n = (i64)a[3] < 0 ? mem_strlen(t, a[2]) + 1 : a[3];
	u64 room = (i64)a[5] < 0 ? 0 : a[5];
	u32 page = codepage_number(a[0]);
	bool bad = false;

	if (!page || !n || !a[2])
		return fail(t, W_INVALID_PARAMETER);
	const u8 *s = mem_in(t, a[2], n);
	u8 *to = room ? mem_out(t, a[4], 2 * room) : NULL;
	u64 units = lossless(a[0]) ? text_to_wide((const char *)s, n, to, room) : codepage_to_wide(page, s, n, to, room, &bad);
	if (bad && a[1] & ERROR_INVALID)
		return fail(t, W_NO_UNICODE);
	return !room || units <= room ? units : fail(t, W_INSUFFICIENT_BUFFER);
}

u64 w_WideCharToMultiByte(WThread *t, const u64 *a)
{
	enum { ERROR_INVALID = 0x80, NO_BEST_FIT = 0x400 };
	u64 n = (i64)a[3] < 0 ? mem_wcslen(t, a[2]) + 1 : a[3];
	u64 room = (i64)a[5] < 0 ? 0 : a[5];
	u32 page = codepage_number(a[0]);
	bool bad = false;

	if (!page || !n || !a[2] || (page == CP_UTF8 && !lossless(a[0]) && (a[6] || a[7])))
		return fail(t, W_INVALID_PARAMETER);
	const u8 *w = mem_in(t, a[2], 2 * n);
	char *to = room ? mem_out(t, a[4], room) : NULL, *replace = a[6] ? mem_str(t, a[6]) : NULL;
	u64 bytes = lossless(a[0]) ? text_from_wide(w, n, to, room) : codepage_from_wide(page, w, n, to, room, replace ? replace : "?", !(a[1] & NO_BEST_FIT), &bad);
	free(replace);
	if (bad && a[1] & ERROR_INVALID && page == CP_UTF8)
		return fail(t, W_NO_UNICODE);
	if (a[7])
		mem_put_u32(t, a[7], bad);
	return !room || bytes <= room ? bytes : fail(t, W_INSUFFICIENT_BUFFER);
}

u64 w_lstrlenA(WThread *t, const u64 *a) { return a[0] ? mem_strlen(t, a[0]) : 0; }
u64 w_lstrlenW(WThread *t, const u64 *a) { return a[0] ? mem_wcslen(t, a[0]) : 0; }

/* ---- environment ---------------------------------------------------------------------------------------- */

/* The index of a variable, or nenv. */
static u32 find(const WTask *k, const char *name)
{
	size_t n = strlen(name);
	u32 i = 0;

	while (i < k->nenv && !(strncasecmp(k->env[i], name, n) == 0 && k->env[i][n] == '='))
		i++;
	return i;
}

char *env_get(WTask *k, const char *name)
{
	pthread_mutex_lock(&k->lock);
	u32 i = find(k, name);
	char *value = i < k->nenv ? strdup(strchr(k->env[i] + 1, '=') + 1) : NULL;
	pthread_mutex_unlock(&k->lock);
	return value;
}

void env_set(WTask *k, const char *name, const char *value)
{
	size_t size = strlen(name) + (value ? strlen(value) : 0) + 2;
	char *entry = xmalloc(size);

	snprintf(entry, size, "%s=%s", name, value ? value : "");
	pthread_mutex_lock(&k->lock);
	u32 i = find(k, name);
	if (i < k->nenv) {
		free(k->env[i]);
		k->env[i] = entry;
	} else if (value) {
		k->env = xrealloc(k->env, (k->nenv + 2) * sizeof *k->env);
		k->env[k->nenv++] = entry;
	}
	if (!value && i < k->nenv)
		k->env[i] = k->env[--k->nenv];
	if (!value)
		free(entry);
	pthread_mutex_unlock(&k->lock);
}

u64 w_GetEnvironmentVariable(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0), *value = name ? env_get(t->task, name) : NULL;

	free(name);
	if (!value)
		return fail(t, W_ENVVAR_NOT_FOUND);
	u64 n = out_string(t, a[1], a[2], value);
	free(value);
	error_set(t, 0);
	return n < a[2] ? n : n + 1;
}

u64 w_SetEnvironmentVariable(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0), *value = arg_string(t, a, 1);
	bool ok = name && name[0] && !strchr(name + 1, '=');

	if (ok)
		env_set(t->task, name, value);
	free(name);
	free(value);
	return ok ? 1 : fail(t, W_INVALID_PARAMETER);
}

u64 w_GetEnvironmentStringsW(WThread *t, const u64 *a)
{
	return start_env_block(t);
}

/* The same in bytes. */
u64 w_GetEnvironmentStringsA(WThread *t, const u64 *a)
{
	Buf b = {0};

	task_lock(t);
	for (u32 i = 0; i < t->task->nenv; i++)
		buf_bytes(&b, t->task->env[i], strlen(t->task->env[i]) + 1);
	task_unlock(t);
	buf_u8(&b, 0);
	buf_u8(&b, 0);
	u64 at = wheap_alloc(t, b.n);
	memcpy(mem_out(t, at, b.n), b.p, b.n);
	buf_free(&b);
	return at;
}

/* %NAME% becomes the value, where there is one. */
u64 w_ExpandEnvironmentStrings(WThread *t, const u64 *a)
{
	char *s = arg_string(t, a, 0), name[300];
	Buf b = {0};

	if (!s)
		return fail(t, W_INVALID_PARAMETER);
	for (const char *p = s; *p;) {
		size_t n = *p == '%' ? strcspn(p + 1, "%") : 0;
		char *value = NULL;
		if (n && p[1 + n] && n < sizeof name) {
			snprintf(name, sizeof name, "%.*s", (int)n, p + 1);
			value = env_get(t->task, name);
		}
		if (value) {
			buf_bytes(&b, value, strlen(value));
			p += n + 2;
		} else {
			buf_u8(&b, (u8)*p++);
		}
		free(value);
	}
	buf_u8(&b, 0);
	u64 n = out_string(t, a[1], a[2], (char *)b.p);
	buf_free(&b);
	free(s);
	return n + 1;
}

u64 w_FreeEnvironmentStrings(WThread *t, const u64 *a)
{
	return wheap_free(t, a[0]);
}
