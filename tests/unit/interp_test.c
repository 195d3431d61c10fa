/* The interpreter: each operation against C, in all forms that translation may choose; control flow, calls, traps;
 * and random functions on three machines -- threaded, switch, and the plain translation of the stepper -- which must
 * agree on everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "pvm/pcode/interp.h"

/* ---- a machine ------------------------------------------------------------------------------------------ */

enum Kind { THREADED, SWITCH, PLAIN, KINDS };

typedef struct Vm {
	Regfile t; /* first: hooks get it back from its address */
	PEnv env;
	PModule *m;
	Buf file;
	OHostFn *host[PH_COUNT + 8];
	u32 type_id[64];
	OEntry table[8];
	u64 global[8];
	jmp_buf trapped;
	u32 code, pc, func, depth; /* of the last trap; code 0 = none */
	u64 arg[2];                /* what the host function got */
	u32 rounds;
} Vm;

static void trap(Regfile *t, u64 code)
{
	Vm *v = (Vm *)t;
	const PFrame *f = pcode_frame_up(&v->env, NULL);

	v->code = (u32)code;
	v->func = f ? f->func : UINT32_MAX;
	v->pc = f ? pcode_frame_pc(&v->env, f) : 0;
	for (v->depth = 0; f; f = pcode_frame_up(&v->env, f))
		v->depth++;
	longjmp(v->trapped, 1);
}

static u64 host_record(Regfile *t, const u64 *args)
{
	Vm *v = (Vm *)t;

	memcpy(v->arg, args, sizeof v->arg);
	return args[0] + 1;
}

static u64 host_grow(Regfile *t, const u64 *args)
{
	u64 old = t->mem_size / PCODE_PAGE;

	if (args[0] > 4)
		return UINT32_MAX;
	t->mem_size += args[0] * PCODE_PAGE;
	return old;
}

/* Runs function args[0] of the same module again from inside a call out. */
static u64 host_again(Regfile *t, const u64 *args)
{
	Vm *v = (Vm *)t;

	return pcode_interp(&v->env, (u32)args[0], args + 1);
}

static void step(PEnv *env, const PFrame *f) { (void)env, (void)f; }

static void vm_reset(Vm *v)
{
	memset(v->t.mem + v->m->guard, 0x11, v->t.mem_size - v->m->guard);
	v->t.sp = v->m->stack_hi;
	v->t.sp_limit = v->m->stack_lo;
	v->t.unwind = 0;
	v->code = 0;
	v->env.top = NULL;
	if (v->env.priv)
		((Interp *)v->env.priv)->last = NULL;
	memset(v->global, 0, sizeof v->global);
}

static void vm_open(Vm *v, const Buf *file, enum Kind kind)
{
	Err e = {0};

	memset(v, 0, sizeof *v);
	buf_bytes(&v->file, file->p, file->n);
	v->m = pcode_read(v->file.p, v->file.n, "test", &e);
	if (!v->m || !pcode_check(v->m, &e))
		fail_msg("%s", e.msg);
	v->t.mem_size = (u64)v->m->pages * PCODE_PAGE;
	v->t.mem_guard = v->m->guard;
	v->t.mem = xcalloc(1, v->t.mem_size + 4 * PCODE_PAGE);
	v->t.global = v->global;
	v->t.trap = trap;
	v->t.table = v->table;
	v->t.table_len = COUNT(v->table);
	v->host[PH_MEM_COPY] = pcode_mem_copy;
	v->host[PH_MEM_FILL] = pcode_mem_fill;
	v->host[PH_MEM_CMP] = pcode_mem_cmp;
	v->host[PH_MEM_GROW] = host_grow;
	v->host[PH_COUNT] = host_record;
	v->host[PH_COUNT + 1] = host_again;
	v->t.host = v->host;
	for (u32 k = 0; k < COUNT(v->type_id); k++)
		v->type_id[k] = 100 + k;
	for (u32 k = 0; k < v->m->ntable; k++) {
		u32 n = v->m->table[k];
		u32 type = n == UINT32_MAX ? n : n < v->m->nimport ? v->m->import[n].type : v->m->func[n - v->m->nimport].type;
		v->table[k] = (OEntry){NULL, n == UINT32_MAX ? n : 100 + type,
			n == UINT32_MAX ? n : n < v->m->nimport ? v->m->nfunc + n : n - v->m->nimport};
	}
	for (u32 k = v->m->ntable; k < COUNT(v->table); k++)
		v->table[k].func = v->table[k].type = UINT32_MAX;
	v->env.t = &v->t;
	v->env.m = v->m;
	v->env.type_id = v->type_id;
	v->env.step = kind == PLAIN ? step : NULL;
	interp_threaded = kind != SWITCH;
	interp_of(&v->env);
	interp_threaded = true;
	vm_reset(v);
}

static void vm_close(Vm *v)
{
	pcode_interp_free(&v->env);
	pcode_free(v->m);
	free(v->t.mem);
	buf_free(&v->file);
}

/* The result; v->code says whether it trapped. */
static u64 vm_run(Vm *v, u32 func, const u64 *args)
{
	v->code = 0;
	v->env.top = NULL;
	((Interp *)v->env.priv)->last = NULL;
	v->t.sp = v->m->stack_hi;
	if (setjmp(v->trapped))
		return 0;
	return pcode_interp(&v->env, func, args);
}

#define EACH_VM(v, file) \
	for (u32 kind_ = 0; kind_ < KINDS; kind_++) \
		for (bool once_ = (vm_open(&(v), (file), kind_), true); once_; once_ = false, vm_close(&(v)))

/* ---- operations against C ----------------------------------------------------------------------------------- */

static const u64 edges_i[] = {0, 1, 2, 3, 31, 32, 33, 100, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 0xfffffffe, 0x12345678, 0xff80, 0x8000};
static const u64 edges_l[] = {0, 1, 2, 63, 64, 100, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000,
	0x8000000000000001, 0xffffffffffffffff, 0xfffffffffffffffe, 0xffffffff80000000, 0xffffffff7fffffff};
static const double edges_d[] = {0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, 1e300, -1e300, 2147483647.5, -2147483648.5, -2147483649.0, 4294967295.5,
	9223372036854775808.0, -9223372036854775808.0, 18446744073709551616.0, 1e-320, __builtin_inf(), -__builtin_inf(), __builtin_nan("")};

static u32 nedge(char type)
{
	return type == 'i' ? COUNT(edges_i) : type == 'l' ? COUNT(edges_l) : COUNT(edges_d);
}

static u64 edge(char type, u32 k)
{
	switch (type) {
	case 'i': return edges_i[k];
	case 'l': return edges_l[k];
	case 'd': return f64_u64(edges_d[k]);
	default: return f32_u32((float)edges_d[k]);
	}
}

