/* debug: looking into a running program. */
#ifndef PVM_DEBUG_H
#define PVM_DEBUG_H

#include "../run/foreign.h"
#include "../run/run.h"

/* Runs the Task (made with o->stop) under a stepper that reads commands from `in` and answers on `out`.
 * `source` is the program's text, or NULL when it is not at hand.  Returns the exit status. */
int debug_run(Task *t, const char *source, FILE *in, FILE *out);

/* Prints the call chain of a foreign program that dies by `sig`, from its registers as they are, on standard error: an
 * address, function, file and line, and object a frame.  The thread's memory is only read; needs libdw at run time. */
void debug_backtrace(XThread *x, int sig);

/* `pvm dump` of a Linux program p[0..n) (the whole file): a function by name or "0xADDRESS", or all (func NULL), as the
 * stage sees it (enum Stage), or as instructions of its own with the names of what they call (stage -1).  On standard
 * output; returns the exit status. */
int debug_dump(const char *path, const u8 *p, size_t n, const char *func, int stage);

/* `pvm info`: what the program is, and what it needs; EXIT_UNSUPPORTED if some of that is not here.  root: of --root. */
int debug_info(const char *path, const u8 *p, size_t n, const char *root);

#endif
