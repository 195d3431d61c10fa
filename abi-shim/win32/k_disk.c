/* kernel32: files as names -- copying, linking, temporary ones, long and short names -- and disks. */
#include "handlers.h"
#include "filetime.h"

#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* ---- copying and moving ------------------------------------------------------------------------------------- */

static int copy_bytes(int from, int to)
{
	u8 buf[65536];
	ssize_t n;

	while ((n = copy_file_range(from, NULL, to, NULL, (size_t)1 << 30, 0)) > 0)
		;
	if (n == 0)
		return 0;
	while ((n = read(from, buf, sizeof buf)) > 0)
		for (ssize_t done = 0, k; done < n; done += k)
			if ((k = write(to, buf + done, (size_t)(n - done))) < 0)
				return -1;
	return n < 0 ? -1 : 0;
}

static u64 copy_file(WThread *t, const char *from, const char *to, bool fresh)
{
	struct stat st;
	int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;

	if (in < 0)
		return fail(t, path_error(from, errno));
	if (fstat(in, &st) == 0 && S_ISDIR(st.st_mode))
		errno = EACCES;
	else if (share_forbids(t->task, &st, SHARE_READ, SHARE_ALL))
		errno = ETXTBSY;
	else
		out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC | (fresh ? O_EXCL : O_TRUNC), st.st_mode & 0777);
	bool ok = out >= 0 && copy_bytes(in, out) == 0;
	u32 error = ok ? 0 : path_error(to, errno);
	if (ok)
		futimens(out, (struct timespec[]){{0, UTIME_OMIT}, st.st_mtim});
	if (out >= 0)
		close(out);
	close(in);
	return ok ? 1 : fail(t, error);
}

static u64 copy(WThread *t, const u64 *a, bool fresh)
{
	char from[WIN_PATH], to[WIN_PATH];

	return arg_path(t, a, 0, from) && arg_path(t, a, 1, to) && copy_file(t, from, to, fresh);
}

u64 w_CopyFile(WThread *t, const u64 *a) { return copy(t, a, a[2]); }
u64 w_CopyFileEx(WThread *t, const u64 *a) { return copy(t, a, a[5] & 1); }
u64 w_CopyFile2(WThread *t, const u64 *a) { return copy(t, a, false) ? 0 : 0x80070000u | error_get(t); }
u64 w_MoveFile(WThread *t, const u64 *a) { return w_MoveFileEx(t, (u64[]){a[0], a[1], 2}); }
u64 w_MoveFileWithProgress(WThread *t, const u64 *a) { return w_MoveFileEx(t, (u64[]){a[0], a[1], a[4]}); }

/* The new one takes the old one's place, which is kept as a backup if there is a name for it. */
u64 w_ReplaceFile(WThread *t, const u64 *a)
{
	char to[WIN_PATH], from[WIN_PATH], backup[WIN_PATH];

	if (!arg_path(t, a, 0, to) || !arg_path(t, a, 1, from))
		return 0;
	if (access(to, F_OK) != 0)
		return fail(t, W_FILE_NOT_FOUND);
	if (a[2] && (!arg_path(t, a, 2, backup) || (rename(to, backup) != 0)))
		return fail_errno(t);
	return rename(from, to) == 0 ? 1 : fail_errno(t);
}

/* ---- links ------------------------------------------------------------------------------------------------------ */

u64 w_CreateHardLink(WThread *t, const u64 *a)
{
	char to[WIN_PATH], from[WIN_PATH];

	if (!arg_path(t, a, 0, to) || !arg_path(t, a, 1, from))
		return 0;
	return link(from, to) == 0 ? 1 : fail(t, errno == EEXIST ? W_ALREADY_EXISTS : path_error(from, errno));
}

/* The link's text: relative ones keep being so. */
u64 w_CreateSymbolicLink(WThread *t, const u64 *a)
{
	char at[WIN_PATH], host[WIN_PATH], *text = arg_string(t, a, 1);

	if (!text || !arg_path(t, a, 0, at)) {
		free(text);
		return 0;
	}
	if (text[0] == '\\' || text[0] == '/' || (text[0] && text[1] == ':'))
		path_to_host(t->task, text, host, sizeof host);
	else
		snprintf(host, sizeof host, "%s", text);
	for (char *p = host; *p; p++)
		if (*p == '\\')
			*p = '/';
	free(text);
	return symlink(host, at) == 0 ? 1 : fail(t, errno == EEXIST ? W_ALREADY_EXISTS : error_from_errno(errno));
}

/* ---- names ---------------------------------------------------------------------------------------------------------- */

static u64 put(WThread *t, u64 at, u64 room, const char *s)
{
	u64 n = out_string(t, at, room, s);

	return n < room ? n : n + 1;
}

