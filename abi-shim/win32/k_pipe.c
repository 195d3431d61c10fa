/* kernel32: pipes.  Anonymous ones are the host's; named ones are its local sockets, in a directory of the user's own, so
 * that other processes find them too. */
#include "async.h"
#include "handlers.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* What instances of one name share. */
typedef struct Listener {
	struct Listener *next;
	char *name;            /* lower case */
	struct sockaddr_un at;
	int fd;
	u32 refs;
	bool message;
} Listener;

typedef struct Instance {
	Listener *listener;    /* NULL: a client's end */
	u32 most;
	u8 *rest;              /* of a message of which a part has been read */
	size_t nrest;
} Instance;

static Listener *listeners; /* under the task's lock */

/* ---- names ---------------------------------------------------------------------------------------------- */

bool pipe_name(const char *guest, const char **name)
{
	if (strncasecmp(guest, "\\\\.\\pipe\\", 9) != 0 && strncasecmp(guest, "\\\\?\\pipe\\", 9) != 0)
		return false;
	*name = guest + 9;
	return **name != 0;
}

/* A directory that only the user can enter. */
static bool socket_dir(char *out, size_t size)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (run && run[0] == '/' && strlen(run) < 60)
		snprintf(out, size, "%s/pvm", run);
	else
		snprintf(out, size, "/tmp/pvm-%u", (unsigned)getuid());
	mkdir(out, 0700);
	return lstat(out, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == getuid() && !(st.st_mode & 077);
}

/* A name of any length and any characters: by FNV-1a, Fowler, Noll and Vo. */
static bool address_of(const char *name, struct sockaddr_un *at)
{
	char dir[80];
	u64 h = 0xcbf29ce484222325u;

	if (!socket_dir(dir, sizeof dir))
		return false;
	for (; *name; name++) {
		u8 c = (u8)*name;
		h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 0x100000001b3u;
	}
	memset(at, 0, sizeof *at);
	at->sun_family = AF_UNIX;
	return snprintf(at->sun_path, sizeof at->sun_path, "%s/pipe-%016llx", dir, (unsigned long long)h) < (int)sizeof at->sun_path;
}

/* ---- servers ----------------------------------------------------------------------------------------------- */

static int listen_at(const struct sockaddr_un *at, bool message)
{
	int type = (message ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC, fd = socket(AF_UNIX, type, 0);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)at, sizeof *at) != 0 && errno == EADDRINUSE) {
		if (connect(fd, (const struct sockaddr *)at, sizeof *at) != 0 && errno == ECONNREFUSED) { /* left by a process that died */
			unlink(at->sun_path);
			bind(fd, (const struct sockaddr *)at, sizeof *at);
		}
	}
	if (fd < 0 || listen(fd, 64) == 0)
		return fd;
	close(fd);
	return -1;
}

static Listener *listener_get(const char *name, bool message, bool *first)
{
	Listener *l = listeners;

	while (l && strcasecmp(l->name, name) != 0)
		l = l->next;
	*first = !l;
	if (l) {
		l->refs++;
		return l;
	}
	l = xcalloc(1, sizeof *l);
	if (!address_of(name, &l->at) || (l->fd = listen_at(&l->at, message)) < 0) {
		free(l);
		return NULL;
	}
	l->name = strdup(name);
	l->message = message;
	l->refs = 1;
	l->next = listeners;
	listeners = l;
	return l;
}

static void listener_drop(Listener *l)
{
	Listener **p = &listeners;

	if (--l->refs)
		return;
	while (*p != l)
		p = &(*p)->next;
	*p = l->next;
	close(l->fd);
	unlink(l->at.sun_path);
	free(l->name);
	free(l);
}

void pipe_end(void)
{
	for (const Listener *l = listeners; l; l = l->next)
		unlink(l->at.sun_path);
}

static void instance_free(WObj *o)
{
	Instance *i = o->data;

	if (i->listener) {
		pthread_mutex_lock(&o->task->lock);
		listener_drop(i->listener);
		pthread_mutex_unlock(&o->task->lock);
	}
	free(i->rest);
	free(i);
}

static WObj *new_instance(WTask *k, int fd, Listener *l, bool message)
{
	WObj *o = obj_new(WK_FILE);
	Instance *i = xcalloc(1, sizeof *i);

	i->listener = l;
	o->task = k;
	o->fd = fd;
	o->stream = o->pipe = true;
	o->message = message;
	o->data = i;
	o->destroy = instance_free;
	return o;
}