/* What the operation gives, by other means than the interpreter's where there are any; *code is the trap. */
static u64 ref(POp op, u64 a, u64 b, u32 *code)
{
	u32 x = (u32)a, y = (u32)b;
	i32 sx = (i32)x, sy = (i32)y;
	i64 lx = (i64)a, ly = (i64)b;
	float fx = u32_f32(x), fy = u32_f32(y);
	double dx = u64_f64(a), dy = u64_f64(b);
	__int128 wide;

#define INT_OPS(I, ux, uy, sx_, sy_, bits, UT, ST) \
	case P_##I##_EQ: return ux == uy; case P_##I##_NE: return ux != uy; \
	case P_##I##_LT_S: return sx_ < sy_; case P_##I##_LT_U: return ux < uy; \
	case P_##I##_GT_S: return sx_ > sy_; case P_##I##_GT_U: return ux > uy; \
	case P_##I##_LE_S: return sx_ <= sy_; case P_##I##_LE_U: return ux <= uy; \
	case P_##I##_GE_S: return sx_ >= sy_; case P_##I##_GE_U: return ux >= uy; \
	case P_##I##_EQZ: return ux == 0; \
	case P_##I##_ADD: return (UT)(ux + uy); case P_##I##_SUB: return (UT)(ux - uy); case P_##I##_MUL: return (UT)(ux * uy); \
	case P_##I##_ADD_O: wide = (__int128)sx_ + sy_; goto fit##bits; \
	case P_##I##_SUB_O: wide = (__int128)sx_ - sy_; goto fit##bits; \
	case P_##I##_MUL_O: wide = (__int128)sx_ * sy_; goto fit##bits; \
	case P_##I##_NEG_O: wide = -(__int128)sx_; goto fit##bits; \
	case P_##I##_ABS_O: wide = sx_ < 0 ? -(__int128)sx_ : sx_; goto fit##bits; \
	case P_##I##_DIV_S: if (!uy) goto div0; wide = (__int128)sx_ / sy_; goto fit##bits; \
	case P_##I##_REM_S: if (!uy) goto div0; wide = (__int128)sx_ % sy_; goto fit##bits; \
	case P_##I##_DIV_U: if (!uy) goto div0; return ux / uy; \
	case P_##I##_REM_U: if (!uy) goto div0; return ux % uy; \
	case P_##I##_AND: return ux & uy; case P_##I##_OR: return ux | uy; case P_##I##_XOR: return ux ^ uy; \
	case P_##I##_SHL: return (UT)(ux << uy % bits); case P_##I##_SHR_U: return ux >> uy % bits; \
	case P_##I##_SHR_S: return (UT)(ST)((__int128)sx_ >> uy % bits); \
	case P_##I##_ROTL: return uy % bits ? (UT)(ux << uy % bits | ux >> (bits - uy % bits)) : ux; \
	case P_##I##_ROTR: return uy % bits ? (UT)(ux >> uy % bits | ux << (bits - uy % bits)) : ux; \
	case P_##I##_CLZ: for (u32 k = 0; k < bits; k++) if (ux >> (bits - 1 - k) & 1) return k; return bits; \
	case P_##I##_CTZ: for (u32 k = 0; k < bits; k++) if (ux >> k & 1) return k; return bits; \
	case P_##I##_POPCNT: { u32 n = 0; for (u32 k = 0; k < bits; k++) n += ux >> k & 1; return n; }
#define FLOAT_OPS(F, fx_, fy_, BITS, CANON, suffix, mn, mx, near, sgn) \
	case P_##F##_EQ: return fx_ == fy_; case P_##F##_NE: return fx_ != fy_; case P_##F##_LT: return fx_ < fy_; \
	case P_##F##_GT: return fx_ > fy_; case P_##F##_LE: return fx_ <= fy_; case P_##F##_GE: return fx_ >= fy_; \
	case P_##F##_ADD: return CANON(fx_ + fy_); case P_##F##_SUB: return CANON(fx_ - fy_); \
	case P_##F##_MUL: return CANON(fx_ * fy_); case P_##F##_DIV: return CANON(fx_ / fy_); \
	case P_##F##_DIV_Z: if (fy_ == 0) goto div0; return CANON(fx_ / fy_); \
	case P_##F##_MIN: return CANON(mn(fx_, fy_)); case P_##F##_MAX: return CANON(mx(fx_, fy_)); \
	case P_##F##_ABS: return CANON(fx_ < 0 || __builtin_signbit(fx_) ? -fx_ : fx_); case P_##F##_NEG: return CANON(-fx_); \
	case P_##F##_CEIL: return CANON(__builtin_ceil##suffix(fx_)); case P_##F##_FLOOR: return CANON(__builtin_floor##suffix(fx_)); \
	case P_##F##_TRUNC: return CANON(__builtin_trunc##suffix(fx_)); case P_##F##_NEAREST: return CANON(near(fx_)); \
	case P_##F##_SQRT: return CANON(__builtin_sqrt##suffix(fx_)); \
	case P_##F##_COPYSIGN: return CANON(__builtin_copysign##suffix(fx_, fy_ != fy_ ? 1 : fy_));
	switch (op) {
	INT_OPS(I32, x, y, sx, sy, 32, u32, i32)
	INT_OPS(I64, a, b, lx, ly, 64, u64, i64)
	FLOAT_OPS(F32, fx, fy, 32, f32_canon, f, f32_min, f32_max, f32_nearest, 1u << 31)
	FLOAT_OPS(F64, dx, dy, 64, f64_canon, , f64_min, f64_max, f64_nearest, 1ull << 63)
	case P_I32_WRAP: return x;
	case P_I32_WRAP_O: wide = lx; goto fit32;
	case P_I32_TRUNC_F32_S: { i32 r; if (!f64_to_i32(fx, &r)) goto invalid; return (u32)r; }
	case P_I32_TRUNC_F64_S: { i32 r; if (!f64_to_i32(dx, &r)) goto invalid; return (u32)r; }
	case P_I32_TRUNC_F32_U: { u32 r; if (!f64_to_u32(fx, &r)) goto invalid; return r; }
	case P_I32_TRUNC_F64_U: { u32 r; if (!f64_to_u32(dx, &r)) goto invalid; return r; }
	case P_I64_TRUNC_F32_S: { i64 r; if (!f64_to_i64(fx, &r)) goto invalid; return (u64)r; }
	case P_I64_TRUNC_F64_S: { i64 r; if (!f64_to_i64(dx, &r)) goto invalid; return (u64)r; }
	case P_I64_TRUNC_F32_U: { u64 r; if (!f64_to_u64(fx, &r)) goto invalid; return r; }
	case P_I64_TRUNC_F64_U: { u64 r; if (!f64_to_u64(dx, &r)) goto invalid; return r; }
	case P_I64_EXTEND_S: return x >> 31 ? x | 0xffffffffull << 32 : x;
	case P_I64_EXTEND_U: return x;
	case P_I32_EXTEND8_S: return ((x & 0xff) ^ 0x80) - 0x80u;
	case P_I32_EXTEND16_S: return ((x & 0xffff) ^ 0x8000) - 0x8000u;
	case P_I64_EXTEND8_S: return ((a & 0xff) ^ 0x80) - 0x80ull;
	case P_I64_EXTEND16_S: return ((a & 0xffff) ^ 0x8000) - 0x8000ull;
	case P_I64_EXTEND32_S: return ((a & 0xffffffff) ^ 0x80000000) - 0x80000000ull;
	case P_F32_CONVERT_I32_S: return f32_u32((float)sx);
	case P_F32_CONVERT_I32_U: return f32_u32((float)x);
	case P_F32_CONVERT_I64_S: return f32_u32((float)lx);
	case P_F32_CONVERT_I64_U: return f32_u32((float)a);
	case P_F64_CONVERT_I32_S: return f64_u64((double)sx);
	case P_F64_CONVERT_I32_U: return f64_u64((double)x);
	case P_F64_CONVERT_I64_S: return f64_u64((double)lx);
	case P_F64_CONVERT_I64_U: return f64_u64((double)a);
	case P_F32_DEMOTE: return f32_canon((float)dx);
	case P_F64_PROMOTE: return f64_canon(fx);
	case P_I32_REINTERPRET: return f32_canon(fx);
	case P_I64_REINTERPRET: return f64_canon(dx);
	case P_F32_REINTERPRET: return f32_canon(fx);
	case P_F64_REINTERPRET: return f64_canon(dx);
	case P_CHECK_NIL: if (!x) { *code = TRAP_MEMORY; return 0; } return x;
	default: fail_msg("no reference for %s", pcode_ops[op].name);
	}
div0:
	*code = TRAP_DIV0;
	return 0;
invalid:
	*code = TRAP_FINVALID;
	return 0;
fit32:
	if (wide != (i32)wide) {
		*code = TRAP_OVERFLOW;
		return 0;
	}
	return (u32)wide;
fit64:
	if (wide != (i64)wide) {
		*code = TRAP_OVERFLOW;
		return 0;
	}
	return (u64)wide;
}

