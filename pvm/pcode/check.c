/* Checks the code of a module: one pass over each function, in time and memory linear in its bytes.
 *
 * Needs what pcode_read has proved about everything else.  Fills in max_stack and may_unwind.
 *
 * The types on the operand stack are a node of a tree: the root is the empty stack, a node's parent is the stack
 * without its top.  A stack has one node, so that comparing the stacks at a label is comparing two numbers, however
 * high they are. */
#include "pcode.h"

#define DEAD UINT32_MAX /* in place of a stack: no way leads here */

typedef struct Node {
	u32 parent, child[4]; /* of child, by type; 0 = none */
	u32 depth;
	u8 type;              /* of the top; 0 at the root */
} Node;

typedef struct Label {
	u32 stack; /* at the first arrival, DEAD before it */
	u8 kind;   /* P_LABEL, P_LOOP, P_LAND; 0 while not placed */
} Label;

typedef struct Goto { u32 from, pc, func, label; } Goto; /* an unwind, to be checked when all lands are known */
typedef struct CallEdge { u32 from, to; } CallEdge;

typedef struct Chk {
	PModule *m;
	Err *e;
	PFunc *f;
	u32 func, pc;        /* of the instruction being checked */
	POp op;
	Rd r;
	u32 stack;           /* node, or DEAD */
	VEC(Node) node;
	VEC(Label) label;    /* of the function */
	Map land;            /* function << 32 | label of each land */
	VEC(Goto) go;
	VEC(CallEdge) call;  /* between functions of the module */
	VEC(u32) call_ind;   /* functions that contain call.ind, with repeats */
	i64 imm[3];
} Chk;

static bool bad(Chk *c, const char *fmt, ...) PRINTF(2, 3);

static bool bad(Chk *c, const char *fmt, ...)
{
	char what[200];
	const char *name = pcode_ops[c->op].name;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return err_set(c->e, EXIT_VM, "malformed code: function %u (%.80s), offset %u, %s: %s", c->m->nimport + c->func,
		*c->f->name ? c->f->name : "no name", c->pc, name ? name : "?", what);
}

static const char *type_name(u8 t)
{
	switch (t) {
	case 'i': return "i32";
	case 'l': return "i64";
	case 'f': return "f32";
	case 'd': return "f64";
	default: return "nothing";
	}
}

/* ---- the operand stack -------------------------------------------------------------------------- */

static u32 type_index(u8 t)
{
	return t == 'i' ? 0 : t == 'l' ? 1 : t == 'f' ? 2 : 3;
}

static bool push(Chk *c, u8 type)
{
	u32 k = type_index(type), at = c->stack, next = c->node.p[at].child[k];

	if (!next) {
		Node n = {.parent = at, .depth = c->node.p[at].depth + 1, .type = type};
		if (n.depth > PCODE_MAX_STACK)
			return bad(c, "the operand stack grows higher than %d", PCODE_MAX_STACK);
		next = c->node.p[at].child[k] = c->node.n;
		vec_push(&c->node, n);
	}
	c->stack = next;
	if (c->node.p[next].depth > c->f->max_stack)
		c->f->max_stack = c->node.p[next].depth;
	return true;
}

/* Type of the top, 0 if the stack is empty. */
static u8 top(const Chk *c)
{
	return c->node.p[c->stack].type;
}

static bool pop(Chk *c, u8 type)
{
	const Node *n = &c->node.p[c->stack];

	if (n->type != type)
		return bad(c, "the operand is %s, not %s", type_name(n->type), type_name(type));
	c->stack = n->parent;
	return true;
}

static bool pop_any(Chk *c, u8 *type)
{
	*type = top(c);
	if (!*type)
		return bad(c, "the operand stack is empty");
	c->stack = c->node.p[c->stack].parent;
	return true;
}

static bool pop_all(Chk *c, const u8 *type, u32 n)
{
	while (n)
		if (!pop(c, type[--n]))
			return false;
	return true;
}

/* ---- immediates --------------------------------------------------------------------------------- */

static bool in_range(Chk *c, const char *what, u64 v, u64 limit)
{
	return v < limit || bad(c, "there is no %s %llu", what, (unsigned long long)v);
}

