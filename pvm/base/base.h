/* base: what every room stands on -- memory, vectors, maps, bytes, errors, numbers.
 *
 * This is the only door of the room.  It includes libc and nothing else. */
#ifndef PVM_BASE_H
#define PVM_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t i8;
typedef int16_t i16;
typedef int32_t i32;
typedef int64_t i64;

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define NORETURN __attribute__((noreturn))

/* ---- errors ------------------------------------------------------------------------------------ */

/* Exit statuses of the command itself; a guest's own status is passed through. */
enum {
	EXIT_COMPILE = 1,       /* the source has errors */
	EXIT_USAGE = 2,         /* the command line is wrong */
	EXIT_VM = 125,          /* the VM failed, or the module was rejected */
	EXIT_UNSUPPORTED = 126, /* something the program needs is not there; the line names it */
	EXIT_NOTFOUND = 127     /* the file is not there */
};

/* What went wrong, in one line that names file, place and cause. */
typedef struct Err {
	int status; /* one of EXIT_*, 0 while nothing is wrong */
	char msg[400];
} Err;

/* Records an error unless one is recorded already (the first cause is kept).  Always returns false,
 * so that a reader can write `return err_set(...)`.  A message is one line whatever names are in it: control characters
 * become '?'. */
bool err_set(Err *e, int status, const char *fmt, ...) PRINTF(3, 4);

/* Prints "pvm: ..." on standard error and exits with `status`.  For failures of the VM itself. */
void die(int status, const char *fmt, ...) PRINTF(2, 3) NORETURN;

/* ---- memory ------------------------------------------------------------------------------------ */

/* malloc and realloc that never return NULL: the process ends with EXIT_VM when memory is out. */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);

/* An arena: memory with one lifetime.  Blocks are zeroed and aligned to 16 bytes. */
typedef struct Arena Arena;
Arena *arena_new(void);
void *arena_alloc(Arena *a, size_t n);
char *arena_strndup(Arena *a, const char *s, size_t n);
char *arena_printf(Arena *a, const char *fmt, ...) PRINTF(2, 3);
void arena_reset(Arena *a); /* frees the blocks, keeps the arena and one chunk for reuse */
void arena_free(Arena *a);  /* NULL is allowed */

/* A growing array: VEC(int) v = {0}; vec_push(&v, 1); v.p[0]; v.n; vec_free(&v). */
#define VEC(T) struct { T *p; u32 n, cap; }
#define vec_push(v, x) ((v)->n < (v)->cap ? (void)0 : vec_grow_((void **)&(v)->p, &(v)->cap, (v)->n + 1u, sizeof *(v)->p), \
	(v)->p[(v)->n++] = (x))
#define vec_reserve(v, m) vec_grow_((void **)&(v)->p, &(v)->cap, (m), sizeof *(v)->p)
/* Appends m zeroed items and returns a pointer to the first. */
#define vec_add(v, m) ((__typeof__((v)->p))vec_add_((void **)&(v)->p, &(v)->n, &(v)->cap, (m), sizeof *(v)->p))
#define vec_free(v) (vec_free_((v)->p), (v)->p = NULL, (v)->n = (v)->cap = 0)
void vec_grow_(void **p, u32 *cap, u64 need, size_t size);
void *vec_add_(void **p, u32 *n, u32 *cap, u32 m, size_t size);
void vec_free_(void *p);

/* A place that keeps one object for its next user, for what is made and thrown away all the time.  Taking gives NULL if
 * there is none; putting gives back the one that was there (NULL: none), to be freed.  Any thread may do either. */
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined __SANITIZE_ADDRESS__ || __has_feature(address_sanitizer)
enum { SPARES = 0 }; /* what is freed is to be seen as freed */
#else
enum { SPARES = 1 };
#endif
static inline void *spare_take(void **place)
{
	return SPARES && *(void *volatile *)place ? __atomic_exchange_n(place, NULL, __ATOMIC_ACQUIRE) : NULL;
}
static inline void *spare_put(void **place, void *p)
{
	return SPARES ? __atomic_exchange_n(place, p, __ATOMIC_ACQ_REL) : p;
}

/* A map from u64 to u64 (open addressing).  A zeroed Map is empty. */
typedef struct Map {
	u64 *key, *val;
	u8 *used;
	u32 n, cap;
} Map;
u64 *map_get(const Map *m, u64 key);  /* NULL when the key is absent */
u64 *map_put(Map *m, u64 key);        /* a new value is 0; valid until the next map_put */
void map_free(Map *m);

/* Strings made unique: equal strings give equal numbers, from 1 on.  A zeroed Intern is empty. */
typedef struct Intern {
	VEC(u32) slot;
	VEC(char *) str;
	VEC(u32) len;
	VEC(u32) hash;
	Arena *arena;
} Intern;
u32 intern(Intern *t, const char *s, size_t n);
const char *intern_str(const Intern *t, u32 id); /* NUL-terminated; owned by the table */
void intern_free(Intern *t);

/* ---- bytes ------------------------------------------------------------------------------------- */

