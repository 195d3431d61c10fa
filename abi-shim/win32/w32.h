/* The room's own header: processes, threads, rows of the .def tables, objects, and the helpers of handlers. */
#ifndef PVM_W32_H
#define PVM_W32_H

#include "win32.h"
#include "../../loader/pe.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/stat.h>
#include <time.h>

typedef struct WTask WTask;
typedef struct WThread WThread;

/* ---- rows ------------------------------------------------------------------------------------------- */

/* A handler: arguments widened to 64 bits by the row's signature, doubles as their bits. */
typedef u64 WFn(WThread *t, const u64 *a);

/* One exported function.  A signature has a letter for each argument, ':' and one for the result:
 *   i i32   u u32   b BOOL   q 64 bits   p pointer or size   h handle   s string   w UTF-16 string   S W room for one
 *   f float   d double   v nothing; and as results: r HRESULT   n NTSTATUS   e error code   k of sockets
 * '@' before it: cdecl, the caller takes the arguments off (i386); '.' behind the arguments: more follow;
 * '!' before it: may run guest code. */
typedef struct WRow {
	const char *name;
	u16 ordinal;        /* 0: the linker's choice */
	const char *sig;
	WFn *fn;            /* NULL: not there yet; calls name it */
} WRow;

/* Exported data: so many bytes for i386, for x86-64, at a multiple of 16. */
typedef struct WData {
	const char *name;
	u32 size32, size64;
} WData;

typedef struct WDll {
	const char *name;   /* lower case, with its ending */
	const WRow *row;
	u32 nrow;
	const WData *data;
	u32 ndata;
} WDll;

/* The built-in library of this name (lower case); names of API sets lead to their hosts.  NULL: there is none. */
const WDll *dll_find(const char *name);
const WDll *dll_by_index(u32 i);
u32 dll_index(const WDll *d);
/* The row of an exported function; NULL: there is none. */
const WRow *dll_row(const WDll *d, const char *name);

/* ---- modules ------------------------------------------------------------------------------------------ */

typedef struct WModule {
	struct WModule *next;  /* in the order of loading */
	char *name;            /* lower case, without directory */
	char *path;            /* the guest's full name */
	u64 base;
	PeImage image;
	const WDll *dll;       /* built in */
	u64 entry;             /* guest address of its LDR_DATA_TABLE_ENTRY */
	u32 refs;
	u32 tls;               /* index + 1; 0: none */
	bool started;          /* DllMain has been told */
} WModule;

/* Maps a built-in library's image; NULL: out of memory. */
WModule *builtin_load(WTask *k, const WDll *d);
/* Address of a built-in library's exported data. */
u64 builtin_data(WTask *k, const char *dll, const char *name);

/* Loads a program or library and all that it imports; refs is raised if it is there already.  NULL: e says why. */
WModule *module_load(WThread *t, const char *name, bool program, Err *e);
WModule *module_by_name(WTask *k, const char *name);  /* of any case, with or without directory and ending; NULL = program */
WModule *module_by_base(WTask *k, u64 base);
WModule *module_at(WTask *k, u64 addr);
/* The address of an exported function or datum, through forwarders; 0: there is none. */
u64 module_export(WThread *t, WModule *m, const char *name, u32 ordinal);
/* Tells DllMain of all modules that have not heard yet (DLL_PROCESS_ATTACH ... ), in order; false: one has refused. */
bool module_start(WThread *t);
void module_notify(WThread *t, u32 reason);
/* View of a module's memory; p NULL when it is no longer mapped. */
PeMap module_map(WThread *t, const WModule *m);
/* Thread-local storage of all modules for this thread. */
bool module_tls(WThread *t);

/* ---- objects and handles -------------------------------------------------------------------------------- */

typedef enum WKind {
	WK_NONE, WK_FILE, WK_FIND, WK_EVENT, WK_MUTEX, WK_SEMAPHORE, WK_THREAD, WK_PROCESS, WK_HEAP, WK_TIMER, WK_PORT, WK_JOB,
	WK_NOTIFY, WK_SECTION, WK_POOL, WK_SNAPSHOT, WK_UPDATE, WK_REGKEY, WK_HASH
} WKind;

