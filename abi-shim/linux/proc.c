/* Files of /proc that must speak of the guest and not of the machine that runs it. */
#include "layouts.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* A thread's files are its process's, as far as they are made here. */
static const char *of_task(const char *f)
{
	size_t n = strncmp(f, "task/", 5) == 0 ? strspn(f + 5, "0123456789") : 0;

	return n && f[5 + n] == '/' ? f + 6 + n : f;
}

/* What follows /proc/self/ or /proc/PID/, if the PID is this process; else NULL. */
static const char *own_file(const char *path)
{
	char *end;

	if (strncmp(path, "/proc/", 6) != 0)
		return NULL;
	path += 6;
	if (strncmp(path, "self/", 5) == 0)
		return of_task(path + 5);
	if (strncmp(path, "thread-self/", 12) == 0)
		return path + 12;
	long pid = strtol(path, &end, 10);
	return end != path && *end == '/' && pid == getpid() ? of_task(end + 1) : NULL;
}

bool proc_is_exe(const char *path)
{
	const char *f = path[0] == '/' ? own_file(path) : NULL;

	return f && strcmp(f, "exe") == 0;
}

/* ---- mappings ----------------------------------------------------------------------------------------- */

/* How many bytes of a mapping are in memory, as the host's kernel tells. */
static u64 resident(LThread *t, const XMapping *m)
{
	enum { PAGES = 4096 };
	unsigned char in[PAGES];
	u64 sum = 0;

	for (u64 at = m->at, end = m->at + m->size; at < end;) {
		u64 n = MIN(end - at, (u64)PAGES * GUEST_PAGE);
		void *host = xguest_mapped(t->x, at, n);
		if (!host || mincore(host, n, in) != 0)
			break;
		for (u64 i = 0; i < n / GUEST_PAGE; i++)
			sum += in[i] & 1 ? GUEST_PAGE : 0;
		at += n;
	}
	return sum;
}

static void write_details(LThread *t, const XMapping *m, Buf *out)
{
	bool file = m->name && m->name[0] == '/';
	unsigned long long kb = m->size / 1024, rss = resident(t, m) / 1024;

	buf_printf(out, "Size:           %8llu kB\nKernelPageSize:        4 kB\nMMUPageSize:           4 kB\nRss:            %8llu kB\n"
		"Pss:            %8llu kB\nShared_Clean:          0 kB\nShared_Dirty:          0 kB\nPrivate_Clean:  %8llu kB\n"
		"Private_Dirty:  %8llu kB\nReferenced:     %8llu kB\nAnonymous:      %8llu kB\nLazyFree:              0 kB\nAnonHugePages:         0 kB\n"
		"Swap:                  0 kB\nLocked:                0 kB\nVmFlags:%s%s%s mr mw me%s\n",
		kb, rss, rss, file ? rss : 0, file ? 0 : rss, rss, file ? 0 : rss,
		m->prot & GP_READ ? " rd" : "", m->prot & GP_WRITE ? " wr" : "", m->prot & GP_EXEC ? " ex" : "", m->shared ? " sh" : "");
}

void proc_write_mapping(LTask *k, const XMapping *m, Buf *out)
{
	struct stat st = {0};
	char host[PATH_SIZE];
	const char *name = m->name ? path_guest(&k->o, m->name) : "";
	u32 before = out->n;

	if (name[0] == '/' && stat(path_host(&k->o, name, true, host), &st) != 0)
		memset(&st, 0, sizeof st);
	buf_printf(out, "%08llx-%08llx %c%c%c%c %08llx %02x:%02x %llu", (unsigned long long)m->at, (unsigned long long)(m->at + m->size),
		m->prot & GP_READ ? 'r' : '-', m->prot & GP_WRITE ? 'w' : '-', m->prot & GP_EXEC ? 'x' : '-', m->shared ? 's' : 'p',
		(unsigned long long)m->offset, major(st.st_dev), minor(st.st_dev), (unsigned long long)st.st_ino);
	if (*name)
		buf_printf(out, "%*s %s", MAX(0, 72 - (int)(out->n - before)), "", name);
	buf_u8(out, '\n');
}

static void write_all(LThread *t, bool details, Buf *out)
{
	XMapping m;

	for (u64 at = 0; guest_mapping(t->task->x, at, &m); at = m.at + m.size) {
		proc_write_mapping(t->task, &m, out);
		if (details)
			write_details(t, &m, out);
		if (m.at + m.size <= at)
			break;
	}
}

static void write_maps(LThread *t, Buf *out) { write_all(t, false, out); }
static void write_smaps(LThread *t, Buf *out) { write_all(t, true, out); }

static u64 mapped(const LTask *k)
{
	XMapping m;
	u64 sum = 0;

	for (u64 at = 0; guest_mapping(k->x, at, &m) && m.at + m.size > at; at = m.at + m.size)
		sum += m.size;
	return sum;
}

