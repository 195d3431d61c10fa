/* Other processes of this machine: what their guests' memory and files are.  They run the same file, so that what stands in it
 * at `root` stands there at the same offset.  Their memory is read by the host's calls, which say who may; it may change
 * meanwhile, or be anything. */
#include "layouts.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#define ROOT_MAGIC 0x70766d2d67756573ull
enum { MOST_LINKS = 1 << 16 };

/* The tasks in this process's memory: of it, and of its children by vfork. */
static struct Root {
	u64 magic;
	LTask *tasks;
} root;

extern const char __ehdr_start[] __attribute__((visibility("hidden")));

void peer_publish(LTask *k, bool there)
{
	LTask **p = &root.tasks;

	while (*p && *p != k)
		p = &(*p)->next_task;
	if (there && !*p) {
		k->next_task = root.tasks;
		__atomic_store_n(&root.tasks, k, __ATOMIC_RELEASE);
	} else if (!there && *p) {
		*p = k->next_task;
	}
	root.magic = ROOT_MAGIC;
}

/* ---- memory ------------------------------------------------------------------------------------------- */

static size_t transfer(i64 tid, u64 at, void *buf, size_t n, bool write)
{
	struct iovec near = {buf, n}, far = {hostp(at), n};
	ssize_t r = write ? process_vm_writev((pid_t)tid, &near, 1, &far, 1, 0) : process_vm_readv((pid_t)tid, &near, 1, &far, 1, 0);

	return r < 0 ? 0 : (size_t)r;
}

bool peer_read(i64 tid, u64 at, void *to, size_t n)
{
	return transfer(tid, at, to, n, false) == n;
}

bool peer_write(i64 tid, u64 at, const void *from, size_t n)
{
	return transfer(tid, at, (void *)(uintptr_t)from, n, true) == n;
}

/* The host's file of its memory writes what is protected, too. */
static size_t write_forced(const LTraced *p, u64 at, const void *from, size_t n)
{
	char name[64];

	snprintf(name, sizeof name, "/proc/%d/mem", (int)p->tid);
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	ssize_t r = fd < 0 ? -1 : pwrite(fd, from, n, (off_t)at);
	if (fd >= 0)
		close(fd);
	return r < 0 ? 0 : (size_t)r;
}

/* Its code is to be translated again. */
static void note_written(const LTraced *p, u64 at, u64 n)
{
	u64 base = p->task + offsetof(LTask, written);
	u32 head;
	u64 range[2] = {at, n};

	if (!peer_read(p->tid, base + offsetof(LWritten, head), &head, sizeof head))
		return;
	peer_write(p->tid, base + offsetof(LWritten, range) + head % TRACEE_RING * sizeof range, range, sizeof range);
	head++;
	peer_write(p->tid, base + offsetof(LWritten, head), &head, sizeof head);
}

/* An i386 guest's window is mapped whole, so that what the guest has not is found out by reading without force. */
size_t peer_copy(LTraced *p, u64 at, void *buf, size_t n, bool write)
{
	u64 host = p->mem + at;
	u8 *probe;

	if (!p->wide && (at >> 32 || at + n > (u64)1 << 32))
		return 0;
	if (!write)
		return transfer(p->tid, host, buf, n, false);
	probe = xmalloc(n);
	n = p->wide ? n : transfer(p->tid, host, probe, n, false);
	free(probe);
	n = n ? write_forced(p, host, buf, n) : 0;
	if (n)
		note_written(p, at, n);
	return n;
}

/* ---- finding -------------------------------------------------------------------------------------------- */

