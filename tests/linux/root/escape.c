/* Under --only-root: tries to read a file outside while another process renames directories and links under its feet.
 * escape SECRET: the host's name of the file.  Prints how often it got out. */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int got;

static void look(int dir, const char *path)
{
	char buf[64] = "";
	int fd = openat(dir, path, O_RDONLY);

	if (fd < 0)
		return;
	if (read(fd, buf, sizeof buf - 1) > 0 && strstr(buf, "secret"))
		got++;
	close(fd);
}

/* Swaps: "x" is a directory, then a link to where the secret is; "in" moves in and out of a deep place. */
static void swap_all(const char *outside)
{
	for (;;) {
		rename("/race/x", "/race/x1");
		symlink(outside, "/race/x");
		usleep(10);
		unlink("/race/x");
		rename("/race/x1", "/race/x");
		rename("/race/deep/1/2/in", "/race/in");
		usleep(10);
		rename("/race/in", "/race/deep/1/2/in");
	}
}

int main(int argc, char **argv)
{
	char path[PATH_MAX], outside[PATH_MAX], up[PATH_MAX];
	const char *name = strrchr(argv[1], '/') + 1;

	snprintf(outside, sizeof outside, "%.*s", (int)(name - argv[1]), argv[1]);
	snprintf(path, sizeof path, "/race/x/%s", name);
	snprintf(up, sizeof up, "../../../../../../../../../../..%s", argv[1]);
	mkdir("/race", 0755), mkdir("/race/x", 0755), mkdir("/race/deep", 0755), mkdir("/race/deep/1", 0755);
	mkdir("/race/deep/1/2", 0755), mkdir("/race/deep/1/2/in", 0755);
	pid_t other = fork();
	if (other == 0)
		swap_all(outside);
	for (int i = 0; i < 3000; i++) {
		look(AT_FDCWD, path);
		int dir = open("/race/deep/1/2/in", O_RDONLY | O_DIRECTORY);
		look(dir, up);
		if (dir >= 0) {
			char by[64];
			snprintf(by, sizeof by, "/proc/self/fd/%d/../../../../../../../../../..", dir);
			strcat(by, argv[1]);
			look(AT_FDCWD, by);
			if (fchdir(dir) == 0)
				look(AT_FDCWD, up);
			close(dir);
		}
		struct stat st;
		if (stat(path, &st) == 0)
			got++;
	}
	kill(other, SIGKILL);
	wait(NULL);
	printf("out %d times\n", got);
	return got != 0;
}
