/* ntdll: what programs ask of the native calls beyond kernel32's -- opening by counted names, files, directories, processes. */
#include "handlers.h"
#include "filetime.h"

#include <stdlib.h>
#include <unistd.h>

enum { OK = 0, STATUS_INVALID_PARAMETER = (int)0xc000000d, STATUS_LENGTH = (int)0xc0000004, STATUS_CLASS = (int)0xc0000003, STATUS_UNSUPPORTED = (int)0xc00000bb,
	STATUS_HANDLE = (int)0xc0000008, STATUS_NO_MORE_FILES = (int)0x80000006, STATUS_NO_SUCH_FILE = (int)0xc000000f, STATUS_TIMEOUT = 0x102,
	STATUS_SMALL = (int)0xc0000023 };

static u64 word_of(const WThread *t) { return t->wide ? 8 : 4; }

/* IO_STATUS_BLOCK. */
static u64 finish(WThread *t, u64 block, u32 status, u64 information)
{
	if (block) {
		mem_put_word(t, block, status);
		mem_put_word(t, block + word_of(t), information);
	}
	return status;
}

static u32 last_status(WThread *t) { return error_to_status(error_get(t)); }

/* ---- names ---------------------------------------------------------------------------------------------- */

/* The name in OBJECT_ATTRIBUTES (length, root, name, ...), as kernel32 has it; below a directory's handle if there is one. */
static char *object_name(WThread *t, u64 at)
{
	u64 word = word_of(t), root = mem_word(t, at + word), name = mem_word(t, at + 2 * word);
	char *s = name ? mem_wstrn(t, mem_word(t, name + word), ld16(mem_in(t, name, 2)) / 2) : strdup(""), dir[WIN_PATH], *r;

	if (strncmp(s, "\\??\\", 4) == 0)
		memmove(s, s + 4, strlen(s + 4) + 1);
	WObj *o = root ? handle_get(t->task, root, WK_FILE) : NULL;
	if (!o)
		return s;
	path_to_guest(o->path ? o->path : ".", dir, sizeof dir);
	obj_drop(o);
	size_t size = strlen(dir) + strlen(s) + 2;
	r = xmalloc(size);
	snprintf(r, size, "%s%s%s", dir, *s ? "\\" : "", s);
	free(s);
	return r;
}

/* Handle, access, object, block, size, attributes, sharing, disposition, options, ...: as CreateFileW, with its numbers. */
static u64 create(WThread *t, u64 handle, u64 access, u64 object, u64 block, u64 share, u32 how, u64 options)
{
	static const u8 modes[] = {2, 3, 1, 4, 5, 2}; /* supersede, open, create, open or create, overwrite, overwrite or create */
	enum { DIRECTORY = 1, SYNCHRONOUS = 0x30, NO_DIRECTORY = 0x40, BACKUP = 0x02000000, OVERLAPPED = 0x40000000, DELETE_ON_CLOSE = 0x1000 };
	char *name = object_name(t, object), host[WIN_PATH];
	u32 flags = (options & NO_DIRECTORY ? 0 : BACKUP) | (options & SYNCHRONOUS ? 0 : OVERLAPPED) | (options & DELETE_ON_CLOSE ? 0x04000000 : 0);
	u64 h = W_INVALID_HANDLE_VALUE;

	if (how >= COUNT(modes)) {
		free(name);
		return finish(t, block, (u32)STATUS_INVALID_PARAMETER, 0);
	}
	if (options & DIRECTORY && how == 2 && path_to_host(t->task, name, host, sizeof host))
		mkdir(host, 0777);
	h = file_create(t, name, (u32)access, (u32)share, options & DIRECTORY ? 3 : modes[how], flags);
	free(name);
	if (h == W_INVALID_HANDLE_VALUE)
		return finish(t, block, last_status(t), 0);
	mem_put_word(t, handle, h);
	return finish(t, block, OK, how == 2 ? 2 : 1);
}

