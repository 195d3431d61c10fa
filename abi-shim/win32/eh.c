/* C++ exceptions of Visual C++: who catches what is thrown, the objects that are destroyed on the way, the catch block.
 *
 * A function's run is cut into states; each has an action for leaving it and the state that is next.  A try is a range of
 * states, the catches behind it another.  On x86-64 the state follows from the place in the code, and catch blocks are pieces
 * that run on top of the stack with the function's frame at hand; on i386 the frame has the state, and the blocks run with
 * the function's ebp. */
#include "eh.h"
#include "crt.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP };
enum { CXX_EXCEPTION = (int)0xe06d7363, INFO32 = 0x14, INFO64 = 0x20 };
enum { BY_REFERENCE = 8, EVERYTHING = 0x40 };
enum { TYPE_SIMPLE = 1, TYPE_REFERENCE_ONLY = 2, TYPE_VIRTUAL_BASE = 4 };

/* A catch block that runs, or ran and was left. */
typedef struct Active {
	u64 frame, sp;       /* of the function; the stack when the block began */
	i32 state;           /* of the function behind the try */
	u64 object, thrown, base;
	u64 record;          /* a copy */
} Active;

static _Thread_local VEC(Active) active;
static _Thread_local u64 current;        /* guest address of a pointer to the record that is handled */

typedef struct Frame {
	WThread *t;
	EhTables e;
	u64 base, frame;     /* the function's frame; of i386 the registration */
	u64 seen;            /* the frame that the unwinder sees: a piece's own */
	i32 state;
	bool piece;
} Frame;

/* What was thrown. */
typedef struct Thrown {
	bool cpp;
	u64 object, info, base;
} Thrown;

static u64 info_at(const WThread *t, u64 record, u32 i) { return record + (t->wide ? INFO64 + 8 * i : INFO32 + 4 * i); }
static u64 place(const WThread *t, u64 base, u32 v) { return v && t->wide ? base + v : v; }

/* ---- what was thrown -------------------------------------------------------------------------------------- */

/* "throw;" has no object: what is handled is thrown again, and the record says so from here on. */
static Thrown thrown_of(WThread *t, u64 record)
{
	Thrown x = {.cpp = mem_u32(t, record) == (u32)CXX_EXCEPTION && mem_u32(t, record + (t->wide ? 24 : 16)) >= 3};

	if (!x.cpp)
		return x;
	x.info = mem_word(t, info_at(t, record, 2));
	if (!x.info && active.n) {
		u64 size = seh_record_size(t);
		u32 flags = mem_u32(t, record + 4);
		memcpy(mem_out(t, record, size), mem_in(t, active.p[active.n - 1].record, size), size);
		mem_put_u32(t, record + 4, flags);
	} else if (!x.info) {
		w_terminate(t, NULL);
	}
	x.cpp = mem_u32(t, record) == (u32)CXX_EXCEPTION;
	x.object = mem_word(t, info_at(t, record, 1));
	x.info = mem_word(t, info_at(t, record, 2));
	x.base = t->wide ? mem_word(t, info_at(t, record, 3)) : 0;
	return x;
}

static bool same_type(WThread *t, u64 x, u64 y)
{
	u64 name = t->wide ? 16 : 8;

	if (x == y)
		return true;
	u64 n = mem_strlen(t, x + name) + 1;
	return mem_strlen(t, y + name) + 1 == n && memcmp(mem_in(t, x + name, n), mem_in(t, y + name, n), n) == 0;
}

/* The form of the object that a catch takes: guest address of its CatchableType; 0: it takes none. */
static u64 match(WThread *t, const EhCatch *c, const Thrown *x)
{
	u64 list = place(t, x->base, mem_u32(t, x->info + 12));
	u32 n = mem_u32(t, list), have = mem_u32(t, x->info);

	for (u32 i = 0; i < n && i < 1000; i++) {
		u64 form = place(t, x->base, mem_u32(t, list + 4 + 4 * i)), type = place(t, x->base, mem_u32(t, form + 4));
		if (!same_type(t, type, c->type))
			continue;
		if (mem_u32(t, form) & TYPE_REFERENCE_ONLY && !(c->flags & BY_REFERENCE))
			continue;
		if ((have & 1 && !(c->flags & 1)) || (have & 2 && !(c->flags & 2)))
			continue; /* const and volatile may be added, not taken away */
		return form;
	}
	return 0;
}

