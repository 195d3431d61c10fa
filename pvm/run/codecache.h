/* codecache: memory for emitted code, mapped twice -- writable here, executable there -- so that no page is
 * both at once. */
#ifndef PVM_CODECACHE_H
#define PVM_CODECACHE_H

#include "../base/base.h"

enum { CODECACHE_SIZE = 64 << 20 };

typedef struct CodeCache {
	u8 *w, *x;  /* the same bytes: to write, to execute */
	u32 used;
	bool shared; /* with another process that may still read what is used */
} CodeCache;

/* `nameless`: without a memory file, because perf looks into its map for nameless memory only. */
bool codecache_new(CodeCache *c, bool nameless, Err *e);
void codecache_free(CodeCache *c);
/* Memory of its own at the same places, shared with nobody, with the bytes in use. */
bool codecache_own(CodeCache *c);
/* Takes n bytes, aligned to 16; UINT32_MAX when the cache is full. */
u32 codecache_take(CodeCache *c, u32 n);

#endif
