/* back: O-code to machine code -- instruction selection, register allocation, encoding.
 *
 * The code is position-independent.  It reaches the VM through the Thread register (a Regfile *) and guest
 * memory through the memory base register. */
#ifndef PVM_BACK_H
#define PVM_BACK_H

#include "../base/base.h"
#include "../ocode/ocode.h"

/* What a relocation refers to. */
enum BackSym {
	SYM_FUNC,  /* P-code function `id`: its entry, or a stub that gets there */
	SYM_THUNK  /* one of the thunks below */
};
enum BackThunk {
	THUNK_HCALL, /* emitted code calls it with the row in one register and the argument array in another;
	              * it records exit_fp and exit_pc and goes to t->host[row](t, args) */
	THUNK_TRAP,  /* called with the trap code in a register; records exit_fp and exit_pc, goes to t->trap(t, code) */
	THUNK_PINNED_HCALL, /* of a unit that is `pinned` */
	THUNK_UNIT_HCALL, THUNK_UNIT_TRAP, /* the same for units, whose floating-point state and stack C must not have */
	/* Of units: each leaves emitted code through the unit's entry; what that returns is */
	THUNK_LEAVE, /* the kind of exit, in a register; exit_to is set */
	THUNK_LINK,  /* the address of the number that the run loop has put behind the call to here; exit_to is the pc of those to any */
	THUNK_JUMP,  /* kind 1: the pc in a register is not in the table of jumps, or `pending` is set */
	/* Units run on a stack of predicted returns, from t->ret_sp, growing downwards; every word of it is the address of code.
	 * At t->ret_base there is the lowest one, that of this thunk: it empties the stack and goes on by the table of jumps.
	 * Emitted code that is left in any way but by the thunks above leaves t->ret_sp wrong: it must be set to ret_base.  The
	 * same must be done before code is freed. */
	THUNK_RETURN,
	THUNK_COUNT
};

typedef struct BackReloc {
	u32 off;   /* of the field in the code */
	u8 sym;    /* BackSym */
	u8 kind;   /* the target's own: amd64 0 = rel32 of a call or jump */
	u32 id;
} BackReloc;

/* Where a value of a state map is. */
enum BackLocKind { LOC_NONE, LOC_REG, LOC_FREG, LOC_SPILL /* offset from the frame pointer */, LOC_CONST /* bits in vconst */ };
typedef struct BackLoc {
	u32 slot;  /* as in OSlotVal */
	u8 kind, type;
	i32 at;
	u64 bits;
} BackLoc;

/* A place that can be asked about: the return address behind a call, or the address of an instruction that
 * can fault.  Sites are sorted by offset. */
typedef struct BackSite {
	u32 off;
	u32 map;        /* index in the O-code function's map, 0 = none */
	u32 loc, nloc;  /* part of BackCode.loc */
} BackSite;

/* The site at an offset among n sorted ones, NULL if there is none.  The instruction behind a call begins at the call's
 * return address: of two sites there the first is the call's, the second the instruction's. */
const BackSite *back_site(const BackSite *site, u32 n, u32 off, bool call);

/* A unit's exit to a constant pc: a jump to its stub, until it is linked. */
typedef struct BackExit {
	u32 jump;  /* offset of the jump's field, which back_link fills in; aligned to its size */
	u32 stub;  /* offset of the stub */
	u32 id;    /* offset of the number (u32) that THUNK_LINK's result points to; the pc (u64) stands behind it */
	u64 pc;
	/* Of an exit to a pc in a register, as which the number has EXIT_ANY: */
	u32 word;  /* offset of the word that it is compared with, aligned, ~0 at first; 0 = a constant pc */
	u32 miss;  /* offset of the field of the jump on inequality, aligned; it goes to the stub, too, until the word is set, */
	u32 table; /* and then there */
} BackExit;
enum { EXIT_ANY = 1 << 30 };

typedef struct BackCode {
	Buf code;                /* instructions, then constants; to be placed 16-aligned */
	u32 text;                /* bytes of instructions */
	VEC(BackReloc) reloc;
	VEC(BackSite) site;
	VEC(BackLoc) loc;
	VEC(BackExit) exit;
	bool pinned;             /* a unit: slots of the register file are in registers while it runs, see back_pins */
} BackCode;
void back_code_free(BackCode *c);

typedef struct Target Target; /* registers, selection and encoding of one architecture; see target.h */

/* The target of the machine this runs on, or NULL where there is no back end for it yet. */
const Target *back_host(void);
/* By name ("amd64"), NULL if there is none. */
const Target *back_target(const char *name);
const char *back_name(const Target *t);

/* Compiles f (which the passes of opt level 0 have been over) and appends to c.  `dump`, if not NULL, gets
 * the allocation as text.  f may be changed.  Returns false and sets e (EXIT_UNSUPPORTED) for an operation the
 * target does not know, naming it. */
bool back_compile(const Target *t, OFunc *f, BackCode *c, Buf *dump, Err *e);

/* A thunk's code.  enter(Regfile *t, const void *code, const u64 *args) -> u64 calls emitted code of that
 * signature from C. */
void back_thunk(const Target *t, enum BackThunk which, BackCode *c);
void back_enter(const Target *t, u8 ret, const u8 *param, u32 nparam, BackCode *c);
/* The entry to units: enter(Regfile *t, const void *code) -> u64, see THUNK_LEAVE.  All units share its frame. */
void back_enter_unit(const Target *t, BackCode *c);
/* The slots that are in registers between units, and in those that are `pinned`: there a fault's registers come first, and
 * what its state map says behind.  C finds them in the register file. */
typedef struct BackPin { u32 slot /* offset in the register file */; u8 reg /* as `at` of LOC_REG */; } BackPin;
u32 back_pins(const Target *t, const BackPin **pins);
/* Lets the jump whose field is at `at` (and can be written at `write`) go to `to`: one aligned store. */
void back_link(const Target *t, u8 *write, const u8 *at, const u8 *to);
/* A stub: a jump to another place that can be changed later by one aligned store.  Returns its size in
 * bytes; `at` is where it will run (it must be 8-aligned), `write` where it is written, `to` its goal. */
u32 back_stub(const Target *t, u8 *write, const u8 *at, const u8 *to);
/* Fills in a relocation: `write` is the field's writable address, `at` where it runs.  False: out of reach. */
bool back_reloc(const Target *t, const BackReloc *r, u8 *write, const u8 *at, const u8 *to);
/* Makes new code visible to instruction fetch. */
void back_sync(const Target *t, const void *at, size_t n);

#endif