/* True for operations that are a function of one or two operands and nothing else. */
static bool is_plain(u32 op)
{
	const POpInfo *o = &pcode_ops[op];

	return o->name && !*o->imm && op >= P_I32_EQZ && op <= P_CHECK_NIL && op != P_CHECK_BOUNDS;
}

static void put_const(PBuild *b, char type, u64 bits)
{
	switch (type) {
	case 'i': pb_op1(b, P_I32_CONST, (i32)bits); break;
	case 'l': pb_op1(b, P_I64_CONST, (i64)bits); break;
	case 'f': pb_f32(b, u32_f32((u32)bits)); break;
	default: pb_f64(b, u64_f64(bits));
	}
}

/* A function that applies op in a form: bit 0 and 1 of `consts` say which operands are constants (x, y). */
typedef struct OpFunc { u32 op, consts; u64 x, y; bool jump; u32 pc; } OpFunc;

static u32 op_func(PBuild *b, OpFunc *f)
{
	const POpInfo *o = &pcode_ops[f->op];
	char result = o->pushes[0], sig[8];
	u32 n = (u32)strlen(o->pops);

	snprintf(sig, sizeof sig, "%s%s:%c", o->pops, n == 1 ? o->pops : "", result);
	u32 k = pb_func(b, "f", sig);
	pb_begin(b, k);
	pb_op(b, P_NOP);
	for (u32 j = 0; j < n; j++) {
		if (f->consts >> j & 1)
			put_const(b, o->pops[j], j ? f->y : f->x);
		else
			pb_op1(b, P_LOCAL_GET, j);
	}
	f->pc = pb_pc(b);
	pb_op(b, (POp)f->op);
	if (f->jump) {
		u32 no = pb_label(b);
		pb_op1(b, f->x & 1 ? P_JUMP_IF : P_JUMP_IFZ, no);
		pb_op1(b, P_I32_CONST, f->x & 1 ? 0 : 1);
		pb_op(b, P_RETURN);
		pb_op1(b, P_LABEL, no);
		pb_op1(b, P_I32_CONST, f->x & 1 ? 1 : 0);
	} else if (result == 'f') { /* makes NaNs comparable, and tries local.set behind the operation */
		u32 v = pb_local(b, 'f');
		pb_op1(b, P_LOCAL_SET, v);
		pb_op1(b, P_LOCAL_GET, v);
	}
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
	return k;
}

static u64 canon(char type, u64 bits)
{
	return type == 'f' ? f32_canon(u32_f32((u32)bits)) : type == 'd' ? f64_canon(u64_f64(bits)) : bits;
}

static void try_op(Vm *v, u32 func, const OpFunc *f, u64 x, u64 y)
{
	u64 args[2] = {x, y};
	u32 code = 0;
	u64 want = ref((POp)f->op, f->consts & 1 ? f->x : x, f->consts & 2 ? f->y : y, &code);
	u64 got = vm_run(v, func, args);

	if (v->code != code || (code && (v->pc != f->pc || v->func != func || v->depth != 1)))
		fail_msg("%s %llx %llx (consts %u): trap %u at %u, not %u at %u", pcode_ops[f->op].name, (unsigned long long)args[0],
			(unsigned long long)args[1], f->consts, v->code, v->pc, code, f->pc);
	if (!code && canon(pcode_ops[f->op].pushes[0], got) != want)
		fail_msg("%s %llx %llx (consts %u, %llx %llx): %llx, not %llx", pcode_ops[f->op].name, (unsigned long long)args[0],
			(unsigned long long)args[1], f->consts, (unsigned long long)f->x, (unsigned long long)f->y, (unsigned long long)got, (unsigned long long)want);
}

static void operations(void **state)
{
	VEC(OpFunc) fs = {0};
	PBuild *b = pb_new("t");
	Buf file = {0};
	Vm v;

	(void)state;
	for (u32 op = 0; op < 256; op++) {
		if (!is_plain(op))
			continue;
		const char *pops = pcode_ops[op].pops;
		vec_push(&fs, ((OpFunc){op, 0, 0, 0, false, 0}));
		if (pcode_ops[op].pushes[0] == 'i')
			for (u64 sense = 0; sense < 2; sense++)
				vec_push(&fs, ((OpFunc){op, 0, sense, 0, true, 0}));
		for (u32 k = 0; k < nedge(pops[0]); k++) {
			u64 c = edge(pops[0], k);
			vec_push(&fs, ((OpFunc){op, 1, c, 0, false, 0}));
			if (pops[1])
				vec_push(&fs, ((OpFunc){op, 2, k & 1, edge(pops[1], k), pcode_ops[op].pushes[0] == 'i' && k & 2, 0}));
			if (pops[1])
				vec_push(&fs, ((OpFunc){op, 3, c, edge(pops[1], (k + 5) % nedge(pops[1])), false, 0}));
		}
	}
	for (u32 k = 0; k < fs.n; k++) {
		if (fs.p[k].jump) /* a condition counts as any number that is not zero: only comparisons give 0 and 1 */
			fs.p[k].jump = strstr(" eqz eq ne lt.s lt.u gt.s gt.u le.s le.u ge.s ge.u lt gt le ge ", strchr(pcode_ops[fs.p[k].op].name, '.') + 1) != NULL;
		assert_int_equal(op_func(b, &fs.p[k]), k);
	}
	pb_end(b, &file);
	EACH_VM(v, &file) {
		for (u32 k = 0; k < fs.n; k++) {
			const char *pops = pcode_ops[fs.p[k].op].pops;
			char second = pops[1] ? pops[1] : pops[0];
			for (u32 i = 0; i < nedge(pops[0]); i++)
				for (u32 j = 0; j < (pops[1] ? nedge(second) : 1); j++)
					try_op(&v, k, &fs.p[k], edge(pops[0], i), edge(second, j));
		}
	}
	vec_free(&fs);
	buf_free(&file);
}

/* ---- random functions --------------------------------------------------------------------------------------- */

static u64 seed;

static u32 rnd(u32 n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(seed >> 33) % n;
}

enum { NI = 6, ND = 3, LOOPS = 3, FRAME = 256 }; /* locals: NI i32 (two of them parameters), ND f64, counters */

typedef struct Gen {
	PBuild *b;
	u32 array, matrix, reals, callee, host;
	u32 loop;  /* counters in use */
	i32 fuel;
} Gen;

static void gen_i(Gen *g, int depth);
static void gen_d(Gen *g, int depth);

static void gen_base(Gen *g, u32 at)
{
	if (rnd(3) == 0)
		pb_op1(g->b, P_FRAME_ADDR, rnd(3) * 64);
	else
		pb_op1(g->b, P_I32_CONST, at);
	if (rnd(6) == 0) { /* a base in a register */
		pb_op1(g->b, P_LOCAL_TEE, NI - 1);
		if (rnd(2))
			pb_op1(g->b, P_LOCAL_GET, NI - 1), pb_op(g->b, P_SWAP), pb_op(g->b, P_DROP);
	}
}

/* Mostly within 0..mask. */
static void gen_index(Gen *g, int depth, i32 mask)
{
	if (rnd(3) == 0 && g->loop) {
		pb_op1(g->b, P_LOCAL_GET, NI + ND + rnd(g->loop));
		return;
	}
	gen_i(g, depth - 1);
	if (rnd(40)) {
		pb_op1(g->b, P_I32_CONST, mask);
		pb_op(g->b, P_I32_AND);
	}
}

