/* The text form, read.  docs/ocode.md has its grammar; print.c writes it.
 *
 * A line is an instruction.  Instructions without a result carry no number in the text: they get the numbers
 * that nothing else uses, in order.  The parser accepts what has the right shape; whether a function makes
 * sense is the checker's business. */
#include "ocode.h"

#include <ctype.h>
#include <stdlib.h>

/* Larger numbers are refused: one line must not make us allocate gigabytes. */
enum { MAX_NUMBER = 1 << 22 };

typedef struct Parser {
	const char *at;
	u32 line;
	Err *e;
	OFunc *f;
	VEC(OIns) ins;   /* in the order of the text */
	VEC(u32) number; /* of each, 0 = to be given */
	VEC(u8) defined; /* by block */
	VEC(u8) mapped;  /* by map */
	u32 block;       /* the one being read, 0 = none yet */
} Parser;

static bool fail(Parser *p, const char *what)
{
	return err_set(p->e, EXIT_VM, "O-code line %u: %s", p->line, what);
}

/* ---- words -------------------------------------------------------------------------------------- */

static void blanks(Parser *p)
{
	while (*p->at == ' ' || *p->at == '\t')
		p->at++;
	if (*p->at == ';')
		while (*p->at && *p->at != '\n')
			p->at++;
}

/* Skips the rest of empty lines. */
static void lines(Parser *p)
{
	for (blanks(p); *p->at == '\n'; blanks(p)) {
		p->at++;
		p->line++;
	}
}

static bool accept(Parser *p, char c)
{
	blanks(p);
	if (*p->at != c)
		return false;
	p->at++;
	return true;
}

static bool expect(Parser *p, char c)
{
	char what[] = "expected 'x'";

	what[10] = c;
	return accept(p, c) || fail(p, what);
}

static bool is_word(char c)
{
	return isalnum((u8)c) || c == '_';
}

static bool accept_word(Parser *p, const char *word)
{
	size_t n = strlen(word);

	blanks(p);
	if (strncmp(p->at, word, n) || is_word(p->at[n]))
		return false;
	p->at += n;
	return true;
}

/* Looks a word up in a list of names; n when it is not there. */
static u32 accept_name(Parser *p, const char *const *names, u32 n)
{
	for (u32 k = 0; k < n; k++)
		if (names[k] && accept_word(p, names[k]))
			return k;
	return n;
}

static bool number(Parser *p, u64 limit, u32 *out)
{
	u64 v = 0;

	blanks(p);
	if (!isdigit((u8)*p->at))
		return fail(p, "expected a number");
	for (; isdigit((u8)*p->at); p->at++) {
		v = v * 10 + (u64)(*p->at - '0');
		if (v > limit)
			return fail(p, "a number is too large");
	}
	*out = (u32)v;
	return !is_word(*p->at) || fail(p, "expected a number");
}

/* A number with a sigil before it: %5, @2, !1. */
static bool named(Parser *p, char sigil, u32 *out)
{
	return expect(p, sigil) && number(p, MAX_NUMBER, out);
}

static bool small(Parser *p, u16 *out)
{
	u32 v = 0;
	bool ok = number(p, UINT16_MAX, &v);

	*out = (u16)v;
	return ok;
}

/* Up to 32 hexadecimal digits behind 0x. */
static bool hex(Parser *p, u64 *hi, u64 *lo)
{
	static const char digits[] = "0123456789abcdef";
	u32 n = 0;

	blanks(p);
	if (p->at[0] != '0' || p->at[1] != 'x')
		return fail(p, "expected a number in hexadecimal");
	*hi = *lo = 0;
	for (p->at += 2; is_word(*p->at); p->at++, n++) {
		const char *d = strchr(digits, *p->at);
		if (!d || n == 32)
			return fail(p, "a bad hexadecimal number");
		*hi = *hi << 4 | *lo >> 60;
		*lo = *lo << 4 | (u64)(d - digits);
	}
	return n || fail(p, "a bad hexadecimal number");
}

static bool type(Parser *p, u8 *out)
{
	u32 t = accept_name(p, ocode_type_names, OT_COUNT);

	*out = (u8)t;
	return t < OT_COUNT || fail(p, "expected a type");
}

/* ---- parts of instructions ---------------------------------------------------------------------- */

