/* gen_rt_ref: routines on counted blocks -- dynamic strings and arrays -- in P-code.
 *
 * A reference is the address of a block, or 0 for what is empty:
 *
 *   0  how often it is referred to; -1 in constants, which nobody counts
 *   4  length    8  bytes of the block, which mem.free wants to know    16  characters or elements
 *
 * A routine that takes a reference "over" ends it or gives it back, maybe as another one: so s := s + 'x' can go on in the
 * block that it has when nobody else refers to it.  Behind the characters of a string stands a 0, for C. */
#include "gen_rt.h"

enum { SLACK = REF_DATA + 1 }; /* of a string */

/* (ref): counts it. */
void gen_rt_ref_retain(Gen *g)
{
	u32 none = pb_label(g->b);
	GET(0), E1(JUMP_IFZ, none);
	GET(0), LOAD(REF_COUNT), INT(0), E(I32_LT_S), E1(JUMP_IF, none);
	GET(0), GET(0), LOAD(REF_COUNT), INT(1), E(I32_ADD), STORE(REF_COUNT);
	E1(LABEL, none);
	E(RETURN);
}

/* (ref): ends it; what it holds is no reference itself. */
void gen_rt_ref_release(Gen *g)
{
	u32 none = pb_label(g->b), count = pb_local(g->b, 'i'), down = pb_label(g->b);
	GET(0), E1(JUMP_IFZ, none);
	GET(0), LOAD(REF_COUNT), TEE(count), INT(0), E(I32_LT_S), E1(JUMP_IF, none);
	GET(count), INT(1), E(I32_GT_S), E1(JUMP_IF, down);
	GET(0), GET(0), LOAD(REF_BYTES), gen_call_sys(g, "mem.free", "ii:");
	E(RETURN);
	E1(LABEL, down);
	GET(0), GET(count), INT(1), E(I32_SUB), STORE(REF_COUNT);
	E1(LABEL, none);
	E(RETURN);
}

/* Makes local q a new block of length n with room for the bytes in local `bytes`, which it rounds up. */
static void new_block(Gen *g, u32 q, u32 n, u32 bytes)
{
	GET(bytes), INT(15), E(I32_ADD), INT(-16), E(I32_AND), TEE(bytes), gen_call_sys(g, "mem.alloc", "i:i"), SET(q);
	GET(q), INT(1), STORE(REF_COUNT);
	GET(q), GET(n), STORE(REF_LENGTH);
	GET(q), GET(bytes), STORE(REF_BYTES);
}

/* ---- strings ---- */

/* (to, cap, at, n): the string[cap] becomes these characters. */
void gen_rt_str_put(Gen *g)
{
	gen_rt_min(g, 3, 1), SET(3);
	gen_rt_plus(g, 0, 1), GET(2), GET(3), E(MEM_COPY);
	GET(0), GET(3), STORE8(0);
	E(RETURN);
}

/* (at, n): a new string of these characters. */
void gen_rt_ansi_make(Gen *g)
{
	u32 q = pb_local(g->b, 'i'), bytes = pb_local(g->b, 'i'), some = pb_label(g->b);
	GET(1), INT(0), E(I32_GT_S), E1(JUMP_IF, some);
	INT(0), E(RETURN);
	E1(LABEL, some);
	gen_rt_plus(g, 1, SLACK), SET(bytes);
	new_block(g, q, 1, bytes);
	gen_rt_plus(g, q, REF_DATA), GET(0), GET(1), E(MEM_COPY);
	GET(q), E(RETURN);
}

