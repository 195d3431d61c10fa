/* Messages with control data, sendmmsg and recvmmsg, socket options, interface ioctls. */
#include "show.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <linux/filter.h>

static void send_fds(int s, int *fds, int n, const char *text)
{
	char control[CMSG_SPACE(4 * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))] = {0};
	struct iovec v = {(void *)text, strlen(text)};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	struct ucred me = {getpid(), getuid(), getgid()};
	struct cmsghdr *d = (void *)((char *)c + CMSG_SPACE(n * sizeof(int)));
	d->cmsg_level = SOL_SOCKET;
	d->cmsg_type = SCM_CREDENTIALS;
	d->cmsg_len = CMSG_LEN(sizeof me);
	memcpy(CMSG_DATA(d), &me, sizeof me);
	m.msg_controllen = CMSG_SPACE(n * sizeof(int)) + CMSG_SPACE(sizeof me);
	show("sendmsg", sendmsg(s, &m, 0));
}

static void receive(int s, size_t room, int flags)
{
	char control[256], text[64] = "";
	struct iovec v[2] = {{text, 3}, {text + 3, 60}};
	struct msghdr m = {.msg_iov = v, .msg_iovlen = 2, .msg_control = control, .msg_controllen = room};

	show("recvmsg", recvmsg(s, &m, flags));
	printf("%s flags %x\n", text, m.msg_flags);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		size_t n = c->cmsg_len - CMSG_LEN(0);
		printf("cmsg %d %d, %ld bytes\n", c->cmsg_level, c->cmsg_type, (long)n);
		if (c->cmsg_type == SCM_RIGHTS && c->cmsg_level == SOL_SOCKET)
			for (size_t i = 0; i < n / 4; i++) {
				int fd;
				struct stat st;
				memcpy(&fd, CMSG_DATA(c) + 4 * i, 4);
				printf("  fd flags %d mode %o\n", fcntl(fd, F_GETFD), fstat(fd, &st) ? -1 : st.st_mode & S_IFMT);
				close(fd);
			}
		if (c->cmsg_type == SCM_CREDENTIALS && c->cmsg_level == SOL_SOCKET) {
			struct ucred u;
			memcpy(&u, CMSG_DATA(c), sizeof u);
			printf("  cred %d %d %d\n", u.pid == getpid(), u.uid, u.gid);
		}
		if (c->cmsg_type == SO_TIMESTAMP && c->cmsg_level == SOL_SOCKET)
			printf("  a time of %ld bytes\n", (long)n);
	}
}

static void unix_sockets(void)
{
	int s[2], one = 1, fds[3] = {0, 1, 2};

	show("socketpair", socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	show("passcred", setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof one));
	send_fds(s[0], fds, 3, "hello there");
	receive(s[1], 256, MSG_CMSG_CLOEXEC);
	send_fds(s[0], fds, 2, "cut short");
	receive(s[1], CMSG_SPACE(sizeof(struct ucred)) + CMSG_LEN(4), 0);
	send_fds(s[0], fds, 3, "no room at all");
	receive(s[1], 4, 0);
	int before = dup(0);
	close(before);
	printf("leaked: %d\n", before - s[1] - 1);
	struct ucred u;
	socklen_t n = sizeof u;
	int p[2];
	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	show("peercred", getsockopt(p[0], SOL_SOCKET, SO_PEERCRED, &u, &n));
	printf("%d %d %d\n", u.pid == getpid(), u.uid, (int)n);
	struct msghdr bad = {.msg_iov = (void *)8, .msg_iovlen = 1};
	show("bad iov", sendmsg(p[0], &bad, 0));
	show("bad msg", sendmsg(p[0], (void *)16, 0));
	show("bad msg", recvmsg(p[0], (void *)16, MSG_DONTWAIT));
	char junk[16] = {3};
	struct msghdr odd = {.msg_control = junk, .msg_controllen = 16};
	show("bad control", sendmsg(p[0], &odd, 0));
	show("abstract", 0);
	struct sockaddr_un a = {AF_UNIX, "\0pvm-test-msgs"};
	int l = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), c = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	show("bind", bind(l, (void *)&a, 2 + 14));
	show("listen", listen(l, 5));
	show("connect", connect(c, (void *)&a, 2 + 14));
	struct sockaddr_un got = {0};
	n = sizeof got;
	int d = accept4(l, (void *)&got, &n, SOCK_NONBLOCK);
	ok("accept4", d);
	printf("%d %d\n", got.sun_family, (int)n);
	n = sizeof got;
	show("getpeername", getpeername(c, (void *)&got, &n));
	printf("%s %d\n", got.sun_path + 1, (int)n);
	show("nothing there", recv(d, junk, 1, 0));
}

