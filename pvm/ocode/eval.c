/* The evaluator: walks O-code in portable C, one instruction after the other.  It is the oracle of the back ends
 * and the executor of hosts that have none.
 *
 * A value is a u64 on the host's stack, zero-extended from its type; hi holds the upper halves of 128-bit values
 * and is there only in activations that have computed one. */
#include "quick.h"

#include <alloca.h>

static const bool host_is_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

typedef struct Eval {
	OEvalEnv *env;
	const OFunc *f;
	u64 *val, *hi;
} Eval;

static void NORETURN unsupported(const OFunc *f, const OIns *i)
{
	u8 t = i->type != OT_VOID ? i->type : (u8)(i->a < f->ins.n ? f->ins.p[i->a].type : 0);

	die(EXIT_UNSUPPORTED, "the evaluator does not know %s of %s (in %s)", ocode_ops[i->op].name, ocode_type_names[t], f->name);
}

static void NORETURN trap(Eval *e, u32 code, u32 map)
{
	e->env->trap(e->env, code, e->f, map, e->val);
	die(EXIT_VM, "the evaluator's trap %u came back (in %s)", code, e->f->name);
}

/* ---- memory ------------------------------------------------------------------------------------- */

/* The host address of an access of `width` bytes.  An i32 base is zero-extended and does not wrap. */
static u8 *address(Eval *e, const OIns *i, OVal base, u32 width)
{
	OEvalEnv *env = e->env;
	u64 a = e->val[base] + i->c;

	if (OMEM_SPACE(i->aux) == SPACE_VM)
		return (u8 *)(uintptr_t)a;
	env->map = i->map;
	env->fault = a;
	env->store = i->op != O_LOAD;
	if (env->guest_hi && (a < env->guest_lo || width > env->guest_hi || a > env->guest_hi - width || (a < env->guest_ro && env->store)))
		trap(e, TRAP_MEMORY, i->map);
	return (u8 *)((uintptr_t)env->t->mem + (uintptr_t)a);
}

/* Between memory order and host order; the same both ways.  The VM's own memory has the host's. */
static u64 order_bytes(u64 v, u16 m)
{
	bool big = (m & OMEM_BIG) || (host_is_big && OMEM_SPACE(m) == SPACE_VM);

	return big == host_is_big ? v : __builtin_bswap64(v) >> (64 - (8u << OMEM_LOG2(m)));
}

static u64 read_host(const u8 *p, u32 width)
{
	u16 v2;
	u32 v4;
	u64 v8;

	switch (width) {
	case 1: return *p;
	case 2: memcpy(&v2, p, 2); return v2;
	case 4: memcpy(&v4, p, 4); return v4;
	default: memcpy(&v8, p, 8); return v8;
	}
}

static void write_host(u8 *p, u32 width, u64 v)
{
	u16 v2 = (u16)v;
	u32 v4 = (u32)v;

	switch (width) {
	case 1: *p = (u8)v; break;
	case 2: memcpy(p, &v2, 2); break;
	case 4: memcpy(p, &v4, 4); break;
	default: memcpy(p, &v, 8); break;
	}
}

/* A fence on the side where the order asks for one: behind a load, before a store. */
static void fence(u16 m)
{
	if (OMEM_ORDER(m) == ORDER_ATOMIC)
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	else if (OMEM_ORDER(m) == ORDER_TSO)
		__atomic_thread_fence(__ATOMIC_ACQ_REL);
}

static u64 load(Eval *e, const OIns *i)
{
	u32 width = 1u << OMEM_LOG2(i->aux);
	u64 v = order_bytes(read_host(address(e, i, i->a, width), width), i->aux);

	if (OMEM_SIGNED(i->aux))
		v = low_bits((u64)sign_extend(v, width * 8), ocode_type_size[i->type] * 8u);
	fence(i->aux);
	return v;
}

static void store(Eval *e, const OIns *i)
{
	u32 width = 1u << OMEM_LOG2(i->aux);
	u8 *p = address(e, i, i->a, width);

	fence(i->aux);
	write_host(p, width, order_bytes(low_bits(e->val[i->b], width * 8), i->aux));
	if (OMEM_ORDER(i->aux) == ORDER_ATOMIC)
		fence(i->aux);
}

