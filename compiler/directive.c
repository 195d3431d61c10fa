/* directive: what stands in {$...} -- switches, conditional compilation and included files.
 *
 * The scanner hands over the text between the marks and then looks at `skipping` and `include`.  Conditions nest;
 * text is compiled where every condition around it holds, so one that stands in skipped text is never asked.
 * One symbol is defined from the start: PVM.  FPC is not: text that asks for it wants more than the core. */
#include "ast.h"

typedef struct Word { const char *s; u32 n; } Word;

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is(Word w, const char *s)
{
	if (w.n != strlen(s))
		return false;
	for (u32 i = 0; i < w.n; i++)
		if ((w.s[i] | 32) != s[i])
			return false;
	return true;
}

/* The next word of *s; empty at the end. */
static Word word(const char **s, const char *end)
{
	while (*s < end && blank(**s))
		++*s;
	Word w = { *s, 0 };
	while (*s < end && !blank(**s))
		++*s, w.n++;
	return w;
}

/* ---- switches ---- */

static u8 switch_bit(char c)
{
	switch (c | 32) {
	case 'r': return SW_RANGE;
	case 'q': return SW_OVERFLOW;
	case 'i': return SW_IO;
	case 'h': return SW_LONG;
	}
	return 0;
}

/* R+,Q-: sets the switches that mean something here and passes over all others. */
static void switches(Parser *p, const char *s, u32 n)
{
	for (u32 i = 0; i + 1 < n; i++) {
		u8 bit = switch_bit(s[i]);
		if (s[i + 1] == '-')
			p->sw &= (u8)~bit;
		else if (s[i + 1] == '+')
			p->sw |= p->c->o->no_checks && (bit & (SW_RANGE | SW_OVERFLOW)) ? 0 : bit;
		else
			return;
		while (i + 1 < n && s[i + 1] != ',')
			i++;
		i++;
	}
}

/* ---- conditions ---- */

static Name **defined(Parser *p, const Name *name)
{
	for (u32 i = 0; i < p->symbol.n; i++)
		if (p->symbol.p[i] == name)
			return &p->symbol.p[i];
	return NULL;
}

/* ---- {$if}: or, and, not, comparisons, defined(x), numbers ---- */

typedef struct If { Parser *p; const char *s, *end; bool bad; } If;

static i64 disjunction(If *f);

