/* Runs quick code.  Each instruction ends with a jump of its own to what executes the next one ("direct threading",
 * Bell 1973), so that a processor's branch predictor sees which instructions follow which.
 *
 * Operands of a type narrower than 64 bits are narrowed when they are read, and results have zeros above their type: so
 * truncation costs nothing.  All values are in memory (the Regfile) when an access faults. */
#include "fastfp.h"
#include "quick.h"
#include "vec.h"

#include <alloca.h>

static const bool host_is_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

/* ---- what is rare ------------------------------------------------------------------------------------ */

/* The evaluator proper does it, in arrays of which it sees a few elements only. */
typedef struct Rare {
	OEvalEnv *env;
	const OQuick *q;
	u64 *val, *hi;
} Rare;

static void bring(void *ctx, u32 *use)
{
	const Rare *r = ctx;
	u64 bits[2];

	ocode_eval_value(r->env, *use, bits);
	r->val[*use] = bits[0];
	r->hi[*use] = bits[1];
}

static __attribute__((noinline)) void any(OEvalEnv *env, const OQuick *q, const QIns *ip)
{
	const OFunc *f = q->f;
	OVal v = q->from[ip - q->code];
	u64 *cell = (u64 *)(void *)env->t;
	Rare r = {env, q, alloca(f->ins.n * sizeof *r.val), alloca(f->ins.n * sizeof *r.hi)};

	env->at = ip;
	ocode_each_use((OFunc *)(uintptr_t)f, v, bring, &r);
	ocode_eval_one(env, f, v, r.val, r.hi);
	if (f->ins.p[v].type == OT_VOID)
		return;
	cell[ip->d] = r.val[v];
	if (type_is_wide(f->ins.p[v].type))
		cell[ip->d + 1] = r.hi[v];
}

static __attribute__((noinline)) void trap(OEvalEnv *env, const QIns *ip, u32 code)
{
	const OQuick *q = env->quick;

	env->at = ip;
	env->trap(env, code, q->f, q->f->ins.p[q->from[ip - q->code]].map, NULL);
	die(EXIT_VM, "the evaluator's trap %u came back (in %s)", code, q->f->name);
}

static u64 call_host(OEvalEnv *env, const QIns *ip)
{
	const u64 *cell = (const u64 *)(const void *)env->t;
	const QArg *arg = env->quick->arg + ip->disp;
	u64 args[ip->b + 1];

	for (u32 k = 0; k < ip->b; k++)
		args[k] = cell[arg[k].at] & lane_mask(arg[k].bits);
	env->at = ip;
	return env->t->host[ip->c](env->t, args);
}

/* Outside what the environment allows. */
static bool outside(const OEvalEnv *env, u64 a, u32 width, bool store)
{
	return a < env->guest_lo || width > env->guest_hi || a > env->guest_hi - width || (store && a < env->guest_ro);
}

/* ---- memory ------------------------------------------------------------------------------------------ */

static inline u64 load_u8(const u8 *p) { return *p; }
static inline u64 load_u16(const u8 *p) { u16 v; memcpy(&v, p, 2); return host_is_big ? __builtin_bswap16(v) : v; }
static inline u64 load_u32(const u8 *p) { u32 v; memcpy(&v, p, 4); return host_is_big ? __builtin_bswap32(v) : v; }
static inline u64 load_u64(const u8 *p) { u64 v; memcpy(&v, p, 8); return host_is_big ? __builtin_bswap64(v) : v; }
static inline i64 load_i8(const u8 *p) { return (i8)*p; }
static inline i64 load_i16(const u8 *p) { return (i16)load_u16(p); }
static inline i64 load_i32(const u8 *p) { return (i32)load_u32(p); }
static inline void store_u8(u8 *p, u64 v) { *p = (u8)v; }
static inline void store_u16(u8 *p, u64 v) { u16 w = (u16)v; w = host_is_big ? __builtin_bswap16(w) : w; memcpy(p, &w, 2); }
static inline void store_u32(u8 *p, u64 v) { u32 w = (u32)v; w = host_is_big ? __builtin_bswap32(w) : w; memcpy(p, &w, 4); }
static inline void store_u64(u8 *p, u64 v) { v = host_is_big ? __builtin_bswap64(v) : v; memcpy(p, &v, 8); }

/* x86 orders loads and stores itself as its guests expect it; other hosts must be told.  Nor do they tell all of a fault:
 * accesses are noted before they are made. */
#ifdef __x86_64__
#define AFTER_LOAD
#define BEFORE_STORE
#define NOTE(address, store)
#else
#define AFTER_LOAD __atomic_thread_fence(__ATOMIC_ACQ_REL);
#define BEFORE_STORE __atomic_thread_fence(__ATOMIC_ACQ_REL);
#define NOTE(address, is_store) env->fault = (address), env->store = (is_store);
#endif