/* Values with commas between, up to the closing bracket; they go to the pool. */
static bool arguments(Parser *p, u32 *at, u32 *n)
{
	OFunc *f = p->f;

	*at = f->pool.n;
	if (!accept(p, ')')) {
		do {
			u32 v;
			if (!named(p, '%', &v))
				return false;
			vec_push(&f->pool, v);
		} while (accept(p, ','));
		if (!expect(p, ')'))
			return false;
	}
	*n = f->pool.n - *at;
	return true;
}

static bool block_number(Parser *p, u32 *b)
{
	if (!named(p, '@', b))
		return false;
	if (!*b)
		return fail(p, "there is no block 0");
	if (*b >= p->f->block.n)
		vec_add(&p->f->block, *b + 1 - p->f->block.n);
	return true;
}

static bool edge(Parser *p, u32 *out)
{
	OEdge e = {0};

	if (!block_number(p, &e.block) || (accept(p, '(') && !arguments(p, &e.args, &e.n)))
		return false;
	vec_push(&p->f->edge, e);
	*out = p->f->edge.n - 1;
	return true;
}

/* "[%5 + 12]" */
static bool address(Parser *p, u32 *base, u32 *offset)
{
	return expect(p, '[') && named(p, '%', base) && expect(p, '+') && number(p, UINT32_MAX, offset) && expect(p, ']');
}

/* A power of two, as its logarithm. */
static bool power(Parser *p, u32 *log2)
{
	u32 v = 0;

	if (!number(p, 128, &v))
		return false;
	if (!v || (v & (v - 1)))
		return fail(p, "expected a power of two");
	*log2 = (u32)__builtin_ctz(v);
	return true;
}

/* ", guest 4 signed tso fault align 8" */
static bool descriptor(Parser *p, u16 *out)
{
	static const char *const spaces[] = {"guest", "vm"};
	static const char *const flags[] = {"signed", "tso", "atomic", "order3", "fault", "big", "const", "stack"};
	static const u16 bits[] = {1 << 4, ORDER_TSO << 5, ORDER_ATOMIC << 5, 3 << 5, 1 << 7, OMEM_BIG, OMEM_CONST, OMEM_STACK};
	u32 space, width = 0, align = 0, k;

	if (!expect(p, ','))
		return false;
	if ((space = accept_name(p, spaces, COUNT(spaces))) == COUNT(spaces))
		return fail(p, "expected guest or vm");
	if (!power(p, &width))
		return false;
	u16 m = O_MEM(space, width, 0, 0, 0);
	for (;;) {
		if (accept_word(p, "align")) {
			if (!power(p, &align))
				return false;
		} else if ((k = accept_name(p, flags, COUNT(flags))) < COUNT(flags)) {
			m |= bits[k];
		} else {
			*out = m | O_MEM_ALIGN(align);
			return true;
		}
	}
}

static bool constant(Parser *p, OIns *i)
{
	u64 high = 0;
	bool negative;

	blanks(p);
	if (p->at[0] == '0' && p->at[1] == 'x')
		return hex(p, &high, &i->imm) && (!high || fail(p, "a constant has at most 64 bits"));
	negative = accept(p, '-');
	if (!isdigit((u8)*p->at))
		return fail(p, "expected a number");
	u64 v = 0, limit = (u64)INT64_MAX + negative;
	for (; isdigit((u8)*p->at); p->at++) {
		u32 d = (u32)(*p->at - '0');
		if (v > (limit - d) / 10)
			return fail(p, "a number is too large");
		v = v * 10 + d;
	}
	u32 width = ocode_type_size[i->type] * 8u;
	i->imm = negative ? 0 - v : v;
	if (width < 64)
		i->imm &= ((u64)1 << width) - 1;
	return true;
}

static bool vector(Parser *p, OIns *i)
{
	u64 hi, lo;

	if (!hex(p, &hi, &lo))
		return false;
	i->a = p->f->vconst.n / 2;
	vec_push(&p->f->vconst, lo);
	vec_push(&p->f->vconst, hi);
	return true;
}

static bool cas(Parser *p, OIns *i)
{
	u32 v[3] = {0};

	if (!address(p, &v[0], &i->c) || !expect(p, ',') || !named(p, '%', &v[1]) || !expect(p, ',') || !named(p, '%', &v[2]))
		return false;
	i->a = ocode_pool(p->f, v, 3);
	return descriptor(p, &i->aux);
}

