/* randpas: writes a random Pascal program that Free Pascal and pvm must agree on.
 *
 *   randpas SEED
 *
 * The program ends by itself: loops count down, routines call earlier ones only.  Integer expressions carry the range that
 * they can have, and what could leave 32 bits (64 where an int64 takes part) is cut by mod; functions that expressions
 * call change nothing.  Now and then a value is stored unchecked, so that some programs end with run-time error 201. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int64_t i64;

enum { EXPR = 2000, MOST_VARS = 120, MOST_ROUTINES = 8 };

static uint64_t state;

static uint32_t rnd(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % n);
}

static bool chance(uint32_t percent) { return rnd(100) < percent; }

/* ---- types and variables ------------------------------------------------------------------------- */

typedef enum Kind { INT, BOOL, CHR, STR, REAL, SET, ENUM } Kind;

typedef struct Type { const char *name; Kind kind; i64 lo, hi; bool wide; } Type;

static const Type types[] = {
	{ "integer", INT, INT32_MIN, INT32_MAX, false }, { "integer", INT, INT32_MIN, INT32_MAX, false },
	{ "byte", INT, 0, 255, false }, { "shortint", INT, -128, 127, false }, { "word", INT, 0, 65535, false },
	{ "smallint", INT, -32768, 32767, false }, { "cardinal", INT, 0, UINT32_MAX, true }, { "int64", INT, INT64_MIN, INT64_MAX, true },
	{ "small", INT, -7, 20, false }, { "boolean", BOOL, 0, 1, false }, { "char", CHR, 0, 255, false }, { "string", STR, 0, 0, false },
	{ "str9", STR, 0, 0, false }, { "real", REAL, 0, 0, false }, { "set32", SET, 0, 31, false }, { "set200", SET, 0, 200, false },
	{ "colour", ENUM, 0, 4, false },
};
enum { TYPES = sizeof types / sizeof *types, INTS = 9 };

typedef struct Var {
	char name[40];
	const Type *type;
	bool array, fixed; /* array [-2..6]; fixed: a loop counts with it, or it is a const parameter */
} Var;

static Var var[MOST_VARS];
static int nvar;

typedef struct Routine { char name[16]; const Type *param[3], *result; bool by_ref[3]; int n; } Routine;
static Routine routine[MOST_ROUTINES];
static int nroutine, indent, counters, base; /* base: the routine's first variable */
static bool pure; /* in a function that expressions call */

static const char *const colours[] = { "red", "green", "blue", "black", "white" };

/* ---- output ----------------------------------------------------------------------------------------- */

static void line(const char *fmt, ...)
{
	va_list ap;

	printf("%*s", 2 * indent, "");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* ---- expressions ---------------------------------------------------------------------------------- */

typedef struct Expr { char s[EXPR]; i64 lo, hi; bool wide; } Expr;

static void expr(Expr *e, Kind k, int d);

/* Sets the text; one that grew too long is left out. */
static void text(Expr *e, const char *fmt, ...)
{
	char tmp[EXPR];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(tmp, sizeof tmp, fmt, ap) >= EXPR - 1) {
		fprintf(stderr, "randpas: an expression is too long\n");
		exit(1);
	}
	va_end(ap);
	strcpy(e->s, tmp);
}

static Var *pick(Kind k, bool target)
{
	Var *found = NULL;
	int n = 0;

	for (int i = 0; i < nvar; i++)
		if (var[i].type->kind == k && !(target && (var[i].fixed || (pure && i < base))) && rnd((uint32_t)++n) == 0)
			found = &var[i];
	return found;
}

/* The variable, or an element of it. */
static void reference(Expr *e, const Var *v, int d)
{
	Expr i;

	if (!v->array) {
		text(e, "%s", v->name);
		return;
	}
	expr(&i, INT, d > 1 ? 1 : 0);
	if (i.lo >= -2 && i.hi <= 6)
		text(e, "%s[%s]", v->name, i.s);
	else
		text(e, "%s[abs(longint((%s) mod 7))]", v->name, i.s);
}

