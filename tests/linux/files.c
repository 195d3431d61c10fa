/* Files: open, read, write, seek, links, directories, stat, times, locks. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char dir[] = "/tmp/pvm-files-XXXXXX";

static void show(const char *what, long r)
{
	printf("%s = %ld%s%s\n", what, r, r < 0 ? " " : "", r < 0 ? strerror(errno) : "");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path)
{
	DIR *d = opendir(path);
	char *names[64];
	int n = 0;

	for (struct dirent *e; (e = readdir(d)) && n < 64;)
		names[n] = malloc(300), snprintf(names[n++], 300, "%s type %d", e->d_name, e->d_type);
	closedir(d);
	qsort(names, n, sizeof *names, by_name);
	for (int i = 0; i < n; i++)
		printf("  %s\n", names[i]);
}

int main(void)
{
	char buf[64] = "";
	struct stat st;

	if (!mkdtemp(dir) || chdir(dir))
		return 1;
	umask(022);
	int fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0666);
	show("write", write(fd, "hello world\n", 12));
	show("lseek", lseek(fd, 6, SEEK_SET));
	show("read", read(fd, buf, 5));
	puts(buf);
	show("pread", pread(fd, buf, 5, 0));
	puts(buf);
	show("pwrite", pwrite(fd, "HELLO", 5, 0));
	show("beyond", lseek(fd, 5000000000, SEEK_SET));
	struct iovec v[2] = {{"ab", 2}, {"cd\n", 3}};
	show("lseek", lseek(fd, 0, SEEK_END));
	show("writev", writev(fd, v, 2));
	show("fstat", fstat(fd, &st));
	printf("%o %ld %ld\n", st.st_mode, (long)st.st_size, (long)st.st_nlink);
	show("ftruncate", ftruncate(fd, 100));
	show("fcntl", fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
	show("setfl", fcntl(fd, F_SETFL, O_APPEND));
	show("getfl", (fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND)));
	struct flock lk = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 20};
	show("lock", fcntl(fd, F_SETLK, &lk));
	show("getlk", fcntl(fd, F_GETLK, &lk));
	printf("%d\n", lk.l_type);
	show("flock", flock(fd, LOCK_EX | LOCK_NB));
	show("excl", open("a", O_CREAT | O_EXCL | O_WRONLY, 0600));
	show("missing", open("nothing", O_RDONLY));
	show("isdir", open(".", O_WRONLY));
	show("badfd", read(77, buf, 1));
	show("efault", read(fd, (void *)8, 1));
	show("mkdir", mkdir("d", 0755));
	show("mkdir", mkdir("d", 0755));
	show("symlink", symlink("a", "l"));
	show("link", link("a", "h"));
	show("readlink", readlink("l", buf, sizeof buf));
	show("lstat", lstat("l", &st));
	printf("%d %ld\n", S_ISLNK(st.st_mode), (long)st.st_size);
	show("stat", stat("l", &st));
	printf("%d %ld %ld\n", S_ISREG(st.st_mode), (long)st.st_size, (long)st.st_nlink);
	struct timespec ts[2] = {{1000000000, 5}, {1500000000, 123456789}};
	show("utimensat", utimensat(AT_FDCWD, "a", ts, 0));
	show("stat", stat("a", &st));
	printf("%ld %ld %ld\n", (long)st.st_atime, (long)st.st_mtime, st.st_mtim.tv_nsec);
	show("chmod", chmod("a", 0640));
	show("stat", fstatat(AT_FDCWD, "a", &st, AT_SYMLINK_NOFOLLOW));
	printf("%o\n", st.st_mode);
	show("access", access("a", R_OK));
	show("access", access("b", R_OK));
	show("rename", rename("h", "d/h2"));
	list(".");
	list("d");
	int p[2];
	show("pipe", pipe(p));
	show("write", write(p[1], "xyz", 3));
	show("read", read(p[0], buf, 10));
	show("dup2", dup2(p[0], 50));
	show("close", close(p[1]));
	show("eof", read(50, buf, 10));
	show("cloexec", fcntl(p[0], F_DUPFD_CLOEXEC, 60));
	show("getfd", fcntl(60, F_GETFD));
	show("getcwd", strcmp(getcwd(buf, sizeof buf), dir));
	show("unlink", unlink("d/h2") | unlink("l") | unlink("a"));
	show("rmdir", rmdir("d"));
	show("rmdir", rmdir(dir));
	return 0;
}