/* Directory, prefix, number (0: any that is free, and the file is made), where to. */
u64 w_GetTempFileName(WThread *t, const u64 *a)
{
	char *dir = arg_string(t, a, 0), *prefix = arg_string(t, a, 1), host[WIN_PATH], name[WIN_PATH];
	u32 n = (u32)a[2] & 0xffff, first = n ? n : (u32)clock_ns(CLOCK_MONOTONIC) / 1000 & 0xffff;
	int fd = -1;

	if (!dir || !path_to_host(t->task, dir, host, sizeof host) || access(host, F_OK) != 0) {
		free(dir);
		free(prefix);
		return fail(t, W_DIRECTORY);
	}
	for (u32 k = 0; k < 65536; k++) {
		u32 v = n ? n : ((first + k) & 0xffff ? (first + k) & 0xffff : 1);
		size_t len = strlen(dir);
		const char *slash = len && (dir[len - 1] == '\\' || dir[len - 1] == '/') ? "" : "\\";
		snprintf(name, sizeof name, "%.3800s%s%.3s%x.tmp", dir, slash, prefix ? prefix : "", v);
		if (n || (path_to_host(t->task, name, host, sizeof host) && (fd = open(host, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666)) >= 0)) {
			first = v;
			break;
		}
		if (errno != EEXIST)
			break;
	}
	free(dir);
	free(prefix);
	if (!n && fd < 0)
		return fail_errno(t);
	if (fd >= 0)
		close(fd);
	out_string(t, a[3], 260, name);
	return first;
}

/* Names as they are on disk, of the parts that are there; short names are the long ones. */
static u64 real_name(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0), host[WIN_PATH], guest[WIN_PATH];
	bool full = name && name[0] && name[1] == ':', ok = name && path_to_host(t->task, name, host, sizeof host) && access(host, F_OK) == 0;
	u64 r;

	if (!ok)
		r = fail(t, name ? path_error(host, ENOENT) : W_INVALID_PARAMETER);
	else if (!full)
		r = put(t, a[1], a[2], name);
	else {
		path_to_guest(host, guest, sizeof guest);
		size_t n = strlen(name), m = strlen(guest);
		if (n && name[n - 1] == '\\' && m && guest[m - 1] != '\\' && m + 1 < sizeof guest)
			strcpy(guest + m, "\\");
		guest[0] = name[0];
		r = put(t, a[1], a[2], guest);
	}
	free(name);
	return r;
}

u64 w_GetLongPathName(WThread *t, const u64 *a) { return real_name(t, a); }
u64 w_GetShortPathName(WThread *t, const u64 *a) { return real_name(t, a); }

/* Along a list of directories, or where programs and libraries are looked for. */
u64 w_SearchPath(WThread *t, const u64 *a)
{
	char *list = a[0] ? arg_string(t, a, 0) : NULL, *name = arg_string(t, a, 1), *end = a[2] ? arg_string(t, a, 2) : NULL, *path = NULL;
	char file[WIN_PATH], host[WIN_PATH], guest[WIN_PATH];
	bool found = false;

	if (!list) {
		path = env_get(t->task, "PATH");
		char dir[WIN_PATH];
		snprintf(dir, sizeof dir, "%s", t->task->program->path);
		*strrchr(dir, '\\') = 0;
		size_t size = strlen(dir) + (path ? strlen(path) : 0) + 40;
		list = xmalloc(size);
		snprintf(list, size, "%s;.;C:\\windows\\system32;%s", dir, path ? path : "");
		free(path);
	}
	bool plain = !name || strpbrk(name, "\\/:");
	for (const char *s = plain ? ";" : list; name && *s && !found; s += strcspn(s, ";"), s += *s == ';') {
		int n = (int)strcspn(s, ";");
		for (u32 k = 0; k < 2 && !found; k++) {
			if (k && (!end || strchr(name, '.')))
				break;
			snprintf(file, sizeof file, "%.*s%s%s%s", n, s, n ? "\\" : "", name, k ? end : "");
			found = path_to_host(t->task, file, host, sizeof host) && access(host, F_OK) == 0;
		}
	}
	free(list);
	free(name);
	free(end);
	if (!found)
		return fail(t, W_FILE_NOT_FOUND);
	if (!path_full(t->task, file, guest, sizeof guest))
		return fail(t, W_INVALID_NAME);
	u64 n = put(t, a[4], a[3], guest);
	if (a[5] && n < a[3]) {
		size_t before = (size_t)(strrchr(guest, '\\') + 1 - guest);
		mem_put_word(t, a[5], a[4] + (row_wide(t) ? 2 * text_to_wide(guest, before, NULL, 0) : before));
	}
	return n;
}

/* ---- disks ------------------------------------------------------------------------------------------------------------ */