static bool takes(WThread *t, const Frame *f, const EhCatch *c, const Thrown *x, u64 *form)
{
	bool all = !c->type || !*(const u8 *)mem_in(t, c->type + (t->wide ? 16 : 8), 1);

	*form = 0;
	if (all || c->flags & EVERYTHING)
		return x->cpp || !f->e.only_cpp;
	return x->cpp && (*form = match(t, c, x)) != 0;
}

/* The base class's part of an object, by a PMD: a distance, and for virtual bases another, from the object's own table. */
static u64 adjust(WThread *t, u64 object, u64 pmd)
{
	i32 distance = (i32)mem_u32(t, pmd), table = (i32)mem_u32(t, pmd + 4);
	u64 at = object + (u64)(i64)distance;

	if (table >= 0) {
		u64 offsets = mem_word(t, object + (u64)(i64)table);
		at += (u64)(i64)table + (u64)(i64)(i32)mem_u32(t, offsets + mem_u32(t, pmd + 8));
	}
	return t->wide ? at : (u32)at;
}

static u64 part_of(WThread *t, u64 object, u64 form) { return adjust(t, object, form + 8); }

/* Calls a member function of C++: this is in ecx (i386) or the first argument. */
static void call_member(WThread *t, u64 fn, u64 object, u32 n, const u64 *args)
{
	u64 a[4] = {object}, ecx = *xreg(t->x, RCX);

	for (u32 i = 0; i < n; i++)
		a[i + 1] = args[i];
	if (t->wide) {
		call_guest(t, fn, n + 1, a);
		return;
	}
	*xreg(t->x, RCX) = object;
	call_guest(t, fn, n, args);
	*xreg(t->x, RCX) = ecx;
}

/* Gives the catch block its object. */
static void put_object(Frame *f, const EhCatch *c, const Thrown *x, u64 form)
{
	WThread *t = f->t;
	u64 word = t->wide ? 8 : 4, to = (t->wide ? f->frame : f->frame + 12) + (u64)(i64)c->object;

	if (!form || !c->object)
		return;
	u32 size = mem_u32(t, form + 20), kind = mem_u32(t, form);
	u64 copy = place(t, x->base, mem_u32(t, form + 24));
	to = t->wide ? to : (u32)to;
	if (c->flags & BY_REFERENCE) {
		mem_put_word(t, to, part_of(t, x->object, form));
	} else if (kind & TYPE_SIMPLE) {
		memmove(mem_out(t, to, size), mem_in(t, x->object, size), size);
		if (size == word && mem_word(t, to))
			mem_put_word(t, to, part_of(t, mem_word(t, to), form));
	} else if (copy) {
		const u64 args[] = {part_of(t, x->object, form), 1};
		call_member(t, copy, to, kind & TYPE_VIRTUAL_BASE ? 2 : 1, args);
	} else {
		memmove(mem_out(t, to, size), mem_in(t, part_of(t, x->object, form), size), size);
	}
}

/* ---- catch blocks that run --------------------------------------------------------------------------------- */

static void destroy_object(WThread *t, const Active *a)
{
	u64 fn = a->thrown ? place(t, a->base, mem_u32(t, a->thrown + 4)) : 0;

	for (u32 i = 0; i < active.n; i++)
		if (active.p[i].object == a->object)
			return; /* it was thrown again, and is still handled */
	if (fn && a->object)
		call_member(t, fn, a->object, 0, NULL);
}

/* Takes the last block off; `keep`: the object of the exception that flies now. */
static void pop(WThread *t, u64 keep)
{
	Active a = active.p[--active.n];

	if (a.object != keep)
		destroy_object(t, &a);
	wheap_free(t, a.record);
	if (current)
		mem_put_word(t, current, active.n ? active.p[active.n - 1].record : 0);
}

/* Blocks that were left by other ways, as by longjmp: the stack is above theirs. */
static void forget_stale(WThread *t)
{
	while (active.n && active.p[active.n - 1].sp < *xreg(t->x, RSP) && t->task->peb)
		pop(t, 0);
}

static const Active *running(u64 frame)
{
	for (u32 i = active.n; i-- > 0;)
		if (active.p[i].frame == frame)
			return &active.p[i];
	return NULL;
}

static void push(WThread *t, const Frame *f, i32 state, const Thrown *x, u64 record)
{
	u64 size = seh_record_size(t);
	Active a = {f->frame, *xreg(t->x, RSP), state, x->object, x->info, x->base, wheap_alloc(t, size)};

	memcpy(mem_out(t, a.record, size), mem_in(t, record, size), size);
	vec_push(&active, a);
	if (current)
		mem_put_word(t, current, a.record);
}