u64 w_NtCreateFile(WThread *t, const u64 *a) { return create(t, a[0], a[1], a[2], a[3], a[6], (u32)a[7], a[8]); }
u64 w_NtOpenFile(WThread *t, const u64 *a) { return create(t, a[0], a[1], a[2], a[3], a[4], 1, a[5]); }

/* FILE_BASIC_INFORMATION of a name. */
u64 w_NtQueryAttributesFile(WThread *t, const u64 *a)
{
	char *name = object_name(t, a[0]), host[WIN_PATH];
	bool ok = path_to_host(t->task, name, host, sizeof host);
	struct stat st;

	free(name);
	if (!ok || stat(host, &st) != 0)
		return error_to_status(ok ? path_error(host, errno) : W_PATH_NOT_FOUND);
	u8 *p = mem_out(t, a[1], 40);
	memset(p, 0, 40);
	st64(p, filetime_from(&st.st_ctim));
	st64(p + 8, filetime_from(&st.st_atim));
	st64(p + 16, filetime_from(&st.st_mtim));
	st64(p + 24, filetime_from(&st.st_ctim));
	st32(p + 32, file_attributes(host, &st));
	return OK;
}

/* ---- files ------------------------------------------------------------------------------------------------ */

/* Classes of kernel32 and of ntdll have numbers of their own. */
static u64 by_kernel32(WThread *t, const u64 *a, u64 cls, u64 bytes)
{
	bool ok = w_GetFileInformationByHandleEx(t, (u64[]){a[0], cls, a[2], a[3]}) & 0xffffffff;

	return finish(t, a[1], ok ? OK : last_status(t), ok ? bytes : 0);
}

static u64 put_name(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_FILE);
	char guest[WIN_PATH] = "\\";

	if (!o)
		return (u32)STATUS_HANDLE;
	if (o->path)
		path_to_guest(o->path, guest, sizeof guest);
	obj_drop(o);
	const char *s = guest[1] == ':' ? guest + 2 : guest;
	size_t units = text_to_wide(s, strlen(s), NULL, 0);
	if (a[3] < 4 + 2 * units)
		return finish(t, a[1], 0x80000005, 0);
	u8 *p = mem_out(t, a[2], 4 + 2 * units);
	st32(p, (u32)(2 * units));
	text_to_wide(s, strlen(s), p + 4, units);
	return finish(t, a[1], OK, 4 + 2 * units);
}

/* FILE_ALL_INFORMATION: what kernel32 has of both kinds, then number, rights, position, mode, and the name as far as it fits. */
static u64 put_all(WThread *t, const u64 *a)
{
	enum { SIZE = 100, MORE = (int)0x80000005 };
	struct stat st;
	WObj *o = a[3] >= SIZE + 4 ? file_stat(t, a[0], &st) : NULL;

	if (!o)
		return finish(t, a[1], (u32)(a[3] >= SIZE + 4 ? STATUS_HANDLE : STATUS_LENGTH), 0);
	i64 at = lseek(o->fd, 0, SEEK_CUR);
	obj_drop(o);
	memset(mem_out(t, a[2], SIZE), 0, SIZE);
	w_GetFileInformationByHandleEx(t, (u64[]){a[0], 0, a[2], 40});
	w_GetFileInformationByHandleEx(t, (u64[]){a[0], 1, a[2] + 40, 24});
	mem_put_u64(t, a[2] + 64, st.st_ino);
	mem_put_u32(t, a[2] + 76, 0x12019f);
	mem_put_u64(t, a[2] + 80, at < 0 ? 0 : (u64)at);
	u64 r = put_name(t, (u64[]){a[0], 0, a[2] + SIZE - 4, a[3] - SIZE + 4});
	return finish(t, a[1], r ? (u32)MORE : OK, a[3]);
}