/* The host's directory of a name, or the current one. */
static bool disk_of(WThread *t, const u64 *a, u32 i, char *host)
{
	if (a[i])
		return arg_path(t, a, i, host);
	return getcwd(host, WIN_PATH) || fail_errno(t);
}

u64 w_GetDriveType(WThread *t, const u64 *a)
{
	enum { NO_ROOT = 1, FIXED = 3 };
	char host[WIN_PATH];

	return disk_of(t, a, 0, host) && access(host, F_OK) == 0 ? FIXED : NO_ROOT;
}

u64 w_GetLogicalDrives(WThread *t, const u64 *a) { return 1u << 2 | 1u << 25; }

u64 w_GetLogicalDriveStrings(WThread *t, const u64 *a)
{
	static const char drives[] = "C:\\\0Z:\\\0";
	u32 unit = row_wide(t) ? 2 : 1;

	if (a[0] < sizeof drives)
		return sizeof drives;
	for (u32 i = 0; i < sizeof drives; i++) {
		u8 *p = mem_out(t, a[1] + unit * i, unit);
		memset(p, 0, unit);
		*p = (u8)drives[i];
	}
	return sizeof drives - 1;
}

/* Bytes for the caller, in all, free. */
u64 w_GetDiskFreeSpaceEx(WThread *t, const u64 *a)
{
	char host[WIN_PATH];
	struct statvfs v;

	if (!disk_of(t, a, 0, host))
		return 0;
	if (statvfs(host, &v) != 0)
		return fail_errno(t);
	const u64 bytes[3] = {v.f_bavail * v.f_frsize, v.f_blocks * v.f_frsize, v.f_bfree * v.f_frsize};
	for (u32 i = 0; i < 3; i++)
		if (a[1 + i])
			mem_put_u64(t, a[1 + i], bytes[i]);
	return 1;
}

/* Sectors a cluster, bytes a sector, free clusters, all. */
u64 w_GetDiskFreeSpace(WThread *t, const u64 *a)
{
	char host[WIN_PATH];
	struct statvfs v;

	if (!disk_of(t, a, 0, host))
		return 0;
	if (statvfs(host, &v) != 0)
		return fail_errno(t);
	u64 per = v.f_frsize > 512 ? v.f_frsize / 512 : 1;
	const u32 out[4] = {(u32)per, 512, (u32)MIN((u64)v.f_bavail, (u64)0xffffffff), (u32)MIN((u64)v.f_blocks, (u64)0xffffffff)};
	for (u32 i = 0; i < 4; i++)
		if (a[1 + i])
			mem_put_u32(t, a[1 + i], out[i]);
	return 1;
}

/* Root, label, room, serial, longest name, flags, file system, room. */
u64 w_GetVolumeInformation(WThread *t, const u64 *a)
{
	enum { PRESERVES_CASE = 2, UNICODE_NAMES = 4, REPARSE = 0x80, LINKS = 0x400000 };
	char host[WIN_PATH];
	struct stat st;

	if (!disk_of(t, a, 0, host))
		return 0;
	if (stat(host, &st) != 0)
		return fail_errno(t);
	if (a[1] && a[2])
		out_string(t, a[1], a[2], "");
	if (a[3])
		mem_put_u32(t, a[3], (u32)st.st_dev);
	if (a[4])
		mem_put_u32(t, a[4], 255);
	if (a[5])
		mem_put_u32(t, a[5], PRESERVES_CASE | UNICODE_NAMES | REPARSE | LINKS);
	if (a[6])
		out_string(t, a[6], a[7], "NTFS");
	return 1;
}

u64 w_GetVolumePathName(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0), full[WIN_PATH];
	bool ok = name && path_full(t->task, name, full, sizeof full);

	free(name);
	if (!ok)
		return fail(t, W_INVALID_NAME);
	strcpy(full + 2, "\\");
	return out_string(t, a[1], a[2], full) < a[2] ? 1 : fail(t, W_FILENAME_EXCED_RANGE);
}

/* ---- what is set by handle ---------------------------------------------------------------------------------------------- */

enum { BASIC = 0, RENAME = 3, DISPOSITION = 4, ALLOCATION = 5, END_OF_FILE = 6, IO_PRIORITY = 12, DISPOSITION_EX = 21, RENAME_EX = 22 };

