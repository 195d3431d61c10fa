/* debug: looking into a running program. */
#ifndef PVM_DEBUG_H
#define PVM_DEBUG_H

#include "../run/run.h"

/* Runs the Task (made with o->stop) under a stepper that reads commands from `in` and answers on `out`.
 * `source` is the program's text, or NULL when it is not at hand.  Returns the exit status. */
int debug_run(Task *t, const char *source, FILE *in, FILE *out);

#endif
