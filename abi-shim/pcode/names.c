/* Names of files: erasing and renaming what a program has assigned to a file variable. */
#include "abi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Opens the directory of `path`, which the program may see; *base is the name in it.  -1: it may not, or there is none. */
static int parent(const char *path, const char **base)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	char dir[4096];

	*base = slash ? slash + 1 : path;
	if (n >= sizeof dir - 1 || !**base || strcmp(*base, ".") == 0 || strcmp(*base, "..") == 0) {
		errno = EACCES;
		return -1;
	}
	memcpy(dir, path, n);
	dir[n] = 0;
	return sandbox_open(n ? dir : slash ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

static void report(Regfile *t, bool fine)
{
	if (!fine)
		abi_fail(t, errno == ENOENT ? IO_NOTFOUND : errno == ENOTDIR ? IO_NOPATH : IO_DENIED);
}

u64 sys_file_erase(Regfile *t, const u64 *args)
{
	const char *name = file_name(t, args[0]), *base;
	int fd = name ? parent(name, &base) : -1;

	report(t, fd >= 0 && unlinkat(fd, base, 0) == 0);
	if (fd >= 0)
		close(fd);
	return 0;
}

u64 sys_file_rename(Regfile *t, const u64 *args)
{
	u32 n = (u32)args[2];
	char *to = memcpy(xcalloc(1, n + 1), guest_ptr(abi_thread(t), (u32)args[1], n), n);
	const char *name = file_name(t, args[0]), *from_base, *to_base;
	int from = name ? parent(name, &from_base) : -1, dir = from >= 0 ? parent(to, &to_base) : -1;

	report(t, dir >= 0 && renameat(from, from_base, dir, to_base) == 0);
	if (from >= 0)
		close(from);
	if (dir >= 0)
		close(dir);
	free(to);
	return 0;
}
