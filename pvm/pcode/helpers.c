/* What interpreter and compiled code share of the instructions on blocks of memory. */
#include "pcode.h"

/* The bytes [at, at + n), which must lie behind the guard and in memory; n is not 0. */
static u8 *block(Regfile *t, u64 at, u64 n)
{
	if (at < t->mem_guard || n > t->mem_size || at > t->mem_size - n)
		t->trap(t, TRAP_MEMORY);
	return t->mem + at;
}

/* Both blocks are checked before the first byte is written; an empty block may lie anywhere. */
u64 pcode_mem_copy(Regfile *t, const u64 *args)
{
	u32 n = (u32)args[2];

	if (n) {
		u8 *to = block(t, (u32)args[0], n);
		memmove(to, block(t, (u32)args[1], n), n);
	}
	return 0;
}

u64 pcode_mem_fill(Regfile *t, const u64 *args)
{
	u32 n = (u32)args[2];

	if (n)
		memset(block(t, (u32)args[0], n), (u8)args[1], n);
	return 0;
}

u64 pcode_mem_cmp(Regfile *t, const u64 *args)
{
	u32 n = (u32)args[2];

	if (!n)
		return 0;
	const u8 *a = block(t, (u32)args[0], n);
	int order = memcmp(a, block(t, (u32)args[1], n), n);
	return (u32)((order > 0) - (order < 0));
}
