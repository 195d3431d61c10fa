/* The tables of O-code, made from ocode.def. */
#include "vec.h"

/* The property letters of a row become a mask while compiling; both compilers fold the strchr. */
#define HAS(props, letter, bit) (__builtin_strchr(props, letter) ? (bit) : 0)
#define MASK(props) (HAS(props, 'P', OP_PURE) | HAS(props, 'R', OP_READ) | HAS(props, 'W', OP_WRITE) | \
	HAS(props, 'F', OP_FAULT) | HAS(props, 'X', OP_END) | HAS(props, 'C', OP_COMMUTES))

/* The result column, as the characters it stands for. */
enum { RESULT_V = 'V', RESULT_T = 'T', RESULT_I = 'I', RESULT_A = 'A' };

/* Which of a, b, c are values. */
#define FORM_A(f) ((f) == OF_UN || (f) == OF_LOAD || (f) == OF_PUT || (f) == OF_TRAPIF || (f) == OF_EXIT || (f) == OF_VEC1 || \
	(f) == OF_BR || (f) == OF_SWITCH || FORM_B(f))
#define FORM_B(f) ((f) == OF_BIN || (f) == OF_BINT || (f) == OF_CMP || (f) == OF_STORE || (f) == OF_RMW || (f) == OF_VEC2 || FORM_C(f))
#define FORM_C(f) ((f) == OF_TERN || (f) == OF_VEC3)
/* Has it others? */
#define FORM_MORE(f) ((f) == OF_CAS || (f) == OF_CALL || (f) == OF_JMP || (f) == OF_BR || (f) == OF_SWITCH || (f) == OF_RET)
#define VALUES(f) ((FORM_A(f) ? OV_A : 0) | (FORM_B(f) ? OV_B : 0) | (FORM_C(f) ? OV_C : 0) | (FORM_MORE(f) ? OV_MORE : 0))

const OOpInfo ocode_ops[O_COUNT] = {
	[O_NONE] = {"none", OF_NONE, RESULT_V, 0, 0},
#define O(op, name, form, result, props, meaning) [O_##op] = {name, OF_##form, RESULT_##result, MASK(props), VALUES(OF_##form)},
#include "ocode.def"
#undef O
};

/* Operands that are values: what follows the colon, without a number at the end. */
#define ARGS(sig) (sizeof(sig) - 3 - (sig[sizeof(sig) - 2] == 'n'))

const OVopInfo ocode_vops[VO_COUNT] = {
#define V(op, name, sig, flags, meaning) [VO_##op] = {name, sig, flags, ARGS(sig)},
#include "vops.def"
#undef V
};

OOp ocode_vop_op(OVop row)
{
	const OVopInfo *v = &ocode_vops[row];

	return (OOp)((v->flags & V_FP ? O_FVEC1 : O_VEC1) + v->args - 1);
}

VFn *const vec_rows[VO_COUNT] = {
#define V(op, name, sig, flags, meaning) [VO_##op] = vec_##op,
#include "vops.def"
#undef V
};

void ocode_vec(OVop row, OVec *d, const OVec *a, const OVec *b, const OVec *c, u32 n, u32 *fpc)
{
	VIn v = {.a = *a, .b = *b, .c = *c, .n = n, .csr = *fpc};

	vec_rows[row](&v);
	*d = v.d;
	*fpc = v.csr;
}

const char *const ocode_type_names[OT_COUNT] = {
	[OT_VOID] = "void", [OT_I8] = "i8", [OT_I16] = "i16", [OT_I32] = "i32", [OT_I64] = "i64",
	[OT_I128] = "i128", [OT_F32] = "f32", [OT_F64] = "f64", [OT_F80] = "f80", [OT_V128] = "v128",
};

const u8 ocode_type_size[OT_COUNT] = {
	[OT_I8] = 1, [OT_I16] = 2, [OT_I32] = 4, [OT_I64] = 8, [OT_I128] = 16,
	[OT_F32] = 4, [OT_F64] = 8, [OT_F80] = 10, [OT_V128] = 16,
};

const char *const ocode_cc_names[CC_COUNT] = {
	[CC_EQ] = "eq", [CC_NE] = "ne", [CC_LTS] = "lts", [CC_LES] = "les", [CC_GTS] = "gts",
	[CC_GES] = "ges", [CC_LTU] = "ltu", [CC_LEU] = "leu", [CC_GTU] = "gtu", [CC_GEU] = "geu",
};

const char *const ocode_fcc_names[FC_COUNT] = {
	[FC_EQ] = "eq", [FC_NE] = "ne", [FC_LT] = "lt", [FC_LE] = "le", [FC_GT] = "gt", [FC_GE] = "ge",
	[FC_ULT] = "ult", [FC_ULE] = "ule", [FC_UGT] = "ugt", [FC_UGE] = "uge", [FC_ORD] = "ord", [FC_UNO] = "uno",
};
