/* Names of files: --root lays a directory over the host's tree.  An absolute path is looked up below DIR first, links
 * there counting from DIR; what is not there is the host's (with --only-root only /proc, /dev and /sys are). */
#include "layouts.h"

#include <stdlib.h>
#include <unistd.h>

enum { MAX_LINKS = 40 };

typedef struct Walk {
	size_t base;             /* length of DIR in out */
	char *out;
	char rest[2 * PATH_SIZE]; /* what is still to be walked */
	u32 links;
} Walk;

bool path_next(char *rest, char name[256])
{
	char *s = rest + strspn(rest, "/");
	size_t n = strcspn(s, "/");

	if (!n || n > 255)
		return false;
	memcpy(name, s, n);
	name[n] = 0;
	memmove(rest, s + n, strlen(s + n) + 1);
	return true;
}

/* Puts the target of the link at w->out before the rest. */
static bool follow_link(Walk *w, const char *name)
{
	char to[PATH_SIZE];
	ssize_t n = readlink(w->out, to, sizeof to - 1);
	size_t rest = strlen(w->rest);

	if (n < 0 || ++w->links > MAX_LINKS || (size_t)n + rest + 2 > sizeof w->rest)
		return false;
	memmove(w->rest + n + 1, w->rest, rest + 1);
	memcpy(w->rest, to, (size_t)n);
	w->rest[n] = '/';
	w->out[to[0] == '/' ? w->base : strlen(w->out) - strlen(name) - 1] = 0;
	return true;
}

static bool is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

/* Gives in w->out where the guest's path is below DIR; false: too long, or too many links. */
static bool walk(Walk *w, bool follow)
{
	char name[256];

	while (path_next(w->rest, name)) {
		size_t n = strlen(w->out);
		bool last = !w->rest[strspn(w->rest, "/")];
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			while (n > w->base && w->out[--n] != '/')
				;
			w->out[n] = 0;
			continue;
		}
		if (n + strlen(name) + 2 > PATH_SIZE)
			return false;
		w->out[n] = '/';
		strcpy(w->out + n + 1, name);
		if ((!last || follow) && is_link(w->out) && !follow_link(w, name))
			return false;
	}
	return true;
}

bool path_is_system(const char *p)
{
	static const char *const dirs[] = {"/proc", "/dev", "/sys"};

	for (u32 i = 0; i < COUNT(dirs); i++) {
		size_t n = strlen(dirs[i]);
		if (strncmp(p, dirs[i], n) == 0 && (!p[n] || p[n] == '/'))
			return true;
	}
	return false;
}

const char *path_host(const LinuxOpts *o, const char *guest, bool follow, char *out)
{
	Walk w = {.out = out};
	struct stat st;

	if (!o->root || guest[0] != '/' || path_is_system(guest))
		return guest;
	w.base = strlen(o->root);
	if (w.base + 2 > PATH_SIZE || strlen(guest) >= PATH_SIZE)
		return guest;
	strcpy(out, o->root);
	strcpy(w.rest, guest);
	if (!walk(&w, follow))
		return guest;
	if (!out[w.base])
		strcpy(out + w.base, "/");
	return o->only_root || lstat(out, &st) == 0 ? out : guest;
}

const char *path_guest(const LinuxOpts *o, const char *host)
{
	size_t n = o->root ? strlen(o->root) : 0;

	if (!n || strncmp(host, o->root, n) != 0 || (host[n] && host[n] != '/'))
		return host;
	return host[n] ? host + n : "/";
}

/* Under --only-root the name is one of /proc/self/fd, whose descriptor stays open until the call is over. */
static i64 confine(LThread *t, i64 dir, const char *guest, bool follow, char *out)
{
	Confined *c = xmalloc(sizeof *c);
	i64 r = path_confine(&t->task->o, dir, guest, follow, c);

	if (r == 0) {
		strcpy(out, c->name);
		t->fresh |= c->fresh;
		if (c->fd >= 0 && t->npath_fd < COUNT(t->path_fd))
			t->path_fd[t->npath_fd++] = c->fd;
	}
	free(c);
	return r;
}

void path_done(LThread *t)
{
	while (t->npath_fd)
		close(t->path_fd[--t->npath_fd]);
	t->fresh = false;
}

i64 path_at(LThread *t, i64 dir, u64 at, bool follow, char out[PATH_SIZE])
{
	char raw[PATH_SIZE];
	i64 n = xguest_string(t->x, at, raw, sizeof raw);

	if (n < 0)
		return n == -1 ? -EFAULT : -ENAMETOOLONG;
	const char *from = follow && proc_is_exe(raw) ? t->task->exe : raw;
	if (t->task->o.only_root && !proc_is_own(raw))
		return confine(t, dir, from, follow, out);
	const char *p = path_host(&t->task->o, from, follow, out);
	if (p != out)
		memmove(out, p, strlen(p) + 1);
	return 0;
}

i64 path_read(LThread *t, u64 at, bool follow, char out[PATH_SIZE])
{
	return path_at(t, AT_FDCWD, at, follow, out);
}
