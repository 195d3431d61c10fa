/* kernel32: what is known of an open file, and directories read by handle. */
#include "handlers.h"
#include "filetime.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

enum { BASIC = 0, STANDARD = 1, TAG = 9, DIR_BOTH = 10, DIR_BOTH_RESTART = 11, DIR_FULL = 14, DIR_FULL_RESTART = 15, FILE_ID = 18 };

static void put_times(u8 *p, const struct stat *st)
{
	st64(p, filetime_from(&st->st_ctim));
	st64(p + 8, filetime_from(&st->st_atim));
	st64(p + 16, filetime_from(&st->st_mtim));
	st64(p + 24, filetime_from(&st->st_ctim));
}

/* ---- directories --------------------------------------------------------------------------------------- */

static void dir_free(WObj *o)
{
	if (o->data)
		closedir(o->data);
}

static bool dir_open(WObj *o, bool restart)
{
	if (!o->data) {
		int fd = dup(o->fd);
		o->data = fd >= 0 ? fdopendir(fd) : NULL;
		o->destroy = dir_free;
		restart = true;
	}
	if (o->data && restart)
		rewinddir(o->data);
	return o->data != NULL;
}

/* One entry at p; its length rounded up to 8, or 0 when it does not fit. */
static u32 put_entry(const WObj *o, const struct dirent *e, bool both, u8 *p, u64 room)
{
	u32 head = both ? 104 : 68;
	size_t n = strlen(e->d_name), units = text_to_wide(e->d_name, n, NULL, 0);
	u32 size = (u32)((head + 2 * units + 7) & ~(size_t)7);
	char host[WIN_PATH];
	struct stat st;

	if (size > room)
		return 0;
	memset(p, 0, size);
	snprintf(host, sizeof host, "%.3800s/%.255s", o->path ? o->path : ".", e->d_name);
	if (stat(host, &st) != 0 && lstat(host, &st) != 0)
		memset(&st, 0, sizeof st);
	put_times(p + 8, &st);
	u64 length = S_ISREG(st.st_mode) ? (u64)st.st_size : 0;
	st64(p + 40, length);
	st64(p + 48, (length + 4095) & ~(u64)4095);
	st32(p + 56, file_attributes(host, &st));
	st32(p + 60, (u32)(2 * units));
	if (both)
		st64(p + 96, st.st_ino);
	text_to_wide(e->d_name, n, p + head, units);
	return size;
}

/* As many entries as fit, each with the distance to the next. */
static u64 read_dir(WThread *t, WObj *o, const u64 *a)
{
	bool both = a[1] == DIR_BOTH || a[1] == DIR_BOTH_RESTART;
	u8 *p = mem_out(t, a[2], a[3]);
	u64 at = 0, last = 0;
	const struct dirent *e;

	if (!dir_open(o, a[1] == DIR_BOTH_RESTART || a[1] == DIR_FULL_RESTART))
		return fail(t, W_INVALID_PARAMETER);
	for (long pos = telldir(o->data); (e = readdir(o->data)); pos = telldir(o->data)) {
		u32 n = put_entry(o, e, both, p + at, a[3] - at);
		if (!n) { /* it begins the next call */
			seekdir(o->data, pos);
			return at ? 1 : fail(t, W_MORE_DATA);
		}
		if (at)
			st32(p + last, (u32)(at - last));
		last = at;
		at += n;
	}
	return at ? 1 : fail(t, W_NO_MORE_FILES);
}

/* ---- files ------------------------------------------------------------------------------------------------ */

static u64 put_info(WThread *t, const WObj *o, const struct stat *st, const u64 *a)
{
	static const struct { u8 cls, size; } sizes[] = {{BASIC, 40}, {STANDARD, 24}, {TAG, 8}, {FILE_ID, 24}};
	u32 i = 0;

	while (i < COUNT(sizes) && sizes[i].cls != a[1])
		i++;
	if (i == COUNT(sizes))
		return fail(t, W_NOT_SUPPORTED);
	if (a[3] < sizes[i].size)
		return fail(t, W_INSUFFICIENT_BUFFER);
	u8 *p = mem_out(t, a[2], sizes[i].size);
	u32 attributes = file_attributes(o->path ? o->path : "/dev/null", st);
	memset(p, 0, sizes[i].size);
	if (a[1] == BASIC) {
		put_times(p, st);
		st32(p + 32, attributes);
	} else if (a[1] == STANDARD) {
		st64(p, (u64)st->st_blocks * 512);
		st64(p + 8, S_ISREG(st->st_mode) ? (u64)st->st_size : 0);
		st32(p + 16, (u32)st->st_nlink);
		p[20] = o->delete_on_close;
		p[21] = S_ISDIR(st->st_mode);
	} else if (a[1] == TAG) {
		st32(p, attributes);
	} else {
		st64(p, st->st_dev);
		st64(p + 8, st->st_ino);
	}
	return 1;
}

