/* The differential tester of x86 code: the same sequence on the real CPU and on pvm. */
#ifndef FUZZ_H
#define FUZZ_H

#include "../../pvm/x86/x86.h"

enum {
	CODE_AT = 0x1f000000,  /* one page: the sequence */
	LOW_AT = 0x1f002000,   /* one page: the way back from 32-bit code */
	RO_AT = 0x1ffff000,    /* one page: may be read, */
	DATA_AT = 0x20000000,  /* what the sequences may touch; nothing is mapped around the two */
	DATA_SIZE = 0x2000,
	MAX_ITEMS = 16,
	FX_SIZE = 832          /* XSAVE's standard format: x87, SSE, AVX */
};

/* A processor's state, before and after. */
typedef struct State {
	_Alignas(64) u8 fx[FX_SIZE];
	u64 gpr[16], pc, flags, fs, gs; /* the last two: bases */
	u16 sel[6];
	u32 steps; u64 trace;           /* single-stepped: how many, and a number made of where */
	u32 pool;                       /* data is this part of fuzz_data */
	u8 data[DATA_SIZE];
} State;

/* How a run ended: a processor's vector number, or one of these. */
enum { END_OK = 32, END_TIMEOUT, END_STEPS /* single-stepped often enough */, END_UNIMPL, END_OTHER };
enum { MOST_STEPS = 200 };
typedef struct End {
	int vector;     /* 0 #DE .. 19 #XM, END_* */
	u64 addr;       /* of a page fault */
	u32 op;         /* END_UNIMPL: the mnemonic */
	u32 error;      /* the processor's error code */
	u32 exit;       /* END_OTHER: the XExit */
} End;

/* An instruction of a sequence, with what prepares it. */
typedef struct Item {
	u8 b[112];
	u8 n, at;       /* bytes; where the instruction itself begins, */
	u8 end;         /* and ends */
	bool ud;        /* it is invalid */
	u8 next_at[2];  /* 0, or where 4 bytes get the address behind the instruction */
	u16 row;
	u8 rel_at, rel_size, skip; /* a branch over `skip` items; rel_size 0: none */
	u8 rip_at, rip_end;        /* a RIP-relative displacement; rip_end 0: none */
	u32 rip_to;
} Item;

typedef struct Case {
	enum XMode mode;
	Item item[MAX_ITEMS];
	u32 n;
	bool step;      /* with the trap flag */
	State in;
	u32 undefined, undefined_on_fault; /* flags at the end, anywhere */
} Case;

/* Thread descriptors of 32-bit code: selectors 0x63, 0x6b, 0x73. */
static const u32 fuzz_tls[3] = { DATA_AT + 16, 0, DATA_AT + 0x80 };
/* Local descriptors: selectors 7, 15, ...; access and flags as x86_descriptor takes them. */
typedef struct FuzzDesc { u32 base, limit, access, flags; } FuzzDesc;
enum { LDT_FLAT_UP = 3, LDT_FLAT_DOWN = 6 /* usual pointers are within these two */ };
static const FuzzDesc fuzz_ldt[] = {
	{ DATA_AT, 0xfff, 0xf3, 4 },            /* the first page */
	{ DATA_AT, 0xfff, 0xf7, 4 },            /* down: the second one */
	{ 0, 0xfffff, 0xf1, 0xc },              /* to be read only */
	{ 0, DATA_AT / 4096 + 1, 0xf3, 0xc },   /* up to the data's end */
	{ 0, 0xfffff, 0x73, 0xc },              /* not present */
	{ 0, 0xfffff, 0xfb, 0xc },              /* code */
	{ 0, DATA_AT / 4096 - 2, 0xf7, 0xc },   /* down to a page before the data */
	{ 0, 0xfffff, 0xf9, 0xc },              /* code that cannot be read */
	{ DATA_AT, 0x7ff, 0xf7, 0 },            /* down, to 64 KiB */
	{ DATA_AT - 64, 0x103d, 0xf3, 4 }
};
static inline void fuzz_stepped(State *s, u64 pc)
{
	s->steps++;
	s->trace = (s->trace ^ pc) * 0x9e3779b97f4a7c15ull;
}

/* ---- gen.c ---- */
extern u64 fuzz_rng;
u64 fuzz_random(void);
u32 fuzz_below(u32 n);
bool fuzz_one_in(u32 n);
u64 fuzz_interesting(void);
typedef struct RowInfo { u16 op; u8 family; bool there, tested; const char *family_name; } RowInfo;
u32 fuzz_rows(void);
const RowInfo *fuzz_row(u32 row);
bool fuzz_row_in(u32 row, enum XMode mode);
/* Adds an instruction of the row; false if none could be made. */
bool fuzz_add(Case *c, u32 row);
void fuzz_state(State *s, enum XMode mode);
/* One of 4096 pieces of the same random bytes, DATA_SIZE long. */
const u8 *fuzz_data(u32 pool);
/* What is in the page at RO_AT. */
const u8 *fuzz_readonly(void);
/* Whether it has instructions that access memory in pieces, in an order of the processor's own: where such a sequence
 * faults, only that it does is compared. */