typedef struct WObj {
	WKind kind;
	u32 refs;
	int fd;              /* -1: none */
	bool append, console, dir;
	bool input;          /* of consoles: keys come from it */
	u64 ino, dev;        /* of files that were opened by name, with access and share: 1 to read, 2 to write, 4 to delete */
	u32 access, share;
	bool connecting;     /* of sockets */
	void *net;           /* of sockets: what they tell an event */
	int watch;           /* of directories: inotify's descriptor + 1 */
	bool stream;         /* of files: no position: pipes, sockets, terminals */
	bool pipe, socket, message, read_message, nowait; /* of streams: named pipes, sockets; and how they are */
	bool overlapped, skip_port;
	char *path;          /* of files: the host's name */
	bool delete_on_close;
	char *name;          /* NULL: it has none */
	WTask *task;         /* of those with a name, and others that need it when they end */
	/* things to wait for */
	bool signaled, manual;
	u32 count, most;     /* semaphores: free units; mutexes: depth */
	WThread *owner;      /* of mutexes */
	bool abandoned;      /* of mutexes: the owner has ended */
	u32 status;          /* of threads and processes that have ended */
	bool terminated;     /* of processes: status is what TerminateProcess gave */
	u32 pid;
	struct WObj *job;    /* of processes: not kept */
	struct WObj *process; /* of a child's first thread; kept */
	u64 due, period;     /* of timers: CLOCK_MONOTONIC in ns, 0: not set; ns */
	struct WObj *port;   /* of files: where it is told that they are done, */
	u64 key;             /* ... and as what; of timers: for apc */
	u64 apc;             /* of timers: completion routine, run by owner */
	void *data;          /* of its family */
	void (*destroy)(struct WObj *o);
} WObj;

WObj *obj_new(WKind kind);
void obj_keep(WObj *o);
void obj_drop(WObj *o);
WObj *event_new(bool manual);
void sock_forget(WObj *o);                  /* a socket ends */
WObj *obj_file(int fd, const char *path);   /* takes the descriptor; path NULL: it has no name */

/* An entry of the table of handles. */
typedef struct WHandle {
	WObj *o;
	u32 flags;
} WHandle;
enum { HANDLE_INHERIT = 1, HANDLE_PROTECTED = 2 };
u64 handle_new(WTask *k, WObj *o);          /* takes the reference */
WObj *handle_get(WTask *k, u64 h, WKind kind); /* WK_NONE: any.  NULL: ERROR_INVALID_HANDLE is the caller's to set.  A kept reference */
bool handle_close(WTask *k, u64 h);
/* A handle of a given value (which a parent has given); false: it is taken. */
bool handle_put(WTask *k, u64 h, WObj *o, u32 flags);
/* Sets the flags in `change` to those of `to`; *now: what they are then.  False: no such handle. */
bool handle_flags(WTask *k, u64 h, u32 change, u32 to, u32 *now);
/* As handle_get, and for the values that stand for this process and this thread; NULL: the error is set. */
WObj *handle_object(WThread *t, u64 h);
/* Marks a new handle as its SECURITY_ATTRIBUTES say (0: not inherited). */
void inherit_by(WThread *t, u64 h, u64 attributes);

/* Named objects: finds one of this kind (kept; NULL: there is none); gives a name to a new one (false: it is taken, *old is
 * kept, or NULL if that is of another kind). */
WObj *name_find(WTask *k, const char *name, WKind kind);
bool name_take(WTask *k, WObj *o, const char *name, WObj **old);
void name_forget(WObj *o);

/* Pipes: the name in \\.\pipe\NAME (false: it is none); a client's end; reading (-EAGAIN, or -errno; -EPIPE at the end);
 * whether a part of a message is left; taking the names away at the process's end. */
