/* Calls that the other programs do not make by their own numbers: files by directories, descriptors of events, identities,
 * times, waiting with masks, keys; and those that programs fall back from. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __i386__
#define OFF(n) (long)(n), 0L
#define NR_STAT SYS_fstatat64
typedef struct stat64 Stat;
#else
#define OFF(n) (long)(n)
#define NR_STAT SYS_newfstatat
typedef struct stat Stat;
#endif

static void show(const char *what, long r)
{
	if (r < 0)
		printf("%s: %s\n", what, strerrorname_np(errno));
	else
		printf("%s: %ld\n", what, r);
}

static char dir[] = "/tmp/pvm-rest-XXXXXX";

static void files(void)
{
	Stat st;
	char buf[32] = "";
	int d = open(dir, O_RDONLY | O_DIRECTORY);

	show("mkdirat", syscall(SYS_mkdirat, d, "sub", 0750));
	show("mkdirat again", syscall(SYS_mkdirat, d, "sub", 0750));
	show("mkdirat nowhere", syscall(SYS_mkdirat, 999, "x", 0750));
	int f = openat(d, "sub/f", O_RDWR | O_CREAT, 0640);
	show("write", write(f, "0123456789", 10));
	show("pread64", syscall(SYS_pread64, f, buf, 4L, OFF(3)));
	printf("%s\n", buf);
	show("pread64 of a pipe", syscall(SYS_pread64, 1000, buf, 4L, OFF(3)));
	show("fsync", syscall(SYS_fsync, f));
	show("fdatasync", syscall(SYS_fdatasync, f));
	show("fsync of nothing", syscall(SYS_fsync, 999));
	show("fadvise64", syscall(SYS_fadvise64, f, OFF(0), 4096L, 3));
	show("fadvise64, bad", syscall(SYS_fadvise64, f, OFF(0), 4096L, 99));
	show("symlinkat", syscall(SYS_symlinkat, "f", d, "sub/link"));
	show("symlinkat, there", syscall(SYS_symlinkat, "f", d, "sub/link"));
	show("fchmodat", syscall(SYS_fchmodat, d, "sub/f", 0604));
	show("stat", syscall(NR_STAT, d, "sub/f", &st, 0));
	printf("%o %lld\n", (int)st.st_mode, (long long)st.st_size);
	show("stat of the link", syscall(NR_STAT, d, "sub/link", &st, AT_SYMLINK_NOFOLLOW));
	printf("%d %lld\n", S_ISLNK(st.st_mode), (long long)st.st_size);
	show("stat by descriptor", syscall(NR_STAT, f, "", &st, AT_EMPTY_PATH));
	printf("%lld\n", (long long)st.st_size);
	show("stat, bad flags", syscall(NR_STAT, f, "", &st, 0x40000000));
	show("faccessat2", syscall(SYS_faccessat2, d, "sub/f", R_OK, AT_EACCESS));
	show("faccessat2, nothing", syscall(SYS_faccessat2, d, "sub/g", R_OK, 0));
	show("faccessat2, bad flags", syscall(SYS_faccessat2, d, "sub/f", R_OK, 0x10));
	show("renameat2", syscall(SYS_renameat2, d, "sub/f", d, "sub/g", 1));
	show("renameat2, there", syscall(SYS_renameat2, d, "sub/g", d, "sub/link", 1));
	show("exchange", syscall(SYS_renameat2, d, "sub/g", d, "sub/link", 2));
	show("both", syscall(SYS_renameat2, d, "sub/g", d, "sub/link", 3));
	show("chown", syscall(SYS_chown, dir, getuid(), getgid()));
	show("chown, nothing", syscall(SYS_chown, "/nowhere", -1, -1));
	show("fchown", syscall(SYS_fchown, f, -1, -1));
	show("fchownat", syscall(SYS_fchownat, d, "sub/link", -1, -1, AT_SYMLINK_NOFOLLOW));
	show("fchownat, bad flags", syscall(SYS_fchownat, d, "sub/link", -1, -1, 0x4000000));
	struct statfs fs;
	memset(&fs, 0, sizeof fs);
	show("fstatfs", fstatfs(f, &fs));
	printf("%d %d\n", fs.f_bsize > 0, fs.f_namelen > 0);
	show("fgetxattr", syscall(SYS_fgetxattr, f, "user.none", buf, 10));
	show("lgetxattr", syscall(SYS_lgetxattr, dir, "user.none", buf, 10));
	show("flistxattr", syscall(SYS_flistxattr, f, NULL, 0));
	long n = 0;
	char ents[4096];
	int s = openat(d, "sub", O_RDONLY | O_DIRECTORY);
	n = syscall(SYS_getdents64, s, ents, sizeof ents);
	printf("getdents64 %d, then %ld; too small %s\n", n > 0, (long)syscall(SYS_getdents64, s, ents, sizeof ents),
		lseek(s, 0, SEEK_SET) == 0 && syscall(SYS_getdents64, s, ents, 4) < 0 ? strerrorname_np(errno) : "fine");
	unlinkat(d, "sub/g", 0);
	unlinkat(d, "sub/link", 0);
	show("unlinkat", unlinkat(d, "sub", AT_REMOVEDIR));
}

static void descriptors(void)
{
	uint64_t v = 5;
	struct timespec ts = {0, 1000000};
	sigset_t set;
	int fd = syscall(SYS_eventfd2, 3, EFD_NONBLOCK | EFD_SEMAPHORE);

	show("eventfd2", fd >= 0);
	show("read", read(fd, &v, 8));
	printf("%llu\n", (unsigned long long)v);
	show("write", write(fd, &(uint64_t){-1}, 8));
	show("eventfd2, bad", syscall(SYS_eventfd2, 0, 0x77));
	show("dup3", syscall(SYS_dup3, fd, 50, O_CLOEXEC));
	printf("%d\n", fcntl(50, F_GETFD));
	show("dup3, same", syscall(SYS_dup3, 50, 50, 0));
	show("dup3, bad flags", syscall(SYS_dup3, fd, 51, O_APPEND));
	fd_set r;
	FD_ZERO(&r);
	FD_SET(50, &r);
	sigemptyset(&set);
	struct { const void *at; size_t n; } mask = {&set, 8};
	show("pselect6", syscall(SYS_pselect6, 51, &r, NULL, NULL, &ts, &mask));
	printf("%d\n", FD_ISSET(50, &r) != 0);
	FD_ZERO(&r);
	show("pselect6, time", syscall(SYS_pselect6, 51, &r, NULL, NULL, &(struct timespec){0, 1000000}, NULL));
	show("pselect6, bad", syscall(SYS_pselect6, -1, NULL, NULL, NULL, &ts, NULL));
	close(50);
	close(fd);
}

static void times(void)
{
	struct timespec ts = {9, 9};

	for (int c = 0; c < 8; c++) {
		long r = syscall(SYS_clock_getres, c, &ts);
		printf("clock_getres %d: %ld %lld %ld\n", c, r, (long long)ts.tv_sec, ts.tv_nsec);
	}
	show("clock_getres, bad", syscall(SYS_clock_getres, 99, &ts));
	show("clock_nanosleep", syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &(struct timespec){0, 1000}, NULL));
	show("clock_nanosleep, bad", syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &(struct timespec){0, 2000000000}, NULL));
	show("restart_syscall", syscall(SYS_restart_syscall));
}

static void identities(void)
{
	int st;
	pid_t pid = fork();

	if (pid == 0) {
		show("setgid", syscall(SYS_setgid, getgid()));
		show("set_tid_address", syscall(SYS_set_tid_address, &st) == getpid());
		_exit(0);
	}
	waitpid(pid, &st, 0);
}

/* The keys of the process alone, which end with it. */
static void keys(void)
{
	enum { PROCESS = -2, GET_RING = 0, UPDATE = 2, REVOKE = 3, DESCRIBE = 6, UNLINK = 9, SEARCH = 10, READ = 11 };
	char buf[200] = "";

	long ring = syscall(SYS_keyctl, GET_RING, PROCESS, 1);
	if (ring < 0) {
		show("keys", ring);
		return;
	}
	long key = syscall(SYS_add_key, "user", "pvm:test", "secret", 6L, PROCESS);
	show("add_key", key > 0);
	show("found", syscall(SYS_keyctl, SEARCH, PROCESS, "user", "pvm:test", 0L) == key);
	show("size", syscall(SYS_keyctl, READ, key, NULL, 0L));
	show("read", syscall(SYS_keyctl, READ, key, buf, 100L));
	printf("%s\n", buf);
	show("update", syscall(SYS_keyctl, UPDATE, key, "other", 5L));
	memset(buf, 0, sizeof buf);
	show("read", syscall(SYS_keyctl, READ, key, buf, 100L));
	printf("%s\n", buf);
	memset(buf, 0, sizeof buf);
	show("describe", syscall(SYS_keyctl, DESCRIBE, key, buf, 200L) > 0);
	printf("%s\n", strrchr(buf, ';') ? strrchr(buf, ';') : "?");
	show("request_key", syscall(SYS_request_key, "user", "pvm:test", NULL, 0) == key);
	show("request_key, none", syscall(SYS_request_key, "user", "pvm:none", NULL, 0));
	show("unlink", syscall(SYS_keyctl, UNLINK, key, PROCESS));
	show("gone", syscall(SYS_keyctl, SEARCH, PROCESS, "user", "pvm:test", 0L));
	show("no type", syscall(SYS_add_key, "no such type", "x", "y", 1L, PROCESS));
	show("bad pointer", syscall(SYS_keyctl, SEARCH, PROCESS, 8L, "x", 0L));
	show("bad operation", syscall(SYS_keyctl, 9999, 0L, 0L, 0L));
}

