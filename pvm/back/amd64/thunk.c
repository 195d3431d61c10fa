/* thunk: the ways between emitted code and C (System V AMD64 ABI), stubs and relocations. */
#include <stdlib.h>

#include "amd64.h"

/* Leaves emitted code for C: records where. */
static void record_place(Buf *b)
{
	enc_rm(b, 0x89, 8, RBP, rm_mem(R15, (i32)REG_OFF(exit_fp)));
	enc_rm(b, 0x8b, 8, RCX, rm_mem(RSP, 0));
	enc_rm(b, 0x89, 8, RCX, rm_mem(R15, (i32)REG_OFF(exit_pc)));
}

/* Units leave the stack of returns for their frame, which is aligned. */
static void to_frame(Buf *b)
{
	enc_rm(b, 0x89, 8, RSP, rm_mem(R15, (i32)REG_OFF(ret_sp)));
	enc_rm(b, 0x8d, 8, RSP, rm_mem(RBP, -UNIT_FRAME));
}

/* ---- the control and status word of vector floating point (MXCSR): the guest's while a unit runs ---- */

enum { HOST_MXCSR = 0x1f80 /* the system's at a process's start: nothing in pvm changes it */, MXCSR_FLAGS = 0x3f };

static u32 skip_if_equal(Buf *b)
{
	buf_u16(b, 0x0074);
	return b->n;
}

static void land(Buf *b, u32 skip)
{
	b->p[skip - 1] = (u8)(b->n - skip);
}

/* Loading it costs as much as the rest of a call, so that is left out where it changes nothing that matters: the host's
 * code does not look at the flags, the guest's does.  Both spoil rcx. */
static void load_guest_mxcsr(Buf *b)
{
	u32 skip;

	enc_rm(b, 0x0fae, 4, 3, rm_mem(RSP, -8));
	enc_rm(b, 0x8b, 4, RCX, rm_mem(RSP, -8));
	enc_rm(b, 0x3b, 4, RCX, rm_mem(R15, (i32)REG_SLOT(REG_FPC)));
	skip = skip_if_equal(b);
	enc_rm(b, 0x0fae, 4, 2, rm_mem(R15, (i32)REG_SLOT(REG_FPC)));
	land(b, skip);
}

static void store_guest_mxcsr(Buf *b)
{
	u32 skip;

	enc_rm(b, 0x0fae, 4, 3, rm_mem(R15, (i32)REG_SLOT(REG_FPC)));
	enc_rm(b, 0x8b, 4, RCX, rm_mem(R15, (i32)REG_SLOT(REG_FPC)));
	enc_alui(b, 4, 4, rm_reg(RCX), ~MXCSR_FLAGS);
	enc_alui(b, 7, 4, rm_reg(RCX), HOST_MXCSR);
	skip = skip_if_equal(b);
	buf_u8(b, 0x68); /* push */
	buf_u32(b, HOST_MXCSR);
	enc_rm(b, 0x0fae, 4, 2, rm_mem(RSP, 0));
	enc_alui(b, 0, 8, rm_reg(RSP), 8);
	land(b, skip);
}

/* The guest's x87 state into its slots, if it is in the x87; keeps rax and rsi, needs an aligned stack. */
static void store_guest_x87(Buf *b)
{
	u32 skip;

	enc_alui(b, 7, 4, rm_mem(R15, (i32)REG_OFF(fpu_live)), 0);
	skip = skip_if_equal(b);
	enc_push(b, RAX);
	enc_push(b, RSI);
	enc_mov(b, 8, RDI, R15);
	enc_rm(b, 0x33, 4, RSI, rm_reg(RSI));
	enc_rm(b, 0xff, 4, 2, rm_mem(R15, (i32)REG_OFF(fpu)));
	enc_pop(b, RSI);
	enc_pop(b, RAX);
	land(b, skip);
}

void amd64_store_pins(Buf *b)
{
	for (u32 k = 0; k < amd64_target.npin; k++)
		enc_rm(b, 0x89, 8, amd64_target.pin[k].reg, rm_mem(R15, (i32)amd64_target.pin[k].slot));
}