/* ---- the host's files, with the guest's numbers -------------------------------------------------------- */

static bool host_file(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(out, 1, size - 1, f) : 0;

	if (f)
		fclose(f);
	out[n] = 0;
	return n > 0;
}

/* Fields of stat, counted from 1; those before the name's parenthesis closes are the host's. */
enum { STAT_VSIZE = 23, STAT_CODE, STAT_STACK = 28, STAT_BRK = 47 };

static void write_stat(LThread *t, Buf *out)
{
	char host[4096], *save = NULL;
	const LTask *k = t->task;
	char *rest = host_file("/proc/self/stat", host, sizeof host) ? strrchr(host, ')') : NULL;
	u32 field = 3;

	if (!rest)
		return;
	buf_printf(out, "%.*s", (int)(rest + 1 - host), host);
	for (char *s = strtok_r(rest + 1, " \n", &save); s; s = strtok_r(NULL, " \n", &save), field++) {
		u64 own = field == STAT_VSIZE ? mapped(k) : field == STAT_STACK ? k->stack_high : field == STAT_BRK ? k->brk_start : 0;
		if (own)
			buf_printf(out, " %llu", (unsigned long long)own);
		else
			buf_printf(out, " %s", s);
	}
	buf_u8(out, '\n');
}

static void write_statm(LThread *t, Buf *out)
{
	char host[256];

	if (host_file("/proc/self/statm", host, sizeof host))
		buf_printf(out, "%llu%s", (unsigned long long)(mapped(t->task) / GUEST_PAGE), host + strcspn(host, " "));
}

/* Which signals are ignored (1) or have handlers (2). */
static u64 signals(const LTask *k, bool handled)
{
	u64 set = 0;

	for (u32 sig = 1; sig <= NSIG_GUEST; sig++)
		if (handled ? k->action[sig].handler > 1 : k->action[sig].handler == 1)
			set |= 1ull << (sig - 1);
	return set;
}

static void write_status(LThread *t, Buf *out)
{
	char host[8192], *save = NULL;
	const LTask *k = t->task;
	const struct { const char *name; u64 value; bool kb; } own[] = {
		{"VmPeak:", mapped(k), true}, {"VmSize:", mapped(k), true}, {"VmStk:", k->stack_high - k->stack_low, true},
		{"SigBlk:", t->mask, false}, {"SigIgn:", signals(k, false), false}, {"SigCgt:", signals(k, true), false}
	};

	host_file("/proc/self/status", host, sizeof host);
	for (char *s = strtok_r(host, "\n", &save); s; s = strtok_r(NULL, "\n", &save)) {
		u32 i = 0;
		while (i < COUNT(own) && strncmp(s, own[i].name, strlen(own[i].name)) != 0)
			i++;
		if (i == COUNT(own))
			buf_printf(out, "%s\n", s);
		else if (own[i].kb)
			buf_printf(out, "%s\t%8llu kB\n", own[i].name, (unsigned long long)own[i].value / 1024);
		else
			buf_printf(out, "%s\t%016llx\n", own[i].name, (unsigned long long)own[i].value);
	}
}

/* ---- the processor ---------------------------------------------------------------------------------------- */