static void skip(If *f)
{
	while (f->s < f->end && blank(*f->s))
		f->s++;
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* The word, number or mark that comes next; empty at the end. */
static Word item(If *f)
{
	skip(f);
	Word w = { f->s, 0 };
	bool name = f->s < f->end && (letter(*f->s) || (*f->s >= '0' && *f->s <= '9'));
	while (f->s < f->end && (name ? letter(*f->s) || (*f->s >= '0' && *f->s <= '9') : !blank(*f->s) && strchr("<>=", *f->s) != NULL))
		f->s++, w.n++;
	if (!w.n && f->s < f->end)
		f->s++, w.n = 1;
	return w;
}

static Word peek(If *f)
{
	const char *at = f->s;
	Word w = item(f);
	f->s = at;
	return w;
}

static bool take(If *f, const char *what)
{
	if (!is(peek(f), what))
		return false;
	item(f);
	return true;
}

/* defined(x) and defined x; of `declared`, which asks about names, nothing is known here. */
static i64 asks(If *f, bool declared)
{
	bool paren = take(f, "(");
	Word w = item(f);
	if (paren && !take(f, ")"))
		f->bad = true;
	return !declared && defined(f->p, ast_name(f->p->c, w.s, w.n)) != NULL;
}

static i64 operand(If *f)
{
	Word w = item(f);
	i64 v = 0;
	if (is(w, "not"))
		return !operand(f);
	if (is(w, "(")) {
		v = disjunction(f);
		f->bad |= !take(f, ")");
		return v;
	}
	if (is(w, "defined") || is(w, "undefined"))
		return asks(f, false) != is(w, "undefined");
	if (is(w, "declared"))
		return asks(f, true);
	if (is(w, "true") || is(w, "false"))
		return is(w, "true");
	if (is(w, "fpc_version") || is(w, "fpc_fullversion"))
		return 0;
	for (u32 i = 0; i < w.n; i++)
		v = w.s[i] >= '0' && w.s[i] <= '9' && v < 1 << 28 ? v * 10 + w.s[i] - '0' : 0;
	f->bad |= !w.n;
	return v;
}

static i64 comparison(If *f)
{
	i64 a = operand(f);
	Word w = peek(f);
	if (!w.n || !strchr("<>=", *w.s))
		return a;
	item(f);
	i64 b = operand(f);
	return is(w, "=") ? a == b : is(w, "<>") ? a != b : is(w, "<") ? a < b : is(w, ">") ? a > b : is(w, "<=") ? a <= b : a >= b;
}

static i64 conjunction(If *f)
{
	i64 v = comparison(f);
	while (take(f, "and"))
		v = (comparison(f) != 0) & (v != 0);
	return v;
}

static i64 disjunction(If *f)
{
	i64 v = conjunction(f);
	while (take(f, "or"))
		v = (conjunction(f) != 0) | (v != 0);
	return v;
}

static bool holds(Parser *p, Span at, const char *s, const char *end)
{
	If f = { p, s, end, false };
	bool v = disjunction(&f) != 0;
	skip(&f);
	if (f.bad || f.s < f.end)
		diag_error(p->c, at, "this condition cannot be read");
	return v;
}

/* {$ifopt R+} asks whether a switch is as written; an unknown switch is off. */
static bool option(const Parser *p, Word w)
{
	return w.n == 2 && ((p->sw & switch_bit(w.s[0])) != 0) == (w.s[1] == '+');
}

static void open_condition(Parser *p, Span at, bool holds)
{
	Condition k = { .at = at, .outer = !p->skipping, .met = holds };
	vec_push(&p->condition, k);
	p->skipping = p->skipping || !holds;
}

static Condition *innermost(Parser *p, Span at, const char *what)
{
	if (p->condition.n)
		return &p->condition.p[p->condition.n - 1];
	diag_error(p->c, at, "{$%s} without {$ifdef}", what);
	return NULL;
}

static void other_half(Parser *p, Span at)
{
	Condition *k = innermost(p, at, "else");
	if (!k)
		return;
	if (k->turned)
		diag_error(p->c, at, "a second {$else}");
	k->turned = true;
	p->skipping = !k->outer || k->met;
}

/* {$elseif} is {$else} whose text has a condition of its own. */
static void other_condition(Parser *p, Span at, const char *s, const char *end)
{
	Condition *k = innermost(p, at, "elseif");
	if (!k)
		return;
	if (k->met || !k->outer) {
		p->skipping = true;
		return;
	}
	k->met = holds(p, at, s, end);
	p->skipping = !k->met;
}

static void close_condition(Parser *p, Span at)
{
	Condition *k = innermost(p, at, "endif");
	if (!k)
		return;
	p->skipping = !k->outer;
	p->condition.n--;
}

/* Conditions count in skipped text too.  True: w was one of them. */
static bool conditional(Parser *p, Span at, Word w, Word arg, const char *behind, const char *end)
{
	bool unless = is(w, "ifndef");
	if (unless || is(w, "ifdef")) {
		if (!arg.n && !p->skipping)
			diag_error(p->c, at, "the name of a symbol is missing");
		open_condition(p, at, (defined(p, ast_name(p->c, arg.s, arg.n)) != NULL) != unless);
	} else if (is(w, "ifopt")) {
		open_condition(p, at, option(p, arg));
	} else if (is(w, "if")) {
		open_condition(p, at, !p->skipping && holds(p, at, behind, end));
	} else if (is(w, "else")) {
		other_half(p, at);
	} else if (is(w, "elseif") || is(w, "elif")) {
		other_condition(p, at, behind, end);
	} else if (is(w, "endif") || is(w, "ifend")) {
		close_condition(p, at);
	} else {
		return false;
	}
	return true;
}

void directive_unclosed(Parser *p)
{
	for (u32 i = 0; i < p->condition.n; i++)
		diag_error(p->c, p->condition.p[i].at, "this condition has no {$endif}");
	if (p->condition.n)
		p->quiet = p->at; /* what is missing behind it is no news */
	p->condition.n = 0;
}

/* ---- included files ---- */

/* The path of an included file is relative to the file that names it. */
static void include(Parser *p, Span at, const char *s, const char *end)
{
	const char *from = ast_source_at(p->c, at.pos)->path, *slash = strrchr(from, '/');
	Buf text = { 0 };
	Err e = { 0 };
	while (s < end && blank(*s))
		s++;
	while (s < end && blank(end[-1]))
		end--;
	if (end - s > 1 && *s == '\'' && end[-1] == '\'')
		s++, end--;
	bool absolute = s < end && *s == '/';
	const char *path = arena_printf(p->c->a, "%.*s%.*s", slash && !absolute ? (int)(slash - from + 1) : 0, from, (int)(end - s), s);
	if (s == end)
		diag_error(p->c, at, "the name of the file to include is missing");
	else if (*s == '%')
		diag_error(p->c, at, "only files can be included");
	else if (p->depth >= DEEPEST_INCLUDE)
		diag_error(p->c, at, "files include each other more than %d deep", DEEPEST_INCLUDE);
	else if (p->c->src.n >= MOST_INCLUDED)
		diag_error(p->c, at, "more than %d files are included", MOST_INCLUDED);
	else if (!file_read(path, &text, &e))
		diag_error(p->c, at, "%s", e.msg);
	else if (text.n > LONGEST_INCLUDED)
		diag_error(p->c, at, "%s is longer than %d bytes", path, LONGEST_INCLUDED);
	else
		p->include = ast_source(p->c, path, text.n ? arena_strndup(p->c->a, (char *)text.p, text.n) : "", (u32)text.n, false);
	buf_free(&text);
}

/* ---- all of them ---- */

/* {$mode iso} is another language; {$mode delphi} has dynamic strings, and procedural values without @. */
static void mode(Parser *p, Word arg)
{
	p->sw &= (u8)~(SW_ISO | SW_DELPHI | SW_LONG);
	if (is(arg, "iso"))
		p->sw |= SW_ISO;
	else if (is(arg, "delphi") || is(arg, "delphiunicode"))
		p->sw |= SW_DELPHI | SW_LONG;
}

/* {$longstrings on} and its like, which Delphi knows. */
static bool long_switch(Parser *p, Word w, Word arg)
{
	static const struct { const char *name; u8 bit; } names[] = {
		{ "longstrings", SW_LONG }, { "rangechecks", SW_RANGE }, { "overflowchecks", SW_OVERFLOW }, { "iochecks", SW_IO },
	};
	for (u32 i = 0; i < COUNT(names); i++)
		if (is(w, names[i].name)) {
			bool forbidden = p->c->o->no_checks && (names[i].bit & (SW_RANGE | SW_OVERFLOW));
			p->sw = (u8)(is(arg, "on") && !forbidden ? p->sw | names[i].bit : p->sw & ~names[i].bit);
			return true;
		}
	return false;
}

void directive(Parser *p, Span at, const char *s, u32 n)
{
	const char *end = s + n, *rest = s;
	Word w = word(&rest, end);
	const char *behind = rest;
	Word arg = word(&rest, end);
	if (conditional(p, at, w, arg, behind, end) || p->skipping)
		return;
	Name *name = ast_name(p->c, arg.s, arg.n);
	if (is(w, "define")) {
		if (!defined(p, name))
			vec_push(&p->symbol, name);
	} else if (is(w, "undef")) {
		Name **at_ = defined(p, name);
		if (at_)
			*at_ = p->symbol.p[--p->symbol.n];
	} else if (is(w, "include") || (is(w, "i") && arg.n)) {
		include(p, at, behind, end);
	} else if (is(w, "mode")) {
		mode(p, arg);
	} else if (!long_switch(p, w, arg)) {
		switches(p, s, n);
	}
}

void directive_begin(Parser *p)
{
	vec_push(&p->symbol, ast_name(p->c, "pvm", 3));
}

void directive_end(Parser *p)
{
	vec_free(&p->symbol);
	vec_free(&p->condition);
}
