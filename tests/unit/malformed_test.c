/* Hostile modules: every truncation, and every byte changed, of several modules that together have all sections and
 * all instructions.  Reader and checker must refuse them in good order or accept them; this program is run in the
 * sanitized build too.  What is accepted must be in the one form that the writer gives. */
#include "../../pvm/pcode/pcode.h"

#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

static u32 accepted, refused;

/* ---- modules ------------------------------------------------------------------------------------ */

static void push_const(PBuild *b, char type)
{
	switch (type) {
	case 'i': pb_op1(b, P_I32_CONST, 1000); break;
	case 'l': pb_op1(b, P_I64_CONST, -5000000000); break;
	case 'f': pb_f32(b, 2.5f); break;
	case 'd': pb_f64(b, -0.125); break;
	}
}

static void emit_plain(PBuild *b, POp op)
{
	switch (strlen(pcode_ops[op].imm)) {
	case 0: pb_op(b, op); break;
	case 1:
		if (pcode_ops[op].imm[0] == 'm')
			pb_op2(b, op, 0, 300);
		else if (pcode_ops[op].imm[0] == 'd' || pcode_ops[op].imm[0] == 'f')
			push_const(b, pcode_ops[op].imm[0]);
		else
			pb_op1(b, op, op == P_TRAP_IF ? 201 : 3);
		break;
	case 2: pb_op2(b, op, -7, 1234567); break;
	case 3: pb_index(b, -1, 100, 12); break;
	}
}

/* All instructions that are described by their row alone. */
static void make_plain(Buf *out)
{
	PBuild *b = pb_new("plain.pas");
	u32 f = pb_func(b, "plain", ":");

	pb_begin(b, f);
	for (u32 op = 0; op < 256; op++) {
		const POpInfo *info = &pcode_ops[op];
		if (!info->name || strpbrk(info->pops, "*") || strpbrk(info->pushes, "*") || strpbrk(info->imm, "LVGFTJ"))
			continue;
		pb_line(b, op);
		for (const char *t = info->pops; *t; t++)
			push_const(b, *t);
		emit_plain(b, (POp)op);
		if (*info->pushes)
			pb_op(b, P_DROP);
	}
	pb_op(b, P_RETURN);
	pb_finish(b, 16);
	pb_start(b, f);
	pb_end(b, out);
}

/* A loop around a jump table, values carried over labels, and all kinds of variables. */
static void emit_control(PBuild *b, u32 f, u32 callee, u32 import)
{
	pb_begin(b, f);
	u32 loop = pb_label(b), one = pb_label(b), two = pb_label(b), land = pb_label(b), end = pb_label(b);
	u32 x = pb_local(b, 'i'), y = pb_local(b, 'd');
	pb_op1(b, P_LOOP, loop);
	pb_line(b, 7);
	pb_op1(b, P_LOCAL_GET, x);
	pb_table_jump(b, (u32[]){one, one, end}, 3, land);
	pb_op1(b, P_LABEL, one);
	pb_op1(b, P_GLOBAL_GET, 0);
	pb_op1(b, P_LOCAL_TEE, x);
	pb_op(b, P_DUP);
	pb_op1(b, P_JUMP_IF, two);
	pb_op1(b, P_TRAP, 222);
	pb_line(b, 300);
	pb_op1(b, P_LABEL, two);
	pb_op1(b, P_CALL, callee);
	pb_op1(b, P_LOCAL_SET, y);
	pb_f64(b, 1e300);
	pb_op1(b, P_LOCAL_GET, y);
	pb_op(b, P_SWAP);
	pb_op1(b, P_LOCAL_GET, x);
	pb_op(b, P_SELECT);
	pb_op1(b, P_LOCAL_SET, y);
	pb_op1(b, P_JUMP, loop);
	pb_op1(b, P_LAND, land);
	pb_op1(b, P_I32_CONST, 0);
	pb_op1(b, P_GLOBAL_SET, 0);
	pb_op1(b, P_LOCAL_GET, x);
	pb_op1(b, P_CALL, import);
	pb_op1(b, P_LOCAL_GET, x);
	pb_op1(b, P_JUMP_IFZ, loop);
	pb_op1(b, P_LABEL, end);
	pb_op(b, P_RETURN);
	pb_finish(b, 48);
}

static void emit_callee(PBuild *b, u32 f, u32 target)
{
	pb_begin(b, f);
	u32 end = pb_label(b);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_I32_CONST, 1);
	pb_op1(b, P_CALL_IND, pb_type(b, "i:d"));
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_JUMP_IF, end);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op2(b, P_UNWIND, target, 3);
	pb_op1(b, P_LABEL, end);
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
}

