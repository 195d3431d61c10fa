/* What tells of things by descriptors: inotify, timerfd, signalfd, eventfd, epoll; and timers by signals. */
#include "show.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

static void files(void)
{
	char dir[] = "/tmp/pvm-watch-XXXXXX", name[64], buf[1024];
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	mkdtemp(dir);
	ok("inotify_init1", fd);
	int w = inotify_add_watch(fd, dir, IN_CREATE | IN_DELETE | IN_CLOSE_WRITE);
	show("add", w);
	show("missing", inotify_add_watch(fd, "/nothing/there", IN_CREATE));
	snprintf(name, sizeof name, "%s/file", dir);
	close(open(name, O_CREAT | O_WRONLY, 0600));
	unlink(name);
	long n = show("read", read(fd, buf, sizeof buf));
	for (long at = 0; at < n;) {
		struct inotify_event *e = (void *)(buf + at);
		printf("%d %x %s\n", e->wd, e->mask, e->name);
		at += sizeof *e + e->len;
	}
	show("empty", read(fd, buf, sizeof buf));
	show("rm", inotify_rm_watch(fd, w));
	show("rm", inotify_rm_watch(fd, w));
	rmdir(dir);
}

static void clocks(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	struct itimerspec its = {{0, 5000000}, {0, 1000000}}, old;
	struct pollfd p = {fd, POLLIN, 0};
	uint64_t n = 0;

	ok("timerfd_create", fd);
	show("settime", timerfd_settime(fd, 0, &its, NULL));
	show("gettime", timerfd_gettime(fd, &old));
	printf("%ld %ld\n", (long)old.it_interval.tv_sec, (long)old.it_interval.tv_nsec);
	show("poll", poll(&p, 1, 1000));
	show("read", read(fd, &n, 8));
	printf("%d\n", n >= 1);
	its = (struct itimerspec){{0}};
	show("settime", timerfd_settime(fd, 0, &its, &old));
	printf("%ld\n", (long)old.it_interval.tv_nsec);
	show("read", read(fd, &n, 8));
	show("bad", timerfd_settime(fd, 0, (void *)8, NULL));
	show("bad", timerfd_create(12345, 0));
}

static volatile int hits;
static volatile int value, code;
static void on_timer(int sig, siginfo_t *si, void *c)
{
	hits++;
	value = si->si_value.sival_int;
	code = si->si_code;
}

static void timers(void)
{
	struct sigaction sa = {.sa_sigaction = on_timer, .sa_flags = SA_SIGINFO};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 2, .sigev_value.sival_int = 1234};
	struct itimerspec its = {{0, 2000000}, {0, 1000000}}, got;
	timer_t id;

	sigaction(SIGRTMIN + 2, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
	show("create", timer_create(CLOCK_MONOTONIC, &ev, &id));
	show("settime", timer_settime(id, 0, &its, NULL));
	while (hits < 3)
		pause();
	printf("value %d code %d\n", value, code);
	show("gettime", timer_gettime(id, &got));
	printf("%ld\n", (long)got.it_interval.tv_nsec);
	ok("overrun", timer_getoverrun(id));
	show("delete", timer_delete(id));
	show("delete", syscall(SYS_timer_delete, 4711));
	ev.sigev_notify = SIGEV_NONE;
	show("none", timer_create(CLOCK_REALTIME, &ev, &id));
	show("delete", timer_delete(id));
	show("default", timer_create(CLOCK_REALTIME, NULL, &id));
	hits = 0;
	its.it_interval.tv_nsec = 0;
	show("settime", timer_settime(id, 0, &its, NULL));
	while (!hits)
		pause();
	printf("code %d\n", code);
	ev.sigev_notify = 77;
	show("bad", timer_create(CLOCK_REALTIME, &ev, &id));
	show("bad", syscall(SYS_timer_create, 1, (void *)8, &id));
	show("bad", syscall(SYS_timer_create, 1, NULL, (void *)8));
}

static void signals(void)
{
	struct signalfd_siginfo si = {0};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &set, NULL);
	int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	ok("signalfd", fd);
	show("empty", read(fd, &si, sizeof si));
	kill(getpid(), SIGUSR1);
	show("read", read(fd, &si, sizeof si));
	printf("%d %d %d %d\n", si.ssi_signo, si.ssi_code, si.ssi_pid == getpid(), si.ssi_uid);
	sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 99});
	show("read", read(fd, &si, sizeof si));
	printf("%d %d %d\n", si.ssi_signo - SIGRTMIN, si.ssi_code, si.ssi_int);
	sigdelset(&set, SIGUSR1);
	show("change", signalfd(fd, &set, 0) == fd ? 0 : -1);
	show("bad", signalfd(0, &set, 0));
}

static void events(void)
{
	int e = epoll_create1(EPOLL_CLOEXEC), fd = eventfd(3, EFD_NONBLOCK), s = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK), p[2];
	struct epoll_event ev = {EPOLLIN, {.u64 = 0x123456789abcdefull}}, got[4];
	struct timespec ts = {0, 1000000};
	uint64_t n = 0;

	show("add", epoll_ctl(e, EPOLL_CTL_ADD, fd, &ev));
	show("add", epoll_ctl(e, EPOLL_CTL_ADD, fd, &ev));
	show("wait", epoll_wait(e, got, 4, 1000));
	printf("%x %llx\n", got[0].events, (unsigned long long)got[0].data.u64);
	show("read", read(fd, &n, 8));
	printf("%d\n", (int)n);
	show("read", read(fd, &n, 8));
	show("wait", epoll_wait(e, got, 4, 0));
	show("pwait2", syscall(SYS_epoll_pwait2, e, got, 4, (int64_t[]){0, 1000000}, NULL, 0));
	n = 5;
	show("write", write(fd, &n, 8));
	sigset_t set;
	sigemptyset(&set);
	show("pwait", epoll_pwait(e, got, 4, 1000, &set));
	ev.events = EPOLLOUT | EPOLLET;
	show("mod", epoll_ctl(e, EPOLL_CTL_MOD, fd, &ev));
	show("wait", epoll_wait(e, got, 4, 1000));
	printf("%x\n", got[0].events);
	show("wait", epoll_wait(e, got, 4, 0));
	show("del", epoll_ctl(e, EPOLL_CTL_DEL, fd, NULL));
	show("del", epoll_ctl(e, EPOLL_CTL_DEL, fd, NULL));
	show("semaphore", read(s, &n, 8));
	printf("%d\n", (int)n);
	pipe(p);
	ev.events = EPOLLIN;
	epoll_ctl(e, EPOLL_CTL_ADD, p[0], &ev);
	close(p[1]);
	show("hup", epoll_wait(e, got, 4, 1000));
	printf("%x\n", got[0].events);
	show("bad", epoll_ctl(e, EPOLL_CTL_ADD, fd, (void *)8));
	show("bad", epoll_wait(e, (void *)8, 4, 0));
	show("bad", epoll_wait(e, got, 0, 0));
	show("bad", epoll_wait(0, got, 1, 0));
	(void)ts;
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	files();
	clocks();
	timers();
	signals();
	events();
	return 0;
}
