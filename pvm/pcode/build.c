/* Builds a module, for compilers.
 *
 * Code of all functions goes into one buffer.  A function's number is not known before the number of
 * imports is, so the operand of `call` and `unwind` is left out of the code and noted as a Ref; pb_end
 * copies the code and puts the numbers in.  Functions are numbered from 0 while building, imports from IMPORT.
 *
 * Instructions that cannot be reached (behind a jump, before the next label) are dropped: the format has none. */
#include "pcode.h"

#include <stdlib.h>

#define IMPORT 0x80000000u

enum {
	INS_MAX = 32,         /* no instruction but jump.table is longer */
	DEFAULT_STACK = 8 << 20, DEFAULT_GUARD = 4096, DEFAULT_PAGES = 32768,
	NEAR = 16             /* data this near to the last is put into its segment */
};

typedef struct Ref { u32 at, func; } Ref; /* a function number is missing at this offset of the code */

typedef struct Body {
	const char *name;
	u32 type, nparam;
	u32 frame, nlabel, nplaced;
	u32 code, code_end;
	u32 local, local_end;
	u32 line, line_end;
	u32 ref, ref_end;
	bool begun, done;
} Body;

typedef struct Segment { u32 at, from, n; } Segment; /* memory address; bytes[from .. from+n) */

struct PBuild {
	Arena *arena;
	const char *source;
	Intern sig, import_key; /* signatures; module, 0, name */
	VEC(PType) type;
	VEC(PImport) import;
	VEC(Body *) func;
	VEC(u8) local;          /* of all functions, parameters not included */
	VEC(PLine) line;        /* of all functions, pc relative to the function */
	VEC(Ref) ref;
	Buf code;
	Body *cur;
	bool dead;              /* no way leads to the next instruction */
	VEC(u8) jumped;         /* of each label of cur: a jump to it was emitted */
	u32 now_line, last_line;
	VEC(u32) table;
	Map slot;               /* builder's function number -> slot of the table */
	VEC(PGlobal) global;
	VEC(PExport) export;
	VEC(PVar) var;
	VEC(PSource) file;
	Buf bytes;              /* initial memory */
	VEC(Segment) segment;
	Map shared;             /* hash of bytes -> index of Shared + 1 */
	VEC(Segment) constant;  /* what may be shared */
	u64 memory_end;         /* first free address behind the data */
	u32 stack, max_pages, guard;
	u32 start;
	const char *error;
};

PBuild *pb_new(const char *source)
{
	PBuild *b = xcalloc(1, sizeof *b);

	b->arena = arena_new();
	b->source = arena_strndup(b->arena, source, strlen(source));
	b->start = UINT32_MAX;
	pb_memory(b, DEFAULT_STACK, DEFAULT_PAGES, DEFAULT_GUARD);
	return b;
}

static void set_error(PBuild *b, const char *text)
{
	if (!b->error)
		b->error = text;
}

const char *pb_error(const PBuild *b)
{
	return b->error;
}

static void NORETURN bug(const PBuild *b, const char *what)
{
	die(EXIT_VM, "compiler bug in %s: %s", b->cur ? b->cur->name : b->source, what);
}

/* ---- types, imports, functions ------------------------------------------------------------------ */

static bool is_type(char c)
{
	return c == 'i' || c == 'l' || c == 'f' || c == 'd';
}

u32 pb_type(PBuild *b, const char *sig)
{
	u32 id = intern(&b->sig, sig, strlen(sig)) - 1;

	if (id < b->type.n)
		return id;
	PType t = {.param = (const u8 *)intern_str(&b->sig, id + 1)};
	while (is_type(sig[t.nparam]))
		t.nparam++;
	t.result = (u8)(sig[t.nparam] == ':' ? sig[t.nparam + 1] : 0);
	if (sig[t.nparam] != ':' || (t.result && (!is_type((char)t.result) || sig[t.nparam + 2])))
		bug(b, sig);
	if (t.nparam > PCODE_MAX_LOCALS)
		set_error(b, "a procedure has too many parameters");
	vec_push(&b->type, t);
	return id;
}