/* Cuts the range to lo..hi, which holds 0. */
static void cut(Expr *e, i64 lo, i64 hi)
{
	if (e->lo >= lo && e->hi <= hi)
		return;
	if (lo <= -hi || lo < -1000000) {
		i64 m = hi > 1000000 ? 1000003 : hi + 1;
		if (m > -lo + 1)
			m = -lo + 1;
		text(e, "((%s) mod %lld)", e->s, (long long)m);
		e->lo = -m + 1;
		e->hi = m - 1;
	} else {
		i64 m = hi > 1000000 ? 1000003 : hi + 1;
		text(e, "abs(%s((%s) mod %lld))", e->wide ? "int64" : "longint", e->s, (long long)m);
		e->lo = 0;
		e->hi = m - 1;
	}
}

static bool call(Expr *e, Kind k, int d)
{
	int r = nroutine ? (int)rnd((uint32_t)nroutine) : 0;
	char args[EXPR] = "";

	if (!nroutine || !routine[r].result || routine[r].result->kind != k)
		return false;
	for (int i = 0; i < routine[r].n; i++) {
		Expr a;
		expr(&a, routine[r].param[i]->kind, d - 2);
		if (routine[r].param[i]->kind == INT)
			cut(&a, routine[r].param[i]->lo, routine[r].param[i]->hi);
		if (strlen(args) + strlen(a.s) + 3 > EXPR / 2)
			return false;
		strcat(strcat(args, i ? ", " : "("), a.s);
	}
	text(e, "%s%s%s", routine[r].name, args, routine[r].n ? ")" : "");
	e->lo = routine[r].result->lo;
	e->hi = routine[r].result->hi;
	e->wide = routine[r].result->wide;
	return true;
}

static void int_leaf(Expr *e, int d)
{
	Var *v = chance(70) ? pick(INT, false) : NULL;

	if (v) {
		reference(e, v, d);
		e->lo = v->type->lo;
		e->hi = v->type->hi;
		e->wide = v->type->wide;
	} else {
		i64 k = chance(80) ? (i64)rnd(20) : (i64)rnd(100000);
		text(e, "%lld", (long long)k);
		e->lo = e->hi = k;
		e->wide = false;
	}
}

static void int_binary(Expr *e, int d)
{
	static const char *const op[] = { "+", "-", "*", "div", "mod", "and", "or", "xor", "shl", "shr" };
	Expr a, b;
	int o = (int)rnd(10);

	expr(&a, INT, d - 1);
	expr(&b, INT, d - 1);
	i64 most = o == 2 ? 30000 : a.wide || b.wide ? 1000000000000 : 1000000000;
	if (o >= 5) {
		cut(&a, 0, 65535);
		cut(&b, 0, o >= 8 ? 12 : 65535);
	} else {
		cut(&a, -most, most);
		cut(&b, o == 3 || o == 4 ? 0 : -most, o == 3 || o == 4 ? 1000 : most);
	}
	e->wide = a.wide || b.wide;
	if (o == 2) /* with two unsigned factors Free Pascal goes on reckoning without signs */
		text(e, "(%s(%s) * %s)", e->wide ? "int64" : "longint", a.s, b.s);
	else
		text(e, o == 3 || o == 4 ? "(%s %s (%s + 1))" : "(%s %s %s)", a.s, op[o], b.s);
	switch (o) {
	case 0: e->lo = a.lo + b.lo; e->hi = a.hi + b.hi; break;
	case 1: e->lo = a.lo - b.hi; e->hi = a.hi - b.lo; break;
	case 2: e->hi = 900000000; e->lo = -e->hi; break;
	case 3: case 4: e->hi = llabs(a.lo) > llabs(a.hi) ? llabs(a.lo) : llabs(a.hi); e->lo = -e->hi; break;
	default: e->lo = 0; e->hi = 1 << 28;
	}
}

