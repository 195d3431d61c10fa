/* image: what a loader makes from a foreign program's bytes -- segments, entry, interpreter.  Nothing is mapped yet.
 *
 * An Image is plain data without pointers into the file, so that the file may be unmapped behind it. */
#ifndef PVM_IMAGE_H
#define PVM_IMAGE_H

#include "../pvm/base/base.h"

enum { IMAGE_PAGE = 4096, IMAGE_SEGS = 64, IMAGE_PATH = 4096 };
enum { IMAGE_READ = 1, IMAGE_WRITE = 2, IMAGE_EXEC = 4 };

/* Memory [at, at + size); the first `filled` bytes are those of the file from `offset` on, the rest are zero.
 * at and offset are equal modulo IMAGE_PAGE. */
typedef struct ImageSeg {
	u64 at, size, offset, filled;
	int prot; /* IMAGE_* */
} ImageSeg;

typedef struct Image {
	u8 bits;             /* 32: i386, 64: x86-64 */
	bool relocatable;    /* may be mapped anywhere: at, entry and phdr are relative to a base that is yet to be chosen */
	bool exec_stack;
	u64 low, high;       /* all segments lie here; whole pages */
	u64 align;           /* of the base of a relocatable image: a power of two, or 0 for whole pages */
	u64 entry;
	u64 phdr;            /* where the program headers are in memory; 0: nowhere */
	u32 phent, phnum;    /* bytes of one, how many */
	u32 nseg;
	ImageSeg seg[IMAGE_SEGS]; /* to be mapped in this order: later ones hide earlier ones */
	char interp[IMAGE_PATH];  /* dynamic loader, "" = none */
} Image;

/* Reads the headers of an ELF program p[0..n) (the whole file).  False: e says why, with EXIT_UNSUPPORTED for good ELF
 * files of other machines and kinds, and EXIT_VM for malformed ones.  Source: System V ABI, chapters 4 and 5, and its
 * i386 and AMD64 supplements. */
bool elf_read(const u8 *p, size_t n, const char *name, Image *out, Err *e);

/* A "#!" line.  False: there is none, it names nothing, or the name goes beyond the 255 bytes that Linux looks at. */
typedef struct ScriptLine {
	char interp[256], arg[256]; /* arg "": none; both end with a NUL */
} ScriptLine;
bool script_read(const u8 *p, size_t n, ScriptLine *out);

#endif