static bool switch_edges(Parser *p, OIns *i)
{
	u32 e, last;

	if (!named(p, '%', &i->a))
		return false;
	i->b = p->f->edge.n;
	do {
		if (!expect(p, ','))
			return false;
		last = accept_word(p, "else");
		if (!edge(p, &e))
			return false;
		i->c++;
	} while (!last);
	return true;
}

static bool two(Parser *p, OIns *i)
{
	return named(p, '%', &i->a) && expect(p, ',') && named(p, '%', &i->b);
}

/* The number of a row that has one stands behind its values. */
static bool vec_operands(Parser *p, OIns *i)
{
	u32 form = ocode_ops[i->op].form;

	if (!named(p, '%', &i->a) || (form != OF_VEC1 && !(expect(p, ',') && named(p, '%', &i->b))))
		return false;
	if (form == OF_VEC3)
		return expect(p, ',') && named(p, '%', &i->c);
	return !strchr(ocode_vops[i->aux].sig, 'n') || (expect(p, ',') && number(p, 255, &i->c));
}

static bool operands(Parser *p, OIns *i)
{
	switch ((OForm)ocode_ops[i->op].form) {
	case OF_NONE:
		return true;
	case OF_CONST:
		return constant(p, i);
	case OF_IMM:
		return i->op == O_VCONST ? vector(p, i) : fail(p, "params stand at the head of their block");
	case OF_UN:
		return named(p, '%', &i->a);
	case OF_BIN: case OF_CMP:
		return two(p, i);
	case OF_BINT:
		return two(p, i) && expect(p, ',') && small(p, &i->aux);
	case OF_TERN:
		return two(p, i) && expect(p, ',') && named(p, '%', &i->c);
	case OF_LOAD:
		return address(p, &i->a, &i->c) && descriptor(p, &i->aux);
	case OF_STORE: case OF_RMW:
		return address(p, &i->a, &i->c) && expect(p, ',') && named(p, '%', &i->b) && descriptor(p, &i->aux);
	case OF_CAS:
		return cas(p, i);
	case OF_VEC1: case OF_VEC2: case OF_VEC3:
		return vec_operands(p, i);
	case OF_SLOT: case OF_PUT:
		if (!accept_word(p, "slot"))
			return fail(p, "expected slot");
		return number(p, UINT32_MAX, &i->c) && (i->op == O_GET || (expect(p, ',') && named(p, '%', &i->a)));
	case OF_CALL:
		return (i->op == O_CALLI ? named(p, '%', &i->a) : expect(p, '#') && number(p, UINT32_MAX, &i->a)) &&
			expect(p, '(') && arguments(p, &i->b, &i->c);
	case OF_TRAPIF:
		return named(p, '%', &i->a) && expect(p, ',') && small(p, &i->aux);
	case OF_JMP:
		return edge(p, &i->a);
	case OF_BR:
		return named(p, '%', &i->a) && expect(p, ',') && edge(p, &i->b) && expect(p, ',') && edge(p, &i->c);
	case OF_SWITCH:
		return switch_edges(p, i);
	case OF_RET:
		blanks(p);
		i->aux = *p->at == '%';
		return !i->aux || named(p, '%', &i->a);
	case OF_TRAP:
		return small(p, &i->aux);
	case OF_EXIT:
		return small(p, &i->aux) && expect(p, ',') && named(p, '%', &i->a) && (!accept(p, ',') || number(p, UINT32_MAX, &i->c));
	}
	return false;
}

/* ---- lines -------------------------------------------------------------------------------------- */

static void add(Parser *p, OIns i, u32 n)
{
	i.block = p->block;
	vec_push(&p->ins, i);
	vec_push(&p->number, n);
}

static bool condition(Parser *p, OIns *i)
{
	const char *const *names = i->op == O_ICMP ? ocode_cc_names : ocode_fcc_names;
	u32 n = i->op == O_ICMP ? CC_COUNT : FC_COUNT;

	if (!expect(p, '.'))
		return false;
	i->aux = (u16)accept_name(p, names, n);
	i->type = OT_I32;
	return i->aux < n || fail(p, "no such condition");
}

static bool operation(Parser *p, OIns *i)
{
	for (u32 op = 1; op < O_COUNT; op++)
		if (accept_word(p, ocode_ops[op].name)) {
			i->op = (u8)op;
			return true;
		}
	return fail(p, "no such operation");
}

