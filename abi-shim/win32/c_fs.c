/* The C library: files by name -- what is known of them, searching, directories, parts of names. */
#include "crt.h"
#include "filetime.h"

#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum { S_DIR = 0x4000, S_CHR = 0x2000, S_PIPE = 0x1000, S_REG = 0x8000, MAX_PATH_W = 260 };

static bool wide_row(const WThread *t) { return strncmp(t->row->name, "_w", 2) == 0; }

/* A name of the guest in `host`; false: errno is set. */
static bool host_name(WThread *t, const u64 *a, u32 i, char *host)
{
	char *name = arg_string(t, a, i);
	bool ok = name && *name && path_to_host(t->task, name, host, WIN_PATH);

	free(name);
	if (!ok)
		crt_errno(t, ENOENT);
	return ok;
}

static u64 result(WThread *t, int r) { return r == 0 ? 0 : crt_fail(t); }

/* ---- what is known of a file ------------------------------------------------------------------------------- */

/* The layouts of struct _stat differ in the size and the times: told by the function's name. */
typedef struct Layout {
	bool size64, time64;
} Layout;

static Layout layout_of(const WThread *t)
{
	const char *s = strstr(t->row->name, "stat");
	bool i64_ = strstr(s, "i64"), t64 = strstr(s, "64") && !i64_, t32 = strstr(s, "32");

	if (strcmp(s, "stat64i32") == 0)
		return (Layout){false, true};
	if (strcmp(s, "stat32i64") == 0)
		return (Layout){true, false};
	return (Layout){i64_ || t64, t64 || (!t32 && t->wide)};
}

static u32 mode_of(const char *host, const struct stat *st)
{
	u32 m = S_ISDIR(st->st_mode) ? S_DIR | 0111 : S_ISCHR(st->st_mode) ? S_CHR : S_ISFIFO(st->st_mode) ? S_PIPE : S_REG;
	const char *dot = host ? strrchr(host, '.') : NULL;

	if (dot && (!strcasecmp(dot, ".exe") || !strcasecmp(dot, ".com") || !strcasecmp(dot, ".bat") || !strcasecmp(dot, ".cmd")))
		m |= 0111;
	return m | 0444 | (st->st_mode & 0200 ? 0222 : 0);
}

static u8 *put_time(u8 *p, bool is_64, i64 v)
{
	if (is_64)
		st64(p, (u64)v);
	else
		st32(p, (u32)v);
	return p + (is_64 ? 8 : 4);
}

/* Device u32, number u16, mode, links, owners u16, device u32, size, three times. */
static void put_stat(WThread *t, u64 at, const char *host, const struct stat *st)
{
	Layout l = layout_of(t);
	u32 start = l.size64 ? 24 : 20, times = start + (l.size64 ? 8 : 4);

	times = l.time64 ? (times + 7) & ~7u : times;
	u32 size = times + 3 * (l.time64 ? 8 : 4);
	u8 *p = mem_out(t, at, (size + 7) & ~7u);
	memset(p, 0, size);
	st16(p + 6, (u16)mode_of(host, st));
	st16(p + 8, (u16)MIN(st->st_nlink, 65535u));
	if (l.size64)
		st64(p + start, (u64)st->st_size);
	else
		st32(p + start, (u32)st->st_size);
	u8 *q = put_time(p + times, l.time64, st->st_atime);
	q = put_time(q, l.time64, st->st_mtime);
	put_time(q, l.time64, st->st_ctime);
}

u64 w_stat(WThread *t, const u64 *a)
{
	char host[WIN_PATH];
	struct stat st;

	if (!host_name(t, a, 0, host))
		return (u64)-1;
	if (stat(host, &st) != 0)
		return crt_fail(t);
	put_stat(t, a[1], host, &st);
	return 0;
}

u64 w_fstat(WThread *t, const u64 *a)
{
	const CFd *f = crt_fd(t, a[0]);
	struct stat st;

	if (!f)
		return (u64)-1;
	if (fstat(f->fd, &st) != 0)
		return crt_fail(t);
	put_stat(t, a[1], NULL, &st);
	return 0;
}

u64 w_access(WThread *t, const u64 *a)
{
	char host[WIN_PATH];

	if (!host_name(t, a, 0, host))
		return (u64)-1;
	return result(t, access(host, a[1] & 2 ? W_OK : F_OK));
}