u32 pb_import(PBuild *b, const char *module, const char *name, const char *sig)
{
	char key[512];
	int n = snprintf(key, sizeof key, "%s/%s", module, name);

	if (n < 0 || n >= (int)sizeof key)
		bug(b, name);
	u32 id = intern(&b->import_key, key, (size_t)n) - 1, type = pb_type(b, sig);
	if (id == b->import.n) {
		PImport i = {arena_strndup(b->arena, module, strlen(module)), arena_strndup(b->arena, name, strlen(name)), type};
		vec_push(&b->import, i);
	} else if (b->import.p[id].type != type) {
		bug(b, name);
	}
	return IMPORT | id;
}

u32 pb_func(PBuild *b, const char *name, const char *sig)
{
	Body *f = arena_alloc(b->arena, sizeof *f);

	f->name = arena_strndup(b->arena, name, strlen(name));
	f->type = pb_type(b, sig);
	f->nparam = b->type.p[f->type].nparam;
	vec_push(&b->func, f);
	return b->func.n - 1;
}

void pb_begin(PBuild *b, u32 func)
{
	Body *f = func < b->func.n ? b->func.p[func] : NULL;

	if (b->cur || !f || f->begun)
		bug(b, "pb_begin");
	b->cur = f;
	b->dead = false;
	b->jumped.n = 0;
	b->now_line = b->last_line = 0;
	f->begun = true;
	f->code = b->code.n;
	f->local = b->local.n;
	f->line = b->line.n;
	f->ref = b->ref.n;
}

void pb_finish(PBuild *b, u32 frame_bytes)
{
	Body *f = b->cur;

	if (!b->dead)
		bug(b, "control runs off the end");
	if (f->nplaced != f->nlabel)
		bug(b, "a label was not placed");
	f->frame = (frame_bytes + 15) & ~15u;
	if (frame_bytes > PCODE_MAX_FRAME)
		set_error(b, "the variables of a procedure need too much memory");
	if (f->nparam + (b->local.n - f->local) > PCODE_MAX_LOCALS)
		set_error(b, "a procedure has too many variables");
	f->code_end = b->code.n;
	f->local_end = b->local.n;
	f->line_end = b->line.n;
	f->ref_end = b->ref.n;
	f->done = true;
	b->cur = NULL;
}

u32 pb_local(PBuild *b, char type)
{
	u32 k = b->cur->nparam + b->local.n - b->cur->local;

	vec_push(&b->local, (u8)type);
	return k;
}

u32 pb_label(PBuild *b)
{
	vec_push(&b->jumped, 0);
	return b->cur->nlabel++;
}

void pb_line(PBuild *b, u32 line)
{
	b->now_line = line;
}

u32 pb_pc(const PBuild *b)
{
	return b->code.n - b->cur->code;
}

/* ---- instructions ------------------------------------------------------------------------------- */

static u8 *put_uleb(u8 *p, u64 v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (u8)(v | 0x80);
	*p++ = (u8)v;
	return p;
}

static u8 *put_sleb(u8 *p, i64 v)
{
	for (;;) {
		u8 c = v & 0x7f;
		v >>= 7;
		if (v == ((c & 0x40) ? -1 : 0)) {
			*p++ = c;
			return p;
		}
		*p++ = c | 0x80;
	}
}

/* Begins an instruction: NULL when it is dropped, else where its immediates go. */
static u8 *begin(PBuild *b, POp op)
{
	switch (op) {
	case P_LABEL: case P_LOOP: case P_LAND:
		b->cur->nplaced++;
		b->dead = false;
		break;
	case P_JUMP: case P_JUMP_TABLE: case P_RETURN: case P_TRAP: case P_UNWIND:
		if (b->dead)
			return NULL;
		b->dead = true;
		break;
	default:
		if (b->dead)
			return NULL;
	}
	if (b->now_line != b->last_line) {
		vec_push(&b->line, ((PLine){pb_pc(b), b->now_line}));
		b->last_line = b->now_line;
	}
	vec_grow_((void **)&b->code.p, &b->code.cap, (u64)b->code.n + INS_MAX, 1);
	b->code.p[b->code.n] = (u8)op;
	return b->code.p + b->code.n + 1;
}