/* A 16-byte access with a known alignment traps where it is not met. */
static u8 *wide_address(Eval *e, const OIns *i)
{
	u64 a = e->val[i->a] + i->c;

	if (OMEM_FAULT(i->aux) && OMEM_ALIGN(i->aux) && a & ((1u << OMEM_ALIGN(i->aux)) - 1))
		trap(e, TRAP_ALIGN, i->map);
	return address(e, i, i->a, 16);
}

/* The first 8 bytes are the low half unless it is big-endian.  Both halves are moved at once, so that a fault leaves
 * nothing half done where the host has such moves. */
static void load_wide(Eval *e, OVal v)
{
	const OIns *i = &e->f->ins.p[v];
	u16 half = (u16)((i->aux & ~(7u << 1)) | 3 << 1);
	bool big = (i->aux & OMEM_BIG) || (host_is_big && OMEM_SPACE(i->aux) == SPACE_VM);
	u64 q[2];

	memcpy(q, wide_address(e, i), 16);
	e->val[v] = order_bytes(q[big], half);
	e->hi[v] = order_bytes(q[!big], half);
	fence(i->aux);
}

static void store_wide(Eval *e, const OIns *i)
{
	u16 half = (u16)((i->aux & ~(7u << 1)) | 3 << 1);
	bool big = (i->aux & OMEM_BIG) || (host_is_big && OMEM_SPACE(i->aux) == SPACE_VM);
	u8 *p = wide_address(e, i);
	u64 q[2];

	q[big] = order_bytes(e->val[i->b], half);
	q[!big] = order_bytes(e->hi[i->b], half);
	fence(i->aux);
	memcpy(p, q, 16);
}

/* Replaces 1 or 2 bytes within their 4: not every host has atomics as small. */
static bool swap_part(u8 *p, u32 width, u64 *old, u64 new)
{
	u32 at = (u32)((uintptr_t)p & 3), shift = 8 * (host_is_big ? 4 - width - at : at);
	u32 was = __atomic_load_n((u32 *)(void *)(p - at), __ATOMIC_SEQ_CST), next;
	u32 mask = (u32)low_bits(~(u64)0, width * 8) << shift;

	do {
		if ((was & mask) >> shift != *old) {
			*old = (was & mask) >> shift;
			return false;
		}
		next = (was & ~mask) | ((u32)new << shift & mask);
	} while (!swap32(p - at, &was, next));
	return true;
}

/* A host whose own atomics are as lax as the guest's (x86) takes any address; elsewhere these swaps go under one lock,
 * which makes them atomic among themselves. */
#if !defined __x86_64__
static bool swap_unaligned(u8 *p, u32 width, u64 *old, u64 new)
{
	static int busy;

	while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
		;
	u64 was = read_host(p, width);
	bool same = was == *old;
	if (same)
		write_host(p, width, new);
	*old = was;
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	return same;
}

#else
static bool swap_unaligned(u8 *p, u32 width, u64 *old, u64 new)
{
	u64 expected = *old;

	if (width == 2)
		__asm__ volatile("lock cmpxchgw %w2, (%1)" : "+a"(*old) : "r"(p), "r"(new) : "memory", "cc");
	else if (width == 4)
		__asm__ volatile("lock cmpxchgl %k2, (%1)" : "+a"(*old) : "r"(p), "r"(new) : "memory", "cc");
	else
		__asm__ volatile("lock cmpxchgq %2, (%1)" : "+a"(*old) : "r"(p), "r"(new) : "memory", "cc");
	return *old == expected;
}
#endif

