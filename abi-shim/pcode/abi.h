/* Inside abi-shim/pcode: the personality's own data, shared by its families. */
#ifndef PVM_ABI_H
#define PVM_ABI_H

#include "pcabi.h"

/* Turbo Pascal's error numbers for files. */
enum {
	IO_NOTFOUND = 2, IO_NOPATH = 3, IO_TOOMANY = 4, IO_DENIED = 5, IO_BADHANDLE = 6,
	IO_READ = 100, IO_WRITE = 101, IO_UNASSIGNED = 102, IO_CLOSED = 103,
	IO_NOINPUT = 104, IO_NOOUTPUT = 105, IO_FORMAT = 106, IO_ENUM = 107
};

enum TextMode { TEXT_FREE, TEXT_CLOSED, TEXT_READ, TEXT_WRITE };
enum { TEXT_BUF = 16384, TEXT_MAX = 1024, TEXT_INPUT = 1, TEXT_OUTPUT = 2, TEXT_STDERR = 3 };

enum Window { WINDOW_NONE, WINDOW_FULL, WINDOW_END };

/* A file.  buf[at..n) is what was read ahead, or buf[0..n) what was not written yet. */
typedef struct Text {
	u8 mode;       /* enum TextMode */
	bool tty;      /* a terminal: lines go out at once, and other files are flushed before reading */
	bool keep;     /* one of the standard three */
	bool eof;      /* read gave nothing */
	bool lazy;     /* bound to a file by the program's heading: the first use opens it */
	bool both;     /* open for reading and writing: the mode may turn */
	u8 window;     /* enum Window: what is in f^, of a file of components that is read */
	u8 last;       /* byte of a text that was read in; 0 at first */
	u32 unit;      /* bytes of a component; 0: a text */
	u32 variable;  /* address of the variable that it was last opened through */
	int fd;
	char *name;    /* NULL: a temporary file */
	u8 *buf;
	u32 at, n;
} Text;

typedef struct Heap Heap;

typedef struct Abi {
	Task *task;
	int argc;
	char **argv;
	VEC(Text) text; /* [0] unused */
	u32 failed;     /* the last failure, kept while iocheck is off */
	bool no_iocheck;
	bool iso;       /* ISO 7185's rules for files */
	Heap *heap;
} Abi;

static inline Thread *abi_thread(Regfile *t) { return (Thread *)t; }
static inline Abi *abi_of(Regfile *t) { return thread_abi(abi_thread(t)); }

/* Notes a failure of input or output: ends the program, or keeps the number for io.result. */
void abi_fail(Regfile *t, u32 code);
/* True while a failure waits for io.result: input and output do nothing then.  Where failures are checked
 * again, the one that waits ends the program now. */
bool abi_pending(Regfile *t);

/* text.c: reading and writing.  text_begin: the same as text_open for the first time, or where something is wrong. */
Text *text_begin(Regfile *t, u64 number, enum TextMode mode);

/* The file of this number when it is open in that mode and no failure is pending; else NULL, and the failure is noted.
 * Programs ask for every character: the usual way is made here. */
static inline Text *text_open(Regfile *t, u64 number, enum TextMode mode)
{
	Abi *a = abi_of(t);
	Text *f = (u32)number < a->text.n ? &a->text.p[(u32)number] : NULL;

	return f && f->mode == mode && f->buf && !a->failed ? f : text_begin(t, number, mode);
}

void text_put(Regfile *t, Text *f, const void *p, u32 n);
void text_pad(Regfile *t, Text *f, i64 blanks);
bool text_flush(Text *f);          /* false: the host did not take it */
bool text_refill(Regfile *t, Text *f); /* fills the empty buffer; false: the end of the file */
void text_buffer(Text *f);         /* makes the buffer if there is none yet */
void text_init(Abi *a);
bool text_open_lazily(Regfile *t, u64 number, enum TextMode mode); /* files.c; false: it cannot be */
void text_end(void *abi);          /* flushes everything; for task_at_end */

/* files.c: the name that the file variable at this address was assigned; NULL: none, and the failure is noted. */
const char *file_name(Regfile *t, u64 variable);

/* sandbox.c: opens a file that the program may see; -1 with errno as open does (EACCES: outside). */
int sandbox_open(const char *path, int flags, u32 mode);
void sandbox_grant(const char *dir);

/* format.c: numbers as text, as Free Pascal writes them.  width and decimals as in calls.def; out holds
 * FORMAT_MAX bytes.  Returns the length. */
enum { FORMAT_MAX = 256 };
u32 format_real(double d, bool single, i32 width, i32 decimals, char *out);
u32 format_int(i64 v, char *out); /* without width */
u32 format_uint(u64 v, char *out);

/* number.c: the text of a number, read as Val does.  Returns 0 or the position (from 1) of the first
 * character that does not belong. */
u32 number_int(const char *s, u32 n, i64 *out);
u32 number_real(const char *s, u32 n, double *out);

/* heap.c */
Heap *heap_new(Task *t);
void heap_free(Heap *h);

/* One declaration a row. */
#define C(name, sig, fn, meaning) OHostFn fn;
#include "calls.def"
#undef C

#endif
