/* The C library: locales.  There is the one of C, and the host's, whose characters are UTF-8. */
#include "crt.h"

#include <stdlib.h>
#include <strings.h>

static const char host_name[] = "English_United States.utf8";
static bool host[6];           /* of each category: the host's, not C's */

/* 0: the name is none, 1: C's, 2: the host's. */
static int known(const char *s)
{
	if (strcmp(s, "C") == 0 || strcmp(s, "POSIX") == 0)
		return 1;
	size_t n = strlen(s);
	return !n || strcasecmp(s, host_name) == 0 || (n >= 5 && strcasecmp(s + n - 5, "utf-8") == 0) || (n >= 4 && strcasecmp(s + n - 4, "utf8") == 0) ||
		(n >= 5 && strcmp(s + n - 5, "65001") == 0) || strncasecmp(s, "en", 2) == 0 ? 2 : 0;
}

static u64 give(WThread *t, const char *s, bool wide)
{
	static u64 at[2][2];
	u64 *p = &at[wide][s == host_name];

	if (!*p)
		*p = wide ? wheap_wstring(t, s) : wheap_string(t, s);
	return *p;
}

u64 w_setlocale(WThread *t, const u64 *a)
{
	char *s = a[1] ? arg_string(t, a, 1) : NULL;
	int k = s ? known(s) : 1;
	bool wide = row_wide(t);

	free(s);
	if (!k || a[0] > 5)
		return 0;
	for (u32 i = 0; a[1] && i < 6; i++)
		if (!a[0] || i == a[0])
			host[i] = k == 2;
	return give(t, host[a[0] ? a[0] : 2] ? host_name : "C", wide);
}

/* struct lconv: ten strings, then eight characters, then eight wide strings. */
u64 w_localeconv(WThread *t, const u64 *a)
{
	static u64 at;
	u64 word = t->wide ? 8 : 4;

	if (at)
		return at;
	at = wheap_zalloc(t, 32 * 8);
	u64 empty = wheap_string(t, ""), dot = wheap_string(t, "."), wempty = wheap_wstring(t, ""), wdot = wheap_wstring(t, ".");
	for (u32 i = 0; i < 10; i++) {
		mem_put_word(t, at + i * word, i ? empty : dot);
		if (i < 8)
			mem_put_word(t, at + 10 * word + 8 + i * word, i ? wempty : wdot);
	}
	memset(mem_out(t, at + 10 * word, 8), 127, 8);
	return at;
}

/* A locale of its own is a pointer that is never looked into. */
u64 w_create_locale(WThread *t, const u64 *a)
{
	char *s = arg_string(t, a, 1);
	bool ok = s && known(s);

	free(s);
	return ok ? wheap_zalloc(t, 64) : 0;
}

u64 w_free_locale(WThread *t, const u64 *a)
{
	if (a[0])
		wheap_free(t, a[0]);
	return 0;
}

/* Nothing is of the thread alone; the answer is that nothing was. */
u64 w_configthreadlocale(WThread *t, const u64 *a) { return 2; }

/* Names of the locale of each category, in UTF-16: null is C's. */
u64 w_lc_locale_name_func(WThread *t, const u64 *a)
{
	static u64 at;

	if (!at)
		at = wheap_zalloc(t, 6 * 8);
	return at;
}
