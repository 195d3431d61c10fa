/* emit_special: instructions that no table row describes. */
#include "emit.h"

static u32 reg(const Emit *e, const MIns *ins, u32 k) { return (u32)e->m->opnd.p[ins->opnd + k].loc; }
static u32 prefix(u32 w) { return w == 8 ? 0xf2000000u : 0xf3000000u; }

/* A short forward jump inside a sequence: returns where its distance goes. */
static u32 hop(Emit *e, u32 opcode)
{
	buf_u8(&e->l.raw, (u8)opcode);
	buf_u8(&e->l.raw, 0);
	return e->l.raw.n - 1;
}

static void land(Emit *e, u32 at)
{
	e->l.raw.p[at] = (u8)(e->l.raw.n - at - 1);
}

enum { JMP8 = 0xeb, JCC8 = 0x70 };

/* ---- integers --------------------------------------------------------------------------------------------- */

static void store(Emit *e, const MIns *ins)
{
	ERm mem = emit_src(e, ins, ins->mopnd);
	bool imm = ins->flags & MF_IMM;
	u32 op = ins->w == 1 ? (imm ? 0xc6 : 0x88) : imm ? 0xc7 : 0x89;

	emit_fault_site(e, ins);
	enc_rm(&e->l.raw, op, ins->w, imm ? 0 : reg(e, ins, 0), mem.rm);
	if (!imm)
		return;
	if (ins->w == 1)
		buf_u8(&e->l.raw, (u8)ins->imm);
	else if (ins->w == 2)
		buf_u16(&e->l.raw, (u16)ins->imm);
	else
		buf_u32(&e->l.raw, (u32)ins->imm);
}

static void bswap(Emit *e, const MIns *ins)
{
	u32 d = reg(e, ins, 0), rex = (ins->w == 8 ? 8u : 0) | d >> 3;

	emit_move(e, (i32)d, (i32)reg(e, ins, 1));
	if (rex)
		buf_u8(&e->l.raw, (u8)(0x40 | rex));
	buf_u8(&e->l.raw, 0x0f);
	buf_u8(&e->l.raw, (u8)(0xc8 + (d & 7)));
}

static void setcc(Emit *e, const MIns *ins)
{
	Buf *b = &e->l.raw;
	u32 d = reg(e, ins, 0), cc = ins->cc;

	if (cc == X_FEQ || cc == X_FNE) { /* parity decides too */
		enc_rm(b, 0x0f90 + (cc == X_FEQ ? X_NP : X_P), 1, 0, rm_reg(SCRATCH));
		cc = cc == X_FEQ ? X_E : X_NE;
		enc_rm(b, 0x0f90 + cc, 1, 0, rm_reg(d));
		enc_rm(b, cc == X_E ? 0x23 : 0x0b, 4, d, rm_reg(SCRATCH));
	} else {
		enc_rm(b, 0x0f90 + cc, 1, 0, rm_reg(d));
	}
	if (d >= 4 && d < 8) /* sil: a prefix also for the source */
		buf_u8(b, 0x40);
	enc_rm(b, 0x0fb6, 4, d, rm_reg(d));
}

static void cmov(Emit *e, const MIns *ins)
{
	u32 d = reg(e, ins, 0), cc = ins->cc;
	Rm src = emit_loc(e, (i32)reg(e, ins, 2));

	emit_move(e, (i32)d, (i32)reg(e, ins, 1));
	if (cc == X_FNE) {
		enc_rm(&e->l.raw, 0x0f40 + X_P, ins->w, d, src);
		cc = X_NE;
	}
	enc_rm(&e->l.raw, 0x0f40 + cc, ins->w, d, src);
}

static void fsel(Emit *e, const MIns *ins)
{
	u32 p = 0, cc = ins->cc, skip;

	emit_move(e, (i32)reg(e, ins, 0), (i32)reg(e, ins, 1));
	if (cc == X_FNE) {
		p = hop(e, JCC8 + X_P);
		cc = X_NE;
	}
	skip = hop(e, JCC8 + (cc ^ 1));
	if (p)
		land(e, p);
	emit_move(e, (i32)reg(e, ins, 0), (i32)reg(e, ins, 2));
	land(e, skip);
}

