/* torment FILE...: the ELF reader, and the start of processes, on hostile variants of real files: every truncation, and every
 * byte changed to every value.  Each must be accepted or refused in good order; best built with sanitizers (SAN=1).
 * Processes are started from the variants of the first bytes, which have the headers, and from truncations. */
#include "../../abi-shim/linux/abi.h"
#include "../../loader/image.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HEADERS = 1024, SHORTER = 37 /* of the truncations, every so many is started */ };

static u64 read_, accepted, started, refused;
static int fd;

static void check(bool ok, const char *what, const char *msg)
{
	if (ok)
		return;
	printf("torment: %s: %s\n", what, msg);
	exit(1);
}

static void check_message(const Err *e, int most)
{
	check(e->status >= EXIT_VM && e->status <= most, "status", e->msg);
	check(e->msg[0] && !strchr(e->msg, '\n'), "one line", e->msg);
}

/* A copy that ends where the bytes do, so that a sanitizer sees a read behind them. */
static void try_read(const u8 *p, size_t n)
{
	static Image m;
	Err e = {0};
	u8 *copy = xmalloc(n ? n : 1);

	memcpy(copy, p, n);
	read_++;
	if (elf_read(copy, n, "x", &m, &e))
		accepted++;
	else
		check_message(&e, EXIT_UNSUPPORTED);
	free(copy);
}

static void try_start(void)
{
	static char *env[] = {"A=1", NULL};
	char path[] = "/proc/self/fd/99", *argv[] = {path, NULL};
	LTask *k = xcalloc(1, sizeof *k);
	Err e = {0};

	k->o.x.exec = XEXEC_EVAL;
	k->o.x.data = k;
	if (start_process(k, 1, argv, env, &e)) {
		started++;
	} else {
		refused++;
		check_message(&e, EXIT_NOTFOUND);
	}
	if (k->x)
		xtask_free(k->x);
	buf_free(&k->cmdline);
	buf_free(&k->environ);
	buf_free(&k->auxv);
	free(k);
}

static void put(const u8 *p, size_t n, u64 at)
{
	check(pwrite(fd, p, n, (off_t)at) == (ssize_t)n, "cannot write", "the file in memory");
}

static void torment(u8 *p, size_t n)
{
	check(ftruncate(fd, 0) == 0, "cannot empty", "the file in memory");
	put(p, n, 0);
	try_start();
	for (size_t i = 0; i < n; i++) {
		u8 was = p[i];
		for (u32 v = 0; v < 256; v++) {
			p[i] = (u8)v;
			try_read(p, n);
			if (i >= HEADERS)
				continue;
			put(p + i, 1, i);
			try_start();
		}
		p[i] = was;
		put(p + i, 1, i);
	}
	for (size_t k = n; k-- > 0; ) {
		try_read(p, k);
		if (k % SHORTER)
			continue;
		check(ftruncate(fd, (off_t)k) == 0, "cannot cut", "the file in memory");
		try_start();
	}
}

int main(int argc, char **argv)
{
	int made = memfd_create("program", 0);

	fd = fcntl(made, F_DUPFD, 99);
	check(fd == 99, "cannot make", "a file in memory");
	for (int k = 1; k < argc; k++) {
		Buf b = {0};
		Err e = {0};
		check(file_read(argv[k], &b, &e), argv[k], e.msg);
		torment(b.p, b.n);
		printf("%s: %u bytes\n", argv[k], b.n);
		fflush(stdout);
		buf_free(&b);
	}
	printf("%llu variants read, %llu of them accepted; %llu started, %llu not\n", (unsigned long long)read_, (unsigned long long)accepted,
		(unsigned long long)started, (unsigned long long)refused);
	return 0;
}
