/* Tests of run for foreign programs: machine code as bytes, on every executor; the address space against a model. */
#include "../../pvm/back/back.h"
#include "../../pvm/run/foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- a personality that writes down what happens ---------------------------------------------------- */

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };
enum { CODE = 0x10000000, DATA = 0x20000000, SIZE = 0x10000 };

typedef struct Log {
	XTrap trap[64];
	u32 n, pending, stop_at; /* go on after traps until there are stop_at */
	void (*act)(XThread *t, const XTrap *w); /* done for each trap */
	bool end_pending;
} Log;

static bool on_trap(XThread *t, const XTrap *why)
{
	Log *l = xtask_data(xthread_task(t));

	assert_true(l->n < COUNT(l->trap));
	l->trap[l->n++] = *why;
	assert_int_equal(why->pc, *xreg(t, XS_PC));
	if (l->act)
		l->act(t, why);
	return l->n < l->stop_at;
}

static bool on_pending(XThread *t)
{
	Log *l = xtask_data(xthread_task(t));

	l->pending++;
	return !l->end_pending;
}

typedef struct Machine {
	XTask *task;
	XThread *t;
	Log log;
} Machine;

enum { LATER = 16 /* jit: units are evaluated twice first */ };
static const int execs[] = { XEXEC_EVAL, XEXEC_JIT, XEXEC_JIT | LATER };
static const enum XMode modes[] = { X86_64, X86_32 };

static i64 map_at(XTask *t, u64 at, u64 size, int prot)
{
	return guest_map(t, &(XMapReq){ .at = at, .size = size, .prot = prot, .fd = -1, .fixed = true });
}

static Machine *start(int exec, enum XMode mode, const void *code, size_t n)
{
	Machine *m = calloc(1, sizeof *m);
	XTaskOpts o = { .mode = mode, .exec = exec & 15, .cold = exec & LATER ? 2 : 0, .check_ocode = true, .trap = on_trap, .pending = on_pending, .data = &m->log };
	Err e = {0};

	m->task = xtask_new(&o, &e);
	if (!m->task)
		fail_msg("%s", e.msg);
	assert_int_equal(map_at(m->task, CODE, SIZE, GP_READ | GP_WRITE | GP_EXEC), CODE);
	assert_int_equal(map_at(m->task, DATA, SIZE, GP_READ | GP_WRITE), DATA);
	m->t = xthread_new(m->task);
	assert_true(xguest_write(m->t, CODE, code, n));
	*xreg(m->t, XS_PC) = CODE;
	*xreg(m->t, RSP) = DATA + SIZE;
	return m;
}

static void stop(Machine *m)
{
	xtask_free(m->task);
	free(m);
}

