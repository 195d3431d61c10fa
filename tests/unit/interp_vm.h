/* A machine for tests of the interpreter: a module in memory of its own, with hooks that note what they got.  Each test
 * runs on three of them -- threaded, switch, and the plain translation of the stepper. */
#ifndef PVM_INTERP_VM_H
#define PVM_INTERP_VM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "pvm/pcode/interp.h"

enum Kind { THREADED, SWITCH, PLAIN, KINDS };

typedef struct Vm {
	Regfile t; /* first: hooks get it back from its address */
	PEnv env;
	PModule *m;
	Buf file;
	OHostFn *host[PH_COUNT + 8];
	u32 type_id[64];
	OEntry table[8];
	u64 global[8];
	jmp_buf trapped;
	u32 code, pc, func, depth; /* of the last trap; code 0 = none */
	u64 arg[2];                /* what the host function got */
	u32 rounds;
} Vm;

static void trap(Regfile *t, u64 code)
{
	Vm *v = (Vm *)t;
	const PFrame *f = pcode_frame_up(&v->env, NULL);

	v->code = (u32)code;
	v->func = f ? f->func : UINT32_MAX;
	v->pc = f ? pcode_frame_pc(&v->env, f) : 0;
	for (v->depth = 0; f; f = pcode_frame_up(&v->env, f))
		v->depth++;
	longjmp(v->trapped, 1);
}

static u64 host_record(Regfile *t, const u64 *args)
{
	Vm *v = (Vm *)t;

	memcpy(v->arg, args, sizeof v->arg);
	return args[0] + 1;
}

static u64 host_grow(Regfile *t, const u64 *args)
{
	u64 old = t->mem_size / PCODE_PAGE;

	if (args[0] > 4)
		return UINT32_MAX;
	t->mem_size += args[0] * PCODE_PAGE;
	return old;
}

/* Runs function args[0] of the same module again from inside a call out. */
static u64 host_again(Regfile *t, const u64 *args)
{
	Vm *v = (Vm *)t;

	return pcode_interp(&v->env, (u32)args[0], args + 1);
}

static void step(PEnv *env, const PFrame *f) { (void)env, (void)f; }

static void vm_reset(Vm *v)
{
	memset(v->t.mem + v->m->guard, 0x11, v->t.mem_size - v->m->guard);
	v->t.sp = v->m->stack_hi;
	v->t.sp_limit = v->m->stack_lo;
	v->t.unwind = 0;
	v->code = 0;
	v->env.top = NULL;
	if (v->env.priv)
		((Interp *)v->env.priv)->last = NULL;
	memset(v->global, 0, sizeof v->global);
}

static void vm_open(Vm *v, const Buf *file, enum Kind kind)
{
	Err e = {0};

	memset(v, 0, sizeof *v);
	buf_bytes(&v->file, file->p, file->n);
	v->m = pcode_read(v->file.p, v->file.n, "test", &e);
	if (!v->m || !pcode_check(v->m, &e))
		fail_msg("%s", e.msg);
	v->t.mem_size = (u64)v->m->pages * PCODE_PAGE;
	v->t.mem_guard = v->m->guard;
	v->t.mem = xcalloc(1, v->t.mem_size + 4 * PCODE_PAGE);
	v->t.global = v->global;
	v->t.trap = trap;
	v->t.table = v->table;
	v->t.table_len = COUNT(v->table);
	v->host[PH_MEM_COPY] = pcode_mem_copy;
	v->host[PH_MEM_FILL] = pcode_mem_fill;
	v->host[PH_MEM_CMP] = pcode_mem_cmp;
	v->host[PH_MEM_GROW] = host_grow;
	v->host[PH_COUNT] = host_record;
	v->host[PH_COUNT + 1] = host_again;
	v->t.host = v->host;
	for (u32 k = 0; k < COUNT(v->type_id); k++)
		v->type_id[k] = 100 + k;
	for (u32 k = 0; k < v->m->ntable; k++) {
		u32 n = v->m->table[k];
		u32 type = n == UINT32_MAX ? n : n < v->m->nimport ? v->m->import[n].type : v->m->func[n - v->m->nimport].type;
		v->table[k] = (OEntry){NULL, n == UINT32_MAX ? n : 100 + type,
			n == UINT32_MAX ? n : n < v->m->nimport ? v->m->nfunc + n : n - v->m->nimport};
	}
	for (u32 k = v->m->ntable; k < COUNT(v->table); k++)
		v->table[k].func = v->table[k].type = UINT32_MAX;
	v->env.t = &v->t;
	v->env.m = v->m;
	v->env.type_id = v->type_id;
	v->env.step = kind == PLAIN ? step : NULL;
	interp_threaded = kind != SWITCH;
	interp_of(&v->env);
	interp_threaded = true;
	vm_reset(v);
}

static void vm_close(Vm *v)
{
	pcode_interp_free(&v->env);
	pcode_free(v->m);
	free(v->t.mem);
	buf_free(&v->file);
}

/* The result; v->code says whether it trapped. */
static u64 vm_run(Vm *v, u32 func, const u64 *args)
{
	v->code = 0;
	v->env.top = NULL;
	((Interp *)v->env.priv)->last = NULL;
	v->t.sp = v->m->stack_hi;
	if (setjmp(v->trapped))
		return 0;
	return pcode_interp(&v->env, func, args);
}

#define EACH_VM(v, file) \
	for (u32 kind_ = 0; kind_ < KINDS; kind_++) \
		for (bool once_ = (vm_open(&(v), (file), kind_), true); once_; once_ = false, vm_close(&(v)))

#endif
