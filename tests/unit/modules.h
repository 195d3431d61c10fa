/* Modules that together have all sections and all instructions, for tests that change them. */
#ifndef PVM_TEST_MODULES_H
#define PVM_TEST_MODULES_H

#include "../../pvm/pcode/pcode.h"

static void push_const(PBuild *b, char type)
{
	switch (type) {
	case 'i': pb_op1(b, P_I32_CONST, 5000); break;
	case 'l': pb_op1(b, P_I64_CONST, -2000000000); break;
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
	case 2: pb_op2(b, op, -2100000000, 1234567); break;
	case 3: pb_index(b, -1, 10000, 12); break;
	}
}

/* All instructions that are described by their row alone, with operands that do not trap; the results are shown to
 * the imports of module "test". */
static void make_plain(Buf *out)
{
	PBuild *b = pb_new("plain.pas");
	u32 f = pb_func(b, "plain", ":"), see[4];

	for (u32 k = 0; k < 4; k++)
		see[k] = pb_import(b, "test", (const char *[]){"i", "l", "f", "d"}[k], (const char *[]){"i:", "l:", "f:", "d:"}[k]);
	pb_begin(b, f);
	for (u32 op = 0; op < 256; op++) {
		const POpInfo *info = &pcode_ops[op];
		if (!info->name || strpbrk(info->pops, "*") || strpbrk(info->pushes, "*") || strpbrk(info->imm, "LVGFTJ"))
			continue;
		pb_line(b, op);
		for (const char *t = info->pops; *t; t++)
			push_const(b, *t);
		if (op == P_TRAP_IF)
			pb_op(b, P_I32_EQZ);
		emit_plain(b, (POp)op);
		if (*info->pushes)
			pb_op1(b, P_CALL, see[strchr("ilfd", *info->pushes) - "ilfd"]);
	}
	pb_op(b, P_RETURN);
	pb_finish(b, 16);
	pb_start(b, f);
	pb_end(b, out);
}

/* A loop around a jump table, values carried over labels, and a goto that comes back from the callee. */
static void emit_control(PBuild *b, u32 f, u32 callee, u32 import, u32 cell)
{
	pb_begin(b, f);
	u32 loop = pb_label(b), one = pb_label(b), two = pb_label(b), land = pb_label(b), end = pb_label(b);
	u32 x = pb_local(b, 'i'), y = pb_local(b, 'd');
	pb_op1(b, P_LOOP, loop);
	pb_line(b, 7);
	pb_op1(b, P_LOCAL_GET, x);
	pb_table_jump(b, (u32[]){one, one, end}, 3, land);
	pb_op1(b, P_LABEL, one);
	pb_op1(b, P_I32_CONST, cell);
	pb_op1(b, P_FRAME_ADDR, 0);
	pb_op2(b, P_I32_STORE, 2, 0);
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

/* Calls itself through the table until its parameter is 0, then leaves for label 3 of the target. */
static void emit_callee(PBuild *b, u32 f, u32 target, u32 cell)
{
	pb_begin(b, f);
	u32 out = pb_label(b);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_JUMP_IFZ, out);
	pb_op1(b, P_LOCAL_GET, 0);
	pb_op1(b, P_I32_CONST, 1);
	pb_op(b, P_I32_SUB);
	pb_op1(b, P_I32_CONST, 1);
	pb_op1(b, P_CALL_IND, pb_type(b, "i:d"));
	pb_op(b, P_RETURN);
	pb_op1(b, P_LABEL, out);
	pb_op1(b, P_I32_CONST, cell);
	pb_op2(b, P_I32_LOAD, 2, 0);
	pb_op2(b, P_UNWIND, target, 3);
	pb_finish(b, 0);
}

/* All sections, and the instructions that the other module has not. */
static void make_control(Buf *out)
{
	PBuild *b = pb_new("control.pas");

	pb_memory(b, 4096, 4, 4096);
	pb_data(b, "some text", 9, 1);
	u32 f = pb_func(b, "control", ":"), g = pb_func(b, "callee", "i:d"), cell = pb_zero(b, 1000, 8);
	emit_control(b, f, g, pb_import(b, "sys", "halt", "i:"), cell);
	emit_callee(b, g, f, cell);
	pb_global(b, 'i', true, 1);
	pb_global(b, 'd', false, F64_NAN);
	pb_slot(b, g);
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

/* Makes the checksum right. */
static void seal(u8 *p, u32 n)
{
	st64(p + n - 8, hash64(p, n - 8));
}

#endif
