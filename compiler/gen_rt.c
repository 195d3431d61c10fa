/* gen_rt: routines on strings and sets, in P-code; a module gets those that it uses.
 *
 * A string is a length byte and its characters; `cap` is how many the target can hold. */
#include "gen_rt.h"

/* The smaller of two locals. */
void gen_rt_min(Gen *g, u32 a, u32 b)
{
	GET(a);
	GET(b);
	GET(a);
	GET(b);
	E(I32_LT_S);
	E(SELECT);
}

void gen_rt_plus(Gen *g, u32 v, i32 k)
{
	GET(v);
	INT(k);
	E(I32_ADD);
}

/* (to, cap, from): to := from, cut to cap. */
void gen_rt_str_assign(Gen *g)
{
	u32 n = pb_local(g->b, 'i');
	GET(2), LOAD8(0), SET(n);
	gen_rt_min(g, n, 1), SET(n);
	gen_rt_plus(g, 0, 1), gen_rt_plus(g, 2, 1), GET(n), E(MEM_COPY);
	GET(0), GET(n), STORE8(0);
	E(RETURN);
}

/* (to, cap, from): to := to + from. */
void gen_rt_str_append(Gen *g)
{
	u32 n = pb_local(g->b, 'i'), len = pb_local(g->b, 'i'), room = pb_local(g->b, 'i');
	GET(0), LOAD8(0), SET(len);
	GET(1), GET(len), E(I32_SUB), SET(room);
	GET(2), LOAD8(0), SET(n);
	gen_rt_min(g, n, room), SET(n);
	gen_rt_plus(g, 0, 1), GET(len), E(I32_ADD), gen_rt_plus(g, 2, 1), GET(n), E(MEM_COPY);
	GET(0), GET(len), GET(n), E(I32_ADD), STORE8(0);
	E(RETURN);
}

/* (a, b): below, at or above 0. */
void gen_rt_str_cmp(Gen *g)
{
	u32 la = pb_local(g->b, 'i'), lb = pb_local(g->b, 'i'), c = pb_local(g->b, 'i');
	GET(0), LOAD8(0), SET(la);
	GET(1), LOAD8(0), SET(lb);
	gen_rt_plus(g, 0, 1), gen_rt_plus(g, 1, 1), gen_rt_min(g, la, lb), E(MEM_CMP), SET(c);
	GET(c), GET(la), GET(lb), E(I32_SUB), GET(c), E(SELECT);
	E(RETURN);
}

/* (to, from, index, count): to := copy(from, index, count). */
void gen_rt_str_copy(Gen *g)
{
	u32 room = pb_local(g->b, 'i'), one = pb_local(g->b, 'i'), zero = pb_local(g->b, 'i');
	INT(1), SET(one);
	GET(2), GET(one), GET(2), INT(1), E(I32_GT_S), E(SELECT), SET(2); /* an index below 1 is 1 */
	GET(1), LOAD8(0), GET(2), E(I32_SUB), INT(1), E(I32_ADD), SET(room);
	gen_rt_min(g, 3, room), SET(3);
	GET(3), GET(zero), GET(3), INT(0), E(I32_GT_S), E(SELECT), SET(3);
	/* an index far behind the end must not be used as an address, even for no bytes */
	GET(0), INT(1), E(I32_ADD), GET(1), GET(2), GET(zero), GET(3), E(SELECT), E(I32_ADD), GET(3), E(MEM_COPY);
	GET(0), GET(3), STORE8(0);
	E(RETURN);
}

/* (what, in): where it is first found, 0 if nowhere. */
void gen_rt_str_pos(Gen *g)
{
	u32 n = pb_local(g->b, 'i'), last = pb_local(g->b, 'i'), i = pb_local(g->b, 'i');
	u32 none = pb_label(g->b), top = pb_label(g->b), next = pb_label(g->b);
	GET(0), LOAD8(0), TEE(n), E1(JUMP_IFZ, none);
	GET(1), LOAD8(0), GET(n), E(I32_SUB), INT(1), E(I32_ADD), SET(last);
	INT(1), SET(i);
	E1(LOOP, top);
	GET(i), GET(last), E(I32_GT_S), E1(JUMP_IF, none);
	GET(1), GET(i), E(I32_ADD), LOAD8(0), GET(0), LOAD8(1), E(I32_NE), E1(JUMP_IF, next); /* the first character decides mostly */
	gen_rt_plus(g, 0, 1), GET(1), GET(i), E(I32_ADD), GET(n), E(MEM_CMP), E1(JUMP_IF, next);
	GET(i), E(RETURN);
	E1(LABEL, next);
	gen_rt_plus(g, i, 1), SET(i);
	E1(JUMP, top);
	E1(LABEL, none);
	INT(0), E(RETURN);
}

