/* The C library's own header: descriptors, streams and formatted text.  msvcrt.dll and ucrtbase.dll are one library here:
 * they share streams, the environment and the end of the process. */
#ifndef PVM_CRT_H
#define PVM_CRT_H

#include "handlers.h"

/* ---- descriptors and streams ------------------------------------------------------------------------------ */

/* How text is written: "\n" as "\r\n", in UTF-8, in UTF-16. */
enum CMode { CM_TEXT, CM_BINARY, CM_UTF8, CM_UTF16 };

enum { CRT_EOF = 0xffff };

/* A descriptor of _open and its like: a number that names an open handle. */
typedef struct CFd {
	bool used, append, eof;
	u8 mode;             /* CMode */
	int fd;              /* the host's */
	int ahead;           /* a byte that was read to see what follows "\r" + 1; 0: none */
	u64 handle;          /* the guest's, which owns fd */
} CFd;

/* A stream.  The guest sees a FILE whose counters are always zero, so that its macros call here. */
typedef struct CFile {
	pthread_mutex_t lock;
	i32 no;              /* its descriptor; -1: closed */
	bool reads, writes, eof, error, line;
	u64 guest;           /* its FILE */
	int back;            /* a character that was put back + 1; 0: none */
	u32 half;            /* half of a UTF-16 pair that waits for the other one; 0: none */
	u32 n, at;           /* bytes in buf; the next one to read */
	bool dirty;          /* buf has what is yet to be written */
	bool temporary;
	u64 child;           /* of _popen: the handle of the process */
	u8 buf[4096];
} CFile;

CFd *crt_fd(WThread *t, u64 no);            /* NULL: not open; errno is set */
CFd *crt_fd_peek(u64 no);                   /* the same, once a stream or descriptor was used; errno stays */
/* Makes a descriptor for an open file of the host; -1: none is left.  handle 0: a new one is made, which owns fd. */
i32 crt_fd_new(WThread *t, int fd, u64 handle, u32 mode, bool append, const char *path);
bool crt_fd_close(WThread *t, u64 no);
/* Opens a file by Microsoft's _O_ flags; -1: errno is set. */
i32 crt_open(WThread *t, const char *name, u32 flags, u32 mode);
u32 crt_fmode(WThread *t);                  /* what _fmode says */

/* A stream of the guest, locked; NULL: no stream of ours, errno is set.  crt_done unlocks (NULL too). */
CFile *crt_file(WThread *t, u64 guest);
CFile *crt_std(WThread *t, u32 i);
void crt_done(CFile *f);
u64 crt_iob(WThread *t, u32 i);             /* the FILE of a standard stream */
CFile *crt_stream(WThread *t, i32 no, const char *mode);  /* a new one; not locked */
int crt_getc(CFile *f);
bool crt_put(CFile *f, const u8 *p, size_t n);
/* UTF-16 units, as the stream's mode has them. */
bool crt_put_wide(CFile *f, const u16 *p, size_t n);
u32 crt_getwc(CFile *f);
bool crt_flush(CFile *f);
bool crt_close(WThread *t, CFile *f);       /* unlocks, too */
void crt_flush_all(void);

/* ---- errors ------------------------------------------------------------------------------------------------- */

void crt_errno(WThread *t, int e);          /* a number of the host, by Microsoft's */
u64 crt_fail(WThread *t);                   /* errno of the host; -1 */
/* Parameters that the library forbids: tells the program's handler, or ends it. */
void crt_invalid(WThread *t);
/* Address of one of the library's variables, as msvcrt.dll exports it. */
u64 crt_data(WThread *t, const char *name);

/* ---- numbers and texts ------------------------------------------------------------------------------------------ */

/* What a formatting function is asked for; the numbers are those of the options of __stdio_common_*. */
enum CFormatFlags { CF_TERMINATE = 1, CF_STANDARD = 2, CF_WIDE_LEGACY = 4, CF_MSVCRT = 8, CF_THREE_DIGITS = 16, CF_ROUND = 32, CF_WIDE = 1 << 16, CF_SECURE = 1 << 17 };

typedef struct CText {
	VEC(u16) u;          /* units: characters of a wide text, bytes of another */
} CText;

/* Formats as Microsoft's library does: a guest string of the width that the flags say, arguments at `va` in guest memory. */
void crt_format(WThread *t, u32 flags, u64 format, u64 va, CText *out);
/* The same for reading; `next` gives a character or -1, `back` takes one again.  The number of fields that were set, -1 at
 * the end of the input. */
typedef struct CSource {
	i32 (*next)(struct CSource *s);
	void (*back)(struct CSource *s, i32 c);
	WThread *t;
	CFile *file;
	u64 at, end;         /* of a text in memory */
	bool wide;
} CSource;
i32 crt_scan(WThread *t, u32 flags, CSource *s, u64 format, u64 va);

/* A number at the beginning of a text, and how many of its characters it takes (0: none). */
double crt_number(const char *s, size_t *used);

#endif
