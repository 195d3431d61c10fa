/* What the tests of calls share: a result is printed with the name of its error. */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static long show(const char *what, long r)
{
	printf("%s = %ld %s\n", what, r, r < 0 ? strerrorname_np(errno) : "");
	return r;
}

/* Only whether it worked: for results that differ from run to run. */
static long ok(const char *what, long r)
{
	printf("%s %s\n", what, r < 0 ? strerrorname_np(errno) : "ok");
	return r;
}
