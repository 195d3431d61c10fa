/* System calls: small ones, and reading and writing through a pipe. */
#include <sys/syscall.h>
#include <unistd.h>
#include "bench.h"

static long work(long n)
{
	char buf[64] = "a line that goes through a pipe";
	int fd[2];
	long sum = 0;

	if (pipe(fd) != 0)
		return -1;
	for (long k = 0; k < n * 250; k++) {
		sum += syscall(SYS_getppid) > 0;
		sum += write(fd[1], buf, sizeof buf);
		sum += read(fd[0], buf, sizeof buf);
		sum += lseek(fd[0], 0, SEEK_CUR);
	}
	return sum;
}
