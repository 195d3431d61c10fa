/* The interpreter: each operation against C, in all forms that translation may choose, and random functions on three
 * machines, which must agree on everything. */
#include "interp_vm.h"

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
	case P_CHECK_FINITE: if (!(dx - dx == 0)) { *code = TRAP_FOVERFLOW; return 0; } return a;
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

	return o->name && !*o->imm && ((op >= P_I32_EQZ && op <= P_CHECK_NIL && op != P_CHECK_BOUNDS) || op == P_CHECK_FINITE);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations),
		cmocka_unit_test(random_functions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
