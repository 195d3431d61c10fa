/* Code that is written through one mapping and run through another of the same memory: what JITs do that keep no page
 * writable and executable at once. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE, RX = PROT_READ | PROT_EXEC, RWX = RW | PROT_EXEC };

typedef int Fn(void);

/* mov eax, v; ret */
static void emit(unsigned char *at, int v)
{
	*at = 0xb8;
	memcpy(at + 1, &v, 4);
	at[5] = 0xc3;
}

static long rewrite(unsigned char *w, unsigned char *x, int n)
{
	long sum = 0;

	for (int i = 0; i < n; i++) {
		emit(w, i * 7);
		sum += ((Fn *)x)();
	}
	return sum;
}

static unsigned char *view(int fd, int prot, int flags, off_t at)
{
	return mmap(NULL, PAGE, prot, flags, fd, at);
}

static int memory(int pages)
{
	int fd = memfd_create("code", 0);

	if (ftruncate(fd, pages * PAGE))
		exit(1);
	return fd;
}

static void simple(void)
{
	int fd = memory(1);
	unsigned char *w = view(fd, RW, MAP_SHARED, 0), *x = view(fd, RX, MAP_SHARED, 0);

	printf("shared %ld\n", rewrite(w, x, 300));
	unsigned char *late = view(fd, RW, MAP_SHARED, 0), *other = view(fd, RX, MAP_SHARED, 0);
	printf("a later view %ld, another one runs %ld %d\n", rewrite(late, x, 50), rewrite(late, other, 50), ((Fn *)x)());
	munmap(w, PAGE);
	munmap(late, PAGE);
	printf("without writers %d\n", ((Fn *)x)());
	mprotect(other, PAGE, RW);
	printf("made writable %ld\n", rewrite(other, x, 50));
	unsigned char *p = view(fd, RX, MAP_PRIVATE, 0);
	printf("private %ld\n", rewrite(other, p, 50));
	mprotect(p, PAGE, RWX);
	printf("a copy of its own %ld", rewrite(p, p, 50));
	emit(other, 5);
	printf(" %d %d\n", ((Fn *)p)(), ((Fn *)x)());
	close(fd);
}

static void offsets(void)
{
	int fd = memory(4);
	unsigned char *w = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0), *x = view(fd, RX, MAP_SHARED, 2 * PAGE);

	printf("offset %ld\n", rewrite(w + 2 * PAGE + 100, x + 100, 50));
	mprotect(w + PAGE, PAGE, PROT_READ);
	printf("behind a border %ld\n", rewrite(w + 2 * PAGE + 100, x + 100, 50));
	unsigned char *m = mremap(w + 2 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
	printf("moved %ld\n", rewrite(m + 100, x + 100, 50));
	close(fd);
}

/* Both views run and are written to. */
static void both(void)
{
	int fd = memory(1);
	unsigned char *a = view(fd, RWX, MAP_SHARED, 0), *b = view(fd, RWX, MAP_SHARED, 0);

	printf("both ways %ld %ld %ld %ld\n", rewrite(a, b, 50), rewrite(b, a, 50), rewrite(a, a, 50), rewrite(b, b, 50));
	/* mov byte [b's code], v that stands right behind the store */
	unsigned char code[16], *c = code;
	unsigned long target = 0;
	memcpy(c, sizeof(long) == 8 ? "\x48\xb8" : "\xb8", sizeof(long) == 8 ? 2 : 1);
	c += sizeof(long) == 8 ? 2 : 1;
	memcpy(c, &target, sizeof target);
	c += sizeof target;
	memcpy(c, "\xc6\x00\x21", 3);  /* movb [eax], 0x21 */
	c += 3;
	printf("the next instruction %d:", (int)(c - code));
	for (int i = 0; i < 3; i++) {
		memcpy(a, code, (size_t)(c - code));
		emit(a + (c - code), 1000 + i);
		/* the store's target is the immediate of the mov behind it */
		target = (unsigned long)(b + (c - code) + 1);
		memcpy(a + (sizeof(long) == 8 ? 2 : 1), &target, sizeof target);
		printf(" %d", ((Fn *)a)());
	}
	printf("\n");
	close(fd);
}

static void others(void)
{
	unsigned char *a = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned char *b = mremap(a, 0, PAGE, MREMAP_MAYMOVE);

	mprotect(b, PAGE, RX);
	printf("mremap of nothing %ld\n", rewrite(a, b, 50));
	printf("of private memory %d\n", mremap(mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 0, PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	int id = shmget(IPC_PRIVATE, PAGE, 0700);
	a = shmat(id, NULL, 0);
	b = shmat(id, NULL, SHM_EXEC);
	shmctl(id, IPC_RMID, NULL);
	printf("System V %ld\n", rewrite(a, b, 50));
}

/* The kernel writes: by read into a view. */
static void kernel(void)
{
	int fd = memory(1), p[2];
	unsigned char *w = view(fd, RW, MAP_SHARED, 0), *x = view(fd, RX, MAP_SHARED, 0), code[6];
	long sum = 0;

	if (pipe(p))
		exit(1);
	for (int i = 0; i < 50; i++) {
		emit(code, i * 3);
		if (write(p[1], code, 6) != 6 || read(p[0], w, 6) != 6)
			exit(1);
		sum += ((Fn *)x)();
	}
	printf("read into a view %ld\n", sum);
}

static unsigned char *shared_w, *shared_x;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void *worker(void *p)
{
	long sum = 0;

	for (int i = 0; i < 100; i++) {
		pthread_mutex_lock(&turn);
		emit(shared_w + (long)p * 64, i);
		sum += ((Fn *)(shared_x + (long)p * 64))();
		pthread_mutex_unlock(&turn);
		sum += ((Fn *)(shared_x + (long)p * 64))();
	}
	return (void *)sum;
}

static void threads(void)
{
	int fd = memory(1);
	pthread_t t[4];
	void *r;

	shared_w = view(fd, RW, MAP_SHARED, 0);
	shared_x = view(fd, RX, MAP_SHARED, 0);
	for (long i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, worker, (void *)i);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &r);
		printf("thread %ld\n", (long)r);
	}
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	simple();
	offsets();
	both();
	others();
	kernel();
	threads();
	return 0;
}
