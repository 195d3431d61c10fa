/* Memory for emitted code: one memory file mapped twice.  Pages cost nothing until they are written. */
#include "codecache.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ALIGN = 16 };

static u8 *map(int fd, int prot)
{
	void *p = mmap(NULL, CODECACHE_SIZE, prot, fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

static bool map_file(CodeCache *c)
{
	int fd = memfd_create("pvm-code", MFD_CLOEXEC);
	bool ok = fd >= 0 && ftruncate(fd, CODECACHE_SIZE) == 0;

	ok = ok && (c->w = map(fd, PROT_READ | PROT_WRITE)) && (c->x = map(fd, PROT_READ | PROT_EXEC));
	int why = errno;
	if (fd >= 0)
		close(fd);
	errno = why;
	return ok;
}

/* mremap with an old size of 0 maps shared memory a second time. */
static bool map_nameless(CodeCache *c)
{
	c->w = map(-1, PROT_READ | PROT_WRITE);
	void *p = c->w ? mremap(c->w, 0, CODECACHE_SIZE, MREMAP_MAYMOVE) : MAP_FAILED;
	if (p == MAP_FAILED)
		return false;
	c->x = p;
	return mprotect(c->x, CODECACHE_SIZE, PROT_READ | PROT_EXEC) == 0;
}

/* A limit on the size of files counts for those of memory, too, and comes with a signal. */
static bool files_are_limited(void)
{
	struct rlimit r;

	return getrlimit(RLIMIT_FSIZE, &r) == 0 && r.rlim_cur < CODECACHE_SIZE;
}

bool codecache_new(CodeCache *c, bool nameless, Err *e)
{
	*c = (CodeCache){0};
	nameless = nameless || files_are_limited();
	bool ok = nameless ? map_nameless(c) : map_file(c);
	int why = errno;
	if (!ok) {
		codecache_free(c);
		return err_set(e, EXIT_UNSUPPORTED, "no executable memory: %s", strerror(why));
	}
	return true;
}

static bool map_over(u8 *from, size_t old_size, u8 *at)
{
	return mremap(from, old_size, CODECACHE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, at) == at;
}

/* Nameless memory: whatever limits the guest has set for its files, and without a descriptor of its own. */
bool codecache_own(CodeCache *c)
{
	u8 *own = map(-1, PROT_READ | PROT_WRITE);

	if (!own)
		return false;
	memcpy(own, c->w, c->used);
	bool ok = map_over(own, 0, c->x) && mprotect(c->x, CODECACHE_SIZE, PROT_READ | PROT_EXEC) == 0 && map_over(own, CODECACHE_SIZE, c->w);
	c->shared = false;
	return ok;
}

void codecache_free(CodeCache *c)
{
	if (c->w)
		munmap(c->w, CODECACHE_SIZE);
	if (c->x)
		munmap(c->x, CODECACHE_SIZE);
	c->w = c->x = NULL;
}

u32 codecache_take(CodeCache *c, u32 n)
{
	u32 at = (c->used + ALIGN - 1) & ~(u32)(ALIGN - 1);

	if (n > CODECACHE_SIZE - at)
		return UINT32_MAX;
	c->used = at + n;
	return at;
}