static void int_expr(Expr *e, int d)
{
	Expr a;

	switch (d <= 0 ? 0 : rnd(8)) {
	case 0: int_leaf(e, d); return;
	case 1:
		expr(e, CHR, d - 1);
		text(e, "ord(%s)", e->s);
		break;
	case 2:
		expr(e, STR, d - 1);
		text(e, "length(%s)", e->s);
		break;
	case 3:
		if (call(e, INT, d))
			return;
		expr(e, ENUM, d - 1);
		text(e, "ord(%s)", e->s);
		break;
	case 4:
		expr(e, BOOL, d - 1);
		text(e, "ord(%s)", e->s);
		break;
	case 5:
		expr(&a, INT, d - 1);
		cut(&a, -1000000000, 1000000000);
		text(e, chance(50) ? "abs(int64(%s))" : "-(%s)", a.s);
		e->lo = -1000000000;
		e->hi = 1000000000;
		e->wide = true;
		return;
	default: int_binary(e, d); return;
	}
	e->lo = 0;
	e->hi = 255;
	e->wide = false;
}

static void bool_expr(Expr *e, int d)
{
	static const char *const rel[] = { "=", "<>", "<", ">", "<=", ">=" }, *const log[] = { "and", "or", "xor" };
	static const Kind kinds[] = { INT, INT, CHR, STR, REAL, ENUM };
	Expr a, b;
	Var *v = d <= 0 || chance(20) ? pick(BOOL, false) : NULL;
	Kind k = kinds[rnd(6)];

	if (v) {
		reference(e, v, d);
	} else if (chance(30) && d > 0) {
		expr(&a, BOOL, d - 1);
		expr(&b, BOOL, d - 1);
		text(e, chance(20) ? "not (%s %s %s)" : "(%s %s %s)", a.s, log[rnd(3)], b.s);
	} else if (chance(20) && d > 0) {
		expr(&a, INT, d - 1);
		cut(&a, 0, 31);
		expr(&b, SET, d - 1);
		text(e, "(%s in %s)", a.s, b.s);
	} else if (chance(10) && d > 0) {
		expr(&a, SET, d - 1);
		expr(&b, SET, d - 1);
		text(e, "(%s %s %s)", a.s, (const char *[]){ "=", "<>", "<=", ">=" }[rnd(4)], b.s);
	} else {
		expr(&a, k, d - 1);
		expr(&b, k, d - 1);
		text(e, "(%s %s %s)", a.s, rel[rnd(6)], b.s);
	}
}

static void char_expr(Expr *e, int d)
{
	Var *v = chance(60) ? pick(CHR, false) : NULL;
	Expr a;

	if (v) {
		reference(e, v, d);
	} else if (d > 0 && chance(50)) {
		expr(&a, INT, d - 1);
		cut(&a, 0, 90);
		text(e, "chr(%s + 33)", a.s);
	} else if (d > 0) {
		expr(&a, CHR, d - 1);
		text(e, "upcase(%s)", a.s);
	} else {
		text(e, "'%c'", 'a' + (int)rnd(26));
	}
}

static void str_expr(Expr *e, int d)
{
	Var *v = chance(60) ? pick(STR, false) : NULL;
	Expr a, b;

	if (v) {
		reference(e, v, d);
	} else if (d > 0 && chance(50)) {
		expr(&a, STR, d - 1);
		expr(&b, chance(50) ? CHR : STR, d - 1);
		text(e, "(%s + %s)", a.s, b.s);
	} else if (d > 0) {
		expr(&a, STR, d - 1);
		text(e, "copy(%s, %u, %u)", a.s, rnd(5), rnd(9));
	} else {
		text(e, "'%c%u'", 'A' + (int)rnd(26), rnd(1000));
	}
}

static void real_expr(Expr *e, int d)
{
	Var *v = chance(50) ? pick(REAL, false) : NULL;
	Expr a;

	if (v) {
		reference(e, v, d);
	} else if (d > 0) {
		expr(&a, INT, d - 1);
		cut(&a, -30000, 30000);
		text(e, "((%s) %s %u.%u)", a.s, (const char *[]){ "+", "-", "*", "/" }[rnd(4)], rnd(9) + 1, rnd(2) * 5);
	} else {
		text(e, "%u.%u", rnd(100), 25 * rnd(4));
	}
}