bool pipe_name(const char *guest, const char **name);
WObj *pipe_open(WThread *t, const char *name, u32 flags);
i64 pipe_read(WObj *o, u8 *p, u64 n, bool wait);
bool pipe_more(const WObj *o);
void pipe_end(void);
/* Processes and jobs. */
bool process_kill(WTask *k, WObj *o, u32 status);
bool process_resume(WObj *first);
void job_inherit(WTask *k, WObj *process, u32 flags);
void job_ended(WTask *k, WObj *process);
void job_end(WTask *k);
/* Sharing modes: what an access mask means; whether another handle forbids this.  Locks: whether one forbids that range (at -1:
 * the file's position). */
enum { SHARE_READ = 1, SHARE_WRITE = 2, SHARE_DELETE = 4, SHARE_ALL = 7 };
u32 share_access(u32 access);
bool share_forbids(WTask *k, const struct stat *st, u32 access, u32 share);
bool lock_forbids(const WObj *o, i64 at, u64 n, bool write);
/* The console: reading as files do, with ends of lines as Windows has them; leaving the terminal as it was. */
i64 console_read(WThread *t, WObj *o, u8 *p, u64 n);
void console_end(void);
/* A directory's changes: true: there are some (which one that takes it forgets). */
bool notify_take(WObj *o, bool only_look);

/* ---- process and threads ---------------------------------------------------------------------------------- */

enum { WIN_PATH = 4096 };

struct WTask {
	WinOpts o;
	XTask *x;
	bool wide;
	pthread_mutex_t lock;      /* of all below */
	pthread_cond_t changed;    /* something that is waited for has been signaled */
	WModule *modules, **last;
	WModule *program;
	VEC(WHandle) handle;
	WObj *self;                /* this process */
	struct Spawn *parent;      /* what the parent has said; NULL: it is none of ours */
	WThread *threads;
	u32 nthread, next_tid;
	u64 peb, params, ldr;
	u64 returned;              /* pc when guest code has come back from a call by the host */
	u64 heap;                  /* the process heap's handle */
	u64 std[3];                /* handles: input, output, error */
	char *cmdline;             /* WTF-8 */
	char **env;                /* "NAME=VALUE", WTF-8, sorted as Windows sorts */
	u32 nenv;
	u64 cmdline_a, cmdline_w;  /* guest copies, made when first asked for */
	u64 tls_used;
	u32 ntls_module;
	u32 status;
	bool ending;
	u64 born;                  /* FILETIME */
	u32 priority;              /* class, as set; 0: not yet */
	u64 filter;                /* of SetUnhandledExceptionFilter */
	u64 veh[32];
	u32 nveh;
	Map missing;               /* row address -> calls */
	FILE *trace;
};

/* Whether the program gets low addresses first, as all do on i386; and no others: it has not said that it knows large ones. */
static inline bool task_low(const WTask *k) { return !k->wide || (k->program && !k->program->image.large); }
static inline bool task_low_only(const WTask *k) { return k->program && !k->program->image.large; }

/* A call by the host into the guest, on the host's stack. */
typedef struct WCall {
	struct WCall *up;
	u64 sp;                    /* the guest's, when the call began: what returns or runs above it has left the call */
	u64 stack;                 /* ... on this stack (its high end): fibers have others */
	u64 reg[16], pc;           /* the guest's registers then */
	bool exception;            /* the call tells of one: */
	u64 at[16], at_pc;         /* the registers where it happened; handlers overwrite the CONTEXT */
} WCall;

/* Where a handler that was given a bad pointer is left. */
typedef struct WFault {
	jmp_buf env;
	u64 at;
	bool write;
} WFault;

/* Where a handler that called the guest is left, when the guest did not come back but went on elsewhere. */
typedef struct WRecover {
	struct WRecover *up;
	jmp_buf env;
} WRecover;

