/* The console, for files that read from it and for its keys. */
#ifndef PVM_WIN32_CONSOLE_H
#define PVM_WIN32_CONSOLE_H

#include "w32.h"

enum { CON_PROCESSED = 1, CON_LINE = 2, CON_ECHO = 4, CON_VT = 0x200, RECORD_SIZE = 20 };

/* Makes the terminal read as the input mode says, or by keys (for events). */
void console_apply(int fd, bool keys);
u32 console_mode(void);
/* Bytes typed that a question to the terminal has met on its way; keys take them first. */
size_t console_unread(u8 *to, size_t room);
void console_push(const u8 *p, size_t n);

#endif