/* Linux's names of features where they are not cpuid.def's in small letters. */
static const char *feature_name(const char *name, char *buf)
{
	static const char *const other[][2] = {
		{"CLFSH", "clflush"}, {"SSE3", "pni"}, {"PCLMUL", "pclmulqdq"}, {"LAHF", "lahf_lm"}, {"LZCNT", "abm"},
		{"PREFETCHW", "3dnowprefetch"}, {"SHA", "sha_ni"}, {"OSXSAVE", ""}
	};
	size_t i = 0;

	for (u32 k = 0; k < COUNT(other); k++)
		if (strcmp(other[k][0], name) == 0)
			return other[k][1];
	for (; name[i]; i++)
		buf[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
	buf[i] = 0;
	return buf;
}

static void write_flags(enum XMode mode, Buf *out)
{
	enum { A, B, C, D };
	static const struct { const char *name; u32 leaf; u8 reg, bit; } features[] = {
#define CF(name, leaf, reg, bit) {#name, leaf, reg, bit},
#include "../../pvm/x86/cpuid.def"
#undef CF
	};
	u32 reg[4];
	char buf[32];

	for (u32 i = 0; i < COUNT(features); i++) {
		x86_cpuid(mode, features[i].leaf, features[i].leaf == 0xd ? 1 : 0, reg);
		const char *name = feature_name(features[i].name, buf);
		if (*name && reg[features[i].reg] >> features[i].bit & 1)
			buf_printf(out, " %s", name);
	}
}

static void write_cpuinfo(LThread *t, Buf *out)
{
	enum XMode mode = t->task->wide ? X86_64 : X86_32;
	u32 v[4], id[4], brand[12];
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	x86_cpuid(mode, 0, 0, v);
	x86_cpuid(mode, 1, 0, id);
	for (u32 i = 0; i < 3; i++)
		x86_cpuid(mode, 0x80000002 + i, 0, brand + 4 * i);
	const u32 vendor[3] = {v[1], v[3], v[2]};
	u32 family = (id[0] >> 8 & 15) + ((id[0] >> 8 & 15) == 15 ? id[0] >> 20 & 255 : 0), model = (id[0] >> 4 & 15) | (id[0] >> 12 & 0xf0);
	for (long cpu = 0; cpu < n; cpu++) {
		buf_printf(out, "processor\t: %ld\nvendor_id\t: %.12s\ncpu family\t: %u\nmodel\t\t: %u\nmodel name\t: %.48s\nstepping\t: %u\n",
			cpu, (const char *)vendor, family, model, (const char *)brand, id[0] & 15);
		buf_printf(out, "physical id\t: 0\nsiblings\t: %ld\ncore id\t\t: %ld\ncpu cores\t: %ld\napicid\t\t: %ld\nfpu\t\t: yes\n"
			"fpu_exception\t: yes\ncpuid level\t: %u\nwp\t\t: yes\nflags\t\t:", n, cpu, n, cpu, v[0]);
		write_flags(mode, out);
		buf_printf(out, "\nbugs\t\t:\nbogomips\t: 4000.00\nclflush size\t: 64\ncache_alignment\t: 64\n"
			"address sizes\t: 46 bits physical, 48 bits virtual\npower management:\n\n");
	}
}

/* ---- opening ---------------------------------------------------------------------------------------------- */

/* Where no file may be so large: a pipe, which cannot be read twice. */
static i64 memory_pipe(const Buf *b, int flags)
{
	int p[2];

	if (pipe2(p, flags & O_CLOEXEC) != 0)
		return -errno;
	fcntl(p[1], F_SETPIPE_SZ, (int)b->n);
	fcntl(p[1], F_SETFL, O_NONBLOCK);
	ssize_t n = write(p[1], b->p, b->n);
	close(p[1]);
	if (n == (ssize_t)b->n)
		return p[0];
	close(p[0]);
	return -EFBIG;
}

/* A file of memory with these bytes, to be read from its start.  The guest's limit for its own files does not count. */
i64 proc_memory_file(const Buf *b, int flags)
{
	struct rlimit before, most;

	getrlimit(RLIMIT_FSIZE, &before);
	if (before.rlim_max < b->n)
		return memory_pipe(b, flags);
	int fd = memfd_create("proc", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);

	if (fd < 0)
		return -errno;
	most = (struct rlimit){before.rlim_max, before.rlim_max};
	setrlimit(RLIMIT_FSIZE, &most);
	for (u32 at = 0; at < b->n;) {
		ssize_t n = write(fd, b->p + at, b->n - at);
		if (n <= 0)
			break;
		at += (u32)n;
	}
	setrlimit(RLIMIT_FSIZE, &before);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void write_cmdline(LThread *t, Buf *out) { buf_bytes(out, t->task->cmdline.p, t->task->cmdline.n); }
static void write_environ(LThread *t, Buf *out) { buf_bytes(out, t->task->environ.p, t->task->environ.n); }
static void write_auxv(LThread *t, Buf *out) { buf_bytes(out, t->task->auxv.p, t->task->auxv.n); }

static const struct ProcFile {
	const char *name; /* behind /proc/self/, or all of it */
	void (*write)(LThread *t, Buf *out);
} files[] = {
	{"maps", write_maps}, {"smaps", write_smaps}, {"cmdline", write_cmdline}, {"environ", write_environ}, {"auxv", write_auxv},
	{"stat", write_stat}, {"statm", write_statm}, {"status", write_status}, {"/proc/cpuinfo", write_cpuinfo}
};

static const struct ProcFile *find(const char *path)
{
	const char *f = path[0] == '/' ? own_file(path) : NULL;

	for (u32 i = 0; i < COUNT(files); i++)
		if (strcmp(files[i].name, files[i].name[0] == '/' ? path : f ? f : "") == 0)
			return &files[i];
	return NULL;
}

bool proc_is_own(const char *path)
{
	return proc_is_exe(path) || find(path);
}

i64 proc_open(LThread *t, const char *path, int flags)
{
	const struct ProcFile *f = strncmp(path, "/proc/", 6) == 0 ? find(path) : NULL;
	Buf b = {0};

	if (!f)
		return peer_open(t, path, flags);
	if ((flags & O_ACCMODE) != O_RDONLY)
		return -ENOSYS;
	f->write(t, &b);
	i64 fd = proc_memory_file(&b, flags);
	buf_free(&b);
	return fd;
}
