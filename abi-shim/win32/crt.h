/* The C library's own header: streams and formatted text. */
#ifndef PVM_CRT_H
#define PVM_CRT_H

#include "handlers.h"

/* A stream.  The guest sees a FILE whose counters are always zero, so that its macros call here. */
typedef struct CFile {
	int fd;              /* -1: closed */
	bool text, reads, writes, append, eof, error, line;
	u64 guest;           /* its FILE */
	int back;            /* a character that was put back + 1; 0: none */
	u32 n, at;           /* bytes in buf; the next one to read */
	bool dirty;          /* buf has what is yet to be written */
	u8 buf[4096];
} CFile;

CFile *crt_file(WThread *t, u64 guest);    /* NULL: no stream of ours */
int crt_getc(CFile *f);
bool crt_put(CFile *f, const u8 *p, size_t n);
bool crt_flush(CFile *f);
void crt_flush_all(void);
void crt_errno(WThread *t, int e);

/* Formats as Microsoft's library does.  `va` is where the arguments are in guest memory. */
void crt_format(WThread *t, const char *format, u64 va, Buf *out);

#endif
