/* back: compiled code against ocode_eval. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "pvm/back/back.h"
#include "pvm/back/target.h"

/* ---- the machine around the code -------------------------------------------------------------------- */

enum { WINDOW = 1 << 16, CODE = 1 << 22 };

static struct { u8 *code; u32 n; u8 *mem; Regfile t; OHostFn *host[4]; jmp_buf jmp; u64 trap; const Target *target; } vm;

static void trap_jit(Regfile *t, u64 code)
{
	vm.trap = code;
	longjmp(vm.jmp, 1);
}

static void trap_eval(OEvalEnv *env, u32 code, const OFunc *f, u32 map, const u64 *vals)
{
	vm.trap = code;
	longjmp(vm.jmp, 1);
}

static u64 host_mix(Regfile *t, const u64 *a) { return a[0] * 3 + (a[1] ^ a[2]) + t->slot[0]; }
static u64 host_half(Regfile *t, const u64 *a) { return f64_canon(u64_f64(a[0]) / 2 + 1); }
static u64 host_trap(Regfile *t, const u64 *a)
{
	if ((u32)a[0] % 16 == 7)
		t->trap(t, 216);
	return (u32)a[0] + 1;
}

static void fill_regfile(void)
{
	memset(&vm.t, 0, sizeof vm.t);
	vm.t.mem = vm.mem;
	vm.t.host = vm.host;
	vm.t.trap = trap_jit;
	for (u32 k = 0; k < 64; k++)
		vm.t.slot[k] = k * 0x0123456789abcdefull;
	for (u32 k = 0; k < WINDOW; k++)
		vm.mem[k] = (u8)(k * 37 + (k >> 8));
	memset(vm.mem + 0xc0000000u, 0x5a, 0x2000);
}

static u8 *place(const void *p, u32 n)
{
	u8 *at;

	vm.n = (vm.n + 63) & ~63u;
	assert_true(vm.n + n < CODE);
	at = vm.code + vm.n;
	memcpy(at, p, n);
	vm.n += n;
	return at;
}

static const u8 *thunk[THUNK_COUNT];