/* Where a process has the machine's file; 0: nowhere. */
static u64 image_base(i64 pid)
{
	char name[64], line[PATH_SIZE + 200];
	struct stat own;
	u64 base = 0;

	snprintf(name, sizeof name, "/proc/%lld/maps", (long long)pid);
	FILE *f = stat("/proc/self/exe", &own) == 0 ? fopen(name, "re") : NULL;
	while (f && !base && fgets(line, sizeof line, f)) {
		unsigned long long at, offset, node;
		unsigned high, low;
		if (sscanf(line, "%llx-%*x %*s %llx %x:%x %llu", &at, &offset, &high, &low, &node) == 5 && !offset &&
		    node == own.st_ino && high == major(own.st_dev) && low == minor(own.st_dev))
			base = at;
	}
	if (f)
		fclose(f);
	return base;
}

static bool read_root(i64 pid, struct Root *out)
{
	u64 base = image_base(pid), offset = (u64)(uintptr_t)&root - (u64)(uintptr_t)__ehdr_start;

	return base && peer_read(pid, base + offset, out, sizeof *out) && out->magic == ROOT_MAGIC;
}

bool peer_ready(i64 tid)
{
	struct Root r;

	return read_root(tid, &r);
}

#define FIELD(tid, at, type, field, out) peer_read(tid, (at) + offsetof(type, field), out, sizeof *(out))

bool peer_learn(LTraced *p, u64 at)
{
	p->at = 0;
	if (!FIELD(p->tid, at, LThread, x, &p->x) || !FIELD(p->tid, at, LThread, task, &p->task) ||
	    !FIELD(p->tid, p->task, LTask, wide, &p->wide) || !FIELD(p->tid, p->x, Regfile, mem, &p->mem))
		return false;
	p->at = at;
	return true;
}

/* One of a task's threads, for which any of them will do. */
static bool find_in(LTraced *p, u64 task, bool any)
{
	u64 at = 0;
	i32 tid;

	if (!FIELD(p->tid, task, LTask, threads, &at))
		return false;
	for (u32 steps = 0; at && steps < MOST_LINKS; steps++) {
		if (!FIELD(p->tid, at, LThread, tid, &tid))
			return false;
		if (any || tid == p->tid)
			return peer_learn(p, at);
		if (!FIELD(p->tid, at, LThread, next, &at))
			return false;
	}
	return false;
}

static bool find(LTraced *p, bool any)
{
	struct Root r;

	if (!read_root(p->tid, &r))
		return false;
	u64 task = (u64)(uintptr_t)r.tasks;
	for (u32 steps = 0; task && steps < MOST_LINKS; steps++) {
		if (find_in(p, task, any))
			return true;
		if (!FIELD(p->tid, task, LTask, next_task, &task))
			return false;
	}
	return false;
}

bool peer_find(LTraced *p)
{
	return find(p, false);
}

/* ---- files ----------------------------------------------------------------------------------------------- */

static void copy_buf(const LTraced *p, size_t field, Buf *out)
{
	enum { MOST = 4 << 20 };
	Buf b;

	if (peer_read(p->tid, p->task + field, &b, sizeof b) && b.n && b.n < MOST) {
		u8 *to = buf_room(out, b.n);
		if (!peer_read(p->tid, (u64)(uintptr_t)b.p, to, b.n))
			out->n -= b.n;
	}
}

static void write_auxv(LThread *t, const LTraced *p, Buf *out) { copy_buf(p, offsetof(LTask, auxv), out); }
static void write_environ(LThread *t, const LTraced *p, Buf *out) { copy_buf(p, offsetof(LTask, environ), out); }
static void write_cmdline(LThread *t, const LTraced *p, Buf *out) { copy_buf(p, offsetof(LTask, cmdline), out); }

static bool read_far(void *ctx, u64 at, void *to, size_t n)
{
	return peer_read(((const LTraced *)ctx)->tid, at, to, n);
}

static void write_maps(LThread *t, const LTraced *p, Buf *out)
{
	u64 task;
	XMapping m;
	char name[PATH_SIZE];

	if (!FIELD(p->tid, p->task, LTask, x, &task))
		return;
	for (u32 i = 0; i < MOST_LINKS && guest_far_mapping(task, i, read_far, (void *)(uintptr_t)p, &m, name, sizeof name); i++)
		proc_write_mapping(t->task, &m, out);
}

