/* ast: sources, names, diagnostics and the syntax tree -- what scanner, parser and analyser share. */
#ifndef PVM_AST_H
#define PVM_AST_H

#include "../pvm/base/base.h"
#include "compiler.h"

struct Sym;
struct Type;

/* An identifier, made unique: equal (case-folded) spellings are one Name.  `sym` is what it means right
 * here, so that looking a name up costs nothing; scopes restore it when they end. */
typedef struct Name {
	struct Name *next; /* in the hash chain */
	struct Sym *sym;
	u32 hash, len;
	u16 keyword;       /* the token, 0 for identifiers */
	u32 used;          /* the block in which it last stood for something of a block around it */
	char s[];          /* lower case, NUL-terminated */
} Name;

/* A source text.  All texts of a compilation share one space of positions (byte offsets), so that a
 * position alone tells text, line and column. */
typedef struct Source {
	const char *path, *text;
	u32 n, base;
	VEC(u32) line;     /* offset at which each line begins */
	bool lib;          /* part of the standard library */
	u32 first;         /* for the generator: its line 1 in the module's numbering */
} Source;

typedef struct Span { u32 pos, end; } Span;

enum { SW_RANGE = 1, SW_OVERFLOW = 2, SW_IO = 4, SW_ISO = 8, SW_LONG = 16, SW_DELPHI = 32 }; /* switches $R $Q $I $H, $mode iso, $mode delphi */

/* What a declaration says about itself.  Only routines and classes have them. */
enum {
	NF_CLASS = 1, NF_CTOR = 2, NF_DTOR = 4, NF_OBJECT = 8, NF_FORWARD = 16, NF_VIRTUAL = 32, NF_OVERRIDE = 64, NF_ABSTRACT = 128,
	NF_OVERLOAD = 256, NF_STATIC = 512, NF_OF_OBJECT = 1024, NF_DEFAULT = 2048, NF_GENERIC = 4096, NF_WRITTEN = 8192, NF_RECORD = 16384
};

typedef enum NodeKind {
#define N(kind, name, children) N_##kind,
#include "ast.def"
#undef N
	N_COUNT
} NodeKind;

typedef struct Node Node;
struct Node {
	u8 op;             /* N_* */
	u8 sw;             /* SW_*: the switches at this place */
	u16 depth;         /* height of the tree below, bounded by AST_DEEPEST */
	Span at;
	u32 flags;         /* NF_* */
	Node *next;        /* in lists */
	Node *a, *b, *c, *d;
	struct Type *type; /* set by the analyser */
	union {
		i64 i;
		double r;
		struct { const char *s; u32 n; };
		struct { Name *name, *name2; };
		struct Sym *sym;
		struct With *with;
		struct Label *label;
	};
};

enum { AST_DEEPEST = 600 };

typedef struct List { Node *first, *last; u16 depth; } List;

/* One compilation. */
typedef struct Comp {
	Arena *a;
	const CompileOpts *o;
	Buf *diag;
	u32 nerr, max_errors;
	bool stopped;          /* too many errors: nothing more is said */
	VEC(Source *) src;
	u32 line_src, line_at; /* where ast_line looked last */
	Name **slot;
	u32 nname, nslot;
} Comp;

/* ---- sources, names (ast.c) ---- */
Source *ast_source(Comp *c, const char *path, const char *text, u32 n, bool lib);
const Source *ast_source_at(Comp *c, u32 pos);
u32 ast_line(Comp *c, u32 pos); /* line number from 1; quick when asked in order */
Name *ast_name(Comp *c, const char *s, u32 n); /* folds case */
void ast_names_init(Comp *c);   /* enters the keywords */
void ast_names_free(Comp *c);
void ast_dump(Node *n, u32 depth, Comp *c, Buf *out);
extern const char *const ast_node_name[N_COUNT];

/* Edit distance (insertions, deletions, changes, swaps of neighbours), or `most` + 1 if it is more. */
u32 ast_distance(const char *a, u32 n, const char *b, u32 m, u32 most);

/* ---- diagnostics (diag.c) ---- */
void diag_error(Comp *c, Span at, const char *fmt, ...) PRINTF(3, 4);
void diag_warning(Comp *c, Span at, const char *fmt, ...) PRINTF(3, 4); /* the program is compiled all the same */
void diag_note(Comp *c, Span at, const char *fmt, ...) PRINTF(3, 4); /* belongs to the error before */
/* A name as it may stand in a message: cut when it is very long. */
const char *diag_name(Comp *c, const Name *n);

/* ---- scanner and parser (pascal.l, pascal.y, directive.c) ---- */
enum { DEEPEST_INCLUDE = 16, MOST_INCLUDED = 1000, LONGEST_INCLUDED = 1 << 20 }; /* positions stay below 2^31 */

/* {$ifdef} and its like, from the innermost text outwards. */
typedef struct Condition {
	Span at;
	bool outer;        /* the text around it is compiled */
	bool met, turned;  /* its first half is compiled; {$else} was there */
} Condition;

typedef struct Parser {
	Comp *c;
	const Source *src; /* the text that is scanned */
	u32 at;            /* position behind the last token */
	u32 prev_end;      /* end of the token before the last */
	u32 tok_pos;
	int prev, token;   /* the token before the last, and the last */
	u32 quiet;         /* end of the last malformed token: an error right behind it is not worth a message */
	u8 sw;
	u8 head;           /* enum Head: what of a routine's heading the scanner is in */
	bool type_head;    /* it is that of a procedural type */
	u32 parens;        /* open ones, in a heading */
	u32 bodies;        /* records and classes around this place */
	bool types;        /* in a class: types are declared there */
	u32 tries;         /* `try` without its `except` or `finally` yet */
	int first;         /* the token that says which grammar to use, returned first */
	bool unit;         /* interface, implementation and so on are keywords */
	bool deep;         /* the nesting error was reported */
	bool skipping;     /* in text whose condition does not hold */
	VEC(Condition) condition;
	VEC(Name *) symbol;      /* what {$define} defined */
	const Source *include;   /* the file that a directive asked for, until the scanner opens it */
	u32 depth;               /* of included files */
	struct Outer *outer;     /* the scanner's: where to go on behind this file */
	Node *result;      /* N_PROGRAM, or the list of declarations of a library text */
	Buf text;          /* of a string constant */
	void *scanner;
} Parser;
/* What a text is: a library text has declarations only. */
typedef enum ParseWhat { PARSE_PROGRAM, PARSE_LIB, PARSE_UNIT } ParseWhat;
Node *pascal_parse(Comp *c, const Source *s, ParseWhat what); /* NULL after a syntax error */
void words_init(Comp *c);                   /* enters the keywords (words.c) */
int words_token(Parser *p, const Name *n);  /* what a name is here; 0: nothing */
void words_track(Parser *p, int token);
void pascal_tokens(Comp *c, const Source *s, Buf *out);
/* One directive: s[0..n) is what stands behind the $. */
void directive(Parser *p, Span at, const char *s, u32 n);
void directive_begin(Parser *p);
void directive_end(Parser *p);
void directive_unclosed(Parser *p); /* at the end of the text */

#endif
