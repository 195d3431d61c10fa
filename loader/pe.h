/* pe: Windows programs and libraries, PE32 for i386 and PE32+ for x86-64.
 *
 * pe_read looks at a file; the rest looks at the image as it lies in memory, where a program may change it at any time:
 * each function takes the bytes once, checks, and never reaches outside of them.  Source of all layouts and numbers:
 * Microsoft, "PE Format". */
#ifndef PVM_PE_H
#define PVM_PE_H

#include "../pvm/base/base.h"

enum { PE_SECTIONS = 96, PE_PAGE = 4096 };
enum { PE_READ = 1, PE_WRITE = 2, PE_EXEC = 4 };

enum PeDir {
	PE_DIR_EXPORT, PE_DIR_IMPORT, PE_DIR_RESOURCE, PE_DIR_EXCEPTION, PE_DIR_SECURITY, PE_DIR_RELOC, PE_DIR_DEBUG,
	PE_DIR_ARCH, PE_DIR_GLOBAL, PE_DIR_TLS, PE_DIR_CONFIG, PE_DIR_BOUND, PE_DIR_IAT, PE_DIR_DELAY, PE_DIR_CLR, PE_DIRS = 16
};

/* Addresses are relative to the image (RVA). */
typedef struct PeSection {
	char name[9];
	u32 at, size;        /* memory, from the section's start; size as asked, not rounded */
	u32 offset, filled;  /* the bytes of the file that fill its beginning */
	int prot;            /* PE_* */
} PeSection;

typedef struct PeImage {
	u8 bits;             /* 32: i386, 64: x86-64 */
	bool dll, relocatable;
	bool large;          /* may get addresses from 2 GiB on */
	u64 base;            /* where it would like to be */
	u32 size, header;    /* of the whole image in memory, in whole pages; bytes of the headers */
	u32 entry;           /* 0: none */
	u16 machine, subsystem, flags, dll_flags, os_major, os_minor;
	u32 stamp;
	u64 stack_reserve, heap_reserve;
	struct { u32 at, size; } dir[PE_DIRS];
	u32 nsec;
	PeSection sec[PE_SECTIONS];
} PeImage;

/* Reads the headers of p[0..n), the whole file.  False: e says why, with EXIT_UNSUPPORTED for good files of other
 * machines, and EXIT_VM for malformed ones. */
bool pe_read(const u8 *p, size_t n, const char *name, PeImage *out, Err *e);

/* An image in memory: image->size bytes at p. */
typedef struct PeMap {
	u8 *p;
	const PeImage *image;
} PeMap;

/* The n bytes at an RVA; NULL if they are not all there. */
u8 *pe_at(const PeMap *m, u64 rva, u64 n);
/* A NUL-terminated string at an RVA; NULL if it does not end within the image. */
const char *pe_string(const PeMap *m, u64 rva);

/* Adds the distance from image->base to `base` at every place that the relocations name. */
bool pe_relocate(const PeMap *m, u64 base, const char *name, Err *e);

/* One library that is imported from. */
typedef struct PeImport {
	const char *dll;
	u32 lookup, slots;   /* RVAs of the names' table and of the table to fill */
	u32 handle;          /* delayed imports: RVA of the module's handle; else 0 */
} PeImport;
/* The i-th one, of those that are resolved at the start or when first called.  0: there is none, 1: found, -1: malformed. */
int pe_import(const PeMap *m, bool delayed, u32 i, PeImport *out);

typedef struct PeSymbol {
	const char *name;    /* NULL: by ordinal */
	u16 ordinal, hint;
	u32 slot;            /* RVA of the address to fill in */
} PeSymbol;
/* The k-th symbol of an import; results as above. */
int pe_symbol(const PeMap *m, const PeImport *im, u32 k, PeSymbol *out);

/* Looks up an exported name (or the ordinal, if name is NULL).  Gives its RVA; 0: it is not there, or, with *forward set,
 * it is another library's ("NTDLL.RtlAllocateHeap"). */
u32 pe_export(const PeMap *m, const char *name, u32 ordinal, const char **forward);

/* A resource's data by type, name and language: numbers, or names in UTF-16 (length in units).  lang 0xffff: any. */
typedef struct PeResName {
	u16 id;
	const u16 *text;     /* little-endian; NULL: id counts */
	u32 len;
} PeResName;
/* The RVA of its data entry (RVA u32, size u32, code page u32, 0); 0: there is none. */
u32 pe_resource(const PeMap *m, const PeResName *type, const PeResName *name, u16 lang);

/* The i-th name of a directory: of types (type NULL), of a type's names (name NULL), of a resource's languages.  False: none. */
bool pe_resource_entry(const PeMap *m, const PeResName *type, const PeResName *name, u32 i, PeResName *out);

/* Writes what an image is and asks for, for `pvm info`. */
void pe_print(const PeMap *m, Buf *out);

#endif
