/* compile: the room's door. */
#include "sema.h"
#include "../pvm/pcode/pcode.h"

enum { LONGEST = 1 << 30 };

static bool begin(Comp *c, const char *path, const char *text, size_t n, const CompileOpts *o, Buf *diag)
{
	*c = (Comp){ .a = arena_new(), .o = o, .diag = diag, .max_errors = o->max_errors ? o->max_errors : 20 };
	if (n > LONGEST) {
		buf_printf(diag, "%s: error: the file is too long (the limit is 1 GiB)\n", path);
		return false;
	}
	ast_names_init(c);
	ast_source(c, path, text, (u32)n, false);
	return true;
}

static void end(Comp *c)
{
	ast_names_free(c);
	arena_free(c->a);
}

bool compile_pascal(const char *path, const char *text, size_t n, const CompileOpts *o, Buf *out, Buf *diag)
{
	Comp c;
	if (begin(&c, path, text, n, o, diag)) {
		Sema s = { .c = &c, .a = c.a };
		Node *program = pascal_parse(&c, c.src.p[0], PARSE_PROGRAM);
		if (program && sema_program(&s, program))
			gen_module(&s, out);
		vec_free(&s.ptr);
		vec_free(&s.queue);
		vec_free(&s.instance);
		sema_unit_end(&s);
	} else {
		c.nerr++;
	}
	end(&c);
	return c.nerr == 0;
}

bool compile_dump(const char *path, const char *text, size_t n, bool tree, Buf *out, Buf *diag)
{
	CompileOpts o = { 0 };
	Comp c;
	if (!begin(&c, path, text, n, &o, diag)) {
		c.nerr++;
	} else if (tree) {
		ast_dump(pascal_parse(&c, c.src.p[0], PARSE_PROGRAM), 0, &c, out);
	} else {
		pascal_tokens(&c, c.src.p[0], out);
	}
	end(&c);
	return c.nerr == 0;
}
