/* Tells by content what a file is. */
#include "loader.h"

#include <strings.h>

/* True if the bytes could be source text: no NUL and no control characters but the usual ones. */
static bool is_text(const u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < 0x20 && !(p[i] >= '\t' && p[i] <= '\r') && p[i] != 0x1a && p[i] != 0x1b)
			return false;
	return true;
}

static bool has_ending(const char *name, const char *ending)
{
	size_t n = strlen(name), k = strlen(ending);

	return n >= k && !strcasecmp(name + n - k, ending);
}

/* "MZ", and the new header it points to begins with "PE". */
static bool is_pe(const u8 *p, size_t n)
{
	if (n < 0x40 || p[0] != 'M' || p[1] != 'Z')
		return false;
	u32 at = ld32(p + 0x3c);
	return at <= n && n - at >= 4 && !memcmp(p + at, "PE\0\0", 4);
}

/* Text is Pascal unless its name says that it is something else that pvm will know: only .b does. */
enum FileKind loader_sniff(const u8 *p, size_t n, const char *name)
{
	if (pcode_sniff(p, n))
		return FILE_PCODE;
	if (n >= 4 && !memcmp(p, "\177ELF", 4))
		return FILE_ELF;
	if (is_pe(p, n))
		return FILE_PE;
	if (!is_text(p, n) || has_ending(name, ".b"))
		return FILE_UNKNOWN;
	return FILE_PASCAL;
}
