/* kernel32: files in memory. */
#include "handlers.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { READONLY = 2, READWRITE = 4, WRITECOPY = 8, EXECUTE = 0x10, EXECUTE_READ = 0x20, EXECUTE_READWRITE = 0x40, EXECUTE_WRITECOPY = 0x80 };
enum { GRAIN = 65536, MISALIGNED = 1132, FILE_INVALID = 1006 };

typedef struct View {
	u64 at, size;
} View;

static VEC(View) views; /* under the task's lock */

/* ---- sections ------------------------------------------------------------------------------------------- */

/* The descriptor of what is to be mapped; it has at least so many bytes then.  -1: the error is set. */
static int section_fd(WThread *t, u64 file, u64 *size, bool writes)
{
	struct stat st;

	if (file == W_INVALID_HANDLE_VALUE) {
		int fd = *size ? memfd_create("section", MFD_CLOEXEC) : -1;
		if (!*size)
			fail(t, W_INVALID_PARAMETER);
		if (fd >= 0 && ftruncate(fd, (off_t)*size) != 0) {
			fail_errno(t);
			close(fd);
			return -1;
		}
		return fd;
	}
	WObj *o = handle_get(t->task, file, WK_FILE);
	int fd = o ? fcntl(o->fd, F_DUPFD_CLOEXEC, 3) : -1;
	if (o)
		obj_drop(o);
	if (fd < 0 || fstat(fd, &st) != 0) {
		fail(t, W_INVALID_HANDLE);
		return -1;
	}
	u64 there = (u64)st.st_size;
	u32 error = !*size && !there ? FILE_INVALID : *size > there && (!writes || ftruncate(fd, (off_t)*size) != 0) ? 8 : 0;
	if (!*size)
		*size = there;
	if (!error)
		return fd;
	close(fd);
	fail(t, error);
	return -1;
}

u64 w_CreateFileMapping(WThread *t, const u64 *a)
{
	enum { IMAGE = 0x1000000 };
	u64 size = (u32)a[4] | a[3] << 32;
	u32 prot = (u32)a[2] & 0xff;
	char *name = arg_string(t, a, 5);
	WObj *old = NULL;

	if (a[2] & IMAGE || size >> 47) {
		free(name);
		return fail(t, a[2] & IMAGE ? W_NOT_SUPPORTED : W_INVALID_PARAMETER);
	}
	int fd = section_fd(t, a[0], &size, prot & (READWRITE | EXECUTE_READWRITE));
	if (fd < 0) {
		free(name);
		return 0;
	}
	WObj *o = obj_new(WK_SECTION);
	o->fd = fd;
	o->count = prot;
	o->key = size;
	bool fresh = !name || !name[0] || name_take(t->task, o, name, &old);
	free(name);
	error_set(t, fresh ? 0 : W_ALREADY_EXISTS);
	if (!fresh)
		obj_drop(o);
	if (!fresh && !old)
		return fail(t, W_INVALID_HANDLE);
	u64 h = handle_new(t->task, fresh ? o : old);
	inherit_by(t, h, a[1]);
	return h;
}

u64 w_OpenFileMapping(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 2);
	WObj *o = name ? name_find(t->task, name, WK_SECTION) : NULL;

	free(name);
	return o ? handle_new(t->task, o) : fail(t, W_FILE_NOT_FOUND);
}

/* ---- views ------------------------------------------------------------------------------------------------ */

/* What the view may, and what the section allows. */
static int view_prot(u32 access, u32 section, bool *copy)
{
	enum { COPY = 1, WRITE = 2, EXEC = 0x20 };
	bool may_write = section & (READWRITE | EXECUTE_READWRITE), may_run = section & (EXECUTE | EXECUTE_READ | EXECUTE_READWRITE | EXECUTE_WRITECOPY);

	*copy = access & COPY && (access & 0xf001f) != 0xf001f;
	if (section & (WRITECOPY | EXECUTE_WRITECOPY))
		*copy = true;
	if (access & WRITE && !*copy && !may_write)
		return -1;
	if (access & EXEC && !may_run)
		return -1;
	return GP_READ | (*copy || access & WRITE ? GP_WRITE : 0) | (access & EXEC ? GP_EXEC : 0);
}

static u64 map_view(WThread *t, const WObj *o, u32 access, u64 offset, u64 size, u64 want)
{
	WTask *k = t->task;
	bool copy;
	int prot = view_prot(access, o->count, &copy);

	if (prot < 0)
		return fail(t, W_ACCESS_DENIED);
	if (offset % GRAIN || want % GRAIN)
		return fail(t, MISALIGNED);
	if (offset > o->key || (size && size > o->key - offset))
		return fail(t, W_ACCESS_DENIED);
	size = size ? size : o->key - offset;
	u64 pages = (size + GUEST_PAGE - 1) & ~(u64)(GUEST_PAGE - 1), at = want ? want : mem_map(k, pages, 0);
	XMapReq r = {.at = at, .size = pages, .offset = offset, .prot = prot, .fd = o->fd, .shared = !copy, .fixed = true, .noreplace = want != 0, .name = "[view]"};
	i64 got = at ? guest_map(k->x, &r) : -ENOMEM;
	if (got < 0) {
		if (at && !want)
			guest_unmap(k->x, at, pages);
		return fail(t, want ? W_INVALID_ADDRESS : error_from_errno((int)-got));
	}
	task_lock(t);
	vec_push(&views, ((View){at, pages}));
	task_unlock(t);
	return at;
}

/* Section, access, offset (high, low), bytes, and perhaps where. */
u64 w_MapViewOfFileEx(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_SECTION);

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	u64 at = map_view(t, o, (u32)a[1], (u32)a[3] | a[2] << 32, a[4], a[5]);
	obj_drop(o);
	return at;
}

u64 w_MapViewOfFile(WThread *t, const u64 *a)
{
	return w_MapViewOfFileEx(t, (u64[]){a[0], a[1], a[2], a[3], a[4], 0});
}

u64 w_UnmapViewOfFile(WThread *t, const u64 *a)
{
	View v = {0, 0};

	task_lock(t);
	for (u32 i = 0; i < views.n && !v.size; i++)
		if (a[0] - views.p[i].at < views.p[i].size) {
			v = views.p[i];
			views.p[i] = views.p[--views.n];
		}
	task_unlock(t);
	return v.size && guest_unmap(t->task->x, v.at, v.size) >= 0 ? 1 : fail(t, W_INVALID_ADDRESS);
}

u64 w_FlushViewOfFile(WThread *t, const u64 *a)
{
	u64 from = a[0] & ~(u64)(GUEST_PAGE - 1), n = a[1] ? a[0] + a[1] - from : 0;

	task_lock(t);
	for (u32 i = 0; i < views.n && !n; i++)
		if (from - views.p[i].at < views.p[i].size)
			n = views.p[i].at + views.p[i].size - from;
	task_unlock(t);
	void *p = n ? xguest_mapped(t->x, from, n) : NULL;
	return p && msync(p, n, MS_SYNC) == 0 ? 1 : fail(t, W_INVALID_ADDRESS);
}
