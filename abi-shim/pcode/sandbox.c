/* Which files a program may open: those below the current directory and below the directories granted.
 *
 * openat2's RESOLVE_BENEATH lets the kernel decide; where it is not there (before Linux 5.6, under some
 * emulators), the name is walked part by part without following any symbolic link. */
#include "abi.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_GRANTS = 32 };

static struct Grant {
	char *path; /* absolute, without links */
	int fd;
} grants[MAX_GRANTS];
static u32 ngrants;

void sandbox_grant(const char *dir)
{
	char *path = realpath(dir, NULL);
	int fd = path ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0)
		die(EXIT_USAGE, "--dir %s: %s", dir, strerror(errno));
	if (ngrants == MAX_GRANTS)
		die(EXIT_USAGE, "--dir %s: more than %d directories", dir, MAX_GRANTS);
	grants[ngrants++] = (struct Grant){path, fd};
}

/* Opens one part after the other; `..` and links end it. */
static int walk(int dir, const char *path, int flags, u32 mode)
{
	char part[256];
	int at = dir;

	for (;;) {
		size_t n = strcspn(path, "/");
		const char *rest = path + n + strspn(path + n, "/");
		if (n >= sizeof part) {
			errno = ENAMETOOLONG;
			break;
		}
		memcpy(part, path, n);
		part[n] = 0;
		if (strcmp(part, "..") == 0) {
			errno = EACCES;
			break;
		}
		int fd = openat(at, n ? part : ".", *rest ? O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC : flags | O_NOFOLLOW, mode);
		if (at != dir && at >= 0)
			close(at);
		if (fd < 0 || !*rest)
			return fd;
		at = fd;
		path = rest;
	}
	if (at != dir && at >= 0)
		close(at);
	return -1;
}

static int open_beneath(int dir, const char *path, int flags, u32 mode)
{
	struct open_how how = {
		.flags = (u32)flags, .mode = flags & O_CREAT ? mode : 0, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS
	};
	int fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof how);

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return walk(dir, path, flags, mode);
	if (fd < 0 && errno == EXDEV)
		errno = EACCES;
	return fd;
}

/* The part of an absolute path behind the directory, or NULL when it is not below it. */
static const char *below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (strcmp(dir, "/") == 0)
		return path[1] ? path + 1 : ".";
	if (strncmp(path, dir, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	path += n + strspn(path + n, "/");
	return *path ? path : ".";
}

int sandbox_open(const char *path, int flags, u32 mode)
{
	char here[4096];
	const char *rest;

	if (*path != '/') {
		int fd = open_beneath(AT_FDCWD, path, flags, mode);
		if (fd >= 0 || errno != EACCES)
			return fd;
		/* `../x` may lie in a granted directory */
		for (u32 i = 0; i < ngrants; i++) {
			char *full = realpath(path, NULL);
			rest = full ? below(full, grants[i].path) : NULL;
			fd = rest ? open_beneath(grants[i].fd, rest, flags, mode) : -1;
			free(full);
			if (fd >= 0)
				return fd;
		}
		errno = EACCES;
		return -1;
	}
	for (u32 i = 0; i < ngrants; i++)
		if ((rest = below(path, grants[i].path)))
			return open_beneath(grants[i].fd, rest, flags, mode);
	if (getcwd(here, sizeof here) && (rest = below(path, here)))
		return open_beneath(AT_FDCWD, rest, flags, mode);
	errno = EACCES;
	return -1;
}