/* (ref, at, n): takes ref over and appends.  The characters may be its own, so the old block ends last. */
void gen_rt_ansi_append(Gen *g)
{
	u32 len = pb_local(g->b, 'i'), total = pb_local(g->b, 'i'), q = pb_local(g->b, 'i'), bytes = pb_local(g->b, 'i');
	u32 some = pb_label(g->b), more = pb_label(g->b), move = pb_label(g->b), exact = pb_label(g->b);
	GET(2), E1(JUMP_IF, some);
	GET(0), E(RETURN);
	E1(LABEL, some);
	GET(0), E1(JUMP_IF, more);
	GET(1), GET(2), RT(ANSI_MAKE), E(RETURN);
	E1(LABEL, more);
	GET(0), LOAD(REF_LENGTH), TEE(len), GET(2), E(I32_ADD_O), SET(total);
	gen_rt_plus(g, total, SLACK), SET(bytes);
	GET(0), LOAD(REF_COUNT), INT(1), E(I32_NE), E1(JUMP_IF, exact);
	GET(bytes), GET(0), LOAD(REF_BYTES), E(I32_GT_S), E1(JUMP_IF, move);
	gen_rt_plus(g, 0, REF_DATA), GET(len), E(I32_ADD), GET(1), GET(2), E(MEM_COPY);
	GET(0), GET(total), STORE(REF_LENGTH);
	GET(0), GET(total), E(I32_ADD), INT(0), STORE8(REF_DATA);
	GET(0), E(RETURN);
	E1(LABEL, move); /* who appends once will do so again */
	GET(bytes), GET(bytes), INT(1), E(I32_SHR_U), E(I32_ADD_O), SET(bytes);
	E1(LABEL, exact);
	new_block(g, q, total, bytes);
	gen_rt_plus(g, q, REF_DATA), gen_rt_plus(g, 0, REF_DATA), GET(len), E(MEM_COPY);
	gen_rt_plus(g, q, REF_DATA), GET(len), E(I32_ADD), GET(1), GET(2), E(MEM_COPY);
	GET(0), RT(REF_RELEASE);
	GET(q), E(RETURN);
}

/* (ref): takes it over; a string that nobody else has. */
void gen_rt_ansi_unique(Gen *g)
{
	u32 q = pb_local(g->b, 'i'), own = pb_label(g->b);
	GET(0), E1(JUMP_IFZ, own);
	GET(0), LOAD(REF_COUNT), INT(1), E(I32_EQ), E1(JUMP_IF, own);
	gen_rt_plus(g, 0, REF_DATA), GET(0), LOAD(REF_LENGTH), RT(ANSI_MAKE), SET(q);
	GET(0), RT(REF_RELEASE);
	GET(q), E(RETURN);
	E1(LABEL, own);
	GET(0), E(RETURN);
}

/* (ref, n): takes ref over; the string with n characters. */
void gen_rt_ansi_length(Gen *g)
{
	u32 q = pb_local(g->b, 'i'), bytes = pb_local(g->b, 'i'), len = pb_local(g->b, 'i'), some = pb_label(g->b), fresh = pb_label(g->b), copied = pb_label(g->b);
	GET(1), INT(0), E(I32_GT_S), E1(JUMP_IF, some);
	GET(0), RT(REF_RELEASE);
	INT(0), E(RETURN);
	E1(LABEL, some);
	GET(1), INT(SLACK), E(I32_ADD_O), SET(bytes);
	GET(0), E1(JUMP_IFZ, fresh);
	GET(0), LOAD(REF_LENGTH), SET(len);
	GET(0), LOAD(REF_COUNT), INT(1), E(I32_NE), E1(JUMP_IF, fresh);
	GET(bytes), GET(0), LOAD(REF_BYTES), E(I32_GT_S), E1(JUMP_IF, fresh);
	GET(0), GET(1), STORE(REF_LENGTH);
	GET(0), GET(1), E(I32_ADD), INT(0), STORE8(REF_DATA);
	GET(0), E(RETURN);
	E1(LABEL, fresh);
	new_block(g, q, 1, bytes);
	GET(0), E1(JUMP_IFZ, copied);
	gen_rt_min(g, len, 1), SET(len);
	gen_rt_plus(g, q, REF_DATA), gen_rt_plus(g, 0, REF_DATA), GET(len), E(MEM_COPY);
	GET(0), RT(REF_RELEASE);
	E1(LABEL, copied);
	GET(q), E(RETURN);
}

