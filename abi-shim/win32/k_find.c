/* kernel32: searching directories, and what is known of a file without opening it. */
#include "handlers.h"
#include "filetime.h"

#include <dirent.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READONLY = 1, HIDDEN = 2, DIRECTORY = 0x10, ARCHIVE = 0x20 };

u64 filetime_from(const struct timespec *ts)
{
	return (u64)((i64)ts->tv_sec * 10000000 + ts->tv_nsec / 100) + FILETIME_EPOCH;
}

struct timespec filetime_to(u64 v)
{
	i64 t = (i64)(v - FILETIME_EPOCH);
	i64 sec = t / 10000000 - (t % 10000000 < 0);

	return (struct timespec){(time_t)sec, (long)(t - sec * 10000000) * 100};
}

u32 file_attributes(const char *host, const struct stat *st)
{
	bool writes = st->st_mode & 0222 && access(host, W_OK) == 0; /* to root, nothing is closed */

	return (S_ISDIR(st->st_mode) ? DIRECTORY : ARCHIVE) | (writes ? 0 : READONLY);
}

/* The times and the size, as WIN32_FIND_DATA and WIN32_FILE_ATTRIBUTE_DATA begin: 36 bytes. */
static void put_attributes(u8 *p, const char *host, const struct stat *st)
{
	st32(p, file_attributes(host, st));
	st64(p + 4, filetime_from(&st->st_ctim));
	st64(p + 12, filetime_from(&st->st_atim));
	st64(p + 20, filetime_from(&st->st_mtim));
	u64 size = S_ISREG(st->st_mode) ? (u64)st->st_size : 0;
	st32(p + 28, (u32)(size >> 32));
	st32(p + 32, (u32)size);
}

u64 w_GetFileAttributesEx(WThread *t, const u64 *a)
{
	char host[WIN_PATH];
	struct stat st;

	if (!arg_path(t, a, 0, host))
		return 0;
	if (stat(host, &st) != 0)
		return fail_errno(t);
	put_attributes(mem_out(t, a[2], 36), host, &st);
	return 1;
}

/* BY_HANDLE_FILE_INFORMATION. */
u64 w_GetFileInformationByHandle(WThread *t, const u64 *a)
{
	u8 *p = mem_out(t, a[1], 52), all[36];
	struct stat st;
	WObj *o = file_stat(t, a[0], &st);

	if (!o)
		return 0;
	put_attributes(all, o->path ? o->path : "/dev/null", &st);
	obj_drop(o);
	memcpy(p, all, 28);
	st32(p + 28, (u32)st.st_dev);
	memcpy(p + 32, all + 28, 8);
	st32(p + 40, (u32)st.st_nlink);
	st32(p + 44, (u32)(st.st_ino >> 32));
	st32(p + 48, (u32)st.st_ino);
	return 1;
}

/* ---- searching ------------------------------------------------------------------------------------------ */

/* What a search found at its start; the rest of the directory does not change it. */
typedef struct Find {
	char dir[WIN_PATH];
	VEC(char *) name;
	u32 next;
} Find;

/* Signs of the patterns that file systems see: a star that stops at the last point, any character or none before a point or
 * the end, a point or the end. */
enum { DOS_STAR = '<', DOS_QM = '>', DOS_DOT = '"' };

/* What is asked for, as the file system sees it.  Source: Microsoft, FsRtlIsNameInExpression. */
static void to_expression(char *p)
{
	size_t n = strlen(p);
	bool point = n > 1 && p[n - 1] == '.' && p[n - 2] == '*';

	if (strcmp(p, "*.*") == 0)
		p[1] = 0;
	if (point)
		p[n - 1] = 0;
	for (char *s = p; *s; s++) {
		if (*s == '?')
			*s = DOS_QM;
		else if (*s == '.' && (s[1] == '?' || s[1] == '*'))
			*s = DOS_DOT;
		else if (*s == '*' && (s[1] == '.' || (point && !s[1])))
			*s = DOS_STAR;
	}
}

/* last: the name's last point, or NULL. */
static bool matches_from(const char *p, const char *s, const char *last)
{
	for (; *p; p++) {
		switch (*p) {
		case '*':
		case DOS_STAR:
			for (; *s && !(*p == DOS_STAR && s == last); s++)
				if (matches_from(p + 1, s, last))
					return true;
			break;
		case DOS_QM:
			s += *s && *s != '.';
			break;
		case DOS_DOT:
			if (*s && *s != '.')
				return false;
			s += *s != 0;
			break;
		default:
			if (!*s || strncasecmp(p, s, 1) != 0)
				return false;
			s++;
		}
	}
	return !*s;
}

static bool matches(const char *p, const char *s)
{
	if (strcmp(s, ".") == 0 || strcmp(s, "..") == 0) /* the directory and the one above count as nameless */
		s = "";
	return matches_from(p, s, strrchr(s, '.'));
}

