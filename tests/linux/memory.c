/* Memory: brk, mmap in its forms, mprotect, mremap, shared mappings across fork, madvise. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	char name[] = "/tmp/pvm-mem-XXXXXX", *brk0 = sbrk(0), line[300];
	int fd = mkstemp(name), lines = 0, stack = 0, heap = 0;

	unlink(name);
	printf("brk %d\n", sbrk(100000) == brk0);
	memset(brk0, 1, 100000);
	printf("back %d\n", brk(brk0));
	if (write(fd, "file contents", 13) != 13 || ftruncate(fd, 10000))
		return 1;
	char *a = mmap(NULL, 10000, PROT_READ, MAP_PRIVATE, fd, 0);
	printf("%.13s %d\n", a, a[9999]);
	char *b = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);
	strcpy(b, "shared");
	printf("%s\n", a + 4096);
	char *c = mmap(a, 4096, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	printf("%d %d %s\n", c == a, *c, a + 4096);
	printf("noreplace %d", mmap(a, 4096, PROT_READ, MAP_FIXED_NOREPLACE | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	printf(" %s\n", strerror(errno));
	printf("bad %d %d\n", munmap(a + 1, 10) == 0, mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	char *m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	strcpy(m + 100, "moves");
	m = mremap(m, 8192, 1 << 20, MREMAP_MAYMOVE);
	printf("%s %d\n", m + 100, m[(1 << 20) - 1]);
	printf("madvise %d", madvise(m, 4096, MADV_DONTNEED));
	printf(" %d\n", m[100]);
	printf("protect %d %d\n", mprotect(m, 4096, PROT_READ), mprotect(m + 1, 4096, PROT_READ));
	int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fork() == 0) {
		*shared = 99;
		m[5000] = 1;
		_exit(0);
	}
	wait(NULL);
	printf("child wrote %d %d\n", *shared, m[5000]);
	FILE *f = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof line, f)) {
		lines++;
		stack += strstr(line, "[stack]") != NULL;
		heap += strstr(line, "/memory") != NULL;
	}
	printf("maps %d %d %d\n", lines > 5, stack, heap > 1);
	for (int i = 0; i < 200; i++) {
		char *p = malloc((size_t)i * 5000 + 1);
		memset(p, i, (size_t)i * 5000 + 1);
		if (i % 3)
			free(p);
	}
	return 0;
}
