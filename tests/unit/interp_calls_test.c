/* The interpreter: memory, checked indices, calls of all kinds, unwinding, traps; the hooks of tiers and of the stepper. */
#include "interp_vm.h"

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