struct WThread {
	XThread *x;
	WTask *task;
	WThread *next;
	bool wide;
	u64 teb, stack_low, stack_high;
	u32 tid;
	WObj *obj;
	pthread_t host;
	u64 start, param;
	const WDll *dll;           /* of the call that runs */
	const WRow *row;
	u64 va;                    /* where the arguments behind the named ones are */
	WCall *call;
	WRecover *recover;
	WFault *fault;             /* of the call that runs; NULL: bad pointers end the process */
	u32 locked;                /* how often it has task_lock */
	u32 suspend;               /* how often it has been suspended */
	bool parked, in_call;      /* it stands still for that; it runs no guest code */
	u8 *context;               /* set from outside while in a call: a CONTEXT's bytes and which parts; NULL: none */
	u32 context_parts;
	struct WApc *apc;          /* calls queued for it */
	void (*body)(WThread *t);  /* what it runs instead of `start` */
	u64 fls[128];
	u64 netdb;                 /* guest address of what the older calls of names answer; 0: not yet */
	u64 fiber;                 /* guest address of the fiber that runs; 0: it is none */
	const WCall *exception;    /* the one that is being told to handlers: at, at_pc */
	bool dropped;              /* the innermost call is left */
	bool moved;                /* the handler has set all registers itself */
	bool ended;
	u64 err;                   /* of handlers of the C library: guest address of errno */
};

/* The task's lock, as often as wanted; a handler that is left gives it back. */
static inline void task_lock(WThread *t)
{
	pthread_mutex_lock(&t->task->lock);
	t->locked++;
}

static inline void task_unlock(WThread *t)
{
	t->locked--;
	pthread_mutex_unlock(&t->task->lock);
}

static inline WThread *wthread(XThread *x) { return *xthread_data(x); }

/* An argument that is a string, by the row's letter (s or w), as WTF-8; the caller frees it.  NULL: a null pointer. */
char *arg_string(WThread *t, const u64 *a, u32 i);
/* True if the row that runs is of the wide kind: the same handler serves NameA and NameW. */
bool row_wide(const WThread *t);
/* Writes a string and its NUL to a buffer of `room` units, as the row has them.  Returns its length in units without the
 * NUL, whether or not it was written; it is written only if it fits whole. */
u64 out_string(WThread *t, u64 at, u64 room, const char *s);

/* How many bytes of arguments a row's thunk takes off the stack (i386). */
u32 call_stack_bytes(const WRow *row);

/* Handlers of XTrap and of the exit. */
bool call_thunk(WThread *t);
/* Runs fn, which may call the guest; true: the thread goes on at its pc. */
bool call_guarded(WThread *t, bool (*fn)(WThread *t, const void *arg), const void *arg);
/* A fault of the guest as an exception: handlers of the program, then its filter.  False: nobody took it. */
bool seh_fault(WThread *t, const XTrap *why);
/* The handler that runs was given a pointer to nothing: an exception at its call.  False: nobody took it. */
bool seh_access(WThread *t, u64 at, bool write);
/* Runs a function of the guest with n arguments; stdcall and cdecl alike.  Its result. */
u64 call_guest(WThread *t, u64 fn, u32 n, const u64 *args);
/* Ends the process, from any thread. */
void process_exit(WThread *t, u32 status) NORETURN;
/* A failure that no Windows program could see. */
void process_die(WThread *t, int status, const char *fmt, ...) PRINTF(3, 4) NORETURN;

