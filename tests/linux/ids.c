/* Identities, groups, capabilities, scheduling, limits; i386's forms of 16 bits.  Changes are made in a child. */
#include "show.h"
#include <grp.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <linux/capability.h>

static void groups(void)
{
	gid_t g[4] = {5, 70000, 7, 8}, got[8];

	show("setgroups", setgroups(3, g));
	int n = show("getgroups", getgroups(8, got));
	for (int i = 0; i < n; i++)
		printf(" %u", got[i]);
	puts("");
	show("count", getgroups(0, NULL));
	show("too few", getgroups(1, got));
	show("bad", getgroups(8, (void *)8));
	show("bad", setgroups(3, (void *)8));
#ifdef __i386__
	unsigned short s[8];
	n = show("getgroups16", syscall(80, 8, s));
	for (int i = 0; i < n; i++)
		printf(" %u", s[i]);
	puts("");
	s[0] = 9;
	show("setgroups16", syscall(81, 1, s));
	show("getgroups", getgroups(8, got));
	printf("%u\n", got[0]);
#endif
}

static void caps(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0}, odd = {0x1234, 0};
	struct __user_cap_data_struct d[2] = {{0}}, v1[2];

	show("capget", syscall(SYS_capget, &h, d));
	printf("%x %x\n", d[0].effective, d[1].effective);
	show("capset", syscall(SYS_capset, &h, d));
	show("unknown version", syscall(SYS_capget, &odd, d));
	printf("%x\n", odd.version);
	h.version = _LINUX_CAPABILITY_VERSION_1;
	memset(v1, 0x55, sizeof v1);
	show("version 1", syscall(SYS_capget, &h, v1));
	printf("%x %x\n", v1[0].effective, v1[1].effective);
	show("bad", syscall(SYS_capget, (void *)8, d));
	show("bad", syscall(SYS_capset, &h, (void *)8));
	show("bound", prctl(PR_CAPBSET_READ, 0));
	show("keep", prctl(PR_SET_KEEPCAPS, 1));
	show("keep", prctl(PR_GET_KEEPCAPS));
}

static void users(void)
{
	uid_t r, e, s;

	show("setresgid", setresgid(100, 101, 102));
	show("getresgid", getresgid(&r, &e, &s));
	printf("%u %u %u\n", r, e, s);
	show("setfsgid", setfsgid(55));
	show("setfsgid", setfsgid(-1));
#ifdef __i386__
	unsigned short a, b, c;
	show("setresuid16", syscall(164, 0, 70, 0xffff));
	show("getresuid16", syscall(165, &a, &b, &c));
	printf("%u %u %u\n", a, b, c);
	show("seteuid16", syscall(70, 0xffff, 0));
	show("getuid16", syscall(24));
#endif
	show("setresuid", setresuid(200, 201, 70000));
	show("getresuid", getresuid(&r, &e, &s));
	printf("%u %u %u\n", r, e, s);
#ifdef __i386__
	show("getresuid16", syscall(165, &a, &b, &c));
	printf("%u %u %u\n", a, b, c);
#endif
	show("setuid", setuid(0));
	show("seteuid", setreuid(-1, 200));
	show("setgroups", setgroups(0, NULL));
	show("bad", syscall(SYS_getresuid, (void *)8, &e, &s));
}

static void scheduling(void)
{
	struct sched_param p = {0};
	struct { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t prio; uint64_t run, dead, period; uint32_t min, max; } at = {0};
	struct timespec ts;
	cpu_set_t set, back;

	show("getscheduler", sched_getscheduler(0));
	show("setscheduler", sched_setscheduler(0, SCHED_BATCH, &p));
	show("getscheduler", sched_getscheduler(0));
	show("getparam", sched_getparam(0, &p));
	show("bad", sched_setscheduler(0, SCHED_OTHER, (void *)8));
	show("min", sched_get_priority_min(SCHED_FIFO));
	show("max", sched_get_priority_max(SCHED_RR));
	show("getattr", syscall(SYS_sched_getattr, 0, &at, sizeof at, 0));
	printf("%u %u %d\n", at.size, at.policy, at.nice);
	at.nice = 3;
	show("setattr", syscall(SYS_sched_setattr, 0, &at, 0));
	show("priority", getpriority(PRIO_PROCESS, 0));
	show("small", syscall(SYS_sched_getattr, 0, &at, 8, 0));
	ok("rr", sched_rr_get_interval(0, &ts));
	ok("affinity", sched_getaffinity(0, sizeof set, &set));
	printf("%d cpus\n", CPU_COUNT(&set));
	CPU_ZERO(&back);
	for (int i = 0; i < 1024; i++)
		if (CPU_ISSET(i, &set)) {
			CPU_SET(i, &back);
			break;
		}
	show("set", sched_setaffinity(0, sizeof back, &back));
	sched_getaffinity(0, sizeof set, &set);
	printf("%d\n", CPU_EQUAL(&set, &back));
	CPU_ZERO(&back);
	show("none", sched_setaffinity(0, sizeof back, &back));
	show("small", syscall(SYS_sched_getaffinity, 0, 3, &set));
	show("bad", syscall(SYS_sched_getaffinity, 0, 128, (void *)8));
	show("nice", nice(2));
	show("priority", getpriority(PRIO_PROCESS, 0));
	show("ioprio", syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 6));
	show("ioprio", syscall(SYS_ioprio_get, 1, 0));
	show("personality", syscall(SYS_personality, 0xffffffff));
	show("personality", syscall(SYS_personality, 0x0040000));
	show("personality", syscall(SYS_personality, 0xffffffff));
}

static void limits(void)
{
	struct rlimit r = {100, 200}, old;
	struct rusage u;
	struct tms tm;

	show("setrlimit", setrlimit(RLIMIT_NOFILE, &r));
	show("prlimit", prlimit(0, RLIMIT_NOFILE, NULL, &old));
	printf("%ld %ld\n", (long)old.rlim_cur, (long)old.rlim_max);
	r.rlim_cur = 300;
	show("above", setrlimit(RLIMIT_NOFILE, &r));
	show("core", getrlimit(RLIMIT_CORE, &old));
	show("bad", getrlimit(99, &old));
	show("bad", syscall(SYS_prlimit64, 0, 7, (void *)8, NULL));
	show("rusage", getrusage(RUSAGE_SELF, &u));
	printf("%d\n", u.ru_maxrss > 0);
	show("rusage", getrusage(77, &u));
	ok("times", times(&tm));
}

static void child(void (*fn)(void))
{
	int status;

	if (fork() == 0) {
		fn();
		_exit(0);
	}
	wait(&status);
	printf("status %d\n", status);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	child(groups);
	child(caps);
	child(scheduling);
	child(limits);
	child(users);
	return 0;
}
