/* Structured exceptions: contexts and records in guest memory, and the unwinding of x86-64 by tables. */
#ifndef PVM_SEH_H
#define PVM_SEH_H

#include "handlers.h"

enum SehFlags { SEH_NONCONTINUABLE = 1, SEH_UNWINDING = 2, SEH_EXIT_UNWIND = 4, SEH_TARGET = 0x20 };
enum SehAnswer { SEH_CONTINUE, SEH_SEARCH, SEH_NESTED, SEH_COLLIDED };

/* Bytes of CONTEXT and EXCEPTION_RECORD. */
u64 seh_context_size(const WThread *t);
u64 seh_record_size(const WThread *t);
/* Any thread's registers, which must not run, to a CONTEXT's bytes and back (those parts). */
enum SehParts { SEH_CONTROL = 1, SEH_INTEGER = 2, SEH_FLOATING = 8 };
void seh_put(WThread *of, u8 *p);
void seh_get(WThread *of, const u8 *p, u32 parts);
/* The thread's registers to a CONTEXT and back. */
void seh_save(WThread *t, u64 context);
void seh_restore(WThread *t, u64 context);

/* Registers while frames are walked. */
typedef struct SehFrame {
	u64 reg[16], pc;
	u64 base;        /* of the module with pc */
	u64 entry;       /* guest address of the RUNTIME_FUNCTION; 0: a leaf */
	u64 frame;       /* the establisher's */
	u64 handler;     /* 0: none */
	u64 data;        /* the handler's */
} SehFrame;

/* Reads a frame's registers from a CONTEXT, and writes them. */
void seh_frame_read(WThread *t, u64 context, SehFrame *f);
void seh_frame_write(WThread *t, u64 context, const SehFrame *f);
/* Looks up the function of f->pc: base and entry. */
void seh_lookup(WThread *t, SehFrame *f);
/* Goes up to the caller; sets frame, handler and data of the frame that was left.  kind: UNW flags that a handler must have.
 * False: the tables are wrong, or the stack is at its end.  Source: Microsoft, "x64 exception handling". */
bool seh_unwind(WThread *t, SehFrame *f, u32 kind);

/* RtlUnwindEx's work; at_last, if there is one, runs when the target is reached and says where to go on. */
u64 seh_unwind_to(WThread *t, const u64 *a, u64 (*at_last)(WThread *t, void *arg), void *arg);

#endif