/* ---- the instructions -------------------------------------------------------------------------------- */

#define GO goto *ip->go
#define NEXT do { ip++; GO; } while (0)
#define OPERANDS(w, second) \
	typedef u##w T; typedef i##w S; enum { W = w }; \
	T a = (T)R[ip->a], b = (T)(second); S sa = (S)a, sb = (S)b; \
	(void)a, (void)b, (void)sa, (void)sb, (void)W;
#define BINARY(w, second, expr) { OPERANDS(w, second) R[ip->d] = (T)(expr); NEXT; }
#define BRANCH(w, second, expr) { OPERANDS(w, second) ip += (expr) ? ip->disp : 1; GO; }
#define UNARY(w, expr) { u##w a = (u##w)R[ip->a]; R[ip->d] = (u##w)(expr); NEXT; }
/* The lowering has tested for zero; if it had not, the evaluator would say so. */
#define DIVIDE(w, expr) { OPERANDS(w, R[ip->b]) if (!b) goto rare; R[ip->d] = (T)(expr); NEXT; }

#define PUT_PAIR(v) (R[ip->d] = (v).q[0], R[ip->d + 1] = (v).q[1])
#define PAIR(at) ((OVec){{R[at], R[(at) + 1]}})
#define MOVE_2 { OVec v = PAIR(ip->a); PUT_PAIR(v); NEXT; }
#define SELECT_TWO { u32 at = (u32)R[ip->c] ? ip->a : ip->b; OVec v = PAIR(at); PUT_PAIR(v); NEXT; }
#define PUT_BITS { u64 mask = lane_mask((u32)ip->imm) << ip->c; R[ip->d] = (R[ip->d] & ~mask) | (R[ip->a] << ip->c & mask); NEXT; }

#define ADDRESS_B (R[ip->a] + (u64)(i64)ip->disp)
#define ADDRESS_X (R[ip->a] + (R[ip->b] << ip->c) + (u64)(i64)ip->disp)
#define ADDRESS_W (u32)(R[ip->a] + (u64)(i64)ip->disp)
#define ADDRESS_V (u32)(R[ip->a] + (R[ip->b] << ip->c) + (u64)(i64)ip->disp)
#define ACCESS(address, width, is_store) \
	u64 at = address; \
	env->at = ip; \
	NOTE(at, is_store) \
	if (__builtin_expect(bounded, 0) && outside(env, at, width, is_store)) { \
		env->fault = at; \
		goto out_of_reach; \
	}
#define LOAD(address, type) { ACCESS(address, sizeof(type), false) R[ip->d] = load_##type(mem + at); AFTER_LOAD NEXT; }
#define LOAD_SIGNED_32(address, type) { ACCESS(address, sizeof(type), false) R[ip->d] = (u32)load_##type(mem + at); AFTER_LOAD NEXT; }
#define LOAD_SIGNED_64(address, type) { ACCESS(address, sizeof(type), false) R[ip->d] = (u64)load_##type(mem + at); AFTER_LOAD NEXT; }
#define STORE_R(address, type) { ACCESS(address, sizeof(type), true) BEFORE_STORE store_##type(mem + at, R[ip->d]); NEXT; }
#define STORE_I(address, type) { ACCESS(address, sizeof(type), true) BEFORE_STORE store_##type(mem + at, (u64)(i64)ip->imm); NEXT; }
/* 16 bytes at once where the host has such moves, so that a fault leaves nothing half done. */
#define ACCESS_2(address, is_store) \
	u64 where = address; \
	if (where & (u64)ip->imm) \
		goto not_aligned; \
	ACCESS(where, 16, is_store)
#define LOAD_2(address, none) { \
	ACCESS_2(address, false) \
	OVec v; \
	memcpy(&v, mem + at, 16); \
	AFTER_LOAD \
	R[ip->d] = load_u64((const u8 *)&v.q[0]), R[ip->d + 1] = load_u64((const u8 *)&v.q[1]); \
	NEXT; }
#define STORE_2(address, none) { \
	ACCESS_2(address, true) \
	OVec v; \
	store_u64((u8 *)&v.q[0], R[ip->d]), store_u64((u8 *)&v.q[1], R[ip->d + 1]); \
	BEFORE_STORE \
	memcpy(mem + at, &v, 16); \
	NEXT; }

#define PAIR_RESULT(lo, hi) { u64 low = (lo), high = (hi); R[ip->d] = low, R[ip->d + 1] = high; NEXT; }
/* All lanes alike, so that their order does not matter: gcc's and clang's vectors. */
#define ON_LANES(type, expr) { \
	typedef type Lanes __attribute__((vector_size(16))); \
	Lanes x, y, r; \
	memcpy(&x, &R[ip->a], 16), memcpy(&y, &R[ip->b], 16); \
	r = (Lanes)(expr); \
	memcpy(&R[ip->d], &r, 16); \
	NEXT; }
