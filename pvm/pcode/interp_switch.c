/* The executor by a switch, in portable C. */
#include "interp.h"

#define INTERP_NAME interp_run_switch
#include "interp_run.inc"