static void gen_place(Gen *g, int depth, u32 size)
{
	switch (rnd(4)) {
	case 0:
		gen_base(g, g->matrix);
		gen_index(g, depth, 3);
		pb_index(g->b, 0, 4, 4 * size);
		gen_index(g, depth, 3);
		pb_index(g->b, 0, 4, size);
		break;
	case 1:
		gen_base(g, g->array);
		gen_index(g, depth, 7);
		pb_op2(g->b, P_INDEX_U, (i32)rnd(5) - 2, size);
		break;
	case 2:
		gen_base(g, g->array);
		gen_index(g, depth, 7);
		pb_index(g->b, -(i32)rnd(2), 9, size);
		break;
	default:
		gen_base(g, g->array + rnd(8) * 8);
	}
}

static void gen_i(Gen *g, int depth)
{
	static const POp bin[] = {P_I32_ADD, P_I32_SUB, P_I32_MUL, P_I32_AND, P_I32_OR, P_I32_XOR, P_I32_SHL, P_I32_SHR_S, P_I32_ROTL, P_I32_ADD_O,
		P_I32_SUB_O, P_I32_EQ, P_I32_NE, P_I32_LT_S, P_I32_GT_U, P_I32_LE_S, P_I32_GE_U, P_I32_DIV_S, P_I32_REM_U};
	static const POp load[] = {P_I32_LOAD, P_I32_LOAD8_U, P_I32_LOAD8_S, P_I32_LOAD16_S};
	PBuild *b = g->b;

	if (depth <= 0 || g->fuel-- < 0 || rnd(5) == 0) {
		if (rnd(3))
			pb_op1(b, P_LOCAL_GET, rnd(NI));
		else
			pb_op1(b, P_I32_CONST, rnd(4) ? (i32)rnd(20) - 4 : (i32)(rnd(2) ? 0x7fffffff : 0x80000000));
		return;
	}
	switch (rnd(12)) {
	case 0: case 1: case 2: case 3:
		gen_i(g, depth - 1);
		gen_i(g, depth - 1);
		pb_op(b, bin[rnd(rnd(4) ? 9 : COUNT(bin))]);
		break;
	case 4: case 5:
		gen_place(g, depth, 4);
		pb_op2(b, load[rnd(COUNT(load))], 0, rnd(3) * 2);
		break;
	case 6:
		gen_i(g, depth - 1);
		pb_op(b, rnd(2) ? P_I32_EQZ : P_I32_CLZ);
		break;
	case 7:
		gen_i(g, depth - 1);
		gen_i(g, depth - 1);
		gen_i(g, depth - 1);
		pb_op(b, rnd(10) ? P_SELECT : P_CHECK_BOUNDS);
		break;
	case 8:
		gen_i(g, depth - 1);
		pb_op1(b, P_LOCAL_TEE, rnd(NI));
		break;
	case 9:
		gen_i(g, depth - 1);
		pb_op(b, P_DUP);
		if (rnd(2))
			gen_i(g, depth - 1), pb_op(b, P_SWAP), pb_op(b, P_I32_SUB);
		pb_op(b, P_I32_XOR);
		break;
	case 10:
		gen_d(g, depth - 1);
		gen_d(g, depth - 1);
		pb_op(b, rnd(2) ? P_F64_LT : P_F64_NE);
		break;
	default:
		gen_i(g, depth - 1);
		gen_i(g, depth - 1);
		pb_op1(b, P_CALL, rnd(3) ? g->callee : g->host);
	}
}

static void gen_d(Gen *g, int depth)
{
	static const POp bin[] = {P_F64_ADD, P_F64_ADD, P_F64_SUB, P_F64_MUL, P_F64_MUL, P_F64_DIV, P_F64_MIN, P_F64_DIV_Z};

	if (depth <= 0 || rnd(4) == 0) {
		if (rnd(3))
			pb_op1(g->b, P_LOCAL_GET, NI + rnd(ND));
		else
			pb_f64(g->b, rnd(8) - 1.5);
	} else if (rnd(4) == 0) {
		gen_i(g, depth - 1);
		pb_op(g->b, P_F64_CONVERT_I32_S);
	} else if (rnd(4) == 0) {
		gen_place(g, depth, 8);
		pb_op2(g->b, P_F64_LOAD, 0, rnd(2) * 8);
	} else {
		gen_d(g, depth - 1);
		gen_d(g, depth - 1);
		pb_op(g->b, bin[rnd(rnd(6) ? 7 : 8)]);
	}
}

static void gen_stmts(Gen *g, int depth);

static void gen_for(Gen *g, int depth)
{
	PBuild *b = g->b;
	u32 v = NI + ND + g->loop++, top = pb_label(b), end = pb_label(b), style = rnd(4), kept = rnd(2);

	pb_op1(b, P_I32_CONST, 0);
	pb_op1(b, P_LOCAL_SET, v);
	pb_op1(b, P_LOOP, top);
	if (style == 0) {
		pb_op1(b, P_LOCAL_GET, v);
		pb_op1(b, P_I32_CONST, 1 + rnd(4));
		pb_op(b, P_I32_LT_S);
		pb_op1(b, P_JUMP_IFZ, end);
	}
	gen_stmts(g, depth - 1);
	if (style == 1) {
		pb_op1(b, P_LOCAL_GET, v);
		pb_op1(b, P_I32_CONST, 1 + rnd(4));
		pb_op(b, P_I32_GE_S);
		pb_op1(b, P_JUMP_IF, end);
	}
	if (style == 3) /* the old value is compared */
		pb_op1(b, P_LOCAL_GET, v);
	pb_op1(b, P_LOCAL_GET, v);
	pb_op1(b, P_I32_CONST, 1);
	pb_op(b, P_I32_ADD);
	pb_op1(b, P_LOCAL_SET, v);
	if (style == 3) {
		pb_op1(b, P_I32_CONST, 3);
		pb_op(b, P_I32_LT_S);
		pb_op1(b, P_JUMP_IF, top);
		if (kept) {
			pb_op1(b, P_LOCAL_GET, v);
			pb_op1(b, P_LOCAL_SET, rnd(NI));
		}
	} else if (style == 2) {
		pb_op1(b, P_LOCAL_GET, v);
		pb_op1(b, P_I32_CONST, 4);
		pb_op(b, P_I32_LT_S);
		pb_op1(b, P_JUMP_IF, top);
	} else {
		pb_op1(b, P_JUMP, top);
	}
	pb_op1(b, P_LABEL, end);
	g->loop--;
}

static void gen_stmt(Gen *g, int depth)
{
	PBuild *b = g->b;
	u32 no, out;

	switch (rnd(depth > 0 && g->fuel > 0 ? 11 : 7)) {
	case 0: case 1:
		gen_i(g, 3);
		pb_op1(b, P_LOCAL_SET, rnd(NI));
		break;
	case 2:
		gen_d(g, 3);
		pb_op1(b, P_LOCAL_SET, NI + rnd(ND));
		break;
	case 3: case 4:
		gen_place(g, 2, 4);
		gen_i(g, 2);
		pb_op2(b, rnd(2) ? P_I32_STORE : rnd(2) ? P_I32_STORE8 : P_I32_STORE16, 0, rnd(2) * 4);
		break;
	case 5:
		gen_place(g, 2, 8);
		gen_d(g, 2);
		pb_op2(b, P_F64_STORE, 0, 0);
		break;
	case 6:
		gen_i(g, 2);
		if (rnd(2)) {
			pb_op2(b, P_CHECK_RANGE, INT32_MIN, INT32_MAX);
			pb_op1(b, P_LOCAL_SET, rnd(NI));
		} else {
			pb_op1(b, P_I32_CONST, -77);
			pb_op(b, P_I32_EQ);
			pb_op1(b, P_TRAP_IF, 222);
		}
		break;
	case 7: case 8:
		no = pb_label(b);
		out = pb_label(b);
		gen_i(g, 2);
		pb_op1(b, rnd(2) ? P_JUMP_IF : P_JUMP_IFZ, no);
		gen_stmts(g, depth - 1);
		pb_op1(b, P_JUMP, out);
		pb_op1(b, P_LABEL, no);
		gen_stmts(g, depth - 1);
		pb_op1(b, P_LABEL, out);
		break;
	default:
		if (g->loop < LOOPS)
			gen_for(g, depth);
	}
}

