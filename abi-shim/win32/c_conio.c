/* The C library: the console, past the streams. */
#include "crt.h"

#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

/* A key without waiting for the end of the line; pipes and files give a byte. */
static u64 key(bool echo)
{
	struct termios old, raw;
	bool tty = tcgetattr(0, &old) == 0;
	u8 c;

	if (tty) {
		raw = old;
		raw.c_lflag &= ~(tcflag_t)(ICANON | (echo ? 0 : ECHO));
		tcsetattr(0, TCSANOW, &raw);
	}
	ssize_t n = read(0, &c, 1);
	if (tty)
		tcsetattr(0, TCSANOW, &old);
	return n == 1 ? c == '\n' ? '\r' : c : (u64)-1;
}

u64 w_getch(WThread *t, const u64 *a)
{
	crt_flush_all();
	return key(t->row->name[strlen(t->row->name) - 1] == 'e');
}

u64 w_kbhit(WThread *t, const u64 *a)
{
	struct pollfd p = {.fd = 0, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

u64 w_cputs(WThread *t, const u64 *a) { return w_fputs(t, (u64[]){a[0], crt_iob(t, 1)}); }
u64 w_cputws(WThread *t, const u64 *a) { return w_fputws(t, (u64[]){a[0], crt_iob(t, 1)}); }