#define EACH(exec, mode) \
	for (u32 exec##k_ = 0; exec##k_ < COUNT(execs); exec##k_++) \
		for (u32 mode##k_ = 0; mode##k_ < COUNT(modes); mode##k_++) \
			for (int exec = execs[exec##k_], mode = modes[mode##k_], once_ = 1; once_; once_ = 0)
#define START(code) start(exec, mode, code, sizeof code - 1)

/* ---- programs: the same bytes in both modes unless their name says which ----------------------------- */

/* mov ecx,1000; xor eax,eax; l: add eax,ecx; dec ecx (ff c9); jnz l; hlt-like ud2 */
static const char sum[] = "\xb9\xe8\x03\x00\x00\x31\xc0\x01\xc8\xff\xc9\x75\xfa\x0f\x0b";

static void test_loop(void **state)
{
	EACH(exec, mode) {
		Machine *m = START(sum);
		xthread_run(m->t);
		assert_int_equal(m->log.n, 1);
		assert_int_equal(m->log.trap[0].kind, XE_UD);
		assert_int_equal(m->log.trap[0].pc, CODE + 13);
		assert_int_equal(*xreg(m->t, RAX), 500500);
		assert_int_equal(*xreg(m->t, RCX), 0);
		stop(m);
	}
}

/* pop ebx ebp esi edi eax ecx edx; ret: more registers than a unit has to spare, and the last pop faults. */
static const char pops[] = "\x5b\x5d\x5e\x5f\x58\x59\x5a\xc3";

static void test_fault_among_many(void **state)
{
	static const u32 order[] = { RBX, RBP, RSI, RDI, RAX, RCX };

	EACH(exec, mode) {
		Machine *m = START(pops);
		u64 word = mode == X86_64 ? 8 : 4, top = DATA + SIZE;
		for (u64 k = 0; k < COUNT(order); k++) {
			u8 v[8] = { (u8)(k + 1), 0x22, 0x33, 0x44 };
			assert_true(xguest_write(m->t, top - word * (COUNT(order) - k), v, word));
		}
		*xreg(m->t, RSP) = top - word * COUNT(order);
		*xreg(m->t, RDX) = 77;
		xthread_run(m->t);
		assert_int_equal(m->log.n, 1);
		assert_int_equal(m->log.trap[0].kind, XE_MEMORY);
		assert_int_equal(m->log.trap[0].pc, CODE + 6);
		assert_int_equal(m->log.trap[0].addr, top);
		for (u32 k = 0; k < COUNT(order); k++)
			assert_int_equal(*xreg(m->t, order[k]), 0x44332201 + k);
		assert_int_equal(*xreg(m->t, RDX), 77);
		assert_int_equal(*xreg(m->t, RSP), top);
		stop(m);
	}
}

/* fib(20): mov ecx,20; call f; ud2; f: cmp ecx,2; jae r; mov eax,ecx; ret;
 * r: push rcx; dec ecx; call f; pop rcx; push rax; sub ecx,2; call f; pop rcx; add eax,ecx; ret */
static const char fib[] = "\xb9\x14\x00\x00\x00\xe8\x02\x00\x00\x00\x0f\x0b"
	"\x83\xf9\x02\x73\x03\x89\xc8\xc3"
	"\x51\xff\xc9\xe8\xf0\xff\xff\xff\x59\x50\x83\xe9\x02\xe8\xe6\xff\xff\xff\x59\x01\xc8\xc3";

static void test_calls(void **state)
{
	EACH(exec, mode) {
		Machine *m = START(fib);
		xthread_run(m->t);
		assert_int_equal(m->log.trap[0].kind, XE_UD);
		assert_int_equal(m->log.trap[0].pc, CODE + 10);
		assert_int_equal(*xreg(m->t, RAX), 6765);
		assert_int_equal(*xreg(m->t, RSP), DATA + SIZE);
		stop(m);
	}
}

/* mov eax,1; mov ebx,2; add eax,ebx; mov edx,[esi]; mov ecx,7; add eax,7; ud2 -- the load faults */
static const char faulty[] = "\xb8\x01\x00\x00\x00\xbb\x02\x00\x00\x00\x01\xd8\x8b\x16\xb9\x07\x00\x00\x00\x83\xc0\x07\x0f\x0b";

static void map_it(XThread *t, const XTrap *w)
{
	if (w->kind == XE_MEMORY)
		map_at(xthread_task(t), w->addr & ~4095ull, 4096, GP_READ | GP_WRITE);
}

static void test_fault(void **state)
{
	EACH(exec, mode) {
		Machine *m = START(faulty);
		*xreg(m->t, RSI) = 0x30000010;
		*xreg(m->t, RCX) = 99;
		*xreg(m->t, RDX) = 98;
		xthread_run(m->t);
		const XTrap *w = &m->log.trap[0];
		assert_int_equal(w->kind, XE_MEMORY);
		assert_int_equal(w->pc, CODE + 12);
		assert_int_equal(w->addr, 0x30000010);
		assert_false(w->write);
		assert_false(w->mapped);
		assert_int_equal(*xreg(m->t, RAX), 3);
		assert_int_equal(*xreg(m->t, RBX), 2);
		assert_int_equal(*xreg(m->t, RCX), 99);
		assert_int_equal(*xreg(m->t, RDX), 98);
		stop(m);
	}
}

static void test_fault_and_go_on(void **state)
{
	EACH(exec, mode) {
		Machine *m = START(faulty);
		*xreg(m->t, RSI) = 0x30000010;
		m->log.stop_at = 2;
		m->log.act = map_it;
		xthread_run(m->t);
		assert_int_equal(m->log.trap[1].kind, XE_UD);
		assert_int_equal(*xreg(m->t, RAX), 10);
		assert_int_equal(*xreg(m->t, RCX), 7);
		assert_int_equal(*xreg(m->t, RDX), 0);
		stop(m);
	}
}

/* mov [esi],eax; ud2 */
static const char store[] = "\x89\x06\x0f\x0b";

static void test_protection(void **state)
{
	EACH(exec, mode) {
		Machine *m = START(store);
		*xreg(m->t, RSI) = DATA;
		assert_int_equal(guest_protect(m->task, DATA, 4096, GP_READ), 0);
		xthread_run(m->t);
		assert_int_equal(m->log.trap[0].kind, XE_MEMORY);
		assert_true(m->log.trap[0].write);
		assert_true(m->log.trap[0].mapped);
		stop(m);
	}
}

/* Flags that the faulting block has computed are exact: sub eax,eax sets ZF; mov edx,[esi] */
static const char flags[] = "\x39\xc0\x8b\x16\x0f\x0b";

static void test_flags_at_fault(void **state)
{
	EACH(exec, mode) {
		Machine *m = START(flags);
		xthread_set_eflags(m->t, 0x8d5 ^ 0x44);
		*xreg(m->t, RSI) = 8;
		xthread_run(m->t);
		assert_int_equal(m->log.trap[0].kind, XE_MEMORY);
		assert_int_equal(m->log.trap[0].addr, 8);
		assert_int_equal(xthread_eflags(m->t) & 0x8d5, 0x44);
		stop(m);
	}
}

static void test_jump_nowhere(void **state)
{
	static const char jmp[] = "\xff\xe0"; /* jmp rax */

	EACH(exec, mode) {
		Machine *m = START(jmp);
		*xreg(m->t, RAX) = 0x12345678;
		xthread_run(m->t);
		assert_int_equal(m->log.trap[0].kind, XE_MEMORY);
		assert_int_equal(m->log.trap[0].pc, 0x12345678);
		assert_int_equal(m->log.trap[0].addr, 0x12345678);
		stop(m);
	}
}

static void test_not_executable(void **state)
{
	static const char jmp[] = "\xff\xe0";

	EACH(exec, mode) {
		Machine *m = START(jmp);
		*xreg(m->t, RAX) = DATA + 4;
		xthread_run(m->t);
		assert_int_equal(m->log.trap[0].kind, XE_MEMORY);
		assert_int_equal(m->log.trap[0].addr, DATA + 4);
		assert_true(m->log.trap[0].mapped);
		stop(m);
	}
}

/* ---- code that changes ----------------------------------------------------------------------------------- */

/* mov byte [esi],5; l: mov eax,1; ud2 -- the immediate of the second instruction, in the same block, becomes 5 */
static const char self[] = "\xc6\x06\x05\xb8\x01\x00\x00\x00\x0f\x0b";

static void test_writes_ahead(void **state)
{
	EACH(exec, mode) {
		Machine *m = START(self);
		*xreg(m->t, RSI) = CODE + 4;
		xthread_run(m->t);
		assert_int_equal(m->log.trap[0].kind, XE_UD);
		assert_int_equal(*xreg(m->t, RAX), 5);
		stop(m);
	}
}

/* Code on one page calls a function on another and rewrites it ten times:
 * xor ebx,ebx; mov ecx,10; l: mov [esi],cl; call edi; add ebx,eax; dec ecx; jnz l; ud2 */
static const char rewriter[] = "\x31\xdb\xb9\x0a\x00\x00\x00\x88\x0e\xff\xd7\x01\xc3\xff\xc9\x75\xf6\x0f\x0b";

static void test_rewrites(void **state)
{
	static const char f[] = "\xb8\x00\x00\x00\x00\xc3"; /* mov eax,0; ret */

	EACH(exec, mode) {
		Machine *m = START(rewriter);
		assert_true(xguest_write(m->t, CODE + 0x2000, f, sizeof f - 1));
		*xreg(m->t, RSI) = CODE + 0x2001;
		*xreg(m->t, RDI) = CODE + 0x2000;
		xthread_run(m->t);
		assert_int_equal(m->log.trap[0].kind, XE_UD);
		assert_int_equal(*xreg(m->t, RBX), 55);
		stop(m);
	}
}

static void patch(XThread *t, const XTrap *w)
{
	u8 nine = 9;

	assert_true(xguest_write(t, CODE + 1, &nine, 1));
	*xreg(t, XS_PC) = CODE;
}

static void test_written_by_handler(void **state)
{
	static const char code[] = "\xb8\x01\x00\x00\x00\x0f\x0b"; /* mov eax,1; ud2 */

	EACH(exec, mode) {
		Machine *m = START(code);
		m->log.stop_at = 2;
		m->log.act = patch;
		xthread_run(m->t);
		assert_int_equal(*xreg(m->t, RAX), 9);
		stop(m);
	}
}

static void test_unmapped_code(void **state)
{
	static const char code[] = "\xeb\x00\x0f\x0b";

	EACH(exec, mode) {
		Machine *m = START(code);
		xthread_run(m->t);
		assert_int_equal(m->log.trap[0].kind, XE_UD);
		assert_int_equal(guest_unmap(m->task, CODE, 4096), 0);
		*xreg(m->t, XS_PC) = CODE;
		m->log.n = 0;
		xthread_run(m->t);
		assert_int_equal(m->log.trap[0].kind, XE_MEMORY);
		assert_int_equal(m->log.trap[0].pc, CODE);
		stop(m);
	}
}

/* ---- kicks ----------------------------------------------------------------------------------------------- */

static void *kicker(void *p)
{
	Machine *m = p;

	usleep(20000);
	xthread_kick(m->t);
	return NULL;
}

static void test_kick(void **state)
{
	static const char spin[] = "\x90\xeb\xfd", across[] = "\xe9\xfb\x0f\x00\x00";
	static const char back[] = "\xff\xe0"; /* jmp rax */

	EACH(exec, mode)
		for (int k = 0; k < 2; k++) {
			Machine *m = k ? START(across) : START(spin);
			pthread_t th;
			assert_true(xguest_write(m->t, CODE + 0x1000, back, 2));
			*xreg(m->t, RAX) = CODE;
			m->log.end_pending = true;
			pthread_create(&th, NULL, kicker, m);
			xthread_run(m->t);
			pthread_join(th, NULL);
			assert_int_equal(m->log.pending, 1);
			stop(m);
		}
}

/* ---- a full code cache ------------------------------------------------------------------------------------ */

enum { CHAIN = 3000, ROUNDS = 20 };

/* add eax,k; jmp next -- CHAIN times; then int3; dec ecx; jz out; jmp rbx */
static u32 chain(u8 *p)
{
	u32 n = 0;

	for (u32 k = 0; k < CHAIN; k++) {
		memcpy(p + n, "\x05\0\0\0\0\xe9\0\0\0\0", 10);
		st32(p + n + 1, k);
		n += 10;
	}
	memcpy(p + n, "\xcc\xff\xc9\x74\x02\xff\xe3\x0f\x0b", 9);
	return n + 9;
}

typedef struct Runner { XTask *task; u64 sum; } Runner;

static void *run_chain(void *p)
{
	Runner *r = p;
	XThread *t = xthread_new(r->task);

	*xreg(t, XS_PC) = *xreg(t, RBX) = CODE;
	*xreg(t, RCX) = ROUNDS;
	xthread_run(t);
	r->sum = *xreg(t, RAX);
	xthread_free(t);
	return NULL;
}

static bool on_int3(XThread *t, const XTrap *why) { return why->kind == XE_INT3; }

static void test_full_cache(void **state)
{
	static u8 code[CHAIN * 10 + 9];
	u32 n = chain(code);

	for (u32 k = 0; k < COUNT(modes); k++) {
		XTaskOpts o = { .mode = modes[k], .exec = XEXEC_JIT, .trap = on_int3, .code_limit = 65536 };
		Err e = {0};
		XTask *task = xtask_new(&o, &e);
		Runner r[4];
		pthread_t th[4];
		assert_int_equal(map_at(task, CODE, SIZE, GP_READ | GP_WRITE | GP_EXEC), CODE);
		XThread *main_thread = xthread_new(task);
		assert_true(xguest_write(main_thread, CODE, code, n));
		for (u32 j = 0; j < COUNT(r); j++) {
			r[j].task = task;
			pthread_create(&th[j], NULL, run_chain, &r[j]);
		}
		for (u32 j = 0; j < COUNT(r); j++) {
			pthread_join(th[j], NULL);
			assert_int_equal(r[j].sum, ROUNDS * (CHAIN * (CHAIN - 1) / 2));
		}
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);
		xtask_stats(task, out);
		fclose(out);
		assert_non_null(strstr(text, "code cache begun again"));
		free(text);
		xtask_free(task);
	}
}

/* One thread, whose units are evaluated first: a unit that is compiled when the cache is full is known already. */
static void test_full_cache_later(void **state)
{
	static u8 code[CHAIN * 10 + 9];
	u32 n = chain(code);

	for (u32 k = 0; k < COUNT(modes); k++) {
		XTaskOpts o = { .mode = modes[k], .exec = XEXEC_JIT, .cold = 2, .trap = on_int3, .code_limit = 65536 };
		Err e = {0};
		XTask *task = xtask_new(&o, &e);
		Runner r = { .task = task };
		assert_int_equal(map_at(task, CODE, SIZE, GP_READ | GP_WRITE | GP_EXEC), CODE);
		XThread *writer = xthread_new(task);
		assert_true(xguest_write(writer, CODE, code, n));
		xthread_free(writer);
		run_chain(&r);
		assert_int_equal(r.sum, ROUNDS * (CHAIN * (CHAIN - 1) / 2));
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);
		xtask_stats(task, out);
		fclose(out);
		assert_non_null(strstr(text, "code cache begun again"));
		free(text);
		xtask_free(task);
	}
}

/* ---- single steps ---------------------------------------------------------------------------------------- */

static void step_on(XThread *t, const XTrap *w)
{
	Log *l = xtask_data(xthread_task(t));

	if (w->kind != XE_STEP)
		l->stop_at = l->n;
	else if (*xreg(t, RCX) == 997)
		xthread_set_eflags(t, xthread_eflags(t) & ~0x100ull);
}

static void test_steps(void **state)
{
	EACH(exec, mode) {
		Machine *m = START(sum);
		m->log.stop_at = COUNT(m->log.trap);
		m->log.act = step_on;
		xthread_set_eflags(m->t, 0x302);
		xthread_run(m->t);
		/* two moves, and add, dec, jnz until the third dec */
		assert_int_equal(m->log.n, 2 + 3 + 3 + 2 + 1);
		for (u32 k = 0; k < 10; k++)
			assert_int_equal(m->log.trap[k].kind, XE_STEP);
		assert_int_equal(m->log.trap[1].pc, CODE + 7);
		assert_int_equal(m->log.trap[4].pc, CODE + 7);
		assert_int_equal(m->log.trap[10].kind, XE_UD);
		assert_int_equal(*xreg(m->t, RAX), 500500);
		stop(m);
	}
}

/* ---- fork ------------------------------------------------------------------------------------------------- */

static void test_fork(void **state)
{
	EACH(exec, mode) {
		Machine *m = START(sum);
		xthread_run(m->t);
		xtask_before_fork(m->task);
		pid_t pid = fork();
		if (!pid) {
			xtask_after_fork(m->task);
			for (int k = 0; k < 3; k++) {
				guest_written(m->task, CODE, 1);
				*xreg(m->t, XS_PC) = CODE;
				m->log.n = 0;
				xthread_run(m->t);
			}
			_exit(*xreg(m->t, RAX) == 500500 ? 0 : 1);
		}
		xtask_after_fork_parent(m->task);
		*xreg(m->t, XS_PC) = CODE;
		m->log.n = 0;
		xthread_run(m->t);
		assert_int_equal(*xreg(m->t, RAX), 500500);
		int status;
		waitpid(pid, &status, 0);
		assert_int_equal(status, 0);
		stop(m);
	}
}

/* ---- the address space against a table of pages -------------------------------------------------------------- */

enum { PAGES = 64, AT = 0x40000000 };
typedef struct Page { int prot; u8 mark; } Page; /* prot -1: nothing there */

static u32 seed = 1;
static u32 rnd(u32 n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

static void compare(Machine *m, const Page *model)
{
	u64 next = AT;
	XMapping g;

	for (u32 p = 0; p < PAGES; p++) {
		u8 b = 0;
		bool can = model[p].prot > 0;
		assert_int_equal(xguest_read(m->t, AT + p * 4096ull + 5, &b, 1), can);
		if (can)
			assert_int_equal(b, model[p].mark);
		assert_int_equal(xguest_pin(m->t, AT + p * 4096ull, 4096, GP_WRITE) != NULL, can && (model[p].prot & GP_WRITE));
	}
	while (guest_mapping(m->task, next, &g) && g.at < AT + PAGES * 4096ull) {
		for (u64 a = next; a < g.at; a += 4096)
			assert_int_equal(model[(a - AT) / 4096].prot, -1);
		for (u64 a = MAX(g.at, next); a < MIN(g.at + g.size, (u64)AT + PAGES * 4096); a += 4096)
			assert_int_equal(model[(a - AT) / 4096].prot, g.prot);
		next = g.at + g.size;
	}
	for (u64 a = next; a < AT + PAGES * 4096ull; a += 4096)
		assert_int_equal(model[(a - AT) / 4096].prot, -1);
}

static void do_map(Machine *m, Page *model, u32 p, u32 n)
{
	u8 mark = (u8)(1 + rnd(255));
	bool noreplace = rnd(3) == 0, taken = false;
	XMapReq q = { .at = AT + p * 4096ull, .size = n * 4096ull, .prot = GP_READ | GP_WRITE, .fd = -1, .fixed = true, .noreplace = noreplace };

	for (u32 k = p; k < p + n; k++)
		taken |= model[k].prot >= 0;
	i64 r = guest_map(m->task, &q);
	assert_int_equal(r, noreplace && taken ? -EEXIST : (i64)q.at);
	for (u32 k = p; r >= 0 && k < p + n; k++) {
		model[k] = (Page){ GP_READ | GP_WRITE, mark };
		assert_true(xguest_write(m->t, AT + k * 4096ull + 5, &mark, 1));
	}
}

static void do_protect(Machine *m, Page *model, u32 p, u32 n)
{
	static const int prots[] = { 0, GP_READ, GP_READ | GP_WRITE, GP_READ | GP_EXEC };
	int prot = prots[rnd(4)];
	bool whole = true;

	for (u32 k = p; k < p + n; k++)
		whole &= model[k].prot >= 0;
	assert_int_equal(guest_protect(m->task, AT + p * 4096ull, n * 4096ull, prot), whole ? 0 : -ENOMEM);
	for (u32 k = p; whole && k < p + n; k++)
		model[k].prot = prot;
}

static void test_space_model(void **state)
{
	for (u32 k = 0; k < COUNT(modes); k++) {
		enum XMode mode = modes[k];
		Machine *m = start(XEXEC_EVAL, mode, "\x90", 1);
		Page model[PAGES];
		for (u32 p = 0; p < PAGES; p++)
			model[p] = (Page){ -1, 0 };
		for (u32 step = 0; step < 3000; step++) {
			u32 p = rnd(PAGES), n = 1 + rnd(MIN(8u, PAGES - p));
			switch (rnd(3)) {
			case 0: do_map(m, model, p, n); break;
			case 1: do_protect(m, model, p, n); break;
			default:
				assert_int_equal(guest_unmap(m->task, AT + p * 4096ull, n * 4096ull), 0);
				for (u32 j = p; j < p + n; j++)
					model[j] = (Page){ -1, 0 };
			}
			if (step % 8 == 0)
				compare(m, model);
		}
		compare(m, model);
		stop(m);
	}
}

static void test_space_refuses(void **state)
{
	for (u32 k = 0; k < COUNT(modes); k++) {
		Machine *m = start(XEXEC_EVAL, modes[k], "\x90", 1);
		XMapReq q = { .size = 4096, .prot = GP_READ | GP_WRITE, .fd = -1, .fixed = true };
		q.at = 4095;
		assert_int_equal(guest_map(m->task, &q), -EINVAL);
		q.at = ~(u64)4095;
		assert_int_equal(guest_map(m->task, &q), -ENOMEM);
		q.size = ~(u64)0;
		q.at = 0x10000;
		assert_int_equal(guest_map(m->task, &q), -ENOMEM);
		q.size = 0;
		assert_int_equal(guest_map(m->task, &q), -EINVAL);
		if (modes[k] == X86_64) { /* the VM's own code and stack */
			q.size = 4096;
			q.at = (u64)(uintptr_t)test_space_refuses & ~4095ull;
			assert_int_equal(guest_map(m->task, &q), -ENOMEM);
			q.at = (u64)(uintptr_t)&q & ~4095ull;
			assert_int_equal(guest_map(m->task, &q), -ENOMEM);
			assert_int_equal(guest_unmap(m->task, q.at, 4096), 0);
			assert_int_equal(guest_protect(m->task, q.at, 4096, 0), -ENOMEM);
			assert_false(xguest_read(m->t, (u64)(uintptr_t)&q, &q, 1));
		}
		u64 top = modes[k] == X86_64 ? 0x7ffffffff000 : 0xffffe000;
		assert_false(xguest_read(m->t, top, &q, 1));
		assert_false(xguest_read(m->t, ~(u64)0, &q, 4));
		stop(m);
	}
}

static void test_remap(void **state)
{
	for (u32 k = 0; k < COUNT(modes); k++) {
		Machine *m = start(XEXEC_EVAL, modes[k], "\x90", 1);
		char text[8];
		i64 a = guest_map(m->task, &(XMapReq){ .size = 8192, .prot = GP_READ | GP_WRITE, .fd = -1, .low32 = true });
		assert_true(a > 0 && a < (i64)1 << 32);
		assert_true(xguest_write(m->t, (u64)a + 4096, "remap", 6));
		i64 b = guest_remap(m->task, (u64)a, 8192, 1 << 20, 0, true, false);
		assert_true(b > 0);
		assert_true(xguest_read(m->t, (u64)b + 4096, text, 6));
		assert_string_equal(text, "remap");
		if (b != a)
			assert_false(xguest_read(m->t, (u64)a, text, 1));
		i64 c = guest_remap(m->task, (u64)b, 1 << 20, 8192, 0, false, false);
		assert_int_equal(c, b);
		assert_false(xguest_read(m->t, (u64)b + 8192, text, 1));
		c = guest_remap(m->task, (u64)b, 8192, 16384, 0x50000000, true, true);
		assert_int_equal(c, 0x50000000);
		assert_true(xguest_write(m->t, (u64)c + 16383, "x", 1));
		assert_true(xguest_read(m->t, (u64)c + 4096, text, 6));
		assert_string_equal(text, "remap");
		assert_int_equal(guest_remap(m->task, 0x60000000, 4096, 8192, 0, true, false), -EFAULT);
		stop(m);
	}
}

/* A file that is shorter than its mapping: SIGBUS in guest code, EFAULT in handlers. */
static void test_file(void **state)
{
	char path[] = "/tmp/foreign_testXXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	assert_int_equal(write(fd, "file", 5), 5);
	EACH(exec, mode) {
		static const char load[] = "\x8b\x06\x8b\x86\x00\x10\x00\x00\x0f\x0b"; /* mov eax,[esi]; mov eax,[esi+0x1000] */
		Machine *m = START(load);
		XMapReq q = { .at = 0x50000000, .size = 8192, .prot = GP_READ, .fd = fd, .fixed = true };
		char text[5];
		XMapping g;
		assert_int_equal(guest_map(m->task, &q), q.at);
		assert_true(xguest_read(m->t, q.at, text, 5));
		assert_string_equal(text, "file");
		assert_false(xguest_read(m->t, q.at + 4096, text, 1));
		assert_int_equal(xguest_string(m->t, q.at, text, 5), 4);
		assert_int_equal(xguest_string(m->t, q.at, text, 3), -2);
		assert_true(guest_mapping(m->task, q.at, &g));
		assert_true(strlen(g.name) > 0);
		*xreg(m->t, RSI) = q.at;
		xthread_run(m->t);
		assert_int_equal(m->log.trap[0].kind, XE_MEMORY);
		assert_true(m->log.trap[0].bus);
		assert_int_equal(m->log.trap[0].pc, CODE + 2);
		assert_int_equal(*xreg(m->t, RAX), ld32("file"));
		stop(m);
	}
	close(fd);
}

static void test_wrap(void **state)
{
	static const char load[] = "\x8b\x46\x10\x0f\x0b"; /* mov eax,[esi+0x10]: wraps at 4 GiB in 32-bit mode */

	for (u32 k = 0; k < COUNT(execs); k++) {
		Machine *m = start(execs[k], X86_32, load, sizeof load - 1);
		assert_int_equal(map_at(m->task, 0, 4096, GP_READ | GP_WRITE), 0);
		assert_true(xguest_write(m->t, 8, "wrap", 4));
		*xreg(m->t, RSI) = 0xfffffff8;
		xthread_run(m->t);
		assert_int_equal(m->log.trap[0].kind, XE_UD);
		assert_int_equal(*xreg(m->t, RAX), ld32("wrap"));
		stop(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_space_model), cmocka_unit_test(test_space_refuses), cmocka_unit_test(test_remap),
		cmocka_unit_test(test_fault_among_many), cmocka_unit_test(test_loop), cmocka_unit_test(test_calls), cmocka_unit_test(test_fault),
		cmocka_unit_test(test_fault_and_go_on), cmocka_unit_test(test_protection), cmocka_unit_test(test_flags_at_fault),
		cmocka_unit_test(test_jump_nowhere), cmocka_unit_test(test_not_executable), cmocka_unit_test(test_writes_ahead),
		cmocka_unit_test(test_rewrites), cmocka_unit_test(test_written_by_handler), cmocka_unit_test(test_unmapped_code),
		cmocka_unit_test(test_kick), cmocka_unit_test(test_full_cache), cmocka_unit_test(test_full_cache_later), cmocka_unit_test(test_steps), cmocka_unit_test(test_fork), cmocka_unit_test(test_file), cmocka_unit_test(test_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
