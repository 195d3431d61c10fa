/* The post-mortem listing: each activation with its variables, read from where the executor had them. */
#include "task.h"
#include "../back/back.h"

enum { MAX_ACTIVATIONS = 20, MAX_TEXT = 60 };

static void show_bits(const PVar *v, u8 letter, u64 bits, Buf *out)
{
	if (v->kind == 'b')
		buf_printf(out, bits & 0xff ? "true" : "false");
	else if (v->kind == 'c' && (u8)bits >= ' ' && (u8)bits < 127)
		buf_printf(out, "'%c'", (int)(u8)bits);
	else if (v->kind == 'c')
		buf_printf(out, "#%d", (int)(u8)bits);
	else if (v->kind == 'r' && letter == 'd')
		buf_printf(out, "%.17g", u64_f64(bits));
	else if (v->kind == 'r')
		buf_printf(out, "%.9g", (double)u32_f32((u32)bits));
	else if (v->kind == 'p')
		buf_printf(out, (u32)bits ? "$%x" : "nil", (u32)bits);
	else if (v->kind == 'u')
		buf_printf(out, "%llu", (unsigned long long)(letter == 'l' ? bits : (u32)bits));
	else
		buf_printf(out, "%lld", (long long)(letter == 'l' ? (i64)bits : (i32)bits));
}

static void show_text(const u8 *p, u32 n, Buf *out)
{
	buf_printf(out, "'");
	for (u32 i = 0; i < n && i < MAX_TEXT; i++) {
		if (p[i] >= ' ' && p[i] < 127)
			buf_u8(out, p[i]);
		else
			buf_printf(out, "'#%d'", (int)p[i]);
	}
	buf_printf(out, n > MAX_TEXT ? "'..." : "'");
}

static bool show_memory(Task *t, const PVar *v, u32 addr, Buf *out)
{
	const u8 *p = guest_ptr_try(t->thread, addr, v->size);
	u64 bits = 0;

	if (!p)
		return false;
	if (v->kind == 's' && v->size) {
		show_text(p + 1, MIN(p[0], v->size - 1), out);
		return true;
	}
	if (v->kind == 'a' || v->size > 8 || v->size == 0) {
		for (u32 i = 0; i < MIN(v->size, 16u); i++)
			buf_printf(out, i ? " %02x" : "%02x", p[i]);
		buf_printf(out, v->size > 16 ? " ..." : "");
		return true;
	}
	for (u32 i = v->size; i-- > 0;)
		bits = bits << 8 | p[i];
	if (v->kind == 'i' && v->size < 8) /* the sign */
		bits = (u64)((i64)(bits << (64 - 8 * v->size)) >> (64 - 8 * v->size));
	show_bits(v, v->size == 8 ? (v->kind == 'r' ? 'd' : 'l') : 'i', bits, out);
	return true;
}

bool task_show_var(Task *t, const PVar *v, const PFrame *f, Buf *out)
{
	if (v->where == 2)
		return show_memory(t, v, v->at, out);
	if (!f)
		return false;
	if (v->where == 1)
		return show_memory(t, v, f->frame + v->at, out);
	show_bits(v, pcode_local_type(t->m, &t->m->func[f->func], v->at), f->local[v->at], out);
	return true;
}

/* Reads a local of an activation in emitted code.  Registers are gone by now. */
static bool code_local(const Activation *a, u32 slot, u64 *bits)
{
	const BackLoc *loc = a->place->loc;

	for (u32 i = 0; i < a->place->nloc; i++, loc++) {
		if (loc->slot != slot || (loc->kind != LOC_SPILL && loc->kind != LOC_CONST))
			continue;
		if (loc->kind == LOC_CONST)
			*bits = loc->bits;
		else
			memcpy(bits, (void *)(uintptr_t)(a->fp + (u64)(i64)loc->at), 8);
		return true;
	}
	return false;
}

/* Reads a local of eval's innermost activation. */
static bool eval_local(const Thread *th, u32 slot, u64 *bits)
{
	const OFunc *f = th->eval_top ? th->eval_top->f : NULL;
	const OMap *map = f ? &f->map.p[th->eval.map] : NULL;

	for (u32 i = 0; map && i < map->n; i++) {
		const OSlotVal *s = &f->slot.p[map->slots + i];
		if (s->slot == slot && s->val) {
			*bits = th->eval_vals[s->val];
			return true;
		}
	}
	return false;
}

typedef struct Post {
	Thread *th;
	Buf *out;
	u32 n;
	u64 frame; /* address of the activation's frame */
} Post;

static bool show_one(Post *p, const Activation *a, const PVar *v, Buf *out)
{
	const PFunc *f = &p->th->task->m->func[a->e.func];
	u64 bits;

	if (v->where != 0)
		return show_memory(p->th->task, v, (u32)p->frame + v->at, out);
	if (a->frame)
		return task_show_var(p->th->task, v, a->frame, out);
	bool innermost = p->n == 1 && p->th->eval_vals;
	if (a->place ? !code_local(a, v->at, &bits) : !innermost || !eval_local(p->th, v->at, &bits))
		return false;
	show_bits(v, pcode_local_type(p->th->task->m, f, v->at), bits, out);
	return true;
}

static void show_vars(Post *p, const Activation *a, u32 func)
{
	const PModule *m = p->th->task->m;

	for (u32 i = 0; i < m->nvar; i++) {
		const PVar *v = &m->var[i];
		if (v->func != func)
			continue;
		buf_printf(p->out, "    %s = ", v->name);
		bool ok = func == UINT32_MAX ? task_show_var(p->th->task, v, NULL, p->out) : show_one(p, a, v, p->out);
		buf_printf(p->out, ok ? "\n" : "(in a register, or not in use any more)\n");
	}
}

static bool post_one(void *ctx, const Activation *a)
{
	Post *p = ctx;

	if (p->n++ == MAX_ACTIVATIONS) {
		buf_printf(p->out, "  (more activations)\n");
		return false;
	}
	buf_printf(p->out, "  ");
	task_place(p->th->task, &a->e, p->out);
	buf_printf(p->out, "\n");
	show_vars(p, a, a->e.func);
	p->frame += p->th->task->m->func[a->e.func].frame;
	return true;
}

void postmortem(Thread *th, Buf *out)
{
	Post p = {th, out, 0, th->r.sp};

	buf_printf(out, "variables:\n");
	chain_walk(th, post_one, &p);
	buf_printf(out, "  global\n");
	show_vars(&p, NULL, UINT32_MAX);
}