/* (a, n, b, m): below, at or above 0. */
void gen_rt_ansi_cmp(Gen *g)
{
	u32 c = pb_local(g->b, 'i');
	GET(0), GET(2), gen_rt_min(g, 1, 3), E(MEM_CMP), SET(c);
	GET(c), GET(1), GET(3), E(I32_SUB), GET(c), E(SELECT);
	E(RETURN);
}

/* (what, n, in, m, from): where it is first found from there on, 0 if nowhere. */
void gen_rt_ansi_pos(Gen *g)
{
	u32 last = pb_local(g->b, 'i'), none = pb_label(g->b), top = pb_label(g->b), next = pb_label(g->b);
	GET(1), E1(JUMP_IFZ, none);
	GET(4), INT(1), E(I32_LT_S), E1(JUMP_IF, none);
	GET(3), GET(1), E(I32_SUB), INT(1), E(I32_ADD), SET(last);
	E1(LOOP, top);
	GET(4), GET(last), E(I32_GT_S), E1(JUMP_IF, none);
	GET(2), GET(4), E(I32_ADD), INT(1), E(I32_SUB), LOAD8(0), GET(0), LOAD8(0), E(I32_NE), E1(JUMP_IF, next);
	GET(0), GET(2), GET(4), E(I32_ADD), INT(1), E(I32_SUB), GET(1), E(MEM_CMP), E1(JUMP_IF, next);
	GET(4), E(RETURN);
	E1(LABEL, next);
	gen_rt_plus(g, 4, 1), SET(4);
	E1(JUMP, top);
	E1(LABEL, none);
	INT(0), E(RETURN);
}

/* Local v becomes at least k. */
static void at_least(Gen *g, u32 v, i32 k)
{
	u32 fine = pb_label(g->b);
	GET(v), INT(k), E(I32_GE_S), E1(JUMP_IF, fine);
	INT(k), SET(v);
	E1(LABEL, fine);
}

/* (at, n, index, count): copy. */
void gen_rt_ansi_sub(Gen *g)
{
	u32 room = pb_local(g->b, 'i'), none = pb_label(g->b);
	at_least(g, 2, 1);
	GET(2), GET(1), E(I32_GT_S), E1(JUMP_IF, none);
	GET(1), GET(2), E(I32_SUB), INT(1), E(I32_ADD), SET(room);
	GET(0), GET(2), E(I32_ADD), INT(1), E(I32_SUB), gen_rt_min(g, 3, room), RT(ANSI_MAKE), E(RETURN);
	E1(LABEL, none);
	INT(0), E(RETURN);
}

/* (ref, index, count): takes ref over; delete. */
void gen_rt_ansi_delete(Gen *g)
{
	u32 len = pb_local(g->b, 'i'), rest = pb_local(g->b, 'i'), none = pb_label(g->b), some = pb_label(g->b);
	GET(0), E1(JUMP_IFZ, none);
	GET(0), LOAD(REF_LENGTH), SET(len);
	GET(1), INT(1), E(I32_LT_S), E1(JUMP_IF, none);
	GET(1), GET(len), E(I32_GT_S), E1(JUMP_IF, none);
	GET(2), INT(0), E(I32_GT_S), E1(JUMP_IF, some);
	E1(LABEL, none);
	GET(0), E(RETURN);
	E1(LABEL, some);
	GET(len), GET(1), E(I32_SUB), INT(1), E(I32_ADD), SET(rest);
	gen_rt_min(g, 2, rest), SET(2);
	GET(0), RT(ANSI_UNIQUE), SET(0);
	gen_rt_plus(g, 0, REF_DATA - 1), GET(1), E(I32_ADD), gen_rt_plus(g, 0, REF_DATA - 1), GET(1), E(I32_ADD), GET(2), E(I32_ADD),
		GET(rest), GET(2), E(I32_SUB), E(MEM_COPY);
	GET(0), GET(len), GET(2), E(I32_SUB), RT(ANSI_LENGTH), E(RETURN);
}

