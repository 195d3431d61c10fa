/* Processes: fork, exec with exact arguments and environment, wait, pipes, close-on-exec, scripts. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The environment is sorted: emulators that pvm itself may run in turn it round. */
static int report(int argc, char **argv)
{
	size_t n = 0;

	while (environ[n])
		n++;
	qsort(environ, n, sizeof *environ, by_text);
	for (int i = 0; i < argc; i++)
		printf("arg %d '%.*s'\n", i, strncmp(argv[i], "/tmp/", 5) ? 200 : 15, argv[i]);
	for (char **e = environ; *e; e++)
		printf("env '%s'\n", *e);
	printf("fd 9: %d, fd 8: %d\n", fcntl(9, F_GETFD), fcntl(8, F_GETFD));
	return argc;
}

static void run(const char *file, char **argv, char **envp)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execve(file, argv, envp);
		printf("exec: %s\n", strerror(errno));
		fflush(stdout);
		_exit(99);
	}
	pid_t got = waitpid(pid, &status, 0);
	printf("%d status %d\n", got == pid, WEXITSTATUS(status));
}

int main(int argc, char **argv)
{
	char exe[4096], script[] = "/tmp/pvm-script-XXXXXX", line[5000];
	int status, p[2];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	if (argc > 1 && (strcmp(argv[1], "report") == 0 || strcmp(argv[1], "one argument") == 0))
		return report(argc, argv);
	setvbuf(stdout, NULL, _IONBF, 0);
	exe[n] = 0;
	open("/dev/null", O_RDONLY);
	dup2(0, 9);
	fcntl(dup2(0, 8), F_SETFD, FD_CLOEXEC);
	char *args[] = {"other name", "report", "", "--exec=jit", "a b", NULL}, *envs[] = {"A=1", "LD_LIBRARY_PATH=/nowhere", "B=", "odd", NULL};
	run(exe, args, envs);
	char *none[] = {NULL};
	run("/nowhere/x", args, none);
	run("/etc/passwd", args, none);
	run("/tmp", args, none);

	int fd = mkstemp(script);
	n = snprintf(line, sizeof line, "#!%s one argument\nexit 3\n", exe);
	if (write(fd, line, n) != n || fchmod(fd, 0755))
		return 1;
	close(fd);
	char *sargs[] = {"x", "more", NULL};
	pid_t pid = fork();
	if (pid == 0) {
		execve(script, sargs, envs);
		_exit(98);
	}
	waitpid(pid, &status, 0);
	printf("script status %d\n", WEXITSTATUS(status));
	unlink(script);

	if (pipe(p))
		return 1;
	if ((pid = vfork()) == 0)
		_exit(5);
	siginfo_t si;
	memset(&si, 0, sizeof si);
	printf("waitid %d", waitid(P_PID, pid, &si, WEXITED));
	printf(" code %d status %d pid %d\n", si.si_code, si.si_status, si.si_pid == pid);
	printf("no child: %d %s\n", waitpid(-1, &status, 0), strerror(errno));
	posix_spawn_file_actions_t fa;
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, p[1], 1);
	char *sh[] = {"report", "report", "spawned", NULL};
	posix_spawn(&pid, exe, &fa, NULL, sh, none);
	close(p[1]);
	FILE *f = fdopen(p[0], "r");
	while (fgets(line, sizeof line, f))
		printf("spawned: %s", line);
	waitpid(pid, &status, 0);
	printf("status %d\n", WEXITSTATUS(status));
	return 42;
}
