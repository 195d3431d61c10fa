/* kernel32: code pages and the environment.  The ANSI code page is UTF-8, so that nothing is lost. */
#include "handlers.h"

#include <stdlib.h>
#include <strings.h>

enum { CP_ACP = 0, CP_OEM = 1, CP_THREAD = 3, CP_1252 = 1252, CP_437 = 437, CP_LATIN1 = 28591, CP_UTF8 = 65001 };

u64 w_GetACP(WThread *t, const u64 *a) { return CP_UTF8; }

static bool known(u64 page)
{
	return page == CP_ACP || page == CP_OEM || page == CP_THREAD || page == CP_UTF8 || page == CP_1252 || page == CP_LATIN1 || page == CP_437 || page == 20127;
}

static bool single_byte(u64 page)
{
	return page == CP_1252 || page == CP_LATIN1 || page == CP_437 || page == 20127;
}

u64 w_IsValidCodePage(WThread *t, const u64 *a) { return known(a[0]) && a[0] > CP_THREAD; }

u64 w_GetCPInfo(WThread *t, const u64 *a)
{
	if (!known(a[0]))
		return fail(t, W_INVALID_PARAMETER);
	u8 *p = mem_out(t, a[1], 20);
	memset(p, 0, 20);
	st32(p, single_byte(a[0]) ? 1 : 4);
	p[4] = '?';
	return 1;
}

/* Bytes of a single-byte page: what is not ASCII is Latin-1. */
static size_t latin_to_wide(const u8 *s, size_t n, u8 *to, size_t room)
{
	for (size_t i = 0; i < n && i < room; i++)
		st16(to + 2 * i, s[i]);
	return n;
}

u64 w_MultiByteToWideChar(WThread *t, const u64 *a)
{
	u64 n = (i64)a[3] < 0 ? mem_strlen(t, a[2]) + 1 : a[3];
	u64 room = (i64)a[5] < 0 ? 0 : a[5];

	if (!known(a[0]) || !n || !a[2])
		return fail(t, W_INVALID_PARAMETER);
	const u8 *s = mem_in(t, a[2], n);
	u8 *to = room ? mem_out(t, a[4], 2 * room) : NULL;
	u64 units = single_byte(a[0]) ? latin_to_wide(s, n, to, room) : text_to_wide((const char *)s, n, to, room);
	return !room || units <= room ? units : fail(t, W_INSUFFICIENT_BUFFER);
}

static size_t wide_to_latin(const u8 *w, size_t n, char *to, size_t room, bool *lossy)
{
	for (size_t i = 0; i < n; i++) {
		u16 c = ld16(w + 2 * i);
		*lossy |= c > 255;
		if (i < room)
			to[i] = (char)(c > 255 ? '?' : c);
	}
	return n;
}

u64 w_WideCharToMultiByte(WThread *t, const u64 *a)
{
	u64 n = (i64)a[3] < 0 ? mem_wcslen(t, a[2]) + 1 : a[3];
	u64 room = (i64)a[5] < 0 ? 0 : a[5];
	bool lossy = false;

	if (!known(a[0]) || !n || !a[2])
		return fail(t, W_INVALID_PARAMETER);
	const u8 *w = mem_in(t, a[2], 2 * n);
	char *to = room ? mem_out(t, a[4], room) : NULL;
	u64 bytes = single_byte(a[0]) ? wide_to_latin(w, n, to, room, &lossy) : text_from_wide(w, n, to, room);
	if (a[7])
		mem_put_u32(t, a[7], lossy);
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

u64 w_FreeEnvironmentStrings(WThread *t, const u64 *a)
{
	return wheap_free(t, a[0]);
}