/* Handle, block, buffer, bytes, class. */
u64 w_NtQueryInformationFile(WThread *t, const u64 *a)
{
	enum { BASIC = 4, STANDARD = 5, INTERNAL = 6, ACCESS = 8, NAME = 9, POSITION = 14, MODE = 16, ALIGNMENT = 17, PIPE = 23, ALL = 18, PIPE_LOCAL = 24, TAG = 35 };
	struct stat st;

	if (a[4] == BASIC || a[4] == STANDARD || a[4] == TAG)
		return by_kernel32(t, a, a[4] == BASIC ? 0 : a[4] == STANDARD ? 1 : 9, a[4] == BASIC ? 40 : a[4] == STANDARD ? 24 : 8);
	if (a[4] == NAME)
		return put_name(t, a);
	if (a[4] == ALL)
		return put_all(t, a);
	WObj *o = file_stat(t, a[0], &st);
	if (!o)
		return (u32)STATUS_HANDLE;
	i64 at = a[4] == POSITION ? lseek(o->fd, 0, SEEK_CUR) : 0;
	bool overlapped = o->overlapped, stream = o->stream;
	obj_drop(o);
	if (a[4] == POSITION || a[4] == INTERNAL) {
		mem_put_u64(t, a[2], a[4] == INTERNAL ? st.st_ino : at < 0 ? 0 : (u64)at);
		return finish(t, a[1], OK, 8);
	}
	if (a[4] == MODE || a[4] == ACCESS || a[4] == ALIGNMENT) {
		mem_put_u32(t, a[2], a[4] == MODE ? overlapped ? 0 : 0x20 : a[4] == ACCESS ? 0x12019f : 0);
		return finish(t, a[1], OK, 4);
	}
	if (a[4] == PIPE_LOCAL && stream && a[3] >= 40) { /* kind, how, instances, quotas, bytes that are there, state, end */
		int left = 0;
		const u64 peek[] = {a[0], 0, 0, 0, a[2] + 20, 0};
		memset(mem_out(t, a[2], 40), 0, 40);
		w_PeekNamedPipe(t, peek);
		left = (int)mem_u32(t, a[2] + 20);
		const u32 v[] = {0, 2, 1, 1, 65536, (u32)left, 65536, 65536 - (u32)MIN(left, 65536), 3, 0};
		for (u32 i = 0; i < COUNT(v); i++)
			mem_put_u32(t, a[2] + 4 * i, v[i]);
		return finish(t, a[1], OK, 40);
	}
	return finish(t, a[1], (u32)STATUS_CLASS, 0);
}

u64 w_NtSetInformationFile(WThread *t, const u64 *a)
{
	static const struct { u8 native, kernel32; } map[] = {{4, 0}, {10, 3}, {13, 4}, {19, 5}, {20, 6}, {64, 21}, {65, 22}};
	enum { POSITION = 14, PIPE = 23 };

	if (a[4] == POSITION) {
		u64 to = mem_u32(t, a[2]) | (u64)mem_u32(t, a[2] + 4) << 32;
		bool ok = w_SetFilePointerEx(t, (u64[]){a[0], to, 0, 0}) & 0xffffffff;
		return finish(t, a[1], ok ? OK : last_status(t), 0);
	}
	if (a[4] == PIPE)
		return finish(t, a[1], OK, 0);
	for (u32 i = 0; i < COUNT(map); i++)
		if (map[i].native == a[4]) {
			bool ok = w_SetFileInformationByHandle(t, (u64[]){a[0], map[i].kernel32, a[2], a[3]}) & 0xffffffff;
			return finish(t, a[1], ok ? OK : last_status(t), 0);
		}
	return finish(t, a[1], (u32)STATUS_CLASS, 0);
}

/* Handle, event, routine, its argument, block, buffer, bytes, class, one only, pattern, restart. */
u64 w_NtQueryDirectoryFile(WThread *t, const u64 *a)
{
	enum { FULL = 2, BOTH = 3, ID_BOTH = 37, ID_FULL = 38 };
	u64 cls = a[7] == ID_BOTH || a[7] == BOTH ? 10 : a[7] == FULL || a[7] == ID_FULL ? 14 : 0;

	if (!cls || a[7] == BOTH || a[7] == ID_FULL || a[9])
		return finish(t, a[4], (u32)STATUS_UNSUPPORTED, 0);
	bool ok = w_GetFileInformationByHandleEx(t, (u64[]){a[0], cls + (a[10] ? 1 : 0), a[5], a[6]}) & 0xffffffff;
	return finish(t, a[4], ok ? OK : last_status(t), ok ? a[6] : 0);
}