static bool check_imm(Chk *c, char kind, i64 *v)
{
	const PModule *m = c->m;

	switch (kind) {
	case 's': *v = rd_sleb32(&c->r); return true;
	case 'S': *v = rd_sleb64(&c->r); return true;
	case 'f': rd_bytes(&c->r, 4); return true;
	case 'd': rd_bytes(&c->r, 8); return true;
	}
	*v = rd_uleb32(&c->r);
	switch (kind) {
	case 'L': return c->op == P_UNWIND || in_range(c, "label", (u64)*v, c->f->nlabel);
	case 'V': return in_range(c, "local", (u64)*v, (u64)m->type[c->f->type].nparam + c->f->nlocal);
	case 'G': return in_range(c, "global", (u64)*v, m->nglobal);
	case 'F': return in_range(c, "function", (u64)*v, (u64)m->nimport + m->nfunc);
	case 'T': return in_range(c, "type", (u64)*v, m->ntype);
	case 'm':
		if (*v > pcode_access_log2(c->op))
			return bad(c, "the alignment is greater than the access");
		rd_uleb32(&c->r);
		return true;
	default: return true;
	}
}

/* Reads the immediates of any instruction but jump.table. */
static bool check_imms(Chk *c)
{
	const char *kind = pcode_ops[c->op].imm;

	for (u32 i = 0; kind[i]; i++)
		if (!check_imm(c, kind[i], &c->imm[i]))
			return false;
	return !c->r.bad || bad(c, "a malformed number, or the code is cut short");
}

/* ---- labels ------------------------------------------------------------------------------------- */

/* The stack at a label is the same whichever way it is reached. */
static bool arrive(Chk *c, Label *l, u64 number)
{
	if (l->stack == DEAD)
		l->stack = c->stack;
	return l->stack == c->stack || bad(c, "the stack differs from that of an earlier way to label %llu", (unsigned long long)number);
}

static bool jump(Chk *c, u64 number)
{
	Label *l = &c->label.p[number];

	if (l->kind && l->kind != P_LOOP)
		return bad(c, "a jump backwards to label %llu, which is no loop", (unsigned long long)number);
	return arrive(c, l, number);
}

static bool place(Chk *c)
{
	u64 number = (u64)c->imm[0];
	Label *l = &c->label.p[number];

	if (l->kind)
		return bad(c, "label %llu is placed twice", (unsigned long long)number);
	l->kind = (u8)c->op;
	if (c->stack == DEAD)
		c->stack = l->stack == DEAD ? 0 : l->stack;
	if (!arrive(c, l, number))
		return false;
	if (c->op != P_LAND)
		return true;
	if (c->stack)
		return bad(c, "the operand stack is not empty");
	if (!c->f->frame)
		return bad(c, "the function has no frame");
	*map_put(&c->land, (u64)c->func << 32 | number) = 1;
	return true;
}

static bool check_jump_table(Chk *c)
{
	u32 n = rd_uleb32(&c->r);

	if (n >= (size_t)(c->r.end - c->r.p))
		return bad(c, "the code is cut short");
	if (!pop(c, 'i'))
		return false;
	for (u32 i = 0; i <= n; i++) {
		u32 number = rd_uleb32(&c->r);
		if (c->r.bad)
			return bad(c, "a malformed number, or the code is cut short");
		if (!in_range(c, "label", number, c->f->nlabel) || !jump(c, number))
			return false;
	}
	c->stack = DEAD;
	return true;
}

/* ---- instructions ------------------------------------------------------------------------------- */

static bool check_call(Chk *c, const PType *t)
{
	return pop_all(c, t->param, t->nparam) && (!t->result || push(c, t->result));
}

static bool check_direct_call(Chk *c)
{
	u32 number = (u32)c->imm[0], nimport = c->m->nimport;

	if (number < nimport)
		return check_call(c, &c->m->type[c->m->import[number].type]);
	vec_push(&c->call, ((CallEdge){c->func, number - nimport}));
	return check_call(c, &c->m->type[c->m->func[number - nimport].type]);
}