u64 w_access_s(WThread *t, const u64 *a) { return w_access(t, a) ? mem_u32(t, w_errno(t, NULL)) : 0; }

u64 w_chmod(WThread *t, const u64 *a)
{
	char host[WIN_PATH];
	struct stat st;

	if (!host_name(t, a, 0, host))
		return (u64)-1;
	if (stat(host, &st) != 0)
		return crt_fail(t);
	return result(t, chmod(host, a[1] & 0x80 ? (st.st_mode & 07777) | 0200 : st.st_mode & 07777 & ~(mode_t)0222));
}

u64 w_umask(WThread *t, const u64 *a)
{
	static u32 mask;
	u32 old = mask;

	mask = (u32)a[0] & 0600;
	umask(mask & 0200 ? 0222 : 022);
	return old;
}

u64 w_umask_s(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[1], (u32)w_umask(t, a));
	return 0;
}

/* ---- changing ------------------------------------------------------------------------------------------------ */

u64 w_remove(WThread *t, const u64 *a)
{
	char host[WIN_PATH];
	struct stat st;

	if (!host_name(t, a, 0, host))
		return (u64)-1;
	if (lstat(host, &st) == 0 && S_ISDIR(st.st_mode)) {
		crt_errno(t, EACCES);
		return (u64)-1;
	}
	return result(t, unlink(host));
}

u64 w_rename(WThread *t, const u64 *a)
{
	char host[WIN_PATH], other[WIN_PATH];

	if (!host_name(t, a, 0, host) || !host_name(t, a, 1, other))
		return (u64)-1;
	if (access(other, F_OK) == 0 && strcmp(host, other) != 0) {
		crt_errno(t, EEXIST);
		return (u64)-1;
	}
	return result(t, rename(host, other));
}

u64 w_mkdir(WThread *t, const u64 *a)
{
	char host[WIN_PATH];

	return host_name(t, a, 0, host) ? result(t, mkdir(host, 0777)) : (u64)-1;
}

u64 w_rmdir(WThread *t, const u64 *a)
{
	char host[WIN_PATH];

	return host_name(t, a, 0, host) ? result(t, rmdir(host)) : (u64)-1;
}

u64 w_chdir(WThread *t, const u64 *a)
{
	char host[WIN_PATH];

	return host_name(t, a, 0, host) ? result(t, chdir(host)) : (u64)-1;
}

/* A text to the caller's room, or to the heap when he gives none.  0: no room, errno is ERANGE. */
static u64 give(WThread *t, const char *s, u64 at, u64 room, bool wide)
{
	u64 units = wide ? text_to_wide(s, strlen(s), NULL, 0) : strlen(s);

	if (!at)
		return wide ? wheap_wstring(t, s) : wheap_string(t, s);
	if (units >= room) {
		crt_errno(t, ERANGE);
		return 0;
	}
	if (wide) {
		text_to_wide(s, strlen(s), mem_out(t, at, 2 * units + 2), units);
		st16(mem_out(t, at + 2 * units, 2), 0);
	} else {
		memcpy(mem_out(t, at, units + 1), s, units + 1);
	}
	return at;
}

u64 w_getcwd(WThread *t, const u64 *a)
{
	char host[WIN_PATH], guest[WIN_PATH];

	if (!getcwd(host, sizeof host))
		return crt_fail(t) & 0;
	path_to_guest(host, guest, sizeof guest);
	return give(t, guest, a[0], a[1], wide_row(t));
}

u64 w_getdcwd(WThread *t, const u64 *a) { return w_getcwd(t, a + 1); }

u64 w_getdrive(WThread *t, const u64 *a)
{
	char host[WIN_PATH], guest[WIN_PATH];

	if (!getcwd(host, sizeof host))
		return 0;
	path_to_guest(host, guest, sizeof guest);
	return (u64)((guest[0] | 32) - 'a' + 1);
}

u64 w_chdrive(WThread *t, const u64 *a) { return a[0] == w_getdrive(t, NULL) ? 0 : (crt_errno(t, EACCES), (u64)-1); }

u64 w_fullpath(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 1), full[WIN_PATH];
	bool ok = path_full(t->task, name && *name ? name : ".", full, sizeof full);

	free(name);
	return ok ? give(t, full, a[0], a[2], wide_row(t)) : 0;
}

