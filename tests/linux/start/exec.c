/* execve of each file that is named: what errno says, or what the new program prints and how it ends. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	for (int i = 1; i < argc; i++) {
		char *args[] = {argv[i], "one", "two words", NULL}, *env[] = {"A=1", NULL};
		int status;
		pid_t pid = fork();
		printf("%s", pid ? "" : "--- "), fflush(stdout);
		if (!pid) {
			printf("%s\n", argv[i]);
			execve(argv[i], args, env);
			printf("errno %s\n", strerrorname_np(errno));
			_exit(99);
		}
		waitpid(pid, &status, 0);
		printf("status %x\n", status);
	}
	return 0;
}
