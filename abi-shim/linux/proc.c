/* Files of /proc that must speak of the guest and not of the machine that runs it. */
#include "layouts.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* What follows /proc/self/ or /proc/PID/, if the PID is this process; else NULL. */
static const char *own_file(const char *path)
{
	char *end;

	if (strncmp(path, "/proc/", 6) != 0)
		return NULL;
	path += 6;
	if (strncmp(path, "self/", 5) == 0)
		return path + 5;
	if (strncmp(path, "thread-self/", 12) == 0)
		return path + 12;
	long pid = strtol(path, &end, 10);
	return end != path && *end == '/' && pid == getpid() ? end + 1 : NULL;
}

bool proc_is_exe(const char *path)
{
	const char *f = path[0] == '/' ? own_file(path) : NULL;

	return f && strcmp(f, "exe") == 0;
}

bool proc_is_own(const char *path)
{
	static const char *const names[] = {"exe", "maps", "cmdline", "environ", "auxv"};
	const char *f = path[0] == '/' ? own_file(path) : NULL;

	for (u32 i = 0; f && i < COUNT(names); i++)
		if (strcmp(f, names[i]) == 0)
			return true;
	return false;
}

static void write_maps(LTask *k, Buf *out)
{
	XMapping m;

	for (u64 at = 0; guest_mapping(k->x, at, &m); at = m.at + m.size) {
		struct stat st = {0};
		char host[PATH_SIZE];
		const char *name = m.name ? path_guest(&k->o, m.name) : "";
		if (name[0] == '/' && stat(path_host(&k->o, name, true, host), &st) != 0)
			memset(&st, 0, sizeof st);
		u32 before = out->n;
		buf_printf(out, "%08llx-%08llx %c%c%c%c %08llx %02x:%02x %llu", (unsigned long long)m.at, (unsigned long long)(m.at + m.size),
			m.prot & GP_READ ? 'r' : '-', m.prot & GP_WRITE ? 'w' : '-', m.prot & GP_EXEC ? 'x' : '-', m.shared ? 's' : 'p',
			(unsigned long long)m.offset, major(st.st_dev), minor(st.st_dev), (unsigned long long)st.st_ino);
		if (*name)
			buf_printf(out, "%*s %s", MAX(0, 72 - (int)(out->n - before)), "", name);
		buf_u8(out, '\n');
		if (m.at + m.size <= at)
			break;
	}
}

/* A file of memory with these bytes, to be read from its start. */
static i64 memory_file(const Buf *b, int flags)
{
	int fd = memfd_create("proc", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);

	if (fd < 0)
		return -errno;
	for (u32 at = 0; at < b->n;) {
		ssize_t n = write(fd, b->p + at, b->n - at);
		if (n <= 0)
			break;
		at += (u32)n;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

i64 proc_open(LThread *t, const char *path, int flags)
{
	LTask *k = t->task;
	const char *f = path[0] == '/' ? own_file(path) : NULL;
	Buf maps = {0};

	if (!f)
		return -ENOSYS;
	if (strcmp(f, "cmdline") == 0)
		return memory_file(&k->cmdline, flags);
	if (strcmp(f, "environ") == 0)
		return memory_file(&k->environ, flags);
	if (strcmp(f, "auxv") == 0)
		return memory_file(&k->auxv, flags);
	if (strcmp(f, "maps") != 0)
		return -ENOSYS;
	write_maps(k, &maps);
	i64 fd = memory_file(&maps, flags);
	buf_free(&maps);
	return fd;
}