/* A growing byte buffer, for writing files and text. */
typedef struct Buf {
	u8 *p;
	u32 n, cap;
} Buf;
void buf_bytes(Buf *b, const void *p, size_t n);
/* Appends n bytes for the caller to fill in. */
static inline u8 *buf_room(Buf *b, size_t n)
{
	if (n > b->cap - b->n)
		vec_grow_((void **)&b->p, &b->cap, (u64)b->n + n, 1);
	b->n += (u32)n;
	return b->p + b->n - n;
}
static inline void buf_u8(Buf *b, u8 v) { *buf_room(b, 1) = v; }
void buf_u16(Buf *b, u16 v); /* little-endian, as all multi-byte writes */
void buf_u32(Buf *b, u32 v);
void buf_u64(Buf *b, u64 v);
void buf_uleb(Buf *b, u64 v);
void buf_sleb(Buf *b, i64 v);
void buf_printf(Buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_free(Buf *b);

/* A bounds-checked reader.  After the first bad read `bad` stays set and all reads give 0. */
typedef struct Rd {
	const u8 *p, *end;
	bool bad;
} Rd;
u8 rd_u8(Rd *r);
u16 rd_u16(Rd *r);
u32 rd_u32(Rd *r);
u64 rd_u64(Rd *r);
u32 rd_uleb32(Rd *r); /* minimal encodings only: an overlong or too large number is bad */
i32 rd_sleb32(Rd *r);
i64 rd_sleb64(Rd *r);
const u8 *rd_bytes(Rd *r, size_t n); /* NULL when fewer than n are left */

/* Little-endian access at any alignment, on hosts of either byte order. */
static inline u16 ld16(const void *p) { const u8 *b = p; return (u16)(b[0] | b[1] << 8); }
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static inline u32 ld32(const void *p) { u32 v; memcpy(&v, p, 4); return v; }
static inline u64 ld64(const void *p) { u64 v; memcpy(&v, p, 8); return v; }
static inline void st16(void *p, u16 v) { memcpy(p, &v, 2); }
static inline void st32(void *p, u32 v) { memcpy(p, &v, 4); }
static inline void st64(void *p, u64 v) { memcpy(p, &v, 8); }
#else
static inline u32 ld32(const void *p) { u32 v; memcpy(&v, p, 4); return __builtin_bswap32(v); }
static inline u64 ld64(const void *p) { u64 v; memcpy(&v, p, 8); return __builtin_bswap64(v); }
static inline void st16(void *p, u16 v) { v = __builtin_bswap16(v); memcpy(p, &v, 2); }
static inline void st32(void *p, u32 v) { v = __builtin_bswap32(v); memcpy(p, &v, 4); }
static inline void st64(void *p, u64 v) { v = __builtin_bswap64(v); memcpy(p, &v, 8); }
#endif

/* Replaces *old by new at an aligned address, atomically; false: *old gets what is there instead.
 * For riscv64 gcc 12 compares the word it loads, sign-extended, with whatever the register of `was` holds above 32 bits
 * (gcc bug 114130); reading that from memory extends its sign too. */
static inline bool swap32(void *p, u32 *old, u32 new)
{
	volatile i32 expected = (i32)*old;
	i32 was = expected;
	bool done = __atomic_compare_exchange_n((i32 *)p, &was, (i32)new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);

	*old = (u32)was;
	return done;
}

static inline double u64_f64(u64 v) { double d; memcpy(&d, &v, 8); return d; }
static inline u64 f64_u64(double d) { u64 v; memcpy(&v, &d, 8); return v; }
static inline float u32_f32(u32 v) { float f; memcpy(&f, &v, 4); return f; }
static inline u32 f32_u32(float f) { u32 v; memcpy(&v, &f, 4); return v; }

/* Reads a whole file ("-" is standard input).  The buffer is NUL-terminated behind its n bytes and
 * belongs to the caller.  On failure, and from 1 GiB on, sets e (EXIT_NOTFOUND or EXIT_VM) and returns false. */
bool file_read(const char *path, Buf *out, Err *e);

/* Writes a file whole or not at all (a temporary beside it, then rename); devices and pipes are written to. */
bool file_write(const char *path, const void *p, size_t n, Err *e);

/* xxh3, 64 bits: module checksums and cache keys. */
u64 hash64(const void *p, size_t n);

/* ---- numbers, the same on every host ----------------------------------------------------------- */

#define F64_NAN 0x7ff8000000000000ull /* the canonical NaNs of P-code */
#define F32_NAN 0x7fc00000u

/* Canonical NaN in place of any NaN. */
static inline u64 f64_canon(double d) { return d != d ? F64_NAN : f64_u64(d); }
static inline u32 f32_canon(float f) { return f != f ? F32_NAN : f32_u32(f); }

/* WebAssembly's min and max: NaN if either is NaN, and -0 < +0. */
double f64_min(double a, double b);
double f64_max(double a, double b);
float f32_min(float a, float b);
float f32_max(float a, float b);
double f64_nearest(double a); /* to the nearest integer, ties to even, keeping the sign of zero */
float f32_nearest(float a);

/* Truncation towards zero.  False when the value is a NaN or out of the result's range. */
bool f64_to_i32(double d, i32 *out);
bool f64_to_u32(double d, u32 *out);
bool f64_to_i64(double d, i64 *out);
bool f64_to_u64(double d, u64 *out);

/* The shortest decimal that reads back as d, as digits and a decimal exponent:
 * value = 0.DIGITS x 10^*exp10.  Returns the number of digits (1 to 17); a NUL follows them.  d is finite and > 0. */
int f64_shortest(double d, char digits[18], int *exp10);

/* d correctly rounded to `ndigits` significant digits (1 to 800), same form; exactly `ndigits` characters are
 * written and no NUL.  d is finite and > 0. */
void f64_digits(double d, int ndigits, char *digits, int *exp10);

/* d correctly rounded to `places` digits after the point (places may be 0 to 700), written without
 * exponent and without sign.  Returns the length; out holds at least 320 + places bytes. */
int f64_fixed(double d, int places, char *out);

/* Reads [sign] digits [. digits] [e [sign] digits], correctly rounded, the whole of s[0..n).
 * False when the text is no number.  Too large gives infinity. */
bool f64_parse(const char *s, size_t n, double *out);

#endif
