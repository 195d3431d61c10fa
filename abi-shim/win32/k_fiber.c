/* kernel32: fibers -- stacks that a thread changes between by itself -- and the values that each has (FLS). */
#include "handlers.h"

#include <stdlib.h>

enum { RSP = 4, RCX = 1, BLOCK = 64, VEC_WORDS = 64, SLOTS = 128 };

typedef struct Fiber {
	struct Fiber *next;
	u64 at;                 /* its block in guest memory, which begins with its datum */
	u64 reg[16], pc, vec[VEC_WORDS], fcw, mxcsr;
	u64 low, high, chain;   /* stack; i386's chain of handlers */
	u64 fls[SLOTS];
	bool own_stack;         /* made for it: goes with it */
} Fiber;

static Fiber *fibers; /* under the task's lock */

static Fiber *find(WThread *t, u64 at)
{
	Fiber *f;

	task_lock(t);
	for (f = fibers; f && f->at != at; f = f->next)
		;
	task_unlock(t);
	return f;
}

static Fiber *add(WThread *t, u64 datum)
{
	Fiber *f = xcalloc(1, sizeof *f);

	if (!(f->at = wheap_zalloc(t, BLOCK))) {
		free(f);
		return NULL;
	}
	mem_put_word(t, f->at, datum);
	task_lock(t);
	f->next = fibers;
	fibers = f;
	task_unlock(t);
	return f;
}

static void forget(WThread *t, Fiber *f)
{
	task_lock(t);
	Fiber **p = &fibers;
	while (*p != f)
		p = &(*p)->next;
	*p = f->next;
	task_unlock(t);
	if (f->own_stack)
		guest_unmap(t->task->x, f->low, f->high - f->low);
	wheap_free(t, f->at);
	free(f);
}

static void save(WThread *t, Fiber *f)
{
	memcpy(f->reg, xreg(t->x, 0), sizeof f->reg);
	memcpy(f->vec, xreg(t->x, XS_VEC), sizeof f->vec);
	memcpy(f->fls, t->fls, sizeof f->fls);
	f->pc = *xreg(t->x, XS_PC);
	f->fcw = *xreg(t->x, XS_FCW);
	f->mxcsr = *xreg(t->x, XS_MXCSR);
	f->low = t->stack_low;
	f->high = t->stack_high;
	f->chain = mem_word(t, t->teb);
}

static void put_stack(WThread *t)
{
	u64 word = t->wide ? 8 : 4;

	mem_put_word(t, t->teb + word, t->stack_high);
	mem_put_word(t, t->teb + 2 * word, t->stack_low);
	mem_put_word(t, t->teb + (t->wide ? 0x1478 : 0xe0c), t->stack_low);
	mem_put_word(t, t->teb + 4 * word, t->fiber);
}

static void load(WThread *t, const Fiber *f)
{
	memcpy(xreg(t->x, 0), f->reg, sizeof f->reg);
	memcpy(xreg(t->x, XS_VEC), f->vec, sizeof f->vec);
	memcpy(t->fls, f->fls, sizeof f->fls);
	*xreg(t->x, XS_PC) = f->pc;
	*xreg(t->x, XS_FCW) = f->fcw;
	*xreg(t->x, XS_MXCSR) = f->mxcsr;
	t->stack_low = f->low;
	t->stack_high = f->high;
	t->fiber = f->at;
	mem_put_word(t, t->teb, f->chain);
	put_stack(t);
}

/* ---- handlers ----------------------------------------------------------------------------------------- */

u64 w_ConvertThreadToFiber(WThread *t, const u64 *a)
{
	Fiber *f = t->fiber ? NULL : add(t, a[0]);

	if (!f)
		return fail(t, t->fiber ? 1280 : W_NOT_ENOUGH_MEMORY); /* it is one already */
	t->fiber = f->at;
	put_stack(t);
	return f->at;
}

u64 w_ConvertFiberToThread(WThread *t, const u64 *a)
{
	Fiber *f = t->fiber ? find(t, t->fiber) : NULL;

	if (!f)
		return fail(t, 1281); /* it is none */
	t->fiber = 0;
	put_stack(t);
	forget(t, f);
	return 1;
}

u64 w_IsThreadAFiber(WThread *t, const u64 *a) { return t->fiber != 0; }

