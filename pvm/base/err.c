/* Errors: one line, one status. */
#include "base.h"

#include <stdlib.h>

bool err_set(Err *e, int status, const char *fmt, ...)
{
	va_list ap;

	if (e->status)
		return false;
	e->status = status;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof e->msg, fmt, ap);
	va_end(ap);
	for (u8 *p = (u8 *)e->msg; *p; p++)
		if (*p < ' ' || *p == 0x7f)
			*p = '?';
	return false;
}

void die(int status, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("pvm: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(status);
}