static const struct {
	const char *name;
	void (*write)(LThread *t, const LTraced *p, Buf *out);
} files[] = {{"maps", write_maps}, {"auxv", write_auxv}, {"environ", write_environ}, {"cmdline", write_cmdline}};

/* The process that a name below /proc is about, and the rest of the name; 0: none. */
static i64 process_of(const char *path, const char **rest)
{
	char *end;

	if (strncmp(path, "/proc/", 6) != 0)
		return 0;
	long pid = strtol(path + 6, &end, 10);
	if (end == path + 6 || *end != '/' || pid <= 0 || pid > INT32_MAX)
		return 0;
	if (strncmp(end, "/task/", 6) == 0) {
		pid = strtol(end + 6, &end, 10);
		if (*end != '/' || pid <= 0 || pid > INT32_MAX)
			return 0;
	}
	*rest = end + 1;
	return pid;
}

i64 peer_open(LThread *t, const char *path, int flags)
{
	const char *name = NULL;
	LTraced p = {.tid = (i32)process_of(path, &name)};
	Buf b = {0};

	if (!p.tid)
		return -ENOSYS;
	if (strcmp(name, "mem") == 0)
		t->task->far_mem = true;
	for (u32 i = 0; i < COUNT(files); i++) {
		if (strcmp(files[i].name, name) != 0 || (flags & O_ACCMODE) != O_RDONLY || !find(&p, true))
			continue;
		files[i].write(t, &p, &b);
		i64 fd = proc_memory_file(&b, flags);
		buf_free(&b);
		return fd;
	}
	return -ENOSYS;
}

bool peer_exe(const char *path, char out[PATH_SIZE])
{
	const char *name = NULL;
	LTraced p = {.tid = (i32)process_of(path, &name)};

	if (!p.tid || strcmp(name, "exe") != 0 || p.tid == getpid() || !find(&p, true))
		return false;
	bool ok = peer_read(p.tid, p.task + offsetof(LTask, exe), out, PATH_SIZE);
	out[PATH_SIZE - 1] = 0;
	return ok;
}

/* A descriptor of a process's memory: whose? */
static bool of_file(LThread *t, i64 fd, LTraced *p)
{
	char link[64], name[PATH_SIZE];
	const char *rest = NULL;

	snprintf(link, sizeof link, "/proc/self/fd/%d", (int)fd);
	ssize_t n = readlink(link, name, sizeof name - 1);
	name[MAX(n, 0)] = 0;
	*p = (LTraced){.tid = (i32)process_of(name, &rest)};
	if (!p->tid || strcmp(rest, "mem") != 0)
		return false;
	LTraced *known = tracer_any(t->task, p->tid);
	if (known && known->at)
		*p = *known;
	return p->at || find(p, true);
}

/* Reads and writes at guest addresses; the descriptor's own position moves as it should. */
i64 peer_file(LThread *t, const u64 *a)
{
	i32 nr = t->row->host;
	bool writes = nr == SYS_write || nr == SYS_pwrite64, here = nr == SYS_read || nr == SYS_write;
	LTraced p;

	if (!here && nr != SYS_pread64 && nr != SYS_pwrite64)
		return -ENOSYS;
	if (!of_file(t, (i64)a[0], &p))
		return -ENOSYS;
	i64 at = here ? HOST(t, SYS_lseek, a[0], 0, SEEK_CUR) : (i64)a[3];
	if (at < 0)
		return at;
	size_t n = a[2] ? peer_copy(&p, (u64)at, hostp(a[1]), a[2], writes) : 0;
	if (here && n)
		HOST(t, SYS_lseek, a[0], n, SEEK_CUR);
	return n || !a[2] ? (i64)n : -EIO;
}