/* (ref, at, n, index): takes ref over; insert. */
void gen_rt_ansi_insert(Gen *g)
{
	u32 q = pb_local(g->b, 'i'), len = pb_local(g->b, 'i'), some = pb_label(g->b), inside = pb_label(g->b);
	GET(0), E1(JUMP_IF, some);
	GET(1), GET(2), RT(ANSI_MAKE), E(RETURN);
	E1(LABEL, some);
	GET(0), LOAD(REF_LENGTH), SET(len);
	at_least(g, 3, 1);
	GET(3), GET(len), E(I32_LE_S), E1(JUMP_IF, inside);
	GET(0), GET(1), GET(2), RT(ANSI_APPEND), E(RETURN);
	E1(LABEL, inside);
	gen_rt_plus(g, 0, REF_DATA), gen_rt_plus(g, 3, -1), RT(ANSI_MAKE), GET(1), GET(2), RT(ANSI_APPEND),
		gen_rt_plus(g, 0, REF_DATA - 1), GET(3), E(I32_ADD), GET(len), GET(3), E(I32_SUB), INT(1), E(I32_ADD), RT(ANSI_APPEND), SET(q);
	GET(0), RT(REF_RELEASE);
	GET(q), E(RETURN);
}

/* (file): the rest of the line. */
void gen_rt_ansi_read(Gen *g)
{
	u32 q = pb_local(g->b, 'i'), n = pb_local(g->b, 'i'), top = pb_label(g->b);
	E1(LOOP, top);
	GET(0), E1(FRAME_ADDR, 0), INT(256), gen_call_sys(g, "text.read.str", "iii:i"), SET(n);
	GET(q), E1(FRAME_ADDR, 0), GET(n), RT(ANSI_APPEND), SET(q);
	GET(n), INT(256), E(I32_EQ), E1(JUMP_IF, top);
	GET(q), E(RETURN);
}

/* (at): how many characters stand before the 0. */
void gen_rt_chars_end(Gen *g)
{
	u32 p = pb_local(g->b, 'i'), top = pb_label(g->b), end = pb_label(g->b);
	GET(0), TEE(p), E1(JUMP_IFZ, end);
	E1(LOOP, top);
	GET(p), LOAD8(0), E1(JUMP_IFZ, end);
	gen_rt_plus(g, p, 1), SET(p);
	E1(JUMP, top);
	E1(LABEL, end);
	GET(p), GET(0), E(I32_SUB), E(RETURN);
}

/* ---- arrays ---- */

/* (at, count, size, slot): calls the routine in this slot with the address of each element; no slot, no call. */
void gen_rt_each(Gen *g)
{
	u32 top = pb_label(g->b), end = pb_label(g->b);
	GET(3), E1(JUMP_IFZ, end);
	E1(LOOP, top);
	GET(1), INT(0), E(I32_LE_S), E1(JUMP_IF, end);
	GET(0), GET(3), E1(CALL_IND, pb_type(g->b, "i:"));
	GET(0), GET(2), E(I32_ADD), SET(0);
	gen_rt_plus(g, 1, -1), SET(1);
	E1(JUMP, top);
	E1(LABEL, end);
	E(RETURN);
}

/* (ref, size, slot): ends it, and the references in its elements with it. */
void gen_rt_dyn_release(Gen *g)
{
	u32 last = pb_label(g->b);
	GET(0), E1(JUMP_IFZ, last);
	GET(0), LOAD(REF_COUNT), INT(1), E(I32_NE), E1(JUMP_IF, last);
	gen_rt_plus(g, 0, REF_DATA), GET(0), LOAD(REF_LENGTH), GET(1), GET(2), RT(EACH);
	E1(LABEL, last);
	GET(0), RT(REF_RELEASE);
	E(RETURN);
}

