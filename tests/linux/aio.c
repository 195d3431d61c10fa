/* Files of the rarer calls: asynchronous requests, openat2, copying, extended attributes, handles, fcntl's corners, ioctls. */
#include "show.h"
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <linux/fs.h>
#include <time.h>
#include <utime.h>

static void asynchronous(int fd)
{
	aio_context_t ctx = 0;
	char in[16] = "", out[16] = "asynchronous";
	struct iovec v = {in, 16};
	struct iocb w = {.aio_data = 11, .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = fd, .aio_buf = (unsigned long)out, .aio_nbytes = 12};
	struct iocb r = {.aio_data = 22, .aio_lio_opcode = IOCB_CMD_PREADV, .aio_fildes = fd, .aio_buf = (unsigned long)&v, .aio_nbytes = 1};
	struct iocb bad = {.aio_lio_opcode = 99, .aio_fildes = fd};
	struct iocb *list[1] = {&w};
	struct io_event e[2];
	struct timespec none = {0, 0};

	show("setup", syscall(SYS_io_setup, 8, &ctx));
	show("submit", syscall(SYS_io_submit, ctx, 1, list));
	show("getevents", syscall(SYS_io_getevents, ctx, 1, 2, e, NULL));
	printf("%lld %d %lld\n", (long long)e[0].data, e[0].obj == (unsigned long)&w, (long long)e[0].res);
	list[0] = &r;
	show("submit", syscall(SYS_io_submit, ctx, 1, list));
	show("getevents", syscall(SYS_io_getevents, ctx, 1, 2, e, NULL));
	printf("%lld %lld %s\n", (long long)e[0].data, (long long)e[0].res, in);
	show("none", syscall(SYS_io_getevents, ctx, 1, 2, e, &none));
	list[0] = &bad;
	show("unknown", syscall(SYS_io_submit, ctx, 1, list));
	list[0] = (void *)8;
	show("bad", syscall(SYS_io_submit, ctx, 1, list));
	w.aio_fildes = 999;
	list[0] = &w;
	show("no file", syscall(SYS_io_submit, ctx, 1, list));
	show("destroy", syscall(SYS_io_destroy, ctx));
	show("destroy", syscall(SYS_io_destroy, ctx));
	show("bad", syscall(SYS_io_setup, 8, 8));
}

static void opening(void)
{
	struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_NO_SYMLINKS};

	symlink("file", "link");
	ok("openat2", syscall(SYS_openat2, AT_FDCWD, "file", &how, sizeof how));
	ok("a link", syscall(SYS_openat2, AT_FDCWD, "link", &how, sizeof how));
	how.resolve = RESOLVE_BENEATH;
	ok("beneath", syscall(SYS_openat2, AT_FDCWD, "../..", &how, sizeof how));
	show("small", syscall(SYS_openat2, AT_FDCWD, "file", &how, 8));
	how.flags = 1ull << 40;
	show("unknown", syscall(SYS_openat2, AT_FDCWD, "file", &how, sizeof how));
	ok("tmpfile", open(".", O_TMPFILE | O_RDWR, 0600));
	ok("path", open("file", O_PATH));
	ok("directory", open("file", O_DIRECTORY));
	ok("nofollow", open("link", O_NOFOLLOW));
	ok("creat", creat("made", 0640));
	struct stat st;
	ok("stat", stat("made", &st));
	printf("%o\n", st.st_mode);
	ok("closed", syscall(SYS_close_range, 50, 60, 0));
}

static void copying(int fd)
{
	int to = open("copy", O_RDWR | O_CREAT, 0600), p[2];
	int64_t from = 2, at = 1;
	char buf[32] = "";
	struct iovec v[2] = {{"ab", 2}, {"cd", 2}}, w = {buf, 20};

	show("copy_file_range", syscall(SYS_copy_file_range, fd, &from, to, &at, (size_t)5, 0));
	printf("%d %d\n", (int)from, (int)at);
	off_t off = 3;
	show("sendfile", sendfile(to, fd, &off, 4));
	printf("%d\n", (int)off);
	show("pwritev", pwritev(to, v, 2, 8));
	show("preadv", preadv(to, &w, 1, 0));
	for (int i = 0; i < 12; i++)
		printf("%02x", (unsigned char)buf[i]);
	puts("");
	show("preadv2", preadv2(to, &w, 1, 0, RWF_NOWAIT) >= 0 || errno == EOPNOTSUPP || errno == EAGAIN ? 0 : -1);
	pipe(p);
	from = 0;
	show("splice", splice(fd, (void *)&from, p[1], NULL, 6, 0));
	int q[2];
	pipe(q);
	show("tee", tee(p[0], q[1], 6, 0));
	show("vmsplice", vmsplice(q[1], v, 2, 0));
	show("read", read(q[0], buf, 20));
	show("range", sync_file_range(fd, 0, 10, SYNC_FILE_RANGE_WRITE));
	show("fallocate", fallocate(to, FALLOC_FL_KEEP_SIZE, 0, 8192));
	show("fadvise", posix_fadvise(fd, 0, 100, POSIX_FADV_SEQUENTIAL));
	show("readahead", readahead(fd, 0, 100));
}