u64 w_GetFileInformationByHandleEx(WThread *t, const u64 *a)
{
	struct stat st;
	WObj *o = file_stat(t, a[0], &st);
	u64 r;

	if (!o)
		return 0;
	if (a[1] == DIR_BOTH || a[1] == DIR_BOTH_RESTART || a[1] == DIR_FULL || a[1] == DIR_FULL_RESTART)
		r = read_dir(t, o, a);
	else
		r = put_info(t, o, &st, a);
	obj_drop(o);
	return r;
}

/* Name, serial number, longest part of a name, flags, file system: those of a disk of Windows that has no extras. */
u64 w_GetVolumeInformationByHandleW(WThread *t, const u64 *a)
{
	enum { PRESERVES_CASE = 2, UNICODE_NAMES = 4 };
	struct stat st;
	WObj *o = file_stat(t, a[0], &st);

	if (!o)
		return 0;
	obj_drop(o);
	if (a[1] && a[2])
		st16(mem_out(t, a[1], 2), 0);
	if (a[3])
		mem_put_u32(t, a[3], (u32)st.st_dev);
	if (a[4])
		mem_put_u32(t, a[4], 255);
	if (a[5])
		mem_put_u32(t, a[5], PRESERVES_CASE | UNICODE_NAMES);
	if (a[6] && a[7] >= 5) {
		u8 *p = mem_out(t, a[6], 10);
		text_to_wide("NTFS", 5, p, 5);
	}
	return 1;
}

/* Where an open file is, with the prefix of long names. */
u64 w_GetFinalPathNameByHandle(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_FILE);
	char link[64], host[WIN_PATH], guest[WIN_PATH] = "\\\\?\\";

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	snprintf(link, sizeof link, "/proc/self/fd/%d", o->fd);
	ssize_t n = readlink(link, host, sizeof host - 1);
	obj_drop(o);
	if (n < 0)
		return fail_errno(t);
	host[n] = 0;
	path_to_guest(host, guest + 4, sizeof guest - 4);
	u64 units = out_string(t, a[1], a[2], guest);
	return units < a[2] ? units : units + 1;
}

/* ---- messages ------------------------------------------------------------------------------------------------ */

static const struct { u32 code; const char *text; } messages[] = {
	{0, "The operation completed successfully."}, {1, "Incorrect function."}, {2, "The system cannot find the file specified."},
	{3, "The system cannot find the path specified."}, {5, "Access is denied."}, {6, "The handle is invalid."},
	{8, "Not enough memory resources are available to process this command."}, {18, "There are no more files."},
	{32, "The process cannot access the file because it is being used by another process."}, {38, "Reached the end of the file."},
	{50, "The request is not supported."}, {80, "The file exists."}, {87, "The parameter is incorrect."}, {109, "The pipe has been ended."},
	{112, "There is not enough space on the disk."}, {120, "This function is not supported on this system."},
	{122, "The data area passed to a system call is too small."}, {126, "The specified module could not be found."},
	{127, "The specified procedure could not be found."}, {145, "The directory is not empty."}, {183, "Cannot create a file when that file already exists."},
	{203, "The system could not find the environment option that was entered."}, {206, "The filename or extension is too long."}, {267, "The directory name is invalid."}
};

/* Only the system's own texts: no inserts.  Into the caller's buffer, or a block of its own. */
u64 w_FormatMessage(WThread *t, const u64 *a)
{
	enum { ALLOCATE = 0x100, FROM_SYSTEM = 0x1000, NO_MESSAGE = 317 };
	char text[160];
	u32 i = 0;

	while (i < COUNT(messages) && messages[i].code != a[2])
		i++;
	if (!(a[0] & FROM_SYSTEM) || i == COUNT(messages))
		return fail(t, NO_MESSAGE);
	snprintf(text, sizeof text, "%s\r\n", messages[i].text);
	if (!(a[0] & ALLOCATE)) {
		u64 n = out_string(t, a[4], a[5], text);
		return n < a[5] ? n : fail(t, W_INSUFFICIENT_BUFFER);
	}
	u64 at = row_wide(t) ? wheap_wstring(t, text) : wheap_string(t, text);
	mem_put_word(t, a[4], at);
	return strlen(text);
}
