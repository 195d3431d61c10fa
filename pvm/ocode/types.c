/* The types of operands and results, operation by operation. */
#include "types.h"

static u8 type_of(const OFunc *f, OVal v)
{
	return f->ins.p[v].type;
}

/* The result column of ocode.def. */
static const char *result_error(const OFunc *f, const OIns *i)
{
	bool call = ocode_ops[i->op].form == OF_CALL;

	if (i->type >= OT_COUNT)
		return "has no such type";
	switch (ocode_ops[i->op].result) {
	case 'V':
		return i->type == OT_VOID ? NULL : "has a result";
	case 'I':
		return i->type == OT_I32 ? NULL : "has another result than i32";
	case 'A':
		return i->type == type_of(f, i->a) ? NULL : "has another type than its operand";
	default:
		return i->type != OT_VOID || call ? NULL : "has no result";
	}
}

static const char *const_error(const OIns *i)
{
	u32 width = ocode_type_size[i->type] * 8u;

	if (i->type == OT_F80 || i->type == OT_V128)
		return "is a constant for vconst";
	return width >= 64 || !(i->imm >> width) ? NULL : "has bits outside its type";
}

static const char *vconst_error(const OFunc *f, const OIns *i)
{
	if (i->type != OT_I128 && i->type != OT_F80 && i->type != OT_V128)
		return "is a constant for const";
	return 2 * (u64)i->a + 1 < f->vconst.n ? NULL : "names a constant that is not there";
}

/* Operations of one operand type: integers from ADD to MULO and SEXT*, floating point from FADD to FCANON. */
static const char *unary_error(const OFunc *f, const OIns *i)
{
	u8 a = type_of(f, i->a), size = ocode_type_size[a];

	switch (i->op) {
	case O_COPY:
		return NULL;
	case O_NEG: case O_NOT: case O_CLZ: case O_CTZ: case O_POPCNT:
		return type_is_int(a) ? NULL : "is for integers";
	case O_BSWAP: case O_SEXT8:
		return type_is_int(a) && size > 1 ? NULL : "is for integers of more than 8 bits";
	case O_SEXT16:
		return type_is_int(a) && size > 2 ? NULL : "is for integers of more than 16 bits";
	case O_SEXT32:
		return type_is_int(a) && size > 4 ? NULL : "is for integers of more than 32 bits";
	default:
		return type_is_float(a) ? NULL : "is for floating point";
	}
}

static const char *conversion_error(const OFunc *f, const OIns *i)
{
	u8 a = type_of(f, i->a), to = i->type;
	bool ok;

	switch (i->op) {
	case O_EXTS: case O_EXTU:
		ok = type_is_int(a) && type_is_int(to) && ocode_type_size[to] > ocode_type_size[a];
		break;
	case O_TRUNC:
		ok = type_is_int(a) && type_is_int(to) && ocode_type_size[to] < ocode_type_size[a];
		break;
	case O_FPROM:
		ok = a == OT_F32 && to == OT_F64;
		break;
	case O_FDEM:
		ok = a == OT_F64 && to == OT_F32;
		break;
	case O_STOF: case O_UTOF:
		ok = (a == OT_I32 || a == OT_I64) && type_is_float(to);
		break;
	case O_FTOS: case O_FTOU:
		ok = type_is_float(a) && (to == OT_I32 || to == OT_I64);
		break;
	default: /* BITS */
		ok = a != to && ocode_type_size[a] == ocode_type_size[to];
		break;
	}
	return ok ? NULL : "does not convert between these types";
}

static const char *un_error(const OFunc *f, const OIns *i)
{
	return ocode_ops[i->op].result == 'T' ? conversion_error(f, i) : unary_error(f, i);
}

static const char *bin_error(const OFunc *f, const OIns *i)
{
	u8 a = type_of(f, i->a);
	bool floating = i->op >= O_FADD && i->op <= O_FCMP;

	if (a != type_of(f, i->b))
		return "has operands of different types";
	if (floating)
		return type_is_float(a) ? NULL : "is for floating point";
	return type_is_int(a) ? NULL : "is for integers";
}

static const char *cmp_error(const OFunc *f, const OIns *i)
{
	if (i->aux >= (i->op == O_ICMP ? (int)CC_COUNT : (int)FC_COUNT))
		return "has no such condition";
	return bin_error(f, i);
}

static const char *trap_error(const OIns *i)
{
	return i->aux >= 200 && i->aux <= 255 ? NULL : "has a trap code outside 200 to 255";
}

/* The descriptor against the type of the value in memory. */
static const char *mem_error(const OFunc *f, const OIns *i, OVal base, u8 type)
{
	u32 width = 1u << OMEM_LOG2(i->aux), size = ocode_type_size[type];
	u8 address = type_of(f, base);

	if (OMEM_SPACE(i->aux) == SPACE_VM ? address != OT_I64 : address != OT_I64 && address != OT_I32)
		return "has an address of the wrong type";
	if (OMEM_ORDER(i->aux) > ORDER_ATOMIC)
		return "has no such memory order";
	if (type_is_int(type) ? width > size : width != size)
		return "has a width that its type does not have";
	if (OMEM_SIGNED(i->aux) && (i->op != O_LOAD || !type_is_int(type) || width >= size))
		return "has a sign to extend where there is none";
	return NULL;
}