static int by_name(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

static void find_free(WObj *o)
{
	Find *f = o->data;

	for (u32 i = 0; i < f->name.n; i++)
		free(f->name.p[i]);
	vec_free(&f->name);
	free(f);
}

/* False: there is no such directory, or nothing in it matches; the error is set. */
static bool find_all(WThread *t, Find *f, const char *pattern)
{
	DIR *d = opendir(f->dir);
	const struct dirent *e;

	if (!d)
		return fail(t, W_PATH_NOT_FOUND);
	while ((e = readdir(d)))
		if (matches(pattern, e->d_name))
			vec_push(&f->name, strdup(e->d_name));
	closedir(d);
	if (!f->name.n)
		return fail(t, W_FILE_NOT_FOUND);
	qsort(f->name.p, f->name.n, sizeof *f->name.p, by_name);
	return true;
}

/* Without wildcards it is one file, whose name is as on disk. */
static bool find_one(WThread *t, Find *f, const char *guest)
{
	char host[WIN_PATH];
	struct stat st;

	if (!path_to_host(t->task, guest, host, sizeof host))
		return fail(t, W_PATH_NOT_FOUND);
	if (stat(host, &st) != 0)
		return fail_errno(t);
	char *slash = strrchr(host, '/');
	vec_push(&f->name, strdup(slash + 1));
	*slash = 0;
	strcpy(f->dir, host[0] ? host : "/");
	return true;
}

static bool find_start(WThread *t, Find *f, char *guest)
{
	char *last = guest + strlen(guest), pattern[300];

	while (last > guest && last[-1] != '\\' && last[-1] != '/' && last[-1] != ':')
		last--;
	if (!strpbrk(last, "*?"))
		return find_one(t, f, guest);
	snprintf(pattern, sizeof pattern, "%s", last);
	to_expression(pattern);
	*last = 0;
	if (!path_to_host(t->task, *guest ? guest : ".", f->dir, sizeof f->dir))
		return fail(t, W_PATH_NOT_FOUND);
	return find_all(t, f, pattern);
}

/* WIN32_FIND_DATA: 36 bytes, two words, the name, the short name. */
static bool find_put(WThread *t, Find *f, u64 at)
{
	char host[WIN_PATH];
	struct stat st;
	bool wide = row_wide(t);
	u32 unit = wide ? 2 : 1, size = 44 + unit * (260 + 14);

	while (f->next < f->name.n) {
		const char *name = f->name.p[f->next++];
		snprintf(host, sizeof host, "%.3800s/%.255s", f->dir, name);
		if (stat(host, &st) != 0 && lstat(host, &st) != 0)
			continue; /* gone meanwhile */
		u8 *p = mem_out(t, at, size);
		memset(p, 0, size);
		put_attributes(p, host, &st);
		if (wide)
			text_to_wide(name, strlen(name), p + 44, 259);
		else
			memcpy(p + 44, name, MIN(strlen(name), 259));
		return true;
	}
	return fail(t, W_NO_MORE_FILES);
}

static u64 find_first(WThread *t, const u64 *a, u64 data)
{
	char *guest = arg_string(t, a, 0);
	Find *f = xcalloc(1, sizeof *f);
	WObj *o = obj_new(WK_FIND);

	o->data = f;
	o->destroy = find_free;
	bool ok = guest && guest[0] && find_start(t, f, guest) && find_put(t, f, data);
	free(guest);
	if (ok)
		return handle_new(t->task, o);
	obj_drop(o);
	return W_INVALID_HANDLE_VALUE;
}

u64 w_FindFirstFile(WThread *t, const u64 *a) { return find_first(t, a, a[1]); }
u64 w_FindFirstFileEx(WThread *t, const u64 *a) { return find_first(t, a, a[2]); }

u64 w_FindNextFile(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_FIND);

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	bool ok = find_put(t, o->data, a[1]);
	obj_drop(o);
	return ok;
}

u64 w_FindClose(WThread *t, const u64 *a)
{
	return handle_close(t->task, a[0]) ? 1 : fail(t, W_INVALID_HANDLE);
}

/* ---- changing -------------------------------------------------------------------------------------------- */

static struct timespec time_at(WThread *t, u64 at)
{
	if (!at)
		return (struct timespec){0, UTIME_OMIT};
	return filetime_to((u64)mem_u32(t, at) | (u64)mem_u32(t, at + 4) << 32);
}

u64 w_SetFileTime(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_FILE);
	const struct timespec ts[2] = {time_at(t, a[2]), time_at(t, a[3])};

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	int r = futimens(o->fd, ts);
	obj_drop(o);
	return r == 0 ? 1 : fail_errno(t);
}

u64 w_GetFileTime(WThread *t, const u64 *a)
{
	struct stat st;
	WObj *o = file_stat(t, a[0], &st);

	if (!o)
		return 0;
	obj_drop(o);
	const struct timespec *ts[3] = {&st.st_ctim, &st.st_atim, &st.st_mtim};
	for (u32 i = 0; i < 3; i++)
		if (a[1 + i])
			mem_put_u64(t, a[1 + i], filetime_from(ts[i]));
	return 1;
}

bool attributes_set(const char *host, u32 attributes)
{
	struct stat st;

	if (stat(host, &st) != 0)
		return false;
	mode_t mode = attributes & READONLY ? st.st_mode & ~(mode_t)0222 : st.st_mode | 0200;
	return S_ISDIR(st.st_mode) || chmod(host, mode & 07777) == 0;
}

