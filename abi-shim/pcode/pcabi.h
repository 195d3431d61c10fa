/* abi-shim/pcode: what P-code programs may ask of the host -- text, files, memory, time, process. */
#ifndef PVM_PCABI_H
#define PVM_PCABI_H

#include "../../pvm/run/run.h"

/* Finds the handler of an import; see AbiLookup in run.h. */
OHostFn *pcabi_lookup(Task *t, const char *module, const char *name, const char *sig, const char **why);

/* Gives the Task its files and arguments.  argv[0] is the program; argv must outlive the Task. */
void pcabi_start(Task *t, int argc, char **argv);
void pcabi_end(Task *t); /* frees what pcabi_start made */

/* Lets programs open files in this directory and below; the current directory is granted from the start. */
void pcabi_grant(const char *dir);

/* Lets programs call the host's libraries (`external`): they can then do whatever the user can. */
void pcabi_allow_ffi(void);

#endif