/* Makes the name unlike any file's: the last six X become a letter and the process's number. */
u64 w_mktemp(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0), host[WIN_PATH];
	size_t n = strlen(name);
	u64 r = 0;

	for (char c = 'a'; n >= 6 && !r && c <= 'z'; c++) {
		snprintf(name + n - 6, 7, "%c%05u", c, (u32)getpid() % 100000);
		if (path_to_host(t->task, name, host, sizeof host) && access(host, F_OK) != 0)
			r = give(t, name, a[0], n + 1, wide_row(t));
	}
	free(name);
	if (!r)
		crt_errno(t, EEXIST);
	return r;
}

u64 w_mktemp_s(WThread *t, const u64 *a) { return w_mktemp(t, a) ? 0 : EINVAL; }

/* A name that no file has, in the directory of temporary files. */
static u64 temp_name(WThread *t, u64 at, const char *dir, const char *prefix, bool wide)
{
	static u32 count;
	char guest[600], host[WIN_PATH];

	do
		snprintf(guest, sizeof guest, "%.400s\\%.100s%x.%x", dir, prefix, (u32)getpid(), ++count);
	while (path_to_host(t->task, guest, host, sizeof host) && access(host, F_OK) == 0);
	return give(t, guest, at, at ? MAX_PATH_W : 0, wide);
}

u64 w_tmpnam(WThread *t, const u64 *a)
{
	static u64 buffer;

	if (!a[0] && !buffer)
		buffer = wheap_zalloc(t, 2 * MAX_PATH_W);
	return temp_name(t, a[0] ? a[0] : buffer, "Z:\\tmp", "s", wide_row(t));
}

u64 w_tempnam(WThread *t, const u64 *a)
{
	char *prefix = arg_string(t, a, 1);
	u64 r = temp_name(t, 0, "Z:\\tmp", prefix ? prefix : "", wide_row(t));

	free(prefix);
	return r;
}

/* ---- searching -------------------------------------------------------------------------------------------------- */

/* struct _finddata: attributes u32, three times, size, name; sizes of times and of the size by the name as above. */
static void put_find(WThread *t, u64 at, const u8 *data, bool wide)
{
	const char *s = strstr(t->row->name, "find");
	bool i64_ = strstr(s, "i64") != NULL, time64 = strstr(s, "64i32") || (strstr(s, "64") && !i64_ && !strstr(s, "32")) || (t->wide && !strstr(s, "32"));
	bool size64 = i64_ || (strstr(s, "64") && !strstr(s, "64i32"));
	u32 tsize = time64 ? 8 : 4, tat = time64 ? 8 : 4, sat = tat + 3 * tsize;

	sat = size64 ? (sat + 7) & ~7u : sat;
	u32 name = sat + (size64 ? 8 : 4), unit = wide ? 2 : 1;
	u8 *p = mem_out(t, at, name + unit * MAX_PATH_W);
	u32 attributes = ld32(data);
	st32(p, attributes & 0x80 ? 0 : attributes);
	for (u32 i = 0; i < 3; i++) {
		struct timespec ts = filetime_to(ld64(data + 4 + 8 * i));
		put_time(p + tat + tsize * i, time64, ts.tv_sec);
	}
	u64 size = (u64)ld32(data + 28) << 32 | ld32(data + 32);
	if (size64)
		st64(p + sat, size);
	else
		st32(p + sat, (u32)size);
	memcpy(p + name, data + 44, unit * MAX_PATH_W);
}

/* WIN32_FIND_DATA goes below the stack. */
static u64 find_room(WThread *t) { return (*xreg(t->x, 4) - 2048) & ~(u64)15; }

static u64 found(WThread *t, u64 r, u64 bad, u64 data, u64 out)
{
	if (r == bad) {
		crt_errno(t, error_get(t) == W_NO_MORE_FILES || error_get(t) == W_FILE_NOT_FOUND || error_get(t) == W_PATH_NOT_FOUND ? ENOENT : EINVAL);
		return (u64)-1;
	}
	put_find(t, out, mem_in(t, data, 44 + 2 * MAX_PATH_W), row_wide(t));
	return bad ? r : 0;
}

u64 w_findfirst(WThread *t, const u64 *a)
{
	u64 data = find_room(t);

	return found(t, w_FindFirstFile(t, (u64[]){a[0], data}), W_INVALID_HANDLE_VALUE, data, a[1]);
}

u64 w_findnext(WThread *t, const u64 *a)
{
	u64 data = find_room(t);

	return found(t, w_FindNextFile(t, (u64[]){a[0], data}), 0, data, a[1]);
}