static void end(PBuild *b, const u8 *p)
{
	b->code.n = (u32)(p - b->code.p);
}

/* Writes one immediate of the given kind. */
static u8 *put_imm(PBuild *b, u8 *p, char kind, i64 v)
{
	switch (kind) {
	case 's': return put_sleb(p, (i32)v);
	case 'S': return put_sleb(p, v);
	case 'F':
		vec_push(&b->ref, ((Ref){(u32)(p - b->code.p), (u32)v}));
		return p;
	default: return put_uleb(p, (u32)v);
	}
}

static void jumped(PBuild *b, u32 label)
{
	if (label < b->jumped.n)
		b->jumped.p[label] = 1;
}

void pb_op(PBuild *b, POp op)
{
	u8 *p = begin(b, op);

	if (p)
		end(b, p);
}

void pb_op1(PBuild *b, POp op, i64 imm)
{
	bool unreached = op == P_LABEL && b->dead && (u64)imm < b->jumped.n && !b->jumped.p[imm];
	u8 *p = begin(b, op);

	if (!p)
		return;
	end(b, put_imm(b, p, pcode_ops[op].imm[0], imm));
	if (op == P_JUMP || op == P_JUMP_IF || op == P_JUMP_IFZ)
		jumped(b, (u32)imm);
	if (unreached) /* what follows may count on a stack that is not there: it stays dead */
		pb_op1(b, P_TRAP, 255);
}

void pb_op2(PBuild *b, POp op, i64 imm1, i64 imm2)
{
	const char *kind = pcode_ops[op].imm;
	u8 *p = begin(b, op);

	if (!p)
		return;
	p = put_imm(b, p, kind[0], imm1); /* of 'm', both are unsigned */
	end(b, put_imm(b, p, kind[0] == 'm' ? 'u' : kind[1], imm2));
}

void pb_index(PBuild *b, i32 lo, u32 count, u32 size)
{
	u8 *p = begin(b, P_INDEX);

	if (p)
		end(b, put_uleb(put_uleb(put_sleb(p, lo), count), size));
}

void pb_f64(PBuild *b, double v)
{
	u8 *p = begin(b, P_F64_CONST);

	if (!p)
		return;
	st64(p, f64_u64(v));
	end(b, p + 8);
}

void pb_f32(PBuild *b, float v)
{
	u8 *p = begin(b, P_F32_CONST);

	if (!p)
		return;
	st32(p, f32_u32(v));
	end(b, p + 4);
}

void pb_table_jump(PBuild *b, const u32 *label, u32 n, u32 other)
{
	u8 *p = begin(b, P_JUMP_TABLE);

	if (!p)
		return;
	end(b, put_uleb(p, n));
	for (u32 i = 0; i < n; i++) {
		buf_uleb(&b->code, label[i]);
		jumped(b, label[i]);
	}
	buf_uleb(&b->code, other);
	jumped(b, other);
}

/* ---- memory and the rest of a module ------------------------------------------------------------ */

void pb_memory(PBuild *b, u32 stack_bytes, u32 max_pages, u32 guard)
{
	if (b->memory_end != b->guard || guard % 4096)
		bug(b, "pb_memory comes before data and takes whole pages as guard");
	b->stack = stack_bytes;
	b->max_pages = MIN(max_pages, (u32)PCODE_MAX_PAGES);
	b->guard = guard;
	b->memory_end = guard;
}

