/* File names: drives, backslashes, and no difference of case.  Z: is the host's root, C: a private folder. */
#include "w32.h"

#include <dirent.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* $XDG_DATA_HOME/pvm/c, made when something is first looked for on C:. */
static const char *drive_c(void)
{
	static char dir[WIN_PATH];
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (dir[0])
		return dir;
	if (data && data[0] == '/')
		snprintf(dir, sizeof dir, "%.4000s/pvm/c", data);
	else
		snprintf(dir, sizeof dir, "%.4000s/.local/share/pvm/c", home ? home : "/tmp");
	return dir;
}

/* Makes dir and all above it. */
static void make_dirs(const char *dir)
{
	char s[WIN_PATH];

	snprintf(s, sizeof s, "%s", dir);
	for (char *p = strchr(s + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = 0;
		mkdir(s, 0777);
		*p = '/';
	}
	mkdir(s, 0777);
}

/* The name in a directory that differs in case only; false: there is none. */
static bool find_case(const char *dir, const char *name, size_t n, char *out)
{
	DIR *d = opendir(dir[0] ? dir : "/");
	const struct dirent *e;
	bool found = false;

	while (d && !found && (e = readdir(d))) {
		found = strlen(e->d_name) == n && strncasecmp(e->d_name, name, n) == 0;
		if (found)
			memcpy(out, e->d_name, n + 1);
	}
	if (d)
		closedir(d);
	return found;
}

/* Appends one part to a path of the host. */
static bool append(char *out, size_t size, const char *part, size_t n)
{
	size_t len = strlen(out);
	char other[256];

	if (n == 0 || (n == 1 && part[0] == '.'))
		return true;
	if (n == 2 && part[0] == '.' && part[1] == '.') {
		char *slash = strrchr(out, '/');
		if (slash)
			*slash = 0;
		return true;
	}
	if (len + n + 2 > size || n > 255)
		return false;
	out[len] = '/';
	memcpy(out + len + 1, part, n);
	out[len + 1 + n] = 0;
	struct stat st;
	if (lstat(out, &st) == 0)
		return true;
	out[len] = 0;
	bool found = find_case(out, part, n, other);
	out[len] = '/';
	memcpy(out + len + 1, found ? other : part, n);
	return true;
}

static size_t part_length(const char *s)
{
	return strcspn(s, "\\/");
}

bool path_full(WTask *k, const char *guest, char *out, size_t size)
{
	char cwd[WIN_PATH], start[WIN_PATH];
	const char *s = guest;
	size_t n;

	if (strncmp(s, "\\\\?\\", 4) == 0 || strncmp(s, "\\\\.\\", 4) == 0)
		s += 4;
	if (!getcwd(cwd, sizeof cwd))
		strcpy(cwd, "/");
	path_to_guest(cwd, start, sizeof start);
	if (s[0] && s[1] == ':') {
		if ((s[0] | 32) != (start[0] | 32) || s[2] == '\\' || s[2] == '/')
			snprintf(start, sizeof start, "%c:", s[0] & ~32);
		s += 2;
	} else if (s[0] == '\\' || s[0] == '/') {
		start[2] = 0;
	}
	n = strlen(start);
	if (n > 2 && start[n - 1] == '\\')
		start[--n] = 0;
	if (n >= size)
		return false;
	memcpy(out, start, n + 1);
	bool slash = false;
	for (; *s; s += *s != 0) {
		size_t len = part_length(s), at = strlen(out);
		if (len == 2 && s[0] == '.' && s[1] == '.') {
			char *up = strrchr(out, '\\');
			if (up)
				*up = 0;
		} else if (len && !(len == 1 && s[0] == '.')) {
			if (at + len + 2 > size)
				return false;
			out[at] = '\\';
			memcpy(out + at + 1, s, len);
			out[at + 1 + len] = 0;
		}
		s += len;
		slash = *s && !s[1];
		if (!*s)
			break;
	}
	n = strlen(out);
	if ((n == 2 || slash) && n + 2 <= size)
		strcpy(out + n, "\\");
	return true;
}

bool path_to_host(WTask *k, const char *guest, char *out, size_t size)
{
	char full[WIN_PATH];
	const char *s = guest;

	if (strncasecmp(s, "\\\\?\\UNC\\", 8) == 0 || (s[0] == '\\' && s[1] == '\\' && s[2] != '?' && s[2] != '.'))
		return false;
	if (strcasecmp(s, "NUL") == 0 || strcasecmp(s, "\\\\.\\NUL") == 0)
		return snprintf(out, size, "/dev/null") > 0;
	if (!path_full(k, guest, full, sizeof full))
		return false;
	char drive = (char)(full[0] | 32);
	if (drive != 'z' && drive != 'c')
		return false;
	snprintf(out, size, "%s", drive == 'c' ? drive_c() : "");
	if (drive == 'c' && access(out, F_OK) != 0)
		make_dirs(out);
	for (s = full + 2; *s;) {
		s += strspn(s, "\\/");
		if (!append(out, size, s, part_length(s)))
			return false;
		s += part_length(s);
	}
	if (!out[0])
		strcpy(out, "/");
	return true;
}

void path_to_guest(const char *host, char *out, size_t size)
{
	const char *c = drive_c();
	size_t n = strlen(c);
	char full[WIN_PATH], cwd[WIN_PATH];

	if (host[0] != '/' && getcwd(cwd, sizeof cwd)) {
		snprintf(full, sizeof full, "%.2000s/%.2000s", strcmp(cwd, "/") == 0 ? "" : cwd, host);
		host = full;
	}
	if (strncmp(host, c, n) == 0 && (host[n] == '/' || !host[n]))
		snprintf(out, size, "C:%s", host[n] ? host + n : "\\");
	else
		snprintf(out, size, "Z:%s", host);
	for (; *out; out++)
		if (*out == '/')
			*out = '\\';
}
