/* Inside debug: libdw and libelf, opened at run time. */
#ifndef PVM_DEBUG_DWFL_H
#define PVM_DEBUG_DWFL_H

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <gelf.h>

#include "../base/base.h"

/* Each function as a pointer of the same name. */
typedef struct DwflApi {
#define F(result, name, params) result (*name) params;
#include "dwfl.def"
#undef F
} DwflApi;

/* NULL: the library, or one of its functions, is not on this machine. */
const DwflApi *dwfl_api(void);
/* An empty session that finds separate files of debugging information where Debian keeps them; NULL: no memory. */
Dwfl *dwfl_session(const DwflApi *d);

/* Runs fn(ctx) in a child process, for at most `seconds`: a hostile file may break a library that reads it.  The child's
 * exit status, or -1 when it did not come to an end by itself. */
int dwfl_apart(int (*fn)(void *ctx), void *ctx, unsigned seconds);

/* "name+0x12 (file.c:34)" of an address; "" if nothing is known.  back: it is a return address, so the call before counts. */
void dwfl_place(const DwflApi *d, Dwfl *w, u64 pc, bool back, Buf *out);

#endif