/* (what, s, cap, index): insert. */
void gen_rt_str_insert(Gen *g)
{
	u32 len = pb_local(g->b, 'i'), n = pb_local(g->b, 'i'), tail = pb_local(g->b, 'i'), room = pb_local(g->b, 'i'), tmp = pb_local(g->b, 'i');
	GET(1), LOAD8(0), SET(len);
	INT(1), SET(tmp);
	GET(3), GET(tmp), GET(3), INT(1), E(I32_GT_S), E(SELECT), SET(3);
	gen_rt_plus(g, len, 1), SET(tmp);
	gen_rt_min(g, 3, tmp), SET(3); /* 1 <= index <= len + 1 */
	/* the text is copied first: it may be the string itself */
	E1(FRAME_ADDR, 0), GET(0), GET(0), LOAD8(0), INT(1), E(I32_ADD), E(MEM_COPY);
	E1(FRAME_ADDR, 0), LOAD8(0), SET(n);
	GET(2), GET(3), E(I32_SUB), INT(1), E(I32_ADD), SET(room);
	gen_rt_min(g, n, room), SET(n);
	GET(len), GET(3), E(I32_SUB), INT(1), E(I32_ADD), SET(tail);
	GET(room), GET(n), E(I32_SUB), SET(room);
	gen_rt_min(g, tail, room), SET(tail);
	GET(1), GET(3), E(I32_ADD), GET(n), E(I32_ADD), GET(1), GET(3), E(I32_ADD), GET(tail), E(MEM_COPY);
	GET(1), GET(3), E(I32_ADD), E1(FRAME_ADDR, 1), GET(n), E(MEM_COPY);
	GET(1), GET(3), INT(1), E(I32_SUB), GET(n), E(I32_ADD), GET(tail), E(I32_ADD), STORE8(0);
	E(RETURN);
}

/* (s, index, count): delete. */
void gen_rt_str_delete(Gen *g)
{
	u32 len = pb_local(g->b, 'i'), rest = pb_local(g->b, 'i'), none = pb_label(g->b);
	GET(0), LOAD8(0), SET(len);
	GET(1), INT(1), E(I32_LT_S), E1(JUMP_IF, none);
	GET(1), GET(len), E(I32_GT_S), E1(JUMP_IF, none);
	GET(2), INT(1), E(I32_LT_S), E1(JUMP_IF, none);
	GET(len), GET(1), E(I32_SUB), INT(1), E(I32_ADD), SET(rest);
	gen_rt_min(g, 2, rest), SET(2);
	GET(rest), GET(2), E(I32_SUB), SET(rest);
	GET(0), GET(1), E(I32_ADD), GET(0), GET(1), E(I32_ADD), GET(2), E(I32_ADD), GET(rest), E(MEM_COPY);
	GET(0), GET(len), GET(2), E(I32_SUB), STORE8(0);
	E1(LABEL, none);
	E(RETURN);
}

/* (set, k): puts bit k in. */
void gen_rt_set_add(Gen *g)
{
	u32 at = pb_local(g->b, 'i');
	GET(0), GET(1), INT(3), E(I32_SHR_U), E(I32_ADD), TEE(at);
	GET(at), LOAD8(0), INT(1), GET(1), INT(7), E(I32_AND), E(I32_SHL), E(I32_OR), STORE8(0);
	E(RETURN);
}

/* (set, lo, hi): puts bits lo to hi in. */
void gen_rt_set_range(Gen *g)
{
	u32 top = pb_label(g->b), end = pb_label(g->b);
	E1(LOOP, top);
	GET(1), GET(2), E(I32_GT_S), E1(JUMP_IF, end);
	GET(0), GET(1), gen_call_rt(g, RT_SET_ADD);
	gen_rt_plus(g, 1, 1), SET(1);
	E1(JUMP, top);
	E1(LABEL, end);
	E(RETURN);
}

/* (a, b): 1 if all of a is in b. */
void gen_rt_set_subset(Gen *g)
{
	for (u32 i = 0; i < 32; i += 8) {
		GET(0), E2(I64_LOAD, 3, i), GET(1), E2(I64_LOAD, 3, i), E1(I64_CONST, -1), E(I64_XOR), E(I64_AND);
		if (i)
			E(I64_OR);
	}
	E(I64_EQZ);
	E(RETURN);
}

static const struct { const char *name, *sig; void (*make)(Gen *g); u32 frame; } routines[RT_COUNT] = {
#define R(op, name, sig, make, frame) { name, sig, gen_rt_##make, frame },
#include "rt.def"
#undef R
};

void gen_call_rt(Gen *g, enum Rt k)
{
	if (g->rt[k] == UINT32_MAX)
		g->rt[k] = pb_func(g->b, routines[k].name, routines[k].sig);
	E1(CALL, g->rt[k]);
}

void gen_runtime(Gen *g)
{
	bool made[RT_COUNT] = { false };
	for (bool again = true; again;) {
		again = false;
		for (u32 k = 0; k < RT_COUNT; k++) {
			if (g->rt[k] == UINT32_MAX || made[k])
				continue;
			made[k] = again = true;
			pb_begin(g->b, g->rt[k]);
			routines[k].make(g);
			pb_finish(g->b, routines[k].frame);
		}
	}
}