/* Takes n bytes of memory; 0 when they do not fit. */
static u32 take(PBuild *b, u32 n, u32 align)
{
	u64 mask = (u64)MAX(align, 1u) - 1, at = (b->memory_end + mask) & ~mask;

	if (at + n > (u64)b->max_pages * PCODE_PAGE || at + n > UINT32_MAX) {
		set_error(b, "the program's variables need too much memory");
		return 0;
	}
	b->memory_end = at + n;
	return (u32)at;
}

u32 pb_zero(PBuild *b, u32 n, u32 align)
{
	return take(b, n, align);
}

u32 pb_init(PBuild *b, const void *p, u32 n, u32 align)
{
	Segment *last = b->segment.n ? &b->segment.p[b->segment.n - 1] : NULL;
	u32 at = take(b, n, align);

	if (!n || b->error)
		return at;
	if (last && at - (last->at + last->n) < NEAR) {
		for (u32 k = at - (last->at + last->n); k; k--)
			buf_u8(&b->bytes, 0);
		last->n = at + n - last->at;
	} else {
		vec_push(&b->segment, ((Segment){at, b->bytes.n, n}));
	}
	buf_bytes(&b->bytes, p, n);
	return at;
}

u32 pb_data(PBuild *b, const void *p, u32 n, u32 align)
{
	u64 *known = map_put(&b->shared, hash64(p, n));

	if (*known) {
		const Segment *s = &b->constant.p[*known - 1];
		if (s->n == n && !memcmp(b->bytes.p + s->from, p, n) && s->at % MAX(align, 1u) == 0)
			return s->at;
	}
	u32 at = pb_init(b, p, n, align);
	if (n && !b->error) {
		vec_push(&b->constant, ((Segment){at, b->bytes.n - n, n}));
		*known = b->constant.n;
	}
	return at;
}

/* Slot 0 stays empty: a procedure variable of zeros traps when it is called. */
u32 pb_slot(PBuild *b, u32 func)
{
	u64 *slot = map_put(&b->slot, func);

	if (*slot)
		return (u32)*slot;
	if (!b->table.n)
		vec_push(&b->table, UINT32_MAX);
	*slot = b->table.n;
	vec_push(&b->table, func);
	return (u32)*slot;
}

u32 pb_global(PBuild *b, char type, bool mutable, u64 init)
{
	if (type == 'i' || type == 'f')
		init = (u32)init;
	vec_push(&b->global, ((PGlobal){(u8)type, mutable, init}));
	return b->global.n - 1;
}

void pb_export(PBuild *b, const char *name, u32 func)
{
	vec_push(&b->export, ((PExport){arena_strndup(b->arena, name, strlen(name)), 0, func}));
}

void pb_var(PBuild *b, PVar v)
{
	v.name = arena_strndup(b->arena, v.name, strlen(v.name));
	vec_push(&b->var, v);
}

void pb_start(PBuild *b, u32 func)
{
	b->start = func;
}

/* ---- putting it together ------------------------------------------------------------------------ */

/* The number in the module of a builder's function number. */
static u32 number(const PBuild *b, u32 func)
{
	return func & IMPORT ? func & ~IMPORT : b->import.n + func;
}

/* Copies f's code into out, with function numbers put in, and moves its lines along. */
static void link_code(PBuild *b, const Body *f, Buf *out)
{
	u32 from = f->code, line = f->line, base = out->n, ref = f->ref;

	for (;; ref++) {
		u32 to = ref < f->ref_end ? b->ref.p[ref].at : f->code_end;
		/* What is in front of the gap starts where it does in out. */
		for (u32 shift = out->n - base - (from - f->code); line < f->line_end && f->code + b->line.p[line].pc < to; line++)
			b->line.p[line].pc += shift;
		buf_bytes(out, b->code.p + from, to - from);
		if (ref == f->ref_end)
			return;
		buf_uleb(out, number(b, b->ref.p[ref].func));
		from = to;
	}
}