/* ---- floating point ----------------------------------------------------------------------------------------- */

static void ucomi(Emit *e, const MIns *ins)
{
	ERm src = emit_src(e, ins, 1);

	emit_fault_site(e, ins);
	emit_rm(e, ins->w == 8 ? 0x66000f2e : 0x0f2e, 4, reg(e, ins, 0), &src, 0);
}

static void fstore(Emit *e, const MIns *ins)
{
	ERm mem = emit_src(e, ins, ins->mopnd);

	emit_fault_site(e, ins);
	enc_rm(&e->l.raw, prefix(ins->w) | 0x0f11, 4, reg(e, ins, 0), mem.rm);
}

static void vmove(Emit *e, const MIns *ins)
{
	ERm mem = emit_src(e, ins, ins->mopnd);

	emit_fault_site(e, ins);
	enc_rm(&e->l.raw, (ins->aux ? 0x0f28 : 0x0f10) + (ins->op == M_VSTORE), 4, reg(e, ins, 0), mem.rm);
}

static void round_(Emit *e, const MIns *ins)
{
	ERm src = emit_src(e, ins, 1);

	emit_rm(e, ins->w == 8 ? 0x660f3a0b : 0x660f3a0a, 4, reg(e, ins, 0), &src, 1);
	buf_u8(&e->l.raw, (u8)ins->imm);
}

static void fp_lit(Emit *e, u32 opcode, u32 to, u64 bits, u32 size)
{
	ERm lit = emit_lit(e, bits, size);

	emit_rm(e, opcode, 4, to, &lit, 0);
}

/* Without roundsd.  |x| below 2^52 (2^23) plus that number loses its fraction; what is larger, or no number, has
 * none.  The rounding that comes out is to nearest: corrected by one where it went the wrong way, and given the sign
 * of x, for zeros.  Towards zero is downwards, of |x|. */
static void round2(Emit *e, const MIns *ins)
{
	Buf *b = &e->l.raw;
	bool d64 = ins->w == 8;
	u32 d = reg(e, ins, 0), x = reg(e, ins, 1), p = prefix(ins->w), ucomis = d64 ? 0x66000f2e : 0x0f2e, big, fine, w = ins->w;
	u64 shift = d64 ? 0x4330000000000000ull : 0x4b000000u, one = d64 ? 0x3ff0000000000000ull : 0x3f800000u;
	u32 abs = d64 ? MASK_ABS64 : MASK_ABS32, sign = d64 ? MASK_SIGN64 : MASK_SIGN32;
	bool up = ins->imm == ROUND_UP, away = ins->imm != ROUND_NEAR;

	emit_move(e, FSCRATCH, (i32)x);
	emit_move(e, (i32)d, (i32)x);
	fp_lit(e, 0x0f54, FSCRATCH, abs, 16);
	fp_lit(e, ucomis, FSCRATCH, shift, w);
	big = hop(e, JCC8 + X_AE); /* carry, so below, also when unordered: then the sum is that NaN */
	if (up || ins->imm == ROUND_DOWN) { /* the number with its sign: 2^52 with that sign */
		emit_move(e, FSCRATCH, (i32)x);
		fp_lit(e, 0x0f54, FSCRATCH, sign, 16);
		fp_lit(e, 0x0f56, FSCRATCH, d64 ? MASK_SHIFT64 : MASK_SHIFT32, 16);
		enc_rm(b, p | 0x0f58, 4, d, rm_reg(FSCRATCH));
		enc_rm(b, p | 0x0f5c, 4, d, rm_reg(FSCRATCH));
		enc_rm(b, ucomis, 4, up ? x : d, rm_reg(up ? d : x));
	} else {
		emit_move(e, (i32)d, FSCRATCH);
		fp_lit(e, p | 0x0f58, d, shift, w);
		fp_lit(e, p | 0x0f5c, d, shift, w);
		enc_rm(b, ucomis, 4, d, rm_reg(FSCRATCH));
	}
	if (away) {
		fine = hop(e, JCC8 + X_BE);
		fp_lit(e, p | (up ? 0x0f58 : 0x0f5c), d, one, w);
		land(e, fine);
	}
	emit_move(e, FSCRATCH, (i32)x);
	fp_lit(e, 0x0f54, FSCRATCH, sign, 16);
	fp_lit(e, 0x0f54, d, abs, 16);
	enc_rm(b, 0x0f56, 4, d, rm_reg(FSCRATCH));
	land(e, big);
}