/* ---- states --------------------------------------------------------------------------------------------------- */

static i32 state_at(const EhTables *e, u32 rva)
{
	i32 s = -1;

	for (u32 i = 0; i < e->place.n && e->place.p[i].at <= rva; i++)
		s = e->place.p[i].state;
	return s;
}

static void run_action(Frame *f, const EhState *s)
{
	WThread *t = f->t;

	if (!s->action)
		return;
	if (s->kind) {
		u64 object = f->frame + s->object;
		call_member(t, s->action, s->kind == 1 ? object : mem_word(t, object), 0, NULL);
	} else if (t->wide) {
		call_guest(t, s->action, 2, (u64[]){0, f->frame});
	} else {
		u64 ebp = *xreg(t->x, RBP);
		*xreg(t->x, RBP) = f->frame + 12;
		call_guest(t, s->action, 0, NULL);
		*xreg(t->x, RBP) = ebp;
	}
}

/* Leaves states one after the other.  i386: the frame is told before each action, which may throw. */
static void leave_to(Frame *f, i32 last)
{
	while (f->state != last && f->state >= 0 && (u32)f->state < f->e.state.n) {
		const EhState *s = &f->e.state.p[f->state];
		f->state = s->next;
		if (!f->t->wide)
			mem_put_u32(f->t, f->frame + 8, (u32)f->state);
		run_action(f, s);
	}
}

/* ---- catching --------------------------------------------------------------------------------------------------- */

typedef struct Catching {
	Frame *f;
	const EhTry *y;
	const EhCatch *c;
	Thrown x;
	u64 form, record;
} Catching;

/* The states in front of the try are the function's while the block runs. */
static i32 state_behind(const Frame *f, const EhTry *y)
{
	return (u32)y->low < f->e.state.n ? f->e.state.p[y->low].next : -1;
}

/* x86-64, on top of the stack, with all frames to the function's told. */
static u64 run_catch64(WThread *t, void *arg)
{
	Catching *c = arg;
	Frame *f = c->f;
	u32 depth;

	while (!f->piece && running(f->frame)) /* blocks of this function that the exception has left */
		pop(t, c->x.object);
	leave_to(f, c->y->low);
	put_object(f, c->c, &c->x, c->form);
	push(t, f, state_behind(f, c->y), &c->x, c->record);
	depth = active.n;
	u64 r = call_guest(t, c->c->code, 2, (u64[]){0, f->frame});
	while (active.n >= depth)
		pop(t, 0);
	if (c->c->on[0])
		r = c->c->on[r == 1 && c->c->on[1]];
	eh_free(&f->e);
	return r;
}

/* i386: esp is what the function has noted before its frame. */
static u64 run_catch32(Catching *c)
{
	Frame *f = c->f;
	WThread *t = f->t;
	u32 flags = mem_u32(t, c->record + 4), depth;

	w_RtlUnwind(t, (u64[]){f->frame, 0, c->record, 0});
	mem_put_u32(t, c->record + 4, flags);
	while (running(f->frame) && f->state <= c->y->high)
		pop(t, c->x.object);
	leave_to(f, c->y->low);
	mem_put_u32(t, f->frame + 8, (u32)c->y->high + 1);
	put_object(f, c->c, &c->x, c->form);
	push(t, f, state_behind(f, c->y), &c->x, c->record);
	depth = active.n;
	u64 esp = mem_u32(t, f->frame - 4), ebp = *xreg(t->x, RBP);
	*xreg(t->x, RBP) = f->frame + 12;
	u64 to = (u32)call_guest(t, c->c->code, 0, NULL);
	*xreg(t->x, RBP) = ebp;
	while (active.n >= depth)
		pop(t, 0);
	*xreg(t->x, RSP) = esp;
	*xreg(t->x, RBP) = f->frame + 12;
	*xreg(t->x, XS_PC) = to;
	t->moved = true;
	eh_free(&f->e);
	return 0;
}

/* Inside of a catch block only the tries within it count on x86-64: those around it are met with the function's own frame. */
static bool in_reach(const Frame *f, const EhTry *y)
{
	if (f->state < y->low || f->state > y->high)
		return false;
	for (u32 i = 0; f->piece && i < f->e.try.n; i++) {
		const EhTry *o = &f->e.try.p[i];
		if (f->state > o->high && f->state <= o->catch_high && y->low <= o->high)
			return false;
	}
	return true;
}

