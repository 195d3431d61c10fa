/* The executor by direct threading, where the compiler has labels as values. */
#include "interp.h"

#ifdef __GNUC__
#define INTERP_THREADED
#endif
#define INTERP_NAME interp_run_goto
#include "interp_run.inc"
