/* What the system says of itself. */
#include "layouts.h"

#include <sys/syscall.h>

/* The host's kernel, but the guest's machine. */
i64 misc_uname(LThread *t, const u64 *a)
{
	struct utsname *u = hostp(a[0]);
	i64 r = HOST(t, SYS_uname, u);

	if (r < 0)
		return r;
	if (t->task->o.uname)
		snprintf(u->release, sizeof u->release, "%s", t->task->o.uname);
	memset(u->machine, 0, sizeof u->machine);
	strcpy(u->machine, t->task->wide ? "x86_64" : "i686");
	return 0;
}

/* i386 has 32 bits for sizes: the unit grows until they fit. */
i64 misc_sysinfo(LThread *t, const u64 *a)
{
	struct sysinfo *s = hostp(a[0]);
	i64 r = HOST(t, SYS_sysinfo, s);

	if (r < 0 || t->wide || (!(s->totalram >> 32) && !(s->totalswap >> 32)))
		return r;
	unsigned long *size[] = {
		&s->totalram, &s->freeram, &s->sharedram, &s->bufferram, &s->totalswap, &s->freeswap, &s->totalhigh, &s->freehigh
	};
	u32 shift = 0;
	while (s->mem_unit < GUEST_PAGE)
		s->mem_unit <<= 1, shift++;
	for (u32 i = 0; i < COUNT(size); i++)
		*size[i] >>= shift;
	return r;
}

/* What guest libcs do without: rseq. */
i64 misc_enosys(LThread *t, const u64 *a)
{
	return -ENOSYS;
}

/* i386's older forms: five names of 65 bytes, or of 9. */
static i64 old_uname(LThread *t, u64 at, u32 size)
{
	struct utsname u;
	const u64 arg = (u64)(uintptr_t)&u;
	i64 r = misc_uname(t, &arg);
	const char *name[] = {u.sysname, u.nodename, u.release, u.version, u.machine};
	u8 raw[5 * 65] = {0};

	if (r < 0)
		return r;
	for (u32 i = 0; i < COUNT(name); i++)
		memcpy(raw + i * size, name[i], strnlen(name[i], size - 1));
	return xguest_write(t->x, at, raw, COUNT(name) * size) ? 0 : -EFAULT;
}

i64 misc_olduname(LThread *t, const u64 *a)
{
	return old_uname(t, a[0], 65);
}

i64 misc_oldolduname(LThread *t, const u64 *a)
{
	return old_uname(t, a[0], 9);
}

/* The kernel's own way to go on with a sleep that was interrupted without a handler: tracers do that. */
i64 misc_restart(LThread *t, const u64 *a)
{
	const LRow *row = t->again;

	t->again = NULL;
	if (!row)
		return -EINTR;
	t->resumes = true;
	i64 r = call_row(t, row, t->again_raw);
	t->resumes = false;
	return r;
}
