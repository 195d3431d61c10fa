/* Time, limits, names, and waiting for descriptors. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static long ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int main(void)
{
	struct timespec ts = {0, 20000000};
	struct timeval tv;
	struct utsname u;
	struct sysinfo si;
	struct rlimit rl;
	struct rusage ru;
	struct tms tms;
	long t0 = ms();
	int p[2];
	char buf[16];

	nanosleep(&ts, NULL);
	printf("slept %d\n", ms() - t0 >= 20);
	gettimeofday(&tv, NULL);
	printf("now %d\n", labs((long)tv.tv_sec - (long)time(NULL)) <= 1);
	uname(&u);
	printf("%s %s\n", u.sysname, u.release);
	printf("sysinfo %d", sysinfo(&si));
	printf(" %d\n", si.totalram > 0 && si.mem_unit > 0);
	printf("rlimit %d", getrlimit(RLIMIT_NOFILE, &rl));
	printf(" %d\n", (int)rl.rlim_cur);
	printf("rusage %d times %d\n", getrusage(RUSAGE_SELF, &ru), times(&tms) != (clock_t)-1);
	printf("random %d\n", (int)getrandom(buf, sizeof buf, 0));
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, p))
		return 1;
	struct pollfd pf[2] = {{p[0], POLLIN, 0}, {p[1], POLLOUT, 0}};
	printf("poll %d", poll(pf, 2, 10));
	printf(" %x %x\n", pf[0].revents, pf[1].revents);
	printf("send %d\n", (int)send(p[1], "abc", 3, 0));
	fd_set r;
	FD_ZERO(&r);
	FD_SET(p[0], &r);
	tv = (struct timeval){1, 0};
	printf("select %d", select(p[0] + 1, &r, NULL, NULL, &tv));
	printf(" %d\n", FD_ISSET(p[0], &r) != 0);
	int ep = epoll_create1(0);
	struct epoll_event ev = {.events = EPOLLIN, .data.u64 = 0x123456789abcdef}, got;
	printf("epoll %d", epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev));
	printf(" %d", epoll_wait(ep, &got, 1, 100));
	printf(" %x %llx\n", got.events, (unsigned long long)got.data.u64);
	printf("recv %d\n", (int)recv(p[0], buf, sizeof buf, 0));
	int s = socket(AF_UNIX, SOCK_STREAM, 0), type = 0;
	socklen_t len = sizeof type;
	printf("type %d", getsockopt(s, SOL_SOCKET, SO_TYPE, &type, &len));
	printf(" %d\n", type);
	struct sockaddr_un un = {AF_UNIX, "/nowhere/socket"};
	printf("connect %d", connect(s, (void *)&un, sizeof un));
	printf(" %s\n", strerror(errno));
	t0 = ms();
	printf("poll %d", poll(NULL, 0, 30));
	printf(" %d\n", ms() - t0 >= 30);
	printf("%d %d %d\n", isatty(0) != 0 && 0, getpid() == (int)getpgrp() && 0, getuid() == geteuid());
	return 0;
}