static u64 set_times(WThread *t, const WObj *o, const u8 *p)
{
	struct timespec ts[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
	const u64 v[2] = {ld64(p + 8), ld64(p + 16)};

	for (u32 i = 0; i < 2; i++)
		if (v[i] && (i64)v[i] > 0)
			ts[i] = filetime_to(v[i]);
	if (futimens(o->fd, ts) != 0)
		return fail_errno(t);
	if (ld32(p + 32) && o->path)
		return attributes_set(o->path, ld32(p + 32)) ? 1 : fail_errno(t);
	return 1;
}

/* FILE_RENAME_INFO: flags, root, bytes, name. */
static u64 set_name(WThread *t, WObj *o, u64 at, u64 size, bool ex)
{
	u64 head = t->wide ? 20 : 12;
	u32 bytes = mem_u32(t, at + head - 4), replace = mem_u32(t, at) & (ex ? 1u : 0xffu);
	char host[WIN_PATH];

	if (bytes > size - MIN(size, head) + 2 || !o->path)
		return fail(t, W_INVALID_PARAMETER);
	char *name = mem_wstrn(t, at + head, bytes / 2);
	bool ok = path_to_host(t->task, name, host, sizeof host);
	free(name);
	if (!ok)
		return fail(t, W_PATH_NOT_FOUND);
	if (!replace && access(host, F_OK) == 0)
		return fail(t, W_ALREADY_EXISTS);
	if (rename(o->path, host) != 0)
		return fail(t, path_error(o->path, errno));
	free(o->path);
	o->path = strdup(host);
	return 1;
}

u64 w_SetFileInformationByHandle(WThread *t, const u64 *a)
{
	static const struct { u8 cls, size; } sizes[] = {
		{BASIC, 40}, {RENAME, 16}, {RENAME_EX, 16}, {DISPOSITION, 1}, {DISPOSITION_EX, 4}, {ALLOCATION, 8}, {END_OF_FILE, 8}, {IO_PRIORITY, 4}
	};
	WObj *o = handle_get(t->task, a[0], WK_FILE);
	u32 i = 0;
	u64 r = 1;

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	while (i < COUNT(sizes) && sizes[i].cls != a[1])
		i++;
	if (i == COUNT(sizes) || a[3] < sizes[i].size) {
		obj_drop(o);
		return fail(t, i == COUNT(sizes) ? W_INVALID_PARAMETER : 24);
	}
	const u8 *p = mem_in(t, a[2], sizes[i].size);
	if (a[1] == BASIC)
		r = set_times(t, o, p);
	else if (a[1] == RENAME || a[1] == RENAME_EX)
		r = set_name(t, o, a[2], a[3], a[1] == RENAME_EX);
	else if (a[1] == DISPOSITION || a[1] == DISPOSITION_EX)
		o->delete_on_close = p[0] & 1;
	else if (a[1] == END_OF_FILE)
		r = ftruncate(o->fd, (off_t)ld64(p)) == 0 ? 1 : fail_errno(t);
	obj_drop(o);
	return r;
}

/* Controls of devices: links are read by one of them. */
u64 w_DeviceIoControl(WThread *t, const u64 *a)
{
	enum { GET_REPARSE = 0x900a8, SET_SPARSE = 0x900c4, NOT_A_LINK = 4390, SYMLINK_FIXED = 20 };
	WObj *o = handle_get(t->task, a[0], WK_FILE);
	char text[WIN_PATH], guest[WIN_PATH];

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	ssize_t n = a[1] == GET_REPARSE && o->path ? readlink(o->path, text, sizeof text - 1) : -1;
	obj_drop(o);
	if (a[1] == SET_SPARSE)
		return 1;
	if (a[1] != GET_REPARSE)
		return fail(t, W_INVALID_FUNCTION);
	if (n < 0)
		return fail(t, NOT_A_LINK);
	text[n] = 0;
	if (text[0] == '/')
		path_to_guest(text, guest, sizeof guest);
	else
		snprintf(guest, sizeof guest, "%s", text);
	for (char *p = guest; *p; p++)
		if (*p == '/')
			*p = '\\';
	size_t units = text_to_wide(guest, strlen(guest), NULL, 0), size = SYMLINK_FIXED + 4 * units;
	if (a[5] < size)
		return fail(t, W_MORE_DATA);
	u8 *p = mem_out(t, a[4], size);
	memset(p, 0, size);
	st32(p, 0xa000000c); /* a symbolic link */
	st16(p + 4, (u16)(size - 8));
	st16(p + 10, (u16)(2 * units)); /* the name twice: for the system, and for people */
	st16(p + 12, (u16)(2 * units));
	st16(p + 14, (u16)(2 * units));
	st32(p + 16, text[0] != '/');
	text_to_wide(guest, strlen(guest), p + SYMLINK_FIXED, units);
	text_to_wide(guest, strlen(guest), p + SYMLINK_FIXED + 2 * units, units);
	if (a[6])
		mem_put_u32(t, a[6], (u32)size);
	return 1;
}

/* As CreateDirectory; what the first one has is the host's affair. */
u64 w_CreateDirectoryEx(WThread *t, const u64 *a)
{
	char host[WIN_PATH];

	if (!arg_path(t, a, 1, host))
		return 0;
	return mkdir(host, 0777) == 0 ? 1 : fail(t, errno == EEXIST ? W_ALREADY_EXISTS : path_error(host, errno));
}
