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

#endif