static PFunc *link_funcs(PBuild *b, Buf *code)
{
	PFunc *func = arena_alloc(b->arena, MAX(b->func.n, 1u) * sizeof *func);

	vec_reserve(code, b->code.n + 2 * b->ref.n + 1);
	for (u32 i = 0; i < b->func.n; i++) {
		const Body *f = b->func.p[i];
		if (!f->done)
			die(EXIT_VM, "compiler bug in %s: no body", f->name);
		func[i] = (PFunc){
			.name = f->name, .type = f->type, .local = b->local.p + f->local, .nlocal = f->local_end - f->local,
			.frame = f->frame, .nlabel = f->nlabel, .line_at = f->line, .line_n = f->line_end - f->line,
		};
		u32 at = code->n;
		link_code(b, f, code);
		func[i].code_len = code->n - at;
	}
	for (u32 i = 0, at = 0; i < b->func.n; at += func[i++].code_len)
		func[i].code = code->p + at;
	return func;
}

/* guard | data | stack | heap */
static void layout(PBuild *b, PModule *m)
{
	u64 lo = (b->memory_end + 15) & ~15ull, hi = (lo + b->stack + 15) & ~15ull;
	u64 pages = (hi + PCODE_PAGE - 1) / PCODE_PAGE;

	if (pages > b->max_pages)
		set_error(b, "the program's variables and its stack need too much memory");
	m->guard = b->guard;
	m->stack_lo = (u32)lo;
	m->stack_hi = (u32)hi;
	m->heap = (u32)hi;
	m->pages = (u32)pages;
	m->max_pages = b->max_pages;
}

static void link_data(PBuild *b, PModule *m)
{
	m->ndata = b->segment.n;
	m->data = arena_alloc(b->arena, MAX(m->ndata, 1u) * sizeof *m->data);
	for (u32 i = 0; i < m->ndata; i++) {
		const Segment *s = &b->segment.p[i];
		m->data[i] = (PData){s->at, b->bytes.p + s->from, s->n};
	}
}

void pb_free(PBuild *b)
{
	intern_free(&b->sig);
	intern_free(&b->import_key);
	vec_free(&b->type);
	vec_free(&b->import);
	vec_free(&b->func);
	vec_free(&b->local);
	vec_free(&b->line);
	vec_free(&b->ref);
	buf_free(&b->code);
	vec_free(&b->table);
	map_free(&b->slot);
	vec_free(&b->global);
	vec_free(&b->export);
	vec_free(&b->var);
	vec_free(&b->file);
	vec_free(&b->jumped);
	buf_free(&b->bytes);
	vec_free(&b->segment);
	map_free(&b->shared);
	vec_free(&b->constant);
	arena_free(b->arena);
	free(b);
}

void pb_file(PBuild *b, const char *name, u32 first)
{
	PSource f = {arena_strndup(b->arena, name, strlen(name)), first};

	vec_push(&b->file, f);
}

void pb_end(PBuild *b, Buf *out)
{
	Buf code = {0};
	PModule m = {
		.source = b->source, .func = link_funcs(b, &code), .nfunc = b->func.n,
		.type = b->type.p, .ntype = b->type.n, .import = b->import.p, .nimport = b->import.n,
		.table = b->table.p, .ntable = b->table.n, .global = b->global.p, .nglobal = b->global.n,
		.export = b->export.p, .nexport = b->export.n, .line = b->line.p, .nline = b->line.n,
		.var = b->var.p, .nvar = b->var.n, .file = b->file.p, .nfile = b->file.n,
		.start = b->start == UINT32_MAX ? UINT32_MAX : number(b, b->start),
	};

	layout(b, &m);
	link_data(b, &m);
	if (b->error)
		die(EXIT_COMPILE, "%s: %s", b->source, b->error);
	for (u32 i = 1; i < m.ntable; i++)
		m.table[i] = number(b, m.table[i]);
	for (u32 i = 0; i < m.nexport; i++)
		m.export[i].index = number(b, m.export[i].index);
	pcode_write(&m, out);
	buf_free(&code);
	pb_free(b);
}
