/* Guest memory: a window of address space whose base never moves.
 *
 * P-code forms addresses as a u32 plus a u32 offset, so 8 GiB and a page hold everything that emitted code can
 * name; what is not in use stays inaccessible.  Where so much address space is not to be had, a smaller window
 * serves the interpreter and eval, which check each access themselves. */
#include "task.h"

#include <sys/mman.h>
#include <unistd.h>

enum { TAIL = 65536 };

static void *reserve(u64 n)
{
	if (n > SIZE_MAX)
		return NULL;
	void *p = mmap(NULL, (size_t)n, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

/* Halves the window until the host gives it, down to what the module starts with. */
static u8 *reserve_some(Task *t)
{
	u64 least = (u64)MAX(t->m->pages, 1u) * PCODE_PAGE;
	u64 n = ((u64)2 << 32) + TAIL;
	u8 *p = reserve(n);

	t->window = p != NULL;
	for (n = t->limit; !p && n >= least; n = n / 2 / PCODE_PAGE * PCODE_PAGE) {
		p = reserve(MAX(n, least));
		t->limit = MAX(n, least);
	}
	t->reserved = t->window ? ((u64)2 << 32) + TAIL : t->limit;
	return p;
}

bool guest_new(Task *t, Err *e)
{
	const PModule *m = t->m;
	Regfile *r = &t->thread->r;

	t->limit = (u64)MAX(m->max_pages, MAX(m->pages, 1u)) * PCODE_PAGE;
	r->mem = reserve_some(t);
	if (!r->mem)
		return err_set(e, EXIT_VM, "%s: no address space for %llu bytes of guest memory", m->source,
			(unsigned long long)m->pages * PCODE_PAGE);
	if (!guest_grow(t->thread, (u64)m->pages * PCODE_PAGE))
		return err_set(e, EXIT_VM, "%s: no memory for %llu bytes of guest memory", m->source,
			(unsigned long long)m->pages * PCODE_PAGE);
	for (u32 i = 0; i < m->ndata; i++) {
		const PData *d = &m->data[i];
		if ((u64)d->at + d->n > r->mem_size)
			return err_set(e, EXIT_VM, "%s: data outside memory", m->source);
		memcpy(r->mem + d->at, d->p, d->n);
	}
	r->mem_guard = m->guard;
	r->sp = m->stack_hi;
	r->sp_limit = m->stack_lo;
	return true;
}

void guest_free(Task *t)
{
	if (t->thread->r.mem)
		munmap(t->thread->r.mem, (size_t)t->reserved);
}

void guest_guard(Task *t)
{
	if (t->m->guard && mprotect(t->thread->r.mem, t->m->guard, PROT_NONE) != 0)
		die(EXIT_VM, "cannot protect the first %u bytes of guest memory", t->m->guard);
}

bool guest_grow(Thread *th, u64 size)
{
	Regfile *r = &th->r;

	if (size <= r->mem_size)
		return true;
	if (size > th->task->limit)
		return false;
	if (mprotect(r->mem + r->mem_size, (size_t)(size - r->mem_size), PROT_READ | PROT_WRITE) != 0)
		return false;
	r->mem_size = size;
	th->eval.guest_hi = size;
	return true;
}

void *guest_ptr_try(Thread *th, u32 addr, u32 n)
{
	static u8 nothing[1];

	if (n == 0)
		return nothing;
	if (addr < th->task->m->guard || (u64)addr + n > th->r.mem_size)
		return NULL;
	return th->r.mem + addr;
}

void *guest_ptr(Thread *th, u32 addr, u32 n)
{
	void *p = guest_ptr_try(th, addr, n);

	if (!p)
		thread_trap(th, TRAP_MEMORY);
	return p;
}

u64 pcode_mem_grow(Regfile *r, const u64 *args)
{
	u64 old = r->mem_size / PCODE_PAGE, more = (u32)args[0];

	if (!guest_grow((Thread *)r, (old + more) * PCODE_PAGE))
		return UINT32_MAX;
	return old;
}
