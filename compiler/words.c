/* words: which names are keywords at this place.
 *
 * Turbo Pascal and Free Pascal have many words that mean something in one place only (`virtual`, `on`, `out`, `forward`), and a
 * grammar that reads one token ahead cannot tell them from names.  The scanner can: it knows what stands before the word, and
 * may look at the characters behind it.  In ISO Pascal all of these are names. */
#include "ast.h"
#include "pascal_parse.h"

/* Where in a heading the scanner is. */
enum Head { HEAD_NONE, HEAD_IN, HEAD_BEHIND, HEAD_DIRECTIVE };

typedef struct Word { const char *s; int token; } Word;

static const Word keywords[] = {
	{ "and", AND }, { "array", ARRAY }, { "begin", BEGIN_ }, { "case", CASE }, { "const", CONST },
	{ "div", DIV }, { "do", DO }, { "downto", DOWNTO }, { "else", ELSE }, { "end", END },
	{ "file", FILE_ }, { "for", FOR }, { "function", FUNCTION }, { "goto", GOTO }, { "if", IF },
	{ "in", IN }, { "label", LABEL }, { "mod", MOD }, { "nil", NIL }, { "not", NOT }, { "of", OF },
	{ "or", OR }, { "otherwise", OTHERWISE }, { "packed", PACKED }, { "procedure", PROCEDURE },
	{ "program", PROGRAM }, { "record", RECORD }, { "repeat", REPEAT }, { "set", SET }, { "shl", SHL },
	{ "shr", SHR }, { "then", THEN }, { "to", TO }, { "type", TYPE }, { "until", UNTIL },
	{ "uses", USES }, { "var", VAR }, { "while", WHILE }, { "with", WITH }, { "xor", XOR },
};

/* Of Turbo Pascal and its successors. */
static const Word extended[] = {
	{ "object", OBJECT }, { "constructor", CONSTRUCTOR }, { "destructor", DESTRUCTOR }, { "inherited", INHERITED },
	{ "class", CLASS }, { "property", PROPERTY }, { "try", TRY }, { "except", EXCEPT }, { "finally", FINALLY },
	{ "raise", RAISE }, { "is", IS }, { "as", AS }, { "generic", GENERIC }, { "specialize", SPECIALIZE }, { "threadvar", VAR },
	{ "resourcestring", CONST }, { "bitpacked", PACKED }, { "out", OUT }, { "on", ON }, { "default", DEFAULT }, { "absolute", ABSOLUTE },
	{ "constref", CONST },
};

/* Of units, and of nothing else: programs may have variables of these names. */
static const Word unit_words[] = {
	{ "unit", UNIT }, { "interface", INTERFACE }, { "implementation", IMPLEMENTATION },
	{ "initialization", INITIALIZATION }, { "finalization", FINALIZATION },
};

/* Behind a routine's heading. */
static const char *const directives[] = {
	"virtual", "dynamic", "override", "abstract", "overload", "reintroduce", "static", "cdecl", "stdcall", "inline", "assembler",
	"far", "near", "interrupt", "export", "register", "pascal", "safecall", "varargs", "platform", "deprecated", "experimental",
	"message", "final", "nostackframe", "noreturn", "alias", "public", "local", "unimplemented", "library",
};

static const char *const visibility[] = { "private", "protected", "public", "published", "strict", "automated" };

void words_init(Comp *c)
{
	for (u32 i = 0; i < COUNT(keywords); i++)
		ast_name(c, keywords[i].s, (u32)strlen(keywords[i].s))->keyword = (u16)keywords[i].token;
}

/* ---- looking ahead ---- */