static bool find_catch(Frame *f, u64 record, Catching *out)
{
	WThread *t = f->t;
	Thrown x = thrown_of(t, record);

	for (u32 i = 0; i < f->e.try.n; i++) {
		const EhTry *y = &f->e.try.p[i];
		for (u32 k = y->first; in_reach(f, y) && k < y->first + y->n; k++) {
			u64 form;
			if (!takes(t, f, &f->e.catch.p[k], &x, &form))
				continue;
			*out = (Catching){f, y, &f->e.catch.p[k], x, form, record};
			return true;
		}
	}
	return false;
}

/* ---- the handlers ------------------------------------------------------------------------------------------------- */

/* Whether the code that runs is a catch block's piece; then its frame knows the function's. */
static void find_piece(Frame *f, u32 begin, u32 rva)
{
	WThread *t = f->t;

	f->piece = f->e.piece;
	if (f->piece)
		f->frame = mem_word(t, f->seen + f->e.parent);
	for (u32 i = 0; !f->piece && i < f->e.catch.n; i++)
		if (f->e.catch.p[i].code == f->base + begin && f->e.catch.p[i].parent) {
			f->piece = true;
			f->frame = mem_word(t, f->seen + f->e.catch.p[i].parent);
		}
	f->state = state_at(&f->e, rva);
	const Active *a = f->piece ? NULL : running(f->frame);
	if (a)
		f->state = a->state;
}

/* The states that belong to a piece end where its function's go on. */
static i32 piece_end(const Frame *f)
{
	for (u32 i = 0; f->piece && i < f->e.try.n; i++) {
		const EhTry *y = &f->e.try.p[i];
		if (f->state > y->high && f->state <= y->catch_high)
			return state_behind(f, y);
	}
	return -1;
}

static u64 handle64(WThread *t, const u64 *a, bool packed)
{
	u64 d = a[3], base = mem_word(t, d + 8), pc = mem_word(t, d) - base, begin = mem_u32(t, mem_word(t, d + 0x10));
	u64 data = base + mem_u32(t, mem_word(t, d + 0x38));
	u32 flags = mem_u32(t, a[0] + 4);
	Frame f = {.t = t, .base = base, .frame = a[1], .seen = a[1]};
	Catching c;

	bool ok = packed ? eh_read4(t, base, data, (u32)begin, &f.e) : eh_read3(t, base, data, &f.e);
	if (!ok || (!f.e.state.n && !f.e.try.n)) {
		eh_free(&f.e);
		return SEH_SEARCH;
	}
	forget_stale(t);
	find_piece(&f, (u32)begin, (u32)pc);
	if (flags & (SEH_UNWINDING | SEH_EXIT_UNWIND)) {
		if (!(flags & SEH_TARGET))
			leave_to(&f, piece_end(&f));
		eh_free(&f.e);
		return SEH_SEARCH;
	}
	if (find_catch(&f, a[0], &c)) {
		u64 target[] = {a[1], mem_word(t, d), a[0], 0, 0, 0};
		return seh_unwind_to(t, target, run_catch64, &c);
	}
	eh_free(&f.e);
	return SEH_SEARCH;
}

/* i386: the compiler's stub has put the tables' address in eax, the thunk has moved it to edx. */
static u64 handle32(WThread *t, const u64 *a)
{
	Frame f = {.t = t, .frame = a[1], .seen = a[1], .state = (i32)mem_u32(t, a[1] + 8)};
	u32 flags = mem_u32(t, a[0] + 4);
	Catching c;

	if (!eh_read3(t, 0, *xreg(t->x, RDX), &f.e)) {
		eh_free(&f.e);
		return SEH_SEARCH;
	}
	if (flags & (SEH_UNWINDING | SEH_EXIT_UNWIND))
		leave_to(&f, -1);
	else if (find_catch(&f, a[0], &c))
		return run_catch32(&c);
	eh_free(&f.e);
	return SEH_SEARCH;
}

u64 w_CxxFrameHandler3(WThread *t, const u64 *a) { return t->wide ? handle64(t, a, false) : handle32(t, a); }
u64 w_CxxFrameHandler4(WThread *t, const u64 *a) { return t->wide ? handle64(t, a, true) : SEH_SEARCH; }

/* ---- what programs ask of it ------------------------------------------------------------------------------------------ */

u64 w_current_exception(WThread *t, const u64 *a)
{
	if (!current) {
		current = wheap_zalloc(t, 16);
		if (active.n)
			mem_put_word(t, current, active.p[active.n - 1].record);
	}
	return current;
}

u64 w_AdjustPointer(WThread *t, const u64 *a) { return a[0] ? adjust(t, a[0], a[1]) : 0; }