static void gen_stmts(Gen *g, int depth)
{
	for (u32 k = 1 + rnd(3); k; k--)
		gen_stmt(g, depth);
}

static void gen_callee(Gen *g)
{
	PBuild *b = g->b;

	g->callee = pb_func(b, "callee", "ii:i");
	pb_begin(b, g->callee);
	u32 v = pb_local(b, 'i'), w = pb_local(b, 'i');
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_LOCAL_GET, 1);
	pb_op(b, rnd(2) ? P_I32_SUB : P_I32_ADD);
	pb_op1(b, P_LOCAL_SET, v);
	pb_op1(b, P_LOCAL_GET, v);
	pb_op1(b, P_LOCAL_GET, w);
	pb_op1(b, P_LOCAL_SET, v);
	pb_op1(b, P_LOCAL_GET, v);
	pb_op(b, P_I32_ADD);
	pb_op(b, P_RETURN);
	pb_finish(b, rnd(2) * 32);
}

/* The function's result is a mix of all its locals. */
static void gen_module(Buf *file)
{
	PBuild *b = pb_new("t");
	Gen g = {.b = b, .fuel = 150};

	pb_memory(b, 65536, 16, 4096);
	g.host = pb_import(b, "sys", "record", "ii:i");
	g.array = pb_zero(b, 256, 8);
	g.matrix = pb_zero(b, 256, 8);
	gen_callee(&g);
	u32 f = pb_func(b, "f", "ii:i");
	pb_begin(b, f);
	for (u32 k = 2; k < NI; k++)
		pb_local(b, 'i');
	for (u32 k = 0; k < ND; k++)
		pb_local(b, 'd');
	for (u32 k = 0; k < LOOPS; k++)
		pb_local(b, 'i');
	for (u32 k = 0; k < 4; k++)
		gen_stmts(&g, 3);
	pb_op1(b, P_LOCAL_GET, 0);
	for (u32 k = 1; k < NI; k++) {
		pb_op1(b, P_LOCAL_GET, k);
		pb_op1(b, P_I32_CONST, 31);
		pb_op(b, P_I32_MUL);
		pb_op(b, P_I32_ADD);
	}
	for (u32 k = 0; k < ND; k++) {
		pb_op1(b, P_LOCAL_GET, NI + k);
		pb_op(b, P_I64_REINTERPRET);
		pb_op(b, P_I32_WRAP);
		pb_op(b, P_I32_XOR);
	}
	pb_op(b, P_RETURN);
	pb_finish(b, FRAME);
	pb_end(b, file);
}

static void random_functions(void **state)
{
	u32 traps = 0, rounds = 3000;

	(void)state;
	for (u32 k = 0; k < rounds; k++) {
		u64 r[KINDS], mem[KINDS], args[2] = {k, 5 - k};
		u32 code[KINDS], pc[KINDS], func[KINDS];
		Buf file = {0};
		Vm v;
		seed = k * 977 + 12345;
		gen_module(&file);
		EACH_VM(v, &file) {
			args[1] = (u32)args[1];
			r[kind_] = vm_run(&v, 1, args);
			code[kind_] = v.code;
			pc[kind_] = v.pc;
			func[kind_] = v.func;
			mem[kind_] = hash64(v.t.mem, v.t.mem_size) + hash64(v.arg, sizeof v.arg);
			if (!v.code)
				assert_int_equal(v.t.sp, v.m->stack_hi);
		}
		for (u32 j = 1; j < KINDS; j++)
			if (r[j] != r[0] || mem[j] != mem[0] || code[j] != code[0] || (code[0] && (pc[j] != pc[0] || func[j] != func[0])))
				fail_msg("round %u, machine %u: %llx trap %u at %u:%u, machine 0: %llx trap %u at %u:%u, memory %s", k, j, (unsigned long long)r[j],
					code[j], func[j], pc[j], (unsigned long long)r[0], code[0], func[0], pc[0], mem[j] == mem[0] ? "equal" : "differs");
		traps += code[0] != 0;
		buf_free(&file);
	}
	assert_in_range(traps, rounds / 50, rounds * 2 / 3); /* both ends are met */
}

/* ---- memory -------------------------------------------------------------------------------------------------------- */

/* Each load and store at `base` in a register, from a constant, and by an index; at both ends of memory. */
static void memory_ends(void **state)
{
	static const struct { POp op; char type; u32 size; } access[] = {
		{P_I32_LOAD, 'i', 4}, {P_I32_LOAD8_S, 'i', 1}, {P_I32_LOAD8_U, 'i', 1}, {P_I32_LOAD16_S, 'i', 2}, {P_I32_LOAD16_U, 'i', 2},
		{P_I64_LOAD, 'l', 8}, {P_I64_LOAD8_S, 'l', 1}, {P_I64_LOAD8_U, 'l', 1}, {P_I64_LOAD16_S, 'l', 2}, {P_I64_LOAD16_U, 'l', 2},
		{P_I64_LOAD32_S, 'l', 4}, {P_I64_LOAD32_U, 'l', 4}, {P_F32_LOAD, 'f', 4}, {P_F64_LOAD, 'd', 8},
		{P_I32_STORE, 'i', 4}, {P_I32_STORE8, 'i', 1}, {P_I32_STORE16, 'i', 2}, {P_I64_STORE, 'l', 8}, {P_I64_STORE8, 'l', 1},
		{P_I64_STORE16, 'l', 2}, {P_I64_STORE32, 'l', 4}, {P_F32_STORE, 'f', 4}, {P_F64_STORE, 'd', 8}};
	static const u32 offset[] = {0, 8, 100, 4096, 0x7fffffff, 0x80000000, 0xffffffff};
	enum { NA = COUNT(access), NO = COUNT(offset), FORMS = 4 };
	static u32 pc[NA][NO][FORMS];
	PBuild *b = pb_new("t");
	Buf file = {0};
	Vm v;

	(void)state;
	pb_memory(b, 65536, 16, 4096);
	for (u32 a = 0; a < NA; a++)
		for (u32 o = 0; o < NO; o++)
			for (u32 form = 0; form < FORMS; form++) {
				bool store = access[a].op >= P_I32_STORE;
				char sig[8];
				snprintf(sig, sizeof sig, store ? "i%c:" : "i:%c", access[a].type);
				pb_begin(b, pb_func(b, "f", sig));
				switch (form) {
				case 0: pb_op1(b, P_LOCAL_GET, 0); break;
				case 1: pb_op1(b, P_I32_CONST, 4096 - 1 + (i32)o); break;
				case 2: pb_op1(b, P_I32_CONST, 0), pb_op1(b, P_LOCAL_GET, 0), pb_op2(b, P_INDEX_U, 0, 1); break;
				default: pb_op1(b, P_LOCAL_GET, 0), pb_op1(b, P_I32_CONST, 5), pb_op2(b, P_INDEX_U, 5, 3); break;
				}
				if (store)
					pb_op1(b, P_LOCAL_GET, 1);
				pc[a][o][form] = pb_pc(b);
				pb_op2(b, access[a].op, 0, offset[o]);
				pb_op(b, P_RETURN);
				pb_finish(b, 0);
			}
	pb_end(b, &file);
	EACH_VM(v, &file) {
		u32 size = (u32)v.t.mem_size;
		const u32 at[] = {0, 1, 4088, 4095, 4096, 5000, size - 8, size - 7, size - 4, size - 3, size - 2, size - 1, size, 0xffffffff, 0x80000000};
		for (u32 a = 0; a < NA; a++)
			for (u32 o = 0; o < NO; o++)
				for (u32 k = 0; k < COUNT(at) * FORMS; k++) {
					u32 form = k % FORMS, func = (a * NO + o) * FORMS + form;
					u64 base = form == 1 ? 4095 + o : at[k / FORMS], where = base + offset[o], n = access[a].size;
					u64 args[2] = {base, 0x8182838485868788}, bits = 0;
					bool good = where >= 4096 && where + n <= size;
					for (u32 j = 0; good && j < n; j++)
						v.t.mem[where + j] = (u8)(0x91 + 7 * j);
					if (access[a].type == 'i' || access[a].type == 'f')
						args[1] = (u32)args[1];
					u64 got = vm_run(&v, func, args);
					assert_int_equal(v.code, good ? 0 : TRAP_MEMORY);
					assert_true(good || v.pc == pc[a][o][form]);
					for (u32 j = 0; good && j < n; j++)
						bits |= (u64)(access[a].op >= P_I32_STORE ? (u8)(args[1] >> 8 * j) : 0x91 + 7 * j) << 8 * j;
					if (good && access[a].op >= P_I32_STORE) {
						for (u32 j = 0; j < n; j++)
							assert_int_equal(v.t.mem[where + j], bits >> 8 * j & 0xff);
					} else if (good) {
						bool sign = strstr(pcode_ops[access[a].op].name, ".s") && n < 8;
						u64 want = sign && bits >> (8 * n - 1) ? bits | ~0ull << 8 * n : bits;
						assert_int_equal(got, access[a].type == 'i' ? (u32)want : want);
					}
				}
	}
	buf_free(&file);
}