static void cvtsi(Emit *e, const MIns *ins)
{
	u32 d = reg(e, ins, 0);
	Rm src = emit_loc(e, (i32)reg(e, ins, 1));

	enc_rm(&e->l.raw, 0x0f57, 4, d, rm_reg(d));
	enc_rm(&e->l.raw, prefix(ins->w) | 0x0f2a, ins->aux, d, src);
}

/* A number with the top bit set is halved (keeping the lowest bit, for rounding), converted and doubled. */
static void cvtui(Emit *e, const MIns *ins)
{
	Buf *b = &e->l.raw;
	u32 d = reg(e, ins, 0), x = reg(e, ins, 1), big, even, end;

	enc_rm(b, 0x0f57, 4, d, rm_reg(d));
	enc_rm(b, 0x85, 8, x, rm_reg(x));
	big = hop(e, JCC8 + X_S);
	enc_rm(b, prefix(ins->w) | 0x0f2a, 8, d, rm_reg(x));
	end = hop(e, JMP8);
	land(e, big);
	enc_mov(b, 8, SCRATCH, x);
	enc_rm(b, 0xd1, 8, 5, rm_reg(SCRATCH));
	even = hop(e, JCC8 + X_AE);
	enc_alui(b, 1, 8, rm_reg(SCRATCH), 1);
	land(e, even);
	enc_rm(b, prefix(ins->w) | 0x0f2a, 8, d, rm_reg(SCRATCH));
	enc_rm(b, prefix(ins->w) | 0x0f58, 4, d, rm_reg(d));
	land(e, end);
}

static void cvtts(Emit *e, const MIns *ins)
{
	enc_rm(&e->l.raw, prefix(ins->aux) | 0x0f2c, ins->w, reg(e, ins, 0), emit_loc(e, (i32)reg(e, ins, 1)));
}

/* x as signed, or with 2^63 taken off when that gave the "too large" pattern. */
static void cvttu(Emit *e, const MIns *ins)
{
	Buf *b = &e->l.raw;
	u32 d = reg(e, ins, 0), x = reg(e, ins, 1), t = reg(e, ins, 2);
	ERm lit = emit_lit(e, ins->aux == 8 ? 0x43e0000000000000ull : 0x5f000000u, ins->aux);

	emit_move(e, FSCRATCH, (i32)x);
	emit_rm(e, prefix(ins->aux) | 0x0f5c, 4, FSCRATCH, &lit, 0);
	enc_rm(b, prefix(ins->aux) | 0x0f2c, 8, t, rm_reg(x));
	enc_rm(b, prefix(ins->aux) | 0x0f2c, 8, SCRATCH, rm_reg(FSCRATCH));
	enc_mov(b, 8, d, t);
	enc_rm(b, 0xc1, 8, 7, rm_reg(d));
	buf_u8(b, 63);
	enc_rm(b, 0x23, 8, d, rm_reg(SCRATCH));
	enc_rm(b, 0x0b, 8, d, rm_reg(t));
}

/* Equal operands differ in the sign of zero at most; a NaN comes out of an addition. */
static void minmax(Emit *e, const MIns *ins)
{
	Buf *b = &e->l.raw;
	bool min = ins->op == M_FMIN;
	u32 d = reg(e, ins, 0), y = reg(e, ins, 2), nan, differ, end, end2;

	emit_move(e, (i32)d, (i32)reg(e, ins, 1));
	enc_rm(b, ins->w == 8 ? 0x66000f2e : 0x0f2e, 4, d, rm_reg(y));
	nan = hop(e, JCC8 + X_P);
	differ = hop(e, JCC8 + X_NE);
	enc_rm(b, min ? 0x0f56 : 0x0f54, 4, d, rm_reg(y));
	end = hop(e, JMP8);
	land(e, nan);
	enc_rm(b, prefix(ins->w) | 0x0f58, 4, d, rm_reg(y));
	end2 = hop(e, JMP8);
	land(e, differ);
	enc_rm(b, prefix(ins->w) | (min ? 0x0f5d : 0x0f5f), 4, d, rm_reg(y));
	land(e, end);
	land(e, end2);
}