bool fuzz_wide(const Case *c);
/* Whether it gathers. */
bool fuzz_gathers(const Case *c);
/* Whether it has a move of lanes under a mask. */
bool fuzz_masked(const Case *c);
/* Whether it has x87 instructions. */
bool fuzz_x87(const Case *c);
/* x87's transcendental functions: soft80 may give a neighbour of the processor's result. */
bool fuzz_transcendental(u32 op);
bool fuzz_loose(const Case *c); /* has one */
/* 0, or how often the sequence is run: the count is in memory, where it may change it itself. */
extern u32 fuzz_rounds;
enum { ROUNDS_AT = DATA_AT + 0xc40 };
/* Lays the sequence out at CODE_AT; returns its size. */
u32 fuzz_layout(const Case *c, u8 *code);
/* The whole page at CODE_AT: the sequence, the jump back, zeros. */
void fuzz_page(const Case *c, u32 size, u8 *page);
/* Finds which flags are undefined; false: an instruction reads an undefined one. */
bool fuzz_flags(Case *c);
/* The same along a way that was gone (see machine_path), where it followed a pointer to elsewhere than behind the instruction:
 * what fuzz_flags has found holds for all others. */
bool fuzz_flags_along(Case *c, const u8 *code, const u16 *path, u32 n);

/* ---- prepare.c ---- */
void fuzz_add_bytes(Item *it, const void *p, u32 n);
/* What has to go before an instruction, which it may change: counts, flags without TF, a return address, selectors. */
void fuzz_prepare(Item *it, const XInsn *i, u8 *code);
/* What has to go behind it: registers whose value is the processor's own affair are cleared. */
void fuzz_cover(Item *it, const XInsn *i);
/* Whether its memory operand has to be at a fixed address, where fuzz_prepare writes. */
bool fuzz_fixed(u32 op, bool memory_destination);

/* Whether it is to be without odd prefixes: the kernel, which does some instructions, does not know all; segments that
 * cannot be written end a sequence in 32-bit mode; and pvm has no far jumps to code of the other mode. */
bool fuzz_plain(const XInsn *i);

/* ---- native.c ---- */
void native_init(void);
void native_signals(void);
End native_run(const Case *c, u32 size, State *out);

/* ---- machine.c ---- */
End machine_run(const Case *c, u32 size, State *out, u32 max_insns, bool check);
extern bool machine_quick; /* as quick code; false: instruction by instruction of O-code */

/* Where the last run went, if that was an instruction at a time: offsets from CODE_AT. */
enum { MOST_UNITS = 1000 };
extern u16 machine_path[MOST_UNITS + 1];
extern u32 machine_path_n;

/* What the kernel answers to a call that it does not have. */
void machine_no_call(Regfile *r, enum XMode m);
/* The state of a case in a register file (and at DATA_AT), and back. */
void machine_state_in(const Case *c, Regfile *to);
int fuzz_vector(XExit exit);                 /* how such an exit ends a sequence */
void machine_state_out(const Regfile *from, State *out, u64 pc);

/* ---- machine_jit.c ---- */
void jit_init(enum XMode mode); /* before native_init */
End jit_run(const Case *c, u32 size, State *out);

/* ---- verdict.c ---- */
extern bool fuzz_jit; /* the JIT instead of eval */
typedef struct Verdict {
	bool skipped, unimpl;
	u32 op;
	char why[200];      /* "" = equal */
} Verdict;
/* The sequence's code must lie at CODE_AT. */
Verdict fuzz_judge(const Case *c, End cpu_end, const State *cpu, End vm_end, const State *vm);
void fuzz_print(const Case *c);

/* ---- compare.c ---- */
Verdict fuzz_try(const Case *c, u32 max_insns, bool check);
void fuzz_shrink(Case *c, u32 max_insns);

/* ---- record.c ---- */
/* A file of cases with what the processor did, for machines of other kinds.  Numbers are little-endian. */
void record_begin(FILE *f);
void record_write(FILE *f, const Case *c, End end, const State *out);
/* Ends the program when the file is not of this version of the tester. */
void record_open(FILE *f);
/* False: the file is over. */
bool record_read(FILE *f, Case *c, End *end, State *out);

#endif
