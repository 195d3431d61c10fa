/* Calls for the comparison of --strace with strace: strings, flags, structs, errors. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	struct stat st;
	char buf[64];
	int p[2];

	syscall(SYS_getppid + 100000);
	access("/nothing/here", R_OK | W_OK);
	access("/", F_OK);
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC | O_APPEND);
	write(fd, "text with \"quotes\", a tab\t and \001\377 bytes that go on and on", 55);
	read(fd, buf, sizeof buf);
	openat(AT_FDCWD, "/nothing", O_WRONLY | O_CREAT | O_EXCL | O_TRUNC, 0644);
	fstat(fd, &st);
	lseek(fd, 0, SEEK_END);
	flock(fd, LOCK_SH | LOCK_NB);
	fcntl(fd, F_GETFD);
	dup2(fd, 50);
	close(77);
	pipe2(p, O_NONBLOCK | O_CLOEXEC);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGUSR1, SIG_IGN);
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	shutdown(s, SHUT_RDWR);
	int e = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(e, EPOLL_CTL_DEL, 0, NULL);
	setpriority(PRIO_PROCESS, 0, 0);
	umask(022);
	mkdir("/proc/nothing", 0755);
	unlink("/nothing");
	unlinkat(AT_FDCWD, "/nothing", AT_REMOVEDIR);
	readlink("/nothing", buf, sizeof buf);
	kill(0, 0);
	wait4(-1, NULL, WNOHANG, NULL);
	getuid();
	return 7;
}