static void set_expr(Expr *e, int d)
{
	Var *v = chance(50) ? pick(SET, false) : NULL;
	Expr a, b;

	if (v) {
		reference(e, v, d);
	} else if (d > 0 && chance(60)) {
		expr(&a, SET, d - 1);
		expr(&b, SET, d - 1);
		text(e, "(%s %s %s)", a.s, (const char *[]){ "+", "-", "*" }[rnd(3)], b.s);
	} else {
		uint32_t lo = rnd(10);
		text(e, "[%u, %u..%u]", 20 + rnd(12), lo, lo + rnd(9));
	}
}

static void enum_expr(Expr *e, int d)
{
	Var *v = chance(60) ? pick(ENUM, false) : NULL;
	Expr a;

	if (v) {
		reference(e, v, d);
	} else if (d > 0 && chance(40)) {
		expr(&a, INT, d - 1);
		cut(&a, 0, 4);
		text(e, "colour(%s)", a.s);
	} else {
		text(e, "%s", colours[rnd(5)]);
	}
}

static void expr(Expr *e, Kind k, int d)
{
	static void (*const make[])(Expr *, int) = { int_expr, bool_expr, char_expr, str_expr, real_expr, set_expr, enum_expr };

	e->lo = e->hi = 0;
	e->wide = false;
	make[k](e, d);
}

/* ---- statements ------------------------------------------------------------------------------------- */

static void statement(int d);

static void block(int d)
{
	line("begin");
	indent++;
	for (uint32_t n = 1 + rnd(4); n--;)
		statement(d - 1);
	indent--;
}

static void assign(void)
{
	Kind k = chance(50) ? INT : (Kind)rnd(7);
	Var *v = pick(k, true);
	Expr r, e;

	if (!v)
		return;
	reference(&r, v, 2);
	expr(&e, k, 3);
	Var *from = k == INT && chance(2) ? pick(INT, false) : NULL;
	if (from) /* its value may not fit */
		reference(&e, from, 1);
	else if (k == INT)
		cut(&e, v->type->lo, v->type->hi);
	if (k == SET) /* the smaller set has no elements beyond 31 */
		text(&e, v->type->hi == 31 ? "(%s) * [0..31]" : "%s", e.s);
	line("%s := %s;", r.s, e.s);
}

static void string_call(void)
{
	Var *v = pick(STR, true), *c = pick(INT, true);
	Expr e;

	if (!v || v->array || !c)
		return;
	switch (rnd(3)) {
	case 0: line("delete(%s, %u, %u);", v->name, rnd(6), rnd(4)); break;
	case 1:
		expr(&e, STR, 1);
		line("insert(%s, %s, %u);", e.s, v->name, 1 + rnd(6));
		break;
	default:
		expr(&e, INT, 2);
		line("str(%s, %s);", e.s, v->name);
	}
}

/* A counter of its own; expressions read it, statements do not change it. */
static Var *counter(void)
{
	Var *v = NULL;

	for (int i = 0; i < nvar; i++)
		if (var[i].fixed && var[i].name[0] == 'k' && atoi(var[i].name + 1) == counters)
			v = &var[i];
	counters++;
	return v;
}

static void loop(int d)
{
	Var *k = counter();
	uint32_t n = 1 + rnd(6);
	Expr e;

	if (!k) {
		counters--;
		return;
	}
	switch (rnd(4)) {
	case 0:
		line("%s := %u;", k->name, n);
		expr(&e, BOOL, 2);
		line("while (%s > 0) and (%s) do", k->name, e.s);
		block(d);
		line("  %s := %s - 1", k->name, k->name);
		line("end;");
		break;
	case 1:
		line("%s := 0;", k->name);
		line("repeat");
		line("  %s := %s + 1;", k->name, k->name);
		statement(d - 1);
		expr(&e, BOOL, 1);
		line("until (%s >= %u) or (%s);", k->name, n, e.s);
		break;
	default:
		line("for %s := %d %s %d do", k->name, (int)rnd(5) - 2, chance(50) ? "to" : "downto", (int)rnd(7) - 2);
		block(d);
		expr(&e, BOOL, 2);
		line("  if %s then %s", e.s, chance(50) ? "break" : "continue");
		line("end;");
		line("%s := 0;", k->name); /* its value is not defined any more */
	}
	counters--;
}

