/* On-stack replacement enters a function in the middle of its loops.  The way in would make one tangled loop of the
 * nest around that place, for an outer loop's header would no longer be passed by all who come to the inner one,
 * and nothing could be moved out of the inner loop.
 *
 * So the body is lowered once for each loop of the nest, from the inside outwards.  Copy 0 is entered at the label;
 * a jump to the header of the nest's loop e leads to copy e, or stays in its copy if that is further out.  Each
 * header is then entered from outside by its own jumps only, and what a copy cannot reach falls away. */
#include "lower.h"

#include <stdlib.h>

/* The most copies, and what all of them may have as bytes of P-code. */
enum { MOST_COPIES = 4, MOST_CODE = 16384 };

typedef struct Extent {
	u32 from, to; /* positions of the label and of the last jump back to it; to 0 = it is no loop */
} Extent;

static void skip_immediates(const char *imm, Rd *r, u32 *first)
{
	u32 n = 0;

	for (; *imm; imm++, n++) {
		u32 v = 0;
		switch (*imm) {
		case 's': rd_sleb32(r); break;
		case 'S': rd_sleb64(r); break;
		case 'f': rd_u32(r); break;
		case 'd': rd_u64(r); break;
		case 'm': rd_uleb32(r); rd_uleb32(r); break;
		default: v = rd_uleb32(r);
		}
		if (n == 0)
			*first = v;
	}
}

static void jump_from(Extent *x, u32 label, u32 at)
{
	if (x[label].from && at > x[label].from)
		x[label].to = at;
}

/* Positions are those behind the instruction, so that none is 0. */
static void find_extents(const PFunc *pf, Extent *x)
{
	Rd r = {.p = pf->code, .end = pf->code + pf->code_len};
	u32 label = 0;

	while (r.p < r.end) {
		POp op = *r.p++;
		if (op == P_JUMP_TABLE) {
			for (u32 n = rd_uleb32(&r) + 1; n; n--)
				jump_from(x, rd_uleb32(&r), (u32)(r.p - pf->code));
			continue;
		}
		skip_immediates(pcode_ops[op].imm, &r, &label);
		u32 at = (u32)(r.p - pf->code);
		if (op == P_LOOP)
			x[label].from = at;
		else if (op == P_JUMP || op == P_JUMP_IF || op == P_JUMP_IFZ)
			jump_from(x, label, at);
	}
}

/* The loop with the innermost header that is around `inner`; UINT32_MAX if there is none. */
static u32 around(const Extent *x, u32 n, u32 inner, u32 osr)
{
	u32 best = UINT32_MAX;

	for (u32 k = 0; k < n; k++)
		if (x[k].from < x[inner].from && x[k].to > x[osr].from && (best == UINT32_MAX || x[k].from > x[best].from))
			best = k;
	return best;
}

u32 lower_nest(const PFunc *pf, u32 osr, u8 *nest)
{
	Extent *x = xcalloc(pf->nlabel + 1, sizeof *x);
	u32 copies = 1, most = MIN(MOST_COPIES, MOST_CODE / MAX(pf->code_len, 1)), k = osr;

	find_extents(pf, x);
	while (copies < most && (k = around(x, pf->nlabel, k, osr)) != UINT32_MAX)
		nest[k] = (u8)copies++;
	free(x);
	return copies;
}