static void fcanon(Emit *e, const MIns *ins)
{
	u32 d = reg(e, ins, 0), skip;
	ERm nan = emit_lit(e, ins->w == 8 ? F64_NAN : F32_NAN, ins->w);

	emit_move(e, (i32)d, (i32)reg(e, ins, 1));
	enc_rm(&e->l.raw, ins->w == 8 ? 0x66000f2e : 0x0f2e, 4, d, rm_reg(d));
	skip = hop(e, JCC8 + X_NP);
	emit_rm(e, prefix(ins->w) | 0x0f10, 4, d, &nan, 0);
	land(e, skip);
}

static void between(Emit *e, const MIns *ins)
{
	u32 d = reg(e, ins, 0);
	i32 s = (i32)reg(e, ins, 1);

	if (ins->op == M_MOVRX && LOC_IS_SLOT(s))
		enc_rm(&e->l.raw, prefix(ins->w) | 0x0f10, 4, d, emit_loc(e, s));
	else if (ins->op == M_MOVRX)
		enc_rm(&e->l.raw, 0x66000f6e, ins->w, d, rm_reg((u32)s));
	else if (LOC_IS_SLOT(s))
		enc_rm(&e->l.raw, 0x8b, ins->w, d, emit_loc(e, s));
	else
		enc_rm(&e->l.raw, 0x66000f7e, ins->w, (u32)s, rm_reg(d));
}

/* ---- atomics -------------------------------------------------------------------------------------------------- */

static void atomic(Emit *e, const MIns *ins)
{
	Buf *b = &e->l.raw;
	ERm mem = emit_src(e, ins, ins->mopnd);
	u32 byte = ins->w == 1, r = reg(e, ins, 2);

	if (ins->op != M_CAS)
		emit_move(e, (i32)r, (i32)reg(e, ins, 1));
	emit_fault_site(e, ins);
	if (ins->op != M_XCHG)
		buf_u8(b, 0xf0);
	enc_rm(b, (ins->op == M_XCHG ? 0x87 : ins->op == M_XADD ? 0x0fc1 : 0x0fb1) - byte, ins->w, r, mem.rm);
	if (ins->op != M_CAS)
		emit_move(e, (i32)reg(e, ins, 0), (i32)r);
}

/* ---- calls, traps, jumps ---------------------------------------------------------------------------------------- */

static void call(Emit *e, const MIns *ins)
{
	Buf *b = &e->l.raw;

	if (ins->op == M_CALL) {
		emit_call(e, SYM_FUNC, (u32)ins->imm);
	} else if (ins->op == M_CALLI) {
		enc_rm(b, 0xff, 4, 2, rm_mem(reg(e, ins, 0), (i32)offsetof(OEntry, code)));
	} else {
		enc_movi(b, RAX, (u32)ins->imm, true);
		if (e->m->f->unit)
			enc_rm(b, 0x8d, 8, RSI, rm_mem(RBP, -UNIT_FRAME));
		else
			enc_mov(b, 8, RSI, RSP);
		emit_call(e, SYM_THUNK, e->m->pinned ? THUNK_PINNED_HCALL : e->m->f->unit ? THUNK_UNIT_HCALL : THUNK_HCALL);
	}
	emit_site(e, ins, b->n | SITE_RETURN);
}