/* A mapping that grows when what is below it is touched, as far as the gap to the next one lets it. */
static void *fault_at;
static sigjmp_buf back;

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	fault_at = si->si_addr;
	siglongjmp(back, 1);
}

static void touch(const char *what, volatile char *p)
{
	fault_at = NULL;
	if (sigsetjmp(back, 1) == 0)
		*p = 7;
	printf("%s: %s\n", what, fault_at == (void *)p ? "SIGSEGV" : fault_at ? "elsewhere" : "there");
}

static void growing(void)
{
	enum { PAGE = 4096, ROOM = 1024 * PAGE };
	struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
	char *low = mmap(NULL, ROOM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *top = low + ROOM - PAGE;
	unsigned char in[1];

	sigaction(SIGSEGV, &sa, NULL);
	munmap(low, ROOM);
	mmap(low, PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
	show("a page", mmap(top, PAGE, PROT_READ | PROT_WRITE, flags | MAP_GROWSDOWN, -1, 0) == top);
	top[0] = 5;
	touch("below", top - 1);
	touch("further", top - 20 * PAGE);
	printf("%d %d %d\n", top[0], top[-1], top[-5 * PAGE]);
	touch("further still", top - 700 * PAGE);
	touch("in the gap", low + 100 * PAGE);
	show("what lies between is mapped", mincore(top - 300 * PAGE, PAGE, in));
	mprotect(low, PAGE, PROT_NONE);
	touch("with nothing to guard", low + 100 * PAGE);
	munmap(low, ROOM);
	touch("gone", top);
	signal(SIGSEGV, SIG_DFL);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	if (!mkdtemp(dir))
		return 1;
	files();
	descriptors();
	times();
	identities();
	keys();
	growing();
	rmdir(dir);
	return 0;
}
