/* Every system call with arguments that nobody should trust: what each says is the kernel's business, and the machine has
 * to say the same.  Each call is made by a child of its own.
 *
 *   hostile                 every number with the patterns below, printed
 *   hostile SEED COUNT      random numbers and arguments; prints nothing but the end (run with a sanitized machine)
 *
 * Calls that would hurt the computer, that leave no result, or that pvm says are not there, are left out. */
#include "show.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

static const short left_out[] = {
	/* no result, or another process's */
	SYS_exit, SYS_exit_group, SYS_fork, SYS_vfork, SYS_clone, SYS_clone3, SYS_rt_sigreturn, SYS_execve, SYS_execveat, SYS_kill, SYS_tkill, SYS_tgkill,
	SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_pidfd_send_signal, SYS_process_madvise, SYS_process_mrelease, SYS_migrate_pages,
	SYS_pause, SYS_rt_sigsuspend, SYS_sync, SYS_syncfs, SYS_setpriority, SYS_ioprio_set, SYS_sched_setaffinity,
	SYS_sched_setparam, SYS_sched_setscheduler, SYS_sched_setattr, SYS_prlimit64, SYS_setpgid, SYS_setsid, SYS_kcmp, SYS_alarm, SYS_setitimer,
	/* the computer's */
	SYS_reboot, SYS_kexec_load, SYS_swapon, SYS_swapoff, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_acct, SYS_syslog, SYS_vhangup,
	SYS_sethostname, SYS_setdomainname, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_iopl, SYS_ioperm, SYS_init_module,
	SYS_finit_module, SYS_delete_module, SYS_quotactl, SYS_quotactl_fd, SYS_bpf, SYS_perf_event_open, SYS_chroot, SYS_unshare, SYS_setns, SYS_nfsservctl,
	SYS_shmctl, SYS_semctl, SYS_msgctl, SYS_msgget, SYS_semget, SYS_shmget, SYS_mq_open, SYS_fanotify_init,
	/* not there, or the machine's own matter */
	SYS_ptrace, SYS_seccomp, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_userfaultfd, SYS_modify_ldt, SYS_add_key,
	SYS_request_key, SYS_keyctl, SYS_remap_file_pages, SYS_move_pages, SYS_set_mempolicy_home_node, SYS_open_tree, SYS_move_mount, SYS_fsopen,
	SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_lookup_dcookie, SYS_uselib, SYS_ustat, SYS_sysfs, SYS_rseq, SYS_mbind,
	SYS_set_mempolicy, SYS_get_mempolicy, SYS_mlockall, SYS_prctl, SYS_arch_prctl, SYS_pkey_alloc, SYS_pkey_free, SYS_pkey_mprotect,
	SYS_landlock_restrict_self, SYS_memfd_secret,
#ifdef __x86_64__
	SYS_kexec_file_load, SYS_epoll_ctl_old, SYS_epoll_wait_old,
#else
	SYS_stime, SYS_clock_settime64, SYS_clock_adjtime64, SYS_umount, SYS_sigreturn, SYS_vm86, SYS_vm86old, SYS_idle, SYS_bdflush, SYS_oldstat, SYS_oldlstat,
	SYS_oldfstat, SYS_readdir, SYS_ftruncate64, /* without O_LARGEFILE */ SYS_sigsuspend, SYS_ipc, SYS_nice, SYS_ulimit, SYS_profil, SYS_set_thread_area, SYS_get_thread_area,
	SYS_sgetmask, SYS_ssetmask,
#endif
};

/* Several errors at once: which one is said depends on what is looked at first, and here that may differ. */
static const short any_error[] = {
	SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigpending, SYS_rt_sigtimedwait, SYS_readlink, SYS_readlinkat, SYS_get_robust_list, SYS_signalfd,
	SYS_signalfd4, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_futex_waitv, SYS_connect, SYS_name_to_handle_at, SYS_vmsplice, SYS_readv, SYS_writev,
	SYS_preadv, SYS_pwritev, SYS_preadv2, SYS_pwritev2, SYS_sendto, SYS_recvfrom, SYS_sendmsg, SYS_recvmsg, SYS_sendmmsg, SYS_recvmmsg, SYS_mprotect, SYS_getrlimit, SYS_setrlimit,
#ifdef __i386__
	SYS_rt_sigtimedwait_time64, SYS_recvmmsg_time64, SYS_pwrite64, SYS_ugetrlimit,
#endif
};

enum { LAST = 450, PATTERNS = 6 };
static char *edge; /* the last byte before a page that is not there */
static int file;

static int is_in(const short *list, unsigned n, int nr)
{
	while (n--)
		if (list[n] == nr)
			return 1;
	return 0;
}

#define IN(list, nr) is_in(list, sizeof list / sizeof *list, nr)