/* The first character behind the word that is neither blank nor comment; the text's end gives a NUL. */
static const char *ahead(const Parser *p)
{
	const char *s = p->src->text + (p->at - p->src->base), *end = p->src->text + p->src->n;
	for (;;) {
		while (s < end && (u8)*s <= ' ')
			s++;
		const char *close = s == end ? NULL : *s == '{' ? "}" : *s == '(' && s + 1 < end && s[1] == '*' ? "*)" : *s == '/' && s + 1 < end && s[1] == '/' ? "\n" : NULL;
		const char *to = close ? memmem(s, (size_t)(end - s), close, strlen(close)) : NULL;
		if (!to)
			return s < end ? s : "";
		s = to + strlen(close);
	}
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool word_char(char c)
{
	return letter(c) || (c >= '0' && c <= '9');
}

/* Whether the word `w` stands at s. */
static bool stands(const Parser *p, const char *s, const char *w)
{
	size_t n = strlen(w), left = (size_t)(p->src->text + p->src->n - s);
	if (!letter(*s) || left < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((s[i] | 32) != w[i])
			return false;
	return left == n || !word_char(s[n]);
}

/* Whether <A, B.C, D<E>> stands behind the word, and then something that an expression cannot have there: the word names a
 * generic.  `a < b` has no such end. */
static bool arguments_follow(const Parser *p)
{
	const char *s = ahead(p), *end = p->src->text + p->src->n;
	u32 open = 0;
	if (*s != '<' || s + 1 == end || s[1] == '>') /* a <> (b) */
		return false;
	for (; s < end; s++) {
		if (*s == '<')
			open++;
		else if (*s == '>' && --open == 0)
			break;
		else if (!word_char(*s) && *s != '.' && *s != ',' && *s != ' ' && *s != '>' && *s != ';' && *s != ':')
			return false;
	}
	for (s++; s < end && *s == ' '; s++)
		;
	return s < end && (*s == '.' || *s == '(');
}

/* `class`: in front of a body, before ';' where the class is only announced, or class(parent); without a body. */
static int class_token(const Parser *p)
{
	const char *s = ahead(p), *end = p->src->text + p->src->n;
	if (*s == ';')
		return CLASS_AHEAD;
	if (*s != '(')
		return CLASS;
	for (u32 open = 0; s < end; s++) {
		open += *s == '(';
		if (*s == ')' && --open == 0)
			break;
	}
	for (s++; s < end && (u8)*s <= ' '; s++)
		;
	return s < end && *s == ';' ? CLASS_SHORT : CLASS;
}

/* ---- words that depend on their place ---- */

static bool one_of(const Name *n, const char *const *list, u32 count)
{
	for (u32 i = 0; i < count; i++)
		if (!strcmp(n->s, list[i]))
			return true;
	return false;
}

static int in_place(const Parser *p, int token)
{
	const char *s = ahead(p);
	/* a name is being declared or used: old programs have procedures that are called `try` */
	if (*s == ':' || *s == ',' || *s == '=' || p->token == PROCEDURE || p->token == FUNCTION)
		return token == CLASS || token == FINALLY ? token : ID;
	switch (token) {
	case TRY:
		return *s == '(' || *s == ';' || *s == '[' || *s == '^' || *s == '.' ? ID : TRY;
	case EXCEPT: case FINALLY:
		return p->tries ? token : ID;
	case IS: case AS:
		return letter(*s) && (p->token == ID || p->token == ')' || p->token == ']' || p->token == '^' || p->token == '@') ? token : ID;
	case PROPERTY:
		return p->bodies ? token : ID;
	case CLASS:
		return class_token(p);
	case OUT:
		return p->head == HEAD_IN && p->parens && (p->token == '(' || p->token == ';') && letter(*s) ? OUT : ID;
	case ON: /* begins a handler */
		return (p->token == EXCEPT || p->token == ';') && letter(*s) ? ON : ID;
	case DEFAULT: /* property ...; default; */
		return p->bodies && p->token == ';' && *s == ';' ? DEFAULT : ID;
	case ABSOLUTE:
		return letter(*s) && p->token != ';' && p->token != VAR && p->token != ',' ? ABSOLUTE : ID;
	case GENERIC:
		return letter(*s) && p->token != ':' ? stands(p, s, "function") || stands(p, s, "procedure") || stands(p, s, "class") ? 0 : GENERIC : ID;
	case SPECIALIZE:
		return letter(*s) ? SPECIALIZE : ID;
	}
	return token;
}

/* A name behind a heading is a directive, in a class maybe a word of visibility, which nothing here asks for. */
static int directive_token(const Parser *p, const Name *n)
{
	if (p->bodies && one_of(n, visibility, COUNT(visibility)) && *ahead(p) != ':' && *ahead(p) != ',' && *ahead(p) != '=')
		return 0;
	if (p->head != HEAD_BEHIND)
		return ID;
	if (!strcmp(n->s, "forward"))
		return FORWARD;
	if (!strcmp(n->s, "external"))
		return EXTERNAL;
	return one_of(n, directives, COUNT(directives)) && *ahead(p) != ':' ? DIRECTIVE : ID;
}

/* The token that the name n is here; 0: none, it is passed over. */
int words_token(Parser *p, const Name *n)
{
	if (n->keyword == OF && stands(p, ahead(p), "object") && !(p->sw & SW_ISO))
		return OF_OBJECT;
	if (p->token == OF_OBJECT)
		return 0; /* `object` itself */
	if (p->token == CLASS && (!strcmp(n->s, "sealed") || !strcmp(n->s, "abstract")))
		return 0;
	if (p->head == HEAD_IN && p->type_head && !p->parens && one_of(n, directives, COUNT(directives)))
		return DIRECTIVE;
	if (n->keyword)
		return n->keyword;
	if (p->unit)
		for (u32 i = 0; i < COUNT(unit_words); i++)
			if (!strcmp(n->s, unit_words[i].s))
				return unit_words[i].token;
	if (p->sw & SW_ISO)
		return !strcmp(n->s, "forward") && p->head == HEAD_BEHIND ? FORWARD : p->head == HEAD_BEHIND ? directive_token(p, n) : ID;
	for (u32 i = 0; i < COUNT(extended) && p->token != '.'; i++)
		if (!strcmp(n->s, extended[i].s)) {
			int t = in_place(p, extended[i].token);
			if (t != ID)
				return t;
		}
	if (p->bodies && p->types && p->token == ';' && *ahead(p) == '=')
		return TYPE_ID;
	int t = directive_token(p, n);
	return t == ID && arguments_follow(p) ? GID : t;
}

/* Looks at each token that the parser gets, to know where it is. */
void words_track(Parser *p, int t)
{
	bool heads = t == PROCEDURE || t == FUNCTION || t == CONSTRUCTOR || t == DESTRUCTOR;
	if (heads && !(p->head == HEAD_IN && p->parens)) {
		p->head = HEAD_IN;
		p->parens = 0;
		p->type_head = p->token == '=' || p->token == ':' || p->token == OF;
	} else if (p->head == HEAD_IN) {
		p->parens += t == '(' || t == '[';
		p->parens -= (t == ')' || t == ']') && p->parens;
		if (t == ';' && !p->parens)
			p->head = HEAD_BEHIND;
	} else if (p->head == HEAD_BEHIND) {
		p->head = t == DIRECTIVE || t == FORWARD || t == EXTERNAL ? HEAD_DIRECTIVE : HEAD_NONE;
	} else if (p->head == HEAD_DIRECTIVE && t == ';') {
		p->head = HEAD_BEHIND;
	}
	if (t == RECORD || t == OBJECT || (t == CLASS && p->token != ';' && p->token != END && (p->token == '=' || !p->bodies)))
		p->bodies++;
	else if ((t == END || (t == OF && p->token == CLASS)) && p->bodies) /* `class of` has no body */
		p->bodies--;
	else if (t == BEGIN_)
		p->bodies = 0;
	if (t == TYPE || t == CONST || t == BEGIN_)
		p->types = t == TYPE && p->bodies;
	p->tries += t == TRY;
	p->tries -= (t == EXCEPT || t == FINALLY) && p->tries;
}
