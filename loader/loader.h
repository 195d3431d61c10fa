/* loader: untrusted bytes to something that can run. */
#ifndef PVM_LOADER_H
#define PVM_LOADER_H

#include "../pvm/base/base.h"
#include "../pvm/pcode/pcode.h"

enum FileKind { FILE_UNKNOWN, FILE_PASCAL, FILE_PCODE, FILE_ELF, FILE_PE };

/* Tells by content what the bytes are; the name decides only between kinds of text. */
enum FileKind loader_sniff(const u8 *p, size_t n, const char *name);

/* Reads and checks a P-code module; NULL on error. */
PModule *loader_pcode(const u8 *p, size_t n, const char *name, Err *e);

#endif