/* Checked indices, alone and fused with an access, in one and two dimensions: which part traps, and where. */
static void indices(void **state)
{
	PBuild *b = pb_new("t");
	Buf file = {0};
	u32 at[3][3];
	Vm v;

	(void)state;
	pb_memory(b, 65536, 16, 4096);
	u32 array = pb_zero(b, 12 * 8, 8);
	for (u32 form = 0; form < 3; form++) { /* base: constant, register, frame */
		pb_begin(b, pb_func(b, "f", "iii:d"));
		if (form == 0)
			pb_op1(b, P_I32_CONST, (i32)array);
		else
			pb_op1(b, form == 1 ? P_LOCAL_GET : P_FRAME_ADDR, form == 1 ? 2 : 16);
		pb_op1(b, P_LOCAL_GET, 0);
		at[form][0] = pb_pc(b);
		pb_index(b, -1, 3, 32);
		pb_op1(b, P_LOCAL_GET, 1);
		at[form][1] = pb_pc(b);
		pb_index(b, 2, 4, 8);
		at[form][2] = pb_pc(b);
		pb_op2(b, P_F64_LOAD, 3, 0);
		pb_op(b, P_RETURN);
		pb_finish(b, 16 + 12 * 8);
	}
	pb_end(b, &file);
	EACH_VM(v, &file) {
		for (u32 form = 0; form < 3; form++) {
			u32 base = form == 2 ? v.m->stack_hi - (16 + 12 * 8) + 16 : array;
			for (i32 k = 0; k < 12; k++)
				st64(v.t.mem + base + 8 * k, f64_u64(k + 0.25));
			for (i32 i = -3; i < 4; i++)
				for (i32 j = 0; j < 8; j++) {
					u64 got = vm_run(&v, form, (u64[]){(u32)i, (u32)j, array});
					bool bad_i = i < -1 || i > 1, bad_j = j < 2 || j > 5;
					assert_int_equal(v.code, bad_i || bad_j ? TRAP_RANGE : 0);
					if (v.code)
						assert_int_equal(v.pc, at[form][bad_i ? 0 : 1]);
					else
						assert_true(u64_f64(got) == (i + 1) * 4 + (j - 2) + 0.25);
				}
		}
		vm_run(&v, 1, (u64[]){0, 2, 100}); /* a base in the guard: the access traps, not an index */
		assert_int_equal(v.code, TRAP_MEMORY);
		assert_int_equal(v.pc, at[1][2]);
	}
	buf_free(&file);
}

/* ---- calls ------------------------------------------------------------------------------------------------------------- */

/* down(n): n = 0 ? 0 : 1 + down(n - 1), with a frame or without. */
static void put_down(PBuild *b, u32 frame)
{
	u32 f = pb_func(b, "down", "i:i");
	pb_begin(b, f);
	u32 more = pb_label(b);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_JUMP_IF, more);
	pb_op1(b, P_I32_CONST, 0);
	pb_op(b, P_RETURN);
	pb_op1(b, P_LABEL, more);
	pb_op1(b, P_I32_CONST, 1);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_I32_CONST, 1);
	pb_op(b, P_I32_SUB);
	pb_op1(b, P_CALL, f);
	pb_op(b, P_I32_ADD);
	pb_op(b, P_RETURN);
	pb_finish(b, frame);
}

static void recursion(void **state)
{
	PBuild *b = pb_new("t");
	Buf file = {0};
	Vm v;

	(void)state;
	pb_memory(b, 16 * 1000, 64, 4096);
	put_down(b, 0);
	put_down(b, 16);
	pb_end(b, &file);
	EACH_VM(v, &file) {
		assert_int_equal(vm_run(&v, 0, (u64[]){1000000}), 1000000);
		vm_run(&v, 0, (u64[]){0xffffffff});
		assert_int_equal(v.code, TRAP_STACK);
		assert_true(v.depth > 1000000);
		u32 fits = (v.m->stack_hi - v.m->stack_lo) / 16;
		assert_int_equal(vm_run(&v, 1, (u64[]){fits - 1}), fits - 1);
		assert_int_equal(v.code, 0);
		vm_run(&v, 1, (u64[]){fits});
		assert_int_equal(v.code, TRAP_STACK);
		assert_int_equal(v.depth, fits);
	}
	buf_free(&file);
}