/* ".nw" behind the name of an operation that may have it. */
static bool nowrap(Parser *p, OIns *i)
{
	static const char *const names[] = {"nw"};

	if (!O_MAY_NOWRAP(i->op) || !accept(p, '.'))
		return true;
	i->aux = O_NOWRAP;
	return accept_name(p, names, 1) == 0 || fail(p, "only nw may follow here");
}

/* ".paddb" behind vec2 and its kin. */
static bool vec_row(Parser *p, OIns *i)
{
	if (ocode_ops[i->op].form < OF_VEC1 || ocode_ops[i->op].form > OF_VEC3)
		return true;
	if (!expect(p, '.'))
		return false;
	for (u32 k = 0; k < VO_COUNT; k++)
		if (ocode_vop_op((OVop)k) == (OOp)i->op && accept_word(p, ocode_vops[k].name)) {
			i->aux = (u16)k;
			return true;
		}
	return fail(p, "no such row");
}

/* "%5 = add i32 %1, %4 !2" */
static bool instruction(Parser *p)
{
	OIns i = {0};
	u32 n = 0;
	bool result = *p->at == '%';

	if (!p->block)
		return fail(p, "an instruction outside a block");
	if (result && (!named(p, '%', &n) || !expect(p, '=')))
		return false;
	if (result && !n)
		return fail(p, "there is no value 0");
	if (!operation(p, &i) || !nowrap(p, &i) || !vec_row(p, &i))
		return false;
	const OOpInfo *info = &ocode_ops[i.op];
	if (result ? info->result == 'V' : info->result != 'V' && info->form != OF_CALL)
		return fail(p, "a result where there is none, or none where there is one");
	if (info->form == OF_CMP ? !condition(p, &i) : result && !type(p, &i.type))
		return false;
	if (!operands(p, &i) || (accept(p, '!') && !number(p, MAX_NUMBER, &i.map)))
		return false;
	if (result && i.type == OT_VOID)
		return fail(p, "a result of no type");
	add(p, i, n);
	return true;
}

/* "@2(%3 i32) loop freq 2048:" */
static bool head(Parser *p)
{
	OFunc *f = p->f;
	u32 b, n = 0;

	if (!block_number(p, &b))
		return false;
	if (b >= p->defined.n)
		vec_add(&p->defined, b + 1 - p->defined.n);
	if (p->defined.p[b]++)
		return fail(p, "this block was there before");
	vec_push(&f->order, b);
	p->block = b;
	if (accept(p, '(')) {
		do {
			OIns i = {.op = O_PARAM, .a = n++};
			u32 v;
			if (!named(p, '%', &v) || !type(p, &i.type))
				return false;
			if (!v || i.type == OT_VOID)
				return fail(p, "a bad param");
			add(p, i, v);
		} while (accept(p, ','));
		if (!expect(p, ')'))
			return false;
	}
	if (accept_word(p, "loop"))
		f->block.p[b].flags |= OB_LOOP;
	if (accept_word(p, "cold"))
		f->block.p[b].flags |= OB_COLD;
	if (accept_word(p, "freq") && !number(p, UINT32_MAX, &f->block.p[b].freq))
		return false;
	return expect(p, ':');
}

static bool slots(Parser *p, OMap *m)
{
	m->slots = p->f->slot.n;
	if (!expect(p, '{'))
		return false;
	if (accept(p, '}'))
		return true;
	do {
		OSlotVal s;
		if (!number(p, UINT32_MAX, &s.slot) || !expect(p, ':') || !named(p, '%', &s.val))
			return false;
		vec_push(&p->f->slot, s);
		m->n++;
	} while (accept(p, ','));
	return expect(p, '}');
}

static bool word_number(Parser *p, const char *word, u32 *out)
{
	return (accept_word(p, word) || fail(p, "a bad state map")) && number(p, UINT32_MAX, out);
}