/* One try to replace `old` (host order) by `new`; *old becomes what was there. */
static bool swap_host(u8 *p, u32 width, u64 *old, u64 new)
{
	if ((uintptr_t)p & (width - 1))
		return swap_unaligned(p, width, old, new);
	if (width < 4)
		return swap_part(p, width, old, new);
	if (width == 8)
		return __atomic_compare_exchange_n((u64 *)(void *)p, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	u32 was = (u32)*old;
	bool done = swap32(p, &was, (u32)new);
	*old = was;
	return done;
}

/* XCHG, XADD and CAS.  Split over two words they would not be atomic. */
static u64 atomic(Eval *e, const OIns *i)
{
	const u32 *pool = e->f->pool.p;
	u32 width = 1u << OMEM_LOG2(i->aux);
	u8 *p = address(e, i, i->op == O_CAS ? pool[i->a] : i->a, width);
	u64 old, new;

	if (width > 8)
		unsupported(e->f, i);
	if (i->op == O_CAS) {
		old = order_bytes(e->val[pool[i->a + 1]], i->aux);
		swap_host(p, width, &old, order_bytes(e->val[pool[i->a + 2]], i->aux));
		return order_bytes(old, i->aux);
	}
	old = read_host(p, width);
	do {
		new = e->val[i->b];
		if (i->op == O_XADD)
			new = low_bits(new + order_bytes(old, i->aux), width * 8);
	} while (!swap_host(p, width, &old, order_bytes(new, i->aux)));
	return order_bytes(old, i->aux);
}

/* ---- the register file -------------------------------------------------------------------------- */

/* A slot is a u64; byte k of it is the one of significance k, whatever the host. */
static u64 get(Eval *e, const OIns *i)
{
	u64 cell;

	memcpy(&cell, (u8 *)e->env->t + (i->c & ~7u), 8);
	return low_bits(cell >> 8 * (i->c & 7), ocode_type_size[i->type] * 8u);
}

static void put(Eval *e, const OIns *i)
{
	u8 type = e->f->ins.p[i->a].type;
	u32 width = ocode_type_size[type] * 8u, shift = 8 * (i->c & 7);
	u64 cell, mask = low_bits(~(u64)0, width) << shift;
	u8 *p = (u8 *)e->env->t + (i->c & ~7u);

	memcpy(&cell, p, 8);
	cell = (cell & ~mask) | (e->val[i->a] << shift & mask);
	memcpy(p, &cell, 8);
}

/* 128-bit values have two cells, the low half first. */
static void get_wide(Eval *e, OVal v)
{
	const u8 *p = (const u8 *)e->env->t + e->f->ins.p[v].c;

	memcpy(&e->val[v], p, 8);
	memcpy(&e->hi[v], p + 8, 8);
}

static void put_wide(Eval *e, const OIns *i)
{
	u8 *p = (u8 *)e->env->t + i->c;

	memcpy(p, &e->val[i->a], 8);
	memcpy(p + 8, &e->hi[i->a], 8);
}

/* ---- vectors ------------------------------------------------------------------------------------ */

static OVec vec_operand(const Eval *e, OVal v)
{
	return (OVec){{e->val[v], e->hi[v]}};
}

static void vec(Eval *e, OVal v)
{
	const OIns *i = &e->f->ins.p[v];
	u32 args = ocode_vops[i->aux].args, fpc = (u32)e->env->t->slot[REG_FPC];
	OVec a = vec_operand(e, i->a), b = vec_operand(e, args > 1 ? i->b : 0), c = vec_operand(e, args > 2 ? i->c : 0), d;

	ocode_vec((OVop)i->aux, &d, &a, &b, &c, args < 3 ? i->c : 0, &fpc);
	e->val[v] = d.q[0];
	e->hi[v] = d.q[1];
	if (ocode_vops[i->aux].flags & V_FP)
		e->env->t->slot[REG_FPC] = fpc;
}

/* ---- calls and jumps ---------------------------------------------------------------------------- */

static u64 call(Eval *e, const OIns *i)
{
	const OFunc *f = e->f;
	OEvalEnv *env = e->env;
	u64 args[i->c + 1], r;

	for (u32 k = 0; k < i->c; k++) {
		OVal v = f->pool.p[i->b + k];
		if (type_is_wide(f->ins.p[v].type))
			unsupported(f, i);
		args[k] = e->val[v];
	}
	if (type_is_wide(i->type))
		unsupported(f, i);
	env->map = i->map;
	if (i->op == O_HCALL)
		r = env->t->host[i->a](env->t, args);
	else if (i->op == O_CALLI)
		r = env->call(env, ((const OEntry *)(uintptr_t)e->val[i->a])->func, args);
	else
		r = env->call(env, i->a, args);
	return i->type == OT_VOID ? 0 : low_bits(r, ocode_type_size[i->type] * 8u);
}

/* Gives a block's params their values, all at once, and returns the first instruction behind them. */
static OVal go(Eval *e, u32 edge)
{
	const OFunc *f = e->f;
	const OEdge *to = &f->edge.p[edge];
	OVal p = f->block.p[to->block].first;
	u64 lo[to->n + 1], hi[e->hi ? to->n + 1 : 1];

	for (u32 k = 0; k < to->n; k++) {
		lo[k] = e->val[f->pool.p[to->args + k]];
		if (e->hi)
			hi[k] = e->hi[f->pool.p[to->args + k]];
	}
	for (u32 k = 0; k < to->n; k++, p = f->ins.p[p].next) {
		e->val[p] = lo[k];
		if (e->hi)
			e->hi[p] = hi[k];
	}
	return p;
}

/* ---- the loop ----------------------------------------------------------------------------------- */

/* What ocode_fold did not do: 128-bit values, a trap, or nothing we know. */
static void rare(Eval *e, OVal v)
{
	const OFunc *f = e->f;
	const OIns *i = &f->ins.p[v];

	if (ocode_ops[i->op].form >= OF_VEC1 && ocode_ops[i->op].form <= OF_VEC3)
		vec(e, v);
	else if (i->op == O_GET)
		get_wide(e, v);
	else if (i->op == O_PUT)
		put_wide(e, i);
	else if (i->op == O_LOAD && OMEM_LOG2(i->aux) == 4)
		load_wide(e, v);
	else if (i->op == O_STORE)
		store_wide(e, i);
	else if (ocode_ops[i->op].form == OF_BINT && !type_is_wide(i->type))
		trap(e, i->aux, i->map);
	else if (!ocode_wide(f, v, e->val, e->hi))
		unsupported(f, i);
}

/* The instruction's b where it is an operand; others may have left anything there. */
static u64 operand_b(const Eval *e, const OIns *i)
{
	return ocode_ops[i->op].form == OF_UN ? 0 : e->val[i->b];
}

static u64 run(Eval *e, OVal next)
{
	const OFunc *f = e->f;
	const OIns *ins = f->ins.p;
	u64 *val = e->val;

	for (;;) {
		OVal v = next;
		const OIns *i = &ins[v];
		next = i->next;
		e->env->steps++;
		switch (i->op) {
		case O_CONST:
			if (i->type == OT_I128)
				break;
			val[v] = i->imm;
			continue;
		case O_VCONST:
			break;
		case O_LOAD:
			if (type_is_wide(i->type))
				break;
			val[v] = load(e, i);
			continue;
		case O_STORE:
			if (OMEM_LOG2(i->aux) > 3)
				break;
			store(e, i);
			continue;
		case O_SELECT:
			if (type_is_wide(i->type))
				break;
			val[v] = val[i->c] ? val[i->a] : val[i->b];
			continue;
		case O_VEC1: case O_VEC2: case O_VEC3: case O_FVEC1: case O_FVEC2: case O_FVEC3:
			break;
		case O_GET:
			if (type_is_wide(i->type))
				break;
			val[v] = get(e, i);
			continue;
		case O_PUT:
			if (type_is_wide(ins[i->a].type))
				break;
			put(e, i);
			continue;
		case O_XCHG: case O_XADD: case O_CAS:
			val[v] = atomic(e, i);
			continue;
		case O_FENCE:
			__atomic_thread_fence(__ATOMIC_SEQ_CST);
			continue;
		case O_CALL: case O_CALLI: case O_HCALL:
			val[v] = call(e, i);
			continue;
		case O_TRAPIF:
			if (val[i->a])
				trap(e, i->aux, i->map);
			continue;
		case O_JMP:
			next = go(e, i->a);
			continue;
		case O_BR:
			next = go(e, val[i->a] ? i->b : i->c);
			continue;
		case O_SWITCH:
			next = go(e, i->b + (u32)MIN(val[i->a], (u64)i->c - 1));
			continue;
		case O_RET:
			return i->aux ? val[i->a] : 0;
		case O_TRAP:
			trap(e, i->aux, i->map);
		case O_EXIT:
			e->env->exit(e->env, i->aux, val[i->a]);
			return 0;
		default:
			if (ocode_fold(i->op, i->type, ins[i->a].type, i->aux, val[i->a], operand_b(e, i), &val[v]))
				continue;
			break;
		}
		if (!e->hi)
			e->env->hi = e->hi = memset(alloca(f->ins.n * sizeof *e->hi), 0, f->ins.n * sizeof *e->hi);
		rare(e, v);
	}
}

u64 ocode_eval(OEvalEnv *env, const OFunc *f, const u64 *args)
{
	u64 need = (u64)f->ins.n * sizeof(u64), here = (u64)(uintptr_t)&need;
	Eval e = {.env = env, .f = f};

	/* Both arrays may come to lie on the stack. */
	if (here < 2 * need || here - 2 * need < env->t->host_sp_limit)
		trap(&e, TRAP_STACK, 0);
	e.val = alloca(need);
	e.val[0] = 0;
	env->quick = NULL;
	env->f = f;
	env->val = e.val;
	env->hi = NULL;
	OVal v = f->block.p[1].first;
	for (u32 k = 0; k < f->param.n; k++, v = f->ins.p[v].next) {
		if (type_is_wide(f->param.p[k]))
			unsupported(f, &f->ins.p[v]);
		e.val[v] = args[k];
	}
	if (type_is_wide(f->ret))
		die(EXIT_UNSUPPORTED, "the evaluator does not know a result of %s (of %s)", ocode_type_names[f->ret], f->name);
	return run(&e, v);
}

/* ---- quick code's ------------------------------------------------------------------------------- */

void ocode_eval_one(OEvalEnv *env, const OFunc *f, OVal v, u64 *val, u64 *hi)
{
	const OIns *i = &f->ins.p[v];
	Eval e = {env, f, val, hi};

	if (ocode_ops[i->op].form == OF_RMW || i->op == O_CAS)
		val[v] = atomic(&e, i);
	else if (i->op == O_LOAD && OMEM_LOG2(i->aux) < 4)
		val[v] = load(&e, i);
	else if (i->op == O_STORE && OMEM_LOG2(i->aux) < 4)
		store(&e, i);
	else if (i->op == O_TRAP || (i->op == O_TRAPIF && val[i->a]))
		trap(&e, i->aux, i->map);
	else if (i->op != O_TRAPIF && (i->op == O_CONST || !ocode_fold(i->op, i->type, f->ins.p[i->a].type, i->aux, val[i->a], operand_b(&e, i), &val[v])))
		rare(&e, v);
}

u32 ocode_eval_map(const OEvalEnv *env, const OFunc **f)
{
	const OQuick *q = env->quick;

	*f = q ? q->f : env->f;
	return q ? q->f->ins.p[q->from[env->at - q->code]].map : env->map;
}

void ocode_eval_value(const OEvalEnv *env, OVal v, u64 bits[2])
{
	const OQuick *q = env->quick;
	const OIns *i = q ? &q->f->ins.p[v] : NULL;
	const u64 *cell = q ? (const u64 *)(const void *)env->t + q->place[v] : NULL;
	bool wide = q && type_is_wide(i->type);

	if (!q)
		bits[0] = env->val[v], bits[1] = env->hi ? env->hi[v] : 0;
	else if (i->op == O_CONST)
		bits[0] = i->imm, bits[1] = 0;
	else
		bits[0] = wide ? cell[0] : low_bits(cell[0], ocode_type_size[i->type] * 8u), bits[1] = wide ? cell[1] : 0;
}
