/* The reference P-machine: its entry, its stacks, its activations.
 *
 * A function is translated from stack code to register code on its first call (interp_translate.c), and the
 * register code is run by one of the two executors made from interp_run.inc. */
#include "interp.h"

#include <stdlib.h>
#include <sys/mman.h>

/* Stacks are reserved at once and committed as they are touched. */
enum { MAX_ACTS = 4 << 20, MAX_SLOTS = 32 << 20, MARGIN = 8 };

bool interp_threaded = true;

const IOpInfo interp_ops[I_COUNT] = {
#define ROW(op, suffix, fmt, len, kind, form, pure, first) [I_##op##suffix] = {#op #suffix, fmt, len, kind, form, pure, first},
#define LONG_I 0
#define LONG_L 0
#define LONG_F 1
#define LONG_D 1
#define IMM_I "dai"
#define IMM_L "dai"
#define IMM_F "da-f"
#define IMM_D "da-f"
#define BIN(op, T, check, kind) \
	ROW(op, , "dab", 2, kind, RR, sizeof #check == 1, I_##op) \
	ROW(op, _RI, IMM_##T, 2 + LONG_##T, kind, RI, sizeof #check == 1, I_##op)
#define BINC(op, T, check, e) BIN(op, T, check, K_BINC)
#define BINN(op, T, check, e) BIN(op, T, check, K_BINN) ROW(op, _IR, IMM_##T, 2 + LONG_##T, K_BINN, IR, sizeof #check == 1, I_##op)
#define CMP(op, T, kind) \
	ROW(op, , "dab", 2, kind, CMP_RR, true, I_##op) ROW(op, _RI, IMM_##T, 2 + LONG_##T, kind, CMP_RI, true, I_##op) \
	ROW(op, _JT, "xaj", 2, kind, JT, false, I_##op) ROW(op, _JTI, "xjk", 3, kind, JTI, false, I_##op)
#define CMPI(op, T, e) CMP(op, T, K_CMPI)
#define CMPF(op, T, e) CMP(op, T, K_CMPF) \
	ROW(op, _JF, "xaj", 2, K_CMPF, JF, false, I_##op) ROW(op, _JFI, "xjk", 3, K_CMPF, JFI, false, I_##op)
#define INC(op, e) ROW(INC_##op, , "xajr", 3, K_INC, 0, false, I_INC_##op) ROW(INC_##op, _I, "xjr", 3, K_INC, 1, false, I_INC_##op)
#define FOR(op, e) ROW(FOR_##op, , "xajr", 3, K_INC, 0, false, I_FOR_##op) ROW(FOR_##op, _I, "xjr", 3, K_INC, 1, false, I_FOR_##op)
#define OLD(op, e) ROW(OLD_##op, , "xajr", 3, K_INC, 0, false, I_OLD_##op) ROW(OLD_##op, _I, "xjr", 3, K_INC, 1, false, I_OLD_##op)
#define UN(op, T, U, check, e) ROW(op, , "da", 2, K_UN, 0, sizeof #check == 1, I_##op)
#define MEM(op, x, kind) \
	ROW(op, , x "ai", 2, kind, MEM_R, false, I_##op) ROW(op, _C, x "i", 2, kind, MEM_C, false, I_##op) \
	ROW(op, _F, x "i", 2, kind, MEM_F, false, I_##op) \
	ROW(op, _XR, x "abrs", 4, kind, MEM_XR, false, I_##op) ROW(op, _XC, x "brs", 4, kind, MEM_XC, false, I_##op) \
	ROW(op, _XF, x "brs", 4, kind, MEM_XF, false, I_##op) \
	ROW(op, _UR, x "abrs", 4, kind, MEM_UR, false, I_##op) ROW(op, _UC, x "brs", 4, kind, MEM_UC, false, I_##op) \
	ROW(op, _UF, x "brs", 4, kind, MEM_UF, false, I_##op)
#define LD(op, n, e) MEM(op, "d", K_LD)
#define ST(op, T, n, s) MEM(op, "x", K_ST)
#define MEM2(op, x) \
	ROW(op, _2R, x "abcrst", 6, K_MEM2, 0, false, I_##op##_2R) ROW(op, _2C, x "bcrst", 6, K_MEM2, 1, false, I_##op##_2R) \
	ROW(op, _2F, x "bcrst", 6, K_MEM2, 2, false, I_##op##_2R)
#define LD2(op, n, e) MEM2(op, "d")
#define ST2(op, T, n, s) MEM2(op, "x")
#define OP(op, n, fmt) ROW(op, , fmt, n, K_OP, 0, I_##op <= I_FRAME, I_##op)
#include "interp.def"
#include "interp_undef.h"
};

static void *reserve(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		die(EXIT_VM, "out of memory (%zu bytes for the interpreter's stack)", n);
	return p;
}

Interp *interp_of(PEnv *env)
{
	Interp *in = env->priv;

	if (in)
		return in;
	in = env->priv = xcalloc(1, sizeof *in);
	in->env = env;
	in->run = interp_threaded ? interp_run_goto : interp_run_switch;
	in->run(in, NULL, NULL, NULL, &in->handler);
	in->fn = xcalloc(env->m->nfunc, sizeof *in->fn);
	for (u32 k = 0; k < env->m->nfunc; k++) {
		IFunc *f = &in->fn[k];
		f->func = k;
		f->code = f->stub;
		interp_set(in, &f->stub[0], I_TRANSLATE);
		f->stub[1].i = (i32)k;
	}
	interp_set(in, &in->halt[CALL_WORDS], I_HALT);
	in->act = reserve(MAX_ACTS * sizeof *in->act);
	in->act_end = in->act + MAX_ACTS - MARGIN;
	in->stack = reserve(MAX_SLOTS * sizeof *in->stack);
	in->stack_end = in->stack + MAX_SLOTS - MARGIN;
	return in;
}

void pcode_interp_free(PEnv *env)
{
	Interp *in = env->priv;

	if (!in)
		return;
	for (u32 k = 0; k < env->m->nfunc; k++) {
		free(in->fn[k].body);
		free(in->fn[k].map);
		free(in->fn[k].op);
		free(in->fn[k].land);
	}
	free(in->fn);
	munmap(in->act, MAX_ACTS * sizeof *in->act);
	munmap(in->stack, MAX_SLOTS * sizeof *in->stack);
	free(in);
	env->priv = NULL;
	env->top = NULL;
}

/* A run begins with a mark among the activations, to which its first activation returns; local[0] of the mark
 * is the size of its window (with the arguments), the result arrives in local[1]. */
u64 pcode_interp(PEnv *env, u32 func, const u64 *args)
{
	Interp *in = interp_of(env);
	Regfile *t = env->t;
	const PFrame *top = env->top;
	PFrame *up = in->last, *base = in->act;
	u64 *fp = in->stack;
	u32 n = env->m->type[env->m->func[func].type].nparam;

	if (up) {
		base = up + 1;
		fp = up->local + (up->func == ACT_BASE ? up->local[0] : in->fn[up->func].nslot);
	}
	/* Accesses to a frame are not checked further: the memory stack must be in memory. */
	if (t->sp > t->mem_size || (t->sp_limit < env->m->guard && t->sp))
		t->trap(t, TRAP_MEMORY);
	if (base >= in->act_end || in->stack_end - fp < (ptrdiff_t)n + 2)
		t->trap(t, TRAP_STACK);
	*base = (PFrame){in->halt, fp, ACT_BASE, (u32)t->sp};
	fp[0] = n + 2;
	fp[1] = 0;
	memcpy(fp + 1, args, n * sizeof *args);
	u64 r = in->run(in, in->fn[func].code, fp + 1, base, NULL);
	env->top = top;
	in->last = up;
	return r;
}

/* ---- what the executors ask ------------------------------------------------------------------------ */

W *interp_landing(const Interp *in, const PFrame *act)
{
	const Regfile *t = in->env->t;
	const PFunc *f = &in->env->m->func[act->func];
	u32 func = (u32)(t->unwind_label >> 32), label = (u32)t->unwind_label;

	if (!f->frame || act->frame != t->unwind - 1 || act->func != func)
		return NULL;
	const IFunc *fn = &in->fn[act->func];
	return fn->land[label] == UINT32_MAX ? NULL : fn->body + fn->land[label];
}

void interp_canon_args(const Interp *in, u32 type, u64 *args)
{
	const PType *y = &in->env->m->type[type];

	for (u32 k = 0; k < y->nparam; k++)
		if (y->param[k] == 'f')
			args[k] = f32_canon(u32_f32((u32)args[k]));
		else if (y->param[k] == 'd')
			args[k] = f64_canon(u64_f64(args[k]));
}

/* ---- what others ask about activations --------------------------------------------------------------- */

const PFrame *pcode_frame_up(const PEnv *env, const PFrame *f)
{
	const Interp *in = env->priv;

	if (!f)
		return env->top;
	f--;
	while (f >= in->act && f->func == ACT_BASE)
		f--;
	return f >= in->act ? f : NULL;
}

u32 pcode_frame_pc(const PEnv *env, const PFrame *f)
{
	const Interp *in = env->priv;
	const IFunc *fn = &in->fn[f->func];
	size_t k = (size_t)((const W *)f->at - fn->body);

	return k < fn->nword ? fn->map[k] : 0;
}

/* ---- listing ------------------------------------------------------------------------------------------- */

static void list_ins(const IFunc *fn, u32 at, Buf *out)
{
	const IOpInfo *o = &interp_ops[fn->op[at]];
	const W *w = fn->body + at;

	buf_printf(out, "%5u  %-18s", at, o->name);
	for (const char *c = o->fmt, *sep = " "; *c; c++, sep = ", ") {
		switch (*c) {
		case 'd': case 'x': buf_printf(out, "%sr%u", sep, w[1].d); break;
		case 'a': buf_printf(out, "%sr%u", sep, w[1].a); break;
		case 'b': buf_printf(out, "%sr%u", sep, w[1].b); break;
		case 'c': buf_printf(out, "%sr%u", sep, w[1].c); break;
		case 'i': buf_printf(out, "%s%d", sep, w[1].i); break;
		case 'j': buf_printf(out, "%s-> %d", sep, (i32)at + w[1].i); break;
		case 'k': buf_printf(out, "%s0x%llx", sep, (unsigned long long)w[2].u); break;
		case 'f': buf_printf(out, "%s%.17g", sep, w[2].f); break;
		case 'r': buf_printf(out, "%s%d:%u", sep, (i32)w[2].lo, w[2].n); break;
		case 's': buf_printf(out, "%s%u*+%d", sep, w[3].lo, (i32)w[3].n); break;
		case 't': buf_printf(out, "%s%d:%u, %u*+%d", sep, (i32)w[4].lo, w[4].n, w[5].lo, (i32)w[5].n); break;
		case 'F': buf_printf(out, "%sfunction %u", sep, w[2].fn->func); break;
		default: sep = ""; continue;
		}
	}
	buf_printf(out, "  ; pc %u\n", fn->map[at]);
}

void pcode_interp_dump(PEnv *env, u32 func, Buf *out)
{
	Interp *in = interp_of(env);
	IFunc *fn = &in->fn[func];

	if (!fn->body)
		interp_translate(in, func);
	buf_printf(out, "register code of %s (%u words, window %u)\n", env->m->func[func].name, fn->nword, fn->nslot);
	for (u32 at = 0; at < fn->nword; at++)
		if (fn->op[at] != I_COUNT)
			list_ins(fn, at, out);
}