u64 w_CreateNamedPipe(WThread *t, const u64 *a)
{
	enum { OVERLAPPED = 0x40000000, FIRST = 0x80000, MESSAGE = 4, READ_MESSAGE = 2, NOWAIT = 1 };
	char *guest = arg_string(t, a, 0);
	const char *name;
	bool first = true, ok = guest && pipe_name(guest, &name);
	WObj *o = NULL;

	error_set(t, W_INVALID_NAME);
	task_lock(t);
	Listener *l = ok ? listener_get(name, a[2] & MESSAGE, &first) : NULL;
	if (l && !first && a[1] & FIRST) {
		listener_drop(l);
		l = NULL;
	}
	task_unlock(t);
	free(guest);
	if (!l) {
		if (ok)
			error_set(t, W_ACCESS_DENIED);
		return W_INVALID_HANDLE_VALUE;
	}
	o = new_instance(t->task, -1, l, l->message);
	o->overlapped = a[1] & OVERLAPPED;
	o->nowait = a[2] & NOWAIT;
	o->read_message = a[2] & READ_MESSAGE;
	error_set(t, 0);
	u64 h = handle_new(t->task, o);
	inherit_by(t, h, a[7]);
	return h;
}

/* -EAGAIN: nobody has come yet. */
static i64 accept_one(WThread *t, WAsync *p)
{
	const Instance *i = p->o->data;
	struct pollfd v = {.fd = i->listener->fd, .events = POLLIN};

	if (poll(&v, 1, 0) <= 0)
		return -EAGAIN;
	int fd = accept4(i->listener->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return errno == EAGAIN || errno == ECONNABORTED ? -EAGAIN : -errno;
	p->o->fd = fd;
	return 0;
}

u64 w_ConnectNamedPipe(WThread *t, const u64 *a)
{
	enum { CONNECTED = 535, LISTENING = 536 };
	WObj *o = handle_get(t->task, a[0], WK_FILE);
	const Instance *i = o && o->pipe ? o->data : NULL;
	u64 r;

	if (!i || !i->listener) {
		if (o)
			obj_drop(o);
		return fail(t, W_INVALID_HANDLE);
	}
	WAsync p = {.o = o, .fd = i->listener->fd, .events = POLLIN, .go = accept_one, .overlapped = a[1]};
	if (o->fd >= 0 || accept_one(t, &p) == 0)
		r = fail(t, CONNECTED);
	else if (a[1] && o->overlapped)
		r = async_start(t, &p, 0);
	else if (o->nowait)
		r = fail(t, LISTENING);
	else {
		struct pollfd v = {.fd = p.fd, .events = POLLIN};
		i64 n;
		while ((n = accept_one(t, &p)) == -EAGAIN)
			poll(&v, 1, -1);
		r = n < 0 ? fail(t, error_from_errno((int)-n)) : 1;
	}
	obj_drop(o);
	return r;
}

u64 w_DisconnectNamedPipe(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_FILE);
	bool ok = o && o->pipe && ((Instance *)o->data)->listener;

	if (ok) {
		async_cancel(t->task, o, 0);
		int fd = o->fd;
		o->fd = -1;
		if (fd >= 0)
			close(fd);
	}
	if (o)
		obj_drop(o);
	return ok ? 1 : fail(t, W_INVALID_HANDLE);
}

/* ---- clients --------------------------------------------------------------------------------------------------- */

/* Connects by either kind of socket; -errno. */
static int connect_to(const char *name, bool *message)
{
	struct sockaddr_un at;

	if (!address_of(name, &at))
		return -ENOENT;
	for (int k = 0; k < 2; k++) {
		int fd = socket(AF_UNIX, (k ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0) {
			*message = k == 1;
			return fd;
		}
		int e = errno;
		if (fd >= 0)
			close(fd);
		if (e != EPROTOTYPE)
			return e == ECONNREFUSED ? -ENOENT : -e;
	}
	return -ENOENT;
}

WObj *pipe_open(WThread *t, const char *name, u32 flags)
{
	enum { OVERLAPPED = 0x40000000 };
	bool message = false;
	int fd = connect_to(name, &message);

	if (fd < 0) {
		error_set(t, error_from_errno(-fd));
		return NULL;
	}
	WObj *o = new_instance(t->task, fd, NULL, message);
	o->overlapped = flags & OVERLAPPED;
	return o;
}

u64 w_WaitNamedPipe(WThread *t, const u64 *a)
{
	char *guest = arg_string(t, a, 0);
	const char *name;
	struct sockaddr_un at;
	bool ok = guest && pipe_name(guest, &name) && address_of(name, &at) && access(at.sun_path, F_OK) == 0;

	free(guest);
	return ok ? 1 : fail(t, W_FILE_NOT_FOUND);
}

/* ---- both kinds -------------------------------------------------------------------------------------------------- */

u64 w_CreatePipe(WThread *t, const u64 *a)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) != 0)
		return fail_errno(t);
	for (u32 i = 0; i < 2; i++) {
		WObj *o = obj_file(fd[i], NULL);
		u64 h = handle_new(t->task, o);
		inherit_by(t, h, a[2]);
		mem_put_word(t, a[i], h);
	}
	return 1;
}