/* Makes local `bytes` what n elements of this size take, or stops with 203. */
static void array_bytes(Gen *g, u32 bytes, u32 n, u32 size)
{
	u32 wide = pb_local(g->b, 'l');
	GET(n), E(I64_EXTEND_S), GET(size), E(I64_EXTEND_S), E(I64_MUL), E1(LOCAL_TEE, wide), E1(I64_CONST, 1 << 30), E(I64_GT_S), E1(TRAP_IF, 203);
	E1(LOCAL_GET, wide), E(I32_WRAP), INT(REF_DATA), E(I32_ADD), SET(bytes);
}

/* (ref, n, size, retain, release): takes ref over; the array with n elements, new ones being 0.  A block that nobody else
 * refers to stays, or its elements move; from another one they are copied. */
void gen_rt_dyn_length(Gen *g)
{
	u32 q = pb_local(g->b, 'i'), bytes = pb_local(g->b, 'i'), len = pb_local(g->b, 'i');
	u32 some = pb_label(g->b), fresh = pb_label(g->b), grow = pb_label(g->b), shared = pb_label(g->b), done = pb_label(g->b);
	GET(1), INT(0), E(I32_LT_S), E1(TRAP_IF, 201);
	GET(1), E1(JUMP_IF, some);
	GET(0), GET(2), GET(4), RT(DYN_RELEASE);
	INT(0), E(RETURN);
	E1(LABEL, some);
	array_bytes(g, bytes, 1, 2);
	GET(0), E1(JUMP_IFZ, fresh);
	GET(0), LOAD(REF_LENGTH), SET(len);
	GET(0), LOAD(REF_COUNT), INT(1), E(I32_NE), E1(JUMP_IF, shared);
	GET(1), GET(len), E(I32_GT_S), E1(JUMP_IF, grow);
	gen_rt_plus(g, 0, REF_DATA), GET(1), GET(2), E(I32_MUL), E(I32_ADD), GET(len), GET(1), E(I32_SUB), GET(2), GET(4), RT(EACH);
	gen_rt_plus(g, 0, REF_DATA), GET(1), GET(2), E(I32_MUL), E(I32_ADD), INT(0), GET(len), GET(1), E(I32_SUB), GET(2), E(I32_MUL), E(MEM_FILL);
	GET(0), GET(1), STORE(REF_LENGTH);
	GET(0), E(RETURN);
	E1(LABEL, grow);
	u32 move = pb_label(g->b);
	GET(bytes), GET(0), LOAD(REF_BYTES), E(I32_GT_S), E1(JUMP_IF, move);
	GET(0), GET(1), STORE(REF_LENGTH); /* what is behind the length is always 0 */
	GET(0), E(RETURN);
	E1(LABEL, move);
	GET(bytes), GET(bytes), INT(2), E(I32_SHR_U), E(I32_ADD), SET(bytes);
	new_block(g, q, 1, bytes);
	gen_rt_plus(g, q, REF_DATA), gen_rt_plus(g, 0, REF_DATA), GET(len), GET(2), E(I32_MUL), E(MEM_COPY);
	GET(0), GET(0), LOAD(REF_BYTES), gen_call_sys(g, "mem.free", "ii:");
	GET(q), E(RETURN);
	E1(LABEL, shared);
	E1(LABEL, fresh);
	new_block(g, q, 1, bytes);
	GET(0), E1(JUMP_IFZ, done);
	gen_rt_min(g, len, 1), SET(len);
	gen_rt_plus(g, q, REF_DATA), gen_rt_plus(g, 0, REF_DATA), GET(len), GET(2), E(I32_MUL), E(MEM_COPY);
	gen_rt_plus(g, q, REF_DATA), GET(len), GET(2), GET(3), RT(EACH);
	GET(0), GET(2), GET(4), RT(DYN_RELEASE);
	E1(LABEL, done);
	GET(q), E(RETURN);
}