static void case_of(int d)
{
	Expr e;
	uint32_t at = 0;

	expr(&e, INT, 2);
	cut(&e, 0, 15);
	line("case %s of", e.s);
	indent++;
	for (uint32_t n = 1 + rnd(4); n--; at += 3) {
		line(chance(50) ? "%u:" : "%u..%u:", at, at + 1);
		block(d);
		line("end;");
	}
	line("else");
	indent--;
	statement(d - 1);
	line("end;");
}

static void call_procedure(void)
{
	int r = nroutine ? (int)rnd((uint32_t)nroutine) : 0;
	char args[EXPR] = "";

	if (!nroutine || routine[r].result || pure)
		return;
	for (int i = 0; i < routine[r].n; i++) {
		Expr a;
		Var *v = NULL;
		for (int k = 0; k < nvar && routine[r].by_ref[i]; k++)
			if (!var[k].fixed && !strcmp(var[k].type->name, routine[r].param[i]->name) && rnd(3) == 0)
				v = &var[k];
		if (routine[r].by_ref[i] && !v)
			return;
		if (v)
			reference(&a, v, 1);
		else
			expr(&a, routine[r].param[i]->kind, 2);
		if (!v && routine[r].param[i]->kind == INT)
			cut(&a, routine[r].param[i]->lo, routine[r].param[i]->hi);
		if (strlen(args) + strlen(a.s) + 3 > EXPR / 2)
			return;
		strcat(strcat(args, i ? ", " : "("), a.s);
	}
	line("%s%s%s;", routine[r].name, args, routine[r].n ? ")" : "");
}

static void print(void)
{
	static const Kind kinds[] = { INT, BOOL, CHR, STR, INT };
	Kind k = kinds[rnd(5)];
	Expr e;

	if (pure)
		return;
	bool real = chance(10);
	expr(&e, real ? REAL : k, 2);
	line("writeln(%s%s);", e.s, real ? ":0:3" : "");
}

static void statement(int d)
{
	Expr e;

	if (d <= 0) {
		assign();
		return;
	}
	switch (rnd(12)) {
	case 0: case 1: case 2: case 3: assign(); return;
	case 4: string_call(); return;
	case 5: call_procedure(); return;
	case 6: print(); return;
	case 7: loop(d); return;
	case 8: case_of(d); return;
	case 9:
		expr(&e, BOOL, 2);
		line("if %s then", e.s);
		block(d);
		line("end");
		line("else");
		block(d);
		line("end;");
		return;
	case 10:
		expr(&e, BOOL, 3);
		line("if %s then", e.s);
		block(d);
		line("end;");
		return;
	default: {
		Var *v = pick(INT, true);
		if (v && !v->array && v->type->hi > 100000)
			line("if (%s < 100000) and (%s > -100000) then %s(%s, %u);", v->name, v->name, chance(50) ? "inc" : "dec", v->name, 1 + rnd(9));
		return;
	}
	}
}

/* ---- declarations --------------------------------------------------------------------------------- */

static Var *declare(const char *prefix, const Type *t, bool array, bool fixed)
{
	Var *v = &var[nvar];

	snprintf(v->name, sizeof v->name, "%s%d", prefix, nvar);
	nvar++;
	v->type = t;
	v->array = array;
	v->fixed = fixed;
	return v;
}

static void variables(const char *prefix, int n)
{
	line("var");
	for (int i = 0; i < 4; i++) {
		Var *v = declare("k", &types[0], false, true);
		snprintf(v->name, sizeof v->name, "k%d", i + 4 * (prefix[0] != 'g'));
		line("  %s: integer;", v->name);
	}
	for (int i = 0; i < n; i++) {
		const Type *t = &types[i < 7 ? (int)rnd(INTS) : (int)rnd(TYPES)];
		Var *v = declare(prefix, t, t->kind != SET && chance(20), false);
		line(v->array ? "  %s: array [-2..6] of %s;" : "  %s: %s;", v->name, t->name);
	}
}