/* All sections, and the instructions that the other module has not. */
static void make_control(Buf *out)
{
	PBuild *b = pb_new("control.pas");

	pb_memory(b, 4096, 4, 4096);
	u32 f = pb_func(b, "control", ":"), g = pb_func(b, "callee", "i:d");
	emit_control(b, f, g, pb_import(b, "sys", "halt", "i:"));
	emit_callee(b, g, f);
	pb_global(b, 'i', true, 1);
	pb_global(b, 'd', false, F64_NAN);
	pb_slot(b, g);
	pb_data(b, "some text", 9, 1);
	pb_zero(b, 1000, 8);
	pb_init(b, "more", 4, 4);
	pb_export(b, "callee", g);
	pb_export(b, "control", f);
	pb_start(b, f);
	pb_var(b, (PVar){.name = "x", .func = f, .where = 0, .at = 0, .kind = 'i', .size = 4});
	pb_var(b, (PVar){.name = "y", .func = f, .where = 1, .at = 8, .kind = 'r', .size = 8});
	pb_var(b, (PVar){.name = "z", .func = UINT32_MAX, .where = 2, .at = 5000, .kind = 'a', .size = 40});
	pb_end(b, out);
}

/* The least: one function of no name. */
static void make_small(Buf *out)
{
	PBuild *b = pb_new("");
	u32 f = pb_func(b, "", "ilfd:l");

	pb_begin(b, f);
	for (u32 i = 0; i < 300; i++)
		pb_local(b, "iilfd"[i % 5]);
	pb_op1(b, P_LOCAL_GET, 1);
	pb_op(b, P_RETURN);
	pb_finish(b, 0);
	pb_end(b, out);
}

static void (*const makers[])(Buf *) = {make_plain, make_control, make_small};

/* ---- trying ------------------------------------------------------------------------------------- */

static bool has_unknown_section(const u8 *p, u32 n)
{
	for (u32 at = 8; at < n - 8; at += 6 + ld32(p + at + 2))
		if (!(p[at + 1] & 1) && (p[at] < 0x40 || p[at] > 0x43))
			return true;
	return false;
}

/* The module has been read: what was read is all there was. */
static void check_canonical(const PModule *m, const u8 *p, u32 n)
{
	Buf again = {0};

	pcode_write(m, &again);
	if (!has_unknown_section(p, n)) {
		assert_int_equal(again.n, n);
		assert_memory_equal(again.p, p, n);
	}
	buf_free(&again);
}

static void list(const PModule *m)
{
	Buf text = {0};

	pcode_dis(m, NULL, &text);
	buf_free(&text);
}

/* Reads, checks and lists a copy that ends where the module does, so that reading too far is noticed. */
static bool try(const u8 *p, u32 n)
{
	u8 *copy = malloc(n ? n : 1);
	Err e = {0};

	memcpy(copy, p, n);
	PModule *m = pcode_read(copy, n, "bad.pco", &e);
	bool ok = m != NULL;
	if (m) {
		list(m);
		check_canonical(m, copy, n);
		ok = pcode_check(m, &e);
		pcode_free(m);
	}
	assert_int_equal(ok, e.status == 0);
	assert_int_equal(ok, e.msg[0] == 0);
	free(copy);
	*(ok ? &accepted : &refused) += 1;
	return ok;
}

static void seal(u8 *p, u32 n)
{
	st64(p + n - 8, hash64(p, n - 8));
}

static void test_whole(void **state)
{
	for (u32 i = 0; i < COUNT(makers); i++) {
		Buf b = {0};
		makers[i](&b);
		assert_true(try(b.p, b.n));
		buf_free(&b);
	}
}

static void test_truncated(void **state)
{
	for (u32 i = 0; i < COUNT(makers); i++) {
		Buf b = {0};
		makers[i](&b);
		for (u32 n = 0; n < b.n; n++) {
			assert_false(try(b.p, n));
			if (n >= 16) {
				u8 *cut = malloc(n);
				memcpy(cut, b.p, n);
				seal(cut, n);
				try(cut, n);
				free(cut);
			}
		}
		buf_free(&b);
	}
}

static void test_changed(void **state)
{
	for (u32 i = 0; i < COUNT(makers); i++) {
		Buf b = {0};
		makers[i](&b);
		for (u32 at = 0; at < b.n; at++) {
			const u8 was = b.p[at], values[] = {was ^ 1, was ^ 0x80, 0, 0xff, (u8)(was + 1)};
			for (u32 k = 0; k < COUNT(values); k++) {
				if (values[k] == was)
					continue;
				b.p[at] = values[k];
				assert_false(try(b.p, b.n));
				seal(b.p, b.n);
				if (at < b.n - 8)
					try(b.p, b.n);
				b.p[at] = was;
				seal(b.p, b.n);
			}
		}
		buf_free(&b);
	}
	print_message("%u changed or cut modules accepted, %u refused\n", accepted, refused);
	assert_true(accepted > 100 && refused > 10000);
}

/* Bytes taken out and doubled, so that everything behind them is read at the wrong place. */
static void test_shifted(void **state)
{
	for (u32 i = 0; i < COUNT(makers); i++) {
		Buf b = {0};
		makers[i](&b);
		u8 *p = malloc(b.n + 1);
		for (u32 at = 0; at < b.n - 8; at++) {
			memcpy(p, b.p, at);
			memcpy(p + at, b.p + at + 1, b.n - at - 1);
			if (b.n - 1 >= 16) {
				seal(p, b.n - 1);
				try(p, b.n - 1);
			}
			memcpy(p, b.p, at + 1);
			memcpy(p + at + 1, b.p + at, b.n - at);
			seal(p, b.n + 1);
			try(p, b.n + 1);
		}
		free(p);
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole), cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_changed), cmocka_unit_test(test_shifted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