static void attributes(int fd)
{
	char buf[256] = "";

	ok("set", setxattr("file", "user.pvm", "value", 5, 0));
	ok("get", getxattr("file", "user.pvm", buf, sizeof buf));
	puts(buf);
	ok("fset", fsetxattr(fd, "user.other", "x", 1, XATTR_CREATE));
	ok("fset", fsetxattr(fd, "user.other", "x", 1, XATTR_CREATE));
	long n = listxattr("file", buf, sizeof buf);
	ok("list", n);
	ok("llist", llistxattr("link", buf, sizeof buf));
	ok("small", getxattr("file", "user.pvm", buf, 2));
	ok("none", getxattr("file", "user.none", buf, 2));
	ok("remove", removexattr("file", "user.pvm"));
	ok("fremove", fremovexattr(fd, "user.other"));
	ok("bad", getxattr("file", (void *)8, buf, 2));
}

static void corners(int fd)
{
	struct f_owner_ex o = {F_OWNER_PID, getpid()}, p = {0};
	uint64_t hint = 2;
	struct flock l = {F_WRLCK, SEEK_SET, 5, 10, 0};
	struct timeval tv[2] = {{100, 5}, {200, 6}};
	struct utimbuf u = {300, 400};
	struct timespec ts[2] = {{0, UTIME_OMIT}, {500, 7}};
	struct stat st;
	struct statfs fs;

	show("setown", fcntl(fd, F_SETOWN_EX, &o));
	show("getown", fcntl(fd, F_GETOWN_EX, &p));
	printf("%d %d\n", p.type, p.pid == getpid());
	show("hint", fcntl(fd, 1036, &hint));
	hint = 0;
	show("hint", fcntl(fd, 1035, &hint));
	printf("%d\n", (int)hint);
	show("ofd", fcntl(fd, F_OFD_SETLK, &l));
	show("ofd", fcntl(fd, F_OFD_GETLK, &l));
	show("pipe", fcntl(fd, F_GETPIPE_SZ));
	show("dup", fcntl(fd, F_DUPFD, 300));
	show("unknown", fcntl(fd, 9999, 0));
	show("utimes", utimes("file", tv));
	stat("file", &st);
	printf("%ld %ld\n", (long)st.st_atim.tv_nsec, (long)st.st_mtim.tv_sec);
	show("utime", utime("file", &u));
	show("utimensat", utimensat(AT_FDCWD, "file", ts, 0));
	show("futimens", futimens(fd, (struct timespec[]){{0, UTIME_OMIT}, {0, UTIME_OMIT}}));
	stat("file", &st);
	printf("%ld %ld\n", (long)st.st_atim.tv_sec, (long)st.st_mtim.tv_nsec);
	show("bad", syscall(SYS_utimensat, AT_FDCWD, "file", (void *)8, 0));
	show("statfs", statfs(".", &fs));
	struct statx sx;
	show("statx", statx(AT_FDCWD, "file", 0, STATX_ALL, &sx));
	printf("%o %lld\n", sx.stx_mode, (long long)sx.stx_size);
	int n = -1;
	show("nonblock", ioctl(fd, FIONBIO, &(int){1}));
	show("figetbsz", ioctl(fd, FIGETBSZ, &n));
	show("flags", ioctl(fd, FS_IOC_GETFLAGS, &n) >= 0 || errno == ENOTTY || errno == EOPNOTSUPP ? 0 : -1);
	show("no terminal", ioctl(fd, 0x5401, &n));
	show("unknown", ioctl(fd, 0x12345678, &n));
	show("bad fd", ioctl(999, 0x5401, &n));
	struct { struct file_handle h; char more[128]; } h = {{128}};
	int mount;
	ok("handle", name_to_handle_at(AT_FDCWD, "file", &h.h, &mount, 0));
	h.h.handle_bytes = 0;
	ok("small handle", name_to_handle_at(AT_FDCWD, "file", &h.h, &mount, 0));
}

int main(void)
{
	char dir[] = "/var/tmp/pvm-aio-XXXXXX";

	setvbuf(stdout, NULL, _IONBF, 0);
	if (!mkdtemp(dir) || chdir(dir))
		return 1;
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	write(fd, "0123456789", 10);
	asynchronous(fd);
	opening();
	copying(fd);
	attributes(fd);
	corners(fd);
	unlink("file"), unlink("link"), unlink("made"), unlink("copy");
	show("rmdir", rmdir(dir));
	return 0;
}
