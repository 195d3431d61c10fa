/* kernel32: files of settings, in sections of NAME=VALUE lines. */
#include "handlers.h"

#include <stdlib.h>
#include <strings.h>

/* The file's text; a name without directory is in C:\windows. */
static char *read_file(WThread *t, const u64 *a, u32 i, char *host)
{
	char *name = arg_string(t, a, i), guest[WIN_PATH];
	Buf b = {0};
	Err e = {0};

	if (!name)
		return NULL;
	snprintf(guest, sizeof guest, "%s%s", strpbrk(name, "\\/:") ? "" : "C:\\windows\\", name);
	free(name);
	if (!path_to_host(t->task, guest, host, WIN_PATH))
		return NULL;
	if (!file_read(host, &b, &e))
		return strdup("");
	buf_u8(&b, 0);
	return (char *)b.p;
}

/* One line without blanks around it; where the next begins. */
static const char *next_line(const char *p, const char **start, size_t *n)
{
	const char *end = p + strcspn(p, "\r\n");

	p += strspn(p, " \t");
	*start = p;
	*n = end > p ? (size_t)(end - p) : 0;
	while (*n && (p[*n - 1] == ' ' || p[*n - 1] == '\t'))
		--*n;
	return end + strspn(end, "\r\n");
}

static bool is_section(const char *s, size_t n, const char *name)
{
	return n > 1 && s[0] == '[' && s[n - 1] == ']' && (!name || (strlen(name) == n - 2 && strncasecmp(s + 1, name, n - 2) == 0));
}

/* The value of a key; NULL: there is none.  To be freed. */
static char *value_of(const char *text, const char *section, const char *key)
{
	bool inside = false;
	const char *s;
	size_t n;

	for (const char *p = text; *p;) {
		p = next_line(p, &s, &n);
		if (is_section(s, n, NULL)) {
			inside = is_section(s, n, section);
			continue;
		}
		const char *eq = inside && n ? memchr(s, '=', n) : NULL;
		size_t len = eq ? (size_t)(eq - s) : 0;
		while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
			len--;
		if (!eq || *s == ';' || len != strlen(key) || strncasecmp(s, key, len) != 0)
			continue;
		const char *v = eq + 1 + strspn(eq + 1, " \t"), *end = s + n;
		if (end - v > 1 && (*v == '"' || *v == '\'') && end[-1] == *v)
			v++, end--;
		return strndup(v, end > v ? (size_t)(end - v) : 0);
	}
	return NULL;
}

/* Names of all sections, or of all keys of one, each with a NUL. */
static void list_names(const char *text, const char *section, Buf *out)
{
	bool inside = false;
	const char *s;
	size_t n;

	for (const char *p = text; *p;) {
		p = next_line(p, &s, &n);
		if (is_section(s, n, NULL)) {
			inside = section && is_section(s, n, section);
			if (!section)
				buf_bytes(out, s + 1, (u32)n - 2), buf_u8(out, 0);
			continue;
		}
		const char *eq = inside && n && *s != ';' ? memchr(s, '=', n) : NULL;
		if (eq)
			buf_bytes(out, s, (u32)(eq - s)), buf_u8(out, 0);
	}
	buf_u8(out, 0);
}

/* A list goes out unit by unit: it has NULs within.  What does not fit is cut, with two NULs at the end. */
static u64 put_list(WThread *t, u64 at, u64 room, const Buf *b)
{
	u32 unit = row_wide(t) ? 2 : 1;
	u64 n = b->n <= room ? b->n : room < 2 ? 0 : room - 2;

	for (u64 i = 0; i < n; i++) {
		u8 *p = mem_out(t, at + unit * i, unit);
		memset(p, 0, unit);
		*p = b->p[i];
	}
	for (u64 i = n; n < b->n && i < room; i++)
		memset(mem_out(t, at + unit * i, unit), 0, unit);
	return n < b->n ? n : n - 1;
}

/* Section, key, what if there is none, where to, room, file. */
u64 w_GetPrivateProfileString(WThread *t, const u64 *a)
{
	char *section = arg_string(t, a, 0), *key = arg_string(t, a, 1), *otherwise = arg_string(t, a, 2), host[WIN_PATH];
	char *text = read_file(t, a, 5, host), *value = section && key && text ? value_of(text, section, key) : NULL;
	u64 r = 0;

	if (!section || !key) {
		Buf names = {0};
		list_names(text ? text : "", section, &names);
		r = put_list(t, a[3], a[4], &names);
		buf_free(&names);
	} else {
		const char *s = value ? value : otherwise ? otherwise : "";
		r = out_string(t, a[3], a[4], s);
		if (r >= a[4] && a[4]) { /* as much as fits */
			char *cut = strndup(s, a[4] - 1);
			r = out_string(t, a[3], a[4], cut);
			free(cut);
		}
	}
	free(section), free(key), free(otherwise), free(text), free(value);
	return r;
}

u64 w_GetPrivateProfileInt(WThread *t, const u64 *a)
{
	char *section = arg_string(t, a, 0), *key = arg_string(t, a, 1), host[WIN_PATH], *text = read_file(t, a, 3, host);
	char *value = section && key && text ? value_of(text, section, key) : NULL;
	u64 r = value ? (u64)strtol(value, NULL, 0) : a[2];

	free(section), free(key), free(text), free(value);
	return r;
}

/* The file with one value changed, added or (value NULL) taken away; key NULL: the section goes. */
static void change(const char *text, const char *section, const char *key, const char *value, Buf *out)
{
	bool inside = false, done = false;
	const char *s;
	size_t n;

	for (const char *p = text; *p;) {
		p = next_line(p, &s, &n);
		bool head = is_section(s, n, NULL);
		if (head && inside && !done && key && value)
			buf_printf(out, "%s=%s\r\n", key, value), done = true;
		if (head)
			inside = is_section(s, n, section);
		const char *eq = inside && key && n ? memchr(s, '=', n) : NULL;
		bool same = eq && (size_t)(eq - s) == strlen(key) && strncasecmp(s, key, strlen(key)) == 0;
		if (same && value && !done)
			buf_printf(out, "%s=%s\r\n", key, value);
		done |= same;
		if (!same && !(inside && !key))
			buf_printf(out, "%.*s\r\n", (int)n, s);
	}
	if (done || !key || !value)
		return;
	if (!inside)
		buf_printf(out, "[%s]\r\n", section);
	buf_printf(out, "%s=%s\r\n", key, value);
}

u64 w_WritePrivateProfileString(WThread *t, const u64 *a)
{
	char *section = arg_string(t, a, 0), *key = arg_string(t, a, 1), *value = arg_string(t, a, 2), host[WIN_PATH], *text = read_file(t, a, 3, host);
	Buf out = {0};
	FILE *f = NULL;

	if (section && text) {
		change(text, section, key, value, &out);
		f = fopen(host, "wb");
	}
	bool ok = f && fwrite(out.p, 1, out.n, f) == out.n;
	if (f)
		ok = fclose(f) == 0 && ok;
	u64 r = ok ? 1 : section && text ? fail_errno(t) : fail(t, W_INVALID_PARAMETER);
	buf_free(&out);
	free(section), free(key), free(value), free(text);
	return r;
}
