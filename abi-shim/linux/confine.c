/* Names under --only-root: nothing a guest says may lead out of its directory, whatever links say and whoever renames what
 * meanwhile.  A name is walked as text in the guest's own terms, link by link; each step and the end are looked up by
 * openat2 below the directory with links forbidden, so that a name that has changed since is an error and no way out.  The
 * host's calls get a descriptor's name in /proc/self/fd, which stands for the very file that was found.
 *
 * /proc, /dev and /sys are the host's.  Links of /proc that lead anywhere (root, cwd, exe, fd/N, ...) are taken only of the
 * process itself, and as text where that text is a name below the directory. */
#include "layouts.h"

#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_LINKS = 40, HIGH_FD = 500 };

typedef struct Walk {
	const LinuxOpts *o;
	char done[PATH_SIZE];      /* absolute, without links and dots; "" = the root */
	char rest[2 * PATH_SIZE];
	u32 links;
	bool magic;                /* done is a link of /proc that stands for a file itself */
} Walk;

static int open_beneath(const LinuxOpts *o, const char *path, u64 flags, u64 resolve)
{
	struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = resolve};
	int base = open(path_is_system(path) ? "/" : o->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd;

	path += strspn(path, "/");
	if (base < 0)
		return -errno;
	fd = (int)syscall(SYS_openat2, base, *path ? path : ".", &how, sizeof how);
	int error = errno;
	close(base);
	return fd < 0 ? -error : fd;
}

/* The file itself, a link too. */
static int open_exact(const LinuxOpts *o, const char *path)
{
	return open_beneath(o, path, O_PATH | O_NOFOLLOW, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

/* ---- the walk ---------------------------------------------------------------------------------------- */

static bool is_last(const Walk *w)
{
	return !w->rest[strspn(w->rest, "/")];
}

/* Puts a link's text before what is still to be walked. */
static i64 push_text(Walk *w, const char *text, bool absolute)
{
	size_t n = strlen(text), rest = strlen(w->rest);

	if (++w->links > MAX_LINKS)
		return -ELOOP;
	if (n + rest + 2 > sizeof w->rest)
		return -ENAMETOOLONG;
	memmove(w->rest + n + 1, w->rest, rest + 1);
	memcpy(w->rest, text, n);
	w->rest[n] = '/';
	if (absolute)
		w->done[0] = 0;
	else
		*strrchr(w->done, '/') = 0;
	return 0;
}

/* A host's name in the guest's terms; NULL: it has none. */
static const char *name_within(const LinuxOpts *o, const char *host)
{
	const char *guest = path_guest(o, host);

	return host[0] == '/' && (guest != host || path_is_system(host)) ? guest : NULL;
}

/* A link below a process in /proc. */
static i64 follow_magic(Walk *w, const char *text)
{
	const char *last = strrchr(w->done, '/') + 1, *guest = name_within(w->o, text);

	if (strtol(w->done + strlen("/proc/"), NULL, 10) != getpid())
		return -EACCES;
	if (strcmp(last, "root") == 0)
		return push_text(w, "/", true);
	if (is_last(w) && strncmp(text, "/", 1) != 0) { /* pipe:[...] and the like: held by the guest already */
		w->magic = true;
		return 0;
	}
	if (is_last(w) && strstr(w->done, "/fd/")) {
		w->magic = true;
		return 0;
	}
	return guest ? push_text(w, guest, true) : -EACCES;
}

/* w->done ends in a name that may be a link. */
static i64 follow_link(Walk *w)
{
	char text[PATH_SIZE];
	int fd = open_exact(w->o, w->done);

	if (fd < 0)
		return fd == -ENOENT && is_last(w) ? 0 : fd;
	ssize_t n = readlinkat(fd, "", text, sizeof text - 1);
	close(fd);
	if (n < 0) /* no link */
		return 0;
	text[n] = 0;
	bool in_process = strncmp(w->done, "/proc/", 6) == 0 && strchr(w->done + 6, '/');
	if (in_process && strncmp(w->done, "/proc/sys/", 10) != 0)
		return follow_magic(w, text);
	return push_text(w, text, text[0] == '/');
}

static i64 walk(Walk *w, bool follow)
{
	char name[256];
	i64 r = 0;

	while (r == 0 && !w->magic && path_next(w->rest, name)) {
		size_t n = strlen(w->done);
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			if (n)
				*strrchr(w->done, '/') = 0;
			continue;
		}
		if (n + strlen(name) + 2 > PATH_SIZE)
			return -ENAMETOOLONG;
		w->done[n] = '/';
		strcpy(w->done + n + 1, name);
		if (!is_last(w) || follow || w->rest[0] == '/')
			r = follow_link(w);
	}
	return r ? r : w->magic || is_last(w) ? 0 : -ENAMETOOLONG;
}

/* ---- results ------------------------------------------------------------------------------------------ */

/* Out of the way of the guest's own numbers, which are the lowest that are free. */
static int lift(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);

	if (high < 0)
		return fd;
	close(fd);
	return high;
}

/* The directory that a name begins from, as the guest names it. */
static i64 start_of(const LinuxOpts *o, i64 dir, char out[PATH_SIZE])
{
	char link[64];

	snprintf(link, sizeof link, dir == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%lld", (long long)dir);
	ssize_t n = readlink(link, out, PATH_SIZE - 1);
	if (n < 0)
		return errno == ENOENT ? -EBADF : -errno;
	out[n] = 0;
	const char *guest = name_within(o, out);
	if (!guest)
		return out[0] == '/' ? -EACCES : -ENOTDIR;
	memmove(out, guest, strlen(guest) + 1);
	return 0;
}

/* The found file, or where it would be. */
static i64 finish(Walk *w, bool follow, Confined *c)
{
	char *last = strrchr(w->done, '/');
	int fd;

	if (w->magic) {
		snprintf(c->name, sizeof c->name, "%s", w->done);
		return 0;
	}
	if (follow || !last || strcmp(w->done, "/") == 0) {
		fd = open_exact(w->o, w->done);
		if (fd >= 0) {
			c->fd = lift(fd);
			snprintf(c->name, sizeof c->name, "/proc/self/fd/%d", c->fd);
			return 0;
		}
		if (fd != -ENOENT || !last)
			return fd;
		c->fresh = true;
	}
	*last = 0;
	fd = open_beneath(w->o, path_is_system(w->done) || *w->done ? w->done : "/", O_PATH | O_DIRECTORY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return fd;
	c->fd = lift(fd);
	snprintf(c->name, sizeof c->name, "/proc/self/fd/%d/%s", c->fd, last + 1);
	return 0;
}

i64 path_confine(const LinuxOpts *o, i64 dir, const char *guest, bool follow, Confined *c)
{
	Walk *w;
	i64 r = 0;

	c->fd = -1;
	c->fresh = false;
	c->name[0] = 0;
	if (!*guest) /* the descriptor itself, or ENOENT */
		return 0;
	w = xcalloc(1, sizeof *w);
	w->o = o;
	if (guest[0] != '/')
		r = start_of(o, dir, w->rest);
	if (r == 0) {
		size_t n = strlen(w->rest), more = strlen(guest);
		w->rest[n] = '/';
		memcpy(w->rest + n + 1, guest, more + 1);
		bool slash = guest[more - 1] == '/';
		r = walk(w, follow || slash);
		if (r == 0)
			r = finish(w, follow, c);
	}
	free(w);
	return r;
}