/* Handle, event, routine, argument, block, code, in, bytes, out, bytes. */
u64 w_NtFsControlFile(WThread *t, const u64 *a)
{
	bool ok = w_DeviceIoControl(t, (u64[]){a[0], a[5], a[6], a[7], a[8], a[9], a[4] + word_of(t), 0}) & 0xffffffff;

	return finish(t, a[4], ok ? OK : last_status(t), ok ? mem_u32(t, a[4] + word_of(t)) : 0);
}

u64 w_NtCancelIoFileEx(WThread *t, const u64 *a)
{
	bool ok = w_CancelIoEx(t, (u64[]){a[0], a[1]}) & 0xffffffff;

	return finish(t, a[2], ok ? OK : last_status(t), 0);
}

/* A disk, or what else a file is on. */
u64 w_NtQueryVolumeInformationFile(WThread *t, const u64 *a)
{
	enum { VOLUME = 1, DEVICE = 4, DISK = 7, PIPE = 0x11, CONSOLE = 0x50 };
	struct stat st;
	WObj *o = file_stat(t, a[0], &st);

	if (!o)
		return (u32)STATUS_HANDLE;
	bool console = o->console, stream = o->stream;
	obj_drop(o);
	if (a[4] == DEVICE && a[3] >= 8) {
		mem_put_u32(t, a[2], console ? CONSOLE : stream ? PIPE : DISK);
		mem_put_u32(t, a[2] + 4, 0);
		return finish(t, a[1], OK, 8);
	}
	if (a[4] == VOLUME && a[3] >= 24) { /* when it was made, serial number, no label */
		memset(mem_out(t, a[2], 24), 0, 24);
		mem_put_u32(t, a[2] + 8, (u32)st.st_dev);
		return finish(t, a[1], OK, 18);
	}
	return finish(t, a[1], (u32)STATUS_CLASS, 0);
}

/* ---- waiting ------------------------------------------------------------------------------------------------ */

/* Handle, alertable, time (null: for ever; negative: from now on, in 100 ns). */
u64 w_NtWaitForSingleObject(WThread *t, const u64 *a)
{
	u64 ms = 0xffffffff;

	if (a[2]) {
		i64 v = (i64)(mem_u32(t, a[2]) | (u64)mem_u32(t, a[2] + 4) << 32);
		i64 left = v <= 0 ? -v : v - (i64)filetime_now();
		ms = left <= 0 ? 0 : MIN(((u64)left + 9999) / 10000, (u64)0xfffffffe);
	}
	u64 r = w_WaitForSingleObjectEx(t, (u64[]){a[0], ms, a[1]});
	return r == 258 ? STATUS_TIMEOUT : r == 0xffffffff ? (u32)STATUS_HANDLE : r;
}

/* Address, what it was, bytes, time. */
u64 w_RtlWaitOnAddress(WThread *t, const u64 *a)
{
	u64 ms = 0xffffffff;

	if (a[3]) {
		i64 v = (i64)(mem_u32(t, a[3]) | (u64)mem_u32(t, a[3] + 4) << 32);
		ms = v >= 0 ? 0 : MIN(((u64)-v + 9999) / 10000, (u64)0xfffffffe);
	}
	return w_WaitOnAddress(t, (u64[]){a[0], a[1], a[2], ms}) & 0xffffffff ? OK : STATUS_TIMEOUT;
}

/* ---- process and system --------------------------------------------------------------------------------------- */