/* Reads of a message pipe: a part of a message leaves the rest for the next read. */
static i64 read_message(WObj *o, u8 *p, u64 n)
{
	Instance *i = o->data;

	if (!i->nrest) {
		ssize_t whole = recv(o->fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
		if (whole <= 0)
			return whole;
		i->rest = xrealloc(i->rest, (size_t)whole);
		whole = recv(o->fd, i->rest, (size_t)whole, 0);
		if (whole <= 0)
			return whole;
		i->nrest = (size_t)whole;
	}
	u64 part = MIN(n, (u64)i->nrest);
	memcpy(p, i->rest, part);
	memmove(i->rest, i->rest + part, i->nrest - part);
	i->nrest -= part;
	return (i64)part;
}

i64 pipe_read(WObj *o, u8 *p, u64 n, bool wait)
{
	struct pollfd v = {.fd = o->fd, .events = POLLIN};
	Instance *i = o->data;

	if (o->fd < 0)
		return -EPIPE;
	if (!(o->message && i->nrest) && poll(&v, 1, wait && !o->nowait ? -1 : 0) == 0)
		return -EAGAIN;
	i64 r = o->message ? read_message(o, p, n) : recv(o->fd, p, n, 0);
	return r == 0 && n ? -EPIPE : r < 0 ? errno == ECONNRESET ? -EPIPE : -errno : r;
}

bool pipe_more(const WObj *o)
{
	const Instance *i = o->pipe ? o->data : NULL;

	return i && o->message && o->read_message && i->nrest;
}

/* What is there without being taken: up to n bytes to p; -1: the other end is closed. */
static i64 peek(const WObj *o, u8 *p, u64 n, int *left)
{
	struct pollfd v = {.fd = o->fd, .events = POLLIN};
	int through[2];
	ssize_t got = 0;

	*left = 0;
	if (ioctl(o->fd, FIONREAD, left) != 0)
		return -1;
	if (!*left)
		return poll(&v, 1, 0) > 0 && v.revents & (POLLHUP | POLLIN) ? -1 : 0;
	if (!n)
		return 0;
	if (o->pipe)
		return recv(o->fd, p, n, MSG_PEEK | MSG_DONTWAIT);
	if (pipe2(through, O_CLOEXEC) != 0)
		return -1;
	got = tee(o->fd, through[1], n, SPLICE_F_NONBLOCK);
	if (got > 0)
		got = read(through[0], p, (size_t)got);
	close(through[0]);
	close(through[1]);
	return got;
}

u64 w_PeekNamedPipe(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_FILE);
	int left = 0;

	if (!o || !o->stream || o->console) {
		if (o)
			obj_drop(o);
		return fail(t, W_INVALID_HANDLE);
	}
	u8 *p = a[1] && a[2] ? mem_out(t, a[1], a[2]) : NULL;
	i64 n = peek(o, p, p ? a[2] : 0, &left);
	obj_drop(o);
	if (n < 0)
		return fail(t, W_BROKEN_PIPE);
	if (a[3])
		mem_put_u32(t, a[3], (u32)n);
	if (a[4])
		mem_put_u32(t, a[4], (u32)left);
	if (a[5])
		mem_put_u32(t, a[5], 0);
	return 1;
}

u64 w_SetNamedPipeHandleState(WThread *t, const u64 *a)
{
	enum { NOWAIT = 1, READ_MESSAGE = 2 };
	WObj *o = handle_get(t->task, a[0], WK_FILE);

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	if (a[1]) {
		u32 mode = mem_u32(t, a[1]);
		o->nowait = mode & NOWAIT;
		o->read_message = mode & READ_MESSAGE;
		if (!o->pipe)
			fcntl(o->fd, F_SETFL, (fcntl(o->fd, F_GETFL) & ~O_NONBLOCK) | (o->nowait ? O_NONBLOCK : 0));
	}
	obj_drop(o);
	return 1;
}

u64 w_GetNamedPipeHandleState(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_FILE);

	if (!o || !o->stream) {
		if (o)
			obj_drop(o);
		return fail(t, W_INVALID_HANDLE);
	}
	if (a[1])
		mem_put_u32(t, a[1], (o->nowait ? 1u : 0) | (o->read_message ? 2u : 0));
	if (a[2])
		mem_put_u32(t, a[2], 1);
	obj_drop(o);
	return 1;
}

u64 w_GetNamedPipeInfo(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_FILE);
	const u32 v[] = {o && o->message ? 4 : 0, 65536, 65536, 255};

	if (!o || !o->stream) {
		if (o)
			obj_drop(o);
		return fail(t, W_INVALID_HANDLE);
	}
	for (u32 i = 0; i < COUNT(v); i++)
		if (a[1 + i])
			mem_put_u32(t, a[1 + i], v[i]);
	obj_drop(o);
	return 1;
}

/* Who is at the other end. */
u64 w_GetNamedPipeProcessId(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_FILE);
	struct ucred who;
	socklen_t n = sizeof who;
	bool ok = o && getsockopt(o->fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0;

	if (o)
		obj_drop(o);
	if (!ok)
		return fail(t, W_INVALID_HANDLE);
	mem_put_u32(t, a[1], (u32)who.pid);
	return 1;
}