/* Commit, reserve, flags, start, datum. */
u64 w_CreateFiberEx(WThread *t, const u64 *a)
{
	enum { LEAST = 1 << 16, USUAL = 1 << 20 };
	u64 size = (MAX(a[1] ? a[1] : (u64)USUAL, (u64)LEAST) + 0xffff) & ~(u64)0xffff, word = t->wide ? 8 : 4;
	Fiber *f = size >> 40 ? NULL : add(t, a[4]);
	u64 low = f ? mem_map(t->task, size, GP_READ | GP_WRITE) : 0;

	if (!low) {
		if (f)
			forget(t, f);
		return fail(t, W_NOT_ENOUGH_MEMORY);
	}
	f->low = low;
	f->high = low + size;
	f->own_stack = true;
	f->chain = t->wide ? 0 : 0xffffffff;
	f->fcw = *xreg(t->x, XS_FCW);
	f->mxcsr = *xreg(t->x, XS_MXCSR);
	f->pc = a[3];
	/* A fiber whose function comes back ends its thread. */
	u64 sp = f->high - 256, back = module_export(t, module_by_name(t->task, "kernel32.dll"), "ExitThread", 0);
	mem_put_word(t, sp - word, 0);
	mem_put_word(t, sp - 2 * word, a[4]);
	sp -= t->wide ? 8 : 12;
	mem_put_word(t, sp, back);
	f->reg[RSP] = sp;
	f->reg[RCX] = a[4];
	return f->at;
}

u64 w_CreateFiber(WThread *t, const u64 *a)
{
	return w_CreateFiberEx(t, (u64[]){0, a[0], 0, a[1], a[2]});
}

u64 w_SwitchToFiber(WThread *t, const u64 *a)
{
	Fiber *to = find(t, a[0]), *from = t->fiber ? find(t, t->fiber) : NULL;

	if (!to || !from)
		return 0;
	save(t, from);
	load(t, to);
	t->moved = true;
	return 0;
}

u64 w_DeleteFiber(WThread *t, const u64 *a)
{
	Fiber *f = find(t, a[0]);

	if (f && f->at == t->fiber)
		return w_ExitThread(t, (u64[]){1});
	if (f)
		forget(t, f);
	return 0;
}

/* ---- values ---------------------------------------------------------------------------------------------- */

static struct { bool used; u64 fn; } slots[SLOTS];

u64 w_FlsAlloc(WThread *t, const u64 *a)
{
	u64 i = 1; /* the first is never given out */

	task_lock(t);
	while (i < SLOTS && slots[i].used)
		i++;
	if (i < SLOTS) {
		slots[i].used = true;
		slots[i].fn = a[0];
		for (WThread *n = t->task->threads; n; n = n->next)
			n->fls[i] = 0;
	}
	task_unlock(t);
	if (i < SLOTS)
		return i;
	error_set(t, W_NOT_ENOUGH_MEMORY);
	return 0xffffffff;
}

static void tell(WThread *t, u64 i)
{
	u64 v = t->fls[i];

	t->fls[i] = 0;
	if (slots[i].used && slots[i].fn && v)
		call_guest(t, slots[i].fn, 1, &v);
}

void fls_notify(WThread *t)
{
	for (u64 i = 1; i < SLOTS; i++)
		tell(t, i);
}

/* Only the caller's own value is told of. */
u64 w_FlsFree(WThread *t, const u64 *a)
{
	if (a[0] >= SLOTS || !slots[a[0]].used)
		return fail(t, W_INVALID_PARAMETER);
	tell(t, a[0]);
	slots[a[0]].used = false;
	return 1;
}

u64 w_FlsGetValue(WThread *t, const u64 *a)
{
	if (a[0] >= SLOTS || !a[0])
		return fail(t, W_INVALID_PARAMETER);
	error_set(t, 0);
	return t->fls[a[0]];
}

/* As above, without the error. */
u64 w_FlsGetValue2(WThread *t, const u64 *a) { return a[0] < SLOTS ? t->fls[a[0]] : 0; }

u64 w_FlsSetValue(WThread *t, const u64 *a)
{
	if (a[0] >= SLOTS || !a[0] || !slots[a[0]].used)
		return fail(t, W_INVALID_PARAMETER);
	t->fls[a[0]] = a[1];
	return 1;
}
