/* pass: what the passes share.  Not a door of the room. */
#ifndef PVM_OPT_PASS_H
#define PVM_OPT_PASS_H

#include "opt.h"

/* The passes, one a file. */
OptPass opt_copy, opt_fold, opt_gvn, opt_checks, opt_slots, opt_loads, opt_licm, opt_strength, opt_dce, opt_layout;

/* What values are replaced by: to[v] is 0 for itself.  Chains are allowed and shortened on the way. */
OVal opt_find(u32 *to, OVal v);
/* Replaces the operands of one instruction, or of all. */
void opt_replace(OFunc *f, OVal v, u32 *to);
void opt_replace_all(OFunc *f, u32 *to);

/* Deletes blocks that cannot be reached and takes them out of the layout order.  True if there were some. */
bool opt_prune(OFunc *f, Arena *a);

/* fold and dce where all edges go forwards in the layout order and have no arguments: each in one walk. */
void opt_fold_forward(OFunc *f, Arena *a);
void opt_dce_forward(OFunc *f, Arena *a);

/* The k-th edge out of a block. */
typedef struct OptEdges {
	u32 n, first, two[2];
} OptEdges;
OptEdges opt_edges(const OFunc *f, u32 block);
static inline u32 opt_edge(const OptEdges *e, u32 k)
{
	return e->first ? e->first + k : e->two[k];
}

/* The one edge into the loop of header h from outside, 0 if there are several. */
u32 opt_way_in(const OFunc *f, const OCfg *g, u32 h);
/* A block in front of a loop, made on the edge that enters it; its jump takes over the edge's arguments. */
u32 opt_front(OFunc *f, u32 in);

/* An integer constant, sign-extended from its type; false if v is none. */
bool opt_const(const OFunc *f, OVal v, i64 *out);
/* Turns v into a constant in its place. */
void opt_make_const(OFunc *f, OVal v, u64 bits);
/* A new constant before another instruction. */
OVal opt_const_before(OFunc *f, OVal at, OType type, u64 bits);
/* The bits of a number in a type. */
u64 opt_bits(OType type, i64 n);

/* The condition with its operands exchanged, and its contrary. */
OCc opt_cc_swap(OCc cc);
OCc opt_cc_not(OCc cc);

/* GET slots that nobody writes while a thread runs. */
bool opt_fixed_slot(u32 off);

/* Blocks in preorder of the dominator tree, siblings in reverse postorder. */
u32 *opt_dom_order(const OCfg *g, Arena *a);

#endif