/* Host calls: windows, canonical NaNs, a run inside a run and the call chain through both. */
static void host_calls(void **state)
{
	PBuild *b = pb_new("t");
	Buf file = {0};
	u32 trap_at, call_at;
	Vm v;

	(void)state;
	u32 record = pb_import(b, "sys", "record", "df:l"), again = pb_import(b, "sys", "again", "ii:i");
	pb_begin(b, pb_func(b, "nan", "lii:l"));
	pb_op1(b, P_LOCAL_GET, 2);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op(b, P_F64_REINTERPRET);
	pb_op1(b, P_LOCAL_GET, 1);
	pb_op(b, P_F32_REINTERPRET);
	pb_op1(b, P_CALL, record);
	pb_op(b, P_SWAP);
	pb_op(b, P_I64_EXTEND_S);
	pb_op(b, P_I64_SUB);
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
	pb_begin(b, pb_func(b, "outer", "ii:i")); /* 1000 + again(a, b) */
	pb_op1(b, P_I32_CONST, 1000);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_LOCAL_GET, 1);
	call_at = pb_pc(b);
	pb_op1(b, P_CALL, again);
	pb_op(b, P_I32_ADD);
	pb_op(b, P_RETURN);
	pb_finish(b, 32);
	pb_begin(b, pb_func(b, "inner", "i:i")); /* 100 / a */
	pb_op1(b, P_I32_CONST, 100);
	pb_op1(b, P_LOCAL_GET, 0);
	trap_at = pb_pc(b);
	pb_op(b, P_I32_DIV_S);
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
	pb_end(b, &file);
	EACH_VM(v, &file) {
		assert_int_equal(vm_run(&v, 0, (u64[]){0xfff8000000000123, 0xffc00001, 7}), F64_NAN + 1 - 7);
		assert_int_equal(v.arg[0], F64_NAN);
		assert_int_equal(v.arg[1], F32_NAN);
		assert_int_equal(vm_run(&v, 1, (u64[]){2, 5}), 1020);
		assert_null(v.env.top);
		vm_run(&v, 1, (u64[]){2, 0});
		assert_int_equal(v.code, TRAP_DIV0);
		assert_int_equal(v.depth, 2);
		const PFrame *f = pcode_frame_up(&v.env, NULL);
		assert_int_equal(f->func, 2);
		assert_int_equal(pcode_frame_pc(&v.env, f), trap_at);
		f = pcode_frame_up(&v.env, f);
		assert_int_equal(f->func, 1);
		assert_true(pcode_frame_pc(&v.env, f) <= call_at + 1 && pcode_frame_pc(&v.env, f) >= call_at);
		assert_int_equal(f->local[0], 2);
		assert_int_equal(f->frame, v.m->stack_hi - 32);
		assert_null(pcode_frame_up(&v.env, f));
	}
	buf_free(&file);
}

static void indirect_calls(void **state)
{
	PBuild *b = pb_new("t");
	Buf file = {0};
	Vm v;

	(void)state;
	u32 record = pb_import(b, "sys", "record", "i:i"), main_ = pb_func(b, "main", "ii:i"), neg = pb_func(b, "neg", "i:i"), other = pb_func(b, "other", "l:i");
	pb_begin(b, main_);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_LOCAL_GET, 1);
	pb_op1(b, P_CALL_IND, pb_type(b, "i:i"));
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
	pb_begin(b, neg);
	pb_op1(b, P_I32_CONST, 0);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op(b, P_I32_SUB);
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
	pb_begin(b, other);
	pb_op1(b, P_I32_CONST, 0);
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
	u32 s_neg = pb_slot(b, neg), s_other = pb_slot(b, other), s_host = pb_slot(b, record);
	pb_end(b, &file);
	EACH_VM(v, &file) {
		assert_int_equal(vm_run(&v, 0, (u64[]){5, s_neg}), (u32)-5);
		assert_int_equal(vm_run(&v, 0, (u64[]){5, s_host}), 6);
		assert_int_equal(v.code, 0);
		const u32 bad[] = {0, s_other, COUNT(v.table), UINT32_MAX, 7};
		for (u32 k = 0; k < COUNT(bad); k++) {
			vm_run(&v, 0, (u64[]){5, bad[k]});
			assert_int_equal(v.code, TRAP_CALL);
			assert_int_equal(v.func, 0);
		}
	}
	buf_free(&file);
}

/* outer(n) calls mid(n, frame) recursively n deep, whose innermost unwinds to outer; by way of a host call if `host`. */
static void unwinding(void **state)
{
	PBuild *b = pb_new("t");
	Buf file = {0};
	Vm v;

	(void)state;
	u32 again = pb_import(b, "sys", "record", "iii:i");
	again = pb_import(b, "sys", "again", "iii:i");
	u32 outer = pb_func(b, "outer", "ii:i"), mid = pb_func(b, "mid", "ii:i");
	pb_begin(b, outer);
	u32 land = pb_label(b), host = pb_label(b);
	pb_op1(b, P_LOCAL_GET, 1);
	pb_op1(b, P_JUMP_IF, host);
	pb_op1(b, P_I32_CONST, 9999);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_FRAME_ADDR, 0);
	pb_op1(b, P_CALL, mid);
	pb_op(b, P_I32_ADD);
	pb_op(b, P_RETURN);
	pb_op1(b, P_LABEL, host);
	pb_op1(b, P_I32_CONST, 1); /* mid, as an index among the module's functions */
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_FRAME_ADDR, 0);
	pb_op1(b, P_CALL, again);
	pb_op(b, P_RETURN);
	pb_op1(b, P_LAND, land);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_I32_CONST, 5);
	pb_op(b, P_I32_ADD);
	pb_op(b, P_RETURN);
	pb_finish(b, 16);
	pb_begin(b, mid);
	u32 stop = pb_label(b), never = pb_label(b);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_JUMP_IFZ, stop);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_I32_CONST, 1);
	pb_op(b, P_I32_SUB);
	pb_op1(b, P_LOCAL_GET, 1);
	pb_op1(b, P_CALL, mid);
	pb_op(b, P_RETURN);
	pb_op1(b, P_LAND, never); /* not taken for outer's, though it has the same number */
	pb_op(b, P_NOP);
	pb_op1(b, P_LABEL, stop);
	pb_op1(b, P_LOCAL_GET, 1);
	pb_op2(b, P_UNWIND, outer, land);
	pb_finish(b, 48);
	pb_end(b, &file);
	EACH_VM(v, &file) {
		for (u32 k = 0; k < 8; k++) {
			assert_int_equal(vm_run(&v, 0, (u64[]){k, k & 1}), k + 5);
			assert_int_equal(v.code, 0);
			assert_int_equal(v.t.sp, v.m->stack_hi);
			assert_int_equal(v.t.unwind, 0);
		}
		vm_run(&v, 1, (u64[]){3, 4000}); /* a target outside of this run: the caller's affair */
		assert_int_equal(v.t.unwind, 4001);
		assert_int_equal(v.t.unwind_label, 0);
		assert_int_equal(v.t.sp, v.m->stack_hi);
		assert_null(v.env.top);
	}
	buf_free(&file);
}

/* ---- the rest ------------------------------------------------------------------------------------------------------------ */

