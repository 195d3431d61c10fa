/* compiler: Pascal (and BCPL) to P-code. */
#ifndef PVM_COMPILER_H
#define PVM_COMPILER_H

#include "../pvm/base/base.h"

typedef struct CompileOpts {
	bool no_checks;     /* $R-, $Q-: no bounds, range, overflow, nil and case checks */
	bool iso;           /* ISO 7185, as {$mode iso} */
	bool colour;        /* in diagnostics */
	bool no_lines;      /* leave line and variable tables out */
	const char *units;  /* where units are looked for behind the directory of the text that uses them, or null */
	u32 stack;          /* bytes of memory stack, 0 = the default (8 MiB) */
	u32 max_errors;     /* 0 = the default (20) */
} CompileOpts;

/* Compiles one program.  Diagnostics ("file:line:col: error: ...", the source line, a caret) go to `diag`.
 * True: the module's bytes are in out. */
bool compile_pascal(const char *path, const char *text, size_t n, const CompileOpts *o, Buf *out, Buf *diag);

/* Lists the tokens or the syntax tree. */
bool compile_dump(const char *path, const char *text, size_t n, bool tree, Buf *out, Buf *diag);

#endif