/* FCMOVcc is the one on "not equal", of an operand against zero; FCOMI's flags come as in EFLAGS. */
static void x87(Emit *e, const MIns *ins)
{
	const MOpnd *o = &e->m->opnd.p[ins->opnd];
	bool gives = ins->nopnd && o->role == ROLE_DFIX;
	Buf *b = &e->l.raw;

	if (ins->mbase) {
		ERm mem = emit_src(e, ins, ins->mopnd);
		emit_fault_site(e, ins);
		emit_rm(e, 0xd8u | ins->aux >> 8, 4, ins->aux >> 3 & 7, &mem, 0);
		return;
	}
	if (ins->aux == OX87_FLDCW) {
		enc_rm(b, 0x89, 4, reg(e, ins, 0), rm_mem(R15, (i32)REG_OFF(exit_to)));
		enc_rm(b, 0xd9, 4, 5, rm_mem(R15, (i32)REG_OFF(exit_to)));
		return;
	}
	if (ins->nopnd && o->role == ROLE_USE)
		enc_rm(b, 0x85, 4, reg(e, ins, 0), rm_reg(reg(e, ins, 0)));
	emit_site(e, ins, b->n);
	buf_u8(b, (u8)(0xd8 | ins->aux >> 8));
	buf_u8(b, (u8)ins->aux);
	if (ins->aux == OX87_FNSTSW_AX) {
		enc_rm(b, 0x0fb7, 4, RAX, rm_reg(RAX));
	} else if (gives) {
		buf_u8(b, 0x9f); /* lahf; movzx eax, ah */
		buf_bytes(b, "\x0f\xb6\xc4", 3);
		enc_alui(b, 4, 4, rm_reg(RAX), 0x45);
	}
}

/* A word of the incoming area, above the frame pointer and the return address. */
static void ldarg(Emit *e, const MIns *ins)
{
	u32 d = reg(e, ins, 0);
	Rm word = rm_mem(RBP, 16 + 8 * (i32)ins->imm);

	if (d >= REG_F0)
		enc_rm(&e->l.raw, prefix(ins->w) | 0x0f10, 4, d, word);
	else
		enc_rm(&e->l.raw, 0x8b, ins->w, d, word);
}

u32 emit_trap_stub(Emit *e, u32 code, const MIns *ins)
{
	const OMap *map = e->m->f->map.p;
	Stub s = { 0, code, ins };

	/* Traps of one place whose map names no values share a stub. */
	for (u32 k = e->stub.n; k-- > 0 && k + 8 > e->stub.n && ins && ins->map && !map[ins->map].n;) {
		const Stub *o = &e->stub.p[k];
		if (o->ins && o->ins->map == ins->map && o->code == code && !map[ins->map].parent)
			return o->label;
	}
	s.label = layout_label(&e->l);
	vec_push(&e->stub, s);
	return s.label;
}

void emit_stubs(Emit *e)
{
	static const MIns none;

	for (u32 k = 0; k < e->stub.n; k++) {
		const Stub *s = &e->stub.p[k];
		layout_bind(&e->l, s->label);
		enc_movi(&e->l.raw, RAX, s->code, true);
		emit_call(e, SYM_THUNK, e->m->f->unit ? THUNK_UNIT_TRAP : THUNK_TRAP);
		emit_site(e, s->ins ? s->ins : &none, e->l.raw.n | SITE_RETURN);
	}
	if (e->stub.n) /* the last return address lies in the function too */
		buf_u8(&e->l.raw, 0xcc);
}

static void trapcc(Emit *e, const MIns *ins)
{
	u32 stub = emit_trap_stub(e, (u32)ins->imm, ins);

	if (ins->cc == X_FEQ) {
		u32 around = layout_label(&e->l);
		layout_jcc(&e->l, X_P, around);
		layout_jcc(&e->l, X_E, stub);
		layout_bind(&e->l, around);
	} else if (ins->cc == X_FNE) {
		layout_jcc(&e->l, X_P, stub);
		layout_jcc(&e->l, X_NE, stub);
	} else {
		layout_jcc(&e->l, ins->cc, stub);
	}
}

static u32 goal(const Emit *e, u32 k)
{
	return e->thread[e->m->link[e->m->block[e->block].succ + k]];
}

static void jump_unless_next(Emit *e, u32 to)
{
	if (to != e->next)
		layout_jump(&e->l, e->label[to]);
}