void amd64_load_pins(Buf *b)
{
	for (u32 k = 0; k < amd64_target.npin; k++)
		enc_rm(b, 0x8b, 8, amd64_target.pin[k].reg, rm_mem(R15, (i32)amd64_target.pin[k].slot));
}

static const u8 saved[] = { RBX, R12, R13, R14, R15 };

static void back_to_c(Buf *b)
{
	enc_rm(b, 0x8d, 8, RSP, rm_mem(RBP, -8 * (i32)COUNT(saved)));
	for (u32 k = COUNT(saved); k-- > 0;)
		enc_pop(b, saved[k]);
	enc_pop(b, RBP);
	buf_u8(b, 0xc3);
}

/* The ways out of units: all end in the entry's epilogue. */
static void thunk_unit(enum BackThunk which, Buf *b)
{
	if (which != THUNK_LEAVE)
		enc_rm(b, 0x89, 8, RAX, rm_mem(R15, (i32)REG_OFF(exit_to)));
	if (which == THUNK_LINK)
		enc_pop(b, RAX);
	else if (which == THUNK_JUMP)
		enc_movi(b, RAX, 1, true);
	to_frame(b);
	amd64_store_pins(b);
	store_guest_mxcsr(b);
	store_guest_x87(b);
	back_to_c(b);
}

/* Returns that were not predicted.  The table's miss is THUNK_JUMP, again. */
static void thunk_return(Buf *b)
{
	u32 miss, busy;

	enc_rm(b, 0x8b, 8, RSP, rm_mem(R15, (i32)REG_OFF(ret_base)));
	amd64_look_up(b);
	buf_u16(b, 0x0075);
	miss = b->n;
	enc_alui(b, 7, 4, rm_mem(R15, (i32)REG_OFF(pending)), 0);
	buf_u16(b, 0x0075);
	busy = b->n;
	enc_rm(b, 0xff, 4, 4, rm_mem(RCX, (i32)offsetof(OJump, code)));
	b->p[miss - 1] = (u8)(b->n - miss);
	b->p[busy - 1] = (u8)(b->n - busy);
	thunk_unit(THUNK_JUMP, b);
}

void amd64_enter_unit(BackCode *c)
{
	Buf *b = &c->code;

	enc_push(b, RBP);
	enc_mov(b, 8, RBP, RSP);
	for (u32 k = 0; k < COUNT(saved); k++)
		enc_push(b, saved[k]);
	enc_mov(b, 8, R15, RDI);
	enc_rm(b, 0x8b, 8, R14, rm_mem(RDI, (i32)REG_OFF(mem)));
	load_guest_mxcsr(b);
	amd64_load_pins(b);
	enc_rm(b, 0x8b, 8, RSP, rm_mem(R15, (i32)REG_OFF(ret_sp)));
	enc_rm(b, 0xff, 4, 4, rm_reg(RSI));
	c->text = b->n;
}

/* The field is aligned, so threads that run through it see the old goal or the new one. */
void amd64_link(u8 *write, const u8 *at, const u8 *to)
{
	__atomic_store_n((u32 *)(void *)write, (u32)(to - (at + 4)), __ATOMIC_RELEASE);
}

/* Calls C: row eax of the table with arguments at rsi, or the trap function with the code in eax.  C preserves rbx, rbp
 * and r12 to r15. */
static void call_c(bool trap, Buf *b)
{
	Rm row = { .mem = 1, .base = RCX, .index = RAX, .scale = 3 };

	enc_mov(b, 8, RDI, R15);
	if (trap) {
		enc_mov(b, 4, RSI, RAX);
		enc_rm(b, 0xff, 4, 2, rm_mem(R15, (i32)REG_OFF(trap)));
		return;
	}
	enc_rm(b, 0x8b, 8, RCX, rm_mem(R15, (i32)REG_OFF(host)));
	enc_rm(b, 0xff, 4, 2, row);
}

static void thunk_call(bool trap, Buf *b)
{
	record_place(b);
	enc_push(b, RBP);
	enc_mov(b, 8, RBP, RSP);
	enc_alui(b, 4, 8, rm_reg(RSP), -16);
	call_c(trap, b);
	buf_u8(b, 0xc9);
	buf_u8(b, 0xc3);
}