#define SCALAR64(fast) { \
	u64 r, high = R[ip->a + 1]; \
	u32 csr = (u32)t->slot[REG_FPC]; \
	if (!fast) \
		goto unusual; \
	t->slot[REG_FPC] = csr; \
	R[ip->d] = r, R[ip->d + 1] = high; \
	NEXT; }
#define SCALAR32(fast) { \
	u64 low = R[ip->a] & ~(u64)UINT32_MAX, high = R[ip->a + 1]; \
	u32 r, csr = (u32)t->slot[REG_FPC]; \
	if (!fast) \
		goto unusual; \
	t->slot[REG_FPC] = csr; \
	R[ip->d] = low | r, R[ip->d + 1] = high; \
	NEXT; }
#define PACKED64(fast) { \
	u64 r, s; \
	u32 csr = (u32)t->slot[REG_FPC]; \
	if (!fast(R[ip->a], R[ip->b], &csr, &r) || !fast(R[ip->a + 1], R[ip->b + 1], &csr, &s)) \
		goto unusual; \
	t->slot[REG_FPC] = csr; \
	R[ip->d] = r, R[ip->d + 1] = s; \
	NEXT; }
#define ORDER64 { \
	enum SfRel is; \
	if (!fast_compare64(R[ip->a], R[ip->b], &is)) \
		goto unusual_order; \
	R[ip->d] = is == SF_LT ? 1 : is == SF_EQ ? 64 : 0; \
	NEXT; }

#define VECTOR(more, result) { \
	VIn in; \
	in.a = PAIR(ip->a), in.b = PAIR(ip->b), in.n = ip->c; \
	more \
	((VFn *)(uintptr_t)ip->p)(&in); \
	result; \
	NEXT; }
#define VECTOR_FP(more, result) { \
	VIn in; \
	in.a = PAIR(ip->a), in.b = PAIR(ip->b), in.n = ip->c; \
	more \
	in.csr = (u32)t->slot[REG_FPC]; \
	((VFn *)(uintptr_t)ip->p)(&in); \
	t->slot[REG_FPC] = in.csr; \
	result; \
	NEXT; }
#define CALL_HOST { u64 v = call_host(env, ip); R[ip->d] = v & lane_mask((u32)ip->imm); NEXT; }

/* The next unit, unless somebody wants the thread. */
#define GO_ON(code) do { ip = (code); quick = env->quick = quick_of(ip); GO; } while (0)
#define WANTED (__atomic_load_n(&t->pending, __ATOMIC_RELAXED) != 0)
#define LEAVE(kind, pc) { env->quick = NULL; env->exit(env, (kind), (pc)); return NULL; }
#define EXIT_LINKED { \
	const QIns *to = __atomic_load_n(&ip->to, __ATOMIC_RELAXED); \
	if (__builtin_expect(to && !WANTED, 1)) \
		GO_ON(to); \
	env->left = &quick->exit[ip->d]; \
	LEAVE(ip->c, env->left->pc) }
#define EXIT_BY_TABLE { \
	u64 pc = R[ip->a] & lane_mask((u32)ip->imm); \
	const OJump *j = &t->jump[ojump_slot(pc)]; \
	if (__builtin_expect(t->jump && __atomic_load_n(&j->pc, __ATOMIC_ACQUIRE) == pc && !WANTED, 1)) \
		GO_ON(j->code); \
	LEAVE(ip->c, pc) }

/* Without an environment: the addresses of what executes each operation. */
static const void *const *run(OEvalEnv *env, OQuick *quick)
{
	static const void *const labels[] = {
#define Q(name, ...) &&L_##name,
#include "quick.def"
#undef Q
	};

	if (!env)
		return labels;
	Regfile *t = env->t;
	u64 *R = (u64 *)(void *)t;
	u8 *mem = t->mem;
	bool bounded = env->guest_hi != 0;
	const QIns *ip = quick->code;
	env->quick = quick;
	env->left = NULL;
	GO;

#define Q(name, ...) L_##name: __VA_ARGS__
#include "quick.def"
#undef Q

unusual:
	VECTOR_FP(, PUT_PAIR(in.d))
unusual_order:
	VECTOR_FP(, R[ip->d] = in.d.q[0])
rare:
	any(env, quick, ip);
	NEXT;
out_of_reach:
	trap(env, ip, TRAP_MEMORY);
not_aligned:
	trap(env, ip, TRAP_ALIGN);
	return NULL;
}

void ocode_quick_run(OEvalEnv *env, OQuick *q)
{
	run(env, q);
}

const void *quick_label(QOp op)
{
	return run(NULL, NULL)[op];
}
