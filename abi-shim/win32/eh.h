/* C++ exceptions of Visual C++: what the tables of both widths and both formats say, in one form. */
#ifndef PVM_EH_H
#define PVM_EH_H

#include "seh.h"

/* What is to be done when a state is left, and which state is next. */
typedef struct EhState {
	i32 next;
	u64 action;          /* guest address; 0: nothing */
	u8 kind;             /* 0: a piece of the function; 1: destructor of an object; 2: of what a pointer points to */
	u32 object;          /* its place in the frame */
} EhState;

typedef struct EhCatch {
	u32 flags;           /* 1 const, 8 by reference, 0x40 everything */
	u64 type;            /* guest address of its descriptor; 0: everything */
	i32 object;          /* its place in the frame; 0: none */
	u64 code;
	u32 parent;          /* x86-64: where the piece's frame keeps the function's; 0: as the piece says */
	u64 on[2];           /* where to go on, by the piece's answer; 0: the answer itself */
} EhCatch;

typedef struct EhTry {
	i32 low, high, catch_high;
	u32 first, n;        /* of the catches */
} EhTry;

typedef struct EhPlace {
	u32 at;              /* from this place of the image on */
	i32 state;
} EhPlace;

typedef struct EhTables {
	VEC(EhState) state;
	VEC(EhTry) try;
	VEC(EhCatch) catch;
	VEC(EhPlace) place;  /* sorted */
	bool only_cpp;       /* catch (...) takes C++ exceptions only */
	bool no_throw;
	bool piece;          /* of a catch block (format 4) */
	u32 parent;
} EhTables;

/* Reads the tables.  False: they are wrong. */
bool eh_read3(WThread *t, u64 base, u64 info, EhTables *out);
bool eh_read4(WThread *t, u64 base, u64 info, u32 function, EhTables *out);
void eh_free(EhTables *e);

#endif