/* (ref, index, count, size, retain): copy. */
void gen_rt_dyn_sub(Gen *g)
{
	u32 q = pb_local(g->b, 'i'), bytes = pb_local(g->b, 'i'), len = pb_local(g->b, 'i'), none = pb_label(g->b), some = pb_label(g->b);
	GET(0), E1(JUMP_IFZ, none);
	at_least(g, 1, 0);
	GET(0), LOAD(REF_LENGTH), GET(1), E(I32_SUB), SET(len);
	gen_rt_min(g, len, 2), TEE(2), INT(0), E(I32_GT_S), E1(JUMP_IF, some);
	E1(LABEL, none);
	INT(0), E(RETURN);
	E1(LABEL, some);
	array_bytes(g, bytes, 2, 3);
	new_block(g, q, 2, bytes);
	gen_rt_plus(g, q, REF_DATA), gen_rt_plus(g, 0, REF_DATA), GET(1), GET(3), E(I32_MUL), E(I32_ADD), GET(2), GET(3), E(I32_MUL), E(MEM_COPY);
	gen_rt_plus(g, q, REF_DATA), GET(2), GET(3), GET(4), RT(EACH);
	GET(q), E(RETURN);
}

/* (ref, index, count, size, retain, release): takes ref over; delete. */
void gen_rt_dyn_delete(Gen *g)
{
	u32 len = pb_local(g->b, 'i'), rest = pb_local(g->b, 'i'), none = pb_label(g->b), some = pb_label(g->b);
	GET(0), E1(JUMP_IFZ, none);
	GET(1), INT(0), E(I32_LT_S), E1(JUMP_IF, none);
	GET(0), LOAD(REF_LENGTH), TEE(len), GET(1), E(I32_SUB), SET(rest);
	gen_rt_min(g, 2, rest), TEE(2), INT(0), E(I32_GT_S), E1(JUMP_IF, some);
	E1(LABEL, none);
	GET(0), E(RETURN);
	E1(LABEL, some);
	GET(0), GET(len), GET(3), GET(4), GET(5), RT(DYN_LENGTH), SET(0); /* nobody else's now */
	u32 q = pb_local(g->b, 'i');
	gen_rt_plus(g, 0, REF_DATA), GET(1), GET(3), E(I32_MUL), E(I32_ADD), SET(q);
	GET(q), GET(2), GET(3), GET(5), RT(EACH);
	GET(q), GET(q), GET(2), GET(3), E(I32_MUL), E(I32_ADD), GET(rest), GET(2), E(I32_SUB), GET(3), E(I32_MUL), E(MEM_COPY);
	/* what moved down is not ended a second time */
	gen_rt_plus(g, 0, REF_DATA), GET(len), GET(2), E(I32_SUB), GET(3), E(I32_MUL), E(I32_ADD), INT(0), GET(2), GET(3), E(I32_MUL), E(MEM_FILL);
	GET(0), GET(len), GET(2), E(I32_SUB), GET(3), GET(4), GET(5), RT(DYN_LENGTH), E(RETURN);
}

/* (ref, index, size, retain, release): takes ref over; the array with room for one more element at index, which is 0. */
void gen_rt_dyn_insert(Gen *g)
{
	u32 len = pb_local(g->b, 'i'), at = pb_local(g->b, 'i'), none = pb_label(g->b);
	GET(0), E1(JUMP_IFZ, none);
	GET(0), LOAD(REF_LENGTH), SET(len);
	E1(LABEL, none);
	at_least(g, 1, 0);
	gen_rt_min(g, 1, len), SET(1);
	GET(0), gen_rt_plus(g, len, 1), GET(2), GET(3), GET(4), RT(DYN_LENGTH), SET(0);
	gen_rt_plus(g, 0, REF_DATA), GET(1), GET(2), E(I32_MUL), E(I32_ADD), SET(at);
	GET(at), GET(2), E(I32_ADD), GET(at), GET(len), GET(1), E(I32_SUB), GET(2), E(I32_MUL), E(MEM_COPY);
	GET(at), INT(0), GET(2), E(MEM_FILL);
	GET(0), E(RETURN);
}
