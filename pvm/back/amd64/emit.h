/* emit: the state of amd64's encoder, for emit*.c. */
#ifndef PVM_AMD64_EMIT_H
#define PVM_AMD64_EMIT_H

#include "amd64.h"

/* A cold stub that traps. */
typedef struct Stub { u32 label, code; const MIns *ins; /* NULL: no map */ } Stub;

typedef struct Emit {
	MFunc *m;
	BackCode *c;
	Layout l;
	u32 *label;         /* by block */
	u32 *thread;        /* by block: where a jump to it really goes */
	u32 mv;             /* next of m->move */
	u32 block, next;    /* the one being emitted, the one that will follow */
	bool keep_flags;    /* constants must */
	u32 npush, frame;
	u8 pushed[3];
	VEC(PMove) pm;
	bool vector_waits;     /* FSCRATCH has the vector that a cycle of moves begins with */
	Moves moves;
	VEC(Stub) stub;
} Emit;

/* An operand that may be a literal. */
typedef struct ERm { Rm rm; u32 lit; } ERm;

Rm emit_slot(const Emit *e, u32 slot);
Rm emit_loc(const Emit *e, i32 loc);
ERm emit_lit(Emit *e, u64 bits, u32 size);
ERm emit_src(Emit *e, const MIns *ins, u32 k);
void emit_rm(Emit *e, u32 opcode, u32 w, u32 reg, const ERm *rm, u32 tail); /* tail: bytes of immediate that follow */
void emit_move(Emit *e, i32 to, i32 from);
void emit_move16(Emit *e, i32 to, i32 from);
void emit_vec(Emit *e, const MIns *ins);
void emit_vconst(Emit *e, const MIns *ins);
void emit_const(Emit *e, i32 to, u32 type, u64 bits);
void emit_site(Emit *e, const MIns *ins, u32 off);
void emit_fault_site(Emit *e, const MIns *ins);
void emit_call(Emit *e, u32 sym, u32 id);
void emit_goto(Emit *e, u32 thunk); /* a jump there */
void emit_goto_if(Emit *e, u32 cc, u32 thunk);
void emit_epilogue(Emit *e);
void emit_special(Emit *e, const MIns *ins);
u32 emit_trap_stub(Emit *e, u32 code, const MIns *ins); /* its label */
void emit_stubs(Emit *e);
void emit_exit(Emit *e, const MIns *ins);
void emit_exit_stubs(Emit *e);

#endif
