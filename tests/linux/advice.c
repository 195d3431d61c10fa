/* Memory: advice, locking, what is resident, remapping, policies, other processes' memory. */
#include "show.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum { PAGE = 4096 };

static char *pages(int n)
{
	return mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void advice(void)
{
	static const struct { int advice; const char *name; } all[] = {
		{MADV_NORMAL, "normal"}, {MADV_RANDOM, "random"}, {MADV_SEQUENTIAL, "sequential"}, {MADV_WILLNEED, "willneed"}, {MADV_DONTNEED, "dontneed"},
		{MADV_FREE, "free"}, {MADV_DONTFORK, "dontfork"}, {MADV_DOFORK, "dofork"}, {MADV_HUGEPAGE, "hugepage"}, {MADV_NOHUGEPAGE, "nohugepage"},
		{MADV_DONTDUMP, "dontdump"}, {MADV_DODUMP, "dodump"}, {MADV_WIPEONFORK, "wipeonfork"}, {MADV_KEEPONFORK, "keeponfork"}, {MADV_COLD, "cold"},
		{MADV_PAGEOUT, "pageout"}, {MADV_POPULATE_READ, "populate read"}, {MADV_POPULATE_WRITE, "populate write"}, {1234, "unknown"}
	};
	char *p = pages(4);

	for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
		show(all[i].name, madvise(p, 4 * PAGE, all[i].advice));
	memset(p, 7, 4 * PAGE);
	show("dontneed", madvise(p + PAGE, PAGE, MADV_DONTNEED));
	printf("%d %d %d\n", p[0], p[PAGE], p[2 * PAGE]);
	munmap(p + 2 * PAGE, PAGE);
	show("a hole", madvise(p, 4 * PAGE, MADV_DONTNEED));
	printf("%d %d\n", p[0], p[3 * PAGE]);
	show("odd", madvise(p + 1, PAGE, MADV_NORMAL));
	show("nothing", madvise(p, 0, MADV_NORMAL));
	char *w = pages(1);
	*w = 9;
	show("wipe", madvise(w, PAGE, MADV_WIPEONFORK));
	if (fork() == 0) {
		printf("in the child %d\n", *w);
		_exit(0);
	}
	wait(NULL);
	int fd = memfd_create("x", 0);
	ftruncate(fd, 2 * PAGE);
	char *s = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	memset(s, 5, 2 * PAGE);
	show("remove", madvise(s, PAGE, MADV_REMOVE));
	printf("%d %d\n", s[0], s[PAGE]);
}

static void resident(void)
{
	unsigned char v[8] = {0};
	char *p = pages(4);

	show("mincore", mincore(p, 4 * PAGE, v));
	printf("%d %d\n", v[0] & 1, v[3] & 1);
	p[PAGE] = 1;
	show("mincore", mincore(p, 4 * PAGE, v));
	printf("%d %d %d\n", v[0] & 1, v[1] & 1, v[2] & 1);
	show("odd", mincore(p + 1, PAGE, v));
	show("bad", mincore(p, PAGE, (void *)8));
	show("lock", mlock(p, 100));
	show("lock2", syscall(SYS_mlock2, p, PAGE, MLOCK_ONFAULT));
	show("unlock", munlock(p, 4 * PAGE));
	munmap(p + 2 * PAGE, PAGE);
	show("hole", mlock(p, 4 * PAGE));
	show("mincore", mincore(p, 4 * PAGE, v));
	show("msync", msync(p, PAGE, MS_SYNC));
	show("msync", msync(p, 4 * PAGE, MS_ASYNC));
	show("both", msync(p, PAGE, MS_SYNC | MS_ASYNC));
	show("lockall", mlockall(MCL_CURRENT));
	show("unlockall", munlockall());
	show("odd", mlockall(0));
}

static void moving(void)
{
	char *p = pages(4), *q, *to = pages(8);

	strcpy(p, "first");
	strcpy(p + 3 * PAGE, "last");
	q = mremap(p, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
	printf("grown %s %s %d\n", q, q + 3 * PAGE, q[5 * PAGE]);
	q = mremap(q, 8 * PAGE, 2 * PAGE, 0);
	printf("shrunk %s\n", q);
	printf("fixed %d\n", mremap(q, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	puts(to);
	char *d = pages(2);
	strcpy(d, "kept");
	char *e = mremap(d, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | 4 /* DONTUNMAP */, NULL);
	printf("dontunmap %d: '%s' '%s'\n", e != MAP_FAILED && e != d, e == MAP_FAILED ? strerrorname_np(errno) : e, d);
	printf("odd %s\n", mremap(to + 1, PAGE, PAGE, 0) == MAP_FAILED ? strerrorname_np(errno) : "?");
	printf("none %s\n", mremap((void *)0x10000000, PAGE, 2 * PAGE, 0) == MAP_FAILED ? strerrorname_np(errno) : "?");
	printf("noreplace %s\n", mmap(to, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED ? strerrorname_np(errno) : "?");
#ifdef __x86_64__
	unsigned long low = (unsigned long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	printf("32 bits %d\n", low >> 31 == 0);
#endif
	char *g = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_NORESERVE | MAP_STACK, -1, 0);
	printf("growsdown %d\n", g != MAP_FAILED);
	char *b = sbrk(0);
	printf("brk %d ", sbrk(10000) == b);
	b[9999] = 1;
	printf("%d ", sbrk(-10000) == b + 10000);
	printf("%d\n", sbrk(0) == b);
}

static void others(void)
{
	char mine[32] = "", theirs[32] = "from the child";
	struct iovec l[2] = {{mine, 8}, {mine + 8, 24}}, r = {theirs, 32}, bad = {(void *)8, 4};
	int p[2];

	show("self", process_vm_readv(getpid(), l, 2, &r, 1, 0));
	puts(mine);
	show("bad", process_vm_readv(getpid(), l, 2, &bad, 1, 0));
	show("flags", process_vm_readv(getpid(), l, 2, &r, 1, 1));
	pipe(p);
	pid_t pid = fork();
	if (pid == 0) {
		strcpy(theirs, "another text");
		write(p[1], "x", 1);
		pause();
	}
	read(p[0], mine, 1);
	memset(mine, 0, sizeof mine);
	show("child", process_vm_readv(pid, l, 2, &r, 1, 0));
	puts(mine);
	int fd = syscall(SYS_pidfd_open, pid, 0);
	ok("pidfd", fd);
	show("signal 0", syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	int got = syscall(SYS_pidfd_getfd, fd, p[1], 0);
	ok("getfd", got);
	show("kill", syscall(SYS_pidfd_send_signal, fd, 9, NULL, 0));
	int status;
	wait(&status);
	printf("%d\n", status);
	show("gone", syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	unsigned long mask[64] = {1};
	int mode = -1;
	ok("policy", syscall(SYS_get_mempolicy, &mode, mask, 1024, NULL, 0));
	printf("%d\n", mode);
	mask[0] = 1;
	ok("policy", syscall(SYS_set_mempolicy, 0, NULL, 0));
	show("pkey", syscall(SYS_pkey_alloc, 1, 0));
	show("membarrier", syscall(SYS_membarrier, 0, 0, 0) > 0);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	advice();
	resident();
	moving();
	others();
	return 0;
}
