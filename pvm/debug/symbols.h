/* Inside debug: the functions of an ELF file. */
#ifndef PVM_DEBUG_SYMBOLS_H
#define PVM_DEBUG_SYMBOLS_H

#include "../base/base.h"

typedef struct DebugFunc {
	u64 at, size;    /* size 0: not known */
	const char *name;
} DebugFunc;

typedef struct DebugFuncs {
	VEC(DebugFunc) v; /* by address, one a place */
	Arena *names;
} DebugFuncs;

/* Reads the symbols of a file, those of separate debugging information included.  False: e says why (no libdw).  A file
 * without symbols gives an empty list. */
bool symbols_read(const char *path, DebugFuncs *out, Err *e);
void symbols_free(DebugFuncs *f);
/* The function around an address, or NULL. */
const DebugFunc *symbols_at(const DebugFuncs *f, u64 at);
const DebugFunc *symbols_find(const DebugFuncs *f, const char *name);

#endif
