/* Characters as Windows counts them, for everything that maps, compares and converts text. */
#ifndef PVM_WIN32_NLS_H
#define PVM_WIN32_NLS_H

#include "w32.h"

u32 nls_lower(u32 c);
u32 nls_upper(u32 c);
/* CT_CTYPE1, 2 and 3 of a UTF-16 unit. */
u16 nls_type(u32 which, u16 c);
/* A Latin letter without its accents, else itself; *accent: which one it had (0: none). */
u16 nls_base(u16 c, u32 *accent);
/* Compares as Windows sorts words: -1, 0, 1. */
int nls_compare(const u8 *a, size_t na, const u8 *b, size_t nb, u32 flags);
/* The bytes that sort as the text does, ended by a zero. */
void nls_sort_key(const u8 *w, size_t n, u32 flags, Buf *out);
/* The number of a code page that the value of a call means (0, 1 and 3: the system's own); 0: there is no such page. */
u32 codepage_number(u64 page);
/* Converts; units or bytes needed are returned, what fits is written.  *bad is set when something could not be. */
size_t codepage_to_wide(u32 page, const u8 *s, size_t n, u8 *to, size_t room, bool *bad);
size_t codepage_from_wide(u32 page, const u8 *w, size_t n, char *to, size_t room, const char *replace, bool best_fit, bool *bad);
bool codepage_lead_byte(u32 page, u8 b);

#endif