static const char *store_error(const OFunc *f, const OIns *i)
{
	return mem_error(f, i, i->a, type_of(f, i->b));
}

/* Atomics work on integers of the access's width. */
static const char *rmw_error(const OFunc *f, const OIns *i, OVal base, const u32 *operand, u32 n)
{
	for (u32 k = 0; k < n; k++)
		if (type_of(f, operand[k]) != i->type)
			return "has operands of different types";
	if (!type_is_int(i->type) || ocode_type_size[i->type] != 1u << OMEM_LOG2(i->aux))
		return "has a width that its type does not have";
	return mem_error(f, i, base, i->type);
}

/* A slot is read and written at its size; nothing reaches behind the register file. */
static const char *slot_error(const OIns *i, u8 type)
{
	u32 size = ocode_type_size[type];

	if (type == OT_F80 || i->c % MIN(size, 8u))
		return "has a slot that is not aligned";
	return (u64)i->c + size <= sizeof(Regfile) ? NULL : "has a slot outside the register file";
}

static const char *select_error(const OFunc *f, const OIns *i)
{
	if (type_of(f, i->c) != OT_I32)
		return "has a condition that is not i32";
	return type_of(f, i->a) == i->type && type_of(f, i->b) == i->type ? NULL : "has operands of different types";
}

static const char *is_i32(const OFunc *f, OVal v)
{
	return type_of(f, v) == OT_I32 ? NULL : "has an operand that is not i32";
}

static const char *ret_error(const OFunc *f, const OIns *i)
{
	if (i->aux > 1 || i->aux != (f->ret != OT_VOID))
		return "returns a value where there is none, or none where there is one";
	return !i->aux || type_of(f, i->a) == f->ret ? NULL : "returns a value of another type";
}

static bool sig_is(char letter, u8 type)
{
	return type == (letter == 'v' ? OT_V128 : letter == 'i' ? OT_I32 : OT_I64);
}

/* The row's signature. */
static const char *vec_error(const OFunc *f, const OIns *i)
{
	const OVal arg[3] = {i->a, i->b, i->c};

	if (i->aux >= VO_COUNT || ocode_vop_op((OVop)i->aux) != (OOp)i->op)
		return "has no such row";
	const OVopInfo *v = &ocode_vops[i->aux];
	if (!sig_is(v->sig[0], i->type))
		return "has another type than its row gives";
	for (u32 k = 0; k < v->args; k++)
		if (!sig_is(v->sig[2 + k], type_of(f, arg[k])))
			return "has an operand of a type that its row does not have";
	if (v->args < 3 && (v->sig[2 + v->args] ? i->c > 255 : i->c != 0))
		return "has a number where its row has none, or one too large";
	return NULL;
}

static const char *form_error(const OFunc *f, const OIns *i)
{
	switch ((OForm)ocode_ops[i->op].form) {
	case OF_NONE: case OF_JMP:
		return NULL;
	case OF_CONST:
		return const_error(i);
	case OF_IMM:
		return i->op == O_VCONST ? vconst_error(f, i) : NULL;
	case OF_UN:
		return un_error(f, i);
	case OF_BIN:
		return bin_error(f, i);
	case OF_BINT:
		return trap_error(i) ? trap_error(i) : bin_error(f, i);
	case OF_CMP:
		return cmp_error(f, i);
	case OF_TERN:
		return select_error(f, i);
	case OF_LOAD:
		return mem_error(f, i, i->a, i->type);
	case OF_STORE:
		return store_error(f, i);
	case OF_RMW:
		return rmw_error(f, i, i->a, &i->b, 1);
	case OF_CAS:
		return rmw_error(f, i, f->pool.p[i->a], f->pool.p + i->a + 1, 2);
	case OF_VEC1: case OF_VEC2: case OF_VEC3:
		return vec_error(f, i);
	case OF_SLOT:
		return slot_error(i, i->type);
	case OF_PUT:
		return slot_error(i, type_of(f, i->a));
	case OF_CALL:
		return i->op == O_CALLI && type_of(f, i->a) != OT_I64 ? "goes through an address that is not i64" : NULL;
	case OF_TRAPIF:
		return trap_error(i) ? trap_error(i) : is_i32(f, i->a);
	case OF_BR: case OF_SWITCH:
		return is_i32(f, i->a);
	case OF_RET:
		return ret_error(f, i);
	case OF_TRAP:
		return trap_error(i);
	case OF_EXIT:
		return type_of(f, i->a) == OT_I64 || type_of(f, i->a) == OT_I32 ? NULL : "has a pc that is no address";
	}
	return NULL;
}

const char *ocode_type_error(const OFunc *f, OVal v)
{
	const OIns *i = &f->ins.p[v];
	const char *why = result_error(f, i);

	return why ? why : form_error(f, i);
}
