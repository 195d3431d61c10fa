/* Reads and checks P-code modules. */
#include "loader.h"

PModule *loader_pcode(const u8 *p, size_t n, const char *name, Err *e)
{
	Err why = {0};
	PModule *m = pcode_read(p, n, name, e);

	if (!m || pcode_check(m, &why))
		return m;
	pcode_free(m);
	err_set(e, why.status, "%.150s: %s", name, why.msg);
	return NULL;
}