WThread *thread_new(WTask *k, u64 stack, Err *e);
/* A thread for the machine's own work, which can reach guest memory but runs nothing there. */
WThread *thread_helper(WTask *k);
WObj *thread_object(WThread *t);           /* makes the thread's object */
bool thread_go(WThread *n);                /* starts a new one; false: the host refuses */
WObj *thread_handle(WThread *t, u64 h);    /* NULL: no handle of a thread; the error is set */
WThread *thread_by_handle(WThread *t, u64 h); /* NULL: none, or it has ended */
u32 thread_suspend(WThread *t, WThread *n); /* how often it was before */
void thread_park(WThread *t);              /* stops here while it is suspended */
void thread_enter(WThread *t);             /* it leaves guest code, */
void thread_leave(WThread *t);             /* ... and comes back to it */
void mutex_abandon(WThread *t);            /* frees what it owned, with the lock held */
void fls_notify(WThread *t);               /* tells the program that the thread's values are gone */
/* Waits for objects: index, 0x80 | index (abandoned), 258 (time), 0xc0 (a queued call has run). */
/* Takes an object if it is there, with the lock held. */
bool wait_try(WThread *t, WObj *o);
u64 wait_objects(WThread *t, WObj **o, u32 n, bool all, u64 ms, bool alertable);
/* The value of a variable, a copy; NULL: there is none. */
char *env_get(WTask *k, const char *name);
/* Initial values of the C library's exported data. */
void crt_start(WThread *t);
bool process_start(WTask *k, int argc, char **argv, char **envp, Err *e);
int start_run(WTask *k);
/* The environment as a block of UTF-16 strings, on the heap. */
u64 start_env_block(WThread *t);

/* The page of clocks at 0x7ffe0000, and what its first access starts: true, the access can be done again. */
bool clock_map(WTask *k);
bool clock_fault(WThread *t, const XTrap *w);
/* Waiting for any object to change, with the task's lock held: false when the time is over.  ms: ~0u is for ever. */
struct timespec wait_deadline(u64 ms);
bool wait_changed(WTask *k, u64 ms, const struct timespec *end);
/* One argument of a command line, as the C library parses it; where the next begins. */
const char *crt_argument(const char *s, Buf *out);

/* ---- guest memory ----------------------------------------------------------------------------------------- */

/* A pointer to n bytes at a guest address that handlers may read (and write); a guest exception is raised at the call
 * when they are not there. */
void *mem_in(WThread *t, u64 at, u64 n);
void *mem_out(WThread *t, u64 at, u64 n);
/* Words of the guest's size. */
u64 mem_word(WThread *t, u64 at);
void mem_put_word(WThread *t, u64 at, u64 v);
u32 mem_u32(WThread *t, u64 at);
void mem_put_u32(WThread *t, u64 at, u32 v);
void mem_put_u64(WThread *t, u64 at, u64 v);
/* The length of a string, in its units. */
u64 mem_strlen(WThread *t, u64 at);
u64 mem_wcslen(WThread *t, u64 at);
/* Strings to WTF-8, in memory that the caller frees; NULL for a null pointer. */
char *mem_str(WThread *t, u64 at);
char *mem_wstr(WThread *t, u64 at);
char *mem_wstrn(WThread *t, u64 at, u64 units);

/* Maps pages at a multiple of 64 KiB, as Windows does, below 2 GiB for programs that know no larger addresses.  0: no room. */
u64 mem_map(WTask *k, u64 size, int prot);

/* The heap: memory of the guest by the byte, multiples of 16.  0: none is left. */
u64 wheap_alloc(WThread *t, u64 n);
u64 wheap_zalloc(WThread *t, u64 n);
u64 wheap_realloc(WThread *t, u64 p, u64 n);
bool wheap_free(WThread *t, u64 p);
i64 wheap_size(WThread *t, u64 p); /* -1: not a block */
u64 wheap_string(WThread *t, const char *s);
u64 wheap_wstring(WThread *t, const char *s);
/* A UNICODE_STRING; its text is on the heap. */
void mem_put_unicode(WThread *t, u64 at, const char *s);

/* ---- text --------------------------------------------------------------------------------------------------- */

/* WTF-8 to UTF-16 and back: as UTF-8, but single surrogates stay what they are, so that nothing is lost.  Units or bytes
 * needed are returned; what fits in `room` is written (never a part of a character in text_from_wide).  No NUL is added. */
size_t text_to_wide(const char *s, size_t n, u8 *to, size_t room);
size_t text_from_wide(const u8 *w, size_t units, char *to, size_t room);
/* A unit as a capital or as a small letter; what has none stays. */
u16 text_case(u16 c, bool up);

