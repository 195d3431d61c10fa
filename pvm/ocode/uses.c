/* What an instruction uses and where a block goes.  Besides this and the inline part of ocode.h, only
 * the checker and the text form know the forms. */
#include "ocode.h"

void ocode_uses(OFunc *f, OVal v, OUseFn *fn, void *ctx)
{
	ocode_each_use(f, v, fn, ctx);
}

u32 ocode_succs(const OFunc *f, u32 block, u32 *first, u32 two[2])
{
	const OIns *i = &f->ins.p[f->block.p[block].last];

	*first = 0;
	switch (i->op) {
	case O_JMP:
		two[0] = i->a;
		return 1;
	case O_BR:
		two[0] = i->b;
		two[1] = i->c;
		return 2;
	case O_SWITCH:
		*first = i->b;
		return i->c;
	default:
		return 0;
	}
}