u64 w_SetFileAttributes(WThread *t, const u64 *a)
{
	char host[WIN_PATH];

	return arg_path(t, a, 0, host) && (attributes_set(host, (u32)a[1]) || fail(t, path_error(host, errno)));
}

/* ---- times as numbers --------------------------------------------------------------------------------------- */

static void put_fields(WThread *t, u64 at, const struct tm *tm, u32 ms)
{
	const u16 v[8] = {(u16)(tm->tm_year + 1900), (u16)(tm->tm_mon + 1), (u16)tm->tm_wday, (u16)tm->tm_mday, (u16)tm->tm_hour, (u16)tm->tm_min,
		(u16)tm->tm_sec, (u16)ms};
	u8 *p = mem_out(t, at, 16);

	for (u32 i = 0; i < 8; i++)
		st16(p + 2 * i, v[i]);
}

static u64 filetime_at(WThread *t, u64 at)
{
	return mem_u32(t, at) | (u64)mem_u32(t, at + 4) << 32;
}

u64 w_FileTimeToSystemTime(WThread *t, const u64 *a)
{
	struct timespec ts = filetime_to(filetime_at(t, a[0]));
	struct tm tm;

	if (!gmtime_r(&ts.tv_sec, &tm))
		return fail(t, W_INVALID_PARAMETER);
	put_fields(t, a[1], &tm, (u32)(ts.tv_nsec / 1000000));
	return 1;
}

u64 w_SystemTimeToFileTime(WThread *t, const u64 *a)
{
	const u8 *p = mem_in(t, a[0], 16);
	struct tm tm = {.tm_year = ld16(p) - 1900, .tm_mon = ld16(p + 2) - 1, .tm_mday = ld16(p + 6), .tm_hour = ld16(p + 8), .tm_min = ld16(p + 10),
		.tm_sec = ld16(p + 12)};

	if (ld16(p) < 1601 || ld16(p + 2) - 1u > 11 || ld16(p + 8) > 23 || ld16(p + 10) > 59 || ld16(p + 12) > 59)
		return fail(t, W_INVALID_PARAMETER);
	struct timespec ts = {timegm(&tm), (long)ld16(p + 14) * 1000000};
	mem_put_u64(t, a[1], filetime_from(&ts));
	return 1;
}

/* Local times are the host's zone's. */
static i64 local_offset(u64 v)
{
	struct timespec ts = filetime_to(v);
	struct tm tm;

	return localtime_r(&ts.tv_sec, &tm) ? tm.tm_gmtoff * 10000000 : 0;
}

u64 w_FileTimeToLocalFileTime(WThread *t, const u64 *a)
{
	u64 v = filetime_at(t, a[0]);

	mem_put_u64(t, a[1], v + (u64)local_offset(v));
	return 1;
}

u64 w_LocalFileTimeToFileTime(WThread *t, const u64 *a)
{
	u64 v = filetime_at(t, a[0]);

	mem_put_u64(t, a[1], v - (u64)local_offset(v));
	return 1;
}

static u64 now(WThread *t, u64 at, bool local)
{
	struct timespec ts;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (local ? localtime_r(&ts.tv_sec, &tm) : gmtime_r(&ts.tv_sec, &tm))
		put_fields(t, at, &tm, (u32)(ts.tv_nsec / 1000000));
	return 0;
}

u64 w_GetSystemTime(WThread *t, const u64 *a) { return now(t, a[0], false); }
u64 w_GetLocalTime(WThread *t, const u64 *a) { return now(t, a[0], true); }

u64 w_CompareFileTime(WThread *t, const u64 *a)
{
	u64 x = filetime_at(t, a[0]), y = filetime_at(t, a[1]);

	return x < y ? (u64)-1 : x > y;
}

u64 w_FileTimeToDosDateTime(WThread *t, const u64 *a)
{
	struct timespec ts = filetime_to(filetime_at(t, a[0]));
	struct tm tm;

	if (!gmtime_r(&ts.tv_sec, &tm) || tm.tm_year < 80 || tm.tm_year > 207)
		return fail(t, W_INVALID_PARAMETER);
	st16(mem_out(t, a[1], 2), (u16)((tm.tm_year - 80) << 9 | (tm.tm_mon + 1) << 5 | tm.tm_mday));
	st16(mem_out(t, a[2], 2), (u16)(tm.tm_hour << 11 | tm.tm_min << 5 | tm.tm_sec / 2));
	return 1;
}

u64 w_DosDateTimeToFileTime(WThread *t, const u64 *a)
{
	u32 d = (u32)a[0], h = (u32)a[1];
	struct tm tm = {.tm_year = (int)(d >> 9 & 127) + 80, .tm_mon = (int)(d >> 5 & 15) - 1, .tm_mday = d & 31, .tm_hour = h >> 11 & 31, .tm_min = h >> 5 & 63,
		.tm_sec = (h & 31) * 2};
	struct timespec ts = {timegm(&tm), 0};

	mem_put_u64(t, a[2], filetime_from(&ts));
	return 1;
}