/* The process's environment: a copy of a value, which the caller frees (NULL: not set); value NULL takes it away. */
void env_set(WTask *k, const char *name, const char *value);

/* ---- paths -------------------------------------------------------------------------------------------------- */

/* A guest's file name to the host's: Z: is the root, C: a private folder, other drives are not there; case does not count
 * where there is no exact match.  False: no such drive, or too long. */
bool path_to_host(WTask *k, const char *guest, char *out, size_t size);
/* The host's to the guest's (Z:\...). */
void path_to_guest(const char *host, char *out, size_t size);
/* CreateFileW: its handle, or all ones: the error is set. */
u64 file_create(WThread *t, const char *name, u32 access, u32 share, u32 how, u32 flags);
/* An argument that is a file name, as a path of the host in WIN_PATH bytes.  False: the error is set. */
bool arg_path(WThread *t, const u64 *a, u32 i, char *out);
/* The error for a file of the host by errno: a missing directory is another one than a missing file. */
u32 path_error(const char *host, int e);
/* Sets Windows's attributes of a file; false: errno. */
bool attributes_set(const char *host, u32 attributes);
/* Full name of a guest path: drive, backslashes, no dots. */
bool path_full(WTask *k, const char *guest, char *out, size_t size);

/* ---- errors --------------------------------------------------------------------------------------------------- */

enum WError {
	W_SUCCESS = 0, W_INVALID_FUNCTION = 1, W_FILE_NOT_FOUND = 2, W_PATH_NOT_FOUND = 3, W_TOO_MANY_OPEN_FILES = 4, W_ACCESS_DENIED = 5,
	W_INVALID_HANDLE = 6, W_NOT_ENOUGH_MEMORY = 8, W_BAD_FORMAT = 11, W_INVALID_DATA = 13, W_INVALID_DRIVE = 15, W_NO_MORE_FILES = 18,
	W_WRITE_PROTECT = 19, W_NOT_READY = 21, W_SHARING_VIOLATION = 32, W_HANDLE_EOF = 38, W_NOT_SUPPORTED = 50, W_FILE_EXISTS = 80,
	W_INVALID_PARAMETER = 87, W_BROKEN_PIPE = 109, W_DISK_FULL = 112, W_CALL_NOT_IMPLEMENTED = 120, W_INSUFFICIENT_BUFFER = 122,
	W_INVALID_NAME = 123, W_MOD_NOT_FOUND = 126, W_PROC_NOT_FOUND = 127, W_NEGATIVE_SEEK = 131, W_DIR_NOT_EMPTY = 145, W_BUSY = 170, W_ALREADY_EXISTS = 183,
	W_ENVVAR_NOT_FOUND = 203, W_FILENAME_EXCED_RANGE = 206, W_MORE_DATA = 234, W_NO_DATA = 232, W_INVALID_ADDRESS = 487, W_DIRECTORY = 267, W_OPERATION_ABORTED = 995, W_IO_INCOMPLETE = 996, W_IO_PENDING = 997, W_NETNAME_DELETED = 64, W_LOCK_VIOLATION = 33,
	W_PIPE_BUSY = 231, W_PRIVILEGE_NOT_HELD = 1314,
	W_NOT_OWNER = 288, W_NO_UNICODE = 1113, W_IO_DEVICE = 1117, W_NOT_FOUND = 1168, W_RESOURCE_DATA = 1812, W_RESOURCE_TYPE = 1813, W_RESOURCE_NAME = 1814
};
void error_set(WThread *t, u32 code);
u32 error_get(WThread *t);
u32 error_from_errno(int e);
u32 async_error(int e);             /* ... of an operation that has ended later */
u32 error_to_status(u32 error);     /* NTSTATUS */
u32 error_from_status(u32 status);
/* Sets the error by errno or by code, and gives the result for failing: 0. */
u64 fail_errno(WThread *t);
u64 fail(WThread *t, u32 code);

#define W_INVALID_HANDLE_VALUE ((u64)-1)

#endif