static bool check_unwind(Chk *c)
{
	u32 number = (u32)c->imm[0];

	if (number < c->m->nimport)
		return bad(c, "function %u is an import", number);
	vec_push(&c->go, ((Goto){c->func, c->pc, number - c->m->nimport, (u32)c->imm[1]}));
	c->f->may_unwind = true;
	if (!pop(c, 'i'))
		return false;
	c->stack = DEAD;
	return true;
}

static bool check_return(Chk *c)
{
	u8 result = c->m->type[c->f->type].result;

	if (result && !pop(c, result))
		return false;
	c->stack = DEAD;
	return true;
}

/* drop, dup, swap, select */
static bool check_shuffle(Chk *c)
{
	u8 a, b;

	switch (c->op) {
	case P_DROP: return pop_any(c, &a);
	case P_DUP: return pop_any(c, &a) && push(c, a) && push(c, a);
	case P_SWAP: return pop_any(c, &b) && pop_any(c, &a) && push(c, b) && push(c, a);
	default: return pop(c, 'i') && pop_any(c, &b) && pop(c, b) && push(c, b);
	}
}

static bool check_variable(Chk *c)
{
	u32 k = (u32)c->imm[0];
	bool global = c->op == P_GLOBAL_GET || c->op == P_GLOBAL_SET;
	u8 type = global ? c->m->global[k].type : pcode_local_type(c->m, c->f, k);

	switch (c->op) {
	case P_GLOBAL_GET: case P_LOCAL_GET: return push(c, type);
	case P_GLOBAL_SET: return (c->m->global[k].mutable || bad(c, "the global is a constant")) && pop(c, type);
	case P_LOCAL_SET: return pop(c, type);
	default: return pop(c, type) && push(c, type);
	}
}

/* Rules of single immediates. */
static bool check_values(Chk *c)
{
	const i64 *v = c->imm;

	switch (c->op) {
	case P_TRAP: case P_TRAP_IF:
		return (v[0] >= 200 && v[0] <= 255) || bad(c, "%lld is no run-time error", (long long)v[0]);
	case P_FRAME_ADDR:
		return v[0] <= c->f->frame || bad(c, "the frame has only %u bytes", c->f->frame);
	case P_CHECK_RANGE: case P_CHECK_RANGE_L:
		return v[0] <= v[1] || bad(c, "the range is empty");
	case P_INDEX:
		return v[0] + v[1] <= (i64)1 << 31 || bad(c, "the last index is no i32");
	default:
		return true;
	}
}

/* An instruction whose columns in pcode.def say all about its operands. */
static bool check_plain(Chk *c)
{
	const POpInfo *info = &pcode_ops[c->op];
	const u8 *pushes = (const u8 *)info->pushes;

	if (!check_values(c) || !pop_all(c, (const u8 *)info->pops, (u32)strlen(info->pops)))
		return false;
	return !*pushes || push(c, *pushes);
}

static bool check_ins(Chk *c)
{
	switch (c->op) {
	case P_LABEL: case P_LOOP: case P_LAND:
		return place(c);
	case P_JUMP:
		if (!jump(c, (u64)c->imm[0]))
			return false;
		c->stack = DEAD;
		return true;
	case P_JUMP_IF: case P_JUMP_IFZ:
		return pop(c, 'i') && jump(c, (u64)c->imm[0]);
	case P_JUMP_TABLE: return check_jump_table(c);
	case P_RETURN: return check_return(c);
	case P_CALL: return check_direct_call(c);
	case P_CALL_IND:
		vec_push(&c->call_ind, c->func);
		return pop(c, 'i') && check_call(c, &c->m->type[c->imm[0]]);
	case P_UNWIND: return check_unwind(c);
	case P_TRAP:
		if (!check_values(c))
			return false;
		c->stack = DEAD;
		return true;
	case P_DROP: case P_DUP: case P_SWAP: case P_SELECT:
		return check_shuffle(c);
	case P_LOCAL_GET: case P_LOCAL_SET: case P_LOCAL_TEE: case P_GLOBAL_GET: case P_GLOBAL_SET:
		return check_variable(c);
	default:
		return check_plain(c);
	}
}