static void branch(Emit *e, const MIns *ins)
{
	u32 yes = goal(e, 0), no = goal(e, 1), cc = ins->cc;

	if (yes == no) {
		jump_unless_next(e, yes);
		return;
	}
	if (cc == X_FEQ) {
		u32 t = yes;
		yes = no;
		no = t;
		cc = X_FNE;
	}
	if (cc == X_FNE) {
		layout_jcc(&e->l, X_P, e->label[yes]);
		cc = X_NE;
	} else if (yes == e->next) {
		layout_jcc(&e->l, cc ^ 1, e->label[no]);
		return;
	}
	layout_jcc(&e->l, cc, e->label[yes]);
	jump_unless_next(e, no);
}

/* Bounds, then a table of distances from itself. */
static void branch_table(Emit *e, const MIns *ins)
{
	Buf *b = &e->l.raw;
	u32 x = reg(e, ins, 0), t = reg(e, ins, 1), n = (u32)ins->imm - 1;
	Rm entry = { .mem = 1, .base = SCRATCH, .index = (u8)x, .scale = 2 };
	Table tab = { .first = e->l.table_label.n, .n = n };

	enc_alui(b, 7, 4, rm_reg(x), (i32)n);
	layout_jcc(&e->l, X_AE, e->label[goal(e, n)]);
	enc_rm(b, 0x8d, 8, SCRATCH, (Rm){ .mem = 1, .rip = true, .base = NOREG, .index = NOREG });
	tab.raw = b->n - 4;
	for (u32 k = 0; k < n; k++)
		vec_push(&e->l.table_label, e->label[goal(e, k)]);
	vec_push(&e->l.table, tab);
	enc_rm(b, 0x63, 8, t, entry);
	enc_rm(b, 0x03, 8, t, rm_reg(SCRATCH));
	enc_rm(b, 0xff, 4, 4, rm_reg(t));
}

void emit_special(Emit *e, const MIns *ins)
{
	switch (ins->op) {
	case M_MOVI: enc_movi(&e->l.raw, reg(e, ins, 0), (u64)ins->imm, true); break;
	case M_FCONST: emit_const(e, (i32)reg(e, ins, 0), ins->w == 8 ? OT_F64 : OT_F32, (u64)ins->imm); break;
	case M_VEC: emit_vec(e, ins); break;
	case M_VCONST: emit_vconst(e, ins); break;
	case M_VLOAD: case M_VSTORE: vmove(e, ins); break;
	case M_BSWAP: bswap(e, ins); break;
	case M_STORE: store(e, ins); break;
	case M_SETCC: setcc(e, ins); break;
	case M_CMOV: cmov(e, ins); break;
	case M_FSEL: fsel(e, ins); break;
	case M_ROUND: round_(e, ins); break;
	case M_ROUND2: round2(e, ins); break;
	case M_FSTORE: fstore(e, ins); break;
	case M_UCOMI: ucomi(e, ins); break;
	case M_CVTSI: cvtsi(e, ins); break;
	case M_CVTUI: cvtui(e, ins); break;
	case M_CVTTS: cvtts(e, ins); break;
	case M_CVTTU: cvttu(e, ins); break;
	case M_MOVXR: case M_MOVRX: between(e, ins); break;
	case M_FMIN: case M_FMAX: minmax(e, ins); break;
	case M_FCANON: fcanon(e, ins); break;
	case M_XCHG: case M_XADD: case M_CAS: atomic(e, ins); break;
	case M_MFENCE: buf_bytes(&e->l.raw, "\x0f\xae\xf0", 3); break;
	case M_ENTRY: case M_PIN: break;
	case M_LDARG: ldarg(e, ins); break;
	case M_X87: x87(e, ins); break;
	case M_CALL: case M_CALLI: case M_HCALL: call(e, ins); break;
	case M_TRAPCC: trapcc(e, ins); break;
	case M_TRAP: layout_jump(&e->l, emit_trap_stub(e, (u32)ins->imm, ins)); break;
	case M_JMP: jump_unless_next(e, goal(e, 0)); break;
	case M_BR: branch(e, ins); break;
	case M_SWITCH: branch_table(e, ins); break;
	case M_EXIT: emit_exit(e, ins); break;
	case M_RET: emit_epilogue(e); break;
	default: die(EXIT_VM, "amd64: cannot encode %s", amd64_ins[ins->op].name);
	}
}