u64 w_findclose(WThread *t, const u64 *a) { return w_FindClose(t, a) ? 0 : (u64)-1; }

/* ---- parts of names -------------------------------------------------------------------------------------------------- */

typedef struct Parts {
	const char *from[4];
	size_t n[4];     /* drive, directory, name, ending */
} Parts;

static Parts split(const char *s)
{
	Parts p = {0};

	p.from[0] = s;
	p.n[0] = s[0] && s[1] == ':' ? 2 : 0;
	p.from[1] = p.from[2] = s + p.n[0];
	for (const char *q = p.from[1]; *q; q++)
		if (*q == '\\' || *q == '/')
			p.from[2] = q + 1;
	p.n[1] = (size_t)(p.from[2] - p.from[1]);
	const char *dot = strrchr(p.from[2], '.');
	p.from[3] = dot ? dot : p.from[2] + strlen(p.from[2]);
	p.n[2] = (size_t)(p.from[3] - p.from[2]);
	p.n[3] = strlen(p.from[3]);
	return p;
}

static bool put_part(WThread *t, u64 at, u64 room, const char *s, size_t n, bool wide)
{
	if (!at)
		return true;
	char *part = strndup(s, n);
	bool ok = give(t, part, at, room, wide) != 0;
	free(part);
	return ok;
}

static u64 split_path(WThread *t, const u64 *a, const u64 *at, const u64 *room)
{
	bool wide = wide_row(t), ok = true;
	char *name = wide ? mem_wstr(t, a[0]) : mem_str(t, a[0]);
	Parts p = split(name);

	for (u32 i = 0; i < 4; i++)
		ok &= put_part(t, at[i], room[i], p.from[i], p.n[i], wide);
	free(name);
	return ok ? 0 : ERANGE;
}

u64 w_splitpath(WThread *t, const u64 *a)
{
	static const u64 room[] = {3, 256, 256, 256};

	split_path(t, a, a + 1, room);
	return 0;
}

u64 w_splitpath_s(WThread *t, const u64 *a)
{
	return split_path(t, a, (u64[]){a[1], a[3], a[5], a[7]}, (u64[]){a[2], a[4], a[6], a[8]});
}

static u64 make_path(WThread *t, u64 to, u64 room, const u64 *part)
{
	bool wide = wide_row(t);
	char *s[4];
	Buf b = {0};

	for (u32 i = 0; i < 4; i++)
		s[i] = wide ? mem_wstr(t, part[i]) : mem_str(t, part[i]);
	if (s[0] && *s[0])
		buf_printf(&b, "%c:", *s[0]);
	if (s[1] && *s[1]) {
		char last = s[1][strlen(s[1]) - 1];
		buf_printf(&b, "%s%s", s[1], last == '\\' || last == '/' ? "" : "\\");
	}
	if (s[2])
		buf_printf(&b, "%s", s[2]);
	if (s[3] && *s[3])
		buf_printf(&b, "%s%s", *s[3] == '.' ? "" : ".", s[3]);
	buf_u8(&b, 0);
	u64 r = give(t, (char *)b.p, to, room, wide) ? 0 : ERANGE;
	buf_free(&b);
	for (u32 i = 0; i < 4; i++)
		free(s[i]);
	return r;
}

u64 w_makepath(WThread *t, const u64 *a) { return make_path(t, a[0], MAX_PATH_W, a + 1) & 0; }
u64 w_makepath_s(WThread *t, const u64 *a) { return make_path(t, a[0], a[1], a + 2); }

/* The file in the current directory or along a variable's. */
u64 w_searchenv(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0), *variable = arg_string(t, a, 1), *value = env_get(t->task, variable), guest[WIN_PATH], host[WIN_PATH];
	const char *dirs = value ? value : "";
	bool done = path_to_host(t->task, name, host, sizeof host) && access(host, F_OK) == 0 && path_full(t->task, name, guest, sizeof guest);

	for (; !done && *dirs; dirs += strcspn(dirs, ";"), dirs += *dirs == ';') {
		snprintf(guest, sizeof guest, "%.*s\\%s", (int)strcspn(dirs, ";"), dirs, name);
		done = path_to_host(t->task, guest, host, sizeof host) && access(host, F_OK) == 0;
	}
	give(t, done ? guest : "", a[2], MAX_PATH_W, wide_row(t));
	free(name);
	free(variable);
	free(value);
	return 0;
}