/* Process, class, buffer, bytes, returned. */
u64 w_NtQueryInformationProcess(WThread *t, const u64 *a)
{
	enum { BASIC = 0, DEBUG_PORT = 7, WOW64 = 26, IMAGE_NAME = 27, DEBUG_OBJECT = 30, DEBUG_FLAGS = 31, COMMAND_LINE = 60 };
	u64 word = word_of(t);

	if (a[1] == BASIC) { /* status, PEB, processors, priority, id, parent */
		if (a[3] < 6 * word)
			return (u32)STATUS_LENGTH;
		const u64 v[] = {259, t->task->peb, 1, 8, (u64)getpid(), (u64)getppid()};
		for (u32 i = 0; i < COUNT(v); i++)
			mem_put_word(t, a[2] + word * i, v[i]);
	} else if (a[1] == DEBUG_PORT || a[1] == WOW64) {
		mem_put_word(t, a[2], 0);
	} else if (a[1] == DEBUG_FLAGS) {
		mem_put_u32(t, a[2], 1);
	} else {
		return a[1] == DEBUG_OBJECT ? 0xc0000353 : (u32)STATUS_CLASS;
	}
	if (a[4])
		mem_put_u32(t, a[4], (u32)(a[1] == BASIC ? 6 * word : a[1] == DEBUG_FLAGS ? 4 : word));
	return OK;
}

/* Class, buffer, bytes, returned: numbers of the machine, times of its processors. */
u64 w_NtQuerySystemInformation(WThread *t, const u64 *a)
{
	enum { BASIC = 0, TIMES = 8 };
	u64 word = word_of(t), n = (u64)sysconf(_SC_NPROCESSORS_ONLN), need = a[0] == BASIC ? (t->wide ? 64 : 44) : 48 * n;

	if (a[0] != BASIC && a[0] != TIMES)
		return (u32)STATUS_CLASS;
	if (a[3])
		mem_put_u32(t, a[3], (u32)need);
	if (a[2] < need)
		return (u32)STATUS_LENGTH;
	memset(mem_out(t, a[1], need), 0, need);
	if (a[0] == TIMES)
		return OK;
	mem_put_u32(t, a[1] + 4, 156250);
	mem_put_u32(t, a[1] + 8, GUEST_PAGE);
	mem_put_u32(t, a[1] + 12, (u32)sysconf(_SC_PHYS_PAGES));
	mem_put_u32(t, a[1] + 24, 65536);
	u64 at = a[1] + (t->wide ? 32 : 28);
	mem_put_word(t, at, 0x10000);
	mem_put_word(t, at + word, t->wide ? 0x7ffffffeffffull : 0x7ffeffff);
	mem_put_word(t, at + 2 * word, n >= 8 * word ? ~(u64)0 : ((u64)1 << n) - 1);
	*(u8 *)mem_out(t, at + 3 * word, 1) = (u8)n;
	return OK;
}

u64 w_RtlGetNtVersionNumbers(WThread *t, const u64 *a)
{
	const u32 v[] = {10, 0, 0xf0000000u | 19045};

	for (u32 i = 0; i < COUNT(v); i++)
		if (a[i])
			mem_put_u32(t, a[i], v[i]);
	return 0;
}

u64 w_RtlImageNtHeader(WThread *t, const u64 *a)
{
	u8 head[2];

	if (!xguest_read(t->x, a[0], head, 2) || head[0] != 'M' || head[1] != 'Z')
		return 0;
	return a[0] + mem_u32(t, a[0] + 0x3c);
}

u64 w_RtlFillMemory(WThread *t, const u64 *a)
{
	memset(mem_out(t, a[0], a[1]), (int)a[2], a[1]);
	return 0;
}

u64 w_RtlZeroMemory(WThread *t, const u64 *a)
{
	memset(mem_out(t, a[0], a[1]), 0, a[1]);
	return 0;
}

/* Events for traces go nowhere; a provider has a handle all the same. */
u64 w_EtwEventRegister(WThread *t, const u64 *a)
{
	mem_put_u64(t, a[3], 1);
	return 0;
}

