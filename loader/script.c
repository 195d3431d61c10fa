/* Reads the "#!" line of a script as Linux does: an interpreter, and what follows it as one argument. */
#include "image.h"

static const u8 *skip_blanks(const u8 *s, const u8 *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	return s;
}

bool script_read(const u8 *p, size_t n, ScriptLine *out)
{
	memset(out, 0, sizeof *out);
	if (n < 3 || p[0] != '#' || p[1] != '!')
		return false;
	n = MIN(n, 255);
	const u8 *end = memchr(p, '\n', n);
	if (!end)
		end = p + n; /* cut off: what is there still counts if a blank ends the name */
	while (end > p + 2 && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	const u8 *name = skip_blanks(p + 2, end), *s = name;
	while (s < end && *s != ' ' && *s != '\t')
		s++;
	if (s == name || memchr(name, 0, (size_t)(s - name)))
		return false;
	memcpy(out->interp, name, (size_t)(s - name));
	s = skip_blanks(s, end);
	for (u32 i = 0; s < end && *s; s++)
		out->arg[i++] = (char)*s;
	return true;
}