static void thunk_unit_call(bool trap, bool pinned, Buf *b)
{
	if (pinned)
		amd64_store_pins(b);
	record_place(b);
	to_frame(b);
	store_guest_mxcsr(b);
	store_guest_x87(b);
	call_c(trap, b);
	load_guest_mxcsr(b);
	if (pinned)
		amd64_load_pins(b);
	enc_rm(b, 0x8b, 8, RSP, rm_mem(R15, (i32)REG_OFF(ret_sp)));
	buf_u8(b, 0xc3);
}

void amd64_thunk(enum BackThunk which, BackCode *c)
{
	Buf *b = &c->code;

	switch (which) {
	case THUNK_HCALL: case THUNK_TRAP: thunk_call(which == THUNK_TRAP, b); break;
	case THUNK_UNIT_HCALL: case THUNK_UNIT_TRAP: thunk_unit_call(which == THUNK_UNIT_TRAP, false, b); break;
	case THUNK_PINNED_HCALL: thunk_unit_call(false, true, b); break;
	case THUNK_RETURN: thunk_return(b); break;
	default: thunk_unit(which, b);
	}
	c->text = b->n;
}

static void enter_args(Buf *b, const u8 *param, u32 n, const u16 *reg)
{
	for (u32 i = 0; i < n; i++)
		if (reg[i] >= NREG) {
			enc_rm(b, 0x8b, 8, RCX, rm_mem(R11, 8 * (i32)i));
			enc_rm(b, 0x89, 8, RCX, rm_mem(RSP, 8 * (reg[i] - NREG)));
		}
	for (u32 i = 0; i < n; i++)
		if (type_is_float(param[i]) && reg[i] < NREG)
			enc_rm(b, param[i] == OT_F64 ? 0xf2000f10 : 0xf3000f10, 4, reg[i], rm_mem(R11, 8 * (i32)i));
		else if (reg[i] < NREG)
			enc_rm(b, 0x8b, param[i] == OT_I64 ? 8 : 4, reg[i], rm_mem(R11, 8 * (i32)i));
}

void amd64_enter(u8 ret, const u8 *param, u32 nparam, BackCode *c)
{
	Buf *b = &c->code;
	u16 *reg = xmalloc((nparam + 1) * sizeof *reg);
	u32 words = amd64_args(param, nparam, reg);

	enc_push(b, RBP);
	enc_mov(b, 8, RBP, RSP);
	for (u32 k = 0; k < COUNT(saved); k++)
		enc_push(b, saved[k]);
	enc_alui(b, 5, 8, rm_reg(RSP), 8 * (i32)(words + 1));
	enc_mov(b, 8, R15, RDI);
	enc_rm(b, 0x8b, 8, R14, rm_mem(RDI, (i32)REG_OFF(mem)));
	enc_mov(b, 8, RAX, RSI);
	enc_mov(b, 8, R11, RDX);
	enter_args(b, param, nparam, reg);
	enc_rm(b, 0xff, 4, 2, rm_reg(RAX));
	if (ret == OT_F64)
		enc_rm(b, 0x66000f7e, 8, XMM0, rm_reg(RAX));
	else if (ret == OT_F32)
		enc_rm(b, 0x66000f7e, 4, XMM0, rm_reg(RAX));
	else if (ret == OT_I32)
		enc_mov(b, 4, RAX, RAX);
	back_to_c(b);
	c->text = b->n;
	free(reg);
}

/* An aligned word that holds jmp rel32: changed by one store. */
u32 amd64_stub(u8 *write, const u8 *at, const u8 *to)
{
	u64 word = 0xcccccc00000000e9ull | (u64)(u32)(to - (at + 5)) << 8;

	__atomic_store_n((u64 *)(void *)write, word, __ATOMIC_RELEASE);
	return 8;
}

bool amd64_reloc(const BackReloc *r, u8 *write, const u8 *at, const u8 *to)
{
	i64 rel = (i64)((uintptr_t)to - ((uintptr_t)at + 4));

	if (rel != (i32)rel)
		return false;
	st32(write, (u32)rel);
	return true;
}
