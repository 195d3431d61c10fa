/* Reads the "#!" line of a script as Linux does (fs/binfmt_script.c): an interpreter, and what follows it as one
 * argument.  Linux looks at the first 256 bytes of a file, with zeros behind a shorter one. */
#include "image.h"

enum { HEAD = 256 };

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static const char *skip_blanks(const char *s, const char *end)
{
	while (s < end && is_blank(*s))
		s++;
	return s;
}

/* Behind the word at s: a blank, a NUL, or end. */
static const char *word_end(const char *s, const char *end)
{
	while (s < end && *s && !is_blank(*s))
		s++;
	return s;
}

/* The end of the line, of a head that begins with "#!".  One that is longer than the head counts if its first word is whole; NULL: that is not so. */
static const char *line_end(const char *head)
{
	const char *last = head + HEAD - 1, *end = memchr(head, '\n', strlen(head));

	if (!end) {
		const char *word = word_end(skip_blanks(head + 2, last), last);
		end = word < last ? last : NULL;
	}
	while (end && is_blank(end[-1]))
		end--;
	return end;
}

bool script_read(const u8 *p, size_t n, ScriptLine *out)
{
	char head[HEAD] = {0};

	memset(out, 0, sizeof *out);
	if (n < 2)
		return false;
	memcpy(head, p, MIN(n, HEAD - 1u));
	if (head[0] != '#' || head[1] != '!')
		return false;
	const char *end = line_end(head);
	if (!end)
		return false;
	const char *name = skip_blanks(head + 2, end), *s = word_end(name, end);
	if (name == end)
		return false;
	memcpy(out->interp, name, (size_t)(s - name));
	if (s == name) /* a file without a name and without a line's end: Linux opens "", the current directory */
		strcpy(out->interp, ".");
	s = skip_blanks(s, end);
	memcpy(out->arg, s, strnlen(s, (size_t)(end - s)));
	return true;
}