static bool is_label(POp op)
{
	return op == P_LABEL || op == P_LOOP || op == P_LAND;
}

static void begin_func(Chk *c, u32 func)
{
	c->func = func;
	c->pc = 0;
	c->op = P_NOP;
	c->f = &c->m->func[func];
	c->f->max_stack = 0;
	c->f->may_unwind = false;
	c->r = (Rd){c->f->code, c->f->code + c->f->code_len, false};
	c->stack = 0;
	c->label.n = 0;
	vec_reserve(&c->label, c->f->nlabel);
	for (u32 i = 0; i < c->f->nlabel; i++)
		vec_push(&c->label, ((Label){DEAD, 0}));
}

static bool check_func(Chk *c, u32 func)
{
	begin_func(c, func);
	while (c->r.p < c->r.end) {
		c->pc = (u32)(c->r.p - c->f->code);
		c->op = (POp)*c->r.p++;
		if (!pcode_ops[c->op].name)
			return bad(c, "no instruction has the code 0x%02x", c->op);
		if (c->stack == DEAD && !is_label(c->op))
			return bad(c, "cannot be reached");
		if (c->op != P_JUMP_TABLE && !check_imms(c))
			return false;
		if (!check_ins(c))
			return false;
	}
	if (c->stack != DEAD)
		return bad(c, "control runs off the end of the function");
	for (u32 i = 0; i < c->f->nlabel; i++)
		if (!c->label.p[i].kind)
			return bad(c, "label %u is not in the function", i);
	return true;
}

/* ---- the whole module --------------------------------------------------------------------------- */

static bool check_gotos(Chk *c)
{
	for (u32 i = 0; i < c->go.n; i++) {
		const Goto *g = &c->go.p[i];
		if (!map_get(&c->land, (u64)g->func << 32 | g->label)) {
			c->func = g->from;
			c->f = &c->m->func[g->from];
			c->pc = g->pc;
			c->op = P_UNWIND;
			return bad(c, "label %u of function %u is no land", g->label, c->m->nimport + g->func);
		}
	}
	return true;
}

/* Spreads may_unwind from callees to callers, each call looked at once. */
static void spread_unwind(Chk *c)
{
	PFunc *func = c->m->func;
	u32 n = c->m->nfunc;
	u32 *at = xcalloc((size_t)n + 2, sizeof *at), *caller = xmalloc(((size_t)c->call.n + 1) * sizeof *caller);
	VEC(u32) todo = {0};

	if (c->go.n)
		for (u32 i = 0; i < c->call_ind.n; i++)
			func[c->call_ind.p[i]].may_unwind = true;
	/* caller[at[k] .. at[k+1]): who calls function k */
	for (u32 i = 0; i < c->call.n; i++)
		at[c->call.p[i].to + 2]++;
	for (u32 k = 2; k <= n; k++)
		at[k] += at[k - 1];
	for (u32 i = 0; i < c->call.n; i++)
		caller[at[c->call.p[i].to + 1]++] = c->call.p[i].from;
	for (u32 k = 0; k < n; k++)
		if (func[k].may_unwind)
			vec_push(&todo, k);
	while (todo.n) {
		u32 k = todo.p[--todo.n];
		for (u32 i = at[k]; i < at[k + 1]; i++)
			if (!func[caller[i]].may_unwind) {
				func[caller[i]].may_unwind = true;
				vec_push(&todo, caller[i]);
			}
	}
	vec_free(&todo);
	vec_free_(at);
	vec_free_(caller);
}

bool pcode_check(PModule *m, Err *e)
{
	Chk c = {.m = m, .e = e};
	bool ok = true;

	vec_push(&c.node, ((Node){0}));
	for (u32 i = 0; i < m->nfunc && ok; i++)
		ok = check_func(&c, i);
	ok = ok && check_gotos(&c);
	if (ok)
		spread_unwind(&c);
	vec_free(&c.node);
	vec_free(&c.label);
	vec_free(&c.go);
	vec_free(&c.call);
	vec_free(&c.call_ind);
	map_free(&c.land);
	return ok;
}
