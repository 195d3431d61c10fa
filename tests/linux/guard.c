/* What a program forbids itself: seccomp's filters, strict mode, landlock; and prctl. */
#include "show.h"
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>

#define NR offsetof(struct seccomp_data, nr)
#define ARG0 offsetof(struct seccomp_data, args[0])

static long filter(struct sock_filter *code, int n)
{
	struct sock_fprog p = {n, code};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p);
}

/* Answers for one call. */
static long answer(int nr, unsigned what)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NR), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, what), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	};
	return filter(code, 4);
}

static void on_sys(int sig, siginfo_t *si, void *c)
{
	printf("SIGSYS code %d call %d errno %d arch %d\n", si->si_code, si->si_syscall == SYS_getppid, si->si_errno,
		si->si_arch == AUDIT_ARCH_X86_64 || si->si_arch == AUDIT_ARCH_I386);
}

static void errors(void)
{
	show("no new privileges", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	show("errno", answer(SYS_getppid, SECCOMP_RET_ERRNO | 77));
	show("getppid", syscall(SYS_getppid));
	show("mode", prctl(PR_GET_SECCOMP));
	show("stronger", answer(SYS_getppid, SECCOMP_RET_ERRNO | 5));
	show("getppid", syscall(SYS_getppid));
	show("trace", answer(SYS_getpgrp, SECCOMP_RET_TRACE));
	show("getpgrp", syscall(SYS_getpgrp));
	show("log", answer(SYS_getuid, SECCOMP_RET_LOG));
	show("getuid", syscall(SYS_getuid));
	if (fork() == 0) {
		show("child", syscall(SYS_getppid));
		fflush(stdout);
		execl("/proc/self/exe", "guard", "again", NULL);
	}
	wait(NULL);
}

static void traps(void)
{
	struct sigaction sa = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};

	sigaction(SIGSYS, &sa, NULL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	show("trap", answer(SYS_getppid, SECCOMP_RET_TRAP | 9));
	printf("%ld\n", syscall(SYS_getppid) == SYS_getppid || errno == 0 ? 1L : 0L);
	signal(SIGSYS, SIG_DFL);
	syscall(SYS_getppid);
	puts("not here");
}

static void kills(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	show("kill", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &(struct sock_fprog){3, (struct sock_filter[]){
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NR), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 0), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)}}));
	show("kill", answer(SYS_getppid, SECCOMP_RET_KILL_PROCESS));
	fflush(stdout);
	syscall(SYS_getppid);
	puts("not here");
}

static void arguments(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NR), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_umask, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARG0), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0), BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 0x20, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 33), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	};
	struct sock_filter endless[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NR)}, far[] = {BPF_JUMP(BPF_JMP | BPF_JA, 5, 0, 0), BPF_STMT(BPF_RET | BPF_K, 0)};
	struct sock_filter odd[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), BPF_STMT(BPF_RET | BPF_K, 0)};
	unsigned action = SECCOMP_RET_TRAP, none = 0x12340000;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	show("arguments", filter(code, 8));
	show("umask", umask(022));
	show("umask", umask(0777));
	show("endless", filter(endless, 1));
	show("far", filter(far, 2));
	show("odd", filter(odd, 2));
	show("empty", filter(odd, 0));
	show("bad", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 8));
	show("available", syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
	show("available", syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &none));
	show("unknown", syscall(SYS_seccomp, 99, 0, 0));
}

static void strict(void)
{
	show("strict", prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	write(1, "still here\n", 11);
	syscall(SYS_getpid);
	write(1, "not here\n", 9);
}

static void paths(void)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_DIR};
	int version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	ok("landlock", version);
	if (version < 0)
		return;
	int rules = syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	ok("ruleset", rules);
	struct landlock_path_beneath_attr usr = {LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR, open("/usr", O_PATH)};
	show("rule", syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &usr, 0));
	show("bad", syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, (void *)8, 0));
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	show("restrict", syscall(SYS_landlock_restrict_self, rules, 0));
	ok("usr", open("/usr", O_RDONLY));
	ok("etc", open("/etc/passwd", O_RDONLY));
}

static void names(void)
{
	char name[16];
	int v = -1;

	show("set name", prctl(PR_SET_NAME, "a name that is far too long"));
	show("get name", prctl(PR_GET_NAME, name));
	puts(name);
	show("pdeathsig", prctl(PR_SET_PDEATHSIG, SIGUSR1));
	show("pdeathsig", prctl(PR_GET_PDEATHSIG, &v));
	printf("%d\n", v);
	show("dumpable", prctl(PR_SET_DUMPABLE, 0));
	show("dumpable", prctl(PR_GET_DUMPABLE));
	show("subreaper", prctl(PR_SET_CHILD_SUBREAPER, 1));
	show("subreaper", prctl(PR_GET_CHILD_SUBREAPER, &v));
	printf("%d\n", v);
	show("slack", prctl(PR_SET_TIMERSLACK, 12345));
	show("slack", prctl(PR_GET_TIMERSLACK));
	show("unknown", prctl(4711, 0, 0, 0, 0));
	show("bad", prctl(PR_GET_NAME, 8));
	show("bad", prctl(PR_SET_NAME, 8));
	show("bad", prctl(PR_GET_PDEATHSIG, 8));
}

static void child(const char *what, void (*fn)(void))
{
	int status;

	puts(what);
	if (fork() == 0) {
		fn();
		_exit(0);
	}
	wait(&status);
	printf("status %x\n", status);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc > 1) {
		show("behind execve", syscall(SYS_getppid));
		return 0;
	}
	child("errors", errors);
	child("traps", traps);
	child("kills", kills);
	child("arguments", arguments);
	child("strict", strict);
	child("paths", paths);
	child("names", names);
	return 0;
}