static int setup(void **state)
{
	(void)state;
	vm.target = back_host();
	if (!vm.target)
		return 0;
	vm.code = mmap(NULL, CODE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	vm.mem = mmap(NULL, 9ull << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (vm.code == MAP_FAILED || vm.mem == MAP_FAILED)
		return -1;
	mprotect(vm.mem, WINDOW, PROT_READ | PROT_WRITE);
	/* Where an offset beyond 2^31 leads. */
	mprotect(vm.mem + 0xc0000000u, WINDOW, PROT_READ | PROT_WRITE);
	vm.host[0] = host_mix;
	vm.host[1] = host_half;
	vm.host[2] = host_trap;
	for (u32 k = 0; k < THUNK_COUNT; k++) {
		BackCode c = { 0 };
		back_thunk(vm.target, (enum BackThunk)k, &c);
		thunk[k] = place(c.code.p, c.code.n);
		back_code_free(&c);
	}
	return 0;
}

/* Compiled functions that others may call, by number. */
static struct { OFunc *f; const u8 *at; } callee[8];

static u64 seed_now;

static const u8 *compile(OFunc *f)
{
	BackCode c = { 0 };
	Err e = { 0 };
	u8 *at;

	if (!back_compile(vm.target, f, &c, NULL, &e))
		fail_msg("seed %llu: %s", (unsigned long long)seed_now, e.msg);
	at = place(c.code.p, c.code.n);
	for (u32 k = 0; k < c.reloc.n; k++) {
		const BackReloc *r = &c.reloc.p[k];
		assert_true(back_reloc(vm.target, r, at + r->off, at + r->off, r->sym == SYM_THUNK ? thunk[r->id] : callee[r->id].at));
	}
	for (u32 k = 1; k < c.site.n; k++)
		assert_true(c.site.p[k].off >= c.site.p[k - 1].off);
	back_code_free(&c);
	return at;
}

typedef u64 Enter(Regfile *t, const void *code, const u64 *args);

typedef struct Outcome { u64 result, trap; Regfile t; u64 mem; } Outcome;

static void note(Outcome *o, u64 result)
{
	o->result = result;
	o->trap = vm.trap;
	o->t = vm.t;
	o->t.exit_fp = o->t.exit_pc = 0;
	o->mem = hash64(vm.mem, WINDOW);
}

static u64 eval_call(OEvalEnv *env, u32 func, const u64 *args)
{
	return ocode_eval(env, callee[func].f, args);
}

static void run_eval(const OFunc *f, const u64 *args, Outcome *o)
{
	OEvalEnv env = { .t = &vm.t, .trap = trap_eval, .call = eval_call };

	fill_regfile();
	vm.trap = 0;
	if (!setjmp(vm.jmp))
		note(o, ocode_eval(&env, f, args));
	else
		note(o, 0);
}

static void run_jit(const u8 *code, const OFunc *f, const u64 *args, Outcome *o)
{
	BackCode c = { 0 };
	u32 mark = vm.n;
	Enter *enter;

	back_enter(vm.target, f->ret, f->param.p, f->param.n, &c);
	enter = (Enter *)(uintptr_t)place(c.code.p, c.code.n);
	back_code_free(&c);
	fill_regfile();
	vm.trap = 0;
	alarm(20); /* code that does not end is a failure too */
	if (!setjmp(vm.jmp))
		note(o, enter(&vm.t, code, args));
	else
		note(o, 0);
	vm.n = mark;
}

static void show(const OFunc *f)
{
	Buf b = { 0 };

	ocode_print(f, &b);
	fprintf(stderr, "%.*s", (int)b.n, (char *)b.p);
	buf_free(&b);
}

/* The function in both ways on the same arguments. */
static void same(OFunc *f, const u64 (*args)[24], u32 nargs, u64 seed)
{
	Outcome a[8], b;
	u32 mark = vm.n;
	Err e = { 0 };
	const u8 *code;
	Buf text = { 0 };

	if (!ocode_check(f, &e)) {
		show(f);
		fail_msg("seed %llu: %s", (unsigned long long)seed, e.msg);
	}
	for (u32 k = 0; k < nargs; k++)
		run_eval(f, args[k], &a[k]);
	seed_now = seed;
	ocode_print(f, &text);
	code = compile(f);
	for (u32 k = 0; k < nargs; k++) {
		run_jit(code, f, args[k], &b);
		if (f->ret == OT_VOID)
			a[k].result = b.result = 0;
		if (a[k].result != b.result || a[k].trap != b.trap || a[k].mem != b.mem || memcmp(&a[k].t, &b.t, sizeof b.t)) {
			fprintf(stderr, "%.*s", (int)text.n, (char *)text.p);
			fail_msg("seed %llu, arguments %u: result %llx trap %llu, should be %llx trap %llu%s", (unsigned long long)seed,
				k, (unsigned long long)b.result, (unsigned long long)b.trap, (unsigned long long)a[k].result,
				(unsigned long long)a[k].trap, a[k].mem != b.mem ? ", memory differs" : "");
		}
	}
	buf_free(&text);
	vm.n = mark;
}

/* ---- random numbers and values -------------------------------------------------------------------------- */

static u64 rng;

static u32 rnd(u32 n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (u32)((rng >> 11) % n);
}

static const u64 edge_int[] = { 0, 1, 2, 3, 7, 8, 31, 32, 63, 64, 127, 128, 255, 256, 1000, 0x7fff, 0x8000, 0xffff, 0x7fffffff,
	0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, ~0ull, ~1ull, 0xffffffff80000000, 0x12345678,
	0xfedcba9876543210 };
static const double edge_f64[] = { 0.0, -0.0, 1, -1, 0.5, 1.5, 2.5, -2.5, 1e300, -1e300, 1e-310, 3.0e9, 9.3e18, 1.9e19, 4294967295.0,
	2147483648.0, -2147483649.0 };

static u64 random_bits(u32 type)
{
	static const u64 special[] = { 0x7ff0000000000000, 0xfff0000000000000, F64_NAN };
	u64 bits;

	switch (type) {
	case OT_I32: return (u32)(rnd(3) ? edge_int[rnd(COUNT(edge_int))] : (rng * 7));
	case OT_I64: return rnd(3) ? edge_int[rnd(COUNT(edge_int))] : rng * 5;
	case OT_F64:
		bits = rnd(8) == 0 ? special[rnd(3)] : f64_u64(rnd(2) ? edge_f64[rnd(COUNT(edge_f64))] : (double)(i32)rng / 16);
		return bits;
	default:
		return rnd(8) == 0 ? F32_NAN : f32_u32(rnd(2) ? (float)edge_f64[rnd(COUNT(edge_f64))] : (float)(i16)rng / 8);
	}
}

/* ---- every operation ---------------------------------------------------------------------------------------- */

static OVal emit(OFunc *f, u32 b, OOp op, u32 type, u32 aux, u32 x, u32 y, u32 z)
{
	return ocode_emit(f, b, op, (OType)type, aux, x, y, z);
}

/* A function of one operation whose operands come as parameters, constants or loads. */
static OVal operand(OFunc *f, u32 b, u32 type, u32 how, OVal param, u64 bits, u32 at)
{
	OVal zero;

	if (how == 0)
		return param;
	if (how == 1)
		return ocode_emit_const(f, b, (OType)type, bits);
	zero = ocode_emit_const(f, b, OT_I32, 0);
	emit(f, b, O_STORE, OT_VOID, O_MEM(SPACE_GUEST, type == OT_I64 || type == OT_F64 ? 3 : 2, 0, 0, 1), zero, param, at);
	return emit(f, b, O_LOAD, type, O_MEM(SPACE_GUEST, type == OT_I64 || type == OT_F64 ? 3 : 2, 0, 0, 1), zero, 0, at);
}

/* How the result of a comparison is used. */
enum { USE_VALUE, USE_BRANCH, USE_SELECT, USE_TRAP, USE_COUNT };

static void finish(OFunc *f, u32 b, OVal r, u32 use)
{
	OVal x, y;
	u32 t, e;

	if (use == USE_VALUE) {
		emit(f, b, O_RET, OT_VOID, 1, r, 0, 0);
		return;
	}
	if (use == USE_TRAP) {
		emit(f, b, O_TRAPIF, OT_VOID, 201, r, 0, 0);
		emit(f, b, O_RET, OT_VOID, 1, ocode_emit_const(f, b, OT_I32, 5), 0, 0);
		return;
	}
	x = ocode_emit_const(f, b, OT_I32, 11);
	y = ocode_emit_const(f, b, OT_I32, 22);
	if (use == USE_SELECT) {
		emit(f, b, O_RET, OT_VOID, 1, emit(f, b, O_SELECT, OT_I32, 0, x, y, r), 0, 0);
		return;
	}
	t = ocode_block(f);
	e = ocode_block(f);
	vec_push(&f->order, t);
	vec_push(&f->order, e);
	emit(f, b, O_BR, OT_VOID, 0, r, ocode_edge(f, t, NULL, 0), ocode_edge(f, e, NULL, 0));
	emit(f, t, O_RET, OT_VOID, 1, x, 0, 0);
	emit(f, e, O_RET, OT_VOID, 1, y, 0, 0);
}

static OFunc *new_func(u32 ret, const u8 *param, u32 n, OVal *v)
{
	OFunc *f = ocode_new("f", 0, (OType)ret);

	if (f->block.n < 2)
		ocode_block(f);
	if (!f->order.n)
		vec_push(&f->order, 1u);
	for (u32 k = 0; k < n; k++) {
		u32 had = f->param.n;
		v[k] = ocode_param(f, 1, (OType)param[k]);
		if (f->param.n == had)
			vec_push(&f->param, param[k]);
	}
	return f;
}

static bool defined(u32 op, u32 type, u32 atype, u32 aux, u64 a, u64 b)
{
	u64 out;

	if (op == O_ADDO || op == O_SUBO || op == O_MULO)
		return true;
	return ocode_fold((OOp)op, (OType)type, (OType)atype, aux, a, b, &out);
}

static void one_op(u32 op, u32 type, u32 atype, u32 btype, u32 aux, u32 use)
{
	u32 nops = ocode_ops[op].form == OF_UN ? 1 : 2, rt = type;

	for (u32 k = 0; k < 60; k++) {
		u64 args[1][24] = { { random_bits(atype), random_bits(nops == 2 ? btype : atype) } };
		u8 param[2] = { (u8)atype, (u8)btype };
		OVal v[2], x, y, r;
		OFunc *f;
		if (!defined(op, type, atype, aux, args[0][0], args[0][1]))
			continue;
		f = new_func(use ? OT_I32 : rt, param, 2, v);
		x = operand(f, 1, atype, rnd(3), v[0], args[0][0], 64);
		y = nops == 2 ? operand(f, 1, btype, rnd(3), v[1], args[0][1], 96) : 0;
		r = emit(f, 1, (OOp)op, type, aux, x, y, 0);
		if (type_is_float(type) && op != O_FCANON)
			r = emit(f, 1, O_FCANON, type, 0, r, 0, 0);
		finish(f, 1, r, use);
		same(f, args, 1, op * 1000 + k);
		ocode_free(f);
	}
}

static void every_op(void **state)
{
	static const u8 conv[][3] = { { O_EXTS, OT_I64, OT_I32 }, { O_EXTU, OT_I64, OT_I32 }, { O_TRUNC, OT_I32, OT_I64 },
		{ O_FPROM, OT_F64, OT_F32 }, { O_FDEM, OT_F32, OT_F64 }, { O_BITS, OT_I32, OT_F32 }, { O_BITS, OT_I64, OT_F64 },
		{ O_BITS, OT_F32, OT_I32 }, { O_BITS, OT_F64, OT_I64 } };
	(void)state;
	if (!vm.target)
		skip();
	rng = 88172645463325252ull;
	for (u32 op = O_ADD; op <= O_MULO; op++)
		for (u32 type = OT_I32; type <= OT_I64; type++)
			one_op(op, type, type, type, op >= O_ADDO ? 215 : 0, 0);
	for (u32 cc = 0; cc < CC_COUNT; cc++)
		for (u32 type = OT_I32; type <= OT_I64; type++)
			for (u32 use = 0; use < USE_COUNT; use++)
				one_op(O_ICMP, OT_I32, type, type, cc, use);
	for (u32 cc = 0; cc < FC_COUNT; cc++)
		for (u32 type = OT_F32; type <= OT_F64; type++)
			for (u32 use = 0; use < USE_COUNT; use++)
				one_op(O_FCMP, OT_I32, type, type, cc, use);
	for (u32 k = 0; k < COUNT(conv); k++)
		one_op(conv[k][0], conv[k][1], conv[k][2], conv[k][2], 0, 0);
	for (u32 op = O_SEXT8; op <= O_SEXT32; op++)
		for (u32 type = op == O_SEXT32 ? OT_I64 : OT_I32; type <= OT_I64; type++)
			one_op(op, type, type, type, 0, 0);
	for (u32 op = O_FADD; op <= O_FCANON; op++)
		for (u32 type = OT_F32; type <= OT_F64; type++)
			one_op(op, type, type, type, 0, 0);
	for (u32 op = O_STOF; op <= O_UTOF; op++)
		for (u32 from = OT_I32; from <= OT_I64; from++)
			for (u32 type = OT_F32; type <= OT_F64; type++)
				one_op(op, type, from, from, 0, 0);
	for (u32 op = O_FTOS; op <= O_FTOU; op++)
		for (u32 from = OT_F32; from <= OT_F64; from++)
			for (u32 type = OT_I32; type <= OT_I64; type++)
				one_op(op, type, from, from, 0, 0);
}

/* Division by constants, where multiplications are used. */
static void constant_division(void **state)
{
	static const i64 d[] = { 1, 2, 3, 5, 6, 7, 9, 10, 11, 12, 25, 60, 100, 125, 625, 641, 1000, 3600, 10000, 65535, 65536, 1000000,
		0x7fffffff, 0x7ffffffe, 0x55555555, -1, -2, -3, -7, -10, -1000, INT32_MIN, INT32_MIN + 1, 0x40000000, 0x40000001 };
	static const u8 op[] = { O_DIVS, O_DIVU, O_REMS, O_REMU, O_MUL };
	(void)state;
	if (!vm.target)
		skip();
	for (u32 k = 0; k < COUNT(op); k++)
		for (u32 j = 0; j < COUNT(d); j++)
			for (u32 type = OT_I32; type <= OT_I64; type++) {
				u64 args[8][24] = { { 0 } };
				u8 param[1] = { (u8)type };
				u32 n = 0;
				OVal v[1];
				OFunc *f = new_func(type, param, 1, v);
				emit(f, 1, O_RET, OT_VOID, 1, emit(f, 1, (OOp)op[k], type, 0, v[0], ocode_emit_const(f, 1, (OType)type,
					type == OT_I32 ? (u32)d[j] : (u64)d[j]), 0), 0, 0);
				while (n < 8) {
					args[n][0] = rnd(2) ? random_bits(type) : type == OT_I32 ? (u32)(d[j] * (i64)rnd(1000)) : (u64)(d[j] * (i64)rnd(1000));
					n += defined(op[k], type, type, 0, args[n][0], type == OT_I32 ? (u32)d[j] : (u64)d[j]);
				}
				same(f, (const u64 (*)[24])args, 8, j);
				ocode_free(f);
			}
}

/* ---- random functions -------------------------------------------------------------------------------------------- */

typedef struct Gen {
	OFunc *f;
	u32 b;             /* current block */
	VEC(u32) v;        /* values that may be used here */
	u32 left;          /* instructions still to make */
	u32 depth;
	u32 fuel;          /* slot that counts loop rounds */
} Gen;

static u32 gen_type(void)
{
	static const u8 t[] = { OT_I32, OT_I32, OT_I32, OT_I64, OT_I64, OT_F64, OT_F64, OT_F32 };

	return t[rnd(COUNT(t))];
}

static OVal gen_keep(Gen *g, OVal v)
{
	vec_push(&g->v, v);
	return v;
}

static OVal gen_val(Gen *g, u32 type)
{
	for (u32 k = 0; k < 8 && g->v.n && rnd(6); k++) {
		u32 v = g->v.p[rnd(3) ? g->v.n - 1 - rnd(MIN(g->v.n, 12u)) : rnd(g->v.n)];
		if (g->f->ins.p[v].type == type)
			return v;
	}
	return ocode_emit_const(g->f, g->b, (OType)type, random_bits(type));
}

static OVal gen_op(Gen *g, OOp op, u32 type, u32 aux, u32 a, u32 b, u32 c)
{
	return gen_keep(g, emit(g->f, g->b, op, type, aux, a, b, c));
}

static OVal gen_canon(Gen *g, OVal v)
{
	u32 type = g->f->ins.p[v].type;

	return type_is_float(type) ? gen_op(g, O_FCANON, type, 0, v, 0, 0) : v;
}

static OVal gen_cond(Gen *g)
{
	u32 t = gen_type(), k = rnd(8);

	if (k == 0)
		return gen_val(g, OT_I32);
	if (k == 1)
		return gen_op(g, O_ICMP, OT_I32, rnd(2), gen_op(g, O_AND, OT_I32, 0, gen_val(g, OT_I32), gen_val(g, OT_I32), 0),
			ocode_emit_const(g->f, g->b, OT_I32, 0), 0);
	if (type_is_float(t))
		return gen_op(g, O_FCMP, OT_I32, rnd(FC_COUNT), gen_val(g, t), gen_val(g, t), 0);
	return gen_op(g, O_ICMP, OT_I32, rnd(CC_COUNT), gen_val(g, t), gen_val(g, t), 0);
}

static OVal konst(Gen *g, u32 type, u64 bits) { return ocode_emit_const(g->f, g->b, (OType)type, bits); }

/* An address inside the window. */
static OVal gen_addr(Gen *g, u32 *off)
{
	u32 k = rnd(5), mask = rnd(2) ? 0x3ff8 : 0x1ff;
	OVal a = gen_op(g, O_AND, OT_I32, 0, gen_val(g, OT_I32), konst(g, OT_I32, mask), 0);

	*off = rnd(3) ? rnd(4096) : rnd(2) ? 0 : 0xc0000000u;
	if (k == 0)
		return konst(g, OT_I32, rnd(4096));
	if (k == 1) /* these do not wrap, whether it is said or not */
		a = gen_op(g, O_ADD, OT_I32, rnd(2), a, konst(g, OT_I32, rnd(4096)), 0);
	if (k == 2)
		a = gen_op(g, O_SHL, OT_I32, rnd(2), gen_op(g, O_AND, OT_I32, 0, a, konst(g, OT_I32, 0xfff), 0), konst(g, OT_I32, rnd(4)), 0);
	if (*off == 0xc0000000u)
		a = gen_op(g, O_AND, OT_I32, 0, a, konst(g, OT_I32, 0xfff), 0);
	return a;
}

static u32 gen_mem(u32 type, u32 *log2)
{
	*log2 = type == OT_F64 ? 3 : type == OT_F32 ? 2 : rnd(type == OT_I64 ? 4 : 3);
	if (!rnd(3) && type == OT_I64)
		*log2 = 3;
	if (!rnd(2) && type == OT_I32)
		*log2 = 2;
	return O_MEM(SPACE_GUEST, *log2, !type_is_float(type) && *log2 < (type == OT_I64 ? 3u : 2u) ? rnd(2) : 0, 0, rnd(4) != 0) |
		(rnd(10) ? 0 : OMEM_BIG);
}

static void gen_memory(Gen *g)
{
	u32 type = gen_type(), off, lg, k = rnd(12), d = gen_mem(type, &lg);
	OVal a = gen_addr(g, &off);

	if (k < 6)
		gen_op(g, O_LOAD, type, d, a, 0, off);
	else if (k < 10)
		emit(g->f, g->b, O_STORE, OT_VOID, d & ~(1u << 4), a, gen_canon(g, gen_val(g, type)), off);
	else if (type_is_float(type))
		emit(g->f, g->b, O_FENCE, OT_VOID, 0, 0, 0, 0);
	else {
		u32 pool[3];
		d = O_MEM(SPACE_GUEST, type == OT_I64 ? 3 : 2, 0, ORDER_ATOMIC, 1);
		a = gen_op(g, O_AND, OT_I32, 0, a, konst(g, OT_I32, ~7u & 0x3fff), 0);
		off &= 0xf8;
		pool[0] = a;
		pool[1] = gen_val(g, type);
		pool[2] = gen_val(g, type);
		k = rnd(3);
		if (k == 2)
			gen_op(g, O_CAS, type, d, ocode_pool(g->f, pool, 3), 0, off);
		else
			gen_op(g, k ? O_XADD : O_XCHG, type, d, a, pool[1], off);
	}
}

static void gen_convert(Gen *g)
{
	static const double lo[] = { -2147483648.0, 0, -9e18, 0 }, hi[] = { 2147483000.0, 4294960000.0, 9e18, 1.8e19 };
	u32 k = rnd(9), ft = rnd(2) ? OT_F64 : OT_F32, it = rnd(2) ? OT_I64 : OT_I32, u;
	OVal x;

	switch (k) {
	case 0: gen_op(g, O_EXTS, OT_I64, 0, gen_val(g, OT_I32), 0, 0); break;
	case 1: gen_op(g, O_EXTU, OT_I64, 0, gen_val(g, OT_I32), 0, 0); break;
	case 2: gen_op(g, O_TRUNC, OT_I32, 0, gen_val(g, OT_I64), 0, 0); break;
	case 3: gen_op(g, O_FPROM, OT_F64, 0, gen_val(g, OT_F32), 0, 0); break;
	case 4: gen_op(g, O_FDEM, OT_F32, 0, gen_val(g, OT_F64), 0, 0); break;
	case 5: gen_op(g, rnd(2) ? O_STOF : O_UTOF, ft, 0, gen_val(g, it), 0, 0); break;
	case 6: gen_op(g, O_BITS, ft == OT_F64 ? OT_I64 : OT_I32, 0, gen_canon(g, gen_val(g, ft)), 0, 0); break;
	case 7: gen_op(g, O_BITS, ft, 0, gen_val(g, ft == OT_F64 ? OT_I64 : OT_I32), 0, 0); break;
	default:
		u = rnd(2) + (it == OT_I64 ? 2 : 0);
		x = gen_val(g, ft);
		x = gen_op(g, O_SELECT, ft, 0, x, konst(g, ft, 0), gen_op(g, O_FCMP, OT_I32, FC_ORD, x, x, 0));
		x = gen_op(g, O_FMAX, ft, 0, x, konst(g, ft, ft == OT_F64 ? f64_u64(lo[u]) : f32_u32((float)lo[u])), 0);
		x = gen_op(g, O_FMIN, ft, 0, x, konst(g, ft, ft == OT_F64 ? f64_u64(hi[u]) : f32_u32((float)hi[u])), 0);
		gen_op(g, u & 1 ? O_FTOU : O_FTOS, it, 0, x, 0, 0);
	}
}

static void gen_call(Gen *g)
{
	u32 arg[24], n, map = 0, k = rnd(6);
	OVal v;

	if (k < 3 && callee[0].f) {
		u32 c = rnd(2);
		n = callee[c].f->param.n;
		for (u32 j = 0; j < n; j++)
			arg[j] = gen_canon(g, gen_val(g, callee[c].f->param.p[j]));
		v = gen_op(g, O_CALL, callee[c].f->ret, 0, c, ocode_pool(g->f, arg, n), n);
	} else if (k == 3) {
		arg[0] = gen_canon(g, gen_val(g, OT_F64));
		v = gen_op(g, O_HCALL, OT_F64, 0, 1, ocode_pool(g->f, arg, 1), 1);
	} else if (k == 4) {
		arg[0] = gen_val(g, OT_I32);
		v = gen_op(g, O_HCALL, OT_I32, 0, 2, ocode_pool(g->f, arg, 1), 1);
	} else {
		arg[0] = gen_val(g, OT_I64);
		arg[1] = gen_val(g, OT_I32);
		arg[2] = gen_canon(g, gen_val(g, OT_F32));
		v = gen_op(g, O_HCALL, OT_I64, 0, 0, ocode_pool(g->f, arg, 3), 3);
	}
	(void)map;
	(void)v;
}

static void gen_int(Gen *g, u32 type)
{
	static const u8 bin[] = { O_ADD, O_ADD, O_SUB, O_MUL, O_MULHS, O_MULHU, O_AND, O_OR, O_XOR, O_SHL, O_SHRU, O_SHRS, O_ROTL, O_ROTR,
		O_NEG, O_NOT, O_CLZ, O_CTZ, O_POPCNT, O_BSWAP, O_SEXT8, O_SEXT16, O_SEXT32, O_COPY };
	static const u8 div[] = { O_DIVS, O_DIVU, O_REMS, O_REMU };
	u32 op = bin[rnd(COUNT(bin))];
	OVal x = gen_val(g, type), y = gen_val(g, type);

	if (op == O_SEXT32 && type == OT_I32)
		op = O_NEG;
	if (!rnd(12)) {
		op = div[rnd(4)];
		y = rnd(2) ? konst(g, type, 1 + rnd(1000)) : gen_op(g, O_OR, type, 0, gen_op(g, O_AND, type, 0, y, konst(g, type, 0xffff), 0),
			konst(g, type, 1), 0);
	} else if (!rnd(10)) {
		gen_op(g, O_ADDO + rnd(3), type, 215, x, y, 0);
		return;
	} else if (!rnd(10)) {
		gen_op(g, O_SELECT, type, 0, x, y, gen_cond(g));
		return;
	} else if (!rnd(8)) {
		y = gen_op(g, O_SHL, type, 0, y, konst(g, type, rnd(5)), 0);
		op = O_ADD;
	}
	gen_op(g, op, type, 0, x, ocode_ops[op].form == OF_UN ? 0 : y, 0);
}

static void gen_float(Gen *g, u32 type)
{
	u32 op = O_FADD + rnd(O_FCANON - O_FADD + 1);
	OVal x = gen_val(g, type), y = gen_val(g, type);

	if (!rnd(8))
		gen_op(g, O_SELECT, type, 0, x, y, gen_cond(g));
	else if (op == O_FCPYSGN)
		gen_op(g, op, type, 0, x, gen_canon(g, y), 0);
	else
		gen_op(g, op, type, 0, x, ocode_ops[op].form == OF_UN ? 0 : y, 0);
}

static void gen_slot(Gen *g)
{
	u32 type = gen_type();

	if (rnd(2))
		gen_op(g, O_GET, type_is_float(type) ? OT_I64 : type, 0, 0, 0, REG_SLOT(rnd(8)));
	else
		emit(g->f, g->b, O_PUT, OT_VOID, 0, gen_canon(g, gen_val(g, type)), 0, REG_SLOT(rnd(8)));
}

static u32 gen_block(Gen *g)
{
	return ocode_block(g->f);
}

static void gen_place(Gen *g, u32 b)
{
	vec_push(&g->f->order, b);
	g->b = b;
}

static void gen_stmts(Gen *g, u32 n);

/* if: both sides pass values to the join. */
static void gen_if(Gen *g)
{
	u32 yes = gen_block(g), no = rnd(3) ? gen_block(g) : 0, join = gen_block(g), n = rnd(4), types[4], arg[4], mark;
	OVal c = gen_cond(g);

	for (u32 k = 0; k < n; k++)
		types[k] = gen_type();
	for (u32 k = 0; k < n; k++)
		arg[k] = gen_val(g, types[k]);
	emit(g->f, g->b, O_BR, OT_VOID, 0, c, ocode_edge(g->f, yes, NULL, 0),
		no ? ocode_edge(g->f, no, NULL, 0) : ocode_edge(g->f, join, arg, n));
	mark = g->v.n;
	for (u32 side = 0; side < (no ? 2u : 1u); side++) {
		gen_place(g, side ? no : yes);
		gen_stmts(g, 1 + rnd(8));
		for (u32 k = 0; k < n; k++)
			arg[k] = gen_val(g, types[k]);
		emit(g->f, g->b, O_JMP, OT_VOID, 0, ocode_edge(g->f, join, arg, n), 0, 0);
		g->v.n = mark;
	}
	gen_place(g, join);
	for (u32 k = 0; k < n; k++)
		gen_keep(g, ocode_param(g->f, join, (OType)types[k]));
}

/* A loop that counts in the register file, so that it ends whatever the values are. */
static void gen_loop(Gen *g)
{
	u32 head = gen_block(g), body = gen_block(g), out = gen_block(g), n = 1 + rnd(5), types[6], arg[6], mark;
	OVal count, c, param[6];

	types[0] = OT_I32;
	arg[0] = konst(g, OT_I32, 1 + rnd(4));
	for (u32 k = 1; k < n; k++) {
		types[k] = gen_type();
		arg[k] = gen_val(g, types[k]);
	}
	emit(g->f, g->b, O_JMP, OT_VOID, 0, ocode_edge(g->f, head, arg, n), 0, 0);
	gen_place(g, head);
	g->f->block.p[head].flags |= OB_LOOP;
	mark = g->v.n;
	for (u32 k = 0; k < n; k++)
		param[k] = ocode_param(g->f, head, (OType)types[k]);
	for (u32 k = 1; k < n; k++)
		gen_keep(g, param[k]);
	gen_stmts(g, rnd(4));
	c = emit(g->f, g->b, O_ICMP, OT_I32, CC_GTS, param[0], konst(g, OT_I32, 0), 0);
	emit(g->f, g->b, O_BR, OT_VOID, 0, c, ocode_edge(g->f, body, NULL, 0), ocode_edge(g->f, out, NULL, 0));
	u32 after = g->v.n;
	gen_place(g, body);
	gen_stmts(g, 2 + rnd(10));
	count = emit(g->f, g->b, O_SUB, OT_I32, 0, param[0], konst(g, OT_I32, 1), 0);
	arg[0] = count;
	for (u32 k = 1; k < n; k++)
		arg[k] = rnd(4) ? gen_val(g, types[k]) : param[k];
	if (rnd(2) || n < 2) {
		emit(g->f, g->b, O_JMP, OT_VOID, 0, ocode_edge(g->f, head, arg, n), 0, 0);
	} else { /* a second way out, with a critical edge back */
		u32 e1 = ocode_edge(g->f, head, arg, n);
		emit(g->f, g->b, O_BR, OT_VOID, 0, gen_cond(g), e1, ocode_edge(g->f, out, NULL, 0));
	}
	g->v.n = after;
	(void)mark;
	gen_place(g, out);
}

static void gen_switch(Gen *g)
{
	u32 n = 1 + rnd(6), first, join = gen_block(g), blk[8], mark = g->v.n, type = gen_type(), arg;
	OVal x = gen_val(g, OT_I32);

	x = gen_op(g, O_AND, OT_I32, 0, x, konst(g, OT_I32, 7), 0);
	for (u32 k = 0; k < n; k++)
		blk[k] = gen_block(g);
	first = g->f->edge.n;
	for (u32 k = 0; k < n; k++)
		ocode_edge(g->f, blk[k], NULL, 0);
	emit(g->f, g->b, O_SWITCH, OT_VOID, 0, x, first, n);
	for (u32 k = 0; k < n; k++) {
		gen_place(g, blk[k]);
		gen_stmts(g, rnd(4));
		arg = gen_val(g, type);
		emit(g->f, g->b, O_JMP, OT_VOID, 0, ocode_edge(g->f, join, &arg, 1), 0, 0);
		g->v.n = mark;
	}
	gen_place(g, join);
	gen_keep(g, ocode_param(g->f, join, (OType)type));
}

static void gen_stmts(Gen *g, u32 n)
{
	g->depth++;
	while (n-- && g->left) {
		u32 k = rnd(100), type = gen_type();
		g->left--;
		if (g->depth < 5 && k < 8)
			gen_if(g);
		else if (g->depth < 4 && k < 12)
			gen_loop(g);
		else if (g->depth < 4 && k < 14)
			gen_switch(g);
		else if (k < 30)
			gen_memory(g);
		else if (k < 36)
			gen_convert(g);
		else if (k < 39)
			gen_call(g);
		else if (k < 42)
			gen_slot(g);
		else if (k < 43)
			emit(g->f, g->b, O_TRAPIF, OT_VOID, 200 + rnd(3), gen_cond(g), 0, 0);
		else if (type_is_float(type))
			gen_float(g, type);
		else
			gen_int(g, type);
	}
	g->depth--;
}

static OFunc *gen_func(u32 size, u32 nparam)
{
	Gen g = { .left = size };
	u8 param[24];
	OVal v[24], r;
	u32 ret = gen_type();

	for (u32 k = 0; k < nparam; k++)
		param[k] = (u8)gen_type();
	g.f = new_func(ret, param, nparam, v);
	g.b = 1;
	for (u32 k = 0; k < nparam; k++)
		gen_keep(&g, v[k]);
	while (g.left)
		gen_stmts(&g, g.left);
	r = gen_canon(&g, gen_val(&g, ret));
	/* Everything at hand is wanted at the end: many live values. */
	if (rnd(3) == 0)
		for (u32 k = 0; k < g.v.n; k++)
			if (g.f->ins.p[g.v.p[k]].type == ret && !type_is_float(ret))
				r = emit(g.f, g.b, O_ADD, ret, 0, r, g.v.p[k], 0);
	emit(g.f, g.b, O_RET, OT_VOID, 1, r, 0, 0);
	vec_free(&g.v);
	return g.f;
}

static void make_callees(void)
{
	static const u8 p0[] = { OT_I32, OT_F64, OT_I64, OT_I32, OT_F32, OT_I64, OT_I32, OT_I32, OT_I64, OT_F64, OT_F64, OT_F64, OT_F64,
		OT_F64, OT_F64, OT_F64, OT_F64, OT_I32 };
	OVal v[24], r;
	OFunc *f = new_func(OT_I64, p0, COUNT(p0), v);

	r = ocode_emit_const(f, 1, OT_I64, 17);
	for (u32 k = 0; k < COUNT(p0); k++) {
		OVal x = v[k];
		if (type_is_float(p0[k]))
			x = emit(f, 1, O_BITS, p0[k] == OT_F64 ? OT_I64 : OT_I32, 0, x, 0, 0);
		if (f->ins.p[x].type == OT_I32)
			x = emit(f, 1, O_EXTU, OT_I64, 0, x, 0, 0);
		r = emit(f, 1, O_ADD, OT_I64, 0, emit(f, 1, O_MUL, OT_I64, 0, r, ocode_emit_const(f, 1, OT_I64, 31), 0), x, 0);
	}
	emit(f, 1, O_RET, OT_VOID, 1, r, 0, 0);
	callee[0].f = f;
	callee[0].at = compile(f);
	f = new_func(OT_F64, p0, 2, v);
	r = emit(f, 1, O_STOF, OT_F64, 0, v[0], 0, 0);
	r = emit(f, 1, O_FADD, OT_F64, 0, r, v[1], 0);
	emit(f, 1, O_RET, OT_VOID, 1, emit(f, 1, O_FCANON, OT_F64, 0, r, 0, 0), 0, 0);
	callee[1].f = f;
	callee[1].at = compile(f);
}

static void random_batch(u64 from, u32 n, u32 size)
{
	for (u64 seed = from; seed < from + n; seed++) {
		u64 args[3][24];
		u32 np;
		OFunc *f;
		rng = seed * 0x9e3779b97f4a7c15ull + 1;
		for (u32 k = 0; k < 8; k++)
			rnd(2);
		np = rnd(rnd(4) ? 6 : 21);
		f = gen_func(1 + rnd(size), np);
		for (u32 k = 0; k < 3; k++)
			for (u32 j = 0; j < np; j++)
				args[k][j] = random_bits(f->param.p[j]);
		same(f, (const u64 (*)[24])args, 3, seed);
		ocode_free(f);
	}
}

static u64 first_seed(void)
{
	const char *s = getenv("SEED");

	return s ? strtoull(s, NULL, 10) : (u64)time(NULL) << 20;
}

static void random_functions(void **state)
{
	u64 seed = first_seed();
	u32 n = getenv("COUNT") ? (u32)atoi(getenv("COUNT")) : 20000;

	(void)state;
	if (!vm.target)
		skip();
	if (!callee[0].f)
		make_callees();
	print_message("seed %llu\n", (unsigned long long)seed);
	random_batch(seed, n - n / 40, 40);
	random_batch(seed + n, n / 40, 400);
}

static u32 no_features(void) { return 0; }

/* An older processor. */
static void old_processor(void **state)
{
	static Target old;
	if (!vm.target)
		skip();
	old = *vm.target;
	old.features = no_features;
	vm.target = &old;
	every_op(state);
	vm.target = back_host();
}

/* The same with few registers: everything is spilled and split. */
static void few_registers(void **state)
{
	static Target few;
	u64 seed = first_seed() + (1u << 19);
	u32 n = getenv("COUNT") ? (u32)atoi(getenv("COUNT")) : 5000;

	(void)state;
	if (!vm.target)
		skip();
	if (!callee[0].f)
		make_callees();
	few = *vm.target;
	few.features = no_features;
	few.regs = 0x000f00cf; /* six and four */
	vm.target = &few;
	random_batch(seed, n, 60);
	vm.target = back_host();
}

/* A unit that reads 400 words of its code before it writes one: most of them are spilled. */
static void wide_unit(void **state)
{
	OFunc *f = ocode_new("unit", 0, OT_VOID);
	u32 b = ocode_block(f);
	OVal v[400];
	BackCode c = {0};
	Err e = {0};

	(void)state;
	if (!vm.target)
		skip();
	vec_push(&f->order, b);
	f->unit = true;
	OVal at = ocode_emit(f, b, O_GET, OT_I64, 0, 0, 0, REG_SLOT(0));
	for (u32 k = 0; k < COUNT(v); k++)
		v[k] = ocode_emit(f, b, O_LOAD, OT_I64, O_MEM(SPACE_GUEST, 3, 0, ORDER_TSO, 0), at, 0, 8 * k);
	for (u32 k = 0; k < COUNT(v); k++)
		ocode_emit(f, b, O_STORE, OT_VOID, O_MEM(SPACE_GUEST, 3, 0, ORDER_TSO, 0), at, v[(k + 7) % COUNT(v)], 8 * k);
	ocode_emit(f, b, O_EXIT, OT_VOID, OEXIT_RET, at, 0, 0);
	assert_true(back_compile(vm.target, f, &c, NULL, &e));
	assert_true(c.code.n > 2 * COUNT(v) * 5);
	back_code_free(&c);
	ocode_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wide_unit),
		cmocka_unit_test(every_op),
		cmocka_unit_test(old_processor),
		cmocka_unit_test(constant_division),
		cmocka_unit_test(random_functions),
		cmocka_unit_test(few_registers),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