static void initialise(int from)
{
	static const char *const value[] = { "%d", "false", "'q'", "'start'", "%d.5", "[21, %d]", "blue" };
	const char *k = from ? "k4" : "k0";
	char init[40];

	for (int i = from; i < nvar; i++) {
		snprintf(init, sizeof init, value[var[i].type->kind], (int)rnd(20));
		if (var[i].name[0] == 'p')
			continue;
		if (var[i].array)
			line("for %s := -2 to 6 do %s[%s] := %s;", k, var[i].name, k, init);
		else
			line("%s := %s;", var[i].name, init);
	}
	line("%s := 0;", k);
}

/* A procedure, or a function without effects. */
static void make_routine(void)
{
	Routine r = { .n = (int)rnd(4) };
	int before = nvar;

	pure = chance(50);
	base = nvar;
	snprintf(r.name, sizeof r.name, pure ? "f%d" : "q%d", nroutine);
	printf("%s %s", pure ? "function" : "procedure", r.name);
	for (int i = 0; i < r.n; i++) {
		r.param[i] = &types[rnd(TYPES)];
		r.by_ref[i] = !pure && chance(40);
		Var *v = declare("p", r.param[i], false, false);
		printf("%s%s%s: %s", i ? "; " : "(", r.by_ref[i] ? "var " : "", v->name, r.param[i]->name);
	}
	if (r.n)
		printf(")");
	if (pure) {
		r.result = &types[rnd(INTS)];
		printf(": %s", r.result->name);
	}
	printf(";\n");
	variables("l", 4);
	counters = 4;
	line("begin");
	indent = 1;
	initialise(before);
	for (int i = 2 + (int)rnd(5); i--;)
		statement(3);
	if (pure) {
		Expr e;
		expr(&e, INT, 2);
		cut(&e, r.result->lo, r.result->hi);
		line("%s := %s", r.name, e.s);
	} else {
		line("{ end }");
	}
	indent = 0;
	line("end;\n");
	nvar = before;
	pure = false;
	routine[nroutine++] = r;
}

/* All that the program has calculated. */
static void results(void)
{
	for (int i = 0; i < nvar; i++) {
		const char *n = var[i].name;
		if (var[i].type->kind == SET) {
			line("for k0 := 0 to 200 do if k0 in %s then write(k0, ' ');", n);
			line("writeln;");
		} else if (var[i].array) {
			line("for k0 := -2 to 6 do write(%s%s[k0]%s, ' ');", var[i].type->kind == ENUM ? "ord(" : "", n,
				var[i].type->kind == REAL ? ":0:3" : var[i].type->kind == ENUM ? ")" : "");
			line("writeln;");
		} else {
			line("writeln('%s ', %s%s%s);", n, var[i].type->kind == ENUM ? "ord(" : "", n,
				var[i].type->kind == REAL ? ":0:3" : var[i].type->kind == ENUM ? ")" : "");
		}
	}
}

int main(int argc, char **argv)
{
	state = argc > 1 ? strtoull(argv[1], NULL, 10) * 0x9e3779b97f4a7c15u + 1 : 1;
	rnd(1);
	line("program random%s;", argc > 1 ? argv[1] : "");
	line("{$R+,Q+}");
	line("type");
	line("  small = -7..20; str9 = string[9]; colour = (red, green, blue, black, white);");
	line("  set32 = set of 0..31; set200 = set of 0..200;");
	variables("g", 14);
	int globals = nvar;
	for (int n = 2 + (int)rnd(MOST_ROUTINES - 3); n--;)
		make_routine();
	nvar = globals;
	base = counters = 0;
	line("begin");
	indent = 1;
	initialise(0);
	for (int n = 10 + (int)rnd(15); n--;)
		statement(4);
	results();
	indent = 0;
	line("end.");
	return 0;
}
