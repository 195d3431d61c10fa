/* opt: O-code to better O-code.  One pass a file; the order is passes.def. */
#ifndef PVM_OPT_H
#define PVM_OPT_H

#include "../base/base.h"
#include "../ocode/ocode.h"

/* A pass changes f and returns true if it changed anything.  Scratch memory comes from the arena. */
typedef bool OptPass(OFunc *f, Arena *a);

typedef struct OptInfo {
	const char *name;
	OptPass *run;
	u8 level; /* the lowest level at which it runs */
	const char *what;
} OptInfo;
extern const OptInfo opt_passes[];
extern const u32 opt_npasses;

/* Runs the passes of `level` (0 = what the back end needs, 1 = fast, 2 = all).  `after`, if not NULL, is
 * called behind each pass (dumps; the checker in debug builds and tests). */
void opt_run(OFunc *f, int level, void (*after)(void *ctx, const OFunc *f, const char *pass), void *ctx);

/* What pays for an x86 unit, which often runs once: folding, and what the back end needs.  That leaves dead code out by
 * itself; for eval it is taken out (`sweep`).  `after` as above. */
void opt_unit(OFunc *f, bool sweep, void (*after)(void *ctx, const OFunc *f, const char *pass), void *ctx);

/* Gives the O-code of a function of the module, on whose every call it may be put in place; NULL if it must not be,
 * or is too long to think of it.  The body stays the giver's. */
typedef struct OptBodies {
	const OFunc *(*get)(struct OptBodies *b, u32 func);
} OptBodies;

/* Inlining, to be done before opt_run; true if it changed anything. */
bool opt_inline(OFunc *f, OptBodies *bodies);

/* One pass by name, for the text tests; false when there is none of that name. */
bool opt_run_one(OFunc *f, const char *name);

#endif