static void arguments(int pattern, long *a)
{
	long bad[PATTERNS] = {8, -1, 8, (long)0xfffff000, (long)edge, 0};

	for (int i = 0; i < 6; i++)
		a[i] = bad[pattern];
	if (pattern == 2 || pattern == 4)
		a[0] = file;
	if (pattern == 3)
		a[0] = 0;
}

/* What the caller has as its standard files may be a device of the computer's, whose mode a call could change: the child
 * has pipes instead. */
static void private_files(void)
{
	int q[2];

	pipe(q);
	dup2(q[0], 0);
	dup2(q[1], 1);
	dup2(q[1], 2);
	close(q[0]);
	close(q[1]);
}

/* What the child says of its call: an error's number, or 0. */
static int ask(int nr, const long *a)
{
	int p[2], status, said = -1;
	struct itimerval soon = {{0, 0}, {0, 300000}};

	pipe(p);
	if (fork() == 0) {
		close(p[0]);
		fcntl(p[1], F_DUPFD_CLOEXEC, 200);
		private_files();
		signal(SIGALRM, SIG_DFL);
		setitimer(ITIMER_REAL, &soon, NULL);
		long r = syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
		int e = r == -1 ? errno : 0;
		if (write(200, &e, sizeof e) != sizeof e)
			write(p[1], &e, sizeof e);
		_exit(0);
	}
	close(p[1]);
	if (read(p[0], &said, sizeof said) != sizeof said)
		said = -1;
	close(p[0]);
	wait(&status);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : said;
}

static void systematic(void)
{
	for (int nr = 0; nr <= LAST; nr++) {
		if (IN(left_out, nr) || (nr > 334 && nr < 424 && sizeof(long) == 8))
			continue;
		printf("%d:", nr);
		for (int k = 0; k < PATTERNS; k++) {
			long a[6];
			arguments(k, a);
			int e = ask(nr, a);
			if (e > 0 && e < 1000)
				printf(" %s", IN(any_error, nr) ? "error" : strerrorname_np(e) ? strerrorname_np(e) : "?");
			else
				printf(e >= 1000 ? " signal-%d" : e ? " nothing" : " ok", e - 1000);
		}
		puts("");
	}
}

static unsigned long long seed;
static unsigned random_word(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return seed >> 33;
}

static long random_argument(void)
{
	static char scratch[8192];
	const long some[] = {0, 1, -1, 2, 8, 4096, 0x7fffffff, (long)edge, (long)edge - 7, (long)scratch, (long)(scratch + 4000), (long)0xfffff000, 0x1000,
		-4096, -100, 3, 16, 64, 24, 128, 1024};

	switch (random_word() % 4) {
	case 0: return random_word() % 16;
	case 1: return (long)(scratch + random_word() % sizeof scratch);
	case 2: return (long)((unsigned long long)random_word() << 32 | random_word()) >> random_word() % 60;
	default: return some[random_word() % (sizeof some / sizeof *some)];
	}
}

/* Interrupts what blocks; ends a child that does so all the time. */
static void on_alarm(int sig)
{
	static int ticks;

	if (++ticks == 100)
		_exit(0);
}

/* A child makes a few hundred calls; what it does to itself does not matter, only that no machine breaks (status 125,
 * or a signal that a sanitizer's report ends with). */
static int random_calls(unsigned count)
{
	int broken = 0, status;

	for (unsigned done = 0; done < count; done += 200) {
		random_word();
		if (fork() == 0) {
			struct itimerval soon = {{0, 20000}, {0, 20000}};
			struct rlimit small = {1 << 26, 1 << 26};
			setrlimit(RLIMIT_FSIZE, &small);
			signal(SIGALRM, on_alarm);
			siginterrupt(SIGALRM, 1);
			setitimer(ITIMER_REAL, &soon, NULL);
			close(0), close(1);
			for (int i = 0; i < 200; i++) {
				int nr = random_word() % (LAST + 1);
				if (IN(left_out, nr) || nr == SYS_munmap || nr == SYS_brk || nr == SYS_mremap || nr == SYS_mprotect)
					continue;
				long a[6];
				for (int k = 0; k < 6; k++)
					a[k] = random_argument();
				syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
			}
			_exit(0);
		}
		wait(&status);
		if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
			fprintf(stderr, "seed state %llx: status %d\n", seed, WEXITSTATUS(status)), broken++;
	}
	return broken;
}

int main(int argc, char **argv)
{
	char name[] = "/tmp/pvm-hostile-XXXXXX";

	setvbuf(stdout, NULL, _IONBF, 0);
	edge = mmap((void *)0x20000000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	edge += 4095;
	file = mkstemp(name);
	unlink(name);
	if (argc == 3) {
		seed = strtoull(argv[1], NULL, 0);
		int broken = random_calls(strtoul(argv[2], NULL, 0));
		printf("%d broken\n", broken);
		return broken != 0;
	}
	systematic();
	return 0;
}
