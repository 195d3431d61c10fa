/* diag: messages with the place they are about.
 *
 *   prog.pas:3:8: error: unknown name 'cuont'; did you mean 'count'?
 *      x := cuont + 1;
 *           ^~~~~
 */
#include "ast.h"

enum { WIDEST = 150 }; /* of a source line; longer ones are shown in part */

static const char *colour(const Comp *c, const char *code)
{
	return c->o->colour ? code : "";
}

/* The line of source around `at`, and a caret line below it. */
static void show_line(Comp *c, const Source *s, u32 line, u32 col, u32 len)
{
	u32 lo = s->line.p[line - 1], hi = line < s->line.n ? s->line.p[line] : s->n, from = 0;
	while (hi > lo && (s->text[hi - 1] == '\n' || s->text[hi - 1] == '\r'))
		hi--;
	if (col > WIDEST - 30)
		from = col - (WIDEST - 30);
	u32 n = MIN(hi - lo, from + WIDEST);
	for (u32 i = from; i < n; i++) {
		u8 ch = (u8)s->text[lo + i];
		buf_u8(c->diag, ch == '\t' || ch >= 128 || (ch >= 32 && ch != 127) ? ch : '?');
	}
	buf_u8(c->diag, '\n');
	for (u32 i = from; i < col - 1 && i < n; i++)
		if (((u8)s->text[lo + i] & 0xc0) != 0x80) /* one column a character, however many bytes it has */
			buf_u8(c->diag, s->text[lo + i] == '\t' ? '\t' : ' ');
	buf_printf(c->diag, "%s^", colour(c, "\033[1;32m"));
	for (u32 i = 1; i < len && col - 1 + i < n; i++)
		if (((u8)s->text[lo + col - 1 + i] & 0xc0) != 0x80)
			buf_u8(c->diag, '~');
	buf_printf(c->diag, "%s\n", colour(c, "\033[0m"));
}

static void show(Comp *c, Span at, const char *kind, const char *code, const char *fmt, va_list ap)
{
	char msg[600];
	const Source *s = ast_source_at(c, at.pos);
	u32 line = ast_line(c, at.pos), col = at.pos - s->base - s->line.p[line - 1] + 1;
	vsnprintf(msg, sizeof msg, fmt, ap);
	buf_printf(c->diag, "%s%s:%u:%u: %s%s:%s ", colour(c, "\033[1m"), s->path, line, col, colour(c, code), kind, colour(c, "\033[0;1m"));
	buf_bytes(c->diag, msg, strlen(msg));
	buf_printf(c->diag, "%s\n", colour(c, "\033[0m"));
	show_line(c, s, line, col, at.end > at.pos ? at.end - at.pos : 1);
}

void diag_error(Comp *c, Span at, const char *fmt, ...)
{
	va_list ap;
	if (c->stopped)
		return;
	if (c->nerr++ >= c->max_errors) {
		buf_printf(c->diag, "too many errors; the rest is not shown\n");
		c->stopped = true;
		return;
	}
	va_start(ap, fmt);
	show(c, at, "error", "\033[31m", fmt, ap);
	va_end(ap);
}

void diag_warning(Comp *c, Span at, const char *fmt, ...)
{
	va_list ap;
	if (c->stopped)
		return;
	va_start(ap, fmt);
	show(c, at, "warning", "\033[35m", fmt, ap);
	va_end(ap);
}

void diag_note(Comp *c, Span at, const char *fmt, ...)
{
	va_list ap;
	if (c->stopped)
		return;
	va_start(ap, fmt);
	show(c, at, "note", "\033[36m", fmt, ap);
	va_end(ap);
}

const char *diag_name(Comp *c, const Name *n)
{
	return n->len <= 64 ? n->s : arena_printf(c->a, "%.60s...", n->s);
}