static void many(void)
{
	struct sockaddr_in a = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}}, from[3] = {0};
	int s = socket(AF_INET, SOCK_DGRAM, 0), one = 1;
	socklen_t n = sizeof a;
	char in[3][20] = {{0}}, control[3][128];
	struct iovec v[3] = {{"one", 3}, {"three", 5}, {"", 0}}, w[3];
	struct mmsghdr m[3] = {{{0}}}, r[3] = {{{0}}};

	show("bind", bind(s, (void *)&a, sizeof a));
	getsockname(s, (void *)&a, &n);
	show("ttl", setsockopt(s, IPPROTO_IP, IP_RECVTTL, &one, sizeof one));
	show("pktinfo", setsockopt(s, IPPROTO_IP, IP_PKTINFO, &one, sizeof one));
	show("timestamp", setsockopt(s, SOL_SOCKET, SO_TIMESTAMP, &one, sizeof one));
	for (int i = 0; i < 3; i++) {
		m[i].msg_hdr = (struct msghdr){.msg_name = &a, .msg_namelen = sizeof a, .msg_iov = v + i, .msg_iovlen = 1};
		w[i] = (struct iovec){in[i], 19};
		r[i].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof a, .msg_iov = w + i, .msg_iovlen = 1,
			.msg_control = control[i], .msg_controllen = 128};
	}
	show("sendmmsg", sendmmsg(s, m, 3, 0));
	struct timespec ts = {1, 0};
	show("recvmmsg", recvmmsg(s, r, 3, MSG_WAITFORONE, &ts));
	for (int i = 0; i < 3; i++) {
		printf("%d of %d bytes: %s, from me %d, flags %x, control", m[i].msg_len, r[i].msg_len, in[i], from[i].sin_port == a.sin_port, r[i].msg_hdr.msg_flags);
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&r[i].msg_hdr); c; c = CMSG_NXTHDR(&r[i].msg_hdr, c))
			printf(" %d:%d:%ld", c->cmsg_level, c->cmsg_type, (long)(c->cmsg_len));
		puts("");
	}
	show("recvmmsg, nothing", recvmmsg(s, r, 3, MSG_DONTWAIT, NULL));
	show("recvmmsg, bad time", recvmmsg(s, r, 3, 0, (struct timespec[]){{-1, 0}}));
}

static void options(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0), v = 0;
	struct linger l = {1, 7};
	struct timeval tv = {3, 500000};
	socklen_t n = sizeof l;

	show("linger", setsockopt(s, SOL_SOCKET, SO_LINGER, &l, sizeof l));
	memset(&l, 0, sizeof l);
	show("linger", getsockopt(s, SOL_SOCKET, SO_LINGER, &l, &n));
	printf("%d %d %d\n", l.l_onoff, l.l_linger, (int)n);
	show("rcvtimeo", setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
	memset(&tv, 0, sizeof tv);
	n = sizeof tv;
	show("rcvtimeo", getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, &n));
	printf("%ld %ld %d\n", (long)tv.tv_sec, (long)tv.tv_usec, (int)n == sizeof tv);
	n = sizeof v;
	show("type", getsockopt(s, SOL_SOCKET, SO_TYPE, &v, &n));
	printf("%d\n", v);
	show("nodelay", setsockopt(s, IPPROTO_TCP, TCP_NODELAY, (int[]){1}, 4));
	show("nodelay", getsockopt(s, IPPROTO_TCP, TCP_NODELAY, &v, &n));
	printf("%d\n", v);
	char cc[16] = "";
	n = sizeof cc;
	show("congestion", getsockopt(s, IPPROTO_TCP, TCP_CONGESTION, cc, &n));
	puts(cc);
	show("no such option", setsockopt(s, SOL_SOCKET, 9999, &v, 4));
	show("no such option", getsockopt(s, SOL_SOCKET, 9999, &v, &n));
	show("bad pointer", setsockopt(s, SOL_SOCKET, SO_REUSEADDR, (void *)8, 4));
	show("bad length", getsockopt(s, SOL_SOCKET, SO_TYPE, &v, (void *)8));
	show("short", setsockopt(s, SOL_SOCKET, SO_LINGER, &l, 4));
	struct sock_filter code[] = {{BPF_RET | BPF_K, 0, 0, 2}};
	struct sock_fprog prog = {1, code};
	int p[2];
	char b[8];
	socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
	show("filter", setsockopt(p[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof prog));
	show("send", send(p[0], "abcdef", 6, 0));
	show("recv", recv(p[1], b, 8, MSG_DONTWAIT));
	show("detach", setsockopt(p[1], SOL_SOCKET, SO_DETACH_FILTER, &v, sizeof v));
}

static void interfaces(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq q = {.ifr_name = "lo"}, list[16];
	struct ifconf c = {sizeof list, {(void *)list}};

	show("index", ioctl(s, SIOCGIFINDEX, &q));
	printf("%d\n", q.ifr_ifindex);
	show("flags", ioctl(s, SIOCGIFFLAGS, &q));
	printf("%x\n", q.ifr_flags & (IFF_UP | IFF_LOOPBACK));
	show("addr", ioctl(s, SIOCGIFADDR, &q));
	printf("%s\n", inet_ntoa(((struct sockaddr_in *)&q.ifr_addr)->sin_addr));
	show("mask", ioctl(s, SIOCGIFNETMASK, &q));
	show("mtu", ioctl(s, SIOCGIFMTU, &q));
	printf("%d\n", q.ifr_mtu);
	show("hwaddr", ioctl(s, SIOCGIFHWADDR, &q));
	show("map", ioctl(s, SIOCGIFMAP, &q));
	q.ifr_ifindex = 1;
	show("name", ioctl(s, SIOCGIFNAME, &q));
	int vsock = open("/dev/vsock", O_RDONLY);
	unsigned cid = 0;
	show("virtual machine's address", vsock < 0 ? -1 : ioctl(vsock, 0x7b9 /* IOCTL_VM_SOCKETS_GET_LOCAL_CID */, &cid));
	printf("%u\n", cid);
	close(vsock);
	puts(q.ifr_name);
	show("conf", ioctl(s, SIOCGIFCONF, &c));
	printf("%d, first %s\n", (int)(c.ifc_len / sizeof *list), list[0].ifr_name);
	strcpy(q.ifr_name, "nothing0");
	show("no interface", ioctl(s, SIOCGIFINDEX, &q));
	int n = -1;
	show("inq", ioctl(s, FIONREAD, &n));
	printf("%d\n", n);
	show("bad", ioctl(s, SIOCGIFINDEX, (void *)8));
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	unix_sockets();
	many();
	options();
	interfaces();
	return 0;
}