/* "!2 = func 3 pc 17 before parent 1 {0: %5}" */
static bool map(Parser *p)
{
	OFunc *f = p->f;
	OMap m = {0};
	u32 n;

	if (!named(p, '!', &n) || !expect(p, '=') || !word_number(p, "func", &m.func) || !word_number(p, "pc", &m.pc))
		return false;
	m.after = accept_word(p, "after");
	if (!m.after && !accept_word(p, "before"))
		return fail(p, "expected before or after");
	if (accept_word(p, "parent") && !number(p, MAX_NUMBER, &m.parent))
		return false;
	if (!n)
		return fail(p, "there is no map 0");
	if (n >= f->map.n)
		vec_add(&f->map, n + 1 - f->map.n);
	if (n >= p->mapped.n)
		vec_add(&p->mapped, n + 1 - p->mapped.n);
	if (p->mapped.p[n]++)
		return fail(p, "this map was there before");
	if (!slots(p, &m))
		return false;
	f->map.p[n] = m;
	return true;
}

static bool body(Parser *p)
{
	for (;;) {
		lines(p);
		if (!*p->at)
			return fail(p, "the function has no end");
		if (accept(p, '}'))
			return true;
		bool ok = *p->at == '@' ? head(p) : *p->at == '!' ? map(p) : instruction(p);
		if (!ok)
			return false;
		blanks(p);
		if (*p->at && *p->at != '\n')
			return fail(p, "something follows at the end of the line");
	}
}

static bool name(Parser *p)
{
	Buf b = {0};

	if (!expect(p, '"'))
		return false;
	while (*p->at && *p->at != '"' && *p->at != '\n') {
		u8 c = (u8)*p->at++;
		if (c == '\\') {
			char h[3] = {p->at[0], p->at[0] ? p->at[1] : (char)0, 0}, *end;
			c = (u8)strtoul(h, &end, 16);
			if (end != h + 2 || !c)
				c = '?';
			p->at += end - h;
		}
		buf_u8(&b, c);
	}
	buf_u8(&b, 0);
	p->f->text_name = (char *)b.p;
	p->f->name = p->f->text_name;
	return expect(p, '"');
}

/* `func "fib"(i32) i32 #3 {` */
static bool header(Parser *p)
{
	OFunc *f = p->f;

	lines(p);
	if (!accept_word(p, "func"))
		return fail(p, "expected func");
	if (!name(p) || !expect(p, '('))
		return false;
	if (!accept(p, ')')) {
		do {
			u8 t;
			if (!type(p, &t))
				return false;
			vec_push(&f->param, t);
		} while (accept(p, ','));
		if (!expect(p, ')'))
			return false;
	}
	return type(p, &f->ret) && expect(p, '#') && number(p, UINT32_MAX, &f->id) && expect(p, '{');
}

/* ---- numbering ---------------------------------------------------------------------------------- */

/* Puts the numbered instructions at their places. */
static bool place(Parser *p)
{
	OFunc *f = p->f;

	for (u32 k = 0; k < p->ins.n; k++) {
		u32 n = p->number.p[k];
		if (n >= f->ins.n)
			vec_add(&f->ins, n + 1 - f->ins.n);
		if (n && f->ins.p[n].op != O_NONE)
			return err_set(p->e, EXIT_VM, "O-code: %%%u is defined twice", n);
		if (n)
			f->ins.p[n] = p->ins.p[k];
	}
	return true;
}

/* Gives the others the free numbers, links all, and puts what is left over on the free list. */
static void link_all(Parser *p)
{
	OFunc *f = p->f;
	u32 gap = 1;

	for (u32 k = 0; k < p->ins.n; k++) {
		u32 n = p->number.p[k];
		if (!n) {
			while (gap < f->ins.n && f->ins.p[gap].op != O_NONE)
				gap++;
			if (gap == f->ins.n)
				vec_add(&f->ins, 1);
			n = gap;
			f->ins.p[n] = p->ins.p[k];
		}
		ocode_append(f, f->ins.p[n].block, n);
	}
	for (u32 n = f->ins.n - 1; n > 0; n--)
		if (f->ins.p[n].op == O_NONE) {
			f->ins.p[n].next = f->free_ins;
			f->free_ins = n;
		}
}

OFunc *ocode_parse(const char **text, Err *e)
{
	Parser p = {.at = *text, .line = 1, .e = e, .f = ocode_new("", 0, OT_VOID)};
	bool ok = header(&p) && body(&p) && place(&p);

	if (ok)
		link_all(&p);
	vec_free(&p.ins);
	vec_free(&p.number);
	vec_free(&p.defined);
	vec_free(&p.mapped);
	if (!ok) {
		ocode_free(p.f);
		return NULL;
	}
	*text = p.at;
	return p.f;
}