/* jump.table, globals, memory blocks and size, checks. */
static void odds(void **state)
{
	PBuild *b = pb_new("t");
	Buf file = {0};
	Vm v;

	(void)state;
	pb_memory(b, 65536, 16, 4096);
	u32 area = pb_zero(b, 64, 8), g = pb_global(b, 'l', true, 0);
	pb_begin(b, pb_func(b, "table", "i:i"));
	u32 l[4];
	for (u32 k = 0; k < 4; k++)
		l[k] = pb_label(b);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_table_jump(b, l, 3, l[3]);
	for (u32 k = 0; k < 4; k++) {
		pb_op1(b, P_LABEL, l[k]);
		pb_op1(b, P_I32_CONST, 10 * (i32)k);
		pb_op(b, P_RETURN);
	}
	pb_finish(b, 0);
	pb_begin(b, pb_func(b, "global", "l:l"));
	pb_op1(b, P_GLOBAL_GET, g);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_GLOBAL_SET, g);
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
	pb_begin(b, pb_func(b, "blocks", "i:i")); /* fill, copy, compare */
	pb_op1(b, P_I32_CONST, (i32)area);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_I32_CONST, 8);
	pb_op(b, P_MEM_FILL);
	pb_op1(b, P_I32_CONST, (i32)area + 8);
	pb_op1(b, P_I32_CONST, (i32)area);
	pb_op1(b, P_I32_CONST, 8);
	pb_op(b, P_MEM_COPY);
	pb_op1(b, P_I32_CONST, (i32)area);
	pb_op1(b, P_I32_CONST, (i32)area + 9);
	pb_op1(b, P_I32_CONST, 8);
	pb_op(b, P_MEM_CMP);
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
	pb_begin(b, pb_func(b, "grow", "i:i")); /* grow, then touch the last byte */
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op(b, P_MEM_GROW);
	pb_op(b, P_MEM_SIZE);
	pb_op1(b, P_I32_CONST, 65536);
	pb_op(b, P_I32_MUL);
	pb_op1(b, P_I32_CONST, 1);
	pb_op(b, P_I32_SUB);
	pb_op2(b, P_I32_LOAD8_U, 0, 0);
	pb_op(b, P_DROP);
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
	pb_begin(b, pb_func(b, "range", "il:l"));
	pb_op1(b, P_LOCAL_GET, 1);
	pb_op2(b, P_CHECK_RANGE_L, -5, 5000000000);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op2(b, P_CHECK_RANGE, -3, 7);
	pb_op(b, P_I64_EXTEND_S);
	pb_op(b, P_I64_ADD);
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
	pb_end(b, &file);
	EACH_VM(v, &file) {
		for (u32 k = 0; k < 6; k++)
			assert_int_equal(vm_run(&v, 0, (u64[]){k}), 10 * MIN(k, 3u));
		assert_int_equal(vm_run(&v, 0, (u64[]){UINT32_MAX}), 30);
		assert_int_equal(vm_run(&v, 1, (u64[]){0x123456789}), 0);
		assert_int_equal(vm_run(&v, 1, (u64[]){1}), 0x123456789);
		assert_int_equal(vm_run(&v, 2, (u64[]){0x55}), 1);
		assert_int_equal(ld64(v.t.mem + area + 8), 0x5555555555555555);
		assert_int_equal(vm_run(&v, 2, (u64[]){0x05}), UINT32_MAX);
		u32 pages = v.m->pages;
		assert_int_equal(vm_run(&v, 3, (u64[]){2}), pages);
		assert_int_equal(vm_run(&v, 3, (u64[]){100}), UINT32_MAX);
		assert_int_equal(vm_run(&v, 3, (u64[]){0}), pages + 2);
		for (i64 k = -8; k < 12; k++) {
			u64 got = vm_run(&v, 4, (u64[]){(u32)k, 5000000000});
			assert_int_equal(v.code, k < -3 || k > 7 ? TRAP_RANGE : 0);
			assert_true(v.code || got == (u64)(5000000000 + k));
		}
		vm_run(&v, 4, (u64[]){0, 5000000001});
		assert_int_equal(v.code, TRAP_RANGE);
		vm_run(&v, 4, (u64[]){0, (u64)-6});
		assert_int_equal(v.code, TRAP_RANGE);
	}
	buf_free(&file);
}

/* The hooks of tiers: counting, leaving a loop or a function for "compiled" code that a C function plays. */
static void hot_call(PEnv *env, u32 func)
{
	if (func == 1)
		env->compiled[1] = 1;
}

static u64 enter(PEnv *env, u32 func, const u64 *args)
{
	Vm *v = (Vm *)env->t;

	v->rounds++;
	assert_int_equal(func, 1);
	assert_int_equal(pcode_frame_up(env, NULL)->func, 0);
	return args[0] * 3;
}

static bool hot_loop(PEnv *env, u32 func, u32 label, u64 *locals, u32 frame, u64 *result)
{
	Vm *v = (Vm *)env->t;

	assert_int_equal(func, 0);
	assert_int_equal(label, 0);
	assert_int_equal(frame, env->t->sp);
	v->arg[0] = locals[1];
	if (locals[1] < 50)
		return false;
	*result = 0;
	for (u64 i = locals[1] + 1; i <= locals[0]; i++)
		*result += i * 3;
	*result += locals[2];
	return true;
}

static void put_triple_sum(PBuild *b)
{
	u32 f = pb_func(b, "sum", "i:i"), triple = pb_func(b, "triple", "i:i");
	pb_begin(b, f);
	u32 i = pb_local(b, 'i'), s = pb_local(b, 'i'), top = pb_label(b), end = pb_label(b);
	pb_op1(b, P_LOOP, top);
	pb_op1(b, P_LOCAL_GET, i);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op(b, P_I32_GE_S);
	pb_op1(b, P_JUMP_IF, end);
	pb_op1(b, P_LOCAL_GET, i);
	pb_op1(b, P_I32_CONST, 1);
	pb_op(b, P_I32_ADD);
	pb_op1(b, P_LOCAL_TEE, i);
	pb_op1(b, P_CALL, triple);
	pb_op1(b, P_LOCAL_GET, s);
	pb_op(b, P_I32_ADD);
	pb_op1(b, P_LOCAL_SET, s);
	pb_op1(b, P_JUMP, top);
	pb_op1(b, P_LABEL, end);
	pb_op1(b, P_LOCAL_GET, s);
	pb_op(b, P_RETURN);
	pb_finish(b, 16);
	pb_begin(b, triple);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_I32_CONST, 3);
	pb_op(b, P_I32_MUL);
	pb_op(b, P_RETURN);
	pb_finish(b, 32);
}

static void tiers(void **state)
{
	PBuild *b = pb_new("t");
	Buf file = {0};
	Vm v;

	(void)state;
	put_triple_sum(b);
	pb_end(b, &file);
	for (u32 kind = THREADED; kind <= SWITCH; kind++) {
		u8 compiled[2] = {0};
		vm_open(&v, &file, kind);
		v.env.compiled = compiled;
		v.env.hot = 20;
		v.env.hot_call = hot_call;
		v.env.hot_loop = hot_loop;
		v.env.enter = enter;
		for (u32 k = 0; k < 5; k++) {
			assert_int_equal(vm_run(&v, 0, (u64[]){100}), 3 * 5050);
			assert_int_equal(v.t.sp, v.m->stack_hi);
			assert_true(v.arg[0] >= 50 && v.arg[0] < 100);
		}
		assert_int_equal(compiled[1], 1);
		assert_true(v.rounds > 100);
		vm_close(&v);
	}
	buf_free(&file);
}

static u32 seen[64];

static void count_step(PEnv *env, const PFrame *f)
{
	if (f->func == 0)
		seen[pcode_frame_pc(env, f)]++;
}

/* The stepper sees each P-code instruction once, with the locals as they are. */
static void steps(void **state)
{
	PBuild *b = pb_new("t");
	Buf file = {0}, text = {0};
	Vm v;

	(void)state;
	put_triple_sum(b);
	pb_end(b, &file);
	vm_open(&v, &file, PLAIN);
	v.env.step = count_step;
	assert_int_equal(vm_run(&v, 0, (u64[]){10}), 3 * 55);
	const PFunc *f = &v.m->func[0];
	for (u32 pc = 0, n = 0; pc < f->code_len; n++) {
		u32 next = pcode_dis_ins(v.m, f, pc, &text);
		assert_int_equal(seen[pc], n < 5 ? 11 : n < 14 ? 10 : 1);
		pc = next;
	}
	assert_int_equal(v.env.steps, 5 * 11 + 9 * 10 + 3 + 10 * 4);
	buf_free(&text);
	pcode_interp_dump(&v.env, 0, &text);
	assert_non_null(strstr((char *)text.p, "STEP"));
	vm_close(&v);
	buf_free(&text);
	buf_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations),
		cmocka_unit_test(random_functions),
		cmocka_unit_test(memory_ends),
		cmocka_unit_test(indices),
		cmocka_unit_test(recursion),
		cmocka_unit_test(host_calls),
		cmocka_unit_test(indirect_calls),
		cmocka_unit_test(unwinding),
		cmocka_unit_test(odds),
		cmocka_unit_test(tiers),
		cmocka_unit_test(steps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
